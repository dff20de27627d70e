//! Starting cargo and other programs.

use std::path::Path;
use std::process::{Command, Stdio};

/// Whether this is the run that decides if a submission lands.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

/// What `cargo run` tells the program that it starts.
///
/// Build scripts such as `ring`'s ask to be run again when one of these changes, so
/// they are not passed on: cargo started by hand and cargo started from here would
/// otherwise rebuild each other's work for ever.
const SET_BY_CARGO_RUN: &[&str] = &[
    "CARGO",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
];

/// Cargo in the folder `root`, with an environment as if started by hand.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let set_by_cargo = name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || SET_BY_CARGO_RUN.contains(&name));
        if set_by_cargo {
            command.env_remove(&name);
        }
    }
    command
}

/// Whether a program of this name is on the path.
pub(crate) fn is_on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

/// Runs to the end with its output shown; says what went wrong, if anything did.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{status}")),
        Err(error) => Err(format!("could not be started: {error}")),
    }
}

/// Runs to the end unseen; its standard output if it succeeded.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_not_a_success() {
        assert!(run(&mut Command::new("true")).is_ok());
        assert!(run(&mut Command::new("false")).is_err());
        assert!(run(&mut Command::new("no-such-program-here")).is_err());
        assert_eq!(output(&mut Command::new("false")), None);
    }

    #[test]
    fn what_cargo_run_says_is_not_passed_on() {
        let command = cargo(Path::new("."));
        let removed = command.get_envs().any(|(name, value)| {
            name.to_str()
                .is_some_and(|name| name.starts_with("CARGO_PKG_"))
                && value.is_none()
        });
        assert!(
            removed,
            "tests are started by cargo, so there is something to remove"
        );
    }

    #[test]
    fn the_shell_is_on_the_path_and_a_name_nobody_uses_is_not() {
        assert!(is_on_path("sh"));
        assert!(!is_on_path("no-such-program-here"));
    }
}
