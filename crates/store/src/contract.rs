//! The contract as tests, which every backend runs: [`contract_tests!`](crate::contract_tests).
//!
//! A backend brings a [`Ground`]: a place in which a store is started, and started
//! again over what the last one made durable.
//!
//! **Invariant:** nothing here knows a backend. What one backend passes and another
//! does not is a difference that `app` would see.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "these are tests, in a feature so that other crates can run them"
)]

mod concurrency;
mod model;
mod sizes;

use std::future::Future;
use std::sync::Arc;

pub use concurrency::{
    a_commit_that_nobody_waits_for_harms_nothing, concurrent_commits_lose_no_update,
    of_two_first_commits_one_wins, readers_see_whole_commits_in_their_order,
};
pub use model::random_operations_match_a_model;
use sizes::patterned;
pub use sizes::{
    a_large_value_leaves_nothing_behind, a_page_of_large_values_ends_early,
    values_of_every_size_are_kept, what_is_over_a_limit_is_refused_and_not_written,
};

use crate::{
    Batch, CommitError, Expected, Fingerprint, KEY_BYTES_MAX, Key, Page, Position, Prefix, Store,
    Versioned, frame,
};

/// A place in which a store is started again and again.
pub trait Ground {
    /// The running store.
    fn store(&self) -> Arc<dyn Store>;

    /// Ends the running store and starts it again. Nobody else holds it then.
    fn restart(&mut self);
}

/// Makes a new ground with an empty store.
pub type NewGround<'a> = &'a dyn Fn() -> Box<dyn Ground>;

/// Makes one `#[test]` of each check. Takes an expression that is a function
/// without arguments to a `Box<dyn Ground>`.
#[macro_export]
macro_rules! contract_tests {
    ($new:expr) => {
        $crate::contract_tests! { $new =>
            what_was_never_written_is_absent
            a_value_reads_back_with_its_version
            positions_rise_by_one
            what_is_removed_is_gone
            a_scan_is_in_order_of_key
            a_scan_keeps_to_its_prefix_and_stem
            pages_join_without_gap_or_repetition
            a_page_of_large_values_ends_early
            what_is_over_a_limit_is_refused_and_not_written
            an_expectation_that_does_not_hold_writes_nothing
            an_expectation_need_not_be_written
            values_of_every_size_are_kept
            a_large_value_leaves_nothing_behind
            fingerprints_follow_every_commit
            a_restart_keeps_what_was_acknowledged
            random_operations_match_a_model
            concurrent_commits_lose_no_update
            of_two_first_commits_one_wins
            readers_see_whole_commits_in_their_order
            a_commit_that_nobody_waits_for_harms_nothing
        }
    };
    ($new:expr => $($check:ident)*) => {
        $(
            #[test]
            fn $check() {
                $crate::contract::$check(&$new);
            }
        )*
    };
}

const PREFIX: Prefix = Prefix::new(*b"ct");
const OTHER: Prefix = Prefix::new(*b"cu");

fn key(rest: &[u8]) -> Key {
    Key::new(PREFIX, rest)
}

/// Runs `future` to its end on this thread.
fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

fn commit(store: &dyn Store, batch: Batch) -> Result<Position, CommitError> {
    wait(store.commit(batch))
}

#[track_caller]
fn put(store: &dyn Store, key: &Key, value: &[u8]) -> Position {
    let mut batch = Batch::new();
    batch.put(key.clone(), value.to_vec());
    commit(store, batch).unwrap()
}

#[track_caller]
fn get(store: &dyn Store, key: &Key) -> Option<Versioned> {
    wait(store.get(key)).unwrap()
}

#[track_caller]
fn scan(store: &dyn Store, stem: &[u8], after: Option<&Key>, limit: usize) -> Page {
    wait(store.scan(PREFIX, stem, after, limit)).unwrap()
}

fn rests(page: &Page) -> Vec<&[u8]> {
    page.entries.iter().map(|(key, _)| key.rest()).collect()
}

#[track_caller]
fn check_fingerprints(store: &dyn Store) {
    for (prefix, kept) in wait(store.fingerprints()).unwrap() {
        assert_eq!(wait(store.recount(prefix)).unwrap(), kept, "{prefix:?}");
    }
}

/// `get` and `scan` of an empty store say so.
pub fn what_was_never_written_is_absent(new: NewGround<'_>) {
    let store = new().store();
    assert_eq!(get(&*store, &key(b"a")), None);
    assert_eq!(
        get(&*store, &key(&[0; KEY_BYTES_MAX])),
        None,
        "a key over the limit is absent"
    );
    let page = scan(&*store, b"", None, 10);
    assert!(page.entries.is_empty() && !page.is_cut);
    assert_eq!(wait(store.fingerprints()).unwrap(), []);
    assert_eq!(wait(store.recount(PREFIX)).unwrap(), Fingerprint::default());
}

