//! The one POST: exact form, limited length, and one signed answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, header};
use testkit::{Answer, Label, TestNode, post};
use wire::request::{ANSWER_MEDIA_TYPE, JOIN_BYTES_MAX, JOIN_MEDIA_TYPE};

use super::{ask, check_refusal};

const PATH: &str = "/federation/v1/join";

async fn story() -> (Label, Vec<u8>) {
    let label = Label::invited(1).await;
    let (join, _) = label.space(0).app().make_join().await.unwrap().unwrap();
    (label, serde_json::to_vec(&join).unwrap())
}

async fn send(node: &TestNode, media_types: &[&str], body: &[u8]) -> Answer {
    let mut request = Request::post(PATH).body(Body::from(body.to_vec())).unwrap();
    for media_type in media_types {
        let value = media_type.parse().unwrap();
        request.headers_mut().append(header::CONTENT_TYPE, value);
    }
    ask(node, request).await
}

#[tokio::test]
async fn a_join_is_answered_with_a_sealed_answer() {
    let (label, join) = story().await;
    let answer = send(&label.coordinator, &[JOIN_MEDIA_TYPE], &join).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some(ANSWER_MEDIA_TYPE));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    let text = answer.text();
    let sealed = seal::Sealed::<wire::request::Answer>::parse(&text).unwrap();
    let keys = seal::KeySet::only(label.coordinator.plan().ops().public().clone());
    assert_eq!(sealed.open(&keys).unwrap().aud, *label.space(0).entity());
}

#[tokio::test]
async fn a_join_that_is_refused_is_answered_with_a_sealed_answer_too() {
    let (label, join) = story().await;
    label.advance(31 * testkit::DAY_SECONDS);
    let (join_later, _) = label.space(0).app().make_join().await.unwrap().unwrap();
    let late = serde_json::to_vec(&join_later).unwrap();
    let answer = send(&label.coordinator, &[JOIN_MEDIA_TYPE], &late).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, Some(ANSWER_MEDIA_TYPE))
    );
    let old = send(&label.coordinator, &[JOIN_MEDIA_TYPE], &join).await;
    check_refusal(&old, "join_out_of_time");
}

#[tokio::test]
async fn a_join_has_exactly_its_media_type() {
    let (label, join) = story().await;
    let with_charset = format!("{JOIN_MEDIA_TYPE}; charset=utf-8");
    let upper = JOIN_MEDIA_TYPE.to_uppercase();
    for media_types in [
        &[][..],
        &[""],
        &["application/json"],
        &["text/plain"],
        &["application/x-www-form-urlencoded"],
        &[&with_charset],
        &[&upper],
        &[JOIN_MEDIA_TYPE, JOIN_MEDIA_TYPE],
        &[JOIN_MEDIA_TYPE, "application/json"],
        &["application/json", JOIN_MEDIA_TYPE],
    ] {
        let answer = send(&label.coordinator, media_types, &join).await;
        check_refusal(&answer, "wrong_media_type");
    }
    assert!(
        label
            .coordinator
            .app()
            .subordinates(&app::ListFilter::default())
            .await
            .unwrap()
            .is_empty()
    );
}

/// A body that arrives in small pieces, and does not say how long it will be.
struct Dripped(Bytes);

impl HttpBody for Dripped {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let piece = self.0.len().min(1_000);
        let piece = self.0.split_to(piece);
        Poll::Ready((!piece.is_empty()).then(|| Ok(http_body::Frame::data(piece))))
    }
}

#[tokio::test]
async fn a_join_has_a_limited_length() {
    let (label, _) = story().await;
    for (bytes, code) in [
        (JOIN_BYTES_MAX, "join_malformed"),
        (JOIN_BYTES_MAX + 1, "body_too_long"),
        (JOIN_BYTES_MAX * 100, "body_too_long"),
    ] {
        let spaces = vec![b' '; bytes];
        check_refusal(
            &send(&label.coordinator, &[JOIN_MEDIA_TYPE], &spaces).await,
            code,
        );
        // Without a length that was announced.
        let dripped = Body::new(Dripped(spaces.into()));
        let answer = ask(&label.coordinator, post(PATH, JOIN_MEDIA_TYPE, dripped)).await;
        check_refusal(&answer, code);
    }
}

#[tokio::test]
async fn junk_is_no_join() {
    let (label, join) = story().await;
    let text = String::from_utf8(join).unwrap();
    let doubled = text.replacen('{', r#"{"request":"a.b.c","#, 1);
    let deep = "[".repeat(30_000);
    for junk in [
        "",
        "null",
        "{",
        "[]",
        "\u{feff}{}",
        "\u{0}",
        text.strip_prefix('{').unwrap(),
        &doubled,
        &deep,
    ] {
        let answer = send(&label.coordinator, &[JOIN_MEDIA_TYPE], junk.as_bytes()).await;
        check_refusal(&answer, "join_malformed");
    }
    let answer = send(&label.coordinator, &[JOIN_MEDIA_TYPE], &[0xff, 0xfe, 0x00]).await;
    check_refusal(&answer, "join_malformed");
    // What others put in beside is ignored, as by every reader of ours.
    let more = text.replacen('{', r#"{"later":{"form":2},"#, 1);
    assert_eq!(
        send(&label.coordinator, &[JOIN_MEDIA_TYPE], more.as_bytes())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_space_admits_nobody() {
    let (label, join) = story().await;
    let answer = send(label.space(0), &[JOIN_MEDIA_TYPE], &join).await;
    check_refusal(&answer, "not_here");
}
