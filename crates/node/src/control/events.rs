//! Commands about events, and about registrations for them.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use app::{
    App, CalendarFilter, CalendarRow, EventText, EventView, NotTaken, Operator, Proposed,
    PublishedEvent, RegistrationId, RegistrationRow, RegistrationState, SeatRow, SeatState, Wish,
    due_of,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::event::{EventKind, EventStatus, LocalTime, RecurrenceRule, Span};
use wire::{Cents, EntityId};

/// A command about events or registrations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "of_events", rename_all = "snake_case")]
pub(crate) enum EventCommand {
    /// Publish a new event.
    Publish { said: Box<Said> },
    /// Say an event anew.
    Change { event: String, said: Box<Said> },
    /// It does not take place.
    Cancel {
        event: String,
        due: Option<LocalTime>,
    },
    /// The events of this node.
    List,
    /// Who has registered.
    Seats { event: String },
    /// Take a registration back.
    TakeBack {
        home: EntityId,
        registration: String,
    },
    /// What a file has.
    Import {
        file: PathBuf,
        kind: EventKind,
        publish: bool,
        only: Vec<String>,
    },
    /// The calendar.
    Calendar {
        days: i64,
        space: Option<EntityId>,
        kind: Option<EventKind>,
    },
}

/// A command about registrations of this space's members.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "of_registrations", rename_all = "snake_case")]
pub(crate) enum RegistrationCommand {
    /// A seat for a member.
    Register {
        member: String,
        uid: String,
        due: Option<LocalTime>,
        name: Option<String>,
    },
    /// The registrations of a member.
    List { member: String },
    /// Give one back.
    GiveBack { registration: String },
}

impl From<EventCommand> for super::Command {
    fn from(command: EventCommand) -> Self {
        Self::Event(command)
    }
}

impl From<RegistrationCommand> for super::Command {
    fn from(command: RegistrationCommand) -> Self {
        Self::Registration(command)
    }
}

/// What was typed of an event; what is `None` stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) title: Option<String>,
    pub(crate) start: Option<LocalTime>,
    pub(crate) about: Option<String>,
    pub(crate) kind: Option<EventKind>,
    pub(crate) lasts: Option<Span>,
    pub(crate) time_zone: Option<String>,
    pub(crate) rule: Option<RecurrenceRule>,
    /// It does not come again.
    pub(crate) is_once: bool,
    /// 0 where nobody registers any more.
    pub(crate) seats: Option<u64>,
    pub(crate) price_cents: Option<Cents>,
    pub(crate) place: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) is_example: bool,
    /// The date that is moved, and where to.
    pub(crate) moved: Option<(LocalTime, LocalTime)>,
}

/// The language of texts unless they say otherwise.
const LANGUAGE_DEFAULT: &str = "fr";

/// Does a command: whoever gives it may open the node's folder.
pub(super) async fn execute(app: &App, command: EventCommand) -> anyhow::Result<Value> {
    let operator = Operator::of_this_machine();
    match command {
        EventCommand::Publish { said } => {
            let text = new_text(&said)?;
            let published = app.publish_event(&operator, None, &text).await?;
            Ok(published_json(&published))
        }
        EventCommand::Change { event, said } => {
            let mut text = app.event_text(&operator, &event).await?;
            if let Some((due, _)) = &said.moved {
                app.must_be_due(&operator, &event, due).await?;
            }
            change(&mut text, *said);
            let published = app.publish_event(&operator, Some(&event), &text).await?;
            Ok(published_json(&published))
        }
        EventCommand::Cancel { event, due } => {
            let done = app.cancel_event(&operator, &event, due.as_ref()).await?;
            Ok(published_json(&done))
        }
        EventCommand::List => {
            let views = app.own_events().await?;
            Ok(Value::Array(views.iter().map(view_json).collect()))
        }
        EventCommand::Seats { event } => {
            app.event_text(&operator, &event).await?;
            let rows = app.seats(&operator, &event).await?;
            Ok(Value::Array(rows.iter().map(seat_json).collect()))
        }
        EventCommand::TakeBack { home, registration } => {
            let id = registration_id(&registration)?;
            app.cancel_seat(&operator, &home, id).await?;
            Ok(json!({ "registration": registration }))
        }
        EventCommand::Import {
            file,
            kind,
            publish,
            only,
        } => {
            let bytes = read_file(&file)?;
            import(app, &operator, &bytes, kind, publish.then_some(only)).await
        }
        EventCommand::Calendar { days, space, kind } => {
            let filter = CalendarFilter {
                owner: space,
                kind,
                village: None,
            };
            let now = app.now();
            let until = now.plus_seconds(days * 24 * 60 * 60);
            let calendar = app.calendar(&filter, now, until).await?;
            Ok(Value::Array(calendar.rows.iter().map(row_json).collect()))
        }
    }
}

