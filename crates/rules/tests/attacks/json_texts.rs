//! Claims that two readers could read in two ways, and claims of another shape.

use serde_json::{Value, json};
use wire::trust::{EntityStatement, TrustMark};

use crate::forge::{compact, header};
use crate::papers::{mark_claims, mark_of, statement_claims, statement_of, with};
use crate::table::{Attack, Outcome, attacks, opens};

const FED: &str = "label-fed";

/// A mark of exactly these claims.
fn mark(claims: &str) -> Outcome {
    let text = compact(&header("trust-mark+jwt", FED), claims.as_bytes(), FED);
    opens::<TrustMark>(&text, &[FED])
}

/// A mark with this in front of its claims.
fn begun(with: &str) -> Outcome {
    mark(
        &mark_claims()
            .to_string()
            .replacen('{', &format!("{{{with},"), 1),
    )
}

fn mark_with(name: &str, value: Value) -> Outcome {
    opens::<TrustMark>(&mark_of(&with(mark_claims(), name, value), FED), &[FED])
}

fn nested(depth: usize) -> String {
    format!(r#""later":{}{}"#, "[".repeat(depth), "]".repeat(depth))
}

pub(crate) fn claims() -> Vec<Attack> {
    attacks!("claims":
        G1 "A mark says twice whom it is about."
            { begun(r#""sub":"https://other.example""#) } seal_json [json_name_twice]
        G1 "A mark says twice whom it is about, once in an escaped spelling."
            { begun(r#""\u0073ub":"https://other.example""#) } seal_json [json_name_twice]
        G1 "A name stands twice in an object that nobody reads."
            { begun(r#""later":{"a":1,"a":2}"#) } seal_json [json_name_twice]
        G2 "Lists are nested seventeen deep."
            { begun(&nested(16)) } seal_json [json_depth]
        G2 "Lists are nested a hundred deep."
            { begun(&nested(100)) } seal_json [json_depth]
        G3 "A mark ends at 2^53 + 1, which some readers take for 2^53."
            { mark_with("exp", json!(9_007_199_254_740_993_i64)) } seal_json [json_safe_integer]
        G3 "A number is the least that does not fit."
            { begun(r#""later":-9007199254740992"#) } seal_json [json_safe_integer]
        G3 "A number is 2^64 − 1."
            { begun(r#""later":18446744073709551615"#) } seal_json [json_safe_integer]
        G3 "A number is 2^64."
            { begun(r#""later":18446744073709551616"#) } seal_json [json_fraction]
        G3 "A number has a fraction."
            { begun(r#""later":1.5"#) } seal_json [json_fraction]
        G3 "A number has a fraction of nothing."
            { begun(r#""later":1.0"#) } seal_json [json_fraction]
        G3 "A number has an exponent."
            { begun(r#""later":1e2"#) } seal_json [json_fraction]
        G3 "A number is less than nothing by nothing (`-0`)."
            { begun(r#""later":-0"#) } seal_json [json_fraction]
        G3 "A number has thirty digits."
            { begun(r#""later":123456789012345678901234567890"#) } seal_json [json_fraction]
        G3 "A number is larger than any float (`1E400`)."
            { begun(r#""later":1E400"#) } seal_json []
        G4 "Claims are followed by other claims."
            { mark(&format!("{}{{}}", mark_claims())) } seal_json [json_end]
        G4 "Claims are followed by a comma."
            { mark(&format!("{},", mark_claims())) } seal_json [json_end]
        G4 "Claims begin with a byte order mark."
            { mark(&format!("\u{feff}{}", mark_claims())) } seal_json []
        G4 "Claims have a comment in them."
            { begun("/* later */\"a\":1") } seal_json []
        G4 "Claims end with a comma in an object."
            { mark(&mark_claims().to_string().replace('}', ",}")) } seal_json []
        G4 "A number is none (`NaN`)."
            { begun(r#""later":NaN"#) } seal_json []
        G4 "A text is half a character (a lone surrogate)."
            { begun(r#""later":"\ud800""#) } seal_json []
        G5 "A text has a control character that is not escaped."
            { begun("\"later\":\"\u{1}\"") } seal_json []
    )
}

/// The members of a mark in their order, without their names.
fn as_a_list() -> String {
    let claims = mark_claims();
    let names = ["iss", "sub", "trust_mark_type", "iat", "exp"];
    names
        .map(|name| claims[name].clone())
        .to_vec()
        .into_iter()
        .collect::<Value>()
        .to_string()
}

/// A statement whose member at this place is something else.
fn statement(at: &str, value: Value) -> Outcome {
    let mut claims = statement_claims();
    *claims.pointer_mut(at).expect("a member") = value;
    opens::<EntityStatement>(&statement_of(&claims, FED), &[FED])
}

pub(crate) fn shapes() -> Vec<Attack> {
    attacks!("claims":
        G8 "Claims are a list of the members in their order."
            { mark(&as_a_list()) }
            seal_malformed [claims_object]
        G8 "An object inside is a list of its members."
            { statement("/constraints", json!([0])) } seal_malformed [claims_object]
        G8 "Claims are a text."
            { mark(r#""https://le-mug.example""#) } seal_malformed []
        G8 "Claims are nothing (`null`)."
            { mark("null") } seal_malformed []
        G8 "A member that is required is nothing."
            { mark_with("sub", Value::Null) } seal_malformed []
        H10 "A time is a text."
            { mark_with("exp", json!("1807776000")) } seal_malformed []
        H10 "A time is a list."
            { mark_with("exp", json!([1_807_776_000])) } seal_malformed []
        H10 "A mark ended before it began, in 1969."
            { mark_with("exp", json!(-1)) } seal_malformed [paper_ends_later]
        H10 "A mark has no end."
            { mark_with("exp", Value::Null) } seal_malformed []
    )
}
