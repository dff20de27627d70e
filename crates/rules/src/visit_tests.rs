//! What a visit counts, day by day, and on the days that are not like others.

use wire::space::{OpenSpan, Weekday};

use super::*;
use crate::random_days::{RECORD, published};

const MORNING: HalfDays = HalfDays {
    morning: true,
    afternoon: false,
};
const AFTERNOON: HalfDays = HalfDays {
    morning: false,
    afternoon: true,
};
const BOTH: HalfDays = HalfDays {
    morning: true,
    afternoon: true,
};

fn time(text: &str) -> ClockTime {
    ClockTime::parse(text).unwrap()
}

fn day(date: &str, zone: &str, boundary: &str, open: &[(&str, &str)]) -> HostDay {
    let span = |(from, to): &(&str, &str)| DaySpan {
        from: time(from),
        to: time(to),
    };
    HostDay {
        date: date.to_owned(),
        hours: DayHours {
            record: Some(RECORD),
            time_zone: zone.to_owned(),
            half_day_boundary: time(boundary),
            open: open.iter().map(span).collect(),
        },
    }
}

/// Monday 6 April 2026 in a village that closes over lunch.
fn monday() -> HostDay {
    let open = [("09:00", "12:00"), ("14:00", "18:00")];
    day("2026-04-06", "Europe/Paris", "13:00", &open)
}

/// A moment in UTC.
fn utc(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_second())
}

/// A moment of a day by its own clock, or in UTC where it ends in `Z`.
fn moment(day: &HostDay, text: &str) -> Timestamp {
    if text.ends_with('Z') {
        return utc(text);
    }
    let text = format!("{}T{text}[{}]", day.date, day.hours.time_zone);
    let zoned: jiff::Zoned = text.parse().unwrap();
    Timestamp(zoned.timestamp().as_second())
}

#[track_caller]
fn check(day: &HostDay, arrived: &str, left: &str, expected: HalfDays) {
    let counted = half_days(day, moment(day, arrived), moment(day, left));
    assert_eq!(counted, Ok(expected), "{arrived} to {left}");
}

#[track_caller]
fn check_closing(day: &HostDay, arrived: &str, expected: &str) {
    let ends = closing(day, moment(day, arrived)).unwrap();
    assert_eq!(ends, moment(day, expected), "{arrived}");
}

#[test]
fn a_half_of_a_day_counts_once_the_visitor_was_there_in_it() {
    let monday = monday();
    check(&monday, "09:10", "11:30", MORNING);
    check(&monday, "14:10", "17:30", AFTERNOON);
    check(&monday, "11:59:59", "14:00:01", BOTH);
    // Over lunch nobody is counted, on whichever side of the boundary.
    check(&monday, "09:10", "14:00", MORNING);
    check(&monday, "12:00", "17:00", AFTERNOON);
}

#[test]
fn the_boundary_is_the_first_second_of_the_afternoon() {
    let open = [("08:00", "20:00")];
    let day = day("2026-04-06", "Europe/Paris", "13:00", &open);
    check(&day, "09:00", "13:00", MORNING);
    check(&day, "09:00", "13:00:01", BOTH);
    check(&day, "13:00", "13:00:01", AFTERNOON);
    check(&day, "12:59:59", "13:00", MORNING);
    check(&day, "12:59:59", "13:00:01", BOTH);
}

#[test]
fn who_comes_while_the_space_is_closed_counts_the_half_in_which_they_came() {
    let monday = monday();
    // Before opening, and in again before it closes.
    check(&monday, "07:00", "08:30", MORNING);
    check(&monday, "07:00", "09:30", MORNING);
    check(&monday, "19:00", "20:00", AFTERNOON);
    check(&monday, "12:10", "12:50", MORNING);
    check(&monday, "12:10", "13:50", MORNING);
    check(&monday, "13:00", "13:50", AFTERNOON);
    // Whoever turns round at the door was there.
    check(&monday, "09:10", "09:10", MORNING);
    check(&monday, "15:00", "15:00", AFTERNOON);
}

#[test]
fn a_day_without_spans_counts_all_of_it() {
    let sunday = day("2026-04-05", "Europe/Paris", "13:00", &[]);
    check(&sunday, "00:00", "00:01", MORNING);
    check(&sunday, "03:00", "22:00", BOTH);
    check(&sunday, "13:00", "2026-04-05T22:00:00Z", AFTERNOON);
}

