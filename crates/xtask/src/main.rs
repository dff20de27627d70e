//! The development commands: `cargo xtask tidy`, `cargo xtask test`, `cargo xtask bench`,
//! `cargo xtask simulate`.
//!
//! `tidy` holds the code to the layout that `specs/architecture.md` describes.
//! `test` is all that a machine checks, in one order, on a developer's machine and
//! in continuous integration alike; `.ci/run` does nothing else.
//!
//! **Invariant:** a check that could not be run is said to have not been run. It
//! is never counted as passed, and with `CI=true` a missing program is a failure.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use anyhow::bail;

mod bench;
mod files;
mod house;
mod programs;
mod say;
mod simulate;
mod suite;
mod tidy;

/// The commands, as documents may name them, each with what it does.
const COMMANDS: &[(&str, &str)] = &[
    ("help", "says this"),
    (
        "tidy",
        "layout, dependencies, licences, documents; with --each-alone also checks each crate alone",
    ),
    (
        "test",
        "everything that can be checked; --long adds the long tests, --no-fmt leaves formatting out",
    ),
    ("bench", "the measurements that documents quote, in release"),
    (
        "fuzz",
        "each reader of what strangers send, by cargo-fuzz with nightly; --seconds for each",
    ),
    (
        "simulate",
        "clusters on seeds, in release; --seed, --nodes, --minutes, --seeds, each with a number",
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say::line(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs one command; the answer is whether all that it checked holds.
fn run(arguments: &[&str]) -> anyhow::Result<bool> {
    match arguments {
        [] | ["help" | "--help" | "-h", ..] => {
            say::line(&help());
            Ok(true)
        }
        ["tidy", options @ ..] => {
            let [each_alone] = flags(options, ["--each-alone"])?;
            let house = house::House::read()?;
            tidy::command(&house, each_alone)
        }
        ["test", options @ ..] => {
            let [long, no_fmt] = flags(options, ["--long", "--no-fmt"])?;
            Ok(suite::command(suite::Choice { long, no_fmt }))
        }
        ["bench", options @ ..] => {
            let [] = flags(options, [])?;
            Ok(bench::command(&house::House::read()?))
        }
        ["fuzz", "--seconds", seconds] => match seconds.parse() {
            Ok(seconds @ 1..) => Ok(suite::fuzz(&house::House::read()?, seconds)),
            Ok(0) | Err(_) => bail!("--seconds needs a number, not `{seconds}`"),
        },
        ["fuzz", ..] => bail!("fuzz needs --seconds, and a number"),
        ["simulate", options @ ..] => {
            let numbers = simulate::numbers(options)?;
            Ok(simulate::command(&house::House::read()?, &numbers))
        }
        [unknown, ..] => bail!("no command `{unknown}`\n{}", help()),
    }
}

/// Which of `known` are given; anything else is refused, so that a misspelt option
/// never passes for a smaller check.
fn flags<const N: usize>(given: &[&str], known: [&str; N]) -> anyhow::Result<[bool; N]> {
    if let Some(unknown) = given.iter().find(|option| !known.contains(option)) {
        bail!("no option `{unknown}`; there are: {}", known.join(", "));
    }
    Ok(known.map(|option| given.contains(&option)))
}

/// The list of commands.
fn help() -> String {
    let commands = COMMANDS
        .iter()
        .map(|(command, does)| format!("  {command:<10}{does}"));
    let commands: Vec<String> = commands.collect();
    format!(
        "Usage: cargo xtask COMMAND\n\nCommands:\n{}",
        commands.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fuzzer_needs_to_know_how_long() {
        for options in [
            &["fuzz"][..],
            &["fuzz", "--seconds"],
            &["fuzz", "--seconds", "0"],
            &["fuzz", "--seconds", "ten"],
            &["fuzz", "--minutes", "10"],
            &["fuzz", "--seconds", "10", "code"],
        ] {
            assert!(run(options).is_err(), "{options:?}");
        }
    }

    #[test]
    fn a_misspelt_option_is_refused() {
        assert_eq!(
            flags(&["--long"], ["--long", "--no-fmt"]).unwrap(),
            [true, false]
        );
        assert!(flags(&["--lnog"], ["--long", "--no-fmt"]).is_err());
    }

    #[test]
    fn every_command_is_in_the_help() {
        for (command, _) in COMMANDS {
            assert!(help().contains(&format!("\n  {command} ")));
        }
    }
}
