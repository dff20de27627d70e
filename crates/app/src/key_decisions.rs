//! What a coordinator decides about the keys of its spaces, and says of them in its feed.
//!
//! Specified in `specs/keys.md`, sections 5 and 6.

use rules::feed::CONFIGURATION_KIND;
use rules::revocation::{REVOCATIONS_MAX, open_revocation};
use rules::trust::open_configuration;
use seal::{Jwk, KeySet, PublicKey, Sealed, SecretKey, Thumbprint, Verified};
use store::Batch;
use wire::request::Request;
use wire::revocation::{
    KEY_REVOCATION_KIND, KeyRevocation, KeyRevocationBody, KeyUpdate, KeyUpdateBody, LastGood,
    RevocationReason,
};
use wire::space::THE_ONE;
use wire::trust::NodeRole;
use wire::{EntityId, Jwks, Timestamp};

use crate::append::Entry;
use crate::inbox::{Decision, Outcome};
use crate::signing::HELD_KEYS_MAX;
use crate::{App, Fault, Register};

impl App {
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
        let keys = register.fed_keys_of(space)?;
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
                let kid = key.to_string();
                let reason = RevocationReason::Superseded;
                let text = self
                    .sign_revocation(space, kid, (last, reason), now)
                    .await?;
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
}

fn revocation_entry(space: &EntityId, key: &Thumbprint, text: &str) -> Entry {
    Entry {
        kind: KEY_REVOCATION_KIND,
        id: wire::revocation::id_of(space, key),
        text: Some(text.to_owned()),
    }
}
