//! What an owner answers to whatever comes from a home, and a home to whatever comes from
//! an owner.

use app::keys::{INBOX, OUTBOX, REGISTRATIONS, SEAT_PLACES, SEATS};
use app::{REGISTRATIONS_OF_A_HOME_MAX, RegistrationId};
use serde_json::{Value, json};
use store::{Batch, Key, Store as _};
use testkit::{DAY_SECONDS, Label, TestNode, operator};
use testkit::{forge, forge_request, outcome_of, post_request, request_of};
use wire::Sha256Hash;
use wire::event::EventStatus;
use wire::registration::{CANCELLATION_KIND, NOTICE_KIND, REGISTRATION_KIND, Registration};

use crate::desk::{home, host};
use crate::look::{assert_sound, stored};
use crate::registering::{
    change, publish, published, seats, send, stands, take_back, three_trainings, training, wish,
};

type Said = Result<(), String>;

fn no(code: &str) -> Said {
    Err(code.to_owned())
}

/// The id of a registration, which follows from a word.
fn id_of(word: &str) -> String {
    let hash = Sha256Hash::of(&[word.as_bytes()]).0;
    seal::base64url::encode(&hash[..16])
}

/// What the home says of somebody of that name who wants to come.
fn registration(label: &Label, event: &str, name: &str) -> Value {
    json!({ "iss": home(label).entity(), "aud": host(label).entity(),
        "iat": home(label).app().now(), "id": id_of(name), "event": event, "name": name })
}

/// What `to` answers `from` to a question.
async fn asked(from: &TestNode, to: &TestNode, op: &str, kind: &str, body: Value) -> Said {
    let request = request_of(from, to, op, kind, body);
    outcome_of(&post_request(to, forge_request(&request, from)).await)
}

fn signed(claims: &Value, by: &TestNode) -> Value {
    json!({ "registration": forge::<Registration>(claims, &by.plan().ops()) })
}

/// What the host answers the home to a registration of these claims.
async fn register(label: &Label, op: &str, claims: &Value) -> Said {
    let (from, to) = (home(label), host(label));
    asked(from, to, op, REGISTRATION_KIND, signed(claims, from)).await
}

async fn cancel(label: &Label, from: &TestNode, op: &str, name: &str) -> Said {
    let body = json!({ "registration": id_of(name) });
    asked(from, host(label), op, CANCELLATION_KIND, body).await
}

