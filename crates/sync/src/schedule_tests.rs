use proptest::prelude::*;

use super::*;
use crate::samples::{peers, pulls};
use crate::{Event, Known, Lane, Limits};

const LIMITS: Limits = Limits {
    pull_every_millis: 1_000,
    retry_millis_max: 60_000,
    in_flight_max: 2,
};

fn peer(number: u8) -> EntityId {
    EntityId::parse(&format!("https://space-{number}.example")).unwrap()
}

fn pulled(peer: EntityId) -> Event {
    let known = Known::default();
    Event::Pulled { peer, known }
}

#[test]
fn a_slow_peer_delays_only_itself() {
    let mut plan = Schedule::new(LIMITS);
    let all: Vec<_> = (0..4).map(peer).collect();
    let started = pulls(&plan.step(Millis(0), peers(all.clone())));
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
    plan.step(Millis(0), peers(vec![peer(0)]));
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
    let started = pulls(&plan.step(Millis(0), peers((0..4).map(peer).collect())));
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
        plan.step(now, peers(vec![peer(0)]));
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
    plan.step(Millis(0), peers(vec![peer(0), peer(1)]));
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
    plan.step(Millis(0), peers(vec![peer(0), peer(1)]));
    plan.step(Millis(1), peers(vec![peer(1)]));
    plan.step(Millis(2), pulled(peer(0)));
    plan.step(Millis(3), peers(vec![peer(1)]));
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
        let mut running = pulls(&plan.step(now, peers((0..4).map(peer).collect())));
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

/// With as many peers as there may be, who waits is looked up: where each start looked at all
/// of them, and each list was compared name by name with all, this took hours.
#[test]
fn thousands_of_peers_are_planned_at_once() {
    let everybody: Vec<_> = (0..3_510).map(numbered).collect();
    let all =
        |from: usize| -> Vec<_> { everybody.iter().skip(from).take(3_500).cloned().collect() };
    let mut plan = Schedule::new(LIMITS).with_first(numbered(0));
    let mut running = pulls(&plan.step(Millis(0), peers(all(0))));
    let mut asked = std::collections::BTreeSet::new();
    for turn in 0..10_000 {
        // Now and then somebody is new, and somebody is gone.
        let now = Millis(turn as u64);
        if turn % 5 == 0 {
            running.extend(pulls(&plan.step(now, peers(all(turn / 1_000)))));
        }
        let peer = running.remove(0);
        asked.insert(peer.clone());
        running.extend(pulls(&plan.step(now, pulled(peer))));
    }
    assert!(everybody[10..3_505].iter().all(|it| asked.contains(it)));
}

fn numbered(number: usize) -> EntityId {
    EntityId::parse(&format!("https://space-{number}.example")).unwrap()
}

/// A first label of so many spaces, and a further one of so many others.
fn two_labels(first: u8, further: u8) -> Event {
    let lane = |numbers: std::ops::Range<u8>| Lane {
        coordinator: None,
        spaces: numbers.map(peer).collect(),
    };
    Event::Peers(vec![lane(0..first), lane(100..100 + further)])
}

fn is_further(it: &EntityId) -> bool {
    (100..=255).any(|number| *it == peer(number))
}

#[test]
fn a_further_label_full_of_slow_names_leaves_room_for_the_first() {
    let limits = Limits {
        in_flight_max: 4,
        ..LIMITS
    };
    let mut plan = Schedule::new(limits);
    // The first label is one space; it is being asked.
    let started = pulls(&plan.step(Millis(0), two_labels(1, 100)));
    assert_eq!(started.len(), 3, "{started:?}");
    // None of the others ever answers. The first label grows, and all of it is read.
    let started = pulls(&plan.step(Millis(10), two_labels(9, 100)));
    assert_eq!(started, [peer(1)], "half is left for it");
    let mut running = vec![peer(0), peer(1)];
    let mut seen = running.clone();
    for turn in 0..200 {
        let ended = (!running.is_empty()).then(|| running.remove(0));
        let event = ended.map_or(Event::Tick, pulled);
        let started = pulls(&plan.step(Millis(10 + turn * 50), event));
        seen.extend(started.clone());
        running.extend(started);
    }
    assert!(!seen.iter().any(is_further));
    let turns = |it| seen.iter().filter(|seen| **seen == peer(it)).count();
    assert!((0..9).all(|it| turns(it) >= 5), "{seen:?}");
}

#[test]
fn a_peer_of_two_labels_counts_in_the_first() {
    let mut plan = Schedule::new(LIMITS);
    let lane = |spaces: &[u8]| Lane {
        coordinator: None,
        spaces: spaces.iter().copied().map(peer).collect(),
    };
    let both = Event::Peers(vec![lane(&[1]), lane(&[1, 2, 3])]);
    assert_eq!(pulls(&plan.step(Millis(0), both)), [peer(1), peer(2)]);
    // Known from the further one alone, the one that is asked takes its part too.
    let one = Event::Peers(vec![lane(&[]), lane(&[1, 2, 3])]);
    assert_eq!(pulls(&plan.step(Millis(1), one)), []);
    assert_eq!(pulls(&plan.step(Millis(2), pulled(peer(2)))), []);
    assert_eq!(pulls(&plan.step(Millis(3), pulled(peer(1)))), [peer(3)]);
}

proptest! {
    /// Whatever happens in labels that come and go, each has its part, and no more.
    #[test]
    fn labels_share(
        most in 1_usize..6,
        events in proptest::collection::vec((0_u8..6, 0_usize..20, 0_u8..5, 0_u8..20, 0_u64..900), 1..200),
    ) {
        let limits = Limits { in_flight_max: most, ..LIMITS };
        let mut plan = Schedule::new(limits);
        let mut now = Millis(0);
        let mut running: Vec<EntityId> = Vec::new();
        let lane = |from: u8, count: u8| Lane {
            coordinator: None,
            spaces: (from..from + count).map(peer).collect(),
        };
        for (what, which, labels, spaces, millis) in events {
            now = now.plus(millis);
            let ended = running.get(which).cloned();
            let event = match (what, ended) {
                (0, _) => {
                    let further = (1..=labels).map(|it| lane(it * 40, spaces));
                    Event::Peers(std::iter::once(lane(0, 4)).chain(further).collect())
                }
                (1..4, Some(peer)) => pulled(peer),
                (4, Some(peer)) => Event::Failed { peer, noise: 7 },
                _ => Event::Tick,
            };
            if let Event::Pulled { peer, .. } | Event::Failed { peer, .. } = &event {
                running.retain(|it| it != peer);
            }
            let started = pulls(&plan.step(now, event));
            let count = plan.listed.len().max(1);
            for it in &started {
                let lane = plan.peers[it].lane;
                running.push(it.clone());
                let of = |it: &&EntityId| plan.peers[*it].lane == lane;
                let part = if lane == 0 { most } else { (most / count).max(1) };
                prop_assert!(running.iter().filter(of).count() <= part);
                let further = running.iter().filter(|it| plan.peers[*it].lane > 0).count();
                prop_assert!(lane == 0 || most == 1 || further < most);
            }
            prop_assert!(running.len() <= most);
            prop_assert_eq!(plan.lanes.values().map(|it| it.in_flight).sum::<usize>(), running.len());
            if let Some(due) = plan.next_due() {
                prop_assert!(due > now);
            }
        }
    }
}
