//! Files as calendar programs export them.

use jiff::civil::Weekday;

use super::super::samples;
use super::*;
use crate::{Change, DayOfRule, End, Frequency, Geo, Override, OverrideKind, Rule, Status};

#[test]
fn a_file_of_google_is_read() {
    let imported = reads(samples::GOOGLE);
    assert_eq!(imported.calendar_name.as_deref(), Some("Le Mug, ateliers"));
    assert_eq!(imported.left_out, []);
    let [weekly, single] = imported.events.try_into().unwrap();
    assert_eq!(weekly.uid, "5c1k2j0q9e8t7r6@google.com");
    assert_eq!(weekly.start, at("2026-03-03T18:30:00"));
    assert_eq!(weekly.time_zone, "Europe/Paris");
    assert_eq!(weekly.duration_seconds, 7200);
    assert_eq!(weekly.sequence, 1);
    assert_eq!(
        weekly.stamp,
        at("2026-02-20T09:11:12")
            .to_zoned(jiff::tz::TimeZone::UTC)
            .unwrap()
            .timestamp()
            .as_second()
    );
    let expected = Rule {
        end: End::Until(at("2026-06-30T23:59:59")),
        by_day: vec![DayOfRule {
            ordinal: None,
            weekday: Weekday::Tuesday,
        }],
        ..Rule::every(Frequency::Weekly)
    };
    assert_eq!(weekly.rule, Some(expected));
    let moved = Change {
        start: Some(at("2026-04-08T10:00:00")),
        summary: Some("Permanence : déplacée".to_owned()),
        ..Change::default()
    };
    let expected = [
        Override {
            at: at("2026-03-24T18:30:00"),
            kind: OverrideKind::Excluded,
        },
        Override {
            at: at("2026-03-31T18:30:00"),
            kind: OverrideKind::Excluded,
        },
        Override {
            at: at("2026-04-07T18:30:00"),
            kind: OverrideKind::Changed(moved),
        },
    ];
    assert_eq!(weekly.overrides, expected);
    assert_eq!(
        weekly.description.as_deref(),
        Some(
            "Venez comme vous êtes, avec vos questions ; café offert.\nInscription : https://le-mug.example"
        )
    );
    assert_eq!(
        weekly.location.as_deref(),
        Some("Le Mug, 8 rue de la Gare, Chambéry")
    );

    // In UTC, because it is single; on the clock of the one who imports.
    assert_eq!(
        (single.start, &*single.time_zone),
        (at("2026-07-14T14:00:00"), "Europe/Paris")
    );
    assert_eq!(single.status, Status::Tentative);
}

#[test]
fn a_file_of_outlook_is_read() {
    let imported = read(samples::OUTLOOK.as_bytes(), "Europe/Paris").unwrap();
    assert_eq!(imported.left_out, []);
    let [all_day, weekly, odd] = imported.events.try_into().unwrap();
    assert!(all_day.is_all_day);
    assert_eq!(
        (all_day.start, all_day.duration_seconds),
        (at("2026-05-14T00:00:00"), 2 * 86_400)
    );
    assert_eq!(weekly.time_zone, "Europe/Paris");
    assert_eq!(weekly.start, at("2026-01-08T12:15:00"));
    let rule = weekly.rule.unwrap();
    assert_eq!(
        (rule.end, rule.interval, rule.week_start),
        (End::Count(10), 2, Weekday::Monday)
    );
    assert_eq!(weekly.overrides.len(), 1);
    // Outlook's own name for the zone: its offsets are those of the one who imports.
    assert_eq!(
        (odd.start, &*odd.time_zone),
        (at("2026-09-01T09:00:00"), "Europe/Paris")
    );

    // Elsewhere the same name stands for nothing that could be told.
    let imported = read(samples::OUTLOOK.as_bytes(), "America/Guadeloupe").unwrap();
    assert_eq!(imported.events.len(), 2);
    assert_eq!(
        whys(&imported),
        [(Extent::Whole, Some("DTSTART"), Why::UnknownTimeZone)]
    );
}

#[test]
fn a_file_of_apple_is_read() {
    let imported = reads(samples::APPLE);
    assert_eq!(imported.left_out, []);
    let [monthly, floating] = imported.events.try_into().unwrap();
    let rule = monthly.rule.unwrap();
    assert_eq!(rule.frequency, Frequency::Monthly);
    assert_eq!(
        rule.by_day,
        [DayOfRule {
            ordinal: Some(-1),
            weekday: Weekday::Friday
        }]
    );
    assert_eq!(
        monthly.geo,
        Some(Geo {
            latitude_e6: 45_571_215,
            longitude_e6: 5_919_940
        })
    );
    assert_eq!(monthly.time_zone, "Europe/Paris");
    // Its clock hangs where the calendar says it is.
    assert_eq!(floating.time_zone, "Indian/Reunion");
}

#[test]
fn a_file_of_mobilizon_is_read() {
    let imported = reads(samples::MOBILIZON);
    assert_eq!(imported.left_out, []);
    let [it] = imported.events.try_into().unwrap();
    assert_eq!(
        it.url.as_deref(),
        Some("https://mobilizon.example/events/2b6d")
    );
    assert_eq!(it.categories, ["Numérique", "libre"]);
    assert_eq!(
        (it.start, it.duration_seconds),
        (at("2026-06-06T14:00:00"), 4 * 3600)
    );
    assert_eq!(
        it.geo,
        Some(Geo {
            latitude_e6: 45_188_529,
            longitude_e6: 5_724_524
        })
    );
}

#[test]
fn a_file_of_nextcloud_in_old_letters_is_read() {
    let bytes: Vec<u8> = samples::NEXTCLOUD
        .chars()
        .map(|it| u8::try_from(u32::from(it)).unwrap())
        .collect();
    assert!(std::str::from_utf8(&bytes).is_err());
    let imported = read(&bytes, "Europe/Paris").unwrap();
    let [it] = imported.events.try_into().unwrap();
    assert_eq!(it.summary, "Café réparation");
    assert_eq!(it.language.as_deref(), Some("fr-FR"));
    assert_eq!(it.rule.unwrap().by_set_position, [2]);
    let tasks: Vec<_> = imported
        .left_out
        .iter()
        .map(|it| (it.line, it.why))
        .collect();
    assert_eq!(tasks, [(20, Why::NotAnEvent)]);
}
