//! Who waits for a pull, the one that is due first in front.
//!
//! **Invariant:** what is asked of it costs the logarithm of how many wait: with thousands
//! of peers the plan is not the work.

use std::collections::BTreeSet;

use wire::EntityId;

use crate::Millis;
use crate::hinted::Turns;
use crate::schedule::Peer;

/// Peers by when each may be asked, and by name where that is the same.
type Waiting = BTreeSet<(Millis, EntityId)>;

/// The peers that are not being asked.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    planned: Waiting,
    /// Those of which something was hinted, by when they have rested from hints.
    hinted: Waiting,
    /// The same, of those that did not answer last.
    hinted_failing: Waiting,
}

impl Queue {
    /// A peer waits, as it is now.
    pub(crate) fn insert(&mut self, peer: &EntityId, it: &Peer) {
        self.planned.insert((it.due_at, peer.clone()));
        if let Some(at) = it.claims.rests_until() {
            self.hinted_of(it).insert((at, peer.clone()));
        }
    }

    /// A peer, as it was when it was inserted, waits no more.
    pub(crate) fn remove(&mut self, peer: &EntityId, it: &Peer) {
        self.planned.remove(&(it.due_at, peer.clone()));
        if let Some(at) = it.claims.rests_until() {
            self.hinted_of(it).remove(&(at, peer.clone()));
        }
    }

    /// Who is due first, and when: as planned, or sooner for a hint.
    pub(crate) fn next(&self, turns: &Turns) -> Option<(Millis, &EntityId)> {
        let planned = self.planned.first().map(|(at, peer)| (*at, peer));
        let hinted = self.hinted.first();
        let hinted = hinted.map(|(at, peer)| (turns.after(*at, false), peer));
        let failing = self.hinted_failing.first();
        let failing = failing.map(|(at, peer)| (turns.after(*at, true), peer));
        [planned, hinted, failing].into_iter().flatten().min()
    }

    fn hinted_of(&mut self, it: &Peer) -> &mut Waiting {
        if it.failures > 0 {
            &mut self.hinted_failing
        } else {
            &mut self.hinted
        }
    }
}
