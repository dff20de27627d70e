//! What all sealed documents share: claims by their shape, then limits by hand.

use seal::{Jwk, KeyRefusal, KeySet, Malformed, PublicKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::shape;

/// Claims that know their own limits.
pub(crate) trait Claims: Serialize + DeserializeOwned {
    /// Refuses what the types alone let pass.
    fn check(&self) -> Result<(), Malformed>;
}

pub(crate) fn from_claims<T: Claims>(claims: Value) -> Result<T, Malformed> {
    let value: T = shape::read(claims)?;
    value.check()?;
    Ok(value)
}

pub(crate) fn to_claims<T: Claims>(value: &T) -> Result<Vec<u8>, Malformed> {
    value.check()?;
    serde_json::to_vec(value).map_err(|error| Malformed(printable_error(&error)))
}

pub(crate) fn printable_error(error: &serde_json::Error) -> String {
    crate::printable(&error.to_string(), 200)
}

/// Gives a type of claims its header's `typ` and its size limit.
macro_rules! sealed_kind {
    ($type:ty, $typ:literal, $bytes_max:expr) => {
        impl seal::Document for $type {
            const TYP: &'static str = $typ;
            const BYTES_MAX: usize = $bytes_max;

            fn from_claims(claims: serde_json::Value) -> Result<Self, seal::Malformed> {
                crate::document::from_claims(claims)
            }

            fn to_claims(&self) -> Result<Vec<u8>, seal::Malformed> {
                crate::document::to_claims(self)
            }
        }
    };
}
pub(crate) use sealed_kind;

/// A JWK set (RFC 7517 §5) of Ed25519 signature keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// One to eight keys.
    pub keys: Vec<Jwk>,
}

impl Jwks {
    /// The set of `key` alone.
    pub fn of(key: &PublicKey) -> Self {
        Self {
            keys: vec![Jwk::from(key)],
        }
    }

    /// The keys, each checked.
    pub fn key_set(&self) -> Result<KeySet, KeyRefusal> {
        self.keys
            .iter()
            .map(PublicKey::try_from)
            .collect::<Result<_, _>>()
            .and_then(KeySet::new)
    }

    pub(crate) fn check(&self) -> Result<(), Malformed> {
        self.key_set()
            .map(|_| ())
            .map_err(|refusal| Malformed(format!("jwks: {refusal}")))
    }
}

pub(crate) fn require(holds: bool, what: &str) -> Result<(), Malformed> {
    if holds {
        Ok(())
    } else {
        Err(Malformed(what.to_owned()))
    }
}
