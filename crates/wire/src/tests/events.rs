//! Events and their seats: exact bytes, each limit exceeded by one, and what is not known.

use serde_json::{Value, json};

use super::{check_body, with};
use crate::BodyKind as _;
use crate::event::{
    EVENT_KINDS, Event, EventKind, LocalTime, OVERRIDES_MAX, Seats, Span, UtcTime, event_uid,
    is_event_id,
};

/// An event with everything in it.
fn event() -> Value {
    json!({
        "@type": "Event", "uid": "photo@le-mug.example", "updated": "2026-04-06T09:00:00Z",
        "sequence": 2, "title": "La photo de vos produits", "description": "Une heure.\nUn téléphone.",
        "start": "2026-04-13T18:00:00", "timeZone": "Europe/Paris", "duration": "PT2H",
        "recurrenceRules": [{ "@type": "RecurrenceRule", "frequency": "weekly", "interval": 2,
            "byDay": [{ "@type": "NDay", "day": "mo" }, { "day": "th" }], "count": 8 }],
        "recurrenceOverrides": {
            "2026-04-16T18:00:00": { "excluded": true },
            "2026-04-27T18:00:00": { "start": "2026-04-28T18:00:00", "duration": "PT3H",
                "title": "Deux heures de plus", "description": "À la lumière.", "status": "tentative" },
            "2026-05-02T10:00:00": {},
        },
        "status": "confirmed",
        "locations": { "1": { "@type": "Location", "name": "Salle des fêtes" } },
        "virtualLocations": { "web": { "@type": "VirtualLocation", "uri": "https://visio.example/photo" } },
        "locale": "fr",
        "escale": { "kind": "training", "capacity": 8, "price_cents": 1_500, "is_example": true },
    })
}

fn is_read(event: &Value) -> bool {
    Event::read(&event.to_string()).is_ok()
}

/// The exact bytes of an event: other software reads them as JSCalendar.
#[test]
fn an_event_has_these_bytes() {
    let event = Event::read(&event().to_string()).unwrap();
    let written = event.write().unwrap();
    let expected = concat!(
        r#"{"@type":"Event","uid":"photo@le-mug.example","updated":"2026-04-06T09:00:00Z","#,
        r#""sequence":2,"title":"La photo de vos produits","#,
        r#""description":"Une heure.\nUn téléphone.","start":"2026-04-13T18:00:00","#,
        r#""timeZone":"Europe/Paris","duration":"PT2H","recurrenceRules":"#,
        r#"[{"@type":"RecurrenceRule","frequency":"weekly","interval":2,"#,
        r#""byDay":[{"@type":"NDay","day":"mo"},{"day":"th"}],"count":8}],"#,
        r#""recurrenceOverrides":{"2026-04-16T18:00:00":{"excluded":true},"#,
        r#""2026-04-27T18:00:00":{"start":"2026-04-28T18:00:00","duration":"PT3H","#,
        r#""title":"Deux heures de plus","description":"À la lumière.","#,
        r#""status":"tentative"},"2026-05-02T10:00:00":{}},"#,
        r#""locations":{"1":{"@type":"Location","name":"Salle des fêtes"}},"#,
        r#""virtualLocations":{"web":{"@type":"VirtualLocation","#,
        r#""uri":"https://visio.example/photo"}},"locale":"fr","#,
        r#""escale":{"kind":"training","capacity":8,"price_cents":1500,"is_example":true}}"#,
    );
    assert_eq!(written, expected);
    assert_eq!(Event::read(&written), Ok(event));
}

#[test]
fn the_least_that_an_event_says_is_when_and_what() {
    let least = json!({
        "@type": "Event", "uid": "a@le-mug.example", "updated": "2026-04-06T09:00:00Z",
        "sequence": 0, "title": "x", "start": "2026-04-13T18:00:00", "timeZone": "UTC",
        "duration": "PT1S", "escale": { "kind": "event" },
    });
    let event = Event::read(&least.to_string()).unwrap();
    let written: Value = serde_json::from_str(&event.write().unwrap()).unwrap();
    assert_eq!(written, least);
    for name in least.as_object().unwrap().keys() {
        let mut other = least.clone();
        other.as_object_mut().unwrap().remove(name);
        assert!(!is_read(&other), "without {name}");
    }
}

