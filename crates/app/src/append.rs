//! Writing the node's own feed.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use rules::feed::CONFIGURATION_KIND;
use rules::freshness::HEAD_SECONDS;
use rules::trust;
use seal::{SecretKey, Verified};
use store::{Batch, Expected, Key, Position, Versioned};
use wire::feed::{Body, Head, PageRecord, Record};
use wire::receipt::RecordReference;
use wire::space::THE_ONE;
use wire::{EntityId, Sha256Hash, Timestamp};

use crate::fault::{Attempt, until_settled};
use crate::signing::Authority;
use crate::stored::{self, Feed, StoredHead};
use crate::{App, Fault, PullError, Register};

/// How many feeds' states are kept as they were read: some 2 KB each.
const FEEDS_READ_MAX: usize = 1_024;

/// How many pointers are looked at for each text that is wanted: a feed may have removed
/// many things, and nobody makes a page by reading through them.
const POINTERS_PER_TEXT_MAX: usize = 20;

/// What shall stand in the feed next.
pub(crate) struct Entry<K = &'static str> {
    pub(crate) kind: K,
    pub(crate) id: String,
    /// The body, or `None` where the record says that there is none any more.
    pub(crate) text: Option<String>,
}

impl Entry {
    /// The same, whose kind is text like any other.
    pub(crate) fn owned(self) -> Entry<String> {
        let Self { kind, id, text } = self;
        let kind = kind.to_owned();
        Entry { kind, id, text }
    }
}

impl App {
    /// How far `entity`'s feed is known, and what the store held for it.
    pub(crate) async fn feed_state(
        &self,
        entity: &EntityId,
    ) -> Result<(Feed, Option<Versioned>), Fault> {
        let key = crate::keys::feed(entity);
        let found = self.store().get(&key).await?;
        let Some(found) = found else {
            return Ok((Feed::start(entity), None));
        };
        let read = self.feeds_read().get(&key).cloned();
        if let Some((_, feed)) = read.filter(|(version, _)| *version == found.version) {
            return Ok((feed, Some(found)));
        }
        let feed: Feed = stored::decode(&key, &found)?;
        let mut read = self.feeds_read();
        if read.len() >= FEEDS_READ_MAX {
            read.clear();
        }
        read.insert(key, (found.version, feed.clone()));
        Ok((feed, Some(found)))
    }

