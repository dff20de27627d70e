//! When an event takes place: its rule and its exceptions, expanded.
//!
//! Days are counted on the calendar, times on the wall clock of the event's zone, and
//! only then mapped to moments. A time that the clock skips when summer time begins does
//! not exist: there is no occurrence then (RFC 5545 §3.3.10). A time that it shows twice
//! is the first of the two.
//!
//! **Invariant:** whatever a rule says, it is expanded for five years and to a thousand
//! occurrences at most.
//!
//! Specified in `specs/event.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span as JiffSpan, ToSpan as _};
use wire::event::{
    Event, EventStatus, Frequency, LocalTime, Override, RecurrenceRule, Span, event_uid,
};
use wire::{EntityId, Timestamp};

use crate::opening;

/// The most occurrences of one event.
pub const OCCURRENCES_MAX: usize = 1_000;

/// For how many years after its beginning an event comes again, at most.
pub const RECURRENCE_YEARS_MAX: i64 = 5;

/// How many days or weeks of a rule are looked at, at most: each day of five years, twice.
const STEPS_MAX: u64 = 4_000;

/// One time at which an event takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// When it was due by the rule, by the wall clock; the beginning, for an event that
    /// does not come again.
    pub due: LocalTime,
    /// When it begins, by the wall clock of the event.
    pub start: LocalTime,
    /// When it begins.
    pub begins: Timestamp,
    /// When it ends, not included.
    pub ends: Timestamp,
    /// Whether it takes place.
    pub status: EventStatus,
    /// Whether it begins at another time than it was due.
    pub is_moved: bool,
}

/// Why an event cannot be understood by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventRefusal {
    /// Another node's, or another event's, name.
    #[error("its uid is not that of this event of this node")]
    Name,
    /// There is no such zone.
    #[error("there is no such time zone")]
    TimeZone,
    /// There is no such day, or no such moment.
    #[error("it names a day that no calendar has, or a time that the clock skips")]
    Moment,
    /// The beginning is on no day of the rule.
    #[error("it begins on a day of the week on which, by its rule, it does not take place")]
    StartOffRule,
    /// It would take place on no day at all.
    #[error("by its rule and its exceptions it never takes place")]
    Never,
}

/// Refuses an event that nodes would not all show at the same time: what a node reads
/// from another's feed, and what it publishes.
pub fn check(event: &Event, owner: &EntityId, id: &str) -> Result<(), EventRefusal> {
    if event.uid != event_uid(owner, id) {
        return Err(EventRefusal::Name);
    }
    let zone = opening::zone(&event.time_zone).ok_or(EventRefusal::TimeZone)?;
    let start = civil(&event.start).ok_or(EventRefusal::Moment)?;
    moment(&zone, start).ok_or(EventRefusal::Moment)?;
    let updated = event.updated.as_str().strip_suffix('Z');
    let updated = updated.and_then(LocalTime::parse).and_then(|it| civil(&it));
    updated.ok_or(EventRefusal::Moment)?;
    for (due, change) in &event.recurrence_overrides {
        let starts = change.start.iter().chain([due]);
        for time in starts {
            civil(time).ok_or(EventRefusal::Moment)?;
        }
        if let Some(start) = &change.start {
            let start = civil(start).ok_or(EventRefusal::Moment)?;
            moment(&zone, start).ok_or(EventRefusal::Moment)?;
        }
    }
    if let [rule] = event.recurrence_rules.as_slice() {
        if let Some(until) = &rule.until {
            civil(until).ok_or(EventRefusal::Moment)?;
        }
        if !days_of(rule, start.date()).contains(&opening::weekday(start.weekday())) {
            return Err(EventRefusal::StartOffRule);
        }
    }
    if all(event).is_empty() {
        return Err(EventRefusal::Never);
    }
    Ok(())
}

/// When an event last changed.
pub fn updated(event: &Event) -> Option<Timestamp> {
    let text = event.updated.as_str().strip_suffix('Z')?;
    let time = civil(&LocalTime::parse(text)?)?;
    let at = time.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp(at.timestamp().as_second()))
}

