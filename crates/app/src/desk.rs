//! The desk: is this visitor welcome?
//!
//! **Invariant:** nothing is asked of anybody. The answer comes from what the host
//! holds, and of the person nothing is kept but a hash that ends a second showing.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use rules::freshness::Freshness;
use rules::passport::{Desk, DeskClock, Held, NotGenuine, Verdict, judge};
use seal::{KeySet, Sealed, Thumbprint, Verified};
use store::{Batch, CommitError, Expected};
use wire::passport::{Presentation, SHOWN_NAME_CHARS_MAX, Shown, ShownBy};
use wire::space::{OpeningHours, THE_ONE};
use wire::status_list::{STATUS_LIST_KIND, StatusListToken, Statuses, status_list_id};
use wire::{BodyKind, EntityId, Timestamp, qr};

use crate::access::Staff;
use crate::people::Showing;
use crate::stored::{self, Feed};
use crate::{App, Fault};

/// How long a showing is remembered: longer than the poorest clock lets it live.
const SHOWING_SECONDS: i64 = 2 * rules::passport::SHOWN_SECONDS_MAX_POOR_CLOCK;

/// What the steward sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The answer.
    pub verdict: Verdict,
    /// Who shows the passport; `None` where it is not genuine.
    pub visitor: Option<Visitor>,
    /// How fresh what is known of the home is.
    pub home_freshness: Freshness,
    /// How fresh what is known of the label is.
    pub label_freshness: Freshness,
}

/// What a host reads of a visitor: no more than it must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// A name to call them by.
    pub name: String,
    /// Their home.
    pub home: EntityId,
    /// Their formula there.
    pub formula: String,
}

/// The most characters of a formula's id, as a passport has it.
const FORMULA_CHARS_MAX: usize = 40;

/// How many homes, and how many lists, are kept open: more than visit a village in a day.
const OPENED_MAX: usize = 128;

/// The most places of a list that is kept open: 256 KiB at 8 bits, so that no home fills
/// a host's memory. A longer one is opened each time.
const OPENED_PLACES_MAX: u64 = 262_144;

/// What was opened of the feeds of homes, so that it is not opened for each visitor.
///
/// **Invariant:** what was opened at a position of a feed is used at that position alone:
/// where the feed has moved, keys and lists are read again.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    homes: BTreeMap<Thumbprint, Arc<KnownHome>>,
    lists: BTreeMap<String, Arc<KnownList>>,
    /// The time zone of this space.
    zone: Option<((u64, u64), Arc<str>)>,
}

/// A home, and the keys by which its passports open at a position of its feed.
#[derive(Debug)]
struct KnownHome {
    entity: EntityId,
    position: (u64, u64),
    keys: KeySet,
}

/// What was shown, by which home, and how far that home's feed is known.
type Opening = (Shown, Arc<KnownHome>, Feed);

impl KnownHome {
    /// What is shown, if this home issued it.
    fn open(&self, presentation: &Presentation) -> Option<Shown> {
        let shown = presentation.open(&self.keys).ok()?;
        (shown.passport.iss == self.entity).then_some(shown)
    }
}

/// A status list that counts, at a position of its home's feed.
#[derive(Debug)]
struct KnownList {
    position: (u64, u64),
    statuses: Statuses,
    signed_at: Timestamp,
    until: Timestamp,
}

/// Keeps something open; before there is too much of it, all is forgotten.
fn remember<K: Ord, T>(kept: &mut BTreeMap<K, Arc<T>>, key: K, value: &Arc<T>) {
    if kept.len() >= OPENED_MAX {
        kept.clear();
    }
    kept.insert(key, Arc::clone(value));
}

