//! The desk: a field for the scanner, the answer above it, and who is here below.

use app::view::Home;
use app::{App, Judged, Staff, VisitError, VisitId, VisitRow, Visitor};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use rules::trust::Standing;
use wire::Timestamp;
use wire::disclosure::Disclosed;

use super::form::Filled;
use super::here::{self, Present, Told, arrival, present, space_name, until};
use super::menu::{Menu, menu};
use super::sign_in::kept_longer;
use super::signed_in::ByTheDesk;
use super::{DESK, failed, shown, visits};
use crate::card::name_of;
use crate::frame::Frame;
use crate::hours::zone_of;
use crate::language::{Language, Reader};
use crate::news::{News, news};
use crate::notice::Notice;
use crate::standing::{Badge, Reliance, badge};
use crate::words::{Message, Message as M, Words};

/// An answer, as a steward reads it from two metres.
struct Answer {
    /// `go`, `look` or `stop`: the colour, and a shape.
    shape: &'static str,
    title: String,
    why: String,
    /// What can be done about it.
    cure: Option<String>,
    visitor: Option<Seen>,
    /// How fresh what is known of the home is, where that is not today's.
    stale: Option<String>,
    /// That a visit began or goes on, and until when; or that none is counted.
    visit: Vec<String>,
    /// A passport on paper, to be let in by a person.
    paper: Option<String>,
}

/// Who stands there.
struct Seen {
    name: String,
    home: String,
    /// What else they chose to show: a label, and what it says.
    disclosed: Vec<(String, String)>,
    left: Option<String>,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct DeskPage {
    frame: Frame,
    menu: Menu,
    place: String,
    badge: Badge,
    label_news: News,
    answer: Option<Answer>,
    told: Option<Told>,
    present: Vec<Present>,
    /// Where a visit is ended, besides its own page.
    from: &'static str,
    /// In the strict mode, the number that the visitor types on their phone.
    challenge: Option<String>,
}

/// What stands above the field.
enum Above<'a> {
    Nothing,
    /// A visitor was judged.
    Judged(Box<Seeing<'a>>),
    /// Nothing was heard of the label yet, so that nobody can be judged.
    Unheard,
    /// Something was done.
    Told(Told),
}

/// A judgement, with what belongs to it.
struct Seeing<'a> {
    judged: Judged,
    /// The visit that began or goes on.
    row: Option<VisitRow>,
    /// What was scanned.
    code: &'a str,
    /// Whether a person said that a passport on paper is the visitor's.
    is_looked_at: bool,
    /// When the desk asked.
    asked_at: Timestamp,
}

/// `GET /desk`: the desk, waiting for a passport.
pub(crate) async fn desk(
    State(app): State<App>,
    Reader(language): Reader,
    headers: HeaderMap,
    ByTheDesk(staff): ByTheDesk,
) -> Response {
    let answer = answered(&app, language, &staff, Ok(Above::Nothing)).await;
    kept_longer(&headers, answer)
}

/// `POST /desk`: is this visitor welcome? In the strict mode the next one is shown another
/// number.
pub(crate) async fn judge(
    State(app): State<App>,
    Reader(language): Reader,
    ByTheDesk(staff): ByTheDesk,
    form: Filled,
) -> Response {
    let number = Some(form.text("challenge")).filter(|number| !number.is_empty());
    let asked = Asked {
        code: form.text("code"),
        number,
        is_looked_at: false,
    };
    let above = judged(&app, &staff, asked).await;
    match number {
        Some(_) => answered_strictly(&app, language, &staff, above).await,
        None => answered(&app, language, &staff, above).await,
    }
}

/// `POST /desk/challenge`: the desk, in its strict mode from now on.
pub(crate) async fn challenge(
    State(app): State<App>,
    Reader(language): Reader,
    ByTheDesk(staff): ByTheDesk,
    _: Filled,
) -> Response {
    answered_strictly(&app, language, &staff, Ok(Above::Nothing)).await
}

