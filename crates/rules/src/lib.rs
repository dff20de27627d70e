//! The label's rules, as functions of what is known and of the moment.
//!
//! **Invariant:** nothing here reads a clock, draws a random number, knows a store
//! or a network, or waits. The same values always give the same decision.
//!
//! **Invariant:** standing is judged when it is read, from documents that were
//! verified; it is never stored.
//!
//! Specified in `specs/trust.md` and `specs/feed.md`.

#![forbid(unsafe_code)]

mod allowance;
pub mod chain;
pub mod event;
pub mod feed;
pub mod fork;
pub mod freshness;
pub mod opening;
pub mod passport;
pub mod places;
#[cfg(test)]
mod random_days;
pub mod receipt;
pub mod revocation;
pub mod seats;
pub mod trust;
pub mod visit;
