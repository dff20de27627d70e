//! Who gets a seat, and who does not.

use serde_json::{Value, json};

use crate::event_cases::event;

/// When the events of these cases begin: Monday 6 April 2026, 16:00 in UTC.
const BEGINS: i64 = 1_775_491_200;

/// What is asked of an event, what is held, and when.
struct Asked<'a> {
    event: &'a Value,
    due: Value,
    is_welcome: bool,
    held: (u64, u64),
    now: i64,
}

impl<'a> Asked<'a> {
    /// Somebody welcome asks an hour before, and nobody came before.
    fn of(event: &'a Value) -> Self {
        Self {
            event,
            due: Value::Null,
            is_welcome: true,
            held: (0, 0),
            now: BEGINS - 3_600,
        }
    }

    /// The case of that name, with what is answered.
    fn case(&self, name: &str) -> Value {
        let (taken, waiting) = self.held;
        let mut case = json!({
            "name": name, "event": self.event, "due": self.due, "welcome": self.is_welcome,
            "taken": taken, "waiting": waiting, "now": self.now,
        });
        case["expected"] = crate::events::seat_of(&case);
        case
    }
}

fn seats(capacity: u64) -> Value {
    json!({ "kind": "training", "capacity": capacity })
}

/// Each with what is asked, what is held, and what is answered.
pub(crate) fn cases() -> Vec<Value> {
    let once = event(&json!({ "escale": seats(3) }));
    let mut cases = Vec::new();
    for taken in [0, 2, 3, 7] {
        let held = (taken, 0);
        cases.push(
            Asked {
                held,
                ..Asked::of(&once)
            }
            .case("nobody waits"),
        );
    }
    for held in [(3, 1), (2, 1), (0, 4), (3, 499), (3, 500), (0, 500)] {
        cases.push(
            Asked {
                held,
                ..Asked::of(&once)
            }
            .case("somebody waits"),
        );
    }
    for now in [0, BEGINS - 1, BEGINS, BEGINS + 7_200] {
        for (is_welcome, name) in [(true, "at that time"), (false, "a home without the label")] {
            let asked = Asked {
                is_welcome,
                now,
                ..Asked::of(&once)
            };
            cases.push(asked.case(name));
        }
    }
    for is_welcome in [true, false] {
        let asked = Asked {
            is_welcome,
            ..Asked::of(&Value::Null)
        };
        cases.push(asked.case("no such event"));
    }
    let due = json!("2026-04-06T18:00:00");
    cases.push(
        Asked {
            due,
            ..Asked::of(&once)
        }
        .case("a time of an event that has none"),
    );
    cases.extend(of_several());
    cases.extend(not_for_registration());
    cases
}

fn of_several() -> Vec<Value> {
    let weekly = event(&json!({
        "escale": seats(3), "recurrenceRules": [{ "frequency": "weekly", "count": 3 }],
        "recurrenceOverrides": {
            "2026-04-13T18:00:00": { "status": "cancelled" },
            "2026-04-20T18:00:00": { "start": "2026-04-21T09:00:00" },
            "2026-04-27T18:00:00": { "excluded": true },
        },
    }));
    let mut cases = vec![Asked::of(&weekly).case("no time of an event that has some")];
    // It was due at 16:00 in UTC on the day before, and begins at 07:00.
    let moved = BEGINS + 14 * 86_400 + 54_000;
    for (due, now) in [
        ("2026-04-06T18:00:00", BEGINS - 1),
        ("2026-04-06T18:00:01", BEGINS - 1),
        ("2026-04-06T18:00:00", BEGINS),
        ("2026-04-13T18:00:00", BEGINS - 1),
        ("2026-04-20T18:00:00", BEGINS - 1),
        ("2026-04-21T09:00:00", BEGINS - 1),
        ("2026-04-20T18:00:00", moved - 1),
        ("2026-04-20T18:00:00", moved),
        ("2026-04-27T18:00:00", BEGINS - 1),
    ] {
        let (due, held) = (json!(due), (1, 0));
        let asked = Asked {
            due,
            held,
            now,
            ..Asked::of(&weekly)
        };
        cases.push(asked.case("one of several"));
    }
    cases
}

fn not_for_registration() -> Vec<Value> {
    let open = event(&json!({}));
    let cancelled = event(&json!({ "status": "cancelled", "escale": seats(3) }));
    let cancelled_open = event(&json!({ "status": "cancelled" }));
    let perhaps = event(&json!({ "status": "tentative", "escale": seats(1) }));
    let mut cases = Vec::new();
    for now in [BEGINS - 3_600, BEGINS] {
        for (event, name) in [
            (&open, "everybody comes"),
            (&cancelled, "cancelled"),
            (&cancelled_open, "cancelled, and everybody came"),
            (&perhaps, "perhaps"),
        ] {
            cases.push(
                Asked {
                    now,
                    ..Asked::of(event)
                }
                .case(name),
            );
        }
    }
    cases
}
