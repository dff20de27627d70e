//! A store in memory that fails on demand.
//!
//! [`MemoryStore::restart`] is a new start of the process over the same disk: it
//! has what was durable, and the old handle is as good as killed. Faults come in
//! pairs, because an error of a commit does not say whether it was written.
//!
//! **Invariant:** after a fault whose outcome is not known, every call of this
//! handle fails. Nobody can carry on by accident.
//!
//! **Invariant:** values are framed and fingerprints kept as by every backend.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{
    Batch, CommitError, Expected, Fingerprint, Key, Page, Position, Prefix, ReadError,
    SCAN_BYTES_MAX, SCAN_LIMIT_MAX, Store, Versioned, frame,
};

/// What goes wrong in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The commit fails as `Unknown` and was not written; the handle is dead.
    ErrorLost,
    /// The commit fails as `Unknown` and was written; the handle is dead.
    ErrorKept,
    /// The disk is full: `Unknown`, not written; the handle is dead.
    Full,
    /// The commit fails as `Conflict`, though nothing moved.
    Conflict,
    /// The commit fails as `Busy`.
    Busy,
    /// The commit takes this long on tokio's clock, and those behind it wait.
    Slow(Duration),
}

/// A store in memory; clones are the same handle.
#[derive(Clone)]
pub struct MemoryStore {
    inner: Arc<Inner>,
}

struct Inner {
    disk: Arc<Mutex<Disk>>,
    /// The start of the process that this handle stands for.
    start: u64,
    state: Mutex<State>,
    /// Held by the one commit that is at work.
    writer: tokio::sync::Mutex<()>,
}

/// What a restart keeps.
#[derive(Default)]
struct Disk {
    starts: u64,
    position: Position,
    entries: BTreeMap<Key, Vec<u8>>,
    fingerprints: BTreeMap<Prefix, Fingerprint>,
}

