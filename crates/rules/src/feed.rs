//! Which records may follow in a feed, and by which keys that is judged.
//!
//! A feed opens with its author's papers: a coordinator's with its anchor
//! statement and then its Entity Configuration, a space's with its Entity
//! Configuration. From then on the `ops` keys in force at a position are those of
//! the last Entity Configuration before it. The feed itself so says which key is
//! valid from where, and a stolen `ops` key can append, but never name a key that the
//! `fed` key has not named.
//!
//! **Invariant:** a record is accepted only at the position after the tip, with
//! the hash of the record before, signed by a key in force at that position.
//!
//! **Invariant:** what keys, belonging and the label hang from comes with its body, so
//! that a relay can withhold all of a feed's end, and nothing out of its middle.
//!
//! Specified in `specs/feed.md`.

use std::cmp::Ordering;

use seal::checks::holds;
use seal::{KeySet, PublicKey, SealRefusal, Sealed, Verified};
use wire::epoch::{EPOCH_KIND, Epoch};
use wire::feed::{Body, Head, PageRecord, Record};
use wire::label::{Charter, Withdrawal};
use wire::revocation::{KEY_REVOCATION_KIND, LastGood};
use wire::space::THE_ONE;
use wire::trust::{EntityStatement, NodeRole};
use wire::{BodyKind as _, EntityId, Sha256Hash};

use crate::revocation::Revoked;
use crate::trust;

/// The kind of a record whose body is an anchor statement.
pub const ANCHOR_KIND: &str = "anchor";
/// The kind of a record whose body is an Entity Configuration.
pub const CONFIGURATION_KIND: &str = "entity-configuration";
/// The kind of a record whose body is a subordinate statement; its id is the subject.
pub const STATEMENT_KIND: &str = "subordinate-statement";
/// The kind of a record whose body is a trust mark; its id is the subject.
pub const MARK_KIND: &str = "trust-mark";

/// The kinds whose records come with their bodies or not at all. Keys, belonging and the
/// label hang from them, and whoever serves a feed could else hide a withdrawal by leaving
/// out what the record says.
pub const TRUST_KINDS: [&str; 8] = [
    ANCHOR_KIND,
    CONFIGURATION_KIND,
    STATEMENT_KIND,
    MARK_KIND,
    Withdrawal::KIND,
    Charter::KIND,
    KEY_REVOCATION_KIND,
    EPOCH_KIND,
];

/// Whose feed it is, and what its first keys hang from.
#[derive(Debug, Clone, Copy)]
pub enum Author<'a> {
    /// The coordinator, by the pinned root key.
    Coordinator(&'a PublicKey),
    /// A space, by the `fed` keys of its subordinate statement, as far as none of its
    /// keys was revoked.
    Space(&'a KeySet, &'a Revoked),
}

impl<'a> Author<'a> {
    /// What the author's Entity Configuration must say that it is.
    fn role(self) -> NodeRole {
        match self {
            Self::Coordinator(_) => NodeRole::Coordinator,
            Self::Space(..) => NodeRole::Space,
        }
    }

    fn revoked(self) -> &'a Revoked {
        match self {
            Self::Coordinator(_) => Revoked::none(),
            Self::Space(_, revoked) => revoked,
        }
    }
}

/// How far a feed is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The epoch; 1 before the first record.
    pub epoch: u64,
    /// The position of the last record; 0 before the first.
    pub seq: u64,
    /// The hash of the last record.
    pub hash: Option<Sha256Hash>,
    /// A coordinator's `fed` keys, from the last anchor statement of its feed.
    pub coordinator_fed: Option<KeySet>,
    /// The `ops` keys in force at the next position.
    pub ops: Option<KeySet>,
    /// The `ops` keys that were in force once and are not any more, the newest first, at
    /// most eight: what they signed while they were is kept and can be checked again.
    pub former: Option<KeySet>,
}

