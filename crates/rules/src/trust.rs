//! Whom a label's word reaches: from the pinned root to a space's standing.
//!
//! Root key → anchor → the coordinator's `fed` keys → subordinate statement and
//! trust mark of a space. Each step is a document that only the step above can
//! have signed, and each names whom it is about.
//!
//! **Invariant:** no key is ever taken from the document that it verifies, nor
//! from an address.

use seal::checks::{holds, is_on};
use seal::{KeyRefusal, KeySet, PublicKey, SealRefusal, Sealed, Verified};
use wire::label::{Withdrawal, WithdrawalState};
use wire::trust::{Anchor, EntityStatement, TrustMark};
use wire::{EntityId, Timestamp};

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The most labels of one space, the first among them: its Entity Configuration names all
/// their coordinators and shows all their marks, and every feed of each is read.
pub const LABELS_MAX: usize = 4;

/// The most spaces of a further label that are followed, beside those that an earlier label
/// names too: as many coworking spaces as there are in the country for which the network is
/// planned. What a later coordinator lists costs its readers no more than a whole label.
pub const FURTHER_SPACES_MAX: usize = 3_500;

/// How long an anchor statement holds: a year.
pub const ANCHOR_SECONDS: i64 = 365 * DAY_SECONDS;
/// How long a subordinate statement holds: 45 days, so that a network outlives a
/// month without its coordinator.
pub const STATEMENT_SECONDS: i64 = 45 * DAY_SECONDS;
/// When a subordinate statement is signed again: weekly.
pub const STATEMENT_RENEWED_AFTER_SECONDS: i64 = 7 * DAY_SECONDS;
/// How long an Entity Configuration holds.
pub const CONFIGURATION_SECONDS: i64 = 14 * DAY_SECONDS;
/// When an Entity Configuration is signed again.
pub const CONFIGURATION_RENEWED_AFTER_SECONDS: i64 = 7 * DAY_SECONDS;
/// How long a trust mark holds.
pub const MARK_SECONDS: i64 = 90 * DAY_SECONDS;
/// When a trust mark is signed again: monthly.
pub const MARK_RENEWED_AFTER_SECONDS: i64 = 30 * DAY_SECONDS;
/// How long an invitation may be used.
pub const INVITATION_SECONDS: i64 = 30 * DAY_SECONDS;
/// How far two clocks may be apart.
pub const CLOCK_LEEWAY_SECONDS: i64 = 5 * 60;

/// Why a document of the chain is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustRefusal {
    /// Its seal does not hold.
    #[error(transparent)]
    Seal(#[from] SealRefusal),
    /// It lists keys that are not accepted.
    #[error(transparent)]
    Keys(#[from] KeyRefusal),
    /// It was issued by somebody else.
    #[error("issued by {0}, who may not")]
    OtherIssuer(EntityId),
    /// It is about somebody else.
    #[error("it is about {0}")]
    OtherSubject(EntityId),
    /// It is a mark of another label.
    #[error("a mark of another label")]
    OtherLabel,
    /// It lasts longer than its kind may.
    #[error("it lasts longer than it may")]
    LastsTooLong,
    /// An Entity Configuration without `escale_node` metadata.
    #[error("not the configuration of a node")]
    NotANode,
    /// A member that has no place in a statement of this kind.
    #[error("a member that has no place in such a statement")]
    Misplaced,
}

impl TrustRefusal {
    /// The stable code of `specs/trust.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Seal(refusal) => refusal.code(),
            Self::Keys(_) => "trust_keys",
            Self::OtherIssuer(_) => "trust_other_issuer",
            Self::OtherSubject(_) => "trust_other_subject",
            Self::OtherLabel => "trust_other_label",
            Self::LastsTooLong => "trust_lasts_too_long",
            Self::NotANode => "trust_not_a_node",
            Self::Misplaced => "trust_misplaced",
        }
    }
}

/// Opens an anchor statement by the pinned root key. Whether it has expired is
/// judged by [`standing`], so that an old feed can still be read from its start.
pub fn open_anchor(
    text: &str,
    root: &PublicKey,
    coordinator: &EntityId,
) -> Result<Verified<Anchor>, TrustRefusal> {
    let anchor = Sealed::<Anchor>::parse(text)?.open(&KeySet::only(root.clone()))?;
    issued_by(&anchor.iss, coordinator)?;
    lasts_at_most(anchor.iat, anchor.exp, ANCHOR_SECONDS)?;
    Ok(anchor)
}

/// Opens the Entity Configuration of `entity` by its `fed` keys, which come from
/// the anchor (for the coordinator) or from the subordinate statement (for a space).
pub fn open_configuration(
    text: &str,
    fed: &KeySet,
    entity: &EntityId,
) -> Result<Verified<EntityStatement>, TrustRefusal> {
    let statement = Sealed::<EntityStatement>::parse(text)?.open(fed)?;
    issued_by(&statement.iss, entity)?;
    about(&statement.sub, entity)?;
    lasts_at_most(statement.iat, statement.exp, CONFIGURATION_SECONDS)?;
    if !holds("configuration_node", statement.node().is_some()) {
        return Err(TrustRefusal::NotANode);
    }
    // OpenID Federation 1.0 §3.1.3: constraints are said of somebody else.
    if statement.constraints.is_some() {
        return Err(TrustRefusal::Misplaced);
    }
    Ok(statement)
}

/// The `ops` keys that an Entity Configuration names.
pub fn ops_keys(configuration: &Verified<EntityStatement>) -> Result<KeySet, TrustRefusal> {
    let node = configuration.node().ok_or(TrustRefusal::NotANode)?;
    Ok(node.jwks.key_set()?)
}

