//! How long to wait after failures.

/// Doubles from `first_millis` up to `most_millis`, less a random part of up to a
/// quarter, which `noise` chooses.
pub(crate) fn wait_millis(first_millis: u64, most_millis: u64, failures: u32, noise: u64) -> u64 {
    let factor = 1_u64.checked_shl(failures.min(30)).unwrap_or(u64::MAX);
    let wait = first_millis.max(1).saturating_mul(factor).min(most_millis);
    wait - noise % (wait / 4 + 1)
}
