//! Where files lie, how long they are, and how a crate begins.

use super::Finding;
use crate::files::TextFile;
use crate::house::Member;

/// What may lie at the top of the repository, besides names that begin with a dot.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "crates",
    "deploy",
    "specs",
    "tests",
];

/// From here on, somebody should think about dividing a file.
const LINES_TO_THINK_AT: usize = 400;

/// A file of more lines is divided.
const LINES_MAX: usize = 700;

/// The one crate that may hold unsafe code; its specification argues for the one module.
const MAY_BE_UNSAFE: &[&str] = &["store-sled"];

/// What the others begin with.
const FORBIDS_UNSAFE: &str = "#![forbid(unsafe_code)]";

/// The three rules of this module.
pub(super) fn check(members: &[Member], paths: &[String], texts: &[TextFile]) -> Vec<Finding> {
    let mut findings = top_level(paths);
    findings.extend(texts.iter().filter_map(length));
    for member in members
        .iter()
        .filter(|it| !MAY_BE_UNSAFE.contains(&it.name.as_str()))
    {
        for root in &member.roots {
            findings.extend(forbids_unsafe(root, texts));
        }
    }
    findings
}

/// Nothing lies at the top that has no place there.
fn top_level(paths: &[String]) -> Vec<Finding> {
    let mut strangers: Vec<&str> = paths
        .iter()
        .filter_map(|path| path.split('/').next())
        .filter(|entry| !entry.starts_with('.') && !TOP_LEVEL.contains(entry))
        .collect();
    strangers.dedup();
    let what = format!(
        "has no place at the top; there are: {}",
        TOP_LEVEL.join(", ")
    );
    strangers
        .iter()
        .map(|entry| Finding::failure("top-level", entry, what.clone()))
        .collect()
}

/// A Rust file can be read in one sitting.
fn length(file: &TextFile) -> Option<Finding> {
    if !file.is(".rs") {
        return None;
    }
    let lines = file.text.lines().count();
    if lines > LINES_MAX {
        let what = format!("{lines} lines; divide it (at most {LINES_MAX})");
        Some(Finding::failure("length", &file.path, what))
    } else if lines > LINES_TO_THINK_AT {
        let what = format!("{lines} lines; can it be divided?");
        Some(Finding::warning("length", &file.path, what))
    } else {
        None
    }
}

/// A file that begins a crate forbids unsafe code in all of it.
fn forbids_unsafe(root: &str, texts: &[TextFile]) -> Option<Finding> {
    let text = texts
        .iter()
        .find(|file| file.path == root)
        .map_or("", |file| &file.text);
    if text.lines().any(|line| line.trim() == FORBIDS_UNSAFE) {
        return None;
    }
    Some(Finding::failure(
        "unsafe",
        root,
        format!("does not say `{FORBIDS_UNSAFE}`"),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::look::{finds_nothing, finds_one};
    use super::*;
    use crate::files::made_up;
    use crate::house::made_up::member;

    #[test]
    fn a_stranger_at_the_top_is_found_once() {
        let paths = |them: &[&str]| them.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let good = [
            "Cargo.toml",
            ".ci/run",
            ".gitignore",
            "crates/a/src/lib.rs",
            "README.md",
        ];
        finds_nothing(&top_level(&paths(&good)));
        finds_one(
            &top_level(&paths(&["LICENSE"])),
            "LICENSE",
            "no place at the top",
        );
        finds_one(
            &top_level(&paths(&["docs/a.md", "docs/b.md"])),
            "docs",
            "no place",
        );
    }

    #[test]
    fn a_long_file_is_a_warning_and_a_very_long_one_an_error() {
        let check = |name: &str, lines: usize| length(&made_up(name, &"x\n".repeat(lines)));
        assert!(check("a.rs", 400).is_none());
        assert_eq!(
            check("a.rs", 401).unwrap().weight,
            super::super::Weight::Warning
        );
        assert_eq!(
            check("a.rs", 700).unwrap().weight,
            super::super::Weight::Warning
        );
        assert_eq!(
            check("a.rs", 701).unwrap().weight,
            super::super::Weight::Failure
        );
        assert!(check("Cargo.lock", 2000).is_none());
    }

    #[test]
    fn a_crate_that_does_not_forbid_unsafe_code_is_found() {
        let check = |name: &str, text: &str| {
            let texts = [made_up(&format!("crates/{name}/src/lib.rs"), text)];
            check(&[member(name, &[])], &[], &texts)
        };
        let place = "crates/seal/src/lib.rs";
        finds_nothing(&check("seal", "//! Keys.\n\n#![forbid(unsafe_code)]\n"));
        finds_nothing(&check("store-sled", "//! An engine.\n"));
        finds_one(&check("seal", "//! Keys.\n"), place, "does not say");
        finds_one(
            &check("seal", "//! Keys.\n// #![forbid(unsafe_code)]\n"),
            place,
            "does not say",
        );
        finds_one(
            &check("seal", "#![deny(unsafe_code)]\n"),
            place,
            "does not say",
        );
    }

    #[test]
    fn each_test_binary_is_a_root() {
        let mut seal = member("seal", &[]);
        seal.roots.push("crates/seal/tests/vectors.rs".to_owned());
        let texts = [made_up(
            "crates/seal/src/lib.rs",
            "#![forbid(unsafe_code)]\n",
        )];
        finds_one(
            &check(&[seal], &[], &texts),
            "crates/seal/tests/vectors.rs",
            "does not say",
        );
    }
}
