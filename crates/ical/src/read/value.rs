//! Single values: times, lengths, texts, places.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::Why;
use crate::{Geo, clean_text};

/// A time as a file says it.
#[derive(Debug, Clone)]
pub(super) enum When {
    /// A whole day.
    Day(Date),
    /// A moment.
    Utc(DateTime),
    /// On a wall clock that the file does not name.
    Wall(DateTime),
    /// On the wall clock of a zone.
    Zone(DateTime, Place),
}

/// A time zone and its name.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Its IANA name.
    pub(super) name: String,
    /// The zone.
    pub(super) zone: TimeZone,
}

impl Place {
    /// The zone of a name that some program wrote, in whatever capitals.
    pub(super) fn of(name: &str) -> Option<Self> {
        let zone = TimeZone::get(name).ok()?;
        let name = zone.iana_name()?.to_owned();
        crate::is_time_zone(&name).then_some(Self { name, zone })
    }

    /// The moment at which its clock shows this; the first, where it does so twice.
    pub(super) fn moment(&self, at: DateTime) -> Option<Timestamp> {
        self.zone.to_ambiguous_timestamp(at).compatible().ok()
    }

    /// What its clock shows at a moment, if that says which moment it was.
    pub(super) fn clock_at(&self, moment: Timestamp) -> Option<DateTime> {
        let shown = self.zone.to_datetime(moment);
        (self.moment(shown) == Some(moment)).then_some(shown)
    }
}

impl When {
    /// The moment; a wall clock that was not named hangs at `place`.
    pub(super) fn moment(&self, place: &Place) -> Option<Timestamp> {
        match self {
            Self::Day(date) => place.moment(date.to_datetime(jiff::civil::Time::MIN)),
            Self::Utc(at) => TimeZone::UTC.to_timestamp(*at).ok(),
            Self::Wall(at) => place.moment(*at),
            Self::Zone(at, place) => place.moment(*at),
        }
    }

    /// The date that the file says.
    pub(super) fn date(&self) -> Date {
        match self {
            Self::Day(date) => *date,
            Self::Utc(at) | Self::Wall(at) | Self::Zone(at, _) => at.date(),
        }
    }
}

/// What a date or time looks like by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// `20260412`.
    Day(Date),
    /// `20260412T183000`.
    Wall(DateTime),
    /// `20260412T183000Z`.
    Utc(DateTime),
}

/// A date, or a time of a day.
pub(super) fn date_or_time(text: &str) -> Option<Written> {
    let text = text.trim();
    let (day, time) = match text.split_once(['T', 't']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let (year, month, day) = (
        number(day, 0, 4)?,
        number(day, 4, 2)?,
        number(day.get(..8).filter(|it| *it == day)?, 6, 2)?,
    );
    let date = Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let Some(time) = time else {
        return Some(Written::Day(date));
    };
    let digits = time.strip_suffix(['Z', 'z']);
    let is_utc = digits.is_some();
    let digits = digits.unwrap_or(time);
    if digits.len() != 6 {
        return None;
    }
    let part = |at| number(digits, at, 2).and_then(|it| i8::try_from(it).ok());
    // A second that was added to a day is the one before.
    let (hour, minute, second) = (part(0)?, part(2)?, part(4)?.min(59));
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    let at = date.to_datetime(time);
    Some(if is_utc {
        Written::Utc(at)
    } else {
        Written::Wall(at)
    })
}

/// So many digits from there on.
fn number(text: &str, at: usize, digits: usize) -> Option<i16> {
    let digits = text.get(at..at + digits)?;
    let is_number = digits.bytes().all(|it| it.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// A length: whole days, which are as long as the clock makes them, and seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) days: i64,
    pub(super) seconds: i64,
}

/// `P1W`, `P1DT2H`, `PT1H30M` (RFC 5545 §3.3.6). Nothing lasts less than no time.
pub(super) fn length(text: &str) -> Option<Length> {
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_prefix('+').unwrap_or(&text);
    let mut rest = text.strip_prefix('P').filter(|it| !it.is_empty())?;
    let mut length = Length {
        days: 0,
        seconds: 0,
    };
    let mut is_time = false;
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            if is_time || time.is_empty() {
                return None;
            }
            (is_time, rest) = (true, time);
            continue;
        }
        let end = rest.find(|it: char| !it.is_ascii_digit())?;
        let (digits, unit) = rest.split_at_checked(end)?;
        // More digits than the number of seconds of any event has.
        if digits.is_empty() || digits.len() > 10 {
            return None;
        }
        let number: i64 = digits.parse().ok()?;
        let mut unit = unit.chars();
        match (unit.next()?, is_time) {
            ('W', false) => length.days += number * 7,
            ('D', false) => length.days += number,
            ('H', true) => length.seconds += number * 3600,
            ('M', true) => length.seconds += number * 60,
            ('S', true) => length.seconds += number,
            _ => return None,
        }
        rest = unit.as_str();
    }
    Some(length)
}

