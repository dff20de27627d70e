//! The desk: a field for the scanner, and the answer above it.

use app::view::{Home, SpaceView};
use app::{App, Judged, Visitor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use rules::trust::Standing;

use super::form::Filled;
use super::sign_in::kept_longer;
use super::signed_in::ByTheDesk;
use super::{failed, shown};
use crate::card::name_of;
use crate::frame::Frame;
use crate::hours::zone_of;
use crate::language::{Language, Reader};
use crate::news::{News, news};
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
}

/// Who stands there.
struct Seen {
    name: String,
    home: String,
    left: Option<String>,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct DeskPage {
    frame: Frame,
    place: String,
    badge: Badge,
    label_news: News,
    answer: Option<Answer>,
}

/// `GET /desk`: the desk, waiting for a passport.
pub(crate) async fn desk(
    State(app): State<App>,
    Reader(language): Reader,
    headers: HeaderMap,
    ByTheDesk(_): ByTheDesk,
) -> Response {
    let answer = match app.home().await {
        Ok(home) => page(&home, language, None),
        Err(fault) => failed(&fault, language),
    };
    kept_longer(&headers, answer)
}

/// `POST /desk`: is this visitor welcome?
pub(crate) async fn judge(
    State(app): State<App>,
    Reader(language): Reader,
    ByTheDesk(staff): ByTheDesk,
    form: Filled,
) -> Response {
    let judged = app.judge(&staff, form.text("code")).await;
    match (judged, app.home().await) {
        (Ok(judged), Ok(home)) => page(&home, language, Some(&Ok(judged))),
        (Err(app::Fault::NothingHeard), Ok(home)) => page(&home, language, Some(&Err(Unheard))),
        (Err(fault), _) | (_, Err(fault)) => failed(&fault, language),
    }
}

/// Nothing was heard of the label yet, so that nobody can be judged.
struct Unheard;

fn page(home: &Home, language: Language, judged: Option<&Result<Judged, Unheard>>) -> Response {
    let words = Words::of(language);
    let zone = zone_of(home.us.as_ref());
    let standing = home
        .us
        .as_ref()
        .map_or(&Standing::Unknown, |us| &us.standing);
    let answer = judged.map(|judged| match judged {
        Ok(judged) => answer(words, home, judged),
        Err(Unheard) => unheard(words),
    });
    let title = match &answer {
        Some(answer) => format!("{} – {}", answer.title, words.say(Message::DeskTitle)),
        None => words.say(Message::DeskTitle),
    };
    let page = DeskPage {
        frame: Frame::new(words, title),
        place: home.us.as_ref().map(name_of).unwrap_or_default(),
        badge: badge(words, standing, Reliance::of(home), &zone),
        label_news: news(words, home.label.freshness, home.now, &zone),
        answer,
    };
    shown(&page, language)
}

fn answer(words: &Words, home: &Home, judged: &Judged) -> Answer {
    let Judged {
        verdict,
        visitor,
        home_freshness,
        label_freshness: _,
        visit: _,
    } = judged;
    let (shape, title, why, cure) = messages(*verdict);
    let home_news = news(words, *home_freshness, home.now, &zone_of(home.us.as_ref()));
    Answer {
        shape,
        title: words.say(title),
        why: words.say(why),
        cure: cure.map(|cure| words.say(cure)),
        stale: (visitor.is_some() && home_news.is_stale).then_some(home_news.text),
        visitor: visitor
            .as_ref()
            .map(|visitor| seen(words, home, visitor, *verdict)),
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
    }
}

fn seen(words: &Words, home: &Home, visitor: &Visitor, verdict: Verdict) -> Seen {
    let is_theirs = |space: &&SpaceView| space.entity == visitor.home;
    let theirs = home.us.iter().chain(&home.partners).find(is_theirs);
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
        home: theirs.map_or_else(|| visitor.home.authority().to_owned(), name_of),
        left: count.map(|count| {
            let count = count.unwrap_or(i64::MAX);
            words.say_with(Message::DeskLeft, &[("count", count.into())])
        }),
    }
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
    };
    (shape, M::DeskNotGenuine, why, Some(cure))
}
