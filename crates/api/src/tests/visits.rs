//! Visits, what waits for another node, and what another node is refused, over HTTP.

use app::{REFUSALS_KEPT_MAX, Role};
use serde_json::{Value, json};
use testkit::{
    Answer, DAY_SECONDS, HOUR_SECONDS, Label, START, TestNode, Wallet, forge_request, get, post,
    post_request, request_of, send_all,
};
use wire::request::REQUEST_BYTES_MAX;

use super::people::{as_operator, asked_as};
use super::{ask, check_refusal};

const JSON: &str = "application/json";

/// A host, and a member of its partner who may come.
async fn story() -> (Label, Wallet) {
    let label = Label::labelled(2).await;
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    label.settle().await;
    (label, wallet)
}

fn host(label: &Label) -> &TestNode {
    label.space(0)
}

fn home(label: &Label) -> &TestNode {
    label.space(1)
}

async fn posted(node: &TestNode, role: Role, path: &str, body: Value) -> Answer {
    let request = post(&format!("/api/v1/{path}"), JSON, body.to_string());
    asked_as(node, role, request).await
}

async fn read(node: &TestNode, role: Role, path: &str) -> Value {
    let answer = asked_as(node, role, get(&format!("/api/v1/{path}"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Lets somebody in; gives the visit.
async fn arrive(host: &TestNode, wallet: &Wallet) -> String {
    let nonce = format!("showing at {}", host.store().position().0);
    let code = wallet.show(host.entity(), host.app().now(), &nonce);
    let judged = posted(host, Role::Desk, "desk/judge", json!({ "code": code })).await;
    let judged = judged.json();
    assert_eq!(judged["answer"], "allowed", "{judged}");
    judged["visit"].as_str().unwrap().to_owned()
}

async fn leave(host: &TestNode, visit: &str) -> Answer {
    posted(
        host,
        Role::Desk,
        &format!("visits/{visit}/leave"),
        json!({}),
    )
    .await
}

async fn correct(host: &TestNode, visit: &str, how: Value) -> Answer {
    posted(host, Role::Steward, &format!("visits/{visit}/correct"), how).await
}

/// A question that means nothing, as the host signs it now.
fn question(label: &Label, op: &str) -> String {
    let (from, to) = (host(label), home(label));
    let request = request_of(from, to, op, "question", json!({}));
    forge_request(&request, from)
}

/// An answer that has this code.
pub(crate) async fn answer_of(code: &str) -> Answer {
    if code.starts_with("request") || code == "too_many_refusals" {
        return answer_to_a_node(code).await;
    }
    let (label, wallet) = story().await;
    let host = host(&label);
    let visit = arrive(host, &wallet).await;
    match code {
        "no_such_visit" => leave(host, "AAAAAAAAAAAAAAAAAAAAAA").await,
        "no_such_request" => {
            as_operator(host, "outbox/AAAAAAAAAAAAAAAAAAAAAA/again", json!({})).await
        }
        "visit_ended" => {
            assert_eq!(leave(host, &visit).await.status, 200);
            leave(host, &visit).await
        }
        "visit_time" => correct(host, &visit, json!({ "left": START.0 - 1 })).await,
        "visit_too_late" => {
            assert_eq!(leave(host, &visit).await.status, 200);
            host.clock().advance(7 * DAY_SECONDS + 1);
            correct(host, &visit, json!({ "not_here": {} })).await
        }
        code => panic!("nothing here is answered by {code}"),
    }
}

async fn answer_to_a_node(code: &str) -> Answer {
    let (label, wallet) = story().await;
    let (from, to) = (host(&label), home(&label));
    match code {
        "request_malformed" => post_request(to, "a.b.c".to_owned()).await,
        "request_not_genuine" => {
            let request = request_of(from, to, "op", "question", json!({}));
            post_request(to, forge_request(&request, &label.coordinator)).await
        }
        "request_other_audience" => post_request(&label.coordinator, question(&label, "op")).await,
        "request_out_of_time" => {
            let request = question(&label, "op");
            to.clock().advance(HOUR_SECONDS);
            post_request(to, request).await
        }
        "request_replayed" => {
            let request = question(&label, "op");
            assert_eq!(post_request(to, request.clone()).await.status, 200);
            post_request(to, request).await
        }
        // A price that the home has not heard of.
        "request_not_yet" => {
            from.app()
                .publish_space(&testkit::space_text("Le Mug"))
                .await
                .unwrap();
            let visit = arrive(from, &wallet).await;
            assert_eq!(leave(from, &visit).await.status, 200);
            let waiting = from.app().waiting().await.unwrap();
            let letter = from.app().make_letter(&waiting[0].op).await.unwrap();
            post_request(to, letter.unwrap().request).await
        }
        "too_many_refusals" => {
            for op in 0..REFUSALS_KEPT_MAX {
                let answer = post_request(to, question(&label, &format!("op-{op}"))).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
            post_request(to, question(&label, "one-more")).await
        }
        code => panic!("nothing here is answered by {code}"),
    }
}

#[tokio::test]
async fn a_visit_has_these_members_in_each_of_its_states() {
    let (label, wallet) = story().await;
    let (host, home_node) = (host(&label), home(&label));
    let visit = arrive(host, &wallet).await;
    let midnight = START.0 + 13 * HOUR_SECONDS;
    let mut row = json!({ "visit": visit, "name": "Camille", "home": home_node.entity(),
        "arrived": START.0, "by": "holder", "date": "2026-04-06", "time_zone": "Europe/Paris",
        "state": "here", "until": midnight });
    assert_eq!(read(host, Role::Desk, "visits/here").await, json!([row]));
    assert_eq!(read(host, Role::Steward, "visits").await, json!([row]));
    label.advance(HOUR_SECONDS);
    let counted = json!({ "half_days": ["morning"] });
    assert_eq!(leave(host, &visit).await.json(), counted);
    assert_eq!(read(host, Role::Desk, "visits/here").await, json!([]));
    let waiting = read(host, Role::Operator, "outbox").await;
    let op = waiting[0]["op"].clone();
    let left = START.0 + HOUR_SECONDS;
    let members = row.as_object_mut().unwrap();
    members.remove("until");
    row["state"] = json!("ended");
    row["left"] = json!(left);
    row["ended"] = json!("left");
    row["half_days"] = json!(["morning"]);
    row["receipt"] = json!({ "state": "waiting", "op": op });
    row["correctable_until"] = json!(left + 7 * DAY_SECONDS);
    assert_eq!(read(host, Role::Steward, "visits").await, json!([row]));
    assert!(send_all(&label.network, host).await.is_empty());
    row["receipt"] = json!({ "state": "accepted", "at": left });
    assert_eq!(read(host, Role::Steward, "visits").await, json!([row]));
    let corrected = correct(host, &visit, json!({ "left": START.0 + 60 })).await;
    assert_eq!(corrected.json(), counted);
    let waiting = read(host, Role::Operator, "outbox").await;
    row["left"] = json!(START.0 + 60);
    row["ended"] = json!("corrected");
    row["receipt"] = json!({ "state": "waiting", "op": waiting[1]["op"] });
    row["correctable_until"] = json!(START.0 + 60 + 7 * DAY_SECONDS);
    assert_eq!(read(host, Role::Steward, "visits").await, json!([row]));
    let gone = correct(host, &visit, json!({ "not_here": {} })).await;
    assert_eq!(gone.json(), json!({ "half_days": [] }));
    let row = json!({ "visit": visit, "name": "Camille", "home": home_node.entity(),
        "arrived": START.0, "by": "holder", "date": "2026-04-06", "time_zone": "Europe/Paris",
        "state": "not_here" });
    assert_eq!(read(host, Role::Steward, "visits").await, json!([row]));
}

#[tokio::test]
async fn a_correction_says_one_thing_in_one_form() {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    for wrong in [
        json!({}),
        json!({ "left": "10:00" }),
        json!({ "left": 1.5 }),
        json!({ "not_here": null }),
        json!({ "left": START.0, "not_here": {} }),
        json!({ "left": START.0, "note": "x" }),
        json!("not_here"),
        json!([]),
    ] {
        let answer = correct(host(&label), &visit, wrong.clone()).await;
        assert_eq!(answer.code().as_deref(), Some("body_malformed"), "{wrong}");
    }
    let left = json!({ "left": START.0 });
    assert_eq!(correct(host(&label), &visit, left).await.status, 200);
}

#[tokio::test]
async fn an_operator_sees_what_waits_and_what_was_refused_and_asks_again() {
    let (label, wallet) = story().await;
    let (host, home_node) = (host(&label), home(&label));
    let visit = arrive(host, &wallet).await;
    leave(host, &visit).await;
    correct(host, &visit, json!({ "left": START.0 })).await;
    let rows = read(host, Role::Operator, "outbox").await;
    let [first, credit, second] = [0, 1, 2].map(|at| rows[at]["op"].clone());
    let receipt = rows[0]["about"]["receipt"].clone();
    let to = home_node.entity();
    assert_eq!(
        rows,
        json!([
            { "op": first, "to": to, "about": { "receipt": receipt }, "since": START.0 },
            { "op": credit, "to": to, "about": { "credit": receipt }, "since": START.0,
                "after": first },
            { "op": second, "to": to, "about": rows[2]["about"], "since": START.0,
                "after": credit },
        ])
    );
    let failure = app::SendFailure {
        at: START,
        is_heard: false,
        times: 2,
        why: "the line is cut".to_owned(),
        next_at: START.plus_seconds(4),
    };
    let op = first.as_str().unwrap();
    host.app().note_send_failure(op, failure);
    let failed = json!({ "at": START.0, "times": 2, "is_heard": false,
        "why": "the line is cut",
        "next_at": START.0 + 4 });
    let rows = read(host, Role::Operator, "outbox").await;
    assert_eq!(rows[0]["last_failure"], failed);
    label.advance(91 * DAY_SECONDS);
    label.hear().await;
    host.app().renew().await.unwrap();
    let rows = read(host, Role::Operator, "outbox").await;
    let dead = json!({ "at": START.0 + 91 * DAY_SECONDS, "code": "unanswered" });
    assert_eq!(rows[0]["dead"], dead);
    let path = format!("outbox/{}/again", credit.as_str().unwrap());
    let again = as_operator(host, &path, json!({})).await.json();
    let rows = read(host, Role::Operator, "outbox").await;
    let row = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["op"] == again["op"]);
    assert_eq!(row.unwrap().get("dead"), None);
}

#[tokio::test]
async fn an_operator_sees_who_asked_two_things_under_one_name() {
    let (label, _) = story().await;
    let (from, to) = (host(&label), home(&label));
    let ask_for = async |body: Value| {
        let request = forge_request(&request_of(from, to, "op", "question", body), from);
        assert_eq!(post_request(to, request.clone()).await.status, 200);
        request
    };
    let (one, two) = (ask_for(json!({})).await, ask_for(json!({ "x": 1 })).await);
    let row = json!({ "by": from.entity(), "op": "op", "at": START.0, "answered": one,
        "other": two });
    assert_eq!(read(to, Role::Operator, "conflicts").await, json!([row]));
}

#[tokio::test]
async fn a_request_has_its_media_type_and_a_length() {
    let (label, _) = story().await;
    let to = home(&label);
    let path = "/federation/v1/request";
    let media_type = wire::request::REQUEST_MEDIA_TYPE;
    for (media_type, body, code) in [
        (JSON, vec![b'x'], "wrong_media_type"),
        (
            media_type,
            vec![b'x'; REQUEST_BYTES_MAX + 1],
            "body_too_long",
        ),
        (
            media_type,
            vec![b'x'; REQUEST_BYTES_MAX],
            "request_malformed",
        ),
        (media_type, vec![0xff], "request_malformed"),
        (media_type, Vec::new(), "request_malformed"),
    ] {
        check_refusal(&ask(to, post(path, media_type, body)).await, code);
    }
}

#[tokio::test]
async fn a_member_sees_where_they_were() {
    let (label, wallet) = story().await;
    let (host, home_node) = (host(&label), home(&label));
    let visit = arrive(host, &wallet).await;
    leave(host, &visit).await;
    let waiting = read(host, Role::Operator, "outbox").await;
    let receipt = waiting[0]["about"]["receipt"].clone();
    assert!(send_all(&label.network, host).await.is_empty());
    let visits = async || {
        let mut request = get("/api/v1/member");
        let shown = wallet.ask_home(home_node.entity(), home_node.app().now());
        let value = format!("Passport {shown}").parse().unwrap();
        request.headers_mut().insert("authorization", value);
        let said = ask(home_node, request).await.json();
        (said["visits"].clone(), said["roaming"]["left"].clone())
    };
    let mut row = json!({ "host": host.entity(), "receipt": receipt, "date": "2026-04-06",
        "arrived": START.0, "left": START.0, "half_days": ["morning"], "by": "holder" });
    assert_eq!(visits().await, (json!([row]), json!(3)));
    correct(host, &visit, json!({ "not_here": {} })).await;
    assert!(send_all(&label.network, host).await.is_empty());
    row["credited"] = json!({ "reason": "not_here", "at": START.0 });
    assert_eq!(visits().await, (json!([row]), json!(4)));
}
