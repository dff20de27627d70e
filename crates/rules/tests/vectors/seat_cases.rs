//! Who gets a seat, and who does not.

use serde_json::{Value, json};

use crate::event_cases::event;

/// When the events of these cases begin: Monday 6 April 2026, 16:00 in UTC.
const BEGINS: i64 = 1_775_491_200;

/// Each with what is asked, what is held, and what is answered.
pub(crate) fn cases() -> Vec<Value> {
    let seats = |capacity: u64| json!({ "kind": "training", "capacity": capacity });
    let once = event(&json!({ "escale": seats(3) }));
    let weekly = event(&json!({
        "escale": seats(3), "recurrenceRules": [{ "frequency": "weekly", "count": 3 }],
        "recurrenceOverrides": {
            "2026-04-13T18:00:00": { "status": "cancelled" },
            "2026-04-20T18:00:00": { "start": "2026-04-21T09:00:00" },
            "2026-04-27T18:00:00": { "excluded": true },
        },
    }));
    let first = json!("2026-04-06T18:00:00");
    let mut cases = Vec::new();
    let mut add =
        |name: &str, event: &Value, due: &Value, welcome: bool, held: (u64, u64), now: i64| {
            let (taken, waiting) = held;
            cases.push(
                json!({ "name": name, "event": event, "due": due, "welcome": welcome,
            "taken": taken, "waiting": waiting, "now": now }),
            );
        };
    let (none, before) = (Value::Null, BEGINS - 3_600);
    for held in [
        (0, 0),
        (2, 0),
        (3, 0),
        (3, 1),
        (2, 1),
        (0, 4),
        (7, 0),
        (3, 499),
        (3, 500),
        (0, 500),
    ] {
        add("as many as there are", &once, &none, true, held, before);
    }
    for now in [0, BEGINS - 1, BEGINS, BEGINS + 7_200] {
        add("before it begins", &once, &none, true, (0, 0), now);
        add("a home without the label", &once, &none, false, (0, 0), now);
    }
    add("no such event", &none, &none, true, (0, 0), before);
    add(
        "no such event, and no label",
        &none,
        &none,
        false,
        (0, 0),
        before,
    );
    add(
        "a time of an event that has none",
        &once,
        &first,
        true,
        (0, 0),
        before,
    );
    add(
        "no time of an event that has some",
        &weekly,
        &none,
        true,
        (0, 0),
        before,
    );
    for (due, now) in [
        ("2026-04-06T18:00:00", before),
        ("2026-04-06T18:00:01", before),
        ("2026-04-06T18:00:00", BEGINS),
        ("2026-04-13T18:00:00", before),
        ("2026-04-20T18:00:00", before),
        ("2026-04-21T09:00:00", before),
        // It was due at 16:00 on the day before, and begins at 07:00.
        ("2026-04-20T18:00:00", BEGINS + 14 * 86_400 + 54_000 - 1),
        ("2026-04-20T18:00:00", BEGINS + 14 * 86_400 + 54_000),
        ("2026-04-27T18:00:00", before),
    ] {
        add("one of several", &weekly, &json!(due), true, (1, 0), now);
    }
    let open = event(&json!({}));
    let cancelled = event(&json!({ "status": "cancelled", "escale": seats(3) }));
    let cancelled_open = event(&json!({ "status": "cancelled" }));
    let perhaps = event(&json!({ "status": "tentative", "escale": seats(1) }));
    for now in [before, BEGINS] {
        add("everybody comes", &open, &none, true, (0, 0), now);
        add("cancelled", &cancelled, &none, true, (0, 0), now);
        add(
            "cancelled, and everybody came",
            &cancelled_open,
            &none,
            true,
            (0, 0),
            now,
        );
        add("perhaps", &perhaps, &none, true, (0, 0), now);
    }
    for case in &mut cases {
        case["expected"] = crate::events::seat_of(case);
    }
    cases
}
