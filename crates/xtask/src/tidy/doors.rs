//! Which crate may name which third party's crate, and ask for which features.
//!
//! A crate is a door: the only place that knows one thing. What tests name is free,
//! and `testkit`, which is never shipped, may open every door but two.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Finding;
use crate::house::{Member, Need, Package};

/// Third parties' crates (`*` at the end: all that begin so) and who may name them.
const DOORS: &[(&str, &[&str])] = &[
    ("anyhow", &["node", "xtask"]),
    ("askama", &["web"]),
    ("axum", &["api", "web", "serve", "node"]),
    ("cargo_metadata", &["xtask"]),
    ("clap", &["node", "xtask"]),
    ("ed25519-dalek", &["seal"]),
    ("fluent-*", &["web"]),
    ("http", &["api", "web", "serve", "client", "node"]),
    ("http-body*", &["api", "web", "serve", "client", "node"]),
    ("hyper", &["serve"]),
    ("hyper-util", &["serve"]),
    ("libc", &["store-sled"]),
    ("p256", &["seal"]),
    ("prometheus-client", &["node"]),
    ("reqwest", &["client"]),
    ("rustls", &["client", "node"]),
    ("schemars", &["api"]),
    ("sled", &["store-sled"]),
    ("tower", &["api", "web", "serve", "node"]),
    ("tracing-subscriber", &["node"]),
    ("unic-langid", &["web"]),
];

/// The doors that `testkit` may not open either.
const CLOSED_TO_TESTKIT: &[&str] = &["reqwest", "sled"];

/// What a crate may never name, where a list of who may would be too long.
const NEVER: &[(&str, &[&str])] = &[
    // A rule is a function of state and `now`.
    (
        "rules",
        &["async-trait", "getrandom", "serde", "serde_json"],
    ),
    // Text out of values, values out of text; nothing of it is the protocol.
    ("ical", &["async-trait", "getrandom", "serde", "serde_json"]),
];

/// Features that exist for tests, some of which break a check on purpose. No crate asks
/// another for one in a build that is installed.
const FEATURES_FOR_TESTS: &[&str] = &["contract-tests", "sabotage"];

/// The crates of which nothing is installed.
const NEVER_INSTALLED: &[&str] = &["fuzz", "testkit", "scenarios"];

/// The crates that are pure: no runtime is below them, at any depth.
const PURE: &[&str] = &["seal", "wire", "ical", "rules", "sync"];

/// What counts as a runtime.
const RUNTIMES: &[&str] = &["tokio", "async-std", "smol", "mio"];

/// Every third party's crate is named only by those who hold its door.
pub(super) fn check(members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in members {
        for dependency in member
            .dependencies
            .iter()
            .filter(|it| it.need != Need::Tests)
        {
            let name = dependency.name.as_str();
            if let Some((_, holders)) = DOORS.iter().find(|(door, _)| matches(door, name)) {
                let is_holder = holders.contains(&member.name.as_str());
                let is_let_in = member.name == "testkit" && !CLOSED_TO_TESTKIT.contains(&name);
                if !is_holder && !is_let_in {
                    let what = format!("names `{name}`; only {} may", holders.join(", "));
                    findings.push(Finding::failure("doors", &member.name, what));
                }
            }
            let never = NEVER.iter().find(|(room, _)| *room == member.name);
            if never.is_some_and(|(_, never)| never.contains(&name)) {
                let what = format!("may never name `{name}`: it holds nothing but values");
                findings.push(Finding::failure("doors", &member.name, what));
            }
            let asked = dependency.features.iter().map(String::as_str);
            let for_tests = asked.filter(|it| FEATURES_FOR_TESTS.contains(it));
            if !NEVER_INSTALLED.contains(&member.name.as_str()) {
                findings.extend(for_tests.map(|feature| {
                    let what = format!("asks `{name}` for `{feature}`, which is for tests only");
                    Finding::failure("doors", &member.name, what)
                }));
            }
        }
    }
    findings
}

/// Whether a name is behind this door.
fn matches(door: &str, name: &str) -> bool {
    match door.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => door == name,
    }
}

