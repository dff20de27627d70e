//! Every code that is listed is answered by something, and documented.

use store::{Batch, Fault, Key, MemoryStore, Prefix, Store as _};
use testkit::{Answer, Label, TestNode, get, post, space_name};
use wire::fork::{FORK_MEDIA_TYPE, Fork};
use wire::hint::HINT_MEDIA_TYPE;
use wire::request::{JOIN_BYTES_MAX, JOIN_MEDIA_TYPE};

use super::{ask, ask_for, check_refusal, feed_path};
use crate::{CODES, STANDARD_CODES};

async fn entries(store: &MemoryStore, prefix: Prefix) -> Vec<(Key, String)> {
    let page = store.scan(prefix, &[], None, 1_000).await.unwrap();
    let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
    page.entries
        .into_iter()
        .map(|(key, found)| (key, text(found.value)))
        .collect()
}

async fn key_with(store: &MemoryStore, prefix: Prefix, part: &str) -> Key {
    let entries = entries(store, prefix).await;
    entries
        .into_iter()
        .find(|(_, value)| value.contains(part))
        .unwrap()
        .0
}

async fn join_bytes(space: &TestNode) -> Vec<u8> {
    let (join, _) = space.app().make_join().await.unwrap().unwrap();
    serde_json::to_vec(&join).unwrap()
}

async fn joined(coordinator: &TestNode, join: Vec<u8>) -> Answer {
    ask(
        coordinator,
        post("/federation/v1/join", JOIN_MEDIA_TYPE, join),
    )
    .await
}

/// A label in which one space has a join to send.
async fn story() -> (Label, Vec<u8>) {
    let label = Label::invited(1).await;
    let join = join_bytes(label.space(0)).await;
    (label, join)
}

/// A second machine has written under the name of this one, and a partner was read by it.
async fn divide(coordinator: &TestNode) {
    let own = coordinator.entity();
    let page = async |of: &TestNode| {
        let page = of.app().feed_page(own, 1, 0, 100).await.unwrap();
        serde_json::to_vec(&page).unwrap()
    };
    let app = coordinator.app();
    let agreed = app.take_own_page(&page(coordinator).await).await.unwrap();
    assert_eq!(agreed, app::OwnSays::Agrees);
    app.confirm_own_feed().await.unwrap();
    let copy = coordinator.clone_machine().await;
    copy.clock().advance(60);
    copy.app().invite(&space_name(5)).await.unwrap();
    copy.app().accept_clock().await.unwrap();
    let divided = app.take_own_page(&page(&copy).await).await.unwrap();
    assert_eq!(divided, app::OwnSays::Divided);
}

/// What is answered about feeds that have parted, and by a node that is not sure of its own.
async fn of_own_feed(
    code: &str,
    (coordinator, space): (&TestNode, &TestNode),
    join: Vec<u8>,
) -> Answer {
    match code {
        "fork_malformed" => {
            let fork = post("/federation/v1/fork", FORK_MEDIA_TYPE, "{}");
            ask(space, fork).await
        }
        "fork_not_proven" => {
            let page = coordinator
                .app()
                .feed_page(coordinator.entity(), 1, 0, 1)
                .await;
            let (one, entity) = (page.unwrap().head, coordinator.entity().clone());
            let other = one.clone();
            let fork = Fork { entity, one, other }.write().unwrap();
            ask(space, post("/federation/v1/fork", FORK_MEDIA_TYPE, fork)).await
        }
        "feed_unconfirmed" => {
            coordinator.restore(&coordinator.backup()).await;
            joined(coordinator, join).await
        }
        "feed_divided" => {
            divide(coordinator).await;
            joined(coordinator, join).await
        }
        code => panic!("{code} is of something else"),
    }
}

