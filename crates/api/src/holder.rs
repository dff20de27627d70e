//! What a member asks of their home, with a passport shown to it.

use app::{App, EnrolError, MemberState, Membership, Roamed};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::passport::RoamingClaim;
use wire::receipt::{CreditReason, HalfDay, ProofBy};
use wire::{EntityId, Timestamp};

use crate::asker::ByAMember;
use crate::people::{EnrolledBody, JsonBody};
use crate::problem::Problem;
use crate::schemas;

/// What the home knows of a member.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MembershipBody {
    name: String,
    formula: String,
    #[schemars(with = "schemas::MemberState")]
    state: MemberState,
    #[schemars(with = "schemas::RoamingClaim")]
    roaming: RoamingClaim,
    #[schemars(with = "schemas::Moment")]
    passport_until: Timestamp,
    is_void: bool,
    visits: Vec<RoamedBody>,
}

/// A visit elsewhere, as the host's receipt has it.
#[derive(Debug, Serialize, JsonSchema)]
struct RoamedBody {
    #[schemars(with = "schemas::Entity")]
    host: EntityId,
    receipt: String,
    #[schemars(with = "schemas::Date")]
    date: String,
    #[schemars(with = "schemas::Moment")]
    arrived: Timestamp,
    #[schemars(with = "schemas::Moment")]
    left: Timestamp,
    #[schemars(with = "Vec<schemas::HalfDay>")]
    half_days: Vec<HalfDay>,
    #[schemars(with = "schemas::ProofBy")]
    by: ProofBy,
    #[serde(skip_serializing_if = "Option::is_none")]
    credited: Option<CreditedBody>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CreditedBody {
    #[schemars(with = "schemas::CreditReason")]
    reason: CreditReason,
    #[schemars(with = "schemas::Moment")]
    at: Timestamp,
}

impl From<Roamed> for RoamedBody {
    fn from(roamed: Roamed) -> Self {
        let Roamed {
            host,
            id,
            date,
            arrived,
            left,
            half_days,
            by,
            taken_at: _,
            credited,
            receipt: _,
        } = roamed;
        Self {
            host,
            receipt: id,
            date,
            arrived,
            left,
            half_days: half_days.list(),
            by,
            credited: credited.map(|(reason, at)| CreditedBody { reason, at }),
        }
    }
}

/// `GET /api/v1/member`: what this home knows of the member who asks.
pub(crate) async fn membership(
    State(app): State<App>,
    ByAMember(holder): ByAMember,
) -> Result<Json<MembershipBody>, Problem> {
    let Membership {
        name,
        formula,
        state,
        roaming,
        passport_until,
        is_void,
        roamed,
    } = app.membership(&holder).await?;
    Ok(Json(MembershipBody {
        name,
        formula,
        state,
        roaming,
        passport_until,
        is_void,
        visits: roamed.into_iter().map(RoamedBody::from).collect(),
    }))
}

/// The keys of the passports to come.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct RenewBody {
    #[schemars(with = "Vec<schemas::Jwk>", length(min = 1, max = 4))]
    jwks: Vec<Value>,
}

/// `POST /api/v1/member/renew`: new passports in place of those of which one was shown.
pub(crate) async fn renew(
    State(app): State<App>,
    ByAMember(holder): ByAMember,
    JsonBody(body): JsonBody<RenewBody>,
) -> Result<Json<EnrolledBody>, Problem> {
    let passports = app.renew_passports(&holder, &body.jwks).await;
    let passports = passports.map_err(|error| match error {
        EnrolError::Used => Problem::new("renew_used", "It was renewed already, for other keys"),
        EnrolError::NotActive => Problem::new("member_not_active", "The membership is not active"),
        EnrolError::Code | EnrolError::Key | EnrolError::TooMany | EnrolError::Fault(_) => {
            error.into()
        }
    })?;
    Ok(Json(EnrolledBody { passports }))
}
