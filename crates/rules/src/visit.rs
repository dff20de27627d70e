//! What a visit counts: half-days by the host's own clock, and what is left of them.
//!
//! The same function translates before arrival ("a day here is two of your four
//! half-days") and makes the receipt afterwards, from the same public records.
//!
//! **Invariant:** a visit counts one or two half-days, never none: whoever comes while
//! the space is closed, or leaves at once, was there.
//!
//! **Invariant:** time is counted in instants. A wall-clock time that the change to
//! summer time skips is that much later, and one that comes twice is the first (RFC
//! 5545 §3.3.5), so that two implementations count the same on those two days.
//!
//! Specified in `specs/visit.md`.

use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use wire::receipt::{DayHours, DaySpan, HalfDay, RecordReference, VisitValue};
use wire::space::{ClockTime, Formula, FormulaUnit, OpeningHours};
use wire::{CENTS_MAX, Cents, Timestamp};

pub use crate::allowance::{Allowance, allowance};
use crate::opening;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// How long after a visit its receipt may come: 90 days, so that a host without a line
/// for a season is still heard.
pub const RECEIPT_SECONDS_MAX: i64 = 90 * DAY_SECONDS;
/// How long a steward may correct a visit after it ended: seven days.
pub const CORRECTION_SECONDS: i64 = 7 * DAY_SECONDS;
/// How long visits and receipts are kept: 396 days, thirteen months, so that the same
/// month of last year can be looked at.
pub const ACCOUNTS_SECONDS: i64 = 396 * DAY_SECONDS;

/// The time zone of a space that publishes no opening hours.
const TIME_ZONE_UNLESS_PUBLISHED: &str = "Europe/Paris";
/// Where the day of a space that publishes no opening hours is parted.
const BOUNDARY_UNLESS_PUBLISHED: &str = "13:00";
/// How many days ahead a translation looks: a week, so that each weekday is seen.
const TRANSLATED_DAYS_AHEAD: usize = 7;
/// The most bytes of a formula's id that a receipt can name.
const FORMULA_ID_BYTES_MAX: usize = 40;

/// The half-days of one day that something takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HalfDays {
    /// Before the boundary.
    pub morning: bool,
    /// From the boundary on.
    pub afternoon: bool,
}

impl HalfDays {
    /// Nothing of the day.
    pub const NONE: Self = Self {
        morning: false,
        afternoon: false,
    };

    /// Those of a list, in whatever order.
    pub fn of(list: &[HalfDay]) -> Self {
        Self {
            morning: list.contains(&HalfDay::Morning),
            afternoon: list.contains(&HalfDay::Afternoon),
        }
    }

    /// As a list, the morning first.
    pub fn list(self) -> Vec<HalfDay> {
        let halves = [
            (self.morning, HalfDay::Morning),
            (self.afternoon, HalfDay::Afternoon),
        ];
        let taken = halves.into_iter().filter(|(is_taken, _)| *is_taken);
        taken.map(|(_, half)| half).collect()
    }

    /// How many: 0, 1 or 2.
    pub fn count(self) -> u64 {
        u64::from(self.morning) + u64::from(self.afternoon)
    }

    /// Whether nothing is taken.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Those of `self` that are not in `other`.
    pub fn without(self, other: Self) -> Self {
        Self {
            morning: self.morning && !other.morning,
            afternoon: self.afternoon && !other.afternoon,
        }
    }

    /// Those of either.
    pub fn and(self, other: Self) -> Self {
        Self {
            morning: self.morning || other.morning,
            afternoon: self.afternoon || other.afternoon,
        }
    }

    /// Whether both take the same half.
    pub fn overlaps(self, other: Self) -> bool {
        self.without(other) != self
    }

    /// Whether `other` takes all that `self` takes.
    pub fn is_within(self, other: Self) -> bool {
        self.without(other).is_none()
    }
}

/// A day at a host, with the hours that count there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostDay {
    /// `YYYY-MM-DD` by the host's calendar.
    pub date: String,
    /// The host's hours of that day.
    pub hours: DayHours,
}

/// The day or the time zone is not one that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the day, or the time zone of the opening hours, does not exist")]
pub struct UnknownTimeZone;

/// The host's day at an instant, with what it has published of that weekday.
///
/// A space that publishes no hours, or names a time zone that does not exist, has Paris'
/// clock, a day that is parted at 13:00, and no spans: all of its day counts.
pub fn day_at(
    hours: Option<(&OpeningHours, RecordReference)>,
    at: Timestamp,
) -> Result<HostDay, UnknownTimeZone> {
    host_day(hours, date_at(hours, at)?)
}

/// When a day ends at the host: the next midnight.
pub fn end_of_day(day: &HostDay) -> Result<Timestamp, UnknownTimeZone> {
    Ok(CivilDay::of(day)?.end)
}

/// The moment at which the host's clock shows a time on a day: the earlier one where it
/// does so twice, and the later side of the gap where it never does.
pub fn time_on(day: &HostDay, time: ClockTime) -> Result<Timestamp, UnknownTimeZone> {
    CivilDay::of(day)?.at(time)
}

