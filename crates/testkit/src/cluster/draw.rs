//! Which of all that may happen happens next: the seed says.

use std::collections::BTreeSet;

use app::{Correction, Op, VisitId};
use store::Fault;
use wire::{Sha256Hash, Timestamp, qr};

use super::actions::{Action, Showing};
use super::facts::StateFact;
use super::network::{Content, Packet};
use super::world::World;
use crate::HOUR_SECONDS;

/// The most that is under way at once, before what is doubled.
const AT_ONCE_MAX: usize = 4;

impl World {
    /// What happens next, at once. Time, lines and clocks have changed when this returns.
    pub(crate) fn draw(&mut self) -> Vec<Action> {
        let mut group = Vec::new();
        let size = if self.dice.is(55) {
            1
        } else {
            1 + self.dice.below(AT_ONCE_MAX)
        };
        while group.len() < size && !self.due.is_empty() && self.dice.is(80) {
            let which = self.dice.below(self.due.len());
            group.push(self.due.swap_remove(which));
        }
        for _ in group.len()..size {
            group.extend(self.draw_one());
        }
        // A process that is started cannot be started beside that.
        let mut started = BTreeSet::new();
        group.retain(|it| {
            let is_start = matches!(it, Action::Restart { .. });
            !is_start || started.insert(it.node())
        });
        self.draw_faults(&mut group);
        group
    }

    /// Some of what happens is cut short: a commit fails, lost or kept, or the process
    /// ends somewhere in the middle.
    fn draw_faults(&mut self, group: &mut Vec<Action>) {
        let Some(action) = self.dice.pick(group) else {
            return;
        };
        let node = action.node();
        let store = self.machine(node).node.store();
        let nth = 1 + self.dice.below(3);
        let fault = match self.dice.below(100) {
            0..2 => Fault::ErrorLost,
            2..5 => Fault::ErrorKept,
            5..6 => Fault::Conflict,
            6..8 if !group.iter().any(|it| is_restart_of(it, node)) => {
                self.trace.count("killed in the middle");
                group.push(Action::Restart { node });
                return;
            }
            _ => return,
        };
        self.trace.count(match fault {
            Fault::ErrorLost => "commits to be lost",
            Fault::ErrorKept => "commits to be kept, and not told so",
            Fault::Conflict | Fault::Full | Fault::Busy | Fault::Slow(_) => {
                "commits to be too late"
            }
        });
        self.trace
            .say(format!("  n{node} commit {nth} from now fails: {fault:?}"));
        store.fail_commit(nth, fault);
    }

    fn draw_one(&mut self) -> Vec<Action> {
        match self.dice.below(100) {
            0..30 => self.draw_packets(),
            30..40 => vec![self.draw_plan()],
            40..66 if self.is_about_seats() => self.draw_seats(),
            40..53 => self.draw_showing(),
            53..61 => self.draw_leaving(),
            61..66 => self.draw_correction(),
            66..74 => self.draw_time(),
            74..82 => self.draw_pull(),
            82..85 => vec![Action::Look {
                node: self.dice.below(self.machines.len()),
            }],
            85..87 => self.draw_publishing(),
            87..91 => self.draw_line(),
            91..93 => self.draw_jump(),
            93..97 if self.is_about_seats() => self.draw_hostile_about_seats(),
            93..97 => self.draw_hostile(),
            97..98 => self.draw_again(),
            _ => vec![Action::Restart {
                node: self.dice.below(self.machines.len()),
            }],
        }
    }

    pub(crate) fn any_space(&self) -> usize {
        1 + self.dice.below(self.machines.len().saturating_sub(1))
    }

    fn draw_plan(&self) -> Action {
        let node = self.dice.below(self.machines.len());
        Action::Plan { node }
    }

