//! The contract of `store` over sled, used so that its promises hold.
//!
//! sled is fast and small, and left alone it loses acknowledged writes in a power
//! cut. What is done around it, and what was measured, is in
//! `specs/decisions/0001-sled-made-durable.md`.
//!
//! One thread writes; readers see durable states only. All that is known of sled's
//! faults is dealt with at the ordinary start, [`SledStore::open`].
//!
//! **Invariant:** after any error or panic of sled, every call of the handle fails.
//!
//! **Invariant:** what opens is not behind what was acknowledged, and is in accord
//! with its own fingerprints. That the entries are in accord with the fingerprints
//! is what [`store::scrub`] shows.
//!
//! Specified in `specs/storage.md`.

#![deny(unsafe_code)]

mod committer;
mod engine;
mod group;
mod high_water;
mod in_flight;
mod layout;
mod queue;
mod real_sync;
mod start;
mod watchdog;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use store::{
    Batch, CommitError, Fingerprint, Key, Page, Position, Prefix, ReadError, Store, Versioned,
};
use tokio::sync::oneshot;

use crate::committer::Committer;
use crate::engine::Engine;
use crate::queue::{Job, Queue};
use crate::start::Started;
use crate::watchdog::Watchdog;

/// The memory that sled's cache may take unless [`Options`] say otherwise: 32 MiB.
pub const CACHE_BYTES_DEFAULT: u64 = 32 * 1024 * 1024;

/// After how many seconds a commit that has not ended is taken for one that never
/// will. sled has deadlocks; a slow disk is slower than a second, not than this.
pub const COMMIT_SECONDS_MAX: u64 = 30;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// The memory that sled's cache may take, in bytes.
    pub cache_bytes: u64,
    /// How long a group of commits may take.
    pub stuck_after: Duration,
    /// What is done when one takes longer; the process should not outlive it.
    pub when_stuck: Arc<dyn Fn() + Send + Sync>,
    /// Runs between applying a group and flushing it.
    #[cfg(test)]
    pub(crate) before_flush: Arc<dyn Fn() + Send + Sync>,
}

/// Why a store was not created or opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is something already, perhaps a creation that was cut short.
    #[error("{} is there already; a store is only created where there is none", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// There is no store, or a part of it is missing.
    #[error("{} is missing; a store is only opened where one was created", path.display())]
    Missing {
        /// What is missing.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("the store in {} is open in another process", path.display())]
    InUse {
        /// The store's folder.
        path: PathBuf,
    },
    /// A newer program wrote it.
    #[error(
        "the store has format {found}, and this program knows format {}: it is too old",
        layout::FORMAT
    )]
    NewerFormat {
        /// The format that was found.
        found: u32,
    },
    /// It has a format that no program of ours writes.
    #[error("the store has format {found}, which is none that was ever written")]
    UnknownFormat {
        /// The format that was found.
        found: u32,
    },
    /// It does not say its format: it is no store of ours, or is damaged.
    #[error("the store does not say which format it has")]
    NoFormat,
    /// It stands before a commit that was acknowledged: a part of its log is lost.
    #[error(
        "the store stands at commit {}, and commit {} was acknowledged: it lost what is between",
        found.0,
        acknowledged.0
    )]
    WentBack {
        /// Where it stands.
        found: Position,
        /// The last commit known to have been acknowledged.
        acknowledged: Position,
    },
    /// It is not what was written.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A flush of this program is no real sync, so nothing could be promised.
    #[error("this program was linked so that a flush does not reach the disk")]
    NoRealSync,
    /// sled failed.
    #[error("the engine does not open the store: {0}")]
    Engine(String),
    /// A file could not be read, written or synced.
    #[error("{} cannot be used", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What is said where nothing failed.
const CLOSED: &str = "the store is closed";

/// How long dropping a store waits for sled to close, in seconds.
const CLOSE_SECONDS_MAX: u64 = 5;

/// A store over sled. Dropping it commits what is queued, and closes sled. A sled
/// that failed may never close; after five seconds it is left to its thread, and
/// the folder stays locked until the process ends.
pub struct SledStore {
    queue: Arc<Queue>,
    /// Taken by dropping, and only then.
    running: Option<Running>,
}

struct Running {
    engine: Arc<Engine>,
    committer: JoinHandle<()>,
    watchdog: Watchdog,
    lock: File,
}

