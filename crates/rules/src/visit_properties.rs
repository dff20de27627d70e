//! What holds of every visit, on whatever day it was.

use proptest::prelude::*;

use super::*;
use crate::random_days;

/// How long the space is open in a presence.
fn open_seconds(day: &HostDay, from: Timestamp, to: Timestamp) -> i64 {
    let open = CivilDay::of(day).unwrap().open(&day.hours).unwrap();
    let seconds = |span: Range<Timestamp>| span.end.min(to).seconds_since(span.start.max(from));
    open.into_iter().map(|span| seconds(span).max(0)).sum()
}

/// What a clock on the wall that is never changed would count, minute by minute.
fn by_the_wall(day: &HostDay, start: Timestamp, from: Timestamp, to: Timestamp) -> HalfDays {
    let minute = |at: Timestamp| u16::try_from(at.seconds_since(start) / 60).unwrap();
    let half = |at: Timestamp| {
        if minute(at) < day.hours.half_day_boundary.minutes() {
            HalfDays::of(&[HalfDay::Morning])
        } else {
            HalfDays::of(&[HalfDay::Afternoon])
        }
    };
    let is_open = |at: &Timestamp| {
        let shown =
            |span: &DaySpan| (span.from.minutes()..span.to.minutes()).contains(&minute(*at));
        day.hours.open.is_empty() || day.hours.open.iter().any(shown)
    };
    let minutes = (from.0 + 1..to.0).filter(|at| (at - start.0) % 60 == 0);
    let moments = std::iter::once(from.0).chain(minutes).map(Timestamp);
    let counted = moments
        .filter(|at| *at < to)
        .filter(is_open)
        .map(half)
        .fold(HalfDays::NONE, HalfDays::and);
    if counted.is_none() {
        half(from)
    } else {
        counted
    }
}

proptest! {
    #[test]
    fn a_visit_counts_one_half_day_or_two_and_never_less_for_staying(
        it in random_days::days()
    ) {
        let [a, b, c] = it.moments;
        prop_assume!(a < it.end);
        prop_assert_eq!(end_of_day(&it.day), Ok(it.end));
        let short = half_days(&it.day, a, b).unwrap();
        let long = half_days(&it.day, a, c).unwrap();
        prop_assert!((1..=2).contains(&short.count()));
        prop_assert!(short.count() <= long.count());
        prop_assert!(short.is_within(long) || open_seconds(&it.day, a, b) == 0);
        // Past midnight nothing is added.
        let over = half_days(&it.day, a, it.end.plus_seconds(40_000));
        prop_assert_eq!(over, half_days(&it.day, a, it.end));
    }

    #[test]
    fn parts_of_a_presence_count_what_the_whole_counts(it in random_days::days()) {
        let [a, b, c] = it.moments;
        prop_assume!(a < it.end);
        let whole = half_days(&it.day, a, c).unwrap();
        let first = half_days(&it.day, a, b).unwrap();
        let second = half_days(&it.day, b, c).unwrap();
        prop_assert!(whole.is_within(first.and(second)));
        if open_seconds(&it.day, a, b) > 0 && open_seconds(&it.day, b, c) > 0 {
            prop_assert_eq!(first.and(second), whole);
        }
    }

    #[test]
    fn where_no_clock_is_changed_the_wall_is_right(it in random_days::days()) {
        let zone = TimeZone::get(&it.day.hours.time_zone).unwrap();
        let start = jiff::Timestamp::from_second(it.start.0).unwrap();
        let next = zone.following(start).next();
        let end = jiff::Timestamp::from_second(it.end.0).unwrap();
        // A day that begins with the change is shorter, and has none after its start.
        let is_changed = it.end.seconds_since(it.start) != DAY_SECONDS
            || next.is_some_and(|change| change.timestamp() <= end);
        let [a, _, c] = it.moments;
        if is_changed || a >= it.end {
            return Ok(());
        }
        let expected = by_the_wall(&it.day, it.start, a, c);
        prop_assert_eq!(half_days(&it.day, a, c), Ok(expected));
    }

    #[test]
    fn a_forgotten_visit_ends_on_its_day_and_after_it_began(it in random_days::days()) {
        let [a, ..] = it.moments;
        prop_assume!(a < it.end);
        let ends = closing(&it.day, a).unwrap();
        prop_assert!(a < ends && ends <= it.end);
        let open = open_seconds(&it.day, ends, it.end);
        prop_assert!(open == 0);
    }

    #[test]
    fn what_was_said_before_arrival_is_what_the_receipt_will_say(
        it in random_days::days(),
        formulas in random_days::formulas(),
    ) {
        let [now, ..] = it.moments;
        let translation = translate(it.published(), &formulas, now).unwrap();
        let Some(translation) = translation else {
            let days: Vec<_> = (0..=7)
                .map(|days| day_at(it.published(), now.plus_seconds(days * DAY_SECONDS)).unwrap())
                .collect();
            prop_assert!(it.hours.is_some());
            // Two days of one name may have nothing left: one over, one cut short.
            let open: usize = days.iter().map(|day| day.hours.open.len()).sum();
            let left = open_seconds(&days[0], now, end_of_day(&days[0]).unwrap());
            prop_assert!(open == 0 || left == 0);
            return Ok(());
        };
        let day = host_day(it.published(), translation.date.parse().unwrap()).unwrap();
        let civil = CivilDay::of(&day).unwrap();
        let opens = civil.open(&day.hours).unwrap().into_iter().map(|span| span.start).min().unwrap();
        let closes = closing(&day, opens).unwrap();
        prop_assert!(now < closes);
        // The desk finds the same day when the visitor comes at its opening.
        prop_assert_eq!(&day_at(it.published(), opens).unwrap(), &day);
        let counted = half_days(&day, opens, closes).unwrap();
        prop_assert_eq!(translation.day, counted);
        prop_assert_eq!(translation.value, value(counted, &formulas));
        let rest = (opens < now || it.hours.is_none())
            .then(|| half_days(&day, now, closes).unwrap());
        prop_assert_eq!(translation.from_now, rest);
    }

    #[test]
    fn of_all_that_fits_a_walk_in_pays_the_least(
        (is_morning, is_afternoon) in any::<(bool, bool)>(),
        formulas in random_days::formulas(),
    ) {
        let half_days = HalfDays { morning: is_morning, afternoon: is_afternoon };
        let price = |unit: FormulaUnit| {
            let of_unit = formulas.iter().filter(|it| it.formula.unit == unit);
            of_unit.map(|it| it.formula.price_cents.0).min()
        };
        let (day, half) = (price(FormulaUnit::Day), price(FormulaUnit::HalfDay));
        let least = match half_days.count() {
            0 => None,
            1 => half.or(day),
            _ => [day, half.map(|half| 2 * half)].into_iter().flatten().min(),
        };
        let value = value(half_days, &formulas);
        prop_assert_eq!(value.as_ref().map(|it| it.total_cents.0), least);
        if let Some(value) = value {
            prop_assert_eq!(value.price_cents.0 * i64::try_from(value.count).unwrap(), value.total_cents.0);
        }
    }
}
