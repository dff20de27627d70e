//! `public_keys` of `specs/vectors/seal.json`: which JWK is a key.

use seal::{Jwk, KeyRefusal, PublicKey};
use serde_json::{Value, json};

use crate::forge::key;

/// Points of low order (RFC 7748 §6.1 names their like), in base64url.
const WEAK: &[&str] = &[
    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "7P_______________________________________38",
    "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
    "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
];

/// The bytes of y = 2, which is no point of the curve.
const NO_POINT: &str = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The 32 bytes of an encoding: the first, all in between, and the last with the sign of x.
fn encoding([first, between, last]: [u8; 3]) -> String {
    let mut bytes = [between; 32];
    bytes[0] = first;
    bytes[31] = last;
    seal::base64url::encode(&bytes)
}

/// Points that are not written in the one way of RFC 8032 §5.1.2: y with 2^255 − 19
/// added, whose lowest byte is 0xed, or 0 for x with a minus sign.
const NOT_REDUCED: &[(&str, [u8; 3])] = &[
    ("y is 3 and 2^255 - 19", [0xed + 3, 0xff, 0x7f]),
    ("y is 3 and 2^255 - 19, x odd", [0xed + 3, 0xff, 0xff]),
    ("y is 18 and 2^255 - 19", [0xff, 0xff, 0x7f]),
    ("y is 0 and 2^255 - 19", [0xed, 0xff, 0x7f]),
    ("y is 1 and 2^255 - 19", [0xed + 1, 0xff, 0x7f]),
    ("y is 1, x is minus 0", [1, 0, 0x80]),
    ("y is minus 1, x is minus 0", [0xec, 0xff, 0xff]),
];

/// Points of them in their one encoding, which are keys.
const REDUCED: &[(&str, [u8; 3])] = &[
    ("y is 3", [3, 0, 0]),
    ("y is 3, x odd", [3, 0, 0x80]),
    ("y is 18", [18, 0, 0]),
];

/// The cases of the file.
pub(crate) fn made() -> Value {
    let good = serde_json::to_value(Jwk::from(key("mug-ops").public())).expect("a key");
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        changed
    };
    let without = |names: &[&str]| {
        let mut changed = good.clone();
        let members = changed.as_object_mut().expect("an object");
        members.retain(|name, _| !names.contains(&name.as_str()));
        changed
    };
    let longer = format!("{}AA", good["x"].as_str().expect("a text"));
    let padded = format!("{}=", good["x"].as_str().expect("a text"));
    let bare = |x: &str| json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    let mut cases = vec![
        ("as it is written", good.clone(), "ok"),
        (
            "only what is required",
            without(&["kid", "use", "alg"]),
            "ok",
        ),
        (
            "the newer name of the algorithm",
            with("alg", json!("Ed25519")),
            "ok",
        ),
        (
            "an unknown member",
            with("key_ops", json!(["verify"])),
            "ok",
        ),
        ("no family", without(&["kty"]), "not_a_jwk"),
        ("another family", with("kty", json!("EC")), "not_ed25519"),
        ("another curve", with("crv", json!("X25519")), "not_ed25519"),
        ("no curve", without(&["crv"]), "not_ed25519"),
        ("no x", without(&["x"]), "not_ed25519"),
        ("x of two bytes", with("x", json!("AQI")), "not_ed25519"),
        ("x of more bytes", with("x", json!(longer)), "not_ed25519"),
        ("x with padding", with("x", json!(padded)), "not_ed25519"),
        ("x that is no point", bare(NO_POINT), "not_ed25519"),
        (
            "a key for encryption",
            with("use", json!("enc")),
            "not_for_signatures",
        ),
        (
            "another algorithm",
            with("alg", json!("ES256")),
            "not_for_signatures",
        ),
        (
            "a kid of its own",
            with("kid", json!("mine")),
            "kid_is_not_thumbprint",
        ),
        ("the private part", with("d", json!("AQI")), "is_private"),
    ];
    cases.extend(
        WEAK.iter()
            .map(|x| ("a point of low order", bare(x), "weak")),
    );
    let one =
        |(name, bytes): &(&'static str, _), expected| (*name, bare(&encoding(*bytes)), expected);
    cases.extend(REDUCED.iter().map(|it| one(it, "ok")));
    cases.extend(NOT_REDUCED.iter().map(|it| one(it, "not_ed25519")));
    let case = |(name, jwk, expected)| json!({ "name": name, "jwk": jwk, "expected": expected });
    cases.into_iter().map(case).collect()
}

/// `ok`, or the reason for which a JWK is no key.
pub(crate) fn judge(jwk: &Value) -> &'static str {
    let Ok(jwk) = serde_json::from_value::<Jwk>(jwk.clone()) else {
        return "not_a_jwk";
    };
    match PublicKey::try_from(&jwk) {
        Ok(_) => "ok",
        Err(KeyRefusal::NotEd25519) => "not_ed25519",
        Err(KeyRefusal::Weak) => "weak",
        Err(KeyRefusal::NotForSignatures) => "not_for_signatures",
        Err(KeyRefusal::KidIsNotThumbprint) => "kid_is_not_thumbprint",
        Err(KeyRefusal::IsPrivate) => "is_private",
        Err(KeyRefusal::Count) => "count",
        Err(KeyRefusal::NotP256) => "not_p256",
    }
}
