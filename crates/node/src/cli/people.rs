//! What can be typed about members, staff and wallets.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use wire::EntityId;

use super::Folder;

#[derive(Debug, Subcommand)]
pub(crate) enum Member {
    /// Add a member; prints their number
    Add(MemberAdd),
    /// List the members
    List(MemberList),
    /// Print a one-time code that puts a passport on the member's phone
    Code(MemberOne),
    /// Pause a membership: their passports are refused for a while
    Pause(MemberOne),
    /// Resume a paused membership
    Resume(MemberOne),
    /// End a membership, for good
    End(MemberOne),
    /// Say what a member may show beside their passports, if they want; what is not given
    /// is nothing
    Particulars(MemberParticulars),
    /// List the phones and cards that carry a member's passports
    Passports(MemberOne),
    /// Take back a member's passports: a phone was lost
    Revoke(MemberRevoke),
    /// Make a passport for a member without a phone; prints its code
    Paper(MemberPaper),
}

#[derive(Debug, Args)]
pub(crate) struct MemberAdd {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// A short name, which hosts read
    #[arg(long)]
    pub(crate) name: String,
    /// The formula that the member subscribes to, as in space.toml
    #[arg(long, value_name = "ID")]
    pub(crate) formula: String,
    /// Half-days elsewhere in a month, instead of what the charter says
    #[arg(long, value_name = "NUMBER")]
    pub(crate) half_days: Option<u64>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MemberList {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MemberOne {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The member's number, as `escale member list` prints it
    #[arg(value_name = "NUMBER")]
    pub(crate) member: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MemberParticulars {
    #[command(flatten)]
    pub(crate) of: MemberOne,
    /// The name as in a paper with a picture
    #[arg(long, value_name = "NAME")]
    pub(crate) full_name: Option<String>,
    /// The cooperative or firm
    #[arg(long, value_name = "NAME")]
    pub(crate) organisation: Option<String>,
    /// The SHA-256 of a picture that the member has, in base64url
    #[arg(long, value_name = "DIGEST")]
    pub(crate) portrait: Option<String>,
    /// The picture itself, in their place: its SHA-256 is kept, and the picture is not
    #[arg(long, value_name = "FILE", conflicts_with = "portrait")]
    pub(crate) portrait_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct MemberRevoke {
    #[command(flatten)]
    pub(crate) of: MemberOne,
    /// Those of this phone or card alone, as `escale member passports` prints it
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) only: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct MemberPaper {
    #[command(flatten)]
    pub(crate) of: MemberOne,
    /// The name as in a paper with a picture, which a desk compares; it is not kept
    /// [default: the member's short name]
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Access {
    /// Make a credential; prints a one-time code to sign in with, or its token
    Add(AccessAdd),
    /// List the credentials
    List(AccessList),
    /// Revoke a credential: a tablet was lost, or somebody has left
    Revoke(AccessOne),
}

/// What a credential lets do; each lets do what those before it do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AccessRole {
    /// Judge passports: a device at the desk
    Desk,
    /// See members, give codes and papers, take back the passports of a lost phone
    Steward,
    /// Add, pause and end memberships
    Operator,
}

#[derive(Debug, Args)]
pub(crate) struct AccessAdd {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// What it lets do
    #[arg(long)]
    pub(crate) role: AccessRole,
    /// Who or what it is for
    #[arg(long)]
    pub(crate) name: String,
    /// Print the token itself, for a program
    #[arg(long)]
    pub(crate) token: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AccessList {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AccessOne {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The credential, as `escale access list` prints it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The folder of a wallet.
#[derive(Debug, Args)]
pub(crate) struct WalletFolder {
    /// The wallet's folder, with the holder's key and passport
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Wallet {
    /// Make a key, and have its passport from the home
    Enrol(WalletEnrol),
    /// Show what the passport says
    Show(WalletShow),
    /// Print the code that a host's desk scans: for this host, now, once
    Present(WalletPresent),
    /// Have a new passport, with a new key, in place of the one that is there
    Renew(WalletShow),
    /// Ask the home what it knows: what is left, and visits elsewhere
    Membership(WalletShow),
    /// Ask the home for a seat in an event, wherever it takes place
    Register(WalletRegister),
    /// Ask the home where one's registrations stand
    Registrations(WalletShow),
    /// Give a registration back
    GiveBack(WalletGiveBack),
}

#[derive(Debug, Args)]
pub(crate) struct WalletEnrol {
    #[command(flatten)]
    pub(crate) wallet: WalletFolder,
    /// The home's address on the network
    #[arg(long, value_name = "URL")]
    pub(crate) home: EntityId,
    /// The one-time code that `escale member code` printed
    #[arg(long)]
    pub(crate) code: String,
}

#[derive(Debug, Args)]
pub(crate) struct WalletShow {
    #[command(flatten)]
    pub(crate) wallet: WalletFolder,
}

#[derive(Debug, Args)]
pub(crate) struct WalletRegister {
    #[command(flatten)]
    pub(crate) wallet: WalletFolder,
    /// The event, by its uid in the calendar
    #[arg(value_name = "UID", allow_hyphen_values = true)]
    pub(crate) uid: String,
    /// Of an event that comes again: the time at which the date was due
    #[arg(long, value_name = "TIME")]
    pub(crate) on: Option<String>,
    /// The name to call at the door [default: the short name of the passport]
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct WalletGiveBack {
    #[command(flatten)]
    pub(crate) wallet: WalletFolder,
    /// The registration, as `escale wallet registrations` prints it
    #[arg(value_name = "REGISTRATION", allow_hyphen_values = true)]
    pub(crate) registration: String,
}

/// What can be shown beside a passport.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Disclose {
    /// The full name
    FullName,
    /// The organisation
    Organisation,
    /// The digest of the portrait
    Portrait,
}

impl Disclose {
    /// Its name in a passport.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FullName => "full_name",
            Self::Organisation => "organisation",
            Self::Portrait => "portrait",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct WalletPresent {
    #[command(flatten)]
    pub(crate) wallet: WalletFolder,
    /// The host's address on the network
    #[arg(long, value_name = "URL")]
    pub(crate) host: EntityId,
    /// Show this too; may be given several times
    #[arg(long, value_name = "WHAT")]
    pub(crate) disclose: Vec<Disclose>,
    /// The number that the desk shows
    #[arg(long, value_name = "NUMBER")]
    pub(crate) challenge: Option<String>,
    /// Show it so many seconds later (or, below zero, earlier) than the machine says
    #[arg(
        long,
        hide = true,
        value_name = "SECONDS",
        default_value_t = 0,
        allow_hyphen_values = true
    )]
    pub(crate) clock_ahead: i64,
}
