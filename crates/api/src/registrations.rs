//! Registrations of this home's members: asked for by themselves, or by a steward.

use app::{
    App, RegistrationError, RegistrationId, RegistrationRow, RegistrationState, Wish, chain,
};
use axum::Json;
use axum::extract::State;
use rules::event::title_of;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::event::{EventStatus, LocalTime};
use wire::{EntityId, Timestamp};

use crate::asker::{ByAMember, ByASteward};
use crate::calendar::no_such_event;
use crate::events::no_such_registration;
use crate::path::Named;
use crate::people::JsonBody;
use crate::problem::Problem;
use crate::schemas;

/// A member's registration.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RegistrationBody {
    #[schemars(with = "schemas::Id")]
    id: RegistrationId,
    uid: String,
    #[schemars(with = "schemas::Entity")]
    owner: EntityId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::LocalTime>")]
    due: Option<LocalTime>,
    /// What it is called, as it is published now; absent where it is gone or was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Moment>")]
    begins: Option<Timestamp>,
    #[schemars(with = "schemas::Moment")]
    ends: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::EventStatus>")]
    status: Option<EventStatus>,
    name: String,
    #[schemars(with = "schemas::Moment")]
    asked_at: Timestamp,
    state: StateBody,
}

/// Where it stands.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct StateBody {
    #[schemars(with = "schemas::RegistrationState")]
    is: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Moment>")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Whether it waited for the seat that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    was_waiting: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::CancelledBy>")]
    by: Option<&'static str>,
}

impl From<RegistrationState> for StateBody {
    fn from(state: RegistrationState) -> Self {
        let of = |is, at| Self {
            is,
            at,
            ..Self::default()
        };
        match state {
            RegistrationState::Asked { op: _ } => of("asked", None),
            RegistrationState::Accepted { at, was_waiting } => Self {
                was_waiting: Some(was_waiting),
                ..of("accepted", Some(at))
            },
            RegistrationState::Waiting { at, rank } => Self {
                rank: Some(rank),
                ..of("waiting", Some(at))
            },
            RegistrationState::Refused { at, code } => Self {
                code: Some(code),
                ..of("refused", Some(at))
            },
            RegistrationState::Unknown { at } => of("unknown", Some(at)),
            RegistrationState::Cancelling { op: _ } => of("cancelling", None),
            RegistrationState::Cancelled { at, by } => Self {
                by: Some(by.word()),
                ..of("cancelled", Some(at))
            },
            RegistrationState::GivenUp { at } => of("given_up", Some(at)),
        }
    }
}

impl From<RegistrationRow> for RegistrationBody {
    fn from(row: RegistrationRow) -> Self {
        let RegistrationRow {
            id,
            owner,
            uid,
            due,
            name,
            asked_at,
            state,
            event,
            ends,
        } = row;
        let published = event.as_ref();
        Self {
            id,
            uid,
            owner,
            due,
            title: published.map(|(it, at)| title_of(&it.event, at).to_owned()),
            time_zone: published.map(|(it, _)| it.event.time_zone.clone()),
            begins: published.map(|(_, at)| at.begins),
            ends,
            status: published.map(|(_, at)| at.status),
            name,
            asked_at,
            state: state.into(),
        }
    }
}

/// The registrations of a member.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RegistrationsBody {
    #[schemars(with = "schemas::Moment")]
    now: Timestamp,
    /// What is next first.
    registrations: Vec<RegistrationBody>,
}

impl RegistrationsBody {
    fn of(app: &App, rows: Vec<RegistrationRow>) -> Self {
        Self {
            now: app.now(),
            registrations: rows.into_iter().map(RegistrationBody::from).collect(),
        }
    }
}

/// What a member wants a seat in.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct WishBody {
    /// The event.
    uid: String,
    /// Which date of an event that comes again.
    #[schemars(with = "Option<schemas::LocalTime>")]
    due: Option<LocalTime>,
    /// The name to call at the door; the member's short name where there is none.
    name: Option<String>,
}

impl From<WishBody> for Wish {
    fn from(body: WishBody) -> Self {
        let WishBody { uid, due, name } = body;
        Self { uid, due, name }
    }
}

/// `GET /api/v1/member/registrations`: those of the member who asks.
pub(crate) async fn own(
    State(app): State<App>,
    ByAMember(holder): ByAMember,
) -> Result<Json<RegistrationsBody>, Problem> {
    let rows = app.registrations_of_holder(&holder).await?;
    Ok(Json(RegistrationsBody::of(&app, rows)))
}

/// `POST /api/v1/member/registrations`: a seat for the member who asks.
pub(crate) async fn register(
    State(app): State<App>,
    ByAMember(holder): ByAMember,
    JsonBody(body): JsonBody<WishBody>,
) -> Result<Json<RegistrationBody>, Problem> {
    let row = app.register_holder(&holder, &body.into()).await?;
    Ok(Json(row.into()))
}

/// `POST /api/v1/member/registrations/{registration}/cancel`: given back by the member.
pub(crate) async fn give_back(
    State(app): State<App>,
    ByAMember(holder): ByAMember,
    Named(id): Named,
) -> Result<Json<RegistrationBody>, Problem> {
    let id = RegistrationId::parse(&id).ok_or_else(no_such_registration)?;
    Ok(Json(app.cancel_of_holder(&holder, id).await?.into()))
}

/// `GET /api/v1/members/{member}/registrations`: those of a member.
pub(crate) async fn of_member(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(member): Named,
) -> Result<Json<RegistrationsBody>, Problem> {
    let rows = app.registrations_of_member(&steward, &member).await?;
    Ok(Json(RegistrationsBody::of(&app, rows)))
}

/// `POST /api/v1/members/{member}/registrations`: a seat for a member who has no phone at
/// hand.
pub(crate) async fn register_member(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(member): Named,
    JsonBody(body): JsonBody<WishBody>,
) -> Result<Json<RegistrationBody>, Problem> {
    let row = app.register_member(&steward, &member, &body.into()).await?;
    Ok(Json(row.into()))
}

/// `POST /api/v1/registrations/{registration}/cancel`: given back for a member.
pub(crate) async fn give_back_of_member(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(id): Named,
) -> Result<Json<RegistrationBody>, Problem> {
    let id = RegistrationId::parse(&id).ok_or_else(no_such_registration)?;
    Ok(Json(app.cancel_of_member(&steward, id).await?.into()))
}

impl From<RegistrationError> for Problem {
    fn from(error: RegistrationError) -> Self {
        let detail = chain(&error);
        match error {
            RegistrationError::NoEvent => no_such_event().with_detail(detail),
            RegistrationError::NoMember(_) => {
                Self::new("no_such_member", "There is no such member").with_detail(detail)
            }
            RegistrationError::NotActive => {
                Self::new("member_not_active", "The membership is not active")
            }
            RegistrationError::TooMany => {
                Self::new("too_many_registrations", "Too many are under way").with_detail(detail)
            }
            RegistrationError::Unknown => no_such_registration(),
            RegistrationError::Over => {
                Self::new("registration_over", "There is nothing to give back").with_detail(detail)
            }
            RegistrationError::Name => {
                Self::new("member_name", "The name is not one").with_detail(detail)
            }
            RegistrationError::Fault(fault) => fault.into(),
        }
    }
}
