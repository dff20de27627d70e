//! Breaking the checks on purpose, so that a test can show that somebody notices.
//!
//! Compiled only with the feature `sabotage`, which no released binary has.

use std::sync::atomic::{AtomicBool, Ordering};

static SKIPS_SIGNATURES: AtomicBool = AtomicBool::new(false);

/// From here on every signature is taken to be good.
pub fn skip_signatures() {
    SKIPS_SIGNATURES.store(true, Ordering::SeqCst);
}

pub(crate) fn skips_signatures() -> bool {
    SKIPS_SIGNATURES.load(Ordering::SeqCst)
}
