//! Each document with a list where an object is due, or an object where a word is.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{FromClaimsForTest as _, jwks, key, request, statement, with};
use crate::feed::Page;
use crate::label::{Charter, Withdrawal};
use crate::receipt::{CREDIT_KIND, Credit, CreditBody, RECEIPT_KIND, Receipt, ReceiptBody};
use crate::request::{Answer, Join, JoinBody, Request};
use crate::space::{Formula, OpeningHours, Profile};
use crate::trust::{Anchor, EntityStatement};
use crate::{BodyKind, Invitation, Sha256Hash};

/// `read` refuses each change, although serde alone (the control) reads it.
#[track_caller]
fn check_shape<T: DeserializeOwned>(
    read: impl Fn(&Value) -> bool,
    base: &Value,
    changes: &[(&str, Value)],
) {
    assert!(read(base), "{base}");
    for (pointer, value) in changes {
        let other = with(base, pointer, value);
        let by_serde = serde_json::from_value::<T>(other.clone());
        assert!(by_serde.is_ok(), "{other}: {:?}", by_serde.err());
        assert!(!read(&other), "{pointer}: {other}");
    }
}

#[track_caller]
fn check_claims_shape<T: seal::Document + DeserializeOwned>(
    base: &Value,
    changes: &[(&str, Value)],
) {
    check_shape::<T>(
        |claims| T::from_claims(claims.clone()).is_ok(),
        base,
        changes,
    );
}

#[track_caller]
fn check_body_shape<T: BodyKind>(base: &Value, changes: &[(&str, Value)]) {
    check_shape::<T>(|body| T::read(&body.to_string()).is_ok(), base, changes);
}

/// The members of a key, in order and without their names.
fn key_in_order() -> Value {
    let jwk = seal::Jwk::from(key().public());
    json!([jwk.kty, jwk.crv, jwk.x, jwk.kid, jwk.key_use, jwk.alg, null])
}

#[test]
fn claims_are_objects_at_every_depth_and_words_are_texts() {
    let keys = [seal::Jwk::from(key().public())];
    let anchor = json!({ "iss": "https://label.example", "iat": 1, "exp": 2, "jwks": jwks() });
    check_claims_shape::<Anchor>(
        &anchor,
        &[
            ("", json!(["https://label.example", 1, 2, jwks()])),
            ("/jwks", json!([keys])),
            ("/jwks/keys/0", key_in_order()),
        ],
    );
    let node = json!({ "jwks": jwks(), "role": "space" });
    let of_node = with(&statement(), "/metadata", &json!({ "escale_node": node }));
    check_claims_shape::<EntityStatement>(
        &of_node,
        &[
            ("/metadata", json!([null, node])),
            (
                "/metadata",
                json!({ "federation_entity": [null, null, null] }),
            ),
            ("/metadata/escale_node", json!([jwks(), "space"])),
            ("/metadata/escale_node/jwks", json!([keys])),
            ("/metadata/escale_node/role", json!({ "space": null })),
            ("/constraints", json!([0])),
        ],
    );
    let answer = json!({ "iss": "https://label.example", "aud": "https://le-mug.example",
        "jti": "a", "iat": 1, "op": "b", "result": "accepted" });
    check_claims_shape::<Answer>(&answer, &[("/result", json!({ "accepted": null }))]);
}

fn receipt() -> Value {
    json!({
        "iss": "https://le-mug.example", "aud": "https://aix.example", "iat": 3, "id": "a",
        "day": "1970-01-01", "arrived": 1, "left": 2, "ended": "left",
        "hours": { "record": { "epoch": 1, "seq": 3 }, "time_zone": "Europe/Paris",
            "half_day_boundary": "13:00", "open": [{ "from": "09:00", "to": "12:00" }] },
        "half_days": ["morning"],
        "value": { "formula": "half", "record": { "epoch": 1, "seq": 4 }, "unit": "half_day",
            "price_cents": 900, "count": 1, "total_cents": 900 },
        "proof": { "by": "holder", "sha256": Sha256Hash::of(&[b"proof"]) },
    })
}

#[test]
fn receipts_and_credits_are_objects_at_every_depth_and_words_are_texts() {
    let receipt = receipt();
    let of = |pointer: &str| receipt.pointer(pointer).unwrap().clone();
    let in_order = [
        "iss",
        "aud",
        "iat",
        "id",
        "day",
        "arrived",
        "left",
        "ended",
        "hours",
        "half_days",
        "value",
        "proof",
    ]
    .map(|name| of(&format!("/{name}")));
    let hours = of("/hours/open");
    check_claims_shape::<Receipt>(
        &receipt,
        &[
            ("", json!(in_order)),
            (
                "/hours",
                json!([of("/hours/record"), "Europe/Paris", "13:00", hours]),
            ),
            ("/hours/record", json!([1, 3])),
            ("/hours/open/0", json!(["09:00", "12:00"])),
            (
                "/value",
                json!(["half", of("/value/record"), "half_day", 900, 1, 900]),
            ),
            ("/value/record", json!([1, 4])),
            ("/value/unit", json!({ "half_day": null })),
            ("/proof", json!(["holder", of("/proof/sha256")])),
            ("/proof/by", json!({ "holder": null })),
            ("/ended", json!({ "left": null })),
            ("/half_days/0", json!({ "morning": null })),
        ],
    );
    let digest = of("/proof/sha256");
    let (host, home) = ("https://le-mug.example", "https://aix.example");
    let credit = json!({ "iss": host, "aud": home, "iat": 1, "id": "a", "receipt": "b",
        "receipt_sha256": digest, "reason": "not_here" });
    check_claims_shape::<Credit>(
        &credit,
        &[
            ("", json!([host, home, 1, "a", "b", digest, "not_here"])),
            ("/reason", json!({ "not_here": null })),
        ],
    );
}

