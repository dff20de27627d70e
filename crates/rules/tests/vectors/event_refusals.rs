//! Events that are not shown, and why.

use serde_json::{Value, json};

use crate::event_cases::event;

fn case(name: &str, body: &str, expected: &str) -> Value {
    json!({ "name": name, "body": body, "expected": expected })
}

/// Members that make an event another, each with a name and what is said of it.
fn changed(all: Vec<(&str, Value)>, expected: &str) -> Vec<Value> {
    let of = |(name, changes): (&str, Value)| case(name, &event(&changes).to_string(), expected);
    all.into_iter().map(of).collect()
}

fn rule(rule: Value) -> Value {
    let mut changes = json!({});
    changes["recurrenceRules"] = Value::Array(vec![rule]);
    changes
}

fn exception(due: &str, change: Value) -> Value {
    let mut changes = rule(json!({ "frequency": "daily", "count": 2 }));
    changes["recurrenceOverrides"] = json!({});
    changes["recurrenceOverrides"][due] = change;
    changes
}

const DUE: &str = "2026-04-06T18:00:00";

/// Each with its name, the body as text, and why it is not shown; `ok` where it is.
pub(crate) fn cases() -> Vec<Value> {
    let mut cases = changed(good(), "ok");
    cases.extend(changed(not_in_form(), "malformed"));
    cases.extend(changed(times_not_in_form(), "malformed"));
    cases.extend(changed(rest_not_in_form(), "malformed"));
    cases.extend(changed(rules_not_in_form(), "malformed"));
    cases.extend(changed(exceptions_not_in_form(), "malformed"));
    cases.extend(texts());
    cases.extend(not_by_rule());
    cases
}

fn good() -> Vec<(&'static str, Value)> {
    vec![
        ("plain", json!({})),
        (
            "unknown members",
            json!({ "later": { "x": [1, null] }, "keywords": { "a": true } }),
        ),
        (
            "null for absent",
            json!({ "description": null, "locale": null }),
        ),
        (
            "everything",
            json!({
                "description": "Une heure.\nUn téléphone.", "status": "tentative", "locale": "fr",
                "locations": { "1": { "@type": "Location", "name": "Salle des fêtes", "later": 1 } },
                "virtualLocations": { "web": { "uri": "https://visio.example/photo" } },
                "escale": { "kind": "workshop", "capacity": 10_000, "price_cents": 0, "is_example": true },
                "recurrenceRules": [{ "@type": "RecurrenceRule", "frequency": "weekly", "interval": 100,
                    "byDay": [{ "@type": "NDay", "day": "mo" }], "count": 2_000, "until": null }],
                "recurrenceOverrides": { DUE: { "excluded": false, "title": "x", "description": "",
                    "duration": "P31D", "status": "cancelled" } },
            }),
        ),
        ("a length of weeks", json!({ "duration": "P4W" })),
        (
            "no rule in the list",
            json!({ "recurrenceRules": [], "recurrenceOverrides": {} }),
        ),
        (
            "a title of 200 characters",
            json!({ "title": "é".repeat(200) }),
        ),
    ]
}

fn not_in_form() -> Vec<(&'static str, Value)> {
    vec![
        ("another type", json!({ "@type": "Task" })),
        ("uid without a node", json!({ "uid": "photo" })),
        ("uid without an id", json!({ "uid": "@le-mug.example" })),
        (
            "uid with a space",
            json!({ "uid": "ph oto@le-mug.example" }),
        ),
        (
            "uid of 41",
            json!({ "uid": format!("{}@le-mug.example", "i".repeat(41)) }),
        ),
        (
            "updated without Z",
            json!({ "updated": "2026-01-01T00:00:00" }),
        ),
        ("sequence below 0", json!({ "sequence": -1 })),
        (
            "sequence over 32 bits",
            json!({ "sequence": 4_294_967_296_u64 }),
        ),
        ("no title", json!({ "title": "" })),
        ("a title of white space", json!({ "title": " \u{a0} " })),
        (
            "a title with a control character",
            json!({ "title": "a\u{7}b" }),
        ),
        (
            "a title with a C1 control character",
            json!({ "title": "a\u{85}b" }),
        ),
        ("a title of two lines", json!({ "title": "a\nb" })),
        (
            "a title of 201 characters",
            json!({ "title": "é".repeat(201) }),
        ),
        (
            "a description of 2,001 characters",
            json!({ "description": "é".repeat(2_001) }),
        ),
        (
            "a start with a zone",
            json!({ "start": "2026-04-06T18:00:00Z" }),
        ),
        (
            "a start without seconds",
            json!({ "start": "2026-04-06T18:00" }),
        ),
    ]
}

