//! All that happened in a run, line by line, and a digest of it.

use std::collections::BTreeMap;
use std::fmt;

use wire::Sha256Hash;

use super::Setting;

/// What happened.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) lines: Vec<String>,
    hash: Sha256Hash,
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            hash: Sha256Hash::of(&[]),
            counts: BTreeMap::new(),
        }
    }
}

impl Trace {
    pub(crate) fn say(&mut self, line: String) {
        self.hash = Sha256Hash::of(&[&self.hash.0, line.as_bytes()]);
        self.lines.push(line);
    }

    pub(crate) fn count(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    pub(crate) fn add(&mut self, what: &'static str, count: u64) {
        *self.counts.entry(what).or_default() += count;
    }

    pub(crate) const fn hash(&self) -> Sha256Hash {
        self.hash
    }
}

/// What a run came to in which every invariant held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The digest of all that happened.
    pub trace: Sha256Hash,
    /// How many events there were.
    pub events: u64,
    /// How many of each kind, and what came of them.
    pub counts: BTreeMap<&'static str, u64>,
}

/// An invariant that did not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// How to see it again.
    pub setting: Setting,
    /// Which one.
    pub invariant: &'static str,
    /// What was found.
    pub what: String,
    /// All that had happened before.
    pub trace: Vec<String>,
}

/// How much of the trace is printed: its end is where it went wrong.
const PRINTED_LINES_MAX: usize = 400;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setting {
            seed,
            nodes,
            minutes,
            removed,
        } = self.setting;
        let left_out = self.trace.len().saturating_sub(PRINTED_LINES_MAX);
        if left_out > 0 {
            writeln!(f, "({left_out} lines before)")?;
        }
        for line in self.trace.iter().skip(left_out) {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "{} does not hold: {}", self.invariant, self.what)?;
        writeln!(f, "seed {seed}, {nodes} nodes, {minutes} minutes")?;
        if let Some(removed) = removed {
            writeln!(f, "without: {removed:?}")?;
        }
        write!(
            f,
            "again: cargo xtask simulate --seed {seed} --nodes {nodes} --minutes {minutes}"
        )
    }
}
