//! Visits and their receipts between two nodes that are killed: at every named place of
//! the exchange, before and after its commit, and a hundred times at random.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use scenarios::command::escale;
use scenarios::network::{Network, word};
use scenarios::node::Node;
use scenarios::{desk, http, wait};
use serde_json::{Value, json};

/// How often nodes are killed at random.
const KILLS: u64 = 100;

/// A host, a home, and the credential of an operator at the desk of each.
struct Villages {
    network: Network,
    host: Node,
    home: Node,
    desk: String,
    home_desk: String,
}

/// A member of the home, with a wallet.
struct Member {
    number: String,
    wallet: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Host,
    Home,
}

impl Villages {
    fn found() -> Self {
        let network = Network::running();
        let host = network.labelled("host");
        let home = network.labelled("home");
        for (reader, read) in [(&host, &home), (&home, &host)] {
            reader.until("they know each other", |it| {
                let space = scenarios::node::space_of(it, &read.entity);
                space["standing"]["state"] == "labelled" && space["feed"]["seq"] != 0
            });
        }
        let [desk, home_desk] = [&host, &home].map(|node| {
            let added = node.json(&[
                "access", "add", "--role", "operator", "--name", "x", "--token",
            ]);
            added["token"].as_str().expect("a token").to_owned()
        });
        Self {
            network,
            host,
            home,
            desk,
            home_desk,
        }
    }

    /// The home receives, and the host's members visit.
    fn turn_round(&mut self) {
        std::mem::swap(&mut self.host, &mut self.home);
        std::mem::swap(&mut self.desk, &mut self.home_desk);
    }

    fn node(&mut self, side: Side) -> &mut Node {
        match side {
            Side::Host => &mut self.host,
            Side::Home => &mut self.home,
        }
    }

    fn member(&self, name: &str) -> Member {
        let home = &self.home;
        let added = home.json(&["member", "add", "--name", name, "--formula", "month"]);
        let number = added["member"].as_str().expect("a member");
        self.phone_of(number, &format!("wallet-{number}"))
    }

    /// A phone of a member, of whom there may be others.
    fn phone_of(&self, number: &str, folder: &str) -> Member {
        let wallet = self.network.path(folder);
        desk::enrol(&self.home, number, &wallet);
        Member {
            number: number.to_owned(),
            wallet,
        }
    }

    /// A member who comes with one phone and then with another: of one half-day the home
    /// accepts one. Gives the visit that it counts, and the request that is dead.
    fn refused(&self, name: &str) -> (Member, String, String) {
        // Where noon passes between the two, it is another half-day.
        for time in 0..3 {
            let member = self.member(name);
            let other = self.phone_of(&member.number, &format!("other-{}", member.number));
            let visits = [&member, &other].map(|phone| {
                let visit = self.arrive(phone);
                assert_eq!(self.leave(&visit).0, 200);
                visit
            });
            let dead = wait::until("both are answered", || {
                let rows = self.host.json(&["outbox", "list"]);
                let rows = rows.as_array().expect("requests");
                let is_over = rows.iter().all(|row| row["code"] == "counted_already");
                wait::ensure(is_over, || format!("{rows:?}"))?;
                Ok(rows
                    .first()
                    .map(|row| row["op"].as_str().expect("an op").to_owned()))
            });
            if let Some(op) = dead {
                let rows = self.host.json(&["visit", "list"]);
                let mut rows = rows.as_array().expect("visits").iter();
                let counts = rows.find(|row| {
                    row["receipt"] == "accepted" && visits.iter().any(|it| row["visit"] == **it)
                });
                let counts = counts.expect("one of both")["visit"].as_str();
                return (member, counts.expect("a visit").to_owned(), op);
            }
            let _ = writeln!(std::io::stderr(), "noon, {time}");
        }
        panic!("both phones count");
    }

    /// What the member's phone shows to the host now.
    fn present(&self, member: &Member) -> String {
        desk::present(&self.host, &member.wallet)
    }

    /// Asks the host's desk, and does not wait for the answer.
    fn ask(&self, path: &str, body: &Value) -> TcpStream {
        let stream = http::post(self.host.port, path, &self.desk, body);
        stream.expect("the host listens")
    }

    /// Asks the host's desk; gives status and body, if there was an answer.
    fn asked(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let answer = http::answer(&mut self.ask(path, body)).ok()?;
        let body = serde_json::from_slice(&answer.body).ok()?;
        Some((answer.status, body))
    }

    #[track_caller]
    fn judged(&self, code: &str) -> Value {
        let answer = self.asked("/api/v1/desk/judge", &json!({ "code": code }));
        let (status, said) = answer.expect("the desk answers");
        assert_eq!(status, 200, "{said}");
        said
    }

