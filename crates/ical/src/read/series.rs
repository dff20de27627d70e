//! The events of one calendar in a file, each with its dates that are otherwise.
//!
//! **Invariant:** every component of the file is an event that was read, a date of one, or
//! an entry among what was left out.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::change::{change, on_clock};
use super::event::{Fault, Parsed, parse};
use super::parts::{Part, RawEvent};
use super::value::{self, Place};
use super::zones::Zones;
use super::{Extent, Imported, LeftOut, OVERRIDES_MAX, SUMMARY_CHARS_MAX, UID_BYTES_MAX, Why};
use crate::{Event, Override, OverrideKind, Status};

/// What a calendar says of itself under a name.
pub(super) fn said<'a>(part: &'a Part, name: &str) -> Option<&'a str> {
    let mut all = part.properties.iter();
    all.find_map(|it| (it.name == name && it.flaw.is_none()).then_some(it.value.trim()))
}

/// All components of one identifier.
#[derive(Default)]
struct Series {
    /// The event itself, as often as the file has it.
    events: Vec<Parsed>,
    /// Its dates that are otherwise.
    dates: Vec<Parsed>,
    /// Whether some other component of it could not be read.
    has_failed: bool,
}

/// Reads one calendar of a file.
pub(super) fn read_part(part: Part, default: &Place, imported: &mut Imported) {
    let name = said(&part, "X-WR-CALNAME").or_else(|| said(&part, "NAME"));
    if imported.calendar_name.is_none() {
        let name = name.map(value::text).filter(|it| !it.is_empty());
        imported.calendar_name = name.map(|it| it.chars().take(SUMMARY_CHARS_MAX).collect());
    }
    let method = said(&part, "METHOD").unwrap_or_default();
    let is_cancelled = method.eq_ignore_ascii_case("CANCEL");
    let calendar_zone = said(&part, "X-WR-TIMEZONE").map(str::to_owned);
    let mut zones = Zones::new(default.clone(), part.zones, calendar_zone.as_deref());

    let mut left_out: Vec<LeftOut> = Vec::new();
    let no_event = |line: u32, why: Why| LeftOut {
        line,
        uid: None,
        summary: None,
        extent: Extent::Whole,
        property: None,
        why,
    };
    let others = part.others.iter();
    left_out.extend(others.map(|line| no_event(*line, Why::NotAnEvent)));
    if !part.is_whole {
        let last = part.events.last().map_or(1, |it| it.line);
        left_out.push(no_event(last, Why::CutShort));
    }

    let mut all: BTreeMap<String, Series> = BTreeMap::new();
    for raw in &part.events {
        match parse(raw, &mut zones) {
            Ok(mut parsed) => {
                if is_cancelled {
                    parsed.event.status = Status::Cancelled;
                }
                let series = all.entry(parsed.event.uid.clone()).or_default();
                if parsed.recurrence.is_some() {
                    series.dates.push(parsed);
                } else {
                    series.events.push(parsed);
                }
            }
            Err(fault) => {
                let (uid, summary) = named(raw);
                if let Some(uid) = &uid {
                    all.entry(uid.clone()).or_default().has_failed = true;
                }
                left_out.push(LeftOut {
                    uid,
                    summary,
                    property: fault.property,
                    ..no_event(raw.line, fault.why)
                });
            }
        }
    }
    let mut events: Vec<(u32, Event)> = Vec::new();
    for series in all.into_values() {
        events.extend(series.join(&mut left_out));
    }
    events.sort_by_key(|(line, _)| *line);
    left_out.sort_by_key(|it| it.line);
    imported
        .events
        .extend(events.into_iter().map(|(_, event)| event));
    imported.left_out.extend(left_out);
}

/// Identifier and title of a component of which nothing else may be readable.
fn named(raw: &RawEvent) -> (Option<String>, Option<String>) {
    let text = |name: &str| {
        let mut all = raw.properties.iter();
        let found = all.find(|it| it.name == name && it.flaw.is_none())?;
        Some(value::text(found.value.trim())).filter(|it| !it.is_empty())
    };
    let uid = text("UID").filter(|it| it.len() <= UID_BYTES_MAX);
    let summary = text("SUMMARY").map(|it| it.chars().take(SUMMARY_CHARS_MAX).collect());
    (uid, summary)
}

