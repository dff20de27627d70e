//! How the times of one event are written: by the date, in UTC, or on a zone's wall clock.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::Event;
use crate::zone;

/// How an event's times are written.
pub(crate) enum Clock {
    /// Whole days.
    Days,
    /// `Z` at the end.
    Utc,
    /// With the name of a zone, which a `VTIMEZONE` defines.
    Zone(String, TimeZone),
    /// On whatever clock hangs on the reader's wall: the zone is none that exists.
    Wall,
}

impl Clock {
    /// The clock of an event.
    pub(crate) fn of(event: &Event) -> Self {
        if event.is_all_day {
            Self::Days
        } else if is_utc(&event.time_zone) {
            Self::Utc
        } else if let Some(zone) = zone::by_name(&event.time_zone) {
            Self::Zone(event.time_zone.clone(), zone)
        } else {
            Self::Wall
        }
    }

    /// A property whose value is a time of the event.
    pub(crate) fn property(&self, name: &str, at: DateTime) -> String {
        match self {
            Self::Days => format!("{name};VALUE=DATE:{}", date(at.date())),
            Self::Utc => format!("{name}:{}Z", date_time(at)),
            Self::Zone(zone, _) => format!("{name};TZID={zone}:{}", date_time(at)),
            Self::Wall => format!("{name}:{}", date_time(at)),
        }
    }

    /// The last moment of a rule: in UTC where the start has a zone (RFC 5545 §3.3.10).
    pub(crate) fn until(&self, at: DateTime) -> String {
        match self {
            Self::Days => date(at.date()),
            Self::Utc => format!("{}Z", date_time(at)),
            Self::Zone(_, zone) => format!("{}Z", date_time(not_after(zone, at))),
            Self::Wall => date_time(at),
        }
    }
}

/// Whether a zone is UTC itself, which needs no definition.
pub(crate) fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "Etc/UTC")
}

/// The last second in UTC at which a zone's clock, which is read forwards, shows nothing
/// later than `at`. A time that the clock leaps over is the second before the leap, so that
/// what it shows right after is later; one that it shows twice is the first.
fn not_after(zone: &TimeZone, at: DateTime) -> DateTime {
    let ambiguous = zone.to_ambiguous_timestamp(at);
    let is_gap = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let moment = if is_gap {
        let after = ambiguous.later().unwrap_or(Timestamp::MAX);
        let just_after = after.saturating_add(SignedDuration::from_secs(1));
        let leap = zone.preceding(just_after.unwrap_or(after)).next();
        let leap = leap.map_or(after, |it| it.timestamp());
        leap.saturating_sub(SignedDuration::from_secs(1))
            .unwrap_or(leap)
    } else {
        ambiguous.earlier().unwrap_or(Timestamp::MAX)
    };
    TimeZone::UTC.to_datetime(moment)
}

/// A moment in UTC.
pub(crate) fn moment(seconds: i64) -> String {
    let moment = Timestamp::from_second(seconds).unwrap_or_default();
    format!("{}Z", date_time(TimeZone::UTC.to_datetime(moment)))
}

/// `20260412T183000`.
pub(crate) fn date_time(it: DateTime) -> String {
    let (hour, minute, second) = (it.hour(), it.minute(), it.second());
    format!("{}T{hour:02}{minute:02}{second:02}", date(it.date()))
}

/// `20260412`.
pub(crate) fn date(it: Date) -> String {
    // Four digits have no room for years before the first.
    format!("{:04}{:02}{:02}", it.year().max(0), it.month(), it.day())
}
