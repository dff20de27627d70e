//! Seats across nodes: asked by the home, counted by the owner, once.

use app::keys::REGISTRATIONS;
use app::{
    CancelledBy, EventError, EventText, PublishedEvent, RegistrationError, RegistrationRow,
    RegistrationState, SeatState, Wish,
};
use store::Store as _;
use testkit::{HOUR_SECONDS, Label, TestNode, Wallet, operator, send_all, space_text};
use wire::event::{EventKind, EventStatus, Frequency, LocalTime, RecurrenceRule, Span};

use crate::desk::{home, host};

/// A training tomorrow at the host, with so many seats.
pub(crate) fn training(label: &Label, capacity: Option<u64>) -> EventText {
    let tomorrow = label.space(0).app().now().plus_seconds(24 * HOUR_SECONDS);
    let start = rules::event::written_utc(tomorrow).unwrap();
    EventText {
        title: "La photo de vos produits".to_owned(),
        description: Some("Une heure, un téléphone, une fenêtre.".to_owned()),
        start: LocalTime::parse(start.trim_end_matches('Z')).unwrap(),
        time_zone: Some("UTC".to_owned()),
        duration: Span::new(0, 7_200),
        is_all_day: false,
        rule: None,
        overrides: std::collections::BTreeMap::new(),
        status: EventStatus::Confirmed,
        place: None,
        link: None,
        language: Some("fr".to_owned()),
        kind: EventKind::Training,
        capacity,
        price_cents: None,
        is_example: true,
    }
}

/// The same, each day for three days.
pub(crate) fn three_trainings(label: &Label, capacity: u64) -> EventText {
    let mut text = training(label, Some(capacity));
    text.rule = Some(RecurrenceRule {
        form: None,
        frequency: Frequency::Daily,
        interval: 1,
        by_day: Vec::new(),
        count: Some(3),
        until: None,
    });
    text
}

/// Publishes this at the host, and lets everybody hear of it; gives its id and its `uid`.
pub(crate) async fn publish(label: &Label, text: &EventText) -> (String, String) {
    let app = host(label).app();
    let done = app.publish_event(&operator(), None, text).await.unwrap();
    label.settle().await;
    (done.id, done.uid)
}

/// Publishes an event of the host again with a change. Nobody has heard of it yet.
pub(crate) async fn change(
    label: &Label,
    id: &str,
    change: impl FnOnce(&mut EventText),
) -> Result<PublishedEvent, EventError> {
    let app = host(label).app();
    let mut text = app.event_text(&operator(), id).await.unwrap();
    change(&mut text);
    app.publish_event(&operator(), Some(id), &text).await
}

/// The number of a member of that name, who may be new.
pub(crate) async fn member(at: &TestNode, name: &str) -> String {
    let members = at.app().members(&operator()).await.unwrap();
    if let Some(member) = members.into_iter().find(|it| it.name == name) {
        return member.id;
    }
    at.app().publish_space(&space_text("Le Mug")).await.unwrap();
    let added = at.app().add_member(&operator(), name, "month", None).await;
    added.unwrap()
}

/// A member asks for a seat.
pub(crate) async fn wish(
    at: &TestNode,
    name: &str,
    uid: &str,
    due: Option<&LocalTime>,
) -> Result<RegistrationRow, RegistrationError> {
    let member = member(at, name).await;
    let wish = Wish {
        uid: uid.to_owned(),
        due: due.cloned(),
        name: None,
    };
    at.app().register_member(&operator(), &member, &wish).await
}

/// A member's registrations, what is next first.
pub(crate) async fn rows(at: &TestNode, name: &str) -> Vec<RegistrationRow> {
    let member = member(at, name).await;
    let rows = at.app().registrations_of_member(&operator(), &member).await;
    rows.unwrap()
}

/// A member gives the only registration back that they have.
pub(crate) async fn give_back(at: &TestNode, name: &str) -> Result<(), RegistrationError> {
    let row = rows(at, name).await.remove(0);
    let given_back = at.app().cancel_of_member(&operator(), row.id).await;
    given_back.map(|_| ())
}

/// Where a registration stands, in words.
pub(crate) fn word(state: &RegistrationState) -> String {
    match state {
        RegistrationState::Asked { .. } => "asked".to_owned(),
        RegistrationState::Accepted { was_waiting, .. } => {
            if *was_waiting { "promoted" } else { "accepted" }.to_owned()
        }
        RegistrationState::Waiting { rank, .. } => format!("waiting {rank}"),
        RegistrationState::Refused { code, .. } => format!("refused {code}"),
        RegistrationState::Unknown { .. } => "unknown".to_owned(),
        RegistrationState::Cancelling { .. } => "giving back".to_owned(),
        RegistrationState::Cancelled { by, .. } => by_whom(*by).to_owned(),
        RegistrationState::GivenUp { .. } => "given up".to_owned(),
    }
}

