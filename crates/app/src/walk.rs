//! Reading a feed again from its start, and dropping what was void all along.
//!
//! A key that was revoked was good up to a position. What is held of a feed after the last
//! good record is dropped, and what its author has written instead is read.
//!
//! Specified in `specs/keys.md`.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use rules::feed::{FeedRefusal, Tip};
use store::{Batch, Expected, Key, Versioned};
use wire::EntityId;
use wire::revocation::LastGood;

use crate::fault::{Attempt, until_settled};
use crate::keys::{LATEST, RECORDS};
use crate::signing::Authority;
use crate::stored::{self, Feed, StoredHead};
use crate::{App, FORGOTTEN_AT_ONCE_MAX, Fault, PullError};

const PAGE: usize = 100;

pub(crate) type Writes = Vec<(Key, Option<Vec<u8>>)>;

/// A feed, read again from its start.
pub(crate) struct Walked {
    /// How far it holds.
    pub(crate) tip: Tip,
    /// The latest of each kind and id up to there.
    pub(crate) latest: BTreeMap<Key, stored::Latest>,
    /// Why no further.
    pub(crate) refusal: Option<FeedRefusal>,
}

impl Walked {
    /// Before the first record of an epoch.
    fn nothing(epoch: u64) -> Self {
        Self {
            tip: Tip::start_of(epoch),
            latest: BTreeMap::new(),
            refusal: None,
        }
    }
}

impl App {
    /// Reads what is held of a feed from its start, as a stranger would.
    pub(crate) async fn walk(
        &self,
        entity: &EntityId,
        authority: &Authority,
    ) -> Result<Walked, Fault> {
        self.walk_until(entity, authority, None).await
    }

    /// The same, up to a record; `None` where that one is not held, or does not hold.
    pub(crate) async fn walk_to(
        &self,
        entity: &EntityId,
        authority: &Authority,
        last: LastGood,
    ) -> Result<Option<Walked>, Fault> {
        let key = crate::keys::record(entity, last.epoch, last.seq);
        let walked = self.walk_until(entity, authority, Some(&key)).await?;
        Ok((walked.tip.last() == Some(last)).then_some(walked))
    }

    async fn walk_until(
        &self,
        entity: &EntityId,
        authority: &Authority,
        last: Option<&Key>,
    ) -> Result<Walked, Fault> {
        let author = authority.author();
        let mut walked = Walked::nothing(1);
        let stem = crate::keys::records_of(entity);
        let mut after = None;
        loop {
            let mut page = self
                .store()
                .scan(RECORDS, &stem, after.as_ref(), PAGE)
                .await?;
            let is_beyond = |key: &Key| last.is_some_and(|last| key > last);
            if let Some(end) = page.entries.iter().position(|(key, _)| is_beyond(key)) {
                page.entries.truncate(end);
                page.is_cut = false;
            }
            if walked.tip.seq == 0 {
                let first = page.entries.first();
                let epoch = first.and_then(|(key, _)| crate::keys::epoch_of(key));
                walked.tip = Tip::start_of(epoch.unwrap_or(1));
            }
            let records = page
                .entries
                .iter()
                .map(|(key, found)| Ok(stored::Record::decode(key, found)?.to_page()))
                .collect::<Result<Vec<_>, Fault>>()?;
            let (accepted, refusal) =
                rules::feed::extend(entity, author, &mut walked.tip, &records);
            walked.latest.extend(accepted.iter().map(|next| {
                let key = crate::keys::latest(entity, &next.record.kind, &next.record.id);
                (key, stored::Latest::of(&next.record))
            }));
            if refusal.is_some() {
                walked.refusal = refusal;
                return Ok(walked);
            }
            after = page.entries.last().map(|(key, _)| key.clone());
            if !page.is_cut {
                return Ok(walked);
            }
        }
    }

    /// The pointers to the latest records of a feed, as they are stored.
    pub(crate) async fn stored_latest(
        &self,
        entity: &EntityId,
    ) -> Result<BTreeMap<Key, stored::Latest>, Fault> {
        let stem = crate::keys::records_of(entity);
        let mut latest = BTreeMap::new();
        for (key, found) in self.all_under(LATEST, &stem).await? {
            latest.insert(key.clone(), stored::Latest::decode(&key, &found)?);
        }
        Ok(latest)
    }

