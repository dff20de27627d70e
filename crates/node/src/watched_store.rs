//! A store that tells when something was committed.

use std::sync::Arc;

use async_trait::async_trait;
use store::{
    Batch, CommitError, Fingerprint, Key, Page, Position, Prefix, ReadError, Store, Versioned,
};
use tokio::sync::watch;

/// Another store, whose commits are told of. It changes nothing.
#[derive(Debug)]
pub(crate) struct WatchedStore {
    inner: Arc<dyn Store>,
    commits: watch::Sender<()>,
}

/// Tells that something was committed.
pub(crate) type Commits = watch::Receiver<()>;

impl WatchedStore {
    /// The store, and the way to hear of its commits.
    pub(crate) fn new(inner: Arc<dyn Store>) -> (Self, Commits) {
        let (commits, hear) = watch::channel(());
        (Self { inner, commits }, hear)
    }
}

#[async_trait]
impl Store for WatchedStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, ReadError> {
        self.inner.get(key).await
    }

    async fn scan(
        &self,
        prefix: Prefix,
        stem: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        self.inner.scan(prefix, stem, after, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Position, CommitError> {
        let ended = self.inner.commit(batch).await;
        self.commits.send_replace(());
        ended
    }

    async fn fingerprints(&self) -> Result<Vec<(Prefix, Fingerprint)>, ReadError> {
        self.inner.fingerprints().await
    }

    async fn recount(&self, prefix: Prefix) -> Result<Fingerprint, ReadError> {
        self.inner.recount(prefix).await
    }
}
