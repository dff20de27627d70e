//! What an operator fills in of an event, read into what is published; or said beside
//! each field why it cannot be.

use std::collections::{BTreeMap, BTreeSet};

use app::{EventError, EventText};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rules::event::EventRefusal;
use wire::event::{
    CAPACITY_MAX, EVENT_SECONDS_MAX, EventKind, EventStatus, Frequency, LocalTime, Override,
    RecurrenceRule, Span, TITLE_CHARS_MAX, URI_BYTES_MAX,
};
use wire::space::ClockTime;
use wire::{CENTS_MAX, Cents, TEXT_CHARS_MAX, Timestamp};

use super::correction::clock_time;
use super::form::Filled;
use crate::events::local;
use crate::words::{Message as M, Words};

/// What stands in the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) date: String,
    pub(super) time: String,
    pub(super) days: String,
    pub(super) hours: String,
    pub(super) minutes: String,
    pub(super) until: String,
    pub(super) seats: String,
    pub(super) price: String,
    pub(super) place: String,
    pub(super) link: String,
    pub(super) description: String,
    pub(super) language: String,
    /// Which of [`TICKS`] are set.
    pub(super) ticks: BTreeSet<&'static str>,
}

/// What is ticked or not.
const TICKS: [&str; 4] = ["all_day", "weekly", "tentative", "example"];

/// Why an event was not published: beside which field, and what concerns none of them.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    pub(super) fields: BTreeMap<&'static str, String>,
    pub(super) all: Option<String>,
}

impl Refusals {
    /// What stands beside a field.
    pub(super) fn at(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }

    pub(super) fn is_any(&self) -> bool {
        self.all.is_some() || !self.fields.is_empty()
    }
}

/// What was found wrong so far.
struct Reading<'a> {
    words: &'a Words,
    refusals: Refusals,
}

impl Reading<'_> {
    /// What was read of a field, or `message` beside it.
    fn needs<T>(&mut self, field: &'static str, read: Option<T>, message: M) -> Option<T> {
        if read.is_none() {
            self.refusals.fields.insert(field, self.words.say(message));
        }
        read
    }
}

impl Typed {
    /// What stands in the fields of a new event.
    pub(super) fn fresh(language: &str) -> Self {
        Self {
            kind: EventKind::Training.word().to_owned(),
            hours: "2".to_owned(),
            language: language.to_owned(),
            ..Self::default()
        }
    }

    /// What was filled in.
    pub(super) fn of(form: &Filled) -> Self {
        let text = |name| form.text(name).to_owned();
        let is_set = |name: &&str| !form.text(name).is_empty();
        Self {
            title: text("title"),
            kind: text("kind"),
            date: text("date"),
            time: text("time"),
            days: text("days"),
            hours: text("hours"),
            minutes: text("minutes"),
            until: text("until"),
            seats: text("seats"),
            price: text("price"),
            place: text("place"),
            link: text("link"),
            description: text("description"),
            language: text("language"),
            ticks: TICKS.into_iter().filter(is_set).collect(),
        }
    }

    /// What is published, as the fields hold it.
    pub(super) fn held(event: &EventText) -> Self {
        let number = |number: u32| {
            Some(number)
                .filter(|it| *it > 0)
                .map_or_else(String::new, |it| it.to_string())
        };
        let (date, time) = parts(&event.start);
        let rule = event.rule.as_ref();
        let until = rule.and_then(|it| it.until.as_ref());
        let tick = |is_set: bool, name: &'static str| is_set.then_some(name);
        let set = [
            tick(event.is_all_day, "all_day"),
            tick(rule.is_some(), "weekly"),
            tick(event.status == EventStatus::Tentative, "tentative"),
            tick(event.is_example, "example"),
        ];
        let price = event.price_cents.map(|it| match it.0 % 100 {
            0 => (it.0 / 100).to_string(),
            cents => format!("{},{cents:02}", it.0 / 100),
        });
        Self {
            title: event.title.clone(),
            kind: event.kind.word().to_owned(),
            date: date.to_owned(),
            time: if event.is_all_day { "" } else { time }.to_owned(),
            days: number(event.duration.days()),
            hours: number(event.duration.seconds() / 3_600),
            minutes: number(event.duration.seconds() / 60 % 60),
            until: until.map_or("", |it| parts(it).0).to_owned(),
            seats: event.capacity.map(|it| it.to_string()).unwrap_or_default(),
            price: price.unwrap_or_default(),
            place: event.place.clone().unwrap_or_default(),
            link: event.link.clone().unwrap_or_default(),
            description: event.description.clone().unwrap_or_default(),
            language: event.language.clone().unwrap_or_default(),
            ticks: set.into_iter().flatten().collect(),
        }
    }

