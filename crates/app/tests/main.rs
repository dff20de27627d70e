//! Whole nodes in memory: what a label and its spaces do, and what they survive.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers fail the test"
)]

mod access;
mod between;
mod catching_up;
mod checking;
mod clocks;
mod desk;
mod either_way;
mod enrolling;
mod expiry;
mod faults;
mod forging;
mod founding;
mod join_refusals;
mod joining;
mod look;
mod planting;
mod publishing;
mod races;
mod receipts;
mod renewing;
mod renewing_passports;
mod scrubbing;
mod standing;
mod tampering;
mod visiting;
