use proptest::prelude::*;

use super::*;

mod random;

const LIMITS: Limits = Limits {
    retry_first_millis: 1_000,
    retry_millis_max: 60_000,
    in_flight_max: 2,
};

fn peer(number: u8) -> EntityId {
    EntityId::parse(&format!("https://space-{number}.example")).unwrap()
}

fn waits(op: &str, number: u8) -> Waiting {
    Waiting {
        op: op.to_owned(),
        peer: peer(number),
        after: Vec::new(),
    }
}

fn waits_after(op: &str, number: u8, after: &str) -> Waiting {
    Waiting {
        after: vec![after.to_owned()],
        ..waits(op, number)
    }
}

fn answered(op: &str) -> Event {
    Event::Answered { op: op.to_owned() }
}

fn not_yet(op: &str) -> Event {
    Event::NotYet {
        op: op.to_owned(),
        noise: 0,
    }
}

fn failed(op: &str) -> Event {
    Event::Failed {
        op: op.to_owned(),
        noise: 0,
    }
}

fn now_please(op: &str) -> Event {
    Event::Now { op: op.to_owned() }
}

/// What one step sends.
fn sends(plan: &mut Outbox, millis: u64, event: Event) -> Vec<String> {
    plan.step(Millis(millis), event)
        .into_iter()
        .map(|Effect::Send { op, .. }| op)
        .collect()
}

fn plan_of(waiting: Vec<Waiting>) -> Outbox {
    let mut plan = Outbox::new(LIMITS);
    plan.step(Millis(0), Event::Waiting(waiting));
    plan
}

/// Fails this request, the only one of its peer, until the peer waits the longest.
/// Says when the last failure was.
fn fail_to_the_cap(plan: &mut Outbox, op: &str) -> u64 {
    let mut now = Millis(0);
    for _ in 0..8 {
        plan.step(now, failed(op));
        now = plan.due_at(op).unwrap();
        plan.step(now, Event::Tick);
    }
    plan.step(now, failed(op));
    assert_eq!(plan.due_at(op), Some(now.plus(60_000)));
    now.0
}

const NOTHING: [&str; 0] = [];

#[test]
fn what_is_new_is_sent_at_once_and_to_its_peer() {
    let mut plan = Outbox::new(LIMITS);
    let effects = plan.step(Millis(7), Event::Waiting(vec![waits("a", 3)]));
    let op = "a".to_owned();
    let peer = peer(3);
    assert_eq!(effects, [Effect::Send { op, peer }]);
    assert_eq!(plan.next_due(), None);
    assert_eq!(plan.due_at("a"), None, "it is under way");
}

#[test]
fn a_peer_is_sent_one_request_at_a_time_the_oldest_first() {
    let mut plan = Outbox::new(LIMITS);
    let all = vec![waits("z", 0), waits("y", 0), waits("x", 0)];
    assert_eq!(sends(&mut plan, 0, Event::Waiting(all)), ["z"]);
    assert_eq!(sends(&mut plan, 1, Event::Tick), NOTHING);
    assert_eq!(sends(&mut plan, 2, answered("z")), ["y"]);
    assert_eq!(sends(&mut plan, 3, answered("y")), ["x"]);
    assert_eq!(sends(&mut plan, 4, answered("x")), NOTHING);
}

#[test]
fn no_more_than_the_limit_are_under_way_in_all() {
    let mut plan = Outbox::new(LIMITS);
    let all = vec![waits("a", 0), waits("b", 1), waits("c", 2)];
    assert_eq!(sends(&mut plan, 0, Event::Waiting(all)), ["a", "b"]);
    assert_eq!(plan.next_due(), None, "without room nothing is due");
    assert_eq!(sends(&mut plan, 1, answered("b")), ["c"]);
}

#[test]
fn a_peer_with_a_thousand_requests_does_not_starve_another() {
    let limits = Limits {
        in_flight_max: 1,
        ..LIMITS
    };
    let mut plan = Outbox::new(limits);
    let mut all: Vec<_> = (0..998).map(|it| waits(&format!("a{it:03}"), 0)).collect();
    all.extend([waits("b0", 1), waits("b1", 1)]);
    assert_eq!(sends(&mut plan, 0, Event::Waiting(all)), ["a000"]);
    assert_eq!(sends(&mut plan, 0, answered("a000")), ["b0"]);
    assert_eq!(sends(&mut plan, 0, answered("b0")), ["a001"]);
    assert_eq!(sends(&mut plan, 0, answered("a001")), ["b1"]);
}