    /// Whether something is ticked.
    pub(super) fn has(&self, tick: &str) -> bool {
        self.ticks.contains(tick)
    }

    /// The kind of field that holds the date. One that is none stays where it can be read
    /// and put right: a field for dates would show nothing.
    pub(super) fn date_kind(&self) -> &'static str {
        day_kind(&self.date)
    }

    /// The same for the last date.
    pub(super) fn until_kind(&self) -> &'static str {
        day_kind(&self.until)
    }

    /// The same for the time: a field for times shows what is written `18:30`.
    pub(super) fn time_kind(&self) -> &'static str {
        let time = ClockTime::parse(&self.time).filter(|it| it.minutes() < 24 * 60);
        let is_shown = self.time.is_empty() || time.is_some();
        if is_shown { "time" } else { "text" }
    }

    /// The event that is filled in; of one that is there already, `held`, stays what no
    /// field shows.
    pub(super) fn read(
        &self,
        words: &Words,
        held: Option<&EventText>,
    ) -> Result<EventText, Refusals> {
        let mut reading = Reading {
            words,
            refusals: Refusals::default(),
        };
        let title = line(&self.title).filter(|title| !title.is_empty());
        let title = reading.needs("title", title, M::FormRefusedTitle);
        let start = self.start(&mut reading);
        let duration = reading.needs("days", self.duration(), M::FormRefusedLasts);
        let capacity = optional(&self.seats, number_up_to(CAPACITY_MAX)).ok();
        let capacity = reading.needs("seats", capacity, M::FormRefusedSeats);
        let price = optional(&self.price, cents).ok();
        let price = reading.needs("price", price, M::FormRefusedPrice);
        let place = reading.needs(
            "place",
            optional(&self.place, line).ok(),
            M::FormRefusedPlace,
        );
        let link = reading.needs("link", optional(&self.link, link).ok(), M::FormRefusedLink);
        let about = optional(&self.description, description).ok();
        let about = reading.needs("description", about, M::FormRefusedDescription);
        let rule = start.as_ref().and_then(|start| {
            let rule = self.rule(start, held).ok();
            reading.needs("until", rule, M::FormRefusedUntil)
        });
        let texts = (title, place, link, about);
        let (Some(start), Some(duration), Some(rule), Some(capacity), Some(price_cents)) =
            (start, duration, rule, capacity, price)
        else {
            return Err(reading.refusals);
        };
        let (Some(title), Some(place), Some(link), Some(description)) = texts else {
            return Err(reading.refusals);
        };
        Ok(EventText {
            title,
            description,
            overrides: overrides(held, &start, rule.as_ref()),
            start,
            time_zone: held.and_then(|it| it.time_zone.clone()),
            duration,
            is_all_day: self.has("all_day"),
            rule,
            status: self.status(held),
            place,
            link,
            language: Some(self.language.clone()).filter(|it| !it.is_empty()),
            kind: EventKind::parse(&self.kind).unwrap_or(EventKind::Event),
            capacity,
            price_cents,
            is_example: self.has("example"),
        })
    }

    /// When it begins; at the beginning of the day, where it is a matter of days.
    fn start(&self, reading: &mut Reading<'_>) -> Option<LocalTime> {
        let date = self.date.parse::<Date>().ok();
        let date = reading.needs("date", date, M::FormRefusedDate);
        let clock = if self.has("all_day") {
            ClockTime::parse("00:00")
        } else {
            clock_time(&self.time)
        };
        let clock = clock.filter(|it| it.minutes() < 24 * 60);
        let clock = reading.needs("time", clock, M::FormRefusedTime);
        at(date?, clock?)
    }

    /// What is cancelled stays so: there is a button for that, and none back.
    fn status(&self, held: Option<&EventText>) -> EventStatus {
        match held.map(|it| it.status) {
            Some(EventStatus::Cancelled) => EventStatus::Cancelled,
            Some(EventStatus::Confirmed | EventStatus::Tentative) | None
                if self.has("tentative") =>
            {
                EventStatus::Tentative
            }
            Some(EventStatus::Confirmed | EventStatus::Tentative) | None => EventStatus::Confirmed,
        }
    }

    fn duration(&self) -> Option<Span> {
        let number = |text: &str| match text {
            "" => Some(0_u32),
            text => text.parse().ok(),
        };
        let (days, hours) = (number(&self.days)?, number(&self.hours)?);
        let minutes = number(&self.minutes)?;
        if self.has("all_day") {
            let days = days.max(1);
            return (i64::from(days) * 86_400 <= EVENT_SECONDS_MAX).then(|| Span::new(days, 0));
        }
        // What begins at an hour is counted by the clock, also over days.
        let hours = days.checked_mul(24)?.checked_add(hours)?;
        let seconds = hours
            .checked_mul(3_600)?
            .checked_add(minutes.checked_mul(60)?)?;
        let is_fit = (1..=EVENT_SECONDS_MAX).contains(&i64::from(seconds));
        is_fit.then(|| Span::new(0, seconds))
    }

    /// How it comes again. A rule that the fields do not show stays as it is.
    fn rule(
        &self,
        start: &LocalTime,
        held: Option<&EventText>,
    ) -> Result<Option<RecurrenceRule>, Unread> {
        let held = held.and_then(|it| it.rule.as_ref().map(|rule| (it, rule)));
        if let Some((event, rule)) = held
            && !is_shown(event, rule)
        {
            return Ok(Some(rule.clone()));
        }
        if !self.has("weekly") {
            return Ok(None);
        }
        let until = match self.until.as_str() {
            "" => None,
            until => {
                let until: Date = until.parse().map_err(|_| Unread)?;
                let first: Date = parts(start).0.parse().map_err(|_| Unread)?;
                let years = rules::event::RECURRENCE_YEARS_MAX;
                let last = first.saturating_add(jiff::Span::new().years(years));
                if until < first || until > last {
                    return Err(Unread);
                }
                LocalTime::parse(&format!("{until}T23:59:59"))
            }
        };
        let held = held.map(|(_, rule)| rule);
        // The same last day is the same rule, however it is written.
        let same = held.filter(|it| {
            let day = |it: &Option<LocalTime>| it.as_ref().map(|it| parts(it).0.to_owned());
            day(&it.until) == day(&until)
        });
        Ok(Some(RecurrenceRule {
            form: held.and_then(|it| it.form),
            frequency: Frequency::Weekly,
            interval: 1,
            by_day: Vec::new(),
            count: None,
            until: same.map_or(until, |it| it.until.clone()),
        }))
    }
}

