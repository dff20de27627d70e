//! `escale label`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use app::{App, Clock as _};
use seal::keyfile;
use serde_json::Value;

use crate::cli::{
    FormerKeys, Label, LabelAdmit, LabelAnchor, LabelAsk, LabelEnd, LabelJoin, LabelLeave,
    LabelSpace,
};
use crate::config::Config;
use crate::control::{self, Command, KeysCommand, LabelCommand};
use crate::environment::SystemClock;
use crate::{key_files, output};

pub(crate) async fn label(label: Label) -> anyhow::Result<ExitCode> {
    match label {
        Label::Admit(args) => admit(args).await?,
        Label::Uninvite(args) => uninvite(args).await?,
        Label::Ask(args) => apply(args).await?,
        Label::Join(args) => join(args).await?,
        Label::Leave(args) => leave(args).await?,
        Label::Grant(args) => {
            let (space, anyway) = (args.of.space.clone(), args.anyway);
            change(&args.of, LabelCommand::Grant { space, anyway }).await?;
        }
        Label::Warn(args) => {
            let (space, reason) = (args.of.of.space.clone(), args.of.reason);
            let days = args.days;
            let command = LabelCommand::Warn {
                space,
                reason,
                days,
            };
            change(&args.of.of, command).await?;
        }
        Label::Suspend(args) => {
            let (space, reason) = (args.of.space.clone(), args.reason);
            change(&args.of, LabelCommand::Suspend { space, reason }).await?;
        }
        Label::Lift(args) => {
            let (space, reason) = (args.of.space.clone(), args.reason);
            change(&args.of, LabelCommand::Lift { space, reason }).await?;
        }
        Label::Withdraw(args) => {
            let (space, reason) = (args.of.space.clone(), args.reason);
            change(&args.of, LabelCommand::Withdraw { space, reason }).await?;
        }
        Label::End(args) => end(args).await?,
        Label::History(args) => history(args).await?,
        Label::List(args) => list(&args.folder.dir, args.json).await?,
        Label::Anchor(args) => anchor(args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Has a command about the label done.
async fn ask(config: &Config, command: LabelCommand) -> anyhow::Result<Value> {
    control::ask(config, Command::Label(command)).await
}

async fn uninvite(args: LabelSpace) -> anyhow::Result<()> {
    let config = Config::load(&args.folder.dir)?;
    let space = args.space;
    let command = LabelCommand::Uninvite {
        space: space.clone(),
    };
    let done = ask(&config, command).await?;
    output::line(if args.json {
        done.to_string()
    } else {
        format!("The invitation of {space} is worth nothing any more.")
    });
    Ok(())
}

async fn apply(args: LabelAsk) -> anyhow::Result<()> {
    let config = Config::load(&args.folder.dir)?;
    let LabelAsk { note, of, .. } = args;
    let asked_of = of.as_ref().unwrap_or(&config.coordinator).clone();
    let asked = ask(&config, LabelCommand::Apply { note, of }).await?;
    output::line(if args.json {
        asked.to_string()
    } else {
        format!("{asked_of} is asked for the label; what waits is in: escale outbox list")
    });
    Ok(())
}

async fn join(args: LabelJoin) -> anyhow::Result<()> {
    let config = Config::load(&args.folder.dir)?;
    let invitation = args.invitation;
    let joins = ask(&config, LabelCommand::Join { invitation }).await?;
    output::line(if args.json {
        joins.to_string()
    } else {
        "The node joins as soon as it reaches the coordinator.".to_owned()
    });
    Ok(())
}

async fn leave(args: LabelLeave) -> anyhow::Result<()> {
    let config = Config::load(&args.folder.dir)?;
    let coordinator = args.label;
    let command = LabelCommand::Leave {
        coordinator: coordinator.clone(),
    };
    let left = ask(&config, command).await?;
    output::line(if args.json {
        left.to_string()
    } else {
        format!(
            "This space has left the label of {coordinator}; its people can end the membership."
        )
    });
    Ok(())
}

async fn end(args: LabelEnd) -> anyhow::Result<()> {
    let config = Config::load(&args.of.folder.dir)?;
    let (space, reason) = (args.of.space, args.reason);
    let command = LabelCommand::End {
        space: space.clone(),
        reason,
    };
    let done = ask(&config, command).await?;
    output::line(if args.of.json {
        done.to_string()
    } else {
        format!("{space} does not belong any more; it comes back with: escale label admit {space}")
    });
    Ok(())
}

async fn history(args: LabelSpace) -> anyhow::Result<()> {
    let config = Config::load(&args.folder.dir)?;
    let acts = ask(&config, LabelCommand::History { space: args.space }).await?;
    if args.json {
        output::line(&acts);
        return Ok(());
    }
    let acts = acts.as_array().map(Vec::as_slice).unwrap_or_default();
    for act in acts {
        let reason = wire::printable(text(act, "reason"), 500);
        let why = if reason.is_empty() {
            reason
        } else {
            format!(": {reason}")
        };
        let version = act.get("charter_version").and_then(Value::as_u64);
        let version = version.unwrap_or_default();
        output::line(format!(
            "{}  {}{why}  (charter {version})",
            day(act, "at"),
            text(act, "act")
        ));
    }
    if acts.is_empty() {
        output::line("Nothing was decided about this space.");
    }
    Ok(())
}

async fn admit(args: LabelAdmit) -> anyhow::Result<()> {
    let LabelAdmit {
        of: args,
        anew,
        epoch,
    } = args;
    let config = Config::load(&args.folder.dir)?;
    let space = args.space;
    let admitted = ask(
        &config,
        LabelCommand::Admit {
            space: space.clone(),
            anew,
            epoch,
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

async fn change(of: &LabelSpace, command: LabelCommand) -> anyhow::Result<()> {
    let config = Config::load(&of.folder.dir)?;
    let row = ask(&config, command).await?;
    output::line(if of.json {
        row.to_string()
    } else {
        row_line(&row)
    });
    Ok(())
}

async fn list(dir: &Path, json: bool) -> anyhow::Result<()> {
    let config = Config::load(dir)?;
    let rows = ask(&config, LabelCommand::List).await?;
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

/// How many keys an anchor names as a rule: the newest, and the one before, until all that
/// it signed was signed again.
const ANCHORED_KEYS: usize = 2;

async fn anchor(args: LabelAnchor) -> anyhow::Result<()> {
    let config = Config::load(&args.folder.dir)?;
    let root = keyfile::load(&args.root_key).context("the root key cannot be used")?;
    let rows = control::ask(&config, Command::Keys(KeysCommand::List)).await?;
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    // What is not confirmed any more stays so.
    let has_ended = |name: &str| {
        let is_it = |row: &&Value| text(row, "key") == name && text(row, "state") == "ended";
        rows.iter().any(|row| is_it(&row))
    };
    let mut named: Vec<_> = key_files::read(&config.fed_key)
        .context("a fed key cannot be used")?
        .iter()
        .map(|file| file.key.public().clone())
        .filter(|key| !has_ended(key.thumbprint().as_str()))
        .rev()
        .collect();
    named.truncate(if args.newest_alone { 1 } else { ANCHORED_KEYS });
    let anchor = App::make_anchor(&config.entity, &named, &root, SystemClock::default().now())?;
    let done = ask(
        &config,
        LabelCommand::Anchor {
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

/// A line of a space's own labels, in words.
fn own_line(row: &Value) -> String {
    let (coordinator, at) = (text(row, "coordinator"), day(row, "at"));
    let reason = wire::printable(text(row, "reason"), 500);
    let told = match text(row, "state") {
        "asking" => "asks to be admitted".to_owned(),
        "refused" => format!("did not admit this space: {reason}"),
        "labelled" => format!("labelled until {at}"),
        "admitted" => format!("admitted; ask for it with: escale label ask --of {coordinator}"),
        state @ ("suspended" | "withdrawn") => format!("{state} since {at}: {reason}"),
        "expired" => format!("expired since {at}"),
        _ => "this space does not belong".to_owned(),
    };
    let name = wire::printable(text(row, "name"), 120);
    let name = if name.is_empty() {
        name
    } else {
        format!("  {name}")
    };
    format!("{coordinator}{name}  {told}  ({})", heard(row))
}

/// When the feed of a line was last heard.
fn heard(row: &Value) -> String {
    let refusal = row.pointer("/feed/refusal").and_then(Value::as_str);
    let pulled_at = row.pointer("/feed/pulled_at");
    match (refusal, pulled_at.and_then(Value::as_i64)) {
        (Some(code), _) => format!("its feed was refused: {code}"),
        (None, Some(_)) => format!("heard {}", when(pulled_at)),
        (None, None) => "never heard".to_owned(),
    }
}

/// A line of the list, in words.
fn row_line(row: &Value) -> String {
    if row.get("coordinator").is_some() {
        return own_line(row);
    }
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
    let more = notes(row);
    let heard = heard(row);
    if state == "invited" {
        format!("{space}  {told}")
    } else {
        format!("{space}  {told}{more}  ({heard})")
    }
}

/// What stands beside a standing: a warning, a question that waits.
fn notes(row: &Value) -> String {
    let there = |name: &str| row.get(name).filter(|it| it.is_object());
    let warned = there("warning").map(|it| {
        let reason = wire::printable(text(it, "reason"), 500);
        format!("; warned until {}: {reason}", day(it, "until"))
    });
    let asked = there("application").map(|it| {
        let note = wire::printable(text(it, "note"), 500);
        format!("; asked for it {} {note}", day(it, "since"))
    });
    let notes = [warned, asked].into_iter().flatten();
    notes.collect::<String>().trim_end().to_owned()
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