#[test]
fn what_is_not_of_the_day_does_not_count() {
    let open = [("00:00", "24:00")];
    let day = day("2026-04-06", "Europe/Paris", "13:00", &open);
    let (eve, midnight) = ("2026-04-05T20:00:00Z", "2026-04-06T22:00:00Z");
    let (before, after) = ("2026-04-05T21:59:59Z", "2026-04-06T22:00:01Z");
    check(&day, eve, "01:00", MORNING);
    check(&day, "23:00", "2026-04-07T15:00:00Z", AFTERNOON);
    check(&day, eve, after, BOTH);
    // Of another day altogether, the nearest half is said.
    check(&day, eve, before, MORNING);
    check(&day, midnight, after, AFTERNOON);
    let no_afternoon = HostDay {
        hours: DayHours {
            half_day_boundary: time("24:00"),
            ..day.hours.clone()
        },
        ..day.clone()
    };
    check(&no_afternoon, midnight, after, MORNING);
    let no_morning = HostDay {
        hours: DayHours {
            half_day_boundary: time("00:00"),
            ..day.hours.clone()
        },
        ..day
    };
    check(&no_morning, eve, before, AFTERNOON);
}

#[test]
fn a_day_can_be_all_morning_or_all_afternoon() {
    let open = [("00:00", "24:00")];
    let midnight = "2026-04-06T22:00:00Z";
    let all_morning = day("2026-04-06", "Europe/Paris", "24:00", &open);
    check(&all_morning, "00:00", midnight, MORNING);
    check(&all_morning, "23:59:59", midnight, MORNING);
    let all_afternoon = day("2026-04-06", "Europe/Paris", "00:00", &open);
    check(&all_afternoon, "00:00", midnight, AFTERNOON);
    check(&all_afternoon, "00:00", "00:00", AFTERNOON);
}

#[test]
fn a_forgotten_visit_ends_when_the_space_closes() {
    let monday = monday();
    check_closing(&monday, "09:10", "18:00");
    check_closing(&monday, "17:59:59", "18:00");
    check_closing(&monday, "07:00", "18:00");
    // After that there is no other end than the day's.
    check_closing(&monday, "18:00", "2026-04-06T22:00:00Z");
    check_closing(&monday, "21:00", "2026-04-06T22:00:00Z");
    let late = day("2026-04-06", "Europe/Paris", "13:00", &[("09:00", "24:00")]);
    check_closing(&late, "09:10", "2026-04-06T22:00:00Z");
    let sunday = day("2026-04-05", "Europe/Paris", "13:00", &[]);
    check_closing(&sunday, "09:10", "2026-04-05T22:00:00Z");
}

#[test]
fn a_day_has_23_hours_when_summer_time_begins() {
    let of =
        |open: &[(&str, &str)], boundary: &str| day("2026-03-29", "Europe/Paris", boundary, open);
    // 02:00 to 03:00 does not exist: one second after 01:59:59 it is 03:00:00.
    let night = of(&[("00:00", "24:00")], "03:00");
    assert_eq!(end_of_day(&night), Ok(utc("2026-03-29T22:00:00Z")));
    assert_eq!(
        end_of_day(&night)
            .unwrap()
            .seconds_since(utc("2026-03-28T23:00:00Z")),
        23 * 3600
    );
    check(&night, "01:00", "2026-03-29T01:00:00Z", MORNING);
    check(&night, "01:00", "2026-03-29T01:00:01Z", BOTH);
    // A time that is skipped is an hour later.
    let skipped = of(&[("00:00", "24:00")], "02:30");
    check(&skipped, "01:00", "2026-03-29T01:30:00Z", MORNING);
    check(&skipped, "01:00", "2026-03-29T01:30:01Z", BOTH);
    let moved = of(&[("02:15", "02:45"), ("14:00", "18:00")], "13:00");
    check(
        &moved,
        "2026-03-29T01:15:00Z",
        "2026-03-29T01:45:00Z",
        MORNING,
    );
    check(&moved, "2026-03-29T01:44:59Z", "15:00", BOTH);
    check(&moved, "2026-03-29T01:45:00Z", "15:00", AFTERNOON);
    // Nothing is left of a span that would end before it begins.
    let nothing = of(&[("02:30", "03:15"), ("14:00", "18:00")], "13:00");
    check(&nothing, "01:00", "15:00", AFTERNOON);
    let only_nothing = of(&[("02:30", "03:15")], "13:00");
    check(&only_nothing, "01:00", "15:00", MORNING);
    check_closing(&only_nothing, "01:00", "2026-03-29T22:00:00Z");
}

