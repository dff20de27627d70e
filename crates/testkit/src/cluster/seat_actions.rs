//! What people do about events and seats, at the node that owns them and at home.

use std::collections::BTreeMap;

use app::{App, EventError, EventText, Fault, PublishedEvent, RegistrationError};
use app::{RegistrationId, RegistrationRow, SeatError, Wish, chain};
use wire::event::{EventKind, EventStatus, Frequency, LocalTime, RecurrenceRule, Span};
use wire::{EntityId, Timestamp};

use super::village::Member;
use crate::operator;

/// An event as it is first published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) begins: Timestamp,
    pub(crate) capacity: u64,
    pub(crate) is_weekly: bool,
}

/// How often an event takes place that comes again each week.
pub(crate) const WEEKS: u64 = 2;

const WEEK_SECONDS: i64 = 7 * 24 * 60 * 60;

/// Somebody does something about a seat.
#[derive(Debug, Clone)]
pub(crate) enum SeatAction {
    /// An operator publishes an event.
    Publish { id: String, plan: Plan },
    /// An operator says how many seats there are, and perhaps that it takes place after all.
    Change {
        id: String,
        capacity: u64,
        is_confirmed: bool,
    },
    /// An operator says that an event, or one date of it, does not take place.
    Cancel { id: String, due: Option<LocalTime> },
    /// Whoever organises the event takes a registration back.
    TakeBack { home: EntityId, id: RegistrationId },
    /// A member asks for a seat, by their phone or at the desk.
    Register {
        member: Member,
        wish: Wish,
        by_phone: bool,
    },
    /// A member gives back what they have.
    GiveBack { id: RegistrationId },
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum SeatDone {
    Published(Result<PublishedEvent, EventError>),
    TakenBack(Result<(), SeatError>),
    Registered(Result<Box<RegistrationRow>, RegistrationError>),
}

impl SeatAction {
    /// Which kind, as it is counted.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Publish { .. } => "publish event",
            Self::Change { .. } => "change event",
            Self::Cancel { .. } => "cancel event",
            Self::TakeBack { .. } => "take back",
            Self::Register { .. } => "register",
            Self::GiveBack { .. } => "give back",
        }
    }

    /// What it is about, as a part of a line of the trace.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Publish { id, plan } => format!("{id} {plan:?}"),
            Self::Change {
                id,
                capacity,
                is_confirmed,
            } => format!("{id} {capacity} seats, confirmed {is_confirmed}"),
            Self::Cancel { id, due } => format!("{id} {due:?}"),
            Self::TakeBack { home, id } => format!("{id} of {home}"),
            Self::Register {
                member,
                wish,
                by_phone,
            } => {
                let (who, uid, due) = (&member.wallet.member, &wish.uid, &wish.due);
                format!("{who} {uid} {due:?} phone {by_phone}")
            }
            Self::GiveBack { id } => id.to_string(),
        }
    }

    /// Does it.
    pub(crate) async fn perform(&self, app: &App) -> SeatDone {
        let who = operator();
        match self {
            Self::Publish { id, plan } => {
                let text = text_of(*plan);
                SeatDone::Published(app.publish_event(&who, Some(id), &text).await)
            }
            Self::Change {
                id,
                capacity,
                is_confirmed,
            } => SeatDone::Published(change(app, id, (*capacity, *is_confirmed)).await),
            Self::Cancel { id, due } => {
                SeatDone::Published(app.cancel_event(&who, id, due.as_ref()).await)
            }
            Self::TakeBack { home, id } => {
                SeatDone::TakenBack(app.cancel_seat(&who, home, *id).await)
            }
            Self::Register {
                member,
                wish,
                by_phone,
            } => SeatDone::Registered(register(app, member, (wish, *by_phone)).await),
            Self::GiveBack { id } => {
                let given_back = app.cancel_of_member(&who, *id).await;
                SeatDone::Registered(given_back.map(Box::new))
            }
        }
    }
}

async fn change(
    app: &App,
    id: &str,
    (capacity, is_confirmed): (u64, bool),
) -> Result<PublishedEvent, EventError> {
    let mut text = app.event_text(&operator(), id).await?;
    text.capacity = Some(capacity);
    if is_confirmed {
        text.status = EventStatus::Confirmed;
        text.overrides.clear();
    }
    app.publish_event(&operator(), Some(id), &text).await
}

async fn register(
    app: &App,
    member: &Member,
    (wish, by_phone): (&Wish, bool),
) -> Result<Box<RegistrationRow>, RegistrationError> {
    let row = if by_phone {
        let asked = member.wallet.ask_home(&app.identity().entity, app.now());
        let holder = app.holder(&asked).await?;
        // The passport has run out in a long run.
        let holder = holder.ok_or(RegistrationError::NotActive)?;
        app.register_holder(&holder, wish).await
    } else {
        let id = &member.wallet.member;
        app.register_member(&operator(), id, wish).await
    };
    row.map(Box::new)
}

/// What an operator says of an event.
pub(crate) fn text_of(plan: Plan) -> EventText {
    let weekly = || RecurrenceRule {
        form: None,
        frequency: Frequency::Weekly,
        interval: 1,
        by_day: Vec::new(),
        count: Some(WEEKS),
        until: None,
    };
    EventText {
        title: "La photo de vos produits".to_owned(),
        description: None,
        start: local(plan.begins),
        time_zone: Some("UTC".to_owned()),
        duration: Span::new(0, 7_200),
        is_all_day: false,
        rule: plan.is_weekly.then(weekly),
        overrides: BTreeMap::new(),
        status: EventStatus::Confirmed,
        place: None,
        link: None,
        language: Some("fr".to_owned()),
        kind: EventKind::Training,
        capacity: Some(plan.capacity),
        price_cents: None,
        is_example: true,
    }
}

/// The times at which an event is due, as whoever registers names them.
pub(crate) fn dues_of(plan: Plan) -> Vec<Option<LocalTime>> {
    if !plan.is_weekly {
        return vec![None];
    }
    let weeks = (0..WEEKS).scan(plan.begins, |at, _| {
        let due = local(*at);
        *at = at.plus_seconds(WEEK_SECONDS);
        Some(Some(due))
    });
    weeks.collect()
}

fn local(at: Timestamp) -> LocalTime {
    let text = rules::event::written_utc(at).expect("a moment that can be written");
    let local = LocalTime::parse(text.trim_end_matches('Z'));
    local.expect("a time by the wall clock")
}

impl SeatDone {
    /// What went wrong in the node itself.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Published(Err(EventError::Fault(fault)))
            | Self::TakenBack(Err(SeatError::Fault(fault)))
            | Self::Registered(Err(RegistrationError::Fault(fault))) => Some(fault),
            Self::Published(_) | Self::TakenBack(_) | Self::Registered(_) => None,
        }
    }

    /// As the end of a line of the trace.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Published(Ok(published)) => format!("changed {}", published.has_changed),
            Self::TakenBack(Ok(())) => "taken back".to_owned(),
            Self::Registered(Ok(row)) => format!("{} {:?}", row.id, row.state),
            Self::Published(Err(error)) => chain(error),
            Self::TakenBack(Err(error)) => chain(error),
            Self::Registered(Err(error)) => chain(error),
        }
    }
}
