//! Joins that are not admitted: each with its reason, and nothing written.

use app::{JoinError, JoinState};
use rules::trust::{CLOCK_LEEWAY_SECONDS, INVITATION_SECONDS};
use seal::{Jwk, SecretKey};
use testkit::{HOUR_SECONDS, Label, Plan, START, TestNode, coordinator_name, join, pull};
use testkit::{space_name, space_text};
use wire::request::{Answer, AnswerResult, Join, REQUEST_SECONDS_MAX, Request};

use wire::trust::{EntityStatement, NodeRole};

use crate::look::claims;

/// A space that was invited, heard the coordinator, and wants to join.
pub(crate) async fn about_to_join() -> (Label, TestNode) {
    let label = Label::invited(1).await;
    let space = label.space(0).clone();
    let heard = pull(&label.network, &space, label.coordinator.entity()).await;
    heard.unwrap();
    (label, space)
}

/// The join that the space would send, with its request changed and signed anew.
pub(crate) async fn changed(
    space: &TestNode,
    key: &SecretKey,
    change: impl FnOnce(&mut Request),
) -> Join {
    let (join, _) = space.app().make_join().await.unwrap().unwrap();
    let mut request: Request = serde_json::from_value(claims(&join.request)).unwrap();
    change(&mut request);
    let request = seal::sign(request, key).unwrap().as_str().to_owned();
    let fed_key = Jwk::from(key.public());
    Join { fed_key, request }
}

pub(crate) async fn answer(coordinator: &TestNode, join: &Join) -> Result<Answer, JoinError> {
    let bytes = serde_json::to_vec(join).unwrap();
    let answer = coordinator.app().answer_join(&bytes).await?;
    Ok(serde_json::from_value(claims(&answer)).unwrap())
}

/// The coordinator refuses with a signed answer of this code, and admits nobody.
async fn check_code(label: &Label, join: &Join, code: &str) {
    let before = label.coordinator.store().position();
    let answer = answer(&label.coordinator, join).await.unwrap();
    assert_eq!(answer.result, AnswerResult::Refused);
    assert_eq!(answer.code.as_deref(), Some(code));
    assert_eq!(
        label.coordinator.store().position(),
        before,
        "{code}: something was written"
    );
}

#[tokio::test]
async fn an_invitation_that_nobody_gave_is_unknown() {
    let (label, space) = about_to_join().await;
    let join = changed(&space, &space.plan().fed(), |request| {
        request.body["secret"] = "AAAAAAAAAAAAAAAAAAAAAA".into();
    })
    .await;
    check_code(&label, &join, "invitation_unknown").await;
}

#[tokio::test]
async fn an_invitation_is_for_one_name() {
    let (label, space) = about_to_join().await;
    let join = changed(&space, &space.plan().fed(), |it| it.iss = space_name(1)).await;
    check_code(&label, &join, "invitation_for_another").await;
}

#[tokio::test]
async fn an_invitation_that_was_used_is_not_used_by_another_key() {
    let (label, space) = about_to_join().await;
    let thief = Plan::space(space.entity(), &coordinator_name())
        .with_keys("thief")
        .fed();
    let by_thief = changed(&space, &thief, |_| {}).await;
    let fed = space.plan().fed();
    let other_op = changed(&space, &fed, |it| "join-other".clone_into(&mut it.op)).await;
    assert!(join(&label.network, &space).await.is_ok());
    check_code(&label, &by_thief, "invitation_used").await;
    check_code(&label, &other_op, "invitation_used").await;
}