/// The parts of a list of texts, each with its escapes undone.
pub(super) fn texts(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut text = String::new();
    let mut letters = value.chars();
    while let Some(it) = letters.next() {
        match it {
            ',' => all.push(std::mem::take(&mut text)),
            '\\' => match letters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(it @ ('\\' | ';' | ',' | ':' | '"')) => text.push(it),
                // Not an escape: a folder of Windows, or a letter that was cut off.
                other => {
                    text.push('\\');
                    text.extend(other);
                }
            },
            it => text.push(it),
        }
    }
    all.push(text);
    all.iter().map(|it| clean_text(it)).collect()
}

/// A text. Commas that were not escaped are commas.
pub(super) fn text(value: &str) -> String {
    texts(value).join(",")
}

/// `48.85;2.35`. Degrees are read as decimals, never as floating point.
pub(super) fn geo(value: &str) -> Result<Geo, Why> {
    let value = value.replace('\\', "");
    let (north, east) = value.split_once(';').ok_or(Why::BadPlace)?;
    let degrees = |text: &str, most: i32| {
        let found = degrees_e6(text.trim())?;
        (found.abs() <= most * 1_000_000).then_some(found)
    };
    Ok(Geo {
        latitude_e6: degrees(north, 90).ok_or(Why::BadPlace)?,
        longitude_e6: degrees(east, 180).ok_or(Why::BadPlace)?,
    })
}

fn degrees_e6(text: &str) -> Option<i32> {
    let (is_south, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || whole.len() > 3 {
        return None;
    }
    let millionths: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let e6 = whole.parse::<i32>().ok()? * 1_000_000 + millionths.parse::<i32>().ok()?;
    Some(if is_south { -e6 } else { e6 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_read() {
        let at: DateTime = "2026-04-12T18:30:00".parse().unwrap();
        for (text, expected) in [
            ("20260412", Some(Written::Day(at.date()))),
            ("20260412T183000", Some(Written::Wall(at))),
            (" 20260412t183000z ", Some(Written::Utc(at))),
            ("20260412T1830", None),
            ("20260412T183000+0200", None),
            ("20260230", None),
            ("202604", None),
            ("2026041", None),
            ("202604120", None),
            ("20260412T250000", None),
            ("2026-04-12", None),
            ("+0260412", None),
            ("2026041é", None),
            ("", None),
            ("T", None),
        ] {
            assert_eq!(date_or_time(text), expected, "{text}");
        }
        let leap = date_or_time("20161231T235960Z").unwrap();
        assert_eq!(leap, Written::Utc("2016-12-31T23:59:59".parse().unwrap()));
    }

    #[test]
    fn lengths_are_read() {
        for (text, expected) in [
            ("PT1H30M", Some((0, 5400))),
            ("P1DT2H", Some((1, 7200))),
            ("+P2W", Some((14, 0))),
            ("pt15m", Some((0, 900))),
            ("PT0S", Some((0, 0))),
            (
                "P9999999999WT9999999999H",
                Some((69_999_999_993, 35_999_999_996_400)),
            ),
            ("-PT1H", None),
            ("PT", None),
            ("P", None),
            ("P1H", None),
            ("PT1D", None),
            ("PTT1H", None),
            ("PT99999999999S", None),
            ("PT1é", None),
            ("1H", None),
        ] {
            let found = length(text).map(|it| (it.days, it.seconds));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn escapes_are_undone_and_what_is_none_stays() {
        assert_eq!(
            text("a\\, b\\; c\\n d\\N e\\\\n, f"),
            "a, b; c\n d\n e\\n, f"
        );
        assert_eq!(text("C:\\temp \\: \\\" \\"), "C:\\temp : \" \\");
        assert_eq!(texts("un,deux\\,trois,,"), ["un", "deux,trois", "", ""]);
        assert_eq!(text("a\u{0}\u{7}b\tc\u{2028}d"), "ab\tc\nd");
    }

    #[test]
    fn places_are_read_as_decimals() {
        let e6 = |text: &str| geo(text).map(|it| (it.latitude_e6, it.longitude_e6));
        for (text, expected) in [
            ("45.566667;5.933000", (45_566_667, 5_933_000)),
            ("-21.1;+55.5", (-21_100_000, 55_500_000)),
            ("45.56666666666667\\;5", (45_566_666, 5_000_000)),
            ("-0.5;-0.25", (-500_000, -250_000)),
            ("90;180", (90_000_000, 180_000_000)),
        ] {
            assert_eq!(e6(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "45",
            "45;",
            ";5",
            "91;0",
            "0;181",
            "90.000001;0",
            "1e1;2",
            "nan;inf",
            "4555;1",
            "45,5;1",
        ] {
            assert_eq!(e6(text), Err(Why::BadPlace), "{text}");
        }
    }
}
