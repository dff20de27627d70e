//! The life of a node: how it ends, what it keeps, and how it goes on without others.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use scenarios::binaries::has;
use scenarios::command::escale_in;
use scenarios::network::{Network, space_file, word};
use scenarios::node::{Node, price, standing};
use scenarios::process::Signal;
use scenarios::{http, wait};
use serde_json::Value;

/// How long a node may take to stop with requests under way, and a little more.
const STOP_WITH_REQUESTS: Duration = Duration::from_secs(11);

/// How long it may take when nobody waits for anything.
const STOP_ALONE: Duration = Duration::from_secs(3);

fn guest(port: u16, bytes: &[u8]) -> TcpStream {
    let mut stream = http::connect(port).expect("a connection");
    stream.write_all(bytes).expect("bytes are taken");
    stream
}

/// Connections on which nothing is under way: silent ones, and one that was answered
/// and is kept for more.
fn idle_guests(port: u16) -> Vec<TcpStream> {
    let mut guests: Vec<_> = (0..8).map(|_| guest(port, b"")).collect();
    let kept = guest(port, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    let answered = wait::until("it is answered", || {
        let mut bytes = [0; 12];
        let count = kept.peek(&mut bytes).map_err(|error| error.to_string())?;
        wait::ensure(count == 12, || format!("{count} bytes")).map(|()| bytes)
    });
    assert_eq!(&answered, b"HTTP/1.1 200");
    guests.push(kept);
    guests
}

#[test]
fn it_stops_when_told_whoever_is_connected() {
    let mut network = Network::made();
    for (signal, limit, half_sent) in [
        (Signal::INT, STOP_ALONE, &[][..]),
        (
            Signal::TERM,
            STOP_WITH_REQUESTS,
            &[
                "GET / HTTP/1.1\r\nHost: a\r\nAcc",
                "POST /federation/v1/join HTTP/1.1\r\nHost: a\r\n\
                 Content-Type: application/escale-join+json\r\nContent-Length: 1000\r\n\r\n{\"re",
            ],
        ),
    ] {
        network.coordinator.start();
        let port = network.coordinator.port;
        let mut guests = idle_guests(port);
        guests.extend(half_sent.iter().map(|part| guest(port, part.as_bytes())));
        network.coordinator.process().signal(signal);
        let took = network.coordinator.ends();
        assert!(took < limit, "{took:?}");
        drop(guests);
        let socket = network.coordinator.dir.join("control.sock");
        assert!(!socket.exists(), "{}", socket.display());
    }
    assert!(network.coordinator.log().contains("has stopped"));
}

/// What one who publishes was told.
struct Acknowledged {
    seq: u64,
    cents: i64,
}

/// Publishes one price after the other until told to end; gives what was acknowledged.
fn publish_on(dir: &Path, file: &Path, first: i64, is_ending: &AtomicBool) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    for cents in first.. {
        if is_ending.load(Ordering::SeqCst) {
            break;
        }
        std::fs::write(file, space_file("le-mug", cents)).expect("a file can be written");
        let done = escale_in(dir, &["publish", "--json", "--file", word(file)]);
        done.is_orderly();
        if done.code == Some(0) {
            let seq = done.json()["seq"].as_u64().expect("a position");
            acknowledged.push(Acknowledged { seq, cents });
        }
    }
    acknowledged
}

/// The records of a node's own feed, in order, as anybody reads them.
fn feed(node: &Node) -> Vec<Value> {
    let entity = node.entity.replace(':', "%3A").replace('/', "%2F");
    let mut records = Vec::new();
    loop {
        let path = format!(
            "/federation/v1/feed?entity={entity}&epoch=1&after={}",
            records.len()
        );
        let page = http::get(node.port, &path).json();
        let more = page["records"].as_array().expect("records").clone();
        if more.is_empty() {
            return records;
        }
        records.extend(more);
    }
}

#[test]
fn killed_twenty_times_it_keeps_all_that_it_acknowledged() {
    let network = Network::made();
    let mut node = network.invited("le-mug");
    let mut acknowledged = Vec::new();
    for turn in 1..=20 {
        node.start();
        let is_ending = AtomicBool::new(false);
        let told = std::thread::scope(|scope| {
            let publishers = [1, 2].map(|who| {
                let (dir, file) = (node.dir.clone(), network.path(&format!("{who}.toml")));
                let is_ending = &is_ending;
                let first = 1_000_000 * who + 10_000 * turn;
                scope.spawn(move || publish_on(&dir, &file, first, is_ending))
            });
            // The kill falls into one step of a commit or another.
            wait::moment(Duration::from_millis(
                120 + (turn.unsigned_abs() * 67) % 250,
            ));
            is_ending.store(true, Ordering::SeqCst);
            node.kill();
            publishers.map(|it| it.join().expect("whoever publishes comes to an end"))
        });
        acknowledged.extend(told.into_iter().flatten());
    }
    node.start();
    let records = feed(&node);
    for Acknowledged { seq, cents } in &acknowledged {
        let at = usize::try_from(*seq).expect("a position") - 1;
        let body = records.get(at).and_then(|record| record["body"].as_str());
        let found = body.unwrap_or_default();
        let expected = format!("\"price_cents\":{cents}");
        assert!(
            found.contains(&expected),
            "record {seq} is {found:?}, not of {cents}"
        );
    }
    assert!(
        acknowledged.len() > 60,
        "only {} were acknowledged",
        acknowledged.len()
    );
    let report = node.is_sound();
    assert_eq!(
        report["records"].as_u64(),
        u64::try_from(records.len()).ok()
    );
    node.stop();
    node.is_sound();
}

