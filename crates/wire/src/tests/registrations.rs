//! Registrations, and what is asked about them.

use seal::{KeySet, Sealed};
use serde_json::{Value, json};

use super::{FromClaimsForTest as _, check_claims, key, request, with};
use crate::Sha256Hash;
use crate::registration::{
    CANCELLATION_KIND, CancellationBody, NOTICE_KIND, NoticeBody, NoticeState, REGISTRATION_KIND,
    Registration, RegistrationBody,
};
use crate::request::{Answer, Request};

const ID: &str = "AAAAAGnTdgABAgMEBQYHCA";

fn registration() -> Value {
    json!({
        "iss": "https://aix.example", "aud": "https://le-mug.example", "iat": 1_775_466_000,
        "id": ID, "event": "photo", "occurrence": "2026-04-13T18:00:00", "name": "Camille",
    })
}

#[test]
fn a_registration_has_these_bytes_and_no_other() {
    let sealed = seal::sign(Registration::from_claims_for_test(registration()), &key()).unwrap();
    let keys = KeySet::only(key().public().clone());
    let opened = Sealed::<Registration>::parse(sealed.as_str()).unwrap();
    assert_eq!(opened.open(&keys).unwrap(), sealed);
    assert_eq!(
        Sha256Hash::of(&[sealed.as_str().as_bytes()]).to_string(),
        "AM_Dqhv18AHq9Ja7m4KKvaQymhqff0vFboF3SSOcmHo"
    );
    // One byte more or less, or another, wherever it is.
    let text = sealed.as_str();
    let opens = |text: &str| {
        let parsed = Sealed::<Registration>::parse(text);
        parsed.and_then(|it| it.open(&keys)).is_ok()
    };
    for at in 0..text.len() {
        for with in ["A", "-", ""] {
            let (before, rest) = text.split_at(at);
            let other = format!("{before}{with}{}", rest.split_at(1).1);
            assert!(other == text || !opens(&other), "{at}: {other}");
        }
    }
}

#[test]
fn a_registration_has_its_limits() {
    let mut once = registration();
    once["occurrence"] = Value::Null;
    for changed in [
        once,
        with(&registration(), "/name", &json!("é".repeat(40))),
        with(&registration(), "/later", &json!([1])),
    ] {
        check_claims::<Registration>(&changed, &[]);
    }
    check_claims::<Registration>(
        &registration(),
        &[
            ("/iss", json!("https://le-mug.example")),
            ("/aud", json!("le-mug.example")),
            ("/iat", json!("now")),
            ("/id", json!("")),
            ("/id", json!("AAAAAGnTdgABAgMEBQYH")),
            ("/id", json!("AAAAAGnTdgABAgMEBQYHCAk")),
            ("/id", json!("AAAAAGnTdgABAgMEBQYHCB")),
            ("/id", json!("AAAAAGnTdgABAgMEBQYH==")),
            ("/event", json!("")),
            ("/event", json!("ph oto")),
            ("/event", json!("i".repeat(41))),
            ("/event", json!("photo@le-mug.example")),
            ("/occurrence", json!("2026-04-13")),
            ("/name", json!("")),
            ("/name", json!("é".repeat(41))),
            ("/name", json!("Cam\nille")),
            ("/name", Value::Null),
        ],
    );
}

fn asking(kind: &str, body: Value) -> Request {
    let mut claims = request();
    claims["kind"] = json!(kind);
    claims["body"] = body;
    Request::from_claims_for_test(claims)
}

#[test]
fn what_is_asked_about_a_registration_is_of_its_kind_and_names_it() {
    let body = RegistrationBody::of(&asking(
        REGISTRATION_KIND,
        json!({ "registration": "a.b.c" }),
    ));
    assert_eq!(body.unwrap().registration, "a.b.c");
    let cancel = |body: Value| CancellationBody::of(&asking(CANCELLATION_KIND, body));
    assert_eq!(
        cancel(json!({ "registration": ID })).unwrap().registration,
        ID
    );
    for body in [
        json!({}),
        json!({ "registration": "x" }),
        json!([ID]),
        json!({ "registration": 1 }),
    ] {
        assert!(cancel(body.clone()).is_err(), "{body}");
    }
    for kind in [CANCELLATION_KIND, NOTICE_KIND, "receipt"] {
        let other = asking(kind, json!({ "registration": "a.b.c" }));
        assert!(RegistrationBody::of(&other).is_err(), "{kind}");
    }
    for kind in [REGISTRATION_KIND, NOTICE_KIND] {
        assert!(CancellationBody::of(&asking(kind, json!({ "registration": ID }))).is_err());
    }
}

#[test]
fn a_notice_says_what_changed_since_the_answer() {
    let notice = json!({ "registration": ID, "revision": 2, "state": "accepted" });
    let of = |body: &Value| NoticeBody::of(&asking(NOTICE_KIND, body.clone()));
    let read = of(&notice).unwrap();
    assert_eq!((read.revision, read.state), (2, NoticeState::Accepted));
    assert!(of(&with(&notice, "/state", &json!("cancelled"))).is_ok());
    for (pointer, value) in [
        ("/registration", json!("x")),
        ("/revision", json!(1)),
        ("/revision", json!(0)),
        ("/revision", json!(-2)),
        ("/revision", Value::Null),
        ("/state", json!("waiting")),
        ("/state", json!({ "accepted": null })),
        ("/state", json!("refused")),
    ] {
        assert!(of(&with(&notice, pointer, &value)).is_err(), "{pointer}");
    }
    assert!(NoticeBody::of(&asking(REGISTRATION_KIND, notice)).is_err());
}

#[test]
fn an_answer_has_a_rank_where_one_waits_and_only_there() {
    let answer = json!({ "iss": "https://label.example", "aud": "https://le-mug.example",
        "jti": "a", "iat": 1, "op": "b", "result": "waiting", "rank": 1 });
    check_claims::<Answer>(
        &answer,
        &[
            ("/rank", json!(0)),
            ("/rank", Value::Null),
            ("/rank", json!("1")),
            ("/code", json!("no")),
            ("/result", json!("accepted")),
            ("/result", json!("unknown")),
            ("/result", json!("refused")),
        ],
    );
    let mut unknown = answer.clone();
    unknown["result"] = json!("unknown");
    unknown["rank"] = Value::Null;
    check_claims::<Answer>(&unknown, &[("/rank", json!(1)), ("/code", json!("x"))]);
}
