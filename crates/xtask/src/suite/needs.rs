//! The programs that tests use and no crate brings: said, and installed if possible.

use std::process::{Command, Stdio};

use super::{Context, Outcome, peers};
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
        program: "faketime",
        package: "faketime",
        for_what: "a node whose clock is wrong",
    },
    Need {
        program: "node",
        package: "nodejs",
        for_what: "passports, by other people's library",
    },
    Need {
        program: "npm",
        package: "npm",
        for_what: "installing that library",
    },
    Need {
        program: "python3",
        package: "python3-venv",
        for_what: "what we sign, by other people's cryptography",
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
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !packages.is_empty()
        && let Err(why) = install(&packages)
    {
        say::loud(&format!(
            "{} could not be installed: {why}",
            packages.join(", ")
        ));
    }
    let missing = self::missing(NEEDS, programs::is_on_path);
    let mut not_there: Vec<String> = missing.iter().map(|need| said(need)).collect();
    for (whose, made) in [
        ("Python", peers::make_python(context)),
        ("npm", peers::make_npm(context)),
    ] {
        if let Err(why) = made {
            not_there.push(format!("the packages of {whose} ({why})"));
        }
    }
    outcome(&not_there, context.is_ci)
}

fn said(need: &Need) -> String {
    say::loud(&format!(
        "{} is not there; not checked: {}",
        need.program, need.for_what
    ));
    need.program.to_owned()
}

/// Those of `needs` that are not there.
fn missing(needs: &'static [Need], is_there: impl Fn(&str) -> bool) -> Vec<&'static Need> {
    needs
        .iter()
        .filter(|need| !is_there(need.program))
        .collect()
}

/// What still is not there fails a submission, and is loud elsewhere.
fn outcome(not_there: &[String], is_ci: bool) -> Outcome {
    let what = format!("not there: {}", not_there.join(", "));
    if not_there.is_empty() {
        Outcome::Passed("all there".to_owned())
    } else if is_ci {
        Outcome::Failed(what)
    } else {
        say::loud(&what);
        Outcome::NotRun(what)
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
        let missing: Vec<String> = missing.iter().map(|need| said(need)).collect();
        let what = "not there: strace".to_owned();
        assert_eq!(outcome(&missing, true), Outcome::Failed(what.clone()));
        assert_eq!(outcome(&missing, false), Outcome::NotRun(what));
    }

    #[test]
    fn nothing_missing_passes() {
        assert!(missing(NEEDS, |_| true).is_empty());
        assert!(matches!(outcome(&[], true), Outcome::Passed(_)));
    }
}
