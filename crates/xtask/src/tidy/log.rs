//! Every line of the log is documented, and every documented line is written.
//!
//! Read are the `tracing` macros of the crates that are installed, and the tables of
//! `specs/logging.md`: level, message and fields must be the same. What a message fills in
//! is written `…` there.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::files::TextFile;

/// The document.
const DOCUMENT: &str = "specs/logging.md";

/// The macros, by the level that they write.
const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];

/// Whose lines nobody reads: development, and what misbehaves on purpose.
const NOT_READ: &[&str] = &[
    "crates/testkit/",
    "crates/xtask/",
    "/sabotage.rs",
    "tests.rs",
    "/tests/",
];

/// A line: its level, its message and its fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    level: String,
    message: String,
    fields: BTreeSet<String>,
}

/// Code and document say the same.
pub(super) fn check(texts: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut written: BTreeMap<Event, String> = BTreeMap::new();
    for file in texts.iter().filter(|file| is_read(&file.path)) {
        for (line, event) in events(&file.text) {
            written.insert(event, format!("{}:{line}", file.path));
        }
    }
    let Some(document) = texts.iter().find(|file| file.path == DOCUMENT) else {
        let what = format!("{} lines of the log, and no document", written.len());
        return vec![Finding::failure("log", DOCUMENT, what)];
    };
    let documented = rows(&document.text);
    for (event, place) in &written {
        if !documented.contains(event) {
            let what = format!("{} has no such row for: {}", DOCUMENT, said(event));
            findings.push(Finding::failure("log", place, what));
        }
    }
    for event in documented
        .iter()
        .filter(|event| !written.contains_key(*event))
    {
        let what = format!("nothing writes: {}", said(event));
        findings.push(Finding::failure("log", DOCUMENT, what));
    }
    let used = |events: BTreeSet<&Event>| -> BTreeSet<String> {
        let fields = events.into_iter().flat_map(|event| event.fields.clone());
        fields.collect()
    };
    let used = used(written.keys().collect());
    let explained = fields(&document.text);
    for field in used.symmetric_difference(&explained) {
        let what = format!("the field `{field}` is written or explained, and not both");
        findings.push(Finding::failure("log", DOCUMENT, what));
    }
    findings
}

fn is_read(path: &str) -> bool {
    let is_installed = path.starts_with("crates/") && path.contains("/src/");
    is_installed
        && std::path::Path::new(path)
            .extension()
            .is_some_and(|it| it == "rs")
        && !NOT_READ.iter().any(|part| path.contains(part))
}

fn said(event: &Event) -> String {
    let fields: Vec<&str> = event.fields.iter().map(String::as_str).collect();
    format!(
        "{} `{}` ({})",
        event.level,
        event.message,
        fields.join(", ")
    )
}

/// The lines that a file writes, each with where its macro begins.
fn events(text: &str) -> Vec<(usize, Event)> {
    let mut events = Vec::new();
    for level in LEVELS {
        let begin = format!("tracing::{level}!(");
        for (at, _) in text.match_indices(&begin) {
            let inside = text.get(at + begin.len()..).unwrap_or_default();
            let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
            events.push((line, event(level, &parts(inside))));
        }
    }
    events
}

