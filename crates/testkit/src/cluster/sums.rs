//! Invariants of documents and sums, counted from what was signed.

use std::collections::BTreeMap;

use rules::visit::HalfDays;
use seal::Sealed;
use wire::Sha256Hash;
use wire::receipt::{Credit, Receipt};

use super::facts::{FateFact, TakenFact};
use super::invariants::Held;
use super::turns::run;
use super::village::Member;
use super::world::{Machine, World};

impl World {
    /// Opens what homes have taken since the last look, by the keys of the hosts, and
    /// compares it with what the homes have written of it.
    pub(crate) fn open_receipts(&mut self) -> Held {
        let (mut opened, mut credits) = (Vec::new(), Vec::new());
        for machine in self.machines.iter().filter(|it| it.facts.has_taken) {
            for taken in &machine.facts.taken {
                let hash = Sha256Hash::of(&[taken.text.as_bytes()]);
                if !self.opened.contains_key(&hash) {
                    opened.push((hash, self.open(machine, taken)?));
                }
                let Some(credit) = &taken.credit else {
                    continue;
                };
                let of_credit = Sha256Hash::of(&[credit.as_bytes()]);
                if !self.credits.contains_key(&of_credit) {
                    credits.push((of_credit, self.open_credit(taken, credit)?));
                }
            }
        }
        self.opened.extend(opened);
        self.credits.extend(credits);
        Ok(())
    }

    /// Which receipt a credit takes back, as its host has signed it.
    fn open_credit(&self, taken: &TakenFact, credit: &str) -> Result<Sha256Hash, String> {
        let strange = || format!("no credit of {}: {}", taken.host, taken.id);
        let host = self.number_of(&taken.host).ok_or_else(strange)?;
        let keys = self.machine(host).keys();
        let credit = Sealed::<Credit>::parse(credit).and_then(|it| it.open(&keys));
        let credit = credit.map_err(|_| strange())?;
        let is_its = credit.receipt == taken.id;
        is_its.then_some(credit.receipt_sha256).ok_or_else(strange)
    }

    fn open(&self, home: &Machine, taken: &TakenFact) -> Result<Receipt, String> {
        let strange = || format!("{} took {} of {}", home.name(), taken.id, taken.host);
        let host = self.number_of(&taken.host).ok_or_else(strange)?;
        let receipt = Sealed::<Receipt>::parse(&taken.text);
        let receipt = receipt.and_then(|it| it.open(&self.machine(host).keys()));
        let receipt = receipt.map_err(|_| strange())?.into_inner();
        let is_it = receipt.iss.as_str() == taken.host
            && receipt.aud == *home.name()
            && receipt.id == taken.id
            && receipt.day == taken.date
            && receipt.proof.sha256 == taken.proof
            && HalfDays::of(&receipt.half_days) == taken.half_days;
        is_it.then_some(receipt).ok_or_else(strange)
    }
}

/// A credit names the receipt that it takes back, at the home and at the host, and is
/// not sent before the receipt was answered.
pub(super) fn invariant_credit_follows_its_receipt(world: &World) -> Held {
    for home in world.machines.iter().filter(|it| it.facts.has_taken) {
        for taken in &home.facts.taken {
            let Some(credit) = &taken.credit else {
                continue;
            };
            let credit = Sha256Hash::of(&[credit.as_bytes()]);
            let receipt = Sha256Hash::of(&[taken.text.as_bytes()]);
            if world.credits.get(&credit) != Some(&receipt) {
                return Err(format!("{} credits {} wrongly", home.name(), taken.id));
            }
        }
    }
    for host in &world.machines {
        for (id, issued) in &host.facts.issued {
            let (FateFact::Waiting(op), Some((_, FateFact::Waiting(credit)))) =
                (&issued.fate, &issued.credit)
            else {
                continue;
            };
            let request = host.facts.outbox.get(credit);
            if request.and_then(|it| it.after.as_ref()) != Some(op) {
                return Err(format!(
                    "{}: the credit of {id} waits for nothing",
                    host.name()
                ));
            }
        }
    }
    Ok(())
}

/// What a member is told of what is left, and of where they were, is what the receipts
/// that were taken and not credited add up to.
pub(super) fn invariant_allowance_is_the_sum(world: &World) -> Held {
    for (number, home) in world.machines.iter().enumerate() {
        if !home.facts.has_taken {
            continue;
        }
        for member in world.members.iter().filter(|it| it.home == number) {
            is_the_sum(world, home, member)?;
        }
    }
    Ok(())
}

fn is_the_sum(world: &World, home: &Machine, member: &Member) -> Held {
    let app = home.node.app();
    let asked = member.wallet.ask_home(home.name(), app.now());
    let holder = run(app.holder(&asked)).map_err(|fault| app::chain(&fault))?;
    let Some(holder) = holder else {
        // The passport has run out in a long run.
        return Ok(());
    };
    let told = run(app.membership(&holder)).map_err(|error| app::chain(&error))?;
    let mut used: BTreeMap<&str, u64> = BTreeMap::new();
    let theirs = home.facts.taken.iter();
    let theirs = theirs.filter(|it| it.member == member.wallet.member);
    let mut receipts = 0;
    for taken in theirs {
        receipts += 1;
        let hash = Sha256Hash::of(&[taken.text.as_bytes()]);
        if let (None, Some(receipt)) = (&taken.credit, world.opened.get(&hash)) {
            let month = receipt.day.get(..7).unwrap_or_default();
            let halves = u64::try_from(receipt.half_days.len()).unwrap_or_default();
            *used.entry(month).or_default() += halves;
        }
    }
    let left = left(member.half_days, &used, &told.roaming.period);
    let (name, said) = (&member.wallet.member, &told.roaming);
    if (said.granted, said.left, told.roamed.len()) == (member.half_days, left, receipts) {
        Ok(())
    } else {
        Err(format!(
            "{name} is told {said:?} and {} visits, and the receipts leave {left} of {receipts}",
            told.roamed.len()
        ))
    }
}

/// What is left of a month, after what was overdrawn in the months before it.
fn left(granted: u64, used: &BTreeMap<&str, u64>, month: &str) -> u64 {
    let mut debt = 0_u64;
    let mut at = used.keys().next().map_or(month, |first| *first).to_owned();
    while *at < *month {
        let owed = debt + used.get(at.as_str()).copied().unwrap_or(0);
        debt = owed.saturating_sub(granted);
        at = month_after(&at);
    }
    granted.saturating_sub(debt + used.get(month).copied().unwrap_or(0))
}

fn month_after(month: &str) -> String {
    let number = |text: Option<&str>| text.and_then(|it| it.parse::<u32>().ok());
    let (year, of_year) = (number(month.get(..4)), number(month.get(5..7)));
    match (year, of_year) {
        (Some(year), Some(12)) => format!("{:04}-01", year + 1),
        (Some(year), Some(of_year)) => format!("{year:04}-{:02}", of_year + 1),
        _ => "9999-12".to_owned(),
    }
}
