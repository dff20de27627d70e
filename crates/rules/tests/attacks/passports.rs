//! Passports: what a home, a thief or a member could write into one.

use ed25519_dalek::{Signer as _, SigningKey};
use seal::{Jwk, SecretKey};
use serde_json::{Value, json};
use wire::Sha256Hash;
use wire::passport::{Presentation, PresentationRefusal, Shown};

use crate::forge::{compact, header, key_set};
use crate::papers::{IAT, MUG};
use crate::table::{Attack, Outcome, attacks};

/// The desk of all attacks.
pub(crate) const HOST: &str = "https://grenoble.example";
/// The holder's seed.
pub(crate) const HOLDER: [u8; 32] = [20; 32];
/// Another person's seed.
pub(crate) const OTHER: [u8; 32] = [21; 32];
/// The header of a key binding.
pub(crate) const BINDING: &str = r#"{"alg":"EdDSA","typ":"kb+jwt"}"#;

pub(crate) fn jwk(seed: &[u8; 32]) -> Value {
    let x = Jwk::from(SecretKey::from_seed(seed).public()).x;
    json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
}

/// What Le Mug says of Zoé.
pub(crate) fn claims() -> Value {
    json!({
        "iss": MUG, "vct": "urn:escale:passport:1", "iat": IAT, "exp": IAT + 30 * 86_400,
        "cnf": { "jwk": jwk(&HOLDER) },
        "status": { "status_list": { "idx": 3, "uri": "https://le-mug.example/status/1" } },
        "name": "Zoé", "formula": "month",
        "roaming": { "period": "2027-01", "granted": 4, "left": 3 },
    })
}

/// The same with another member at this place.
pub(crate) fn claims_with(at: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    *claims.pointer_mut(at).expect("a member") = value.into();
    claims
}

/// What Le Mug says on paper.
pub(crate) fn paper() -> Value {
    let mut claims = claims_with("/vct", "urn:escale:paper-passport:1");
    claims.as_object_mut().expect("an object").remove("cnf");
    claims
}

pub(crate) fn passport(claims: &Value, by: &str) -> String {
    compact(&header("dc+sd-jwt", by), claims.to_string().as_bytes(), by)
}

/// What the holder says when the passport is shown.
pub(crate) fn binding_claims(passport: &str) -> Value {
    json!({
        "aud": HOST, "iat": IAT + 600, "nonce": "AAECAwQFBgcICQoLDA0ODw",
        "sd_hash": Sha256Hash::of(&[passport.as_bytes(), b"~"]),
    })
}

/// A key binding of any header and claims.
pub(crate) fn binding(header: &str, claims: &[u8], seed: &[u8; 32]) -> String {
    let part = |bytes: &[u8]| seal::base64url::encode(bytes);
    let signed = format!("{}.{}", part(header.as_bytes()), part(claims));
    let signature = SigningKey::from_bytes(seed).sign(signed.as_bytes());
    format!("{signed}.{}", part(&signature.to_bytes()))
}

/// A presentation of these claims, bound as it must be.
pub(crate) fn shown(claims: &Value, by: &str) -> String {
    let passport = passport(claims, by);
    let bound = binding_claims(&passport).to_string();
    format!("{passport}~{}", binding(BINDING, bound.as_bytes(), &HOLDER))
}

/// Opens a presentation by Le Mug's `ops` key.
pub(crate) fn opened(presentation: &str) -> Result<Shown, &'static str> {
    let opened = Presentation::parse(presentation).and_then(|it| it.open(&key_set(&["mug-ops"])));
    opened.map_err(|refusal| match refusal {
        PresentationRefusal::Form => "form",
        PresentationRefusal::Seal(refusal) => refusal.code(),
        PresentationRefusal::HolderKey => "holder_key",
        PresentationRefusal::KeyBinding => "key_binding",
        PresentationRefusal::Disclosure(refusal) => refusal.code(),
    })
}

pub(crate) fn genuine(presentation: &str) -> Outcome {
    opened(presentation).map(|_| ())
}

/// A passport that says something else.
fn saying(at: &str, value: impl Into<Value>) -> Outcome {
    genuine(&shown(&claims_with(at, value), "mug-ops"))
}

/// A passport of exactly these claims, under the header of a kind.
fn of(claims: &str, typ: &str) -> Outcome {
    let passport = compact(&header(typ, "mug-ops"), claims.as_bytes(), "mug-ops");
    let bound = binding_claims(&passport).to_string();
    genuine(&format!(
        "{passport}~{}",
        binding(BINDING, bound.as_bytes(), &HOLDER)
    ))
}

