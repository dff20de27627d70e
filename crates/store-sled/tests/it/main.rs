//! The sled backend: the contract, and faults from outside the process.
//!
//! Tests whose names begin with `long_` belong to the long run.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod contract;
mod damage;
mod disk;
mod kill;
mod mount;
mod start;
mod torture;
