//! Events: what a space or the coordinator invites everybody to.
//!
//! The body has the shape of JSCalendar's Event (RFC 8984, with errata 6872 and 6873), the
//! part of it that is listed here, and one member of ours, `escale`, for what a calendar
//! has no word for: the kind of event, the seats, the price. The rule and its exceptions
//! travel; each node expands them for itself.
//!
//! **Invariant:** an event with a rule or an exception of which this software does not
//! know a part is refused whole: shown on a wrong day, an event is worse than not shown.
//!
//! Specified in `specs/event.md`.

mod times;

use std::collections::BTreeMap;

use seal::Malformed;
use serde::{Deserialize, Deserializer, Serialize};

use crate::body::{BodyKind, TEXT_CHARS_MAX};
use crate::document::require;
use crate::space::Weekday;
use crate::values::{CENTS_MAX, Cents};
use crate::{EntityId, Timestamp};

pub use times::{LocalTime, Span, UtcTime};

/// An event. The record's id is the part of `uid` before the `@`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The word `Event` (RFC 8984 §1.2.1).
    #[serde(rename = "@type")]
    pub form: EventForm,
    /// The record's id, `@`, and the authority of the node that publishes it: nobody can
    /// publish an event under the name of another's (§4.1.2).
    pub uid: String,
    /// When it last changed (§4.1.5), a date and time in UTC.
    pub updated: UtcTime,
    /// 0, and one more whenever time, rule, place or status change (§4.1.6).
    pub sequence: u64,
    /// What it is called.
    pub title: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it begins, by the wall clock of `time_zone`.
    pub start: LocalTime,
    /// An IANA time zone.
    pub time_zone: String,
    /// How long it lasts: in days if it is a matter of days, else in hours, minutes and
    /// seconds.
    pub duration: Span,
    /// It is a matter of days, not of hours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show_without_time: bool,
    /// How it comes again: one rule at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recurrence_rules: Vec<RecurrenceRule>,
    /// Exceptions to the rule, and further occurrences beside it, by the wall clock time
    /// at which each was due.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recurrence_overrides: BTreeMap<LocalTime, Override>,
    /// Whether it takes place.
    #[serde(default, skip_serializing_if = "EventStatus::is_confirmed")]
    pub status: EventStatus,
    /// Where it takes place: one at most. Without one, at the space that publishes it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locations: BTreeMap<String, Location>,
    /// Where it takes place on the web: one at most.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub virtual_locations: BTreeMap<String, VirtualLocation>,
    /// The language of its texts, such as `fr` (RFC 5646).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// What is ours alone.
    pub escale: EventTerms,
}

/// The `@type` of an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventForm {
    /// The only one.
    #[default]
    Event,
}

/// What a calendar has no word for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTerms {
    /// What kind of event it is.
    pub kind: EventKind,
    /// How many seats each occurrence has. Whoever wants one registers; without a number
    /// nobody does, and everybody comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// What it costs, in euro cents, taxes included; absent where it is not said, 0 where
    /// it is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_cents: Option<Cents>,
    /// The event is invented, for a demonstration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_example: bool,
}

/// What kind of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Somebody teaches.
    Training,
    /// People do something together.
    Workshop,
    /// A training or talk on the web.
    WebConference,
    /// A meal that is shared.
    SharedMeal,
    /// Anything else.
    Event,
}

/// Every kind, in the order in which people choose.
pub const EVENT_KINDS: [EventKind; 5] = [
    EventKind::Training,
    EventKind::Workshop,
    EventKind::WebConference,
    EventKind::SharedMeal,
    EventKind::Event,
];

impl EventKind {
    /// The word in documents, addresses and commands.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Workshop => "workshop",
            Self::WebConference => "web_conference",
            Self::SharedMeal => "shared_meal",
            Self::Event => "event",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        EVENT_KINDS.into_iter().find(|kind| kind.word() == word)
    }
}

