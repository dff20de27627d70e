//! Feeds on one seed: nodes that publish and read, lines that are cut, commits that fail,
//! folders that are restored and machines that are set back whole.
//!
//! At the end every node asks all others how far they know its feed, and reads theirs. Then
//! all must agree on every feed, every store must be sound, and of no author may an older
//! word stand than one that was held anywhere.
//!
//! **Invariant:** a run is decided by its seed.
#![expect(
    clippy::indexing_slicing,
    reason = "nodes are drawn below their number, and JSON that lacks a member is null"
)]

use std::collections::{BTreeMap, BTreeSet};

use app::{Depth, OwnFeedState};
use store::{Fault, MemoryStore};

use super::dice::Dice;
use super::turns::run;
use super::world::claims;
use crate::{Label, TestNode, charter_text, confirm, confirm_with, pull_from, space_text};

/// Spaces beside the coordinator.
const SPACES: usize = 3;

/// Within so many rounds of pulls all agree after everything is healed.
const ROUNDS_MAX: usize = 4;

/// How often what a run is for has happened in it.
pub type Happened = BTreeMap<&'static str, u64>;

/// A word of an author about itself: when it was said, and what.
type Word = (i64, String);

struct World {
    label: Label,
    dice: Dice,
    backups: Vec<Option<MemoryStore>>,
    happened: Happened,
    /// How far each reader knew each feed.
    known: BTreeMap<(usize, usize), (u64, u64)>,
    published: u64,
    /// Whom the story is about.
    about: usize,
}

/// Runs a story of so many events; what did not hold, in words.
pub fn partings(seed: u64, events: usize) -> Result<Happened, String> {
    run(async {
        let mut world = World {
            label: Label::labelled(SPACES).await,
            dice: Dice::of(seed, "partings"),
            backups: vec![None; SPACES + 1],
            happened: Happened::new(),
            known: BTreeMap::new(),
            published: 0,
            about: usize::try_from(seed).unwrap_or_default() % (SPACES + 1),
        };
        for event in 0..events {
            world.one().await;
            world
                .holds()
                .map_err(|why| format!("seed {seed}, event {event}: {why}"))?;
        }
        let settled = world.settle().await;
        settled.map_err(|why| format!("seed {seed}, at the end: {why}"))?;
        Ok(world.happened)
    })
}

impl World {
    fn nodes(&self) -> Vec<TestNode> {
        self.label.nodes().into_iter().cloned().collect()
    }

    fn node(&self, number: usize) -> TestNode {
        self.nodes().swap_remove(number)
    }

    fn count(&mut self, what: &'static str) {
        *self.happened.entry(what).or_default() += 1;
    }

    /// Any of them; more often than the others the one that the story is about.
    fn any(&self) -> usize {
        if self.dice.is(60) {
            self.about
        } else {
            self.dice.below(SPACES + 1)
        }
    }

    async fn one(&mut self) {
        self.label.advance(self.dice.between(1, 120));
        let number = self.any();
        match self.dice.below(100) {
            0..30 => self.publish(number).await,
            30..62 => {
                let reader = self.dice.below(SPACES + 1);
                self.pull(reader).await;
            }
            62..70 => {
                self.backups[number] = Some(self.node(number).backup());
                self.count("backed up");
            }
            70..76 => self.put_back(number, true).await,
            76..82 => {
                self.put_back(number, false).await;
                self.publish(number).await;
                let reader = self.dice.below(SPACES + 1);
                self.pull_from(reader, number, number).await;
            }
            82..86 => self.ask(number).await,
            86..94 if self.dice.is(50) => self.draw_lines(),
            _ => self.fail(number),
        }
        self.start_the_dead().await;
    }

    /// Whether it is published or refused: what is acknowledged is held against the end.
    async fn publish(&mut self, number: usize) {
        self.published += 1;
        let app = self.node(number).app();
        let is_done = if number == 0 {
            let text = charter_text(self.published % 62);
            app.publish_charter(&text).await.is_ok()
        } else {
            let text = space_text(&format!("version {}", self.published));
            app.publish_space(&text).await.is_ok()
        };
        self.count(if is_done {
            "published"
        } else {
            "not published"
        });
    }

    async fn pull(&mut self, reader: usize) {
        let author = self.any();
        let relay = if self.dice.is(60) {
            author
        } else {
            self.dice.below(SPACES + 1)
        };
        self.pull_from(reader, author, relay).await;
    }

    async fn pull_from(&mut self, reader: usize, author: usize, relay: usize) {
        if author == reader || relay == reader {
            return;
        }
        let (reader, author, relay) = (self.node(reader), self.node(author), self.node(relay));
        let network = &self.label.network;
        let read = pull_from(network, &reader, author.entity(), relay.entity()).await;
        self.count(match &read {
            Ok(_) => "read",
            Err(failure) if failure.code() == "feed_fork" => "forks seen",
            Err(_) => "not read",
        });
    }

    async fn put_back(&mut self, number: usize, is_known: bool) {
        let Some(backup) = self.backups[number].clone() else {
            return;
        };
        let node = self.node(number);
        if is_known {
            node.restore(&backup).await;
            self.count("restored");
        } else {
            node.set_back(&backup).await;
            self.count("set back");
        }
        // What it had read is forgotten with the rest.
        self.known.retain(|(reader, _), _| *reader != number);
    }

