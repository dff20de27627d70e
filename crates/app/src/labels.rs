//! The labels of a space: the one in which it was founded, and those that it joined later.
//!
//! A space may bear several labels. Each has a coordinator and a root key that was pinned
//! from its invitation, and each is asked by itself where its spaces stand. Who a space is,
//! by which keys it speaks and which of them have ended, is said by one of them alone: the
//! first of this node's labels to which the space belongs. So whoever coordinates another
//! label of this node's can say who bears that label, and cannot take a feed over.
//!
//! Specified in `specs/trust.md`, section 10.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use rules::trust::{LABELS_MAX, Standing};
use seal::{Jwk, PublicKey};
use store::{Batch, Expected, Versioned};
use wire::{EntityId, Invitation, Timestamp};

use crate::applying::ApplyError;
use crate::exchange::About;
use crate::keys::FURTHER_LABELS;
use crate::stored::{self, FurtherLabel, Joining};
use crate::{App, Fault, Register};

/// A label of this node: who coordinates it, and the root key from which its word hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The coordinator.
    pub coordinator: EntityId,
    /// The root key, pinned from the invitation.
    pub root: PublicKey,
}

/// The labels beside the first, as one look at the store found them.
#[derive(Debug, Default)]
pub(crate) struct Further {
    /// Which look that was.
    look: u64,
    labels: Vec<Label>,
}

/// The registers of this node's labels, in the order of the labels, as far as they were
/// heard.
#[derive(Debug, Clone, Default)]
pub struct Registers(Vec<Arc<Register>>);

impl Registers {
    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = &Arc<Register>> {
        self.0.iter()
    }

    /// That of one coordinator.
    pub fn of(&self, coordinator: &EntityId) -> Option<&Arc<Register>> {
        self.each().find(|it| it.coordinator == *coordinator)
    }

    /// The one that says who a space is: the first to which it belongs.
    pub fn deciding(&self, space: &EntityId) -> Option<&Arc<Register>> {
        self.each().find(|register| register.belongs(space))
    }

    /// The spaces that belong to any of them.
    pub fn members(&self) -> BTreeSet<&EntityId> {
        let members = self.each().flat_map(|register| register.members());
        members.map(|(space, _)| space).collect()
    }

    /// What one of them says of a space at `now`. A label that knows the name by other keys
    /// than the one that decides who it is means somebody else.
    pub fn standing_in(&self, register: &Register, space: &EntityId, now: Timestamp) -> Standing {
        let decided = self.deciding(space).and_then(|it| it.fed_keys_of(space));
        let named = register.fed_keys_of(space);
        let is_another = decided.zip(named).is_some_and(|(decided, named)| {
            let mut keys = named.iter();
            !keys.any(|key| decided.find(key.thumbprint()).is_some())
        });
        if is_another {
            return Standing::Unknown;
        }
        register.standing(space, now)
    }

    /// Whether a space bears any of the labels at `now`.
    pub fn is_labelled(&self, space: &EntityId, now: Timestamp) -> bool {
        matches!(self.standing(space, now), Standing::Labelled { .. })
    }

    /// Where a space stands at `now`: labelled if it bears any of the labels, else what the
    /// first says that knows it.
    pub fn standing(&self, space: &EntityId, now: Timestamp) -> Standing {
        let all = self.each().map(|it| self.standing_in(it, space, now));
        let mut said = Standing::Unknown;
        for standing in all {
            if matches!(standing, Standing::Labelled { .. }) {
                return standing;
            }
            if said == Standing::Unknown {
                said = standing;
            }
        }
        said
    }
}

impl App {
    /// The labels of this node, the one in which it was founded first.
    pub fn labels(&self) -> Vec<Label> {
        let further = self.inner.further_labels.read();
        let further = further.unwrap_or_else(PoisonError::into_inner);
        let first = std::iter::once(self.first_label());
        first.chain(further.labels.iter().cloned()).collect()
    }

    /// The label in which this node was founded.
    pub(crate) fn first_label(&self) -> Label {
        let identity = self.identity();
        Label {
            coordinator: identity.coordinator.clone(),
            root: identity.root.clone(),
        }
    }

    /// The label of this coordinator, if it is one of this node's.
    pub(crate) fn label_of(&self, coordinator: &EntityId) -> Option<Label> {
        if self.is_first_coordinator(coordinator) {
            return Some(self.first_label());
        }
        let further = self.inner.further_labels.read();
        let further = further.unwrap_or_else(PoisonError::into_inner);
        let mut further = further.labels.iter();
        further.find(|it| it.coordinator == *coordinator).cloned()
    }

