//! `check --deep` beside a node that writes: no false alarm, and nothing passed over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use app::keys::FEEDS;
use app::{App, Depth};
use store::{
    Batch, CommitError, Expected, Fingerprint, Key, MemoryStore, Page, Position, Prefix, ReadError,
    Store, Versioned,
};
use testkit::{Label, ManualClock, SeededEntropy, TestNode};

use crate::look::stored;

/// A store in which a cursor is written anew, as it is, before each count, so often.
#[derive(Debug)]
struct AtWork {
    store: MemoryStore,
    key: Key,
    writes_left: AtomicUsize,
}

impl AtWork {
    async fn write(&self) {
        let less = |left: usize| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if self.writes_left.fetch_update(order, order, less).is_err() {
            return;
        }
        let found = self.store.get(&self.key).await.unwrap().unwrap();
        let mut batch = Batch::new();
        batch.expect(self.key.clone(), Expected::unchanged(Some(&found)));
        batch.put(self.key.clone(), found.value);
        self.store.commit(batch).await.unwrap();
    }
}

#[async_trait::async_trait]
impl Store for AtWork {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, ReadError> {
        self.store.get(key).await
    }

    async fn scan(
        &self,
        prefix: Prefix,
        stem: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        self.store.scan(prefix, stem, after, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Position, CommitError> {
        self.store.commit(batch).await
    }

    async fn fingerprints(&self) -> Result<Vec<(Prefix, Fingerprint)>, ReadError> {
        self.store.fingerprints().await
    }

    async fn recount(&self, prefix: Prefix) -> Result<Fingerprint, ReadError> {
        if prefix == FEEDS {
            self.write().await;
        }
        self.store.recount(prefix).await
    }
}

/// What a deep check says of a node that writes so often meanwhile.
async fn problems(node: &TestNode, writes: usize) -> Vec<String> {
    let (key, _) = stored(node, FEEDS).await.remove(0);
    let store = AtWork {
        store: node.store().clone(),
        key,
        writes_left: AtomicUsize::new(writes),
    };
    let (clock, entropy) = (ManualClock::at(testkit::START), SeededEntropy::new("check"));
    let app = App::open(
        Arc::new(store),
        node.plan().identity(),
        Arc::new(clock),
        Arc::new(entropy),
    );
    let checked = app.await.unwrap().check(Depth::Deep).await;
    checked.unwrap().problems
}

#[tokio::test]
async fn what_is_written_during_a_check_is_no_problem() {
    let label = Label::labelled(1).await;
    let node = label.space(0);
    for writes in [0, 1, 2, 5] {
        assert_eq!(
            problems(node, writes).await,
            Vec::<String>::new(),
            "{writes}"
        );
    }
}

#[tokio::test]
async fn what_vanished_is_found_beside_what_is_written() {
    let label = Label::labelled(1).await;
    let node = label.space(0);
    let (key, _) = stored(node, app::keys::RECORDS).await.remove(0);
    assert!(node.store().vanish(&key));
    for writes in [0, 1, 5] {
        let said = problems(node, writes).await;
        let is_named = |it: &String| it.starts_with("fr: ") && it.contains("entries are there");
        assert!(said.iter().any(is_named), "{writes}: {said:?}");
        let is_of_cursors = |it: &String| it.starts_with("fs: ");
        assert!(!said.iter().any(is_of_cursors), "{writes}: {said:?}");
    }
}

/// Nothing is said to be wrong of which it is not known.
#[tokio::test]
async fn who_writes_during_every_look_is_told_to_rest() {
    let label = Label::labelled(1).await;
    let said = problems(label.space(0), usize::MAX).await;
    let last = said.last().map(String::as_str).unwrap_or_default();
    assert!(last.ends_with("check it at rest"), "{said:?}");
}
