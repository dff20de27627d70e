//! Time zones, and what iCalendar says of each: a `VTIMEZONE` that holds for the years asked.
//!
//! A clock that changes by the same rule every year is written as that rule, from the year in
//! which it began: so the text stays the same when an event is added. One that does not
//! (Morocco's follows the moon) is written change by change.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{Dst, Offset, TimeZone};

use crate::clock::date_time;
use crate::lines::Lines;
use crate::write::weekday_code;

/// Changes before this year concern no event that a program could still show.
const YEAR_FIRST: i16 = 1970;

/// A rule is believed when it held for so many years: after 28, days of the week and of the
/// month meet again.
const YEARS_OF_PROOF: i16 = 28;

/// Beyond this year zones are looked at only where an event asks for it. All rules of today
/// have begun.
const YEAR_LOOKED_AT: i16 = 2037;

/// The last year that four digits and the library can name whole.
const YEAR_LAST: i16 = 9998;

/// Whether a time zone of that name exists, capitals and all: other readers have no other.
pub fn is_time_zone(name: &str) -> bool {
    by_name(name).is_some()
}

/// The time zone of exactly that name.
pub(crate) fn by_name(name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok()?;
    let is_that = zone.iana_name() == Some(name) && !zone.is_unknown();
    is_that.then_some(zone)
}

/// A change of the clock.
#[derive(Debug, Clone)]
struct Transition {
    /// What the clock showed when it was changed.
    wall: DateTime,
    from: Offset,
    to: Offset,
    name: String,
    is_daylight: bool,
}

/// One way the clock was or is changed to: `STANDARD` or `DAYLIGHT`.
#[derive(Debug)]
struct Observance {
    first: Transition,
    /// The other times of the same change.
    others: Vec<DateTime>,
    rule: Option<String>,
}

/// Writes what a reader must know of a zone to place events of these years.
pub(crate) fn put(lines: &mut Lines, name: &str, zone: &TimeZone, years: RangeInclusive<i16>) {
    lines.put("BEGIN:VTIMEZONE");
    lines.put(&format!("TZID:{name}"));
    lines.put(&format!("X-LIC-LOCATION:{name}"));
    for it in observances(zone, years) {
        let kind = if it.first.is_daylight {
            "DAYLIGHT"
        } else {
            "STANDARD"
        };
        lines.put(&format!("BEGIN:{kind}"));
        lines.put(&format!("TZOFFSETFROM:{}", offset(it.first.from)));
        lines.put(&format!("TZOFFSETTO:{}", offset(it.first.to)));
        lines.put_text("TZNAME", &it.first.name);
        lines.put(&format!("DTSTART:{}", date_time(it.first.wall)));
        if let Some(rule) = it.rule {
            lines.put(&format!("RRULE:{rule}"));
        }
        if !it.others.is_empty() {
            let others: Vec<String> = it.others.into_iter().map(date_time).collect();
            lines.put(&format!("RDATE:{}", others.join(",")));
        }
        lines.put(&format!("END:{kind}"));
    }
    lines.put("END:VTIMEZONE");
}

/// `+0100`, and seconds where there are any.
fn offset(it: Offset) -> String {
    let seconds = it.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let rest = if seconds == 0 {
        String::new()
    } else {
        format!("{seconds:02}")
    };
    format!("{sign}{hours:02}{minutes:02}{rest}")
}

/// The ways the clock is changed to that hold in these years, and in the year before, in which
/// the first of them began.
fn observances(zone: &TimeZone, years: RangeInclusive<i16>) -> Vec<Observance> {
    let first_year = years.start().saturating_sub(1).clamp(1, YEAR_LAST);
    let last_year = years
        .end()
        .max(&YEAR_LOOKED_AT)
        .saturating_add(YEARS_OF_PROOF);
    let last_year = last_year.min(YEAR_LAST);
    let all = transitions(zone, first_year.min(YEAR_FIRST), last_year);
    let yearly = yearly(&all, last_year);
    let mut found = Vec::new();
    let yearly_from = yearly.as_ref().map(|(year, _)| *year);
    if yearly_from.is_none_or(|year| first_year < year) {
        found.push(before(zone, &all, first_year));
        let until = yearly_from.unwrap_or(years.end().saturating_add(1));
        let singles = all.iter().filter(|it| {
            let year = it.wall.year();
            first_year <= year && year < until
        });
        for it in singles {
            add(&mut found, it);
        }
    }
    found.extend(yearly.into_iter().flat_map(|(_, rules)| rules));
    found
}

