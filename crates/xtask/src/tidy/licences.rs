//! Every package that is built into the product may be given away with it.
//!
//! The product is offered under MIT or Apache-2.0 (`deploy/licences`), so what it is
//! built from must be permissive. What only tests need is never given away.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::str::SplitWhitespace;

use super::Finding;
use crate::house::Package;

/// The licences that ask for no more than their own text to be passed on.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// The only exception that takes nothing away.
const EXCEPTIONS: &[&str] = &["LLVM-exception"];

/// Every package states a licence expression that a permissive choice satisfies.
pub(super) fn check(packages: &BTreeMap<String, Package>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let built_in = built_in(packages);
    for (_, package) in packages
        .iter()
        .filter(|(id, _)| built_in.contains(id.as_str()))
    {
        let place = format!("{} {}", package.name, package.version);
        match &package.licence {
            None => {
                let what = "states no licence".to_owned();
                findings.push(Finding::failure("licences", &place, what));
            }
            Some(expression) if !is_permissive(expression) => {
                let what = format!("`{expression}` leaves no permissive choice");
                findings.push(Finding::failure("licences", &place, what));
            }
            Some(_) => {}
        }
    }
    findings
}

/// The ids of our packages and of all that they need to be built.
fn built_in(packages: &BTreeMap<String, Package>) -> BTreeSet<&str> {
    let ours = packages.iter().filter(|(_, package)| package.is_ours);
    let mut reached: BTreeSet<&str> = ours.map(|(id, _)| id.as_str()).collect();
    let mut left: Vec<&str> = reached.iter().copied().collect();
    while let Some(package) = left.pop().and_then(|id| packages.get(id)) {
        let new = package
            .needs
            .iter()
            .map(String::as_str)
            .filter(|id| reached.insert(id));
        left.extend(new);
    }
    reached
}

/// Whether a choice among the licences of an SPDX expression is permissive.
///
/// What cannot be read is not permissive. The old way to write `OR` as `/` is read.
fn is_permissive(expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let answer = either(&mut words);
    answer == Some(true) && words.next().is_none()
}

/// `a OR b`: one of them is enough.
fn either(words: &mut Peekable<SplitWhitespace<'_>>) -> Option<bool> {
    let mut answer = both(words)?;
    while words.next_if_eq(&"OR").is_some() {
        answer |= both(words)?;
    }
    Some(answer)
}

/// `a AND b`: both bind.
fn both(words: &mut Peekable<SplitWhitespace<'_>>) -> Option<bool> {
    let mut answer = one(words)?;
    while words.next_if_eq(&"AND").is_some() {
        answer &= one(words)?;
    }
    Some(answer)
}

/// One licence, with its exception if it has one, or an expression in parentheses.
fn one(words: &mut Peekable<SplitWhitespace<'_>>) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let answer = either(words)?;
        return words.next_if_eq(&")").map(|_| answer);
    }
    let mut answer = PERMISSIVE.contains(&word);
    if words.next_if_eq(&"WITH").is_some() {
        answer &= EXCEPTIONS.contains(&words.next()?);
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::super::look::{finds_nothing, finds_one};
    use super::*;

    #[test]
    fn expressions_that_leave_a_permissive_choice() {
        for expression in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 AND ISC",
            "GPL-3.0-only OR MIT",
            "MIT OR GPL-3.0-only AND LGPL-2.1",
        ] {
            assert!(is_permissive(expression), "{expression}");
        }
    }

    #[test]
    fn expressions_that_do_not() {
        for expression in [
            "",
            "MPL-2.0",
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "(MIT OR GPL-3.0-only) AND AGPL-3.0-only",
            "Apache-2.0 WITH Classpath-exception-2.0",
            "MIT OR",
            "(MIT",
            "MIT)",
            "MIT Apache-2.0",
            "mit",
        ] {
            assert!(!is_permissive(expression), "{expression}");
        }
    }

    fn package(name: &str, licence: Option<&str>, needs: &[&str]) -> (String, Package) {
        let package = Package {
            name: name.to_owned(),
            version: "1.2.3".to_owned(),
            is_ours: name == "node",
            licence: licence.map(str::to_owned),
            needs: needs.iter().map(|&it| it.to_owned()).collect(),
        };
        (name.to_owned(), package)
    }

    fn graph(licence_two_steps_down: Option<&str>) -> BTreeMap<String, Package> {
        BTreeMap::from([
            package("node", Some("MIT OR Apache-2.0"), &["between"]),
            package("between", Some("ISC"), &["below"]),
            package("below", licence_two_steps_down, &[]),
            package("only-in-tests", Some("MPL-2.0"), &[]),
        ])
    }

    #[test]
    fn a_package_that_binds_or_says_nothing_is_found_where_it_is_built_in() {
        finds_nothing(&check(&graph(Some("MIT"))));
        finds_one(&check(&graph(Some("MPL-2.0"))), "below 1.2.3", "MPL-2.0");
        finds_one(&check(&graph(None)), "below 1.2.3", "states no licence");
    }
}
