//! The calendar: the events of every feed that this node reads, expanded and judged now.
//!
//! **Invariant:** whose label is withdrawn or suspended has no events here, by whichever
//! way they came: standing is judged when the calendar is read.
//!
//! Specified in `specs/event.md`.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use rules::event::{Occurrence, occurrences};
use rules::freshness::Freshness;
use wire::event::{Event, EventKind, LocalTime, Seats, event_uid};
use wire::space::{Profile, THE_ONE};
use wire::{BodyKind, EntityId, Timestamp};

use crate::home::freshness_of;
use crate::{App, Fault};

/// The most events of one feed that a calendar shows, and that a node publishes.
pub const EVENTS_MAX: usize = 1_000;

/// The most occurrences of one page of the calendar.
pub const CALENDAR_ROWS_MAX: usize = 500;

/// The longest time that one page of the calendar shows: a year and a day.
pub const CALENDAR_DAYS_MAX: i64 = 366;

/// How many days are shown unless somebody asks for others: a month.
pub const CALENDAR_DAYS_DEFAULT: i64 = 31;

/// How long an event stays in the calendars that others subscribe to, after it has ended:
/// 90 days.
pub const SUBSCRIBED_SECONDS: i64 = 90 * 24 * 60 * 60;

/// An event in the feed of whoever owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The node that publishes it, and counts its seats.
    pub owner: EntityId,
    /// The id of its record.
    pub id: String,
    /// The event.
    pub event: Arc<Event>,
}

/// The events of one feed, as it stood at one position.
#[derive(Debug)]
pub(crate) struct FeedEvents {
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
    pub(crate) events: Vec<Listed>,
    pub(crate) seats: BTreeMap<String, Seats>,
}

/// Who publishes an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// The node.
    pub entity: EntityId,
    /// The name of the space; none for the coordinator, and where it was not heard yet.
    pub name: Option<String>,
    /// Its village.
    pub village: Option<String>,
    /// Whether it is the coordinator.
    pub is_coordinator: bool,
    /// How fresh its feed is.
    pub freshness: Freshness,
}

/// Which part of the calendar is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalendarFilter {
    /// Of this publisher alone.
    pub owner: Option<EntityId>,
    /// Of this kind alone.
    pub kind: Option<EventKind>,
    /// Of publishers in this village alone.
    pub village: Option<String>,
}

/// The seats of an occurrence, as far as this node knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatsView {
    /// How many there are.
    pub capacity: u64,
    /// How many are taken.
    pub taken: u64,
    /// How many wait.
    pub waiting: u64,
    /// When the owner counted; none where it is this node, which counts now.
    pub counted_at: Option<Timestamp>,
}

/// One occurrence in the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarRow {
    /// The event.
    pub listed: Listed,
    /// The occurrence.
    pub occurrence: Occurrence,
    /// Its seats; none where nobody registers.
    pub seats: Option<SeatsView>,
}

/// A part of the calendar.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// The moment at which everything here was judged.
    pub now: Timestamp,
    /// Whoever publishes, by name; those whose events are shown, and the others.
    pub publishers: Vec<Publisher>,
    /// The occurrences, by when they begin.
    pub rows: Vec<CalendarRow>,
    /// Whether there are more than one page shows.
    pub is_cut: bool,
}

/// One event, with what this node knows of it.
#[derive(Debug, Clone)]
pub struct EventView {
    /// The moment at which everything here was judged.
    pub now: Timestamp,
    /// The event.
    pub listed: Listed,
    /// Who publishes it.
    pub publisher: Publisher,
    /// Its occurrences that are not over, the next first, a page of them at most.
    pub next: Vec<(Occurrence, Option<SeatsView>)>,
    /// The last one that is over.
    pub last: Option<Occurrence>,
}

