//! The time and chance of the machine.
#![expect(
    clippy::disallowed_methods,
    reason = "here the machine is asked; everybody else takes it as an argument"
)]

use std::time::{SystemTime, UNIX_EPOCH};

use app::{Clock, Entropy, EntropyError};
use seal::SecretKey;
use sync::Millis;
use tokio::time::Instant;
use wire::Timestamp;
use zeroize::Zeroizing;

/// The machine's clock, or one that is ahead of it: to see today what a node does later.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock {
    ahead_seconds: i64,
}

impl SystemClock {
    /// A clock that is this far ahead of the machine's, or behind it.
    pub(crate) const fn ahead_by(seconds: i64) -> Self {
        Self {
            ahead_seconds: seconds,
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        Timestamp(now.saturating_add(self.ahead_seconds))
    }
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|_| EntropyError)
    }
}

impl SystemEntropy {
    /// A random number; 0 where there is none, for uses that only spread load.
    pub(crate) fn noise() -> u64 {
        let mut bytes = [0; 8];
        let _ = getrandom::fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }
}

/// The moment by the machine's own clock, in seconds since 1970.
pub(crate) fn machine_seconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// Measures from its making on, only forward.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }

    pub(crate) fn millis(self) -> Millis {
        Millis(u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// A new private key.
pub(crate) fn new_key() -> anyhow::Result<SecretKey> {
    let mut seed = Zeroizing::new([0; 32]);
    SystemEntropy.fill(seed.as_mut_slice())?;
    Ok(SecretKey::from_seed(&seed))
}
