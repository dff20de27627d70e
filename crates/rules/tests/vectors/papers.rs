//! Anchors, configurations, statements and marks, with whatever is wrong about them.

use seal::{Document, Jwk};
use serde_json::{Value, json};
use wire::trust::{Anchor, EntityStatement, TrustMark};

use crate::forge::{compact, header, key};

/// The coordinator of all vectors.
pub(crate) const LABEL: &str = "https://label.example";
/// The space of all vectors.
pub(crate) const MUG: &str = "https://le-mug.example";
/// The charter of all vectors.
pub(crate) const CHARTER: &str = "https://label.example/charter";
/// When everything is signed.
pub(crate) const IAT: i64 = 1_800_000_000;
/// A day.
pub(crate) const DAY: i64 = 86_400;

/// The set of the keys of these names, as documents have it.
pub(crate) fn jwks(names: &[&str]) -> Value {
    let keys = names
        .iter()
        .map(|name| json!(Jwk::from(key(name).public())));
    json!({ "keys": keys.collect::<Vec<_>>() })
}

fn sealed<T: Document>(claims: &Value, by: &str) -> String {
    compact(&header(T::TYP, by), claims.to_string().as_bytes(), by)
}

/// The claims of an anchor that lists `fed`.
pub(crate) fn anchor_claims(fed: &[&str]) -> Value {
    json!({ "iss": LABEL, "iat": IAT, "exp": IAT + 365 * DAY, "jwks": jwks(fed) })
}

/// An anchor with these claims.
pub(crate) fn anchor_of(claims: &Value, by: &str) -> String {
    sealed::<Anchor>(claims, by)
}

/// The anchor that lists `fed`, by the root key.
pub(crate) fn anchor(fed: &str) -> String {
    anchor_of(&anchor_claims(&[fed]), "root")
}

/// The claims of an Entity Configuration.
pub(crate) fn configuration_claims(entity: &str, fed: &str, ops: &[&str]) -> Value {
    let role = if entity == LABEL {
        "coordinator"
    } else {
        "space"
    };
    json!({
        "iss": entity, "sub": entity, "iat": IAT, "exp": IAT + 14 * DAY, "jwks": jwks(&[fed]),
        "metadata": { "escale_node": { "jwks": jwks(ops), "role": role } },
    })
}

/// An entity statement with these claims.
pub(crate) fn statement_of(claims: &Value, by: &str) -> String {
    sealed::<EntityStatement>(claims, by)
}

/// The Entity Configuration of `entity`, by its own `fed` key.
pub(crate) fn configuration(entity: &str, fed: &str, ops: &str) -> String {
    statement_of(&configuration_claims(entity, fed, &[ops]), fed)
}

/// The same, of a node that says that it is a `role`.
pub(crate) fn configuration_as(role: &str, entity: &str, fed: &str, ops: &str) -> String {
    let mut claims = configuration_claims(entity, fed, &[ops]);
    claims["metadata"]["escale_node"]["role"] = role.into();
    statement_of(&claims, fed)
}

/// The claims of the coordinator's statement about the space.
pub(crate) fn statement_claims() -> Value {
    json!({
        "iss": LABEL, "sub": MUG, "iat": IAT, "exp": IAT + 45 * DAY, "jwks": jwks(&["mug-fed"]),
        "constraints": { "max_path_length": 0 },
    })
}

/// The claims of the space's trust mark.
pub(crate) fn mark_claims() -> Value {
    json!({
        "iss": LABEL, "sub": MUG, "trust_mark_type": CHARTER, "iat": IAT, "exp": IAT + 90 * DAY,
    })
}

/// A trust mark with these claims.
pub(crate) fn mark_of(claims: &Value, by: &str) -> String {
    sealed::<TrustMark>(claims, by)
}

/// `claims` with another member.
pub(crate) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}
