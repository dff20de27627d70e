use proptest::prelude::*;

use super::*;
use crate::hinted::*;
use crate::samples::{are_stated, peers, pulls};
use crate::{Event, Limits, Mark, hinting};

const LIMITS: Limits = Limits {
    pull_every_millis: 30_000,
    retry_millis_max: 3_600_000,
    in_flight_max: 4,
};

fn peer(number: usize) -> EntityId {
    EntityId::parse(&format!("https://space-{number}.example")).unwrap()
}

fn mark(seq: u64) -> Mark {
    Mark { epoch: 1, seq }
}

fn hinted(number: usize, seq: u64) -> Event {
    let mark = mark(seq);
    let peer = peer(number);
    Event::Hinted { peer, mark }
}

fn pulled(number: usize, seq: u64) -> Event {
    let known = mark(seq).into();
    let peer = peer(number);
    Event::Pulled { peer, known }
}

fn failed(number: usize) -> Event {
    let peer = peer(number);
    Event::Failed { peer, noise: 0 }
}

/// A plan that has read the feeds of so many peers up to position 5 at the beginning.
fn at_rest(count: usize) -> Schedule {
    let mut plan = Schedule::new(LIMITS);
    plan.step(Millis(0), peers((0..count).map(peer).collect()));
    for number in 0..count {
        plan.step(Millis(0), pulled(number, 5));
    }
    assert_eq!(plan.next_due(), Some(Millis(30_000)));
    plan
}

#[test]
fn a_hint_makes_a_pull_at_once() {
    let mut plan = at_rest(2);
    assert_eq!(pulls(&plan.step(Millis(100), hinted(1, 6))), [peer(1)]);
    assert_eq!(plan.step(Millis(150), pulled(1, 6)), []);
    assert_eq!(plan.next_due(), Some(Millis(30_000)), "nothing is left");
}

#[test]
fn a_hint_about_a_stranger_does_nothing() {
    let mut plan = at_rest(1);
    assert_eq!(plan.step(Millis(100), hinted(9, 6)), []);
    assert_eq!(plan.next_due(), Some(Millis(30_000)));
}

#[test]
fn a_feed_is_read_for_hints_twice_a_second() {
    let mut plan = at_rest(1);
    let mut begun = Vec::new();
    for at in 0..200 {
        let now = Millis(at * 10);
        if !plan.step(now, hinted(0, 6 + at)).is_empty() {
            begun.push(now.0);
            plan.step(now, pulled(0, 6 + at));
        }
    }
    assert_eq!(begun, [0, 500, 1_000, 1_500]);
}

#[test]
fn a_hint_during_a_pull_causes_one_more_afterwards() {
    let mut plan = at_rest(1);
    assert_eq!(plan.step(Millis(100), hinted(0, 6)).len(), 1);
    // What it says was written after the page was made: nobody lied.
    assert_eq!(plan.step(Millis(150), hinted(0, 7)), []);
    assert_eq!(plan.step(Millis(160), hinted(0, 8)), []);
    assert_eq!(plan.step(Millis(200), pulled(0, 6)), []);
    assert_eq!(plan.next_due(), Some(Millis(600)));
    assert_eq!(plan.step(Millis(600), Event::Tick).len(), 1);
    assert_eq!(plan.step(Millis(650), pulled(0, 8)), []);
    assert_eq!(plan.next_due(), Some(Millis(30_650)));
}

#[test]
fn a_hint_that_a_pull_under_way_fulfils_causes_no_other() {
    let mut plan = at_rest(1);
    plan.step(Millis(100), hinted(0, 6));
    plan.step(Millis(150), hinted(0, 7));
    plan.step(Millis(200), pulled(0, 7));
    assert_eq!(plan.next_due(), Some(Millis(30_200)));
}

#[test]
fn who_lies_has_one_pull_in_five_seconds_for_it() {
    let mut plan = at_rest(1);
    let mut begun = Vec::new();
    for at in 0..1_200 {
        let now = Millis(at * 10);
        if !plan.step(now, hinted(0, 1_000_000 + at)).is_empty() {
            begun.push(now.0);
            // More lies arrive while it is under way.
            plan.step(now, hinted(0, 2_000_000));
            plan.step(now, pulled(0, 5));
        }
    }
    assert_eq!(begun, [0, 5_000, 10_000]);
}

#[test]
fn a_lie_never_makes_a_planned_pull_later() {
    let mut plan = at_rest(1);
    assert_eq!(plan.step(Millis(29_000), hinted(0, 900)).len(), 1);
    assert_eq!(plan.step(Millis(29_100), failed(0)), []);
    assert_eq!(plan.next_due(), Some(Millis(30_000)));
    assert_eq!(plan.step(Millis(30_000), Event::Tick).len(), 1);
}

#[test]
fn all_feeds_together_are_read_for_hints_ten_times_a_second() {
    let mut plan = at_rest(40);
    let mut begun = Vec::new();
    for at in 0..200 {
        let now = Millis(at * 10);
        let number = usize::try_from(at).unwrap() % 40;
        let mut started = pulls(&plan.step(now, hinted(number, 6)));
        while let Some(peer) = started.pop() {
            begun.push(now.0);
            let known = mark(6).into();
            started.extend(pulls(&plan.step(now, Event::Pulled { peer, known })));
        }
    }
    let within = |from: u64| {
        begun
            .iter()
            .filter(|at| (from..from + 1_000).contains(at))
            .count()
    };
    assert!(
        (0..1_000).all(|from| within(from) <= HINTED_PER_SECOND_MAX),
        "{begun:?}"
    );
    assert_eq!((within(0), within(1_000)), (10, 10));
}

