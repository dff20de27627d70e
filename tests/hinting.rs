//! What is new reaches every node within seconds, although each looks at the others every
//! half a minute: nodes tell each other.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use scenarios::network::Network;
use scenarios::node::{Node, space_of, standing};
use scenarios::{desk, http, wait};
use serde_json::{Value, json};

/// How many spaces ask for the passport, beside its home.
const HOSTS: usize = 4;

/// Within this time what was taken back is refused everywhere: a third of the interval of
/// ordinary looks, and on a busy machine still far above the second that it takes.
const SOON: Duration = Duration::from_secs(10);

/// How long somebody lies: one look at once, and one five seconds later.
const LYING: Duration = Duration::from_secs(7);

/// How nodes hear of news.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Hints,
    LooksAlone,
}

/// A label at rest: every node has looked at every other a moment ago, and looks again in
/// half a minute.
struct AtRest {
    network: Network,
    home: Node,
    hosts: Vec<Node>,
    desks: Vec<String>,
    member: String,
    wallet: PathBuf,
}

fn rarely(node: &Node, by: By) {
    node.reconfigure(|text| text.replace("pull_every_seconds = 1\n", "pull_every_seconds = 30\n"));
    if by == By::LooksAlone {
        node.reconfigure(|text| text.replace("hints = true", "hints = false"));
    }
}

/// A member of the home, with a wallet.
fn member(network: &Network, home: &Node) -> (String, PathBuf) {
    let added = home.json(&["member", "add", "--name", "Alix", "--formula", "month"]);
    let member = added["member"].as_str().expect("a member").to_owned();
    let wallet = network.path("wallet");
    desk::enrol(home, &member, &wallet);
    (member, wallet)
}

impl AtRest {
    fn found(by: By) -> Self {
        let network = Network::running();
        let home = network.labelled("home");
        let hosts: Vec<_> = (0..HOSTS)
            .map(|number| network.labelled(&format!("host-{number}")))
            .collect();
        let desks = hosts.iter().map(desk::token).collect();
        let (member, wallet) = member(&network, &home);
        let mut label = Self {
            network,
            home,
            hosts,
            desks,
            member,
            wallet,
        };
        label.start_again(by);
        label
    }

    fn nodes(&mut self) -> Vec<&mut Node> {
        let (coordinator, home) = (&mut self.network.coordinator, &mut self.home);
        let hosts = self.hosts.iter_mut();
        [coordinator, home].into_iter().chain(hosts).collect()
    }

    /// Starts all nodes as they are installed, one after the other so that each finds the
    /// others, and sees that each has read them.
    fn start_again(&mut self, by: By) {
        for node in self.nodes() {
            node.stop();
            rarely(node, by);
            node.start();
        }
        for host in &self.hosts {
            host.until("it has read its home and the others", |it| {
                self.hosts.iter().chain([&self.home]).all(|other| {
                    let said = |home: &Value| space_of(home, &other.entity)["feed"]["seq"].clone();
                    said(it) == said(&other.home()) && standing(it, &other.entity) == "labelled"
                })
            });
        }
    }

    /// What a host says of the member's passport now.
    fn judged(&self, number: usize) -> Value {
        let host = &self.hosts[number];
        desk::judged(host, &self.desks[number], &self.wallet)
    }

    /// Takes the member's passports back at home.
    fn revoke(&self) {
        let revoked = self.home.json(&["member", "revoke", &self.member]);
        assert!(revoked["revoked"].as_u64() > Some(0), "{revoked}");
    }

    /// Waits until every host refuses them; gives how long that took.
    fn is_refused_everywhere(&self, since: Instant) -> Duration {
        for number in 0..HOSTS {
            wait::within(SOON, "a host refuses what was taken back", || {
                let said = self.judged(number);
                let is_refused = said["answer"] == "blocked" && said["reason"] == "revoked";
                wait::ensure(is_refused, || said.to_string())
            });
        }
        since.elapsed()
    }
}

fn say(what: &str, took: Duration) {
    let line = format!("{what}: {} ms\n", took.as_millis());
    let _ = std::io::stderr().write_all(line.as_bytes());
}

#[test]
fn a_passport_that_was_taken_back_is_refused_everywhere_at_once() {
    let label = AtRest::found(By::Hints);
    for number in 0..HOSTS {
        let said = label.judged(number);
        assert_eq!(said["answer"], "allowed", "{said}");
    }
    let since = Instant::now();
    label.revoke();
    let took = label.is_refused_everywhere(since);
    say("a revocation was refused by all hosts after", took);
    assert!(took < SOON, "{took:?}");
}

#[test]
fn a_label_that_was_withdrawn_is_known_everywhere_at_once() {
    let label = AtRest::found(By::Hints);
    let home = &label.home.entity;
    let since = Instant::now();
    let words = ["label", "withdraw", home, "--reason", "on trial"];
    label.network.coordinator.json(&words);
    for host in &label.hosts {
        wait::within(SOON, "a host knows that the label is withdrawn", || {
            let home = host.try_home()?;
            let standing = standing(&home, &label.home.entity);
            wait::ensure(standing == "withdrawn", || standing.to_owned())
        });
    }
    let took = since.elapsed();
    say("a withdrawal was known to all hosts after", took);
    assert!(took < SOON, "{took:?}");
}

/// How often anybody has read a feed at a node.
fn looks(node: &Node) -> usize {
    let log = node.log();
    let is_look = |line: &&str| line.contains("GET /federation/v1/feed answered");
    log.lines().filter(is_look).count()
}

#[test]
fn who_lies_to_a_node_has_it_look_once_in_five_seconds() {
    let label = AtRest::found(By::Hints);
    let (home, host) = (&label.home, &label.hosts[0]);
    let hint = |seq: u64| json!({ "entity": home.entity, "epoch": 1, "seq": seq }).to_string();
    let before = looks(home);
    let (since, mut sent) = (Instant::now(), 0);
    while since.elapsed() < LYING {
        sent += 1;
        let head = "Content-Type: application/escale-hint+json\r\nConnection: close\r\n";
        let body = hint(1_000_000 + sent);
        let bytes = format!(
            "POST /federation/v1/hint HTTP/1.1\r\nHost: a\r\n{head}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = http::connect(host.port).expect("the host listens");
        stream.write_all(bytes.as_bytes()).expect("bytes are taken");
        let answer = http::answer(&mut stream).expect("an answer");
        assert_eq!((answer.status, answer.text().as_str()), (200, "{}"));
    }
    let made = looks(home) - before;
    assert!(sent > 50, "{sent}");
    // Two for the lies, and what the five other nodes look by themselves meanwhile.
    assert!((1..=2 + 5).contains(&made), "{made} looks for {sent} lies");
}

/// So that what is measured above is what hints do.
#[test]
fn without_hints_a_passport_that_was_taken_back_is_let_in_until_the_next_look() {
    let label = AtRest::found(By::LooksAlone);
    label.revoke();
    wait::moment(SOON);
    let allowed = (0..HOSTS).filter(|number| label.judged(*number)["answer"] == "allowed");
    let count = allowed.count();
    assert!(count > 0, "no host would have needed a hint");
    say(
        &format!("without hints {count} of {HOSTS} hosts let it in after"),
        SOON,
    );
}
