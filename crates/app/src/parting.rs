//! Feeds that have parted: two records of one author at one position.
//!
//! What contradicts each other is kept, both words as they were signed, and shown to the
//! coordinators. The feed is read no further until its author goes on in a later epoch, by
//! its `fed` key; then what stood behind the last record that counts is dropped, and what
//! follows is taken, in one commit.
//!
//! Specified in `specs/feed.md`, section 9.

use std::collections::BTreeSet;
use std::sync::Arc;

use rules::feed::{Accepted, FeedRefusal, Tip};
use rules::fork::parting;
use seal::Malformed;
use store::{Batch, Expected};
use wire::feed::{Head, Page, PageRecord, Record};
use wire::fork::Fork;
use wire::receipt::RecordReference;
use wire::revocation::LastGood;
use wire::{EntityId, Sha256Hash, Timestamp};

use crate::fault::{Attempt, until_settled};
use crate::keys::{FORKS, RECORDS, seq_of};
use crate::signing::{Authority, OpsKeys};
use crate::stored::{self, Feed, Parting};
use crate::walk::Walked;
use crate::{App, Fault, Register};

/// How many partings of one feed are kept: the first is what matters, and a hostile author
/// can make any number.
pub const PARTINGS_KEPT_MAX: usize = 8;

/// How many records before its end a feed that has parted is asked for again, so that the
/// page shows where, and whether its author has gone on since: most of a page.
pub const OVERLAP_RECORDS: u64 = 50;

/// Why no word is taken that a feed has parted.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// The form is wrong.
    #[error("not two words of an author")]
    Malformed(#[source] Malformed),
    /// It proves nothing: the author is not followed here, it is not its word, or both words
    /// can be true.
    #[error("it does not prove that a feed has parted")]
    NotProven,
    /// It failed here.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A feed that has parted, as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartingRow {
    /// Whose feed.
    pub entity: EntityId,
    /// The epoch of the position that was given twice.
    pub epoch: u64,
    /// The position.
    pub seq: u64,
    /// When it was seen.
    pub seen_at: Timestamp,
    /// Whether the author has gone on since, in a later epoch.
    pub is_over: bool,
}

/// A page, as far as it follows.
pub(crate) struct Followed {
    pub(crate) tip: Tip,
    pub(crate) accepted: Vec<Accepted>,
    pub(crate) refusal: Option<FeedRefusal>,
    /// Up to where the feed is held on which it follows, where that is not its end.
    pub(crate) from: Option<Walked>,
}

impl App {
    /// What of a page follows on what is held, or on what counts of it where the author goes
    /// on in a later epoch.
    pub(crate) async fn follow_page(
        &self,
        feed: &Feed,
        authority: &Authority,
        page: &Page,
    ) -> Result<Followed, Fault> {
        let (entity, author) = (&feed.entity, authority.author());
        let mut tip = feed.tip()?;
        let known = self.known_of(feed, &page.records).await?;
        let rest = page.records.get(known.len()..).unwrap_or_default();
        let (accepted, refusal) = rules::feed::extend(entity, author, &mut tip, rest);
        let after = match &refusal {
            Some(_) if !accepted.is_empty() => None,
            Some(FeedRefusal::Parted { after }) => Some(*after),
            Some(_) => known.last().copied(),
            None => None,
        };
        if let Some(after) = after
            && let Some(walked) = self.walk_to(entity, authority, after).await?
        {
            let mut moved = walked.tip.clone();
            let (accepted, refusal) = rules::feed::extend(entity, author, &mut moved, rest);
            if moved.epoch > tip.epoch {
                return Ok(Followed {
                    tip: moved,
                    accepted,
                    refusal,
                    from: Some(walked),
                });
            }
        }
        Ok(Followed {
            tip,
            accepted,
            refusal,
            from: None,
        })
    }

    /// The records at the beginning of a page that are held already. Only of a feed that has
    /// parted is asked for such, and of the own.
    async fn known_of(&self, feed: &Feed, page: &[PageRecord]) -> Result<Vec<LastGood>, Fault> {
        let is_own = feed.entity == self.identity().entity;
        if !is_own && !feed.has_parted() {
            return Ok(Vec::new());
        }
        let keys = self.kept_keys_of(&feed.entity).await?;
        self.held_of(&feed.entity, &keys, page).await
    }