/// Whether an event, or one occurrence of it, takes place (RFC 8984 §5.1.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventStatus {
    /// It does.
    #[default]
    Confirmed,
    /// It may.
    Tentative,
    /// It does not, although it was said that it would.
    Cancelled,
}

impl EventStatus {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    const fn is_confirmed(&self) -> bool {
        matches!(self, Self::Confirmed)
    }
}

/// How an event comes again (RFC 8984 §4.3.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecurrenceRule {
    /// The word `RecurrenceRule`.
    #[serde(rename = "@type", default, skip_serializing_if = "Option::is_none")]
    pub form: Option<RecurrenceForm>,
    /// From one to the next.
    pub frequency: Frequency,
    /// Every one, every second, …; 1 where it is absent.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub interval: u64,
    /// On which days of the week, each once, Monday first; the day of `start` where there
    /// is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_day: Vec<NDay>,
    /// How many times; not together with `until`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The last moment at which one may begin, by the wall clock of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<LocalTime>,
}

/// The `@type` of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecurrenceForm {
    /// The only one.
    RecurrenceRule,
}

/// From one occurrence to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    /// A day.
    Daily,
    /// A week.
    Weekly,
}

/// A day of the week in a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NDay {
    /// The word `NDay`.
    #[serde(rename = "@type", default, skip_serializing_if = "Option::is_none")]
    pub form: Option<NDayForm>,
    /// The day.
    #[serde(with = "short_day")]
    pub day: Weekday,
}

/// The `@type` of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NDayForm {
    /// The only one.
    NDay,
}

/// What is different of one occurrence (RFC 8984 §4.3.5): a patch of the members listed
/// here, or that it is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Override {
    /// There is no such occurrence; then nothing else is said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excluded: bool,
    /// It begins at another time.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub start: Option<LocalTime>,
    /// It lasts longer, or not as long.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub duration: Option<Span>,
    /// It has another title.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub title: Option<String>,
    /// It is about something else.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub description: Option<String>,
    /// It does not take place, or only perhaps.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub status: Option<EventStatus>,
}

/// A place (RFC 8984 §4.2.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The word `Location`.
    #[serde(rename = "@type", default, skip_serializing_if = "Option::is_none")]
    pub form: Option<LocationForm>,
    /// What it is called, and how to find it.
    pub name: String,
}

/// The `@type` of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LocationForm {
    /// The only one.
    Location,
}

/// A place on the web (RFC 8984 §4.2.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualLocation {
    /// The word `VirtualLocation`.
    #[serde(rename = "@type", default, skip_serializing_if = "Option::is_none")]
    pub form: Option<VirtualLocationForm>,
    /// Its address, with `https`.
    pub uri: String,
}

/// The `@type` of a place on the web.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VirtualLocationForm {
    /// The only one.
    VirtualLocation,
}

/// The most characters of a title or of a place's name.
pub const TITLE_CHARS_MAX: usize = 200;

/// The most bytes of a time zone's name.
pub const TIME_ZONE_BYTES_MAX: usize = 60;

/// The most exceptions of one event: with all of them a body still fits its record.
pub const OVERRIDES_MAX: usize = 100;

/// The longest that an event, or an occurrence, may last: 31 days.
pub const EVENT_SECONDS_MAX: i64 = 31 * 24 * 60 * 60;

/// The most seats of an occurrence.
pub const CAPACITY_MAX: u64 = 10_000;

/// The most times that a rule may say: a lesson each day for five years fits.
pub const COUNT_MAX: u64 = 2_000;

/// The most days or weeks from one occurrence to the next.
pub const INTERVAL_MAX: u64 = 100;

/// The greatest `sequence`: iCalendar's numbers end there (RFC 5545 §3.3.8).
pub const SEQUENCE_MAX: u64 = 2_147_483_647;

/// The most bytes of an address on the web.
pub const URI_BYTES_MAX: usize = 500;

/// The most bytes of the part of a `uid` that the node chooses.
pub const EVENT_ID_BYTES_MAX: usize = 40;