#[test]
fn each_text_and_number_of_an_event_has_its_limit() {
    let at = |pointer: &str, value: Value| with(&event(), pointer, &value);
    let long = "é".repeat(200);
    for good in [
        at("/uid", json!(format!("{}@le-mug.example", "i".repeat(40)))),
        at("/sequence", json!(u32::MAX)),
        at("/title", json!(long)),
        at("/description", json!("é".repeat(2_000))),
        at("/timeZone", json!("Z".repeat(60))),
        at("/duration", json!("P31D")),
        at("/duration", json!("PT744H")),
        at("/locations/1/name", json!(long)),
        at(
            "/virtualLocations/web/uri",
            json!(format!("https://{}", "x".repeat(492))),
        ),
        at("/escale/capacity", json!(10_000)),
        at("/escale/price_cents", json!(100_000_000)),
        at("/recurrenceRules/0/interval", json!(100)),
        at("/recurrenceRules/0/count", json!(2_000)),
    ] {
        assert!(is_read(&good), "{good}");
    }
    let changes = [
        ("/@type", json!("Task")),
        ("/uid", json!("@le-mug.example")),
        ("/uid", json!("photo")),
        ("/uid", json!("ph oto@le-mug.example")),
        ("/uid", json!(format!("{}@le-mug.example", "i".repeat(41)))),
        ("/updated", json!("2026-04-06T09:00:00")),
        ("/updated", json!("2026-04-06T09:00:00.5Z")),
        ("/sequence", json!(u64::from(u32::MAX) + 1)),
        ("/sequence", json!(-1)),
        ("/title", json!("")),
        ("/title", json!("  ")),
        ("/title", json!("two\nlines")),
        ("/title", json!("bell\u{7}")),
        ("/title", json!(format!("{long}x"))),
        ("/description", json!("é".repeat(2_001))),
        ("/start", json!("2026-04-13")),
        ("/start", json!("2026-04-13T18:00:00Z")),
        ("/start", json!("2026-04-13 18:00:00")),
        ("/timeZone", json!("")),
        ("/timeZone", json!("Z".repeat(61))),
        ("/timeZone", Value::Null),
        ("/duration", json!("PT0S")),
        ("/duration", json!("P0D")),
        ("/duration", json!("P31DT1S")),
        ("/duration", json!("PT2678401S")),
        ("/duration", json!("-PT1H")),
        ("/duration", json!(7_200)),
        ("/showWithoutTime", json!(true)),
        ("/status", json!("postponed")),
        ("/locale", json!("f")),
        ("/locale", json!("français")),
        ("/locale", json!("x".repeat(21))),
        ("/escale", json!({})),
        ("/escale/kind", json!("party")),
        ("/escale/capacity", json!(0)),
        ("/escale/capacity", json!(10_001)),
        ("/escale/price_cents", json!(-1)),
        ("/escale/price_cents", json!(100_000_001)),
    ];
    for (pointer, value) in changes {
        let other = at(pointer, value);
        assert!(!is_read(&other), "{pointer}: {other}");
    }
}

#[test]
fn a_place_has_a_name_and_a_link_is_of_the_web() {
    let at = |pointer: &str, value: Value| with(&event(), pointer, &value);
    let two = |one: Value| json!({ "1": one, "2": one });
    for (pointer, value) in [
        ("/locations", two(json!({ "name": "x" }))),
        ("/locations", json!({ "a b": { "name": "x" } })),
        ("/locations", json!({ "": { "name": "x" } })),
        ("/locations/1/name", json!("")),
        ("/locations/1/name", json!("a\tb")),
        ("/locations/1/@type", json!("Place")),
        (
            "/virtualLocations",
            two(json!({ "uri": "https://x.example" })),
        ),
        ("/virtualLocations/web/uri", json!("http://visio.example")),
        ("/virtualLocations/web/uri", json!("javascript:alert(1)")),
        (
            "/virtualLocations/web/uri",
            json!("https://visio.example/ a"),
        ),
        (
            "/virtualLocations/web/uri",
            json!("https://visio.example/é"),
        ),
        (
            "/virtualLocations/web/uri",
            json!(format!("https://{}", "x".repeat(493))),
        ),
    ] {
        let other = at(pointer, value);
        assert!(!is_read(&other), "{pointer}: {other}");
    }
}