/// What is said of something that was read and is left out all the same, or in part.
fn entry(parsed: &Parsed, extent: Extent, fault: Fault) -> LeftOut {
    let summary = parsed.event.summary.clone();
    LeftOut {
        line: parsed.line,
        uid: Some(parsed.event.uid.clone()),
        summary: Some(summary).filter(|it| !it.is_empty()),
        extent,
        property: fault.property,
        why: fault.why,
    }
}

impl Series {
    /// The event with all that is otherwise on its dates, and the line where it begins.
    fn join(mut self, left_out: &mut Vec<LeftOut>) -> Option<(u32, Event)> {
        let whole = |it: &Parsed, why: Why| entry(it, Extent::Whole, why.into());
        let everything = self.events.iter().chain(&self.dates);
        if self.has_failed {
            left_out.extend(everything.map(|it| whole(it, Why::SeriesLeftOut)));
            return None;
        }
        // The last of the newest: a program that writes an event twice appends.
        let age = |it: &Parsed| (it.event.sequence, it.event.stamp);
        let newest = (0..self.events.len()).max_by_key(|at| self.events.get(*at).map(age));
        let Some(newest) = newest else {
            left_out.extend(everything.map(|it| whole(it, Why::NoSeries)));
            return None;
        };
        let mut event = self.events.swap_remove(newest);
        left_out.extend(self.events.iter().map(|it| whole(it, Why::Older)));
        let mut said = Vec::new();
        match overrides(&event, &self.dates, &mut said) {
            Ok(overrides) => {
                event.event.overrides = overrides;
                let faults = event.faults.iter();
                left_out.extend(faults.map(|it| entry(&event, Extent::Detail, *it)));
                left_out.extend(said);
                Some((event.line, event.event))
            }
            Err((line, fault)) => {
                for it in std::iter::once(&event).chain(&self.dates) {
                    let is_reason = it.line == line;
                    let fault = if is_reason {
                        fault
                    } else {
                        Why::SeriesLeftOut.into()
                    };
                    left_out.push(entry(it, Extent::Whole, fault));
                }
                None
            }
        }
    }
}

/// What is otherwise on the dates of an event, in the order of those; or the line of the
/// component that cannot be taken, and why.
fn overrides(
    event: &Parsed,
    dates: &[Parsed],
    said: &mut Vec<LeftOut>,
) -> Result<Vec<Override>, (u32, Fault)> {
    let mut found: BTreeMap<DateTime, (Option<&Parsed>, OverrideKind)> = BTreeMap::new();
    // A single event has one date.
    let is_date = |at: DateTime| event.event.rule.is_some() || at == event.event.start;
    for when in &event.exclusions {
        let at = on_clock(when, event);
        let at = at.map_err(|why| {
            (
                event.line,
                Fault {
                    property: Some("EXDATE"),
                    why,
                },
            )
        })?;
        if is_date(at) {
            found.insert(at, (None, OverrideKind::Excluded));
        }
    }
    for date in dates {
        let fault = |why: Why| (date.line, Fault::from(why));
        let Some(when) = &date.recurrence else {
            continue;
        };
        let at = on_clock(when, event).map_err(fault)?;
        if !is_date(at) {
            said.push(entry(date, Extent::Whole, Why::NoSeries.into()));
            continue;
        }
        let (change, differs) = change(event, date, at).map_err(fault)?;
        if let Some((Some(old), _)) = found.get(&at) {
            let is_newer = date.event.sequence >= old.event.sequence;
            let older = if is_newer { old } else { date };
            said.push(entry(older, Extent::Whole, Why::Older.into()));
            if !is_newer {
                continue;
            }
        }
        let faults = date.faults.iter().copied().chain(differs);
        said.extend(faults.map(|it| entry(date, Extent::Detail, it)));
        found.insert(at, (Some(date), OverrideKind::Changed(change)));
    }
    if found.len() > OVERRIDES_MAX {
        return Err((event.line, Why::TooManyDates.into()));
    }
    let all = found.into_iter();
    Ok(all.map(|(at, (_, kind))| Override { at, kind }).collect())
}