/// A moment as JSCalendar writes it; `None` beyond the calendar.
pub fn written_utc(at: Timestamp) -> Option<String> {
    let at = jiff::Timestamp::from_second(at.0).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The moment at which a day, `YYYY-MM-DD`, begins in a time zone.
pub fn day_begins(time_zone: &str, day: &str) -> Option<Timestamp> {
    let zone = opening::zone(time_zone)?;
    let date: Date = (day.len() == 10).then(|| day.parse().ok()).flatten()?;
    let begins = zone.to_ambiguous_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
    Some(Timestamp(begins.compatible().ok()?.as_second()))
}

/// The day, `YYYY-MM-DD`, that a calendar on the wall shows in a time zone.
pub fn day_of(time_zone: &str, at: Timestamp) -> Option<String> {
    let zone = opening::zone(time_zone)?;
    let there = jiff::Timestamp::from_second(at.0).ok()?.to_zoned(zone);
    Some(there.strftime("%Y-%m-%d").to_string())
}

/// The occurrences that are under way in a time, by when they begin: those that end after
/// it begins, and begin before it ends.
pub fn occurrences(event: &Event, within: Range<Timestamp>) -> Vec<Occurrence> {
    let is_within = |it: &Occurrence| it.ends > within.start && it.begins < within.end;
    all(event).into_iter().filter(is_within).collect()
}

/// The occurrence that was due at a time; the only one of an event that does not come
/// again, for which no time is named.
pub fn occurrence(event: &Event, due: Option<&LocalTime>) -> Option<Occurrence> {
    let is_recurring = !event.recurrence_rules.is_empty();
    if is_recurring != due.is_some() {
        return None;
    }
    let is_it = |it: &Occurrence| due.is_none_or(|due| it.due == *due);
    all(event).into_iter().find(is_it)
}

/// What is different of an occurrence.
pub fn change_of<'a>(event: &'a Event, occurrence: &Occurrence) -> Option<&'a Override> {
    event.recurrence_overrides.get(&occurrence.due)
}

/// What an occurrence is called: it may have a title of its own.
pub fn title_of<'a>(event: &'a Event, occurrence: &Occurrence) -> &'a str {
    let own = change_of(event, occurrence).and_then(|change| change.title.as_deref());
    own.unwrap_or(&event.title)
}

/// When the last occurrence is over.
pub fn ends(event: &Event) -> Option<Timestamp> {
    all(event).iter().map(|it| it.ends).max()
}

/// Every occurrence, within the limits, by when it begins.
pub fn all(event: &Event) -> Vec<Occurrence> {
    let (Some(zone), Some(start)) = (opening::zone(&event.time_zone), civil(&event.start)) else {
        return Vec::new();
    };
    let dues = match event.recurrence_rules.as_slice() {
        [rule] => dues(rule, &zone, start),
        _ => BTreeSet::from([start]),
    };
    let changes: BTreeMap<DateTime, &Override> = event
        .recurrence_overrides
        .iter()
        .filter_map(|(due, change)| Some((civil(due)?, change)))
        .collect();
    // An exception at a time that the rule does not name is one more occurrence (RFC 8984
    // §4.3.5).
    let beside = changes.keys().copied().collect();
    let mut found: Vec<_> = dues
        .union(&beside)
        .filter_map(|due| place(event, &zone, *due, changes.get(due).copied()))
        .collect();
    found.sort_by(|a, b| (a.begins, &a.due).cmp(&(b.begins, &b.due)));
    found.truncate(OCCURRENCES_MAX);
    found
}

/// One occurrence, unless it is left out or the clock skips it.
fn place(
    event: &Event,
    zone: &TimeZone,
    due: DateTime,
    change: Option<&Override>,
) -> Option<Occurrence> {
    if change.is_some_and(|change| change.excluded) {
        return None;
    }
    let moved = change.and_then(|change| change.start.as_ref());
    let start = moved.map_or(Some(due), civil)?;
    let begins = moment(zone, start)?;
    let lasts = change.and_then(|change| change.duration);
    let status = match change.and_then(|change| change.status) {
        // What is cancelled as a whole is not confirmed by an exception.
        Some(status) if event.status != EventStatus::Cancelled => status,
        _ => event.status,
    };
    Some(Occurrence {
        due: written(due)?,
        start: written(start)?,
        begins,
        ends: end(zone, start, begins, lasts.unwrap_or(event.duration))?,
        status,
        is_moved: moved.is_some() && start != due,
    })
}

