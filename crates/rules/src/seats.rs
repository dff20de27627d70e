//! Who gets a seat: decided at the node that owns the event, by what it holds there.
//!
//! Specified in `specs/registration.md`.

use wire::Timestamp;
use wire::event::{Event, EventStatus, LocalTime};

use crate::event::{Occurrence, occurrence};

/// The most who wait for one occurrence: beyond that nobody has a hope, and a peer that
/// asks without end is given no more of the disk.
pub const WAITING_MAX: u64 = 500;

/// How long the registrations of an occurrence are kept after it has ended: a month, in
/// which whoever came can still be told apart from whoever did not.
pub const REGISTRATION_SECONDS: i64 = 31 * 24 * 60 * 60;

/// The seats of an occurrence as they are held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeatsHeld {
    /// How many are taken.
    pub taken: u64,
    /// How many wait.
    pub waiting: u64,
}

/// What becomes of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatJudgement {
    /// There is a seat.
    Accepted,
    /// There is none; so many wait before, and this one.
    Waiting {
        /// The place in the waiting list, from 1.
        rank: u64,
    },
    /// There will be none.
    Refused(SeatRefusal),
    /// There is no such event, or it does not take place then.
    Unknown,
}

/// Why there will be no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatRefusal {
    /// The member's home does not bear the label.
    NotLabelled,
    /// It does not take place.
    Cancelled,
    /// It has begun.
    Closed,
    /// Nobody registers for it: everybody comes.
    NoRegistration,
    /// Nobody can wait any more either.
    Full,
}

impl SeatRefusal {
    /// The stable code of an answer.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotLabelled => "not_labelled",
            Self::Cancelled => "event_cancelled",
            Self::Closed => "registration_closed",
            Self::NoRegistration => "no_registration",
            Self::Full => "event_full",
        }
    }
}

/// Every refusal.
pub const SEAT_REFUSALS: [SeatRefusal; 5] = [
    SeatRefusal::NotLabelled,
    SeatRefusal::Cancelled,
    SeatRefusal::Closed,
    SeatRefusal::NoRegistration,
    SeatRefusal::Full,
];

/// Judges a request for a seat of the event as it is published now, for a member of this
/// space or of one that bears the label.
pub fn judge(
    event: Option<&Event>,
    due: Option<&LocalTime>,
    is_home_welcome: bool,
    held: SeatsHeld,
    now: Timestamp,
) -> SeatJudgement {
    if !is_home_welcome {
        return SeatJudgement::Refused(SeatRefusal::NotLabelled);
    }
    let Some(event) = event else {
        return SeatJudgement::Unknown;
    };
    let Some(occurrence) = occurrence(event, due) else {
        return SeatJudgement::Unknown;
    };
    let capacity = match can_register(event, &occurrence, now) {
        Ok(capacity) => capacity,
        Err(refusal) => return SeatJudgement::Refused(refusal),
    };
    // Whoever comes now does not pass those who wait.
    if held.waiting == 0 && held.taken < capacity {
        SeatJudgement::Accepted
    } else if held.waiting < WAITING_MAX {
        let rank = held.waiting + 1;
        SeatJudgement::Waiting { rank }
    } else {
        SeatJudgement::Refused(SeatRefusal::Full)
    }
}

/// Whether one can register for an occurrence at all, and how many seats there are.
pub fn can_register(
    event: &Event,
    occurrence: &Occurrence,
    now: Timestamp,
) -> Result<u64, SeatRefusal> {
    let capacity = event.escale.capacity;
    if occurrence.status == EventStatus::Cancelled {
        return Err(SeatRefusal::Cancelled);
    }
    let capacity = capacity.ok_or(SeatRefusal::NoRegistration)?;
    if occurrence.begins <= now {
        return Err(SeatRefusal::Closed);
    }
    Ok(capacity)
}

/// How many of those who wait have a seat now: of the event as it is published now, and
/// none once it has begun or does not take place.
pub fn promoted(event: &Event, due: Option<&LocalTime>, held: SeatsHeld, now: Timestamp) -> u64 {
    let Some(occurrence) = occurrence(event, due) else {
        return 0;
    };
    match can_register(event, &occurrence, now) {
        Ok(capacity) => capacity.saturating_sub(held.taken).min(held.waiting),
        Err(_) => 0,
    }
}

#[cfg(test)]
#[path = "seats_tests.rs"]
mod tests;
