//! The small values that documents are made of: time, money, hashes, shown text.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A moment, in whole seconds since 1970 UTC (RFC 7519 `NumericDate`, integers only).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment and `seconds` more.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this moment; negative where it is not earlier.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// An amount in euro cents, never a fraction.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cents(pub i64);

/// The most that any published price may be: a million euros, so that sums stay far from overflow.
pub const CENTS_MAX: i64 = 100_000_000;

/// A SHA-256 digest, written as unpadded base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Hash(pub [u8; 32]);

impl Sha256Hash {
    /// The digest of the concatenation of `parts`. Every part but the last must
    /// have a length that its place fixes, so that no two inputs meet.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The digest that is written so: 43 characters of canonical base64url.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = seal::base64url::decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&seal::base64url::encode(&self.0))
    }
}

impl fmt::Debug for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Sha256Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("not a SHA-256 digest in base64url"))
    }
}

/// Text of untrusted origin, made fit to be shown on one line and written to a log.
///
/// Control characters, line breaks, bidirectional overrides, zero-width and
/// unassigned-looking format characters are dropped, white space is folded, and
/// what is longer than `chars_max` is cut with an ellipsis.
pub fn printable(text: &str, chars_max: usize) -> String {
    let mut shown = String::new();
    let mut count = 0;
    let mut is_space_due = false;
    for character in text.chars() {
        if character.is_whitespace() {
            is_space_due = count > 0;
            continue;
        }
        if character.is_control() || is_invisible(character) {
            continue;
        }
        if count >= chars_max {
            shown.push('…');
            break;
        }
        if is_space_due {
            shown.push(' ');
            count += 1;
            is_space_due = false;
        }
        shown.push(character);
        count += 1;
    }
    shown
}

fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_fool_a_reader_is_not_shown() {
        assert_eq!(printable("Le\u{202E} Mug\n\n2", 80), "Le Mug 2");
        assert_eq!(printable("  a\u{0}b\u{200B}c  ", 80), "abc");
        assert_eq!(printable("abcdef", 3), "abc…");
        assert_eq!(printable("\u{1b}[31mred", 80), "[31mred");
    }
}
