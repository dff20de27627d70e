//! What a refusal looks like: RFC 9457, with a code that does not change.

use app::{Fault, ForkError, HintError, JoinError, ServeError, chain};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

/// A refusal. `detail` is for people and may change; `code` is for programs and
/// does not.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// What kind of refusal, in general.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Which refusal exactly.
    pub code: &'static str,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What else is said (RFC 9457 §3.2), by name.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Every code that this crate answers, with its status.
pub const CODES: &[(&str, u16)] = &[
    ("access_name", 400),
    ("bad_query", 400),
    ("body_malformed", 400),
    ("enrol_key", 400),
    ("event_malformed", 400),
    ("event_refused", 400),
    ("fork_malformed", 400),
    ("fork_not_proven", 400),
    ("hint_malformed", 400),
    ("join_malformed", 400),
    ("join_not_genuine", 400),
    ("join_other_audience", 400),
    ("join_out_of_time", 400),
    ("member_formula", 400),
    ("member_half_days", 400),
    ("member_particulars", 400),
    ("member_name", 400),
    ("request_malformed", 400),
    ("request_not_genuine", 400),
    ("request_other_audience", 400),
    ("request_out_of_time", 400),
    ("visit_time", 400),
    ("credential_needed", 401),
    ("passport_needed", 401),
    ("access_code", 403),
    ("enrol_code", 403),
    ("enrol_not_active", 403),
    ("enrol_used", 403),
    ("renew_used", 403),
    ("role_needed", 403),
    ("no_such_credential", 404),
    ("no_such_event", 404),
    ("no_such_member", 404),
    ("no_such_passport", 404),
    ("no_such_registration", 404),
    ("no_such_request", 404),
    ("no_such_route", 404),
    ("no_such_visit", 404),
    ("not_here", 404),
    ("wrong_method", 405),
    ("event_has_registrations", 409),
    ("member_ended", 409),
    ("member_not_active", 409),
    ("registration_over", 409),
    ("request_replayed", 409),
    ("too_many_events", 409),
    ("too_many_passports", 409),
    ("too_many_registrations", 409),
    ("visit_ended", 409),
    ("visit_too_late", 409),
    ("body_too_long", 413),
    ("wrong_media_type", 415),
    ("too_many_refusals", 429),
    ("fault", 500),
    ("busy", 503),
    ("clock_wrong", 503),
    ("feed_divided", 503),
    ("feed_unconfirmed", 503),
    ("not_well", 503),
    ("nothing_heard", 503),
    ("request_not_yet", 503),
];

/// When to come back after a refusal that passes by itself.
pub(crate) const RETRY_AFTER_SECONDS: &str = "5";

impl Problem {
    /// The refusal of that code; its status stands in [`CODES`].
    pub(crate) fn new(code: &'static str, title: &'static str) -> Self {
        let listed = CODES.iter().find(|(listed, _)| *listed == code);
        Self {
            title,
            status: listed.map_or(500, |(_, status)| *status),
            code,
            detail: None,
            more: Map::new(),
        }
    }

    pub(crate) fn with_detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let scheme = if self.code == "passport_needed" {
            "Passport"
        } else {
            "Bearer"
        };
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media_type);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2 asks for it.
            let scheme = HeaderValue::from_static(scheme);
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let after = HeaderValue::from_static(RETRY_AFTER_SECONDS);
            headers.insert(header::RETRY_AFTER, after);
        }
        response
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Busy => Self::new("busy", "The node is busy"),
            Fault::ClockBehind => Self::new("clock_wrong", "The node's clock is wrong")
                .with_detail("nothing is signed until the clock is set"),
            Fault::Unconfirmed => {
                Self::new("feed_unconfirmed", "The node was restored from a copy").with_detail(
                    "nothing is published until a partner has said how far its feed goes",
                )
            }
            Fault::Divided => Self::new("feed_divided", "Another machine runs as this node")
                .with_detail("its operator says which one goes on: `escale feed take-over`"),
            Fault::NothingHeard => Self::new("nothing_heard", "Nothing is known of the label yet")
                .with_detail("the coordinator has not been reached since this node was founded"),
            Fault::Unknown(_)
            | Fault::TooLarge
            | Fault::Read(_)
            | Fault::Form { .. }
            | Fault::Entropy(_)
            | Fault::OwnFeed(_)
            | Fault::NoKey
            | Fault::Calendar
            | Fault::Seal(_) => {
                tracing::error!(error = %chain(&fault), "a request failed");
                Self::new("fault", "Something is broken in this node")
                    .with_detail("its operator finds the reason in the log")
            }
        }
    }
}

impl From<ServeError> for Problem {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Absent => Self::new("not_here", "There is none here"),
            ServeError::Fault(fault) => fault.into(),
        }
    }
}

impl From<HintError> for Problem {
    fn from(error: HintError) -> Self {
        let detail = chain(&error);
        match error {
            HintError::Malformed(_) => {
                Self::new("hint_malformed", "Not a hint").with_detail(detail)
            }
            HintError::Fault(fault) => fault.into(),
        }
    }
}

impl From<ForkError> for Problem {
    fn from(error: ForkError) -> Self {
        let detail = chain(&error);
        match error {
            ForkError::Malformed(_) => {
                Self::new("fork_malformed", "Not two words of an author").with_detail(detail)
            }
            ForkError::NotProven => Self::new(
                "fork_not_proven",
                "It does not prove that a feed has parted",
            ),
            ForkError::Fault(fault) => fault.into(),
        }
    }
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        let detail = chain(&error);
        match error {
            JoinError::NotTheCoordinator => Self::new("not_here", "This node coordinates no label"),
            JoinError::NotGenuine | JoinError::AnswerNotGenuine => {
                Self::new("join_not_genuine", "The request is not genuine")
            }
            JoinError::OtherAudience(_) => {
                Self::new("join_other_audience", "The request is for another node")
            }
            JoinError::OutOfTime => {
                Self::new("join_out_of_time", "The request is out of its time").with_detail(detail)
            }
            JoinError::Malformed(_) => {
                Self::new("join_malformed", "Not a join").with_detail(detail)
            }
            JoinError::Fault(fault) => fault.into(),
        }
    }
}

/// `GET /api/…` and `/federation/…` beside the table.
pub(crate) async fn no_such_route() -> Problem {
    Problem::new("no_such_route", "There is nothing at this address")
}

/// A route of the table, asked by another method.
pub(crate) async fn wrong_method() -> Problem {
    Problem::new("wrong_method", "This address is asked in another way")
}