/// Whether a text can be the id of an event: letters, digits, `-` and `_`.
pub fn is_event_id(id: &str) -> bool {
    (1..=EVENT_ID_BYTES_MAX).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The `uid` of the event that a node publishes under an id.
pub fn event_uid(owner: &EntityId, id: &str) -> String {
    format!("{id}@{}", owner.authority())
}

impl BodyKind for Event {
    const KIND: &'static str = "event";

    const NOT_IGNORED: &'static [&'static str] = &[
        "excludedRecurrenceRules",
        "recurrenceId",
        "recurrenceIdTimeZone",
    ];

    fn check(&self) -> Result<(), Malformed> {
        let id = self.uid.split_once('@').map_or("", |(id, _)| id);
        require(is_event_id(id), "uid")?;
        require(self.sequence <= SEQUENCE_MAX, "sequence")?;
        check_title(&self.title)?;
        check_description(self.description.as_deref())?;
        require(
            (1..=TIME_ZONE_BYTES_MAX).contains(&self.time_zone.len()),
            "timeZone",
        )?;
        self.duration.check()?;
        let midnight = self.start.is_midnight();
        require(!self.show_without_time || midnight, "showWithoutTime")?;
        let changed = self.recurrence_overrides.values();
        let lengths = changed.filter_map(|change| change.duration);
        // A day has not always 24 hours: what lasts days says so, and nothing else does.
        let fits = |length: Span| {
            if self.show_without_time {
                length.days() > 0 && length.seconds() == 0
            } else {
                length.days() == 0
            }
        };
        let all_fit = lengths.chain([self.duration]).all(fits);
        require(all_fit, "duration in days, where it is one of days alone")?;
        require(self.recurrence_rules.len() <= 1, "more than one rule")?;
        self.recurrence_rules
            .iter()
            .try_for_each(RecurrenceRule::check)?;
        require(
            self.recurrence_overrides.len() <= OVERRIDES_MAX,
            "too many exceptions",
        )?;
        let is_recurring = !self.recurrence_rules.is_empty();
        require(
            is_recurring || self.recurrence_overrides.is_empty(),
            "an exception without a rule",
        )?;
        self.recurrence_overrides
            .values()
            .try_for_each(Override::check)?;
        require(
            !self.show_without_time || self.recurrence_overrides.iter().all(is_change_of_days),
            "an exception of hours to an event of days",
        )?;
        check_places(&self.locations, &self.virtual_locations)?;
        let is_language = |it: &String| {
            (2..=20).contains(&it.len())
                && it
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        require(self.locale.as_ref().is_none_or(is_language), "locale")?;
        self.escale.check()
    }
}

/// Whether an exception to an event of days speaks of days.
fn is_change_of_days((due, change): (&LocalTime, &Override)) -> bool {
    due.is_midnight()
        && change.start.as_ref().is_none_or(LocalTime::is_midnight)
        && change.duration.is_none_or(|it| it.seconds() == 0)
}

fn check_places(
    places: &BTreeMap<String, Location>,
    on_the_web: &BTreeMap<String, VirtualLocation>,
) -> Result<(), Malformed> {
    require(places.len() <= 1 && on_the_web.len() <= 1, "places")?;
    let is_key = |key: &String| is_event_id(key);
    let mut keys = places.keys().chain(on_the_web.keys());
    require(keys.all(is_key), "the key of a place")?;
    for place in places.values() {
        check_title(&place.name)?;
    }
    for place in on_the_web.values() {
        let is_web = place.uri.starts_with("https://") && place.uri.len() <= URI_BYTES_MAX;
        let is_plain = place.uri.bytes().all(|byte| byte.is_ascii_graphic());
        require(is_web && is_plain, "uri")?;
    }
    Ok(())
}

fn check_title(title: &str) -> Result<(), Malformed> {
    let is_title = (1..=TITLE_CHARS_MAX).contains(&title.chars().count())
        && !title.chars().any(char::is_control)
        && !title.trim().is_empty();
    require(
        is_title,
        "a title or a place is one line of 1 to 200 characters",
    )
}

fn check_description(text: Option<&str>) -> Result<(), Malformed> {
    let fits = |text: &str| text.chars().count() <= TEXT_CHARS_MAX;
    require(text.is_none_or(fits), "description")
}

impl EventTerms {
    fn check(&self) -> Result<(), Malformed> {
        let is_number = |it: u64| (1..=CAPACITY_MAX).contains(&it);
        require(self.capacity.is_none_or(is_number), "capacity")?;
        let is_price = |it: Cents| (0..=CENTS_MAX).contains(&it.0);
        require(self.price_cents.is_none_or(is_price), "price_cents")
    }
}

impl RecurrenceRule {
    fn check(&self) -> Result<(), Malformed> {
        require((1..=INTERVAL_MAX).contains(&self.interval), "interval")?;
        let is_count = |it: u64| (1..=COUNT_MAX).contains(&it);
        require(self.count.is_none_or(is_count), "count")?;
        require(
            self.count.is_none() || self.until.is_none(),
            "both count and until",
        )?;
        let are_days = self.by_day.is_sorted_by(|a, b| a.day < b.day);
        require(are_days, "byDay")
    }
}

impl Override {
    fn check(&self) -> Result<(), Malformed> {
        let nothing_else = Self {
            excluded: true,
            ..Self::default()
        };
        require(!self.excluded || *self == nothing_else, "excluded")?;
        self.duration.iter().copied().try_for_each(Span::check)?;
        self.title.iter().try_for_each(|title| check_title(title))?;
        check_description(self.description.as_deref())
    }
}

/// What a patch says. In one `null` is no absence: it takes a member away, which this
/// software does not know.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

const fn one() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_one(it: &u64) -> bool {
    *it == 1
}

/// The days of a rule as JSCalendar writes them (RFC 8984 §4.3.3), Monday first.
pub const RULE_DAYS: [(&str, Weekday); 7] = [
    ("mo", Weekday::Monday),
    ("tu", Weekday::Tuesday),
    ("we", Weekday::Wednesday),
    ("th", Weekday::Thursday),
    ("fr", Weekday::Friday),
    ("sa", Weekday::Saturday),
    ("su", Weekday::Sunday),
];

mod short_day {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::{RULE_DAYS, Weekday};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(day: &Weekday, to: S) -> Result<S::Ok, S::Error> {
        let word = RULE_DAYS.iter().find(|(_, it)| it == day);
        to.serialize_str(word.map_or("", |(word, _)| word))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Weekday, D::Error> {
        let word = String::deserialize(from)?;
        let day = RULE_DAYS.iter().find(|(it, _)| *it == word);
        day.map(|(_, day)| *day)
            .ok_or_else(|| serde::de::Error::custom("a day is one of mo tu we th fr sa su"))
    }
}

/// How many seats of an event are taken, as its owner counts them: so that others can say
/// how many are left. The record's id is the event's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats {
    /// When they were counted.
    pub at: Timestamp,
    /// The occurrences of which any seat is taken or waited for, each once, in order.
    pub occurrences: Vec<SeatsTaken>,
}

/// The seats of one occurrence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatsTaken {
    /// When it was due by the rule; absent for an event that does not come again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<LocalTime>,
    /// How many are taken.
    pub taken: u64,
    /// How many wait.
    pub waiting: u64,
}

/// The most occurrences whose seats are told: the next ones.
pub const SEATS_TOLD_MAX: usize = 100;

impl BodyKind for Seats {
    const KIND: &'static str = "event-seats";

    fn check(&self) -> Result<(), Malformed> {
        require(self.occurrences.len() <= SEATS_TOLD_MAX, "too many")?;
        let are_sorted = self
            .occurrences
            .is_sorted_by(|a, b| a.occurrence < b.occurrence);
        require(are_sorted, "occurrences out of order")?;
        let is_small = |it: &SeatsTaken| it.taken <= CAPACITY_MAX && it.waiting <= CAPACITY_MAX;
        require(self.occurrences.iter().all(is_small), "seats")
    }
}
