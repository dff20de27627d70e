//! What holds of every event, whatever its rule and its exceptions say.

use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use wire::BodyKind as _;

use super::*;

/// Clocks that change at night, at midnight, by half an hour, by a day, or never.
const ZONES: [&str; 8] = [
    "Europe/Paris",
    "America/St_Johns",
    "America/Havana",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
];

/// Texts of times, some of days that no calendar has.
fn times() -> impl Strategy<Value = String> {
    let date = (2010..2031_u16, 1..=12_u8, 1..=31_u8);
    let time = (0..=24_u8, prop_oneof![Just(0_u8), Just(30), 0..=60_u8]);
    (date, time).prop_map(|((year, month, day), (hour, minute))| {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:00")
    })
}

fn rules() -> impl Strategy<Value = Value> {
    let days = prop::sample::subsequence(vec!["mo", "tu", "we", "th", "fr", "sa", "su"], 0..=7);
    let ends = prop_oneof![
        2 => (1..=2_000_u64).prop_map(|count| json!({ "count": count })),
        2 => (1..=9_u64).prop_map(|count| json!({ "count": count })),
        1 => times().prop_map(|until| json!({ "until": until })),
        1 => Just(json!({})),
    ];
    let interval = prop_oneof![3 => 1..=3_u64, 1 => 1..=100_u64];
    (prop::bool::ANY, interval, days, ends).prop_map(|(is_daily, interval, days, mut rule)| {
        rule["frequency"] = json!(if is_daily { "daily" } else { "weekly" });
        rule["interval"] = json!(interval);
        rule["byDay"] = days.into_iter().map(|day| json!({ "day": day })).collect();
        rule
    })
}

fn durations() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..=40_000_u32).prop_map(|seconds| format!("PT{seconds}S")),
        (1..=744_u32).prop_map(|hours| format!("PT{hours}H")),
    ]
}

fn changes() -> impl Strategy<Value = Value> {
    let status = prop::sample::select(vec!["confirmed", "tentative", "cancelled"]);
    prop_oneof![
        1 => Just(json!({ "excluded": true })),
        2 => (option::of(times()), option::of(durations()), option::of(status)).prop_map(
            |(start, duration, status)| {
                let said = [("start", start), ("duration", duration), ("status", status.map(str::to_owned))];
                let said = said.into_iter().filter_map(|(name, it)| Some((name.to_owned(), json!(it?))));
                Value::Object(said.collect())
            }
        ),
    ]
}

/// The same as an event of days: from midnight to midnight.
fn of_days(body: &mut Value) {
    let midnight = |time: &str| json!(format!("{}T00:00:00", time.split_once('T').unwrap().0));
    let make = |it: &mut Value| {
        if let Some(start) = it["start"].as_str() {
            it["start"] = midnight(start);
        }
        if let Some(duration) = it["duration"].as_str() {
            it["duration"] = json!(format!("P{}D", duration.len()));
        }
        it.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
    };
    make(body);
    body["showWithoutTime"] = json!(true);
    if let Some(exceptions) = body["recurrenceOverrides"].as_object_mut() {
        let exceptions = std::mem::take(exceptions)
            .into_iter()
            .map(|(due, mut change)| {
                make(&mut change);
                (midnight(&due).as_str().unwrap().to_owned(), change)
            });
        body["recurrenceOverrides"] = Value::Object(exceptions.collect());
    }
    body.as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
}

/// Events that are well formed; most are also understood.
fn events() -> impl Strategy<Value = Event> {
    let exceptions = btree_map(times(), changes(), 0..6);
    let zone = prop::sample::select(ZONES.to_vec());
    let exception_days = prop::collection::vec((0..40_usize, changes()), 0..6);
    (
        times(),
        zone,
        durations(),
        option::weighted(0.9, rules()),
        exceptions,
        exception_days,
        prop::bool::weighted(0.3),
    )
        .prop_map(
            |(start, zone, duration, rule, mut exceptions, on_rule, is_of_days)| {
                let mut body = json!({
                    "@type": "Event", "uid": "a@le-mug.example", "updated": "2026-01-01T00:00:00Z",
                    "sequence": 0, "title": "x", "start": start, "timeZone": zone,
                    "duration": duration, "escale": { "kind": "event" },
                });
                let Some(rule) = rule else {
                    if is_of_days {
                        of_days(&mut body);
                    }
                    return Event::read(&body.to_string()).unwrap();
                };
                body["recurrenceRules"] = json!([rule]);
                let plain = Event::read(&body.to_string()).unwrap();
                // Exceptions to what the rule names, beside those at any time.
                let dues: Vec<_> = all(&plain)
                    .into_iter()
                    .map(|it| it.due.to_string())
                    .collect();
                for (at, change) in on_rule {
                    if let Some(due) = dues.get(at) {
                        exceptions.insert(due.clone(), change);
                    }
                }
                body["recurrenceOverrides"] = json!(exceptions);
                if is_of_days {
                    of_days(&mut body);
                }
                Event::read(&body.to_string()).unwrap()
            },
        )
}

