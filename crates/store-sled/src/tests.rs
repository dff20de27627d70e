//! What can only be seen from inside: the moment between applying and flushing, and
//! entries changed behind the store's back.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sled::IVec;
use store::{Batch, CommitError, Key, Prefix, ReadError, Scrubbed, Store, scrub};

use crate::{OpenError, Options, SledStore, layout};

const PREFIX: Prefix = Prefix::new(*b"te");

fn key(rest: &[u8]) -> Key {
    Key::new(PREFIX, rest)
}

fn batch(rest: &[u8], value: &[u8]) -> Batch {
    let mut batch = Batch::new();
    batch.put(key(rest), value.to_vec());
    batch
}

/// A store whose commits stop before the flush: they say so, and wait to be let go.
fn stopping(folder: &Path, options: Options) -> (SledStore, Receiver<()>, Sender<()>) {
    SledStore::create(folder).unwrap();
    let (stopped, has_stopped) = channel();
    let (go, may_go) = channel();
    let (stopped, may_go) = (Mutex::new(stopped), Mutex::new(may_go));
    let before_flush = Arc::new(move || {
        stopped.lock().unwrap().send(()).unwrap();
        // The test that let go of its end wants no more stops.
        let _go = may_go.lock().unwrap().recv();
    });
    let store = SledStore::open(
        folder,
        Options {
            before_flush,
            ..options
        },
    )
    .unwrap();
    (store, has_stopped, go)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_durable_is_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let (store, has_stopped, go) = stopping(folder.path(), Options::default());
    let store = Arc::new(store);
    let commit = |batch: Batch| {
        let store = Arc::clone(&store);
        std::thread::spawn(move || wait(store.commit(batch)))
    };
    let first = commit(batch(b"a", &vec![1; 20_000]));
    has_stopped.recv().unwrap();
    go.send(()).unwrap();
    first.join().unwrap().unwrap();

    let mut second = batch(b"a", &vec![2; 30_000]);
    second.put(key(b"b"), vec![2]);
    let second = commit(second);
    has_stopped.recv().unwrap();
    let before = store.fingerprints().await.unwrap();
    let found = store.get(&key(b"a")).await.unwrap().unwrap().value;
    assert!(found == vec![1; 20_000], "the old value, whole");
    assert_eq!(store.get(&key(b"b")).await.unwrap(), None);
    assert_eq!(
        store
            .scan(PREFIX, b"", None, 9)
            .await
            .unwrap()
            .entries
            .len(),
        1
    );
    assert!(matches!(scrub(&*store, PREFIX).await, Ok(Scrubbed::Whole(kept)) if kept.count == 1));
    assert!(!second.is_finished());
    go.send(()).unwrap();
    second.join().unwrap().unwrap();
    let found = store.get(&key(b"a")).await.unwrap().unwrap().value;
    assert!(found == vec![2; 30_000], "the new value, whole");
    assert_eq!(
        store
            .scan(PREFIX, b"", None, 9)
            .await
            .unwrap()
            .entries
            .len(),
        2
    );
    assert_ne!(store.fingerprints().await.unwrap(), before);
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

#[tokio::test]
async fn what_waits_behind_a_commit_is_one_group_checked_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (store, has_stopped, go) = stopping(folder.path(), Options::default());
    let mut claim = batch(b"a", b"claimed");
    claim.expect(key(b"a"), store::Expected::Absent);
    let mut zero = Box::pin(store.commit(batch(b"0", b"")));
    assert!(
        tokio::time::timeout(Duration::ZERO, &mut zero)
            .await
            .is_err()
    );
    has_stopped.recv().unwrap();
    // While the first is at work, three are queued, in this order.
    let release = async { drop(go) };
    let (first, second, last, ()) = tokio::join!(
        biased;
        store.commit(claim.clone()),
        store.commit(claim.clone()),
        store.commit(batch(b"z", b"")),
        release,
    );
    let position = zero.await.unwrap();
    assert_eq!(first.unwrap().0, position.0 + 1);
    assert!(matches!(second, Err(CommitError::Conflict { .. })));
    assert_eq!(last.unwrap().0, position.0 + 2);
    assert_eq!(
        has_stopped.try_iter().count(),
        1,
        "the three were one group"
    );
}