/// The times that a rule names, from the event's beginning on.
fn dues(rule: &RecurrenceRule, zone: &TimeZone, start: DateTime) -> BTreeSet<DateTime> {
    let mut found = BTreeSet::new();
    let last = start.checked_add(RECURRENCE_YEARS_MAX.years());
    let until = rule.until.as_ref().and_then(civil);
    let (Ok(last), true) = (last, rule.until.is_none() || until.is_some()) else {
        return found;
    };
    let last = until.map_or(last, |until| until.min(last));
    let most = rule.count.map_or(OCCURRENCES_MAX, |count| {
        usize::try_from(count).map_or(OCCURRENCES_MAX, |count| count.min(OCCURRENCES_MAX))
    });
    let days = days_of(rule, start.date());
    let monday = start.date() - i64::from(start.weekday().to_monday_zero_offset()).days();
    for step in 0..STEPS_MAX {
        let Some(dates) = dates_of(rule, &days, start.date(), monday, step) else {
            break;
        };
        for date in dates {
            let due = date.to_datetime(start.time());
            if due < start {
                continue;
            }
            if due > last || found.len() >= most {
                return found;
            }
            // What the clock skips does not count.
            if moment(zone, due).is_some() {
                found.insert(due);
            }
        }
    }
    found
}

/// The dates of one step of a rule, in order.
fn dates_of(
    rule: &RecurrenceRule,
    days: &[wire::space::Weekday],
    start: Date,
    monday: Date,
    step: u64,
) -> Option<Vec<Date>> {
    let units = i64::try_from(step.checked_mul(rule.interval)?).ok()?;
    let is_due = |date: &Date| days.contains(&opening::weekday(date.weekday()));
    match rule.frequency {
        Frequency::Daily => {
            let date = start
                .checked_add(JiffSpan::new().try_days(units).ok()?)
                .ok()?;
            Some([date].into_iter().filter(is_due).collect())
        }
        Frequency::Weekly => {
            let monday = monday
                .checked_add(JiffSpan::new().try_weeks(units).ok()?)
                .ok()?;
            let week = (0..7_i64).filter_map(|day| monday.checked_add(day.days()).ok());
            Some(week.filter(is_due).collect())
        }
    }
}

/// The days of the week of a rule: all, for a daily one that names none; that of the
/// beginning, for a weekly one.
fn days_of(rule: &RecurrenceRule, start: Date) -> Vec<wire::space::Weekday> {
    use wire::space::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    if !rule.by_day.is_empty() {
        return rule.by_day.iter().map(|it| it.day).collect();
    }
    match rule.frequency {
        Frequency::Daily => vec![
            Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday,
        ],
        Frequency::Weekly => vec![opening::weekday(start.weekday())],
    }
}

/// The moment at which a wall clock shows a time: the first of two, and none where it is
/// skipped.
fn moment(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    let there = zone.to_ambiguous_timestamp(time);
    if let jiff::tz::AmbiguousOffset::Gap { .. } = there.offset() {
        return None;
    }
    Some(Timestamp(there.earlier().ok()?.as_second()))
}

/// Days on the calendar first, then seconds of the clock (RFC 8984 §1.4.6). Where the clock
/// skips that time on the last day, it is as far after the gap as the time is into it.
fn end(zone: &TimeZone, start: DateTime, begins: Timestamp, lasts: Span) -> Option<Timestamp> {
    let seconds = i64::from(lasts.seconds());
    if lasts.days() == 0 {
        return Some(begins.plus_seconds(seconds));
    }
    let day = start.checked_add(i64::from(lasts.days()).days()).ok()?;
    let there = zone.to_ambiguous_timestamp(day).compatible().ok()?;
    Some(Timestamp(there.as_second()).plus_seconds(seconds))
}

/// The time, if some calendar and some clock show it: not the 30th of February, and not
/// the sixtieth second, which would be read as another.
fn civil(time: &LocalTime) -> Option<DateTime> {
    let civil = time.as_str().parse().ok()?;
    (written(civil).as_ref() == Some(time)).then_some(civil)
}

fn written(time: DateTime) -> Option<LocalTime> {
    LocalTime::parse(&time.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

#[cfg(test)]
#[path = "event_properties.rs"]
mod properties;
#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