    /// The first of these records, as far as they are held.
    pub(crate) async fn held_of(
        &self,
        entity: &EntityId,
        keys: &OpsKeys,
        page: &[PageRecord],
    ) -> Result<Vec<LastGood>, Fault> {
        let mut known = Vec::new();
        for sent in page {
            let Ok(record) = keys.open::<Record>(&sent.record) else {
                break;
            };
            let (epoch, seq) = (record.epoch, record.seq);
            let at = RecordReference { epoch, seq };
            let hash = Sha256Hash::of(&[sent.record.as_bytes()]);
            if self.record_hash(entity, at).await? != Some(hash) {
                break;
            }
            known.push(LastGood { epoch, seq, hash });
        }
        Ok(known)
    }

    /// After which position a page is asked for: the last that is held; of a feed that has
    /// parted, one before.
    pub(crate) async fn cursor(&self, feed: &Feed) -> Result<(u64, u64), Fault> {
        let back = if feed.has_parted() {
            OVERLAP_RECORDS
        } else {
            0
        };
        self.position_before(feed, back).await
    }

    /// Epoch and position of the record that is held so many records before the end of a
    /// feed: positions run through the epochs.
    pub(crate) async fn position_before(
        &self,
        feed: &Feed,
        back: u64,
    ) -> Result<(u64, u64), Fault> {
        if back == 0 {
            return Ok((feed.epoch, feed.seq));
        }
        let seq = feed.seq.saturating_sub(back);
        let stem = crate::keys::records_of(&feed.entity);
        let mut epoch = feed.epoch;
        while epoch > 0 && seq > 0 {
            let before = crate::keys::record(&feed.entity, epoch, 0);
            let page = self.store().scan(RECORDS, &stem, Some(&before), 1).await;
            let page = page?;
            let first = page.entries.first().and_then(|(key, _)| seq_of(key));
            if first.is_some_and(|first| first <= seq) {
                return Ok((epoch, seq));
            }
            epoch -= 1;
        }
        Ok((0, 0))
    }

