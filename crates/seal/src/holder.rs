//! The keys of people: what a holder's key signs, and how that is judged.
//!
//! A passport names its holder's key (`cnf`, RFC 7800). Phones keep P-256 keys in
//! hardware and browsers make Ed25519 or P-256 keys that cannot be taken out, so
//! both are accepted here, and nowhere else.
//!
//! **Invariant:** a key binding is opened only with the key that a verified passport
//! names, and only for the exact bytes of the passport it was presented with.
//!
//! Specified in `specs/passport.md`; RFC 9901 §4.3 and §7.3.

use std::fmt;

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};

use crate::base64url;
use crate::checks::holds;
use crate::json;
use crate::jwk::Jwk;
use crate::key::{KeyRefusal, PublicKey, SecretKey};

/// The most bytes of a key binding in compact form.
pub const KEY_BINDING_BYTES_MAX: usize = 1024;

/// A holder's public key.
#[derive(Clone, PartialEq, Eq)]
pub enum HolderKey {
    /// Ed25519 (RFC 8037).
    Ed25519(PublicKey),
    /// P-256 (RFC 7518 §6.2).
    P256(Box<VerifyingKey>),
}

impl HolderKey {
    /// Takes the `jwk` of a `cnf` claim. Members that are not needed are ignored,
    /// except a private part, which is refused.
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyRefusal> {
        let member = |name: &str| jwk.get(name).and_then(Value::as_str);
        match (member("kty"), member("crv")) {
            (Some("OKP"), Some("Ed25519")) => {
                let jwk: Jwk =
                    serde_json::from_value(jwk.clone()).map_err(|_| KeyRefusal::NotEd25519)?;
                PublicKey::try_from(&jwk).map(Self::Ed25519)
            }
            (Some("EC"), Some("P-256")) => {
                if !holds("holder_private", jwk.get("d").is_none()) {
                    return Err(KeyRefusal::IsPrivate);
                }
                let is_for_signatures = member("use").is_none_or(|it| it == "sig")
                    && member("alg").is_none_or(|it| it == "ES256");
                if !holds("holder_use", is_for_signatures) {
                    return Err(KeyRefusal::NotForSignatures);
                }
                let coordinate = |name: &str| {
                    let bytes = base64url::decode(member(name)?).ok()?;
                    (bytes.len() == 32).then_some(bytes)
                };
                let point = |x: Vec<u8>, y: Vec<u8>| {
                    let sec1 = [&[4_u8][..], &x, &y].concat();
                    VerifyingKey::from_sec1_bytes(&sec1).ok()
                };
                coordinate("x")
                    .zip(coordinate("y"))
                    .and_then(|(x, y)| point(x, y))
                    .map(|key| Self::P256(Box::new(key)))
                    .ok_or(KeyRefusal::NotP256)
            }
            _ => Err(KeyRefusal::NotEd25519),
        }
    }

    /// The members of its JWK that a passport needs, and no others: what else was said
    /// beside the key is not signed, nor shown to anybody.
    pub fn to_jwk(&self) -> Value {
        match self {
            Self::Ed25519(key) => {
                let x = base64url::encode(key.as_bytes());
                json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
            }
            Self::P256(key) => {
                let point = key.to_sec1_point(false);
                // SEC 1 §2.3.3: one byte that says "uncompressed", then x, then y.
                let part = |range| base64url::encode(point.as_bytes().get(range).unwrap_or(&[]));
                json!({ "kty": "EC", "crv": "P-256", "x": part(1..33), "y": part(33..65) })
            }
        }
    }

    const fn algorithms(&self) -> &'static [&'static str] {
        match self {
            Self::Ed25519(_) => &["EdDSA", "Ed25519"],
            Self::P256(_) => &["ES256"],
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => key.verify(message, signature).is_ok(),
            Self::P256(key) => Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }
}

impl fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519(_) => "HolderKey(Ed25519)",
            Self::P256(_) => "HolderKey(P-256)",
        })
    }
}

/// A key binding whose signature is not that of the holder, or that is no key binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key binding does not hold")]
pub struct KeyBindingRefusal;

/// The claims of a key binding (`kb+jwt`, RFC 9901 §4.3), proven to be the holder's.
///
/// It can be built only by [`open_key_binding`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBinding {
    claims: Value,
}

impl KeyBinding {
    /// A claim.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }
}

