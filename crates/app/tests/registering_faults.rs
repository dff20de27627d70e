//! Every operation about seats, with each of its commits lost or kept.

use std::cell::RefCell;

use app::keys::{OUTBOX, REGISTRATIONS, SEATS};
use testkit::{Label, TestNode, post_letter};

use crate::desk::{home, host};
use crate::either_way::{Case, Outcome, said};
use crate::look::stored;
use crate::registering::{
    change, give_back, member, published, seats, send, stands, take_back, wish,
};

/// An event with one seat, and its id and `uid`.
async fn told(kept: &RefCell<(String, String)>) -> Label {
    let label = Label::labelled(3).await;
    *kept.borrow_mut() = published(&label, 1).await;
    member(home(&label), "Camille").await;
    label.settle().await;
    label
}

/// Camille has asked, and the letter waits.
async fn asked(kept: &RefCell<(String, String)>) -> Label {
    let label = told(kept).await;
    let uid = kept.borrow().1.clone();
    wish(home(&label), "Camille", &uid, None).await.unwrap();
    label
}

/// Camille has the seat, and Denis of the third space waits.
async fn seated(kept: &RefCell<(String, String)>) -> Label {
    let label = asked(kept).await;
    let uid = kept.borrow().1.clone();
    send(&label, home(&label)).await;
    wish(label.space(2), "Denis", &uid, None).await.unwrap();
    send(&label, label.space(2)).await;
    label
}

/// Sends the first that waits, once; whoever has nothing to send is done.
async fn send_one(label: &Label, from: &TestNode) -> Outcome {
    let app = from.app();
    let waiting = app.waiting().await.map_err(|it| it.to_string())?;
    let Some(first) = waiting.first() else {
        return Ok(());
    };
    let letter = app.make_letter(&first.op).await;
    let letter = letter.map_err(|it| it.to_string())?.unwrap();
    let answer = post_letter(&label.network, from, &letter).await;
    let answer = answer.map_err(|it| it.to_string())?;
    said(app.take_answer(&first.op, &letter.jti, &answer).await)
}

