//! The nodes of the demonstration together: where they are, and how they are made.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;
use wire::EntityId;

use super::facts::{FORGED, LABEL_NAME, LABEL_NAME_EN, PLACES, Place};
use super::judge::Judge;
use super::processes::{Node, arg, escale, escale_json};
use super::proxy::Proxy;
use crate::config::CONFIG_FILE;
use crate::environment::SystemEntropy;

/// A coordinator, five spaces, and the line to one of them.
#[derive(Debug)]
pub(crate) struct Network {
    dir: PathBuf,
    pub(crate) coordinator: Node,
    /// In the order of [`PLACES`].
    pub(crate) spaces: Vec<Node>,
    pub(crate) proxy: Proxy,
    pub(crate) judge: Judge,
    /// Where the first page for a person is.
    pub(crate) guide_port: u16,
    /// Keeps other demonstrations from choosing the same ports.
    _guard: Option<TcpListener>,
}

/// Where everything is, so that a later demonstration goes on with it.
#[derive(Debug, Serialize, Deserialize)]
struct Ports {
    coordinator: u16,
    spaces: Vec<u16>,
    /// Where the space at [`FORGED`] really listens, behind the line.
    behind_line: u16,
    /// Where the first page for a person is.
    guide: u16,
}

const PORTS_FILE: &str = "demo.json";

/// Where the ports begin from which a demonstration takes a block.
const PORTS_BEGIN: u16 = 20_000;

/// A guard, and the ports of all nodes, of the line and of the first page.
const BLOCK_PORTS: u16 = 10;

/// How many blocks there are: up to port 32,000.
const BLOCKS: u64 = 1_200;

/// Written once every node was made and labelled.
const WHOLE_FILE: &str = "demo-is-whole";

/// Seconds from one pull to the next: a demonstration is watched.
const PULL_EVERY_SECONDS: u64 = 1;

impl Network {
    /// Whether a demonstration was kept in `dir`.
    pub(crate) fn exists(dir: &Path) -> bool {
        dir.join(PORTS_FILE).exists()
    }

    /// A new network in `dir`; nothing is made yet but a list of free ports.
    pub(crate) async fn plan(dir: &Path) -> anyhow::Result<Self> {
        let (guard, mut ports) = free_ports(PLACES.len() + 3).await?;
        let (guide, behind_line, coordinator) = (
            ports.pop().unwrap_or_default(),
            ports.pop().unwrap_or_default(),
            ports.pop().unwrap_or_default(),
        );
        let ports = Ports {
            coordinator,
            spaces: ports,
            behind_line,
            guide,
        };
        std::fs::write(dir.join(PORTS_FILE), serde_json::to_vec(&ports)?)?;
        let network = Self::at(dir, &ports).await?;
        Ok(Self {
            _guard: Some(guard),
            ..network
        })
    }

    /// The network that was kept in `dir`.
    pub(crate) async fn resume(dir: &Path) -> anyhow::Result<Self> {
        if !dir.join(WHOLE_FILE).exists() {
            bail!(
                "the demonstration in {} was interrupted: remove that folder",
                dir.display()
            );
        }
        let path = dir.join(PORTS_FILE);
        let ports: Ports = serde_json::from_slice(&std::fs::read(&path)?)
            .with_context(|| format!("{}", path.display()))?;
        if ports.spaces.len() != PLACES.len() {
            bail!("{} is of another version", path.display());
        }
        Self::at(dir, &ports).await
    }

    async fn at(dir: &Path, ports: &Ports) -> anyhow::Result<Self> {
        let node = |port: u16, listen: u16, folder: &str, name: &str| -> anyhow::Result<Node> {
            let entity = EntityId::parse(&format!("http://127.0.0.1:{port}"))?;
            Ok(Node::new(entity, listen, dir.join(folder), name))
        };
        let coordinator = node(
            ports.coordinator,
            ports.coordinator,
            "coordinator",
            "the coordinator",
        )?;
        let mut spaces = Vec::new();
        let mut line = None;
        for (at, (place, port)) in PLACES.iter().zip(&ports.spaces).enumerate() {
            let listen = if at == FORGED {
                ports.behind_line
            } else {
                *port
            };
            spaces.push(node(*port, listen, place.folder, place.name)?);
            if at == FORGED {
                let address = ("127.0.0.1", *port);
                let listener = TcpListener::bind(address).await;
                line = Some(listener.with_context(|| format!("port {port} is taken"))?);
            }
        }
        let line = line.context("no line")?;
        let proxy = Proxy::start(line, ports.behind_line);
        Ok(Self {
            dir: dir.to_owned(),
            coordinator,
            spaces,
            proxy,
            judge: Judge::new()?,
            guide_port: ports.guide,
            _guard: None,
        })
    }