fn by_whom(by: CancelledBy) -> &'static str {
    match by {
        CancelledBy::Member => "given back",
        CancelledBy::Organiser => "taken back",
    }
}

/// Where all registrations of a member stand, what is next first.
pub(crate) async fn stands(at: &TestNode, name: &str) -> Vec<String> {
    let rows = rows(at, name).await;
    rows.iter().map(|row| word(&row.state)).collect()
}

/// Who has registered for an event of the host, and where they stand there.
pub(crate) async fn seats(label: &Label, id: &str) -> Vec<String> {
    let rows = host(label).app().seats(&operator(), id).await.unwrap();
    let said = |row: &app::SeatRow| match (row.state, row.rank) {
        (SeatState::Taken { .. }, None) => format!("{} taken", row.name),
        (SeatState::Waiting, Some(rank)) => format!("{} waiting {rank}", row.name),
        (SeatState::Cancelled { by, .. }, None) => format!("{} {}", row.name, by_whom(by)),
        other => panic!("{other:?}"),
    };
    rows.iter().map(said).collect()
}

/// The host takes somebody's seat, or place in the waiting list, back.
pub(crate) async fn take_back(label: &Label, id: &str, name: &str) {
    let app = host(label).app();
    let seats = app.seats(&operator(), id).await.unwrap();
    let seat = seats.iter().find(|it| it.name == name).unwrap();
    app.cancel_seat(&operator(), &seat.home, seat.id)
        .await
        .unwrap();
}

/// Publishes it at the host, and lets everybody hear of it; gives its `uid`.
pub(crate) async fn published(label: &Label, capacity: u64) -> (String, String) {
    let text = training(label, Some(capacity));
    let done = host(label)
        .app()
        .publish_event(&operator(), None, &text)
        .await
        .unwrap();
    label.settle().await;
    (done.id, done.uid)
}

/// A member of a space, who asks for a seat.
pub(crate) async fn ask(at: &TestNode, name: &str, uid: &str) -> RegistrationRow {
    let wallet = Wallet::enrol(at, name, None).await;
    let member = at.app().members(&operator()).await.unwrap();
    let member = member.into_iter().find(|it| it.name == name).unwrap().id;
    drop(wallet);
    let wish = Wish {
        uid: uid.to_owned(),
        due: None,
        name: None,
    };
    at.app()
        .register_member(&operator(), &member, &wish)
        .await
        .unwrap()
}

pub(crate) async fn send(label: &Label, from: &TestNode) {
    let failed = send_all(&label.network, from).await;
    assert!(failed.is_empty(), "{failed:?}");
}

/// Where a member's only registration stands.
async fn state(at: &TestNode, name: &str) -> RegistrationState {
    let members = at.app().members(&operator()).await.unwrap();
    let member = members.into_iter().find(|it| it.name == name).unwrap().id;
    let rows = at.app().registrations_of_member(&operator(), &member).await;
    let mut rows = rows.unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0).state
}

#[tokio::test]
async fn a_seat_is_counted_once_by_whoever_owns_the_event_and_goes_on_to_who_waits() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 2).await;
    let (here, there, other) = (host(&label), home(&label), label.space(2));

    // A member of the owner is decided on at once.
    let own = ask(here, "Anne", &uid).await;
    assert!(matches!(
        own.state,
        RegistrationState::Accepted {
            was_waiting: false,
            ..
        }
    ));
    // Others wait for the answer.
    let asked = ask(there, "Camille", &uid).await;
    assert!(matches!(asked.state, RegistrationState::Asked { .. }));
    send(&label, there).await;
    assert!(matches!(
        state(there, "Camille").await,
        RegistrationState::Accepted { .. }
    ));
    ask(other, "Denis", &uid).await;
    send(&label, other).await;
    assert!(matches!(
        state(other, "Denis").await,
        RegistrationState::Waiting { rank: 1, .. }
    ));

    // Asked twice, it is the same.
    let again = ask_again(there, "Camille", &uid).await;
    assert_eq!(again.id, asked.id);
    assert!(there.app().waiting().await.unwrap().is_empty());

    // A seat given back goes to whoever waits, and their home is told.
    there
        .app()
        .cancel_of_member(&operator(), asked.id)
        .await
        .unwrap();
    assert!(matches!(
        state(there, "Camille").await,
        RegistrationState::Cancelling { .. }
    ));
    send(&label, there).await;
    assert!(matches!(
        state(there, "Camille").await,
        RegistrationState::Cancelled { .. }
    ));
    send(&label, here).await;
    let promoted = state(other, "Denis").await;
    assert!(
        matches!(
            promoted,
            RegistrationState::Accepted {
                was_waiting: true,
                ..
            }
        ),
        "{promoted:?}"
    );
    let seats = here.app().seats(&operator(), &id).await.unwrap();
    let taken = seats
        .iter()
        .filter(|it| matches!(it.state, SeatState::Taken { .. }));
    let names: Vec<_> = taken.map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Anne", "Denis"]);
    for node in label.nodes() {
        let report = node.app().check(app::Depth::Deep).await.unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
    }
}

