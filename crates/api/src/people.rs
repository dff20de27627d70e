//! Enrolling a member's phone, and judging a visitor at the desk.

use app::{App, DeskChallenge, EnrolError, Judged, VisitId, Visitor};
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::disclosure::Disclosed;
use wire::{EntityId, Sha256Hash, Timestamp};

use crate::asker::ByTheDesk;
use crate::federation::exact_bytes;
use crate::home::FreshnessBody;
use crate::problem::Problem;
use crate::schemas;

/// The most bytes of a body that a person's device sends: a code of a passport, or a
/// key.
pub(crate) const BODY_BYTES_MAX: usize = 8 * 1024;

/// A JSON body of exactly its media type.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = exact_bytes(request, state, "application/json", "body_malformed").await?;
        let malformed = |_| Problem::new("body_malformed", "The body is not understood");
        serde_json::from_slice(&bytes).map(Self).map_err(malformed)
    }
}

/// What a phone sends to get its passport.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct EnrolBody {
    code: String,
    #[schemars(with = "Vec<schemas::Jwk>", length(min = 1, max = 4))]
    jwks: Vec<Value>,
}

/// What a phone gets: a passport for each of its keys, with what can be disclosed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EnrolledBody {
    #[schemars(with = "Vec<schemas::GivenPassport>")]
    pub(crate) passports: Vec<String>,
}

/// `POST /api/v1/enrol`: whoever has a one-time code gets its passports for their keys.
pub(crate) async fn enrol(
    State(app): State<App>,
    JsonBody(body): JsonBody<EnrolBody>,
) -> Result<Json<EnrolledBody>, Problem> {
    let passports = app.enrol(&body.code, &body.jwks).await?;
    Ok(Json(EnrolledBody { passports }))
}

impl From<EnrolError> for Problem {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Code => Self::new("enrol_code", "The code is not good, or not any more"),
            EnrolError::Used => Self::new("enrol_used", "The code was used already"),
            EnrolError::Key => Self::new("enrol_key", "These keys cannot be used for passports"),
            EnrolError::NotActive => Self::new("enrol_not_active", "The membership is not active"),
            EnrolError::TooMany => {
                Self::new("too_many_passports", "The member holds as many as they may")
            }
            EnrolError::Fault(fault) => fault.into(),
        }
    }
}

/// What a desk sends: the text that a scanner read.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ShownBody {
    pub(crate) code: String,
}

/// What a desk sends, in its strict mode with the number that it shows.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct JudgeBody {
    code: String,
    #[schemars(with = "Option<schemas::Challenge>")]
    challenge: Option<String>,
}

/// `POST /api/v1/desk/judge`: is this visitor welcome?
pub(crate) async fn judge(
    State(app): State<App>,
    ByTheDesk(staff): ByTheDesk,
    JsonBody(body): JsonBody<JudgeBody>,
) -> Result<Json<JudgedBody>, Problem> {
    let JudgeBody { code, challenge } = body;
    let judged = app.judge_for(&staff, &code, challenge.as_deref()).await?;
    Ok(Json(judged.into()))
}

/// A number for a desk to show.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChallengeBody {
    #[schemars(with = "schemas::Challenge")]
    challenge: String,
    #[schemars(with = "schemas::Moment")]
    until: Timestamp,
}

/// `POST /api/v1/desk/challenge`: a number that the visitor's code must be made for.
pub(crate) async fn challenge(
    State(app): State<App>,
    ByTheDesk(staff): ByTheDesk,
) -> Result<Json<ChallengeBody>, Problem> {
    let DeskChallenge { number, until } = app.challenge(&staff)?;
    Ok(Json(ChallengeBody {
        challenge: number,
        until,
    }))
}

/// The answer at the desk.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JudgedBody {
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    half_days_left: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visitor: Option<VisitorBody>,
    home_freshness: FreshnessBody,
    label_freshness: FreshnessBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Id>")]
    visit: Option<VisitId>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct VisitorBody {
    name: String,
    #[schemars(with = "schemas::Entity")]
    home: EntityId,
    formula: String,
    #[serde(flatten)]
    disclosed: DisclosedBody,
}

/// What can be disclosed of a member, or was.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DisclosedBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Digest>")]
    portrait: Option<Sha256Hash>,
}

impl From<Disclosed> for DisclosedBody {
    fn from(disclosed: Disclosed) -> Self {
        let Disclosed {
            full_name,
            organisation,
            portrait,
        } = disclosed;
        Self {
            full_name,
            organisation,
            portrait,
        }
    }
}

impl From<DisclosedBody> for Disclosed {
    fn from(body: DisclosedBody) -> Self {
        let DisclosedBody {
            full_name,
            organisation,
            portrait,
        } = body;
        Self {
            full_name,
            organisation,
            portrait,
        }
    }
}

impl From<Judged> for JudgedBody {
    fn from(judged: Judged) -> Self {
        let Judged {
            verdict,
            visitor,
            home_freshness,
            label_freshness,
            visit,
        } = judged;
        let (answer, reason, half_days_left) = words(verdict);
        let visitor = visitor.map(
            |Visitor {
                 name,
                 home,
                 formula,
                 disclosed,
             }| VisitorBody {
                name,
                home,
                formula,
                disclosed: disclosed.into(),
            },
        );
        Self {
            answer,
            reason,
            half_days_left,
            visitor,
            home_freshness: home_freshness.into(),
            label_freshness: label_freshness.into(),
            visit,
        }
    }
}

/// Answer and reason as stable words, listed in `specs/passport.md`.
pub(crate) fn words(verdict: Verdict) -> (&'static str, Option<&'static str>, Option<u64>) {
    match verdict {
        Verdict::Allowed { left } => ("allowed", None, Some(left)),
        Verdict::ToVerify { left } => ("to_verify", Some("paper"), Some(left)),
        Verdict::Expired => ("expired", None, None),
        Verdict::NoAllowance => ("no_allowance", None, None),
        Verdict::AlreadyUsed => ("already_used", None, None),
        Verdict::Blocked(block) => {
            let reason = match block {
                Block::Revoked => "revoked",
                Block::Paused => "paused",
                Block::KeyEnded => "key_ended",
                Block::HomeSuspended => "home_suspended",
                Block::HomeWithdrawn => "home_withdrawn",
            };
            ("blocked", Some(reason), None)
        }
        Verdict::NotAllowedHere(not_here) => {
            let reason = match not_here {
                NotHere::OtherHost => "other_host",
                NotHere::HostNotLabelled => "host_not_labelled",
                NotHere::HomeNotLabelled => "home_not_labelled",
                NotHere::RegisterTooOld => "register_too_old",
                NotHere::ListTooOld => "list_too_old",
                NotHere::ClockWrong => "clock_wrong",
            };
            ("not_allowed_here", Some(reason), None)
        }
        Verdict::NotGenuine(not_genuine) => {
            let reason = match not_genuine {
                NotGenuine::UnknownHome => "unknown_home",
                NotGenuine::OutOfTime => "out_of_time",
                NotGenuine::Malformed => "malformed",
                NotGenuine::OtherChallenge => "other_challenge",
            };
            ("not_genuine", Some(reason), None)
        }
    }
}
