//! When events take place: by rule, by exception, and where the clock is changed.

use serde_json::{Value, json};
use wire::BodyKind as _;

use super::*;

fn owner() -> EntityId {
    EntityId::parse("https://le-mug.example").unwrap()
}

/// An event of two hours, with these members beside or instead.
fn event(changes: &Value) -> Event {
    let mut body = json!({
        "@type": "Event", "uid": "a@le-mug.example", "updated": "2026-01-01T00:00:00Z",
        "sequence": 0, "title": "x", "start": "2026-04-06T18:00:00", "timeZone": "Europe/Paris",
        "duration": "PT2H", "escale": { "kind": "event" },
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    Event::read(&body.to_string()).unwrap()
}

fn local(text: &str) -> LocalTime {
    LocalTime::parse(text).unwrap()
}

fn utc(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_second())
}

/// The event takes place at these moments, each after the time at which it was due.
#[track_caller]
fn check(changes: &Value, expected: &[(&str, &str)]) {
    let event = event(changes);
    let found: Vec<_> = all(&event)
        .into_iter()
        .map(|it| (it.due.to_string(), written_utc(it.begins).unwrap()))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(due, begins)| ((*due).to_owned(), (*begins).to_owned()))
        .collect();
    assert_eq!(found, expected, "{changes}");
    assert_eq!(super::check(&event, &owner(), "a"), Ok(()), "{changes}");
}

#[track_caller]
fn refused(changes: &Value, why: EventRefusal) {
    let found = super::check(&event(changes), &owner(), "a");
    assert_eq!(found, Err(why), "{changes}");
}

#[test]
fn without_a_rule_it_takes_place_once() {
    check(
        &json!({}),
        &[("2026-04-06T18:00:00", "2026-04-06T16:00:00Z")],
    );
    check(
        &json!({ "timeZone": "Asia/Kathmandu" }),
        &[("2026-04-06T18:00:00", "2026-04-06T12:15:00Z")],
    );
    // The clock shows half past two twice: the first of them.
    check(
        &json!({ "start": "2026-10-25T02:30:00" }),
        &[("2026-10-25T02:30:00", "2026-10-25T00:30:00Z")],
    );
}

#[test]
fn a_rule_follows_the_clock_on_the_wall() {
    let weekly = json!([{ "frequency": "weekly", "count": 3 }]);
    check(
        &json!({ "start": "2026-03-23T18:00:00", "recurrenceRules": weekly }),
        &[
            ("2026-03-23T18:00:00", "2026-03-23T17:00:00Z"),
            ("2026-03-30T18:00:00", "2026-03-30T16:00:00Z"),
            ("2026-04-06T18:00:00", "2026-04-06T16:00:00Z"),
        ],
    );
}

#[test]
fn a_time_that_the_clock_skips_is_no_occurrence_and_does_not_count() {
    let weekly = json!([{ "frequency": "weekly", "count": 3 }]);
    check(
        &json!({ "start": "2026-03-22T02:30:00", "recurrenceRules": weekly }),
        &[
            ("2026-03-22T02:30:00", "2026-03-22T01:30:00Z"),
            // Not 29 March.
            ("2026-04-05T02:30:00", "2026-04-05T00:30:00Z"),
            ("2026-04-12T02:30:00", "2026-04-12T00:30:00Z"),
        ],
    );
    // A whole day that a village skipped.
    let daily = json!([{ "frequency": "daily", "count": 3 }]);
    check(
        &json!({ "start": "2011-12-29T10:00:00", "timeZone": "Pacific/Apia", "recurrenceRules": daily }),
        &[
            ("2011-12-29T10:00:00", "2011-12-29T20:00:00Z"),
            ("2011-12-31T10:00:00", "2011-12-30T20:00:00Z"),
            ("2012-01-01T10:00:00", "2011-12-31T20:00:00Z"),
        ],
    );
}

