//! The calendar of this node, day by day.

use app::view::Home;
use app::{App, Calendar, Publisher};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::Uri;
use jiff::tz::TimeZone;
use wire::event::EVENT_KINDS;

use super::filter::{Asked, DAYS, beginning};
use super::row::{Names, Row, kind};
use crate::figures::{date_and_time, day, machine_day, machine_time, zone};
use crate::frame::Frame;
use crate::language::{Language, Reader};
use crate::page::Policy;
use crate::routes::shown;
use crate::words::{Message as M, Words};

/// Where the calendar is.
pub(crate) const CALENDAR: &str = "/calendar";
/// Where the calendar is that others subscribe to.
const FEED: &str = "/calendar.ics";

/// A day with what is on.
struct Day {
    /// For the elements of the page.
    id: String,
    title: String,
    /// Today or tomorrow.
    near: Option<String>,
    rows: Vec<Row>,
}

/// Something to choose.
struct Choice {
    value: String,
    text: String,
    is_chosen: bool,
}

/// What the form has.
struct Form {
    from: String,
    days: Vec<Choice>,
    spaces: Vec<Choice>,
    villages: Vec<Choice>,
    kinds: Vec<Choice>,
}

/// Where others subscribe to what is shown.
struct Subscribe {
    path: String,
    address: String,
    webcal: String,
}

#[derive(Template)]
#[template(path = "calendar.html")]
struct CalendarPage {
    frame: Frame,
    lead: String,
    unread: Vec<String>,
    form: Form,
    shown: String,
    count: String,
    earlier: String,
    later: String,
    is_as_usual: bool,
    days: Vec<Day>,
    is_cut: bool,
    hours_of: String,
    subscribe: Subscribe,
    shows_an_example: bool,
    judged_at: String,
    judged_at_machine: Option<String>,
    host: String,
}

