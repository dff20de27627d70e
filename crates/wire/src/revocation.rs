//! The end of a key, and the word by which another takes its place.
//!
//! A key ends at a position of its owner's feed, not at a time: whoever stole it can
//! write any time into what it signs, and no position that others have read.
//!
//! Specified in `specs/keys.md`.

use seal::checks::holds;
use seal::{Malformed, Thumbprint};
use serde::{Deserialize, Serialize};

use crate::document::{Claims, Jwks, require, sealed_kind};
pub use crate::federation::RevocationReason;
use crate::request::Request;
use crate::{EntityId, Sha256Hash, Timestamp, shape};

/// The kind of a record whose body is a [`KeyRevocation`]; its id is [`id_of`].
pub const KEY_REVOCATION_KIND: &str = "key-revocation";

/// The id of the record that says of a key of a space that it ended: nobody says so under
/// the name of another.
pub fn id_of(space: &EntityId, key: &Thumbprint) -> String {
    format!("{space}#{key}")
}

/// That a key of a space is void after a position of its feed (`escale-revocation+jwt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRevocation {
    /// Who says so: the space, by its `fed` key, of an `ops` key; or its coordinator.
    pub iss: EntityId,
    /// Whose key it is.
    pub sub: EntityId,
    /// When it was signed.
    pub iat: Timestamp,
    /// The thumbprint of the key.
    pub kid: String,
    /// The last record that the key's word may stand behind, and which record that is.
    pub last: LastGood,
    /// Why.
    pub reason: RevocationReason,
}

/// The last good position of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastGood {
    /// Its epoch.
    pub epoch: u64,
    /// Its position, from 1.
    pub seq: u64,
    /// The hash of the record there.
    pub hash: Sha256Hash,
}

sealed_kind!(KeyRevocation, "escale-revocation+jwt", 2 * 1024);

impl Claims for KeyRevocation {
    fn check(&self) -> Result<(), Malformed> {
        require(holds("revocation_key", self.ended().is_some()), "kid")?;
        let is_there = self.last.epoch >= 1 && self.last.seq >= 1;
        require(holds("revocation_last", is_there), "last")
    }
}

impl KeyRevocation {
    /// The key that ended. Always there in a document that was read.
    pub fn ended(&self) -> Option<Thumbprint> {
        Thumbprint::parse(&self.kid)
    }
}

/// By which the `fed` key that a coordinator knows names the one that follows it
/// (`escale-key-update+jwt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUpdate {
    /// The space.
    pub iss: EntityId,
    /// Its coordinator, and nobody else.
    pub aud: EntityId,
    /// When it was signed.
    pub iat: Timestamp,
    /// The new `fed` key alone.
    pub jwks: Jwks,
}

sealed_kind!(KeyUpdate, "escale-key-update+jwt", 2 * 1024);

impl Claims for KeyUpdate {
    fn check(&self) -> Result<(), Malformed> {
        self.jwks.check()?;
        let is_one = self.jwks.keys.len() == 1;
        require(holds("update_one_key", is_one), "jwks")
    }
}

/// The kind of a request that asks for a new `fed` key.
pub const KEY_UPDATE_KIND: &str = "key-update";

/// The body of a request of kind [`KEY_UPDATE_KIND`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUpdateBody {
    /// A [`KeyUpdate`], compact, signed by the `fed` key that is in force.
    pub update: String,
    /// An Entity Configuration, compact, signed by the new key: whoever asks has it.
    pub entity_configuration: String,
}

impl KeyUpdateBody {
    /// Takes the body of a request of kind [`KEY_UPDATE_KIND`].
    pub fn of(request: &Request) -> Result<Self, Malformed> {
        require(request.kind == KEY_UPDATE_KIND, "a request of another kind")?;
        shape::read(request.body.clone())
    }
}

/// The body of a request of kind [`KEY_REVOCATION_KIND`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRevocationBody {
    /// A [`KeyRevocation`], compact, signed by the `fed` key of whoever asks.
    pub revocation: String,
}

impl KeyRevocationBody {
    /// Takes the body of a request of kind [`KEY_REVOCATION_KIND`].
    pub fn of(request: &Request) -> Result<Self, Malformed> {
        require(
            request.kind == KEY_REVOCATION_KIND,
            "a request of another kind",
        )?;
        shape::read(request.body.clone())
    }
}