#[test]
fn a_rule_says_nothing_that_this_software_does_not_expand() {
    let rule = |rule: Value| with(&event(), "/recurrenceRules", &json!([rule]));
    for good in [
        json!({ "frequency": "daily" }),
        json!({ "frequency": "weekly", "until": "2026-12-31T00:00:00" }),
        json!({ "frequency": "weekly", "byDay": [] }),
    ] {
        assert!(is_read(&rule(good.clone())), "{good}");
    }
    for bad in [
        json!({ "frequency": "monthly" }),
        json!({ "frequency": "hourly" }),
        json!({ "frequency": "Weekly" }),
        json!({}),
        json!({ "frequency": "weekly", "interval": 0 }),
        json!({ "frequency": "weekly", "interval": 101 }),
        json!({ "frequency": "weekly", "count": 0 }),
        json!({ "frequency": "weekly", "count": 2_001 }),
        json!({ "frequency": "weekly", "count": 2, "until": "2026-12-31T00:00:00" }),
        json!({ "frequency": "weekly", "until": "2026-12-31" }),
        json!({ "frequency": "weekly", "byDay": [{ "day": "tu" }, { "day": "mo" }] }),
        json!({ "frequency": "weekly", "byDay": [{ "day": "mo" }, { "day": "mo" }] }),
        json!({ "frequency": "weekly", "byDay": [{ "day": "monday" }] }),
        json!({ "frequency": "weekly", "byDay": [{ "day": "mo", "nthOfPeriod": 1 }] }),
        json!({ "frequency": "weekly", "byMonth": ["4"] }),
        json!({ "frequency": "weekly", "firstDayOfWeek": "su" }),
        json!({ "frequency": "weekly", "skip": "forward" }),
        json!({ "frequency": "weekly", "rscale": "hebrew" }),
    ] {
        assert!(!is_read(&rule(bad.clone())), "{bad}");
    }
    let one = json!({ "frequency": "weekly" });
    let two = with(&event(), "/recurrenceRules", &json!([one, one]));
    assert!(!is_read(&two));
    let none = with(&event(), "/recurrenceRules", &json!([]));
    assert!(!is_read(&none), "an exception without a rule");
}

#[test]
fn an_exception_says_nothing_that_this_software_does_not_show() {
    let with_exception = |change: Value| {
        let changes = json!({ "2026-04-16T18:00:00": change });
        with(&event(), "/recurrenceOverrides", &changes)
    };
    for good in [
        json!({}),
        json!({ "excluded": false, "status": "cancelled" }),
        json!({ "title": "x", "duration": "P1D" }),
    ] {
        assert!(is_read(&with_exception(good.clone())), "{good}");
    }
    for bad in [
        json!(null),
        json!({ "excluded": true, "title": "x" }),
        json!({ "excluded": true, "start": "2026-04-17T18:00:00" }),
        json!({ "title": "" }),
        json!({ "title": null }),
        json!({ "start": null }),
        json!({ "description": "é".repeat(2_001) }),
        json!({ "duration": "PT0S" }),
        json!({ "duration": "P32D" }),
        json!({ "start": "2026-04-17" }),
        json!({ "status": "gone" }),
        json!({ "timeZone": "UTC" }),
        json!({ "locations/1/name": "x" }),
        json!({ "escale": { "kind": "event", "capacity": 1 } }),
    ] {
        assert!(!is_read(&with_exception(bad.clone())), "{bad}");
    }
    let many = |count: usize| {
        let times = (0..count).map(|it| format!("2026-05-{:02}T{:02}:00:00", it / 24 + 1, it % 24));
        let changes: Value = times
            .map(|it| (it, json!({})))
            .collect::<serde_json::Map<_, _>>()
            .into();
        with(&event(), "/recurrenceOverrides", &changes)
    };
    assert!(is_read(&many(OVERRIDES_MAX)));
    assert!(!is_read(&many(OVERRIDES_MAX + 1)));
    let late = with(&event(), "/recurrenceOverrides", &json!({ "tomorrow": {} }));
    assert!(!is_read(&late));
}

