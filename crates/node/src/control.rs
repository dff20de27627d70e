//! Commands of the machine's operator, given to the running node or to its store.
//!
//! The store can be open in one process only. While the node runs, a command goes
//! to it through a Unix socket in the node's folder, which only the folder's owner
//! can reach; otherwise the command opens the store itself. Both do the same thing.
//!
//! **Invariant:** the socket's authority is the operating system's: whoever may
//! open the folder may also read the keys in it.

mod events;
mod exchange;
mod keys;
mod people;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use app::{App, CheckReport, Depth, LabelRow, LabelState};
use rules::trust::Standing;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use wire::federation::RevocationReason;
use wire::{EntityId, Invitation};

use crate::config::Config;
use crate::space_file::{read_charter, read_space};
use crate::start;
use crate::tasks::Stop;

pub(crate) use events::{EventCommand, RegistrationCommand, Said};
pub(crate) use exchange::ExchangeCommand;
pub(crate) use keys::KeysCommand;
pub(crate) use people::PeopleCommand;

/// A command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum Command {
    /// Look through the store.
    Check { is_deep: bool },
    /// Publish what a file says.
    PublishSpace { file: PathBuf },
    /// Publish what a file says.
    PublishCharter { file: PathBuf },
    /// Invite a space.
    Admit { space: EntityId },
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
    /// What concerns this node's keys.
    Keys(KeysCommand),
    /// What concerns members and staff.
    People(PeopleCommand),
    /// What concerns events.
    Event(EventCommand),
    /// What concerns registrations.
    Registration(RegistrationCommand),
    /// What concerns visits and requests.
    Exchange(ExchangeCommand),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Done(Value),
    Failed(Vec<String>),
}

/// The name of the socket in the node's folder.
const SOCKET_FILE: &str = "control.sock";

/// The most bytes of a command: a reason, a path and an anchor statement fit.
const COMMAND_BYTES_MAX: u64 = 16 * 1024;

/// A day, for what is said in days.
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// How long a command may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);

/// How long a command may take in all: a deep check of a full store takes minutes.
const REPLY: Duration = Duration::from_secs(600);

/// Commands at once.
const COMMANDS_MAX: usize = 8;

/// Has `command` done by the running node of `config`, or does it on its store.
pub(crate) async fn ask(config: &Config, command: Command) -> anyhow::Result<Value> {
    if let Ok(stream) = UnixStream::connect(config.dir.join(SOCKET_FILE)).await {
        return ask_running(stream, &command).await;
    }
    // No node runs; a socket that a crash left behind refuses.
    let app = start::open(config).await?;
    execute(&app, command).await
}

async fn ask_running(mut stream: UnixStream, command: &Command) -> anyhow::Result<Value> {
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    stream
        .write_all(&line)
        .await
        .context("the running node does not listen")?;
    let mut reply = Vec::new();
    timeout(REPLY, stream.read_to_end(&mut reply))
        .await
        .context("the running node is silent")??;
    match serde_json::from_slice(&reply).context("the running node broke off")? {
        Reply::Done(value) => Ok(value),
        Reply::Failed(chain) => {
            let mut causes = chain.into_iter().rev();
            let first = causes.next().unwrap_or_default();
            Err(causes.fold(anyhow!(first), anyhow::Error::context))
        }
    }
}

/// The socket of a running node.
pub(crate) struct Socket {
    path: PathBuf,
    listener: UnixListener,
}

impl Socket {
    /// Makes it, before the node answers anybody: whoever sees the node answer may
    /// type a command.
    pub(crate) fn make(config: &Config) -> anyhow::Result<Self> {
        let path = config.dir.join(SOCKET_FILE);
        let listener = bind(&path)?;
        Ok(Self { path, listener })
    }
}

/// Listens for commands until the node stops.
pub(crate) async fn listen(app: App, socket: Socket, stop: Stop) -> anyhow::Result<()> {
    let Socket { path, listener } = socket;
    let mut running = JoinSet::new();
    loop {
        let stream = tokio::select! {
            () = stop.clone().wait() => break,
            Some(_) = running.join_next() => continue,
            accepted = listener.accept() => accepted.context("the control socket failed")?.0,
        };
        if running.len() < COMMANDS_MAX {
            running.spawn(answer(app.clone(), stream));
        }
    }
    std::fs::remove_file(&path).with_context(|| format!("{}", path.display()))
}