    /// Compares what is held of a feed with the revocations of its author's keys, once for
    /// each of them, and drops what is void.
    ///
    /// As a rule one commit. Where there is more than one commit shall have, pointers move
    /// first, then records go, and the cursor moves with the last of them: a crash between
    /// leaves a feed that is still to be compared, and that is done again.
    pub(crate) async fn drop_void<E: From<Fault>>(
        &self,
        entity: &EntityId,
        authority: &Authority,
    ) -> Result<(), Attempt<E>> {
        let (mut feed, Some(found)) = self.feed_state(entity).await? else {
            return Ok(());
        };
        let is_new = |kid: &seal::Thumbprint| !feed.revoked.iter().any(|it| it == kid.as_str());
        let new: Vec<_> = authority
            .revoked
            .iter()
            .filter(|(kid, _)| is_new(kid))
            .collect();
        let is_own = *entity == self.identity().entity;
        // Another coordinator says who this is: it may be somebody else.
        let is_by_another = feed.by != authority.by && !is_own;
        let begins_anew = !is_own
            && (feed.epoch < authority.epoch || is_by_another && feed.epoch != authority.epoch);
        if !begins_anew && (feed.seq == 0 || new.is_empty() && !is_by_another) {
            return Ok(());
        }
        let mut walked = if begins_anew {
            // Another has taken its place, with other keys: what the old one said is over.
            Walked::nothing(authority.epoch)
        } else {
            self.walk(entity, authority).await?
        };
        let is_short = |last: &LastGood| (feed.epoch, feed.seq) < (last.epoch, last.seq);
        let is_unproven = new.iter().any(|(_, last)| is_short(last));
        if !begins_anew && (is_unproven || matches!(walked.refusal, Some(FeedRefusal::Fork { .. })))
        {
            // Where it may have parted from the feed that the author wrote is not known.
            walked = Walked::nothing(feed.epoch);
        }
        let before = feed.seq;
        let mut last = Vec::new();
        if begins_anew || walked.tip != feed.tip()? {
            last = self.cut_back(&feed, &found, &walked).await?;
            feed.move_to(&walked.tip);
            let is_known = |head: &StoredHead| !begins_anew && head.seq <= walked.tip.seq;
            feed.head = feed.head.filter(is_known);
            let records = before.saturating_sub(walked.tip.seq);
            tracing::warn!(
                %entity,
                records,
                "{entity} goes on with other keys: {records} records are void"
            );
        }
        feed.revoked = authority.revoked_names();
        feed.by = authority.by.clone();
        let key = crate::keys::feed(entity);
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::At(found.version));
        batch.writes.extend(last);
        batch.put(key.clone(), stored::encode(&key, &feed)?);
        self.commit_at("cut_back", batch).await?;
        self.forget_opened();
        Ok(())
    }

    /// Drops what is void of each feed of which a key was revoked.
    pub(crate) async fn drop_all_void(&self) -> Result<(), Fault> {
        let registers = self.registers().await?;
        let labels = registers.each().count();
        for space in registers.members() {
            if *space == self.identity().entity || self.label_of(space).is_some() {
                continue;
            }
            let Some(register) = registers.deciding(space) else {
                continue;
            };
            let is_anew = register.feed_epoch_of(space) > 1;
            let has_revoked = register.revoked(space).iter().next().is_some();
            // Of several labels another may say by now who this is.
            if !is_anew && !has_revoked && labels < 2 {
                continue;
            }
            match self.authority_of(space).await {
                Ok(authority) => {
                    until_settled!(self.drop_void::<Fault>(space, &authority).await)?;
                }
                Err(PullError::Fault(fault)) => return Err(fault),
                // It has left meanwhile.
                Err(PullError::Stranger(_) | PullError::Page(_) | PullError::Refused(_)) => {}
            }
        }
        Ok(())
    }

    /// Brings pointers and records back to where a feed holds, all but the last of them:
    /// these are for the caller, with the cursor.
    pub(crate) async fn cut_back<E: From<Fault>>(
        &self,
        feed: &Feed,
        found: &Versioned,
        walked: &Walked,
    ) -> Result<Writes, Attempt<E>> {
        let entity = &feed.entity;
        let cursor = crate::keys::feed(entity);
        let mut writes: Writes = Vec::new();
        for (key, held) in self.stored_latest(entity).await? {
            match walked.latest.get(&key) {
                Some(good) if *good == held => {}
                Some(good) => writes.push((key, Some(good.encode()))),
                None => writes.push((key, None)),
            }
        }
        let stem = crate::keys::records_of(entity);
        let last = crate::keys::record(entity, walked.tip.epoch, walked.tip.seq);
        let records = self.all_under(RECORDS, &stem).await?.into_iter();
        let is_void = |key: &Key| walked.tip.seq == 0 || *key > last;
        let void = records.map(|(key, _)| key).filter(is_void);
        writes.extend(void.map(|key| (key, None)));
        while writes.len() > FORGOTTEN_AT_ONCE_MAX {
            let rest = writes.split_off(FORGOTTEN_AT_ONCE_MAX);
            let mut batch = Batch::new();
            batch.expect(cursor.clone(), Expected::At(found.version));
            batch.writes.extend(std::mem::replace(&mut writes, rest));
            self.store().commit(batch).await?;
        }
        Ok(writes)
    }

    /// Nothing that was opened of a feed at a position is used any more: another record may
    /// stand there from now on.
    pub(crate) fn forget_opened(&self) {
        self.opened().forget();
        let events = self.inner.events.lock();
        events.unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.feeds_moved.fetch_add(1, Ordering::SeqCst);
    }
}
