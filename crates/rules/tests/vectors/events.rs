//! `specs/vectors/event.json`: when events take place, which are not shown, and who gets
//! a seat.

use rules::event::EventRefusal;
use rules::seats::{SEAT_REFUSALS, SeatJudgement, SeatsHeld, judge};
use serde_json::{Value, from_value, json};
use wire::event::{Event, LocalTime};
use wire::{BodyKind as _, EntityId, Timestamp};

use crate::forge::{list, published, text, went_through};
use crate::papers::MUG;
use crate::standings::number;
use crate::{event_cases, event_refusals, seat_cases};

fn made() -> Value {
    json!({
        "spec": "specs/event.md", "owner": MUG, "id": "photo",
        "occurrences": event_cases::cases(),
        "events": event_refusals::cases(),
        "seats": seat_cases::cases(),
    })
}

/// Whether a body is shown, and why not.
fn shown(body: &str) -> &'static str {
    let Ok(event) = Event::read(body) else {
        return "malformed";
    };
    let owner = EntityId::parse(MUG).expect("a name");
    match rules::event::check(&event, &owner, "photo") {
        Ok(()) => "ok",
        Err(refusal) => word(refusal),
    }
}

/// The word of the vectors.
pub(crate) const fn word(refusal: EventRefusal) -> &'static str {
    match refusal {
        EventRefusal::Name => "name",
        EventRefusal::TimeZone => "time_zone",
        EventRefusal::Moment => "moment",
        EventRefusal::StartOffRule => "start_off_rule",
        EventRefusal::Never => "never",
    }
}

/// What is answered to whoever asks for a seat, as an answer says it.
pub(crate) fn seat_of(case: &Value) -> Value {
    let event = &case["event"];
    let event = (!event.is_null()).then(|| Event::read(&event.to_string()).expect("an event"));
    let due: Option<LocalTime> = from_value(case["due"].clone()).expect("a time");
    let held = SeatsHeld {
        taken: from_value(case["taken"].clone()).expect("a number"),
        waiting: from_value(case["waiting"].clone()).expect("a number"),
    };
    let is_welcome = case["welcome"] == true;
    let now = Timestamp(number(case, "now"));
    match judge(event.as_ref(), due.as_ref(), is_welcome, held, now) {
        SeatJudgement::Accepted => json!({ "result": "accepted" }),
        SeatJudgement::Waiting { rank } => json!({ "result": "waiting", "rank": rank }),
        SeatJudgement::Refused(why) => json!({ "result": "refused", "code": why.code() }),
        SeatJudgement::Unknown => json!({ "result": "unknown" }),
    }
}

#[test]
fn events_take_place_are_shown_and_have_seats_as_published() {
    let file = published("event.json", &made());
    let mut count = 0;
    for case in list(&file, "occurrences") {
        let name = text(case, "name");
        assert_eq!(shown(&case["event"].to_string()), "ok", "{name}");
        let event = Event::read(&case["event"].to_string()).expect("an event");
        for (member, value) in event_cases::expanded(&event).as_object().expect("members") {
            assert_eq!(value, &case[member], "{member} in {name}");
        }
        count += 1;
    }
    for case in list(&file, "events") {
        let found = shown(text(case, "body"));
        assert_eq!(found, text(case, "expected"), "{}", text(case, "name"));
        count += 1;
    }
    for case in list(&file, "seats") {
        assert_eq!(seat_of(case), case["expected"], "{}", text(case, "name"));
        count += 1;
    }
    went_through("vectors_event", count);
}

#[test]
fn every_refusal_and_every_answer_has_a_case() {
    let file = published("event.json", &made());
    let refusals = [
        EventRefusal::Name,
        EventRefusal::TimeZone,
        EventRefusal::Moment,
        EventRefusal::StartOffRule,
        EventRefusal::Never,
    ];
    for expected in refusals.map(word).into_iter().chain(["ok", "malformed"]) {
        let mut cases = list(&file, "events").iter();
        assert!(cases.any(|case| case["expected"] == expected), "{expected}");
    }
    for refusal in SEAT_REFUSALS {
        let mut cases = list(&file, "seats").iter();
        let is_met = cases.any(|case| case["expected"]["code"] == refusal.code());
        assert!(is_met, "{refusal:?}");
    }
    for result in ["accepted", "waiting", "unknown"] {
        let mut cases = list(&file, "seats").iter();
        let is_met = cases.any(|case| case["expected"]["result"] == result);
        assert!(is_met, "{result}");
    }
}
