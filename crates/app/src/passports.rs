//! Issuing passports at the home, and saying to all which of them hold.

use std::collections::BTreeSet;

use rules::passport::{PASSPORT_SECONDS, STATUS_LIST_SECONDS, STATUS_LIST_TTL_SECONDS, status};
use seal::holder::HolderKey;
use seal::{KeySet, Sealed, Verified};
use serde_json::Value;
use store::{Batch, Expected};
use wire::Timestamp;
use wire::passport::{
    Confirmation, PASSPORT_VCT, Passport, RoamingClaim, StatusClaim, StatusReference,
};
use wire::space::THE_ONE;
use wire::status_list::{STATUS_LIST_KIND, StatusListToken, Statuses};

use crate::append::Entry;
use crate::fault::{Attempt, until_settled};
use crate::members::MemberError;
use crate::people::{Enrolment, EnrolmentUse, Issued, Member, MemberState};
use crate::stored;
use crate::{App, Fault};

/// The places of a home's status list: more than a village has passports in years,
/// and a list of 2 KiB.
const STATUS_PLACES: usize = 8_192;

/// How often a free place is looked for. With half of them taken, 64 misses in a row
/// come once in 10^19.
const PLACE_TRIES: usize = 64;

/// A status list is signed again after a day, so that a home that is cut off keeps
/// its members' passports good for thirteen.
const STATUS_LIST_RENEWED_AFTER_SECONDS: i64 = 24 * 60 * 60;

/// Why no passport is issued.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The code is not one that was given, or it has run out.
    #[error("the code is not good, or not any more")]
    Code,
    /// The code was used by another phone.
    #[error("the code was used already")]
    Used,
    /// The key cannot be a holder's.
    #[error("the key cannot be used for a passport")]
    Key,
    /// The membership is paused or has ended.
    #[error("the membership is not active")]
    NotActive,
    /// All places of the status list were given.
    #[error("this home has no place left in its status list")]
    NoPlace,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<MemberError> for EnrolError {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::Fault(fault) => Self::Fault(fault),
            MemberError::NotASpace
            | MemberError::Unknown(_)
            | MemberError::Name
            | MemberError::Formula(_)
            | MemberError::HalfDays
            | MemberError::Ended(_) => Self::NotActive,
        }
    }
}

impl App {
    /// Gives the passport of an enrolment code to a holder's key, and keeps the code
    /// as used. The same key asking again, after a lost answer, gets the same.
    pub async fn enrol(&self, code: &str, jwk: &Value) -> Result<String, EnrolError> {
        let key = HolderKey::from_jwk(jwk).map_err(|_| EnrolError::Key)?;
        until_settled!(self.try_enrol(code, &key.to_jwk()).await)
    }

    async fn try_enrol(&self, code: &str, jwk: &Value) -> Result<String, Attempt<EnrolError>> {
        let refuse = |error| Err(Attempt::Failed(error));
        let key = crate::keys::enrolment(&crate::codes::normal(code));
        let found = self.store().get(&key).await.map_err(Fault::from)?;
        let Some(found) = found else {
            return refuse(EnrolError::Code);
        };
        let mut enrolment: Enrolment = stored::decode(&key, &found)?;
        if let Some(used) = enrolment.used {
            let is_same = used.jwk == *jwk;
            return if is_same {
                Ok(used.passport)
            } else {
                refuse(EnrolError::Used)
            };
        }
        let now = self.signing_time().await?;
        if enrolment.expires_at <= now {
            return refuse(EnrolError::Code);
        }
        let (member, version) = self
            .member(&enrolment.member)
            .await
            .map_err(|e| Attempt::Failed(e.into()))?;
        if member.state != MemberState::Active {
            return refuse(EnrolError::NotActive);
        }
        let idx = self.free_place().await.map_err(Attempt::Failed)?;
        let passport = self.make_passport(&member, jwk, idx, now)?;
        let mut batch = Batch::new();
        // The member is written as they are: whoever pauses or ends the membership
        // meanwhile reads again, and finds this passport too.
        let theirs = crate::keys::member(&enrolment.member);
        batch.expect(theirs.clone(), Expected::At(version));
        batch.put(theirs.clone(), stored::encode(&theirs, &member)?);
        batch.expect(key.clone(), Expected::At(found.version));
        let place = crate::keys::passport(idx);
        let issued = Issued {
            member: enrolment.member.clone(),
            exp: passport.exp,
            is_revoked: false,
            status: status::VALID,
        };
        batch.expect(place.clone(), Expected::Absent);
        batch.put(place.clone(), stored::encode(&place, &issued)?);
        let text = passport.as_str().to_owned();
        enrolment.used = Some(EnrolmentUse {
            jwk: jwk.clone(),
            passport: text.clone(),
        });
        batch.put(key.clone(), stored::encode(&key, &enrolment)?);
        let entity = &self.identity().entity;
        if self
            .latest_text(entity, STATUS_LIST_KIND, THE_ONE)
            .await?
            .is_none()
        {
            self.change_passports(&mut batch, &|_| {}).await?;
        }
        self.store().commit(batch).await?;
        Ok(text)
    }

    fn make_passport(
        &self,
        member: &Member,
        jwk: &Value,
        idx: u64,
        now: Timestamp,
    ) -> Result<Verified<Passport>, Fault> {
        let identity = self.identity();
        let passport = Passport {
            iss: identity.entity.clone(),
            vct: PASSPORT_VCT.to_owned(),
            iat: now,
            exp: now.plus_seconds(PASSPORT_SECONDS),
            cnf: Confirmation { jwk: jwk.clone() },
            status: StatusClaim {
                status_list: StatusReference {
                    idx,
                    uri: self.status_list_uri(),
                },
            },
            name: member.name.clone(),
            formula: member.formula.clone(),
            roaming: RoamingClaim {
                period: rules::opening::month("Europe/Paris", now).unwrap_or_default(),
                granted: member.half_days,
                left: member.half_days,
            },
        };
        Ok(seal::sign(passport, &identity.ops)?)
    }

