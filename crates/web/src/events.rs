//! The calendar and the page of an event, for anybody.
//!
//! **Invariant:** nothing of a person is known here: who has a seat is shown by a script
//! from the answer of the reader's home, or by the pages of the staff.
//!
//! Specified in `specs/pages.md`.

mod agenda;
mod event;
mod filter;
mod linked;
mod row;
mod rule;
mod said;
mod when;

pub(crate) use agenda::{CALENDAR, calendar};
pub(crate) use event::event;
pub(crate) use row::{Names, Row, Sign, dated, kind, next_three, state, title};
pub(crate) use rule::rule_said;
pub(crate) use said::{reason, registered, registered_texts};
pub(crate) use when::{day_of, link_to, local, path_of, span};
