//! `specs/vectors/passport.json`: presentations, their codes, and status lists.

use ed25519_dalek::{Signer as _, SigningKey};
use seal::{Jwk, SecretKey};
use serde_json::{Value, json};
use wire::disclosure::{Disclosed, digest_of};
use wire::passport::{Presentation, PresentationRefusal};
use wire::status_list::{StatusList, Statuses};
use wire::{Sha256Hash, qr};

use crate::forge::{compact, header, hex, key_set, keys_listed, list, published};
use crate::forge::{text, went_through};

/// The holder's seed.
const HOLDER: [u8; 32] = [20; 32];
/// Another person's seed.
const OTHER: [u8; 32] = [21; 32];

const HEADER: &str = r#"{"alg":"EdDSA","typ":"kb+jwt"}"#;

fn holder_jwk() -> Value {
    let x = Jwk::from(SecretKey::from_seed(&HOLDER).public()).x;
    json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
}

fn passport_claims() -> Value {
    json!({
        "iss": "https://le-mug.example",
        "vct": "urn:escale:passport:1",
        "iat": 1_800_000_000,
        "exp": 1_802_592_000,
        "cnf": { "jwk": holder_jwk() },
        "status": { "status_list": { "idx": 4_711, "uri": "https://le-mug.example/status/1" } },
        "name": "Zoé",
        "formula": "month",
        "roaming": { "period": "2027-01", "granted": 4, "left": 4 },
    })
}

fn passport(claims: &Value) -> String {
    let header = header("dc+sd-jwt", "mug-ops");
    compact(&header, claims.to_string().as_bytes(), "mug-ops")
}

/// A passport on paper, in compact form.
fn on_paper(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = passport_claims();
    claims["vct"] = json!("urn:escale:paper-passport:1");
    let members = claims.as_object_mut().expect("an object");
    members.remove("cnf");
    change(&mut claims);
    passport(&claims)
}

fn on_paper_with_key(binding: &str) -> String {
    let passport = on_paper(|it| it["cnf"] = json!({ "jwk": holder_jwk() }));
    format!("{passport}~{binding}")
}

fn binding_claims(passport: &str) -> Value {
    json!({
        "aud": "https://grenoble.example",
        "iat": 1_800_000_600,
        "nonce": "AAECAwQFBgcICQoLDA0ODw",
        "sd_hash": Sha256Hash::of(&[passport.as_bytes(), b"~"]),
    })
}

fn binding(header: &str, claims: &Value, seed: &[u8; 32]) -> String {
    let part = |bytes: &[u8]| seal::base64url::encode(bytes);
    let claims = claims.to_string();
    let signed = format!("{}.{}", part(header.as_bytes()), part(claims.as_bytes()));
    let signature = SigningKey::from_bytes(seed).sign(signed.as_bytes());
    format!("{signed}.{}", part(&signature.to_bytes()))
}

/// A presentation of a passport that says something else.
fn saying(pointer: &str, value: Value) -> String {
    let mut claims = passport_claims();
    *claims.pointer_mut(pointer).expect("a claim") = value;
    let passport = passport(&claims);
    let binding = binding(HEADER, &binding_claims(&passport), &HOLDER);
    format!("{passport}~{binding}")
}

/// A presentation whose key binding says something else.
fn bound(name: &str, value: Value) -> String {
    let passport = passport(&passport_claims());
    let mut claims = binding_claims(&passport);
    claims[name] = value;
    format!("{passport}~{}", binding(HEADER, &claims, &HOLDER))
}

/// What is wrong, the presentation, and the answer.
type Case = (&'static str, String, &'static str);

