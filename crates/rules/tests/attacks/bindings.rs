//! Key bindings: showing a passport that is another's, or another time.

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use seal::{Jwk, SecretKey};
use serde_json::{Value, json};

use crate::passports::{
    BINDING, HOLDER, OTHER, binding, binding_claims, claims, claims_with, genuine, jwk, passport,
};
use crate::table::{Attack, Outcome, attacks};

/// A good passport, with a key binding of this header by whoever has this seed.
fn headed(header: &str, seed: &[u8; 32]) -> Outcome {
    let passport = passport(&claims(), "mug-ops");
    let bound = binding_claims(&passport).to_string();
    genuine(&format!(
        "{passport}~{}",
        binding(header, bound.as_bytes(), seed)
    ))
}

/// A good passport, with a key binding of these claims.
fn bound(change: impl FnOnce(&mut Value)) -> Outcome {
    let passport = passport(&claims(), "mug-ops");
    let mut bound = binding_claims(&passport);
    change(&mut bound);
    genuine(&format!(
        "{passport}~{}",
        binding(BINDING, bound.to_string().as_bytes(), &HOLDER)
    ))
}

fn bound_with(name: &str, value: impl Into<Value>) -> Outcome {
    bound(|it| it[name] = value.into())
}

/// A passport, and the key binding of another of the same holder.
fn of_another_passport() -> Outcome {
    let (own, other) = (claims(), claims_with("/roaming/left", 0));
    let (own, other) = (passport(&own, "mug-ops"), passport(&other, "mug-ops"));
    let bound = binding_claims(&other).to_string();
    genuine(&format!(
        "{own}~{}",
        binding(BINDING, bound.as_bytes(), &HOLDER)
    ))
}

