//! Hints: one answer to all that are well formed, whatever this node knows.

use axum::http::header;
use testkit::{Answer, Label, TestNode, post, space_name};
use wire::EntityId;
use wire::hint::{HINT_BYTES_MAX, HINT_MEDIA_TYPE, Hint};

use super::{ask, check_refusal};

const PATH: &str = "/federation/v1/hint";

async fn say(node: &TestNode, entity: &EntityId, epoch: u64, seq: u64) -> Answer {
    let entity = entity.clone();
    let hint = Hint { entity, epoch, seq }.write().unwrap();
    ask(node, post(PATH, HINT_MEDIA_TYPE, hint)).await
}

#[tokio::test]
async fn the_answer_says_nothing_of_what_is_known() {
    let label = Label::labelled(2).await;
    let unheard = Label::invited(1).await;
    let stranger = space_name(7);
    let partner = label.space(1).entity().clone();
    for node in [&label.coordinator, label.space(0), unheard.space(0)] {
        let own = node.entity().clone();
        for entity in [&own, label.coordinator.entity(), &partner, &stranger] {
            for (epoch, seq) in [(1, 1), (1, 9_000), (2, 1), (u64::MAX >> 11, u64::MAX >> 11)] {
                let answer = say(node, entity, epoch, seq).await;
                assert_eq!(
                    (answer.status.as_u16(), answer.text().as_str()),
                    (200, "{}")
                );
                let headers = ["content-type", "cache-control"].map(|it| answer.header(it));
                assert_eq!(headers, [Some("application/json"), Some("no-cache")]);
            }
        }
    }
}

#[tokio::test]
async fn a_hint_has_exactly_its_media_type_and_a_limited_length() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let hint = format!(r#"{{"entity":"{}","epoch":1,"seq":7}}"#, space.entity());
    for media_type in ["", "application/json", "application/ESCALE-hint+json"] {
        let answer = ask(space, post(PATH, media_type, hint.clone())).await;
        check_refusal(&answer, "wrong_media_type");
    }
    let mut twice = post(PATH, HINT_MEDIA_TYPE, hint.clone());
    let value = HINT_MEDIA_TYPE.parse().unwrap();
    twice.headers_mut().append(header::CONTENT_TYPE, value);
    check_refusal(&ask(space, twice).await, "wrong_media_type");
    for (bytes, code) in [
        (HINT_BYTES_MAX, None),
        (HINT_BYTES_MAX + 1, Some("body_too_long")),
        (HINT_BYTES_MAX * 50, Some("body_too_long")),
    ] {
        let padded = format!("{hint:<bytes$}");
        let answer = ask(space, post(PATH, HINT_MEDIA_TYPE, padded)).await;
        assert_eq!(answer.code().as_deref(), code);
    }
}

#[tokio::test]
async fn junk_is_no_hint() {
    let label = Label::labelled(1).await;
    let name = label.space(0).entity().clone();
    let deep = "[".repeat(HINT_BYTES_MAX);
    let nowhere = format!(r#"{{"entity":"{name}","epoch":1,"seq":0}}"#);
    let doubled = format!(r#"{{"entity":"{name}","epoch":1,"seq":1,"seq":2}}"#);
    for junk in ["", "{}", "null", "[]", "\u{0}", &deep, &nowhere, &doubled] {
        let junk = post(PATH, HINT_MEDIA_TYPE, junk.to_owned());
        check_refusal(&ask(label.space(0), junk).await, "hint_malformed");
    }
}
