//! iCalendar bodies, out and in: what a calendar program subscribes to, and what it exports.
//!
//! [`write()`] makes the one text that follows from a calendar and its events.
//!
//! **Invariant:** nothing here reads a clock or draws a random number: the same values are
//! always the same bytes, and an event's lines are the same wherever it is published.
//!
//! **Invariant:** what somebody typed never ends a line: every line goes through one
//! function, which drops control characters.
//!
//! Specified by RFC 5545 and RFC 7986.

#![forbid(unsafe_code)]

mod clock;
mod event;
mod lines;
mod write;
mod zone;

pub use event::{
    Calendar, Change, DayOfRule, End, Event, Frequency, Geo, Override, OverrideKind, Rule, Status,
};
pub use lines::{LINE_OCTETS_MAX, clean_text};
pub use write::{write, write_alone, write_event};
pub use zone::is_time_zone;
