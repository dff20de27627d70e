//! Money, dates and times of day, as each language writes them.
//!
//! A line never breaks inside a figure: its spaces are no-break spaces.

use fluent_bundle::FluentValue;
use jiff::Zoned;
use jiff::tz::TimeZone;
use wire::space::{ClockTime, FormulaUnit, Weekday};
use wire::{Cents, Timestamp};

use crate::language::Language;
use crate::words::{Message, Words};

/// The time zone of a space that publishes none, or none that exists.
pub(crate) const TIME_ZONE: &str = "Europe/Paris";

/// The most characters of a day that is none.
const DAY_CHARS_MAX: usize = 20;

const MINUTE_SECONDS: i64 = 60;
const HOUR_SECONDS: i64 = 60 * MINUTE_SECONDS;
const DAY_SECONDS: i64 = 24 * HOUR_SECONDS;

/// The zone of that name, else the usual one.
pub(crate) fn zone(name: Option<&str>) -> TimeZone {
    let get = |name: &str| TimeZone::get(name).ok();
    name.and_then(get)
        .or_else(|| get(TIME_ZONE))
        .unwrap_or(TimeZone::UTC)
}

/// `15 €` or `€15`; cents only where there are some.
pub(crate) fn money(language: Language, amount: Cents) -> String {
    let (euros, cents) = (amount.0 / 100, (amount.0 % 100).abs());
    let separator = match language {
        Language::French => '\u{202f}',
        Language::English => ',',
    };
    let euros = in_thousands(euros, separator);
    match (language, cents) {
        (Language::French, 0) => format!("{euros}\u{a0}€"),
        (Language::French, _) => format!("{euros},{cents:02}\u{a0}€"),
        (Language::English, 0) => format!("€{euros}"),
        (Language::English, _) => format!("€{euros}.{cents:02}"),
    }
}

