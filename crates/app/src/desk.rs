//! The desk: is this visitor welcome?
//!
//! **Invariant:** nothing is asked of anybody. The answer comes from what the host holds.
//!
//! **Invariant:** of somebody who is not let in nothing is kept. Of a visitor who is, the
//! visit is kept, in the commit that makes sure that the showing is the first.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use rules::freshness::{Freshness, is_register_relied_on};
use rules::passport::{Block, Challenge, Desk, DeskClock, Held, NotGenuine, Verdict, judge};
use rules::trust::Standing;
use rules::visit::{HostDay, half_days};
use seal::checks::{holds, is_on};
use seal::{KeySet, Sealed, Thumbprint, Verified};
use store::{Batch, Expected};
use wire::disclosure::{DISCLOSED_CHARS_MAX, Disclosed};
use wire::passport::{Presentation, SHOWN_NAME_CHARS_MAX, Shown, ShownBy};
use wire::status_list::{STATUS_LIST_KIND, StatusListToken, Statuses, status_list_id};
use wire::{EntityId, Timestamp, qr};

use crate::access::Staff;
use crate::exchange::VisitId;
use crate::fault::{Attempt, until_settled};
use crate::people::Showing;
use crate::stored::{self, Feed};
use crate::visits::{Terms, counted_on, used_in};
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
    /// How fresh what is known of the label is by which the visitor was judged.
    pub label_freshness: Freshness,
    /// The visit that began, or goes on; `None` where nobody was let in, and for members
    /// of this space, who come and go uncounted.
    pub visit: Option<VisitId>,
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
    /// What else they chose to show; nothing of it is kept.
    pub disclosed: Disclosed,
}

impl Visitor {
    /// What a steward reads of what is shown.
    fn of(shown: &Shown, home: &EntityId) -> Self {
        Self {
            name: wire::printable(&shown.passport.name, SHOWN_NAME_CHARS_MAX),
            home: home.clone(),
            formula: wire::printable(&shown.passport.formula, FORMULA_CHARS_MAX),
            disclosed: to_be_read(&shown.disclosed),
        }
    }
}

/// The most characters of a formula's id, as a passport has it.
pub(crate) const FORMULA_CHARS_MAX: usize = 40;

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
    /// On what terms a visitor is received here.
    pub(crate) terms: Option<Arc<Terms>>,
}

impl Opened {
    /// Forgets what was opened of feeds.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
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
        holds("passport_home", shown.passport.iss == self.entity).then_some(shown)
    }
}

/// The label by which a visitor is judged.
#[derive(Debug)]
struct Between {
    /// When its coordinator last said anything.
    as_of: Option<Timestamp>,
    freshness: Freshness,
    /// Where this host stands in it.
    host: Standing,
    /// Where the visitor's home stands in it.
    home: Standing,
}

/// A status list that counts, at a position of its home's feed.
#[derive(Debug)]
struct KnownList {
    position: (u64, u64),
    statuses: Statuses,
    signed_at: Timestamp,
    until: Timestamp,
}

/// What a person at the desk has looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// Nothing but what was scanned.
    AtTheCode,
    /// A paper with a picture, beside a passport on paper.
    AtThePaperToo,
}

/// What was disclosed, as it may be shown to a person.
fn to_be_read(disclosed: &Disclosed) -> Disclosed {
    let printable = |text: &String| wire::printable(text, DISCLOSED_CHARS_MAX);
    Disclosed {
        full_name: disclosed.full_name.as_ref().map(printable),
        organisation: disclosed.organisation.as_ref().map(printable),
        portrait: disclosed.portrait,
    }
}

/// Keeps something open; before there is too much of it, all is forgotten.
fn remember<K: Ord, T>(kept: &mut BTreeMap<K, Arc<T>>, key: K, value: &Arc<T>) {
    if kept.len() >= OPENED_MAX {
        kept.clear();
    }
    kept.insert(key, Arc::clone(value));
}

impl App {
    /// Judges the code that a visitor shows. A showing that is let in is kept, in the
    /// same step, so that it is let in once, and so is the visit that begins.
    pub async fn judge(&self, _: &Staff, code: &str) -> Result<Judged, Fault> {
        self.judge_looking(code, Looked::AtTheCode, Challenge::NotAsked)
            .await
    }

    /// Judges a passport on paper, of which a person says that it is the visitor's: what
    /// would be to verify is verified, and the visit begins.
    ///
    /// A phone's code is not let in by this way: it would go round the number that a desk
    /// in its strict mode asks for.
    pub async fn receive_on_paper(&self, _: &Staff, code: &str) -> Result<Judged, Fault> {
        self.judge_looking(code, Looked::AtThePaperToo, Challenge::NotGood)
            .await
    }