/// `POST /desk/receive`: a person has looked, and the passport on paper is the visitor's.
pub(crate) async fn receive(
    State(app): State<App>,
    Reader(language): Reader,
    ByTheDesk(staff): ByTheDesk,
    form: Filled,
) -> Response {
    let asked = Asked {
        code: form.text("code"),
        number: None,
        is_looked_at: true,
    };
    let above = judged(&app, &staff, asked).await;
    answered(&app, language, &staff, above).await
}

/// `POST /visits/{visit}/leave`: the visitor leaves now. Answered where it was asked.
pub(crate) async fn leave(
    State(app): State<App>,
    Reader(language): Reader,
    ByTheDesk(staff): ByTheDesk,
    Path(visit): Path<String>,
    form: Filled,
) -> Response {
    let words = Words::of(language);
    let Some(visit) = VisitId::parse(&visit) else {
        return Notice::Missing.answer(language);
    };
    let told = here::leave(&app, words, &staff, visit).await;
    let steward = Some(staff.clone()).filter(|_| form.text("from") == visits::FROM);
    match (steward.and_then(Staff::steward), told) {
        (_, Err(VisitError::Unknown)) => Notice::Missing.answer(language),
        (Some(steward), Ok(told)) => visits::answered(&app, language, &steward, told).await,
        (_, told) => {
            let above = told.map(Above::Told).map_err(boxed);
            answered(&app, language, &staff, above).await
        }
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn boxed(error: impl Into<Failure>) -> Failure {
    error.into()
}

/// What a desk asks.
struct Asked<'a> {
    /// What was scanned.
    code: &'a str,
    /// The number that was shown.
    number: Option<&'a str>,
    /// Whether a person says that a passport on paper is the visitor's.
    is_looked_at: bool,
}

async fn judged<'a>(app: &App, staff: &Staff, asked: Asked<'a>) -> Result<Above<'a>, Failure> {
    let asked_at = app.now();
    let Asked {
        code,
        number,
        is_looked_at,
    } = asked;
    let judged = if is_looked_at {
        app.receive_on_paper(staff, code).await
    } else {
        app.judge_for(staff, code, number).await
    };
    let judged = match judged {
        Ok(judged) => judged,
        Err(app::Fault::NothingHeard) => return Ok(Above::Unheard),
        Err(fault) => return Err(boxed(fault)),
    };
    let row = match judged.visit {
        Some(visit) => Some(app.visit_row(staff, visit).await?),
        None => None,
    };
    Ok(Above::Judged(Box::new(Seeing {
        judged,
        row,
        code,
        is_looked_at,
        asked_at,
    })))
}

async fn answered(
    app: &App,
    language: Language,
    staff: &Staff,
    above: Result<Above<'_>, Failure>,
) -> Response {
    render(app, language, staff, (above, None)).await
}

/// With another number for the next visitor.
async fn answered_strictly(
    app: &App,
    language: Language,
    staff: &Staff,
    above: Result<Above<'_>, Failure>,
) -> Response {
    match app.challenge(staff) {
        Ok(challenge) => render(app, language, staff, (above, Some(challenge.number))).await,
        Err(fault) => failed(&fault, language),
    }
}

