//! Two words of one author that cannot both be true: a feed that has parted.
//!
//! A record says what stands at its position and what stood before it; a head says what
//! stands at the last. Whoever holds two that name different records at one position can
//! show them to anybody who has the author's keys.
//!
//! **Invariant:** nobody but the author can make a contradiction: both words are opened by
//! its keys.
//!
//! Specified in `specs/feed.md`, section 9.

use seal::checks::holds;
use seal::{KeySet, SealRefusal, Sealed};
use wire::epoch::EPOCH_KIND;
use wire::feed::{Head, Record};
use wire::{EntityId, Sha256Hash};

/// Where a feed has parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parting {
    /// The epoch of the position that was given twice.
    pub epoch: u64,
    /// The position.
    pub seq: u64,
}

/// Why two words are no contradiction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoParting {
    /// One of them is not of this author.
    #[error(transparent)]
    Seal(#[from] SealRefusal),
    /// One of them is of another author.
    #[error("one of them is of another author")]
    OtherAuthor,
    /// Both can be true.
    #[error("both can be true")]
    Agree,
}

/// Where `one` and `other` contradict each other, each a record or a head, compact: the
/// first position at which they name different records.
pub fn parting(
    author: &EntityId,
    keys: &[&KeySet],
    one: &str,
    other: &str,
) -> Result<Parting, NoParting> {
    let one = says(author, keys, one)?;
    let other = says(author, keys, other)?;
    let differs = |(at, hash): &(Parting, Sha256Hash)| {
        let same = other.iter().find(|(there, _)| there == at);
        same.is_some_and(|(_, there)| holds("fork_differs", there != hash))
    };
    let parted = one.into_iter().filter(differs).map(|(at, _)| at).min();
    parted.ok_or(NoParting::Agree)
}

/// Which records stand where, as a record or a head says.
fn says(
    author: &EntityId,
    keys: &[&KeySet],
    text: &str,
) -> Result<Vec<(Parting, Sha256Hash)>, NoParting> {
    let at = |epoch, seq| Parting { epoch, seq };
    if let Ok(sealed) = Sealed::<Head>::parse(text) {
        let head = open_by(keys, &sealed)?;
        if !holds("fork_author", head.iss == *author) {
            return Err(NoParting::OtherAuthor);
        }
        return Ok(vec![(at(head.epoch, head.seq), head.hash)]);
    }
    let record = open_by(keys, &Sealed::<Record>::parse(text)?)?;
    if !holds("fork_author", record.iss == *author) {
        return Err(NoParting::OtherAuthor);
    }
    let mut said = vec![(
        at(record.epoch, record.seq),
        Sha256Hash::of(&[text.as_bytes()]),
    )];
    // What an epoch opens after stands in an earlier one.
    let before = record.prev.filter(|_| record.kind != EPOCH_KIND);
    said.extend(before.map(|hash| (at(record.epoch, record.seq.saturating_sub(1)), hash)));
    Ok(said)
}

fn open_by<D: seal::Document + Clone>(
    keys: &[&KeySet],
    sealed: &Sealed<D>,
) -> Result<D, SealRefusal> {
    let mut refusal = SealRefusal::UnknownKey;
    for keys in keys {
        match sealed.open(keys) {
            Ok(opened) => return Ok(opened.into_inner()),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}
