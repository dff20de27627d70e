//! When a private request that waits in the durable outbox is sent.
//!
//! The store says what waits; this plan only says when it is tried, and forgets all
//! of it at a stop: after a start everything that waits is due at once. A driver
//! sends, and reports how each sending ended.
//!
//! **Invariant:** one request of a peer is under way at a time, and no more than
//! [`Limits::in_flight_max`] in all.
//!
//! **Invariant:** the peers have turns, and so have the requests of a peer: a peer
//! with a thousand requests takes one place, and a request that was tried in vain goes
//! behind the others of its peer. Neither blocks anybody.
//!
//! **Invariant:** a request is not sent while one of those that it comes after still
//! waits, nor after it was answered.
//!
//! **Invariant:** after any outage, a peer that something waits for is tried again
//! within [`Limits::retry_millis_max`]. A peer that does not answer waits with all
//! its requests; one that says "not yet" delays that request only.
//!
//! **Invariant:** whatever signs of life arrive, what was tried in vain is followed by
//! another try at that peer after [`Limits::retry_first_millis`] at the soonest, counted
//! from start to start. Only an operator is faster, and what was never tried to a peer
//! that answers.
//!
//! **Invariant:** after a step, [`Outbox::next_due`] is later than that step: a driver
//! that waits for it does not spin.
//!
//! **Invariant:** no more than [`WAITING_MAX`] requests are held, and those under way.

use std::collections::{BTreeMap, BTreeSet};

use wire::EntityId;

use crate::{Millis, backoff};

/// The most requests that are planned at once. Of more, each peer's oldest are taken in
/// turns; the others wait until there is room.
pub const WAITING_MAX: usize = 1_000;

/// The silence of everybody after which the first word shows that the line is back: a
/// minute and a half. After a shorter one nobody waits longer than about that.
pub const SILENCE_MILLIS: u64 = 90_000;

/// How often, and how many at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The wait after the first failure, which doubles with each further one, and the
    /// least from one vain try at a peer to the next.
    pub retry_first_millis: u64,
    /// The longest wait after failures: an hour, so that a village that was cut
    /// off is back within one.
    pub retry_millis_max: u64,
    /// Requests at once, of all peers.
    pub in_flight_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            retry_first_millis: 1_000,
            retry_millis_max: 3_600_000,
            in_flight_max: 4,
        }
    }
}

impl Limits {
    fn wait_millis(&self, failures: u32, noise: u64) -> u64 {
        let (first, most) = (self.retry_first_millis, self.retry_millis_max);
        backoff::wait_millis(first, most, failures, noise)
    }
}

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What it is known by, for as long as it waits.
    pub op: String,
    /// To whom it goes.
    pub peer: EntityId,
    /// The `op`s that must be answered first, those of them that wait too. What waits keeps
    /// them, and its peer.
    pub after: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// These are all the requests that wait, oldest first, as the store has just said.
    Waiting(Vec<Waiting>),
    /// A request was answered for good, whatever the answer, and the store knows it.
    Answered {
        /// The request.
        op: String,
    },
    /// The peer was reached, and cannot answer this request yet.
    NotYet {
        /// The request.
        op: String,
        /// Any random number, which spreads the next tries.
        noise: u64,
    },
    /// No answer: the peer is unreachable or silent.
    Failed {
        /// The request.
        op: String,
        /// Any random number, which spreads the next tries.
        noise: u64,
    },
    /// The peer, or somebody for it, showed that it lives. An answer to a request is
    /// reported as that, and not as this too.
    SignOfLife(EntityId),
    /// An operator wants this request sent now.
    Now {
        /// The request.
        op: String,
    },
    /// Time has passed.
    Tick,
}

/// What shall be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this request, and report.
    Send {
        /// The request.
        op: String,
        /// To whom.
        peer: EntityId,
    },
}

#[derive(Debug)]
struct Request {
    peer: EntityId,
    after: Vec<String>,
    /// Some of what it comes after waits beyond [`WAITING_MAX`].
    is_held: bool,
    /// It was among the last that the store named. Another is forgotten when it lands.
    is_listed: bool,
    /// The lowest of its peer is sent first.
    place: u64,
    /// All tries in vain, for the operator.
    failures: u32,
    /// Times that the peer said "not yet" since it last showed that it lives.
    not_yets: u32,
    due_at: Millis,
}

