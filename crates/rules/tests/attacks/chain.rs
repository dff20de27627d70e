//! The chain from the root key to the label: who says what about whom, and until when.

use rules::trust::{self, Entry, Standing, TrustRefusal};
use serde_json::{Value, json};
use wire::label::{Withdrawal, WithdrawalState};
use wire::request::{Answer, Request};
use wire::trust::TrustMark;
use wire::{EntityId, Timestamp};

use crate::forge::{compact, header, key, key_set};
use crate::papers::{
    CHARTER, DAY, IAT, LABEL, MUG, anchor, anchor_claims, anchor_of, configuration_claims,
    mark_claims, mark_of, statement_claims, statement_of, with,
};
use crate::table::{Attack, Outcome, attacks, opens};

const FED: &str = "label-fed";

fn id(text: &str) -> EntityId {
    EntityId::parse(text).expect("an entity identifier")
}

fn outcome<T>(opened: Result<T, TrustRefusal>) -> Outcome {
    opened.map(|_| ()).map_err(|refusal| refusal.code())
}

fn open_anchor(claims: &Value, by: &str) -> Outcome {
    outcome(trust::open_anchor(
        &anchor_of(claims, by),
        key("root").public(),
        &id(LABEL),
    ))
}

fn open_statement(claims: &Value, by: &str) -> Outcome {
    let text = statement_of(claims, by);
    outcome(trust::open_statement(
        &text,
        &key_set(&[FED]),
        &id(LABEL),
        &id(MUG),
    ))
}

fn open_configuration(claims: &Value, by: &str) -> Outcome {
    let text = statement_of(claims, by);
    outcome(trust::open_configuration(
        &text,
        &key_set(&["mug-fed"]),
        &id(MUG),
    ))
}

fn open_mark(claims: &Value, by: &str) -> Outcome {
    let text = mark_of(claims, by);
    let (label, mug) = (id(LABEL), id(MUG));
    outcome(trust::open_mark(
        &text,
        &key_set(&[FED]),
        &label,
        &mug,
        CHARTER,
    ))
}

fn anchor_with(name: &str, value: impl Into<Value>) -> Outcome {
    open_anchor(&with(anchor_claims(&[FED]), name, value.into()), "root")
}

fn own() -> Value {
    configuration_claims(MUG, "mug-fed", &["mug-ops"])
}

fn own_with(name: &str, value: impl Into<Value>) -> Outcome {
    open_configuration(&with(own(), name, value.into()), "mug-fed")
}

fn statement_with(name: &str, value: impl Into<Value>) -> Outcome {
    open_statement(&with(statement_claims(), name, value.into()), FED)
}

fn mark_with(name: &str, value: impl Into<Value>) -> Outcome {
    open_mark(&with(mark_claims(), name, value.into()), FED)
}

/// A statement that shows so many marks of a label.
fn showing(count: usize, of: &str) -> Outcome {
    let mark = json!({ "trust_mark_type": of, "trust_mark": "a.b.c" });
    let claims = with(statement_claims(), "trust_marks", json!(vec![mark; count]));
    opens::<wire::trust::EntityStatement>(&statement_of(&claims, FED), &[FED])
}

/// A mark of another label, for whom that label is the right one.
fn mark_of_label(label: String) -> Outcome {
    let claims = with(mark_claims(), "trust_mark_type", label.into());
    opens::<TrustMark>(&mark_of(&claims, FED), &[FED])
}

/// A statement with all that a mark has.
fn statement_as_mark() -> Outcome {
    let claims = with(statement_claims(), "trust_mark_type", CHARTER.into());
    opens::<TrustMark>(&statement_of(&claims, FED), &[FED])
}

/// The set of the neutral point.
fn weak() -> Value {
    let x = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": x }] })
}

