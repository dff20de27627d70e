//! A clock that is wrong: nothing is signed by it, and people are told.

use app::{Fault, JoinError, LabelError, PublishError};
use rules::trust::CLOCK_LEEWAY_SECONDS;
use testkit::{Label, START, join, space_name, space_text};
use wire::Timestamp;

use crate::look::{assert_sound, home};

fn is_clock_behind<T>(result: &Result<T, Fault>) -> bool {
    matches!(result, Err(Fault::ClockBehind))
}

#[tokio::test]
async fn a_space_whose_clock_is_behind_signs_nothing() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let app = space.app();
    space.clock().set(Timestamp(0));
    let position = space.store().position();
    let published = app.publish_space(&space_text("Le Mug")).await;
    assert!(
        matches!(published, Err(PublishError::Fault(Fault::ClockBehind))),
        "{published:?}"
    );
    assert!(is_clock_behind(&app.renew().await));
    assert_eq!(space.store().position(), position, "nothing was written");
    assert!(home(space).await.is_clock_behind);

    space.clock().set(START.plus_seconds(1));
    assert!(!home(space).await.is_clock_behind);
    app.publish_space(&space_text("Le Mug")).await.unwrap();
    label.settle().await;
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_coordinator_whose_clock_is_behind_decides_nothing() {
    let mut label = Label::labelled(1).await;
    let waiting = label.invite(&space_name(1)).await;
    let (join_sent, _) = waiting.app().make_join().await.unwrap().unwrap();
    let join_sent = serde_json::to_vec(&join_sent).unwrap();
    let (app, space) = (label.coordinator.app(), label.space(0).entity());
    label
        .coordinator
        .clock()
        .set(START.plus_seconds(-CLOCK_LEEWAY_SECONDS - 1));
    let position = label.coordinator.store().position();
    for refused in [
        app.grant(space).await.err(),
        app.suspend(space, "because").await.err(),
        app.withdraw(space, "because").await.err(),
        app.invite(&space_name(2)).await.err(),
    ] {
        assert!(
            matches!(refused, Some(LabelError::Fault(Fault::ClockBehind))),
            "{refused:?}"
        );
    }
    let joined = app.answer_join(&join_sent).await;
    assert!(
        matches!(joined, Err(JoinError::Fault(Fault::ClockBehind))),
        "{joined:?}"
    );
    assert!(is_clock_behind(&app.renew().await));
    let charter = app.publish_charter(&testkit::charter_text(8)).await;
    assert!(
        matches!(charter, Err(PublishError::Fault(Fault::ClockBehind))),
        "{charter:?}"
    );
    assert_eq!(
        label.coordinator.store().position(),
        position,
        "nothing was written"
    );
    assert!(home(&label.coordinator).await.is_clock_behind);

    label.coordinator.clock().set(START);
    app.grant(space).await.unwrap();
    assert!(join(&label.network, &waiting).await.is_ok());
}

#[tokio::test]
async fn a_clock_may_be_five_minutes_off() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    for (seconds, is_behind) in [
        (-CLOCK_LEEWAY_SECONDS, false),
        (-CLOCK_LEEWAY_SECONDS - 1, true),
    ] {
        space.clock().set(START.plus_seconds(seconds));
        assert_eq!(home(space).await.is_clock_behind, is_behind, "{seconds}");
        let published = space
            .app()
            .publish_space(&space_text(&format!("{seconds}")))
            .await;
        assert_eq!(published.is_err(), is_behind, "{seconds}");
    }
}

#[tokio::test]
async fn a_space_whose_clock_is_behind_goes_on_listening() {
    let label = Label::labelled(2).await;
    let space = label.space(0);
    label.advance(testkit::DAY_SECONDS);
    label.coordinator.app().renew().await.unwrap();
    label
        .coordinator
        .app()
        .withdraw(label.space(1).entity(), "closed")
        .await
        .unwrap();
    space.clock().set(Timestamp(0));
    assert!(label.pull_all().await.is_empty());
    let seen = crate::look::standing(space, label.space(1).entity()).await;
    assert_eq!(crate::look::name(&seen), "withdrawn");
    assert!(home(space).await.is_clock_behind);
    space.restart().await;
    assert!(
        home(space).await.is_clock_behind,
        "a new start believes no clock either"
    );
    assert!(is_clock_behind(&space.app().renew().await));
}

#[tokio::test]
async fn without_random_numbers_nothing_is_signed() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let position = space.store().position();
    space.entropy().set_dry(true);
    let published = space.app().publish_space(&space_text("Le Mug")).await;
    assert!(
        matches!(published, Err(PublishError::Fault(Fault::Entropy(_)))),
        "{published:?}"
    );
    assert_eq!(space.store().position(), position);
    space.entropy().set_dry(false);
    space
        .app()
        .publish_space(&space_text("Le Mug"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_person_can_say_that_the_clock_is_right_after_all() {
    // The coordinator's clock was a year ahead, and everybody heard it.
    let label = Label::labelled(2).await;
    let (coordinator, space) = (&label.coordinator, label.space(0));
    coordinator.clock().advance(365 * testkit::DAY_SECONDS);
    coordinator.app().renew().await.unwrap();
    label.settle().await;
    coordinator.clock().set(START.plus_seconds(60));
    assert!(is_clock_behind(&coordinator.app().renew().await));
    assert!(
        is_clock_behind(&space.app().renew().await),
        "a whole network is silent"
    );

    coordinator.app().accept_clock().await.unwrap();
    label.settle().await;
    for node in label.nodes() {
        assert!(!home(node).await.is_clock_behind, "{}", node.entity());
        node.app().renew().await.unwrap();
    }
    coordinator.app().grant(space.entity()).await.unwrap();
    space
        .app()
        .publish_space(&space_text("Le Mug"))
        .await
        .unwrap();
    label.settle().await;
    assert_sound(&label.nodes()).await;
    // It is one process's word: the next start finds a clock that can be right.
    coordinator.restart().await;
    coordinator.app().grant(space.entity()).await.unwrap();
}
