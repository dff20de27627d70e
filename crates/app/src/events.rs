//! This node's own events: published, changed, cancelled, each time in one commit with
//! what it means for those who registered.
//!
//! Specified in `specs/event.md`.

use std::collections::BTreeMap;

use rules::event::{EventRefusal, check};
use seal::Malformed;
use store::Batch;
use wire::event::{
    Event, EventForm, EventKind, EventStatus, EventTerms, LocalTime, Location, LocationForm,
    Override, RecurrenceRule, Seats, SeatsTaken, Span, TITLE_CHARS_MAX, UtcTime, VirtualLocation,
    VirtualLocationForm, event_uid, is_event_id,
};
use wire::space::{Profile, THE_ONE};
use wire::{BodyKind, Cents, Timestamp};

use crate::access::Operator;
use crate::append::Entry;
use crate::calendar::{EVENTS_MAX, EventView, Listed};
use crate::fault::{Attempt, until_settled};
use crate::{App, Fault};

/// How often the seats of this node's events are told to others, at most: a minute.
const SEATS_TOLD_SECONDS: i64 = 60;

/// What people say of an event. The node adds its name, when it changed and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventText {
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// When it begins, by the wall clock.
    pub start: LocalTime,
    /// An IANA time zone; that of this space's opening hours where none is said.
    pub time_zone: Option<String>,
    /// How long it lasts.
    pub duration: Span,
    /// It is a matter of days, not of hours.
    pub is_all_day: bool,
    /// How it comes again.
    pub rule: Option<RecurrenceRule>,
    /// What is different of which occurrence.
    pub overrides: BTreeMap<LocalTime, Override>,
    /// Whether it takes place.
    pub status: EventStatus,
    /// Where, if not at the space that publishes it.
    pub place: Option<String>,
    /// Where on the web.
    pub link: Option<String>,
    /// The language of its texts.
    pub language: Option<String>,
    /// What kind of event it is.
    pub kind: EventKind,
    /// How many seats there are; none where nobody registers.
    pub capacity: Option<u64>,
    /// What it costs; none where it is not said.
    pub price_cents: Option<Cents>,
    /// It is invented, for a demonstration.
    pub is_example: bool,
}

/// Why an event is not published. Nothing was.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It has a part that is over a limit.
    #[error("a part of the event is not what it must be")]
    Malformed(#[source] Malformed),
    /// Others would not understand it.
    #[error(transparent)]
    Refused(EventRefusal),
    /// There is no such event of this node.
    #[error("this node publishes no event {0}")]
    Unknown(String),
    /// It does not take place then.
    #[error(
        "the event does not take place at {0}: a date is named by the time at which it was due"
    )]
    NoOccurrence(LocalTime),
    /// The id cannot be one.
    #[error("an id is 1 to 40 letters, digits, - and _")]
    Id,
    /// Somebody has registered for an occurrence that would be gone.
    #[error(
        "somebody has registered for {}: cancel it, or move it alone, before",
        .0.as_ref().map_or("the event as it is", LocalTime::as_str)
    )]
    Registered(Option<LocalTime>),
    /// The node publishes as many events as others read.
    #[error("{EVENTS_MAX} events are published already, and this version removes none")]
    TooMany,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What publishing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedEvent {
    /// The event's id among those of this node.
    pub id: String,
    /// Its `uid` in every calendar.
    pub uid: String,
    /// Whether anything was new.
    pub has_changed: bool,
}

impl App {
    /// Publishes an event under a new id, or under `id`: one that is there is changed.
    pub async fn publish_event(
        &self,
        _: &Operator,
        id: Option<&str>,
        text: &EventText,
    ) -> Result<PublishedEvent, EventError> {
        let id = match id {
            Some(id) if is_event_id(id) => id.to_owned(),
            Some(_) => return Err(EventError::Id),
            None => seal::base64url::encode(&self.random::<12>()?),
        };
        until_settled!(self.try_publish_event(&id, text).await)
    }

    /// What people said of an event of this node.
    pub async fn event_text(&self, _: &Operator, id: &str) -> Result<EventText, EventError> {
        let event = self.own_event(id).await?;
        let unknown = || EventError::Unknown(wire::printable(id, 40));
        Ok(text_of(event.ok_or_else(unknown)?))
    }

    /// Refuses a time at which an event of this node was not due.
    pub async fn must_be_due(
        &self,
        _: &Operator,
        id: &str,
        due: &LocalTime,
    ) -> Result<(), EventError> {
        let event = self.own_event(id).await?;
        let occurrence = event.and_then(|it| rules::event::occurrence(&it, Some(due)));
        let none = || EventError::NoOccurrence(due.clone());
        occurrence.map(|_| ()).ok_or_else(none)
    }

