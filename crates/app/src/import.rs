//! Events of a file that another calendar program wrote.
//!
//! A file is read, and what this node would publish of it is shown; a person says yes.
//! Read again, the same event is the same, whatever changed of it.

use std::collections::{BTreeMap, BTreeSet};

use ical::{End, OverrideKind, Status};
use jiff::civil::Weekday as CivilWeekday;
use wire::event::{
    Event, EventKind, EventStatus, Frequency, NDay, NDayForm, Override, RecurrenceForm,
    RecurrenceRule, Span, TITLE_CHARS_MAX,
};
use wire::space::Weekday;
use wire::{Sha256Hash, TEXT_CHARS_MAX};

use crate::access::Operator;
use crate::events::EventText;
use crate::icalendar::{DAY_SECONDS, DAYS, local};
use crate::{App, Fault};

/// An event of a file, as this node would publish it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The id under which it is published: the same whenever the same event is read.
    pub id: String,
    /// What is said of it.
    pub text: EventText,
    /// Whether this node publishes an event of that id already.
    pub is_there: bool,
    /// What of it is not taken, in words.
    pub without: Vec<&'static str>,
}

/// An event of a file that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken {
    /// What it is called, or its name in the file.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// Why nothing of a file is taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no calendar.
    #[error("the file is not taken")]
    Refused(#[source] ical::ReadRefusal),
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl App {
    /// What of a file this node would publish, and what it would not. Nothing is published.
    pub async fn read_icalendar(
        &self,
        _: &Operator,
        bytes: &[u8],
        kind: EventKind,
    ) -> Result<(Vec<Proposed>, Vec<NotTaken>), ImportError> {
        let zone = self.own_zone().await?;
        let read = ical::read(bytes, &zone).map_err(ImportError::Refused)?;
        // What is marked as private is nobody's to publish to a whole label.
        let private: BTreeSet<String> = read
            .left_out
            .iter()
            .filter(|it| it.why == ical::Why::Private)
            .filter_map(|it| it.uid.clone())
            .collect();
        let mut not_taken: Vec<_> = read
            .left_out
            .into_iter()
            .map(|it| {
                let what = it.summary.or(it.uid);
                let what = what.unwrap_or_else(|| format!("line {}", it.line));
                let why = match (it.extent, it.property) {
                    (ical::Extent::Whole, _) => it.why.to_string(),
                    _ if it.why == ical::Why::Private => it.why.to_string(),
                    (ical::Extent::Detail, None) => format!("taken without a detail: {}", it.why),
                    (ical::Extent::Detail, Some(part)) => {
                        format!("taken without its {part}: {}", it.why)
                    }
                };
                NotTaken {
                    what: wire::printable(&what, TITLE_CHARS_MAX),
                    why,
                }
            })
            .collect();
        let mut proposed = Vec::new();
        let is_public = |event: &ical::Event| !private.contains(&event.uid);
        for event in read.events.into_iter().filter(is_public) {
            match taken(&event, kind) {
                Ok((mut text, without)) => {
                    let id = imported_id(&event.uid);
                    let held = self.own_event(&id).await?;
                    let is_there = held.is_some();
                    if let Some(held) = held {
                        keep_ours(&mut text, held);
                    }
                    proposed.push(Proposed {
                        id,
                        text,
                        is_there,
                        without,
                    });
                }
                Err(why) => not_taken.push(NotTaken {
                    what: wire::printable(&event.summary, TITLE_CHARS_MAX),
                    why: why.to_owned(),
                }),
            }
        }
        Ok((proposed, not_taken))
    }
}

/// What was said here of an event that came before stays: a file knows neither seats nor
/// prices, and does not bring back what was cancelled.
fn keep_ours(text: &mut EventText, held: Event) {
    text.kind = held.escale.kind;
    text.capacity = held.escale.capacity;
    text.price_cents = held.escale.price_cents;
    text.is_example = held.escale.is_example;
    if held.status == EventStatus::Cancelled {
        text.status = EventStatus::Cancelled;
    }
    if text.rule.is_none() {
        return;
    }
    for (due, change) in held.recurrence_overrides {
        if change.status == Some(EventStatus::Cancelled) {
            let kept = text.overrides.entry(due).or_default();
            if !kept.excluded {
                kept.status = change.status;
            }
        }
    }
}

/// The id of an event that came with another name: the same whenever it comes.
fn imported_id(uid: &str) -> String {
    let digest = Sha256Hash::of(&[b"imported ", uid.as_bytes()]);
    seal::base64url::encode(digest.0.get(..15).unwrap_or_default())
}

const fn status_in(status: Status) -> EventStatus {
    match status {
        Status::Confirmed => EventStatus::Confirmed,
        Status::Tentative => EventStatus::Tentative,
        Status::Cancelled => EventStatus::Cancelled,
    }
}

/// A rule of a file in our words, or why there is none for it.
fn rule_in(rule: &ical::Rule) -> Result<RecurrenceRule, &'static str> {
    let frequency = match rule.frequency {
        ical::Frequency::Daily => Frequency::Daily,
        ical::Frequency::Weekly => Frequency::Weekly,
        ical::Frequency::Monthly | ical::Frequency::Yearly => {
            return Err("it comes again by the month or the year, which is not taken yet");
        }
    };
    let is_plain = rule.by_month_day.is_empty()
        && rule.by_month.is_empty()
        && rule.by_set_position.is_empty()
        && rule.by_day.iter().all(|day| day.ordinal.is_none());
    if !is_plain {
        return Err("its rule has a part that is not taken yet");
    }
    // Whether a week begins on Monday matters where weeks are left out.
    let is_of_our_weeks = rule.week_start == CivilWeekday::Monday
        || rule.interval == 1
        || frequency == Frequency::Daily;
    if !is_of_our_weeks {
        return Err("its weeks do not begin on Monday");
    }
    let day = |&(ours, theirs): &(Weekday, CivilWeekday)| {
        let is_in = rule.by_day.iter().any(|day| day.weekday == theirs);
        is_in.then_some(NDay {
            form: Some(NDayForm::NDay),
            day: ours,
        })
    };
    let (count, until) = match rule.end {
        End::Never => (None, None),
        End::Count(count) => (Some(u64::from(count)), None),
        End::Until(until) => (None, local(until)),
    };
    Ok(RecurrenceRule {
        form: Some(RecurrenceForm::RecurrenceRule),
        frequency,
        interval: u64::from(rule.interval),
        by_day: DAYS.iter().filter_map(day).collect(),
        count,
        until,
    })
}

