//! What a test signs in the name of a node, whether a node would or not.

use std::marker::PhantomData;

use app::Entropy as _;
use seal::{Document, Malformed, SecretKey};
use serde_json::Value;
use wire::request::{AnswerResult, REQUEST_MEDIA_TYPE, REQUEST_SECONDS_MAX, Request};

use crate::{Answer, TestNode, post};

/// Claims that nobody has looked at, under the type of `T`.
struct Unchecked<T>(Value, PhantomData<T>);

impl<T: Document> Document for Unchecked<T> {
    const TYP: &'static str = T::TYP;
    const BYTES_MAX: usize = usize::MAX;

    fn from_claims(claims: Value) -> Result<Self, Malformed> {
        Ok(Self(claims, PhantomData))
    }

    fn to_claims(&self) -> Result<Vec<u8>, Malformed> {
        Ok(self.0.to_string().into_bytes())
    }
}

/// A document of the type of `T` with these claims, whatever they are.
pub fn forge<T: Document>(claims: &Value, key: &SecretKey) -> String {
    let document = Unchecked::<T>(claims.clone(), PhantomData);
    let sealed = seal::sign(document, key).expect("no claims are refused");
    sealed.as_str().to_owned()
}

/// A request as `from` would make it now; a test changes it, and signs it with
/// [`forge_request`].
pub fn request_of(from: &TestNode, to: &TestNode, op: &str, kind: &str, body: Value) -> Request {
    let mut jti = [0; 16];
    from.entropy().fill(&mut jti).expect("chance has no end");
    let now = from.app().now();
    Request {
        iss: from.entity().clone(),
        aud: to.entity().clone(),
        jti: seal::base64url::encode(&jti),
        iat: now,
        exp: now.plus_seconds(REQUEST_SECONDS_MAX),
        op: op.to_owned(),
        kind: kind.to_owned(),
        body,
    }
}

/// The request, signed by the `ops` key of `by`.
pub fn forge_request(request: &Request, by: &TestNode) -> String {
    let claims = serde_json::to_value(request).expect("a request is JSON");
    forge::<Request>(&claims, &by.plan().ops())
}

/// What the router of `to` answers to a request.
pub async fn post_request(to: &TestNode, request: String) -> Answer {
    to.ask(post("/federation/v1/request", REQUEST_MEDIA_TYPE, request))
        .await
}

/// What an answer says: accepted, or a code: of the signed answer, or of the problem in
/// its place.
pub fn outcome_of(answer: &Answer) -> Result<(), String> {
    if let Some(code) = answer.code() {
        return Err(code);
    }
    let text = answer.text();
    let claims = text.split('.').nth(1).expect("an answer is compact");
    let claims = seal::base64url::decode(claims).expect("an answer is compact");
    let said: wire::request::Answer =
        serde_json::from_slice(&claims).expect("an answer has these claims");
    match (said.result, said.code) {
        (AnswerResult::Accepted, _) => Ok(()),
        (AnswerResult::Refused, code) => Err(code.unwrap_or_default()),
        (AnswerResult::Waiting, _) => Err("waiting".to_owned()),
        (AnswerResult::Unknown, _) => Err("unknown".to_owned()),
    }
}
