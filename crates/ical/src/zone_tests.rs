//! What a plain reader of our `VTIMEZONE` makes of it, against what the zone database says.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

/// Zones with a yearly rule, without any, with one on a date between others, with changes
/// that follow no year, in every part of the world that speaks French, and the odd ones.
const ZONES: &[&str] = &[
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Guadeloupe",
    "America/Havana",
    "America/Miquelon",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/London",
    "Europe/Moscow",
    "Europe/Paris",
    "Indian/Reunion",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Noumea",
    "Pacific/Tahiti",
];

fn text(name: &str, years: RangeInclusive<i16>) -> String {
    let mut lines = Lines::default();
    put(&mut lines, name, &by_name(name).unwrap(), years);
    lines.into_text()
}

/// `+HHMM[SS]` in seconds.
fn seconds(text: &str) -> i64 {
    let (sign, digits) = text.split_at(1);
    let two = |at: usize| digits.get(at..at + 2).map_or(0, |it| it.parse().unwrap());
    let seconds: i64 = two(0) * 3600 + two(2) * 60 + two(4);
    if sign == "-" { -seconds } else { seconds }
}

fn wall(text: &str) -> DateTime {
    DateTime::strptime("%Y%m%dT%H%M%S", text).unwrap()
}

/// All dates of a yearly rule from its start on, found by going through the days.
fn dates_of(rule: &str, start: DateTime, last_year: i16) -> Vec<DateTime> {
    let part = |name: &str| {
        let mut parts = rule.split(';');
        parts.find_map(|it| it.strip_prefix(name)?.strip_prefix('='))
    };
    let month: i8 = part("BYMONTH").unwrap().parse().unwrap();
    let days = part("BYMONTHDAY").map(|it| {
        let days = it.split(',').map(|it| it.parse::<i8>().unwrap());
        days.collect::<Vec<_>>()
    });
    let by_day = part("BYDAY").unwrap();
    let (ordinal, code) = by_day.split_at(by_day.len() - 2);
    let mut found = Vec::new();
    for year in start.year()..=last_year.max(start.year()) {
        let first = Date::new(year, month, 1).unwrap();
        let all = (1..=first.days_in_month()).map(|day| Date::new(year, month, day).unwrap());
        let all: Vec<Date> = all
            .filter(|it| weekday_code(it.weekday()) == code)
            .filter(|it| days.as_ref().is_none_or(|days| days.contains(&it.day())))
            .collect();
        let date = match ordinal {
            "" => all[0],
            "-1" => *all.last().unwrap(),
            nth => all[nth.parse::<usize>().unwrap() - 1],
        };
        found.push(date.to_datetime(start.time()));
    }
    assert_eq!(found[0], start, "the start is the first date of {rule}");
    found
}

/// Every change that a definition tells of: when, from what, to what, in order.
fn changes(text: &str, last_year: i16) -> Vec<(i64, i64, i64)> {
    let mut found = Vec::new();
    let unfolded = text.replace("\r\n ", "");
    for block in unfolded.split("BEGIN:").skip(2) {
        let value = |name: &str| {
            let mut lines = block.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        };
        let (from, to) = (
            seconds(value("TZOFFSETFROM").unwrap()),
            seconds(value("TZOFFSETTO").unwrap()),
        );
        let start = wall(value("DTSTART").unwrap());
        let mut walls = match value("RRULE") {
            Some(rule) => dates_of(rule, start, last_year),
            None => vec![start],
        };
        walls.extend(
            value("RDATE")
                .into_iter()
                .flat_map(|it| it.split(',').map(wall)),
        );
        for wall in walls {
            let as_utc = wall.to_zoned(TimeZone::UTC).unwrap().timestamp();
            found.push((as_utc.as_second() - from, from, to));
        }
    }
    found.sort_unstable();
    found
}

/// The offset in force: what the latest change led to.
fn offset_at(changes: &[(i64, i64, i64)], at: i64) -> i64 {
    let latest = changes.iter().rfind(|(moment, _, _)| *moment <= at);
    latest.map_or_else(|| changes[0].1, |(_, _, to)| *to)
}

