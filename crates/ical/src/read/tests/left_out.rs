//! What is left out, what with it, and what is said of it.

use super::*;
use crate::{Change, Override, OverrideKind, Status};

/// Lines after those of an event that begins at a time, and what leaves it out.
const AFTER_A_START: &[(&str, &str, Why)] = &[
    ("DTEND:20260414", "DTEND", Why::BadEnd),
    ("DTEND:20260414T000000Z", "DTEND", Why::BadEnd),
    ("DURATION:-PT1H", "DURATION", Why::BadEnd),
    ("DURATION:P60000D", "DURATION", Why::BadEnd),
    ("RRULE:FREQ=HOURLY", "RRULE", Why::RuleWithinADay),
    ("RRULE:FREQ=DAILY;BYHOUR=8,9", "RRULE", Why::RuleWithinADay),
    (
        "RRULE:FREQ=YEARLY;BYWEEKNO=1",
        "RRULE",
        Why::RuleOfAnotherKind,
    ),
    ("RRULE:FREQ=NEVER", "RRULE", Why::BadRule),
    (
        "RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY",
        "RRULE",
        Why::SeveralRules,
    ),
    ("RRULE FREQ=DAILY", "RRULE", Why::UnreadableLine),
    ("RDATE:20260415T183000", "RDATE", Why::ExtraDates),
    ("EXRULE:FREQ=DAILY", "EXRULE", Why::ExclusionRule),
    ("RRULE:FREQ=DAILY\nEXDATE:x", "EXDATE", Why::BadTime),
    (
        "RRULE:FREQ=DAILY\nEXDATE:20261025T013000Z",
        "EXDATE",
        Why::AmbiguousTime,
    ),
];

/// The same where the lines are all that is said of the time.
const ALONE: &[(&str, &str, Why)] = &[
    ("DTSTART:yesterday", "DTSTART", Why::BadTime),
    ("DTSTART", "DTSTART", Why::UnreadableLine),
    (
        "DTSTART;TZID=Mars/Phobos:20260414T183000",
        "DTSTART",
        Why::UnknownTimeZone,
    ),
    ("DTSTART:20260414\nDURATION:PT1H", "DURATION", Why::BadEnd),
    ("DTSTART:20260414\nDTEND:20260413", "DTEND", Why::BadEnd),
];

#[test]
fn what_cannot_be_taken_as_it_is_leaves_the_event_out() {
    leaves_out("", None, Why::NoStart);
    for &(lines, property, why) in ALONE {
        leaves_out(lines, Some(property), why);
    }
    for &(lines, property, why) in AFTER_A_START {
        leaves_out(&format!("{START}\n{lines}"), Some(property), why);
    }
}

#[test]
fn an_event_without_an_identifier_is_left_out() {
    let text = file(&format!("BEGIN:VEVENT\nSUMMARY:Un\n{START}\nEND:VEVENT"));
    let imported = reads(&text);
    assert_eq!(whys(&imported), [(Extent::Whole, None, Why::NoUid)]);
}

#[test]
fn a_missing_stamp_or_title_is_no_reason() {
    let it = reads(&file(&format!("BEGIN:VEVENT\nUID:1\n{START}\nEND:VEVENT")));
    assert_eq!(it.left_out, []);
    assert_eq!((it.events[0].stamp, &*it.events[0].summary), (0, ""));
}

#[test]
fn a_detail_that_cannot_be_read_is_left_out_alone() {
    for (line, property, why) in [
        ("GEO:here", Some("GEO"), Why::BadPlace),
        ("URL:javascript:alert(1)", Some("URL"), Why::BadUrl),
        ("URL:https://a b", Some("URL"), Why::BadUrl),
        ("URL:mailto:a@b.example", Some("URL"), Why::BadUrl),
        ("STATUS:PERHAPS", Some("STATUS"), Why::UnknownStatus),
        ("CLASS:PRIVATE", Some("CLASS"), Why::Private),
        ("LOCATION", Some("LOCATION"), Why::UnreadableLine),
        (
            "a text whose line was not folded",
            None,
            Why::UnreadableLine,
        ),
    ] {
        let imported = reads(&file(&event(&format!("{START}\n{line}"))));
        assert_eq!(whys(&imported), [(Extent::Detail, property, why)], "{line}");
        assert_eq!(imported.events.len(), 1, "{line}");
    }
}

