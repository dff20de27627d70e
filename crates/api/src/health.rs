//! Whether a node is well, for whoever watches it.

use app::{App, FeedFigures, OwnFeedState, PartingRow};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use wire::EntityId;
use wire::trust::NodeRole;

use crate::home::FreshnessBody;
use crate::problem::Problem;
use crate::schemas;

/// `GET /healthz`: the node answers and reads its store, its clock can be right, the last
/// look through the store found nothing, and it may write into its own feed.
pub(crate) async fn health(State(app): State<App>) -> Result<Json<HealthBody>, Problem> {
    let is_clock_behind = app.is_clock_behind().await?;
    let feeds = app.feed_figures().await?;
    let parted = app.partings().await?;
    HealthBody::new(&app, is_clock_behind, &feeds, &parted).or_unwell()
}

/// How sure a node is where its own feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OwnFeedBody {
    Confirmed,
    Asked,
    Unconfirmed,
    Divided,
}

impl From<OwnFeedState> for OwnFeedBody {
    fn from(state: OwnFeedState) -> Self {
        match state {
            OwnFeedState::Confirmed => Self::Confirmed,
            OwnFeedState::Asked => Self::Asked,
            OwnFeedState::Unconfirmed => Self::Unconfirmed,
            OwnFeedState::Divided => Self::Divided,
        }
    }
}

/// How a node is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HealthBody {
    ok: bool,
    version: &'static str,
    #[schemars(with = "schemas::Entity")]
    entity: EntityId,
    #[schemars(with = "schemas::NodeRole")]
    role: NodeRole,
    is_clock_behind: bool,
    store_problems: usize,
    own_feed: OwnFeedBody,
    feeds_parted: usize,
    label_freshness: FreshnessBody,
    partners: usize,
    partners_fresh: usize,
}

impl HealthBody {
    fn new(app: &App, is_clock_behind: bool, feeds: &FeedFigures, parted: &[PartingRow]) -> Self {
        let store_problems = app.store_problems().len();
        let own_feed = OwnFeedBody::from(app.own_feed_state());
        let writes = matches!(own_feed, OwnFeedBody::Confirmed | OwnFeedBody::Asked);
        let identity = app.identity();
        Self {
            ok: !is_clock_behind && store_problems == 0 && writes,
            version: env!("CARGO_PKG_VERSION"),
            entity: identity.entity.clone(),
            role: identity.role,
            is_clock_behind,
            store_problems,
            own_feed,
            feeds_parted: parted.iter().filter(|it| !it.is_over).count(),
            label_freshness: feeds.label.into(),
            partners: feeds.partners,
            partners_fresh: feeds.partners_fresh,
        }
    }

    /// A node that a person must see to says so by its status: the same members stand
    /// beside those of the problem.
    fn or_unwell(self) -> Result<Json<Self>, Problem> {
        if self.ok {
            return Ok(Json(self));
        }
        let clock = self.is_clock_behind.then_some("the clock is behind");
        let store = (self.store_problems > 0).then_some("the store does not hold what was written");
        let feed = match self.own_feed {
            OwnFeedBody::Confirmed | OwnFeedBody::Asked => None,
            OwnFeedBody::Unconfirmed => Some("the folder is a copy, and no partner has answered"),
            OwnFeedBody::Divided => Some("another machine runs as this node"),
        };
        let all = clock.into_iter().chain(store).chain(feed);
        let detail: Vec<&str> = all.collect();
        let problem =
            Problem::new("not_well", "The node is not well").with_detail(detail.join("; "));
        let more = match serde_json::to_value(&self) {
            Ok(Value::Object(members)) => members,
            Ok(_) | Err(_) => Map::new(),
        };
        Err(Problem { more, ..problem })
    }
}
