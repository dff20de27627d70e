//! Signing again what would run out, whenever the node looks.

use rules::freshness::HEAD_RENEWED_AFTER_SECONDS;
use rules::trust::Standing;
use testkit::{DAY_SECONDS, Label, START, TestNode};
use wire::EntityId;

use crate::look::{assert_sound, claims, count, page, standing, standings};

async fn head_signed_at(node: &TestNode) -> i64 {
    let page = page(node, node.entity(), 0).await;
    claims(&page.head)["iat"].as_i64().unwrap() - START.0
}

/// How many configurations, statements and marks stand in the coordinator's feed
/// about a space.
async fn papers(label: &Label, space: &EntityId) -> [usize; 3] {
    let own = label.coordinator.entity();
    let of = |kind, id| count(&label.coordinator, own, kind, id);
    [
        of("entity-configuration", "self").await,
        of("subordinate-statement", space.as_str()).await,
        of("trust-mark", space.as_str()).await,
    ]
}

#[tokio::test]
async fn a_head_is_signed_again_hourly_and_not_more_often() {
    let label = Label::labelled(1).await;
    for node in label.nodes() {
        // A space's first look publishes its list of statuses.
        node.app().renew().await.unwrap();
        let mut expected = 0;
        for (at, is_signed) in [
            (1, false),
            (3_599, false),
            (3_600, true),
            (3_601, false),
            (7_199, false),
            (7_200, true),
        ] {
            node.clock().set(START.plus_seconds(at));
            let position = node.store().position();
            assert_eq!(node.app().renew().await.unwrap(), 0, "no record");
            expected = if is_signed { at } else { expected };
            assert_eq!(head_signed_at(node).await, expected, "at {at}");
            assert_eq!(node.store().position() > position, is_signed, "at {at}");
        }
    }
    assert_eq!(HEAD_RENEWED_AFTER_SECONDS, 3_600);
}

#[tokio::test]
async fn statements_are_signed_weekly_and_marks_monthly() {
    let label = Label::labelled(1).await;
    let space = label.space(0).entity();
    let app = label.coordinator.app();
    assert_eq!(papers(&label, space).await, [1, 1, 1]);
    for (day, expected) in [
        (6, [1, 1, 1]),
        (7, [2, 2, 1]),
        (13, [2, 2, 1]),
        (14, [3, 3, 1]),
        (29, [4, 4, 1]),
        (30, [4, 4, 2]),
        (36, [5, 5, 2]),
    ] {
        label
            .coordinator
            .clock()
            .set(START.plus_seconds(day * DAY_SECONDS));
        app.renew().await.unwrap();
        assert_eq!(papers(&label, space).await, expected, "day {day}");
        let position = label.coordinator.store().position();
        assert_eq!(app.renew().await.unwrap(), 0, "once is enough");
        assert_eq!(label.coordinator.store().position(), position);
    }
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn renewals_are_due_at_the_exact_second() {
    for (seconds, expected) in [
        (7 * DAY_SECONDS - 1, [1, 1, 1]),
        (7 * DAY_SECONDS, [2, 2, 1]),
        (30 * DAY_SECONDS - 1, [2, 2, 1]),
        (30 * DAY_SECONDS, [2, 2, 2]),
    ] {
        let label = Label::labelled(1).await;
        label.advance(seconds);
        label.coordinator.app().renew().await.unwrap();
        assert_eq!(
            papers(&label, label.space(0).entity()).await,
            expected,
            "{seconds}"
        );
    }
}

#[tokio::test]
async fn a_space_renews_its_own_configuration_weekly() {
    let label = Label::labelled(2).await;
    let space = label.space(0);
    let own = space.entity();
    let renewed = space.app().renew().await.unwrap();
    assert_eq!(renewed, 2, "a list of statuses, and the mark that it shows");
    assert_eq!(count(space, own, "entity-configuration", "self").await, 2);
    label.advance(7 * DAY_SECONDS - 1);
    space.app().renew().await.unwrap();
    assert_eq!(count(space, own, "entity-configuration", "self").await, 2);
    label.advance(1);
    space.app().renew().await.unwrap();
    assert_eq!(count(space, own, "entity-configuration", "self").await, 3);
    label.settle().await;
    space
        .app()
        .publish_space(&testkit::space_text("Le Mug"))
        .await
        .unwrap();
    label.settle().await;
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_coordinator_that_slept_for_forty_days_catches_up_at_its_first_look() {
    for days in [40, 60, 120] {
        let label = Label::labelled(3).await;
        label.advance(days * DAY_SECONDS);
        label.coordinator.restart().await;
        let records = label.coordinator.app().renew().await.unwrap();
        let acts = if days > 90 { 6 } else { 3 };
        assert_eq!(
            records,
            7 + acts,
            "its configuration, three statements, three marks, and that they were renewed"
        );
        assert_eq!(label.coordinator.app().renew().await.unwrap(), 0);
        label.settle().await;
        for space in &label.spaces {
            let until = label.coordinator.app().now().plus_seconds(45 * DAY_SECONDS);
            let seen = standing(label.space(0), space.entity()).await;
            assert_eq!(seen, Standing::Labelled { until }, "after {days} days");
        }
        assert_sound(&label.nodes()).await;
    }
}

#[tokio::test]
async fn no_mark_is_signed_for_a_space_that_was_suspended_or_withdrawn() {
    let label = Label::labelled(3).await;
    let app = label.coordinator.app();
    let [good, suspended, withdrawn] = [0, 1, 2].map(|it| label.space(it).entity());
    app.suspend(suspended, "for a while").await.unwrap();
    app.withdraw(withdrawn, "closed").await.unwrap();
    label.advance(30 * DAY_SECONDS);
    app.renew().await.unwrap();
    assert_eq!(papers(&label, good).await, [2, 2, 2]);
    assert_eq!(
        papers(&label, suspended).await,
        [2, 2, 1],
        "the mark of the first day"
    );
    assert_eq!(
        papers(&label, withdrawn).await,
        [2, 2, 2],
        "the mark, and its removal"
    );
    label.settle().await;
    assert_eq!(standings(&label, suspended).await, ["suspended"; 4]);
    assert_eq!(standings(&label, withdrawn).await, ["withdrawn"; 4]);
}

#[tokio::test]
async fn a_space_that_has_not_joined_renews_for_itself() {
    let label = Label::invited(1).await;
    label.advance(8 * DAY_SECONDS);
    let (space, own) = (label.space(0), label.space(0).entity());
    assert_eq!(space.app().renew().await.unwrap(), 2);
    assert_eq!(count(space, own, "entity-configuration", "self").await, 2);
    assert_eq!(count(space, own, "status-list", "1").await, 1);
    assert_sound(&label.nodes()).await;
}
