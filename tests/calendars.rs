//! Calendars from one seed, written by `ical`, beside when `jiff` says that each of their
//! dates is: what another program must find in the files.
//!
//! Rules are gone through here day by day, in civil time, and by nothing of the product.

use std::path::Path;

use ical::{
    Calendar, Change, DayOfRule, End, Event, Frequency, Geo, Override, OverrideKind, Rule, Status,
};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// How many files there are, and events in each.
const CALENDARS: usize = 30;
const EVENTS_EACH: usize = 14;

/// Dates are compared until this moment: rules without end go on.
const UNTIL: &str = "2027-06-01T00:00:00";

/// Where clocks are changed in the ways that there are, and where French is spoken.
const ZONES: &[&str] = &[
    "Europe/Paris",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/Guadeloupe",
    "America/Havana",
    "America/Miquelon",
    "America/New_York",
    "America/Santiago",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Etc/UTC",
    "Indian/Reunion",
    "Pacific/Chatham",
    "Pacific/Noumea",
];

/// What people type, and what somebody types who wants to write a line.
const TEXTS: &[&str] = &[
    "Atelier",
    "Déclarer ses revenus ; à plusieurs, c'est mieux",
    "Un \\ deux \\n trois \\, quatre",
    "Une ligne\nune autre\r\nune troisième",
    "BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT",
    "X\r\nATTENDEE:mailto:a@b.example",
    "😀 une figure tous les dix mots, et une ligne qui est pliée au milieu d'une lettre : é è ê ë",
    "ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé",
    "\u{1}\u{7f}\u{85}rien de tout cela\tsauf la tabulation\u{2028}et la ligne",
    "שלום \"entre guillemets\" : ^n ^' ^^",
];

/// The same numbers every time (`SplitMix64`).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let most = u64::try_from(most).expect("a small number");
        usize::try_from((it ^ (it >> 31)) % most).expect("a small number")
    }

    fn small(&mut self, from: i8, below: i8) -> i8 {
        let most = usize::try_from(below - from).expect("a range");
        from + i8::try_from(self.below(most)).expect("a small number")
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn is(&mut self) -> bool {
        self.below(2) == 0
    }

    /// A time in fourteen months, which have the changes of all clocks in them.
    fn time(&mut self, hours: (i8, i8)) -> DateTime {
        let first = jiff::civil::date(2026, 1, 1);
        let days = i64::try_from(self.below(400)).expect("a small number");
        let (hour, minute) = (self.small(hours.0, hours.1), self.small(0, 60));
        (first + days.days()).at(hour, minute, 0, 0)
    }
}

/// Hours at which no clock of these zones is changed.
const BY_DAY: (i8, i8) = (4, 20);

/// The hours around midnight too, on the days on which clocks are changed. A time that the
/// clock shows twice is the first. One that it leaps over is left out: `dateutil`, which reads
/// definitions for `icalendar`, takes it for an hour earlier than RFC 5545 §3.3.5 has it.
fn around_a_change(seeded: &mut Seeded, time_zone: &str) -> DateTime {
    let days = [
        (2026, 3, 8),
        (2026, 3, 29),
        (2026, 10, 25),
        (2026, 11, 1),
        (2027, 3, 28),
    ];
    let (year, month, day) = seeded.one(&days);
    let date = jiff::civil::date(year, month, day);
    let at = date.at(seeded.small(0, 5), seeded.small(0, 60), 0, 0);
    let zone = TimeZone::get(time_zone).expect("a zone");
    let moment = zone.to_timestamp(at).expect("a moment");
    // After the leap.
    zone.to_datetime(moment)
}

/// Writes all calendars into a folder, and what is to be found in them.
pub(crate) fn write_into(folder: &Path) {
    let mut seeded = Seeded(20_260_412);
    let mut expected = Vec::new();
    for number in 0..CALENDARS {
        let events: Vec<Event> = (0..EVENTS_EACH)
            .map(|it| event(&mut seeded, number, it))
            .collect();
        let calendar = Calendar {
            name: seeded.one(TEXTS).to_owned(),
            description: Some(seeded.one(TEXTS).to_owned()),
            url: Some("https://le-mug.example/calendar".to_owned()),
            source: Some("https://le-mug.example/calendar.ics".to_owned()),
            last_modified: Some(1_775_000_000),
        };
        let file = format!("{number:02}.ics");
        let text = ical::write(&calendar, &events);
        std::fs::write(folder.join(&file), text).expect("a file can be written");
        expected.push(json!({
            "file": file,
            "name": ical::clean_text(&calendar.name),
            "events": events.iter().map(in_words).collect::<Vec<_>>(),
        }));
    }
    let expected = json!({ "until": UNTIL, "calendars": expected });
    let path = folder.join("expected.json");
    std::fs::write(path, expected.to_string()).expect("a file can be written");
}

