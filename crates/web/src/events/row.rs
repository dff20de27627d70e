//! One occurrence in a list: what it is, when, whose, what it costs, whether there is room.

use app::view::Home;
use app::{Calendar, CalendarFilter, CalendarRow, Fault, Publisher, SeatsView};
use jiff::tz::TimeZone;
use rules::event::{Occurrence, title_of};
use wire::event::{Event, EventKind, EventStatus, TITLE_CHARS_MAX};
use wire::{EntityId, Timestamp, printable};

use super::when::{day_of, link_to, local, span, there};
use crate::figures::{day, machine_time, money};
use crate::label::Label;
use crate::language::Language;
use crate::shown;
use crate::words::{Message as M, Words};

/// How far ahead the home page looks for what is on: three months.
const NEXT_SECONDS: i64 = 92 * 24 * 60 * 60;
/// How many events the home page shows.
const NEXT_ROWS: usize = 3;
/// The most characters of a language that has no word here.
const LANGUAGE_CHARS_MAX: usize = 20;

/// Something that must be seen of a row, as a shape and in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) text: String,
    pub(crate) shape: &'static str,
}

/// An occurrence in a list.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) link: String,
    pub(crate) title: String,
    /// The language of the title, where it is not the page's.
    pub(crate) lang: Option<String>,
    /// The day on which it stands.
    pub(crate) day: String,
    pub(crate) time: String,
    pub(crate) machine: Option<String>,
    /// When it is there, where that differs.
    pub(crate) there: Option<String>,
    pub(crate) kind: String,
    pub(crate) by: String,
    pub(crate) village: Option<String>,
    pub(crate) price: Option<String>,
    pub(crate) seats: Sign,
    /// Cancelled, or to be confirmed.
    pub(crate) state: Option<Sign>,
    pub(crate) is_cancelled: bool,
    pub(crate) moved: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) is_example: bool,
}

/// Whoever publishes, by name.
pub(crate) struct Names<'a> {
    label: Option<String>,
    publishers: &'a [Publisher],
}

impl<'a> Names<'a> {
    pub(crate) fn of(words: &Words, home: &Home, publishers: &'a [Publisher]) -> Self {
        let label = Label::of(words, home);
        Self {
            label: label.name().map(|it| it.text.clone()),
            publishers,
        }
    }

    /// The name of a publisher: the coordinator's is that of the label.
    pub(crate) fn name(&self, words: &Words, publisher: &Publisher) -> String {
        if publisher.is_coordinator {
            let label = self.label.clone();
            return label.unwrap_or_else(|| words.say(M::EventByCoordinator));
        }
        let name = publisher.name.as_deref().and_then(shown::name);
        name.unwrap_or_else(|| publisher.entity.authority().to_owned())
    }

    /// Whoever it is.
    pub(crate) fn publisher(&self, entity: &EntityId) -> Option<&'a Publisher> {
        self.publishers.iter().find(|it| it.entity == *entity)
    }
}

impl Row {
    pub(crate) fn of(
        words: &Words,
        row: &CalendarRow,
        names: &Names<'_>,
        here: &TimeZone,
        now: Timestamp,
    ) -> Self {
        let (event, occurrence) = (&row.listed.event, &row.occurrence);
        let publisher = names.publisher(&row.listed.owner);
        let by = publisher.map(|it| names.name(words, it));
        let moved = occurrence.is_moved.then(|| {
            let date = local(words, &occurrence.due);
            words.say_with(M::EventMoved, &[("date", date.into())])
        });
        Self {
            link: link_to(event, occurrence, words.language),
            title: title(event, occurrence),
            lang: lang(event, words.language),
            day: day_of(event, occurrence, here),
            time: span(words, event, occurrence, here),
            machine: machine_time(occurrence.begins),
            there: there(words, event, occurrence, here),
            kind: kind(words, event.escale.kind),
            by: by.unwrap_or_else(|| row.listed.owner.authority().to_owned()),
            village: publisher
                .and_then(|it| it.village.as_deref())
                .and_then(shown::name),
            price: price(words, event),
            seats: seats_said(words, row.seats, occurrence, now),
            state: state(words, occurrence),
            is_cancelled: occurrence.status == EventStatus::Cancelled,
            moved,
            language: language(words, event),
            is_example: event.escale.is_example,
        }
    }
}

