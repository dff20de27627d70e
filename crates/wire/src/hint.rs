//! The word that a feed has grown: unsigned, and worth a look at most.
//!
//! Whoever hears it learns nothing from it: what a feed says is read from the feed, and
//! proven there.
//!
//! Specified in `specs/feed.md`, section 8.

use seal::Malformed;
use serde::{Deserialize, Serialize};

use crate::document::{printable_error, require};
use crate::{ENTITY_ID_BYTES_MAX, EntityId, shape};

/// The media type of a [`Hint`].
pub const HINT_MEDIA_TYPE: &str = "application/escale-hint+json";

/// The most bytes of a [`Hint`]: a name, two numbers of twenty digits, and as much again
/// for members that are not known yet.
pub const HINT_BYTES_MAX: usize = 2 * (ENTITY_ID_BYTES_MAX + 2 * 20 + 100);

/// A feed has a record at this position, says somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// Whose feed.
    pub entity: EntityId,
    /// The epoch of its last record, from 1.
    pub epoch: u64,
    /// The position of its last record, from 1.
    pub seq: u64,
}

impl Hint {
    /// Reads a hint strictly; members that it does not know are ignored.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        require(bytes.len() <= HINT_BYTES_MAX, "longer than a hint may be")?;
        let value = seal::json::parse(bytes).map_err(|refusal| Malformed(refusal.to_string()))?;
        let hint: Self = shape::read(value)?;
        require(hint.epoch >= 1 && hint.seq >= 1, "counted from 1")?;
        Ok(hint)
    }

    /// Writes a hint that every reader accepts.
    pub fn write(&self) -> Result<Vec<u8>, Malformed> {
        serde_json::to_vec(self).map_err(|error| Malformed(printable_error(&error)))
    }
}
