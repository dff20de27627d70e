//! An event of this node: who comes to which date, and what an organiser does about it.

use app::view::Home;
use app::{
    App, CancelledBy, EventError, EventView, RegistrationId, Role, SeatError, SeatRow, SeatState,
    SeatsView, Steward, due_of,
};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::Uri;
use jiff::tz::TimeZone;
use rules::event::Occurrence;
use url::form_urlencoded;
use wire::EntityId;
use wire::event::{EventStatus, LocalTime};

use super::events::registered;
use super::form::Filled;
use super::here::{Told, space_name};
use super::menu::{Menu, menu};
use super::registering::{Choice, dates, members, register_path};
use super::signed_in::{ByASteward, ByAnOperator};
use super::{EVENTS, failed, see, shown};
use crate::events::{Sign, day_of, local, path_of, rule_said, span, state, title};
use crate::figures::{date_and_time, day, zone};
use crate::frame::Frame;
use crate::language::{Language, Reader};
use crate::notice::Notice;
use crate::words::{Message as M, Words};

/// The most dates to come that are shown without anybody who has registered.
const EMPTY_DATES_MAX: usize = 8;

/// Somebody who has registered.
struct Guest {
    home_entity: String,
    id: String,
    name: String,
    home: String,
    seat: String,
    since: String,
    take_back: String,
}

/// A date with who comes.
struct Sheet {
    id: String,
    title: String,
    due: String,
    seats: Option<String>,
    state: Option<Sign>,
    guests: Vec<Guest>,
    /// Whether a seat is worth taking back: not where nothing takes place.
    can_take_back: bool,
    /// Whoever gave it back, or from whom it was taken back.
    gone: Vec<(String, String)>,
    /// What cancelling it says first; none where it cannot be cancelled.
    cancel: Option<(String, String)>,
}

/// Cancelling the whole event: what is said first.
struct CancelAll {
    open: String,
    registered: String,
    yes: String,
}

/// Registering a member of this space.
struct Register {
    action: String,
    members: Vec<Choice>,
    dates: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "manage-event.html")]
struct EventPage {
    frame: Frame,
    menu: Menu,
    id: String,
    title: String,
    again: Option<String>,
    told: Option<Told>,
    public: String,
    is_operator: bool,
    has_seats: bool,
    sheets: Vec<Sheet>,
    /// How many more dates there are, which `all=yes` shows.
    more: Option<String>,
    cancel_all: Option<CancelAll>,
    register: Option<Register>,
}

/// `GET /manage/events/{id}`: who comes to an event of this node.
pub(crate) async fn attendance(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(id): Path<String>,
    uri: Uri,
) -> Response {
    let query = uri.query().unwrap_or_default();
    let is_all = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "all");
    let empty_max = if is_all { usize::MAX } else { EMPTY_DATES_MAX };
    page(&app, language, &steward, &id, (None, empty_max)).await
}

