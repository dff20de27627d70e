//! What can be typed.

mod events;
mod exchange;
mod feed;
mod keys;
mod people;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use wire::EntityId;
use wire::federation::RevocationReason;

pub(crate) use events::{
    Calendar, Event, EventChange, EventImport, EventPublish, EventSaid, Registration,
};
pub(crate) use exchange::{Outbox, Visit};
pub(crate) use feed::Feed;
pub(crate) use keys::{KeyPurpose, Keys, KeysRotate};
pub(crate) use people::{
    Access, AccessRole, Member, MemberOne, Wallet, WalletEnrol, WalletGiveBack, WalletPresent,
    WalletRegister, WalletShow,
};

/// Escale: a member of one labelled coworking space can work in another.
///
/// A space:        escale init space, then escale run.
/// A coordinator:  escale init coordinator, then escale run.
/// To look around: escale demo.
#[derive(Debug, Parser)]
#[command(name = "escale", version, verbatim_doc_comment)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a new node: its folder, keys and store
    #[command(subcommand)]
    Init(Init),
    /// Run the node of a folder until it is told to stop
    Run(Run),
    /// Look through a node's store for what does not fit
    Check(Check),
    /// Publish what the file space.toml (or charter.toml) says, if it changed
    Publish(Publish),
    /// Invite spaces, grant and withdraw the label (coordinators)
    #[command(subcommand)]
    Label(Label),
    /// What this node has published: whether it knows where that stands, and what to do where
    /// two machines run as one node
    #[command(subcommand)]
    Feed(Feed),
    /// The keys of this node: list them, replace one
    #[command(subcommand)]
    Keys(Keys),
    /// Members of this space, and their passports (spaces)
    #[command(subcommand)]
    Member(Member),
    /// Who may do what at this space: its desk, stewards, operators (spaces)
    #[command(subcommand)]
    Access(Access),
    /// Visits at this space: who is here, who leaves, what was wrong (spaces)
    #[command(subcommand)]
    Visit(Visit),
    /// Events and trainings of this node: publish, change, cancel, import
    #[command(subcommand)]
    Event(Event),
    /// Registrations of members of this space, for events anywhere (spaces)
    #[command(subcommand)]
    Registration(Registration),
    /// What takes place at all spaces of the label, and when
    Calendar(Calendar),
    /// What this node asks others, until it is answered
    #[command(subcommand)]
    Outbox(Outbox),
    /// A passport in a folder, to be shown by a program
    #[command(subcommand)]
    Wallet(Wallet),
    /// A coordinator and five spaces on this machine, doing the main job
    Demo(Demo),
}

/// The folder of a node.
#[derive(Debug, Args)]
pub(crate) struct Folder {
    /// The node's folder, with its configuration, keys and store
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Init {
    /// A coworking space that was invited to a label
    Space(InitSpace),
    /// The coordinator of a new label
    Coordinator(InitCoordinator),
}

#[derive(Debug, Args)]
pub(crate) struct InitSpace {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The one-time code that the coordinator's `escale label admit` printed
    #[arg(long, value_name = "CODE", required_unless_present = "invitation_file")]
    pub(crate) invitation: Option<String>,
    /// A file that holds the code
    #[arg(long, value_name = "FILE", conflicts_with = "invitation")]
    pub(crate) invitation_file: Option<PathBuf>,
    /// The name on the door
    #[arg(long)]
    pub(crate) name: String,
    /// The village or town
    #[arg(long)]
    pub(crate) village: String,
    /// Where the node listens; a reverse proxy or the local network reaches it there
    /// [default: 127.0.0.1:7800; for a node on a loopback address, that address]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct InitCoordinator {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The coordinator's address on the network, such as <https://label.example>
    #[arg(long, value_name = "URL")]
    pub(crate) entity: EntityId,
    /// The label's name in French
    #[arg(long, value_name = "NAME")]
    pub(crate) label_name: String,
    /// The label's name in English, if it has one
    #[arg(long, value_name = "NAME")]
    pub(crate) label_name_en: Option<String>,
    /// Where the root key is written. Keep this file offline, in two places: whoever
    /// has it is the label
    #[arg(long, value_name = "FILE")]
    pub(crate) root_key: PathBuf,
    /// Where the node listens; a reverse proxy or the local network reaches it there
    /// [default: 127.0.0.1:7800; for a node on a loopback address, that address]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Sign although something was signed later: once, after a clock that had been
    /// ahead was set right
    #[arg(long)]
    pub(crate) clock_is_right: bool,
    /// Believe that it is so many seconds later (or, below zero, earlier) than the
    /// machine says: to try on a copy of the folder what happens then
    #[arg(
        long,
        hide = true,
        value_name = "SECONDS",
        default_value_t = 0,
        allow_hyphen_values = true
    )]
    pub(crate) clock_ahead: i64,
    /// Stop when standard input ends: for whoever started this node
    #[arg(long, hide = true)]
    pub(crate) until_stdin_ends: bool,
    /// How a node built for tests misbehaves
    #[cfg(feature = "sabotage")]
    #[arg(long, hide = true, value_name = "WHAT")]
    pub(crate) sabotage: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Walk every feed, hash, signature and fingerprint
    #[arg(long)]
    pub(crate) deep: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Publish {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The file to read instead of the folder's space.toml or charter.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Print what was published as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Label {
    /// Invite a space: prints a one-time code; the space is admitted when it uses it
    Admit(LabelAdmit),
    /// Take an invitation back that nobody has used
    Uninvite(LabelSpace),
    /// Ask a coordinator for its label (spaces)
    Ask(LabelAsk),
    /// Join another label by an invitation, or one again whose membership had ended (spaces)
    Join(LabelJoin),
    /// Leave a label that was joined after the first (spaces)
    Leave(LabelLeave),
    /// Grant the label to a space that was admitted, or grant it again
    Grant(LabelGrant),
    /// Warn a space: it keeps the label, and has time to mend it
    Warn(LabelWarn),
    /// Suspend a space's label for a while
    Suspend(LabelEnd),
    /// Take a warning or a suspension back
    Lift(LabelEnd),
    /// Withdraw a space's label
    Withdraw(LabelEnd),
    /// End the membership of a space that bears no label any more
    End(LabelEnd),
    /// Everything that was decided about a space
    History(LabelSpace),
    /// List the spaces and their standing; at a space, its labels
    List(LabelList),
    /// Sign a new anchor statement with the root key: once a year, or for new keys
    Anchor(LabelAnchor),
}

