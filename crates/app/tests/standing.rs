//! What the label says of a space, judged when it is read.

use app::LabelError;
use rules::trust::Standing;
use testkit::{DAY_SECONDS, Label, START};
use wire::feed::{Body, Head, Page, PageRecord, Record};
use wire::label::{REASON_CHARS_MAX, Withdrawal, WithdrawalState};
use wire::{BodyKind as _, EntityId, Sha256Hash};

use crate::look::{assert_sound, bytes, count, home, name, page, standing, standings};

#[tokio::test]
async fn suspended_withdrawn_and_granted_again_is_seen_by_every_node_after_one_pull() {
    let label = Label::labelled(3).await;
    let app = label.coordinator.app();
    let space = label.space(0).entity();
    let steps = [
        "suspended",
        "labelled",
        "withdrawn",
        "labelled",
        "suspended",
        "withdrawn",
    ];
    for (day, step) in (1..).zip(steps) {
        label.advance(DAY_SECONDS);
        let before = standings(&label, space).await;
        let decided = match step {
            "suspended" => app.suspend(space, "the lift is out of order").await,
            "withdrawn" => app.withdraw(space, "closed").await,
            _ => app.grant(space).await,
        };
        decided.unwrap();
        let mut expected = before.clone();
        expected[0] = step;
        assert_eq!(
            standings(&label, space).await,
            expected,
            "the others have not asked yet"
        );
        assert!(label.pull_all().await.is_empty());
        assert_eq!(standings(&label, space).await, [step; 4], "day {day}");
    }
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_withdrawal_says_since_when_and_why() {
    let label = Label::labelled(1).await;
    let space = label.space(0).entity();
    label.advance(60);
    label
        .coordinator
        .app()
        .withdraw(space, "  closed for good ")
        .await
        .unwrap();
    label.settle().await;
    label.advance(400 * DAY_SECONDS);
    let (since, reason) = (START.plus_seconds(60), "closed for good".to_owned());
    let expected = Standing::Withdrawn { since, reason };
    assert_eq!(
        standing(label.space(0), space).await,
        expected,
        "even a year later"
    );
    assert_eq!(home(label.space(0)).await.us.unwrap().standing, expected);
}

#[tokio::test]
async fn a_withdrawn_space_goes_on_belonging() {
    let label = Label::labelled(2).await;
    let (gone, other) = (label.space(0), label.space(1));
    label
        .coordinator
        .app()
        .withdraw(gone.entity(), "closed")
        .await
        .unwrap();
    label.settle().await;
    let text = testkit::space_text("Still here");
    gone.app().publish_space(&text).await.unwrap();
    assert!(
        label.pull_all().await.is_empty(),
        "its feed is still followed"
    );
    let seen = crate::look::partner(other, gone.entity()).await;
    assert_eq!(name(&seen.standing), "withdrawn");
    assert_eq!(seen.profile.unwrap().name, "Still here");
    assert!(
        label
            .coordinator
            .app()
            .subordinates(&app::ListFilter::default())
            .await
            .unwrap()
            .contains(gone.entity())
    );
    let marks = count(
        &label.coordinator,
        label.coordinator.entity(),
        "trust-mark",
        gone.entity().as_str(),
    );
    assert_eq!(marks.await, 2, "the mark, and that there is none any more");
}

#[tokio::test]
async fn a_suspension_outlives_a_new_start() {
    let label = Label::labelled(1).await;
    let space = label.space(0).entity();
    label
        .coordinator
        .app()
        .suspend(space, "for a while")
        .await
        .unwrap();
    label.settle().await;
    for node in label.nodes() {
        node.restart().await;
    }
    assert_eq!(standings(&label, space).await, ["suspended"; 2]);
}

#[tokio::test]
async fn a_reason_is_given_in_public_words() {
    let label = Label::labelled(1).await;
    let (app, space) = (label.coordinator.app(), label.space(0).entity());
    let position = label.coordinator.store().position();
    let long = "é".repeat(REASON_CHARS_MAX + 1);
    for reason in ["", " \n ", &long] {
        assert!(matches!(
            app.suspend(space, reason).await,
            Err(LabelError::Reason)
        ));
        assert!(matches!(
            app.withdraw(space, reason).await,
            Err(LabelError::Reason)
        ));
    }
    assert_eq!(
        label.coordinator.store().position(),
        position,
        "nothing was written"
    );
    app.suspend(space, &"é".repeat(REASON_CHARS_MAX))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_node_that_has_heard_nothing_knows_nobody() {
    let label = Label::invited(1).await;
    let space = label.space(0);
    let seen = home(space).await;
    assert_eq!(seen.us.unwrap().standing, Standing::Unknown);
    assert!(!seen.label.is_relied_on && seen.partners.is_empty() && seen.label.charter.is_none());
    let register = space.app().register().await;
    assert!(
        matches!(register, Err(app::Fault::NothingHeard)),
        "{register:?}"
    );
    assert_eq!(
        space.app().followed().await.unwrap(),
        [label.coordinator.entity().clone()]
    );
}

/// A page of the coordinator's feed with one more record, signed by its own key.
pub(crate) async fn one_more(label: &Label, kind: &str, id: &EntityId, text: String) -> Page {
    let node = &label.coordinator;
    let before = crate::look::feed(node, node.entity()).await;
    let hash_of = |record: &str| Sha256Hash::of(&[record.as_bytes()]);
    let (seq, salt) = (before.len() as u64 + 1, [7; 16]);
    let body = Body { salt, text };
    let record = Record {
        iss: node.entity().clone(),
        epoch: 1,
        seq,
        prev: before.last().map(|last| hash_of(&last.record)),
        iat: START,
        kind: kind.to_owned(),
        id: id.to_string(),
        rev: 9,
        body_sha256: Some(body.digest()),
        removed: None,
    };
    let record = seal::sign(record, &node.plan().ops()).unwrap();
    let head = Head {
        iss: node.entity().clone(),
        epoch: 1,
        seq,
        hash: hash_of(record.as_str()),
        iat: START,
        exp: START.plus_seconds(60),
    };
    let head = seal::sign(head, &node.plan().ops()).unwrap();
    let records = vec![PageRecord::new(record.as_str(), Some(&body))];
    Page {
        head: head.as_str().to_owned(),
        records,
    }
}

#[tokio::test]
async fn papers_about_somebody_else_say_nothing() {
    let label = Label::labelled(2).await;
    let (one, other) = (label.space(0).entity(), label.space(1).entity());
    let withdrawal = Withdrawal {
        sub: other.clone(),
        state: WithdrawalState::Withdrawn,
        reason: "closed".to_owned(),
        since: START,
    };
    let held = page(&label.coordinator, label.coordinator.entity(), 0)
        .await
        .records;
    let body_of = |kind: &str| {
        let about_other = held.iter().find(|it| {
            let it = crate::look::claims(&it.record);
            it["kind"] == kind && it["id"] == other.as_str()
        });
        about_other.unwrap().body.clone().unwrap()
    };
    for (kind, text, expected) in [
        ("withdrawal", withdrawal.write().unwrap(), "labelled"),
        ("withdrawal", "{}".to_owned(), "labelled"),
        (
            "subordinate-statement",
            body_of("subordinate-statement"),
            "unknown",
        ),
        ("trust-mark", body_of("trust-mark"), "admitted"),
        ("trust-mark", body_of("subordinate-statement"), "admitted"),
        ("a-later-kind", "{}".to_owned(), "labelled"),
    ] {
        let reader = Label::labelled(2).await.space(0).clone();
        let sent = bytes(&one_more(&label, kind, one, text).await);
        reader
            .app()
            .take_page(label.coordinator.entity(), &sent)
            .await
            .unwrap();
        assert_eq!(name(&standing(&reader, one).await), expected, "{kind}");
        assert_eq!(name(&standing(&reader, other).await), "labelled", "{kind}");
        assert_sound(&[&reader]).await;
    }
}
