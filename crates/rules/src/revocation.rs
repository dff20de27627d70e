//! Up to where the word of a key counts that was revoked.
//!
//! **Invariant:** nothing here looks at a time. Positions that others have read cannot be
//! moved by whoever has a stolen key; every `iat` can.
//!
//! Specified in `specs/keys.md`.

use seal::checks::holds;
use seal::{KeySet, Sealed, Thumbprint};
use wire::revocation::{KeyRevocation, LastGood};
use wire::{EntityId, Sha256Hash};

use crate::passport::PASSPORT_SECONDS;
use crate::trust::TrustRefusal;

/// How long an `ops` key is named beside the one that took its place: as long as a passport
/// that it has signed holds, and a day.
pub const OPS_OVERLAP_SECONDS: i64 = PASSPORT_SECONDS + 24 * 60 * 60;

/// The most keys of one space that are revoked: two a year for eight years. Each is compared
/// with each record of its feed.
pub const REVOCATIONS_MAX: usize = 16;

/// The keys of one space that were revoked, as far as its coordinator's feed says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revoked(Vec<(Thumbprint, LastGood)>);

static NONE: Revoked = Revoked(Vec::new());

impl Revoked {
    /// None.
    pub fn none() -> &'static Self {
        &NONE
    }

    /// One more.
    pub fn add(&mut self, key: Thumbprint, last: LastGood) {
        self.0.push((key, last));
    }

    /// Which, and up to where each was good.
    pub fn iter(&self) -> impl Iterator<Item = &(Thumbprint, LastGood)> {
        self.0.iter()
    }

    /// Those of these names alone.
    #[must_use]
    pub fn only(&self, names: &[String]) -> Self {
        let is_named =
            |(key, _): &&(Thumbprint, LastGood)| names.iter().any(|it| it == key.as_str());
        Self(self.0.iter().filter(is_named).cloned().collect())
    }

    /// Whether a key was revoked. What it signed outside of a feed is void.
    pub fn names(&self, key: &Thumbprint) -> bool {
        self.0.iter().any(|(revoked, _)| revoked == key)
    }

    /// Whether what a key signed at a position of the feed is void.
    pub fn is_void(&self, key: &Thumbprint, epoch: u64, seq: u64) -> bool {
        let is_after = |last: &LastGood| (epoch, seq) > (last.epoch, last.seq);
        self.0
            .iter()
            .any(|(revoked, last)| revoked == key && is_after(last))
    }

    /// Whether another record stands at a position than the one that a revocation names
    /// as the last good one: then this is not the feed that its author has written.
    pub fn is_other_feed(&self, epoch: u64, seq: u64, hash: Sha256Hash) -> bool {
        let is_there = |last: &LastGood| (last.epoch, last.seq) == (epoch, seq);
        self.0
            .iter()
            .any(|(_, last)| is_there(last) && last.hash != hash)
    }
}

/// Opens a revocation of a key of `space`: signed by its coordinator, or by a `fed` key
/// of its own that was not revoked.
///
/// A `fed` key does not end by its own word: whoever stole it would say when.
pub fn open_revocation(
    text: &str,
    (coordinator, coordinator_fed): (&EntityId, &KeySet),
    (space, fed): (&EntityId, &KeySet),
    revoked: &Revoked,
) -> Result<KeyRevocation, TrustRefusal> {
    let sealed = Sealed::<KeyRevocation>::parse(text)?;
    let by_coordinator = coordinator_fed.find(sealed.kid()).is_some();
    let (issuer, keys) = if by_coordinator {
        (coordinator, coordinator_fed)
    } else {
        (space, fed)
    };
    let revocation = sealed.open(keys)?;
    if !holds("revocation_issuer", revocation.iss == *issuer) {
        return Err(TrustRefusal::OtherIssuer(revocation.iss.clone()));
    }
    if !holds("revocation_subject", revocation.sub == *space) {
        return Err(TrustRefusal::OtherSubject(revocation.sub.clone()));
    }
    let ends_fed = revocation
        .ended()
        .is_some_and(|key| fed.find(&key).is_some());
    let by_revoked = revoked.names(sealed.kid());
    let is_allowed = by_coordinator
        || holds("revocation_of_fed", !ends_fed) && holds("revocation_by_revoked", !by_revoked);
    if !is_allowed {
        return Err(TrustRefusal::OtherIssuer(revocation.iss.clone()));
    }
    Ok(revocation.into_inner())
}

#[cfg(test)]
#[path = "revocation_tests.rs"]
mod tests;
