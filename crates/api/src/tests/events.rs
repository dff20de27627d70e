//! Events and registrations over HTTP: published, subscribed to, registered for.

use app::Role;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use testkit::{Answer, HOUR_SECONDS, Label, START, TestNode, operator, post};

use super::{ask, check_refusal};

fn lesson(start: &str) -> Value {
    json!({
        "title": "La photo de vos produits", "start": start, "time_zone": "Europe/Paris",
        "duration": "PT2H", "kind": "training", "capacity": 2, "language": "fr",
    })
}

async fn token(node: &TestNode, role: Role) -> String {
    let token = node.app().access_token(&operator(), role, "Anne").await;
    token.unwrap()
}

async fn send(node: &TestNode, token: &str, path: &str, body: &Value) -> Answer {
    let mut request = post(path, "application/json", body.to_string());
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    ask(node, request).await
}

async fn get(node: &TestNode, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask(node, request.body(Body::empty()).unwrap()).await
}

/// A label whose coordinator has published a training; gives its `uid`.
async fn published() -> (Label, String) {
    let label = Label::labelled(2).await;
    let by = token(&label.coordinator, Role::Operator).await;
    let start = rules::event::written_utc(START.plus_seconds(48 * HOUR_SECONDS)).unwrap();
    let body = lesson(start.trim_end_matches('Z'));
    let done = send(&label.coordinator, &by, "/api/v1/events", &body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    label.settle().await;
    let uid = done.json()["uid"].as_str().unwrap().to_owned();
    (label, uid)
}

#[tokio::test]
async fn a_training_of_the_coordinator_is_in_every_calendar_and_its_lines_are_the_same() {
    let (label, uid) = published().await;
    let mut lines = Vec::new();
    for node in label.nodes() {
        let calendar = get(node, "/api/v1/calendar", &[]).await.json();
        assert_eq!(calendar["occurrences"][0]["uid"], json!(uid), "{calendar}");
        assert_eq!(calendar["occurrences"][0]["seats"]["capacity"], 2);
        let event = get(node, &format!("/api/v1/events/{uid}"), &[])
            .await
            .json();
        assert_eq!(event["event"]["title"], "La photo de vos produits");
        let feed = get(node, "/calendar.ics", &[]).await;
        assert_eq!(
            feed.header("content-type"),
            Some("text/calendar; charset=utf-8")
        );
        let text = feed.text();
        let (_, events) = text.split_once("BEGIN:VEVENT").unwrap();
        lines.push(events.split_once("END:VCALENDAR").unwrap().0.to_owned());
    }
    assert!(lines[0].contains(&format!("UID:{uid}")), "{}", lines[0]);
    assert!(lines.iter().all(|it| *it == lines[0]), "{lines:?}");
    let filtered = get(&label.coordinator, "/calendar.ics?kind=workshop", &[]).await;
    assert!(!filtered.text().contains("VEVENT"));
    let filtered = get(&label.coordinator, "/api/v1/calendar?kind=workshop", &[]).await;
    assert_eq!(filtered.json()["occurrences"], json!([]));
}

#[tokio::test]
async fn who_has_the_calendar_is_not_given_it_again_until_it_changes() {
    let (label, uid) = published().await;
    let node = label.space(0);
    let first = get(node, "/calendar.ics", &[]).await;
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"'), "a strong tag: {tag}");
    assert!(first.header("last-modified").unwrap().ends_with("GMT"));
    label.advance(3 * HOUR_SECONDS);
    node.restart().await;
    for sent in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let again = get(node, "/calendar.ics", &[("if-none-match", &sent)]).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{sent}");
        assert_eq!(again.header("etag"), Some(tag.as_str()));
        assert_eq!(again.text(), "");
    }
    let by = token(&label.coordinator, Role::Operator).await;
    let id = uid.split('@').next().unwrap();
    let path = format!("/api/v1/events/{id}/cancel");
    let done = send(&label.coordinator, &by, &path, &json!({})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    label.settle().await;
    let changed = get(node, "/calendar.ics", &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert!(changed.text().contains("STATUS:CANCELLED"));
    assert!(changed.text().contains("SEQUENCE:1"));
}

#[tokio::test]
async fn what_cannot_be_published_says_why() {
    let label = Label::labelled(1).await;
    let node = label.space(0);
    let by = token(node, Role::Operator).await;
    let steward = token(node, Role::Steward).await;
    let good = lesson("2027-01-12T14:00:00");
    let refused = send(node, &steward, "/api/v1/events", &good).await;
    check_refusal(&refused, "role_needed");
    for (part, value, code) in [
        ("title", json!(""), "event_malformed"),
        ("title", json!("two\nlines"), "event_malformed"),
        ("capacity", json!(0), "event_malformed"),
        ("duration", json!("P1D"), "event_malformed"),
        ("link", json!("http://le-mug.example"), "event_malformed"),
        ("time_zone", json!("Europe/Chambery"), "event_refused"),
        ("start", json!("2027-02-30T14:00:00"), "event_refused"),
        ("start", json!("2027-03-28T02:30:00"), "event_refused"),
        ("start", json!("yesterday"), "body_malformed"),
        ("rule", json!({ "frequency": "hourly" }), "body_malformed"),
        (
            "rule",
            json!({ "frequency": "weekly", "byDay": [{ "day": "mo" }] }),
            "event_refused",
        ),
    ] {
        let mut body = good.clone();
        body[part] = value;
        let refused = send(node, &by, "/api/v1/events", &body).await;
        check_refusal(&refused, code);
    }
    let refused = send(node, &by, "/api/v1/events/none/change", &good).await;
    check_refusal(&refused, "no_such_event");
    let calendar = get(node, "/api/v1/calendar?days=366", &[]).await.json();
    assert_eq!(calendar["occurrences"], json!([]));
}

#[tokio::test]
async fn a_steward_registers_a_member_and_the_organiser_sees_a_name() {
    let (label, uid) = published().await;
    let (owner, home) = (&label.coordinator, label.space(0));
    let text = testkit::space_text("Le Mug");
    home.app().publish_space(&text).await.unwrap();
    let app = home.app();
    let member = app.add_member(&operator(), "Camille", "month", None).await;
    let member = member.unwrap();
    let by = token(home, Role::Steward).await;
    let path = format!("/api/v1/members/{member}/registrations");
    let asked = send(home, &by, &path, &json!({ "uid": uid })).await;
    assert_eq!(asked.json()["state"]["is"], "asked", "{}", asked.text());
    assert_eq!(testkit::send_all(&label.network, home).await.len(), 0);
    let bearer = format!("Bearer {by}");
    let listed = get(home, &path, &[("authorization", &bearer)]).await.json();
    let row = &listed["registrations"][0];
    assert_eq!(row["state"]["is"], "accepted", "{listed}");
    let bearer = format!("Bearer {}", token(owner, Role::Steward).await);
    let id = uid.split('@').next().unwrap();
    let seats = format!("/api/v1/events/{id}/seats");
    let seats = get(owner, &seats, &[("authorization", &bearer)])
        .await
        .json();
    assert_eq!(seats[0]["name"], "Camille");
    assert_eq!(seats[0]["state"], "taken");
    let give_back = row["id"].as_str().unwrap();
    let path = format!("/api/v1/registrations/{give_back}/cancel");
    let given = send(home, &by, &path, &json!({})).await;
    assert_eq!(
        given.json()["state"]["is"],
        "cancelling",
        "{}",
        given.text()
    );
    let refused = send(home, &by, "/api/v1/registrations/x/cancel", &json!({})).await;
    check_refusal(&refused, "no_such_registration");
}

/// Somebody at a space, with a member and an event of its own for one of them.
async fn at_a_space() -> (Label, String, String) {
    let label = Label::labelled(1).await;
    let app = label.space(0).app();
    app.publish_space(&testkit::space_text("Le Mug"))
        .await
        .unwrap();
    let member = app.add_member(&operator(), "Camille", "month", None).await;
    let by = token(label.space(0), Role::Operator).await;
    (label, by, member.unwrap())
}

/// An answer that has this code.
pub(crate) async fn answer_of(code: &str) -> Answer {
    let (label, by, member) = at_a_space().await;
    let space = label.space(0);
    let start = rules::event::written_utc(START.plus_seconds(48 * HOUR_SECONDS)).unwrap();
    let mut body = lesson(start.trim_end_matches('Z'));
    let wishes = format!("/api/v1/members/{member}/registrations");
    let publish = async |body: &Value| send(space, &by, "/api/v1/events", body).await;
    let register = async |uid: &Value| send(space, &by, &wishes, &json!({ "uid": uid })).await;
    match code {
        "event_malformed" => {
            body["title"] = json!("");
            publish(&body).await
        }
        "event_refused" => {
            body["time_zone"] = json!("Europe/Chambery");
            publish(&body).await
        }
        "no_such_event" => register(&json!("none@le-mug.example")).await,
        "no_such_registration" => {
            let path = format!("/api/v1/seats/{}/cancel", "A".repeat(22));
            send(space, &by, &path, &json!({ "home": space.entity() })).await
        }
        "event_has_registrations" => {
            body["rule"] = json!({ "frequency": "weekly", "count": 3 });
            let done = publish(&body).await.json();
            let wish = json!({ "uid": done["uid"], "due": body["start"] });
            assert_eq!(send(space, &by, &wishes, &wish).await.status, 200);
            let id = done["id"].as_str().unwrap();
            body["rule"] = json!(null);
            send(space, &by, &format!("/api/v1/events/{id}/change"), &body).await
        }
        "registration_over" => {
            let uid = publish(&body).await.json()["uid"].clone();
            let id = register(&uid).await.json()["id"]
                .as_str()
                .unwrap()
                .to_owned();
            label.advance(72 * HOUR_SECONDS);
            let path = format!("/api/v1/registrations/{id}/cancel");
            send(space, &by, &path, &json!({})).await
        }
        "too_many_events" => {
            for _ in 0..app::EVENTS_MAX {
                assert_eq!(publish(&body).await.status, 200);
            }
            publish(&body).await
        }
        "too_many_registrations" => {
            for _ in 0..app::REGISTRATIONS_ACTIVE_MAX {
                let uid = publish(&body).await.json()["uid"].clone();
                assert_eq!(register(&uid).await.status, 200);
            }
            let uid = publish(&body).await.json()["uid"].clone();
            register(&uid).await
        }
        code => panic!("nothing here is answered by {code}"),
    }
}
