use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::relayed::RELAYED_MILLIS_MAX;
use crate::samples::are_stated;
use crate::{Effect, Event, Known, Lane, Limits, Mark};

const LIMITS: Limits = Limits {
    pull_every_millis: 30_000,
    retry_millis_max: 3_600_000,
    in_flight_max: 4,
};

/// The coordinator is 0.
fn peer(number: usize) -> EntityId {
    EntityId::parse(&format!("https://n{number:04}.example")).unwrap()
}

fn lane(coordinator: usize, spaces: std::ops::Range<usize>) -> Lane {
    Lane {
        coordinator: Some(peer(coordinator)),
        spaces: spaces.map(peer).collect(),
    }
}

fn known(seq: u64, as_of_seconds: i64) -> Known {
    let mark = Mark { epoch: 1, seq };
    Known {
        mark,
        as_of_seconds,
    }
}

fn pulled(peer: EntityId) -> Event {
    let known = known(5, 100);
    Event::Pulled { peer, known }
}

/// A world of nodes that answer or do not; every pull ends at once.
struct World {
    plan: Schedule,
    now: Millis,
    /// Who does not answer.
    silent: BTreeSet<EntityId>,
    /// What each relay gives of feeds; nothing where it has failed.
    gives: BTreeMap<EntityId, Option<Known>>,
    /// Who was asked for whose feed, and when.
    asked: Vec<(u64, EntityId, EntityId)>,
    noise: u64,
}

impl World {
    fn of(spaces: usize) -> Self {
        let mut plan = Schedule::new(LIMITS).with_first(peer(0));
        let started = plan.step(Millis(0), Event::Peers(vec![lane(0, 1..spaces + 1)]));
        let mut world = Self {
            plan,
            now: Millis(0),
            silent: BTreeSet::new(),
            gives: BTreeMap::new(),
            asked: Vec::new(),
            noise: 0,
        };
        world.answer(started);
        world
    }

    /// Answers whatever is asked, until nothing is.
    fn answer(&mut self, effects: Vec<Effect>) {
        let mut left = effects;
        while !left.is_empty() {
            let event = match left.remove(0) {
                Effect::Pull(peer) if self.silent.contains(&peer) => {
                    let noise = self.noise;
                    Event::Failed { peer, noise }
                }
                Effect::Pull(peer) => pulled(peer),
                Effect::PullFrom { peer, relay } => {
                    self.asked.push((self.now.0, peer.clone(), relay.clone()));
                    let given = self.gives.get(&relay).copied();
                    let known = given.unwrap_or(Some(known(5, 100)));
                    let (from, noise) = (relay, self.noise);
                    Event::Relayed {
                        peer,
                        from,
                        known,
                        noise,
                    }
                }
            };
            left.extend(self.plan.step(self.now, event));
        }
    }

    /// Goes on to then, at each moment at which something is due.
    fn until(&mut self, millis: u64) {
        while let Some(due) = self.plan.next_due().filter(|due| due.0 <= millis) {
            assert!(due > self.now, "it spins");
            self.now = due;
            let effects = self.plan.step(due, Event::Tick);
            self.answer(effects);
        }
        self.now = Millis(millis);
        let effects = self.plan.step(self.now, Event::Tick);
        self.answer(effects);
    }

    fn relays(&self) -> Vec<EntityId> {
        self.asked
            .iter()
            .map(|(_, _, relay)| relay.clone())
            .collect()
    }

    fn moments(&self) -> Vec<u64> {
        self.asked.iter().map(|(at, ..)| *at).collect()
    }
}

#[test]
fn nobody_is_asked_for_the_feed_of_an_author_who_answers() {
    let mut world = World::of(9);
    world.until(3_600_000);
    assert_eq!(world.asked, []);
}

#[test]
fn the_coordinator_is_asked_first_and_then_the_others_in_turn() {
    let mut world = World::of(4);
    world.silent.insert(peer(2));
    world.until(30_000 + 5 * 3_600_000);
    let order: Vec<_> = [0, 3, 0, 4, 0, 0, 0, 1].map(peer).into();
    assert_eq!(world.relays()[..8], order);
    assert!(
        world
            .asked
            .iter()
            .all(|(_, of, relay)| *of == peer(2) && relay != of)
    );
    // A minute, two, four, and so on: at last an hour.
    let waits = [0, 60, 120, 240, 480, 960, 1_920, 3_600].map(|it| it * 1_000);
    let sums = waits.iter().scan(30_000, |at, wait| {
        *at += wait;
        Some(*at)
    });
    assert_eq!(world.moments()[..8], sums.collect::<Vec<_>>());
}

