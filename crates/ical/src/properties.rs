//! What holds of all calendars: what is written is read again as it was, and no file, however
//! broken, does anything but be read or be refused.

use jiff::civil::{Date, DateTime, Weekday};
use proptest::prelude::*;

use crate::read::samples;
use crate::{
    Calendar, Change, DayOfRule, End, Event, Frequency, Geo, LINE_OCTETS_MAX, Override,
    OverrideKind, Rule, SUMMARY_CHARS_MAX, Status, clean_text, read, write, write_alone,
    write_event,
};

const ZONES: &[&str] = &[
    "Africa/Casablanca",
    "America/Guadeloupe",
    "America/New_York",
    "Asia/Kathmandu",
    "Europe/London",
    "Europe/Paris",
    "Indian/Reunion",
    "Pacific/Noumea",
];

/// Whatever somebody may type.
fn text() -> impl Strategy<Value = String> {
    "(\\PC|[\r\n\t\\\\;,:\"^é€😀\u{2028}\u{0}\u{85}]|\r\n|BEGIN:VEVENT|\\\\n){0,40}"
}

fn some_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(text().prop_filter("not empty", |it| !clean_text(it).is_empty()))
}

/// Times that every clock shows once: in the afternoon.
fn time() -> impl Strategy<Value = DateTime> {
    let date = (2020_i16..2040, 1_i8..=12, 1_i8..=28);
    let time = (12_i8..20, 0_i8..60, 0_i8..60);
    (date, time).prop_map(|((year, month, day), (hour, minute, second))| {
        let date = Date::new(year, month, day).unwrap();
        date.at(hour, minute, second, 0)
    })
}

fn weekday() -> impl Strategy<Value = Weekday> {
    (1_i8..=7).prop_map(|it| Weekday::from_monday_one_offset(it).unwrap())
}

fn nonzero(most: i16) -> impl Strategy<Value = i16> {
    (1..=most, any::<bool>()).prop_map(|(it, is_back)| if is_back { -it } else { it })
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        Just(End::Never),
        (1..=u32::MAX).prop_map(End::Count),
        time().prop_map(End::Until),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let weekly = prop_oneof![Just(Frequency::Daily), Just(Frequency::Weekly)];
    let yearly = prop_oneof![Just(Frequency::Monthly), Just(Frequency::Yearly)];
    let plain =
        (weekly, proptest::collection::vec(weekday(), 0..4)).prop_map(|(frequency, days)| {
            let days = days.into_iter().map(|weekday| DayOfRule {
                ordinal: None,
                weekday,
            });
            Rule {
                by_day: days.collect(),
                ..Rule::every(frequency)
            }
        });
    let days = proptest::collection::vec((proptest::option::of(nonzero(53)), weekday()), 1..4);
    let month_days = proptest::collection::vec(nonzero(31), 0..4);
    let months = proptest::collection::vec(1_u8..=12, 0..4);
    let positions = proptest::collection::vec(nonzero(366), 0..4);
    let full = (yearly, days, month_days, months, positions);
    let full = full.prop_map(|(frequency, days, month_days, months, positions)| {
        let days = days.into_iter().map(|(ordinal, weekday)| DayOfRule {
            ordinal: ordinal.map(|it| i8::try_from(it).unwrap()),
            weekday,
        });
        let month_days = month_days.into_iter();
        Rule {
            by_day: days.collect(),
            by_month_day: month_days.map(|it| i8::try_from(it).unwrap()).collect(),
            by_month: months,
            by_set_position: positions,
            ..Rule::every(frequency)
        }
    });
    (prop_oneof![plain, full], 1..=u32::MAX, end(), weekday()).prop_map(
        |(rule, interval, end, week_start)| Rule {
            interval,
            end,
            week_start,
            ..rule
        },
    )
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Confirmed),
        Just(Status::Tentative),
        Just(Status::Cancelled),
    ]
}

fn url() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("https://[a-z]{1,20}(/[a-z0-9?&=;,%é]{0,60})?")
}

fn change() -> impl Strategy<Value = Change> {
    let times = (
        proptest::option::of(time()),
        proptest::option::of(0_u32..400_000),
        proptest::option::of(status()),
    );
    (times, some_text(), some_text(), some_text(), url()).prop_map(
        |((start, duration_seconds, status), summary, description, location, url)| Change {
            start,
            duration_seconds,
            summary,
            description,
            location,
            url,
            status,
        },
    )
}