/// `GET /calendar`: what is on, at this node and at those whose feeds it reads.
pub(crate) async fn calendar(
    State(app): State<App>,
    uri: Uri,
    Reader(language): Reader,
) -> Response {
    let made = made(&app, uri.query().unwrap_or_default(), language).await;
    let rendered = made.and_then(|page| Ok(page.render()?));
    let rendered = rendered.map_err(|error| app::chain(error.as_ref()));
    shown("calendar", Policy::WithAQuestion, language, rendered)
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn made(app: &App, query: &str, language: Language) -> Result<CalendarPage, Failure> {
    let words = Words::of(language);
    let here = zone(Some(&app.own_zone().await?));
    let home = app.home().await?;
    let asked = Asked::of(words, query, app.now(), &here);
    let (from, to) = (beginning(asked.from, &here), beginning(asked.to(), &here));
    let calendar = app.calendar(&asked.filter, from, to).await?;
    Ok(page(app, words, &home, &asked, &calendar, &here))
}

fn page(
    app: &App,
    words: &'static Words,
    home: &Home,
    asked: &Asked,
    calendar: &Calendar,
    here: &TimeZone,
) -> CalendarPage {
    let names = Names::of(words, home, &calendar.publishers);
    let rows = calendar.rows.iter();
    let rows = rows.map(|row| Row::of(words, row, &names, here, calendar.now));
    let rows: Vec<Row> = rows.collect();
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let last = asked.to().yesterday().unwrap_or(asked.from);
    let between = [
        ("from", day(words, &asked.from.to_string()).into()),
        ("to", day(words, &last.to_string()).into()),
    ];
    let at = |day| {
        format!(
            "{CALENDAR}?lang={}{}",
            words.language.tag(),
            asked.rest_from(day)
        )
    };
    let hours_of = [("zone", here.iana_name().unwrap_or("UTC").into())];
    let lead = if home.us.is_some() {
        M::CalendarLead
    } else {
        M::CalendarLeadCoordinator
    };
    CalendarPage {
        frame: Frame::new(words, words.say(M::CalendarTitle))
            .at(CALENDAR.to_owned())
            .with(asked.rest()),
        lead: words.say(lead),
        unread: asked.unread.clone(),
        form: form(words, asked, calendar, &names),
        shown: words.say_with(M::CalendarShown, &between),
        count: words.say_with(M::CalendarCount, &[("count", count.into())]),
        earlier: at(Some(asked.before())),
        later: at(Some(asked.to())),
        is_as_usual: asked.is_of_all() && !asked.is_from_said,
        shows_an_example: rows.iter().any(|row| row.is_example),
        days: by_day(words, asked, rows, &machine_day(calendar.now, here)),
        is_cut: calendar.is_cut,
        hours_of: words.say_with(M::CalendarHoursOf, &hours_of),
        subscribe: subscribe(app, asked),
        judged_at: date_and_time(words, calendar.now, here),
        judged_at_machine: machine_time(calendar.now),
        host: app.identity().entity.authority().to_owned(),
    }
}

/// The rows by day, in order. What began before the first day stands on it.
fn by_day(words: &Words, asked: &Asked, rows: Vec<Row>, today: &str) -> Vec<Day> {
    let first = asked.from.to_string();
    let tomorrow = today.parse::<jiff::civil::Date>();
    let tomorrow = tomorrow.and_then(jiff::civil::Date::tomorrow);
    let tomorrow = tomorrow.map_or_else(|_| String::new(), |day| day.to_string());
    let mut days: Vec<(String, Day)> = Vec::new();
    for mut row in rows {
        if row.day < first {
            let began = day(words, &row.day);
            row.time = words.say_with(M::EventSince, &[("date", began.into())]);
            row.day.clone_from(&first);
        }
        let near = if row.day == today {
            Some(M::CalendarToday)
        } else {
            (row.day == tomorrow).then_some(M::CalendarTomorrow)
        };
        match days.iter_mut().find(|(date, _)| *date == row.day) {
            Some((_, day)) => day.rows.push(row),
            None => days.push((
                row.day.clone(),
                Day {
                    id: format!("day-{}", row.day),
                    title: day(words, &row.day),
                    near: near.map(|near| words.say(near)),
                    rows: vec![row],
                },
            )),
        }
    }
    // A matter of days is on the same day everywhere, whatever the hour here.
    days.sort_by(|(a, _), (b, _)| a.cmp(b));
    days.into_iter().map(|(_, day)| day).collect()
}

fn form(words: &Words, asked: &Asked, calendar: &Calendar, names: &Names<'_>) -> Form {
    let filter = &asked.filter;
    let publishers = calendar.publishers.iter();
    let space = |it: &Publisher| Choice {
        value: it.entity.as_str().to_owned(),
        text: names.name(words, it),
        is_chosen: filter.owner.as_ref() == Some(&it.entity),
    };
    let mut villages: Vec<&String> = publishers
        .clone()
        .filter_map(|it| it.village.as_ref())
        .collect();
    // What was asked for stays chosen, also where nobody is there any more.
    villages.extend(filter.village.as_ref());
    villages.sort();
    villages.dedup();
    let village = |it: &String| Choice {
        value: it.clone(),
        text: wire::printable(it, wire::space::NAME_CHARS_MAX),
        is_chosen: filter.village.as_ref() == Some(it),
    };
    Form {
        from: asked.from.to_string(),
        days: DAYS
            .into_iter()
            .map(|(days, text)| Choice {
                value: days.to_string(),
                text: words.say(text),
                is_chosen: days == asked.days,
            })
            .collect(),
        spaces: publishers.map(space).collect(),
        villages: villages.into_iter().map(village).collect(),
        kinds: EVENT_KINDS
            .into_iter()
            .map(|it| Choice {
                value: it.word().to_owned(),
                text: kind(words, it),
                is_chosen: filter.kind == Some(it),
            })
            .collect(),
    }
}

fn subscribe(app: &App, asked: &Asked) -> Subscribe {
    let path = format!("{FEED}{}", asked.feed());
    let address = app.identity().entity.url_of(&path);
    let bare = address.split_once("://").map_or("", |(_, bare)| bare);
    Subscribe {
        webcal: format!("webcal://{bare}"),
        path,
        address,
    }
}