/// Whole, in parts, and by whom.
fn forms() -> Vec<Case> {
    let claims = passport_claims().to_string();
    let passport = passport(&passport_claims());
    let good = binding(HEADER, &binding_claims(&passport), &HOLDER);
    let sealed = |typ: &str, by: &str| {
        let sealed = compact(&header(typ, by), claims.as_bytes(), by);
        format!("{sealed}~{good}")
    };
    let disclosed = format!("{passport}~WyJhIiwiYiIsImMiXQ~{good}");
    let long = format!("{passport}~{good}{}", "A".repeat(4_096));
    let other_node = sealed("dc+sd-jwt", "label-ops");
    let other_kind = sealed("escale-record+jwt", "mug-ops");
    let on_paper = on_paper(|_| {});
    let paper_by_key = on_paper_with_key(&good);
    vec![
        ("as it is shown", format!("{passport}~{good}"), "ok"),
        ("on paper", format!("{on_paper}~"), "ok"),
        (
            "on paper, with a key binding",
            format!("{on_paper}~{good}"),
            "form",
        ),
        ("on paper, with a key", paper_by_key, "seal_malformed"),
        ("no key binding", format!("{passport}~"), "form"),
        ("no tilde", passport, "form"),
        ("a disclosure", disclosed, "disclosure_form"),
        ("too long", long, "form"),
        ("signed by another node", other_node, "seal_unknown_key"),
        ("another kind of document", other_kind, "seal_other_kind"),
    ]
}

/// Passports that say something else.
fn sayings() -> Vec<Case> {
    let (ok, malformed) = ("ok", "seal_malformed");
    let other_type = json!("urn:escale:passport:2");
    let cases = [
        ("nothing left", "/roaming/left", json!(0), ok),
        ("another type of passport", "/vct", other_type, malformed),
        ("no name", "/name", json!(""), malformed),
        ("40 characters", "/name", json!("é".repeat(40)), ok),
        ("41 characters", "/name", json!("é".repeat(41)), malformed),
        ("more left", "/roaming/left", json!(5), malformed),
        ("no month", "/roaming/period", json!("2027-13"), malformed),
        ("no time", "/exp", json!(1_800_000_000), malformed),
        ("another key", "/cnf/jwk/kty", json!("RSA"), "holder_key"),
    ];
    let case = |(name, at, value, expected)| (name, saying(at, value), expected);
    let mut cases: Vec<Case> = cases.into_iter().map(case).collect();
    let keyless = saying("/cnf", Value::Null);
    cases.push(("no key in it", keyless, malformed));
    cases
}

/// Key bindings that say something else.
fn bindings() -> Vec<Case> {
    let (ok, refused) = ("ok", "key_binding");
    let other = json!(Sha256Hash::of(&[b"~"]));
    let cases = [
        ("another member", "later", json!(1), ok),
        ("of another passport", "sd_hash", other, refused),
        ("7 bytes", "nonce", json!("1234567"), refused),
        ("8 bytes", "nonce", json!("12345678"), ok),
        ("64 bytes", "nonce", json!("n".repeat(64)), ok),
        ("65 bytes", "nonce", json!("n".repeat(65)), refused),
        (
            "a slash",
            "aud",
            json!("https://grenoble.example/"),
            refused,
        ),
        (
            "a list",
            "aud",
            json!(["https://grenoble.example"]),
            refused,
        ),
        (
            "to the home, by its member",
            "aud",
            json!("https://le-mug.example/api/v1/member"),
            ok,
        ),
        (
            "another path",
            "aud",
            json!("https://le-mug.example/api/v1/members"),
            refused,
        ),
        ("half a second", "iat", json!(1_800_000_600.5), refused),
    ];
    let case = |(name, claim, value, expected)| (name, bound(claim, value), expected);
    cases.into_iter().map(case).collect()
}

