//! Whether a home accepts what a host says of a visit.
//!
//! The home does not take the host's word for what a visit counts. It counts again, by
//! the function and the public records that the host had to count by, and asks for the
//! proof that its member was there.
//!
//! **Invariant:** no receipt is refused for what this home has not read yet; it is told
//! to come again.
//!
//! Specified in `specs/visit.md`.

use wire::passport::{Audience, Shown, ShownBy};
use wire::receipt::{ProofBy, Receipt, RecordReference};
use wire::space::{Formula, FormulaUnit, OpeningHours};
use wire::{EntityId, Timestamp};

use crate::passport::SHOWN_SECONDS_MAX_POOR_CLOCK;
use crate::trust::{CLOCK_LEEWAY_SECONDS, Standing};
use crate::visit::{self, HalfDays, RECEIPT_SECONDS_MAX, UnknownTimeZone};

/// What the home holds when a receipt comes.
#[derive(Debug, Clone, Copy)]
pub struct HeldForReceipt<'a> {
    /// The home's moment.
    pub now: Timestamp,
    /// The home.
    pub home: &'a EntityId,
    /// The host's standing as judged now.
    pub host: &'a Standing,
    /// The presentation that came as proof, as it opened by the home's own keys; `None`
    /// where it does not, or where its digest is not the receipt's.
    pub shown: Option<&'a Shown>,
    /// Whether this home gave the passport, and still knows to whom.
    pub is_known: bool,
    /// The host's opening hours as this home holds them.
    pub hours: Published<'a, OpeningHours>,
    /// The formula that the receipt names; only looked at where it names one.
    pub formula: Published<'a, Formula>,
    /// What this host's other receipts for the same member and day count that were not
    /// credited.
    pub counted: HalfDays,
    /// Whether another receipt that was not credited has the same proof. Only looked at
    /// where the holder's key signed it: a paper is the same each time it is shown.
    pub is_proof_used: bool,
}

/// What the host had published when the visitor came, as far as the home has read.
#[derive(Debug)]
pub enum Published<'a, T> {
    /// The record that the receipt names was the latest of its kind and id.
    Current(&'a T),
    /// Nothing of the kind was published, and the receipt names nothing.
    Nothing,
    /// The home has not read the host's feed that far.
    NotYet,
    /// Another record said it, or none did.
    Other,
}

impl<T> Clone for Published<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Published<'_, T> {}

/// The home's answer to a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It counts.
    Accepted,
    /// It does not, and never will as it is.
    Refused(ReceiptRefusal),
    /// It cannot be judged before the home has read more of the host's feed.
    NotYet,
}

/// Why a home refuses a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiptRefusal {
    /// It is about no member of this home.
    NotOurs,
    /// Nothing proves that the member was at this host then.
    NoProof,
    /// The host did not bear the label then.
    NotLabelled,
    /// The visit is longer ago than [`RECEIPT_SECONDS_MAX`].
    TooLate,
    /// It is from the future: a clock is wrong.
    OutOfTime,
    /// It counts otherwise than the host's published records do.
    Differs,
    /// The same half-day was counted by another receipt.
    CountedAlready,
    /// The same showing was the proof of another receipt.
    ProofUsed,
}

impl ReceiptRefusal {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::NotOurs,
        Self::NoProof,
        Self::NotLabelled,
        Self::TooLate,
        Self::OutOfTime,
        Self::Differs,
        Self::CountedAlready,
        Self::ProofUsed,
    ];

    /// The stable code of `specs/visit.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotOurs => "not_ours",
            Self::NoProof => "no_proof",
            Self::NotLabelled => "not_labelled",
            Self::TooLate => "too_late",
            Self::OutOfTime => "out_of_time",
            Self::Differs => "differs",
            Self::CountedAlready => "counted_already",
            Self::ProofUsed => "proof_used",
        }
    }
}

/// Judges a receipt whose seal holds and that is for this home.
///
/// A wrong clock is said first, because all else is read by it. Then whether the member
/// was there, then whether the host may ask, then what it counts, last what other
/// receipts have counted.
pub fn judge(receipt: &Receipt, held: HeldForReceipt<'_>) -> Judgement {
    let steps = [time, presence, lateness, label, counting, others];
    steps
        .iter()
        .find_map(|step| step(receipt, held))
        .unwrap_or(Judgement::Accepted)
}

fn refused_where(is_refused: bool, why: ReceiptRefusal) -> Option<Judgement> {
    is_refused.then_some(Judgement::Refused(why))
}

fn time(receipt: &Receipt, held: HeldForReceipt<'_>) -> Option<Judgement> {
    let latest = receipt.iat.max(receipt.left);
    let is_ahead = latest.seconds_since(held.now) > CLOCK_LEEWAY_SECONDS;
    refused_where(is_ahead, ReceiptRefusal::OutOfTime)
}

