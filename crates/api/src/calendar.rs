//! The calendar of this node: as JSON, and as other calendar programs subscribe to it.

use app::{
    App, CALENDAR_DAYS_DEFAULT, CALENDAR_DAYS_MAX, Calendar, CalendarFilter, CalendarRow,
    EventView, Listed, Publisher, SeatsView, due_of,
};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rules::event::{Occurrence, day_begins, day_of, title_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::event::{Event, EventKind, EventStatus, LocalTime, event_uid};
use wire::{EntityId, Sha256Hash, Timestamp};

use crate::path::Named;
use crate::problem::Problem;
use crate::route::{Parameter, may};
use crate::schemas;

/// The media type of a calendar that others subscribe to (RFC 5545 §8.1).
pub(crate) const CALENDAR_MEDIA_TYPE: &str = "text/calendar; charset=utf-8";

/// How long a program may show a calendar without asking again: a quarter of an hour.
const CALENDAR_KEPT: &str = "max-age=900";

/// Which part of the calendar.
#[derive(Debug, Deserialize)]
pub(crate) struct CalendarQuery {
    from: Option<String>,
    days: Option<i64>,
    #[serde(flatten)]
    which: WhichQuery,
}

/// Which events.
#[derive(Debug, Deserialize)]
pub(crate) struct WhichQuery {
    space: Option<EntityId>,
    kind: Option<EventKind>,
    village: Option<String>,
}

/// The same for the description.
pub(crate) const WHICH_PARAMETERS: &[Parameter] = &[
    may::<schemas::Entity>("space", "of this publisher alone"),
    may::<schemas::EventKind>("kind", "of this kind alone"),
    may::<String>("village", "of publishers in this village alone"),
];

/// All parameters of the calendar.
pub(crate) const CALENDAR_PARAMETERS: &[Parameter] = &[
    may::<schemas::Date>("from", "the first day; today unless it says otherwise"),
    may::<schemas::Days>("days", "how many days; 31 unless it says otherwise"),
    may::<schemas::Entity>("space", "of this publisher alone"),
    may::<schemas::EventKind>("kind", "of this kind alone"),
    may::<String>("village", "of publishers in this village alone"),
];

impl From<WhichQuery> for CalendarFilter {
    fn from(query: WhichQuery) -> Self {
        let WhichQuery {
            space,
            kind,
            village,
        } = query;
        Self {
            owner: space,
            kind,
            village: village.filter(|it| !it.is_empty()),
        }
    }
}

/// A part of the calendar.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CalendarBody {
    #[schemars(with = "schemas::Moment")]
    now: Timestamp,
    #[schemars(with = "schemas::Date")]
    from: String,
    time_zone: String,
    publishers: Vec<PublisherBody>,
    occurrences: Vec<RowBody>,
    /// Whether there are more than one answer brings.
    is_cut: bool,
}

/// Who publishes events.
#[derive(Debug, Serialize, JsonSchema)]
struct PublisherBody {
    #[schemars(with = "schemas::Entity")]
    entity: EntityId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    village: Option<String>,
    is_coordinator: bool,
}

/// When an event takes place.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OccurrenceBody {
    /// By which time it is named; none for an event that does not come again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::LocalTime>")]
    due: Option<LocalTime>,
    #[schemars(with = "schemas::LocalTime")]
    start: LocalTime,
    #[schemars(with = "schemas::Moment")]
    begins: Timestamp,
    #[schemars(with = "schemas::Moment")]
    ends: Timestamp,
    #[schemars(with = "schemas::EventStatus")]
    status: EventStatus,
    is_moved: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<SeatsBody>,
}

/// The seats of an occurrence.
#[derive(Debug, Serialize, JsonSchema)]
struct SeatsBody {
    capacity: u64,
    taken: u64,
    waiting: u64,
    /// When its owner counted; absent where it is this node, which counts now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schemas::Moment>")]
    counted_at: Option<Timestamp>,
}

/// One occurrence in the calendar.
#[derive(Debug, Serialize, JsonSchema)]
struct RowBody {
    uid: String,
    #[schemars(with = "schemas::Entity")]
    owner: EntityId,
    title: String,
    #[schemars(with = "schemas::EventKind")]
    kind: EventKind,
    time_zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_cents: Option<i64>,
    #[serde(flatten)]
    occurrence: OccurrenceBody,
}

/// One event.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventBody {
    #[schemars(with = "schemas::Moment")]
    now: Timestamp,
    publisher: PublisherBody,
    id: String,
    #[schemars(with = "schemas::Event")]
    event: Event,
    /// What is not over, the next first.
    next: Vec<OccurrenceBody>,
}

impl From<Publisher> for PublisherBody {
    fn from(publisher: Publisher) -> Self {
        let Publisher {
            entity,
            name,
            village,
            is_coordinator,
            freshness: _,
        } = publisher;
        Self {
            entity,
            name,
            village,
            is_coordinator,
        }
    }
}

impl OccurrenceBody {
    pub(crate) fn of(event: &Event, occurrence: Occurrence, seats: Option<SeatsView>) -> Self {
        let due = due_of(event, &occurrence).cloned();
        let Occurrence {
            due: _,
            start,
            begins,
            ends,
            status,
            is_moved,
        } = occurrence;
        Self {
            due,
            start,
            begins,
            ends,
            status,
            is_moved,
            seats: seats.map(|it| SeatsBody {
                capacity: it.capacity,
                taken: it.taken,
                waiting: it.waiting,
                counted_at: it.counted_at,
            }),
        }
    }
}