fn times_not_in_form() -> Vec<(&'static str, Value)> {
    vec![
        ("no zone", json!({ "timeZone": null })),
        ("a zone of 61", json!({ "timeZone": "Z".repeat(61) })),
        ("no length", json!({ "duration": "PT0S" })),
        (
            "a length of 31 days and a second",
            json!({ "duration": "P31DT1S" }),
        ),
        ("a length that is negative", json!({ "duration": "-PT1H" })),
        ("a length of a month", json!({ "duration": "P1M" })),
        ("a length of weeks and days", json!({ "duration": "P1W1D" })),
        (
            "a length with nothing after T",
            json!({ "duration": "P1DT" }),
        ),
        ("minutes before hours", json!({ "duration": "PT1M1H" })),
        ("a length with a fraction", json!({ "duration": "PT1.5H" })),
        (
            "days that begin at noon",
            json!({ "start": "2026-04-06T12:00:00", "duration": "P1D",
            "showWithoutTime": true }),
        ),
        (
            "days of hours",
            json!({ "start": "2026-04-06T00:00:00", "duration": "PT24H",
            "showWithoutTime": true }),
        ),
    ]
}

fn rest_not_in_form() -> Vec<(&'static str, Value)> {
    let terms = |name: &str, value: Value| {
        let mut terms = json!({ "kind": "training" });
        terms[name] = value;
        json!({ "escale": terms })
    };
    let place = |name: Value| json!({ "locations": { "1": { "name": name } } });
    let link = |uri: &str| json!({ "virtualLocations": { "1": { "uri": uri } } });
    vec![
        ("null for a status", json!({ "status": null })),
        ("another status", json!({ "status": "postponed" })),
        (
            "two places",
            json!({ "locations": { "1": { "name": "a" }, "2": { "name": "b" } } }),
        ),
        ("a place without a name", place(json!(""))),
        ("a place of two lines", place(json!("a\nb"))),
        (
            "a place under no key",
            json!({ "locations": { "": { "name": "a" } } }),
        ),
        ("a link without TLS", link("http://visio.example")),
        ("a link with a space", link("https://visio.example/a b")),
        (
            "a link of 501 bytes",
            link(&format!("https://{}", "x".repeat(493))),
        ),
        ("a script for a link", link("javascript:alert(1)")),
        ("a language of one letter", json!({ "locale": "f" })),
        ("another kind", terms("kind", json!("party"))),
        ("no kind", json!({ "escale": {} })),
        ("no seats", terms("capacity", json!(0))),
        ("10,001 seats", terms("capacity", json!(10_001))),
        ("a price below 0", terms("price_cents", json!(-1))),
        (
            "a price over the limit",
            terms("price_cents", json!(100_000_001)),
        ),
        (
            "rules that exclude",
            json!({ "excludedRecurrenceRules": [] }),
        ),
        ("one occurrence alone", json!({ "recurrenceId": null })),
        (
            "an occurrence in another zone",
            json!({ "recurrenceIdTimeZone": "UTC" }),
        ),
    ]
}

fn rules_not_in_form() -> Vec<(&'static str, Value)> {
    let weekly = |name: &str, value: Value| {
        let mut it = json!({ "frequency": "weekly" });
        it[name] = value;
        rule(it)
    };
    let one = json!({ "frequency": "weekly" });
    vec![
        ("two rules", json!({ "recurrenceRules": [one, one] })),
        ("monthly", rule(json!({ "frequency": "monthly" }))),
        ("secondly", rule(json!({ "frequency": "secondly" }))),
        ("interval 0", weekly("interval", json!(0))),
        ("interval 101", weekly("interval", json!(101))),
        ("count 0", weekly("count", json!(0))),
        ("count 2,001", weekly("count", json!(2_001))),
        ("until a date", weekly("until", json!("2026-12-31"))),
        (
            "count and until",
            rule(json!({ "frequency": "weekly", "count": 2,
            "until": "2026-12-31T00:00:00" })),
        ),
        (
            "days out of order",
            weekly("byDay", json!([{ "day": "tu" }, { "day": "mo" }])),
        ),
        (
            "a day twice",
            weekly("byDay", json!([{ "day": "mo" }, { "day": "mo" }])),
        ),
        (
            "the first Monday",
            weekly("byDay", json!([{ "day": "mo", "nthOfPeriod": 1 }])),
        ),
        ("another day", weekly("byDay", json!([{ "day": "monday" }]))),
        ("days as texts", weekly("byDay", json!(["mo"]))),
        ("by month", weekly("byMonth", json!(["4"]))),
        ("weeks from Sunday", weekly("firstDayOfWeek", json!("su"))),
        ("another calendar", weekly("rscale", json!("gregorian"))),
        ("null for days", weekly("byDay", Value::Null)),
    ]
}

