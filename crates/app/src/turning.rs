//! One key takes the place of another.
//!
//! An `ops` key is replaced by the node alone: its `fed` key names the next in an Entity
//! Configuration. A `fed` key of a space is replaced with the coordinator's word, one of a
//! coordinator by its root key. Each step is one commit, and each look of the node does the
//! step that is next: nothing is remembered but what was committed.
//!
//! Specified in `specs/keys.md`.

use std::collections::BTreeMap;

use rules::feed::CONFIGURATION_KIND;
use rules::revocation::{OPS_OVERLAP_SECONDS, REVOCATIONS_MAX, open_revocation};
use rules::trust::open_configuration;
use seal::{Jwk, KeySet, PublicKey, Sealed, SecretKey, Thumbprint, Verified};
use serde_json::Value;
use store::{Batch, Expected, Position};
use wire::receipt::RecordReference;
use wire::request::Request;
use wire::revocation::{
    KEY_REVOCATION_KIND, KEY_UPDATE_KIND, KeyRevocation, KeyRevocationBody, KeyUpdate,
    KeyUpdateBody, LastGood, RevocationReason,
};
use wire::space::THE_ONE;
use wire::trust::NodeRole;
use wire::{EntityId, Jwks, Timestamp};

use crate::append::Entry;
use crate::exchange::{About, KeyId};
use crate::fault::{Attempt, until_settled};
use crate::inbox::{Decision, Outcome};
use crate::key_rows::{KeyRow, KeyState};
use crate::keys::KEY_TURNS;
use crate::outbox::Settled;
use crate::signing::{HELD_KEYS_MAX, Purpose};
use crate::stored::{self, KeyTurn};
use crate::{App, Fault, Member, Register};

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
                KeyTurn::Revoked { .. } | KeyTurn::Following { .. } => {}
            }
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

    /// Signs that a key ended with the record that names it no more, and puts it into the
    /// outbox.
    async fn try_revoke_key(
        &self,
        id: KeyId,
        version: Position,
        at: RecordReference,
    ) -> Result<(), Attempt<Fault>> {
        let now = self.signing_time().await?;
        let identity = self.identity();
        let hash = self.record_hash(&identity.entity, at).await?;
        let hash = hash.ok_or(Fault::NoKey)?;
        let revocation = KeyRevocation {
            iss: identity.entity.clone(),
            sub: identity.entity.clone(),
            iat: now,
            kid: id.to_string(),
            last: LastGood {
                epoch: at.epoch,
                seq: at.seq,
                hash,
            },
            reason: RevocationReason::Compromised,
        };
        let fed = self.fed().await?;
        let revocation = seal::sign(revocation, &fed).map_err(Fault::from)?;
        let revocation = revocation.as_str().to_owned();
        let mut batch = Batch::new();
        let key = crate::keys::key_turn(&id);
        batch.expect(key.clone(), Expected::At(version));
        let turn = KeyTurn::Revoked { revocation };
        batch.put(key.clone(), stored::encode(&key, &turn)?);
        let about = About::KeyRevocation(id);
        self.put_outgoing(&mut batch, &identity.coordinator, about, &[])?;
        self.commit_at("revoke_key", batch).await?;
        Ok(())
    }

    /// Has a `fed` key that is held follow the one that signs. A space asks its
    /// coordinator; of a coordinator, the root key names it in an anchor.
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
        let register = match self.register().await {
            Ok(register) => register,
            Err(Fault::NothingHeard) => return Err(Attempt::Failed(KeyError::NotAdmitted)),
            Err(fault) => return Err(fault.into()),
        };
        let member = register.member(&identity.entity);
        let Some(named) = member.and_then(Member::fed_keys) else {
            return Err(Attempt::Failed(KeyError::NotAdmitted));
        };
        if named.find(next.public().thumbprint()).is_some() {
            return Ok(());
        }
        let update = KeyUpdate {
            iss: identity.entity.clone(),
            aud: identity.coordinator.clone(),
            iat: now,
            jwks: Jwks::of(next.public()),
        };
        let fed = self.fed().await?;
        let update = seal::sign(update, &fed).map_err(Fault::from)?;
        let (known, _) = self.feed_state(&identity.entity).await?;
        let ops = known.tip()?.ops.ok_or(Fault::NoKey)?;
        let configuration = self.make_configuration_of(now, &next, &ops).await?;
        let turn = KeyTurn::Following {
            update: update.as_str().to_owned(),
            entity_configuration: configuration.as_str().to_owned(),
        };
        let key = crate::keys::key_turn(&id);
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &turn)?);
        let about = About::KeyUpdate(id);
        self.put_outgoing(&mut batch, &identity.coordinator, about, &[])?;
        self.commit_at("ask_for_key", batch).await?;
        Ok(())
    }

    /// The body of a request about a key.
    pub(crate) async fn key_body(&self, id: KeyId) -> Result<Option<(&'static str, Value)>, Fault> {
        let key = crate::keys::key_turn(&id);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        match stored::decode(&key, &found)? {
            KeyTurn::Revoked { revocation } => {
                crate::outbox::body(KEY_REVOCATION_KIND, &KeyRevocationBody { revocation })
            }
            KeyTurn::Following {
                update,
                entity_configuration,
            } => crate::outbox::body(
                KEY_UPDATE_KIND,
                &KeyUpdateBody {
                    update,
                    entity_configuration,
                },
            ),
            KeyTurn::Ending { .. } | KeyTurn::Stolen { .. } => Ok(None),
        }
    }

    /// What was asked about a key is answered. What was refused stays to be asked again.
    pub(crate) async fn settle_key(
        &self,
        batch: &mut Batch,
        id: KeyId,
        settled: &Settled,
    ) -> Result<(), Fault> {
        if !matches!(settled.answer, Some((Outcome::Accepted, _))) {
            return Ok(());
        }
        let key = crate::keys::key_turn(&id);
        if let Some(found) = self.store().get(&key).await? {
            batch.expect(key.clone(), Expected::At(found.version));
            batch.remove(key);
        }
        Ok(())
    }

    /// Decides about another `fed` key of a space, and puts the statement that names it into
    /// the feed. The keys before it stay named: the feed opens by them.
    pub(crate) async fn decide_key_update(
        &self,
        batch: &mut Batch,
        request: &Verified<Request>,
        now: Timestamp,
    ) -> Result<Decision, Fault> {
        let refused = |code: &str| Ok(Decision::Answer(Outcome::refused(code)));
        let Ok(body) = KeyUpdateBody::of(request) else {
            return refused("malformed");
        };
        let register = self.register().await?;
        let Some(named) = self.named_by_coordinator(&register, &request.iss) else {
            return refused("not_here");
        };
        let revoked = register.revoked(&request.iss);
        let good = named.filtered(|key| !revoked.names(key.thumbprint()));
        let update = Sealed::<KeyUpdate>::parse(&body.update).ok();
        let update = update.and_then(|update| update.open(good.as_ref()?).ok());
        let is_for_us = |update: &Verified<KeyUpdate>| {
            update.iss == request.iss && update.aud == self.identity().entity
        };
        let Some(update) = update.filter(is_for_us) else {
            return refused("not_by_the_key");
        };
        let next = update.jwks.keys.first().map(PublicKey::try_from);
        let Some(Ok(next)) = next else {
            return refused("malformed");
        };
        let first = named.iter().next().map(PublicKey::thumbprint);
        if first == Some(next.thumbprint()) {
            return Ok(Decision::Answer(Outcome::Accepted));
        }
        let is_taken = register.is_fed_key_of_another(next.thumbprint(), &request.iss);
        let was_named = named.find(next.thumbprint()).is_some();
        if first != Some(update.key()) || was_named || is_taken {
            return refused("key_used");
        }
        let own = KeySet::only(next.clone());
        let configuration = open_configuration(&body.entity_configuration, &own, &request.iss);
        let role = configuration
            .ok()
            .and_then(|it| it.node().map(|it| it.role));
        if role != Some(NodeRole::Space) {
            return refused("configuration_refused");
        }
        let keys: Vec<_> = std::iter::once(&next)
            .chain(named.iter())
            .map(Jwk::from)
            .collect();
        if keys.len() > HELD_KEYS_MAX {
            return refused("too_many_keys");
        }
        let epoch = register
            .member(&request.iss)
            .and_then(|member| member.statement.as_ref()?.escale_epoch);
        let of = (Jwks { keys }, epoch);
        let statement = self.make_statement(&request.iss, of, now).await?;
        let entries = vec![crate::label::statement_entry(&statement)];
        self.decided(batch, &register, entries).await
    }

    /// Decides about the end of a key of a space, and says the same in the feed.
    pub(crate) async fn decide_key_revocation(
        &self,
        batch: &mut Batch,
        request: &Verified<Request>,
    ) -> Result<Decision, Fault> {
        let refused = |code: &str| Ok(Decision::Answer(Outcome::refused(code)));
        let Ok(body) = KeyRevocationBody::of(request) else {
            return refused("malformed");
        };
        let register = self.register().await?;
        let Some(fed) = self.named_by_coordinator(&register, &request.iss) else {
            return refused("not_here");
        };
        let revoked = register.revoked(&request.iss);
        let by = (&self.identity().entity, &self.own_fed()?);
        let of = (&request.iss, &fed);
        let Ok(revocation) = open_revocation(&body.revocation, by, of, &revoked) else {
            return refused("not_by_the_key");
        };
        let Some(ended) = revocation.ended() else {
            return refused("malformed");
        };
        if revoked.names(&ended) {
            return Ok(Decision::Answer(Outcome::Accepted));
        }
        if revoked.iter().count() >= REVOCATIONS_MAX {
            return refused("too_many_keys");
        }
        // In its own words: a space's word ends with the key that said it.
        let said = KeyRevocation {
            iss: self.identity().entity.clone(),
            ..revocation
        };
        let fed = self.fed().await?;
        let said = seal::sign(said, &fed)?;
        let entries = vec![revocation_entry(&request.iss, &ended, said.as_str())];
        self.decided(batch, &register, entries).await
    }

    /// The `fed` keys of a space, where this node coordinates it.
    fn named_by_coordinator(&self, register: &Register, space: &EntityId) -> Option<KeySet> {
        let keys = register.member(space)?.fed_keys()?;
        self.is_coordinator().then_some(keys)
    }

    /// Accepted, by what goes into the feed; asked again where the feed has moved since it
    /// was decided.
    async fn decided(
        &self,
        batch: &mut Batch,
        register: &Register,
        entries: Vec<Entry>,
    ) -> Result<Decision, Fault> {
        let after = self.append(batch, entries).await?;
        if after == register.position() {
            return Ok(Decision::Answer(Outcome::Accepted));
        }
        let of = self.identity().entity.clone();
        Ok(Decision::NotYet { of })
    }

    /// What a coordinator says of `fed` keys that spaces have replaced: they name nothing
    /// after the record with which the next one began.
    pub(crate) async fn due_revocations(
        &self,
        register: &Register,
        now: Timestamp,
    ) -> Result<Vec<Entry>, Fault> {
        let mut entries = Vec::new();
        for (space, member) in register.members() {
            let Some(named) = member.fed_keys() else {
                continue;
            };
            let revoked = register.revoked(space);
            let old = named.iter().skip(1).map(PublicKey::thumbprint);
            let due: Vec<_> = old.filter(|key| !revoked.names(key)).collect();
            if due.is_empty() {
                continue;
            }
            let Some(last) = self.first_by_newest(space, &named).await? else {
                continue;
            };
            for key in due {
                let text = self.make_revocation(space, key, last, now).await?;
                entries.push(revocation_entry(space, key, &text));
            }
        }
        Ok(entries)
    }

    /// The record of a space's last Entity Configuration, if the newest key has signed it.
    async fn first_by_newest(
        &self,
        space: &EntityId,
        named: &KeySet,
    ) -> Result<Option<LastGood>, Fault> {
        let found = self
            .latest_record(space, CONFIGURATION_KIND, THE_ONE)
            .await?;
        let Some((at, text)) = found else {
            return Ok(None);
        };
        let newest = named.iter().next().cloned().map(KeySet::only);
        let is_by_newest =
            newest.is_some_and(|newest| open_configuration(&text, &newest, space).is_ok());
        if !is_by_newest {
            return Ok(None);
        }
        let hash = self.record_hash(space, at).await?;
        Ok(hash.map(|hash| LastGood {
            epoch: at.epoch,
            seq: at.seq,
            hash,
        }))
    }

    async fn make_revocation(
        &self,
        space: &EntityId,
        key: &Thumbprint,
        last: LastGood,
        now: Timestamp,
    ) -> Result<String, Fault> {
        let revocation = KeyRevocation {
            iss: self.identity().entity.clone(),
            sub: space.clone(),
            iat: now,
            kid: key.to_string(),
            last,
            reason: RevocationReason::Superseded,
        };
        let fed = self.fed().await?;
        Ok(seal::sign(revocation, &fed)?.as_str().to_owned())
    }

    /// Signs again the revocations that a key has signed of which this is true.
    pub(crate) async fn revocations_again(
        &self,
        fed: &SecretKey,
        is_due: &(dyn Fn(&Thumbprint) -> bool + Sync),
    ) -> Result<Vec<Entry>, Fault> {
        let (entity, own) = (&self.identity().entity, self.own_fed()?);
        let mut entries = Vec::new();
        for (_, text) in self.latest_texts(entity, KEY_REVOCATION_KIND).await? {
            let sealed = Sealed::<KeyRevocation>::parse(&text).ok();
            let Some(Ok(held)) = sealed.map(|sealed| sealed.open(&own)) else {
                continue;
            };
            if is_due(held.key())
                && let Some(ended) = held.ended()
            {
                let space = held.sub.clone();
                let again = seal::sign(held.into_inner(), fed)?;
                entries.push(revocation_entry(&space, &ended, again.as_str()));
            }
        }
        Ok(entries)
    }

    /// Drops what is void of each feed of which a key was revoked.
    pub(crate) async fn drop_all_void(&self) -> Result<(), Fault> {
        let register = match self.register().await {
            Ok(register) => register,
            Err(Fault::NothingHeard) => return Ok(()),
            Err(fault) => return Err(fault),
        };
        let anew = register.members().filter_map(|(space, member)| {
            let statement = member.statement.as_ref()?;
            (statement.feed_epoch() > 1).then_some(space)
        });
        for space in register.with_revoked_keys().chain(anew) {
            if *space == self.identity().entity {
                continue;
            }
            if let Ok(authority) = self.authority_of(space).await {
                until_settled!(self.drop_void::<Fault>(space, &authority).await)?;
            }
        }
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

fn revocation_entry(space: &EntityId, key: &Thumbprint, text: &str) -> Entry {
    Entry {
        kind: KEY_REVOCATION_KIND,
        id: wire::revocation::id_of(space, key),
        text: Some(text.to_owned()),
    }
}
