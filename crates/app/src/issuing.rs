//! Passports are signed: each at a place of its own, with what its holder may disclose.
//!
//! **Invariant:** what two passports of a batch have in common, two members of the same
//! name have: no key, place, salt or digest stands in both, and no moment but a day.

use rules::passport::{PASSPORT_SECONDS, status};
use seal::Verified;
use serde_json::Value;
use store::{Batch, Expected, Position};
use wire::disclosure::{DIGESTS_WRITTEN, digest_of};
use wire::passport::{
    Confirmation, PAPER_VCT, PASSPORT_VCT, Passport, RoamingClaim, StatusClaim, StatusReference,
};
use wire::receipt::ProofBy;
use wire::{Sha256Hash, Timestamp};

use crate::exchange::CarrierId;
use crate::fault::Attempt;
use crate::members::touch_member;
use crate::passports::EnrolError;
use crate::people::{Issued, Member, MemberState, Place};
use crate::stored;
use crate::{App, Fault};

/// The most passports that a member holds at once: two phones, each renewed every ten days
/// and so with three batches of four that hold; a card a week; and as many again. Without
/// it a phone could renew for ever, faster than anybody takes its passports back.
pub(crate) const PASSPORTS_HELD_MAX: usize = 64;

/// What is wanted of a home.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// A passport for each of these keys.
    Keys(&'a [Value]),
    /// One for whoever holds the paper with this name.
    Paper(&'a str),
}

/// What is issued at once.
#[derive(Clone, Copy)]
pub(crate) struct Lot<'a> {
    pub(crate) wanted: Wanted<'a>,
    /// The carrier that has it, and since when it carries; none for a new one.
    pub(crate) of: Option<(CarrierId, Timestamp)>,
}

impl Lot<'_> {
    /// The key of each passport; none on paper.
    fn keys(&self) -> Vec<Option<&Value>> {
        match self.wanted {
            Wanted::Keys(jwks) => jwks.iter().map(Some).collect(),
            Wanted::Paper(_) => vec![None],
        }
    }
}

/// A passport, and what its holder may disclose.
pub(crate) struct Given {
    pub(crate) passport: Verified<Passport>,
    pub(crate) disclosures: Vec<String>,
}

impl Given {
    /// As a wallet gets it (RFC 9901 §4): each part with a `~` after it.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}~", self.passport.as_str());
        for disclosure in &self.disclosures {
            text.push_str(disclosure);
            text.push('~');
        }
        text
    }
}

/// What all passports of a lot say.
struct Said<'a> {
    member: &'a Member,
    name: &'a str,
    roaming: RoamingClaim,
    /// The day on which they are signed, as of its beginning (UTC): the second would tell
    /// two hosts whom they have both seen.
    signed: Timestamp,
}

impl App {
    /// Signs passports for an active member, and puts their places into `batch`.
    pub(crate) async fn issue(
        &self,
        batch: &mut Batch,
        id: &str,
        lot: Lot<'_>,
    ) -> Result<Vec<Given>, Attempt<EnrolError>> {
        let now = self.signing_time().await?;
        let member = self.member(id).await;
        let (member, version) = member.map_err(|error| Attempt::Failed(error.into()))?;
        if member.state != MemberState::Active {
            return Err(Attempt::Failed(EnrolError::NotActive));
        }
        let keys = lot.keys();
        let holds =
            |issued: &&Issued| issued.member == id && !issued.is_revoked && issued.exp > now;
        let held = self.all_passports().await?.values().filter(holds).count();
        if held + keys.len() > PASSPORTS_HELD_MAX {
            return Err(Attempt::Failed(EnrolError::TooMany));
        }
        let (carrier, since) = match lot.of {
            Some(of) => of,
            None => (CarrierId::new(now, self.random()?), now),
        };
        let places = self.free_places(batch, keys.len()).await?;
        let first = places.first().copied();
        let first = first.ok_or(Attempt::Failed(EnrolError::Key))?;
        let (name, by) = match lot.wanted {
            Wanted::Keys(_) => (member.name.as_str(), ProofBy::Holder),
            Wanted::Paper(name) => (name, ProofBy::Paper),
        };
        let said = Said {
            member: &member,
            name,
            roaming: self.roaming(id, &member).await?,
            signed: beginning_of_day(now),
        };
        let mut given = Vec::new();
        for (place, key) in places.into_iter().zip(keys) {
            let it = self.make_passport(&said, key, place).await?;
            let issued = Issued {
                member: id.to_owned(),
                exp: it.passport.exp,
                is_revoked: false,
                status: status::VALID,
                carrier,
                by,
                since,
                signed_at: now,
                batch: first,
                digest: Sha256Hash::of(&[it.passport.as_str().as_bytes()]),
                disclosures: it.disclosures.clone(),
                renewed: None,
            };
            let key = crate::keys::passport(place);
            batch.expect(crate::keys::decoy(place), Expected::Absent);
            batch.expect(key.clone(), Expected::Absent);
            batch.put(key.clone(), stored::encode(&key, &issued)?);
            given.push(it);
        }
        touch_member(batch, id, &member, version)?;
        Ok(given)
    }

    async fn make_passport(
        &self,
        said: &Said<'_>,
        key: Option<&Value>,
        place: Place,
    ) -> Result<Given, Fault> {
        let vct = if key.is_some() {
            PASSPORT_VCT
        } else {
            PAPER_VCT
        };
        let (disclosures, digests) = match key {
            Some(_) => self.hide(said.member)?,
            None => (Vec::new(), None),
        };
        let passport = Passport {
            iss: self.identity().entity.clone(),
            vct: vct.to_owned(),
            iat: said.signed,
            exp: said.signed.plus_seconds(PASSPORT_SECONDS),
            cnf: key.map(|jwk| Confirmation { jwk: jwk.clone() }),
            status: StatusClaim {
                status_list: StatusReference {
                    idx: u64::from(place.at),
                    uri: self.status_list_uri(place.list),
                },
            },
            name: said.name.to_owned(),
            formula: said.member.formula.clone(),
            roaming: said.roaming.clone(),
            digests,
            digest_algorithm: None,
        };
        let passport = seal::sign(passport, &*self.ops().await?)?;
        Ok(Given {
            passport,
            disclosures,
        })
    }

    /// What a member may disclose, by salts of its own, and the digests of it: always as
    /// many, in the order of their bytes.
    fn hide(&self, member: &Member) -> Result<(Vec<String>, Option<Vec<Sha256Hash>>), Fault> {
        let salts = [self.random()?, self.random()?, self.random()?];
        let disclosures = member.may_disclose().disclosures(salts);
        let mut digests: Vec<_> = disclosures.iter().map(|it| digest_of(it)).collect();
        while digests.len() < DIGESTS_WRITTEN {
            digests.push(Sha256Hash(self.random()?));
        }
        digests.sort_unstable();
        Ok((disclosures, Some(digests)))
    }

    /// What a member may use elsewhere this month.
    pub(crate) async fn roaming(&self, id: &str, member: &Member) -> Result<RoamingClaim, Fault> {
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
}

/// Seconds of a day, leap seconds not counted.
const DAY_SECONDS: i64 = 24 * 60 * 60;

fn beginning_of_day(at: Timestamp) -> Timestamp {
    at.plus_seconds(-at.0.rem_euclid(DAY_SECONDS))
}
