//! Passports at their home: given for a code, renewed by their holder, printed.

use std::collections::BTreeSet;

use rules::passport::{PASSPORT_SECONDS, status};
use rules::trust::CLOCK_LEEWAY_SECONDS;
use seal::holder::HolderKey;
use seal::{Malformed, SealRefusal, Verified};
use serde_json::Value;
use store::{Batch, Expected, Position};
use wire::passport::{
    Audience, Confirmation, PAPER_VCT, PASSPORT_VCT, Passport, Presentation, RoamingClaim,
    SHOWN_NAME_CHARS_MAX, ShownBy, StatusClaim, StatusReference,
};
use wire::{Timestamp, qr};

use crate::access::Steward;
use crate::allowance::Roamed;
use crate::fault::{Attempt, until_settled};
use crate::members::{MemberError, touch_member};
use crate::people::{Enrolment, EnrolmentUse, Issued, Member, MemberState, Place};
use crate::stored;
use crate::{App, Fault};

/// The most passports that a member holds at once: two phones, each renewed every ten
/// days and so with three that hold, a card a week, and as many again. Without it a phone
/// could renew for ever, faster than anybody takes its passports back.
const PASSPORTS_HELD_MAX: usize = 16;

/// Why no passport is issued.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The code is not one that was given, or it has run out.
    #[error("the code is not good, or not any more")]
    Code,
    /// The code, or the passport that shall be renewed, was used for another key.
    #[error("it was used already, for another key")]
    Used,
    /// The key cannot be a holder's.
    #[error("the key cannot be used for a passport")]
    Key,
    /// The membership is paused or has ended.
    #[error("the membership is not active")]
    NotActive,
    /// The member holds as many passports as they may.
    #[error("{PASSPORTS_HELD_MAX} passports of this member hold already")]
    TooMany,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<MemberError> for EnrolError {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::Fault(fault) => Self::Fault(fault),
            MemberError::TooMany => Self::TooMany,
            MemberError::NotASpace
            | MemberError::Unknown(_)
            | MemberError::Name
            | MemberError::Formula(_)
            | MemberError::HalfDays
            | MemberError::NotActive(_)
            | MemberError::Ended(_) => Self::NotActive,
        }
    }
}

/// A member of this home, who showed a passport that holds to this home itself.
/// Only [`App::holder`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    member: String,
    place: Place,
    until: Timestamp,
}

impl Holder {
    /// The member's number.
    pub(crate) fn member(&self) -> &str {
        &self.member
    }
}

/// What a home tells its member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The short name that hosts read.
    pub name: String,
    /// The formula.
    pub formula: String,
    /// Where the membership stands.
    pub state: MemberState,
    /// What may be used elsewhere this month.
    pub roaming: RoamingClaim,
    /// Until when the passport that was shown holds.
    pub passport_until: Timestamp,
    /// Where they were, the newest first, as the hosts' receipts have it.
    pub roamed: Vec<Roamed>,
}

/// A passport for a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperPassport {
    /// The name on it.
    pub name: String,
    /// The formula.
    pub formula: String,
    /// When it was signed.
    pub since: Timestamp,
    /// Until when it holds.
    pub until: Timestamp,
    /// What a desk scans.
    pub code: String,
}

