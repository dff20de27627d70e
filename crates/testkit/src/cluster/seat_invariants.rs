//! What must hold of seats after every event, whatever happened.

use rules::seats::REGISTRATION_SECONDS;
use seal::Sealed;
use wire::registration::{NoticeBody, NoticeState};
use wire::request::{Answer, AnswerResult, Request};
use wire::{EntityId, Sha256Hash};

use super::invariants::{Held, Invariant, hold};
use super::seat_ledger::RegistrationName;
use super::watch::{HomeWord, RegisteredFact, SeatFact, SeatWord};
use super::world::World;

/// Broken too by a word that no owner has signed.
pub(crate) const WHAT_A_HOME_TOLD: &str = "invariant_what_a_home_told_its_member_the_owner_said";

/// All of those that are about seats.
pub(crate) const SEAT_INVARIANTS: &[Invariant] = &[
    (
        "invariant_seats_are_never_oversold",
        invariant_seats_are_never_oversold,
    ),
    (
        "invariant_nobody_passes_who_waits",
        invariant_nobody_passes_who_waits,
    ),
    (
        "invariant_who_waits_waits_for_a_seat",
        invariant_who_waits_waits_for_a_seat,
    ),
    (
        "invariant_one_registration_one_answer",
        invariant_one_registration_one_answer,
    ),
    (
        "invariant_revisions_only_grow",
        invariant_revisions_only_grow,
    ),
    (
        WHAT_A_HOME_TOLD,
        invariant_what_a_home_told_its_member_the_owner_said,
    ),
    (
        "invariant_an_accepted_seat_is_kept",
        invariant_an_accepted_seat_is_kept,
    ),
    (
        "invariant_a_registration_waits_or_was_answered",
        invariant_a_registration_waits_or_was_answered,
    ),
];

/// No commit of any node did what it may not by this invariant.
fn watched(world: &World, invariant: &str) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        if let Some(what) = machine.watch.seen().broken(invariant) {
            return Err(format!("n{number}: {what}"));
        }
    }
    Ok(())
}

/// Whenever somebody is given a seat, there are no more taken than there are.
fn invariant_seats_are_never_oversold(world: &World) -> Held {
    watched(world, "invariant_seats_are_never_oversold")
}

/// Nobody has a seat who came after somebody who waits.
fn invariant_nobody_passes_who_waits(world: &World) -> Held {
    watched(world, "invariant_nobody_passes_who_waits")
}

/// Nobody waits while a seat is free that can be had.
fn invariant_who_waits_waits_for_a_seat(world: &World) -> Held {
    watched(world, "invariant_who_waits_waits_for_a_seat")
}

/// A change of a seat, and what a home has heard of it, has a greater number than the one
/// before.
fn invariant_revisions_only_grow(world: &World) -> Held {
    watched(world, "invariant_revisions_only_grow")
}

/// A registration has one seat at most. To an honest home, which asks under one name, its
/// owner says one thing however often it is asked, the place in the waiting list included;
/// to the hostile one, under each name.
fn invariant_one_registration_one_answer(world: &World) -> Held {
    watched(world, "invariant_one_registration_one_answer")?;
    for (name, told) in &world.ledger.seats.answers {
        let (_, home, _) = name;
        let told = told.iter().filter(|(_, _, said)| said != "conflict");
        let mut told: Vec<_> = told.collect();
        if *home != world.hostile {
            hold(told.len() <= 1, || format!("{name:?} was told {told:?}"))?;
        }
        let count = told.len();
        told.dedup_by_key(|(op, body, _)| (op.clone(), *body));
        hold(told.len() == count, || {
            format!("{name:?} was told {told:?}")
        })?;
    }
    Ok(())
}

/// What a member knows of their seat, its owner has said; at the owner itself, that is how
/// it is.
fn invariant_what_a_home_told_its_member_the_owner_said(world: &World) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        let seen = machine.watch.seen();
        for it in seen.registered.values() {
            if it.owner == machine.name().as_str() {
                let seat = seen.seat(machine.name(), &it.id);
                hold(is_how_it_is(it, seat), || {
                    format!("n{number} tells its member {it:?} of {seat:?}")
                })?;
                continue;
            }
            let name = name_of(world, number, it);
            let is_said = match &it.state {
                HomeWord::Accepted { was_waiting: false } => is_answered(world, &name, "accepted"),
                HomeWord::Accepted { was_waiting: true } => {
                    let notices = &world.ledger.seats.notices;
                    notices.contains(&(name, it.revision, "accepted".to_owned()))
                }
                HomeWord::Waiting(rank) => is_answered(world, &name, &format!("waiting {rank}")),
                HomeWord::Cancelled(by) if by == "organiser" => {
                    is_taken_back(world, &name, it.revision)
                }
                HomeWord::Asked(_)
                | HomeWord::Refused
                | HomeWord::Unknown
                | HomeWord::Cancelling(_)
                | HomeWord::Cancelled(_)
                | HomeWord::GivenUp => true,
            };
            hold(is_said, || {
                format!("n{number} tells its member {it:?}, which nobody said")
            })?;
        }
    }
    Ok(())
}

fn name_of(world: &World, home: usize, it: &RegisteredFact) -> RegistrationName {
    let owner = world.number_of(&it.owner).unwrap_or(usize::MAX);
    (owner, home, it.id.clone())
}

fn is_answered(world: &World, name: &RegistrationName, what: &str) -> bool {
    let told = world.ledger.seats.answers.get(name);
    told.is_some_and(|told| told.iter().any(|(_, _, said)| said == what))
}

