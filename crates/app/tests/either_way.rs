//! An operation in which something fails, and what must hold however it ended.

use store::{Fault, Key, Store as _, Versioned};
use testkit::{Label, TestNode};

use crate::look::{assert_sound, stored};

/// An operation of one node, and how to see that it is done.
pub(crate) struct Case<P, O, D> {
    pub(crate) what: &'static str,
    /// The story before the operation.
    pub(crate) prepare: P,
    /// Whose store has the fault.
    pub(crate) node: fn(&Label) -> &TestNode,
    pub(crate) operate: O,
    /// What the operation makes true: not yet true before, and true after it, done
    /// once or twice.
    pub(crate) is_done: D,
}

pub(crate) type Outcome = Result<(), String>;

pub(crate) fn said<T, E: std::fmt::Debug>(result: Result<T, E>) -> Outcome {
    result.map(|_| ()).map_err(|error| format!("{error:?}"))
}

async fn contents(node: &TestNode) -> Vec<(Key, Versioned)> {
    let mut all = Vec::new();
    for holding in app::keys::HOLDINGS {
        all.extend(stored(node, holding.prefix).await);
    }
    all
}

/// Whether the read that shall fail was not reached yet.
async fn is_to_come(node: &TestNode) -> bool {
    let key = Key::new(app::keys::IDENTITY, b"self");
    for _ in 0..200 {
        if node.store().get(&key).await.is_err() {
            return true;
        }
    }
    false
}

impl<P, O, D> Case<P, O, D>
where
    P: AsyncFn() -> Label,
    O: AsyncFn(&Label) -> Outcome,
    D: AsyncFn(&Label) -> bool,
{
    pub(crate) async fn check(&self) {
        let commits = self.count_commits().await;
        for nth in 1..=commits {
            for fault in [Fault::ErrorLost, Fault::ErrorKept, Fault::Full] {
                self.check_commit(nth, commits, fault).await;
            }
        }
        self.check_reads().await;
    }

    /// How many commits the operation makes when nothing fails.
    async fn count_commits(&self) -> usize {
        let label = (self.prepare)().await;
        assert!(!(self.is_done)(&label).await, "{}: done before", self.what);
        let before = (self.node)(&label).store().position().0;
        (self.operate)(&label).await.unwrap();
        assert!((self.is_done)(&label).await, "{}: not done", self.what);
        assert_sound(&label.nodes()).await;
        let commits = (self.node)(&label).store().position().0 - before;
        assert!(commits > 0, "{}: wrote nothing", self.what);
        usize::try_from(commits).unwrap()
    }

    async fn check_commit(&self, nth: usize, commits: usize, fault: Fault) {
        let what = format!("{}, commit {nth} of {commits}, {fault:?}", self.what);
        let label = (self.prepare)().await;
        let node = (self.node)(&label);
        let before = contents(node).await;
        node.store().fail_commit(nth, fault);
        let outcome = (self.operate)(&label).await;
        assert!(outcome.is_err(), "{what}: nobody noticed");
        assert!(node.app().home().await.is_err(), "{what}: it carried on");

        node.restart().await;
        assert_sound(&[node]).await;
        let is_kept = fault == Fault::ErrorKept;
        let is_whole = is_kept && nth == commits;
        assert_eq!((self.is_done)(&label).await, is_whole, "{what}");
        let is_untouched = nth == 1 && !is_kept;
        assert_eq!(contents(node).await == before, is_untouched, "{what}");

        (self.operate)(&label).await.unwrap();
        assert!((self.is_done)(&label).await, "{what}: not done again");
        label.settle().await;
        assert_sound(&label.nodes()).await;
    }

    /// A read that fails is an error, never an absence: nothing is decided on it.
    async fn check_reads(&self) {
        for nth in 1..200 {
            let label = (self.prepare)().await;
            let node = (self.node)(&label);
            node.store().fail_read(nth);
            if (self.operate)(&label).await.is_ok() {
                assert!(nth > 1, "{}: it reads nothing", self.what);
                assert!(
                    is_to_come(node).await,
                    "{}: read {nth} was swallowed",
                    self.what
                );
                node.restart().await;
                assert!((self.is_done)(&label).await, "{}, read {nth}", self.what);
                return;
            }
            node.restart().await;
            assert_sound(&[node]).await;
            (self.operate)(&label).await.unwrap();
            assert!((self.is_done)(&label).await, "{}, read {nth}", self.what);
        }
        panic!("{}: there is no end of reads", self.what);
    }
}
