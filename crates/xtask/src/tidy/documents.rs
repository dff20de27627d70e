//! Documents name only what exists: files, crates, commands.
//!
//! Read are `README.md`, everything under `specs` and `deploy` that is Markdown, and
//! the comments of Rust files, which name the specification they follow.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use self::markdown::{Piece, pieces};
use super::Finding;
use crate::files::TextFile;
use crate::{COMMANDS, programs};

mod markdown;

/// What a word begins with that is meant as a path from the root.
const FOLDERS: &[&str] = &[
    "crates/", "deploy/", "specs/", "tests/", ".ci/", ".config/", ".cargo/",
];

/// The document that says what each crate is for.
const ARCHITECTURE: &str = "specs/architecture.md";

/// Paths, links, crates, and the commands of this program.
pub(super) fn check(
    texts: &[TextFile],
    crates: &[&str],
    exists: &dyn Fn(&str) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in texts.iter().filter(|file| is_document(file)) {
        for piece in pieces(&file.text) {
            findings.extend(check_piece(file, &piece, exists));
        }
    }
    for file in texts.iter().filter(|file| file.is(".rs")) {
        findings.extend(check_comments(file, exists));
    }
    match texts.iter().find(|file| file.path == ARCHITECTURE) {
        Some(file) => findings.extend(check_crates(file, crates)),
        None => findings.push(Finding::warning(
            "documents",
            ARCHITECTURE,
            "does not exist yet; it is to name every crate".to_owned(),
        )),
    }
    findings
}

/// Whether a file is written for people.
fn is_document(file: &TextFile) -> bool {
    let folder = file.path.starts_with("specs/") || file.path.starts_with("deploy/");
    file.path == "README.md" || (folder && file.is(".md"))
}

/// One link, span or line of a fenced block.
fn check_piece(
    file: &TextFile,
    piece: &Piece<'_>,
    exists: &dyn Fn(&str) -> bool,
) -> Option<Finding> {
    let at = |line: usize| format!("{}:{line}", file.path);
    match *piece {
        Piece::Link { line, target } => {
            let path = linked_path(&file.path, target)?;
            (!exists(&path)).then(|| {
                Finding::failure(
                    "documents",
                    &at(line),
                    format!("links to `{path}`, not there"),
                )
            })
        }
        Piece::Code { line, code } => {
            let missing = named_paths(code).find(|path| !exists(path));
            if let Some(path) = missing {
                let what = format!("names `{path}`, which does not exist");
                return Some(Finding::failure("documents", &at(line), what));
            }
            let command = after_words(code, &["cargo", "xtask"])?;
            let known = COMMANDS.iter().any(|(name, _)| *name == command);
            (!known).then(|| {
                let what = format!("names `cargo xtask {command}`, which does not exist");
                Finding::failure("documents", &at(line), what)
            })
        }
    }
}

/// The comments of a Rust file name documents that exist.
fn check_comments(file: &TextFile, exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let Some(comment) = line.trim_start().strip_prefix("//") else {
            continue;
        };
        for code in markdown::spans(comment) {
            for path in named_paths(code).filter(|path| !exists(path)) {
                let place = format!("{}:{number}", file.path);
                let what = format!("names `{path}`, which does not exist");
                findings.push(Finding::failure("documents", &place, what));
            }
        }
    }
    findings
}

/// The file that a relative link of a document means; none for an address elsewhere.
fn linked_path(document: &str, target: &str) -> Option<String> {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
    if target.is_empty() || is_elsewhere {
        return None;
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            // Above the root there is nothing of ours; what is left over does not exist.
            ".." if parts.last().is_none_or(|it| *it == "..") => parts.push(".."),
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The words of a code span that are meant as paths from the root.
///
/// A line number or an item after it is cut off, a pattern is cut to its folder, and a
/// word with a placeholder in it means no particular file.
fn named_paths(code: &str) -> impl Iterator<Item = String> {
    code.split_whitespace().filter_map(|word| {
        let word = word.strip_prefix("./").unwrap_or(word);
        if !FOLDERS.iter().any(|folder| word.starts_with(folder)) {
            return None;
        }
        let path = word
            .split(':')
            .next()?
            .split('#')
            .next()?
            .trim_end_matches([',', ';', '.']);
        let path = match path.split_once('*') {
            Some((before, _)) => before.rsplit_once('/')?.0,
            None => path,
        };
        let is_path = |it: char| it.is_ascii_alphanumeric() || "/._-+@".contains(it);
        let is_placeholder = path.contains("NNNN") || path.contains("...");
        (path.chars().all(is_path) && !is_placeholder)
            .then(|| path.trim_end_matches('/').to_owned())
    })
}

/// The word after these words, where it looks like a command.
fn after_words<'a>(code: &'a str, words: &[&str]) -> Option<&'a str> {
    let all: Vec<&str> = code.split_whitespace().collect();
    let at = all
        .windows(words.len())
        .position(|window| window == words)?;
    let command = *all.get(at.checked_add(words.len())?)?;
    is_command(command).then_some(command)
}