#[test]
fn beyond_the_most_that_are_planned_each_peer_has_its_part() {
    let mut all: Vec<_> = (0..1_500).map(|it| waits(&format!("a{it}"), 0)).collect();
    all.extend([waits("b0", 1), waits_after("b1", 1, "a1400")]);
    all[1_501].after.insert(0, "b0".to_owned());
    let mut plan = plan_of(all.clone());
    assert_eq!(plan.requests.len(), WAITING_MAX);
    assert_eq!(plan.due_at("b1"), None, "what it comes after waits beyond");
    assert_eq!(plan.due_at("a998"), None, "there is no room");
    assert_eq!(plan.due_at("a997"), Some(Millis(0)));
    assert_eq!(sends(&mut plan, 1, answered("b0")), NOTHING);
    // When there is room, they are taken.
    all.retain(|it| it.op != "b0" && it.op != "a1400");
    let sent = sends(&mut plan, 2, Event::Waiting(all.split_off(600)));
    assert_eq!(sent, ["b1"]);
    assert!(plan.requests.contains_key("a1499"));
}

#[test]
fn a_poisoned_request_blocks_nobody() {
    let mut plan = plan_of(vec![waits("poison", 0), waits("a", 0), waits("b", 0)]);
    assert_eq!(sends(&mut plan, 0, failed("poison")), NOTHING);
    assert_eq!(sends(&mut plan, 1_000, Event::Tick), ["a"]);
    assert_eq!(sends(&mut plan, 1_001, answered("a")), ["b"]);
    assert_eq!(sends(&mut plan, 1_002, answered("b")), ["poison"]);
    assert_eq!(plan.failures("poison"), 1);
}

#[test]
fn what_comes_after_another_waits_for_its_answer() {
    let all = vec![waits("first", 0), waits_after("second", 1, "first")];
    let mut plan = Outbox::new(LIMITS);
    assert_eq!(sends(&mut plan, 0, Event::Waiting(all)), ["first"]);
    assert_eq!(sends(&mut plan, 0, not_yet("first")), NOTHING);
    assert_eq!(plan.due_at("second"), None);
    assert_eq!(sends(&mut plan, 0, now_please("second")), NOTHING);
    assert_eq!(sends(&mut plan, 1_000, Event::Tick), ["first"]);
    assert_eq!(sends(&mut plan, 1_001, answered("first")), ["second"]);
}

#[test]
fn what_comes_after_several_waits_for_the_last_answer() {
    let third = Waiting {
        after: vec!["second".to_owned(), "first".to_owned()],
        ..waits("third", 2)
    };
    let mut plan = Outbox::new(LIMITS);
    let all = vec![waits("first", 0), waits("second", 1), third];
    assert_eq!(
        sends(&mut plan, 0, Event::Waiting(all)),
        ["first", "second"]
    );
    assert_eq!(sends(&mut plan, 1, answered("second")), NOTHING);
    assert_eq!(plan.due_at("third"), None);
    assert_eq!(sends(&mut plan, 2, answered("first")), ["third"]);
}

#[test]
fn what_comes_after_one_that_does_not_wait_is_sent() {
    let mut plan = Outbox::new(LIMITS);
    let all = vec![waits_after("second", 0, "long ago")];
    assert_eq!(sends(&mut plan, 0, Event::Waiting(all)), ["second"]);
}

#[test]
fn a_silent_peer_waits_twice_as_long_each_time_up_to_the_cap() {
    let mut plan = plan_of(vec![waits("a", 0)]);
    let mut now = 0;
    for wait in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        assert_eq!(sends(&mut plan, now, failed("a")), NOTHING);
        assert_eq!(plan.next_due(), Some(Millis(now + wait)));
        assert_eq!(sends(&mut plan, now + wait - 1, Event::Tick), NOTHING);
        now += wait;
        assert_eq!(sends(&mut plan, now, Event::Tick), ["a"]);
    }
    assert_eq!(plan.failures("a"), 8);
}

