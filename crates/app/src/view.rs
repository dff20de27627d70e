//! What a node shows of itself and of its label, judged at one moment.
//!
//! Everything here may be shown to anybody: it comes from feeds, and feeds hold
//! nothing about persons.

use rules::freshness::Freshness;
use rules::opening::OpenState;
use rules::trust::Standing;
use rules::visit::Translation;
use wire::label::Charter;
use wire::space::{Formula, OpeningHours, Profile};
use wire::trust::NodeRole;
use wire::{EntityId, Timestamp};

use crate::JoinState;

/// A node's first page: who we are, our standing, our partners.
#[derive(Debug, Clone)]
pub struct Home {
    /// The moment at which everything here was judged.
    pub now: Timestamp,
    /// Whether our clock is before what the coordinator has already signed, so
    /// that nothing judged here can be relied on.
    pub is_clock_behind: bool,
    /// What this node is.
    pub role: NodeRole,
    /// The label in which the node was founded.
    pub label: LabelView,
    /// The labels that it joined since.
    pub further_labels: Vec<FurtherLabelView>,
    /// This node as a space; `None` for a coordinator.
    pub us: Option<SpaceView>,
    /// The other spaces of its labels, by name. Withdrawn ones are among them, and
    /// say so; their prices are not shown.
    pub partners: Vec<SpaceView>,
}

/// The label as this node knows it.
#[derive(Debug, Clone)]
pub struct LabelView {
    /// The coordinator.
    pub coordinator: EntityId,
    /// The charter, once it was heard.
    pub charter: Option<Charter>,
    /// How fresh the coordinator's feed is.
    pub freshness: Freshness,
    /// Whether the register may still be relied on (30 days).
    pub is_relied_on: bool,
    /// How much of the coordinator's feed we hold.
    pub feed: FeedView,
}

/// A label that this space joined since it was founded.
#[derive(Debug, Clone)]
pub struct FurtherLabelView {
    /// The label.
    pub label: LabelView,
    /// What it says of this space.
    pub standing: Standing,
    /// How joining it stands.
    pub joining: JoinState,
}

/// One space as this node knows it.
#[derive(Debug, Clone)]
pub struct SpaceView {
    /// The space.
    pub entity: EntityId,
    /// What the labels of this node say of it; of this space itself, what the label says in
    /// which it was founded.
    pub standing: Standing,
    /// Its profile, once it was heard.
    pub profile: Option<Profile>,
    /// Its opening hours.
    pub hours: Option<OpeningHours>,
    /// Whether it is open now.
    pub open: Option<OpenState>,
    /// Its formulas, the shortest unit first, with their ids.
    pub formulas: Vec<(String, Formula)>,
    /// What a day there would count and be worth, for a member of another space; `None`
    /// where it receives nobody.
    pub translation: Option<Translation>,
    /// How fresh its feed is.
    pub freshness: Freshness,
    /// How much of its feed we hold.
    pub feed: FeedView,
}

/// How much of a feed is held, and how the last pull went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedView {
    /// The epoch of the last record that we hold; 1 before the first.
    pub epoch: u64,
    /// The position of the last record that we hold; 0 before the first.
    pub seq: u64,
    /// When its author, or somebody who holds it, was last asked with success.
    pub pulled_at: Option<Timestamp>,
    /// Why the last pull was not taken whole, as a stable code.
    pub refusal: Option<String>,
}
