//! Lines of iCalendar as they are written: folded, and ended by nothing but this module.
//!
//! **Invariant:** [`Lines::put`] is the only way into the text, and no character of what it
//! is given ends a line.

/// The most octets of a line, without its end (RFC 5545 §3.1).
pub const LINE_OCTETS_MAX: usize = 75;

/// A text that grows by whole lines.
#[derive(Default)]
pub(crate) struct Lines {
    text: String,
}

impl Lines {
    /// Adds a line: folded before the character that would be too many, never inside one.
    pub(crate) fn put(&mut self, line: &str) {
        let mut octets = 0;
        for it in line.chars().filter(|it| !is_dropped(*it)) {
            if octets + it.len_utf8() > LINE_OCTETS_MAX {
                self.text.push_str("\r\n ");
                octets = 1;
            }
            self.text.push(it);
            octets += it.len_utf8();
        }
        self.text.push_str("\r\n");
    }

    /// Adds a text property, unless it is empty.
    pub(crate) fn put_text(&mut self, name: &str, value: &str) {
        let escaped = escape(value);
        if !escaped.is_empty() {
            self.put(&format!("{name}:{escaped}"));
        }
    }

    /// Adds an address as it is, unless it could not be one.
    pub(crate) fn put_url(&mut self, name: &str, url: &str) {
        if is_url(url) {
            self.put(&format!("{name}:{url}"));
        }
    }

    /// The whole.
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// Whether a character has no place in a line: it would end it, or show nothing. The two
/// separators of Unicode end lines for some readers.
fn is_dropped(it: char) -> bool {
    (it.is_control() && it != '\t') || matches!(it, '\u{2028}' | '\u{2029}')
}

/// Whether an address can stand in a line as it is.
pub(crate) fn is_url(url: &str) -> bool {
    let can_stand = |it: char| !it.is_control() && !it.is_whitespace();
    !url.is_empty() && url.chars().all(can_stand)
}

/// A text as it can be kept and is given back: line ends are `\n`, and there are no other
/// control characters but tabs.
pub fn clean_text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(it) = characters.next() {
        match it {
            '\r' => {
                characters.next_if_eq(&'\n');
                clean.push('\n');
            }
            '\n' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            it if is_dropped(it) => {}
            it => clean.push(it),
        }
    }
    clean
}

/// A text value (RFC 5545 §3.3.11).
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in clean_text(text).chars() {
        match it {
            '\n' => escaped.push_str("\\n"),
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(it);
            }
            it => escaped.push(it),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(line: &str) -> String {
        let mut lines = Lines::default();
        lines.put(line);
        lines.into_text()
    }

    #[test]
    fn a_line_of_75_octets_is_whole_and_of_76_is_folded() {
        let line = "x".repeat(75);
        assert_eq!(folded(&line), format!("{line}\r\n"));
        assert_eq!(folded(&format!("{line}y")), format!("{line}\r\n y\r\n"));
        // The space at the beginning counts.
        let three = folded(&"x".repeat(75 + 74 + 1));
        assert_eq!(three.lines().map(str::len).collect::<Vec<_>>(), [75, 75, 2]);
    }

    #[test]
    fn no_character_is_cut() {
        let line = format!("{}é", "x".repeat(74));
        assert_eq!(folded(&line), format!("{}\r\n é\r\n", "x".repeat(74)));
    }

    #[test]
    fn what_ends_a_line_is_dropped_or_escaped() {
        assert_eq!(
            folded("URL:https://a\r\nATTENDEE:x\u{2028}y\u{85}z\0"),
            "URL:https://aATTENDEE:xyz\r\n"
        );
        assert_eq!(
            escape("a\r\nb\rc\nd\u{2029}e;f,g\\h\ti\u{7f}:\""),
            "a\\nb\\nc\\nd\\ne\\;f\\,g\\\\h\ti:\""
        );
    }

    #[test]
    fn an_address_that_would_end_a_line_is_left_out() {
        for bad in ["", "https://a\r\nX:y", "https://a b", "https://a\u{2028}"] {
            let mut lines = Lines::default();
            lines.put_url("URL", bad);
            assert_eq!(lines.into_text(), "", "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_loses_nothing_and_no_line_is_too_long(text in "(\\PC|[\r\n\t\\\\;,é€😀]){0,400}") {
            let folded = folded(&text);
            let body = folded.strip_suffix("\r\n").unwrap();
            for line in body.split("\r\n") {
                prop_assert!(line.len() <= LINE_OCTETS_MAX);
                prop_assert!(!line.contains(['\r', '\n']));
            }
            let unfolded = body.replace("\r\n ", "");
            let kept: String = text.chars().filter(|it| !is_dropped(*it)).collect();
            prop_assert_eq!(unfolded, kept);
        }
    }
}