#[test]
fn a_day_has_25_hours_when_summer_time_ends() {
    // 02:00 to 03:00 comes twice: from 00:00 UTC, and from 01:00 UTC.
    let open = [("00:00", "02:30"), ("14:00", "18:00")];
    let day = day("2026-10-25", "Europe/Paris", "02:15", &open);
    assert_eq!(end_of_day(&day), Ok(utc("2026-10-25T23:00:00Z")));
    // The first time counts, for the boundary and for the end of a span.
    check(&day, "01:00", "2026-10-25T00:15:00Z", MORNING);
    check(&day, "01:00", "2026-10-25T00:15:01Z", BOTH);
    check(&day, "2026-10-25T00:29:59Z", "15:00", AFTERNOON);
    check(
        &day,
        "2026-10-25T01:10:00Z",
        "2026-10-25T01:20:00Z",
        AFTERNOON,
    );
    check_closing(&day, "01:00", "2026-10-25T17:00:00Z");
}

#[test]
fn each_host_has_its_own_day() {
    let hours = hours(
        "Pacific/Apia",
        "13:00",
        &[(Weekday::Friday, "09:00", "17:00")],
    );
    let there = day_at(Some((&hours, RECORD)), utc("2026-04-09T22:00:00Z")).unwrap();
    assert_eq!(there.date, "2026-04-10");
    check(
        &there,
        "2026-04-09T21:00:00Z",
        "2026-04-10T00:00:00Z",
        MORNING,
    );
    check(&there, "2026-04-09T21:00:00Z", "2026-04-10T00:00:01Z", BOTH);
    let half_an_hour = day(
        "2026-04-06",
        "America/St_Johns",
        "13:00",
        &[("09:00", "17:00")],
    );
    check(
        &half_an_hour,
        "2026-04-06T12:00:00Z",
        "2026-04-06T15:30:00Z",
        MORNING,
    );
    check(
        &half_an_hour,
        "2026-04-06T12:00:00Z",
        "2026-04-06T15:30:01Z",
        BOTH,
    );
}

#[track_caller]
fn check_date(at: &str, expected: &str) {
    let day = day_at(None, utc(at)).unwrap();
    assert_eq!(day.date, expected);
    assert!(utc(at) < end_of_day(&day).unwrap(), "{at}");
}

#[test]
fn months_and_leap_years_end_by_the_hosts_calendar() {
    check_date("2026-04-30T21:59:59Z", "2026-04-30");
    check_date("2026-04-30T22:00:00Z", "2026-05-01");
    check_date("2028-02-28T23:00:00Z", "2028-02-29");
    check_date("2028-02-29T23:00:00Z", "2028-03-01");
    check_date("2026-12-31T23:00:00Z", "2027-01-01");
}

fn hours(zone: &str, boundary: &str, spans: &[(Weekday, &str, &str)]) -> OpeningHours {
    OpeningHours {
        time_zone: zone.to_owned(),
        half_day_boundary: time(boundary),
        weekly: spans
            .iter()
            .map(|(day, from, to)| OpenSpan {
                day: *day,
                from: time(from),
                to: time(to),
            })
            .collect(),
        subscribers_at_all_hours: false,
        is_example: false,
    }
}

/// Open on Mondays, with a lunch break, and on Wednesday afternoons.
fn village() -> OpeningHours {
    let spans = [
        (Weekday::Monday, "09:00", "12:00"),
        (Weekday::Monday, "14:00", "18:00"),
        (Weekday::Wednesday, "14:00", "18:00"),
    ];
    hours("Europe/Paris", "13:00", &spans)
}