/// Key bindings with another header, or by another key.
fn headers() -> Vec<Case> {
    let passport = passport(&passport_claims());
    let claims = binding_claims(&passport);
    let by = |header: &str, seed| format!("{passport}~{}", binding(header, &claims, seed));
    let newer = r#"{"alg":"Ed25519","typ":"kb+jwt"}"#;
    let refused = "key_binding";
    let mut cases = vec![
        ("the newer name of the algorithm", by(newer, &HOLDER), "ok"),
        ("signed by another holder", by(HEADER, &OTHER), refused),
    ];
    for (name, header) in [
        ("another algorithm", r#"{"alg":"ES256","typ":"kb+jwt"}"#),
        ("another typ", r#"{"alg":"EdDSA","typ":"JWT"}"#),
        ("no typ", r#"{"alg":"EdDSA"}"#),
        ("a kid", r#"{"alg":"EdDSA","kid":"x","typ":"kb+jwt"}"#),
    ] {
        cases.push((name, by(header, &HOLDER), refused));
    }
    cases
}

fn presentations() -> Vec<Case> {
    let hidden = [hidings(), showings(), wrong_showings()].concat();
    [forms(), sayings(), bindings(), headers(), hidden].concat()
}

fn disclosure(salt: u8, rest: &str) -> String {
    let salt = seal::base64url::encode(&[salt; 16]);
    seal::base64url::encode(format!(r#"["{salt}",{rest}]"#).as_bytes())
}

/// What the home gives a member with a passport: full name, organisation, portrait.
fn given() -> [String; 3] {
    let portrait = Sha256Hash::of(&[b"a picture"]);
    [
        disclosure(1, r#""full_name","Zoé Martin""#),
        disclosure(2, r#""organisation","Oxalis""#),
        disclosure(3, &format!(r#""portrait","{portrait}""#)),
    ]
}

/// The claims of a passport with the digests of these disclosures, in their order.
fn hiding(disclosures: &[String]) -> Value {
    let mut digests: Vec<_> = disclosures.iter().map(|it| digest_of(it)).collect();
    digests.sort_unstable();
    let mut claims = passport_claims();
    claims["_sd"] = json!(digests);
    claims
}

/// A presentation of these claims with these disclosures, for which its key binding is.
fn disclosing(claims: &Value, disclosures: &[String]) -> String {
    let mut shown = passport(claims);
    for disclosure in disclosures {
        shown = format!("{shown}~{disclosure}");
    }
    let binding = binding(HEADER, &binding_claims(&shown), &HOLDER);
    format!("{shown}~{binding}")
}

/// Passports that hide something, of which nothing is shown.
fn hidings() -> Vec<Case> {
    let (ok, malformed) = ("ok", "seal_malformed");
    let case = |name, change: &dyn Fn(&mut Value), expected| {
        let mut claims = hiding(&given());
        change(&mut claims);
        (name, disclosing(&claims, &[]), expected)
    };
    let random = |count: u8| -> Value {
        let digests = (0..count).map(|it| Sha256Hash([it; 32]));
        json!(digests.collect::<Vec<_>>())
    };
    let of_its_own = on_paper(|it| it["_sd"] = json!([digest_of("")]));
    vec![
        case("nothing of it is shown", &|_| {}, ok),
        case(
            "how it is hidden",
            &|it| it["_sd_alg"] = json!("sha-256"),
            ok,
        ),
        case("eight digests", &|it| it["_sd"] = random(8), ok),
        case("nine digests", &|it| it["_sd"] = random(9), malformed),
        case(
            "a digest twice",
            &|it| it["_sd"][1] = it["_sd"][0].clone(),
            malformed,
        ),
        case("no digest", &|it| it["_sd"][1] = json!("AQI"), malformed),
        case(
            "hidden in another way",
            &|it| it["_sd_alg"] = json!("sha-512"),
            malformed,
        ),
        case(
            "hidden deeper",
            &|it| it["roaming"]["_sd"] = json!([]),
            malformed,
        ),
        case(
            "hidden in a list",
            &|it| it["later"] = json!([1, [{ "...": Sha256Hash([1; 32]) }]]),
            malformed,
        ),
        case(
            "in plain text",
            &|it| it["organisation"] = json!("Oxalis"),
            malformed,
        ),
        (
            "on paper, with digests",
            format!("{of_its_own}~"),
            malformed,
        ),
    ]
}

/// Passports of which something is shown.
fn showings() -> Vec<Case> {
    let claims = hiding(&given());
    let [full_name, organisation, portrait] = given();
    let longest = disclosure(4, &format!(r#""full_name","{}""#, "é".repeat(100)));
    let case = |name, shown: &[&String]| {
        let shown: Vec<String> = shown.iter().map(|it| (*it).clone()).collect();
        (name, disclosing(&claims, &shown), "ok")
    };
    vec![
        case("the full name is shown", &[&full_name]),
        case("the organisation is shown", &[&organisation]),
        case("name and portrait are shown", &[&full_name, &portrait]),
        case("all is shown", &[&full_name, &organisation, &portrait]),
        (
            "100 characters are shown",
            disclosing(&hiding(std::slice::from_ref(&longest)), &[longest]),
            "ok",
        ),
    ]
}

/// What is shown wrongly.
fn wrong_showings() -> Vec<Case> {
    let claims = hiding(&given());
    let [full_name, organisation, portrait] = given();
    let all = [full_name.clone(), organisation.clone(), portrait.clone()];
    let of_another = disclosure(9, r#""full_name","Zoé Martin""#);
    let shown = |shown: &[String]| disclosing(&claims, shown);
    let of = |disclosure: &str| {
        let shown = [disclosure.to_owned()];
        disclosing(&hiding(&shown), &shown)
    };
    let said = |rest: &str| of(&disclosure(5, rest));
    let unbound = disclosing(&claims, &[]).replacen('~', &format!("~{full_name}~"), 1);
    let renamed = [disclosure(6, r#""full_name","Zoé""#), full_name.clone()];
    let too_long = said(&format!(r#""organisation","{}""#, "é".repeat(101)));
    let short_salt = of(&seal::base64url::encode(br#"["AQI","full_name","Z"]"#));
    let reversed = shown(&[organisation.clone(), full_name.clone()]);
    let on_paper = on_paper(|_| {});
    let (form, value) = ("disclosure_form", "disclosure_value");
    vec![
        (
            "four are shown",
            shown(&[all.as_slice(), &all[..1]].concat()),
            "disclosure_too_many",
        ),
        (
            "given with another",
            shown(&[of_another]),
            "disclosure_unknown",
        ),
        (
            "shown twice",
            shown(&[full_name.clone(), full_name.clone()]),
            "disclosure_twice",
        ),
        (
            "two of one name",
            disclosing(&hiding(&renamed), &renamed),
            "disclosure_twice",
        ),
        ("in another order", reversed, "disclosure_order"),
        ("padded", shown(&[format!("{full_name}=")]), form),
        ("two members", said(r#""full_name""#), form),
        ("four members", said(r#""full_name","Zoé",1"#), form),
        (
            "a name twice in it",
            said(r#""full_name",{"a":1,"a":1}"#),
            form,
        ),
        ("a short salt", short_salt, form),
        ("another name", said(r#""email","a""#), "disclosure_name"),
        (
            "another claim of ours",
            said(r#""name","a""#),
            "disclosure_name",
        ),
        ("an empty name", said(r#""full_name","""#), value),
        ("101 characters are shown", too_long, value),
        ("no text", said(r#""organisation",1"#), value),
        ("no portrait", said(r#""portrait","AQI""#), value),
        ("shown, and not bound", unbound, "key_binding"),
        (
            "on paper, with a disclosure",
            format!("{on_paper}~{full_name}~"),
            "form",
        ),
    ]
}

/// What is wrong, the code, and the presentation that is read, if one is.
fn codes() -> Vec<(&'static str, String, Option<String>)> {
    let passport = passport(&passport_claims());
    let binding = binding(HEADER, &binding_claims(&passport), &HOLDER);
    let good = qr::encode(&format!("{passport}~{binding}")).expect("it fits");
    let (most, _) = good.split_at(good.len() - 3);
    let paper = format!("{}~", on_paper(|_| {}));
    let on_paper = qr::encode(&paper).expect("it fits");
    let all_shown = disclosing(&hiding(&given()), &given());
    let code_of_all = qr::encode(&all_shown).expect("it fits");
    vec![
        (
            "as it is shown",
            good.clone(),
            Some(format!("{passport}~{binding}")),
        ),
        ("on paper", on_paper, Some(paper)),
        ("with three disclosures", code_of_all, Some(all_shown)),
        ("an address", "https://evil.example/".to_owned(), None),
        ("another prefix", good.replacen("ESC1:", "ESC2:", 1), None),
        ("in small letters", good.to_lowercase(), None),
        ("nothing after the prefix", "ESC1:".to_owned(), None),
        ("cut off", most.to_owned(), None),
        ("something after it", format!("{good}000"), None),
        ("no bytes of base45", format!("{good}:::"), None),
    ]
}

fn status_lists() -> Value {
    let list = |bits: u8, lst: &str, statuses: Value| json!({ "bits": bits, "lst": lst, "statuses": statuses });
    let mut two = Statuses::new(8_192);
    assert!(two.set(1, 2) && two.set(3, 1) && two.set(8_191, 3));
    let packed = two.pack().expect("it fits").lst;
    let draft = json!([[0, 1], [1, 0], [2, 0], [3, 1], [15, 1], [16, null]]);
    json!([
        list(1, "eNrbuRgAAhcBXQ", draft),
        list(
            2,
            &packed,
            json!([[0, 0], [1, 2], [3, 1], [8_191, 3], [8_192, null]])
        ),
    ])
}

fn made() -> Value {
    let presentation = |(name, shown, expected): Case| {
        let mut case = json!({ "name": name, "presentation": shown, "expected": expected });
        if let Ok(disclosed) = opened(&shown) {
            case["disclosed"] = disclosed;
        }
        case
    };
    let code = |(name, code, expected): (&str, String, Option<String>)| json!({ "name": name, "code": code, "expected": expected });
    json!({
        "keys": keys_listed(),
        "home_ops": "mug-ops",
        "holder": { "seed": hex(&HOLDER), "jwk": holder_jwk() },
        "presentations": presentations().into_iter().map(presentation).collect::<Value>(),
        "codes": codes().into_iter().map(code).collect::<Value>(),
        "status_lists": status_lists(),
    })
}

/// What is disclosed, or why nothing is opened.
fn opened(shown: &str) -> Result<Value, PresentationRefusal> {
    let shown = Presentation::parse(shown)?.open(&key_set(&["mug-ops"]))?;
    let Disclosed {
        full_name,
        organisation,
        portrait,
    } = shown.disclosed;
    let mut disclosed = json!({});
    for (name, value) in [
        ("full_name", full_name),
        ("organisation", organisation),
        ("portrait", portrait.map(|it| it.to_string())),
    ] {
        if let Some(value) = value {
            disclosed[name] = json!(value);
        }
    }
    Ok(disclosed)
}

fn judge(shown: &str) -> String {
    match opened(shown) {
        Ok(_) => "ok".to_owned(),
        Err(PresentationRefusal::Disclosure(refusal)) => refusal.code().to_owned(),
        Err(PresentationRefusal::Form) => "form".to_owned(),
        Err(PresentationRefusal::Seal(refusal)) => refusal.code().to_owned(),
        Err(PresentationRefusal::HolderKey) => "holder_key".to_owned(),
        Err(PresentationRefusal::KeyBinding) => "key_binding".to_owned(),
    }
}

#[test]
fn every_presentation_is_judged_as_published() {
    let file = published("passport.json", &made());
    let cases = list(&file, "presentations");
    for case in cases {
        let shown = text(case, "presentation");
        assert_eq!(judge(shown), text(case, "expected"), "{case}");
        assert_eq!(opened(shown).ok().as_ref(), case.get("disclosed"), "{case}");
        if text(case, "expected") == "ok" {
            let code = qr::encode(shown).expect("it fits");
            assert_eq!(qr::decode(&code).as_deref(), Ok(shown));
        }
    }
    went_through("passport-presentations", cases.len());
}

#[test]
fn every_code_is_read_as_published() {
    let file = published("passport.json", &made());
    let cases = list(&file, "codes");
    for case in cases {
        let read = qr::decode(text(case, "code")).ok();
        assert_eq!(json!(read), case["expected"], "{case}");
    }
    went_through("passport-codes", cases.len());
}

#[test]
fn every_status_is_read_as_published() {
    let file = published("passport.json", &made());
    let cases = list(&file, "status_lists");
    for case in cases {
        let packed: StatusList = serde_json::from_value(case.clone()).expect("a list");
        let statuses = Statuses::unpack(&packed).expect("it inflates");
        for pair in list(case, "statuses") {
            let idx = pair[0].as_u64().expect("a place");
            assert_eq!(json!(statuses.get(idx)), pair[1], "{pair}");
        }
    }
    went_through("passport-status-lists", cases.len());
}