#[test]
fn the_author_is_tried_as_planned_whatever_relays_say() {
    let planned = |gives: Option<Option<Known>>| {
        let mut world = World::of(4);
        world.silent.insert(peer(2));
        if let Some(given) = gives {
            world.gives = (0..5).map(|it| (peer(it), given)).collect();
        } else {
            // Nobody can be asked.
            world.silent = (0..5).map(peer).collect();
        }
        let mut planned = Vec::new();
        while world.now.0 < 7_200_000 {
            let it = &world.plan.peers[&peer(2)];
            let next = (it.failures, it.due_at);
            if planned.last() != Some(&next) {
                planned.push(next);
            }
            let due = world.plan.next_due().unwrap();
            world.until(due.0);
        }
        planned
    };
    let alone = planned(None);
    assert!(alone.len() > 5, "{alone:?}");
    assert_eq!(planned(Some(None)), alone, "all fail");
    assert_eq!(planned(Some(Some(known(9, 900)))), alone, "all bring news");
}

#[test]
fn whoever_brought_something_is_asked_again_and_others_in_between() {
    let mut world = World::of(9);
    world.silent.insert(peer(5));
    world.gives.insert(peer(0), None);
    world.noise = 6;
    world.until(30_000);
    assert_eq!(world.relays(), [peer(0)]);
    // The next has more; the coordinator is left.
    world.gives.insert(peer(8), Some(known(6, 200)));
    world.until(30_000 + 60_000);
    assert_eq!(world.relays()[1..], [peer(8)]);
    for seq in 7..10 {
        world.gives.insert(peer(8), Some(known(seq, 200)));
        world.until(world.now.0 + 61_000);
    }
    assert_eq!(world.relays()[2..], [8, 9, 8].map(peer));
}

#[test]
fn a_newer_head_alone_is_something() {
    let mut world = World::of(3);
    world.silent.insert(peer(1));
    world.until(30_000);
    let before = world.asked.len();
    for hours in 1..5 {
        let head = Some(known(5, 100 + hours * 3_600));
        world.gives = (0..4).map(|it| (peer(it), head)).collect();
        world.until(world.now.0 + 3_600_000);
    }
    // At least that often is it looked for while it comes, and never more than each minute.
    assert!(world.asked.len() >= before + 16, "{:?}", world.moments());
}

#[test]
fn who_withholds_has_every_other_turn_at_most() {
    let mut world = World::of(40);
    world.silent.insert(peer(7));
    // The coordinator gives a bit more each time, and all others have all of it.
    for hour in 0..8 {
        world.gives.insert(peer(0), Some(known(6 + hour, 100)));
        world.until(world.now.0 + 61_000);
    }
    let of = |it| {
        world
            .relays()
            .iter()
            .filter(|relay| **relay == peer(it))
            .count()
    };
    assert!(of(0) <= 5, "{:?}", world.relays());
    assert!(world.relays().len() >= 7);
}

#[test]
fn where_the_own_line_is_cut_nobody_is_asked() {
    let mut world = World::of(50);
    world.silent = (0..=50).map(peer).collect();
    world.until(29_000);
    world.until(7_200_000);
    // Those who fell silent last were thought to answer for a moment.
    assert!(
        world.asked.iter().all(|(at, ..)| *at <= 60_000),
        "{:?}",
        world.moments()
    );
    assert!(world.asked.len() <= 2, "{:?}", world.asked);
}

#[test]
fn whoever_reaches_the_coordinator_alone_asks_it_four_times_a_second() {
    let mut world = World::of(1_000);
    world.until(29_000);
    world.silent = (1..=1_000).map(peer).collect();
    world.until(240_000);
    let of = |from: u64| {
        let within = |at: &&u64| (from..from + 1_000).contains(*at);
        world.moments().iter().filter(within).count()
    };
    assert!((30_000..230_000).step_by(250).all(|from| of(from) <= 4));
    let feeds: BTreeSet<_> = world.asked.iter().map(|(_, of, _)| of).collect();
    assert!(
        feeds.len() > 780,
        "most were read meanwhile: {}",
        feeds.len()
    );
    assert!(world.relays().iter().all(|it| *it == peer(0)));
    // When all answer again, nobody else is asked any more.
    world.silent.clear();
    world.until(world.now.0 + 3_700_000);
    let before = world.asked.len();
    world.until(world.now.0 + 3_600_000);
    assert_eq!(world.asked.len(), before);
}

