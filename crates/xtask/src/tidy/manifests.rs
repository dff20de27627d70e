//! What a `Cargo.toml` says, and what stands above it.
//!
//! Versions, features and lints are said once, at the root. Each dependency there
//! says what it is for, so that nobody has to guess whether it can go.

use anyhow::Context as _;
use toml::{Table, Value};

use super::Finding;
use crate::files::TextFile;
use crate::house::Member;

/// The tables of a manifest that list dependencies.
const LISTS: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// The root manifest and every member's.
pub(super) fn check(members: &[Member], texts: &[TextFile]) -> anyhow::Result<Vec<Finding>> {
    let find = |path: &str| {
        let file = texts.iter().find(|file| file.path == path);
        file.with_context(|| format!("{path} is not among the repository's files"))
    };
    let root = find("Cargo.toml")?;
    let mut findings = commented(&root.text);
    let mut used = Vec::new();
    for member in members {
        let file = find(&member.manifest)?;
        let table: Table = file
            .text
            .parse()
            .with_context(|| format!("reading {}", file.path))?;
        findings.extend(inherits(&file.path, &table));
        used.extend(lists(&table).into_iter().map(|(name, _)| name.to_owned()));
    }
    let table: Table = root.text.parse().context("reading Cargo.toml")?;
    findings.extend(unused(&table, &used));
    Ok(findings)
}

/// Every dependency of a third party has a comment directly above it.
///
/// Our own crates, which have a path, stand together under one comment.
fn commented(root: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_in_list = false;
    let mut above = "";
    for line in root.lines().map(str::trim) {
        if line.starts_with('[') {
            is_in_list = line == "[workspace.dependencies]";
        } else if is_in_list
            && !line.starts_with('#')
            && let Some((name, value)) = line.split_once('=')
            && !value.contains("path =")
            && !above.starts_with('#')
        {
            let what = format!(
                "`{}` has no comment above that says what it is for",
                name.trim()
            );
            findings.push(Finding::failure("manifests", "Cargo.toml", what));
        }
        above = line;
    }
    findings
}

/// A member takes every dependency and its lints from the root.
fn inherits(path: &str, table: &Table) -> Vec<Finding> {
    let from_root = |value: &Value| value.get("workspace") == Some(&Value::Boolean(true));
    let mut findings = Vec::new();
    if !table.get("lints").is_some_and(from_root) {
        let what = "does not say `[lints] workspace = true`".to_owned();
        findings.push(Finding::failure("manifests", path, what));
    }
    let own_name = table
        .get("package")
        .and_then(|it| it.get("name"))
        .and_then(Value::as_str);
    for (name, value) in lists(table) {
        // A crate may name itself, to turn on its own features for its tests.
        if !from_root(value) && own_name != Some(name) {
            let what = format!("`{name}` does not say `workspace = true`");
            findings.push(Finding::failure("manifests", path, what));
        }
    }
    findings
}

/// All dependencies that a manifest lists, those of one platform included.
fn lists(table: &Table) -> Vec<(&str, &Value)> {
    let platforms = table.get("target").and_then(Value::as_table);
    let tables = platforms
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_table());
    let mut found = Vec::new();
    for table in tables.chain([table]) {
        for list in LISTS {
            let list = table.get(*list).and_then(Value::as_table);
            found.extend(
                list.into_iter()
                    .flatten()
                    .map(|(name, value)| (name.as_str(), value)),
            );
        }
    }
    found
}

/// What the root lists and nobody takes: said, because it may be about to be used.
fn unused(root: &Table, used: &[String]) -> Vec<Finding> {
    let listed = root.get("workspace").and_then(|it| it.get("dependencies"));
    let listed = listed.and_then(Value::as_table).into_iter().flatten();
    let unused = listed.filter(|(name, value)| !used.contains(name) && value.get("path").is_none());
    unused
        .map(|(name, _)| {
            Finding::warning(
                "manifests",
                "Cargo.toml",
                format!("`{name}` is used by no crate"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::look::{finds_nothing, finds_one};
    use super::*;
    use crate::files::made_up;
    use crate::house::made_up::member;

    fn table(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn a_dependency_without_a_comment_is_found() {
        let root = "[workspace.dependencies]\n# Ours.\nseal = { path = \"s\" }\nwire = { path = \
                    \"w\" }\n# JSON.\nserde_json = \"1\"\nurl = \"2\"\n[profile.dev]\ndebug = 0\n";
        finds_one(&commented(root), "Cargo.toml", "`url`");
        finds_nothing(&commented(&root.replace("url", "# URLs.\nurl")));
    }

    #[test]
    fn an_empty_line_between_comment_and_dependency_is_found() {
        let root = "[workspace.dependencies]\n# JSON.\n\nserde_json = \"1\"\n";
        finds_one(&commented(root), "Cargo.toml", "`serde_json`");
    }

    #[test]
    fn a_dependency_with_its_own_version_is_found() {
        let good = "[lints]\nworkspace = true\n[dependencies]\nseal.workspace = true\n";
        finds_nothing(&inherits("a", &table(good)));
        for list in [
            "dev-dependencies",
            "build-dependencies",
            "target.'cfg(unix)'.dependencies",
        ] {
            let bad = format!("{good}[{list}]\nurl = \"2\"\n");
            finds_one(&inherits("a", &table(&bad)), "a", "`url`");
        }
    }

    #[test]
    fn a_crate_may_name_itself_and_no_other_by_its_path() {
        let of = |name: &str| {
            let rest = "[lints]\nworkspace = true\n[dev-dependencies]\nstore = { path = \".\" }\n";
            inherits(
                "a",
                &table(&format!("[package]\nname = \"{name}\"\n{rest}")),
            )
        };
        finds_nothing(&of("store"));
        finds_one(&of("app"), "a", "`store`");
    }

    #[test]
    fn own_lints_are_found() {
        let bad = "[lints.clippy]\nall = \"allow\"\n";
        finds_one(&inherits("a", &table(bad)), "a", "[lints]");
        finds_one(&inherits("a", &table("[dependencies]\n")), "a", "[lints]");
    }

    #[test]
    fn what_nobody_uses_is_said() {
        let member = member("seal", &[]);
        let root = "[workspace.dependencies]\n# JSON.\nserde_json = \"1\"\n";
        let uses = "[lints]\nworkspace = true\n[dependencies]\nserde_json.workspace = true\n";
        let check = |manifest: &str| {
            let texts = [
                made_up("Cargo.toml", root),
                made_up("crates/seal/Cargo.toml", manifest),
            ];
            check(std::slice::from_ref(&member), &texts).unwrap()
        };
        finds_nothing(&check(uses));
        finds_one(
            &check("[lints]\nworkspace = true\n"),
            "Cargo.toml",
            "used by no crate",
        );
    }
}
