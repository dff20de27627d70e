//! A public key as JSON (RFC 7517, RFC 8037).

use serde::{Deserialize, Serialize};

use crate::checks::holds;
use crate::key::{KeyRefusal, PublicKey};

/// An Ed25519 public key as it stands in a document.
///
/// Members that are not named here are ignored (RFC 7517 §4), except `d`: a
/// private key in a public document is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// The family: `OKP`.
    pub kty: String,
    /// The curve: `Ed25519`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// The key, 32 bytes in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The RFC 7638 thumbprint of the key, always sent and always compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// `sig`; a key declared for anything else is refused.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub key_use: Option<String>,
    /// `EdDSA` or `Ed25519`; a key declared for anything else is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// Never sent.
    #[serde(default, skip_serializing)]
    pub d: Option<String>,
}

impl From<&PublicKey> for Jwk {
    fn from(key: &PublicKey) -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: Some("Ed25519".to_owned()),
            x: Some(crate::base64url::encode(key.as_bytes())),
            kid: Some(key.thumbprint().to_string()),
            key_use: Some("sig".to_owned()),
            alg: Some("EdDSA".to_owned()),
            d: None,
        }
    }
}

impl TryFrom<&Jwk> for PublicKey {
    type Error = KeyRefusal;

    fn try_from(jwk: &Jwk) -> Result<Self, KeyRefusal> {
        let Jwk {
            kty,
            crv,
            x,
            kid,
            key_use,
            alg,
            d,
        } = jwk;
        if !holds("jwk_private", d.is_none()) {
            return Err(KeyRefusal::IsPrivate);
        }
        let is_ed25519 = kty == "OKP" && crv.as_deref() == Some("Ed25519");
        if !holds("jwk_family", is_ed25519) {
            return Err(KeyRefusal::NotEd25519);
        }
        let is_for_signatures = key_use.as_deref().is_none_or(|key_use| key_use == "sig")
            && alg
                .as_deref()
                .is_none_or(|alg| matches!(alg, "EdDSA" | "Ed25519"));
        if !holds("jwk_use", is_for_signatures) {
            return Err(KeyRefusal::NotForSignatures);
        }
        let bytes = x
            .as_deref()
            .and_then(|x| crate::base64url::decode(x).ok())
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or(KeyRefusal::NotEd25519)?;
        let key = PublicKey::from_ed25519_bytes(&bytes)?;
        let is_own_name = kid
            .as_deref()
            .is_none_or(|kid| kid == key.thumbprint().as_str());
        if !holds("jwk_kid", is_own_name) {
            return Err(KeyRefusal::KidIsNotThumbprint);
        }
        Ok(key)
    }
}
