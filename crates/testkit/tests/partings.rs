//! Eighty stories of feeds, each on its seed and one more on a fresh one: folders are
//! restored, machines set back, lines cut and commits lost, and in the end all agree.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _};

use testkit::cluster::{Happened, partings};

/// Events of a story.
const EVENTS: usize = 60;

/// Stories of one test.
const SEEDS: u64 = 20;

/// What the stories are for, each more than once in any quarter of them.
const HAPPENS: &[&str] = &[
    "published",
    "not published",
    "read",
    "forks seen",
    "gone on in a later epoch",
    "backed up",
    "restored",
    "set back",
    "confirmed",
    "lines drawn",
    "ended by its store",
];

#[track_caller]
fn check(first: u64) {
    let mut happened = Happened::new();
    for seed in first..first + SEEDS {
        match partings(seed, EVENTS) {
            Ok(counts) => {
                for (what, count) in counts {
                    *happened.entry(what).or_default() += count;
                }
            }
            Err(why) => panic!("{why}"),
        }
    }
    let rare: BTreeMap<_, _> = HAPPENS
        .iter()
        .map(|what| (*what, happened.get(what).copied().unwrap_or_default()))
        .filter(|(_, count)| *count < 2)
        .collect();
    assert!(
        rare.is_empty(),
        "too rare to be a test: {rare:?} of {happened:?}"
    );
}

#[test]
fn the_first_quarter_agrees() {
    check(0);
}

#[test]
fn the_second_quarter_agrees() {
    check(SEEDS);
}

#[test]
fn the_third_quarter_agrees() {
    check(2 * SEEDS);
}

#[test]
fn the_last_quarter_agrees() {
    check(3 * SEEDS);
}

#[test]
fn a_fresh_seed_agrees() {
    let seed = std::hash::RandomState::new().build_hasher().finish() >> 1;
    println!("partings on seed {seed}");
    if let Err(why) = partings(seed, EVENTS) {
        panic!("{why}");
    }
}
