//! The page of an event, and of one date on which it takes place.

use app::view::Home;
use app::{App, EventView, SeatsView, due_of};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::Uri;
use jiff::tz::TimeZone;
use rules::event::{Occurrence, change_of};
use rules::trust::Standing;
use url::form_urlencoded;
use wire::event::{EventStatus, LocalTime, TITLE_CHARS_MAX, VirtualLocation};
use wire::{EntityId, TEXT_CHARS_MAX, printable};

use super::linked::{self, Beside};
use super::row::{Names, Sign, kind, lang, language, price, seats_said, state, title};
use super::said::seat_texts;
use super::when::{day_of, duration, link_to, local, path_of, rest_of, span, there};
use super::{CALENDAR, rule};
use crate::card::name_of;
use crate::figures::{ago, date_and_time, day, machine_time, zone};
use crate::frame::Frame;
use crate::language::{Language, Reader};
use crate::news::{News, news};
use crate::notice::Notice;
use crate::page::Policy;
use crate::routes::shown;
use crate::scripts;
use crate::words::{Message as M, Words};

/// The most other dates that the page lists.
const OTHERS_MAX: usize = 12;
/// The most lines of a description: what has more is no text.
const LINES_MAX: usize = 200;

/// Another date.
struct Other {
    link: String,
    day: String,
    span: String,
    seats: Sign,
    state: Option<Sign>,
}

/// Something that is said first: with which shape, its title, and what it means.
struct Note {
    shape: &'static str,
    title: String,
    text: String,
}

/// A link, and what it leads to.
struct Link {
    href: String,
    text: String,
}

/// Where the reader's seat is asked for.
struct Seat {
    /// Why nobody registers, where that is so.
    closed: Option<String>,
    /// The same event at each space whose members can ask for a seat.
    homes: Vec<Link>,
    /// Where a steward registers a member.
    steward: String,
    /// What a script at the reader's home has to know.
    here: Option<Here>,
}

struct Here {
    script: String,
    uid: String,
    due: String,
    can_register: bool,
    /// What stands on the button.
    register: String,
    texts: Vec<(&'static str, String)>,
}

/// Where an event comes from, and how old this copy of it is.
struct Origin {
    text: String,
    news: Option<News>,
    link: Option<String>,
    updated: Option<String>,
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    frame: Frame,
    calendar: String,
    title: String,
    lang: Option<String>,
    kind: String,
    by: String,
    village: Option<String>,
    is_example: bool,
    is_cancelled: bool,
    notes: Vec<Note>,
    day: String,
    span: String,
    machine: Option<String>,
    there: Option<String>,
    lasts: String,
    again: Option<String>,
    place: Option<String>,
    link: Option<Link>,
    price: Option<String>,
    seats: Sign,
    seats_of: Option<String>,
    counted: Option<String>,
    language: Option<String>,
    about: Vec<String>,
    seat: Seat,
    others: Vec<Other>,
    more: Option<String>,
    origin: Origin,
    hours_of: String,
    /// What search engines read.
    data: String,
}

/// `GET /events/{uid}`: an event of this node, or of one whose feed it reads.
pub(crate) async fn event(
    State(app): State<App>,
    Path(uid): Path<String>,
    uri: Uri,
    Reader(language): Reader,
) -> Response {
    let made = made(&app, &uid, uri.query().unwrap_or_default(), language).await;
    let page = match made {
        Ok(Some(page)) => page,
        Ok(None) => return Notice::NoEvent.answer(language),
        Err(error) => {
            return shown(
                "event",
                Policy::WithoutScript,
                language,
                Err(app::chain(error.as_ref())),
            );
        }
    };
    let policy = if page.seat.here.is_some() {
        Policy::WithOurScripts
    } else {
        Policy::WithoutScript
    };
    let rendered = page.render().map_err(|error| app::chain(&error));
    shown("event", policy, language, rendered)
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The occurrence that is shown, its seats, and whether it is the one that was asked for.
struct Chosen {
    occurrence: Occurrence,
    seats: Option<SeatsView>,
    is_asked: bool,
}

async fn made(
    app: &App,
    uid: &str,
    query: &str,
    language: Language,
) -> Result<Option<EventPage>, Failure> {
    let Some(view) = app.event(uid).await? else {
        return Ok(None);
    };
    let Some(chosen) = chosen(&view, query) else {
        return Ok(None);
    };
    let home = app.home().await?;
    let asked = Asked {
        words: Words::of(language),
        us: &app.identity().entity,
        home: &home,
        view: &view,
        chosen: &chosen,
        here: &zone(Some(&app.own_zone().await?)),
    };
    Ok(Some(asked.page()))
}

/// The occurrence that the query names, else the next, else the last.
fn chosen(view: &EventView, query: &str) -> Option<Chosen> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let on = pairs.find(|(name, _)| name == "on").map(|(_, on)| on);
    let event = &view.listed.event;
    let named = on.as_deref().and_then(LocalTime::parse);
    let named = named.and_then(|due| rules::event::occurrence(event, Some(&due)));
    let is_asked = on.is_none() || named.is_some();
    let next = view.next.first().map(|(it, _)| it.clone());
    let occurrence = named.or(next).or_else(|| view.last.clone())?;
    let found = view.next.iter().find(|(it, _)| it.due == occurrence.due);
    Some(Chosen {
        seats: found.and_then(|(_, seats)| *seats),
        occurrence,
        is_asked,
    })
}

/// What a page is made from.
struct Asked<'a> {
    words: &'static Words,
    us: &'a EntityId,
    home: &'a Home,
    view: &'a EventView,
    chosen: &'a Chosen,
    here: &'a TimeZone,
}

