//! One key takes the place of another.
//!
//! An `ops` key is replaced by the node alone: its `fed` key names the next in an Entity
//! Configuration. A `fed` key of a space is replaced with the coordinator's word, one of a
//! coordinator by its root key. Each step is one commit, and each look of the node does the
//! step that is next: nothing is remembered but what was committed.
//!
//! Specified in `specs/keys.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rules::feed::CONFIGURATION_KIND;
use rules::revocation::OPS_OVERLAP_SECONDS;
use seal::{KeySet, PublicKey, SecretKey, Thumbprint};
use serde_json::Value;
use store::{Batch, Expected, Position};
use wire::receipt::RecordReference;
use wire::revocation::{
    KEY_REVOCATION_KIND, KEY_UPDATE_KIND, KeyRevocation, KeyRevocationBody, KeyUpdate,
    KeyUpdateBody, LastGood, RevocationReason,
};
use wire::space::THE_ONE;
use wire::{EntityId, Jwks, Timestamp};

use crate::append::Entry;
use crate::exchange::{About, KeyId, Outgoing};
use crate::fault::{Attempt, until_settled};
use crate::inbox::Outcome;
use crate::key_rows::{KeyRow, KeyState};
use crate::keys::KEY_TURNS;
use crate::outbox::Settled;
use crate::signing::{HELD_KEYS_MAX, Purpose};
use crate::stored::{self, KeyTurn};
use crate::{App, Fault, Register};

/// Why a key does not take the place of another.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// As many keys as a document may name are in force, or held.
    #[error("{HELD_KEYS_MAX} keys are held already: wait until one has ended")]
    TooMany,
    /// The key is not held, or took the place of another before.
    #[error("this key is not in the folder, or it was in use before")]
    Used,
    /// The coordinator has not admitted this space yet.
    #[error("this space does not belong yet: its first key is the one that joins")]
    NotAdmitted,
    /// Another `fed` key is asked for, and there is no answer yet.
    #[error("another key was asked for, and the coordinator has not answered yet")]
    Asked,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What becomes of the `ops` key that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// It goes on for as long as a passport that it signed.
    UntilPassportsHaveRunOut,
    /// Somebody else may have it: it ends now, and all that it signed with it.
    NoneItWasStolen,
}

impl App {
    /// Takes a key that the folder holds since now, so that it can take the place of
    /// another: from the commit on that names it, this process signs by it.
    pub fn hold_key(&self, purpose: Purpose, key: SecretKey) -> Result<Thumbprint, KeyError> {
        let name = key.public().thumbprint().clone();
        let is_held = self.hold(purpose, key);
        is_held.then_some(name).ok_or(KeyError::TooMany)
    }

    /// A key that the folder holds and that no paper has named: it was made, and what it
    /// was made for did not come about.
    pub async fn unused_key(&self, purpose: Purpose) -> Result<Option<Thumbprint>, Fault> {
        let rows = self.key_rows().await?.into_iter();
        let is_unused = |row: &KeyRow| row.purpose == purpose && row.state == KeyState::Waits;
        Ok(rows.filter(is_unused).map(|row| row.name).next())
    }

    /// Replaces the `ops` key that signs by another that is held. Nobody is asked. Where it
    /// signs already, nothing is done.
    pub async fn rotate_ops(&self, next: &Thumbprint, overlap: Overlap) -> Result<(), KeyError> {
        until_settled!(self.try_rotate(next, overlap).await)?;
        self.renew_status_lists().await?;
        self.turn_keys().await?;
        Ok(())
    }

