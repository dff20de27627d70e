//! Signing what no honest node signs, and the files under `specs/vectors`.
//!
//! Shared by the tests of `wire` and of `rules`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use ed25519_dalek::{Signer as _, SigningKey};
use seal::{Jwk, KeySet, SecretKey};
use serde_json::{Value, json};

/// The keys of all vectors, by name; the seed is the number, 32 times.
const KEYS: &[(&str, u8)] = &[
    ("root", 1),
    ("label-fed", 2),
    ("label-ops", 3),
    ("mug-fed", 4),
    ("mug-ops", 5),
    ("mug-ops-next", 6),
    ("grenoble-ops", 7),
    ("label-fed-next", 8),
    ("thief", 9),
    ("mug-fed-next", 10),
];

/// The 32 bytes of a key's seed.
fn seed(name: &str) -> [u8; 32] {
    let known = KEYS.iter().find(|(known, _)| *known == name);
    [known.expect("a key of the list").1; 32]
}

/// The key of that name.
pub(crate) fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(&seed(name))
}

/// The set of the keys of these names.
pub(crate) fn key_set(names: &[&str]) -> KeySet {
    let keys = names.iter().map(|name| key(name).public().clone());
    KeySet::new(keys.collect()).expect("one to eight keys")
}

/// All keys, as the files list them.
pub(crate) fn keys_listed() -> Value {
    let listed = KEYS.iter().map(|(name, _)| {
        let jwk = Jwk::from(key(name).public());
        json!({ "name": name, "seed": hex(&seed(name)), "x": jwk.x, "kid": jwk.kid })
    });
    listed.collect()
}

/// The header that this implementation writes.
pub(crate) fn header(typ: &str, by: &str) -> String {
    let key = key(by);
    let kid = key.public().thumbprint();
    format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{typ}"}}"#)
}

/// The compact form of any header and any claims, with a signature that holds.
pub(crate) fn compact(header: &str, claims: &[u8], by: &str) -> String {
    let header = seal::base64url::encode(header.as_bytes());
    signed(&format!("{header}.{}", seal::base64url::encode(claims)), by)
}

/// Any text, a dot, and a signature over the text.
pub(crate) fn signed(text: &str, by: &str) -> String {
    let signature = SigningKey::from_bytes(&seed(by)).sign(text.as_bytes());
    format!("{text}.{}", seal::base64url::encode(&signature.to_bytes()))
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |it: u8| char::from_digit(u32::from(it), 16).expect("under 16");
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte / 16), digit(byte % 16)]);
    digits.collect()
}

/// What `specs/vectors/{name}` says, which must be `made`.
///
/// With `ESCALE_BLESS=1` the file is written first.
#[track_caller]
pub(crate) fn published(name: &str, made: &Value) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/vectors");
    let path = Path::new(folder).join(name);
    if std::env::var_os("ESCALE_BLESS").is_some_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(made).expect("a value is written");
        std::fs::write(&path, format!("{text}\n")).expect("the file can be written");
    }
    let bytes = std::fs::read(&path).expect("the file can be read; ESCALE_BLESS=1 writes it");
    let kept = seal::json::parse(&bytes).expect("the file is JSON with one meaning");
    if let Some(place) = difference(&kept, made) {
        panic!("specs/vectors/{name} is not what the code makes, at {place:?}");
    }
    kept
}

/// Where two values differ first.
fn difference(kept: &Value, made: &Value) -> Option<String> {
    match (kept, made) {
        (Value::Object(kept), Value::Object(made)) if kept.keys().eq(made.keys()) => {
            let mut pairs = kept.iter().zip(made.values());
            pairs.find_map(|((name, kept), made)| {
                Some(format!("/{name}{}", difference(kept, made)?))
            })
        }
        (Value::Array(kept), Value::Array(made)) if kept.len() == made.len() => {
            let mut pairs = kept.iter().zip(made).enumerate();
            pairs.find_map(|(at, (kept, made))| Some(format!("/{at}{}", difference(kept, made)?)))
        }
        _ => (kept != made).then(String::new),
    }
}

/// The member `name` of a case, as text.
#[track_caller]
pub(crate) fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    let text = case.get(name).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("`{name}` is not a text in {case}"))
}

/// The member `name` of a file or case, as a list.
#[track_caller]
pub(crate) fn list<'a>(file: &'a Value, name: &str) -> &'a [Value] {
    let list = file.get(name).and_then(Value::as_array);
    list.unwrap_or_else(|| panic!("`{name}` is not a list"))
}

/// Says that a test went through so many cases of the file `name`.
pub(crate) fn went_through(name: &str, cases: usize) {
    writeln!(std::io::stdout(), "count: {name} {cases}").expect("standard output is open");
    if let Some(counts) = std::env::var_os("ESCALE_COUNTS") {
        let file = OpenOptions::new().create(true).append(true).open(counts);
        let mut file = file.expect("the file of counts can be written");
        file.write_all(format!("{name} {cases}\n").as_bytes())
            .expect("a line is written");
    }
}