#[test]
fn noise_spreads_those_who_failed_together() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 1), waits("new", 1)]);
    let fail = |op: &str, noise| Event::Failed {
        op: op.to_owned(),
        noise,
    };
    for (op, noise) in [("a", 0), ("b", 400)] {
        plan.step(Millis(0), fail(op, noise));
    }
    // The first wait is never shorter than the rest.
    assert_eq!(sends(&mut plan, 999, Event::Tick), NOTHING);
    assert_eq!(sends(&mut plan, 1_000, Event::Tick), ["a", "new"]);
    plan.step(Millis(1_000), fail("a", 0));
    plan.step(Millis(1_000), fail("new", 400));
    assert_eq!(plan.due_at("a"), Some(Millis(3_000)));
    assert_eq!(plan.due_at("b"), Some(Millis(2_600)));
}

#[test]
fn a_new_request_to_a_silent_peer_waits_with_the_others() {
    let mut plan = plan_of(vec![waits("a", 0)]);
    let at = fail_to_the_cap(&mut plan, "a");
    // Even if nothing waited for the peer in between.
    plan.step(Millis(at), Event::Waiting(vec![]));
    let new = Event::Waiting(vec![waits("b", 0), waits("c", 1)]);
    assert_eq!(sends(&mut plan, at + 1, new), ["c"]);
    assert_eq!(plan.due_at("b"), Some(Millis(at + 60_000)));
}

#[test]
fn a_peer_that_was_reached_begins_to_wait_anew() {
    for reached in [answered("a"), not_yet("a")] {
        let mut plan = plan_of(vec![waits("a", 0)]);
        let at = fail_to_the_cap(&mut plan, "a") + 60_000;
        assert_eq!(sends(&mut plan, at, Event::Tick), ["a"]);
        assert_eq!(sends(&mut plan, at + 2, reached), NOTHING);
        let more = vec![waits("a", 0), waits("c", 0)];
        assert_eq!(sends(&mut plan, at + 3, Event::Waiting(more)), ["c"]);
        plan.step(Millis(at + 3), failed("c"));
        assert_eq!(plan.due_at("c"), Some(Millis(at + 1_003)));
    }
}

#[test]
fn not_yet_delays_one_request_and_not_its_peer() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 0), waits("c", 0)]);
    assert_eq!(sends(&mut plan, 0, not_yet("a")), ["b"]);
    assert_eq!(sends(&mut plan, 0, answered("b")), ["c"]);
    assert_eq!(sends(&mut plan, 0, answered("c")), NOTHING);
    let mut now = 0;
    for wait in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        assert_eq!(plan.next_due(), Some(Millis(now + wait)));
        now += wait;
        assert_eq!(sends(&mut plan, now, Event::Tick), ["a"]);
        plan.step(Millis(now), not_yet("a"));
    }
    assert_eq!(plan.failures("a"), 9);
}

#[test]
fn a_sign_of_life_ends_the_wait_of_the_peer() {
    let mut plan = plan_of(vec![waits("a", 0)]);
    let at = fail_to_the_cap(&mut plan, "a") + 5_000;
    assert_eq!(sends(&mut plan, at, Event::SignOfLife(peer(1))), NOTHING);
    assert_eq!(sends(&mut plan, at, Event::SignOfLife(peer(0))), ["a"]);
    plan.step(Millis(at), failed("a"));
    assert_eq!(plan.due_at("a"), Some(Millis(at + 1_000)), "it waits anew");
}

#[test]
fn a_sign_of_life_ends_the_wait_of_what_was_put_off() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 1)]);
    let mut now = 0;
    for _ in 0..8 {
        plan.step(Millis(now), not_yet("a"));
        plan.step(Millis(now), not_yet("b"));
        now = plan.next_due().unwrap().0;
        plan.step(Millis(now), Event::Tick);
    }
    plan.step(Millis(now), not_yet("a"));
    plan.step(Millis(now), not_yet("b"));
    assert_eq!(plan.due_at("a"), Some(Millis(now + 60_000)));
    now += 5_000;
    assert_eq!(sends(&mut plan, now, Event::SignOfLife(peer(0))), ["a"]);
    plan.step(Millis(now), not_yet("a"));
    assert_eq!(plan.due_at("a"), Some(Millis(now + 1_000)), "it waits anew");
    assert_eq!(plan.due_at("b"), Some(Millis(now + 55_000)));
}

