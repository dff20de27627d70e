//! Hints: kept only where they can be news, and whoever waits for them is woken.

use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};

use app::HintError;
use sync::Mark;
use testkit::{Label, TestNode, space_name};
use wire::EntityId;
use wire::hint::Hint;

async fn say(node: &TestNode, entity: &EntityId, mark: Mark) {
    let hint = Hint {
        entity: entity.clone(),
        epoch: mark.epoch,
        seq: mark.seq,
    };
    let hint = hint.write().unwrap();
    node.app().take_hint(&hint).await.unwrap();
}

#[derive(Debug, Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// What was hinted and not looked at, if anything.
fn hinted(node: &TestNode, woken: &Arc<Woken>) -> Vec<(EntityId, Mark)> {
    let app = node.app();
    let waker = Arc::clone(woken).into();
    match pin!(app.hinted()).poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(marks) => marks.into_iter().collect(),
        Poll::Pending => Vec::new(),
    }
}

#[tokio::test]
async fn only_what_can_be_news_is_kept_and_wakes() {
    let label = Label::labelled(2).await;
    let (node, partner) = (label.space(0), label.space(1));
    let woken = Arc::new(Woken::default());
    assert_eq!(hinted(node, &woken), []);
    let known = node.app().known(partner.entity()).await.unwrap();
    assert!(known.seq > 0, "{known:?}");
    let far = Mark { epoch: 9, seq: 9 };
    let before = Mark { epoch: 0, ..far };
    for (entity, mark) in [
        (partner.entity(), known),
        (partner.entity(), Mark { epoch: 1, seq: 1 }),
        (node.entity(), far),
        (&space_name(7), far),
    ] {
        say(node, entity, mark).await;
    }
    let hint = Hint {
        entity: partner.entity().clone(),
        epoch: before.epoch,
        seq: before.seq,
    };
    let malformed = node.app().take_hint(&hint.write().unwrap()).await;
    assert!(matches!(malformed, Err(HintError::Malformed(_))));
    assert_eq!(hinted(node, &woken), []);
    assert_eq!(woken.0.load(Ordering::SeqCst), 0);

    let next = |more| Mark {
        seq: known.seq + more,
        ..known
    };
    for more in [1, 3, 2] {
        say(node, partner.entity(), next(more)).await;
    }
    say(node, label.coordinator.entity(), far).await;
    assert_eq!(woken.0.load(Ordering::SeqCst), 1, "once for all of them");
    let kept = hinted(node, &woken);
    assert_eq!(kept.len(), 2);
    assert!(
        kept.contains(&(partner.entity().clone(), next(3))),
        "the farthest"
    );
    assert!(kept.contains(&(label.coordinator.entity().clone(), far)));
    assert_eq!(hinted(node, &woken), [], "told once");
}

#[tokio::test]
async fn a_space_that_has_heard_nothing_follows_its_coordinator_alone() {
    let label = Label::invited(2).await;
    let woken = Arc::new(Woken::default());
    let first = Mark { epoch: 1, seq: 1 };
    say(label.space(0), label.space(1).entity(), first).await;
    say(label.space(0), label.coordinator.entity(), first).await;
    let coordinator = label.coordinator.entity().clone();
    assert_eq!(hinted(label.space(0), &woken), [(coordinator, first)]);
}

#[tokio::test]
async fn who_is_followed_is_whose_hints_are_heard() {
    let label = Label::labelled(3).await;
    for node in label.nodes() {
        let followed = node.app().followed().await.unwrap();
        let woken = Arc::new(Woken::default());
        let all = label.nodes().into_iter().map(|it| it.entity().clone());
        for entity in all.chain([space_name(7)]) {
            say(node, &entity, Mark { epoch: 8, seq: 8 }).await;
        }
        let heard = hinted(node, &woken).into_iter().map(|(entity, _)| entity);
        let mut followed: Vec<_> = followed;
        followed.sort();
        assert_eq!(heard.collect::<Vec<_>>(), followed);
    }
}
