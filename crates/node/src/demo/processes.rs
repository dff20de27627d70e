//! The nodes of the demonstration: child processes of this very binary.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use wire::EntityId;

/// How long a node may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(15);

/// How long a command may take.
const COMMAND: Duration = Duration::from_secs(60);

/// A node of the demonstration.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its name on the network.
    pub(crate) entity: EntityId,
    /// Where it really listens; a proxy may stand in front.
    pub(crate) listen_port: u16,
    /// Its folder.
    pub(crate) dir: PathBuf,
    /// What is said of it.
    pub(crate) name: String,
    /// How it misbehaves, where it does.
    pub(crate) sabotage: Option<String>,
    /// How many seconds later it believes that it is.
    pub(crate) clock_ahead: i64,
    child: Option<Child>,
}

impl Node {
    /// A node that is not started yet.
    pub(crate) fn new(entity: EntityId, listen_port: u16, dir: PathBuf, name: &str) -> Self {
        let name = name.to_owned();
        Self {
            entity,
            listen_port,
            dir,
            name,
            sabotage: None,
            clock_ahead: 0,
            child: None,
        }
    }

    /// Starts the node; gives its process id.
    pub(crate) fn start(&mut self) -> anyhow::Result<u32> {
        let log_path = self.dir.with_extension("log");
        let log = File::options().create(true).append(true).open(&log_path);
        let log = log.with_context(|| format!("{}", log_path.display()))?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("run")
            .arg("--until-stdin-ends")
            .arg("--dir")
            .arg(&self.dir);
        if self.clock_ahead != 0 {
            let seconds = self.clock_ahead.to_string();
            command.args(["--clock-ahead", &seconds]);
        }
        if let Some(sabotage) = &self.sabotage {
            command.arg("--sabotage").arg(sabotage);
        }
        // The pipe closes when this process ends in whatever way, and the node with it.
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true);
        let child = command.spawn().context("the node cannot be started")?;
        let id = child.id().context("the node ended at once")?;
        self.child = Some(child);
        Ok(id)
    }

    /// Whether the process is still there.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Tells the node to stop, and waits until its process is gone.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.end(Signal::TERM).await
    }

    /// Kills the node as a power cut would, and waits until its process is gone.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.end(Signal::KILL).await
    }

    async fn end(&mut self, signal: Signal) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(id) = id {
            kill_process(id, signal).context("the node cannot be signalled")?;
        }
        if timeout(STOP, child.wait()).await.is_err() {
            child.kill().await?;
            bail!("{} did not stop within {} s", self.name, STOP.as_secs());
        }
        Ok(())
    }
}

/// Runs a command of this binary, as a person would type it, and reads its JSON.
pub(crate) async fn escale_json(args: &[&str]) -> anyhow::Result<Value> {
    let text = escale(args).await?;
    serde_json::from_str(&text).with_context(|| format!("escale {} gave no JSON", args.join(" ")))
}

/// Runs a command of this binary, as a person would type it.
pub(crate) async fn escale(args: &[&str]) -> anyhow::Result<String> {
    let shown = || {
        format!(
            "escale {}",
            args.iter().take(3).copied().collect::<Vec<_>>().join(" ")
        )
    };
    let mut command = Command::new(std::env::current_exe()?);
    command.args(args).stdin(Stdio::null()).kill_on_drop(true);
    let done = timeout(COMMAND, command.output()).await;
    let output = done.with_context(|| format!("{} takes too long", shown()))??;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout);
        bail!("{} failed: {} {}", shown(), printed.trim(), said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A path as an argument.
pub(crate) fn arg(path: &Path) -> anyhow::Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))
}
