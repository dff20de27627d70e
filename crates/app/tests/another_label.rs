//! What the coordinator of another label of a space cannot do to it, and what a space may
//! do with its labels in any order.

use app::{ApplyError, KeyState, Overlap, Purpose};
use rules::passport::{Block, Verdict};
use seal::{KeySet, SecretKey};
use testkit::{DAY_SECONDS, Label, Plan, TestNode, Wallet, join, join_label, send_all};
use wire::Sha256Hash;
use wire::request::Request;
use wire::revocation::KeyRevocation;

use crate::desk::says;
use crate::look::{claims, partner};
use crate::several_labels::{ALLOWED, Two, accepted, entity, impostor, joined_with};
use crate::turning::state;

/// The last Entity Configuration is signed by this key.
async fn is_configured_by(node: &TestNode, key: &SecretKey) {
    let text = node.app().configuration().await.unwrap();
    let own = KeySet::only(key.public().clone());
    let opened = rules::trust::open_configuration(&text, &own, node.entity());
    assert!(opened.is_ok(), "{opened:?}");
}

/// The second label names the keys of a space alone with which it was founded, and the space
/// hears of it.
async fn is_turned_back(two: &Two, space: &TestNode) {
    let app = two.rhone.coordinator.app();
    let invitation = app.invite_anew(space.entity()).await.unwrap();
    joined_with(&two.rhone, invitation, space.entity().as_str()).await;
    two.try_pull_all().await;
}

/// A coordinator is asked, by these keys, to say that a key of a space ended with a record,
/// and says so.
async fn says_that_it_ended(
    coordinator: &TestNode,
    of: &TestNode,
    (fed, ops): (&SecretKey, &SecretKey),
    (key, record): (&SecretKey, &[u8]),
) {
    let said = serde_json::json!({
        "iss": of.entity(), "sub": of.entity(), "iat": of.app().now(),
        "kid": key.public().thumbprint().to_string(), "reason": "compromised",
        "last": {"epoch": 1, "seq": 1, "hash": Sha256Hash::of(&[record]).to_string()},
    });
    let said = testkit::forge::<KeyRevocation>(&said, fed);
    let body = serde_json::json!({ "revocation": said });
    let request = testkit::request_of(of, coordinator, "hostile", "key-revocation", body);
    let request = serde_json::to_value(&request).unwrap();
    let request = testkit::forge::<Request>(&request, ops);
    let answer = testkit::post_request(coordinator, request).await;
    testkit::outcome_of(&answer).unwrap();
}

#[tokio::test]
async fn a_label_that_was_left_is_joined_again() {
    let two = Two::joined().await;
    let (both, rhone) = (two.both(), two.rhone.coordinator.entity());
    both.app().leave_label(rhone).await.unwrap();
    let app = two.rhone.coordinator.app();
    app.withdraw(both.entity(), "left").await.unwrap();
    app.end_membership(both.entity(), "left").await.unwrap();
    let invitation = app.invite(both.entity()).await.unwrap();
    let plain = both.app().join_by(&invitation).await;
    let with_epoch = app.invite_with_feed(both.entity(), 1).await.unwrap();
    let with_epoch = both.app().join_by(&with_epoch).await;
    assert!(
        plain.is_ok() || with_epoch.is_ok(),
        "{plain:?} {with_epoch:?}"
    );
}

#[tokio::test]
async fn a_later_label_does_not_turn_a_key_back() {
    let two = Two::joined().await;
    let both = two.both();
    both.follow_fed("second").await.unwrap();
    for _ in 0..3 {
        two.go_round().await;
    }
    let (old, new) = (both.plan().fed(), both.plan().next_fed("second"));
    is_configured_by(both, &new).await;
    let register = two.aix().app().registers().await.unwrap();
    let register = register.deciding(both.entity()).unwrap();
    assert!(
        register
            .revoked(both.entity())
            .names(old.public().thumbprint())
    );
    is_turned_back(&two, both).await;
    both.app().renew().await.unwrap();
    is_configured_by(both, &new).await;
}

#[tokio::test]
async fn a_stolen_ops_key_is_replaced_all_the_same() {
    let two = Two::joined().await;
    let both = two.both();
    both.follow_fed("second").await.unwrap();
    for _ in 0..3 {
        two.go_round().await;
    }
    is_turned_back(&two, both).await;
    let _ = both.rotate_ops("third", Overlap::NoneItWasStolen).await;
    let next = both.plan().next_ops("third");
    assert_eq!(
        state(both, Purpose::Ops, &next).await,
        Some(KeyState::Signs)
    );
}

