//! Bodies of each kind: one with everything in it, and each limit exceeded.

use serde_json::{Value, json};
use wire::BodyKind;
use wire::label::{Application, Charter, Decision, Warning, Withdrawal};
use wire::space::{Formula, OpeningHours, Profile};

use crate::papers::{CHARTER, IAT, MUG};

/// A kind, a body that is read, and members that make it unreadable.
type Kind = (&'static str, Value, Vec<(&'static str, Value)>);

/// The cases of the file.
pub(crate) fn made() -> Value {
    let kinds = [
        charter(),
        withdrawal(),
        application(),
        warning(),
        decision(),
        profile(),
        opening_hours(),
        formula(),
    ];
    let mut cases = Vec::new();
    for (kind, good, changes) in kinds {
        let mut add = |body: &str, expected: &str| {
            cases.push(json!({ "kind": kind, "body": body, "expected": expected }));
        };
        add(&good.to_string(), "ok");
        let mut later = good.clone();
        later["later"] = json!({ "unknown": [1, null] });
        add(&later.to_string(), "ok");
        for (name, value) in changes {
            let mut changed = good.clone();
            changed[name] = value;
            add(&changed.to_string(), "refused");
        }
        let text = good.to_string();
        add(&format!("{text} 1"), "refused");
        add(&text.replacen('{', r#"{"x":1,"x":1,"#, 1), "refused");
        add(&text.replacen('{', r#"{"x":0.5,"#, 1), "refused");
        add("\"\"", "refused");
    }
    // The members of each in order, without their names.
    for (kind, body) in [
        ("formula", json!(["month", 1500, null, false])),
        ("withdrawal", json!([MUG, "withdrawn", "", IAT])),
        (
            "charter",
            json!([CHARTER, { "fr": "Réseau" }, 1, [4, "reciprocal"]]),
        ),
        (
            "opening-hours",
            json!(["Europe/Paris", "13:00", [], false, false]),
        ),
    ] {
        cases.push(json!({ "kind": kind, "body": body.to_string(), "expected": "refused" }));
    }
    // The least that each kind needs.
    for (kind, body) in [
        (
            "profile",
            json!({ "name": "Le Mug", "village": "Chambéry" }),
        ),
        (
            "opening-hours",
            json!({ "time_zone": "Europe/Paris", "weekly": [] }),
        ),
        ("formula", json!({ "unit": "half_day", "price_cents": 0 })),
        (
            "withdrawal",
            json!({ "sub": MUG, "state": "suspended", "reason": "", "since": 0 }),
        ),
    ] {
        cases.push(json!({ "kind": kind, "body": body.to_string(), "expected": "ok" }));
    }
    cases.into()
}

/// Whether a body is one of this kind.
pub(crate) fn is_read(kind: &str, body: &str) -> bool {
    match kind {
        "charter" => Charter::read(body).is_ok(),
        "withdrawal" => Withdrawal::read(body).is_ok(),
        "application" => Application::read(body).is_ok(),
        "warning" => Warning::read(body).is_ok(),
        "label-decision" => Decision::read(body).is_ok(),
        "profile" => Profile::read(body).is_ok(),
        "opening-hours" => OpeningHours::read(body).is_ok(),
        "formula" => Formula::read(body).is_ok(),
        other => panic!("a kind that is not known: {other}"),
    }
}

fn charter() -> Kind {
    let roaming = |days: u64, settlement: &str| json!({ "half_days_per_month": days, "settlement": settlement });
    let good = json!({
        "url": CHARTER, "name": { "fr": "Réseau", "en": "Network" }, "version": 1,
        "roaming": roaming(62, "reciprocal"),
        "criteria": (0..40).map(|it| criterion(&format!("c-{it}"))).collect::<Vec<_>>(),
    });
    let many = (0..41).map(|it| criterion(&format!("c-{it}")));
    let changes = vec![
        ("url", json!("")),
        ("url", json!("x".repeat(301))),
        ("name", json!({})),
        ("name", json!("Réseau")),
        ("version", json!(0)),
        ("version", Value::Null),
        ("roaming", roaming(63, "reciprocal")),
        ("roaming", roaming(4, "barter")),
        ("roaming", json!([4, "reciprocal"])),
        (
            "roaming",
            json!({ "half_days_per_month": 4, "settlement": { "reciprocal": null } }),
        ),
        ("name", json!(["Réseau", "Network"])),
        ("criteria", Value::Null),
        ("criteria", many.collect()),
        ("criteria", json!([criterion("x"), criterion("x")])),
        ("criteria", json!([criterion("")])),
        ("criteria", json!([criterion("A")])),
        ("criteria", json!([criterion(&"x".repeat(41))])),
        ("criteria", json!([{ "id": "x" }])),
        ("criteria", json!([{ "id": "x", "text": {} }])),
    ];
    ("charter", good, changes)
}

fn criterion(id: &str) -> Value {
    json!({ "id": id, "text": { "fr": "Ouvert" } })
}

fn application() -> Kind {
    let good = json!({ "sub": MUG, "note": "é".repeat(500), "since": IAT });
    let changes = vec![
        ("sub", json!("https://le-mug.example/")),
        ("note", json!("é".repeat(501))),
        ("note", Value::Null),
        ("since", json!("1800000000")),
        ("since", Value::Null),
    ];
    ("application", good, changes)
}

fn warning() -> Kind {
    let good = json!({ "sub": MUG, "reason": "é".repeat(500), "since": IAT, "until": IAT + 1 });
    let changes = vec![
        ("sub", Value::Null),
        ("reason", json!("é".repeat(501))),
        ("reason", Value::Null),
        ("until", json!(IAT)),
        ("until", Value::Null),
    ];
    ("warning", good, changes)
}

fn decision() -> Kind {
    let good = json!({ "sub": MUG, "number": 1, "act": "granted", "reason": "é".repeat(500),
        "at": IAT, "charter_version": 1 });
    let changes = vec![
        ("sub", json!("le-mug")),
        ("number", json!(0)),
        ("number", Value::Null),
        ("act", json!("blessed")),
        ("act", json!({ "granted": null })),
        ("reason", json!("é".repeat(501))),
        ("reason", Value::Null),
        ("at", json!("1800000000")),
        ("charter_version", json!(-1)),
    ];
    ("label-decision", good, changes)
}

fn withdrawal() -> Kind {
    let good = json!({ "sub": MUG, "state": "withdrawn", "reason": "é".repeat(500), "since": IAT });
    let changes = vec![
        ("sub", json!("https://le-mug.example/")),
        ("state", json!("gone")),
        ("state", json!({ "withdrawn": null })),
        ("reason", json!("é".repeat(501))),
        ("reason", Value::Null),
        ("since", json!("1800000000")),
    ];
    ("withdrawal", good, changes)
}

fn profile() -> Kind {
    let text = |chars: usize| json!({ "fr": "é".repeat(chars), "en": "x" });
    let good = json!({
        "name": "é".repeat(120), "village": "Chambéry", "address": "1 rue exemple",
        "about": text(2_000), "latitude_e6": -90_000_000, "longitude_e6": 180_000_000,
        "area_m2": 150, "amenities": vec![json!({ "en": "printer" }); 40], "is_example": true,
    });
    let changes = vec![
        ("name", json!("")),
        ("name", json!("é".repeat(121))),
        ("village", json!("")),
        ("village", Value::Null),
        ("address", json!("")),
        ("about", text(2_001)),
        ("about", json!({ "de": "x" })),
        ("about", json!(["x", null])),
        ("amenities", json!([["x", null]])),
        ("latitude_e6", Value::Null),
        ("latitude_e6", json!(90_000_001)),
        ("longitude_e6", json!(-180_000_001)),
        ("area_m2", json!(-1)),
        ("amenities", json!(vec![json!({ "en": "x" }); 41])),
        ("amenities", Value::Null),
        ("is_example", Value::Null),
    ];
    ("profile", good, changes)
}

fn opening_hours() -> Kind {
    let span = |day: &str, from: &str, to: &str| json!({ "day": day, "from": from, "to": to });
    let good = json!({
        "time_zone": "Europe/Paris", "half_day_boundary": "12:30", "weekly": [
            span("monday", "00:00", "12:00"), span("monday", "12:00", "24:00"),
            span("sunday", "10:00", "12:00"),
        ], "subscribers_at_all_hours": true, "is_example": true,
    });
    let weekly = |spans: Vec<Value>| ("weekly", Value::from(spans));
    let changes = vec![
        ("time_zone", json!("")),
        ("time_zone", json!("x".repeat(61))),
        ("half_day_boundary", json!("24:01")),
        ("half_day_boundary", json!("9:00")),
        ("weekly", Value::Null),
        weekly(vec![span("monday", "12:00", "12:00")]),
        weekly(vec![span("monday", "09:60", "12:00")]),
        weekly(vec![span("Monday", "09:00", "12:00")]),
        weekly(vec![
            span("tuesday", "09:00", "12:00"),
            span("monday", "09:00", "12:00"),
        ]),
        weekly(vec![
            span("monday", "09:00", "12:00"),
            span("monday", "11:59", "13:00"),
        ]),
        weekly(vec![span("monday", "09:00", "12:00"); 29]),
        weekly(vec![json!(["monday", "09:00", "12:00"])]),
        weekly(vec![
            json!({ "day": { "monday": null }, "from": "09:00", "to": "12:00" }),
        ]),
    ];
    ("opening-hours", good, changes)
}

fn formula() -> Kind {
    let good = json!({
        "unit": "month", "price_cents": 100_000_000, "includes": { "fr": "café" }, "is_example": true,
    });
    let changes = vec![
        ("unit", json!("fortnight")),
        ("unit", json!("half-day")),
        ("unit", json!({ "month": null })),
        ("price_cents", json!(-1)),
        ("price_cents", json!(100_000_001)),
        ("price_cents", json!("15")),
        ("includes", json!({})),
    ];
    ("formula", good, changes)
}
