//! Seats for which more ask than there are, at nodes that are killed: at random moments, and
//! before and after each commit that decides about them.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use scenarios::network::{Network, word};
use scenarios::node::Node;
use scenarios::process::Process;
use scenarios::{binaries, http, wait};
use serde_json::{Value, json};

/// Seats, for which [`ASKING`] ask.
const SEATS: usize = 3;

/// How many ask: of the village that owns the event, and of two others.
const ASKING: [usize; 5] = [0, 1, 1, 2, 2];

/// Seeds that are tried each time. One that has failed belongs here.
const SEEDS: [u64; 4] = [1, 2, 3, 5];

/// Seeds that are new each time.
const FRESH_SEEDS: u64 = 2;

/// A village: its node, and the credential of its desk.
struct Village {
    node: Node,
    desk: String,
}

/// Villages, of which the first owns all events.
struct Villages {
    network: Network,
    villages: Vec<Village>,
}

/// A member of a village.
#[derive(Debug, Clone)]
struct Member {
    at: usize,
    id: String,
}

/// An event at the first village.
#[derive(Debug, Clone)]
struct Event {
    id: String,
    uid: String,
}

impl Villages {
    #[track_caller]
    fn found(names: &[&str]) -> Self {
        let network = Network::running();
        let nodes: Vec<_> = names.iter().map(|name| network.labelled(name)).collect();
        for reader in &nodes {
            for read in &nodes {
                reader.until("they know each other", |it| {
                    let space = scenarios::node::space_of(it, &read.entity);
                    space["standing"]["state"] == "labelled" && space["feed"]["seq"] != 0
                });
            }
        }
        let with_desk = |node: Node| {
            let words = [
                "access", "add", "--role", "steward", "--name", "x", "--token",
            ];
            let added = node.json(&words);
            let desk = added["token"].as_str().expect("a token").to_owned();
            Village { node, desk }
        };
        let villages = nodes.into_iter().map(with_desk).collect();
        Self { network, villages }
    }

    fn owner(&self) -> &Node {
        &self.villages[0].node
    }

    fn node(&mut self, at: usize) -> &mut Node {
        &mut self.villages[at].node
    }

    #[track_caller]
    fn member(&self, at: usize, name: &str) -> Member {
        let words = ["member", "add", "--name", name, "--formula", "month"];
        let added = self.villages[at].node.json(&words);
        let id = added["member"].as_str().expect("a member").to_owned();
        Member { at, id }
    }

    /// Publishes events with so many seats, and waits until all villages have read them.
    #[track_caller]
    fn published(&self, titles: &[&str], seats: usize) -> Vec<Event> {
        let start = now() + SignedDuration::from_hours(72);
        let start = start.strftime("%Y-%m-%dT%H:%M").to_string();
        let publish = |title: &&str| {
            let words = event_words(title, &start);
            let seats = seats.to_string();
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let done = self
                .owner()
                .json(&[&words[..], &["--seats", &seats]].concat());
            event_of(&done)
        };
        let events: Vec<_> = titles.iter().map(publish).collect();
        for event in &events {
            self.sees(event);
        }
        events
    }

    /// Waits until all villages have read an event.
    #[track_caller]
    fn sees(&self, event: &Event) {
        let path = format!("/api/v1/events/{}", event.uid);
        for village in &self.villages {
            wait::until("the event is read", || {
                http::try_json(village.node.port, &path).map(drop)
            });
        }
    }

    /// Asks a desk, and does not wait for the answer.
    fn ask(&self, at: usize, path: &str, body: &Value) -> std::io::Result<TcpStream> {
        let village = &self.villages[at];
        http::post(village.node.port, path, &village.desk, body)
    }

    /// Asks for a seat, and does not wait.
    fn ask_for(&self, member: &Member, event: &Event) -> std::io::Result<TcpStream> {
        let path = format!("/api/v1/members/{}/registrations", member.id);
        self.ask(member.at, &path, &json!({ "uid": event.uid }))
    }

    /// Gives a registration back, and does not wait.
    fn ask_back(&self, member: &Member, event: &Event) -> std::io::Result<TcpStream> {
        let path = format!("/api/v1/registrations/{}/cancel", self.id_of(member, event));
        self.ask(member.at, &path, &json!({}))
    }

    /// Asks for a seat until the home has taken that.
    #[track_caller]
    fn register(&self, member: &Member, event: &Event) {
        answered("the home takes what is asked for", || {
            self.ask_for(member, event)
        });
    }

    /// Gives back until the home has taken that.
    #[track_caller]
    fn give_back(&self, member: &Member, event: &Event) {
        answered("the home takes what is given back", || {
            self.ask_back(member, event)
        });
    }

