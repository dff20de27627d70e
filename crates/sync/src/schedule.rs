//! The plan of all pulls: whom to ask for its feed, and when.

use std::collections::{BTreeMap, BTreeSet};

use wire::EntityId;

use crate::hinted::{Claims, Turns};
use crate::queue::Queue;
use crate::relayed::{
    Answering, RELAYED_EVERY_MILLIS, RELAYED_GAP_MILLIS, RELAYS_IN_FLIGHT_MAX, Relayed,
};
use crate::{Effect, Event, Known, Lane, Limits, Millis, backoff};

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
    /// Whether the last pull from it ended well.
    is_answering: bool,
    known: Known,
    pub(crate) claims: Claims,
    pub(crate) relayed: Relayed,
}

impl Peer {
    fn new(now: Millis, lane: usize) -> Self {
        Self {
            failures: 0,
            due_at: now,
            is_in_flight: false,
            lane,
            is_listed: true,
            is_answering: false,
            known: Known::default(),
            claims: Claims::default(),
            relayed: Relayed::default(),
        }
    }
}

/// How the peers of one label stand.
#[derive(Debug, Default)]
struct Standing {
    /// Those that are not being asked, without the one that comes first of all.
    queue: Queue,
    /// How many are being asked, without that one.
    in_flight: usize,
    /// Whose last pull ended well.
    answering: BTreeSet<EntityId>,
    /// Those for whom a relay shall be asked, by when.
    relays: BTreeSet<(Millis, EntityId)>,
    /// For how many a relay is being asked.
    relayed: usize,
}

impl Standing {
    /// Counts a peer as it is now.
    fn enter(&mut self, peer: &EntityId, it: &Peer, is_first: bool) {
        if it.is_in_flight {
            self.in_flight += usize::from(!is_first);
        } else if !is_first {
            self.queue.insert(peer, it);
        }
        if it.is_answering {
            self.answering.insert(peer.clone());
        }
        self.relayed += usize::from(it.relayed.asking().is_some());
        if let Some(at) = it.relayed.waits_until() {
            self.relays.insert((at, peer.clone()));
        }
    }

    /// Counts a peer no more that was counted as it is now.
    fn leave(&mut self, peer: &EntityId, it: &Peer, is_first: bool) {
        if it.is_in_flight {
            self.in_flight -= usize::from(!is_first);
        } else if !is_first {
            self.queue.remove(peer, it);
        }
        self.answering.remove(peer);
        self.relayed -= usize::from(it.relayed.asking().is_some());
        if let Some(at) = it.relayed.waits_until() {
            self.relays.remove(&(at, peer.clone()));
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
    listed: Vec<Lane>,
    peers: BTreeMap<EntityId, Peer>,
    lanes: BTreeMap<usize, Standing>,
    turns: Turns,
    /// The relays that are being asked.
    busy: BTreeSet<EntityId>,
    /// No relay is asked before.
    relay_at: Millis,
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
            busy: BTreeSet::new(),
            relay_at: Millis::default(),
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
            Event::Relayed {
                peer,
                from,
                known,
                noise,
            } => self.end_relay(now, (&peer, &from), known, noise),
            Event::SignOfLife(peer) => {
                self.change(&peer, |it| {
                    it.failures = 0;
                    it.due_at = it.due_at.min(now);
                });
            }
            Event::Hinted { peer, mark } => {
                self.change(&peer, |it| {
                    it.claims.hear(mark);
                    if mark > it.known.mark {
                        it.relayed.wake(now);
                    }
                });
            }
            Event::Tick => {}
        }
        let mut effects = self.start_due(now);
        effects.extend(self.start_relays(now));
        effects
    }

    /// When something is due next, if nothing happens before.
    pub fn next_due(&self) -> Option<Millis> {
        let first = self.waiting_first().map(|it| self.due_at(it));
        let others = self.next_of_others().map(|(at, _)| at);
        let relay = self.next_relay().map(|(at, _)| at);
        [first, others, relay].into_iter().flatten().min()
    }

    /// Changes a peer, and lets it wait where it belongs by what it is then.
    fn change(&mut self, peer: &EntityId, change: impl FnOnce(&mut Peer)) {
        let is_first = self.is_first(peer);
        let Some(it) = self.peers.get_mut(peer) else {
            return;
        };
        self.lanes
            .entry(it.lane)
            .or_default()
            .leave(peer, it, is_first);
        change(it);
        let is_over = !it.is_listed && !it.is_in_flight && it.relayed.asking().is_none();
        if !is_over {
            self.lanes
                .entry(it.lane)
                .or_default()
                .enter(peer, it, is_first);
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
            if self.peers.contains_key(peer) {
                self.change(peer, |it| {
                    it.is_listed = true;
                    it.lane = lane;
                });
            } else {
                let it = Peer::new(now, lane);
                let is_first = self.is_first(peer);
                let standing = self.lanes.entry(lane).or_default();
                standing.enter(peer, &it, is_first);
                self.peers.insert(peer.clone(), it);
            }
        }
        self.listed = lanes;
    }

