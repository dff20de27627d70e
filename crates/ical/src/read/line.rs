//! From bytes to properties: line ends, folds, encodings, names, parameters.

use super::{LINE_BYTES_MAX, LINES_MAX, ReadRefusal, Why};

/// One property as it stands in a file.
#[derive(Debug, Clone)]
pub(super) struct Property {
    /// On which line of the file it begins, from 1.
    pub(super) line: u32,
    /// In capitals; empty where nothing could be read.
    pub(super) name: String,
    /// Names in capitals, values without quotes.
    parameters: Vec<(String, String)>,
    /// As it stands, still escaped.
    pub(super) value: String,
    /// Why the value cannot be relied on.
    pub(super) flaw: Option<Why>,
}

impl Property {
    /// The parameter of this name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter();
        all.find_map(|(it, value)| (it == name).then_some(value.as_str()))
    }
}

/// All properties of a file, in order.
///
/// Folds are undone before letters are made of bytes: some programs fold inside a letter.
pub(super) fn properties(bytes: &[u8]) -> Result<Vec<Property>, ReadRefusal> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut unfolded: Vec<(u32, Vec<u8>)> = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|it| *it == b'\n')) {
        match (without_returns(line), unfolded.last_mut()) {
            ([], _) => {}
            ([b' ' | b'\t', rest @ ..], Some((_, line))) => line.extend_from_slice(rest),
            (line, _) => {
                if unfolded.len() == LINES_MAX {
                    return Err(ReadRefusal::TooManyLines);
                }
                unfolded.push((number, line.to_vec()));
            }
        }
    }
    let all = unfolded.into_iter();
    Ok(all.map(|(number, line)| property(number, &line)).collect())
}

/// Without the carriage returns at the end: some files have two.
fn without_returns(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_suffix(b"\r") {
        line = rest;
    }
    line
}

/// UTF-8, or else what Windows wrote in western Europe.
fn letters(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|it| windows_1252(*it)).collect(),
    }
}

/// The letters that Windows-1252 has where Latin-1 has control characters.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    let special = byte.checked_sub(0x80).map(usize::from);
    let special = special.and_then(|at| WINDOWS_1252.get(at));
    special.copied().unwrap_or(char::from(byte))
}

/// One line, whatever it is.
fn property(line: u32, bytes: &[u8]) -> Property {
    let is_too_long = bytes.len() > LINE_BYTES_MAX;
    // Of a line that is too long the name still counts: most are pictures.
    let text = letters(bytes.get(..LINE_BYTES_MAX).unwrap_or(bytes));
    let name: String = text.chars().take_while(|it| is_of_name(*it)).collect();
    let mut property = Property {
        line,
        name: name.to_ascii_uppercase(),
        parameters: Vec::new(),
        value: String::new(),
        flaw: Some(Why::UnreadableLine),
    };
    if is_too_long {
        property.flaw = Some(Why::LineTooLong);
    } else if let Some(rest) = text.strip_prefix(name.as_str())
        && !name.is_empty()
        && let Some((parameters, value)) = parameters_and_value(rest)
    {
        property.parameters = parameters;
        value.clone_into(&mut property.value);
        property.flaw = None;
    }
    property
}

fn is_of_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '-' || it == '_'
}

type Parameters = Vec<(String, String)>;

/// What follows the name: `;A=b;C="d:e":value`.
fn parameters_and_value(mut rest: &str) -> Option<(Parameters, &str)> {
    let mut parameters = Vec::new();
    loop {
        if let Some(value) = rest.strip_prefix(':') {
            return Some((parameters, value));
        }
        let parameter = rest.strip_prefix(';')?;
        if let Some((id, value)) = unquoted_zone(parameter) {
            parameters.push(("TZID".to_owned(), id.to_owned()));
            return Some((parameters, value));
        }
        let mut is_quoted = false;
        let end = parameter.find(|it| {
            is_quoted ^= it == '"';
            !is_quoted && matches!(it, ';' | ':')
        })?;
        let (parameter, after) = parameter.split_at_checked(end)?;
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let name = name.trim().to_ascii_uppercase();
        parameters.push((name, parameter_value(value)));
        rest = after;
    }
}