/// Does a command: whoever gives it may open the node's folder.
pub(super) async fn execute_registration(
    app: &App,
    command: RegistrationCommand,
) -> anyhow::Result<Value> {
    let operator = &Operator::of_this_machine();
    match command {
        RegistrationCommand::Register {
            member,
            uid,
            due,
            name,
        } => {
            let wish = Wish { uid, due, name };
            let row = app.register_member(operator, &member, &wish).await?;
            Ok(registration_json(&row))
        }
        RegistrationCommand::List { member } => {
            let rows = app.registrations_of_member(operator, &member).await?;
            Ok(Value::Array(rows.iter().map(registration_json).collect()))
        }
        RegistrationCommand::GiveBack { registration } => {
            let id = registration_id(&registration)?;
            let row = app.cancel_of_member(operator, id).await?;
            Ok(registration_json(&row))
        }
    }
}

fn new_text(said: &Said) -> anyhow::Result<EventText> {
    let lasts = said.lasts.context("how long does it last?")?;
    let mut text = EventText {
        title: said.title.clone().context("what is it called?")?,
        description: None,
        start: said.start.clone().context("when does it begin?")?,
        time_zone: None,
        duration: lasts,
        is_all_day: false,
        rule: None,
        overrides: std::collections::BTreeMap::new(),
        status: EventStatus::Confirmed,
        place: None,
        link: None,
        language: Some(LANGUAGE_DEFAULT.to_owned()),
        kind: EventKind::Training,
        capacity: None,
        price_cents: None,
        is_example: false,
    };
    change(&mut text, said.clone());
    Ok(text)
}

/// What is named is changed, the rest stays.
fn change(text: &mut EventText, said: Said) {
    fn put<T>(to: &mut T, from: Option<T>) {
        if let Some(from) = from {
            *to = from;
        }
    }
    fn put_some<T>(to: &mut Option<T>, from: Option<T>) {
        if from.is_some() {
            *to = from;
        }
    }
    put(&mut text.title, said.title);
    put(&mut text.start, said.start);
    put(&mut text.kind, said.kind);
    put(&mut text.duration, said.lasts);
    put_some(&mut text.rule, said.rule);
    if said.is_once {
        text.rule = None;
        text.overrides.clear();
    }
    put_some(&mut text.description, said.about);
    put_some(&mut text.time_zone, said.time_zone);
    put_some(&mut text.price_cents, said.price_cents);
    put_some(&mut text.place, said.place);
    put_some(&mut text.link, said.link);
    put_some(&mut text.language, said.language);
    if let Some(seats) = said.seats {
        text.capacity = (seats > 0).then_some(seats);
    }
    text.is_all_day = text.duration.days() > 0;
    text.is_example |= said.is_example;
    if let Some((due, to)) = said.moved {
        text.overrides.entry(due).or_default().start = Some(to);
    }
}

/// A file of a person's choice, no longer than a calendar may be.
fn read_file(file: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let shown = || format!("{}", file.display());
    let opened = std::fs::File::open(file).with_context(shown)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(ical::IMPORT_BYTES_MAX)? + 1;
    opened
        .take(most)
        .read_to_end(&mut bytes)
        .with_context(shown)?;
    Ok(bytes)
}

/// Shows what a file has; publishes it, or some of it, where that was said.
async fn import(
    app: &App,
    operator: &Operator,
    bytes: &[u8],
    kind: EventKind,
    publish: Option<Vec<String>>,
) -> anyhow::Result<Value> {
    let (proposed, mut not_taken) = app.read_icalendar(operator, bytes, kind).await?;
    if let Some(only) = &publish {
        let is_there = |id: &String| proposed.iter().any(|it| it.id == *id);
        if let Some(wrong) = only.iter().find(|id| !is_there(id)) {
            bail!("the file has no event {wrong}; nothing was published");
        }
    }
    let mut events = Vec::new();
    for it in proposed {
        let is_wanted = |only: &Vec<String>| only.is_empty() || only.contains(&it.id);
        let Some(only) = &publish else {
            events.push(proposed_json(&it));
            continue;
        };
        if !is_wanted(only) {
            continue;
        }
        match app.publish_event(operator, Some(&it.id), &it.text).await {
            Ok(published) => {
                let mut row = proposed_json(&it);
                if let Value::Object(row) = &mut row {
                    row.insert("uid".to_owned(), json!(published.uid));
                    row.insert("has_changed".to_owned(), json!(published.has_changed));
                }
                events.push(row);
            }
            Err(app::EventError::Fault(fault)) => return Err(fault.into()),
            Err(error) => not_taken.push(NotTaken {
                what: it.text.title.clone(),
                why: app::chain(&error),
            }),
        }
    }
    let not_taken: Vec<_> = not_taken
        .iter()
        .map(|it| json!({ "title": it.what, "why": it.why }))
        .collect();
    Ok(json!({ "events": events, "not_taken": not_taken }))
}

