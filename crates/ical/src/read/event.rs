//! One `VEVENT` by itself: an event, or one date of a series.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::ends::{seconds_between, seconds_of, until};
use super::line::Property;
use super::parts::RawEvent;
use super::value::{self, Place, When, Written};
use super::zones::Zones;
use super::{
    CATEGORIES_MAX, CATEGORY_CHARS_MAX, DESCRIPTION_CHARS_MAX, LOCATION_CHARS_MAX, OVERRIDES_MAX,
    SUMMARY_CHARS_MAX, UID_BYTES_MAX, URL_BYTES_MAX, Why,
};
use crate::{Event, Status};

/// Why something is left out, and because of which property.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub(super) property: Option<&'static str>,
    pub(super) why: Why,
}

impl From<Why> for Fault {
    fn from(why: Why) -> Self {
        Self {
            property: None,
            why,
        }
    }
}

impl Why {
    /// Because of this property.
    pub(super) fn of(self, property: &'static str) -> Fault {
        Fault {
            property: Some(property),
            why: self,
        }
    }
}

/// What a component says.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) line: u32,
    /// On the clock of `place`, without what is otherwise on some dates.
    pub(super) event: Event,
    pub(super) place: Place,
    /// The start as the file says it.
    pub(super) start: When,
    /// Which date of a series it is, if it is one.
    pub(super) recurrence: Option<When>,
    /// The dates that the rule is not to give.
    pub(super) exclusions: Vec<When>,
    /// What was left out of it.
    pub(super) faults: Vec<Fault>,
}

/// Reads a component, or says why it is left out.
pub(super) fn parse(raw: &RawEvent, zones: &mut Zones) -> Result<Parsed, Fault> {
    if !raw.is_whole {
        return Err(Why::CutShort.into());
    }
    if raw.has_too_many {
        return Err(Why::TooManyProperties.into());
    }
    let mut reading = Reading {
        raw,
        zones,
        faults: Vec::new(),
    };
    let uid = reading.uid()?;
    let recurrence = reading.recurrence()?;
    let rule = reading.rule()?;
    let exclusions = reading.exclusions()?;
    let start = reading.one("DTSTART")?.ok_or(Why::NoStart)?;
    let start = reading.when(start, &start.value, "DTSTART")?;
    let is_series = rule.is_some() || recurrence.is_some();
    let (place, local) = reading.clock(&start, is_series)?;
    let seconds = reading.duration(&start, &place, local, is_series)?;
    let is_all_day = matches!(start, When::Day(_));
    let rule = match rule {
        Some(it) => Some(until(it, is_all_day, &place)?),
        None => None,
    };
    let (summary, language) = reading.summary();
    let event = Event {
        uid,
        stamp: reading.stamp(),
        sequence: reading.sequence(),
        summary,
        description: reading.text("DESCRIPTION", DESCRIPTION_CHARS_MAX),
        start: local,
        time_zone: place.name.clone(),
        duration_seconds: seconds,
        is_all_day,
        rule,
        overrides: Vec::new(),
        status: reading.status(),
        location: reading.text("LOCATION", LOCATION_CHARS_MAX),
        geo: reading.geo(),
        url: reading.url(),
        categories: reading.categories(),
        language,
    };
    reading.note_private();
    reading.note_unreadable();
    Ok(Parsed {
        line: raw.line,
        event,
        place,
        start,
        recurrence,
        exclusions,
        faults: reading.faults,
    })
}

