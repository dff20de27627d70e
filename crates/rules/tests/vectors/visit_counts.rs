//! What half-days are worth, and what is left of those that were granted.

use serde_json::{Value, json};

/// What one case expects of the value: the formula, how many, and the total.
type Worth = Option<(&'static str, u64, i64)>;

fn value(half_days: &[&str], prices: &[(&str, &str, i64)], worth: Worth) -> Value {
    let formulas: Vec<_> = prices
        .iter()
        .zip(11_u64..)
        .map(|((id, unit, price), seq)| {
            json!({ "id": id, "record": { "epoch": 1, "seq": seq },
                "body": { "unit": unit, "price_cents": price } })
        })
        .collect();
    let value = worth.map(|(id, count, total)| {
        let it = formulas.iter().find(|it| it["id"] == id);
        let it = it.expect("one of the formulas");
        json!({
            "formula": id, "record": it["record"], "unit": it["body"]["unit"],
            "price_cents": it["body"]["price_cents"], "count": count, "total_cents": total,
        })
    });
    json!({ "half_days": half_days, "formulas": formulas, "value": value })
}

/// Half-days, formulas, and the value or `null`.
pub(crate) fn values() -> Value {
    let (none, one): (&[&str], &[&str]) = (&[], &["morning"]);
    let (other, both): (&[&str], &[&str]) = (&["afternoon"], &["morning", "afternoon"]);
    let month = ("month", "month", 12_000);
    let usual = [month, ("day", "day", 1_800), ("half", "half_day", 1_000)];
    let half_too_dear = [("h", "half_day", 50_000_001)];
    let (short, long) = ("d".repeat(40), "d".repeat(41));
    let one_too_long = [
        (short.as_str(), "day", 1_800),
        (long.as_str(), "day", 1_700),
    ];
    let mut cases = vec![
        value(none, &usual, None),
        value(one, &usual, Some(("half", 1, 1_000))),
        value(other, &usual, Some(("half", 1, 1_000))),
        value(both, &usual, Some(("day", 1, 1_800))),
        value(both, &[], None),
        value(both, &[month], None),
        value(one, &[("hour", "hour", 100), ("week", "week", 1)], None),
        value(one, &[("year", "year", 1)], None),
    ];
    // Which of them counts does not hang on their order in the feed.
    let day_or_half = |day: i64, half: i64| [("d", "day", day), ("h", "half_day", half)];
    for (prices, worth_of_one, worth_of_both) in [
        (day_or_half(2_001, 1_000), ("h", 1, 1_000), ("h", 2, 2_000)),
        (day_or_half(2_000, 1_000), ("h", 1, 1_000), ("d", 1, 2_000)),
        (day_or_half(1_999, 1_000), ("h", 1, 1_000), ("d", 1, 1_999)),
        (day_or_half(800, 1_000), ("h", 1, 1_000), ("d", 1, 800)),
        (day_or_half(0, 0), ("h", 1, 0), ("d", 1, 0)),
        (day_or_half(1, 0), ("h", 1, 0), ("h", 2, 0)),
    ] {
        let [day, half] = prices;
        for prices in [[day, half], [half, day]] {
            cases.push(value(one, &prices, Some(worth_of_one)));
            cases.push(value(both, &prices, Some(worth_of_both)));
        }
    }
    let same = [
        ("dz", "day", 1_800),
        ("db", "day", 1_700),
        ("da", "day", 1_700),
    ];
    let capitals = [
        ("b", "half_day", 9),
        ("B", "half_day", 9),
        ("é", "half_day", 9),
    ];
    cases.extend([
        value(both, &[("h", "half_day", 1_000)], Some(("h", 2, 2_000))),
        value(one, &[("d", "day", 1_800)], Some(("d", 1, 1_800))),
        value(both, &same, Some(("da", 1, 1_700))),
        value(one, &same, Some(("da", 1, 1_700))),
        value(one, &capitals, Some(("B", 1, 9))),
        value(
            both,
            &[("h", "half_day", 50_000_000)],
            Some(("h", 2, 100_000_000)),
        ),
        value(both, &half_too_dear, None),
        value(one, &half_too_dear, Some(("h", 1, 50_000_001))),
    ]);
    // An id that a receipt cannot name.
    let mut too_long = value(both, &one_too_long, None);
    too_long["value"] = json!({
        "formula": short, "record": { "epoch": 1, "seq": 11 }, "unit": "day",
        "price_cents": 1_800, "count": 1, "total_cents": 1_800,
    });
    cases.push(too_long);
    cases.into()
}

/// What was granted and used, and what is carried, left and overdrawn.
pub(crate) fn allowances() -> Value {
    let case =
        |granted: u64, used: &[(&str, u64)], period: &str, overdraw: &str, said: [u64; 3]| {
            let used: Value = used
                .iter()
                .map(|(month, used)| ((*month).to_owned(), json!(used)))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let [carried, left, overdrawn] = said;
            json!({ "granted": granted, "used": used, "period": period, "overdraw": overdraw,
            "carried": carried, "left": left, "overdrawn": overdrawn })
        };
    let april = |used: &[(&str, u64)], said| case(4, used, "2026-04", "carried", said);
    let forgiven = |used: &[(&str, u64)], said| case(4, used, "2026-04", "forgiven", said);
    vec![
        april(&[], [0, 4, 0]),
        april(&[("2026-04", 3)], [0, 1, 0]),
        april(&[("2026-04", 4)], [0, 0, 0]),
        april(&[("2026-04", 6)], [0, 0, 2]),
        april(&[("2026-03", 4)], [0, 4, 0]),
        april(&[("2026-03", 1), ("2026-04", 5)], [0, 0, 1]),
        april(&[("2026-05", 9)], [0, 4, 0]),
        april(&[("2026-03", 6)], [2, 2, 0]),
        april(&[("2026-03", 6), ("2026-04", 3)], [2, 0, 1]),
        april(&[("2026-03", 9)], [5, 0, 1]),
        april(&[("2026-02", 6), ("2026-03", 6)], [4, 0, 0]),
        april(&[("2026-02", 6), ("2026-03", 3)], [1, 3, 0]),
        april(&[("2026-02", 9)], [1, 3, 0]),
        april(&[("2026-01", 9)], [0, 4, 0]),
        april(&[("2025-12", 17)], [1, 3, 0]),
        april(&[("2025-12", 6), ("2026-03", 5)], [1, 3, 0]),
        april(&[("2025-11", 62), ("2026-01", 9)], [51, 0, 47]),
        april(&[("1999-12", 1_266)], [2, 2, 0]),
        case(
            0,
            &[("2025-12", 2), ("2026-01", 1)],
            "2026-01",
            "carried",
            [2, 0, 3],
        ),
        case(0, &[("2025-12", 2)], "2027-06", "carried", [2, 0, 2]),
        case(62, &[("2026-03", 63)], "2026-04", "carried", [1, 61, 0]),
        forgiven(&[("2026-03", 9)], [0, 4, 0]),
        forgiven(&[("2026-03", 9), ("2026-04", 3)], [0, 1, 0]),
        forgiven(&[("2026-03", 9), ("2026-04", 6)], [0, 0, 2]),
        case(0, &[("2026-04", 1)], "2026-04", "forgiven", [0, 0, 1]),
    ]
    .into()
}
