//! What is read, and what serde alone would read as well.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
struct Outer {
    day: Day,
    #[serde(default)]
    inner: Option<Inner>,
    #[serde(default)]
    inners: Vec<Inner>,
    #[serde(default)]
    by_name: BTreeMap<String, Inner>,
    #[serde(default)]
    whatever: Value,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    number: Number,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Number(i64);

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Day {
    Monday,
}

/// Everything that is specified, in one value, with members that nobody knows.
fn good() -> Value {
    json!({
        "day": "monday", "inner": { "number": 1 }, "inners": [{ "number": 2, "later": [[]] }],
        "by_name": { "a": { "number": 3 } }, "whatever": { "x": [null, 1, "y", true] },
        "later": { "unknown": [{}] },
    })
}

#[test]
fn what_is_specified_is_read_as_serde_reads_it() {
    let read: Outer = read(good()).unwrap();
    assert_eq!(read, serde_json::from_value(good()).unwrap());
    assert_eq!(read.inner, Some(Inner { number: Number(1) }));
    assert_eq!(read.whatever, good()["whatever"]);
    let least = json!({ "day": "monday", "inner": null });
    assert_eq!(super::read::<Outer>(least).unwrap().inner, None);
}

/// Refused here; `is_let_pass` says whether serde alone reads it.
#[track_caller]
fn check(pointer: &str, value: Value, is_let_pass: bool) {
    let mut changed = good();
    *changed.pointer_mut(pointer).unwrap() = value;
    assert!(read::<Outer>(changed.clone()).is_err(), "{changed}");
    let by_serde = serde_json::from_value::<Outer>(changed.clone());
    assert_eq!(by_serde.is_ok(), is_let_pass, "{changed}: {by_serde:?}");
}

/// The control is in each line: serde alone takes all of these.
#[test]
fn members_in_order_are_not_an_object_and_an_object_is_not_a_word() {
    check("", json!(["monday", { "number": 1 }, [], {}, null]), true);
    check("/inner", json!([1]), true);
    check("/inners/0", json!([2]), true);
    check("/by_name/a", json!([3]), true);
    check("/day", json!({ "monday": null }), true);
}

#[test]
fn other_types_are_refused_as_ever() {
    check("/day", json!("lundi"), false);
    check("/day", json!(0), false);
    check("/day", Value::Null, false);
    check("/day", json!(["monday"]), false);
    check("/day", json!({ "monday": 1 }), false);
    check("/inner", json!("x"), false);
    check("/inner", json!({}), false);
    check("/inner/number", json!("1"), false);
    check("/inner/number", json!([1]), false);
    check("/inners", json!({ "number": 2 }), false);
    check("/inners", Value::Null, false);
    check("/by_name", json!([]), false);
    check("", json!("monday"), false);
    check("", Value::Null, false);
    check("", json!({}), false);
}