/// What an occurrence is called.
pub(crate) fn title(event: &Event, occurrence: &Occurrence) -> String {
    printable(title_of(event, occurrence), TITLE_CHARS_MAX)
}

/// The language of an event's texts, where it is not the page's.
pub(crate) fn lang(event: &Event, page: Language) -> Option<String> {
    let locale = event.locale.as_deref()?;
    let primary = locale.split('-').next().unwrap_or_default();
    let is_page = primary.eq_ignore_ascii_case(page.tag());
    (!is_page).then(|| printable(locale, LANGUAGE_CHARS_MAX))
}

/// The same, in words.
pub(crate) fn language(words: &Words, event: &Event) -> Option<String> {
    let locale = lang(event, words.language)?;
    let primary = locale.split('-').next().unwrap_or_default().to_lowercase();
    Some(match primary.as_str() {
        "fr" => words.say(M::EventInFrench),
        "en" => words.say(M::EventInEnglish),
        _ => words.say_with(M::EventInOther, &[("code", locale.into())]),
    })
}

/// A kind of event, in words.
pub(crate) fn kind(words: &Words, kind: EventKind) -> String {
    words.say(match kind {
        EventKind::Training => M::KindTraining,
        EventKind::Workshop => M::KindWorkshop,
        EventKind::WebConference => M::KindWebConference,
        EventKind::SharedMeal => M::KindSharedMeal,
        EventKind::Event => M::KindEvent,
    })
}

/// What it costs; nothing where that is not said.
pub(crate) fn price(words: &Words, event: &Event) -> Option<String> {
    let price = event.escale.price_cents?;
    Some(match price.0 {
        0 => words.say(M::EventFree),
        _ => money(words.language, price),
    })
}

/// Whether there is room.
pub(crate) fn seats_said(
    words: &Words,
    seats: Option<SeatsView>,
    occurrence: &Occurrence,
    now: Timestamp,
) -> Sign {
    let sign = |text, shape| Sign { text, shape };
    if occurrence.ends <= now {
        return sign(words.say(M::SeatsOver), "over");
    }
    if occurrence.begins <= now {
        return sign(words.say(M::SeatsBegun), "over");
    }
    let Some(seats) = seats else {
        return sign(words.say(M::SeatsNone), "open");
    };
    let free = seats.capacity.saturating_sub(seats.taken);
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    if free == 0 || seats.waiting > 0 {
        let waiting = [("count", count(seats.waiting).into())];
        sign(words.say_with(M::SeatsFull, &waiting), "full")
    } else {
        sign(
            words.say_with(M::SeatsFree, &[("count", count(free).into())]),
            "free",
        )
    }
}

/// That it does not take place, or only perhaps.
pub(crate) fn state(words: &Words, occurrence: &Occurrence) -> Option<Sign> {
    let (message, shape) = match occurrence.status {
        EventStatus::Confirmed => return None,
        EventStatus::Tentative => (M::EventTentative, "unsure"),
        EventStatus::Cancelled => (M::EventCancelled, "withdrawn"),
    };
    Some(Sign {
        text: words.say(message),
        shape,
    })
}

/// The next events of a node's calendar, with their days, for its home page.
pub(crate) async fn next_three(app: &app::App) -> Result<Calendar, Fault> {
    let now = app.now();
    let to = now.plus_seconds(NEXT_SECONDS);
    let mut calendar = app.calendar(&CalendarFilter::default(), now, to).await?;
    let is_on = |it: &CalendarRow| it.occurrence.status != EventStatus::Cancelled;
    calendar.rows.retain(is_on);
    calendar.rows.truncate(NEXT_ROWS);
    Ok(calendar)
}

/// A row with its day in words, where no heading says it.
pub(crate) fn dated(words: &Words, row: Row) -> (String, Row) {
    (day(words, &row.day), row)
}