/// Every hour of the given years, and the seconds around each change.
#[track_caller]
fn holds(name: &str, years: RangeInclusive<i16>) {
    let zone = by_name(name).unwrap();
    let text = text(name, years.clone());
    let changes = changes(&text, years.end() + 1);
    let (first, last) = (beginning(*years.start()), beginning(years.end() + 1));
    let edges = zone.following(first).take_while(|it| it.timestamp() < last);
    let edges = edges.flat_map(|it| [it.timestamp().as_second() - 1, it.timestamp().as_second()]);
    let steps = (first.as_second()..last.as_second()).step_by(6 * 3600);
    for at in steps.chain(edges) {
        let expected = zone.to_offset(Timestamp::from_second(at).unwrap());
        assert_eq!(
            offset_at(&changes, at),
            i64::from(expected.seconds()),
            "{name} at {}\n{text}",
            Timestamp::from_second(at).unwrap()
        );
    }
}

#[test]
fn a_plain_reader_finds_the_offsets_of_these_years() {
    for name in ZONES {
        holds(name, 2026..=2031);
        holds(name, 2004..=2012);
        holds(name, 2016..=2016);
        holds(name, 2035..=2065);
    }
}

#[test]
fn paris_is_two_rules_since_1996_whatever_the_years() {
    let expected = "BEGIN:VTIMEZONE\r\n\
        TZID:Europe/Paris\r\n\
        X-LIC-LOCATION:Europe/Paris\r\n\
        BEGIN:DAYLIGHT\r\n\
        TZOFFSETFROM:+0100\r\n\
        TZOFFSETTO:+0200\r\n\
        TZNAME:CEST\r\n\
        DTSTART:19960331T020000\r\n\
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n\
        END:DAYLIGHT\r\n\
        BEGIN:STANDARD\r\n\
        TZOFFSETFROM:+0200\r\n\
        TZOFFSETTO:+0100\r\n\
        TZNAME:CET\r\n\
        DTSTART:19961027T030000\r\n\
        RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
        END:STANDARD\r\n\
        END:VTIMEZONE\r\n";
    for years in [2026..=2026, 2026..=2080, 1998..=2000] {
        assert_eq!(text("Europe/Paris", years), expected);
    }
}

#[test]
fn a_clock_that_never_changes_is_one_observance() {
    let expected = "BEGIN:VTIMEZONE\r\n\
        TZID:America/Guadeloupe\r\n\
        X-LIC-LOCATION:America/Guadeloupe\r\n\
        BEGIN:STANDARD\r\n\
        TZOFFSETFROM:-0400\r\n\
        TZOFFSETTO:-0400\r\n\
        TZNAME:AST\r\n\
        DTSTART:19700101T000000\r\n\
        END:STANDARD\r\n\
        END:VTIMEZONE\r\n";
    assert_eq!(text("America/Guadeloupe", 2026..=2031), expected);
}

#[test]
fn the_clock_of_morocco_is_written_change_by_change() {
    let text = text("Africa/Casablanca", 2026..=2027).replace("\r\n ", "");
    assert!(!text.contains("RRULE"), "{text}");
    assert!(text.contains("RDATE:"), "{text}");
    // In Ramadan the clock goes back: that is no daylight.
    assert_eq!(text.matches("BEGIN:DAYLIGHT").count(), 1, "{text}");
}

// Some forms of the database have it the other way round, with daylight of an hour less.
#[test]
fn irish_winter_is_standard_for_programs_that_expect_it() {
    let text = text("Europe/Dublin", 2026..=2027);
    let (_, standard) = text.split_once("BEGIN:STANDARD\r\n").unwrap();
    assert!(standard.starts_with("TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nTZNAME:GMT\r\n"));
}

#[test]
fn a_zone_has_one_name() {
    assert!(is_time_zone("Europe/Paris"));
    for bad in [
        "europe/paris",
        "",
        "Europe/Nowhere",
        "Europe/Paris\r\nX:y",
        "+02:00",
    ] {
        assert!(!is_time_zone(bad), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn offsets_hold_at_any_moment_of_any_years(
        zone in 0..ZONES.len(),
        first in 1971_i16..2060,
        more in 0_i16..40,
        part in 0.0..1.0_f64,
    ) {
        let years = first..=first + more;
        let zone_name = ZONES[zone];
        let zone = by_name(zone_name).unwrap();
        let text = text(zone_name, years.clone());
        let changes = changes(&text, years.end() + 1);
        let (begin, end) = (beginning(first), beginning(first + more + 1));
        let length = end.duration_since(begin);
        let at = begin + SignedDuration::from_secs_f64(length.as_secs_f64() * part);
        let expected = i64::from(zone.to_offset(at).seconds());
        prop_assert_eq!(offset_at(&changes, at.as_second()), expected, "{} {}\n{}", zone_name, at, text);
    }
}