#[test]
fn a_sign_of_life_while_a_request_is_under_way_counts_when_it_ends() {
    let mut plan = plan_of(vec![waits("a", 0)]);
    let at = fail_to_the_cap(&mut plan, "a") + 60_000;
    assert_eq!(sends(&mut plan, at, Event::Tick), ["a"]);
    assert_eq!(
        sends(&mut plan, at + 1, Event::SignOfLife(peer(0))),
        NOTHING
    );
    // It had its time: the next try follows at once.
    assert_eq!(sends(&mut plan, at + 10_000, failed("a")), ["a"]);
    plan.step(Millis(at + 10_000), failed("a"));
    assert_eq!(plan.due_at("a"), Some(Millis(at + 11_000)));
}

#[test]
fn signs_of_life_without_end_are_no_loop() {
    for end in [failed("a"), not_yet("a")] {
        let mut plan = plan_of(vec![waits("a", 0)]);
        let mut sent_at = Vec::new();
        for now in 0..4_500 {
            // One while it is under way, and many after.
            for event in [end.clone(), Event::SignOfLife(peer(0))] {
                let sent = sends(&mut plan, now, event);
                sent_at.extend(sent.iter().map(|_| now));
            }
        }
        assert_eq!(sent_at, [1_000, 2_000, 3_000, 4_000]);
    }
}

#[test]
fn signs_of_life_try_one_of_many_that_were_put_off_at_a_time() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 0), waits("c", 0)]);
    assert_eq!(sends(&mut plan, 0, not_yet("a")), ["b"]);
    assert_eq!(sends(&mut plan, 10, not_yet("b")), ["c"]);
    assert_eq!(sends(&mut plan, 20, not_yet("c")), NOTHING);
    assert_eq!(sends(&mut plan, 900, Event::SignOfLife(peer(0))), NOTHING);
    assert_eq!(plan.next_due(), Some(Millis(1_010)));
    assert_eq!(sends(&mut plan, 1_010, Event::Tick), ["a"]);
    assert_eq!(sends(&mut plan, 1_011, not_yet("a")), NOTHING);
    assert_eq!(sends(&mut plan, 2_010, Event::Tick), ["b"]);
    // Once the peer answers, it is asked without delay.
    assert_eq!(sends(&mut plan, 2_011, answered("b")), ["c"]);
}

#[test]
fn an_operator_has_one_sent_before_the_others() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 0), waits("c", 0)]);
    plan.step(Millis(0), failed("a"));
    assert_eq!(sends(&mut plan, 1, now_please("nobody's")), NOTHING);
    assert_eq!(sends(&mut plan, 1, now_please("c")), ["c"]);
    assert_eq!(sends(&mut plan, 2, now_please("c")), NOTHING, "under way");
    // What is asked for while its peer is busy follows, even if that fails.
    assert_eq!(sends(&mut plan, 3, now_please("a")), NOTHING);
    assert_eq!(sends(&mut plan, 2_000, failed("c")), ["a"]);
    assert_eq!(sends(&mut plan, 2_001, not_yet("a")), ["b"]);
    assert_eq!(sends(&mut plan, 2_002, not_yet("b")), NOTHING);
    assert_eq!(sends(&mut plan, 2_003, now_please("b")), ["b"]);
}

#[test]
fn an_operator_who_wants_what_is_under_way_changes_nothing() {
    let mut plan = plan_of(vec![waits("a", 0)]);
    assert_eq!(sends(&mut plan, 1, now_please("a")), NOTHING);
    assert_eq!(sends(&mut plan, 5_000, failed("a")), NOTHING);
    assert_eq!(plan.due_at("a"), Some(Millis(6_000)));
}

#[test]
fn an_operator_does_not_wait_for_other_peers() {
    let mut plan = plan_of((0..5).map(|it| waits(&format!("a{it}"), it)).collect());
    assert_eq!(sends(&mut plan, 1, now_please("a4")), NOTHING, "no room");
    assert_eq!(sends(&mut plan, 2, answered("a0")), ["a4"]);
}

#[test]
fn what_vanished_is_forgotten_and_what_is_under_way_when_it_ends() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 0)]);
    assert_eq!(sends(&mut plan, 1, Event::Waiting(vec![])), NOTHING);
    assert_eq!(plan.due_at("b"), None);
    let again = Event::Waiting(vec![waits_after("c", 1, "a")]);
    assert_eq!(sends(&mut plan, 2, again), NOTHING, "a is under way");
    assert_eq!(sends(&mut plan, 3, failed("a")), ["c"]);
    assert_eq!(plan.failures("a"), 0);
    assert_eq!(sends(&mut plan, 99_000, answered("c")), NOTHING);
    plan.step(Millis(99_000), Event::Waiting(vec![]));
    assert!(plan.requests.is_empty());
    assert!(plan.peers.is_empty());
    assert!(plan.answered.is_empty());
}

