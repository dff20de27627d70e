//! Holding the code to its own layout.
//!
//! Each rule is a function from what is there to a list of [`Finding`]s, with a
//! test that shows it something that breaks it. A rule says what to do about it.
//!
//! **Invariant:** nothing is repaired here, and no file is written.

use std::path::Path;
use std::time::Instant;

use crate::files;
use crate::house::House;
use crate::say;

mod alone;
pub(crate) mod documents;
mod doors;
mod edges;
mod licences;
mod log;
mod manifests;
mod sources;
mod wording;

/// Whether a finding stops a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It does.
    Failure,
    /// It is said, so that somebody thinks about it.
    Warning,
}

/// One thing that a rule found.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The rule.
    pub(crate) rule: &'static str,
    /// The file or crate.
    pub(crate) place: String,
    /// What is wrong, in one clause.
    pub(crate) what: String,
    /// Whether it stops a submission.
    pub(crate) weight: Weight,
}

impl Finding {
    /// Something that stops a submission.
    pub(crate) fn failure(rule: &'static str, place: &str, what: String) -> Self {
        Self {
            rule,
            place: place.to_owned(),
            what,
            weight: Weight::Failure,
        }
    }

    /// Something to think about.
    pub(crate) fn warning(rule: &'static str, place: &str, what: String) -> Self {
        Self {
            rule,
            place: place.to_owned(),
            what,
            weight: Weight::Warning,
        }
    }
}

/// `cargo xtask tidy`: whether the rules hold, and if asked each crate alone.
pub(crate) fn command(house: &House, each_alone: bool) -> anyhow::Result<bool> {
    let mut failures = report(&rules(house)?);
    match documents::newest_binary(&house.target) {
        Some(binary) => failures += report(&commands_named(house, &binary)?),
        None => say::line("tidy: not checked: commands of `escale` (it has not been built)"),
    }
    if each_alone {
        failures += report(&each_alone_findings(house));
    }
    say::line(&format!("tidy: {failures} to put right"));
    Ok(failures == 0)
}

/// Every rule that needs nothing to be built.
pub(crate) fn rules(house: &House) -> anyhow::Result<Vec<Finding>> {
    let started = Instant::now();
    let paths = files::paths(&house.root)?;
    let texts = files::texts(&house.root, &paths)?;
    let mut findings = edges::check(&house.members);
    findings.extend(doors::check(&house.members));
    findings.extend(doors::without_runtime(&house.packages));
    findings.extend(licences::check(&house.packages));
    findings.extend(manifests::check(&house.members, &texts)?);
    findings.extend(sources::check(&house.members, &paths, &texts));
    findings.extend(wording::check(&texts));
    findings.extend(log::check(&texts));
    let crates: Vec<&str> = house
        .members
        .iter()
        .filter(|member| member.manifest.starts_with("crates/"))
        .map(|member| member.name.as_str())
        .collect();
    // In a clone there is only what git keeps, so an empty folder does not exist.
    let exists = |path: &str| files::exists(&paths, path);
    findings.extend(documents::check(&texts, &crates, &exists));
    say::line(&format!(
        "tidy: {} crates, {} packages, {} files in {:.1} s",
        house.members.len(),
        house.packages.len(),
        paths.len(),
        started.elapsed().as_secs_f64()
    ));
    Ok(findings)
}

/// Whether documents name only commands that this `escale` has.
pub(crate) fn commands_named(house: &House, binary: &Path) -> anyhow::Result<Vec<Finding>> {
    let commands = documents::commands_of(binary)?;
    let paths = files::paths(&house.root)?;
    let texts = files::texts(&house.root, &paths)?;
    Ok(documents::check_escale_commands(&texts, &commands))
}

/// Each crate checked alone; what fails only together with others is not a failure here.
pub(crate) fn each_alone_findings(house: &House) -> Vec<Finding> {
    alone::check(house)
}

/// Prints findings; the number of those that stop a submission.
pub(crate) fn report(findings: &[Finding]) -> usize {
    for finding in findings {
        let word = match finding.weight {
            Weight::Failure => "error",
            Weight::Warning => "warning",
        };
        let Finding {
            rule,
            place,
            what,
            weight: _,
        } = finding;
        say::line(&format!("{word} [{rule}] {place}: {what}"));
    }
    findings
        .iter()
        .filter(|finding| finding.weight == Weight::Failure)
        .count()
}

/// What the tests of the rules look at.
#[cfg(test)]
pub(crate) mod look {
    use super::Finding;

    /// Where and what, one line each.
    pub(crate) fn lines(findings: &[Finding]) -> Vec<String> {
        findings
            .iter()
            .map(|it| format!("{}: {}", it.place, it.what))
            .collect()
    }

    /// The single finding is about `place`, and says `what` among other things.
    #[track_caller]
    pub(crate) fn finds_one(findings: &[Finding], place: &str, what: &str) {
        let lines = lines(findings);
        let [line] = lines.as_slice() else {
            panic!("not one finding: {lines:#?}")
        };
        assert!(line.starts_with(&format!("{place}: ")), "{line}");
        assert!(line.contains(what), "{line}");
    }

    /// Nothing was found.
    #[track_caller]
    pub(crate) fn finds_nothing(findings: &[Finding]) {
        assert_eq!(lines(findings), Vec::<String>::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_does_not_stop_a_submission() {
        let warning = Finding::warning("length", "a.rs", "long".to_owned());
        let failure = Finding::failure("length", "b.rs", "too long".to_owned());
        assert_eq!(report(std::slice::from_ref(&warning)), 0);
        assert_eq!(report(&[warning, failure]), 1);
    }
}
