//! sled with its readers: one durable state at a time, and nothing after a failure.
//!
//! **Invariant:** any error or panic of sled is final for this handle. Nobody
//! upstream mends sled; only the ordinary start, with its checks, is trusted again.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use sled::{Db, IVec};
use store::frame::Hash;
use store::{Fingerprint, Key, Page, Prefix, ReadError, SCAN_BYTES_MAX, SCAN_LIMIT_MAX, Versioned};

use crate::in_flight::{Durable, InFlight};
use crate::layout::{self, Found};

/// What readers and the committer share.
pub(crate) struct Engine {
    pub(crate) db: Db,
    pub(crate) in_flight: InFlight,
    /// Why every call fails from now on.
    failure: OnceLock<String>,
}

/// An entry as the internal scans give it.
type Entry = (Key, Versioned, Hash);

impl Engine {
    pub(crate) fn new(db: Db) -> Self {
        Self {
            db,
            in_flight: InFlight::default(),
            failure: OnceLock::new(),
        }
    }

    /// Makes every call fail from now on. The first reason is kept.
    pub(crate) fn fail(&self, why: String) {
        let _first = self.failure.set(why);
    }

    /// Why every call fails, if it does.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<Versioned>, ReadError> {
        self.reading(|durable| {
            let found = found(key, |raw| durable.lookup(raw))?;
            Ok(found.map(|found| found.versioned))
        })
    }

    pub(crate) fn scan(
        &self,
        prefix: Prefix,
        stem: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        let start = Key::new(prefix, stem);
        let (entries, is_cut) = self.page(&start, after, limit)?;
        let entries = entries
            .into_iter()
            .map(|(key, versioned, _)| (key, versioned))
            .collect();
        Ok(Page { entries, is_cut })
    }

    pub(crate) fn fingerprints(&self) -> Result<Vec<(Prefix, Fingerprint)>, ReadError> {
        self.reading(|durable| {
            let from = Bound::Included(vec![layout::FINGERPRINTS]);
            let found = durable.range(from, &[layout::FINGERPRINTS + 1]);
            found
                .map(|found| found.and_then(|(raw, kept)| layout::unpack_fingerprint(&raw, &kept)))
                .collect()
        })
    }

    /// Counts in pages, so that commits need not wait for all of it.
    pub(crate) fn recount(&self, prefix: Prefix) -> Result<Fingerprint, ReadError> {
        let start = Key::new(prefix, &[]);
        let mut counted = Fingerprint::default();
        let mut after: Option<Key> = None;
        loop {
            let (entries, is_cut) = self.page(&start, after.as_ref(), SCAN_LIMIT_MAX)?;
            for (_, _, hash) in &entries {
                counted.add(*hash);
            }
            match entries.into_iter().next_back() {
                Some((last, ..)) if is_cut => after = Some(last),
                Some(_) | None => return Ok(counted),
            }
        }
    }

    /// Entries that begin with `start`, and whether more follow.
    fn page(
        &self,
        start: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<(Vec<Entry>, bool), ReadError> {
        let limit = limit.min(SCAN_LIMIT_MAX);
        let from = match after {
            Some(after) if after >= start => Bound::Excluded(layout::entry(after.as_bytes())),
            Some(_) | None => Bound::Included(layout::entry(start.as_bytes())),
        };
        let end = end_of(layout::entry(start.as_bytes()));
        self.reading(|durable| {
            let mut entries = Vec::new();
            let mut bytes = 0;
            for found in durable.range(from.clone(), &end) {
                let (raw, first) = found?;
                if entries.len() == limit || bytes >= SCAN_BYTES_MAX {
                    return Ok((entries, true));
                }
                let key = key_of(&raw)?;
                let Found { versioned, hash } =
                    layout::unpack(&key, &first, |raw| durable.lookup(raw))?;
                bytes += versioned.value.len();
                entries.push((key, versioned, hash));
            }
            Ok((entries, false))
        })
    }

    /// Runs `read` on one durable state. What comes from sled itself is final.
    fn reading<T>(
        &self,
        read: impl FnOnce(&Durable<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        if let Some(why) = self.failure() {
            return Err(ReadError::Engine(why.to_owned()));
        }
        let result = guarded(|| read(&self.in_flight.durable(&self.db)))
            .unwrap_or_else(|panic| Err(ReadError::Engine(panic)));
        if let Err(ReadError::Engine(why)) = &result {
            self.fail(why.clone());
        }
        result
    }
}

/// The value of `key`, where `lookup` gives raw values.
pub(crate) fn found(
    key: &Key,
    lookup: impl Fn(&[u8]) -> Result<Option<IVec>, ReadError>,
) -> Result<Option<Found>, ReadError> {
    let Some(first) = lookup(&layout::entry(key.as_bytes()))? else {
        return Ok(None);
    };
    layout::unpack(key, &first, lookup).map(Some)
}

/// Runs `act`, and gives a panic of sled as a text.
pub(crate) fn guarded<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        format!(
            "the engine panicked: {}",
            text.unwrap_or("it does not say why")
        )
    })
}

fn key_of(raw: &[u8]) -> Result<Key, ReadError> {
    raw.get(1..)
        .and_then(Key::from_bytes)
        .ok_or_else(|| ReadError::Damaged {
            key: raw.escape_ascii().to_string(),
            what: "its key has no prefix",
        })
}

/// The first byte string after all that begin with `stem`, which begins with a
/// space and so is never all `0xff`.
fn end_of(mut stem: Vec<u8>) -> Vec<u8> {
    while stem.last() == Some(&u8::MAX) {
        stem.pop();
    }
    if let Some(last) = stem.last_mut() {
        *last += 1;
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_stem_comes_after_all_that_begin_with_it() {
        assert_eq!(end_of(vec![3, b'a']), [3, b'b']);
        assert_eq!(end_of(vec![3, 0xff, 0xff]), [4]);
    }

    #[test]
    fn a_panic_becomes_a_text() {
        assert_eq!(guarded(|| 1), Ok(1));
        let said = guarded(|| panic!("page {} is gone", 7)).unwrap_err();
        assert_eq!(said, "the engine panicked: page 7 is gone");
    }
}
