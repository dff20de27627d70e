//! What must hold after every event, whatever happened.
//!
//! Each is held against what the stores contain and against the ledger of what everybody
//! was told, and counts by itself what the nodes count.

use std::collections::{BTreeMap, BTreeSet};

use rules::visit::HalfDays;

use super::Broken;
use super::facts::{FateFact, OutgoingFact, StateFact, VisitFact};
use super::seat_invariants::{SEAT_INVARIANTS, WHAT_A_HOME_TOLD};
use super::world::World;

/// What an invariant says: nothing where it holds, or what was found.
pub(crate) type Held = Result<(), String>;

/// An invariant by its name.
pub(crate) type Invariant = (&'static str, fn(&World) -> Held);

/// All of those that are cheap enough to be held after every event.
const INVARIANTS: &[Invariant] = &[
    (
        "invariant_no_attempt_is_answered_twice",
        invariant_no_attempt_is_answered_twice,
    ),
    (
        "invariant_one_question_one_answer",
        invariant_one_question_one_answer,
    ),
    (
        "invariant_a_showing_lets_in_once",
        invariant_a_showing_lets_in_once,
    ),
    (
        "invariant_nobody_is_here_twice",
        invariant_nobody_is_here_twice,
    ),
    (
        "invariant_a_host_counts_a_half_day_once",
        invariant_a_host_counts_a_half_day_once,
    ),
    (
        "invariant_receipt_counted_once",
        invariant_receipt_counted_once,
    ),
    (
        "invariant_presence_counted_once",
        invariant_presence_counted_once,
    ),
    (
        "invariant_nobody_is_counted_who_was_not_there",
        invariant_nobody_is_counted_who_was_not_there,
    ),
    (
        "invariant_nothing_acknowledged_is_lost",
        invariant_nothing_acknowledged_is_lost,
    ),
    (
        "invariant_a_receipt_waits_or_was_answered",
        invariant_a_receipt_waits_or_was_answered,
    ),
    (
        "invariant_what_was_accepted_is_there",
        invariant_what_was_accepted_is_there,
    ),
    (
        "invariant_credit_follows_its_receipt",
        super::sums::invariant_credit_follows_its_receipt,
    ),
    (
        "invariant_allowance_is_the_sum",
        super::sums::invariant_allowance_is_the_sum,
    ),
];

impl World {
    /// Looks at every store, and holds every invariant.
    pub(crate) fn hold_invariants(&mut self) -> Result<(), Broken> {
        for machine in &mut self.machines {
            machine.facts.look(&machine.node.store());
        }
        let opened = self.open_receipts();
        opened.map_err(|what| Broken::new("invariant_receipts_are_genuine", what))?;
        let words = self.open_seat_words();
        words.map_err(|what| Broken::new(WHAT_A_HOME_TOLD, what))?;
        for (name, invariant) in INVARIANTS.iter().chain(SEAT_INVARIANTS) {
            invariant(self).map_err(|what| Broken::new(name, what))?;
        }
        Ok(())
    }
}

pub(crate) fn hold(holds: bool, what: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err(what()) }
}

/// Of all copies of an attempt, one is answered.
fn invariant_no_attempt_is_answered_twice(world: &World) -> Held {
    let twice = world.ledger.attempts.iter().find(|(_, times)| **times > 1);
    hold(twice.is_none(), || format!("{twice:?}"))
}

/// Whatever is asked under one name gets one answer, whenever it is asked; with another
/// body it gets `conflict`, and the first body never does.
fn invariant_one_question_one_answer(world: &World) -> Held {
    for (name, told) in &world.ledger.answers {
        let mut first = told.iter().filter(|(_, said)| said != "conflict");
        let (one, other) = (first.next(), first.next());
        let is_first_in_conflict = one.is_some_and(|(body, _)| {
            let conflict = (*body, "conflict".to_owned());
            told.contains(&conflict)
        });
        hold(other.is_none() && !is_first_in_conflict, || {
            format!("{name:?} was told {told:?}")
        })?;
    }
    Ok(())
}

