//! What can be typed about visits, and about what waits for other nodes.

use clap::{Args, Subcommand};

use super::Folder;

#[derive(Debug, Subcommand)]
pub(crate) enum Visit {
    /// Who is here
    Here(VisitList),
    /// The visits of the last days, and what became of their receipts
    List(VisitList),
    /// A visitor leaves now
    Leave(VisitOne),
    /// The receipts of a visit, and their credits, as they were signed
    Receipt(VisitOne),
    /// Say how a visit was: the receipt is taken back, and another takes its place
    Correct(VisitCorrect),
}

#[derive(Debug, Args)]
pub(crate) struct VisitList {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VisitOne {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The visit, as `escale visit list` prints it
    #[arg(value_name = "VISIT", allow_hyphen_values = true)]
    pub(crate) visit: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VisitCorrect {
    #[command(flatten)]
    pub(crate) of: VisitOne,
    /// When the visitor left, by the clock of the space on the day of the visit; this or
    /// --not-here is needed
    #[arg(long, value_name = "HH:MM", required_unless_present = "not_here")]
    pub(crate) left: Option<String>,
    /// There was no visit
    #[arg(long, conflicts_with = "left")]
    pub(crate) not_here: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Outbox {
    /// What waits for another node's answer, and what was refused
    List(VisitList),
    /// Ask again what was refused or given up
    Again(OutboxOne),
    /// Who asked two things under one name, with the evidence
    Conflicts(VisitList),
}

#[derive(Debug, Args)]
pub(crate) struct OutboxOne {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The request, as `escale outbox list` prints it
    #[arg(value_name = "REQUEST", allow_hyphen_values = true)]
    pub(crate) op: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
