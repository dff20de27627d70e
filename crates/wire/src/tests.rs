//! Each document: exact bytes once, and each limit exceeded once.

use seal::{KeySet, SealRefusal, Sealed, SecretKey};
use serde_json::{Value, json};

use crate::feed::{Body, Head, PAGE_RECORDS_MAX, Page, PageRecord, Record};
use crate::hint::{HINT_BYTES_MAX, Hint};
use crate::label::{Charter, Withdrawal};
use crate::request::{Answer, Join, JoinBody, Request};
use crate::space::{ClockTime, Formula, OpeningHours, Profile};
use crate::trust::{Anchor, EntityStatement, TrustMark};
use crate::{BodyKind, ENTITY_ID_BYTES_MAX, Invitation, Sha256Hash};

mod events;
mod registrations;
mod shapes;

fn key() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn jwks() -> Value {
    json!({ "keys": [seal::Jwk::from(key().public())] })
}

fn record() -> Value {
    json!({
        "iss": "https://le-mug.example", "epoch": 1, "seq": 2,
        "prev": Sha256Hash::of(&[b"before"]), "iat": 1_800_000_000, "kind": "formula",
        "id": "day", "rev": 1, "body_sha256": Sha256Hash::of(&[b"body"]),
    })
}

fn statement() -> Value {
    json!({
        "iss": "https://label.example", "sub": "https://le-mug.example", "iat": 1, "exp": 2,
        "jwks": jwks(), "unknown": [1],
    })
}

fn request() -> Value {
    json!({
        "iss": "https://le-mug.example", "aud": "https://label.example", "jti": "a", "iat": 1,
        "exp": 61, "op": "b", "kind": "join", "body": {},
    })
}

/// `base` with another value at that place.
fn with(base: &Value, pointer: &str, value: &Value) -> Value {
    let mut other = base.clone();
    if let Some(place) = other.pointer_mut(pointer) {
        *place = value.clone();
    } else {
        other[pointer.trim_start_matches('/')] = value.clone();
    }
    other
}

/// `base` is read, and after each change it is not.
#[track_caller]
fn check_claims<T: seal::Document>(base: &Value, changes: &[(&str, Value)]) {
    assert!(T::from_claims(base.clone()).is_ok(), "{base}");
    for (pointer, value) in changes {
        let other = with(base, pointer, value);
        assert!(T::from_claims(other.clone()).is_err(), "{pointer}: {other}");
    }
}

#[test]
fn a_record_is_either_a_body_or_a_removal() {
    check_claims::<Record>(
        &record(),
        &[
            ("/epoch", json!(0)),
            ("/seq", json!(0)),
            ("/seq", json!(1)),
            ("/rev", json!(0)),
            ("/prev", Value::Null),
            ("/prev", json!("AQI")),
            ("/kind", json!("")),
            ("/kind", json!("Formula")),
            ("/kind", json!("k".repeat(41))),
            ("/id", json!("")),
            ("/id", json!("i".repeat(301))),
            ("/removed", json!(true)),
            ("/body_sha256", Value::Null),
            ("/iss", json!("https://le-mug.example/")),
            ("/iat", json!("1800000000")),
            ("/iat", json!(1.5)),
        ],
    );
    let mut removal = record();
    removal["body_sha256"] = Value::Null;
    removal["removed"] = json!(true);
    check_claims::<Record>(&removal, &[("/removed", json!(false))]);
}

#[test]
fn a_statement_with_a_policy_or_a_crit_is_refused() {
    check_claims::<EntityStatement>(
        &statement(),
        &[
            ("/crit", json!(["x"])),
            ("/crit", Value::Null),
            ("/metadata_policy", json!({})),
            ("/metadata_policy", Value::Null),
            ("/authority_hints", Value::Null),
            ("/exp", json!(1)),
            ("/jwks/keys", json!([])),
            (
                "/jwks/keys",
                json!(vec![seal::Jwk::from(key().public()); 9]),
            ),
            ("/jwks/keys/0/kid", json!("other")),
            ("/sub", json!("http://le-mug.example")),
            ("/authority_hints", json!(vec!["https://label.example"; 9])),
            (
                "/metadata",
                json!({ "escale_node": { "jwks": { "keys": [] }, "role": "space" } }),
            ),
            (
                "/metadata",
                json!({ "escale_node": { "jwks": jwks(), "role": "king" } }),
            ),
        ],
    );
}

