//! The memory backend: the contract, and its faults.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::sync::Arc;
use std::time::Duration;

use store::contract::Ground;
use store::{
    Batch, CommitError, Expected, Fault, Key, MemoryStore, Position, Prefix, ReadError, Scrubbed,
    Store, scrub,
};

struct Memory(MemoryStore);

impl Ground for Memory {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }

    fn restart(&mut self) {
        self.0 = self.0.restart();
    }
}

store::contract_tests!(|| Box::new(Memory(MemoryStore::new())));

const PREFIX: Prefix = Prefix::new(*b"me");

fn key() -> Key {
    Key::new(PREFIX, b"a")
}

fn batch(value: &[u8]) -> Batch {
    let mut batch = Batch::new();
    batch.put(key(), value.to_vec());
    batch
}

async fn value(store: &MemoryStore) -> Option<Vec<u8>> {
    store.get(&key()).await.unwrap().map(|found| found.value)
}

#[tokio::test]
async fn an_unknown_outcome_is_lost_or_kept_and_ends_the_handle() {
    for (fault, after) in [
        (Fault::ErrorLost, b"one"),
        (Fault::Full, b"one"),
        (Fault::ErrorKept, b"two"),
    ] {
        let store = MemoryStore::new();
        store.commit(batch(b"one")).await.unwrap();
        store.fail_next_commit(fault);
        let error = store.commit(batch(b"two")).await.unwrap_err();
        assert!(
            matches!(error, CommitError::Unknown(_)),
            "{fault:?}: {error}"
        );
        assert!(matches!(store.get(&key()).await, Err(ReadError::Engine(_))));
        assert!(store.scan(PREFIX, b"", None, 1).await.is_err());
        assert!(store.fingerprints().await.is_err());
        assert!(matches!(
            store.commit(batch(b"three")).await,
            Err(CommitError::Unknown(_))
        ));
        let store = store.restart();
        assert_eq!(value(&store).await.unwrap(), after, "{fault:?}");
        assert!(matches!(
            scrub(&store, PREFIX).await,
            Ok(Scrubbed::Whole(_))
        ));
    }
}

#[tokio::test]
async fn conflict_and_busy_write_nothing_and_leave_the_handle_alive() {
    let store = MemoryStore::new();
    store.fail_next_commit(Fault::Conflict);
    store.fail_next_commit(Fault::Busy);
    let conflict = store.commit(batch(b"one")).await.unwrap_err();
    assert!(matches!(conflict, CommitError::Conflict { key } if key == "me/61"));
    assert!(matches!(
        store.commit(batch(b"one")).await,
        Err(CommitError::Busy)
    ));
    assert_eq!(value(&store).await, None);
    assert_eq!(store.commit(batch(b"one")).await.unwrap(), Position(1));
}

#[tokio::test]
async fn a_fault_meets_the_commit_or_read_it_was_asked_for() {
    let store = MemoryStore::new();
    store.fail_commit(3, Fault::Busy);
    store.fail_commit(1, Fault::Conflict);
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        outcomes.push(store.commit(batch(b"one")).await.is_ok());
    }
    assert_eq!(outcomes, [false, true, false, true]);
    store.fail_read(2);
    assert!(store.get(&key()).await.is_ok());
    assert!(matches!(store.get(&key()).await, Err(ReadError::Engine(_))));
    assert!(
        store.get(&key()).await.is_ok(),
        "a failed read is an error, and passes"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_commit_is_not_seen_before_it_is_durable_and_holds_up_the_next() {
    let store = MemoryStore::new();
    store.commit(batch(b"one")).await.unwrap();
    store.fail_next_commit(Fault::Slow(Duration::from_secs(60)));
    let mut slow = Box::pin(store.commit(batch(b"two")));
    let mut next = Box::pin(store.commit(batch(b"three")));
    let seconds = Duration::from_secs(59);
    assert!(tokio::time::timeout(seconds, &mut slow).await.is_err());
    assert!(
        tokio::time::timeout(Duration::ZERO, &mut next)
            .await
            .is_err()
    );
    assert_eq!(value(&store).await.unwrap(), b"one");
    slow.await.unwrap();
    assert_eq!(value(&store).await.unwrap(), b"two");
    next.await.unwrap();
    assert_eq!(value(&store).await.unwrap(), b"three");
}

#[tokio::test]
async fn damage_is_named_and_is_never_an_absence() {
    let store = MemoryStore::new();
    assert!(!store.damage(&key()));
    store.commit(batch(b"one")).await.unwrap();
    assert!(store.damage(&key()));
    let store = store.restart();
    let named =
        |error: &ReadError| matches!(error, ReadError::Damaged { key, .. } if key == "me/61");
    assert!(named(&store.get(&key()).await.unwrap_err()));
    assert!(named(&store.scan(PREFIX, b"", None, 9).await.unwrap_err()));
    assert!(named(&scrub(&store, PREFIX).await.unwrap_err()));
    let mut absent = batch(b"two");
    absent.expect(key(), Expected::Absent);
    for batch in [absent, batch(b"two")] {
        let refused = store.commit(batch).await.unwrap_err();
        assert!(matches!(refused, CommitError::Read(error) if named(&error)));
    }
}

#[tokio::test]
async fn a_key_that_vanished_shows_in_the_fingerprint() {
    let store = MemoryStore::new();
    store.commit(batch(b"one")).await.unwrap();
    assert!(matches!(scrub(&store, PREFIX).await, Ok(Scrubbed::Whole(found)) if found.count == 1));
    assert!(store.vanish(&key()));
    let Scrubbed::Differs { kept, counted } = scrub(&store, PREFIX).await.unwrap() else {
        panic!("it was not noticed");
    };
    assert_eq!((kept.count, counted.count), (1, 0));
}

#[tokio::test]
async fn a_handle_of_before_a_restart_can_do_nothing() {
    let old = MemoryStore::new();
    old.commit(batch(b"one")).await.unwrap();
    let store = old.restart();
    assert!(old.get(&key()).await.is_err());
    assert!(matches!(
        old.commit(batch(b"two")).await,
        Err(CommitError::Unknown(_))
    ));
    assert_eq!(value(&store).await.unwrap(), b"one");
}