/// A component that is being read.
struct Reading<'a> {
    raw: &'a RawEvent,
    zones: &'a mut Zones,
    faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    /// All properties of a name.
    fn all(&self, name: &'static str) -> impl Iterator<Item = &'a Property> + use<'a> {
        self.raw.properties.iter().filter(move |it| it.name == name)
    }

    /// The first property of a name on which the event depends.
    fn one(&self, name: &'static str) -> Result<Option<&'a Property>, Fault> {
        match self.all(name).next() {
            Some(Property {
                flaw: Some(why), ..
            }) => Err(why.of(name)),
            found => Ok(found),
        }
    }

    /// The first property of a name without which the event can be.
    fn detail(&mut self, name: &'static str) -> Option<&'a Property> {
        let found = self.all(name).next()?;
        if let Some(why) = found.flaw {
            self.faults.push(why.of(name));
            return None;
        }
        Some(found)
    }

    fn uid(&self) -> Result<String, Fault> {
        let uid = self.one("UID")?.map(|it| value::text(&it.value));
        let uid = uid.map(|it| it.trim().to_owned());
        let uid = uid.filter(|it| !it.is_empty()).ok_or(Why::NoUid)?;
        if uid.len() > UID_BYTES_MAX {
            return Err(Why::UidTooLong.into());
        }
        Ok(uid)
    }

    /// A time, in the form that one property has it.
    fn when(&mut self, property: &Property, text: &str, name: &'static str) -> Result<When, Fault> {
        let written = value::date_or_time(text).ok_or(Why::BadTime.of(name))?;
        let value = property.parameter("VALUE").unwrap_or_default();
        let is_date = value.eq_ignore_ascii_case("DATE");
        let zone = property.parameter("TZID").filter(|it| !it.is_empty());
        Ok(match (written, zone) {
            (Written::Day(date), _) => When::Day(date),
            (Written::Utc(at) | Written::Wall(at), _) if is_date => When::Day(at.date()),
            (Written::Utc(at), _) => When::Utc(at),
            (Written::Wall(at), None) => When::Wall(at),
            (Written::Wall(at), Some(id)) => {
                let found = self.zones.find(id);
                let place = found.ok_or(Why::UnknownTimeZone.of(name))?;
                if crate::clock::is_utc(&place.name) {
                    When::Utc(at)
                } else {
                    When::Zone(at, place)
                }
            }
        })
    }

    fn recurrence(&mut self) -> Result<Option<When>, Fault> {
        const NAME: &str = "RECURRENCE-ID";
        let Some(property) = self.one(NAME)? else {
            return Ok(None);
        };
        if property.parameter("RANGE").is_some() {
            return Err(Why::ThisAndFuture.of(NAME));
        }
        self.when(property, &property.value, NAME).map(Some)
    }

    fn rule(&self) -> Result<Option<super::rule::WrittenRule>, Fault> {
        for (name, why) in [("RDATE", Why::ExtraDates), ("EXRULE", Why::ExclusionRule)] {
            if self.all(name).next().is_some() {
                return Err(why.of(name));
            }
        }
        let Some(property) = self.one("RRULE")? else {
            return Ok(None);
        };
        if self.all("RRULE").count() > 1 {
            return Err(Why::SeveralRules.of("RRULE"));
        }
        let rule = super::rule::rule(&property.value);
        rule.map(Some).map_err(|why| why.of("RRULE"))
    }

    fn exclusions(&mut self) -> Result<Vec<When>, Fault> {
        const NAME: &str = "EXDATE";
        let mut found = Vec::new();
        for property in self.all(NAME) {
            if let Some(why) = property.flaw {
                return Err(why.of(NAME));
            }
            let dates = property.value.split(',').filter(|it| !it.trim().is_empty());
            for date in dates {
                if found.len() == OVERRIDES_MAX {
                    return Err(Why::TooManyDates.of(NAME));
                }
                found.push(self.when(property, date, NAME)?);
            }
        }
        Ok(found)
    }

    /// The clock of the event, and what it shows at the start.
    fn clock(&self, start: &When, is_series: bool) -> Result<(Place, DateTime), Fault> {
        let bad = Why::BadTime.of("DTSTART");
        let (place, at) = match start {
            When::Day(date) => {
                let at = date.to_datetime(jiff::civil::Time::MIN);
                return Ok((self.zones.floating.clone(), at));
            }
            When::Utc(at) => {
                let default = &self.zones.default;
                let moment = start.moment(default).ok_or(bad)?;
                let shown = default.clock_at(moment).filter(|_| !is_series);
                return match shown {
                    Some(shown) => Ok((default.clone(), shown)),
                    None => Ok((Place::of("Etc/UTC").ok_or(bad)?, *at)),
                };
            }
            When::Wall(at) => (self.zones.floating.clone(), *at),
            When::Zone(at, place) => (place.clone(), *at),
        };
        let moment = place.moment(at).ok_or(bad)?;
        // A time that the clock leaps over is as much later (RFC 5545 §3.3.5). In a series
        // it is the rule's, which goes on from it on other days.
        let shown = place.zone.to_datetime(moment);
        Ok((place, if is_series { at } else { shown }))
    }

    /// How long it lasts.
    fn duration(
        &mut self,
        start: &When,
        place: &Place,
        local: DateTime,
        is_series: bool,
    ) -> Result<u32, Fault> {
        let is_all_day = matches!(start, When::Day(_));
        let (name, seconds) = if let Some(property) = self.one("DTEND")? {
            let end = self.when(property, &property.value, "DTEND")?;
            if is_all_day != matches!(end, When::Day(_)) {
                return Err(Why::BadEnd.of("DTEND"));
            }
            ("DTEND", seconds_between(start, &end, place, local))
        } else if let Some(property) = self.one("DURATION")? {
            let length = value::length(&property.value);
            let length = length.ok_or(Why::BadEnd.of("DURATION"))?;
            let is_civil = !is_series && !is_all_day;
            let seconds = seconds_of(length, local, place, is_civil);
            ("DURATION", seconds)
        } else {
            ("DURATION", Some(0))
        };
        let seconds = seconds.and_then(|it| u32::try_from(it).ok());
        let seconds = seconds.ok_or(Why::BadEnd.of(name))?;
        match seconds {
            seconds if !is_all_day => Ok(seconds),
            // A day that ends on itself is that day.
            0 => Ok(86_400),
            seconds if seconds.is_multiple_of(86_400) => Ok(seconds),
            _ => Err(Why::BadEnd.of(name)),
        }
    }

    fn summary(&mut self) -> (String, Option<String>) {
        let language = ["SUMMARY", "DESCRIPTION"]
            .into_iter()
            .filter_map(|name| self.all(name).next()?.parameter("LANGUAGE"))
            .find(|it| crate::write::is_language(it));
        let summary = self.text("SUMMARY", SUMMARY_CHARS_MAX);
        (summary.unwrap_or_default(), language.map(str::to_owned))
    }

    /// A text, unless it is empty or too long.
    fn text(&mut self, name: &'static str, chars_max: usize) -> Option<String> {
        let property = self.detail(name)?;
        let text = value::text(&property.value);
        if text.chars().nth(chars_max).is_some() {
            self.faults.push(Why::TextTooLong.of(name));
            return None;
        }
        Some(text).filter(|it| !it.is_empty())
    }

    /// When it last changed; 0 where the file does not say.
    fn stamp(&mut self) -> i64 {
        let names = ["LAST-MODIFIED", "DTSTAMP"];
        let found = names.into_iter().find_map(|name| {
            let property = self.all(name).find(|it| it.flaw.is_none())?;
            let when = self.when(property, &property.value, name).ok()?;
            when.moment(&self.zones.floating)
        });
        found.map_or(0, Timestamp::as_second)
    }

    fn sequence(&self) -> u32 {
        let number = self.all("SEQUENCE").next();
        let number = number.and_then(|it| it.value.trim().parse().ok());
        number.unwrap_or(0).min(crate::write::SEQUENCE_MAX)
    }

    fn status(&mut self) -> Status {
        let Some(property) = self.detail("STATUS") else {
            return Status::Confirmed;
        };
        match property.value.trim().to_ascii_uppercase().as_str() {
            "CONFIRMED" => Status::Confirmed,
            "TENTATIVE" => Status::Tentative,
            "CANCELLED" | "CANCELED" => Status::Cancelled,
            _ => {
                self.faults.push(Why::UnknownStatus.of("STATUS"));
                Status::Confirmed
            }
        }
    }

    fn geo(&mut self) -> Option<crate::Geo> {
        let property = self.detail("GEO")?;
        let geo = value::geo(&property.value);
        geo.map_err(|why| self.faults.push(why.of("GEO"))).ok()
    }

    /// An address of the web, and of no other kind: pages make a link of it.
    fn url(&mut self) -> Option<String> {
        let property = self.detail("URL")?;
        let url = property.value.trim();
        if url.is_empty() {
            return None;
        }
        let scheme = url.split_once("://").map(|(it, _)| it.to_ascii_lowercase());
        let is_web = matches!(scheme.as_deref(), Some("http" | "https"));
        if !is_web || !crate::lines::is_url(url) || url.len() > URL_BYTES_MAX {
            self.faults.push(Why::BadUrl.of("URL"));
            return None;
        }
        Some(url.to_owned())
    }

    fn categories(&mut self) -> Vec<String> {
        const NAME: &str = "CATEGORIES";
        let mut found: Vec<String> = Vec::new();
        for property in self.all(NAME) {
            if let Some(why) = property.flaw {
                self.faults.push(why.of(NAME));
                continue;
            }
            for it in value::texts(&property.value) {
                let it = it.trim();
                if it.chars().nth(CATEGORY_CHARS_MAX).is_some() {
                    self.faults.push(Why::TextTooLong.of(NAME));
                } else if !it.is_empty() && !found.iter().any(|old| old == it) {
                    if found.len() == CATEGORIES_MAX {
                        self.faults.push(Why::TooManyCategories.of(NAME));
                        return found;
                    }
                    found.push(it.to_owned());
                }
            }
        }
        found
    }

    /// Says that the file does not mean the event for everybody.
    fn note_private(&mut self) {
        let class = self.detail("CLASS").map(|it| it.value.trim());
        if class.is_some_and(|it| !it.is_empty() && !it.eq_ignore_ascii_case("PUBLIC")) {
            self.faults.push(Why::Private.of("CLASS"));
        }
    }

    /// Says once that there are lines of which nothing could be made.
    fn note_unreadable(&mut self) {
        let is_unreadable = |it: &Property| it.flaw == Some(Why::UnreadableLine);
        let is_said = self.faults.iter().any(|it| it.why == Why::UnreadableLine);
        if !is_said && self.raw.properties.iter().any(is_unreadable) {
            self.faults.push(Why::UnreadableLine.into());
        }
    }
}
