//! Days of hosts anywhere, and what visits of them count.
//!
//! Some are written by hand. Many more are drawn, by a generator that begins at the same
//! number each time, among the moments at which something changes.

use jiff::tz::TimeZone;
use rules::visit::{self, HostDay};
use serde_json::{Value, json};
use wire::Timestamp;
use wire::receipt::{DayHours, DaySpan};
use wire::space::ClockTime;

use crate::visits::{count_of, day_of};

/// A moment that is written in UTC.
pub(crate) fn utc(text: &str) -> Timestamp {
    let moment: jiff::Timestamp = text.parse().expect("a moment");
    Timestamp(moment.as_second())
}

/// A generator of numbers that look random (Knuth's MMIX).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// A number under `limit`.
    pub(crate) fn under(&mut self, limit: usize) -> usize {
        const FACTOR: u64 = 6_364_136_223_846_793_005;
        const STEP: u64 = 1_442_695_040_888_963_407;
        self.0 = self.0.wrapping_mul(FACTOR).wrapping_add(STEP);
        let high = usize::try_from(self.0 >> 33).expect("31 bits");
        high % limit
    }
}

/// A day, and where: days on which the clock is changed, and some that are like others.
const DAYS: &[(&str, &str)] = &[
    ("2026-03-28", "Europe/Paris"),
    ("2026-03-29", "Europe/Paris"),
    ("2026-04-06", "Europe/Paris"),
    ("2026-10-24", "Europe/Paris"),
    ("2026-10-25", "Europe/Paris"),
    ("2026-12-31", "Europe/Paris"),
    ("2026-03-08", "America/St_Johns"),
    ("2026-11-01", "America/St_Johns"),
    // Half an hour forward, and back.
    ("2026-10-04", "Australia/Lord_Howe"),
    ("2026-04-05", "Australia/Lord_Howe"),
    // No 30 December.
    ("2011-12-29", "Pacific/Apia"),
    ("2011-12-31", "Pacific/Apia"),
    ("2026-02-28", "Pacific/Apia"),
    // No midnight; and an hour twice that ends with the day.
    ("2026-04-24", "Africa/Cairo"),
    ("2026-10-29", "Africa/Cairo"),
    ("2026-10-30", "Africa/Cairo"),
    // No midnight; and midnight twice.
    ("2026-03-08", "America/Havana"),
    ("2025-11-02", "America/Havana"),
    ("2026-09-06", "America/Santiago"),
    ("2026-04-04", "America/Santiago"),
    // Two hours.
    ("2026-03-29", "Antarctica/Troll"),
    ("2026-10-25", "Antarctica/Troll"),
    // Wintertime is the other time here.
    ("2026-03-29", "Europe/Dublin"),
    ("2026-10-25", "Europe/Dublin"),
    ("2026-04-06", "Asia/Kathmandu"),
    ("2028-02-29", "UTC"),
];

/// A boundary, and the spans of a day.
type Pattern = (&'static str, &'static [(&'static str, &'static str)]);

const PATTERNS: &[Pattern] = &[
    ("13:00", &[]),
    ("13:00", &[("09:00", "12:00"), ("14:00", "18:00")]),
    ("02:30", &[("00:00", "24:00")]),
    (
        "13:00",
        &[
            ("00:00", "02:30"),
            ("02:30", "03:15"),
            ("12:00", "13:00"),
            ("23:00", "24:00"),
        ],
    ),
    ("24:00", &[("02:15", "02:45"), ("14:00", "18:00")]),
    ("00:00", &[("00:00", "00:30"), ("13:00", "23:30")]),
    ("00:30", &[("00:15", "00:45"), ("01:15", "01:45")]),
    ("03:00", &[("02:30", "03:15")]),
    ("03:20", &[("02:15", "02:45"), ("03:00", "03:30")]),
    ("23:30", &[("22:00", "23:45")]),
];

fn time(text: &str) -> ClockTime {
    ClockTime::parse(text).expect("a time")
}

fn host_day(date: &str, zone: &str, (boundary, open): Pattern) -> HostDay {
    let span = |(from, to): &(&str, &str)| DaySpan {
        from: time(from),
        to: time(to),
    };
    HostDay {
        date: date.to_owned(),
        hours: DayHours {
            record: None,
            time_zone: zone.to_owned(),
            half_day_boundary: time(boundary),
            open: open.iter().map(span).collect(),
        },
    }
}

