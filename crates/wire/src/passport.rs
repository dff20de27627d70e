//! Passports (SD-JWT VC) and how they are shown.
//!
//! A passport is what a home says of its member: a JWS of type `dc+sd-jwt`. Shown, it
//! travels with a key binding (`kb+jwt`) that the holder's key signed for one host,
//! moments ago. A passport on paper has no key, a type of its own, and is shown as it
//! is: whether a key binding is needed is never decided by whether one was sent.
//!
//! Specified in `specs/passport.md`; RFC 9901 (SD-JWT), draft-ietf-oauth-sd-jwt-vc.

use seal::checks::holds;
use seal::holder::{HolderKey, KeyBinding, open_key_binding};
use seal::{KeySet, Malformed, SealRefusal, Sealed, Verified};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{Claims, require, sealed_kind};
use crate::{EntityId, Sha256Hash, Timestamp};

/// The type of a passport that is shown with its holder's key.
pub const PASSPORT_VCT: &str = "urn:escale:passport:1";

/// The type of a passport that is printed: whoever holds the paper can show it, so a
/// person looks who that is.
pub const PAPER_VCT: &str = "urn:escale:paper-passport:1";

/// Where a home is asked by its own members, under its identifier.
pub const MEMBER_PATH: &str = "/api/v1/member";

/// The most characters of the short name that a host reads.
pub const SHOWN_NAME_CHARS_MAX: usize = 40;

/// What a home says of its member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passport {
    /// The home.
    pub iss: EntityId,
    /// [`PASSPORT_VCT`] or [`PAPER_VCT`].
    pub vct: String,
    /// When it was signed.
    pub iat: Timestamp,
    /// Until when it holds.
    pub exp: Timestamp,
    /// The holder's key; none on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Where its status stands.
    pub status: StatusClaim,
    /// A short name to call the member by.
    pub name: String,
    /// The formula that the member subscribes to.
    pub formula: String,
    /// What the member may use elsewhere, as last known to the home.
    pub roaming: RoamingClaim,
}

/// `cnf` (RFC 7800).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The holder's public key.
    pub jwk: Value,
}

/// `status` (draft-ietf-oauth-status-list).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusClaim {
    /// The place in a list.
    pub status_list: StatusReference,
}

/// A place in a status list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReference {
    /// The place.
    pub idx: u64,
    /// The list.
    pub uri: String,
}

/// What is left of an allowance, as last known to the home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoamingClaim {
    /// The month it counts for, `YYYY-MM`.
    pub period: String,
    /// Half-days granted in a month.
    pub granted: u64,
    /// Half-days left of them.
    pub left: u64,
}

sealed_kind!(Passport, "dc+sd-jwt", 3 * 1024);

impl Claims for Passport {
    fn check(&self) -> Result<(), Malformed> {
        let needs_key = match self.vct.as_str() {
            PASSPORT_VCT => true,
            PAPER_VCT => false,
            _ if holds("passport_type", false) => self.cnf.is_some(),
            _ => return Err(Malformed("vct".to_owned())),
        };
        require(
            holds("passport_key", self.cnf.is_some() == needs_key),
            "cnf",
        )?;
        require(
            holds("passport_ends_later", self.exp > self.iat),
            "exp is not after iat",
        )?;
        require(
            holds(
                "passport_name",
                (1..=SHOWN_NAME_CHARS_MAX).contains(&self.name.chars().count()),
            ),
            "name",
        )?;
        require(
            holds("passport_formula", (1..=40).contains(&self.formula.len())),
            "formula",
        )?;
        require(
            holds("passport_left", self.roaming.left <= self.roaming.granted),
            "more left than granted",
        )?;
        require(
            holds("passport_month", is_month(&self.roaming.period)),
            "period",
        )?;
        require(
            holds(
                "passport_list",
                (1..=300).contains(&self.status.status_list.uri.len()),
            ),
            "status",
        )
    }
}

fn is_month(text: &str) -> bool {
    let Some((year, month)) = text.split_once('-') else {
        return false;
    };
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    year.len() == 4
        && month.len() == 2
        && are_digits(year)
        && are_digits(month)
        && ("01"..="12").contains(&month)
}

/// The most bytes of a presentation as text.
pub const PRESENTATION_BYTES_MAX: usize = 4 * 1024;

/// A passport as it was shown, with its key binding if there is one, all of it a claim.
#[derive(Debug)]
pub struct Presentation {
    passport: Sealed<Passport>,
    key_binding: Option<String>,
    sd_hash: Sha256Hash,
}

