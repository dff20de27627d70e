//! `specs/vectors/visit.json`: days, what visits count and are worth, what is left, and
//! what a home answers to a receipt.

use std::collections::BTreeMap;

use rules::visit::{self, HalfDays, HostDay, PublishedFormula};
use serde_json::{Value, from_value, json};
use wire::label::Overdraw;
use wire::receipt::{HalfDay, RecordReference};
use wire::space::{ClockTime, OpeningHours};
use wire::{BodyKind, Timestamp};

use crate::forge::{keys_listed, list, published, text, went_through};
use crate::papers::MUG;
use crate::standings::number;
use crate::visit_receipts::GRENOBLE;
use crate::{visit_counts, visit_days, visit_lies, visit_receipts};

/// The record that publishes the hours of all days and receipts.
pub(crate) const RECORD: RecordReference = RecordReference { epoch: 1, seq: 7 };

fn made() -> Value {
    json!({
        "spec": "specs/visit.md",
        "keys": keys_listed(),
        "home": MUG, "home_ops": "mug-ops",
        "host": GRENOBLE, "host_ops": "grenoble-ops",
        "days": visit_days::days(),
        "half_days": visit_days::half_days(),
        "values": visit_counts::values(),
        "allowances": visit_counts::allowances(),
        "receipts": visit_lies::receipts(),
    })
}

/// Opening hours as they are published.
pub(crate) fn hours(body: &Value) -> OpeningHours {
    OpeningHours::read(&body.to_string()).expect("opening hours")
}

/// Of one moment: the date, the hours of that day, and when the day begins and ends.
pub(crate) fn day_of(body: &Value, at: Timestamp) -> Value {
    let hours = (!body.is_null()).then(|| hours(body));
    let day = visit::day_at(hours.as_ref().map(|it| (it, RECORD)), at).expect("a day");
    let midnight = ClockTime::parse("00:00").expect("a time");
    json!({
        "day": day.date, "of_day": day.hours,
        "start": visit::time_on(&day, midnight).expect("a moment"),
        "end": visit::end_of_day(&day).expect("a moment"),
    })
}

/// Of one visit: what it counts, and when it would have ended.
pub(crate) fn count_of(day: &HostDay, arrived: Timestamp, left: Timestamp) -> Value {
    let half_days = visit::half_days(day, arrived, left).expect("a day");
    json!({
        "half_days": half_days.list(), "closing": visit::closing(day, arrived).expect("a day"),
    })
}

/// What so many half-days are worth by these formulas.
pub(crate) fn value_of(half_days: &[HalfDay], formulas: &[Value]) -> Value {
    let formulas: Vec<_> = formulas
        .iter()
        .map(|it| PublishedFormula {
            id: text(it, "id").to_owned(),
            record: from_value(it["record"].clone()).expect("record"),
            formula: BodyKind::read(&it["body"].to_string()).expect("a formula"),
        })
        .collect();
    json!(visit::value(HalfDays::of(half_days), &formulas))
}

/// What is carried into a month, left of it and carried out of it.
pub(crate) fn allowance_of(case: &Value) -> Value {
    let used: BTreeMap<String, u64> = from_value(case["used"].clone()).expect("used");
    let overdraw: Overdraw = from_value(case["overdraw"].clone()).expect("overdraw");
    let it = visit::allowance(
        from_value(case["granted"].clone()).expect("granted"),
        &used,
        text(case, "period"),
        overdraw,
    );
    json!({ "carried": it.carried, "left": it.left, "overdrawn": it.overdrawn })
}

/// `made` has the members that `case` has under the same names.
#[track_caller]
fn check(case: &Value, made: &Value) {
    for (name, value) in made.as_object().expect("an object") {
        assert_eq!(value, &case[name], "{name} in {case}");
    }
}

#[test]
fn visits_are_counted_valued_and_answered_as_published() {
    let file = published("visit.json", &made());
    let mut count = 0;
    for case in list(&file, "days") {
        check(case, &day_of(&case["hours"], Timestamp(number(case, "at"))));
        count += 1;
    }
    for group in list(&file, "half_days") {
        let day = HostDay {
            date: text(group, "day").to_owned(),
            hours: from_value(group["hours"].clone()).expect("hours"),
        };
        for case in list(group, "visits") {
            let at = |name: &str| Timestamp(number(case, name));
            check(case, &count_of(&day, at("arrived"), at("left")));
            count += 1;
        }
    }
    for case in list(&file, "values") {
        let half_days: Vec<HalfDay> = from_value(case["half_days"].clone()).expect("half_days");
        let found = value_of(&half_days, list(case, "formulas"));
        assert_eq!(found, case["value"], "{case}");
        count += 1;
    }
    for case in list(&file, "allowances") {
        check(case, &allowance_of(case));
        count += 1;
    }
    for case in list(&file, "receipts") {
        let found = visit_receipts::answer(case);
        assert_eq!(found, text(case, "expected"), "{}", text(case, "name"));
        count += 1;
    }
    went_through("vectors_visit", count);
}

#[test]
fn every_answer_to_a_receipt_has_a_case() {
    let file = published("visit.json", &made());
    let cases = list(&file, "receipts");
    let refusals = rules::receipt::ReceiptRefusal::ALL.iter();
    let refusals = refusals.map(|refusal| refusal.code());
    for answer in refusals.chain(["accepted", "not_yet", "malformed"]) {
        let is_met = cases.iter().any(|case| text(case, "expected") == answer);
        assert!(is_met, "{answer}");
    }
}