/// When the clock there is changed next, at that moment or after it.
fn change_after(zone: &str, at: Timestamp) -> Option<Timestamp> {
    let zone = TimeZone::get(zone).expect("a time zone");
    let before = jiff::Timestamp::from_second(at.0 - 1).expect("a moment");
    let change = zone.following(before).next()?;
    Some(Timestamp(change.timestamp().as_second()))
}

/// First and last second of a day, and the moments at which something changes.
fn moments_of(day: &HostDay) -> Vec<Timestamp> {
    let of_spans = day.hours.open.iter().flat_map(|span| [span.from, span.to]);
    let times = of_spans.chain([time("00:00"), time("24:00"), day.hours.half_day_boundary]);
    let shown = times.map(|time| visit::time_on(day, time).expect("a moment"));
    let mut moments: Vec<_> = shown.collect();
    let start = visit::time_on(day, time("00:00")).expect("a moment");
    moments.extend(change_after(&day.hours.time_zone, start));
    // Where an hour comes twice, the times in it do so an hour later.
    let again: Vec<_> = moments.iter().map(|at| at.plus_seconds(3_600)).collect();
    moments.extend(again);
    moments
}

fn group(name: &str, day: &HostDay, visits: &[Value]) -> Value {
    json!({ "name": name, "day": day.date, "hours": day.hours, "visits": visits })
}

fn drawn() -> Vec<Value> {
    const VISITS: usize = 10;
    let mut numbers = Numbers(20_260_329);
    let mut groups = Vec::new();
    for (date, zone) in DAYS {
        for _ in 0..2 {
            let pattern = PATTERNS[numbers.under(PATTERNS.len())];
            let day = host_day(date, zone, pattern);
            let start = visit::time_on(&day, time("00:00")).expect("a moment");
            let end = visit::end_of_day(&day).expect("a moment");
            let moments = moments_of(&day);
            let mut draw = || {
                let near = [0, 0, 0, -1, 1, -600, 600, 1_800, 9_000];
                let at = moments[numbers.under(moments.len())];
                at.plus_seconds(near[numbers.under(near.len())])
            };
            let mut visits = Vec::new();
            while visits.len() < VISITS {
                let (arrived, left) = (draw(), draw());
                if start <= arrived && arrived < end && arrived <= left && left <= end {
                    let mut visit = count_of(&day, arrived, left);
                    visit["arrived"] = json!(arrived);
                    visit["left"] = json!(left);
                    visits.push(visit);
                }
            }
            groups.push(group("drawn", &day, &visits));
        }
    }
    groups
}

/// A day's name, date, zone, boundary and spans, and its visits: arrived, left, the first
/// letters of what they count, closing.
type Written = (
    &'static str,
    [&'static str; 2],
    Pattern,
    &'static [[&'static str; 4]],
);

