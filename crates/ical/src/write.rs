//! A calendar and its events as text.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};

use crate::clock::{Clock, date, moment};
use crate::lines::{Lines, escape};
use crate::{Calendar, Change, End, Event, Frequency, Geo, OverrideKind, Rule, Status, zone};

/// Who wrote it. No version: the bytes would change with each, and every subscriber load
/// again what is the same.
const PRODID: &str = "-//Escale//Escale//EN";

/// How often a program is asked to come back.
const REFRESH: &str = "PT1H";

/// For how many years after an event's start its zone is written at least.
const YEARS_AT_LEAST: i16 = 5;

/// For how many years after the start of a rule without end its zone is written, where the
/// clock follows no yearly rule. No feed is kept for so long.
const YEARS_OF_UNENDING: i16 = 30;

/// For how many years a zone is written at most, so that a rule until 9999 is not ten
/// thousand changes of Morocco's clock.
const YEARS_MAX: i16 = 100;

/// The whole feed of a calendar. Events are written in the order they are given.
///
/// An event whose time zone is none that exists ([`crate::is_time_zone`]) is written on the
/// reader's own wall clock: there is nothing else to be said.
pub fn write(calendar: &Calendar, events: &[Event]) -> String {
    let mut lines = Lines::default();
    begin(&mut lines);
    lines.put_text("NAME", &calendar.name);
    lines.put_text("X-WR-CALNAME", &calendar.name);
    if let Some(description) = &calendar.description {
        lines.put_text("DESCRIPTION", description);
        lines.put_text("X-WR-CALDESC", description);
    }
    if let Some(zone) = only_zone(events) {
        lines.put_text("X-WR-TIMEZONE", zone);
    }
    if let Some(url) = &calendar.url {
        lines.put_url("URL", url);
    }
    if let Some(source) = &calendar.source
        && crate::lines::is_url(source)
    {
        lines.put(&format!("SOURCE;VALUE=URI:{source}"));
    }
    lines.put(&format!("REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"));
    lines.put(&format!("X-PUBLISHED-TTL:{REFRESH}"));
    if let Some(seconds) = calendar.last_modified {
        lines.put(&format!("LAST-MODIFIED:{}", moment(seconds)));
    }
    // No UID of the calendar itself (RFC 7986 §5.3), which nobody needs: vdirsyncer 0.21 takes
    // it for that of each event, and keeps one event of all.
    end(lines, events)
}

/// One event alone, with what a reader must know of its time zone: a file to download, or a
/// resource of CalDAV. It has no `METHOD`, and is not mail.
pub fn write_alone(event: &Event) -> String {
    let mut lines = Lines::default();
    begin(&mut lines);
    end(lines, std::slice::from_ref(event))
}

/// The lines of one event: its own component and one for each date that is changed. They
/// follow from the event alone, so they are the same bytes in every feed.
pub fn write_event(event: &Event) -> String {
    let mut lines = Lines::default();
    put_event(&mut lines, event);
    lines.into_text()
}

fn begin(lines: &mut Lines) {
    lines.put("BEGIN:VCALENDAR");
    lines.put("VERSION:2.0");
    lines.put(&format!("PRODID:{PRODID}"));
    lines.put("CALSCALE:GREGORIAN");
}

/// The zones, the events and the end.
fn end(mut lines: Lines, events: &[Event]) -> String {
    let mut zones: BTreeMap<String, (TimeZone, RangeInclusive<i16>)> = BTreeMap::new();
    for event in events {
        if let Clock::Zone(name, zone) = Clock::of(event) {
            let years = years(event);
            let all = &mut zones.entry(name).or_insert((zone, years.clone())).1;
            *all = *all.start().min(years.start())..=*all.end().max(years.end());
        }
    }
    for (name, (zone, years)) in zones {
        let last = years.start().saturating_add(YEARS_MAX).min(*years.end());
        zone::put(&mut lines, &name, &zone, *years.start()..=last);
    }
    for event in events {
        put_event(&mut lines, event);
    }
    lines.put("END:VCALENDAR");
    lines.into_text()
}

/// The zone that all events share.
fn only_zone(events: &[Event]) -> Option<&str> {
    let (first, others) = events.split_first()?;
    let is_only = others.iter().all(|it| it.time_zone == first.time_zone);
    (is_only && zone::is_time_zone(&first.time_zone)).then_some(&first.time_zone)
}