    async fn try_rotate(
        &self,
        next: &Thumbprint,
        overlap: Overlap,
    ) -> Result<(), Attempt<KeyError>> {
        let now = self.signing_time().await?;
        let (known, _) = self.feed_state(&self.identity().entity).await?;
        let tip = known.tip()?;
        if self.ops_among(tip.ops.as_ref())?.public().thumbprint() == next {
            return Ok(());
        }
        let revoked = self.revoked_of(&self.identity().entity).await?;
        let is_used = tip.ever().any(|keys| keys.find(next).is_some()) || revoked.names(next);
        let held = self.held_ops(next).filter(|_| !is_used);
        let next = held.ok_or(Attempt::Failed(KeyError::Used))?;
        let in_force = tip.ops;
        let before: Vec<_> = in_force.iter().flat_map(KeySet::iter).cloned().collect();
        let mut keys = vec![next];
        let mut batch = Batch::new();
        let turn = match overlap {
            Overlap::UntilPassportsHaveRunOut => {
                keys.extend(before.iter().cloned());
                KeyTurn::Ending {
                    until: now.plus_seconds(OPS_OVERLAP_SECONDS),
                }
            }
            Overlap::NoneItWasStolen => KeyTurn::Stolen {
                // The record that is about to be written.
                named_until: RecordReference {
                    epoch: known.epoch,
                    seq: known.seq + 1,
                },
            },
        };
        let ops = KeySet::new(keys).map_err(|_| Attempt::Failed(KeyError::TooMany))?;
        for key in before {
            let id = crate::keys::key_turn(&KeyId::of(key.thumbprint()));
            // A key that ends already ends when it was said.
            let is_ending = self.store().get(&id).await.map_err(Fault::from)?.is_some();
            if !is_ending || overlap == Overlap::NoneItWasStolen {
                batch.put(id.clone(), stored::encode(&id, &turn)?);
            }
        }
        let fed = self.fed().await?;
        let configuration = self.make_configuration_of(now, &fed, &ops).await?;
        let entries = vec![configuration_entry(configuration.as_str())];
        self.append(&mut batch, entries).await?;
        self.commit_at("turn", batch).await?;
        Ok(())
    }

    /// The `ops` keys that the papers shall name: those in force, without those whose time
    /// is over. The first of them signs.
    pub(crate) async fn due_ops(&self, now: Timestamp) -> Result<Option<KeySet>, Fault> {
        let (feed, _) = self.feed_state(&self.identity().entity).await?;
        let Some(in_force) = feed.tip()?.ops else {
            return Ok(None);
        };
        let turns = self.key_turns().await?;
        let signs = self.ops_among(Some(&in_force))?;
        let stays = |key: &PublicKey| {
            let turn = turns.get(&KeyId::of(key.thumbprint()));
            let is_over = matches!(turn, Some((KeyTurn::Ending { until }, _)) if *until <= now);
            key.thumbprint() == signs.public().thumbprint() || !is_over
        };
        Ok(in_force.filtered(stays))
    }

    /// What is to become of this node's keys.
    pub(crate) async fn key_turns(&self) -> Result<BTreeMap<KeyId, (KeyTurn, Position)>, Fault> {
        let mut turns = BTreeMap::new();
        for (key, found) in self.all(KEY_TURNS).await? {
            let id = KeyId::of_key(&key).ok_or_else(|| Fault::Form {
                key: key.to_string(),
            })?;
            turns.insert(id, (stored::decode(&key, &found)?, found.version));
        }
        Ok(turns)
    }

    /// Does what is next about keys that end: says to the coordinator which were stolen,
    /// and forgets of those that are over. Gives nothing: there is no record in it.
    pub(crate) async fn turn_keys(&self) -> Result<(), Fault> {
        for (id, (turn, version)) in self.key_turns().await? {
            match turn {
                KeyTurn::Ending { .. } => self.forget_ended(id, version).await?,
                KeyTurn::Stolen { .. } if self.is_coordinator() => {
                    self.forget_ended(id, version).await?;
                }
                KeyTurn::Stolen { named_until } => {
                    until_settled!(self.try_revoke_key(id, version, named_until).await)?;
                }
                KeyTurn::Revoked { .. } | KeyTurn::Following { .. } => {
                    until_settled!(self.try_tell_all(id).await)?;
                }
            }
        }
        until_settled!(self.try_tell_of_revoked().await)
    }

    /// The coordinators that know this node, by a key of its own.
    async fn known_to(&self) -> Result<Vec<Arc<Register>>, Fault> {
        let own = &self.identity().entity;
        let registers = self.registers().await?;
        let knows = |it: &&Arc<Register>| it.belongs(own) && self.is_meant(it, own);
        Ok(registers.each().filter(knows).cloned().collect())
    }