impl Tip {
    /// Before the first record.
    pub fn start() -> Self {
        Self::start_of(1)
    }

    /// Before the first record of an epoch.
    pub fn start_of(epoch: u64) -> Self {
        Self {
            epoch,
            seq: 0,
            hash: None,
            coordinator_fed: None,
            ops: None,
            former: None,
        }
    }

    /// Where the last record stands, and which it is; before the first, nowhere.
    pub fn last(&self) -> Option<LastGood> {
        let (epoch, seq) = (self.epoch, self.seq);
        self.hash.map(|hash| LastGood { epoch, seq, hash })
    }

    /// Other `ops` keys from here on.
    fn turn_ops(&mut self, next: KeySet) {
        let replaced = self.ops.iter().flat_map(KeySet::iter);
        let before = self.former.iter().flat_map(KeySet::iter);
        let mut former: Vec<PublicKey> = Vec::new();
        for key in replaced.chain(before) {
            let is_new = !former.contains(key) && next.find(key.thumbprint()).is_none();
            if is_new && former.len() < FORMER_MAX {
                former.push(key.clone());
            }
        }
        self.former = KeySet::new(former).ok();
        self.ops = Some(next);
    }

    /// The keys by which what the author signed can be checked again: those in force,
    /// then those that once were.
    pub fn ever(&self) -> impl Iterator<Item = &KeySet> {
        self.ops.iter().chain(&self.former)
    }
}

/// How many `ops` keys that are not in force any more are kept for each feed.
const FORMER_MAX: usize = 8;

/// A record that may follow, and its body if it came along.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The record.
    pub record: Verified<Record>,
    /// The body; `None` where it was removed or dropped.
    pub body: Option<Body>,
}

/// Why the rest of a page is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedRefusal {
    /// The seal of a record, or of the head, does not hold.
    #[error("position {seq}: {refusal}")]
    Seal {
        /// The position that was expected.
        seq: u64,
        /// What is wrong.
        refusal: SealRefusal,
    },
    /// The papers at the opening are not those of this author.
    #[error("the feed does not open with its author's papers: {0}")]
    Opening(String),
    /// A record of another author.
    #[error("position {seq}: written by another author")]
    OtherAuthor {
        /// The position that was expected.
        seq: u64,
    },
    /// A record that does not follow the one before.
    #[error("position {seq}: it does not follow")]
    Gap {
        /// The position that was expected.
        seq: u64,
    },
    /// A record at a known position, or after it, with another past: a fork.
    #[error("position {seq}: it has another past than the one we know")]
    Fork {
        /// The position.
        seq: u64,
    },
    /// The author goes on in a later epoch after a record that lies before the last one
    /// that is known here, or that is another: what stands behind it is void.
    #[error("position {}: the author goes on after it in another epoch", after.seq)]
    Parted {
        /// The last record that counts.
        after: LastGood,
    },
    /// A record of a key that was revoked, after the last position at which it was good.
    #[error("position {seq}: signed by a key that was revoked before")]
    RevokedKey {
        /// The position.
        seq: u64,
    },
    /// A body that is not the one that was signed.
    #[error("position {seq}: another body than the one that was signed")]
    OtherBody {
        /// The position.
        seq: u64,
    },
    /// A record of [`TRUST_KINDS`] without its body.
    #[error("position {seq}: it came without its body")]
    NoBody {
        /// The position.
        seq: u64,
    },
    /// The head is of a later epoch, and no record opens it.
    #[error("the head is of epoch {epoch}, and no record opens that")]
    Epoch {
        /// The head's epoch.
        epoch: u64,
    },
    /// The head is before what we already know: an old copy, or a restored backup.
    #[error("the head is at {seq}, before what we already know")]
    Behind {
        /// The head's position.
        seq: u64,
    },
}

