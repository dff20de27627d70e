//! The visits of the last days: who is here, what was counted, and what was wrong.

use app::view::Home;
use app::{App, Correction, Stay, Steward, VisitError, VisitId, VisitRow};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use wire::printable;
use wire::receipt::Ending;

use super::correction::{TYPED_CHARS_MAX, applied, corrected_to, has_gone};
use super::form::Filled;
use super::here::{Present, Told, present, shown_by, space_name, visitor_name};
use super::menu::{Menu, menu};
use super::signed_in::ByASteward;
use super::{VISITS, failed, shown};
use crate::figures::{date_and_time, day, machine_clock, time, zone};
use crate::frame::Frame;
use crate::language::{Language, Reader};
use crate::notice::Notice;
use crate::receipts::{self, Standing, counted};
use crate::words::{Message, Message as M, Words};

/// What a form of this page says of where it stands.
pub(super) const FROM: &str = "visits";

/// A day on which somebody came.
struct Day {
    /// For the elements of the page.
    id: String,
    title: String,
    lines: Vec<Line>,
}

/// A visit that has ended, or never was.
struct Line {
    id: String,
    name: String,
    home: String,
    by: String,
    /// From when until when; when they came where there was no visit.
    span: String,
    /// How it ended.
    ending: String,
    /// What is counted, and what became of the receipt; none where there was no visit.
    outcome: Option<Outcome>,
    form: Option<Form>,
}

struct Outcome {
    counted: String,
    receipt: Standing,
}

/// What can be corrected.
struct Form {
    /// What stands in the field.
    left: String,
    hint: String,
    follows: String,
    until: Option<String>,
    refusal: Option<String>,
}

/// Somebody who is here, with what can be corrected.
struct Here {
    present: Present,
    form: Form,
}

#[derive(Template)]
#[template(path = "visits.html")]
struct VisitsPage {
    frame: Frame,
    menu: Menu,
    told: Option<Told>,
    here: Vec<Here>,
    days: Vec<Day>,
    from: &'static str,
}

/// What was typed of a visit, and why it was refused.
struct Refused {
    id: VisitId,
    typed: String,
    why: String,
}

/// What stands above the lists, or beside a field.
enum Said {
    Nothing,
    Told(Told),
    Refused(Refused),
}

/// `GET /visits`: who is here, and the visits of the last days.
pub(crate) async fn visits(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
) -> Response {
    page(&app, language, &steward, Said::Nothing).await
}

/// The page, with what was done.
pub(super) async fn answered(
    app: &App,
    language: Language,
    steward: &Steward,
    told: Told,
) -> Response {
    page(app, language, steward, Said::Told(told)).await
}

