//! The first page of a node.
//!
//! For a space: can I sit here today and what does it cost, then where else, then
//! the label. For a coordinator: the label, then the spaces and their standing.

use app::Calendar;
use app::view::{Home, SpaceView};
use askama::Template;
use rules::freshness::Freshness;

use crate::card::Card;
use crate::events::{Names, Row, dated};
use crate::figures::{date_and_time, machine_time};
use crate::frame::{Frame, RenderError};
use crate::hours::{Door, zone_of};
use crate::label::Label;
use crate::language::Language;
use crate::ours::Ours;
use crate::standing::{Reliance, is_presented};
use crate::words::{Message, Message as M, Words};

/// The home page of a node in a language, with the events that are next.
///
/// A function of what it is given: the hour is in `home`.
pub fn home_page(home: &Home, next: &Calendar, language: Language) -> Result<String, RenderError> {
    Ok(HomePage::of(home, next, language).render()?)
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    ours: Option<Ours>,
    label: Label,
    warnings: Vec<Warning>,
    /// Those to go to.
    presented: Vec<Card>,
    /// Those whose label does not hold at present, or not yet.
    others: Vec<Card>,
    /// How many there are: for a visitor, how many open; for a coordinator, by standing.
    summary: String,
    /// What is on, each with its day.
    next: Vec<(String, Row)>,
    shows_an_example: bool,
    judged_at: String,
    judged_at_machine: Option<String>,
    host: String,
}

/// Something that the reader must know before the rest.
struct Warning {
    title: String,
    text: String,
}

impl HomePage {
    fn of(home: &Home, next: &Calendar, language: Language) -> Self {
        let words = Words::of(language);
        let reliance = Reliance::of(home);
        let (presented, others): (Vec<&SpaceView>, Vec<&SpaceView>) = home
            .partners
            .iter()
            .partition(|partner| is_presented(&partner.standing));
        let cards = |spaces: &[&SpaceView]| -> Vec<Card> {
            let card = |space: &&SpaceView| Card::of(words, home, space);
            spaces.iter().map(card).collect()
        };
        let (presented, others) = (cards(&presented), cards(&others));
        let ours = home.us.as_ref().map(|us| Ours::of(words, home, us));
        let label = Label::of(words, home);
        let shows_an_example = ours.as_ref().is_some_and(Ours::shows_an_example)
            || presented.iter().chain(&others).any(Card::shows_an_example)
            || next
                .rows
                .iter()
                .any(|row| row.listed.event.escale.is_example);
        let us = home.us.as_ref().map(|us| &us.entity);
        Self {
            frame: Frame::new(words, title(words, ours.as_ref(), &label)),
            summary: match home.us {
                Some(_) => openings(words, &presented, reliance),
                None => standings(words, &presented, others.len()),
            },
            warnings: warnings(words, home, reliance),
            shows_an_example,
            judged_at: date_and_time(words, home.now, &zone_of(home.us.as_ref())),
            judged_at_machine: machine_time(home.now),
            host: us.unwrap_or(&home.label.coordinator).authority().to_owned(),
            next: next_rows(words, home, next),
            ours,
            label,
            presented,
            others,
        }
    }

    const fn is_coordinator(&self) -> bool {
        self.ours.is_none()
    }

    /// What stands above everything else.
    fn heading(&self) -> String {
        let words = self.frame.words;
        match (&self.ours, self.label.name()) {
            (Some(ours), _) => ours.name.clone(),
            (None, Some(name)) => name.text.clone(),
            (None, None) => words.say(Message::CoordinatorTitle),
        }
    }
}

/// The events that are next, on the clock of this node.
fn next_rows(words: &Words, home: &Home, next: &Calendar) -> Vec<(String, Row)> {
    let names = Names::of(words, home, &next.publishers);
    let here = zone_of(home.us.as_ref());
    let row = |row| dated(words, Row::of(words, row, &names, &here, next.now));
    next.rows.iter().map(row).collect()
}

fn title(words: &Words, ours: Option<&Ours>, label: &Label) -> String {
    let Some(ours) = ours else {
        return label.name().map_or_else(
            || words.say(Message::CoordinatorTitle),
            |name| {
                let name = name.text.clone();
                words.say_with(Message::TitleCoordinator, &[("label", name.into())])
            },
        );
    };
    let name = ours.name.clone();
    match ours.village() {
        Some(village) => {
            let variables = [("name", name.into()), ("village", village.into())];
            words.say_with(Message::TitleSpace, &variables)
        }
        None => name,
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What a visitor asks first: how many, and how many are open.
fn openings(words: &Words, presented: &[Card], reliance: Reliance) -> String {
    let spaces = words.say_with(
        Message::SpacesCount,
        &[("count", count(presented.len()).into())],
    );
    if !reliance.is_hour_known() {
        return spaces;
    }
    let is_open = |card: &&Card| card.door.as_ref().is_some_and(Door::is_open);
    let open = count(presented.iter().filter(is_open).count());
    words.say_with(
        Message::SpacesOpen,
        &[("spaces", spaces.into()), ("open", open.into())],
    )
}

/// What a coordinator asks first: how many of each standing.
fn standings(words: &Words, presented: &[Card], others: usize) -> String {
    let is_admitted = |card: &&Card| card.badge.shape == "admitted";
    let admitted = presented.iter().filter(is_admitted).count();
    let counts = [
        (Message::SpacesLabelled, presented.len() - admitted),
        (Message::SpacesAdmitted, admitted),
        (Message::SpacesWithout, others),
    ];
    let said = counts
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(message, number)| words.say_with(message, &[("count", count(number).into())]));
    said.collect::<Vec<_>>().join(" · ")
}

fn warnings(words: &Words, home: &Home, reliance: Reliance) -> Vec<Warning> {
    let warning = |title, text| Warning {
        title: words.say(title),
        text: words.say(text),
    };
    let mut warnings = Vec::new();
    match reliance {
        Reliance::Full => {}
        Reliance::ClockBehind => {
            warnings.push(warning(Message::WarningClockTitle, Message::WarningClock));
        }
        Reliance::RegisterTooOld => warnings.push(warning(
            Message::WarningRegisterTitle,
            Message::WarningRegister,
        )),
    }
    if home.us.is_some() && home.label.freshness == Freshness::Never {
        warnings.push(warning(
            Message::WarningUnheardTitle,
            Message::WarningUnheard,
        ));
    }
    warnings
}
