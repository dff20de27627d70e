//! Chains as strangers judge them, the marks beside them, and how a mark stands.

use rules::chain::{self, ChainRefusal, Issuer, NoStatus, Pinned, open_chain, open_shown_mark};
use rules::trust::Standing;
use seal::{Document as _, KeySet, Sealed};
use serde_json::{Value, json};
use wire::Timestamp;
use wire::federation::{HistoricalKeys, MarkStatus};
use wire::trust::ShownMark;

use crate::forge::{compact, header, key, key_set, list, text};
use crate::papers::{
    CHARTER, DAY, IAT, LABEL, MUG, configuration_claims, jwks, mark_claims, mark_of,
    statement_claims, statement_of, with,
};
use crate::standings::{entity, number};

/// The claims of the three statements of a chain that holds.
fn chain() -> [Value; 3] {
    let own = configuration_claims(MUG, "mug-fed", &["mug-ops"]);
    let own = with(
        own,
        "authority_hints",
        json!(["https://other.example", LABEL]),
    );
    let anchor = configuration_claims(LABEL, "label-fed", &["label-ops"]);
    let issuers = json!({ CHARTER: [LABEL] });
    let anchor = with(anchor, "trust_mark_issuers", issuers);
    [own, statement_claims(), anchor]
}

const SIGNERS: [&str; 3] = ["mug-fed", "label-fed", "label-fed"];

fn case(name: &str, expected: &str, now: i64, claims: &[Value; 3], by: [&str; 3]) -> Value {
    let statements = claims.iter().zip(by).map(|(it, by)| statement_of(it, by));
    let statements: Vec<String> = statements.collect();
    json!({ "name": name, "pinned": ["label-fed", "label-fed-next"], "now": now,
        "statements": statements, "expected": expected })
}

/// A chain of which one member of one statement is another.
fn changed(name: &str, expected: &str, at: usize, member: &str, value: Value) -> Value {
    let mut claims = chain();
    claims[at][member] = value;
    case(name, expected, IAT, &claims, SIGNERS)
}

fn signed(name: &str, expected: &str, by: [&str; 3]) -> Value {
    case(name, expected, IAT, &chain(), by)
}

fn at(name: &str, expected: &str, now: i64) -> Value {
    case(name, expected, now, &chain(), SIGNERS)
}

fn cut(name: &str, most: usize) -> Value {
    let mut cut = at(name, "chain_length", IAT);
    let statements = cut["statements"].as_array_mut().expect("a list");
    let last = statements[2].clone();
    statements.resize(most, last);
    cut
}

/// What is judged of chains.
#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
pub(crate) fn chains() -> Value {
    let (hints, future) = ("authority_hints", IAT + 301);
    let cases = [
        vec![
            at("a chain", "ok", IAT),
            at("in the last second", "ok", IAT + 14 * DAY - 1),
            at("a second later", "chain_expired", IAT + 14 * DAY),
            at("300 s early", "ok", IAT - 300),
            at("301 s early", "chain_future", IAT - 301),
            cut("two statements", 2),
            cut("four statements", 4),
            cut("none", 0),
        ],
        vec![
            signed(
                "the anchor by a stranger",
                "seal_unknown_key",
                ["mug-fed", "label-fed", "thief"],
            ),
            signed(
                "the anchor by a pinned key that it does not name",
                "chain_own_key",
                ["mug-fed", "label-fed", "label-fed-next"],
            ),
            signed(
                "the statement by a pinned key that the anchor does not name",
                "seal_unknown_key",
                ["mug-fed", "label-fed-next", "label-fed"],
            ),
            signed(
                "the statement by the space",
                "seal_unknown_key",
                ["mug-fed", "mug-fed", "label-fed"],
            ),
            signed(
                "the space by the coordinator",
                "seal_unknown_key",
                ["label-fed"; 3],
            ),
        ],
        vec![
            changed(
                "the anchor is another",
                "trust_other_issuer",
                2,
                "iss",
                MUG.into(),
            ),
            changed(
                "the statement is another's",
                "trust_other_issuer",
                1,
                "iss",
                MUG.into(),
            ),
            changed(
                "the statement is about another",
                "trust_other_subject",
                1,
                "sub",
                LABEL.into(),
            ),
            changed(
                "the space is another",
                "trust_other_issuer",
                0,
                "iss",
                LABEL.into(),
            ),
            changed("no superior", "seal_malformed", 0, hints, json!([])),
            changed(
                "another superior",
                "chain_hint",
                0,
                hints,
                json!(["https://other.example"]),
            ),
            changed(
                "superiors of a subordinate",
                "trust_misplaced",
                1,
                hints,
                json!([LABEL]),
            ),
            changed(
                "the space's own key is another",
                "chain_own_key",
                0,
                "jwks",
                jwks(&["thief"]),
            ),
            changed(
                "signed in the future",
                "chain_future",
                1,
                "iat",
                future.into(),
            ),
            changed(
                "constraints on itself",
                "trust_misplaced",
                0,
                "constraints",
                json!({ "max_path_length": 0 }),
            ),
            changed(
                "a critical member",
                "seal_malformed",
                2,
                "crit",
                json!(["x"]),
            ),
            changed(
                "a policy",
                "seal_malformed",
                1,
                "metadata_policy",
                json!({}),
            ),
            changed(
                "a constraint that is not applied",
                "seal_malformed",
                1,
                "constraints",
                json!({ "max_path_length": 0, "naming_constraints": {} }),
            ),
            changed(
                "a space that lasts too long",
                "trust_lasts_too_long",
                0,
                "exp",
                (IAT + 15 * DAY).into(),
            ),
        ],
        shown(),
    ];
    cases.concat().into()
}

