//! Putting together what a node shows of itself and of its label.

use rules::freshness::{self, Freshness};
use rules::opening;
use rules::trust::{self, Standing};
use rules::visit;
use wire::space::{FORMULAS_MAX, Profile, THE_ONE};
use wire::{BodyKind, EntityId, Timestamp};

use crate::stored::Feed;
use crate::view::{FeedView, Home, LabelView, SpaceView};
use crate::{App, Fault, Register};

impl App {
    /// Whether the clock is before what the coordinator has already signed.
    pub async fn is_clock_behind(&self) -> Result<bool, Fault> {
        let now = self.now();
        let (feed, _) = self.feed_state(&self.identity().coordinator).await?;
        Ok(feed
            .head
            .is_some_and(|head| trust::is_clock_behind(now, head.iat)))
    }

    /// The node's first page, judged now from what the node holds.
    pub async fn home(&self) -> Result<Home, Fault> {
        let now = self.now();
        let identity = self.identity();
        let register = match self.register().await {
            Ok(register) => Some(register),
            Err(Fault::NothingHeard) => None,
            Err(fault) => return Err(fault),
        };
        let register = register.as_deref();
        let (label_feed, _) = self.feed_state(&identity.coordinator).await?;
        let newest_heard = label_feed.head.as_ref().map_or(now, |head| head.iat);
        let us = if self.is_coordinator() {
            None
        } else {
            Some(self.space_view(&identity.entity, register, now).await?)
        };
        let mut partners = Vec::new();
        for (space, _) in register.iter().flat_map(|register| register.members()) {
            if *space != identity.entity {
                partners.push(self.space_view(space, register, now).await?);
            }
        }
        partners.sort_by_cached_key(|space| {
            let name = space
                .profile
                .as_ref()
                .map(|profile| profile.name.to_lowercase());
            (name.is_none(), name, space.entity.clone())
        });
        Ok(Home {
            now,
            is_clock_behind: trust::is_clock_behind(now, newest_heard),
            role: identity.role,
            label: LabelView {
                coordinator: identity.coordinator.clone(),
                charter: register.and_then(|register| register.charter.clone()),
                freshness: freshness_of(&label_feed, now),
                is_relied_on: label_feed
                    .head
                    .as_ref()
                    .is_some_and(|head| freshness::is_register_relied_on(head.iat, now)),
                feed: view_of(&label_feed, self.pulled_at(&label_feed)),
            },
            us,
            partners,
        })
    }

    async fn space_view(
        &self,
        space: &EntityId,
        register: Option<&Register>,
        now: Timestamp,
    ) -> Result<SpaceView, Fault> {
        let standing = match register {
            Some(register) if self.is_meant(register, space) => register.standing(space, now),
            Some(_) | None => Standing::Unknown,
        };
        let (feed, _) = self.feed_state(space).await?;
        let profile = self.latest_text(space, Profile::KIND, THE_ONE).await?;
        let hours = self.hours_of(space).await?;
        // What a space without the label sells is nobody's business here; and a space
        // that publishes without end is read to a limit.
        let is_shown = matches!(standing, Standing::Labelled { .. } | Standing::Admitted)
            || *space == self.identity().entity;
        let most = if is_shown { FORMULAS_MAX } else { 0 };
        let formulas = self.some_formulas_of(space, most).await?;
        let translation = if matches!(standing, Standing::Labelled { .. }) {
            let published = hours.as_ref().map(|(hours, record)| (hours, *record));
            visit::translate(published, &formulas, now).unwrap_or_default()
        } else {
            None
        };
        let hours = hours.map(|(hours, _)| hours);
        let formulas = formulas.into_iter().map(|it| (it.id, it.formula));
        let mut formulas: Vec<_> = formulas.collect();
        formulas.sort_by(|(a_id, a), (b_id, b)| (a.unit, a_id).cmp(&(b.unit, b_id)));
        Ok(SpaceView {
            entity: space.clone(),
            standing,
            profile: profile.and_then(|text| Profile::read(&text).ok()),
            open: hours.as_ref().map(|hours| opening::state(hours, now)),
            hours,
            formulas,
            translation,
            freshness: freshness_of(&feed, now),
            feed: view_of(&feed, self.pulled_at(&feed)),
        })
    }

    /// Whether the register means this node where it names it: somebody else may have
    /// joined under its name, with a key of their own.
    pub(crate) fn is_meant(&self, register: &Register, space: &EntityId) -> bool {
        let identity = self.identity();
        let statement = register
            .member(space)
            .and_then(|member| member.statement.as_ref());
        let names_our_key = statement.is_none_or(|statement| {
            let keys = statement.jwks.key_set();
            keys.is_ok_and(|keys| keys.iter().any(|key| self.holds_fed(key.thumbprint())))
        });
        *space != identity.entity || names_our_key
    }

    pub(crate) async fn feed_view(&self, entity: &EntityId) -> Result<FeedView, Fault> {
        let (feed, _) = self.feed_state(entity).await?;
        Ok(view_of(&feed, self.pulled_at(&feed)))
    }
}

pub(crate) fn freshness_of(feed: &Feed, now: Timestamp) -> Freshness {
    freshness::of_head(feed.head.as_ref().map(|head| (head.iat, head.exp)), now)
}

fn view_of(feed: &Feed, pulled_at: Option<Timestamp>) -> FeedView {
    FeedView {
        epoch: feed.epoch,
        seq: feed.seq,
        pulled_at,
        refusal: feed.refusal.clone(),
    }
}
