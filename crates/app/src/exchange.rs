//! What is stored of visits, and of what two nodes ask each other about them.

use std::fmt;

use seal::Thumbprint;
use serde::{Deserialize, Serialize};
use store::Key;
use wire::receipt::{CreditReason, DayHours, Ending, HalfDay, ProofBy, VisitValue};
use wire::registration::NoticeState;
use wire::request::AnswerResult;
use wire::{EntityId, Sha256Hash, Timestamp};

/// Makes the ids of one kind of thing: eight bytes of the moment, so that they lie in
/// the order in which they were made, and eight that nobody can guess.
macro_rules! id_kind {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id that is written so: 22 letters of base64url.
            pub fn parse(text: &str) -> Option<Self> {
                let bytes = seal::base64url::decode(text).ok()?;
                bytes.try_into().ok().map(Self)
            }

            pub(crate) fn new(at: Timestamp, chance: [u8; 8]) -> Self {
                let mut bytes = [0; 16];
                let parts = at.0.to_be_bytes().into_iter().chain(chance);
                bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&seal::base64url::encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an id"))
            }
        }
    };
}

/// For ids by which the store finds things.
macro_rules! key_kind {
    ($name:ident) => {
        impl $name {
            pub(crate) const fn bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// The id that a key ends with.
            pub(crate) fn of_key(key: &store::Key) -> Option<Self> {
                Self::of_bytes(key.rest())
            }

            pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }
    };
}

id_kind!(
    /// A visit at this host.
    VisitId
);
id_kind!(
    /// A receipt of this host.
    ReceiptId
);
id_kind!(
    /// What this node asks another, the same at every attempt.
    Op
);
id_kind!(
    /// What carries a member's passports: a phone, or a card.
    CarrierId
);
id_kind!(
    /// A member's registration for an event.
    RegistrationId
);
key_kind!(VisitId);
key_kind!(ReceiptId);
key_kind!(Op);
key_kind!(RegistrationId);

/// A visit at this host: who it was stands beside it, for as long as it is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) home: EntityId,
    /// Which passport, as a digest of its place.
    pub(crate) guest: Sha256Hash,
    pub(crate) arrived: Timestamp,
    pub(crate) by: ProofBy,
    /// The day at this host, and its hours when the visitor came.
    pub(crate) date: String,
    pub(crate) hours: DayHours,
    /// What one half-day, and two, were worth when the visitor came.
    pub(crate) values: [Option<VisitValue>; 2],
    pub(crate) state: VisitState,
    /// Its receipts, the oldest first; all but the last were taken back.
    pub(crate) receipts: Vec<ReceiptId>,
}

/// Where a visit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VisitState {
    /// The visitor is here.
    Here,
    /// They left.
    Ended {
        left: Timestamp,
        ending: Ending,
        half_days: Vec<HalfDay>,
    },
    /// There was no visit: a steward said so.
    NotHere { at: Timestamp },
}

/// Who visits: what the steward sees, and what proves it to the home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Visitor {
    pub(crate) name: String,
    pub(crate) formula: String,
    pub(crate) presentation: String,
}

/// What a passport has used at this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guest {
    /// The visit under way.
    pub(crate) here: Option<VisitId>,
    /// What was counted, by visit.
    pub(crate) counted: Vec<Counted>,
    /// Until when the passport holds.
    pub(crate) until: Timestamp,
}

/// What one visit counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) visit: VisitId,
    pub(crate) date: String,
    pub(crate) half_days: Vec<HalfDay>,
}

/// A receipt that this host signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IssuedReceipt {
    pub(crate) home: EntityId,
    pub(crate) visit: VisitId,
    pub(crate) text: String,
    pub(crate) fate: Fate,
    /// What the home has signed: the proof of what became of it.
    pub(crate) answer: Option<String>,
    pub(crate) credit: Option<IssuedCredit>,
}

/// What takes a receipt of this host back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IssuedCredit {
    pub(crate) text: String,
    pub(crate) fate: Fate,
    /// What the home has signed.
    pub(crate) answer: Option<String>,
}

/// What became of a document that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It waits in the outbox.
    Waiting {
        /// As this.
        op: Op,
    },
    /// The home has accepted it.
    Accepted {
        /// When the answer came.
        at: Timestamp,
    },
    /// The home has refused it.
    Refused {
        /// When the answer came.
        at: Timestamp,
        /// Why, as a stable code.
        code: String,
    },
    /// Nobody answered for as long as a receipt may take.
    GivenUp {
        /// When it was given up.
        at: Timestamp,
    },
    /// A credit of a receipt that was refused: there is nothing to take back.
    Moot {
        /// When the refusal came.
        at: Timestamp,
    },
}