#[test]
fn a_day_has_the_spans_of_its_weekday_and_names_the_record() {
    let village = village();
    let day = day_at(Some((&village, RECORD)), utc("2026-04-06T07:00:00Z"));
    assert_eq!(day, Ok(monday()));
    let tuesday = day_at(Some((&village, RECORD)), utc("2026-04-07T07:00:00Z")).unwrap();
    assert_eq!(
        (tuesday.date.as_str(), tuesday.hours.open.len()),
        ("2026-04-07", 0)
    );
    assert_eq!(tuesday.hours.record, Some(RECORD));
}

#[test]
fn a_space_that_publishes_no_hours_has_a_day_all_the_same() {
    let day = day_at(None, utc("2026-04-06T07:00:00Z")).unwrap();
    let expected = DayHours {
        record: None,
        time_zone: "Europe/Paris".to_owned(),
        half_day_boundary: time("13:00"),
        open: Vec::new(),
    };
    assert_eq!((day.date.as_str(), day.hours), ("2026-04-06", expected));
}

#[test]
fn a_space_in_a_time_zone_that_does_not_exist_has_the_day_of_one_without_hours() {
    let now = utc("2026-04-06T07:00:00Z");
    let without = day_at(None, now).unwrap();
    for zone in ["Europe/Chambery", "europe/paris", "Etc/Unknown"] {
        let nowhere = hours(zone, "12:00", &[(Weekday::Monday, "14:00", "18:00")]);
        let published = Some((&nowhere, RECORD));
        let mut day = day_at(published, now).unwrap();
        // It names the record all the same: hours were published.
        assert_eq!(day.hours.record.take(), Some(RECORD));
        assert_eq!(day, without, "{zone}");
        assert_eq!(translate(published, &[], now), translate(None, &[], now));
    }
}

#[test]
fn what_does_not_exist_is_refused() {
    let now = utc("2026-04-06T07:00:00Z");
    for moment in [i64::MIN, i64::MAX] {
        assert_eq!(day_at(None, Timestamp(moment)), Err(UnknownTimeZone));
    }
    for (date, zone) in [
        ("2026-04-06", "Europe/Chambery"),
        ("2026-04-06", "europe/paris"),
        ("2026-02-29", "Europe/Paris"),
        ("2026-13-01", "Europe/Paris"),
        ("2026-04-06T10:00", "Europe/Paris"),
        ("20260406", "Europe/Paris"),
        ("", "Europe/Paris"),
        ("9999-12-31", "Europe/Paris"),
        // Samoa went to bed on the 29th and got up on the 31st.
        ("2011-12-30", "Pacific/Apia"),
    ] {
        let day = day(date, zone, "13:00", &[]);
        assert_eq!(end_of_day(&day), Err(UnknownTimeZone), "{date} {zone}");
        assert_eq!(closing(&day, now), Err(UnknownTimeZone), "{date} {zone}");
        assert_eq!(
            half_days(&day, now, now),
            Err(UnknownTimeZone),
            "{date} {zone}"
        );
    }
}