/// The years that an event touches.
fn years(event: &Event) -> RangeInclusive<i16> {
    let start = event.start.year();
    let (mut first, mut last) = (start, start.saturating_add(YEARS_AT_LEAST));
    if let Some(rule) = &event.rule {
        last = last.max(last_year(rule, event.start.date()));
    }
    for it in &event.overrides {
        let mut years = vec![it.at.year()];
        if let OverrideKind::Changed(Change {
            start: Some(start), ..
        }) = &it.kind
        {
            years.push(start.year());
        }
        first = years.iter().copied().fold(first, i16::min);
        last = years.iter().copied().fold(last, i16::max);
    }
    let lasts = i64::from(event.duration_seconds) / (366 * 86_400) + 1;
    let lasts = i16::try_from(lasts).unwrap_or(YEARS_MAX);
    first..=last.saturating_add(lasts)
}

/// The year of a rule's last date, or one that is not before it.
fn last_year(rule: &Rule, start: Date) -> i16 {
    let unending = start.year().saturating_add(YEARS_OF_UNENDING);
    let is_plain =
        rule.by_month.is_empty() && rule.by_month_day.is_empty() && rule.by_set_position.is_empty();
    let days = match rule.frequency {
        Frequency::Daily => 1,
        Frequency::Weekly => 7,
        Frequency::Monthly | Frequency::Yearly => return until_year(rule, unending),
    };
    match rule.end {
        End::Count(count) if is_plain && (days == 7 || rule.by_day.is_empty()) => {
            let days = i64::from(count).saturating_mul(days * i64::from(rule.interval));
            let last = start.checked_add(days.min(3_000_000).days());
            last.map_or(unending, |last| last.year().min(unending))
        }
        End::Count(_) | End::Never | End::Until(_) => until_year(rule, unending),
    }
}

/// The year until which a rule goes on by its own word, or the one that stands for no end.
fn until_year(rule: &Rule, unending: i16) -> i16 {
    match rule.end {
        End::Until(until) => until.year(),
        End::Never | End::Count(_) => unending,
    }
}

/// What one component says, of the event itself or of one of its dates.
struct Component<'a> {
    start: jiff::civil::DateTime,
    duration_seconds: u32,
    status: Status,
    summary: &'a str,
    description: Option<&'a str>,
    location: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> Component<'a> {
    fn of(event: &'a Event) -> Self {
        Self {
            start: event.start,
            duration_seconds: event.duration_seconds,
            status: event.status,
            summary: &event.summary,
            description: event.description.as_deref(),
            location: event.location.as_deref(),
            url: event.url.as_deref(),
        }
    }

    /// What is said of the date that the rule has begin at `at`.
    fn changed(event: &'a Event, at: jiff::civil::DateTime, change: &'a Change) -> Self {
        let ever = Self::of(event);
        Self {
            start: change.start.unwrap_or(at),
            duration_seconds: change.duration_seconds.unwrap_or(ever.duration_seconds),
            status: change.status.unwrap_or(ever.status),
            summary: change.summary.as_deref().unwrap_or(ever.summary),
            description: change.description.as_deref().or(ever.description),
            location: change.location.as_deref().or(ever.location),
            url: change.url.as_deref().or(ever.url),
        }
    }
}

fn put_event(lines: &mut Lines, event: &Event) {
    let clock = Clock::of(event);
    let dates = |lines: &mut Lines| {
        if let Some(rule) = &event.rule {
            lines.put(&format!("RRULE:{}", rule_value(rule, &clock)));
        }
        for it in &event.overrides {
            if it.kind == OverrideKind::Excluded {
                lines.put(&clock.property("EXDATE", it.at));
            }
        }
    };
    put_component(lines, event, &clock, &Component::of(event), dates);
    for it in &event.overrides {
        if let OverrideKind::Changed(change) = &it.kind {
            let component = Component::changed(event, it.at, change);
            let which = |lines: &mut Lines| lines.put(&clock.property("RECURRENCE-ID", it.at));
            put_component(lines, event, &clock, &component, which);
        }
    }
}

/// One `VEVENT`. `dates` writes what only the event itself, or only one of its dates, has.
fn put_component(
    lines: &mut Lines,
    event: &Event,
    clock: &Clock,
    it: &Component<'_>,
    dates: impl Fn(&mut Lines),
) {
    lines.put("BEGIN:VEVENT");
    lines.put_text("UID", &event.uid);
    let stamp = moment(event.stamp);
    lines.put(&format!("DTSTAMP:{stamp}"));
    lines.put(&format!("LAST-MODIFIED:{stamp}"));
    lines.put(&format!("SEQUENCE:{}", event.sequence.min(SEQUENCE_MAX)));
    lines.put(&clock.property("DTSTART", it.start));
    put_end(lines, clock, it);
    dates(lines);
    lines.put(match it.status {
        Status::Confirmed => "STATUS:CONFIRMED",
        Status::Tentative => "STATUS:TENTATIVE",
        Status::Cancelled => "STATUS:CANCELLED",
    });
    let language = language(event);
    lines.put_text(&format!("SUMMARY{language}"), it.summary);
    let description = it.description.unwrap_or_default();
    lines.put_text(&format!("DESCRIPTION{language}"), description);
    lines.put_text("LOCATION", it.location.unwrap_or_default());
    if let Some(geo) = event.geo {
        let Geo {
            latitude_e6,
            longitude_e6,
        } = geo;
        let (north, east) = (degrees(latitude_e6), degrees(longitude_e6));
        lines.put(&format!("GEO:{north};{east}"));
    }
    lines.put_url("URL", it.url.unwrap_or_default());
    let categories = event.categories.iter().map(|it| escape(it));
    let categories: Vec<String> = categories.filter(|it| !it.is_empty()).collect();
    if !categories.is_empty() {
        lines.put(&format!("CATEGORIES:{}", categories.join(",")));
    }
    lines.put("END:VEVENT");
}

