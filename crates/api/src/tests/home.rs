//! What programs read: field names that stay.

use serde_json::{Value, json};
use store::Store as _;
use testkit::{DAY_SECONDS, Label, START, space_text};

use super::{ask_for, check_refusal};

async fn home(node: &testkit::TestNode) -> Value {
    let answer = ask_for(node, "/api/v1/home").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn fresh() -> Value {
    json!({"state": "fresh", "as_of": START.0})
}

fn feed(seq: u64) -> Value {
    json!({"epoch": 1, "seq": seq, "pulled_at": START.0})
}

#[tokio::test]
async fn a_labelled_space_says_who_it_is_and_who_its_partners_are() {
    let label = Label::labelled(2).await;
    label
        .space(0)
        .app()
        .publish_space(&space_text("Le Mug"))
        .await
        .unwrap();
    label.settle().await;
    let until = START.0 + 45 * DAY_SECONDS;
    let formula =
        |unit: &str, cents: u64| json!({"unit": unit, "price_cents": cents, "is_example": true});
    let us = json!({
        "entity": "https://le-mug.example",
        "standing": {"state": "labelled", "until": until},
        "profile": {"name": "Le Mug", "village": "Chambéry", "area_m2": 150, "is_example": true},
        "opening_hours": {
            "time_zone": "Europe/Paris",
            "weekly": [{"day": "monday", "from": "09:00", "to": "18:00"}],
            "subscribers_at_all_hours": true,
            "is_example": true,
        },
        "open": {"state": "open", "until": "18:00"},
        "formulas": {"day": formula("day", 1_500), "month": formula("month", 20_000)},
        "freshness": fresh(),
        "feed": feed(5),
        "visit": {
            "date": "2026-04-06",
            "day": ["morning", "afternoon"],
            "from_now": ["morning", "afternoon"],
            "value": { "formula": "day", "record": { "epoch": 1, "seq": 4 }, "unit": "day",
                "price_cents": 1_500, "count": 1, "total_cents": 1_500 },
        },
    });
    let partner = json!({
        "entity": "https://aix.example",
        "standing": {"state": "labelled", "until": until},
        "formulas": {},
        "freshness": fresh(),
        "feed": feed(1),
        // It publishes nothing: all of its day counts, for nothing.
        "visit": { "date": "2026-04-06", "day": ["morning", "afternoon"],
            "from_now": ["morning", "afternoon"] },
    });
    let expected = json!({
        "entity": "https://le-mug.example",
        "role": "space",
        "now": START.0,
        "is_clock_behind": false,
        "label": {
            "coordinator": "https://coordination.example",
            "charter": {
                "url": "https://coordination.example/charter",
                "name": {"fr": "Coworking des villages", "en": "Village coworking"},
                "version": 1,
                "roaming": {"half_days_per_month": 4, "settlement": "reciprocal"},
            },
            "freshness": fresh(),
            "is_relied_on": true,
            "feed": feed(11),
        },
        "us": us.clone(),
        "partners": [partner],
    });
    assert_eq!(home(label.space(0)).await, expected);
    // The partner shows the same space in the same words.
    assert_eq!(home(label.space(1)).await["partners"][0], us);
}

#[tokio::test]
async fn a_coordinator_has_no_space_of_its_own() {
    let label = Label::joined(1).await;
    let home = home(&label.coordinator).await;
    assert_eq!(home["role"], "coordinator");
    assert!(home.get("us").is_none());
    assert_eq!(
        home["partners"][0]["standing"],
        json!({"state": "admitted"})
    );
}

#[tokio::test]
async fn every_standing_has_its_name() {
    let label = Label::labelled(1).await;
    let (app, space) = (label.coordinator.app(), label.space(0).entity());
    let standing = async || home(&label.coordinator).await["partners"][0]["standing"].clone();
    app.suspend(space, "for a while").await.unwrap();
    let since = START.0;
    let suspended = json!({"state": "suspended", "since": since, "reason": "for a while"});
    assert_eq!(standing().await, suspended);
    app.withdraw(space, "closed").await.unwrap();
    let withdrawn = json!({"state": "withdrawn", "since": since, "reason": "closed"});
    assert_eq!(standing().await, withdrawn);
    app.grant(space).await.unwrap();
    label.advance(45 * DAY_SECONDS);
    let expired = json!({"state": "expired", "since": since + 45 * DAY_SECONDS});
    assert_eq!(standing().await, expired);
    let unheard = Label::invited(1).await;
    let us = home(unheard.space(0)).await;
    assert_eq!(us["us"]["standing"], json!({"state": "unknown"}));
    assert_eq!(us["label"]["freshness"], json!({"state": "never"}));
    assert_eq!(us["label"]["is_relied_on"], false);
    assert_eq!(us["label"]["feed"], json!({"epoch": 1, "seq": 0}));
}

#[tokio::test]
async fn what_went_wrong_with_a_partner_is_shown_by_its_code() {
    let label = Label::labelled(2).await;
    let (reader, author) = (label.space(0), label.space(1).entity());
    let page = reader.app().take_page(author, b"<html></html>").await;
    assert!(page.is_err());
    label.advance(DAY_SECONDS);
    let partner = home(reader).await["partners"][0].clone();
    assert_eq!(partner["feed"]["refusal"], "feed_page");
    let stale = json!({"state": "stale", "as_of": START.0, "since": START.0 + DAY_SECONDS});
    assert_eq!(partner["freshness"], stale);
}

#[tokio::test]
async fn opening_hours_have_a_state() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let open = async || home(space).await["us"]["open"].clone();
    assert_eq!(open().await, Value::Null);
    let mut text = space_text("Le Mug");
    space.app().publish_space(&text).await.unwrap();
    space.clock().advance(12 * 3_600);
    let closed = json!({"state": "closed", "opens_on": "monday", "opens_at": "09:00"});
    assert_eq!(open().await, closed);
    text.opening_hours.as_mut().unwrap().weekly.clear();
    space.app().publish_space(&text).await.unwrap();
    assert_eq!(open().await, json!({"state": "no_hours"}));
}

