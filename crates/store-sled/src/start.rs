//! Creating a store, and the one way to open it.
//!
//! **Invariant:** opening never creates, and creating never touches what is there.
//!
//! **Invariant:** there is no second way to open a store after a crash. Every start
//! goes through every step.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs2::FileExt;
use sled::Db;
use store::{Position, ReadError};

use crate::engine::{Engine, guarded};
use crate::group::{Fingerprints, root};
use crate::high_water::{self, HighWater, Mark, Reading};
use crate::{OpenError, layout, real_sync};

/// sled's folder in the store's.
const ENGINE_FOLDER: &str = "sled";

/// The file whose lock says that a process has the store open.
const LOCK_FILE: &str = "lock";

/// How often sled collects its garbage: its flush thread is the only caller.
const GARBAGE_EVERY_MS: u64 = 500;

/// How long a sled of this process that was just closed may keep its own lock.
const ENGINE_LOCK_SECONDS_MAX: u64 = 5;

/// An open store before its committer.
pub(crate) struct Started {
    pub(crate) engine: Engine,
    pub(crate) high_water: HighWater,
    /// sled's log, opened before sled wrote anything: no error of a sync is missed.
    pub(crate) log: File,
    pub(crate) mark: Mark,
    pub(crate) fingerprints: Fingerprints,
    /// Held, not read.
    pub(crate) lock: File,
}

/// Makes an empty store in `folder`, which is made too or is empty.
///
/// The high-water mark comes last: without it, a store is not opened. So a crash in
/// here leaves what neither opens nor is overwritten.
pub(crate) fn create(folder: &Path) -> Result<(), OpenError> {
    let at = |path: &Path| at(path.to_path_buf());
    fs::create_dir_all(folder).map_err(at(folder))?;
    for name in [ENGINE_FOLDER, LOCK_FILE, high_water::FILE_NAME] {
        let path = folder.join(name);
        if path.try_exists().map_err(at(&path))? {
            return Err(OpenError::Exists { path });
        }
    }
    let lock_path = folder.join(LOCK_FILE);
    File::create_new(&lock_path).map_err(at(&lock_path))?;
    let lock = lock(folder)?;
    let db = open_engine(folder, crate::CACHE_BYTES_DEFAULT)?;
    let mark = Mark {
        position: Position(0),
        root: root(&Fingerprints::new()),
    };
    let mut first = sled::Batch::default();
    first.insert(layout::META_FORMAT, layout::format_entry());
    first.insert(
        layout::META_POSITION,
        layout::pack_position(mark.position, mark.root),
    );
    db.apply_batch(first).map_err(engine)?;
    prove_sync(&db)?;
    sync_tree(&folder.join(ENGINE_FOLDER))?;
    HighWater::create(folder, mark).map_err(at(folder))?;
    sync_path(folder)?;
    if let Some(parent) = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        sync_path(parent)?;
    }
    drop(db);
    drop(lock);
    Ok(())
}

/// Opens the store in `folder`.
pub(crate) fn open(folder: &Path, cache_bytes: u64) -> Result<Started, OpenError> {
    for name in [high_water::FILE_NAME, LOCK_FILE, ENGINE_FOLDER] {
        let path = folder.join(name);
        if !path.try_exists().map_err(at(path.clone()))? {
            return Err(OpenError::Missing { path });
        }
    }
    // sled makes its log anew where it is missing, and would begin from nothing.
    let log_path = folder.join(ENGINE_FOLDER).join("db");
    if !log_path.try_exists().map_err(at(log_path.clone()))? {
        return Err(OpenError::Missing { path: log_path });
    }
    // Before all else: two processes must not clean up after each other.
    let lock = lock(folder)?;
    let (mut high_water, reading) =
        HighWater::open(folder).map_err(at(folder.join(high_water::FILE_NAME)))?;
    let acknowledged = match reading {
        Reading::Mark(mark) => mark,
        Reading::Newer(found) => return Err(OpenError::NewerFormat { found }),
        Reading::Damaged => return Err(OpenError::Damaged("its high-water mark".to_owned())),
    };
    remove_partial_snapshots(&folder.join(ENGINE_FOLDER))?;
    let log = File::open(&log_path).map_err(at(log_path))?;
    let db = open_engine(folder, cache_bytes)?;
    // What sled recovered may be in the kernel only, and its new files in no folder.
    sync_tree(&folder.join(ENGINE_FOLDER))?;
    sync_path(folder)?;
    check_format(&db)?;
    let engine = Engine::new(db);
    let (mark, fingerprints) = check_against(acknowledged, &engine)?;
    prove_sync(&engine.db)?;
    // From here on, the mark is the one of this state, which is durable.
    high_water
        .reset(mark)
        .map_err(at(folder.join(high_water::FILE_NAME)))?;
    Ok(Started {
        engine,
        high_water,
        log,
        mark,
        fingerprints,
        lock,
    })
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK_FILE);
    let file = File::options()
        .write(true)
        .open(&path)
        .map_err(at(path.clone()))?;
    match file.try_lock_exclusive() {
        Ok(()) => Ok(file),
        Err(error) if error.kind() == fs2::lock_contended_error().kind() => Err(OpenError::InUse {
            path: folder.to_path_buf(),
        }),
        Err(source) => Err(OpenError::Io { path, source }),
    }
}

