//! `escale label`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use app::{App, Clock as _};
use seal::keyfile;
use serde_json::Value;

use crate::cli::{FormerKeys, Label, LabelAnchor, LabelSpace};
use crate::config::Config;
use crate::control::{Command, ask};
use crate::environment::SystemClock;
use crate::output;

pub(crate) async fn label(label: Label) -> anyhow::Result<ExitCode> {
    match label {
        Label::Admit(args) => admit(args).await?,
        Label::Grant(args) => {
            let LabelSpace {
                space,
                folder,
                json,
            } = args;
            change(&folder.dir, json, Command::Grant { space }).await?;
        }
        Label::Suspend(args) => {
            let LabelSpace {
                space,
                folder,
                json,
            } = args.of;
            change(
                &folder.dir,
                json,
                Command::Suspend {
                    space,
                    reason: args.reason,
                },
            )
            .await?;
        }
        Label::Withdraw(args) => {
            let LabelSpace {
                space,
                folder,
                json,
            } = args.of;
            change(
                &folder.dir,
                json,
                Command::Withdraw {
                    space,
                    reason: args.reason,
                },
            )
            .await?;
        }
        Label::List(args) => list(&args.folder.dir, args.json).await?,
        Label::Anchor(args) => anchor(args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn admit(args: LabelSpace) -> anyhow::Result<()> {
    let config = Config::load(&args.folder.dir)?;
    let space = args.space;
    let admitted = ask(
        &config,
        Command::Admit {
            space: space.clone(),
        },
    )
    .await?;
    if args.json {
        output::line(&admitted);
        return Ok(());
    }
    output::line(text(&admitted, "invitation"));
    output::note(format!(
        "This code lets {space} join once, within 30 days. Whoever installs it types:"
    ));
    output::note(
        "  escale init space --invitation CODE --name NAME --village VILLAGE --dir FOLDER",
    );
    Ok(())
}

async fn change(dir: &Path, json: bool, command: Command) -> anyhow::Result<()> {
    let config = Config::load(dir)?;
    let row = ask(&config, command).await?;
    output::line(if json {
        row.to_string()
    } else {
        row_line(&row)
    });
    Ok(())
}

async fn list(dir: &Path, json: bool) -> anyhow::Result<()> {
    let config = Config::load(dir)?;
    let rows = ask(&config, Command::List).await?;
    if json {
        output::line(&rows);
        return Ok(());
    }
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    for row in rows {
        output::line(row_line(row));
    }
    if rows.is_empty() {
        output::line("No space yet. Invite one: escale label admit https://a-space.example");
    }
    Ok(())
}

async fn anchor(args: LabelAnchor) -> anyhow::Result<()> {
    let config = Config::load(&args.folder.dir)?;
    let root = keyfile::load(&args.root_key).context("the root key cannot be used")?;
    let fed = keyfile::load(&config.fed_key).context("the fed key cannot be used")?;
    let anchor = App::make_anchor(&config.entity, &fed, &root, SystemClock::default().now())?;
    let done = ask(
        &config,
        Command::Anchor {
            anchor: anchor.as_str().to_owned(),
            revoked: args.revoke.map(FormerKeys::reason),
        },
    )
    .await?;
    if args.json {
        output::line(&done);
    } else {
        output::line(format!(
            "The coordinator's keys are confirmed until {}.",
            day(&done, "until")
        ));
    }
    Ok(())
}

/// A line of the list, in words.
fn row_line(row: &Value) -> String {
    let (space, state) = (text(row, "space"), text(row, "state"));
    let at = day(row, "at");
    let told = match state {
        "invited" => format!("invited, until {at}"),
        "labelled" => format!("labelled until {at}"),
        "admitted" => format!("admitted; grant the label with: escale label grant {space}"),
        "suspended" | "withdrawn" => format!(
            "{state} since {at}: {}",
            wire::printable(text(row, "reason"), 500)
        ),
        "expired" => format!("expired since {at}"),
        other => other.to_owned(),
    };
    let refusal = row.pointer("/feed/refusal").and_then(Value::as_str);
    let heard = match (
        refusal,
        row.pointer("/feed/pulled_at").and_then(Value::as_i64),
    ) {
        (Some(code), _) => format!("its feed was refused: {code}"),
        (None, Some(_)) => format!("heard {}", when(row.pointer("/feed/pulled_at"))),
        (None, None) => "never heard".to_owned(),
    };
    if state == "invited" {
        format!("{space}  {told}")
    } else {
        format!("{space}  {told}  ({heard})")
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A moment as a day, in UTC.
fn day(value: &Value, name: &str) -> String {
    when(value.get(name)).chars().take(10).collect()
}

/// A moment as day and time, in UTC.
fn when(value: Option<&Value>) -> String {
    let at = value.and_then(Value::as_i64);
    at.and_then(output::moment).unwrap_or_default()
}
