//! A village's node with a thousand members and a thousand events: how soon it answers
//! after its start, and how much memory it holds, beside a node that has nothing.
//!
//! The node is the real binary, beside this program. Run by `cargo xtask bench`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

const MEMBERS: usize = 1_000;
const EVENTS: usize = 1_000;

/// How often each node is started: the middle one counts.
const STARTS: usize = 7;

/// How long a node may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the issue asks for.
const GOAL_MILLIS: f64 = 150.0;
const GOAL_MEBIBYTES: f64 = 30.0;

fn main() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("escale-bench-idle-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(&folder);
    std::fs::remove_dir_all(&folder)?;
    for line in measured? {
        println!("{line}");
    }
    Ok(())
}

fn measure(folder: &Path) -> anyhow::Result<Vec<String>> {
    let (label, empty, full) = (free_port()?, free_port()?, free_port()?);
    let coordinator = Node::coordinator(folder, label)?;
    let empty = Node::space(folder, &coordinator, "empty", empty)?;
    let full = Node::space(folder, &coordinator, "full", full)?;
    let running = coordinator.start()?;
    for space in [&empty, &full] {
        let started = space.start()?;
        space.is_admitted(&coordinator)?;
        escale(&[
            "label",
            "grant",
            &space.entity(),
            "--dir",
            &coordinator.dir(),
            "--anyway",
        ])?;
        started.stop()?;
    }
    fill(&full)?;
    let nothing = Figures::of(&empty)?;
    let village = Figures::of(&full)?;
    running.stop()?;
    let said = |what: &str, it: &Figures| {
        format!(
            "{what}: answers {:.0} ms after its start (of {STARTS}: {:.0} to {:.0}), idle with \
             {:.1} MiB, {:.1} MiB after the calendar and the pages were read",
            it.millis, it.quickest, it.slowest, it.idle, it.read
        )
    };
    Ok(vec![
        said("a node with nothing", &nothing),
        said(
            &format!("with {MEMBERS} members and {EVENTS} events"),
            &village,
        ),
        format!(
            "start: ratio {:.2} of a node with nothing (goal {GOAL_MILLIS:.0} ms: {})",
            village.millis / nothing.millis,
            kept(village.millis < GOAL_MILLIS)
        ),
        format!(
            "memory, idle: ratio {:.2} of a node with nothing (goal {GOAL_MEBIBYTES:.0} MiB: {})",
            village.idle / nothing.idle,
            kept(village.idle < GOAL_MEBIBYTES)
        ),
    ])
}

const fn kept(is_kept: bool) -> &'static str {
    if is_kept { "kept" } else { "missed" }
}

/// What was measured of one node.
struct Figures {
    millis: f64,
    quickest: f64,
    slowest: f64,
    idle: f64,
    read: f64,
}

impl Figures {
    fn of(node: &Node) -> anyhow::Result<Self> {
        let mut millis = Vec::new();
        for _ in 1..STARTS {
            let began = Instant::now();
            let running = node.start()?;
            millis.push(began.elapsed().as_secs_f64() * 1_000.0);
            running.stop()?;
        }
        let began = Instant::now();
        let running = node.start()?;
        millis.push(began.elapsed().as_secs_f64() * 1_000.0);
        // What the start needed is given back, and the first looks are over.
        std::thread::sleep(Duration::from_secs(3));
        let idle = running.mebibytes()?;
        for path in ["/", "/calendar.ics", "/api/v1/calendar?days=366"] {
            node.get(path, "")?;
        }
        std::thread::sleep(Duration::from_secs(1));
        let read = running.mebibytes()?;
        running.stop()?;
        millis.sort_by(f64::total_cmp);
        let at = |place: usize| millis.get(place).copied().unwrap_or_default();
        Ok(Self {
            millis: at(STARTS / 2),
            quickest: at(0),
            slowest: at(STARTS - 1),
            idle,
            read,
        })
    }
}

/// A thousand members by the API, and a thousand events of a file.
fn fill(node: &Node) -> anyhow::Result<()> {
    let running = node.start()?;
    let dir = node.dir();
    escale(&["publish", "--dir", &dir])?;
    let token = escale(&[
        "access", "add", "--role", "operator", "--name", "bench", "--token", "--dir", &dir,
        "--json",
    ])?;
    let token: Value = serde_json::from_str(&token)?;
    let token = token
        .get("token")
        .and_then(Value::as_str)
        .context("no token")?;
    for number in 0..MEMBERS {
        let body = json!({ "name": format!("Membre {number}"), "formula": "month" });
        node.post("/api/v1/members", token, &body.to_string())?;
    }
    let mut file = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:bench\r\n");
    for number in 0..EVENTS {
        let (day, hour) = (number % 28 + 1, number % 10 + 8);
        let _ = write!(
            file,
            "BEGIN:VEVENT\r\nUID:{number}@bench.example\r\nDTSTAMP:20260101T000000Z\r\n\
             DTSTART;TZID=Europe/Paris:2027{month:02}{day:02}T{hour:02}0000\r\nDURATION:PT2H\r\n\
             SUMMARY:Atelier {number}\r\nDESCRIPTION:Deux heures entre voisins.\r\nEND:VEVENT\r\n",
            month = number / 84 % 12 + 1,
        );
    }
    file.push_str("END:VCALENDAR\r\n");
    let path = node.folder.join("events.ics");
    std::fs::write(&path, file)?;
    let path = path.to_str().context("a path that is text")?;
    let done = escale(&[
        "event",
        "import",
        path,
        "--publish",
        "--dir",
        &dir,
        "--json",
    ])?;
    let done: Value = serde_json::from_str(&done)?;
    let count = done
        .get("events")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    ensure!(count == EVENTS, "{count} of {EVENTS} events were published");
    running.stop()
}