fn event(seeded: &mut Seeded, calendar: usize, number: usize) -> Event {
    let is_all_day = number % 5 == 4;
    let is_series = number.is_multiple_of(2);
    let time_zone = seeded.one(ZONES);
    let start = if !is_series && number.is_multiple_of(3) {
        around_a_change(seeded, time_zone)
    } else {
        seeded.time(BY_DAY)
    };
    let days = u32::try_from(1 + seeded.below(3)).expect("a small number");
    let minutes = u32::try_from(15 * seeded.below(12)).expect("a small number");
    let mut event = Event {
        uid: format!("{number}-{calendar}@le-mug.example"),
        stamp: 1_775_000_000,
        sequence: 1,
        summary: seeded.one(TEXTS).to_owned(),
        description: seeded.is().then(|| seeded.one(TEXTS).to_owned()),
        start,
        time_zone: time_zone.to_owned(),
        duration_seconds: if is_all_day {
            days * 86_400
        } else {
            minutes * 60
        },
        is_all_day,
        rule: None,
        overrides: Vec::new(),
        status: seeded.one(&[Status::Confirmed, Status::Tentative, Status::Cancelled]),
        location: seeded.is().then(|| seeded.one(TEXTS).to_owned()),
        geo: seeded.is().then_some(Geo {
            latitude_e6: -21_100_000,
            longitude_e6: 55_500_001,
        }),
        url: seeded
            .is()
            .then(|| "https://le-mug.example/e?a=1;b,c".to_owned()),
        categories: vec![seeded.one(TEXTS).to_owned(), "Formation".to_owned()],
        language: seeded.is().then(|| "fr".to_owned()),
    };
    if is_series {
        let rule = rule(seeded, start);
        let dates = dates(&rule, start);
        event.rule = Some(rule);
        event.overrides = overrides(seeded, &dates, is_all_day);
    }
    event
}

fn rule(seeded: &mut Seeded, start: DateTime) -> Rule {
    let weeks = i64::try_from(10 + seeded.below(40)).expect("a small number");
    let end = match seeded.below(3) {
        0 => End::Never,
        1 => End::Count(u32::try_from(2 + seeded.below(60)).expect("a small number")),
        // Sometimes at the very minute of a date, sometimes at the end of a day.
        _ if seeded.is() => End::Until(start + weeks.weeks()),
        _ => End::Until((start + weeks.weeks()).date().at(23, 59, 59, 0)),
    };
    let interval = u32::try_from(1 + seeded.below(3)).expect("a small number");
    let is_weekly = seeded.below(4) > 0;
    let mut weekdays = vec![start.weekday()];
    if is_weekly && seeded.is() {
        weekdays.push(seeded.one(&[Weekday::Monday, Weekday::Thursday, Weekday::Sunday]));
    }
    weekdays.sort_by_key(|it| it.to_monday_zero_offset());
    weekdays.dedup();
    let by_day = weekdays.into_iter().map(|weekday| DayOfRule {
        ordinal: None,
        weekday,
    });
    let frequency = if is_weekly {
        Frequency::Weekly
    } else {
        Frequency::Daily
    };
    Rule {
        interval,
        end,
        by_day: if is_weekly {
            by_day.collect()
        } else {
            Vec::new()
        },
        ..Rule::every(frequency)
    }
}

