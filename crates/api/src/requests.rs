//! What other nodes ask this one, and what this one asks others.

use app::{
    About, App, ConflictRow, KeyId, Op, OutboxError, OutboxRow, ReceiptId, RegistrationId,
    RequestError, chain,
};
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use schemars::JsonSchema;
use serde::Serialize;
use wire::request::{ANSWER_MEDIA_TYPE, REQUEST_MEDIA_TYPE};
use wire::{EntityId, Timestamp};

use crate::asker::ByAnOperator;
use crate::federation::{Compact, exact_bytes};
use crate::path::Named;
use crate::problem::Problem;
use crate::schemas;

/// The body of a request, of exactly its media type.
pub(crate) struct RequestText(String);

impl<S: Send + Sync> FromRequest<S> for RequestText {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = exact_bytes(request, state, REQUEST_MEDIA_TYPE, "request_malformed").await?;
        let malformed = |_| Problem::new("request_malformed", "Not a request");
        String::from_utf8(bytes.to_vec())
            .map(Self)
            .map_err(malformed)
    }
}

/// `POST /federation/v1/request`: another node of the label asks something.
pub(crate) async fn request(
    State(app): State<App>,
    RequestText(text): RequestText,
) -> Result<Compact, Problem> {
    Ok(Compact(ANSWER_MEDIA_TYPE, app.answer_request(&text).await?))
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        let detail = chain(&error);
        match error {
            RequestError::Malformed(_) => {
                Self::new("request_malformed", "Not a request").with_detail(detail)
            }
            RequestError::NotGenuine => Self::new(
                "request_not_genuine",
                "No node of this label signed the request",
            ),
            RequestError::OtherAudience(_) => {
                Self::new("request_other_audience", "The request is for another node")
            }
            RequestError::OutOfTime => {
                Self::new("request_out_of_time", "The request is out of its time")
                    .with_detail(detail)
            }
            RequestError::Replayed => {
                Self::new("request_replayed", "This attempt was answered before")
            }
            RequestError::NotYet => {
                Self::new("request_not_yet", "What it refers to was not heard yet")
            }
            RequestError::TooMany => {
                Self::new("too_many_refusals", "This node was refused too often")
            }
            RequestError::Fault(fault) => fault.into(),
        }
    }
}

/// A request that waits, or was refused.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OutboxBody {
    #[schemars(with = "schemas::Id")]
    op: Op,
    #[schemars(with = "schemas::Entity")]
    to: EntityId,
    about: AboutBody,
    #[schemars(with = "schemas::Moment")]
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Id>")]
    after: Option<Op>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead: Option<DeadBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<FailureBody>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AboutBody {
    Receipt(#[schemars(with = "schemas::Id")] ReceiptId),
    Credit(#[schemars(with = "schemas::Id")] ReceiptId),
    Registration(#[schemars(with = "schemas::Id")] RegistrationId),
    Cancellation(#[schemars(with = "schemas::Id")] RegistrationId),
    KeyUpdate(#[schemars(with = "schemas::KeyName")] KeyId),
    KeyRevocation(#[schemars(with = "schemas::KeyName")] KeyId),
    Notice(#[schemars(with = "schemas::Id")] RegistrationId),
    Application(#[schemars(with = "schemas::Entity")] EntityId),
}

#[derive(Debug, Serialize, JsonSchema)]
struct DeadBody {
    #[schemars(with = "schemas::Moment")]
    at: Timestamp,
    code: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FailureBody {
    #[schemars(with = "schemas::Moment")]
    at: Timestamp,
    times: u32,
    is_heard: bool,
    why: String,
    #[schemars(with = "schemas::Moment")]
    next_at: Timestamp,
}

impl From<OutboxRow> for OutboxBody {
    fn from(row: OutboxRow) -> Self {
        let OutboxRow {
            op,
            to,
            about,
            since,
            after,
            dead,
            last_failure,
        } = row;
        Self {
            op,
            about: match about {
                About::Receipt(id) => AboutBody::Receipt(id),
                About::Credit(id) => AboutBody::Credit(id),
                About::Registration(id) => AboutBody::Registration(id),
                About::Cancellation(id) => AboutBody::Cancellation(id),
                About::KeyUpdate(key) => AboutBody::KeyUpdate(key),
                About::KeyRevocation(key) => AboutBody::KeyRevocation(key),
                About::Notice { registration, .. } => AboutBody::Notice(registration),
                About::Application => AboutBody::Application(to.clone()),
            },
            to,
            since,
            after,
            dead: dead.map(|(at, code)| DeadBody { at, code }),
            last_failure: last_failure.map(|it| FailureBody {
                at: it.at,
                times: it.times,
                is_heard: it.is_heard,
                why: it.why,
                next_at: it.next_at,
            }),
        }
    }
}

/// `GET /api/v1/outbox`: what waits for another node's answer, and what was refused.
pub(crate) async fn outbox(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
) -> Result<Json<Vec<OutboxBody>>, Problem> {
    let rows = app.outbox(&operator).await?;
    Ok(Json(rows.into_iter().map(OutboxBody::from).collect()))
}

/// Under which name something is asked again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AgainBody {
    #[schemars(with = "schemas::Id")]
    op: Op,
}

/// `POST /api/v1/outbox/{op}/again`: asks again what was refused or given up.
pub(crate) async fn again(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
    Named(op): Named,
) -> Result<Json<AgainBody>, Problem> {
    let op = Op::parse(&op).ok_or(OutboxError::Unknown)?;
    let op = app.send_again(&operator, op).await?;
    Ok(Json(AgainBody { op }))
}

impl From<OutboxError> for Problem {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Unknown | OutboxError::NotGenuine => Self::new(
                "no_such_request",
                "No request of that name can be sent again",
            ),
            OutboxError::Fault(fault) => fault.into(),
        }
    }
}

/// Two questions of one name, as evidence.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ConflictBody {
    #[schemars(with = "schemas::Entity")]
    by: EntityId,
    op: String,
    #[schemars(with = "schemas::Moment")]
    at: Timestamp,
    answered: String,
    other: String,
}

/// `GET /api/v1/conflicts`: who asked two things under one name, as they signed them.
pub(crate) async fn conflicts(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
) -> Result<Json<Vec<ConflictBody>>, Problem> {
    let rows = app.conflicts(&operator).await?;
    let body = |row| {
        let ConflictRow {
            by,
            op,
            at,
            answered,
            other,
        } = row;
        ConflictBody {
            by,
            op,
            at,
            answered,
            other,
        }
    };
    Ok(Json(rows.into_iter().map(body).collect()))
}
