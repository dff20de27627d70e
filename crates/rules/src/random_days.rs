//! Days of hosts anywhere, half of them days on which the clock is changed.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use wire::receipt::RecordReference;
use wire::space::{ClockTime, Formula, FormulaUnit, OpenSpan, OpeningHours, Weekday};
use wire::{Cents, Timestamp};

use crate::visit::{self, HostDay, PublishedFormula};

/// Clocks that change at night, at midnight, by half an hour, or never.
const ZONES: &[&str] = &[
    "Europe/Paris",
    "America/St_Johns",
    "America/Havana",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
];

/// The record that publishes the hours.
pub(crate) const RECORD: RecordReference = RecordReference { epoch: 1, seq: 7 };

/// Moments of one day at a host.
#[derive(Debug, Clone)]
pub(crate) struct DayOfMoments {
    /// The hours, where some are published.
    pub(crate) hours: Option<OpeningHours>,
    /// The day that they make.
    pub(crate) day: HostDay,
    /// Its first second.
    pub(crate) start: Timestamp,
    /// The first second after it.
    pub(crate) end: Timestamp,
    /// Three moments of it, in order, the last perhaps its end.
    pub(crate) moments: [Timestamp; 3],
}

impl DayOfMoments {
    /// The hours as the rules take them.
    pub(crate) fn published(&self) -> Option<(&OpeningHours, RecordReference)> {
        self.hours.as_ref().map(|hours| (hours, RECORD))
    }
}

/// A time of day.
fn clock_time(minutes: u16) -> ClockTime {
    ClockTime::parse(&format!("{:02}:{:02}", minutes / 60, minutes % 60)).unwrap()
}

fn times() -> impl Strategy<Value = u16> {
    // Where clocks are changed, times are many; 24:00 is one.
    prop_oneof![3 => 0_u16..=1440, 1 => 0_u16..=240, 1 => Just(780), 1 => Just(0), 1 => Just(1440)]
}

fn spans() -> impl Strategy<Value = Vec<OpenSpan>> {
    const DAYS: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    let of_a_day = btree_set(times(), 0..=8);
    vec(of_a_day, 7).prop_map(|days| {
        let weekly = DAYS.iter().zip(days).flat_map(|(day, times)| {
            let times: Vec<_> = times.into_iter().map(clock_time).collect();
            let span = |pair: &[ClockTime]| OpenSpan {
                day: *day,
                from: pair[0],
                to: pair[1],
            };
            times.chunks_exact(2).map(span).collect::<Vec<_>>()
        });
        weekly.collect()
    })
}

/// Opening hours, or none.
pub(crate) fn hours() -> impl Strategy<Value = Option<OpeningHours>> {
    let published = (prop::sample::select(ZONES), times(), spans());
    let published = published.prop_map(|(zone, boundary, weekly)| OpeningHours {
        time_zone: zone.to_owned(),
        half_day_boundary: clock_time(boundary),
        weekly,
        subscribers_at_all_hours: false,
        is_example: false,
    });
    prop::option::weighted(0.9, published)
}

/// A moment between 2012 and 2037: on half of the days the clock is changed, as long as
/// that time zone has such days.
fn moment(zone: &TimeZone, seconds: i64, is_changed: bool) -> jiff::Zoned {
    let start: jiff::Timestamp = "2012-01-03T00:00:00Z".parse().unwrap();
    let moment = start + jiff::SignedDuration::from_secs(seconds);
    let change = zone.following(moment).next().filter(|_| is_changed);
    let moment = change.map_or(moment, |change| change.timestamp());
    // The change may be the end of a day, or its start.
    let moment = moment - jiff::SignedDuration::from_secs(seconds % 2);
    moment.to_zoned(zone.clone())
}

/// A day and three moments of it.
pub(crate) fn days() -> impl Strategy<Value = DayOfMoments> {
    let seconds = 0_i64..(25 * 365 * 86_400);
    let parts = vec(0_u32..=10_000, 3);
    (hours(), seconds, any::<bool>(), parts).prop_map(|(hours, seconds, is_changed, parts)| {
        let name = hours.as_ref().map_or("Europe/Paris", |it| &it.time_zone);
        let zone = TimeZone::get(name).unwrap();
        let there = moment(&zone, seconds, is_changed);
        let at = Timestamp(there.timestamp().as_second());
        let day = visit::day_at(hours.as_ref().map(|it| (it, RECORD)), at).unwrap();
        let midnight = |date: Date| date.to_zoned(zone.clone()).unwrap().timestamp();
        let start = Timestamp(midnight(there.date()).as_second());
        let end = Timestamp(midnight(there.date().tomorrow().unwrap()).as_second());
        let length = end.seconds_since(start);
        let moment = |part: u32| start.plus_seconds(length * i64::from(part) / 10_000);
        let mut moments: Vec<_> = parts.into_iter().map(moment).collect();
        moments.sort_unstable();
        DayOfMoments {
            hours,
            day,
            start,
            end,
            moments: moments.try_into().unwrap(),
        }
    })
}

/// Formulas of all units, at prices that meet often.
pub(crate) fn formulas() -> impl Strategy<Value = Vec<PublishedFormula>> {
    let units = prop::sample::select(vec![
        FormulaUnit::Hour,
        FormulaUnit::HalfDay,
        FormulaUnit::Day,
        FormulaUnit::Month,
    ]);
    vec((units, 0_i64..12), 0..6).prop_map(|formulas| {
        let published = formulas.into_iter().zip(0..).map(|((unit, price), seq)| {
            let price_cents = Cents(price * 100);
            published(&format!("formula-{seq}"), unit, price_cents, seq)
        });
        published.collect()
    })
}

/// A formula at a price.
pub(crate) fn published(
    id: &str,
    unit: FormulaUnit,
    price_cents: Cents,
    seq: u64,
) -> PublishedFormula {
    PublishedFormula {
        id: id.to_owned(),
        record: RecordReference { epoch: 1, seq },
        formula: Formula {
            unit,
            price_cents,
            includes: None,
            is_example: false,
        },
    }
}
