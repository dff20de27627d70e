//! The endpoints of OpenID Federation 1.0, asked as that standard says.

use axum::body::Body;
use axum::http::Request;
use rules::chain::{Pinned, open_chain, open_shown_mark};
use seal::{KeySet, Sealed};
use serde_json::{Value, json};
use testkit::{Answer, DAY_SECONDS, Label, START, TestNode, post, space_name, space_text};
use wire::federation::{
    HistoricalKeys, MarkStatus, MarkStatusResponse, ResolveResponse, RevocationReason,
};
use wire::trust::TrustMark;

use super::{ask, ask_for, check_standard_refusal, escaped};
use crate::federation::{FORM_BYTES_MAX, FORM_MEDIA_TYPE};
use crate::{ROUTES, Route, STANDARD_CODES};

const CHARTER: &str = "https://coordination.example/charter";

/// A label of so many spaces that bear it, and say so themselves.
async fn shown(spaces: usize) -> Label {
    let label = Label::labelled(spaces).await;
    let text = space_text("Le Mug");
    label.space(0).app().publish_space(&text).await.unwrap();
    renewed(&label).await;
    label
}

/// Everybody signs again what is due, and everybody hears it.
async fn renewed(label: &Label) {
    for _ in 0..2 {
        for node in label.nodes() {
            node.app().renew().await.unwrap();
        }
        label.settle().await;
    }
}

fn fed_of(node: &TestNode) -> KeySet {
    KeySet::only(node.plan().fed().public().clone())
}

fn resolve_path(label: &Label, rest: &str) -> String {
    let (sub, anchor) = (escaped(&space_name(0)), escaped(label.coordinator.entity()));
    format!("/federation/resolve?sub={sub}&trust_anchor={anchor}{rest}")
}

