//! Replication as a machine without IO: whom to ask, and when to try again.
//!
//! Events go in, effects come out; a driver outside performs them and reports
//! back. [`Schedule`] plans pulls of feeds, [`outbox`] plans private requests,
//! [`hinting`] plans whom to tell that the own feed has grown.
//!
//! **Invariant:** one pull of a peer is under way at a time, and no more than
//! [`Limits::in_flight_max`] in all, so that a slow peer delays only itself.
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

use std::collections::BTreeMap;

use wire::EntityId;

use crate::hinted::{Claims, Turns};

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

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// These are all the peers there are.
    Peers(Vec<EntityId>),
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

#[derive(Debug)]
struct Peer {
    failures: u32,
    due_at: Millis,
    is_in_flight: bool,
    claims: Claims,
}

impl Peer {
    fn new(now: Millis) -> Self {
        Self {
            failures: 0,
            due_at: now,
            is_in_flight: false,
            claims: Claims::default(),
        }
    }
}

/// The longest wait of the peer that comes first: two minutes, because what it says
/// (who belongs, who was withdrawn) cannot wait for an hour.
pub const FIRST_RETRY_MILLIS_MAX: u64 = 120_000;

/// The plan of all pulls.
#[derive(Debug)]
pub struct Schedule {
    limits: Limits,
    first: Option<EntityId>,
    heard_at: Option<Millis>,
    peers: BTreeMap<EntityId, Peer>,
    turns: Turns,
}

