//! Rules as files say them.

use std::collections::BTreeSet;

use jiff::civil::Weekday;

use super::Why;
use super::value::{Written, date_or_time};
use crate::{DayOfRule, End, Frequency, Rule};

/// A rule whose end is still as the file says it.
#[derive(Debug)]
pub(super) struct WrittenRule {
    /// The rule, without end or with a count.
    pub(super) rule: Rule,
    /// The last moment.
    pub(super) until: Option<Written>,
}

/// Reads the value of `RRULE`.
pub(super) fn rule(value: &str) -> Result<WrittenRule, Why> {
    let mut seen = BTreeSet::new();
    let mut rule = Rule::every(Frequency::Yearly);
    let mut until = None;
    let parts = value.split(';').map(str::trim).filter(|it| !it.is_empty());
    for part in parts {
        let (name, value) = part.split_once('=').ok_or(Why::BadRule)?;
        let (name, value) = (name.trim().to_ascii_uppercase(), value.trim());
        if !seen.insert(name.clone()) {
            return Err(Why::BadRule);
        }
        match name.as_str() {
            "FREQ" => rule.frequency = frequency(value)?,
            "INTERVAL" => rule.interval = at_least_one(value)?,
            "COUNT" => rule.end = End::Count(at_least_one(value)?),
            "UNTIL" => until = Some(date_or_time(value).ok_or(Why::BadRule)?),
            "BYDAY" => rule.by_day = list(value, day)?,
            "BYMONTHDAY" => rule.by_month_day = list(value, |it| signed(it, 31))?,
            "BYMONTH" => rule.by_month = list(value, month)?,
            "BYSETPOS" => rule.by_set_position = list(value, |it| signed(it, 366))?,
            "WKST" => rule.week_start = weekday(value).ok_or(Why::BadRule)?,
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => return Err(Why::RuleWithinADay),
            _ => return Err(Why::RuleOfAnotherKind),
        }
    }
    let has = |name: &str| seen.contains(name);
    let is_of_weeks = matches!(rule.frequency, Frequency::Daily | Frequency::Weekly);
    let has_ordinal = rule.by_day.iter().any(|it| it.ordinal.is_some());
    let is_wrong = !has("FREQ")
        || (has("COUNT") && has("UNTIL"))
        || (is_of_weeks && has_ordinal)
        || (rule.frequency == Frequency::Weekly && has("BYMONTHDAY"))
        || (has("BYSETPOS") && !(has("BYDAY") || has("BYMONTHDAY") || has("BYMONTH")));
    if is_wrong {
        return Err(Why::BadRule);
    }
    Ok(WrittenRule { rule, until })
}

fn frequency(value: &str) -> Result<Frequency, Why> {
    match value.to_ascii_uppercase().as_str() {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        "SECONDLY" | "MINUTELY" | "HOURLY" => Err(Why::RuleWithinADay),
        _ => Err(Why::BadRule),
    }
}

fn at_least_one(value: &str) -> Result<u32, Why> {
    let number = value.parse().ok().filter(|it| *it >= 1);
    number.ok_or(Why::BadRule)
}

fn month(text: &str) -> Option<u8> {
    let month = text.parse().ok()?;
    (1..=12).contains(&month).then_some(month)
}

/// A number that is not 0, from the end where negative.
fn signed<T: TryFrom<i16>>(text: &str, most: u16) -> Option<T> {
    let number: i16 = text.parse().ok()?;
    let is_within = (1..=most).contains(&number.unsigned_abs());
    is_within.then_some(number)?.try_into().ok()
}