    /// A member's registrations for an event, as their home knows them.
    fn held(&self, member: &Member, event: &Event) -> Result<Vec<Value>, String> {
        let village = &self.villages[member.at];
        let path = format!("/api/v1/members/{}/registrations", member.id);
        let line = format!("Authorization: Bearer {}", village.desk);
        let answer = http::ask("GET", village.node.port, &path, &[&line]);
        let said = answer.map_err(|error| error.to_string())?.json();
        let all = said["registrations"].as_array();
        let all = all.ok_or_else(|| said.to_string())?.iter();
        let of_event = all.filter(|row| row["uid"] == event.uid.as_str());
        Ok(of_event.cloned().collect())
    }

    /// The only one.
    fn held_once(&self, member: &Member, event: &Event) -> Result<Value, String> {
        let mut all = self.held(member, event)?;
        wait::ensure(all.len() == 1, || format!("{member:?} has {all:?}"))?;
        all.pop().ok_or_else(String::new)
    }

    #[track_caller]
    fn id_of(&self, member: &Member, event: &Event) -> String {
        let held = wait::until("the home answers", || self.held_once(member, event));
        held["id"].as_str().expect("a registration").to_owned()
    }

    /// Waits until a home says this of a registration.
    #[track_caller]
    fn comes_to(&self, member: &Member, event: &Event, state: &str) -> Value {
        wait::until(&format!("it is {state}"), || {
            let held = self.held_once(member, event)?;
            wait::ensure(held["state"]["is"] == state, || held.to_string())?;
            Ok(held)
        })
    }

    /// What the owner says of an event's seats, whatever was given back included.
    #[track_caller]
    fn seats(&self, event: &Event) -> Vec<Value> {
        let rows = self.owner().json(&["event", "seats", &event.id]);
        rows.as_array().expect("a list").clone()
    }

    /// Owner and homes say the same of each member who asked, and nobody is there twice:
    /// so many have a seat, and the others wait, one after the other.
    fn agree(&self, members: &[Member], event: &Event, taken: usize) -> Result<(), String> {
        let rows = self.seats(event);
        let mut waiting = Vec::new();
        let mut seated = 0;
        for member in members {
            let held = self.held_once(member, event)?;
            let village = &self.villages[member.at].node.entity;
            let is_this =
                |row: &&Value| row["registration"] == held["id"] && row["home"] == village.as_str();
            let mut found = rows.iter().filter(is_this);
            let (Some(row), None) = (found.next(), found.next()) else {
                return Err(format!("the owner has {rows:?} for {held}"));
            };
            let (there, here) = (row["state"].as_str(), held["state"]["is"].as_str());
            let is_same = match (there, here) {
                (Some("taken"), Some("accepted")) => true,
                (Some(there), Some(here)) => there == here,
                (_, _) => false,
            };
            wait::ensure(is_same, || format!("the owner {row}, the home {held}"))?;
            seated += usize::from(there == Some("taken"));
            if there == Some("waiting") {
                waiting.push((row["rank"].as_u64(), held["state"]["rank"].as_u64()));
            }
        }
        waiting.sort_unstable();
        let ranks: Vec<_> = waiting.iter().filter_map(|(rank, _)| *rank).collect();
        let due: Vec<_> = (1..).take(waiting.len()).collect();
        let is_line = ranks == due && (seated, rows.len()) == (taken, members.len());
        wait::ensure(is_line, || format!("{seated} seats, {waiting:?}: {rows:?}"))?;
        // What a home was told of its place when it was answered.
        let is_told = |(rank, told): &(Option<u64>, Option<u64>)| told >= rank;
        wait::ensure(waiting.iter().all(is_told), || format!("{waiting:?}"))
    }

    /// The members who have this state, by their place in line where they wait.
    #[track_caller]
    fn of_state(&self, members: &[Member], event: &Event, state: &str) -> Vec<Member> {
        let mut found = Vec::new();
        for member in members {
            let held = self.held_once(member, event).expect("the home answers");
            if held["state"]["is"] == state {
                found.push((held["state"]["rank"].as_u64(), member.clone()));
            }
        }
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, member)| member).collect()
    }

    /// Nothing waits to be sent anywhere any more, and all stores are sound.
    #[track_caller]
    fn are_sound(&self) {
        for node in self.villages.iter().map(|it| &it.node) {
            wait::until("everything is answered", || {
                let rows = node.json(&["outbox", "list"]);
                wait::ensure(rows == json!([]), || rows.to_string())
            });
            node.is_sound();
        }
        self.network.coordinator.is_sound();
    }

    /// Has a node stop at a place to which `act` brings it, kills it there, and starts it.
    #[track_caller]
    fn killed_at<T>(&mut self, at: usize, place: &str, act: impl FnOnce(&Self) -> T) {
        let node = self.node(at);
        node.kill();
        node.start_sabotaged(place);
        let begun = act(self);
        self.node(at).is_paused_at(place);
        self.node(at).is_killed_and_starts();
        drop(begun);
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(wait::now_seconds()).expect("a moment")
}

