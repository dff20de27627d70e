//! Every operation of the exchange, with each of its commits lost or kept.

use std::cell::RefCell;

use app::{Correction, OutboxError, Stay, VisitError, VisitId};
use testkit::{
    DAY_SECONDS, HOUR_SECONDS, Label, Wallet, operator, outcome_of, post_letter, post_request,
};

use crate::desk::{home, host};
use crate::either_way::{Case, Outcome, said};
use crate::exchange::{outbox, story, taken, told, used};
use crate::receipts::{arrive, leave, row};

/// What a case remembers of its story.
#[derive(Clone)]
struct Kept {
    wallet: Wallet,
    visit: VisitId,
}

/// Somebody is here, since three hours.
async fn here(kept: &RefCell<Option<Kept>>) -> Label {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    label.advance(3 * HOUR_SECONDS);
    *kept.borrow_mut() = Some(Kept { wallet, visit });
    label
}

/// Somebody was here, and the receipt waits.
async fn left(kept: &RefCell<Option<Kept>>) -> Label {
    let label = here(kept).await;
    let visit = kept.borrow().clone().unwrap().visit;
    leave(host(&label), visit).await;
    label
}

/// Sends the first that waits, once; whoever has nothing to send is done.
async fn send_one(label: &Label) -> Outcome {
    let app = host(label).app();
    let waiting = app.waiting().await.map_err(|it| it.to_string())?;
    let Some(first) = waiting.first() else {
        return Ok(());
    };
    let letter = app.make_letter(&first.op).await;
    let letter = letter.map_err(|it| it.to_string())?.unwrap();
    let answer = post_letter(&label.network, host(label), &letter).await;
    let answer = answer.map_err(|it| it.to_string())?;
    said(app.take_answer(&first.op, &letter.jti, &answer).await)
}

#[tokio::test]
async fn a_visit_ends_with_its_receipt_or_not_at_all() {
    let kept = RefCell::new(None);
    let case = Case {
        what: "leave",
        prepare: async || here(&kept).await,
        node: host,
        operate: async |it: &Label| {
            let visit = kept.borrow().clone().unwrap().visit;
            match host(it).app().leave(&operator(), visit).await {
                Err(VisitError::Ended) => Ok(()),
                result => said(result),
            }
        },
        is_done: async |it: &Label| {
            let visit = kept.borrow().clone().unwrap().visit;
            let is_over = matches!(row(host(it), visit).await.stay, Stay::Ended { .. });
            assert_eq!(outbox(host(it)).await.len(), usize::from(is_over));
            is_over
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_forgotten_visit_ends_with_its_receipt_or_not_at_all() {
    let kept = RefCell::new(None);
    let case = Case {
        what: "end what was forgotten",
        prepare: async || {
            let label = here(&kept).await;
            label.advance(5 * HOUR_SECONDS);
            label
        },
        node: host,
        operate: async |it: &Label| said(host(it).app().end_forgotten().await),
        is_done: async |it: &Label| outbox(host(it)).await.len() == 1,
    };
    case.check().await;
}

#[tokio::test]
async fn a_correction_is_whole_or_not_at_all() {
    let kept = RefCell::new(None);
    let case = Case {
        what: "correct",
        prepare: async || left(&kept).await,
        node: host,
        operate: async |it: &Label| {
            let visit = kept.borrow().clone().unwrap().visit;
            let app = host(it).app();
            match app
                .correct_visit(&operator(), visit, Correction::NotHere)
                .await
            {
                Err(VisitError::Ended) => Ok(()),
                result => said(result),
            }
        },
        is_done: async |it: &Label| {
            let visit = kept.borrow().clone().unwrap().visit;
            let is_done = row(host(it), visit).await.stay == Stay::NotHere;
            assert_eq!(outbox(host(it)).await.len(), 1 + usize::from(is_done));
            is_done
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_receipt_is_accepted_and_answered_for_or_neither() {
    let kept = RefCell::new(None);
    let case = Case {
        what: "answer",
        prepare: async || left(&kept).await,
        node: home,
        operate: async |it: &Label| send_one(it).await,
        is_done: async |it: &Label| {
            let wallet = kept.borrow().clone().unwrap().wallet;
            let count = taken(home(it)).await;
            let answered = crate::look::stored(home(it), app::keys::INBOX).await.len();
            assert_eq!(count, answered);
            assert_eq!(used(home(it), &wallet).await, 2 * count as u64);
            count == 1
        },
    };
    case.check().await;
}

#[tokio::test]
async fn an_answer_is_taken_whole_or_the_question_waits() {
    let kept = RefCell::new(None);
    let case = Case {
        what: "settle",
        prepare: async || left(&kept).await,
        node: host,
        operate: async |it: &Label| send_one(it).await,
        is_done: async |it: &Label| {
            let visit = kept.borrow().clone().unwrap().visit;
            let fate = crate::exchange::fate(host(it), visit).await.unwrap();
            let is_accepted = matches!(fate, app::Fate::Accepted { .. });
            assert_eq!(outbox(host(it)).await.len(), usize::from(!is_accepted));
            is_accepted
        },
    };
    case.check().await;
}

#[tokio::test]
async fn what_is_dead_is_asked_again_once_or_stays_dead() {
    let kept = RefCell::new(None);
    let case = Case {
        what: "send again",
        prepare: async || {
            let label = left(&kept).await;
            label.advance(90 * DAY_SECONDS + 1);
            label.hear().await;
            for node in label.nodes() {
                node.app().renew().await.unwrap();
            }
            label.settle().await;
            label
        },
        node: host,
        operate: async |it: &Label| {
            let app = host(it).app();
            let rows = app.outbox(&operator()).await.map_err(|it| it.to_string())?;
            match app.send_again(&operator(), rows[0].op).await {
                Err(OutboxError::Unknown) => Ok(()),
                result => said(result),
            }
        },
        is_done: async |it: &Label| {
            let rows = outbox(host(it)).await;
            assert_eq!(rows.len(), 1);
            rows[0].1.is_none()
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_changes_nothing() {
    let (label, wallet) = story().await;
    told(&label, &wallet).await;
    let (from, to) = (host(&label), home(&label));
    label.network.cut_way(to.entity(), from.entity());
    for _ in 0..3 {
        assert!(send_one(&label).await.is_err());
        from.restart().await;
        to.restart().await;
    }
    assert_eq!(used(to, &wallet).await, 2, "it was heard");
    assert_eq!(outbox(from).await, [("receipt", None)], "nobody was told");
    label.network.heal();
    assert_eq!(send_one(&label).await, Ok(()));
    assert_eq!(used(to, &wallet).await, 2);
    assert!(outbox(from).await.is_empty());
}

#[tokio::test]
async fn a_home_that_is_busy_answers_later_and_keeps_nothing_of_the_attempt() {
    let (label, wallet) = story().await;
    told(&label, &wallet).await;
    let app = host(&label).app();
    let op = app.waiting().await.unwrap()[0].op.clone();
    let letter = app.make_letter(&op).await.unwrap().unwrap();
    home(&label).store().fail_next_commit(store::Fault::Busy);
    let answer = post_request(home(&label), letter.request.clone()).await;
    assert_eq!(outcome_of(&answer), Err("busy".to_owned()));
    // The same attempt was not answered, so that it may come again.
    let answer = post_request(home(&label), letter.request).await;
    assert_eq!(outcome_of(&answer), Ok(()));
    assert_eq!(used(home(&label), &wallet).await, 2);
}
