//! How a record rests: most of what a store holds is records, so what the text of one
//! takes beyond what it says is left out.
//!
//! The form number 2 of a record is bytes, in this order; a number is written as in
//! `bytes`, and what has no length of its own comes after its length.
//!
//! | what | when |
//! | --- | --- |
//! | 2 | |
//! | the sum of 1 (a body), 2 (the usual header), 4 (the usual claims), 8 (`prev`) | |
//! | the salt, 16 bytes | a body |
//! | the thumbprint, 32 bytes | the usual header |
//! | the header | another |
//! | `iss`, `epoch`, `seq`, `iat`, `kind`, `id`, `rev` | the usual claims |
//! | `prev`, 32 bytes | the usual claims, with it |
//! | the claims | others |
//! | the signature, 64 bytes | |
//! | the body, to the end | a body |
//!
//! Usual is what this software writes itself, with all members in their order and no other.
//! Usual claims have the digest of the body where there is one, and say `removed` where
//! there is none.
//!
//! The form number 1 is JSON. It is read as ever, and written where the parts of a record
//! are not put together again to the same text.
//!
//! **Invariant:** what is written in form 2 was put together again before, and was the text
//! that came, byte for byte.

use seal::base64url;
use serde::{Deserialize, Serialize};
use store::{Key, Versioned};
use wire::Sha256Hash;
use wire::feed::{Body, PageRecord, SALT_BYTES};

use super::bytes::{put_counted, put_number, take, take_counted, take_number, take_text};
use crate::Fault;

/// A record as it came, with its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_field_names, reason = "a page calls it so too")]
pub(crate) struct Record {
    pub(crate) record: String,
    pub(crate) salt: Option<[u8; SALT_BYTES]>,
    pub(crate) body: Option<String>,
}

/// The form number 1. A record itself cannot be read as JSON alone: who tried would not
/// read what is packed.
#[derive(Deserialize)]
struct Written {
    record: String,
    salt: Option<[u8; SALT_BYTES]>,
    body: Option<String>,
}

/// The number of the packed form; JSON begins otherwise.
const PACKED: u8 = 2;

/// There is a body, and its salt.
const HAS_BODY: u8 = 1;

/// The header has the members and the order that [`seal::sign`] writes.
const HAS_USUAL_HEADER: u8 = 2;

/// So have the claims, and what follows from the body is left out.
const HAS_USUAL_CLAIMS: u8 = 4;

/// There is a `prev` among the usual claims.
const HAS_PREV: u8 = 8;

const ALL_FLAGS: u8 = HAS_BODY | HAS_USUAL_HEADER | HAS_USUAL_CLAIMS | HAS_PREV;

const DIGEST_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;

/// What stands around the thumbprint in the usual header.
const USUAL_HEADER: [&str; 2] = [
    r#"{"alg":"EdDSA","kid":""#,
    r#"","typ":"escale-record+jwt"}"#,
];

impl Record {
    pub(crate) fn new(record: &str, body: Option<&Body>) -> Self {
        Self {
            record: record.to_owned(),
            salt: body.map(|body| body.salt),
            body: body.map(|body| body.text.clone()),
        }
    }

    pub(crate) fn to_page(&self) -> PageRecord {
        PageRecord {
            record: self.record.clone(),
            salt: self.salt.map(|salt| base64url::encode(&salt)),
            body: self.body.clone(),
        }
    }

    /// What is stored of a record that says this.
    pub(crate) fn encode(&self, key: &Key, said: &wire::feed::Record) -> Result<Vec<u8>, Fault> {
        let is_this = |packed: &Vec<u8>| Self::unpack(packed).as_ref() == Some(self);
        let usual = self.pack(Some(said)).filter(is_this);
        match usual.or_else(|| self.pack(None).filter(is_this)) {
            Some(packed) => Ok(packed),
            None => super::encode(key, self),
        }
    }

    /// What was stored, in either form.
    pub(crate) fn decode(key: &Key, found: &Versioned) -> Result<Self, Fault> {
        if found.value.first() != Some(&PACKED) {
            let Written { record, salt, body } = super::decode(key, found)?;
            return Ok(Self { record, salt, body });
        }
        Self::unpack(&found.value).ok_or_else(|| Fault::Form {
            key: key.to_string(),
        })
    }

    /// `None` where it has not the parts of a record. Claims that are `said` are taken for
    /// the usual ones; whether they are, the caller sees when it unpacks.
    fn pack(&self, said: Option<&wire::feed::Record>) -> Option<Vec<u8>> {
        let mut parts = self.record.split('.');
        let mut part = || base64url::decode(parts.next()?).ok();
        let (header, claims, signature) = (part()?, part()?, part()?);
        let thumbprint = thumbprint_in(&header);
        let prev = said.and_then(|said| said.prev);
        let flags = [
            (self.salt.is_some(), HAS_BODY),
            (thumbprint.is_some(), HAS_USUAL_HEADER),
            (said.is_some(), HAS_USUAL_CLAIMS),
            (prev.is_some(), HAS_PREV),
        ];
        let flags = flags.iter().filter(|(holds, _)| *holds);
        let mut packed = Vec::with_capacity(self.record.len());
        packed.extend_from_slice(&[PACKED, flags.map(|(_, flag)| flag).sum()]);
        packed.extend(self.salt.iter().flatten());
        match thumbprint {
            Some(thumbprint) => packed.extend_from_slice(&thumbprint),
            None => put_counted(&mut packed, &header),
        }
        if let Some(said) = said {
            put_claims(&mut packed, said)?;
        } else {
            put_counted(&mut packed, &claims);
        }
        packed.extend_from_slice(&signature);
        packed.extend_from_slice(self.body.as_deref().unwrap_or_default().as_bytes());
        Some(packed)
    }