pub(crate) fn roots() -> Vec<Attack> {
    attacks!("anchor":
        B1 "A thief signs an anchor."
            { open_anchor(&anchor_claims(&["thief"]), "thief") }
            seal_unknown_key [seal_key_named seal_signature]
        B1 "A `fed` key names its own successor."
            { open_anchor(&anchor_claims(&["thief"]), FED) }
            seal_unknown_key [seal_key_named seal_signature]
        B1 "An anchor is of another label under the same root."
            { anchor_with("iss", "https://other-label.example") } trust_other_issuer [paper_issuer]
        B2 "An anchor lasts a second longer than a year."
            { anchor_with("exp", IAT + 365 * DAY + 1) } trust_lasts_too_long [paper_term]
        B2 "An anchor lasts for ever."
            { anchor_with("exp", 9_007_199_254_740_991_i64) } trust_lasts_too_long [paper_term]
        B2 "An anchor ends when it begins."
            { anchor_with("exp", IAT) } seal_malformed [paper_ends_later]
        B7 "An anchor lists no key at all."
            { anchor_with("jwks", json!({ "keys": [] })) } seal_malformed [keys_count]
    )
}

pub(crate) fn statements() -> Vec<Attack> {
    let mut rows = attacks!("subordinate statement":
        B1 "A thief admits a space."
            { open_statement(&statement_claims(), "thief") }
            seal_unknown_key [seal_key_named seal_signature]
        B12 "The coordinator's `ops` key admits a space."
            { open_statement(&statement_claims(), "label-ops") }
            seal_unknown_key [seal_key_named seal_signature]
        B11 "A space admits a space: the chain is longer than it may be."
            { open_statement(&with(statement_claims(), "iss", MUG.into()), "mug-fed") }
            seal_unknown_key [seal_key_named seal_signature paper_issuer]
        B11 "A space signs a statement about itself: the chain is a circle."
            { open_statement(&own(), "mug-fed") }
            seal_unknown_key [seal_key_named seal_signature paper_issuer]
        B1 "A statement is of another coordinator."
            { statement_with("iss", "https://other-label.example") }
            trust_other_issuer [paper_issuer]
        B1 "A space shows the statement about another."
            { statement_with("sub", "https://other.example") } trust_other_subject [paper_subject]
        B2 "A statement lasts a second longer than 45 days."
            { statement_with("exp", IAT + 45 * DAY + 1) } trust_lasts_too_long [paper_term]
        B11 "A statement has a policy for what is below it."
            { statement_with("metadata_policy", json!({})) } seal_malformed [statement_policy]
        B11 "A statement has a policy of nothing (`null`)."
            { statement_with("metadata_policy", Value::Null) } seal_malformed [statement_policy]
        H6 "A statement says that something must be understood (`crit`)."
            { statement_with("crit", json!(["never"])) } seal_malformed [statement_crit]
        B12 "A statement says who may mark in the name of another."
            { statement_with("trust_mark_owners", json!({})) } seal_malformed [statement_placed]
        B11 "A statement names nobody above its subject, and says so."
            { statement_with("authority_hints", json!([])) } seal_malformed [statement_hints_there]
        B11 "A statement has a limit that nobody here applies."
            { statement_with("constraints", json!({ "max_path_length": 0, "naming_constraints": {} })) }
            seal_malformed [statement_constraints]
        G8 "A statement says nothing of something (`null` in metadata)."
            { statement_with("metadata", json!({ "other": { "later": null } })) }
            seal_malformed [statement_metadata]
        G7 "A statement shows nine marks."
            { showing(9, CHARTER) }
            seal_malformed [statement_few_marks]
        C3 "A statement shows a mark of no label."
            { showing(1, "") }
            seal_malformed [statement_marks]
        B12 "A statement names a key of small order as the space's."
            { statement_with("jwks", weak()) }
            seal_malformed [key_weak]
    );
    rows.extend(attacks!("Entity Configuration":
        B1 "A thief signs a space's configuration."
            { open_configuration(&own(), "thief") } seal_unknown_key [seal_key_named seal_signature]
        B12 "An `ops` key names the `ops` keys."
            { open_configuration(&own(), "mug-ops") }
            seal_unknown_key [seal_key_named seal_signature]
        B1 "A configuration is of another space."
            { own_with("iss", "https://other.example") } trust_other_issuer [paper_issuer]
        C3 "A statement about another is shown as a configuration."
            { own_with("sub", "https://other.example") } trust_other_subject [paper_subject]
        B2 "A configuration lasts a second longer than 14 days."
            { own_with("exp", IAT + 14 * DAY + 1) } trust_lasts_too_long [paper_term]
        B11 "A configuration names nine coordinators."
            { own_with("authority_hints", vec!["https://a.example"; 9]) }
            seal_malformed [statement_hints]
        C3 "A configuration is of no node."
            { own_with("metadata", json!({})) } trust_not_a_node [configuration_node]
    ));
    rows
}

