//! Attacks by name: each is made of real bytes and real keys, is stopped with its code, and
//! succeeds once the checks that its row names are taken away.
//!
//! A check that stops nothing and an attack that is stopped by nothing in particular are
//! both found here. The table is published as `specs/attacks.md`; `ESCALE_BLESS=1` writes it.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "an attack that cannot be made ends the test"
)]

#[path = "vectors/author.rs"]
mod author;
#[path = "attacks/bindings.rs"]
mod bindings;
#[path = "attacks/chain.rs"]
mod chain;
#[path = "attacks/codes.rs"]
mod codes;
#[path = "attacks/desk.rs"]
mod desk;
#[path = "attacks/disclosures.rs"]
mod disclosures;
#[path = "attacks/document.rs"]
mod document;
#[path = "attacks/epochs.rs"]
mod epochs;
#[path = "attacks/feeds.rs"]
mod feeds;
#[expect(dead_code, reason = "the tests of vectors use the rest")]
#[path = "../../wire/tests/vectors/forge.rs"]
mod forge;
#[path = "attacks/json_texts.rs"]
mod json_texts;
#[path = "attacks/keys.rs"]
mod keys;
#[path = "attacks/names.rs"]
mod names;
#[path = "vectors/papers.rs"]
mod papers;
#[path = "attacks/passports.rs"]
mod passports;
#[path = "attacks/revocations.rs"]
mod revocations;
#[path = "attacks/seals.rs"]
mod seals;
#[path = "attacks/sources.rs"]
mod sources;
#[path = "attacks/table.rs"]
mod table;
#[path = "attacks/whole_chains.rs"]
mod whole_chains;

use std::collections::{BTreeMap, BTreeSet};

use seal::checks::without;
use table::{Attack, all};

/// How many attacks there are at least: a table that was cut short is noticed.
const ATTACKS_MIN: usize = 400;

/// What is wrong with a row, if anything is.
fn wrong_with(attack: &Attack) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |without_what: &str, outcome: table::Outcome, expected: table::Outcome| {
        if outcome != expected {
            let name = attack.name;
            wrong.push(format!(
                "{name}, {without_what}: {outcome:?}, not {expected:?}"
            ));
        }
    };
    expect("with all checks", (attack.tried)(), Err(attack.code));
    if attack.checks.is_empty() {
        return wrong;
    }
    expect(
        "without",
        without(attack.checks, || (attack.tried)()),
        Ok(()),
    );
    for (at, check) in attack.checks.iter().enumerate() {
        let mut others = attack.checks.to_vec();
        others.remove(at);
        if without(&others, || (attack.tried)()).is_ok() {
            wrong.push(format!(
                "{}: succeeds although `{check}` is there",
                attack.name
            ));
        }
    }
    wrong
}

#[test]
fn every_attack_is_stopped_and_by_the_checks_that_its_row_names() {
    let wrong: Vec<String> = all().iter().flat_map(wrong_with).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_check_stops_an_attack_and_every_attack_names_checks_that_are_there() {
    let attacks = all();
    let named: BTreeSet<&str> = attacks.iter().flat_map(|it| it.checks).copied().collect();
    let found = sources::checks();
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let idle: Vec<_> = found.difference(&named).collect();
    assert!(idle.is_empty(), "no attack is stopped by {idle:?}");
    let invented: Vec<_> = named.difference(&found).collect();
    assert!(invented.is_empty(), "no check is called {invented:?}");
}

#[test]
fn every_attack_has_a_name_of_its_own_and_there_are_many() {
    let attacks = all();
    let mut names = BTreeMap::new();
    for attack in &attacks {
        *names.entry((attack.on, attack.name)).or_insert(0) += 1;
    }
    names.retain(|_, count| *count > 1);
    assert!(names.is_empty(), "twice: {names:?}");
    assert!(attacks.len() >= ATTACKS_MIN, "only {}", attacks.len());
    forge::went_through("attacks", attacks.len());
}
