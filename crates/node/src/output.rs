//! The one place that prints.
//!
//! Whoever reads may have gone away (`escale label list | head`): what was done stays
//! done, and nothing is said about it.

use std::io::Write as _;

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

/// The values of a result, in their order.
fn words(value: &Value) -> String {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let Value::Object(members) = value else {
        return text(value);
    };
    let parts: Vec<_> = members
        .iter()
        .map(|(name, it)| match text(it) {
            code if code.starts_with("ESC1:") => code,
            other => format!("{name} {other}"),
        })
        .collect();
    // A passport's code has spaces of its own.
    let is_code = parts.iter().any(|part| part.contains("ESC1:"));
    parts.join(if is_code { "\n" } else { "  " })
}
