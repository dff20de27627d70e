//! A group: batches that are checked in order and made durable with one flush.
//!
//! **Invariant:** a batch of a group sees what the batches before it in the group
//! will have written, and nothing of one that was refused.
//!
//! **Invariant:** the raw writes of a group hold its entries, the fingerprints of
//! their prefixes, and the position: all become true together.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use sled::{Db, IVec};
use store::frame::Hash;
use store::{Batch, CommitError, Expected, Fingerprint, Key, Position, Prefix, ReadError};

use crate::engine::found;
use crate::high_water::Mark;
use crate::in_flight::{Olds, engine};
use crate::layout;

/// All fingerprints of a store.
pub(crate) type Fingerprints = BTreeMap<Prefix, Fingerprint>;

/// What will be written, on top of what `db` holds.
pub(crate) struct Group<'a> {
    db: &'a Db,
    writes: BTreeMap<Vec<u8>, Option<IVec>>,
    olds: Olds,
    position: Position,
    fingerprints: Fingerprints,
    touched: BTreeSet<Prefix>,
}

/// A group that is ready to be written.
pub(crate) struct Sealed {
    /// What sled shall hold.
    pub(crate) writes: sled::Batch,
    /// What it holds now under the same raw keys.
    pub(crate) olds: Olds,
    /// Where the store stands after it.
    pub(crate) mark: Mark,
    /// The fingerprints after it.
    pub(crate) fingerprints: Fingerprints,
}

impl<'a> Group<'a> {
    /// An empty group after the commit at `position`.
    pub(crate) fn new(db: &'a Db, position: Position, fingerprints: Fingerprints) -> Self {
        let (writes, olds, touched) = Default::default();
        Self {
            db,
            writes,
            olds,
            position,
            fingerprints,
            touched,
        }
    }

    /// Takes `batch` in, or says why not and stays as it was.
    pub(crate) fn add(&mut self, batch: &Batch) -> Result<Position, CommitError> {
        for (key, expected) in &batch.expected {
            let there = found(key, |raw| self.lookup(raw))?;
            let there = there.map(|found| found.versioned);
            if Expected::unchanged(there.as_ref()) != *expected {
                return Err(CommitError::Conflict {
                    key: key.to_string(),
                });
            }
        }
        // The last reads that can refuse: what goes is proven whole, so that no chunk
        // is left behind and the fingerprint loses what it once gained.
        let mut gone = Vec::with_capacity(batch.writes.len());
        let mut raws = Vec::new();
        for key in batch.writes.keys() {
            let old = found(key, |raw| self.lookup(raw))?;
            raws.extend(
                old.iter()
                    .flat_map(|old| old.raw_keys(key))
                    .map(|raw| (raw, None)),
            );
            gone.push(old.map(|old| old.hash));
        }
        let position = Position(self.position.0.saturating_add(1));
        let mut hashes = Vec::with_capacity(batch.writes.len());
        for (key, value) in &batch.writes {
            let packed = value
                .as_ref()
                .map(|value| layout::pack(key, position, value));
            let (hash, parts) =
                packed.map_or((None, Vec::new()), |(hash, parts)| (Some(hash), parts));
            raws.extend(
                parts
                    .into_iter()
                    .map(|(raw, part)| (raw, Some(IVec::from(part)))),
            );
            hashes.push(hash);
        }
        self.remember(raws.iter().map(|(raw, _)| raw))?;
        // From here on, nothing can refuse.
        self.writes.extend(raws);
        for ((key, gone), new) in batch.writes.keys().zip(gone).zip(hashes) {
            self.count(key, gone, new);
        }
        self.position = position;
        Ok(position)
    }

    /// The group with its fingerprints and its position; `None` if it is empty.
    pub(crate) fn seal(mut self, before: Position) -> Result<Option<Sealed>, ReadError> {
        if self.position == before {
            return Ok(None);
        }
        let mark = Mark {
            position: self.position,
            root: root(&self.fingerprints),
        };
        let mut own = vec![(
            layout::META_POSITION.to_vec(),
            layout::pack_position(mark.position, mark.root),
        )];
        for prefix in &self.touched {
            let kept = self.fingerprints.get(prefix).copied().unwrap_or_default();
            let raw = layout::fingerprint(*prefix);
            let entry = layout::pack_fingerprint(&raw, mark.position, kept);
            own.push((raw, entry));
        }
        self.remember(own.iter().map(|(raw, _)| raw))?;
        self.writes.extend(
            own.into_iter()
                .map(|(raw, entry)| (raw, Some(IVec::from(entry)))),
        );
        let mut writes = sled::Batch::default();
        for (raw, value) in self.writes {
            match value {
                Some(value) => writes.insert(raw, value),
                None => writes.remove(raw),
            }
        }
        Ok(Some(Sealed {
            writes,
            olds: self.olds,
            mark,
            fingerprints: self.fingerprints,
        }))
    }

    fn lookup(&self, raw: &[u8]) -> Result<Option<IVec>, ReadError> {
        match self.writes.get(raw) {
            Some(staged) => Ok(staged.clone()),
            None => self.db.get(raw).map_err(engine),
        }
    }

    /// Keeps what sled holds now under `raws`. To remember too much is no fault.
    fn remember<'b>(&mut self, raws: impl Iterator<Item = &'b Vec<u8>>) -> Result<(), ReadError> {
        for raw in raws {
            if !self.olds.contains_key(raw) {
                self.olds
                    .insert(raw.clone(), self.db.get(raw).map_err(engine)?);
            }
        }
        Ok(())
    }

    fn count(&mut self, key: &Key, gone: Option<Hash>, new: Option<Hash>) {
        let fingerprint = self.fingerprints.entry(key.prefix()).or_default();
        if let Some(gone) = gone {
            fingerprint.subtract(gone);
        }
        if let Some(new) = new {
            fingerprint.add(new);
        }
        self.touched.insert(key.prefix());
    }
}

/// One hash over all fingerprints: the first 16 bytes of SHA-256 over prefix, count
/// and sum of each, in order of prefix.
pub(crate) fn root(fingerprints: &Fingerprints) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"escale/store/root");
    for (prefix, fingerprint) in fingerprints {
        hasher.update(prefix.letters());
        hasher.update(fingerprint.count.to_be_bytes());
        hasher.update(fingerprint.sum.to_be_bytes());
    }
    let mut root = [0; 16];
    for (byte, full) in root.iter_mut().zip(hasher.finalize()) {
        *byte = full;
    }
    Hash(root)
}