impl FeedRefusal {
    /// The stable code of `specs/feed.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Seal { refusal, .. } => refusal.code(),
            Self::Opening(_) => "feed_opening",
            Self::OtherAuthor { .. } => "feed_other_author",
            Self::Gap { .. } => "feed_gap",
            Self::Fork { .. } | Self::Parted { .. } => "feed_fork",
            Self::RevokedKey { .. } => "feed_revoked_key",
            Self::OtherBody { .. } => "feed_other_body",
            Self::NoBody { .. } => "feed_no_body",
            Self::Epoch { .. } => "feed_epoch",
            Self::Behind { .. } => "feed_behind",
        }
    }
}

/// Takes the records of a page that may follow `tip`, which moves along. What
/// comes before a bad record is kept; the bad one and all after it are not.
pub fn extend(
    entity: &EntityId,
    author: Author<'_>,
    tip: &mut Tip,
    page: &[PageRecord],
) -> (Vec<Accepted>, Option<FeedRefusal>) {
    let mut accepted = Vec::with_capacity(page.len());
    if tip.seq == 0
        && !page.is_empty()
        && let Err(refusal) = open_feed(entity, author, tip, page)
    {
        return (accepted, Some(refusal));
    }
    for sent in page {
        let next = follow(entity, author, tip, sent)
            .or_else(|refusal| follow_in_epoch(entity, author, tip, sent, refusal));
        match next {
            Ok(next) => accepted.push(next),
            Err(refusal) => return (accepted, Some(refusal)),
        }
    }
    (accepted, None)
}

/// Reads the first keys from the papers with which the feed opens. The records
/// that carry them are judged afterwards, by those keys, like all others.
fn open_feed(
    entity: &EntityId,
    author: Author<'_>,
    tip: &mut Tip,
    page: &[PageRecord],
) -> Result<(), FeedRefusal> {
    let paper = |at: usize| {
        let sent = page.get(at).and_then(|sent| sent.body.as_deref());
        sent.ok_or_else(|| FeedRefusal::Opening(format!("position {} is missing", at + 1)))
    };
    let failed = |refusal: trust::TrustRefusal| FeedRefusal::Opening(refusal.to_string());
    let (fed, configuration) = match author {
        Author::Coordinator(root) => {
            let anchor = trust::open_anchor(paper(0)?, root, entity).map_err(failed)?;
            (
                anchor
                    .jwks
                    .key_set()
                    .map_err(|refusal| failed(refusal.into()))?,
                paper(1)?,
            )
        }
        Author::Space(fed, _) => (fed.clone(), paper(0)?),
    };
    let configuration = trust::open_configuration(configuration, &fed, entity).map_err(failed)?;
    if !holds("opening_role", is_of_role(&configuration, author)) {
        return Err(FeedRefusal::Opening("a node of another role".to_owned()));
    }
    let is_void = author.revoked().is_void(configuration.key(), tip.epoch, 1);
    if !holds("opening_revoked", !is_void) {
        return Err(FeedRefusal::Opening("by a key that was revoked".to_owned()));
    }
    tip.ops = Some(trust::ops_keys(&configuration).map_err(failed)?);
    Ok(())
}

fn is_of_role(configuration: &EntityStatement, author: Author<'_>) -> bool {
    let role = configuration.node().map(|node| node.role);
    role == Some(author.role())
}

