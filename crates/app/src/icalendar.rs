//! Events in the words of other calendar programs.
//!
//! **Invariant:** what is written of an event follows from its record and its owner's name
//! alone: its lines are the same at every node that passes it on.
//!
//! Specified in `specs/event.md`.

use ical::{Change, DayOfRule, End, OverrideKind, Status};
use jiff::civil::{DateTime, Weekday as CivilWeekday};
use wire::event::{
    EventStatus, Frequency, LocalTime, NDay, Override, RecurrenceRule, Span, TITLE_CHARS_MAX,
};
use wire::space::{Profile, THE_ONE, Weekday};
use wire::{BodyKind, EntityId};

use crate::calendar::{CalendarFilter, Listed};
use crate::{App, Fault};

/// The seconds of a day of 24 hours.
pub(crate) const DAY_SECONDS: u32 = 24 * 60 * 60;

impl App {
    /// What the calendar of a filter is called: by its publisher, or by the label.
    pub async fn calendar_name(&self, filter: &CalendarFilter) -> Result<String, Fault> {
        let register = match self.register().await {
            Ok(register) => Some(register),
            Err(Fault::NothingHeard) => None,
            Err(fault) => return Err(fault),
        };
        let charter = register.as_ref().and_then(|it| it.charter.as_ref());
        let label = charter.map_or("Escale", |it| it.name.in_language(true));
        let publisher = match &filter.owner {
            Some(owner) => self.latest_text(owner, Profile::KIND, THE_ONE).await?,
            None => None,
        };
        let publisher = publisher.and_then(|text| Profile::read(&text).ok());
        let of = publisher
            .map(|it| it.name)
            .or_else(|| filter.village.clone());
        let name = of.map_or_else(|| label.to_owned(), |of| format!("{of} ({label})"));
        Ok(wire::printable(&name, TITLE_CHARS_MAX))
    }

    /// The calendar of a filter as other programs subscribe to it, called `name`, and when
    /// something in it last changed.
    pub async fn icalendar(
        &self,
        filter: &CalendarFilter,
        name: &str,
        path: &str,
    ) -> Result<(String, Option<i64>), Fault> {
        let listed = self.subscribed(filter).await?;
        let events: Vec<_> = listed.iter().filter_map(written).collect();
        let entity = &self.identity().entity;
        let address = entity.url_of(path);
        let calendar = ical::Calendar {
            name: name.to_owned(),
            description: None,
            url: Some(entity.url_of("/calendar")),
            source: Some(address),
            last_modified: events.iter().map(|it| it.stamp).max(),
        };
        let last_modified = calendar.last_modified;
        Ok((ical::write(&calendar, &events), last_modified))
    }
}

/// An event as other calendar programs read it; none where its times cannot be written.
fn written(listed: &Listed) -> Option<ical::Event> {
    let event = &listed.event;
    let length = |span: Span| {
        Some(
            span.days()
                .checked_mul(DAY_SECONDS)?
                .saturating_add(span.seconds()),
        )
    };
    let override_of = |(due, change): (&LocalTime, &Override)| {
        let kind = if change.excluded {
            OverrideKind::Excluded
        } else {
            OverrideKind::Changed(Change {
                start: change.start.as_ref().and_then(civil),
                duration_seconds: change.duration.and_then(length),
                summary: change.title.clone(),
                description: change.description.clone(),
                location: None,
                url: None,
                // What is cancelled as a whole is not confirmed by an exception.
                status: change
                    .status
                    .filter(|_| event.status != EventStatus::Cancelled)
                    .map(status_out),
            })
        };
        let at = civil(due)?;
        Some(ical::Override { at, kind })
    };
    let place = event.locations.values().next().map(|it| it.name.clone());
    let on_the_web = event.virtual_locations.values().next();
    Some(ical::Event {
        uid: event.uid.clone(),
        stamp: rules::event::updated(event)?.0,
        sequence: u32::try_from(event.sequence).ok()?,
        summary: event.title.clone(),
        description: event.description.clone(),
        start: civil(&event.start)?,
        time_zone: event.time_zone.clone(),
        duration_seconds: length(event.duration)?,
        is_all_day: event.show_without_time,
        rule: event.recurrence_rules.first().and_then(rule_out),
        overrides: event
            .recurrence_overrides
            .iter()
            .filter_map(override_of)
            .collect(),
        status: status_out(event.status),
        location: place.or_else(|| on_the_web.map(|it| it.uri.clone())),
        geo: None,
        url: Some(page_of(&listed.owner, &event.uid)),
        categories: vec![event.escale.kind.word().to_owned()],
        language: event.locale.clone(),
    })
}

/// The page of an event at the node that owns it.
pub(crate) fn page_of(owner: &EntityId, uid: &str) -> String {
    owner.url_of(&format!("/events/{uid}"))
}

/// The years that are written: the rules of time zones are not written back to the year 1
/// because one event names it.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;

fn civil(time: &LocalTime) -> Option<DateTime> {
    let time: DateTime = time.as_str().parse().ok()?;
    YEARS.contains(&time.year()).then_some(time)
}

pub(crate) fn local(time: DateTime) -> Option<LocalTime> {
    LocalTime::parse(&time.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

const fn status_out(status: EventStatus) -> Status {
    match status {
        EventStatus::Confirmed => Status::Confirmed,
        EventStatus::Tentative => Status::Tentative,
        EventStatus::Cancelled => Status::Cancelled,
    }
}

/// The days of the week, as the label and the calendar name them.
pub(crate) const DAYS: [(Weekday, CivilWeekday); 7] = [
    (Weekday::Monday, CivilWeekday::Monday),
    (Weekday::Tuesday, CivilWeekday::Tuesday),
    (Weekday::Wednesday, CivilWeekday::Wednesday),
    (Weekday::Thursday, CivilWeekday::Thursday),
    (Weekday::Friday, CivilWeekday::Friday),
    (Weekday::Saturday, CivilWeekday::Saturday),
    (Weekday::Sunday, CivilWeekday::Sunday),
];

fn rule_out(rule: &RecurrenceRule) -> Option<ical::Rule> {
    let day = |day: &NDay| {
        let found = DAYS.iter().find(|(ours, _)| *ours == day.day)?;
        Some(DayOfRule {
            ordinal: None,
            weekday: found.1,
        })
    };
    let end = match (rule.count, &rule.until) {
        (Some(count), _) => End::Count(u32::try_from(count).ok()?),
        (None, Some(until)) => End::Until(civil(until)?),
        (None, None) => End::Never,
    };
    Some(ical::Rule {
        interval: u32::try_from(rule.interval).ok()?,
        end,
        by_day: rule.by_day.iter().filter_map(day).collect(),
        ..ical::Rule::every(match rule.frequency {
            Frequency::Daily => ical::Frequency::Daily,
            Frequency::Weekly => ical::Frequency::Weekly,
        })
    })
}
