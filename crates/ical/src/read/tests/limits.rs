//! Each limit: at it, and one more.

use super::*;

#[test]
fn a_file_of_the_largest_size_is_read_and_one_of_one_byte_more_is_refused() {
    let text = file(&event(START));
    let padded = |length: usize| text.clone() + &"\n".repeat(length - text.len());
    assert!(read(padded(IMPORT_BYTES_MAX).as_bytes(), "Europe/Paris").is_ok());
    let large = read(padded(IMPORT_BYTES_MAX + 1).as_bytes(), "Europe/Paris");
    assert_eq!(large, Err(ReadRefusal::TooLarge));
}

#[test]
fn as_many_events_as_are_taken_are_read_and_one_more_refuses_the_file() {
    let events = |number: usize| {
        let events: String = (0..number)
            .map(|it| event(START).replace("UID:1", &format!("UID:{it}")) + "\n")
            .collect();
        read(file(&events).as_bytes(), "Europe/Paris")
    };
    assert_eq!(events(EVENTS_MAX).unwrap().events.len(), EVENTS_MAX);
    assert_eq!(events(EVENTS_MAX + 1), Err(ReadRefusal::TooManyEvents));
}

#[test]
fn lines_are_counted_with_their_folds_undone() {
    let lines = |number: usize| {
        let text = format!("BEGIN:VCALENDAR\n{}", "A:\n b\n".repeat(number - 1));
        read(text.as_bytes(), "Europe/Paris")
    };
    assert!(lines(LINES_MAX).is_ok());
    assert_eq!(lines(LINES_MAX + 1), Err(ReadRefusal::TooManyLines));
}

#[test]
fn components_within_each_other_are_counted() {
    let nested = |depth: usize| {
        let text = "BEGIN:X-A\n".repeat(depth - 1);
        read(
            format!("BEGIN:VCALENDAR\n{text}").as_bytes(),
            "Europe/Paris",
        )
    };
    assert!(nested(COMPONENT_DEPTH_MAX).is_ok());
    assert_eq!(nested(COMPONENT_DEPTH_MAX + 1), Err(ReadRefusal::TooDeep));
}

#[test]
fn properties_of_an_event_are_counted() {
    // Four are there already.
    let lines = |number: usize| format!("{START}\n{}", "X-A:b\n".repeat(number - 4));
    one(&lines(PROPERTIES_MAX));
    leaves_out(&lines(PROPERTIES_MAX + 1), None, Why::TooManyProperties);
}

#[test]
fn a_picture_in_a_line_is_passed_over_and_a_long_rule_is_not() {
    let long = "x".repeat(LINE_BYTES_MAX);
    one(&format!("{START}\nATTACH;ENCODING=BASE64:{long}"));
    leaves_out(
        &format!("{START}\nRRULE:{long}"),
        Some("RRULE"),
        Why::LineTooLong,
    );
    let imported = reads(&file(&event(&format!("{START}\nDESCRIPTION:{long}"))));
    assert_eq!(
        whys(&imported),
        [(Extent::Detail, Some("DESCRIPTION"), Why::LineTooLong)]
    );
}

#[test]
fn dates_that_are_otherwise_are_counted() {
    let days = |number: i64| {
        let first = at("2026-04-15T18:30:00");
        let days = (0..number).map(|it| first + jiff::Span::new().days(it));
        let days: String = days
            .map(|it| it.strftime("EXDATE:%Y%m%dT%H%M%S\n").to_string())
            .collect();
        format!("{START}\nRRULE:FREQ=DAILY\n{days}")
    };
    let most = i64::try_from(OVERRIDES_MAX).unwrap();
    assert_eq!(one(&days(most)).overrides.len(), OVERRIDES_MAX);
    leaves_out(&days(most + 1), Some("EXDATE"), Why::TooManyDates);
    let more =
        event(&days(most)) + "\n" + &date(START).replace("ID;TZID=Europe/Paris:2026", "ID:2036");
    let imported = reads(&file(&more));
    assert_eq!(imported.events, []);
    assert_eq!(whys(&imported)[0], (Extent::Whole, None, Why::TooManyDates));
}

#[test]
fn texts_of_the_longest_length_are_read_and_longer_ones_left_out() {
    for (name, most, why) in [
        ("DESCRIPTION", DESCRIPTION_CHARS_MAX, Why::TextTooLong),
        ("LOCATION", LOCATION_CHARS_MAX, Why::TextTooLong),
        ("CATEGORIES", CATEGORY_CHARS_MAX, Why::TextTooLong),
    ] {
        let lines = |length: usize| format!("{START}\n{name}:{}", "é".repeat(length));
        one(&lines(most));
        let imported = reads(&file(&event(&lines(most + 1))));
        assert_eq!(
            whys(&imported),
            [(Extent::Detail, Some(name), why)],
            "{name}"
        );
    }
    let title = |length: usize| {
        file(&event(START).replace("SUMMARY:Un", &format!("SUMMARY:{}", "é".repeat(length))))
    };
    assert_eq!(reads(&title(SUMMARY_CHARS_MAX)).left_out, []);
    let imported = reads(&title(SUMMARY_CHARS_MAX + 1));
    assert_eq!(
        whys(&imported),
        [(Extent::Detail, Some("SUMMARY"), Why::TextTooLong)]
    );
}

#[test]
fn identifiers_addresses_and_categories_have_their_limits() {
    let uid = |length: usize| {
        let uid = format!("UID:{}", "u".repeat(length));
        reads(&file(&event(START).replace("UID:1", &uid)))
    };
    assert_eq!(uid(UID_BYTES_MAX).events.len(), 1);
    assert_eq!(
        whys(&uid(UID_BYTES_MAX + 1)),
        [(Extent::Whole, None, Why::UidTooLong)]
    );

    let url = |length: usize| format!("{START}\nURL:https://{}", "u".repeat(length - 8));
    assert!(one(&url(URL_BYTES_MAX)).url.is_some());
    let imported = reads(&file(&event(&url(URL_BYTES_MAX + 1))));
    assert_eq!(
        whys(&imported),
        [(Extent::Detail, Some("URL"), Why::BadUrl)]
    );

    let categories = |number: usize| {
        let all: Vec<String> = (0..number).map(|it| it.to_string()).collect();
        format!("{START}\nCATEGORIES:{}", all.join(","))
    };
    assert_eq!(
        one(&categories(CATEGORIES_MAX)).categories.len(),
        CATEGORIES_MAX
    );
    let imported = reads(&file(&event(&categories(CATEGORIES_MAX + 1))));
    assert_eq!(
        whys(&imported),
        [(Extent::Detail, Some("CATEGORIES"), Why::TooManyCategories)]
    );
    assert_eq!(imported.events[0].categories.len(), CATEGORIES_MAX);
}

#[test]
fn the_name_of_a_zone_is_not_looked_for_in_a_long_text() {
    let name = |length: usize| format!("{:/>length$}", "Europe/London");
    let lines = |length: usize| format!("DTSTART;TZID={}:20260414T183000", name(length));
    let it = one(&lines(ZONE_ID_BYTES_MAX));
    assert_eq!(it.time_zone, "Europe/London");
    leaves_out(
        &lines(ZONE_ID_BYTES_MAX + 1),
        Some("DTSTART"),
        Why::UnknownTimeZone,
    );
}
