//! What becomes of registrations when their event changes, and when it is over.

use app::keys::{OUTBOX, REGISTRATION_PLACES, REGISTRATIONS, SEAT_PLACES, SEATS};
use app::{EventError, EventText};
use rules::seats::REGISTRATION_SECONDS;
use store::Prefix;
use testkit::{DAY_SECONDS, HOUR_SECONDS, Label, TestNode, operator};
use wire::Timestamp;
use wire::event::{EventStatus, LocalTime, Override, Span};

use crate::desk::{home, host};
use crate::look::{assert_sound, count, feed, stored};
use crate::registering::{
    change, give_back, publish, published, rows, seats, send, stands, take_back, three_trainings,
    training, wish,
};

/// Camille of the home and Denis of the third space ask for a seat of the host.
async fn two_ask(label: &Label, uid: &str) {
    for (from, name) in [(home(label), "Camille"), (label.space(2), "Denis")] {
        wish(from, name, uid, None).await.unwrap();
        send(label, from).await;
    }
}

/// The time of a training, so many days later.
fn due(label: &Label, days: i64) -> LocalTime {
    let begins = host(label).app().now().plus_seconds(days * DAY_SECONDS);
    local(begins)
}

fn local(at: Timestamp) -> LocalTime {
    let text = rules::event::written_utc(at).unwrap();
    LocalTime::parse(text.trim_end_matches('Z')).unwrap()
}