    /// A packet arrives, or is lost where its way is cut; its copies may arrive with it.
    fn draw_packets(&mut self) -> Vec<Action> {
        let Some(packet) = self.network.take(&self.dice) else {
            return vec![self.draw_plan()];
        };
        let mut arriving = Vec::new();
        if self.dice.is(30) {
            let is_copy = |it: &mut Packet| is_same(&it.content, &packet.content);
            arriving.extend(self.network.under_way.extract_if(.., is_copy));
        }
        arriving.push(packet);
        let (arriving, lost): (Vec<_>, Vec<_>) = arriving
            .into_iter()
            .partition(|it| !self.network.is_cut(it.from, it.to));
        for packet in lost {
            self.trace.count("packets lost");
            self.trace.say(format!("  #{} is lost", packet.number));
        }
        let mut actions: Vec<_> = arriving.into_iter().map(Action::Deliver).collect();
        if let Some(Action::Deliver(packet)) = actions.first() {
            let (is_either, is_about_seats) = (self.dice.is(25), self.is_about_seats());
            let is_seat = is_either || is_about_seats;
            let is_visit = is_either || !is_about_seats;
            let correction = is_visit.then(|| self.correct_meanwhile(packet)).flatten();
            let about_seat = || is_seat.then(|| self.seat_meanwhile(packet)).flatten();
            actions.extend(correction.or_else(about_seat));
        }
        actions
    }

    /// A steward corrects the visit whose receipt is being answered for.
    fn correct_meanwhile(&self, packet: &Packet) -> Option<Action> {
        let Content::Reply { op, .. } = &packet.content else {
            return None;
        };
        let facts = &self.machine(packet.to).facts;
        let issued = facts.issued.get(&facts.outbox.get(op)?.about.1)?;
        let arrived = facts.visits.get(&issued.visit)?.arrived;
        let visit = VisitId::parse(&issued.visit)?;
        Some(self.correct(packet.to, visit, Timestamp(arrived)))
    }

    /// Somebody shows their passport: a code of this moment or one of before, once or at
    /// two desks at once, or a paper.
    fn draw_showing(&mut self) -> Vec<Action> {
        let showing = match self.dice.pick(&self.codes) {
            Some(old) if self.dice.is(10) => old.clone(),
            _ => self.new_showing(),
        };
        let times = if self.dice.is(20) { 2 } else { 1 };
        (0..times).map(|_| Action::Show(showing.clone())).collect()
    }

    fn new_showing(&mut self) -> Showing {
        let host = self.any_space();
        let number = self.dice.below(self.members.len());
        let member = self.members.get(number).expect("there are as many members");
        let is_paper = self.dice.is(15);
        let (code, text) = if is_paper {
            let text = qr::decode(&member.paper).expect("a code is one");
            (member.paper.clone(), text)
        } else {
            let desk = &self.machine(host).node;
            // A phone has the right time, or the host's.
            let at = if self.dice.is(60) {
                desk.app().now()
            } else {
                self.now
            };
            let (to, nonce) = (desk.entity().as_str(), self.dice.token());
            let text = member.wallet.present(&member.wallet.claims(to, at, &nonce));
            (qr::encode(&text).expect("a passport fits a code"), text)
        };
        let showing = Showing {
            member: number,
            host,
            proof: Sha256Hash::of(&[text.as_bytes()]),
            code,
            is_paper,
        };
        let shown = (host, showing.proof);
        self.ledger.shown.insert(shown, number);
        self.keep_code(&showing);
        showing
    }

    fn any_visit(&self, of: impl Fn(&StateFact) -> bool) -> Option<(usize, VisitId, Timestamp)> {
        let host = self.any_space();
        let visits = &self.machine(host).facts.visits;
        let some: Vec<_> = visits.iter().filter(|(_, it)| of(&it.state)).collect();
        // Of many, one of the latest: the others have been talked of enough.
        let latest = some.get(some.len().saturating_sub(4)..).unwrap_or_default();
        let (id, visit) = self.dice.pick(latest)?;
        let id = VisitId::parse(id).expect("a visit has an id");
        Some((host, id, Timestamp(visit.arrived)))
    }

    fn draw_leaving(&mut self) -> Vec<Action> {
        let is_any = self.dice.is(10);
        let visit = self.any_visit(|state| is_any || *state == StateFact::Here);
        let Some((host, visit, arrived)) = visit else {
            return Vec::new();
        };
        let leave = Action::Leave { host, visit };
        match self.dice.below(10) {
            0 => vec![leave.clone(), leave],
            1 => vec![leave, self.correct(host, visit, arrived)],
            _ => vec![leave],
        }
    }

