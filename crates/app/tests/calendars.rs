//! Whose events a calendar shows, and whose it does not.

use app::keys::{LATEST, RECORDS};
use app::{CalendarFilter, EVENTS_MAX, EventError};
use serde_json::{Value, json};
use store::{Batch, Key, Store as _};
use testkit::{DAY_SECONDS, Label, TestNode, operator};
use wire::{EntityId, Sha256Hash};

use crate::desk::{home, host};
use crate::look::stored_one;
use crate::registering::{publish, published, training, wish};

/// The titles in the calendar of the next week.
async fn titles(node: &TestNode) -> Vec<String> {
    let now = node.app().now();
    let to = now.plus_seconds(7 * DAY_SECONDS);
    let calendar = node
        .app()
        .calendar(&CalendarFilter::default(), now, to)
        .await;
    let rows = calendar.unwrap().rows.into_iter();
    rows.map(|row| row.listed.event.title.clone()).collect()
}

#[tokio::test]
async fn with_the_label_the_events_of_a_space_go_and_with_it_they_come_back() {
    let label = Label::labelled(3).await;
    let (_, uid) = published(&label, 3).await;
    let (here, there) = (host(&label), home(&label));
    let of_the_coordinator = training(&label, None);
    let app = label.coordinator.app();
    app.publish_event(&operator(), None, &of_the_coordinator)
        .await
        .unwrap();
    label.settle().await;
    let both = vec![of_the_coordinator.title.clone(); 2];
    assert_eq!(titles(there).await, both);
    let coordinator = label.coordinator.app();
    for is_for_good in [false, true] {
        if is_for_good {
            coordinator.withdraw(here.entity(), "a test").await.unwrap();
        } else {
            coordinator.suspend(here.entity(), "a test").await.unwrap();
        }
        assert_eq!(titles(there).await, both, "nobody has heard of it");
        label.settle().await;
        assert_eq!(titles(there).await, both[1..]);
        assert!(there.app().event(&uid).await.unwrap().is_none());
        let all = there.app().subscribed(&CalendarFilter::default()).await;
        assert_eq!(all.unwrap().len(), 1);
        let none = wish(there, "Camille", &uid, None).await;
        assert!(
            matches!(none, Err(app::RegistrationError::NoEvent)),
            "{none:?}"
        );
        // Its own people see what it does.
        assert_eq!(titles(here).await, both);
        coordinator.grant(here.entity()).await.unwrap();
        label.settle().await;
        assert_eq!(titles(there).await, both);
    }
}

/// The event of the host as the home holds it, with another body.
async fn change_body(label: &Label, change: impl FnOnce(&mut Value)) {
    let there = home(label);
    let is_event = |it: &Value| {
        it["body"]
            .as_str()
            .is_some_and(|it| it.contains("\"Event\""))
    };
    let (key, mut record) = stored_one(there, RECORDS, is_event).await;
    let mut body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
    change(&mut body);
    record["body"] = json!(body.to_string());
    let mut batch = Batch::new();
    batch.put(key, record.to_string().into_bytes());
    there.store().commit(batch).await.unwrap();
    there.restart().await;
}

#[tokio::test]
async fn an_event_under_another_nodes_name_or_beyond_a_limit_is_not_shown() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 3).await;
    let there = home(&label);
    let (title, forged) = (training(&label, None).title, label.space(2).entity());
    for (name, value) in [
        ("uid", json!(wire::event::event_uid(forged, &id))),
        (
            "uid",
            json!(wire::event::event_uid(host(&label).entity(), "other")),
        ),
        ("timeZone", json!("Europe/Chambery")),
        ("start", json!("2026-02-30T10:00:00")),
        ("duration", json!("P32D")),
        ("recurrenceRules", json!([{ "frequency": "monthly" }])),
    ] {
        let mut before = Value::Null;
        change_body(&label, |it| {
            before = it[name].clone();
            it[name] = value.clone();
        })
        .await;
        assert_eq!(titles(there).await, Vec::<String>::new(), "{name} {value}");
        for uid in [&uid, &wire::event::event_uid(forged, &id)] {
            let found = there.app().event(uid).await.unwrap();
            assert!(found.is_none(), "{name} {value}");
        }
        change_body(&label, |it| {
            if before.is_null() {
                it.as_object_mut().unwrap().remove(name);
            } else {
                it[name] = before;
            }
        })
        .await;
        assert_eq!(titles(there).await, [title.as_str()], "{name} {value}");
    }
}

/// Events in the feed of `author` beside the one that it has published.
async fn plant_events(node: &TestNode, author: &EntityId, more: u64) {
    let is_event = |it: &Value| {
        it["body"]
            .as_str()
            .is_some_and(|it| it.contains("\"Event\""))
    };
    let (record_key, record) = stored_one(node, RECORDS, is_event).await;
    let (latest_key, latest) = stored_one(node, LATEST, |it| it["kind"] == "event").await;
    let ends_with = |key: &Key, prefix, end: &[u8]| {
        let rest = key.rest();
        Key::new(prefix, &[&rest[..rest.len() - end.len()], end].concat())
    };
    let mut batch = Batch::new();
    for number in 0..more {
        let id = format!("event-{number}");
        let seq = 100_000 + number;
        let (mut record, mut latest) = (record.clone(), latest.clone());
        let mut body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
        body["uid"] = json!(wire::event::event_uid(author, &id));
        record["body"] = json!(body.to_string());
        latest["id"] = json!(id);
        latest["seq"] = json!(seq);
        let key = ends_with(&record_key, RECORDS, &seq.to_be_bytes());
        batch.put(key, record.to_string().into_bytes());
        let hash = &Sha256Hash::of(&[id.as_bytes()]).0[..16];
        let key = ends_with(&latest_key, LATEST, hash);
        batch.put(key, latest.to_string().into_bytes());
    }
    node.store().commit(batch).await.unwrap();
    node.restart().await;
}

