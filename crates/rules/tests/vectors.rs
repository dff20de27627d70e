//! The rules decide what `specs/vectors` says, and the specifications say what the
//! rules decide.
//!
//! Each file is made here from fixed keys, compared with the one that is kept, and
//! then read case by case. `ESCALE_BLESS=1` writes the files anew.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a vector that cannot be made or read ends the test"
)]

#[path = "vectors/author.rs"]
mod author;
#[path = "vectors/bodies.rs"]
mod bodies;
#[path = "vectors/chains.rs"]
mod chains;
#[path = "vectors/event_cases.rs"]
mod event_cases;
#[path = "vectors/event_refusals.rs"]
mod event_refusals;
#[path = "vectors/events.rs"]
mod events;
#[path = "vectors/feeds.rs"]
mod feeds;
#[path = "../../wire/tests/vectors/forge.rs"]
mod forge;
#[path = "vectors/keys.rs"]
mod keys;
#[path = "vectors/numbers.rs"]
mod numbers;
#[path = "vectors/pages.rs"]
mod pages;
#[path = "vectors/papers.rs"]
mod papers;
#[path = "vectors/seat_cases.rs"]
mod seat_cases;
#[path = "vectors/standings.rs"]
mod standings;
#[path = "vectors/trusts.rs"]
mod trusts;
#[path = "vectors/turns.rs"]
mod turns;
#[path = "vectors/visit_counts.rs"]
mod visit_counts;
#[path = "vectors/visit_days.rs"]
mod visit_days;
#[path = "vectors/visit_lies.rs"]
mod visit_lies;
#[path = "vectors/visit_receipts.rs"]
mod visit_receipts;
#[path = "vectors/visits.rs"]
mod visits;
