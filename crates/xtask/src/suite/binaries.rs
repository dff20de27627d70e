//! The two builds of `escale` that the scenarios start.
//!
//! **Invariant:** `target/debug/escale` is the honest one. The sabotaged one has a name
//! of its own, and is never built for release.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Context, Outcome};
use crate::programs;

/// What builds a node that can be told to misbehave.
const SABOTAGE: &str = "sabotage";

/// The honest build, where cargo puts it.
pub(super) fn honest(target: &Path) -> PathBuf {
    target.join("debug").join("escale")
}

/// The sabotaged build, where it is kept.
pub(super) fn sabotaged(target: &Path) -> PathBuf {
    target.join("debug").join("escale-sabotage")
}

/// Builds both in one folder with one profile, so that they share their dependencies;
/// the honest one last, because both come to lie under its name.
pub(super) fn step(context: &Context) -> Outcome {
    let target = &context.house.target;
    let kept = programs::run(&mut build(context, &["--features", SABOTAGE]))
        .and_then(|()| keep(&honest(target), &sabotaged(target)));
    // The control of what is looked for in the binary that is installed.
    let noticed = kept.and_then(|()| match can_lose_checks(&sabotaged(target)) {
        Ok(true) => Ok(()),
        Ok(false) => Err("the sabotaged build has no checks that can be taken away".to_owned()),
        Err(why) => Err(why),
    });
    Outcome::of(noticed.and_then(|()| programs::run(&mut build(context, &[]))))
}

fn build(context: &Context, more: &[&str]) -> Command {
    let mut command = context.cargo(&["build", "--package", "node", "--quiet"]);
    command.args(more);
    command
}

/// What `seal::checks` has in it wherever checks can be taken away.
const CAN_BE_TAKEN_AWAY: &[u8] = b"escale: what can be taken away has a name";

/// Whether checks can be taken away in this binary.
fn can_lose_checks(binary: &Path) -> Result<bool, String> {
    let bytes = std::fs::read(binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    let mut windows = bytes.windows(CAN_BE_TAKEN_AWAY.len());
    Ok(windows.any(|window| window == CAN_BE_TAKEN_AWAY))
}

/// Copies beside its place and renames: a node of an earlier run may still be running.
fn keep(built: &Path, kept: &Path) -> Result<(), String> {
    let fresh = kept.with_extension("new");
    std::fs::copy(built, &fresh)
        .and_then(|_| std::fs::rename(&fresh, kept))
        .map_err(|error| format!("{}: {error}", kept.display()))
}

/// A binary that is installed cannot be told to misbehave.
pub(super) fn cannot_misbehave(binary: &Path) -> Result<(), String> {
    let mut command = Command::new(binary);
    // A folder that is no node's: whoever knows the option goes no further either.
    command.args(["run", "--sabotage", "none", "--dir", "no-such-folder"]);
    let output = command
        .output()
        .map_err(|error| format!("{}: {error}", binary.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let is_unknown =
        output.status.code() == Some(2) && said.contains("unexpected argument '--sabotage'");
    if !is_unknown {
        return Err(format!("can be told to misbehave: {}", said.trim()));
    }
    if can_lose_checks(binary)? {
        return Err("was built with checks that can be taken away".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::tests::context;
    use super::*;

    fn words(command: &Command) -> Vec<String> {
        let words = command.get_args();
        words.map(|it| it.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_feature_is_asked_for_in_one_build_and_never_with_release() {
        let sabotaged = words(&build(&context(true), &["--features", SABOTAGE]));
        assert!(sabotaged.contains(&SABOTAGE.to_owned()));
        assert!(!sabotaged.contains(&"--release".to_owned()));
        assert!(!words(&build(&context(true), &[])).contains(&SABOTAGE.to_owned()));
        let root = include_str!("steps.rs");
        assert!(
            !root.contains("--features"),
            "the release is built as it is"
        );
    }

    #[test]
    fn a_binary_that_knows_the_option_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let binary = |name: &str, script: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
            path
        };
        let refuses = "echo \"error: unexpected argument '--sabotage' found\" >&2; exit 2";
        assert_eq!(cannot_misbehave(&binary("honest", refuses)), Ok(()));
        let knows = "echo 'escale: no such sabotage: none' >&2; exit 1";
        assert!(cannot_misbehave(&binary("sabotaged", knows)).is_err());
        assert!(cannot_misbehave(&binary("other", "exit 2")).is_err());
        let taken_away = format!(
            "{refuses}\n# {}",
            String::from_utf8_lossy(CAN_BE_TAKEN_AWAY)
        );
        assert!(cannot_misbehave(&binary("without", &taken_away)).is_err());
        assert!(cannot_misbehave(&folder.path().join("missing")).is_err());
    }

    #[test]
    fn what_was_kept_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (built, kept) = (honest(folder.path()), sabotaged(folder.path()));
        assert!(keep(&built, &kept).is_err());
        std::fs::create_dir(folder.path().join("debug")).unwrap();
        for content in ["first", "second"] {
            std::fs::write(&built, content).unwrap();
            assert_eq!(keep(&built, &kept), Ok(()));
            assert_eq!(std::fs::read_to_string(&kept).unwrap(), content);
        }
    }
}
