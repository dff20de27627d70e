//! JSON web signatures and keys of Project Wycheproof.
//!
//! None is in the one algorithm that is accepted here, so every one is refused, valid
//! ones included: before a key is looked for, and `none` like any other.

use seal::{Document, Jwk, KeySet, Malformed, PublicKey, SealRefusal, Sealed, SecretKey};
use serde_json::{Value, json};

use super::{list, published_json, text, went_through};

/// A document of whatever claims.
#[derive(Debug)]
struct Anything(Value);

impl Document for Anything {
    const TYP: &'static str = "anything+jwt";
    const BYTES_MAX: usize = 65_536;

    fn from_claims(claims: Value) -> Result<Self, Malformed> {
        Ok(Self(claims))
    }

    fn to_claims(&self) -> Result<Vec<u8>, Malformed> {
        Ok(self.0.to_string().into_bytes())
    }
}

#[test]
fn a_signature_in_another_algorithm_is_refused_before_a_key_is_looked_for() {
    let Some(set) = published_json("jose/wycheproof_json_web_signature.json") else {
        return;
    };
    let (mut valid, mut invalid) = (0, 0);
    for group in list(&set, "testGroups") {
        for case in list(group, "tests") {
            match text(case, "result") {
                "valid" => valid += 1,
                "invalid" => invalid += 1,
                other => panic!("a result that is not known: {other}"),
            }
            let refusal = Sealed::<Anything>::parse(text(case, "jws")).expect_err("not ours");
            let code = refusal.code();
            // By its header, or by its form: several of the set have empty claims or are
            // not canonical base64url.
            let is_early = ["seal_algorithm", "seal_header", "seal_not_compact"].contains(&code);
            assert!(is_early, "{code}: {case}");
        }
    }
    assert_eq!((valid, invalid), (46, 355));
    went_through("wycheproof_jws", valid + invalid);
}

/// The control: the same reader opens what is sealed in the accepted algorithm, and not
/// once its header says another.
#[test]
fn the_same_document_is_opened_in_the_accepted_algorithm_only() {
    let key = SecretKey::from_seed(&[7; 32]);
    let keys = KeySet::only(key.public().clone());
    let sealed = seal::sign(Anything(json!({ "a": 1 })), &key).unwrap();
    let opened = Sealed::<Anything>::parse(sealed.as_str())
        .unwrap()
        .open(&keys)
        .unwrap();
    assert_eq!(opened.0, json!({ "a": 1 }));

    let (header, rest) = sealed.as_str().split_once('.').unwrap();
    let header = String::from_utf8(seal::base64url::decode(header).unwrap()).unwrap();
    for algorithm in ["none", "HS256", "RS256", "PS256", "ES256", "eddsa", "Ed448"] {
        let header = header.replace("EdDSA", algorithm);
        let other = format!("{}.{rest}", seal::base64url::encode(header.as_bytes()));
        let refusal = Sealed::<Anything>::parse(&other).map(|_| ()).unwrap_err();
        assert_eq!(refusal, SealRefusal::Algorithm, "{algorithm}");
    }
}

#[test]
fn a_key_of_another_family_is_refused() {
    let Some(set) = published_json("jose/wycheproof_json_web_key.json") else {
        return;
    };
    let mut cases = 0;
    for group in list(&set, "testGroups") {
        for key in list(&group["private"], "keys") {
            // What is not even a key by its members is refused by its reader.
            if let Ok(jwk) = serde_json::from_value::<Jwk>(key.clone()) {
                PublicKey::try_from(&jwk).expect_err("not ours");
            }
        }
        cases += list(group, "tests").len();
    }
    went_through("wycheproof_jwk", cases);
}

/// The control: a key of ours passes, and not with the members of another family.
#[test]
fn a_key_of_the_accepted_family_is_taken() {
    let ours = Jwk::from(SecretKey::from_seed(&[7; 32]).public());
    assert!(PublicKey::try_from(&ours).is_ok());
    for (family, curve) in [("EC", "P-256"), ("RSA", "Ed25519"), ("OKP", "Ed448")] {
        let other = Jwk {
            kty: family.to_owned(),
            crv: Some(curve.to_owned()),
            ..ours.clone()
        };
        assert!(PublicKey::try_from(&other).is_err(), "{family} {curve}");
    }
}
