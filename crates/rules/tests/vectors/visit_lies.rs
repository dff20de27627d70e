//! Receipts, honest and not, and what the home answers to each.

use serde_json::{Value, json};
use wire::Sha256Hash;
use wire::passport::MEMBER_PATH;

use crate::papers::{DAY, MUG};
use crate::standings::number;
use crate::visit_days::utc;
use crate::visit_receipts::{
    Draft, GRENOBLE, OTHER, formulas, honest, morning, on_paper, signed, village, whole_day,
};
use crate::visits::RECORD;

/// What is particular, what changes, and the answer.
type Change = (&'static str, fn(&mut Draft), &'static str);

/// A number of the draft, and more.
fn later(value: &mut Value, seconds: i64) {
    *value = json!(value.as_i64().expect("a number") + seconds);
}

/// Who says it, to whom, and when.
const TO_WHOM: &[Change] = &[
    ("a day", |_| {}, "accepted"),
    (
        "by another key of nobody's",
        |it| it.by = "thief",
        "malformed",
    ),
    (
        "of another host",
        |it| it.receipt["iss"] = OTHER.into(),
        "malformed",
    ),
    (
        "for another home",
        |it| it.receipt["aud"] = OTHER.into(),
        "malformed",
    ),
    (
        "for the host itself",
        |it| it.receipt["aud"] = GRENOBLE.into(),
        "malformed",
    ),
    (
        "a stay of 26 hours and a second",
        |it| {
            let left = it.receipt["arrived"].as_i64().expect("a number") + 93_601;
            it.receipt["left"] = left.into();
            it.receipt["iat"] = left.into();
        },
        "malformed",
    ),
    (
        "signed five minutes ahead",
        |it| {
            it.receipt["iat"] = json!(number(&it.held, "now") + 300);
        },
        "accepted",
    ),
    (
        "signed a second more ahead",
        |it| {
            it.receipt["iat"] = json!(number(&it.held, "now") + 301);
        },
        "out_of_time",
    ),
    (
        "left in the future",
        |it| later(&mut it.held["now"], -3_901),
        "out_of_time",
    ),
    (
        "left five minutes ahead",
        |it| later(&mut it.held["now"], -3_900),
        "accepted",
    ),
    (
        "ninety days late",
        |it| later(&mut it.held["now"], 90 * DAY - 3_600),
        "accepted",
    ),
    (
        "a second more late",
        |it| later(&mut it.held["now"], 90 * DAY - 3_599),
        "too_late",
    ),
    (
        "signed late, and late",
        |it| {
            later(&mut it.held["now"], 90 * DAY - 3_599);
            it.receipt["iat"] = it.held["now"].clone();
        },
        "too_late",
    ),
];

/// What proves it.
const PROOFS: &[Change] = &[
    ("on paper", on_paper, "accepted"),
    (
        "another digest",
        |it| {
            it.receipt["proof"]["sha256"] = json!(Sha256Hash::of(&[b"~"]));
        },
        "no_proof",
    ),
    (
        "no presentation",
        |it| it.sent = Some(String::new()),
        "no_proof",
    ),
    (
        "a passport by another key",
        |it| it.home_by = "label-ops",
        "no_proof",
    ),
    (
        "a passport of another home",
        |it| it.passport["iss"] = OTHER.into(),
        "not_ours",
    ),
    (
        "a member who is not known",
        |it| it.held["is_known"] = false.into(),
        "not_ours",
    ),
    (
        "not known, and on paper that is none",
        |it| {
            it.held["is_known"] = false.into();
            it.receipt["proof"]["by"] = "paper".into();
        },
        "not_ours",
    ),
    (
        "said to be on paper",
        |it| it.receipt["proof"]["by"] = "paper".into(),
        "no_proof",
    ),
    (
        "said not to be on paper",
        |it| {
            on_paper(it);
            it.receipt["proof"]["by"] = "holder".into();
        },
        "no_proof",
    ),
    (
        "shown to another host",
        |it| bound(it)["aud"] = OTHER.into(),
        "no_proof",
    ),
    (
        "shown to the home",
        |it| bound(it)["aud"] = MUG.into(),
        "no_proof",
    ),
    (
        "made for a question to the host",
        |it| {
            bound(it)["aud"] = format!("{GRENOBLE}{MEMBER_PATH}").into();
        },
        "no_proof",
    ),
    (
        "shown five minutes before",
        |it| later(&mut bound(it)["iat"], -300),
        "accepted",
    ),
    (
        "shown a second more before",
        |it| later(&mut bound(it)["iat"], -301),
        "no_proof",
    ),
    (
        "shown five minutes after",
        |it| later(&mut bound(it)["iat"], 300),
        "accepted",
    ),
    (
        "shown a second more after",
        |it| later(&mut bound(it)["iat"], 301),
        "no_proof",
    ),
    (
        "a passport of five minutes later",
        |it| {
            later(&mut it.passport["iat"], DAY + 300);
        },
        "accepted",
    ),
    (
        "a passport of a second more later",
        |it| {
            later(&mut it.passport["iat"], DAY + 301);
        },
        "no_proof",
    ),
    (
        "a passport that ran out a second later",
        |it| {
            later(&mut it.passport["exp"], -DAY + 1);
        },
        "accepted",
    ),
    (
        "a passport that has run out",
        |it| later(&mut it.passport["exp"], -DAY),
        "no_proof",
    ),
    (
        "a paper that has run out",
        |it| {
            on_paper(it);
            later(&mut it.passport["exp"], -DAY);
        },
        "no_proof",
    ),
];

