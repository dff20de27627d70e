//! A store whose commits are counted and timed.

use std::sync::Arc;

use async_trait::async_trait;
use store::{
    Batch, CommitError, Fingerprint, Key, Page, Position, Prefix, ReadError, Store, Versioned,
};

use super::Metrics;
use crate::environment::Stopwatch;

/// Another store, and where its commits are counted. It changes nothing.
#[derive(Debug)]
pub(crate) struct TimedStore {
    inner: Arc<dyn Store>,
    metrics: Metrics,
}

impl TimedStore {
    pub(crate) const fn new(inner: Arc<dyn Store>, metrics: Metrics) -> Self {
        Self { inner, metrics }
    }
}

#[async_trait]
impl Store for TimedStore {
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
        let stopwatch = Stopwatch::start();
        let ended = self.inner.commit(batch).await;
        let outcome = match &ended {
            Ok(_) => "done",
            Err(CommitError::Conflict { .. }) => "conflict",
            Err(CommitError::TooLarge { .. }) => "too_large",
            Err(CommitError::Busy) => "busy",
            Err(CommitError::Read(_)) => "unreadable",
            Err(CommitError::Unknown(_)) => "unknown",
        };
        self.metrics.committed(outcome, stopwatch.seconds());
        ended
    }

    async fn fingerprints(&self) -> Result<Vec<(Prefix, Fingerprint)>, ReadError> {
        self.inner.fingerprints().await
    }

    async fn recount(&self, prefix: Prefix) -> Result<Fingerprint, ReadError> {
        self.inner.recount(prefix).await
    }
}
