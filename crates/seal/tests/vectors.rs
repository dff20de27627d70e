//! What this crate says about data that nobody here wrote.
//!
//! The sets lie beside the project, in `../shared/vectors`, with their sources and
//! licences. Without that folder these tests say so and check nothing, except with
//! `CI=true`, where that is a failure. Each says how many cases it went through, and
//! `cargo xtask test` compares that with how many there are.
//!
//! Every set has a negative control: a more lenient reader that fails the same cases,
//! so that a set which no longer tells the two apart is noticed.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a set that is not as it was published ends the test"
)]

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

#[path = "vectors/ed25519.rs"]
mod ed25519;
#[path = "vectors/jose.rs"]
mod jose;
#[path = "vectors/json_texts.rs"]
mod json_texts;

/// The folder of this name among the published sets, or nothing, said loudly.
fn published(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors");
    let path = PathBuf::from(beside).join(name);
    if path.exists() {
        return Some(path);
    }
    let said = format!("!!!!!! NOT CHECKED: {} is not there", path.display());
    assert!(
        std::env::var_os("CI").is_none_or(|value| value != "true"),
        "{said}"
    );
    writeln!(std::io::stderr(), "{said}").expect("standard error is open");
    None
}

/// The JSON file of this name among the published sets.
fn published_json(name: &str) -> Option<serde_json::Value> {
    let text = std::fs::read(published(name)?).expect("a published set can be read");
    Some(serde_json::from_slice(&text).expect("a published set is JSON"))
}

/// Says that a test went through so many cases of the set `name`.
fn went_through(name: &str, cases: usize) {
    writeln!(std::io::stdout(), "count: {name} {cases}").expect("standard output is open");
    if let Some(counts) = std::env::var_os("ESCALE_COUNTS") {
        let file = OpenOptions::new().create(true).append(true).open(counts);
        let mut file = file.expect("the file of counts can be written");
        // One write, so that tests that run at the same time do not mix their lines.
        file.write_all(format!("{name} {cases}\n").as_bytes())
            .expect("a line is written");
    }
}

/// The bytes that a text in hexadecimal stands for.
fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    assert!(
        hexadecimal.len().is_multiple_of(2),
        "half a byte: {hexadecimal}"
    );
    let digit = |it: u8| char::from(it).to_digit(16).expect("a hexadecimal digit");
    let digits: Vec<u32> = hexadecimal.bytes().map(digit).collect();
    let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).expect("two digits");
    digits.chunks_exact(2).map(byte).collect()
}

/// The member `name` of an object, as text.
#[track_caller]
fn text<'a>(object: &'a serde_json::Value, name: &str) -> &'a str {
    object[name]
        .as_str()
        .unwrap_or_else(|| panic!("`{name}` is not a text in {object}"))
}

/// The member `name` of an object, as a list.
#[track_caller]
fn list<'a>(object: &'a serde_json::Value, name: &str) -> &'a [serde_json::Value] {
    object[name]
        .as_array()
        .unwrap_or_else(|| panic!("`{name}` is not a list in {object}"))
}

#[test]
fn hexadecimal_is_read() {
    assert_eq!(bytes_of("00ff1A"), [0, 255, 26]);
    assert!(bytes_of("").is_empty());
}
