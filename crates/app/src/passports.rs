//! Passports at their home: given for a code, renewed by their holder, printed.
//!
//! A phone gets a batch: one passport for each key that it sends, so that it can show each
//! host another one. A card has one.

use rules::passport::PASSPORT_SECONDS;
use rules::trust::CLOCK_LEEWAY_SECONDS;
use seal::holder::HolderKey;
use seal::{Malformed, SealRefusal, Verified};
use serde_json::Value;
use store::{Batch, Expected};
use wire::passport::{
    Audience, Passport, Presentation, RoamingClaim, SHOWN_NAME_CHARS_MAX, ShownBy,
};
use wire::{Sha256Hash, Timestamp, qr};

use crate::access::Steward;
use crate::allowance::Roamed;
use crate::fault::{Attempt, until_settled};
use crate::issuing::{Given, Lot, PASSPORTS_HELD_MAX, Wanted};
use crate::members::MemberError;
use crate::people::{Enrolment, EnrolmentUse, Issued, MemberState, Place};
use crate::stored;
use crate::{App, Fault};

/// The most passports of a batch: a phone shows so many hosts each another one. A member
/// visits few spaces between two renewals.
pub const BATCH_MAX: usize = 4;

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
            | MemberError::Particulars
            | MemberError::NoCarrier
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
    is_void: bool,
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
    /// Whether no host takes it, because the key has ended that signed it: it is renewed at
    /// once.
    pub is_void: bool,
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

/// The keys of a batch, as passports name them: 1 to [`BATCH_MAX`], no two the same.
fn keys_of(jwks: &[Value]) -> Result<Vec<Value>, EnrolError> {
    let key = |jwk| HolderKey::from_jwk(jwk).map(|key| key.to_jwk());
    let keys: Result<Vec<Value>, _> = jwks.iter().map(key).collect();
    let keys = keys.map_err(|_| EnrolError::Key)?;
    let is_new = |(at, key): (usize, &Value)| !keys.iter().take(at).any(|other| other == key);
    let are_few = (1..=BATCH_MAX).contains(&keys.len());
    if are_few && keys.iter().enumerate().all(is_new) {
        Ok(keys)
    } else {
        Err(EnrolError::Key)
    }
}

impl App {
    /// Gives the passports of an enrolment code to a holder's keys, and keeps the code
    /// as used. The same keys asking again, after a lost answer, get the same: each
    /// passport with its disclosures, `passport~disclosure~…~`.
    pub async fn enrol(&self, code: &str, jwks: &[Value]) -> Result<Vec<String>, EnrolError> {
        let keys = keys_of(jwks)?;
        until_settled!(self.try_enrol(code, &keys).await)
    }

    async fn try_enrol(
        &self,
        code: &str,
        jwks: &[Value],
    ) -> Result<Vec<String>, Attempt<EnrolError>> {
        let key = crate::keys::enrolment(&crate::codes::normal(code));
        let found = self.store().get(&key).await.map_err(Fault::from)?;
        let Some(found) = found else {
            return Err(Attempt::Failed(EnrolError::Code));
        };
        let mut enrolment: Enrolment = stored::decode(&key, &found)?;
        if let Some(used) = enrolment.used {
            return used.again(jwks);
        }
        if enrolment.expires_at <= self.signing_time().await? {
            return Err(Attempt::Failed(EnrolError::Code));
        }
        let mut batch = Batch::new();
        let lot = Lot {
            wanted: Wanted::Keys(jwks),
            of: None,
        };
        let given = self.issue(&mut batch, &enrolment.member, lot).await?;
        let texts: Vec<String> = given.iter().map(Given::text).collect();
        enrolment.used = Some(EnrolmentUse::new(jwks, &texts));
        batch.expect(key.clone(), Expected::At(found.version));
        batch.put(key.clone(), stored::encode(&key, &enrolment)?);
        self.store().commit(batch).await?;
        Ok(texts)
    }