#[test]
fn the_other_documents_have_their_limits() {
    let anchor = json!({ "iss": "https://label.example", "iat": 1, "exp": 2, "jwks": jwks() });
    check_claims::<Anchor>(&anchor, &[("/exp", json!(1)), ("/jwks/keys", json!([]))]);
    let mark = json!({ "iss": "https://label.example", "sub": "https://le-mug.example",
        "trust_mark_type": "https://label.example/charter", "iat": 1, "exp": 2 });
    check_claims::<TrustMark>(
        &mark,
        &[
            ("/exp", json!(0)),
            ("/trust_mark_type", json!("")),
            ("/exp", Value::Null),
        ],
    );
    let head = json!({ "iss": "https://label.example", "epoch": 1, "seq": 1,
        "hash": Sha256Hash::of(&[b"x"]), "iat": 1, "exp": 2 });
    check_claims::<Head>(
        &head,
        &[
            ("/seq", json!(0)),
            ("/exp", json!(1)),
            ("/hash", json!("x")),
        ],
    );
    check_claims::<Request>(
        &request(),
        &[
            ("/exp", json!(62)),
            ("/exp", json!(1)),
            ("/jti", json!("")),
            ("/jti", json!("a b")),
            ("/op", json!("x".repeat(65))),
            ("/aud", json!(["https://label.example"])),
        ],
    );
    let answer = json!({ "iss": "https://label.example", "aud": "https://le-mug.example",
        "jti": "a", "iat": 1, "op": "b", "result": "refused", "code": "no" });
    check_claims::<Answer>(
        &answer,
        &[
            ("/code", Value::Null),
            ("/result", json!("accepted")),
            ("/result", json!("perhaps")),
        ],
    );
}

#[test]
fn a_document_of_one_kind_is_never_read_as_another() {
    let anchor = Anchor::from_claims_for_test(json!({ "iss": "https://label.example", "iat": 1,
        "exp": 2, "jwks": jwks() }));
    let sealed = seal::sign(anchor, &key()).unwrap();
    assert!(Sealed::<Anchor>::parse(sealed.as_str()).is_ok());
    for refused in [
        Sealed::<EntityStatement>::parse(sealed.as_str()).map(|_| ()),
        Sealed::<TrustMark>::parse(sealed.as_str()).map(|_| ()),
        Sealed::<Record>::parse(sealed.as_str()).map(|_| ()),
        Sealed::<Head>::parse(sealed.as_str()).map(|_| ()),
        Sealed::<Request>::parse(sealed.as_str()).map(|_| ()),
    ] {
        assert_eq!(refused, Err(SealRefusal::OtherKind));
    }
}

trait FromClaimsForTest: seal::Document {
    fn from_claims_for_test(claims: Value) -> Self {
        Self::from_claims(claims).unwrap()
    }
}
impl<T: seal::Document> FromClaimsForTest for T {}

/// The exact bytes of a record: changing them would break every feed there is.
#[test]
fn a_record_has_these_bytes() {
    let record = Record::from_claims_for_test(record());
    let sealed = seal::sign(record, &key()).unwrap();
    let opened = Sealed::<Record>::parse(sealed.as_str())
        .unwrap()
        .open(&KeySet::only(key().public().clone()))
        .unwrap();
    assert_eq!(opened, sealed);
    assert_eq!(
        Sha256Hash::of(&[sealed.as_str().as_bytes()]).to_string(),
        "JsNO9mTmSo7NYRKLko8g6dr_GPsZniuz65-v82Rysxs"
    );
}

