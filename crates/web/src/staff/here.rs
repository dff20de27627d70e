//! Who is here, on the desk's page and on the stewards'.

use app::view::{Home, SpaceView};
use app::{App, Stay, VisitError, VisitRow};
use wire::receipt::ProofBy;
use wire::{EntityId, Timestamp};

use crate::card::name_of;
use crate::figures::{date_and_time, machine_clock, machine_day, time, zone};
use crate::words::{Message as M, Words};

/// Somebody who is here.
pub(super) struct Present {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) home: String,
    pub(super) since: String,
    pub(super) by: String,
}

/// The name of a space of this label, else its host.
pub(super) fn space_name(home: &Home, entity: &EntityId) -> String {
    let is_it = |space: &&SpaceView| space.entity == *entity;
    let found = home.us.iter().chain(&home.partners).find(is_it);
    found.map_or_else(|| entity.authority().to_owned(), name_of)
}

/// The name of a visitor.
pub(super) fn visitor_name(words: &Words, row: &VisitRow) -> String {
    let name = row.name.clone().filter(|name| !name.is_empty());
    name.unwrap_or_else(|| words.say(M::HereNameless))
}

/// How a passport was shown.
pub(super) fn shown_by(words: &Words, by: ProofBy) -> String {
    words.say(match by {
        ProofBy::Holder => M::HereByPhone,
        ProofBy::Paper => M::HereByPaper,
    })
}

/// Shows who is here.
pub(super) fn present(words: &Words, home: &Home, row: &VisitRow) -> Present {
    let zone = zone(Some(&row.day.hours.time_zone));
    let since = if machine_day(home.now, &zone) == row.day.date {
        let time = time(words, row.arrived, &zone);
        words.say_with(M::HereSince, &[("time", time.into())])
    } else {
        let date = date_and_time(words, row.arrived, &zone);
        words.say_with(M::HereSinceDay, &[("date", date.into())])
    };
    Present {
        id: row.id.to_string(),
        name: visitor_name(words, row),
        home: space_name(home, &row.home),
        since,
        by: shown_by(words, row.by),
    }
}

/// Until when a visit goes on if nobody sees it end.
pub(super) fn until(words: &Words, row: &VisitRow) -> Option<String> {
    let Stay::Here { until } = row.stay else {
        return None;
    };
    let zone = zone(Some(&row.day.hours.time_zone));
    if machine_clock(until, &zone) == "00:00" {
        return Some(words.say(M::DeskVisitMidnight));
    }
    let time = time(words, until, &zone);
    Some(words.say_with(M::DeskVisitUntil, &[("time", time.into())]))
}

/// What was done, or why nothing was.
pub(super) struct Told {
    pub(super) is_refusal: bool,
    pub(super) text: String,
    /// About whom.
    pub(super) name: Option<String>,
    /// What follows.
    pub(super) follows: Option<String>,
}

impl Told {
    pub(super) fn refusal(text: String) -> Self {
        Self {
            is_refusal: true,
            text,
            name: None,
            follows: None,
        }
    }

    pub(super) fn done(text: String) -> Self {
        Self {
            is_refusal: false,
            ..Self::refusal(text)
        }
    }
}

/// Lets a visitor leave, and says what is counted.
pub(super) async fn leave(
    app: &App,
    words: &Words,
    staff: &app::Staff,
    id: app::VisitId,
) -> Result<Told, VisitError> {
    let row = app.visit_row(staff, id).await?;
    match app.leave(staff, id).await {
        Ok(half_days) => Ok(Told {
            name: Some(visitor_name(words, &row)),
            follows: Some(crate::receipts::counted(words, half_days)),
            ..Told::done(words.say(M::HereLeft))
        }),
        Err(VisitError::Ended) => Ok(Told::refusal(words.say(M::VisitEndedRefused))),
        Err(error) => Err(error),
    }
}

/// Whether a visit began after a moment, or went on.
pub(super) fn arrival(words: &Words, row: &VisitRow, asked_at: Timestamp) -> String {
    if row.arrived >= asked_at {
        return words.say(M::DeskVisitBegun);
    }
    let time = time(words, row.arrived, &zone(Some(&row.day.hours.time_zone)));
    words.say_with(M::DeskVisitGoesOn, &[("time", time.into())])
}
