//! How large the square is that a phone shows.
//!
//! A phone's screen and a cheap scanner agree about QR codes of version 20 (97 modules a
//! side); at level M, which bears more dirt, of version 23.

use qrcode::{EcLevel, QrCode, Version};
use serde_json::{Value, json};
use wire::{Sha256Hash, qr};

use crate::forge::{compact, header};

/// Text in base64url for so many bytes that no compressor makes shorter.
fn random(bytes: usize, salt: &str) -> String {
    let digest = |at: usize| Sha256Hash::of(&[salt.as_bytes(), at.to_string().as_bytes()]).0;
    let all: Vec<u8> = (0..bytes.div_ceil(32))
        .flat_map(digest)
        .take(bytes)
        .collect();
    seal::base64url::encode(&all)
}

/// The code of a member whose phone has a key with these members. Nothing is disclosed; the
/// three digests are those that each passport has for what can be.
fn code(key: &Value, algorithm: &str) -> String {
    let hidden: Vec<String> = (0..3)
        .map(|at| random(32, &format!("digest {at}")))
        .collect();
    let claims = json!({
        "iss": "https://le-mug.example", "vct": "urn:escale:passport:1",
        "iat": 1_800_000_000, "exp": 1_802_592_000, "cnf": { "jwk": key },
        "status": { "status_list": { "idx": 4_711, "uri": "https://le-mug.example/status/1" } },
        "name": "Marie-Hélène", "formula": "half-days-10",
        "roaming": { "period": "2027-01", "granted": 4, "left": 4 },
        "_sd": hidden, "_sd_alg": "sha-256",
    });
    let passport = compact(
        &header("dc+sd-jwt", "mug-ops"),
        claims.to_string().as_bytes(),
        "mug-ops",
    );
    let bound = json!({
        "aud": "https://coworking-grenoble.example", "iat": 1_800_000_600,
        "nonce": random(16, "nonce"), "sd_hash": random(32, "sd_hash"),
    });
    let part = |text: &str| seal::base64url::encode(text.as_bytes());
    let head = part(&format!(r#"{{"alg":"{algorithm}","typ":"kb+jwt"}}"#));
    let binding = format!(
        "{head}.{}.{}",
        part(&bound.to_string()),
        random(64, "signature")
    );
    qr::encode(&format!("{passport}~{binding}")).expect("a code")
}

fn version(code: &str, level: EcLevel) -> i16 {
    match QrCode::with_error_correction_level(code, level).map(|it| it.version()) {
        Ok(Version::Normal(version) | Version::Micro(version)) => version,
        Err(error) => panic!("no QR code holds it: {error}"),
    }
}

#[test]
fn a_code_that_discloses_nothing_is_small_enough_for_a_phone() {
    let ed25519 = json!({ "kty": "OKP", "crv": "Ed25519", "x": random(32, "x") });
    let p256 = json!({ "kty": "EC", "crv": "P-256", "x": random(32, "x"), "y": random(32, "y") });
    for (key, algorithm) in [(ed25519, "EdDSA"), (p256, "ES256")] {
        let code = code(&key, algorithm);
        let versions = [EcLevel::L, EcLevel::M].map(|level| version(&code, level));
        let is_small = versions[0] <= 20 && versions[1] <= 23;
        assert!(
            is_small,
            "{algorithm}: {versions:?}, {} characters",
            code.len()
        );
    }
}
