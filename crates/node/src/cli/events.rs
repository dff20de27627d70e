//! What can be typed about events, and about registrations for them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use wire::EntityId;
use wire::event::EventKind;

use super::Folder;

#[derive(Debug, Subcommand)]
pub(crate) enum Event {
    /// Publish a new event: it is in every calendar of the label
    Publish(Box<EventPublish>),
    /// Say an event anew: what is named is changed, the rest stays
    Change(Box<EventChange>),
    /// Say that an event, or one date of it, does not take place
    Cancel(EventCancel),
    /// The events of this node
    List(EventList),
    /// Who has registered for an event of this node
    Seats(EventOne),
    /// Take a registration for an event of this node back
    TakeBack(EventTakeBack),
    /// Show what would be published of another program's .ics file; --publish does it
    Import(EventImport),
}

#[derive(Debug, Args)]
pub(crate) struct EventList {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// Print the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EventOne {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The event, as `escale event list` prints it
    #[arg(value_name = "EVENT", allow_hyphen_values = true)]
    pub(crate) event: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is said of an event; what is not named is as it was, or absent.
#[derive(Debug, Default, Args)]
pub(crate) struct EventSaid {
    /// What it is about
    #[arg(long, value_name = "TEXT")]
    pub(crate) about: Option<String>,
    /// `training`, `workshop`, `web_conference`, `shared_meal` or `event` [default: training]
    #[arg(long, value_parser = kind)]
    pub(crate) kind: Option<EventKind>,
    /// How long it lasts, as in 2h, 90m, 1h30m, or 2d for days [default: 2h]
    #[arg(long, value_name = "TIME")]
    pub(crate) lasts: Option<String>,
    /// The IANA time zone of the times [default: that of the opening hours]
    #[arg(long, value_name = "ZONE")]
    pub(crate) time_zone: Option<String>,
    /// It comes again each week on these days, as in mo,th; `none` for once
    #[arg(long, value_name = "DAYS")]
    pub(crate) weekly: Option<String>,
    /// With --weekly: so many times
    #[arg(long, value_name = "NUMBER", conflicts_with = "until")]
    pub(crate) times: Option<u64>,
    /// With --weekly: until this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) until: Option<String>,
    /// How many seats there are, 0 for as many as come: without a number nobody registers
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seats: Option<u64>,
    /// The price in euros, as in 12 or 12.50; 0 where it is free
    #[arg(long, value_name = "EUROS")]
    pub(crate) price: Option<String>,
    /// Where, if not at the space that publishes it
    #[arg(long, value_name = "TEXT")]
    pub(crate) place: Option<String>,
    /// Where on the web, with https
    #[arg(long, value_name = "URL")]
    pub(crate) link: Option<String>,
    /// The language of its texts [default: fr]
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    /// It is invented, to try things out
    #[arg(long)]
    pub(crate) example: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EventPublish {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// What it is called
    #[arg(long)]
    pub(crate) title: String,
    /// When it begins (the first time), by the clock there: YYYY-MM-DDTHH:MM, or a day
    #[arg(long, value_name = "TIME")]
    pub(crate) start: String,
    #[command(flatten)]
    pub(crate) said: EventSaid,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EventChange {
    #[command(flatten)]
    pub(crate) of: EventOne,
    /// What it is called
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// When it begins (the first time), by the clock there: YYYY-MM-DDTHH:MM, or a day
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<String>,
    /// Move one date of an event that comes again: the time at which it was due, with --to
    #[arg(long, value_name = "TIME", requires = "to", conflicts_with = "start")]
    pub(crate) on: Option<String>,
    /// With --on: when that date takes place instead
    #[arg(long, value_name = "TIME", requires = "on")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) said: EventSaid,
}

#[derive(Debug, Args)]
pub(crate) struct EventCancel {
    #[command(flatten)]
    pub(crate) of: EventOne,
    /// One date of an event that comes again: the time at which it was due
    #[arg(long, value_name = "TIME")]
    pub(crate) on: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EventTakeBack {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The registration, as `escale event seats` prints it
    #[arg(value_name = "REGISTRATION", allow_hyphen_values = true)]
    pub(crate) registration: String,
    /// The home of whoever registered, as `escale event seats` prints it
    #[arg(long, value_name = "URL")]
    pub(crate) home: EntityId,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EventImport {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The .ics file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Their kind: `training`, `workshop`, `web_conference`, `shared_meal` or `event`
    #[arg(long, default_value = "event", value_parser = kind)]
    pub(crate) kind: EventKind,
    /// Publish them
    #[arg(long)]
    pub(crate) publish: bool,
    /// With --publish: these alone, by the id that is shown; may be given several times
    #[arg(
        long,
        value_name = "ID",
        requires = "publish",
        allow_hyphen_values = true
    )]
    pub(crate) only: Vec<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Registration {
    /// Ask for a seat for a member of this space
    Add(RegistrationAdd),
    /// The registrations of a member of this space
    List(RegistrationList),
    /// Give a registration of a member of this space back
    Cancel(RegistrationOne),
}

#[derive(Debug, Args)]
pub(crate) struct RegistrationAdd {
    #[command(flatten)]
    pub(crate) of: RegistrationList,
    /// The event, by its uid in the calendar
    #[arg(value_name = "UID", allow_hyphen_values = true)]
    pub(crate) uid: String,
    /// Of an event that comes again: the time at which the date was due
    #[arg(long, value_name = "TIME")]
    pub(crate) on: Option<String>,
    /// The name to call at the door [default: the member's short name]
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RegistrationList {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The member's number
    #[arg(value_name = "NUMBER")]
    pub(crate) member: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RegistrationOne {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// The registration, as `escale registration list` prints it
    #[arg(value_name = "REGISTRATION", allow_hyphen_values = true)]
    pub(crate) registration: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The calendar of this node.
#[derive(Debug, Args)]
pub(crate) struct Calendar {
    #[command(flatten)]
    pub(crate) folder: Folder,
    /// How many days from today
    #[arg(long, value_name = "NUMBER", default_value_t = 31, value_parser = clap::value_parser!(i64).range(1..=366))]
    pub(crate) days: i64,
    /// Of this publisher alone
    #[arg(long, value_name = "URL")]
    pub(crate) space: Option<EntityId>,
    /// Of this kind alone
    #[arg(long, value_parser = kind)]
    pub(crate) kind: Option<EventKind>,
    /// Print the calendar as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn kind(word: &str) -> Result<EventKind, String> {
    let words = || wire::event::EVENT_KINDS.map(EventKind::word).join(", ");
    EventKind::parse(word).ok_or_else(|| format!("one of {}", words()))
}
