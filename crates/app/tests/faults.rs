//! Faults in pairs: each commit inside each operation is lost, or kept, and nobody
//! knows which. After a new start the state is wholly before or wholly after, the
//! store is sound, and doing it again ends well.

use std::sync::Arc;

use app::{App, FoundError};
use store::{Fault, MemoryStore, Store as _};
use testkit::{DAY_SECONDS, HOUR_SECONDS, Label, ManualClock, Plan, START, SeededEntropy};
use testkit::{TestNode, charter_text, coordinator_name, join, pull, space_name, space_text};

use crate::either_way::{Case, said};
use crate::look::{count, home, standing, standings};

fn coordinator(label: &Label) -> &TestNode {
    &label.coordinator
}

fn first(label: &Label) -> &TestNode {
    label.space(0)
}

#[tokio::test]
async fn an_invitation_is_there_or_it_is_not() {
    let case = Case {
        what: "invite",
        prepare: async || Label::labelled(1).await,
        node: coordinator,
        operate: async |it: &Label| said(it.coordinator.app().invite(&space_name(3)).await),
        is_done: async |it: &Label| {
            let rows = it.coordinator.app().label_rows().await.unwrap();
            rows.iter().any(|row| row.entity == space_name(3))
        },
    };
    case.check().await;
}

async fn is_admitted_once(label: &Label) -> bool {
    let (own, space) = (label.coordinator.entity(), label.space(0).entity());
    let statements = count(
        &label.coordinator,
        own,
        "subordinate-statement",
        space.as_str(),
    );
    let statements = statements.await;
    assert!(statements <= 1, "admitted twice");
    statements == 1
}

#[tokio::test]
async fn a_join_is_admitted_once_wherever_the_coordinator_fails() {
    let case = Case {
        what: "answer a join",
        prepare: async || Label::invited(1).await,
        node: coordinator,
        operate: async |it: &Label| said(join(&it.network, it.space(0)).await),
        is_done: async |it: &Label| is_admitted_once(it).await,
    };
    case.check().await;
}

