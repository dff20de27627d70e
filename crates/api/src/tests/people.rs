//! Phones that are enrolled, and desks that judge, over HTTP.

use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use serde_json::{Value, json};
use store::{Batch, Key, Store as _};
use testkit::{Answer, Label, START, TestNode, Wallet, holder_jwk, post, space_text};

use super::{ask, check_refusal};
use crate::people::{BODY_BYTES_MAX, words};

const JSON: &str = "application/json";

async fn enrol(node: &TestNode, code: &str, jwk: &Value) -> Answer {
    let body = json!({ "code": code, "jwk": jwk }).to_string();
    ask(node, post("/api/v1/enrol", JSON, body)).await
}

async fn judge(node: &TestNode, token: &str, code: &str) -> Value {
    let body = json!({ "code": code }).to_string();
    let mut request = post("/api/v1/desk/judge", JSON, body);
    let value = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", value);
    let answer = ask(node, request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// A member of a space, and a code for their phone.
async fn with_code() -> (Label, String, String) {
    let label = Label::labelled(1).await;
    let app = label.space(0).app();
    app.publish_space(&space_text("Le Mug")).await.unwrap();
    let member = app.add_member("Camille", "month", None).await.unwrap();
    let code = app.enrolment_code(&member).await.unwrap();
    (label, member, code)
}

/// Takes all places of the status list, so that no draw finds a free one.
async fn take_all_places(node: &TestNode) {
    let places: Vec<u64> = (0..8_192).collect();
    for some in places.chunks(512) {
        let mut batch = Batch::new();
        for idx in some {
            let key = Key::new(app::keys::PASSPORTS, &idx.to_be_bytes());
            batch.put(key, b"{}".to_vec());
        }
        node.store().commit(batch).await.unwrap();
    }
}

/// An answer that has this code.
pub(crate) async fn answer_of(code: &str) -> Answer {
    let (label, member, given) = with_code().await;
    let (space, jwk) = (label.space(0), holder_jwk("phone"));
    match code {
        "body_malformed" => ask(space, post("/api/v1/enrol", JSON, "{}")).await,
        "desk_token_needed" => ask(space, post("/api/v1/desk/judge", JSON, "{}")).await,
        "enrol_code" => enrol(space, "0000-0000-0000-0000", &jwk).await,
        "enrol_key" => enrol(space, &given, &json!({ "kty": "RSA" })).await,
        "enrol_not_active" => {
            let ended = app::MemberState::Ended;
            space.app().set_member(&member, ended).await.unwrap();
            enrol(space, &given, &jwk).await
        }
        "enrol_used" => {
            assert_eq!(enrol(space, &given, &jwk).await.status, 200);
            enrol(space, &given, &holder_jwk("another phone")).await
        }
        "enrol_no_place" => {
            take_all_places(space).await;
            enrol(space, &given, &jwk).await
        }
        code => panic!("nothing here is answered by {code}"),
    }
}

#[tokio::test]
async fn a_body_is_json_of_a_length_that_people_need() {
    let (label, _, _) = with_code().await;
    let space = label.space(0);
    let long = format!("\"{}\"", "A".repeat(BODY_BYTES_MAX));
    for (media_type, body, code) in [
        ("text/plain", "{}", "wrong_media_type"),
        ("application/json; charset=utf-8", "{}", "wrong_media_type"),
        (JSON, "", "body_malformed"),
        (JSON, "[]", "body_malformed"),
        (JSON, "\u{ff}", "body_malformed"),
        (JSON, r#"{"code":1,"jwk":{}}"#, "body_malformed"),
        (JSON, r#"{"jwk":{}}"#, "body_malformed"),
        (JSON, long.as_str(), "body_too_long"),
    ] {
        let answer = ask(space, post("/api/v1/enrol", media_type, body.to_owned())).await;
        check_refusal(&answer, code);
    }
}

#[tokio::test]
async fn a_key_that_would_make_a_passport_too_long_is_cut_to_what_is_needed() {
    let (label, _, code) = with_code().await;
    let mut jwk = holder_jwk("phone");
    jwk["kty_note"] = json!("x".repeat(4_000));
    jwk["ext"] = json!(true);
    let answer = enrol(label.space(0), &code, &jwk).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.json()["passport"].as_str().unwrap().to_owned();
    let claims = seal::base64url::decode(text.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["cnf"]["jwk"], holder_jwk("phone"));
    // The same key is the same key, whatever is said beside it.
    let again = enrol(label.space(0), &code, &holder_jwk("phone")).await;
    assert_eq!(again.json()["passport"], text);
}

#[tokio::test]
async fn an_answer_of_the_desk_has_these_members() {
    let label = Label::labelled(2).await;
    let (host, home) = (label.space(0), label.space(1));
    let wallet = Wallet::enrol(home, "Camille", None).await;
    label.settle().await;
    let token = host.app().add_device("tablet").await.unwrap();
    let code = wallet.show(host.entity(), START, "first showing");
    let fresh = json!({ "state": "fresh", "as_of": START.0 });
    let visitor = json!({ "name": "Camille", "home": home.entity(), "formula": "month" });
    let allowed = json!({ "answer": "allowed", "half_days_left": 4, "visitor": visitor,
        "home_freshness": fresh, "label_freshness": fresh });
    assert_eq!(judge(host, &token, &code).await, allowed);
    let again = json!({ "answer": "already_used", "visitor": visitor,
        "home_freshness": fresh, "label_freshness": fresh });
    assert_eq!(judge(host, &token, &code).await, again);
    let elsewhere = wallet.show(home.entity(), START, "second showing");
    let other = json!({ "answer": "not_allowed_here", "reason": "other_host",
        "visitor": visitor, "home_freshness": fresh, "label_freshness": fresh });
    assert_eq!(judge(host, &token, &elsewhere).await, other);
    let nobody = json!({ "answer": "not_genuine", "reason": "malformed",
        "home_freshness": { "state": "never" }, "label_freshness": fresh });
    assert_eq!(judge(host, &token, "https://evil.example/").await, nobody);
}

/// Every verdict there is.
fn verdicts() -> Vec<Verdict> {
    let blocked = [
        Block::Revoked,
        Block::Paused,
        Block::HomeSuspended,
        Block::HomeWithdrawn,
    ];
    let not_here = [
        NotHere::OtherHost,
        NotHere::HostNotLabelled,
        NotHere::HomeNotLabelled,
        NotHere::RegisterTooOld,
        NotHere::ListTooOld,
        NotHere::ClockWrong,
    ];
    let not_genuine = [
        NotGenuine::UnknownHome,
        NotGenuine::OutOfTime,
        NotGenuine::Malformed,
    ];
    let mut all = vec![
        Verdict::Allowed { left: 4 },
        Verdict::Expired,
        Verdict::NoAllowance,
        Verdict::AlreadyUsed,
    ];
    all.extend(blocked.map(Verdict::Blocked));
    all.extend(not_here.map(Verdict::NotAllowedHere));
    all.extend(not_genuine.map(Verdict::NotGenuine));
    all
}

/// The table of answers in `specs/passport.md` has these words, and no others.
#[test]
fn every_answer_of_the_desk_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/passport.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, table) = text.split_once("### 7.2 Answers\n").unwrap();
    let (table, _) = table.split_once("\n#").unwrap();
    let lines = table.lines().skip_while(|it| !it.starts_with("| ---"));
    let mut listed: Vec<_> = lines.filter(|it| it.starts_with("| `")).collect();
    for verdict in verdicts() {
        let (answer, reason, _) = words(verdict);
        let reason = reason.map_or_else(|| "–".to_owned(), |it| format!("`{it}`"));
        let row = format!("| `{answer}` | {reason} |");
        let at = listed.iter().position(|it| it.starts_with(&row));
        listed.remove(at.unwrap_or_else(|| panic!("no row {row}")));
    }
    assert!(listed.is_empty(), "{listed:?}");
}
