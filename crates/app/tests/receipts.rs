//! A visit from arrival to accepted receipt, and what refuses to be one.

use app::{Correction, Fate, Role, Staff, Stay, VisitId, VisitRow};
use rules::passport::Verdict;
use rules::visit::HalfDays;
use testkit::{HOUR_SECONDS, Label, TestNode, Wallet, operator, send_all};

use crate::desk::{home, host, judge, visit};
use crate::look::assert_sound;

/// Somebody at the desk of a node.
pub(crate) async fn staff(node: &TestNode) -> Staff {
    let app = node.app();
    let token = app.access_token(&operator(), Role::Desk, "tablet").await;
    app.staff(&token.unwrap()).await.unwrap().unwrap()
}

/// Lets a wallet in at the host, now.
pub(crate) async fn arrive(host: &TestNode, wallet: &Wallet) -> VisitId {
    let nonce = format!("showing {}", host.store().position().0);
    let code = wallet.show(host.entity(), host.app().now(), &nonce);
    let judged = judge(host, &code).await;
    assert!(
        matches!(judged.verdict, Verdict::Allowed { .. }),
        "{judged:?}"
    );
    judged.visit.unwrap()
}

pub(crate) async fn leave(host: &TestNode, visit: VisitId) -> HalfDays {
    let staff = staff(host).await;
    host.app().leave(&staff, visit).await.unwrap()
}

pub(crate) async fn row(host: &TestNode, visit: VisitId) -> VisitRow {
    host.app().visit_row(&operator(), visit).await.unwrap()
}

/// What the home says is left this month.
pub(crate) async fn left(home: &TestNode, wallet: &Wallet) -> u64 {
    let app = home.app();
    let asked = wallet.ask_home(home.entity(), app.now());
    let holder = app.holder(&asked).await.unwrap().unwrap();
    app.membership(&holder).await.unwrap().roaming.left
}

fn hours_pass(label: &Label, hours: i64) {
    for node in label.nodes() {
        node.clock().advance(hours * HOUR_SECONDS);
    }
}

#[tokio::test]
async fn a_visit_reaches_the_home_once_and_lowers_what_is_left() {
    let (label, wallet) = visit().await;
    let visit = arrive(host(&label), &wallet).await;
    hours_pass(&label, 3);
    let counted = leave(host(&label), visit).await;
    assert!(!counted.is_none());
    let waiting = host(&label).app().waiting().await.unwrap();
    assert_eq!(waiting.len(), 1);
    for _ in 0..3 {
        let failed = send_all(&label.network, host(&label)).await;
        assert!(failed.is_empty(), "{failed:?}");
    }
    assert_eq!(left(home(&label), &wallet).await, 4 - counted.count());
    assert!(host(&label).app().waiting().await.unwrap().is_empty());
    let Stay::Ended { receipt, .. } = row(host(&label), visit).await.stay else {
        panic!("the visit has ended");
    };
    assert!(
        matches!(receipt, Some(Fate::Accepted { .. })),
        "{receipt:?}"
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_steward_corrects_a_visit_by_a_credit_and_another_receipt() {
    let (label, wallet) = visit().await;
    let visit = arrive(host(&label), &wallet).await;
    hours_pass(&label, 8);
    leave(host(&label), visit).await;
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    let all = left(home(&label), &wallet).await;
    let app = host(&label).app();
    let arrived = row(host(&label), visit).await.arrived;
    let correction = Correction::Left(arrived.plus_seconds(60));
    let counted = app.correct_visit(&operator(), visit, correction).await;
    assert_eq!(counted.unwrap().count(), 1);
    let failed = send_all(&label.network, host(&label)).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert!(left(home(&label), &wallet).await >= all);
    assert_eq!(left(home(&label), &wallet).await, 3);
    let correction = Correction::NotHere;
    let counted = app.correct_visit(&operator(), visit, correction).await;
    assert!(counted.unwrap().is_none());
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    assert_eq!(left(home(&label), &wallet).await, 4);
    assert_sound(&label.nodes()).await;
}