#[tokio::test]
async fn who_gave_way_is_not_let_in_meanwhile() {
    let mut two = Two::joined().await;
    let grenoble = entity("grenoble");
    let false_one = impostor(&two, &grenoble).await;
    let of_false = Wallet::enrol(&false_one, "Mallory", None).await;
    two.settle().await;
    // The second label takes its own word back; the first admits and labels the true one.
    let rhone = two.rhone.coordinator.app();
    rhone.withdraw(&grenoble, "false").await.unwrap();
    two.try_pull_all().await;
    says(
        two.both(),
        &of_false,
        Verdict::Blocked(Block::HomeWithdrawn),
    )
    .await;
    let true_one = two.alps.invite(&grenoble).await;
    accepted(&join(&two.alps.network, &true_one).await.unwrap());
    two.alps
        .coordinator
        .app()
        .grant_anyway(&grenoble)
        .await
        .unwrap();
    let alps = two.alps.coordinator.entity();
    testkit::pull(&two.alps.network, two.both(), alps)
        .await
        .unwrap();
    let code = of_false.show(
        two.both().entity(),
        two.both().app().now(),
        "in the window between",
    );
    let judged = crate::desk::judge(two.both(), &code).await;
    assert!(
        !matches!(judged.verdict, Verdict::Allowed { .. }),
        "{:?}",
        judged.verdict
    );
}

#[tokio::test]
async fn a_key_that_turns_while_a_label_is_joined() {
    let two = Two::apart().await;
    let both = two.both();
    let rhone = two.rhone.coordinator.entity();
    let invitation = two
        .rhone
        .coordinator
        .app()
        .invite(both.entity())
        .await
        .unwrap();
    both.app().join_by(&invitation).await.unwrap();
    // The first label accepts the next key; its feed is not heard yet.
    both.follow_fed("second").await.unwrap();
    assert!(send_all(&two.alps.network, both).await.is_empty());
    accepted(&join_label(&two.rhone.network, both, rhone).await.unwrap());
    for _ in 0..4 {
        two.go_round().await;
    }
    let new = both.plan().next_fed("second");
    is_configured_by(both, &new).await;
}

#[tokio::test]
async fn what_a_label_says_of_a_good_key_is_not_passed_on() {
    let two = Two::joined().await;
    let (both, valence) = (two.both(), two.valence());
    let camille = Wallet::enrol(both, "Camille", None).await;
    two.settle().await;
    says(valence, &camille, ALLOWED).await;
    // As a hostile first coordinator would publish it: the key that signs ended at the start.
    let (alps, plan) = (&two.alps.coordinator, both.plan());
    let (fed, ops) = (plan.fed(), plan.ops());
    says_that_it_ended(alps, both, (&fed, &ops), (&ops, b"nothing")).await;
    testkit::pull(&two.alps.network, both, alps.entity())
        .await
        .unwrap();
    let _ = send_all(&two.alps.network, both).await;
    testkit::pull(&two.rhone.network, valence, two.rhone.coordinator.entity())
        .await
        .unwrap();
    valence.app().renew().await.unwrap();
    says(valence, &camille, ALLOWED).await;
}

#[tokio::test]
async fn a_label_that_was_founded_anew_is_joined() {
    let two = Two::joined().await;
    let (both, rhone) = (two.both(), two.rhone.coordinator.entity().clone());
    both.app().leave_label(&rhone).await.unwrap();
    let mut plan = Plan::coordinator(&rhone).with_keys("anew");
    let root = Plan::coordinator(&entity("another-root")).root_key();
    plan.root = root.public().clone();
    let now = both.app().now();
    let anchor = app::App::make_anchor(&rhone, &[plan.fed().public().clone()], &root, now).unwrap();
    let papers = app::FoundingPapers::Coordinator {
        anchor: Box::new(anchor),
        charter: Box::new(testkit::charter(&rhone)),
    };
    let anew = TestNode::found(plan, papers, now).await.unwrap();
    two.rhone.network.connect(&anew);
    let invitation = anew.app().invite(both.entity()).await.unwrap();
    both.app().join_by(&invitation).await.unwrap();
    // What is asked for first goes on from what was held under the old root key. That is
    // dropped as soon as it is looked at, and the feed is asked for from its start.
    let first = testkit::pull(&two.rhone.network, both, &rhone).await;
    assert!(first.is_ok_and(|records| records > 0));
    let joined = join_label(&two.rhone.network, both, &rhone).await;
    assert!(
        joined.is_ok(),
        "{:?}",
        joined.err().map(|it| format!("{it:?}"))
    );
}

