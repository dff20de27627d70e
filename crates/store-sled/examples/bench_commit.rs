//! Grouped durable commits a second, against the disk's own pace in the same run.
//!
//! `cargo run --release -p store-sled --example bench_commit [FOLDER [COMMITS]]`:
//! 64 threads commit records of 1 KiB each. Then one thread appends the same bytes to
//! a file and syncs it, once for each record, and once for each 64 records.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Instant;

use store::{Batch, Key, Prefix, Store};
use store_sled::{Options, SledStore};

const TASKS: usize = 64;
const RECORD_BYTES: usize = 1_024;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let commits: usize = arguments
        .next()
        .map_or(Ok(200), |commits| commits.parse())?;
    let folder = folder.join(format!("bench-commit-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let paces = measure(&folder, commits);
    fs::remove_dir_all(&folder)?;
    let (grouped, alone, together) = paces?;
    let ratio = |pace: u64| format!("{}.{:02}", grouped / pace, grouped * 100 / pace % 100);
    let lines = format!(
        "commits of 1 KiB by {TASKS} tasks: {grouped} a second\n\
         append and fdatasync each:     {alone} a second, ratio {}\n\
         append and fdatasync each 64:  {together} a second, ratio {}\n",
        ratio(alone),
        ratio(together),
    );
    stdout().write_all(lines.as_bytes())?;
    Ok(())
}

/// Records a second: by the store, by appending and syncing each, and each 64.
fn measure(folder: &Path, commits: usize) -> Outcome<(u64, u64, u64)> {
    let records = TASKS * commits;
    let store = folder.join("store");
    SledStore::create(&store)?;
    let store = SledStore::open(&store, Options::default())?;
    let start = Instant::now();
    std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                scope.spawn({
                    let store = &store;
                    move || work(store, task, commits)
                })
            })
            .collect();
        tasks
            .into_iter()
            .try_for_each(|task| task.join().unwrap_or(Err("a task panicked".into())))
    })?;
    let grouped = pace(records, start);
    drop(store);
    let alone = append(&folder.join("alone"), records / 8, 1)?;
    let together = append(&folder.join("together"), records, 64)?;
    Ok((grouped, alone, together))
}

fn work(store: &SledStore, task: usize, commits: usize) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for number in 0..commits {
        let mut batch = Batch::new();
        let key = [task.to_be_bytes(), number.to_be_bytes()].concat();
        batch.put(
            Key::new(Prefix::new(*b"be"), &key),
            vec![0xa5; RECORD_BYTES],
        );
        runtime.block_on(store.commit(batch))?;
    }
    Ok(())
}

fn append(path: &Path, records: usize, in_group: usize) -> Outcome<u64> {
    let mut file = File::create(path)?;
    let start = Instant::now();
    for _ in 0..records / in_group {
        file.write_all(&vec![0xa5; RECORD_BYTES * in_group])?;
        file.sync_data()?;
    }
    Ok(pace(records, start))
}

fn pace(records: usize, start: Instant) -> u64 {
    let nanoseconds = start.elapsed().as_nanos().max(1);
    u64::try_from(records as u128 * 1_000_000_000 / nanoseconds)
        .unwrap_or(u64::MAX)
        .max(1)
}
