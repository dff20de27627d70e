//! What programs read of a node: itself, its label, its partners.

use std::collections::BTreeMap;

use app::view::{FeedView, FurtherLabelView, Home, LabelView, SpaceView};
use app::{App, JoinState};
use axum::Json;
use axum::extract::State;
use rules::freshness::Freshness;
use rules::opening::OpenState;
use rules::trust::Standing;
use rules::visit::{HalfDays, Translation};
use schemars::JsonSchema;
use serde::Serialize;
use wire::label::Charter;
use wire::receipt::{HalfDay, VisitValue};
use wire::space::{ClockTime, Formula, OpeningHours, Profile, Weekday};
use wire::trust::NodeRole;
use wire::{EntityId, Timestamp};

use crate::problem::Problem;
use crate::schemas;

/// `GET /api/v1/home`: who we are, our standing, our partners.
pub(crate) async fn home(State(app): State<App>) -> Result<Json<HomeBody>, Problem> {
    Ok(Json(HomeBody::new(&app, app.home().await?)))
}

/// A node's first page.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HomeBody {
    #[schemars(with = "schemas::Entity")]
    entity: EntityId,
    #[schemars(with = "schemas::NodeRole")]
    role: NodeRole,
    #[schemars(with = "schemas::Moment")]
    now: Timestamp,
    is_clock_behind: bool,
    label: LabelBody,
    /// The labels that the space joined since it was founded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further_labels: Vec<FurtherLabelBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    us: Option<SpaceBody>,
    partners: Vec<SpaceBody>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LabelBody {
    #[schemars(with = "schemas::Entity")]
    coordinator: EntityId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Charter>")]
    charter: Option<Charter>,
    freshness: FreshnessBody,
    is_relied_on: bool,
    feed: FeedBody,
}

/// A label that the space joined since it was founded.
#[derive(Debug, Serialize, JsonSchema)]
struct FurtherLabelBody {
    #[serde(flatten)]
    label: LabelBody,
    standing: StandingBody,
    joining: JoiningBody,
}

