//! A whole chain that a stranger shows, the mark beside it, and what is said of a mark.

use rules::chain::{Issuer, NoStatus, Pinned, mark_status, open_chain, open_shown_mark};
use rules::trust::Standing;
use serde_json::{Value, json};
use wire::federation::MarkStatus;
use wire::trust::ShownMark;
use wire::{EntityId, Timestamp};

use crate::forge::{key, key_set};
use crate::papers::{
    CHARTER, DAY, IAT, LABEL, MUG, configuration_claims, mark_claims, mark_of, statement_claims,
    statement_of, with,
};
use crate::table::{Attack, Outcome, attacks};

const FED: &str = "label-fed";

fn id(text: &str) -> EntityId {
    EntityId::parse(text).expect("an entity identifier")
}

/// What stands in a chain, and who signs which part of it.
struct Shown {
    own: Value,
    statement: Value,
    anchor: Value,
    mark: Value,
    called: &'static str,
    by: [&'static str; 3],
    now: i64,
}

fn good() -> Shown {
    let mut own = configuration_claims(MUG, "mug-fed", &["mug-ops"]);
    own["authority_hints"] = json!([LABEL]);
    let mut anchor = configuration_claims(LABEL, FED, &["label-ops"]);
    anchor["trust_mark_issuers"] = json!({ CHARTER: [LABEL] });
    Shown {
        own,
        statement: statement_claims(),
        anchor,
        mark: mark_claims(),
        called: CHARTER,
        by: ["mug-fed", FED, FED],
        now: IAT,
    }
}

/// Whether the chain is believed, and the mark beside it.
fn shown(change: impl FnOnce(&mut Shown)) -> Outcome {
    let mut shown = good();
    change(&mut shown);
    let parts = [&shown.own, &shown.statement, &shown.anchor];
    let texts: Vec<String> = parts
        .iter()
        .zip(shown.by)
        .map(|(it, by)| statement_of(it, by))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (label, keys) = (id(LABEL), key_set(&[FED]));
    let pinned = Pinned {
        entity: &label,
        keys: &keys,
    };
    let now = Timestamp(shown.now);
    let chain = open_chain(&texts, pinned, &id(MUG), now).map_err(|refusal| refusal.code())?;
    let mark = ShownMark {
        trust_mark_type: shown.called.to_owned(),
        trust_mark: mark_of(&shown.mark, FED),
    };
    let opened = open_shown_mark(&chain, &mark, CHARTER, now);
    opened.map(|_| ()).map_err(|refusal| refusal.code())
}

/// The coordinator names another key than the one that signs.
fn other_own_key(shown: &mut Shown) {
    shown.own["jwks"] = configuration_claims(MUG, "thief", &["mug-ops"])["jwks"].clone();
}

/// Whether a coordinator says that a mark is active.
fn active(claims: &Value, by: &str, standing: Standing, now: i64) -> Outcome {
    let (label, keys) = (id(LABEL), key_set(&[FED]));
    let issuer = Issuer {
        pinned: Pinned {
            entity: &label,
            keys: &keys,
        },
        former: &[key("grenoble-ops").public().clone()],
        charter_url: CHARTER,
    };
    match mark_status(&mark_of(claims, by), issuer, |_| standing, Timestamp(now)) {
        Ok(MarkStatus::Active) => Ok(()),
        Ok(MarkStatus::Expired) => Err("expired"),
        Ok(MarkStatus::Revoked) => Err("revoked"),
        Ok(MarkStatus::Invalid) => Err("invalid"),
        Err(NoStatus::NotAMark) => Err("not_a_mark"),
        Err(NoStatus::NotIssued) => Err("not_issued"),
    }
}

fn labelled() -> Standing {
    Standing::Labelled {
        until: Timestamp(IAT + DAY),
    }
}

fn withdrawn() -> Standing {
    Standing::Withdrawn {
        since: Timestamp(IAT),
        reason: String::new(),
    }
}

fn mark_with(name: &str, value: impl Into<Value>) -> Value {
    with(mark_claims(), name, value.into())
}

pub(crate) fn chains() -> Vec<Attack> {
    attacks!("whole chain":
        B11 "A space's statement of itself is by a key that it does not name."
            { shown(other_own_key) } chain_own_key [chain_own_key]
        B1 "A space is shown under a coordinator that it does not name."
            { shown(|it| it.own["authority_hints"] = json!(["https://other.example"])) }
            chain_hint [chain_hint]
        B2 "A chain is shown before it was signed."
            { shown(|it| it.now = IAT - 301) } chain_future [chain_begun]
        B2 "A chain is shown after its first statement has run out."
            { shown(|it| it.now = IAT + 14 * DAY) } chain_expired [chain_lasts]
        B1 "A thief signs the statement in the middle."
            { shown(|it| it.by[1] = "thief") } seal_unknown_key [seal_key_named seal_signature]
        B3 "A mark is called another than it is."
            { shown(|it| it.called = "https://label.example/other") }
            chain_mark_type [shown_mark_name]
        B1 "A mark is by somebody who is not said to issue it."
            { shown(|it| it.anchor["trust_mark_issuers"] = json!({ CHARTER: [MUG] })) }
            chain_mark_issuer [shown_mark_issuer]
    )
}

pub(crate) fn statuses() -> Vec<Attack> {
    attacks!("status of a mark":
        B4 "A mark of a space that lost the label is said to be active."
            { active(&mark_claims(), FED, withdrawn(), IAT) } revoked [status_standing]
        B1 "A mark by a thief is asked about."
            { active(&mark_claims(), "thief", labelled(), IAT) }
            not_issued [status_issued seal_key_named seal_signature]
        B7 "A mark by a key of former times is said to be active."
            { active(&mark_claims(), "grenoble-ops", labelled(), IAT) } revoked [status_key]
        B2 "A mark that has run out is said to be active."
            { active(&mark_claims(), FED, labelled(), IAT + 90 * DAY) } expired [status_lasts]
        B2 "A mark that lasts too long is said to be active."
            { active(&mark_with("exp", IAT + 91 * DAY), FED, labelled(), IAT) }
            invalid [status_term]
        B1 "A mark of another coordinator is said to be active."
            { active(&mark_with("iss", MUG), FED, labelled(), IAT) } invalid [status_issuer]
        B1 "A mark of another label is said to be active."
            { active(&mark_with("trust_mark_type", "https://a.example"), FED, labelled(), IAT) }
            revoked [status_label]
    )
}
