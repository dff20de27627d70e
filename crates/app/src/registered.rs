//! What is stored of seats at the node that owns an event, and of registrations at the
//! home of whoever asked.

use serde::{Deserialize, Serialize};
use wire::event::LocalTime;
use wire::{EntityId, Timestamp};

use crate::exchange::{Op, RegistrationId};

/// What every decision about an event's seats moves: two at once are decided one after the
/// other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeatGuard {
    /// The place in line of whoever comes next.
    pub(crate) next: u64,
}

/// A registration at the node that owns the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) home: EntityId,
    pub(crate) id: RegistrationId,
    pub(crate) event: String,
    /// Which occurrence; none for an event that does not come again.
    pub(crate) due: Option<LocalTime>,
    /// The name to call at the door.
    pub(crate) name: String,
    pub(crate) asked_at: Timestamp,
    /// When the occurrence ends, as it was when it was asked for: it may have been moved.
    pub(crate) ends: Timestamp,
    pub(crate) state: SeatState,
    /// 1 for the answer, and one more for each change since.
    pub(crate) revision: u64,
    /// What the home has signed; none for a member of this space.
    pub(crate) document: Option<String>,
}

/// Where a registration stands at the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// There is a seat.
    Taken {
        /// Since when.
        at: Timestamp,
    },
    /// It waits for one.
    Waiting,
    /// It was given or taken back.
    Cancelled {
        /// When.
        at: Timestamp,
        /// By whom.
        by: CancelledBy,
    },
}

/// Who gave a registration back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// The member, or somebody at their home.
    Member,
    /// Somebody at the node that owns the event.
    Organiser,
}

impl CancelledBy {
    /// The word for it, wherever a program reads it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Organiser => "organiser",
        }
    }
}

/// Where the registration of a home lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeatPlace {
    pub(crate) event: String,
    pub(crate) due: Option<LocalTime>,
    pub(crate) order: u64,
}

/// A registration at the home of whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registered {
    pub(crate) owner: EntityId,
    pub(crate) event: String,
    pub(crate) due: Option<LocalTime>,
    pub(crate) name: String,
    pub(crate) asked_at: Timestamp,
    /// When the occurrence ends, as it was when it was asked for: it may have been moved.
    pub(crate) ends: Timestamp,
    pub(crate) state: RegistrationState,
    /// The newest that was heard of its owner: 0 before the answer, which is 1, and then
    /// that of the last notice.
    pub(crate) revision: u64,
    /// What this home has signed; none for an event of its own.
    pub(crate) document: Option<String>,
    /// The owner's signed answer, and then its newest notice.
    pub(crate) answer: Option<String>,
}

/// Where a registration stands, as its home knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    /// It was asked for, and not answered yet.
    Asked {
        /// As this.
        op: Op,
    },
    /// There is a seat.
    Accepted {
        /// Since when the home knows.
        at: Timestamp,
        /// Whether it waited for it: a seat became free.
        was_waiting: bool,
    },
    /// It waits.
    Waiting {
        /// Since when the home knows.
        at: Timestamp,
        /// The place in the waiting list when it was answered, from 1.
        rank: u64,
    },
    /// There will be no seat.
    Refused {
        /// When the answer came.
        at: Timestamp,
        /// Why, as a stable code.
        code: String,
    },
    /// Its owner knows no such event.
    Unknown {
        /// When the answer came.
        at: Timestamp,
    },
    /// It is being given back, and its owner has not said so yet.
    Cancelling {
        /// As this.
        op: Op,
    },
    /// It was given or taken back.
    Cancelled {
        /// When the home knew.
        at: Timestamp,
        /// By whom.
        by: CancelledBy,
    },
    /// Nobody answered before it was over.
    GivenUp {
        /// When it was given up.
        at: Timestamp,
    },
}

impl RegistrationState {
    /// Whether the member has, waits for, or asks for a seat.
    pub const fn is_active(&self) -> bool {
        matches!(
            self,
            Self::Asked { .. } | Self::Accepted { .. } | Self::Waiting { .. }
        )
    }
}

/// Whose registration it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RegistrationPlace {
    pub(crate) member: String,
}
