//! Other people's Python packages, in a virtual environment of their own: they judge
//! what this project signs.
//!
//! The environment is made once for each list of packages, and lies beside what cargo
//! builds. Nothing of it goes into the product.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Context;
use crate::{programs, say};

/// The list of packages, each with its version.
const PACKAGES: &str = "tests/peers/requirements.txt";

/// The environment.
fn folder(target: &Path) -> PathBuf {
    target.join("peers-venv")
}

/// Its Python.
pub(super) fn python(target: &Path) -> PathBuf {
    folder(target).join("bin").join("python")
}

/// The list of packages that the environment was made for, once it is whole.
fn stamp(target: &Path) -> PathBuf {
    folder(target).join("made-for.txt")
}

/// Makes the environment, unless it is there and has these very packages.
pub(super) fn make(context: &Context) -> Result<(), String> {
    let target = &context.house.target;
    let packages = context.root().join(PACKAGES);
    let wanted =
        std::fs::read_to_string(&packages).map_err(|error| format!("{PACKAGES}: {error}"))?;
    if std::fs::read_to_string(stamp(target)).is_ok_and(|made_for| made_for == wanted) {
        return Ok(());
    }
    say::line(&format!("installing the packages of {PACKAGES}"));
    let folder = folder(target);
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    programs::run(quiet(&mut venv)).map_err(|why| format!("no virtual environment: {why}"))?;
    let mut pip = Command::new(python(target));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--retries",
        "2",
    ])
    .args(["--disable-pip-version-check", "--requirement"])
    .arg(&packages);
    programs::run(quiet(&mut pip)).map_err(|why| format!("no packages: {why}"))?;
    // Last: an environment that was not finished has no stamp.
    std::fs::write(stamp(target), wanted).map_err(|error| error.to_string())
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null())
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;

    fn context_in(folder: &Path, packages: &str) -> Context {
        let mut context = context(false);
        context.house.root = folder.to_owned();
        context.house.target = folder.join("target");
        let list = folder.join(PACKAGES);
        std::fs::create_dir_all(list.parent().unwrap()).unwrap();
        std::fs::write(list, packages).unwrap();
        context
    }

    #[test]
    fn an_environment_for_these_packages_is_not_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let context = context_in(folder.path(), "jwcrypto==1\n");
        let stamp = stamp(&context.house.target);
        std::fs::create_dir_all(stamp.parent().unwrap()).unwrap();
        std::fs::write(&stamp, "jwcrypto==1\n").unwrap();
        assert_eq!(make(&context), Ok(()));
        assert!(!python(&context.house.target).exists(), "nothing was made");
    }

    #[test]
    fn without_a_list_there_is_no_environment() {
        let folder = tempfile::tempdir().unwrap();
        let mut context = context(false);
        context.house.root = folder.path().to_owned();
        assert!(make(&context).unwrap_err().contains(PACKAGES));
    }
}
