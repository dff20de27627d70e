//! The routes as strangers ask them, over nodes in memory.

mod codes;
mod coverage;
mod described;
mod events;
mod federation;
mod home;
mod join;
mod people;
mod visits;

use axum::body::Body;
use axum::http::Request;
use testkit::{Answer, TestNode, get};
use tower::ServiceExt as _;
use wire::EntityId;

/// Asks this crate's router, built over the node's operations. Whatever a test asks, its
/// answer is one that the table has.
async fn ask(node: &TestNode, request: Request<Body>) -> Answer {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let asked = crate::router(node.app()).oneshot(request).await;
    let answer = Answer::read(asked.unwrap()).await;
    described::check_listed(method.as_str(), &path, &answer);
    answer
}

async fn ask_for(node: &TestNode, path: &str) -> Answer {
    ask(node, get(path)).await
}

/// A value as it stands in a query (RFC 3986 §2.1).
fn escaped(entity: &EntityId) -> String {
    entity.as_str().replace(':', "%3A").replace('/', "%2F")
}

fn feed_path(entity: &EntityId, rest: &str) -> String {
    format!("/federation/v1/feed?entity={}{rest}", escaped(entity))
}

/// A refusal looks like one: its code is listed with its status, and it says so in
/// the form of RFC 9457.
#[track_caller]
fn check_refusal(answer: &Answer, code: &str) {
    let text = answer.text();
    assert_eq!(
        answer.code().as_deref(),
        Some(code),
        "{}: {text}",
        answer.status
    );
    let listed = crate::CODES.iter().find(|(listed, _)| *listed == code);
    let (_, status) = listed.unwrap_or_else(|| panic!("{code} is not listed"));
    assert_eq!(answer.status.as_u16(), *status, "{code}");
    let json = answer.json();
    assert_eq!(json["status"], *status);
    assert!(
        json["title"]
            .as_str()
            .is_some_and(|title| !title.is_empty()),
        "{text}"
    );
    let known = ["title", "status", "code", "detail"];
    // Only whoever watches is told more.
    let is_told_more = code == "not_well";
    assert!(
        is_told_more
            || json
                .as_object()
                .unwrap()
                .keys()
                .all(|it| known.contains(&it.as_str())),
        "{text}"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{code}");
    let retry_after = (*status == 503).then_some("5");
    assert_eq!(answer.header("retry-after"), retry_after, "{code}");
}
