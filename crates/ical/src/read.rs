//! Files of real calendar programs, read event by event.
//!
//! Nobody checks these files before they are exported, and nobody writes them by hand: what
//! is unusual is taken where it can have one meaning only. Everything else is left out, and
//! the one who imports is told what and why.

use thiserror::Error;

use crate::Event;

mod change;
mod ends;
mod event;
mod line;
mod parts;
mod rule;
mod series;
mod value;
mod windows;
mod zones;

/// A file of more bytes is refused. Ten years of a full village hall are less.
pub const IMPORT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A file of more events is refused, dates that were changed included: nobody can look
/// through them and choose.
pub const EVENTS_MAX: usize = 2_000;

/// A file of more lines, folds undone, is refused: fifty for each event. What is kept of a
/// line takes many times the room of a short one.
pub const LINES_MAX: usize = 100_000;

/// A line of more bytes, its folds undone, is not read: it is a picture.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// An event with more properties is left out: what it says cannot be looked through.
pub const PROPERTIES_MAX: usize = 2_000;

/// Components lie within each other: calendar, zone, observance; calendar, event, alarm.
/// A file in which more do is not a calendar.
pub const COMPONENT_DEPTH_MAX: usize = 8;

/// A series with more dates that are otherwise is left out; it has no more dates than that.
pub const OVERRIDES_MAX: usize = 1_000;

/// A title of more characters is left out: it is a description.
pub const SUMMARY_CHARS_MAX: usize = 500;

/// A description of more characters is left out.
pub const DESCRIPTION_CHARS_MAX: usize = 20_000;

/// A place of more characters is left out: it is a description too.
pub const LOCATION_CHARS_MAX: usize = 1_000;

/// An address of more bytes is left out: browsers differ on longer ones.
pub const URL_BYTES_MAX: usize = 2_000;

/// An event with a longer identifier is left out (RFC 7986 §5.3: less than 255).
pub const UID_BYTES_MAX: usize = 254;

/// A longer name of a time zone is not known: every end of it is looked for.
pub const ZONE_ID_BYTES_MAX: usize = 254;

/// More categories of one event are left out.
pub const CATEGORIES_MAX: usize = 50;

/// A category of more characters is left out.
pub const CATEGORY_CHARS_MAX: usize = 100;

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// What the calendar calls itself.
    pub calendar_name: Option<String>,
    /// The events that were understood, in the order of the file.
    pub events: Vec<Event>,
    /// Everything else that somebody may miss.
    pub left_out: Vec<LeftOut>,
}

/// Something that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// On which line of the file it begins, from 1.
    pub line: u32,
    /// The identifier of the event, where it has one.
    pub uid: Option<String>,
    /// The title of the event, where it has one.
    pub summary: Option<String>,
    /// Whether the event is missing, or a detail of it.
    pub extent: Extent,
    /// The property that was the reason, where it was one.
    pub property: Option<&'static str>,
    /// Why.
    pub why: Why,
}

/// How much was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of the event, or of one component: it is not among those that were read.
    Whole,
    /// A detail: the event was read without it, and takes place when the file says.
    Detail,
}

/// Why something was left out. The codes are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Why {
    /// There is no `UID`: a second import could not tell it from a new one.
    #[error("the event has no identifier")]
    NoUid,
    /// The `UID` is longer than any program makes.
    #[error("the event's identifier is too long")]
    UidTooLong,
    /// There is no `DTSTART`.
    #[error("the event does not say when it begins")]
    NoStart,
    /// A date or time has not the form of one.
    #[error("a date or time cannot be read")]
    BadTime,
    /// A time is of a zone that this program cannot tell.
    #[error("the time zone is not known")]
    UnknownTimeZone,
    /// A time cannot be said on the clock of the event: that shows it twice, and the second
    /// is meant.
    #[error("the event's clock shows this time twice")]
    AmbiguousTime,
    /// The end or length cannot be read, or does not fit the start.
    #[error("the end cannot be read, or is before the beginning")]
    BadEnd,
    /// A rule breaks the rules of rules.
    #[error("the rule of repetition cannot be read")]
    BadRule,
    /// A rule repeats within a day.
    #[error("the event repeats within a day")]
    RuleWithinADay,
    /// A rule by weeks or days of the year, or by another calendar.
    #[error("the rule of repetition is of a kind that is not taken")]
    RuleOfAnotherKind,
    /// There are several rules.
    #[error("the event has several rules of repetition")]
    SeveralRules,
    /// There are dates beside the rule (`RDATE`).
    #[error("the event has dates beside its rule")]
    ExtraDates,
    /// There is a rule of what is not (`EXRULE`), which RFC 5545 has given up.
    #[error("the event has a rule of exceptions")]
    ExclusionRule,
    /// A change applies to a date and all that follow.
    #[error("a change applies to one date and all that follow")]
    ThisAndFuture,
    /// More dates are otherwise than any series has.
    #[error("too many dates of the event are otherwise")]
    TooManyDates,
    /// A date of whole days is changed to a time of day, or the other way.
    #[error("one date lasts whole days and the others do not, or the other way round")]
    OtherKindOfDate,
    /// A date was changed of an event that is not in the file.
    #[error("a date of a series that is not in the file")]
    NoSeries,
    /// Another part of the series cannot be read.
    #[error("another part of the same event cannot be read")]
    SeriesLeftOut,
    /// The file has the same event once more, and not older.
    #[error("the file has a newer form of the event")]
    Older,
    /// The event has more properties than are read.
    #[error("the event has too many properties")]
    TooManyProperties,
    /// A line is longer than is read.
    #[error("a line is too long")]
    LineTooLong,
    /// A line has not the form of one.
    #[error("a line cannot be read")]
    UnreadableLine,
    /// The file ends before the event or the calendar does.
    #[error("the file is cut short")]
    CutShort,
    /// It is a task or a journal.
    #[error("it is not an event")]
    NotAnEvent,
    /// A text is longer than is taken.
    #[error("a text is too long")]
    TextTooLong,
    /// There are more categories than are taken.
    #[error("there are too many categories")]
    TooManyCategories,
    /// The status is none that exists; the event counts as confirmed.
    #[error("the status is not known")]
    UnknownStatus,
    /// The place on the map cannot be read.
    #[error("the place on the map cannot be read")]
    BadPlace,
    /// The address is not one of the web.
    #[error("the address is not one of the web")]
    BadUrl,
    /// It is marked as private or confidential (`CLASS`): who imports it makes it public.
    #[error("the event is marked as private")]
    Private,
    /// A date differs in what can only be the same for all.
    #[error("a date differs in what is the same for all dates here")]
    SameForAll,
}