impl App {
    /// Judges the code that a visitor shows. A showing that is let in is kept, in
    /// the same step, so that it is let in once.
    pub async fn judge(&self, _: &Staff, code: &str) -> Result<Judged, Fault> {
        let (label, _) = self.feed_state(&self.identity().coordinator).await?;
        let label_freshness = crate::home::freshness_of(&label, self.now());
        let unknown = |why| Judged {
            verdict: Verdict::NotGenuine(why),
            visitor: None,
            home_freshness: Freshness::Never,
            label_freshness,
        };
        let Some(presentation) = qr::decode(code.trim())
            .ok()
            .and_then(|text| Presentation::parse(&text).ok())
        else {
            return Ok(unknown(NotGenuine::Malformed));
        };
        let (shown, home, feed) = match self.open_shown(&presentation).await? {
            Ok(opened) => opened,
            Err(why) => return Ok(unknown(why)),
        };
        let home_freshness = crate::home::freshness_of(&feed, self.now());
        let verdict = self
            .judge_shown(&shown, &home, label, home_freshness)
            .await?;
        let verdict = match (&shown.by, verdict) {
            (ShownBy::Holder(showing), Verdict::Allowed { .. }) => {
                self.keep_showing(&shown, showing, verdict).await?
            }
            (ShownBy::Holder(_) | ShownBy::Paper, verdict) => verdict,
        };
        let visitor = Visitor {
            name: wire::printable(&shown.passport.name, SHOWN_NAME_CHARS_MAX),
            home: home.entity.clone(),
            formula: wire::printable(&shown.passport.formula, FORMULA_CHARS_MAX),
        };
        Ok(Judged {
            verdict,
            visitor: Some(visitor),
            home_freshness,
            label_freshness,
        })
    }

    /// Opens what is shown by the keys of the home that issued it. Several may name the
    /// key that signed, because nobody has to prove that a key is theirs: it is the one
    /// that the passport names as its issuer. Where the key was seen before is looked
    /// first.
    async fn open_shown(
        &self,
        presentation: &Presentation,
    ) -> Result<Result<Opening, NotGenuine>, Fault> {
        let kid = presentation.issuer_kid();
        let seen = self.opened().homes.get(kid).cloned();
        if let Some(home) = seen {
            let (feed, _) = self.feed_state(&home.entity).await?;
            if home.position == (feed.epoch, feed.seq)
                && let Some(shown) = home.open(presentation)
            {
                return Ok(Ok((shown, home, feed)));
            }
        }
        let mut why = NotGenuine::UnknownHome;
        let mut homes = vec![self.identity().entity.clone()];
        homes.extend(self.followed().await?);
        homes.retain(|home| *home != self.identity().coordinator);
        for entity in homes {
            let (feed, _) = self.feed_state(&entity).await?;
            let ops = feed.tip()?.ops;
            let Some(keys) = ops.filter(|keys| keys.find(kid).is_some()) else {
                continue;
            };
            let position = (feed.epoch, feed.seq);
            let home = Arc::new(KnownHome {
                entity,
                position,
                keys,
            });
            if let Some(shown) = home.open(presentation) {
                remember(&mut self.opened().homes, kid.clone(), &home);
                return Ok(Ok((shown, home, feed)));
            }
            why = NotGenuine::Malformed;
        }
        Ok(Err(why))
    }

    async fn judge_shown(
        &self,
        shown: &Shown,
        home: &KnownHome,
        label: Feed,
        home_freshness: Freshness,
    ) -> Result<Verdict, Fault> {
        let (now, identity) = (self.now(), self.identity());
        let register_as_of = label.head.as_ref().map(|head| head.iat);
        let register = self.register_at(label).await?;
        let uri = &shown.passport.status.status_list.uri;
        let list = self.list_of(home, uri).await?;
        // A clock that was ahead does not make a list last longer.
        let is_past = |list: &Arc<KnownList>| {
            list.signed_at.seconds_since(now) <= rules::trust::CLOCK_LEEWAY_SECONDS
        };
        let list = list.filter(is_past);
        let was_shown = match &shown.by {
            ShownBy::Holder(showing) => self.was_shown(shown, showing).await?,
            ShownBy::Paper => false,
        };
        let month = rules::opening::month(&self.own_zone().await?, now).unwrap_or_default();
        let held = Held {
            register_as_of,
            host: &register.standing(&identity.entity, now),
            home: &register.standing(&home.entity, now),
            home_freshness,
            statuses: list.as_ref().map(|list| (&list.statuses, list.until)),
            was_shown,
        };
        let desk = Desk {
            host: &identity.entity,
            now,
            month: &month,
            clock: DeskClock::Good,
        };
        Ok(judge(shown, held, desk))
    }

