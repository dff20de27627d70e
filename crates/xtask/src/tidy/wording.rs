//! Words that do not go into the repository: promises, and paths of one machine.

use super::Finding;
use crate::files::TextFile;

/// A promise is an issue, not a comment; a test that is not run is no test.
///
/// Written in two halves, because this file is read by its own rule too.
const PROMISES: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!"),
    concat!("unimpl", "emented!"),
    concat!("#[ig", "nore"),
];

/// Where folders of one person or one machine begin.
const MACHINE_PATHS: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
];

/// Every line of every text.
pub(super) fn check(texts: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in texts {
        for (number, line) in (1..).zip(file.text.lines()) {
            let place = format!("{}:{number}", file.path);
            for promise in PROMISES.iter().filter(|it| has_word(line, it)) {
                let what = format!("`{promise}`: do it, or file it");
                findings.push(Finding::failure("promises", &place, what));
            }
            for path in MACHINE_PATHS.iter().filter(|it| has_path(line, it)) {
                let what = format!("a path under `{path}` exists on one machine only");
                findings.push(Finding::failure("machine-paths", &place, what));
            }
        }
    }
    findings
}

/// Whether `word` stands in the line by itself: `V` before it makes it another word.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
    let open_ended = !word.ends_with(char::is_alphanumeric) || word.starts_with('#');
    occurrences(line, word).any(|(before, after)| {
        let begins = word.starts_with('#') || !is_part(before.chars().next_back());
        begins && (open_ended || !is_part(after.chars().next()))
    })
}

/// Whether an absolute path under this folder stands in the line; a URL's path, or a
/// folder of that name inside another, is something else.
fn has_path(line: &str, folder: &str) -> bool {
    let goes_on = |it: char| it.is_alphanumeric() || "._-~)}>]".contains(it);
    occurrences(line, folder).any(|(before, after)| {
        !before.ends_with(goes_on)
            && after.starts_with(|it: char| it.is_alphanumeric() || it == '.')
    })
}

/// What is before and after each occurrence.
fn occurrences<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    line.match_indices(word).filter_map(move |(at, _)| {
        Some((line.get(..at)?, line.get(at.checked_add(word.len())?..)?))
    })
}

#[cfg(test)]
mod tests {
    use super::super::look::{finds_nothing, finds_one};
    use super::*;
    use crate::files::made_up;

    fn of(line: &str) -> Vec<Finding> {
        check(&[made_up("a.rs", &format!("fn a() {{}}\n{line}\n"))])
    }

    #[test]
    fn every_promise_is_found() {
        for promise in PROMISES {
            finds_one(&of(&format!("    // {promise} later")), "a.rs:2", promise);
            finds_one(&of(&format!("{promise}(\"x\")]")), "a.rs:2", promise);
        }
        finds_one(
            &of(concat!("#[ig", "nored_by_nobody]")),
            "a.rs:2",
            "file it",
        );
    }

    #[test]
    fn a_word_that_only_contains_one_is_not() {
        for line in [
            concat!("BEGIN:VTO", "DO"),
            concat!("MASTO", "DON"),
            concat!("to", "do = \"deny\""),
            concat!("mas", "to", "do!"),
            "ignored",
        ] {
            finds_nothing(&of(line));
        }
    }

    #[test]
    fn every_machine_path_is_found() {
        for path in MACHINE_PATHS {
            finds_one(
                &of(&format!("let a = \"{path}somebody/x\";")),
                "a.rs:2",
                path,
            );
            finds_one(&of(&format!("cd {path}.cargo")), "a.rs:2", path);
        }
    }

    #[test]
    fn a_url_or_a_folder_inside_another_is_not_one() {
        for line in [
            concat!("https://cow.example/wo", "rk/7"),
            concat!("crates/ro", "ot/src"),
            concat!("ProtectHome of /ho", "me/"),
        ] {
            finds_nothing(&of(line));
        }
    }
}