/// A kill during a start can leave one, and sled then does not open. It is only a
/// copy of what the log holds.
fn remove_partial_snapshots(folder: &Path) -> Result<(), OpenError> {
    for entry in fs::read_dir(folder).map_err(at(folder.to_path_buf()))? {
        let entry = entry.map_err(at(folder.to_path_buf()))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path()).map_err(at(entry.path()))?;
        }
    }
    Ok(())
}

/// Opens sled. Damage can make it panic, which is an error here.
///
/// Our own lock is held, so a lock that sled finds taken is one that a sled of this
/// process, closed a moment ago, has not let go yet.
fn open_engine(folder: &Path, cache_bytes: u64) -> Result<Db, OpenError> {
    let config = sled::Config::new()
        .path(folder.join(ENGINE_FOLDER))
        .cache_capacity(cache_bytes)
        .flush_every_ms(Some(GARBAGE_EVERY_MS));
    let give_up = Instant::now() + Duration::from_secs(ENGINE_LOCK_SECONDS_MAX);
    loop {
        match guarded(|| config.open()).map_err(OpenError::Engine)? {
            Ok(db) => return Ok(db),
            Err(sled::Error::Io(error))
                if error.to_string().contains("could not acquire lock")
                    && Instant::now() < give_up =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => return Err(engine(error)),
        }
    }
}

fn check_format(db: &Db) -> Result<(), OpenError> {
    let entry = guarded(|| db.get(layout::META_FORMAT)).map_err(OpenError::Engine)?;
    let entry = entry.map_err(engine)?.ok_or(OpenError::NoFormat)?;
    match layout::format_of(&entry) {
        Some(layout::FORMAT) => Ok(()),
        Some(found) if found > layout::FORMAT => Err(OpenError::NewerFormat { found }),
        Some(found) => Err(OpenError::UnknownFormat { found }),
        None => Err(OpenError::NoFormat),
    }
}

/// Where the store stands, if that is not behind what was acknowledged and is in
/// accord with itself.
fn check_against(acknowledged: Mark, engine: &Engine) -> Result<(Mark, Fingerprints), OpenError> {
    let entry = guarded(|| engine.db.get(layout::META_POSITION)).map_err(OpenError::Engine)?;
    let entry = entry.map_err(self::engine)?;
    let entry = entry.ok_or_else(|| OpenError::Damaged("its position is missing".to_owned()))?;
    let (position, kept_root) = layout::unpack_position(&entry).map_err(reading)?;
    if position < acknowledged.position {
        return Err(OpenError::WentBack {
            found: position,
            acknowledged: acknowledged.position,
        });
    }
    let fingerprints: Fingerprints = engine
        .fingerprints()
        .map_err(reading)?
        .into_iter()
        .collect();
    let root = root(&fingerprints);
    let is_other = position == acknowledged.position && root != acknowledged.root;
    if root != kept_root || is_other {
        return Err(OpenError::Damaged(
            "its fingerprints are not of one commit".to_owned(),
        ));
    }
    Ok((Mark { position, root }, fingerprints))
}

/// Writes and flushes, and sees that the flush was a real sync.
fn prove_sync(db: &Db) -> Result<(), OpenError> {
    let is_real = real_sync::is_made_by(|| {
        let last = db.get(layout::META_SELF_TEST)?;
        let last = last.and_then(|last| Some(u64::from_be_bytes(last.as_ref().try_into().ok()?)));
        let next = last.unwrap_or_default().wrapping_add(1);
        db.insert(layout::META_SELF_TEST, next.to_be_bytes().as_slice())?;
        db.flush().map(drop)
    });
    if is_real.map_err(engine)? {
        Ok(())
    } else {
        Err(OpenError::NoRealSync)
    }
}

/// Syncs a folder and all that is in it.
fn sync_tree(folder: &Path) -> Result<(), OpenError> {
    for entry in fs::read_dir(folder).map_err(at(folder.to_path_buf()))? {
        let path = entry.map_err(at(folder.to_path_buf()))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            match sync_path(&path) {
                // sled takes old snapshots away in the background.
                Err(OpenError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
        }
    }
    sync_path(folder)
}

fn sync_path(path: &Path) -> Result<(), OpenError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(at(path.to_path_buf()))
}

fn at(path: PathBuf) -> impl FnOnce(io::Error) -> OpenError {
    move |source| OpenError::Io { path, source }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
fn engine(error: sled::Error) -> OpenError {
    OpenError::Engine(error.to_string())
}

fn reading(error: ReadError) -> OpenError {
    match error {
        ReadError::Damaged { .. } => OpenError::Damaged(error.to_string()),
        ReadError::Engine(why) => OpenError::Engine(why),
    }
}
