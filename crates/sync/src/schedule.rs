//! The plan of all pulls: whom to ask for its feed, and when.

use std::collections::BTreeMap;

use wire::EntityId;

use crate::hinted::{Claims, Turns};
use crate::queue::Queue;
use crate::{Effect, Event, Lane, Limits, Mark, Millis, backoff};

/// The longest wait of the peer that comes first: two minutes, because what it says
/// (who belongs, who was withdrawn) cannot wait for an hour.
pub const FIRST_RETRY_MILLIS_MAX: u64 = 120_000;

/// Whom there is to ask, and how that stands.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) failures: u32,
    pub(crate) due_at: Millis,
    is_in_flight: bool,
    /// By which of the labels it is known, the first of them.
    lane: usize,
    /// Whether it is still one of the peers; one that is being asked goes when it has
    /// answered.
    is_listed: bool,
    pub(crate) claims: Claims,
}

impl Peer {
    fn new(now: Millis) -> Self {
        Self {
            failures: 0,
            due_at: now,
            is_in_flight: false,
            lane: 0,
            is_listed: true,
            claims: Claims::default(),
        }
    }
}

/// How the peers of one label stand, without the one that comes first of all.
#[derive(Debug, Default)]
struct Standing {
    /// Those that are not being asked.
    queue: Queue,
    /// How many are being asked.
    in_flight: usize,
}

/// The plan of all pulls.
#[derive(Debug)]
pub struct Schedule {
    limits: Limits,
    first: Option<EntityId>,
    heard_at: Option<Millis>,
    /// The peers as they were listed last.
    listed: Vec<Lane>,
    peers: BTreeMap<EntityId, Peer>,
    lanes: BTreeMap<usize, Standing>,
    turns: Turns,
}

