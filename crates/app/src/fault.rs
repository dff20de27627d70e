//! What can go wrong in any operation, whatever it was asked to do.

use rules::feed::FeedRefusal;
use store::{CommitError, ReadError};

use crate::env::EntropyError;

/// Nothing was decided. The caller can wait, or stop; asking differently will not help.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store is busy, or others were quicker each time. Try again.
    #[error("the store is busy")]
    Busy,
    /// Whether it happened is not known. The process must stop and start anew.
    #[error("the outcome is not known")]
    Unknown(#[source] CommitError),
    /// More than one commit holds; nothing was written.
    #[error("it is more than one commit holds")]
    TooLarge,
    /// Something in the store is damaged or cannot be read.
    #[error("the store cannot be read")]
    Read(#[from] ReadError),
    /// Something in the store has a form that this software does not know.
    #[error("what is stored under {key} has an unknown form")]
    Form {
        /// The key, printable.
        key: String,
    },
    /// The clock is before what the coordinator has already signed.
    #[error(
        "the clock is before what the coordinator has already signed: set it, or, if it is right \
         now and was ahead then, start the coordinator once with `escale run --clock-is-right`"
    )]
    ClockBehind,
    /// No random numbers.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// A document that this node built does not fit its own limits.
    #[error("a document could not be sealed")]
    Seal(#[from] seal::SealRefusal),
    /// The folder does not hold a private key that the node's own feed names.
    #[error("none of the keys in the folder is one that this node's feed names")]
    NoKey,
    /// What this node would write into its feed, others would refuse: it runs with
    /// other keys than those that its feed names.
    #[error("others would refuse what this node writes")]
    OwnFeed(#[source] FeedRefusal),
    /// No calendar has the day, or no clock the moment.
    #[error("the day or the time zone of a visit does not exist")]
    Calendar,
    /// The folder is not the one that this node left, and no partner was reached yet that
    /// could say how far it knows this node's feed.
    #[error("no partner has said yet how far it knows this node's feed")]
    Unconfirmed,
    /// Another machine writes under this node's name.
    #[error("another machine writes under this node's name: say which one goes on")]
    Divided,
    /// The coordinator's feed was not read yet, so that nothing is known of the label.
    #[error("nothing was heard from the coordinator yet")]
    NothingHeard,
}

impl Fault {
    /// Whether the node should end: its store can no longer be relied on, and the
    /// ordinary start finds out what is there.
    pub fn ends_the_node(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::Read(_))
    }
}

/// The most characters of an error as it is told or logged.
const CHAIN_CHARS_MAX: usize = 300;

/// An error and its sources, one clause each, printable.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    wire::printable(&text, CHAIN_CHARS_MAX)
}

/// A commit that failed, seen by an operation that can start over.
pub(crate) enum Attempt<E> {
    /// Others came first: read and decide again.
    Again,
    /// It failed for good.
    Failed(E),
}

impl From<CommitError> for Fault {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { .. } | CommitError::Busy => Self::Busy,
            CommitError::Read(error) => Self::Read(error),
            CommitError::TooLarge { .. } => Self::TooLarge,
            CommitError::Unknown(_) => Self::Unknown(error),
        }
    }
}

impl<E: From<Fault>> From<CommitError> for Attempt<E> {
    fn from(error: CommitError) -> Self {
        if let CommitError::Conflict { .. } = error {
            return Self::Again;
        }
        Self::Failed(Fault::from(error).into())
    }
}

impl<E: From<Fault>> From<Fault> for Attempt<E> {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.into())
    }
}

/// Runs an operation until no other commit comes first.
macro_rules! until_settled {
    ($attempt:expr) => {{
        let mut tries = 0;
        loop {
            match $attempt {
                Ok(value) => break Ok(value),
                Err($crate::fault::Attempt::Failed(error)) => break Err(error),
                Err($crate::fault::Attempt::Again) if tries < $crate::CONFLICT_TRIES => tries += 1,
                Err($crate::fault::Attempt::Again) => break Err($crate::Fault::Busy.into()),
            }
        }
    }};
}
pub(crate) use until_settled;
