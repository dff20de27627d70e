//! Runs simulated clusters, each on its seed, and prints what came of them.
//!
//! `--seed N --nodes N --minutes N --seeds K`: K runs, of the seed and those after it.
//! Without a seed a fresh one is taken, and printed.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command speaks on its output")]

use std::hash::{BuildHasher as _, Hasher as _};
use std::process::ExitCode;

use testkit::cluster::{Setting, Village, simulate};

/// A day and a half: some four hundred events.
const MINUTES: u64 = 2_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            println!("simulate: {why}");
            ExitCode::FAILURE
        }
    }
}

/// What may be said on the command line, as numbers.
fn run(arguments: &[String]) -> Result<bool, String> {
    let (mut seed, mut nodes, mut minutes, mut seeds) = (fresh_seed(), 4, MINUTES, 1);
    for pair in arguments.chunks(2) {
        let [option, value] = pair else {
            return Err(format!("{} needs a number", pair.concat()));
        };
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("{option} {value}"))
        };
        match option.as_str() {
            "--seed" => seed = number()?,
            "--nodes" => nodes = usize::try_from(number()?).map_err(|it| it.to_string())?,
            "--minutes" => minutes = number()?,
            "--seeds" => seeds = number()?,
            _ => return Err(format!("no option `{option}`")),
        }
    }
    let nodes = nodes.max(3);
    println!("seed {seed}, {nodes} nodes, {minutes} minutes, {seeds} runs");
    let village = Village::of(nodes);
    let mut has_held = true;
    for seed in (0..seeds).map(|run| seed.wrapping_add(run)) {
        let setting = Setting {
            seed,
            nodes,
            minutes,
            removed: None,
        };
        match simulate(&village, setting) {
            Ok(report) => {
                let (trace, events) = (report.trace, report.events);
                println!("seed {seed}: {events} events, trace {trace}");
                let counts = report.counts.iter();
                let counts: Vec<_> = counts
                    .map(|(what, count)| format!("{what} {count}"))
                    .collect();
                println!("  {}", counts.join(", "));
            }
            Err(failure) => {
                println!("{failure}");
                has_held = false;
            }
        }
    }
    Ok(has_held)
}

/// A number that is another at every start, from the one source of chance that the
/// standard library has.
fn fresh_seed() -> u64 {
    let chance = std::collections::hash_map::RandomState::new();
    chance.build_hasher().finish() % 1_000_000_000
}