/// A code is let in once, at however many desks it is shown.
fn invariant_a_showing_lets_in_once(world: &World) -> Held {
    let twice = world.ledger.let_in.iter().find(|(_, times)| **times > 1);
    hold(twice.is_none(), || format!("{twice:?}"))
}

fn by_guest(visits: &BTreeMap<String, VisitFact>) -> BTreeMap<&str, Vec<(&str, &VisitFact)>> {
    let mut all: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (id, visit) in visits {
        all.entry(&visit.guest)
            .or_default()
            .push((id.as_str(), visit));
    }
    all
}

/// A passport has one visit under way at a host, and that is what the host knows of it.
fn invariant_nobody_is_here_twice(world: &World) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        for (guest, visits) in by_guest(&machine.facts.visits) {
            let here = visits.iter().filter(|(_, it)| it.state == StateFact::Here);
            let here: Vec<&str> = here.map(|(id, _)| *id).collect();
            let known = machine.facts.guests.get(guest).cloned().flatten();
            let is_known = here == known.iter().map(String::as_str).collect::<Vec<_>>();
            hold(is_known, || {
                format!("n{number}: {guest} is here as {here:?}, known {known:?}")
            })?;
        }
    }
    Ok(())
}

/// No half of a day is counted by two visits of a passport at a host.
fn invariant_a_host_counts_a_half_day_once(world: &World) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        for (guest, visits) in by_guest(&machine.facts.visits) {
            let mut counted: BTreeMap<&str, HalfDays> = BTreeMap::new();
            for (id, visit) in visits {
                let StateFact::Ended(half_days) = visit.state else {
                    continue;
                };
                let of_day = counted.entry(&visit.date).or_default();
                hold(!of_day.overlaps(half_days), || {
                    format!("n{number}: {id} of {guest} counts {half_days:?} again")
                })?;
                *of_day = of_day.and(half_days);
            }
        }
    }
    Ok(())
}

/// A home has each receipt once, and counts no half-day of a member at a host twice.
fn invariant_receipt_counted_once(world: &World) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        let mut names = BTreeSet::new();
        let mut counted: BTreeMap<_, HalfDays> = BTreeMap::new();
        for it in &machine.facts.taken {
            hold(names.insert((&it.host, &it.id)), || {
                format!("n{number} has {} of {} twice", it.id, it.host)
            })?;
            if it.credit.is_some() {
                continue;
            }
            let of_day = counted.entry((&it.member, &it.host, &it.date)).or_default();
            hold(!of_day.overlaps(it.half_days), || {
                format!("n{number} counts {} of {} again", it.date, it.member)
            })?;
            *of_day = of_day.and(it.half_days);
        }
    }
    Ok(())
}

/// A showing proves one receipt that was not credited.
fn invariant_presence_counted_once(world: &World) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        let mut proofs = BTreeSet::new();
        for it in &machine.facts.taken {
            if it.is_paper || it.credit.is_some() {
                continue;
            }
            hold(proofs.insert((&it.host, it.proof)), || {
                format!("n{number}: the proof of {} stands for another", it.id)
            })?;
        }
    }
    Ok(())
}

/// Whoever is counted showed that very passport at that very host.
fn invariant_nobody_is_counted_who_was_not_there(world: &World) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        for it in &machine.facts.taken {
            let host = world.number_of(&it.host).unwrap_or_default();
            let showed = world.ledger.shown.get(&(host, it.proof));
            let member = showed.and_then(|member| world.members.get(*member));
            let is_theirs = member
                .is_some_and(|member| member.home == number && member.wallet.member == it.member);
            hold(is_theirs, || {
                format!(
                    "n{number}: {} of {} was not shown by {}",
                    it.id, it.host, it.member
                )
            })?;
        }
    }
    Ok(())
}