pub(crate) fn marks() -> Vec<Attack> {
    attacks!("trust mark":
        B12 "A mark is given in the name of another."
            { mark_with("delegation", "a.b.c") } seal_malformed [mark_delegation]
        B1 "A thief signs a mark."
            { open_mark(&mark_claims(), "thief") } seal_unknown_key [seal_key_named seal_signature]
        B12 "The coordinator's `ops` key signs a mark."
            { open_mark(&mark_claims(), "label-ops") }
            seal_unknown_key [seal_key_named seal_signature]
        B1 "The root key signs a mark."
            { open_mark(&mark_claims(), "root") } seal_unknown_key [seal_key_named seal_signature]
        B1 "A space signs a mark for itself."
            { open_mark(&with(mark_claims(), "iss", MUG.into()), "mug-fed") }
            seal_unknown_key [seal_key_named seal_signature paper_issuer]
        B10 "A mark is by a key that the anchor does not name any more."
            { open_mark(&mark_claims(), "mug-ops-next") }
            seal_unknown_key [seal_key_named seal_signature]
        B1 "A mark is of another coordinator."
            { mark_with("iss", "https://other-label.example") } trust_other_issuer [paper_issuer]
        B3 "A space shows the mark of another."
            { mark_with("sub", "https://other.example") } trust_other_subject [paper_subject]
        B3 "A space shows the mark of a name that looks like its own."
            { mark_with("sub", "https://le-mug.example:8443") } trust_other_subject [paper_subject]
        B2 "A mark lasts a second longer than 90 days."
            { mark_with("exp", IAT + 90 * DAY + 1) } trust_lasts_too_long [paper_term]
        B2 "A mark lasts a thousand years."
            { mark_with("exp", IAT + 365_250 * DAY) } trust_lasts_too_long [paper_term]
        B1 "A mark is of another label."
            { mark_with("trust_mark_type", "https://label.example/other") }
            trust_other_label [mark_label]
        B1 "A mark's label is written with a slash at the end."
            { mark_with("trust_mark_type", "https://label.example/charter/") }
            trust_other_label [mark_label]
        G7 "A mark's label has 301 bytes."
            { mark_of_label("x".repeat(301)) }
            seal_malformed [mark_type]
        C3 "A statement is shown as a mark."
            { statement_as_mark() }
            seal_other_kind [seal_typ]
    )
}

/// Where a space stands at a moment, which should be: labelled.
fn stands(statement_days: i64, withdrawal: Option<WithdrawalState>, now: i64) -> Outcome {
    let (label, mug, fed) = (id(LABEL), id(MUG), key_set(&[FED]));
    let anchor = trust::open_anchor(&anchor(FED), key("root").public(), &label).expect("good");
    let statement = with(
        statement_claims(),
        "exp",
        (IAT + statement_days * DAY).into(),
    );
    let statement = statement_of(&statement, FED);
    let statement = trust::open_statement(&statement, &fed, &label, &mug).expect("good");
    let mark = mark_of(&with(mark_claims(), "exp", (IAT + 30 * DAY).into()), FED);
    let mark = trust::open_mark(&mark, &fed, &label, &mug, CHARTER).expect("good");
    let withdrawal = withdrawal.map(|state| Withdrawal {
        sub: mug.clone(),
        state,
        reason: String::new(),
        since: Timestamp(IAT),
    });
    let entry = Entry {
        anchor: &anchor,
        statement: Some(&statement),
        mark: Some(&mark),
        withdrawal: withdrawal.as_ref(),
    };
    match trust::standing(entry, Timestamp(now)) {
        Standing::Labelled { .. } => Ok(()),
        Standing::Admitted => Err("admitted"),
        Standing::Suspended { .. } => Err("suspended"),
        Standing::Withdrawn { .. } => Err("withdrawn"),
        Standing::Expired { .. } => Err("expired"),
        Standing::Unknown => Err("unknown"),
    }
}