    /// Lets a member in; gives the visit.
    #[track_caller]
    fn arrive(&self, member: &Member) -> String {
        let said = self.judged(&self.present(member));
        assert_eq!(said["answer"], "allowed", "{said}");
        said["visit"].as_str().expect("a visit").to_owned()
    }

    #[track_caller]
    fn leave(&self, visit: &str) -> (u16, Value) {
        let path = format!("/api/v1/visits/{visit}/leave");
        self.asked(&path, &json!({})).expect("the desk answers")
    }

    #[track_caller]
    fn cancel(&self, visit: &str) -> (u16, Value) {
        let path = format!("/api/v1/visits/{visit}/correct");
        let body = json!({ "not_here": {} });
        self.asked(&path, &body).expect("the desk answers")
    }

    /// Waits until nothing waits at the host any more, and nothing was refused.
    #[track_caller]
    fn settle(&self) {
        wait::until("everything is answered", || {
            let done = self.host.escale(&["outbox", "list", "--json"]);
            let rows = done.json();
            wait::ensure(rows == json!([]), || rows.to_string())
        });
    }

    /// Kills a node that has come to the place where it was told to stop.
    #[track_caller]
    fn kill_at(&mut self, side: Side, place: &str) {
        let node = self.node(side);
        node.is_paused_at(place);
        node.is_killed_and_starts();
    }

    #[track_caller]
    fn restart(&mut self, side: Side, place: &str) {
        let node = self.node(side);
        node.stop();
        node.start_sabotaged(place);
    }

    /// All stores are sound, and both sides have the same receipts.
    #[track_caller]
    fn agree(&self, members: &[Member]) {
        self.host.is_sound();
        self.home.is_sound();
        let visits = self.host.json(&["visit", "list"]);
        let mut issued = Vec::new();
        for row in visits.as_array().expect("visits") {
            let visit = row["visit"].as_str().expect("a visit");
            let receipts = self.host.json(&["visit", "receipt", visit]);
            for receipt in receipts.as_array().expect("receipts") {
                let text = receipt["receipt"].as_str().expect("a receipt");
                issued.push((claim(text, "id"), receipt["credit"].is_string()));
            }
        }
        let mut taken = Vec::new();
        for member in members {
            let said = membership(member);
            for visit in said["visits"].as_array().expect("visits") {
                let id = visit["receipt"].as_str().expect("an id").to_owned();
                taken.push((id, !visit["credited"].is_null()));
            }
        }
        issued.sort();
        taken.sort();
        assert_eq!(issued, taken);
    }
}

/// The home has so many receipts of a member, of which so many were not taken back,
/// each once; what is left follows.
#[track_caller]
fn has(member: &Member, receipts: usize, uncredited: usize) {
    let said = membership(member);
    let visits = said["visits"].as_array().expect("visits");
    assert_eq!(visits.len(), receipts, "{said}");
    let counts: Vec<_> = visits
        .iter()
        .filter(|it| it["credited"].is_null())
        .collect();
    assert_eq!(counts.len(), uncredited, "{said}");
    let used: usize = counts
        .iter()
        .map(|it| it["half_days"].as_array().map_or(0, Vec::len))
        .sum();
    assert!((uncredited..=2 * uncredited).contains(&used), "{said}");
    assert_eq!(said["roaming"]["left"], json!(4 - used), "{said}");
}

/// What the home says to its member.
#[track_caller]
fn membership(member: &Member) -> Value {
    let done = escale(["wallet", "membership", "--dir", word(&member.wallet)]);
    done.ok().json()
}

/// A claim of a sealed document.
#[track_caller]
fn claim(text: &str, name: &str) -> String {
    use base64::Engine as _;
    let claims = text.split('.').nth(1).expect("three parts");
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = engine.decode(claims).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("claims");
    claims[name].as_str().expect("a text").to_owned()
}

#[test]
fn a_visitor_is_let_in_or_not_wherever_the_host_is_killed() {
    let mut villages = Villages::found();
    let mut members = Vec::new();
    for (place, is_kept) in [("arrive.before", false), ("arrive.after", true)] {
        let member = villages.member(place);
        villages.restart(Side::Host, place);
        let code = villages.present(&member);
        let unanswered = villages.ask("/api/v1/desk/judge", &json!({ "code": code }));
        villages.kill_at(Side::Host, place);
        drop(unanswered);
        let here = villages.host.json(&["visit", "here"]);
        let is_here = here
            .as_array()
            .expect("a list")
            .iter()
            .any(|it| it["name"] == place);
        assert_eq!(is_here, is_kept, "{place}: {here}");
        let again = villages.judged(&code);
        let expected = if is_kept { "already_used" } else { "allowed" };
        assert_eq!(again["answer"], expected, "{place}: {again}");
        let visit = villages.arrive(&member);
        assert_eq!(villages.leave(&visit).0, 200);
        villages.settle();
        has(&member, 1, 1);
        members.push(member);
    }
    villages.agree(&members);
}