#[test]
fn weeks_begin_on_monday_and_every_second_one_is_counted_from_the_first() {
    let rule = |rule: Value| json!({ "start": "2026-04-09T18:00:00", "recurrenceRules": [rule] });
    let days = json!([{ "day": "mo" }, { "day": "th" }]);
    check(
        &rule(json!({ "frequency": "weekly", "interval": 2, "byDay": days, "count": 4 })),
        &[
            ("2026-04-09T18:00:00", "2026-04-09T16:00:00Z"),
            ("2026-04-20T18:00:00", "2026-04-20T16:00:00Z"),
            ("2026-04-23T18:00:00", "2026-04-23T16:00:00Z"),
            ("2026-05-04T18:00:00", "2026-05-04T16:00:00Z"),
        ],
    );
    // Of every third day, those on the named days of the week.
    check(
        &rule(json!({ "frequency": "daily", "interval": 3, "byDay": days, "count": 3 })),
        &[
            ("2026-04-09T18:00:00", "2026-04-09T16:00:00Z"),
            ("2026-04-27T18:00:00", "2026-04-27T16:00:00Z"),
            ("2026-04-30T18:00:00", "2026-04-30T16:00:00Z"),
        ],
    );
}

#[test]
fn the_last_moment_of_a_rule_is_in_it() {
    let until =
        |until: &str| json!({ "recurrenceRules": [{ "frequency": "daily", "until": until }] });
    let two = [
        ("2026-04-06T18:00:00", "2026-04-06T16:00:00Z"),
        ("2026-04-07T18:00:00", "2026-04-07T16:00:00Z"),
    ];
    check(&until("2026-04-07T18:00:00"), &two);
    check(&until("2026-04-08T17:59:59"), &two);
    check(&until("2026-04-07T17:59:59"), &two[..1]);
    refused(&until("2026-04-06T17:59:59"), EventRefusal::Never);
}

#[test]
fn an_exception_leaves_out_moves_or_adds_one() {
    check(
        &json!({
            "recurrenceRules": [{ "frequency": "weekly", "count": 4 }],
            "recurrenceOverrides": {
                "2026-04-13T18:00:00": { "excluded": true },
                // Moved behind the next one.
                "2026-04-20T18:00:00": { "start": "2026-04-28T09:00:00" },
                "2026-05-02T10:00:00": {},
                // Left out where there is none.
                "2026-05-03T10:00:00": { "excluded": true },
            },
        }),
        &[
            ("2026-04-06T18:00:00", "2026-04-06T16:00:00Z"),
            ("2026-04-27T18:00:00", "2026-04-27T16:00:00Z"),
            ("2026-04-20T18:00:00", "2026-04-28T07:00:00Z"),
            ("2026-05-02T10:00:00", "2026-05-02T08:00:00Z"),
        ],
    );
    // At a time that the clock skips there is one only if it begins at another.
    let at_the_gap = |change: Value| {
        json!({
            "recurrenceRules": [{ "frequency": "weekly", "count": 1 }],
            "recurrenceOverrides": { "2026-03-29T02:30:00": change },
        })
    };
    let once = ("2026-04-06T18:00:00", "2026-04-06T16:00:00Z");
    check(&at_the_gap(json!({})), &[once]);
    check(
        &at_the_gap(json!({ "start": "2026-03-29T04:00:00" })),
        &[("2026-03-29T02:30:00", "2026-03-29T02:00:00Z"), once],
    );
}

#[test]
fn what_is_cancelled_stays_and_says_so() {
    use EventStatus::{Cancelled, Confirmed, Tentative};

    let changes = json!({
        "recurrenceRules": [{ "frequency": "daily", "count": 3 }],
        "recurrenceOverrides": {
            "2026-04-07T18:00:00": { "status": "cancelled" },
            "2026-04-08T18:00:00": { "status": "tentative", "duration": "PT30M" },
        },
    });
    let of = |event: &Event| -> Vec<_> {
        let all = all(event).into_iter();
        all.map(|it| (it.status, it.ends.seconds_since(it.begins)))
            .collect()
    };
    let mut event = event(&changes);
    assert_eq!(
        of(&event),
        [(Confirmed, 7_200), (Cancelled, 7_200), (Tentative, 1_800)]
    );
    event.status = Cancelled;
    assert_eq!(
        of(&event),
        [(Cancelled, 7_200), (Cancelled, 7_200), (Cancelled, 1_800)]
    );
}