fn overrides() -> impl Strategy<Value = Vec<Override>> {
    let kind = prop_oneof![
        Just(OverrideKind::Excluded),
        change().prop_map(OverrideKind::Changed),
    ];
    let all = proptest::collection::btree_map(time(), kind, 0..4);
    all.prop_map(|all| {
        let all = all.into_iter();
        all.map(|(at, kind)| Override { at, kind }).collect()
    })
}

fn geo() -> impl Strategy<Value = Option<Geo>> {
    let geo = (-90_000_000_i32..=90_000_000, -180_000_000_i32..=180_000_000);
    proptest::option::of(geo.prop_map(|(latitude_e6, longitude_e6)| Geo {
        latitude_e6,
        longitude_e6,
    }))
}

fn event() -> impl Strategy<Value = Event> {
    let numbers = (
        "[a-z0-9@.;,-]{1,60}",
        0_i64..4_000_000_000,
        0_u32..=2_147_483_647,
    );
    let texts = (text(), some_text(), some_text(), url());
    let times = (time(), 0..ZONES.len(), 0_u32..4_000_000, any::<bool>());
    let dates = (proptest::option::of(rule()), overrides(), status());
    let category = "[a-zé;,\\\\:]{1,20}";
    let other = (
        geo(),
        proptest::collection::btree_set(category, 0..4),
        proptest::option::of("[a-z]{2}(-[A-Z]{2})?"),
    );
    (numbers, texts, times, dates, other).prop_map(
        |(numbers, texts, times, (rule, overrides, status), (geo, categories, language))| Event {
            uid: numbers.0,
            stamp: numbers.1,
            sequence: numbers.2,
            summary: texts.0,
            description: texts.1,
            location: texts.2,
            url: texts.3,
            start: times.0,
            time_zone: ZONES[times.1].to_owned(),
            duration_seconds: times.2,
            is_all_day: times.3,
            overrides: if rule.is_some() {
                overrides
            } else {
                Vec::new()
            },
            rule,
            status,
            geo,
            categories: categories.into_iter().collect(),
            language,
        },
    )
}

/// An event as it is read again: texts are clean, whole days have no hours, and a date is said
/// to differ only where it does.
fn as_read(mut event: Event) -> Event {
    let whole = |at: DateTime| at.date().to_datetime(jiff::civil::Time::MIN);
    let clean = |text: &Option<String>| text.as_deref().map(clean_text);
    event.summary = clean_text(&event.summary);
    event.description = clean(&event.description);
    event.location = clean(&event.location);
    let days = |seconds: u32| (seconds / 86_400).max(1) * 86_400;
    if event.is_all_day {
        event.start = whole(event.start);
        event.duration_seconds = days(event.duration_seconds);
        for it in &mut event.overrides {
            it.at = whole(it.at);
        }
        event.overrides.dedup_by_key(|it| it.at);
        if let Some(rule) = &mut event.rule
            && let End::Until(until) = rule.end
        {
            rule.end = End::Until(whole(until));
        }
    }
    if event.summary.is_empty() && event.description.is_none() {
        // It is the language of nothing.
        event.language = None;
    }
    let mut overrides = std::mem::take(&mut event.overrides);
    for it in &mut overrides {
        let at = it.at;
        let OverrideKind::Changed(change) = &mut it.kind else {
            continue;
        };
        if event.is_all_day {
            change.start = change.start.map(whole);
            change.duration_seconds = change.duration_seconds.map(days);
        }
        change.start = change.start.filter(|it| *it != at);
        let same = event.duration_seconds;
        change.duration_seconds = change.duration_seconds.filter(|it| *it != same);
        change.status = change.status.filter(|it| *it != event.status);
        change.summary = clean(&change.summary).filter(|it| *it != event.summary);
        let differs = |once: &Option<String>, ever: &Option<String>| {
            let once = once.as_deref().map(clean_text);
            once.filter(|it| it != ever.as_deref().unwrap_or_default())
        };
        change.description = differs(&change.description, &event.description);
        change.location = differs(&change.location, &event.location);
        change.url = differs(&change.url, &event.url);
    }
    event.overrides = overrides;
    event
}

