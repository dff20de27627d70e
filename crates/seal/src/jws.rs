//! The strict compact JWS (RFC 7515 §7.1) that carries every exchanged document.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde_json::Value;

use crate::base64url;
use crate::checks::holds;
use crate::json::{self, JsonRefusal};
use crate::key::{KeySet, SecretKey, Thumbprint};

/// A kind of document that travels sealed.
pub trait Document: Sized {
    /// The exact `typ` of its header (RFC 7515 §4.1.9), which keeps kinds apart.
    const TYP: &'static str;
    /// The most bytes of its compact form, checked before anything is decoded.
    const BYTES_MAX: usize;
    /// Takes the claims, read strictly.
    fn from_claims(claims: Value) -> Result<Self, Malformed>;
    /// The claims as JSON text.
    fn to_claims(&self) -> Result<Vec<u8>, Malformed>;
}

/// Claims that are not those of the document's kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Why a document is not opened; one code for each, in `specs/seal.md`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealRefusal {
    /// Longer than its kind may be.
    #[error("longer than the {limit} bytes its kind may have")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not three parts of canonical base64url with a JSON header.
    #[error("not a compact JWS")]
    NotCompact,
    /// The header names an algorithm other than `EdDSA` or `Ed25519`.
    #[error("signed with an algorithm that is not accepted")]
    Algorithm,
    /// The header's `typ` is that of another kind, or is missing.
    #[error("a document of another kind")]
    OtherKind,
    /// The header has a member that is not allowed, such as `crit` or `jwk`.
    #[error("a header with a member that is not allowed")]
    Header,
    /// No key of that `kid` may sign this.
    #[error("signed by a key that may not sign this")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// The claims are JSON that could be read in two ways, or none.
    #[error("claims that are not read")]
    Json(#[source] JsonRefusal),
    /// The claims are not those of the document's kind.
    #[error("claims that do not fit the kind")]
    Malformed(#[source] Malformed),
}

impl SealRefusal {
    /// The stable code of `specs/seal.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "seal_too_long",
            Self::NotCompact => "seal_not_compact",
            Self::Algorithm => "seal_algorithm",
            Self::OtherKind => "seal_other_kind",
            Self::Header => "seal_header",
            Self::UnknownKey => "seal_unknown_key",
            Self::Signature => "seal_signature",
            Self::Json(_) => "seal_json",
            Self::Malformed(_) => "seal_malformed",
        }
    }
}

/// A document as it arrived: a claim of whoever sent it.
pub struct Sealed<T> {
    text: Box<str>,
    signed_bytes: usize,
    kid: Thumbprint,
    signature: [u8; 64],
    kind: PhantomData<fn() -> T>,
}