#[derive(Debug, Args)]
pub(crate) struct LabelSpace {
    /// The space's address on the network, such as <https://le-mug.example>
    #[arg(value_name = "URL")]
    pub(crate) space: EntityId,
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LabelAdmit {
    #[command(flatten)]
    pub(crate) of: LabelSpace,
    /// Admit a space anew that belongs already, because it has lost its folder or somebody
    /// else has its keys: whoever uses the code takes its place
    #[arg(long, conflicts_with = "epoch")]
    pub(crate) anew: bool,
    /// The space belongs to another label, where its feed has begun anew in this epoch
    #[arg(long, value_name = "EPOCH", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) epoch: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct LabelGrant {
    #[command(flatten)]
    pub(crate) of: LabelSpace,
    /// Although nothing was heard of the space yet, or its feed is refused
    #[arg(long)]
    pub(crate) anyway: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LabelWarn {
    #[command(flatten)]
    pub(crate) of: LabelEnd,
    /// How many days the space is given
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) days: u16,
}

#[derive(Debug, Args)]
pub(crate) struct LabelJoin {
    /// The code that the coordinator handed over
    #[arg(long, value_name = "CODE")]
    pub(crate) invitation: String,
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LabelLeave {
    /// The coordinator of the label
    #[arg(value_name = "COORDINATOR")]
    pub(crate) label: EntityId,
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LabelAsk {
    /// Which coordinator, where the space has several labels
    #[arg(long, value_name = "COORDINATOR")]
    pub(crate) of: Option<EntityId>,
    /// What to say with it, in words that everybody may read
    #[arg(long, default_value = "")]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LabelEnd {
    #[command(flatten)]
    pub(crate) of: LabelSpace,
    /// Why, in words that everybody may read
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct LabelList {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LabelAnchor {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The root key that `escale init coordinator` wrote
    #[arg(long, value_name = "FILE")]
    pub(crate) root_key: PathBuf,
    /// Name the newest key alone: when everything was signed again by it, or when somebody
    /// else may have an older one
    #[arg(long)]
    pub(crate) newest_alone: bool,
    /// Say of keys that are not confirmed any more why nobody shall believe them
    #[arg(long, value_enum, value_name = "WHY")]
    pub(crate) revoke: Option<FormerKeys>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Why keys of former times are not believed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormerKeys {
    /// Somebody else may have them
    Compromised,
    /// Others took their place
    Superseded,
}

impl FormerKeys {
    pub(crate) const fn reason(self) -> RevocationReason {
        match self {
            Self::Compromised => RevocationReason::Compromised,
            Self::Superseded => RevocationReason::Superseded,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Do every step, check it, and stop
    #[arg(long)]
    pub(crate) once: bool,
    /// With --once: end with one line of JSON
    #[arg(long, requires = "once")]
    pub(crate) json: bool,
    /// Keep everything in this folder, and go on from what it holds
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// How one node misbehaves, to see that the judge notices
    #[cfg(feature = "sabotage")]
    #[arg(long, hide = true, value_name = "WHAT")]
    pub(crate) sabotage: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::Cli;

    const README: &str = include_str!("../../../README.md");
    const SERVICE: &str = include_str!("../../../deploy/escale.service");

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Words of a shell line: quotes keep spaces, a `#` ends it.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut is_quoted = false;
        for character in line.chars() {
            match character {
                '"' => is_quoted = !is_quoted,
                '#' if !is_quoted => break,
                ' ' if !is_quoted => words.push(String::new()),
                _ => words.last_mut().unwrap().push(character),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }

    #[track_caller]
    fn check(line: &str) {
        let parsed = Cli::try_parse_from(words(line));
        assert!(parsed.is_ok(), "{line}: {}", parsed.err().unwrap());
    }

    #[test]
    fn every_command_of_the_readme_can_be_typed() {
        let joined = README.replace("\\\n", " ");
        let commands: Vec<_> = joined
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("escale "))
            .collect();
        assert!(commands.len() >= 10, "{commands:?}");
        commands.into_iter().for_each(check);
    }

    #[test]
    fn the_service_starts_what_can_be_started() {
        let sections: Vec<_> = SERVICE
            .lines()
            .filter(|line| line.starts_with('['))
            .collect();
        assert_eq!(sections, ["[Unit]", "[Service]", "[Install]"]);
        let lines = SERVICE
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
        for line in lines {
            assert!(
                line.split_once('=')
                    .is_some_and(|(name, _)| !name.contains(' ')),
                "{line}"
            );
        }
        let start = SERVICE
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart="))
            .unwrap();
        check(start.strip_prefix("/usr/local/bin/").unwrap());
    }
}