    /// Says that an event, or one occurrence of it, does not take place. It stays in every
    /// calendar, and says so.
    pub async fn cancel_event(
        &self,
        operator: &Operator,
        id: &str,
        due: Option<&LocalTime>,
    ) -> Result<PublishedEvent, EventError> {
        let mut text = self.event_text(operator, id).await?;
        match due {
            None => text.status = EventStatus::Cancelled,
            Some(due) => {
                self.must_be_due(operator, id, due).await?;
                let change = text.overrides.entry(due.clone()).or_default();
                change.status = Some(EventStatus::Cancelled);
            }
        }
        self.publish_event(operator, Some(id), &text).await
    }

    /// This node's own events, the next first, then those that are over.
    pub async fn own_events(&self) -> Result<Vec<EventView>, Fault> {
        let entity = self.identity().entity.clone();
        let feed = self.feed_events(&entity).await?;
        let mut views = Vec::new();
        for listed in &feed.events {
            if let Some(view) = self.event(&listed.event.uid).await? {
                views.push(view);
            }
        }
        let order = |view: &EventView| {
            let next = view.next.first().map(|(it, _)| it.begins);
            let last = view.last.as_ref().map(|it| -it.begins.0);
            (next.is_none(), next, last, view.listed.id.clone())
        };
        views.sort_by_cached_key(order);
        Ok(views)
    }

    async fn try_publish_event(
        &self,
        id: &str,
        text: &EventText,
    ) -> Result<PublishedEvent, Attempt<EventError>> {
        let now = self.signing_time().await?;
        let entity = &self.identity().entity;
        let (before, _) = self.feed_state(entity).await?;
        let held = self.own_event(id).await?;
        let zone = match &text.time_zone {
            Some(zone) => zone.clone(),
            None => self.own_zone().await?,
        };
        let mut text = text.clone();
        if text.place.is_none() && text.link.is_none() {
            // Calendars elsewhere show where it is, whatever they know of this space.
            text.place = self.own_place().await?;
        }
        let uid = event_uid(entity, id);
        let failed = |error| Attempt::Failed(error);
        let mut event = event_of(&uid, zone, &text, now).ok_or(failed(EventError::Id))?;
        if let Some(held) = &held {
            event.sequence = held.sequence;
            if is_same(held, &event) {
                return Ok(PublishedEvent {
                    id: id.to_owned(),
                    uid,
                    has_changed: false,
                });
            }
            event.sequence += u64::from(!has_same_times(held, &event));
        } else if self.count_own_events().await? >= EVENTS_MAX {
            return Err(failed(EventError::TooMany));
        }
        check(&event, entity, id).map_err(|it| failed(EventError::Refused(it)))?;
        let written = event.write();
        let written = written.map_err(|it| failed(EventError::Malformed(it)))?;
        let mut batch = Batch::new();
        let gone = self.reseat(&mut batch, id, &event, now).await?;
        if let Some(due) = gone.into_iter().next() {
            return Err(failed(EventError::Registered(due)));
        }
        let entry = Entry {
            kind: Event::KIND,
            id: id.to_owned(),
            text: Some(written),
        };
        let after = self.append(&mut batch, vec![entry]).await?;
        if after != (before.epoch, before.seq) {
            return Err(Attempt::Again);
        }
        self.commit_at("publish_event", batch).await?;
        Ok(PublishedEvent {
            id: id.to_owned(),
            uid,
            has_changed: true,
        })
    }

    async fn count_own_events(&self) -> Result<usize, Fault> {
        let stem = crate::keys::latest_of_kind(&self.identity().entity, Event::KIND);
        let all = self.all_under(crate::keys::LATEST, &stem).await?;
        Ok(all.len())
    }

    /// The time zone of this space's opening hours; Paris' where it publishes none.
    pub async fn own_zone(&self) -> Result<String, Fault> {
        let hours = self.hours_of(&self.identity().entity).await?;
        Ok(hours.map_or_else(|| "Europe/Paris".to_owned(), |(hours, _)| hours.time_zone))
    }

    /// Where this space is, in one line; none for a coordinator.
    async fn own_place(&self) -> Result<Option<String>, Fault> {
        let entity = &self.identity().entity;
        let profile = self.latest_text(entity, Profile::KIND, THE_ONE).await?;
        let profile = profile.and_then(|text| Profile::read(&text).ok());
        Ok(profile.map(|it| {
            let parts = [Some(it.name), it.address, Some(it.village)];
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            wire::printable(&parts.join(", "), TITLE_CHARS_MAX - 1)
        }))
    }

    /// Tells others how many seats of this node's events are taken, where that has changed.
    pub(crate) async fn tell_seats(&self) -> Result<usize, Fault> {
        until_settled!(self.try_tell_seats().await)
    }

