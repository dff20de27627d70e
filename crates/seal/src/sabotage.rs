//! Breaking the checks on purpose, so that a test can show that somebody notices.
//!
//! Compiled only with the feature `sabotage`, which no released binary has.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::sync::atomic::{AtomicBool, Ordering};

static SKIPS_SIGNATURES: AtomicBool = AtomicBool::new(false);

/// From here on every signature is taken to be good.
pub fn skip_signatures() {
    SKIPS_SIGNATURES.store(true, Ordering::SeqCst);
}

/// As many libraries read base64url: with padding or without, with any last bits.
pub(crate) fn decode_somehow(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&URL_SAFE, lenient).decode(text).ok()
}

pub(crate) fn skips_signatures() -> bool {
    SKIPS_SIGNATURES.load(Ordering::SeqCst)
}