    fn status_list_uri(&self) -> String {
        self.identity().entity.url_of("/status/1")
    }

    /// A place that was never given, drawn at random so that it says nothing.
    async fn free_place(&self) -> Result<u64, EnrolError> {
        for _ in 0..PLACE_TRIES {
            let drawn = u64::from_be_bytes(self.random()?) % STATUS_PLACES as u64;
            let found = self.store().get(&crate::keys::passport(drawn)).await;
            if found.map_err(Fault::from)?.is_none() {
                return Ok(drawn);
            }
        }
        Err(EnrolError::NoPlace)
    }

    /// All passports that were ever issued, with their places.
    pub(crate) async fn all_passports(&self) -> Result<Vec<(u64, Issued)>, Fault> {
        let mut passports = Vec::new();
        let mut after = None;
        loop {
            let prefix = crate::keys::PASSPORTS;
            let page = self
                .store()
                .scan(prefix, &[], after.as_ref(), store::SCAN_LIMIT_MAX)
                .await?;
            for (key, found) in &page.entries {
                let idx = <[u8; 8]>::try_from(key.rest());
                let idx = idx.map_err(|_| Fault::Form {
                    key: key.to_string(),
                })?;
                passports.push((u64::from_be_bytes(idx), stored::decode(key, found)?));
            }
            after = page.entries.last().map(|(key, _)| key.clone());
            if !page.is_cut {
                return Ok(passports);
            }
        }
    }

    /// Changes issued passports and adds the status list that says so, in `batch`.
    pub(crate) async fn change_passports<E: From<Fault>>(
        &self,
        batch: &mut Batch,
        change: &(dyn Fn(&mut Issued) + Sync),
    ) -> Result<(), Attempt<E>> {
        let now = self.signing_time().await?;
        let entity = &self.identity().entity;
        let (before, _) = self.feed_state(entity).await?;
        let mut statuses = Statuses::new(STATUS_PLACES);
        for (idx, held) in self.all_passports().await? {
            let mut issued = held.clone();
            change(&mut issued);
            statuses.set(idx, issued.status);
            if issued != held {
                let key = crate::keys::passport(idx);
                batch.put(key.clone(), stored::encode(&key, &issued)?);
            }
        }
        let list = statuses
            .pack()
            .map_err(seal::SealRefusal::Malformed)
            .map_err(Fault::from)?;
        let token = StatusListToken {
            iss: entity.clone(),
            sub: self.status_list_uri(),
            iat: now,
            exp: now.plus_seconds(STATUS_LIST_SECONDS),
            ttl: STATUS_LIST_TTL_SECONDS,
            status_list: list,
        };
        let token = seal::sign(token, &self.identity().ops).map_err(Fault::from)?;
        let text = Some(token.as_str().to_owned());
        let id = THE_ONE.to_owned();
        let after = self
            .append(
                batch,
                vec![Entry {
                    kind: STATUS_LIST_KIND,
                    id,
                    text,
                }],
            )
            .await?;
        // The list was made of what stood before; if the feed moved, it is made anew.
        if after == (before.epoch, before.seq) {
            Ok(())
        } else {
            Err(Attempt::Again)
        }
    }

    /// Signs the status list again when it is a day old. Gives the number of records.
    pub(crate) async fn renew_status_list(&self) -> Result<usize, Fault> {
        let entity = &self.identity().entity;
        let Some(text) = self.latest_text(entity, STATUS_LIST_KIND, THE_ONE).await? else {
            return Ok(0);
        };
        let own = KeySet::only(self.identity().ops.public().clone());
        let held = Sealed::<StatusListToken>::parse(&text).and_then(|list| list.open(&own));
        let after = STATUS_LIST_RENEWED_AFTER_SECONDS;
        let is_due = |iat| rules::trust::is_renewal_due(iat, after, self.now());
        if held.is_ok_and(|held| !is_due(held.iat)) {
            return Ok(0);
        }
        until_settled!(self.try_renew_status_list().await)?;
        Ok(1)
    }

    async fn try_renew_status_list(&self) -> Result<(), Attempt<Fault>> {
        let mut batch = Batch::new();
        self.change_passports(&mut batch, &|_| {}).await?;
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Takes back every passport of a member: a phone was lost. A new code gives a
    /// new one. Gives how many there were.
    pub async fn revoke_passports(&self, member: &str) -> Result<usize, MemberError> {
        self.member(member).await?;
        until_settled!(self.try_revoke(member).await)
    }

    async fn try_revoke(&self, member: &str) -> Result<usize, Attempt<MemberError>> {
        let is_theirs = |issued: &Issued| issued.member == member && !issued.is_revoked;
        let passports = self.all_passports().await?;
        let theirs: BTreeSet<_> = passports
            .iter()
            .filter(|(_, it)| is_theirs(it))
            .map(|(idx, _)| *idx)
            .collect();
        if theirs.is_empty() {
            return Ok(0);
        }
        let mut batch = Batch::new();
        self.change_passports(&mut batch, &|issued| {
            if is_theirs(issued) {
                issued.is_revoked = true;
                issued.status = status::INVALID;
            }
        })
        .await?;
        self.store().commit(batch).await?;
        Ok(theirs.len())
    }
}