fn calendar() -> impl Strategy<Value = Calendar> {
    (text(), some_text(), url()).prop_map(|(name, description, url)| Calendar {
        name,
        description,
        source: url.clone(),
        url,
        last_modified: Some(0),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_read_again_as_it_was(event in event()) {
        // Two whole days that fall on one date are one override; the first is kept.
        let event = if event.is_all_day {
            Event { overrides: as_read(event.clone()).overrides, ..event }
        } else {
            event
        };
        let text = write_alone(&event);
        let imported = read(text.as_bytes(), &event.time_zone).unwrap();
        prop_assert_eq!(&imported.left_out, &Vec::new(), "{}", &text);
        prop_assert_eq!(&imported.events, &vec![as_read(event.clone())], "{}", &text);
        // And what was read is written as the same bytes.
        prop_assert_eq!(write_event(&imported.events[0]), write_event(&as_read(event)));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, "Europe/Paris");
        let inside = [b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", &bytes[..]].concat();
        let imported = read(&inside, "Europe/Paris");
        if let Ok(imported) = imported {
            prop_assert!(!(imported.events.is_empty() && imported.left_out.is_empty()));
        }
    }

    #[test]
    fn lines_in_any_order_are_read_or_refused(lines in proptest::collection::vec(line(), 0..40)) {
        let text = format!("BEGIN:VCALENDAR\n{}", lines.join("\n"));
        if let Ok(imported) = read(text.as_bytes(), "Europe/Paris") {
            // Whatever was made of it can be written, and is then read as it is.
            for event in imported.events {
                let again = read(write_alone(&event).as_bytes(), &event.time_zone).unwrap();
                prop_assert_eq!(again.events.len() + again.left_out.len(), 1);
            }
        }
    }

    #[test]
    fn a_broken_sample_is_read_or_refused(
        which in 0..samples::ALL.len(),
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..12),
    ) {
        let mut bytes = samples::ALL[which].as_bytes().to_vec();
        for (place, byte, way) in places {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match way {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, byte),
                _ => bytes.truncate(at),
            }
        }
        if let Ok(imported) = read(&bytes, "Europe/Paris") {
            for event in imported.events {
                write_alone(&event);
            }
        }
    }
}

proptest! {
    // Each defines several zones.
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn a_feed_is_whole_lines_that_are_not_too_long(
        calendar in calendar(),
        events in proptest::collection::vec(event(), 0..4),
    ) {
        let text = write(&calendar, &events);
        prop_assert!(text.ends_with("END:VCALENDAR\r\n"));
        for line in text.strip_suffix("\r\n").unwrap().split("\r\n") {
            prop_assert!((1..=LINE_OCTETS_MAX).contains(&line.len()), "{:?}", line);
            prop_assert!(!line.chars().any(|it| it.is_control() && it != '\t'), "{:?}", line);
        }
        let unfolded = text.replace("\r\n ", "");
        let components = unfolded.lines().filter(|it| *it == "BEGIN:VEVENT").count();
        let changed = events.iter().flat_map(|it| &it.overrides);
        let changed = changed.filter(|it| it.kind != OverrideKind::Excluded).count();
        prop_assert_eq!(components, events.len() + changed);
        for event in &events {
            prop_assert!(text.contains(&write_event(event)));
        }
        let name: String = clean_text(&calendar.name).chars().take(SUMMARY_CHARS_MAX).collect();
        let found = read(text.as_bytes(), "Europe/Paris").unwrap().calendar_name;
        let found = found.unwrap_or_default();
        prop_assert_eq!(found.trim(), name.trim());
    }
}

/// Lines that mean something, and some that nearly do.
fn line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "BEGIN",
        "END",
        "UID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "EXDATE",
        "RDATE",
        "RECURRENCE-ID",
        "SUMMARY",
        "GEO",
        "TZID",
        "TZOFFSETTO",
        "X-WR-TIMEZONE",
        "SEQUENCE",
    ]);
    let parameter = prop::sample::select(vec![
        "",
        "",
        "",
        ";VALUE=DATE",
        ";TZID=Europe/Paris",
        ";TZID=mine",
        ";RANGE=THISANDFUTURE",
    ]);
    let value = prop::sample::select(vec![
        "VEVENT",
        "VEVENT",
        "VTIMEZONE",
        "STANDARD",
        "VCALENDAR",
        "1",
        "1",
        "20260414T183000",
        "20260414",
        "20261025T013000Z",
        "20260329T023000",
        "00000101T000000",
        "99991231T235959Z",
        "99991231",
        "PT1H",
        "P9999999999D",
        "FREQ=DAILY;UNTIL=99991231T235959Z",
        "FREQ=YEARLY",
        "FREQ=WEEKLY;UNTIL=00010101",
        "45;5",
        "+0200",
        "Europe/Paris",
        "4294967296",
        "",
    ]);
    (name, parameter, value)
        .prop_map(|(name, parameter, value)| format!("{name}{parameter}:{value}"))
}
