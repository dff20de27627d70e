//! The forms in which things rest in the store.
//!
//! They are this software's own business: no other node reads them. Each is JSON
//! with a form number; records and the pointers to them have leaner forms too. A number that is not known
//! is an error, never a guess.

mod bytes;
mod latest;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use seal::{Jwk, KeySet, PublicKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Key, Versioned};
use wire::feed::Head;
use wire::receipt::RecordReference;
use wire::trust::NodeRole;
use wire::{EntityId, Sha256Hash, Timestamp};

use rules::feed::Tip;

use crate::Fault;

pub(crate) use self::latest::Latest;
pub(crate) use self::record::Record;

/// The form of everything here.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Formed<T> {
    form: u32,
    #[serde(flatten)]
    value: T,
}

pub(crate) fn encode<T: Serialize>(key: &Key, value: &T) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(&Formed { form: FORM, value }).map_err(|_| Fault::Form {
        key: key.to_string(),
    })
}

pub(crate) fn decode<T: DeserializeOwned>(key: &Key, found: &Versioned) -> Result<T, Fault> {
    let unknown = || Fault::Form {
        key: key.to_string(),
    };
    let formed: Formed<T> = serde_json::from_slice(&found.value).map_err(|_| unknown())?;
    if formed.form == FORM {
        Ok(formed.value)
    } else {
        Err(unknown())
    }
}

/// What is stored under a key as JSON, for whoever looks into a store: of what rests in
/// packed form, the JSON of its form number 1.
pub fn legible(key: &Key, value: &[u8]) -> Option<serde_json::Value> {
    let found = Versioned {
        value: value.to_vec(),
        version: store::Position::default(),
    };
    let text = match key.prefix() {
        crate::keys::RECORDS => encode(key, &Record::decode(key, &found).ok()?).ok()?,
        crate::keys::LATEST => encode(key, &Latest::decode(key, &found).ok()?).ok()?,
        _ => found.value,
    };
    serde_json::from_slice(&text).ok()
}

/// Who this node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Founding {
    pub(crate) entity: EntityId,
    pub(crate) role: NodeRole,
    pub(crate) coordinator: EntityId,
    pub(crate) root: Jwk,
    pub(crate) founded_at: Timestamp,
}

/// How far a feed is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Feed {
    pub(crate) entity: EntityId,
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
    pub(crate) hash: Option<Sha256Hash>,
    pub(crate) coordinator_fed: Vec<Jwk>,
    pub(crate) ops: Vec<Jwk>,
    /// The `ops` keys that were in force once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) former: Vec<Jwk>,
    /// The revoked keys against which what is held was compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) revoked: Vec<String>,
    /// Which coordinator said by which keys what is held was to be opened, where it is not
    /// that of the label in which the node was founded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<EntityId>,
    pub(crate) head: Option<StoredHead>,
    pub(crate) pulled_at: Option<Timestamp>,
    pub(crate) refusal: Option<String>,
}

/// With which words this space last asked for the label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnApplication {
    pub(crate) note: String,
    pub(crate) since: Timestamp,
}

/// A head that was verified when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredHead {
    pub(crate) text: String,
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
    pub(crate) iat: Timestamp,
    pub(crate) exp: Timestamp,
}

impl StoredHead {
    pub(crate) fn new(head: &seal::Verified<Head>) -> Self {
        Self {
            text: head.as_str().to_owned(),
            epoch: head.epoch,
            seq: head.seq,
            iat: head.iat,
            exp: head.exp,
        }
    }

    /// Whether this head says more than `other`: a later position, or the same one
    /// at a later time.
    pub(crate) fn is_after(&self, other: &Self) -> bool {
        (self.epoch, self.seq, self.iat) > (other.epoch, other.seq, other.iat)
    }
}

impl Feed {
    /// Before the first record.
    pub(crate) fn start(entity: &EntityId) -> Self {
        Self {
            entity: entity.clone(),
            epoch: 1,
            seq: 0,
            hash: None,
            coordinator_fed: Vec::new(),
            ops: Vec::new(),
            former: Vec::new(),
            revoked: Vec::new(),
            by: None,
            head: None,
            pulled_at: None,
            refusal: None,
        }
    }

    /// Whether its author's last page went another way than what is held.
    pub(crate) fn has_parted(&self) -> bool {
        self.refusal.as_deref() == Some("feed_fork")
    }

