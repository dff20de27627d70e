//! What runs out while nobody signs anew, to the second.

use rules::freshness::{Freshness, HEAD_SECONDS, REGISTER_SECONDS_MAX};
use rules::trust::{ANCHOR_SECONDS, MARK_SECONDS, STATEMENT_SECONDS, Standing};
use testkit::{DAY_SECONDS, Label, START};

use crate::look::{home, standing, standings};

#[tokio::test]
async fn a_label_outlives_its_coordinator_by_forty_five_days() {
    let label = Label::labelled(2).await;
    label.network.cut(label.coordinator.entity());
    let space = label.space(0).entity();
    let until = START.plus_seconds(STATEMENT_SECONDS);
    label.advance(44 * DAY_SECONDS);
    assert_eq!(
        standing(label.space(1), space).await,
        Standing::Labelled { until }
    );
    label.advance(DAY_SECONDS - 1);
    assert_eq!(
        standing(label.space(1), space).await,
        Standing::Labelled { until }
    );
    label.advance(1);
    assert_eq!(
        standing(label.space(1), space).await,
        Standing::Expired { since: until }
    );
    label.space(1).restart().await;
    assert_eq!(
        standing(label.space(1), space).await,
        Standing::Expired { since: until }
    );
}

#[tokio::test]
async fn a_mark_that_is_not_renewed_runs_out_under_a_good_statement() {
    let label = Label::labelled(1).await;
    let space = label.space(0).entity();
    // Suspended, its mark is not renewed; then granted on paper only, by nobody.
    label
        .coordinator
        .app()
        .suspend(space, "for a while")
        .await
        .unwrap();
    for _ in 0..13 {
        label.advance(7 * DAY_SECONDS);
        label.coordinator.app().renew().await.unwrap();
    }
    label.settle().await;
    let register = label.space(0).app().register().await.unwrap();
    let member = register.member(space).unwrap();
    let mark = member.mark.as_ref().unwrap();
    assert_eq!(
        mark.exp,
        START.plus_seconds(MARK_SECONDS),
        "of the first day"
    );
    assert!(member.statement.as_ref().unwrap().iat > START);
    // Granted again, there is a new mark.
    label.coordinator.app().grant(space).await.unwrap();
    label.settle().await;
    assert_eq!(standings(&label, space).await, ["labelled"; 2]);
}

#[tokio::test]
async fn no_word_of_the_coordinator_outlives_the_root_keys() {
    let label = Label::labelled(1).await;
    let space = label.space(0).entity();
    let until = START.plus_seconds(ANCHOR_SECONDS);
    while label.coordinator.app().now() < until.plus_seconds(-7 * DAY_SECONDS) {
        label.advance(7 * DAY_SECONDS);
        for node in label.nodes() {
            node.app().renew().await.unwrap();
        }
    }
    label.settle().await;
    for node in label.nodes() {
        node.clock().set(until.plus_seconds(-1));
        assert_eq!(node.app().register().await.unwrap().anchor_until(), until);
    }
    assert_eq!(
        standing(label.space(0), space).await,
        Standing::Labelled { until }
    );
    label.advance(1);
    assert_eq!(
        standing(label.space(0), space).await,
        Standing::Expired { since: until }
    );
}

#[tokio::test]
async fn a_register_is_relied_on_for_thirty_days_after_the_last_word() {
    let label = Label::labelled(1).await;
    label.network.cut(label.coordinator.entity());
    let space = label.space(0);
    label.advance(REGISTER_SECONDS_MAX - 1);
    assert!(home(space).await.label.is_relied_on);
    label.advance(1);
    assert!(!home(space).await.label.is_relied_on);
    // Heard again, and signed anew by then.
    label.network.heal();
    label.coordinator.app().renew().await.unwrap();
    label.settle().await;
    assert!(home(space).await.label.is_relied_on);
}

#[tokio::test]
async fn an_old_copy_heard_today_does_not_make_a_register_young() {
    let label = Label::labelled(2).await;
    let (reader, relay) = (label.space(0), label.space(1));
    label.advance(REGISTER_SECONDS_MAX);
    let coordinator = label.coordinator.entity();
    let pulled = testkit::pull_from(&label.network, reader, coordinator, relay.entity()).await;
    assert_eq!(pulled.unwrap(), 0);
    let seen = home(reader).await;
    assert!(!seen.label.is_relied_on);
    assert_eq!(
        seen.label.feed.pulled_at,
        Some(reader.app().now()),
        "it was asked"
    );
}

#[tokio::test]
async fn a_feed_is_fresh_for_a_day() {
    let label = Label::labelled(2).await;
    let (reader, author) = (label.space(0), label.space(1));
    label.network.cut(author.entity());
    label.advance(HEAD_SECONDS - 1);
    let seen = crate::look::partner(reader, author.entity()).await;
    assert_eq!(seen.freshness, Freshness::Fresh { as_of: START });
    label.advance(1);
    let seen = crate::look::partner(reader, author.entity()).await;
    let since = START.plus_seconds(HEAD_SECONDS);
    assert_eq!(
        seen.freshness,
        Freshness::StaleSince {
            as_of: START,
            since
        }
    );
}

#[tokio::test]
async fn belonging_runs_out_as_the_label_does() {
    let label = Label::joined(1).await;
    let space = label.space(0).entity();
    let since = START.plus_seconds(STATEMENT_SECONDS);
    label.advance(STATEMENT_SECONDS - 1);
    assert_eq!(standing(label.space(0), space).await, Standing::Admitted);
    label.advance(1);
    assert_eq!(
        standing(label.space(0), space).await,
        Standing::Expired { since }
    );
}