/// A chain that holds, and a mark beside it.
fn beside(name: &str, expected: &str, called: &str, mark: &Value, by: &str) -> Value {
    let shown = json!({ "trust_mark_type": called, "trust_mark": mark_of(mark, by) });
    with(at(name, expected, IAT), "mark", shown)
}

fn shown() -> Vec<Value> {
    let changed = |member: &str, value: Value| with(mark_claims(), member, value);
    let mut of_nobody = chain();
    of_nobody[2]["trust_mark_issuers"] = json!({ CHARTER: [MUG] });
    let mut unnamed = case(
        "a mark of nobody",
        "chain_mark_issuer",
        IAT,
        &of_nobody,
        SIGNERS,
    );
    let mark =
        json!({ "trust_mark_type": CHARTER, "trust_mark": mark_of(&mark_claims(), "label-fed") });
    unnamed["mark"] = mark;
    let past = with(changed("iat", (IAT - 60).into()), "exp", IAT.into());
    let other = "https://label.example/charter/2";
    vec![
        beside("with a mark", "ok", CHARTER, &mark_claims(), "label-fed"),
        beside(
            "called another",
            "chain_mark_type",
            other,
            &mark_claims(),
            "label-fed",
        ),
        beside(
            "a mark by the space",
            "seal_unknown_key",
            CHARTER,
            &mark_claims(),
            "mug-fed",
        ),
        beside(
            "of another space",
            "trust_other_subject",
            CHARTER,
            &changed("sub", LABEL.into()),
            "label-fed",
        ),
        beside(
            "of another label",
            "trust_other_label",
            other,
            &changed("trust_mark_type", other.into()),
            "label-fed",
        ),
        beside(
            "a mark of the future",
            "chain_future",
            CHARTER,
            &changed("iat", (IAT + 301).into()),
            "label-fed",
        ),
        beside(
            "a mark that ran out",
            "chain_expired",
            CHARTER,
            &past,
            "label-fed",
        ),
        beside(
            "a delegated mark",
            "seal_malformed",
            CHARTER,
            &changed("delegation", "x".into()),
            "label-fed",
        ),
        unnamed,
    ]
}

/// What is answered of marks.
#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
pub(crate) fn statuses() -> Value {
    let status = |name: &str, expected: &str, standing: &str, mark: String| {
        json!({ "name": name, "issued_by": ["label-fed"], "former": ["label-fed-next"],
            "standing": standing, "now": IAT, "mark": mark, "expected": expected })
    };
    let mark = || mark_of(&mark_claims(), "label-fed");
    let changed =
        |member: &str, value: Value| mark_of(&with(mark_claims(), member, value), "label-fed");
    let past = with(
        with(mark_claims(), "iat", (IAT - 60).into()),
        "exp",
        IAT.into(),
    );
    let (signed, _) = mark()
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("dots");
    let thief = mark_of(&mark_claims(), "thief");
    let (_, signature) = thief.rsplit_once('.').expect("dots");
    let altered = format!("{signed}.{signature}");
    let other = "https://label.example/charter/2";
    json!([
        status("of a labelled space", "active", "labelled", mark()),
        status("of a suspended space", "revoked", "suspended", mark()),
        status("of a withdrawn space", "revoked", "withdrawn", mark()),
        status(
            "of a space without a mark now",
            "revoked",
            "admitted",
            mark()
        ),
        status(
            "of a space that belongs no more",
            "revoked",
            "unknown",
            mark()
        ),
        status(
            "of a space whose papers ran out",
            "expired",
            "expired",
            mark()
        ),
        status(
            "that ran out",
            "expired",
            "labelled",
            mark_of(&past, "label-fed")
        ),
        status(
            "that ran out, by a former key",
            "expired",
            "unknown",
            mark_of(&past, "label-fed-next")
        ),
        status(
            "by a former key",
            "revoked",
            "labelled",
            mark_of(&mark_claims(), "label-fed-next")
        ),
        status(
            "of another charter",
            "revoked",
            "labelled",
            changed("trust_mark_type", other.into())
        ),
        status(
            "of another issuer",
            "invalid",
            "labelled",
            changed("iss", MUG.into())
        ),
        status(
            "that lasts too long",
            "invalid",
            "labelled",
            changed("exp", (IAT + 91 * DAY).into())
        ),
        status(
            "that is delegated",
            "invalid",
            "labelled",
            changed("delegation", "x".into())
        ),
        status("with another signature", "invalid", "labelled", altered),
        status(
            "by a stranger",
            "not_found",
            "labelled",
            mark_of(&mark_claims(), "thief")
        ),
        status(
            "that is a statement",
            "invalid_request",
            "labelled",
            statement_of(&statement_claims(), "label-fed")
        ),
        status(
            "that is a text",
            "invalid_request",
            "labelled",
            "x".to_owned()
        ),
    ])
}

