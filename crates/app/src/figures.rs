//! What a node is at, in numbers: for whoever watches it.
//!
//! **Invariant:** nothing here names anybody, and no number is about a person.

use rules::freshness::Freshness;

use crate::exchange::OutgoingState;
use crate::home::freshness_of;
use crate::{App, Fault};

/// The feeds that a node follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedFigures {
    /// How fresh the coordinator's feed is.
    pub label: Freshness,
    /// How many seconds ago the coordinator's head was signed; none where none was heard.
    pub label_head_seconds: Option<i64>,
    /// How many other spaces the label lists.
    pub partners: usize,
    /// How many of them have signed their end less than a day ago.
    pub partners_fresh: usize,
    /// How many seconds ago the oldest of their heads was signed.
    pub oldest_head_seconds: Option<i64>,
    /// How many records of all these feeds, and of the own, are held.
    pub records: u64,
}

/// A node in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Whether the clock is before what the coordinator has already signed.
    pub is_clock_behind: bool,
    /// The feeds.
    pub feeds: FeedFigures,
    /// How many requests wait for another node's answer.
    pub waiting: usize,
    /// How many were refused or given up, and are kept for a person to see.
    pub dead: usize,
    /// How many problems the last look through the store found.
    pub store_problems: usize,
}

impl App {
    /// The feeds that this node follows, in numbers.
    pub async fn feed_figures(&self) -> Result<FeedFigures, Fault> {
        let now = self.now();
        let identity = self.identity();
        let registers = self.registers().await?;
        let (label, _) = self.feed_state(&identity.coordinator).await?;
        let age = |iat| now.seconds_since(iat).max(0);
        let mut figures = FeedFigures {
            label: freshness_of(&label, now),
            label_head_seconds: label.head.as_ref().map(|head| age(head.iat)),
            partners: 0,
            partners_fresh: 0,
            oldest_head_seconds: None,
            records: label.seq,
        };
        if !self.is_coordinator() {
            figures.records += self.feed_state(&identity.entity).await?.0.seq;
        }
        for label in self.labels().into_iter().skip(1) {
            figures.records += self.feed_state(&label.coordinator).await?.0.seq;
        }
        let members = registers.members().into_iter();
        for space in members.filter(|space| **space != identity.entity) {
            let (feed, _) = self.feed_state(space).await?;
            let is_fresh = matches!(freshness_of(&feed, now), Freshness::Fresh { .. });
            let head_seconds = feed.head.as_ref().map(|head| age(head.iat));
            figures.partners += 1;
            figures.partners_fresh += usize::from(is_fresh);
            figures.oldest_head_seconds = figures.oldest_head_seconds.max(head_seconds);
            figures.records += feed.seq;
        }
        Ok(figures)
    }

    /// This node in numbers.
    pub async fn figures(&self) -> Result<Figures, Fault> {
        let outgoing = self.outgoing().await?;
        let waits = |state: &OutgoingState| *state == OutgoingState::Waiting;
        let waiting = outgoing
            .iter()
            .filter(|(_, it, _)| waits(&it.state))
            .count();
        Ok(Figures {
            is_clock_behind: self.is_clock_behind().await?,
            feeds: self.feed_figures().await?,
            waiting,
            dead: outgoing.len() - waiting,
            store_problems: self.store_problems().len(),
        })
    }
}