#[tokio::test]
async fn each_registration_gets_one_answer_and_a_refusal_its_code() {
    let label = Label::labelled(3).await;
    let (open, _) = publish(&label, &training(&label, None)).await;
    let (once, _) = publish(&label, &training(&label, Some(1))).await;
    let (thrice, _) = publish(&label, &three_trainings(&label, 1)).await;
    let (off, _) = publish(&label, &training(&label, Some(1))).await;
    change(&label, &off, |it| it.status = EventStatus::Cancelled)
        .await
        .unwrap();
    let first = three_trainings(&label, 1).start;
    let of = |event: &str, name: &str, due: Value| {
        let mut claims = registration(&label, event, name);
        claims["occurrence"] = due;
        claims
    };
    let cases = [
        (of(&once, "Anne", Value::Null), Ok(())),
        (of(&once, "Bob", Value::Null), no("waiting")),
        (of(&open, "Carl", Value::Null), no("no_registration")),
        (of(&off, "Dina", Value::Null), no("event_cancelled")),
        (of("nothing", "Eve", Value::Null), no("unknown")),
        (of(&once, "Fred", json!(first)), no("unknown")),
        (of(&thrice, "Gina", Value::Null), no("unknown")),
        (
            of(&thrice, "Hugo", json!("2026-01-01T00:00:00")),
            no("unknown"),
        ),
        (of(&thrice, "Ines", json!(first)), Ok(())),
        (of(&thrice, "Jean", json!(first)), no("waiting")),
        // The id of one who has a seat, in another document; and the very same document.
        (of(&once, "Anne", json!(first)), no("id_used")),
        (of(&once, "Anne", Value::Null), Ok(())),
        (of(&once, "Bob", Value::Null), no("waiting")),
    ];
    for (at, (claims, expected)) in cases.iter().enumerate() {
        let said = register(&label, &format!("op-{at}"), claims).await;
        assert_eq!(said, *expected, "{at}: {claims}");
    }
    assert_eq!(cancel(&label, home(&label), "give", "Anne").await, Ok(()));
    let again = register(&label, "again", &cases[0].0).await;
    assert_eq!(again, no("registration_cancelled"));
    // What was answered under one name stays the answer under it.
    assert_eq!(register(&label, "op-0", &cases[0].0).await, Ok(()));
    let other = register(&label, "op-0", &cases[1].0).await;
    assert_eq!(other, no("conflict"));
    label.advance(DAY_SECONDS);
    label.hear().await;
    let late = register(&label, "late", &of(&once, "Late", Value::Null)).await;
    assert_eq!(late, no("registration_closed"));
    let seats = seats(&label, &once).await;
    assert_eq!(seats, ["Anne given back", "Bob taken"]);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn what_is_no_registration_of_the_home_for_this_node_is_malformed() {
    let label = Label::labelled(3).await;
    let (event, _) = published(&label, 9).await;
    let (from, to) = (home(&label), host(&label));
    let good = registration(&label, &event, "Anne");
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let other = label.space(2).entity();
    let bodies = [
        json!({}),
        json!({ "registration": "a.b.c" }),
        signed(&good, label.space(2)),
        signed(&good, to),
        signed(&changed("iss", json!(other)), from),
        signed(&changed("aud", json!(other)), from),
        signed(&changed("iss", json!(to.entity())), from),
        signed(&changed("id", json!("short")), from),
        signed(&changed("name", json!("")), from),
        signed(&changed("name", json!("x".repeat(41))), from),
        signed(&changed("name", json!("a\u{7}b")), from),
        signed(&changed("event", json!("a b")), from),
        signed(&changed("occurrence", json!("tomorrow")), from),
    ];
    for (at, body) in bodies.into_iter().enumerate() {
        let op = format!("op-{at}");
        let said = asked(from, to, &op, REGISTRATION_KIND, body.clone()).await;
        assert_eq!(said, no("malformed"), "{body}");
    }
    for body in [json!({}), json!({ "registration": "x" })] {
        let said = asked(
            from,
            to,
            &format!("c{body}").replace(|it: char| !it.is_ascii_alphanumeric(), "-"),
            CANCELLATION_KIND,
            body,
        )
        .await;
        assert_eq!(said, no("malformed"));
    }
    assert_eq!(stored(to, SEATS).await.len(), 0);
    assert_eq!(register(&label, "good", &good).await, Ok(()));
}

#[tokio::test]
async fn a_home_without_the_label_gets_no_seat_once_that_is_known() {
    let label = Label::labelled(3).await;
    let (event, _) = published(&label, 9).await;
    let (from, to) = (home(&label), host(&label));
    let kept = registration(&label, &event, "Anne");
    assert_eq!(register(&label, "first", &kept).await, Ok(()));
    let coordinator = label.coordinator.app();
    coordinator.withdraw(from.entity(), "a test").await.unwrap();
    label.settle().await;
    // The label may have been granted again since the coordinator was last heard.
    label.advance(10);
    let late = registration(&label, &event, "Late");
    assert_eq!(register(&label, "late", &late).await, no("request_not_yet"));
    label.advance(3_600);
    label.hear().await;
    assert_eq!(register(&label, "late", &late).await, no("not_labelled"));
    // Whoever has a seat keeps it, and can give it back.
    assert_eq!(register(&label, "again", &kept).await, Ok(()));
    assert_eq!(cancel(&label, from, "give", "Anne").await, Ok(()));
    coordinator.grant(from.entity()).await.unwrap();
    label.settle().await;
    assert_eq!(register(&label, "granted", &late).await, Ok(()));
    assert_sound(&[to]).await;
}

#[tokio::test]
async fn nobody_speaks_for_registrations_that_are_not_their_own() {
    let label = Label::labelled(3).await;
    let (event, uid) = published(&label, 1).await;
    let (there, thief) = (home(&label), label.space(2));
    let row = wish(there, "Camille", &uid, None).await.unwrap();
    send(&label, there).await;
    let name = row.id.to_string();
    let notice = |revision: u64, state: &str| json!({ "registration": name, "revision": revision, "state": state });
    // A home gives another home's seat back: the same id is another registration.
    let body = json!({ "registration": name });
    let said = asked(thief, host(&label), "a", CANCELLATION_KIND, body).await;
    assert_eq!(said, no("unknown"));
    let mut same_id = registration(&label, &event, "Thief");
    same_id["iss"] = json!(thief.entity());
    same_id["id"] = json!(name);
    let body = signed(&same_id, thief);
    let said = asked(thief, host(&label), "b", REGISTRATION_KIND, body).await;
    assert_eq!(said, no("waiting"));
    assert_eq!(
        seats(&label, &event).await,
        ["Camille taken", "Thief waiting 1"]
    );
    // A node tells a home of a registration with another.
    let said = asked(thief, there, "c", NOTICE_KIND, notice(9, "cancelled")).await;
    assert_eq!(said, no("unknown"));
    let nobody = json!({ "registration": id_of("nobody"), "revision": 2, "state": "accepted" });
    let said = asked(host(&label), there, "d", NOTICE_KIND, nobody).await;
    assert_eq!(said, no("unknown"));
    for (at, body) in [
        json!({}),
        json!({ "registration": name, "revision": 1, "state": "cancelled" }),
        json!({ "registration": name, "revision": 2, "state": "waiting" }),
        json!({ "registration": "x", "revision": 2, "state": "cancelled" }),
    ]
    .into_iter()
    .enumerate()
    {
        let said = asked(host(&label), there, &format!("e{at}"), NOTICE_KIND, body).await;
        assert_eq!(said, no("malformed"));
    }
    assert_eq!(stands(there, "Camille").await, ["accepted"]);
    // What the owner itself says is taken, once.
    for (at, revision, state, expected) in [
        (0, 3, "cancelled", "taken back"),
        (1, 2, "accepted", "taken back"),
        (2, 3, "accepted", "taken back"),
        (3, 4, "accepted", "taken back"),
    ] {
        let op = format!("f{at}");
        let said = asked(
            host(&label),
            there,
            &op,
            NOTICE_KIND,
            notice(revision, state),
        )
        .await;
        assert_eq!(said, Ok(()));
        assert_eq!(stands(there, "Camille").await, [expected], "{at}");
    }
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn an_answer_of_another_node_is_not_taken() {
    let label = Label::labelled(3).await;
    let (_, uid) = published(&label, 1).await;
    let there = home(&label);
    wish(there, "Camille", &uid, None).await.unwrap();
    let op = there.app().waiting().await.unwrap().remove(0).op;
    let letter = there.app().make_letter(&op).await.unwrap().unwrap();
    let answer = |by: &TestNode, result: &str| {
        let claims = json!({ "iss": host(&label).entity(), "aud": there.entity(), "op": op,
            "jti": letter.jti, "iat": there.app().now(), "result": result });
        forge::<wire::request::Answer>(&claims, &by.plan().ops())
    };
    let by_thief = answer(label.space(2), "accepted");
    let taken = there.app().take_answer(&op, &letter.jti, &by_thief).await;
    assert!(
        matches!(taken, Err(app::OutboxError::NotGenuine)),
        "{taken:?}"
    );
    let other = answer(host(&label), "accepted");
    let taken = there
        .app()
        .take_answer(&op, "another attempt", &other)
        .await;
    assert!(
        matches!(taken, Err(app::OutboxError::NotGenuine)),
        "{taken:?}"
    );
    assert_eq!(stands(there, "Camille").await, ["asked"]);
    let taken = there.app().take_answer(&op, &letter.jti, &other).await;
    assert!(taken.is_ok(), "{taken:?}");
    assert_eq!(stands(there, "Camille").await, ["accepted"]);
}

/// The key with another number at its end.
fn numbered(key: &Key, number: u64) -> Key {
    let rest = key.rest();
    let rest = [&rest[..rest.len() - 8], &number.to_be_bytes()].concat();
    Key::new(SEATS, &rest)
}

/// Copies the last registration of the host so often.
async fn copy_last(label: &Label, times: u64, state: Value) {
    let node = host(label);
    let (key, found) = stored(node, SEATS).await.pop().unwrap();
    let mut seat: Value = serde_json::from_slice(&found.value).unwrap();
    seat["state"] = state;
    let mut batch = Batch::new();
    for number in 0..times {
        batch.put(
            numbered(&key, 10_000 + number),
            seat.to_string().into_bytes(),
        );
    }
    node.store().commit(batch).await.unwrap();
}

#[tokio::test]
async fn a_waiting_list_has_an_end() {
    let label = Label::labelled(3).await;
    let (event, _) = published(&label, 1).await;
    let ask = |op: &str, name: &str| {
        let (label, op, claims) = (
            label.clone(),
            op.to_owned(),
            registration(&label, &event, name),
        );
        async move { register(&label, &op, &claims).await }
    };
    assert_eq!(ask("a", "Anne").await, Ok(()));
    assert_eq!(ask("b", "Bob").await, no("waiting"));
    copy_last(&label, rules::seats::WAITING_MAX - 2, json!("waiting")).await;
    assert_eq!(ask("c", "Carl").await, no("waiting"));
    assert_eq!(ask("d", "Dina").await, no("event_full"));
    // Whoever was answered is answered the same.
    assert_eq!(ask("e", "Bob").await, no("waiting"));
}

#[tokio::test]
async fn a_home_that_asks_without_end_comes_to_one() {
    let label = Label::labelled(3).await;
    let (event, _) = published(&label, 10_000).await;
    let first = registration(&label, &event, "Anne");
    assert_eq!(register(&label, "a", &first).await, Ok(()));
    let gone = json!({ "cancelled": { "at": 1, "by": "member" } });
    let most = u64::try_from(REGISTRATIONS_OF_A_HOME_MAX).unwrap();
    copy_last(&label, most - 2, gone).await;
    let next = registration(&label, &event, "Bob");
    assert_eq!(register(&label, "b", &next).await, Ok(()));
    let over = registration(&label, &event, "Carl");
    assert_eq!(register(&label, "c", &over).await, no("too_many"));
    assert_eq!(register(&label, "d", &next).await, Ok(()));
    // Another home has all the room that there is.
    let other = label.space(2);
    let mut claims = registration(&label, &event, "Dina");
    claims["iss"] = json!(other.entity());
    let said = asked(
        other,
        host(&label),
        "e",
        REGISTRATION_KIND,
        signed(&claims, other),
    )
    .await;
    assert_eq!(said, Ok(()));
}

#[tokio::test]
async fn what_is_refused_or_unknown_leaves_nothing_but_its_answer() {
    let label = Label::labelled(3).await;
    let (event, _) = publish(&label, &training(&label, None)).await;
    for (op, event) in [("a", event.as_str()), ("b", "nothing")] {
        register(&label, op, &registration(&label, event, "Anne"))
            .await
            .unwrap_err();
    }
    let node = host(&label);
    for prefix in [SEATS, SEAT_PLACES, OUTBOX] {
        assert_eq!(stored(node, prefix).await.len(), 0);
    }
    assert_eq!(stored(node, INBOX).await.len(), 2);
}

#[tokio::test]
async fn a_registration_that_is_not_there_is_nobodys() {
    let label = Label::labelled(3).await;
    let (event, uid) = published(&label, 1).await;
    let (here, there) = (host(&label), home(&label));
    let row = wish(there, "Camille", &uid, None).await.unwrap();
    send(&label, there).await;
    let nobody = RegistrationId::parse(&id_of("nobody")).unwrap();
    let app = here.app();
    let unknown = app.cancel_seat(&operator(), there.entity(), nobody).await;
    assert!(
        matches!(unknown, Err(app::SeatError::Unknown)),
        "{unknown:?}"
    );
    let other_home = label.space(2).entity();
    let unknown = app.cancel_seat(&operator(), other_home, row.id).await;
    assert!(
        matches!(unknown, Err(app::SeatError::Unknown)),
        "{unknown:?}"
    );
    let unknown = there.app().cancel_of_member(&operator(), nobody).await;
    assert!(
        matches!(unknown, Err(app::RegistrationError::Unknown)),
        "{unknown:?}"
    );
    take_back(&label, &event, "Camille").await;
    // Twice is once.
    app.cancel_seat(&operator(), there.entity(), row.id)
        .await
        .unwrap();
    assert_eq!(stored(here, OUTBOX).await.len(), 1);
    assert_eq!(stored(there, REGISTRATIONS).await.len(), 1);
}
