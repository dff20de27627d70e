//! Operations that happen at once: one comes first, and the other decides again.

use std::time::Duration;

use app::{Fault, JoinError, LabelError, PublishError, Published};
use store::Fault as StoreFault;
use testkit::{Label, Plan, START, TestNode, charter_text, coordinator_name, space_name};
use testkit::{join, pull, space_text};
use wire::Cents;
use wire::request::{Answer, AnswerResult};

use crate::look::{assert_sound, bytes, claims, count, entries, home, page, standings};

/// The next commit takes a second of a clock that does not run, so that whatever
/// starts meanwhile has read what was there before.
fn slow(node: &TestNode) {
    let second = Duration::from_secs(1);
    node.store().fail_next_commit(StoreFault::Slow(second));
}

async fn join_bytes(space: &TestNode) -> Vec<u8> {
    let (join, _) = space.app().make_join().await.unwrap().unwrap();
    serde_json::to_vec(&join).unwrap()
}

fn result(answer: Result<String, JoinError>) -> (AnswerResult, Option<String>) {
    let answer: Answer = serde_json::from_value(claims(&answer.unwrap())).unwrap();
    (answer.result, answer.code)
}

#[tokio::test(start_paused = true)]
async fn two_invitations_redeemed_at_once_are_both_admitted() {
    let label = Label::invited(2).await;
    let (one, two) = (
        join_bytes(label.space(0)).await,
        join_bytes(label.space(1)).await,
    );
    let app = label.coordinator.app();
    slow(&label.coordinator);
    let (one, two) = tokio::join!(app.answer_join(&one), app.answer_join(&two));
    assert_eq!(result(one), (AnswerResult::Accepted, None));
    assert_eq!(result(two), (AnswerResult::Accepted, None));
    let own = label.coordinator.entity();
    let mut last: Vec<_> = entries(&label.coordinator, own).await.split_off(3);
    last.retain(|(kind, ..)| kind != "label-decision");
    let statement = |it| {
        (
            "subordinate-statement".to_owned(),
            space_name(it).to_string(),
            1,
        )
    };
    assert_eq!(last, [statement(0), statement(1)]);
    assert_sound(&label.nodes()).await;
}