#[derive(Debug)]
struct Peer {
    /// Failures since it was last reached.
    failures: u32,
    due_at: Millis,
    /// What was tried in vain is not tried again before, and nothing is after a failure.
    rests_until: Millis,
    /// The lowest of all is served first.
    turn: u64,
    flight: Option<Flight>,
}

#[derive(Debug)]
struct Flight {
    op: String,
    started_at: Millis,
    word: Word,
}

/// What was heard while a request was under way, and is heeded when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Nothing,
    /// The peer shall not wait, for the line is back or an operator says so.
    Again,
    /// The peer lives.
    SignOfLife,
}

impl Peer {
    fn is_flying(&self, op: &str) -> bool {
        self.flight.as_ref().is_some_and(|it| it.op == op)
    }

    /// Ends the wait but not the rest, now or when what is under way ends.
    fn wake(&mut self, now: Millis) {
        match &mut self.flight {
            Some(flight) => flight.word = flight.word.max(Word::Again),
            None => self.due_at = self.due_at.min(now.max(self.rests_until)),
        }
    }

    fn was_reached(&mut self, now: Millis) {
        self.failures = 0;
        self.due_at = self.due_at.min(now);
    }
}

/// The plan of all private requests.
#[derive(Debug)]
pub struct Outbox {
    limits: Limits,
    requests: BTreeMap<String, Request>,
    peers: BTreeMap<EntityId, Peer>,
    /// Answered since the store last named what waits, or named by it nevertheless:
    /// what it says may have been read before the answer was kept.
    answered: BTreeSet<String>,
    /// The first failure after the last time that anybody was reached.
    silent_since: Option<Millis>,
    /// The last place or turn that was given.
    number: u64,
}