fn bound(draft: &mut Draft) -> &mut Value {
    draft.binding.as_mut().expect("a key binding")
}

/// The host stands otherwise, since so many seconds after the arrival.
fn ended(draft: &mut Draft, state: &str, seconds: i64) {
    let since = number(&draft.receipt, "arrived") + seconds;
    draft.held["standing"] = match state {
        "expired" => json!({ "state": state, "since": since }),
        _ => json!({ "state": state, "since": since, "reason": "x" }),
    };
}

/// Whether the host bore the label.
const STANDINGS: &[Change] = &[
    (
        "suspended after",
        |it| ended(it, "suspended", 1),
        "accepted",
    ),
    (
        "suspended then",
        |it| ended(it, "suspended", 0),
        "not_labelled",
    ),
    (
        "withdrawn after",
        |it| ended(it, "withdrawn", 1),
        "accepted",
    ),
    (
        "withdrawn then",
        |it| ended(it, "withdrawn", 0),
        "not_labelled",
    ),
    ("expired after", |it| ended(it, "expired", 1), "accepted"),
    (
        "expired before",
        |it| ended(it, "expired", -1),
        "not_labelled",
    ),
    (
        "admitted",
        |it| it.held["standing"] = json!({ "state": "admitted" }),
        "not_labelled",
    ),
    (
        "unknown",
        |it| it.held["standing"] = json!({ "state": "unknown" }),
        "not_labelled",
    ),
];

fn held(published: &str) -> Value {
    json!({ "published": published })
}

