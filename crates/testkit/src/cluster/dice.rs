//! The one source of chance of a simulation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wire::Sha256Hash;

/// A stream of numbers that a seed and a purpose decide; clones draw from the same
/// stream. Each purpose has its own, so that one more draw of the one leaves the others.
#[derive(Debug, Clone)]
pub(crate) struct Dice(Arc<AtomicU64>);

/// The step of a splitmix64 stream.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Dice {
    pub(crate) fn of(seed: u64, purpose: &str) -> Self {
        let hash = Sha256Hash::of(&[&seed.to_be_bytes(), purpose.as_bytes()]).0;
        let start = hash.first_chunk::<8>().map(|it| u64::from_be_bytes(*it));
        Self(Arc::new(AtomicU64::new(start.unwrap_or(seed))))
    }

    /// Any number.
    pub(crate) fn number(&self) -> u64 {
        let mut mixed = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where there is none.
    pub(crate) fn below(&self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.number() % bound).unwrap_or_default()
    }

    /// True in so many of a hundred draws.
    pub(crate) fn is(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A number from `least` to `most`, both included.
    pub(crate) fn between(&self, least: i64, most: i64) -> i64 {
        let span = usize::try_from(most.saturating_sub(least)).unwrap_or_default() + 1;
        least.saturating_add(i64::try_from(self.below(span)).unwrap_or_default())
    }

    /// One of these, if there is any.
    pub(crate) fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// A name of 16 random bytes, as `jti` and `op` have it.
    pub(crate) fn token(&self) -> String {
        let bytes = [self.number().to_be_bytes(), self.number().to_be_bytes()].concat();
        seal::base64url::encode(&bytes)
    }
}
