//! Packets under way, and the ways on which they are lost.

use std::collections::BTreeSet;

use wire::{EntityId, Sha256Hash};

use super::dice::Dice;
use crate::TestNetwork;

/// A request as it travels: what the simulation knows of it without opening it.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) text: String,
    /// Whoever signed it, by the number of the node.
    pub(crate) by: usize,
    pub(crate) op: String,
    pub(crate) jti: String,
    /// A digest of kind and body.
    pub(crate) body: Sha256Hash,
    /// What it hands over.
    pub(crate) hands_over: HandsOver,
    /// Nobody waits for the answer: it was forged, or sent again by somebody else.
    pub(crate) is_hostile: bool,
}

/// What a request hands over, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HandsOver {
    /// The receipt of this id.
    Receipt(String),
    /// The credit of the receipt of this id.
    Credit(String),
    /// The registration of this id.
    Registration(String),
    /// That the registration of this id is given back.
    Cancellation(String),
    /// What became of the registration of this id.
    Notice {
        id: String,
        revision: u64,
        state: String,
    },
    /// None of these.
    Nothing,
}

/// What comes back.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A signed answer.
    Answer(String),
    /// The node was there and gave none.
    Refused,
}

/// What is in a packet.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Question(Question),
    Reply {
        op: String,
        jti: String,
        reply: Reply,
    },
}

/// Something under way from one node to another.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) number: u64,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) content: Content,
}

/// The most packets that are under way; of more, the oldest are lost.
const UNDER_WAY_MAX: usize = 64;

/// The most questions of the past that an attacker has recorded.
const RECORDED_MAX: usize = 64;

/// The network of private requests. Feeds go over [`TestNetwork`], with the same cuts.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) feeds: TestNetwork,
    pub(crate) under_way: Vec<Packet>,
    /// What was sent, and to whom.
    pub(crate) recorded: Vec<(usize, Question)>,
    names: Vec<EntityId>,
    cut_nodes: BTreeSet<EntityId>,
    cut_ways: BTreeSet<(EntityId, EntityId)>,
    /// Nothing is lost, twice or late any more.
    is_healed: bool,
    number: u64,
    /// How much was lost as it was sent.
    pub(crate) lost: u64,
    /// How much was sent once and travels twice or more.
    pub(crate) doubled: u64,
    /// How much came before what was sent before it.
    pub(crate) overtook: u64,
}

impl Network {
    pub(crate) fn new(names: Vec<EntityId>) -> Self {
        Self {
            feeds: TestNetwork::default(),
            under_way: Vec::new(),
            recorded: Vec::new(),
            names,
            cut_nodes: BTreeSet::new(),
            cut_ways: BTreeSet::new(),
            is_healed: false,
            number: 0,
            lost: 0,
            doubled: 0,
            overtook: 0,
        }
    }

    /// Sends something; some of it is lost, and some arrives twice.
    pub(crate) fn send(&mut self, dice: &Dice, (from, to): (usize, usize), content: &Content) {
        if let Content::Question(question) = content {
            self.recorded.push((to, question.clone()));
            if self.recorded.len() > RECORDED_MAX {
                self.recorded.remove(0);
            }
        }
        let copies = match dice.below(100) {
            _ if self.is_healed => 1,
            0..10 => 0,
            10..25 => 2,
            25..28 => 3,
            _ => 1,
        };
        self.lost += u64::from(copies == 0);
        self.doubled += u64::from(copies > 1);
        for _ in 0..copies {
            self.number += 1;
            self.under_way.push(Packet {
                number: self.number,
                from,
                to,
                content: content.clone(),
            });
        }
        let over = self.under_way.len().saturating_sub(UNDER_WAY_MAX);
        self.under_way.drain(..over);
    }

    /// Takes any packet that is under way.
    pub(crate) fn take(&mut self, dice: &Dice) -> Option<Packet> {
        if self.under_way.is_empty() {
            return None;
        }
        let which = dice.below(self.under_way.len());
        self.overtook += u64::from(which > 0);
        Some(self.under_way.remove(which))
    }

    /// Whether what travels this way now is lost.
    pub(crate) fn is_cut(&self, from: usize, to: usize) -> bool {
        let (Some(from), Some(to)) = (self.names.get(from), self.names.get(to)) else {
            return true;
        };
        self.feeds.is_cut(from, to)
    }

    /// Cuts a node off.
    pub(crate) fn cut_node(&mut self, node: usize) {
        self.cut_nodes.extend(self.names.get(node).cloned());
        self.spread();
    }

    /// Cuts one way between two nodes.
    pub(crate) fn cut_way(&mut self, from: usize, to: usize) {
        if let (Some(from), Some(to)) = (self.names.get(from), self.names.get(to)) {
            self.cut_ways.insert((from.clone(), to.clone()));
        }
        self.spread();
    }

    /// Mends every line.
    pub(crate) fn mend(&mut self) {
        self.cut_nodes.clear();
        self.cut_ways.clear();
        self.spread();
    }

    /// Mends every line, and from here on nothing is lost, doubled or late.
    pub(crate) fn heal(&mut self) {
        self.mend();
        self.is_healed = true;
    }

    fn spread(&self) {
        self.feeds
            .set_cut(self.cut_nodes.clone(), self.cut_ways.clone());
    }
}
