//! One member: their code, their card, and where their membership stands.

use app::{App, MemberError, MemberState, Operator, PaperPassport, Role, Steward};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::carriers::{Carrier, Particular, carrier, particulars};
use super::form::Filled;
use super::members::{Standing, state};
use super::menu::{Menu, menu};
use super::registering::{Registration, registrations};
use super::signed_in::{ByASteward, ByAnOperator};
use super::{MEMBERS, failed, see, shown};
use crate::card::name_of;
use crate::figures::{date, unit};
use crate::frame::Frame;
use crate::hours::zone_of;
use crate::label::Label;
use crate::language::{Language, Reader};
use crate::notice::Notice;
use crate::picture::{Picture, picture};
use crate::words::{Message, Message as M, Words};

#[derive(Template)]
#[template(path = "member.html")]
struct MemberPage {
    frame: Frame,
    menu: Menu,
    id: String,
    name: String,
    formula: String,
    half_days: String,
    since: String,
    passports: String,
    state: Standing,
    is_active: bool,
    is_ended: bool,
    is_operator: bool,
    refusal: Option<String>,
    registrations: Vec<Registration>,
    /// The name for a card: what was typed, where it is refused.
    paper_name: String,
    /// What the member may disclose: name of the field, label, what is there.
    particulars: Vec<Particular>,
    carriers: Vec<Carrier>,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    frame: Frame,
    id: String,
    name: String,
    code: String,
    link: String,
    picture: Picture,
}

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    frame: Frame,
    id: String,
    place: String,
    label: Option<String>,
    name: String,
    formula: String,
    until: String,
    picture: Picture,
}

/// `GET /members/{member}`: a member of this space.
pub(crate) async fn member(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(member): Path<String>,
) -> Response {
    page(&app, language, &steward, &member, None).await
}

async fn page(
    app: &App,
    language: Language,
    steward: &Steward,
    member: &str,
    refused: Option<(Message, &str)>,
) -> Response {
    let words = Words::of(language);
    let (row, home) = match (app.member_row(steward, member).await, app.home().await) {
        (Ok(row), Ok(home)) => (row, home),
        (Err(error), _) => return gone(&error, language),
        (_, Err(fault)) => return failed(&fault, language),
    };
    // A member's page is none of the menu's own.
    let menu = match menu(app, words, steward, "").await {
        Ok(menu) => menu,
        Err(error) => return failed(&error, language),
    };
    let carriers = match app.carriers(steward, member).await {
        Ok(carriers) => carriers,
        Err(error) => return gone(&error, language),
    };
    let registrations = match registrations(app, words, steward, member).await {
        Ok(registrations) => registrations,
        Err(error) => return failed(&error, language),
    };
    let zone = zone_of(home.us.as_ref());
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX).into();
    let passports = u64::try_from(row.passports).unwrap_or(u64::MAX);
    let page = MemberPage {
        frame: Frame::new(words, row.name.clone()).at(format!("{MEMBERS}/{member}")),
        menu,
        formula: formula_of(words, &home, &row.formula),
        half_days: words.say_with(Message::MemberHalfDays, &[("count", count(row.half_days))]),
        since: date(words, row.since, &zone),
        passports: words.say_with(Message::MemberPassports, &[("count", count(passports))]),
        state: state(words, row.state),
        is_active: row.state == MemberState::Active,
        is_ended: row.state == MemberState::Ended,
        is_operator: steward.role() >= Role::Operator,
        refusal: refused.map(|(refusal, _)| words.say(refusal)),
        registrations,
        paper_name: refused
            .map(|(_, typed)| typed)
            .filter(|typed| !typed.is_empty())
            .unwrap_or(&row.name)
            .to_owned(),
        particulars: particulars(words, &row.may_disclose),
        carriers: carriers
            .iter()
            .map(|it| carrier(words, it, &zone))
            .collect(),
        id: row.id,
        name: row.name,
    };
    shown(&page, language)
}

fn formula_of(words: &Words, home: &app::view::Home, id: &str) -> String {
    let formulas = home.us.iter().flat_map(|us| &us.formulas);
    let found = formulas.into_iter().find(|(other, _)| other == id);
    found.map_or_else(|| id.to_owned(), |(_, it)| unit(words, it.unit))
}

/// What could not be read.
fn gone(error: &MemberError, language: Language) -> Response {
    if matches!(
        error,
        MemberError::Unknown(_) | MemberError::NotASpace | MemberError::NoCarrier
    ) {
        Notice::Missing.answer(language)
    } else {
        failed(error, language)
    }
}

