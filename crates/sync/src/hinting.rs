//! Whom to tell that the own feed has grown, and when.
//!
//! What is told is a hint: it is not signed, not answered, not kept, and not sent again.
//! Whoever did not hear it reads the feed a little later, as planned.
//!
//! **Invariant:** one hint to a peer is under way at a time, no more than
//! [`IN_FLIGHT_MAX`] in all, and of those no more than [`FAILING_IN_FLIGHT_MAX`] to peers
//! whose last one failed: who is down keeps nobody waiting.
//!
//! **Invariant:** a round begins [`ROUND_EVERY_MILLIS`] after the last at the soonest,
//! however often the feed grows, and has [`Hinting::with_peers_max`] peers at most: of
//! more, those whose last hint is longest ago. The peer that comes first is in each.
//!
//! **Invariant:** after a step, [`Hinting::next_due`] is later than that step: a driver
//! that waits for it does not spin.
//!
//! Specified in `specs/feed.md`, section 8.

use std::collections::BTreeMap;

use wire::EntityId;

use crate::{Mark, Millis};

/// From the growth of the feed to the round that tells of it: what is published together
/// is told together.
pub const GATHERED_MILLIS: u64 = 100;

/// From the beginning of one round to the next.
pub const ROUND_EVERY_MILLIS: u64 = 500;

/// Hints under way at once.
pub const IN_FLIGHT_MAX: usize = 16;

/// How many of those may go to peers whose last hint failed.
pub const FAILING_IN_FLIGHT_MAX: usize = 2;

/// How long a hint may take: who does not answer within three seconds reads later.
pub const HINT_MILLIS_MAX: u64 = 3_000;

/// The most peers of a round of a space: what it publishes is for its neighbours first.
pub const PEERS_MAX: usize = 64;

/// The most peers of a round of a coordinator: a whole label.
pub const PEERS_OF_A_COORDINATOR_MAX: usize = 1_024;

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// These are all the peers there are.
    Peers(Vec<EntityId>),
    /// The own feed is this long; it was durable before anybody is told.
    Grown(Mark),
    /// A peer has taken a hint.
    Told(EntityId),
    /// A peer has not taken a hint.
    Failed(EntityId),
    /// Time has passed.
    Tick,
}

/// What shall be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell this peer, within [`HINT_MILLIS_MAX`], and report.
    Tell {
        /// Whom.
        peer: EntityId,
        /// How long the own feed is.
        mark: Mark,
    },
}

#[derive(Debug, Default)]
struct Peer {
    is_failing: bool,
    is_in_flight: bool,
    /// It is told in the round that goes on.
    is_waiting: bool,
    /// The number of the last hint to it, counted over all peers.
    asked: u64,
}

/// The plan of all hints.
#[derive(Debug)]
pub struct Hinting {
    first: Option<EntityId>,
    peers_max: usize,
    peers: BTreeMap<EntityId, Peer>,
    mark: Mark,
    /// When the next round begins, if the feed has grown since the last.
    round_at: Option<Millis>,
    /// Before that, none begins.
    rests_until: Millis,
    asked: u64,
}

impl Hinting {
    /// A plan without peers, for a space.
    pub fn new() -> Self {
        Self {
            first: None,
            peers_max: PEERS_MAX,
            peers: BTreeMap::new(),
            mark: Mark::default(),
            round_at: None,
            rests_until: Millis::default(),
            asked: 0,
        }
    }

    /// The same plan with a peer that is told before the others, the coordinator.
    #[must_use]
    pub fn with_first(self, first: EntityId) -> Self {
        Self {
            first: Some(first),
            ..self
        }
    }

    /// The same plan with rounds of at most so many peers.
    #[must_use]
    pub fn with_peers_max(self, peers_max: usize) -> Self {
        Self { peers_max, ..self }
    }

    /// Takes an event, and says what shall be done now.
    pub fn step(&mut self, now: Millis, event: Event) -> Vec<Effect> {
        match event {
            Event::Peers(peers) => self.know(peers),
            Event::Grown(mark) => self.grow(now, mark),
            Event::Told(peer) => self.land(&peer, false),
            Event::Failed(peer) => self.land(&peer, true),
            Event::Tick => {}
        }
        if self.round_at.is_some_and(|at| at <= now) {
            self.begin_round(now);
        }
        self.tell()
    }

    /// When something is due next, if nothing happens before.
    pub fn next_due(&self) -> Option<Millis> {
        self.round_at
    }

    fn know(&mut self, peers: Vec<EntityId>) {
        self.peers
            .retain(|peer, it| it.is_in_flight || peers.contains(peer));
        for (_, it) in self
            .peers
            .iter_mut()
            .filter(|(peer, _)| !peers.contains(peer))
        {
            it.is_waiting = false;
        }
        for peer in peers {
            self.peers.entry(peer).or_default();
        }
    }

    fn grow(&mut self, now: Millis, mark: Mark) {
        if mark <= self.mark {
            return;
        }
        self.mark = mark;
        let gathered = now.plus(GATHERED_MILLIS).max(self.rests_until);
        self.round_at = self.round_at.or(Some(gathered));
    }

    /// Whoever the last round has not come to has its turn in this one.
    fn begin_round(&mut self, now: Millis) {
        self.round_at = None;
        self.rests_until = now.plus(ROUND_EVERY_MILLIS);
        let first = self.first.as_ref();
        let mut all: Vec<_> = self.peers.iter_mut().collect();
        all.sort_by_key(|(peer, it)| (Some(*peer) != first, it.asked));
        for (at, (_, it)) in all.into_iter().enumerate() {
            it.is_waiting = at < self.peers_max;
        }
    }

    fn tell(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(peer) = self.next_to_tell() {
            let Some(it) = self.peers.get_mut(&peer) else {
                break;
            };
            self.asked += 1;
            it.asked = self.asked;
            it.is_waiting = false;
            it.is_in_flight = true;
            let mark = self.mark;
            effects.push(Effect::Tell { peer, mark });
        }
        effects
    }

    fn next_to_tell(&self) -> Option<EntityId> {
        let in_flight = || self.peers.values().filter(|it| it.is_in_flight);
        if in_flight().count() >= IN_FLIGHT_MAX {
            return None;
        }
        let failing = in_flight().filter(|it| it.is_failing).count();
        let may_fail = failing < FAILING_IN_FLIGHT_MAX;
        let waiting = self
            .peers
            .iter()
            .filter(|(_, it)| it.is_waiting && !it.is_in_flight && (may_fail || !it.is_failing));
        let first = self.first.as_ref();
        let next = waiting.min_by_key(|(peer, it)| (it.is_failing, Some(*peer) != first, it.asked));
        next.map(|(peer, _)| peer.clone())
    }

    fn land(&mut self, peer: &EntityId, is_failing: bool) {
        if let Some(it) = self.peers.get_mut(peer) {
            it.is_in_flight = false;
            it.is_failing = is_failing;
        }
    }
}

impl Default for Hinting {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[path = "hinting_tests.rs"]
mod tests;