#[test]
fn when_the_coordinator_returns_there_is_no_storm() {
    let mut world = World::of(30);
    world.until(29_000);
    world.silent.insert(peer(0));
    world.until(4_000_000);
    // It alone was asked for, of spaces, each two minutes at least.
    assert!(
        world
            .asked
            .iter()
            .all(|(_, of, relay)| *of == peer(0) && *relay != peer(0))
    );
    assert!(world.asked.len() >= 4_000 / 121, "{:?}", world.moments());
    let each = world.moments();
    assert!(each.windows(2).all(|it| it[1] - it[0] >= 60_000));
    world.silent.clear();
    let before = world.asked.len();
    world.until(world.now.0 + 7_200_000);
    assert!(world.asked.len() <= before + 1);
}

#[test]
fn a_hint_about_a_feed_whose_author_is_away_makes_one_look_sooner() {
    let mut world = World::of(4);
    world.silent.insert(peer(2));
    world.until(3_600_000);
    let before = world.asked.len();
    let mark = Mark { epoch: 1, seq: 6 };
    let hint = || Event::Hinted {
        peer: peer(2),
        mark,
    };
    // It is true, and a relay has it already.
    world.gives = (0..5).map(|it| (peer(it), Some(known(6, 200)))).collect();
    let effects = world.plan.step(world.now, hint());
    world.answer(effects);
    assert_eq!(world.asked.len(), before + 1);
    assert_eq!(
        world.plan.peers[&peer(2)].claims.rests_until(),
        None,
        "it is satisfied"
    );
    // Lies wake it once, and not sooner than a minute after the last.
    let start = world.now.0;
    let mark = Mark { epoch: 1, seq: 900 };
    for second in 1..1_800 {
        world.until(start + second * 1_000);
        let lie = Event::Hinted {
            peer: peer(2),
            mark,
        };
        let effects = world.plan.step(world.now, lie);
        world.answer(effects);
    }
    let looks = world.asked.len() - before - 1;
    assert!(looks <= 6, "{:?}", world.moments());
}

#[test]
fn a_feed_of_a_further_label_is_asked_of_that_label_and_of_the_first() {
    let mut world = World::of(0);
    world.plan = Schedule::new(LIMITS).with_first(peer(0));
    let lanes = vec![lane(0, 1..4), lane(10, 11..13), lane(20, 21..23)];
    let started = world.plan.step(Millis(0), Event::Peers(lanes));
    world.answer(started);
    world.silent.extend([peer(2), peer(11)]);
    world.until(90_000_000);
    let of = |author: usize| -> BTreeSet<_> {
        let of = world.asked.iter().filter(|(_, of, _)| *of == peer(author));
        of.map(|(_, _, relay)| relay.clone()).collect()
    };
    assert_eq!(of(2), [0, 1, 3].map(peer).into());
    assert_eq!(of(11), [0, 1, 3, 10, 12].map(peer).into());
    let first = world.asked.iter().find(|(_, of, _)| *of == peer(11));
    assert_eq!(first.map(|it| it.2.clone()), Some(peer(10)));
}

#[test]
fn what_a_relay_has_brought_is_not_asked_of_the_author_for_a_hint() {
    let mut world = World::of(5);
    world.silent.extend([peer(2), peer(3)]);
    world.until(3_600_000);
    world.gives = (0..6).map(|it| (peer(it), Some(known(6, 200)))).collect();
    let mark = Mark { epoch: 1, seq: 6 };
    // The turn of those who did not answer last is taken by the one of them.
    for number in [3, 2] {
        let peer = peer(number);
        let effects = world.plan.step(world.now, Event::Hinted { peer, mark });
        world.answer(effects);
    }
    let waits = |world: &World| world.plan.peers[&peer(2)].claims.rests_until();
    assert!(waits(&world).is_some(), "it waits for its turn");
    world.until(world.now.0 + RELAYED_GAP_MILLIS);
    assert_eq!(world.plan.peers[&peer(2)].known, known(6, 200));
    assert_eq!(waits(&world), None);
}

#[test]
fn the_feeds_of_a_further_label_leave_a_relay_for_those_of_the_first() {
    let mut plan = Schedule::new(LIMITS).with_first(peer(0));
    let lanes = vec![lane(0, 1..9), lane(10, 11..19)];
    let mut relayed = Vec::new();
    let is_further = |it: &EntityId| (11..19).any(|number| *it == peer(number));
    let mut left = plan.step(Millis(0), Event::Peers(lanes));
    // One of the first label falls silent when those of the other have long been.
    for millis in (0..40_000).step_by(250) {
        let is_silent = |it: &EntityId| is_further(it) || (millis > 1_000 && *it == peer(5));
        left.extend(plan.step(Millis(millis), Event::Tick));
        while !left.is_empty() {
            let event = match left.remove(0) {
                Effect::Pull(peer) if is_silent(&peer) => Event::Failed { peer, noise: 0 },
                Effect::Pull(peer) => pulled(peer),
                // None of them ever ends.
                Effect::PullFrom { peer, .. } => {
                    relayed.push(peer);
                    continue;
                }
            };
            left.extend(plan.step(Millis(millis), event));
        }
    }
    assert_eq!(relayed.len(), RELAYS_IN_FLIGHT_MAX);
    assert!(relayed.contains(&peer(5)), "{relayed:?}");
}