impl Outbox {
    /// A plan without requests.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            requests: BTreeMap::new(),
            peers: BTreeMap::new(),
            answered: BTreeSet::new(),
            silent_since: None,
            number: 0,
        }
    }

    /// Takes an event, and says what shall be done now.
    pub fn step(&mut self, now: Millis, event: Event) -> Vec<Effect> {
        match event {
            Event::Waiting(waiting) => self.know(now, waiting),
            Event::Answered { op } => self.end(now, op),
            Event::NotYet { op, noise } => self.put_off(now, &op, noise),
            Event::Failed { op, noise } => self.fail(now, &op, noise),
            Event::SignOfLife(peer) => self.revive(now, &peer),
            Event::Now { op } => self.hurry(now, &op),
            Event::Tick => {}
        }
        self.start_due(now)
    }

    /// When something is due next, if nothing happens before.
    pub fn next_due(&self) -> Option<Millis> {
        if self.room() == 0 {
            return None;
        }
        self.requests
            .values()
            .filter_map(|it| self.ready_at(it))
            .min()
    }

    /// How often this request was tried in vain, as far as this plan remembers.
    pub fn failures(&self, op: &str) -> u32 {
        self.requests.get(op).map_or(0, |it| it.failures)
    }

    /// From when on this request is tried, if the turn comes to it; nothing if it is
    /// unknown, under way, or comes after another that waits.
    pub fn due_at(&self, op: &str) -> Option<Millis> {
        let request = self.requests.get(op)?;
        let peer = self.peers.get(&request.peer)?;
        if peer.is_flying(op) {
            return None;
        }
        self.possible_at(request, peer)
    }

    fn know(&mut self, now: Millis, mut waiting: Vec<Waiting>) {
        let named: BTreeSet<&str> = waiting.iter().map(|it| it.op.as_str()).collect();
        self.answered.retain(|op| named.contains(op.as_str()));
        waiting.retain(|it| !self.answered.contains(&it.op));
        let (taken, beyond) = take_in_turns(waiting);
        for request in self.requests.values_mut() {
            request.is_listed = false;
        }
        for Waiting { op, peer, after } in taken {
            let is_held = after.iter().any(|it| beyond.contains(it));
            let place = self.next_number();
            let request = self.requests.entry(op).or_insert_with(|| Request {
                peer,
                after,
                is_held,
                is_listed: true,
                place,
                failures: 0,
                not_yets: 0,
                due_at: now,
            });
            request.is_held = is_held;
            request.is_listed = true;
            self.peers
                .entry(request.peer.clone())
                .or_insert_with(|| Peer {
                    failures: 0,
                    due_at: now,
                    rests_until: now,
                    turn: place,
                    flight: None,
                });
        }
        self.forget(now);
    }

    /// Keeps what is listed or under way, and of the peers also those whose wait goes
    /// on, as long as there are not too many of them.
    fn forget(&mut self, now: Millis) {
        let peers = &self.peers;
        self.requests.retain(|op, it| {
            it.is_listed || peers.get(&it.peer).is_some_and(|peer| peer.is_flying(op))
        });
        let needed: BTreeSet<&EntityId> = self.requests.values().map(|it| &it.peer).collect();
        let has_room = self.peers.len() <= WAITING_MAX;
        self.peers
            .retain(|id, it| needed.contains(id) || (has_room && it.due_at > now));
    }

    fn end(&mut self, now: Millis, op: String) {
        let Some(request) = self.requests.remove(&op) else {
            return;
        };
        let flight = self.take_flight(&request.peer, &op);
        self.answered.insert(op);
        self.hear(now, &request.peer);
        self.heed(now, &request.peer, flight.map(|it| it.word));
    }

    fn put_off(&mut self, now: Millis, op: &str, noise: u64) {
        let Some((peer, flight)) = self.land(op) else {
            return;
        };
        let limits = self.limits;
        if let Some(request) = self.requests.get_mut(op) {
            request.due_at = now.plus(limits.wait_millis(request.not_yets, noise));
            request.not_yets = request.not_yets.saturating_add(1);
        }
        self.hear(now, &peer);
        self.heed(now, &peer, Some(flight.word));
    }

    fn fail(&mut self, now: Millis, op: &str, noise: u64) {
        let Some((id, flight)) = self.land(op) else {
            return;
        };
        let limits = self.limits;
        if let Some(peer) = self.peers.get_mut(&id) {
            let wait = limits.wait_millis(peer.failures, noise);
            peer.due_at = now.plus(wait).max(peer.rests_until);
            peer.failures = peer.failures.saturating_add(1);
        }
        self.silent_since.get_or_insert(now);
        self.heed(now, &id, Some(flight.word));
    }

    /// Takes back what was under way in vain: it goes behind the others of its peer,
    /// and is forgotten if it does not wait any more.
    fn land(&mut self, op: &str) -> Option<(EntityId, Flight)> {
        let id = self.requests.get(op)?.peer.clone();
        let flight = self.take_flight(&id, op)?;
        let rests_until = flight.started_at.plus(self.limits.wait_millis(0, 0));
        self.peers.get_mut(&id)?.rests_until = rests_until;
        let place = self.next_number();
        let request = self.requests.get_mut(op)?;
        request.place = place;
        request.failures = request.failures.saturating_add(1);
        if !request.is_listed {
            self.requests.remove(op);
        }
        Some((id, flight))
    }

    fn take_flight(&mut self, peer: &EntityId, op: &str) -> Option<Flight> {
        self.peers
            .get_mut(peer)?
            .flight
            .take_if(|it| it.op.as_str() == op)
    }

    /// This peer was reached. After a silence of all, that shows that the line is back:
    /// nobody else's wait goes on.
    fn hear(&mut self, now: Millis, peer: &EntityId) {
        if let Some(it) = self.peers.get_mut(peer) {
            it.was_reached(now);
        }
        let silent_since = self.silent_since.take();
        if silent_since.is_some_and(|at| now.0.saturating_sub(at.0) > SILENCE_MILLIS) {
            for it in self.peers.values_mut() {
                it.wake(now);
            }
        }
    }

    fn heed(&mut self, now: Millis, peer: &EntityId, word: Option<Word>) {
        match word {
            None | Some(Word::Nothing) => {}
            Some(Word::Again) => {
                if let Some(it) = self.peers.get_mut(peer) {
                    it.wake(now);
                }
            }
            Some(Word::SignOfLife) => self.revive(now, peer),
        }
    }

    /// The peer lives: it does not wait any more, nor do those that it put off.
    fn revive(&mut self, now: Millis, id: &EntityId) {
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        if let Some(flight) = &mut peer.flight {
            flight.word = Word::SignOfLife;
            return;
        }
        peer.failures = 0;
        peer.wake(now);
        for request in self.requests.values_mut().filter(|it| it.peer == *id) {
            request.not_yets = 0;
            request.due_at = request.due_at.min(now);
        }
    }

    /// Puts a request before all others, at once or when what its peer is busy with
    /// ends.
    fn hurry(&mut self, now: Millis, op: &str) {
        let Some(request) = self.requests.get_mut(op) else {
            return;
        };
        let Some(peer) = self.peers.get_mut(&request.peer) else {
            return;
        };
        if peer.is_flying(op) {
            return;
        }
        request.due_at = request.due_at.min(now);
        request.place = 0;
        peer.rests_until = peer.rests_until.min(now);
        peer.turn = 0;
        peer.wake(now);
    }

    fn start_due(&mut self, now: Millis) -> Vec<Effect> {
        let mut firsts: BTreeMap<&EntityId, (u64, &String)> = BTreeMap::new();
        for (op, request) in &self.requests {
            if self.ready_at(request).is_some_and(|at| at <= now) {
                let this = (request.place, op);
                let first = firsts.entry(&request.peer).or_insert(this);
                *first = this.min(*first);
            }
        }
        let turn = |peer: &EntityId| self.peers.get(peer).map_or(0, |it| it.turn);
        let mut chosen: Vec<(u64, EntityId, String)> = firsts
            .into_iter()
            .map(|(peer, (_, op))| (turn(peer), peer.clone(), op.clone()))
            .collect();
        chosen.sort();
        chosen.truncate(self.room());
        chosen
            .into_iter()
            .map(|(_, peer, op)| self.start(now, peer, op))
            .collect()
    }

    fn start(&mut self, now: Millis, peer: EntityId, op: String) -> Effect {
        let turn = self.next_number();
        if let Some(it) = self.peers.get_mut(&peer) {
            it.turn = turn;
            it.flight = Some(Flight {
                op: op.clone(),
                started_at: now,
                word: Word::Nothing,
            });
        }
        Effect::Send { op, peer }
    }

    /// When a request can be sent, if its peer is not busy.
    fn ready_at(&self, request: &Request) -> Option<Millis> {
        let peer = self.peers.get(&request.peer)?;
        if peer.flight.is_some() {
            return None;
        }
        self.possible_at(request, peer)
    }

    fn possible_at(&self, request: &Request, peer: &Peer) -> Option<Millis> {
        let mut after = request.after.iter();
        let is_blocked = request.is_held || after.any(|it| self.requests.contains_key(it));
        if is_blocked {
            return None;
        }
        let due_at = request.due_at.max(peer.due_at);
        if request.failures == 0 {
            Some(due_at)
        } else {
            Some(due_at.max(peer.rests_until))
        }
    }

    fn room(&self) -> usize {
        let in_flight = self.peers.values().filter(|it| it.flight.is_some());
        self.limits.in_flight_max.saturating_sub(in_flight.count())
    }

    fn next_number(&mut self) -> u64 {
        self.number = self.number.saturating_add(1);
        self.number
    }
}

/// At most [`WAITING_MAX`] of these, each peer's oldest in turns, and the `op`s of the
/// others.
fn take_in_turns(waiting: Vec<Waiting>) -> (Vec<Waiting>, BTreeSet<String>) {
    if waiting.len() <= WAITING_MAX {
        return (waiting, BTreeSet::new());
    }
    let mut counts: BTreeMap<EntityId, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, Waiting)> = waiting
        .into_iter()
        .map(|it| {
            let count = counts.entry(it.peer.clone()).or_default();
            *count += 1;
            (*count, it)
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let beyond = ranked.split_off(WAITING_MAX);
    (
        ranked.into_iter().map(|(_, it)| it).collect(),
        beyond.into_iter().map(|(_, it)| it.op).collect(),
    )
}

#[cfg(test)]
mod tests;