#[test]
fn a_visit_ends_once_wherever_the_host_is_killed() {
    let mut villages = Villages::found();
    let mut members = Vec::new();
    for (place, then) in [("end.before", 200), ("end.after", 409)] {
        let member = villages.member(place);
        villages.restart(Side::Host, place);
        let visit = villages.arrive(&member);
        let path = format!("/api/v1/visits/{visit}/leave");
        let unanswered = villages.ask(&path, &json!({}));
        villages.kill_at(Side::Host, place);
        drop(unanswered);
        let (status, said) = villages.leave(&visit);
        assert_eq!(status, then, "{place}: {said}");
        villages.settle();
        has(&member, 1, 1);
        members.push(member);
    }
    for (place, then) in [("correct.before", 200), ("correct.after", 409)] {
        let member = villages.member(place);
        villages.restart(Side::Host, place);
        let visit = villages.arrive(&member);
        assert_eq!(villages.leave(&visit).0, 200);
        villages.settle();
        has(&member, 1, 1);
        let path = format!("/api/v1/visits/{visit}/correct");
        let unanswered = villages.ask(&path, &json!({ "not_here": {} }));
        villages.kill_at(Side::Host, place);
        drop(unanswered);
        let (status, said) = villages.cancel(&visit);
        assert_eq!(status, then, "{place}: {said}");
        villages.settle();
        has(&member, 1, 0);
        members.push(member);
    }
    villages.agree(&members);
}

#[test]
fn a_receipt_counts_once_wherever_home_or_host_is_killed() {
    let mut villages = Villages::found();
    let mut members = Vec::new();
    for (side, place) in [
        (Side::Home, "answer.before"),
        (Side::Home, "answer.after"),
        (Side::Host, "settle.before"),
        (Side::Host, "settle.after"),
    ] {
        let member = villages.member(place);
        villages.restart(side, place);
        let visit = villages.arrive(&member);
        assert_eq!(villages.leave(&visit).0, 200);
        villages.kill_at(side, place);
        villages.settle();
        has(&member, 1, 1);
        members.push(member);
    }
    // The answer is lost with the host, and asked for again: of the home that gives it
    // again.
    for place in ["answer_again.before", "answer_again.after"] {
        let member = villages.member(place);
        let visit = villages.arrive(&member);
        villages.restart(Side::Host, "settle.before");
        assert_eq!(villages.leave(&visit).0, 200);
        villages.host.is_paused_at("settle.before");
        villages.restart(Side::Home, place);
        villages.host.is_killed_and_starts();
        villages.kill_at(Side::Home, place);
        villages.settle();
        has(&member, 1, 1);
        members.push(member);
    }
    villages.agree(&members);
}

#[test]
fn a_visit_is_taken_back_wherever_home_or_host_is_killed() {
    let mut villages = Villages::found();
    let mut members = Vec::new();
    for (side, place) in [
        (Side::Home, "answer.before"),
        (Side::Home, "answer.after"),
        (Side::Host, "settle.before"),
        (Side::Host, "settle.after"),
    ] {
        let member = villages.member(place);
        let visit = villages.arrive(&member);
        assert_eq!(villages.leave(&visit).0, 200);
        villages.settle();
        villages.restart(side, place);
        assert_eq!(villages.cancel(&visit).0, 200);
        villages.kill_at(side, place);
        villages.settle();
        has(&member, 1, 0);
        members.push(member);
    }
    villages.agree(&members);
}

#[test]
fn what_was_refused_is_asked_again_once_wherever_the_host_is_killed() {
    let mut villages = Villages::found();
    let mut members = Vec::new();
    for (place, is_kept) in [("ask_again.before", false), ("ask_again.after", true)] {
        let (member, counts, dead) = villages.refused(place);
        assert_eq!(villages.cancel(&counts).0, 200);
        wait::until("what counted is taken back", || {
            let said = membership(&member);
            wait::ensure(!said["visits"][0]["credited"].is_null(), || {
                said.to_string()
            })
        });
        villages.restart(Side::Host, place);
        let path = format!("/api/v1/outbox/{dead}/again");
        let unanswered = villages.ask(&path, &json!({}));
        villages.kill_at(Side::Host, place);
        drop(unanswered);
        let again = villages.asked(&path, &json!({}));
        let (status, said) = again.expect("the host answers");
        let expected = if is_kept { 404 } else { 200 };
        assert_eq!(status, expected, "{place}: {said}");
        villages.settle();
        has(&member, 2, 1);
        members.push(member);
    }
    villages.agree(&members);
}

