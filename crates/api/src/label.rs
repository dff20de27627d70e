//! What a label has decided about a space, for everybody.

use app::{App, Story};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::label::{Act, Decision, Warning};
use wire::{EntityId, Timestamp};

use crate::home::StandingBody;
use crate::problem::Problem;
use crate::route::{Parameter, must};
use crate::schemas;

/// Whose history.
#[derive(Debug, Deserialize)]
pub(crate) struct HistoryQuery {
    space: EntityId,
}

/// The same for the description.
pub(crate) const HISTORY_PARAMETERS: &[Parameter] =
    &[must::<schemas::Entity>("space", "whose history")];

/// The history of a space's label.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HistoryBody {
    #[schemars(with = "schemas::Entity")]
    space: EntityId,
    standing: StandingBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<WarningBody>,
    decisions: Vec<DecisionBody>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct WarningBody {
    reason: String,
    #[schemars(with = "schemas::Moment")]
    since: Timestamp,
    #[schemars(with = "schemas::Moment")]
    until: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DecisionBody {
    number: u64,
    #[schemars(with = "schemas::Act")]
    act: Act,
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    reason: String,
    #[schemars(with = "schemas::Moment")]
    at: Timestamp,
    charter_version: u64,
}

impl From<Story> for HistoryBody {
    fn from(story: Story) -> Self {
        let Story {
            entity,
            name: _,
            standing,
            warning,
            decisions,
        } = story;
        let warned = |Warning {
                          sub: _,
                          reason,
                          since,
                          until,
                      }| WarningBody {
            reason,
            since,
            until,
        };
        let decided = |Decision {
                           sub: _,
                           number,
                           act,
                           reason,
                           at,
                           charter_version,
                       }| DecisionBody {
            number,
            act,
            reason,
            at,
            charter_version,
        };
        Self {
            space: entity,
            standing: standing.into(),
            warning: warning.map(warned),
            decisions: decisions.into_iter().map(decided).collect(),
        }
    }
}

/// `GET /api/v1/label/history?space=`: everything that was decided about a space.
pub(crate) async fn history(
    State(app): State<App>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Json<HistoryBody>, Problem> {
    let Query(HistoryQuery { space }) = query?;
    let story = app.label_stories(Some(&space)).await?.into_iter().next();
    let absent = || Problem::new("not_here", "Nothing was decided about this space");
    Ok(Json(story.ok_or_else(absent)?.into()))
}
