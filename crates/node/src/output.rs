//! The one place that prints.
//!
//! Whoever reads may have gone away (`escale label list | head`): what was done stays
//! done, and nothing is said about it.

use std::io::Write as _;

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