impl Schedule {
    /// A plan without peers.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            first: None,
            heard_at: None,
            listed: Vec::new(),
            peers: BTreeMap::new(),
            lanes: BTreeMap::new(),
            turns: Turns::default(),
        }
    }

    /// The same plan with a peer that comes first, the coordinator: slow others never
    /// keep it waiting, and it is asked again within [`FIRST_RETRY_MILLIS_MAX`].
    #[must_use]
    pub fn with_first(self, first: EntityId) -> Self {
        Self {
            first: Some(first),
            ..self
        }
    }

    /// Takes an event, and says what shall be done now.
    pub fn step(&mut self, now: Millis, event: Event) -> Vec<Effect> {
        match event {
            Event::Peers(peers) => self.know(now, peers),
            Event::Pulled { peer, known } => self.land(now, &peer, known),
            Event::Failed { peer, noise } => self.fail(now, &peer, noise),
            Event::SignOfLife(peer) => {
                self.change(&peer, |it| {
                    it.failures = 0;
                    it.due_at = it.due_at.min(now);
                });
            }
            Event::Hinted { peer, mark } => {
                self.change(&peer, |it| it.claims.hear(mark));
            }
            Event::Tick => {}
        }
        self.start_due(now)
    }

    /// When something is due next, if nothing happens before.
    pub fn next_due(&self) -> Option<Millis> {
        let first = self.waiting_first().map(|it| self.due_at(it));
        let others = self.next_of_others().map(|(at, _)| at);
        first.into_iter().chain(others).min()
    }

    /// Changes a peer, and lets it wait where it belongs by what it is then.
    fn change(&mut self, peer: &EntityId, change: impl FnOnce(&mut Peer)) {
        let is_first = self.is_first(peer);
        let Some(it) = self.peers.get_mut(peer) else {
            return;
        };
        let before = self.lanes.entry(it.lane).or_default();
        before.queue.remove(peer, it);
        before.in_flight -= usize::from(it.is_in_flight && !is_first);
        change(it);
        let is_over = !it.is_listed && !it.is_in_flight;
        let after = self.lanes.entry(it.lane).or_default();
        after.in_flight += usize::from(it.is_in_flight && !is_first);
        if !it.is_in_flight && !is_over && !is_first {
            after.queue.insert(peer, it);
        }
        if is_over {
            self.peers.remove(peer);
        }
    }

    fn know(&mut self, now: Millis, lanes: Vec<Lane>) {
        if lanes == self.listed {
            return;
        }
        let mut listed: BTreeMap<&EntityId, usize> = BTreeMap::new();
        for (number, lane) in lanes.iter().enumerate() {
            for peer in lane.peers() {
                listed.entry(peer).or_insert(number);
            }
        }
        let known = self.peers.keys();
        let gone: Vec<_> = known
            .filter(|it| !listed.contains_key(it))
            .cloned()
            .collect();
        for peer in &gone {
            self.change(peer, |it| it.is_listed = false);
        }
        for (peer, lane) in listed {
            if !self.peers.contains_key(peer) {
                self.peers.insert(peer.clone(), Peer::new(now));
            }
            self.change(peer, |it| {
                it.is_listed = true;
                it.lane = lane;
            });
        }
        self.listed = lanes;
    }

    fn land(&mut self, now: Millis, peer: &EntityId, known: Mark) {
        self.hear(now);
        let due_at = now.plus(self.limits.pull_every_millis);
        self.change(peer, |it| {
            it.is_in_flight = false;
            it.failures = 0;
            it.due_at = due_at;
            it.claims.land(now, known);
        });
    }

    /// A pull that a hint alone began, and that failed, leaves the plan as it was: nobody
    /// can make this node give a partner up by telling it of nothing.
    fn fail(&mut self, now: Millis, peer: &EntityId, noise: u64) {
        let failures = self.peers.get(peer).map_or(0, |it| it.failures);
        let due_at = now.plus(self.wait_millis(peer, failures, noise));
        self.change(peer, |it| {
            it.is_in_flight = false;
            if it.claims.fail(now) {
                return;
            }
            it.failures = it.failures.saturating_add(1);
            it.due_at = due_at;
        });
    }

    /// After a silence of all, the first word of anybody shows that the line is back:
    /// nobody else's wait goes on.
    fn hear(&mut self, now: Millis) {
        let silence = self.limits.pull_every_millis.saturating_mul(3);
        let was_cut = self
            .heard_at
            .is_some_and(|at| now.0.saturating_sub(at.0) > silence);
        self.heard_at = Some(now);
        if !was_cut {
            return;
        }
        let waiting = self.peers.iter().filter(|(_, it)| !it.is_in_flight);
        let waiting: Vec<_> = waiting.map(|(peer, _)| peer.clone()).collect();
        for peer in waiting {
            self.change(&peer, |it| it.due_at = it.due_at.min(now));
        }
    }

    /// Doubles from the ordinary interval up to the cap of this peer.
    fn wait_millis(&self, peer: &EntityId, failures: u32, noise: u64) -> u64 {
        let most = if self.is_first(peer) {
            FIRST_RETRY_MILLIS_MAX
        } else {
            u64::MAX
        };
        let most = self.limits.retry_millis_max.min(most);
        backoff::wait_millis(self.limits.pull_every_millis, most, failures, noise)
    }

    fn is_first(&self, peer: &EntityId) -> bool {
        self.first.as_ref() == Some(peer)
    }

    /// The peer that comes first, if it is not being asked.
    fn waiting_first(&self) -> Option<&Peer> {
        let first = self.peers.get(self.first.as_ref()?);
        first.filter(|it| !it.is_in_flight)
    }

    /// Whether another pull of a label may begin, beside that of the peer that comes first.
    /// The labels share alike, but what the first does not have is never all: of too few for
    /// each, one is left for it.
    fn has_room(&self, lane: usize, standing: &Standing) -> bool {
        let most = self.limits.in_flight_max;
        let running = |it: &Standing| it.in_flight;
        let all: usize = self.lanes.values().map(running).sum();
        if lane == 0 || all >= most {
            return all < most;
        }
        let part = (most / self.listed.len().max(1)).max(1);
        let further = all - self.lanes.get(&0).map_or(0, running);
        standing.in_flight < part && further < most.saturating_sub(1).max(1)
    }

    /// Who is due first, but for the one that always is, of the labels that have room; of
    /// two labels the earlier.
    fn next_of_others(&self) -> Option<(Millis, &EntityId)> {
        let lanes = self.lanes.iter();
        let lanes = lanes.filter(|(lane, it)| self.has_room(**lane, it));
        let next = lanes.filter_map(|(_, it)| it.queue.next(&self.turns));
        next.min_by_key(|(at, _)| *at)
    }

    /// When a peer is asked, if there is room: as planned, or sooner for a hint.
    fn due_at(&self, peer: &Peer) -> Millis {
        let rests_until = peer.claims.rests_until();
        let by_hint = rests_until.map(|it| self.turns.after(it, peer.failures > 0));
        by_hint.map_or(peer.due_at, |at| at.min(peer.due_at))
    }

    fn start_due(&mut self, now: Millis) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(peer) = self.next_to_start(now) {
            let mut by_hint = None;
            self.change(&peer, |it| {
                by_hint = (it.due_at > now).then_some(it.failures > 0);
                it.is_in_flight = true;
                it.claims.start(now, by_hint.is_some());
            });
            if let Some(is_retry) = by_hint {
                self.turns.take(now, is_retry);
            }
            effects.push(Effect::Pull(peer));
        }
        effects
    }

    /// Whoever has waited longest is first, but for the one that always is.
    fn next_to_start(&self, now: Millis) -> Option<EntityId> {
        let first = self.waiting_first().filter(|it| self.due_at(it) <= now);
        if first.is_some() {
            return self.first.clone();
        }
        let due = self.next_of_others().filter(|(at, _)| *at <= now);
        due.map(|(_, peer)| peer.clone())
    }
}

#[cfg(test)]
#[path = "hinted_tests.rs"]
mod hinted_tests;
#[cfg(test)]
#[path = "schedule_tests.rs"]
mod schedule_tests;
