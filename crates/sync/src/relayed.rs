//! Feeds whose author does not answer, read from whoever else holds them.
//!
//! A relay is not trusted: it can withhold, it cannot forge. So nobody is asked for ever:
//! every other turn goes to the next of all that answer, and what one of them withholds
//! another brings. What a relay says is news of a feed, and no sign of life of its author.
//!
//! **Invariant:** a relay is a peer whose own feed was read well at the last try. Where the
//! line of this node is cut nobody is, and nobody is asked.
//!
//! **Invariant:** a relay is asked for one feed at a time; no more than
//! [`RELAYS_IN_FLIGHT_MAX`] are asked at once, and one of these at most for feeds that are
//! known from a further label alone. They take nothing from the pulls of authors.
//!
//! **Invariant:** a feed is asked of relays every [`RELAYED_EVERY_MILLIS`] at most, and
//! more and more seldom while they bring nothing; all feeds together every
//! [`RELAYED_GAP_MILLIS`].
//!
//! Specified in `specs/feed.md`, section 10.

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

use wire::EntityId;

use crate::Millis;

/// From the start of one pull of a feed from a relay to the next: a minute, twice the
/// ordinary interval, so that an author who is away for all costs each of a label's nodes
/// less than a present one.
pub const RELAYED_EVERY_MILLIS: u64 = 60_000;

/// From the start of one pull from a relay to the next, whatever feed and relay: four in a
/// second, so that whoever cannot reach a whole label does not ask a partner for all of it
/// at once.
pub const RELAYED_GAP_MILLIS: u64 = 250;

/// Pulls from relays at once, beside those from authors: two, so that one slow relay does
/// not keep all others waiting.
pub const RELAYS_IN_FLIGHT_MAX: usize = 2;

/// How long a pull from a relay may take in all: twenty seconds, a third of what an author
/// has. Who relays for others slowly is left for another.
pub const RELAYED_MILLIS_MAX: u64 = 20_000;

/// How one feed is relayed.
#[derive(Debug, Default)]
pub(crate) struct Relayed {
    /// When a relay is asked, where the author does not answer.
    due_at: Option<Millis>,
    /// The relay that is being asked.
    asking: Option<EntityId>,
    /// No relay is asked before.
    rests_until: Millis,
    /// How many in a row have brought nothing.
    in_vain: u32,
    /// Who brought something last.
    best: Option<EntityId>,
    /// Who was asked last because it was their turn.
    last: Option<EntityId>,
    /// Whether the next turn is that of the next of all.
    is_turn_of_all: bool,
    /// Whether a hint has made it due since anything was brought.
    is_woken: bool,
}

impl Relayed {
    /// The author did not answer. The turns of all begin somewhere, so that not everybody
    /// asks the same relay.
    pub(crate) fn need(&mut self, now: Millis, begin: Option<&EntityId>) {
        if self.due_at.is_none() {
            self.due_at = Some(now.max(self.rests_until));
            self.in_vain = 0;
            self.is_turn_of_all = false;
        }
        if self.last.is_none() {
            self.last = begin.cloned();
        }
    }

    /// The author has answered.
    pub(crate) fn need_no_more(&mut self) {
        self.due_at = None;
        self.is_woken = false;
    }

    /// Somebody says that there is more, once until that is true.
    pub(crate) fn wake(&mut self, now: Millis) {
        let soon = now.max(self.rests_until);
        if let Some(due_at) = self.due_at.filter(|_| !self.is_woken) {
            self.due_at = Some(due_at.min(soon));
            self.is_woken = true;
        }
    }

    /// When a relay is asked, if none is being asked.
    pub(crate) fn waits_until(&self) -> Option<Millis> {
        self.due_at.filter(|_| self.asking.is_none())
    }

    pub(crate) fn asking(&self) -> Option<&EntityId> {
        self.asking.as_ref()
    }

    /// Who is asked, of those who can be: whoever brought something last, or else the
    /// coordinator, and every other turn the next of all. And whether it is their turn.
    pub(crate) fn choose(
        &self,
        coordinator: Option<&EntityId>,
        answering: &Answering<'_>,
    ) -> Option<(EntityId, bool)> {
        if !self.is_turn_of_all {
            let mut best = self.best.iter().chain(coordinator);
            if let Some(best) = best.find(|it| answering.has(it)) {
                return Some((best.clone(), false));
            }
        }
        let next = answering.after(self.last.as_ref())?;
        Some((next.clone(), true))
    }

    pub(crate) fn start(&mut self, now: Millis, relay: &EntityId, is_in_turn: bool) {
        self.rests_until = now.plus(RELAYED_EVERY_MILLIS);
        self.is_turn_of_all = !self.is_turn_of_all;
        self.asking = Some(relay.clone());
        if is_in_turn {
            self.last = Some(relay.clone());
        }
    }

    /// Nobody could be asked.
    pub(crate) fn postpone(&mut self, now: Millis) {
        self.due_at = self.due_at.map(|_| now.plus(RELAYED_EVERY_MILLIS));
    }

    /// A relay has brought something, or nothing, or failed. `wait_millis` gives the wait
    /// after so many in vain.
    pub(crate) fn end(
        &mut self,
        now: Millis,
        brought: Option<bool>,
        wait_millis: impl FnOnce(u32) -> u64,
    ) {
        let relay = self.asking.take();
        let in_vain = self.in_vain;
        if brought == Some(true) {
            self.best = relay;
            self.in_vain = 0;
            self.is_woken = false;
        } else {
            if brought.is_none() && self.best == relay {
                self.best = None;
            }
            self.in_vain = in_vain.saturating_add(1);
        }
        let next = now.plus(wait_millis(self.in_vain.saturating_sub(1)));
        self.due_at = self.due_at.map(|_| next.max(self.rests_until));
    }
}

/// Who can be asked for a feed: those of some labels that answer, without some.
pub(crate) struct Answering<'all> {
    pub(crate) of: Vec<&'all BTreeSet<EntityId>>,
    pub(crate) author: &'all EntityId,
    pub(crate) busy: &'all BTreeSet<EntityId>,
}

impl<'all> Answering<'all> {
    fn may_be_asked(&self, it: &EntityId) -> bool {
        it != self.author && !self.busy.contains(it)
    }

    fn has(&self, it: &EntityId) -> bool {
        self.may_be_asked(it) && self.of.iter().any(|of| of.contains(it))
    }

    /// The next by name, and after the last the first.
    fn after(&self, last: Option<&EntityId>) -> Option<&'all EntityId> {
        let first = |from| {
            let of = self.of.iter().copied();
            let firsts = of.filter_map(|of: &'all BTreeSet<EntityId>| {
                let mut range = of.range::<EntityId, _>((from, Unbounded));
                range.find(|it| self.may_be_asked(it))
            });
            firsts.min()
        };
        let next = last.and_then(|last| first(Excluded(last)));
        next.or_else(|| first(Unbounded))
    }
}