    /// `None` where the bytes are not those of this form.
    fn unpack(packed: &[u8]) -> Option<Self> {
        let ([PACKED, flags], mut rest) = packed.split_first_chunk()? else {
            return None;
        };
        let has = |flag: u8| flags & flag != 0;
        if has(!ALL_FLAGS) {
            return None;
        }
        let salt = if has(HAS_BODY) {
            Some(*take::<SALT_BYTES>(&mut rest)?)
        } else {
            None
        };
        let header = if has(HAS_USUAL_HEADER) {
            let [before, after] = USUAL_HEADER;
            let thumbprint = base64url::encode(take::<DIGEST_BYTES>(&mut rest)?);
            base64url::encode([before, &thumbprint, after].concat().as_bytes())
        } else {
            base64url::encode(take_counted(&mut rest)?)
        };
        let claims = if has(HAS_USUAL_CLAIMS) {
            Ok(UsualClaims::take(&mut rest, has(HAS_PREV))?)
        } else {
            Err(take_counted(&mut rest)?)
        };
        let signature = base64url::encode(take::<SIGNATURE_BYTES>(&mut rest)?);
        let text = std::str::from_utf8(rest).ok()?;
        if salt.is_none() && !text.is_empty() {
            return None;
        }
        let digest = salt.map(|salt| Sha256Hash::of(&[&salt, rest]));
        let claims = match claims {
            Ok(usual) => base64url::encode(usual.text(digest)?.as_bytes()),
            Err(others) => base64url::encode(others),
        };
        Some(Self {
            record: [header, claims, signature].join("."),
            salt,
            body: salt.is_some().then(|| text.to_owned()),
        })
    }
}

/// The members of claims, `None` where a number has no place among these.
fn put_claims(packed: &mut Vec<u8>, said: &wire::feed::Record) -> Option<()> {
    let iat = u64::try_from(said.iat.0).ok()?;
    put_counted(packed, said.iss.as_str().as_bytes());
    for number in [said.epoch, said.seq, iat] {
        put_number(packed, number);
    }
    put_counted(packed, said.kind.as_bytes());
    put_counted(packed, said.id.as_bytes());
    put_number(packed, said.rev);
    packed.extend(said.prev.iter().flat_map(|prev| prev.0));
    Some(())
}

/// Claims as this software writes them, but for what follows from the body.
struct UsualClaims<'a> {
    iss: &'a str,
    epoch: u64,
    seq: u64,
    iat: u64,
    kind: &'a str,
    id: &'a str,
    rev: u64,
    prev: Option<Sha256Hash>,
}

impl<'a> UsualClaims<'a> {
    fn take(rest: &mut &'a [u8], has_prev: bool) -> Option<Self> {
        Some(Self {
            iss: take_text(rest)?,
            epoch: take_number(rest)?,
            seq: take_number(rest)?,
            iat: take_number(rest)?,
            kind: take_text(rest)?,
            id: take_text(rest)?,
            rev: take_number(rest)?,
            prev: if has_prev {
                Some(Sha256Hash(*take::<DIGEST_BYTES>(rest)?))
            } else {
                None
            },
        })
    }

    /// The claims with the digest of a body, or of a removal.
    fn text(&self, body: Option<Sha256Hash>) -> Option<String> {
        let quoted = |text: &str| serde_json::to_string(text).ok();
        let (iss, kind, id) = (quoted(self.iss)?, quoted(self.kind)?, quoted(self.id)?);
        let Self {
            epoch,
            seq,
            iat,
            rev,
            ..
        } = self;
        let prev = self.prev.map(|prev| format!(r#""prev":"{prev}","#));
        let prev = prev.unwrap_or_default();
        let says = match body {
            Some(digest) => format!(r#""body_sha256":"{digest}""#),
            None => r#""removed":true"#.to_owned(),
        };
        Some(format!(
            r#"{{"iss":{iss},"epoch":{epoch},"seq":{seq},{prev}"iat":{iat},"kind":{kind},"id":{id},"rev":{rev},{says}}}"#
        ))
    }
}

/// The thumbprint in a header, where that is the usual one.
fn thumbprint_in(header: &[u8]) -> Option<[u8; DIGEST_BYTES]> {
    let [before, after] = USUAL_HEADER;
    let named = header.strip_prefix(before.as_bytes())?;
    let named = named.strip_suffix(after.as_bytes())?;
    let bytes = base64url::decode(std::str::from_utf8(named).ok()?).ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
