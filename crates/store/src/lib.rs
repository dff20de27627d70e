//! The one interface to durable state: get, scan, commit.
//!
//! Everything a node must not lose passes through [`Store`]. An operation reads,
//! decides, and hands over one [`Batch`] that says what must not have moved since
//! it was read and what shall be true afterwards.
//!
//! **Invariant:** a commit is all or nothing, serialisable, and durable when it
//! returns.
//!
//! **Invariant:** a reader never sees what is not yet durable. What has been read
//! may therefore be signed, sent, and relied on after a power cut.
//!
//! **Invariant:** a value that cannot be proven whole is [`ReadError::Damaged`],
//! never an absence.
//!
//! Specified in `specs/storage.md`.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt;

#[cfg(feature = "contract-tests")]
pub mod contract;
pub mod frame;
pub mod memory;
mod scrub;

pub use memory::{Fault, MemoryStore};
pub use scrub::{Scrubbed, scrub};

/// Which family of keys a key belongs to: two ASCII letters.
///
/// Each prefix has a [`Fingerprint`] of its own. The prefixes in use are listed
/// in one module of `app`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix([u8; 2]);

impl Prefix {
    /// A prefix from its two letters.
    pub const fn new(letters: [u8; 2]) -> Self {
        Self(letters)
    }

    /// The two letters.
    pub const fn letters(self) -> [u8; 2] {
        self.0
    }
}

/// The most bytes a key may have, its prefix included.
pub const KEY_BYTES_MAX: usize = 160;

/// The most bytes a value may have. The largest document that is stored is an
/// inflated status list of 1 MiB.
pub const VALUE_BYTES_MAX: usize = 1024 * 1024;

/// The most bytes that one [`Batch`] may have: what [`Batch::bytes`] counts.
/// Eight values of the largest size, or some forty thousand small ones.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What one expectation or write counts on top of its bytes.
const ENTRY_BYTES: usize = 64;

/// The bytes of values after which a page of a scan ends, whatever its limit:
/// the entry that reaches this is its last.
pub const SCAN_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most entries that one page of a scan holds.
pub const SCAN_LIMIT_MAX: usize = 1_000;

/// A key: a [`Prefix`] and what follows, compared byte by byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// A key under `prefix`.
    ///
    /// Callers build `rest` from fixed-length parts and big-endian numbers; what
    /// is longer than [`KEY_BYTES_MAX`] in all is refused by `commit` as
    /// [`CommitError::TooLarge`] and is absent for `get`.
    pub fn new(prefix: Prefix, rest: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(2 + rest.len());
        bytes.extend_from_slice(&prefix.letters());
        bytes.extend_from_slice(rest);
        Self(bytes)
    }

    /// The prefix this key belongs to.
    pub fn prefix(&self) -> Prefix {
        match self.0.as_slice() {
            [first, second, ..] => Prefix([*first, *second]),
            _ => Prefix([0, 0]),
        }
    }

    /// The key whose bytes, prefix included, are `bytes`; `None` where there is
    /// not even a prefix. For backends, which read keys back.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= 2).then(|| Self(bytes.to_vec()))
    }

    /// What follows the prefix.
    pub fn rest(&self) -> &[u8] {
        self.0.get(2..).unwrap_or_default()
    }

    /// Prefix and rest as one byte string, in the order that scans use.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Where a commit stands among all commits: 1 for the first, then rising by one.
///
/// It is also the version of every value that the commit wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

/// A value and the commit that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The bytes as they were committed.
    pub value: Vec<u8>,
    /// The commit that wrote them.
    pub version: Position,
}

/// What must hold for a batch to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The key has no value.
    Absent,
    /// The key's value is the one that this commit wrote.
    At(Position),
}

impl Expected {
    /// The expectation that nothing moved since `read` was read.
    pub fn unchanged(read: Option<&Versioned>) -> Self {
        read.map_or(Self::Absent, |found| Self::At(found.version))
    }
}

