//! Reading JSON that somebody signed: one text, one meaning.
//!
//! RFC 8259 leaves to each reader what duplicate keys, fractions and large
//! numbers mean; two nodes that disagree about a signed document are two
//! networks. So what could be read in two ways is refused.
//!
//! Specified in `specs/seal.md`, "JSON".

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::checks::holds;

/// How deeply arrays and objects may be nested.
pub const DEPTH_MAX: usize = 16;

/// The largest integer that every JSON reader keeps exactly: 2^53 − 1.
pub const INTEGER_MAX: i64 = (1 << 53) - 1;

/// Why a text is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonRefusal {
    /// It is not one JSON value (RFC 8259), or not UTF-8, or something follows it.
    #[error("not JSON")]
    NotJson,
    /// An object has one name twice.
    #[error("a name stands twice in one object")]
    DuplicateName,
    /// A number is not an integer within ±(2^53 − 1).
    #[error("a number that is not an integer within 2^53 − 1")]
    NotASafeInteger,
    /// Arrays and objects are nested deeper than [`DEPTH_MAX`].
    #[error("nested too deeply")]
    TooDeep,
}

const DUPLICATE_NAME: &str = "escale: duplicate name";
const NOT_A_SAFE_INTEGER: &str = "escale: not a safe integer";
const TOO_DEEP: &str = "escale: too deep";

/// Reads one JSON value strictly.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonRefusal> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }
        .deserialize(&mut reader)
        .map_err(|error| refusal_of(&error))?;
    if holds("json_end", reader.end().is_ok()) {
        Ok(value)
    } else {
        Err(JsonRefusal::NotJson)
    }
}

fn refusal_of(error: &serde_json::Error) -> JsonRefusal {
    let text = error.to_string();
    if text.starts_with(DUPLICATE_NAME) {
        JsonRefusal::DuplicateName
    } else if text.starts_with(NOT_A_SAFE_INTEGER) || text.starts_with("number out of range") {
        JsonRefusal::NotASafeInteger
    } else if text.starts_with(TOO_DEEP) || text.starts_with("recursion limit") {
        JsonRefusal::TooDeep
    } else {
        JsonRefusal::NotJson
    }
}

struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        if holds("json_depth", self.depth < DEPTH_MAX) {
            Ok(self.depth + 1)
        } else {
            Err(E::custom(TOO_DEEP))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        let is_safe = (-INTEGER_MAX..=INTEGER_MAX).contains(&value);
        if !holds("json_safe_integer", is_safe) {
            return Err(E::custom(NOT_A_SAFE_INTEGER));
        }
        Ok(Value::Number(Number::from(value)))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        let is_safe = i64::try_from(value).is_ok_and(|value| value <= INTEGER_MAX);
        if !holds("json_safe_integer", is_safe) {
            return Err(E::custom(NOT_A_SAFE_INTEGER));
        }
        Ok(Value::Number(Number::from(value)))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let taken = Number::from_f64(value).filter(|_| holds("json_fraction", false));
        taken
            .map(Value::Number)
            .ok_or_else(|| E::custom(NOT_A_SAFE_INTEGER))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Self { depth })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if !holds("json_name_twice", !object.contains_key(&name)) {
                return Err(A::Error::custom(DUPLICATE_NAME));
            }
            let value = map.next_value_seed(Self { depth })?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), JsonRefusal>) {
        assert_eq!(parse(text.as_bytes()).map(|_| ()), expected, "{text}");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        check(
            r#"{"role":"a","role":"b"}"#,
            Err(JsonRefusal::DuplicateName),
        );
        check(
            r#"{"role":"a","\u0072ole":"b"}"#,
            Err(JsonRefusal::DuplicateName),
        );
        check(r#"[{"a":{"b":1,"b":1}}]"#, Err(JsonRefusal::DuplicateName));
        for number in [
            "1.0",
            "1e2",
            "-0",
            "1E400",
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551616",
            "123456789012345678901234567890",
        ] {
            check(number, Err(JsonRefusal::NotASafeInteger));
        }
        check("9007199254740991", Ok(()));
        check("-9007199254740991", Ok(()));
        check("0", Ok(()));
    }

    #[test]
    fn values_are_read_as_they_are_written() {
        let text = r#"{"a":[true,false,null,"\u00e9\n",-1,0,9007199254740991],"b":{}}"#;
        let lenient: Value = serde_json::from_str(text).unwrap();
        assert_eq!(parse(text.as_bytes()), Ok(lenient));
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        check(&nested(DEPTH_MAX), Ok(()));
        check(&nested(DEPTH_MAX + 1), Err(JsonRefusal::TooDeep));
        check(&nested(100_000), Err(JsonRefusal::TooDeep));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "NaN",
            "{\"a\":1,}",
            "\u{feff}{}",
            "{} {}",
            "{}x",
            "'a'",
            "// c\n1",
            "01",
            "\"\\ud800\"",
            "\"\u{1}\"",
            "nul",
        ] {
            check(text, Err(JsonRefusal::NotJson));
        }
        assert_eq!(parse(b"\"\xff\"").map(|_| ()), Err(JsonRefusal::NotJson));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = parse(&bytes) {
                prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).ok(), Some(value));
            }
        }
    }
}
