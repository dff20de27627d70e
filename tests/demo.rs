//! The demonstration as a person starts it: it stays, it can be opened, it stops
//! without leaving anything, and goes on from what was kept.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use scenarios::command::escale;
use scenarios::folder::Snapshot;
use scenarios::network::{temporary_folder, word};
use scenarios::process::{Process, Signal, runs};
use scenarios::{binaries, http, wait};
use serde_json::Value;

/// How long a line of the demonstration may be waited for.
const LINE: Duration = Duration::from_secs(60);

/// How long six nodes may take to stop.
const STOP: Duration = Duration::from_secs(30);

/// A demonstration that runs.
struct Demo {
    process: Process,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Demo {
    /// Starts one; its temporary files go to `temporary`.
    fn start(words: &[&str], temporary: &Path) -> Self {
        let mut command = Command::new(binaries::escale());
        command
            .arg("demo")
            .args(words)
            .env("TMPDIR", temporary)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = Process::start(&mut command);
        let out = process.child().stdout.take().expect("a pipe");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            process,
            lines,
            said: Vec::new(),
        }
    }

    /// Reads on until a line contains this.
    #[track_caller]
    fn until_it_says(&mut self, part: &str) {
        loop {
            let line = self.lines.recv_timeout(LINE);
            let line = line.unwrap_or_else(|_| panic!("no {part:?} after {:#?}", self.said));
            let is_it = line.contains(part);
            self.said.push(line);
            if is_it {
                return;
            }
        }
    }

    /// Reads to the end of what a person can open; gives the addresses of the nodes.
    #[track_caller]
    fn addresses(&mut self) -> Vec<String> {
        let mut found = self.first_page_and_addresses();
        found.remove(0);
        found
    }

    /// The same, with the address of the page that a person opens first before them.
    #[track_caller]
    fn first_page_and_addresses(&mut self) -> Vec<String> {
        self.until_it_says("Stop with Ctrl-C");
        let mut words = self
            .said
            .iter()
            .filter_map(|line| line.split_whitespace().next());
        let found: Vec<_> = words
            .by_ref()
            .filter(|word| word.starts_with("http://127.0.0.1:"))
            .map(str::to_owned)
            .collect();
        assert_eq!(found.len(), 7, "{:#?}", self.said);
        found
    }

    /// Waits for its end, and sees that none of its nodes is left.
    #[track_caller]
    fn ends(&mut self, nodes: &[u32]) -> Option<i32> {
        let (status, _) = self.process.wait(STOP);
        wait::until("every node ends", || {
            let left: Vec<_> = nodes.iter().filter(|id| runs(**id)).collect();
            wait::ensure(left.is_empty(), || format!("{left:?} run"))
        });
        status.code()
    }
}

/// What every node shows, without what time changes by itself.
fn shown(addresses: &[String]) -> Vec<Value> {
    let of_space = |space: &Value| {
        let parts = ["entity", "profile", "formulas", "opening_hours", "standing"];
        parts.map(|part| space[part].clone()).to_vec()
    };
    let of_node = |address: &String| {
        let home = http::get(http::port_of(address), "/api/v1/home").json();
        let partners = home["partners"].as_array().expect("partners").iter();
        let spaces: Vec<_> = partners.chain([&home["us"]]).map(of_space).collect();
        assert!(spaces.len() >= 5, "{home}");
        serde_json::json!([home["entity"], home["label"]["charter"], spaces])
    };
    addresses.iter().map(of_node).collect()
}

fn is_empty(folder: &Path) -> bool {
    let mut entries = std::fs::read_dir(folder).expect("a folder can be read");
    entries.next().is_none()
}

