//! When a space is open: now, and in the week.

use app::view::SpaceView;
use rules::opening::{OpenState, is_time_zone, wall_clock};
use wire::Timestamp;
use wire::space::{ClockTime, OpenSpan, OpeningHours, Weekday};

use crate::figures::{TIME_ZONE, time_of_day, weekday, zone};
use crate::shown;
use crate::standing::Reliance;
use crate::words::{Message, Words};

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Whether a space is open, or when it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Door {
    /// `open`, `closed` or `unsure`: a class of the style sheet and an icon.
    pub(crate) shape: &'static str,
    /// In words.
    pub(crate) text: String,
}

impl Door {
    /// Whether somebody can go there now.
    pub(crate) fn is_open(&self) -> bool {
        self.shape == "open"
    }
}

/// Shows whether a space is open; `None` where it published no hours.
pub(crate) fn door(
    words: &Words,
    space: &SpaceView,
    reliance: Reliance,
    now: Timestamp,
) -> Option<Door> {
    let state = space.open?;
    let (shape, text) = match state {
        _ if !reliance.is_hour_known() => ("unsure", words.say(Message::DoorClockBehind)),
        OpenState::OpenUntil(time) => {
            let time = time_of_day(words, time);
            let text = words.say_with(Message::DoorOpenUntil, &[("time", time.into())]);
            ("open", text)
        }
        OpenState::OpensOn(day, time) => {
            let zone = space.hours.as_ref().map(|hours| hours.time_zone.as_str());
            let today = wall_clock(zone.unwrap_or(TIME_ZONE), now);
            ("closed", opens_on(words, today, day, time))
        }
        OpenState::NoHours => ("unsure", words.say(Message::DoorNoHours)),
        OpenState::UnknownTimeZone => ("unsure", words.say(Message::DoorUnknownTimeZone)),
    };
    Some(Door { shape, text })
}

/// Today, tomorrow or the day's name; the same day before this hour is in a week.
fn opens_on(words: &Words, today: Option<(Weekday, u16)>, day: Weekday, time: ClockTime) -> String {
    let shown = time_of_day(words, time);
    let days_away = today.map(|(today, minute)| {
        let days = (day as i16 - today as i16).rem_euclid(7);
        if days == 0 && time.minutes() <= minute {
            7
        } else {
            days
        }
    });
    match days_away {
        Some(0) => words.say_with(Message::DoorOpensToday, &[("time", shown.into())]),
        Some(1) => words.say_with(Message::DoorOpensTomorrow, &[("time", shown.into())]),
        _ => {
            let message = if days_away == Some(7) {
                Message::DoorOpensNext
            } else {
                Message::DoorOpensOn
            };
            let day = weekday(words, day);
            words.say_with(message, &[("day", day.into()), ("time", shown.into())])
        }
    }
}

/// The hours of a week.
#[derive(Debug, Clone)]
pub(crate) struct Week {
    /// Monday first.
    pub(crate) days: Vec<Day>,
    /// The zone of all times here, where it is not the usual one.
    pub(crate) time_zone: Option<String>,
    /// When a visit becomes two half-days.
    pub(crate) half_day_boundary: String,
    /// Whether subscribers have a badge.
    pub(crate) subscribers_at_all_hours: bool,
    /// Whether the hours are invented.
    pub(crate) is_example: bool,
}

/// One day of the week.
#[derive(Debug, Clone)]
pub(crate) struct Day {
    /// Its name.
    pub(crate) name: String,
    /// The spans; none on a day when the space is closed.
    pub(crate) spans: Vec<String>,
    /// Whether it is today.
    pub(crate) is_today: bool,
}

/// Shows the hours of a week.
pub(crate) fn week(
    words: &Words,
    hours: &OpeningHours,
    reliance: Reliance,
    now: Timestamp,
) -> Week {
    let today = wall_clock(&hours.time_zone, now)
        .filter(|_| reliance.is_hour_known())
        .map(|(day, _)| day);
    let boundary = time_of_day(words, hours.half_day_boundary);
    let days = WEEK.into_iter().map(|day| Day {
        name: weekday(words, day),
        spans: spans(words, &hours.weekly, day),
        is_today: today == Some(day),
    });
    Week {
        days: days.collect(),
        time_zone: (hours.time_zone != TIME_ZONE)
            .then(|| zone_note(words, &hours.time_zone))
            .flatten(),
        half_day_boundary: words.say_with(Message::HoursHalfDay, &[("time", boundary.into())]),
        subscribers_at_all_hours: hours.subscribers_at_all_hours,
        is_example: hours.is_example,
    }
}

fn zone_note(words: &Words, name: &str) -> Option<String> {
    let message = if is_time_zone(name) {
        Message::HoursTimeZone
    } else {
        Message::HoursUnknownTimeZone
    };
    let name = shown::name(name)?;
    Some(words.say_with(message, &[("zone", name.into())]))
}

fn spans(words: &Words, weekly: &[OpenSpan], day: Weekday) -> Vec<String> {
    let of_day = weekly.iter().filter(|span| span.day == day);
    of_day
        .map(|span| {
            let from = time_of_day(words, span.from);
            let to = time_of_day(words, span.to);
            words.say_with(
                Message::HoursSpan,
                &[("from", from.into()), ("to", to.into())],
            )
        })
        .collect()
}

/// The zone in which a space's dates are told.
pub(crate) fn zone_of(space: Option<&SpaceView>) -> jiff::tz::TimeZone {
    let hours = space.and_then(|space| space.hours.as_ref());
    zone(hours.map(|hours| hours.time_zone.as_str()))
}