#[tokio::test]
async fn nobody_takes_a_key_by_naming_it() {
    let two = Two::apart().await;
    let (both, app) = (two.both(), two.rhone.coordinator.app());
    // A hostile space of the second label names the key of a space that is not in it yet.
    let mallory = entity("mallory");
    let invitation = app.invite(&mallory).await.unwrap();
    let secret = invitation.secret.clone();
    let plan = Plan::space(&mallory, two.rhone.coordinator.entity());
    let node = TestNode::found(plan, Plan::space_papers(invitation), app.now())
        .await
        .unwrap();
    let victim = seal::Jwk::from(both.plan().fed().public());
    let body = serde_json::json!({
        "secret": secret,
        "entity_configuration": node.app().configuration().await.unwrap(),
        "former_fed_keys": [victim],
    });
    let request = testkit::request_of(&node, &two.rhone.coordinator, "join-x", "join", body);
    let request = serde_json::to_value(&request).unwrap();
    let join = wire::request::Join {
        fed_key: seal::Jwk::from(node.plan().fed().public()),
        request: testkit::forge::<Request>(&request, &node.plan().fed()),
    };
    let answer = app
        .answer_join(&serde_json::to_vec(&join).unwrap())
        .await
        .unwrap();
    assert_eq!(claims(&answer)["result"], "accepted");
    two.rhone.network.connect(&node);
    two.joins(both).await;
}

#[tokio::test]
async fn who_was_left_is_not_answered() {
    let two = Two::joined().await;
    let (both, valence) = (two.both(), two.valence());
    let ask = |op: &str| {
        let body = serde_json::json!({});
        let request = testkit::request_of(valence, both, op, "receipt", body);
        testkit::forge_request(&request, valence)
    };
    let first = testkit::outcome_of(&testkit::post_request(both, ask("one")).await);
    assert!(first.is_err(), "{first:?}");
    let rhone = two.rhone.coordinator.entity();
    both.app().leave_label(rhone).await.unwrap();
    let stale = testkit::outcome_of(&testkit::post_request(both, ask("two")).await);
    both.restart().await;
    let fresh = testkit::outcome_of(&testkit::post_request(both, ask("three")).await);
    assert_eq!(stale, fresh);
}

#[tokio::test]
async fn what_was_accepted_is_not_asked_again_and_again() {
    let two = Two::apart().await;
    let both = two.both();
    both.rotate_ops("second", Overlap::NoneItWasStolen)
        .await
        .unwrap();
    two.go_round().await;
    two.joins(both).await;
    let mut asked = 0;
    for _ in 0..5 {
        both.app().renew().await.unwrap();
        asked += both.app().waiting().await.unwrap().len();
        assert!(send_all(&two.alps.network, both).await.is_empty());
    }
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_label_that_means_somebody_else_does_not_keep_a_node_from_writing() {
    let two = Two::apart().await;
    let aix = two.aix();
    let node = impostor(&two, aix.entity()).await;
    two.alps.network.connect(aix);
    // Aix follows the second label; the first ends the membership, or has not admitted yet.
    let rhone = two.rhone.coordinator.app();
    let mut invitation = rhone.invite(&entity("unused")).await.unwrap();
    invitation.entity = aix.entity().clone();
    aix.app().join_by(&invitation).await.unwrap();
    testkit::pull(&two.rhone.network, aix, two.rhone.coordinator.entity())
        .await
        .unwrap();
    let alps = two.alps.coordinator.app();
    alps.withdraw(aix.entity(), "x").await.unwrap();
    alps.end_membership(aix.entity(), "x").await.unwrap();
    testkit::pull(&two.alps.network, aix, two.alps.coordinator.entity())
        .await
        .unwrap();
    // Whoever has the name there says that the key of Aix ended.
    let rhone = &two.rhone.coordinator;
    two.rhone.network.connect(&node);
    testkit::pull(&two.rhone.network, rhone, node.entity())
        .await
        .unwrap();
    let by = (&node.plan().fed(), &node.plan().ops());
    says_that_it_ended(rhone, &node, by, (&aix.plan().ops(), b"nothing")).await;
    testkit::pull(&two.rhone.network, aix, two.rhone.coordinator.entity())
        .await
        .unwrap();
    let written = aix.app().publish_space(&testkit::space_text("Aix")).await;
    assert!(
        written.is_ok(),
        "{:?}",
        written.err().map(|it| it.to_string())
    );
}

#[tokio::test]
async fn a_code_in_the_name_of_a_partner_is_refused() {
    let two = Two::joined().await;
    let (both, aix) = (two.both(), two.aix());
    let of_aix = Wallet::enrol(aix, "Alix", None).await;
    two.settle().await;
    says(both, &of_aix, ALLOWED).await;
    let code = wire::Invitation {
        coordinator: aix.entity().clone(),
        root_key: seal::Jwk::from(&Plan::coordinator(&entity("evil")).root),
        entity: both.entity().clone(),
        secret: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        epoch: None,
    };
    let refused = both.app().join_by(&code).await;
    assert!(
        matches!(refused, Err(ApplyError::APartner(_))),
        "{refused:?}"
    );
    two.try_pull_all().await;
    says(both, &of_aix, ALLOWED).await;
}

#[tokio::test]
async fn the_order_is_that_of_joining_whatever_the_clock_says() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let mut order = Vec::new();
    for name in ["zuerich", "annecy"] {
        let other = Label::of(&entity(name)).await;
        let invitation = other
            .coordinator
            .app()
            .invite(space.entity())
            .await
            .unwrap();
        space.app().join_by(&invitation).await.unwrap();
        order.push(entity(name));
    }
    let held: Vec<_> = space
        .app()
        .labels()
        .into_iter()
        .skip(1)
        .map(|it| it.coordinator)
        .collect();
    assert_eq!(held, order);
}

