//! The one-time code by which a space joins: handed over by people, not by nodes.

use seal::checks::holds;
use seal::{Jwk, Malformed};
use serde::{Deserialize, Serialize};

use crate::document::{printable_error, require};
use crate::{EntityId, shape};

/// Everything that a new space needs to know of its label, and the secret that
/// proves that the coordinator meant it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The coordinator.
    pub coordinator: EntityId,
    /// The label's root key, pinned from here on.
    pub root_key: Jwk,
    /// The space that is invited, under this name only.
    pub entity: EntityId,
    /// 16 random bytes in base64url.
    pub secret: String,
    /// The epoch in which the space's feed begins, where it is not the first: it lost its
    /// keys and is admitted anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
}

const PREFIX: &str = "escale-invitation.";

/// The most bytes of a code.
pub const INVITATION_BYTES_MAX: usize = 2_048;

impl Invitation {
    /// The code as it is handed over: one word without spaces.
    pub fn to_code(&self) -> Result<String, Malformed> {
        let json = serde_json::to_vec(self).map_err(|error| Malformed(printable_error(&error)))?;
        Ok(format!("{PREFIX}{}", seal::base64url::encode(&json)))
    }

    /// Reads a code; white space around it and line breaks that a mail program put
    /// inside are dropped.
    pub fn from_code(code: &str) -> Result<Self, Malformed> {
        require(
            holds("invitation_length", code.len() <= INVITATION_BYTES_MAX),
            "too long for an invitation",
        )?;
        let code: String = code.split_whitespace().collect();
        let json = code
            .strip_prefix(PREFIX)
            .and_then(|rest| seal::base64url::decode(rest).ok())
            .ok_or_else(|| Malformed("not an invitation code, or not all of it".to_owned()))?;
        let value = seal::json::parse(&json).map_err(|refusal| Malformed(refusal.to_string()))?;
        let invitation: Self = shape::read(value)?;
        let key = seal::PublicKey::try_from(&invitation.root_key);
        key.map_err(|refusal| Malformed(format!("root_key: {refusal}")))?;
        require(
            holds("invitation_epoch", invitation.epoch != Some(0)),
            "epoch",
        )?;
        Ok(invitation)
    }
}
