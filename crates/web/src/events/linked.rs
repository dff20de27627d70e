//! An event as search engines read it: schema.org, in a data block that no browser runs.
//!
//! **Invariant:** nothing in the block can end it, or be taken for markup: what a page
//! would read as such is written as JSON's own escapes.

use app::EventView;
use rules::event::Occurrence;
use serde_json::{Map, Value, json};
use wire::event::{EventKind, EventStatus, TITLE_CHARS_MAX};
use wire::{TEXT_CHARS_MAX, printable};

use super::row::title;
use crate::figures::{machine_day, machine_time, zone};

/// What the page knows beside the event.
pub(super) struct Beside<'a> {
    /// Where the event's own page is.
    pub(super) url: &'a str,
    /// Who publishes it.
    pub(super) by: &'a str,
    /// Where it takes place.
    pub(super) place: Option<&'a str>,
    /// Where it takes place on the web.
    pub(super) link: Option<&'a str>,
    /// Whether a seat is free; nothing where nobody registers.
    pub(super) is_free: Option<bool>,
}

/// The data block of one date of an event.
pub(super) fn block(view: &EventView, occurrence: &Occurrence, beside: &Beside<'_>) -> String {
    let event = &*view.listed.event;
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
    put("@context", json!("https://schema.org"));
    put("@type", json!(type_of(event.escale.kind)));
    put("name", json!(title(event, occurrence)));
    put("url", json!(beside.url));
    let there = zone(Some(&event.time_zone));
    let at = |at| {
        if event.show_without_time {
            Some(machine_day(at, &there))
        } else {
            machine_time(at)
        }
    };
    put("startDate", json!(at(occurrence.begins)));
    let last = if event.show_without_time { -1 } else { 0 };
    put("endDate", json!(at(occurrence.ends.plus_seconds(last))));
    put("eventStatus", json!(status(occurrence)));
    let mode = match (beside.place, beside.link) {
        (_, None) => "https://schema.org/OfflineEventAttendanceMode",
        (None, Some(_)) => "https://schema.org/OnlineEventAttendanceMode",
        (Some(_), Some(_)) => "https://schema.org/MixedEventAttendanceMode",
    };
    put("eventAttendanceMode", json!(mode));
    let place = beside
        .place
        .map(|it| json!({"@type": "Place", "name": it, "address": it}));
    let link = beside
        .link
        .map(|it| json!({"@type": "VirtualLocation", "url": it}));
    put("location", place.into_iter().chain(link).collect());
    put(
        "organizer",
        json!({"@type": "Organization", "name": beside.by}),
    );
    if let Some(text) = &event.description {
        put("description", json!(printable(text, TEXT_CHARS_MAX)));
    }
    if let Some(locale) = &event.locale {
        put("inLanguage", json!(printable(locale, TITLE_CHARS_MAX)));
    }
    if let Some(price) = event.escale.price_cents {
        put("isAccessibleForFree", json!(price.0 == 0));
        put("offers", offer(price.0, beside));
    }
    written(&Value::Object(data))
}

const fn type_of(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Training | EventKind::Workshop | EventKind::WebConference => "EducationEvent",
        EventKind::SharedMeal | EventKind::Event => "Event",
    }
}

fn status(occurrence: &Occurrence) -> &'static str {
    match occurrence.status {
        EventStatus::Cancelled => "https://schema.org/EventCancelled",
        EventStatus::Confirmed | EventStatus::Tentative if occurrence.is_moved => {
            "https://schema.org/EventRescheduled"
        }
        EventStatus::Confirmed | EventStatus::Tentative => "https://schema.org/EventScheduled",
    }
}

fn offer(cents: i64, beside: &Beside<'_>) -> Value {
    let availability = match beside.is_free {
        Some(false) => "https://schema.org/SoldOut",
        Some(true) | None => "https://schema.org/InStock",
    };
    json!({
        "@type": "Offer",
        "price": format!("{}.{:02}", cents / 100, cents % 100),
        "priceCurrency": "EUR",
        "availability": availability,
        "url": beside.url,
    })
}

/// JSON in which nothing is markup.
fn written(value: &Value) -> String {
    let text = value.to_string();
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e");
    let text = text.replace('&', "\\u0026");
    text.replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_block_ends_it() {
        let hostile = json!({"name": "</script><!-- <script>&amp;\u{2028}\""});
        let text = written(&hostile);
        for sign in ['<', '>', '&', '\u{2028}'] {
            assert!(!text.contains(sign), "{text}");
        }
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }
}