#[tokio::test]
async fn a_space_that_turned_its_key_between_comes_back_with_its_feed() {
    let two = Two::joined().await;
    let (both, valence) = (two.both(), two.valence());
    let app = two.rhone.coordinator.app();
    app.withdraw(both.entity(), "x").await.unwrap();
    app.end_membership(both.entity(), "x").await.unwrap();
    two.go_round().await;
    both.follow_fed("second").await.unwrap();
    for _ in 0..3 {
        two.go_round().await;
    }
    let new = both.plan().next_fed("second");
    is_configured_by(both, &new).await;
    let invitation = app.invite(both.entity()).await.unwrap();
    both.app().join_by(&invitation).await.unwrap();
    accepted(
        &join_label(&two.rhone.network, both, two.rhone.coordinator.entity())
            .await
            .unwrap(),
    );
    for _ in 0..3 {
        two.go_round().await;
    }
    let view = partner(valence, both.entity()).await;
    assert_eq!(view.feed.refusal, None);
    assert!(view.feed.seq > 0);
}

#[tokio::test]
async fn what_a_label_says_of_a_key_that_ended_well_is_not_passed_on() {
    let two = Two::joined().await;
    let (both, valence) = (two.both(), two.valence());
    both.rotate_ops("second", Overlap::UntilPassportsHaveRunOut)
        .await
        .unwrap();
    for _ in 0..6 {
        two.advance(6 * DAY_SECONDS);
        two.go_round().await;
    }
    let old = both.plan().ops();
    assert_eq!(state(both, Purpose::Ops, &old).await, Some(KeyState::Ended));
    let camille = Wallet::enrol(both, "Camille", None).await;
    two.settle().await;
    says(valence, &camille, ALLOWED).await;
    // As a hostile first coordinator would publish it: that key was good for one record.
    let first = &crate::look::feed(both, both.entity()).await[0];
    let by = (&both.plan().fed(), &both.plan().next_ops("second"));
    let end = (&old, first.record.as_bytes());
    says_that_it_ended(&two.alps.coordinator, both, by, end).await;
    two.go_round().await;
    assert_eq!(partner(valence, both.entity()).await.feed.refusal, None);
    says(valence, &camille, ALLOWED).await;
}

#[tokio::test]
async fn a_feed_that_began_anew_is_joined_by_its_epoch() {
    let two = Two::apart().await;
    let (name, alps) = (two.both().entity(), two.alps.coordinator.app());
    let invitation = alps.invite_anew(name).await.unwrap();
    assert_eq!(invitation.epoch, Some(2));
    let anew = joined_with(&two.alps, invitation, "anew").await;
    two.alps.network.connect(&anew);
    let rhone = two.rhone.coordinator.app();
    let in_first = rhone.invite(name).await.unwrap();
    let refused = anew.app().join_by(&in_first).await;
    assert!(
        matches!(refused, Err(ApplyError::OtherEpoch(2))),
        "{refused:?}"
    );
    let in_second = rhone.invite_with_feed(name, 2).await.unwrap();
    assert_eq!(in_second.epoch, Some(2));
    anew.app().join_by(&in_second).await.unwrap();
    let coordinator = two.rhone.coordinator.entity();
    accepted(
        &join_label(&two.rhone.network, &anew, coordinator)
            .await
            .unwrap(),
    );
    two.try_pull_all().await;
    two.try_pull_all().await;
    let seen = partner(two.valence(), name).await.feed;
    assert_eq!((seen.epoch, seen.refusal), (2, None));
    assert!(seen.seq > 0);
}

#[tokio::test]
async fn who_lost_its_name_in_one_label_receives_those_of_the_other() {
    let two = Two::joined().await;
    let (both, valence) = (two.both(), two.valence());
    let of_valence = Wallet::enrol(valence, "Vasco", None).await;
    two.settle().await;
    // The first label admits another under this name, and means that one from here on.
    let app = two.alps.coordinator.app();
    let invitation = app.invite_anew(both.entity()).await.unwrap();
    joined_with(&two.alps, invitation, "somebody else").await;
    two.try_pull_all().await;
    says(both, &of_valence, ALLOWED).await;
}
