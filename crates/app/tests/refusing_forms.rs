//! What has not the form of a receipt or a credit of the host that asks.

use serde_json::{Value, json};
use testkit::HOUR_SECONDS;
use wire::receipt::{CREDIT_KIND, Credit, RECEIPT_KIND, Receipt};

use crate::desk::{home, host};
use crate::exchange::{ask_home, credit_of, refused, sealed, story, take_back, taken, tell};
use crate::exchange::{told, used};
use crate::refusing_receipts::{Change, check, set};

#[tokio::test]
async fn what_has_not_the_form_of_a_receipt_is_malformed() {
    let cases: &[(&str, Change)] = &[
        ("a long id", |it| set(it, "/id", json!("a".repeat(65)))),
        ("a huge id", |it| set(it, "/id", json!("a".repeat(2_900)))),
        ("a huge zone", |it| {
            set(it, "/hours/time_zone", json!("x".repeat(61)));
        }),
        ("no id", |it| set(it, "/id", json!(""))),
        ("an id of other letters", |it| set(it, "/id", json!("é~."))),
        ("an id that is a path", |it| set(it, "/id", json!("../x"))),
        ("an id that is a number", |it| set(it, "/id", json!(7))),
        ("a day of another form", |it| {
            set(it, "/day", json!("6 April 2026"));
        }),
        ("gone before they came", |it| {
            let arrived = it.arrived();
            set(it, "/left", json!(arrived - 1));
        }),
        ("longer than a day", |it| {
            let left = it.receipt["left"].as_i64().unwrap();
            it.move_to(left - 26 * HOUR_SECONDS - 1, left);
        }),
        ("signed before the end", |it| {
            let left = it.receipt["left"].as_i64().unwrap();
            set(it, "/iat", json!(left - 1));
        }),
    ];
    check("malformed", cases).await;
}

#[tokio::test]
async fn what_a_receipt_counts_has_a_form() {
    let cases: &[(&str, Change)] = &[
        ("nothing is counted", |it| set(it, "/half_days", json!([]))),
        ("the same half twice", |it| {
            set(it, "/half_days", json!(["morning", "morning"]));
        }),
        ("the afternoon first", |it| {
            set(it, "/half_days", json!(["afternoon", "morning"]));
        }),
        ("a third half", |it| {
            set(it, "/half_days", json!(["morning", "afternoon", "evening"]));
        }),
        ("too many spans", |it| {
            let span = |at: u32| {
                json!({ "from": format!("00:{:02}", 2 * at),
                "to": format!("00:{:02}", 2 * at + 1) })
            };
            let spans: Vec<_> = (0..29).map(span).collect();
            set(it, "/hours/open", json!(spans));
        }),
        ("spans that overlap", |it| {
            let span = json!({ "from": "09:00", "to": "18:00" });
            set(it, "/hours/open", json!([span, span]));
        }),
        ("a negative price", |it| {
            set(it, "/value/price_cents", json!(-1));
            set(it, "/value/total_cents", json!(-1));
        }),
        ("a price over all limits", |it| {
            set(it, "/value/price_cents", json!((1_i64 << 53) - 1));
            set(it, "/value/total_cents", json!((1_i64 << 53) - 1));
        }),
        ("a total that overflows", |it| {
            set(it, "/value/price_cents", json!(wire::CENTS_MAX));
            set(it, "/value/count", json!(2));
            set(it, "/value/total_cents", json!(wire::CENTS_MAX));
        }),
        ("another total", |it| {
            set(it, "/value/total_cents", json!(1_501));
        }),
        ("three days", |it| {
            set(it, "/value/count", json!(3));
            set(it, "/value/total_cents", json!(4_500));
        }),
        ("no days", |it| {
            set(it, "/value/count", json!(0));
            set(it, "/value/total_cents", json!(0));
        }),
        ("a huge formula", |it| {
            set(it, "/value/formula", json!("x".repeat(41)));
        }),
        ("for oneself", |it| {
            let own = it.receipt["iss"].clone();
            set(it, "/aud", own);
        }),
        ("of another host", |it| {
            set(it, "/iss", json!("https://troquet.example"));
        }),
        ("for another home", |it| {
            set(it, "/aud", json!("https://troquet.example"));
        }),
        ("proven by nobody", |it| {
            set(it, "/proof/by", json!("steward"));
        }),
        ("without its end", |it| {
            it.receipt.as_object_mut().unwrap().remove("left");
        }),
    ];
    check("malformed", cases).await;
}