/// A node's folder and port.
struct Node {
    folder: PathBuf,
    port: u16,
}

impl Node {
    fn coordinator(folder: &Path, port: u16) -> anyhow::Result<Self> {
        let node = Self {
            folder: folder.join("coordinator"),
            port,
        };
        let key = folder.join("root-key.jwk");
        escale(&[
            "init",
            "coordinator",
            "--entity",
            &node.entity(),
            "--label-name",
            "Mesure",
            "--root-key",
            key.to_str().context("a path that is text")?,
            "--dir",
            &node.dir(),
        ])?;
        Ok(node)
    }

    fn space(folder: &Path, label: &Self, name: &str, port: u16) -> anyhow::Result<Self> {
        let node = Self {
            folder: folder.join(name),
            port,
        };
        let (entity, dir) = (node.entity(), label.dir());
        let admitted = escale(&["label", "admit", &entity, "--dir", &dir, "--json"])?;
        let admitted: Value = serde_json::from_str(&admitted)?;
        let code = admitted.get("invitation").and_then(Value::as_str);
        escale(&[
            "init",
            "space",
            "--invitation",
            code.context("no invitation")?,
            "--name",
            name,
            "--village",
            "Chambéry",
            "--dir",
            &node.dir(),
        ])?;
        let config = node.folder.join("escale.toml");
        let text = std::fs::read_to_string(&config)?;
        let often = text.replace("pull_every_seconds = 30", "pull_every_seconds = 1");
        std::fs::write(&config, often)?;
        let file = format!(
            "[profile]\nname = \"{name}\"\nvillage = \"Chambéry\"\n\n\
             [formula.month]\nunit = \"month\"\nprice_cents = 19000\n"
        );
        std::fs::write(node.folder.join("space.toml"), file)?;
        Ok(node)
    }

    fn entity(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn dir(&self) -> String {
        self.folder.display().to_string()
    }

    /// Starts it, and waits until it answers.
    fn start(&self) -> anyhow::Result<Running> {
        let child = Command::new(program()?)
            .args(["run", "--until-stdin-ends", "--dir", &self.dir()])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let running = Running { child };
        let began = Instant::now();
        while self.get("/healthz", "").is_err() {
            ensure!(
                began.elapsed() < PATIENCE,
                "{} does not answer",
                self.entity()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(running)
    }

    /// Waits until the coordinator has admitted it.
    fn is_admitted(&self, label: &Self) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let listed = escale(&["label", "list", "--dir", &label.dir(), "--json"])?;
            let listed: Value = serde_json::from_str(&listed)?;
            let mut rows = listed.as_array().into_iter().flatten();
            let entity = self.entity();
            if rows.any(|row| {
                row.get("space") == Some(&json!(entity))
                    && row.get("state") == Some(&json!("admitted"))
            }) {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "{entity} was not admitted");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn get(&self, path: &str, token: &str) -> anyhow::Result<String> {
        self.exchange(&format!("GET {path}"), token, "")
    }

    fn post(&self, path: &str, token: &str, body: &str) -> anyhow::Result<String> {
        self.exchange(&format!("POST {path}"), token, body)
    }

    fn exchange(&self, asked: &str, token: &str, body: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let kind = if body.is_empty() {
            String::new()
        } else {
            format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            )
        };
        let proof = if token.is_empty() {
            String::new()
        } else {
            format!("Authorization: Bearer {token}\r\n")
        };
        let request = format!(
            "{asked} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{proof}{kind}Connection: close\r\n\r\n{body}",
            self.port
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200 "), "{asked}: {answer}");
        Ok(answer)
    }
}

/// A node that runs; it stops when this ends.
struct Running {
    child: Child,
}

impl Running {
    fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        ensure!(status.success(), "a node ended with {status}");
        Ok(())
    }

    /// Its resident memory.
    fn mebibytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.context("no VmRSS")?.trim().trim_end_matches(" kB");
        Ok(kibibytes.trim().parse::<f64>()? / 1_024.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The binary that was built beside this program.
fn program() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let profile = here.parent().and_then(Path::parent).context("no folder")?;
    let program = profile.join("escale");
    if !program.is_file() {
        bail!("{} is not there: build it first", program.display());
    }
    Ok(program)
}

fn escale(words: &[&str]) -> anyhow::Result<String> {
    let done = Command::new(program()?).args(words).output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "escale {}: {said}", words.join(" "));
    Ok(String::from_utf8(done.stdout)?)
}

fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}
