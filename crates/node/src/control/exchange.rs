//! Commands about visits, and about what waits for other nodes.

use anyhow::{Context as _, bail};
use app::{
    About, App, ConflictRow, Correction, Fate, Op, Operator, OutboxRow, SendFailure, SignedReceipt,
    Stay, VisitId, VisitRow,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::space::ClockTime;

/// A command about visits or requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "exchange", rename_all = "snake_case")]
pub(crate) enum ExchangeCommand {
    /// Who is here.
    Here,
    /// The visits of the last days.
    Visits,
    /// A visitor leaves now.
    Leave { visit: String },
    /// The receipts of a visit.
    Receipts { visit: String },
    /// How a visit was: when the visitor left, or that there was none.
    Correct { visit: String, left: Option<String> },
    /// What waits, and what was refused.
    Outbox,
    /// Ask again.
    Again { op: String },
    /// Who asked two things under one name.
    Conflicts,
}

/// Does a command: whoever gives it may open the node's folder.
pub(super) async fn execute(app: &App, command: ExchangeCommand) -> anyhow::Result<Value> {
    let operator = Operator::of_this_machine();
    match command {
        ExchangeCommand::Here => {
            let rows = app.visitors_here(&operator).await?;
            Ok(Value::Array(rows.iter().map(visit_json).collect()))
        }
        ExchangeCommand::Visits => {
            let rows = app.recent_visits(&operator).await?;
            Ok(Value::Array(rows.iter().map(visit_json).collect()))
        }
        ExchangeCommand::Leave { visit } => {
            let counted = app.leave(&operator, visit_id(&visit)?).await?;
            Ok(json!({ "visit": visit, "half_days": counted.list() }))
        }
        ExchangeCommand::Receipts { visit } => {
            let receipts = app.receipts_of(&operator, visit_id(&visit)?).await?;
            let row = |it: SignedReceipt| {
                let SignedReceipt {
                    receipt,
                    answer,
                    credit,
                    credit_answer,
                } = it;
                json!({ "receipt": receipt, "answer": answer, "credit": credit,
                    "credit_answer": credit_answer })
            };
            Ok(Value::Array(receipts.into_iter().map(row).collect()))
        }
        ExchangeCommand::Correct { visit, left } => {
            let id = visit_id(&visit)?;
            let correction = match left {
                None => Correction::NotHere,
                Some(left) => {
                    let row = app.visit_row(&operator, id).await?;
                    let left = ClockTime::parse(&left).context("a time is written HH:MM")?;
                    let left = row.left_at(left).context("that day has no such time")?;
                    Correction::Left(left)
                }
            };
            let counted = app.correct_visit(&operator, id, correction).await?;
            Ok(json!({ "visit": visit, "half_days": counted.list() }))
        }
        ExchangeCommand::Outbox => {
            let rows = app.outbox(&operator).await?;
            Ok(Value::Array(rows.iter().map(outbox_json).collect()))
        }
        ExchangeCommand::Again { op } => {
            let Some(id) = Op::parse(&op) else {
                bail!("{op} is no request");
            };
            Ok(json!({ "op": app.send_again(&operator, id).await? }))
        }
        ExchangeCommand::Conflicts => {
            let rows = app.conflicts(&operator).await?;
            Ok(Value::Array(rows.iter().map(conflict_json).collect()))
        }
    }
}

fn visit_id(text: &str) -> anyhow::Result<VisitId> {
    VisitId::parse(text).with_context(|| format!("{text} is no visit"))
}

fn visit_json(row: &VisitRow) -> Value {
    let VisitRow {
        id,
        name,
        home,
        arrived,
        by,
        day,
        stay,
    } = row;
    let mut value = json!({ "visit": id, "name": name, "home": home, "arrived": arrived,
        "by": by, "date": day.date, "time_zone": day.hours.time_zone });
    let stay = match stay {
        Stay::Here { until } => json!({ "state": "here", "until": until }),
        Stay::NotHere => json!({ "state": "not_here" }),
        Stay::Ended {
            left,
            ending,
            half_days,
            receipt,
            correctable_until: _,
        } => {
            let (receipt, code) = receipt.as_ref().map_or((None, None), fate_words);
            json!({ "state": "ended", "left": left, "ended": ending,
                "half_days": half_days.list(), "receipt": receipt, "code": code })
        }
    };
    if let (Value::Object(value), Value::Object(stay)) = (&mut value, stay) {
        value.extend(stay.into_iter().filter(|(_, it)| !it.is_null()));
    }
    value
}

fn fate_words(fate: &Fate) -> (Option<&'static str>, Option<&str>) {
    match fate {
        Fate::Waiting { .. } => (Some("waiting"), None),
        Fate::Accepted { .. } => (Some("accepted"), None),
        Fate::Refused { code, .. } => (Some("refused"), Some(code)),
        Fate::GivenUp { .. } => (Some("given_up"), None),
        Fate::Moot { .. } => (Some("moot"), None),
    }
}

fn outbox_json(row: &OutboxRow) -> Value {
    let OutboxRow {
        op,
        to,
        about,
        since,
        after,
        dead,
        last_failure,
    } = row;
    let (what, id) = match about {
        About::Receipt(id) => ("receipt", id.to_string()),
        About::Credit(id) => ("credit", id.to_string()),
        About::Registration(id) => ("registration", id.to_string()),
        About::Cancellation(id) => ("cancellation", id.to_string()),
        About::KeyUpdate(key) => ("key_update", key.to_string()),
        About::KeyRevocation(key) => ("key_revocation", key.to_string()),
        About::Notice { registration, .. } => ("notice", registration.to_string()),
        About::Application => ("application", to.to_string()),
    };
    let mut value = json!({ "op": op, "to": to, what: id, "since": since });
    if let Value::Object(value) = &mut value {
        if let Some(after) = after {
            value.insert("after".to_owned(), json!(after));
        }
        if let Some((at, code)) = dead {
            value.insert("refused_at".to_owned(), json!(at));
            value.insert("code".to_owned(), json!(code));
        }
        if let Some(SendFailure {
            at,
            times,
            is_heard,
            why,
            next_at,
        }) = last_failure
        {
            value.insert("tried_at".to_owned(), json!(at));
            value.insert("tried_in_vain".to_owned(), json!(times));
            value.insert("is_heard".to_owned(), json!(is_heard));
            value.insert("why".to_owned(), json!(why));
            value.insert("next_at".to_owned(), json!(next_at));
        }
    }
    value
}

fn conflict_json(row: &ConflictRow) -> Value {
    let ConflictRow {
        by,
        op,
        at,
        answered,
        other,
    } = row;
    json!({ "by": by, "op": op, "at": at, "answered": answered, "other": other })
}