impl SledStore {
    /// Makes an empty store in `folder`, durably. The folder may exist; a store or
    /// a part of one in it must not.
    pub fn create(folder: &Path) -> Result<(), OpenError> {
        start::create(folder)
    }

    /// Opens the store in `folder`: cleans up after a crash, and refuses what has
    /// lost something or cannot be trusted. Never creates one.
    pub fn open(folder: &Path, options: Options) -> Result<Self, OpenError> {
        let started = start::open(folder, options.cache_bytes)?;
        Self::run(started, options, folder)
    }

    fn run(started: Started, options: Options, folder: &Path) -> Result<Self, OpenError> {
        let thread_error = |source| OpenError::Io {
            path: folder.to_path_buf(),
            source,
        };
        let Started {
            engine,
            high_water,
            log,
            mark,
            fingerprints,
            lock,
        } = started;
        let when_stuck = options.when_stuck;
        let watchdog =
            Watchdog::start(options.stuck_after, move || when_stuck()).map_err(thread_error)?;
        let engine = Arc::new(engine);
        let queue = Arc::new(Queue::default());
        let committer = Committer {
            engine: Arc::clone(&engine),
            queue: Arc::clone(&queue),
            high_water,
            log,
            leash: watchdog.leash(),
            position: mark.position,
            fingerprints,
            jobs: Vec::new(),
            #[cfg(test)]
            before_flush: options.before_flush,
        };
        let committer = std::thread::Builder::new()
            .name("store-committer".to_owned())
            .spawn(move || committer.run())
            .map_err(thread_error)?;
        let running = Some(Running {
            engine,
            committer,
            watchdog,
            lock,
        });
        Ok(Self { queue, running })
    }

    fn engine(&self) -> Result<&Engine, ReadError> {
        let running = self.running.as_ref();
        running
            .map(|running| &*running.engine)
            .ok_or_else(|| ReadError::Engine(CLOSED.to_owned()))
    }

    fn unknown(&self) -> CommitError {
        let failure = self.engine().ok().and_then(Engine::failure);
        CommitError::Unknown(failure.unwrap_or(CLOSED).to_owned())
    }
}

#[async_trait::async_trait]
impl Store for SledStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, ReadError> {
        self.engine()?.get(key)
    }

    async fn scan(
        &self,
        prefix: Prefix,
        stem: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        self.engine()?.scan(prefix, stem, after, limit)
    }

    async fn commit(&self, batch: Batch) -> Result<Position, CommitError> {
        batch.check_limits()?;
        let (answer, outcome) = oneshot::channel();
        self.queue
            .push(Job { batch, answer })
            .ok_or_else(|| self.unknown())??;
        outcome.await.unwrap_or_else(|_| Err(self.unknown()))
    }

    async fn fingerprints(&self) -> Result<Vec<(Prefix, Fingerprint)>, ReadError> {
        self.engine()?.fingerprints()
    }

    async fn recount(&self, prefix: Prefix) -> Result<Fingerprint, ReadError> {
        self.engine()?.recount(prefix)
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.queue.close();
        let Some(running) = self.running.take() else {
            return;
        };
        let Running {
            engine,
            committer,
            watchdog,
            lock,
        } = running;
        // Its panics are caught inside.
        let _ended = committer.join();
        drop(watchdog);
        let (closed, is_closed) = mpsc::channel();
        let close = move || {
            let _panic = engine::guarded(|| drop(engine));
            drop(lock);
            let _unheard = closed.send(());
        };
        // Where there is no thread to be had, sled is closed right here.
        let _thread = std::thread::Builder::new()
            .name("store-close".to_owned())
            .spawn(close);
        let _closed = is_closed.recv_timeout(Duration::from_secs(CLOSE_SECONDS_MAX));
    }
}

impl fmt::Debug for SledStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = self.engine().ok().and_then(Engine::failure);
        f.debug_struct("SledStore")
            .field("failure", &failure)
            .finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: CACHE_BYTES_DEFAULT,
            stuck_after: Duration::from_secs(COMMIT_SECONDS_MAX),
            when_stuck: Arc::new(|| {
                tracing::error!("a commit did not end within its time: the process ends");
                std::process::abort();
            }),
            #[cfg(test)]
            before_flush: Arc::new(|| {}),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("cache_bytes", &self.cache_bytes)
            .field("stuck_after", &self.stuck_after)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