async fn ask_again(at: &TestNode, name: &str, uid: &str) -> RegistrationRow {
    let members = at.app().members(&operator()).await.unwrap();
    let member = members.into_iter().find(|it| it.name == name).unwrap().id;
    let wish = Wish {
        uid: uid.to_owned(),
        due: None,
        name: None,
    };
    at.app()
        .register_member(&operator(), &member, &wish)
        .await
        .unwrap()
}

#[tokio::test]
async fn who_gives_back_before_the_answer_has_nothing_at_the_end() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 1).await;
    let (here, there) = (host(&label), home(&label));
    let asked = ask(there, "Camille", &uid).await;
    there
        .app()
        .cancel_of_member(&operator(), asked.id)
        .await
        .unwrap();
    send(&label, there).await;
    send(&label, there).await;
    assert!(matches!(
        state(there, "Camille").await,
        RegistrationState::Cancelled { .. }
    ));
    let seats = here.app().seats(&operator(), &id).await.unwrap();
    assert!(
        matches!(seats[0].state, SeatState::Cancelled { .. }),
        "{seats:?}"
    );
}

#[tokio::test]
async fn more_seats_go_to_those_who_wait_and_a_cancelled_event_refuses() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 1).await;
    let (here, there, other) = (host(&label), home(&label), label.space(2));
    ask(here, "Anne", &uid).await;
    ask(there, "Camille", &uid).await;
    send(&label, there).await;
    assert!(matches!(
        state(there, "Camille").await,
        RegistrationState::Waiting { rank: 1, .. }
    ));
    let mut text = here.app().event_text(&operator(), &id).await.unwrap();
    text.capacity = Some(2);
    let done = here
        .app()
        .publish_event(&operator(), Some(&id), &text)
        .await
        .unwrap();
    assert!(done.has_changed);
    send(&label, here).await;
    assert!(matches!(
        state(there, "Camille").await,
        RegistrationState::Accepted {
            was_waiting: true,
            ..
        }
    ));
    here.app()
        .cancel_event(&operator(), &id, None)
        .await
        .unwrap();
    ask(other, "Denis", &uid).await;
    send(&label, other).await;
    let refused = state(other, "Denis").await;
    let RegistrationState::Refused { code, .. } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(code, "event_cancelled");
}

/// The owner's word that a home keeps of its only registration.
async fn kept_word(at: &TestNode) -> String {
    let page = at.store().scan(REGISTRATIONS, &[], None, 2).await.unwrap();
    let [(_, kept)] = page.entries.as_slice() else {
        panic!("{page:?}");
    };
    let kept: serde_json::Value = serde_json::from_slice(&kept.value).unwrap();
    kept["answer"].as_str().unwrap().to_owned()
}

/// Asks the owner what waits at a home, and keeps the answer back.
async fn answered_late(from: &TestNode, to: &TestNode) -> (String, String, String) {
    let waiting = from.app().waiting().await.unwrap().remove(0);
    let letter = from.app().make_letter(&waiting.op).await.unwrap().unwrap();
    let answer = to.app().answer_request(&letter.request).await.unwrap();
    (waiting.op, letter.jti, answer)
}

#[tokio::test]
async fn an_answer_that_comes_late_does_not_take_the_place_of_a_notice() {
    let label = Label::labelled(3).await;
    let (_, uid) = published(&label, 1).await;
    let (here, there) = (host(&label), home(&label));
    let own = ask(here, "Anne", &uid).await;
    let asked = ask(there, "Camille", &uid).await;

    // They wait, and have a seat before they hear that they wait.
    let (op, jti, answer) = answered_late(there, here).await;
    let who = operator();
    here.app().cancel_of_member(&who, own.id).await.unwrap();
    send(&label, here).await;
    let notice = kept_word(there).await;
    there.app().take_answer(&op, &jti, &answer).await.unwrap();
    let has_a_seat = RegistrationState::Accepted {
        at: there.app().now(),
        was_waiting: true,
    };
    assert_eq!(state(there, "Camille").await, has_a_seat);
    assert_eq!(kept_word(there).await, notice);

    // They give it back as the organiser takes it back.
    there.app().cancel_of_member(&who, asked.id).await.unwrap();
    let home = there.entity();
    here.app().cancel_seat(&who, home, asked.id).await.unwrap();
    send(&label, here).await;
    let notice = kept_word(there).await;
    let (op, jti, answer) = answered_late(there, here).await;
    there.app().take_answer(&op, &jti, &answer).await.unwrap();
    assert_eq!(kept_word(there).await, notice);
    assert!(matches!(
        state(there, "Camille").await,
        RegistrationState::Cancelled {
            by: CancelledBy::Organiser,
            ..
        }
    ));
}