/// Whether a word can be a command.
fn is_command(word: &str) -> bool {
    word.starts_with(|it: char| it.is_ascii_lowercase())
        && word
            .chars()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-')
}

/// Every crate is named in the architecture, and every crate named in its tables exists.
fn check_crates(file: &TextFile, crates: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fail = |what: String| findings.push(Finding::failure("documents", &file.path, what));
    let pieces = pieces(&file.text);
    let is_named = |name: &str| {
        let folder = format!("crates/{name}");
        pieces.iter().any(
            |piece| matches!(piece, Piece::Code { code, .. } if *code == name || *code == folder),
        )
    };
    for name in crates.iter().filter(|name| !is_named(name)) {
        fail(format!("does not name the crate `{name}`"));
    }
    for name in markdown::first_column(&file.text, "crate") {
        let name = name.strip_prefix("crates/").unwrap_or(name);
        if !crates.contains(&name) {
            fail(format!(
                "has a row for the crate `{name}`, which does not exist"
            ));
        }
    }
    findings
}

/// Documents name only commands that this `escale` has.
pub(super) fn check_escale_commands(
    texts: &[TextFile],
    commands: &BTreeSet<String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in texts.iter().filter(|file| is_document(file)) {
        for piece in pieces(&file.text) {
            if let Piece::Code { line, code } = piece
                && let Some(command) = escale_command(code)
                && !commands.contains(command)
            {
                let what = format!("names `escale {command}`, which does not exist");
                let place = format!("{}:{line}", file.path);
                findings.push(Finding::failure("documents", &place, what));
            }
        }
    }
    findings
}

/// The command of `escale` that a span or line calls, if it calls one.
///
/// `escale` may stand at the beginning, after a prompt or `sudo` with its options, or
/// with its folder before it; elsewhere the word is a user or a service of that name.
fn escale_command(code: &str) -> Option<&str> {
    let mut words = code.split_whitespace().peekable();
    while words
        .next_if(|word| ["$", "#", "sudo"].contains(word))
        .is_some()
    {}
    while words
        .next_if(|word| word.starts_with('-'))
        .is_some_and(|word| word == "-u")
    {
        words.next();
    }
    let program = words.next()?;
    if program != "escale" && !program.ends_with("/escale") {
        return None;
    }
    words.next().filter(|word| is_command(word))
}

/// The `escale` that was built last, in whatever profile.
pub(crate) fn newest_binary(target: &Path) -> Option<PathBuf> {
    let built = |profile: &str| {
        let path = target.join(profile).join("escale");
        let modified = std::fs::metadata(&path).and_then(|it| it.modified()).ok()?;
        Some((modified, path))
    };
    ["debug", "release"]
        .into_iter()
        .filter_map(built)
        .max()
        .map(|(_, path)| path)
}

/// The commands that `escale --help` lists.
pub(crate) fn commands_of(binary: &Path) -> anyhow::Result<BTreeSet<String>> {
    let help = programs::output(Command::new(binary).arg("--help"))
        .with_context(|| format!("`{} --help` failed", binary.display()))?;
    Ok(listed_commands(&help))
}

/// Reads the list under `Commands:`.
fn listed_commands(help: &str) -> BTreeSet<String> {
    help.lines()
        .skip_while(|line| line.trim() != "Commands:")
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        // What is indented further continues the line above.
        .filter_map(|line| {
            line.strip_prefix("  ")
                .filter(|rest| !rest.starts_with(' '))
        })
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
