//! What a space's feed says of it: its profile, its opening hours, its formulas.

use seal::Malformed;
use serde::{Deserialize, Serialize};

use crate::body::{BodyKind, LocalText};
use crate::document::require;
use crate::values::{CENTS_MAX, Cents};

/// The id of the one profile and of the one set of opening hours of a space.
pub const THE_ONE: &str = "self";

/// Who a space is. The record's id is [`THE_ONE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The name on the door.
    pub name: String,
    /// The village or town.
    pub village: String,
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The place itself, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<LocalText>,
    /// Latitude in millionths of a degree; with `longitude_e6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude_e6: Option<i64>,
    /// Longitude in millionths of a degree; with `latitude_e6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude_e6: Option<i64>,
    /// Floor area in square metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_m2: Option<u64>,
    /// What is there: rooms, machines, people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amenities: Vec<LocalText>,
    /// The profile is invented, for a demonstration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_example: bool,
}

/// The most characters of a name, a village or an address.
pub const NAME_CHARS_MAX: usize = 120;

/// The most amenities of a profile.
pub const AMENITIES_MAX: usize = 40;

impl BodyKind for Profile {
    const KIND: &'static str = "profile";

    fn check(&self) -> Result<(), Malformed> {
        let is_short = |text: &str| (1..=NAME_CHARS_MAX).contains(&text.chars().count());
        require(is_short(&self.name), "name")?;
        require(is_short(&self.village), "village")?;
        require(self.address.as_deref().is_none_or(is_short), "address")?;
        require(
            self.latitude_e6.is_some() == self.longitude_e6.is_some(),
            "latitude_e6",
        )?;
        let within = |degrees_e6: Option<i64>, limit: i64| {
            degrees_e6.is_none_or(|value| (-limit..=limit).contains(&value))
        };
        require(within(self.latitude_e6, 90_000_000), "latitude_e6")?;
        require(within(self.longitude_e6, 180_000_000), "longitude_e6")?;
        require(self.amenities.len() <= AMENITIES_MAX, "too many amenities")?;
        self.about
            .iter()
            .chain(&self.amenities)
            .try_for_each(LocalText::check)
    }
}

/// When a space is open. The record's id is [`THE_ONE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningHours {
    /// The IANA time zone of all times here.
    pub time_zone: String,
    /// When a visit becomes two half-days instead of one; 13:00 unless it says otherwise.
    #[serde(
        default = "ClockTime::thirteen",
        skip_serializing_if = "ClockTime::is_thirteen"
    )]
    pub half_day_boundary: ClockTime,
    /// The spans of a week, in order.
    pub weekly: Vec<OpenSpan>,
    /// Subscribers have a badge and come at any hour.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub subscribers_at_all_hours: bool,
    /// The hours are invented, for a demonstration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_example: bool,
}

/// A span of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSpan {
    /// The day.
    pub day: Weekday,
    /// From this minute on.
    pub from: ClockTime,
    /// Until this minute, not included; 24:00 is midnight.
    pub to: ClockTime,
}

/// A day of the week, Monday first (ISO 8601).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A time of day, in minutes after midnight: 0 to 1440. Written `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime(u16);

impl ClockTime {
    /// Reads `HH:MM`, 00:00 to 24:00.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let digits = |part: &str| {
            let is_two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            is_two.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (hours, minutes) = (digits(hours)?, digits(minutes)?);
        let all = hours * 60 + minutes;
        (minutes < 60 && all <= 1440).then_some(Self(all))
    }

    /// Minutes after midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    const fn thirteen() -> Self {
        Self(13 * 60)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    const fn is_thirteen(&self) -> bool {
        self.0 == 13 * 60
    }
}

impl std::fmt::Display for ClockTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for ClockTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a time is written HH:MM"))
    }
}

/// The most spans of a week: four a day.
pub const SPANS_MAX: usize = 28;

impl BodyKind for OpeningHours {
    const KIND: &'static str = "opening-hours";

    fn check(&self) -> Result<(), Malformed> {
        require((1..=60).contains(&self.time_zone.len()), "time_zone")?;
        require(self.weekly.len() <= SPANS_MAX, "too many spans")?;
        require(
            self.weekly.iter().all(|span| span.from < span.to),
            "a span that ends before it begins",
        )?;
        let is_ordered = self
            .weekly
            .is_sorted_by(|a, b| a.day < b.day || (a.day == b.day && a.to <= b.from));
        require(is_ordered, "spans that overlap or are out of order")
    }
}

/// What a member subscribes to or buys. The record's id is the formula's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formula {
    /// How long it lasts.
    pub unit: FormulaUnit,
    /// The price in euro cents, taxes included.
    pub price_cents: Cents,
    /// What the price includes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub includes: Option<LocalText>,
    /// The price is invented, for a demonstration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_example: bool,
}

/// The most formulas of one space: readers show no more.
pub const FORMULAS_MAX: usize = 50;

/// How long a formula lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum FormulaUnit {
    Hour,
    HalfDay,
    Day,
    Week,
    Month,
    Year,
}

impl BodyKind for Formula {
    const KIND: &'static str = "formula";

    fn check(&self) -> Result<(), Malformed> {
        require((0..=CENTS_MAX).contains(&self.price_cents.0), "price_cents")?;
        self.includes.iter().try_for_each(LocalText::check)
    }
}