/// The largest number that iCalendar has (RFC 5545 §3.3.8).
pub(crate) const SEQUENCE_MAX: u32 = 2_147_483_647;

/// When it ends: whole days by the day after the last, all else by how long it lasts, which
/// stays the same on the night when the clock is changed. What lasts no time has no end.
fn put_end(lines: &mut Lines, clock: &Clock, it: &Component<'_>) {
    if matches!(clock, Clock::Days) {
        let days = (it.duration_seconds / 86_400).max(1);
        let after = it.start.date().checked_add(i64::from(days).days());
        let after = date(after.unwrap_or(Date::MAX));
        lines.put(&format!("DTEND;VALUE=DATE:{after}"));
    } else if it.duration_seconds > 0 {
        lines.put(&format!("DURATION:{}", duration(it.duration_seconds)));
    }
}

/// `PT1H30M`. Never days: a day is not always as long.
fn duration(seconds: u32) -> String {
    let whole = SignedDuration::from_secs(i64::from(seconds));
    let parts = [
        (whole.as_hours(), 'H'),
        (whole.as_mins() % 60, 'M'),
        (whole.as_secs() % 60, 'S'),
    ];
    let mut text = "PT".to_owned();
    let there = parts.into_iter().filter(|(number, _)| *number > 0);
    text.extend(there.map(|(number, unit)| format!("{number}{unit}")));
    text
}

/// Millionths of a degree as a decimal number.
fn degrees(e6: i32) -> String {
    let sign = if e6 < 0 { "-" } else { "" };
    let e6 = e6.unsigned_abs();
    format!("{sign}{}.{:06}", e6 / 1_000_000, e6 % 1_000_000)
}

/// The parameter, if the language can be one.
fn language(event: &Event) -> String {
    let language = event.language.as_deref().unwrap_or_default();
    if is_language(language) {
        format!(";LANGUAGE={language}")
    } else {
        String::new()
    }
}

/// Whether a word has the form of a language (RFC 5646), such as `fr` or `pt-BR`.
pub(crate) fn is_language(word: &str) -> bool {
    let is_part =
        |it: &str| (1..=8).contains(&it.len()) && it.chars().all(|it| it.is_ascii_alphanumeric());
    word.len() <= 35 && word.split('-').all(is_part)
}

fn rule_value(rule: &Rule, clock: &Clock) -> String {
    let frequency = match rule.frequency {
        Frequency::Daily => "DAILY",
        Frequency::Weekly => "WEEKLY",
        Frequency::Monthly => "MONTHLY",
        Frequency::Yearly => "YEARLY",
    };
    let mut parts = vec![format!("FREQ={frequency}")];
    match rule.end {
        End::Never => {}
        End::Count(count) => parts.push(format!("COUNT={count}")),
        End::Until(until) => parts.push(format!("UNTIL={}", clock.until(until))),
    }
    if rule.interval != 1 {
        parts.push(format!("INTERVAL={}", rule.interval));
    }
    let days = rule.by_day.iter().map(|it| {
        let ordinal = it.ordinal.map(|it| it.to_string()).unwrap_or_default();
        format!("{ordinal}{}", weekday_code(it.weekday))
    });
    let days: Vec<String> = days.collect();
    for (name, items) in [
        ("BYDAY", days),
        ("BYMONTHDAY", words(&rule.by_month_day)),
        ("BYMONTH", words(&rule.by_month)),
        ("BYSETPOS", words(&rule.by_set_position)),
    ] {
        if !items.is_empty() {
            parts.push(format!("{name}={}", items.join(",")));
        }
    }
    if rule.week_start != Weekday::Monday {
        parts.push(format!("WKST={}", weekday_code(rule.week_start)));
    }
    parts.join(";")
}

fn words(numbers: &[impl ToString]) -> Vec<String> {
    numbers.iter().map(ToString::to_string).collect()
}

/// `MO` to `SU`.
pub(crate) const fn weekday_code(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
