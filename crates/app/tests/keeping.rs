//! How long what is kept of visits stays: to its end, and not a second longer.

use app::keys::{
    ATTEMPTS, GUESTS, INBOX, OUTBOX, PROOFS, RECEIPTS_ISSUED, RECEIPTS_TAKEN, TAKEN_PLACES,
    VISITORS, VISITS,
};
use store::Prefix;
use testkit::{DAY_SECONDS, HOUR_SECONDS, Label, TestNode, send_all};
use wire::Timestamp;

use crate::desk::{home, host};
use crate::exchange::{story, told};
use crate::look::{assert_sound, stored};

/// How many entries there are of each kind.
async fn counts<const N: usize>(node: &TestNode, prefixes: [Prefix; N]) -> [usize; N] {
    let mut counts = [0; N];
    for (count, prefix) in counts.iter_mut().zip(prefixes) {
        *count = stored(node, prefix).await.len();
    }
    counts
}

/// Every clock stands at this moment, and every node looks; as often as it must, so that
/// nobody's papers run out.
async fn look_at(label: &Label, at: i64) {
    loop {
        let now = host(label).app().now().0;
        let next = at.min(now + 20 * DAY_SECONDS);
        for node in label.nodes() {
            node.clock().set(Timestamp(next));
        }
        for node in label.nodes() {
            node.app().renew().await.unwrap();
        }
        label.settle().await;
        if next == at {
            return;
        }
    }
}

#[tokio::test]
async fn what_is_kept_of_a_visit_goes_when_its_time_is_over_and_not_before() {
    let (label, _) = story().await;
    let wallet = testkit::Wallet::enrol(home(&label), "Alix", None).await;
    let now = home(&label).app().now().0;
    let signed_at = now - now % DAY_SECONDS;
    label.settle().await;
    let visit = told(&label, &wallet).await;
    let (from, to) = (host(&label), home(&label));
    let (arrived, left) = (visit.arrived(), from.app().now().0);
    assert!(send_all(&label.network, from).await.is_empty());
    let here = async || {
        let kept = [VISITS, VISITORS, GUESTS, RECEIPTS_ISSUED, OUTBOX];
        counts(from, kept).await
    };
    let there = async || {
        let kept = [INBOX, ATTEMPTS, RECEIPTS_TAKEN, TAKEN_PLACES, PROOFS];
        counts(to, kept).await
    };
    assert_eq!(here().await, [1, 1, 1, 1, 0]);
    assert_eq!(there().await, [1, 1, 1, 1, 1]);
    let days = |days: i64| days * DAY_SECONDS;
    let life = [
        (left + 659, [1, 1, 1, 1, 0], [1, 1, 1, 1, 1]),
        (left + 660, [1, 1, 1, 1, 0], [1, 0, 1, 1, 1]),
        (left + days(7), [1, 1, 1, 1, 0], [1, 0, 1, 1, 1]),
        (left + days(7) + 1, [1, 0, 1, 1, 0], [1, 0, 1, 1, 1]),
        (signed_at + days(37), [1, 0, 1, 1, 0], [1, 0, 1, 1, 1]),
        (signed_at + days(37) + 1, [1, 0, 0, 1, 0], [1, 0, 1, 1, 1]),
        (left + days(98), [1, 0, 0, 1, 0], [1, 0, 1, 1, 1]),
        (left + days(98) + 1, [1, 0, 0, 1, 0], [0, 0, 1, 1, 1]),
        (arrived + days(396), [1, 0, 0, 1, 0], [0, 0, 1, 1, 1]),
        (arrived + days(396) + 1, [0, 0, 0, 1, 0], [0, 0, 1, 1, 1]),
        (left + days(396), [0, 0, 0, 1, 0], [0, 0, 1, 1, 1]),
        (left + days(396) + 1, [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
    ];
    for (at, at_host, at_home) in life {
        look_at(&label, at).await;
        assert_eq!(here().await, at_host, "{} days", (at - left) / DAY_SECONDS);
        assert_eq!(there().await, at_home, "{} days", (at - left) / DAY_SECONDS);
        assert_sound(&label.nodes()).await;
    }
}

#[tokio::test]
async fn what_a_passport_used_is_known_while_its_last_visit_can_be_corrected() {
    let (label, wallet) = story().await;
    let until = testkit::START_OF_DAY.0 + 30 * DAY_SECONDS;
    look_at(&label, until - HOUR_SECONDS).await;
    told(&label, &wallet).await;
    let left = until + 2 * HOUR_SECONDS;
    assert_eq!(host(&label).app().now().0, left);
    for (at, expected) in [(left, 1), (left + 1, 0)] {
        look_at(&label, at + 7 * DAY_SECONDS).await;
        assert_eq!(counts(host(&label), [GUESTS]).await, [expected]);
    }
}

#[tokio::test]
async fn a_proof_goes_with_the_last_receipt_that_it_stands_for() {
    let (label, wallet) = story().await;
    let visit = crate::receipts::arrive(host(&label), &wallet).await;
    label.advance(HOUR_SECONDS / 2);
    crate::receipts::leave(host(&label), visit).await;
    label.advance(HOUR_SECONDS);
    let app = host(&label).app();
    let later = app::Correction::Left(app.now());
    app.correct_visit(&testkit::operator(), visit, later)
        .await
        .unwrap();
    let left = app.now().0;
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    let kept = async || counts(home(&label), [RECEIPTS_TAKEN, PROOFS]).await;
    assert_eq!(kept().await, [2, 1]);
    for (at, expected) in [
        (left - HOUR_SECONDS, [2, 1]),
        (left - HOUR_SECONDS + 1, [1, 1]),
        (left, [1, 1]),
        (left + 1, [0, 0]),
    ] {
        look_at(&label, at + 396 * DAY_SECONDS).await;
        assert_eq!(kept().await, expected);
        assert_sound(&label.nodes()).await;
    }
}

#[tokio::test]
async fn more_than_one_commit_holds_is_forgotten_at_one_look() {
    let label = Label::labelled(2).await;
    let node = home(&label);
    let over = serde_json::json!({ "form": 1, "until": node.app().now().0 });
    let mut batch = store::Batch::new();
    for at in 0..2_500_u64 {
        let key = store::Key::new(ATTEMPTS, &[[0; 24].as_slice(), &at.to_be_bytes()].concat());
        batch.put(key, over.to_string().into_bytes());
    }
    let store = node.store();
    store::Store::commit(&store, batch).await.unwrap();
    let before = store.position().0;
    node.app().renew().await.unwrap();
    assert_eq!(counts(node, [ATTEMPTS]).await, [0]);
    assert!(store.position().0 - before >= 3, "in several commits");
}
