//! What a visit counts: half-days by the host's own clock, and what is left of them.
//!
//! The same function translates before arrival ("a day here is two of your four
//! half-days") and makes the receipt afterwards, from the same public records.
//!
//! Specified in `specs/visit.md`.

use std::collections::BTreeMap;

use wire::label::Overdraw;
use wire::receipt::{DayHours, HalfDay, RecordReference, VisitValue};
use wire::space::{ClockTime, Formula, FormulaUnit, OpeningHours};
use wire::{Cents, Timestamp};

/// The half-days of one day that something takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HalfDays {
    /// Before the boundary.
    pub morning: bool,
    /// From the boundary on.
    pub afternoon: bool,
}

/// A day at a host, with the hours that count there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostDay {
    /// `YYYY-MM-DD` by the host's calendar.
    pub date: String,
    /// The host's hours of that day.
    pub hours: DayHours,
}

/// The published time zone is not one that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time zone of the opening hours does not exist")]
pub struct UnknownTimeZone;