/// `get` gives the bytes and the commit that wrote them.
pub fn a_value_reads_back_with_its_version(new: NewGround<'_>) {
    let store = new().store();
    let first = put(&*store, &key(b"a"), b"one");
    put(&*store, &key(b"b"), b"");
    let third = put(&*store, &key(b"a"), b"two");
    assert!(first < third);
    let found = get(&*store, &key(b"a")).unwrap();
    assert_eq!(
        found,
        Versioned {
            value: b"two".to_vec(),
            version: third
        }
    );
    assert_eq!(
        get(&*store, &key(b"b")).unwrap().value,
        b"",
        "an empty value is not an absence"
    );
    assert_eq!(
        get(&*store, &key(b"")),
        None,
        "a key is not found by a part of it"
    );
}

/// The first commit is at 1, refused ones take no position, empty ones do.
pub fn positions_rise_by_one(new: NewGround<'_>) {
    let mut ground = new();
    let store = ground.store();
    assert_eq!(put(&*store, &key(b"a"), b""), Position(1));
    assert_eq!(commit(&*store, Batch::new()).unwrap(), Position(2));
    let mut refused = Batch::new();
    refused.expect(key(b"a"), Expected::Absent);
    assert!(commit(&*store, refused).is_err());
    assert_eq!(put(&*store, &key(b"a"), b""), Position(3));
    drop(store);
    ground.restart();
    assert_eq!(put(&*ground.store(), &key(b"a"), b""), Position(4));
}

/// A removed key is absent for `get`, `scan` and `expected`; removing again is no
/// error.
pub fn what_is_removed_is_gone(new: NewGround<'_>) {
    let store = new().store();
    put(&*store, &key(b"a"), b"one");
    for _ in 0..2 {
        let mut batch = Batch::new();
        batch.remove(key(b"a")).remove(key(b"never"));
        commit(&*store, batch).unwrap();
        assert_eq!(get(&*store, &key(b"a")), None);
        assert!(scan(&*store, b"", None, 10).entries.is_empty());
    }
    let mut again = Batch::new();
    again
        .expect(key(b"a"), Expected::Absent)
        .put(key(b"a"), b"two".to_vec());
    commit(&*store, again).unwrap();
    assert_eq!(get(&*store, &key(b"a")).unwrap().value, b"two");
}

/// Byte by byte, and a key before what continues it.
pub fn a_scan_is_in_order_of_key(new: NewGround<'_>) {
    let store = new().store();
    let ordered: [&[u8]; 7] = [b"", b"\0", b"\0\0", b"a", b"a\0", b"b", b"\xff\xff"];
    for index in [3, 0, 6, 2, 5, 1, 4] {
        let rest = ordered.get(index).unwrap();
        put(&*store, &key(rest), rest);
    }
    assert_eq!(rests(&scan(&*store, b"", None, 100)), ordered);
}

/// Neighbours on both sides stay out.
pub fn a_scan_keeps_to_its_prefix_and_stem(new: NewGround<'_>) {
    let store = new().store();
    let mut batch = Batch::new();
    for prefix in [*b"cs", *b"ct", *b"cu", [b'c', 0xff], [0xff, 0xff]] {
        for rest in [b"".as_slice(), b"a", b"a\xff", b"a\xff\xff", b"b"] {
            batch.put(Key::new(Prefix::new(prefix), rest), rest.to_vec());
        }
    }
    commit(&*store, batch).unwrap();
    assert_eq!(
        rests(&scan(&*store, b"a", None, 100)),
        [b"a".as_slice(), b"a\xff", b"a\xff\xff"]
    );
    let end = rests(&scan(&*store, b"a\xff", None, 100)).len();
    assert_eq!(end, 2, "a stem that ends in the last byte value");
    let last = wait(store.scan(Prefix::new([0xff, 0xff]), b"", None, 100)).unwrap();
    assert_eq!(last.entries.len(), 5);
    // `after` need not lie in the stem.
    assert_eq!(rests(&scan(&*store, b"a", Some(&key(b"")), 100)).len(), 3);
    assert!(
        scan(&*store, b"a", Some(&key(b"b")), 100)
            .entries
            .is_empty()
    );
    assert!(
        scan(&*store, b"a", Some(&Key::new(OTHER, b"")), 100)
            .entries
            .is_empty()
    );
    let before = Key::new(Prefix::new(*b"cs"), b"z");
    assert_eq!(rests(&scan(&*store, b"a", Some(&before), 100)).len(), 3);
}