fn follow(
    entity: &EntityId,
    author: Author<'_>,
    tip: &mut Tip,
    sent: &PageRecord,
) -> Result<Accepted, FeedRefusal> {
    let seq = tip.seq + 1;
    let sealed = |refusal| FeedRefusal::Seal { seq, refusal };
    let ops = tip.ops.as_ref().ok_or(FeedRefusal::Gap { seq })?;
    let record = Sealed::<Record>::parse(&sent.record)
        .and_then(|it| it.open(ops))
        .map_err(sealed)?;
    if !holds("record_author", record.iss == *entity) {
        return Err(FeedRefusal::OtherAuthor { seq });
    }
    let follows = holds("record_epoch", record.epoch == tip.epoch)
        && holds("record_position", record.seq == seq);
    if !follows {
        return Err(FeedRefusal::Gap { seq });
    }
    if !holds("record_past", record.prev == tip.hash) {
        return Err(FeedRefusal::Fork { seq });
    }
    let hash = Sha256Hash::of(&[record.as_str().as_bytes()]);
    let revoked = author.revoked();
    let is_void = revoked.is_void(record.key(), tip.epoch, seq);
    if !holds("record_revoked", !is_void) {
        return Err(FeedRefusal::RevokedKey { seq });
    }
    if !holds(
        "record_pinned",
        !revoked.is_other_feed(tip.epoch, seq, hash),
    ) {
        return Err(FeedRefusal::Fork { seq });
    }
    let body = sent.body().map_err(|_| FeedRefusal::OtherBody { seq })?;
    let is_that_body = body
        .as_ref()
        .is_none_or(|body| record.body_sha256 == Some(body.digest()));
    if !holds("record_body", is_that_body) {
        return Err(FeedRefusal::OtherBody { seq });
    }
    let is_said = body.is_some() || record.removed.is_some();
    let may_be_dropped = !TRUST_KINDS.contains(&record.kind.as_str());
    if !holds("record_trust_body", is_said || may_be_dropped) {
        return Err(FeedRefusal::NoBody { seq });
    }
    check_opening(author, &record)?;
    let text = body.as_ref().map(|body| body.text.as_str());
    turn_keys(entity, author, tip, &record, text);
    tip.seq = seq;
    tip.hash = Some(hash);
    Ok(Accepted { record, body })
}

/// Takes a record with which the author goes on in a later epoch, where it does: `refusal`
/// is why it does not follow in this one.
fn follow_in_epoch(
    entity: &EntityId,
    author: Author<'_>,
    tip: &mut Tip,
    sent: &PageRecord,
    refusal: FeedRefusal,
) -> Result<Accepted, FeedRefusal> {
    let Some((opening, ops)) = open_epoch(entity, author, tip, sent) else {
        return Err(refusal);
    };
    if tip.last() != Some(opening.after) {
        return Err(FeedRefusal::Parted {
            after: opening.after,
        });
    }
    let mut moved = tip.clone();
    moved.epoch = opening.epoch;
    moved.turn_ops(ops);
    let next = follow(entity, author, &mut moved, sent)?;
    let is_opening = next.record.kind == EPOCH_KIND && next.record.id == THE_ONE;
    if !holds("epoch_kind", is_opening) {
        return Err(FeedRefusal::Gap { seq: moved.seq });
    }
    *tip = moved;
    Ok(next)
}

/// The author's word, by a `fed` key, that it goes on in a later epoch than that of the tip.
/// A stolen `ops` key cannot say so.
fn open_epoch(
    entity: &EntityId,
    author: Author<'_>,
    tip: &Tip,
    sent: &PageRecord,
) -> Option<(Epoch, KeySet)> {
    let fed = match author {
        Author::Coordinator(_) => tip.coordinator_fed.as_ref()?,
        Author::Space(fed, _) => fed,
    };
    let sealed = Sealed::<Epoch>::parse(sent.body.as_deref()?).ok()?;
    let opening = sealed.open(fed).ok()?;
    let first = opening.after.seq.saturating_add(1);
    let is_void = author
        .revoked()
        .is_void(opening.key(), opening.epoch, first);
    let is_good = holds("epoch_author", opening.iss == *entity)
        && opening.epoch > tip.epoch
        && holds("epoch_revoked", !is_void);
    let ops = opening.jwks.key_set().ok()?;
    is_good.then(|| (opening.into_inner(), ops))
}

