//! A steward registers a member of this space, for an event of this node or of another.

use app::{
    App, EventView, MemberError, MemberState, RegistrationError, RegistrationState, Steward, Wish,
    due_of,
};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::Uri;
use url::form_urlencoded;
use wire::event::{EventStatus, LocalTime};

use super::form::Filled;
use super::here::Told;
use super::menu::{Menu, menu};
use super::signed_in::ByASteward;
use super::{EVENTS, MEMBERS, failed, see, shown};
use crate::events::{Sign, day_of, path_of, reason, registered, title};
use crate::figures::{day, zone};
use crate::frame::Frame;
use crate::language::{Language, Reader};
use crate::notice::Notice;
use crate::words::{Message as M, Words};

/// Where a member is registered for an event.
const REGISTER: &str = "/manage/register";

/// Something to choose.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    frame: Frame,
    menu: Menu,
    title: String,
    public: String,
    told: Option<Told>,
    action: String,
    members: Vec<Choice>,
    dates: Vec<Choice>,
    typed: Typed,
}

/// What was chosen.
#[derive(Default)]
struct Typed {
    member: String,
    on: String,
    name: String,
}

/// Where the form is sent.
pub(super) fn register_path(uid: &str, language: Language) -> String {
    let path = path_of(uid).replacen("/events", REGISTER, 1);
    format!("{path}?lang={}", language.tag())
}

/// The active members of this space, by name.
pub(super) async fn members(app: &App, steward: &Steward) -> Result<Vec<Choice>, MemberError> {
    let mut rows = app.members(steward).await?;
    rows.retain(|row| row.state == MemberState::Active);
    rows.sort_by_key(|row| row.name.to_lowercase());
    let choice = |row: app::MemberRow| Choice {
        value: row.id,
        text: row.name,
    };
    Ok(rows.into_iter().map(choice).collect())
}

/// `GET /manage/register/{uid}`: the form.
pub(crate) async fn register_form(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(uid): Path<String>,
    uri: Uri,
) -> Response {
    let query = uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let on = pairs.find(|(name, _)| name == "on");
    let typed = Typed {
        on: on.map(|(_, on)| on.into_owned()).unwrap_or_default(),
        ..Typed::default()
    };
    page(&app, language, &steward, &uid, typed, None).await
}

/// `POST /manage/register/{uid}`: a member (`member`) asks for a seat on a date (`on`), under
/// a name (`name`) where one is given.
pub(crate) async fn register(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(uid): Path<String>,
    form: Filled,
) -> Response {
    let words = Words::of(language);
    let text = |name| form.text(name).to_owned();
    let typed = Typed {
        member: text("member"),
        on: text("on"),
        name: text("name"),
    };
    let due = LocalTime::parse(&typed.on);
    if due.is_none() && !typed.on.is_empty() {
        let refusal = words.say(M::SeatRefusedNoEvent);
        return page(&app, language, &steward, &uid, typed, Some(refusal)).await;
    }
    let wish = Wish {
        uid: uid.clone(),
        due,
        name: Some(typed.name.clone()).filter(|name| !name.is_empty()),
    };
    let row = match app.register_member(&steward, &typed.member, &wish).await {
        Ok(row) => row,
        Err(error) => match why(words, &error) {
            Some(refusal) => {
                return page(&app, language, &steward, &uid, typed, Some(refusal)).await;
            }
            None => return failed(&error, language),
        },
    };
    let refusal = match &row.state {
        RegistrationState::Refused { code, .. } => Some(reason(words, code)),
        RegistrationState::Unknown { .. } => Some(words.say(M::RegisteredUnknown)),
        RegistrationState::Asked { .. }
        | RegistrationState::Accepted { .. }
        | RegistrationState::Waiting { .. }
        | RegistrationState::Cancelling { .. }
        | RegistrationState::Cancelled { .. }
        | RegistrationState::GivenUp { .. } => None,
    };
    if refusal.is_some() {
        return page(&app, language, &steward, &uid, typed, refusal).await;
    }
    if row.owner == app.identity().entity {
        let id = uid.split_once('@').map_or("", |(id, _)| id);
        return see(&format!("{EVENTS}/{id}"), language);
    }
    see(&format!("{MEMBERS}/{}", typed.member), language)
}

/// Why nobody was registered; nothing for a fault.
pub(super) fn why(words: &Words, error: &RegistrationError) -> Option<String> {
    let message = match error {
        RegistrationError::NoEvent => M::SeatRefusedNoEvent,
        RegistrationError::NoMember(_) => M::ManageRegisterNone,
        RegistrationError::NotActive => M::ManageRegisterNotActive,
        RegistrationError::TooMany => M::ManageRegisterTooMany,
        RegistrationError::Name => M::SeatRefusedName,
        RegistrationError::Unknown | RegistrationError::Over => M::SeatRefusedOver,
        RegistrationError::Fault(_) => return None,
    };
    Some(words.say(message))
}

