//! The high-water mark: how far the store had come, kept beside the engine.
//!
//! When its log is damaged, sled can open at an earlier state that is consistent in
//! itself. Nothing inside it can tell. This file can: it says which commit was the
//! last to be acknowledged, and the root over all fingerprints at that commit.
//!
//! The file has two slots in two sectors, written in turn, so that a write that is
//! cut short, or one damaged slot, leaves the other.
//!
//! **Invariant:** the mark is written after the commit is durable and before it is
//! acknowledged or can be read. So the store is never behind the mark, unless it
//! lost something.
//!
//! **Invariant:** the mark is not synced with each commit. A kill loses none of it;
//! a power cut may set it back, never ahead.
//!
//! Specified in `specs/storage.md`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use sha2::{Digest, Sha256};
use store::Position;
use store::frame::Hash;

use crate::layout::FORMAT;

/// The name of the file in the store's folder.
pub(crate) const FILE_NAME: &str = "high-water";

const MAGIC: &[u8; 8] = b"ESCALEHW";

/// Each slot begins at its own sector.
const SLOT_OFFSETS_BYTES: [u64; 2] = [0, 512];

/// Magic, format, position, root, check.
const SLOT_BYTES: usize = 8 + 4 + 8 + 16 + 16;

/// A commit that was acknowledged, and the root over all fingerprints after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) position: Position,
    pub(crate) root: Hash,
}

/// What the file says when it is opened.
#[derive(Debug)]
pub(crate) enum Reading {
    Mark(Mark),
    Newer(u32),
    Damaged,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct HighWater {
    file: File,
    writes: u64,
    is_synced: bool,
}

impl HighWater {
    /// A new file with both slots at `mark`, durable but for its folder's entry.
    pub(crate) fn create(folder: &Path, mark: Mark) -> io::Result<()> {
        let path = folder.join(FILE_NAME);
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)?;
        let mut high_water = Self {
            file,
            writes: 0,
            is_synced: false,
        };
        high_water.reset(mark)
    }

    /// The file, and the newest mark that is whole.
    pub(crate) fn open(folder: &Path) -> io::Result<(Self, Reading)> {
        let file = File::options()
            .read(true)
            .write(true)
            .open(folder.join(FILE_NAME))?;
        let mut newest: Option<Mark> = None;
        let mut newer_format = None;
        for offset in SLOT_OFFSETS_BYTES {
            let mut slot = [0; SLOT_BYTES];
            match file.read_exact_at(&mut slot, offset) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => continue,
                Err(error) => return Err(error),
            }
            match parse(&slot) {
                Some(Reading::Mark(mark)) => {
                    newest = newest
                        .filter(|found| found.position > mark.position)
                        .or(Some(mark));
                }
                Some(Reading::Newer(format)) => newer_format = Some(format),
                Some(Reading::Damaged) | None => {}
            }
        }
        let reading = match (newest, newer_format) {
            (Some(mark), _) => Reading::Mark(mark),
            (None, Some(format)) => Reading::Newer(format),
            (None, None) => Reading::Damaged,
        };
        Ok((
            Self {
                file,
                writes: 0,
                is_synced: true,
            },
            reading,
        ))
    }

    /// Writes the next slot, without a sync.
    pub(crate) fn raise(&mut self, mark: Mark) -> io::Result<()> {
        let [even, odd] = SLOT_OFFSETS_BYTES;
        let offset = if self.writes.is_multiple_of(2) {
            even
        } else {
            odd
        };
        self.writes += 1;
        self.is_synced = false;
        self.file.write_all_at(&slot(mark), offset)
    }

    /// Writes both slots, and syncs.
    pub(crate) fn reset(&mut self, mark: Mark) -> io::Result<()> {
        self.raise(mark)?;
        self.raise(mark)?;
        self.file.sync_all()?;
        self.is_synced = true;
        Ok(())
    }

    /// Syncs what was raised; for when there is nothing else to do.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if !self.is_synced {
            self.file.sync_data()?;
            self.is_synced = true;
        }
        Ok(())
    }
}

fn slot(mark: Mark) -> Vec<u8> {
    let mut slot = Vec::with_capacity(SLOT_BYTES);
    slot.extend_from_slice(MAGIC);
    slot.extend_from_slice(&FORMAT.to_be_bytes());
    slot.extend_from_slice(&mark.position.0.to_be_bytes());
    slot.extend_from_slice(&mark.root.0);
    let check = Sha256::digest(&slot);
    slot.extend(check.into_iter().take(16));
    slot
}

fn parse(bytes: &[u8; SLOT_BYTES]) -> Option<Reading> {
    let (magic, rest) = bytes.split_first_chunk::<8>()?;
    let (format, rest) = rest.split_first_chunk()?;
    let (position, rest) = rest.split_first_chunk()?;
    let (root, _check) = rest.split_first_chunk()?;
    let position = Position(u64::from_be_bytes(*position));
    let mark = Mark {
        position,
        root: Hash(*root),
    };
    let format = u32::from_be_bytes(*format);
    if slot(mark) == bytes {
        Some(Reading::Mark(mark))
    } else if magic == MAGIC && format > FORMAT {
        Some(Reading::Newer(format))
    } else {
        Some(Reading::Damaged)
    }
}