/// The name of a zone with colons that should have been quoted, as Outlook has them, and the
/// times that follow: these have no colons.
fn unquoted_zone(parameter: &str) -> Option<(&str, &str)> {
    let (zone, times) = parameter.rsplit_once(':')?;
    let (name, id) = zone.split_once('=')?;
    let is_of_time = |it: char| it.is_ascii_digit() || "TZtz,".contains(it);
    let is_zone = name.eq_ignore_ascii_case("TZID") && !id.contains([';', '"']);
    (is_zone && times.chars().all(is_of_time)).then_some((id, times))
}

/// Without quotes, and with what RFC 6868 writes by a circumflex.
fn parameter_value(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut letters = value.trim().chars().filter(|it| *it != '"').peekable();
    while let Some(it) = letters.next() {
        let meant = match (it, letters.peek()) {
            ('^', Some('n')) => Some('\n'),
            ('^', Some('\'')) => Some('"'),
            ('^', Some('^')) => Some('^'),
            _ => None,
        };
        if meant.is_some() {
            letters.next();
        }
        plain.push(meant.unwrap_or(it));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> Property {
        let mut all = properties(bytes).unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn any_line_end_and_any_fold_is_read() {
        for bytes in [
            "SUMMARY:un deux\r\nUID:1\r\n",
            "SUMMARY:un deux\nUID:1",
            "SUMMARY:un\r\n  deux\r\n\r\nUID:1\r\n",
            "SUMMARY:un\n\t deux\n\nUID:1\n",
            "\u{feff}SUMMARY:un deux\r\r\nUID:1\r\r\n",
            "summary:un deux\nuid:1",
        ] {
            let found = properties(bytes.as_bytes()).unwrap();
            let found: Vec<_> = found.iter().map(|it| (&*it.name, &*it.value)).collect();
            assert_eq!(found, [("SUMMARY", "un deux"), ("UID", "1")], "{bytes:?}");
        }
    }

    #[test]
    fn a_fold_inside_a_letter_is_undone() {
        assert_eq!(one(b"SUMMARY:caf\xC3\r\n \xA9").value, "café");
    }

    #[test]
    fn what_is_not_utf8_is_what_windows_wrote() {
        assert_eq!(one(b"SUMMARY:caf\xE9 \x80 \x9C").value, "café € œ");
    }

    #[test]
    fn lines_are_counted_as_they_stand_in_the_file() {
        let lines: Vec<u32> = properties(b"A:1\r\n 2\r\n\r\nB:3\r\nC:4")
            .unwrap()
            .iter()
            .map(|it| it.line)
            .collect();
        assert_eq!(lines, [1, 4, 5]);
    }

    #[test]
    fn parameters_may_be_quoted_and_hold_what_else_would_end_them() {
        let it = one(b"DTSTART;tzid=\"(UTC+01:00) Paris; Rome\";X-A=a^^b^nc^'d^e;B:2026:x;y");
        assert_eq!(it.parameter("TZID"), Some("(UTC+01:00) Paris; Rome"));
        assert_eq!(it.parameter("X-A"), Some("a^b\nc\"d^e"));
        assert_eq!(it.parameter("B"), Some(""));
        assert_eq!(it.parameter("C"), None);
        assert_eq!(it.value, "2026:x;y");
    }

    #[test]
    fn the_name_of_a_zone_may_have_colons_that_nobody_quoted() {
        let it = one(b"DTSTART;VALUE=DATE-TIME;TZID=(UTC+01:00) Paris, Rome:20260414T183000");
        assert_eq!(it.parameter("TZID"), Some("(UTC+01:00) Paris, Rome"));
        assert_eq!(it.value, "20260414T183000");
    }

    #[test]
    fn a_line_that_is_none_says_so_and_keeps_its_name() {
        for (bytes, name) in [
            ("RRULE", "RRULE"),
            ("RRULE;X=\"a:b", "RRULE"),
            ("RRULE FREQ=DAILY", "RRULE"),
            (":x", ""),
            ("é:x", ""),
        ] {
            let it = one(bytes.as_bytes());
            assert_eq!((&*it.name, it.flaw), (name, Some(Why::UnreadableLine)));
        }
    }

    #[test]
    fn a_line_of_the_longest_length_is_read_and_one_of_one_more_is_not() {
        let line = |length: usize| format!("ATTACH:{}", "x".repeat(length - 7));
        assert_eq!(one(line(LINE_BYTES_MAX).as_bytes()).flaw, None);
        let long = one(line(LINE_BYTES_MAX + 1).as_bytes());
        assert_eq!((&*long.name, long.flaw), ("ATTACH", Some(Why::LineTooLong)));
    }
}