impl Schedule {
    /// A plan without peers.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            first: None,
            heard_at: None,
            peers: BTreeMap::new(),
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
                if let Some(it) = self.peers.get_mut(&peer) {
                    it.failures = 0;
                    it.due_at = it.due_at.min(now);
                }
            }
            Event::Hinted { peer, mark } => {
                if let Some(it) = self.peers.get_mut(&peer) {
                    it.claims.hear(mark);
                }
            }
            Event::Tick => {}
        }
        self.start_due(now)
    }

    /// When something is due next, if nothing happens before.
    pub fn next_due(&self) -> Option<Millis> {
        let has_room = self.has_room();
        self.peers
            .iter()
            .filter(|(peer, it)| !it.is_in_flight && (has_room || self.is_first(peer)))
            .map(|(_, it)| self.due_at(it))
            .min()
    }

    fn know(&mut self, now: Millis, peers: Vec<EntityId>) {
        self.peers
            .retain(|peer, it| it.is_in_flight || peers.contains(peer));
        for peer in peers {
            self.peers.entry(peer).or_insert_with(|| Peer::new(now));
        }
    }

    fn land(&mut self, now: Millis, peer: &EntityId, known: Mark) {
        self.hear(now);
        let due_at = now.plus(self.limits.pull_every_millis);
        self.settle(peer, |it| {
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
        self.settle(peer, |it| {
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
        if was_cut {
            for peer in self.peers.values_mut().filter(|it| !it.is_in_flight) {
                peer.due_at = peer.due_at.min(now);
            }
        }
    }

    fn settle(&mut self, peer: &EntityId, change: impl FnOnce(&mut Peer)) {
        if let Some(it) = self.peers.get_mut(peer) {
            it.is_in_flight = false;
            change(it);
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

    /// Whether another pull may begin, beside that of the peer that comes first.
    fn has_room(&self) -> bool {
        let is_running = |(peer, it): &(&EntityId, &Peer)| it.is_in_flight && !self.is_first(peer);
        self.peers.iter().filter(is_running).count() < self.limits.in_flight_max
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
            let Some(it) = self.peers.get_mut(&peer) else {
                break;
            };
            let is_by_hint = it.due_at > now;
            it.is_in_flight = true;
            it.claims.start(now, is_by_hint);
            if is_by_hint {
                self.turns.take(now, it.failures > 0);
            }
            effects.push(Effect::Pull(peer));
        }
        effects
    }

    /// Whoever has waited longest is first, but for the one that always is.
    fn next_to_start(&self, now: Millis) -> Option<EntityId> {
        let has_room = self.has_room();
        let waiting = self.peers.iter().filter(|(_, it)| !it.is_in_flight);
        let waits = waiting.map(|(peer, it)| (!self.is_first(peer), self.due_at(it), peer));
        let may_start = |(is_other, due_at, _): &(bool, Millis, &EntityId)| {
            *due_at <= now && (has_room || !is_other)
        };
        waits
            .filter(may_start)
            .min()
            .map(|(_, _, peer)| peer.clone())
    }
}

#[cfg(test)]
mod hinted_tests;
#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits {
        pull_every_millis: 1_000,
        retry_millis_max: 60_000,
        in_flight_max: 2,
    };

    fn peer(number: u8) -> EntityId {
        EntityId::parse(&format!("https://space-{number}.example")).unwrap()
    }

    fn pulls(effects: &[Effect]) -> Vec<EntityId> {
        effects
            .iter()
            .map(|Effect::Pull(peer)| peer.clone())
            .collect()
    }

    fn pulled(peer: EntityId) -> Event {
        let known = Mark::default();
        Event::Pulled { peer, known }
    }

    #[test]
    fn a_slow_peer_delays_only_itself() {
        let mut plan = Schedule::new(LIMITS);
        let all: Vec<_> = (0..4).map(peer).collect();
        let started = pulls(&plan.step(Millis(0), Event::Peers(all.clone())));
        assert_eq!(started, [peer(0), peer(1)]);
        // The first never comes back; the others have their turn, again and again.
        let mut seen = Vec::new();
        let mut running = peer(1);
        for turn in 1..20 {
            let next = plan.step(Millis(turn * 1_000), pulled(running.clone()));
            seen.extend(pulls(&next));
            running = pulls(&next)[0].clone();
        }
        for other in 1..4 {
            assert!(
                seen.iter().filter(|it| **it == peer(other)).count() >= 5,
                "{seen:?}"
            );
        }
        assert!(!seen.contains(&peer(0)));
    }

    #[test]
    fn a_sign_of_life_ends_the_wait() {
        let mut plan = Schedule::new(LIMITS);
        plan.step(Millis(0), Event::Peers(vec![peer(0)]));
        for _ in 0..8 {
            plan.step(
                Millis(0),
                Event::Failed {
                    peer: peer(0),
                    noise: 0,
                },
            );
            plan.step(plan.next_due().unwrap(), Event::Tick);
        }
        plan.step(
            Millis(0),
            Event::Failed {
                peer: peer(0),
                noise: 0,
            },
        );
        assert_eq!(plan.next_due(), Some(Millis(60_000)));
        assert!(plan.step(Millis(5), Event::Tick).is_empty());
        assert_eq!(
            pulls(&plan.step(Millis(5), Event::SignOfLife(peer(0)))),
            [peer(0)]
        );
    }

    #[test]
    fn slow_others_never_keep_the_first_waiting() {
        let mut plan = Schedule::new(LIMITS).with_first(peer(3));
        let started = pulls(&plan.step(Millis(0), Event::Peers((0..4).map(peer).collect())));
        assert_eq!(
            started,
            [peer(3), peer(0), peer(1)],
            "one beside the two of all"
        );
        let again = plan.step(Millis(10), pulled(peer(3)));
        assert!(again.is_empty());
        assert_eq!(pulls(&plan.step(Millis(1_010), Event::Tick)), [peer(3)]);
    }

    #[test]
    fn the_first_is_asked_again_within_two_minutes() {
        let limits = Limits {
            retry_millis_max: 3_600_000,
            ..LIMITS
        };
        for (first, most) in [(peer(0), FIRST_RETRY_MILLIS_MAX), (peer(1), 3_600_000)] {
            let mut plan = Schedule::new(limits).with_first(first);
            let mut now = Millis(0);
            plan.step(now, Event::Peers(vec![peer(0)]));
            for _ in 0..20 {
                plan.step(
                    now,
                    Event::Failed {
                        peer: peer(0),
                        noise: 0,
                    },
                );
                let due = plan.next_due().unwrap();
                assert!(due <= now.plus(most));
                now = due;
                plan.step(now, Event::Tick);
            }
            plan.step(
                now,
                Event::Failed {
                    peer: peer(0),
                    noise: 0,
                },
            );
            assert_eq!(plan.next_due(), Some(now.plus(most)));
        }
    }

    #[test]
    fn after_a_silence_the_first_word_wakes_all() {
        let mut plan = Schedule::new(LIMITS);
        plan.step(Millis(0), Event::Peers(vec![peer(0), peer(1)]));
        plan.step(Millis(0), pulled(peer(0)));
        for _ in 0..8 {
            plan.step(
                Millis(1),
                Event::Failed {
                    peer: peer(1),
                    noise: 0,
                },
            );
            plan.step(Millis(1), Event::SignOfLife(peer(1)));
        }
        for _ in 0..7 {
            plan.step(
                Millis(1),
                Event::Failed {
                    peer: peer(1),
                    noise: 0,
                },
            );
        }
        plan.step(Millis(1_000), Event::Tick);
        // A word in time wakes nobody; one after a silence does.
        assert!(plan.step(Millis(1_100), pulled(peer(0))).is_empty());
        plan.step(Millis(2_200), Event::Tick);
        let woken = pulls(&plan.step(Millis(9_000), pulled(peer(0))));
        assert_eq!(woken, [peer(1)]);
    }

    #[test]
    fn who_left_is_not_asked_any_more() {
        let mut plan = Schedule::new(LIMITS);
        plan.step(Millis(0), Event::Peers(vec![peer(0), peer(1)]));
        plan.step(Millis(1), Event::Peers(vec![peer(1)]));
        plan.step(Millis(2), pulled(peer(0)));
        plan.step(Millis(3), Event::Peers(vec![peer(1)]));
        assert!(
            pulls(&plan.step(Millis(99_000), Event::Tick)).is_empty(),
            "1 is in flight"
        );
        assert_eq!(plan.next_due(), None);
    }

    proptest! {
        /// Whatever happens, nobody waits longer than the cap, and nobody is asked twice at once.
        #[test]
        fn nobody_is_forgotten(events in proptest::collection::vec((0_u8..4, 0_u8..4, any::<u64>(), 0_u64..5_000), 1..200)) {
            let mut plan = Schedule::new(LIMITS);
            let mut now = Millis(0);
            let mut running = pulls(&plan.step(now, Event::Peers((0..4).map(peer).collect())));
            for (what, who, noise, millis) in events {
                now = now.plus(millis);
                let who = peer(who);
                let event = match what {
                    0 | 1 if !running.contains(&who) => Event::Tick,
                    0 => pulled(who.clone()),
                    1 => Event::Failed { peer: who.clone(), noise },
                    2 => Event::SignOfLife(who.clone()),
                    _ => Event::Tick,
                };
                if matches!(event, Event::Pulled { .. } | Event::Failed { .. }) {
                    running.retain(|it| *it != who);
                }
                for started in pulls(&plan.step(now, event)) {
                    prop_assert!(!running.contains(&started));
                    running.push(started);
                }
                prop_assert!(running.len() <= LIMITS.in_flight_max);
                if let Some(due) = plan.next_due() {
                    prop_assert!(due <= now.plus(LIMITS.retry_millis_max));
                }
            }
        }
    }
}
