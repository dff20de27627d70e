//! Joining: invited, admitted, granted, labelled, and seen so by everybody.

use app::{JoinState, LabelError, LabelState};
use rules::freshness::Freshness;
use rules::trust::{MARK_SECONDS, STATEMENT_SECONDS, Standing};
use testkit::{Label, START, join, pull, space_name};

use crate::look::{assert_sound, count, home, name, partner, standing, standings};

#[tokio::test]
async fn an_invited_space_joins_and_is_labelled_on_all_nodes() {
    let label = Label::invited(3).await;
    let first = label.space(0).entity().clone();
    let rows = label.coordinator.app().label_rows().await.unwrap();
    let is_invited = |state: &LabelState| matches!(state, LabelState::Invited { .. });
    assert!(
        rows.len() == 3 && rows.iter().all(|row| is_invited(&row.state)),
        "{rows:?}"
    );

    for space in &label.spaces {
        assert_eq!(space.app().join_state().await.unwrap(), JoinState::Asking);
        let state = join(&label.network, space).await.unwrap();
        assert_eq!(state, JoinState::Accepted { at: START });
    }
    label.settle().await;
    assert_eq!(standings(&label, &first).await, ["admitted"; 4]);

    label.coordinator.app().grant(&first).await.unwrap();
    // The coordinator itself knows at once; the others by one pull.
    assert_eq!(
        name(&standing(&label.coordinator, &first).await),
        "labelled"
    );
    assert_eq!(name(&standing(label.space(1), &first).await), "admitted");
    assert!(label.pull_all().await.is_empty());
    assert_eq!(standings(&label, &first).await, ["labelled"; 4]);

    let rows = label.coordinator.app().label_rows().await.unwrap();
    let states: Vec<_> = rows.iter().map(|row| &row.state).collect();
    let until = START.plus_seconds(STATEMENT_SECONDS.min(MARK_SECONDS));
    let labelled = LabelState::Member(Standing::Labelled { until });
    let admitted = LabelState::Member(Standing::Admitted);
    assert_eq!(
        states,
        [&admitted, &labelled, &admitted],
        "by name: aix, le-mug, troquet"
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_home_shows_the_label_us_and_the_partners_by_name() {
    let mut label = Label::labelled(3).await;
    for (number, shown) in [(0, "Le Mug"), (1, "Cabestan"), (2, "le Troqu-Et")] {
        let text = testkit::space_text(shown);
        label
            .space(number)
            .app()
            .publish_space(&text)
            .await
            .unwrap();
    }
    let unnamed = label.invite(&space_name(3)).await;
    join(&label.network, &unnamed).await.unwrap();
    label.settle().await;

    let mug = home(label.space(0)).await;
    let us = mug.us.unwrap();
    assert_eq!(us.entity, space_name(0));
    assert_eq!(us.profile.unwrap().name, "Le Mug");
    assert!(mug.label.is_relied_on && !mug.is_clock_behind);
    assert_eq!(mug.label.freshness, Freshness::Fresh { as_of: START });
    assert_eq!(mug.label.charter.unwrap().version, 1);
    let partners: Vec<_> = mug.partners.iter().map(|it| it.entity.clone()).collect();
    assert_eq!(partners, [1, 2, 3].map(space_name), "named ones first");

    let coordinator = home(&label.coordinator).await;
    assert!(coordinator.us.is_none());
    assert_eq!(coordinator.partners.len(), 4);
    let cabestan = partner(&label.coordinator, &space_name(1)).await;
    assert_eq!(cabestan.formulas.len(), 2);
    assert!(cabestan.open.is_some());
}

#[tokio::test]
async fn the_same_join_again_gets_the_same_answer_and_one_statement() {
    let label = Label::invited(1).await;
    let (space, coordinator) = (label.space(0), &label.coordinator);
    pull(&label.network, space, coordinator.entity())
        .await
        .unwrap();
    // The question arrives, and the answer is lost.
    label.network.cut_way(coordinator.entity(), space.entity());
    let (asked, jti) = space.app().make_join().await.unwrap().unwrap();
    let first = coordinator
        .app()
        .answer_join(&serde_json::to_vec(&asked).unwrap())
        .await
        .unwrap();
    assert!(
        join(&label.network, space).await.is_err(),
        "the answer is lost"
    );
    label.network.heal();

    for _ in 0..2 {
        let state = join(&label.network, space).await.unwrap();
        assert_eq!(state, JoinState::Accepted { at: START });
    }
    // The very same bytes again, and the first answer, which came late.
    let again = coordinator
        .app()
        .answer_join(&serde_json::to_vec(&asked).unwrap())
        .await
        .unwrap();
    assert_eq!(again, first);
    let late = space.app().take_join_answer(&jti, &first).await.unwrap();
    assert_eq!(late, JoinState::Accepted { at: START });
    let own = coordinator.entity();
    let statements = count(
        coordinator,
        own,
        "subordinate-statement",
        space.entity().as_str(),
    );
    assert_eq!(statements.await, 1);
    assert!(
        space.app().make_join().await.unwrap().is_none(),
        "nothing to ask any more"
    );
}

#[tokio::test]
async fn a_join_waits_until_the_coordinator_answers() {
    let label = Label::invited(1).await;
    let space = label.space(0);
    label.network.cut(label.coordinator.entity());
    assert!(join(&label.network, space).await.is_err());
    assert_eq!(space.app().join_state().await.unwrap(), JoinState::Asking);
    space.restart().await;
    assert_eq!(space.app().join_state().await.unwrap(), JoinState::Asking);
    label.network.heal();
    label.advance(29 * testkit::DAY_SECONDS);
    let state = join(&label.network, space).await.unwrap();
    assert!(matches!(state, JoinState::Accepted { .. }), "{state:?}");
    space.restart().await;
    assert_eq!(space.app().join_state().await.unwrap(), state);
}

#[tokio::test]
async fn a_coordinator_has_nothing_to_join() {
    let label = Label::of_nobody().await;
    let app = label.coordinator.app();
    assert_eq!(app.join_state().await.unwrap(), JoinState::Nothing);
    assert!(app.make_join().await.unwrap().is_none());
}

#[tokio::test]
async fn only_a_coordinator_decides_on_the_label() {
    let label = Label::labelled(2).await;
    let (app, other) = (label.space(0).app(), label.space(1).entity());
    let refusals = [
        app.invite(&space_name(3)).await.err(),
        app.grant(other).await.err(),
        app.suspend(other, "because").await.err(),
        app.withdraw(other, "because").await.err(),
        app.label_rows().await.err(),
    ];
    for refusal in refusals {
        assert!(
            matches!(refusal, Some(LabelError::NotTheCoordinator)),
            "{refusal:?}"
        );
    }
    assert!(app.statement_about(other).await.is_err());
    assert!(app.subordinates(&app::ListFilter::default()).await.is_err());
}

#[tokio::test]
async fn who_does_not_belong_is_not_granted_and_who_belongs_is_not_invited() {
    let label = Label::joined(1).await;
    let app = label.coordinator.app();
    let stranger = space_name(3);
    for refusal in [
        app.grant(&stranger).await,
        app.suspend(&stranger, "because").await,
        app.withdraw(&stranger, "because").await,
    ] {
        assert!(
            matches!(refusal, Err(LabelError::NotAdmitted(_))),
            "{refusal:?}"
        );
    }
    // An invitation alone does not make one belong.
    app.invite(&stranger).await.unwrap();
    assert!(matches!(
        app.grant(&stranger).await,
        Err(LabelError::NotAdmitted(_))
    ));
    let again = app.invite(label.space(0).entity()).await;
    assert!(
        matches!(again, Err(LabelError::AlreadyAdmitted(_))),
        "{again:?}"
    );
    let itself = app.invite(label.coordinator.entity()).await;
    assert!(matches!(itself, Err(LabelError::Itself(_))), "{itself:?}");
}