#[tokio::test]
async fn what_is_no_receipt_of_the_host_that_asks_is_malformed() {
    let (label, wallet) = story().await;
    let truth = told(&label, &wallet).await;
    let (host_node, other) = (host(&label), label.space(2));
    let mut theirs = truth.clone();
    theirs.receipt["iss"] = json!(other.entity());
    let credit = sealed::<Credit>(&credit_of(&truth, host_node), host_node);
    let good = truth.body(host_node);
    for (what, body) in [
        ("nothing", json!({})),
        ("no object", json!([])),
        ("null", Value::Null),
        ("no proof", json!({ "receipt": good["receipt"] })),
        ("numbers", json!({ "receipt": 1, "proof": 2 })),
        (
            "no JWS",
            json!({ "receipt": "a.b.c", "proof": truth.proof }),
        ),
        ("signed by the home", truth.body(home(&label))),
        ("signed by another space", truth.body(other)),
        ("signed by the coordinator", truth.body(&label.coordinator)),
        ("of another host, as that signed it", theirs.body(other)),
        (
            "of another host, as this one signed it",
            theirs.body(host_node),
        ),
        (
            "a credit",
            json!({ "receipt": credit, "proof": truth.proof }),
        ),
        (
            "a request",
            json!({ "receipt": sealed::<wire::request::Request>(&truth.receipt, host_node),
            "proof": truth.proof }),
        ),
    ] {
        let answer = ask_home(&label, &what.replace([' ', ','], "-"), RECEIPT_KIND, body).await;
        assert_eq!(answer, refused("malformed"), "{what}");
    }
    assert_eq!(taken(home(&label)).await, 0);
    // Members that are not known say nothing.
    let mut more = truth.clone();
    more.receipt["note"] = json!("x");
    assert_eq!(tell(&label, "more", &more).await, Ok(()));
}

#[tokio::test]
async fn a_credit_takes_back_what_it_names_and_nothing_else() {
    let (label, wallet) = story().await;
    let truth = told(&label, &wallet).await;
    let good = credit_of(&truth, host(&label));
    let before = take_back(&label, "before", &good).await;
    assert_eq!(before, refused("receipt_unknown"));
    assert_eq!(tell(&label, "op", &truth).await, Ok(()));
    let now = home(&label).app().now().0;
    let cases: [(&str, Value, &str); 13] = [
        ("/receipt", json!("another"), "receipt_unknown"),
        ("/receipt", json!("a".repeat(65)), "malformed"),
        ("/receipt_sha256", json!("A".repeat(43)), "differs"),
        ("/receipt_sha256", json!("short"), "malformed"),
        ("/iat", json!(now + 301), "out_of_time"),
        ("/id", json!(""), "malformed"),
        ("/id", json!("a b"), "malformed"),
        ("/reason", json!("because"), "malformed"),
        ("/iss", json!(label.space(2).entity()), "malformed"),
        ("/iss", json!(home(&label).entity()), "malformed"),
        ("/aud", json!(label.space(2).entity()), "malformed"),
        ("/aud", json!(host(&label).entity()), "malformed"),
        ("/iat", json!("now"), "malformed"),
    ];
    for (at, (pointer, value, code)) in cases.into_iter().enumerate() {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value.clone();
        let answer = take_back(&label, &format!("op-{at}"), &changed).await;
        assert_eq!(answer, refused(code), "{pointer} {value}");
    }
    let receipt = sealed::<Receipt>(&truth.receipt, host(&label));
    for (op, body) in [
        ("nothing", json!({})),
        ("receipt", json!({ "credit": receipt })),
        (
            "stranger",
            json!({ "credit": sealed::<Credit>(&good, label.space(2)) }),
        ),
    ] {
        let answer = ask_home(&label, op, CREDIT_KIND, body).await;
        assert_eq!(answer, refused("malformed"), "{op}");
    }
    assert_eq!(used(home(&label), &wallet).await, 2);
    assert_eq!(take_back(&label, "good", &good).await, Ok(()));
    assert_eq!(used(home(&label), &wallet).await, 0);
}
