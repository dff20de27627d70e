//! The names of the checks that can be taken away, as the sources have them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Everything that calls a check by its name.
const CALLS: [&str; 2] = ["holds(", "is_on("];

/// The names of all checks of `seal`, `wire` and `rules`.
pub(crate) fn checks() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for room in ["seal", "wire", "rules"] {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        read(&crates.join(room).join("src"), &mut found);
    }
    found
}

fn read(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, found);
        } else if path.file_name().is_none_or(|name| name != "checks.rs") {
            found.extend(named(&fs::read_to_string(&path).expect("a source")));
        }
    }
}

/// The texts with which a check is called.
fn named(source: &str) -> Vec<String> {
    let first = |rest: &str| {
        let name = rest.trim_start().strip_prefix('"')?;
        Some(name.split_once('"')?.0.to_owned())
    };
    let calls = CALLS.iter().flat_map(|call| source.split(call).skip(1));
    calls.filter_map(first).collect()
}

#[test]
fn a_check_is_found_wherever_its_name_stands() {
    let source = "if holds(\"a\", true) && is_on(\n  \"b\") && threshold(\"c\") { holds(it) }";
    assert_eq!(named(source), ["a", "b"]);
    assert!(checks().len() > 80, "{:?}", checks());
}
