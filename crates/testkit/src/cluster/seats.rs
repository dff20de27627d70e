//! What happens about events and seats: the seed says.

use app::{RegistrationId, Wish};
use wire::event::event_uid;

use super::actions::Action;
use super::network::{Content, HandsOver, Packet, Question};
use super::seat_actions::{Plan, SeatAction, dues_of};
use super::watch::{HomeWord, SeatWord};
use super::world::World;
use crate::{DAY_SECONDS, HOUR_SECONDS};

/// An event that somebody has published, or tried to.
#[derive(Debug, Clone)]
pub(crate) struct Announced {
    pub(crate) owner: usize,
    pub(crate) id: String,
    pub(crate) plan: Plan,
}

/// The most events of a run: few, so that members meet at them.
const EVENTS_MAX: usize = 8;

/// The most seats of an event: fewer than there are members.
const SEATS_MAX: i64 = 3;

impl World {
    pub(crate) fn draw_seats(&mut self) -> Vec<Action> {
        match self.dice.below(100) {
            0..45 => self.draw_registering(),
            45..65 => self.draw_giving_back(),
            65..80 => self.draw_changing(),
            80..84 => self.draw_cancelling(),
            84..92 => self.draw_taking_back(),
            _ => self.draw_event(),
        }
    }

    /// Somebody asks for a seat: once, or twice at once.
    fn draw_registering(&self) -> Vec<Action> {
        let member = self.dice.pick(&self.members);
        let Some((member, event)) = member.zip(self.dice.pick(&self.events)) else {
            return Vec::new();
        };
        let due = self.dice.pick(&dues_of(event.plan)).cloned().flatten();
        let wish = Wish {
            uid: event_uid(self.machine(event.owner).name(), &event.id),
            due,
            name: None,
        };
        let register = Action::Seat {
            node: member.home,
            action: SeatAction::Register {
                member: member.clone(),
                wish,
                by_phone: self.dice.is(25),
            },
        };
        let times = if self.dice.is(20) { 2 } else { 1 };
        vec![register; times]
    }

    /// Somebody gives back what they have, wait for or have just asked for; now and then
    /// what is given back already.
    fn draw_giving_back(&self) -> Vec<Action> {
        let home = self.any_space();
        let is_any = self.dice.is(10);
        let is_active = |state: &HomeWord| match state {
            HomeWord::Asked(_) | HomeWord::Accepted { .. } | HomeWord::Waiting(_) => true,
            HomeWord::Refused
            | HomeWord::Unknown
            | HomeWord::Cancelling(_)
            | HomeWord::Cancelled(_)
            | HomeWord::GivenUp => is_any,
        };
        let seen = self.machine(home).watch.seen();
        let some = seen.registered.values().filter(|it| is_active(&it.state));
        let ids: Vec<String> = some.map(|it| it.id.clone()).collect();
        drop(seen);
        let given_back = self.dice.pick(&ids).and_then(|id| give_back(home, id));
        let Some(given_back) = given_back else {
            return Vec::new();
        };
        let times = if self.dice.is(15) { 2 } else { 1 };
        vec![given_back; times]
    }

    fn draw_changing(&self) -> Vec<Action> {
        let event = self.dice.pick(&self.events).cloned();
        let event = event.map(|event| self.change(&event));
        event.into_iter().collect()
    }

    fn change(&self, event: &Announced) -> Action {
        let capacity = self.dice.between(1, SEATS_MAX);
        let action = SeatAction::Change {
            id: event.id.clone(),
            capacity: u64::try_from(capacity).unwrap_or(1),
            is_confirmed: self.dice.is(30),
        };
        let node = event.owner;
        Action::Seat { node, action }
    }

    /// An event does not take place, or one date of it.
    fn draw_cancelling(&self) -> Vec<Action> {
        let Some(event) = self.dice.pick(&self.events) else {
            return Vec::new();
        };
        let due = self.dice.pick(&dues_of(event.plan)).cloned().flatten();
        let action = SeatAction::Cancel {
            id: event.id.clone(),
            due: due.filter(|_| self.dice.is(80)),
        };
        let node = event.owner;
        vec![Action::Seat { node, action }]
    }

    fn draw_taking_back(&self) -> Vec<Action> {
        let Some(owner) = self.dice.pick(&self.events).map(|it| it.owner) else {
            return Vec::new();
        };
        self.take_back(owner).into_iter().collect()
    }

    fn take_back(&self, owner: usize) -> Option<Action> {
        let is_any = self.dice.is(10);
        let seen = self.machine(owner).watch.seen();
        let is_held = |state: &SeatWord| is_any || !matches!(state, SeatWord::Cancelled(_));
        let some = seen.seats.values().filter(|it| is_held(&it.state));
        let some: Vec<_> = some.map(|it| (it.home.clone(), it.id.clone())).collect();
        drop(seen);
        let (home, id) = self.dice.pick(&some)?;
        let home = self.number_of(home)?;
        let action = SeatAction::TakeBack {
            home: self.machine(home).name().clone(),
            id: RegistrationId::parse(id)?,
        };
        Some(Action::Seat {
            node: owner,
            action,
        })
    }

    /// A space or the coordinator publishes an event: some hours away, or some days.
    fn draw_event(&mut self) -> Vec<Action> {
        if self.events.len() >= EVENTS_MAX {
            return self.draw_changing();
        }
        let owner = self.dice.below(self.machines.len());
        let ahead = if self.dice.is(30) {
            self.dice.between(1, 8) * HOUR_SECONDS
        } else {
            self.dice.between(3, 9) * DAY_SECONDS
        };
        let capacity = self.dice.between(1, SEATS_MAX);
        let event = Announced {
            owner,
            id: format!("event-{}", self.events.len()),
            plan: Plan {
                begins: self.now.plus_seconds(ahead),
                capacity: u64::try_from(capacity).unwrap_or(1),
                is_weekly: self.dice.is(30),
            },
        };
        let action = SeatAction::Publish {
            id: event.id.clone(),
            plan: event.plan,
        };
        self.events.push(event);
        let node = owner;
        vec![Action::Seat { node, action }]
    }

    /// What somebody does about the seat of which a packet tells, as it arrives.
    pub(crate) fn seat_meanwhile(&self, packet: &Packet) -> Option<Action> {
        match &packet.content {
            Content::Question(Question { hands_over, .. }) => match hands_over {
                HandsOver::Registration(id) | HandsOver::Cancellation(id) => {
                    if self.dice.is(35) {
                        return self.take_back(packet.to);
                    }
                    let seen = self.machine(packet.from).watch.seen();
                    let event = seen.registered.get(id).map(|it| it.event.clone());
                    drop(seen);
                    let is_it =
                        |it: &&Announced| it.owner == packet.to && Some(&it.id) == event.as_ref();
                    self.events
                        .iter()
                        .find(is_it)
                        .map(|event| self.change(event))
                }
                HandsOver::Notice { id, .. } => give_back(packet.to, id),
                HandsOver::Receipt(_) | HandsOver::Credit(_) | HandsOver::Nothing => None,
            },
            Content::Reply { op, .. } => {
                let facts = &self.machine(packet.to).facts;
                let (kind, id) = &facts.outbox.get(op)?.about;
                if kind != "registration" {
                    return None;
                }
                give_back(packet.to, id)
            }
        }
    }
}

fn give_back(node: usize, id: &str) -> Option<Action> {
    let id = RegistrationId::parse(id)?;
    let action = SeatAction::GiveBack { id };
    Some(Action::Seat { node, action })
}
