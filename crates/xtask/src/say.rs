//! What the commands print: the one place that writes to standard output.

/// Prints one line.
#[expect(
    clippy::print_stdout,
    reason = "a development command talks to whoever started it"
)]
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints what must not be overlooked among the output of other programs.
pub(crate) fn loud(text: &str) {
    line(&format!("!!!!!! {text}"));
}
