//! A clock that stands until somebody moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use app::Clock;
use wire::Timestamp;

/// An hour.
pub const HOUR_SECONDS: i64 = 60 * 60;

/// A day.
pub const DAY_SECONDS: i64 = 24 * HOUR_SECONDS;

/// When every story begins: Monday 6 April 2026, 09:00 UTC, 11:00 in Chambéry.
pub const START: Timestamp = Timestamp(1_775_466_000);

/// The beginning of that day (UTC), as of which passports are signed on it.
pub const START_OF_DAY: Timestamp = Timestamp(1_775_433_600);

/// A stopped clock; clones are the same clock.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.0)))
    }

    /// Puts the clock to `now`, which may be in the past.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Moves the clock by `seconds`.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
