//! The look through the store that a node takes by itself, and what it remembers.

use store::Store as _;
use testkit::Label;

use crate::look::stored;

#[tokio::test]
async fn a_scrub_finds_what_rotted_or_vanished_and_forgets_it_when_it_is_mended() {
    let label = Label::labelled(1).await;
    let node = label.space(0);
    assert!(node.app().scrub().await.unwrap().is_empty());
    for holding in app::keys::HOLDINGS {
        for (key, _) in stored(node, holding.prefix).await {
            node.store().damage(&key);
            let problems = node.app().scrub().await.unwrap();
            assert!(
                problems.iter().any(|it| it.contains(&key.to_string())),
                "{problems:?}"
            );
            assert_eq!(node.app().store_problems(), problems);
            node.store().damage(&key);
        }
    }
    assert!(node.app().scrub().await.unwrap().is_empty());
    assert!(node.app().store_problems().is_empty());

    let (key, _) = stored(node, app::keys::RECORDS).await.remove(0);
    node.store().vanish(&key);
    let problems = node.app().scrub().await.unwrap();
    assert!(
        problems.len() == 1 && problems[0].contains("entries are there"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn one_damaged_kind_does_not_hide_another() {
    let label = Label::labelled(1).await;
    let node = label.space(0);
    for prefix in [app::keys::FEEDS, app::keys::RECORDS] {
        let (key, _) = stored(node, prefix).await.remove(0);
        node.store().damage(&key);
    }
    assert_eq!(node.app().scrub().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_a_fault() {
    let label = Label::labelled(1).await;
    let node = label.space(0);
    for nth in 1..4 {
        node.store().fail_read(nth);
        let scrubbed = node.app().scrub().await;
        assert!(
            matches!(scrubbed, Err(app::Fault::Read(_))),
            "{nth}: {scrubbed:?}"
        );
    }
    assert!(node.store().fingerprints().await.is_ok());
}
