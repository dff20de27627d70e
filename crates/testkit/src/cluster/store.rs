//! What stands between a simulated node and its store.
//!
//! Before each call others have their turn, as often as the seed says: so two operations
//! of a node interleave at each of their reads and commits. One of three checks can be
//! taken out, for a test that shows that the invariants notice.

use app::keys::{ATTEMPTS, INBOX};
use store::{
    Batch, CommitError, Fingerprint, Key, MemoryStore, Page, Position, Prefix, ReadError, Store,
    Versioned,
};

use super::dice::Dice;
use super::turns::give_way;
use super::watch::Watch;

/// A check that is taken out of every node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Nobody remembers which attempts were answered.
    ReplayGuard,
    /// Nobody remembers which questions were answered.
    StoredAnswer,
    /// No commit looks whether something moved since it was read.
    ExpectedVersion,
    /// No commit looks whether something of this family moved since it was read.
    ExpectedVersionOf(Prefix),
}

impl Removal {
    /// The family of keys that are forgotten.
    const fn forgotten(self) -> Option<Prefix> {
        match self {
            Self::ReplayGuard => Some(ATTEMPTS),
            Self::StoredAnswer => Some(INBOX),
            Self::ExpectedVersion | Self::ExpectedVersionOf(_) => None,
        }
    }
}

/// The most turns that others have before a call.
const TURNS_MAX: usize = 3;

#[derive(Debug)]
pub(crate) struct TurnStore {
    pub(crate) inner: MemoryStore,
    pub(crate) dice: Dice,
    pub(crate) removed: Option<Removal>,
    pub(crate) watch: Watch,
}

impl TurnStore {
    async fn wait(&self) {
        give_way(self.dice.below(TURNS_MAX + 1)).await;
    }

    fn is_forgotten(&self, prefix: Prefix) -> bool {
        self.removed.and_then(Removal::forgotten) == Some(prefix)
    }
}

#[async_trait::async_trait]
impl Store for TurnStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, ReadError> {
        self.wait().await;
        let found = self.inner.get(key).await?;
        Ok(found.filter(|_| !self.is_forgotten(key.prefix())))
    }

    async fn scan(
        &self,
        prefix: Prefix,
        stem: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        self.wait().await;
        if self.is_forgotten(prefix) {
            return Ok(Page::default());
        }
        self.inner.scan(prefix, stem, after, limit).await
    }

    async fn commit(&self, mut batch: Batch) -> Result<Position, CommitError> {
        self.wait().await;
        batch
            .expected
            .retain(|key, _| !self.is_forgotten(key.prefix()));
        batch
            .writes
            .retain(|key, _| !self.is_forgotten(key.prefix()));
        batch.expected.retain(|key, _| match self.removed {
            Some(Removal::ExpectedVersion) => false,
            Some(Removal::ExpectedVersionOf(prefix)) => key.prefix() != prefix,
            Some(Removal::ReplayGuard | Removal::StoredAnswer) | None => true,
        });
        let changes = Watch::changes(&batch);
        let position = self.inner.commit(batch).await?;
        self.watch.seen().take(&changes);
        Ok(position)
    }

    async fn fingerprints(&self) -> Result<Vec<(Prefix, Fingerprint)>, ReadError> {
        self.inner.fingerprints().await
    }

    async fn recount(&self, prefix: Prefix) -> Result<Fingerprint, ReadError> {
        self.inner.recount(prefix).await
    }
}
