//! JSON, base64url, names of nodes, and text that is shown.

use serde_json::Value;
use wire::{ENTITY_ID_BYTES_MAX, EntityId};

use crate::kept;

/// How deeply a value is nested.
fn depth(value: &Value) -> usize {
    let inside = |values: &mut dyn Iterator<Item = &Value>| values.map(depth).max().unwrap_or(0);
    match value {
        Value::Array(items) => 1 + inside(&mut items.iter()),
        Value::Object(members) => 1 + inside(&mut members.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Whether every number is one that all readers keep.
fn has_safe_numbers(value: &Value) -> bool {
    match value {
        Value::Number(number) => number
            .as_i64()
            .is_some_and(|it| it.abs() <= seal::json::INTEGER_MAX),
        Value::Array(items) => items.iter().all(has_safe_numbers),
        Value::Object(members) => members.values().all(has_safe_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

pub(crate) fn json(bytes: &[u8]) -> bool {
    let Ok(value) = seal::json::parse(bytes) else {
        return false;
    };
    assert!(depth(&value) <= seal::json::DEPTH_MAX, "too deep");
    assert!(has_safe_numbers(&value), "a number that is not safe");
    let lenient: Value = kept(serde_json::from_slice(bytes), "JSON is JSON");
    assert_eq!(value, lenient, "another meaning");
    let written = kept(serde_json::to_vec(&value), "what was read is written");
    assert_eq!(seal::json::parse(&written), Ok(value), "read again");
    true
}

pub(crate) fn base64url(bytes: &[u8]) -> bool {
    assert_eq!(
        seal::base64url::decode(&seal::base64url::encode(bytes)).as_deref(),
        Ok(bytes),
        "encoded and decoded"
    );
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(decoded) = seal::base64url::decode(text) else {
        return false;
    };
    assert_eq!(seal::base64url::encode(&decoded), text, "one spelling");
    true
}

pub(crate) fn entity_id(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(id) = EntityId::parse(text) else {
        return false;
    };
    assert_eq!(id.as_str(), text, "kept as it is written");
    assert!(
        text.len() <= ENTITY_ID_BYTES_MAX && text.is_ascii(),
        "short"
    );
    assert_eq!(text.to_ascii_lowercase(), text, "lower case");
    assert!(
        !id.authority().contains(['/', '@', '?', '#', '\\']),
        "a host"
    );
    assert_eq!(id.is_loopback(), text.starts_with("http://"), "plain");
    true
}

pub(crate) fn shown(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    for limit in [1, 40, 200] {
        let shown = wire::printable(&text, limit);
        assert!(shown.chars().count() <= limit + 2, "cut");
        assert!(!shown.chars().any(char::is_control), "one line");
        assert_eq!(wire::printable(&shown, limit), shown, "shown again");
    }
    true
}
