//! Who is asking for a page: what a handler takes to say who may.
//!
//! Whoever has not signed in is shown where; whose credential does not let do it is
//! told so.

use app::{App, Operator, Staff, Steward};
use axum::extract::{FromRef, FromRequestParts};
use axum::response::Response;
use http::request::Parts;

use super::cookie::Cookie;
use super::{SIGN_IN, failed, see};
use crate::language::Language;
use crate::notice::Notice;

/// A credential of whatever role, in a cookie.
pub(crate) struct ByTheDesk(pub(super) Staff);

/// A credential of a steward or an operator.
pub(crate) struct ByASteward(pub(super) Steward);

/// A credential of an operator.
pub(crate) struct ByAnOperator(pub(super) Operator);

/// Who is asking, if somebody has signed in.
pub(crate) struct BySomebody(pub(super) Option<Staff>);

async fn staff<S>(parts: &Parts, state: &S) -> Result<Option<Staff>, Response>
where
    App: FromRef<S>,
{
    let Some((_, token)) = Cookie::sent(&parts.headers) else {
        return Ok(None);
    };
    let found = App::from_ref(state).staff(token).await;
    found.map_err(|fault| failed(&fault, language(parts)))
}

fn language(parts: &Parts) -> Language {
    Language::of_request(&parts.uri, &parts.headers)
}

async fn needed<S, T>(
    parts: &Parts,
    state: &S,
    enough: impl FnOnce(Staff) -> Option<T>,
) -> Result<T, Response>
where
    App: FromRef<S>,
{
    let language = language(parts);
    let staff = staff(parts, state).await?;
    let staff = staff.ok_or_else(|| see(SIGN_IN, language))?;
    enough(staff).ok_or_else(|| Notice::RoleNeeded.answer(language))
}

impl<S: Send + Sync> FromRequestParts<S> for BySomebody
where
    App: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        staff(parts, state).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ByTheDesk
where
    App: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        needed(parts, state, Some).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ByASteward
where
    App: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        needed(parts, state, Staff::steward).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ByAnOperator
where
    App: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        needed(parts, state, Staff::operator).await.map(Self)
    }
}
