//! When a space is open, in its own civil time.

use jiff::civil::Weekday as CivilWeekday;
use jiff::tz::TimeZone;
use wire::Timestamp;
use wire::space::{ClockTime, OpenSpan, OpeningHours, Weekday};

/// What a visitor wants to know first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenState {
    /// Open until this time today.
    OpenUntil(ClockTime),
    /// Closed; opens on this day at this time, within the next seven days.
    OpensOn(Weekday, ClockTime),
    /// Closed, and no opening hours are published.
    NoHours,
    /// The published time zone is not one that exists.
    UnknownTimeZone,
}

/// Whether a space with these hours is open at `now`, or when it will be.
///
/// The state is that of the clock on the wall: a span that the change to summer
/// time cuts short is as long as the wall clock makes it.
pub fn state(hours: &OpeningHours, now: Timestamp) -> OpenState {
    let Some((today, minute)) = wall_clock(&hours.time_zone, now) else {
        return OpenState::UnknownTimeZone;
    };
    let is_open = |span: &&OpenSpan| {
        span.day == today && (span.from.minutes()..span.to.minutes()).contains(&minute)
    };
    if let Some(span) = hours.weekly.iter().find(is_open) {
        return OpenState::OpenUntil(span.to);
    }
    let days_away = |span: &OpenSpan| {
        let days = (span.day as i16 - today as i16).rem_euclid(7);
        if days == 0 && span.from.minutes() <= minute {
            7
        } else {
            days
        }
    };
    let next = hours
        .weekly
        .iter()
        .min_by_key(|span| (days_away(span), span.from));
    next.map_or(OpenState::NoHours, |span| {
        OpenState::OpensOn(span.day, span.from)
    })
}

/// Day and minute of the day that the wall clock shows in a time zone.
pub fn wall_clock(time_zone: &str, now: Timestamp) -> Option<(Weekday, u16)> {
    let zone = zone(time_zone)?;
    let there = jiff::Timestamp::from_second(now.0).ok()?.to_zoned(zone);
    let minute = u16::try_from(there.hour()).ok()? * 60 + u16::try_from(there.minute()).ok()?;
    Some((weekday(there.weekday()), minute))
}

/// The label's name of a day of the week.
pub(crate) const fn weekday(civil: CivilWeekday) -> Weekday {
    match civil {
        CivilWeekday::Monday => Weekday::Monday,
        CivilWeekday::Tuesday => Weekday::Tuesday,
        CivilWeekday::Wednesday => Weekday::Wednesday,
        CivilWeekday::Thursday => Weekday::Thursday,
        CivilWeekday::Friday => Weekday::Friday,
        CivilWeekday::Saturday => Weekday::Saturday,
        CivilWeekday::Sunday => Weekday::Sunday,
    }
}

/// The month that the wall calendar shows in a time zone, `YYYY-MM`.
pub fn month(time_zone: &str, now: Timestamp) -> Option<String> {
    let zone = zone(time_zone)?;
    let there = jiff::Timestamp::from_second(now.0).ok()?.to_zoned(zone);
    Some(there.strftime("%Y-%m").to_string())
}

/// Whether a time zone of that name exists.
pub fn is_time_zone(name: &str) -> bool {
    zone(name).is_some()
}

/// The time zone of exactly that name, capitals and all: other readers have no other.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok()?;
    let is_that = zone.iana_name() == Some(name) && !zone.is_unknown();
    is_that.then_some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(spans: &[(Weekday, &str, &str)]) -> OpeningHours {
        let time = |text: &str| ClockTime::parse(text).unwrap();
        OpeningHours {
            time_zone: "Europe/Paris".to_owned(),
            half_day_boundary: time("13:00"),
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

    #[track_caller]
    fn check(at: &str, expected: OpenState) {
        let hours = hours(&[
            (Weekday::Monday, "09:00", "12:00"),
            (Weekday::Monday, "14:00", "18:00"),
            (Weekday::Sunday, "01:00", "04:00"),
        ]);
        let now = Timestamp(at.parse::<jiff::Timestamp>().unwrap().as_second());
        assert_eq!(state(&hours, now), expected, "{at}");
    }

    fn at(text: &str) -> ClockTime {
        ClockTime::parse(text).unwrap()
    }

    #[test]
    fn a_space_is_open_by_its_own_clock() {
        // Monday 6 April 2026; Paris is two hours ahead.
        check(
            "2026-04-06T06:59:59Z",
            OpenState::OpensOn(Weekday::Monday, at("09:00")),
        );
        check("2026-04-06T07:00:00Z", OpenState::OpenUntil(at("12:00")));
        check("2026-04-06T09:59:59Z", OpenState::OpenUntil(at("12:00")));
        check(
            "2026-04-06T10:00:00Z",
            OpenState::OpensOn(Weekday::Monday, at("14:00")),
        );
        check(
            "2026-04-06T16:00:00Z",
            OpenState::OpensOn(Weekday::Sunday, at("01:00")),
        );
    }

    #[test]
    fn the_wall_clock_decides_when_it_is_changed() {
        // On 29 March 2026 the hour from 02:00 to 03:00 does not exist in Paris.
        check("2026-03-29T00:59:59Z", OpenState::OpenUntil(at("04:00")));
        check("2026-03-29T01:59:59Z", OpenState::OpenUntil(at("04:00")));
        check(
            "2026-03-29T02:00:00Z",
            OpenState::OpensOn(Weekday::Monday, at("09:00")),
        );
    }

    #[test]
    fn nothing_published_is_said_to_be_nothing() {
        assert_eq!(state(&hours(&[]), Timestamp(0)), OpenState::NoHours);
        let mut nowhere = hours(&[]);
        nowhere.time_zone = "Europe/Chambery".to_owned();
        assert_eq!(state(&nowhere, Timestamp(0)), OpenState::UnknownTimeZone);
    }

    #[test]
    fn a_time_zone_has_one_name() {
        for name in ["Europe/Paris", "UTC", "Etc/UTC", "Asia/Calcutta"] {
            assert!(is_time_zone(name), "{name}");
        }
        for name in ["europe/paris", "utc", "EUROPE/PARIS", "Etc/Unknown", ""] {
            assert!(!is_time_zone(name), "{name}");
        }
    }
}
