//! Passports (SD-JWT VC) and how they are shown.
//!
//! A passport is what a home says of its member: a JWS of type `dc+sd-jwt`. Shown, it
//! travels with a key binding (`kb+jwt`) that the holder's key signed for one host,
//! moments ago.
//!
//! Specified in `specs/passport.md`; RFC 9901 (SD-JWT), draft-ietf-oauth-sd-jwt-vc.

use seal::holder::{HolderKey, KeyBinding, open_key_binding};
use seal::{KeySet, Malformed, SealRefusal, Sealed, Verified};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{Claims, require, sealed_kind};
use crate::{EntityId, Sha256Hash, Timestamp};

/// The type of a passport that is shown with its holder's key.
pub const PASSPORT_VCT: &str = "urn:escale:passport:1";

/// The most characters of the short name that a host reads.
pub const SHOWN_NAME_CHARS_MAX: usize = 40;

/// What a home says of its member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passport {
    /// The home.
    pub iss: EntityId,
    /// [`PASSPORT_VCT`].
    pub vct: String,
    /// When it was signed.
    pub iat: Timestamp,
    /// Until when it holds.
    pub exp: Timestamp,
    /// The holder's key.
    pub cnf: Confirmation,
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
        require(self.vct == PASSPORT_VCT, "vct")?;
        require(self.exp > self.iat, "exp is not after iat")?;
        require(
            (1..=SHOWN_NAME_CHARS_MAX).contains(&self.name.chars().count()),
            "name",
        )?;
        require((1..=40).contains(&self.formula.len()), "formula")?;
        require(
            self.roaming.left <= self.roaming.granted,
            "more left than granted",
        )?;
        require(is_month(&self.roaming.period), "period")?;
        require(
            (1..=300).contains(&self.status.status_list.uri.len()),
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

/// A passport and its key binding as they were shown, all of it a claim.
#[derive(Debug)]
pub struct Presentation {
    passport: Sealed<Passport>,
    key_binding: String,
    sd_hash: Sha256Hash,
}

/// Why something that was shown is not a genuine presentation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresentationRefusal {
    /// Not `passport~key binding`, or too long.
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

/// A passport shown by its holder: the home signed it, and the holder's key signed
/// that it is shown to `audience` at `shown_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The passport.
    pub passport: Verified<Passport>,
    /// To whom it is shown.
    pub audience: EntityId,
    /// When the holder signed that.
    pub shown_at: Timestamp,
    /// Which showing it is; never the same twice.
    pub nonce: String,
}

impl Presentation {
    /// Takes `passport~…~key binding` apart (RFC 9901 §4). Disclosures are refused in
    /// this version: nothing of a passport is hidden.
    pub fn parse(text: &str) -> Result<Self, PresentationRefusal> {
        if text.len() > PRESENTATION_BYTES_MAX {
            return Err(PresentationRefusal::Form);
        }
        let (before, key_binding) = text.rsplit_once('~').ok_or(PresentationRefusal::Form)?;
        if before.contains('~') || key_binding.is_empty() {
            return Err(PresentationRefusal::Form);
        }
        Ok(Self {
            passport: Sealed::parse(before)?,
            key_binding: key_binding.to_owned(),
            sd_hash: Sha256Hash::of(&[before.as_bytes(), b"~"]),
        })
    }

    /// Opens passport and key binding; `issuer_keys` are the `ops` keys of the home
    /// that [`Presentation::issuer_kid`] led to.
    pub fn open(&self, issuer_keys: &KeySet) -> Result<Shown, PresentationRefusal> {
        let passport = self.passport.open(issuer_keys)?;
        let key =
            HolderKey::from_jwk(&passport.cnf.jwk).map_err(|_| PresentationRefusal::HolderKey)?;
        let binding = open_key_binding(&self.key_binding, &key)
            .map_err(|_| PresentationRefusal::KeyBinding)?;
        self.shown(passport, &binding)
            .ok_or(PresentationRefusal::KeyBinding)
    }

    fn shown(&self, passport: Verified<Passport>, binding: &KeyBinding) -> Option<Shown> {
        let text = |name: &str| binding.claim(name).and_then(Value::as_str);
        let is_of_this = text("sd_hash") == Some(self.sd_hash.to_string().as_str());
        let nonce = text("nonce").filter(|nonce| (8..=64).contains(&nonce.len()))?;
        let audience = EntityId::parse(text("aud")?).ok()?;
        let shown_at = binding.claim("iat").and_then(Value::as_i64)?;
        is_of_this.then(|| Shown {
            passport,
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
