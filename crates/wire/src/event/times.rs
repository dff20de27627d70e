//! Times and lengths of time as JSCalendar writes them.
//!
//! Specified in `specs/event.md`.

use std::fmt;

use seal::Malformed;
use serde::{Deserialize, Serialize};

use super::EVENT_SECONDS_MAX;
use crate::document::require;

/// A date and time on a wall clock, `YYYY-MM-DDTHH:MM:SS` (RFC 8984 §1.4.5). Whether there
/// is such a day is a rule. Texts lie in the order of the times.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalTime(String);

impl LocalTime {
    /// The time that is written so.
    pub fn parse(text: &str) -> Option<Self> {
        is_local(text).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn is_midnight(&self) -> bool {
        self.0.ends_with("T00:00:00")
    }
}

/// A moment in UTC, `YYYY-MM-DDTHH:MM:SSZ` (RFC 8984 §1.4.4).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UtcTime(String);

impl UtcTime {
    /// The moment that is written so.
    pub fn parse(text: &str) -> Option<Self> {
        let is_utc = text.strip_suffix('Z').is_some_and(is_local);
        is_utc.then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local(text: &str) -> bool {
    text.len() == 19
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        })
}

/// A length of time (RFC 8984 §1.4.6): whole days of the calendar, then hours, minutes and
/// seconds of the clock.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Span {
    days: u32,
    seconds: u32,
}

/// The seconds of a day of 24 hours.
const DAY_SECONDS: i64 = 24 * 60 * 60;

impl Span {
    /// So many days, and so many seconds beside them.
    pub const fn new(days: u32, seconds: u32) -> Self {
        Self { days, seconds }
    }

    /// Days of the calendar.
    pub const fn days(self) -> u32 {
        self.days
    }

    /// Seconds beside the days.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }

    /// Reads `P2W`, or `P[n]DT[n]H[n]M[n]S` with at least one part.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('P')?;
        if let Some(weeks) = rest.strip_suffix('W') {
            let days = number(weeks)?.checked_mul(7)?;
            // What has ten digits as days is not read again as it is written.
            return (days <= NUMBER_MAX).then_some(Self::new(days, 0));
        }
        let (date, time) = match rest.split_once('T') {
            Some((date, time)) if !time.is_empty() => (date, time),
            Some(_) => return None,
            None => (rest, ""),
        };
        let mut date = date;
        let days = take_part(&mut date, 'D')?;
        let mut time = time;
        let mut seconds = 0_u32;
        for (letter, unit) in [('H', 3_600), ('M', 60), ('S', 1)] {
            let part = take_part(&mut time, letter)?;
            seconds = seconds.checked_add(part.checked_mul(unit)?)?;
        }
        let is_read = date.is_empty() && time.is_empty() && !rest.is_empty();
        is_read.then(|| Self::new(days, seconds))
    }

    pub(super) fn check(self) -> Result<(), Malformed> {
        let all = i64::from(self.days) * DAY_SECONDS + i64::from(self.seconds);
        require((1..=EVENT_SECONDS_MAX).contains(&all), "duration")
    }
}

/// Takes `<number><letter>` off the front, 0 if it is not there; `None` if it is no number.
fn take_part(text: &mut &str, letter: char) -> Option<u32> {
    let Some((digits, rest)) = text.split_once(letter) else {
        return Some(0);
    };
    let part = number(digits)?;
    *text = rest;
    Some(part)
}

/// The largest number of nine digits.
const NUMBER_MAX: u32 = 999_999_999;

fn number(digits: &str) -> Option<u32> {
    let is_number = (1..=9).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        if self.days > 0 {
            write!(f, "{}D", self.days)?;
        }
        if self.seconds == 0 && self.days > 0 {
            return Ok(());
        }
        f.write_str("T")?;
        let parts = [
            (self.seconds / 3_600, 'H'),
            (self.seconds / 60 % 60, 'M'),
            (self.seconds % 60, 'S'),
        ];
        if self.seconds == 0 {
            return f.write_str("0S");
        }
        for (count, letter) in parts {
            if count > 0 {
                write!(f, "{count}{letter}")?;
            }
        }
        Ok(())
    }
}

/// Gives a type that is written as text its conversions to and from it.
macro_rules! written_as_text {
    ($type:ident, $what:literal, $write:expr) => {
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let write: fn(&$type) -> String = $write;
                f.write_str(&write(self))
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let write: fn(&$type) -> String = $write;
                serializer.serialize_str(&write(self))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom($what))
            }
        }
    };
}

written_as_text!(LocalTime, "a time is written YYYY-MM-DDTHH:MM:SS", |it| it
    .0
    .clone());
written_as_text!(UtcTime, "a moment is written YYYY-MM-DDTHH:MM:SSZ", |it| it
    .0
    .clone());
written_as_text!(Span, "a duration is written as in P1D or PT2H30M", |it| it
    .to_string());

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