#[test]
fn an_event_of_days_has_whole_days_in_its_exceptions_too() {
    let mut days = event();
    days["start"] = json!("2026-04-13T00:00:00");
    days["duration"] = json!("P2D");
    days["showWithoutTime"] = json!(true);
    let of_days = |changes: Value| with(&days, "/recurrenceOverrides", &changes);
    let midnight = "2026-04-16T00:00:00";
    for good in [
        json!({}),
        json!({ midnight: { "start": "2026-04-17T00:00:00", "duration": "P1D" } }),
        json!({ midnight: { "excluded": true } }),
    ] {
        assert!(is_read(&of_days(good.clone())), "{good}");
    }
    for bad in [
        json!({ "2026-04-16T18:00:00": {} }),
        json!({ midnight: { "start": "2026-04-17T09:00:00" } }),
        json!({ midnight: { "duration": "PT2H" } }),
    ] {
        assert!(!is_read(&of_days(bad.clone())), "{bad}");
    }
    let days = of_days(json!({}));
    assert!(!is_read(&with(
        &days,
        "/start",
        &json!("2026-04-13T00:00:01")
    )));
    assert!(!is_read(&with(&days, "/duration", &json!("P1DT1S"))));
}

#[test]
fn what_is_not_known_is_ignored_unless_it_says_when() {
    for name in ["later", "keywords", "color", "participants"] {
        let mut other = event();
        other[name] = json!({ "x": [1] });
        assert!(is_read(&other), "{name}");
        other["escale"][name] = json!(1);
        other["locations"]["1"][name] = json!(1);
        assert!(is_read(&other), "{name}");
    }
    for name in [
        "excludedRecurrenceRules",
        "recurrenceId",
        "recurrenceIdTimeZone",
    ] {
        let mut other = event();
        other[name] = Value::Null;
        assert!(!is_read(&other), "{name}");
    }
}

#[test]
fn a_body_is_an_object_with_words_and_texts_where_they_are_due() {
    for (pointer, value) in [
        ("/status", json!({ "cancelled": null })),
        ("/escale", json!(["training", 8, null, false])),
        ("/escale/kind", json!({ "training": null })),
        (
            "/recurrenceRules/0",
            json!([null, "weekly", 1, [], null, null]),
        ),
        ("/recurrenceRules/0/byDay", json!([["mo"]])),
        ("/recurrenceOverrides", json!([])),
    ] {
        let other = with(&event(), pointer, &value);
        assert!(!is_read(&other), "{pointer}: {other}");
    }
}

#[track_caller]
fn spans(text: &str, days: u32, seconds: u32, written: &str) {
    let span = Span::new(days, seconds);
    assert_eq!(Span::parse(text), Some(span), "{text}");
    assert_eq!(span.to_string(), written);
    assert_eq!(Span::parse(written), Some(span), "{written}");
}