/// An event of a file in our words, and what of it is not taken; or why none of it is.
fn taken(
    event: &ical::Event,
    kind: EventKind,
) -> Result<(EventText, Vec<&'static str>), &'static str> {
    let mut without = Vec::new();
    let length = |seconds: u32| {
        if event.is_all_day {
            Span::new(seconds / DAY_SECONDS, 0)
        } else {
            Span::new(0, seconds)
        }
    };
    let mut overrides = BTreeMap::new();
    for it in &event.overrides {
        let due = local(it.at).ok_or("a date of it cannot be written")?;
        let change = match &it.kind {
            OverrideKind::Excluded => Override {
                excluded: true,
                ..Override::default()
            },
            OverrideKind::Changed(change) => {
                if change.location.is_some() || change.url.is_some() {
                    without.push("the place of a single date");
                }
                Override {
                    excluded: false,
                    start: change.start.and_then(local),
                    duration: change.duration_seconds.map(length),
                    title: change.summary.as_deref().map(title),
                    description: change.description.as_deref().map(description),
                    status: change.status.map(status_in),
                }
            }
        };
        overrides.insert(due, change);
    }
    let link = event.url.clone().filter(|url| url.starts_with("https://"));
    if event.url.is_some() && link.is_none() {
        without.push("an address that is not one of https");
    }
    let description = event.description.as_deref().map(description);
    if description != event.description {
        without.push("the end of a long description");
    }
    without.dedup();
    let text = EventText {
        title: title(&event.summary),
        description,
        start: local(event.start).ok_or("its beginning cannot be written")?,
        time_zone: Some(event.time_zone.clone()),
        duration: length(event.duration_seconds),
        is_all_day: event.is_all_day,
        rule: event.rule.as_ref().map(rule_in).transpose()?,
        overrides,
        status: status_in(event.status),
        place: event.location.as_deref().map(title),
        link,
        language: event.language.clone(),
        kind,
        capacity: None,
        price_cents: None,
        is_example: false,
    };
    Ok((text, without))
}

fn title(text: &str) -> String {
    wire::printable(text, TITLE_CHARS_MAX - 1)
}

fn description(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}