/// A request that waits for its answer. Its body is put together from what it is about,
/// the same at every attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    pub(crate) to: EntityId,
    pub(crate) about: About,
    pub(crate) made_at: Timestamp,
    /// What must be answered first.
    pub(crate) after: Option<Op>,
    /// What else must be: of a receipt, all credits that give back what it may claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) also_after: Vec<Op>,
    pub(crate) state: OutgoingState,
}

impl Outgoing {
    /// All that must be answered first.
    pub(crate) fn afters(&self) -> impl Iterator<Item = Op> + '_ {
        self.after.iter().chain(&self.also_after).copied()
    }
}

/// The name of a key, as part of a key of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(Sha256Hash);

impl KeyId {
    /// The key of this name. A thumbprint is the text of 32 bytes.
    pub fn of(name: &Thumbprint) -> Self {
        let bytes = seal::base64url::decode(name.as_str()).unwrap_or_default();
        Self(Sha256Hash(bytes.try_into().unwrap_or_default()))
    }

    /// The name of the key under which something of it lies.
    pub(crate) fn of_key(key: &Key) -> Option<Self> {
        key.rest().try_into().ok().map(|it| Self(Sha256Hash(it)))
    }

    pub(crate) const fn bytes(self) -> [u8; 32] {
        self.0.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a request hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A receipt.
    Receipt(ReceiptId),
    /// The credit of a receipt.
    Credit(ReceiptId),
    /// A member's registration for an event of another node.
    Registration(RegistrationId),
    /// That a registration is given back.
    Cancellation(RegistrationId),
    /// That a `fed` key shall follow another.
    KeyUpdate(KeyId),
    /// That a key has ended.
    KeyRevocation(KeyId),
    /// What changed of a registration of another home's member.
    Notice {
        /// The registration.
        registration: RegistrationId,
        /// Which change: 2 for the first after the answer.
        revision: u64,
        /// What it is now.
        state: NoticeState,
    },
    /// That this space asks for the label.
    Application,
}

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutgoingState {
    /// It is sent until it is answered.
    Waiting,
    /// It was refused, or nobody answered: a person looks.
    Dead { at: Timestamp, why: String },
}

/// What somebody was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) by: EntityId,
    pub(crate) op: String,
    pub(crate) kind: String,
    pub(crate) body: Sha256Hash,
    pub(crate) result: AnswerResult,
    pub(crate) code: Option<String>,
    /// The place in a waiting list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rank: Option<u64>,
    pub(crate) at: Timestamp,
    /// Whether the question changed anything here.
    pub(crate) has_changed: bool,
    /// The request as it was signed.
    pub(crate) request: String,
    /// The first request of the same `op` with another body, as evidence.
    pub(crate) conflict: Option<Conflict>,
}

/// A second question under a name that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Conflict {
    pub(crate) at: Timestamp,
    pub(crate) request: String,
}

/// An attempt that was answered, so that it is not answered twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempted {
    pub(crate) until: Timestamp,
}

/// A receipt that this home accepted, under the member that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) host: EntityId,
    pub(crate) id: String,
    pub(crate) date: String,
    pub(crate) arrived: Timestamp,
    pub(crate) left: Timestamp,
    pub(crate) half_days: Vec<HalfDay>,
    pub(crate) by: ProofBy,
    pub(crate) text: String,
    pub(crate) proof: String,
    pub(crate) accepted_at: Timestamp,
    pub(crate) credit: Option<TakenCredit>,
}

/// What took a receipt back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TakenCredit {
    pub(crate) reason: CreditReason,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
}

/// Where a receipt of a host lies: under which member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TakenPlace {
    pub(crate) member: String,
}

/// Which receipt a proof stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProofUse {
    /// The receipt's id; none once it was credited.
    pub(crate) receipt: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lie_in_the_order_in_which_they_were_made() {
        let early = VisitId::new(Timestamp(255), [0xff; 8]);
        let late = VisitId::new(Timestamp(256), [0; 8]);
        assert!(early < late);
        assert_eq!(VisitId::parse(&early.to_string()), Some(early));
        assert_eq!(VisitId::parse("x"), None);
        assert_eq!(VisitId::parse(&format!("{early}A")), None);
    }
}
