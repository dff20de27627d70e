//! The two builds of `escale` that scenarios start: the honest one, and the one that
//! can be told to misbehave.
//!
//! `cargo xtask test` builds both and says where they are. Without it they are built
//! here, once in a run of all scenarios.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use fs2::FileExt;

struct Binaries {
    honest: PathBuf,
    sabotaged: PathBuf,
}

/// `escale`, as it is installed.
pub fn escale() -> &'static Path {
    &binaries().honest
}

/// `escale` built with the feature `sabotage`.
pub fn sabotaged() -> &'static Path {
    &binaries().sabotaged
}

fn binaries() -> &'static Binaries {
    static BINARIES: OnceLock<Binaries> = OnceLock::new();
    BINARIES.get_or_init(|| {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
        match (named("ESCALE_BIN"), named("ESCALE_SABOTAGE_BIN")) {
            (Some(honest), Some(sabotaged)) => Binaries { honest, sabotaged },
            _ => built_here(),
        }
    })
}

/// Where cargo put this program: `target`, and in it the folder of the profile.
///
/// This program lies at `target/debug/deps/scenarios-…`.
pub fn target() -> PathBuf {
    let this = std::env::current_exe().expect("this program has a path");
    let target = this.ancestors().nth(3).expect("cargo's folders");
    target.to_owned()
}

/// Builds both where this program lies, unless another test of this run did.
fn built_here() -> Binaries {
    let target = target();
    let folder = target.join("debug");
    let binaries = Binaries {
        honest: folder.join("escale"),
        sabotaged: folder.join("escale-sabotage"),
    };
    let stamp_path = target.join("scenarios-built-for");
    let mut options = File::options();
    let stamp = options.read(true).write(true).create(true).truncate(false);
    let mut stamp = stamp
        .open(stamp_path)
        .expect("the target folder is writable");
    FileExt::lock_exclusive(&stamp).expect("a file can be locked");
    let mut built_for = String::new();
    let _ = stamp.read_to_string(&mut built_for);
    // Under nextest every test is a process of its own, and the run has a name.
    let run = std::env::var("NEXTEST_RUN_ID");
    let run = run.unwrap_or_else(|_| format!("process {}", std::process::id()));
    if built_for != run {
        build(&target, &["--features", "sabotage"]);
        // Renamed into place: it may be running.
        let fresh = folder.join("escale-sabotage.new");
        std::fs::copy(&binaries.honest, &fresh).expect("cargo built escale");
        std::fs::rename(&fresh, &binaries.sabotaged).expect("a file can be renamed");
        build(&target, &[]);
        stamp.set_len(0).expect("the stamp is writable");
        stamp.rewind().expect("the stamp is writable");
        let written = stamp.write_all(run.as_bytes());
        written.expect("the stamp is writable");
    }
    binaries
}

fn build(target: &Path, more: &[&str]) {
    let mut command = Command::new("cargo");
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--package", "node", "--target-dir"])
        .arg(target)
        .args(more)
        .stdin(Stdio::null());
    // What cargo told this program would make build scripts run again.
    for (name, _) in std::env::vars_os() {
        let is_told = name.to_str().is_some_and(|name| {
            name == "CARGO"
                || ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
                    .iter()
                    .any(|told| name.starts_with(told))
        });
        if is_told {
            command.env_remove(&name);
        }
    }
    let status = command.status().expect("cargo is there");
    assert!(status.success(), "escale cannot be built");
}

/// The programs of the machine that a scenario needs.
///
/// Where one is missing, the scenario says so aloud and checks nothing; in continuous
/// integration that is a failure.
#[must_use]
pub fn has(programs: &[&str], not_checked: &str) -> bool {
    let is_there = |program: &&&str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
            || Path::new(program).is_absolute() && Path::new(program).is_file()
    };
    let missing: Vec<_> = programs.iter().filter(|it| !is_there(it)).collect();
    missing.is_empty() || {
        not_run(&format!(
            "{missing:?} not there; not checked: {not_checked}"
        ));
        false
    }
}

/// Says aloud that something was not checked; fails in continuous integration.
pub fn not_run(why: &str) {
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!is_ci, "{why}");
    let mut out = std::io::stderr();
    let _ = writeln!(out, "!!!!!! {why}");
}