async fn resolved(label: &Label, rest: &str) -> ResolveResponse {
    let answer = ask_for(&label.coordinator, &resolve_path(label, rest)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.header("content-type"),
        Some("application/resolve-response+jwt")
    );
    let response = Sealed::<ResolveResponse>::parse(&answer.text()).unwrap();
    response
        .open(&fed_of(&label.coordinator))
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn a_space_is_resolved_with_its_chain_its_metadata_and_its_mark() {
    let label = shown(1).await;
    let (coordinator, space) = (&label.coordinator, label.space(0));
    let found = resolved(&label, "").await;
    assert_eq!(
        (&found.iss, &found.sub),
        (coordinator.entity(), space.entity())
    );
    assert_eq!(
        (found.iat, found.exp),
        (START, START.plus_seconds(14 * DAY_SECONDS))
    );
    let federation = &found.metadata["federation_entity"];
    assert_eq!(federation["organization_name"], "Le Mug");
    assert_eq!(found.metadata["escale_node"]["role"], "space");

    let (entity, keys) = (coordinator.entity().clone(), fed_of(coordinator));
    let pinned = Pinned {
        entity: &entity,
        keys: &keys,
    };
    let statements: Vec<&str> = found.trust_chain.iter().map(String::as_str).collect();
    let chain = open_chain(&statements, pinned, space.entity(), START).unwrap();
    assert_eq!(chain.until(), found.exp);
    let [mark] = found.trust_marks.as_slice() else {
        panic!("{:?}", found.trust_marks);
    };
    assert_eq!(mark.trust_mark_type, CHARTER);
    assert!(open_shown_mark(&chain, mark, CHARTER, START).is_ok());

    // What an entity type is asked for, of that alone.
    let types = |it: &ResolveResponse| it.metadata.keys().cloned().collect::<Vec<_>>();
    let one = resolved(&label, "&entity_type=escale_node").await;
    assert_eq!(types(&one), ["escale_node"]);
    let both = "&entity_type=federation_entity&entity_type=escale_node&entity_type=openid_provider";
    assert_eq!(types(&resolved(&label, both).await).len(), 2);
    assert!(types(&resolved(&label, "&entity_type=openid_provider").await).is_empty());
    // The anchor that is known, whatever stands beside it.
    let more = resolved(&label, "&trust_anchor=https%3A%2F%2Fother.example").await;
    assert_eq!(more.trust_chain, found.trust_chain);
}

#[tokio::test]
async fn what_is_resolved_follows_the_label() {
    let label = shown(1).await;
    let app = label.coordinator.app();
    app.suspend(&space_name(0), "a test").await.unwrap();
    // The space still shows its mark; nobody believes it.
    let suspended = resolved(&label, "").await;
    assert_eq!(suspended.trust_marks, []);
    assert_eq!(suspended.trust_chain.len(), 3, "it goes on belonging");
    app.grant(&space_name(0)).await.unwrap();
    assert_eq!(resolved(&label, "").await.trust_marks.len(), 1);
    renewed(&label).await;
    assert_eq!(resolved(&label, "").await.trust_marks.len(), 1);

    // A space that is silent for longer than its papers hold is not resolved.
    label.coordinator.clock().advance(14 * DAY_SECONDS);
    app.renew().await.unwrap();
    let silent = ask_for(&label.coordinator, &resolve_path(&label, "")).await;
    check_standard_refusal(&silent, "invalid_trust_chain");
    assert!(silent.text().contains("run out"), "{}", silent.text());
}

#[tokio::test]
async fn the_same_question_is_signed_once_a_minute_unless_the_feeds_move() {
    let label = shown(1).await;
    let ask = async || {
        ask_for(&label.coordinator, &resolve_path(&label, ""))
            .await
            .text()
    };
    let first = ask().await;
    label.coordinator.clock().advance(59);
    assert_eq!(ask().await, first);
    let app = label.coordinator.app();
    app.suspend(&space_name(0), "a test").await.unwrap();
    let moved = ask().await;
    assert_ne!(moved, first);
    label.coordinator.clock().advance(59);
    assert_eq!(ask().await, moved);
    label.coordinator.clock().advance(1);
    assert_ne!(ask().await, moved);
}

#[tokio::test]
async fn what_cannot_be_resolved_is_refused_in_the_words_of_the_standard() {
    let label = Label::joined(1).await;
    let coordinator = &label.coordinator;
    let anchor = escaped(coordinator.entity());
    for (query, code) in [
        (String::new(), "invalid_request"),
        (format!("trust_anchor={anchor}"), "invalid_request"),
        (
            format!("sub={}", escaped(&space_name(0))),
            "invalid_request",
        ),
        (
            format!("sub=le-mug&trust_anchor={anchor}"),
            "invalid_request",
        ),
        (
            format!(
                "sub={0}&sub={0}&trust_anchor={anchor}",
                escaped(&space_name(0))
            ),
            "invalid_request",
        ),
        (
            format!(
                "sub={}&trust_anchor=https://other.example",
                escaped(&space_name(0))
            ),
            "invalid_trust_anchor",
        ),
        (
            format!("sub={}&trust_anchor={anchor}", escaped(&space_name(3))),
            "not_found",
        ),
        (
            format!("sub={anchor}&trust_anchor={anchor}"),
            "invalid_subject",
        ),
        (
            format!(
                "sub={}&trust_anchor={anchor}{}",
                escaped(&space_name(0)),
                "&entity_type=x".repeat(17)
            ),
            "invalid_request",
        ),
    ] {
        let path = format!("/federation/resolve?{query}");
        check_standard_refusal(&ask_for(coordinator, &path).await, code);
    }
    // Admitted a moment ago, and not heard yet.
    let unheard = Label::invited(1).await;
    testkit::join(&unheard.network, unheard.space(0))
        .await
        .unwrap();
    let answer = ask_for(&unheard.coordinator, &resolve_path(&unheard, "")).await;
    check_standard_refusal(&answer, "invalid_trust_chain");
}

async fn status(node: &TestNode, mark: &str) -> Answer {
    let body = format!("trust_mark={mark}");
    let path = "/federation/trust-mark-status";
    ask(node, post(path, FORM_MEDIA_TYPE, body)).await
}

async fn status_of(label: &Label, mark: &str) -> MarkStatus {
    let answer = status(&label.coordinator, mark).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let found = Sealed::<MarkStatusResponse>::parse(&answer.text()).unwrap();
    let found = found.open(&fed_of(&label.coordinator)).unwrap();
    assert_eq!(found.iss, *label.coordinator.entity());
    assert_eq!(found.trust_mark, mark);
    assert_eq!(found.iat, label.coordinator.app().now());
    found.status
}

fn mark_path(of_type: &str) -> String {
    let sub = escaped(&space_name(0));
    format!("/federation/trust-mark?trust_mark_type={of_type}&sub={sub}")
}

#[tokio::test]
async fn a_mark_is_given_and_its_status_follows_the_label() {
    let label = Label::labelled(1).await;
    let (coordinator, app) = (&label.coordinator, label.coordinator.app());
    let answer = ask_for(coordinator, &mark_path(CHARTER)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/trust-mark+jwt")
    );
    let mark = answer.text();
    let opened = Sealed::<TrustMark>::parse(&mark).unwrap();
    assert_eq!(
        opened.open(&fed_of(coordinator)).unwrap().sub,
        space_name(0)
    );
    assert_eq!(status_of(&label, &mark).await, MarkStatus::Active);

    app.suspend(&space_name(0), "a test").await.unwrap();
    assert_eq!(status_of(&label, &mark).await, MarkStatus::Revoked);
    check_standard_refusal(
        &ask_for(coordinator, &mark_path(CHARTER)).await,
        "not_found",
    );
    app.grant(&space_name(0)).await.unwrap();
    assert_eq!(status_of(&label, &mark).await, MarkStatus::Active);
    app.withdraw(&space_name(0), "a test").await.unwrap();
    assert_eq!(status_of(&label, &mark).await, MarkStatus::Revoked);
    coordinator.clock().advance(90 * DAY_SECONDS);
    assert_eq!(status_of(&label, &mark).await, MarkStatus::Expired);
}

#[tokio::test]
async fn what_is_no_mark_of_this_coordinator_has_no_status() {
    let label = Label::labelled(1).await;
    let coordinator = &label.coordinator;
    let mark = ask_for(coordinator, &mark_path(CHARTER)).await.text();
    let opened = Sealed::<TrustMark>::parse(&mark).unwrap();
    let claims = opened.open(&fed_of(coordinator)).unwrap().into_inner();
    let foreign = seal::sign(claims, &label.space(0).plan().fed()).unwrap();
    let (signed, _) = mark.rsplit_once('.').unwrap();
    let (_, signature) = foreign.as_str().rsplit_once('.').unwrap();
    let altered = format!("{signed}.{signature}");
    assert_eq!(status_of(&label, &altered).await, MarkStatus::Invalid);
    check_standard_refusal(&status(coordinator, foreign.as_str()).await, "not_found");
    for text in ["", "x", "a.b.c", "&trust_mark=x"] {
        check_standard_refusal(&status(coordinator, text).await, "invalid_request");
    }
    let posted = async |media_type: &str, body: String| {
        let path = "/federation/trust-mark-status";
        ask(coordinator, post(path, media_type, body)).await
    };
    let form = format!("trust_mark={mark}");
    let with_charset = "application/x-www-form-urlencoded; charset=UTF-8";
    assert_eq!(posted(with_charset, form.clone()).await.status, 200);
    check_standard_refusal(&posted("text/plain", form).await, "invalid_request");
    let long = format!("trust_mark={mark}&x={}", "x".repeat(FORM_BYTES_MAX));
    check_standard_refusal(&posted(FORM_MEDIA_TYPE, long).await, "invalid_request");
    let request = Request::builder()
        .method("POST")
        .uri("/federation/trust-mark-status");
    let without = ask(coordinator, request.body(Body::empty()).unwrap()).await;
    check_standard_refusal(&without, "invalid_request");
}

async fn listed(node: &TestNode, path: &str) -> Value {
    let answer = ask_for(node, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn the_list_is_filtered_as_the_standard_says() {
    let label = Label::joined(2).await;
    let coordinator = &label.coordinator;
    coordinator.app().grant(&space_name(0)).await.unwrap();
    let both = json!(["https://aix.example", "https://le-mug.example"]);
    let one = json!(["https://le-mug.example"]);
    let none = json!([]);
    for (query, expected) in [
        ("", &both),
        ("?trust_marked=true", &one),
        ("?trust_marked=false", &both),
        (
            "?trust_mark_type=https%3A%2F%2Fcoordination.example%2Fcharter",
            &one,
        ),
        (
            "?trust_mark_type=https%3A%2F%2Fcoordination.example%2Fother",
            &none,
        ),
        ("?intermediate=true", &none),
        ("?intermediate=false", &both),
        ("?entity_type=escale_node", &both),
        (
            "?entity_type=escale_node&entity_type=federation_entity",
            &both,
        ),
        (
            "?entity_type=escale_node&entity_type=openid_provider",
            &none,
        ),
        ("?entity_type=openid_provider", &none),
        ("?entity_type=escale_node&trust_marked=true", &one),
        ("?unknown=1", &both),
    ] {
        let path = format!("/federation/list{query}");
        assert_eq!(&listed(coordinator, &path).await, expected, "{query}");
    }
    for query in [
        "?trust_marked=1",
        "?trust_marked=",
        "?trust_marked=true&trust_marked=true",
        "?intermediate=yes",
        "?entity_type=",
        "?trust_mark_type=",
    ] {
        let answer = ask_for(coordinator, &format!("/federation/list{query}")).await;
        check_standard_refusal(&answer, "invalid_request");
    }
    let marked =
        |rest: &str| format!("/federation/trust-mark-list?trust_mark_type={CHARTER}{rest}");
    assert_eq!(listed(coordinator, &marked("")).await, one);
    let sub = format!("&sub={}", escaped(&space_name(0)));
    assert_eq!(listed(coordinator, &marked(&sub)).await, one);
    let other = format!("&sub={}", escaped(&space_name(1)));
    assert_eq!(listed(coordinator, &marked(&other)).await, none);
    let unknown = "/federation/trust-mark-list?trust_mark_type=x";
    assert_eq!(listed(coordinator, unknown).await, none);
    let missing = ask_for(coordinator, "/federation/trust-mark-list").await;
    check_standard_refusal(&missing, "invalid_request");
}

async fn keys_of(label: &Label) -> HistoricalKeys {
    let answer = ask_for(&label.coordinator, "/federation/historical-keys").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.header("content-type"),
        Some("application/jwk-set+jwt")
    );
    let list = Sealed::<HistoricalKeys>::parse(&answer.text()).unwrap();
    list.open(&fed_of(&label.coordinator)).unwrap().into_inner()
}

#[tokio::test]
async fn a_coordinator_without_former_keys_says_so() {
    let label = Label::of_nobody().await;
    let found = keys_of(&label).await;
    assert_eq!(found.iss, *label.coordinator.entity());
    assert_eq!(found.keys, []);
}

#[tokio::test]
async fn a_key_that_an_anchor_lists_no_more_is_one_of_former_times() {
    let label = Label::labelled(1).await;
    let (coordinator, app) = (&label.coordinator, label.coordinator.app());
    let other = seal::SecretKey::from_seed(&[77; 32]);
    let anchor = |keys: &[&seal::PublicKey]| {
        let plan = coordinator.plan();
        let anchor = wire::trust::Anchor {
            iss: coordinator.entity().clone(),
            iat: START,
            exp: START.plus_seconds(365 * DAY_SECONDS),
            jwks: wire::Jwks {
                keys: keys.iter().map(|key| seal::Jwk::from(*key)).collect(),
            },
        };
        seal::sign(anchor, &plan.root_key())
            .unwrap()
            .as_str()
            .to_owned()
    };
    let (own, both) = (coordinator.plan().fed(), coordinator.plan().fed());
    let both = anchor(&[both.public(), other.public()]);
    let alone = anchor(&[own.public()]);
    let by_other = wire::trust::TrustMark {
        iss: coordinator.entity().clone(),
        sub: space_name(0),
        trust_mark_type: CHARTER.to_owned(),
        iat: START,
        exp: START.plus_seconds(90 * DAY_SECONDS),
    };
    let by_other = seal::sign(by_other, &other).unwrap();
    check_standard_refusal(&status(coordinator, by_other.as_str()).await, "not_found");

    app.publish_anchor(&both).await.unwrap();
    assert_eq!(keys_of(&label).await.keys, []);
    assert_eq!(
        status_of(&label, by_other.as_str()).await,
        MarkStatus::Active
    );
    coordinator.clock().advance(60);
    let why = Some(RevocationReason::Compromised);
    app.publish_anchor_revoking(&alone, why).await.unwrap();
    let [former] = keys_of(&label).await.keys.try_into().unwrap();
    assert_eq!(former.kid, other.public().thumbprint().as_str());
    assert_eq!(former.exp, START.plus_seconds(60));
    let revoked = former.revoked.unwrap();
    assert_eq!(revoked.reason, RevocationReason::Compromised);
    assert_eq!(revoked.revoked_at, former.exp);
    assert_eq!(
        status_of(&label, by_other.as_str()).await,
        MarkStatus::Revoked
    );
    // It is kept, and is never one of the present again.
    coordinator.restart().await;
    assert_eq!(keys_of(&label).await.keys.len(), 1);
    let again = coordinator.app().publish_anchor(&both).await;
    assert!(
        matches!(again, Err(app::LabelError::RevokedKey)),
        "{again:?}"
    );
    assert_eq!(keys_of(&label).await.keys.len(), 1);
}

#[tokio::test]
async fn a_coordinators_configuration_names_every_endpoint_that_it_answers() {
    let label = shown(1).await;
    let coordinator = &label.coordinator;
    let text = ask_for(coordinator, "/.well-known/openid-federation")
        .await
        .text();
    let own = rules::trust::open_configuration(&text, &fed_of(coordinator), coordinator.entity());
    let own = own.unwrap();
    let issuers = own.trust_mark_issuers.as_ref().unwrap();
    assert_eq!(
        issuers.get(CHARTER),
        Some(&vec![coordinator.entity().clone()])
    );
    let metadata = wire::trust::EntityStatement::signed_metadata(&own);
    let federation = metadata["federation_entity"].as_object().unwrap();
    assert_eq!(federation["organization_name"], "Coworking des villages");
    let mut named: Vec<String> = federation
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint"))
        .map(|(_, url)| {
            url.as_str()
                .unwrap()
                .replace("https://coordination.example", "")
        })
        .collect();
    named.sort();
    let is_endpoint = |it: &&Route| it.is_of_the_standard() && it.path.starts_with("/federation/");
    let mut answered: Vec<&str> = ROUTES
        .iter()
        .filter(is_endpoint)
        .map(|it| it.path)
        .collect();
    answered.sort_unstable();
    assert_eq!(named, answered);
    // A space names none, and shows its mark.
    let text = ask_for(label.space(0), "/.well-known/openid-federation")
        .await
        .text();
    let space = label.space(0);
    let own = rules::trust::open_configuration(&text, &fed_of(space), space.entity()).unwrap();
    let metadata = wire::trust::EntityStatement::signed_metadata(&own);
    assert_eq!(
        metadata["federation_entity"],
        json!({ "organization_name": "Le Mug" })
    );
    assert_eq!(own.trust_marks.len(), 1);
    assert_eq!(own.trust_mark_issuers, None);
}

#[tokio::test]
async fn a_space_shows_the_mark_that_it_bears_now() {
    let label = shown(1).await;
    let (space, app) = (label.space(0), label.coordinator.app());
    let marks = async || {
        let text = ask_for(space, "/.well-known/openid-federation")
            .await
            .text();
        let own = rules::trust::open_configuration(&text, &fed_of(space), space.entity()).unwrap();
        own.trust_marks.clone()
    };
    let given = async || {
        ask_for(&label.coordinator, &mark_path(CHARTER))
            .await
            .text()
    };
    let first = marks().await;
    assert_eq!(first[0].trust_mark, given().await);
    // Signed again a month later, shown at the next look.
    label.advance(30 * DAY_SECONDS);
    renewed(&label).await;
    let second = marks().await;
    assert_ne!(second, first);
    assert_eq!(second[0].trust_mark, given().await);
    app.suspend(&space_name(0), "a test").await.unwrap();
    renewed(&label).await;
    assert_eq!(marks().await, []);
}

#[tokio::test]
async fn every_code_of_the_standard_is_answered_by_something() {
    let label = shown(1).await;
    let coordinator = &label.coordinator;
    let anchor = escaped(coordinator.entity());
    for (code, _) in STANDARD_CODES {
        let path = match *code {
            "invalid_request" => "/federation/fetch".to_owned(),
            "invalid_subject" => {
                format!("/federation/resolve?sub={anchor}&trust_anchor={anchor}")
            }
            "invalid_trust_anchor" => {
                format!("/federation/resolve?sub={anchor}&trust_anchor=https://other.example")
            }
            "not_found" => format!("/federation/fetch?sub={}", escaped(&space_name(3))),
            "invalid_trust_chain" => {
                coordinator.clock().advance(14 * DAY_SECONDS);
                coordinator.app().renew().await.unwrap();
                resolve_path(&label, "")
            }
            "temporarily_unavailable" => {
                coordinator.clock().advance(-2 * DAY_SECONDS);
                "/federation/historical-keys".to_owned()
            }
            "server_error" => {
                coordinator.store().fail_read(1);
                "/federation/list".to_owned()
            }
            code => panic!("{code} is not asked for"),
        };
        let found = ask_for(coordinator, &path).await;
        check_standard_refusal(&found, code);
    }
}
