//! A presentation as the text of a QR code.
//!
//! `ESC1:` and, in the alphabet of QR's alphanumeric mode, the compressed bytes of
//! the presentation's parts. Base64url inside would cost a third more modules.
//!
//! Specified in `specs/passport.md`; base45 is RFC 9285.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use seal::checks::holds;

use crate::disclosure::DISCLOSURES_MAX;
use crate::passport::PRESENTATION_BYTES_MAX;

/// What every code begins with.
pub const PREFIX: &str = "ESC1:";

/// The most characters of a code: what a QR code of version 40 holds.
pub const CODE_CHARS_MAX: usize = 4_296;

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Why a text is not the code of a presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the code of a passport")]
pub struct NotACode;

/// Packs a presentation into a code's text.
pub fn encode(presentation: &str) -> Result<String, NotACode> {
    let mut parts = Vec::new();
    // On paper nothing follows the passport.
    let shown = presentation.strip_suffix('~').unwrap_or(presentation);
    for part in shown.split(['.', '~']) {
        let bytes = seal::base64url::decode(part).map_err(|_| NotACode)?;
        let length = u16::try_from(bytes.len()).map_err(|_| NotACode)?;
        parts.extend_from_slice(&length.to_be_bytes());
        parts.extend_from_slice(&bytes);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(&parts).and_then(|()| encoder.finish());
    let code = format!("{PREFIX}{}", to_base45(&packed.map_err(|_| NotACode)?));
    // What others cannot read is not shown.
    if decode(&code)? == presentation {
        Ok(code)
    } else {
        Err(NotACode)
    }
}

/// Unpacks a code's text into `passport~key binding`, with what is disclosed between the
/// two, or into `passport~` for one on paper. Bounded in all it allocates.
pub fn decode(code: &str) -> Result<String, NotACode> {
    if !holds("code_length", code.len() <= CODE_CHARS_MAX) {
        return Err(NotACode);
    }
    let packed = from_base45(code.strip_prefix(PREFIX).ok_or(NotACode)?)?;
    let mut inflated = Vec::new();
    let mut decoder = ZlibDecoder::new(packed.as_slice());
    let limit = PRESENTATION_BYTES_MAX as u64 + 1;
    decoder
        .by_ref()
        .take(limit)
        .read_to_end(&mut inflated)
        .map_err(|_| NotACode)?;
    let is_all = holds("code_end", decoder.total_in() == packed.len() as u64);
    let is_short = holds("code_inflated", inflated.len() <= PRESENTATION_BYTES_MAX);
    if !is_short || !is_all {
        return Err(NotACode);
    }
    let mut rest = inflated.as_slice();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(NotACode)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (part, after) = after.split_at_checked(length).ok_or(NotACode)?;
        parts.push(seal::base64url::encode(part));
        rest = after;
    }
    let shown = match parts.as_slice() {
        [head, claims, seal] => format!("{head}.{claims}.{seal}~"),
        [head, claims, seal, shown @ .., kb_head, kb_claims, kb_seal]
            if shown.len() <= DISCLOSURES_MAX =>
        {
            let mut text = format!("{head}.{claims}.{seal}~");
            for disclosure in shown {
                text.push_str(disclosure);
                text.push('~');
            }
            text.push_str(&[kb_head.as_str(), kb_claims, kb_seal].join("."));
            text
        }
        _ => return Err(NotACode),
    };
    Ok(shown)
}

/// RFC 9285 §4.
fn to_base45(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3 / 2 + 2);
    let mut push = |mut number: u32, digits: usize| {
        for _ in 0..digits {
            let digit = usize::try_from(number % 45).unwrap_or_default();
            text.push(char::from(ALPHABET.get(digit).copied().unwrap_or_default()));
            number /= 45;
        }
    };
    for pair in bytes.chunks(2) {
        match pair {
            [high, low] => push(u32::from(*high) * 256 + u32::from(*low), 3),
            [byte] => push(u32::from(*byte), 2),
            _ => {}
        }
    }
    text
}

