//! `cargo xtask simulate`: simulated clusters, each on its seed, in release.
//!
//! The tests run two hundred short ones; this runs as many and as long as are asked for,
//! and shows again what a failing test has printed.

use anyhow::bail;

use crate::house::House;
use crate::{programs, say};

/// What may be said, each with a number after it.
const OPTIONS: &[&str] = &["--seed", "--nodes", "--minutes", "--seeds"];

/// The options as they are handed on; anything else is refused before hours are spent.
pub(crate) fn numbers(options: &[&str]) -> anyhow::Result<Vec<String>> {
    for pair in options.chunks(2) {
        let [option, number] = pair else {
            bail!("{} needs a number", pair.concat());
        };
        if !OPTIONS.contains(option) {
            bail!("no option `{option}`; there are: {}", OPTIONS.join(", "));
        }
        if number.parse::<u64>().is_err() {
            bail!("{option} needs a number, not `{number}`");
        }
    }
    Ok(options.iter().map(|it| (*it).to_owned()).collect())
}

/// Runs them; whether every invariant held.
pub(crate) fn command(house: &House, numbers: &[String]) -> bool {
    let mut command = programs::cargo(&house.root);
    command
        .args(["run", "--release", "--quiet", "--package", "testkit"])
        .args(["--example", "simulate", "--"])
        .args(numbers);
    match programs::run(&mut command) {
        Ok(()) => true,
        Err(why) => {
            say::loud(&format!("simulate: {why}"));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_handed_on() {
        let handed_on = numbers(&["--seed", "7", "--nodes", "5"]).unwrap();
        assert_eq!(handed_on, ["--seed", "7", "--nodes", "5"]);
        assert!(numbers(&["--seed"]).is_err());
        assert!(numbers(&["--seed", "seven"]).is_err());
        assert!(numbers(&["--sede", "7"]).is_err());
    }
}
