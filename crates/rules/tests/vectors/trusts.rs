//! `specs/vectors/trust.json`: which papers are believed, and what they come to.

use rules::freshness::{self, Freshness};
use rules::trust::{self, TrustRefusal};
use serde_json::{Value, json};
use wire::Timestamp;

use crate::chains::{
    chain_outcome, chains, former_keys, former_keys_outcome, status_outcome, statuses,
};
use crate::forge::{key, key_set, keys_listed, list, published, text, went_through};
use crate::papers::{
    CHARTER, DAY, IAT, LABEL, MUG, anchor_claims, anchor_of, configuration_claims, mark_claims,
    mark_of, statement_claims, statement_of, with,
};
use crate::standings::{entity, number, standing_of, standings};

fn case(paper: &str, name: &str, expected: &str, by: &str, jws: impl Into<Value>) -> Value {
    let jws = jws.into();
    json!({ "paper": paper, "name": name, "expected": expected, "by": [by], "jws": jws })
}

fn anchors() -> Vec<Value> {
    let claims = || anchor_claims(&["label-fed"]);
    let case = |name, expected, by, jws| case("anchor", name, expected, by, jws);
    let by_root = |claims: &Value| anchor_of(claims, "root");
    let longer = with(claims(), "exp", (IAT + 365 * DAY + 1).into());
    let of_mug = with(claims(), "iss", MUG.into());
    vec![
        case("an anchor", "ok", "root", by_root(&claims())),
        case(
            "two fed keys",
            "ok",
            "root",
            by_root(&anchor_claims(&["label-fed", "thief"])),
        ),
        case(
            "a second too long",
            "trust_lasts_too_long",
            "root",
            by_root(&longer),
        ),
        case(
            "of another coordinator",
            "trust_other_issuer",
            "root",
            by_root(&of_mug),
        ),
        case(
            "by a fed key",
            "seal_unknown_key",
            "root",
            anchor_of(&claims(), "label-fed"),
        ),
        case(
            "a statement in its place",
            "seal_other_kind",
            "label-fed",
            statement_of(&statement_claims(), "label-fed"),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn configurations() -> Vec<Value> {
    let claims = || configuration_claims(MUG, "mug-fed", &["mug-ops"]);
    let case = |name, expected, jws| case("configuration", name, expected, "mug-fed", jws);
    let changed = |name: &str, value: Value| statement_of(&with(claims(), name, value), "mug-fed");
    let two = configuration_claims(MUG, "mug-fed", &["mug-ops", "mug-ops-next"]);
    let longer = (IAT + 14 * DAY + 1).into();
    vec![
        case("a configuration", "ok", statement_of(&claims(), "mug-fed")),
        case("two ops keys", "ok", statement_of(&two, "mug-fed")),
        case(
            "by its ops key",
            "seal_unknown_key",
            statement_of(&claims(), "mug-ops"),
        ),
        case(
            "by the coordinator",
            "seal_unknown_key",
            statement_of(&claims(), "label-fed"),
        ),
        case(
            "issued by another",
            "trust_other_issuer",
            changed("iss", LABEL.into()),
        ),
        case(
            "about another",
            "trust_other_subject",
            changed("sub", LABEL.into()),
        ),
        case(
            "a second too long",
            "trust_lasts_too_long",
            changed("exp", longer),
        ),
        case(
            "without metadata",
            "trust_not_a_node",
            changed("metadata", json!({})),
        ),
        case(
            "with constraints",
            "trust_misplaced",
            changed("constraints", json!({ "max_path_length": 0 })),
        ),
        case(
            "with metadata that is null",
            "seal_malformed",
            changed("metadata", Value::Null),
        ),
        case(
            "with a mark that it shows",
            "ok",
            changed(
                "trust_marks",
                json!([{ "trust_mark_type": CHARTER, "trust_mark": "x" }]),
            ),
        ),
        case(
            "with a mark without its type",
            "seal_malformed",
            changed("trust_marks", json!([{ "trust_mark": "x" }])),
        ),
        case(
            "with owners of marks",
            "seal_malformed",
            changed("trust_mark_owners", json!({})),
        ),
        case(
            "with a policy",
            "seal_malformed",
            changed("metadata_policy", json!({})),
        ),
        case(
            "with a policy that is null",
            "seal_malformed",
            changed("metadata_policy", Value::Null),
        ),
    ]
}

fn statements() -> Vec<Value> {
    let case = |name, expected, jws| case("statement", name, expected, "label-fed", jws);
    let changed = |name: &str, value: Value| {
        statement_of(&with(statement_claims(), name, value), "label-fed")
    };
    let longer = (IAT + 45 * DAY + 1).into();
    vec![
        case(
            "a statement",
            "ok",
            statement_of(&statement_claims(), "label-fed"),
        ),
        case(
            "by the ops key",
            "seal_unknown_key",
            statement_of(&statement_claims(), "label-ops"),
        ),
        case(
            "by the root key",
            "seal_unknown_key",
            statement_of(&statement_claims(), "root"),
        ),
        case(
            "by the space itself",
            "seal_unknown_key",
            statement_of(&statement_claims(), "mug-fed"),
        ),
        case(
            "issued by the space",
            "trust_other_issuer",
            changed("iss", MUG.into()),
        ),
        case(
            "about the coordinator",
            "trust_other_subject",
            changed("sub", LABEL.into()),
        ),
        case(
            "a second too long",
            "trust_lasts_too_long",
            changed("exp", longer),
        ),
        case(
            "with marks",
            "trust_misplaced",
            changed(
                "trust_marks",
                json!([{ "trust_mark_type": CHARTER, "trust_mark": "x" }]),
            ),
        ),
        case(
            "with issuers of marks",
            "trust_misplaced",
            changed("trust_mark_issuers", json!({})),
        ),
        case(
            "with a crit",
            "seal_malformed",
            changed("crit", json!(["x"])),
        ),
        case(
            "with a crit that is null",
            "seal_malformed",
            changed("crit", Value::Null),
        ),
    ]
}

fn marks() -> Vec<Value> {
    let case = |name, expected, jws| case("mark", name, expected, "label-fed", jws);
    let changed =
        |name: &str, value: Value| mark_of(&with(mark_claims(), name, value), "label-fed");
    let longer = (IAT + 90 * DAY + 1).into();
    let other = "https://label.example/charter/2".into();
    vec![
        case("a mark", "ok", mark_of(&mark_claims(), "label-fed")),
        case(
            "by the ops key",
            "seal_unknown_key",
            mark_of(&mark_claims(), "label-ops"),
        ),
        case(
            "issued by the space",
            "trust_other_issuer",
            changed("iss", MUG.into()),
        ),
        case(
            "of another space",
            "trust_other_subject",
            changed("sub", LABEL.into()),
        ),
        case(
            "of another label",
            "trust_other_label",
            changed("trust_mark_type", other),
        ),
        case(
            "a second too long",
            "trust_lasts_too_long",
            changed("exp", longer),
        ),
    ]
}

fn made() -> Value {
    let papers = anchors().into_iter();
    let papers = papers
        .chain(configurations())
        .chain(statements())
        .chain(marks());
    let fresh = |iat: i64, exp: i64, now: i64, expected: Value| json!({ "iat": iat, "exp": exp, "now": now, "expected": expected });
    let stale = |since: i64| json!({ "state": "stale", "as_of": IAT, "since": since });
    json!({
        "spec": "specs/trust.md",
        "keys": keys_listed(),
        "coordinator": LABEL, "space": MUG, "charter": CHARTER,
        "papers": papers.collect::<Vec<_>>(),
        "standings": standings(),
        "chains": chains(),
        "statuses": statuses(),
        "former_keys": former_keys(),
        "heads": [
            fresh(IAT, IAT + DAY, IAT + DAY - 1, json!({ "state": "fresh", "as_of": IAT })),
            fresh(IAT, IAT + DAY, IAT + DAY, stale(IAT + DAY)),
            fresh(IAT, IAT + 9 * DAY, IAT + DAY, stale(IAT + DAY)),
            fresh(IAT, IAT + 60, IAT + 60, stale(IAT + 60)),
        ],
        "registers": [
            { "as_of": IAT, "now": IAT + 30 * DAY - 1, "is_relied_on": true },
            { "as_of": IAT, "now": IAT + 30 * DAY, "is_relied_on": false },
        ],
        "clocks": [
            { "now": IAT, "newest_heard": IAT + 300, "is_behind": false },
            { "now": IAT, "newest_heard": IAT + 301, "is_behind": true },
            { "now": IAT, "newest_heard": IAT - 300, "is_behind": false },
        ],
        "renewals": [
            { "iat": IAT, "after": 7 * DAY, "now": IAT + 7 * DAY - 1, "is_due": false },
            { "iat": IAT, "after": 7 * DAY, "now": IAT + 7 * DAY, "is_due": true },
        ],
    })
}

fn open_paper(case: &Value) -> Result<(), TrustRefusal> {
    let (label, mug) = (entity(LABEL), entity(MUG));
    let by = case["by"][0]
        .as_str()
        .expect("the name of a key")
        .to_owned();
    let keys = key_set(&[by.as_str()]);
    let jws = text(case, "jws");
    match text(case, "paper") {
        "anchor" => trust::open_anchor(jws, key(&by).public(), &label).map(|_| ()),
        "configuration" => trust::open_configuration(jws, &keys, &mug)
            .and_then(|configuration| trust::ops_keys(&configuration))
            .map(|_| ()),
        "statement" => trust::open_statement(jws, &keys, &label, &mug).map(|_| ()),
        "mark" => trust::open_mark(jws, &keys, &label, &mug, CHARTER).map(|_| ()),
        other => panic!("a paper that is not known: {other}"),
    }
}

fn freshness_of(case: &Value) -> Value {
    let head = (
        Timestamp(number(case, "iat")),
        Timestamp(number(case, "exp")),
    );
    match freshness::of_head(Some(head), Timestamp(number(case, "now"))) {
        Freshness::Fresh { as_of } => json!({ "state": "fresh", "as_of": as_of }),
        Freshness::StaleSince { as_of, since } => {
            json!({ "state": "stale", "as_of": as_of, "since": since })
        }
        Freshness::Never => json!({ "state": "never" }),
    }
}

#[test]
fn papers_are_believed_or_refused_with_their_code() {
    let file = published("trust.json", &made());
    let mut count = 0;
    let mut check = |section: &str, member: &str, judge: &dyn Fn(&Value) -> Value| {
        for case in list(&file, section) {
            assert_eq!(judge(case), case[member], "{case}");
            count += 1;
        }
    };
    check("papers", "expected", &|case| match open_paper(case) {
        Ok(()) => "ok".into(),
        Err(refusal) => refusal.code().into(),
    });
    check("standings", "expected", &standing_of);
    check("chains", "expected", &chain_outcome);
    check("statuses", "expected", &status_outcome);
    check("former_keys", "expected", &former_keys_outcome);
    check("heads", "expected", &freshness_of);
    let at = |case: &Value, name: &str| Timestamp(number(case, name));
    check("registers", "is_relied_on", &|case| {
        freshness::is_register_relied_on(at(case, "as_of"), at(case, "now")).into()
    });
    check("clocks", "is_behind", &|case| {
        trust::is_clock_behind(at(case, "now"), at(case, "newest_heard")).into()
    });
    check("renewals", "is_due", &|case| {
        trust::is_renewal_due(at(case, "iat"), number(case, "after"), at(case, "now")).into()
    });
    went_through("vectors_trust", count);
}