/// What was published, what is counted, and what it is worth.
const COUNTS: &[Change] = &[
    (
        "hours not read yet",
        |it| it.held["hours"] = held("not_yet"),
        "not_yet",
    ),
    (
        "formula not read yet",
        |it| it.held["formula"] = held("not_yet"),
        "not_yet",
    ),
    (
        "other hours, and a formula not read yet",
        |it| {
            it.held["hours"] = held("other");
            it.held["formula"] = held("not_yet");
        },
        "not_yet",
    ),
    (
        "a formula that is not named is not waited for",
        |it| {
            without(&mut it.receipt, "value");
            it.held["formula"] = held("not_yet");
        },
        "accepted",
    ),
    (
        "other hours then",
        |it| it.held["hours"] = held("other"),
        "differs",
    ),
    (
        "no hours then",
        |it| it.held["hours"] = held("nothing"),
        "differs",
    ),
    (
        "hours that are not named",
        |it| without(&mut it.receipt["hours"], "record"),
        "differs",
    ),
    (
        "a span less",
        |it| {
            it.receipt["hours"]["open"] = json!([{ "from": "09:00", "to": "12:00" }]);
        },
        "differs",
    ),
    (
        "another boundary",
        |it| {
            it.receipt["hours"]["half_day_boundary"] = "12:00".into();
        },
        "differs",
    ),
    (
        "another zone of the same clock",
        |it| {
            it.receipt["hours"]["time_zone"] = "Europe/Rome".into();
        },
        "differs",
    ),
    (
        "another day",
        |it| it.receipt["day"] = "2026-04-07".into(),
        "differs",
    ),
    (
        "a day that does not exist",
        |it| it.receipt["day"] = "2026-04-31".into(),
        "differs",
    ),
    (
        "until midnight",
        |it| until(it, "2026-04-06T22:00:00Z"),
        "accepted",
    ),
    (
        "until after midnight",
        |it| until(it, "2026-04-06T22:00:01Z"),
        "differs",
    ),
    (
        "less than it could count",
        |it| {
            it.receipt["half_days"] = json!(["afternoon"]);
            without(&mut it.receipt, "value");
            it.held["counted"] = json!(["morning"]);
        },
        "accepted",
    ),
    (
        "another formula then",
        |it| it.held["formula"] = held("other"),
        "differs",
    ),
    (
        "no such formula",
        |it| it.held["formula"] = held("nothing"),
        "differs",
    ),
    (
        "another price",
        |it| {
            it.held["formula"]["body"]["price_cents"] = json!(1_801);
        },
        "differs",
    ),
    (
        "another unit",
        |it| {
            it.held["formula"]["body"]["unit"] = "half_day".into();
        },
        "differs",
    ),
    (
        "two days' price",
        |it| {
            it.receipt["value"]["count"] = 2.into();
            it.receipt["value"]["total_cents"] = 3_600.into();
        },
        "differs",
    ),
    (
        "by the month",
        |it| {
            it.receipt["value"]["unit"] = "month".into();
            it.held["formula"]["body"]["unit"] = "month".into();
        },
        "differs",
    ),
    (
        "two halves' price",
        |it| {
            it.receipt["value"]["unit"] = "half_day".into();
            it.receipt["value"]["count"] = 2.into();
            it.receipt["value"]["total_cents"] = 3_600.into();
            it.held["formula"]["body"]["unit"] = "half_day".into();
        },
        "accepted",
    ),
    (
        "one half's price for two",
        |it| {
            it.receipt["value"]["unit"] = "half_day".into();
            it.held["formula"]["body"]["unit"] = "half_day".into();
        },
        "differs",
    ),
    (
        "without a value",
        |it| without(&mut it.receipt, "value"),
        "accepted",
    ),
    (
        "a value that is null",
        |it| it.receipt["value"] = Value::Null,
        "accepted",
    ),
    (
        "the proof of another receipt",
        |it| it.held["is_proof_used"] = true.into(),
        "proof_used",
    ),
    (
        "a paper that was shown before",
        |it| {
            on_paper(it);
            it.held["is_proof_used"] = true.into();
        },
        "accepted",
    ),
    (
        "the morning again",
        |it| it.held["counted"] = json!(["morning"]),
        "counted_already",
    ),
    (
        "the afternoon again",
        |it| it.held["counted"] = json!(["afternoon"]),
        "counted_already",
    ),
    (
        "the day again, on paper",
        |it| {
            on_paper(it);
            it.held["counted"] = json!(["morning", "afternoon"]);
        },
        "counted_already",
    ),
    (
        "the proof and the day again",
        |it| {
            it.held["is_proof_used"] = true.into();
            it.held["counted"] = json!(["morning", "afternoon"]);
        },
        "proof_used",
    ),
];

fn without(value: &mut Value, name: &str) {
    value.as_object_mut().expect("an object").remove(name);
}

fn until(draft: &mut Draft, left: &str) {
    draft.receipt["left"] = json!(utc(left));
    draft.receipt["iat"] = json!(utc(left));
    draft.held["now"] = json!(utc(left));
}

/// Of a morning.
const MORNINGS: &[Change] = &[
    ("a morning", |_| {}, "accepted"),
    (
        "after an afternoon",
        |it| it.held["counted"] = json!(["afternoon"]),
        "accepted",
    ),
    (
        "a morning again",
        |it| it.held["counted"] = json!(["morning"]),
        "counted_already",
    ),
    (
        "a morning as a day",
        |it| {
            it.receipt["half_days"] = json!(["morning", "afternoon"]);
            without(&mut it.receipt, "value");
        },
        "differs",
    ),
    (
        "a morning as an afternoon",
        |it| {
            it.receipt["half_days"] = json!(["afternoon"]);
        },
        "differs",
    ),
    (
        "a morning at the price of a day",
        |it| {
            it.receipt["value"]["unit"] = "day".into();
            it.held["formula"]["body"]["unit"] = "day".into();
        },
        "accepted",
    ),
    (
        "a morning at the price of two halves",
        |it| {
            it.receipt["value"]["count"] = 2.into();
            it.receipt["value"]["total_cents"] = 2_000.into();
        },
        "differs",
    ),
];

