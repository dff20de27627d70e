//! A label in bad weather: five nodes whose lines cut, delay, fall silent and change bytes,
//! and of which one is killed every moment, while villages go on with what they do.
//!
//! When it is over and the line is good, everything that was promised is there, once, and
//! all nodes say the same.
//!
//! The seed decides fates, kills and work, as far as several processes let it; it is printed,
//! and the environment variable `ESCALE_STORM_SEED` sets another.

mod judge;
mod lines;
mod settled;
mod site;
mod work;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use scenarios::chance::Chance;
use scenarios::line::{Fate, Line};
use scenarios::network::Network;
use scenarios::node::{Node, space_of, standing};
use scenarios::wait;

use self::site::Site;
use self::work::{Event, Promises, Work};

/// The spaces.
const NAMES: [&str; 4] = ["mug", "troquet", "grenoble", "aix"];

/// Kills of an ordinary run.
const KILLS: usize = 20;

/// Kills of a long run.
const KILLS_LONG: usize = 100;

/// The seed of whoever sets none.
const SEED: u64 = 20_261;

/// The variable that sets another.
const SEED_VARIABLE: &str = "ESCALE_STORM_SEED";

/// From one kill to the next at most, beside the time that a start takes.
const KILLED_MILLIS: usize = 400;

/// One training with few seats for so many kills.
const KILLS_OF_A_TRAINING: usize = 10;

/// Seats of a training, for which all attendees ask.
const SEATS: u64 = 3;

/// Who asks for seats, at each space.
const ATTENDEES_OF_A_SPACE: usize = 2;

/// How long nodes may take to agree once the line is good: whoever was not reached a few
/// times in a row waits for a minute or two.
const SETTLED: Duration = Duration::from_secs(240);

/// A label whose lines can be bad.
struct Label {
    network: Network,
    /// The coordinator's, then the spaces'.
    lines: Vec<Line>,
    spaces: Vec<Node>,
}

impl Label {
    /// All nodes run behind their lines, bear the label, and know each other.
    #[track_caller]
    fn found(names: &[&str], chance: &mut Chance) -> Self {
        let mut lines = Vec::new();
        let mut behind = |node: &mut Node| {
            let line = Line::to(node.port, chance.next_number());
            node.entity = line.entity();
            lines.push(line);
        };
        let mut network = Network::made_where(&mut behind);
        network.coordinator.start();
        let spaces: Vec<_> = names
            .iter()
            .map(|name| {
                let mut node = network.invited_where(name, &mut behind);
                node.start();
                network.grant(&node);
                node
            })
            .collect();
        for reader in &spaces {
            for read in &spaces {
                reader.until("they know each other", |it| {
                    let seq = space_of(it, &read.entity)["feed"]["seq"].as_u64();
                    standing(it, &read.entity) == "labelled" && seq > Some(0)
                });
            }
        }
        Self {
            network,
            lines,
            spaces,
        }
    }

    /// The node with this number: 0 is the coordinator.
    fn node(&mut self, number: usize) -> &mut Node {
        match number.checked_sub(1) {
            None => &mut self.network.coordinator,
            Some(at) => &mut self.spaces[at],
        }
    }

    /// All nodes, as those who stand beside them see them; the coordinator first.
    #[track_caller]
    fn sites(&self) -> Vec<Site> {
        let coordinator = std::iter::once(&self.network.coordinator);
        coordinator.chain(&self.spaces).map(Site::of).collect()
    }

    /// Kills one node after the other, each of which starts again at once.
    #[track_caller]
    fn is_killed(&mut self, times: usize, chance: &mut Chance) {
        for _ in 0..times {
            wait::moment(chance.millis(KILLED_MILLIS));
            let number = chance.below(self.lines.len());
            let node = self.node(number);
            node.kill();
            node.start_as_a_service();
        }
    }

    /// How many connections had which fate.
    fn fates(&self) -> BTreeMap<&'static str, u64> {
        let mut all = BTreeMap::new();
        for (name, count) in self.lines.iter().flat_map(Line::fates) {
            *all.entry(name).or_default() += count;
        }
        all
    }
}

/// Publishes trainings with few seats, and waits until all spaces have read them.
#[track_caller]
fn trainings(spaces: &[Site], count: usize) -> Vec<Event> {
    let now = Timestamp::from_second(wait::now_seconds()).expect("a moment");
    let start = now + SignedDuration::from_hours(72);
    let start = start.strftime("%Y-%m-%dT%H:%M").to_string();
    let seats = SEATS.to_string();
    let publish = |number: usize| {
        let at = number % spaces.len();
        let title = format!("Formation {number}");
        let words = ["event", "publish", "--title", &title, "--start", &start];
        let said = spaces[at].try_json(&[&words[..], &["--seats", &seats]].concat());
        let said = said.expect("a training is published");
        let text = |name: &str| said[name].as_str().expect("a text").to_owned();
        let (id, uid) = (text("event"), text("uid"));
        Event { at, id, uid }
    };
    let all: Vec<_> = (0..count).map(publish).collect();
    for event in &all {
        for space in spaces {
            wait::until("a training is read", || {
                space.get(&format!("/api/v1/events/{}", event.uid))
            });
        }
    }
    all
}

