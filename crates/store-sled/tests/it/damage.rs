//! Files that change behind the store's back: it refuses, reports, or is whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::torture::{Load, Numbers, Verdict, acknowledged, check, create, helper};

const TRIALS: u64 = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Damage {
    /// One bit is the other way round.
    Bit,
    /// The end is missing.
    Tail,
    /// 4 KiB are zero.
    Block,
    /// The file is not there.
    Gone,
}

/// So many commits make a store worth damaging.
const COMMITS_MIN: usize = 500;

/// Looks at how far a load is, a hundredth of a second apart: half a minute.
const LOOKS_MAX: usize = 3_000;

/// A store that was closed, or killed, and what it had said.
struct Victim {
    folder: PathBuf,
    said: Vec<u8>,
}

impl Victim {
    fn closed(folder: PathBuf) -> Self {
        create(&folder);
        let mut command = helper();
        command.arg("load").arg(&folder).arg("150");
        let (status, said) = Load::start(command).end();
        assert!(status.success());
        Self { folder, said }
    }

    fn killed(folder: PathBuf) -> Self {
        create(&folder);
        let load = Load::on(&folder);
        // However busy the machine is, there is something to be damaged.
        for _ in 0..LOOKS_MAX {
            if acknowledged(&load.said()) > COMMITS_MIN {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Self {
            folder,
            said: load.kill(),
        }
    }

    /// Every file of the store, by its path in it.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        list(&self.folder, &mut files);
        files
            .iter()
            .map(|file| file.strip_prefix(&self.folder).unwrap().to_owned())
            .collect()
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            list(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn damage(path: &Path, damage: Damage, numbers: &mut Numbers) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len().max(1);
    let at = numbers.below(length);
    match damage {
        Damage::Bit => {
            let mut byte = [0];
            if file.read_at(&mut byte, at).unwrap() == 1 {
                byte[0] ^= 1 << numbers.below(8);
                file.write_all_at(&byte, at).unwrap();
            }
        }
        // The last bytes and whole blocks alike.
        Damage::Tail if numbers.below(2) == 0 => file.set_len(length - at.min(600)).unwrap(),
        Damage::Tail => file.set_len(at).unwrap(),
        Damage::Block => {
            let from = at / 4_096 * 4_096;
            file.write_all_at(
                &vec![0; usize::try_from((length - from).min(4_096)).unwrap()],
                from,
            )
            .unwrap();
        }
        Damage::Gone => fs::remove_file(path).unwrap(),
    }
}

/// Half of the trials flip a bit, the rest cut, zero or remove; the log, where the
/// entries are, gets the half of them.
#[test]
fn damage_to_any_file_is_refused_or_reported_and_never_served() {
    let ground = tempfile::tempdir_in(fast_folder()).unwrap();
    let victims = [
        Victim::closed(ground.path().join("closed")),
        Victim::killed(ground.path().join("killed")),
    ];
    for victim in &victims {
        assert!(acknowledged(&victim.said) > COMMITS_MIN);
        assert_eq!(
            check_copy(victim, &ground.path().join("whole"), |_| ()).0,
            Verdict::Whole
        );
    }
    let next = AtomicU64::new(0);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..3)
            .map(|worker| {
                let (victims, next, ground) = (&victims, &next, ground.path());
                scope.spawn(move || {
                    let folder = ground.join(format!("trial-{worker}"));
                    let trials = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                    let trials = trials.take_while(|trial| *trial < TRIALS);
                    trials
                        .map(|trial| run(trial, victims, &folder))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    let mut table: BTreeMap<(Damage, String, Verdict), u32> = BTreeMap::new();
    for (damage, file, verdict, text) in outcomes {
        assert_ne!(verdict, Verdict::Violated, "{damage:?} in {file}: {text}");
        assert_ne!(verdict, Verdict::Stuck, "{damage:?} in {file}: {text}");
        *table.entry((damage, file, verdict)).or_default() += 1;
    }
    for ((damage, file, verdict), count) in &table {
        println!("{damage:?} in {file}: {count} {verdict:?}");
    }
    let seen = |verdict| table.keys().any(|(.., found)| *found == verdict);
    assert!(
        seen(Verdict::Refused) && seen(Verdict::Whole),
        "the trials were trials"
    );
}

fn run(trial: u64, victims: &[Victim; 2], folder: &Path) -> (Damage, String, Verdict, String) {
    let mut numbers = Numbers(trial);
    numbers.below(1);
    let [closed, killed] = victims;
    let victim = if trial.is_multiple_of(2) {
        closed
    } else {
        killed
    };
    let files = victim.files();
    let file = if trial % 4 < 2 {
        Path::new("sled/db").to_owned()
    } else {
        let index = usize::try_from(numbers.below(files.len() as u64)).unwrap();
        files.get(index).unwrap().clone()
    };
    let kind = match trial / 4 % 8 {
        0..4 => Damage::Bit,
        4..6 => Damage::Tail,
        6 => Damage::Block,
        _ => Damage::Gone,
    };
    let (verdict, text) = check_copy(victim, folder, |folder| {
        damage(&folder.join(&file), kind, &mut numbers);
    });
    // Names of snapshots hold a number.
    let name = file
        .to_string_lossy()
        .split_inclusive('.')
        .next()
        .unwrap_or_default()
        .to_owned();
    (kind, name, verdict, text)
}

fn check_copy(victim: &Victim, folder: &Path, change: impl FnOnce(&Path)) -> (Verdict, String) {
    copy(&victim.folder, folder);
    change(folder);
    let outcome = check(folder, &victim.said);
    fs::remove_dir_all(folder).unwrap();
    outcome
}

/// In memory where there is such a folder: a copy a trial is much to sync.
fn fast_folder() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    }
}

/// As a kill during a start leaves it; without the clean-up, sled does not open.
#[test]
fn a_partial_snapshot_is_taken_away() {
    let ground = tempfile::tempdir().unwrap();
    let victim = Victim::closed(ground.path().join("store"));
    let snapshot = victim
        .files()
        .into_iter()
        .find(|file| file.to_string_lossy().contains("snap."));
    let snapshot = victim.folder.join(snapshot.unwrap());
    let half = fs::read(&snapshot).unwrap();
    let partial = victim.folder.join("sled/snap.0000000000000FFF.generating");
    fs::write(&partial, &half[..half.len() / 2]).unwrap();
    let (verdict, text) = check(&victim.folder, &victim.said);
    assert_eq!(verdict, Verdict::Whole, "{text}");
    assert!(!partial.exists());
}

/// sled puts what is too large for its log into files that it never syncs.
#[test]
fn no_value_lies_outside_the_log() {
    let ground = tempfile::tempdir().unwrap();
    let victim = Victim::closed(ground.path().join("store"));
    let outside = victim
        .files()
        .into_iter()
        .filter(|file| file.starts_with("sled/blobs"));
    assert_eq!(outside.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}