async fn page(app: &App, language: Language, steward: &Steward, said: Said) -> Response {
    match made(app, language, steward, said).await {
        Ok(page) => shown(&page, language),
        Err(error) => failed(error.as_ref(), language),
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn made(
    app: &App,
    language: Language,
    steward: &Steward,
    said: Said,
) -> Result<VisitsPage, Failure> {
    let words = Words::of(language);
    let home = app.home().await?;
    let (mut told, refused) = match said {
        Said::Nothing => (None, None),
        Said::Told(told) => (Some(told), None),
        Said::Refused(refused) => (None, Some(refused)),
    };
    let mut here = Vec::new();
    let mut days: Vec<(String, Day)> = Vec::new();
    let mut is_said = false;
    for row in app.recent_visits(steward).await? {
        let refused = refused.as_ref().filter(|it| it.id == row.id);
        let form = form(words, &home, &row, refused);
        is_said |= form.as_ref().is_some_and(|form| form.refusal.is_some());
        if let (Stay::Here { .. }, Some(form)) = (&row.stay, form) {
            here.push(Here {
                present: present(words, &home, &row),
                form,
            });
            continue;
        }
        let line = line(words, &home, &row, refused);
        match days.last_mut().filter(|(date, _)| *date == row.day.date) {
            Some((_, day)) => day.lines.push(line),
            None => days.push((row.day.date.clone(), new_day(words, &row.day.date, line))),
        }
    }
    // Where nothing can be corrected any more there is no field to say it beside.
    if let Some(refused) = refused.filter(|_| !is_said) {
        told = Some(Told::refusal(refused.why));
    }
    // Who came first stands first, as at the desk.
    here.reverse();
    Ok(VisitsPage {
        frame: Frame::new(words, words.say(M::VisitsTitle)).at(VISITS.to_owned()),
        menu: menu(app, words, steward, VISITS).await?,
        told,
        here,
        days: days.into_iter().map(|(_, day)| day).collect(),
        from: FROM,
    })
}

fn new_day(words: &Words, date: &str, line: Line) -> Day {
    Day {
        id: format!("day-{date}"),
        title: day(words, date),
        lines: vec![line],
    }
}

fn line(words: &Words, home: &Home, row: &VisitRow, refused: Option<&Refused>) -> Line {
    let zone = zone(Some(&row.day.hours.time_zone));
    let arrived = time(words, row.arrived, &zone);
    let (span, ending, outcome) = match &row.stay {
        Stay::Ended {
            left,
            ending,
            half_days,
            receipt,
            correctable_until: _,
        } => {
            let left = time(words, *left, &zone);
            let span = [("from", arrived.into()), ("to", left.into())];
            let outcome = Outcome {
                counted: counted(words, *half_days),
                receipt: receipts::standing(words, receipt.as_ref()),
            };
            let span = words.say_with(M::HoursSpan, &span);
            (span, words.say(how_it_ended(*ending)), Some(outcome))
        }
        // One that goes on stands above, not here.
        Stay::NotHere | Stay::Here { .. } => {
            let span = words.say_with(M::VisitArrived, &[("time", arrived.into())]);
            (span, words.say(M::VisitNone), None)
        }
    };
    Line {
        id: row.id.to_string(),
        name: visitor_name(words, row),
        home: space_name(home, &row.home),
        by: shown_by(words, row.by),
        span,
        ending,
        outcome,
        form: form(words, home, row, refused),
    }
}

const fn how_it_ended(ending: Ending) -> Message {
    match ending {
        Ending::Left => M::VisitEndLeft,
        Ending::Forgotten => M::VisitEndForgotten,
        Ending::Corrected => M::VisitEndCorrected,
    }
}

/// What can still be corrected of a visit.
fn form(words: &Words, home: &Home, row: &VisitRow, refused: Option<&Refused>) -> Option<Form> {
    let zone = zone(Some(&row.day.hours.time_zone));
    let (left, until, is_sent) = match &row.stay {
        Stay::Here { .. } => (String::new(), None, false),
        Stay::Ended {
            left,
            receipt,
            correctable_until,
            ..
        } if home.now <= *correctable_until => {
            let until = date_and_time(words, *correctable_until, &zone);
            (
                machine_clock(*left, &zone),
                Some(until),
                has_gone(receipt.as_ref()),
            )
        }
        Stay::Ended { .. } | Stay::NotHere => return None,
    };
    let day = day(words, &row.day.date);
    let follows = if is_sent {
        M::VisitCorrectFollows
    } else {
        M::VisitCorrectFirst
    };
    Some(Form {
        left: refused.map_or(left, |refused| refused.typed.clone()),
        hint: words.say_with(M::VisitCorrectHint, &[("day", day.into())]),
        follows: words.say(follows),
        until: until.map(|date| words.say_with(M::VisitCorrectUntil, &[("date", date.into())])),
        refusal: refused.map(|refused| refused.why.clone()),
    })
}

/// `POST /visits/{visit}/correct`: the visitor left at another time.
pub(crate) async fn correct(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(visit): Path<String>,
    form: Filled,
) -> Response {
    let Some(id) = VisitId::parse(&visit) else {
        return Notice::Missing.answer(language);
    };
    let words = Words::of(language);
    let typed = form.text("left");
    let said = match corrected_to(&app, words, &steward, id, typed).await {
        Ok(Ok(told)) => Said::Told(told),
        Ok(Err(why)) => Said::Refused(Refused {
            id,
            typed: printable(typed, TYPED_CHARS_MAX),
            why,
        }),
        Err(error) => return gone(&error, language),
    };
    page(&app, language, &steward, said).await
}

/// `POST /visits/{visit}/not-here`: there was no visit.
pub(crate) async fn not_here(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(visit): Path<String>,
    _: Filled,
) -> Response {
    let Some(id) = VisitId::parse(&visit) else {
        return Notice::Missing.answer(language);
    };
    let words = Words::of(language);
    let told = match app.visit_row(&steward, id).await {
        Ok(row) => applied(&app, words, &steward, &row, Correction::NotHere).await,
        Err(error) => Err(error),
    };
    match told {
        Ok(Ok(told)) => answered(&app, language, &steward, told).await,
        Ok(Err(why)) => answered(&app, language, &steward, Told::refusal(why)).await,
        Err(error) => gone(&error, language),
    }
}

fn gone(error: &VisitError, language: Language) -> Response {
    if matches!(error, VisitError::Unknown) {
        Notice::Missing.answer(language)
    } else {
        failed(error, language)
    }
}
