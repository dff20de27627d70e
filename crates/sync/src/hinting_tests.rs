use super::*;
use proptest::prelude::*;

fn peer(number: usize) -> EntityId {
    EntityId::parse(&format!("https://space-{number}.example")).unwrap()
}

fn peers(count: usize) -> Event {
    Event::Peers((0..count).map(peer).collect())
}

fn grown(seq: u64) -> Event {
    Event::Grown(Mark { epoch: 1, seq })
}

fn told(effects: Vec<Effect>) -> Vec<(EntityId, u64)> {
    let told = |Effect::Tell { peer, mark }| (peer, mark.seq);
    effects.into_iter().map(told).collect()
}

/// Runs a plan to the end of its round; everybody takes the hint at once.
fn rest_of_round(plan: &mut Hinting, now: Millis, effects: Vec<Effect>) -> Vec<EntityId> {
    let mut waiting = told(effects);
    let mut all = Vec::new();
    while let Some((peer, _)) = waiting.pop() {
        all.push(peer.clone());
        waiting.extend(told(plan.step(now, Event::Told(peer))));
    }
    all
}

#[test]
fn what_is_published_together_is_told_together() {
    let mut plan = Hinting::new();
    plan.step(Millis(0), peers(2));
    assert_eq!(plan.step(Millis(0), grown(5)), []);
    assert_eq!(plan.step(Millis(60), grown(6)), []);
    assert_eq!(plan.next_due(), Some(Millis(100)));
    assert_eq!(plan.step(Millis(99), Event::Tick), []);
    let first = told(plan.step(Millis(100), Event::Tick));
    assert_eq!(first, [(peer(0), 6), (peer(1), 6)]);
    assert_eq!(plan.next_due(), None);
}

#[test]
fn rounds_are_half_a_second_apart_however_often_the_feed_grows() {
    let mut plan = Hinting::new();
    plan.step(Millis(0), peers(1));
    let mut begun = Vec::new();
    for at in 0..200 {
        let now = Millis(at * 10);
        for (peer, _) in told(plan.step(now, grown(at + 1))) {
            begun.push(now.0);
            plan.step(now, Event::Told(peer));
        }
    }
    assert_eq!(begun, [100, 600, 1_100, 1_600]);
}

#[test]
fn a_feed_that_did_not_grow_is_not_told_of() {
    let mut plan = Hinting::new();
    plan.step(Millis(0), peers(1));
    plan.step(Millis(0), grown(5));
    plan.step(Millis(100), Event::Tick);
    plan.step(Millis(101), Event::Told(peer(0)));
    assert_eq!(plan.step(Millis(2_000), grown(5)), []);
    assert_eq!(plan.step(Millis(2_000), grown(4)), []);
    assert_eq!(plan.next_due(), None);
}

#[test]
fn the_coordinator_is_told_first_and_who_is_down_last() {
    let mut plan = Hinting::new().with_first(peer(3));
    plan.step(Millis(0), peers(5));
    plan.step(Millis(0), grown(1));
    let first = told(plan.step(Millis(100), Event::Tick));
    assert_eq!(first[0].0, peer(3));
    for (it, _) in first {
        let event = if [peer(0), peer(1), peer(2)].contains(&it) {
            Event::Failed(it)
        } else {
            Event::Told(it)
        };
        plan.step(Millis(200), event);
    }
    plan.step(Millis(1_000), grown(2));
    let second = told(plan.step(Millis(1_100), Event::Tick));
    let second: Vec<_> = second.into_iter().map(|(peer, _)| peer).collect();
    assert_eq!(second, [peer(3), peer(4), peer(0), peer(1)], "two of three");
    // One that lives again is a peer like the others.
    let next = told(plan.step(Millis(1_200), Event::Told(peer(0))));
    assert_eq!(next[0].0, peer(2));
}

#[test]
fn of_many_peers_each_has_its_turn_and_the_first_has_every() {
    let mut plan = Hinting::new().with_first(peer(100)).with_peers_max(64);
    plan.step(Millis(0), peers(101));
    let mut rounds = Vec::new();
    for round in 1..=3 {
        let now = Millis(round * 1_000);
        plan.step(now, grown(round));
        let later = Millis(now.0 + GATHERED_MILLIS);
        let begun = plan.step(later, Event::Tick);
        assert_eq!(begun.len(), IN_FLIGHT_MAX);
        rounds.push(rest_of_round(&mut plan, later, begun));
    }
    for round in &rounds {
        assert_eq!(round.len(), 64);
        assert!(round.contains(&peer(100)));
    }
    let both: std::collections::BTreeSet<_> = rounds[..2].iter().flatten().collect();
    assert_eq!(both.len(), 101, "two rounds come to all");
}

#[test]
fn a_silent_peer_is_told_of_the_newest_when_it_comes_back() {
    let mut plan = Hinting::new();
    plan.step(Millis(0), peers(1));
    plan.step(Millis(0), grown(1));
    assert_eq!(plan.step(Millis(100), Event::Tick).len(), 1);
    plan.step(Millis(200), grown(2));
    assert_eq!(plan.step(Millis(600), Event::Tick), [], "one at a time");
    let next = told(plan.step(Millis(3_100), Event::Failed(peer(0))));
    assert_eq!(next, [(peer(0), 2)]);
}

proptest! {
    /// Whatever happens, the limits hold, and a driver that waits does not spin.
    #[test]
    fn the_limits_hold(events in proptest::collection::vec((0_u8..6, 0_usize..40, 0_u64..400), 1..300)) {
        let mut plan = Hinting::new().with_first(peer(7)).with_peers_max(20);
        let mut now = Millis(0);
        let mut running: Vec<EntityId> = Vec::new();
        let mut failing: Vec<EntityId> = Vec::new();
        let mut seq = 0;
        plan.step(now, peers(30));
        for (what, who, millis) in events {
            now = now.plus(millis);
            let event = match what {
                0 => Event::Tick,
                1 | 2 => {
                    seq += 1;
                    grown(seq)
                }
                3 => {
                    // Who leaves and comes back is a peer like the others.
                    let listed: Vec<_> = (0..who).map(peer).collect();
                    failing.retain(|it| running.contains(it) || listed.contains(it));
                    Event::Peers(listed)
                }
                _ if running.is_empty() => Event::Tick,
                _ => {
                    let it = running.remove(who % running.len());
                    failing.retain(|other| *other != it);
                    if what == 4 {
                        Event::Told(it)
                    } else {
                        failing.push(it.clone());
                        Event::Failed(it)
                    }
                }
            };
            let effects = told(plan.step(now, event));
            for (it, mark) in effects {
                prop_assert_eq!(mark, seq);
                prop_assert!(!running.contains(&it));
                running.push(it);
            }
            prop_assert!(running.len() <= IN_FLIGHT_MAX);
            let down = running.iter().filter(|it| failing.contains(it)).count();
            prop_assert!(down <= FAILING_IN_FLIGHT_MAX);
            if let Some(due) = plan.next_due() {
                prop_assert!(now < due && due <= now.plus(ROUND_EVERY_MILLIS));
            }
        }
    }
}
