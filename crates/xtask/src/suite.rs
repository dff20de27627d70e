//! `cargo xtask test`: everything that a machine checks, in one order.
//!
//! A step that fails does not hide the next one, unless that one needs it. At the end
//! stands a table of all steps, and on the last line how many passed and failed.
//!
//! All steps build in one folder with the same flags, so that nothing is built twice.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::house::House;
use crate::{programs, say};

mod binaries;
mod counts;
mod demo;
mod hostile;
mod needs;
mod peers;
mod steps;

pub(crate) use hostile::command as fuzz;

/// What whoever starts the command may choose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// Also the tests whose name begins with `long_`.
    pub(crate) long: bool,
    /// Leave out the check of formatting, while somebody is still writing.
    pub(crate) no_fmt: bool,
}

/// What every step knows.
struct Context {
    /// The workspace.
    house: House,
    /// What was chosen.
    choice: Choice,
    /// Whether this run decides if a submission lands.
    is_ci: bool,
    /// Where tests write how many cases they went through.
    counts: PathBuf,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// All that it checks holds; what is worth knowing about it.
    Passed(String),
    /// Something does not hold.
    Failed(String),
    /// It checked nothing, and why.
    NotRun(String),
}

/// One step.
struct Step {
    /// Its name in the table.
    name: &'static str,
    /// A step without whose success this one cannot be run.
    after: Option<&'static str>,
    /// What it does.
    run: fn(&Context) -> Outcome,
}

/// The steps in their order: what is quick and often wrong comes first.
const STEPS: &[Step] = &[
    Step {
        name: "needs",
        after: None,
        run: needs::step,
    },
    Step {
        name: "format",
        after: None,
        run: steps::format,
    },
    Step {
        name: "tidy",
        after: None,
        run: steps::tidy,
    },
    Step {
        name: "clippy",
        after: None,
        run: steps::clippy,
    },
    Step {
        name: "each-alone",
        after: None,
        run: steps::each_alone,
    },
    Step {
        name: "binaries",
        after: None,
        run: binaries::step,
    },
    Step {
        name: "tests",
        after: Some("binaries"),
        run: steps::tests,
    },
    Step {
        name: "doc-tests",
        after: None,
        run: steps::doc_tests,
    },
    Step {
        name: "counts",
        after: Some("tests"),
        run: counts::step,
    },
    Step {
        name: "fuzz",
        after: None,
        run: hostile::fuzz,
    },
    Step {
        name: "mutants",
        after: None,
        run: hostile::mutants,
    },
    Step {
        name: "release",
        after: None,
        run: steps::release,
    },
    Step {
        name: "commands",
        after: Some("release"),
        run: steps::commands,
    },
    Step {
        name: "demo",
        after: Some("release"),
        run: demo::step,
    },
];

/// A line of the table at the end.
#[derive(Debug)]
struct Row {
    step: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// Runs every step; whether none failed.
pub(crate) fn command(choice: Choice) -> bool {
    let house = match House::read() {
        Ok(house) => house,
        Err(error) => {
            say::loud(&format!("the workspace cannot be read: {error:#}"));
            say::line(&closing_line(0, 1));
            return false;
        }
    };
    let counts = house.target.join("escale-counts.txt");
    let context = Context {
        house,
        choice,
        is_ci: programs::is_ci(),
        counts,
    };
    let rows = run(STEPS, &context);
    say::line("");
    for line in table(&rows) {
        say::line(&line);
    }
    let failed = rows
        .iter()
        .filter(|row| matches!(row.outcome, Outcome::Failed(_)))
        .count();
    let passed = rows
        .iter()
        .filter(|row| matches!(row.outcome, Outcome::Passed(_)))
        .count();
    say::line("");
    say::line(&closing_line(passed, failed));
    failed == 0
}

/// Runs the steps one after the other.
fn run(steps: &[Step], context: &Context) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for step in steps {
        let started = Instant::now();
        let missing = step.after.filter(|after| {
            !rows
                .iter()
                .any(|row| row.step == *after && matches!(row.outcome, Outcome::Passed(_)))
        });
        let outcome = if let Some(after) = missing {
            Outcome::NotRun(format!("`{after}` did not pass"))
        } else {
            say::line(&format!("\n====== {}", step.name));
            (step.run)(context)
        };
        let row = Row {
            step: step.name,
            outcome,
            took: started.elapsed(),
        };
        say::line(&format!("====== {}", row.line()));
        rows.push(row);
    }
    rows
}

impl Row {
    /// The step, how it ended, its seconds, and what there is to say.
    fn line(&self) -> String {
        let (word, note) = match &self.outcome {
            Outcome::Passed(note) => ("ok", note),
            Outcome::Failed(why) => ("FAILED", why),
            Outcome::NotRun(why) => ("not run", why),
        };
        let seconds = self.took.as_secs_f64();
        format!("{:<11}{word:<8}{seconds:>7.1} s  {note}", self.step)
            .trim_end()
            .to_owned()
    }
}

/// The table at the end.
fn table(rows: &[Row]) -> Vec<String> {
    let total: Duration = rows.iter().map(|row| row.took).sum();
    let mut lines: Vec<String> = rows.iter().map(Row::line).collect();
    lines.push(format!("{:<19}{:>7.1} s", "all", total.as_secs_f64()));
    lines
}

/// The line that is read by machines: steps, not tests.
fn closing_line(passed: usize, failed: usize) -> String {
    format!("{passed} passed, {failed} failed")
}

impl Outcome {
    /// From what a program did.
    fn of(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self::Passed(String::new()),
            Err(why) => Self::Failed(why),
        }
    }
}

impl Context {
    /// Where the workspace lies.
    fn root(&self) -> &Path {
        &self.house.root
    }

    /// Cargo with these words; in CI it may not change the lock file.
    fn cargo(&self, words: &[&str]) -> std::process::Command {
        let mut command = programs::cargo(self.root());
        command.args(words);
        if self.is_ci {
            command.arg("--locked");
        }
        command
    }
}

#[cfg(test)]
mod tests;