#[tokio::test]
async fn health_says_whether_the_clock_and_the_store_are_well() {
    let label = Label::labelled(2).await;
    label.settle().await;
    let space = label.space(0);
    let well = async || {
        let answer = ask_for(space, "/healthz").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let unwell = async || {
        let answer = ask_for(space, "/healthz").await;
        check_refusal(&answer, "not_well");
        answer.json()
    };
    let expected = json!({
        "ok": true,
        "version": env!("CARGO_PKG_VERSION"),
        "entity": space.entity(),
        "role": "space",
        "is_clock_behind": false,
        "store_problems": 0,
        "own_feed": "confirmed",
        "feeds_parted": 0,
        "label_freshness": { "state": "fresh", "as_of": space.app().now() },
        "partners": 1,
        "partners_fresh": 1,
    });
    assert_eq!(well().await, expected);
    space.clock().advance(-3_600);
    let late = unwell().await;
    assert_eq!(
        (&late["ok"], &late["is_clock_behind"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(late["detail"], "the clock is behind");
    assert_eq!(late["entity"], expected["entity"]);
    space.clock().advance(3_600);
    let page = space
        .store()
        .scan(app::keys::RECORDS, &[], None, 1)
        .await
        .unwrap();
    space.store().damage(&page.entries[0].0);
    assert_eq!(well().await, expected, "nobody has looked yet");
    space.app().scrub().await.unwrap();
    let rotten = unwell().await;
    assert_eq!(
        (&rotten["ok"], &rotten["store_problems"]),
        (&json!(false), &json!(1))
    );
    space.clock().advance(-3_600);
    let both = "the clock is behind; the store does not hold what was written";
    assert_eq!(unwell().await["detail"], both);
}

#[tokio::test]
async fn a_node_that_may_not_write_into_its_feed_is_not_well() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    space.restore(&space.backup()).await;
    let answer = ask_for(space, "/healthz").await;
    check_refusal(&answer, "not_well");
    let said = answer.json();
    assert_eq!(said["own_feed"], "unconfirmed");
    assert_eq!(
        said["detail"],
        "the folder is a copy, and no partner has answered"
    );
}
