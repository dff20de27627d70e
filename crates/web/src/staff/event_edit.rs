//! The form of an event: a new one, and one that is there.

use app::{App, EventError, EventText, PublishedEvent};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use wire::event::EVENT_KINDS;

use super::event_form::{Refusals, Typed, is_shown, over, refused};
use super::form::Filled;
use super::menu::{Menu, menu};
use super::signed_in::ByAnOperator;
use super::{EVENTS, NEW_EVENT, failed, see, shown};
use crate::events::{kind, rule_said};
use crate::figures::zone;
use crate::frame::Frame;
use crate::language::{Language, Reader};
use crate::notice::Notice;
use crate::words::{Message as M, Words};

#[derive(Template)]
#[template(path = "event-form.html")]
struct FormPage {
    frame: Frame,
    menu: Menu,
    title: String,
    /// Where the form is sent.
    action: String,
    /// Where one goes back to.
    back: String,
    send: String,
    typed: Typed,
    refusals: Refusals,
    kinds: Vec<(&'static str, String)>,
    zone: String,
    /// A rule that the form does not show, in words.
    kept_rule: Option<String>,
}

/// What the page is about.
struct Editing<'a> {
    /// The event that is changed; none for a new one.
    held: Option<(&'a str, &'a EventText)>,
    typed: Typed,
    refusals: Refusals,
}

/// `GET /manage/new-event`: the form of a new event.
pub(crate) async fn new_event(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
) -> Response {
    let editing = Editing {
        held: None,
        typed: Typed::fresh(language.tag()),
        refusals: Refusals::default(),
    };
    page(&app, language, &operator, editing).await
}

/// `POST /manage/new-event`: publishes it.
pub(crate) async fn add_event(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
    form: Filled,
) -> Response {
    publish(&app, language, &operator, None, &form).await
}

/// `GET /manage/events/{id}/edit`: the form of an event of this node.
pub(crate) async fn edit_event(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
    Path(id): Path<String>,
) -> Response {
    match app.event_text(&operator, &id).await {
        Ok(text) => {
            let editing = Editing {
                typed: Typed::held(&text),
                held: Some((&id, &text)),
                refusals: Refusals::default(),
            };
            page(&app, language, &operator, editing).await
        }
        Err(error) => gone(&error, language),
    }
}

/// `POST /manage/events/{id}/edit`: publishes the change.
pub(crate) async fn change_event(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
    Path(id): Path<String>,
    form: Filled,
) -> Response {
    match app.event_text(&operator, &id).await {
        Ok(text) => publish(&app, language, &operator, Some((&id, &text)), &form).await,
        Err(error) => gone(&error, language),
    }
}

async fn publish(
    app: &App,
    language: Language,
    operator: &app::Operator,
    held: Option<(&str, &EventText)>,
    form: &Filled,
) -> Response {
    let words = Words::of(language);
    let typed = Typed::of(form);
    let refusals = match typed.read(words, held.map(|(_, text)| text)) {
        Err(refusals) => refusals,
        Ok(text) => match published(app, words, operator, held, &text).await {
            Ok(Ok(published)) => return see(&format!("{EVENTS}/{}", published.id), language),
            Ok(Err(refusals)) => refusals,
            Err(error) => return gone(&error, language),
        },
    };
    let editing = Editing {
        held,
        typed,
        refusals,
    };
    page(app, language, operator, editing).await
}

/// Publishes what was read, or says why not. What is there already may be put right when it
/// is over; what is new and over is a mistyped date.
async fn published(
    app: &App,
    words: &Words,
    operator: &app::Operator,
    held: Option<(&str, &EventText)>,
    text: &EventText,
) -> Result<Result<PublishedEvent, Refusals>, EventError> {
    let id = held.map(|(id, _)| id);
    if id.is_none() {
        let here = zone(Some(&app.own_zone().await?));
        if let Some(refusals) = over(words, text, &here, app.now()) {
            return Ok(Err(refusals));
        }
    }
    match app.publish_event(operator, id, text).await {
        Ok(published) => Ok(Ok(published)),
        Err(error) => refused(words, error).map(Err),
    }
}

async fn page(
    app: &App,
    language: Language,
    operator: &app::Operator,
    editing: Editing<'_>,
) -> Response {
    let words = Words::of(language);
    let (menu, own_zone) = match (
        menu(app, words, operator, EVENTS).await,
        app.own_zone().await,
    ) {
        (Ok(menu), Ok(zone)) => (menu, zone),
        (Err(error), _) => return failed(&error, language),
        (_, Err(fault)) => return failed(&fault, language),
    };
    let Editing {
        held,
        typed,
        refusals,
    } = editing;
    let path = held.map_or_else(
        || NEW_EVENT.to_owned(),
        |(id, _)| format!("{EVENTS}/{id}/edit"),
    );
    let (title, send) = match held {
        None => (M::ManageNew, M::FormPublish),
        Some(_) => (M::ManageEditTitle, M::FormChange),
    };
    let text = held.map(|(_, text)| text);
    let kept = text.and_then(|text| {
        let rule = text.rule.as_ref()?;
        (!is_shown(text, rule)).then(|| rule_said(words, &text.start, rule))
    });
    let zone = text.and_then(|text| text.time_zone.clone());
    let zone = wire::printable(&zone.unwrap_or(own_zone), wire::event::TIME_ZONE_BYTES_MAX);
    let page = FormPage {
        frame: Frame::new(words, words.say(title)).at(path.clone()),
        menu,
        title: words.say(title),
        action: format!("{path}?lang={}", language.tag()),
        back: held.map_or_else(|| EVENTS.to_owned(), |(id, _)| format!("{EVENTS}/{id}")),
        send: words.say(send),
        typed,
        refusals,
        kinds: EVENT_KINDS
            .into_iter()
            .map(|it| (it.word(), kind(words, it)))
            .collect(),
        zone: words.say_with(M::FormTimeHint, &[("zone", zone.into())]),
        kept_rule: kept.map(|rule| words.say_with(M::FormKeptRule, &[("rule", rule.into())])),
    };
    shown(&page, language)
}

/// What could not be read, or is not there.
fn gone(error: &EventError, language: Language) -> Response {
    if matches!(error, EventError::Unknown(_)) {
        Notice::Missing.answer(language)
    } else {
        failed(error, language)
    }
}
