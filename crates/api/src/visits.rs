//! Visits at this space: who is here, who leaves, and what was wrong.

use app::{App, Correction, Fate, Op, Stay, VisitError, VisitId, VisitRow, chain};
use axum::Json;
use axum::extract::{Path, State};
use rules::visit::HalfDays;
use serde::{Deserialize, Serialize};
use wire::receipt::{Ending, HalfDay, ProofBy};
use wire::{EntityId, Timestamp};

use crate::asker::{ByASteward, ByTheDesk};
use crate::people::{JsonBody, JudgedBody, ShownBody};
use crate::problem::Problem;

/// A visit, as the desk sees it.
#[derive(Debug, Serialize)]
pub(crate) struct VisitBody {
    visit: VisitId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    home: EntityId,
    arrived: Timestamp,
    by: ProofBy,
    date: String,
    time_zone: String,
    #[serde(flatten)]
    stay: StayBody,
}

#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum StayBody {
    Here {
        until: Timestamp,
    },
    Ended {
        left: Timestamp,
        ended: Ending,
        half_days: Vec<HalfDay>,
        #[serde(skip_serializing_if = "Option::is_none")]
        receipt: Option<FateBody>,
        correctable_until: Timestamp,
    },
    NotHere,
}

/// What became of what was sent.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum FateBody {
    Waiting { op: Op },
    Accepted { at: Timestamp },
    Refused { at: Timestamp, code: String },
    GivenUp { at: Timestamp },
    Moot { at: Timestamp },
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
#[derive(Debug, Serialize)]
pub(crate) struct CountedBody {
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
    Path(visit): Path<String>,
) -> Result<Json<CountedBody>, Problem> {
    let visit = VisitId::parse(&visit).ok_or(VisitError::Unknown)?;
    Ok(Json(app.leave(&staff, visit).await?.into()))
}

/// What a steward says about a visit: when the visitor left, or that there was none.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CorrectionBody {
    Left(Timestamp),
    NotHere {},
}

/// `POST /api/v1/visits/{visit}/correct`: a steward says how it was.
pub(crate) async fn correct(
    State(app): State<App>,
    ByASteward(steward): ByASteward,
    Path(visit): Path<String>,
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