/// When a visit ends whose end nobody saw: when the last of the day's spans ends, or at
/// midnight for whoever came after that.
pub fn closing(day: &HostDay, arrived: Timestamp) -> Result<Timestamp, UnknownTimeZone> {
    let civil = CivilDay::of(day)?;
    let closes = civil.open(&day.hours)?.iter().map(|span| span.end).max();
    Ok(closes.filter(|at| *at > arrived).unwrap_or(civil.end))
}

/// What a presence from `arrived` until `left`, not included, counts of a day.
///
/// Counted is the time in which the space is open; all of the day where no spans are
/// published for it. Where nothing is counted that way, the half in which the visitor
/// came is. What is not of that day does not count.
pub fn half_days(
    day: &HostDay,
    arrived: Timestamp,
    left: Timestamp,
) -> Result<HalfDays, UnknownTimeZone> {
    let civil = CivilDay::of(day)?;
    let boundary = civil.at(day.hours.half_day_boundary)?;
    // No span reaches beyond the day; a moment that is not of it has the nearest half.
    let came = arrived.max(civil.start).min(civil.end.plus_seconds(-1));
    let counted = civil
        .open(&day.hours)?
        .into_iter()
        .map(|span| span.start.max(came)..span.end.min(left))
        .filter(|span| !span.is_empty())
        .map(|span| HalfDays {
            morning: span.start < boundary,
            afternoon: span.end > boundary,
        })
        .fold(HalfDays::NONE, HalfDays::and);
    if counted.is_none() {
        return Ok(HalfDays {
            morning: came < boundary,
            afternoon: came >= boundary,
        });
    }
    Ok(counted)
}

/// A formula with the record that publishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFormula {
    /// The formula's id, which is its record's.
    pub id: String,
    /// The record.
    pub record: RecordReference,
    /// What it says.
    pub formula: Formula,
}

/// What a walk-in would have paid: `None` where nothing was counted, where no formula is
/// for a day or half of it, or where the total would pass [`CENTS_MAX`].
///
/// A walk-in pays a day, or twice the half where that is less, and for one half-day a
/// day where the space has no halves. Of equal prices the first id counts.
pub fn value(half_days: HalfDays, formulas: &[PublishedFormula]) -> Option<VisitValue> {
    let day = cheapest(formulas, FormulaUnit::Day);
    let half = cheapest(formulas, FormulaUnit::HalfDay);
    let (published, count) = match half_days.count() {
        0 => return None,
        1 => (half.or(day)?, 1),
        _ => match (day, half) {
            (Some(day), Some(half)) if twice(half) < day.formula.price_cents => (half, 2),
            (Some(day), _) => (day, 1),
            (None, half) => (half?, 2),
        },
    };
    let price_cents = published.formula.price_cents;
    let total_cents = match count {
        1 => price_cents,
        _ => twice(published),
    };
    (total_cents.0 <= CENTS_MAX).then(|| VisitValue {
        formula: published.id.clone(),
        record: published.record,
        unit: published.formula.unit,
        price_cents,
        count,
        total_cents,
    })
}

/// The cheapest formula of a unit that a receipt can name.
fn cheapest(formulas: &[PublishedFormula], unit: FormulaUnit) -> Option<&PublishedFormula> {
    let price_and_id = |it: &PublishedFormula| (it.formula.price_cents, it.id.clone());
    formulas
        .iter()
        .filter(|it| it.formula.unit == unit)
        .filter(|it| (1..=FORMULA_ID_BYTES_MAX).contains(&it.id.len()))
        .min_by_key(|it| price_and_id(it))
}

fn twice(published: &PublishedFormula) -> Cents {
    Cents(published.formula.price_cents.0.saturating_mul(2))
}

/// What the next day at a host counts, said before arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The day, `YYYY-MM-DD` by the host's calendar.
    pub date: String,
    /// What all of it counts.
    pub day: HalfDays,
    /// What is still to be had of it, where that day has begun.
    pub from_now: Option<HalfDays>,
    /// What all of it costs a walk-in.
    pub value: Option<VisitValue>,
}

/// What the next day at a host counts: today or one of the next seven, the first on
/// which there is open time left. `None` where hours are published and there is none.
///
/// A space that publishes no hours, or names a time zone that does not exist, counts all
/// of today.
pub fn translate(
    hours: Option<(&OpeningHours, RecordReference)>,
    formulas: &[PublishedFormula],
    now: Timestamp,
) -> Result<Option<Translation>, UnknownTimeZone> {
    let mut date = date_at(hours, now)?;
    let has_hours = in_a_known_zone(hours).is_some();
    for _ in 0..=TRANSLATED_DAYS_AHEAD {
        let day = host_day(hours, date)?;
        date = date.tomorrow().map_err(|_| UnknownTimeZone)?;
        if has_hours && day.hours.open.is_empty() {
            continue;
        }
        // The calendar of a place that moved across the date line lacks a day.
        let Ok(civil) = CivilDay::of(&day) else {
            continue;
        };
        let open = civil.open(&day.hours)?;
        let opens = open.iter().map(|span| span.start).min();
        let closes = open.iter().map(|span| span.end).max();
        let (Some(opens), Some(closes)) = (opens, closes.filter(|at| *at > now)) else {
            continue;
        };
        let whole = half_days(&day, opens, closes)?;
        let has_begun = opens < now || !has_hours;
        let from_now = has_begun
            .then(|| half_days(&day, now, closes))
            .transpose()?;
        return Ok(Some(Translation {
            date: day.date,
            day: whole,
            from_now,
            value: value(whole, formulas),
        }));
    }
    Ok(None)
}