/// Whether the form's fields say all there is to a rule: each week, on the day of the
/// beginning.
pub(super) fn is_shown(event: &EventText, rule: &RecurrenceRule) -> bool {
    let day = parts(&event.start).0.parse::<Date>().ok();
    let day = day.map(|it| crate::figures::weekday_of(it.weekday()));
    let is_that_day = rule.by_day.iter().all(|it| Some(it.day) == day);
    rule.frequency == Frequency::Weekly && rule.interval == 1 && rule.count.is_none() && is_that_day
}

/// Beside its date, that a new event is over before anybody reads of it; nothing where it is
/// still to come. By the clock of `here`, which is that of a new event.
pub(super) fn over(
    words: &Words,
    event: &EventText,
    here: &TimeZone,
    now: Timestamp,
) -> Option<Refusals> {
    let last = match &event.rule {
        // It goes on for years.
        Some(rule) => rule.until.as_ref()?,
        None => &event.start,
    };
    let last: DateTime = last.as_str().parse().ok()?;
    let last = here.to_ambiguous_zoned(last).compatible().ok()?;
    let lasts = i64::from(event.duration.days()) * 86_400 + i64::from(event.duration.seconds());
    let is_over = last.timestamp().as_second().saturating_add(lasts) <= now.0;
    is_over.then(|| {
        let said = words.say(M::FormRefusedPast);
        Refusals {
            fields: BTreeMap::from([("date", said)]),
            all: None,
        }
    })
}