/// What a restart loses.
#[derive(Default)]
struct State {
    /// What happens to the commits to come, in their order.
    commit_faults: VecDeque<Option<Fault>>,
    /// Which of the reads to come fail, in their order.
    read_faults: VecDeque<bool>,
    /// Why every call fails from now on.
    dead: Option<&'static str>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::over(Arc::default())
    }

    fn over(disk: Arc<Mutex<Disk>>) -> Self {
        let mut locked = hold(&disk);
        locked.starts += 1;
        let start = locked.starts;
        drop(locked);
        let inner = Inner {
            disk,
            start,
            state: Mutex::default(),
            writer: tokio::sync::Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A new start over what is durable. This handle and its clones fail from now
    /// on, and the faults that were asked of them are forgotten.
    pub fn restart(&self) -> Self {
        Self::over(Arc::clone(&self.inner.disk))
    }

    /// Another disk with what is durable on this one, started for the first time: what
    /// happens to the one is nothing to the other.
    pub fn fork(&self) -> Self {
        let disk = hold(&self.inner.disk);
        let copy = Disk {
            starts: 0,
            position: disk.position,
            entries: disk.entries.clone(),
            fingerprints: disk.fingerprints.clone(),
        };
        drop(disk);
        Self::over(Arc::new(Mutex::new(copy)))
    }

    /// Whether every call of this handle fails: only a restart goes on.
    pub fn is_dead(&self) -> bool {
        let disk = hold(&self.inner.disk);
        self.death(&disk).is_some()
    }

    /// Makes the next commit that has no fault yet fail so.
    pub fn fail_next_commit(&self, fault: Fault) {
        hold(&self.inner.state).commit_faults.push_back(Some(fault));
    }

    /// Makes the `nth` commit from now fail so; 1 is the next one.
    pub fn fail_commit(&self, nth: usize, fault: Fault) {
        let mut state = hold(&self.inner.state);
        let index = nth.saturating_sub(1);
        while state.commit_faults.len() <= index {
            state.commit_faults.push_back(None);
        }
        if let Some(slot) = state.commit_faults.get_mut(index) {
            *slot = Some(fault);
        }
    }

    /// Makes the `nth` read from now (`get`, `scan`, `fingerprints` or `recount`)
    /// fail as [`ReadError::Engine`]; 1 is the next one.
    pub fn fail_read(&self, nth: usize) {
        let mut state = hold(&self.inner.state);
        let index = nth.saturating_sub(1);
        while state.read_faults.len() <= index {
            state.read_faults.push_back(false);
        }
        if let Some(slot) = state.read_faults.get_mut(index) {
            *slot = true;
        }
    }

    /// Flips a bit of what is stored under `key`; says whether there was anything.
    pub fn damage(&self, key: &Key) -> bool {
        let mut disk = hold(&self.inner.disk);
        let byte = disk.entries.get_mut(key).and_then(|frame| frame.last_mut());
        byte.map(|byte| *byte ^= 1).is_some()
    }

    /// Takes `key` away without a commit; says whether there was anything.
    pub fn vanish(&self, key: &Key) -> bool {
        hold(&self.inner.disk).entries.remove(key).is_some()
    }

    /// The position of the last durable commit; 0 before the first.
    pub fn position(&self) -> Position {
        hold(&self.inner.disk).position
    }

    /// Why this handle is dead, if it is.
    fn death(&self, disk: &Disk) -> Option<&'static str> {
        if disk.starts != self.inner.start {
            return Some("the process was started anew; this handle is of the old one");
        }
        hold(&self.inner.state).dead
    }

    fn reading(&self) -> Result<MutexGuard<'_, Disk>, ReadError> {
        let disk = hold(&self.inner.disk);
        if let Some(why) = self.death(&disk) {
            return Err(ReadError::Engine(why.to_owned()));
        }
        match hold(&self.inner.state).read_faults.pop_front() {
            Some(true) => Err(ReadError::Engine("a read failed, as asked".to_owned())),
            Some(false) | None => Ok(disk),
        }
    }

    /// Applies and loses the handle, as a fault with an unknown outcome does.
    fn dies(&self, why: &'static str) -> CommitError {
        hold(&self.inner.state).dead = Some(why);
        CommitError::Unknown(why.to_owned())
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Disk {
    fn read(&self, key: &Key) -> Result<Option<(Versioned, frame::Hash)>, ReadError> {
        let Some(frame) = self.entries.get(key) else {
            return Ok(None);
        };
        frame::decode(key.as_bytes(), frame)
            .map(Some)
            .map_err(|error| error.of(key))
    }

    /// All or nothing: everything that can refuse comes before the first change.
    fn apply(&mut self, batch: &Batch) -> Result<Position, CommitError> {
        for (key, expected) in &batch.expected {
            let found = self.read(key)?.map(|(versioned, _)| versioned);
            if Expected::unchanged(found.as_ref()) != *expected {
                return Err(CommitError::Conflict {
                    key: key.to_string(),
                });
            }
        }
        let mut olds = Vec::with_capacity(batch.writes.len());
        for key in batch.writes.keys() {
            olds.push(self.read(key)?.map(|(_, hash)| hash));
        }
        self.position.0 += 1;
        for ((key, value), old) in batch.writes.iter().zip(olds) {
            let fingerprint = self.fingerprints.entry(key.prefix()).or_default();
            if let Some(old) = old {
                fingerprint.subtract(old);
            }
            if let Some(value) = value {
                fingerprint.add(frame::Head::new(key.as_bytes(), self.position, value).hash);
                let frame = frame::encode(key.as_bytes(), self.position, value);
                self.entries.insert(key.clone(), frame);
            } else {
                self.entries.remove(key);
            }
        }
        Ok(self.position)
    }
}

#[async_trait::async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, ReadError> {
        let found = self.reading()?.read(key)?;
        Ok(found.map(|(versioned, _)| versioned))
    }

    async fn scan(
        &self,
        prefix: Prefix,
        stem: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        let disk = self.reading()?;
        let limit = limit.min(SCAN_LIMIT_MAX);
        let start = Key::new(prefix, stem);
        let from = match after {
            Some(after) if *after >= start => Bound::Excluded(after.clone()),
            Some(_) | None => Bound::Included(start.clone()),
        };
        let mut page = Page::default();
        let mut bytes = 0;
        for (key, frame) in disk.entries.range((from, Bound::Unbounded)) {
            if !key.as_bytes().starts_with(start.as_bytes()) {
                break;
            }
            if page.entries.len() == limit || bytes >= SCAN_BYTES_MAX {
                page.is_cut = true;
                break;
            }
            let (versioned, _) =
                frame::decode(key.as_bytes(), frame).map_err(|error| error.of(key))?;
            bytes += versioned.value.len();
            page.entries.push((key.clone(), versioned));
        }
        Ok(page)
    }

    async fn commit(&self, batch: Batch) -> Result<Position, CommitError> {
        batch.check_limits()?;
        let fault = hold(&self.inner.state).commit_faults.pop_front().flatten();
        if fault == Some(Fault::Busy) {
            return Err(CommitError::Busy);
        }
        let _one_at_a_time = self.inner.writer.lock().await;
        if let Some(Fault::Slow(duration)) = fault {
            tokio::time::sleep(duration).await;
        }
        let mut disk = hold(&self.inner.disk);
        if let Some(why) = self.death(&disk) {
            return Err(CommitError::Unknown(why.to_owned()));
        }
        match fault {
            Some(Fault::ErrorLost) => Err(self.dies("the commit failed, and is lost, as asked")),
            Some(Fault::Full) => Err(self.dies("no space is left, as asked")),
            Some(Fault::ErrorKept) => {
                disk.apply(&batch)?;
                Err(self.dies("the commit failed, and is kept, as asked"))
            }
            Some(Fault::Conflict) => {
                let key = batch.expected.keys().chain(batch.writes.keys()).next();
                let key = key.map_or_else(|| "no key".to_owned(), Key::to_string);
                Err(CommitError::Conflict { key })
            }
            Some(Fault::Slow(_) | Fault::Busy) | None => disk.apply(&batch),
        }
    }

    async fn fingerprints(&self) -> Result<Vec<(Prefix, Fingerprint)>, ReadError> {
        let disk = self.reading()?;
        Ok(disk
            .fingerprints
            .iter()
            .map(|(prefix, kept)| (*prefix, *kept))
            .collect())
    }

    async fn recount(&self, prefix: Prefix) -> Result<Fingerprint, ReadError> {
        let disk = self.reading()?;
        let start = Key::new(prefix, &[]);
        let mut counted = Fingerprint::default();
        for (key, frame) in disk
            .entries
            .range(start..)
            .take_while(|(key, _)| key.prefix() == prefix)
        {
            let (_, hash) = frame::decode(key.as_bytes(), frame).map_err(|error| error.of(key))?;
            counted.add(hash);
        }
        Ok(counted)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disk = hold(&self.inner.disk);
        f.debug_struct("MemoryStore")
            .field("start", &self.inner.start)
            .field("position", &disk.position)
            .field("entries", &disk.entries.len())
            .finish_non_exhaustive()
    }
}

/// A panic while holding a lock leaves nothing half done here: take it anyway.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
