//! Which keys speak for a coordinator: the anchor that its root key signed, and what is
//! signed again with it.
//!
//! Specified in `specs/keys.md`, section 7.

use rules::feed::{ANCHOR_KIND, MARK_KIND, STATEMENT_KIND};
use rules::trust::{TrustRefusal, open_anchor};
use seal::{Jwk, KeySet, PublicKey, SealRefusal, SecretKey, Thumbprint, Verified};
use wire::federation::{HistoricalKey, RevocationReason, Revoked};
use wire::space::THE_ONE;
use wire::trust::Anchor;
use wire::{BodyKind, Timestamp};

use crate::append::Entry;
use crate::fault::{Attempt, until_settled};
use crate::label::{LabelError, mark_entry, statement_entry};
use crate::turning::configuration_entry;
use crate::{App, Fault, Register};

impl App {
    /// Publishes a new anchor statement, which the root key signed elsewhere. Gives
    /// until when it holds. A key that it does not list any more is kept as one of former
    /// times.
    pub async fn publish_anchor(&self, anchor: &str) -> Result<Timestamp, LabelError> {
        self.publish_anchor_revoking(anchor, None).await
    }

    /// The same, and says why nobody shall believe the keys that it does not list any more.
    pub async fn publish_anchor_revoking(
        &self,
        anchor: &str,
        revoked: Option<RevocationReason>,
    ) -> Result<Timestamp, LabelError> {
        self.coordinates()?;
        let identity = self.identity();
        let anchor = open_anchor(anchor, &identity.root, &identity.entity)?;
        let named = anchor.jwks.key_set().map_err(TrustRefusal::from)?;
        let first = named.iter().next().map(PublicKey::thumbprint);
        let speaks_for_us = first.is_some_and(|name| self.holds_fed(name));
        if !speaks_for_us {
            return Err(LabelError::OtherKeys);
        }
        let former = self.former_keys().await?;
        let is_revoked = |key: &PublicKey| {
            let is_it = |it: &&HistoricalKey| it.kid == key.thumbprint().as_str();
            let found = former.iter().find(is_it);
            found.is_some_and(|it| it.revoked.is_some())
        };
        if named.iter().any(is_revoked) {
            return Err(LabelError::RevokedKey);
        }
        until_settled!(self.try_publish_anchor(&anchor, &named, revoked).await)?;
        Ok(anchor.exp)
    }

    /// The anchor, the coordinator's own papers by its first key, and what was signed by a
    /// key that it does not name any more, are one commit: no reader sees a label without
    /// spaces.
    async fn try_publish_anchor(
        &self,
        anchor: &Verified<Anchor>,
        next: &KeySet,
        revoked: Option<RevocationReason>,
    ) -> Result<(), Attempt<LabelError>> {
        let register = self.register().await?;
        let now = self.signing_time().await?;
        let fed = self.fed_among(next)?;
        let mut entries = vec![Entry {
            kind: ANCHOR_KIND,
            id: THE_ONE.to_owned(),
            text: Some(anchor.as_str().to_owned()),
        }];
        if self.fed_of_configuration().await?.as_ref() != Some(fed.public().thumbprint()) {
            let ops = self.due_ops(now).await?.ok_or(Fault::NoKey)?;
            let configuration = self.make_configuration_of(now, &fed, &ops).await?;
            entries.push(configuration_entry(configuration.as_str()));
        }
        for key in register.coordinator_keys().iter() {
            if next.find(key.thumbprint()).is_none() {
                let exp = now.min(register.anchor_until());
                entries.push(former_key_entry(key, exp, revoked.map(|why| (now, why)))?);
            }
        }
        for former in self.former_keys().await? {
            let is_listed = next
                .iter()
                .any(|key| key.thumbprint().as_str() == former.kid);
            if is_listed {
                entries.push(Entry {
                    kind: HistoricalKey::KIND,
                    id: former.kid,
                    text: None,
                });
            }
        }
        let is_dropped = |key: &Thumbprint| next.find(key).is_none();
        entries.extend(self.signed_again(&register, (&fed, now), &|_, _, key| is_dropped(key))?);
        entries.extend(self.revocations_again(&fed, &is_dropped).await?);
        self.commit_entries(&register, entries).await
    }

    /// Signs again the papers of those that belong for which `is_due` says so: by their
    /// kind, when they were signed, and by which key. A suspended or withdrawn space goes on
    /// belonging; its mark is not renewed.
    pub(crate) fn signed_again(
        &self,
        register: &Register,
        (fed, now): (&SecretKey, Timestamp),
        is_due: &(dyn Fn(&'static str, Timestamp, &Thumbprint) -> bool + Sync),
    ) -> Result<Vec<Entry>, Fault> {
        let mut entries = Vec::new();
        for (space, member) in register.members() {
            let statement = member.statement.as_ref();
            let due = statement.filter(|it| is_due(STATEMENT_KIND, it.iat, it.key()));
            if let Some(held) = due {
                let statement = self.make_statement_by(
                    fed,
                    space,
                    (held.jwks.clone(), held.escale_epoch),
                    now,
                )?;
                entries.push(statement_entry(&statement));
            }
            let mark = member.mark.as_ref();
            let due = mark.filter(|it| is_due(MARK_KIND, it.iat, it.key()));
            // What another key has signed is signed again also while it is suspended: it is
            // what there was when that is lifted.
            let turns = due.is_some_and(|it| it.key() != fed.public().thumbprint());
            if let Some(held) = due.filter(|_| turns || member.withdrawal.is_none()) {
                let mark = self.make_mark_by(fed, space, &held.trust_mark_type, now)?;
                entries.push(mark_entry(&mark));
            }
        }
        Ok(entries)
    }
}

/// That a key signs no more since `exp`.
fn former_key_entry(
    key: &PublicKey,
    exp: Timestamp,
    revoked: Option<(Timestamp, RevocationReason)>,
) -> Result<Entry, Fault> {
    let jwk = Jwk::from(key);
    let former = HistoricalKey {
        kty: jwk.kty,
        crv: jwk.crv.unwrap_or_default(),
        x: jwk.x.unwrap_or_default(),
        kid: key.thumbprint().to_string(),
        exp,
        revoked: revoked.map(|(revoked_at, reason)| Revoked { revoked_at, reason }),
    };
    let text = former
        .write()
        .map_err(|why| Fault::Seal(SealRefusal::Malformed(why)))?;
    Ok(Entry {
        kind: HistoricalKey::KIND,
        id: former.kid,
        text: Some(text),
    })
}
