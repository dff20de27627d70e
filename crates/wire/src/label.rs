//! What a coordinator's feed says of its label: the charter, and withdrawals.
//!
//! Statements and trust marks travel in the same feed as bodies that are sealed
//! documents themselves.

use seal::Malformed;
use serde::{Deserialize, Serialize};

use crate::body::{BodyKind, LocalText};
use crate::document::require;
use crate::trust::CHARTER_URL_BYTES_MAX;
use crate::{EntityId, Timestamp};

/// The label's rules, public and versioned. The record's id is `url`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charter {
    /// The charter's URL, which is also the type of its trust marks.
    pub url: String,
    /// The label's name.
    pub name: LocalText,
    /// 1, and one more at each change.
    pub version: u64,
    /// What roaming costs and how far it goes.
    pub roaming: Roaming,
}

/// The charter's rules for members who work elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roaming {
    /// How many half-days a member may work elsewhere in a calendar month.
    pub half_days_per_month: u64,
    /// How visits are settled between home and host.
    pub settlement: Settlement,
    /// What becomes of half-days that were used beyond those granted, which happens
    /// while nodes are apart. Carried over unless it says otherwise.
    #[serde(default, skip_serializing_if = "Overdraw::is_carried")]
    pub overdraw: Overdraw,
}

/// What becomes of half-days that were used beyond those granted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overdraw {
    /// They count against the next month.
    #[default]
    Carried,
    /// The next month begins anew.
    Forgiven,
}

impl Overdraw {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    const fn is_carried(&self) -> bool {
        matches!(self, Self::Carried)
    }
}

/// How visits are settled between home and host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// Counted and balanced, not paid.
    Reciprocal,
    /// Paid by the home to the host, at the host's published price.
    HomePays,
}

impl BodyKind for Charter {
    const KIND: &'static str = "charter";

    fn check(&self) -> Result<(), Malformed> {
        self.name.check()?;
        require((1..=CHARTER_URL_BYTES_MAX).contains(&self.url.len()), "url")?;
        require(self.version >= 1, "version")?;
        require(
            self.roaming.half_days_per_month <= 62,
            "more half-days than a month has",
        )
    }
}

/// A space is suspended, or its label is withdrawn. The record's id is `sub`; it
/// is removed when the label is granted again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The space.
    pub sub: EntityId,
    /// For a while, or for good.
    pub state: WithdrawalState,
    /// Why, in public words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// For a while, or for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WithdrawalState {
    /// Expected to come back.
    Suspended,
    /// Over, until granted anew.
    Withdrawn,
}

/// The most characters of a reason.
pub const REASON_CHARS_MAX: usize = 500;

impl BodyKind for Withdrawal {
    const KIND: &'static str = "withdrawal";

    fn check(&self) -> Result<(), Malformed> {
        require(self.reason.chars().count() <= REASON_CHARS_MAX, "reason")
    }
}