async fn page(
    app: &App,
    language: Language,
    steward: &Steward,
    uid: &str,
    typed: Typed,
    refusal: Option<String>,
) -> Response {
    match made(app, language, steward, uid, typed, refusal).await {
        Ok(Some(page)) => shown(&page, language),
        Ok(None) => Notice::NoEvent.answer(language),
        Err(error) => failed(error.as_ref(), language),
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn made(
    app: &App,
    language: Language,
    steward: &Steward,
    uid: &str,
    typed: Typed,
    refusal: Option<String>,
) -> Result<Option<RegisterPage>, Failure> {
    let Some(view) = app.event(uid).await? else {
        return Ok(None);
    };
    let Some(next) = view.next.first().map(|(it, _)| it).or(view.last.as_ref()) else {
        return Ok(None);
    };
    let words = Words::of(language);
    let title = title(&view.listed.event, next);
    let path = path_of(uid).replacen("/events", REGISTER, 1);
    let on = if typed.on.is_empty() {
        String::new()
    } else {
        format!("&on={}", typed.on)
    };
    let is_on = LocalTime::parse(&typed.on).is_some();
    Ok(Some(RegisterPage {
        frame: Frame::new(words, title.clone())
            .at(path.clone())
            .with(if is_on { on } else { String::new() }),
        menu: menu(app, words, steward, EVENTS).await?,
        public: path_of(uid),
        told: refusal.map(Told::refusal),
        action: register_path(uid, language),
        members: members(app, steward).await?,
        dates: dates(words, &view, &zone(Some(&app.own_zone().await?))),
        typed,
        title,
    }))
}

/// The dates for which one can register.
pub(super) fn dates(words: &Words, view: &EventView, here: &jiff::tz::TimeZone) -> Vec<Choice> {
    let event = &*view.listed.event;
    let next = view.next.iter().map(|(it, _)| it);
    let open = next.filter(|it| it.begins > view.now && it.status != EventStatus::Cancelled);
    let choice = |it: &rules::event::Occurrence| Choice {
        value: due_of(event, it).map_or_else(String::new, ToString::to_string),
        text: day(words, &day_of(event, it, here)),
    };
    open.map(choice).collect()
}

/// A member's registration, on their page.
pub(super) struct Registration {
    pub(super) id: String,
    pub(super) link: Option<String>,
    pub(super) title: String,
    pub(super) when: Option<String>,
    pub(super) state: Sign,
    pub(super) text: Option<String>,
    pub(super) can_give_back: bool,
}

/// The registrations of a member, the newest first.
pub(super) async fn registrations(
    app: &App,
    words: &Words,
    steward: &Steward,
    member: &str,
) -> Result<Vec<Registration>, RegistrationError> {
    let rows = app.registrations_of_member(steward, member).await?;
    let here = zone(Some(&app.own_zone().await?));
    let now = app.now();
    let mut rows: Vec<_> = rows;
    rows.sort_by_key(|row| std::cmp::Reverse(row.asked_at));
    let shown = rows.iter().map(|row| {
        let event = row.event.as_ref();
        let is_cancelled = event.is_some_and(|(_, it)| it.status == EventStatus::Cancelled);
        let (state, text) = registered(words, &row.state, is_cancelled);
        Registration {
            id: row.id.to_string(),
            link: event
                .map(|(listed, it)| crate::events::link_to(&listed.event, it, words.language)),
            title: event.map_or_else(
                || words.say(M::RegisteredUntitled),
                |(listed, it)| title(&listed.event, it),
            ),
            when: event.map(|(listed, it)| day(words, &day_of(&listed.event, it, &here))),
            state,
            text,
            can_give_back: row.state.is_active() && row.ends > now && !is_cancelled,
        }
    });
    Ok(shown.collect())
}

/// `POST /members/{member}/registrations/{registration}/give-back`: a member does not come.
pub(crate) async fn give_back(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path((member, registration)): Path<(String, String)>,
    _: Filled,
) -> Response {
    let Some(id) = app::RegistrationId::parse(&registration) else {
        return Notice::Missing.answer(language);
    };
    match app.cancel_of_member(&steward, id).await {
        // Whoever came first has given it back already: the member's page says so.
        Ok(_) | Err(RegistrationError::Over) => see(&format!("{MEMBERS}/{member}"), language),
        Err(RegistrationError::Unknown) => Notice::Missing.answer(language),
        Err(error) => failed(&error, language),
    }
}