fn list<T>(value: &str, item: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Why> {
    let items = value.split(',').map(|it| item(it.trim()));
    items.collect::<Option<_>>().ok_or(Why::BadRule)
}

/// `MO`, `-1SU`.
fn day(text: &str) -> Option<DayOfRule> {
    let at = text.len().checked_sub(2)?;
    let (ordinal, code) = text.split_at_checked(at)?;
    let ordinal = if ordinal.is_empty() {
        None
    } else {
        Some(signed(ordinal, 53)?)
    };
    Some(DayOfRule {
        ordinal,
        weekday: weekday(code)?,
    })
}

fn weekday(code: &str) -> Option<Weekday> {
    let all = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    let mut all = all.into_iter();
    all.find(|it| crate::write::weekday_code(*it).eq_ignore_ascii_case(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_that_can_be_said_is_read() {
        let found = rule(
            "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=MO,-1SU,+2FR;BYMONTHDAY=1,-31;\
             BYMONTH=1,12;BYSETPOS=-1,366;WKST=SU",
        );
        let day = |ordinal, weekday| DayOfRule { ordinal, weekday };
        let expected = Rule {
            frequency: Frequency::Monthly,
            interval: 2,
            end: End::Count(10),
            by_day: vec![
                day(None, Weekday::Monday),
                day(Some(-1), Weekday::Sunday),
                day(Some(2), Weekday::Friday),
            ],
            by_month_day: vec![1, -31],
            by_month: vec![1, 12],
            by_set_position: vec![-1, 366],
            week_start: Weekday::Sunday,
        };
        assert_eq!(found.unwrap().rule, expected);
    }

    #[test]
    fn small_letters_blanks_and_an_empty_part_are_no_matter() {
        let found = rule(" freq=weekly ; byday=mo, tu;until=20261231T235959z;").unwrap();
        assert_eq!(found.rule.by_day.len(), 2);
        assert!(matches!(found.until, Some(Written::Utc(_))));
    }

    #[test]
    fn what_is_not_taken_is_told_apart_from_what_is_wrong() {
        for (value, why) in [
            ("FREQ=HOURLY", Why::RuleWithinADay),
            ("FREQ=SECONDLY;COUNT=2", Why::RuleWithinADay),
            ("FREQ=DAILY;BYHOUR=9,18", Why::RuleWithinADay),
            ("FREQ=YEARLY;BYWEEKNO=20", Why::RuleOfAnotherKind),
            ("FREQ=YEARLY;BYYEARDAY=-1", Why::RuleOfAnotherKind),
            ("FREQ=YEARLY;SKIP=BACKWARD", Why::RuleOfAnotherKind),
            ("FREQ=FORTNIGHTLY", Why::BadRule),
            ("INTERVAL=2", Why::BadRule),
            ("", Why::BadRule),
            ("FREQ", Why::BadRule),
            ("FREQ=DAILY;FREQ=DAILY", Why::BadRule),
            ("FREQ=DAILY;COUNT=1;UNTIL=20260101", Why::BadRule),
            ("FREQ=DAILY;COUNT=0", Why::BadRule),
            ("FREQ=DAILY;INTERVAL=0", Why::BadRule),
            ("FREQ=DAILY;INTERVAL=4294967296", Why::BadRule),
            ("FREQ=DAILY;UNTIL=soon", Why::BadRule),
            ("FREQ=WEEKLY;BYDAY=1MO", Why::BadRule),
            ("FREQ=WEEKLY;BYMONTHDAY=1", Why::BadRule),
            ("FREQ=MONTHLY;BYSETPOS=1", Why::BadRule),
            ("FREQ=MONTHLY;BYDAY=0MO", Why::BadRule),
            ("FREQ=MONTHLY;BYDAY=54MO", Why::BadRule),
            ("FREQ=MONTHLY;BYDAY=", Why::BadRule),
            ("FREQ=MONTHLY;BYDAY=é", Why::BadRule),
            ("FREQ=MONTHLY;BYMONTHDAY=32", Why::BadRule),
            ("FREQ=MONTHLY;BYMONTHDAY=-32768", Why::BadRule),
            ("FREQ=YEARLY;BYMONTH=13", Why::BadRule),
            ("FREQ=YEARLY;BYMONTH=1,", Why::BadRule),
        ] {
            assert_eq!(rule(value).err(), Some(why), "{value}");
        }
    }
}