/// No runtime is below a pure crate, at any depth.
pub(super) fn without_runtime(packages: &BTreeMap<String, Package>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, package) in packages
        .iter()
        .filter(|(_, it)| PURE.contains(&it.name.as_str()))
    {
        for way in ways_to_a_runtime(packages, id) {
            let what = format!("must not reach a runtime, but does: {}", way.join(" -> "));
            findings.push(Finding::failure("doors", &package.name, what));
        }
    }
    findings
}

/// The shortest way to each runtime below the package `from`.
fn ways_to_a_runtime(packages: &BTreeMap<String, Package>, from: &str) -> Vec<Vec<String>> {
    let mut ways = Vec::new();
    let mut seen = BTreeSet::from([from.to_owned()]);
    let mut queue = VecDeque::from([(from.to_owned(), Vec::new())]);
    while let Some((id, mut way)) = queue.pop_front() {
        let Some(package) = packages.get(&id) else {
            continue;
        };
        way.push(package.name.clone());
        if RUNTIMES.contains(&package.name.as_str()) {
            ways.push(way);
            continue;
        }
        for next in &package.needs {
            if seen.insert(next.clone()) {
                queue.push_back((next.clone(), way.clone()));
            }
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::super::look::{finds_nothing, finds_one};
    use super::*;
    use crate::house::made_up::{member, member_with_tests};

    #[test]
    fn every_door_is_closed_to_a_crate_that_does_not_hold_it() {
        for (door, holders) in DOORS {
            let name = door.replace('*', "anything");
            for holder in *holders {
                finds_nothing(&check(&[member(holder, &[&name])]));
            }
            finds_one(&check(&[member("rules", &[&name])]), "rules", &name);
        }
    }

    #[test]
    fn tests_may_open_doors() {
        finds_nothing(&check(&[member_with_tests(
            "app",
            &[],
            &["ed25519-dalek", "axum"],
        )]));
    }

    #[test]
    fn the_testkit_may_not_open_two() {
        finds_nothing(&check(&[member("testkit", &["axum", "hyper"])]));
        finds_one(
            &check(&[member("testkit", &["reqwest"])]),
            "testkit",
            "reqwest",
        );
        finds_one(&check(&[member("testkit", &["sled"])]), "testkit", "sled");
    }

    #[test]
    fn rules_know_no_serialization() {
        finds_one(
            &check(&[member("rules", &["serde"])]),
            "rules",
            "may never name `serde`",
        );
    }

    #[test]
    fn a_feature_that_breaks_checks_is_for_tests_only() {
        let asks = |name: &str, need: Need| {
            let mut member = member_with_tests(name, &["seal"], &["seal"]);
            for dependency in member.dependencies.iter_mut().filter(|it| it.need == need) {
                dependency.features.push("sabotage".to_owned());
            }
            check(&[member])
        };
        finds_nothing(&asks("node", Need::Tests));
        finds_nothing(&asks("testkit", Need::Normal));
        finds_one(&asks("node", Need::Normal), "node", "for tests only");
    }

    fn graph(edges: &[(&str, &[&str])]) -> BTreeMap<String, Package> {
        let package = |name: &str, needs: &[&str]| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            is_ours: false,
            licence: None,
            needs: needs.iter().map(|&it| it.to_owned()).collect(),
        };
        edges
            .iter()
            .map(|(name, needs)| ((*name).to_owned(), package(name, needs)))
            .collect()
    }

    #[test]
    fn a_runtime_two_steps_below_a_pure_crate_is_found() {
        let packages = graph(&[
            ("seal", &["url", "bytes"]),
            ("url", &["tokio"]),
            ("bytes", &["url"]),
            ("tokio", &[]),
            ("serve", &["tokio"]),
        ]);
        finds_one(&without_runtime(&packages), "seal", "seal -> url -> tokio");
    }

    #[test]
    fn no_runtime_no_finding() {
        let packages = graph(&[("seal", &["url"]), ("url", &[]), ("serve", &["tokio"])]);
        finds_nothing(&without_runtime(&packages));
    }
}
