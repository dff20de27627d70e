//! The events of this node, the next first.

use app::{App, EventView, Role, SeatsView, Steward};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::tz::TimeZone;

use super::menu::{Menu, menu};
use super::signed_in::ByASteward;
use super::{EVENTS, NEW_EVENT, failed, shown};
use crate::events::{Sign, day_of, rule_said, span, state, title};
use crate::figures::{day, zone};
use crate::frame::Frame;
use crate::language::{Language, Reader};
use crate::words::{Message as M, Words};

/// An event in the list.
struct Line {
    id: String,
    title: String,
    /// The next date, else the last one.
    when: String,
    again: Option<String>,
    registered: Option<String>,
    state: Option<Sign>,
    is_over: bool,
}

#[derive(Template)]
#[template(path = "manage-events.html")]
struct EventsPage {
    frame: Frame,
    menu: Menu,
    lines: Vec<Line>,
    /// Where a new one is filled in, for an operator.
    new: Option<&'static str>,
}

/// `GET /manage/events`: the events of this node.
pub(crate) async fn own_events(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
) -> Response {
    match made(&app, language, &steward).await {
        Ok(page) => shown(&page, language),
        Err(error) => failed(error.as_ref(), language),
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn made(app: &App, language: Language, steward: &Steward) -> Result<EventsPage, Failure> {
    let words = Words::of(language);
    let here = zone(Some(&app.own_zone().await?));
    let views = app.own_events().await?;
    let lines = views.iter().filter_map(|view| line(words, view, &here));
    Ok(EventsPage {
        frame: Frame::new(words, words.say(M::ManageTitle)).at(EVENTS.to_owned()),
        menu: menu(app, words, steward, EVENTS).await?,
        lines: lines.collect(),
        new: (steward.role() >= Role::Operator).then_some(NEW_EVENT),
    })
}

fn line(words: &Words, view: &EventView, here: &TimeZone) -> Option<Line> {
    let event = &view.listed.event;
    let next = view.next.first();
    let seats = next.and_then(|(_, seats)| *seats);
    let occurrence = next.map(|(it, _)| it).or(view.last.as_ref())?;
    let on = day(words, &day_of(event, occurrence, here));
    let rule = event.recurrence_rules.first();
    Some(Line {
        id: view.listed.id.clone(),
        title: title(event, occurrence),
        when: format!("{on}, {}", span(words, event, occurrence, here)),
        again: rule.map(|rule| rule_said(words, &event.start, rule)),
        registered: seats.map(|seats| registered(words, seats)),
        state: state(words, occurrence),
        is_over: next.is_none(),
    })
}

/// How many have a seat, and how many wait.
pub(super) fn registered(words: &Words, seats: SeatsView) -> String {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let variables = [
        ("registered", number(seats.taken).into()),
        ("capacity", number(seats.capacity).into()),
    ];
    let taken = words.say_with(M::ManageSeatsOf, &variables);
    if seats.waiting == 0 {
        return taken;
    }
    let waiting = [("count", number(seats.waiting).into())];
    format!("{taken}, {}", words.say_with(M::ManageWaiting, &waiting))
}
