//! How a feed goes on after it had parted: in a later epoch, after the last record that
//! counts.
//!
//! Two records at one position are two feeds under one name. Their author says, by its `fed`
//! key, after which record it goes on; what stood behind it on either side is void.
//!
//! Specified in `specs/feed.md`, section 9.

use seal::Malformed;
use seal::checks::holds;
use serde::{Deserialize, Serialize};

use crate::document::{Claims, Jwks, require, sealed_kind};
use crate::revocation::LastGood;
use crate::{EntityId, Timestamp};

/// The kind of the record with which an epoch opens that its author has begun; its body is
/// an [`Epoch`].
pub const EPOCH_KIND: &str = "epoch";

/// That a feed goes on in a later epoch (`escale-epoch+jwt`), signed by a `fed` key of its
/// author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    /// The author.
    pub iss: EntityId,
    /// When it was signed.
    pub iat: Timestamp,
    /// The epoch that begins; later than that of `after`.
    pub epoch: u64,
    /// The last record that counts.
    pub after: LastGood,
    /// The `ops` keys in force from the first record of the epoch on.
    pub jwks: Jwks,
}

sealed_kind!(Epoch, "escale-epoch+jwt", 4 * 1024);

impl Claims for Epoch {
    fn check(&self) -> Result<(), Malformed> {
        self.jwks.check()?;
        let is_there = self.after.epoch >= 1 && self.after.seq >= 1;
        require(holds("epoch_after", is_there), "after")?;
        let is_later = self.epoch > self.after.epoch;
        require(holds("epoch_later", is_later), "epoch")
    }
}
