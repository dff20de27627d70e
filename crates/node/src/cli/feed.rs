//! What can be typed about this node's own feed.

use clap::{Args, Subcommand};

use super::Folder;

#[derive(Debug, Subcommand)]
pub(crate) enum Feed {
    /// Whether this node knows where its feed stands, and which feeds have parted
    State(FeedArgs),
    /// This machine goes on as this node, whatever another one writes under its name; stop
    /// that one
    TakeOver(FeedArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FeedArgs {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