    fn land(&mut self, now: Millis, peer: &EntityId, known: Known) {
        self.hear(now);
        let due_at = now.plus(self.limits.pull_every_millis);
        self.change(peer, |it| {
            it.is_in_flight = false;
            it.failures = 0;
            it.due_at = due_at;
            it.is_answering = true;
            it.known = known;
            it.claims.land(now, known.mark);
            it.relayed.need_no_more();
        });
    }

    /// A pull that a hint alone began, and that failed, leaves the plan as it was: nobody
    /// can make this node give a partner up by telling it of nothing.
    fn fail(&mut self, now: Millis, peer: &EntityId, noise: u64) {
        let failures = self.peers.get(peer).map_or(0, |it| it.failures);
        let due_at = now.plus(self.wait_millis(peer, failures, noise));
        let begin = self.anybody_beside(peer, noise).cloned();
        self.change(peer, |it| {
            it.is_in_flight = false;
            it.is_answering = false;
            if it.claims.fail(now) {
                return;
            }
            it.failures = it.failures.saturating_add(1);
            it.due_at = due_at;
            it.relayed.need(now, begin.as_ref());
        });
    }

    /// Any peer of the same label, as `noise` says.
    fn anybody_beside(&self, peer: &EntityId, noise: u64) -> Option<&EntityId> {
        let spaces = &self.listed.get(self.peers.get(peer)?.lane)?.spaces;
        let count = u64::try_from(spaces.len()).ok()?;
        let which = noise.checked_rem(count)?;
        spaces.get(usize::try_from(which).ok()?)
    }

    /// A relay shows that the line is there, and nothing of the author.
    fn end_relay(
        &mut self,
        now: Millis,
        (peer, from): (&EntityId, &EntityId),
        known: Option<Known>,
        noise: u64,
    ) {
        let asking = self.peers.get(peer).and_then(|it| it.relayed.asking());
        if asking != Some(from) {
            return;
        }
        self.busy.remove(from);
        if known.is_some() {
            self.hear(now);
        }
        let most = self.retry_millis_max(peer);
        let first = RELAYED_EVERY_MILLIS;
        let wait_millis = |in_vain| backoff::wait_millis(first, most, in_vain, noise);
        self.change(peer, |it| {
            let brought = known.map(|known| known > it.known);
            if let Some(known) = known {
                it.known = known;
                it.claims.relay(known.mark);
            }
            it.relayed.end(now, brought, wait_millis);
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
        let most = self.retry_millis_max(peer);
        backoff::wait_millis(self.limits.pull_every_millis, most, failures, noise)
    }

    fn retry_millis_max(&self, peer: &EntityId) -> u64 {
        let most = self.limits.retry_millis_max;
        if self.is_first(peer) {
            most.min(FIRST_RETRY_MILLIS_MAX)
        } else {
            most
        }
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

    fn start_relays(&mut self, now: Millis) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some((_, peer)) = self.next_relay().filter(|(at, _)| *at <= now) {
            let peer = peer.clone();
            let Some((relay, is_in_turn)) = self.relay_of(&peer) else {
                self.change(&peer, |it| it.relayed.postpone(now));
                continue;
            };
            self.change(&peer, |it| it.relayed.start(now, &relay, is_in_turn));
            self.busy.insert(relay.clone());
            self.relay_at = now.plus(RELAYED_GAP_MILLIS);
            effects.push(Effect::PullFrom { peer, relay });
        }
        effects
    }

    /// The feed that has waited longest for a relay, and from when on one may be asked for
    /// it; nothing where nobody can be asked.
    fn next_relay(&self) -> Option<(Millis, &EntityId)> {
        if self.busy.len() >= RELAYS_IN_FLIGHT_MAX {
            return None;
        }
        let further = self
            .lanes
            .range(1..)
            .map(|(_, it)| it.relayed)
            .sum::<usize>();
        let may_begin = |lane| lane == 0 || further + 1 < RELAYS_IN_FLIGHT_MAX;
        let lanes = self.lanes.iter().filter(|(lane, it)| {
            let answering = self.answering_for(**lane).map(BTreeSet::len);
            !it.relays.is_empty() && may_begin(**lane) && answering.sum::<usize>() > self.busy.len()
        });
        let waiting = lanes.filter_map(|(_, it)| it.relays.first());
        let (at, peer) = waiting.min_by_key(|(at, _)| *at)?;
        Some((self.relay_at.max(*at), peer))
    }

    /// Who answers, of those who may hold the feeds of a label: of the first label, and of
    /// its own.
    fn answering_for(&self, lane: usize) -> impl Iterator<Item = &BTreeSet<EntityId>> {
        let own = Some(lane).filter(|lane| *lane != 0);
        let lanes = std::iter::once(0).chain(own);
        lanes.filter_map(|lane| self.lanes.get(&lane).map(|it| &it.answering))
    }

    fn relay_of(&self, peer: &EntityId) -> Option<(EntityId, bool)> {
        let it = self.peers.get(peer)?;
        let coordinator = self.listed.get(it.lane)?.coordinator.as_ref();
        let answering = Answering {
            of: self.answering_for(it.lane).collect(),
            author: peer,
            busy: &self.busy,
        };
        it.relayed.choose(coordinator, &answering)
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
#[path = "relayed_tests.rs"]
mod relayed_tests;
#[cfg(test)]
#[path = "schedule_tests.rs"]
mod schedule_tests;