/// Opens the coordinator's statement about `space`.
pub fn open_statement(
    text: &str,
    coordinator_fed: &KeySet,
    coordinator: &EntityId,
    space: &EntityId,
) -> Result<Verified<EntityStatement>, TrustRefusal> {
    let statement = Sealed::<EntityStatement>::parse(text)?.open(coordinator_fed)?;
    issued_by(&statement.iss, coordinator)?;
    about(&statement.sub, space)?;
    lasts_at_most(statement.iat, statement.exp, STATEMENT_SECONDS)?;
    // OpenID Federation 1.0 §3.1.2: these are said of oneself.
    let is_of_itself = !statement.authority_hints.is_empty()
        || !statement.trust_marks.is_empty()
        || statement.trust_mark_issuers.is_some();
    if is_of_itself {
        return Err(TrustRefusal::Misplaced);
    }
    Ok(statement)
}

/// Opens the coordinator's trust mark of `space` under the charter `charter_url`.
pub fn open_mark(
    text: &str,
    coordinator_fed: &KeySet,
    coordinator: &EntityId,
    space: &EntityId,
    charter_url: &str,
) -> Result<Verified<TrustMark>, TrustRefusal> {
    let mark = Sealed::<TrustMark>::parse(text)?.open(coordinator_fed)?;
    issued_by(&mark.iss, coordinator)?;
    about(&mark.sub, space)?;
    lasts_at_most(mark.iat, mark.exp, MARK_SECONDS)?;
    if !holds("mark_label", mark.trust_mark_type == charter_url) {
        return Err(TrustRefusal::OtherLabel);
    }
    Ok(mark)
}

fn issued_by(iss: &EntityId, expected: &EntityId) -> Result<(), TrustRefusal> {
    if holds("paper_issuer", iss == expected) {
        Ok(())
    } else {
        Err(TrustRefusal::OtherIssuer(iss.clone()))
    }
}

fn about(sub: &EntityId, expected: &EntityId) -> Result<(), TrustRefusal> {
    if holds("paper_subject", sub == expected) {
        Ok(())
    } else {
        Err(TrustRefusal::OtherSubject(sub.clone()))
    }
}

fn lasts_at_most(iat: Timestamp, exp: Timestamp, seconds_max: i64) -> Result<(), TrustRefusal> {
    if holds("paper_term", exp.seconds_since(iat) <= seconds_max) {
        Ok(())
    } else {
        Err(TrustRefusal::LastsTooLong)
    }
}

/// What the label says of a space, as far as this node has heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It bears the label.
    Labelled {
        /// Until when, if nothing is signed anew.
        until: Timestamp,
    },
    /// It belongs to the network and does not bear the label yet.
    Admitted,
    /// Its label is suspended.
    Suspended {
        /// Since when.
        since: Timestamp,
        /// Why, in the coordinator's words.
        reason: String,
    },
    /// Its label is withdrawn.
    Withdrawn {
        /// Since when.
        since: Timestamp,
        /// Why, in the coordinator's words.
        reason: String,
    },
    /// What the label said has run out.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// The label does not know it.
    Unknown,
}

/// What there is about one space in its label's register.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The anchor statement above all.
    pub anchor: &'a Verified<Anchor>,
    /// That it belongs.
    pub statement: Option<&'a Verified<EntityStatement>>,
    /// That it bears the label.
    pub mark: Option<&'a Verified<TrustMark>>,
    /// That it is suspended or withdrawn.
    pub withdrawal: Option<&'a Withdrawal>,
}

/// Judges a space's standing at `now`.
///
/// A withdrawal speaks before everything else, so that it is shown for what it is
/// even after the papers have run out. Each `exp` is the first second at which a
/// paper no longer holds.
pub fn standing(entry: Entry<'_>, now: Timestamp) -> Standing {
    if let Some(withdrawal) = entry.withdrawal.filter(|_| is_on("label_withdrawal")) {
        let (since, reason) = (withdrawal.since, withdrawal.reason.clone());
        return match withdrawal.state {
            WithdrawalState::Suspended => Standing::Suspended { since, reason },
            WithdrawalState::Withdrawn => Standing::Withdrawn { since, reason },
        };
    }
    let Some(statement) = entry.statement else {
        return Standing::Unknown;
    };
    let belongs_until = statement.exp.min(entry.anchor.exp);
    if !holds("label_papers", now < belongs_until) {
        return Standing::Expired {
            since: belongs_until,
        };
    }
    let Some(mark) = entry.mark else {
        return Standing::Admitted;
    };
    let until = belongs_until.min(mark.exp);
    if holds("label_mark", now < until) {
        Standing::Labelled { until }
    } else {
        Standing::Expired { since: until }
    }
}

/// Whether something signed at `iat` and renewed every `after_seconds` is due. What a
/// clock signed that was ahead is due at once: nobody believes it before its time.
pub fn is_renewal_due(iat: Timestamp, after_seconds: i64, now: Timestamp) -> bool {
    let age = now.seconds_since(iat);
    age >= after_seconds || age < -CLOCK_LEEWAY_SECONDS
}

/// Whether the clock cannot be right: it is before what a coordinator has already
/// signed. Village machines have no clock battery.
pub fn is_clock_behind(now: Timestamp, newest_heard: Timestamp) -> bool {
    newest_heard.seconds_since(now) > CLOCK_LEEWAY_SECONDS
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
