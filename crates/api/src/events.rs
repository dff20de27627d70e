//! This node's own events, for whoever publishes them, and who has registered.

use std::collections::BTreeMap;

use app::{
    App, EventError, EventText, PublishedEvent, RegistrationId, SeatError, SeatRow, SeatState,
    chain,
};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::event::{EventKind, EventStatus, LocalTime, Override, RecurrenceRule, Span};
use wire::{Cents, EntityId, Timestamp};

use crate::asker::{ByASteward, ByAnOperator};
use crate::path::Named;
use crate::people::JsonBody;
use crate::problem::Problem;
use crate::schemas;

/// The most bytes of what is said of an event: more than fits its record, so that what is
/// too long is told by its part.
pub(crate) const EVENT_BODY_BYTES_MAX: usize = 32 * 1024;

/// What is said of an event.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct EventTextBody {
    title: String,
    description: Option<String>,
    #[schemars(with = "schemas::LocalTime")]
    start: LocalTime,
    time_zone: Option<String>,
    #[schemars(with = "schemas::Span")]
    duration: Span,
    #[serde(default)]
    is_all_day: bool,
    #[schemars(with = "Option<schemas::RecurrenceRule>")]
    rule: Option<RecurrenceRule>,
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, schemas::Override>")]
    overrides: BTreeMap<LocalTime, Override>,
    #[serde(default)]
    #[schemars(with = "schemas::EventStatus")]
    status: EventStatus,
    place: Option<String>,
    link: Option<String>,
    language: Option<String>,
    #[schemars(with = "schemas::EventKind")]
    kind: EventKind,
    capacity: Option<u64>,
    price_cents: Option<i64>,
    #[serde(default)]
    is_example: bool,
}

impl From<EventTextBody> for EventText {
    fn from(body: EventTextBody) -> Self {
        let EventTextBody {
            title,
            description,
            start,
            time_zone,
            duration,
            is_all_day,
            rule,
            overrides,
            status,
            place,
            link,
            language,
            kind,
            capacity,
            price_cents,
            is_example,
        } = body;
        Self {
            title,
            description,
            start,
            time_zone,
            duration,
            is_all_day,
            rule,
            overrides,
            status,
            place,
            link,
            language,
            kind,
            capacity,
            price_cents: price_cents.map(Cents),
            is_example,
        }
    }
}

/// What publishing did.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PublishedBody {
    id: String,
    uid: String,
    has_changed: bool,
}

impl From<PublishedEvent> for PublishedBody {
    fn from(published: PublishedEvent) -> Self {
        let PublishedEvent {
            id,
            uid,
            has_changed,
        } = published;
        Self {
            id,
            uid,
            has_changed,
        }
    }
}

/// `POST /api/v1/events`: publishes a new event.
pub(crate) async fn publish(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
    JsonBody(body): JsonBody<EventTextBody>,
) -> Result<Json<PublishedBody>, Problem> {
    let published = app.publish_event(&operator, None, &body.into()).await?;
    Ok(Json(published.into()))
}

/// `POST /api/v1/events/{event}/change`: says an event anew, whole.
pub(crate) async fn change(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
    Named(id): Named,
    JsonBody(body): JsonBody<EventTextBody>,
) -> Result<Json<PublishedBody>, Problem> {
    app.event_text(&operator, &id).await?;
    let published = app
        .publish_event(&operator, Some(&id), &body.into())
        .await?;
    Ok(Json(published.into()))
}

/// Which date does not take place; all of them where none is named.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct CancelBody {
    #[schemars(with = "Option<schemas::LocalTime>")]
    due: Option<LocalTime>,
}

/// `POST /api/v1/events/{event}/cancel`: an event, or one date of it, does not take place.
pub(crate) async fn cancel(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
    Named(id): Named,
    JsonBody(body): JsonBody<CancelBody>,
) -> Result<Json<PublishedBody>, Problem> {
    let done = app.cancel_event(&operator, &id, body.due.as_ref()).await?;
    Ok(Json(done.into()))
}

/// A registration, as whoever organises the event sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SeatBody {
    #[schemars(with = "schemas::Entity")]
    home: EntityId,
    #[schemars(with = "schemas::Id")]
    registration: RegistrationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::LocalTime>")]
    due: Option<LocalTime>,
    name: String,
    #[schemars(with = "schemas::Moment")]
    asked_at: Timestamp,
    #[schemars(with = "schemas::SeatState")]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::CancelledBy>")]
    by: Option<&'static str>,
}

impl From<SeatRow> for SeatBody {
    fn from(row: SeatRow) -> Self {
        let SeatRow {
            home,
            id,
            due,
            name,
            asked_at,
            state,
            rank,
        } = row;
        let (state, by) = match state {
            SeatState::Taken { .. } => ("taken", None),
            SeatState::Waiting => ("waiting", None),
            SeatState::Cancelled { by, .. } => ("cancelled", Some(by.word())),
        };
        Self {
            home,
            registration: id,
            due,
            name,
            asked_at,
            state,
            rank,
            by,
        }
    }
}

/// `GET /api/v1/events/{event}/seats`: who has registered.
pub(crate) async fn seats(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(id): Named,
) -> Result<Json<Vec<SeatBody>>, Problem> {
    let rows = app.seats(&steward, &id).await?;
    Ok(Json(rows.into_iter().map(SeatBody::from).collect()))
}

/// Whose registration it is.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct HomeOfSeatBody {
    #[schemars(with = "schemas::Entity")]
    home: EntityId,
}

/// That something was done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TakenBackBody {
    #[schemars(with = "schemas::Id")]
    registration: RegistrationId,
}

/// `POST /api/v1/seats/{registration}/cancel`: takes a registration for an event of this
/// node back.
pub(crate) async fn take_back(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(id): Named,
    JsonBody(body): JsonBody<HomeOfSeatBody>,
) -> Result<Json<TakenBackBody>, Problem> {
    let id = RegistrationId::parse(&id).ok_or_else(no_such_registration)?;
    app.cancel_seat(&steward, &body.home, id).await?;
    Ok(Json(TakenBackBody { registration: id }))
}

pub(crate) fn no_such_registration() -> Problem {
    Problem::new("no_such_registration", "There is no such registration here")
}

impl From<SeatError> for Problem {
    fn from(error: SeatError) -> Self {
        match error {
            SeatError::Unknown => no_such_registration(),
            SeatError::Fault(fault) => fault.into(),
        }
    }
}

impl From<EventError> for Problem {
    fn from(error: EventError) -> Self {
        let detail = chain(&error);
        match error {
            EventError::Malformed(_) | EventError::Id => Self::new(
                "event_malformed",
                "A part of the event is not what it must be",
            )
            .with_detail(detail),
            EventError::Refused(_) => {
                Self::new("event_refused", "Nodes would not show it at the same time")
                    .with_detail(detail)
            }
            EventError::Unknown(_) | EventError::NoOccurrence(_) => {
                crate::calendar::no_such_event().with_detail(detail)
            }
            EventError::Registered(_) => {
                Self::new("event_has_registrations", "Somebody has registered for it")
                    .with_detail(detail)
            }
            EventError::TooMany => {
                Self::new("too_many_events", "The node publishes too many events")
                    .with_detail(detail)
            }
            EventError::Fault(fault) => fault.into(),
        }
    }
}
