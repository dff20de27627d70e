//! The committer: the one thread that writes.
//!
//! A group goes through these steps, in this order:
//!
//! 1. Each batch is checked against what is there and what precedes it.
//! 2. The old values are published to readers (see `in_flight`).
//! 3. All writes are applied to sled as one batch. A crash from here on, until step
//!    4 is done, leaves all of the group or none of it; nobody was told either.
//! 4. One blocking flush, whose every write ends in a real sync (see `real_sync`).
//!    Then one more sync, through a descriptor of our own. It finds nothing to write;
//!    it is there to be told. The kernel tells each descriptor of a lost write once,
//!    and sled's background thread, which syncs through sled's, drops what it is told.
//!    The group is durable.
//! 5. The high-water mark is raised. A crash before this leaves the mark behind the
//!    store, which is allowed; nobody was told.
//! 6. The old values are cleared: readers see the group.
//! 7. Every batch is answered, refused ones included: a conflict with a batch of the
//!    same group is told only when a reader can see the reason.
//!
//! **Invariant:** an error or panic in steps 2 to 6 is final. Whether the group is
//! written is not known, and nothing is written after it.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use store::{CommitError, Position, ReadError};

use crate::engine::{Engine, guarded};
use crate::group::{Fingerprints, Group, Sealed};
use crate::high_water::{HighWater, Mark};
use crate::queue::{Drained, Job, Queue};
use crate::watchdog::Leash;

/// After how long without work the high-water mark is synced.
const IDLE_AFTER: Duration = Duration::from_secs(1);

/// What the thread owns.
pub(crate) struct Committer {
    pub(crate) engine: Arc<Engine>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) high_water: HighWater,
    /// sled's log, open for its sync alone.
    pub(crate) log: File,
    pub(crate) leash: Leash,
    pub(crate) position: Position,
    pub(crate) fingerprints: Fingerprints,
    /// The group at work. It outlives a failure until the reason is known to all, so
    /// that an unknown outcome is told with its reason.
    pub(crate) jobs: Vec<Job>,
    /// Runs between applying and flushing.
    #[cfg(test)]
    pub(crate) before_flush: Arc<dyn Fn() + Send + Sync>,
}

impl Committer {
    /// Works until the queue is closed and empty, or something fails.
    pub(crate) fn run(mut self) {
        let worked = guarded(|| self.work()).unwrap_or_else(Err);
        if let Err(why) = worked {
            self.engine.fail(why);
        }
        self.queue.abandon();
    }

    fn work(&mut self) -> Result<(), String> {
        loop {
            match self.queue.drain(IDLE_AFTER) {
                Drained::Group(jobs) => {
                    self.jobs = jobs;
                    self.leash.clone().watched(|| self.commit())?;
                }
                Drained::Idle => self.sync_mark()?,
                Drained::Closed => return self.sync_mark(),
            }
        }
    }

    /// Commits the group at work. On an error, its answers are dropped with `self`,
    /// which is an unknown outcome for all.
    fn commit(&mut self) -> Result<(), String> {
        let mut group = Group::new(&self.engine.db, self.position, self.fingerprints.clone());
        let mut outcomes = Vec::with_capacity(self.jobs.len());
        for job in &self.jobs {
            let outcome = group.add(&job.batch);
            if let Err(CommitError::Read(ReadError::Engine(why))) = outcome {
                return Err(why);
            }
            outcomes.push(outcome);
        }
        let sealed = group
            .seal(self.position)
            .map_err(|error| error.to_string())?;
        if let Some(sealed) = sealed {
            self.make_durable(sealed)?;
        }
        for (job, outcome) in self.jobs.drain(..).zip(outcomes) {
            // Who no longer waits for the answer does not get it.
            let _unheard = job.answer.send(outcome);
        }
        Ok(())
    }

    /// Steps 2 to 6.
    fn make_durable(&mut self, sealed: Sealed) -> Result<(), String> {
        let Sealed {
            writes,
            olds,
            mark,
            fingerprints,
        } = sealed;
        self.engine.in_flight.publish(olds);
        self.engine
            .db
            .apply_batch(writes)
            .map_err(|error| error.to_string())?;
        #[cfg(test)]
        (self.before_flush)();
        self.engine.db.flush().map_err(|error| error.to_string())?;
        self.log
            .sync_data()
            .map_err(|error| format!("the log: {error}"))?;
        self.raise(mark)?;
        self.engine.in_flight.clear();
        self.position = mark.position;
        self.fingerprints = fingerprints;
        Ok(())
    }

    fn raise(&mut self, mark: Mark) -> Result<(), String> {
        self.high_water
            .raise(mark)
            .map_err(|error| format!("the high-water mark: {error}"))
    }

    fn sync_mark(&mut self) -> Result<(), String> {
        self.high_water
            .sync()
            .map_err(|error| format!("the high-water mark: {error}"))
    }
}
