//! Another program's file, read more than once.

use app::{EventText, Proposed};
use testkit::{Label, operator};
use wire::event::{EventKind, EventStatus};

use crate::desk::host;

/// A file with a series, and with what its owner keeps to themselves.
fn file(title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1@x.example\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Paris:20350306T183000\r\n\
         DURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n\
         BEGIN:VEVENT\r\nUID:2@x.example\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART;TZID=Europe/Paris:20350307T183000\r\nDURATION:PT1H\r\nCLASS:PRIVATE\r\n\
         SUMMARY:Entretien\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

async fn read(label: &Label, title: &str) -> (Vec<Proposed>, Vec<String>) {
    let app = host(label).app();
    let bytes = file(title);
    let by = operator();
    let read = app.read_icalendar(&by, bytes.as_bytes(), EventKind::Event);
    let (proposed, not_taken) = read.await.unwrap();
    (proposed, not_taken.into_iter().map(|it| it.what).collect())
}

#[tokio::test]
async fn what_is_private_is_named_and_never_proposed() {
    let label = Label::labelled(1).await;
    let (proposed, not_taken) = read(&label, "Permanence").await;
    let titles: Vec<_> = proposed.iter().map(|it| it.text.title.as_str()).collect();
    assert_eq!(titles, ["Permanence"]);
    assert_eq!(not_taken, ["Entretien"]);
}

#[tokio::test]
async fn what_was_said_here_of_an_event_outlives_the_next_reading_of_its_file() {
    let label = Label::labelled(1).await;
    let app = host(&label).app();
    let (proposed, _) = read(&label, "Permanence").await;
    let id = proposed[0].id.clone();
    let with_seats = EventText {
        capacity: Some(7),
        kind: EventKind::Workshop,
        price_cents: Some(wire::Cents(500)),
        ..proposed[0].text.clone()
    };
    let publish = async |text: &EventText| {
        let done = app.publish_event(&operator(), Some(&id), text).await;
        done.unwrap().has_changed
    };
    assert!(publish(&with_seats).await);
    let due = wire::event::LocalTime::parse("2035-03-13T18:30:00").unwrap();
    app.cancel_event(&operator(), &id, Some(&due))
        .await
        .unwrap();
    let (again, _) = read(&label, "Permanence numérique").await;
    assert!(again[0].is_there);
    assert!(publish(&again[0].text).await, "the title is another");
    let held = app.event_text(&operator(), &id).await.unwrap();
    assert_eq!(held.title, "Permanence numérique");
    assert_eq!(held.capacity, Some(7));
    assert_eq!(held.kind, EventKind::Workshop);
    assert_eq!(held.price_cents, Some(wire::Cents(500)));
    assert_eq!(held.overrides[&due].status, Some(EventStatus::Cancelled));
    // And a date that is none is not moved.
    let never = wire::event::LocalTime::parse("2035-03-14T18:30:00").unwrap();
    let refused = app.must_be_due(&operator(), &id, &never).await;
    assert!(refused.is_err());
}
