//! How long an event lasts, and when a rule stops, on the event's own clock.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, ToSpan as _};

use super::Why;
use super::event::Fault;
use super::rule::WrittenRule;
use super::value::{Length, Place, When, Written};
use crate::{End, Rule};

/// From the start to an end of the same kind.
pub(super) fn seconds_between(
    start: &When,
    end: &When,
    place: &Place,
    local: DateTime,
) -> Option<i64> {
    if let (When::Day(start), When::Day(end)) = (start, end) {
        let days = start.until(*end).ok()?.get_days();
        return Some(i64::from(days) * 86_400);
    }
    let start = place.moment(local)?;
    Some(end.moment(place)?.duration_since(start).as_secs())
}

/// A length in seconds. Its days are those of the calendar where they are those of one event:
/// the day on which the clock is changed has an hour more or less.
pub(super) fn seconds_of(
    length: Length,
    local: DateTime,
    place: &Place,
    is_civil: bool,
) -> Option<i64> {
    let days = length.days.checked_mul(86_400)?;
    if !is_civil || length.days == 0 || days > i64::from(u32::MAX) {
        return days.checked_add(length.seconds);
    }
    let then = local.checked_add(length.days.days()).ok()?;
    let days = place.moment(then)?.duration_since(place.moment(local)?);
    days.as_secs().checked_add(length.seconds)
}

/// The rule with its last moment on the event's clock.
pub(super) fn until(written: WrittenRule, is_all_day: bool, place: &Place) -> Result<Rule, Fault> {
    let mut rule = written.rule;
    let Some(until) = written.until else {
        return Ok(rule);
    };
    let until = match until {
        Written::Day(date) if is_all_day => Some(date.to_datetime(Time::MIN)),
        // The last day is meant, whatever the hour of the event.
        Written::Day(date) => Some(date.at(23, 59, 59, 0)),
        Written::Wall(at) if is_all_day => Some(at.date().to_datetime(Time::MIN)),
        Written::Wall(at) => Some(at),
        Written::Utc(at) if is_all_day => {
            let day = day_in_utc(at, place);
            day.map(|it| it.to_datetime(Time::MIN))
        }
        Written::Utc(at) => last_shown(at, place),
    };
    rule.end = End::Until(until.ok_or(Why::BadRule.of("RRULE"))?);
    Ok(rule)
}

/// The day that a moment in UTC stands for: the one it names, where it is at its edge, as
/// some programs write; or else the one of the place.
pub(super) fn day_in_utc(at: DateTime, place: &Place) -> Option<Date> {
    let seconds = at.time().duration_since(Time::MIN).as_secs();
    if seconds == 0 || seconds == 86_399 {
        return Some(at.date());
    }
    let moment = When::Utc(at).moment(place)?;
    Some(place.zone.to_datetime(moment).date())
}

/// The last time that a clock has shown by a moment. In the hour that it shows twice this is
/// the end of it: events are at the first.
fn last_shown(at: DateTime, place: &Place) -> Option<DateTime> {
    let moment = When::Utc(at).moment(place)?;
    if let Some(shown) = place.clock_at(moment) {
        return Some(shown);
    }
    let second = SignedDuration::from_secs(1);
    let after = moment.checked_add(second).ok()?;
    let change = place.zone.preceding(after).next()?.timestamp();
    let before = change.checked_sub(second).ok()?;
    Some(place.zone.to_datetime(before))
}