async fn answer_of(code: &str) -> Answer {
    let (label, join) = story().await;
    let (coordinator, space) = (&label.coordinator, label.space(0));
    match code {
        "bad_query" => ask_for(coordinator, "/federation/v1/feed").await,
        "hint_malformed" => {
            let hint = post("/federation/v1/hint", HINT_MEDIA_TYPE, "{}");
            ask(space, hint).await
        }
        "join_malformed" => joined(coordinator, b"{}".to_vec()).await,
        "join_not_genuine" => {
            let bent = String::from_utf8(join).unwrap().replacen("eyJ", "eyK", 1);
            joined(coordinator, bent.into_bytes()).await
        }
        "join_other_audience" => {
            let elsewhere = Label::of(&space_name(3)).await;
            joined(&elsewhere.coordinator, join).await
        }
        "join_out_of_time" => {
            coordinator.clock().advance(3_600);
            joined(coordinator, join).await
        }
        "not_here" => ask_for(space, "/federation/v1/anchor").await,
        "no_such_route" => ask_for(space, "/api/v1/nothing").await,
        "wrong_method" => ask(space, post("/healthz", "text/plain", "")).await,
        "body_too_long" => joined(coordinator, vec![b' '; JOIN_BYTES_MAX + 1]).await,
        "wrong_media_type" => {
            ask(
                coordinator,
                post("/federation/v1/join", "application/json", join),
            )
            .await
        }
        "fault" => {
            let key = key_with(&space.store(), app::keys::FEEDS, "le-mug").await;
            assert!(space.store().damage(&key));
            ask_for(space, &feed_path(space.entity(), "")).await
        }
        "busy" => {
            coordinator.store().fail_next_commit(Fault::Busy);
            joined(coordinator, join).await
        }
        "not_well" => {
            coordinator.clock().advance(-3_600);
            ask_for(coordinator, "/healthz").await
        }
        "clock_wrong" => {
            coordinator.clock().advance(-3_600);
            joined(coordinator, join).await
        }
        "fork_malformed" | "fork_not_proven" | "feed_unconfirmed" | "feed_divided" => {
            of_own_feed(code, (coordinator, space), join).await
        }
        // A coordinator whose own papers cannot be found any more knows no label.
        "nothing_heard" => {
            let store = coordinator.store();
            let pointer = key_with(&store, app::keys::LATEST, "anchor").await;
            let mut batch = Batch::new();
            batch.remove(pointer);
            store.commit(batch).await.unwrap();
            coordinator.restart().await;
            joined(coordinator, join).await
        }
        code => super::people::answer_of(code).await,
    }
}

#[tokio::test]
async fn every_code_is_answered_by_something() {
    for (code, _) in CODES {
        check_refusal(&answer_of(code).await, code);
    }
}

#[test]
fn a_code_is_listed_once_in_plain_letters() {
    for (at, (code, status)) in CODES.iter().enumerate() {
        assert!(
            code.bytes().all(|it| it.is_ascii_lowercase() || it == b'_'),
            "{code}"
        );
        assert!((400..600).contains(status), "{code}");
        assert!(
            CODES[at + 1..].iter().all(|(other, _)| other != code),
            "{code}"
        );
    }
}

/// The table of `specs/problems.md` has a line for each code, with its status.
#[test]
fn every_code_is_documented_with_its_status() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/problems.md");
    let text = std::fs::read_to_string(path).unwrap();
    for (code, status) in CODES.iter().chain(STANDARD_CODES) {
        let is_line =
            |line: &&str| line.contains(&format!("`{code}`")) && line.contains(&status.to_string());
        assert!(
            text.lines().find(is_line).is_some(),
            "`{code}` with {status}: not in {path}"
        );
    }
}

#[tokio::test]
async fn a_fault_tells_a_stranger_nothing_of_the_inside() {
    let answer = answer_of("fault").await;
    let text = answer.text();
    for inside in ["fs/", "damaged", "store", "frame", ".rs", "Error"] {
        assert!(!text.contains(inside), "{inside}: {text}");
    }
}

#[tokio::test]
async fn a_node_that_cannot_read_its_store_is_not_well() {
    let (label, _) = story().await;
    let space = label.space(0);
    space.store().fail_read(1);
    check_refusal(&ask(space, get("/healthz")).await, "fault");
    assert_eq!(ask_for(space, "/healthz").await.status, 200);
}
