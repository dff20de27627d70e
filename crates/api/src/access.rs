//! Who may do what at this space, for its operators; and signing in by a code.

use app::{AccessError, AccessRow, App, Role, chain};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Timestamp;

use crate::asker::ByAnOperator;
use crate::path::Named;
use crate::people::JsonBody;
use crate::problem::Problem;
use crate::schemas;

/// A one-time code.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct AccessCodeBody {
    code: String,
}

/// A credential.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SignedInBody {
    token: String,
    #[schemars(with = "schemas::Role")]
    role: Role,
    name: String,
}

/// `POST /api/v1/sign-in`: whoever has a one-time code gets its credential.
pub(crate) async fn sign_in(
    State(app): State<App>,
    JsonBody(body): JsonBody<AccessCodeBody>,
) -> Result<Json<SignedInBody>, Problem> {
    let (token, staff) = app.sign_in(&body.code).await?;
    let (role, name) = (staff.role(), staff.name().to_owned());
    Ok(Json(SignedInBody { token, role, name }))
}

/// A credential, as operators see it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AccessBody {
    #[schemars(with = "schemas::AccessId")]
    id: String,
    #[schemars(with = "schemas::Role")]
    role: Role,
    name: String,
    #[schemars(with = "schemas::Moment")]
    since: Timestamp,
    is_revoked: bool,
}

impl From<AccessRow> for AccessBody {
    fn from(row: AccessRow) -> Self {
        let AccessRow {
            id,
            role,
            name,
            since,
            is_revoked,
        } = row;
        Self {
            id,
            role,
            name,
            since,
            is_revoked,
        }
    }
}

/// `GET /api/v1/access`: every credential, the oldest first.
pub(crate) async fn list(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
) -> Result<Json<Vec<AccessBody>>, Problem> {
    let rows = app.accesses(&operator).await?;
    Ok(Json(rows.into_iter().map(AccessBody::from).collect()))
}

/// A credential to be made.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewAccessBody {
    #[schemars(with = "schemas::Role")]
    role: Role,
    name: String,
}

/// `POST /api/v1/access`: a one-time code for a credential.
pub(crate) async fn add(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
    JsonBody(body): JsonBody<NewAccessBody>,
) -> Result<Json<AccessCodeBody>, Problem> {
    let code = app.access_code(&operator, body.role, &body.name).await?;
    Ok(Json(AccessCodeBody { code }))
}

/// `POST /api/v1/access/{id}/revoke`: revokes a credential.
pub(crate) async fn revoke(
    State(app): State<App>,
    ByAnOperator(operator): ByAnOperator,
    Named(id): Named,
) -> Result<Json<Vec<AccessBody>>, Problem> {
    app.revoke_access(&operator, &id).await?;
    let rows = app.accesses(&operator).await?;
    Ok(Json(rows.into_iter().map(AccessBody::from).collect()))
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        let detail = chain(&error);
        let problem = match error {
            AccessError::NotASpace => Self::new("not_here", "This node is no space"),
            AccessError::Name => Self::new("access_name", "The name cannot be used"),
            AccessError::Code => {
                return Self::new("access_code", "The code is not good, or not any more");
            }
            AccessError::Unknown(_) => {
                Self::new("no_such_credential", "There is no such credential")
            }
            AccessError::Fault(fault) => return fault.into(),
        };
        problem.with_detail(detail)
    }
}