#[test]
fn alarms_people_and_what_programs_add_are_passed_over() {
    let it = one(&format!(
        "{START}\nATTENDEE;CN=\"a:b\":mailto:a@b.example\nORGANIZER:mailto:a@b.example\nX-A;B=c:d\n\
         BEGIN:VALARM\nTRIGGER:-PT15M\nDESCRIPTION:alarm\nDURATION:PT1H\nEND:VALARM\nTRANSP:OPAQUE"
    ));
    assert_eq!((it.description, it.duration_seconds), (None, 0));
}

#[test]
fn a_cancelled_date_stays_and_a_cancelled_file_cancels() {
    let date = "BEGIN:VEVENT\nUID:1\nSUMMARY:Un\nDTSTART:20260415T163000Z\n\
                RECURRENCE-ID:20260415T163000Z\nSTATUS:CANCELLED\nEND:VEVENT";
    let series = event(&format!("{START}\nRRULE:FREQ=DAILY"));
    let imported = reads(&file(&format!("{date}\n{series}")));
    assert_eq!(imported.left_out, []);
    let cancelled = Change {
        status: Some(Status::Cancelled),
        ..Change::default()
    };
    let expected = Override {
        at: at("2026-04-15T18:30:00"),
        kind: OverrideKind::Changed(cancelled),
    };
    assert_eq!(imported.events[0].overrides, [expected]);

    let text = file(&format!("METHOD:CANCEL\n{}", event(START)));
    assert_eq!(reads(&text).events[0].status, Status::Cancelled);
}

#[test]
fn a_series_of_which_a_part_cannot_be_read_is_left_out_whole() {
    let series = event(&format!("{START}\nRRULE:FREQ=DAILY"));
    let future = date(START).replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;");
    for (part, property, why) in [
        (future, Some("RECURRENCE-ID"), Why::ThisAndFuture),
        (date("DTSTART:x"), Some("DTSTART"), Why::BadTime),
        (date("DTSTART:20260415"), None, Why::OtherKindOfDate),
        (date("DTSTART:20261025T013000Z"), None, Why::AmbiguousTime),
        (
            date(&format!("{START}\nRDATE:20260501T183000")),
            Some("RDATE"),
            Why::ExtraDates,
        ),
    ] {
        for text in [format!("{series}\n{part}"), format!("{part}\n{series}")] {
            let imported = reads(&file(&text));
            assert_eq!(imported.events, [], "{text}");
            let mut found = whys(&imported);
            found.sort_by_key(|it| it.2 == Why::SeriesLeftOut);
            let expected = [
                (Extent::Whole, property, why),
                (Extent::Whole, None, Why::SeriesLeftOut),
            ];
            assert_eq!(found, expected, "{text}");
        }
    }
}

#[test]
fn a_date_without_its_series_is_left_out() {
    let imported = reads(&file(&date(START)));
    assert_eq!(whys(&imported), [(Extent::Whole, None, Why::NoSeries)]);
    // Nor is it a date of an event that takes place once, at another time.
    let imported = reads(&file(&format!("{}\n{}", event(START), date(START))));
    assert_eq!(whys(&imported), [(Extent::Whole, None, Why::NoSeries)]);
    assert_eq!(imported.events.len(), 1);
}

#[test]
fn of_an_event_that_is_there_twice_the_newest_is_taken() {
    let new = event(&format!("{START}\nSEQUENCE:3")).replace("SUMMARY:Un", "SUMMARY:Trois");
    for text in [
        format!("{new}\n{}", event(START)),
        format!("{}\n{new}", event(START)),
    ] {
        let imported = reads(&file(&text));
        assert_eq!(imported.events.len(), 1);
        assert_eq!(imported.events[0].summary, "Trois");
        assert_eq!(whys(&imported), [(Extent::Whole, None, Why::Older)]);
    }
}

