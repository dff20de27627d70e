//! How an event comes again, in words.

use wire::event::{Event, Frequency, LocalTime, RecurrenceRule};

use super::when::local;
use crate::figures::{day, weekday};
use crate::words::{Message as M, Words};

/// How often it comes, and until when; nothing for what takes place once.
pub(crate) fn said(words: &Words, event: &Event) -> Option<String> {
    let [rule] = event.recurrence_rules.as_slice() else {
        return None;
    };
    Some(rule_said(words, &event.start, rule))
}

/// How often something that begins then comes again, and until when.
pub(crate) fn rule_said(words: &Words, start: &LocalTime, rule: &RecurrenceRule) -> String {
    let said = often(words, start, rule);
    if let Some(until) = &rule.until {
        let text = until.as_str();
        let date = text
            .get(..10)
            .map_or_else(|| local(words, until), |it| day(words, it));
        let variables = [("rule", said.into()), ("date", date.into())];
        return words.say_with(M::RuleUntil, &variables);
    }
    if let Some(count) = rule.count {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let variables = [("rule", said.into()), ("count", count.into())];
        return words.say_with(M::RuleTimes, &variables);
    }
    said
}

fn often(words: &Words, start: &LocalTime, rule: &RecurrenceRule) -> String {
    let count = i64::try_from(rule.interval).unwrap_or(i64::MAX);
    let named: Vec<String> = rule
        .by_day
        .iter()
        .map(|it| weekday(words, it.day))
        .collect();
    match (rule.frequency, named.is_empty()) {
        (Frequency::Daily, true) => words.say_with(M::RuleDaily, &[("count", count.into())]),
        (Frequency::Daily, false) => {
            let days = listed(words, &named);
            let variables = [("count", count.into()), ("days", days.into())];
            words.say_with(M::RuleDailyOn, &variables)
        }
        (Frequency::Weekly, is_by_start) => {
            let days = if is_by_start {
                weekday_of_start(words, start)
            } else {
                listed(words, &named)
            };
            let variables = [("count", count.into()), ("days", days.into())];
            words.say_with(M::RuleWeekly, &variables)
        }
    }
}

/// `mardi`, of the day on which it began.
fn weekday_of_start(words: &Words, start: &LocalTime) -> String {
    let date = start.as_str().get(..10).unwrap_or_default();
    let date = date.parse::<jiff::civil::Date>().unwrap_or_default();
    weekday(words, crate::figures::weekday_of(date.weekday()))
}

/// `lundi, mardi et jeudi`.
pub(crate) fn listed(words: &Words, all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => {
            let variables = [
                ("first", first.join(", ").into()),
                ("last", last.clone().into()),
            ];
            words.say_with(M::ListAnd, &variables)
        }
    }
}