fn bind(path: &Path) -> anyhow::Result<UnixListener> {
    let shown = path.display();
    // The store is ours alone by now, so a socket that is there belongs to a node
    // that ended without removing it.
    if path.exists() {
        std::fs::remove_file(path).with_context(|| format!("{shown}"))?;
    }
    let listener = UnixListener::bind(path).with_context(|| {
        format!("{shown} cannot be made (a socket's path has 107 bytes at most)")
    })?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn answer(app: App, mut stream: UnixStream) {
    let mut line = Vec::new();
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read.take(COMMAND_BYTES_MAX));
    let arrived = timeout(ARRIVAL, read.read_until(b'\n', &mut line)).await;
    if !matches!(arrived, Ok(Ok(_))) {
        return;
    }
    let done = match serde_json::from_slice(&line) {
        Ok(command) => execute(&app, command).await,
        Err(error) => Err(anyhow!(error).context("the command is not understood")),
    };
    let reply = match done {
        Ok(value) => Reply::Done(value),
        Err(error) => Reply::Failed(error.chain().map(ToString::to_string).collect()),
    };
    // Whoever asked may be gone; what was done stays done.
    if let Ok(bytes) = serde_json::to_vec(&reply) {
        let _ = write.write_all(&bytes).await;
        let _ = write.shutdown().await;
    }
}

/// Does a command.
async fn execute(app: &App, command: Command) -> anyhow::Result<Value> {
    match command {
        Command::Check { is_deep } => {
            let depth = if is_deep { Depth::Deep } else { Depth::Quick };
            Ok(report_json(app.check(depth).await?))
        }
        Command::PublishSpace { file } => Ok(published_json(
            app.publish_space(&read_space(&file)?).await?,
        )),
        Command::PublishCharter { file } => Ok(published_json(
            app.publish_charter(&read_charter(&file)?).await?,
        )),
        Command::Admit { space } => {
            let invitation = app.invite(&space).await?;
            Ok(json!({ "space": space, "invitation": invitation.to_code()? }))
        }
        Command::Uninvite { space } => {
            app.uninvite(&space).await?;
            Ok(json!({ "space": space }))
        }
        Command::Apply { note } => {
            let op = app.ask_for_label(&note).await?;
            Ok(json!({ "op": op }))
        }
        Command::JoinAgain { invitation } => {
            app.join_again(&Invitation::from_code(&invitation)?).await?;
            Ok(json!({ "joins": true }))
        }
        Command::Grant { space, anyway } => {
            if anyway {
                app.grant_anyway(&space).await?;
            } else {
                app.grant(&space).await?;
            }
            standing_json(app, &space).await
        }
        Command::Warn {
            space,
            reason,
            days,
        } => {
            let until = app.now().plus_seconds(i64::from(days) * DAY_SECONDS);
            app.warn(&space, &reason, until).await?;
            standing_json(app, &space).await
        }
        Command::Suspend { space, reason } => {
            app.suspend(&space, &reason).await?;
            standing_json(app, &space).await
        }
        Command::Lift { space, reason } => {
            app.lift(&space, &reason).await?;
            standing_json(app, &space).await
        }
        Command::Withdraw { space, reason } => {
            app.withdraw(&space, &reason).await?;
            standing_json(app, &space).await
        }
        Command::End { space, reason } => {
            app.end_membership(&space, &reason).await?;
            Ok(json!({ "space": space }))
        }
        Command::History { space } => Ok(serde_json::to_value(app.label_history(&space).await?)?),
        Command::List => {
            let rows = app.label_rows().await?;
            Ok(Value::Array(rows.iter().map(row_json).collect()))
        }
        Command::Keys(command) => keys::execute(app, command).await,
        Command::People(command) => people::execute(app, command).await,
        Command::Event(command) => events::execute(app, command).await,
        Command::Registration(it) => events::execute_registration(app, it).await,
        Command::Exchange(command) => exchange::execute(app, command).await,
        Command::Anchor { anchor, revoked } => {
            let until = app.publish_anchor_revoking(&anchor, revoked).await?;
            Ok(json!({ "until": until }))
        }
    }
}

fn report_json(report: CheckReport) -> Value {
    let CheckReport {
        feeds,
        records,
        entries,
        problems,
    } = report;
    let ok = problems.is_empty();
    json!({ "ok": ok, "feeds": feeds, "records": records, "entries": entries, "problems": problems })
}

fn published_json(published: app::Published) -> Value {
    let app::Published { records, seq } = published;
    let records: Vec<_> = records
        .into_iter()
        .map(|(kind, id, is_removal)| json!({ "kind": kind, "id": id, "is_removal": is_removal }))
        .collect();
    json!({ "records": records, "seq": seq })
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