    /// Asks each coordinator that knows this node, and was not asked yet, what the first was
    /// asked about a key; and forgets what all have accepted. A label that was joined in
    /// between is asked too, and one that was left is waited for no more.
    async fn try_tell_all(&self, id: KeyId) -> Result<(), Attempt<Fault>> {
        let key = crate::keys::key_turn(&id);
        let Some(found) = self.store().get(&key).await.map_err(Fault::from)? else {
            return Ok(());
        };
        let mut turn: KeyTurn = stored::decode(&key, &found)?;
        let (about, told) = match &turn {
            KeyTurn::Revoked { told, .. } => (About::KeyRevocation(id), told.clone()),
            KeyTurn::Following { told, .. } => (About::KeyUpdate(id), told.clone()),
            KeyTurn::Ending { .. } | KeyTurn::Stolen { .. } => return Ok(()),
        };
        let known_to = self.known_to().await?;
        let to_tell = known_to.iter().map(|it| &it.coordinator);
        let to_tell: Vec<_> = to_tell.filter(|it| !told.contains(it)).collect();
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::At(found.version));
        if to_tell.is_empty() && !told.is_empty() {
            if !self.is_done(&id, &turn, &known_to).await? {
                return Ok(());
            }
            batch.remove(key);
            self.store().commit(batch).await?;
            return Ok(());
        }
        let outgoing = self.outgoing().await?;
        for coordinator in to_tell {
            let is_it = |it: &Outgoing| it.about == about && it.to == *coordinator;
            if outgoing.iter().any(|(_, it, _)| is_it(it)) {
                continue;
            }
            if let KeyTurn::Following { further, .. } = &mut turn
                && !self.is_first_coordinator(coordinator)
            {
                let own = self.own_fed()?;
                let is_next = |key: &&PublicKey| KeyId::of(key.thumbprint()) == id;
                let next = own.iter().find(is_next);
                let next = next.and_then(|key| self.held_fed(key.thumbprint()));
                let next = next.ok_or(Fault::NoKey)?;
                let update = self.make_update(coordinator, &next).await?;
                further.insert(coordinator.clone(), update);
            }
            self.put_outgoing(&mut batch, coordinator, about, &[])?;
        }
        if batch.writes.is_empty() {
            return Ok(());
        }
        batch.put(key.clone(), stored::encode(&key, &turn)?);
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Whether nothing more is to be asked about a key that all have accepted: until then a
    /// label that is joined meanwhile has to be asked too.
    async fn is_done(
        &self,
        id: &KeyId,
        turn: &KeyTurn,
        known_to: &[Arc<Register>],
    ) -> Result<bool, Fault> {
        if let KeyTurn::Following { .. } = turn {
            let signs = self.fed_of_configuration().await?;
            return Ok(signs.is_some_and(|name| KeyId::of(&name) == *id));
        }
        let own = &self.identity().entity;
        let names = |it: &Arc<Register>| {
            let revoked = it.revoked(own);
            revoked.iter().any(|(kid, _)| KeyId::of(kid) == *id)
        };
        Ok(known_to.iter().all(names))
    }

    /// Says to a label that was joined later which `ops` keys have ended before: by what the
    /// label says that decides about this node's keys.
    async fn try_tell_of_revoked(&self) -> Result<(), Attempt<Fault>> {
        let known_to = self.known_to().await?;
        let Some((first, further)) = known_to.split_first() else {
            return Ok(());
        };
        let entity = &self.identity().entity;
        let (feed, _) = self.feed_state(entity).await?;
        let tip = feed.tip()?;
        let turns = self.key_turns().await?;
        for (kid, last) in first.revoked(entity).iter() {
            let id = KeyId::of(kid);
            let is_ops = tip.ever().any(|keys| keys.find(kid).is_some());
            let names = |it: &&Arc<Register>| it.revoked(entity).names(kid);
            if !is_ops || turns.contains_key(&id) || further.iter().all(|it| names(&it)) {
                continue;
            }
            // Whoever coordinates one label could have this node end its own feed in another.
            if !self.holds_whole_without(kid, last).await? {
                continue;
            }
            let told = known_to.iter().filter(names);
            let turn = KeyTurn::Revoked {
                revocation: self.make_own_revocation(&id, *last).await?,
                told: told.map(|it| it.coordinator.clone()).collect(),
            };
            let key = crate::keys::key_turn(&id);
            let mut batch = Batch::new();
            batch.expect(key.clone(), Expected::Absent);
            batch.put(key.clone(), stored::encode(&key, &turn)?);
            self.store().commit(batch).await?;
            Box::pin(self.try_tell_all(id)).await?;
        }
        Ok(())
    }