async fn page(
    app: &App,
    language: Language,
    steward: &Steward,
    id: &str,
    (told, empty_max): (Option<Told>, usize),
) -> Response {
    match made(app, language, steward, id, told, empty_max).await {
        Ok(Some(page)) => shown(&page, language),
        Ok(None) => Notice::Missing.answer(language),
        Err(error) => failed(error.as_ref(), language),
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn made(
    app: &App,
    language: Language,
    steward: &Steward,
    id: &str,
    told: Option<Told>,
    empty_max: usize,
) -> Result<Option<EventPage>, Failure> {
    let uid = wire::event::event_uid(&app.identity().entity, id);
    let Some(view) = app.event(&uid).await? else {
        return Ok(None);
    };
    let Some(shown) = view.next.first().map(|(it, _)| it).or(view.last.as_ref()) else {
        return Ok(None);
    };
    let words = Words::of(language);
    let home = app.home().await?;
    let rows = app.seats(steward, id).await?;
    let desk = Desk {
        words,
        home: &home,
        view: &view,
        here: &zone(Some(&app.own_zone().await?)),
        is_operator: steward.role() >= Role::Operator,
    };
    let (sheets, more) = desk.sheets(&rows, empty_max);
    let event = &view.listed.event;
    let title = title(event, shown);
    let mut register = None;
    if desk.can_register() {
        register = Some(Register {
            action: register_path(&uid, language),
            members: members(app, steward).await?,
            dates: dates(words, &view, desk.here),
        });
    }
    let rule = event.recurrence_rules.first();
    Ok(Some(EventPage {
        frame: Frame::new(words, title.clone()).at(format!("{EVENTS}/{id}")),
        menu: menu(app, words, steward, EVENTS).await?,
        id: id.to_owned(),
        again: rule.map(|rule| rule_said(words, &event.start, rule)),
        told,
        public: path_of(&uid),
        is_operator: desk.is_operator,
        has_seats: event.escale.capacity.is_some(),
        sheets,
        more,
        cancel_all: desk.cancel_all(&rows),
        register,
        title,
    }))
}

/// What the page is made from.
struct Desk<'a> {
    words: &'static Words,
    home: &'a Home,
    view: &'a EventView,
    here: &'a TimeZone,
    is_operator: bool,
}

impl Desk<'_> {
    /// A sheet for each date to which somebody comes, and for some that are next; and how
    /// many more there are.
    fn sheets(&self, rows: &[SeatRow], empty_max: usize) -> (Vec<Sheet>, Option<String>) {
        let event = &*self.view.listed.event;
        let mut sheets = Vec::new();
        let mut dues: Vec<Option<LocalTime>> = rows.iter().map(|row| row.due.clone()).collect();
        dues.dedup();
        let is_listed = |due: Option<&LocalTime>| dues.iter().any(|it| it.as_ref() == due);
        let (mut empty, mut more) = (0, 0_i64);
        for (occurrence, seats) in &self.view.next {
            let due = due_of(event, occurrence);
            if !is_listed(due) {
                empty += 1;
                if empty > empty_max {
                    more += 1;
                    continue;
                }
            }
            sheets.push(self.sheet(due, Some(occurrence), *seats, rows));
        }
        // What is over, or is not on any date any more, comes last.
        for due in &dues {
            let mut next = self.view.next.iter();
            if !next.any(|(it, _)| due_of(event, it) == due.as_ref()) {
                let occurrence = rules::event::occurrence(event, due.as_ref());
                sheets.push(self.sheet(due.as_ref(), occurrence.as_ref(), None, rows));
            }
        }
        let more = (more > 0).then(|| {
            self.words
                .say_with(M::ManageMoreDates, &[("count", more.into())])
        });
        (sheets, more)
    }

    fn sheet(
        &self,
        due: Option<&LocalTime>,
        occurrence: Option<&Occurrence>,
        seats: Option<SeatsView>,
        rows: &[SeatRow],
    ) -> Sheet {
        let (words, event) = (self.words, &*self.view.listed.event);
        let title = match occurrence {
            Some(it) => {
                let on = day(words, &day_of(event, it, self.here));
                format!("{on}, {}", span(words, event, it, self.here))
            }
            None => due.map_or_else(String::new, |due| local(words, due)),
        };
        let of_it = rows.iter().filter(|row| row.due.as_ref() == due);
        let (gone, here): (Vec<&SeatRow>, Vec<&SeatRow>) =
            of_it.partition(|row| matches!(row.state, SeatState::Cancelled { .. }));
        let is_next = occurrence
            .is_some_and(|it| it.status != EventStatus::Cancelled && it.ends > self.view.now);
        let is_one_of_many = due.is_some();
        let cancel = (self.is_operator && is_next && is_one_of_many).then(|| {
            let date =
                occurrence.map_or_else(String::new, |it| day(words, &day_of(event, it, self.here)));
            let yes = words.say_with(M::ManageCancelOneYes, &[("date", date.into())]);
            (told_first(words, here.len()), yes)
        });
        let id = due.map_or_else(|| "once".to_owned(), |due| due.as_str().replace(':', "-"));
        Sheet {
            can_take_back: occurrence.is_none_or(|it| it.status != EventStatus::Cancelled),
            guests: here.into_iter().map(|row| self.guest(row)).collect(),
            gone: gone.into_iter().map(|row| self.gone(row)).collect(),
            id,
            title,
            due: due.map_or_else(String::new, ToString::to_string),
            seats: seats.map(|seats| registered(words, seats)),
            state: occurrence.and_then(|it| state(words, it)),
            cancel,
        }
    }

    fn guest(&self, row: &SeatRow) -> Guest {
        let words = self.words;
        let name = crate::shown::name(&row.name).unwrap_or_else(|| words.say(M::HereNameless));
        let seat = match row.rank {
            None => words.say(M::ManageSeatTaken),
            Some(rank) => {
                let rank = i64::try_from(rank).unwrap_or(i64::MAX);
                words.say_with(M::ManageSeatWaiting, &[("rank", rank.into())])
            }
        };
        Guest {
            home_entity: row.home.as_str().to_owned(),
            id: row.id.to_string(),
            home: space_name(self.home, &row.home),
            seat,
            since: date_and_time(words, row.asked_at, self.here),
            take_back: words.say_with(M::ManageTakeBackYes, &[("name", name.clone().into())]),
            name,
        }
    }

    /// Somebody who does not come any more, and why.
    fn gone(&self, row: &SeatRow) -> (String, String) {
        let name = crate::shown::name(&row.name);
        let by = match row.state {
            SeatState::Cancelled {
                by: CancelledBy::Organiser,
                ..
            } => M::ManageSeatTakenBack,
            SeatState::Cancelled { .. } | SeatState::Taken { .. } | SeatState::Waiting => {
                M::ManageSeatGiven
            }
        };
        let name = name.unwrap_or_else(|| self.words.say(M::HereNameless));
        (name, self.words.say(by))
    }

    /// Whether anything is left to cancel.
    fn cancel_all(&self, rows: &[SeatRow]) -> Option<CancelAll> {
        let is_on = self.view.listed.event.status != EventStatus::Cancelled;
        let is_next = !self.view.next.is_empty();
        let is_here = |row: &&SeatRow| !matches!(row.state, SeatState::Cancelled { .. });
        let (open, yes) = if self.view.listed.event.recurrence_rules.is_empty() {
            (M::ManageCancel, M::ManageCancelYes)
        } else {
            (M::ManageCancelAll, M::ManageCancelAllYes)
        };
        (self.is_operator && is_on && is_next).then(|| CancelAll {
            open: self.words.say(open),
            registered: told_first(self.words, rows.iter().filter(is_here).count()),
            yes: self.words.say(yes),
        })
    }

    fn can_register(&self) -> bool {
        let has_seats = self.view.listed.event.escale.capacity.is_some();
        self.home.us.is_some() && has_seats && !dates(self.words, self.view, self.here).is_empty()
    }
}