/// What is written by hand, from the specification.
const WRITTEN: &[Written] = &[
    (
        "a village that closes over lunch",
        ["2026-04-06", "Europe/Paris"],
        ("13:00", &[("09:00", "12:00"), ("14:00", "18:00")]),
        &[
            ["06T07:10:00Z", "06T09:30:00Z", "m", "06T16:00:00Z"],
            ["06T12:10:00Z", "06T15:30:00Z", "a", "06T16:00:00Z"],
            ["06T09:59:59Z", "06T12:00:01Z", "ma", "06T16:00:00Z"],
            ["06T09:59:59Z", "06T12:00:00Z", "m", "06T16:00:00Z"],
            ["06T10:00:00Z", "06T15:00:00Z", "a", "06T16:00:00Z"],
            // While it is closed, and at the door.
            ["06T10:00:00Z", "06T12:00:00Z", "m", "06T16:00:00Z"],
            ["06T11:00:00Z", "06T12:00:00Z", "a", "06T16:00:00Z"],
            ["06T05:00:00Z", "06T07:00:00Z", "m", "06T16:00:00Z"],
            ["06T07:10:00Z", "06T07:10:00Z", "m", "06T16:00:00Z"],
            ["06T13:00:00Z", "06T13:00:00Z", "a", "06T16:00:00Z"],
            ["06T15:59:59Z", "06T16:00:00Z", "a", "06T16:00:00Z"],
            ["06T16:00:00Z", "06T16:00:01Z", "a", "06T22:00:00Z"],
            ["06T21:59:59Z", "06T22:00:00Z", "a", "06T22:00:00Z"],
            ["05T22:00:00Z", "06T22:00:00Z", "ma", "06T16:00:00Z"],
        ],
    ),
    (
        "the first second of the afternoon",
        ["2026-04-06", "Europe/Paris"],
        ("13:00", &[("08:00", "20:00")]),
        &[
            ["06T07:00:00Z", "06T11:00:00Z", "m", "06T18:00:00Z"],
            ["06T07:00:00Z", "06T11:00:01Z", "ma", "06T18:00:00Z"],
            ["06T11:00:00Z", "06T11:00:01Z", "a", "06T18:00:00Z"],
            ["06T10:59:59Z", "06T11:00:00Z", "m", "06T18:00:00Z"],
        ],
    ),
    (
        "a day that is all morning",
        ["2026-04-06", "UTC"],
        ("24:00", &[("00:00", "24:00")]),
        &[
            ["06T00:00:00Z", "07T00:00:00Z", "m", "07T00:00:00Z"],
            ["06T23:59:59Z", "06T23:59:59Z", "m", "07T00:00:00Z"],
        ],
    ),
    (
        "a day that is all afternoon",
        ["2026-04-06", "UTC"],
        ("00:00", &[]),
        &[
            ["06T00:00:00Z", "07T00:00:00Z", "a", "07T00:00:00Z"],
            ["06T00:00:00Z", "06T00:00:00Z", "a", "07T00:00:00Z"],
        ],
    ),
    (
        "summer time begins, 02:00 to 03:00 is skipped",
        ["2026-03-29", "Europe/Paris"],
        ("02:30", &[("00:00", "24:00")]),
        &[
            ["29T00:00:00Z", "29T01:30:00Z", "m", "29T22:00:00Z"],
            ["29T00:00:00Z", "29T01:30:01Z", "ma", "29T22:00:00Z"],
            ["28T23:00:00Z", "28T23:00:01Z", "m", "29T22:00:00Z"],
        ],
    ),
    (
        "a span in what is skipped is an hour later",
        ["2026-03-29", "Europe/Paris"],
        ("13:00", &[("02:15", "02:45"), ("14:00", "18:00")]),
        &[
            ["29T01:44:59Z", "29T13:00:00Z", "ma", "29T16:00:00Z"],
            ["29T01:45:00Z", "29T13:00:00Z", "a", "29T16:00:00Z"],
        ],
    ),
    (
        "of a span that would end before it begins nothing is left",
        ["2026-03-29", "Europe/Paris"],
        ("13:00", &[("02:30", "03:15"), ("14:00", "18:00")]),
        &[["29T00:00:00Z", "29T13:00:00Z", "a", "29T16:00:00Z"]],
    ),
    (
        "where it was the only one, the space is closed that day",
        ["2026-03-29", "Europe/Paris"],
        ("13:00", &[("02:30", "03:15")]),
        &[
            ["29T00:00:00Z", "29T13:00:00Z", "m", "29T22:00:00Z"],
            ["29T11:00:00Z", "29T13:00:00Z", "a", "29T22:00:00Z"],
        ],
    ),
    (
        "the span that ends last is not the last one",
        ["2026-03-29", "Europe/Paris"],
        ("13:00", &[("02:15", "02:45"), ("03:00", "03:30")]),
        &[
            ["29T01:00:00Z", "29T02:00:00Z", "m", "29T01:45:00Z"],
            ["29T01:45:00Z", "29T12:00:00Z", "m", "29T22:00:00Z"],
        ],
    ),
    (
        "summer time ends, 02:00 to 03:00 comes twice",
        ["2026-10-25", "Europe/Paris"],
        ("02:15", &[("00:00", "02:30"), ("14:00", "18:00")]),
        &[
            ["24T23:00:00Z", "25T00:15:00Z", "m", "25T17:00:00Z"],
            ["24T23:00:00Z", "25T00:15:01Z", "ma", "25T17:00:00Z"],
            ["25T00:30:00Z", "25T13:00:00Z", "a", "25T17:00:00Z"],
            ["25T01:10:00Z", "25T01:20:00Z", "a", "25T17:00:00Z"],
            ["25T22:59:59Z", "25T23:00:00Z", "a", "25T23:00:00Z"],
        ],
    ),
    (
        "half an hour is skipped, 02:00 to 02:30",
        ["2026-10-04", "Australia/Lord_Howe"],
        ("02:10", &[]),
        &[
            ["03T14:00:00Z", "03T15:40:00Z", "m", "04T13:00:00Z"],
            ["03T14:00:00Z", "03T15:40:01Z", "ma", "04T13:00:00Z"],
        ],
    ),
    (
        "half an hour comes twice, 01:30 to 02:00",
        ["2026-04-05", "Australia/Lord_Howe"],
        ("01:45", &[]),
        &[
            ["04T13:30:00Z", "04T14:45:00Z", "m", "05T13:30:00Z"],
            ["04T13:30:00Z", "04T14:45:01Z", "ma", "05T13:30:00Z"],
            ["04T15:10:00Z", "04T15:10:00Z", "a", "05T13:30:00Z"],
        ],
    ),
    (
        "a day without midnight",
        ["2026-04-24", "Africa/Cairo"],
        ("00:30", &[("00:00", "01:15")]),
        &[
            // The day begins at 01:00; 00:30 is 01:30, and the span ends at 01:15.
            ["23T22:00:00Z", "23T22:15:00Z", "m", "23T22:15:00Z"],
            ["23T22:15:00Z", "23T22:30:01Z", "m", "24T21:00:00Z"],
            ["23T22:30:00Z", "23T22:30:01Z", "a", "24T21:00:00Z"],
        ],
    ),
];