/// The numbers of section 10 of `specs/feed.md`.
#[test]
fn the_numbers_of_relays_are_those_of_the_specification() {
    let numbers = [
        ("RELAYED_EVERY_MILLIS", RELAYED_EVERY_MILLIS),
        ("RELAYED_GAP_MILLIS", RELAYED_GAP_MILLIS),
        ("RELAYS_IN_FLIGHT_MAX", RELAYS_IN_FLIGHT_MAX as u64),
        ("RELAYED_MILLIS_MAX", RELAYED_MILLIS_MAX),
    ];
    are_stated("10. Relays", &numbers);
}

proptest! {
    /// Whatever happens, in whatever order: nobody is asked who is not a peer that answers,
    /// nobody twice at once, and no more of them than the limits say.
    #[test]
    fn the_limits_of_relays_hold(
        events in proptest::collection::vec((0_u8..12, 0_usize..16, any::<u64>(), 0_u64..40_000), 1..300),
    ) {
        let mut plan = Schedule::new(LIMITS).with_first(peer(0));
        let mut now = Millis(0);
        let everybody = [lane(0, 1..6), lane(10, 11..15)];
        let mut running: Vec<Effect> = plan.step(now, Event::Peers(everybody.to_vec()));
        let mut listed: BTreeSet<EntityId> = everybody.iter().flat_map(Lane::peers).cloned().collect();
        let mut answering = BTreeSet::new();
        let mut last: BTreeMap<EntityId, u64> = BTreeMap::new();
        let mut begun: Option<u64> = None;
        for (what, which, noise, millis) in events {
            now = now.plus(millis);
            let ended = (!running.is_empty()).then(|| which % running.len());
            let event = match (what, ended) {
                (0, _) => {
                    let lanes = everybody[..which % 3].to_vec();
                    listed = lanes.iter().flat_map(Lane::peers).cloned().collect();
                    Event::Peers(lanes)
                }
                (1, _) => Event::SignOfLife(peer(which)),
                (2, _) => Event::Hinted { peer: peer(which), mark: Mark { epoch: 1, seq: noise % 50 } },
                (_, Some(ended)) => {
                    let is_well = what < 8;
                    match running.remove(ended) {
                        Effect::Pull(peer) if is_well => {
                            answering.insert(peer.clone());
                            Event::Pulled { peer, known: known(noise % 50, 0) }
                        }
                        Effect::Pull(peer) => {
                            answering.remove(&peer);
                            Event::Failed { peer, noise }
                        }
                        Effect::PullFrom { peer, relay } => Event::Relayed {
                            peer,
                            from: relay,
                            known: is_well.then(|| known(noise % 50, 0)),
                            noise,
                        },
                    }
                }
                (_, None) => Event::Tick,
            };
            for started in plan.step(now, event) {
                prop_assert!(!running.contains(&started));
                if let Effect::PullFrom { peer, relay } = &started {
                    prop_assert!(peer != relay);
                    prop_assert!(listed.contains(relay) && listed.contains(peer));
                    prop_assert!(answering.contains(relay));
                    let asks = |it: &Effect| matches!(it, Effect::PullFrom { peer: other, relay: by } if other == peer || by == relay);
                    prop_assert!(!running.iter().any(asks));
                    let before = last.insert(peer.clone(), now.0);
                    prop_assert!(before.is_none_or(|at| now.0 >= at + RELAYED_EVERY_MILLIS) || !plan.peers.contains_key(peer));
                    prop_assert!(begun.is_none_or(|at| now.0 >= at + RELAYED_GAP_MILLIS));
                    begun = Some(now.0);
                }
                running.push(started);
            }
            // Whoever left and came back is somebody new.
            last.retain(|peer, _| plan.peers.contains_key(peer));
            let relayed = |it: &&Effect| matches!(it, Effect::PullFrom { .. });
            prop_assert!(running.iter().filter(relayed).count() <= RELAYS_IN_FLIGHT_MAX);
            prop_assert!(running.len() <= LIMITS.in_flight_max + 1 + RELAYS_IN_FLIGHT_MAX);
            if let Some(due) = plan.next_due() {
                prop_assert!(due > now);
            }
        }
    }
}