/// What the clock had been changed to when the year began.
fn before(zone: &TimeZone, all: &[Transition], year: i16) -> Observance {
    let last = all.iter().rfind(|it| it.wall.year() < year);
    let first = last.cloned().unwrap_or_else(|| {
        let info = zone.to_offset_info(beginning(year));
        Transition {
            wall: Date::constant(year.min(YEAR_FIRST), 1, 1).to_datetime(jiff::civil::Time::MIN),
            from: info.offset(),
            to: info.offset(),
            name: info.abbreviation().to_owned(),
            is_daylight: false,
        }
    });
    Observance {
        first,
        others: Vec::new(),
        rule: None,
    }
}

/// Adds a single change to those of its kind.
fn add(found: &mut Vec<Observance>, it: &Transition) {
    let same = found.iter_mut().find(|old| {
        let old = &old.first;
        (old.from, old.to, old.is_daylight) == (it.from, it.to, it.is_daylight)
            && old.name == it.name
    });
    if let Some(same) = same {
        same.others.push(it.wall);
    } else {
        found.push(Observance {
            first: it.clone(),
            others: Vec::new(),
            rule: None,
        });
    }
}

/// When a year begins in UTC.
fn beginning(year: i16) -> Timestamp {
    let date = Date::new(year, 1, 1).unwrap_or(Date::MAX);
    let zoned = date.to_zoned(TimeZone::UTC);
    zoned.map_or(Timestamp::MAX, |it| it.timestamp())
}

/// Every change of the offset in these years.
fn transitions(zone: &TimeZone, first: i16, last: i16) -> Vec<Transition> {
    let begin = beginning(first);
    let mut from = zone.to_offset(begin);
    let mut found = Vec::new();
    let end = beginning(last.saturating_add(1));
    for it in zone.following(begin).take_while(|it| it.timestamp() < end) {
        let to = it.offset();
        if to != from {
            found.push(Transition {
                wall: from.to_datetime(it.timestamp()),
                from,
                to,
                name: it.abbreviation().to_owned(),
                is_daylight: it.dst() == Dst::Yes,
            });
        }
        from = to;
    }
    found
}

/// Which day of a month a change falls on, with the day of the week.
#[derive(Debug, Clone, Copy)]
enum DayOfMonth {
    /// The first, second … of the month.
    Nth(i8),
    /// The last of the month.
    Last,
    /// The first that is not before this date.
    From(i8),
}

impl DayOfMonth {
    /// The plainest that all of these dates fit.
    fn of(dates: &[Date]) -> Option<Self> {
        let earliest = dates.iter().map(|it| it.day()).min()?;
        let ways = [
            Self::Nth((earliest - 1) / 7 + 1),
            Self::Last,
            Self::From(earliest),
        ];
        let mut ways = ways.into_iter();
        ways.find(|way| dates.iter().all(|date| way.fits(*date)))
    }

    fn fits(self, date: Date) -> bool {
        match self {
            Self::Nth(nth) => (date.day() - 1) / 7 + 1 == nth,
            Self::Last => date.day() + 7 > date.days_in_month(),
            Self::From(first) => (first..first + 7).contains(&date.day()),
        }
    }

