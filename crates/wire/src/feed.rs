//! Feeds: records in a chain, the head that shows their end, and pages of both.

use seal::Malformed;
use seal::checks::holds;
use serde::{Deserialize, Serialize};

use crate::document::{Claims, require, sealed_kind};
use crate::{EntityId, Sha256Hash, Timestamp, shape};

/// The most bytes of a record's body.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

/// The bytes of a record's salt: fixed, so that salt and body cannot be shifted
/// against each other.
pub const SALT_BYTES: usize = 16;

/// The most records of one page.
pub const PAGE_RECORDS_MAX: usize = 100;

/// A page is ended once its records are this long, so that it always fits
/// [`PAGE_BYTES_MAX`]: 512 KiB.
pub const PAGE_BYTES_AIM: usize = 512 * 1024;

/// The most bytes of a page as it travels: the aim, and one record with a body of
/// which every byte is escaped to six.
pub const PAGE_BYTES_MAX: usize = PAGE_BYTES_AIM * 6 + 128 * 1024;

/// The media type of a page.
pub const PAGE_MEDIA_TYPE: &str = "application/escale-feed+json";

/// One entry of a feed (`escale-record+jwt`): who says what at which position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The author.
    pub iss: EntityId,
    /// The feed's life: 1, and one more each time that a fork was healed.
    pub epoch: u64,
    /// The position: 1 for the first record, then rising by one.
    pub seq: u64,
    /// SHA-256 of the compact form of the record before; absent at position 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Sha256Hash>,
    /// When it was written. It orders nothing.
    pub iat: Timestamp,
    /// What it is about; readers keep and relay kinds that they do not know.
    pub kind: String,
    /// Which one of its kind.
    pub id: String,
    /// 1 for the first record of this kind and id, then rising by one.
    pub rev: u64,
    /// SHA-256 of salt and body, which travel beside the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<Sha256Hash>,
    /// Present, and true, where the record says that there is none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<bool>,
}

sealed_kind!(Record, "escale-record+jwt", 2 * 1024);

/// The most bytes of a kind's name.
pub const KIND_BYTES_MAX: usize = 40;

/// The most bytes of a record's id; an entity identifier fits.
pub const ID_BYTES_MAX: usize = 300;

impl Claims for Record {
    fn check(&self) -> Result<(), Malformed> {
        require(
            holds(
                "record_counted",
                self.epoch >= 1 && self.seq >= 1 && self.rev >= 1,
            ),
            "counted from 1",
        )?;
        require(
            holds("record_prev", self.prev.is_some() == (self.seq > 1)),
            "prev",
        )?;
        let is_kind = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_named = (1..=KIND_BYTES_MAX).contains(&self.kind.len());
        require(
            holds("record_kind", is_named && self.kind.bytes().all(is_kind)),
            "kind",
        )?;
        require(
            holds("record_id", (1..=ID_BYTES_MAX).contains(&self.id.len())),
            "id",
        )?;
        match (self.body_sha256, self.removed) {
            (Some(_), None) | (None, Some(true)) => Ok(()),
            _ if holds("record_says_one", false) => Ok(()),
            _ => Err(Malformed("either body_sha256 or removed: true".to_owned())),
        }
    }
}

/// A record's body as it travels and rests: a salt, so that a dropped body cannot
/// be guessed from its digest, and the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Random bytes.
    pub salt: [u8; SALT_BYTES],
    /// What was published.
    pub text: String,
}

impl Body {
    /// What a record of this body carries as `body_sha256`.
    pub fn digest(&self) -> Sha256Hash {
        Sha256Hash::of(&[&self.salt, self.text.as_bytes()])
    }
}

/// A feed's end (`escale-head+jwt`), signed often: nothing up to `seq` is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The author.
    pub iss: EntityId,
    /// The epoch of the last record.
    pub epoch: u64,
    /// The position of the last record.
    pub seq: u64,
    /// SHA-256 of the compact form of the last record.
    pub hash: Sha256Hash,
    /// When it was signed.
    pub iat: Timestamp,
    /// Until when it is fresh.
    pub exp: Timestamp,
}

sealed_kind!(Head, "escale-head+jwt", 2 * 1024);

impl Claims for Head {
    fn check(&self) -> Result<(), Malformed> {
        require(
            holds("head_counted", self.epoch >= 1 && self.seq >= 1),
            "counted from 1",
        )?;
        require(
            holds("head_ends_later", self.exp > self.iat),
            "exp is not after iat",
        )
    }
}

/// What `GET /federation/v1/feed` answers: a head, and the records after a
/// position. Nothing of it is signed but what is inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The author's head, compact.
    pub head: String,
    /// The records in order.
    pub records: Vec<PageRecord>,
}

/// A record of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRecord {
    /// The record, compact.
    pub record: String,
    /// The salt in base64url, with `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The body. A record that removes has none; of some kinds it may have been dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl Page {
    /// Reads a page strictly.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let value = seal::json::parse(bytes).map_err(|refusal| Malformed(refusal.to_string()))?;
        let page: Self = shape::read(value)?;
        require(
            holds("page_records", page.records.len() <= PAGE_RECORDS_MAX),
            "more records than a page may have",
        )?;
        Ok(page)
    }
}

impl PageRecord {
    /// A record and its body, ready to travel.
    pub fn new(record: &str, body: Option<&Body>) -> Self {
        Self {
            record: record.to_owned(),
            salt: body.map(|body| seal::base64url::encode(&body.salt)),
            body: body.map(|body| body.text.clone()),
        }
    }

    /// The body, if it came along, with its form checked.
    pub fn body(&self) -> Result<Option<Body>, Malformed> {
        let (salt, text) = match (&self.salt, &self.body) {
            (Some(salt), Some(text)) => (salt, text),
            (None, None) => return Ok(None),
            _ => return Err(Malformed("salt and body go together".to_owned())),
        };
        require(
            holds("record_body_length", text.len() <= BODY_BYTES_MAX),
            "a body over its limit",
        )?;
        let salt = seal::base64url::decode(salt)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| Malformed("salt".to_owned()))?;
        Ok(Some(Body {
            salt,
            text: text.clone(),
        }))
    }

    /// How much of a page it takes.
    pub fn bytes(&self) -> usize {
        self.record.len() + self.body.as_ref().map_or(0, String::len) + 64
    }
}
