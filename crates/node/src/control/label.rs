//! Commands about the label: its coordinator's, and what a space asks of it.

use anyhow::bail;
use app::view::{FeedView, LabelView};
use app::{App, JoinState, LabelRow, LabelState};
use rules::trust::Standing;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::federation::RevocationReason;
use wire::trust::NodeRole;
use wire::{EntityId, Invitation, Timestamp};

/// A command about the label.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "label", rename_all = "snake_case")]
pub(crate) enum LabelCommand {
    /// Invite a space.
    Admit {
        space: EntityId,
        anew: bool,
        epoch: Option<u64>,
    },
    /// Take an invitation back.
    Uninvite { space: EntityId },
    /// Ask the coordinator for the label.
    Apply { note: String, of: Option<EntityId> },
    /// Join a label.
    Join { invitation: String },
    /// Leave a label.
    Leave { coordinator: EntityId },
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
        LabelCommand::Admit { space, anew, epoch } => admit(app, &space, anew, epoch).await,
        LabelCommand::Uninvite { space } => {
            app.uninvite(&space).await?;
            Ok(json!({ "space": space }))
        }
        LabelCommand::Apply { note, of } => {
            let of = of.as_ref().unwrap_or(&app.identity().coordinator);
            let op = app.ask_for_label_of(of, &note).await?;
            Ok(json!({ "op": op }))
        }
        LabelCommand::Leave { coordinator } => {
            app.leave_label(&coordinator).await?;
            Ok(json!({ "left": coordinator }))
        }
        LabelCommand::Join { invitation } => {
            app.join_by(&Invitation::from_code(&invitation)?).await?;
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
        LabelCommand::List if app.identity().role == NodeRole::Space => own_labels(app).await,
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

async fn admit(
    app: &App,
    space: &EntityId,
    anew: bool,
    epoch: Option<u64>,
) -> anyhow::Result<Value> {
    let invitation = match (anew, epoch) {
        (true, _) => app.invite_anew(space).await?,
        (false, Some(epoch)) => app.invite_with_feed(space, epoch).await?,
        (false, None) => app.invite(space).await?,
    };
    Ok(json!({ "space": space, "invitation": invitation.to_code()? }))
}

/// The labels of a space, as it knows them.
async fn own_labels(app: &App) -> anyhow::Result<Value> {
    let home = app.home().await?;
    let us = home.us.map_or(Standing::Unknown, |us| us.standing);
    let row = |label: &LabelView, standing: &Standing, joining: &JoinState| {
        let (state, at, reason) = said(standing);
        let (state, reason) = match (state, joining) {
            ("unknown", JoinState::Asking) => ("asking", None),
            ("unknown", JoinState::Refused { code, .. }) => ("refused", Some(code)),
            _ => (state, reason),
        };
        json!({ "coordinator": label.coordinator, "state": state, "at": at, "reason": reason,
            "name": label.charter.as_ref().map(|it| it.name.in_language(true)),
            "feed": feed_json(&label.feed) })
    };
    let mut rows = vec![row(&home.label, &us, &app.join_state().await?)];
    let further = home.further_labels.iter();
    rows.extend(further.map(|it| row(&it.label, &it.standing, &it.joining)));
    Ok(Value::Array(rows))
}

/// A standing as a word, with its moment and its reason.
fn said(standing: &Standing) -> (&'static str, Option<&Timestamp>, Option<&String>) {
    match standing {
        Standing::Labelled { until } => ("labelled", Some(until), None),
        Standing::Admitted => ("admitted", None, None),
        Standing::Suspended { since, reason } => ("suspended", Some(since), Some(reason)),
        Standing::Withdrawn { since, reason } => ("withdrawn", Some(since), Some(reason)),
        Standing::Expired { since } => ("expired", Some(since), None),
        Standing::Unknown => ("unknown", None, None),
    }
}

fn feed_json(feed: &FeedView) -> Value {
    json!({ "epoch": feed.epoch, "seq": feed.seq, "pulled_at": feed.pulled_at,
        "refusal": feed.refusal })
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
        LabelState::Member(standing) => said(standing),
    };
    json!({ "space": entity, "state": state, "at": at, "reason": reason,
        "application": application, "warning": warning,
        "feed": feed_json(feed) })
}
