//! Passports (SD-JWT VC) and how they are shown.
//!
//! A passport is what a home says of its member: a JWS of type `dc+sd-jwt`. Shown, it
//! travels with a key binding (`kb+jwt`) that the holder's key signed for one host,
//! moments ago, and with what the holder discloses. A passport on paper has no key, a type
//! of its own, hides nothing, and is shown as it is: whether a key binding is needed is
//! never decided by whether one was sent.
//!
//! Specified in `specs/passport.md`; RFC 9901 (SD-JWT), draft-ietf-oauth-sd-jwt-vc.

use seal::checks::holds;
use seal::holder::{HolderKey, KeyBinding, open_key_binding};
use seal::{KeySet, Malformed, SealRefusal, Sealed, Verified};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::disclosure::{self, DISCLOSURES_MAX, Disclosed, DisclosureRefusal};
use crate::document::{self, Claims, require};
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
    /// The digests of what the holder may disclose, and of nothing; none on paper.
    #[serde(rename = "_sd", default, skip_serializing_if = "Option::is_none")]
    pub digests: Option<Vec<Sha256Hash>>,
    /// By what they were made: [`DIGEST_ALGORITHM`], which is meant where nothing is said.
    #[serde(rename = "_sd_alg", default, skip_serializing_if = "Option::is_none")]
    pub digest_algorithm: Option<String>,
}

/// The one `_sd_alg`.
pub const DIGEST_ALGORITHM: &str = "sha-256";

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

impl seal::Document for Passport {
    const TYP: &'static str = "dc+sd-jwt";
    const BYTES_MAX: usize = 3 * 1024;

    fn from_claims(claims: Value) -> Result<Self, Malformed> {
        disclosure::check_hidden(&claims)?;
        document::from_claims(claims)
    }

    fn to_claims(&self) -> Result<Vec<u8>, Malformed> {
        document::to_claims(self)
    }
}

impl Passport {
    /// The digests, if there are any.
    pub fn digests(&self) -> &[Sha256Hash] {
        self.digests.as_deref().unwrap_or_default()
    }
}

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
        let algorithm = self.digest_algorithm.as_deref();
        let is_known = algorithm.is_none_or(|it| it == DIGEST_ALGORITHM);
        require(holds("passport_algorithm", is_known), "_sd_alg")?;
        let is_there_by_right = needs_key || self.digests.is_none();
        require(
            holds("passport_paper_whole", is_there_by_right),
            "_sd on paper",
        )?;
        disclosure::check_digests(self.digests())?;
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
    disclosures: Vec<String>,
    key_binding: Option<String>,
}

