//! What stands between a simulated node and its store.
//!
//! Before each call others have their turn, as often as the seed says: so two operations
//! of a node interleave at each of their reads and commits. A check can be taken out, for
//! a test that shows that the invariants notice.

use app::keys::{ATTEMPTS, INBOX, OUTBOX, REGISTRATIONS};
use serde_json::{Value, json};
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
    /// No home is told what became of a registration since it was answered.
    Notice,
    /// No home looks whether a notice is older than what it has heard.
    Revision,
    /// Nobody tells a relay from an author.
    Relayed,
}

impl Removal {
    /// The family of keys that are forgotten.
    const fn forgotten(self) -> Option<Prefix> {
        match self {
            Self::ReplayGuard => Some(ATTEMPTS),
            Self::StoredAnswer => Some(INBOX),
            Self::ExpectedVersion
            | Self::ExpectedVersionOf(_)
            | Self::Notice
            | Self::Revision
            | Self::Relayed => None,
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

    /// What was read as 0 and is written as it was, or as answered, is what it was.
    async fn keep_revisions(&self, batch: &mut Batch) -> Result<(), ReadError> {
        for (key, value) in &mut batch.writes {
            let Some(value) = value.as_mut().filter(|_| key.prefix() == REGISTRATIONS) else {
                continue;
            };
            let held = self.inner.get(key).await?;
            let held = held.map_or(0, |held| revision_of(&held.value));
            if revision_of(value) <= 1 {
                *value = with_revision(value, held.max(revision_of(value)));
            }
        }
        Ok(())
    }

    fn is_forgotten(&self, prefix: Prefix) -> bool {
        self.removed.and_then(Removal::forgotten) == Some(prefix)
    }
}

fn read(value: &[u8]) -> Value {
    serde_json::from_slice(value).expect("what is stored is JSON")
}

fn is_notice(key: &Key, value: Option<&[u8]>) -> bool {
    let about = value.filter(|_| key.prefix() == OUTBOX).map(read);
    about.is_some_and(|it| it.pointer("/about/notice").is_some())
}

fn revision_of(registered: &[u8]) -> u64 {
    let revision = read(registered).get("revision").and_then(Value::as_u64);
    revision.unwrap_or(0)
}

fn with_revision(registered: &[u8], revision: u64) -> Vec<u8> {
    let mut registered = read(registered);
    if let Some(member) = registered.get_mut("revision") {
        *member = json!(revision);
    }
    registered.to_string().into_bytes()
}

#[async_trait::async_trait]
impl Store for TurnStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, ReadError> {
        self.wait().await;
        let mut found = self.inner.get(key).await?;
        if self.removed == Some(Removal::Revision)
            && key.prefix() == REGISTRATIONS
            && let Some(found) = &mut found
        {
            found.value = with_revision(&found.value, 0);
        }
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
            Some(_) | None => true,
        });
        match self.removed {
            Some(Removal::Notice) => batch
                .writes
                .retain(|key, value| !is_notice(key, value.as_deref())),
            Some(Removal::Revision) => self.keep_revisions(&mut batch).await?,
            Some(_) | None => {}
        }
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
