//! Members of this space, for its stewards and operators.

use app::{App, CarrierId, CarrierRow, MemberError, MemberRow, MemberState, PaperPassport, chain};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Timestamp;
use wire::receipt::ProofBy;

use crate::asker::{ByASteward, ByAnOperator};
use crate::path::Named;
use crate::people::{DisclosedBody, JsonBody};
use crate::problem::Problem;
use crate::schemas;

/// A member, as stewards see them.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MemberBody {
    #[schemars(with = "schemas::MemberNumber")]
    member: String,
    name: String,
    formula: String,
    half_days: u64,
    #[schemars(with = "schemas::MemberState")]
    state: MemberState,
    #[schemars(with = "schemas::Moment")]
    since: Timestamp,
    passports: usize,
    #[serde(flatten)]
    may_disclose: DisclosedBody,
}

impl From<MemberRow> for MemberBody {
    fn from(row: MemberRow) -> Self {
        let MemberRow {
            id,
            name,
            formula,
            half_days,
            state,
            since,
            passports,
            may_disclose,
        } = row;
        Self {
            member: id,
            name,
            formula,
            half_days,
            state,
            since,
            passports,
            may_disclose: may_disclose.into(),
        }
    }
}

/// `GET /api/v1/members`: the members of this space, by name.
pub(crate) async fn list(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
) -> Result<Json<Vec<MemberBody>>, Problem> {
    let rows = app.members(&steward).await?;
    Ok(Json(rows.into_iter().map(MemberBody::from).collect()))
}

/// A member to be added.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewMemberBody {
    name: String,
    formula: String,
    half_days: Option<u64>,
}

/// The number of a member.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AddedBody {
    #[schemars(with = "schemas::MemberNumber")]
    member: String,
}

/// `POST /api/v1/members`: adds a member.
pub(crate) async fn add(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
    JsonBody(body): JsonBody<NewMemberBody>,
) -> Result<Json<AddedBody>, Problem> {
    let NewMemberBody {
        name,
        formula,
        half_days,
    } = body;
    let member = app
        .add_member(&operator, &name, &formula, half_days)
        .await?;
    Ok(Json(AddedBody { member }))
}

/// A one-time code, and the page that it opens.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CodeBody {
    code: String,
    link: String,
}

/// `POST /api/v1/members/{member}/code`: a code that puts a passport on a phone.
pub(crate) async fn code(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(member): Named,
) -> Result<Json<CodeBody>, Problem> {
    let code = app.enrolment_code(&steward, &member).await?;
    let link = app.enrolment_link(&code);
    Ok(Json(CodeBody { code, link }))
}

/// Where a membership stands.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct StateBody {
    #[schemars(with = "schemas::MemberState")]
    state: MemberState,
}

/// `POST /api/v1/members/{member}/state`: pauses, resumes or ends a membership.
pub(crate) async fn set_state(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
    Named(member): Named,
    JsonBody(body): JsonBody<StateBody>,
) -> Result<Json<StateBody>, Problem> {
    app.set_member(&operator, &member, body.state).await?;
    Ok(Json(body))
}

/// `POST /api/v1/members/{member}/particulars`: what a member may disclose beside their
/// passports, from the next one on.
pub(crate) async fn set_particulars(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(member): Named,
    JsonBody(body): JsonBody<DisclosedBody>,
) -> Result<Json<MemberBody>, Problem> {
    app.set_particulars(&steward, &member, &body.into()).await?;
    Ok(Json(app.member_row(&steward, &member).await?.into()))
}

/// A phone or a card that carries passports of a member.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CarrierBody {
    #[schemars(with = "schemas::Id")]
    id: CarrierId,
    #[schemars(with = "schemas::ProofBy")]
    by: ProofBy,
    #[schemars(with = "schemas::Moment")]
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Moment>")]
    renewed: Option<Timestamp>,
    #[schemars(with = "schemas::Moment")]
    until: Timestamp,
    passports: usize,
    #[schemars(with = "schemas::CarrierState")]
    state: &'static str,
}

impl From<CarrierRow> for CarrierBody {
    fn from(row: CarrierRow) -> Self {
        let CarrierRow {
            id,
            by,
            since,
            renewed,
            until,
            passports,
            state,
        } = row;
        Self {
            id,
            by,
            since,
            renewed,
            until,
            passports,
            state: state.as_str(),
        }
    }
}

/// `GET /api/v1/members/{member}/passports`: what carries a member's passports, the newest
/// first.
pub(crate) async fn passports(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(member): Named,
) -> Result<Json<Vec<CarrierBody>>, Problem> {
    let rows = app.carriers(&steward, &member).await?;
    Ok(Json(rows.into_iter().map(CarrierBody::from).collect()))
}

/// `POST /api/v1/passports/{carrier}/revoke`: takes back what one phone or card carries.
pub(crate) async fn revoke_carrier(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(carrier): Named,
) -> Result<Json<RevokedBody>, Problem> {
    let carrier = CarrierId::parse(&carrier).ok_or(MemberError::NoCarrier)?;
    let revoked = app.revoke_carrier(&steward, carrier).await?;
    Ok(Json(RevokedBody { revoked }))
}

/// How many passports were taken back.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RevokedBody {
    revoked: usize,
}

/// `POST /api/v1/members/{member}/revoke`: takes a member's passports back.
pub(crate) async fn revoke(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(member): Named,
) -> Result<Json<RevokedBody>, Problem> {
    let revoked = app.revoke_passports(&steward, &member).await?;
    Ok(Json(RevokedBody { revoked }))
}

/// What shall stand on a paper passport.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewPaperBody {
    name: Option<String>,
}

/// A passport for a card.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PaperBody {
    name: String,
    formula: String,
    #[schemars(with = "schemas::Moment")]
    since: Timestamp,
    #[schemars(with = "schemas::Moment")]
    until: Timestamp,
    code: String,
}

impl From<PaperPassport> for PaperBody {
    fn from(paper: PaperPassport) -> Self {
        let PaperPassport {
            name,
            formula,
            since,
            until,
            code,
        } = paper;
        Self {
            name,
            formula,
            since,
            until,
            code,
        }
    }
}

/// `POST /api/v1/members/{member}/paper`: a passport to be printed.
pub(crate) async fn paper(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(member): Named,
    JsonBody(body): JsonBody<NewPaperBody>,
) -> Result<Json<PaperBody>, Problem> {
    let paper = app
        .paper_passport(&steward, &member, body.name.as_deref())
        .await?;
    Ok(Json(paper.into()))
}

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        let detail = chain(&error);
        let problem = match error {
            MemberError::NotASpace => Self::new("not_here", "This node is no space"),
            MemberError::Unknown(_) => Self::new("no_such_member", "There is no such member"),
            MemberError::Name => Self::new("member_name", "The name cannot be used"),
            MemberError::Formula(_) => Self::new("member_formula", "There is no such formula"),
            MemberError::HalfDays => Self::new("member_half_days", "No month has so many"),
            MemberError::Particulars => {
                Self::new("member_particulars", "A name is too long to be disclosed")
            }
            MemberError::NoCarrier => {
                Self::new("no_such_passport", "There is no such phone or card")
            }
            MemberError::NotActive(_) => {
                Self::new("member_not_active", "The membership is not active")
            }
            MemberError::TooMany => {
                Self::new("too_many_passports", "The member holds as many as they may")
            }
            MemberError::Ended(_) => Self::new("member_ended", "The membership has ended"),
            MemberError::Fault(fault) => return fault.into(),
        };
        problem.with_detail(detail)
    }
}
