//! The contract over random operations, against a map.
#![expect(clippy::missing_panics_doc, reason = "these are tests")]

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::{Ground, NewGround, OTHER, PREFIX, commit, get, patterned, wait};
use crate::{Batch, CommitError, Expected, Fingerprint, Key, Position, Prefix, Versioned, frame};

/// One write: which key, and how many bytes or none.
type Write = (u8, Option<u32>);

/// What is expected of a key: nothing moved, or something that may not hold.
#[derive(Clone, Copy, Debug)]
enum Guess {
    Right,
    Absent,
    Older,
}

#[derive(Clone, Debug)]
enum Operation {
    Commit {
        expected: Vec<(u8, Guess)>,
        writes: Vec<Write>,
    },
    Scan {
        is_other: bool,
        after: Option<u8>,
        limit: usize,
    },
    Restart,
}

/// What the store should hold.
#[derive(Default)]
struct Model {
    entries: BTreeMap<Key, Versioned>,
    position: Position,
}

/// Commits that hold and that do not, scans, and restarts; the fingerprints are
/// those of what is there.
pub fn random_operations_match_a_model(new: NewGround<'_>) {
    let config = Config {
        cases: 24,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261),
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&vec(operation(), 1..40), |operations| {
        let mut ground = new();
        let mut model = Model::default();
        for operation in operations {
            act(&mut *ground, &mut model, operation);
        }
        compare(&*ground, &model);
        ground.restart();
        compare(&*ground, &model);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

fn operation() -> impl Strategy<Value = Operation> {
    let size = prop_oneof![6 => 0..200_u32, 2 => 5_900..6_100_u32, 2 => 0..40_000_u32];
    let write = (0..24_u8, prop::option::weighted(0.7, size));
    let guess =
        prop_oneof![6 => Just(Guess::Right), 1 => Just(Guess::Absent), 1 => Just(Guess::Older)];
    let commit = (vec((0..24_u8, guess), 0..3), vec(write, 0..6))
        .prop_map(|(expected, writes)| Operation::Commit { expected, writes });
    let scan = (any::<bool>(), prop::option::of(0..24_u8), 0..30_usize).prop_map(
        |(is_other, after, limit)| Operation::Scan {
            is_other,
            after,
            limit,
        },
    );
    prop_oneof![10 => commit, 3 => scan, 1 => Just(Operation::Restart)]
}

/// Half of the keys are under each prefix, and some continue another.
fn key_of(number: u8) -> Key {
    let prefix = if number.is_multiple_of(2) {
        PREFIX
    } else {
        OTHER
    };
    let rest = [0, number / 8];
    Key::new(
        prefix,
        rest.get(..1 + usize::from(number % 8 / 4))
            .unwrap_or_default(),
    )
}

fn act(ground: &mut dyn Ground, model: &mut Model, operation: Operation) {
    match operation {
        Operation::Restart => ground.restart(),
        Operation::Scan {
            is_other,
            after,
            limit,
        } => {
            let prefix = if is_other { OTHER } else { PREFIX };
            let after = after.map(key_of);
            let page = wait(ground.store().scan(prefix, b"", after.as_ref(), limit)).unwrap();
            let mut left = model
                .under(prefix)
                .filter(|(key, _)| after.as_ref() < Some(*key));
            let right: Vec<_> = left
                .by_ref()
                .take(limit)
                .map(|(key, found)| (key.clone(), found.clone()))
                .collect();
            assert!(page.entries == right);
            assert_eq!(page.is_cut, left.next().is_some());
        }
        Operation::Commit { expected, writes } => {
            let mut batch = Batch::new();
            for (number, guess) in expected {
                let key = key_of(number);
                let there = model.entries.get(&key);
                let guess = match guess {
                    Guess::Right => Expected::unchanged(there),
                    Guess::Absent => Expected::Absent,
                    Guess::Older => {
                        Expected::At(Position(there.map_or(1, |found| found.version.0 - 1)))
                    }
                };
                batch.expect(key, guess);
            }
            for (number, size) in writes {
                batch
                    .writes
                    .insert(key_of(number), size.map(|size| patterned(size as usize)));
            }
            let right = model.commit(&batch);
            match commit(&*ground.store(), batch) {
                Ok(position) => assert_eq!(Some(position), right),
                Err(CommitError::Conflict { .. }) => assert_eq!(right, None),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

impl Model {
    fn commit(&mut self, batch: &Batch) -> Option<Position> {
        let holds = |(key, expected): (&Key, &Expected)| {
            Expected::unchanged(self.entries.get(key)) == *expected
        };
        if !batch.expected.iter().all(holds) {
            return None;
        }
        self.position.0 += 1;
        for (key, value) in &batch.writes {
            let version = self.position;
            match value {
                Some(value) => self.entries.insert(
                    key.clone(),
                    Versioned {
                        value: value.clone(),
                        version,
                    },
                ),
                None => self.entries.remove(key),
            };
        }
        Some(self.position)
    }

    fn under(&self, prefix: Prefix) -> impl Iterator<Item = (&Key, &Versioned)> {
        self.entries
            .iter()
            .filter(move |(key, _)| key.prefix() == prefix)
    }
}

fn compare(ground: &dyn Ground, model: &Model) {
    let store = ground.store();
    for number in 0..24 {
        let key = key_of(number);
        assert!(
            get(&*store, &key).as_ref() == model.entries.get(&key),
            "{key}"
        );
    }
    let kept = wait(store.fingerprints()).unwrap();
    for prefix in [PREFIX, OTHER] {
        let mut right = Fingerprint::default();
        for (key, found) in model.under(prefix) {
            right.add(frame::Head::new(key.as_bytes(), found.version, &found.value).hash);
        }
        assert_eq!(wait(store.recount(prefix)).unwrap(), right);
        let kept = kept.iter().find(|(found, _)| *found == prefix);
        assert_eq!(kept.map(|(_, kept)| *kept).unwrap_or_default(), right);
    }
}