    /// Forgets that a key ends, once no paper names it.
    async fn forget_ended(&self, id: KeyId, version: Position) -> Result<(), Fault> {
        let (feed, _) = self.feed_state(&self.identity().entity).await?;
        let in_force = feed.tip()?.ops;
        let is_named = in_force
            .iter()
            .flat_map(KeySet::iter)
            .any(|key| KeyId::of(key.thumbprint()) == id);
        if is_named {
            return Ok(());
        }
        let key = crate::keys::key_turn(&id);
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::At(version));
        batch.remove(key);
        self.commit_or_leave(batch).await
    }

    /// Whether the own feed holds to its end although this key ended there.
    async fn holds_whole_without(&self, kid: &Thumbprint, last: &LastGood) -> Result<bool, Fault> {
        let entity = &self.identity().entity;
        let (feed, _) = self.feed_state(entity).await?;
        let tip = feed.tip()?;
        if tip.ops.iter().any(|keys| keys.find(kid).is_some()) {
            return Ok(false);
        }
        let authority = self.own_authority().await?.revoking(kid, *last);
        Ok(self.walk(entity, &authority).await?.tip == tip)
    }

    /// Signs that a key ended with the record that names it no more, and puts it into the
    /// outbox.
    async fn try_revoke_key(
        &self,
        id: KeyId,
        version: Position,
        at: RecordReference,
    ) -> Result<(), Attempt<Fault>> {
        let identity = self.identity();
        let hash = self.record_hash(&identity.entity, at).await?;
        let last = LastGood {
            epoch: at.epoch,
            seq: at.seq,
            hash: hash.ok_or(Fault::NoKey)?,
        };
        let revocation = self.make_own_revocation(&id, last).await?;
        let mut batch = Batch::new();
        let key = crate::keys::key_turn(&id);
        batch.expect(key.clone(), Expected::At(version));
        let turn = KeyTurn::Revoked {
            revocation,
            told: BTreeSet::new(),
        };
        batch.put(key.clone(), stored::encode(&key, &turn)?);
        let about = About::KeyRevocation(id);
        self.put_outgoing(&mut batch, &identity.coordinator, about, &[])?;
        self.commit_at("revoke_key", batch).await?;
        Ok(())
    }

    async fn make_own_revocation(&self, id: &KeyId, last: LastGood) -> Result<String, Fault> {
        let (of, why) = (&self.identity().entity, RevocationReason::Compromised);
        let now = self.signing_time().await?;
        self.sign_revocation(of, id.to_string(), (last, why), now)
            .await
    }

    /// What this node says of the end of a key, its own or one of a space that it coordinates.
    pub(crate) async fn sign_revocation(
        &self,
        of: &EntityId,
        kid: String,
        (last, reason): (LastGood, RevocationReason),
        now: Timestamp,
    ) -> Result<String, Fault> {
        let revocation = KeyRevocation {
            iss: self.identity().entity.clone(),
            sub: of.clone(),
            iat: now,
            kid,
            last,
            reason,
        };
        let fed = self.fed().await?;
        Ok(seal::sign(revocation, &fed)?.as_str().to_owned())
    }

    /// Has a `fed` key that is held follow the one that signs. A space asks its
    /// coordinators, and goes on with the one before until each has named it; of a coordinator, the root key names it in an anchor.
    pub async fn follow_fed(&self, next: &Thumbprint) -> Result<(), KeyError> {
        if self.is_coordinator() {
            return Ok(());
        }
        until_settled!(self.try_ask_for(next).await)
    }

    async fn try_ask_for(&self, next: &Thumbprint) -> Result<(), Attempt<KeyError>> {
        let next = self.held_fed(next).ok_or(Attempt::Failed(KeyError::Used))?;
        let id = KeyId::of(next.public().thumbprint());
        let now = self.signing_time().await?;
        let identity = self.identity();
        let turns = self.key_turns().await?;
        let is_asking = |(_, (turn, _)): &(&KeyId, &(KeyTurn, Position))| {
            matches!(turn, KeyTurn::Following { .. })
        };
        if let Some((asked, _)) = turns.iter().find(is_asking) {
            let is_this = *asked == id;
            return is_this
                .then_some(())
                .ok_or(Attempt::Failed(KeyError::Asked));
        }
        let known_to = self.known_to().await?;
        let (mut told, mut untold) = (BTreeSet::new(), Vec::new());
        for register in &known_to {
            let named = register.fed_keys_of(&identity.entity);
            if named.is_some_and(|it| it.find(next.public().thumbprint()).is_some()) {
                told.insert(register.coordinator.clone());
            } else {
                untold.push(&register.coordinator);
            }
        }
        if known_to.is_empty() {
            return Err(Attempt::Failed(KeyError::NotAdmitted));
        }
        if untold.is_empty() {
            return Ok(());
        }
        let mut updates = BTreeMap::new();
        for coordinator in &untold {
            let update = self.make_update(coordinator, &next).await?;
            updates.insert((*coordinator).clone(), update);
        }
        let (known, _) = self.feed_state(&identity.entity).await?;
        let ops = known.tip()?.ops.ok_or(Fault::NoKey)?;
        let configuration = self.make_configuration_of(now, &next, &ops).await?;
        let turn = KeyTurn::Following {
            update: updates.remove(&identity.coordinator).unwrap_or_default(),
            further: updates,
            entity_configuration: configuration.as_str().to_owned(),
            told,
        };
        let key = crate::keys::key_turn(&id);
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &turn)?);
        for coordinator in untold {
            self.put_outgoing(&mut batch, coordinator, About::KeyUpdate(id), &[])?;
        }
        self.commit_at("ask_for_key", batch).await?;
        Ok(())
    }

    /// By which this node names to a coordinator the `fed` key that shall follow.
    async fn make_update(&self, to: &EntityId, next: &SecretKey) -> Result<String, Fault> {
        let update = KeyUpdate {
            iss: self.identity().entity.clone(),
            aud: to.clone(),
            iat: self.signing_time().await?,
            jwks: Jwks::of(next.public()),
        };
        let fed = self.fed().await?;
        Ok(seal::sign(update, &fed)?.as_str().to_owned())
    }

    /// The body of a request about a key.
    pub(crate) async fn key_body(
        &self,
        id: KeyId,
        to: &EntityId,
    ) -> Result<Option<(&'static str, Value)>, Fault> {
        let key = crate::keys::key_turn(&id);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        match stored::decode(&key, &found)? {
            KeyTurn::Revoked { revocation, .. } => {
                crate::outbox::body(KEY_REVOCATION_KIND, &KeyRevocationBody { revocation })
            }
            KeyTurn::Following {
                update,
                mut further,
                entity_configuration,
                ..
            } => {
                let update = if self.is_first_coordinator(to) {
                    update
                } else {
                    further.remove(to).unwrap_or_default()
                };
                crate::outbox::body(
                    KEY_UPDATE_KIND,
                    &KeyUpdateBody {
                        update,
                        entity_configuration,
                    },
                )
            }
            KeyTurn::Ending { .. } | KeyTurn::Stolen { .. } => Ok(None),
        }
    }

    /// What was asked of a coordinator about a key is answered. What was refused stays to be
    /// asked again; what all have accepted is forgotten at a later look, when it is done.
    pub(crate) async fn settle_key(
        &self,
        batch: &mut Batch,
        (id, by): (KeyId, &EntityId),
        settled: &Settled,
    ) -> Result<(), Fault> {
        if !matches!(settled.answer, Some((Outcome::Accepted, _))) {
            return Ok(());
        }
        let key = crate::keys::key_turn(&id);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(());
        };
        let mut turn: KeyTurn = stored::decode(&key, &found)?;
        let (KeyTurn::Revoked { told, .. } | KeyTurn::Following { told, .. }) = &mut turn else {
            return Ok(());
        };
        told.insert(by.clone());
        batch.expect(key.clone(), Expected::At(found.version));
        batch.put(key.clone(), stored::encode(&key, &turn)?);
        Ok(())
    }
}

pub(crate) fn configuration_entry(text: &str) -> Entry {
    Entry {
        kind: CONFIGURATION_KIND,
        id: THE_ONE.to_owned(),
        text: Some(text.to_owned()),
    }
}
