//! Comparing what a store holds with what its commits say it holds.
//!
//! **Invariant:** a difference is reported only where two counts, with nothing moved
//! around them, show the same one: a scrub beside running commits raises no false
//! alarm.

use crate::{Fingerprint, Prefix, ReadError, Store};

/// How often a prefix that moves is counted again.
const ATTEMPTS_MAX: usize = 4;

/// What a count of one prefix showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrubbed {
    /// Every entry that was committed is there and whole.
    Whole(Fingerprint),
    /// Entries vanished, came back, or changed without a commit.
    Differs {
        /// What the commits say.
        kept: Fingerprint,
        /// What is there.
        counted: Fingerprint,
    },
    /// Commits moved the prefix during every count: ask again when it is quiet.
    Moved,
}

/// Counts the entries of `prefix` anew and compares.
///
/// An entry that is there and not whole is the error [`ReadError::Damaged`] with
/// its key.
pub async fn scrub(store: &dyn Store, prefix: Prefix) -> Result<Scrubbed, ReadError> {
    let mut seen = None;
    let mut before = kept(store, prefix).await?;
    for _ in 0..ATTEMPTS_MAX {
        let counted = store.recount(prefix).await?;
        let after = kept(store, prefix).await?;
        if before == after && counted == after {
            return Ok(Scrubbed::Whole(counted));
        }
        // A write that was taken back during the count leaves no trace in the kept
        // fingerprint: only what a second count shows again is a difference.
        if before == after && seen.replace((after, counted)) == Some((after, counted)) {
            return Ok(Scrubbed::Differs {
                kept: after,
                counted,
            });
        }
        before = after;
    }
    Ok(Scrubbed::Moved)
}

async fn kept(store: &dyn Store, prefix: Prefix) -> Result<Fingerprint, ReadError> {
    let all = store.fingerprints().await?;
    let own = all.into_iter().find(|(found, _)| *found == prefix);
    Ok(own.map(|(_, fingerprint)| fingerprint).unwrap_or_default())
}
