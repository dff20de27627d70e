//! Events, and when they take place.
//!
//! Some are written by hand. Many more are drawn, by a generator that begins at the same
//! number each time, about the days on which the clock is changed.

use jiff::ToSpan as _;
use jiff::civil::DateTime;
use serde_json::{Map, Value, json};
use wire::event::{Event, EventStatus};
use wire::{BodyKind as _, Sha256Hash};

use crate::visit_days::Numbers;

/// An event of the vectors, with these members beside or instead.
pub(crate) fn event(changes: &Value) -> Value {
    let mut body = json!({
        "@type": "Event", "uid": "photo@le-mug.example", "updated": "2026-01-01T00:00:00Z",
        "sequence": 0, "title": "La photo de vos produits", "start": "2026-04-06T18:00:00",
        "timeZone": "Europe/Paris", "duration": "PT2H", "escale": { "kind": "training" },
    });
    for (name, value) in changes.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

/// The most occurrences that are written out one by one.
const WRITTEN_OUT: usize = 12;

/// When the event takes place: each occurrence, or how many, the first and the last, and
/// the digest of one line for each.
pub(crate) fn expanded(event: &Event) -> Value {
    let all = rules::event::all(event);
    let row = |it: &rules::event::Occurrence| json!({ "due": it.due, "begins": it.begins, "ends": it.ends, "status": it.status });
    if all.len() <= WRITTEN_OUT {
        return json!({ "occurrences": all.iter().map(row).collect::<Vec<_>>() });
    }
    let word = |status| match status {
        EventStatus::Confirmed => "confirmed",
        EventStatus::Tentative => "tentative",
        EventStatus::Cancelled => "cancelled",
    };
    let line = |it: &rules::event::Occurrence| {
        format!(
            "{} {} {} {}\n",
            it.due,
            it.begins.0,
            it.ends.0,
            word(it.status)
        )
    };
    let lines: String = all.iter().map(line).collect();
    json!({
        "count": all.len(), "first": all.first().map(row), "last": all.last().map(row),
        "sha256": Sha256Hash::of(&[lines.as_bytes()]),
    })
}

fn case(name: &str, event: &Value) -> Value {
    let read = Event::read(&event.to_string()).expect("an event");
    let mut case = expanded(&read);
    case["name"] = json!(name);
    case["event"] = event.clone();
    case
}

/// Each with its name, the event, and when it takes place.
pub(crate) fn cases() -> Vec<Value> {
    let mut cases: Vec<_> = by_hand()
        .into_iter()
        .map(|(name, changes)| case(name, &event(&changes)))
        .collect();
    cases.extend(drawn().iter().map(|it| case("drawn", it)));
    cases
}

fn weekly(rest: &Value) -> Value {
    let mut rule = json!({ "frequency": "weekly" });
    for (name, value) in rest.as_object().expect("members") {
        rule[name] = value.clone();
    }
    json!([rule])
}

fn by_hand() -> Vec<(&'static str, Value)> {
    let mut all = counted();
    all.extend(without_end());
    all.extend(lengths());
    all.extend(uncertain());
    all.extend(exceptions());
    all
}

fn days(days: &[&str]) -> Value {
    days.iter().map(|day| json!({ "day": day })).collect()
}

fn counted() -> Vec<(&'static str, Value)> {
    vec![
        ("once", json!({})),
        (
            "once, in the hour that comes twice",
            json!({ "start": "2026-10-25T02:30:00" }),
        ),
        (
            "three Mondays over the spring",
            json!({
            "start": "2026-03-23T18:00:00", "recurrenceRules": weekly(&json!({ "count": 3 })) }),
        ),
        (
            "three Sundays, of which the clock skips one",
            json!({
            "start": "2026-03-22T02:30:00", "recurrenceRules": weekly(&json!({ "count": 3 })) }),
        ),
        (
            "three Sundays, one in the hour that comes twice",
            json!({
            "start": "2026-10-18T02:30:00", "recurrenceRules": weekly(&json!({ "count": 3 })) }),
        ),
        (
            "every second week on two days, from the later",
            json!({
            "start": "2026-04-09T18:00:00",
            "recurrenceRules": weekly(&json!({ "interval": 2, "byDay": days(&["mo", "th"]), "count": 5 })) }),
        ),
        (
            "every third day that is a Monday or a Thursday",
            json!({
            "start": "2026-04-09T18:00:00", "recurrenceRules": [{ "frequency": "daily",
                "interval": 3, "byDay": days(&["mo", "th"]), "count": 5 }] }),
        ),
    ]
}

fn without_end() -> Vec<(&'static str, Value)> {
    vec![
        (
            "until the very moment",
            json!({
            "recurrenceRules": weekly(&json!({ "until": "2026-04-20T18:00:00" })) }),
        ),
        (
            "until the second before",
            json!({
            "recurrenceRules": weekly(&json!({ "until": "2026-04-20T17:59:59" })) }),
        ),
        (
            "until a day, without a time",
            json!({
            "recurrenceRules": weekly(&json!({ "until": "2026-04-20T00:00:00" })) }),
        ),
        (
            "without an end",
            json!({ "recurrenceRules": weekly(&json!({})) }),
        ),
        (
            "each day without an end",
            json!({ "recurrenceRules": [{ "frequency": "daily" }] }),
        ),
        (
            "two thousand times",
            json!({
            "recurrenceRules": [{ "frequency": "daily", "count": 2_000 }] }),
        ),
        (
            "from a leap day, for five years",
            json!({
            "start": "2024-02-29T18:00:00",
            "recurrenceRules": [{ "frequency": "daily", "interval": 2 }] }),
        ),
        (
            "a day that was skipped",
            json!({
            "start": "2011-12-29T10:00:00", "timeZone": "Pacific/Apia",
            "recurrenceRules": [{ "frequency": "daily", "count": 4 }] }),
        ),
        (
            "midnights, of which the clock skips one",
            json!({
            "start": "2026-04-17T00:00:00", "timeZone": "Africa/Cairo", "duration": "P1D",
            "showWithoutTime": true, "recurrenceRules": weekly(&json!({ "count": 4 })) }),
        ),
    ]
}

/// An event of days.
fn of_days(name: &'static str, date: &str, zone: &str, duration: &str) -> (&'static str, Value) {
    let start = format!("{date}T00:00:00");
    let changes = json!({ "start": start, "timeZone": zone, "duration": duration,
        "showWithoutTime": true });
    (name, changes)
}

fn lengths() -> Vec<(&'static str, Value)> {
    vec![
        (
            "days, two at a time",
            json!({
            "start": "2026-03-28T00:00:00", "duration": "P2D", "showWithoutTime": true }),
        ),
        of_days(
            "a day that has 23 hours",
            "2026-03-29",
            "Europe/Paris",
            "P1D",
        ),
        of_days(
            "a day that has 25 hours",
            "2026-10-25",
            "Europe/Paris",
            "P1D",
        ),
        of_days("two weeks", "2026-03-20", "Europe/Paris", "P2W"),
        of_days(
            "ends at a midnight that is skipped",
            "2026-04-23",
            "Africa/Cairo",
            "P1D",
        ),
        of_days(
            "ends at a midnight that comes twice",
            "2025-11-01",
            "America/Havana",
            "P1D",
        ),
        of_days(
            "begins at that midnight",
            "2025-11-02",
            "America/Havana",
            "P1D",
        ),
        of_days(
            "over a day that was skipped",
            "2011-12-29",
            "Pacific/Apia",
            "P2D",
        ),
        of_days(
            "ends on a day that was skipped",
            "2011-12-28",
            "Pacific/Apia",
            "P2D",
        ),
        (
            "24 hours on a day of 23",
            json!({ "start": "2026-03-28T18:00:00", "duration": "PT24H" }),
        ),
        (
            "27 hours over the autumn",
            json!({ "start": "2026-10-24T18:00:00", "duration": "PT27H" }),
        ),
        (
            "an hour into the gap",
            json!({ "start": "2026-03-29T01:30:00", "duration": "PT1H" }),
        ),
        ("a month of hours", json!({ "duration": "PT744H" })),
    ]
}

fn uncertain() -> Vec<(&'static str, Value)> {
    vec![
        (
            "cancelled as a whole, whatever an exception says",
            json!({
            "status": "cancelled", "recurrenceRules": weekly(&json!({ "count": 2 })),
            "recurrenceOverrides": { "2026-04-13T18:00:00": { "status": "confirmed" } } }),
        ),
        (
            "perhaps, and one for sure",
            json!({
            "status": "tentative", "recurrenceRules": weekly(&json!({ "count": 2 })),
            "recurrenceOverrides": { "2026-04-13T18:00:00": { "status": "confirmed" } } }),
        ),
    ]
}

fn exceptions() -> Vec<(&'static str, Value)> {
    let of = |changes: Value| json!({ "recurrenceRules": weekly(&json!({ "count": 4 })), "recurrenceOverrides": changes });
    let mut most = Map::new();
    for day in 1..=5 {
        most.insert(format!("2026-04-0{day}T09:00:00"), json!({}));
    }
    vec![
        (
            "left out, moved, added, cancelled",
            of(json!({
                "2026-04-06T18:00:00": { "status": "cancelled" },
                "2026-04-13T18:00:00": { "excluded": true },
                "2026-04-20T18:00:00": { "start": "2026-04-28T09:00:00", "duration": "PT30M" },
                "2026-05-02T10:00:00": {},
                "2026-05-03T10:00:00": { "excluded": true },
                "2026-04-01T10:00:00": { "title": "Avant la première" },
            })),
        ),
        (
            "two at the same moment",
            of(json!({
                "2026-04-20T18:00:00": { "start": "2026-04-13T18:00:00" },
            })),
        ),
        (
            "moved to where it was due",
            of(json!({
                "2026-04-20T18:00:00": { "start": "2026-04-20T18:00:00" },
            })),
        ),
        (
            "added where the clock skips",
            of(json!({ "2026-03-29T02:30:00": {} })),
        ),
        (
            "added where the clock skips, and moved",
            of(json!({
            "2026-03-29T02:30:00": { "start": "2026-03-29T04:00:00" } })),
        ),
        (
            "added where the clock comes twice",
            of(json!({ "2026-10-25T02:30:00": {} })),
        ),
        (
            "added ten years later",
            of(json!({ "2036-04-06T18:00:00": {} })),
        ),
        (
            "a thousand with those before",
            json!({
            "recurrenceRules": [{ "frequency": "daily" }], "recurrenceOverrides": most }),
        ),
    ]
}

/// A day near a change of the clock, a time that it changes, and where.
const CHANGES: &[(&str, &str)] = &[
    ("2026-03-29T02:30:00", "Europe/Paris"),
    ("2026-10-25T02:30:00", "Europe/Paris"),
    ("2026-03-29T00:00:00", "Europe/Paris"),
    ("2026-10-25T00:00:00", "Europe/Paris"),
    ("2026-04-06T18:00:00", "Europe/Paris"),
    ("2026-03-08T02:15:00", "America/St_Johns"),
    ("2026-11-01T01:30:00", "America/St_Johns"),
    ("2026-10-04T02:15:00", "Australia/Lord_Howe"),
    ("2026-04-05T01:45:00", "Australia/Lord_Howe"),
    ("2011-12-30T10:00:00", "Pacific/Apia"),
    ("2026-04-24T00:30:00", "Africa/Cairo"),
    ("2026-10-29T23:30:00", "Africa/Cairo"),
    ("2026-03-08T00:00:00", "America/Havana"),
    ("2025-11-02T00:30:00", "America/Havana"),
    ("2026-09-06T00:00:00", "America/Santiago"),
    ("2026-03-29T01:30:00", "Antarctica/Troll"),
    ("2026-10-25T02:15:00", "Antarctica/Troll"),
    ("2026-03-29T01:30:00", "Europe/Dublin"),
    ("2026-04-06T09:00:00", "Asia/Kathmandu"),
    ("2028-02-29T12:00:00", "UTC"),
];

const WEEK: [&str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];

/// How many events are drawn.
const DRAWN: usize = 400;

fn drawn() -> Vec<Value> {
    let mut numbers = Numbers(2_026);
    let mut events = Vec::new();
    while events.len() < DRAWN {
        let drawn = one_drawn(&mut numbers);
        let read = Event::read(&drawn.to_string()).expect("an event");
        // The clock may skip its beginning, or nothing may be left of it.
        let owner = wire::EntityId::parse(crate::papers::MUG).expect("a name");
        if rules::event::check(&read, &owner, "photo").is_ok() {
            events.push(drawn);
        }
    }
    events
}

fn one_drawn(numbers: &mut Numbers) -> Value {
    let (change, zone) = CHANGES[numbers.under(CHANGES.len())];
    let change: DateTime = change.parse().expect("a time");
    let is_daily = numbers.under(2) == 0;
    let interval = [1, 1, 1, 2, 3, 5, 100][numbers.under(7)];
    let unit = if is_daily { 1 } else { 7 };
    // So that one falls on the change, if the interval lets it.
    let before = i64::try_from(numbers.under(5) * unit * interval).expect("days");
    let start = change.checked_sub(before.days()).expect("a day");
    let mut rule = json!({ "frequency": if is_daily { "daily" } else { "weekly" } });
    if interval > 1 {
        rule["interval"] = json!(interval);
    }
    if numbers.under(2) == 0 {
        let own = usize::try_from(start.weekday().to_monday_zero_offset()).expect("a day");
        let is_named = |day: &usize| *day == own || numbers.under(3) == 0;
        let days: Vec<usize> = (0..7).filter(is_named).collect();
        rule["byDay"] = days
            .into_iter()
            .map(|day| json!({ "day": WEEK[day] }))
            .collect();
    }
    match numbers.under(4) {
        0 => {
            let until = start.checked_add(i64::try_from(numbers.under(90)).expect("days").days());
            rule["until"] = json!(shown(until.expect("a day")));
        }
        1 if interval > 2 => {}
        _ => rule["count"] = json!(1 + numbers.under(9)),
    }
    let is_of_days = start.time() == jiff::civil::Time::midnight() && numbers.under(4) > 0;
    let durations = if is_of_days {
        ["P1D", "P2D", "P1W"]
    } else {
        ["PT45M", "PT2H30M", "PT27H"]
    };
    let mut changed = event(&json!({
        "start": shown(start), "timeZone": zone, "duration": durations[numbers.under(3)],
        "recurrenceRules": [rule],
    }));
    if is_of_days {
        changed["showWithoutTime"] = json!(true);
    }
    let exceptions = exceptions_drawn(numbers, &changed, change);
    if !exceptions.is_empty() {
        changed["recurrenceOverrides"] = exceptions.into();
    }
    changed
}

fn shown(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn exceptions_drawn(numbers: &mut Numbers, event: &Value, change: DateTime) -> Map<String, Value> {
    let read = Event::read(&event.to_string()).expect("an event");
    let all = rules::event::all(&read);
    let mut exceptions = Map::new();
    for _ in 0..numbers.under(4) {
        let hours = i64::try_from(numbers.under(72)).expect("hours") - 36;
        let near = change.checked_add(hours.hours()).expect("a time");
        let (near, short, long) = if read.show_without_time {
            (
                near.date().to_datetime(jiff::civil::Time::midnight()),
                "P1D",
                "P3D",
            )
        } else {
            (near, "PT30M", "PT48H")
        };
        let near = shown(near);
        let due = match all.get(numbers.under(all.len() + 2)) {
            Some(it) => it.due.to_string(),
            None => near.clone(),
        };
        let said = match numbers.under(6) {
            0 => json!({ "excluded": true }),
            1 => json!({ "start": near }),
            2 => json!({ "start": near, "duration": long }),
            3 => json!({ "status": "cancelled" }),
            4 => json!({ "duration": short }),
            _ => json!({ "status": "tentative", "start": near }),
        };
        exceptions.insert(due, said);
    }
    exceptions
}