/// Whoever was let in has a visit, whatever was said of it afterwards holds, and a home
/// that said "accepted" has what it accepted.
fn invariant_nothing_acknowledged_is_lost(world: &World) -> Held {
    let ledger = &world.ledger;
    let visit = |(host, id): &(usize, String)| world.machine(*host).facts.visits.get(id);
    for name in ledger.arrived.keys() {
        hold(visit(name).is_some(), || format!("{name:?} is gone"))?;
    }
    for name in &ledger.ended {
        let is_over = visit(name).is_some_and(|it| it.state != StateFact::Here);
        hold(is_over, || format!("{name:?} has ended, and goes on"))?;
    }
    for name in &ledger.not_here {
        let is_kept = visit(name).is_some_and(|it| it.state == StateFact::NotHere);
        hold(is_kept, || format!("{name:?} never was, and is"))?;
    }
    for (home, host, id) in &ledger.accepted {
        let taken = taken(world, *home, *host, id);
        hold(taken.is_some(), || {
            format!("n{home} has lost {id} of n{host}")
        })?;
    }
    for (home, host, id) in &ledger.credited {
        let credit = taken(world, *home, *host, id).and_then(|it| it.credit.as_ref());
        hold(credit.is_some(), || {
            format!("n{home} has lost the credit of {id} of n{host}")
        })?;
    }
    Ok(())
}

fn taken<'a>(
    world: &'a World,
    home: usize,
    host: usize,
    id: &str,
) -> Option<&'a super::facts::TakenFact> {
    let host = world.machine(host).name().as_str();
    let mut taken = world.machine(home).facts.taken.iter();
    taken.find(|it| it.host == host && it.id == id)
}

/// A visit that counts has a receipt, and whatever was signed waits in the outbox, once,
/// until it is answered.
fn invariant_a_receipt_waits_or_was_answered(world: &World) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        let facts = &machine.facts;
        for (id, visit) in &facts.visits {
            let StateFact::Ended(half_days) = visit.state else {
                continue;
            };
            let receipt = visit.receipts.last().and_then(|it| facts.issued.get(it));
            let is_said = receipt.is_some_and(|it| it.visit == *id && it.credit.is_none());
            hold(half_days.is_none() || is_said, || {
                format!("n{number}: {id} counts, and has no receipt")
            })?;
        }
        let mut waiting = 0;
        for (id, issued) in &facts.issued {
            let credit = issued.credit.as_ref().map(|(_, fate)| ("credit", fate));
            for (kind, fate) in [("receipt", &issued.fate)].into_iter().chain(credit) {
                let FateFact::Waiting(op) = fate else {
                    continue;
                };
                let about = (kind.to_owned(), id.clone());
                let request = facts.outbox.get(op);
                let is_there = request.is_some_and(|it| it.about == about && !it.is_dead);
                hold(is_there, || format!("n{number}: {kind} {id} waits nowhere"))?;
                waiting += 1;
            }
        }
        let of_visits = |it: &&OutgoingFact| matches!(it.about.0.as_str(), "receipt" | "credit");
        let all = facts.outbox.values().filter(of_visits);
        let all = all.filter(|it| !it.is_dead).count();
        hold(all == waiting, || {
            format!("n{number}: {all} requests for {waiting} documents")
        })?;
    }
    Ok(())
}

/// What a host believes was accepted, its home has, as it was signed.
fn invariant_what_was_accepted_is_there(world: &World) -> Held {
    for (number, machine) in world.machines.iter().enumerate() {
        for (id, issued) in &machine.facts.issued {
            let home = world.number_of(&issued.home).unwrap_or_default();
            let taken = taken(world, home, number, id);
            let is_taken = taken.is_some_and(|it| it.text == issued.text);
            hold(issued.fate != FateFact::Accepted || is_taken, || {
                format!("n{number}: {id} was accepted, and n{home} does not have it")
            })?;
            let Some((_, FateFact::Accepted)) = &issued.credit else {
                continue;
            };
            let is_credited = taken.is_some_and(|it| it.credit.is_some());
            hold(is_credited, || {
                format!("n{number}: {id} was credited, and n{home} counts it")
            })?;
        }
    }
    Ok(())
}