impl<T: Document> Sealed<T> {
    /// Checks the form and the header; the claims stay closed.
    pub fn parse(text: &str) -> Result<Self, SealRefusal> {
        if !holds("seal_length", text.len() <= T::BYTES_MAX) {
            return Err(SealRefusal::TooLong {
                limit: T::BYTES_MAX,
            });
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(SealRefusal::NotCompact)?;
        let (header, claims) = signed.split_once('.').ok_or(SealRefusal::NotCompact)?;
        if claims.is_empty() || claims.contains('.') {
            return Err(SealRefusal::NotCompact);
        }
        let header = base64url::decode(header).map_err(|_| SealRefusal::NotCompact)?;
        let kid = check_header(&header, T::TYP)?;
        let signature = base64url::decode(signature)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .or_else(|| holds("seal_signature_length", false).then_some([0; 64]))
            .ok_or(SealRefusal::NotCompact)?;
        Ok(Self {
            signed_bytes: signed.len(),
            text: text.into(),
            kid,
            signature,
            kind: PhantomData,
        })
    }

    /// The key that is said to have signed.
    pub fn kid(&self) -> &Thumbprint {
        &self.kid
    }

    /// The compact form, byte for byte as it arrived.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Checks the signature by the key that `kid` names among `keys`, and only
    /// then reads the claims.
    pub fn open(&self, keys: &KeySet) -> Result<Verified<T>, SealRefusal> {
        let key = self.key_among(keys)?;
        let signed = self
            .text
            .get(..self.signed_bytes)
            .ok_or(SealRefusal::NotCompact)?;
        let is_signed = key.verify(signed.as_bytes(), &self.signature).is_ok();
        if !holds("seal_signature", is_signed) {
            return Err(SealRefusal::Signature);
        }
        let (_, claims) = signed.split_once('.').ok_or(SealRefusal::NotCompact)?;
        let claims = base64url::decode(claims).map_err(|_| SealRefusal::NotCompact)?;
        let claims = json::parse(&claims).map_err(SealRefusal::Json)?;
        let value = T::from_claims(claims).map_err(SealRefusal::Malformed)?;
        Ok(Verified {
            value,
            text: self.text.clone(),
            key: key.thumbprint().clone(),
        })
    }

    fn key_among<'keys>(
        &self,
        keys: &'keys KeySet,
    ) -> Result<&'keys crate::PublicKey, SealRefusal> {
        let named = keys.find(&self.kid);
        #[cfg(feature = "sabotage")]
        let named = named.or_else(|| {
            let is_any_good = !crate::checks::is_on("seal_key_named");
            (is_any_good || crate::sabotage::skips_signatures())
                .then(|| keys.iter().next())
                .flatten()
        });
        named.ok_or(SealRefusal::UnknownKey)
    }
}

/// `alg`, `typ` and `kid` must be there and fit; nothing else may be there.
fn check_header(header: &[u8], typ: &str) -> Result<Thumbprint, SealRefusal> {
    let Ok(Value::Object(header)) = json::parse(header) else {
        return Err(SealRefusal::NotCompact);
    };
    let is_plain = header
        .keys()
        .all(|name| matches!(name.as_str(), "alg" | "typ" | "kid"));
    if !holds("seal_header_members", is_plain) {
        return Err(SealRefusal::Header);
    }
    let member = |name: &str| header.get(name).and_then(Value::as_str);
    let is_ed25519 = matches!(member("alg"), Some("EdDSA" | "Ed25519"));
    if !holds("seal_algorithm", is_ed25519) {
        return Err(SealRefusal::Algorithm);
    }
    if !holds("seal_typ", member("typ") == Some(typ)) {
        return Err(SealRefusal::OtherKind);
    }
    member("kid")
        .and_then(Thumbprint::parse)
        .ok_or(SealRefusal::Header)
}

/// A document whose signature held: proof that `key` signed exactly `text`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    text: Box<str>,
    key: Thumbprint,
}

impl<T> Verified<T> {
    /// The compact form, byte for byte as it was signed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key that signed.
    pub fn key(&self) -> &Thumbprint {
        &self.key
    }

    /// The document without its proof.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Verified").field(&self.value).finish()
    }
}

impl<T: Document> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({}, by {}, unopened)", T::TYP, self.kid)
    }
}

/// Seals a document that this node built itself.
///
/// What is over the limit of its kind is refused here, so that no node sends what
/// others must refuse.
pub fn sign<T: Document>(document: T, key: &SecretKey) -> Result<Verified<T>, SealRefusal> {
    let kid = key.public().thumbprint();
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{}"}}"#, T::TYP);
    let claims = document.to_claims().map_err(SealRefusal::Malformed)?;
    json::parse(&claims).map_err(SealRefusal::Json)?;
    let mut text = format!(
        "{}.{}",
        base64url::encode(header.as_bytes()),
        base64url::encode(&claims)
    );
    let signature = key.sign(text.as_bytes());
    text.push('.');
    text.push_str(&base64url::encode(&signature));
    if text.len() > T::BYTES_MAX {
        return Err(SealRefusal::TooLong {
            limit: T::BYTES_MAX,
        });
    }
    Ok(Verified {
        value: document,
        text: text.into(),
        key: kid.clone(),
    })
}

#[cfg(test)]
#[path = "jws_tests.rs"]
mod tests;
