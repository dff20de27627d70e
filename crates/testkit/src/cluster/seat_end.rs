//! The end of every run: of each registration both sides say the same, and nobody waits for
//! a seat that is free.

use std::collections::BTreeMap;

use rules::event::occurrence;
use rules::seats::can_register;
use wire::event::LocalTime;

use super::Broken;
use super::invariants::{Held, hold};
use super::watch::{HomeWord, RegisteredFact, SeatFact, SeatWord, Seen};
use super::world::World;

impl World {
    /// Holds what owners and homes say against each other, now that all is heard.
    pub(crate) fn compare_seats(&self) -> Result<(), Broken> {
        for owner in 0..self.machines.len() {
            let waiting = self.who_waits(owner);
            waiting.map_err(|what| Broken::new("invariant_who_waits_waits_for_a_seat", what))?;
            for home in 0..self.machines.len() {
                // What the hostile space says to or of others, its own node does not know.
                if owner == home || owner == self.hostile || home == self.hostile {
                    continue;
                }
                let are_equal = self.are_equal(owner, home);
                are_equal
                    .map_err(|what| Broken::new("invariant_seats_are_equal_on_both_sides", what))?;
            }
        }
        Ok(())
    }

    fn are_equal(&self, owner: usize, home: usize) -> Held {
        let (at_owner, at_home) = (self.machine(owner), self.machine(home));
        let name = at_owner.name().as_str();
        let (seats, registered) = (at_owner.watch.seen(), at_home.watch.seen());
        let theirs = registered.registered.values().filter(|it| it.owner == name);
        for it in theirs {
            let seat = seats.seat(at_home.name(), &it.id);
            let is_over = it.ends <= self.now.0;
            hold(is_same(it, seat) || (is_over && is_given_up(it)), || {
                format!("n{home} says {it:?}, and n{owner} {seat:?}")
            })?;
        }
        let mut seats = seats
            .seats
            .values()
            .filter(|it| it.home == at_home.name().as_str());
        let stray = seats.find(|it| !registered.registered.contains_key(&it.id));
        hold(stray.is_none(), || {
            format!("n{owner} says {stray:?}, of which n{home} knows nothing")
        })
    }

    /// Whoever waits, waits because all seats are taken, or because nobody is let in any
    /// more.
    fn who_waits(&self, owner: usize) -> Held {
        let seen = self.machine(owner).watch.seen();
        let mut lines: BTreeMap<(&str, Option<&LocalTime>), (u64, u64)> = BTreeMap::new();
        for seat in seen.seats.values() {
            let line = (seat.event.as_str(), seat.due.as_ref());
            let (taken, waiting) = lines.entry(line).or_default();
            *taken += u64::from(seat.state == SeatWord::Taken);
            *waiting += u64::from(seat.state == SeatWord::Waiting);
        }
        for ((event, due), (taken, waiting)) in lines {
            let free = self.seats_of(&seen, event, due).saturating_sub(taken);
            hold(waiting == 0 || free == 0, || {
                format!("n{owner} {event} {due:?}: {waiting} wait, and {free} seats are free")
            })?;
        }
        Ok(())
    }

    /// How many seats can be had now.
    fn seats_of(&self, seen: &Seen, event: &str, due: Option<&LocalTime>) -> u64 {
        let event = seen.events.get(event);
        let found = event.and_then(|event| Some((event, occurrence(event, due)?)));
        let seats = found.map(|(event, it)| can_register(event, &it, self.now));
        seats.and_then(Result::ok).unwrap_or(0)
    }
}

/// Whether a home says of a registration what its owner says.
fn is_same(it: &RegisteredFact, seat: Option<&SeatFact>) -> bool {
    match (&it.state, seat.map(|seat| &seat.state)) {
        (HomeWord::Accepted { .. }, Some(SeatWord::Taken))
        | (HomeWord::Waiting(_), Some(SeatWord::Waiting))
        | (HomeWord::Refused | HomeWord::Unknown, None) => true,
        (HomeWord::Cancelled(by), Some(SeatWord::Cancelled(of))) => by == of,
        (_, _) => false,
    }
}

/// Whether it was over before it was answered.
fn is_given_up(it: &RegisteredFact) -> bool {
    matches!(it.state, HomeWord::GivenUp | HomeWord::Cancelled(_))
}
