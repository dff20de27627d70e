//! What is stored of people: as little as works, and at their home alone.

use rules::passport::status;
use rules::visit::{CORRECTION_SECONDS, RECEIPT_SECONDS_MAX};
use serde::{Deserialize, Serialize};
use wire::disclosure::Disclosed;
use wire::receipt::ProofBy;
use wire::{Sha256Hash, Timestamp};

use crate::access::Role;
use crate::exchange::CarrierId;

/// Where a membership stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberState {
    /// The member may work here and elsewhere.
    Active,
    /// Not now.
    Paused,
    /// Not any more.
    Ended,
}

impl MemberState {
    /// What a status list says of a passport of a member in this state.
    pub(crate) const fn status(self, is_revoked: bool) -> u8 {
        match (is_revoked, self) {
            (true, _) | (_, Self::Ended) => status::INVALID,
            (false, Self::Paused) => status::SUSPENDED,
            (false, Self::Active) => status::VALID,
        }
    }
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) formula: String,
    pub(crate) half_days: u64,
    pub(crate) state: MemberState,
    pub(crate) since: Timestamp,
    /// What the member may disclose beside a passport, each only if they want.
    pub(crate) full_name: Option<String>,
    pub(crate) organisation: Option<String>,
    pub(crate) portrait: Option<Sha256Hash>,
}

impl Member {
    /// What the member may disclose.
    pub(crate) fn may_disclose(&self) -> Disclosed {
        Disclosed {
            full_name: self.full_name.clone(),
            organisation: self.organisation.clone(),
            portrait: self.portrait,
        }
    }
}

/// A code that puts a passport on a phone, by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enrolment {
    pub(crate) member: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) used: Option<EnrolmentUse>,
}

/// What a code was used for: the same again gets the same passports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EnrolmentUse {
    pub(crate) jwks: Vec<serde_json::Value>,
    /// One for each key, with its disclosures.
    pub(crate) passports: Vec<String>,
}

/// A passport that was issued, by its place in a status list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Issued {
    /// Whose it is; empty once no receipt of theirs can come any more.
    pub(crate) member: String,
    pub(crate) exp: Timestamp,
    pub(crate) is_revoked: bool,
    pub(crate) status: u8,
    /// What carries it: a phone, through all its renewals, or a card.
    pub(crate) carrier: CarrierId,
    pub(crate) by: ProofBy,
    /// When the carrier got its first passport.
    pub(crate) since: Timestamp,
    /// When this one was signed; in the passport stands the day alone.
    pub(crate) signed_at: Timestamp,
    /// The place of the first passport of its batch.
    pub(crate) batch: Place,
    /// The digest of the passport: by it the home knows its own although a key was stolen
    /// by which somebody else could have made it up.
    pub(crate) digest: Sha256Hash,
    /// What was given with it, to be disclosed: what proves a visit is matched by it.
    pub(crate) disclosures: Vec<String>,
    /// What the holder renewed the batch to; with its first passport alone.
    pub(crate) renewed: Option<EnrolmentUse>,
}

impl Issued {
    /// Whether a receipt of a visit with this passport may still come.
    pub(crate) fn is_known(&self, now: Timestamp) -> bool {
        let late = RECEIPT_SECONDS_MAX + CORRECTION_SECONDS;
        self.exp.plus_seconds(late) > now
    }
}

/// A place in one of this home's status lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The number of the list, from 1.
    pub(crate) list: u32,
    /// The place in it.
    pub(crate) at: u32,
}

/// A place in a status list that no passport has, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decoy {
    pub(crate) status: u8,
}

/// What somebody may do here, by the hash of their token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credential {
    pub(crate) role: Role,
    pub(crate) name: String,
    pub(crate) added_at: Timestamp,
    pub(crate) is_revoked: bool,
}

/// A code that makes a credential, by its hash. It goes when it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessCode {
    pub(crate) role: Role,
    pub(crate) name: String,
    pub(crate) expires_at: Timestamp,
    /// The credential of the operator who gave it, by its id; none for a command.
    pub(crate) given_by: Option<String>,
}

/// A showing that was let in, by its nonce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Showing {
    pub(crate) until: Timestamp,
}