    /// Whether this is the coordinator of the label in which this node was founded.
    pub(crate) fn is_first_coordinator(&self, entity: &EntityId) -> bool {
        *entity == self.identity().coordinator
    }

    /// The register that says who a node is, as far as this node goes by it: of itself, the
    /// first that means it.
    pub(crate) fn deciding_of<'a>(
        &self,
        registers: &'a Registers,
        entity: &EntityId,
    ) -> Option<&'a Arc<Register>> {
        let mut all = registers.each();
        all.find(|it| it.belongs(entity) && self.is_meant(it, entity))
    }

    /// The registers of all labels, as far as they were heard.
    pub async fn registers(&self) -> Result<Registers, Fault> {
        let mut all = Vec::new();
        for label in self.labels() {
            match self.register_of(&label).await {
                Ok(register) => all.push(register),
                Err(Fault::NothingHeard) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(Registers(all))
    }

    /// A coordinator of this node's labels that was not heard since then, if there is one: the
    /// first. Its own word a coordinator has always heard.
    pub(crate) async fn unheard_since(&self, at: Timestamp) -> Result<Option<EntityId>, Fault> {
        for Label { coordinator, .. } in self.labels() {
            let (feed, _) = self.feed_state(&coordinator).await?;
            // A further label that was never heard says nothing of anybody, and keeps nobody
            // waiting.
            let is_first = self.is_first_coordinator(&coordinator);
            let is_heard = feed.head.map_or(!is_first, |head| head.iat >= at);
            if !is_heard && coordinator != self.identity().entity {
                return Ok(Some(coordinator));
            }
        }
        Ok(None)
    }

    /// Reads which labels this node has joined since it was founded.
    ///
    /// Whoever has changed them looks afterwards. Of two looks at once the one that began
    /// later has seen what both have changed, and is kept, whichever ends first.
    pub(crate) async fn read_labels(&self) -> Result<(), Fault> {
        let look = 1 + self.inner.looks_at_labels.fetch_add(1, Ordering::SeqCst);
        let mut rows = self.further_labels().await?;
        rows.sort_by(|(a, _), (b, _)| (a.since, &a.coordinator).cmp(&(b.since, &b.coordinator)));
        let label = |(row, _): (FurtherLabel, Versioned)| -> Result<Label, Fault> {
            let root = PublicKey::try_from(&row.root).map_err(|_| Fault::Form {
                key: crate::keys::further_label(&row.coordinator).to_string(),
            })?;
            let coordinator = row.coordinator;
            Ok(Label { coordinator, root })
        };
        let labels = rows.into_iter().map(label).collect::<Result<Vec<_>, _>>()?;
        let further = self.inner.further_labels.write();
        let mut further = further.unwrap_or_else(PoisonError::into_inner);
        if look > further.look {
            *further = Further { look, labels };
        }
        Ok(())
    }

    async fn further_labels(&self) -> Result<Vec<(FurtherLabel, Versioned)>, Fault> {
        let mut rows = Vec::new();
        for (key, found) in self.all(FURTHER_LABELS).await? {
            rows.push((stored::decode(&key, &found)?, found));
        }
        Ok(rows)
    }

    async fn further_label(
        &self,
        coordinator: &EntityId,
    ) -> Result<Option<(FurtherLabel, Versioned)>, Fault> {
        let key = crate::keys::further_label(coordinator);
        let found = self.store().get(&key).await?;
        found
            .map(|found| Ok((stored::decode(&key, &found)?, found)))
            .transpose()
    }

    /// How this node's joining of a label stands, with the entry in which that is kept.
    pub(crate) async fn joining(
        &self,
        coordinator: &EntityId,
    ) -> Result<Option<(Joining, Versioned)>, Fault> {
        if !self.is_first_coordinator(coordinator) {
            let found = self.further_label(coordinator).await?;
            return Ok(found.map(|(row, found)| (row.joining, found)));
        }
        let key = crate::keys::joining();
        let found = self.store().get(&key).await?;
        found
            .map(|found| Ok((stored::decode(&key, &found)?, found)))
            .transpose()
    }

    /// Puts into `batch` how the joining stands now, if nobody has come first.
    pub(crate) fn put_joining(
        &self,
        batch: &mut Batch,
        coordinator: &EntityId,
        joining: Joining,
        before: &Versioned,
    ) -> Result<(), Fault> {
        let (key, value) = if self.is_first_coordinator(coordinator) {
            let key = crate::keys::joining();
            let value = stored::encode(&key, &joining)?;
            (key, value)
        } else {
            let key = crate::keys::further_label(coordinator);
            let row: FurtherLabel = stored::decode(&key, before)?;
            let value = stored::encode(&key, &FurtherLabel { joining, ..row })?;
            (key, value)
        };
        batch.expect(key.clone(), Expected::At(before.version));
        batch.put(key, value);
        Ok(())
    }

    /// Joins a label by an invitation, with the keys and the feed that there are: another
    /// label than those of this node, or one of them again, because the membership had
    /// ended or the coordinator had refused.
    pub async fn join_by(&self, invitation: &Invitation) -> Result<(), ApplyError> {
        let identity = self.identity();
        if self.is_coordinator() {
            return Err(ApplyError::Coordinator);
        }
        let coordinator = &invitation.coordinator;
        let registers = self.registers().await?;
        let first = registers.of(&identity.coordinator);
        // Its feed would be judged by a root key that it never had.
        if first.is_some_and(|it| it.belongs(coordinator)) {
            return Err(ApplyError::APartner(coordinator.clone()));
        }
        let root = PublicKey::try_from(&invitation.root_key);
        let root = root.map_err(|_| ApplyError::OtherInvitation)?;
        let held = self.label_of(coordinator);
        let is_ours = invitation.entity == identity.entity
            && *coordinator != identity.entity
            && held.as_ref().is_none_or(|held| held.root == root);
        if !is_ours {
            return Err(ApplyError::OtherInvitation);
        }
        // Who has signed what was heard under this name goes on with it, whatever later epoch
        // the invitation names; an earlier one is no feed of this space.
        let (own, _) = self.feed_state(&identity.entity).await?;
        if held.is_none() && invitation.epoch.unwrap_or(1) < own.epoch {
            return Err(ApplyError::OtherEpoch(own.epoch));
        }
        let joining = crate::found::joining(invitation);
        let mut batch = Batch::new();
        if held.is_some() {
            let register = registers.of(coordinator);
            let belongs = register.is_some_and(|it| it.belongs(&identity.entity));
            let found = self.joining(coordinator).await?;
            let Some((before, found)) = found.filter(|_| !belongs) else {
                return Err(ApplyError::Belongs);
            };
            if matches!(before, Joining::Asking { .. }) {
                return Err(ApplyError::Belongs);
            }
            self.put_joining(&mut batch, coordinator, joining, &found)?;
        } else {
            if self.labels().len() >= LABELS_MAX {
                return Err(ApplyError::TooManyLabels);
            }
            let rows = self.further_labels().await?.into_iter();
            let newest = rows.map(|(row, _)| row.since.plus_seconds(1)).max();
            let key = crate::keys::further_label(coordinator);
            let row = FurtherLabel {
                coordinator: coordinator.clone(),
                root: Jwk::from(&root),
                // In the order in which they are joined, whatever the clock says.
                since: newest.map_or(self.now(), |newest| newest.max(self.now())),
                joining,
            };
            batch.expect(key.clone(), Expected::Absent);
            batch.put(key.clone(), stored::encode(&key, &row)?);
        }
        self.store().commit(batch).await.map_err(Fault::from)?;
        self.read_labels().await?;
        self.forget_opened();
        Ok(())
    }

    /// Leaves a label that this node has joined since it was founded: what it says is not
    /// read any more, and nothing is asked of it about the label. Its coordinator is not told; it can end the
    /// membership.
    pub async fn leave_label(&self, coordinator: &EntityId) -> Result<(), ApplyError> {
        if self.is_first_coordinator(coordinator) {
            return Err(ApplyError::FirstLabel);
        }
        let Some((_, found)) = self.further_label(coordinator).await? else {
            return Err(ApplyError::NotOurs);
        };
        let key = crate::keys::further_label(coordinator);
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::At(found.version));
        batch.remove(key);
        // Who joins again may find another root key under the name: what is held is read again.
        if let (mut feed, Some(found)) = self.feed_state(coordinator).await? {
            feed.by = None;
            let key = crate::keys::feed(coordinator);
            batch.expect(key.clone(), Expected::At(found.version));
            batch.put(key.clone(), stored::encode(&key, &feed)?);
        }
        for (op, outgoing, version) in self.outgoing().await? {
            let is_for_label = matches!(
                outgoing.about,
                About::KeyUpdate(_) | About::KeyRevocation(_) | About::Application
            );
            if outgoing.to == *coordinator && is_for_label {
                let key = crate::keys::outgoing(op);
                batch.expect(key.clone(), Expected::At(version));
                batch.remove(key);
            }
        }
        self.store().commit(batch).await.map_err(Fault::from)?;
        self.read_labels().await?;
        let registers = self.inner.registers.write();
        let mut registers = registers.unwrap_or_else(PoisonError::into_inner);
        registers.remove(coordinator);
        drop(registers);
        self.forget_opened();
        Ok(())
    }
}
