//! A process that the fault tests of this crate start, kill, and ask what is left.
//!
//! `store-torture create FOLDER`, `load FOLDER [COMMITS]`, `check FOLDER`.
//!
//! `load` commits without end, or so often in each of its tasks, and says on its
//! output what was acknowledged (`a TASK NUMBER`) and what was read (`r TASK
//! NUMBER`). Both must be there afterwards, whatever happens. `check` takes these
//! lines as its input and compares.
//!
//! Each task writes in one commit: its next entry, the number of that entry, and the
//! removal of the entry that is `STORE_TORTURE_KEPT` before it, 40 unless that is set.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::{
    Batch, CommitError, Expected, Key, Prefix, ReadError, Scrubbed, Store, Versioned, scrub,
};
use store_sled::{OpenError, Options, SledStore};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The numbers of the tasks' last entries.
const LAST: Prefix = Prefix::new(*b"la");
/// The entries, by task and number.
const ENTRIES: Prefix = Prefix::new(*b"en");
const TASKS: u8 = 12;
/// How many of its last entries a task keeps, unless the environment says otherwise.
const ENTRIES_KEPT_DEFAULT: u64 = 40;

/// Everything is there, and exactly.
const WHOLE: u8 = 0;
/// Something acknowledged is wrong or absent, and nothing says so.
const VIOLATED: u8 = 1;
/// The store was not opened.
const REFUSED: u8 = 2;
/// Something is damaged, and it was said.
const REPORTED: u8 = 3;
/// A commit failed, and every call after it.
const ENDED: u8 = 4;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["create", folder] => create(Path::new(folder)),
        ["load", folder] => load(Path::new(folder), u64::MAX),
        ["load", folder, commits] => commits
            .parse()
            .map_err(Into::into)
            .and_then(|commits| load(Path::new(folder), commits)),
        ["check", folder] => check(Path::new(folder)),
        _ => Err("usage: store-torture create|load|check FOLDER".into()),
    };
    ExitCode::from(result.unwrap_or_else(|error| {
        let code = if error.is::<OpenError>() {
            REFUSED
        } else {
            VIOLATED
        };
        say(&chain(&*error));
        code
    }))
}

fn create(folder: &Path) -> Outcome<u8> {
    SledStore::create(folder)?;
    Ok(WHOLE)
}

/// Commits in several threads until the count is reached or a commit fails.
fn load(folder: &Path, commits: u64) -> Outcome<u8> {
    let options = Options {
        cache_bytes: 2 * 1024 * 1024,
        ..Options::default()
    };
    let store = SledStore::open(folder, options)?;
    say("open");
    let left = AtomicU64::new(u64::from(TASKS));
    let ends: Vec<Outcome<()>> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let (store, left) = (&store, &left);
                scope.spawn(move || {
                    let end = block_on(work(store, task, commits));
                    left.fetch_sub(1, Ordering::Relaxed);
                    end
                })
            })
            .collect();
        let reader = scope.spawn(|| block_on(read(&store, &left)));
        let ends = tasks
            .into_iter()
            .map(|task| task.join().unwrap_or(Err("it panicked".into())));
        let ends: Vec<_> = ends.collect();
        // Its errors are those of the store after the first failed commit.
        let _read = reader.join();
        ends
    });
    for end in ends {
        if let Err(error) = end {
            say(&format!("end {}", chain(&*error)));
            let key = Key::new(LAST, &[0]);
            let refuses = block_on(async { store.get(&key).await.is_err() });
            return Ok(if refuses { ENDED } else { VIOLATED });
        }
    }
    Ok(WHOLE)
}