fn presence(receipt: &Receipt, held: HeldForReceipt<'_>) -> Option<Judgement> {
    let Some(shown) = held.shown else {
        return Some(Judgement::Refused(ReceiptRefusal::NoProof));
    };
    let is_ours = shown.passport.iss == *held.home && held.is_known;
    refused_where(!is_ours, ReceiptRefusal::NotOurs)
        .or_else(|| refused_where(!proves(shown, receipt), ReceiptRefusal::NoProof))
}

/// Whether a showing proves that the visitor came to this host then.
///
/// The host's clock wrote the arrival and the visitor's the showing, so that they may be
/// apart as far as a poor desk lets them.
fn proves(shown: &Shown, receipt: &Receipt) -> bool {
    let passport = &shown.passport;
    let is_early = passport.iat.seconds_since(receipt.arrived) > CLOCK_LEEWAY_SECONDS;
    if is_early || passport.exp <= receipt.arrived {
        return false;
    }
    match (&shown.by, receipt.proof.by) {
        (ShownBy::Holder(showing), ProofBy::Holder) => {
            let apart = receipt.arrived.seconds_since(showing.shown_at);
            showing.audience == Audience::Desk(receipt.iss.clone())
                && apart.saturating_abs() <= SHOWN_SECONDS_MAX_POOR_CLOCK
        }
        (ShownBy::Paper, ProofBy::Paper) => true,
        (ShownBy::Holder(_), ProofBy::Paper) | (ShownBy::Paper, ProofBy::Holder) => false,
    }
}

fn lateness(receipt: &Receipt, held: HeldForReceipt<'_>) -> Option<Judgement> {
    let is_late = held.now.seconds_since(receipt.left) > RECEIPT_SECONDS_MAX;
    refused_where(is_late, ReceiptRefusal::TooLate)
}

/// Visits from before a withdrawal stay to be settled.
fn label(receipt: &Receipt, held: HeldForReceipt<'_>) -> Option<Judgement> {
    let was_labelled = match held.host {
        Standing::Labelled { .. } => true,
        Standing::Suspended { since, .. }
        | Standing::Withdrawn { since, .. }
        | Standing::Expired { since } => receipt.arrived < *since,
        Standing::Admitted | Standing::Unknown => false,
    };
    refused_where(!was_labelled, ReceiptRefusal::NotLabelled)
}

fn counting(receipt: &Receipt, held: HeldForReceipt<'_>) -> Option<Judgement> {
    let waits_for_formula = receipt.value.is_some() && matches!(held.formula, Published::NotYet);
    let hours = match (held.hours, receipt.hours.record) {
        (Published::NotYet, _) => return Some(Judgement::NotYet),
        _ if waits_for_formula => return Some(Judgement::NotYet),
        (Published::Current(hours), Some(record)) => Some((hours, record)),
        (Published::Nothing, None) => None,
        (Published::Current(_), None) | (Published::Nothing, Some(_)) | (Published::Other, _) => {
            return Some(Judgement::Refused(ReceiptRefusal::Differs));
        }
    };
    // A day that does not exist is one that nobody published.
    let is_counted_so = counts_so(receipt, hours).unwrap_or(false);
    let is_as_published = is_counted_so && is_valued_so(receipt, held.formula);
    refused_where(!is_as_published, ReceiptRefusal::Differs)
}

/// Whether the day, its hours and the half-days are what the host's hours make of the
/// visit. It may count less: what it has counted before, and what it lets go.
fn counts_so(
    receipt: &Receipt,
    hours: Option<(&OpeningHours, RecordReference)>,
) -> Result<bool, UnknownTimeZone> {
    let day = visit::day_at(hours, receipt.arrived)?;
    let most = visit::half_days(&day, receipt.arrived, receipt.left)?;
    let is_within_day = receipt.left <= visit::end_of_day(&day)?;
    Ok(day.date == receipt.day
        && day.hours == receipt.hours
        && is_within_day
        && HalfDays::of(&receipt.half_days).is_within(most))
}

/// Whether the value is by a formula of the host's, and for as much as is counted.
fn is_valued_so(receipt: &Receipt, formula: Published<'_, Formula>) -> bool {
    let Some(value) = &receipt.value else {
        return true;
    };
    let Published::Current(formula) = formula else {
        return false;
    };
    let half_days = HalfDays::of(&receipt.half_days).count();
    let is_for_as_much = match value.unit {
        FormulaUnit::HalfDay => value.count == half_days,
        FormulaUnit::Day => value.count == 1,
        FormulaUnit::Hour | FormulaUnit::Week | FormulaUnit::Month | FormulaUnit::Year => false,
    };
    is_for_as_much && value.unit == formula.unit && value.price_cents == formula.price_cents
}

fn others(receipt: &Receipt, held: HeldForReceipt<'_>) -> Option<Judgement> {
    let is_used = match receipt.proof.by {
        ProofBy::Holder => held.is_proof_used,
        ProofBy::Paper => false,
    };
    let is_counted = HalfDays::of(&receipt.half_days).overlaps(held.counted);
    refused_where(is_used, ReceiptRefusal::ProofUsed)
        .or_else(|| refused_where(is_counted, ReceiptRefusal::CountedAlready))
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
