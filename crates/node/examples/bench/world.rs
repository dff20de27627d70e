//! The clock, the chance and the label of the measurements.

use app::{Clock, Entropy, EntropyError};
use wire::label::{Charter, Overdraw, Roaming, Settlement};
use wire::{EntityId, LocalText, Timestamp};

/// The moment at which it stands.
pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000);

/// A clock that stands.
#[derive(Debug)]
pub(crate) struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// The machine's chance.
#[derive(Debug)]
pub(crate) struct Random;

impl Entropy for Random {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|_| EntropyError)
    }
}

/// The rules of the label.
pub(crate) fn charter(coordinator: &EntityId) -> Charter {
    Charter {
        url: coordinator.url_of("/charter"),
        name: LocalText {
            fr: Some("Label".to_owned()),
            en: None,
        },
        version: 1,
        roaming: Roaming {
            half_days_per_month: 4,
            settlement: Settlement::Reciprocal,
            overdraw: Overdraw::Carried,
        },
        criteria: Vec::new(),
    }
}