    /// Keeps what a page says against what is held, if it does, in a commit of its own.
    pub(crate) async fn note_parting<E: From<Fault>>(
        &self,
        feed: &Feed,
        page: &Page,
    ) -> Result<(), Attempt<E>> {
        let keys = self.kept_keys_of(&feed.entity).await?;
        let records = page.records.iter().map(|sent| sent.record.as_str());
        for theirs in records.chain([page.head.as_str()]) {
            let Some(at) = place_of(&keys, theirs) else {
                continue;
            };
            for at in [Some(at), before(at)].into_iter().flatten() {
                let Some(ours) = self.stored_record(&feed.entity, at).await? else {
                    continue;
                };
                let words = (ours.record.as_str(), theirs);
                let kept = self.keep_parting(&feed.entity, words).await?;
                if kept.is_some() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Keeps two words that contradict each other; whether that is new, if they do.
    async fn keep_parting(
        &self,
        entity: &EntityId,
        (one, other): (&str, &str),
    ) -> Result<Option<bool>, Fault> {
        let keys = self.kept_keys_of(entity).await?;
        let sets: Vec<_> = keys.sets().collect();
        let Ok(at) = parting(entity, &sets, one, other) else {
            return Ok(None);
        };
        let key = crate::keys::fork(entity, at.epoch, at.seq);
        let held = self
            .all_under(FORKS, &crate::keys::records_of(entity))
            .await?;
        let is_known = held.iter().any(|(held, _)| *held == key);
        if is_known || held.len() >= PARTINGS_KEPT_MAX {
            return Ok(Some(false));
        }
        let kept = Parting {
            entity: entity.clone(),
            epoch: at.epoch,
            seq: at.seq,
            one: one.to_owned(),
            other: other.to_owned(),
            seen_at: self.now(),
            told: BTreeSet::new(),
        };
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &kept)?);
        self.commit_or_leave(batch).await?;
        tracing::error!(
            %entity,
            epoch = at.epoch,
            seq = at.seq,
            "{entity} has signed two records at position {}: it was restored from a backup, \
             or runs twice",
            at.seq
        );
        Ok(Some(true))
    }

    /// Takes somebody's word that a feed has parted: nobody is believed, what the author
    /// signed is.
    pub async fn take_fork(&self, bytes: &[u8]) -> Result<(), ForkError> {
        let fork = Fork::parse(bytes).map_err(ForkError::Malformed)?;
        let is_own = fork.entity == self.identity().entity;
        if !is_own && !self.follows(&fork.entity).await? {
            return Err(ForkError::NotProven);
        }
        let words = (fork.one.as_str(), fork.other.as_str());
        let kept = self.keep_parting(&fork.entity, words).await?;
        let is_new = kept.ok_or(ForkError::NotProven)?;
        // What is shown again is no reason to ask again.
        if is_own && is_new {
            self.want_own_feed();
        }
        Ok(())
    }

    /// The feeds that have parted, as far as is known here, by name and position.
    pub async fn partings(&self) -> Result<Vec<PartingRow>, Fault> {
        let mut rows = Vec::new();
        for parting in self.kept_partings().await? {
            let (feed, _) = self.feed_state(&parting.entity).await?;
            rows.push(PartingRow {
                is_over: feed.epoch > parting.epoch,
                entity: parting.entity,
                epoch: parting.epoch,
                seq: parting.seq,
                seen_at: parting.seen_at,
            });
        }
        rows.sort_by(|one, other| {
            let place = |row: &PartingRow| (row.entity.clone(), row.epoch, row.seq);
            place(one).cmp(&place(other))
        });
        Ok(rows)
    }

    async fn kept_partings(&self) -> Result<Vec<Parting>, Fault> {
        let all = self.all(FORKS).await?;
        let decode = |(key, found): &(store::Key, store::Versioned)| stored::decode(key, found);
        all.iter().map(decode).collect()
    }

    /// What the coordinators that list an author were not shown yet, nor the author: to whom,
    /// and what.
    pub async fn untold_forks(&self) -> Result<Vec<(EntityId, Fork)>, Fault> {
        let mut untold = Vec::new();
        let own = &self.identity().entity;
        let registers = self.registers().await?;
        for parting in self.kept_partings().await? {
            let author = &parting.entity;
            let lists = |it: &&Arc<Register>| it.member(author).is_some();
            let by = registers.each().filter(lists).map(|it| &it.coordinator);
            let all: BTreeSet<_> = by.chain([author]).collect();
            let is_untold = |it: &&EntityId| *it != own && !parting.told.contains(*it);
            for whom in all.into_iter().filter(is_untold) {
                let fork = Fork {
                    entity: author.clone(),
                    one: parting.one.clone(),
                    other: parting.other.clone(),
                };
                untold.push((whom.clone(), fork));
            }
        }
        Ok(untold)
    }

    /// Remembers that somebody was shown a fork, whatever they answered.
    pub async fn note_told(&self, whom: &EntityId, fork: &Fork) -> Result<(), Fault> {
        until_settled!(self.try_note_told(whom, fork).await)
    }

    async fn try_note_told(&self, whom: &EntityId, fork: &Fork) -> Result<(), Attempt<Fault>> {
        let stem = crate::keys::records_of(&fork.entity);
        for (key, found) in self.all_under(FORKS, &stem).await? {
            let mut parting: Parting = stored::decode(&key, &found)?;
            let is_this = (&parting.one, &parting.other) == (&fork.one, &fork.other);
            if is_this && parting.told.insert(whom.clone()) {
                let mut batch = Batch::new();
                batch.expect(key.clone(), Expected::At(found.version));
                batch.put(key.clone(), stored::encode(&key, &parting)?);
                self.store().commit(batch).await?;
            }
        }
        Ok(())
    }
}

/// Where a record or a head says that it stands.
fn place_of(keys: &OpsKeys, text: &str) -> Option<RecordReference> {
    if let Ok(record) = keys.open::<Record>(text) {
        let (epoch, seq) = (record.epoch, record.seq);
        return Some(RecordReference { epoch, seq });
    }
    let head = keys.open::<Head>(text).ok()?;
    let (epoch, seq) = (head.epoch, head.seq);
    Some(RecordReference { epoch, seq })
}

fn before(at: RecordReference) -> Option<RecordReference> {
    let seq = at.seq.checked_sub(1).filter(|seq| *seq > 0)?;
    Some(RecordReference { seq, ..at })
}
