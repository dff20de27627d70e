//! Who is asking: what a handler takes to say who may.
//!
//! **Invariant:** each of these is made only of a proof that came with the request, and
//! before its body is read.

use app::{App, Fault, Holder, Operator, Staff, Steward};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;

use crate::problem::Problem;

/// A credential of this space, of whatever role.
pub(crate) struct ByTheDesk(pub(crate) Staff);

/// A credential of a steward or an operator.
pub(crate) struct ByASteward(pub(crate) Steward);

/// A credential of an operator.
pub(crate) struct ByAnOperator(pub(crate) Operator);

/// A member of this space, by a passport shown to it.
pub(crate) struct ByAMember(pub(crate) Holder);

/// What follows a scheme in `Authorization` (RFC 9110 §11.6.2), the scheme written so.
fn proof<'a>(parts: &'a Parts, scheme: &str) -> Option<&'a str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix(scheme)?.strip_prefix(' ')
}

async fn staff(parts: &Parts, app: &App) -> Result<Staff, Problem> {
    let found: Result<Option<Staff>, Fault> = match proof(parts, "Bearer") {
        Some(token) => app.staff(token).await,
        None => Ok(None),
    };
    found?.ok_or_else(|| {
        Problem::new(
            "credential_needed",
            "Only who works at this space's desk may ask",
        )
    })
}

fn role_needed() -> Problem {
    Problem::new("role_needed", "This credential does not let do that")
}

impl<S: Send + Sync> FromRequestParts<S> for ByTheDesk
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        staff(parts, &App::from_ref(state)).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ByASteward
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let staff = staff(parts, &App::from_ref(state)).await?;
        staff.steward().map(Self).ok_or_else(role_needed)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ByAnOperator
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let staff = staff(parts, &App::from_ref(state)).await?;
        staff.operator().map(Self).ok_or_else(role_needed)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ByAMember
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let needed = || Problem::new("passport_needed", "Only who shows a good passport may ask");
        let presentation = proof(parts, "Passport").ok_or_else(needed)?;
        let app = App::from_ref(state);
        app.holder(presentation).await?.map(Self).ok_or_else(needed)
    }
}
