//! A label's life: asked, granted, warned, suspended, lifted, withdrawn, ended, and again; and
//! the history that stays of it.

use app::{ApplyError, JoinState, LabelError, LabelState};
use rules::trust::Standing;
use testkit::{DAY_SECONDS, Label, START, TestNode, join, operator, send_all, space_name};
use wire::label::{Act, REASON_CHARS_MAX};

use crate::look::{assert_sound, name, standing, standings};

/// The acts about the first space, as this node knows them.
async fn acts(node: &TestNode) -> Vec<(Act, String)> {
    let history = node.app().label_history(&space_name(0)).await.unwrap();
    let numbers: Vec<u64> = history.iter().map(|it| it.number).collect();
    let expected: Vec<u64> = (1..).take(history.len()).collect();
    assert_eq!(numbers, expected, "each act has a number of its own");
    let act = |it: wire::label::Decision| (it.act, it.reason);
    history.into_iter().map(act).collect()
}

fn act(act: Act, reason: &str) -> (Act, String) {
    (act, reason.to_owned())
}

#[tokio::test]
async fn each_act_is_in_the_history_of_every_node_for_good() {
    let label = Label::joined(2).await;
    let (app, space) = (label.coordinator.app(), label.space(0));
    let it = space.entity();
    space.app().ask_for_label(" we are ready ").await.unwrap();
    assert!(send_all(&label.network, space).await.is_empty());
    app.grant(it).await.unwrap();
    let until = START.plus_seconds(DAY_SECONDS);
    app.warn(it, "no extinguisher", until).await.unwrap();
    app.lift(it, "there is one").await.unwrap();
    app.suspend(it, "a flood").await.unwrap();
    app.lift(it, "it is dry").await.unwrap();
    app.withdraw(it, "closed").await.unwrap();
    app.grant(it).await.unwrap();
    app.withdraw(it, "closed again").await.unwrap();
    app.end_membership(it, "gone").await.unwrap();
    label.pull_all().await;
    let expected = [
        act(Act::Admitted, ""),
        act(Act::Asked, "we are ready"),
        act(Act::Granted, ""),
        act(Act::Warned, "no extinguisher"),
        act(Act::Lifted, "there is one"),
        act(Act::Suspended, "a flood"),
        act(Act::Lifted, "it is dry"),
        act(Act::Withdrawn, "closed"),
        act(Act::Granted, ""),
        act(Act::Withdrawn, "closed again"),
        act(Act::Ended, "gone"),
    ];
    for node in label.nodes() {
        assert_eq!(acts(node).await, expected, "{}", node.entity());
    }
    let other = app.label_history(&space_name(1)).await.unwrap();
    assert_eq!(other.len(), 1, "of each space its own");
    assert_eq!(other[0].charter_version, 1);
    label.coordinator.restart().await;
    assert_eq!(acts(&label.coordinator).await, expected);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_space_asks_once_until_it_is_answered_and_not_what_it_has() {
    let label = Label::joined(1).await;
    let (space, app) = (label.space(0), label.coordinator.app());
    let asked = |note: &str| {
        let (space, note) = (space.app(), note.to_owned());
        async move { space.ask_for_label(&note).await }
    };
    let long = "x".repeat(REASON_CHARS_MAX + 1);
    assert!(matches!(asked(&long).await, Err(ApplyError::Note)));
    assert!(matches!(
        label.coordinator.app().ask_for_label("").await,
        Err(ApplyError::Coordinator)
    ));
    let stranger = Label::invited(1).await;
    let unheard = stranger.space(0).app().ask_for_label("").await;
    assert!(matches!(unheard, Err(ApplyError::NotAdmitted)));

    asked("please").await.unwrap();
    assert!(matches!(asked("again").await, Err(ApplyError::Waiting)));
    assert!(send_all(&label.network, space).await.is_empty());
    let rows = app.label_rows().await.unwrap();
    let application = rows[0].application.as_ref().unwrap();
    assert_eq!(
        (application.note.as_str(), application.since),
        ("please", START)
    );
    // Asked again it is the same question: nothing is added.
    asked("please!").await.unwrap();
    assert!(send_all(&label.network, space).await.is_empty());
    assert_eq!(acts(&label.coordinator).await.len(), 2);

    app.grant(space.entity()).await.unwrap();
    assert_eq!(app.label_rows().await.unwrap()[0].application, None);
    // It has not heard of that yet, and is told so.
    asked("once more").await.unwrap();
    send_all(&label.network, space).await;
    let outbox = space.app().outbox(&operator()).await.unwrap();
    let (_, code) = outbox[0].dead.clone().unwrap();
    assert_eq!(code, "already_labelled");
    label.settle().await;
    let labelled = asked("").await;
    assert!(matches!(labelled, Err(ApplyError::AlreadyLabelled)));
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_warning_changes_no_standing_and_ends_by_itself() {
    let label = Label::labelled(1).await;
    let (app, it) = (label.coordinator.app(), label.space(0).entity());
    let until = START.plus_seconds(DAY_SECONDS);
    app.warn(it, "no extinguisher", until).await.unwrap();
    label.settle().await;
    assert_eq!(standings(&label, it).await, ["labelled"; 2]);
    for node in label.nodes() {
        let register = node.app().register().await.unwrap();
        let warning = register.warning(it, until.plus_seconds(-1)).unwrap();
        assert_eq!(warning.reason, "no extinguisher");
        assert_eq!(register.warning(it, until), None);
    }
    let past = app.warn(it, "no extinguisher", START).await;
    assert!(matches!(past, Err(LabelError::Until)));
    app.lift(it, "there is one").await.unwrap();
    let again = app.lift(it, "there is one").await;
    assert!(matches!(again, Err(LabelError::NothingToLift(_))));
    app.withdraw(it, "closed").await.unwrap();
    let withdrawn = app.lift(it, "open").await;
    assert!(matches!(withdrawn, Err(LabelError::NothingToLift(_))));
}

#[tokio::test]
async fn a_suspension_that_is_lifted_leaves_the_label_as_it_was() {
    let label = Label::labelled(1).await;
    let (app, it) = (label.coordinator.app(), label.space(0).entity());
    let before = standing(&label.coordinator, it).await;
    app.suspend(it, "a flood").await.unwrap();
    label.settle().await;
    assert_eq!(standings(&label, it).await, ["suspended"; 2]);
    app.lift(it, "it is dry").await.unwrap();
    label.settle().await;
    assert_eq!(standing(label.space(0), it).await, before);
}

#[tokio::test]
async fn the_label_is_not_granted_to_whom_nobody_can_hear_unless_somebody_insists() {
    let label = Label::invited(2).await;
    let app = label.coordinator.app();
    for space in &label.spaces {
        join(&label.network, space).await.unwrap();
    }
    let (silent, it) = (label.space(0).entity(), label.space(1).entity());
    let stranger = app.grant(&space_name(3)).await;
    assert!(matches!(stranger, Err(LabelError::NotAdmitted(_))));
    let never = app.grant(silent).await;
    assert!(matches!(never, Err(LabelError::NeverHeard(_))));
    app.grant_anyway(silent).await.unwrap();
    label.settle().await;
    app.note_refusal(it, "feed_fork").await.unwrap();
    let refused = app.grant(it).await;
    let Err(LabelError::FeedRefused(_, code)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(code, "feed_fork");
    app.grant_anyway(it).await.unwrap();
    let marks = app.label_rows().await.unwrap();
    let is_labelled =
        |it: &app::LabelRow| matches!(it.state, LabelState::Member(Standing::Labelled { .. }));
    assert!(marks.iter().all(is_labelled));
}

#[tokio::test]
async fn an_invitation_that_was_taken_back_lets_nobody_in() {
    let mut label = Label::invited(1).await;
    let app = label.coordinator.app();
    let it = label.space(0).entity().clone();
    app.uninvite(&it).await.unwrap();
    assert!(app.label_rows().await.unwrap().is_empty());
    let state = join(&label.network, label.space(0)).await.unwrap();
    let JoinState::Refused { code, .. } = state else {
        panic!("{state:?}");
    };
    assert_eq!(code, "invitation_unknown");
    let twice = app.uninvite(&it).await;
    assert!(matches!(twice, Err(LabelError::NotInvited(_))));
    // One that was used is not taken back.
    let other = label.invite(&space_name(1)).await;
    join(&label.network, &other).await.unwrap();
    let used = app.uninvite(other.entity()).await;
    assert!(matches!(used, Err(LabelError::NotInvited(_))));
}

#[tokio::test]
async fn a_membership_ends_and_begins_again_under_the_same_name() {
    let label = Label::labelled(2).await;
    let (app, space) = (label.coordinator.app(), label.space(0));
    let (it, other) = (space.entity(), label.space(1));
    let labelled = app.end_membership(it, "gone").await;
    assert!(matches!(labelled, Err(LabelError::StillLabelled(_))));
    app.withdraw(it, "closed").await.unwrap();
    app.end_membership(it, "gone").await.unwrap();
    label.pull_all().await;
    for node in [&label.coordinator, other] {
        assert_eq!(name(&standing(node, it).await), "unknown");
        assert!(!node.app().followed().await.unwrap().contains(it));
        let home = node.app().home().await.unwrap();
        assert!(home.partners.iter().all(|it| it.entity != *space.entity()));
    }
    assert_sound(&label.nodes()).await;
    let twice = app.end_membership(it, "gone").await;
    assert!(matches!(twice, Err(LabelError::NotAdmitted(_))));
    // It asks nothing of anybody any more.
    let refused = label.space(0).app().ask_for_label("").await;
    assert!(matches!(refused, Err(ApplyError::NotAdmitted)));

    let invitation = app.invite(it).await.unwrap();
    space.app().join_by(&invitation).await.unwrap();
    let state = join(&label.network, space).await.unwrap();
    assert!(matches!(state, JoinState::Accepted { .. }), "{state:?}");
    label.settle().await;
    assert_eq!(standings(&label, it).await, ["admitted"; 3]);
    app.grant(it).await.unwrap();
    label.settle().await;
    assert_eq!(standings(&label, it).await, ["labelled"; 3]);
    let acts: Vec<Act> = acts(other).await.into_iter().map(|(act, _)| act).collect();
    let again = [Act::Withdrawn, Act::Ended, Act::Admitted, Act::Granted];
    assert!(acts.ends_with(&again), "{acts:?}");
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn what_was_missed_in_three_weeks_is_signed_at_the_first_look_and_once() {
    let label = Label::labelled(2).await;
    let (app, it) = (label.coordinator.app(), label.space(0).entity());
    let dates = async || {
        let register = label.coordinator.app().register().await.unwrap();
        let held = register.member(it).unwrap().clone();
        (held.statement.unwrap().iat, held.mark.unwrap().iat)
    };
    assert_eq!(dates().await, (START, START));
    // Statements weekly, marks monthly.
    let day = |days: i64| START.plus_seconds(days * DAY_SECONDS);
    let mut seen = Vec::new();
    for _ in 0..35 {
        label.advance(DAY_SECONDS);
        app.renew().await.unwrap();
        assert_eq!(app.renew().await.unwrap(), 0, "once");
        let now = dates().await;
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    assert_eq!(
        seen,
        [
            (START, START),
            (day(7), START),
            (day(14), START),
            (day(21), START),
            (day(28), START),
            (day(28), day(30)),
            (day(35), day(30)),
        ]
    );
    // Three weeks and a few days down.
    label.advance(26 * DAY_SECONDS);
    label.coordinator.restart().await;
    label.coordinator.app().renew().await.unwrap();
    assert_eq!(dates().await, (day(61), day(61)));
    assert_eq!(label.coordinator.app().renew().await.unwrap(), 0, "once");
    label.settle().await;
    assert_eq!(standings(&label, it).await, ["labelled"; 3]);
    let acts: Vec<Act> = acts(&label.coordinator)
        .await
        .into_iter()
        .map(|(it, _)| it)
        .collect();
    assert_eq!(
        acts,
        [Act::Admitted, Act::Granted, Act::Renewed, Act::Renewed]
    );
}

#[tokio::test]
async fn a_mark_that_ran_out_is_said_to_have_expired_before_it_is_renewed() {
    let label = Label::labelled(1).await;
    label.advance(91 * DAY_SECONDS);
    label.coordinator.app().renew().await.unwrap();
    let history = label.coordinator.app().label_history(&space_name(0)).await;
    let history = history.unwrap();
    let [.., expired, renewed] = history.as_slice() else {
        panic!("{history:?}");
    };
    assert_eq!(expired.act, Act::Expired);
    assert_eq!(expired.at, START.plus_seconds(90 * DAY_SECONDS));
    assert_eq!(renewed.act, Act::Renewed);
}