impl Why {
    /// The word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoUid => "no_uid",
            Self::UidTooLong => "uid_too_long",
            Self::NoStart => "no_start",
            Self::BadTime => "bad_time",
            Self::UnknownTimeZone => "unknown_time_zone",
            Self::AmbiguousTime => "ambiguous_time",
            Self::BadEnd => "bad_end",
            Self::BadRule => "bad_rule",
            Self::RuleWithinADay => "rule_within_a_day",
            Self::RuleOfAnotherKind => "rule_of_another_kind",
            Self::SeveralRules => "several_rules",
            Self::ExtraDates => "extra_dates",
            Self::ExclusionRule => "exclusion_rule",
            Self::ThisAndFuture => "this_and_future",
            Self::TooManyDates => "too_many_dates",
            Self::OtherKindOfDate => "other_kind_of_date",
            Self::NoSeries => "no_series",
            Self::SeriesLeftOut => "series_left_out",
            Self::Older => "older",
            Self::TooManyProperties => "too_many_properties",
            Self::LineTooLong => "line_too_long",
            Self::UnreadableLine => "unreadable_line",
            Self::CutShort => "cut_short",
            Self::NotAnEvent => "not_an_event",
            Self::TextTooLong => "text_too_long",
            Self::TooManyCategories => "too_many_categories",
            Self::UnknownStatus => "unknown_status",
            Self::BadPlace => "bad_place",
            Self::BadUrl => "bad_url",
            Self::Private => "private",
            Self::SameForAll => "same_for_all",
        }
    }
}

/// Why nothing of a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReadRefusal {
    /// More than [`IMPORT_BYTES_MAX`].
    #[error("the file is too large")]
    TooLarge,
    /// There is no `VCALENDAR` in it.
    #[error("the file is not an iCalendar file")]
    NotICalendar,
    /// It is vCalendar 1.0, whose rules are written in another way.
    #[error("the file is of a version before iCalendar")]
    OldVersion,
    /// More than [`EVENTS_MAX`].
    #[error("the file has too many events")]
    TooManyEvents,
    /// More than [`LINES_MAX`].
    #[error("the file has too many lines")]
    TooManyLines,
    /// More than [`COMPONENT_DEPTH_MAX`].
    #[error("the file's components lie too deep within each other")]
    TooDeep,
    /// The zone of the one who imports is none that exists.
    #[error("the time zone to import into does not exist")]
    UnknownDefaultZone,
}

/// Reads a file. Times without a zone are of the zone that the calendar says it is in
/// (`X-WR-TIMEZONE`), or else of `default_zone`, an IANA name; so are whole days. A single
/// event in UTC is moved onto the clock of `default_zone`; a series in UTC stays there.
pub fn read(bytes: &[u8], default_zone: &str) -> Result<Imported, ReadRefusal> {
    if bytes.len() > IMPORT_BYTES_MAX {
        return Err(ReadRefusal::TooLarge);
    }
    if !crate::is_time_zone(default_zone) {
        return Err(ReadRefusal::UnknownDefaultZone);
    }
    let default = value::Place::of(default_zone).ok_or(ReadRefusal::UnknownDefaultZone)?;
    let parts = parts::parts(line::properties(bytes)?)?;
    let is_old = |part: &parts::Part| series::said(part, "VERSION") == Some("1.0");
    if parts.iter().any(is_old) {
        return Err(ReadRefusal::OldVersion);
    }
    let mut imported = Imported::default();
    for part in parts {
        series::read_part(part, &default, &mut imported);
    }
    Ok(imported)
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
