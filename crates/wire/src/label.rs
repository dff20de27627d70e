//! What a coordinator's feed says of its label: the charter, who asks for the label, who
//! was warned, suspended or lost it, and each decision for good.
//!
//! Statements and trust marks travel in the same feed as bodies that are sealed
//! documents themselves.

use std::collections::BTreeSet;

use seal::Malformed;
use serde::{Deserialize, Serialize};

use crate::body::{BodyKind, LocalText};
use crate::document::require;
use crate::request::Request;
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
    /// What a space must be like to bear the label; at most [`CRITERIA_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<Criterion>,
}

/// One thing that a space must be like to bear the label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// By what it is called in a decision: 1 to 40 of `a-z 0-9 -`, once in a charter.
    pub id: String,
    /// What it asks, in a sentence or two.
    pub text: LocalText,
}

/// The most criteria of a charter.
pub const CRITERIA_MAX: usize = 40;

/// The most bytes of a criterion's id.
pub const CRITERION_ID_BYTES_MAX: usize = 40;

fn check_criteria(criteria: &[Criterion]) -> Result<(), Malformed> {
    require(criteria.len() <= CRITERIA_MAX, "too many criteria")?;
    let mut ids = BTreeSet::new();
    for Criterion { id, text } in criteria {
        let is_in = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let has_length = (1..=CRITERION_ID_BYTES_MAX).contains(&id.len());
        require(has_length && id.bytes().all(is_in), "the id of a criterion")?;
        require(ids.insert(id), "two criteria of one id")?;
        text.check()?;
    }
    Ok(())
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
        )?;
        check_criteria(&self.criteria)
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

/// A space asks for the label. The record's id is `sub`; it is removed when the label is
/// granted, and when the space does not belong any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// The space.
    pub sub: EntityId,
    /// What it says with it, in public words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Since when.
    pub since: Timestamp,
}

impl BodyKind for Application {
    const KIND: &'static str = "application";

    fn check(&self) -> Result<(), Malformed> {
        require(self.note.chars().count() <= REASON_CHARS_MAX, "note")
    }
}

/// The kind of a request by which a space asks for the label.
pub const APPLICATION_REQUEST_KIND: &str = "label-application";

/// The body of that request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationBody {
    /// What the space says with it, in public words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl ApplicationBody {
    /// The body of a request.
    pub fn of(request: &Request) -> Result<Self, Malformed> {
        let body: Self = crate::shape::read(request.body.clone())?;
        require(body.note.chars().count() <= REASON_CHARS_MAX, "note")?;
        Ok(body)
    }
}

/// A space is warned: it goes on bearing the label. The record's id is `sub`; it is removed
/// when the warning is lifted, and when the label is withdrawn or the membership ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The space.
    pub sub: EntityId,
    /// Why, in public words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when it has time to mend it.
    pub until: Timestamp,
}

impl BodyKind for Warning {
    const KIND: &'static str = "warning";

    fn check(&self) -> Result<(), Malformed> {
        require(self.until > self.since, "until is not after since")?;
        require(self.reason.chars().count() <= REASON_CHARS_MAX, "reason")
    }
}

/// One act of a label's life, for good: no record of another act has its id, which is
/// [`Decision::id`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The space.
    pub sub: EntityId,
    /// Which of the acts about this space it is, from 1.
    pub number: u64,
    /// What was done.
    pub act: Act,
    /// Why, in public words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// The version of the charter by which it was decided.
    pub charter_version: u64,
}

/// What was done about a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// The space joined, and belongs.
    Admitted,
    /// It asked for the label.
    Asked,
    /// It was given the label, or given it again.
    Granted,
    /// Its mark was signed anew.
    Renewed,
    /// Its mark ran out.
    Expired,
    /// It was warned.
    Warned,
    /// Its label was suspended.
    Suspended,
    /// A warning or a suspension was taken back.
    Lifted,
    /// Its label was withdrawn.
    Withdrawn,
    /// It does not belong any more.
    Ended,
}

impl Decision {
    /// The id of its record.
    pub fn id(&self) -> String {
        format!("{}#{}", self.sub, self.number)
    }
}

impl BodyKind for Decision {
    const KIND: &'static str = "label-decision";

    fn check(&self) -> Result<(), Malformed> {
        require(self.number >= 1, "number")?;
        require(self.reason.chars().count() <= REASON_CHARS_MAX, "reason")
    }
}