#[tokio::test]
async fn a_full_queue_says_busy() {
    let folder = tempfile::tempdir().unwrap();
    let (store, has_stopped, go) = stopping(folder.path(), Options::default());
    let mut first = Box::pin(store.commit(batch(b"first", b"")));
    assert!(
        tokio::time::timeout(Duration::ZERO, &mut first)
            .await
            .is_err()
    );
    has_stopped.recv().unwrap();
    let mut queued = Vec::new();
    for number in 0..crate::queue::QUEUE_BATCHES_MAX {
        let mut commit = Box::pin(store.commit(batch(&number.to_be_bytes(), b"")));
        assert!(
            tokio::time::timeout(Duration::ZERO, &mut commit)
                .await
                .is_err()
        );
        queued.push(commit);
    }
    assert!(matches!(
        store.commit(batch(b"over", b"")).await,
        Err(CommitError::Busy)
    ));
    drop(go);
    first.await.unwrap();
    for commit in queued {
        commit.await.unwrap();
    }
    assert_eq!(store.get(&key(b"over")).await.unwrap(), None);
}

#[tokio::test]
async fn a_commit_that_does_not_end_is_acted_on() {
    let folder = tempfile::tempdir().unwrap();
    let (acted, action) = channel();
    let acted = Mutex::new(acted);
    let options = Options {
        stuck_after: Duration::from_millis(200),
        when_stuck: Arc::new(move || acted.lock().unwrap().send(()).unwrap()),
        ..Options::default()
    };
    let (store, has_stopped, go) = stopping(folder.path(), options);
    let mut commit = Box::pin(store.commit(batch(b"a", b"")));
    assert!(
        tokio::time::timeout(Duration::ZERO, &mut commit)
            .await
            .is_err()
    );
    has_stopped.recv().unwrap();
    action.recv_timeout(Duration::from_secs(20)).unwrap();
    drop(go);
    commit.await.unwrap();
}

#[tokio::test]
async fn a_panic_in_the_committer_is_unknown_for_all_and_ends_the_handle() {
    let folder = tempfile::tempdir().unwrap();
    SledStore::create(folder.path()).unwrap();
    let before_flush = Arc::new(|| panic!("as asked"));
    let options = Options {
        before_flush,
        ..Options::default()
    };
    let store = SledStore::open(folder.path(), options).unwrap();
    let (one, two) = tokio::join!(
        store.commit(batch(b"a", b"")),
        store.commit(batch(b"b", b""))
    );
    for outcome in [one, two, store.commit(batch(b"c", b"")).await] {
        assert!(
            matches!(&outcome, Err(CommitError::Unknown(why)) if why.contains("as asked")),
            "{outcome:?}"
        );
    }
    assert!(matches!(
        store.get(&key(b"a")).await,
        Err(ReadError::Engine(_))
    ));
    drop(store);
    let store = SledStore::open(folder.path(), Options::default()).unwrap();
    assert_eq!(
        store.get(&key(b"c")).await.unwrap(),
        None,
        "it came after the failure"
    );
    store.commit(batch(b"c", b"")).await.unwrap();
}

/// Opens a store with a large and a small value, lets `change` at sled, and gives
/// what reading and scrubbing say, now and after a restart.
#[track_caller]
fn after(change: impl Fn(&sled::Db)) -> [(Result<(), ReadError>, Result<Scrubbed, ReadError>); 2] {
    let folder = tempfile::tempdir().unwrap();
    SledStore::create(folder.path()).unwrap();
    let store = SledStore::open(folder.path(), Options::default()).unwrap();
    let mut both = batch(b"large", &vec![7; 20_000]);
    both.put(key(b"small"), vec![7]);
    wait(store.commit(both)).unwrap();
    change(&store.engine().unwrap().db);
    let read = |store: &SledStore| {
        let read = wait(store.scan(PREFIX, b"", None, 9)).map(drop);
        (read, wait(scrub(store, PREFIX)))
    };
    let now = read(&store);
    drop(store);
    [
        now,
        read(&SledStore::open(folder.path(), Options::default()).unwrap()),
    ]
}

