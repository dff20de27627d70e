//! The tasks of a node: each is waited for, and the end of one is the end of all.

use std::future::Future;

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The tasks that must go on, and the signal on which they stop.
pub(crate) struct Tasks {
    running: JoinSet<(&'static str, anyhow::Result<()>)>,
    stop: watch::Sender<bool>,
}

/// Tells a task when to stop.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Comes true when the node stops.
    pub(crate) async fn wait(mut self) {
        // An error means that nobody can signal any more: stop too.
        let _ = self.0.wait_for(|is_stopping| *is_stopping).await;
    }
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self {
            running: JoinSet::new(),
            stop: watch::channel(false).0,
        }
    }

    pub(crate) fn stop_signal(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    pub(crate) fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.running.spawn(async move { (name, task.await) });
    }

    /// Waits until the first task ends, tells the others to stop, waits for them,
    /// and gives the first error.
    pub(crate) async fn wait(mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        while let Some(ended) = self.running.join_next().await {
            let _ = self.stop.send(true);
            let ended = match ended {
                Ok((name, result)) => result.with_context(|| format!("{name} ended")),
                Err(error) => Err(anyhow::Error::new(error).context("a task broke off")),
            };
            if outcome.is_ok() {
                outcome = ended;
            }
        }
        outcome
    }
}
