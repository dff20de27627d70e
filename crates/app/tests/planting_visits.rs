//! Damage to what is kept of visits that a commit wrote: rows and documents that do not
//! fit each other.

use app::keys::{
    GUESTS, MEMBERS, OUTBOX, PROOFS, RECEIPTS_ISSUED, RECEIPTS_TAKEN, TAKEN_PLACES, VISITORS,
    VISITS,
};
use app::{Correction, Fate};
use serde_json::{Value, json};
use store::{Batch, Key, Store as _};
use testkit::{HOUR_SECONDS, Label, TestNode, operator, send_all};
use wire::receipt::{Credit, Receipt};

use crate::checking::check_words;
use crate::desk::{home, host};
use crate::exchange::{sealed, story};
use crate::look::{assert_sound, claims, stored};
use crate::planting::check_found;
use crate::receipts::{arrive, leave};

type Change = fn(&mut Value);

/// At the host: one visit whose receipt was accepted and taken back for another, which
/// waits; one that is under way. At the home: the first of them.
async fn visits() -> Label {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    label.advance(3 * HOUR_SECONDS);
    leave(host(&label), visit).await;
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    let app = host(&label).app();
    let shorter = Correction::Left(app.now().plus_seconds(-HOUR_SECONDS / 2));
    app.correct_visit(&operator(), visit, shorter)
        .await
        .unwrap();
    let waiting = app.waiting().await.unwrap();
    testkit::send(&label.network, host(&label), &waiting[0].op)
        .await
        .unwrap();
    testkit::send(&label.network, host(&label), &waiting[1].op)
        .await
        .unwrap();
    app.correct_visit(&operator(), visit, Correction::Left(app.now()))
        .await
        .unwrap();
    arrive(host(&label), &wallet).await;
    assert_sound(&label.nodes()).await;
    label
}

fn signed(by: &TestNode, text: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut said = claims(text.as_str().unwrap());
    change(&mut said);
    json!(sealed::<Receipt>(&said, by))
}

const OTHER: &str = "AAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test]
async fn a_receipt_that_says_otherwise_than_its_visit_is_found() {
    let label = visits().await;
    let node = host(&label);
    // The one that counts, and waits.
    let last = |it: &Value| it["credit"].is_null();
    let cases: [(&str, Change, &str); 8] = [
        ("cut", |it| it["text"] = json!("a.b.c"), "does not open"),
        (
            "of another home",
            |it| it["home"] = json!("https://x.example"),
            "another name",
        ),
        (
            "of another visit",
            |it| it["visit"] = json!(OTHER),
            "visit is missing",
        ),
        (
            "not waited for",
            |it| it["fate"] = json!({ "waiting": { "op": OTHER } }),
            "outbox",
        ),
        (
            "answered, and yet it waits",
            |it| it["fate"] = json!({ "accepted": { "at": 1 } }),
            "what it hands over does not",
        ),
        (
            "taken back by nothing",
            |it| it["credit"] = json!({ "text": "a.b.c", "fate": { "moot": { "at": 1 } } }),
            "credit is not of it",
        ),
        (
            "gone",
            |it| *it = Value::Null,
            "what it hands over does not",
        ),
        (
            "of a later form",
            |it| it["form"] = json!(2),
            "unknown form",
        ),
    ];
    for (what, change, words) in cases {
        check_found(node, what, RECEIPTS_ISSUED, last, change, words).await;
    }
}

#[tokio::test]
async fn a_receipt_that_was_signed_again_otherwise_is_found() {
    let label = visits().await;
    let node = host(&label);
    let last = |it: &Value| it["credit"].is_null();
    for (what, name, value, words) in [
        ("another id", "id", json!("another"), "another name"),
        ("another day", "day", json!("2026-04-07"), "another visit"),
        (
            "another arrival",
            "arrived",
            json!(testkit::START),
            "another visit",
        ),
        ("another end", "ended", json!("left"), "ended otherwise"),
        (
            "half as much",
            "half_days",
            json!(["morning"]),
            "ended otherwise",
        ),
        (
            "another host",
            "iss",
            json!("https://x.example"),
            "another name",
        ),
        (
            "another proof",
            "proof",
            json!({ "by": "holder", "sha256": "A".repeat(43) }),
            "another proof",
        ),
    ] {
        let change = |it: &mut Value| {
            it["text"] = signed(node, &it["text"], |it| it[name] = value);
        };
        check_found(node, what, RECEIPTS_ISSUED, last, change, words).await;
    }
    let forged = |it: &mut Value| it["text"] = signed(home(&label), &it["text"], |_| {});
    check_found(
        node,
        "forged",
        RECEIPTS_ISSUED,
        last,
        forged,
        "does not open",
    )
    .await;
}

