//! What a steward says of a visit afterwards: when the visitor left, or that there was no
//! visit, and what follows from it.

use app::{App, Correction, Fate, Staff, Stay, Steward, VisitError, VisitId, VisitRow};
use rules::visit::HalfDays;
use wire::space::ClockTime;
use wire::{Timestamp, printable};

use super::here::{Told, visitor_name};
use crate::figures::{date_and_time, machine_clock, time, zone};
use crate::receipts::counted;
use crate::words::{Message as M, Words};

/// The most characters of a time, as it is quoted.
pub(super) const TYPED_CHARS_MAX: usize = 20;

/// What was done, or in words why nothing was.
pub(super) type Corrected = Result<Result<Told, String>, VisitError>;

pub(super) async fn corrected_to(
    app: &App,
    words: &Words,
    steward: &Steward,
    id: VisitId,
    typed: &str,
) -> Corrected {
    let row = app.visit_row(steward as &Staff, id).await?;
    match left_at(words, &row, typed) {
        Ok(at) => applied(app, words, steward, &row, Correction::Left(at)).await,
        Err(why) => Ok(Err(why)),
    }
}

pub(super) async fn applied(
    app: &App,
    words: &Words,
    steward: &Steward,
    row: &VisitRow,
    correction: Correction,
) -> Corrected {
    let why = match app.correct_visit(steward, row.id, correction).await {
        Ok(half_days) => return Ok(Ok(told(words, row, half_days))),
        Err(VisitError::Ended) => words.say(M::VisitEndedRefused),
        Err(VisitError::TooLate) => words.say(M::VisitTooLate),
        Err(VisitError::Time) => future(words, row, app.now()),
        Err(error @ (VisitError::Unknown | VisitError::Fault(_))) => return Err(error),
    };
    Ok(Err(why))
}

/// What follows from a correction.
fn told(words: &Words, row: &VisitRow, half_days: HalfDays) -> Told {
    let receipt = match &row.stay {
        Stay::Ended { receipt, .. } => receipt.as_ref(),
        Stay::Here { .. } | Stay::NotHere => None,
    };
    let done = match (has_gone(receipt), half_days.is_none()) {
        (true, false) => M::CorrectedReplaced,
        (true, true) => M::CorrectedTakenBack,
        (false, false) => M::CorrectedSent,
        (false, true) => M::CorrectedNothing,
    };
    Told {
        name: Some(visitor_name(words, row)),
        follows: (!half_days.is_none()).then(|| counted(words, half_days)),
        ..Told::done(words.say(done))
    }
}

/// The moment that was typed, on the visit's own day; or why it cannot be. That it is to
/// come is said by [`applied`].
fn left_at(words: &Words, row: &VisitRow, typed: &str) -> Result<Timestamp, String> {
    if typed.is_empty() {
        return Err(words.say(M::VisitTimeMissing));
    }
    let zone = zone(Some(&row.day.hours.time_zone));
    let Some(at) = clock_time(typed).and_then(|time| row.left_at(time)) else {
        let typed = printable(typed, TYPED_CHARS_MAX);
        return Err(words.say_with(M::VisitTimeMalformed, &[("typed", typed.into())]));
    };
    if at < row.arrived {
        let time = time(words, row.arrived, &zone);
        return Err(words.say_with(M::VisitTimeBefore, &[("time", time.into())]));
    }
    if let Stay::Ended { left, .. } = row.stay
        && machine_clock(left, &zone) == machine_clock(at, &zone)
    {
        return Err(words.say(M::VisitTimeSame));
    }
    Ok(at)
}

fn future(words: &Words, row: &VisitRow, now: Timestamp) -> String {
    let now = date_and_time(words, now, &zone(Some(&row.day.hours.time_zone)));
    words.say_with(M::VisitTimeFuture, &[("time", now.into())])
}

/// `17:30`, and what else people write for it: `9:05`, `17 h 30`, `17h`.
pub(super) fn clock_time(typed: &str) -> Option<ClockTime> {
    let text: String = typed.chars().filter(|it| !it.is_whitespace()).collect();
    let text = text.to_lowercase().replace('h', ":");
    let (hour, minute) = text.split_once(':')?;
    let minute = if minute.is_empty() { "00" } else { minute };
    if hour.is_empty() {
        return None;
    }
    ClockTime::parse(&format!("{hour:0>2}:{minute}"))
}

/// Whether a receipt has to be taken back: not where none was signed, or its home has
/// refused it.
pub(super) const fn has_gone(receipt: Option<&Fate>) -> bool {
    match receipt {
        Some(Fate::Waiting { .. } | Fate::Accepted { .. } | Fate::GivenUp { .. }) => true,
        None | Some(Fate::Refused { .. } | Fate::Moot { .. }) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_people_write_it() {
        for (typed, read) in [
            ("17:30", Some(1050)),
            ("9:05", Some(545)),
            ("09:05", Some(545)),
            (" 17 h 30 ", Some(1050)),
            ("17H30", Some(1050)),
            ("17h", Some(1020)),
            ("0:00", Some(0)),
            ("24:00", Some(1440)),
            ("24:01", None),
            ("17", None),
            ("1730", None),
            ("17:3", None),
            ("17:30:00", None),
            (":30", None),
            ("١٧:٣٠", None),
            ("+9:05", None),
            ("", None),
        ] {
            assert_eq!(clock_time(typed).map(ClockTime::minutes), read, "{typed}");
        }
    }
}