#[test]
fn what_asks_to_take_a_receipt_or_a_credit_is_an_object() {
    let asked = |kind: &str, body: &Value| {
        let request = with(&request(), "/kind", &json!(kind));
        Request::from_claims_for_test(with(&request, "/body", body))
    };
    check_shape::<ReceiptBody>(
        |body| ReceiptBody::of(&asked(RECEIPT_KIND, body)).is_ok(),
        &json!({ "receipt": "a.b.c", "proof": "d.e.f~" }),
        &[("", json!(["a.b.c", "d.e.f~"]))],
    );
    check_shape::<CreditBody>(
        |body| CreditBody::of(&asked(CREDIT_KIND, body)).is_ok(),
        &json!({ "credit": "a.b.c" }),
        &[("", json!(["a.b.c"]))],
    );
    // What asks for one thing is not taken for the other.
    let credit = json!({ "credit": "a.b.c" });
    assert!(CreditBody::of(&asked(RECEIPT_KIND, &credit)).is_err());
}

#[test]
fn bodies_are_objects_at_every_depth_and_words_are_texts() {
    check_body_shape::<Charter>(
        &json!({ "url": "https://label.example/charter", "name": { "fr": "x" }, "version": 1,
            "roaming": { "half_days_per_month": 4, "settlement": "reciprocal" } }),
        &[
            ("/name", json!(["x", null])),
            ("/roaming", json!([4, "reciprocal"])),
            ("/roaming/settlement", json!({ "reciprocal": null })),
        ],
    );
    let withdrawal = json!({ "sub": "https://le-mug.example", "state": "withdrawn", "reason": "x",
        "since": 1 });
    let in_order = json!(["https://le-mug.example", "withdrawn", "x", 1]);
    check_body_shape::<Withdrawal>(
        &withdrawal,
        &[("", in_order), ("/state", json!({ "withdrawn": null }))],
    );
    let span = json!({ "day": "monday", "from": "09:00", "to": "12:00" });
    check_body_shape::<OpeningHours>(
        &json!({ "time_zone": "Europe/Paris", "weekly": [span] }),
        &[
            ("/weekly/0", json!(["monday", "09:00", "12:00"])),
            ("/weekly/0/day", json!({ "monday": null })),
        ],
    );
    check_body_shape::<Profile>(
        &json!({ "name": "Le Mug", "village": "Chambéry", "amenities": [{ "fr": "x" }] }),
        &[
            ("/about", json!(["x", null])),
            ("/amenities/0", json!(["x", null])),
        ],
    );
    check_body_shape::<Formula>(
        &json!({ "unit": "day", "price_cents": 1500 }),
        &[
            ("", json!(["day", 1500, null, false])),
            ("/unit", json!({ "day": null })),
        ],
    );
}

#[test]
fn pages_joins_and_invitations_are_objects_at_every_depth() {
    let page = json!({ "head": "h", "records": [{ "record": "x.y.z" }] });
    check_shape::<Page>(
        |page| Page::parse(page.to_string().as_bytes()).is_ok(),
        &page,
        &[
            ("", json!(["h", []])),
            ("/records/0", json!(["x.y.z", null, null])),
        ],
    );
    let join = json!({ "fed_key": seal::Jwk::from(key().public()), "request": "a.b.c" });
    check_shape::<Join>(
        |join| Join::parse(join.to_string().as_bytes()).is_ok(),
        &join,
        &[
            ("", json!([seal::Jwk::from(key().public()), "a.b.c"])),
            ("/fed_key", key_in_order()),
        ],
    );
    let body = json!({ "secret": "x", "entity_configuration": "a.b.c" });
    let of_request = |body: &Value| {
        let request = with(&request(), "/body", body);
        JoinBody::of(&Request::from_claims_for_test(request)).is_ok()
    };
    check_shape::<JoinBody>(of_request, &body, &[("", json!(["x", "a.b.c"]))]);
    let code = |content: &Value| {
        let content = seal::base64url::encode(content.to_string().as_bytes());
        Invitation::from_code(&format!("escale-invitation.{content}")).is_ok()
    };
    let invitation = json!({ "coordinator": "https://label.example", "secret": "x",
        "root_key": seal::Jwk::from(key().public()), "entity": "https://le-mug.example" });
    let in_order = json!([
        "https://label.example",
        key_in_order(),
        "https://le-mug.example",
        "x"
    ]);
    check_shape::<Invitation>(
        code,
        &invitation,
        &[("", in_order), ("/root_key", key_in_order())],
    );
}
