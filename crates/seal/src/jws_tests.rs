//! One valid document, and every way of changing it that must be refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::key::PublicKey;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Note(String);

impl Document for Note {
    const TYP: &'static str = "escale-note+jwt";
    const BYTES_MAX: usize = 1024;

    fn from_claims(claims: Value) -> Result<Self, Malformed> {
        claims
            .get("note")
            .and_then(Value::as_str)
            .map(|note| Self(note.to_owned()))
            .ok_or_else(|| Malformed("no note".to_owned()))
    }

    fn to_claims(&self) -> Result<Vec<u8>, Malformed> {
        Ok(json!({ "note": self.0 }).to_string().into_bytes())
    }
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn keys() -> KeySet {
    KeySet::only(key().public().clone())
}

fn open(text: &str) -> Result<Verified<Note>, SealRefusal> {
    Sealed::<Note>::parse(text)?.open(&keys())
}

/// Signs any header and claims, as a hostile peer would.
fn forge(header: &str, claims: &str, key: &SecretKey) -> String {
    let signed = format!(
        "{}.{}",
        base64url::encode(header.as_bytes()),
        base64url::encode(claims.as_bytes())
    );
    let signature = base64url::encode(&key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn header_with(more: &str) -> String {
    let kid = key().public().thumbprint().clone();
    format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"escale-note+jwt"{more}}}"#)
}

#[track_caller]
fn check(text: &str, expected: &SealRefusal) {
    assert_eq!(
        open(text).as_ref().map_err(SealRefusal::code),
        Err(expected.code()),
        "{text}"
    );
}

/// A writer signs what readers take, to the last byte, and nothing longer.
#[test]
fn what_is_signed_is_as_long_as_it_may_be() {
    let of = |length: usize| sign(Note("x".repeat(length)), &key());
    let lengths = (0..Note::BYTES_MAX).map_while(|length| of(length).ok());
    let lengths: Vec<usize> = lengths.map(|it| it.as_str().len()).collect();
    assert_eq!(lengths.iter().max(), Some(&Note::BYTES_MAX));
    let longer = of(lengths.len()).map_err(|refusal| refusal.code());
    assert_eq!(longer, Err("seal_too_long"));
}

#[test]
fn what_is_sealed_opens_and_keeps_its_bytes() {
    let sealed = sign(Note("le mug".to_owned()), &key()).unwrap();
    let opened = open(sealed.as_str()).unwrap();
    assert_eq!(opened, sealed);
    let unopened = Sealed::<Note>::parse(sealed.as_str()).unwrap();
    assert_eq!(unopened.as_str(), sealed.as_str());
    assert_eq!(unopened.kid(), key().public().thumbprint());
    assert_eq!(opened.key(), key().public().thumbprint());
    let with_new_name = header_with("").replace("EdDSA", "Ed25519");
    assert!(open(&forge(&with_new_name, r#"{"note":"x"}"#, &key())).is_ok());
}

#[test]
fn any_changed_bit_is_refused() {
    let text = sign(Note("le mug".to_owned()), &key())
        .unwrap()
        .as_str()
        .to_owned();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(open(&changed).is_err(), "bit {bit} of byte {at}: {changed}");
            }
        }
    }
}

#[test]
fn only_one_form_is_a_document() {
    let text = sign(Note("x".to_owned()), &key())
        .unwrap()
        .as_str()
        .to_owned();
    let parts: Vec<&str> = text.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    for other in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}..{signature}"),
        format!("{header}.{claims}.{signature}."),
        format!("{header}.{claims}.{signature}.{signature}.{signature}"),
        format!("{header}.{claims}.{signature}="),
        format!(" {text}"),
        format!("{text}\n"),
        json!({ "payload": claims, "protected": header, "signature": signature }).to_string(),
    ] {
        check(&other, &SealRefusal::NotCompact);
    }
    check(&"a".repeat(1025), &SealRefusal::TooLong { limit: 1024 });
}

#[test]
fn a_header_says_three_things_and_nothing_else() {
    let claims = r#"{"note":"x"}"#;
    for more in [
        r#","crit":["exp"],"exp":1"#,
        r#","crit":[]"#,
        r#","b64":false"#,
        r#","jwk":{}"#,
        r#","jku":"https://a.example/k""#,
        r#","x5u":"https://a.example/k""#,
        r#","x5c":["AQ"]"#,
        r#","unknown":1"#,
    ] {
        check(
            &forge(&header_with(more), claims, &key()),
            &SealRefusal::Header,
        );
    }
    for alg in [
        "none", "None", "NONE", "nOnE", "HS256", "ES256", "RS256", "ed25519", "",
    ] {
        let header = header_with("").replace("EdDSA", alg);
        check(&forge(&header, claims, &key()), &SealRefusal::Algorithm);
    }
    for typ in [
        "JWT",
        "ESCALE-NOTE+JWT",
        "application/escale-note+jwt",
        "escale-head+jwt",
        "",
    ] {
        let header = header_with("").replace("escale-note+jwt", typ);
        check(&forge(&header, claims, &key()), &SealRefusal::OtherKind);
    }
    let kid = key().public().thumbprint().to_string();
    for bad in ["../../etc/passwd", "https://a.example/key", "' OR 1=1", ""] {
        check(
            &forge(&header_with("").replace(&kid, bad), claims, &key()),
            &SealRefusal::Header,
        );
    }
    let twice = header_with(r#","typ":"escale-note+jwt""#);
    check(&forge(&twice, claims, &key()), &SealRefusal::NotCompact);
    check(&forge("[]", claims, &key()), &SealRefusal::NotCompact);
}

#[test]
fn only_the_keys_that_may_sign_do() {
    let other = SecretKey::from_seed(&[2; 32]);
    let sealed = sign(Note("x".to_owned()), &other).unwrap();
    check(sealed.as_str(), &SealRefusal::UnknownKey);
    // The right name, the wrong signature.
    check(
        &forge(&header_with(""), r#"{"note":"x"}"#, &other),
        &SealRefusal::Signature,
    );
}

#[test]
fn claims_are_read_after_the_signature_and_strictly() {
    let header = header_with("");
    let other = SecretKey::from_seed(&[2; 32]);
    check(&forge(&header, "not json", &other), &SealRefusal::Signature);
    check(
        &forge(&header, "not json", &key()),
        &SealRefusal::Json(JsonRefusal::NotJson),
    );
    let twice = r#"{"note":"x","note":"y"}"#;
    check(
        &forge(&header, twice, &key()),
        &SealRefusal::Json(JsonRefusal::DuplicateName),
    );
    check(
        &forge(&header, r#"{"other":1}"#, &key()),
        &SealRefusal::Malformed(Malformed(String::new())),
    );
}

#[test]
fn what_others_must_refuse_is_not_signed() {
    let refused = sign(Note("x".repeat(1000)), &key());
    assert_eq!(
        refused.map(|_| ()),
        Err(SealRefusal::TooLong { limit: 1024 })
    );
}

proptest! {
    #[test]
    fn any_text_is_answered(text in ".{0,300}") {
        prop_assert!(open(&text).is_err());
    }

    #[test]
    fn any_seed_makes_a_key_that_is_accepted(seed in any::<[u8; 32]>()) {
        let key = SecretKey::from_seed(&seed);
        prop_assert!(PublicKey::from_ed25519_bytes(key.public().as_bytes()).is_ok());
    }
}