/// The exceptions that still are: those of a series that goes on, on the same days of the
/// week, at the time at which it is now.
fn overrides(
    held: Option<&EventText>,
    start: &LocalTime,
    rule: Option<&RecurrenceRule>,
) -> BTreeMap<LocalTime, Override> {
    let Some(held) = held.filter(|it| it.rule.is_some() && rule.is_some()) else {
        return BTreeMap::new();
    };
    let weekday = |at: &LocalTime| parts(at).0.parse::<Date>().ok().map(Date::weekday);
    if weekday(&held.start) != weekday(start) {
        return BTreeMap::new();
    }
    let (_, before) = parts(&held.start);
    let (_, now) = parts(start);
    let moved = |(due, change): (&LocalTime, &Override)| {
        let (date, time) = parts(due);
        let due = if time == before {
            LocalTime::parse(&format!("{date}T{now}:00"))?
        } else {
            due.clone()
        };
        Some((due, change.clone()))
    };
    held.overrides.iter().filter_map(moved).collect()
}

/// `2026-12-03` and `18:30`.
fn parts(at: &LocalTime) -> (&str, &str) {
    let text = at.as_str();
    (
        text.get(..10).unwrap_or_default(),
        text.get(11..16).unwrap_or_default(),
    )
}

fn at(date: Date, clock: ClockTime) -> Option<LocalTime> {
    let (hour, minute) = (clock.minutes() / 60, clock.minutes() % 60);
    LocalTime::parse(&format!("{date}T{hour:02}:{minute:02}:00"))
}

fn day_kind(day: &str) -> &'static str {
    let is_day = day.len() == "2026-12-03".len() && day.parse::<Date>().is_ok();
    if day.is_empty() || is_day {
        "date"
    } else {
        "text"
    }
}

/// One line that is short enough to be a title or a place.
fn line(text: &str) -> Option<String> {
    let is_line = text.chars().count() <= TITLE_CHARS_MAX && !text.chars().any(char::is_control);
    is_line.then(|| text.to_owned())
}

fn link(text: &str) -> Option<String> {
    let is_link = text.starts_with("https://")
        && text.len() <= URI_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && url::Url::parse(text).is_ok();
    is_link.then(|| text.to_owned())
}

/// A browser sends lines as the network ends them.
fn description(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n");
    (text.chars().count() <= TEXT_CHARS_MAX).then_some(text)
}

/// What is filled in cannot be read.
struct Unread;

/// Nothing, or what is read.
fn optional<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Unread> {
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some).ok_or(Unread)
}

fn number_up_to(most: u64) -> impl FnOnce(&str) -> Option<u64> {
    move |text| text.parse().ok().filter(|it| (1..=most).contains(it))
}

/// `12`, `12,5`, `12.50`, `12 €`.
fn cents(text: &str) -> Option<Cents> {
    let text = text.trim_end_matches('€').trim().replace(',', ".");
    let (euros, cents) = text.split_once('.').unwrap_or((&text, ""));
    let are_digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if euros.is_empty() || cents.len() > 2 || !are_digits(euros) || !are_digits(cents) {
        return None;
    }
    let euros: i64 = euros.parse().ok()?;
    let cents: i64 = format!("{cents:0<2}").parse().ok()?;
    let all = euros.checked_mul(100)?.checked_add(cents)?;
    (0..=CENTS_MAX).contains(&all).then_some(Cents(all))
}

/// Why nothing was published, beside the field that it is about.
pub(super) fn refused(words: &Words, error: EventError) -> Result<Refusals, EventError> {
    let mut refusals = Refusals::default();
    match error {
        EventError::Refused(EventRefusal::Moment) => {
            let said = words.say(M::FormRefusedMoment);
            refusals.fields.insert("time", said);
        }
        EventError::Refused(EventRefusal::StartOffRule) => {
            let said = words.say(M::FormRefusedOffRule);
            refusals.fields.insert("date", said);
        }
        EventError::Refused(EventRefusal::Never) => {
            refusals.all = Some(words.say(M::FormRefusedNever));
        }
        EventError::Registered(Some(due)) => {
            let date = local(words, &due);
            let said = words.say_with(M::FormRefusedRegistered, &[("date", date.into())]);
            refusals.all = Some(said);
        }
        EventError::Registered(None) => {
            refusals.all = Some(words.say(M::FormRefusedRegisteredOnce));
        }
        EventError::TooMany => refusals.all = Some(words.say(M::FormRefusedTooMany)),
        EventError::Refused(EventRefusal::Name | EventRefusal::TimeZone)
        | EventError::Malformed(_) => {
            let why = error.to_string();
            let said = words.say_with(M::FormRefusedOther, &[("why", why.into())]);
            refusals.all = Some(said);
        }
        EventError::Unknown(_)
        | EventError::NoOccurrence(_)
        | EventError::Id
        | EventError::Fault(_) => return Err(error),
    }
    Ok(refusals)
}