    pub(crate) async fn judge_looking(
        &self,
        code: &str,
        by: Looked,
        asked: Challenge<'_>,
    ) -> Result<Judged, Fault> {
        let (first, _) = self.feed_state(&self.identity().coordinator).await?;
        let label_freshness = crate::home::freshness_of(&first, self.now());
        let unknown = |why| Judged {
            verdict: Verdict::NotGenuine(why),
            visitor: None,
            home_freshness: Freshness::Never,
            label_freshness,
            visit: None,
        };
        let text = qr::decode(code.trim()).unwrap_or_default();
        let Ok(presentation) = Presentation::parse(&text) else {
            return Ok(unknown(NotGenuine::Malformed));
        };
        let (shown, home, feed) = match self.open_shown(&presentation).await? {
            Ok(opened) => opened,
            Err(why) => {
                let visitor = self.by_an_ended_key(&presentation).await?;
                let blocked = visitor.map(|visitor| Judged {
                    verdict: Verdict::Blocked(Block::KeyEnded),
                    visitor: Some(visitor),
                    ..unknown(why)
                });
                return Ok(blocked.unwrap_or_else(|| unknown(why)));
            }
        };
        let home_freshness = crate::home::freshness_of(&feed, self.now());
        let between = self.label_between(&home.entity).await?;
        let label_freshness = between.freshness;
        let verdict = self
            .judge_shown(&shown, (&home, home_freshness), between, asked)
            .await?;
        // What was disclosed is for whoever stands here now: it is not kept.
        let kept = presentation.without_disclosures();
        let (verdict, visit) = match (&shown.by, verdict, by) {
            (ShownBy::Holder(showing), Verdict::Allowed { .. }, _) => {
                until_settled!(self.try_let_in(&shown, Some(showing), verdict, &kept).await)?
            }
            (ShownBy::Paper, Verdict::ToVerify { .. }, Looked::AtThePaperToo) => {
                until_settled!(self.try_let_in(&shown, None, verdict, &kept).await)?
            }
            (ShownBy::Holder(_) | ShownBy::Paper, verdict, _) => (verdict, None),
        };
        Ok(Judged {
            verdict,
            visitor: Some(Visitor::of(&shown, &home.entity)),
            home_freshness,
            label_freshness,
            visit,
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
            let word = self.word_about(&home.entity).await?;
            if home.position == (feed.epoch, feed.seq)
                && word.is_about(&feed)
                && !word.revoked.names(kid)
                && let Some(shown) = home.open(presentation)
            {
                return Ok(Ok((shown, home, feed)));
            }
        }
        let mut why = NotGenuine::UnknownHome;
        let mut homes = vec![self.identity().entity.clone()];
        homes.extend(self.followed().await?);
        homes.retain(|home| self.label_of(home).is_none());
        for entity in homes {
            let (feed, _) = self.feed_state(&entity).await?;
            let ops = self.ops_of(&entity).await?;
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

    /// Who shows a passport by a key that its home had once, or that was revoked: there is
    /// nothing wrong with the visitor.
    async fn by_an_ended_key(&self, presentation: &Presentation) -> Result<Option<Visitor>, Fault> {
        let mut homes = vec![self.identity().entity.clone()];
        homes.extend(self.followed().await?);
        for entity in homes {
            let kept = self.kept_keys_of(&entity).await?;
            let shown = kept.sets().find_map(|keys| presentation.open(keys).ok());
            if let Some(shown) = shown.filter(|shown| shown.passport.iss == entity) {
                return Ok(Some(Visitor::of(&shown, &entity)));
            }
        }
        Ok(None)
    }

    /// By which of this node's labels a visitor from `home` is judged: the first that both
    /// bear and whose register is relied on; else the first that both bear; else the first
    /// that knows the home; else the first.
    async fn label_between(&self, home: &EntityId) -> Result<Between, Fault> {
        let now = self.now();
        let registers = self.registers().await?;
        let mut best: Option<(u8, Between)> = None;
        for register in registers.each() {
            let (feed, _) = self.feed_state(&register.coordinator).await?;
            let host = self.own_standing_in(register, now);
            let home = registers.standing_in(register, home, now);
            let both = [&host, &home];
            let is_both = both.map(|it| matches!(it, Standing::Labelled { .. })) == [true; 2];
            let as_of = feed.head.as_ref().map(|head| head.iat);
            let is_relied_on = as_of.is_some_and(|iat| is_register_relied_on(iat, now));
            let rank = match (is_both, is_relied_on) {
                (true, true) => 3,
                (true, false) => 2,
                (false, _) => u8::from(home != Standing::Unknown),
            };
            if best.as_ref().is_none_or(|(before, _)| rank > *before) {
                let between = Between {
                    as_of,
                    freshness: crate::home::freshness_of(&feed, now),
                    host,
                    home,
                };
                best = Some((rank, between));
            }
        }
        best.map(|(_, between)| between).ok_or(Fault::NothingHeard)
    }

    async fn judge_shown(
        &self,
        shown: &Shown,
        (home, home_freshness): (&KnownHome, Freshness),
        between: Between,
        challenge: Challenge<'_>,
    ) -> Result<Verdict, Fault> {
        let (now, identity) = (self.now(), self.identity());
        let uri = &shown.passport.status.status_list.uri;
        let list = self.list_of(home, uri).await?;
        // A clock that was ahead does not make a list last longer.
        let is_past = |list: &Arc<KnownList>| {
            list.signed_at.seconds_since(now) <= rules::trust::CLOCK_LEEWAY_SECONDS
        };
        let list = list.filter(|list| holds("list_begun", is_past(list)));
        let was_shown = match &shown.by {
            ShownBy::Holder(showing) => self.was_shown(shown, showing).await?,
            ShownBy::Paper => false,
        };
        let day = self.own_terms().await?.day(now)?;
        let month = day.date.get(..7).unwrap_or_default();
        let (used_here, is_counted_now) = self.used_here(shown, &day, month).await?;
        let held = Held {
            register_as_of: between.as_of,
            host: &between.host,
            home: &between.home,
            home_freshness,
            statuses: list.as_ref().map(|list| (&list.statuses, list.until)),
            was_shown,
            used_here,
            is_counted_now,
        };
        let desk = Desk {
            host: &identity.entity,
            now,
            month,
            clock: DeskClock::Good,
            challenge,
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
            holds("list_issuer", token.iss == home.entity)
                && holds("list_subject", token.sub == uri)
                && holds("list_term", lasts <= rules::passport::STATUS_LIST_SECONDS)
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

    pub(crate) fn opened(&self) -> MutexGuard<'_, Opened> {
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

    /// How many half-days of a month the passport has used at this host, and whether the
    /// one that it is now is among them. A visit of yesterday that nobody ended is ended
    /// first.
    async fn used_here(
        &self,
        shown: &Shown,
        day: &HostDay,
        month: &str,
    ) -> Result<(u64, bool), Fault> {
        if shown.passport.iss == self.identity().entity {
            return Ok((0, false));
        }
        let (mut guest, _) = self.guest(shown).await?;
        if let Some(visit) = guest.as_ref().and_then(|guest| guest.here) {
            match self.end_if_forgotten(visit).await {
                Ok(true) => guest = self.guest(shown).await?.0,
                // Nothing is signed by a wrong clock; the visitor hears of it in words.
                Ok(false) | Err(Fault::ClockBehind | Fault::Calendar) => {}
                Err(fault) => return Err(fault),
            }
        }
        let Some(guest) = guest else {
            return Ok((0, false));
        };
        let now = self.now();
        let this_half = half_days(day, now, now).map_err(|_| Fault::Calendar)?;
        let is_counted = this_half.is_within(counted_on(&guest, &day.date));
        Ok((used_in(&guest, month), is_counted))
    }

    /// Keeps that this showing was let in, and that the visitor came; whoever comes
    /// second was not first. What is on paper is shown as often as it is looked at.
    async fn try_let_in(
        &self,
        shown: &Shown,
        showing: Option<&wire::passport::Showing>,
        verdict: Verdict,
        presentation: &str,
    ) -> Result<(Verdict, Option<VisitId>), Attempt<Fault>> {
        let mut batch = Batch::new();
        if let Some(showing) = showing {
            if !holds("showing_kept", !self.was_shown(shown, showing).await?) {
                return Ok((Verdict::AlreadyUsed, None));
            }
            put_showing(&mut batch, shown, showing)?;
        }
        let visit = if shown.passport.iss == self.identity().entity {
            None
        } else {
            let guest = self.guest(shown).await?;
            let visit = self.put_arrival(&mut batch, shown, presentation, guest);
            Some(visit.await?)
        };
        if !batch.writes.is_empty() {
            self.commit_at("arrive", batch).await?;
        }
        Ok((verdict, visit))
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

fn put_showing(
    batch: &mut Batch,
    shown: &Shown,
    showing: &wire::passport::Showing,
) -> Result<(), Fault> {
    #[cfg(feature = "sabotage")]
    if crate::sabotage::forgets_showings() {
        return Ok(());
    }
    let key = crate::keys::showing(shown.passport.as_str(), &showing.nonce);
    let kept = Showing {
        until: showing.shown_at.plus_seconds(SHOWING_SECONDS),
    };
    if is_on("showing_kept") {
        batch.expect(key.clone(), Expected::Absent);
    }
    batch.put(key.clone(), stored::encode(&key, &kept)?);
    Ok(())
}
