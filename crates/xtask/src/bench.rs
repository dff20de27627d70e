//! `cargo xtask bench`: the measurements that documents quote, made again.
//!
//! Each prints lines with a `ratio`: against something measured on the same machine in
//! the same run, because seconds alone say more about the machine than about the code.

use std::process::Stdio;

use crate::house::House;
use crate::{programs, say};

/// A measurement: the crate, and its example.
const BENCHES: &[(&str, &str)] = &[
    ("store-sled", "bench_commit"),
    ("node", "bench_pull"),
    ("node", "bench_disk"),
    ("node", "bench_desk"),
    ("node", "bench_judge"),
    ("node", "bench_idle"),
];

/// Runs each in release; whether all came to their end and said a ratio.
pub(crate) fn command(house: &House) -> bool {
    let mut is_ok = true;
    for (member, example) in BENCHES {
        say::line(&format!("\n====== {member}: {example}"));
        match run(house, member, example) {
            Ok(lines) => lines.iter().for_each(|line| say::line(line)),
            Err(why) => {
                say::loud(&format!("{example}: {why}"));
                is_ok = false;
            }
        }
    }
    is_ok
}

fn run(house: &House, member: &str, example: &str) -> Result<Vec<String>, String> {
    let source = format!("crates/{member}/examples/{example}.rs");
    if !house.root.join(&source).is_file() {
        return Err(format!("there is no {source}"));
    }
    // Some measure the binary itself.
    let mut build = programs::cargo(&house.root);
    build.args(["build", "--release", "--quiet", "--package", "node"]);
    let status = build.status().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("the binary: {status}"));
    }
    let mut command = programs::cargo(&house.root);
    command
        .args(["run", "--release", "--quiet", "--package", member])
        .args(["--example", example]);
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("{}", output.status));
    }
    lines(&String::from_utf8_lossy(&output.stdout))
}

/// What was printed, if a ratio is in it.
fn lines(printed: &str) -> Result<Vec<String>, String> {
    let lines: Vec<String> = printed.lines().map(str::to_owned).collect();
    let has_ratio = lines.iter().any(|line| line.contains("ratio "));
    has_ratio
        .then_some(lines)
        .ok_or_else(|| "said no ratio".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_without_a_ratio_is_none() {
        let printed = "commits: 900 a second\nappends: 30 a second, ratio 30.00\n";
        assert_eq!(lines(printed).map(|lines| lines.len()), Ok(2));
        assert!(lines("commits: 900 a second\n").is_err());
        assert!(lines("").is_err());
    }
}