/// The opening is of these kinds, and each is the one of its kind, so that nobody who
/// reads it later is misled.
fn check_opening(author: Author<'_>, record: &Record) -> Result<(), FeedRefusal> {
    let expected = match (author, record.seq) {
        (Author::Coordinator(_), 1) => ANCHOR_KIND,
        (Author::Coordinator(_), 2) | (Author::Space(..), 1) => CONFIGURATION_KIND,
        _ => return Ok(()),
    };
    if holds(
        "opening_kind",
        record.kind == expected && record.id == THE_ONE,
    ) {
        Ok(())
    } else {
        Err(FeedRefusal::Opening(format!(
            "position {} is not the {expected}",
            record.seq
        )))
    }
}

/// Papers in a record change the keys from the next position on. Papers that do
/// not hold, of another role, or under another id than [`THE_ONE`], change nothing:
/// the record stands in the chain, and says nothing.
fn turn_keys(
    entity: &EntityId,
    author: Author<'_>,
    tip: &mut Tip,
    record: &Record,
    text: Option<&str>,
) {
    let Some(text) = text.filter(|_| holds("turn_id", record.id == THE_ONE)) else {
        return;
    };
    if let (ANCHOR_KIND, Author::Coordinator(root)) = (record.kind.as_str(), author) {
        let anchor = trust::open_anchor(text, root, entity).ok();
        if let Some(keys) = anchor.and_then(|anchor| anchor.jwks.key_set().ok()) {
            tip.coordinator_fed = Some(keys);
        }
    }
    if record.kind == CONFIGURATION_KIND {
        let fed = match author {
            Author::Coordinator(_) => tip.coordinator_fed.as_ref(),
            Author::Space(fed, _) => Some(fed),
        };
        let configuration = fed.and_then(|fed| trust::open_configuration(text, fed, entity).ok());
        let is_good = |it: &Verified<EntityStatement>| {
            let is_void = author.revoked().is_void(it.key(), tip.epoch, record.seq);
            holds("turn_role", is_of_role(it, author)) && holds("turn_revoked", !is_void)
        };
        let configuration = configuration.filter(is_good);
        if let Some(keys) = configuration.and_then(|it| trust::ops_keys(&it).ok()) {
            tip.turn_ops(keys);
        }
    }
}

/// What a head says about a tip.
#[derive(Debug, Clone)]
pub enum HeadSays {
    /// We have everything.
    Complete(Verified<Head>),
    /// There is more: ask again, after the tip.
    More,
}

/// Reads the head that came with a page, after its `accepted` records were taken.
///
/// The keys that signed it may be named only in records that are still to come;
/// an unknown key is therefore no fault as long as pages bring something.
pub fn judge_head(
    entity: &EntityId,
    tip: &Tip,
    head: &str,
    accepted: usize,
) -> Result<HeadSays, FeedRefusal> {
    let seq = tip.seq;
    let refused = |refusal| FeedRefusal::Seal { seq, refusal };
    let ops = tip.ops.as_ref().ok_or(FeedRefusal::Gap { seq })?;
    let head = match Sealed::<Head>::parse(head).and_then(|head| head.open(ops)) {
        Ok(head) => head,
        Err(SealRefusal::UnknownKey) if accepted > 0 => return Ok(HeadSays::More),
        Err(refusal) => return Err(refused(refusal)),
    };
    if !holds("head_author", head.iss == *entity) {
        return Err(FeedRefusal::OtherAuthor { seq });
    }
    // The record with which a later epoch opens may be still to come.
    if !holds("head_epoch", head.epoch <= tip.epoch || accepted > 0) {
        return Err(FeedRefusal::Epoch { epoch: head.epoch });
    }
    match (head.epoch, head.seq).cmp(&(tip.epoch, tip.seq)) {
        Ordering::Less if holds("head_behind", false) => Ok(HeadSays::More),
        Ordering::Less => Err(FeedRefusal::Behind { seq: head.seq }),
        Ordering::Greater => Ok(HeadSays::More),
        Ordering::Equal if !holds("head_past", Some(head.hash) == tip.hash) => {
            Err(FeedRefusal::Fork { seq })
        }
        Ordering::Equal => Ok(HeadSays::Complete(head)),
    }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