    /// The tip, with its keys checked again.
    pub(crate) fn tip(&self) -> Result<Tip, Fault> {
        let keys = |jwks: &[Jwk]| {
            if jwks.is_empty() {
                return Ok(None);
            }
            let keys = jwks
                .iter()
                .map(PublicKey::try_from)
                .collect::<Result<_, _>>();
            let form = |_| Fault::Form {
                key: crate::keys::feed(&self.entity).to_string(),
            };
            keys.and_then(KeySet::new).map(Some).map_err(form)
        };
        Ok(Tip {
            epoch: self.epoch,
            seq: self.seq,
            hash: self.hash,
            coordinator_fed: keys(&self.coordinator_fed)?,
            ops: keys(&self.ops)?,
            former: keys(&self.former)?,
        })
    }

    pub(crate) fn move_to(&mut self, tip: &Tip) {
        let jwks = |keys: &Option<KeySet>| -> Vec<Jwk> {
            keys.iter().flat_map(KeySet::iter).map(Jwk::from).collect()
        };
        self.epoch = tip.epoch;
        self.seq = tip.seq;
        self.hash = tip.hash;
        self.coordinator_fed = jwks(&tip.coordinator_fed);
        self.ops = jwks(&tip.ops);
        self.former = jwks(&tip.former);
    }
}

/// Two words of one author that contradict each other, as they were signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parting {
    pub(crate) entity: EntityId,
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
    pub(crate) one: String,
    pub(crate) other: String,
    pub(crate) seen_at: Timestamp,
    /// Who was shown it.
    pub(crate) told: BTreeSet<EntityId>,
}

/// What this node knows of how its own feed stands, beside the feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnFeed {
    /// By what the folder was known when the node last stood in it.
    pub(crate) here: Option<String>,
    /// By what it is known when its file has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// Whether a partner must say first how far it knows the feed.
    pub(crate) is_unconfirmed: bool,
    /// Whether another machine writes under this name, which only a person can end.
    pub(crate) is_divided: bool,
    /// Whether a new epoch shall open as soon as it is known after what.
    pub(crate) takes_over: bool,
    /// Of status lists up to this number no place is given any more: which were given is
    /// not known.
    pub(crate) lists_closed: u32,
    /// When that was last so.
    pub(crate) closed_at: Option<Timestamp>,
}

/// A coordinator's invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invitation {
    pub(crate) entity: EntityId,
    pub(crate) invited_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// The epoch in which the space's feed begins, where a feed was heard under its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) anew: Option<u64>,
    /// Whether it belongs, and whoever joins by this takes its place.
    #[serde(default)]
    pub(crate) replaces: bool,
    pub(crate) used: Option<InvitationUse>,
}

/// What an invitation was used for: the same again gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InvitationUse {
    pub(crate) op: String,
    pub(crate) fed: Jwk,
    pub(crate) at: Timestamp,
}

/// What is to become of one of this node's own keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub(crate) enum KeyTurn {
    /// An `ops` key that another has followed, and that is named until then.
    Ending { until: Timestamp },
    /// An `ops` key that is not named any more since a record of the own feed, because
    /// somebody else may have it. That is to be said to the coordinators.
    Stolen { named_until: RecordReference },
    /// The same, said so: the revocation, compact.
    Revoked {
        revocation: String,
        /// The coordinators that have accepted it, where others have not.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        told: BTreeSet<EntityId>,
    },
    /// A `fed` key that shall follow another, with what proves it to the coordinator.
    Following {
        /// To the coordinator of the first label.
        update: String,
        /// To the coordinators of further labels.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        further: BTreeMap<EntityId, String>,
        entity_configuration: String,
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        told: BTreeSet<EntityId>,
    },
}

/// A label that a space has joined since it was founded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FurtherLabel {
    pub(crate) coordinator: EntityId,
    pub(crate) root: Jwk,
    /// Since when it asks to be admitted: the order of the labels.
    pub(crate) since: Timestamp,
    pub(crate) joining: Joining,
}

/// A space's own attempt to join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub(crate) enum Joining {
    Asking { secret: String, op: String },
    Accepted { at: Timestamp },
    Refused { at: Timestamp, code: String },
}

#[cfg(test)]
#[path = "stored_tests.rs"]
mod tests;
