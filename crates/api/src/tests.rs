//! The routes as strangers ask them, over nodes in memory.

mod answers;
mod codes;
mod coverage;
mod described;
mod events;
mod federation;
mod hint;
mod home;
mod join;
mod people;
mod standard;
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

/// A refusal of an endpoint of OpenID Federation 1.0 looks like one (§8.9).
#[track_caller]
fn check_standard_refusal(answer: &Answer, code: &str) {
    let text = answer.text();
    assert_eq!(
        answer.code().as_deref(),
        Some(code),
        "{}: {text}",
        answer.status
    );
    let listed = crate::STANDARD_CODES.iter().find(|(it, _)| *it == code);
    let (_, status) = listed.unwrap_or_else(|| panic!("{code} is not listed"));
    assert_eq!(answer.status.as_u16(), *status, "{code}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{code}");
    let retry_after = (*status == 503).then_some("5");
    assert_eq!(answer.header("retry-after"), retry_after, "{code}");
    let json = answer.json();
    let members: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error", "error_description"], "{text}");
    let described = json["error_description"].as_str().unwrap();
    // RFC 6749 §5.2 says of which characters a description is.
    let is_good = |it: char| matches!(it, ' '..='!' | '#'..='[' | ']'..='~');
    assert!(
        !described.is_empty() && described.chars().all(is_good),
        "{text}"
    );
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
