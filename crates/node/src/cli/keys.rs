//! What can be typed about this node's keys.

use clap::{Args, Subcommand, ValueEnum};

use super::Folder;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// The keys of this node, and where each stands
    List(KeysList),
    /// Have a new key take the place of one
    Rotate(KeysRotate),
}

#[derive(Debug, Args)]
pub(crate) struct KeysList {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KeysRotate {
    /// ops signs every day, and the node replaces it alone; fed names it, and is replaced
    /// with the coordinator's word (of a coordinator, with the root key)
    #[arg(value_enum)]
    pub(crate) purpose: KeyPurpose,
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Somebody else may have the old key: it ends now, and so do the passports it signed
    #[arg(long)]
    pub(crate) stolen: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyPurpose {
    Ops,
    Fed,
}