/// Every limit, from none to more than there is.
pub fn pages_join_without_gap_or_repetition(new: NewGround<'_>) {
    let store = new().store();
    let mut batch = Batch::new();
    for number in 0..1_200_u16 {
        batch.put(key(&number.to_be_bytes()), vec![0; 3]);
    }
    commit(&*store, batch).unwrap();
    for limit in [1, 7, 399, 400, 1_000, usize::MAX] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = scan(&*store, b"", after.as_ref(), limit);
            assert!(page.entries.len() <= limit.min(crate::SCAN_LIMIT_MAX));
            found.extend(page.entries.iter().map(|(key, _)| key.rest().to_vec()));
            after = page.entries.last().map(|(key, _)| key.clone());
            if !page.is_cut {
                break;
            }
        }
        let all: Vec<_> = (0..1_200_u16)
            .map(|number| number.to_be_bytes().to_vec())
            .collect();
        assert!(found == all, "with a limit of {limit}");
    }
    let none = scan(&*store, b"", None, 0);
    assert!(none.entries.is_empty() && none.is_cut);
}

/// Absent where there is something, another version, and something where there is
/// nothing.
pub fn an_expectation_that_does_not_hold_writes_nothing(new: NewGround<'_>) {
    let store = new().store();
    let old = put(&*store, &key(b"a"), b"one");
    let now = put(&*store, &key(b"a"), b"two");
    for (rest, expected) in [
        (b"a", Expected::Absent),
        (b"a", Expected::At(old)),
        (b"a", Expected::At(Position(now.0 + 1))),
        (b"b", Expected::At(now)),
        (b"b", Expected::At(Position(0))),
    ] {
        let mut batch = Batch::new();
        batch.expect(key(rest), expected);
        batch
            .put(key(b"0"), b"new".to_vec())
            .put(key(b"z"), b"new".to_vec())
            .remove(key(b"a"));
        let error = commit(&*store, batch).unwrap_err();
        let moved = key(rest).to_string();
        assert!(matches!(error, CommitError::Conflict { key } if key == moved));
    }
    assert_eq!(rests(&scan(&*store, b"", None, 10)), [b"a"]);
    assert_eq!(get(&*store, &key(b"a")).unwrap().version, now);
    check_fingerprints(&*store);
    let mut batch = Batch::new();
    batch
        .expect(key(b"a"), Expected::At(now))
        .expect(key(b"b"), Expected::Absent);
    batch
        .put(key(b"a"), b"three".to_vec())
        .put(key(b"b"), b"one".to_vec());
    commit(&*store, batch).unwrap();
    assert_eq!(get(&*store, &key(b"a")).unwrap().value, b"three");
}

/// What was only read may be expected too.
pub fn an_expectation_need_not_be_written(new: NewGround<'_>) {
    let store = new().store();
    put(&*store, &key(b"rule"), b"open");
    let read = get(&*store, &key(b"rule"));
    let mut batch = Batch::new();
    batch.expect(key(b"rule"), Expected::unchanged(read.as_ref()));
    batch.put(key(b"act"), b"done".to_vec());
    commit(&*store, batch.clone()).unwrap();
    put(&*store, &key(b"rule"), b"open");
    let error = commit(&*store, batch).unwrap_err();
    assert!(
        matches!(error, CommitError::Conflict { .. }),
        "the same bytes written again moved"
    );
}

/// The sum is that of the frame hashes, so it is the same for every backend.
pub fn fingerprints_follow_every_commit(new: NewGround<'_>) {
    let mut ground = new();
    let store = ground.store();
    let mut batch = Batch::new();
    let other = Key::new(OTHER, b"a");
    batch
        .put(other.clone(), b"one".to_vec())
        .put(key(b"a"), b"two".to_vec());
    let version = commit(&*store, batch).unwrap();
    let fingerprint_of = |key: &Key, value: &[u8]| {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add(frame::Head::new(key.as_bytes(), version, value).hash);
        fingerprint
    };
    let kept = wait(store.fingerprints()).unwrap();
    let own = (PREFIX, fingerprint_of(&key(b"a"), b"two"));
    assert_eq!(kept, [own, (OTHER, fingerprint_of(&other, b"one"))]);
    let mut batch = Batch::new();
    batch.remove(other);
    commit(&*store, batch).unwrap();
    drop(store);
    ground.restart();
    let kept = wait(ground.store().fingerprints()).unwrap();
    assert_eq!(
        kept,
        [own, (OTHER, Fingerprint::default())],
        "an emptied prefix stays listed"
    );
    check_fingerprints(&*ground.store());
}

/// Values, versions, removals and fingerprints.
pub fn a_restart_keeps_what_was_acknowledged(new: NewGround<'_>) {
    let mut ground = new();
    for round in 0..5_u8 {
        for number in 0..20_u8 {
            put(
                &*ground.store(),
                &key(&[round, number]),
                &patterned(usize::from(number) * 700),
            );
        }
        let mut batch = Batch::new();
        batch.remove(key(&[round, 0]));
        commit(&*ground.store(), batch).unwrap();
        let before = scan(&*ground.store(), b"", None, 1_000).entries;
        let kept = wait(ground.store().fingerprints()).unwrap();
        ground.restart();
        assert!(scan(&*ground.store(), b"", None, 1_000).entries == before);
        assert_eq!(wait(ground.store().fingerprints()).unwrap(), kept);
    }
    check_fingerprints(&*ground.store());
}
