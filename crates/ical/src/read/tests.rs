//! What is made of files, on the ways that the tests below share.

use jiff::civil::DateTime;

use super::*;

mod exports;
mod left_out;
mod limits;
mod times;

fn at(text: &str) -> DateTime {
    text.parse().unwrap()
}

/// A file around components.
fn file(components: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{components}\nEND:VCALENDAR\n")
}

/// An event with these lines beside its identifier, title and stamp.
fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:1\nSUMMARY:Un\nDTSTAMP:20260101T000000Z\n{lines}\nEND:VEVENT")
}

#[track_caller]
fn reads(text: &str) -> Imported {
    read(text.as_bytes(), "Europe/Paris").unwrap()
}

/// The one event that these lines give, nothing being left out.
#[track_caller]
fn one(lines: &str) -> Event {
    let mut imported = reads(&file(&event(lines)));
    assert_eq!(imported.left_out, [], "{lines}");
    assert_eq!(imported.events.len(), 1, "{lines}");
    imported.events.remove(0)
}

/// Extent, property and reason of all that was left out.
fn whys(imported: &Imported) -> Vec<(Extent, Option<&'static str>, Why)> {
    let all = imported.left_out.iter();
    all.map(|it| (it.extent, it.property, it.why)).collect()
}

/// That these lines leave the event out.
#[track_caller]
fn leaves_out(lines: &str, property: Option<&'static str>, why: Why) {
    let imported = reads(&file(&event(lines)));
    assert_eq!(imported.events, [], "{lines}");
    assert_eq!(whys(&imported), [(Extent::Whole, property, why)], "{lines}");
    let entry = &imported.left_out[0];
    assert_eq!((entry.line, entry.uid.as_deref()), (4, Some("1")));
    assert_eq!(entry.summary.as_deref(), Some("Un"));
}

const START: &str = "DTSTART;TZID=Europe/Paris:20260414T183000";

/// One date of series `1`.
fn date(lines: &str) -> String {
    event(&format!(
        "RECURRENCE-ID;TZID=Europe/Paris:20260415T183000\n{lines}"
    ))
}
