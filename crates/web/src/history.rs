//! What the label asks, and what it has decided: for anybody, by space.

use app::view::Home;
use app::{App, Story};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::Uri;
use jiff::tz::TimeZone;
use url::form_urlencoded;
use wire::EntityId;
use wire::label::{Act, Decision, Warning};

use crate::figures::{date, date_and_time, machine_time};
use crate::frame::Frame;
use crate::hours::zone_of;
use crate::language::{Language, Reader};
use crate::page::Policy;
use crate::routes::shown;
use crate::shown::{self as text, Text};
use crate::standing::{Badge, Reliance, badge};
use crate::words::{Message as M, Words};

/// Where it is.
pub(crate) const HISTORY: &str = "/label";

/// The most spaces on one page; of more, each is shown by its name in the address.
const SPACES_MAX: usize = 200;

/// One act.
struct Line {
    date: String,
    act: String,
    reason: Option<String>,
    charter: String,
}

/// What was decided about a space.
struct Of {
    /// For the elements of the page.
    id: String,
    name: String,
    host: String,
    badge: Badge,
    warned: Option<String>,
    warned_why: Option<String>,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    frame: Frame,
    name: Option<Text>,
    version: Option<String>,
    criteria: Vec<Text>,
    spaces: Vec<Of>,
    is_one: bool,
    judged_at: String,
    judged_at_machine: Option<String>,
    host: String,
}

/// `GET /label`: the charter's criteria and the history of each space, or of `space` alone.
pub(crate) async fn history(
    State(app): State<App>,
    uri: Uri,
    Reader(language): Reader,
) -> Response {
    let made = made(&app, uri.query().unwrap_or_default(), language).await;
    let rendered = made.and_then(|page| Ok(page.render()?));
    let rendered = rendered.map_err(|error| app::chain(error.as_ref()));
    shown("label", Policy::WithoutScript, language, rendered)
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn made(app: &App, query: &str, language: Language) -> Result<HistoryPage, Failure> {
    let words = Words::of(language);
    let home = app.home().await?;
    let mut asked = form_urlencoded::parse(query.as_bytes());
    let only = asked.find_map(|(name, value)| (name == "space").then_some(value));
    // What is no name names no space.
    let only = only.map(|value| EntityId::parse(value.trim()));
    let stories = match &only {
        Some(Err(_)) => Vec::new(),
        Some(Ok(space)) => stories(app, Some(space)).await?,
        None => stories(app, None).await?,
    };
    let rest = match &only {
        Some(Ok(space)) => {
            let mut rest = form_urlencoded::Serializer::new(String::new());
            format!("&{}", rest.append_pair("space", space.as_str()).finish())
        }
        Some(Err(_)) | None => String::new(),
    };
    let zone = zone_of(home.us.as_ref());
    let charter = home.label.charter.as_ref();
    let version = |version: u64| {
        let version = version.to_string().into();
        words.say_with(M::LabelCharterVersion, &[("version", version)])
    };
    let criteria = charter.iter().flat_map(|charter| &charter.criteria);
    let us = home.us.as_ref().map(|us| &us.entity);
    Ok(HistoryPage {
        frame: Frame::new(words, words.say(M::HistoryTitle))
            .at(HISTORY.to_owned())
            .with(rest),
        name: charter.and_then(|charter| text::short(&charter.name, language)),
        version: charter.map(|charter| version(charter.version)),
        criteria: criteria
            .filter_map(|criterion| text::long(&criterion.text, language))
            .collect(),
        spaces: stories
            .into_iter()
            .take(SPACES_MAX)
            .enumerate()
            .map(|(at, story)| of(words, &home, &zone, (at, story)))
            .collect(),
        is_one: only.is_some(),
        judged_at: date_and_time(words, home.now, &zone),
        judged_at_machine: machine_time(home.now),
        host: us.unwrap_or(&home.label.coordinator).authority().to_owned(),
    })
}

/// Where nothing was heard yet, nothing was decided.
async fn stories(app: &App, only: Option<&EntityId>) -> Result<Vec<Story>, app::Fault> {
    match app.label_stories(only).await {
        Err(app::Fault::NothingHeard) => Ok(Vec::new()),
        other => other,
    }
}

fn of(words: &Words, home: &Home, zone: &TimeZone, (at, story): (usize, Story)) -> Of {
    let Story {
        entity,
        name,
        standing,
        warning,
        decisions,
    } = story;
    let host = entity.authority().to_owned();
    let warned = warning.as_ref().map(|Warning { until, .. }| {
        let until = date(words, *until, zone);
        words.say_with(M::HistoryWarned, &[("date", until.into())])
    });
    let line = |decision: &Decision| {
        let version = decision.charter_version.to_string().into();
        Line {
            date: date(words, decision.at, zone),
            act: words.say(act(decision.act)),
            reason: text::reason(&decision.reason),
            charter: words.say_with(M::LabelCharterVersion, &[("version", version)]),
        }
    };
    Of {
        id: format!("space-{at}"),
        name: name
            .and_then(|name| text::name(&name))
            .unwrap_or_else(|| host.clone()),
        badge: badge(words, &standing, Reliance::of(home), zone),
        warned,
        warned_why: warning.and_then(|it| text::reason(&it.reason)),
        lines: decisions.iter().rev().map(line).collect(),
        host,
    }
}

const fn act(act: Act) -> M {
    match act {
        Act::Admitted => M::ActAdmitted,
        Act::Asked => M::ActAsked,
        Act::Granted => M::ActGranted,
        Act::Renewed => M::ActRenewed,
        Act::Expired => M::ActExpired,
        Act::Warned => M::ActWarned,
        Act::Suspended => M::ActSuspended,
        Act::Lifted => M::ActLifted,
        Act::Withdrawn => M::ActWithdrawn,
        Act::Ended => M::ActEnded,
    }
}
