//! Visits at this space: who is here, who leaves, and what was wrong.

use app::{App, Correction, Fate, Op, Stay, VisitError, VisitId, VisitRow, chain};
use axum::Json;
use axum::extract::State;
use rules::visit::HalfDays;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::receipt::{Ending, HalfDay, ProofBy};
use wire::{EntityId, Timestamp};

use crate::asker::{ByASteward, ByTheDesk};
use crate::path::Named;
use crate::people::{JsonBody, JudgedBody, ShownBody};
use crate::problem::Problem;
use crate::schemas;

/// A visit, as the desk sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VisitBody {
    #[schemars(with = "schemas::Id")]
    visit: VisitId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[schemars(with = "schemas::Entity")]
    home: EntityId,
    #[schemars(with = "schemas::Moment")]
    arrived: Timestamp,
    #[schemars(with = "schemas::ProofBy")]
    by: ProofBy,
    #[schemars(with = "schemas::Date")]
    date: String,
    time_zone: String,
    #[serde(flatten)]
    stay: StayBody,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
enum StayBody {
    Here {
        #[schemars(with = "schemas::Moment")]
        until: Timestamp,
    },
    Ended {
        #[schemars(with = "schemas::Moment")]
        left: Timestamp,
        #[schemars(with = "schemas::Ending")]
        ended: Ending,
        #[schemars(with = "Vec<schemas::HalfDay>")]
        half_days: Vec<HalfDay>,
        #[serde(skip_serializing_if = "Option::is_none")]
        receipt: Option<FateBody>,
        #[schemars(with = "schemas::Moment")]
        correctable_until: Timestamp,
    },
    NotHere,
}

/// What became of what was sent.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
enum FateBody {
    Waiting {
        #[schemars(with = "schemas::Id")]
        op: Op,
    },
    Accepted {
        #[schemars(with = "schemas::Moment")]
        at: Timestamp,
    },
    Refused {
        #[schemars(with = "schemas::Moment")]
        at: Timestamp,
        code: String,
    },
    GivenUp {
        #[schemars(with = "schemas::Moment")]
        at: Timestamp,
    },
    Moot {
        #[schemars(with = "schemas::Moment")]
        at: Timestamp,
    },
}

impl From<Fate> for FateBody {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Waiting { op } => Self::Waiting { op },
            Fate::Accepted { at } => Self::Accepted { at },
            Fate::Refused { at, code } => Self::Refused { at, code },
            Fate::GivenUp { at } => Self::GivenUp { at },
            Fate::Moot { at } => Self::Moot { at },
        }
    }
}

impl From<VisitRow> for VisitBody {
    fn from(row: VisitRow) -> Self {
        let VisitRow {
            id,
            name,
            home,
            arrived,
            by,
            day,
            stay,
        } = row;
        let stay = match stay {
            Stay::Here { until } => StayBody::Here { until },
            Stay::NotHere => StayBody::NotHere,
            Stay::Ended {
                left,
                ending,
                half_days,
                receipt,
                correctable_until,
            } => StayBody::Ended {
                left,
                ended: ending,
                half_days: half_days.list(),
                receipt: receipt.map(FateBody::from),
                correctable_until,
            },
        };
        Self {
            visit: id,
            name,
            home,
            arrived,
            by,
            date: day.date,
            time_zone: day.hours.time_zone,
            stay,
        }
    }
}

/// `POST /api/v1/desk/receive`: a person has looked, and the passport on paper is the
/// visitor's.
pub(crate) async fn receive(
    State(app): State<App>,
    ByTheDesk(staff): ByTheDesk,
    JsonBody(body): JsonBody<ShownBody>,
) -> Result<Json<JudgedBody>, Problem> {
    Ok(Json(app.receive_on_paper(&staff, &body.code).await?.into()))
}

/// `GET /api/v1/visits/here`: who is here.
pub(crate) async fn here(
    State(app): State<App>,
    ByTheDesk(staff): ByTheDesk,
) -> Result<Json<Vec<VisitBody>>, Problem> {
    let rows = app.visitors_here(&staff).await?;
    Ok(Json(rows.into_iter().map(VisitBody::from).collect()))
}

/// `GET /api/v1/visits`: the visits of the last days, the newest first.
pub(crate) async fn list(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
) -> Result<Json<Vec<VisitBody>>, Problem> {
    let rows = app.recent_visits(&steward).await?;
    Ok(Json(rows.into_iter().map(VisitBody::from).collect()))
}

/// What a visit counts.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CountedBody {
    #[schemars(with = "Vec<schemas::HalfDay>")]
    half_days: Vec<HalfDay>,
}

impl From<HalfDays> for CountedBody {
    fn from(half_days: HalfDays) -> Self {
        let half_days = half_days.list();
        Self { half_days }
    }
}

/// `POST /api/v1/visits/{visit}/leave`: the visitor leaves now.
pub(crate) async fn leave(
    State(app): State<App>,
    ByTheDesk(staff): ByTheDesk,
    Named(visit): Named,
) -> Result<Json<CountedBody>, Problem> {
    let visit = VisitId::parse(&visit).ok_or(VisitError::Unknown)?;
    Ok(Json(app.leave(&staff, visit).await?.into()))
}

/// What a steward says about a visit: when the visitor left, or that there was none.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CorrectionBody {
    Left(#[schemars(with = "schemas::Moment")] Timestamp),
    NotHere {},
}

/// `POST /api/v1/visits/{visit}/correct`: a steward says how it was.
pub(crate) async fn correct(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Named(visit): Named,
    JsonBody(body): JsonBody<CorrectionBody>,
) -> Result<Json<CountedBody>, Problem> {
    let visit = VisitId::parse(&visit).ok_or(VisitError::Unknown)?;
    let correction = match body {
        CorrectionBody::Left(at) => Correction::Left(at),
        CorrectionBody::NotHere {} => Correction::NotHere,
    };
    let counted = app.correct_visit(&steward, visit, correction).await?;
    Ok(Json(counted.into()))
}

impl From<VisitError> for Problem {
    fn from(error: VisitError) -> Self {
        let detail = chain(&error);
        match error {
            VisitError::Unknown => Self::new("no_such_visit", "There is no such visit"),
            VisitError::Ended => Self::new("visit_ended", "The visit has ended already"),
            VisitError::Time => {
                Self::new("visit_time", "A visit cannot end then").with_detail(detail)
            }
            VisitError::TooLate => {
                Self::new("visit_too_late", "The visit is too long ago").with_detail(detail)
            }
            VisitError::Fault(fault) => fault.into(),
        }
    }
}