/// Whether an owner said so by then: what is over is over, whatever is said later.
fn is_taken_back(world: &World, name: &RegistrationName, by: u64) -> bool {
    let mut notices = world.ledger.seats.notices.iter();
    notices.any(|(of, revision, state)| of == name && *revision <= by && state == "cancelled")
}

/// Whether a member of the owner knows what the owner knows.
fn is_how_it_is(it: &RegisteredFact, seat: Option<&SeatFact>) -> bool {
    match (&it.state, seat.map(|seat| &seat.state)) {
        (HomeWord::Accepted { .. }, Some(SeatWord::Taken))
        | (HomeWord::Waiting(_), Some(SeatWord::Waiting))
        | (HomeWord::Refused | HomeWord::Unknown, None) => true,
        (HomeWord::Cancelled(by), Some(SeatWord::Cancelled(of))) => by == of,
        (_, _) => false,
    }
}

/// Whoever was told that they have a seat has it, unless somebody gave or took it back.
fn invariant_an_accepted_seat_is_kept(world: &World) -> Held {
    let ledger = &world.ledger.seats;
    for (name @ (owner, home, id), since) in &ledger.accepted {
        let is_old = world.now.seconds_since(*since) > REGISTRATION_SECONDS;
        if is_old || ledger.given_back.contains(&(*home, id.clone())) {
            continue;
        }
        let seen = world.machine(*owner).watch.seen();
        let seat = seen.seat(world.machine(*home).name(), id);
        let is_kept = seat.is_some_and(|seat| seat.state == SeatWord::Taken);
        hold(is_kept, || format!("{name:?} had a seat, and has {seat:?}"))?;
        drop(seen);
        // What the hostile space asks of its own accord, its own node does not know.
        if *home == world.hostile {
            continue;
        }
        let seen = world.machine(*home).watch.seen();
        let at_home = seen.registered.get(id).map(|it| &it.state);
        let is_lost = matches!(
            at_home,
            Some(HomeWord::Refused | HomeWord::Unknown | HomeWord::Cancelled(_))
        );
        hold(!is_lost, || {
            format!("{name:?} had a seat, and is {at_home:?}")
        })?;
    }
    Ok(())
}

/// Whatever a member asked waits in the outbox until it is answered, and nothing else does.
fn invariant_a_registration_waits_or_was_answered(world: &World) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        let seen = machine.watch.seen();
        let outbox = &machine.facts.outbox;
        for it in seen.registered.values() {
            let (op, kind) = match &it.state {
                HomeWord::Asked(op) => (op, "registration"),
                HomeWord::Cancelling(op) => (op, "cancellation"),
                HomeWord::Accepted { .. }
                | HomeWord::Waiting(_)
                | HomeWord::Refused
                | HomeWord::Unknown
                | HomeWord::Cancelled(_)
                | HomeWord::GivenUp => continue,
            };
            let about = (kind.to_owned(), it.id.clone());
            let waits = outbox.get(op).is_some_and(|it| it.about == about);
            hold(waits, || format!("n{number}: {it:?} waits nowhere"))?;
        }
        for (op, it) in outbox {
            let (kind, id) = &it.about;
            let is_of_member = matches!(kind.as_str(), "registration" | "cancellation");
            let is_known = seen.registered.contains_key(id);
            hold(!is_of_member || (is_known && !it.is_dead), || {
                format!("n{number}: {op} asks for nobody: {it:?}")
            })?;
        }
    }
    Ok(())
}

impl World {
    /// Opens what homes keep as their owners' words since the last look, by the keys of the
    /// owners, and compares it with what the members are told.
    pub(crate) fn open_seat_words(&mut self) -> Held {
        let mut opened = Vec::new();
        for (number, machine) in self.machines.iter().enumerate() {
            let seen = machine.watch.seen();
            for it in seen.registered.values() {
                let is_told = matches!(it.state, HomeWord::Accepted { .. } | HomeWord::Waiting(_));
                if !is_told || it.owner == machine.name().as_str() {
                    continue;
                }
                let text = it.answer.as_deref().unwrap_or_default();
                let state = format!("{:?} {}", it.state, it.revision);
                let hash = Sha256Hash::of(&[text.as_bytes(), it.id.as_bytes(), state.as_bytes()]);
                if self.words.contains(&hash) {
                    continue;
                }
                hold(self.is_signed(machine.name(), it, text), || {
                    format!("n{number} tells its member {it:?}, which nobody signed")
                })?;
                opened.push(hash);
            }
        }
        self.words.extend(opened);
        Ok(())
    }

    /// Whether the owner's word says what the member is told.
    fn is_signed(&self, home: &EntityId, it: &RegisteredFact, text: &str) -> bool {
        let Some(owner) = self.number_of(&it.owner).map(|owner| self.machine(owner)) else {
            return false;
        };
        if it.state == (HomeWord::Accepted { was_waiting: true }) {
            let notice = Sealed::<Request>::parse(text).and_then(|it| it.open(&owner.keys()));
            let Ok(notice) = notice else { return false };
            let is_theirs = notice.iss == *owner.name() && notice.aud == *home;
            return is_theirs
                && NoticeBody::of(&notice).is_ok_and(|body| {
                    body.registration == it.id
                        && body.revision == it.revision
                        && body.state == NoticeState::Accepted
                });
        }
        let answer = Sealed::<Answer>::parse(text).and_then(|it| it.open(&owner.keys()));
        let Ok(answer) = answer else { return false };
        let said = if let HomeWord::Waiting(rank) = it.state {
            (AnswerResult::Waiting, Some(rank))
        } else {
            (AnswerResult::Accepted, None)
        };
        answer.iss == *owner.name() && answer.aud == *home && (answer.result, answer.rank) == said
    }
}
