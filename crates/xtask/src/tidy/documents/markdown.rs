//! As much of Markdown as is needed to see what a document names.

/// Something in a document that may name something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// The target of a link.
    Link {
        /// The line it is on, from 1.
        line: usize,
        /// As written.
        target: &'a str,
    },
    /// A code span, or a line of a fenced block.
    Code {
        /// The line it is on, from 1.
        line: usize,
        /// What is between the backticks.
        code: &'a str,
    },
}

/// The links and code of a document, in order.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut is_fenced = false;
    for (line, content) in (1..).zip(text.lines()) {
        if content.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced {
            pieces.push(Piece::Code {
                line,
                code: content.trim(),
            });
        } else {
            pieces.extend(spans(content).map(|code| Piece::Code { line, code }));
            pieces.extend(links(content).map(|target| Piece::Link { line, target }));
        }
    }
    pieces
}

/// The code spans of one line: every second part between backticks.
pub(super) fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .map(str::trim)
        .filter(|code| !code.is_empty())
}

/// The targets of the links of one line, `[text](target)` and `[text]: target`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    // Brackets inside a code span are no link.
    let prose = || line.split('`').step_by(2);
    let inline = prose().flat_map(|part| part.split("](").skip(1));
    let inline = inline.filter_map(|rest| rest.split([')', ' ']).next());
    let defined = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "));
    let defined = defined.and_then(|(_, rest)| rest.split_whitespace().next());
    inline
        .chain(defined)
        .map(|target| target.trim_matches(['<', '>']))
}

/// The code spans in the first column of those tables whose first heading has `word`.
pub(super) fn first_column<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut heading: Option<&str> = None;
    for line in text.lines() {
        let Some(row) = line.trim().strip_prefix('|') else {
            heading = None;
            continue;
        };
        let first = row.split('|').next().unwrap_or_default();
        match heading {
            None => heading = Some(first),
            Some(heading) if heading.to_lowercase().contains(word) => found.extend(spans(first)),
            Some(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_code_are_seen() {
        let text = "See [`seal`](seal.md#x) and `a b`.\n\n```sh\ncargo xtask test\n```\n\n[r]: \
                    r.md\n`[no](link)` [yes](<y.md> \"title\")\n";
        assert_eq!(
            pieces(text),
            [
                Piece::Code {
                    line: 1,
                    code: "seal"
                },
                Piece::Code {
                    line: 1,
                    code: "a b"
                },
                Piece::Link {
                    line: 1,
                    target: "seal.md#x"
                },
                Piece::Code {
                    line: 4,
                    code: "cargo xtask test"
                },
                Piece::Link {
                    line: 7,
                    target: "r.md"
                },
                Piece::Code {
                    line: 8,
                    code: "[no](link)"
                },
                Piece::Link {
                    line: 8,
                    target: "y.md"
                },
            ]
        );
    }

    #[test]
    fn only_the_first_column_of_the_right_table_is_read() {
        let text = "| crate | what |\n| --- | --- |\n| `seal`, `wire` | `serde` |\n\n| peer |\n|-|\n\
                    | `npm` |\n";
        assert_eq!(first_column(text, "crate"), ["seal", "wire"]);
    }
}
