//! Phones that are enrolled, and desks that judge, over HTTP.

use app::Role;
use axum::body::Body;
use axum::http::Request;
use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use serde_json::{Value, json};
use testkit::{
    Answer, Label, START, START_OF_DAY, TestNode, Wallet, get, holder_jwk, operator, post,
    space_text,
};

use super::{ask, check_refusal};
use crate::people::{BODY_BYTES_MAX, words};

const JSON: &str = "application/json";

async fn enrol(node: &TestNode, code: &str, jwk: &Value) -> Answer {
    let body = json!({ "code": code, "jwks": [jwk] }).to_string();
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
    let member = app
        .add_member(&operator(), "Camille", "month", None)
        .await
        .unwrap();
    let code = app.enrolment_code(&operator(), &member).await.unwrap();
    (label, member, code)
}

/// What somebody of this role is answered.
pub(super) async fn asked_as(node: &TestNode, role: Role, mut request: Request<Body>) -> Answer {
    let token = node.app().access_token(&operator(), role, "somebody").await;
    let value = format!("Bearer {}", token.unwrap()).parse().unwrap();
    request.headers_mut().insert("authorization", value);
    ask(node, request).await
}

pub(super) async fn as_operator(node: &TestNode, path: &str, body: Value) -> Answer {
    let request = post(&format!("/api/v1/{path}"), JSON, body.to_string());
    asked_as(node, Role::Operator, request).await
}

async fn added(node: &TestNode, body: Value) -> Answer {
    as_operator(node, "members", body).await
}

async fn renew(node: &TestNode, wallet: &Wallet, phone: &str) -> Answer {
    let body = json!({ "jwks": [holder_jwk(phone)] }).to_string();
    let mut request = post("/api/v1/member/renew", JSON, body);
    let shown = wallet.ask_home(node.entity(), node.app().now());
    let value = format!("Passport {shown}").parse().unwrap();
    request.headers_mut().insert("authorization", value);
    ask(node, request).await
}

/// An answer that has this code.
pub(crate) async fn answer_of(code: &str) -> Answer {
    let (label, member, given) = with_code().await;
    let (space, jwk) = (label.space(0), holder_jwk("phone"));
    match code {
        "body_malformed" => ask(space, post("/api/v1/enrol", JSON, "{}")).await,
        "credential_needed" => ask(space, post("/api/v1/desk/judge", JSON, "{}")).await,
        "passport_needed" => ask(space, get("/api/v1/member")).await,
        "role_needed" => asked_as(space, Role::Desk, get("/api/v1/members")).await,
        "access_code" => {
            let body = json!({ "code": given }).to_string();
            ask(space, post("/api/v1/sign-in", JSON, body)).await
        }
        "access_name" => {
            as_operator(space, "access", json!({ "role": "desk", "name": "\n" })).await
        }
        "request_malformed"
        | "request_not_genuine"
        | "request_other_audience"
        | "request_out_of_time"
        | "request_replayed"
        | "request_not_yet"
        | "too_many_refusals"
        | "no_such_request"
        | "no_such_visit"
        | "visit_ended"
        | "visit_time"
        | "visit_too_late" => super::visits::answer_of(code).await,
        "no_such_credential" => as_operator(space, "access/0000-0000/revoke", json!({})).await,
        "too_many_passports" => {
            for phone in 0..16 {
                let phones = [1, 2, 3, 4].map(|key| format!("phone {phone}.{key}"));
                let phones = phones.each_ref().map(String::as_str);
                Wallet::enrol_batch(space, &member, &phones).await;
            }
            enrol(space, &given, &jwk).await
        }
        "renew_used" => {
            let wallet = Wallet::enrol_again(space, &member, "phone").await;
            assert_eq!(renew(space, &wallet, "first").await.status, 200);
            renew(space, &wallet, "second").await
        }
        "enrol_code" => enrol(space, "0000-0000-0000-0000", &jwk).await,
        "enrol_key" => enrol(space, &given, &json!({ "kty": "RSA" })).await,
        "enrol_not_active" => {
            let ended = app::MemberState::Ended;
            space
                .app()
                .set_member(&operator(), &member, ended)
                .await
                .unwrap();
            enrol(space, &given, &jwk).await
        }
        "enrol_used" => {
            assert_eq!(enrol(space, &given, &jwk).await.status, 200);
            enrol(space, &given, &holder_jwk("another phone")).await
        }
        "event_malformed"
        | "event_refused"
        | "event_has_registrations"
        | "no_such_event"
        | "no_such_registration"
        | "registration_over"
        | "too_many_events"
        | "too_many_registrations" => super::events::answer_of(code).await,
        code => refused_of_a_member(space, &member, code).await,
    }
}

