//! Every route of the table, asked by nobody, by every method, of every kind of node.

use axum::body::Body;
use axum::http::Request;
use testkit::{Answer, Label, TestNode, Wallet, post};

use super::{ask, ask_for, check_refusal};
use crate::{ROUTES, Route, Who};

const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW",
];

/// What nobody is answered by a coordinator, by a labelled space, and by a space that
/// has heard nothing yet; a route without a line fails the test.
fn expected(route: &Route) -> [u16; 3] {
    match route.path {
        "/.well-known/openid-federation" | "/api/v1/home" | "/healthz" => [200, 200, 200],
        "/federation/fetch" | "/federation/v1/feed" => [400, 400, 400],
        "/federation/list" => [200, 404, 404],
        "/federation/v1/anchor" => [200, 200, 404],
        "/federation/v1/join" | "/api/v1/enrol" => [415, 415, 415],
        "/api/v1/desk/judge" => [401, 401, 401],
        path => panic!("{path} has no line in this table"),
    }
}

fn request(method: &str, path: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    request.body(Body::empty()).unwrap()
}

#[track_caller]
fn check_well_formed(what: &str, answer: &Answer) {
    let status = answer.status.as_u16();
    assert!(status < 500, "{what}: {status} {}", answer.text());
    if status >= 400 {
        let code = answer
            .code()
            .unwrap_or_else(|| panic!("{what}: {status} without a code"));
        check_refusal(answer, &code);
    } else {
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{what}");
        assert!(answer.header("content-type").is_some(), "{what}");
    }
}

async fn kinds_of_nodes() -> [TestNode; 3] {
    let label = Label::labelled(1).await;
    let unheard = Label::invited(1).await;
    [
        label.coordinator.clone(),
        label.space(0).clone(),
        unheard.space(0).clone(),
    ]
}

#[tokio::test]
async fn every_route_answers_nobody_as_the_table_says() {
    for (at, node) in kinds_of_nodes().await.iter().enumerate() {
        for route in ROUTES {
            for method in METHODS {
                let what = format!("{method} {} of {}", route.path, node.entity());
                let answer = ask(node, request(method, route.path)).await;
                let is_asked = method == route.method;
                let is_head = method == "HEAD";
                let is_answered = is_asked || (is_head && route.method == "GET");
                let status = if is_answered {
                    expected(route)[at]
                } else {
                    405
                };
                assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text());
                if is_head {
                    assert!(answer.body.is_empty(), "{what}");
                    continue;
                }
                check_well_formed(&what, &answer);
                if status == 405 {
                    check_refusal(&answer, "wrong_method");
                    let allowed = answer.header("allow").unwrap_or_default();
                    assert!(allowed.contains(route.method), "{what}: allow {allowed:?}");
                }
            }
        }
    }
}

#[test]
fn every_route_is_in_the_table_once() {
    for (at, route) in ROUTES.iter().enumerate() {
        assert!(matches!(route.method, "GET" | "POST"), "{}", route.path);
        let who = if route.path.starts_with("/api/v1/desk/") {
            Who::Desk
        } else {
            Who::Anybody
        };
        assert_eq!(route.who, who, "{}", route.path);
        assert!(route.path.starts_with('/'), "{}", route.path);
        assert!(
            ROUTES[at + 1..].iter().all(|it| it.path != route.path),
            "{}",
            route.path
        );
    }
}

/// A body that is understood, so that only the question who asks is left.
fn by(authorization: Option<&str>, route: &Route) -> Request<Body> {
    let mut request = post(route.path, "application/json", r#"{"code":"ESC1:"}"#);
    *request.method_mut() = route.method.parse().unwrap();
    if let Some(value) = authorization {
        let headers = request.headers_mut();
        headers.insert("authorization", value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn a_route_of_the_desk_is_for_devices_of_this_desk_alone() {
    let label = Label::labelled(2).await;
    let (space, other) = (label.space(0), label.space(1));
    let token = space.app().add_device("tablet").await.unwrap();
    let foreign = other.app().add_device("tablet").await.unwrap();
    let wallet = Wallet::enrol(space, "Camille", None).await;
    let (bent, _) = token.split_at(token.len() - 1);
    let wrong = [
        String::new(),
        "Bearer ".to_owned(),
        "Bearer wrong".to_owned(),
        token.clone(),
        format!("Basic {token}"),
        format!("Bearer {bent}"),
        format!("Bearer {token}A"),
        format!("Bearer {foreign}"),
        format!("Bearer {}", wallet.passport),
        format!("Bearer {}", wallet.member),
    ];
    let mut routes = 0;
    for route in ROUTES.iter().filter(|it| it.who == Who::Desk) {
        routes += 1;
        let mut asked = vec![None];
        asked.extend(wrong.iter().map(|it| Some(it.as_str())));
        for authorization in asked {
            let answer = ask(space, by(authorization, route)).await;
            check_refusal(&answer, "desk_token_needed");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
        let right = format!("Bearer {token}");
        let answer = ask(space, by(Some(&right), route)).await;
        assert_eq!(answer.status, 200, "{}: {}", route.path, answer.text());
        check_refusal(
            &ask(other, by(Some(&right), route)).await,
            "desk_token_needed",
        );
    }
    assert!(routes > 0);
}

#[tokio::test]
async fn beside_the_table_there_is_nothing() {
    let label = Label::labelled(1).await;
    for path in [
        "/api/v1/nothing",
        "/api/v1/home/",
        "/api/v1//home",
        "/api/v1/%68ome/x",
        "/api/x",
        "/federation/v1/feed/x",
        "/federation/x",
        "/federation/v2/feed",
    ] {
        for node in label.nodes() {
            check_refusal(&ask_for(node, path).await, "no_such_route");
            let posted = ask(node, post(path, "application/json", "{}")).await;
            check_refusal(&posted, "no_such_route");
        }
    }
}

#[tokio::test]
async fn an_answer_does_not_depend_on_what_a_proxy_adds() {
    let label = Label::labelled(1).await;
    let plain = ask_for(label.space(0), "/api/v1/home").await;
    let mut asked = request("GET", "/api/v1/home");
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-http-method-override", "DELETE"),
        ("accept", "text/html"),
        ("accept-encoding", "gzip"),
        ("host", "evil.example"),
    ] {
        asked.headers_mut().insert(name, value.parse().unwrap());
    }
    let dressed = ask(label.space(0), asked).await;
    assert_eq!((dressed.status, dressed.body), (plain.status, plain.body));
}
