//! Damage to what is kept of seats and registrations: rows that do not fit each other.

use app::keys::{OUTBOX, REGISTRATION_PLACES, REGISTRATIONS, SEAT_GUARDS, SEAT_PLACES, SEATS};
use serde_json::{Value, json};
use testkit::{Label, forge};
use wire::registration::Registration;

use crate::desk::{home, host};
use crate::look::{assert_sound, claims};
use crate::planting::check_found;
use crate::registering::{give_back, publish, published, send, three_trainings, wish};

type Change = fn(&mut Value);

const OTHER: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// At the host: two who have the seats, of whom one has given back, and two who wait. At
/// the home: one who has a seat, one who gives back, one who has asked.
async fn crowd() -> Label {
    let label = Label::labelled(3).await;
    let (_, uid) = published(&label, 1).await;
    let (here, there) = (host(&label), home(&label));
    for name in ["Anne", "Bob", "Carl"] {
        wish(there, name, &uid, None).await.unwrap();
        send(&label, there).await;
    }
    wish(here, "Dina", &uid, None).await.unwrap();
    give_back(there, "Bob").await.unwrap();
    let (_, uid) = publish(&label, &three_trainings(&label, 1)).await;
    let due = three_trainings(&label, 1).start;
    wish(there, "Eve", &uid, Some(&due)).await.unwrap();
    assert_sound(&label.nodes()).await;
    label
}

fn named(name: &'static str) -> impl Fn(&Value) -> bool {
    move |it| it["name"] == name
}

#[tokio::test]
async fn a_seat_that_is_not_what_was_signed_or_lies_elsewhere_is_found() {
    let label = crowd().await;
    let node = host(&label);
    let signed = "not what its home has signed";
    let cases: [(&str, Change, &str); 9] = [
        ("another name", |it| it["name"] = json!("Eve"), signed),
        ("another event", |it| it["event"] = json!("other"), signed),
        (
            "another occurrence",
            |it| it["due"] = json!("2026-01-01T00:00:00"),
            signed,
        ),
        (
            "another id",
            |it| it["id"] = json!(OTHER),
            "a place leads to no seat",
        ),
        (
            "another home",
            |it| it["home"] = json!("https://x.example"),
            "a place leads to no seat",
        ),
        ("no document", |it| it["document"] = Value::Null, signed),
        (
            "a cut document",
            |it| it["document"] = json!("a.b.c"),
            signed,
        ),
        ("gone", |it| *it = Value::Null, "a place leads to no seat"),
        (
            "of a later form",
            |it| it["form"] = json!(2),
            "unknown form",
        ),
    ];
    for (what, change, words) in cases {
        check_found(node, what, SEATS, named("Anne"), change, words).await;
    }
    let forged = |it: &mut Value| {
        let said = claims(it["document"].as_str().unwrap());
        it["document"] = json!(forge::<Registration>(&said, &label.space(2).plan().ops()));
    };
    check_found(node, "forged", SEATS, named("Anne"), forged, signed).await;
    // Whoever came later has a seat, and whoever came before waits.
    let jumped = |it: &mut Value| it["state"] = json!({ "taken": { "at": 1 } });
    let words = "whoever waited longer has no seat";
    check_found(node, "jumped", SEATS, named("Dina"), jumped, words).await;
    let anothers = |it: &mut Value| it["home"] = json!(home(&label).entity());
    let words = "a place leads to no seat";
    check_found(node, "another's", SEATS, named("Dina"), anothers, words).await;
}

#[tokio::test]
async fn a_place_or_a_guard_that_does_not_fit_the_seats_is_found() {
    let label = crowd().await;
    let node = host(&label);
    let first = |it: &Value| it["order"] == 0;
    let cases: [(&str, Change, &str); 4] = [
        (
            "to another seat",
            |it| it["order"] = json!(1),
            "leads to no seat",
        ),
        (
            "to nothing",
            |it| it["order"] = json!(9),
            "leads to no seat",
        ),
        (
            "to another event",
            |it| it["event"] = json!("other"),
            "leads to no seat",
        ),
        ("gone", |it| *it = Value::Null, "no place leads to a seat"),
    ];
    for (what, change, words) in cases {
        check_found(node, what, SEAT_PLACES, first, change, words).await;
    }
    let busy = |it: &Value| it["next"] == 4;
    let cases: [(&str, Change); 3] = [
        ("behind", |it| it["next"] = json!(3)),
        ("from the beginning", |it| it["next"] = json!(0)),
        ("gone", |it| *it = Value::Null),
    ];
    for (what, change) in cases {
        let words = "was not counted by its guard";
        check_found(node, what, SEAT_GUARDS, busy, change, words).await;
    }
}

#[tokio::test]
async fn a_registration_that_is_nobodys_or_waits_for_nothing_is_found() {
    let label = crowd().await;
    let node = home(&label);
    let nobodys = "is nobody's";
    check_found(
        node,
        "gone",
        REGISTRATIONS,
        named("Anne"),
        |it| *it = Value::Null,
        "has no such",
    )
    .await;
    let lost = |it: &mut Value| it["state"] = json!({ "asked": { "op": OTHER } });
    let words = "what a member waits for is not asked";
    check_found(node, "not asked", REGISTRATIONS, named("Eve"), lost, words).await;
    let lost = |it: &mut Value| it["state"] = json!({ "cancelling": { "op": OTHER } });
    check_found(
        node,
        "not given back",
        REGISTRATIONS,
        named("Bob"),
        lost,
        words,
    )
    .await;
    let later = |it: &mut Value| it["form"] = json!(2);
    check_found(
        node,
        "later",
        REGISTRATIONS,
        named("Bob"),
        later,
        "unknown form",
    )
    .await;
    for prefix in [OUTBOX] {
        let is_registration = |it: &Value| it["about"]["registration"].is_string();
        check_found(
            node,
            "not sent",
            prefix,
            is_registration,
            |it| *it = Value::Null,
            words,
        )
        .await;
        let other = |it: &mut Value| it["about"] = json!({ "registration": OTHER });
        check_found(node, "of another", prefix, is_registration, other, words).await;
        let dead = |it: &mut Value| it["state"] = json!({ "dead": { "at": 1, "why": "x" } });
        let words = "waits for no registration";
        check_found(node, "dead", prefix, is_registration, dead, words).await;
    }
    // There are four members; each place is of one of them.
    let places = crate::look::stored(node, REGISTRATION_PLACES).await;
    let (_, found) = &places[0];
    let of: Value = serde_json::from_slice(&found.value).unwrap();
    let is_it = move |it: &Value| it["member"] == of["member"];
    let gone = |it: &mut Value| *it = Value::Null;
    check_found(node, "no place", REGISTRATION_PLACES, &is_it, gone, nobodys).await;
    let other = |it: &mut Value| it["member"] = json!("another");
    check_found(
        node,
        "another's",
        REGISTRATION_PLACES,
        &is_it,
        other,
        nobodys,
    )
    .await;
}