/// The arguments of a macro, whose brackets opened just before.
fn parts(inside: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for it in inside.chars() {
        match it {
            '"' if !is_escaped => is_text = !is_text,
            '(' | '[' | '{' if !is_text => depth += 1,
            ')' if !is_text && depth == 0 => break,
            ')' | ']' | '}' if !is_text => depth = depth.saturating_sub(1),
            ',' if !is_text && depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        is_escaped = it == '\\' && !is_escaped;
        part.push(it);
    }
    parts.push(part);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The message is the argument that is a text; what comes before it are fields.
fn event(level: &str, parts: &[String]) -> Event {
    let mut event = Event {
        level: level.to_owned(),
        message: String::new(),
        fields: BTreeSet::new(),
    };
    for part in parts.iter().map(|part| part.trim()) {
        if let Some(text) = part.strip_prefix('"') {
            event.message = message(text.strip_suffix('"').unwrap_or(text));
            break;
        }
        let name = part.split('=').next().unwrap_or_default().trim();
        let name = name.trim_start_matches(['%', '?']);
        event.fields.insert(name.to_owned());
    }
    event
}

/// A text as it is written: on one line, and `…` for what is filled in.
fn message(text: &str) -> String {
    let mut message = String::new();
    for (at, line) in text.split("\\\n").enumerate() {
        message.push_str(if at == 0 { line } else { line.trim_start() });
    }
    let mut shown = String::new();
    let mut rest = message.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        shown.push_str(before);
        shown.push('…');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    shown + rest
}

/// The cells of the rows of a section's table.
fn table<'t>(text: &'t str, section: &str) -> impl Iterator<Item = Vec<&'t str>> {
    let heading = format!("\n## {section}\n");
    let after = text.split_once(&heading).map_or("", |(_, after)| after);
    let of_section = after.split("\n## ").next().unwrap_or_default();
    let rows = of_section.lines().filter(|line| line.starts_with("| "));
    let rows = rows.filter(|line| !line.starts_with("| --- ")).skip(1);
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// What stands in backticks.
fn marked(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The documented lines. A message that is written at several levels names each.
fn rows(document: &str) -> BTreeSet<Event> {
    let mut events = BTreeSet::new();
    for cells in table(document, "Events") {
        let [levels, message, fields, ..] = cells.as_slice() else {
            continue;
        };
        for level in levels.split(", ") {
            events.insert(Event {
                level: level.to_owned(),
                message: marked(message).next().unwrap_or_default(),
                fields: marked(fields).collect(),
            });
        }
    }
    events
}

/// The explained fields.
fn fields(document: &str) -> BTreeSet<String> {
    let rows = table(document, "Fields");
    rows.filter_map(|cells| marked(cells.first()?).next())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::look::{finds_nothing, finds_one};
    use super::*;
    use crate::files::made_up;

    const CODE: &str = r#"
fn a() {
    tracing::warn!(
        entity = %peer, count(1, 2), %error,
        "{peer} has \
         not answered {op}: {}", why(")")
    );
    tracing::info!("well, that (all) is it");
}
"#;

    const TABLES: &str = "# Log\n\n## Fields\n\n| field | value |\n| --- | --- |\n\
        | `entity` | a |\n| `count(1, 2)` | b |\n| `error` | c |\n\n## Events\n\n\
        | level | message | fields | what |\n| --- | --- | --- | --- |\n\
        | warn | `… has not answered …: …` | `count(1, 2)`, `entity`, `error` | wait |\n\
        | info | `well, that (all) is it` | | |\n";

    fn found(code: &str, document: &str) -> Vec<Finding> {
        check(&[
            made_up("crates/app/src/a.rs", code),
            made_up(DOCUMENT, document),
        ])
    }

    #[test]
    fn what_is_written_and_documented_alike_is_well() {
        finds_nothing(&found(CODE, TABLES));
    }

    #[test]
    fn a_line_without_a_row_is_found() {
        let code = CODE.replace("tracing::info", "tracing::debug");
        let findings = found(&code, TABLES);
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(
            findings[0].what.contains("no such row for: debug `well"),
            "{findings:?}"
        );
        assert!(
            findings[1].what.contains("nothing writes: info `well"),
            "{findings:?}"
        );
    }

    #[test]
    fn a_row_that_nothing_writes_is_found() {
        let more = format!("{TABLES}| error | `all is lost` | | weep |\n");
        finds_one(
            &found(CODE, &more),
            DOCUMENT,
            "nothing writes: error `all is lost`",
        );
    }

    #[test]
    fn a_field_that_is_not_explained_or_not_written_is_found() {
        let less = TABLES.replace("| `entity` | a |\n", "");
        finds_one(&found(CODE, &less), DOCUMENT, "the field `entity`");
        let more = TABLES.replace("| `entity` | a |", "| `entity` | a |\n| `weather` | d |");
        finds_one(&found(CODE, &more), DOCUMENT, "the field `weather`");
    }

    #[test]
    fn a_field_that_the_row_leaves_out_is_found() {
        let less = TABLES.replace("`entity`, `error`", "`error`");
        assert_eq!(found(CODE, &less).len(), 2);
    }

    #[test]
    fn what_tests_and_tools_write_is_not_read() {
        let texts = |path| [made_up(path, CODE), made_up(DOCUMENT, "# Log\n")];
        for path in [
            "crates/xtask/src/a.rs",
            "crates/app/src/sabotage.rs",
            "crates/a/src/tests/b.rs",
        ] {
            finds_nothing(&check(&texts(path)));
        }
        assert!(!check(&texts("crates/app/src/a.rs")).is_empty());
    }
}
