//! What a clock that was ahead, a host without manners and an unlucky order do not spoil.

use app::keys::{INBOX, RECEIPTS_TAKEN, VISITORS};
use app::{Correction, Op, REFUSALS_KEPT_MAX};
use rules::passport::Verdict;
use seal::{KeySet, Sealed};
use serde_json::json;
use testkit::{DAY_SECONDS, HOUR_SECONDS, operator, send, send_all};
use wire::request::{Answer, AnswerResult};

use crate::desk::{home, host, judge};
use crate::exchange::{
    credit_of, outbox, refused, story, take_back, taken, tell, told, used, waiting,
};
use crate::look::{assert_sound, stored};
use crate::receipts::{arrive, leave};

#[tokio::test]
async fn a_host_whose_clock_was_ahead_for_once_still_has_what_waits() {
    let (label, wallet) = story().await;
    let _ = told(&label, &wallet).await;
    let now = host(&label).app().now();
    for days in [98, 400, 40_000] {
        host(&label)
            .clock()
            .set(now.plus_seconds(days * DAY_SECONDS));
        for _ in 0..2 {
            host(&label).app().renew().await.unwrap();
        }
    }
    host(&label).clock().set(now.plus_seconds(60));
    assert_eq!(outbox(host(&label)).await, [("receipt", None)]);
    assert_eq!(stored(host(&label), VISITORS).await.len(), 1);
    let failed = send_all(&label.network, host(&label)).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(used(home(&label), &wallet).await, 2);
}

#[tokio::test]
async fn a_home_whose_clock_was_ahead_for_once_still_has_its_accounts() {
    let (label, wallet) = story().await;
    let _ = told(&label, &wallet).await;
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    let now = home(&label).app().now();
    home(&label)
        .clock()
        .set(now.plus_seconds(397 * DAY_SECONDS));
    home(&label).app().renew().await.unwrap();
    home(&label).clock().set(now.plus_seconds(60));
    assert_eq!(taken(home(&label)).await, 1);
    assert_eq!(used(home(&label), &wallet).await, 2);
    // Its members are let in again as soon as the clock is right.
    home(&label).app().renew().await.unwrap();
    label.settle().await;
    let (at, name) = (host(&label).app().now(), host(&label).entity());
    let judged = judge(host(&label), &wallet.show(name, at, "a showing")).await;
    assert!(
        matches!(judged.verdict, Verdict::Allowed { .. }),
        "{judged:?}"
    );
}

#[tokio::test]
async fn what_was_accepted_before_under_other_names_fills_no_disk() {
    let (label, wallet) = story().await;
    let told = told(&label, &wallet).await;
    // The first one changes something.
    for op in 0..=REFUSALS_KEPT_MAX {
        assert_eq!(tell(&label, &format!("op-{op}"), &told).await, Ok(()));
    }
    let too_many = refused("too_many_refusals");
    assert_eq!(tell(&label, "one-more", &told).await, too_many);
    let kept = stored(home(&label), INBOX).await.len();
    assert_eq!(kept, REFUSALS_KEPT_MAX + 1);
    assert_eq!(used(home(&label), &wallet).await, 2);
}

#[tokio::test]
async fn a_visit_is_told_and_taken_back_sixteen_times_and_no_more() {
    let (label, wallet) = story().await;
    let mut told = told(&label, &wallet).await;
    for number in 0..16 {
        told.receipt["id"] = json!(format!("id-{number}"));
        let op = format!("receipt-{number}");
        assert_eq!(tell(&label, &op, &told).await, Ok(()));
        let mut credit = credit_of(&told, host(&label));
        credit["id"] = json!(format!("credit-{number}"));
        let op = format!("credit-{number}");
        assert_eq!(take_back(&label, &op, &credit).await, Ok(()));
    }
    told.receipt["id"] = json!("one-more");
    assert_eq!(tell(&label, "more", &told).await, refused("too_many"));
    assert_eq!(stored(home(&label), RECEIPTS_TAKEN).await.len(), 16);
}

#[tokio::test]
async fn what_one_visit_gives_back_is_there_before_another_claims_it() {
    let (label, wallet) = story().await;
    let first = arrive(host(&label), &wallet).await;
    label.advance(60);
    leave(host(&label), first).await;
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    let app = host(&label).app();
    let correction = Correction::NotHere;
    app.correct_visit(&operator(), first, correction)
        .await
        .unwrap();
    let credit = waiting_op(&label).await;
    let second = arrive(host(&label), &wallet).await;
    label.advance(3 * HOUR_SECONDS);
    assert_eq!(leave(host(&label), second).await.count(), 2);
    let rows = app.waiting().await.unwrap();
    let after: Vec<_> = rows.iter().map(|it| it.after.clone()).collect();
    assert_eq!(after, [vec![], vec![credit]]);
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    assert_eq!(used(home(&label), &wallet).await, 2);
    assert_sound(&label.nodes()).await;
}

async fn waiting_op(label: &testkit::Label) -> String {
    let rows = host(label).app().waiting().await.unwrap();
    assert_eq!(rows.len(), 1);
    rows[0].op.clone()
}

#[tokio::test]
async fn who_it_was_is_forgotten_although_a_first_receipt_was_refused() {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    label.advance(3 * HOUR_SECONDS);
    leave(host(&label), visit).await;
    crate::asking_again::refuse(&label).await;
    let coordinator = label.coordinator.app();
    coordinator.grant(host(&label).entity()).await.unwrap();
    label.settle().await;
    let app = host(&label).app();
    let left = Correction::Left(app.now().plus_seconds(-HOUR_SECONDS));
    app.correct_visit(&operator(), visit, left).await.unwrap();
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    for (days, known) in [(6, 1), (2, 0)] {
        label.advance(days * DAY_SECONDS);
        label.hear().await;
        app.renew().await.unwrap();
        assert_eq!(stored(host(&label), VISITORS).await.len(), known);
    }
}

#[tokio::test]
async fn what_the_home_has_signed_is_kept_beside_what_it_is_about() {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    label.advance(3 * HOUR_SECONDS);
    leave(host(&label), visit).await;
    let told = waiting(host(&label)).await;
    let op = waiting_op(&label).await;
    send(&label.network, host(&label), &op).await.unwrap();
    let app = host(&label).app();
    let correction = Correction::NotHere;
    app.correct_visit(&operator(), visit, correction)
        .await
        .unwrap();
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    let kept = app.receipts_of(&operator(), visit).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(told.receipt["id"].is_string());
    let keys = KeySet::only(home(&label).plan().ops().public().clone());
    for (answer, about) in [(&kept[0].answer, Some(op)), (&kept[0].credit_answer, None)] {
        let answer = Sealed::<Answer>::parse(answer.as_ref().unwrap()).unwrap();
        let answer = answer.open(&keys).unwrap();
        assert_eq!(answer.result, AnswerResult::Accepted);
        assert!(about.is_none_or(|op| op == answer.op));
        assert!(Op::parse(&answer.op).is_some());
    }
}