/// One operation's decision: what must not have moved, and what becomes true.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Keys that must stand as stated; they need not be written.
    pub expected: BTreeMap<Key, Expected>,
    /// The new value of each key, or `None` for gone.
    pub writes: BTreeMap<Key, Option<Vec<u8>>>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires `key` to stand as `expected`.
    pub fn expect(&mut self, key: Key, expected: Expected) -> &mut Self {
        self.expected.insert(key, expected);
        self
    }

    /// Gives `key` a value.
    pub fn put(&mut self, key: Key, value: Vec<u8>) -> &mut Self {
        self.writes.insert(key, Some(value));
        self
    }

    /// Removes `key`; removing what is absent is no error.
    pub fn remove(&mut self, key: Key) -> &mut Self {
        self.writes.insert(key, None);
        self
    }

    /// What the batch counts against [`BATCH_BYTES_MAX`]: its keys, its values,
    /// and 64 bytes for each expectation and each write.
    pub fn bytes(&self) -> usize {
        let expected = self.expected.keys().map(|key| key.0.len() + ENTRY_BYTES);
        let writes = self
            .writes
            .iter()
            .map(|(key, value)| key.0.len() + value.as_ref().map_or(0, Vec::len) + ENTRY_BYTES);
        expected.chain(writes).fold(0, usize::saturating_add)
    }

    /// Refuses what is over a limit, before a backend queues it.
    pub fn check_limits(&self) -> Result<(), CommitError> {
        let too_large = |what, limit| Err(CommitError::TooLarge { what, limit });
        let mut keys = self.expected.keys().chain(self.writes.keys());
        if keys.any(|key| key.0.len() > KEY_BYTES_MAX) {
            return too_large("a key", KEY_BYTES_MAX);
        }
        if self
            .writes
            .values()
            .flatten()
            .any(|value| value.len() > VALUE_BYTES_MAX)
        {
            return too_large("a value", VALUE_BYTES_MAX);
        }
        if self.bytes() > BATCH_BYTES_MAX {
            return too_large("a batch", BATCH_BYTES_MAX);
        }
        Ok(())
    }
}

/// A page of a scan, in key order.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The entries.
    pub entries: Vec<(Key, Versioned)>,
    /// Whether the prefix holds more after the last entry.
    pub is_cut: bool,
}

/// Count and order-free sum of a prefix's entries, kept in every commit.
///
/// `sum` is the wrapping sum, over the entries, of the first 16 bytes of the
/// entry's frame hash read as a big-endian number. An entry that vanished
/// silently shows as a difference between the kept fingerprint and a counted one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// How many entries there are.
    pub count: u64,
    /// The sum of their hashes.
    pub sum: u128,
}

impl Fingerprint {
    /// Counts an entry with this frame hash in.
    pub fn add(&mut self, hash: frame::Hash) {
        self.count = self.count.wrapping_add(1);
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(hash.0));
    }

    /// Counts an entry with this frame hash out. Wraps: a fingerprint that was
    /// damaged differs from a recount, it does not stop a commit.
    pub fn subtract(&mut self, hash: frame::Hash) {
        self.count = self.count.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(u128::from_be_bytes(hash.0));
    }
}

/// Why a read gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes that are there are not the bytes that were committed.
    #[error("the stored value of {key} is damaged: {what}")]
    Damaged {
        /// The key, printable.
        key: String,
        /// What does not fit.
        what: &'static str,
    },
    /// The engine failed. The process should stop: the ordinary start finds out.
    #[error("the store cannot be read: {0}")]
    Engine(String),
}

/// Why a commit did not happen, or may not have.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Something in `expected` has moved. Nothing was written: read and decide again.
    #[error("another commit came first at {key}")]
    Conflict {
        /// The key that moved, printable.
        key: String,
    },
    /// A key, value or batch is over its limit. Nothing was written.
    #[error("{what} is over its limit of {limit} bytes")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// The queue of the committer is full. Nothing was written: try again later.
    #[error("the store is busy")]
    Busy,
    /// What was there before could not be read. Nothing was written.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Whether it was written is not known. Only a new start is safe.
    #[error("the outcome of a commit is not known: {0}")]
    Unknown(String),
}

/// The three calls, and what a scrubber needs.
#[async_trait::async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// The value of `key`.
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, ReadError>;

    /// The entries of `prefix` whose rest begins with `stem`, in key order, after
    /// the key `after`, at most `limit` and at most [`SCAN_LIMIT_MAX`]; a page of
    /// large values ends sooner, see [`SCAN_BYTES_MAX`]. Whether more follows is
    /// said by [`Page::is_cut`] alone.
    async fn scan(
        &self,
        prefix: Prefix,
        stem: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ReadError>;

    /// Makes `batch` true, durably, or says why not.
    async fn commit(&self, batch: Batch) -> Result<Position, CommitError>;

    /// The prefixes that have ever been written, with the fingerprints that
    /// commits have kept, in order of prefix.
    async fn fingerprints(&self) -> Result<Vec<(Prefix, Fingerprint)>, ReadError>;

    /// The fingerprint of `prefix` counted anew from its entries.
    async fn recount(&self, prefix: Prefix) -> Result<Fingerprint, ReadError>;
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.prefix().letters().escape_ascii())?;
        self.rest()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