/// RFC 9285 §6: what encodes to nothing is refused.
fn from_base45(text: &str) -> Result<Vec<u8>, NotACode> {
    let value = |digit: &u8| {
        let at = ALPHABET.iter().position(|it| it == digit).ok_or(NotACode)?;
        u32::try_from(at).map_err(|_| NotACode)
    };
    let mut bytes = Vec::with_capacity(text.len() * 2 / 3 + 1);
    for digits in text.as_bytes().chunks(3) {
        match digits {
            [c, d, e] => {
                let number = value(c)? + value(d)? * 45 + value(e)? * 45 * 45;
                let pair = u16::try_from(number).map_err(|_| NotACode)?;
                bytes.extend_from_slice(&pair.to_be_bytes());
            }
            [c, d] => {
                let number = value(c)? + value(d)? * 45;
                bytes.push(u8::try_from(number).map_err(|_| NotACode)?);
            }
            _ => return Err(NotACode),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 9285 §4.3 and §4.4.
    #[test]
    fn the_examples_of_rfc_9285() {
        for (plain, encoded) in [
            ("AB", "BB8"),
            ("Hello!!", "%69 VD92EX0"),
            ("base-45", "UJCLQE7W581"),
            ("ietf!", "QED8WEX0"),
        ] {
            assert_eq!(to_base45(plain.as_bytes()), encoded);
            assert_eq!(from_base45(encoded).as_deref(), Ok(plain.as_bytes()));
        }
        // §6: more than two bytes, and what no bytes encode to.
        for wrong in ["GGW", "::", "A", "abc", "FFFF", "ÄÖÜ"] {
            assert_eq!(from_base45(wrong), Err(NotACode), "{wrong}");
        }
    }

    #[test]
    fn what_a_desk_may_be_shown_instead_is_refused() {
        let code = encode("AQI.AQID.AQ~AQ.AQ.AQ").unwrap();
        assert_eq!(decode(&code).as_deref(), Ok("AQI.AQID.AQ~AQ.AQ.AQ"));
        let paper = encode("AQI.AQID.AQ~").unwrap();
        assert_eq!(decode(&paper).as_deref(), Ok("AQI.AQID.AQ~"));
        for disclosed in ["QQ", "QQ~Qg", "QQ~Qg~Qw"] {
            let shown = format!("AQI.AQID.AQ~{disclosed}~AQ.AQ.AQ");
            assert_eq!(decode(&encode(&shown).unwrap()), Ok(shown));
        }
        assert!(encode("AQI.AQID.AQ~QQ~QQ~QQ~QQ~AQ.AQ.AQ").is_err());
        for wrong in [
            "https://evil.example/",
            "javascript:alert(1)",
            "HC1:6BF+70790T9WJWG.FKY*4GO0.O1CV2",
            "ESC1:",
            "ESC1:AAAA",
            "esc1:BB8",
            "",
        ] {
            assert_eq!(decode(wrong), Err(NotACode), "{wrong}");
        }
        assert_eq!(decode(&"A".repeat(3000)), Err(NotACode));
        assert_eq!(decode(&format!("{code}00")), Err(NotACode));
        assert!(encode("AQI.AQID.AQ").is_err());
        assert!(encode("AQI.AQID.AQ~AQ").is_err());
        assert!(encode("AQI.AQID.AQ~~").is_err());
        assert!(encode("not base64!").is_err());
    }

    #[test]
    fn what_follows_the_compressed_bytes_is_refused() {
        let code = encode("AQI.AQID.AQ~AQ.AQ.AQ").unwrap();
        let mut packed = from_base45(code.strip_prefix(PREFIX).unwrap()).unwrap();
        let again = |packed: &[u8]| decode(&format!("{PREFIX}{}", to_base45(packed)));
        assert!(again(&packed).is_ok());
        packed.push(0);
        assert_eq!(again(&packed), Err(NotACode));
    }

    #[test]
    fn a_bomb_is_not_inflated() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; 2_000_000]).unwrap();
        let bomb = format!("{PREFIX}{}", to_base45(&encoder.finish().unwrap()));
        assert!(bomb.len() <= CODE_CHARS_MAX);
        assert_eq!(decode(&bomb), Err(NotACode));
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(from_base45(&to_base45(&bytes)), Ok(bytes));
        }

        #[test]
        fn any_text_is_answered(text in "ESC1:[0-9A-Z $%*+./:-]{0,200}") {
            let _ = decode(&text);
        }
    }
}
