//! Presentations, the codes that desks scan, and status lists: what comes packed.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use wire::passport::{PRESENTATION_BYTES_MAX, Presentation};
use wire::qr;
use wire::status_list::{INFLATED_BYTES_MAX, StatusList, Statuses};

use crate::documents::keys;
use crate::kept;

pub(crate) fn presentation(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(presentation) = Presentation::parse(text) else {
        return false;
    };
    assert!(text.len() <= PRESENTATION_BYTES_MAX, "short");
    let Ok(shown) = presentation.open(&keys()) else {
        return false;
    };
    assert!(text.starts_with(shown.passport.as_str()), "as it was shown");
    assert_eq!(
        shown.passport.key(),
        presentation.issuer_kid(),
        "by its key"
    );
    true
}

pub(crate) fn code(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(unpacked) = qr::decode(text) else {
        return false;
    };
    // Six parts in base64url at most, and what stands between them.
    let most = PRESENTATION_BYTES_MAX.div_ceil(3) * 4 + 32;
    assert!(unpacked.len() <= most, "{} bytes", unpacked.len());
    let _ = Presentation::parse(&unpacked);
    if let Ok(again) = qr::encode(&unpacked) {
        assert_eq!(qr::decode(&again), Ok(unpacked), "packed again");
    }
    true
}

/// RFC 9285 section 4.
fn base45(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut text = String::new();
    for pair in bytes.chunks(2) {
        let mut number = pair
            .iter()
            .fold(0, |all, byte| all * 256 + usize::from(*byte));
        for _ in 0..=pair.len() {
            let digit = ALPHABET.get(number % 45).copied();
            text.push(char::from(digit.unwrap_or_default()));
            number /= 45;
        }
    }
    text
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    kept(encoder.write_all(bytes), "memory is written to");
    kept(encoder.finish(), "memory is written to")
}

/// A code of which the bytes are what is in base45.
pub(crate) fn packed(bytes: &[u8]) -> bool {
    code(format!("{}{}", qr::PREFIX, base45(bytes)).as_bytes())
}

/// A code of which the bytes are what is packed.
pub(crate) fn parts(bytes: &[u8]) -> bool {
    packed(&zlib(bytes))
}

/// A list of which the first byte says how many bits a status has.
fn list(bytes: &[u8], pack: impl Fn(&[u8]) -> Vec<u8>) -> bool {
    let Some((bits, rest)) = bytes.split_first() else {
        return false;
    };
    let list = StatusList {
        bits: *bits,
        lst: seal::base64url::encode(&pack(rest)),
    };
    let Ok(statuses) = Statuses::unpack(&list) else {
        return false;
    };
    let count = statuses.count();
    assert!(count <= INFLATED_BYTES_MAX as u64 * 8, "{count} statuses");
    assert_eq!(statuses.get(count), None, "past the end");
    assert_eq!(statuses.get(u64::MAX), None, "far past the end");
    let most = u8::MAX >> (8 - bits);
    for idx in [0, 1, count / 2, count.saturating_sub(1)] {
        let status = statuses.get(idx);
        assert_eq!(status.is_some(), idx < count, "{idx} of {count}");
        assert!(status.is_none_or(|status| status <= most), "few bits");
    }
    if count <= 1 << 16 {
        let again = kept(statuses.pack(), "what was read is written");
        assert_eq!(Statuses::unpack(&again), Ok(statuses), "read again");
    }
    true
}

/// A list of which the bytes are what is packed.
pub(crate) fn statuses(bytes: &[u8]) -> bool {
    list(bytes, zlib)
}

/// A list of which the bytes are what came.
pub(crate) fn status_list(bytes: &[u8]) -> bool {
    list(bytes, <[u8]>::to_vec)
}