    fn correct(&self, host: usize, visit: VisitId, arrived: Timestamp) -> Action {
        let correction = if self.dice.is(35) {
            Correction::NotHere
        } else {
            let stay = self.dice.between(0, 6 * HOUR_SECONDS);
            Correction::Left(arrived.plus_seconds(stay))
        };
        Action::Correct {
            host,
            visit,
            correction,
        }
    }

    fn draw_correction(&mut self) -> Vec<Action> {
        let visit = self.any_visit(|state| *state != StateFact::NotHere);
        let Some((host, visit, arrived)) = visit else {
            return Vec::new();
        };
        let times = if self.dice.is(20) { 2 } else { 1 };
        (0..times)
            .map(|_| self.correct(host, visit, arrived))
            .collect()
    }

    /// Mostly seconds, in which senders try again; now and then hours, in which spaces
    /// close and nodes look what is due.
    fn draw_time(&mut self) -> Vec<Action> {
        let is_long = self.dice.is(22);
        let seconds = if is_long {
            self.dice.between(20 * 60, 4 * HOUR_SECONDS)
        } else {
            self.dice.between(2, 90)
        };
        self.trace.say(format!("  {seconds} seconds pass"));
        self.pass(seconds);
        if !is_long {
            return Vec::new();
        }
        if !self.network.under_way.is_empty() {
            self.trace.count("packets held up");
        }
        let looks = (0..self.machines.len()).map(|node| Action::Look { node });
        let looks: Vec<_> = looks.filter(|_| self.dice.is(60)).collect();
        self.due.extend(looks);
        Vec::new()
    }

    fn draw_publishing(&mut self) -> Vec<Action> {
        let node = self.any_space();
        let times = if self.dice.is(30) { 2 } else { 1 };
        let machine = self.machine_mut(node);
        let versions = machine.version + 1..=machine.version + times;
        machine.version += times;
        if self.dice.is(50) {
            self.read_through_the_hostile(node);
        }
        versions
            .map(|version| Action::Publish { node, version })
            .collect()
    }

    fn draw_line(&mut self) -> Vec<Action> {
        let (one, other) = (self.any_space(), self.dice.below(self.machines.len()));
        let line = match self.dice.below(100) {
            0..40 => {
                self.network.cut_way(one, other);
                self.trace.count("ways cut");
                format!("  what n{one} sends to n{other} is lost")
            }
            40..60 => {
                self.network.cut_node(one);
                self.trace.count("nodes cut off");
                format!("  n{one} is cut off")
            }
            _ => {
                self.network.mend();
                "  all lines are mended".to_owned()
            }
        };
        self.trace.say(line);
        Vec::new()
    }

    /// The clock of a space jumps, or is put right. The coordinator's is right: what it
    /// signs holds for all, and a test of its own says what a wrong one does.
    fn draw_jump(&mut self) -> Vec<Action> {
        let node = self.any_space();
        let seconds = match self.dice.below(100) {
            0..50 => 0,
            50..75 => self.dice.between(-20 * 60, 20 * 60),
            _ => self.dice.between(-5 * HOUR_SECONDS, 5 * HOUR_SECONDS),
        };
        let skew = self.machine(node).skew_seconds;
        self.set_off(node, (skew, seconds));
        if seconds != skew {
            self.trace.count("clocks that jump");
        }
        self.trace
            .say(format!("  the clock of n{node} is {seconds} seconds off"));
        Vec::new()
    }

    fn draw_again(&mut self) -> Vec<Action> {
        let node = self.any_space();
        let outbox = &self.machine(node).facts.outbox;
        let dead = outbox.iter().filter(|(_, it)| it.is_dead);
        let dead: Vec<_> = dead.filter_map(|(op, _)| Op::parse(op)).collect();
        match self.dice.pick(&dead) {
            Some(op) => vec![Action::Again { node, op: *op }],
            None => Vec::new(),
        }
    }
}

fn is_restart_of(action: &Action, node: usize) -> bool {
    matches!(action, Action::Restart { node: of } if *of == node)
}

/// Whether two packets are copies of each other.
fn is_same(one: &Content, other: &Content) -> bool {
    match (one, other) {
        (Content::Question(one), Content::Question(other)) => one.jti == other.jti,
        (Content::Reply { jti: one, .. }, Content::Reply { jti: other, .. }) => one == other,
        (Content::Question(_) | Content::Reply { .. }, _) => false,
    }
}
