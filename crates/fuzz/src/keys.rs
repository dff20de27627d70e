//! Keys as JSON, and what a holder's key signs.

use seal::holder::{HolderKey, open_key_binding, sign_key_binding};
use seal::{Jwk, PublicKey, SecretKey};
use serde_json::json;

use crate::kept;

pub(crate) fn jwk(bytes: &[u8]) -> bool {
    let Ok(value) = seal::json::parse(bytes) else {
        return false;
    };
    let read = HolderKey::from_jwk(&value);
    let is_holders = read.is_ok();
    if let Ok(key) = read {
        let written = key.to_jwk();
        assert_eq!(HolderKey::from_jwk(&written), Ok(key), "read again");
        assert!(written.get("d").is_none(), "public");
    }
    let Ok(jwk) = serde_json::from_value::<Jwk>(value) else {
        return is_holders;
    };
    let Ok(key) = PublicKey::try_from(&jwk) else {
        return is_holders;
    };
    assert_eq!(jwk.d, None, "public");
    assert_eq!(PublicKey::try_from(&Jwk::from(&key)), Ok(key), "read again");
    true
}

/// A key binding as it came, and one of which the bytes are the claims.
pub(crate) fn key_binding(bytes: &[u8]) -> bool {
    let secret = SecretKey::from_seed(&[20; 32]);
    let jwk = kept(serde_json::to_value(Jwk::from(secret.public())), "a JWK");
    let key = kept(HolderKey::from_jwk(&jwk), "a holder's key");
    let came = std::str::from_utf8(bytes);
    let is_good = came.is_ok_and(|text| open_key_binding(text, &key).is_ok());
    let Ok(claims) = seal::json::parse(bytes) else {
        return is_good;
    };
    let Ok(opened) = open_key_binding(&sign_key_binding(&claims, &secret), &key) else {
        return false;
    };
    for name in ["aud", "iat", "nonce", "sd_hash"] {
        let said = opened.claim(name).cloned().unwrap_or(json!(null));
        assert_eq!(Some(&said), claims.get(name).or(Some(&json!(null))), "said");
    }
    true
}