/// The same as [`dues`], by looking at every day of five years.
fn day_by_day(rule: &RecurrenceRule, zone: &TimeZone, start: DateTime) -> Vec<DateTime> {
    let until = match &rule.until {
        Some(until) => civil(until),
        None => Some(DateTime::MAX),
    };
    let last = start.checked_add(RECURRENCE_YEARS_MAX.years()).unwrap();
    let days_after = |from: Date, to: Date| i64::from((to - from).get_days());
    let monday = start.date() - i64::from(start.weekday().to_monday_zero_offset()).days();
    let interval = i64::try_from(rule.interval).unwrap();
    let is_named = |date: Date| {
        let units = match rule.frequency {
            Frequency::Daily => days_after(start.date(), date),
            Frequency::Weekly => days_after(monday, date) / 7,
        };
        let day = opening::weekday(date.weekday());
        let is_day = match (rule.by_day.is_empty(), rule.frequency) {
            (true, Frequency::Daily) => true,
            (true, Frequency::Weekly) => date.weekday() == start.weekday(),
            (false, _) => rule.by_day.iter().any(|it| it.day == day),
        };
        units % interval == 0 && is_day
    };
    let most = rule.count.unwrap_or(1_000).min(1_000);
    let days = (0..).map(|day: i64| start + day.days());
    days.take_while(|it| *it <= last)
        .filter(|it| until.is_some_and(|until| *it <= until))
        .filter(|it| is_named(it.date()) && moment(zone, *it).is_some())
        .take(usize::try_from(most).unwrap())
        .collect()
}

proptest! {
    #[test]
    fn occurrences_are_in_order_within_limits_and_each_is_found_again(event in events()) {
        let found = all(&event);
        prop_assert!(found.len() <= OCCURRENCES_MAX);
        prop_assert!(found.is_sorted_by_key(|it| (it.begins, it.due.clone())));
        let dues: BTreeSet<_> = found.iter().map(|it| it.due.clone()).collect();
        prop_assert_eq!(dues.len(), found.len());
        for it in &found {
            prop_assert!(it.ends > it.begins);
            prop_assert!(it.ends.seconds_since(it.begins) <= 32 * 86_400);
            let change = event.recurrence_overrides.get(&it.due);
            prop_assert!(change.is_none_or(|change| !change.excluded));
        }
        let is_recurring = !event.recurrence_rules.is_empty();
        for it in found.iter().step_by(found.len() / 2 + 1) {
            let due = is_recurring.then_some(&it.due);
            let again = occurrence(&event, due);
            prop_assert_eq!(again.as_ref(), Some(it));
        }
        prop_assert_eq!(ends(&event), found.iter().map(|it| it.ends).max());
    }

    #[test]
    fn a_part_of_the_calendar_is_a_part_of_the_whole(
        event in events(), from in 1_262_304_000..1_956_528_000_i64, days in 0..400_i64
    ) {
        let within = Timestamp(from)..Timestamp(from + days * 86_400);
        let is_in = |it: &Occurrence| it.begins < within.end && it.ends > within.start;
        let filtered: Vec<_> = all(&event).into_iter().filter(is_in).collect();
        prop_assert_eq!(occurrences(&event, within), filtered);
    }

    #[test]
    fn a_rule_names_no_more_than_it_counts_and_no_time_before_the_first_or_after_the_last(
        mut event in events()
    ) {
        event.recurrence_overrides.clear();
        let Some(rule) = event.recurrence_rules.first().cloned() else { return Ok(()); };
        let found = all(&event);
        if let Some(count) = rule.count {
            prop_assert!(found.len() as u64 <= count);
        }
        let start = civil(&event.start);
        for it in &found {
            prop_assert!(it.due >= event.start);
            prop_assert!(rule.until.as_ref().is_none_or(|until| it.due <= *until));
            prop_assert_eq!(&it.start, &it.due);
            let years = civil(&it.due).unwrap().year() - start.unwrap().year();
            prop_assert!(years <= 5);
            prop_assert_eq!(it.due.as_str().split_once('T').unwrap().1,
                event.start.as_str().split_once('T').unwrap().1);
        }
        // One more in the count is one more at the end.
        if let (Some(count), true) = (rule.count, found.len() < OCCURRENCES_MAX) {
            event.recurrence_rules[0].count = Some(count + 1);
            prop_assert_eq!(&all(&event)[..found.len()], &found[..]);
        }
    }

    /// The limits of the search never cut what five years have.
    #[test]
    fn a_rule_names_the_days_that_a_calendar_on_the_wall_shows(mut event in events()) {
        event.recurrence_overrides.clear();
        let Some(rule) = event.recurrence_rules.first() else { return Ok(()); };
        let Some(start) = civil(&event.start) else { return Ok(()); };
        let zone = opening::zone(&event.time_zone).unwrap();
        let found: Vec<_> = dues(rule, &zone, start).into_iter().collect();
        prop_assert_eq!(found, day_by_day(rule, &zone, start));
    }

    #[test]
    fn whatever_is_read_is_judged_without_panic(event in events()) {
        let owner = EntityId::parse("https://le-mug.example").unwrap();
        if check(&event, &owner, "a").is_ok() {
            prop_assert!(!all(&event).is_empty());
            prop_assert!(ends(&event).is_some());
        }
    }
}