/// What could not be done, on the member's page.
pub(super) async fn refused(
    app: &App,
    language: Language,
    steward: &Steward,
    member: &str,
    typed: &str,
    error: &MemberError,
) -> Response {
    let refusal = match error {
        MemberError::Name => Message::MembersNameRefused,
        MemberError::NotActive(_) => Message::MemberNotActiveRefused,
        MemberError::Ended(_) => Message::MemberEndedRefused,
        MemberError::TooMany => Message::MemberTooManyRefused,
        MemberError::Particulars => Message::MemberParticularsRefused,
        MemberError::Unknown(_)
        | MemberError::NoCarrier
        | MemberError::NotASpace
        | MemberError::Formula(_)
        | MemberError::HalfDays
        | MemberError::Fault(_) => return gone(error, language),
    };
    page(app, language, steward, member, Some((refusal, typed))).await
}

/// `POST /members/{member}/code`: a one-time code, to be shown or printed.
pub(crate) async fn code(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(member): Path<String>,
    _: Filled,
) -> Response {
    let row = match app.member_row(&steward, &member).await {
        Ok(row) => row,
        Err(error) => return gone(&error, language),
    };
    let code = match app.enrolment_code(&steward, &member).await {
        Ok(code) => code,
        Err(error) => return refused(&app, language, &steward, &member, "", &error).await,
    };
    let words = Words::of(language);
    let link = app.enrolment_link(&code);
    match picture(&link) {
        Ok(picture) => shown(
            &CodePage {
                frame: Frame::new(words, words.say(Message::CodeTitle))
                    .at(format!("{MEMBERS}/{member}")),
                id: row.id,
                name: row.name,
                code,
                link,
                picture,
            },
            language,
        ),
        Err(error) => failed(&error, language),
    }
}

/// `POST /members/{member}/paper`: a passport on a card.
pub(crate) async fn paper(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(member): Path<String>,
    form: Filled,
) -> Response {
    let name = Some(form.text("name")).filter(|name| !name.is_empty());
    let paper = match app.paper_passport(&steward, &member, name).await {
        Ok(paper) => paper,
        Err(error) => {
            return refused(&app, language, &steward, &member, form.text("name"), &error).await;
        }
    };
    let home = match app.home().await {
        Ok(home) => home,
        Err(fault) => return failed(&fault, language),
    };
    let PaperPassport {
        name,
        formula,
        since: _,
        until,
        code,
    } = paper;
    let words = Words::of(language);
    match picture(&code) {
        Ok(picture) => shown(
            &PaperPage {
                frame: Frame::new(words, words.say(Message::PaperTitle))
                    .at(format!("{MEMBERS}/{member}")),
                id: member,
                place: home.us.as_ref().map(name_of).unwrap_or_default(),
                label: Label::of(words, &home).name().map(|name| name.text.clone()),
                name,
                formula: formula_of(words, &home, &formula),
                until: date(words, until, &zone_of(home.us.as_ref())),
                picture,
            },
            language,
        ),
        Err(error) => failed(&error, language),
    }
}

/// `POST /members/{member}/revoke`: takes the member's passports back.
pub(crate) async fn revoke(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(member): Path<String>,
    _: Filled,
) -> Response {
    match app.revoke_passports(&steward, &member).await {
        Ok(_) => see(&format!("{MEMBERS}/{member}"), language),
        Err(error) => refused(&app, language, &steward, &member, "", &error).await,
    }
}

async fn set(
    app: &App,
    language: Language,
    operator: &Operator,
    member: &str,
    state: MemberState,
) -> Response {
    match app.set_member(operator, member, state).await {
        Ok(()) => see(&format!("{MEMBERS}/{member}"), language),
        Err(error) => refused(app, language, operator, member, "", &error).await,
    }
}

/// `POST /members/{member}/pause`: pauses a membership.
pub(crate) async fn pause(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
    Path(member): Path<String>,
    _: Filled,
) -> Response {
    set(&app, language, &operator, &member, MemberState::Paused).await
}

/// `POST /members/{member}/resume`: resumes a paused membership.
pub(crate) async fn resume(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
    Path(member): Path<String>,
    _: Filled,
) -> Response {
    set(&app, language, &operator, &member, MemberState::Active).await
}

/// `POST /members/{member}/end`: ends a membership, for good.
pub(crate) async fn end(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
    Path(member): Path<String>,
    _: Filled,
) -> Response {
    set(&app, language, &operator, &member, MemberState::Ended).await
}