#[tokio::test(start_paused = true)]
async fn one_invitation_redeemed_twice_at_once_admits_once() {
    for is_same_key in [true, false] {
        let label = Label::of_nobody().await;
        let (app, name) = (label.coordinator.app(), space_name(0));
        let invitation = app.invite(&name).await.unwrap();
        let plan = Plan::space(&name, &coordinator_name());
        let other = if is_same_key {
            plan.clone()
        } else {
            plan.clone().with_keys("thief")
        };
        let mut asked = Vec::new();
        for plan in [plan, other] {
            let papers = Plan::space_papers(invitation.clone());
            let space = TestNode::found(plan, papers, START).await.unwrap();
            asked.push(join_bytes(&space).await);
        }
        slow(&label.coordinator);
        let (one, two) = tokio::join!(app.answer_join(&asked[0]), app.answer_join(&asked[1]));
        assert_eq!(result(one), (AnswerResult::Accepted, None));
        let used = (AnswerResult::Refused, Some("invitation_used".to_owned()));
        let expected = if is_same_key {
            (AnswerResult::Accepted, None)
        } else {
            used
        };
        assert_eq!(result(two), expected);
        let own = label.coordinator.entity();
        let statements = count(
            &label.coordinator,
            own,
            "subordinate-statement",
            name.as_str(),
        );
        assert_eq!(statements.await, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn of_grant_and_withdrawal_at_once_the_later_holds_whole() {
    for is_grant_first in [true, false] {
        let label = Label::labelled(1).await;
        let (app, space) = (label.coordinator.app(), label.space(0).entity());
        slow(&label.coordinator);
        let (first, second) = if is_grant_first {
            tokio::join!(app.grant(space), app.withdraw(space, "closed"))
        } else {
            let (withdrawn, granted) =
                tokio::join!(app.withdraw(space, "closed"), app.grant(space));
            (withdrawn, granted)
        };
        first.unwrap();
        second.unwrap();
        let expected = if is_grant_first {
            "withdrawn"
        } else {
            "labelled"
        };
        label.settle().await;
        assert_eq!(standings(&label, space).await, [expected; 2]);
        let register = label.space(0).app().register().await.unwrap();
        let member = register.member(space).unwrap();
        assert_eq!(
            member.mark.is_some(),
            !is_grant_first,
            "nothing is left of the other"
        );
        assert_eq!(member.withdrawal.is_some(), is_grant_first);
        assert_sound(&label.nodes()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_prices_published_at_once_follow_each_other() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let mut cheap = space_text("Le Mug");
    let mut dear = cheap.clone();
    space.app().publish_space(&cheap).await.unwrap();
    cheap.formulas.get_mut("day").unwrap().price_cents = Cents(1_000);
    dear.formulas.get_mut("day").unwrap().price_cents = Cents(2_000);
    let app = space.app();
    slow(space);
    let (one, two) = tokio::join!(app.publish_space(&cheap), app.publish_space(&dear));
    let seq = |published: Result<Published, PublishError>| published.unwrap().seq;
    assert_eq!((seq(one), seq(two)), (6, 7));
    let day = |rev| ("formula".to_owned(), "day".to_owned(), rev);
    assert_eq!(
        entries(space, space.entity()).await.split_off(5),
        [day(2), day(3)]
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test(start_paused = true)]
async fn two_charters_published_at_once_are_two_versions() {
    let label = Label::labelled(1).await;
    let app = label.coordinator.app();
    let (five, six) = (charter_text(5), charter_text(6));
    slow(&label.coordinator);
    let (one, two) = tokio::join!(app.publish_charter(&five), app.publish_charter(&six));
    one.unwrap();
    two.unwrap();
    let charter = home(&label.coordinator).await.label.charter.unwrap();
    assert_eq!(
        (charter.version, charter.roaming.half_days_per_month),
        (3, 6)
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_taken_twice_at_once_is_kept_once() {
    let label = Label::labelled(2).await;
    let (author, reader) = (label.space(0), label.space(1));
    author
        .app()
        .publish_space(&space_text("Le Mug"))
        .await
        .unwrap();
    let sent = bytes(&page(author, author.entity(), 1).await);
    let app = reader.app();
    slow(reader);
    let taken = tokio::join!(
        app.take_page(author.entity(), &sent),
        app.take_page(author.entity(), &sent)
    );
    assert!(taken.0.is_ok() && taken.1.unwrap_err().code() == "feed_gap");
    assert_eq!(
        pull(&label.network, reader, author.entity()).await.unwrap(),
        0
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_decisions_on_many_threads_make_one_feed() {
    let label = Label::labelled(4).await;
    let mut tasks = tokio::task::JoinSet::new();
    for turn in 0..24 {
        let app = label.coordinator.app();
        let space = label.space(turn % 4).entity().clone();
        tasks.spawn(async move {
            match turn % 3 {
                0 => app.suspend(&space, "for a while").await,
                1 => app.withdraw(&space, "closed").await,
                _ => app.grant(&space).await,
            }
        });
    }
    while let Some(decided) = tasks.join_next().await {
        decided.unwrap().unwrap();
    }
    label.settle().await;
    for space in &label.spaces {
        let seen = standings(&label, space.entity()).await;
        assert!(seen.iter().all(|it| *it == seen[0]), "{seen:?}");
        let register = label.coordinator.app().register().await.unwrap();
        let member = register.member(space.entity()).unwrap();
        assert_eq!(seen[0] == "labelled", member.withdrawal.is_none());
        assert!(seen[0] != "withdrawn" || member.mark.is_none());
    }
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_node_tries_again_thirty_two_times() {
    for (conflicts, is_done) in [(1, true), (32, true), (33, false)] {
        let label = Label::labelled(1).await;
        let (coordinator, space) = (&label.coordinator, label.space(0).entity());
        let before = coordinator.store().position();
        for _ in 0..conflicts {
            coordinator.store().fail_next_commit(StoreFault::Conflict);
        }
        match coordinator.app().withdraw(space, "closed").await {
            Ok(()) => assert!(is_done, "{conflicts}"),
            Err(LabelError::Fault(Fault::Busy)) => assert!(!is_done, "{conflicts}"),
            Err(error) => panic!("{conflicts}: {error}"),
        }
        assert_eq!(
            coordinator.store().position().0 - before.0,
            u64::from(is_done)
        );
        let expected = if is_done { "withdrawn" } else { "labelled" };
        assert_eq!(standings(&label, space).await[0], expected);
        assert_sound(&label.nodes()).await;
    }
}

#[tokio::test]
async fn a_busy_store_is_no_reason_to_stop() {
    let label = Label::invited(1).await;
    let (coordinator, space) = (&label.coordinator, label.space(0));
    pull(&label.network, space, coordinator.entity())
        .await
        .unwrap();
    // The coordinator is busy, then the space that takes its answer.
    coordinator.store().fail_next_commit(StoreFault::Busy);
    let bytes = join_bytes(space).await;
    let busy = coordinator.app().answer_join(&bytes).await;
    assert!(
        matches!(busy, Err(JoinError::Fault(Fault::Busy))),
        "{busy:?}"
    );
    let (asked, jti) = space.app().make_join().await.unwrap().unwrap();
    let asked = serde_json::to_vec(&asked).unwrap();
    let answer = coordinator.app().answer_join(&asked).await.unwrap();
    space.store().fail_next_commit(StoreFault::Busy);
    let busy = space.app().take_join_answer(&jti, &answer).await;
    assert!(
        matches!(busy, Err(JoinError::Fault(Fault::Busy))),
        "{busy:?}"
    );
    space.store().fail_next_commit(StoreFault::Busy);
    let busy = space.app().publish_space(&space_text("Le Mug")).await;
    assert!(
        matches!(busy, Err(PublishError::Fault(Fault::Busy))),
        "{busy:?}"
    );
    assert!(join(&label.network, space).await.is_ok());
    assert_sound(&label.nodes()).await;
}