/// Opens a key binding by the holder's key. Header: `alg` and `typ`, nothing else.
pub fn open_key_binding(text: &str, key: &HolderKey) -> Result<KeyBinding, KeyBindingRefusal> {
    let refuse = KeyBindingRefusal;
    if !holds("binding_length", text.len() <= KEY_BINDING_BYTES_MAX) {
        return Err(refuse);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(refuse)?;
    let (header, claims) = signed.split_once('.').ok_or(refuse)?;
    let decoded = |part: &str| base64url::decode(part).map_err(|_| refuse);
    let header = json::parse(&decoded(header)?).map_err(|_| refuse)?;
    let header = header.as_object().ok_or(refuse)?;
    let member = |name: &str| header.get(name).and_then(Value::as_str);
    let is_of_key = member("alg").is_some_and(|alg| key.algorithms().contains(&alg));
    let is_plain = holds("binding_header_members", header.len() == 2)
        && holds("binding_typ", member("typ") == Some("kb+jwt"))
        && holds("binding_algorithm", is_of_key);
    let is_signed = key.verify(signed.as_bytes(), &decoded(signature)?);
    if !is_plain || !holds("binding_signature", is_signed) {
        return Err(refuse);
    }
    let claims = json::parse(&decoded(claims)?).map_err(|_| refuse)?;
    if !claims.is_object() {
        return Err(refuse);
    }
    Ok(KeyBinding { claims })
}

/// Signs a key binding, for wallets of programs: browsers sign their own.
pub fn sign_key_binding(claims: &Value, key: &SecretKey) -> String {
    let header = base64url::encode(br#"{"alg":"EdDSA","typ":"kb+jwt"}"#);
    let mut text = format!(
        "{header}.{}",
        base64url::encode(claims.to_string().as_bytes())
    );
    let signature = key.sign(text.as_bytes());
    text.push('.');
    text.push_str(&base64url::encode(&signature));
    text
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::Signer as _;
    use serde_json::json;

    use super::*;

    fn ed25519() -> (SecretKey, HolderKey) {
        let key = SecretKey::from_seed(&[5; 32]);
        let jwk = serde_json::to_value(Jwk::from(key.public())).unwrap();
        (key, HolderKey::from_jwk(&jwk).unwrap())
    }

    fn p256() -> (SigningKey, Value) {
        let key = SigningKey::from_slice(&[6; 32]).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let bytes = point.as_bytes();
        let jwk = json!({ "kty": "EC", "crv": "P-256",
            "x": base64url::encode(&bytes[1..33]), "y": base64url::encode(&bytes[33..]) });
        (key, jwk)
    }

    fn sign_p256(header: &Value, claims: &Value, key: &SigningKey) -> String {
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature: Signature = key.sign(signed.as_bytes());
        format!("{signed}.{}", base64url::encode(&signature.to_bytes()))
    }

    #[test]
    fn both_kinds_of_phone_can_show_a_passport() {
        let claims = json!({ "aud": "https://le-mug.example", "nonce": "n", "iat": 1 });
        let (key, holder) = ed25519();
        let opened = open_key_binding(&sign_key_binding(&claims, &key), &holder).unwrap();
        assert_eq!(opened.claim("nonce"), Some(&json!("n")));
        let (key, jwk) = p256();
        let holder = HolderKey::from_jwk(&jwk).unwrap();
        let text = sign_p256(&json!({ "alg": "ES256", "typ": "kb+jwt" }), &claims, &key);
        assert!(open_key_binding(&text, &holder).is_ok());
        assert!(open_key_binding(&text, &ed25519().1).is_err());
    }

    #[test]
    fn a_key_is_written_with_what_it_needs() {
        let (_, jwk) = p256();
        let mut dressed = jwk.clone();
        dressed["ext"] = json!(true);
        dressed["key_ops"] = json!(["verify"]);
        assert_eq!(HolderKey::from_jwk(&dressed).unwrap().to_jwk(), jwk);
        let (key, holder) = ed25519();
        let x = Jwk::from(key.public()).x;
        let expected = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        assert_eq!(holder.to_jwk(), expected);
        assert_eq!(HolderKey::from_jwk(&expected), Ok(holder));
    }

    #[test]
    fn any_changed_bit_of_a_key_binding_is_refused() {
        let (key, holder) = ed25519();
        let text = sign_key_binding(&json!({ "nonce": "n" }), &key);
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                if let Ok(changed) = String::from_utf8(bytes) {
                    assert!(
                        open_key_binding(&changed, &holder).is_err(),
                        "bit {bit} of {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_key_binding_says_two_things_in_its_header() {
        let (key, jwk) = p256();
        let holder = HolderKey::from_jwk(&jwk).unwrap();
        let claims = json!({ "nonce": "n" });
        for header in [
            json!({ "alg": "ES256" }),
            json!({ "typ": "kb+jwt" }),
            json!({ "alg": "ES256", "typ": "JWT" }),
            json!({ "alg": "EdDSA", "typ": "kb+jwt" }),
            json!({ "alg": "none", "typ": "kb+jwt" }),
            json!({ "alg": "ES256", "typ": "kb+jwt", "jwk": jwk }),
            json!({ "alg": "ES256", "typ": "kb+jwt", "crit": ["exp"] }),
            json!([]),
        ] {
            assert!(
                open_key_binding(&sign_p256(&header, &claims, &key), &holder).is_err(),
                "{header}"
            );
        }
        let good = json!({ "alg": "ES256", "typ": "kb+jwt" });
        assert!(open_key_binding(&sign_p256(&good, &json!([1]), &key), &holder).is_err());
        let long = json!({ "nonce": "n".repeat(1024) });
        assert!(open_key_binding(&sign_p256(&good, &long, &key), &holder).is_err());
    }

    #[test]
    fn a_key_that_is_no_holders_key_is_refused() {
        let (_, jwk) = p256();
        let check = |name: &str, value: Value, expected: KeyRefusal| {
            let mut changed = jwk.clone();
            changed[name] = value;
            assert_eq!(HolderKey::from_jwk(&changed), Err(expected), "{changed}");
        };
        check("d", json!("AQI"), KeyRefusal::IsPrivate);
        check("use", json!("enc"), KeyRefusal::NotForSignatures);
        check("alg", json!("ECDH-ES"), KeyRefusal::NotForSignatures);
        check("x", json!("AQI"), KeyRefusal::NotP256);
        check("x", jwk["y"].clone(), KeyRefusal::NotP256);
        check("crv", json!("P-384"), KeyRefusal::NotEd25519);
        check("kty", json!("RSA"), KeyRefusal::NotEd25519);
    }
}
