//! Who may do what at this space, for its operators; and signing in by a code.

use app::{AccessError, AccessRow, App, Role, chain};
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use wire::Timestamp;

use crate::asker::ByAnOperator;
use crate::people::JsonBody;
use crate::problem::Problem;

/// A one-time code.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct AccessCodeBody {
    code: String,
}

/// A credential.
#[derive(Debug, Serialize)]
pub(crate) struct SignedInBody {
    token: String,
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
#[derive(Debug, Serialize)]
pub(crate) struct AccessBody {
    id: String,
    role: Role,
    name: String,
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
#[derive(Debug, Deserialize)]
pub(crate) struct NewAccessBody {
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
    Path(id): Path<String>,
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