    /// The status list of that name in a home's feed, if it opens.
    async fn list_of(&self, home: &KnownHome, uri: &str) -> Result<Option<Arc<KnownList>>, Fault> {
        let Some(id) = status_list_id(&home.entity, uri) else {
            return Ok(None);
        };
        let seen = self.opened().lists.get(uri).cloned();
        if let Some(seen) = seen.filter(|seen| seen.position == home.position) {
            return Ok(Some(seen));
        }
        let text = self.latest_text(&home.entity, STATUS_LIST_KIND, id).await?;
        let token = text.and_then(|text| Sealed::<StatusListToken>::parse(&text).ok());
        let token = token.and_then(|token| token.open(&home.keys).ok());
        let counts = |token: &Verified<StatusListToken>| {
            let lasts = token.exp.seconds_since(token.iat);
            token.iss == home.entity
                && token.sub == uri
                && lasts <= rules::passport::STATUS_LIST_SECONDS
        };
        let Some(token) = token.filter(counts) else {
            return Ok(None);
        };
        let Ok(statuses) = Statuses::unpack(&token.status_list) else {
            return Ok(None);
        };
        #[cfg(feature = "sabotage")]
        let statuses = if crate::sabotage::ignores_statuses() {
            Statuses::new(8_192)
        } else {
            statuses
        };
        let list = Arc::new(KnownList {
            position: home.position,
            statuses,
            signed_at: token.iat,
            until: token.exp,
        });
        if list.statuses.count() <= OPENED_PLACES_MAX {
            remember(&mut self.opened().lists, uri.to_owned(), &list);
        }
        Ok(Some(list))
    }

    /// The time zone of this space, as it published it.
    async fn own_zone(&self) -> Result<Arc<str>, Fault> {
        let entity = &self.identity().entity;
        let (feed, _) = self.feed_state(entity).await?;
        let position = (feed.epoch, feed.seq);
        let seen = self.opened().zone.clone();
        if let Some((_, zone)) = seen.filter(|(at, _)| *at == position) {
            return Ok(zone);
        }
        let hours = self
            .latest_text(entity, OpeningHours::KIND, THE_ONE)
            .await?;
        let hours = hours.and_then(|text| OpeningHours::read(&text).ok());
        let zone: Arc<str> = hours.map_or("Europe/Paris".into(), |it| it.time_zone.into());
        self.opened().zone = Some((position, Arc::clone(&zone)));
        Ok(zone)
    }

    fn opened(&self) -> MutexGuard<'_, Opened> {
        let opened = self.inner.opened.lock();
        opened.unwrap_or_else(PoisonError::into_inner)
    }

    async fn was_shown(
        &self,
        shown: &Shown,
        showing: &wire::passport::Showing,
    ) -> Result<bool, Fault> {
        let key = crate::keys::showing(shown.passport.as_str(), &showing.nonce);
        Ok(self.store().get(&key).await?.is_some())
    }

    /// Keeps that this showing was let in; whoever comes second was not first.
    async fn keep_showing(
        &self,
        shown: &Shown,
        showing: &wire::passport::Showing,
        verdict: Verdict,
    ) -> Result<Verdict, Fault> {
        #[cfg(feature = "sabotage")]
        if crate::sabotage::forgets_showings() {
            return Ok(verdict);
        }
        let key = crate::keys::showing(shown.passport.as_str(), &showing.nonce);
        let kept = Showing {
            until: showing.shown_at.plus_seconds(SHOWING_SECONDS),
        };
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &kept)?);
        match self.store().commit(batch).await {
            Ok(_) => Ok(verdict),
            Err(CommitError::Conflict { .. }) => Ok(Verdict::AlreadyUsed),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets showings that nobody can show again. Gives how many.
    pub async fn forget_showings(&self) -> Result<usize, Fault> {
        let now = self.now();
        let mut batch = Batch::new();
        for (key, found) in self.all(crate::keys::SHOWINGS).await? {
            if stored::decode::<Showing>(&key, &found)?.until <= now {
                batch.remove(key);
            }
        }
        let forgotten = batch.writes.len();
        self.commit_unless_empty(batch).await?;
        Ok(forgotten)
    }
}