/// What somebody who runs memberships is refused.
async fn refused_of_a_member(space: &TestNode, member: &str, code: &str) -> Answer {
    match code {
        "no_such_member" => as_operator(space, "members/nobody/code", json!({})).await,
        "member_name" => added(space, json!({ "name": "", "formula": "month" })).await,
        "member_formula" => added(space, json!({ "name": "Alix", "formula": "x" })).await,
        "no_such_passport" => {
            as_operator(space, "passports/AAAAAAAAAAAAAAAAAAAAAA/revoke", json!({})).await
        }
        "member_particulars" => {
            let long = json!({ "full_name": "é".repeat(101) });
            as_operator(space, &format!("members/{member}/particulars"), long).await
        }
        "member_half_days" => {
            let many = json!({ "name": "Alix", "formula": "month", "half_days": 63 });
            added(space, many).await
        }
        "member_ended" => {
            let ended = app::MemberState::Ended;
            space
                .app()
                .set_member(&operator(), member, ended)
                .await
                .unwrap();
            as_operator(
                space,
                &format!("members/{member}/state"),
                json!({ "state": "active" }),
            )
            .await
        }
        "member_not_active" => {
            let paused = app::MemberState::Paused;
            space
                .app()
                .set_member(&operator(), member, paused)
                .await
                .unwrap();
            as_operator(space, &format!("members/{member}/paper"), json!({})).await
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
        (JSON, r#"{"code":1,"jwks":[]}"#, "body_malformed"),
        (JSON, r#"{"jwks":[]}"#, "body_malformed"),
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
    let text = answer.json()["passports"][0].as_str().unwrap().to_owned();
    let claims = seal::base64url::decode(text.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["cnf"]["jwk"], holder_jwk("phone"));
    // The same key is the same key, whatever is said beside it.
    let again = enrol(label.space(0), &code, &holder_jwk("phone")).await;
    assert_eq!(again.json()["passports"][0], text);
}

#[tokio::test]
async fn members_are_run_over_http_as_by_command() {
    let (label, member, _) = with_code().await;
    let space = label.space(0);
    let alix = json!({ "name": "Alix", "formula": "month", "half_days": 2 });
    let alix = added(space, alix).await.json()["member"]
        .as_str()
        .unwrap()
        .to_owned();
    let listed = asked_as(space, Role::Steward, get("/api/v1/members"))
        .await
        .json();
    let row = |member: &str, name: &str, half_days: u64| {
        json!({ "member": member, "name": name, "formula": "month", "half_days": half_days,
            "state": "active", "since": START.0, "passports": 0 })
    };
    assert_eq!(
        listed,
        json!([row(&alix, "Alix", 2), row(&member, "Camille", 4)])
    );
    let given = as_operator(space, &format!("members/{alix}/code"), json!({}))
        .await
        .json();
    let code = given["code"].as_str().unwrap();
    assert_eq!(given["link"], format!("{}/passport#{code}", space.entity()));
    assert_eq!(enrol(space, code, &holder_jwk("phone")).await.status, 200);
    let revoked = as_operator(space, &format!("members/{alix}/revoke"), json!({})).await;
    assert_eq!(revoked.json(), json!({ "revoked": 1 }));
    let paused = json!({ "state": "paused" });
    let answer = as_operator(space, &format!("members/{alix}/state"), paused.clone()).await;
    assert_eq!(answer.json(), paused);
}

#[tokio::test]
async fn a_code_for_the_desk_makes_one_credential() {
    let (label, _, _) = with_code().await;
    let space = label.space(0);
    let wanted = json!({ "role": "steward", "name": "Anne" });
    let code = as_operator(space, "access", wanted).await.json();
    let signed_in = ask(space, post("/api/v1/sign-in", JSON, code.to_string())).await;
    let signed_in = signed_in.json();
    assert_eq!(
        (&signed_in["role"], &signed_in["name"]),
        (&json!("steward"), &json!("Anne"))
    );
    let again = ask(space, post("/api/v1/sign-in", JSON, code.to_string())).await;
    check_refusal(&again, "access_code");
    let by_anne = || {
        let mut request = get("/api/v1/members");
        let value = format!("Bearer {}", signed_in["token"].as_str().unwrap());
        request
            .headers_mut()
            .insert("authorization", value.parse().unwrap());
        request
    };
    assert_eq!(ask(space, by_anne()).await.status, 200);
    let rows = asked_as(space, Role::Operator, get("/api/v1/access"))
        .await
        .json();
    let rows = rows.as_array().unwrap();
    let id = rows.iter().find(|it| it["name"] == "Anne").unwrap()["id"]
        .as_str()
        .unwrap();
    let left = as_operator(space, &format!("access/{id}/revoke"), json!({}))
        .await
        .json();
    let left = left.as_array().unwrap();
    let is_revoked = |it: &Value| (it["name"] == "Anne") == it["is_revoked"].as_bool().unwrap();
    assert!(left.iter().all(is_revoked), "{left:?}");
    check_refusal(&ask(space, by_anne()).await, "credential_needed");
}

#[tokio::test]
async fn a_member_renews_their_passport_once_and_sees_their_membership() {
    let label = Label::labelled(2).await;
    let (host, home) = (label.space(0), label.space(1));
    let wallet = Wallet::enrol(home, "Camille", None).await;
    let mut request = get("/api/v1/member");
    let shown = wallet.ask_home(home.entity(), START);
    let value = format!("Passport {shown}").parse().unwrap();
    request.headers_mut().insert("authorization", value);
    let until = START_OF_DAY.plus_seconds(rules::passport::PASSPORT_SECONDS);
    let roaming = json!({ "period": "2026-04", "granted": 4, "left": 4 });
    let membership = json!({ "name": "Camille", "formula": "month", "state": "active",
        "roaming": roaming, "passport_until": until, "is_void": false, "visits": [] });
    assert_eq!(ask(home, request).await.json(), membership);
    label.advance(86_400);
    let first = renew(home, &wallet, "new phone").await.json();
    assert_eq!(renew(home, &wallet, "new phone").await.json(), first);
    check_refusal(&renew(home, &wallet, "another").await, "renew_used");
    let renewed = first["passports"][0].as_str().unwrap().to_owned();
    let renewed = Wallet::given(&wallet.member, "new phone", &[renewed]);
    label.settle().await;
    let token = host
        .app()
        .access_token(&operator(), Role::Desk, "tablet")
        .await
        .unwrap();
    for (wallet, nonce) in [(&wallet, "the old one"), (&renewed, "the new one")] {
        let code = wallet.show(host.entity(), host.app().now(), nonce);
        assert_eq!(
            judge(host, &token, &code).await["answer"],
            "allowed",
            "{nonce}"
        );
    }
}

#[tokio::test]
async fn a_passport_on_paper_is_looked_at_by_a_person() {
    let label = Label::labelled(2).await;
    let (host, home) = (label.space(0), label.space(1));
    let wallet = Wallet::enrol(home, "Camille", None).await;
    let body = json!({ "name": "Camille Durand" });
    let paper = as_operator(home, &format!("members/{}/paper", wallet.member), body)
        .await
        .json();
    label.settle().await;
    let token = host
        .app()
        .access_token(&operator(), Role::Desk, "tablet")
        .await
        .unwrap();
    let code = paper["code"].as_str().unwrap();
    for _ in 0..2 {
        let said = judge(host, &token, code).await;
        assert_eq!(
            (&said["answer"], &said["reason"]),
            (&json!("to_verify"), &json!("paper"))
        );
        assert_eq!(said["visitor"]["name"], "Camille Durand");
        assert_eq!(said["half_days_left"], 4);
    }
    as_operator(
        home,
        &format!("members/{}/revoke", wallet.member),
        json!({}),
    )
    .await;
    label.settle().await;
    assert_eq!(judge(host, &token, code).await["reason"], "revoked");
}

#[tokio::test]
async fn an_answer_of_the_desk_has_these_members() {
    let label = Label::labelled(2).await;
    let (host, home) = (label.space(0), label.space(1));
    let wallet = Wallet::enrol(home, "Camille", None).await;
    label.settle().await;
    let token = host
        .app()
        .access_token(&operator(), Role::Desk, "tablet")
        .await
        .unwrap();
    let code = wallet.show(host.entity(), START, "first showing");
    let fresh = json!({ "state": "fresh", "as_of": START.0 });
    let visitor = json!({ "name": "Camille", "home": home.entity(), "formula": "month" });
    let said = judge(host, &token, &code).await;
    let here = asked_as(host, Role::Desk, get("/api/v1/visits/here")).await;
    let allowed = json!({ "answer": "allowed", "half_days_left": 4, "visitor": visitor,
        "home_freshness": fresh, "label_freshness": fresh, "visit": here.json()[0]["visit"] });
    assert_eq!(said, allowed);
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

#[tokio::test]
async fn in_strict_mode_a_code_carries_the_number_of_the_desk() {
    let label = Label::labelled(2).await;
    let (host, home) = (label.space(0), label.space(1));
    let wallet = Wallet::enrol(home, "Camille", None).await;
    label.settle().await;
    let answer = asked_as(host, Role::Desk, post("/api/v1/desk/challenge", JSON, "")).await;
    let given = answer.json();
    let number = given["challenge"].as_str().unwrap();
    assert_eq!(given["until"], json!(START.plus_seconds(120)));
    let staff = host
        .app()
        .access_token(&operator(), Role::Desk, "tablet")
        .await;
    let token = staff.unwrap();
    // A number of one desk is none of another.
    let code = wallet.show(host.entity(), START, &format!("{number}.chance"));
    let body = json!({ "code": code, "challenge": number }).to_string();
    let request = |body: &str| {
        let mut request = post("/api/v1/desk/judge", JSON, body.to_owned());
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", value);
        request
    };
    let said = ask(host, request(&body)).await.json();
    assert_eq!(said["reason"], "other_challenge", "{said}");
    assert_eq!(judge(host, &token, &code).await["answer"], "allowed");
}

/// Every verdict there is.
fn verdicts() -> Vec<Verdict> {
    let blocked = [
        Block::Revoked,
        Block::Paused,
        Block::KeyEnded,
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
        NotGenuine::OtherChallenge,
    ];
    let mut all = vec![
        Verdict::Allowed { left: 4 },
        Verdict::ToVerify { left: 4 },
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