#[tokio::test]
async fn a_credit_that_takes_back_something_else_is_found() {
    let label = visits().await;
    let node = host(&label);
    let at_home = |it: &Value| !it["credit"].is_null();
    let first = |it: &Value| it["credit"]["fate"]["accepted"].is_object();
    for (name, value) in [
        ("receipt", json!("another")),
        ("receipt_sha256", json!("A".repeat(43))),
        ("iss", json!("https://x.example")),
    ] {
        let change = |it: &mut Value| {
            let mut said = claims(it["credit"]["text"].as_str().unwrap());
            said[name] = value.clone();
            it["credit"]["text"] = json!(sealed::<Credit>(&said, node));
        };
        let words = "credit is not of it";
        check_found(node, name, RECEIPTS_ISSUED, first, change, words).await;
        check_found(home(&label), name, RECEIPTS_TAKEN, at_home, change, words).await;
    }
    let forget = |it: &mut Value| it["credit"] = Value::Null;
    let words = "its visit ended otherwise";
    check_found(node, "no credit", RECEIPTS_ISSUED, first, forget, words).await;
}

#[tokio::test]
async fn a_guest_whose_visits_say_otherwise_is_found() {
    let label = visits().await;
    let node = host(&label);
    let any = |_: &Value| true;
    let guests: [(&str, Change, &str); 7] = [
        (
            "here elsewhere",
            |it| it["here"] = json!(OTHER),
            "not under way",
        ),
        (
            "not here",
            |it| it["here"] = Value::Null,
            "does not know of it",
        ),
        (
            "here on what has ended",
            |it| it["here"] = it["counted"][0]["visit"].clone(),
            "not under way",
        ),
        (
            "nothing counted",
            |it| it["counted"] = json!([]),
            "does not know of it",
        ),
        (
            "less counted",
            |it| it["counted"][0]["half_days"] = json!(["morning"]),
            "counts otherwise",
        ),
        (
            "on another day",
            |it| it["counted"][0]["date"] = json!("2026-04-07"),
            "counts otherwise",
        ),
        ("gone", |it| *it = Value::Null, "does not know of it"),
    ];
    for (what, change, words) in guests {
        check_found(node, what, GUESTS, any, change, words).await;
    }
}

#[tokio::test]
async fn a_visit_whose_guest_or_visitor_says_otherwise_is_found() {
    let label = visits().await;
    let node = host(&label);
    let ended = |it: &Value| it["state"] != "here";
    let here = |it: &Value| it["state"] == "here";
    let of_another: Change = |it| it["guest"] = json!("A".repeat(43));
    check_found(
        node,
        "of another",
        VISITS,
        here,
        of_another,
        "not under way",
    )
    .await;
    let visits: [(&str, Change, &str); 4] = [
        (
            "never here",
            |it| it["state"] = json!({ "not_here": { "at": 1 } }),
            "counts otherwise",
        ),
        (
            "without receipts",
            |it| it["receipts"] = json!([]),
            "another visit",
        ),
        ("gone", |it| *it = Value::Null, "visit is missing"),
        (
            "of another home",
            |it| it["home"] = json!("https://x.example"),
            "another visit",
        ),
    ];
    for (what, change, words) in visits {
        check_found(node, what, VISITS, ended, change, words).await;
    }
    let name = |it: &mut Value| it["presentation"] = json!("another");
    let visitors = stored(node, VISITORS).await;
    assert_eq!(visitors.len(), 2);
    for (at, (key, _)) in visitors.into_iter().enumerate() {
        let value = crate::look::stored(node, VISITORS).await.remove(at).1.value;
        let mut changed: Value = serde_json::from_slice(&value).unwrap();
        name(&mut changed);
        let is_ended = at == 0;
        let what = if is_ended { Some(changed) } else { None };
        let words = if is_ended {
            "another proof"
        } else {
            "nobody knows who is here"
        };
        plant(node, &key, what).await;
        check_words("a visitor", node, words).await;
        plant(node, &key, Some(serde_json::from_slice(&value).unwrap())).await;
    }
    assert_sound(&[node]).await;
}

async fn plant(node: &TestNode, key: &Key, value: Option<Value>) {
    let mut batch = Batch::new();
    batch
        .writes
        .insert(key.clone(), value.map(|it| it.to_string().into_bytes()));
    node.store().commit(batch).await.unwrap();
}

#[tokio::test]
async fn what_waits_for_nothing_or_as_something_else_is_found() {
    let label = visits().await;
    let node = host(&label);
    let rows = stored(node, OUTBOX).await;
    assert_eq!(rows.len(), 2);
    let receipt = |it: &Value| it["about"]["receipt"].is_string();
    let cases: [(&str, Change, &str); 5] = [
        (
            "about nothing",
            |it| it["about"] = json!({ "receipt": OTHER }),
            "does not",
        ),
        (
            "dead",
            |it| it["state"] = json!({ "dead": { "at": 1, "why": "x" } }),
            "outbox",
        ),
        (
            "to another",
            |it| it["to"] = json!("https://x.example"),
            "outbox",
        ),
        ("gone", |it| *it = Value::Null, "outbox"),
        (
            "as a credit",
            |it| it["about"] = json!({ "credit": it["about"]["receipt"] }),
            "does not",
        ),
    ];
    for (what, change, words) in cases {
        check_found(node, what, OUTBOX, receipt, change, words).await;
    }
    let stray = json!({ "form": 1, "to": "https://x.example", "about": { "credit": OTHER },
        "made_at": 1, "after": null, "state": "waiting" });
    let key = Key::new(OUTBOX, &[7; 16]);
    plant(node, &key, Some(stray)).await;
    check_words("a stray request", node, "what it hands over does not").await;
    plant(node, &key, None).await;
    assert_sound(&[node]).await;
}

