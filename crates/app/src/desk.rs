//! The desk: is this visitor welcome?
//!
//! **Invariant:** nothing is asked of anybody. The answer comes from what the host
//! holds, and of the person nothing is kept but a hash that ends a second showing.

use rules::freshness::Freshness;
use rules::passport::{Desk, DeskClock, Held, NotGenuine, Verdict, judge};
use seal::{KeySet, Sealed};
use store::{Batch, CommitError, Expected};
use wire::passport::{Presentation, Shown, ShownBy};
use wire::space::{OpeningHours, THE_ONE};
use wire::status_list::{STATUS_LIST_KIND, StatusListToken, Statuses, status_list_id};
use wire::{BodyKind, EntityId, Timestamp, qr};

use crate::access::Staff;
use crate::people::Showing;
use crate::stored;
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
        let Some((home, keys)) = self.home_of(&presentation).await? else {
            return Ok(unknown(NotGenuine::UnknownHome));
        };
        let shown = match presentation.open(&keys) {
            Ok(shown) if shown.passport.iss == home => shown,
            Ok(_) | Err(_) => return Ok(unknown(NotGenuine::Malformed)),
        };
        let was_shown = match &shown.by {
            ShownBy::Holder(showing) => self.was_shown(&shown, showing).await?,
            ShownBy::Paper => false,
        };
        let (verdict, home_freshness) = self.judge_shown(&shown, &keys, was_shown).await?;
        let verdict = match (&shown.by, verdict) {
            (ShownBy::Holder(showing), Verdict::Allowed { .. }) => {
                self.keep_showing(&shown, showing, verdict).await?
            }
            (ShownBy::Holder(_) | ShownBy::Paper, verdict) => verdict,
        };
        let visitor = Visitor {
            name: wire::printable(&shown.passport.name, wire::passport::SHOWN_NAME_CHARS_MAX),
            home,
            formula: shown.passport.formula.clone(),
        };
        Ok(Judged {
            verdict,
            visitor: Some(visitor),
            home_freshness,
            label_freshness,
        })
    }

    /// The home that signs with the key that the passport names, and its keys.
    async fn home_of(
        &self,
        presentation: &Presentation,
    ) -> Result<Option<(EntityId, KeySet)>, Fault> {
        let mut homes = self.followed().await?;
        homes.push(self.identity().entity.clone());
        homes.retain(|home| *home != self.identity().coordinator);
        for home in homes {
            let (feed, _) = self.feed_state(&home).await?;
            let ops = feed.tip()?.ops;
            if let Some(keys) = ops.filter(|keys| keys.find(presentation.issuer_kid()).is_some()) {
                return Ok(Some((home, keys)));
            }
        }
        Ok(None)
    }

    async fn judge_shown(
        &self,
        shown: &Shown,
        keys: &KeySet,
        was_shown: bool,
    ) -> Result<(Verdict, Freshness), Fault> {
        let now = self.now();
        let identity = self.identity();
        let home = &shown.passport.iss;
        let register = self.register().await?;
        let (label_feed, _) = self.feed_state(&identity.coordinator).await?;
        let (home_feed, _) = self.feed_state(home).await?;
        let home_freshness = crate::home::freshness_of(&home_feed, now);
        let statuses = self
            .statuses_of(home, keys, &shown.passport.status.status_list.uri)
            .await?;
        let hours = self
            .latest_text(&identity.entity, OpeningHours::KIND, THE_ONE)
            .await?;
        let zone = hours.and_then(|text| OpeningHours::read(&text).ok());
        let zone = zone.map_or_else(|| "Europe/Paris".to_owned(), |hours| hours.time_zone);
        let month = rules::opening::month(&zone, now).unwrap_or_default();
        let held = Held {
            register_as_of: label_feed.head.map(|head| head.iat),
            host: &register.standing(&identity.entity, now),
            home: &register.standing(home, now),
            home_freshness,
            statuses: statuses
                .as_ref()
                .map(|(statuses, until)| (statuses, *until)),
            was_shown,
        };
        let desk = Desk {
            host: &identity.entity,
            now,
            month: &month,
            clock: DeskClock::Good,
        };
        Ok((judge(shown, held, desk), home_freshness))
    }

    /// The status list of that name in a home's feed, if it opens.
    async fn statuses_of(
        &self,
        home: &EntityId,
        keys: &KeySet,
        uri: &str,
    ) -> Result<Option<(Statuses, Timestamp)>, Fault> {
        let Some(id) = status_list_id(home, uri) else {
            return Ok(None);
        };
        let text = self.latest_text(home, STATUS_LIST_KIND, id).await?;
        let token = text.and_then(|text| Sealed::<StatusListToken>::parse(&text).ok());
        let token = token.and_then(|token| token.open(keys).ok());
        let token = token.filter(|token| token.iss == *home && token.sub == uri);
        #[cfg(feature = "sabotage")]
        if crate::sabotage::ignores_statuses() {
            let all_hold = Statuses::new(8_192);
            return Ok(token.map(|token| (all_hold, token.exp)));
        }
        Ok(token.and_then(|token| {
            let lasts = token.exp.seconds_since(token.iat);
            let is_long = lasts > rules::passport::STATUS_LIST_SECONDS;
            let statuses = Statuses::unpack(&token.status_list).ok();
            statuses
                .filter(|_| !is_long)
                .map(|statuses| (statuses, token.exp))
        }))
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
