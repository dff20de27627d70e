//! Two hundred clusters, each on its seed, in which every invariant holds; and three in
//! which a check was taken out, so that one does not.

use std::hash::{BuildHasher as _, Hasher as _};

use testkit::cluster::{Failure, Removal, Setting, Village, simulate};

const NODES: usize = 4;

/// Five hours: some eighty events, of which many are several at once.
const MINUTES: u64 = 300;

/// The seeds of one test: a quarter of all.
const SEEDS: u64 = 50;

/// Within so many seeds, whatever is taken out is noticed.
const SEEDS_OF_REMOVAL: u64 = 20;

const fn setting(seed: u64) -> Setting {
    Setting {
        seed,
        nodes: NODES,
        minutes: MINUTES,
        removed: None,
    }
}

/// Runs so many seeds from this one on; a failure prints how to see it again.
#[track_caller]
fn check(first: u64) {
    let village = Village::of(NODES);
    for seed in first..first + SEEDS {
        if let Err(failure) = simulate(&village, setting(seed)) {
            panic!("{failure}");
        }
    }
}

/// A number that is another at every start.
fn fresh_seed() -> u64 {
    let chance = std::collections::hash_map::RandomState::new();
    chance.build_hasher().finish() % 1_000_000_000
}

#[test]
fn every_invariant_holds_on_fixed_seeds() {
    check(0);
}

#[test]
fn every_invariant_holds_on_more_fixed_seeds() {
    check(SEEDS);
}

#[test]
fn every_invariant_holds_on_fresh_seeds() {
    let first = fresh_seed();
    println!("seeds from {first}");
    check(first);
}

#[test]
fn every_invariant_holds_on_more_fresh_seeds() {
    let first = fresh_seed();
    println!("seeds from {first}");
    check(first);
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let run = |village: &Village, seed| simulate(village, setting(seed)).unwrap();
    let (one, other) = (Village::of(NODES), Village::of(NODES));
    let report = run(&one, 7);
    assert_eq!(run(&one, 7), report, "a run leaves nothing behind");
    assert_eq!(run(&other, 7), report, "nor does another village differ");
    assert_ne!(run(&one, 8).trace, report.trace);
}

/// The first failure without this check, which one of these invariants must notice.
#[track_caller]
fn check_removal(removed: Removal, noticed_by: &[&str]) {
    let village = Village::of(NODES);
    let mut noticed: Vec<Box<Failure>> = Vec::new();
    for seed in 0..SEEDS_OF_REMOVAL {
        let removed = Some(removed);
        let run = Setting {
            removed,
            ..setting(seed)
        };
        noticed.extend(simulate(&village, run).err());
    }
    for failure in &noticed {
        println!("seed {}: {}", failure.setting.seed, failure.invariant);
    }
    let names = noticed.iter().map(|failure| failure.invariant);
    assert!(
        names.clone().any(|name| noticed_by.contains(&name)),
        "{removed:?} was noticed by {:?}",
        names.collect::<Vec<_>>()
    );
}

#[test]
fn without_the_replay_guard_an_attempt_is_answered_twice() {
    let noticed_by = ["invariant_no_attempt_is_answered_twice"];
    check_removal(Removal::ReplayGuard, &noticed_by);
}

#[test]
fn without_the_stored_answer_a_question_has_two_answers() {
    let noticed_by = ["invariant_one_question_one_answer"];
    check_removal(Removal::StoredAnswer, &noticed_by);
}

#[test]
fn without_the_expected_version_something_counts_twice() {
    let noticed_by = [
        "invariant_a_showing_lets_in_once",
        "invariant_nobody_is_here_twice",
        "invariant_a_host_counts_a_half_day_once",
        "invariant_receipt_counted_once",
        "invariant_presence_counted_once",
    ];
    check_removal(Removal::ExpectedVersion, &noticed_by);
}