#[tokio::test]
async fn what_a_home_accepted_and_cannot_prove_is_found() {
    let label = visits().await;
    let node = home(&label);
    let counts = |it: &Value| it["credit"].is_null();
    let cases: [(&str, Change, &str); 10] = [
        ("cut", |it| it["text"] = json!("a.b.c"), "does not open"),
        (
            "another day",
            |it| it["date"] = json!("2026-04-07"),
            "something else",
        ),
        (
            "another arrival",
            |it| it["arrived"] = json!(1),
            "something else",
        ),
        (
            "another end",
            |it| it["left"] = json!(2_000_000_000),
            "something else",
        ),
        (
            "less",
            |it| it["half_days"] = json!(["morning"]),
            "something else",
        ),
        ("on paper", |it| it["by"] = json!("paper"), "something else"),
        (
            "another proof",
            |it| it["proof"] = json!("a.b"),
            "something else",
        ),
        (
            "another id",
            |it| it["id"] = json!("another"),
            "under which member",
        ),
        (
            "another host",
            |it| it["host"] = json!("https://x.example"),
            "under which member",
        ),
        ("gone", |it| *it = Value::Null, "a receipt that is missing"),
    ];
    for (what, change, words) in cases {
        check_found(node, what, RECEIPTS_TAKEN, counts, change, words).await;
    }
    // One that was taken back counts again.
    let credited = |it: &Value| !it["credit"].is_null() && it["half_days"] != json!(["morning"]);
    let count_again: Change = |it| it["credit"] = Value::Null;
    check_found(
        node,
        "twice",
        RECEIPTS_TAKEN,
        credited,
        count_again,
        "counts twice",
    )
    .await;
    let forged = |it: &mut Value| {
        it["text"] = signed(node, &it["text"], |_| {});
    };
    check_found(
        node,
        "forged",
        RECEIPTS_TAKEN,
        counts,
        forged,
        "does not open",
    )
    .await;
}

#[tokio::test]
async fn what_points_to_a_receipt_that_is_not_there_is_found() {
    let label = visits().await;
    let node = home(&label);
    let any = |_: &Value| true;
    let gone: Change = |it| *it = Value::Null;
    let words = "stands for another, or for nothing";
    check_found(node, "no proof", PROOFS, any, gone, words).await;
    let free: Change = |it| it["receipt"] = Value::Null;
    check_found(node, "a free proof", PROOFS, any, free, words).await;
    let other: Change = |it| it["receipt"] = json!("another");
    check_found(
        node,
        "another's",
        PROOFS,
        any,
        other,
        "a receipt that is missing",
    )
    .await;
    check_found(node, "no member", MEMBERS, any, gone, "member is missing").await;
    for (prefix, value) in [
        (PROOFS, json!({ "form": 1, "receipt": null })),
        (PROOFS, json!({ "form": 1, "receipt": "x" })),
        (TAKEN_PLACES, json!({ "form": 1, "member": "x" })),
    ] {
        let key = Key::new(prefix, &[0; 32]);
        plant(node, &key, Some(value)).await;
        check_words("a stray entry", node, "a receipt that is missing").await;
        plant(node, &key, None).await;
    }
    let places = stored(node, TAKEN_PLACES).await;
    assert_eq!(places.len(), 2);
    for (key, found) in places {
        for value in [None, Some(json!({ "form": 1, "member": "another" }))] {
            plant(node, &key, value).await;
            check_words("a place", node, "under which member").await;
        }
        plant(
            node,
            &key,
            Some(serde_json::from_slice(&found.value).unwrap()),
        )
        .await;
    }
    assert_sound(&[node]).await;
}

#[tokio::test]
async fn what_was_refused_or_given_up_is_no_problem() {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    label.advance(3 * HOUR_SECONDS);
    leave(host(&label), visit).await;
    label.advance(91 * 24 * HOUR_SECONDS);
    label.hear().await;
    host(&label).app().renew().await.unwrap();
    let fate = crate::exchange::fate(host(&label), visit).await;
    assert!(matches!(fate, Some(Fate::GivenUp { .. })));
    assert_sound(&[host(&label)]).await;
    assert_eq!(stored(host(&label), OUTBOX).await.len(), 1);
}