#[test]
fn a_page_has_a_salt_with_each_body() {
    let body = Body {
        salt: [7; 16],
        text: "{\"a\":1}".to_owned(),
    };
    let sent = PageRecord::new("x.y.z", Some(&body));
    assert_eq!(sent.body().unwrap(), Some(body.clone()));
    assert_eq!(PageRecord::new("x.y.z", None).body().unwrap(), None);
    for broken in [
        PageRecord {
            salt: None,
            ..sent.clone()
        },
        PageRecord {
            body: None,
            ..sent.clone()
        },
        PageRecord {
            salt: Some("AQI".to_owned()),
            ..sent.clone()
        },
        PageRecord {
            body: Some("x".repeat(16 * 1024 + 1)),
            ..sent.clone()
        },
    ] {
        assert!(broken.body().is_err(), "{broken:?}");
    }
    let page = |count: usize| {
        let page = Page {
            head: "h".to_owned(),
            records: vec![sent.clone(); count],
        };
        Page::parse(&serde_json::to_vec(&page).unwrap())
    };
    assert!(page(PAGE_RECORDS_MAX).is_ok());
    assert!(page(PAGE_RECORDS_MAX + 1).is_err());
    // The digest covers salt and text, each in its place.
    let shifted = Body {
        salt: body.salt,
        text: " {\"a\":1}".to_owned(),
    };
    assert_ne!(body.digest(), shifted.digest());
}

#[track_caller]
fn check_body<T: BodyKind>(base: &Value, changes: &[(&str, Value)]) {
    assert!(T::read(&base.to_string()).is_ok(), "{base}");
    for (name, value) in changes {
        let other = with(base, &format!("/{name}"), value);
        assert!(T::read(&other.to_string()).is_err(), "{other}");
    }
}

#[test]
fn what_a_space_publishes_has_limits() {
    check_body::<Profile>(
        &json!({ "name": "Le Mug", "village": "Chambéry", "later": 1 }),
        &[
            ("name", json!("")),
            ("name", json!("x".repeat(121))),
            ("village", Value::Null),
            ("latitude_e6", json!(45_000_000)),
            ("about", json!({})),
            ("amenities", json!(vec![json!({ "fr": "x" }); 41])),
            ("about", json!({ "fr": "x".repeat(2001) })),
            ("latitude_e6", json!(45.5)),
        ],
    );
    check_body::<OpeningHours>(
        &json!({ "time_zone": "Europe/Paris", "weekly": [
            { "day": "monday", "from": "09:00", "to": "12:00" },
            { "day": "monday", "from": "12:00", "to": "24:00" } ] }),
        &[
            (
                "weekly",
                json!([{ "day": "monday", "from": "12:00", "to": "12:00" }]),
            ),
            (
                "weekly",
                json!([{ "day": "monday", "from": "9:00", "to": "12:00" }]),
            ),
            (
                "weekly",
                json!([{ "day": "lundi", "from": "09:00", "to": "12:00" }]),
            ),
            (
                "weekly",
                json!([{ "day": "tuesday", "from": "09:00", "to": "12:00" },
                { "day": "monday", "from": "09:00", "to": "12:00" }]),
            ),
            (
                "weekly",
                json!([{ "day": "monday", "from": "09:00", "to": "12:00" },
                { "day": "monday", "from": "11:59", "to": "13:00" }]),
            ),
            ("time_zone", json!("")),
            ("half_day_boundary", json!("25:00")),
        ],
    );
    check_body::<Formula>(
        &json!({ "unit": "day", "price_cents": 1500 }),
        &[
            ("unit", json!("fortnight")),
            ("price_cents", json!(-1)),
            ("price_cents", json!(15.5)),
            ("price_cents", json!(100_000_001)),
        ],
    );
}

#[test]
fn what_a_coordinator_publishes_has_limits() {
    check_body::<Charter>(
        &json!({ "url": "https://label.example/charter", "name": { "fr": "x" }, "version": 1,
            "roaming": { "half_days_per_month": 4, "settlement": "reciprocal" } }),
        &[
            ("url", json!("")),
            ("version", json!(0)),
            ("name", json!({})),
            (
                "roaming",
                json!({ "half_days_per_month": 63, "settlement": "reciprocal" }),
            ),
            (
                "roaming",
                json!({ "half_days_per_month": 4, "settlement": "barter" }),
            ),
        ],
    );
    check_body::<Withdrawal>(
        &json!({ "sub": "https://le-mug.example", "state": "withdrawn", "reason": "x", "since": 1 }),
        &[
            ("reason", json!("x".repeat(501))),
            ("state", json!("gone")),
            ("sub", json!("x")),
        ],
    );
}