#[test]
fn the_terms_of_visits_and_receipts() {
    let days = |seconds: i64| (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
    assert_eq!(days(RECEIPT_SECONDS_MAX), (90, 0));
    assert_eq!(days(CORRECTION_SECONDS), (7, 0));
    assert_eq!(days(ACCOUNTS_SECONDS), (396, 0));
}

#[test]
fn half_days_are_put_together_and_taken_apart() {
    let all = [HalfDays::NONE, MORNING, AFTERNOON, BOTH];
    for (half_days, count) in all.into_iter().zip([0, 1, 1, 2]) {
        assert_eq!(half_days.count(), count);
        assert_eq!(half_days.is_none(), count == 0);
        assert_eq!(HalfDays::of(&half_days.list()), half_days);
        assert!(half_days.list().is_sorted());
        for other in all {
            let both = half_days.and(other);
            assert!(half_days.is_within(both) && other.is_within(both));
            let without = half_days.without(other);
            assert!(!without.overlaps(other) && without.is_within(half_days));
            assert_eq!(without.and(other), both);
            assert_eq!(half_days.overlaps(other), without.count() < count);
            assert_eq!(half_days.is_within(other), both == other);
        }
    }
    assert_eq!(HalfDays::of(&[HalfDay::Afternoon, HalfDay::Morning]), BOTH);
    assert_eq!(BOTH.list(), [HalfDay::Morning, HalfDay::Afternoon]);
}

/// Formulas from pairs of an id and a price, the unit told by the first letter.
fn formulas(prices: &[(&str, i64)]) -> Vec<PublishedFormula> {
    let unit = |id: &str| match id.chars().next().unwrap() {
        'd' => FormulaUnit::Day,
        'h' => FormulaUnit::HalfDay,
        _ => FormulaUnit::Month,
    };
    let formulas = prices
        .iter()
        .zip(0..)
        .map(|((id, price), seq)| published(id, unit(id), Cents(*price), seq));
    formulas.collect()
}

#[track_caller]
fn check_value(half_days: HalfDays, prices: &[(&str, i64)], expected: Option<(&str, u64, i64)>) {
    let formulas = formulas(prices);
    let value = value(half_days, &formulas);
    let said = value
        .as_ref()
        .map(|it| (it.formula.as_str(), it.count, it.total_cents.0));
    assert_eq!(said, expected);
    if let Some(value) = value {
        let published = formulas.iter().find(|it| it.id == value.formula).unwrap();
        assert_eq!(value.record, published.record);
        assert_eq!(value.unit, published.formula.unit);
        assert_eq!(value.price_cents, published.formula.price_cents);
    }
}

#[test]
fn a_visit_is_worth_what_a_walk_in_would_have_paid() {
    let usual = [("m", 12_000), ("d", 1800), ("h", 1000)];
    check_value(BOTH, &usual, Some(("d", 1, 1800)));
    check_value(MORNING, &usual, Some(("h", 1, 1000)));
    check_value(AFTERNOON, &usual, Some(("h", 1, 1000)));
    check_value(HalfDays::NONE, &usual, None);
    // Twice the half, where that is less and not where it is the same.
    check_value(BOTH, &[("d", 2001), ("h", 1000)], Some(("h", 2, 2000)));
    check_value(BOTH, &[("d", 2000), ("h", 1000)], Some(("d", 1, 2000)));
    // A space may sell days only, or halves only.
    check_value(BOTH, &[("h", 1000)], Some(("h", 2, 2000)));
    check_value(MORNING, &[("d", 1800)], Some(("d", 1, 1800)));
    check_value(MORNING, &[("d", 800), ("h", 1000)], Some(("h", 1, 1000)));
    check_value(BOTH, &[("m", 12_000)], None);
    check_value(MORNING, &[], None);
    // The cheapest; of equal ones the first by name.
    check_value(
        BOTH,
        &[("dz", 1800), ("db", 1700), ("da", 1700)],
        Some(("da", 1, 1700)),
    );
    check_value(MORNING, &[("hb", 900), ("ha", 1000)], Some(("hb", 1, 900)));
}

#[test]
fn a_value_is_one_that_a_receipt_can_say() {
    let half = CENTS_MAX / 2;
    check_value(BOTH, &[("h", half)], Some(("h", 2, CENTS_MAX)));
    check_value(BOTH, &[("h", half + 1)], None);
    check_value(MORNING, &[("h", CENTS_MAX)], Some(("h", 1, CENTS_MAX)));
    check_value(BOTH, &[("h", i64::MAX)], None);
    check_value(MORNING, &[("h", CENTS_MAX + 1)], None);
    let (short, long) = ("d".repeat(40), "d".repeat(41));
    check_value(
        BOTH,
        &[(&short, 1800), (&long, 1700)],
        Some((&short, 1, 1800)),
    );
}

#[track_caller]
fn check_translation(
    hours: Option<&OpeningHours>,
    now: &str,
    expected: Option<(&str, HalfDays, Option<HalfDays>)>,
) {
    let hours = hours.map(|hours| (hours, RECORD));
    let formulas = formulas(&[("d", 1800), ("h", 1000)]);
    let translation = translate(hours, &formulas, utc(now)).unwrap();
    let said = translation.as_ref();
    let said = said.map(|it| (it.date.as_str(), it.day, it.from_now));
    assert_eq!(said, expected, "{now}");
    let costs = translation.map(|it| it.value);
    assert_eq!(costs, expected.map(|(_, day, _)| value(day, &formulas)));
}

#[test]
fn before_arrival_it_is_said_what_the_next_day_counts() {
    let village = village();
    let check = |now, expected| check_translation(Some(&village), now, Some(expected));
    check("2026-04-05T10:00:00Z", ("2026-04-06", BOTH, None));
    check("2026-04-06T07:00:00Z", ("2026-04-06", BOTH, None));
    check("2026-04-06T07:00:01Z", ("2026-04-06", BOTH, Some(BOTH)));
    check(
        "2026-04-06T10:00:00Z",
        ("2026-04-06", BOTH, Some(AFTERNOON)),
    );
    check(
        "2026-04-06T15:59:59Z",
        ("2026-04-06", BOTH, Some(AFTERNOON)),
    );
    check("2026-04-06T16:00:00Z", ("2026-04-08", AFTERNOON, None));
    check(
        "2026-04-08T15:00:00Z",
        ("2026-04-08", AFTERNOON, Some(AFTERNOON)),
    );
    check("2026-04-08T16:00:00Z", ("2026-04-13", BOTH, None));
}

#[test]
fn a_space_that_opens_once_a_week_is_translated_a_week_ahead() {
    let weekly = hours(
        "Europe/Paris",
        "13:00",
        &[(Weekday::Monday, "09:00", "12:00")],
    );
    let next = Some(("2026-04-13", MORNING, None));
    check_translation(Some(&weekly), "2026-04-06T10:00:00Z", next);
    let never = hours("Europe/Paris", "13:00", &[]);
    check_translation(Some(&never), "2026-04-06T10:00:00Z", None);
}

#[test]
fn a_space_without_hours_counts_all_of_today() {
    let check = |now, expected| check_translation(None, now, Some(expected));
    check("2026-04-05T22:00:00Z", ("2026-04-06", BOTH, Some(BOTH)));
    check("2026-04-06T10:59:59Z", ("2026-04-06", BOTH, Some(BOTH)));
    check(
        "2026-04-06T11:00:00Z",
        ("2026-04-06", BOTH, Some(AFTERNOON)),
    );
}

#[test]
fn a_day_that_the_calendar_lacks_is_passed_over() {
    let fridays = [(Weekday::Friday, "09:00", "17:00")];
    let fridays = hours("Pacific/Apia", "13:00", &fridays);
    // Thursday 29 December 2011, ten in the morning; there is no Friday the 30th.
    let now = "2011-12-29T20:00:00Z";
    check_translation(Some(&fridays), now, None);
    let next = Some(("2012-01-06", BOTH, None));
    check_translation(Some(&fridays), "2011-12-30T20:00:00Z", next);
    let weekend = hours(
        "Pacific/Apia",
        "13:00",
        &[
            (Weekday::Friday, "09:00", "17:00"),
            (Weekday::Saturday, "09:00", "12:00"),
        ],
    );
    check_translation(Some(&weekend), now, Some(("2011-12-31", MORNING, None)));
}

#[track_caller]
fn check_moment(date: &str, time: &str, time_zone: &str, expected: Option<&str>) {
    let day = HostDay {
        date: date.to_owned(),
        hours: DayHours {
            record: None,
            time_zone: time_zone.to_owned(),
            half_day_boundary: ClockTime::parse("13:00").unwrap(),
            open: Vec::new(),
        },
    };
    let found = time_on(&day, ClockTime::parse(time).unwrap()).ok();
    let found = found.map(|at| jiff::Timestamp::from_second(at.0).unwrap().to_string());
    assert_eq!(found.as_deref(), expected, "{date} {time}");
}

#[test]
fn a_time_of_a_day_is_a_moment_also_when_the_clocks_change() {
    let paris = "Europe/Paris";
    check_moment("2026-04-06", "17:30", paris, Some("2026-04-06T15:30:00Z"));
    check_moment("2026-04-06", "00:00", paris, Some("2026-04-05T22:00:00Z"));
    check_moment("2026-04-06", "24:00", paris, Some("2026-04-06T22:00:00Z"));
    check_moment("2026-03-29", "02:30", paris, Some("2026-03-29T01:30:00Z"));
    check_moment("2026-10-25", "02:30", paris, Some("2026-10-25T00:30:00Z"));
    let reunion = "Indian/Reunion";
    check_moment("2026-04-06", "17:30", reunion, Some("2026-04-06T13:30:00Z"));
    check_moment("no day", "17:30", paris, None);
    check_moment("9999-12-31", "24:00", paris, None);
}
