//! How many cases the tests against other people's data went through.
//!
//! Such a test reads its cases from a file. A file that is cut short, or a loop that
//! skips, would pass as well as the whole; so each test says how many cases it went
//! through, and here is written how many there are.
//!
//! A test says so by appending a line `name number` to the file that the environment
//! variable `ESCALE_COUNTS` names, if it is set. Two lines of one name do not add up:
//! the larger counts.

use std::collections::BTreeMap;

use super::{Context, Outcome};
use crate::say;

/// The cases that there are, by the name under which tests count them.
const CROSS_CHECKS: &[(&str, u64)] = &[
    // Project Wycheproof: signatures, a third of them to be refused.
    ("wycheproof_ed25519", 151),
    // C2SP CCTV: every combination of encodings that verifiers disagree on.
    ("cctv_ed25519", 914),
    // Project Wycheproof again, in algorithms and of key families that are all refused.
    ("wycheproof_jws", 401),
    ("wycheproof_jwk", 26),
    // JSONTestSuite: what every parser must accept, must refuse, and may do.
    ("json_test_suite", 318),
    // The figures of the Token Status List draft: four lists, place by place.
    ("status_list_figures", 4_194_304),
    // What is tried against seals, keys, papers, feeds, passports and desks.
    ("attacks", 409),
    // This project's own vectors, judged from the specifications alone in Python.
    ("vectors_by_python", 1_146),
    // Days, visits and receipts of the same, by the clocks of Python's `zoneinfo`.
    ("visits_by_zoneinfo", 1_207),
    // Events, their occurrences and seats of the same; and what their rules name, by PyPI
    // `python-dateutil`.
    ("events_by_zoneinfo", 1_038),
    ("rules_by_dateutil", 424),
    // What running nodes sign, and what every federation endpoint answers, judged by jwcrypto,
    // whole and altered: a few more where something was signed again meanwhile.
    ("live_by_jwcrypto", 400),
    // A chain of running nodes, whole and altered, by npm's `@openid-federation/core`.
    ("chains_by_openid_federation", 19),
    // Passports of our vectors and each change of one character, judged by npm's `@sd-jwt`.
    ("passports_by_sd_jwt", 14_729),
    // Every status of the lists in our vectors, read by the same.
    ("statuses_by_sd_jwt", 8_221),
    // Passports of running homes for `@sd-jwt`, and its passports at a running desk.
    ("live_by_sd_jwt", 682),
    // Documents and key bindings of our vectors and each change of one character, judged by
    // PyPI `joserfc`; passports of the same, by PyPI `sd-jwt`.
    ("seals_by_joserfc", 28_428),
    ("passports_by_python_sd_jwt", 19_313),
    // Passports of a running home for both, and theirs at a running desk: a few more where a
    // passport is longer.
    ("live_by_joserfc", 205),
    ("live_by_python_sd_jwt", 270),
    // The same documents and key bindings, judged by npm's `jose`; and what a running home
    // publishes and issues, with what `jose` signs at a running desk: a few more where a
    // feed is longer.
    ("seals_by_jose", 28_969),
    ("live_by_jose", 430),
    // The codes that a page draws, read by zxing-cpp.
    ("codes_by_zxing", 405),
    // One of each version that is shown, turned, blurred and noisy, in six views.
    ("codes_as_seen_by_zxing", 276),
    // What the page packs into codes, unpacked in Python.
    ("presentations_by_python", 8),
    // Dates of calendar files, found by icalendar with zones by name and by the files' own
    // definitions; and files altered in one way, each noticed.
    ("calendars_by_icalendar", 18_806),
    ("altered_calendars", 138),
    // Dates of what three running nodes give to whoever subscribes, by every filter, found by
    // icalendar in both ways; and feeds altered in one way, each noticed.
    ("feeds_by_icalendar", 174),
    ("altered_feeds", 168),
    // The lines that khal shows of a subscription of vdirsyncer, before and after a change.
    ("dates_by_khal", 24),
    // Codes on the screen of a phone whose line is cut, read by zxing-cpp and let in.
    ("offline_by_zxing", 2),
    // What the description of the routes lets an operator ask, asked by schemathesis: as
    // many as it makes, which is a little more or less each time, but never fewer.
    ("asked_as_described", 1_300),
    // The same, asked of a coordinator by nobody.
    ("asked_by_nobody", 700),
    // What a node gives to whoever watches it, sample by sample, by prometheus-client.
    ("metrics_by_prometheus", 40),
];

/// Whether the tests went through all of them.
pub(super) fn step(context: &Context) -> Outcome {
    let text = std::fs::read_to_string(&context.counts).unwrap_or_default();
    let counted = match read(&text) {
        Ok(counted) => counted,
        Err(line) => return Outcome::Failed(format!("a test counted in no known way: `{line}`")),
    };
    for (name, number) in &counted {
        say::line(&format!("count: {name} {number}"));
    }
    let short = short(&counted, CROSS_CHECKS);
    for line in &short {
        say::loud(&format!("fewer cases than there are: {line}"));
    }
    if short.is_empty() {
        Outcome::Passed(format!(
            "{} sets of other people's data",
            CROSS_CHECKS.len()
        ))
    } else if context.is_ci {
        Outcome::Failed(short.join(", "))
    } else {
        Outcome::NotRun(short.join(", "))
    }
}

/// The largest number under each name, or the line that is not `name number`.
fn read(text: &str) -> Result<BTreeMap<&str, u64>, &str> {
    let mut counted = BTreeMap::new();
    for line in text.lines() {
        let (name, number) = line.split_once(' ').ok_or(line)?;
        let number: u64 = number.parse().map_err(|_| line)?;
        let largest: &mut u64 = counted.entry(name).or_default();
        *largest = number.max(*largest);
    }
    Ok(counted)
}

/// The sets of which fewer cases were gone through than there are.
fn short(counted: &BTreeMap<&str, u64>, there_are: &[(&str, u64)]) -> Vec<String> {
    let of = |name: &str| counted.get(name).copied().unwrap_or_default();
    let short = there_are.iter().filter(|(name, number)| of(name) < *number);
    short
        .map(|(name, number)| format!("{name} {} of {number}", of(name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;

    const THERE_ARE: &[(&str, u64)] = &[("signatures", 151), ("texts", 318)];

    #[test]
    fn a_set_cut_short_or_left_out_is_found() {
        let short = |text: &str| super::short(&read(text).unwrap(), THERE_ARE);
        assert_eq!(
            short("signatures 151\ntexts 320\nothers 1\n"),
            Vec::<String>::new()
        );
        assert_eq!(
            short("signatures 150\ntexts 318\n"),
            ["signatures 150 of 151"]
        );
        assert_eq!(short("texts 318\n"), ["signatures 0 of 151"]);
    }

    #[test]
    fn half_a_count_twice_is_not_the_whole() {
        let counted = read("texts 159\ntexts 159\ntexts 100\n").unwrap();
        assert_eq!(counted.get("texts"), Some(&159));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_not_passed_over() {
        assert_eq!(read("texts\n"), Err("texts"));
        assert_eq!(read("texts many\n"), Err("texts many"));
    }

    #[test]
    fn nothing_counted_is_a_failure_in_ci_and_loud_elsewhere() {
        assert!(matches!(step(&context(true)), Outcome::Failed(_)));
        assert!(matches!(step(&context(false)), Outcome::NotRun(_)));
    }
}