    /// A start: a few partners are asked.
    async fn ask(&mut self, number: usize) {
        let (node, all) = (self.node(number), self.nodes());
        let partner = self.dice.below(SPACES + 1);
        if partner == number {
            return;
        }
        let asked = confirm(&self.label.network, &node, all[partner].entity()).await;
        self.count(match asked {
            Ok(OwnFeedState::Confirmed) => "confirmed",
            Ok(_) => "not confirmed",
            Err(_) => "not asked",
        });
    }

    fn draw_lines(&mut self) {
        let nodes = self.nodes();
        let name = |it: usize| nodes[it].entity().clone();
        let (one, two) = (self.dice.below(SPACES + 1), self.dice.below(SPACES + 1));
        let (mut cut, mut ways) = (BTreeSet::new(), BTreeSet::new());
        match self.dice.below(3) {
            0 => {}
            1 => drop(cut.insert(name(one))),
            _ => drop(ways.insert((name(one), name(two)))),
        }
        self.label.network.set_cut(cut, ways);
        self.count("lines drawn");
    }

    fn fail(&mut self, number: usize) {
        let fault = if self.dice.is(50) {
            Fault::ErrorLost
        } else {
            Fault::ErrorKept
        };
        self.node(number)
            .store()
            .fail_commit(1 + self.dice.below(2), fault);
        self.count("commits to fail");
    }

    /// A process whose store cannot be relied on ends, and starts over what is durable.
    async fn start_the_dead(&mut self) {
        for node in self.nodes() {
            if node.store().is_dead() {
                node.restart().await;
                self.count("ended by its store");
            }
        }
    }

    /// What holds after every event.
    fn holds(&self) -> Result<(), String> {
        for node in self.label.nodes() {
            // Each name has one machine here.
            if node.app().own_feed_state() == OwnFeedState::Divided {
                return Err(format!("{} believes in another machine", node.entity()));
            }
        }
        Ok(())
    }

    /// How far each knows each feed, which never goes back.
    async fn knows(&mut self) -> Result<(), String> {
        let nodes = self.nodes();
        for (reader, node) in nodes.iter().enumerate() {
            for (author, of) in nodes.iter().enumerate() {
                let known = node.app().known(of.entity()).await;
                let known = known.map_err(|fault| fault.to_string())?;
                let now = (known.epoch, known.seq);
                let before = self.known.insert((reader, author), now);
                if reader != author && before.is_some_and(|before| before > now) {
                    return Err(format!(
                        "{} knew {} up to {before:?}, and now to {now:?}",
                        node.entity(),
                        of.entity()
                    ));
                }
            }
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), String> {
        self.label.network.heal();
        let nodes = self.nodes();
        // Faults that were planned and did not come are over.
        for node in &nodes {
            node.restart().await;
        }
        self.knows().await?;
        let mut words = Vec::new();
        for author in &nodes {
            let mut last: Option<Word> = None;
            for reader in &nodes {
                last = last.max(word(reader, author).await);
            }
            words.push(last);
        }
        for node in &nodes {
            let others = nodes.iter().map(TestNode::entity);
            let others: Vec<_> = others.filter(|it| *it != node.entity()).collect();
            let confirmed = confirm_with(&self.label.network, node, &others).await;
            if !matches!(confirmed, Ok(OwnFeedState::Confirmed)) {
                return Err(format!("{} is not sure: {confirmed:?}", node.entity()));
            }
        }
        let mut failures = Vec::new();
        for _ in 0..ROUNDS_MAX {
            failures = self.label.pull_all().await;
            if failures.is_empty() {
                break;
            }
        }
        if !failures.is_empty() {
            return Err(format!("not all is read: {failures:?}"));
        }
        self.knows().await?;
        self.agree(&nodes, &words).await
    }

    async fn agree(&mut self, nodes: &[TestNode], words: &[Option<Word>]) -> Result<(), String> {
        let mut happened = Vec::new();
        for (author, before) in nodes.iter().zip(words) {
            let own = author.app().known(author.entity()).await;
            let own = own.map_err(|fault| fault.to_string())?;
            let last = word(author, author).await;
            if own.epoch > 1 {
                happened.push("gone on in a later epoch");
            }
            if last < *before {
                return Err(format!(
                    "{}: {last:?} is left of {before:?}",
                    author.entity()
                ));
            }
            for reader in nodes {
                let known = reader.app().known(author.entity()).await;
                if known.is_ok_and(|known| known != own) || word(reader, author).await != last {
                    return Err(format!(
                        "{} does not know what {} says",
                        reader.entity(),
                        author.entity()
                    ));
                }
            }
        }
        for what in happened {
            self.count(what);
        }
        for node in nodes {
            let report = node.app().check(Depth::Deep).await;
            let problems = report.map_err(|fault| fault.to_string())?.problems;
            if !problems.is_empty() {
                return Err(format!("{}: {problems:?}", node.entity()));
            }
        }
        Ok(())
    }
}

/// The last that a node holds of what another says of itself: a space its name, the
/// coordinator its rules.
async fn word(reader: &TestNode, author: &TestNode) -> Option<Word> {
    let (mut at, mut last) = ((0, 0), None);
    loop {
        let page = reader
            .app()
            .feed_page(author.entity(), at.0, at.1, 100)
            .await;
        let page = page.ok()?;
        let Some(end) = page.records.last() else {
            return last;
        };
        for sent in &page.records {
            let said = claims(&sent.record);
            if said["kind"] == "profile" || said["kind"] == "charter" {
                let text = sent.body.clone().unwrap_or_default();
                last = Some((said["iat"].as_i64().unwrap_or_default(), text));
            }
        }
        let end = claims(&end.record);
        let number = |name: &str| end[name].as_u64().unwrap_or_default();
        at = (number("epoch"), number("seq"));
    }
}
