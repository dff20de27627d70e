//! Good documents, made worse: from one seed always the same.

/// Pieces of text that mean something to one of the readers.
const PIECES: &[&str] = &[
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "~",
    ".",
    "=",
    "-",
    "_",
    "/",
    "null",
    "true",
    "-1",
    "0",
    "9007199254740991",
    "9007199254740992",
    "18446744073709551616",
    "1.0",
    "1e9",
    "-0",
    "\\u0000",
    "\\ud800",
    "\\u0069",
    "\u{202e}",
    "\u{200b}",
    "é",
    "\0",
    "\u{1}",
    "\r\n",
    "\n ",
    "\"exp\":",
    "\"iss\":",
    "\"jwk\":",
    "\"d\":",
    "\"crit\":[]",
    "\"removed\":true",
    "{}",
    "[[[[",
    "https://",
    "https://a@b.example",
    "http://127.0.0.1",
    "xn--",
    "%2f",
    "ESC1:",
    "ESC1:00",
    "escale-invitation.",
    "BEGIN:VEVENT",
    "END:VEVENT",
    "BEGIN:VCALENDAR",
    "RRULE:FREQ=SECONDLY",
    ";TZID=",
    "DTSTART:",
    "EXDATE:",
    "RDATE:",
    "P1D",
    "PT1S",
    "T00:00:00Z",
    "9999-12-31",
    "0000-00-00",
    "4294967296",
];

/// Numbers that follow from a seed (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// The numbers of this seed.
    pub const fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number under `end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(all.len());
        all.get(at)
    }
}

/// One of the documents, changed in one place to eight; and sometimes bytes of no document.
pub fn mutated(numbers: &mut Numbers, documents: &[Vec<u8>]) -> Vec<u8> {
    if numbers.below(16) == 0 {
        let length = numbers.below(300);
        return (0..length).map(|_| byte(numbers)).collect();
    }
    let mut bytes = numbers.one_of(documents).cloned().unwrap_or_default();
    for _ in 0..=numbers.below(8) {
        change(numbers, &mut bytes, documents);
    }
    bytes
}

fn byte(numbers: &mut Numbers) -> u8 {
    numbers
        .next()
        .to_be_bytes()
        .first()
        .copied()
        .unwrap_or_default()
}

/// A range of the bytes, mostly a short one.
fn range(numbers: &mut Numbers, length: usize) -> std::ops::Range<usize> {
    let from = numbers.below(length);
    let most = if numbers.below(4) == 0 { length } else { 16 };
    from..(from + numbers.below(most)).min(length)
}

fn change(numbers: &mut Numbers, bytes: &mut Vec<u8>, documents: &[Vec<u8>]) {
    let at = numbers.below(bytes.len());
    let range = range(numbers, bytes.len());
    match numbers.below(9) {
        0 => {
            let bit = 1 << numbers.below(8);
            bytes.iter_mut().skip(at).take(1).for_each(|it| *it ^= bit);
        }
        1 => {
            let byte = byte(numbers);
            bytes.iter_mut().skip(at).take(1).for_each(|it| *it = byte);
        }
        2 => drop(bytes.drain(range)),
        3 => {
            let again: Vec<u8> = bytes.get(range).unwrap_or_default().to_vec();
            for _ in 0..=numbers.below(3) {
                bytes.splice(at..at, again.iter().copied());
            }
        }
        4 => bytes.truncate(at),
        5 => {
            let other = numbers.one_of(documents).cloned().unwrap_or_default();
            let from = numbers.below(other.len());
            bytes.truncate(at);
            bytes.extend(other.get(from..).unwrap_or_default());
        }
        6 => {
            let piece = numbers.one_of(PIECES).copied().unwrap_or_default();
            bytes.splice(range, piece.bytes());
        }
        7 => {
            // One digit becomes another: the document often stays what it was.
            let digit = b'0' + u8::try_from(numbers.below(10)).unwrap_or_default();
            let mut digits = bytes.iter_mut().skip(at).filter(|it| it.is_ascii_digit());
            digits.by_ref().take(1).for_each(|it| *it = digit);
        }
        _ => {
            let piece = numbers.one_of(PIECES).copied().unwrap_or_default();
            bytes.splice(at..at, piece.bytes());
        }
    }
    // No reader takes more, and time is short.
    bytes.truncate(64 * 1024);
}
