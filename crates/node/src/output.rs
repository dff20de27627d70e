//! The one place that prints.
//!
//! Whoever reads may have gone away (`escale label list | head`): what was done stays
//! done, and nothing is said about it.

use std::io::Write as _;

use jiff::tz::TimeZone;
use serde_json::Value;

/// Prints a line of result.
pub(crate) fn line(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints a line beside the result, for whoever watches.
pub(crate) fn note(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints an error and its causes, one a line.
pub(crate) fn error(error: &anyhow::Error) {
    note(format!("escale: {error}"));
    for cause in error.chain().skip(1) {
        note(format!("  because {cause}"));
    }
}

/// Prints what a command gave: a line of JSON, or a line for each row.
pub(crate) fn result(done: &Value, json: bool) {
    match done {
        _ if json => line(done),
        Value::Array(rows) if rows.is_empty() => line("None."),
        Value::Array(rows) => rows.iter().for_each(|row| line(words(row))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            line(words(done));
        }
    }
}

/// The members that are moments, in seconds since 1970.
const MOMENTS: &[&str] = &[
    "arrived",
    "at",
    "left",
    "next_at",
    "refused_at",
    "renewed",
    "since",
    "tried_at",
    "until",
];

/// What is longer stands on a line of its own.
const LINE_CHARS_MAX: usize = 200;

/// The members that come before the others.
const FIRST: &[&str] = &[
    "visit",
    "op",
    "member",
    "event",
    "registration",
    "id",
    "uid",
    "start",
    "title",
    "name",
    "state",
    "rank",
    "to",
    "arrived",
    "left",
];

/// A moment as a person reads it.
pub(crate) fn moment(seconds: i64) -> Option<String> {
    let at = jiff::Timestamp::from_second(seconds).ok()?;
    let at = at.to_zoned(TimeZone::UTC);
    Some(at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// The values of a result, in their order; what is not there is not said.
fn words(value: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts = values.iter().map(|it| it.as_str().unwrap_or("?"));
            texts.collect::<Vec<_>>().join(" and ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    let Value::Object(members) = value else {
        return text(value);
    };
    // What is typed next, and who it is about, stand first.
    let place = |name: &str| {
        FIRST
            .iter()
            .position(|it| *it == name)
            .unwrap_or(FIRST.len())
    };
    let mut said: Vec<_> = members.iter().filter(|(_, it)| !it.is_null()).collect();
    said.sort_by_key(|(name, _)| place(name));
    let parts: Vec<_> = said
        .into_iter()
        .map(|(name, it)| {
            let seconds = it.as_i64().filter(|_| MOMENTS.contains(&name.as_str()));
            match seconds.and_then(moment).unwrap_or_else(|| text(it)) {
                code if code.starts_with("ESC1:") => code,
                other => format!("{name} {other}"),
            }
        })
        .collect();
    // A passport's code has spaces of its own, and a signed document fills a screen.
    let is_long = |part: &String| part.contains("ESC1:") || part.len() > LINE_CHARS_MAX;
    parts.join(if parts.iter().any(is_long) {
        "\n"
    } else {
        "  "
    })
}
