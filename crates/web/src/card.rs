//! A partner as a card, and what our own formulas cost.

use app::view::{Home, SpaceView};
use wire::space::Formula;

use crate::figures::{money, unit};
use crate::hours::{Door, door, zone_of};
use crate::news::{News, Refused, news, refused};
use crate::shown::{self, Text};
use crate::standing::{Badge, Reliance, badge, is_presented};
use crate::words::{Message, Words};

/// One line of a price list.
#[derive(Debug, Clone)]
pub(crate) struct Price {
    /// For how long.
    pub(crate) unit: String,
    /// How much.
    pub(crate) amount: String,
    /// What it includes.
    pub(crate) includes: Option<Text>,
    /// Whether it is invented.
    pub(crate) is_example: bool,
}

/// A price list, the shortest unit first.
#[derive(Debug, Clone)]
pub(crate) struct PriceList {
    /// Its lines; their own marks stand where not all have them.
    pub(crate) lines: Vec<Price>,
    /// What every price includes.
    pub(crate) included: Option<Text>,
    /// Whether every price is invented.
    pub(crate) is_example: bool,
}

impl PriceList {
    /// Whether something in it is invented.
    pub(crate) fn shows_an_example(&self) -> bool {
        self.is_example || self.lines.iter().any(|price| price.is_example)
    }
}

/// The price list of a space.
pub(crate) fn prices(words: &Words, formulas: &[(String, Formula)]) -> PriceList {
    let price = |(_, formula): &(String, Formula)| Price {
        unit: unit(words, formula.unit),
        amount: money(words.language, formula.price_cents),
        includes: formula
            .includes
            .as_ref()
            .and_then(|text| shown::short(text, words.language)),
        is_example: formula.is_example,
    };
    price_list(formulas.iter().map(price).collect())
}

/// What is the same in every line is said once, above or below the list.
fn price_list(lines: Vec<Price>) -> PriceList {
    let is_example = !lines.is_empty() && lines.iter().all(|price| price.is_example);
    let common = lines.first().and_then(|first| first.includes.clone());
    let is_common = |price: &Price| price.includes == common;
    let included = common
        .clone()
        .filter(|_| lines.len() > 1 && lines.iter().all(is_common));
    let said_once = |price: Price| Price {
        includes: price.includes.filter(|_| included.is_none()),
        is_example: price.is_example && !is_example,
        ..price
    };
    PriceList {
        lines: lines.into_iter().map(said_once).collect(),
        included: included.clone(),
        is_example,
    }
}

/// A partner.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    /// The name on the door; the host where no profile was heard.
    pub(crate) name: String,
    /// The village.
    pub(crate) village: Option<String>,
    /// Whether the profile is invented.
    pub(crate) is_example: bool,
    /// The node's host, to see where the link leads.
    pub(crate) host: String,
    /// The node's own home page.
    pub(crate) link: String,
    /// What the label says of it.
    pub(crate) badge: Badge,
    /// Whether it can be gone to: otherwise neither hours nor prices are shown.
    pub(crate) is_presented: bool,
    /// Whether it is open.
    pub(crate) door: Option<Door>,
    /// What a day there counts, for a member of another space.
    pub(crate) visit: Option<String>,
    /// Its price list.
    pub(crate) prices: PriceList,
    /// How fresh all this is.
    pub(crate) news: News,
    /// Why its last news is not here.
    pub(crate) refused: Option<Refused>,
}

impl Card {
    /// The card of a partner.
    pub(crate) fn of(words: &Words, home: &Home, space: &SpaceView) -> Self {
        let reliance = Reliance::of(home);
        let zone = zone_of(Some(space));
        let is_presented = is_presented(&space.standing);
        let formulas: &[_] = if is_presented { &space.formulas } else { &[] };
        let profile = space.profile.as_ref();
        Self {
            name: name_of(space),
            village: profile.and_then(|profile| shown::name(&profile.village)),
            is_example: profile.is_some_and(|profile| profile.is_example),
            host: space.entity.authority().to_owned(),
            link: shown::link(&space.entity, words.language),
            badge: badge(words, &space.standing, reliance, &zone),
            is_presented,
            door: door(words, space, reliance, home.now).filter(|_| is_presented),
            visit: visit(words, space).filter(|_| is_presented && reliance.is_hour_known()),
            prices: prices(words, formulas),
            news: news(words, space.freshness, home.now, &zone),
            refused: refused(words, &space.feed),
        }
    }

    /// Whether something on the card is invented.
    pub(crate) fn shows_an_example(&self) -> bool {
        self.is_example || self.prices.shows_an_example()
    }
}

/// What a day at a space counts. Which day, and so how much, is by its clock.
fn visit(words: &Words, space: &SpaceView) -> Option<String> {
    let count = space.translation.as_ref()?.day.count();
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Some(words.say_with(Message::CardVisit, &[("count", count.into())]))
}

/// The name on the door, else the host.
pub(crate) fn name_of(space: &SpaceView) -> String {
    let profile = space.profile.as_ref();
    profile
        .and_then(|profile| shown::name(&profile.name))
        .unwrap_or_else(|| space.entity.authority().to_owned())
}
