//! The bytes of small calendars, to the letter.

use jiff::civil::DateTime;

use super::*;
use crate::{DayOfRule, Override};

fn at(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn event() -> Event {
    Event {
        uid: "7f3a@le-mug.example".to_owned(),
        stamp: 1_775_000_000,
        sequence: 2,
        summary: "Atelier : déclarer ses revenus".to_owned(),
        description: None,
        start: at("2026-04-14T18:30:00"),
        time_zone: "Europe/Paris".to_owned(),
        duration_seconds: 5400,
        is_all_day: false,
        rule: None,
        overrides: Vec::new(),
        status: Status::Confirmed,
        location: None,
        geo: None,
        url: None,
        categories: Vec::new(),
        language: None,
    }
}

fn calendar() -> Calendar {
    Calendar {
        name: "Le Mug, Chambéry".to_owned(),
        description: Some("Ateliers; formations".to_owned()),
        url: Some("https://le-mug.example/calendar".to_owned()),
        source: Some("https://le-mug.example/calendar.ics".to_owned()),
        last_modified: Some(1_775_000_000),
    }
}

fn lines(lines: &[&str]) -> String {
    format!("{}\r\n", lines.join("\r\n"))
}

#[test]
fn a_plain_event_is_these_bytes() {
    let expected = lines(&[
        "BEGIN:VEVENT",
        "UID:7f3a@le-mug.example",
        "DTSTAMP:20260331T233320Z",
        "LAST-MODIFIED:20260331T233320Z",
        "SEQUENCE:2",
        "DTSTART;TZID=Europe/Paris:20260414T183000",
        "DURATION:PT1H30M",
        "STATUS:CONFIRMED",
        "SUMMARY:Atelier : déclarer ses revenus",
        "END:VEVENT",
    ]);
    assert_eq!(write_event(&event()), expected);
}

const FULL_EVENT: &[&str] = &[
    "BEGIN:VEVENT",
    "UID:7f3a@le-mug.example",
    "DTSTAMP:20260331T233320Z",
    "LAST-MODIFIED:20260331T233320Z",
    "SEQUENCE:2",
    "DTSTART;TZID=Europe/Paris:20260414T183000",
    "DURATION:PT1H30M",
    "RRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z;INTERVAL=2;BYDAY=TU,TH",
    "EXDATE;TZID=Europe/Paris:20260428T183000",
    "STATUS:CONFIRMED",
    "SUMMARY;LANGUAGE=fr:Atelier : déclarer ses revenus",
    "DESCRIPTION;LANGUAGE=fr:Première ligne\\nApportez : papiers\\, stylo\\; un \\\\",
    "  à midi",
    "LOCATION:8 rue de la Gare\\, Chambéry",
    "GEO:45.566667;-5.933000",
    "URL:https://le-mug.example/events/7f3a?a=1;b,c",
    "CATEGORIES:Formation,a\\,b",
    "END:VEVENT",
    "BEGIN:VEVENT",
    "UID:7f3a@le-mug.example",
    "DTSTAMP:20260331T233320Z",
    "LAST-MODIFIED:20260331T233320Z",
    "SEQUENCE:2",
    "DTSTART;TZID=Europe/Paris:20260513T100000",
    "DURATION:PT1H",
    "RECURRENCE-ID;TZID=Europe/Paris:20260512T183000",
    "STATUS:CONFIRMED",
    "SUMMARY;LANGUAGE=fr:Atelier\\, exceptionnellement le matin",
    "DESCRIPTION;LANGUAGE=fr:Première ligne\\nApportez : papiers\\, stylo\\; un \\\\",
    "  à midi",
    "GEO:45.566667;-5.933000",
    "URL:https://le-mug.example/events/7f3a?a=1;b,c",
    "CATEGORIES:Formation,a\\,b",
    "END:VEVENT",
    "BEGIN:VEVENT",
    "UID:7f3a@le-mug.example",
    "DTSTAMP:20260331T233320Z",
    "LAST-MODIFIED:20260331T233320Z",
    "SEQUENCE:2",
    "DTSTART;TZID=Europe/Paris:20260514T183000",
    "DURATION:PT1H30M",
    "RECURRENCE-ID;TZID=Europe/Paris:20260514T183000",
    "STATUS:CANCELLED",
    "SUMMARY;LANGUAGE=fr:Atelier : déclarer ses revenus",
    "DESCRIPTION;LANGUAGE=fr:Première ligne\\nApportez : papiers\\, stylo\\; un \\\\",
    "  à midi",
    "LOCATION:8 rue de la Gare\\, Chambéry",
    "GEO:45.566667;-5.933000",
    "URL:https://le-mug.example/events/7f3a?a=1;b,c",
    "CATEGORIES:Formation,a\\,b",
    "END:VEVENT",
];

#[test]
fn a_full_event_is_these_bytes() {
    let rule = Rule {
        interval: 2,
        end: End::Until(at("2026-12-31T23:59:59")),
        by_day: vec![
            DayOfRule {
                ordinal: None,
                weekday: Weekday::Tuesday,
            },
            DayOfRule {
                ordinal: None,
                weekday: Weekday::Thursday,
            },
        ],
        ..Rule::every(Frequency::Weekly)
    };
    let moved = Change {
        start: Some(at("2026-05-13T10:00:00")),
        duration_seconds: Some(3600),
        summary: Some("Atelier, exceptionnellement le matin".to_owned()),
        location: Some(String::new()),
        ..Change::default()
    };
    let cancelled = Change {
        status: Some(Status::Cancelled),
        ..Change::default()
    };
    let overrides = [
        ("2026-04-28T18:30:00", OverrideKind::Excluded),
        ("2026-05-12T18:30:00", OverrideKind::Changed(moved)),
        ("2026-05-14T18:30:00", OverrideKind::Changed(cancelled)),
    ];
    let event = Event {
        description: Some("Première ligne\r\nApportez : papiers, stylo; un \\ à midi".to_owned()),
        rule: Some(rule),
        overrides: overrides
            .into_iter()
            .map(|(when, kind)| Override { at: at(when), kind })
            .collect(),
        location: Some("8 rue de la Gare, Chambéry".to_owned()),
        geo: Some(Geo {
            latitude_e6: 45_566_667,
            longitude_e6: -5_933_000,
        }),
        url: Some("https://le-mug.example/events/7f3a?a=1;b,c".to_owned()),
        categories: vec!["Formation".to_owned(), "a,b".to_owned(), String::new()],
        language: Some("fr".to_owned()),
        ..event()
    };
    assert_eq!(write_event(&event), lines(FULL_EVENT));
}

#[test]
fn an_event_of_whole_days_has_dates_and_no_zone() {
    let event = Event {
        is_all_day: true,
        duration_seconds: 2 * 86_400,
        rule: Some(Rule {
            end: End::Until(at("2028-04-14T00:00:00")),
            ..Rule::every(Frequency::Yearly)
        }),
        overrides: vec![Override {
            at: at("2027-04-14T00:00:00"),
            kind: OverrideKind::Excluded,
        }],
        ..event()
    };
    let text = write_event(&event);
    for line in [
        "DTSTART;VALUE=DATE:20260414\r\n",
        "DTEND;VALUE=DATE:20260416\r\n",
        "RRULE:FREQ=YEARLY;UNTIL=20280414\r\n",
        "EXDATE;VALUE=DATE:20270414\r\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    assert!(!write_alone(&event).contains("TZID"));
    // A length that is none still is the day itself.
    let none = Event {
        duration_seconds: 0,
        ..event
    };
    assert!(write_event(&none).contains("DTEND;VALUE=DATE:20260415\r\n"));
}

#[test]
fn in_utc_there_is_a_z_and_no_zone() {
    let event = Event {
        time_zone: "Etc/UTC".to_owned(),
        rule: Some(Rule {
            end: End::Until(at("2026-05-01T12:00:00")),
            ..Rule::every(Frequency::Daily)
        }),
        ..event()
    };
    let text = write_alone(&event);
    assert!(text.contains("DTSTART:20260414T183000Z\r\n"), "{text}");
    assert!(text.contains("UNTIL=20260501T120000Z\r\n"), "{text}");
    assert!(!text.contains("VTIMEZONE"), "{text}");
}

#[test]
fn a_zone_that_is_none_leaves_the_time_on_the_wall() {
    let event = Event {
        time_zone: "Mars/Phobos\r\nATTENDEE:x".to_owned(),
        ..event()
    };
    let text = write(&calendar(), &[event]);
    assert!(text.contains("DTSTART:20260414T183000\r\n"), "{text}");
    assert!(!text.contains("Mars"), "{text}");
}

#[test]
fn until_is_the_last_second_that_the_clock_shows_in_time() {
    let until = |zone: &str, until: &str| {
        let clock = Clock::of(&Event {
            time_zone: zone.to_owned(),
            ..event()
        });
        clock.until(at(until))
    };
    for (zone, local, utc) in [
        ("Europe/Paris", "2026-07-01T18:00:00", "20260701T160000Z"),
        ("Europe/Paris", "2026-12-31T23:59:59", "20261231T225959Z"),
        // The clock goes from 02:00 to 03:00: nothing at 03:00 is in time.
        ("Europe/Paris", "2026-03-29T02:30:00", "20260329T005959Z"),
        ("Europe/Paris", "2026-03-29T02:00:00", "20260329T005959Z"),
        ("Europe/Paris", "2026-03-29T03:00:00", "20260329T010000Z"),
        // It shows 02:30 twice: events are at the first.
        ("Europe/Paris", "2026-10-25T02:30:00", "20261025T003000Z"),
        (
            "America/Guadeloupe",
            "2026-10-25T20:00:00",
            "20261026T000000Z",
        ),
    ] {
        assert_eq!(until(zone, local), utc, "{zone} {local}");
    }
}

#[test]
fn an_empty_calendar_is_these_bytes() {
    let expected = lines(&[
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Escale//Escale//EN",
        "CALSCALE:GREGORIAN",
        "NAME:Le Mug\\, Chambéry",
        "X-WR-CALNAME:Le Mug\\, Chambéry",
        "DESCRIPTION:Ateliers\\; formations",
        "X-WR-CALDESC:Ateliers\\; formations",
        "URL:https://le-mug.example/calendar",
        "SOURCE;VALUE=URI:https://le-mug.example/calendar.ics",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "LAST-MODIFIED:20260331T233320Z",
        "END:VCALENDAR",
    ]);
    assert_eq!(write(&calendar(), &[]), expected);
}

#[test]
fn every_zone_is_defined_once_and_named_where_it_is_the_only_one() {
    let there = Event {
        time_zone: "Indian/Reunion".to_owned(),
        ..event()
    };
    let one = write(&calendar(), &[event(), event()]);
    assert!(one.contains("X-WR-TIMEZONE:Europe/Paris\r\n"));
    assert_eq!(one.matches("BEGIN:VTIMEZONE").count(), 1);
    let two = write(&calendar(), &[event(), there, event()]);
    assert!(!two.contains("X-WR-TIMEZONE"));
    assert_eq!(two.matches("BEGIN:VTIMEZONE").count(), 2);
}

#[test]
fn an_event_is_the_same_bytes_in_every_feed() {
    let other = Event {
        uid: "other".to_owned(),
        start: at("1999-01-01T00:00:00"),
        ..event()
    };
    let lines = write_event(&event());
    assert!(write(&calendar(), &[other, event()]).contains(&lines));
    assert!(write_alone(&event()).contains(&lines));
}

#[test]
fn nothing_typed_becomes_a_line_of_its_own() {
    let evil = "x\r\nATTENDEE:mailto:a@b.example\r\n\rATTENDEE:y\nATTENDEE:z\u{85}ATTENDEE:q";
    let text = |it: &str| Some(it.to_owned());
    let change = Change {
        summary: text(evil),
        description: text(evil),
        location: text(evil),
        url: text(evil),
        ..Change::default()
    };
    let event = Event {
        uid: evil.to_owned(),
        summary: evil.to_owned(),
        description: text(evil),
        time_zone: evil.to_owned(),
        location: text(evil),
        url: text(evil),
        categories: vec![evil.to_owned()],
        language: text(evil),
        overrides: vec![Override {
            at: at("2026-04-14T18:30:00"),
            kind: OverrideKind::Changed(change),
        }],
        ..event()
    };
    let calendar = Calendar {
        name: evil.to_owned(),
        description: text(evil),
        url: text(evil),
        source: text(evil),
        last_modified: None,
    };
    let written = write(&calendar, &[event]);
    let unfolded = written.replace("\r\n ", "");
    for line in unfolded.split(['\r', '\n', '\u{85}', '\u{2028}']) {
        assert!(!line.starts_with("ATTENDEE"), "{unfolded}");
    }
    assert!(!unfolded.contains("URL:"));
    assert!(!unfolded.contains("LANGUAGE="));
}

#[test]
fn numbers_at_their_ends_are_written_and_nothing_panics() {
    let event = Event {
        stamp: i64::MAX,
        sequence: u32::MAX,
        start: DateTime::MAX,
        duration_seconds: u32::MAX,
        geo: Some(Geo {
            latitude_e6: i32::MIN,
            longitude_e6: -1,
        }),
        rule: Some(Rule {
            interval: u32::MAX,
            end: End::Count(u32::MAX),
            ..Rule::every(Frequency::Weekly)
        }),
        ..event()
    };
    let text = write_alone(&event);
    assert!(text.contains("SEQUENCE:2147483647\r\n"), "{text}");
    assert!(text.contains("GEO:-2147.483648;-0.000001\r\n"), "{text}");
    for is_all_day in [true, false] {
        for start in [DateTime::MIN, DateTime::MAX, DateTime::ZERO] {
            let until = End::Until(DateTime::MAX);
            let rule = Some(Rule {
                end: until,
                ..Rule::every(Frequency::Yearly)
            });
            write_alone(&Event {
                start,
                is_all_day,
                rule,
                ..event.clone()
            });
        }
    }
}
