//! Which crate may name which: the diagram in `specs/architecture.md`, as a table.
//!
//! **Invariant:** the table has no cycle, and a crate without a row is refused, so
//! that a new crate cannot arrive without somebody saying where it stands.

use super::Finding;
use crate::house::{Member, Need};

/// One crate and what it may name in every build.
struct Row {
    name: &'static str,
    may_name: &'static [&'static str],
}

/// The diagram. Arrows go down only.
const ROWS: &[Row] = &[
    Row {
        name: "seal",
        may_name: &[],
    },
    Row {
        name: "wire",
        may_name: &["seal"],
    },
    Row {
        name: "ical",
        may_name: &[],
    },
    Row {
        name: "rules",
        may_name: &["wire", "seal"],
    },
    Row {
        name: "sync",
        may_name: &["wire", "seal"],
    },
    Row {
        name: "store",
        may_name: &[],
    },
    Row {
        name: "store-sled",
        may_name: &["store"],
    },
    Row {
        name: "client",
        may_name: &["wire", "seal"],
    },
    Row {
        name: "serve",
        may_name: &[],
    },
    // It knows no HTTP, and asks nobody: the workers in `node` do.
    Row {
        name: "app",
        may_name: &["rules", "sync", "store", "wire", "ical", "seal"],
    },
    // These two know neither the store nor each other.
    Row {
        name: "api",
        may_name: &["app", "rules", "wire", "ical", "seal"],
    },
    Row {
        name: "web",
        may_name: &["app", "rules", "wire"],
    },
    Row {
        name: "node",
        may_name: &[
            "api",
            "app",
            "client",
            "ical",
            "rules",
            "seal",
            "serve",
            "store",
            "store-sled",
            "sync",
            "web",
            "wire",
        ],
    },
    // Development.
    Row {
        name: "testkit",
        may_name: &[
            "api", "app", "client", "ical", "rules", "seal", "serve", "store", "sync", "web",
            "wire",
        ],
    },
    Row {
        name: "fuzz",
        may_name: &["ical", "rules", "seal", "wire"],
    },
    Row {
        name: "scenarios",
        may_name: &[
            "api",
            "app",
            "client",
            "ical",
            "node",
            "rules",
            "seal",
            "serve",
            "store",
            "store-sled",
            "sync",
            "testkit",
            "web",
            "wire",
        ],
    },
    Row {
        name: "xtask",
        may_name: &[],
    },
];

/// Storage engines, and who may name one, tests included.
const ENGINES: &[&str] = &["store-sled", "store-postgres"];
const MAY_NAME_AN_ENGINE: &[&str] = &["node", "testkit", "scenarios"];

/// What no crate's tests may name either: these end the tree.
const NEVER_NAMED: &[(&str, &[&str])] =
    &[("xtask", &[]), ("scenarios", &[]), ("node", &["scenarios"])];

/// Every dependency of one of our crates on another is in the table.
pub(super) fn check(members: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_ours = |name: &str| members.iter().any(|member| member.name == name);
    for member in members {
        let Some(row) = ROWS.iter().find(|row| row.name == member.name) else {
            let what = "has no row in the table of `crates/xtask/src/tidy/edges.rs`".to_owned();
            findings.push(Finding::failure("edges", &member.name, what));
            continue;
        };
        for dependency in member.dependencies.iter().filter(|it| is_ours(&it.name)) {
            let allowed = match dependency.need {
                Need::Normal | Need::Build => row.may_name.contains(&dependency.name.as_str()),
                Need::Tests => tests_may_name(&member.name, &dependency.name),
            };
            if !allowed {
                let whose = match dependency.need {
                    Need::Normal | Need::Build => "may not name",
                    Need::Tests => "may not name, even in tests,",
                };
                let what = format!("{whose} `{}`", dependency.name);
                findings.push(Finding::failure("edges", &member.name, what));
            }
        }
    }
    findings
}

/// Tests may name any room but the ends of the tree, and no engine below `node`.
fn tests_may_name(member: &str, named: &str) -> bool {
    if ENGINES.contains(&named) {
        return MAY_NAME_AN_ENGINE.contains(&member);
    }
    NEVER_NAMED
        .iter()
        .find(|(end, _)| *end == named)
        .is_none_or(|(_, by)| by.contains(&member))
}

#[cfg(test)]
mod tests {
    use super::super::look::{finds_nothing, finds_one};
    use super::*;
    use crate::house::made_up::{member, member_with_tests};

    #[test]
    fn an_arrow_down_is_allowed() {
        finds_nothing(&check(&[
            member("seal", &[]),
            member("wire", &["seal", "serde"]),
        ]));
    }

    #[test]
    fn an_arrow_up_is_found() {
        let members = [member("seal", &["wire"]), member("wire", &[])];
        finds_one(&check(&members), "seal", "may not name `wire`");
    }

    #[test]
    fn app_knows_neither_client_nor_api_nor_web() {
        for above in ["client", "api", "web", "node"] {
            let members = [member("app", &[above]), member(above, &[])];
            finds_one(&check(&members), "app", "may not name");
        }
    }

    #[test]
    fn api_and_web_know_neither_the_store_nor_each_other() {
        for (one, other) in [
            ("api", "web"),
            ("web", "api"),
            ("api", "store"),
            ("web", "store"),
        ] {
            finds_one(
                &check(&[member(one, &[other]), member(other, &[])]),
                one,
                "may not name",
            );
        }
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        finds_one(&check(&[member("attic", &[])]), "attic", "has no row");
    }

    #[test]
    fn tests_may_use_the_testkit_but_no_engine() {
        let testkit = member("testkit", &[]);
        let engine = member("store-sled", &[]);
        finds_nothing(&check(&[
            member_with_tests("app", &[], &["testkit"]),
            testkit,
        ]));
        let app = member_with_tests("app", &[], &["store-sled"]);
        finds_one(&check(&[app, engine.clone()]), "app", "even in tests");
        let scenarios = member_with_tests("scenarios", &[], &["store-sled"]);
        finds_nothing(&check(&[scenarios, engine.clone()]));
        finds_one(
            &check(&[member("testkit", &["store-sled"]), engine]),
            "testkit",
            "store-sled",
        );
    }

    #[test]
    fn the_table_has_no_cycle() {
        // A row may only name rows that can be taken away before it.
        let mut left: Vec<&Row> = ROWS.iter().collect();
        while !left.is_empty() {
            let names: Vec<&str> = left.iter().map(|row| row.name).collect();
            let before = left.len();
            left.retain(|row| row.may_name.iter().any(|name| names.contains(name)));
            assert!(left.len() < before, "a cycle among {names:?}");
        }
    }
}