#[test]
fn hints_about_partners_that_are_down_make_one_try_in_ten_seconds() {
    let mut plan = at_rest(3);
    for number in 0..3 {
        plan.step(Millis(30_000), Event::Tick);
        plan.step(Millis(30_000), failed(number));
    }
    let planned = plan.next_due();
    assert_eq!(planned, Some(Millis(60_000)));
    let mut begun = Vec::new();
    for at in 0..2_500 {
        let now = Millis(30_000 + at * 10);
        let number = usize::try_from(at).unwrap() % 3;
        for peer in pulls(&plan.step(now, hinted(number, 6 + at))) {
            begun.push(now.0);
            let noise = 0;
            plan.step(now, Event::Failed { peer, noise });
        }
    }
    assert_eq!(begun, [30_000, 40_000, 50_000]);
    for number in 0..3 {
        let it = &plan.peers[&peer(number)];
        assert_eq!((it.failures, it.due_at), (1, Millis(60_000)), "as it was");
    }
}

#[test]
fn a_hinted_try_that_succeeds_ends_the_wait() {
    let mut plan = at_rest(1);
    plan.step(Millis(30_000), Event::Tick);
    for _ in 0..6 {
        plan.step(Millis(30_000), failed(0));
        plan.step(plan.next_due().unwrap(), Event::Tick);
    }
    plan.step(Millis(30_000), failed(0));
    assert!(plan.next_due() > Some(Millis(1_000_000)));
    assert_eq!(plan.step(Millis(31_000), hinted(0, 6)).len(), 1);
    plan.step(Millis(31_100), pulled(0, 6));
    assert_eq!(plan.next_due(), Some(Millis(61_100)));
}

#[test]
fn a_driver_does_not_spin_while_all_slots_are_taken() {
    let mut plan = Schedule::new(LIMITS).with_first(peer(9));
    let started = plan.step(Millis(0), peers((0..6).map(peer).collect()));
    assert_eq!(started.len(), 4);
    // Two are due, and there is no room for them until a pull ends.
    assert_eq!(plan.next_due(), None);
    plan.step(Millis(10), peers((0..10).map(peer).collect()));
    plan.step(Millis(20), pulled(9, 1));
    assert_eq!(
        plan.next_due(),
        Some(Millis(30_020)),
        "the first has its own"
    );
    assert_eq!(plan.step(Millis(30), pulled(0, 1)).len(), 1);
}

/// The numbers of section 8 of `specs/feed.md`, in the order in which they stand there.
#[test]
fn the_numbers_of_hints_are_those_of_the_specification() {
    let numbers = [
        ("HINTED_EVERY_MILLIS", HINTED_EVERY_MILLIS),
        ("HINTED_PER_SECOND_MAX", HINTED_PER_SECOND_MAX as u64),
        ("HINTED_IN_VAIN_MILLIS", HINTED_IN_VAIN_MILLIS),
        ("HINTED_RETRY_MILLIS", HINTED_RETRY_MILLIS),
        ("GATHERED_MILLIS", hinting::GATHERED_MILLIS),
        ("ROUND_EVERY_MILLIS", hinting::ROUND_EVERY_MILLIS),
        ("PEERS_MAX", hinting::PEERS_MAX as u64),
        (
            "PEERS_OF_A_COORDINATOR_MAX",
            hinting::PEERS_OF_A_COORDINATOR_MAX as u64,
        ),
        ("IN_FLIGHT_MAX", hinting::IN_FLIGHT_MAX as u64),
        ("HINT_MILLIS_MAX", hinting::HINT_MILLIS_MAX),
        (
            "FAILING_IN_FLIGHT_MAX",
            hinting::FAILING_IN_FLIGHT_MAX as u64,
        ),
    ];
    are_stated("8. Hints", &numbers);
}

proptest! {
    /// Whatever anybody says, the limits hold, and a driver that waits does not spin.
    #[test]
    fn the_limits_of_hints_hold(events in proptest::collection::vec((0_u8..8, 0_usize..6, 0_u64..20, 0_u64..300), 1..300)) {
        let mut plan = Schedule::new(LIMITS).with_first(peer(0));
        let mut now = Millis(0);
        let mut running = pulls(&plan.step(now, peers((0..6).map(peer).collect())));
        let mut begun: Vec<(u64, EntityId, bool)> = Vec::new();
        for (what, who, seq, millis) in events {
            now = now.plus(millis);
            let is_running = running.contains(&peer(who));
            let event = match what {
                0 | 1 if is_running => pulled(who, seq),
                2 if is_running => failed(who),
                3 => Event::SignOfLife(peer(who)),
                4 => Event::Tick,
                _ => hinted(who, seq),
            };
            if matches!(event, Event::Pulled { .. } | Event::Failed { .. }) {
                running.retain(|it| *it != peer(who));
            }
            for started in pulls(&plan.step(now, event)) {
                prop_assert!(!running.contains(&started));
                let it = &plan.peers[&started];
                if it.due_at > now {
                    begun.push((now.0, started.clone(), it.failures > 0));
                }
                running.push(started);
            }
            prop_assert!(running.len() <= LIMITS.in_flight_max + 1);
            if let Some(due) = plan.next_due() {
                prop_assert!(due > now);
            }
        }
        for (at, (from, who, is_retry)) in begun.iter().enumerate() {
            let later = &begun[at + 1..];
            let within = later.iter().filter(|it| it.0 < from + 1_000).count();
            prop_assert!(within < HINTED_PER_SECOND_MAX);
            let again = later.iter().find(|it| it.1 == *who);
            prop_assert!(again.is_none_or(|it| it.0 >= from + HINTED_EVERY_MILLIS));
            let retried = later.iter().find(|it| it.2 && *is_retry);
            prop_assert!(retried.is_none_or(|it| it.0 >= from + HINTED_RETRY_MILLIS));
        }
    }
}
