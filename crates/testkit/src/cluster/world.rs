//! The nodes of a simulation, what is under way between them, and the time.

use std::collections::{BTreeMap, BTreeSet};

use rules::trust::CLOCK_LEEWAY_SECONDS;
use seal::KeySet;
use serde_json::Value;
use sync::Millis;
use sync::outbox::{Effect, Event, Limits, Outbox};
use wire::receipt::{CREDIT_KIND, RECEIPT_KIND, Receipt};
use wire::registration::{CANCELLATION_KIND, NOTICE_KIND, REGISTRATION_KIND};
use wire::{EntityId, Sha256Hash, Timestamp};

use super::Setting;
use super::actions::{Action, Showing};
use super::dice::Dice;
use super::facts::Facts;
use super::ledger::Ledger;
use super::network::{HandsOver, Network, Question};
use super::relays::lie;
use super::seats::Announced;
use super::store::{Removal, TurnStore};
use super::trace::Trace;
use super::turns::run;
use super::village::{Member, Village};
use super::watch::Watch;
use crate::node::Dress;
use crate::{ManualClock, SeededEntropy, TestNode};

/// An attempt that is under way, and since when.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    pub(crate) jti: String,
    pub(crate) since: Timestamp,
}

/// A node, and what its process has in mind.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) node: TestNode,
    /// How far its clock is from the time, as it always was.
    pub(crate) skew_seconds: i64,
    /// How far it has jumped from there.
    pub(crate) jump_seconds: i64,
    pub(crate) outbox: Outbox,
    pub(crate) flights: BTreeMap<String, Flight>,
    pub(crate) calls: BTreeMap<EntityId, u64>,
    /// How often it has said something new of itself.
    pub(crate) version: usize,
    pub(crate) facts: Facts,
    pub(crate) watch: Watch,
}

impl Machine {
    /// What a process has in mind when it starts: nothing.
    pub(crate) fn forget(&mut self) {
        self.outbox = Outbox::new(Limits::default());
        self.flights.clear();
        self.calls.clear();
    }

    pub(crate) fn name(&self) -> &EntityId {
        self.node.entity()
    }

    /// The key by which it speaks.
    pub(crate) fn keys(&self) -> KeySet {
        KeySet::only(self.node.plan().ops().public().clone())
    }
}

/// After how many seconds a sender stops waiting for an answer.
const ANSWER_SECONDS: i64 = 15;

/// How many of the codes that were shown last somebody may show again.
const CODES_MAX: usize = 16;

/// What a run tells more of, by its seed in turns: of visits, of both, or of seats.
const SEATS_PERCENT: [usize; 3] = [10, 50, 90];

/// Everything.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) machines: Vec<Machine>,
    pub(crate) members: Vec<Member>,
    pub(crate) dice: Dice,
    pub(crate) turns: Dice,
    pub(crate) now: Timestamp,
    pub(crate) network: Network,
    pub(crate) ledger: Ledger,
    pub(crate) trace: Trace,
    /// What senders and readers have decided to do.
    pub(crate) due: Vec<Action>,
    pub(crate) codes: Vec<Showing>,
    /// The receipts that were opened, by the digest of their text.
    pub(crate) opened: BTreeMap<Sha256Hash, Receipt>,
    /// The credits that were opened, by the digest of their text, each with the digest
    /// of its receipt.
    pub(crate) credits: BTreeMap<Sha256Hash, Sha256Hash>,
    /// The owners' words of seats that were opened, by their digests.
    pub(crate) words: BTreeSet<Sha256Hash>,
    /// The space that does what it should not.
    pub(crate) hostile: usize,
    /// The events that were published, or may have been.
    pub(crate) events: Vec<Announced>,
    /// How much of what people do is about seats, in percent; the rest is about visits.
    seats_percent: usize,
    /// Whether what a relay gives is taken for the word of the author.
    pub(crate) takes_relays_for_authors: bool,
}

impl World {
    /// The beginning of a run.
    pub(crate) fn of(village: &Village, setting: &Setting) -> Self {
        let dice = Dice::of(setting.seed, "events");
        let now = Village::begins_at();
        let names: Vec<EntityId> = village
            .nodes
            .iter()
            .map(|it| it.plan.entity.clone())
            .collect();
        let network = Network::new(names);
        let mut machines = Vec::new();
        for founded in &village.nodes {
            let name = founded.plan.entity.as_str();
            let clock = ManualClock::at(now);
            let entropy = SeededEntropy::new(&format!("{} {name}", setting.seed));
            let pace = Dice::of(setting.seed, name);
            let removed = setting.removed;
            let watch = Watch::of(&founded.plan.entity);
            let watched = watch.clone();
            let dress = Dress::of(move |inner| {
                watched.begin(&inner);
                let (dice, watch) = (pace.clone(), watched.clone());
                TurnStore {
                    inner,
                    dice,
                    removed,
                    watch,
                }
            });
            let store = founded.store.fork();
            let node = TestNode::start(founded.plan.clone(), store, (clock, entropy), dress);
            let node = run(node).expect("a node starts over what it has written");
            network.feeds.connect(&node);
            machines.push(Machine {
                node,
                skew_seconds: dice.between(-60, 60),
                jump_seconds: 0,
                outbox: Outbox::new(Limits::default()),
                flights: BTreeMap::new(),
                calls: BTreeMap::new(),
                version: 0,
                facts: Facts::default(),
                watch,
            });
        }
        let story = usize::try_from(setting.seed % 3).unwrap_or_default();
        let seats_percent = SEATS_PERCENT.get(story).copied().unwrap_or_default();
        let hostile = machines.len().saturating_sub(1);
        let liar = machines.get(hostile);
        liar.inspect(|it| lie(&network.feeds, it.name(), setting.seed));
        let world = Self {
            machines,
            members: village.members.clone(),
            turns: Dice::of(setting.seed, "turns"),
            dice,
            now,
            network,
            ledger: Ledger::default(),
            trace: Trace::default(),
            due: Vec::new(),
            codes: Vec::new(),
            opened: BTreeMap::new(),
            credits: BTreeMap::new(),
            words: BTreeSet::new(),
            hostile,
            events: village.events.clone(),
            seats_percent,
            takes_relays_for_authors: setting.removed == Some(Removal::Relayed),
        };
        world.set_clocks();
        world
    }

