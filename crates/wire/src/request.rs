//! Private calls: a signed request, and the one signed answer in which it ends.

use std::collections::BTreeSet;

use seal::checks::holds;
use seal::{Jwk, KeySet, Malformed, PublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{Claims, require, sealed_kind};
use crate::{EntityId, Timestamp, shape};

/// One node asks another (`escale-request+jwt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub iss: EntityId,
    /// Who is asked, and nobody else.
    pub aud: EntityId,
    /// This attempt: 16 random bytes in base64url, never used twice.
    pub jti: String,
    /// When the attempt was signed.
    pub iat: Timestamp,
    /// `iat` and [`REQUEST_SECONDS_MAX`] at most.
    pub exp: Timestamp,
    /// What is asked, the same at every attempt: it gets the same answer.
    pub op: String,
    /// Which kind of request.
    pub kind: String,
    /// What the kind needs.
    pub body: Value,
}

/// How long an attempt may be used: 60 s.
pub const REQUEST_SECONDS_MAX: i64 = 60;

/// The most bytes of `jti` and `op`.
pub const TOKEN_BYTES_MAX: usize = 64;

/// The most bytes of `kind`.
pub const KIND_BYTES_MAX: usize = 40;

sealed_kind!(Request, "escale-request+jwt", REQUEST_BYTES_MAX);

impl Claims for Request {
    fn check(&self) -> Result<(), Malformed> {
        check_token(&self.jti, "jti")?;
        check_token(&self.op, "op")?;
        require((1..=KIND_BYTES_MAX).contains(&self.kind.len()), "kind")?;
        require(
            holds("request_ends_later", self.exp > self.iat),
            "exp is not after iat",
        )?;
        require(
            holds(
                "request_term",
                self.exp.seconds_since(self.iat) <= REQUEST_SECONDS_MAX,
            ),
            "lives too long",
        )
    }
}

/// What a node was answered (`escale-answer+jwt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Who answers.
    pub iss: EntityId,
    /// Who had asked.
    pub aud: EntityId,
    /// The attempt that is answered.
    pub jti: String,
    /// When it was signed.
    pub iat: Timestamp,
    /// What was asked.
    pub op: String,
    /// How it ended.
    pub result: AnswerResult,
    /// Why it was refused, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The place in the waiting list, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u64>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerResult {
    /// It is done.
    Accepted,
    /// What was asked for is not free; it waits, at `rank`.
    Waiting,
    /// It will not be done; `code` says why.
    Refused,
    /// What it is about does not exist.
    Unknown,
}

sealed_kind!(Answer, "escale-answer+jwt", 16 * 1024);

/// The media type of a request over HTTP.
pub const REQUEST_MEDIA_TYPE: &str = "application/escale-request+jwt";

/// The most bytes of a request over HTTP: those of its compact form.
pub const REQUEST_BYTES_MAX: usize = 32 * 1024;

/// The media type of an answer over HTTP.
pub const ANSWER_MEDIA_TYPE: &str = "application/escale-answer+jwt";

impl Claims for Answer {
    fn check(&self) -> Result<(), Malformed> {
        check_token(&self.jti, "jti")?;
        check_token(&self.op, "op")?;
        let is_explained = self.code.is_some() == (self.result == AnswerResult::Refused);
        require(holds("answer_code", is_explained), "code")?;
        let is_ranked = self.rank.is_some() == (self.result == AnswerResult::Waiting);
        require(
            holds("answer_rank", is_ranked && self.rank != Some(0)),
            "rank",
        )
    }
}

pub(crate) fn check_token(token: &str, what: &str) -> Result<(), Malformed> {
    let is_token = (1..=TOKEN_BYTES_MAX).contains(&token.len())
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    require(holds("request_token", is_token), what)
}

/// What a space sends to be admitted. The key stands outside the request because
/// the coordinator does not know it yet: the one-time code speaks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The space's `fed` key.
    pub fed_key: Jwk,
    /// A [`Request`] of kind [`JOIN_KIND`], signed with that key.
    pub request: String,
}

/// The kind of the request inside [`Join`].
pub const JOIN_KIND: &str = "join";

/// The media type of [`Join`].
pub const JOIN_MEDIA_TYPE: &str = "application/escale-join+json";

/// The most bytes of a [`Join`].
pub const JOIN_BYTES_MAX: usize = 36 * 1024;

/// The body of the request inside [`Join`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinBody {
    /// The secret of the invitation, in base64url.
    pub secret: String,
    /// The space's Entity Configuration, compact, signed with the same key.
    pub entity_configuration: String,
    /// The `fed` keys that this one has replaced, the newest first, where the feed of the
    /// space opens by them too: it belongs to another label already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_fed_keys: Vec<Jwk>,
}

impl Join {
    /// Reads a join strictly.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        require(bytes.len() <= JOIN_BYTES_MAX, "longer than a join may be")?;
        let value = seal::json::parse(bytes).map_err(|refusal| Malformed(refusal.to_string()))?;
        shape::read(value)
    }
}

impl JoinBody {
    /// Takes the body of a request of kind [`JOIN_KIND`].
    pub fn of(request: &Request) -> Result<Self, Malformed> {
        require(request.kind == JOIN_KIND, "a request of another kind")?;
        shape::read(request.body.clone())
    }

    /// All `fed` keys by which the feed of whoever joins opens, `fed` first; `None` where
    /// one of them is no key, is there twice, or there are too many.
    pub fn fed_keys(&self, fed: &PublicKey) -> Option<KeySet> {
        let former = self.former_fed_keys.iter().map(PublicKey::try_from);
        let former = former.collect::<Result<Vec<_>, _>>().ok()?;
        let keys: Vec<_> = std::iter::once(fed.clone()).chain(former).collect();
        let names: BTreeSet<_> = keys.iter().map(PublicKey::thumbprint).collect();
        let are_distinct = names.len() == keys.len();
        KeySet::new(keys).ok().filter(|_| are_distinct)
    }
}
