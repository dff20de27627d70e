//! A whole chain judged at once, as strangers' software judges it (OpenID Federation 1.0
//! §10.2): the space's own statement, the coordinator's about it, the coordinator's own.
//!
//! Nodes of the label read papers one by one, from feeds ([`crate::trust`]); a coordinator
//! judges a chain before it says to a stranger that it holds.
//!
//! **Invariant:** no key is taken from the document that it verifies: a statement opens by
//! keys of the next one, and the last by keys that were pinned.

use seal::checks::{holds, is_on};
use seal::{KeySet, PublicKey, Sealed, Verified};
use wire::federation::MarkStatus;
use wire::trust::{EntityStatement, ShownMark, TrustMark};
use wire::{EntityId, Jwks, Timestamp};

use crate::trust::{
    CLOCK_LEEWAY_SECONDS, MARK_SECONDS, Standing, TrustRefusal, open_configuration, open_mark,
    open_statement,
};

/// Whom one believes from the beginning.
#[derive(Debug, Clone, Copy)]
pub struct Pinned<'a> {
    /// The coordinator.
    pub entity: &'a EntityId,
    /// Its `fed` keys.
    pub keys: &'a KeySet,
}

/// A chain that holds.
#[derive(Debug, Clone)]
pub struct Chain {
    /// What the space says of itself.
    pub configuration: Verified<EntityStatement>,
    /// What the coordinator says of the space.
    pub statement: Verified<EntityStatement>,
    /// What the coordinator says of itself.
    pub anchor: Verified<EntityStatement>,
    /// The coordinator's keys that are pinned and that it names itself.
    anchor_keys: KeySet,
}

impl Chain {
    /// When the first of the three runs out.
    pub fn until(&self) -> Timestamp {
        let ends = [&self.configuration, &self.statement, &self.anchor].map(|it| it.exp);
        ends.into_iter().min().unwrap_or_default()
    }
}

/// Why a chain, or a mark beside it, is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainRefusal {
    /// It has not exactly three statements.
    #[error("a chain has three statements, not {0}")]
    Length(usize),
    /// A statement of it is not believed by itself.
    #[error(transparent)]
    Trust(#[from] TrustRefusal),
    /// A node's own statement is signed by a key that it does not name.
    #[error("signed by a key that the node does not name itself")]
    OwnKey,
    /// The space does not name the coordinator as its superior.
    #[error("the space does not name the coordinator in authority_hints")]
    Hint,
    /// Something was signed in the future.
    #[error("signed in the future")]
    Future,
    /// Something has run out.
    #[error("it has run out")]
    Expired,
    /// A mark that is called another than it is.
    #[error("a mark that is called another than it is")]
    MarkType,
    /// A mark by somebody who does not issue it.
    #[error("the anchor does not name who issued the mark")]
    MarkIssuer,
}

impl ChainRefusal {
    /// The stable code of `specs/trust.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length(_) => "chain_length",
            Self::Trust(refusal) => refusal.code(),
            Self::OwnKey => "chain_own_key",
            Self::Hint => "chain_hint",
            Self::Future => "chain_future",
            Self::Expired => "chain_expired",
            Self::MarkType => "chain_mark_type",
            Self::MarkIssuer => "chain_mark_issuer",
        }
    }
}

/// Judges a chain about `space`, from the pinned end.
pub fn open_chain(
    statements: &[&str],
    pinned: Pinned<'_>,
    space: &EntityId,
    now: Timestamp,
) -> Result<Chain, ChainRefusal> {
    let [configuration, statement, anchor] = statements else {
        return Err(ChainRefusal::Length(statements.len()));
    };
    let anchor = open_configuration(anchor, pinned.keys, pinned.entity)?;
    let anchor_keys = named_too(pinned.keys, &anchor.jwks).ok_or(ChainRefusal::OwnKey)?;
    signed_by_its_own(&anchor)?;
    let statement = open_statement(statement, &anchor_keys, pinned.entity, space)?;
    let fed = statement.jwks.key_set().map_err(TrustRefusal::from)?;
    let configuration = open_configuration(configuration, &fed, space)?;
    signed_by_its_own(&configuration)?;
    let names = |hint: &String| hint == pinned.entity.as_str();
    let is_named = configuration.authority_hints.iter().any(names);
    if !holds("chain_hint", is_named) {
        return Err(ChainRefusal::Hint);
    }
    for it in [&configuration, &statement, &anchor] {
        holds_at(it.iat, it.exp, now)?;
    }
    Ok(Chain {
        configuration,
        statement,
        anchor,
        anchor_keys,
    })
}

/// The pinned keys that a node names itself.
fn named_too(pinned: &KeySet, named: &Jwks) -> Option<KeySet> {
    let named = named.key_set().ok()?;
    let is_named = |key: &&PublicKey| named.find(key.thumbprint()).is_some();
    KeySet::new(pinned.iter().filter(is_named).cloned().collect()).ok()
}