#[tokio::test]
async fn a_registration_is_asked_with_its_letter_or_not_at_all() {
    let kept = RefCell::default();
    let case = Case {
        what: "register",
        prepare: async || told(&kept).await,
        node: home,
        operate: async |it: &Label| {
            let (app, by) = (home(it).app(), testkit::operator());
            let members = app.members(&by).await.map_err(|it| it.to_string())?;
            let wish = app::Wish {
                uid: kept.borrow().1.clone(),
                due: None,
                name: None,
            };
            said(app.register_member(&by, &members[0].id, &wish).await)
        },
        is_done: async |it: &Label| {
            let there = stored(home(it), REGISTRATIONS).await.len();
            assert_eq!(stored(home(it), OUTBOX).await.len(), there);
            there == 1
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_seat_is_counted_with_its_answer_or_not_at_all() {
    let kept = RefCell::default();
    let case = Case {
        what: "answer",
        prepare: async || asked(&kept).await,
        node: host,
        operate: async |it: &Label| send_one(it, home(it)).await,
        is_done: async |it: &Label| {
            let there = stored(host(it), SEATS).await.len();
            assert_eq!(stored(host(it), app::keys::INBOX).await.len(), there);
            there == 1
        },
    };
    case.check().await;
}

#[tokio::test]
async fn an_answer_is_taken_whole_or_not_at_all() {
    let kept = RefCell::default();
    let case = Case {
        what: "settle",
        prepare: async || asked(&kept).await,
        node: home,
        operate: async |it: &Label| send_one(it, home(it)).await,
        is_done: async |it: &Label| stored(home(it), OUTBOX).await.is_empty(),
    };
    case.check().await;
}

#[tokio::test]
async fn a_seat_goes_on_with_its_notice_or_not_at_all() {
    let kept = RefCell::default();
    let case = Case {
        what: "go on",
        prepare: async || {
            let label = seated(&kept).await;
            give_back(home(&label), "Camille").await.unwrap();
            label
        },
        node: host,
        operate: async |it: &Label| send_one(it, home(it)).await,
        is_done: async |it: &Label| {
            let id = kept.borrow().0.clone();
            let is_on = seats(it, &id).await == ["Camille given back", "Denis taken"];
            let notices = stored(host(it), OUTBOX).await.len();
            assert_eq!(notices, usize::from(is_on));
            is_on
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_seat_is_taken_back_and_goes_on_or_neither() {
    let kept = RefCell::default();
    let case = Case {
        what: "take back",
        prepare: async || seated(&kept).await,
        node: host,
        operate: async |it: &Label| {
            let id = kept.borrow().0.clone();
            let app = host(it).app();
            let list = app.seats(&testkit::operator(), &id).await;
            let list = list.map_err(|it| it.to_string())?;
            let row = list.iter().find(|it| it.name == "Camille").unwrap();
            said(
                app.cancel_seat(&testkit::operator(), &row.home, row.id)
                    .await,
            )
        },
        is_done: async |it: &Label| {
            let notices = stored(host(it), OUTBOX).await.len();
            assert!(notices == 0 || notices == 2, "{notices}");
            notices == 2
        },
    };
    case.check().await;
}

#[tokio::test]
async fn more_seats_are_published_and_go_on_or_neither() {
    let kept = RefCell::default();
    let case = Case {
        what: "more seats",
        prepare: async || seated(&kept).await,
        node: host,
        operate: async |it: &Label| {
            let id = kept.borrow().0.clone();
            let app = host(it).app();
            let text = app.event_text(&testkit::operator(), &id).await;
            let mut text = text.map_err(|it| it.to_string())?;
            text.capacity = Some(2);
            said(
                app.publish_event(&testkit::operator(), Some(&id), &text)
                    .await,
            )
        },
        is_done: async |it: &Label| {
            let id = kept.borrow().0.clone();
            let is_on = seats(it, &id).await == ["Camille taken", "Denis taken"];
            assert_eq!(stored(host(it), OUTBOX).await.len(), usize::from(is_on));
            is_on
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_notice_is_taken_with_its_answer_or_not_at_all() {
    let kept = RefCell::default();
    let case = Case {
        what: "notice",
        prepare: async || {
            let label = seated(&kept).await;
            let id = kept.borrow().0.clone();
            take_back(&label, &id, "Camille").await;
            label
        },
        node: home,
        operate: async |it: &Label| {
            // Both notices, whichever comes first: the other home's is no fault.
            for _ in 0..2 {
                send_one(it, host(it)).await?;
            }
            Ok(())
        },
        is_done: async |it: &Label| stands(home(it), "Camille").await == ["taken back"],
    };
    case.check().await;
}

#[tokio::test]
async fn an_event_is_published_once_whatever_fails() {
    let kept = RefCell::default();
    let case = Case {
        what: "publish",
        prepare: async || told(&kept).await,
        node: host,
        operate: async |it: &Label| {
            let id = kept.borrow().0.clone();
            let app = host(it).app();
            let text = app.event_text(&testkit::operator(), &id).await;
            let mut text = text.map_err(|it| it.to_string())?;
            text.title = "Autre".to_owned();
            said(
                app.publish_event(&testkit::operator(), Some(&id), &text)
                    .await,
            )
        },
        is_done: async |it: &Label| {
            let id = kept.borrow().0.clone();
            let text = host(it).app().event_text(&testkit::operator(), &id).await;
            text.unwrap().title == "Autre"
        },
    };
    case.check().await;
    let label = told(&kept).await;
    let id = kept.borrow().0.clone();
    assert!(
        change(&label, &id, |_| {})
            .await
            .is_ok_and(|it| !it.has_changed)
    );
}