    async fn try_tell_seats(&self) -> Result<usize, Attempt<Fault>> {
        let now = self.now();
        let entity = &self.identity().entity;
        let feed = self.feed_events(entity).await?;
        let mut entries = Vec::new();
        let is_over = |it: &Event| rules::event::ends(it).is_none_or(|ends| ends <= now);
        for Listed { id, event, .. } in &feed.events {
            if event.escale.capacity.is_none() || is_over(event) {
                continue;
            }
            let told = feed.seats.get(id);
            let occurrences = self.seats_to_tell(event, id, now).await?;
            let is_news = told.map_or(!occurrences.is_empty(), |told| {
                told.occurrences != occurrences
                    && now.seconds_since(told.at).abs() >= SEATS_TOLD_SECONDS
            });
            if is_news {
                let seats = Seats {
                    at: now,
                    occurrences,
                };
                let text = seats.write().map_err(|_| Fault::Form {
                    key: Seats::KIND.to_owned(),
                })?;
                entries.push(Entry {
                    kind: Seats::KIND,
                    id: id.clone(),
                    text: Some(text),
                });
            }
        }
        if entries.is_empty() {
            return Ok(0);
        }
        let count = entries.len();
        let mut batch = Batch::new();
        let after = self.append(&mut batch, entries).await?;
        if after != (feed.epoch, feed.seq) {
            return Err(Attempt::Again);
        }
        self.store().commit(batch).await?;
        Ok(count)
    }

    /// The seats of the next occurrences of which any is taken or waited for.
    async fn seats_to_tell(
        &self,
        event: &Event,
        id: &str,
        now: Timestamp,
    ) -> Result<Vec<SeatsTaken>, Fault> {
        let is_next = |due: &Option<LocalTime>| {
            let occurrence = rules::event::occurrence(event, due.as_ref());
            occurrence.is_some_and(|it| it.ends > now)
        };
        let mut told = Vec::new();
        for (due, held) in self.all_seats_held(id).await? {
            let is_any = held.taken > 0 || held.waiting > 0;
            if is_any && told.len() < wire::event::SEATS_TOLD_MAX && is_next(&due) {
                told.push(SeatsTaken {
                    occurrence: due,
                    taken: held.taken,
                    waiting: held.waiting,
                });
            }
        }
        Ok(told)
    }
}

/// The event of what people say; `None` where the moment cannot be written.
fn event_of(uid: &str, time_zone: String, text: &EventText, now: Timestamp) -> Option<Event> {
    let text = text.clone();
    let place = |name| {
        let form = Some(LocationForm::Location);
        ("1".to_owned(), Location { form, name })
    };
    let on_the_web = |uri| {
        let form = Some(VirtualLocationForm::VirtualLocation);
        ("1".to_owned(), VirtualLocation { form, uri })
    };
    Some(Event {
        form: EventForm::Event,
        uid: uid.to_owned(),
        updated: UtcTime::parse(&rules::event::written_utc(now)?)?,
        sequence: 0,
        title: text.title,
        description: text.description,
        start: text.start,
        time_zone,
        duration: text.duration,
        show_without_time: text.is_all_day,
        recurrence_rules: text.rule.into_iter().collect(),
        recurrence_overrides: text.overrides,
        status: text.status,
        locations: text.place.into_iter().map(place).collect(),
        virtual_locations: text.link.into_iter().map(on_the_web).collect(),
        locale: text.language,
        escale: EventTerms {
            kind: text.kind,
            capacity: text.capacity,
            price_cents: text.price_cents,
            is_example: text.is_example,
        },
    })
}

fn text_of(event: Event) -> EventText {
    EventText {
        title: event.title,
        description: event.description,
        start: event.start,
        time_zone: Some(event.time_zone),
        duration: event.duration,
        is_all_day: event.show_without_time,
        rule: event.recurrence_rules.into_iter().next(),
        overrides: event.recurrence_overrides,
        status: event.status,
        place: event.locations.into_values().next().map(|it| it.name),
        link: event
            .virtual_locations
            .into_values()
            .next()
            .map(|it| it.uri),
        language: event.locale,
        kind: event.escale.kind,
        capacity: event.escale.capacity,
        price_cents: event.escale.price_cents,
        is_example: event.escale.is_example,
    }
}

/// Whether nothing is new but the moment.
fn is_same(held: &Event, event: &Event) -> bool {
    let of_that_moment = Event {
        updated: held.updated.clone(),
        ..event.clone()
    };
    *held == of_that_moment
}

/// Whether nothing has changed for which people look into a calendar (RFC 5546 §2.1.4).
fn has_same_times(held: &Event, event: &Event) -> bool {
    let times = |it: &Event| {
        (
            (it.start.clone(), it.time_zone.clone(), it.duration),
            (it.recurrence_rules.clone(), it.recurrence_overrides.clone()),
            (
                it.status,
                it.locations.clone(),
                it.virtual_locations.clone(),
            ),
        )
    };
    times(held) == times(event)
}