async fn render(
    app: &App,
    language: Language,
    staff: &Staff,
    (above, challenge): (Result<Above<'_>, Failure>, Option<String>),
) -> Response {
    let page = match above {
        Ok(above) => page(app, language, staff, (above, challenge)).await,
        Err(error) => Err(error),
    };
    match page {
        Ok(page) => shown(&page, language),
        Err(error) => failed(error.as_ref(), language),
    }
}

async fn page(
    app: &App,
    language: Language,
    staff: &Staff,
    (above, challenge): (Above<'_>, Option<String>),
) -> Result<DeskPage, Failure> {
    let words = Words::of(language);
    let home = app.home().await?;
    let rows = app.visitors_here(staff).await?;
    let zone = zone_of(home.us.as_ref());
    let us = home.us.as_ref();
    let standing = us.map_or(&Standing::Unknown, |us| &us.standing);
    let (answer, told) = match above {
        Above::Nothing => (None, None),
        Above::Judged(seeing) => (Some(answer(words, &home, &seeing)), None),
        Above::Unheard => (Some(unheard(words)), None),
        Above::Told(told) => (None, Some(told)),
    };
    let title = match &answer {
        Some(answer) => format!("{} – {}", answer.title, words.say(Message::DeskTitle)),
        None => words.say(Message::DeskTitle),
    };
    Ok(DeskPage {
        frame: Frame::new(words, title).at(DESK.to_owned()),
        menu: menu(app, words, staff, DESK).await?,
        place: us.map(name_of).unwrap_or_default(),
        badge: badge(words, standing, Reliance::of(&home), &zone),
        label_news: news(words, home.label.freshness, home.now, &zone),
        answer,
        told,
        present: rows.iter().map(|row| present(words, &home, row)).collect(),
        from: "",
        challenge,
    })
}

fn answer(words: &Words, home: &Home, seeing: &Seeing<'_>) -> Answer {
    let Judged {
        verdict,
        visitor,
        home_freshness,
        label_freshness: _,
        visit: _,
    } = &seeing.judged;
    let is_paper = matches!(verdict, Verdict::ToVerify { .. });
    let (shape, title, why, cure) = if is_paper && seeing.is_looked_at {
        ("go", M::DeskAllowed, M::DeskPaperSeen, None)
    } else {
        messages(*verdict)
    };
    let home_news = news(words, *home_freshness, home.now, &zone_of(home.us.as_ref()));
    let us = home.us.as_ref().map(|us| &us.entity);
    let is_ours = visitor.as_ref().map(|it| &it.home) == us;
    let visit = match &seeing.row {
        Some(row) => {
            let began = arrival(words, row, seeing.asked_at);
            std::iter::once(began).chain(until(words, row)).collect()
        }
        None if shape == "go" && is_ours => vec![words.say(M::DeskOwnMember)],
        None => Vec::new(),
    };
    Answer {
        shape,
        title: words.say(title),
        why: words.say(why),
        cure: cure.map(|cure| words.say(cure)),
        stale: (visitor.is_some() && home_news.is_stale).then_some(home_news.text),
        visitor: visitor
            .as_ref()
            .map(|visitor| seen(words, home, visitor, *verdict)),
        visit,
        paper: (is_paper && !seeing.is_looked_at).then(|| seeing.code.to_owned()),
    }
}

/// As where the label was not heard for too long.
fn unheard(words: &Words) -> Answer {
    let (shape, title, why, cure) = not_here(NotHere::RegisterTooOld);
    Answer {
        shape,
        title: words.say(title),
        why: words.say(why),
        cure: cure.map(|cure| words.say(cure)),
        visitor: None,
        stale: None,
        visit: Vec::new(),
        paper: None,
    }
}

fn seen(words: &Words, home: &Home, visitor: &Visitor, verdict: Verdict) -> Seen {
    let left = match verdict {
        Verdict::Allowed { left } | Verdict::ToVerify { left } => Some(left),
        Verdict::Blocked(_)
        | Verdict::Expired
        | Verdict::NoAllowance
        | Verdict::NotAllowedHere(_)
        | Verdict::NotGenuine(_)
        | Verdict::AlreadyUsed => None,
    };
    let is_at_home = home.us.as_ref().is_some_and(|us| us.entity == visitor.home);
    let count = left.filter(|_| !is_at_home).map(i64::try_from);
    Seen {
        name: visitor.name.clone(),
        home: space_name(home, &visitor.home),
        disclosed: disclosed(words, &visitor.disclosed),
        left: count.map(|count| {
            let count = count.unwrap_or(i64::MAX);
            words.say_with(Message::DeskLeft, &[("count", count.into())])
        }),
    }
}

fn disclosed(words: &Words, shown: &Disclosed) -> Vec<(String, String)> {
    let portrait = shown.portrait.map(|it| it.to_string());
    let all = [
        (M::MemberFullName, &shown.full_name),
        (M::MemberOrganisation, &shown.organisation),
        (M::MemberPortrait, &portrait),
    ];
    let line = |(label, text): (Message, &Option<String>)| Some((words.say(label), text.clone()?));
    all.into_iter().filter_map(line).collect()
}

/// Shape, title, why, and what can be done.
type Said = (&'static str, Message, Message, Option<Message>);

const fn messages(verdict: Verdict) -> Said {
    match verdict {
        Verdict::Allowed { .. } => ("go", M::DeskAllowed, M::DeskAllowedWhy, None),
        Verdict::ToVerify { .. } => (
            "look",
            M::DeskVerify,
            M::DeskPaperWhy,
            Some(M::DeskPaperCure),
        ),
        Verdict::Expired => (
            "stop",
            M::DeskExpired,
            M::DeskExpiredWhy,
            Some(M::DeskNewCodeCure),
        ),
        Verdict::NoAllowance => (
            "stop",
            M::DeskNoAllowance,
            M::DeskNoAllowanceWhy,
            Some(M::DeskNoAllowanceCure),
        ),
        Verdict::AlreadyUsed => (
            "stop",
            M::DeskUsed,
            M::DeskUsedWhy,
            Some(M::DeskShowAgainCure),
        ),
        Verdict::Blocked(block) => blocked(block),
        Verdict::NotAllowedHere(why) => not_here(why),
        Verdict::NotGenuine(why) => not_genuine(why),
    }
}

const fn blocked(block: Block) -> Said {
    let (why, cure) = match block {
        Block::Revoked => (M::DeskRevokedWhy, M::DeskNewCodeCure),
        Block::Paused => (M::DeskPausedWhy, M::DeskHomeCure),
        Block::KeyEnded => (M::DeskKeyEndedWhy, M::DeskKeyEndedCure),
        Block::HomeSuspended => (M::DeskSuspendedWhy, M::DeskFormulaCure),
        Block::HomeWithdrawn => (M::DeskWithdrawnWhy, M::DeskFormulaCure),
    };
    ("stop", M::DeskBlocked, why, Some(cure))
}

/// What this space can mend is amber: the visitor may be as good as any.
const fn not_here(why: NotHere) -> Said {
    let (shape, why, cure) = match why {
        NotHere::OtherHost => ("look", M::DeskOtherHostWhy, M::DeskOtherHostCure),
        NotHere::HostNotLabelled => ("stop", M::DeskWeUnlabelledWhy, M::DeskCoordinatorCure),
        NotHere::HomeNotLabelled => ("stop", M::DeskHomeUnlabelledWhy, M::DeskFormulaCure),
        NotHere::RegisterTooOld => ("look", M::DeskRegisterWhy, M::DeskLineCure),
        NotHere::ListTooOld => ("look", M::DeskListWhy, M::DeskLineCure),
        NotHere::ClockWrong => ("look", M::DeskClockWhy, M::DeskClockCure),
    };
    (shape, M::DeskNotHere, why, Some(cure))
}

const fn not_genuine(why: NotGenuine) -> Said {
    let (shape, why, cure) = match why {
        NotGenuine::UnknownHome => ("stop", M::DeskUnknownHomeWhy, M::DeskFormulaCure),
        NotGenuine::OutOfTime => ("look", M::DeskOutOfTimeWhy, M::DeskShowAgainCure),
        NotGenuine::Malformed => ("stop", M::DeskMalformedWhy, M::DeskScanAgainCure),
        NotGenuine::OtherChallenge => ("look", M::DeskChallengeWhy, M::DeskChallengeCure),
    };
    (shape, M::DeskNotGenuine, why, Some(cure))
}
