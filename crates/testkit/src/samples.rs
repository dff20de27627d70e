//! The names, the charter and the spaces of which tests tell.

use std::collections::BTreeMap;

use app::{CharterText, SpaceText};
use wire::label::{Charter, Overdraw, Roaming, Settlement};
use wire::space::{ClockTime, Formula, FormulaUnit, OpenSpan, OpeningHours, Profile, Weekday};
use wire::{Cents, EntityId, LocalText};

/// The coordinator of the one label that most tests have.
pub fn coordinator_name() -> EntityId {
    EntityId::parse("https://coordination.example").expect("a name")
}

/// The name of the space with this number.
pub fn space_name(number: usize) -> EntityId {
    const NAMES: [&str; 4] = ["le-mug", "aix", "troquet", "grenoble"];
    let name = NAMES
        .get(number)
        .map_or_else(|| format!("space-{number}"), |name| (*name).to_owned());
    EntityId::parse(&format!("https://{name}.example")).expect("a name")
}

/// A label's first charter.
pub fn charter(coordinator: &EntityId) -> Charter {
    let CharterText {
        name,
        roaming,
        criteria,
    } = charter_text(4);
    Charter {
        url: coordinator.url_of("/charter"),
        name,
        version: 1,
        roaming,
        criteria,
    }
}

/// The rules of a label that lets members roam for so many half-days.
pub fn charter_text(half_days_per_month: u64) -> CharterText {
    CharterText {
        name: LocalText {
            fr: Some("Coworking des villages".to_owned()),
            en: Some("Village coworking".to_owned()),
        },
        roaming: Roaming {
            half_days_per_month,
            settlement: Settlement::Reciprocal,
            overdraw: Overdraw::Carried,
        },
        criteria: Vec::new(),
    }
}

/// What a space of this name says of itself: open on Mondays, by the day and month.
pub fn space_text(name: &str) -> SpaceText {
    let formula = |unit, cents| Formula {
        unit,
        price_cents: Cents(cents),
        includes: None,
        is_example: true,
    };
    let time = |text: &str| ClockTime::parse(text).expect("a time");
    SpaceText {
        profile: Profile {
            name: name.to_owned(),
            village: "Chambéry".to_owned(),
            address: None,
            about: None,
            latitude_e6: None,
            longitude_e6: None,
            area_m2: Some(150),
            amenities: Vec::new(),
            is_example: true,
        },
        opening_hours: Some(OpeningHours {
            time_zone: "Europe/Paris".to_owned(),
            half_day_boundary: time("13:00"),
            weekly: vec![OpenSpan {
                day: Weekday::Monday,
                from: time("09:00"),
                to: time("18:00"),
            }],
            subscribers_at_all_hours: true,
            is_example: true,
        }),
        formulas: BTreeMap::from([
            ("day".to_owned(), formula(FormulaUnit::Day, 1_500)),
            ("month".to_owned(), formula(FormulaUnit::Month, 20_000)),
        ]),
    }
}
