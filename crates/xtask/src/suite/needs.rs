//! The programs that tests use and no crate brings: said, and installed if possible.

use std::process::{Command, Stdio};

use super::{Context, Outcome};
use crate::{programs, say};

/// One program that tests start.
struct Need {
    /// What is looked for on the path.
    program: &'static str,
    /// The Debian package that has it.
    package: &'static str,
    /// What cannot be checked without it.
    for_what: &'static str,
}

/// The programs. Nothing of them goes into the product.
const NEEDS: &[Need] = &[
    Need {
        program: "chromium",
        package: "chromium",
        for_what: "the pages in a real browser",
    },
    Need {
        program: "chromedriver",
        package: "chromium-driver",
        for_what: "clicking through the pages",
    },
    Need {
        program: "strace",
        package: "strace",
        for_what: "the order in which data reaches disk",
    },
];

/// Looks for each, installs what is missing, and says what cannot be checked.
pub(super) fn step(context: &Context) -> Outcome {
    let missing = missing(NEEDS, programs::is_on_path);
    for need in NEEDS {
        say::line(&format!("need: {:<13} for {}", need.program, need.for_what));
    }
    if missing.is_empty() {
        return Outcome::Passed("all there".to_owned());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if let Err(why) = install(&packages) {
        say::loud(&format!(
            "{} could not be installed: {why}",
            packages.join(", ")
        ));
    }
    outcome(&self::missing(NEEDS, programs::is_on_path), context.is_ci)
}

/// Those of `needs` that are not there.
fn missing(needs: &'static [Need], is_there: impl Fn(&str) -> bool) -> Vec<&'static Need> {
    needs
        .iter()
        .filter(|need| !is_there(need.program))
        .collect()
}

/// What still is not there fails a submission, and is loud elsewhere.
fn outcome(missing: &[&Need], is_ci: bool) -> Outcome {
    for need in missing {
        say::loud(&format!(
            "{} is not there; not checked: {}",
            need.program, need.for_what
        ));
    }
    let names: Vec<&str> = missing.iter().map(|need| need.program).collect();
    if names.is_empty() {
        Outcome::Passed("installed what was missing".to_owned())
    } else if is_ci {
        Outcome::Failed(format!("not there: {}", names.join(", ")))
    } else {
        Outcome::NotRun(format!("not there: {}", names.join(", ")))
    }
}

/// Installs Debian packages, if that is possible here.
fn install(packages: &[&str]) -> Result<(), String> {
    if !programs::is_on_path("apt-get") {
        return Err("this is not a Debian".to_owned());
    }
    let user = programs::output(Command::new("id").arg("-u"));
    if user.as_deref().map(str::trim) != Some("0") {
        return Err(format!(
            "not root; `apt-get install {}` would",
            packages.join(" ")
        ));
    }
    say::line(&format!("installing {}", packages.join(", ")));
    programs::run(apt_get().arg("update"))?;
    programs::run(
        apt_get()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages),
    )
}

/// `apt-get` that asks nothing, says little, and gives up without a network.
fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args([
            "-qq",
            "-o",
            "Dpkg::Use-Pty=0",
            "-o",
            "Acquire::http::Timeout=30",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_fails_a_submission_and_is_loud_elsewhere() {
        let missing = missing(NEEDS, |program| program != "strace");
        assert_eq!(
            missing.iter().map(|need| need.package).collect::<Vec<_>>(),
            ["strace"]
        );
        assert_eq!(
            outcome(&missing, true),
            Outcome::Failed("not there: strace".to_owned())
        );
        assert_eq!(
            outcome(&missing, false),
            Outcome::NotRun("not there: strace".to_owned())
        );
    }

    #[test]
    fn nothing_missing_passes() {
        assert!(missing(NEEDS, |_| true).is_empty());
        assert!(matches!(outcome(&[], true), Outcome::Passed(_)));
    }
}