fn refused(why: String) -> (Option<Told>, usize) {
    (Some(Told::refusal(why)), EMPTY_DATES_MAX)
}

/// How many are registered, and how they learn it.
fn told_first(words: &Words, count: usize) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    words.say_with(M::ManageCancelRegistered, &[("count", count.into())])
}

/// `POST /manage/events/{id}/cancel`: one date (`on`), or the whole event (`whole`), does
/// not take place.
pub(crate) async fn cancel_event(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
    Path(id): Path<String>,
    form: Filled,
) -> Response {
    let due = LocalTime::parse(form.text("on"));
    // What names no date that can be read is not the whole event.
    if due.is_none() && form.text("whole").is_empty() {
        let told = Words::of(language).say(M::NothingChanged);
        return page(&app, language, &operator, &id, refused(told)).await;
    }
    match app.cancel_event(&operator, &id, due.as_ref()).await {
        Ok(_) => see(&format!("{EVENTS}/{id}"), language),
        Err(EventError::Unknown(_) | EventError::NoOccurrence(_)) => {
            Notice::Missing.answer(language)
        }
        Err(error) => failed(&error, language),
    }
}

/// `POST /manage/events/{id}/take-back`: a registration is taken back (`home`,
/// `registration`).
pub(crate) async fn take_back(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(id): Path<String>,
    form: Filled,
) -> Response {
    let home = EntityId::parse(form.text("home")).ok();
    let registration = RegistrationId::parse(form.text("registration"));
    let taken = match home.zip(registration) {
        Some((home, registration)) => app.cancel_seat(&steward, &home, registration).await,
        None => Err(SeatError::Unknown),
    };
    match taken {
        Ok(()) => see(&format!("{EVENTS}/{id}"), language),
        Err(SeatError::Unknown) => {
            let told = Words::of(language).say(M::ManageTookBackNone);
            page(&app, language, &steward, &id, refused(told)).await
        }
        Err(error @ SeatError::Fault(_)) => failed(&error, language),
    }
}