impl App {
    /// The calendar of a time.
    pub async fn calendar(
        &self,
        filter: &CalendarFilter,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Calendar, Fault> {
        let now = self.now();
        let to = to.min(from.plus_seconds(CALENDAR_DAYS_MAX * 24 * 60 * 60));
        let publishers = self.publishers(now).await?;
        let mut all = Vec::new();
        for publisher in publishers.iter().filter(|it| is_wanted(it, filter)) {
            let feed = self.feed_events(&publisher.entity).await?;
            all.push(next_of(of_kind(&feed, filter), from, to));
        }
        let most = fair_share(&all);
        let is_cut = all.iter().any(|theirs| theirs.len() > most);
        let mut found: Vec<_> = all
            .into_iter()
            .flat_map(|theirs| theirs.into_iter().take(most))
            .collect();
        found.sort_by(|(a, at), (b, bt)| (at.begins, &a.event.uid).cmp(&(bt.begins, &b.event.uid)));
        let mut rows = Vec::with_capacity(found.len());
        for (listed, occurrence) in found {
            let seats = self.seats_view(&listed, &occurrence).await?;
            rows.push(CalendarRow {
                listed,
                occurrence,
                seats,
            });
        }
        Ok(Calendar {
            now,
            publishers,
            rows,
            is_cut,
        })
    }

    /// The events of the calendar that others subscribe to, by their `uid`.
    pub async fn subscribed(&self, filter: &CalendarFilter) -> Result<Vec<Listed>, Fault> {
        let now = self.now();
        let oldest = now.plus_seconds(-SUBSCRIBED_SECONDS);
        let mut found = Vec::new();
        for publisher in self.publishers(now).await? {
            if !is_wanted(&publisher, filter) {
                continue;
            }
            let feed = self.feed_events(&publisher.entity).await?;
            let is_due = |it: &&Listed| rules::event::ends(&it.event).is_some_and(|at| at > oldest);
            found.extend(of_kind(&feed, filter).filter(is_due).cloned());
        }
        found.sort_by(|a, b| a.event.uid.cmp(&b.event.uid));
        Ok(found)
    }

    /// The event of a `uid`, if whoever it names publishes it and bears the label.
    pub async fn event(&self, uid: &str) -> Result<Option<EventView>, Fault> {
        let now = self.now();
        let Some(listed) = self.listed(uid).await? else {
            return Ok(None);
        };
        let publisher = self.publisher(listed.owner.clone(), now).await?;
        let all = rules::event::all(&listed.event);
        let last = all.iter().rfind(|it| it.ends <= now).cloned();
        let mut next = Vec::new();
        let to_come = all.into_iter().filter(|it| it.ends > now);
        for occurrence in to_come.take(CALENDAR_ROWS_MAX) {
            let seats = self.seats_view(&listed, &occurrence).await?;
            next.push((occurrence, seats));
        }
        Ok(Some(EventView {
            now,
            listed,
            publisher,
            next,
            last,
        }))
    }

    /// The event of a `uid`.
    pub(crate) async fn listed(&self, uid: &str) -> Result<Option<Listed>, Fault> {
        let now = self.now();
        let Some((id, _)) = uid.split_once('@') else {
            return Ok(None);
        };
        let mut publishing = self.publishing(now).await?.into_iter();
        let Some(owner) = publishing.find(|it| event_uid(it, id) == uid) else {
            return Ok(None);
        };
        let feed = self.feed_events(&owner).await?;
        Ok(feed.events.iter().find(|it| it.id == id).cloned())
    }

    /// An event of this node, as it is published.
    pub(crate) async fn own_event(&self, id: &str) -> Result<Option<Event>, Fault> {
        let entity = &self.identity().entity;
        let text = self.latest_text(entity, Event::KIND, id).await?;
        Ok(text.and_then(|text| Event::read(&text).ok()))
    }

    /// Whoever may publish events: this node, the coordinators of its labels, and
    /// who bears one of them.
    async fn publishing(&self, now: Timestamp) -> Result<Vec<EntityId>, Fault> {
        let own = &self.identity().entity;
        let mut entities = vec![own.clone()];
        let coordinators = self.labels().into_iter().map(|it| it.coordinator);
        entities.extend(coordinators.filter(|it| it != own));
        let registers = self.registers().await?;
        let mut spaces = registers.members();
        spaces.retain(|space| !entities.contains(space) && registers.is_labelled(space, now));
        entities.extend(spaces.into_iter().cloned());
        Ok(entities)
    }

    /// What is known of whoever publishes.
    async fn publisher(&self, entity: EntityId, now: Timestamp) -> Result<Publisher, Fault> {
        let (feed, _) = self.feed_state(&entity).await?;
        let profile = self.latest_text(&entity, Profile::KIND, THE_ONE).await?;
        let profile = profile.and_then(|text| Profile::read(&text).ok());
        let (name, village) = profile.map(|it| (it.name, it.village)).unzip();
        Ok(Publisher {
            is_coordinator: self.label_of(&entity).is_some(),
            entity,
            name,
            village,
            freshness: freshness_of(&feed, now),
        })
    }

    /// The same of all of them, by name.
    async fn publishers(&self, now: Timestamp) -> Result<Vec<Publisher>, Fault> {
        let mut publishers = Vec::new();
        for entity in self.publishing(now).await? {
            publishers.push(self.publisher(entity, now).await?);
        }
        publishers.sort_by_cached_key(|it| {
            let name = it.name.as_ref().map(|name| name.to_lowercase());
            (!it.is_coordinator, name.is_none(), name, it.entity.clone())
        });
        Ok(publishers)
    }

    /// The seats of an occurrence: counted now where they are this node's, else as their
    /// owner has told.
    async fn seats_view(
        &self,
        listed: &Listed,
        occurrence: &Occurrence,
    ) -> Result<Option<SeatsView>, Fault> {
        let Some(capacity) = listed.event.escale.capacity else {
            return Ok(None);
        };
        let due = due_of(&listed.event, occurrence);
        if listed.owner == self.identity().entity {
            let held = self.seats_held(&listed.id, due).await?;
            return Ok(Some(SeatsView {
                capacity,
                taken: held.taken,
                waiting: held.waiting,
                counted_at: None,
            }));
        }
        let feed = self.feed_events(&listed.owner).await?;
        let told = feed.seats.get(&listed.id);
        let of = |seats: &Seats| {
            let mut all = seats.occurrences.iter();
            let found = all.find(|it| it.occurrence.as_ref() == due);
            found.map_or((0, 0), |it| (it.taken, it.waiting))
        };
        let (taken, waiting) = told.map_or((0, 0), of);
        Ok(Some(SeatsView {
            capacity,
            taken,
            waiting,
            counted_at: told.map(|seats| seats.at),
        }))
    }

    /// The events of a feed, read again only when it has moved.
    pub(crate) async fn feed_events(&self, entity: &EntityId) -> Result<Arc<FeedEvents>, Fault> {
        let (feed, _) = self.feed_state(entity).await?;
        let cache = &self.inner.events;
        let held = {
            let held = cache.lock().unwrap_or_else(PoisonError::into_inner);
            held.get(entity).cloned()
        };
        let is_current = |it: &Arc<FeedEvents>| (it.epoch, it.seq) == (feed.epoch, feed.seq);
        if let Some(held) = held.filter(is_current) {
            return Ok(held);
        }
        let mut events = Vec::new();
        for (id, text) in self
            .some_latest_texts(entity, Event::KIND, EVENTS_MAX)
            .await?
        {
            let event = Event::read(&text).ok();
            let event = event.filter(|it| rules::event::check(it, entity, &id).is_ok());
            if let Some(event) = event {
                events.push(Listed {
                    owner: entity.clone(),
                    id,
                    event: Arc::new(event),
                });
            }
        }
        let mut seats = BTreeMap::new();
        for (id, text) in self
            .some_latest_texts(entity, Seats::KIND, EVENTS_MAX)
            .await?
        {
            if let Ok(told) = Seats::read(&text) {
                seats.insert(id, told);
            }
        }
        let read = Arc::new(FeedEvents {
            epoch: feed.epoch,
            seq: feed.seq,
            events,
            seats,
        });
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.insert(entity.clone(), Arc::clone(&read));
        Ok(read)
    }
}

/// The first occurrences of a publisher in a time: one more than a page has, whatever is
/// published.
fn next_of<'a>(
    events: impl Iterator<Item = &'a Listed>,
    from: Timestamp,
    to: Timestamp,
) -> Vec<(Listed, Occurrence)> {
    let keep_first = |found: &mut Vec<(Listed, Occurrence)>| {
        found.sort_by(|(a, at), (b, bt)| (at.begins, &a.id).cmp(&(bt.begins, &b.id)));
        found.truncate(CALENDAR_ROWS_MAX + 1);
    };
    let mut found = Vec::new();
    for listed in events {
        let theirs = occurrences(&listed.event, from..to).into_iter();
        found.extend(theirs.map(|occurrence| (listed.clone(), occurrence)));
        if found.len() > 4 * CALENDAR_ROWS_MAX {
            keep_first(&mut found);
        }
    }
    keep_first(&mut found);
    found
}