#[test]
fn one_date_twice_is_the_newest_and_not_an_exclusion() {
    let series = event(&format!(
        "{START}\nRRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Paris:20260415T183000"
    ));
    let new = date(&format!("{START}\nSEQUENCE:2\nLOCATION:là"));
    let old = date(&format!("{START}\nSEQUENCE:1\nLOCATION:ici"));
    for dates in [format!("{new}\n{old}"), format!("{old}\n{new}")] {
        let imported = reads(&file(&format!("{series}\n{dates}")));
        assert_eq!(whys(&imported), [(Extent::Whole, None, Why::Older)]);
        let [it] = imported.events[0].overrides.clone().try_into().unwrap();
        let OverrideKind::Changed(change) = it.kind else {
            panic!("excluded");
        };
        assert_eq!(change.location.as_deref(), Some("là"));
    }
}

#[test]
fn what_one_date_cannot_have_for_itself_is_said() {
    let series = event(&format!("{START}\nRRULE:FREQ=DAILY\nGEO:45;5"));
    let imported = reads(&file(&format!(
        "{series}\n{}",
        date(&format!("{START}\nGEO:46;5"))
    )));
    assert_eq!(whys(&imported), [(Extent::Detail, None, Why::SameForAll)]);
    assert_eq!(imported.events[0].overrides.len(), 1);
}

#[test]
fn a_file_that_is_cut_short_says_what_is_missing() {
    let whole = file(&format!(
        "{}\n{}",
        event(START),
        event(START).replace("UID:1", "UID:2")
    ));
    let cut = |at: &str| {
        let (before, _) = whole.rsplit_once(at).unwrap();
        reads(before)
    };
    let imported = cut("DTSTART");
    assert_eq!(imported.events.len(), 1);
    let expected = (Extent::Whole, None, Why::CutShort);
    assert_eq!(whys(&imported), [expected, expected]);
    // Between events too: there may have been more.
    assert_eq!(whys(&cut("END:VCALENDAR")), [expected]);
}

#[test]
fn a_component_that_is_not_closed_hides_no_other() {
    let open = event(START).replace("END:VEVENT", "BEGIN:VALARM\nTRIGGER:x");
    let text = file(&format!(
        "{open}\n{}",
        event(START).replace("UID:1", "UID:2")
    ));
    let imported = reads(&text);
    assert_eq!(imported.events.len(), 1);
    assert_eq!(imported.events[0].uid, "2");
    assert_eq!(whys(&imported), [(Extent::Whole, None, Why::CutShort)]);
}

#[test]
fn what_is_no_calendar_is_refused() {
    for text in [
        "",
        "<html>",
        "BEGIN:VCARD\nEND:VCARD\n",
        "VERSION:2.0",
        "\u{0}\u{1}",
    ] {
        assert_eq!(
            read(text.as_bytes(), "Europe/Paris"),
            Err(ReadRefusal::NotICalendar)
        );
    }
    let old = file(&event(START)).replace("VERSION:2.0", "VERSION:1.0");
    assert_eq!(
        read(old.as_bytes(), "Europe/Paris"),
        Err(ReadRefusal::OldVersion)
    );
    let text = file(&event(START));
    assert_eq!(
        read(text.as_bytes(), "here"),
        Err(ReadRefusal::UnknownDefaultZone)
    );
}

#[test]
fn several_calendars_in_one_file_are_read_each_with_its_own_zones() {
    let zone = |offset: &str| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:mine\nBEGIN:STANDARD\nDTSTART:19700101T000000\n\
             TZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n{}",
            event("DTSTART;TZID=mine:20260414T183000")
        )
    };
    let text = file(&zone("-0400")) + &file(&zone("+0400"));
    let imported = read(text.as_bytes(), "America/Martinique").unwrap();
    assert_eq!(imported.events.len(), 1);
    assert_eq!(imported.events[0].time_zone, "America/Martinique");
    assert_eq!(
        whys(&imported),
        [(Extent::Whole, Some("DTSTART"), Why::UnknownTimeZone)]
    );
}

#[test]
fn a_zone_of_its_own_is_where_it_says_it_is() {
    let text = file(&format!(
        "BEGIN:VTIMEZONE\nTZID:mine\nX-LIC-LOCATION:Pacific/Noumea\nEND:VTIMEZONE\n{}",
        event("DTSTART;TZID=mine:20260414T183000")
    ));
    assert_eq!(reads(&text).events[0].time_zone, "Pacific/Noumea");
}