impl From<CalendarRow> for RowBody {
    fn from(row: CalendarRow) -> Self {
        let CalendarRow {
            listed,
            occurrence,
            seats,
        } = row;
        let event = &listed.event;
        Self {
            uid: event.uid.clone(),
            title: title_of(event, &occurrence).to_owned(),
            kind: event.escale.kind,
            time_zone: event.time_zone.clone(),
            price_cents: event.escale.price_cents.map(|it| it.0),
            occurrence: OccurrenceBody::of(event, occurrence, seats),
            owner: listed.owner,
        }
    }
}

impl From<EventView> for EventBody {
    fn from(view: EventView) -> Self {
        let EventView {
            now,
            listed:
                Listed {
                    owner: _,
                    id,
                    event,
                },
            publisher,
            next,
            last: _,
        } = view;
        let next = next.into_iter();
        Self {
            now,
            publisher: publisher.into(),
            id,
            next: next
                .map(|(occurrence, seats)| OccurrenceBody::of(&event, occurrence, seats))
                .collect(),
            event: Event::clone(&event),
        }
    }
}

/// `GET /api/v1/calendar`: what takes place, day by day.
pub(crate) async fn calendar(
    State(app): State<App>,
    query: Result<Query<CalendarQuery>, QueryRejection>,
) -> Result<Json<CalendarBody>, Problem> {
    let Query(CalendarQuery { from, days, which }) = query?;
    let bad =
        |what: &str| Problem::new("bad_query", "The query is not understood").with_detail(what);
    let time_zone = app.own_zone().await?;
    let from = from
        .or_else(|| day_of(&time_zone, app.now()))
        .unwrap_or_default();
    let begins = day_begins(&time_zone, &from).ok_or_else(|| bad("from is a day, YYYY-MM-DD"))?;
    let days = days.unwrap_or(CALENDAR_DAYS_DEFAULT);
    if !(1..=CALENDAR_DAYS_MAX).contains(&days) {
        return Err(bad("days is 1 to 366"));
    }
    let ends = begins.plus_seconds(days * 24 * 60 * 60);
    let Calendar {
        now,
        publishers,
        rows,
        is_cut,
    } = app.calendar(&which.into(), begins, ends).await?;
    Ok(Json(CalendarBody {
        now,
        from,
        time_zone,
        publishers: publishers.into_iter().map(PublisherBody::from).collect(),
        occurrences: rows.into_iter().map(RowBody::from).collect(),
        is_cut,
    }))
}

/// `GET /api/v1/events/{event}`: one event, by its `uid`, or by its id for an event of this
/// node.
pub(crate) async fn event(
    State(app): State<App>,
    Named(name): Named,
) -> Result<Json<EventBody>, Problem> {
    let uid = if name.contains('@') {
        name
    } else {
        event_uid(&app.identity().entity, &name)
    };
    let view = app.event(&uid).await?.ok_or_else(no_such_event)?;
    Ok(Json(view.into()))
}

pub(crate) fn no_such_event() -> Problem {
    Problem::new("no_such_event", "There is no such event")
}

/// A calendar that others subscribe to, or that it has not changed.
pub(crate) struct Subscription {
    text: String,
    last_modified: Option<String>,
    is_known: bool,
}

impl IntoResponse for Subscription {
    fn into_response(self) -> Response {
        let tag = entity_tag(&self.text);
        let mut response = if self.is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.text.into_response()
        };
        let headers = response.headers_mut();
        if self.is_known {
            headers.remove(header::CONTENT_TYPE);
        } else {
            let media_type = HeaderValue::from_static(CALENDAR_MEDIA_TYPE);
            headers.insert(header::CONTENT_TYPE, media_type);
        }
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static(CALENDAR_KEPT),
        );
        let values = [
            (header::ETAG, Some(tag)),
            (header::LAST_MODIFIED, self.last_modified),
        ];
        for (name, value) in values {
            if let Some(value) = value.and_then(|it| HeaderValue::from_str(&it).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// A strong entity tag (RFC 9110 §8.8.3): the bytes decide.
fn entity_tag(text: &str) -> String {
    format!("\"{}\"", Sha256Hash::of(&[text.as_bytes()]))
}

/// A moment as HTTP writes it (RFC 9110 §5.6.7); `None` beyond the calendar.
fn http_date(seconds: i64) -> Option<String> {
    let at = jiff::Timestamp::from_second(seconds).ok()?;
    Some(at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// Whether who asks has these bytes (RFC 9110 §13.1.2, by the weak comparison that it
/// prescribes). A date decides nothing: two changes of one second have one.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let sent = headers.get_all(header::IF_NONE_MATCH).iter();
    let tags = sent.filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(',').map(str::trim))
        .any(|sent| sent == "*" || sent.strip_prefix("W/").unwrap_or(sent) == tag)
}

/// `GET /calendar.ics`: the calendar as other programs subscribe to it.
pub(crate) async fn subscription(
    State(app): State<App>,
    address: Uri,
    headers: HeaderMap,
    query: Result<Query<WhichQuery>, QueryRejection>,
) -> Result<Subscription, Problem> {
    let Query(which) = query?;
    let filter = which.into();
    let path = address
        .path_and_query()
        .map_or("/calendar.ics", |it| it.as_str());
    let name = app.calendar_name(&filter).await?;
    let (text, changed) = app.icalendar(&filter, &name, path).await?;
    let is_known = is_known(&headers, &entity_tag(&text));
    Ok(Subscription {
        text,
        last_modified: changed.and_then(http_date),
        is_known,
    })
}
