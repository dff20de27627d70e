//! What a node says of itself in numbers.

use rules::freshness::Freshness;
use testkit::{HOUR_SECONDS, Label};

use crate::desk::{home, host};
use crate::exchange::{story, told};

#[tokio::test]
async fn what_waits_is_counted_until_it_is_answered() {
    let (label, wallet) = story().await;
    let figures = async || host(&label).app().figures().await.unwrap();
    assert_eq!((figures().await.waiting, figures().await.dead), (0, 0));
    told(&label, &wallet).await;
    assert_eq!((figures().await.waiting, figures().await.dead), (1, 0));
    assert_eq!(home(&label).app().figures().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn partners_are_heard_until_they_are_silent_for_a_day() {
    let label = Label::labelled(3).await;
    label.settle().await;
    let node = label.space(0);
    let before = node.app().figures().await.unwrap();
    assert_eq!((before.feeds.partners, before.feeds.partners_fresh), (2, 2));
    assert!(matches!(before.feeds.label, Freshness::Fresh { .. }));
    assert!(before.feeds.records > 0);
    assert!(!before.is_clock_behind && before.store_problems == 0);

    // Nobody is heard for two days.
    let silence = 48 * HOUR_SECONDS;
    label.advance(silence);
    let after = node.app().figures().await.unwrap().feeds;
    assert_eq!((after.partners, after.partners_fresh), (2, 0));
    assert!(matches!(after.label, Freshness::StaleSince { .. }));
    for (then, now) in [
        (before.feeds.label_head_seconds, after.label_head_seconds),
        (before.feeds.oldest_head_seconds, after.oldest_head_seconds),
    ] {
        assert_eq!(now, then.map(|seconds| seconds + silence));
    }
    assert_eq!(after.records, before.feeds.records);

    // A clock that was set back makes nothing younger than now.
    label.advance(-10 * silence);
    let behind = node.app().figures().await.unwrap();
    assert!(behind.is_clock_behind);
    assert_eq!(behind.feeds.oldest_head_seconds, Some(0));
}

#[tokio::test]
async fn who_has_heard_nothing_has_no_ages() {
    let label = Label::invited(1).await;
    let feeds = label.space(0).app().figures().await.unwrap().feeds;
    assert_eq!(feeds.label, Freshness::Never);
    assert_eq!(feeds.label_head_seconds, None);
    assert_eq!((feeds.partners, feeds.oldest_head_seconds), (0, None));
}

#[tokio::test]
async fn problems_of_the_store_are_counted() {
    let label = Label::labelled(1).await;
    let node = label.space(0);
    let (key, _) = crate::look::stored(node, app::keys::RECORDS)
        .await
        .remove(0);
    node.store().damage(&key);
    assert_eq!(node.app().scrub().await.unwrap().len(), 1);
    assert_eq!(node.app().figures().await.unwrap().store_problems, 1);
}