/// The words that publish an event.
fn event_words(title: &str, start: &str) -> Vec<String> {
    let words = ["event", "publish", "--title", title, "--start", start];
    words.map(str::to_owned).to_vec()
}

#[track_caller]
fn event_of(published: &Value) -> Event {
    let text = |name: &str| published[name].as_str().expect("a text").to_owned();
    Event {
        id: text("event"),
        uid: text("uid"),
    }
}

/// Asks until there is an answer, and it is a good one.
#[track_caller]
fn answered(what: &str, ask: impl Fn() -> std::io::Result<TcpStream>) {
    wait::until(what, || {
        let said = ask().and_then(|mut stream| http::answer(&mut stream));
        let answer = said.map_err(|error| error.to_string())?;
        wait::ensure(answer.status == 200, || answer.text())
    });
}

/// A number that follows from another, spread as if by chance.
fn next(seed: &mut u64, below: usize) -> usize {
    // Knuth's constants for a linear congruential generator; the high bits are good.
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).expect("31 bits") % below
}

fn millis(seed: &mut u64, below: usize) -> Duration {
    let millis = u64::try_from(next(seed, below)).expect("a small number");
    Duration::from_millis(millis)
}

/// All members in an order by chance.
fn shuffled(members: &[Member], seed: &mut u64) -> Vec<Member> {
    let mut left = members.to_vec();
    let mut order = Vec::new();
    while !left.is_empty() {
        order.push(left.swap_remove(next(seed, left.len())));
    }
    order
}

/// All ask, at once or soon after each other, while the owner is killed now and then.
#[track_caller]
fn ask_while_the_owner_is_killed(
    villages: &mut Villages,
    members: &[Member],
    event: &Event,
    seed: &mut u64,
) {
    let waits: Vec<_> = (0..=next(seed, 2)).map(|_| millis(seed, 400)).collect();
    let order = shuffled(members, seed).into_iter();
    let asked: Vec<_> = order.map(|member| (member, millis(seed, 150))).collect();
    // Whoever asks at the owner's own desk knows its port, whether it runs or not.
    let mut owner = Node::planned(villages.network.path("nowhere"));
    owner.port = villages.owner().port;
    owner.entity.clone_from(&villages.owner().entity);
    let mut owner = std::mem::replace(villages.node(0), owner);
    let killing = std::thread::spawn(move || {
        for wait in waits {
            wait::moment(wait);
            owner.kill();
            owner.start();
        }
        owner
    });
    let villages_now: &Villages = villages;
    std::thread::scope(|scope| {
        for (member, wait) in &asked {
            scope.spawn(move || {
                wait::moment(*wait);
                villages_now.register(member, event);
            });
        }
    });
    *villages.node(0) = killing.join().expect("the owner starts again");
}

/// One round: all ask, and then one who has a seat gives it back.
#[track_caller]
fn round(villages: &mut Villages, members: &[Member], event: &Event, mut seed: u64) {
    ask_while_the_owner_is_killed(villages, members, event, &mut seed);
    wait::until("three have a seat, and two wait", || {
        villages.agree(members, event, SEATS)
    });
    let line = villages.of_state(members, event, "waiting");
    let ranks = line.iter().map(|member| {
        let held = villages.held_once(member, event).expect("the home answers");
        held["state"]["rank"].as_u64()
    });
    // Nobody has given anything back: what a home was told is how it is.
    assert_eq!(ranks.collect::<Vec<_>>(), [Some(1), Some(2)]);
    let seated = villages.of_state(members, event, "accepted");
    let leaving = &seated[next(&mut seed, SEATS)];
    // Killed right after, or meanwhile: then it is asked again.
    let wait = millis(&mut seed, 60);
    let asked = villages.ask_back(leaving, event);
    wait::moment(wait);
    let home = villages.node(leaving.at);
    home.kill();
    home.start();
    drop(asked);
    villages.give_back(leaving, event);
    villages.comes_to(leaving, event, "cancelled");
    villages.comes_to(&line[0], event, "accepted");
    wait::until("the seat has gone on", || {
        villages.agree(members, event, SEATS)
    });
    villages.comes_to(&line[1], event, "waiting");
}

