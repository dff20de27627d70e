//! Where a space stands, by the papers that there are and the moment.

use rules::trust::{self, Entry, Standing};
use seal::Verified;
use serde_json::{Value, json};
use wire::label::Withdrawal;
use wire::trust::{Anchor, EntityStatement, TrustMark};
use wire::{BodyKind, EntityId, Timestamp};

use crate::forge::{key, key_set, text};
use crate::papers::{
    CHARTER, DAY, IAT, LABEL, MUG, anchor_claims, anchor_of, mark_claims, mark_of,
    statement_claims, statement_of, with,
};

/// An entity identifier of the vectors.
pub(crate) fn entity(text: &str) -> EntityId {
    EntityId::parse(text).expect("an entity identifier")
}

/// The member `name` of a case, as a number.
pub(crate) fn number(case: &Value, name: &str) -> i64 {
    case[name]
        .as_i64()
        .unwrap_or_else(|| panic!("`{name}` is not a number in {case}"))
}

/// What is known of the space, the moment, and where it stands.
pub(crate) fn standings() -> Value {
    [running(), ended()].concat().into()
}

fn case(anchor: &str, papers: [Value; 3], now: i64, expected: &Value) -> Value {
    let [statement, mark, withdrawal] = papers;
    json!({ "anchor": anchor, "statement": statement, "mark": mark,
        "withdrawal": withdrawal, "now": now, "expected": expected })
}

/// When the statement ends, which is the first of the papers to do so.
const END: i64 = IAT + 45 * DAY;

const NONE: Value = Value::Null;

fn statement() -> Value {
    statement_of(&statement_claims(), "label-fed").into()
}

fn mark() -> Value {
    mark_of(&mark_claims(), "label-fed").into()
}

fn anchor() -> String {
    anchor_of(&anchor_claims(&["label-fed"]), "root")
}

/// Without a withdrawal, the dates decide.
fn running() -> Vec<Value> {
    let long = &anchor();
    let short = with(anchor_claims(&["label-fed"]), "exp", (IAT + DAY).into());
    let short = &anchor_of(&short, "root");
    let early = with(mark_claims(), "exp", (IAT + 2 * DAY).into());
    let early = || mark_of(&early, "label-fed").into();
    let labelled = |until: i64| json!({ "state": "labelled", "until": until });
    let expired = |since: i64| json!({ "state": "expired", "since": since });
    let (unknown, admitted) = (
        json!({ "state": "unknown" }),
        json!({ "state": "admitted" }),
    );
    let case = |anchor, papers, now, expected: Value| case(anchor, papers, now, &expected);
    vec![
        case(long, [NONE, NONE, NONE], IAT, unknown.clone()),
        case(long, [NONE, mark(), NONE], IAT, unknown),
        case(long, [statement(), NONE, NONE], IAT, admitted),
        case(long, [statement(), NONE, NONE], END, expired(END)),
        case(long, [statement(), mark(), NONE], IAT, labelled(END)),
        case(long, [statement(), mark(), NONE], END - 1, labelled(END)),
        case(long, [statement(), mark(), NONE], END, expired(END)),
        case(
            long,
            [statement(), early(), NONE],
            IAT,
            labelled(IAT + 2 * DAY),
        ),
        case(
            long,
            [statement(), early(), NONE],
            IAT + 2 * DAY,
            expired(IAT + 2 * DAY),
        ),
        case(short, [statement(), mark(), NONE], IAT, labelled(IAT + DAY)),
        case(
            short,
            [statement(), mark(), NONE],
            IAT + DAY,
            expired(IAT + DAY),
        ),
    ]
}

/// A withdrawal speaks before everything else.
fn ended() -> Vec<Value> {
    let long = &anchor();
    let ended = |state: &str| {
        let body = json!({ "sub": MUG, "state": state, "reason": "x", "since": IAT });
        Value::from(body.to_string())
    };
    let over = |state: &str| json!({ "state": state, "since": IAT, "reason": "x" });
    let case = |papers, now, state: &str| case(long, papers, now, &over(state));
    vec![
        case([statement(), mark(), ended("suspended")], IAT, "suspended"),
        case([statement(), NONE, ended("withdrawn")], IAT, "withdrawn"),
        case([statement(), mark(), ended("withdrawn")], END, "withdrawn"),
        case([NONE, NONE, ended("suspended")], IAT, "suspended"),
    ]
}

struct Papers {
    anchor: Verified<Anchor>,
    statement: Option<Verified<EntityStatement>>,
    mark: Option<Verified<TrustMark>>,
    withdrawal: Option<Withdrawal>,
}

fn papers_of(case: &Value) -> Papers {
    let (label, mug, fed) = (entity(LABEL), entity(MUG), key_set(&["label-fed"]));
    let given = |name: &str| case[name].as_str();
    let anchor = trust::open_anchor(text(case, "anchor"), key("root").public(), &label);
    let statement = given("statement").map(|it| trust::open_statement(it, &fed, &label, &mug));
    let mark = given("mark").map(|it| trust::open_mark(it, &fed, &label, &mug, CHARTER));
    Papers {
        anchor: anchor.expect("an anchor"),
        statement: statement.transpose().expect("a statement"),
        mark: mark.transpose().expect("a mark"),
        withdrawal: given("withdrawal").map(|it| Withdrawal::read(it).expect("a withdrawal")),
    }
}

/// Where the space of a case stands.
pub(crate) fn standing_of(case: &Value) -> Value {
    let papers = papers_of(case);
    let entry = Entry {
        anchor: &papers.anchor,
        statement: papers.statement.as_ref(),
        mark: papers.mark.as_ref(),
        withdrawal: papers.withdrawal.as_ref(),
    };
    match trust::standing(entry, Timestamp(number(case, "now"))) {
        Standing::Labelled { until } => json!({ "state": "labelled", "until": until }),
        Standing::Admitted => json!({ "state": "admitted" }),
        Standing::Suspended { since, reason } => {
            json!({ "state": "suspended", "since": since, "reason": reason })
        }
        Standing::Withdrawn { since, reason } => {
            json!({ "state": "withdrawn", "since": since, "reason": reason })
        }
        Standing::Expired { since } => json!({ "state": "expired", "since": since }),
        Standing::Unknown => json!({ "state": "unknown" }),
    }
}