/// A day of a calendar, in instants.
struct CivilDay {
    zone: TimeZone,
    date: Date,
    /// The first second.
    start: Timestamp,
    /// The first second of the next day.
    end: Timestamp,
}

impl CivilDay {
    fn of(day: &HostDay) -> Result<Self, UnknownTimeZone> {
        let date: Date = day.date.parse().map_err(|_| UnknownTimeZone)?;
        let zone = zone(&day.hours.time_zone)?;
        let next = date.tomorrow().map_err(|_| UnknownTimeZone)?;
        let start = instant(&zone, date, Time::midnight())?;
        let end = instant(&zone, next, Time::midnight())?;
        // A calendar may lack a day (Samoa's has no 30 December 2011), and the form of a
        // date is not all that is read as one.
        if start >= end || date.to_string() != day.date {
            return Err(UnknownTimeZone);
        }
        Ok(Self {
            zone,
            date,
            start,
            end,
        })
    }

    /// When the wall clock shows a time on this day.
    fn at(&self, time: ClockTime) -> Result<Timestamp, UnknownTimeZone> {
        let part = |minutes: u16| i8::try_from(minutes).map_err(|_| UnknownTimeZone);
        let (hour, minute) = (part(time.minutes() / 60)?, part(time.minutes() % 60)?);
        match Time::new(hour, minute, 0, 0) {
            Ok(time) => instant(&self.zone, self.date, time),
            // 24:00, which a time of day is not elsewhere.
            Err(_) => Ok(self.end),
        }
    }

    /// The spans in which the space is open: all of the day where none is published.
    /// What the change to summer time leaves nothing of is not among them.
    fn open(&self, hours: &DayHours) -> Result<Vec<Range<Timestamp>>, UnknownTimeZone> {
        if hours.open.is_empty() {
            return Ok(vec![self.start..self.end]);
        }
        let span = |span: &DaySpan| Ok(self.at(span.from)?..self.at(span.to)?);
        let spans: Result<Vec<_>, _> = hours.open.iter().map(span).collect();
        Ok(spans?.into_iter().filter(|it| !it.is_empty()).collect())
    }
}

fn host_day(
    hours: Option<(&OpeningHours, RecordReference)>,
    date: Date,
) -> Result<HostDay, UnknownTimeZone> {
    let record = hours.map(|(_, record)| record);
    let Some(hours) = in_a_known_zone(hours) else {
        let boundary = ClockTime::parse(BOUNDARY_UNLESS_PUBLISHED).ok_or(UnknownTimeZone)?;
        return Ok(HostDay {
            date: date.to_string(),
            hours: DayHours {
                record,
                time_zone: TIME_ZONE_UNLESS_PUBLISHED.to_owned(),
                half_day_boundary: boundary,
                open: Vec::new(),
            },
        });
    };
    let weekday = opening::weekday(date.weekday());
    let of_that_day = hours.weekly.iter().filter(|span| span.day == weekday);
    Ok(HostDay {
        date: date.to_string(),
        hours: DayHours {
            record,
            time_zone: hours.time_zone.clone(),
            half_day_boundary: hours.half_day_boundary,
            open: of_that_day
                .map(|span| DaySpan {
                    from: span.from,
                    to: span.to,
                })
                .collect(),
        },
    })
}

/// The hours, where they name a time zone that exists.
fn in_a_known_zone(hours: Option<(&OpeningHours, RecordReference)>) -> Option<&OpeningHours> {
    let (hours, _) = hours?;
    opening::is_time_zone(&hours.time_zone).then_some(hours)
}

fn date_at(
    hours: Option<(&OpeningHours, RecordReference)>,
    at: Timestamp,
) -> Result<Date, UnknownTimeZone> {
    let name = in_a_known_zone(hours).map_or(TIME_ZONE_UNLESS_PUBLISHED, |it| &it.time_zone);
    let at = jiff::Timestamp::from_second(at.0).map_err(|_| UnknownTimeZone)?;
    Ok(at.to_zoned(zone(name)?).date())
}

fn zone(name: &str) -> Result<TimeZone, UnknownTimeZone> {
    opening::zone(name).ok_or(UnknownTimeZone)
}

fn instant(zone: &TimeZone, date: Date, time: Time) -> Result<Timestamp, UnknownTimeZone> {
    let zoned = date.to_datetime(time).to_zoned(zone.clone());
    let zoned = zoned.map_err(|_| UnknownTimeZone)?;
    Ok(Timestamp(zoned.timestamp().as_second()))
}

#[cfg(test)]
#[path = "visit_properties.rs"]
mod properties;
#[cfg(test)]
#[path = "visit_tests.rs"]
mod tests;
