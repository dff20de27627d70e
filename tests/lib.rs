//! What scenarios are made of: nodes as processes, commands as a person types them,
//! HTTP as a stranger speaks it, and a browser.
//!
//! **Invariant:** nothing here names a crate of the product. What a scenario knows of
//! a node, it knows as anybody outside would.
//!
//! **Invariant:** a process that was started is killed when its value is dropped, and
//! with it all that it started.
//!
//! **Invariant:** whoever waits says for what, and for how long at most.

#![forbid(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "JSON is looked into: what is not there is null"
)]
#![expect(
    clippy::expect_used,
    reason = "what does not work here fails the scenario that uses it"
)]
#![expect(
    clippy::missing_panics_doc,
    reason = "everything here panics where the machine does not do its part"
)]

pub mod binaries;
pub mod browser;
pub mod chance;
pub mod command;
pub mod counts;
pub mod desk;
pub mod folder;
pub mod http;
pub mod line;
pub mod network;
pub mod node;
pub mod process;
pub mod wait;
