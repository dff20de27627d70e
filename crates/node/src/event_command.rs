//! `escale event`, `escale registration` and `escale calendar`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::Value;
use wire::Cents;
use wire::event::{
    Frequency, LocalTime, NDay, NDayForm, RULE_DAYS, RecurrenceForm, RecurrenceRule, Span,
};

use crate::cli::{
    Calendar, Event, EventChange, EventImport, EventPublish, EventSaid, Registration,
};
use crate::config::Config;
use crate::control::{Command, EventCommand, RegistrationCommand, Said, ask};
use crate::output;

/// What an event lasts unless it says otherwise: two hours.
const LASTS_DEFAULT: Span = Span::new(0, 2 * 60 * 60);

/// What an event of a day lasts unless it says otherwise.
const ONE_DAY: Span = Span::new(1, 0);

/// The characters of a day, `YYYY-MM-DD`.
const DAY_CHARS: usize = 10;

pub(crate) async fn event(event: Event) -> anyhow::Result<ExitCode> {
    match event {
        Event::Publish(args) => {
            let (dir, json) = (args.folder.dir.clone(), args.json);
            say(&dir, json, publish(*args)?).await
        }
        Event::Change(args) => {
            let (dir, json) = (args.of.folder.dir.clone(), args.of.json);
            say(&dir, json, change(*args)?).await
        }
        Event::Cancel(args) => {
            let command = EventCommand::Cancel {
                event: args.of.event,
                due: args.on.as_deref().map(time).transpose()?,
            };
            say(&args.of.folder.dir, args.of.json, command).await
        }
        Event::List(args) => say(&args.folder.dir, args.json, EventCommand::List).await,
        Event::Seats(of) => {
            let command = EventCommand::Seats { event: of.event };
            say(&of.folder.dir, of.json, command).await
        }
        Event::TakeBack(args) => {
            let command = EventCommand::TakeBack {
                home: args.home,
                registration: args.registration,
            };
            say(&args.folder.dir, args.json, command).await
        }
        Event::Import(args) => import(&args).await,
    }
}

pub(crate) async fn registration(registration: Registration) -> anyhow::Result<ExitCode> {
    match registration {
        Registration::Add(args) => {
            let command = RegistrationCommand::Register {
                member: args.of.member,
                uid: args.uid,
                due: args.on.as_deref().map(time).transpose()?,
                name: args.name,
            };
            say(&args.of.folder.dir, args.of.json, command).await
        }
        Registration::List(of) => {
            let command = RegistrationCommand::List { member: of.member };
            say(&of.folder.dir, of.json, command).await
        }
        Registration::Cancel(of) => {
            let command = RegistrationCommand::GiveBack {
                registration: of.registration,
            };
            say(&of.folder.dir, of.json, command).await
        }
    }
}

pub(crate) async fn calendar(args: Calendar) -> anyhow::Result<ExitCode> {
    let command = EventCommand::Calendar {
        days: args.days,
        space: args.space,
        kind: args.kind,
    };
    say(&args.folder.dir, args.json, command).await
}

async fn say(dir: &Path, json: bool, command: impl Into<Command>) -> anyhow::Result<ExitCode> {
    let config = Config::load(dir)?;
    let done = ask(&config, command.into()).await?;
    output::result(&done, json);
    Ok(ExitCode::SUCCESS)
}

fn publish(args: EventPublish) -> anyhow::Result<EventCommand> {
    let mut said = said(&args.said)?;
    said.title = Some(args.title);
    said.start = Some(time(&args.start)?);
    let is_day = args.start.trim().len() == DAY_CHARS;
    let lasts = if is_day { ONE_DAY } else { LASTS_DEFAULT };
    said.lasts = said.lasts.or(Some(lasts));
    if is_day && said.lasts.is_some_and(|it| it.days() == 0) {
        bail!("--start names a day and no hour: say the hour, or a length in days");
    }
    Ok(EventCommand::Publish {
        said: Box::new(said),
    })
}

fn change(args: EventChange) -> anyhow::Result<EventCommand> {
    let mut said = said(&args.said)?;
    said.title = args.title;
    said.start = args.start.as_deref().map(time).transpose()?;
    let is_day = args.start.is_some_and(|it| it.trim().len() == DAY_CHARS);
    if is_day && said.lasts.is_none_or(|it| it.days() == 0) {
        bail!("--start names a day and no hour: say the hour, or a length in days with --lasts");
    }
    if let (Some(on), Some(to)) = (args.on, args.to) {
        said.moved = Some((time(&on)?, time(&to)?));
    }
    Ok(EventCommand::Change {
        event: args.of.event,
        said: Box::new(said),
    })
}

/// What was typed of an event.
fn said(typed: &EventSaid) -> anyhow::Result<Said> {
    if typed.weekly.is_none() && (typed.times.is_some() || typed.until.is_some()) {
        bail!("--times and --until say how often an event of --weekly takes place");
    }
    let rule = match typed.weekly.as_deref() {
        Some(days) => rule(days, typed)?,
        None => None,
    };
    Ok(Said {
        about: typed.about.clone(),
        kind: typed.kind,
        lasts: typed.lasts.as_deref().map(lasts).transpose()?,
        time_zone: typed.time_zone.clone(),
        rule,
        is_once: typed.weekly.as_deref() == Some("none"),
        seats: typed.seats,
        price_cents: typed.price.as_deref().map(euros).transpose()?,
        place: typed.place.clone(),
        link: typed.link.clone(),
        language: typed.language.clone(),
        is_example: typed.example,
        ..Said::default()
    })
}