#[test]
fn a_length_of_time_is_read_as_it_is_written() {
    spans("P1D", 1, 0, "P1D");
    spans("P2W", 14, 0, "P14D");
    spans("PT2H", 0, 7_200, "PT2H");
    spans("PT2H30M", 0, 9_000, "PT2H30M");
    spans("PT90M", 0, 5_400, "PT1H30M");
    spans("PT3661S", 0, 3_661, "PT1H1M1S");
    spans("P1DT12H", 1, 43_200, "P1DT12H");
    spans("P0DT1S", 0, 1, "PT1S");
    spans("PT0S", 0, 0, "PT0S");
    spans("P0D", 0, 0, "PT0S");
    spans("PT24H", 0, 86_400, "PT24H");
    for text in [
        "",
        "P",
        "PT",
        "P1DT",
        "1D",
        "P1",
        "PT1",
        "P1H",
        "PT1D",
        "P1M",
        "P1Y",
        "PT1S1H",
        "P-1D",
        "-P1D",
        "+P1D",
        "PT1.5H",
        "P1WT1H",
        "P1W1D",
        "P 1D",
        "p1d",
        "PT1H ",
        "P1234567890D",
        "PT999999999H",
        "PD",
        "PTS",
        "P1D2D",
    ] {
        assert_eq!(Span::parse(text), None, "{text}");
    }
}

#[test]
fn a_time_has_one_spelling() {
    assert!(LocalTime::parse("2026-04-13T18:00:00").is_some());
    assert!(UtcTime::parse("2026-04-13T18:00:00Z").is_some());
    for text in [
        "",
        "2026-04-13",
        "2026-04-13T18:00",
        "2026-04-13t18:00:00",
        "2026-04-13T18:00:00.0",
        "+026-04-13T18:00:00",
        "2026-4-13T18:00:000",
        "2026-04-13T18-00:00",
        "２026-04-13T18:00",
    ] {
        assert_eq!(LocalTime::parse(text), None, "{text}");
        assert_eq!(UtcTime::parse(&format!("{text}Z")), None, "{text}");
    }
    assert_eq!(UtcTime::parse("2026-04-13T18:00:00"), None);
    assert_eq!(UtcTime::parse("2026-04-13T18:00:00ZZ"), None);
}

#[test]
fn an_event_is_named_by_its_node() {
    let mug = crate::EntityId::parse("http://localhost:8080").unwrap();
    assert_eq!(event_uid(&mug, "photo"), "photo@localhost:8080");
    assert!(is_event_id("Photo_1-a"));
    for id in ["", "a b", "é", "a@b", "a.b", &"i".repeat(41)] {
        assert!(!is_event_id(id), "{id}");
    }
    for kind in EVENT_KINDS {
        assert_eq!(EventKind::parse(kind.word()), Some(kind));
        assert_eq!(json!(kind), json!(kind.word()));
    }
    assert_eq!(EventKind::parse("Training"), None);
}

#[test]
fn seats_are_told_in_order_and_within_limits() {
    let seats = |day: u32, taken: u64, waiting: u64| {
        json!({ "occurrence": format!("2026-{:02}-{:02}T18:00:00", day / 28 + 1, day % 28 + 1),
            "taken": taken, "waiting": waiting })
    };
    let told = |occurrences: Value| json!({ "at": 1_775_466_000, "occurrences": occurrences });
    let of_many = |count: u32| told((0..count).map(|day| seats(day, 1, 0)).collect());
    check_body::<Seats>(
        &json!({ "at": 1, "occurrences": [seats(1, 10_000, 10_000), seats(2, 0, 1)], "later": 1 }),
        &[
            ("at", json!("2026-04-06T09:00:00Z")),
            ("occurrences", Value::Null),
            ("occurrences", json!([seats(2, 1, 0), seats(1, 1, 0)])),
            ("occurrences", json!([seats(1, 1, 0), seats(1, 1, 0)])),
            ("occurrences", json!([seats(1, 10_001, 0)])),
            ("occurrences", json!([seats(1, 0, 10_001)])),
            ("occurrences", json!([{ "taken": 1 }])),
        ],
    );
    assert!(Seats::read(&of_many(100).to_string()).is_ok());
    assert!(Seats::read(&of_many(101).to_string()).is_err());
    let once = told(json!([{ "taken": 3, "waiting": 0 }]));
    let read = Seats::read(&once.to_string()).unwrap();
    assert_eq!(
        read.write().unwrap(),
        r#"{"at":1775466000,"occurrences":[{"taken":3,"waiting":0}]}"#
    );
}