fn written() -> Vec<Value> {
    let group_of = |(name, [date, zone], pattern, visits): &Written| {
        let day = host_day(date, zone, *pattern);
        let (month, _) = date.split_at(8);
        let at = |text: &str| utc(&format!("{month}{text}"));
        let visits = visits.iter().map(|[arrived, left, halves, closing]| {
            let halves: &[&str] = match *halves {
                "m" => &["morning"],
                "a" => &["afternoon"],
                _ => &["morning", "afternoon"],
            };
            json!({ "arrived": at(arrived), "left": at(left), "half_days": halves,
                "closing": at(closing) })
        });
        group(name, &day, &visits.collect::<Vec<_>>())
    };
    WRITTEN.iter().map(group_of).collect()
}

/// Days with their hours, and visits of them.
pub(crate) fn half_days() -> Value {
    [written(), drawn()].concat().into()
}

fn week(zone: &str) -> Value {
    let span = |day: &str, from: &str, to: &str| json!({ "day": day, "from": from, "to": to });
    json!({ "time_zone": zone, "half_day_boundary": "12:30", "weekly": [
        span("monday", "09:00", "12:00"), span("monday", "14:00", "18:00"),
        span("thursday", "00:00", "24:00"), span("friday", "08:00", "12:00"),
        span("saturday", "22:00", "24:00"), span("sunday", "02:30", "03:15"),
    ] })
}

/// Hours and a moment, and the day that it is there.
pub(crate) fn days() -> Value {
    let mut cases = Vec::new();
    let mut add = |hours: &Value, at: Timestamp| {
        let mut case = day_of(hours, at);
        case["hours"] = hours.clone();
        case["at"] = json!(at);
        if !hours.is_null() {
            case["record"] = json!(crate::visits::RECORD);
        }
        cases.push(case);
    };
    let bare = json!({ "time_zone": "Europe/Paris", "weekly": [] });
    let zones = ["Europe/Chambery", "europe/paris", "Etc/Unknown", "Paris"];
    for at in [
        "2026-04-05T22:00:00Z",
        "2026-04-06T10:00:00Z",
        "2026-12-31T23:00:00Z",
    ] {
        add(&Value::Null, utc(at));
        add(&bare, utc(at));
        // Of a time zone that does not exist nothing is known but the record.
        for zone in zones {
            add(&week(zone), utc(at));
        }
        for zone in [
            "Pacific/Kiritimati",
            "Pacific/Pago_Pago",
            "Asia/Calcutta",
            "UTC",
        ] {
            add(&week(zone), utc(at));
        }
    }
    for (date, zone) in DAYS {
        let day = host_day(date, zone, PATTERNS[0]);
        let start = visit::time_on(&day, time("00:00")).expect("a moment");
        let end = visit::end_of_day(&day).expect("a moment");
        for at in [start.plus_seconds(-1), start, end.plus_seconds(-1)] {
            add(&week(zone), at);
        }
        if let Some(at) = change_after(zone, start).filter(|at| *at <= end) {
            add(&week(zone), at);
            add(&week(zone), at.plus_seconds(-1));
        }
    }
    // A minute after midnight the clock goes back into the day before.
    for at in [
        "2010-11-07T02:29:59Z",
        "2010-11-07T02:30:59Z",
        "2010-11-07T02:31:00Z",
    ] {
        add(&week("America/St_Johns"), utc(at));
    }
    cases.into()
}