#[tokio::test]
async fn of_one_feed_a_thousand_events_are_shown_and_no_node_publishes_more() {
    let label = Label::labelled(2).await;
    publish(&label, &training(&label, None)).await;
    let author = host(&label).entity();
    let most = u64::try_from(EVENTS_MAX).unwrap();
    plant_events(home(&label), author, most).await;
    let there = home(&label).app();
    let filter = CalendarFilter::default();
    let shown = there.subscribed(&filter).await.unwrap();
    assert_eq!(shown.len(), EVENTS_MAX);
    let now = there.now();
    let calendar = there.calendar(&filter, now, now.plus_seconds(7 * DAY_SECONDS));
    let calendar = calendar.await.unwrap();
    assert!(calendar.is_cut);
    assert_eq!(calendar.rows.len(), app::CALENDAR_ROWS_MAX);

    plant_events(host(&label), author, most - 1).await;
    let text = training(&label, None);
    let app = host(&label).app();
    let refused = app.publish_event(&operator(), None, &text).await;
    assert!(matches!(refused, Err(EventError::TooMany)), "{refused:?}");
}

#[tokio::test]
async fn an_event_that_others_would_not_understand_is_not_published() {
    let label = Label::labelled(1).await;
    let app = host(&label).app();
    let publish = async |id: Option<&str>, change: fn(&mut app::EventText)| {
        let mut text = training(&label, None);
        change(&mut text);
        app.publish_event(&operator(), id, &text).await
    };
    let refused = publish(Some("a b"), |_| {}).await;
    assert!(matches!(refused, Err(EventError::Id)), "{refused:?}");
    let refused = publish(None, |it| it.title = String::new()).await;
    assert!(
        matches!(refused, Err(EventError::Malformed(_))),
        "{refused:?}"
    );
    let refused = publish(None, |it| it.link = Some("http://x.example".to_owned())).await;
    assert!(
        matches!(refused, Err(EventError::Malformed(_))),
        "{refused:?}"
    );
    let refused = publish(None, |it| it.time_zone = Some("Europe/Chambery".to_owned())).await;
    let is_refused = matches!(
        refused,
        Err(EventError::Refused(rules::event::EventRefusal::TimeZone))
    );
    assert!(is_refused, "{refused:?}");
    let unknown = app.event_text(&operator(), "nothing").await;
    assert!(
        matches!(unknown, Err(EventError::Unknown(_))),
        "{unknown:?}"
    );
    let unknown = app.cancel_event(&operator(), "nothing", None).await;
    assert!(
        matches!(unknown, Err(EventError::Unknown(_))),
        "{unknown:?}"
    );
    assert!(publish(Some("photo"), |_| {}).await.unwrap().has_changed);
    // Where no time zone is said, it is that of the space.
    let at_home = publish(None, |it| it.time_zone = None).await.unwrap();
    let text = app.event_text(&operator(), &at_home.id).await.unwrap();
    assert_eq!(text.time_zone.as_deref(), Some("Europe/Paris"));
    assert_eq!(app.own_events().await.unwrap().len(), 2);
}

/// A number as the specifications write it.
fn written(number: i64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[test]
fn the_numbers_of_a_node_of_this_version_are_those_of_the_code() {
    let count = |number: usize| written(i64::try_from(number).unwrap());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/");
    for (name, number, unit) in [
        (
            "event.md",
            count(EVENTS_MAX),
            "events of a feed (`EVENTS_MAX`)",
        ),
        (
            "event.md",
            written(app::SUBSCRIBED_SECONDS),
            "seconds, 90 days, after it has ended (`SUBSCRIBED_SECONDS`)",
        ),
        (
            "registration.md",
            count(app::REGISTRATIONS_OF_A_HOME_MAX),
            "registrations of one home for one occurrence (`REGISTRATIONS_OF_A_HOME_MAX`)",
        ),
        (
            "registration.md",
            count(app::REGISTRATIONS_ACTIVE_MAX),
            "that are under way (`REGISTRATIONS_ACTIVE_MAX`)",
        ),
    ] {
        let text = std::fs::read_to_string(format!("{folder}{name}")).unwrap();
        let line = format!("{number} {unit}");
        assert!(text.contains(&line), "{line} in {name}");
    }
}

#[tokio::test]
async fn who_publishes_without_end_pushes_nobody_out_of_the_page() {
    let label = Label::labelled(2).await;
    publish(&label, &training(&label, None)).await;
    let there = home(&label);
    plant_events(there, host(&label).entity(), 600).await;
    let mut later = training(&label, None);
    later.title = "Zumba".to_owned();
    later.start = wire::event::LocalTime::parse("2026-04-11T10:00:00").unwrap();
    let app = there.app();
    app.publish_event(&operator(), None, &later).await.unwrap();
    let now = app.now();
    let filter = CalendarFilter::default();
    let calendar = app.calendar(&filter, now, now.plus_seconds(7 * DAY_SECONDS));
    let calendar = calendar.await.unwrap();
    assert!(calendar.is_cut);
    assert_eq!(calendar.rows.len(), app::CALENDAR_ROWS_MAX);
    let last = calendar.rows.last().unwrap();
    assert_eq!(last.listed.event.title, "Zumba", "{:?}", last.occurrence);
}