/// Why something that was shown is not a genuine presentation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresentationRefusal {
    /// Not `passport~…~key binding`, or too long; or a key binding where the passport is
    /// on paper, or none where it is not; or a disclosure beside one on paper.
    #[error("not a presentation")]
    Form,
    /// The passport's seal does not hold.
    #[error(transparent)]
    Seal(#[from] SealRefusal),
    /// What was disclosed is not what the home signed, or not as it is disclosed.
    #[error(transparent)]
    Disclosure(#[from] DisclosureRefusal),
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
    /// What was shown beside it.
    pub disclosed: Disclosed,
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
    /// Takes `passport~disclosures~key binding` apart (RFC 9901 §4).
    pub fn parse(text: &str) -> Result<Self, PresentationRefusal> {
        if !holds("presentation_length", text.len() <= PRESENTATION_BYTES_MAX) {
            return Err(PresentationRefusal::Form);
        }
        let (before, key_binding) = text.rsplit_once('~').ok_or(PresentationRefusal::Form)?;
        let mut parts = before.split('~');
        let passport = Sealed::parse(parts.next().unwrap_or_default())?;
        let disclosures: Vec<String> = parts.map(str::to_owned).collect();
        if !holds("disclosure_count", disclosures.len() <= DISCLOSURES_MAX) {
            return Err(DisclosureRefusal::TooMany.into());
        }
        Ok(Self {
            passport,
            disclosures,
            key_binding: (!key_binding.is_empty()).then(|| key_binding.to_owned()),
        })
    }

    /// Opens passport, disclosures and key binding; `issuer_keys` are the `ops` keys of
    /// the home that [`Presentation::issuer_kid`] led to.
    pub fn open(&self, issuer_keys: &KeySet) -> Result<Shown, PresentationRefusal> {
        let passport = self.passport.open(issuer_keys)?;
        let shown: Vec<&str> = self.disclosures.iter().map(String::as_str).collect();
        self.judged(passport, &[self.sd_hash(&shown)])
    }

    /// The passport alone, whoever shows it.
    pub fn open_passport(&self, issuer_keys: &KeySet) -> Result<Verified<Passport>, SealRefusal> {
        self.passport.open(issuer_keys)
    }

    /// Opens what a host kept as its proof, which is without what was disclosed to it:
    /// the holder signed for one choice among `disclosures`, those that the home gave with
    /// this passport.
    pub fn open_kept(
        &self,
        issuer_keys: &KeySet,
        disclosures: &[String],
    ) -> Result<Shown, PresentationRefusal> {
        if !self.disclosures.is_empty() {
            return Err(PresentationRefusal::Form);
        }
        let passport = self.passport.open(issuer_keys)?;
        let choices = disclosure::choices(disclosures);
        let hashes: Vec<_> = choices.map(|chosen| self.sd_hash(&chosen)).collect();
        self.judged(passport, &hashes)
    }

    /// What a host may keep: the same without what was disclosed to it.
    pub fn without_disclosures(&self) -> String {
        let binding = self.key_binding.as_deref().unwrap_or_default();
        format!("{}~{binding}", self.passport.as_str())
    }

    /// The digest of what a key binding is for (RFC 9901 §4.3.1).
    fn sd_hash(&self, disclosures: &[&str]) -> Sha256Hash {
        let mut text = format!("{}~", self.passport.as_str());
        for disclosure in disclosures {
            text.push_str(disclosure);
            text.push('~');
        }
        Sha256Hash::of(&[text.as_bytes()])
    }

    /// `hashes` are those of what the key binding may be for.
    fn judged(
        &self,
        passport: Verified<Passport>,
        hashes: &[Sha256Hash],
    ) -> Result<Shown, PresentationRefusal> {
        let by = match (&passport.cnf, &self.key_binding) {
            (Some(confirmation), Some(binding)) => Some((confirmation, binding)),
            (None, None) if self.disclosures.is_empty() => None,
            (Some(_), None) if holds("binding_there", false) => None,
            (None, Some(_)) if holds("binding_not_on_paper", false) => None,
            (None | Some(_), None) | (None, Some(_)) => {
                return Err(PresentationRefusal::Form);
            }
        };
        let disclosed = Disclosed::read(&self.disclosures, passport.digests())?;
        let by = match by {
            Some((confirmation, binding)) => showing(confirmation, binding, hashes)?,
            None => ShownBy::Paper,
        };
        Ok(Shown {
            passport,
            by,
            disclosed,
        })
    }

    /// The key that is said to have signed the passport.
    pub fn issuer_kid(&self) -> &seal::Thumbprint {
        self.passport.kid()
    }
}

fn showing(
    confirmation: &Confirmation,
    binding: &str,
    hashes: &[Sha256Hash],
) -> Result<ShownBy, PresentationRefusal> {
    let key = HolderKey::from_jwk(&confirmation.jwk).map_err(|_| PresentationRefusal::HolderKey)?;
    let binding = open_key_binding(binding, &key).map_err(|_| PresentationRefusal::KeyBinding)?;
    let showing = read_binding(&binding, hashes).ok_or(PresentationRefusal::KeyBinding)?;
    Ok(ShownBy::Holder(showing))
}

fn read_binding(binding: &KeyBinding, hashes: &[Sha256Hash]) -> Option<Showing> {
    let text = |name: &str| binding.claim(name).and_then(Value::as_str);
    let of = text("sd_hash");
    let is_of_this = holds(
        "binding_passport",
        hashes
            .iter()
            .any(|hash| of == Some(hash.to_string().as_str())),
    );
    let nonce = text("nonce").filter(|it| holds("binding_nonce", (8..=64).contains(&it.len())))?;
    let audience = Audience::parse(text("aud")?)?;
    let shown_at = binding.claim("iat").and_then(Value::as_i64)?;
    is_of_this.then(|| Showing {
        audience,
        shown_at: Timestamp(shown_at),
        nonce: nonce.to_owned(),
    })
}