    /// Has the nodes misbehave as a test asks: a forger forges alone, everybody
    /// else believes too much.
    pub(crate) fn misbehave(&mut self, what: Option<&str>) {
        let what = what.map(str::to_owned);
        if what.as_deref() == Some("forge-records") {
            if let Some(space) = self.spaces.first_mut() {
                space.sabotage = what;
            }
        } else {
            self.spaces
                .iter_mut()
                .for_each(|space| space.sabotage.clone_from(&what));
        }
    }

    /// Notes that the network can be gone on with.
    pub(crate) fn is_whole(&self) -> anyhow::Result<()> {
        Ok(std::fs::write(self.dir.join(WHOLE_FILE), b"")?)
    }

    /// Makes the coordinator.
    pub(crate) async fn make_coordinator(&self) -> anyhow::Result<()> {
        let root_key = self.dir.join("root-key.jwk");
        let listen = format!("127.0.0.1:{}", self.coordinator.listen_port);
        escale(&[
            "init",
            "coordinator",
            "--dir",
            arg(&self.coordinator.dir)?,
            "--entity",
            self.coordinator.entity.as_str(),
            "--label-name",
            LABEL_NAME,
            "--label-name-en",
            LABEL_NAME_EN,
            "--root-key",
            arg(&root_key)?,
            "--listen",
            &listen,
        ])
        .await?;
        pull_often(&self.coordinator.dir)
    }

    /// Invites a space, makes it, and writes what it says of itself.
    pub(crate) async fn make_space(&self, at: usize) -> anyhow::Result<()> {
        let (node, place) = self.space(at)?;
        let admitted = escale_json(&[
            "label",
            "admit",
            node.entity.as_str(),
            "--dir",
            arg(&self.coordinator.dir)?,
            "--json",
        ])
        .await?;
        let code = admitted
            .get("invitation")
            .and_then(Value::as_str)
            .context("no invitation")?;
        let listen = format!("127.0.0.1:{}", node.listen_port);
        escale(&[
            "init",
            "space",
            "--dir",
            arg(&node.dir)?,
            "--invitation",
            code,
            "--name",
            place.name,
            "--village",
            place.village,
            "--listen",
            &listen,
        ])
        .await?;
        pull_often(&node.dir)?;
        std::fs::write(node.dir.join("space.toml"), place.file(None))?;
        Ok(())
    }

    /// A space, and what is known of it.
    pub(crate) fn space(&self, at: usize) -> anyhow::Result<(&Node, &'static Place)> {
        let place = PLACES.get(at).context("no such space")?;
        Ok((self.spaces.get(at).context("no such space")?, place))
    }

    /// A space, to be started or stopped.
    pub(crate) fn space_mut(&mut self, at: usize) -> anyhow::Result<&mut Node> {
        self.spaces.get_mut(at).context("no such space")
    }

    /// The coordinator, then the spaces.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        std::iter::once(&self.coordinator).chain(&self.spaces)
    }

    /// Stops all nodes that run.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        for space in &mut self.spaces {
            space.stop().await?;
        }
        self.coordinator.stop().await
    }

    /// What a person opens first, and where everything is.
    pub(crate) fn guide(&self, first: &str) -> String {
        let mut text = format!("\nOpen in a browser, and be everybody in turn:\n  {first}\n");
        let _ = writeln!(text, "The nodes:");
        for node in self.nodes() {
            let _ = writeln!(text, "  {}   {}", node.entity, node.name);
        }
        let _ = writeln!(text, "Their folders are in {}", self.dir.display());
        text.push_str("Stop with Ctrl-C.");
        text
    }
}

/// Ports of this machine that nobody has, and the guard that stands before them. They
/// are below those that the system gives to connections, which could take one of them
/// before its node does.
async fn free_ports(count: usize) -> anyhow::Result<(TcpListener, Vec<u16>)> {
    let begin = SystemEntropy::noise() % BLOCKS;
    for turn in 0..BLOCKS {
        let block = u16::try_from((begin + turn) % BLOCKS)?;
        let first = PORTS_BEGIN + block * BLOCK_PORTS;
        let mut listeners = Vec::new();
        for port in (first..first + BLOCK_PORTS).take(count + 1) {
            listeners.extend(TcpListener::bind(("127.0.0.1", port)).await);
        }
        if listeners.len() == count + 1 {
            let guard = listeners.swap_remove(0);
            return Ok((
                guard,
                (first + 1..first + BLOCK_PORTS).take(count).collect(),
            ));
        }
    }
    bail!("this machine has no {count} free ports in a row")
}

fn pull_often(dir: &Path) -> anyhow::Result<()> {
    let path = dir.join(CONFIG_FILE);
    let text = std::fs::read_to_string(&path)?;
    let often = format!("pull_every_seconds = {PULL_EVERY_SECONDS}");
    Ok(std::fs::write(
        path,
        text.replace("pull_every_seconds = 30", &often),
    )?)
}
