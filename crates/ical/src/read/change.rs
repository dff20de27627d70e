//! What is otherwise on one date of a series, told from the component that replaces it.

use jiff::civil::{DateTime, Time};

use super::Why;
use super::ends::day_in_utc;
use super::event::{Fault, Parsed};
use super::value::When;
use crate::{Change, Event};

/// A time of a file on the clock of a series.
pub(super) fn on_clock(when: &When, series: &Parsed) -> Result<DateTime, Why> {
    let place = &series.place;
    if series.event.is_all_day {
        let date = match when {
            When::Utc(at) => day_in_utc(*at, place).ok_or(Why::BadTime)?,
            When::Day(_) | When::Wall(_) | When::Zone(..) => when.date(),
        };
        return Ok(date.to_datetime(Time::MIN));
    }
    match when {
        // Some programs name the day alone. A rule gives one date a day.
        When::Day(date) => Ok(date.to_datetime(series.event.start.time())),
        When::Wall(at) => Ok(*at),
        When::Zone(at, zone) if zone.name == place.name => Ok(*at),
        When::Utc(at) if crate::clock::is_utc(&place.name) => Ok(*at),
        When::Utc(_) | When::Zone(..) => {
            let moment = when.moment(place).ok_or(Why::BadTime)?;
            place.clock_at(moment).ok_or(Why::AmbiguousTime)
        }
    }
}

/// What a component changes on the date `at` of a series, and whether it differs in what
/// cannot be changed for one date.
pub(super) fn change(
    series: &Parsed,
    date: &Parsed,
    at: DateTime,
) -> Result<(Change, Option<Fault>), Why> {
    let (ever, once) = (&series.event, &date.event);
    if ever.is_all_day != once.is_all_day {
        return Err(Why::OtherKindOfDate);
    }
    let start = on_clock(&date.start, series)?;
    let text = |of: fn(&Event) -> Option<&str>| {
        let (ever, once) = (of(ever), of(once));
        (ever != once).then(|| once.unwrap_or_default().to_owned())
    };
    let change = Change {
        start: (start != at).then_some(start),
        duration_seconds: (ever.duration_seconds != once.duration_seconds)
            .then_some(once.duration_seconds),
        summary: text(|it| Some(it.summary.as_str())),
        description: text(|it| it.description.as_deref()),
        location: text(|it| it.location.as_deref()),
        url: text(|it| it.url.as_deref()),
        status: (ever.status != once.status).then_some(once.status),
    };
    let is_same = ever.geo == once.geo && ever.categories == once.categories;
    let fault = (!is_same).then_some(Fault::from(Why::SameForAll));
    Ok((change, fault))
}