#[tokio::test]
async fn fewer_seats_throw_nobody_out_and_more_go_to_those_who_wait_in_their_order() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 2).await;
    let (here, there, other) = (host(&label), home(&label), label.space(2));
    for (node, name) in [
        (here, "Anne"),
        (there, "Camille"),
        (other, "Denis"),
        (there, "Elias"),
        (here, "Flora"),
    ] {
        wish(node, name, &uid, None).await.unwrap();
        send(&label, node).await;
    }
    let all = [
        "Anne taken",
        "Camille taken",
        "Denis waiting 1",
        "Elias waiting 2",
        "Flora waiting 3",
    ];
    assert_eq!(seats(&label, &id).await, all);
    change(&label, &id, |it| it.capacity = Some(1))
        .await
        .unwrap();
    assert_eq!(seats(&label, &id).await, all);
    // Nobody goes forward until so many have given back.
    give_back(there, "Camille").await.unwrap();
    send(&label, there).await;
    let now = [
        "Anne taken",
        "Camille given back",
        "Denis waiting 1",
        "Elias waiting 2",
        "Flora waiting 3",
    ];
    assert_eq!(seats(&label, &id).await, now);
    change(&label, &id, |it| it.capacity = Some(3))
        .await
        .unwrap();
    let now = [
        "Anne taken",
        "Camille given back",
        "Denis taken",
        "Elias taken",
        "Flora waiting 1",
    ];
    assert_eq!(seats(&label, &id).await, now);
    send(&label, here).await;
    assert_eq!(stands(other, "Denis").await, ["promoted"]);
    assert_eq!(stands(there, "Elias").await, ["promoted"]);
    assert_eq!(stands(here, "Flora").await, ["waiting 3"]);
    // Without a number nobody registers; whoever has stays.
    change(&label, &id, |it| it.capacity = None).await.unwrap();
    assert_eq!(seats(&label, &id).await, now);
    label.settle().await;
    wish(other, "Gil", &uid, None).await.unwrap();
    send(&label, other).await;
    assert_eq!(stands(other, "Gil").await, ["refused no_registration"]);
    change(&label, &id, |it| it.capacity = Some(9))
        .await
        .unwrap();
    assert_eq!(seats(&label, &id).await[4], "Flora taken");
    assert_eq!(stands(here, "Flora").await, ["promoted"]);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn an_occurrence_that_somebody_registered_for_does_not_vanish() {
    let label = Label::labelled(3).await;
    let (id, uid) = publish(&label, &three_trainings(&label, 1)).await;
    let (here, there) = (host(&label), home(&label));
    let second = due(&label, 2);
    wish(there, "Camille", &uid, Some(&second)).await.unwrap();
    send(&label, there).await;
    let before = feed(here, here.entity()).await;
    let changes: [fn(&mut EventText, &LocalTime); 4] = [
        |it, due| {
            let excluded = Override {
                excluded: true,
                ..Override::default()
            };
            it.overrides.insert(due.clone(), excluded);
        },
        |it, _| it.rule.as_mut().unwrap().count = Some(1),
        |it, _| it.rule = None,
        |it, _| it.start = LocalTime::parse("2027-01-01T10:00:00").unwrap(),
    ];
    for (at, vanish) in changes.into_iter().enumerate() {
        let refused = change(&label, &id, |it| vanish(it, &second)).await;
        let Err(EventError::Registered(Some(due))) = refused else {
            panic!("{at}: {refused:?}");
        };
        assert_eq!(due, second, "{at}");
    }
    let after = feed(here, here.entity()).await;
    assert_eq!(after.len(), before.len(), "nothing was written");
    assert_eq!(seats(&label, &id).await, ["Camille taken"]);
    // Others can go, and this one once it was given back.
    change(&label, &id, |it| it.rule.as_mut().unwrap().count = Some(2))
        .await
        .unwrap();
    give_back(there, "Camille").await.unwrap();
    send(&label, there).await;
    change(&label, &id, |it| it.rule.as_mut().unwrap().count = Some(1))
        .await
        .unwrap();
    // One that does not come again has no name that a rule would give it.
    let (once, uid) = published(&label, 1).await;
    wish(there, "Denis", &uid, None).await.unwrap();
    send(&label, there).await;
    let rule = three_trainings(&label, 1).rule;
    let refused = change(&label, &once, |it| it.rule = rule).await;
    assert!(
        matches!(refused, Err(EventError::Registered(None))),
        "{refused:?}"
    );
    // What is over can vanish.
    label.advance(3 * DAY_SECONDS);
    let rule = three_trainings(&label, 1).rule;
    change(&label, &once, |it| it.rule = rule).await.unwrap();
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn each_occurrence_has_its_own_seats() {
    let label = Label::labelled(3).await;
    let (id, uid) = publish(&label, &three_trainings(&label, 1)).await;
    let (there, other) = (home(&label), label.space(2));
    let [first, second, third] = [1, 2, 3].map(|days| due(&label, days));
    for due in [&first, &second] {
        wish(there, "Camille", &uid, Some(due)).await.unwrap();
    }
    send(&label, there).await;
    for due in [&second, &third] {
        wish(other, "Denis", &uid, Some(due)).await.unwrap();
    }
    send(&label, other).await;
    assert_eq!(stands(there, "Camille").await, ["accepted", "accepted"]);
    assert_eq!(stands(other, "Denis").await, ["waiting 1", "accepted"]);
    let here = host(&label).app();
    here.cancel_event(&operator(), &id, Some(&first))
        .await
        .unwrap();
    let of_second = rows(there, "Camille").await.remove(1);
    there
        .app()
        .cancel_of_member(&operator(), of_second.id)
        .await
        .unwrap();
    send(&label, there).await;
    send(&label, host(&label)).await;
    assert_eq!(stands(other, "Denis").await, ["promoted", "accepted"]);
    let none = wish(there, "Camille", &uid, None).await;
    assert!(
        matches!(none, Err(app::RegistrationError::NoEvent)),
        "{none:?}"
    );
    let fourth = due(&label, 4);
    let none = wish(there, "Camille", &uid, Some(&fourth)).await;
    assert!(
        matches!(none, Err(app::RegistrationError::NoEvent)),
        "{none:?}"
    );
    let none = here.cancel_event(&operator(), &id, Some(&fourth)).await;
    assert!(matches!(none, Err(EventError::NoOccurrence(_))), "{none:?}");
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn an_event_that_is_moved_keeps_its_registrations_until_it_is_over_then() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 1).await;
    let there = home(&label);
    two_ask(&label, &uid).await;
    let later = due(&label, 5);
    let done = change(&label, &id, |it| it.start = later.clone()).await;
    assert!(done.unwrap().has_changed);
    label.settle().await;
    // The day on which it would have been is over.
    label.advance(2 * DAY_SECONDS);
    let row = rows(there, "Camille").await.remove(0);
    assert_eq!(row.event.as_ref().unwrap().1.start, later);
    assert_eq!(row.ends, row.event.unwrap().1.ends);
    // It is as if it had been there from the beginning.
    let same = wish(there, "Camille", &uid, None).await.unwrap();
    assert_eq!(same.id, row.id);
    give_back(there, "Camille").await.unwrap();
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    send(&label, there).await;
    send(&label, host(&label)).await;
    assert_eq!(stands(label.space(2), "Denis").await, ["promoted"]);
    // And nobody makes it vanish on that day.
    let rule = three_trainings(&label, 1).rule;
    let refused = change(&label, &id, |it| it.rule = rule).await;
    assert!(
        matches!(refused, Err(EventError::Registered(None))),
        "{refused:?}"
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_seat_that_the_organiser_takes_back_goes_on_and_both_homes_are_told() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 1).await;
    two_ask(&label, &uid).await;
    take_back(&label, &id, "Camille").await;
    assert_eq!(
        seats(&label, &id).await,
        ["Camille taken back", "Denis taken"]
    );
    send(&label, host(&label)).await;
    assert_eq!(stands(home(&label), "Camille").await, ["taken back"]);
    assert_eq!(stands(label.space(2), "Denis").await, ["promoted"]);
    // Of its own members a space tells itself, in the same commit.
    let (id, uid) = published(&label, 1).await;
    for name in ["Anne", "Bob"] {
        wish(host(&label), name, &uid, None).await.unwrap();
    }
    take_back(&label, &id, "Anne").await;
    assert_eq!(stands(host(&label), "Anne").await, ["taken back"]);
    assert_eq!(stands(host(&label), "Bob").await, ["promoted"]);
    assert!(host(&label).app().waiting().await.unwrap().is_empty());
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_member_of_the_owner_is_answered_at_once_by_the_same_rules() {
    let label = Label::labelled(2).await;
    let here = host(&label);
    let (open, open_uid) = publish(&label, &training(&label, None)).await;
    let (off, off_uid) = published(&label, 1).await;
    here.app()
        .cancel_event(&operator(), &off, None)
        .await
        .unwrap();
    let (id, uid) = published(&label, 1).await;
    for (name, uid, expected) in [
        ("Anne", &uid, "accepted"),
        ("Bob", &uid, "waiting 1"),
        ("Carl", &open_uid, "refused no_registration"),
        ("Dina", &off_uid, "refused event_cancelled"),
    ] {
        wish(here, name, uid, None).await.unwrap();
        assert_eq!(stands(here, name).await, [expected], "{name}");
    }
    assert_eq!(seats(&label, &open).await.len(), 0);
    give_back(here, "Anne").await.unwrap();
    assert_eq!(stands(here, "Bob").await, ["promoted"]);
    assert_eq!(seats(&label, &id).await, ["Anne given back", "Bob taken"]);
    assert!(here.app().waiting().await.unwrap().is_empty());
    let none = wish(here, "Anne", "nothing@le-mug.example", None).await;
    assert!(
        matches!(none, Err(app::RegistrationError::NoEvent)),
        "{none:?}"
    );
    label.advance(2 * DAY_SECONDS);
    let over = give_back(here, "Bob").await;
    assert!(
        matches!(over, Err(app::RegistrationError::Over)),
        "{over:?}"
    );
    wish(here, "Eve", &uid, None).await.unwrap();
    assert_eq!(stands(here, "Eve").await, ["refused registration_closed"]);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn the_coordinator_counts_the_seats_of_what_it_publishes() {
    let label = Label::labelled(3).await;
    let owner = &label.coordinator;
    let text = training(&label, Some(1));
    let done = owner.app().publish_event(&operator(), None, &text).await;
    let uid = done.unwrap().uid;
    label.settle().await;
    two_ask(&label, &uid).await;
    assert_eq!(stands(home(&label), "Camille").await, ["accepted"]);
    assert_eq!(stands(label.space(2), "Denis").await, ["waiting 1"]);
    give_back(home(&label), "Camille").await.unwrap();
    send(&label, home(&label)).await;
    send(&label, owner).await;
    assert_eq!(stands(label.space(2), "Denis").await, ["promoted"]);
    // It knows itself who bears the label.
    let stranger = host(&label);
    wish(stranger, "Elias", &uid, None).await.unwrap();
    let name = stranger.entity();
    owner.app().withdraw(name, "a test").await.unwrap();
    send(&label, stranger).await;
    let refused = ["refused not_labelled"];
    assert_eq!(stands(stranger, "Elias").await, refused);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn what_nobody_answered_is_given_up_when_it_is_over_and_nobody_has_to_look() {
    let label = Label::labelled(3).await;
    let (_, uid) = published(&label, 1).await;
    let there = home(&label);
    wish(there, "Camille", &uid, None).await.unwrap();
    send(&label, there).await;
    wish(there, "Denis", &uid, None).await.unwrap();
    wish(there, "Elias", &uid, None).await.unwrap();
    label.network.cut(host(&label).entity());
    give_back(there, "Camille").await.unwrap();
    give_back(there, "Denis").await.unwrap();
    assert_eq!(there.app().waiting().await.unwrap().len(), 4);
    let ends = rows(there, "Elias").await.remove(0).ends;
    there.clock().set(ends.plus_seconds(-1));
    there.app().renew().await.unwrap();
    assert_eq!(stands(there, "Elias").await, ["asked"]);
    there.clock().set(ends);
    there.app().renew().await.unwrap();
    assert_eq!(stands(there, "Camille").await, ["given back"]);
    let denis = stands(there, "Denis").await.remove(0);
    assert!(denis == "given up" || denis == "given back", "{denis}");
    assert_eq!(stands(there, "Elias").await, ["given up"]);
    assert!(stored(there, OUTBOX).await.is_empty());
    assert_sound(&[there]).await;
}

async fn counts<const N: usize>(node: &TestNode, prefixes: [Prefix; N]) -> [usize; N] {
    let mut counts = [0; N];
    for (count, prefix) in counts.iter_mut().zip(prefixes) {
        *count = stored(node, prefix).await.len();
    }
    counts
}

/// Every clock stands at this moment, and every node looks.
async fn look_at(label: &Label, at: Timestamp) {
    for node in label.nodes() {
        node.clock().set(at);
    }
    label.hear().await;
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    label.settle().await;
}

#[tokio::test]
async fn registrations_are_forgotten_a_month_after_the_end_and_not_before() {
    let label = Label::labelled(3).await;
    let (moved, moved_uid) = published(&label, 1).await;
    let (_, uid) = published(&label, 1).await;
    let (here, there) = (host(&label), home(&label));
    for uid in [&uid, &moved_uid] {
        wish(there, "Camille", uid, None).await.unwrap();
    }
    send(&label, there).await;
    let later = due(&label, 4);
    change(&label, &moved, |it| it.start = later).await.unwrap();
    label.settle().await;
    let [first, last] = [0, 1].map(|at| {
        let label = label.clone();
        async move { rows(home(&label), "Camille").await.remove(at).ends }
    });
    let (first, last) = (first.await, last.await);
    assert_eq!(last.seconds_since(first), 3 * DAY_SECONDS);
    let kept = async || {
        [
            counts(here, [SEATS, SEAT_PLACES]).await,
            counts(there, [REGISTRATIONS, REGISTRATION_PLACES]).await,
        ]
    };
    let month = REGISTRATION_SECONDS;
    look_at(&label, first.plus_seconds(20 * DAY_SECONDS)).await;
    for (at, expected) in [
        (first.plus_seconds(month), 2),
        (first.plus_seconds(month + 1), 1),
        (last.plus_seconds(month), 1),
        (last.plus_seconds(month + 1), 0),
    ] {
        look_at(&label, at).await;
        assert_eq!(kept().await, [[expected; 2]; 2], "{at:?}");
        assert_sound(&[here, there]).await;
    }
}

#[tokio::test]
async fn seats_are_told_when_they_have_changed_and_once_a_minute_at_most() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 2).await;
    let (here, there) = (host(&label), home(&label));
    let told = async || {
        here.app().renew().await.unwrap();
        count(here, here.entity(), "event-seats", &id).await
    };
    assert_eq!(told().await, 0, "nobody has registered");
    wish(here, "Anne", &uid, None).await.unwrap();
    assert_eq!(told().await, 1);
    assert_eq!(told().await, 1, "nothing has changed");
    wish(here, "Bob", &uid, None).await.unwrap();
    label.advance(59);
    assert_eq!(told().await, 1, "a minute has not passed");
    label.advance(1);
    assert_eq!(told().await, 2);
    label.advance(HOUR_SECONDS);
    assert_eq!(told().await, 2, "nothing has changed");
    label.settle().await;
    let view = there.app().event(&uid).await.unwrap().unwrap();
    let seats = view.next[0].1.unwrap();
    assert_eq!((seats.capacity, seats.taken, seats.waiting), (2, 2, 0));
    assert!(seats.counted_at.is_some());
    // The last one gives back: nothing is taken any more, and that is told too.
    for name in ["Anne", "Bob"] {
        give_back(here, name).await.unwrap();
    }
    assert_eq!(told().await, 3);
    // Of what is over nothing more is told.
    wish(here, "Carl", &uid, None).await.unwrap();
    label.advance(2 * DAY_SECONDS);
    assert_eq!(told().await, 3);
}

/// What is said otherwise of an event.
type Change = fn(&mut EventText);

#[tokio::test]
async fn the_sequence_rises_with_time_and_place_and_not_with_words() {
    let label = Label::labelled(2).await;
    let (id, uid) = published(&label, 2).await;
    let said = async || {
        let view = host(&label).app().event(&uid).await.unwrap().unwrap();
        let event = &view.listed.event;
        (event.sequence, event.updated.as_str().to_owned())
    };
    let (_, first) = said().await;
    let changes: [(Change, u64); 6] = [
        (|it| it.title = "Autre".to_owned(), 0),
        (|it| it.capacity = Some(3), 0),
        (|it| it.place = Some("Salle".to_owned()), 1),
        (|it| it.duration = Span::new(0, 3_600), 2),
        (|it| it.status = EventStatus::Tentative, 3),
        (|it| it.description = None, 3),
    ];
    for (make, sequence) in changes {
        label.advance(60);
        assert!(change(&label, &id, make).await.unwrap().has_changed);
        let (now, updated) = said().await;
        assert_eq!(now, sequence);
        assert!(updated > first);
        // The same again is no change, whenever it is said.
        label.advance(60);
        assert!(!change(&label, &id, make).await.unwrap().has_changed);
        assert_eq!(said().await, (now, updated));
    }
}