#[tokio::test]
async fn an_invitation_is_used_within_thirty_days() {
    for (seconds, code) in [(-1, None), (0, Some("invitation_expired"))] {
        let (label, space) = about_to_join().await;
        label.advance(INVITATION_SECONDS + seconds);
        let state = join(&label.network, &space).await.unwrap();
        match code {
            None => assert!(matches!(state, JoinState::Accepted { .. }), "{state:?}"),
            Some(code) => {
                let (at, code) = (label.coordinator.app().now(), code.to_owned());
                assert_eq!(state, JoinState::Refused { at, code });
                assert!(
                    space.app().make_join().await.unwrap().is_none(),
                    "it asks no more"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_second_invitation_of_a_member_is_of_no_use() {
    let label = Label::of_nobody().await;
    let name = space_name(0);
    let app = label.coordinator.app();
    let (one, two) = (
        app.invite(&name).await.unwrap(),
        app.invite(&name).await.unwrap(),
    );
    let plan = Plan::space(&name, &coordinator_name());
    for (invitation, plan, is_first) in [
        (one, plan.clone(), true),
        (two, plan.with_keys("second"), false),
    ] {
        let space = TestNode::found(plan, Plan::space_papers(invitation), START)
            .await
            .unwrap();
        let state = join(&label.network, &space).await.unwrap();
        let refused = JoinState::Refused {
            at: START,
            code: "invitation_unknown".to_owned(),
        };
        assert_eq!(
            state,
            if is_first {
                JoinState::Accepted { at: START }
            } else {
                refused
            }
        );
    }
}

#[tokio::test]
async fn a_join_brings_the_papers_of_a_space_under_its_own_key() {
    let (label, space) = about_to_join().await;
    let fed = space.plan().fed();
    let other = Label::of(&space_name(3)).await.coordinator;
    let own = space.app().configuration().await.unwrap();
    let others = other.app().configuration().await.unwrap();
    let stranger = Plan::space(space.entity(), &coordinator_name())
        .with_keys("stranger")
        .fed();
    for (key, configuration) in [(&fed, others.as_str()), (&stranger, &own), (&fed, "a.b.c")] {
        let join = changed(&space, key, |request| {
            request.body["entity_configuration"] = configuration.into();
        });
        check_code(&label, &join.await, "configuration_refused").await;
    }
    // A coordinator's configuration under the space's own key and name.
    let mut statement: EntityStatement = serde_json::from_value(claims(&own)).unwrap();
    let metadata = statement.metadata.as_mut().unwrap();
    metadata.escale_node.as_mut().unwrap().role = NodeRole::Coordinator;
    let posing = seal::sign(statement, &fed).unwrap().as_str().to_owned();
    let join = changed(&space, &fed, |it| {
        it.body["entity_configuration"] = posing.into();
    });
    check_code(&label, &join.await, "configuration_refused").await;
}

#[tokio::test]
async fn a_join_is_answered_within_the_leeway_of_two_clocks() {
    let fresh = -(REQUEST_SECONDS_MAX + CLOCK_LEEWAY_SECONDS) + 1;
    for (seconds, is_in_time) in [
        (0, true),
        (CLOCK_LEEWAY_SECONDS, true),
        (CLOCK_LEEWAY_SECONDS + 1, false),
        (HOUR_SECONDS, false),
        (fresh, true),
        (fresh - 1, false),
        (-HOUR_SECONDS, false),
    ] {
        let (label, space) = about_to_join().await;
        let join = changed(&space, &space.plan().fed(), |it| {
            it.iat = it.iat.plus_seconds(seconds);
            it.exp = it.exp.plus_seconds(seconds);
        })
        .await;
        let answered = answer(&label.coordinator, &join).await;
        match answered {
            Ok(answer) => assert!(is_in_time && answer.code.is_none(), "{seconds}: {answer:?}"),
            Err(JoinError::OutOfTime) => assert!(!is_in_time, "{seconds}: refused"),
            Err(error) => panic!("{seconds}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_join_that_cannot_be_believed_is_not_answered() {
    let (label, space) = about_to_join().await;
    let fed = space.plan().fed();
    let good = changed(&space, &fed, |_| {}).await;
    let other = SecretKey::from_seed(&[9; 32]);

    let under_other_key = Join {
        fed_key: Jwk::from(other.public()),
        ..good.clone()
    };
    let mut bent = good.clone();
    bent.request = bent.request.replacen("eyJ", "eyK", 1);
    let mut bare = good.clone();
    bare.request.truncate(bare.request.rfind('.').unwrap() + 1);
    let mut private = good.clone();
    private.fed_key.d = Some("AAAA".to_owned());
    for join in [under_other_key, bent, bare] {
        let error = answer(&label.coordinator, &join).await.unwrap_err();
        assert!(matches!(error, JoinError::NotGenuine), "{error}");
    }
    // `d` is never serialized by us, so a peer's JSON is written by hand.
    let mut json = serde_json::to_value(&private).unwrap();
    json["fed_key"]["d"] = "AAAA".into();
    let error = label
        .coordinator
        .app()
        .answer_join(json.to_string().as_bytes())
        .await;
    assert!(matches!(error, Err(JoinError::NotGenuine)), "{error:?}");

    let statement = label.coordinator.app().configuration().await.unwrap();
    let other_kind = Join {
        request: statement,
        ..good.clone()
    };
    let error = answer(&label.coordinator, &other_kind).await.unwrap_err();
    assert!(matches!(error, JoinError::NotGenuine), "{error}");

    for text in ["", "{}", "[]", "{\"fed_key\":1}", "<html></html>"] {
        let error = label
            .coordinator
            .app()
            .answer_join(text.as_bytes())
            .await
            .unwrap_err();
        assert!(matches!(error, JoinError::Malformed(_)), "{text}: {error}");
    }
    for change in [
        |it: &mut Request| "visit".clone_into(&mut it.kind),
        |it: &mut Request| {
            it.body = serde_json::Value::Null;
        },
    ] {
        let join = changed(&space, &fed, change).await;
        let error = answer(&label.coordinator, &join).await.unwrap_err();
        assert!(matches!(error, JoinError::Malformed(_)), "{error}");
    }
}

#[tokio::test]
async fn a_join_is_for_one_coordinator() {
    let (_label, space) = about_to_join().await;
    let elsewhere = Label::of(&space_name(3)).await;
    let join = changed(&space, &space.plan().fed(), |_| {}).await;
    let error = answer(&elsewhere.coordinator, &join).await.unwrap_err();
    assert!(matches!(error, JoinError::OtherAudience(_)), "{error}");
    let error = answer(&space, &join).await.unwrap_err();
    assert!(matches!(error, JoinError::NotTheCoordinator), "{error}");
}

#[tokio::test]
async fn an_answer_is_taken_only_from_the_coordinator_and_to_what_was_asked() {
    let (label, space) = about_to_join().await;
    let app = space.app();
    let (asked, jti) = app.make_join().await.unwrap().unwrap();
    let bytes = serde_json::to_vec(&asked).unwrap();
    let good = label.coordinator.app().answer_join(&bytes).await.unwrap();
    let good: Answer = serde_json::from_value(claims(&good)).unwrap();
    let ops = label.coordinator.plan().ops();
    let by_fed = label.coordinator.plan().fed();
    let by_space = space.plan().ops();

    let told = |answer: Answer, key: &SecretKey| seal::sign(answer, key).unwrap();
    let mut lies = vec![told(good.clone(), &by_fed), told(good.clone(), &by_space)];
    let changes: [fn(&mut Answer); 4] = [
        |it| it.iss = space_name(2),
        |it| it.aud = space_name(2),
        |it| "other".clone_into(&mut it.jti),
        |it| "other".clone_into(&mut it.op),
    ];
    for change in changes {
        let mut lie = good.clone();
        change(&mut lie);
        lies.push(told(lie, &ops));
    }
    for lie in lies {
        let error = app.take_join_answer(&jti, lie.as_str()).await.unwrap_err();
        assert!(
            matches!(error, JoinError::AnswerNotGenuine),
            "{lie:?}: {error}"
        );
        assert_eq!(app.join_state().await.unwrap(), JoinState::Asking);
    }
    let taken = app
        .take_join_answer(&jti, told(good, &ops).as_str())
        .await
        .unwrap();
    assert_eq!(taken, JoinState::Accepted { at: START });
}

#[tokio::test]
async fn an_answer_needs_the_coordinators_keys_from_its_feed() {
    let label = Label::invited(1).await;
    let space = label.space(0);
    let (asked, jti) = space.app().make_join().await.unwrap().unwrap();
    let bytes = serde_json::to_vec(&asked).unwrap();
    let answer = label.coordinator.app().answer_join(&bytes).await.unwrap();
    let early = space.app().take_join_answer(&jti, &answer).await;
    assert!(
        matches!(early, Err(JoinError::Fault(app::Fault::NothingHeard))),
        "{early:?}"
    );
    pull(&label.network, space, label.coordinator.entity())
        .await
        .unwrap();
    let state = space.app().take_join_answer(&jti, &answer).await.unwrap();
    assert_eq!(state, JoinState::Accepted { at: START });
}

#[tokio::test]
async fn what_a_space_published_before_it_joined_is_heard_afterwards() {
    let label = Label::invited(2).await;
    let mug = label.space(0);
    mug.app()
        .publish_space(&space_text("Le Mug"))
        .await
        .unwrap();
    for space in &label.spaces {
        join(&label.network, space).await.unwrap();
    }
    label.settle().await;
    let seen = crate::look::partner(label.space(1), mug.entity()).await;
    assert_eq!(seen.profile.unwrap().name, "Le Mug");
}

#[tokio::test]
async fn former_keys_are_keys_that_nobody_else_has_each_once_and_eight_in_all() {
    let mut label = Label::joined(1).await;
    let space = label.invite(&space_name(1)).await;
    let heard = pull(&label.network, &space, label.coordinator.entity()).await;
    heard.unwrap();
    let fed = space.plan().fed();
    let jwk = |key: &SecretKey| serde_json::to_value(Jwk::from(key.public())).unwrap();
    let many = |count: usize| -> Vec<_> {
        let names = (0..count).map(|number| format!("number {number}"));
        names
            .map(|name| jwk(&space.plan().next_fed(&name)))
            .collect()
    };
    let of_another = jwk(&label.space(0).plan().fed());
    let bad = [
        vec![of_another],
        vec![jwk(&fed)],
        [many(1), many(1)].concat(),
        many(8),
        vec![serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" })],
    ];
    for former in bad {
        let join = changed(&space, &fed, |it| {
            it.body["former_fed_keys"] = former.clone().into();
        });
        check_code(&label, &join.await, "configuration_refused").await;
    }
    // The control: seven of its own.
    let join = changed(&space, &fed, |it| {
        it.body["former_fed_keys"] = many(7).into();
    });
    let answered = answer(&label.coordinator, &join.await).await.unwrap();
    assert_eq!(answered.result, AnswerResult::Accepted);
    let register = label.coordinator.app().register().await.unwrap();
    let statement = register.member(space.entity()).unwrap().statement.as_ref();
    let named = &statement.unwrap().jwks.keys;
    assert_eq!(named.len(), 8);
    assert_eq!(named.first(), Some(&Jwk::from(fed.public())));
}
