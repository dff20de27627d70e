//! The end of every run: all is healed, and both sides must come to the same.

use std::collections::BTreeSet;

use app::Depth;

use super::Broken;
use super::actions::{Action, Reading};
use super::facts::FateFact;
use super::network::Content;
use super::turns::run;
use super::world::World;
use crate::{DAY_SECONDS, HOUR_SECONDS};

/// Within so many rounds, of an hour each, everything is answered: the longest wait of a
/// sender is an hour, and what is answered in one round may free what comes after it.
const ROUNDS_MAX: usize = 3;

/// How long nothing happens at once, where everybody waits.
const IDLE_SECONDS: i64 = 5;

/// The most steps of a round, of a second or of [`IDLE_SECONDS`]: what is due is sent and
/// answered.
const STEPS_MAX: usize = 400;

impl World {
    /// Heals everything, lets all settle, and holds both sides against each other.
    pub(crate) fn settle(&mut self) -> Result<(), Broken> {
        self.trace.say("all is healed".to_owned());
        self.network.heal();
        for number in 0..self.machines.len() {
            self.set_off(number, (0, 0));
        }
        self.restart_all()?;
        // Every space closes meanwhile, and the looks end what nobody ended.
        self.pass(DAY_SECONDS);
        let mut rounds = 0;
        while rounds == 0 || !self.is_settled() {
            if rounds == ROUNDS_MAX {
                return Err(unsettled(self));
            }
            self.round()?;
            rounds += 1;
        }
        self.trace.say(format!("settled after {rounds} rounds"));
        self.compare()?;
        self.compare_seats()?;
        self.check_stores()
    }

    fn restart_all(&mut self) -> Result<(), Broken> {
        let all = 0..self.machines.len();
        self.act(all.map(|node| Action::Restart { node }).collect())
    }

    fn round(&mut self) -> Result<(), Broken> {
        let looks = (0..self.machines.len()).map(|node| Action::Look { node });
        self.act(looks.collect())?;
        self.pull_all()?;
        self.hold_invariants()?;
        for _ in 0..STEPS_MAX {
            let plans = (0..self.machines.len()).map(|node| Action::Plan { node });
            self.act(plans.collect())?;
            let due = std::mem::take(&mut self.due);
            let packets = std::mem::take(&mut self.network.under_way);
            if due.is_empty() && packets.is_empty() {
                if self.is_settled() {
                    break;
                }
                self.pass(IDLE_SECONDS);
                continue;
            }
            self.act(due)?;
            self.act(packets.into_iter().map(Action::Deliver).collect())?;
            self.hold_invariants()?;
            self.pass(1);
        }
        self.pass(HOUR_SECONDS);
        Ok(())
    }

    /// Everybody reads everybody, and nobody is refused.
    fn pull_all(&mut self) -> Result<(), Broken> {
        for node in 0..self.machines.len() {
            for author in 0..self.machines.len() {
                if node != author {
                    let author = self.machine(author).name().clone();
                    self.act(vec![Action::Pull(Reading::of(node, &author))])?;
                }
            }
        }
        Ok(())
    }

    fn is_settled(&self) -> bool {
        let machines = self.machines.iter().enumerate();
        let heard = machines.filter(|(number, _)| !self.ledger.unheard.contains(number));
        let mut waiting = heard.flat_map(|(_, it)| it.facts.outbox.values());
        waiting.all(|it| it.is_dead)
    }

    /// What hosts say was accepted is what homes have taken, credits included. What the
    /// hostile space says counts for less: what it says was accepted must be there.
    fn compare(&self) -> Result<(), Broken> {
        for (host, machine) in self.machines.iter().enumerate() {
            let mut said = BTreeSet::new();
            for (id, issued) in &machine.facts.issued {
                let is_credited = matches!(&issued.credit, Some((_, FateFact::Accepted)));
                if issued.fate == FateFact::Accepted {
                    said.insert((issued.home.clone(), id.clone(), is_credited));
                }
            }
            let mut taken = BTreeSet::new();
            for home in &self.machines {
                let name = home.name().to_string();
                let of_host = home.facts.taken.iter();
                let of_host = of_host.filter(|it| it.host == machine.name().as_str());
                taken.extend(of_host.map(|it| (name.clone(), it.id.clone(), it.credit.is_some())));
            }
            let is_equal = if host == self.hostile {
                let ids: BTreeSet<_> = taken.iter().map(|(home, id, _)| (home, id)).collect();
                said.iter().all(|(home, id, _)| ids.contains(&(home, id)))
            } else {
                said == taken
            };
            if !is_equal {
                let what = format!("n{host} says {said:?}, its members' homes {taken:?}");
                return Err(Broken::new("invariant_both_sides_are_equal", what));
            }
        }
        Ok(())
    }

    pub(crate) fn check_stores(&mut self) -> Result<(), Broken> {
        for (number, machine) in self.machines.iter().enumerate() {
            let report = run(machine.node.app().check(Depth::Deep));
            let report = report.expect("a store in memory can be read");
            if !report.problems.is_empty() {
                let what = format!("n{number}: {:?}", report.problems);
                return Err(Broken::new("invariant_stores_are_whole", what));
            }
        }
        for (number, machine) in self.machines.iter().enumerate() {
            let position = machine.node.store().position().0;
            self.trace.say(format!("n{number} ends at {position}"));
        }
        Ok(())
    }
}

fn unsettled(world: &World) -> Broken {
    let waiting = world.machines.iter().enumerate().flat_map(|(number, it)| {
        let waiting = it.facts.outbox.iter().filter(|(_, it)| !it.is_dead);
        waiting.map(move |(op, it)| format!("n{number} {op} {it:?}"))
    });
    let waiting: Vec<_> = waiting.collect();
    let under_way = world.network.under_way.iter();
    let questions = under_way.filter(|it| matches!(it.content, Content::Question(_)));
    let what = format!("{waiting:?} wait, {} are under way", questions.count());
    Broken::new("invariant_everything_is_answered_in_the_end", what)
}