/// The dates of a rule by days or weeks, until the comparison ends.
fn dates(rule: &Rule, start: DateTime) -> Vec<DateTime> {
    // In UTC: on the other side of the world it is another day.
    let last = UNTIL.parse::<DateTime>().expect("a time") + 3.days();
    let until = match rule.end {
        End::Until(until) => until.min(last),
        End::Never | End::Count(_) => last,
    };
    let monday = |date: Date| date - i64::from(date.weekday().to_monday_zero_offset()).days();
    let is_of_rule = |at: DateTime| {
        let (from, to, days) = if rule.frequency == Frequency::Daily {
            (start.date(), at.date(), 1)
        } else {
            (monday(start.date()), monday(at.date()), 7)
        };
        let passed = (to - from).get_days() / days;
        let is_turn = i64::from(passed) % i64::from(rule.interval) == 0;
        let mut weekdays = rule.by_day.iter().map(|it| it.weekday);
        is_turn && (rule.by_day.is_empty() || weekdays.any(|it| it == at.weekday()))
    };
    let days = (0_i64..).map(|it| start + it.days());
    let dates = days
        .take_while(|it| *it <= until)
        .filter(|it| is_of_rule(*it));
    match rule.end {
        End::Count(count) => dates.take(usize::try_from(count).expect("small")).collect(),
        End::Never | End::Until(_) => dates.collect(),
    }
}

/// Some of the first dates excluded, moved, renamed or cancelled.
fn overrides(seeded: &mut Seeded, dates: &[DateTime], is_all_day: bool) -> Vec<Override> {
    let mut all = Vec::new();
    for &at in dates.iter().take(20) {
        let kind = match seeded.below(10) {
            0 => OverrideKind::Excluded,
            1 => {
                let days = i64::from(seeded.small(-3, 4));
                let to = (at + days.days()).date().at(seeded.small(4, 20), 30, 0, 0);
                OverrideKind::Changed(Change {
                    start: Some(to),
                    duration_seconds: Some(if is_all_day { 86_400 } else { 2_700 }),
                    ..Change::default()
                })
            }
            2 => OverrideKind::Changed(Change {
                summary: Some(seeded.one(TEXTS).to_owned()),
                location: Some(if seeded.is() { "Ailleurs" } else { "" }.to_owned()),
                ..Change::default()
            }),
            3 => OverrideKind::Changed(Change {
                status: Some(Status::Cancelled),
                ..Change::default()
            }),
            _ => continue,
        };
        all.push(Override { at, kind });
    }
    all
}

/// What is to be found of an event: its dates, each with its words.
fn in_words(event: &Event) -> Value {
    let starts = match &event.rule {
        Some(rule) => dates(rule, event.start),
        None => vec![event.start],
    };
    let mut found = Vec::new();
    for at in starts {
        let kind = event
            .overrides
            .iter()
            .find(|it| it.at == at)
            .map(|it| &it.kind);
        match kind {
            None => found.push(date_in_words(event, at, &Change::default())),
            Some(OverrideKind::Changed(change)) => found.push(date_in_words(event, at, change)),
            Some(OverrideKind::Excluded) => {}
        }
    }
    json!({
        "uid": event.uid,
        "is_series": event.rule.is_some(),
        "time_zone": (!event.is_all_day).then_some(&event.time_zone),
        "description": event.description.as_deref().map(ical::clean_text),
        "categories": event.categories.iter().map(|it| ical::clean_text(it)).collect::<Vec<_>>(),
        "url": event.url,
        "dates": found,
    })
}

fn date_in_words(event: &Event, at: DateTime, change: &Change) -> Value {
    let start = change.start.unwrap_or(at);
    let seconds = change.duration_seconds.unwrap_or(event.duration_seconds);
    let (from, to) = if event.is_all_day {
        let after = start.date() + i64::from(seconds / 86_400).days();
        (json!(start.date().to_string()), json!(after.to_string()))
    } else {
        let zone = TimeZone::get(&event.time_zone).expect("a zone");
        let moment = zone.to_timestamp(start).expect("a moment").as_second();
        (json!(moment), json!(moment + i64::from(seconds)))
    };
    let status = match change.status.unwrap_or(event.status) {
        Status::Confirmed => "CONFIRMED",
        Status::Tentative => "TENTATIVE",
        Status::Cancelled => "CANCELLED",
    };
    let text = |changed: &Option<String>, ever: Option<&str>| {
        let text = changed.as_deref().or(ever).map(ical::clean_text);
        text.unwrap_or_default()
    };
    json!({
        "start": from,
        "end": to,
        "status": status,
        "summary": text(&change.summary, Some(&event.summary)),
        "location": text(&change.location, event.location.as_deref()),
    })
}
