//! The members of this space, and adding one.

use app::{App, MemberError, MemberRow, MemberState, Role, Steward};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::form::Filled;
use super::menu::{Menu, menu};
use super::signed_in::{ByASteward, ByAnOperator};
use super::{MEMBERS, failed, see, shown};
use crate::figures::{money, unit};
use crate::frame::Frame;
use crate::language::{Language, Reader};
use crate::words::{Message, Message as M, Words};

/// A member in the list.
struct Line {
    id: String,
    name: String,
    formula: String,
    state: Standing,
}

/// Where a membership stands, in words and as a shape.
pub(super) struct Standing {
    pub(super) text: String,
    pub(super) shape: &'static str,
}

/// A formula to choose from.
struct Choice {
    id: String,
    text: String,
}

#[derive(Template)]
#[template(path = "members.html")]
struct MembersPage {
    frame: Frame,
    menu: Menu,
    lines: Vec<Line>,
    /// What an operator can choose from; `None` for a steward, who adds nobody.
    formulas: Option<Vec<Choice>>,
    refusal: Option<String>,
    /// What was typed, where it is refused.
    typed: Typed,
}

/// What somebody typed of a member to be added.
#[derive(Default)]
struct Typed {
    name: String,
    formula: String,
    half_days: String,
}

/// The state of a membership.
pub(super) fn state(words: &Words, state: MemberState) -> Standing {
    let (message, shape) = match state {
        MemberState::Active => (Message::MemberActive, "labelled"),
        MemberState::Paused => (Message::MemberPaused, "suspended"),
        MemberState::Ended => (Message::MemberEnded, "withdrawn"),
    };
    Standing {
        text: words.say(message),
        shape,
    }
}

/// `GET /members`: the members of this space.
pub(crate) async fn members(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
) -> Response {
    let rows = match app.members(&steward).await {
        Ok(rows) => rows,
        Err(error) => return failed(&error, language),
    };
    page(&app, language, rows, &steward, None).await
}

/// `POST /members`: adds a member.
pub(crate) async fn add(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
    form: Filled,
) -> Response {
    let half_days = form.text("half_days");
    let number = match half_days.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) if half_days.is_empty() => Ok(None),
        Err(_) => Err(MemberError::HalfDays),
    };
    let added = match number {
        Ok(number) => {
            let (name, formula) = (form.text("name"), form.text("formula"));
            app.add_member(&operator, name, formula, number).await
        }
        Err(error) => Err(error),
    };
    let refusal = match added {
        Ok(member) => return see(&format!("{MEMBERS}/{member}"), language),
        Err(MemberError::Name) => Message::MembersNameRefused,
        Err(MemberError::Formula(_)) => Message::MembersFormulaRefused,
        Err(MemberError::HalfDays) => Message::MembersHalfDaysRefused,
        Err(MemberError::NotASpace) => Message::MembersNotASpace,
        Err(
            error @ (MemberError::Unknown(_)
            | MemberError::Particulars
            | MemberError::NoCarrier
            | MemberError::NotActive(_)
            | MemberError::TooMany
            | MemberError::Ended(_)
            | MemberError::Fault(_)),
        ) => return failed(&error, language),
    };
    match app.members(&operator).await {
        Ok(rows) => {
            let typed = Typed {
                name: form.text("name").to_owned(),
                formula: form.text("formula").to_owned(),
                half_days: half_days.to_owned(),
            };
            page(&app, language, rows, &operator, Some((refusal, typed))).await
        }
        Err(error) => failed(&error, language),
    }
}

async fn page(
    app: &App,
    language: Language,
    rows: Vec<MemberRow>,
    steward: &Steward,
    refused: Option<(Message, Typed)>,
) -> Response {
    let words = Words::of(language);
    let home = match app.home().await {
        Ok(home) => home,
        Err(fault) => return failed(&fault, language),
    };
    let menu = match menu(app, words, steward, MEMBERS).await {
        Ok(menu) => menu,
        Err(error) => return failed(&error, language),
    };
    let is_operator = steward.role() >= Role::Operator;
    let formulas = home.us.map(|us| us.formulas).unwrap_or_default();
    let choice = |(id, formula): &(String, wire::space::Formula)| Choice {
        id: id.clone(),
        text: format!(
            "{} – {}",
            unit(words, formula.unit),
            money(words.language, formula.price_cents)
        ),
    };
    let unit_of = |id: &str| {
        let found = formulas.iter().find(|(other, _)| other == id);
        found.map_or_else(|| id.to_owned(), |(_, it)| unit(words, it.unit))
    };
    let line = |row: MemberRow| Line {
        formula: unit_of(&row.formula),
        id: row.id,
        name: row.name,
        state: state(words, row.state),
    };
    let (refusal, typed) = refused.unzip();
    let page = MembersPage {
        frame: Frame::new(words, words.say(Message::MembersTitle)),
        menu,
        lines: rows.into_iter().map(line).collect(),
        formulas: is_operator.then(|| formulas.iter().map(choice).collect()),
        refusal: refusal.map(|refusal| words.say(refusal)),
        typed: typed.unwrap_or_default(),
    };
    shown(&page, language)
}