#[track_caller]
fn attendees(spaces: &[Site]) -> Vec<(usize, String)> {
    let numbers = (0..spaces.len()).cycle();
    let numbers = numbers.take(spaces.len() * ATTENDEES_OF_A_SPACE);
    let member = |at: usize| (at, spaces[at].member("Camille"));
    numbers.map(member).collect()
}

fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

fn seed() -> u64 {
    let set = std::env::var(SEED_VARIABLE).ok();
    let seed = set.map_or(SEED, |text| text.parse().expect("a seed is a number"));
    say(&format!("{SEED_VARIABLE}={seed}"));
    seed
}

/// The storm: kills, and what is promised meanwhile.
#[track_caller]
fn storm(label: &mut Label, sites: &[Site], kills: usize, chance: &mut Chance) -> Promises {
    let spaces = &sites[1..];
    let work = Work {
        sites: spaces,
        folder: label.network.path(""),
        trainings: trainings(spaces, kills.div_ceil(KILLS_OF_A_TRAINING)),
        attendees: attendees(spaces),
        is_over: AtomicBool::new(false),
        promises: Mutex::default(),
    };
    for line in &label.lines {
        line.is_bad_from_now();
    }
    let chances = [(); 4].map(|()| chance.branch());
    std::thread::scope(|scope| {
        let [publishing, one, two, registering] = chances;
        scope.spawn(|| work.publish(publishing));
        scope.spawn(|| work.visit(one, 1));
        scope.spawn(|| work.visit(two, 2));
        scope.spawn(|| work.register(registering));
        label.is_killed(kills, chance);
        work.is_over.store(true, Ordering::SeqCst);
    });
    for line in &label.lines {
        line.is_mended();
    }
    work.promises.into_inner().expect("nobody has panicked")
}

fn weathered(kills: usize) {
    let mut chance = Chance::from_seed(seed());
    let began = Instant::now();
    let mut label = Label::found(&NAMES, &mut chance);
    let sites = label.sites();
    let said = |what: &str| say(&format!("{:>4} s: {what}", began.elapsed().as_secs()));
    said("all know each other");
    let promises = storm(&mut label, &sites, kills, &mut chance);
    let fates = label.fates();
    said(&format!("killed {kills} times; connections: {fates:?}"));
    said(&format!(
        "promised: {} prices, {} events, {} visits, {} registrations",
        promises.prices.len(),
        promises.events.len(),
        promises.visits.len(),
        promises.registrations.len()
    ));
    // So that a storm that was none is not passed over.
    for name in Fate::NAMES {
        assert!(
            fates.contains_key(name),
            "no connection was {name}: {fates:?}"
        );
    }
    let least = kills / 4;
    assert!(promises.prices.len() >= least, "{:?}", promises.prices);
    assert!(promises.visits.len() * 2 >= least, "{:?}", promises.visits);
    assert!(promises.registrations.len() >= least, "{promises:?}");
    wait::within(SETTLED, "all nodes say the same", || {
        settled::are_at_rest(&sites[1..])?;
        settled::have_the_same_feeds(&sites)?;
        settled::agree_on_seats(&sites[1..], &promises, SEATS)
    });
    said("all nodes say the same");
    settled::kept_what_they_promised(&sites[1..], &promises);
    settled::agree_on_receipts(&sites[1..], &promises);
    for number in 0..label.lines.len() {
        label.node(number).is_sound();
    }
    said("everything that was promised is there");
}

#[test]
fn killed_twenty_times_on_bad_lines_all_nodes_agree_and_keep_their_word() {
    weathered(KILLS);
}

#[test]
fn long_killed_a_hundred_times_on_bad_lines_all_nodes_agree_and_keep_their_word() {
    weathered(KILLS_LONG);
}

/// The control: a node that gives others what it has not signed never agrees with them.
#[test]
fn a_node_that_forges_its_records_is_not_found_to_agree() {
    let mut chance = Chance::from_seed(SEED);
    let mut label = Label::found(&NAMES[..2], &mut chance);
    let sites = label.sites();
    wait::within(SETTLED, "all nodes say the same", || {
        settled::have_the_same_feeds(&sites)
    });
    label.spaces[0].stop();
    label.spaces[0].start_sabotaged("forge-records");
    let file = label.network.path("published.toml");
    std::fs::write(&file, scenarios::network::space_file("mug", 4_200)).expect("a file");
    let words = ["publish", "--file", scenarios::network::word(&file)];
    sites[1].try_json(&words).expect("it is published");
    let forger = &label.spaces[0].entity;
    label.spaces[1].until("what it forged is refused", |home| {
        space_of(home, forger)["feed"]["refusal"] == "seal_signature"
    });
    let said = settled::have_the_same_feeds(&sites);
    assert!(said.is_err(), "a forged record is in all feeds");
}
