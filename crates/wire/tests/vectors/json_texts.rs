//! `specs/vectors/json.json`: texts that have one meaning, and texts that have not.

use seal::json::{DEPTH_MAX, INTEGER_MAX, JsonRefusal};
use serde_json::{Value, json};

use crate::forge::{self, hex, list, published, text, went_through};

/// A text, and the reason for which it is refused; `ok` where it is read.
fn texts() -> Vec<(String, &'static str)> {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let mut texts: Vec<(String, &'static str)> = [
        (r#"{"a":[1,-1,0,true,false,null,"é"]}"#, "ok"),
        (" {\t\"a\" :\r\n1 } ", "ok"),
        (r#""\u0000\ud83d\ude00\/""#, "ok"),
        ("{\"\u{e9}\":1,\"e\u{301}\":2}", "ok"),
        (r#"{"":1}"#, "ok"),
        ("1", "ok"),
        (r#"{"role":"a","role":"a"}"#, "duplicate_name"),
        (r#"{"role":"a","\u0072ole":"b"}"#, "duplicate_name"),
        (r#"[{"a":{"b":1,"b":1}}]"#, "duplicate_name"),
        ("1.0", "not_a_safe_integer"),
        ("1e2", "not_a_safe_integer"),
        ("-0", "not_a_safe_integer"),
        ("0e1", "not_a_safe_integer"),
        ("1E400", "not_a_safe_integer"),
        (r#"{"a":{"b":[0.5]}}"#, "not_a_safe_integer"),
        ("123456789012345678901234567890", "not_a_safe_integer"),
        ("", "not_json"),
        ("NaN", "not_json"),
        ("Infinity", "not_json"),
        ("01", "not_json"),
        ("+1", "not_json"),
        (".5", "not_json"),
        ("{\"a\":1,}", "not_json"),
        ("[1,]", "not_json"),
        ("{} {}", "not_json"),
        ("{}x", "not_json"),
        ("'a'", "not_json"),
        ("// c\n1", "not_json"),
        ("\u{feff}{}", "not_json"),
        ("\u{b}1", "not_json"),
        (r#""\ud800""#, "not_json"),
        (r#""\udc00\ud800""#, "not_json"),
        (r#""\x41""#, "not_json"),
        ("\"\u{1}\"", "not_json"),
        ("\"a\nb\"", "not_json"),
        ("nul", "not_json"),
    ]
    .map(|(text, expected)| (text.to_owned(), expected))
    .into();
    for (number, expected) in [(INTEGER_MAX, "ok"), (INTEGER_MAX + 1, "not_a_safe_integer")] {
        texts.push((number.to_string(), expected));
        texts.push((format!("-{number}"), expected));
    }
    texts.push((nested(DEPTH_MAX), "ok"));
    texts.push((nested(DEPTH_MAX + 1), "too_deep"));
    texts
}

/// What is not even UTF-8.
const BYTES: &[&[u8]] = &[
    b"\"\xff\"",
    b"\"\xed\xa0\x80\"",
    b"\"\xc0\xaf\"",
    b"\xfe\xff",
];

fn made() -> Value {
    let texts = texts().into_iter();
    let texts = texts.map(|(text, expected)| json!({ "text": text, "expected": expected }));
    let bytes = BYTES.iter();
    let bytes = bytes.map(|bytes| json!({ "hex": hex(bytes), "expected": "not_json" }));
    json!({ "spec": "specs/seal.md#json", "texts": texts.chain(bytes).collect::<Value>() })
}

fn reason(refusal: JsonRefusal) -> &'static str {
    match refusal {
        JsonRefusal::NotJson => "not_json",
        JsonRefusal::DuplicateName => "duplicate_name",
        JsonRefusal::NotASafeInteger => "not_a_safe_integer",
        JsonRefusal::TooDeep => "too_deep",
    }
}

#[test]
fn a_text_is_read_in_one_way_or_not_at_all() {
    let file = published("json.json", &made());
    let cases = list(&file, "texts");
    for case in cases {
        let bytes = match case.get("hex").and_then(Value::as_str) {
            Some(hexadecimal) => bytes_of(hexadecimal),
            None => forge::text(case, "text").as_bytes().to_vec(),
        };
        let outcome = seal::json::parse(&bytes).map_or_else(reason, |_| "ok");
        assert_eq!(outcome, text(case, "expected"), "{case}");
    }
    went_through("vectors_json", cases.len());
}

/// The bytes that a text in hexadecimal stands for.
fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    let digit = |it: char| u8::try_from(it.to_digit(16).expect("a digit")).expect("under 16");
    let digits: Vec<u8> = hexadecimal.chars().map(digit).collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] * 16 + pair[1])
        .collect()
}
