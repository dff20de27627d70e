//! `specs/attacks.md`, which is written from the table.

use std::fmt::Write as _;
use std::path::Path;

use crate::table::all;

const BEFORE: &str = "\
# Attacks

What is tried against seals, keys, names, papers, feeds, passports and desks, with which code it is stopped, and by which check.
Informative: what must be refused is in the other pages. This page is written from the table in `crates/rules/tests/attacks` (`ESCALE_BLESS=1 cargo nextest run -p rules attacks`).

Each row is a test. With all checks the attack is stopped with its code. Without the checks that are named it succeeds, and as long as one of them is there it does not: where several are named, each is enough. A check is named as in the sources: `seal::checks`. A `–` stands where there is nothing to read otherwise: the text has not the form, or not the type, of what is due.

The letters: A a signed question, B the chain and the label, C passports, E feeds, F addresses, G JSON and text, H the form of a signature. The codes are those of [seal.md](seal.md), [trust.md](trust.md), [feed.md](feed.md) and [passport.md](passport.md); `body`, `code` and `list` are for a body, a code and a status list that is not read.
";

fn made() -> String {
    let attacks = all();
    let mut text = format!("{BEFORE}\n{} attacks.\n\n", attacks.len());
    text.push_str("| | on | attack | code | stopped by |\n| --- | --- | --- | --- | --- |\n");
    for attack in &attacks {
        let checks: Vec<String> = attack.checks.iter().map(|it| format!("`{it}`")).collect();
        let checks = if checks.is_empty() {
            "–".to_owned()
        } else {
            checks.join(", ")
        };
        let (fault, on, name, code) = (attack.fault, attack.on, attack.name, attack.code);
        writeln!(text, "| {fault} | {on} | {name} | `{code}` | {checks} |").expect("a text");
    }
    text
}

#[test]
fn the_published_attacks_are_those_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/attacks.md");
    let made = made();
    if std::env::var_os("ESCALE_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(&path).expect("the file can be read");
    let mut lines = kept.lines().zip(made.lines());
    let first = lines.find(|(kept, made)| kept != made);
    assert!(first.is_none(), "ESCALE_BLESS=1 writes it: {first:?}");
    assert_eq!(kept.len(), made.len(), "ESCALE_BLESS=1 writes it");
}
