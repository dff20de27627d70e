//! Feeds that are read from whoever holds them, and a relay that lies.
//!
//! Whatever a relay does, what a reader holds of a feed is what its author wrote, bodies
//! included, and nothing is shown as the fault of the author.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use app::Source;
use app::keys::RECORDS;
use client::Request;
use serde_json::Value;
use wire::EntityId;

use super::Broken;
use super::actions::{Action, Reading};
use super::dice::Dice;
use super::facts::scan;
use super::turns::run;
use super::world::World;
use crate::{Answer, TestNetwork};

const READ: &str = "invariant_what_is_read_is_what_was_written";
const BLAMED: &str = "invariant_a_relay_is_no_word_about_the_author";

impl World {
    /// Somebody reads a feed, from its author or from whoever else holds it.
    pub(crate) fn draw_pull(&mut self) -> Vec<Action> {
        let all = self.machines.len();
        let (node, author) = (self.dice.below(all), self.dice.below(all));
        if node == author {
            return Vec::new();
        }
        let author = self.machine(author).name().clone();
        let mut reading = Reading::of(node, &author);
        if self.dice.is(40) {
            let from = self.dice.below(all);
            reading.from = self.machine(from).name().clone();
        }
        if reading.from == *self.machine(node).name() {
            return Vec::new();
        }
        if reading.from == author {
            return vec![Action::Pull(reading)];
        }
        reading.source = self.source_of_relays();
        // Author and relay may be asked at once.
        let both = self.dice.is(30).then(|| Reading::of(node, &author));
        let readings = std::iter::once(reading).chain(both);
        readings.map(Action::Pull).collect()
    }

    /// What this node writes now somebody will hear from the one that lies about it.
    pub(crate) fn read_through_the_hostile(&mut self, author: usize) {
        let reader = self.dice.below(self.machines.len());
        if [author, reader].contains(&self.hostile) || reader == author {
            return;
        }
        let (author, hostile) = (self.machine(author).name(), self.machine(self.hostile));
        let first = Reading::of(self.hostile, author);
        let second = Reading {
            from: hostile.name().clone(),
            source: self.source_of_relays(),
            ..Reading::of(reader, author)
        };
        self.due.extend([first, second].map(Action::Pull));
    }

    fn source_of_relays(&self) -> Source {
        if self.takes_relays_for_authors {
            Source::Author
        } else {
            Source::Relay
        }
    }

    /// What a reader holds of a feed, and says of it, after it has read.
    pub(crate) fn hold_what_was_read(&self, reading: &Reading) -> Result<(), Broken> {
        let Reading { node, author, .. } = reading;
        let Some(writer) = self.number_of(author.as_str()) else {
            return Ok(());
        };
        let written: BTreeMap<_, _> = self.records(writer, author).collect();
        for (key, held) in self.records(*node, author) {
            if written.get(&key) != Some(&held) {
                let what = format!("n{node} holds of {author}: {held}");
                return Err(Broken::new(READ, what));
            }
        }
        let home = run(self.machine(*node).node.app().home());
        let home = home.expect("a store that lives can be read");
        let partners = home.partners.into_iter();
        let mut feeds = partners.map(|it| (it.entity, it.feed));
        let feed = feeds.find(|(entity, _)| entity == author).map(|it| it.1);
        let refusal = feed.unwrap_or(home.label.feed).refusal;
        let what = || format!("n{node} shows {refusal:?} of {author}");
        match refusal {
            None => Ok(()),
            Some(_) => Err(Broken::new(BLAMED, what())),
        }
    }

    /// The records of a feed that a node holds.
    fn records(&self, node: usize, author: &EntityId) -> impl Iterator<Item = (Vec<u8>, Value)> {
        let stem = app::keys::feed_stem(author);
        let all = scan(&self.machine(node).node.store(), RECORDS).into_iter();
        all.map(|(key, value)| (key.rest().to_vec(), value))
            .filter(move |(key, _)| key.starts_with(&stem))
    }
}

/// How a relay lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lies {
    /// In every way.
    All,
    /// It leaves out what records say, and nothing that anybody would blame an author for.
    Bodies,
}

/// From here on this node lies about the feeds of others, where it is asked for them, in
/// one way or the other by the seed.
pub(crate) fn lie(network: &TestNetwork, by: &EntityId, seed: u64) {
    let lies = if seed.is_multiple_of(2) {
        Lies::All
    } else {
        Lies::Bodies
    };
    let dice = Dice::of(seed, "lies");
    let own = app::page_path(by, (0, 0));
    let own = own.split('&').next().unwrap_or_default().to_owned() + "&";
    let by = by.clone();
    let before: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::default();
    network.tamper(move |request: &Request, answer: &mut Answer| {
        let is_feed = request.path.starts_with("/federation/v1/feed?");
        if request.entity != by || !is_feed || request.path.starts_with(&own) {
            return;
        }
        let whose = request.path.split('&').next().unwrap_or_default();
        let before = before.lock();
        let mut before = before.unwrap_or_else(PoisonError::into_inner);
        let old = before.insert(whose.to_owned(), answer.body.clone());
        match dice.below(8) {
            0..7 if lies == Lies::Bodies => without_bodies(answer),
            0 => answer.body = b"there is no such thing".to_vec(),
            1 => answer.body = old.unwrap_or_default(),
            2..6 => tampered(&dice, answer),
            _ => {}
        }
    });
}

/// A page without what its records say.
fn without_bodies(answer: &mut Answer) {
    change(answer, |records| {
        for record in records.iter_mut().filter_map(Value::as_object_mut) {
            record.remove("salt");
            record.remove("body");
        }
    });
}

/// A page from which something was taken, or in which something is not what was signed.
fn tampered(dice: &Dice, answer: &mut Answer) {
    match dice.below(4) {
        0 => change(answer, |records| {
            records.truncate(dice.below(records.len()));
        }),
        1 => change(answer, |records| {
            if !records.is_empty() {
                records.remove(dice.below(records.len()));
            }
        }),
        2 => without_bodies(answer),
        _ => change(answer, |records| {
            let which = dice.below(records.len());
            if let Some(record) = records.get_mut(which).and_then(Value::as_object_mut) {
                let body = record.get("body").and_then(Value::as_str).unwrap_or("{}");
                let body = Value::from(format!("{body} "));
                record.insert("body".to_owned(), body);
            }
        }),
    }
}

fn change(answer: &mut Answer, change: impl FnOnce(&mut Vec<Value>)) {
    let mut page = answer.json();
    if let Some(records) = page.get_mut("records").and_then(Value::as_array_mut) {
        change(records);
        answer.body = serde_json::to_vec(&page).expect("a page is JSON");
    }
}
