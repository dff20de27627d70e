//! The watchdog: a commit that never ends must not look like a slow one.
//!
//! **Invariant:** a commit that is at work for longer than the limit is acted on
//! once, by default by ending the process: the ordinary start finds out.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The watchdog and its thread, which ends with it.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the watchdog when a commit is at work.
#[derive(Clone)]
pub(crate) struct Leash(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    working_since: Option<Instant>,
    is_over: bool,
}

impl Watchdog {
    /// Starts watching: acts once when a commit takes longer than `limit`.
    pub(crate) fn start(limit: Duration, act: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let watched = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("store-watchdog".to_owned())
            .spawn(move || watched.watch(limit, act))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    pub(crate) fn leash(&self) -> Leash {
        Leash(Arc::clone(&self.shared))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.ended.notify_all();
        if let Some(thread) = self.thread.take() {
            // An error is a panic of the action, which has been seen.
            let _ended = thread.join();
        }
    }
}

impl Leash {
    /// Runs `work` under the watchdog's eyes.
    pub(crate) fn watched<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.lock().working_since = Some(Instant::now());
        let result = work();
        self.0.lock().working_since = None;
        result
    }
}

impl Shared {
    fn watch(&self, limit: Duration, act: impl Fn()) {
        let interval = (limit / 4).min(Duration::from_secs(1));
        let mut state = self.lock();
        while !state.is_over {
            if state
                .working_since
                .is_some_and(|since| since.elapsed() > limit)
            {
                drop(state);
                return act();
            }
            let waited = self.ended.wait_timeout(state, interval);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_commit_over_the_limit_is_acted_on_and_one_below_it_is_not() {
        let (acted, action) = mpsc::channel();
        let act = move || acted.send(()).unwrap();
        let watchdog = Watchdog::start(Duration::from_millis(400), act).unwrap();
        watchdog.leash().watched(|| {
            assert!(action.recv_timeout(Duration::from_millis(50)).is_err());
        });
        assert!(
            action.recv_timeout(Duration::from_millis(600)).is_err(),
            "nothing is at work"
        );
        watchdog
            .leash()
            .watched(|| action.recv_timeout(Duration::from_secs(20)).unwrap());
    }
}