/// Why something that was shown is not a genuine presentation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresentationRefusal {
    /// Not `passport~key binding`, or too long; or a key binding where the passport is
    /// on paper, or none where it is not.
    #[error("not a presentation")]
    Form,
    /// The passport's seal does not hold.
    #[error(transparent)]
    Seal(#[from] SealRefusal),
    /// The passport names a key that cannot be a holder's.
    #[error("the passport names no holder's key")]
    HolderKey,
    /// The key binding was not signed by the holder, or for another passport.
    #[error("the holder's key did not sign this")]
    KeyBinding,
}

/// A passport that its home signed, and how it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The passport.
    pub passport: Verified<Passport>,
    /// How it was shown.
    pub by: ShownBy,
}

/// How a passport was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownBy {
    /// By its holder, whose key signed just this.
    Holder(Showing),
    /// On paper, by whoever holds it.
    Paper,
}

/// What the holder's key signed: that the passport is shown to somebody, now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Showing {
    /// To whom.
    pub audience: Audience,
    /// When the holder signed it.
    pub shown_at: Timestamp,
    /// Which showing it is; never the same twice.
    pub nonce: String,
}

/// To whom a passport is shown. What was made for one is worth nothing to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// To the desk of a host: `aud` is its identifier.
    Desk(EntityId),
    /// To the home itself, by a member who asks something of it: `aud` is its
    /// identifier with [`MEMBER_PATH`].
    Home(EntityId),
}

impl Audience {
    fn parse(text: &str) -> Option<Self> {
        let (entity, audience): (_, fn(EntityId) -> Self) = match text.strip_suffix(MEMBER_PATH) {
            Some(entity) => (entity, Self::Home),
            None => (text, Self::Desk),
        };
        EntityId::parse(entity).ok().map(audience)
    }
}

impl Presentation {
    /// Takes `passport~key binding` apart (RFC 9901 §4). Disclosures are refused in
    /// this version: nothing of a passport is hidden.
    pub fn parse(text: &str) -> Result<Self, PresentationRefusal> {
        if !holds("presentation_length", text.len() <= PRESENTATION_BYTES_MAX) {
            return Err(PresentationRefusal::Form);
        }
        let (before, key_binding) = text.rsplit_once('~').ok_or(PresentationRefusal::Form)?;
        if before.contains('~') {
            return Err(PresentationRefusal::Form);
        }
        Ok(Self {
            passport: Sealed::parse(before)?,
            key_binding: (!key_binding.is_empty()).then(|| key_binding.to_owned()),
            sd_hash: Sha256Hash::of(&[before.as_bytes(), b"~"]),
        })
    }

    /// Opens passport and key binding; `issuer_keys` are the `ops` keys of the home
    /// that [`Presentation::issuer_kid`] led to.
    pub fn open(&self, issuer_keys: &KeySet) -> Result<Shown, PresentationRefusal> {
        let passport = self.passport.open(issuer_keys)?;
        let by = match (&passport.cnf, &self.key_binding) {
            (Some(confirmation), Some(binding)) => self.showing(confirmation, binding)?,
            (None, None) => ShownBy::Paper,
            (Some(_), None) if holds("binding_there", false) => ShownBy::Paper,
            (None, Some(_)) if holds("binding_not_on_paper", false) => ShownBy::Paper,
            (Some(_), None) | (None, Some(_)) => return Err(PresentationRefusal::Form),
        };
        Ok(Shown { passport, by })
    }

    fn showing(
        &self,
        confirmation: &Confirmation,
        binding: &str,
    ) -> Result<ShownBy, PresentationRefusal> {
        let key =
            HolderKey::from_jwk(&confirmation.jwk).map_err(|_| PresentationRefusal::HolderKey)?;
        let binding =
            open_key_binding(binding, &key).map_err(|_| PresentationRefusal::KeyBinding)?;
        let showing = self.read(&binding).ok_or(PresentationRefusal::KeyBinding)?;
        Ok(ShownBy::Holder(showing))
    }

    fn read(&self, binding: &KeyBinding) -> Option<Showing> {
        let text = |name: &str| binding.claim(name).and_then(Value::as_str);
        let is_of_this = holds(
            "binding_passport",
            text("sd_hash") == Some(self.sd_hash.to_string().as_str()),
        );
        let nonce =
            text("nonce").filter(|it| holds("binding_nonce", (8..=64).contains(&it.len())))?;
        let audience = Audience::parse(text("aud")?)?;
        let shown_at = binding.claim("iat").and_then(Value::as_i64)?;
        is_of_this.then(|| Showing {
            audience,
            shown_at: Timestamp(shown_at),
            nonce: nonce.to_owned(),
        })
    }

    /// The key that is said to have signed the passport.
    pub fn issuer_kid(&self) -> &seal::Thumbprint {
        self.passport.kid()
    }
}