/// What a passport is issued to.
#[derive(Clone, Copy)]
enum Kind<'a> {
    /// A key.
    Key(&'a Value),
    /// Whoever holds the paper with this name.
    Paper(&'a str),
}

impl App {
    /// Gives the passport of an enrolment code to a holder's key, and keeps the code
    /// as used. The same key asking again, after a lost answer, gets the same.
    pub async fn enrol(&self, code: &str, jwk: &Value) -> Result<String, EnrolError> {
        let key = HolderKey::from_jwk(jwk).map_err(|_| EnrolError::Key)?;
        until_settled!(self.try_enrol(code, &key.to_jwk()).await)
    }

    async fn try_enrol(&self, code: &str, jwk: &Value) -> Result<String, Attempt<EnrolError>> {
        let key = crate::keys::enrolment(&crate::codes::normal(code));
        let found = self.store().get(&key).await.map_err(Fault::from)?;
        let Some(found) = found else {
            return Err(Attempt::Failed(EnrolError::Code));
        };
        let mut enrolment: Enrolment = stored::decode(&key, &found)?;
        if let Some(used) = enrolment.used {
            return used.again(jwk);
        }
        if enrolment.expires_at <= self.signing_time().await? {
            return Err(Attempt::Failed(EnrolError::Code));
        }
        let mut batch = Batch::new();
        let passport = self
            .issue(&mut batch, &enrolment.member, Kind::Key(jwk))
            .await?;
        let text = passport.as_str().to_owned();
        enrolment.used = Some(EnrolmentUse::new(jwk, &text));
        batch.expect(key.clone(), Expected::At(found.version));
        batch.put(key.clone(), stored::encode(&key, &enrolment)?);
        self.store().commit(batch).await?;
        Ok(text)
    }

    /// The member who shows a passport of this home to this home, by a key binding made
    /// for that; `None` where the passport is not good, or not any more.
    pub async fn holder(&self, presentation: &str) -> Result<Option<Holder>, Fault> {
        let identity = self.identity();
        let own = self.ops_of(&identity.entity).await?;
        let shown = Presentation::parse(presentation).ok();
        let shown = shown.and_then(|it| it.open(own.as_ref()?).ok());
        let Some(shown) = shown else { return Ok(None) };
        let ShownBy::Holder(showing) = &shown.by else {
            return Ok(None);
        };
        let (now, passport) = (self.now(), &shown.passport);
        let is_for_us = showing.audience == Audience::Home(identity.entity.clone());
        let is_young = now.seconds_since(showing.shown_at).abs() <= CLOCK_LEEWAY_SECONDS;
        let is_ours = passport.iss == identity.entity && passport.exp > now;
        let place = self.place_named(&passport.status.status_list);
        let Some(place) = place.filter(|_| is_for_us && is_young && is_ours) else {
            return Ok(None);
        };
        let issued = self.issued(place).await?;
        let issued = issued.filter(|(it, _)| !it.is_revoked && !it.member.is_empty());
        Ok(issued.map(|(issued, _)| Holder {
            member: issued.member,
            place,
            until: passport.exp,
        }))
    }

    /// What this home knows of a member who asks for it.
    pub async fn membership(&self, holder: &Holder) -> Result<Membership, EnrolError> {
        let (member, _) = self.member(&holder.member).await?;
        let roaming = self.roaming(&holder.member, &member).await?;
        let roamed = self.roamed(&holder.member).await?;
        Ok(Membership {
            name: member.name,
            formula: member.formula,
            state: member.state,
            roaming,
            passport_until: holder.until,
            roamed,
        })
    }

    /// Gives a new passport, of a new key, in place of the one that was shown, which
    /// goes on until it runs out. The same key asking again gets the same.
    pub async fn renew_passport(&self, holder: &Holder, jwk: &Value) -> Result<String, EnrolError> {
        let key = HolderKey::from_jwk(jwk).map_err(|_| EnrolError::Key)?;
        until_settled!(self.try_renew_passport(holder, &key.to_jwk()).await)
    }

    async fn try_renew_passport(
        &self,
        holder: &Holder,
        jwk: &Value,
    ) -> Result<String, Attempt<EnrolError>> {
        let found = self.issued(holder.place).await?;
        let Some((mut old, version)) = found.filter(|(it, _)| !it.is_revoked) else {
            return Err(Attempt::Failed(EnrolError::NotActive));
        };
        if let Some(used) = old.renewed {
            return used.again(jwk);
        }
        let mut batch = Batch::new();
        let passport = self
            .issue(&mut batch, &holder.member, Kind::Key(jwk))
            .await?;
        let text = passport.as_str().to_owned();
        old.renewed = Some(EnrolmentUse::new(jwk, &text));
        let key = crate::keys::passport(holder.place);
        batch.expect(key.clone(), Expected::At(version));
        batch.put(key.clone(), stored::encode(&key, &old)?);
        self.store().commit(batch).await?;
        Ok(text)
    }

    /// A passport for a member without a phone, to be printed. The name on it is what a
    /// desk compares with a paper that has a picture; it is not kept.
    pub async fn paper_passport(
        &self,
        _: &Steward,
        member: &str,
        name: Option<&str>,
    ) -> Result<PaperPassport, MemberError> {
        let (held, _) = self.member(member).await?;
        let name = wire::printable(name.unwrap_or(&held.name), SHOWN_NAME_CHARS_MAX + 1);
        if name.is_empty() || name.chars().count() > SHOWN_NAME_CHARS_MAX {
            return Err(MemberError::Name);
        }
        let made = until_settled!(self.try_paper_passport(member, &name).await);
        made.map_err(|error| match error {
            EnrolError::Fault(fault) => MemberError::Fault(fault),
            EnrolError::TooMany => MemberError::TooMany,
            EnrolError::Code | EnrolError::Used | EnrolError::Key | EnrolError::NotActive => {
                MemberError::NotActive(member.to_owned())
            }
        })
    }

    async fn try_paper_passport(
        &self,
        member: &str,
        name: &str,
    ) -> Result<PaperPassport, Attempt<EnrolError>> {
        let mut batch = Batch::new();
        let passport = self.issue(&mut batch, member, Kind::Paper(name)).await?;
        let code = qr::encode(&format!("{}~", passport.as_str()));
        let does_not_fit = |_| SealRefusal::Malformed(Malformed("no code holds it".to_owned()));
        let code = code.map_err(does_not_fit).map_err(Fault::from)?;
        self.store().commit(batch).await?;
        Ok(PaperPassport {
            name: passport.name.clone(),
            formula: passport.formula.clone(),
            since: passport.iat,
            until: passport.exp,
            code,
        })
    }

    /// Signs a passport for an active member, and puts its place into `batch`.
    async fn issue(
        &self,
        batch: &mut Batch,
        id: &str,
        kind: Kind<'_>,
    ) -> Result<Verified<Passport>, Attempt<EnrolError>> {
        let now = self.signing_time().await?;
        let member = self.member(id).await;
        let (member, version) = member.map_err(|error| Attempt::Failed(error.into()))?;
        if member.state != MemberState::Active {
            return Err(Attempt::Failed(EnrolError::NotActive));
        }
        let holds =
            |issued: &&Issued| issued.member == id && !issued.is_revoked && issued.exp > now;
        if self.all_passports().await?.values().filter(holds).count() >= PASSPORTS_HELD_MAX {
            return Err(Attempt::Failed(EnrolError::TooMany));
        }
        let place = self.free_place(batch).await?;
        let roaming = self.roaming(id, &member).await?;
        let passport = self
            .make_passport(&member, roaming, kind, place, now)
            .await?;
        touch_member(batch, id, &member, version)?;
        let issued = Issued {
            member: id.to_owned(),
            exp: passport.exp,
            is_revoked: false,
            status: status::VALID,
            renewed: None,
        };
        let key = crate::keys::passport(place);
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &issued)?);
        Ok(passport)
    }

    async fn make_passport(
        &self,
        member: &Member,
        roaming: RoamingClaim,
        kind: Kind<'_>,
        place: Place,
        now: Timestamp,
    ) -> Result<Verified<Passport>, Fault> {
        let (vct, cnf, name) = match kind {
            Kind::Key(jwk) => {
                let jwk = jwk.clone();
                (PASSPORT_VCT, Some(Confirmation { jwk }), &*member.name)
            }
            Kind::Paper(name) => (PAPER_VCT, None, name),
        };
        let passport = Passport {
            iss: self.identity().entity.clone(),
            vct: vct.to_owned(),
            iat: now,
            exp: now.plus_seconds(PASSPORT_SECONDS),
            cnf,
            status: StatusClaim {
                status_list: StatusReference {
                    idx: u64::from(place.at),
                    uri: self.status_list_uri(place.list),
                },
            },
            name: name.to_owned(),
            formula: member.formula.clone(),
            roaming,
        };
        Ok(seal::sign(passport, &*self.ops().await?)?)
    }

    /// What a member may use elsewhere this month.
    async fn roaming(&self, id: &str, member: &Member) -> Result<RoamingClaim, Fault> {
        let period = rules::opening::month("Europe/Paris", self.now()).unwrap_or_default();
        let allowance = self.allowance_of(id, member, &period).await?;
        Ok(RoamingClaim {
            period,
            granted: allowance.granted,
            left: allowance.left,
        })
    }

    /// What was issued at a place.
    pub(crate) async fn issued(&self, place: Place) -> Result<Option<(Issued, Position)>, Fault> {
        let key = crate::keys::passport(place);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        Ok(Some((stored::decode(&key, &found)?, found.version)))
    }

    /// Takes back every passport of a member, and the codes that would give them
    /// another: a phone was lost. A new code gives a new one. Gives how many passports
    /// there were.
    pub async fn revoke_passports(&self, _: &Steward, member: &str) -> Result<usize, MemberError> {
        until_settled!(self.try_revoke(member).await)
    }

    async fn try_revoke(&self, member: &str) -> Result<usize, Attempt<MemberError>> {
        let (held, version) = self.member(member).await.map_err(Attempt::Failed)?;
        let mut batch = Batch::new();
        touch_member(&mut batch, member, &held, version)?;
        for (key, found) in self.all(crate::keys::ENROLMENTS).await? {
            let code: Enrolment = stored::decode(&key, &found)?;
            if code.member == member && code.used.is_none() {
                batch.remove(key);
            }
        }
        let is_theirs = |issued: &Issued| issued.member == member && !issued.is_revoked;
        let all = self.all_passports().await?;
        let theirs = all.values().filter(|issued| is_theirs(issued)).count();
        if theirs > 0 {
            self.change_passports(&mut batch, &BTreeSet::new(), &|issued| {
                if is_theirs(issued) {
                    issued.is_revoked = true;
                    issued.status = status::INVALID;
                    issued.renewed = None;
                }
            })
            .await?;
        }
        self.store().commit(batch).await?;
        Ok(theirs)
    }

    /// Forgets codes whose passports, if they gave one, have run out.
    pub(crate) async fn forget_enrolments(&self, now: Timestamp) -> Result<(), Fault> {
        let mut batch = Batch::new();
        for (key, found) in self.all(crate::keys::ENROLMENTS).await? {
            let code: Enrolment = stored::decode(&key, &found)?;
            if code.expires_at.plus_seconds(PASSPORT_SECONDS) <= now {
                batch.remove(key);
            }
        }
        Ok(self.commit_unless_empty(batch).await?)
    }
}

impl EnrolmentUse {
    fn new(jwk: &Value, passport: &str) -> Self {
        Self {
            jwk: jwk.clone(),
            passport: passport.to_owned(),
        }
    }

    /// The same passport for the same key, and for no other.
    fn again(self, jwk: &Value) -> Result<String, Attempt<EnrolError>> {
        if self.jwk == *jwk {
            Ok(self.passport)
        } else {
            Err(Attempt::Failed(EnrolError::Used))
        }
    }
}