pub(crate) fn standings() -> Vec<Attack> {
    attacks!("standing":
        B4 "A space whose label is withdrawn shows its mark."
            { stands(45, Some(WithdrawalState::Withdrawn), IAT) } withdrawn [label_withdrawal]
        B4 "A space whose label is suspended shows its mark."
            { stands(45, Some(WithdrawalState::Suspended), IAT) } suspended [label_withdrawal]
        B2 "A mark is shown in the first second in which it does not hold."
            { stands(45, None, IAT + 30 * DAY) } expired [label_mark]
        B2 "A mark is shown that outlives the statement."
            { stands(20, None, IAT + 20 * DAY) } expired [label_papers label_mark]
        B8 "A mark is shown a year after the root key last spoke."
            { stands(45, None, IAT + 365 * DAY) } expired [label_papers label_mark]
    )
}

fn request_with(name: &str, value: impl Into<Value>) -> Outcome {
    let claims = json!({
        "iss": MUG, "aud": LABEL, "jti": "attempt", "iat": IAT, "exp": IAT + 60,
        "op": "once", "kind": "join", "body": {},
    });
    let claims = with(claims, name, value.into()).to_string();
    let text = compact(
        &header("escale-request+jwt", "mug-ops"),
        claims.as_bytes(),
        "mug-ops",
    );
    opens::<Request>(&text, &["mug-ops"])
}

fn answer_with(name: &str, value: impl Into<Value>, result: &str) -> Outcome {
    let claims = json!({
        "iss": LABEL, "aud": MUG, "jti": "attempt", "iat": IAT, "op": "once", "result": result,
    });
    let claims = with(claims, name, value.into()).to_string();
    let text = compact(
        &header("escale-answer+jwt", "label-ops"),
        claims.as_bytes(),
        "label-ops",
    );
    opens::<Answer>(&text, &["label-ops"])
}

pub(crate) fn requests() -> Vec<Attack> {
    let mut rows = attacks!("request":
        A5 "A request may be used for 61 seconds."
            { request_with("exp", IAT + 61) } seal_malformed [request_term]
        A6 "A request ends when it begins."
            { request_with("exp", IAT) } seal_malformed [request_ends_later]
        A4 "A request is for a list of nodes."
            { request_with("aud", json!([LABEL, MUG])) } seal_malformed []
        A4 "A request is for nobody in particular."
            { request_with("aud", Value::Null) } seal_malformed []
        F12 "An attempt has a line break in its name."
            { request_with("jti", "a\r\nb: c") } seal_malformed [request_token]
        F11 "What is asked is named by a path."
            { request_with("op", "../../keys") } seal_malformed [request_token]
        G7 "An attempt has a name of 65 bytes."
            { request_with("jti", "a".repeat(65)) } seal_malformed [request_token]
    );
    rows.extend(attacks!("answer":
        G8 "An answer refuses and does not say why."
            { answer_with("code", Value::Null, "refused") } seal_malformed [answer_code]
        G8 "An answer accepts and says why not."
            { answer_with("code", "full", "accepted") } seal_malformed [answer_code]
        G8 "An answer lets wait at no place."
            { answer_with("rank", Value::Null, "waiting") } seal_malformed [answer_rank]
        G8 "An answer lets wait at the place nought."
            { answer_with("rank", 0, "waiting") } seal_malformed [answer_rank]
    ));
    rows
}