    fn feeds_read(&self) -> MutexGuard<'_, BTreeMap<Key, (Position, Feed)>> {
        let read = self.inner.feeds_read.lock();
        read.unwrap_or_else(PoisonError::into_inner)
    }

    /// By which keys this node's own feed is judged.
    pub(crate) async fn own_authority(&self) -> Result<Authority, Fault> {
        match self.authority_of(&self.identity().entity).await {
            Ok(authority) => Ok(authority),
            Err(PullError::Fault(fault)) => Err(fault),
            Err(PullError::Stranger(_) | PullError::Page(_) | PullError::Refused(_)) => {
                Err(Fault::NoKey)
            }
        }
    }

    /// The moment, if the clock can be right: not before what the coordinator has
    /// signed. Nothing is signed by a clock that cannot.
    pub(crate) async fn signing_time(&self) -> Result<Timestamp, Fault> {
        let now = self.now();
        let (feed, _) = self.feed_state(&self.identity().coordinator).await?;
        let newest = feed.head.map_or(now, |head| head.iat);
        let is_accepted = self.inner.is_clock_accepted.load(Ordering::SeqCst);
        if trust::is_clock_behind(now, newest) && !is_accepted {
            Err(Fault::ClockBehind)
        } else {
            Ok(now)
        }
    }

    /// Takes a person's word that the clock is right although something was signed
    /// later: the clock was ahead then. From here on this process signs again, and
    /// one record is added, so that its head takes the place of the one from the
    /// future at every reader.
    pub async fn accept_clock(&self) -> Result<(), Fault> {
        self.inner.is_clock_accepted.store(true, Ordering::SeqCst);
        until_settled!(self.append_configuration().await)
    }

    async fn append_configuration(&self) -> Result<(), Attempt<Fault>> {
        let text = self.make_configuration(self.now()).await?;
        let text = text.as_str().to_owned();
        let id = THE_ONE.to_owned();
        let entry = Entry {
            kind: CONFIGURATION_KIND,
            id,
            text: Some(text),
        };
        let mut batch = Batch::new();
        self.append(&mut batch, vec![entry]).await?;
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Adds `entries` to the node's own feed and to `batch`, with a new head, the
    /// pointers to the latest, and the expectation that the feed has not moved.
    /// Gives the epoch and position after which they stand. The caller commits.
    ///
    /// The records are judged as every reader will judge them: what others would
    /// refuse is not written. So the keys beside the cursor move by the same rules.
    pub(crate) async fn append(
        &self,
        batch: &mut Batch,
        entries: Vec<Entry>,
    ) -> Result<(u64, u64), Fault> {
        self.append_from(batch, entries, 1).await
    }

    /// The same; where the feed has no record yet, it begins in this epoch.
    pub(crate) async fn append_from(
        &self,
        batch: &mut Batch,
        entries: Vec<Entry>,
        first_epoch: u64,
    ) -> Result<(u64, u64), Fault> {
        self.may_append().await?;
        let (mut feed, found) = self.feed_state(&self.identity().entity).await?;
        if found.is_none() {
            feed.epoch = first_epoch;
        }
        let after = (feed.epoch, feed.seq);
        let signer = self.ops_among(feed.tip()?.ops.as_ref())?;
        let from = (feed, found.as_ref());
        self.grow(batch, from, (&signer, after.0), entries).await?;
        Ok(after)
    }

    /// Adds entries in an epoch after where `feed` stands, whatever the store has beyond;
    /// `found` is what it has of the cursor.
    pub(crate) async fn grow<K: AsRef<str> + Send>(
        &self,
        batch: &mut Batch,
        (mut feed, found): (Feed, Option<&Versioned>),
        (signer, epoch): (&SecretKey, u64),
        entries: Vec<Entry<K>>,
    ) -> Result<(), Fault> {
        let now = self.signing_time().await?;
        let entity = &self.identity().entity;
        let mut tip = feed.tip()?;
        feed.epoch = epoch;
        let mut sent = Vec::with_capacity(entries.len());
        for entry in entries {
            let record = self.append_one(batch, &mut feed, entry, (signer, now));
            sent.push(record.await?);
        }
        let authority = self.own_authority().await?;
        let author = authority.author();
        let (_, refusal) = rules::feed::extend(entity, author, &mut tip, &sent);
        if let Some(refusal) = refusal {
            return Err(Fault::OwnFeed(refusal));
        }
        feed.move_to(&tip);
        self.put_head(&mut feed, now)?;
        let key = crate::keys::feed(entity);
        batch.expect(key.clone(), Expected::unchanged(found));
        batch.put(key.clone(), stored::encode(&key, &feed)?);
        Ok(())
    }

    /// Like [`App::append`], for entries that were decided on from `register`: if
    /// the coordinator's feed has moved since, the decision is made again.
    pub(crate) async fn append_to_register<E: From<Fault>>(
        &self,
        batch: &mut Batch,
        register: &Register,
        entries: Vec<Entry>,
    ) -> Result<(), Attempt<E>> {
        let after = self.append(batch, entries).await?;
        if after == register.position() {
            Ok(())
        } else {
            Err(Attempt::Again)
        }
    }

    async fn append_one<K: AsRef<str>>(
        &self,
        batch: &mut Batch,
        feed: &mut Feed,
        entry: Entry<K>,
        (signer, now): (&SecretKey, Timestamp),
    ) -> Result<PageRecord, Fault> {
        let entity = &self.identity().entity;
        let kind = entry.kind.as_ref();
        let latest_key = crate::keys::latest(entity, kind, &entry.id);
        let before = self.latest_in(batch, &latest_key).await?;
        let salt = self.random()?;
        let body = entry.text.map(|text| Body { salt, text });
        let record = Record {
            iss: entity.clone(),
            epoch: feed.epoch,
            seq: feed.seq + 1,
            prev: feed.hash,
            iat: now,
            kind: kind.to_owned(),
            id: entry.id,
            rev: before.map_or(0, |before| before.rev) + 1,
            body_sha256: body.as_ref().map(Body::digest),
            removed: body.is_none().then_some(true),
        };
        let sealed = seal::sign(record, signer)?;
        feed.seq = sealed.seq;
        feed.hash = Some(Sha256Hash::of(&[sealed.as_str().as_bytes()]));
        put_record(batch, entity, &sealed, body.as_ref())?;
        Ok(PageRecord::new(sealed.as_str(), body.as_ref()))
    }

    /// The latest pointer under `key`, counting what the batch is about to write.
    async fn latest_in(&self, batch: &Batch, key: &Key) -> Result<Option<stored::Latest>, Fault> {
        if let Some(written) = batch.writes.get(key) {
            let version = store::Position::default();
            let value = written.clone();
            let found = value.map(|value| Versioned { value, version });
            return found
                .map(|found| stored::Latest::decode(key, &found))
                .transpose();
        }
        let found = self.store().get(key).await?;
        found
            .map(|found| stored::Latest::decode(key, &found))
            .transpose()
    }

    fn put_head(&self, feed: &mut Feed, now: Timestamp) -> Result<(), Fault> {
        let Some(hash) = feed.hash else { return Ok(()) };
        let head = Head {
            iss: feed.entity.clone(),
            epoch: feed.epoch,
            seq: feed.seq,
            hash,
            iat: now,
            exp: now.plus_seconds(HEAD_SECONDS),
        };
        // By a key in force after the last record, which may be another than signed it.
        let signer = self.ops_among(feed.tip()?.ops.as_ref())?;
        feed.head = Some(StoredHead::new(&seal::sign(head, &signer)?));
        feed.pulled_at = Some(now);
        Ok(())
    }

    /// Signs the head of the node's own feed anew.
    pub(crate) async fn sign_head(&self) -> Result<(), Attempt<Fault>> {
        self.may_append().await?;
        let now = self.signing_time().await?;
        let mut batch = Batch::new();
        let (mut feed, found) = self.feed_state(&self.identity().entity).await?;
        self.put_head(&mut feed, now)?;
        let key = crate::keys::feed(&feed.entity);
        batch.expect(key.clone(), Expected::unchanged(found.as_ref()));
        batch.put(key.clone(), stored::encode(&key, &feed)?);
        self.store().commit(batch).await?;
        Ok(())
    }

    /// The body of the latest record of a kind and id in a feed, unless it was
    /// removed or dropped.
    pub(crate) async fn latest_text(
        &self,
        entity: &EntityId,
        kind: &str,
        id: &str,
    ) -> Result<Option<String>, Fault> {
        let key = crate::keys::latest(entity, kind, id);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        let latest = stored::Latest::decode(&key, &found)?;
        self.text_at(entity, &latest).await
    }

    /// Where the latest record of a kind and id stands in a feed, removed or not.
    pub(crate) async fn latest_at(
        &self,
        entity: &EntityId,
        kind: &str,
        id: &str,
    ) -> Result<Option<stored::Latest>, Fault> {
        let key = crate::keys::latest(entity, kind, id);
        let found = self.store().get(&key).await?;
        found
            .map(|found| stored::Latest::decode(&key, &found))
            .transpose()
    }

    /// Like [`App::latest_text`], with where the record stands.
    pub(crate) async fn latest_record(
        &self,
        entity: &EntityId,
        kind: &str,
        id: &str,
    ) -> Result<Option<(RecordReference, String)>, Fault> {
        let Some(latest) = self.latest_at(entity, kind, id).await? else {
            return Ok(None);
        };
        let text = self.text_at(entity, &latest).await?;
        Ok(text.map(|text| (latest.reference(), text)))
    }

    /// A record of a feed, opened again by the keys that its author goes on with or went
    /// on with once, and its body unless it was removed or dropped.
    pub(crate) async fn record_at(
        &self,
        entity: &EntityId,
        at: RecordReference,
    ) -> Result<Option<(Record, Option<String>)>, Fault> {
        let Some(stored) = self.stored_record(entity, at).await? else {
            return Ok(None);
        };
        let keys = self.kept_keys_of(entity).await?;
        let record = keys.open::<Record>(&stored.record);
        Ok(record.ok().map(|record| (record.into_inner(), stored.body)))
    }

    /// A record of a feed, as it came.
    pub(crate) async fn stored_record(
        &self,
        entity: &EntityId,
        at: RecordReference,
    ) -> Result<Option<stored::Record>, Fault> {
        let key = crate::keys::record(entity, at.epoch, at.seq);
        let found = self.store().get(&key).await?;
        let record = found.map(|found| stored::Record::decode(&key, &found));
        record.transpose()
    }

    /// The hash of a record of a feed.
    pub(crate) async fn record_hash(
        &self,
        entity: &EntityId,
        at: RecordReference,
    ) -> Result<Option<Sha256Hash>, Fault> {
        let stored = self.stored_record(entity, at).await?;
        Ok(stored.map(|stored| Sha256Hash::of(&[stored.record.as_bytes()])))
    }

    /// The bodies of the latest records of a kind in a feed, with their ids, in no
    /// particular order.
    pub(crate) async fn latest_texts(
        &self,
        entity: &EntityId,
        kind: &str,
    ) -> Result<Vec<(String, String)>, Fault> {
        self.some_latest_texts(entity, kind, usize::MAX).await
    }

    /// Like [`App::latest_texts`], at most `most` of them: the first by their key.
    pub(crate) async fn some_latest_texts(
        &self,
        entity: &EntityId,
        kind: &str,
        most: usize,
    ) -> Result<Vec<(String, String)>, Fault> {
        let records = self.some_latest_records(entity, kind, most).await?;
        Ok(records
            .into_iter()
            .map(|(id, _, text)| (id, text))
            .collect())
    }

    /// The same, with where each record stands.
    pub(crate) async fn some_latest_records(
        &self,
        entity: &EntityId,
        kind: &str,
        most: usize,
    ) -> Result<Vec<(String, RecordReference, String)>, Fault> {
        let stem = crate::keys::latest_of_kind(entity, kind);
        let mut texts = Vec::new();
        let mut pointers_left = most.saturating_mul(POINTERS_PER_TEXT_MAX);
        let mut after = None;
        loop {
            let page = self
                .store()
                .scan(
                    crate::keys::LATEST,
                    &stem,
                    after.as_ref(),
                    store::SCAN_LIMIT_MAX,
                )
                .await?;
            for (key, found) in &page.entries {
                if texts.len() >= most || pointers_left == 0 {
                    return Ok(texts);
                }
                pointers_left -= 1;
                let latest = stored::Latest::decode(key, found)?;
                if let Some(text) = self.text_at(entity, &latest).await? {
                    let at = latest.reference();
                    texts.push((latest.id, at, text));
                }
            }
            after = page.entries.last().map(|(key, _)| key.clone());
            if !page.is_cut {
                return Ok(texts);
            }
        }
    }

    async fn text_at(
        &self,
        entity: &EntityId,
        latest: &stored::Latest,
    ) -> Result<Option<String>, Fault> {
        if latest.is_removed {
            return Ok(None);
        }
        let at = latest.reference();
        let record = self.stored_record(entity, at).await?;
        let record = record.ok_or_else(|| Fault::Form {
            key: crate::keys::record(entity, at.epoch, at.seq).to_string(),
        })?;
        Ok(record.body)
    }
}

/// Puts a record, and the pointer that it is the latest of its kind and id.
pub(crate) fn put_record(
    batch: &mut Batch,
    entity: &EntityId,
    record: &Verified<Record>,
    body: Option<&Body>,
) -> Result<(), Fault> {
    let key = crate::keys::record(entity, record.epoch, record.seq);
    batch.put(
        key.clone(),
        stored::Record::new(record.as_str(), body).encode(&key, record)?,
    );
    let key = crate::keys::latest(entity, &record.kind, &record.id);
    batch.put(key, stored::Latest::of(record).encode());
    Ok(())
}
