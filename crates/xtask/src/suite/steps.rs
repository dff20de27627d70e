//! The steps that cargo carries out.

use super::{Context, Outcome, binaries, peers};
use crate::files::TextFile;
use crate::tidy::documents;
use crate::{files, programs, say, tidy};

/// Formatting.
pub(super) fn format(context: &Context) -> Outcome {
    if context.choice.no_fmt {
        return Outcome::NotRun("--no-fmt".to_owned());
    }
    let mut command = programs::cargo(context.root());
    // The names of the files are enough: `cargo fmt` puts them right.
    Outcome::of(programs::run(
        command.args(["fmt", "--all", "--check", "--", "-l"]),
    ))
}

/// The rules of this project.
pub(super) fn tidy(context: &Context) -> Outcome {
    match tidy::rules(&context.house) {
        Ok(findings) => of_findings(&findings),
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

/// The compiler's warnings and clippy's, tests included.
pub(super) fn clippy(context: &Context) -> Outcome {
    let mut command = context.cargo(&["clippy", "--workspace", "--all-targets", "--quiet"]);
    Outcome::of(programs::run(command.args([
        "--keep-going",
        "--",
        "--deny",
        "warnings",
    ])))
}

/// Each crate without the others.
pub(super) fn each_alone(context: &Context) -> Outcome {
    of_findings(&tidy::each_alone_findings(&context.house))
}

/// The tests, by nextest where it is installed.
pub(super) fn tests(context: &Context) -> Outcome {
    // A count of an earlier run must not speak for this one.
    if let Err(error) = std::fs::remove_file(&context.counts)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Outcome::Failed(format!("{}: {error}", context.counts.display()));
    }
    let mut probe = programs::cargo(context.root());
    let has_nextest = programs::output(probe.args(["nextest", "--version"])).is_some();
    let mut command = if has_nextest {
        nextest(context)
    } else {
        plain_tests(context)
    };
    let target = &context.house.target;
    command
        .env("ESCALE_COUNTS", &context.counts)
        .env("ESCALE_BIN", binaries::honest(target))
        .env("ESCALE_SABOTAGE_BIN", binaries::sabotaged(target))
        .env("ESCALE_PEERS_PYTHON", peers::python(target))
        .env("ESCALE_PEERS_NODE_MODULES", peers::node_modules(target));
    match programs::run(&mut command) {
        Ok(()) => Outcome::Passed(tests_note(has_nextest, context.choice.long)),
        Err(why) => Outcome::Failed(why),
    }
}

/// Every test in a process of its own, and more of them than there are cores: what the
/// scenarios do most is wait. `.config/nextest.toml` says which do not go together.
///
/// The long tests are left out by the default filter in `.config/nextest.toml`.
fn nextest(context: &Context) -> std::process::Command {
    let mut command = context.cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    command.args(["--test-threads", &(2 * cores).to_string()]);
    if context.is_ci {
        command.args(["--profile", "ci"]);
    }
    if context.choice.long {
        command.arg("--ignore-default-filter");
    }
    command
}

/// The same tests without nextest.
fn plain_tests(context: &Context) -> std::process::Command {
    say::loud("cargo-nextest is not installed: `cargo test` is used, without its time limits");
    let mut command = context.cargo(&[
        "test",
        "--workspace",
        "--no-fail-fast",
        "--lib",
        "--bins",
        "--tests",
    ]);
    if !context.choice.long {
        command.args(["--", "--skip", "long_"]);
    }
    command
}

/// What is worth knowing about the tests that were run.
fn tests_note(has_nextest: bool, long: bool) -> String {
    let long = if long {
        "with the long ones"
    } else {
        "without the long ones"
    };
    let runner = if has_nextest { "" } else { ", without nextest" };
    format!("{long}{runner}")
}

/// The examples in the documentation.
pub(super) fn doc_tests(context: &Context) -> Outcome {
    let texts = files::paths(context.root()).and_then(|it| files::texts(context.root(), &it));
    match texts {
        Ok(texts) if texts.iter().any(has_example) => {
            let mut command = context.cargo(&["test", "--doc", "--workspace", "--quiet"]);
            Outcome::of(programs::run(&mut command))
        }
        Ok(_) => Outcome::NotRun("no example in the documentation".to_owned()),
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

/// Whether a file of a library documents something with an example that is run.
fn has_example(file: &TextFile) -> bool {
    let fences = file.text.lines().filter_map(|line| {
        let line = line.trim_start();
        let comment = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"))?;
        comment.trim().strip_prefix("```")
    });
    // Every second fence closes what the one before it opened.
    let mut opening = fences.step_by(2);
    file.is(".rs")
        && opening.any(|language| {
            ["", "rust", "should_panic", "no_run", "compile_fail"].contains(&language)
        })
}

/// The binary that is installed. It cannot be told to misbehave.
pub(super) fn release(context: &Context) -> Outcome {
    let mut command = context.cargo(&["build", "--release", "--package", "node", "--quiet"]);
    let binary = context.house.target.join("release").join("escale");
    Outcome::of(programs::run(&mut command).and_then(|()| binaries::cannot_misbehave(&binary)))
}

/// Documents name only commands that the binary just built has.
pub(super) fn commands(context: &Context) -> Outcome {
    let binary = context.house.target.join("release").join("escale");
    match documents::commands_of(&binary) {
        Ok(commands) if commands.is_empty() => {
            Outcome::NotRun("`escale --help` lists no commands".to_owned())
        }
        Ok(_) => match tidy::commands_named(&context.house, &binary) {
            Ok(findings) => of_findings(&findings),
            Err(error) => Outcome::Failed(format!("{error:#}")),
        },
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

/// From what rules found.
fn of_findings(findings: &[tidy::Finding]) -> Outcome {
    match tidy::report(findings) {
        0 => Outcome::Passed(String::new()),
        failures => Outcome::Failed(format!("{failures} to put right")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;
    use crate::files::made_up;

    #[test]
    fn an_example_is_told_from_a_drawing() {
        let is = |text: &str| has_example(&made_up("crates/a/src/lib.rs", text));
        assert!(is("/// ```\n/// assert!(true);\n/// ```\n"));
        assert!(is(
            "//! ```text\n//! a -> b\n//! ```\n//! ```rust\n//! ```\n"
        ));
        assert!(!is("//! ```text\n//! a -> b\n//! ```\n"));
        assert!(!is("let a = \"```\";\n"));
        assert!(!has_example(&made_up("specs/a.md", "/// ```\n")));
    }

    #[test]
    fn the_long_tests_are_asked_for_by_name() {
        let words = |long: bool| {
            let mut context = context(true);
            context.choice.long = long;
            let words = |command: std::process::Command| {
                let words = command
                    .get_args()
                    .map(|it| it.to_string_lossy().into_owned());
                words.collect::<Vec<_>>().join(" ")
            };
            (words(nextest(&context)), words(plain_tests(&context)))
        };
        let (nextest, plain) = words(false);
        assert!(
            nextest.contains(" --locked ") && nextest.ends_with("--profile ci"),
            "{nextest}"
        );
        assert!(plain.ends_with("-- --skip long_"), "{plain}");
        let (nextest, plain) = words(true);
        assert!(nextest.ends_with("--ignore-default-filter"), "{nextest}");
        assert!(!plain.contains("skip"), "{plain}");
    }

    #[test]
    fn findings_fail_a_step_and_warnings_do_not() {
        let warning = tidy::Finding::warning("a", "b", "c".to_owned());
        let failure = tidy::Finding::failure("a", "b", "c".to_owned());
        assert_eq!(of_findings(&[warning]), Outcome::Passed(String::new()));
        assert_eq!(
            of_findings(&[failure]),
            Outcome::Failed("1 to put right".to_owned())
        );
    }
}