/// How long an event that begins then and lasts so long does last, in seconds.
#[track_caller]
fn lasts(start: &str, zone: &str, duration: &str, seconds: i64) {
    let event = event(&json!({ "start": start, "timeZone": zone, "duration": duration }));
    let [it] = all(&event).try_into().unwrap();
    assert_eq!(
        it.ends.seconds_since(it.begins),
        seconds,
        "{start} {duration}"
    );
}

#[test]
fn days_are_those_of_the_calendar_and_hours_those_of_the_clock() {
    lasts("2026-03-28T18:00:00", "Europe/Paris", "P1D", 23 * 3_600);
    lasts("2026-03-28T18:00:00", "Europe/Paris", "PT24H", 24 * 3_600);
    lasts("2026-10-24T18:00:00", "Europe/Paris", "P1D", 25 * 3_600);
    lasts("2026-10-24T18:00:00", "Europe/Paris", "P1DT2H", 27 * 3_600);
    lasts("2026-04-06T18:00:00", "Europe/Paris", "P1W", 7 * 86_400);
    // It would end at a time that the clock skips: as far after the gap.
    lasts("2026-03-28T02:30:00", "Europe/Paris", "P1D", 24 * 3_600);
    // It ends at a time that the clock shows twice: at the first.
    lasts("2026-10-24T02:30:00", "Europe/Paris", "P1D", 24 * 3_600);
    lasts("2026-10-25T02:30:00", "Europe/Paris", "P1D", 25 * 3_600);
    lasts("2026-03-29T01:30:00", "Europe/Paris", "PT1H", 3_600);
}

#[test]
fn an_event_of_days_lasts_from_midnight_to_midnight() {
    let days =
        json!({ "start": "2026-03-28T00:00:00", "duration": "P2D", "showWithoutTime": true });
    let [it] = all(&event(&days)).try_into().unwrap();
    assert_eq!(it.begins, utc("2026-03-27T23:00:00Z"));
    assert_eq!(it.ends, utc("2026-03-29T22:00:00Z"));
}

#[test]
fn a_rule_without_an_end_ends_after_five_years_or_a_thousand_times() {
    let of = |rule: Value| all(&event(&json!({ "recurrenceRules": [rule] })));
    let weekly = of(json!({ "frequency": "weekly" }));
    assert_eq!(weekly.len(), 261);
    assert_eq!(weekly[260].due, local("2031-03-31T18:00:00"));
    // The last day of the five years is in them.
    let of_days = of(json!({ "frequency": "daily", "interval": 2 }));
    assert_eq!(of_days.last().unwrap().due, local("2031-04-06T18:00:00"));
    let daily = of(json!({ "frequency": "daily" }));
    assert_eq!(daily.len(), OCCURRENCES_MAX);
    assert_eq!(
        of(json!({ "frequency": "daily", "count": 2_000 })).len(),
        OCCURRENCES_MAX
    );
    let most = json!({
        "recurrenceRules": [{ "frequency": "daily" }],
        "recurrenceOverrides": {
            "2026-04-06T18:00:00": { "excluded": true },
            "2026-04-05T18:00:00": {}, "2026-04-04T18:00:00": {}, "2026-04-03T18:00:00": {},
        },
    });
    let most = all(&event(&most));
    assert_eq!(most.len(), OCCURRENCES_MAX);
    assert_eq!(most.last().unwrap().due, daily[997].due);
}

#[test]
fn a_rule_that_never_fits_is_given_up() {
    let every_monday_that_is_a_tuesday = json!({
        "recurrenceRules": [{ "frequency": "daily", "interval": 7, "byDay": [{ "day": "tu" }] }],
    });
    assert_eq!(all(&event(&every_monday_that_is_a_tuesday)), []);
}

