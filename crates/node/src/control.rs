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
mod feed;
mod keys;
mod label;
mod people;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use app::{App, CheckReport, Depth};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::Config;
use crate::space_file::{read_charter, read_space};
use crate::start;
use crate::tasks::Stop;

pub(crate) use events::{EventCommand, RegistrationCommand, Said};
pub(crate) use exchange::ExchangeCommand;
pub(crate) use feed::FeedCommand;
pub(crate) use keys::KeysCommand;
pub(crate) use label::LabelCommand;
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
    /// What concerns the label.
    Label(LabelCommand),
    /// What concerns this node's keys.
    Keys(KeysCommand),
    /// What concerns this node's own feed, and feeds that have parted.
    Feed(FeedCommand),
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
    // A look changes nothing, at a backup neither.
    let app = if matches!(command, Command::Check { .. }) {
        start::open(config).await?
    } else {
        start::open_standing(config).await?
    };
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
        Command::Label(command) => label::execute(app, command).await,
        Command::Keys(command) => keys::execute(app, command).await,
        Command::Feed(command) => feed::execute(app, command).await,
        Command::People(command) => people::execute(app, command).await,
        Command::Event(command) => events::execute(app, command).await,
        Command::Registration(it) => events::execute_registration(app, it).await,
        Command::Exchange(command) => exchange::execute(app, command).await,
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
