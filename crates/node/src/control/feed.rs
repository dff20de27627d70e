//! Commands about this node's own feed, and about feeds that have parted.

use app::{App, PartingRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "feed", rename_all = "snake_case")]
pub(crate) enum FeedCommand {
    /// Say how the own feed stands, and which feeds have parted.
    State,
    /// This machine goes on under the node's name.
    TakeOver,
}

pub(super) async fn execute(app: &App, command: FeedCommand) -> anyhow::Result<Value> {
    match command {
        FeedCommand::State => {}
        FeedCommand::TakeOver => app.take_over().await?,
    }
    let own = app.known(&app.identity().entity).await?;
    let parted: Vec<_> = app.partings().await?.iter().map(row_json).collect();
    Ok(json!({
        "state": app.own_feed_state().name(),
        "epoch": own.epoch,
        "seq": own.seq,
        "parted": parted,
    }))
}

fn row_json(row: &PartingRow) -> Value {
    json!({
        "entity": row.entity,
        "epoch": row.epoch,
        "seq": row.seq,
        "seen_at": row.seen_at,
        "is_over": row.is_over,
    })
}
