//! Whole nodes in memory: what a label and its spaces do, and what they survive.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers fail the test"
)]

mod access;
mod another_label;
mod asking_again;
mod attacks;
mod between;
mod calendars;
mod catching_up;
mod checking;
mod checking_at_work;
mod clocks;
mod decoys;
mod desk;
mod disclosing;
mod effects;
mod either_way;
mod enduring;
mod enrolling;
mod exchange;
mod exchange_faults;
mod expiry;
mod faults;
mod figures;
mod forging;
mod founding;
mod hinting;
mod hostile_requests;
mod importing;
mod join_refusals;
mod joining;
mod keeping;
mod label_life;
mod look;
mod own_feed;
mod planting;
mod planting_seats;
mod planting_visits;
mod publishing;
mod races;
mod receipts;
mod refusing_forms;
mod refusing_receipts;
mod registering;
mod registering_answers;
mod registering_changes;
mod registering_crowds;
mod registering_faults;
mod registering_orders;
mod relaying;
mod renewing;
mod renewing_passports;
mod scrubbing;
mod several_labels;
mod standing;
mod staying;
mod tampering;
mod turning;
mod turning_faults;
mod visiting;