fn in_thousands(number: i64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left.is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// `9 h 30` or `9:30`; midnight has a name.
pub(crate) fn time_of_day(words: &Words, time: ClockTime) -> String {
    clock(words, time.minutes())
}

fn clock(words: &Words, minutes: u16) -> String {
    let (hour, minute) = (minutes / 60, minutes % 60);
    match (words.language, hour, minute) {
        (_, 0 | 24, 0) => words.say(Message::TimeMidnight),
        (Language::French, _, 0) => format!("{hour}\u{a0}h"),
        (Language::French, _, _) => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
        (Language::English, _, _) => format!("{hour}:{minute:02}"),
    }
}

/// A moment on the wall clock of a zone; `None` for one that no calendar reaches.
fn civil(moment: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    let moment = jiff::Timestamp::from_second(moment.0).ok()?;
    Some(moment.to_zoned(zone.clone()))
}

/// `12 novembre 2026`.
pub(crate) fn date(words: &Words, moment: Timestamp, zone: &TimeZone) -> String {
    let Some(there) = civil(moment, zone) else {
        return words.say(Message::DateUnknown);
    };
    civil_date(words, there.date())
}

fn civil_date(words: &Words, there: jiff::civil::Date) -> String {
    let day = FluentValue::from(i64::from(there.day()));
    let month = FluentValue::from(words.say(month(there.month())));
    let year = FluentValue::from(there.year().to_string());
    words.say_with(
        Message::Date,
        &[("day", day), ("month", month), ("year", year)],
    )
}

/// `14 h 05`, on the wall clock of a zone.
pub(crate) fn time(words: &Words, moment: Timestamp, zone: &TimeZone) -> String {
    let Some(there) = civil(moment, zone) else {
        return words.say(Message::DateUnknown);
    };
    let minutes = i32::from(there.hour()) * 60 + i32::from(there.minute());
    clock(words, u16::try_from(minutes).unwrap_or_default())
}

/// `14:05`, as a field for a time holds it.
pub(crate) fn machine_clock(moment: Timestamp, zone: &TimeZone) -> String {
    civil(moment, zone).map_or_else(String::new, |there| {
        format!("{:02}:{:02}", there.hour(), there.minute())
    })
}

/// The day of a moment, as a receipt has it.
pub(crate) fn machine_day(moment: Timestamp, zone: &TimeZone) -> String {
    civil(moment, zone).map_or_else(String::new, |there| there.date().to_string())
}

/// `jeudi 12 novembre 2026`, of a day as a receipt has it; what is no day as it is.
pub(crate) fn day(words: &Words, day: &str) -> String {
    let Ok(there) = day.parse::<jiff::civil::Date>() else {
        return wire::printable(day, DAY_CHARS_MAX);
    };
    let weekday = weekday(words, weekday_of(there.weekday()));
    let date = civil_date(words, there);
    words.say_with(
        Message::DateAndWeekday,
        &[("weekday", weekday.into()), ("date", date.into())],
    )
}

/// Our name of a calendar's day.
pub(crate) const fn weekday_of(day: jiff::civil::Weekday) -> Weekday {
    match day {
        jiff::civil::Weekday::Monday => Weekday::Monday,
        jiff::civil::Weekday::Tuesday => Weekday::Tuesday,
        jiff::civil::Weekday::Wednesday => Weekday::Wednesday,
        jiff::civil::Weekday::Thursday => Weekday::Thursday,
        jiff::civil::Weekday::Friday => Weekday::Friday,
        jiff::civil::Weekday::Saturday => Weekday::Saturday,
        jiff::civil::Weekday::Sunday => Weekday::Sunday,
    }
}

/// `12 novembre 2026 à 14 h 05`.
pub(crate) fn date_and_time(words: &Words, moment: Timestamp, zone: &TimeZone) -> String {
    if civil(moment, zone).is_none() {
        return words.say(Message::DateUnknown);
    }
    let time = time(words, moment, zone);
    let date = date(words, moment, zone);
    words.say_with(
        Message::DateAndTime,
        &[("date", date.into()), ("time", time.into())],
    )
}

/// The moment as a machine reads it, for `<time datetime>`.
pub(crate) fn machine_time(moment: Timestamp) -> Option<String> {
    let moment = jiff::Timestamp::from_second(moment.0).ok()?;
    Some(moment.to_string())
}

/// `il y a 3 minutes`, for what is less than a day old or not yet over.
pub(crate) fn ago(words: &Words, earlier: Timestamp, now: Timestamp) -> String {
    let seconds = now.seconds_since(earlier);
    let (message, count) = match seconds {
        ..MINUTE_SECONDS => return words.say(Message::AgoNow),
        MINUTE_SECONDS..HOUR_SECONDS => (Message::AgoMinutes, seconds / MINUTE_SECONDS),
        HOUR_SECONDS..DAY_SECONDS => (Message::AgoHours, seconds / HOUR_SECONDS),
        DAY_SECONDS.. => (Message::AgoDays, seconds / DAY_SECONDS),
    };
    words.say_with(message, &[("count", count.into())])
}

fn month(number: i8) -> Message {
    match number {
        1 => Message::MonthJanuary,
        2 => Message::MonthFebruary,
        3 => Message::MonthMarch,
        4 => Message::MonthApril,
        5 => Message::MonthMay,
        6 => Message::MonthJune,
        7 => Message::MonthJuly,
        8 => Message::MonthAugust,
        9 => Message::MonthSeptember,
        10 => Message::MonthOctober,
        11 => Message::MonthNovember,
        _ => Message::MonthDecember,
    }
}

/// The name of a day of the week.
pub(crate) fn weekday(words: &Words, day: Weekday) -> String {
    words.say(match day {
        Weekday::Monday => Message::WeekdayMonday,
        Weekday::Tuesday => Message::WeekdayTuesday,
        Weekday::Wednesday => Message::WeekdayWednesday,
        Weekday::Thursday => Message::WeekdayThursday,
        Weekday::Friday => Message::WeekdayFriday,
        Weekday::Saturday => Message::WeekdaySaturday,
        Weekday::Sunday => Message::WeekdaySunday,
    })
}

/// The unit of a price, as in a price list.
pub(crate) fn unit(words: &Words, unit: FormulaUnit) -> String {
    words.say(match unit {
        FormulaUnit::Hour => Message::UnitHour,
        FormulaUnit::HalfDay => Message::UnitHalfDay,
        FormulaUnit::Day => Message::UnitDay,
        FormulaUnit::Week => Message::UnitWeek,
        FormulaUnit::Month => Message::UnitMonth,
        FormulaUnit::Year => Message::UnitYear,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_money(cents: i64, french: &str, english: &str) {
        assert_eq!(money(Language::French, Cents(cents)), french);
        assert_eq!(money(Language::English, Cents(cents)), english);
    }

    #[test]
    fn money_shows_cents_only_where_there_are_some() {
        check_money(1500, "15\u{a0}€", "€15");
        check_money(1250, "12,50\u{a0}€", "€12.50");
        check_money(5, "0,05\u{a0}€", "€0.05");
        check_money(0, "0\u{a0}€", "€0");
        check_money(120_000, "1\u{202f}200\u{a0}€", "€1,200");
        check_money(100_000_000, "1\u{202f}000\u{202f}000\u{a0}€", "€1,000,000");
    }

    #[track_caller]
    fn check_date(at: &str, zone_name: Option<&str>, french: &str, english: &str) {
        let moment = Timestamp(at.parse::<jiff::Timestamp>().unwrap().as_second());
        for (language, expected) in [(Language::French, french), (Language::English, english)] {
            let shown = date_and_time(Words::of(language), moment, &zone(zone_name));
            assert_eq!(shown.replace(['\u{a0}', '\u{202f}'], " "), expected);
        }
    }

    #[test]
    fn a_date_is_that_of_the_place() {
        check_date(
            "2026-11-12T13:05:00Z",
            None,
            "12 novembre 2026 à 14 h 05",
            "12 November 2026 at 14:05",
        );
        check_date(
            "2026-07-31T22:00:00Z",
            None,
            "1er août 2026 à minuit",
            "1 August 2026 at midnight",
        );
        check_date(
            "2026-07-31T22:00:00Z",
            Some("Indian/Reunion"),
            "1er août 2026 à 2 h",
            "1 August 2026 at 2:00",
        );
        check_date(
            "2026-07-31T21:59:59Z",
            Some("Europe/Chambery"),
            "31 juillet 2026 à 23 h 59",
            "31 July 2026 at 23:59",
        );
    }

    #[test]
    fn a_moment_beyond_every_calendar_is_not_a_reason_to_fail() {
        let words = Words::of(Language::French);
        for moment in [Timestamp(i64::MAX), Timestamp(i64::MIN)] {
            assert_eq!(date(words, moment, &zone(None)), "(date inconnue)");
            assert_eq!(machine_time(moment), None);
        }
    }

    #[test]
    fn what_was_heard_is_told_in_the_largest_whole_unit() {
        for (seconds, french, english) in [
            (-90, "à l’instant", "just now"),
            (59, "à l’instant", "just now"),
            (60, "il y a 1 minute", "1 minute ago"),
            (185, "il y a 3 minutes", "3 minutes ago"),
            (3600, "il y a 1 heure", "1 hour ago"),
            (86_399, "il y a 23 heures", "23 hours ago"),
            (86_400, "il y a 1 jour", "1 day ago"),
            (200_000, "il y a 2 jours", "2 days ago"),
        ] {
            for (language, expected) in [(Language::French, french), (Language::English, english)] {
                let shown = ago(Words::of(language), Timestamp(0), Timestamp(seconds));
                assert_eq!(shown.replace('\u{a0}', " "), expected);
            }
        }
    }

    #[test]
    fn a_field_and_a_receipt_have_the_day_and_the_time_of_the_place() {
        let moment = Timestamp(1_775_512_740);
        for (zone_name, day, time) in [
            ("Europe/Paris", "2026-04-06", "23:59"),
            ("Indian/Reunion", "2026-04-07", "01:59"),
        ] {
            let zone = zone(Some(zone_name));
            assert_eq!(machine_day(moment, &zone), day);
            assert_eq!(machine_clock(moment, &zone), time);
        }
        let never = Timestamp(i64::MAX);
        assert_eq!(machine_clock(never, &zone(None)), "");
        assert_eq!(
            time(Words::of(Language::French), never, &zone(None)),
            "(date inconnue)"
        );
    }

    #[test]
    fn a_day_is_said_with_its_name() {
        let (french, english) = (Words::of(Language::French), Words::of(Language::English));
        for (text, in_french, in_english) in [
            ("2026-04-06", "lundi 6 avril 2026", "Monday 6 April 2026"),
            ("2026-05-01", "vendredi 1er mai 2026", "Friday 1 May 2026"),
            ("2026-02-30", "2026-02-30", "2026-02-30"),
            ("\u{202e}<b>", "<b>", "<b>"),
        ] {
            assert_eq!(day(french, text).replace('\u{a0}', " "), in_french);
            assert_eq!(day(english, text), in_english);
        }
    }
}