fn exceptions_not_in_form() -> Vec<(&'static str, Value)> {
    let times = (0..101).map(|it| format!("2026-05-{:02}T{:02}:00:00", it / 24 + 1, it % 24));
    let many: serde_json::Map<_, _> = times.map(|it| (it, json!({}))).collect();
    let mut of_days = exception(DUE, json!({}));
    of_days["start"] = json!("2026-04-06T00:00:00");
    of_days["duration"] = json!("P1D");
    of_days["showWithoutTime"] = json!(true);
    let mut moved = of_days.clone();
    moved["recurrenceOverrides"] =
        json!({ "2026-04-06T00:00:00": { "start": "2026-04-07T09:00:00" } });
    vec![
        (
            "an exception without a rule",
            json!({ "recurrenceOverrides": { DUE: {} } }),
        ),
        (
            "101 exceptions",
            json!({
            "recurrenceRules": [{ "frequency": "daily" }], "recurrenceOverrides": many }),
        ),
        ("an exception at no time", exception("tomorrow", json!({}))),
        ("an exception that is null", exception(DUE, Value::Null)),
        (
            "excluded, and more",
            exception(DUE, json!({ "excluded": true, "title": "x" })),
        ),
        (
            "another place",
            exception(DUE, json!({ "locations/1/name": "x" })),
        ),
        ("another zone", exception(DUE, json!({ "timeZone": "UTC" }))),
        ("null for a title", exception(DUE, json!({ "title": null }))),
        (
            "an exception of no length",
            exception(DUE, json!({ "duration": "PT0S" })),
        ),
        ("hours to an event of days", of_days),
        ("an event of days moved to a morning", moved),
    ]
}

fn texts() -> Vec<Value> {
    let plain = event(&json!({})).to_string();
    let twice = plain.replacen('{', r#"{"title":"x","#, 1);
    let fraction = plain.replacen(r#""sequence":0"#, r#""sequence":0.5"#, 1);
    let long = event(&json!({ "later": "x".repeat(16_384) })).to_string();
    vec![
        case("a name twice", &twice, "malformed"),
        case("a fraction", &fraction, "malformed"),
        case("16,384 bytes and more", &long, "malformed"),
        case("a list", "[]", "malformed"),
        case("a text", "\"Event\"", "malformed"),
        case("cut", plain.trim_end_matches('}'), "malformed"),
    ]
}

fn not_by_rule() -> Vec<Value> {
    let mut cases = changed(
        vec![
            (
                "another event's name",
                json!({ "uid": "other@le-mug.example" }),
            ),
            ("another node's name", json!({ "uid": "photo@aix.example" })),
            (
                "another port",
                json!({ "uid": "photo@le-mug.example:8443" }),
            ),
            (
                "a longer name",
                json!({ "uid": "photo@le-mug.example@le-mug.example" }),
            ),
        ],
        "name",
    );
    let zones = [
        "Europe/Chambery",
        "europe/paris",
        "+01:00",
        "Europe/Paris ",
        "../UTC",
    ];
    let zones = zones.map(|zone| ("no such zone", json!({ "timeZone": zone })));
    cases.extend(changed(zones.into(), "time_zone"));
    cases.extend(no_moments());
    let tuesdays =
        |frequency: &str| rule(json!({ "frequency": frequency, "byDay": [{ "day": "tu" }] }));
    cases.extend(changed(
        vec![
            ("a Monday, on Tuesdays", tuesdays("weekly")),
            ("a Monday, each day that is a Tuesday", tuesdays("daily")),
        ],
        "start_off_rule",
    ));
    let mut none = exception(DUE, json!({ "excluded": true }));
    none["recurrenceOverrides"]["2026-04-07T18:00:00"] = json!({ "excluded": true });
    cases.extend(changed(
        vec![
            ("until before it begins", until("2026-04-06T17:59:59")),
            ("every time left out", none),
        ],
        "never",
    ));
    cases
}

fn until(until: &str) -> Value {
    rule(json!({ "frequency": "daily", "until": until }))
}

/// Times that no calendar or no clock shows.
fn no_moments() -> Vec<Value> {
    changed(
        vec![
            (
                "29 February of no leap year",
                json!({ "start": "2026-02-29T18:00:00" }),
            ),
            ("24:00", json!({ "start": "2026-04-06T24:00:00" })),
            (
                "the sixtieth second",
                json!({ "start": "2026-04-06T18:00:60" }),
            ),
            (
                "a start that the clock skips",
                json!({ "start": "2026-03-29T02:30:00" }),
            ),
            (
                "updated on no day",
                json!({ "updated": "2026-02-30T00:00:00Z" }),
            ),
            ("until no day", until("2026-04-31T00:00:00")),
            (
                "an exception on no day",
                exception("2026-04-31T18:00:00", json!({ "excluded": true })),
            ),
            (
                "moved to no day",
                exception(DUE, json!({ "start": "2026-04-31T18:00:00" })),
            ),
            (
                "moved to where the clock skips",
                exception(DUE, json!({ "start": "2027-03-28T02:30:00" })),
            ),
        ],
        "moment",
    )
}
