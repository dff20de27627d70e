//! What a connection is doing, since when, and until when it may.
//!
//! The gate and the service write it down, the connection reads it after every
//! step; all of them run in the one task of the connection, so the lock is never
//! waited for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::head::Framing;
use crate::{Limits, Refusal};

/// What is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reading {
    /// Nothing of the next head is there.
    Nothing,
    /// Some of a head is there, or all of it while an earlier one is not handed on.
    Head { since: Instant },
    /// A body; `wanted_since` while the peer is what is waited for.
    Body {
        since: Instant,
        wanted_since: Option<Instant>,
    },
    /// Nothing more will be read.
    Over,
}

/// What happens when the time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// The head is refused with an answer.
    RefuseHead,
    /// The connection ends between two requests.
    Close,
    /// The connection is dropped.
    Drop,
}

#[derive(Debug)]
struct State {
    opened: Instant,
    reading: Reading,
    /// Since when there are bytes that the peer has not taken.
    writing_since: Option<Instant>,
    /// When it last took some of them.
    wrote_at: Instant,
    /// Verdicts on the heads that hyper was given and the service has not seen yet.
    verdicts: VecDeque<Result<Framing, Refusal>>,
    /// Requests given to hyper whose answer has not ended.
    unanswered: usize,
    /// When the last answer ended.
    quiet_since: Option<Instant>,
    is_head_overdue: bool,
    /// Whether the last head announced chunks.
    is_chunked: bool,
}

/// Shared between the parts of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    state: Arc<Mutex<State>>,
    pub(crate) limits: Arc<Limits>,
    is_local: bool,
}

impl Progress {
    pub(crate) fn new(limits: Arc<Limits>, is_local: bool) -> Self {
        let now = Instant::now();
        let state = State {
            opened: now,
            reading: Reading::Nothing,
            writing_since: None,
            wrote_at: now,
            verdicts: VecDeque::new(),
            unanswered: 0,
            quiet_since: None,
            is_head_overdue: false,
            is_chunked: false,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            limits,
            is_local,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Some bytes of a head are there.
    pub(crate) fn head_began(&self) {
        let mut state = self.state();
        if matches!(state.reading, Reading::Nothing) {
            // The first head's time runs from the opening: silence is no way to prolong it.
            let since = if state.quiet_since.is_none() && state.unanswered == 0 {
                state.opened
            } else {
                Instant::now()
            };
            state.reading = Reading::Head { since };
        }
    }

    /// A head was judged and goes to hyper.
    pub(crate) fn head_ended(&self, verdict: Result<Framing, Refusal>) {
        let mut state = self.state();
        state.verdicts.push_back(verdict);
        state.unanswered += 1;
        state.is_chunked = verdict == Ok(Framing::Chunked);
        state.reading = match verdict {
            Ok(Framing::Length(0)) => Reading::Nothing,
            Ok(Framing::Length(_) | Framing::Chunked) => Reading::Body {
                since: Instant::now(),
                wanted_since: None,
            },
            Err(_) => Reading::Over,
        };
    }

    /// The peer is waited for.
    pub(crate) fn body_wanted(&self) {
        if let Reading::Body { wanted_since, .. } = &mut self.state().reading {
            wanted_since.get_or_insert_with(Instant::now);
        }
    }

    /// The peer is not waited for any more.
    pub(crate) fn body_came(&self) {
        if let Reading::Body { wanted_since, .. } = &mut self.state().reading {
            *wanted_since = None;
        }
    }

    /// The body is all there.
    pub(crate) fn body_ended(&self) {
        let mut state = self.state();
        if matches!(state.reading, Reading::Body { .. }) {
            state.reading = Reading::Nothing;
        }
    }

    /// A chunked body is all there, or nobody wants the rest of it. After a body with
    /// a length, the gate has said so before.
    pub(crate) fn chunks_ended(&self) {
        let mut state = self.state();
        if state.is_chunked {
            state.reading = Reading::Over;
        }
    }

    /// Nothing more will be read.
    pub(crate) fn reading_ended(&self) {
        self.state().reading = Reading::Over;
    }

    /// Whether the head under way has used up its time.
    pub(crate) fn is_head_overdue(&self) -> bool {
        self.state().is_head_overdue
    }

    /// Bytes of an answer are offered to the peer.
    pub(crate) fn write_began(&self) {
        let mut state = self.state();
        if state.writing_since.is_none() {
            let now = Instant::now();
            state.writing_since = Some(now);
            state.wrote_at = now;
        }
    }

    /// The peer took some.
    pub(crate) fn wrote(&self) {
        self.state().wrote_at = Instant::now();
    }

    /// The peer took all.
    pub(crate) fn write_ended(&self) {
        let mut state = self.state();
        if state.writing_since.take().is_some() && state.unanswered == 0 {
            state.quiet_since = Some(Instant::now());
        }
    }

    /// The verdict on the request that the service is given.
    pub(crate) fn next_verdict(&self) -> Option<Result<Framing, Refusal>> {
        self.state().verdicts.pop_front()
    }

    /// An answer ended.
    pub(crate) fn answered(&self) {
        let mut state = self.state();
        state.unanswered = state.unanswered.saturating_sub(1);
        state.quiet_since = Some(Instant::now());
    }

    /// Whether the connection has lived long enough.
    pub(crate) fn is_old(&self) -> bool {
        self.state().opened.elapsed() >= self.limits.life_time
    }

    /// When the connection must be looked at again, and what to do then.
    pub(crate) fn deadline(&self) -> (Instant, Expiry) {
        let state = self.state();
        let limits = &self.limits;
        let mut deadline = (
            state.opened + limits.life_time + limits.write_time,
            Expiry::Drop,
        );
        let mut sooner = |at: Instant, expiry| {
            if at < deadline.0 {
                deadline = (at, expiry);
            }
        };
        if let Some(since) = state.writing_since {
            sooner(since + limits.write_time, Expiry::Drop);
            sooner(state.wrote_at + limits.write_stall_time, Expiry::Drop);
        }
        match state.reading {
            Reading::Nothing if state.unanswered == 0 && state.writing_since.is_none() => {
                let idle = if self.is_local {
                    limits.local_idle_time
                } else {
                    limits.idle_time
                };
                let until = state
                    .quiet_since
                    .map_or(state.opened + limits.head_time, |quiet_since| {
                        quiet_since + idle
                    });
                sooner(until, Expiry::Close);
            }
            // While an answer is under way, hyper may have no eye for what comes.
            Reading::Head { since } if state.unanswered == 0 => {
                let since = state
                    .quiet_since
                    .map_or(since, |quiet_since| since.max(quiet_since));
                sooner(since + limits.head_time, Expiry::RefuseHead);
            }
            Reading::Body {
                since,
                wanted_since,
            } => {
                sooner(since + limits.body_time, Expiry::Drop);
                if let Some(wanted_since) = wanted_since {
                    sooner(wanted_since + limits.body_idle_time, Expiry::Drop);
                }
            }
            Reading::Nothing | Reading::Head { .. } | Reading::Over => {}
        }
        deadline
    }

    /// The head under way is refused as too slow when it is next read.
    pub(crate) fn head_expired(&self) {
        let mut state = self.state();
        state.is_head_overdue = true;
        state.reading = Reading::Over;
    }
}