/// What is left, said twice.
fn left_twice() -> String {
    let claims = claims().to_string();
    claims.replace(r#""left":3"#, r#""left":0,"left":4"#)
}

/// A member writes more half-days into their passport, and shows it as ever.
fn altered() -> Outcome {
    let (own, more) = (claims(), claims_with("/roaming/left", 4));
    let (own, more) = (passport(&own, "mug-ops"), passport(&more, "mug-ops"));
    let (said, _) = more.rsplit_once('.').expect("three parts");
    let (_, signature) = own.rsplit_once('.').expect("three parts");
    let passport = format!("{said}.{signature}");
    let bound = binding_claims(&passport).to_string();
    let bound = binding(BINDING, bound.as_bytes(), &HOLDER);
    genuine(&format!("{passport}~{bound}"))
}

/// A passport on paper, shown with what is behind the tilde.
fn on_paper(claims: &Value, behind: &str) -> Outcome {
    genuine(&format!("{}~{behind}", passport(claims, "mug-ops")))
}

fn paper_by_key() -> Outcome {
    let passport = passport(&paper(), "mug-ops");
    let bound = binding_claims(&passport).to_string();
    genuine(&format!(
        "{passport}~{}",
        binding(BINDING, bound.as_bytes(), &OTHER)
    ))
}

fn keyed_paper() -> Outcome {
    let mut claims = paper();
    claims["cnf"] = json!({ "jwk": jwk(&HOLDER) });
    genuine(&shown(&claims, "mug-ops"))
}

pub(crate) fn attacks() -> Vec<Attack> {
    attacks!("passport":
        C2 "Another space signs a passport in the home's name."
            { genuine(&shown(&claims(), "grenoble-ops")) }
            seal_unknown_key [seal_key_named seal_signature]
        C2 "The home's `fed` key signs a passport."
            { genuine(&shown(&claims(), "mug-fed")) }
            seal_unknown_key [seal_key_named seal_signature]
        C12 "The coordinator signs a passport."
            { genuine(&shown(&claims(), "label-ops")) }
            seal_unknown_key [seal_key_named seal_signature]
        C1 "A member writes more half-days into their passport."
            { altered() } seal_signature [seal_signature]
        C3 "A record has the claims of a passport."
            { of(&claims().to_string(), "escale-record+jwt") } seal_other_kind [seal_typ]
        C3 "A passport is of the draft's older kind."
            { of(&claims().to_string(), "vc+sd-jwt") } seal_other_kind [seal_typ]
        C3 "A passport is of a type that nobody knows."
            { saying("/vct", "urn:escale:passport:2") } seal_malformed [passport_type]
        C5 "A passport says that it is on paper, and names a key."
            { keyed_paper() } seal_malformed [passport_key]
        C5 "A passport for a phone names no key, so that whoever has a picture can show it."
            { on_paper(&claims_with("/cnf", Value::Null), "") } seal_malformed [passport_key]
        C5 "A passport for a phone is shown without its holder's word."
            { on_paper(&claims(), "") } form [binding_there]
        C5 "A passport on paper is shown with somebody's word."
            { paper_by_key() } form [binding_not_on_paper]
        C4 "A passport ends when it begins."
            { saying("/exp", IAT) } seal_malformed [passport_ends_later]
        C14 "A passport has no name."
            { saying("/name", "") } seal_malformed [passport_name]
        C14 "A passport has a name of 41 letters."
            { saying("/name", "é".repeat(41)) } seal_malformed [passport_name]
        G7 "A formula has 41 bytes."
            { saying("/formula", "m".repeat(41)) } seal_malformed [passport_formula]
        C15 "More is left than was granted."
            { saying("/roaming/left", 5) } seal_malformed [passport_left]
        C15 "A passport counts for a month that never comes."
            { saying("/roaming/period", "2027-13") } seal_malformed [passport_month]
        C15 "A passport counts for a month before all others."
            { saying("/roaming/period", "") } seal_malformed [passport_month]
        C8 "A passport refers to a list of no name."
            { saying("/status/status_list/uri", "") } seal_malformed [passport_list]
        C8 "A passport refers to a place that no list has: less than nought."
            { saying("/status/status_list/idx", -1) } seal_malformed []
        G8 "A passport refers to its place by a list of the members."
            { saying("/status/status_list", json!([3, "https://le-mug.example/status/1"])) }
            seal_malformed [claims_object]
        G1 "A passport says twice what is left."
            { of(&left_twice(), "dc+sd-jwt") }
            seal_json [json_name_twice]
        C13 "A picture shows an address instead of a passport."
            { genuine("https://evil.example/~") } seal_not_compact []
        C13 "A passport is cut off."
            { genuine(&shown(&claims(), "mug-ops").chars().take(200).collect::<String>()) } form []
    )
}
