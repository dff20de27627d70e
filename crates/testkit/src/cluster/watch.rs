//! What each commit of a node changes in its seats and its registrations.
//!
//! Two operations at once may do between two looks what neither may do at all, and leave
//! no trace of it. So every commit is watched as it is made, past the node: nothing here
//! shares code with what decides, but for when an event takes place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::keys::{RECORDS, REGISTRATIONS, SEATS};
use rules::event::occurrence;
use rules::seats::can_register;
use serde_json::Value;
use store::{Batch, Key, MemoryStore, Prefix};
use wire::event::{Event, LocalTime, event_uid};
use wire::{BodyKind as _, EntityId, Timestamp};

use super::facts::{maybe, scan, text};
use super::village::Village;
use crate::HOUR_SECONDS;

/// Where a seat stands at the owner of its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SeatWord {
    Taken,
    Waiting,
    /// By whom.
    Cancelled(String),
}

/// A registration at the owner of its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeatFact {
    pub(crate) home: String,
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) due: Option<LocalTime>,
    pub(crate) state: SeatWord,
    pub(crate) revision: u64,
}

/// Where a registration stands at the home of whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HomeWord {
    /// As this request.
    Asked(String),
    Accepted {
        was_waiting: bool,
    },
    Waiting(u64),
    Refused,
    Unknown,
    /// As this request.
    Cancelling(String),
    /// By whom.
    Cancelled(String),
    GivenUp,
}

impl HomeWord {
    /// The place in line of whoever waits.
    pub(crate) fn rank(&self) -> Option<u64> {
        if let Self::Waiting(rank) = self {
            Some(*rank)
        } else {
            None
        }
    }
}

/// A registration at the home of whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegisteredFact {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) event: String,
    pub(crate) due: Option<LocalTime>,
    pub(crate) state: HomeWord,
    pub(crate) revision: u64,
    pub(crate) ends: i64,
    /// What the home has signed.
    pub(crate) document: Option<String>,
    /// The owner's newest word, as it was signed.
    pub(crate) answer: Option<String>,
}

/// What a node holds, as of its last commit, and what no commit may do and one did.
#[derive(Debug)]
pub(crate) struct Seen {
    own: EntityId,
    /// The simulated time, whatever the node's clock says.
    pub(crate) now: Timestamp,
    /// In the order of their keys: those of an occurrence lie as they came.
    pub(crate) seats: BTreeMap<Key, SeatFact>,
    places: BTreeMap<(String, String), Key>,
    pub(crate) registered: BTreeMap<String, RegisteredFact>,
    /// The node's own events by their ids, as they are published.
    pub(crate) events: BTreeMap<String, Event>,
    broken: Vec<(&'static str, String)>,
}

/// A look at every commit of a node; clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Watch(Arc<Mutex<Seen>>);

/// No clock of a simulation is so far ahead: for whatever begins later, nobody has thought
/// so far that it has begun.
const AHEAD_SECONDS: i64 = 6 * HOUR_SECONDS;

/// The families of keys that are watched.
const WATCHED: [Prefix; 3] = [RECORDS, SEATS, REGISTRATIONS];

/// What becomes of a key.
type Change = (Key, Option<Value>);

impl Watch {
    pub(crate) fn of(own: &EntityId) -> Self {
        Self(Arc::new(Mutex::new(Seen {
            own: own.clone(),
            now: Village::begins_at(),
            seats: BTreeMap::new(),
            places: BTreeMap::new(),
            registered: BTreeMap::new(),
            events: BTreeMap::new(),
            broken: Vec::new(),
        })))
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at all that there is, where a process starts: a commit may have been kept of
    /// which nobody was told.
    pub(crate) fn begin(&self, store: &MemoryStore) {
        let mut changes: Vec<Change> = Vec::new();
        for prefix in WATCHED {
            let all = scan(store, prefix).into_iter();
            changes.extend(all.map(|(key, value)| (key, Some(value))));
        }
        let mut seen = self.seen();
        let there: BTreeSet<&Key> = changes.iter().map(|(key, _)| key).collect();
        let gone = seen.seats.keys().filter(|key| !there.contains(key));
        let gone: Vec<Change> = gone.map(|key| (key.clone(), None)).collect();
        seen.take(&changes);
        seen.take(&gone);
    }

    /// What a commit is about to change, as far as it is watched.
    pub(crate) fn changes(batch: &Batch) -> Vec<Change> {
        let writes = batch.writes.iter();
        let watched = writes.filter(|(key, _)| WATCHED.contains(&key.prefix()));
        watched
            .map(|(key, value)| {
                let read = |bytes: &Vec<u8>| app::legible(key, bytes);
                (key.clone(), value.as_ref().and_then(read))
            })
            .collect()
    }
}

impl Seen {
    /// A commit has changed this.
    pub(crate) fn take(&mut self, changes: &[Change]) {
        let mut lines = BTreeSet::new();
        for (_, value) in changes.iter().filter(|(key, _)| key.prefix() == RECORDS) {
            let body = value.as_ref().and_then(|value| maybe(value, "body"));
            let event = body.and_then(|body| Event::read(&body).ok());
            let Some(event) = event else { continue };
            let id = event.uid.split('@').next().unwrap_or_default().to_owned();
            if event.uid == event_uid(&self.own, &id) {
                let seats = self.seats.values().filter(|it| it.event == id);
                lines.extend(seats.map(|it| (it.event.clone(), it.due.clone(), false)));
                self.events.insert(id, event);
            }
        }
        for (key, value) in changes.iter().filter(|(key, _)| key.prefix() == SEATS) {
            let is_newly_taken = self.take_seat(key, value.as_ref().map(seat));
            if let Some(of) = self.seats.get(key) {
                lines.insert((of.event.clone(), of.due.clone(), is_newly_taken));
            }
        }
        for (event, due, is_newly_taken) in lines {
            self.hold_line(&event, due.as_ref(), is_newly_taken);
        }
        for (key, value) in changes
            .iter()
            .filter(|(key, _)| key.prefix() == REGISTRATIONS)
        {
            self.take_registered(key, value.as_ref());
        }
    }

