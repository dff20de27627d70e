//! Other people's packages, Python's in a virtual environment and npm's in a folder of
//! their own: they judge what this project signs.
//!
//! Each is installed once for each list of packages, and lies beside what cargo builds.
//! Nothing of it goes into the product.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Context;
use crate::{programs, say};

/// The list of Python's packages, each with its version.
const REQUIREMENTS: &str = "tests/peers/requirements.txt";

/// The lists of npm's packages: those that are asked for, and with digests all that they
/// bring. The second is written by `npm install --package-lock-only
/// --omit-lockfile-registry-resolved`, so that it names no address.
const NPM: &[&str] = &["tests/peers/package.json", "tests/peers/package-lock.json"];

/// The environment of Python.
fn venv(target: &Path) -> PathBuf {
    target.join("peers-venv")
}

/// Its Python.
pub(super) fn python(target: &Path) -> PathBuf {
    venv(target).join("bin").join("python")
}

/// The folder in which npm installs.
fn npm(target: &Path) -> PathBuf {
    target.join("peers-npm")
}

/// Its packages.
pub(super) fn node_modules(target: &Path) -> PathBuf {
    npm(target).join("node_modules")
}

/// The lists of packages that a folder was made for, once it is whole.
fn stamp(folder: &Path) -> PathBuf {
    folder.join("made-for.txt")
}

/// Makes the environment of Python, unless it is there and has these very packages.
pub(super) fn make_python(context: &Context) -> Result<(), String> {
    let target = &context.house.target;
    let folder = venv(target);
    make(context, &folder, &[REQUIREMENTS], |packages| {
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
        .args(packages);
        programs::run(quiet(&mut pip)).map_err(|why| format!("no packages: {why}"))
    })
}

/// Installs npm's packages, unless these very ones are there.
///
/// Their scripts are not run: nothing of them needs to be built.
pub(super) fn make_npm(context: &Context) -> Result<(), String> {
    let folder = npm(&context.house.target);
    make(context, &folder, NPM, |packages| {
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        for list in packages {
            let name = list.file_name().unwrap_or_default();
            std::fs::copy(list, folder.join(name)).map_err(|error| error.to_string())?;
        }
        let mut npm = Command::new("npm");
        npm.current_dir(&folder)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        programs::run(quiet(&mut npm)).map_err(|why| format!("no packages: {why}"))
    })
}

/// Installs what the lists say, unless the folder was made for them.
fn make(
    context: &Context,
    folder: &Path,
    lists: &[&str],
    install: impl FnOnce(&[PathBuf]) -> Result<(), String>,
) -> Result<(), String> {
    let mut wanted = String::new();
    let mut packages = Vec::new();
    for list in lists {
        let path = context.root().join(list);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{list}: {error}"))?;
        wanted.push_str(&text);
        packages.push(path);
    }
    let stamp = stamp(folder);
    if std::fs::read_to_string(&stamp).is_ok_and(|made_for| made_for == wanted) {
        return Ok(());
    }
    // First: what is made half has no stamp, not even an old one.
    if let Err(error) = std::fs::remove_file(&stamp)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error.to_string());
    }
    say::line(&format!("installing the packages of {}", lists.join(", ")));
    install(&packages)?;
    // Last: what was not finished has no stamp.
    std::fs::write(stamp, wanted).map_err(|error| error.to_string())
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null())
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;

    fn context_in(folder: &Path, lists: &[&str]) -> Context {
        let mut context = context(false);
        context.house.root = folder.to_owned();
        context.house.target = folder.join("target");
        for list in lists {
            let path = folder.join(list);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("the text of {list}\n")).unwrap();
        }
        context
    }

    /// What `make` says, and whether it installed.
    fn made(context: &Context, lists: &[&str], install: Result<(), String>) -> (bool, bool) {
        let folder = context.house.target.join("packages");
        let mut installed = false;
        let made = make(context, &folder, lists, |_| {
            installed = true;
            std::fs::create_dir_all(&folder).unwrap();
            install
        });
        (made.is_ok(), installed)
    }

    #[test]
    fn packages_that_are_there_are_not_installed_again() {
        let folder = tempfile::tempdir().unwrap();
        let context = context_in(folder.path(), NPM);
        assert_eq!(made(&context, NPM, Ok(())), (true, true));
        assert_eq!(made(&context, NPM, Ok(())), (true, false));
    }

    #[test]
    fn another_list_is_installed_and_what_was_not_finished_once_more() {
        let folder = tempfile::tempdir().unwrap();
        let context = context_in(folder.path(), NPM);
        assert_eq!(made(&context, NPM, Ok(())), (true, true));
        for list in NPM {
            std::fs::write(folder.path().join(list), "another\n").unwrap();
            let failed = Err("no network".to_owned());
            assert_eq!(made(&context, NPM, failed), (false, true), "{list}");
            assert_eq!(made(&context, NPM, Ok(())), (true, true), "{list}");
        }
    }

    #[test]
    fn without_a_list_nothing_is_installed() {
        let folder = tempfile::tempdir().unwrap();
        let context = context_in(folder.path(), &[]);
        assert!(make_python(&context).unwrap_err().contains(REQUIREMENTS));
        let context = context_in(folder.path(), &NPM[..1]);
        assert!(make_npm(&context).unwrap_err().contains("package-lock"));
    }

    #[test]
    fn the_list_of_npm_has_digests_and_no_addresses() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let text = std::fs::read_to_string(root.join("tests/peers/package-lock.json")).unwrap();
        let packages = text.matches("\"node_modules/").count();
        assert!(packages > 0);
        assert_eq!(text.matches("\"integrity\": \"sha512-").count(), packages);
        assert_eq!(text.matches("\"resolved\"").count(), 0);
    }
}