/// A key binding that says something twice.
fn twice() -> Outcome {
    let passport = passport(&claims(), "mug-ops");
    let bound = binding_claims(&passport).to_string();
    let bound = bound.replacen('{', r#"{"aud":"https://other.example","#, 1);
    genuine(&format!(
        "{passport}~{}",
        binding(BINDING, bound.as_bytes(), &HOLDER)
    ))
}

/// A key binding of 1,025 bytes and more, and one that makes the whole too long.
fn padded(bytes: usize) -> Outcome {
    bound(|it| it["later"] = "x".repeat(bytes).into())
}

/// A passport for a P-256 key whose JWK has this member, and a good key binding.
fn by_p256(name: &str, value: Value) -> Outcome {
    let key = SigningKey::from_slice(&[6; 32]).expect("a key");
    let point = key.verifying_key().to_sec1_point(false);
    let part = |bytes: &[u8]| seal::base64url::encode(bytes);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    let mut jwk = json!({ "kty": "EC", "crv": "P-256", "x": part(x), "y": part(y) });
    jwk[name] = value;
    let passport = passport(&claims_with("/cnf/jwk", jwk), "mug-ops");
    let claims = part(binding_claims(&passport).to_string().as_bytes());
    let signed = format!("{}.{claims}", part(br#"{"alg":"ES256","typ":"kb+jwt"}"#));
    let signature: p256::ecdsa::Signature = key.sign(signed.as_bytes());
    genuine(&format!(
        "{passport}~{signed}.{}",
        part(&signature.to_bytes())
    ))
}

/// A passport that names this key, and a good key binding by it.
fn by_key(jwk: Value) -> Outcome {
    let passport = passport(&claims_with("/cnf/jwk", jwk), "mug-ops");
    let bound = binding_claims(&passport).to_string();
    genuine(&format!(
        "{passport}~{}",
        binding(BINDING, bound.as_bytes(), &HOLDER)
    ))
}

fn key_with(name: &str, value: impl Into<Value>) -> Outcome {
    let mut jwk = jwk(&HOLDER);
    jwk[name] = value.into();
    by_key(jwk)
}

/// A passport for the neutral point, shown by anybody: R is that point, and S zero.
fn by_anybody() -> Outcome {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let part = |bytes: &[u8]| seal::base64url::encode(bytes);
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": part(&neutral) });
    let passport = passport(&claims_with("/cnf/jwk", jwk), "mug-ops");
    let claims = part(binding_claims(&passport).to_string().as_bytes());
    let signature = part(&[neutral, [0; 32]].concat());
    genuine(&format!(
        "{passport}~{}.{claims}.{signature}",
        part(BINDING.as_bytes())
    ))
}

/// A header that brings a key along.
fn with_jwk() -> String {
    let jwk = Jwk::from(SecretKey::from_seed(&OTHER).public());
    json!({ "alg": "EdDSA", "typ": "kb+jwt", "jwk": jwk }).to_string()
}

pub(crate) fn attacks() -> Vec<Attack> {
    attacks!("key binding":
        C5 "A thief shows another's passport with a key of their own."
            { headed(BINDING, &OTHER) } key_binding [binding_signature]
        C5 "A thief brings their key along."
            { headed(&with_jwk(), &OTHER) } key_binding [binding_header_members binding_signature]
        H1 "A key binding says that it is signed by nothing."
            { headed(r#"{"alg":"none","typ":"kb+jwt"}"#, &OTHER) }
            key_binding [binding_algorithm binding_signature]
        A12 "A key binding says the other kind of key."
            { headed(r#"{"alg":"ES256","typ":"kb+jwt"}"#, &HOLDER) } key_binding [binding_algorithm]
        H5 "A text that the holder signed for something else is shown as a key binding."
            { headed(r#"{"alg":"EdDSA","typ":"JWT"}"#, &HOLDER) } key_binding [binding_typ]
        H6 "A key binding says that something must be understood."
            { headed(r#"{"alg":"EdDSA","typ":"kb+jwt","crit":["exp"]}"#, &HOLDER) }
            key_binding [binding_header_members]
        H3 "A key binding names its key."
            { headed(r#"{"alg":"EdDSA","typ":"kb+jwt","kid":"mine"}"#, &HOLDER) }
            key_binding [binding_header_members]
        C5 "The key binding of one passport is shown with another."
            { of_another_passport() } key_binding [binding_passport]
        C5 "A key binding is for no passport."
            { bound_with("sd_hash", Value::Null) } key_binding [binding_passport]
        C6 "A nonce has seven letters, and will come again."
            { bound_with("nonce", "1234567") } key_binding [binding_nonce]
        G7 "A nonce has 65 letters."
            { bound_with("nonce", "x".repeat(65)) } key_binding [binding_nonce]
        H10 "A key binding is for a list of hosts."
            { bound_with("aud", json!(["https://grenoble.example"])) } key_binding []
        H10 "A key binding is for nobody."
            { bound_with("aud", Value::Null) } key_binding []
        B3 "A key binding is for a name that looks like the host's."
            { bound_with("aud", "https://Grenoble.example") } key_binding [entity_spelling]
        H10 "A key binding is shown at a time that is a text."
            { bound_with("iat", "1800000600") } key_binding []
        G1 "A key binding says twice for whom it is."
            { twice() } key_binding [json_name_twice]
        G7 "A key binding has more than 1,024 bytes."
            { padded(800) } key_binding [binding_length]
        G7 "A presentation has more than 4,096 bytes."
            { padded(3_000) } form [presentation_length binding_length]
        H12 "A passport names the holder's private key."
            { key_with("d", seal::base64url::encode(&HOLDER)) } holder_key [jwk_private]
        H12 "A passport names a key for encryption."
            { key_with("use", "enc") } holder_key [jwk_use]
        H12 "A passport names the holder's private P-256 key."
            { by_p256("d", json!(seal::base64url::encode(&[6; 32]))) } holder_key [holder_private]
        H12 "A passport names a P-256 key for encryption."
            { by_p256("use", json!("enc")) } holder_key [holder_use]
        H12 "A passport names a P-256 key for agreeing on secrets."
            { by_p256("alg", json!("ECDH-ES")) } holder_key [holder_use]
        H12 "A passport names a point that is not on the curve."
            { by_p256("y", json!(seal::base64url::encode(&[1; 32]))) } holder_key []
        H12 "A passport names an RSA key."
            { key_with("kty", "RSA") } holder_key []
        A13 "A passport names a key of small order, with which anybody can show it."
            { by_anybody() } holder_key [key_weak signature_strict]
    )
}
