//! Nodes in memory, a network between them, and a clock that stands still.
//!
//! A [`TestNode`] is the real thing down to the store's interface: the operations
//! of `app` over a store in memory, asked through the real router of `api`. What a
//! test can reach, it reaches as a steward, a coordinator or another node would.
//!
//! **Invariant:** nothing here reads a clock, draws a random number or opens a
//! socket: a test that fails once fails every time.
//!
//! **Invariant:** nothing here judges. The network carries what it is given, or
//! loses it, or changes it on request; the node under test decides.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    reason = "what does not work in the kit fails the test that uses it"
)]
#![expect(
    clippy::missing_panics_doc,
    reason = "everything here panics where the kit itself does not work"
)]

mod answer;
mod chance;
mod clock;
pub mod cluster;
mod confirm;
mod forged;
mod label;
mod network;
mod node;
mod plan;
mod pull;
mod requests;
mod samples;
mod traffic;
mod wallet;

pub use answer::Answer;
pub use chance::SeededEntropy;
pub use clock::{DAY_SECONDS, HOUR_SECONDS, ManualClock, START, START_OF_DAY};
pub use confirm::{ConfirmFailure, confirm, confirm_with};
pub use forged::{forge, forge_request, outcome_of, post_request, request_of};
pub use label::Label;
pub use network::{Line, TestNetwork};
pub use node::TestNode;
pub use plan::Plan;
pub use pull::{Failure, JoinFailure, PullFailure, join, join_label, pull, pull_all, pull_from};
pub use requests::{SendFailure, post_letter, send, send_all};
pub use samples::{charter, charter_text, coordinator_name, space_name, space_text};
pub use traffic::{get, post};
pub use wallet::{Wallet, holder_jwk, operator};