/// How many occurrences of each publisher a page has room for: whoever publishes without
/// end does not push the others out of it.
fn fair_share(all: &[Vec<(Listed, Occurrence)>]) -> usize {
    let fits = |most: &usize| {
        let rows: usize = all.iter().map(|theirs| theirs.len().min(*most)).sum();
        rows <= CALENDAR_ROWS_MAX
    };
    (1..=CALENDAR_ROWS_MAX).rev().find(fits).unwrap_or(1)
}

/// By which time an occurrence is named: none, for an event that does not come again.
pub fn due_of<'a>(event: &Event, occurrence: &'a Occurrence) -> Option<&'a LocalTime> {
    (!event.recurrence_rules.is_empty()).then_some(&occurrence.due)
}

fn is_wanted(publisher: &Publisher, filter: &CalendarFilter) -> bool {
    filter
        .owner
        .as_ref()
        .is_none_or(|it| *it == publisher.entity)
        && filter
            .village
            .as_ref()
            .is_none_or(|it| publisher.village.as_ref() == Some(it))
}

fn of_kind<'a>(feed: &'a FeedEvents, filter: &CalendarFilter) -> impl Iterator<Item = &'a Listed> {
    let kind = filter.kind;
    let is_of_kind = move |it: &&Listed| kind.is_none_or(|kind| it.event.escale.kind == kind);
    feed.events.iter().filter(is_of_kind)
}
