//! iCalendar bodies, out and in: what a calendar program subscribes to, and what it exports.
//!
//! [`write()`] makes the one text that follows from a calendar and its events. [`read()`]
//! takes a real program's file and says, event by event, what it holds and what it could
//! not take, and why.
//!
//! **Invariant:** nothing here reads a clock or draws a random number: the same values are
//! always the same bytes, and an event's lines are the same wherever it is published.
//!
//! **Invariant:** what somebody typed never ends a line: every line goes through one
//! function, which drops control characters.
//!
//! **Invariant:** an event that was read takes place when its file says, at no other time
//! and no less often; what would make it otherwise leaves the event out, with the reason.
//!
//! Specified by RFC 5545, RFC 6868 and RFC 7986.

#![forbid(unsafe_code)]

mod clock;
mod event;
mod lines;
#[cfg(test)]
mod properties;
mod read;
mod write;
mod zone;

pub use event::{
    Calendar, Change, DayOfRule, End, Event, Frequency, Geo, Override, OverrideKind, Rule, Status,
};
pub use lines::{LINE_OCTETS_MAX, clean_text};
pub use read::{
    CATEGORIES_MAX, CATEGORY_CHARS_MAX, COMPONENT_DEPTH_MAX, DESCRIPTION_CHARS_MAX, EVENTS_MAX,
    Extent, IMPORT_BYTES_MAX, Imported, LINE_BYTES_MAX, LINES_MAX, LOCATION_CHARS_MAX, LeftOut,
    OVERRIDES_MAX, PROPERTIES_MAX, ReadRefusal, SUMMARY_CHARS_MAX, UID_BYTES_MAX, URL_BYTES_MAX,
    Why, ZONE_ID_BYTES_MAX, read,
};
pub use write::{write, write_alone, write_event};
pub use zone::is_time_zone;