async fn work(store: &SledStore, task: u8, commits: u64) -> Outcome<()> {
    let last_key = Key::new(LAST, &[task]);
    for _ in 0..commits {
        let last = store.get(&last_key).await?;
        let number = number_of(last.as_ref())? + 1;
        let mut batch = Batch::new();
        batch.expect(last_key.clone(), Expected::unchanged(last.as_ref()));
        batch.put(last_key.clone(), number.to_be_bytes().to_vec());
        batch.put(entry_key(task, number), entry(task, number));
        batch.remove(entry_key(task, number.saturating_sub(entries_kept())));
        match store.commit(batch).await {
            Ok(_) => say(&format!("a {task} {number}")),
            Err(CommitError::Busy) => std::thread::sleep(Duration::from_millis(1)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Says what it sees, until the tasks have ended or a read fails.
async fn read(store: &SledStore, left: &AtomicU64) -> Result<(), ReadError> {
    while left.load(Ordering::Relaxed) > 0 {
        for task in 0..TASKS {
            let last = store.get(&Key::new(LAST, &[task])).await?;
            if let Ok(number) = number_of(last.as_ref()) {
                say(&format!("r {task} {number}"));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    Ok(())
}

fn check(folder: &Path) -> Outcome<u8> {
    let mut floors = BTreeMap::new();
    for line in stdin().lock().lines() {
        let line = line?;
        if let ["a" | "r", task, number] = line.split(' ').collect::<Vec<_>>().as_slice() {
            let (task, number): (u8, u64) = (task.parse()?, number.parse()?);
            let floor = floors.entry(task).or_default();
            *floor = number.max(*floor);
        }
    }
    let store = SledStore::open(folder, Options::default())?;
    block_on(compare(&store, &floors))
}

/// Compares with the least that must be there: the number of each task's last entry.
async fn compare(store: &SledStore, floors: &BTreeMap<u8, u64>) -> Outcome<u8> {
    let mut found = Findings::default();
    for prefix in [LAST, ENTRIES] {
        match scrub(store, prefix).await {
            Ok(Scrubbed::Whole(_)) => {}
            other => {
                found.reports.push(format!("{prefix:?}: {other:?}"));
                found.reported.insert(prefix);
            }
        }
    }
    for (task, floor) in floors {
        found.compare_task(store, *task, *floor).await?;
    }
    for line in found.reports.iter().chain(&found.faults) {
        say(line);
    }
    Ok(match (found.faults.is_empty(), found.reports.is_empty()) {
        (false, _) => VIOLATED,
        (true, false) => REPORTED,
        (true, true) => WHOLE,
    })
}

#[derive(Default)]
struct Findings {
    /// The prefixes of which a scrub said that they are not whole. What is absent in
    /// them was said to be; what reads as something else was not.
    reported: BTreeSet<Prefix>,
    /// What the store said itself.
    reports: Vec<String>,
    /// What it should have said.
    faults: Vec<String>,
}

impl Findings {
    async fn compare_task(&mut self, store: &SledStore, task: u8, floor: u64) -> Outcome<()> {
        let last = store.get(&Key::new(LAST, &[task])).await;
        let entries = entries(store, task).await;
        let numbers: Vec<u64> = entries
            .iter()
            .flatten()
            .filter_map(|(number, _)| *number)
            .collect();
        for (number, value) in entries.iter().flatten() {
            if number.is_none_or(|number| *value != entry(task, number)) {
                self.faults
                    .push(format!("entry {number:?} of task {task} is wrong"));
            }
        }
        let last = match (last, entries) {
            (Ok(last), Ok(_)) => number_of(last.as_ref())?,
            (Err(error), _) | (_, Err(error)) => {
                self.reports.push(error.to_string());
                return Ok(());
            }
        };
        let is_trusted = |prefix| !self.reported.contains(&prefix);
        let newest = numbers.last().copied().unwrap_or_default();
        let all: Vec<u64> = (newest.saturating_sub(entries_kept()) + 1..=newest).collect();
        let is_behind = is_trusted(LAST) && last < floor;
        let is_short = is_trusted(ENTRIES) && (newest < floor || numbers != all);
        let is_mixed = is_trusted(LAST) && is_trusted(ENTRIES) && last != newest;
        if is_behind || is_short || is_mixed {
            self.faults.push(format!(
                "task {task} was at {floor}, is at {last}: {numbers:?}"
            ));
        }
        Ok(())
    }
}

/// The numbers and values of all entries of `task`.
async fn entries(store: &SledStore, task: u8) -> Result<Vec<(Option<u64>, Vec<u8>)>, ReadError> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(ENTRIES, &[task], after.as_ref(), 1_000).await?;
        after = page.entries.last().map(|(key, _)| key.clone());
        all.extend(
            page.entries
                .into_iter()
                .map(|(key, found)| (number_in(&key), found.value)),
        );
        if !page.is_cut {
            return Ok(all);
        }
    }
}

fn entries_kept() -> u64 {
    let kept = std::env::var("STORE_TORTURE_KEPT").ok();
    kept.and_then(|kept| kept.parse().ok())
        .unwrap_or(ENTRIES_KEPT_DEFAULT)
}

fn entry_key(task: u8, number: u64) -> Key {
    Key::new(
        ENTRIES,
        &[[task].as_slice(), &number.to_be_bytes()].concat(),
    )
}

fn number_in(key: &Key) -> Option<u64> {
    key.rest()
        .split_first()?
        .1
        .try_into()
        .ok()
        .map(u64::from_be_bytes)
}

/// Mostly small, some in several chunks; different for each task and number.
fn entry(task: u8, number: u64) -> Vec<u8> {
    let seed = number
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(u64::from(task) << 56);
    let bytes = match seed >> 33 & 63 {
        0 => 25_000,
        1..4 => 5_960 + (seed >> 40 & 31),
        _ => 100 + (seed >> 40 & 1_023),
    };
    let bytes = usize::try_from(bytes).unwrap_or_default();
    (seed..)
        .flat_map(|word| word.wrapping_mul(0xD129_0D3D_AE5B_1F3B).to_be_bytes())
        .take(bytes)
        .collect()
}

fn number_of(last: Option<&Versioned>) -> Outcome<u64> {
    let Some(last) = last else { return Ok(0) };
    Ok(u64::from_be_bytes(last.value.as_slice().try_into()?))
}

/// One line, at once. That nobody reads it is no reason to stop.
fn say(line: &str) {
    let _unread = stdout().lock().write_all(format!("{line}\n").as_bytes());
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Runs `future` on this thread: nothing here needs a runtime's timers or sockets.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}
