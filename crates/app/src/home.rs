//! Putting together what a node shows of itself and of its label.

use rules::freshness::{self, Freshness};
use rules::opening;
use rules::trust::{self, Standing};
use rules::visit;
use wire::space::{FORMULAS_MAX, Profile, THE_ONE};
use wire::{BodyKind, EntityId, Timestamp};

use crate::stored::Feed;
use crate::view::{FeedView, FurtherLabelView, Home, LabelView, SpaceView};
use crate::{App, Fault, Label, Register, Registers};

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
        let registers = self.registers().await?;
        let (label_feed, _) = self.feed_state(&identity.coordinator).await?;
        let newest_heard = label_feed.head.as_ref().map_or(now, |head| head.iat);
        let own_standing = |coordinator: &EntityId| {
            let register = registers.of(coordinator);
            register.map_or(Standing::Unknown, |it| self.own_standing_in(it, now))
        };
        let us = if self.is_coordinator() {
            None
        } else {
            let standing = own_standing(&identity.coordinator);
            Some(self.space_view(&identity.entity, standing, now).await?)
        };
        let mut partners = Vec::new();
        for space in registers.members() {
            if *space != identity.entity {
                let standing = registers.standing(space, now);
                partners.push(self.space_view(space, standing, now).await?);
            }
        }
        let mut further_labels = Vec::new();
        for Label { coordinator, .. } in self.labels().into_iter().skip(1) {
            further_labels.push(FurtherLabelView {
                label: self.label_view(&registers, &coordinator, now).await?,
                standing: own_standing(&coordinator),
                joining: self.join_state_of(&coordinator).await?,
            });
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
            label: self
                .label_view(&registers, &identity.coordinator, now)
                .await?,
            further_labels,
            us,
            partners,
        })
    }

    async fn label_view(
        &self,
        registers: &Registers,
        coordinator: &EntityId,
        now: Timestamp,
    ) -> Result<LabelView, Fault> {
        let (feed, _) = self.feed_state(coordinator).await?;
        let head = feed.head.as_ref();
        Ok(LabelView {
            coordinator: coordinator.clone(),
            charter: registers
                .of(coordinator)
                .and_then(|register| register.charter.clone()),
            freshness: freshness_of(&feed, now),
            is_relied_on: head.is_some_and(|head| freshness::is_register_relied_on(head.iat, now)),
            feed: view_of(&feed, self.pulled_at(&feed)),
        })
    }

    /// What a label says of this node: nothing where it means another of this name.
    pub(crate) fn own_standing_in(&self, register: &Register, now: Timestamp) -> Standing {
        let own = &self.identity().entity;
        if self.is_meant(register, own) {
            register.standing(own, now)
        } else {
            Standing::Unknown
        }
    }

    async fn space_view(
        &self,
        space: &EntityId,
        standing: Standing,
        now: Timestamp,
    ) -> Result<SpaceView, Fault> {
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