#[test]
fn a_late_reading_of_the_store_does_not_send_again_what_was_answered() {
    let late = vec![waits("a", 0), waits_after("b", 0, "a")];
    let mut plan = plan_of(late.clone());
    assert_eq!(sends(&mut plan, 1, answered("a")), ["b"]);
    assert_eq!(sends(&mut plan, 2, Event::Waiting(late.clone())), NOTHING);
    assert_eq!(sends(&mut plan, 3, Event::Waiting(late)), NOTHING);
    assert_eq!(sends(&mut plan, 4, answered("b")), NOTHING);
    assert_eq!(plan.next_due(), None);
}

#[test]
fn an_answer_that_comes_late_counts_and_other_late_reports_do_not() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 0)]);
    plan.step(Millis(0), failed("a"));
    assert_eq!(sends(&mut plan, 1, failed("a")), NOTHING);
    assert_eq!(sends(&mut plan, 1, not_yet("a")), NOTHING);
    assert_eq!(plan.failures("a"), 1);
    assert_eq!(sends(&mut plan, 2, answered("a")), ["b"]);
    assert_eq!(sends(&mut plan, 3, answered("a")), NOTHING);
}

#[test]
fn after_a_silence_of_all_the_first_word_wakes_the_others() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 1)]);
    let at = fail_to_the_cap(&mut plan, "a");
    assert!(at > SILENCE_MILLIS);
    assert_eq!(sends(&mut plan, at + 5_000, not_yet("b")), ["a"]);
    // The line is back; that one peer stays silent is its own affair.
    assert_eq!(sends(&mut plan, at + 5_001, failed("a")), NOTHING);
    assert_eq!(sends(&mut plan, at + 6_000, Event::Tick), ["b"]);
    assert_eq!(sends(&mut plan, at + 6_001, answered("b")), NOTHING);
    assert_eq!(plan.due_at("a"), Some(Millis(at + 65_001)));
}

#[test]
fn who_is_asked_when_the_line_comes_back_is_asked_again_at_once() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 1)]);
    let at = fail_to_the_cap(&mut plan, "a") + 60_000;
    assert_eq!(sends(&mut plan, at, Event::Tick), ["a"]);
    assert_eq!(sends(&mut plan, at + 9_000, answered("b")), NOTHING);
    assert_eq!(sends(&mut plan, at + 10_000, failed("a")), ["a"]);
    plan.step(Millis(at + 10_000), failed("a"));
    assert_eq!(plan.due_at("a"), Some(Millis(at + 70_000)), "not anew");
}

#[test]
fn a_quiet_time_is_no_silence() {
    let mut plan = plan_of(vec![waits("a", 0), waits("b", 1)]);
    let at = fail_to_the_cap(&mut plan, "a");
    plan.step(Millis(at), answered("b"));
    // Woken once; fails for longer again.
    plan.step(Millis(at + 1_000), Event::Tick);
    plan.step(Millis(at + 1_000), failed("a"));
    let all = || Event::Waiting(vec![waits("a", 0), waits("c", 1)]);
    assert_eq!(sends(&mut plan, at + 1_001, all()), ["c"]);
    plan.step(Millis(at + 1_002), answered("c"));
    let soon = Event::Waiting(vec![waits("a", 0), waits("d", 1)]);
    assert_eq!(sends(&mut plan, at + 60_000, soon), ["d"]);
    assert_eq!(sends(&mut plan, at + 60_900, answered("d")), NOTHING);
}

#[test]
fn peers_that_nothing_waits_for_are_not_kept_without_end() {
    let mut plan = Outbox::new(LIMITS);
    for turn in 0..2 {
        let all = |it| Waiting {
            op: format!("{turn}-{it}"),
            peer: EntityId::parse(&format!("https://space-{turn}-{it}.example")).unwrap(),
            after: Vec::new(),
        };
        let mut sent = sends(&mut plan, 0, Event::Waiting((0..600).map(all).collect()));
        while let Some(op) = sent.pop() {
            sent.extend(sends(&mut plan, 0, failed(&op)));
        }
        assert!(plan.peers.len() <= WAITING_MAX);
    }
    plan.step(Millis(0), Event::Waiting(vec![]));
    assert!(plan.peers.len() <= WAITING_MAX);
}