    fn rule(self, month: i8, weekday: Weekday) -> String {
        let day = weekday_code(weekday);
        let start = format!("FREQ=YEARLY;BYMONTH={month}");
        match self {
            Self::Nth(nth) => format!("{start};BYDAY={nth}{day}"),
            Self::Last => format!("{start};BYDAY=-1{day}"),
            Self::From(first) => {
                let days: Vec<String> = (first..first + 7).map(|it| it.to_string()).collect();
                format!("{start};BYMONTHDAY={};BYDAY={day}", days.join(","))
            }
        }
    }
}

/// The two changes that come back every year from some year to the last, if there are.
fn yearly(all: &[Transition], last: i16) -> Option<(i16, [Observance; 2])> {
    let of_year = |year: i16| {
        let mut of_year = all.iter().filter(move |it| it.wall.year() == year);
        let two = [of_year.next()?, of_year.next()?];
        of_year.next().is_none().then_some(two)
    };
    let latest = of_year(last)?;
    let proof = (last - YEARS_OF_PROOF + 1)..=last;
    let of_proof: Vec<[&Transition; 2]> = proof.map(of_year).collect::<Option<_>>()?;
    let dates = |which: fn([&Transition; 2]) -> Date| -> Vec<Date> {
        of_proof.iter().copied().map(which).collect()
    };
    let days = [
        DayOfMonth::of(&dates(|[it, _]| it.wall.date()))?,
        DayOfMonth::of(&dates(|[_, it]| it.wall.date()))?,
    ];
    let is_same = |year: &[&Transition; 2]| {
        let mut both = year.iter().zip(latest).zip(days);
        both.all(|((it, latest), day)| {
            it.wall.month() == latest.wall.month()
                && it.wall.time() == latest.wall.time()
                && it.wall.weekday() == latest.wall.weekday()
                && (it.from, it.to, it.is_daylight) == (latest.from, latest.to, latest.is_daylight)
                && it.name == latest.name
                && day.fits(it.wall.date())
        })
    };
    if !of_proof.iter().all(is_same) {
        return None;
    }
    let same = (YEAR_FIRST..=last).rev().map_while(|year| {
        let of_year = of_year(year).filter(is_same)?;
        Some((year, of_year))
    });
    let (year, [one, other]) = same.last()?;
    let [one_day, other_day] = days;
    let observance = |it: &Transition, day: DayOfMonth| Observance {
        first: it.clone(),
        others: Vec::new(),
        rule: Some(day.rule(it.wall.month(), it.wall.weekday())),
    };
    Some((
        year,
        [observance(one, one_day), observance(other, other_day)],
    ))
}

/// The rules of today have begun by this year.
const YEAR_OF_TODAY: i16 = 2025;

/// What a clock is changed to by the rules of today: offsets in seconds, each with the month
/// in which it begins; or the one offset that it always has.
pub(crate) type Pattern = BTreeSet<(i32, Option<i8>)>;

/// The pattern of a zone, if it has one.
pub(crate) fn pattern(zone: &TimeZone) -> Option<Pattern> {
    let last = YEAR_LOOKED_AT + YEARS_OF_PROOF;
    let all = transitions(zone, YEAR_OF_TODAY, last);
    if all.is_empty() {
        let offset = zone.to_offset(beginning(YEAR_OF_TODAY));
        return Some(Pattern::from([(offset.seconds(), None)]));
    }
    let (_, rules) = yearly(&all, last)?;
    let change = |it: &Observance| (it.first.to.seconds(), Some(it.first.wall.month()));
    Some(rules.iter().map(change).collect())
}

/// Whether two clocks show the same by the rules of today.
pub(crate) fn are_same_today(one: &TimeZone, other: &TimeZone) -> bool {
    let shown = |zone: &TimeZone| {
        let changes = transitions(zone, YEAR_OF_TODAY, YEAR_LOOKED_AT);
        let changes = changes.into_iter().map(|it| (it.wall, it.to));
        let first = zone.to_offset(beginning(YEAR_OF_TODAY));
        (first, changes.collect::<Vec<_>>())
    };
    shown(one) == shown(other)
}

#[cfg(test)]
#[path = "zone_tests.rs"]
mod tests;