    /// Says whether somebody has a seat who had none.
    fn take_seat(&mut self, key: &Key, seat: Option<SeatFact>) -> bool {
        let Some(seat) = seat else {
            if let Some(gone) = self.seats.remove(key) {
                self.places.remove(&(gone.home, gone.id));
            }
            return false;
        };
        let name = (seat.home.clone(), seat.id.clone());
        let place = self.places.insert(name, key.clone());
        if place.is_some_and(|place| place != *key) {
            let what = format!("{} has two seats for {}", seat.home, seat.id);
            self.breaks("invariant_one_registration_one_answer", what);
        }
        let is_taken = seat.state == SeatWord::Taken;
        let Some(before) = self.seats.insert(key.clone(), seat.clone()) else {
            return is_taken;
        };
        let has_changed = before.state != seat.state;
        if seat.revision < before.revision || (has_changed && seat.revision == before.revision) {
            let what = format!("{before:?} became {seat:?}");
            self.breaks("invariant_revisions_only_grow", what);
        }
        is_taken && has_changed
    }

    /// Nobody waits before whoever has a seat, or for one that is free, and whoever has just
    /// been given one finds it.
    fn hold_line(&mut self, event: &str, due: Option<&LocalTime>, is_newly_taken: bool) {
        let line = self.seats.values();
        let line = line.filter(|it| it.event == event && it.due.as_ref() == due);
        let (mut taken, mut waits, mut passes) = (0_u64, false, None);
        for seat in line {
            match seat.state {
                SeatWord::Taken => {
                    taken += 1;
                    passes = passes.or_else(|| waits.then(|| seat.id.clone()));
                }
                SeatWord::Waiting => waits = true,
                SeatWord::Cancelled(_) => {}
            }
        }
        let capacity = self.events.get(event).and_then(|it| it.escale.capacity);
        if is_newly_taken && taken > capacity.unwrap_or(0) {
            let what = format!("{event} {due:?}: {taken} have a seat of {capacity:?}");
            self.breaks("invariant_seats_are_never_oversold", what);
        }
        if waits && taken < self.seats_to_come(event, due) {
            let what =
                format!("{event} {due:?}: {taken} have a seat of {capacity:?}, and others wait");
            self.breaks("invariant_who_waits_waits_for_a_seat", what);
        }
        if let Some(id) = passes {
            let what = format!("{event} {due:?}: {id} has a seat, and others wait longer");
            self.breaks("invariant_nobody_passes_who_waits", what);
        }
    }

