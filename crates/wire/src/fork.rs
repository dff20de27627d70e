//! The word that a feed has parted, with what proves it: two documents that its author
//! signed and that cannot both be true.
//!
//! Whoever sends it is not asked for, and not believed.
//!
//! Specified in `specs/feed.md`, section 9.

use seal::{Document as _, Malformed};
use serde::{Deserialize, Serialize};

use crate::document::{printable_error, require};
use crate::feed::{Head, Record};
use crate::{ENTITY_ID_BYTES_MAX, EntityId, shape};

/// The media type of a [`Fork`].
pub const FORK_MEDIA_TYPE: &str = "application/escale-fork+json";

/// The longest of the two kinds of word.
const WORD_BYTES_MAX: usize = if Record::BYTES_MAX > Head::BYTES_MAX {
    Record::BYTES_MAX
} else {
    Head::BYTES_MAX
};

/// The most bytes of a [`Fork`]: two words, a name, and 300 bytes around them.
pub const FORK_BYTES_MAX: usize = 2 * WORD_BYTES_MAX + ENTITY_ID_BYTES_MAX + 300;

/// Two words of one author, each a record or a head, compact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// Whose feed.
    pub entity: EntityId,
    /// One word.
    pub one: String,
    /// The other.
    pub other: String,
}

impl Fork {
    /// Reads strictly; members that are not known are ignored.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        require(bytes.len() <= FORK_BYTES_MAX, "longer than a fork may be")?;
        let value = seal::json::parse(bytes).map_err(|refusal| Malformed(refusal.to_string()))?;
        shape::read(value)
    }

    /// Writes what every reader accepts.
    pub fn write(&self) -> Result<Vec<u8>, Malformed> {
        serde_json::to_vec(self).map_err(|error| Malformed(printable_error(&error)))
    }
}
