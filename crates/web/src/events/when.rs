//! When an event takes place, on the wall clock of the reader's node and on its own.

use app::due_of;
use jiff::tz::TimeZone;
use rules::event::{Occurrence, change_of};
use wire::Timestamp;
use wire::event::{Event, LocalTime};
use wire::space::ClockTime;

use crate::figures::{date, day, machine_clock, machine_day, time, time_of_day, zone};
use crate::language::Language;
use crate::words::{Message as M, Words};

/// The page of an event of that `uid`.
pub(crate) fn path_of(uid: &str) -> String {
    // All else that a uid has in it may stand in a path.
    let uid = uid.replace('[', "%5B").replace(']', "%5D");
    format!("/events/{uid}")
}

/// What follows the language in the address of an occurrence.
pub(crate) fn rest_of(event: &Event, occurrence: &Occurrence) -> String {
    due_of(event, occurrence).map_or_else(String::new, |due| format!("&on={due}"))
}

/// The page of an occurrence, in a language.
pub(crate) fn link_to(event: &Event, occurrence: &Occurrence, language: Language) -> String {
    let (path, rest) = (path_of(&event.uid), rest_of(event, occurrence));
    format!("{path}?lang={}{rest}", language.tag())
}

/// The day on which an occurrence stands in a calendar of a zone. A matter of days is of
/// the same days everywhere.
pub(crate) fn day_of(event: &Event, occurrence: &Occurrence, here: &TimeZone) -> String {
    if event.show_without_time {
        return machine_day(occurrence.begins, &zone(Some(&event.time_zone)));
    }
    machine_day(occurrence.begins, here)
}

/// From when until when, on the wall clock of a zone; the day on which it begins is known.
pub(crate) fn span(
    words: &Words,
    event: &Event,
    occurrence: &Occurrence,
    here: &TimeZone,
) -> String {
    // What ends at midnight does not end on the next day.
    let last = occurrence.ends.plus_seconds(-1);
    if event.show_without_time {
        let there = zone(Some(&event.time_zone));
        if machine_day(last, &there) == machine_day(occurrence.begins, &there) {
            return words.say(M::EventAllDay);
        }
        let last = date(words, last, &there);
        return words.say_with(M::EventAllDayUntil, &[("date", last.into())]);
    }
    let from = time(words, occurrence.begins, here);
    let end = time(words, occurrence.ends, here);
    let to = if machine_day(last, here) == machine_day(occurrence.begins, here) {
        end
    } else {
        let day = day(words, &machine_day(occurrence.ends, here));
        words.say_with(
            M::DateAndTime,
            &[("date", day.into()), ("time", end.into())],
        )
    };
    words.say_with(M::HoursSpan, &[("from", from.into()), ("to", to.into())])
}

/// When it is there, where clocks show another time than here.
pub(crate) fn there(
    words: &Words,
    event: &Event,
    occurrence: &Occurrence,
    here: &TimeZone,
) -> Option<String> {
    let there = zone(Some(&event.time_zone));
    let of = |at: Timestamp, zone: &TimeZone| (machine_day(at, zone), machine_clock(at, zone));
    let is_same = |at| of(at, here) == of(at, &there);
    if event.show_without_time || (is_same(occurrence.begins) && is_same(occurrence.ends)) {
        return None;
    }
    let mut time = span(words, event, occurrence, &there);
    let day_there = machine_day(occurrence.begins, &there);
    if day_there != machine_day(occurrence.begins, here) {
        time = format!("{}, {time}", day(words, &day_there));
    }
    let zone = wire::printable(&event.time_zone, wire::event::TIME_ZONE_BYTES_MAX);
    Some(words.say_with(
        M::EventThere,
        &[("time", time.into()), ("zone", zone.into())],
    ))
}

/// `mardi 1er décembre 2026 à 18 h 30`, by the wall clock of the event.
pub(crate) fn local(words: &Words, at: &LocalTime) -> String {
    let text = at.as_str();
    let day = day(words, text.get(..10).unwrap_or(text));
    let clock = text.get(11..16).and_then(ClockTime::parse);
    match clock {
        Some(clock) => {
            let time = time_of_day(words, clock);
            words.say_with(
                M::DateAndTime,
                &[("date", day.into()), ("time", time.into())],
            )
        }
        None => day,
    }
}

/// `1 jour 2 heures 30 minutes`.
pub(crate) fn duration(words: &Words, event: &Event, occurrence: &Occurrence) -> String {
    let change = change_of(event, occurrence);
    let lasts = change.and_then(|it| it.duration).unwrap_or(event.duration);
    let parts = [
        (M::DurationDays, i64::from(lasts.days())),
        (M::DurationHours, i64::from(lasts.seconds() / 3_600)),
        (M::DurationMinutes, i64::from(lasts.seconds() / 60 % 60)),
    ];
    let said = parts.into_iter().filter(|(_, count)| *count > 0);
    let said = said.map(|(message, count)| words.say_with(message, &[("count", count.into())]));
    said.collect::<Vec<_>>().join(" ")
}