#[test]
fn an_event_that_others_would_not_understand_is_refused() {
    use EventRefusal::{Moment, Name, Never, StartOffRule, TimeZone};
    refused(&json!({ "uid": "b@le-mug.example" }), Name);
    refused(&json!({ "uid": "a@aix.example" }), Name);
    refused(&json!({ "uid": "a@le-mug.example:8080" }), Name);
    for zone in [
        "Europe/Chambery",
        "europe/paris",
        "+01:00",
        "Europe/Paris ",
        "../UTC",
    ] {
        refused(&json!({ "timeZone": zone }), TimeZone);
    }
    for start in [
        "2026-02-29T18:00:00",
        "2026-13-01T18:00:00",
        "2026-04-06T24:00:00",
        "2026-04-06T18:00:60",
        "2026-03-29T02:30:00",
        "2026-00-01T00:00:00",
    ] {
        refused(&json!({ "start": start }), Moment);
    }
    refused(&json!({ "updated": "2026-02-29T18:00:00Z" }), Moment);
    let rule = |rule: Value, changes: Value| json!({ "recurrenceRules": [rule], "recurrenceOverrides": changes });
    let daily = || json!({ "frequency": "daily", "count": 2 });
    let until = json!({ "frequency": "daily", "until": "2026-04-31T00:00:00" });
    refused(&rule(until, json!({})), Moment);
    for changes in [
        json!({ "2026-04-31T18:00:00": {} }),
        json!({ "2026-04-31T18:00:00": { "excluded": true } }),
        json!({ "2026-04-06T18:00:00": { "start": "2026-04-31T18:00:00" } }),
        json!({ "2026-04-06T18:00:00": { "start": "2027-03-28T02:30:00" } }),
    ] {
        refused(&rule(daily(), changes), Moment);
    }
    let tuesdays = json!({ "frequency": "weekly", "byDay": [{ "day": "tu" }] });
    refused(&rule(tuesdays, json!({})), StartOffRule);
    let tuesdays = json!({ "frequency": "daily", "byDay": [{ "day": "tu" }] });
    refused(&rule(tuesdays, json!({})), StartOffRule);
    let none = json!({
        "2026-04-06T18:00:00": { "excluded": true }, "2026-04-07T18:00:00": { "excluded": true },
    });
    refused(&rule(daily(), none), Never);
    // Five years, or a month, beyond the last day that calendars have.
    let late = json!({ "start": "9998-06-01T18:00:00", "recurrenceRules": [daily()] });
    refused(&late, Never);
    refused(
        &json!({ "start": "9999-12-15T18:00:00", "duration": "P31D" }),
        Never,
    );
}

#[test]
fn an_occurrence_is_named_by_when_it_was_due() {
    let recurring = event(&json!({
        "recurrenceRules": [{ "frequency": "daily", "count": 3 }],
        "recurrenceOverrides": {
            "2026-04-07T18:00:00": { "start": "2026-04-09T10:00:00" },
            "2026-04-08T18:00:00": { "excluded": true },
        },
    }));
    let moved = occurrence(&recurring, Some(&local("2026-04-07T18:00:00"))).unwrap();
    assert!(moved.is_moved);
    assert_eq!(moved.start, local("2026-04-09T10:00:00"));
    for none in [
        "2026-04-09T10:00:00",
        "2026-04-08T18:00:00",
        "2026-04-09T18:00:00",
    ] {
        assert_eq!(occurrence(&recurring, Some(&local(none))), None, "{none}");
    }
    assert_eq!(occurrence(&recurring, None), None);
    let once = event(&json!({}));
    assert!(occurrence(&once, None).is_some());
    assert_eq!(occurrence(&once, Some(&once.start)), None);
    assert_eq!(ends(&recurring), Some(moved.ends));
}

#[test]
fn a_part_of_the_calendar_has_what_is_under_way_in_it() {
    let event = event(&json!({ "recurrenceRules": [{ "frequency": "daily", "count": 3 }] }));
    let in_part = |from: &str, to: &str| occurrences(&event, utc(from)..utc(to)).len();
    // 16:00 to 18:00 in UTC, on three days.
    assert_eq!(in_part("2026-04-06T16:00:00Z", "2026-04-08T16:00:01Z"), 3);
    assert_eq!(in_part("2026-04-06T17:59:59Z", "2026-04-08T16:00:00Z"), 2);
    assert_eq!(in_part("2026-04-06T18:00:00Z", "2026-04-07T16:00:00Z"), 0);
}

#[test]
fn a_moment_is_written_as_a_calendar_writes_it() {
    let at = utc("2026-04-06T16:00:00Z");
    assert_eq!(written_utc(at).as_deref(), Some("2026-04-06T16:00:00Z"));
    assert_eq!(
        updated(&event(&json!({ "updated": "2026-04-06T16:00:00Z" }))),
        Some(at)
    );
    assert_eq!(written_utc(Timestamp(i64::MAX)), None);
}