fn rounds(seeds: &[u64]) {
    let mut villages = Villages::found(&["mug", "troquet", "grenoble"]);
    let titles: Vec<_> = seeds.iter().map(|seed| format!("Graine {seed}")).collect();
    let titles: Vec<_> = titles.iter().map(String::as_str).collect();
    let events = villages.published(&titles, SEATS);
    let members: Vec<_> = ASKING
        .iter()
        .zip(["Anne", "Basile", "Camille", "Denis", "Élise"])
        .map(|(at, name)| villages.member(*at, name))
        .collect();
    for (seed, event) in seeds.iter().zip(&events) {
        let _ = writeln!(std::io::stderr(), "seed {seed}");
        round(&mut villages, &members, event, *seed);
    }
    villages.are_sound();
}

#[test]
fn five_ask_for_three_seats_while_nodes_are_killed() {
    rounds(&SEEDS);
}

#[test]
fn five_ask_for_three_seats_in_an_order_that_is_new_each_time() {
    let first = wait::now_seconds().cast_unsigned() << 20 | u64::from(std::process::id());
    let seeds: Vec<_> = (0..FRESH_SEEDS).map(|at| first + at).collect();
    rounds(&seeds);
}

#[test]
fn an_event_is_published_once_or_not_wherever_its_node_is_killed() {
    let mut villages = Villages::found(&["mug", "troquet"]);
    let start = now() + SignedDuration::from_hours(72);
    let start = start.strftime("%Y-%m-%dT%H:%M").to_string();
    for (place, is_kept) in [
        ("publish_event.before", false),
        ("publish_event.after", true),
    ] {
        let words = event_words(place, &start);
        villages.killed_at(0, place, |villages| {
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            typed(villages.owner(), &words)
        });
        let listed = villages.owner().json(&["event", "list"]);
        let rows = listed.as_array().expect("a list");
        let found: Vec<_> = rows.iter().filter(|row| row["title"] == place).collect();
        assert_eq!(found.len(), usize::from(is_kept), "{listed}");
        // What the network heard of it is what the node says.
        let event = if let Some(row) = found.first() {
            event_of(row)
        } else {
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            event_of(&villages.owner().json(&words))
        };
        villages.sees(&event);
    }
    villages.are_sound();
}

#[test]
fn a_seat_is_asked_for_once_wherever_home_or_owner_is_killed() {
    let mut villages = Villages::found(&["mug", "troquet"]);
    let own = villages.member(0, "Anne");
    let other = villages.member(1, "Basile");
    // Whose node is killed where, while who asks; and whether the home has it then.
    let places = [
        (0, "register.before", &own, false),
        (0, "register.after", &own, true),
        (1, "register.before", &other, false),
        (1, "register.after", &other, true),
        (0, "answer.before", &other, true),
        (0, "answer.after", &other, true),
        (1, "settle.before", &other, true),
        (1, "settle.after", &other, true),
    ];
    let titles: Vec<_> = places.iter().map(|(_, place, ..)| *place).collect();
    let events = villages.published(&titles, 1);
    for ((at, place, member, is_kept), event) in places.into_iter().zip(&events) {
        villages.killed_at(at, place, |villages| {
            villages.ask_for(member, event).expect("the home listens")
        });
        let held = villages.held(member, event).expect("the home answers");
        assert_eq!(held.len(), usize::from(is_kept), "{place}: {held:?}");
        villages.register(member, event);
        let held = villages.comes_to(member, event, "accepted");
        assert_eq!(held["state"]["was_waiting"], false, "{held}");
        let members = std::slice::from_ref(member);
        villages.agree(members, event, 1).expect(place);
    }
    villages.are_sound();
}

/// Of each event one has the only seat, and one waits for it.
#[track_caller]
fn first_and_second(villages: &Villages, events: &[Event], members: &[Member; 2]) {
    for (member, state) in members.iter().zip(["accepted", "waiting"]) {
        for event in events {
            villages.register(member, event);
        }
        for event in events {
            villages.comes_to(member, event, state);
        }
    }
}