#[test]
fn a_changed_raw_value_is_damage() {
    let raw = layout::entry(key(b"small").as_bytes());
    let chunk = layout::chunks(&key(b"large"), 20_000).nth(1).unwrap();
    for raw in [raw, chunk] {
        let outcomes = after(|db| {
            let mut changed = db.get(&raw).unwrap().unwrap().to_vec();
            *changed.last_mut().unwrap() ^= 1;
            db.insert(&raw, IVec::from(changed)).unwrap();
        });
        for (read, scrubbed) in outcomes {
            assert!(matches!(read, Err(ReadError::Damaged { .. })));
            assert!(matches!(scrubbed, Err(ReadError::Damaged { .. })));
        }
    }
}

#[test]
fn an_entry_that_vanished_differs_and_a_chunk_that_vanished_is_damage() {
    let raw = layout::entry(key(b"small").as_bytes());
    for (read, scrubbed) in after(|db| drop(db.remove(&raw).unwrap())) {
        assert!(read.is_ok());
        assert!(matches!(scrubbed, Ok(Scrubbed::Differs { kept, counted })
            if kept.count == 2 && counted.count == 1));
    }
    let chunk = layout::chunks(&key(b"large"), 20_000).nth(1).unwrap();
    for (read, _) in after(|db| drop(db.remove(&chunk).unwrap())) {
        assert!(matches!(read, Err(ReadError::Damaged { .. })));
    }
}

/// Opens a store after `change` to its closed sled.
#[track_caller]
fn opened_after(change: impl Fn(&sled::Db)) -> OpenError {
    let folder = tempfile::tempdir().unwrap();
    SledStore::create(folder.path()).unwrap();
    let store = SledStore::open(folder.path(), Options::default()).unwrap();
    for number in 0..3 {
        wait(store.commit(batch(&[number], b""))).unwrap();
    }
    change(&store.engine().unwrap().db);
    drop(store);
    SledStore::open(folder.path(), Options::default()).unwrap_err()
}

#[test]
fn a_store_of_another_format_is_refused_with_a_line_that_says_so() {
    let with = |entry: &[u8]| {
        opened_after(|db| drop(db.insert(layout::META_FORMAT, entry).unwrap())).to_string()
    };
    let newer = with(b"escale store \x00\x00\x00\x02");
    assert_eq!(
        newer,
        "the store has format 2, and this program knows format 1: it is too old"
    );
    let older = with(b"escale store \x00\x00\x00\x00");
    assert_eq!(
        older,
        "the store has format 0, which is none that was ever written"
    );
    assert_eq!(
        with(b"something"),
        "the store does not say which format it has"
    );
    let gone = opened_after(|db| drop(db.remove(layout::META_FORMAT).unwrap()));
    assert!(matches!(gone, OpenError::NoFormat));
}

#[test]
fn a_store_behind_its_high_water_mark_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    SledStore::create(folder.path()).unwrap();
    let store = SledStore::open(folder.path(), Options::default()).unwrap();
    wait(store.commit(batch(b"a", b"one"))).unwrap();
    let db = &store.engine().unwrap().db;
    let then: Vec<_> = db.iter().map(Result::unwrap).collect();
    wait(store.commit(batch(b"a", b"two"))).unwrap();
    // Back to the state of the first commit, consistent in itself.
    for (raw, value) in &then {
        db.insert(raw, value.clone()).unwrap();
    }
    drop(store);
    let refused = SledStore::open(folder.path(), Options::default()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the store stands at commit 1, and commit 2 was acknowledged: it lost what is between"
    );
}

#[test]
fn fingerprints_that_went_back_alone_are_refused() {
    let raw = layout::fingerprint(PREFIX);
    let gone = opened_after(|db| drop(db.remove(&raw).unwrap()));
    assert!(matches!(gone, OpenError::Damaged(_)), "{gone}");
    let damaged = opened_after(|db| {
        let mut kept = db.get(&raw).unwrap().unwrap().to_vec();
        *kept.last_mut().unwrap() ^= 1;
        db.insert(&raw, kept).unwrap();
    });
    assert!(damaged.to_string().contains("fingerprint"), "{damaged}");
}
