//! Refusals in the form of OpenID Federation 1.0 §8.9, for the endpoints of that standard.

use app::{FederationError, ServeError, chain};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::{Problem, RETRY_AFTER_SECONDS};

/// Every code of that standard that is answered here, with its status.
pub const STANDARD_CODES: &[(&str, u16)] = &[
    ("invalid_request", 400),
    ("invalid_trust_chain", 400),
    ("invalid_subject", 404),
    ("invalid_trust_anchor", 404),
    ("not_found", 404),
    ("server_error", 500),
    ("temporarily_unavailable", 503),
];

/// A refusal that federations' software understands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StandardError {
    error: &'static str,
    error_description: String,
}

impl StandardError {
    /// The refusal of that code; its status stands in [`STANDARD_CODES`].
    pub(crate) fn new(error: &'static str, description: &str) -> Self {
        Self {
            error,
            error_description: wire::printable(description, 300),
        }
    }
}

impl IntoResponse for StandardError {
    fn into_response(self) -> Response {
        let listed = STANDARD_CODES.iter().find(|(code, _)| *code == self.error);
        let status = listed.and_then(|(_, status)| StatusCode::from_u16(*status).ok());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let after = HeaderValue::from_static(RETRY_AFTER_SECONDS);
            headers.insert(header::RETRY_AFTER, after);
        }
        response
    }
}

impl From<QueryRejection> for StandardError {
    fn from(rejection: QueryRejection) -> Self {
        Self::new("invalid_request", &rejection.body_text())
    }
}

/// A fault says the same as elsewhere, in fewer words: it passes, or it is ours.
impl From<app::Fault> for StandardError {
    fn from(fault: app::Fault) -> Self {
        let problem = Problem::from(fault);
        let code = if problem.status == 503 {
            "temporarily_unavailable"
        } else {
            "server_error"
        };
        Self::new(code, problem.detail.as_deref().unwrap_or(problem.title))
    }
}

impl From<ServeError> for StandardError {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Absent => Self::new("not_found", "there is none here"),
            ServeError::Fault(fault) => fault.into(),
        }
    }
}

impl From<FederationError> for StandardError {
    fn from(error: FederationError) -> Self {
        let described = chain(&error);
        let code = match error {
            FederationError::Fault(fault) => return fault.into(),
            FederationError::NotTheCoordinator
            | FederationError::UnknownEntity(_)
            | FederationError::UnknownMark => "not_found",
            FederationError::Itself | FederationError::NotAMark => "invalid_request",
            FederationError::ItselfResolved => "invalid_subject",
            FederationError::OtherAnchor => "invalid_trust_anchor",
            FederationError::Chain(_) | FederationError::NeverHeard => "invalid_trust_chain",
        };
        Self::new(code, &described)
    }
}
