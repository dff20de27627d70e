//! Who gets a seat: each answer, and what holds whoever asks in whatever order.

use proptest::prelude::*;
use serde_json::{Value, json};
use wire::BodyKind as _;

use super::*;

/// 1 May 2026, 10:00 to 12:00 in UTC.
const BEGINS: Timestamp = Timestamp(1_777_629_600);

fn event(changes: &Value) -> Event {
    let mut body = json!({
        "@type": "Event", "uid": "a@le-mug.example", "updated": "2026-01-01T00:00:00Z",
        "sequence": 0, "title": "x", "start": "2026-05-01T10:00:00", "timeZone": "UTC",
        "duration": "PT2H", "escale": { "kind": "training", "capacity": 2 },
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    Event::read(&body.to_string()).unwrap()
}

fn held(taken: u64, waiting: u64) -> SeatsHeld {
    SeatsHeld { taken, waiting }
}

fn refused(why: SeatRefusal) -> SeatJudgement {
    SeatJudgement::Refused(why)
}

/// Somebody who asks an hour before is answered so.
#[track_caller]
fn check(changes: &Value, due: Option<&str>, held: SeatsHeld, expected: SeatJudgement) {
    let due = due.and_then(LocalTime::parse);
    let now = BEGINS.plus_seconds(-3_600);
    let found = judge(Some(&event(changes)), due.as_ref(), true, held, now);
    assert_eq!(found, expected, "{changes} {held:?}");
}

#[test]
fn a_seat_is_given_while_there_is_one_and_nobody_waits() {
    use SeatJudgement::{Accepted, Waiting};
    let plain = json!({});
    check(&plain, None, held(0, 0), Accepted);
    check(&plain, None, held(1, 0), Accepted);
    check(&plain, None, held(2, 0), Waiting { rank: 1 });
    check(&plain, None, held(2, 1), Waiting { rank: 2 });
    // Whoever comes now does not pass those who wait.
    check(&plain, None, held(1, 1), Waiting { rank: 2 });
    // The organiser took seats away: nobody was thrown out.
    check(&plain, None, held(5, 0), Waiting { rank: 1 });
    check(
        &plain,
        None,
        held(2, WAITING_MAX - 1),
        Waiting { rank: WAITING_MAX },
    );
    check(
        &plain,
        None,
        held(2, WAITING_MAX),
        refused(SeatRefusal::Full),
    );
    check(
        &plain,
        None,
        held(0, WAITING_MAX),
        refused(SeatRefusal::Full),
    );
}

#[test]
fn what_cannot_be_registered_for_is_refused_and_says_why() {
    let none = held(0, 0);
    let cancelled = json!({ "status": "cancelled" });
    check(&cancelled, None, none, refused(SeatRefusal::Cancelled));
    let open = json!({ "escale": { "kind": "event" } });
    check(&open, None, none, refused(SeatRefusal::NoRegistration));
    let tentative = json!({ "status": "tentative" });
    check(&tentative, None, none, SeatJudgement::Accepted);
    let event = event(&json!({}));
    let at = |now: Timestamp| judge(Some(&event), None, true, none, now);
    assert_eq!(at(BEGINS.plus_seconds(-1)), SeatJudgement::Accepted);
    assert_eq!(at(BEGINS), refused(SeatRefusal::Closed));
    assert_eq!(
        at(BEGINS.plus_seconds(86_400)),
        refused(SeatRefusal::Closed)
    );
    // A home without the label learns nothing else.
    let stranger = |event| judge(event, None, false, none, BEGINS);
    assert_eq!(stranger(None), refused(SeatRefusal::NotLabelled));
    assert_eq!(stranger(Some(&event)), refused(SeatRefusal::NotLabelled));
    assert_eq!(
        judge(None, None, true, none, BEGINS),
        SeatJudgement::Unknown
    );
}

#[test]
fn each_occurrence_is_asked_for_by_its_own_name() {
    let weekly = json!({
        "recurrenceRules": [{ "frequency": "weekly", "count": 3 }],
        "recurrenceOverrides": {
            "2026-05-08T10:00:00": { "status": "cancelled" },
            "2026-05-15T10:00:00": { "excluded": true },
        },
    });
    let none = held(0, 0);
    let at = |due: &str, expected| check(&weekly, Some(due), none, expected);
    at("2026-05-01T10:00:00", SeatJudgement::Accepted);
    at("2026-05-08T10:00:00", refused(SeatRefusal::Cancelled));
    at("2026-05-15T10:00:00", SeatJudgement::Unknown);
    at("2026-05-22T10:00:00", SeatJudgement::Unknown);
    at("2026-05-01T10:00:01", SeatJudgement::Unknown);
    check(&weekly, None, none, SeatJudgement::Unknown);
    check(
        &json!({}),
        Some("2026-05-01T10:00:00"),
        none,
        SeatJudgement::Unknown,
    );
}

#[test]
fn seats_that_are_free_go_to_those_who_wait() {
    let of = |changes: Value, taken, waiting| {
        let now = BEGINS.plus_seconds(-1);
        promoted(&event(&changes), None, held(taken, waiting), now)
    };
    assert_eq!(of(json!({}), 1, 3), 1);
    assert_eq!(of(json!({}), 0, 3), 2);
    assert_eq!(of(json!({}), 0, 1), 1);
    assert_eq!(of(json!({}), 2, 3), 0);
    assert_eq!(of(json!({}), 3, 3), 0);
    assert_eq!(of(json!({ "status": "cancelled" }), 0, 3), 0);
    assert_eq!(of(json!({ "escale": { "kind": "event" } }), 0, 3), 0);
    assert_eq!(promoted(&event(&json!({})), None, held(0, 3), BEGINS), 0);
    let due = LocalTime::parse("2026-05-01T10:00:00");
    let before = BEGINS.plus_seconds(-1);
    assert_eq!(
        promoted(&event(&json!({})), due.as_ref(), held(0, 3), before),
        0
    );
}

/// What happens to an event's seats.
#[derive(Debug, Clone)]
enum Happens {
    /// Somebody registers.
    Asked,
    /// Somebody of those who came, by number, gives back.
    GivenBack(usize),
    /// The organiser says how many seats there are.
    Seats(u64),
}

fn happenings() -> impl Strategy<Value = Vec<Happens>> {
    let one = prop_oneof![
        4 => Just(Happens::Asked),
        2 => any::<usize>().prop_map(Happens::GivenBack),
        1 => (1..6_u64).prop_map(Happens::Seats),
    ];
    prop::collection::vec(one, 0..60)
}

/// Where whoever came stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stands {
    Seated,
    Waits,
    Gone,
}

fn count(line: &[Stands], stands: Stands) -> u64 {
    line.iter().filter(|it| **it == stands).count() as u64
}

fn promote(line: &mut [Stands], event: &Event, now: Timestamp) {
    let held = held(count(line, Stands::Seated), count(line, Stands::Waits));
    let free = usize::try_from(promoted(event, None, held, now)).unwrap();
    let waiting = line.iter_mut().filter(|it| **it == Stands::Waits);
    waiting.take(free).for_each(|it| *it = Stands::Seated);
}

proptest! {
    #[test]
    fn no_more_have_seats_than_there_are_and_nobody_passes_who_waits(
        happenings in happenings(), seats in 1..6_u64
    ) {
        let now = BEGINS.plus_seconds(-3_600);
        let mut event = event(&json!({}));
        event.escale.capacity = Some(seats);
        let mut line: Vec<Stands> = Vec::new();
        for happens in happenings {
            let before = count(&line, Stands::Seated);
            match happens {
                Happens::Asked => {
                    let held = held(before, count(&line, Stands::Waits));
                    line.push(match judge(Some(&event), None, true, held, now) {
                        SeatJudgement::Accepted => Stands::Seated,
                        SeatJudgement::Waiting { rank } => {
                            prop_assert_eq!(rank, held.waiting + 1);
                            Stands::Waits
                        }
                        other @ (SeatJudgement::Refused(_) | SeatJudgement::Unknown) => {
                            return Err(TestCaseError::fail(format!("{other:?}")));
                        }
                    });
                }
                Happens::GivenBack(which) => {
                    let length = line.len().max(1);
                    if let Some(it) = line.get_mut(which % length) {
                        *it = Stands::Gone;
                    }
                    promote(&mut line, &event, now);
                }
                Happens::Seats(capacity) => {
                    event.escale.capacity = Some(capacity);
                    promote(&mut line, &event, now);
                }
            }
            let seated = count(&line, Stands::Seated);
            // Of seats that were taken away, nobody is thrown out.
            prop_assert!(seated <= event.escale.capacity.unwrap().max(before));
            // Nobody who came later has a seat given to them while somebody waits.
            let first_waits = line.iter().position(|it| *it == Stands::Waits);
            let last_seated = line.iter().rposition(|it| *it == Stands::Seated);
            prop_assert!(first_waits.is_none_or(|waits| last_seated.is_none_or(|it| it < waits)));
            // No seat is free while somebody waits.
            let is_free = seated < event.escale.capacity.unwrap();
            prop_assert!(!(is_free && first_waits.is_some()));
        }
    }
}
