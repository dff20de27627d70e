//! Keys: what a document names as one, and what could be signed with it.

use seal::{Jwk, KeyRefusal, KeySet, PublicKey, Sealed, Thumbprint};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wire::trust::{EntityStatement, TrustMark};

use crate::forge::key;
use crate::papers::{mark_claims, statement_claims, statement_of};
use crate::table::{Attack, Outcome, attacks, opens};

const FED: &str = "label-fed";

/// A statement that names these keys as the space's.
fn naming(keys: &[Value]) -> Outcome {
    let mut claims = statement_claims();
    claims["jwks"]["keys"] = keys.into();
    opens::<EntityStatement>(&statement_of(&claims, FED), &[FED])
}

/// A statement that names a key with this member instead.
fn with(name: &str, value: impl Into<Value>) -> Outcome {
    let mut jwk = json!(Jwk::from(key("mug-fed").public()));
    jwk[name] = value.into();
    naming(&[jwk])
}

/// A statement that names the key of these bytes.
fn of_bytes(bytes: &[u8; 32]) -> Outcome {
    let x = seal::base64url::encode(bytes);
    naming(&[json!({ "kty": "OKP", "crv": "Ed25519", "x": x })])
}

/// The neutral point: y is 1.
const NEUTRAL: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};

/// The point of order two: y is −1.
const OF_ORDER_TWO: [u8; 32] = {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xec;
    bytes[31] = 0x7f;
    bytes
};

/// A point whose y is written as y and the order of the field, 2^255 − 19.
fn not_reduced(y: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed + y;
    bytes[31] = 0x7f;
    bytes
}

/// A key that has two encodings, in the second.
fn second_encoding() -> Outcome {
    let mut small = [0; 32];
    let is_key = |y: &u8| {
        small[0] = *y;
        PublicKey::from_ed25519_bytes(&small).is_ok_and(|key| key.as_bytes()[0] > 2)
    };
    let y = (3..19).find(is_key).expect("a point with a small y");
    of_bytes(&not_reduced(y))
}

/// A mark that nobody signed, under a key of small order that somebody listed: R is the
/// neutral point, S is zero, and it holds for every text.
fn signed_by_nobody() -> Outcome {
    let key = PublicKey::from_ed25519_bytes(&NEUTRAL).map_err(|_| "weak")?;
    let kid = key.thumbprint().clone();
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"trust-mark+jwt"}}"#);
    let part = |bytes: &[u8]| seal::base64url::encode(bytes);
    let claims = part(mark_claims().to_string().as_bytes());
    let signature = part(&[NEUTRAL, [0; 32]].concat());
    let text = format!("{}.{claims}.{signature}", part(header.as_bytes()));
    let opened = Sealed::<TrustMark>::parse(&text).and_then(|it| it.open(&KeySet::only(key)));
    opened.map(|_| ()).map_err(|refusal| refusal.code())
}

/// The words of `specs/seal.md`, section 4.1.
fn reason(refusal: KeyRefusal) -> &'static str {
    match refusal {
        KeyRefusal::IsPrivate => "is_private",
        KeyRefusal::NotEd25519 | KeyRefusal::NotP256 => "not_ed25519",
        KeyRefusal::NotForSignatures => "not_for_signatures",
        KeyRefusal::Weak => "weak",
        KeyRefusal::KidIsNotThumbprint => "kid_is_not_thumbprint",
        KeyRefusal::Count => "count",
    }
}

/// A key that is read by itself, as a join brings it.
fn alone(bytes: &[u8; 32]) -> Outcome {
    let x = seal::base64url::encode(bytes);
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    let jwk: Jwk = serde_json::from_value(jwk).expect("a JWK");
    PublicKey::try_from(&jwk).map(|_| ()).map_err(reason)
}

/// A thumbprint over the members in another order (RFC 7638 section 3.3).
fn thumbprint_of_another_order() -> String {
    let x = Jwk::from(key("mug-fed").public()).x.expect("an x");
    let text = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
    seal::base64url::encode(&Sha256::digest(text.as_bytes()))
}

fn many(count: usize) -> Outcome {
    naming(&vec![json!(Jwk::from(key("mug-fed").public())); count])
}

fn thumbprint(text: &str) -> Outcome {
    Thumbprint::parse(text).map(|_| ()).ok_or("seal_header")
}

pub(crate) fn attacks() -> Vec<Attack> {
    attacks!("key":
        H12 "A key comes with its private part."
            { with("d", seal::base64url::encode(&[4; 32])) } seal_malformed [jwk_private]
        H12 "A key says that it is for encryption."
            { with("use", "enc") } seal_malformed [jwk_use]
        H12 "A key says that it is for another algorithm."
            { with("alg", "ECDH-ES") } seal_malformed [jwk_use]
        H12 "A key says that it is a secret."
            { with("kty", "oct") } seal_malformed [jwk_family]
        H12 "A key says that it is of another curve."
            { with("crv", "X25519") } seal_malformed [jwk_family]
        H12 "A key does not say its curve."
            { with("crv", Value::Null) } seal_malformed [jwk_family]
        H3 "A key goes by the name of another."
            { with("kid", key("thief").public().thumbprint().to_string()) } seal_malformed [jwk_kid]
        H3 "A key goes by a name that was made in another order."
            { with("kid", thumbprint_of_another_order()) } seal_malformed [jwk_kid]
        H3 "A name of a key has 31 bytes."
            { thumbprint(&seal::base64url::encode(&[1; 31])) } seal_header [seal_kid]
        A13 "A key is the neutral point, under which a signature of nobody holds for all."
            { of_bytes(&NEUTRAL) } seal_malformed [key_weak]
        A13 "A key is the point of order two."
            { of_bytes(&OF_ORDER_TWO) } seal_malformed [key_weak]
        A13 "A weak key is brought along by a join."
            { alone(&NEUTRAL) }
            weak [key_weak]
        A13 "A mark is signed by nobody, under a key of small order."
            { signed_by_nobody() } weak [key_weak signature_strict]
        A13 "A key is written a second way, so that it has two names."
            { second_encoding() } seal_malformed [key_encoding]
        A13 "A weak key is written a second way."
            { of_bytes(&not_reduced(1)) } seal_malformed [key_encoding key_weak]
        H12 "A key has 31 bytes."
            { with("x", seal::base64url::encode(&[1; 31])) } seal_malformed []
        A18 "A space has no keys."
            { naming(&[]) } seal_malformed [keys_count]
        A18 "A space has nine keys, each of which would have to be tried."
            { many(9) } seal_malformed [keys_count]
    )
}
