//! `specs/vectors/entity-id.json`: the one spelling of a node's name.

use serde_json::{Value, json};
use wire::{ENTITY_ID_BYTES_MAX, EntityId, EntityIdRefusal};

use crate::forge::{list, published, text, went_through};

/// A text, and the reason for which it is refused; `ok` where it names a node.
const TEXTS: &[(&str, &str)] = &[
    ("https://le-mug.example", "ok"),
    ("https://le-mug.example:8443", "ok"),
    ("https://a.b.c.example:65535", "ok"),
    ("https://xn--caf-dma.example", "ok"),
    ("https://a--b.1.example", "ok"),
    ("https://a.b", "ok"),
    ("http://127.0.0.1:7801", "ok"),
    ("http://127.255.0.1:7801", "ok"),
    ("http://[::1]:7801", "ok"),
    ("http://localhost:7801", "ok"),
    ("http://localhost", "ok"),
    ("https://le-mug.example/", "not_canonical"),
    ("https://le-mug.example:443", "not_canonical"),
    ("https://le-mug.example:0", "not_canonical"),
    ("https://le-mug.example:08443", "not_canonical"),
    ("https://le-mug.example:", "not_canonical"),
    ("http://127.0.0.1:80", "not_canonical"),
    ("https://Le-Mug.example", "not_canonical"),
    ("HTTPS://le-mug.example", "not_canonical"),
    ("https://le-mug.example.", "not_canonical"),
    ("https://le-mug.example/feed", "not_canonical"),
    ("https://le-mug.example?x", "not_canonical"),
    ("https://le-mug.example#x", "not_canonical"),
    ("https://user@le-mug.example", "not_canonical"),
    ("https://le-mug.example@other.example", "not_canonical"),
    ("https://café.example", "not_canonical"),
    ("https://le\u{ad}mug.example", "not_canonical"),
    ("https://localhost", "not_canonical"),
    (" https://le-mug.example", "not_canonical"),
    ("https://le-mug.example\t", "not_canonical"),
    ("https:le-mug.example", "not_canonical"),
    ("https:\\\\le-mug.example", "not_canonical"),
    ("https://a..example", "not_canonical"),
    ("https://.example", "not_canonical"),
    ("https://*.example", "not_canonical"),
    ("https://a_b.example", "not_canonical"),
    ("https://(x).example", "not_canonical"),
    ("https://-a.example", "not_canonical"),
    ("https://a-.example", "not_canonical"),
    ("https://a.example-", "not_canonical"),
    ("http://127.1", "not_canonical"),
    ("http://2130706433:7801", "not_canonical"),
    ("http://LOCALHOST:7801", "not_canonical"),
    ("http://le-mug.example", "scheme"),
    ("http://192.168.1.4:7801", "scheme"),
    ("http://[::ffff:127.0.0.1]:7801", "scheme"),
    ("http://localhost.:7801", "scheme"),
    ("ftp://le-mug.example", "scheme"),
    ("file:///etc/passwd", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("https://127.0.0.1", "host_is_address"),
    ("https://[2001:db8::1]", "host_is_address"),
    ("https://2130706433", "host_is_address"),
    ("https://0x7f.1", "host_is_address"),
    ("", "not_a_url"),
    ("le-mug.example", "not_a_url"),
    ("https://", "not_a_url"),
    ("https://le mug.example", "not_a_url"),
    ("https://le-mug.example:65536", "not_a_url"),
    ("https://xn--a.example", "not_a_url"),
    ("https://le-mug.1", "not_a_url"),
    ("https://le-mug.0x1", "not_a_url"),
];

fn made() -> Value {
    let label = "a".repeat(63);
    let long = |last: usize| {
        let host = format!("{label}.{label}.{label}.{}", "a".repeat(last));
        format!("https://{host}:65535")
    };
    // 253 bytes of host are the longest DNS name, and make the longest identifier.
    let mut cases = TEXTS
        .iter()
        .map(|(text, expected)| ((*text).to_owned(), *expected))
        .collect::<Vec<_>>();
    assert_eq!(long(61).len(), ENTITY_ID_BYTES_MAX);
    cases.push((long(61), "ok"));
    cases.push((long(62), "not_a_url"));
    // Short enough as an identifier, and a host or a label of one byte too many.
    let host = long(62).replace(":65535", "");
    assert!(host.len() <= ENTITY_ID_BYTES_MAX);
    cases.push((host, "not_canonical"));
    cases.push((format!("https://{label}.example"), "ok"));
    cases.push((format!("https://{label}a.example"), "not_canonical"));
    let cases = cases.into_iter();
    let cases = cases.map(|(text, expected)| json!({ "text": text, "expected": expected }));
    json!({ "spec": "specs/trust.md#entity-identifiers", "texts": cases.collect::<Value>() })
}

fn reason(refusal: EntityIdRefusal) -> &'static str {
    match refusal {
        EntityIdRefusal::NotAUrl => "not_a_url",
        EntityIdRefusal::Scheme => "scheme",
        EntityIdRefusal::HostIsAddress => "host_is_address",
        EntityIdRefusal::NotCanonical => "not_canonical",
    }
}

#[test]
fn a_node_has_one_name() {
    let file = published("entity-id.json", &made());
    let cases = list(&file, "texts");
    for case in cases {
        let outcome = EntityId::parse(text(case, "text")).map_or_else(reason, |_| "ok");
        assert_eq!(outcome, text(case, "expected"), "{case}");
    }
    went_through("vectors_entity_id", cases.len());
}