/// Lists of former keys.
pub(crate) fn former_keys() -> Value {
    let former = |change: &dyn Fn(&mut Value)| {
        let jwk = json!(seal::Jwk::from(key("label-fed-next").public()));
        let mut former = json!({ "exp": IAT });
        for name in ["kty", "crv", "x", "kid"] {
            former[name] = jwk[name].clone();
        }
        change(&mut former);
        let claims = json!({ "iss": LABEL, "iat": IAT, "keys": [former] });
        let header = header(HistoricalKeys::TYP, "label-fed");
        compact(&header, claims.to_string().as_bytes(), "label-fed")
    };
    let case = |name: &str, expected: &str, jws: String| json!({ "name": name, "by": ["label-fed"], "jws": jws, "expected": expected });
    let because = |reason: &str| json!({ "revoked_at": IAT, "reason": reason });
    let revoked = |reason: &str| former(&|it| it["revoked"] = because(reason));
    json!([
        case("a key", "ok", former(&|_| {})),
        case("a key that is compromised", "ok", revoked("compromised")),
        case("a key that was superseded", "ok", revoked("superseded")),
        case("for another reason", "seal_malformed", revoked("lost")),
        case(
            "without its end",
            "seal_malformed",
            former(&|it| it["exp"] = Value::Null)
        ),
        case(
            "with another name",
            "seal_malformed",
            former(&|it| {
                it["kid"] = key("thief").public().thumbprint().as_str().into();
            })
        ),
    ])
}

fn judge(case: &Value) -> Result<(), ChainRefusal> {
    let (label, mug) = (entity(LABEL), entity(MUG));
    let keys = names_of(case, "pinned");
    let pinned = Pinned {
        entity: &label,
        keys: &keys,
    };
    let statements = list(case, "statements").iter();
    let statements: Vec<&str> = statements.map(|it| it.as_str().expect("a text")).collect();
    let now = Timestamp(number(case, "now"));
    let chain = open_chain(&statements, pinned, &mug, now)?;
    if let Some(mark) = case.get("mark") {
        let shown = ShownMark {
            trust_mark_type: text(mark, "trust_mark_type").to_owned(),
            trust_mark: text(mark, "trust_mark").to_owned(),
        };
        open_shown_mark(&chain, &shown, CHARTER, now)?;
    }
    Ok(())
}

fn names_of(case: &Value, name: &str) -> KeySet {
    let names = list(case, name).iter();
    let names: Vec<&str> = names.map(|it| it.as_str().expect("a name")).collect();
    key_set(&names)
}

/// What a case of [`chains`] comes to.
pub(crate) fn chain_outcome(case: &Value) -> Value {
    judge(case)
        .map_or_else(|refusal| refusal.code(), |()| "ok")
        .into()
}

/// What a case of [`statuses`] comes to.
pub(crate) fn status_outcome(case: &Value) -> Value {
    let (label, keys) = (entity(LABEL), names_of(case, "issued_by"));
    let former: Vec<_> = names_of(case, "former").iter().cloned().collect();
    let issuer = Issuer {
        pinned: Pinned {
            entity: &label,
            keys: &keys,
        },
        former: &former,
        charter_url: CHARTER,
    };
    let (since, reason) = (Timestamp(IAT), String::new());
    let standing = match text(case, "standing") {
        "labelled" => Standing::Labelled { until: since },
        "admitted" => Standing::Admitted,
        "suspended" => Standing::Suspended { since, reason },
        "withdrawn" => Standing::Withdrawn { since, reason },
        "expired" => Standing::Expired { since },
        _ => Standing::Unknown,
    };
    let now = Timestamp(number(case, "now"));
    match chain::mark_status(text(case, "mark"), issuer, |_| standing, now) {
        Ok(MarkStatus::Active) => "active",
        Ok(MarkStatus::Expired) => "expired",
        Ok(MarkStatus::Revoked) => "revoked",
        Ok(MarkStatus::Invalid) => "invalid",
        Err(NoStatus::NotIssued) => "not_found",
        Err(NoStatus::NotAMark) => "invalid_request",
    }
    .into()
}

/// What a case of [`former_keys`] comes to.
pub(crate) fn former_keys_outcome(case: &Value) -> Value {
    let list = Sealed::<HistoricalKeys>::parse(text(case, "jws"));
    let opened = list.and_then(|list| list.open(&names_of(case, "by")));
    opened
        .map_or_else(|refusal| refusal.code(), |_| "ok")
        .into()
}