    pub(crate) fn machine(&self, number: usize) -> &Machine {
        self.machines.get(number).expect("there are as many nodes")
    }

    pub(crate) fn machine_mut(&mut self, number: usize) -> &mut Machine {
        let machine = self.machines.get_mut(number);
        machine.expect("there are as many nodes")
    }

    /// The number of the node of that name.
    pub(crate) fn number_of(&self, name: &str) -> Option<usize> {
        self.machines
            .iter()
            .position(|it| it.name().as_str() == name)
    }

    /// The simulated time, as a process measures it.
    pub(crate) fn millis(&self) -> Millis {
        let seconds = self.now.seconds_since(Village::begins_at());
        Millis(u64::try_from(seconds).unwrap_or_default() * 1_000)
    }

    /// Puts every clock where it stands at this time.
    pub(crate) fn set_clocks(&self) {
        for machine in &self.machines {
            let off = machine.skew_seconds + machine.jump_seconds;
            machine.node.clock().set(self.now.plus_seconds(off));
            machine.watch.seen().now = self.now;
        }
    }

    /// Sets a clock so far from the time. What a node forgot because it was old, a clock
    /// that is set back makes young again: of that it cannot know that it was shown, or
    /// answered, before, and nothing is held against it.
    pub(crate) fn set_off(&mut self, number: usize, (skew, jump): (i64, i64)) {
        let machine = self.machine_mut(number);
        let back = machine.skew_seconds + machine.jump_seconds - skew - jump;
        (machine.skew_seconds, machine.jump_seconds) = (skew, jump);
        self.set_clocks();
        if back > CLOCK_LEEWAY_SECONDS {
            self.ledger.let_in.retain(|(host, _), _| *host != number);
            self.ledger.attempts.retain(|(home, ..), _| *home != number);
        }
    }

    /// Lets time pass; who waits too long for an answer waits no more.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
        self.set_clocks();
        let now = self.now;
        for number in 0..self.machines.len() {
            let flights = &self.machine(number).flights;
            let is_over = |it: &Flight| now.seconds_since(it.since) >= ANSWER_SECONDS;
            let over = flights.iter().filter(|(_, it)| is_over(it));
            for op in over.map(|(op, _)| op.clone()).collect::<Vec<_>>() {
                self.machine_mut(number).flights.remove(&op);
                let noise = self.dice.number();
                self.tell(number, Event::Failed { op, noise });
            }
        }
    }

    /// Tells a sender what happened, and keeps what it wants to do.
    pub(crate) fn tell(&mut self, number: usize, event: Event) {
        let now = self.millis();
        let effects = self.machine_mut(number).outbox.step(now, event);
        for Effect::Send { op, .. } in effects {
            self.due.push(Action::Send { node: number, op });
        }
    }

    /// Whether the next that happens is about seats, and not about visits.
    pub(crate) fn is_about_seats(&self) -> bool {
        self.dice.is(self.seats_percent)
    }

    /// Remembers a code that somebody may show again.
    pub(crate) fn keep_code(&mut self, showing: &Showing) {
        self.codes.push(showing.clone());
        if self.codes.len() > CODES_MAX {
            self.codes.remove(0);
        }
    }
}

/// What the simulation knows of a request that a node has signed.
pub(crate) fn question(by: usize, text: &str, is_hostile: bool) -> Question {
    let request = claims(text);
    let (kind, body) = (text_of(&request, "kind"), request.get("body"));
    let body = body.unwrap_or(&Value::Null);
    let digest = Sha256Hash::of(&[kind.as_bytes(), b" ", body.to_string().as_bytes()]);
    Question {
        text: text.to_owned(),
        by,
        op: text_of(&request, "op"),
        jti: text_of(&request, "jti"),
        hands_over: match kind.as_str() {
            RECEIPT_KIND => HandsOver::Receipt(text_of(&claims(&text_of(body, "receipt")), "id")),
            CREDIT_KIND => HandsOver::Credit(text_of(&claims(&text_of(body, "credit")), "receipt")),
            REGISTRATION_KIND => {
                let registration = claims(&text_of(body, "registration"));
                HandsOver::Registration(text_of(&registration, "id"))
            }
            CANCELLATION_KIND => HandsOver::Cancellation(text_of(body, "registration")),
            NOTICE_KIND => HandsOver::Notice {
                id: text_of(body, "registration"),
                revision: body.get("revision").and_then(Value::as_u64).unwrap_or(0),
                state: text_of(body, "state"),
            },
            _ => HandsOver::Nothing,
        },
        body: digest,
        is_hostile,
    }
}

/// What a signed document says, its signature aside: whoever made it is at hand.
pub(crate) fn claims(document: &str) -> Value {
    let claims = document.split('.').nth(1).unwrap_or_default();
    let claims = seal::base64url::decode(claims).unwrap_or_default();
    serde_json::from_slice(&claims).unwrap_or_default()
}

fn text_of(value: &Value, name: &str) -> String {
    let text = value.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
