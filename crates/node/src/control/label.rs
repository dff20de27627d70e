//! Commands about the label: its coordinator's, and what a space asks of it.

use anyhow::bail;
use app::{App, LabelRow, LabelState};
use rules::trust::Standing;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::federation::RevocationReason;
use wire::{EntityId, Invitation};

/// A command about the label.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "label", rename_all = "snake_case")]
pub(crate) enum LabelCommand {
    /// Invite a space.
    Admit { space: EntityId, anew: bool },
    /// Take an invitation back.
    Uninvite { space: EntityId },
    /// Ask the coordinator for the label.
    Apply { note: String },
    /// Join again.
    JoinAgain { invitation: String },
    /// Grant the label.
    Grant { space: EntityId, anyway: bool },
    /// Warn a space.
    Warn {
        space: EntityId,
        reason: String,
        days: u16,
    },
    /// Take a warning or a suspension back.
    Lift { space: EntityId, reason: String },
    /// End a membership.
    End { space: EntityId, reason: String },
    /// What was decided about a space.
    History { space: EntityId },
    /// Suspend the label.
    Suspend { space: EntityId, reason: String },
    /// Withdraw the label.
    Withdraw { space: EntityId, reason: String },
    /// List the spaces.
    List,
    /// Publish a new anchor statement.
    Anchor {
        anchor: String,
        revoked: Option<RevocationReason>,
    },
}

/// A day, for what is said in days.
const DAY_SECONDS: i64 = 24 * 60 * 60;

pub(super) async fn execute(app: &App, command: LabelCommand) -> anyhow::Result<Value> {
    match command {
        LabelCommand::Admit { space, anew } => {
            let invitation = if anew {
                app.invite_anew(&space).await?
            } else {
                app.invite(&space).await?
            };
            Ok(json!({ "space": space, "invitation": invitation.to_code()? }))
        }
        LabelCommand::Uninvite { space } => {
            app.uninvite(&space).await?;
            Ok(json!({ "space": space }))
        }
        LabelCommand::Apply { note } => {
            let op = app.ask_for_label(&note).await?;
            Ok(json!({ "op": op }))
        }
        LabelCommand::JoinAgain { invitation } => {
            app.join_again(&Invitation::from_code(&invitation)?).await?;
            Ok(json!({ "joins": true }))
        }
        LabelCommand::Grant { space, anyway } => {
            if anyway {
                app.grant_anyway(&space).await?;
            } else {
                app.grant(&space).await?;
            }
            standing_json(app, &space).await
        }
        LabelCommand::Warn {
            space,
            reason,
            days,
        } => {
            let until = app.now().plus_seconds(i64::from(days) * DAY_SECONDS);
            app.warn(&space, &reason, until).await?;
            standing_json(app, &space).await
        }
        LabelCommand::Suspend { space, reason } => {
            app.suspend(&space, &reason).await?;
            standing_json(app, &space).await
        }
        LabelCommand::Lift { space, reason } => {
            app.lift(&space, &reason).await?;
            standing_json(app, &space).await
        }
        LabelCommand::Withdraw { space, reason } => {
            app.withdraw(&space, &reason).await?;
            standing_json(app, &space).await
        }
        LabelCommand::End { space, reason } => {
            app.end_membership(&space, &reason).await?;
            Ok(json!({ "space": space }))
        }
        LabelCommand::History { space } => {
            Ok(serde_json::to_value(app.label_history(&space).await?)?)
        }
        LabelCommand::List => {
            let rows = app.label_rows().await?;
            Ok(Value::Array(rows.iter().map(row_json).collect()))
        }
        LabelCommand::Anchor { anchor, revoked } => {
            let until = app.publish_anchor_revoking(&anchor, revoked).await?;
            Ok(json!({ "until": until }))
        }
    }
}

async fn standing_json(app: &App, space: &EntityId) -> anyhow::Result<Value> {
    let rows = app.label_rows().await?;
    let Some(row) = rows.iter().find(|row| row.entity == *space) else {
        bail!("{space} is not in the list");
    };
    Ok(row_json(row))
}

fn row_json(row: &LabelRow) -> Value {
    let LabelRow {
        entity,
        state,
        feed,
        application,
        warning,
    } = row;
    let (state, at, reason) = match state {
        LabelState::Invited { until } => ("invited", Some(until), None),
        LabelState::Member(standing) => match standing {
            Standing::Labelled { until } => ("labelled", Some(until), None),
            Standing::Admitted => ("admitted", None, None),
            Standing::Suspended { since, reason } => ("suspended", Some(since), Some(reason)),
            Standing::Withdrawn { since, reason } => ("withdrawn", Some(since), Some(reason)),
            Standing::Expired { since } => ("expired", Some(since), None),
            Standing::Unknown => ("unknown", None, None),
        },
    };
    json!({ "space": entity, "state": state, "at": at, "reason": reason,
        "application": application, "warning": warning,
        "feed": { "epoch": feed.epoch, "seq": feed.seq, "pulled_at": feed.pulled_at,
            "refusal": feed.refusal } })
}