/// The last reader knows a node by the keys that it names; the first by those that others
/// name. It has to be one key.
fn signed_by_its_own(own: &Verified<EntityStatement>) -> Result<(), ChainRefusal> {
    let keys = own.jwks.key_set().map_err(TrustRefusal::from)?;
    let is_named = keys.find(own.key()).is_some();
    holds("chain_own_key", is_named)
        .then_some(())
        .ok_or(ChainRefusal::OwnKey)
}

fn holds_at(iat: Timestamp, exp: Timestamp, now: Timestamp) -> Result<(), ChainRefusal> {
    if !holds("chain_begun", iat <= now.plus_seconds(CLOCK_LEEWAY_SECONDS)) {
        Err(ChainRefusal::Future)
    } else if !holds("chain_lasts", now < exp) {
        Err(ChainRefusal::Expired)
    } else {
        Ok(())
    }
}

/// Judges a mark that the space of a chain shows (OpenID Federation 1.0 §7.3): of the label
/// `charter_url`, issued by the coordinator, which says that it issues such marks.
pub fn open_shown_mark(
    chain: &Chain,
    shown: &ShownMark,
    charter_url: &str,
    now: Timestamp,
) -> Result<Verified<TrustMark>, ChainRefusal> {
    let (coordinator, space) = (&chain.anchor.iss, &chain.configuration.iss);
    let keys = &chain.anchor_keys;
    let mark = open_mark(&shown.trust_mark, keys, coordinator, space, charter_url)?;
    if !holds(
        "shown_mark_name",
        shown.trust_mark_type == mark.trust_mark_type,
    ) {
        return Err(ChainRefusal::MarkType);
    }
    let issuers = chain.anchor.trust_mark_issuers.as_ref();
    let issuers = issuers.and_then(|issuers| issuers.get(&mark.trust_mark_type));
    let is_issuer = issuers.is_some_and(|issuers| issuers.contains(coordinator));
    if !holds("shown_mark_issuer", is_issuer) {
        return Err(ChainRefusal::MarkIssuer);
    }
    holds_at(mark.iat, mark.exp, now)?;
    Ok(mark)
}

/// By what a coordinator says how a mark of its own stands.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// The coordinator, with the keys in force.
    pub pinned: Pinned<'a>,
    /// Its keys of former times.
    pub former: &'a [PublicKey],
    /// The charter in force.
    pub charter_url: &'a str,
}

/// Why a coordinator says nothing about a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoStatus {
    /// It is no mark at all.
    #[error("not a trust mark")]
    NotAMark,
    /// It names a key that never was the coordinator's.
    #[error("a mark that was not issued here")]
    NotIssued,
}

/// How a mark stands; `standing` says where a space stands now.
///
/// A mark that was signed anew meanwhile is as active as the new one: nobody took it back.
/// One by a key of former times is believed by no reader, and is revoked.
pub fn mark_status(
    text: &str,
    issuer: Issuer<'_>,
    standing: impl FnOnce(&EntityId) -> Standing,
    now: Timestamp,
) -> Result<MarkStatus, NoStatus> {
    let sealed = Sealed::<TrustMark>::parse(text).map_err(|_| NoStatus::NotAMark)?;
    let former = issuer.former.iter();
    let former = former.clone().find(|key| key.thumbprint() == sealed.kid());
    let (keys, is_former) = match former {
        Some(key) => (KeySet::only(key.clone()), true),
        None => (issuer.pinned.keys.clone(), false),
    };
    if !holds("status_issued", keys.find(sealed.kid()).is_some()) {
        return Err(NoStatus::NotIssued);
    }
    let Ok(mark) = sealed.open(&keys) else {
        return Ok(MarkStatus::Invalid);
    };
    let lasts = mark.exp.seconds_since(mark.iat);
    let is_own = holds("status_issuer", mark.iss == *issuer.pinned.entity);
    if !is_own || !holds("status_term", lasts <= MARK_SECONDS) {
        return Ok(MarkStatus::Invalid);
    }
    if !holds("status_lasts", now < mark.exp) {
        return Ok(MarkStatus::Expired);
    }
    let is_label = holds("status_label", mark.trust_mark_type == issuer.charter_url);
    if !holds("status_key", !is_former) || !is_label {
        return Ok(MarkStatus::Revoked);
    }
    let without_label = if is_on("status_standing") {
        MarkStatus::Revoked
    } else {
        MarkStatus::Active
    };
    Ok(match standing(&mark.sub) {
        Standing::Labelled { .. } => MarkStatus::Active,
        Standing::Expired { .. } => MarkStatus::Expired,
        Standing::Admitted
        | Standing::Suspended { .. }
        | Standing::Withdrawn { .. }
        | Standing::Unknown => without_label,
    })
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