/// Where several things are wrong: the first in order is said, and mended.
fn in_order() -> Vec<Value> {
    type Mend = fn(&mut Draft);
    let steps: [(&str, Mend); 11] = [
        ("malformed", |_| {}),
        ("out_of_time", |it| it.by = "grenoble-ops"),
        ("no_proof", |it| later(&mut it.held["now"], 200 * DAY)),
        ("not_ours", |it| it.sent = None),
        ("no_proof", |it| it.held["is_known"] = true.into()),
        ("too_late", |it| bound(it)["aud"] = GRENOBLE.into()),
        ("not_labelled", |it| later(&mut it.held["now"], -190 * DAY)),
        ("not_yet", |it| ended(it, "expired", 1)),
        ("differs", |it| {
            it.held["hours"]["published"] = "current".into();
        }),
        ("proof_used", |it| it.receipt["day"] = "2026-04-06".into()),
        ("counted_already", |it| {
            it.held["is_proof_used"] = false.into();
        }),
    ];
    let mut cases = Vec::new();
    for upto in 1..=steps.len() {
        let mut draft = whole_day();
        draft.by = "thief";
        draft.sent = Some("x".to_owned());
        later(&mut draft.held["now"], -5 * DAY);
        draft.held["is_known"] = false.into();
        bound(&mut draft)["aud"] = OTHER.into();
        draft.held["standing"] = json!({ "state": "unknown" });
        draft.held["hours"]["published"] = "not_yet".into();
        draft.receipt["day"] = "2026-04-07".into();
        draft.held["is_proof_used"] = true.into();
        draft.held["counted"] = json!(["morning"]);
        let done = steps.iter().take(upto);
        done.for_each(|(_, mend)| mend(&mut draft));
        let (expected, _) = steps[upto - 1];
        cases.push(signed("of several reasons the first", draft, expected));
    }
    cases
}

/// Days on which the clock is changed, hosts without hours, and zones that are none.
fn elsewhere() -> Vec<Value> {
    let (paris, none) = (village("Europe/Paris"), Value::Null);
    let mut cases = Vec::new();
    let mut add = |name: &str, body: &Value, arrived: &str, left: &str| {
        let draft = honest(body, &formulas(), arrived, left);
        cases.push(signed(name, draft, "accepted"));
        let mut more = honest(body, &formulas(), arrived, left);
        more.receipt["half_days"] = json!(["morning", "afternoon"]);
        without(&mut more.receipt, "value");
        let is_more = !value_is_of_two(body, arrived, left);
        if is_more {
            cases.push(signed(&format!("{name}, as a day"), more, "differs"));
        }
    };
    let (arrived, left) = ("2026-04-06T08:00:00Z", "2026-04-06T14:00:00Z");
    add("a host without hours", &none, arrived, left);
    for zone in ["Europe/Chambery", "europe/paris"] {
        add("a zone that does not exist", &village(zone), arrived, left);
    }
    for zone in ["America/St_Johns", "Pacific/Apia", "Asia/Kathmandu", "UTC"] {
        add(zone, &village(zone), arrived, "2026-04-06T09:00:00Z");
    }
    let (arrived, left) = ("2026-03-29T00:30:00Z", "2026-03-29T10:30:00Z");
    add("a night in which summer time begins", &paris, arrived, left);
    let (arrived, left) = ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
    add("an hour that comes twice", &paris, arrived, left);
    let (arrived, left) = ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    add("all of 25 hours", &none, arrived, left);
    // Hours that are named where none were published, and not where some were.
    let (arrived, left) = ("2026-04-07T08:00:00Z", "2026-04-07T09:00:00Z");
    let mut named = honest(&none, &[], arrived, left);
    named.receipt["hours"]["record"] = json!(RECORD);
    cases.push(signed("hours that nobody published", named, "differs"));
    let mut unnamed = honest(&none, &[], arrived, left);
    unnamed.held["hours"] = json!({ "published": "current", "body": village("Europe/Paris") });
    cases.push(signed("no hours, where some were", unnamed, "differs"));
    let mut published = honest(&village("Europe/Chambery"), &[], arrived, left);
    published.receipt["hours"]["time_zone"] = "Europe/Chambery".into();
    cases.push(signed("the name of no zone", published, "differs"));
    cases
}

/// Whether all of a day is counted.
fn value_is_of_two(body: &Value, arrived: &str, left: &str) -> bool {
    let draft = honest(body, &[], arrived, left);
    draft.receipt["half_days"] == json!(["morning", "afternoon"])
}

/// All receipts with what the home holds and answers.
pub(crate) fn receipts() -> Value {
    let of = |draft: fn() -> Draft, changes: &[Change]| -> Vec<Value> {
        let case = |(name, change, expected): &Change| {
            let mut draft = draft();
            change(&mut draft);
            signed(name, draft, expected)
        };
        changes.iter().map(case).collect()
    };
    let whole = [TO_WHOM, PROOFS, STANDINGS, COUNTS];
    let whole = whole.iter().flat_map(|changes| of(whole_day, changes));
    let cases: Vec<_> = whole.collect();
    [cases, of(morning, MORNINGS), in_order(), elsewhere()]
        .concat()
        .into()
}