    /// How many seats there are, if no clock has thought so far that it has begun.
    fn seats_to_come(&self, event: &str, due: Option<&LocalTime>) -> u64 {
        let event = self.events.get(event);
        let found = event.and_then(|event| Some((event, occurrence(event, due)?)));
        let later = self.now.plus_seconds(AHEAD_SECONDS);
        let seats = found.map(|(event, it)| can_register(event, &it, later));
        seats.and_then(Result::ok).unwrap_or(0)
    }

    fn take_registered(&mut self, key: &Key, value: Option<&Value>) {
        let id = key.rest().get(16..).unwrap_or_default();
        let id = seal::base64url::encode(id);
        let Some(value) = value else {
            self.registered.remove(&id);
            return;
        };
        let now = registered(id.clone(), value);
        let revision = now.revision;
        let before = self.registered.insert(id.clone(), now);
        let before = before.map_or(0, |it| it.revision);
        if before > revision {
            let what = format!("{}: {id} was {before} and is {revision}", self.own);
            self.breaks("invariant_revisions_only_grow", what);
        }
    }

    fn breaks(&mut self, invariant: &'static str, what: String) {
        self.broken.push((invariant, what));
    }

    /// The first thing that a commit did and may not by this invariant.
    pub(crate) fn broken(&self, invariant: &str) -> Option<&str> {
        let mut broken = self.broken.iter();
        let first = broken.find(|(name, _)| *name == invariant);
        first.map(|(_, what)| what.as_str())
    }

    /// The seat of a home's registration.
    pub(crate) fn seat(&self, home: &EntityId, id: &str) -> Option<&SeatFact> {
        let place = self.places.get(&(home.to_string(), id.to_owned()))?;
        self.seats.get(place)
    }
}

fn due(value: &Value) -> Option<LocalTime> {
    maybe(value, "due").and_then(|it| LocalTime::parse(&it))
}

fn number(value: &Value, name: &str) -> u64 {
    let number = value.get(name).and_then(Value::as_u64);
    number.expect("what is stored has this number")
}

fn seat(value: &Value) -> SeatFact {
    let state = value.get("state").unwrap_or(&Value::Null);
    let state = match (state.get("taken"), state.get("cancelled")) {
        (Some(_), _) => SeatWord::Taken,
        (None, Some(cancelled)) => SeatWord::Cancelled(text(cancelled, "by")),
        (None, None) => SeatWord::Waiting,
    };
    SeatFact {
        home: text(value, "home"),
        id: text(value, "id"),
        event: text(value, "event"),
        due: due(value),
        state,
        revision: number(value, "revision"),
    }
}

fn registered(id: String, value: &Value) -> RegisteredFact {
    RegisteredFact {
        id,
        owner: text(value, "owner"),
        event: text(value, "event"),
        due: due(value),
        state: home_word(value.get("state").unwrap_or(&Value::Null)),
        revision: number(value, "revision"),
        ends: value.get("ends").and_then(Value::as_i64).unwrap_or(0),
        document: maybe(value, "document"),
        answer: maybe(value, "answer"),
    }
}

fn home_word(state: &Value) -> HomeWord {
    let words = state.as_object().and_then(|it| it.iter().next());
    let (word, of) = words.expect("a registration stands somewhere");
    match word.as_str() {
        "asked" => HomeWord::Asked(text(of, "op")),
        "accepted" => HomeWord::Accepted {
            was_waiting: of.get("was_waiting") == Some(&Value::Bool(true)),
        },
        "waiting" => HomeWord::Waiting(number(of, "rank")),
        "refused" => HomeWord::Refused,
        "unknown" => HomeWord::Unknown,
        "cancelling" => HomeWord::Cancelling(text(of, "op")),
        "cancelled" => HomeWord::Cancelled(text(of, "by")),
        _ => HomeWord::GivenUp,
    }
}