#[test]
fn without_its_coordinator_it_answers_and_shows_what_it_holds() {
    let mut network = Network::running();
    let mut mug = network.labelled("le-mug");
    let mut aix = network.labelled("le-mug-aix");
    let knows = |home: &Value, other: &Node| {
        standing(home, &other.entity) == "labelled"
            && price(home, &other.entity, "day") == Some(1500)
    };
    mug.until("it knows its partner", |home| knows(home, &aix));
    aix.until("it knows its partner", |home| knows(home, &mug));
    mug.stop();
    aix.stop();
    network.coordinator.kill();
    mug.start();
    let home = mug.home();
    assert!(knows(&home, &mug) && knows(&home, &aix), "{home}");
    assert_eq!(home["label"]["charter"]["version"], 1);
    assert_eq!(home["label"]["is_relied_on"], true);
    // Both gone, and the page still says so much.
    let page = http::get(mug.port, "/?lang=en").text();
    assert!(
        page.contains("le-mug-aix") && page.contains("€15"),
        "{page}"
    );
    // News still goes from space to space.
    aix.start();
    aix.edit("space.toml", |_| space_file("le-mug-aix", 1600));
    aix.json(&["publish"]);
    mug.until("the news arrives", |home| {
        price(home, &aix.entity, "day") == Some(1600)
    });
    mug.stop();
    mug.is_sound();
}

#[test]
fn invited_while_the_coordinator_is_down_it_joins_by_itself() {
    let mut network = Network::made();
    let mut node = network.invited("le-mug");
    node.start();
    let home = node.home();
    assert_eq!(standing(&home, &node.entity), "unknown", "{home}");
    assert_eq!(home["label"]["freshness"]["state"], "never");
    let page = http::get(node.port, "/?lang=en").text();
    assert!(
        page.contains("The coordinator has not been heard yet"),
        "{page}"
    );
    assert!(page.contains("€15"), "its own prices are there: {page}");
    wait::until("it has tried in vain", || {
        let log = node.log();
        wait::ensure(log.contains("was not read"), || log.clone())
    });
    network.coordinator.start();
    network.grant(&node);
    network
        .coordinator
        .until("the coordinator reads it", |home| {
            price(home, &node.entity, "day") == Some(1500)
        });
}

/// The library that gives a program another time.
fn faketime() -> Option<PathBuf> {
    if !has(&["faketime"], "a node whose clock is wrong") {
        return None;
    }
    let folders = std::fs::read_dir("/usr/lib").expect("/usr/lib can be read");
    let mut paths = folders
        .flatten()
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    paths.find(|path| path.is_file())
}

/// Starts a node whose clock is off by this, and waits until it answers.
fn start_with_clock(node: &mut Node, library: &Path, off: &str) {
    node.launch(|command| {
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME", off)
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    });
    node.answers();
}

#[test]
fn a_year_behind_it_says_so_and_signs_nothing() {
    let Some(library) = faketime() else { return };
    let network = Network::running();
    let mut node = network.labelled("le-mug");
    node.stop();
    let before = node.is_sound();
    node.edit("space.toml", |_| space_file("le-mug", 1700));
    start_with_clock(&mut node, &library, "-365d");
    let health = http::get(node.port, "/healthz");
    health.is_problem(503, "not_well");
    let health = health.json();
    assert_eq!(health["ok"], false, "{health}");
    assert_eq!(health["is_clock_behind"], true, "{health}");
    node.escale(&["publish"])
        .refused(&["the clock is before what the coordinator has already signed"]);
    let page = http::get(node.port, "/?lang=en").text();
    assert!(page.contains("The clock of this node is behind"), "{page}");
    assert!(
        !page.contains("Labelled until"),
        "nothing is vouched for: {page}"
    );
    assert!(page.contains("€15"), "prices are what they were: {page}");
    let after = node.is_sound();
    assert_eq!(after["records"], before["records"], "nothing was signed");
    node.stop();

    // Set right, it goes on where it was.
    node.start();
    assert_eq!(http::get(node.port, "/healthz").json()["ok"], true);
    node.json(&["publish"]);
    assert_eq!(price(&node.home(), &node.entity, "day"), Some(1700));
}

#[test]
fn a_coordinators_clock_that_was_ahead_is_set_right_by_a_persons_word() {
    let Some(library) = faketime() else { return };
    let mut network = Network::running();
    let space = network.labelled("le-mug");
    let entity = space.entity.clone();
    let is_behind = |home: &Value| home["is_clock_behind"] == true;
    network.coordinator.stop();
    start_with_clock(&mut network.coordinator, &library, "+40d");
    let suspend = ["label", "suspend", &entity, "--reason", "roof"];
    network.coordinator.escale(&suspend).ok();
    space.until("the space has heard of the future", is_behind);
    network.coordinator.stop();

    // Set right, it is behind its own word, and nobody can know who is wrong.
    network.coordinator.start();
    space.edit("space.toml", |_| space_file("le-mug", 1600));
    let grant = ["label", "grant", &entity];
    let said = &["the clock is before what the coordinator has already signed"];
    network.coordinator.escale(&grant).refused(said);
    space.escale(&["publish"]).refused(said);
    network.coordinator.stop();
    network.coordinator.launch(|command| {
        command.arg("--clock-is-right");
    });
    network.coordinator.answers();
    space.until("the space believes its clock again", |home| {
        !is_behind(home)
    });
    space.json(&["publish"]);
    network.grant_again(&space);
    network.coordinator.until("the news arrives", |home| {
        price(home, &entity, "day") == Some(1600)
    });
    // Once was enough.
    network.coordinator.stop();
    network.coordinator.start();
    network.coordinator.escale(&suspend).ok();
    network.coordinator.is_sound();
}
