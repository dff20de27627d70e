//! The plan of all pulls: whom to ask for its feed, and when.

use std::collections::{BTreeMap, BTreeSet};

use wire::EntityId;

use crate::hinted::{Claims, Turns};
use crate::queue::Queue;
use crate::{Effect, Event, Limits, Mark, Millis, backoff};

/// The longest wait of the peer that comes first: two minutes, because what it says
/// (who belongs, who was withdrawn) cannot wait for an hour.
pub const FIRST_RETRY_MILLIS_MAX: u64 = 120_000;

/// Whom there is to ask, and how that stands.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) failures: u32,
    pub(crate) due_at: Millis,
    is_in_flight: bool,
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
            is_listed: true,
            claims: Claims::default(),
        }
    }
}

/// The plan of all pulls.
#[derive(Debug)]
pub struct Schedule {
    limits: Limits,
    first: Option<EntityId>,
    heard_at: Option<Millis>,
    /// The peers as they were listed last.
    listed: Vec<EntityId>,
    peers: BTreeMap<EntityId, Peer>,
    /// Those that are not being asked, without the one that comes first.
    queue: Queue,
    /// How many are being asked, without the one that comes first.
    in_flight: usize,
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
            queue: Queue::default(),
            in_flight: 0,
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
        let others = self.queue.next(&self.turns).filter(|_| self.has_room());
        first.into_iter().chain(others.map(|(at, _)| at)).min()
    }

    /// Changes a peer, and lets it wait where it belongs by what it is then.
    fn change(&mut self, peer: &EntityId, change: impl FnOnce(&mut Peer)) {
        let is_first = self.is_first(peer);
        let Some(it) = self.peers.get_mut(peer) else {
            return;
        };
        self.queue.remove(peer, it);
        let was_in_flight = it.is_in_flight;
        change(it);
        let is_over = !it.is_listed && !it.is_in_flight;
        if !is_first {
            self.in_flight += usize::from(it.is_in_flight);
            self.in_flight -= usize::from(was_in_flight);
            if !it.is_in_flight && !is_over {
                self.queue.insert(peer, it);
            }
        }
        if is_over {
            self.peers.remove(peer);
        }
    }

    fn know(&mut self, now: Millis, peers: Vec<EntityId>) {
        if peers == self.listed {
            return;
        }
        let listed: BTreeSet<_> = peers.iter().collect();
        let known = self.peers.keys();
        let gone: Vec<_> = known.filter(|it| !listed.contains(it)).cloned().collect();
        for peer in &gone {
            self.change(peer, |it| it.is_listed = false);
        }
        for peer in &peers {
            if !self.peers.contains_key(peer) {
                self.peers.insert(peer.clone(), Peer::new(now));
            }
            self.change(peer, |it| it.is_listed = true);
        }
        self.listed = peers;
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

    /// Whether another pull may begin, beside that of the peer that comes first.
    fn has_room(&self) -> bool {
        self.in_flight < self.limits.in_flight_max
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
        let next = self.queue.next(&self.turns).filter(|_| self.has_room());
        let due = next.filter(|(at, _)| *at <= now);
        due.map(|(_, peer)| peer.clone())
    }
}

#[cfg(test)]
#[path = "hinted_tests.rs"]
mod hinted_tests;
#[cfg(test)]
#[path = "schedule_tests.rs"]
mod schedule_tests;
