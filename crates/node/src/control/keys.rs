//! Commands about this node's keys.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use app::{App, KeyRow, KeyState, Overlap, Purpose};
use seal::keyfile;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "keys", rename_all = "snake_case")]
pub(crate) enum KeysCommand {
    /// List the keys.
    List,
    /// Have the key in a file take the place of the `ops` key that signs.
    RotateOps { file: PathBuf, stolen: bool },
    /// Have the key in a file follow the `fed` key that signs.
    FollowFed { file: PathBuf },
}

pub(super) async fn execute(app: &App, command: KeysCommand) -> anyhow::Result<Value> {
    let held = |purpose, file: PathBuf| {
        let key = keyfile::load(&file).context("the new key cannot be used")?;
        anyhow::Ok(app.hold_key(purpose, key)?)
    };
    let name = match command {
        KeysCommand::List => {
            let rows = app.key_rows().await?;
            return Ok(Value::Array(rows.iter().map(row_json).collect()));
        }
        KeysCommand::RotateOps { file, stolen } => {
            let overlap = if stolen {
                Overlap::NoneItWasStolen
            } else {
                Overlap::UntilPassportsHaveRunOut
            };
            let name = held(Purpose::Ops, file)?;
            app.rotate_ops(&name, overlap).await?;
            name
        }
        KeysCommand::FollowFed { file } => {
            let name = held(Purpose::Fed, file)?;
            app.follow_fed(&name).await?;
            name
        }
    };
    let rows = app.key_rows().await?;
    let Some(row) = rows.iter().find(|row| row.name == name) else {
        bail!("the key is not held");
    };
    Ok(row_json(row))
}

fn row_json(row: &KeyRow) -> Value {
    let purpose = match row.purpose {
        Purpose::Fed => "fed",
        Purpose::Ops => "ops",
    };
    let (state, until) = match row.state {
        KeyState::Signs => ("signs", None),
        KeyState::Ends { until } => ("ends", until),
        KeyState::Waits => ("waits", None),
        KeyState::Ended => ("ended", None),
        KeyState::EndedUntold => ("ended_untold", None),
        KeyState::Revoked => ("revoked", None),
    };
    let mut value = json!({ "key": row.name.as_str(), "purpose": purpose, "state": state });
    if let (Value::Object(value), Some(until)) = (&mut value, until) {
        value.insert("until".to_owned(), json!(until));
    }
    value
}
