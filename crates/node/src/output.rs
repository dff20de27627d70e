//! The one place that prints.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line prints"
)]

/// Prints a line of result.
pub(crate) fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// Prints a line beside the result, for whoever watches.
pub(crate) fn note(text: impl std::fmt::Display) {
    eprintln!("{text}");
}

/// Prints an error and its causes, one a line.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("escale: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because {cause}");
    }
}
