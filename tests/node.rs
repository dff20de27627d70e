//! A node: its folder, its process, and what it says.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::command::{Done, escale_in};
use crate::process::{Process, Signal};
use crate::{binaries, http, wait};

/// How long a node may take to stop: less than systemd's patience, with room for
/// requests that are under way.
pub const STOP: Duration = Duration::from_secs(20);

/// A node of a scenario.
#[derive(Debug)]
pub struct Node {
    /// Its name on the network.
    pub entity: String,
    /// Where it listens.
    pub port: u16,
    /// Its folder.
    pub dir: PathBuf,
    process: Option<Process>,
}

/// Ports of this process alone: whoever has the first of a block has all of it.
struct Block {
    _guard: TcpListener,
    next: u16,
    end: u16,
}

/// Blocks lie from here on, below what the system gives to connections, and below what
/// a demonstration takes.
const PORTS_BEGIN: u16 = 10_000;

/// The ports of a block, its guard included.
const BLOCK_PORTS: u16 = 16;

/// How many blocks there are.
const BLOCKS: u32 = 600;

/// A port of this machine on which nobody listens, and that no other scenario is given.
pub fn free_port() -> u16 {
    // Those that are used up stay guarded: who was given a port may not listen yet.
    static BLOCKS_TAKEN: Mutex<Vec<Block>> = Mutex::new(Vec::new());
    let mut blocks = BLOCKS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let current = blocks.last_mut().filter(|block| block.next < block.end);
        let Some(current) = current else {
            blocks.push(free_block());
            continue;
        };
        let port = current.next;
        current.next += 1;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn free_block() -> Block {
    let begin = std::process::id();
    let blocks = (0..BLOCKS).map(|turn| begin.wrapping_add(turn) % BLOCKS);
    let mut guarded = blocks.filter_map(|block| {
        let first = PORTS_BEGIN + u16::try_from(block).ok()? * BLOCK_PORTS;
        let guard = TcpListener::bind(("127.0.0.1", first)).ok()?;
        Some(Block {
            _guard: guard,
            next: first + 1,
            end: first + BLOCK_PORTS,
        })
    });
    guarded.next().expect("a block of free ports")
}

impl Node {
    /// A node that is not made yet, on a free port.
    pub fn planned(dir: PathBuf) -> Self {
        let port = free_port();
        Self {
            entity: format!("http://127.0.0.1:{port}"),
            port,
            dir,
            process: None,
        }
    }

    /// Where it listens, as the command line takes it.
    pub fn listen(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The address of one of its pages.
    pub fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.entity)
    }

    /// Starts it, and waits until it answers.
    #[track_caller]
    pub fn start(&mut self) {
        self.launch(|_| {});
        self.answers();
    }

    /// Starts it, changed in some way, and does not wait.
    #[track_caller]
    pub fn launch(&mut self, change: impl FnOnce(&mut Command)) {
        self.launch_as(binaries::escale(), change);
    }

    /// Starts it with a binary that misbehaves in this way, and waits until it answers.
    #[track_caller]
    pub fn start_sabotaged(&mut self, how: &str) {
        self.launch_as(binaries::sabotaged(), |command| {
            command.args(["--sabotage", how]);
        });
        self.answers();
    }

    /// Starts it as the machine's service manager does: again, where a command has its
    /// store open for a moment. Waits until it answers.
    #[track_caller]
    pub fn start_as_a_service(&mut self) {
        self.launch(|_| {});
        wait::until("the node answers", || {
            if self.process().ended().is_some() {
                let log = self.log();
                let last = log.lines().last().unwrap_or_default();
                assert!(last.contains("is open in another process"), "{log}");
                self.process = None;
                self.launch(|_| {});
            }
            http::try_json(self.port, "/healthz").map(drop)
        });
    }

    #[track_caller]
    fn launch_as(&mut self, binary: &Path, change: impl FnOnce(&mut Command)) {
        assert!(self.process.is_none(), "{} runs already", self.entity);
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("a log can be written");
        let mut command = Command::new(binary);
        command
            .arg("run")
            .arg("--dir")
            .arg(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        change(&mut command);
        self.process = Some(Process::start(&mut command));
    }

    /// Waits until it answers how it is.
    #[track_caller]
    pub fn answers(&mut self) {
        wait::until("the node answers", || {
            if let Some(status) = self.process.as_mut().and_then(Process::ended) {
                panic!("{} ended with {status}: {}", self.entity, self.log());
            }
            // One whose clock is wrong answers that it is not well.
            let asked = http::ask("GET", self.port, "/healthz", &[]);
            let answer = asked.map_err(|error| error.to_string())?;
            let is_answer = answer.status == 200 || answer.json()["code"] == "not_well";
            wait::ensure(is_answer, || answer.text())
        });
    }

    /// The running process.
    #[track_caller]
    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("the node runs")
    }

    /// Tells it to stop, and sees that it does so as it should; gives how long it took.
    #[track_caller]
    pub fn stop(&mut self) -> Duration {
        self.process().signal(Signal::TERM);
        self.ends()
    }

    /// Sees that it ends by itself as it should; gives how long it took.
    #[track_caller]
    pub fn ends(&mut self) -> Duration {
        let (status, took) = self.process().wait(STOP);
        self.process = None;
        assert!(status.success(), "{status}: {}", self.log());
        took
    }

    /// Sees that it ends by itself with a failure; gives what it said.
    #[track_caller]
    pub fn fails(&mut self) -> Done {
        let (status, _) = self.process().wait(STOP);
        self.process = None;
        Done {
            code: status.code(),
            out: String::new(),
            err: self.log(),
        }
    }

    /// Kills it, as a power cut would.
    #[track_caller]
    pub fn kill(&mut self) {
        self.process().signal(Signal::KILL);
        self.process().wait(STOP);
        self.process = None;
    }

    /// Waits until it has come to the place where it was told to stop.
    #[track_caller]
    pub fn is_paused_at(&self, place: &str) {
        let said = format!("paused at {place}");
        wait::until(&said, || {
            wait::ensure(self.log().contains(&said), || {
                "it does not come there".to_owned()
            })
        });
    }

    /// Kills it, and starts it as it is installed: the next time at a place is told from
    /// this one.
    #[track_caller]
    pub fn is_killed_and_starts(&mut self) {
        self.kill();
        std::fs::remove_file(self.log_path()).expect("the log is there");
        self.start();
    }

    fn log_path(&self) -> PathBuf {
        self.dir.with_extension("log")
    }

    /// All that it ever logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Runs `escale` on it with these words, whether it runs or not.
    #[track_caller]
    pub fn escale(&self, words: &[&str]) -> Done {
        escale_in(&self.dir, words)
    }

    /// Runs a command that must succeed, and reads its JSON.
    #[track_caller]
    pub fn json(&self, words: &[&str]) -> Value {
        let words = [words, &["--json"]].concat();
        self.escale(&words).ok().json()
    }

    /// A deep check that finds nothing; gives its report.
    #[track_caller]
    pub fn is_sound(&self) -> Value {
        let report = self.json(&["check", "--deep"]);
        assert_eq!(report["ok"], true, "{report}");
        assert_eq!(report["problems"], Value::Array(Vec::new()));
        report
    }

    /// What it shows of itself and its partners.
    #[track_caller]
    pub fn home(&self) -> Value {
        self.try_home().unwrap_or_else(|why| panic!("{why}"))
    }

    /// The same, or why not.
    pub fn try_home(&self) -> Result<Value, String> {
        http::try_json(self.port, "/api/v1/home")
    }

    /// Waits until what it shows satisfies `check`; gives it.
    #[track_caller]
    pub fn until(&self, what: &str, check: impl Fn(&Value) -> bool) -> Value {
        wait::until(what, || {
            let home = self.try_home()?;
            if check(&home) {
                Ok(home)
            } else {
                Err(home.to_string())
            }
        })
    }

    /// Changes the text of its configuration.
    pub fn reconfigure(&self, change: impl FnOnce(String) -> String) {
        self.edit("escale.toml", change);
    }

    /// Changes the text of a file in its folder.
    #[track_caller]
    pub fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let path = self.dir.join(name);
        let text = std::fs::read_to_string(&path).expect("a file of a node can be read");
        let changed = change(text.clone());
        assert_ne!(text, changed, "the change of {name} changed nothing");
        std::fs::write(path, changed).expect("a file of a node can be written");
    }
}

/// What a home says of a space: of its own, or of a partner.
pub fn space_of<'a>(home: &'a Value, entity: &str) -> &'a Value {
    if home["us"]["entity"] == entity {
        return &home["us"];
    }
    let partners = home["partners"].as_array();
    let mut partners = partners.map(Vec::as_slice).unwrap_or_default().iter();
    let found = partners.find(|it| it["entity"] == entity);
    found.unwrap_or(&Value::Null)
}

/// The standing of a space, as a home says it.
pub fn standing<'a>(home: &'a Value, entity: &str) -> &'a str {
    let state = &space_of(home, entity)["standing"]["state"];
    state.as_str().unwrap_or_default()
}

/// The price of a formula of a space, as a home says it.
pub fn price(home: &Value, entity: &str, formula: &str) -> Option<i64> {
    space_of(home, entity)["formulas"][formula]["price_cents"].as_i64()
}
