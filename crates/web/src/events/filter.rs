//! What somebody asks of the calendar, as it stands in the address.

use app::{CALENDAR_DAYS_DEFAULT, CalendarFilter};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::form_urlencoded;
use wire::event::EventKind;
use wire::{EntityId, Timestamp, printable};

use crate::figures::machine_day;
use crate::words::{Message as M, Words};

/// How many days one can ask for: a week, a month, a quarter, a year.
pub(crate) const DAYS: [(i64, M); 4] = [
    (7, M::CalendarDaysWeek),
    (31, M::CalendarDaysMonth),
    (92, M::CalendarDaysQuarter),
    (366, M::CalendarDaysYear),
];
/// The most characters of what was not understood, as it is quoted.
const TYPED_CHARS_MAX: usize = 60;

/// A part of the calendar that somebody asks for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The first day.
    pub(crate) from: Date,
    /// Whether that was said.
    pub(crate) is_from_said: bool,
    /// How many days.
    pub(crate) days: i64,
    /// Of what.
    pub(crate) filter: CalendarFilter,
    /// What was not understood.
    pub(crate) unread: Vec<String>,
}

impl Asked {
    /// What a query asks for, at a node whose clock shows `now` in `here`.
    pub(crate) fn of(words: &Words, query: &str, now: Timestamp, here: &TimeZone) -> Self {
        let today = machine_day(now, here).parse().unwrap_or_default();
        let mut asked = Self {
            from: today,
            is_from_said: false,
            days: CALENDAR_DAYS_DEFAULT,
            filter: CalendarFilter::default(),
            unread: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if !value.is_empty() && !asked.takes(&name, value) {
                let typed = printable(value, TYPED_CHARS_MAX);
                let said = words.say_with(M::CalendarUnread, &[("typed", typed.into())]);
                asked.unread.push(said);
            }
        }
        asked
    }

    /// Whether a value was understood; what is not asked here, is.
    fn takes(&mut self, name: &str, value: &str) -> bool {
        match name {
            "from" => {
                let from = value.parse::<Date>().ok();
                // What lies beyond is no calendar of people.
                let from = from.filter(|it| (1970..=9000).contains(&it.year()));
                self.is_from_said |= from.is_some();
                self.from = from.unwrap_or(self.from);
                from.is_some()
            }
            "days" => {
                let days = value.parse().ok();
                let days = days.filter(|days| DAYS.iter().any(|(it, _)| it == days));
                self.days = days.unwrap_or(self.days);
                days.is_some()
            }
            "space" => {
                self.filter.owner = EntityId::parse(value).ok();
                self.filter.owner.is_some()
            }
            "kind" => {
                self.filter.kind = EventKind::parse(value);
                self.filter.kind.is_some()
            }
            "village" => {
                self.filter.village = Some(value.to_owned());
                true
            }
            _ => true,
        }
    }

    /// The day after the last.
    pub(crate) fn to(&self) -> Date {
        self.from.saturating_add(self.days.days())
    }

    /// As many days before the first.
    pub(crate) fn before(&self) -> Date {
        self.from.saturating_sub(self.days.days())
    }

    /// Whether nothing is left out.
    pub(crate) fn is_of_all(&self) -> bool {
        self.filter == CalendarFilter::default()
    }

    /// What follows the language in the address of this part of the calendar.
    pub(crate) fn rest(&self) -> String {
        self.rest_from(self.is_from_said.then_some(self.from))
    }

    /// The same, from another day on.
    pub(crate) fn rest_from(&self, from: Option<Date>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(from) = from {
            query.append_pair("from", &from.to_string());
        }
        if self.days != CALENDAR_DAYS_DEFAULT {
            query.append_pair("days", &self.days.to_string());
        }
        with_filter(&mut query, &self.filter);
        after(&query.finish(), '&')
    }

    /// What follows the path of the feed with the same filter.
    pub(crate) fn feed(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        with_filter(&mut query, &self.filter);
        after(&query.finish(), '?')
    }
}

fn with_filter(query: &mut form_urlencoded::Serializer<'_, String>, filter: &CalendarFilter) {
    let CalendarFilter {
        owner,
        kind,
        village,
    } = filter;
    if let Some(owner) = owner {
        query.append_pair("space", owner.as_str());
    }
    if let Some(kind) = kind {
        query.append_pair("kind", kind.word());
    }
    if let Some(village) = village {
        query.append_pair("village", village);
    }
}

fn after(query: &str, sign: char) -> String {
    if query.is_empty() {
        String::new()
    } else {
        format!("{sign}{query}")
    }
}

/// When a day begins in a zone.
pub(crate) fn beginning(day: Date, zone: &TimeZone) -> Timestamp {
    let at = zone.to_ambiguous_zoned(day.to_datetime(jiff::civil::Time::midnight()));
    let at = at.compatible().map(|it| it.timestamp().as_second());
    Timestamp(at.unwrap_or_default())
}
