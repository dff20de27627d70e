//! What readers see while a group is being made durable.
//!
//! sled shows a write at once, long before it is on the disk. A reader that acted on
//! it, by signing it for instance, would after a crash have signed what never was.
//! So the committer publishes the old raw values of a group here, and readers are
//! given those.
//!
//! The order is the design:
//!
//! 1. The committer takes the write lock, publishes the old values, and lets go.
//!    From here on, a reader of these keys is given the old value.
//! 2. It applies the group to sled and flushes. sled holds the new values; no
//!    reader is given them.
//! 3. The group is durable. It takes the write lock, clears, and lets go. From here
//!    on, readers are given the new values.
//!
//! A reader holds the read lock from before it looks here until after it has looked
//! at sled for the last time. It cannot have looked here before step 1 and at sled
//! after step 2, because step 1 waits for it; nor here before step 3 and take what
//! it finds later for another state, because step 3 waits for it. So one page of a
//! scan, with all chunks of its values, is one durable state.
//!
//! **Invariant:** between publishing and clearing, nobody but the committer changes
//! sled, and it changes no key that is not published.
//!
//! **Invariant:** after a failure the old values stay published for ever.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use sled::{Db, IVec};
use store::ReadError;

/// Old raw values by raw key; `None` was absent.
pub(crate) type Olds = BTreeMap<Vec<u8>, Option<IVec>>;

/// The published old values.
#[derive(Default)]
pub(crate) struct InFlight {
    olds: RwLock<Olds>,
}

/// One durable state, as long as it is held.
pub(crate) struct Durable<'a> {
    olds: RwLockReadGuard<'a, Olds>,
    db: &'a Db,
}

impl InFlight {
    /// Step 1.
    pub(crate) fn publish(&self, olds: Olds) {
        *self.write() = olds;
    }

    /// Step 3.
    pub(crate) fn clear(&self) {
        // The values are dropped after the lock is let go.
        let olds = std::mem::take(&mut *self.write());
        drop(olds);
    }

    /// The durable state of `db`.
    pub(crate) fn durable<'a>(&'a self, db: &'a Db) -> Durable<'a> {
        Durable {
            olds: self.olds.read().unwrap_or_else(PoisonError::into_inner),
            db,
        }
    }

    /// Nothing panics while holding this lock with the map half changed.
    fn write(&self) -> RwLockWriteGuard<'_, Olds> {
        self.olds.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Durable<'_> {
    /// The raw value of a raw key.
    pub(crate) fn lookup(&self, raw: &[u8]) -> Result<Option<IVec>, ReadError> {
        match self.olds.get(raw) {
            Some(old) => Ok(old.clone()),
            None => self.db.get(raw).map_err(engine),
        }
    }

    /// The raw entries from `from` to before `to`, in order of raw key.
    pub(crate) fn range(
        &self,
        from: Bound<Vec<u8>>,
        to: &[u8],
    ) -> impl Iterator<Item = Result<(IVec, IVec), ReadError>> {
        let bounds = (from, Bound::Excluded(to.to_vec()));
        let is_empty = match &bounds.0 {
            Bound::Included(from) | Bound::Excluded(from) => from.as_slice() >= to,
            Bound::Unbounded => false,
        };
        // A map panics on a range that ends before it begins.
        let olds = (!is_empty)
            .then(|| self.olds.range(bounds.clone()))
            .into_iter()
            .flatten();
        let stored = (!is_empty)
            .then(|| self.db.range(bounds))
            .into_iter()
            .flatten();
        Merged {
            olds: olds.peekable(),
            stored: stored.peekable(),
        }
    }
}

/// Two ordered runs as one; where both have a key, the old value counts.
struct Merged<O: Iterator, S: Iterator> {
    olds: std::iter::Peekable<O>,
    stored: std::iter::Peekable<S>,
}

impl<'a, O, S> Iterator for Merged<O, S>
where
    O: Iterator<Item = (&'a Vec<u8>, &'a Option<IVec>)>,
    S: Iterator<Item = sled::Result<(IVec, IVec)>>,
{
    type Item = Result<(IVec, IVec), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let old = self.olds.peek().map(|(raw, _)| raw.as_slice());
            let order = match (old, self.stored.peek()) {
                (_, Some(Err(_))) | (None, _) => std::cmp::Ordering::Greater,
                (Some(_), None) => std::cmp::Ordering::Less,
                (Some(old), Some(Ok((raw, _)))) => old.cmp(raw.as_ref()),
            };
            if order.is_gt() {
                return self.stored.next().map(|found| found.map_err(engine));
            }
            if order.is_eq() {
                self.stored.next();
            }
            if let Some((raw, Some(value))) = self.olds.next() {
                return Some(Ok((raw.as_slice().into(), value.clone())));
            }
        }
    }
}

/// A failure of sled as the contract names it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
pub(crate) fn engine(error: sled::Error) -> ReadError {
    ReadError::Engine(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raws(durable: &Durable<'_>, from: &[u8], to: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let found = durable.range(Bound::Included(from.to_vec()), to);
        found
            .map(|found| {
                found
                    .map(|(raw, value)| (raw.to_vec(), value.to_vec()))
                    .unwrap()
            })
            .collect()
    }

    #[test]
    fn readers_are_given_the_old_values_and_see_no_new_key() {
        let db = sled::Config::new().temporary(true).open().unwrap();
        let in_flight = InFlight::default();
        // As after applying: a was changed, b added, d removed, c and e stay.
        for (raw, value) in [(b"a", b"2"), (b"b", b"2"), (b"c", b"1"), (b"e", b"1")] {
            db.insert(raw, value).unwrap();
        }
        let old = |value: &[u8; 1]| Some(IVec::from(value));
        in_flight.publish(Olds::from([
            (b"a".to_vec(), old(b"1")),
            (b"b".to_vec(), None),
            (b"d".to_vec(), old(b"1")),
        ]));
        let durable = in_flight.durable(&db);
        let pair = |raw: &[u8]| (raw.to_vec(), b"1".to_vec());
        assert_eq!(
            raws(&durable, b"a", b"z"),
            [pair(b"a"), pair(b"c"), pair(b"d"), pair(b"e")]
        );
        assert_eq!(raws(&durable, b"b", b"d"), [pair(b"c")]);
        assert_eq!(raws(&durable, b"z", b"b"), []);
        assert_eq!(durable.lookup(b"b").unwrap(), None);
        assert_eq!(durable.lookup(b"d").unwrap(), old(b"1"));
        drop(durable);
        in_flight.clear();
        assert_eq!(in_flight.durable(&db).lookup(b"b").unwrap(), old(b"2"));
    }
}
