//! What a coordinator signs when it is asked: resolved spaces, the status of a trust mark,
//! the keys of former times (OpenID Federation 1.0 §8).
//!
//! They are made for strangers' software. No node of the label believes anything by them:
//! nodes read the papers themselves.

use seal::{Jwk, Malformed};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::document::{Claims, require, sealed_kind};
use crate::trust::{ShownMark, TRUST_MARKS_MAX};
use crate::{EntityId, Timestamp};

/// A resolved space (OpenID Federation 1.0 §8.3.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolveResponse {
    /// Who resolved it.
    pub iss: EntityId,
    /// Which space it is.
    pub sub: EntityId,
    /// When it was resolved.
    pub iat: Timestamp,
    /// When the first of chain and marks runs out.
    pub exp: Timestamp,
    /// What the space says of itself, by entity type.
    pub metadata: Map<String, Value>,
    /// The statements from the space to the anchor, compact; three.
    pub trust_chain: Vec<String>,
    /// The trust marks that were verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trust_marks: Vec<ShownMark>,
}

// Three statements, the marks and the metadata once more, in base64url.
sealed_kind!(ResolveResponse, "resolve-response+jwt", 128 * 1024);

/// The media type of a resolved space over HTTP.
pub const RESOLVE_MEDIA_TYPE: &str = "application/resolve-response+jwt";

/// How many statements a chain has: the space's own, the coordinator's about it, and the
/// coordinator's own.
pub const CHAIN_STATEMENTS: usize = 3;

impl Claims for ResolveResponse {
    fn check(&self) -> Result<(), Malformed> {
        require(self.exp > self.iat, "exp is not after iat")?;
        require(self.trust_chain.len() == CHAIN_STATEMENTS, "trust_chain")?;
        require(self.trust_marks.len() <= TRUST_MARKS_MAX, "trust_marks")
    }
}

/// Whether a trust mark is active (OpenID Federation 1.0 §8.4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkStatusResponse {
    /// Who issued the mark.
    pub iss: EntityId,
    /// When it was asked.
    pub iat: Timestamp,
    /// The mark, as it was sent.
    pub trust_mark: String,
    /// How it stands.
    pub status: MarkStatus,
}

/// How a trust mark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkStatus {
    /// Its space bears the label by it.
    Active,
    /// It has run out.
    Expired,
    /// The label was taken from its space, or is another now.
    Revoked,
    /// It is not what the coordinator signed, or not as a mark has to be.
    Invalid,
}

sealed_kind!(
    MarkStatusResponse,
    "trust-mark-status-response+jwt",
    8 * 1024
);

/// The media type of the status of a trust mark over HTTP.
pub const MARK_STATUS_MEDIA_TYPE: &str = "application/trust-mark-status-response+jwt";

impl Claims for MarkStatusResponse {
    fn check(&self) -> Result<(), Malformed> {
        require(!self.trust_mark.is_empty(), "trust_mark")
    }
}

/// The keys of former times (OpenID Federation 1.0 §8.7.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoricalKeys {
    /// Whose they were.
    pub iss: EntityId,
    /// When the list was made.
    pub iat: Timestamp,
    /// The keys.
    pub keys: Vec<HistoricalKey>,
}

/// A key that signs no more. A coordinator's record of it has the key's thumbprint as id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoricalKey {
    /// The family: `OKP`.
    pub kty: String,
    /// The curve: `Ed25519`.
    pub crv: String,
    /// The key, 32 bytes in base64url.
    pub x: String,
    /// The RFC 7638 thumbprint.
    pub kid: String,
    /// Since when it cannot any more.
    pub exp: Timestamp,
    /// That it may not be believed, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
}

/// That a key may not be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Since when.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// Why a key may not be believed (OpenID Federation 1.0 §8.7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RevocationReason {
    /// Nobody said.
    Unspecified,
    /// Somebody else may have it.
    Compromised,
    /// Another took its place.
    Superseded,
}

impl HistoricalKey {
    /// The key itself, as a JWK that readers take.
    pub fn jwk(&self) -> Jwk {
        Jwk {
            kty: self.kty.clone(),
            crv: Some(self.crv.clone()),
            x: Some(self.x.clone()),
            kid: Some(self.kid.clone()),
            key_use: None,
            alg: None,
            d: None,
        }
    }

    fn check_key(&self) -> Result<(), Malformed> {
        let key = seal::PublicKey::try_from(&self.jwk());
        key.map(|_| ())
            .map_err(|refusal| Malformed(refusal.to_string()))
    }
}

impl crate::BodyKind for HistoricalKey {
    const KIND: &'static str = "former-key";

    fn check(&self) -> Result<(), Malformed> {
        self.check_key()
    }
}

sealed_kind!(HistoricalKeys, "jwk-set+jwt", 64 * 1024);

/// The media type of the keys of former times over HTTP.
pub const HISTORICAL_KEYS_MEDIA_TYPE: &str = "application/jwk-set+jwt";

/// The most keys of one list; the youngest are listed.
pub const HISTORICAL_KEYS_MAX: usize = 100;

impl Claims for HistoricalKeys {
    fn check(&self) -> Result<(), Malformed> {
        require(self.keys.len() <= HISTORICAL_KEYS_MAX, "too many keys")?;
        self.keys.iter().try_for_each(HistoricalKey::check_key)
    }
}