#[tokio::test]
async fn a_join_is_admitted_once_wherever_the_space_fails() {
    let case = Case {
        what: "take the answer of a join",
        prepare: async || Label::invited(1).await,
        node: first,
        operate: async |it: &Label| said(join(&it.network, it.space(0)).await),
        is_done: async |it: &Label| {
            let state = it.space(0).app().join_state().await.unwrap();
            let is_accepted = matches!(state, app::JoinState::Accepted { .. });
            is_accepted && is_admitted_once(it).await
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_decision_on_a_label_is_whole() {
    let is = async |it: &Label, expected: &str| {
        let space = it.space(0).entity();
        crate::look::name(&standing(&it.coordinator, space).await) == expected
    };
    let grant = Case {
        what: "grant",
        prepare: async || Label::joined(1).await,
        node: coordinator,
        operate: async |it: &Label| said(it.coordinator.app().grant(it.space(0).entity()).await),
        is_done: async |it: &Label| is(it, "labelled").await,
    };
    grant.check().await;
    let withdraw = Case {
        what: "withdraw",
        prepare: async || Label::labelled(1).await,
        node: coordinator,
        operate: async |it: &Label| {
            said(
                it.coordinator
                    .app()
                    .withdraw(it.space(0).entity(), "closed")
                    .await,
            )
        },
        is_done: async |it: &Label| is(it, "withdrawn").await,
    };
    withdraw.check().await;
    let again = Case {
        what: "grant again",
        prepare: async || {
            let label = Label::labelled(1).await;
            withdraw_first(&label).await;
            label
        },
        node: coordinator,
        operate: async |it: &Label| said(it.coordinator.app().grant(it.space(0).entity()).await),
        is_done: async |it: &Label| is(it, "labelled").await,
    };
    again.check().await;
}

async fn withdraw_first(label: &Label) {
    let space = label.space(0).entity();
    label
        .coordinator
        .app()
        .withdraw(space, "closed")
        .await
        .unwrap();
    label.settle().await;
    assert_eq!(standings(label, space).await, ["withdrawn"; 2]);
}

#[tokio::test]
async fn what_is_published_is_published_once() {
    let space = Case {
        what: "publish a space",
        prepare: async || Label::labelled(1).await,
        node: first,
        operate: async |it: &Label| {
            said(it.space(0).app().publish_space(&space_text("Le Mug")).await)
        },
        is_done: async |it: &Label| {
            let us = home(it.space(0)).await.us.unwrap();
            let is_whole = us.profile.is_some() && us.hours.is_some() && us.formulas.len() == 2;
            assert!(is_whole == us.profile.is_some(), "half of it: {us:?}");
            assert!(us.feed.seq == if is_whole { 5 } else { 1 });
            is_whole
        },
    };
    space.check().await;
    let charter = Case {
        what: "publish a charter",
        prepare: async || Label::labelled(1).await,
        node: coordinator,
        operate: async |it: &Label| {
            said(it.coordinator.app().publish_charter(&charter_text(8)).await)
        },
        is_done: async |it: &Label| home(&it.coordinator).await.label.charter.unwrap().version == 2,
    };
    charter.check().await;
}

#[tokio::test]
async fn a_pull_goes_on_where_it_was_cut() {
    let case = Case {
        what: "take two pages",
        prepare: async || {
            let label = Label::labelled(2).await;
            let space = label.space(1).entity();
            for _ in 0..35 {
                label
                    .coordinator
                    .app()
                    .suspend(space, "for a while")
                    .await
                    .unwrap();
                label.coordinator.app().grant(space).await.unwrap();
            }
            label
        },
        node: first,
        operate: async |it: &Label| {
            said(pull(&it.network, it.space(0), it.coordinator.entity()).await)
        },
        is_done: async |it: &Label| {
            let held = home(it.space(0)).await.label.feed.seq;
            held == home(&it.coordinator).await.label.feed.seq
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_refusal_that_is_noted_is_noted() {
    let case = Case {
        what: "note a refusal",
        prepare: async || Label::labelled(1).await,
        node: first,
        operate: async |it: &Label| {
            let page = it
                .space(0)
                .app()
                .take_page(it.coordinator.entity(), b"<html>")
                .await;
            match page {
                Err(app::PullError::Page(_)) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        },
        is_done: async |it: &Label| {
            home(it.space(0)).await.label.feed.refusal.as_deref() == Some("feed_page")
        },
    };
    case.check().await;
}

#[tokio::test]
async fn what_is_due_is_signed_again_once() {
    async fn after(seconds: i64) -> Label {
        let label = Label::labelled(2).await;
        label.advance(seconds);
        label
    }
    async fn papers(label: &Label, node: &TestNode) -> usize {
        let entries = crate::look::entries(node, node.entity()).await.len();
        assert!(entries <= 18, "signed twice: {label:?}");
        entries
    }
    let coordinator = Case {
        what: "renew the label's papers",
        prepare: async || after(40 * DAY_SECONDS).await,
        node: coordinator,
        operate: async |it: &Label| said(it.coordinator.app().renew().await),
        is_done: async |it: &Label| papers(it, &it.coordinator).await == 18,
    };
    coordinator.check().await;
    let space = Case {
        what: "renew a space's configuration and its list of statuses",
        prepare: async || after(8 * DAY_SECONDS).await,
        node: first,
        operate: async |it: &Label| said(it.space(0).app().renew().await),
        is_done: async |it: &Label| {
            let (space, own) = (it.space(0), it.space(0).entity());
            papers(it, space).await;
            let lists = crate::look::count(space, own, "status-list", "1").await;
            crate::look::count(space, own, "entity-configuration", "self").await + lists == 3
        },
    };
    space.check().await;
    let head = Case {
        what: "renew a head",
        prepare: async || {
            let label = after(0).await;
            label.space(0).app().renew().await.unwrap();
            label.settle().await;
            label.advance(HOUR_SECONDS);
            label
        },
        node: first,
        operate: async |it: &Label| said(it.space(0).app().renew().await),
        is_done: async |it: &Label| {
            let pulled_at = home(it.space(0)).await.us.unwrap().feed.pulled_at;
            pulled_at == Some(START.plus_seconds(HOUR_SECONDS))
        },
    };
    head.check().await;
}

#[tokio::test]
async fn a_founding_is_whole_or_there_is_none() {
    let plan = Plan::coordinator(&coordinator_name());
    let over = |store: &MemoryStore| {
        App::unfounded(
            Arc::new(store.clone()),
            plan.identity(),
            Arc::new(ManualClock::at(START)),
            Arc::new(SeededEntropy::new("faults")),
        )
    };
    let open = async |store: &MemoryStore| {
        let clock = Arc::new(ManualClock::at(START));
        let entropy = Arc::new(SeededEntropy::new("faults"));
        App::open(Arc::new(store.clone()), plan.identity(), clock, entropy).await
    };
    for fault in [Fault::ErrorLost, Fault::ErrorKept, Fault::Full] {
        let store = MemoryStore::new();
        store.fail_next_commit(fault);
        let founded = over(&store).found(plan.coordinator_papers(START)).await;
        assert!(
            matches!(founded, Err(FoundError::Fault(app::Fault::Unknown(_)))),
            "{founded:?}"
        );
        let store = store.restart();
        let is_kept = fault == Fault::ErrorKept;
        match open(&store).await {
            Ok(_) => assert!(is_kept, "{fault:?}"),
            Err(FoundError::NotFounded) => {
                assert!(!is_kept, "{fault:?}");
                let written = store.fingerprints().await.unwrap();
                assert!(written.iter().all(|(_, it)| it.count == 0));
            }
            Err(error) => panic!("{fault:?}: {error}"),
        }
        let again = over(&store).found(plan.coordinator_papers(START)).await;
        assert_eq!(again.is_ok(), !is_kept, "{fault:?}: {again:?}");
        let app = open(&store).await.unwrap();
        let report = app.check(app::Depth::Deep).await.unwrap();
        assert!(
            report.problems.is_empty() && report.records == 3,
            "{report:?}"
        );
    }
}