/// From the end of a wait to now, of what waits at a node; nothing before the first try.
fn wait_seconds(node: &Node) -> Option<i64> {
    let rows = node.json(&["outbox", "list"]);
    let next_at = rows[0]["next_at"].as_i64();
    next_at.map(|at| at - wait::now_seconds())
}

#[test]
fn what_waits_is_sent_before_its_time_when_the_home_shows_that_it_lives() {
    let mut villages = Villages::found();
    let member = villages.member("Ada");
    villages.turn_round();
    let other = villages.member("Ben");
    villages.turn_round();
    let visit = villages.arrive(&member);
    villages.home.stop();
    assert_eq!(villages.leave(&visit).0, 200);
    // A second, two, four, eight: after a quarter of a minute it waits for twelve.
    let minute = Duration::from_secs(60);
    wait::within(minute, "it waits for a while", || {
        let seconds = wait_seconds(&villages.host);
        wait::ensure(seconds >= Some(10), || format!("{seconds:?}"))
    });
    let planned = wait_seconds(&villages.host).expect("it waits") + wait::now_seconds();
    villages.home.start();
    // The home asks something of its own: it has had a visitor.
    villages.turn_round();
    let visit = villages.arrive(&other);
    assert_eq!(villages.leave(&visit).0, 200);
    villages.settle();
    villages.turn_round();
    villages.settle();
    let early = planned - wait::now_seconds();
    assert!(early > 0, "{early} seconds before it was planned");
    has(&member, 1, 1);
    has(&other, 1, 1);
}

/// A number that follows from another, spread as if by chance.
fn next(seed: &mut u64) -> u64 {
    // Knuth's constants for a linear congruential generator; the high bits are good.
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// Kills a node after a while, and starts it again.
fn killed_after(mut node: Node, wait: Duration) -> JoinHandle<Node> {
    std::thread::spawn(move || {
        std::thread::sleep(wait);
        node.kill();
        node.start();
        node
    })
}

#[test]
fn killed_a_hundred_times_at_random_host_and_home_agree() {
    let seed = u64::from(std::process::id());
    let _ = writeln!(std::io::stderr(), "seed {seed}");
    let mut chance = seed;
    let mut villages = Villages::found();
    let names = (0..KILLS).map(|at| format!("Visitor {at}"));
    let members: Vec<_> = names.map(|name| villages.member(&name)).collect();
    let last = "the host has all of them";
    villages.host.until(last, |home| {
        let home = scenarios::node::space_of(home, &villages.home.entity);
        home["freshness"]["state"] == "fresh"
    });
    let mut cancelled = 0;
    for (at, member) in members.iter().enumerate() {
        let side = if next(&mut chance).is_multiple_of(2) {
            Side::Host
        } else {
            Side::Home
        };
        let wait = Duration::from_millis(next(&mut chance) % 40);
        let code = villages.present(member);
        let nobody = Node::planned(villages.network.path("nowhere"));
        let taken = std::mem::replace(villages.node(side), nobody);
        let port = taken.port;
        let killing = killed_after(taken, wait);
        if side == Side::Host {
            villages.host.port = port;
        }
        // Whatever is answered was promised.
        let body = json!({ "code": code });
        let arrived = answered(&villages, "/api/v1/desk/judge", &body);
        let visit = arrived
            .as_ref()
            .and_then(|(_, said)| said["visit"].as_str());
        let left = visit.and_then(|visit| {
            let path = format!("/api/v1/visits/{visit}/leave");
            answered(&villages, &path, &json!({}))
        });
        *villages.node(side) = killing.join().expect("the node starts again");
        let promised = visit.map(str::to_owned);
        // A visitor who was let in is here, or has left; another shows a new code.
        let visit = promised.unwrap_or_else(|| villages.arrive(member));
        let (status, said) = villages.leave(&visit);
        let is_left = left.is_some_and(|(status, _)| status == 200);
        let expected: &[u16] = if is_left { &[409] } else { &[200, 409] };
        assert!(expected.contains(&status), "{at}: {status} {said}");
        if next(&mut chance).is_multiple_of(8) {
            assert_eq!(villages.cancel(&visit).0, 200);
            cancelled += 1;
        }
    }
    villages.settle();
    let mut uncredited = 0;
    for member in &members {
        let said = membership(member);
        let visits = said["visits"].as_array().expect("visits");
        assert_eq!(visits.len(), 1, "{said}");
        uncredited += u64::from(visits[0]["credited"].is_null());
    }
    assert_eq!(uncredited + cancelled, KILLS);
    villages.agree(&members);
}

/// What the desk answers, if it is there.
fn answered(villages: &Villages, path: &str, body: &Value) -> Option<(u16, Value)> {
    http::connect(villages.host.port).ok()?;
    villages.asked(path, body)
}
