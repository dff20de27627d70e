//! Replication as a machine without IO: whom to ask, and when to try again.
//!
//! Events go in, effects come out; a driver outside performs them and reports
//! back. [`Schedule`] plans pulls of feeds, [`outbox`] plans private requests,
//! [`hinting`] plans whom to tell that the own feed has grown.
//!
//! **Invariant:** one pull from a peer of its own feed is under way at a time, and no more than
//! [`Limits::in_flight_max`] in all, so that a slow peer delays only itself.
//!
//! **Invariant:** peers that are known from a further label alone have a part of these
//! pulls at most, whatever their coordinator lists: some are left for the first label.
//!
//! **Invariant:** after any outage, a peer is asked again within
//! [`Limits::retry_millis_max`].
//!
//! **Invariant:** a peer that does not answer is tried as planned, whatever relays bring or
//! fail to bring of its feed; the limits of [`relayed`] are theirs alone.
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
pub mod relayed;
#[cfg(test)]
mod samples;
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

/// How much of a feed is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// How long it is.
    pub mark: Mark,
    /// When its author signed the end of it last, in seconds since 1970; 0 where they did
    /// not.
    pub as_of_seconds: i64,
}

impl From<Mark> for Known {
    fn from(mark: Mark) -> Self {
        Self {
            mark,
            as_of_seconds: 0,
        }
    }
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
    /// A pull from the author ended well.
    Pulled {
        /// The peer.
        peer: EntityId,
        /// How much of its feed is known now.
        known: Known,
    },
    /// A pull from the author failed. `noise` is a random number, which spreads the next tries of
    /// those who failed together.
    Failed {
        /// The peer.
        peer: EntityId,
        /// Any random number.
        noise: u64,
    },
    /// A pull of a feed from a relay ended: well, or not.
    Relayed {
        /// Whose feed.
        peer: EntityId,
        /// Who was asked.
        from: EntityId,
        /// How much of the feed is known now, where it ended well.
        known: Option<Known>,
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
    /// Ask another for the feed of a peer that does not answer, and report.
    PullFrom {
        /// Whose feed.
        peer: EntityId,
        /// Who is asked.
        relay: EntityId,
    },
}
