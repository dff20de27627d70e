//! The bounded queue before the committer.
//!
//! **Invariant:** what is refused was not queued, and what was queued is answered,
//! or its answer is dropped with the committer.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use store::{Batch, CommitError, Position};
use tokio::sync::oneshot;

/// The most batches that wait. At a few hundred in a group and some ten
/// milliseconds for one on a slow disk, the last waits well under a second; who
/// would wait longer is better told to come back.
pub(crate) const QUEUE_BATCHES_MAX: usize = 1_024;

/// The most bytes that wait, by [`Batch::bytes`]: four of the largest batches. It
/// bounds memory where the batches are large.
pub(crate) const QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The most bytes of a group, unless its first batch has more. A sync of this much
/// takes a tenth of a second on a slow disk.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A batch, and where its answer goes.
pub(crate) struct Job {
    pub(crate) batch: Batch,
    pub(crate) answer: oneshot::Sender<Result<Position, CommitError>>,
}

/// What the committer finds.
pub(crate) enum Drained {
    /// At least one job, in order of arrival.
    Group(Vec<Job>),
    /// Nothing came for a while.
    Idle,
    /// Nothing is left, and nothing will come.
    Closed,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    bytes: usize,
    is_closed: bool,
}

impl Queue {
    /// Queues `job`, or refuses: `Busy` when full, `None` when closed.
    pub(crate) fn push(&self, job: Job) -> Option<Result<(), CommitError>> {
        let bytes = job.batch.bytes();
        let mut state = self.lock();
        if state.is_closed {
            return None;
        }
        if state.jobs.len() == QUEUE_BATCHES_MAX || state.bytes + bytes > QUEUE_BYTES_MAX {
            return Some(Err(CommitError::Busy));
        }
        state.bytes += bytes;
        state.jobs.push_back(job);
        drop(state);
        self.arrived.notify_one();
        Some(Ok(()))
    }

    /// Takes a group; waits at most `idle_after` for its first job.
    pub(crate) fn drain(&self, idle_after: Duration) -> Drained {
        let state = self.lock();
        let (mut state, _) = self
            .arrived
            .wait_timeout_while(state, idle_after, |state| {
                state.jobs.is_empty() && !state.is_closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some(job) = state.jobs.pop_front() {
            let more = job.batch.bytes();
            if !group.is_empty() && bytes + more > GROUP_BYTES_MAX {
                state.jobs.push_front(job);
                break;
            }
            bytes += more;
            group.push(job);
        }
        state.bytes -= bytes;
        match (group.is_empty(), state.is_closed) {
            (false, _) => Drained::Group(group),
            (true, false) => Drained::Idle,
            (true, true) => Drained::Closed,
        }
    }

    /// Refuses what comes from now on; what is queued stays.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_one();
    }

    /// Closes, and drops what is queued with its answers.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let jobs = std::mem::take(&mut state.jobs);
        state.bytes = 0;
        drop(state);
        drop(jobs);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{Key, Prefix};

    fn job(bytes: usize) -> Job {
        let mut batch = Batch::new();
        batch.put(Key::new(Prefix::new(*b"te"), b""), vec![0; bytes]);
        Job {
            batch,
            answer: oneshot::channel().0,
        }
    }

    #[test]
    fn a_full_queue_is_busy_and_room_comes_back() {
        let queue = Queue::default();
        for _ in 0..QUEUE_BATCHES_MAX {
            assert!(matches!(queue.push(job(1)), Some(Ok(()))));
        }
        assert!(matches!(queue.push(job(1)), Some(Err(CommitError::Busy))));
        assert!(matches!(queue.drain(Duration::ZERO), Drained::Group(_)));
        assert!(matches!(queue.push(job(1)), Some(Ok(()))));
    }

    #[test]
    fn large_batches_fill_the_queue_by_their_bytes() {
        let queue = Queue::default();
        let fit = (0..100)
            .take_while(|_| matches!(queue.push(job(1 << 20)), Some(Ok(()))))
            .count();
        assert_eq!(fit, 31);
    }

    #[test]
    fn a_closed_queue_gives_what_it_has_and_then_ends() {
        let queue = Queue::default();
        queue.push(job(1));
        queue.close();
        assert!(queue.push(job(1)).is_none());
        assert!(matches!(queue.drain(Duration::ZERO), Drained::Group(jobs) if jobs.len() == 1));
        assert!(matches!(queue.drain(Duration::ZERO), Drained::Closed));
    }
}
