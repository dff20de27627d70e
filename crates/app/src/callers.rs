//! Who may have signed what: the nodes that name a key, kept in memory.
//!
//! A request can come from anybody. Whoever makes one up makes a key up with it, and
//! costs this node a look into an index, not one into every feed that it follows.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use seal::Thumbprint;
use wire::EntityId;

use crate::{App, Fault};

/// The nodes of the label that name a key, as of one number of pages that brought records:
/// keys and members are heard of in no other way.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    as_of: Option<u64>,
    named_by: BTreeMap<Thumbprint, Vec<EntityId>>,
}

impl App {
    /// The followed nodes whose `ops` keys have this name. Nobody has to prove that a
    /// key is theirs, so there may be several.
    pub(crate) async fn callers_with(&self, kid: &Thumbprint) -> Result<Vec<EntityId>, Fault> {
        // Read before the feeds: one that moves meanwhile is looked at again.
        let as_of = self.inner.feeds_moved.load(Ordering::SeqCst);
        if let Some(found) = self.callers_as_of(as_of, kid) {
            return Ok(found);
        }
        let mut named_by: BTreeMap<Thumbprint, Vec<EntityId>> = BTreeMap::new();
        for entity in self.followed().await? {
            let keys = self.ops_of(&entity).await?;
            for key in keys.iter().flat_map(seal::KeySet::iter) {
                let named = named_by.entry(key.thumbprint().clone()).or_default();
                named.push(entity.clone());
            }
        }
        let found = named_by.get(kid).cloned().unwrap_or_default();
        let callers = self.inner.callers.lock();
        *callers.unwrap_or_else(PoisonError::into_inner) = Callers {
            as_of: Some(as_of),
            named_by,
        };
        Ok(found)
    }

    fn callers_as_of(&self, as_of: u64, kid: &Thumbprint) -> Option<Vec<EntityId>> {
        let callers = self.inner.callers.lock();
        let callers = callers.unwrap_or_else(PoisonError::into_inner);
        let found = callers.named_by.get(kid);
        (callers.as_of == Some(as_of)).then(|| found.cloned().unwrap_or_default())
    }
}
