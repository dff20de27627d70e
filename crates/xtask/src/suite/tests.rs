//! The order of steps, and what is said of them.

use std::collections::BTreeMap;

use super::*;

/// A run that is not CI, of a workspace without anything in it.
pub(super) fn context(is_ci: bool) -> Context {
    Context {
        house: House {
            root: PathBuf::from("."),
            target: PathBuf::from("."),
            members: Vec::new(),
            packages: BTreeMap::new(),
        },
        choice: Choice {
            long: false,
            no_fmt: false,
        },
        is_ci,
        counts: PathBuf::from("no-such-file"),
    }
}

fn passes(_: &Context) -> Outcome {
    Outcome::Passed("3 things".to_owned())
}

fn fails(_: &Context) -> Outcome {
    Outcome::Failed("exit status: 1".to_owned())
}

fn is_not_run(_: &Context) -> Outcome {
    Outcome::NotRun("no network".to_owned())
}

const fn step(
    name: &'static str,
    after: Option<&'static str>,
    run: fn(&Context) -> Outcome,
) -> Step {
    Step { name, after, run }
}

fn words(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|row| {
            row.line()
                .split_whitespace()
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

#[test]
fn a_failing_step_hides_only_what_needs_it() {
    let steps = [
        step("release", None, fails),
        step("tests", None, passes),
        step("demo", Some("release"), passes),
        step("counts", Some("tests"), passes),
    ];
    let rows = run(&steps, &context(false));
    assert_eq!(
        words(&rows),
        ["release FAILED", "tests ok", "demo not", "counts ok"]
    );
}

#[test]
fn what_was_not_run_does_not_let_others_run_as_if_it_had() {
    let rows = run(
        &[step("a", None, is_not_run), step("b", Some("a"), passes)],
        &context(false),
    );
    assert_eq!(words(&rows), ["a not", "b not"]);
}

#[test]
fn the_table_says_what_happened_to_each_step() {
    let row = |step, outcome| Row {
        step,
        outcome,
        took: Duration::from_millis(1250),
    };
    let rows = [
        row("clippy", passes(&context(false))),
        row("tests", fails(&context(false))),
        row("demo", is_not_run(&context(false))),
    ];
    assert_eq!(
        table(&rows),
        [
            "clippy     ok          1.2 s  3 things",
            "tests      FAILED      1.2 s  exit status: 1",
            "demo       not run     1.2 s  no network",
            "all                    3.8 s",
        ]
    );
}

#[test]
fn the_closing_line_is_plain() {
    assert_eq!(closing_line(10, 1), "10 passed, 1 failed");
}

#[test]
fn every_step_comes_after_the_one_it_needs() {
    for (index, step) in STEPS.iter().enumerate() {
        let before: Vec<&str> = STEPS.iter().take(index).map(|step| step.name).collect();
        assert!(
            step.after.is_none_or(|after| before.contains(&after)),
            "{}",
            step.name
        );
        assert!(!before.contains(&step.name), "{} twice", step.name);
    }
}