impl Asked<'_> {
    fn page(&self) -> EventPage {
        let (words, view, here) = (self.words, self.view, self.here);
        let (event, occurrence) = (&*view.listed.event, &self.chosen.occurrence);
        let publishers = std::slice::from_ref(&view.publisher);
        let by = Names::of(words, self.home, publishers).name(words, &view.publisher);
        let title = title(event, occurrence);
        let seats = seats_said(words, self.chosen.seats, occurrence, view.now);
        let is_free = seats.shape == "free";
        let hours_of = [("zone", here.iana_name().unwrap_or("UTC").into())];
        let (others, more) = self.others();
        EventPage {
            frame: Frame::new(words, title.clone())
                .at(path_of(&event.uid))
                .with(rest_of(event, occurrence)),
            calendar: format!("{CALENDAR}?lang={}", words.language.tag()),
            lang: lang(event, words.language),
            kind: kind(words, event.escale.kind),
            village: view
                .publisher
                .village
                .as_deref()
                .and_then(crate::shown::name),
            is_example: event.escale.is_example,
            is_cancelled: occurrence.status == EventStatus::Cancelled,
            notes: self.notes(),
            day: day(words, &day_of(event, occurrence, here)),
            span: span(words, event, occurrence, here),
            machine: machine_time(occurrence.begins),
            there: there(words, event, occurrence, here),
            lasts: duration(words, event, occurrence),
            again: rule::said(words, event),
            place: self.place(),
            link: event.virtual_locations.values().next().and_then(web_link),
            price: price(words, event),
            seats_of: self
                .chosen
                .seats
                .filter(|_| is_free)
                .map(|it| seats_of(words, it)),
            counted: self.counted(),
            seats,
            language: language(words, event),
            about: self.about(),
            seat: self.seat(),
            others,
            more,
            origin: self.origin(&by),
            hours_of: words.say_with(M::CalendarHoursOf, &hours_of),
            data: self.data(&by, is_free),
            by,
            title,
        }
    }

    /// The event as search engines read it.
    fn data(&self, by: &str, is_free: bool) -> String {
        let (view, occurrence) = (self.view, &self.chosen.occurrence);
        let event = &view.listed.event;
        let rest = rest_of(event, occurrence);
        let path = format!("{}?lang=fr{rest}", path_of(&event.uid));
        let link = event.virtual_locations.values().next().and_then(web_link);
        let (url, place) = (view.listed.owner.url_of(&path), self.place());
        let beside = Beside {
            url: &url,
            by,
            place: place.as_deref(),
            link: link.as_ref().map(|it| it.href.as_str()),
            is_free: self.chosen.seats.map(|_| is_free),
        };
        linked::block(view, occurrence, &beside)
    }

    /// What the reader must know before the rest.
    fn notes(&self) -> Vec<Note> {
        let (words, occurrence) = (self.words, &self.chosen.occurrence);
        let note = |shape, title, text| Note {
            shape,
            title: words.say(title),
            text,
        };
        let mut notes = Vec::new();
        match occurrence.status {
            EventStatus::Confirmed => {}
            EventStatus::Cancelled => {
                let text = words.say(M::EventCancelledText);
                notes.push(note("withdrawn", M::EventCancelled, text));
            }
            EventStatus::Tentative => {
                let text = words.say(M::EventTentativeText);
                notes.push(note("unsure", M::EventTentative, text));
            }
        }
        if occurrence.is_moved {
            let date = local(words, &occurrence.due);
            let text = words.say_with(M::EventMovedText, &[("date", date.into())]);
            notes.push(note("admitted", M::EventMovedTitle, text));
        }
        if !self.chosen.is_asked {
            notes.push(note(
                "unsure",
                M::EventNoDateTitle,
                words.say(M::EventNoDate),
            ));
        }
        notes
    }

    /// Its own place, else the address of whoever publishes it.
    fn place(&self) -> Option<String> {
        let own = self.view.listed.event.locations.values().next();
        if let Some(own) = own {
            return Some(printable(&own.name, TITLE_CHARS_MAX));
        }
        let mut spaces = self.home.us.iter().chain(&self.home.partners);
        let space = spaces.find(|it| it.entity == self.view.listed.owner)?;
        let profile = space.profile.as_ref()?;
        let parts = [
            Some(profile.name.as_str()),
            profile.address.as_deref(),
            Some(profile.village.as_str()),
        ];
        let parts = parts.into_iter().flatten().filter_map(crate::shown::name);
        Some(parts.collect::<Vec<_>>().join(", "))
    }

    /// When the seats of another node's event were counted.
    fn counted(&self) -> Option<String> {
        let (seats, words) = (self.chosen.seats?, self.words);
        if self.closed().is_some() || self.view.listed.owner == *self.us {
            return None;
        }
        Some(match seats.counted_at {
            Some(at) => {
                let when = ago(words, at, self.view.now);
                words.say_with(M::EventCounted, &[("when", when.into())])
            }
            None => words.say(M::EventUncounted),
        })
    }

    /// Why nobody registers, where that is so.
    fn closed(&self) -> Option<M> {
        let occurrence = &self.chosen.occurrence;
        if self.view.listed.event.escale.capacity.is_none() {
            Some(M::SeatEverybody)
        } else if occurrence.status == EventStatus::Cancelled {
            Some(M::SeatClosedCancelled)
        } else {
            (occurrence.begins <= self.view.now).then_some(M::SeatClosedBegun)
        }
    }

    /// The lines of the description.
    fn about(&self) -> Vec<String> {
        let event = &self.view.listed.event;
        let change = change_of(event, &self.chosen.occurrence);
        let text = change.and_then(|it| it.description.as_ref());
        let Some(text) = text.or(event.description.as_ref()) else {
            return Vec::new();
        };
        let lines = text.lines().take(LINES_MAX);
        lines.map(|line| printable(line, TEXT_CHARS_MAX)).collect()
    }

    fn seat(&self) -> Seat {
        let event = &self.view.listed.event;
        let rest = rest_of(event, &self.chosen.occurrence);
        let tag = self.words.language.tag();
        let path = format!("{}?lang={tag}{rest}", path_of(&event.uid));
        let spaces = self.home.us.iter().chain(&self.home.partners);
        let labelled = spaces.filter(|it| matches!(it.standing, Standing::Labelled { .. }));
        let homes = labelled.map(|it| Link {
            href: it.entity.url_of(&path),
            text: name_of(it),
        });
        let closed = self.closed();
        Seat {
            homes: homes.collect(),
            steward: path.replacen("/events/", "/manage/register/", 1),
            here: self.here(closed.is_none()),
            closed: closed.map(|closed| self.words.say(closed)),
        }
    }

    /// What the script has to know, at a space and of an event that has seats.
    fn here(&self, can_register: bool) -> Option<Here> {
        let event = &self.view.listed.event;
        let is_asked_here = self.home.us.is_some() && event.escale.capacity.is_some();
        let seats = self.chosen.seats;
        let is_full = seats.is_some_and(|it| it.waiting > 0 || it.taken >= it.capacity);
        let register = if is_full {
            M::SeatWait
        } else {
            M::SeatRegister
        };
        is_asked_here.then(|| Here {
            script: scripts::path(scripts::SEAT),
            uid: event.uid.clone(),
            due: due_of(event, &self.chosen.occurrence)
                .map_or_else(String::new, ToString::to_string),
            can_register,
            register: self.words.say(register),
            texts: seat_texts(self.words, register),
        })
    }

    /// The other dates that are to come, and how many more there are.
    fn others(&self) -> (Vec<Other>, Option<String>) {
        let (words, event) = (self.words, &*self.view.listed.event);
        let shown = &self.chosen.occurrence.due;
        let mut others = self.view.next.iter().filter(|(it, _)| it.due != *shown);
        let listed = others.by_ref().take(OTHERS_MAX).map(|(it, seats)| Other {
            link: link_to(event, it, words.language),
            day: day(words, &day_of(event, it, self.here)),
            span: span(words, event, it, self.here),
            seats: seats_said(words, *seats, it, self.view.now),
            state: state(words, it),
        });
        let listed = listed.collect();
        let more = i64::try_from(others.count()).unwrap_or(i64::MAX);
        let more =
            (more > 0).then(|| words.say_with(M::EventOthersMore, &[("count", more.into())]));
        (listed, more)
    }

    fn origin(&self, by: &str) -> Origin {
        let (words, view) = (self.words, self.view);
        let event = &view.listed.event;
        let is_ours = view.listed.owner == *self.us;
        let path = format!(
            "{}?lang={}{}",
            path_of(&event.uid),
            words.language.tag(),
            rest_of(event, &self.chosen.occurrence)
        );
        let updated = rules::event::updated(event).map(|at| {
            let date = date_and_time(words, at, self.here);
            words.say_with(M::EventUpdated, &[("date", date.into())])
        });
        Origin {
            text: if is_ours {
                words.say(M::EventOriginHere)
            } else {
                words.say_with(M::EventOriginText, &[("name", by.into())])
            },
            news: (!is_ours).then(|| news(words, view.publisher.freshness, view.now, self.here)),
            link: (!is_ours).then(|| view.listed.owner.url_of(&path)),
            updated,
        }
    }
}

/// What was published is `https` and of visible letters (`wire`), and is looked at again.
fn web_link(at: &VirtualLocation) -> Option<Link> {
    let url = url::Url::parse(&at.uri).ok()?;
    let host = url.host_str().filter(|_| url.scheme() == "https")?;
    Some(Link {
        text: host.to_owned(),
        href: url.to_string(),
    })
}

fn seats_of(words: &Words, seats: SeatsView) -> String {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX).into();
    let free = seats.capacity.saturating_sub(seats.taken);
    let variables = [
        ("seats", number(free)),
        ("capacity", number(seats.capacity)),
    ];
    words.say_with(M::EventSeatsOf, &variables)
}
