//! Every route of the table, asked by nobody, by every method, of every kind of node.

use app::Role;
use axum::body::Body;
use axum::http::Request;
use testkit::{Answer, Label, START, TestNode, Wallet, operator, post};

use super::{ask, ask_for, check_refusal, check_standard_refusal};
use crate::{ROUTES, Route, STANDARD_CODES, Who};

const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW",
];

/// What nobody is answered by a coordinator, by a labelled space, and by a space that
/// has heard nothing yet; a route without a line fails the test.
fn expected(route: &Route) -> [u16; 3] {
    match route.path {
        "/.well-known/openid-federation"
        | "/api/v1/home"
        | "/api/v1/openapi.json"
        | "/api/v1/calendar"
        | "/calendar.ics"
        | "/healthz" => [200, 200, 200],
        _ if route.path == "/api/v1/events/{event}" => [404, 404, 404],
        "/api/v1/label/history"
        | "/federation/fetch"
        | "/federation/resolve"
        | "/federation/trust-mark"
        | "/federation/trust-mark-list"
        | "/federation/trust-mark-status"
        | "/federation/v1/feed" => [400, 400, 400],
        "/federation/list" | "/federation/historical-keys" => [200, 404, 404],
        "/federation/v1/anchor" => [200, 200, 404],
        "/federation/v1/fork"
        | "/federation/v1/hint"
        | "/federation/v1/join"
        | "/federation/v1/request"
        | "/api/v1/enrol"
        | "/api/v1/sign-in" => [415, 415, 415],
        _ if route.who != Who::Anybody => [401, 401, 401],
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
        if STANDARD_CODES.iter().any(|(it, _)| *it == code) {
            check_standard_refusal(answer, &code);
        } else {
            check_refusal(answer, &code);
        }
    } else {
        let kept = if what.contains("/calendar.ics") {
            "max-age=900"
        } else {
            "no-cache"
        };
        assert_eq!(answer.header("cache-control"), Some(kept), "{what}");
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
                let asked_by = |it: &&Route| {
                    let is_head = method == "HEAD" && it.method == "GET";
                    it.path == route.path && (it.method == method || is_head)
                };
                let is_head = method == "HEAD";
                let status = if let Some(route) = ROUTES.iter().find(asked_by) {
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
        assert!(route.path.starts_with('/'), "{}", route.path);
        assert!(
            ROUTES[at + 1..]
                .iter()
                .all(|it| (it.path, it.method) != (route.path, route.method)),
            "{}",
            route.path
        );
    }
}

/// A body that every route understands, so that only the question who asks is left.
const BODY: &str =
    r#"{"code":"ESC1:","jwks":[],"name":"Alix","formula":"none","role":"desk","state":"paused"}"#;

fn by(authorization: Option<&str>, route: &Route) -> Request<Body> {
    let mut request = post(route.path, "application/json", BODY);
    *request.method_mut() = route.method.parse().unwrap();
    if let Some(value) = authorization {
        let headers = request.headers_mut();
        headers.insert("authorization", value.parse().unwrap());
    }
    request
}

/// Who asks, as the value of `Authorization`.
struct Askers {
    desk: String,
    steward: String,
    operator: String,
    member: String,
    /// Values that prove nothing here.
    nobody: Vec<String>,
}

async fn askers(space: &TestNode, other: &TestNode) -> Askers {
    let bearer = async |node: &TestNode, role| {
        let token = node.app().access_token(&operator(), role, "somebody").await;
        format!("Bearer {}", token.unwrap())
    };
    let desk = bearer(space, Role::Desk).await;
    let steward = bearer(space, Role::Steward).await;
    let boss = bearer(space, Role::Operator).await;
    let (wallet, stranger) = (
        Wallet::enrol(space, "Camille", None).await,
        Wallet::enrol(other, "Camille", None).await,
    );
    let member = format!("Passport {}", wallet.ask_home(space.entity(), START));
    let (bent, _) = boss.split_at(boss.len() - 1);
    let revoked = bearer(space, Role::Operator).await;
    let rows = space.app().accesses(&operator()).await.unwrap();
    let (_, token) = revoked.split_once(' ').unwrap();
    space.app().sign_out(token).await.unwrap();
    assert_eq!(rows.len(), 4);
    let at_a_desk = wallet.present(&wallet.claims(space.entity().as_str(), START, "at a desk"));
    let code = space
        .app()
        .access_code(&operator(), Role::Operator, "x")
        .await
        .unwrap();
    let nobody = vec![
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer wrong".to_owned(),
        bent.to_owned(),
        boss.replace("Bearer", "Basic"),
        boss.replace("Bearer", "bearer"),
        boss.replace("Bearer", "Passport"),
        boss.replace("Bearer ", ""),
        revoked.clone(),
        format!("Bearer {code}"),
        format!("Bearer {}", wallet.passport),
        bearer(other, Role::Operator).await,
        // A passport, but no proof that it is shown for this, here, now, by its holder.
        format!("Passport {}", wallet.passport),
        format!("Passport {}~", wallet.passport),
        format!("Passport {at_a_desk}"),
        format!("Passport {}", wallet.ask_home(other.entity(), START)),
        format!(
            "Passport {}",
            wallet.ask_home(space.entity(), START.plus_seconds(301))
        ),
        format!(
            "Passport {}",
            wallet.ask_home(space.entity(), START.plus_seconds(-301))
        ),
        format!("Passport {}", stranger.ask_home(space.entity(), START)),
        format!("Passport {}", stranger.ask_home(other.entity(), START)),
    ];
    Askers {
        desk,
        steward,
        operator: boss,
        member,
        nobody,
    }
}

/// What somebody with the right is answered where nothing else is good.
fn rightly(route: &Route) -> &'static [u16] {
    match (route.method, route.path) {
        (
            "GET",
            "/api/v1/members/{member}/registrations" | "/api/v1/members/{member}/passports",
        ) => &[404],
        ("GET", _)
        | (
            "POST",
            "/api/v1/desk/judge"
            | "/api/v1/desk/challenge"
            | "/api/v1/desk/receive"
            | "/api/v1/access",
        ) => &[200],
        // The body of the others is none of a correction, of an event or of a wish.
        (
            "POST",
            "/api/v1/members"
            | "/api/v1/member/renew"
            | "/api/v1/visits/{visit}/correct"
            | "/api/v1/events"
            | "/api/v1/events/{event}/change"
            | "/api/v1/seats/{registration}/cancel"
            | "/api/v1/member/registrations"
            | "/api/v1/members/{member}/registrations",
        ) => &[400],
        ("POST", path) if path.contains('{') => &[404],
        (method, path) => panic!("{method} {path} has no line in this table"),
    }
}

