//! Which time zone a file means: by an IANA name, by a name of Windows, by what its own
//! definition says of itself, or by the offsets that this gives, compared with the zone of
//! the one who imports.

use std::collections::BTreeMap;

use super::line::Property;
use super::value::{Place, Written, date_or_time};
use super::{ZONE_ID_BYTES_MAX, windows};
use crate::zone::{Pattern, are_same_today, pattern};

/// What a `VTIMEZONE` says.
#[derive(Debug, Default)]
pub(super) struct OwnZone {
    /// Where it says it is.
    pub(super) location: Option<String>,
    /// Its changes.
    pub(super) changes: Vec<OwnChange>,
}

/// A `STANDARD` or `DAYLIGHT`.
#[derive(Debug, Default)]
pub(super) struct OwnChange {
    /// Seconds to the east.
    to: Option<i32>,
    /// The month of its start, and of its rule.
    month: Option<i8>,
    /// Whether it comes back every year, without end.
    is_yearly: bool,
}

impl OwnChange {
    /// Takes what matters.
    pub(super) fn add(&mut self, property: &Property) {
        let value = property.value.trim().to_ascii_uppercase();
        match property.name.as_str() {
            "TZOFFSETTO" => self.to = offset(&value),
            "DTSTART" if self.month.is_none() => {
                if let Some(Written::Wall(at) | Written::Utc(at)) = date_or_time(&value) {
                    self.month = Some(at.month());
                }
            }
            "RRULE" => {
                self.is_yearly = value.contains("FREQ=YEARLY") && !value.contains("UNTIL=");
                let mut parts = value.split(';');
                let month = parts.find_map(|it| it.strip_prefix("BYMONTH=")?.parse().ok());
                self.month = month.or(self.month);
            }
            _ => {}
        }
    }
}

impl OwnZone {
    /// The changes that still come, or the one offset.
    fn pattern(&self) -> Option<Pattern> {
        let yearly = self.changes.iter().filter(|it| it.is_yearly);
        let yearly = yearly.map(|it| Some((it.to?, Some(it.month?))));
        let yearly: Pattern = yearly.collect::<Option<_>>()?;
        if !yearly.is_empty() {
            return Some(yearly);
        }
        let offsets = self.changes.iter().map(|it| Some((it.to?, None)));
        let offsets: Pattern = offsets.collect::<Option<_>>()?;
        (offsets.len() == 1).then_some(offsets)
    }
}

/// `+0200` in seconds.
fn offset(text: &str) -> Option<i32> {
    let (is_west, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+')?),
    };
    let is_number = digits.bytes().all(|it| it.is_ascii_digit());
    if !is_number || !(digits.len() == 4 || digits.len() == 6) {
        return None;
    }
    let two = |at: usize| digits.get(at..at + 2)?.parse::<i32>().ok();
    let seconds = two(0)? * 3600 + two(2)? * 60 + two(4).unwrap_or(0);
    Some(if is_west { -seconds } else { seconds })
}

/// The zones of one calendar in a file.
#[derive(Debug)]
pub(super) struct Zones {
    /// That of the one who imports.
    pub(super) default: Place,
    /// Where a clock hangs that is not named: the calendar's own word, or the default.
    pub(super) floating: Place,
    own: BTreeMap<String, OwnZone>,
    default_pattern: Option<Pattern>,
    /// What names were found to mean, so that none is looked for twice.
    known: BTreeMap<String, Option<Place>>,
}

impl Zones {
    /// With what the calendar defines, and the zone that it says it is in.
    pub(super) fn new(
        default: Place,
        own: BTreeMap<String, OwnZone>,
        calendar: Option<&str>,
    ) -> Self {
        let mut zones = Self {
            floating: default.clone(),
            default_pattern: pattern(&default.zone),
            default,
            own,
            known: BTreeMap::new(),
        };
        let calendar = calendar.and_then(|it| zones.find(it.trim()));
        // Many programs say UTC there without meaning it.
        if let Some(place) = calendar.filter(|it| !crate::clock::is_utc(&it.name)) {
            zones.floating = place;
        }
        zones
    }

    /// The zone of this `TZID`.
    pub(super) fn find(&mut self, id: &str) -> Option<Place> {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        let found = self.look_for(id);
        self.known.insert(id.to_owned(), found.clone());
        found
    }

    fn look_for(&self, id: &str) -> Option<Place> {
        if id.len() > ZONE_ID_BYTES_MAX {
            return None;
        }
        let own = self.own.get(id);
        let location = own.and_then(|it| it.location.as_deref());
        by_path(id)
            .or_else(|| self.by_windows(id))
            .or_else(|| location.and_then(|it| by_path(it).or_else(|| self.by_windows(it))))
            .or_else(|| {
                let pattern = own?.pattern();
                let is_default = pattern.is_some() && pattern == self.default_pattern;
                is_default.then(|| self.default.clone())
            })
    }

    /// A name of Windows stands for several countries: for the importer's, if it is among them.
    fn by_windows(&self, name: &str) -> Option<Place> {
        let place = Place::of(windows::iana(name)?)?;
        let is_default = are_same_today(&place.zone, &self.default.zone);
        Some(if is_default && !crate::clock::is_utc(&place.name) {
            self.default.clone()
        } else {
            place
        })
    }
}

/// An IANA name, or the end of a path that is one, as in `/citadel.org/2025/Europe/Paris`.
fn by_path(id: &str) -> Option<Place> {
    let starts = id.match_indices('/').map(|(at, _)| at + 1);
    let ends = std::iter::once(0)
        .chain(starts)
        .filter_map(|at| id.get(at..));
    // `UTC` is a name by itself; any other word at the end of a path could be anything.
    let mut names =
        ends.filter(|it| it.contains('/') || *it == id || it.eq_ignore_ascii_case("UTC"));
    names.find_map(Place::of)
}
