//! `escale publish`.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::Value;
use wire::trust::NodeRole;

use crate::cli::Publish;
use crate::config::Config;
use crate::control::{Command, ask};
use crate::output;
use crate::space_file::{CHARTER_FILE, SPACE_FILE, read_charter, read_space};

pub(crate) async fn publish(args: &Publish) -> anyhow::Result<ExitCode> {
    let config = Config::load(&args.folder.dir)?;
    let name = match config.role {
        NodeRole::Space => SPACE_FILE,
        NodeRole::Coordinator => CHARTER_FILE,
    };
    let file = args.file.clone().unwrap_or_else(|| config.dir.join(name));
    // The running node may stand in another folder than whoever types.
    let file = std::path::absolute(&file).with_context(|| format!("{}", file.display()))?;
    // Read here first, so that what is wrong is said even if no node can be reached.
    let command = match config.role {
        NodeRole::Space => read_space(&file).map(|_| Command::PublishSpace { file }),
        NodeRole::Coordinator => read_charter(&file).map(|_| Command::PublishCharter { file }),
    };
    let published = ask(&config, command?).await?;
    if args.json {
        output::line(&published);
        return Ok(ExitCode::SUCCESS);
    }
    let records = published.get("records").and_then(Value::as_array);
    let text = |record: &Value, name: &str| {
        record
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    for record in records.into_iter().flatten() {
        let is_removal = record.get("is_removal").and_then(Value::as_bool) == Some(true);
        let done = if is_removal { "removed" } else { "published" };
        output::line(format!(
            "{done} {} {}",
            text(record, "kind"),
            text(record, "id")
        ));
    }
    if records.is_none_or(Vec::is_empty) {
        output::line("Nothing has changed.");
    }
    Ok(ExitCode::SUCCESS)
}