fn registration_id(text: &str) -> anyhow::Result<RegistrationId> {
    RegistrationId::parse(text).with_context(|| format!("{text} is no registration"))
}

fn published_json(published: &PublishedEvent) -> Value {
    let PublishedEvent {
        id,
        uid,
        has_changed,
    } = published;
    json!({ "event": id, "uid": uid, "has_changed": has_changed })
}

fn proposed_json(proposed: &Proposed) -> Value {
    let Proposed {
        id,
        text,
        is_there,
        without,
    } = proposed;
    let mut value = json!({ "event": id, "title": text.title, "start": text.start,
        "time_zone": text.time_zone, "lasts": text.duration, "is_published_already": is_there });
    if let Value::Object(value) = &mut value {
        if text.rule.is_some() {
            value.insert("comes_again".to_owned(), json!(true));
        }
        if !without.is_empty() {
            value.insert("without".to_owned(), json!(without));
        }
    }
    value
}

fn view_json(view: &EventView) -> Value {
    let event = &view.listed.event;
    let mut value = json!({ "event": view.listed.id, "uid": event.uid, "title": event.title,
        "kind": event.escale.kind.word(), "status": event.status });
    if let Value::Object(value) = &mut value {
        let next = view.next.first();
        let start = next.map_or(&event.start, |(it, _)| &it.start);
        value.insert("start".to_owned(), json!(start));
        value.insert("time_zone".to_owned(), json!(event.time_zone));
        value.insert("is_over".to_owned(), json!(next.is_none()));
        if let Some((_, Some(seats))) = next {
            value.insert("seats".to_owned(), json!(seats.capacity));
            value.insert("taken".to_owned(), json!(seats.taken));
            value.insert("waiting".to_owned(), json!(seats.waiting));
        }
    }
    value
}

fn row_json(row: &CalendarRow) -> Value {
    let event = &row.listed.event;
    let mut value = json!({ "uid": event.uid, "title": event.title, "owner": row.listed.owner,
        "kind": event.escale.kind.word(), "start": row.occurrence.start,
        "time_zone": event.time_zone, "status": row.occurrence.status });
    if let Value::Object(value) = &mut value {
        if let Some(due) = due_of(event, &row.occurrence) {
            value.insert("on".to_owned(), json!(due));
        }
        if let Some(seats) = row.seats {
            value.insert("seats".to_owned(), json!(seats.capacity));
            value.insert("taken".to_owned(), json!(seats.taken));
            value.insert("waiting".to_owned(), json!(seats.waiting));
        }
    }
    value
}

fn seat_json(row: &SeatRow) -> Value {
    let SeatRow {
        home,
        id,
        due,
        name,
        asked_at,
        state,
        rank,
    } = row;
    let (state, by) = match state {
        SeatState::Taken { .. } => ("taken", None),
        SeatState::Waiting => ("waiting", None),
        SeatState::Cancelled { by, .. } => ("cancelled", Some(by.word())),
    };
    json!({ "registration": id, "name": name, "state": state, "rank": rank, "home": home,
        "on": due, "since": asked_at, "by": by })
}

fn registration_json(row: &RegistrationRow) -> Value {
    let (state, rank, code, by) = match &row.state {
        RegistrationState::Asked { .. } => ("asked", None, None, None),
        RegistrationState::Accepted { .. } => ("accepted", None, None, None),
        RegistrationState::Waiting { rank, .. } => ("waiting", Some(*rank), None, None),
        RegistrationState::Refused { code, .. } => ("refused", None, Some(code.clone()), None),
        RegistrationState::Unknown { .. } => ("unknown", None, None, None),
        RegistrationState::Cancelling { .. } => ("cancelling", None, None, None),
        RegistrationState::Cancelled { by, .. } => ("cancelled", None, None, Some(by.word())),
        RegistrationState::GivenUp { .. } => ("given_up", None, None, None),
    };
    let title = row.event.as_ref().map(|(listed, _)| &listed.event.title);
    let start = row.event.as_ref().map(|(_, occurrence)| &occurrence.start);
    let is_cancelled = row
        .event
        .as_ref()
        .is_some_and(|(_, occurrence)| occurrence.status == EventStatus::Cancelled);
    let event_is = is_cancelled.then_some("cancelled");
    json!({ "registration": row.id, "uid": row.uid, "on": row.due, "title": title,
        "event_is": event_is, "start": start, "name": row.name, "state": state, "rank": rank, "code": code, "by": by,
        "since": row.asked_at })
}