/// How joining a label stands.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
enum JoiningBody {
    Asking,
    Accepted {
        #[schemars(with = "schemas::Moment")]
        at: Timestamp,
    },
    Refused {
        #[schemars(with = "schemas::Moment")]
        at: Timestamp,
        code: String,
    },
    Nothing,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SpaceBody {
    #[schemars(with = "schemas::Entity")]
    entity: EntityId,
    standing: StandingBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Profile>")]
    profile: Option<Profile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::OpeningHours>")]
    opening_hours: Option<OpeningHours>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<OpenBody>,
    #[schemars(with = "BTreeMap<String, schemas::Formula>")]
    formulas: BTreeMap<String, Formula>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visit: Option<TranslationBody>,
    freshness: FreshnessBody,
    feed: FeedBody,
}

/// What a visit would count, for a member of another space.
#[derive(Debug, Serialize, JsonSchema)]
struct TranslationBody {
    #[schemars(with = "schemas::Date")]
    date: String,
    #[schemars(with = "Vec<schemas::HalfDay>")]
    day: Vec<HalfDay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<schemas::HalfDay>>")]
    from_now: Option<Vec<HalfDay>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::VisitValue>")]
    value: Option<VisitValue>,
}

impl From<Translation> for TranslationBody {
    fn from(translation: Translation) -> Self {
        let Translation {
            date,
            day,
            from_now,
            value,
        } = translation;
        Self {
            date,
            day: day.list(),
            from_now: from_now.map(HalfDays::list),
            value,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum StandingBody {
    Labelled {
        #[schemars(with = "schemas::Moment")]
        until: Timestamp,
    },
    Admitted,
    Suspended {
        #[schemars(with = "schemas::Moment")]
        since: Timestamp,
        reason: String,
    },
    Withdrawn {
        #[schemars(with = "schemas::Moment")]
        since: Timestamp,
        reason: String,
    },
    Expired {
        #[schemars(with = "schemas::Moment")]
        since: Timestamp,
    },
    Unknown,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum FreshnessBody {
    Fresh {
        #[schemars(with = "schemas::Moment")]
        as_of: Timestamp,
    },
    Stale {
        #[schemars(with = "schemas::Moment")]
        as_of: Timestamp,
        #[schemars(with = "schemas::Moment")]
        since: Timestamp,
    },
    Never,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
enum OpenBody {
    Open {
        #[schemars(with = "schemas::ClockTime")]
        until: ClockTime,
    },
    Closed {
        #[schemars(with = "schemas::Weekday")]
        opens_on: Weekday,
        #[schemars(with = "schemas::ClockTime")]
        opens_at: ClockTime,
    },
    NoHours,
    UnknownTimeZone,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FeedBody {
    epoch: u64,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Moment>")]
    pulled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
}

impl HomeBody {
    fn new(app: &App, home: Home) -> Self {
        let Home {
            now,
            is_clock_behind,
            role,
            label,
            further_labels,
            us,
            partners,
        } = home;
        Self {
            entity: app.identity().entity.clone(),
            role,
            now,
            is_clock_behind,
            label: label.into(),
            further_labels: further_labels
                .into_iter()
                .map(FurtherLabelBody::from)
                .collect(),
            us: us.map(SpaceBody::from),
            partners: partners.into_iter().map(SpaceBody::from).collect(),
        }
    }
}

impl From<FurtherLabelView> for FurtherLabelBody {
    fn from(further: FurtherLabelView) -> Self {
        let FurtherLabelView {
            label,
            standing,
            joining,
        } = further;
        Self {
            label: label.into(),
            standing: standing.into(),
            joining: match joining {
                JoinState::Asking => JoiningBody::Asking,
                JoinState::Accepted { at } => JoiningBody::Accepted { at },
                JoinState::Refused { at, code } => JoiningBody::Refused { at, code },
                JoinState::Nothing => JoiningBody::Nothing,
            },
        }
    }
}

impl From<LabelView> for LabelBody {
    fn from(label: LabelView) -> Self {
        let LabelView {
            coordinator,
            charter,
            freshness,
            is_relied_on,
            feed,
        } = label;
        Self {
            coordinator,
            charter,
            freshness: freshness.into(),
            is_relied_on,
            feed: feed.into(),
        }
    }
}

impl From<SpaceView> for SpaceBody {
    fn from(space: SpaceView) -> Self {
        let SpaceView {
            entity,
            standing,
            profile,
            hours,
            open,
            formulas,
            translation,
            freshness,
            feed,
        } = space;
        Self {
            entity,
            standing: standing.into(),
            profile,
            opening_hours: hours,
            open: open.map(OpenBody::from),
            formulas: formulas.into_iter().collect(),
            visit: translation.map(TranslationBody::from),
            freshness: freshness.into(),
            feed: feed.into(),
        }
    }
}

impl From<Standing> for StandingBody {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Labelled { until } => Self::Labelled { until },
            Standing::Admitted => Self::Admitted,
            Standing::Suspended { since, reason } => Self::Suspended { since, reason },
            Standing::Withdrawn { since, reason } => Self::Withdrawn { since, reason },
            Standing::Expired { since } => Self::Expired { since },
            Standing::Unknown => Self::Unknown,
        }
    }
}

impl From<Freshness> for FreshnessBody {
    fn from(freshness: Freshness) -> Self {
        match freshness {
            Freshness::Fresh { as_of } => Self::Fresh { as_of },
            Freshness::StaleSince { as_of, since } => Self::Stale { as_of, since },
            Freshness::Never => Self::Never,
        }
    }
}

impl From<OpenState> for OpenBody {
    fn from(open: OpenState) -> Self {
        match open {
            OpenState::OpenUntil(until) => Self::Open { until },
            OpenState::OpensOn(opens_on, opens_at) => Self::Closed { opens_on, opens_at },
            OpenState::NoHours => Self::NoHours,
            OpenState::UnknownTimeZone => Self::UnknownTimeZone,
        }
    }
}

impl From<FeedView> for FeedBody {
    fn from(feed: FeedView) -> Self {
        let FeedView {
            epoch,
            seq,
            pulled_at,
            refusal,
        } = feed;
        Self {
            epoch,
            seq,
            pulled_at,
            refusal,
        }
    }
}
