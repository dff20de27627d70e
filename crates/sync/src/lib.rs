//! Replication as a machine without IO: whom to ask, and when to try again.
//!
//! Events go in, effects come out; a driver outside performs them and reports
//! back. [`Schedule`] plans pulls of feeds, [`outbox`] plans private requests,
//! [`hinting`] plans whom to tell that the own feed has grown.
//!
//! **Invariant:** one pull of a peer is under way at a time, and no more than
//! [`Limits::in_flight_max`] in all, so that a slow peer delays only itself.
//!
//! **Invariant:** peers that are known from a further label alone have a part of these
//! pulls at most, whatever their coordinator lists: some are left for the first label.
//!
//! **Invariant:** after any outage, a peer is asked again within
//! [`Limits::retry_millis_max`].
//!
//! **Invariant:** a hint, which anybody can send, makes pulls sooner and never later, and
//! no more of them than the limits of [`hinted`] say.
//!
//! **Invariant:** after a step, [`Schedule::next_due`] is later than that step: a driver
//! that waits for it does not spin.

#![forbid(unsafe_code)]

mod backoff;
pub mod hinted;
pub mod hinting;
pub mod outbox;
mod queue;
mod schedule;

use wire::EntityId;

pub use schedule::{FIRST_RETRY_MILLIS_MAX, Schedule};

/// A moment of a clock that only goes forward, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    const fn plus(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// How long a feed is: where its last record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The epoch of its last record.
    pub epoch: u64,
    /// The position of its last record; 0 where there is none.
    pub seq: u64,
}

/// How often, and how many at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the end of a good pull to the next one.
    pub pull_every_millis: u64,
    /// The longest wait after failures: an hour, so that a village that was cut
    /// off is back within one.
    pub retry_millis_max: u64,
    /// Pulls at once.
    pub in_flight_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pull_every_millis: 30_000,
            retry_millis_max: 3_600_000,
            in_flight_max: 4,
        }
    }
}

/// The peers of one label. Those of a further label may be there because its coordinator
/// names them and nobody else does, so each label has its own part of the pulls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// The coordinator of the label, where that is not this node.
    pub coordinator: Option<EntityId>,
    /// Everybody else of the label.
    pub spaces: Vec<EntityId>,
}

impl Lane {
    /// All of them, the coordinator first.
    pub fn peers(&self) -> impl Iterator<Item = &EntityId> {
        self.coordinator.iter().chain(&self.spaces)
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// These are all the peers there are, those of the first label first. Who is in several
    /// lanes counts in the first of them.
    Peers(Vec<Lane>),
    /// A pull ended well.
    Pulled {
        /// The peer.
        peer: EntityId,
        /// How long its feed is, as far as it is known now.
        known: Mark,
    },
    /// A pull failed. `noise` is a random number, which spreads the next tries of
    /// those who failed together.
    Failed {
        /// The peer.
        peer: EntityId,
        /// Any random number.
        noise: u64,
    },
    /// The peer, or somebody for it, showed that it lives.
    SignOfLife(EntityId),
    /// Anybody says that a feed is longer than it is known.
    Hinted {
        /// Whose feed.
        peer: EntityId,
        /// How long.
        mark: Mark,
    },
    /// Time has passed.
    Tick,
}

/// What shall be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask this peer for its feed, and report.
    Pull(EntityId),
}
