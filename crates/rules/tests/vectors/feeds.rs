//! `specs/vectors/feed.json`: digests, bodies of each kind, and feeds page by page.

use rules::feed::{Author, HeadSays, Tip, extend, judge_head};
use rules::revocation::Revoked;
use seal::KeySet;
use serde_json::{Value, json};
use wire::feed::{Body, Page};
use wire::{EntityId, Sha256Hash};

use crate::forge::{hex, key, key_set, keys_listed, list, published, text, went_through};
use crate::{bodies, pages};

fn made() -> Value {
    let digest = |salt: u8, text: &str| {
        let body = Body {
            salt: [salt; 16],
            text: text.to_owned(),
        };
        json!({ "salt": seal::base64url::encode(&body.salt), "body": text,
            "hashed": hex(&[&body.salt[..], text.as_bytes()].concat()), "body_sha256": body.digest() })
    };
    json!({
        "spec": "specs/feed.md",
        "keys": keys_listed(),
        "digests": [digest(0, ""), digest(7, r#"{"a":1}"#), digest(255, "Chambéry")],
        "bodies": bodies::made(),
        "pages": pages::texts(),
        "feeds": pages::cases(),
    })
}

/// Takes one page; gives how many records were taken, and how it ended.
fn take(
    entity: &EntityId,
    author: Author<'_>,
    tip: &mut Tip,
    page: &Page,
) -> (usize, &'static str) {
    let (accepted, refusal) = extend(entity, author, tip, &page.records);
    let said = match refusal {
        Some(refusal) => Err(refusal),
        None => judge_head(entity, tip, &page.head, accepted.len()),
    };
    let outcome = match said {
        Ok(HeadSays::Complete(_)) => "complete",
        Ok(HeadSays::More) => "more",
        Err(refusal) => refusal.code(),
    };
    (accepted.len(), outcome)
}

fn check_feed(case: &Value) {
    let by = case["by"][0].as_str().expect("the name of a key");
    let (root, fed): (_, KeySet) = (key(by), key_set(&[by]));
    let author = match text(case, "author") {
        "coordinator" => Author::Coordinator(root.public()),
        _ => Author::Space(&fed, Revoked::none()),
    };
    let entity = EntityId::parse(text(case, "entity")).expect("an entity identifier");
    let mut tip = Tip::start();
    for step in list(case, "pages") {
        let page = Page::parse(step["page"].to_string().as_bytes()).expect("a page");
        let before = tip.seq;
        let (accepted, outcome) = take(&entity, author, &mut tip, &page);
        assert_eq!(outcome, text(step, "outcome"), "{}", text(case, "name"));
        assert_eq!(json!(accepted), step["accepted"], "{}", text(case, "name"));
        assert_eq!(
            tip.seq - before,
            accepted as u64,
            "the tip stands at the last good record"
        );
        let last = accepted.checked_sub(1).map(|last| &page.records[last]);
        if let Some(last) = last {
            assert_eq!(tip.hash, Some(Sha256Hash::of(&[last.record.as_bytes()])));
        }
    }
}

#[test]
fn a_feed_is_taken_as_far_as_it_holds() {
    let file = published("feed.json", &made());
    for case in list(&file, "digests") {
        let salt = seal::base64url::decode(text(case, "salt")).expect("base64url");
        let salt = salt.try_into().expect("16 bytes");
        let body = Body {
            salt,
            text: text(case, "body").to_owned(),
        };
        assert_eq!(json!(body.digest()), case["body_sha256"], "{case}");
    }
    for case in list(&file, "bodies") {
        let outcome = if bodies::is_read(text(case, "kind"), text(case, "body")) {
            "ok"
        } else {
            "refused"
        };
        assert_eq!(outcome, text(case, "expected"), "{case}");
    }
    for case in list(&file, "pages") {
        let outcome = Page::parse(text(case, "text").as_bytes()).map_or("feed_page", |_| "ok");
        assert_eq!(outcome, text(case, "expected"), "{case}");
    }
    list(&file, "feeds").iter().for_each(check_feed);
    let cases = ["digests", "bodies", "pages", "feeds"].map(|section| list(&file, section).len());
    went_through("vectors_feed", cases.iter().sum());
}