    /// The member who shows a passport of this home to this home, by a key binding made
    /// for that; `None` where the passport is not good, or not any more.
    pub async fn holder(&self, presentation: &str) -> Result<Option<Holder>, Fault> {
        let identity = self.identity();
        let Ok(presentation) = Presentation::parse(presentation) else {
            return Ok(None);
        };
        let kept = self.kept_keys_of(&identity.entity).await?;
        let shown = kept.sets().find_map(|keys| presentation.open(keys).ok());
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
        let is_void = self.is_void(passport).await?;
        let issued = issued.filter(|(it, _)| is_ours_for_sure(passport, is_void, it));
        Ok(issued.map(|(issued, _)| Holder {
            member: issued.member,
            place,
            until: passport.exp,
            is_void,
        }))
    }

    /// Whether the key has ended by which this home signed a passport.
    pub(crate) async fn is_void(&self, passport: &Verified<Passport>) -> Result<bool, Fault> {
        let in_force = self.ops_of(&self.identity().entity).await?;
        Ok(in_force.is_none_or(|keys| keys.find(passport.key()).is_none()))
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
            is_void: holder.is_void,
            roamed,
        })
    }

    /// Gives a new batch, of new keys and at new places, in place of the one of which a
    /// passport was shown, and which goes on until it runs out. The same keys asking again
    /// get the same.
    pub async fn renew_passports(
        &self,
        holder: &Holder,
        jwks: &[Value],
    ) -> Result<Vec<String>, EnrolError> {
        let keys = keys_of(jwks)?;
        until_settled!(self.try_renew_passports(holder, &keys).await)
    }

    async fn try_renew_passports(
        &self,
        holder: &Holder,
        jwks: &[Value],
    ) -> Result<Vec<String>, Attempt<EnrolError>> {
        let refused = Attempt::Failed(EnrolError::NotActive);
        let shown = self.issued(holder.place).await?;
        let Some((shown, _)) = shown.filter(|(it, _)| !it.is_revoked) else {
            return Err(refused);
        };
        // Whichever of a batch is shown: the batch is renewed once.
        let Some((mut first, version)) = self.issued(shown.batch).await? else {
            return Err(refused);
        };
        if let Some(used) = first.renewed {
            return used.again(jwks);
        }
        let mut batch = Batch::new();
        let lot = Lot {
            wanted: Wanted::Keys(jwks),
            of: Some((shown.carrier, shown.since)),
        };
        let given = self.issue(&mut batch, &holder.member, lot).await?;
        let texts: Vec<String> = given.iter().map(Given::text).collect();
        first.renewed = Some(EnrolmentUse::new(jwks, &texts));
        let key = crate::keys::passport(shown.batch);
        batch.expect(key.clone(), Expected::At(version));
        batch.put(key.clone(), stored::encode(&key, &first)?);
        self.store().commit(batch).await?;
        Ok(texts)
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
        let lot = Lot {
            wanted: Wanted::Paper(name),
            of: None,
        };
        let given = self.issue(&mut batch, member, lot).await?;
        let passport = given.into_iter().next().map(|it| it.passport);
        let passport = passport.ok_or(Attempt::Failed(EnrolError::NotActive))?;
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

/// By a key that has ended somebody else may have signed: then it must be the very passport
/// that was given.
pub(crate) fn is_ours_for_sure(
    passport: &Verified<Passport>,
    is_void: bool,
    issued: &Issued,
) -> bool {
    !is_void || issued.digest == Sha256Hash::of(&[passport.as_str().as_bytes()])
}

impl EnrolmentUse {
    fn new(jwks: &[Value], passports: &[String]) -> Self {
        Self {
            jwks: jwks.to_vec(),
            passports: passports.to_vec(),
        }
    }

    /// The same passports for the same keys, and for no others.
    fn again(self, jwks: &[Value]) -> Result<Vec<String>, Attempt<EnrolError>> {
        if self.jwks == jwks {
            Ok(self.passports)
        } else {
            Err(Attempt::Failed(EnrolError::Used))
        }
    }
}