#[test]
fn it_stays_until_ctrl_c_and_leaves_nothing() {
    let folder = temporary_folder();
    let mut demo = Demo::start(&[], folder.path());
    let mut addresses = demo.first_page_and_addresses();
    let first = addresses.remove(0);
    for address in &addresses {
        let page = http::get(http::port_of(address), "/");
        assert_eq!(page.status, 200);
        assert!(
            page.text().contains("<html lang=\"fr\">"),
            "{}",
            page.text()
        );
    }
    // The first page is there in both languages, and what it says one can type works as it
    // is written there.
    for (language, door) in [("fr", "Entrer"), ("en", "Sign in")] {
        let page = http::get(http::port_of(&first), &format!("/?lang={language}"));
        assert!(page.text().contains(&format!("<html lang=\"{language}\">")));
        assert_eq!(page.text().matches(door).count(), 3, "{}", page.text());
        assert!(page.text().contains("/passport#"), "a phone's link");
    }
    let page = http::get(http::port_of(&first), "/").text();
    let program = binaries::escale().display().to_string();
    let grant = page.lines().find(|line| line.contains(" label grant "));
    let grant = grant.expect("a command to try").replace("</pre></li>", "");
    let words: Vec<_> = grant.split_whitespace().collect();
    assert_eq!(words.first(), Some(&program.as_str()));
    let done = escale(words.get(1..).unwrap_or_default()).ok();
    assert!(done.out.contains("labelled"), "{}", done.out);

    let nodes = demo.process.children();
    assert_eq!(nodes.len(), 6);
    assert!(!is_empty(folder.path()));
    demo.process.signal(Signal::INT);
    assert_eq!(demo.ends(&nodes), Some(0));
    assert!(is_empty(folder.path()), "its temporary folder is gone");
    for address in &addresses {
        assert!(TcpStream::connect(("127.0.0.1", http::port_of(address))).is_err());
    }
}

#[test]
fn what_was_kept_goes_on() {
    let folder = temporary_folder();
    let kept = folder.path().join("kept");
    let dir = ["--dir", word(&kept)];
    let mut demo = Demo::start(&dir, folder.path());
    let addresses = demo.addresses();
    let before = shown(&addresses);
    // As a terminal does it: every process hears of Ctrl-C.
    let nodes = demo.process.children();
    demo.process.signal_all(Signal::INT);
    assert_eq!(demo.ends(&nodes), Some(0));

    let at_rest = Snapshot::of(&kept);
    escale(["demo", "--once", "--dir", word(&kept)])
        .refused(&["holds a demonstration already", "--once begins a new one"]);
    at_rest.is_unchanged(&kept);

    let mut demo = Demo::start(&dir, folder.path());
    assert_eq!(demo.addresses(), addresses);
    wait::until("the same is shown", || {
        let now = shown(&addresses);
        wait::ensure(now == before, || format!("{now:?} is not {before:?}"))
    });
    let labelled = before
        .iter()
        .filter_map(|node| node[2].as_array())
        .flatten();
    let labelled = labelled.filter(|space| space[4]["state"] == "labelled");
    assert_eq!(labelled.count(), 6 * 5, "five spaces, at six nodes");
    let nodes = demo.process.children();
    demo.process.signal(Signal::TERM);
    assert_eq!(demo.ends(&nodes), Some(0));
}

#[test]
fn killed_it_takes_its_nodes_with_it() {
    let folder = temporary_folder();
    let mut demo = Demo::start(&[], folder.path());
    demo.addresses();
    let nodes = demo.process.children();
    assert_eq!(nodes.len(), 6);
    demo.process.signal(Signal::KILL);
    assert_eq!(demo.ends(&nodes), None);
}

#[test]
fn interrupted_in_the_middle_it_cleans_up() {
    let folder = temporary_folder();
    let mut demo = Demo::start(&["--once"], folder.path());
    demo.until_it_says("ok   five spaces are invited and start");
    // Six nodes, and perhaps a command that is being typed.
    let nodes = demo.process.children();
    assert!(nodes.len() >= 6, "{nodes:?}");
    demo.process.signal(Signal::INT);
    assert_eq!(
        demo.ends(&nodes),
        Some(1),
        "an unfinished demonstration is not a success"
    );
    assert!(is_empty(folder.path()), "its temporary folder is gone");
}