/// A seat is given back, one node is killed there, and the seat has gone on, once.
#[track_caller]
fn goes_on(
    villages: &mut Villages,
    places: &[(usize, &str)],
    members: &[Member; 2],
    give_back: impl Fn(&Villages, &Event) -> Process,
    by: &str,
) {
    let titles: Vec<_> = places.iter().map(|(_, place)| *place).collect();
    let events = villages.published(&titles, 1);
    first_and_second(villages, &events, members);
    for ((at, place), event) in places.iter().zip(&events) {
        villages.killed_at(*at, place, |villages| give_back(villages, event));
        // Whether it was given back or not: it is now.
        let mut again = give_back(villages, event);
        let _ = again.wait(Duration::from_secs(30));
        let [first, second] = members;
        let gave = villages.comes_to(first, event, "cancelled");
        assert_eq!(gave["state"]["by"], by, "{place}: {gave}");
        let has = villages.comes_to(second, event, "accepted");
        assert_eq!(has["state"]["was_waiting"], true, "{place}: {has}");
        villages.agree(members, event, 1).expect(place);
    }
    villages.are_sound();
}

/// Types a command at a node that may be killed meanwhile.
#[track_caller]
fn typed(node: &Node, words: &[&str]) -> Process {
    let mut command = Command::new(binaries::escale());
    command
        .args(words)
        .args(["--dir", word(&node.dir)])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Process::start(&mut command)
}

#[test]
fn a_seat_given_back_goes_on_once_wherever_home_or_owner_is_killed() {
    let mut villages = Villages::found(&["mug", "troquet"]);
    let members = ["Basile", "Camille"].map(|name| villages.member(1, name));
    let places = [
        (1, "give_back.before"),
        (1, "give_back.after"),
        (0, "answer.before"),
        (0, "answer.after"),
        (1, "settle.before"),
        (1, "settle.after"),
    ];
    let first = members[0].clone();
    let give_back = move |villages: &Villages, event: &Event| {
        let registration = villages.id_of(&first, event);
        let words = ["registration", "cancel", &registration];
        typed(&villages.villages[1].node, &words)
    };
    goes_on(&mut villages, &places, &members, give_back, "member");
}

#[test]
fn a_seat_taken_back_goes_on_once_and_its_home_is_told_once() {
    let mut villages = Villages::found(&["mug", "troquet"]);
    let members = ["Basile", "Camille"].map(|name| villages.member(1, name));
    // The home answers what it is told; the owner settles that.
    let places = [
        (0, "cancel_seat.before"),
        (0, "cancel_seat.after"),
        (1, "answer.before"),
        (1, "answer.after"),
        (0, "settle.before"),
        (0, "settle.after"),
    ];
    let first = members[0].clone();
    let home = villages.villages[1].node.entity.clone();
    let take_back = move |villages: &Villages, event: &Event| {
        let registration = villages.id_of(&first, event);
        let words = ["event", "take-back", &registration, "--home", &home];
        typed(villages.owner(), &words)
    };
    goes_on(&mut villages, &places, &members, take_back, "organiser");
}

#[test]
fn what_is_asked_while_the_line_is_cut_is_kept_and_answered_when_it_is_back() {
    let mut villages = Villages::found(&["mug", "troquet"]);
    let member = villages.member(1, "Basile");
    let mut events = villages.published(&["Plus tard"], 1);
    let later = events.pop().expect("an event");
    // A minute that is nearly over, and that is over while the line is cut.
    let start = now() - SignedDuration::from_secs(54);
    let start = start.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let words = event_words("Bientôt fini", &start);
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let said = ["--time-zone", "UTC", "--lasts", "1m", "--seats", "1"];
    let over = event_of(&villages.owner().json(&[&words[..], &said].concat()));
    villages.sees(&over);
    villages.node(0).stop();

    let mut asked = BTreeSet::new();
    for event in [&later, &over] {
        villages.register(&member, event);
        asked.insert(villages.id_of(&member, event));
    }
    let held = villages.held_once(&member, &later);
    assert_eq!(held.expect("the home answers")["state"]["is"], "asked");
    for _ in 0..2 {
        villages.node(1).kill();
        villages.node(1).start();
        // Asked again, it is the same.
        villages.register(&member, &later);
        assert!(asked.contains(&villages.id_of(&member, &later)));
        villages.comes_to(&member, &later, "asked");
    }
    let ends = |held: &Value| held["ends"].as_i64().expect("a moment");
    let held = villages
        .held_once(&member, &over)
        .expect("the home answers");
    wait::until("the event is over", || {
        let now = wait::now_seconds();
        wait::ensure(now > ends(&held), || format!("{now}"))
    });
    villages.node(1).stop();
    villages.node(1).start();
    villages.comes_to(&member, &over, "given_up");
    villages.comes_to(&member, &later, "asked");

    villages.node(0).start();
    villages.comes_to(&member, &later, "accepted");
    villages.comes_to(&member, &over, "given_up");
    assert_eq!(villages.seats(&over), Vec::<Value>::new());
    let members = [member];
    villages
        .agree(&members, &later, 1)
        .expect("both say the same");
    villages.are_sound();
}