#[tokio::test]
async fn every_route_is_for_those_whom_the_table_names_and_nobody_else() {
    let label = Label::labelled(2).await;
    let (space, other) = (label.space(0), label.space(1));
    let askers = askers(space, other).await;
    let staff = [&askers.desk, &askers.steward, &askers.operator];
    let mut counted = 0;
    for route in ROUTES.iter().filter(|it| it.who != Who::Anybody) {
        counted += 1;
        let what = format!("{} {}", route.method, route.path);
        let needed = if route.who == Who::Member {
            "passport_needed"
        } else {
            "credential_needed"
        };
        check_refusal(&ask(space, by(None, route)).await, needed);
        for wrong in &askers.nobody {
            check_refusal(&ask(space, by(Some(wrong), route)).await, needed);
        }
        let allowed = match route.who {
            Who::Anybody => continue,
            Who::Member => {
                for it in staff {
                    check_refusal(&ask(space, by(Some(it), route)).await, needed);
                }
                vec![&askers.member]
            }
            Who::Desk | Who::Steward | Who::Operator => {
                check_refusal(&ask(space, by(Some(&askers.member), route)).await, needed);
                let rank = match route.who {
                    Who::Desk | Who::Anybody | Who::Member => 0,
                    Who::Steward => 1,
                    Who::Operator => 2,
                };
                let (low, high) = staff.split_at(rank);
                for it in low {
                    check_refusal(&ask(space, by(Some(it), route)).await, "role_needed");
                }
                high.to_vec()
            }
        };
        for right in allowed {
            let answer = ask(space, by(Some(right), route)).await;
            let status = answer.status.as_u16();
            assert!(
                rightly(route).contains(&status),
                "{what}: {status} {}",
                answer.text()
            );
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
            // What is right here is worth nothing elsewhere.
            check_refusal(&ask(other, by(Some(right), route)).await, needed);
        }
    }
    assert_eq!(counted, 35);
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
