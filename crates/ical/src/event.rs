//! A calendar and its events, in the words of iCalendar.
//!
//! Times are those of the clock on the wall, beside the name of a time zone: a rule goes on
//! in them, whatever the offset from UTC becomes.

use jiff::civil::{DateTime, Weekday};

/// What a feed says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// What programs show beside it.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// The page that shows it to people.
    pub url: Option<String>,
    /// Where the feed itself is read again.
    pub source: Option<String>,
    /// When something in it last changed, in seconds since 1970 UTC.
    pub last_modified: Option<i64>,
}

/// An event: once, or by a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What tells it from every other, wherever it is published.
    pub uid: String,
    /// When it last changed, in seconds since 1970 UTC: `DTSTAMP` and `LAST-MODIFIED`.
    pub stamp: i64,
    /// Rises when its time, rule, place or status changes. At most 2,147,483,647.
    pub sequence: u32,
    /// Its title.
    pub summary: String,
    /// What is said about it, in plain text.
    pub description: Option<String>,
    /// When it begins (the first time) on the wall clock of `time_zone`, in whole seconds.
    pub start: DateTime,
    /// The IANA name of its time zone. An event of whole days is not bound to it.
    pub time_zone: String,
    /// How long it lasts, in seconds that pass. Of whole days: 86,400 each, at least one.
    pub duration_seconds: u32,
    /// Whether it takes whole days: then only the date of `start` counts.
    pub is_all_day: bool,
    /// How it comes back.
    pub rule: Option<Rule>,
    /// What is otherwise on some of its dates, in the order of those.
    pub overrides: Vec<Override>,
    /// Whether it takes place.
    pub status: Status,
    /// Where, in words.
    pub location: Option<String>,
    /// Where, on a map.
    pub geo: Option<Geo>,
    /// Its page.
    pub url: Option<String>,
    /// What it can be filed under.
    pub categories: Vec<String>,
    /// The language of title and description, as in `fr` or `pt-BR`.
    pub language: Option<String>,
}

/// Whether an event takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Confirmed,
    /// It may.
    Tentative,
    /// It does not; it stays in the feed, so that those who noted it learn of it.
    Cancelled,
}

/// A place on a map, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geo {
    /// North of the equator; at most 90,000,000 either way.
    pub latitude_e6: i32,
    /// East of Greenwich; at most 180,000,000 either way.
    pub longitude_e6: i32,
}

/// How an event comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// In days, weeks, months or years.
    pub frequency: Frequency,
    /// Every how many of them; at least 1.
    pub interval: u32,
    /// When it stops.
    pub end: End,
    /// On which days of the week.
    pub by_day: Vec<DayOfRule>,
    /// On which days of the month, from the end where negative.
    pub by_month_day: Vec<i8>,
    /// In which months, 1 to 12.
    pub by_month: Vec<u8>,
    /// Which of the dates that the rest of the rule gives, from the end where negative.
    pub by_set_position: Vec<i16>,
    /// On which day a week begins.
    pub week_start: Weekday,
}

impl Rule {
    /// Every day, week, month or year, on the day of the start, without end.
    pub const fn every(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            end: End::Never,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_month: Vec::new(),
            by_set_position: Vec::new(),
            week_start: Weekday::Monday,
        }
    }
}

/// The unit of a rule. What comes back within a day is not an event of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// Days.
    Daily,
    /// Weeks.
    Weekly,
    /// Months.
    Monthly,
    /// Years.
    Yearly,
}

/// When a rule stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It goes on.
    Never,
    /// After so many dates, the first included.
    Count(u32),
    /// With the last date that is not after this time on the event's wall clock.
    Until(DateTime),
}

/// A day of the week in a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayOfRule {
    /// Which of them in the month or year, from the end where negative; or each.
    pub ordinal: Option<i8>,
    /// The day.
    pub weekday: Weekday,
}

/// What is otherwise on one date of an event that comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// When the rule has it begin, on the event's wall clock.
    pub at: DateTime,
    /// What is otherwise.
    pub kind: OverrideKind,
}

/// What is otherwise on a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverrideKind {
    /// It is left out, without a word.
    Excluded,
    /// Some of it is another.
    Changed(Change),
}

/// What is another on a date. What is `None` is as ever; an empty text takes away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// When it begins, on the event's wall clock.
    pub start: Option<DateTime>,
    /// How long it lasts, in seconds.
    pub duration_seconds: Option<u32>,
    /// The title.
    pub summary: Option<String>,
    /// What is said about it.
    pub description: Option<String>,
    /// Where it is.
    pub location: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// Whether it takes place.
    pub status: Option<Status>,
}
