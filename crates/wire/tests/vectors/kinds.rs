//! A document of each kind as it is written, and each limit of its claims exceeded.

use seal::{Document, Jwk};
use serde_json::{Value, json};
use wire::feed::{Head, Record};
use wire::receipt::{Credit, Receipt};
use wire::request::{Answer, Request};
use wire::trust::{Anchor, EntityStatement, TrustMark};

use crate::documents::Case;
use crate::forge::{compact, header, key};

/// A kind of document: what is written, and what is refused.
struct Kind {
    name: &'static str,
    typ: &'static str,
    by: &'static str,
    claims: String,
    /// A JSON pointer and what stands there instead.
    refused: Vec<(&'static str, Value)>,
}

fn kind<T: Document>(
    name: &'static str,
    by: &'static str,
    claims: String,
    refused: Vec<(&'static str, Value)>,
) -> Kind {
    Kind {
        name,
        typ: T::TYP,
        by,
        claims,
        refused,
    }
}

/// All cases.
pub(crate) fn cases() -> Vec<Case> {
    let kinds = [
        anchor(),
        configuration(),
        statement(),
        mark(),
        record(),
        removal(),
        head(),
        request(),
        answer(),
        receipt(),
        credit(),
    ];
    kinds.iter().flat_map(cases_of).collect()
}

fn cases_of(kind: &Kind) -> Vec<Case> {
    let seal = |claims: &str| compact(&header(kind.typ, kind.by), claims.as_bytes(), kind.by);
    let case = |name: String, jws, expected, written_by| Case {
        name,
        typ: kind.typ,
        jws,
        keys: vec![kind.by],
        expected,
        written_by,
    };
    let written = format!("{} as it is written", kind.name);
    let mut cases = vec![case(written, seal(&kind.claims), "ok", Some(kind.by))];
    for (pointer, value) in &kind.refused {
        let mut claims: Value = serde_json::from_str(&kind.claims).expect("JSON");
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = claims.pointer_mut(parent).expect("what it points into");
        if let Some(items) = parent.as_array_mut() {
            items[name.parse::<usize>().expect("a number")] = value.clone();
        } else {
            parent[name] = value.clone();
        }
        let mut shown = value.to_string();
        shown.truncate(40);
        let name = format!("{} with {pointer} = {shown}", kind.name);
        cases.push(case(
            name,
            seal(&claims.to_string()),
            "seal_malformed",
            None,
        ));
    }
    cases
}

fn jwks(name: &str) -> String {
    let jwk = serde_json::to_string(&Jwk::from(key(name).public())).expect("a key");
    format!(r#"{{"keys":[{jwk}]}}"#)
}

/// Nine keys, one more than a set may have.
fn nine_keys() -> Value {
    vec![json!(Jwk::from(key("mug-ops").public())); 9].into()
}

/// The members of a key, in order and without their names.
fn key_in_order(name: &str) -> Value {
    let jwk = Jwk::from(key(name).public());
    json!([jwk.kty, jwk.crv, jwk.x, jwk.kid, jwk.key_use, jwk.alg])
}

/// A set of one key, without the name of its one member.
fn set_in_order(name: &str) -> Value {
    json!([[Jwk::from(key(name).public())]])
}

const DIGEST: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

fn anchor() -> Kind {
    let claims = format!(
        r#"{{"iss":"https://label.example","iat":1800000000,"exp":1831536000,"jwks":{}}}"#,
        jwks("label-fed")
    );
    let refused = vec![
        ("/exp", json!(1_800_000_000)),
        ("/iss", json!("https://label.example/")),
        ("/jwks", json!({})),
        ("/jwks/keys", json!([])),
        ("/jwks/keys", nine_keys()),
        ("/jwks/keys/0/kid", json!(DIGEST)),
        ("/jwks/keys/0/crv", json!("Ed448")),
        ("/jwks", set_in_order("label-fed")),
        ("/jwks/keys/0", key_in_order("label-fed")),
    ];
    kind::<Anchor>("an anchor", "root", claims, refused)
}

fn configuration() -> Kind {
    let claims = format!(
        r#"{{"iss":"https://label.example","sub":"https://label.example","iat":1800000000,"exp":1801209600,"jwks":{},"metadata":{{"federation_entity":{{"federation_fetch_endpoint":"https://label.example/federation/fetch","federation_list_endpoint":"https://label.example/federation/list"}},"escale_node":{{"jwks":{},"role":"coordinator"}}}}}}"#,
        jwks("label-fed"),
        jwks("label-ops")
    );
    let ops = || json!({ "keys": [Jwk::from(key("label-ops").public())] });
    let node = json!({ "jwks": ops(), "role": "coordinator" });
    let refused = vec![
        ("/metadata/escale_node/role", json!("king")),
        ("/metadata/escale_node/role", json!({ "coordinator": null })),
        ("/metadata/escale_node", json!([ops(), "coordinator"])),
        ("/metadata/escale_node/jwks", set_in_order("label-ops")),
        ("/metadata/federation_entity", json!([null, null, null])),
        ("/metadata", json!([null, node])),
        ("/metadata/escale_node/jwks/keys", json!([])),
        ("/metadata/escale_node/jwks/keys/0/use", json!("enc")),
        ("/authority_hints", json!(vec!["https://label.example"; 9])),
        ("/crit", json!(["x"])),
        ("/crit", json!([])),
        ("/crit", Value::Null),
        ("/metadata_policy", json!({})),
        ("/metadata_policy", Value::Null),
        ("/authority_hints", Value::Null),
        ("/exp", json!(1_800_000_000)),
    ];
    kind::<EntityStatement>("an Entity Configuration", "label-fed", claims, refused)
}

fn statement() -> Kind {
    let claims = format!(
        r#"{{"iss":"https://label.example","sub":"https://le-mug.example","iat":1800000000,"exp":1803888000,"jwks":{},"constraints":{{"max_path_length":0}}}}"#,
        jwks("mug-fed")
    );
    let refused = vec![
        ("/sub", json!("http://le-mug.example")),
        ("/jwks/keys/0/d", json!("AQI")),
        ("/constraints/max_path_length", json!(-1)),
        ("/constraints", json!([0])),
        ("/trust_mark_issuers", json!([])),
        ("/iat", json!("1800000000")),
    ];
    kind::<EntityStatement>("a subordinate statement", "label-fed", claims, refused)
}

fn mark() -> Kind {
    let claims = r#"{"iss":"https://label.example","sub":"https://le-mug.example","trust_mark_type":"https://label.example/charter","iat":1800000000,"exp":1807776000}"#;
    let refused = vec![
        ("/exp", Value::Null),
        ("/exp", json!(1_799_999_999)),
        ("/trust_mark_type", json!("")),
        ("/trust_mark_type", json!("x".repeat(301))),
    ];
    kind::<TrustMark>("a trust mark", "label-fed", claims.to_owned(), refused)
}

fn record() -> Kind {
    let claims = format!(
        r#"{{"iss":"https://le-mug.example","epoch":1,"seq":2,"prev":"{DIGEST}","iat":1800000000,"kind":"formula","id":"day","rev":1,"body_sha256":"{DIGEST}"}}"#
    );
    let refused = vec![
        ("/epoch", json!(0)),
        ("/seq", json!(0)),
        ("/seq", json!(1)),
        ("/seq", json!(-1)),
        ("/rev", json!(0)),
        ("/prev", Value::Null),
        ("/prev", json!("AQI")),
        ("/prev", json!(format!("{DIGEST}="))),
        ("/kind", json!("")),
        ("/kind", json!("Formula")),
        ("/kind", json!("k".repeat(41))),
        ("/id", json!("")),
        ("/id", json!("i".repeat(301))),
        ("/removed", json!(true)),
        ("/removed", json!(false)),
        ("/body_sha256", Value::Null),
    ];
    kind::<Record>("a record", "mug-ops", claims, refused)
}

fn removal() -> Kind {
    let claims = format!(
        r#"{{"iss":"https://le-mug.example","epoch":1,"seq":3,"prev":"{DIGEST}","iat":1800000000,"kind":"formula","id":"day","rev":2,"removed":true}}"#
    );
    let refused = vec![("/removed", json!(false)), ("/removed", json!(1))];
    kind::<Record>("a removal", "mug-ops", claims, refused)
}

fn head() -> Kind {
    let claims = format!(
        r#"{{"iss":"https://le-mug.example","epoch":1,"seq":3,"hash":"{DIGEST}","iat":1800000000,"exp":1800086400}}"#
    );
    let refused = vec![
        ("/epoch", json!(0)),
        ("/seq", json!(0)),
        ("/hash", json!("AQI")),
        ("/exp", json!(1_800_000_000)),
    ];
    kind::<Head>("a head", "mug-ops", claims, refused)
}

fn request() -> Kind {
    let claims = r#"{"iss":"https://le-mug.example","aud":"https://label.example","jti":"EBESExQVFhcYGRobHB0eHw","iat":1800000000,"exp":1800000060,"op":"join-1","kind":"join","body":{}}"#;
    let refused = vec![
        ("/exp", json!(1_800_000_000)),
        ("/exp", json!(1_800_000_061)),
        ("/aud", json!(["https://label.example"])),
        ("/jti", json!("")),
        ("/jti", json!("a b")),
        ("/jti", json!("é")),
        ("/op", json!("x".repeat(65))),
        ("/kind", json!("")),
        ("/kind", json!("x".repeat(41))),
    ];
    kind::<Request>("a request", "mug-fed", claims.to_owned(), refused)
}

fn answer() -> Kind {
    let claims = r#"{"iss":"https://label.example","aud":"https://le-mug.example","jti":"EBESExQVFhcYGRobHB0eHw","iat":1800000000,"op":"join-1","result":"refused","code":"invitation_used"}"#;
    let refused = vec![
        ("/code", Value::Null),
        ("/result", json!("accepted")),
        ("/result", json!("perhaps")),
        ("/result", json!({ "refused": null })),
        ("/jti", json!("")),
    ];
    kind::<Answer>("an answer", "label-ops", claims.to_owned(), refused)
}

fn receipt() -> Kind {
    let claims = r#"{"iss":"https://le-mug.example","aud":"https://aix.example","iat":1800003600,"id":"EBESExQVFhcYGRobHB0eHw","day":"2027-01-15","arrived":1800000000,"left":1800003600,"ended":"left","hours":{"record":{"epoch":1,"seq":3},"time_zone":"Europe/Paris","half_day_boundary":"13:00","open":[{"from":"09:00","to":"12:00"},{"from":"13:00","to":"18:00"}]},"half_days":["morning"],"value":{"formula":"half","record":{"epoch":1,"seq":4},"unit":"half_day","price_cents":900,"count":1,"total_cents":900},"proof":{"by":"holder","sha256":"ERERERERERERERERERERERERERERERERERERERERERE"}}"#;
    let span = |from: &str, to: &str| json!({ "from": from, "to": to });
    let refused = vec![
        ("/aud", json!("https://le-mug.example")),
        ("/id", json!("")),
        ("/id", json!("a b")),
        ("/id", json!("x".repeat(65))),
        ("/day", json!("2027-1-15")),
        ("/day", json!("2027/01/15")),
        ("/day", json!("20270115xx")),
        ("/left", json!(1_799_999_999)),
        ("/arrived", json!(1_800_003_600 - 93_601)),
        ("/iat", json!(1_800_003_599)),
        ("/ended", json!("gone")),
        ("/ended", json!({ "left": null })),
        ("/half_days", json!([])),
        ("/half_days", json!(["morning", "morning"])),
        ("/half_days", json!(["afternoon", "morning"])),
        ("/half_days", json!(["night"])),
        ("/half_days", json!(1)),
        ("/hours/time_zone", json!("")),
        ("/hours/time_zone", json!("x".repeat(61))),
        ("/hours/half_day_boundary", json!("25:00")),
        ("/hours/open", json!([span("12:00", "09:00")])),
        (
            "/hours/open",
            json!([span("09:00", "12:00"), span("11:00", "13:00")]),
        ),
        (
            "/hours/open",
            (0..29)
                .map(|at| span(&format!("00:{at:02}"), &format!("00:{:02}", at + 1)))
                .collect(),
        ),
        ("/hours/record", json!([1, 3])),
        ("/hours/record/seq", json!(-1)),
        ("/value/formula", json!("")),
        ("/value/formula", json!("x".repeat(41))),
        ("/value/price_cents", json!(-1)),
        ("/value/price_cents", json!(100_000_001)),
        ("/value/count", json!(0)),
        ("/value/count", json!(3)),
        ("/value/count", json!(2)),
        ("/value/total_cents", json!(901)),
        ("/value/unit", json!("minute")),
        ("/proof/by", json!("word")),
        ("/proof/sha256", json!("AQI")),
        ("/proof", Value::Null),
    ];
    kind::<Receipt>("a receipt", "mug-ops", claims.to_owned(), refused)
}

fn credit() -> Kind {
    let claims = r#"{"iss":"https://le-mug.example","aud":"https://aix.example","iat":1800007200,"id":"ICEiIyQlJicoKSorLC0uLw","receipt":"EBESExQVFhcYGRobHB0eHw","receipt_sha256":"ERERERERERERERERERERERERERERERERERERERERERE","reason":"not_here"}"#;
    let refused = vec![
        ("/aud", json!("https://le-mug.example")),
        ("/id", json!("")),
        ("/receipt", json!("")),
        ("/receipt", json!("x".repeat(65))),
        ("/receipt_sha256", json!("AQI")),
        ("/reason", json!("because")),
        ("/reason", json!({ "not_here": null })),
    ];
    kind::<Credit>("a credit", "mug-ops", claims.to_owned(), refused)
}
