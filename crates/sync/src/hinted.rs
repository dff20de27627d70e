//! What hints may make a node do, and how often.
//!
//! A hint is not signed: it costs its sender nothing, and may be a lie. So there is a
//! limit to each feed, to all of them together, and to what is tried at partners that
//! did not answer last.
//!
//! Specified in `specs/feed.md`, section 8.

use std::collections::VecDeque;

use crate::{Mark, Millis};

/// From the start of one pull of a feed for a hint to the next: half a second, so that
/// somebody who publishes in a burst is read twice a second and not at every record.
pub const HINTED_EVERY_MILLIS: u64 = 500;

/// How long hints about a feed do nothing after one that was not true, or whose pull
/// failed: whoever lies has one pull in five seconds for it.
pub const HINTED_IN_VAIN_MILLIS: u64 = 5_000;

/// The most pulls for hints within a second, of all feeds together.
pub const HINTED_PER_SECOND_MAX: usize = 10;

/// From one pull for a hint of a partner that did not answer last to the next, of all
/// such partners together: each may cost a connection that nobody takes.
pub const HINTED_RETRY_MILLIS: u64 = 10_000;

/// In how long [`HINTED_PER_SECOND_MAX`] are counted.
const SECOND_MILLIS: u64 = 1_000;

/// What was said of one feed.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Said, and not asked for yet.
    heard: Option<Mark>,
    /// What the pull that is under way should bring.
    sought: Option<Mark>,
    /// Whether it would not have begun without a hint.
    is_by_hint: bool,
    /// No pull begins for a hint before.
    rests_until: Millis,
}

impl Claims {
    pub(crate) fn hear(&mut self, mark: Mark) {
        self.heard = self.heard.max(Some(mark));
    }

    /// From when on a pull may begin for what was heard.
    pub(crate) fn rests_until(&self) -> Option<Millis> {
        self.heard.map(|_| self.rests_until)
    }

    /// A pull begins. What is heard from here on is not what it should bring: it may have
    /// been written after the page.
    pub(crate) fn start(&mut self, now: Millis, is_by_hint: bool) {
        self.sought = self.heard.take();
        self.is_by_hint = is_by_hint;
        if is_by_hint {
            self.rests_until = now.plus(HINTED_EVERY_MILLIS);
        }
    }

    /// The pull ended well, and the feed is known so far.
    pub(crate) fn land(&mut self, now: Millis, known: Mark) {
        let sought = self.sought.take();
        if sought > Some(known) {
            self.rests_until = now.plus(HINTED_IN_VAIN_MILLIS);
        }
        self.heard = self.heard.filter(|heard| *heard > known);
        self.is_by_hint = false;
    }

    /// A relay has brought the feed so far.
    pub(crate) fn relay(&mut self, known: Mark) {
        self.heard = self.heard.filter(|heard| *heard > known);
    }

    /// The pull failed; whether a hint alone began it.
    pub(crate) fn fail(&mut self, now: Millis) -> bool {
        self.sought = None;
        let is_by_hint = std::mem::take(&mut self.is_by_hint);
        if is_by_hint {
            self.rests_until = now.plus(HINTED_IN_VAIN_MILLIS);
        }
        is_by_hint
    }
}

/// What all feeds have together.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// When the last pulls for hints began, at most [`HINTED_PER_SECOND_MAX`] of them.
    begun: VecDeque<Millis>,
    /// No pull for a hint begins before at a partner that did not answer last.
    retry_at: Millis,
}

impl Turns {
    /// The first turn from `at` on.
    pub(crate) fn after(&self, at: Millis, is_retry: bool) -> Millis {
        let is_full = self.begun.len() >= HINTED_PER_SECOND_MAX;
        let oldest = self.begun.front().filter(|_| is_full);
        let free_at = oldest.map_or(at, |begun| at.max(begun.plus(SECOND_MILLIS)));
        if is_retry {
            free_at.max(self.retry_at)
        } else {
            free_at
        }
    }

    pub(crate) fn take(&mut self, now: Millis, is_retry: bool) {
        if self.begun.len() >= HINTED_PER_SECOND_MAX {
            self.begun.pop_front();
        }
        self.begun.push_back(now);
        if is_retry {
            self.retry_at = now.plus(HINTED_RETRY_MILLIS);
        }
    }
}