/// How it comes again; `None` for once.
fn rule(days: &str, typed: &EventSaid) -> anyhow::Result<Option<RecurrenceRule>> {
    if days == "none" {
        return Ok(None);
    }
    let words: Vec<_> = days.split(',').map(str::trim).collect();
    let mut by_day = Vec::new();
    for (word, day) in RULE_DAYS {
        if words.contains(&word) {
            let form = Some(NDayForm::NDay);
            by_day.push(NDay { form, day });
        }
    }
    if by_day.len() != words.len() {
        bail!("days are written as in mo,th: each of mo tu we th fr sa su once, or none");
    }
    let until = match &typed.until {
        Some(day) => Some(time(&format!("{day}T23:59")).context("--until is a day")?),
        None => None,
    };
    Ok(Some(RecurrenceRule {
        form: Some(RecurrenceForm::RecurrenceRule),
        frequency: Frequency::Weekly,
        interval: 1,
        by_day,
        count: typed.times,
        until,
    }))
}

/// A time, `YYYY-MM-DDTHH:MM`, with seconds or not; or a day.
pub(crate) fn time(text: &str) -> anyhow::Result<LocalTime> {
    let text = text.replace(' ', "T");
    let whole = match text.len() {
        10 => format!("{text}T00:00:00"),
        16 => format!("{text}:00"),
        _ => text.clone(),
    };
    LocalTime::parse(&whole).with_context(|| format!("{text} is no time: YYYY-MM-DDTHH:MM"))
}

/// A length of time as people type it.
fn lasts(text: &str) -> anyhow::Result<Span> {
    let upper = text.to_ascii_uppercase();
    let written = if upper.ends_with('D') {
        format!("P{upper}")
    } else {
        format!("PT{upper}")
    };
    Span::parse(&written)
        .with_context(|| format!("{text} is no length of time: write 2h, 90m, 1h30m or 2d"))
}

/// A price in euros, with a comma or a point.
fn euros(text: &str) -> anyhow::Result<Cents> {
    let wrong = || format!("{text} is no price in euros: write 12 or 12.50");
    let (euros, cents) = text.split_once(['.', ',']).unwrap_or((text, "00"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    if !are_digits(euros) || !are_digits(cents) || cents.len() > 2 {
        bail!(wrong());
    }
    let euros: i64 = euros.parse().with_context(wrong)?;
    let tens = if cents.len() == 1 { 10 } else { 1 };
    let cents: i64 = cents.parse::<i64>().with_context(wrong)? * tens;
    let all = euros.checked_mul(100).and_then(|it| it.checked_add(cents));
    Ok(Cents(all.with_context(wrong)?))
}

/// Shows what a file has, and publishes it if that was said.
async fn import(args: &EventImport) -> anyhow::Result<ExitCode> {
    let config = Config::load(&args.folder.dir)?;
    let file = std::path::absolute(&args.file);
    // The running node may stand in another folder than whoever types.
    let file = file.with_context(|| format!("{}", args.file.display()))?;
    let command = EventCommand::Import {
        file,
        kind: args.kind,
        publish: args.publish,
        only: args.only.clone(),
    };
    let done = ask(&config, Command::Event(command)).await?;
    if args.json {
        output::line(&done);
        return Ok(ExitCode::SUCCESS);
    }
    let rows = |name: &str| {
        done.get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    for (name, heading) in [
        (
            "events",
            if args.publish {
                "Published:"
            } else {
                "Would be published:"
            },
        ),
        ("not_taken", "Not taken:"),
    ] {
        let rows = Value::Array(rows(name));
        if rows != Value::Array(Vec::new()) {
            output::line(heading);
            output::result(&rows, false);
        }
    }
    if !args.publish {
        output::line("Nothing is published yet: --publish does it, --only ID some of it.");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_prices_and_times_are_written_as_people_do() {
        for (text, written) in [
            ("2h", "PT2H"),
            ("90m", "PT1H30M"),
            ("1h30m", "PT1H30M"),
            ("2d", "P2D"),
        ] {
            assert_eq!(lasts(text).unwrap().to_string(), written);
        }
        for wrong in ["", "2", "h", "2x", "2h1d"] {
            assert!(lasts(wrong).is_err(), "{wrong}");
        }
        for (text, cents) in [("12", 1_200), ("12.5", 1_250), ("12,05", 1_205), ("0", 0)] {
            assert_eq!(euros(text).unwrap(), Cents(cents));
        }
        for wrong in ["", "-1", "1.234", "1.", ".5", "99999999999999999999", "x"] {
            assert!(euros(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            time("2026-12-03T14:00").unwrap().as_str(),
            "2026-12-03T14:00:00"
        );
        assert_eq!(time("2026-12-03").unwrap().as_str(), "2026-12-03T00:00:00");
        assert!(time("tomorrow").is_err());
    }

    #[test]
    fn days_of_a_rule_are_named_once() {
        let typed = EventSaid::default();
        let days = |text| rule(text, &typed).unwrap().unwrap().by_day.len();
        assert_eq!((days("mo"), days("th,mo")), (1, 2));
        assert!(rule("none", &typed).unwrap().is_none());
        for wrong in ["", "mon", "mo,mo", "mo,"] {
            assert!(rule(wrong, &typed).is_err(), "{wrong}");
        }
    }
}
