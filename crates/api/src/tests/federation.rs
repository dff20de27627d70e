//! Papers and feeds: exact media types, limits of queries, and what is not here.

use testkit::{Label, TestNode, space_name, space_text};
use wire::feed::{PAGE_BYTES_MAX, PAGE_MEDIA_TYPE, Page};
use wire::trust::EntityStatement;

use super::{ask_for, check_refusal, check_standard_refusal, escaped, feed_path};

#[tokio::test]
async fn each_paper_has_exactly_its_media_type() {
    let label = Label::labelled(1).await;
    let (coordinator, space) = (&label.coordinator, label.space(0));
    let about = format!("/federation/fetch?sub={}", escaped(space.entity()));
    for (node, path, media_type) in [
        (
            space,
            "/.well-known/openid-federation",
            "application/entity-statement+jwt",
        ),
        (
            coordinator,
            "/.well-known/openid-federation",
            "application/entity-statement+jwt",
        ),
        (coordinator, &about, "application/entity-statement+jwt"),
        (
            space,
            "/federation/v1/anchor",
            "application/escale-anchor+jwt",
        ),
        (coordinator, "/federation/list", "application/json"),
        (
            space,
            &feed_path(space.entity(), ""),
            "application/escale-feed+json",
        ),
        (space, "/api/v1/home", "application/json"),
        (space, "/healthz", "application/json"),
    ] {
        let answer = ask_for(node, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some(media_type), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
        assert_eq!(answer.headers.get("content-encoding"), None, "{path}");
    }
    assert_eq!(PAGE_MEDIA_TYPE, "application/escale-feed+json");
}

#[tokio::test]
async fn a_configuration_opens_with_the_nodes_own_key() {
    let label = Label::labelled(1).await;
    for node in label.nodes() {
        let text = ask_for(node, "/.well-known/openid-federation").await.text();
        let own = seal::KeySet::only(node.plan().fed().public().clone());
        let opened = rules::trust::open_configuration(&text, &own, node.entity()).unwrap();
        let hints: &[String] = &opened.authority_hints;
        let is_coordinator = node.entity() == label.coordinator.entity();
        assert_eq!(hints.is_empty(), is_coordinator, "{hints:?}");
        let metadata = opened.metadata.as_ref().unwrap();
        let federation = metadata.federation_entity.as_ref().unwrap();
        let fetch = federation.federation_fetch_endpoint.as_deref();
        let expected = "https://coordination.example/federation/fetch";
        assert_eq!(fetch, is_coordinator.then_some(expected));
    }
}

#[tokio::test]
async fn a_coordinator_gives_its_statement_about_those_who_belong() {
    let label = Label::joined(2).await;
    let coordinator = &label.coordinator;
    let fetch = |of: String| format!("/federation/fetch?sub={of}");
    let (space, stranger) = (space_name(0), space_name(3));
    let text = ask_for(coordinator, &fetch(escaped(&space))).await.text();
    let keys = seal::KeySet::only(coordinator.plan().fed().public().clone());
    let opened: seal::Verified<EntityStatement> =
        rules::trust::open_statement(&text, &keys, coordinator.entity(), &space).unwrap();
    assert_eq!(
        opened.jwks,
        wire::Jwks::of(label.space(0).plan().fed().public())
    );

    let unknown = ask_for(coordinator, &fetch(escaped(&stranger))).await;
    check_standard_refusal(&unknown, "not_found");
    let itself = ask_for(coordinator, &fetch(escaped(coordinator.entity()))).await;
    check_standard_refusal(&itself, "invalid_request");
    check_standard_refusal(
        &ask_for(label.space(0), &fetch(escaped(&space))).await,
        "not_found",
    );
    for sub in [
        "",
        "le-mug",
        "https://le-mug.example/",
        "https://LE-MUG.example",
        "https%3A%2F%2Fle-mug.example%2F",
        "http://le-mug.example",
        "https://le-mug.example&sub=https://aix.example",
        "%00",
        "%ff%fe",
    ] {
        check_standard_refusal(
            &ask_for(coordinator, &fetch(sub.to_owned())).await,
            "invalid_request",
        );
    }
}

#[tokio::test]
async fn a_coordinator_lists_those_who_belong() {
    let label = Label::joined(2).await;
    label
        .coordinator
        .app()
        .invite(&space_name(3))
        .await
        .unwrap();
    let list = async || ask_for(&label.coordinator, "/federation/list").await.json();
    let both = serde_json::json!(["https://aix.example", "https://le-mug.example"]);
    assert_eq!(list().await, both);
    let app = label.coordinator.app();
    app.grant(&space_name(0)).await.unwrap();
    app.withdraw(&space_name(0), "closed").await.unwrap();
    assert_eq!(list().await, both, "withdrawn is not cut off");
    assert_eq!(
        ask_for(&Label::of_nobody().await.coordinator, "/federation/list")
            .await
            .text(),
        "[]"
    );
}

async fn page(node: &TestNode, path: &str) -> Page {
    let answer = ask_for(node, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert!(answer.body.len() <= PAGE_BYTES_MAX);
    Page::parse(&answer.body).unwrap()
}

#[tokio::test]
async fn a_page_has_as_many_records_as_asked_for_and_one_at_least() {
    let label = Label::labelled(1).await;
    let coordinator = &label.coordinator;
    // Each grant is a mark and its place in the history.
    for _ in 0..60 {
        coordinator.app().grant(&space_name(0)).await.unwrap();
    }
    let all = 7 + 2 * 60;
    for (rest, expected) in [
        ("", 100),
        ("&limit=0", 1),
        ("&limit=1", 1),
        ("&limit=100", 100),
        ("&limit=101", 100),
        ("&limit=18446744073709551615", 100),
        ("&epoch=1&after=100", all - 100),
        ("&epoch=1&after=126", 1),
        ("&epoch=1&after=127", 0),
        ("&epoch=1&after=18446744073709551615", 0),
        ("&epoch=0&after=3", 100),
        ("&epoch=2", 0),
        ("&epoch=18446744073709551615&after=18446744073709551615", 0),
        ("&unknown=1", 100),
    ] {
        let page = page(coordinator, &feed_path(coordinator.entity(), rest)).await;
        assert_eq!(page.records.len(), expected, "{rest}");
        assert!(!page.head.is_empty(), "{rest}");
    }
}

#[tokio::test]
async fn a_query_that_is_not_understood_is_refused() {
    let label = Label::labelled(1).await;
    let own = label.coordinator.entity();
    for rest in [
        "&limit=x",
        "&limit=-1",
        "&limit=",
        "&limit=1.5",
        "&limit=0x10",
        "&limit=18446744073709551616",
        "&epoch=18446744073709551616",
        "&epoch=-1",
        "&after=1e3",
        "&after=1&after=2",
        "&entity=https://le-mug.example",
    ] {
        let answer = ask_for(&label.coordinator, &feed_path(own, rest)).await;
        check_refusal(&answer, "bad_query");
    }
    for entity in [
        "",
        "coordination.example",
        "https://coordination.example/",
        "https://coordination.example:443",
        "https://COORDINATION.example",
        "https://coordination.example.",
        "https://127.0.0.1",
        "file:///etc/passwd",
    ] {
        let path = format!("/federation/v1/feed?entity={entity}");
        check_refusal(&ask_for(&label.coordinator, &path).await, "bad_query");
    }
    let path = format!(
        "/federation/v1/feed?entity=https://{}.example",
        "a".repeat(4_000)
    );
    check_refusal(&ask_for(&label.coordinator, &path).await, "bad_query");
}

#[tokio::test]
async fn what_a_stranger_wrote_into_a_query_is_printable_in_the_refusal() {
    let label = Label::of_nobody().await;
    let path = "/federation/v1/feed?entity=x&limit=%1b%5B31m%E2%80%AE%0d%0aSet-Cookie:x";
    let answer = ask_for(&label.coordinator, path).await;
    check_refusal(&answer, "bad_query");
    let detail = answer.json()["detail"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(
        !detail.contains(['\u{1b}', '\u{202e}', '\n', '\r']),
        "{detail:?}"
    );
    assert!(detail.chars().count() <= 201, "{detail:?}");
}

#[tokio::test]
async fn any_node_gives_any_feed_that_it_holds_and_no_other() {
    let label = Label::labelled(2).await;
    let (space, other) = (label.space(0), label.space(1));
    space
        .app()
        .publish_space(&space_text("Le Mug"))
        .await
        .unwrap();
    label.settle().await;
    let path = feed_path(space.entity(), "");
    let own = page(space, &path).await;
    assert_eq!(own.records.len(), 5);
    for relay in [other, &label.coordinator] {
        assert_eq!(page(relay, &path).await, own, "{}", relay.entity());
    }
    for unknown in [space_name(3), space_name(17)] {
        check_refusal(&ask_for(other, &feed_path(&unknown, "")).await, "not_here");
    }
    let unheard = Label::invited(1).await;
    let path = feed_path(unheard.coordinator.entity(), "");
    check_refusal(&ask_for(unheard.space(0), &path).await, "not_here");
}

#[tokio::test]
async fn a_page_of_the_largest_bodies_fits_its_limit() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let mut text = space_text("Le Mug");
    // Each character is escaped to six bytes, in each of two languages.
    let about = "\u{1}".repeat(1_200);
    let about = wire::LocalText {
        fr: Some(about.clone()),
        en: Some(about),
    };
    for turn in 0..60 {
        text.profile.area_m2 = Some(turn);
        text.profile.about = Some(about.clone());
        space.app().publish_space(&text).await.unwrap();
    }
    let page = page(space, &feed_path(space.entity(), "&epoch=1&after=2")).await;
    assert!(
        (20..60).contains(&page.records.len()),
        "{}",
        page.records.len()
    );
}
