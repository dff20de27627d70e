//! Calendar files of other programs, events of other nodes, and times.

use rules::event::{OCCURRENCES_MAX, all, check};
use wire::event::{Event, LocalTime, OVERRIDES_MAX, Span, UtcTime};
use wire::{BodyKind as _, EntityId};

use crate::kept;

pub(crate) fn calendar(bytes: &[u8]) -> bool {
    let Ok(read) = ical::read(bytes, "Europe/Paris") else {
        return false;
    };
    assert!(read.events.len() <= ical::EVENTS_MAX, "few");
    for event in &read.events {
        let written = ical::write_alone(event);
        for line in written.split_terminator("\r\n") {
            assert!(line.len() <= ical::LINE_OCTETS_MAX, "folded");
            assert!(!line.contains(['\r', '\n']), "one line");
        }
        let again = kept(ical::read(written.as_bytes(), "Europe/Paris"), "read again");
        assert!(again.events.len() <= 1, "one event");
    }
    !read.events.is_empty()
}

/// An event of another node: what it is, and when it takes place.
pub(crate) fn event(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(event) = Event::read(text) else {
        return false;
    };
    let written = kept(event.write(), "what was read is written");
    let again = kept(Event::read(&written), "what was written is read");
    assert_eq!(again, event, "and the same");
    let occurrences = all(&event);
    assert!(occurrences.len() <= OCCURRENCES_MAX + OVERRIDES_MAX, "few");
    for occurrence in &occurrences {
        assert!(
            occurrence.begins <= occurrence.ends,
            "an end after its beginning"
        );
    }
    let owner = kept(EntityId::parse("https://le-mug.example"), "a name");
    if check(&event, &owner, "photo").is_ok() {
        assert!(!occurrences.is_empty(), "it takes place");
    }
    true
}

pub(crate) fn times(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let (local, utc, span) = (
        LocalTime::parse(text),
        UtcTime::parse(text),
        Span::parse(text),
    );
    let is_as_written = |it: &str| assert_eq!(it, text, "as it is written");
    local.iter().map(LocalTime::as_str).for_each(is_as_written);
    utc.iter().map(UtcTime::as_str).for_each(is_as_written);
    if let Some(span) = span {
        assert_eq!(Span::parse(&span.to_string()), Some(span), "read again");
    }
    local.is_some() || utc.is_some() || span.is_some()
}