#[test]
fn an_invitation_survives_a_mail_program_and_nothing_else() {
    let invitation = Invitation {
        coordinator: crate::EntityId::parse("https://label.example").unwrap(),
        root_key: seal::Jwk::from(key().public()),
        entity: crate::EntityId::parse("https://le-mug.example").unwrap(),
        secret: "c2VjcmV0".to_owned(),
        epoch: None,
    };
    let code = invitation.to_code().unwrap();
    let (first, second) = code.split_at(70);
    assert_eq!(
        Invitation::from_code(&format!("  {first}\r\n{second}\n")),
        Ok(invitation)
    );
    for broken in [
        first,
        second,
        "",
        "escale-invitation.",
        &code.replace("escale", "Escale"),
    ] {
        assert!(Invitation::from_code(broken).is_err(), "{broken}");
    }
}

#[test]
fn a_join_carries_one_request_of_its_own_kind() {
    let join = json!({ "fed_key": seal::Jwk::from(key().public()), "request": "a.b.c" });
    assert!(Join::parse(join.to_string().as_bytes()).is_ok());
    assert!(Join::parse(b"{}").is_err());
    assert!(Join::parse(" ".repeat(40_000).as_bytes()).is_err());
    let mut other = Request::from_claims_for_test(request());
    assert!(JoinBody::of(&other).is_err());
    other.body = json!({ "secret": "x", "entity_configuration": "a.b.c" });
    assert!(JoinBody::of(&other).is_ok());
    other.kind = "leave".to_owned();
    assert!(JoinBody::of(&other).is_err());
}

#[test]
fn a_hint_names_a_feed_and_a_position_and_has_these_bytes() {
    let text = r#"{"entity":"https://le-mug.example","epoch":1,"seq":7}"#;
    let hint = Hint::parse(text.as_bytes()).unwrap();
    assert_eq!(hint.write().unwrap(), text.as_bytes());
    let base: Value = serde_json::from_str(text).unwrap();
    let read = |value: &Value| Hint::parse(value.to_string().as_bytes());
    assert_eq!(read(&with(&base, "/unknown", &json!([1]))), Ok(hint));
    for (pointer, value) in [
        ("/entity", json!("le-mug")),
        ("/entity", json!("https://le-mug.example/")),
        ("/entity", Value::Null),
        ("/epoch", json!(0)),
        ("/epoch", json!("1")),
        ("/seq", json!(0)),
        ("/seq", json!(-1)),
        ("/seq", json!(1.5)),
        ("/seq", json!(9_007_199_254_740_992_u64)),
    ] {
        let other = with(&base, pointer, &value);
        assert!(read(&other).is_err(), "{other}");
    }
    let twice = text.replace("\"seq\":7", "\"seq\":7,\"seq\":8");
    let list = r#"["https://le-mug.example",1,7]"#;
    for other in ["", "{}", "null", list, &twice] {
        assert!(Hint::parse(other.as_bytes()).is_err(), "{other}");
    }
    let padded = |bytes: usize| format!("{text:<bytes$}");
    assert!(Hint::parse(padded(HINT_BYTES_MAX).as_bytes()).is_ok());
    assert!(Hint::parse(padded(HINT_BYTES_MAX + 1).as_bytes()).is_err());
}

#[test]
fn the_longest_hint_fits() {
    let label = format!("{}.", "a".repeat(60));
    let name = format!("https://{}examplefr", label.repeat(4));
    let number = 9_007_199_254_740_991_u64;
    let longest = json!({ "entity": format!("{name}:65534"), "epoch": number, "seq": number });
    let hint = Hint::parse(longest.to_string().as_bytes()).unwrap();
    assert_eq!(hint.entity.as_str().len(), ENTITY_ID_BYTES_MAX);
    assert!(hint.write().unwrap().len() <= HINT_BYTES_MAX);
}

#[test]
fn a_time_of_day_has_one_spelling() {
    for (text, minutes) in [("00:00", 0), ("13:05", 785), ("24:00", 1440)] {
        assert_eq!(
            ClockTime::parse(text).map(ClockTime::minutes),
            Some(minutes)
        );
    }
    for text in ["24:01", "9:00", "09:60", "0900", "+9:00", "09:00:00", ""] {
        assert_eq!(ClockTime::parse(text), None, "{text}");
    }
}
