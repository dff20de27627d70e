//! The driver over nodes in memory, with a network that does as told.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use client::{Fetch, FetchError, Request};
use testkit::{Label, Line, TestNode};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::config::Config;
use crate::sender;
use crate::tasks::Tasks;

/// How long anything may take that shall happen.
const SOON: Duration = Duration::from_secs(20);

/// What becomes of a question on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Asked,
    Unanswered,
}

/// A way out on which some questions are never answered, and that tells what was asked.
struct Watched {
    line: Line,
    fate: fn(&Request) -> Fate,
    asked: mpsc::UnboundedSender<Request>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.line, f)
    }
}

#[async_trait::async_trait]
impl Fetch for Watched {
    async fn fetch(&self, request: Request) -> Result<Vec<u8>, FetchError> {
        let _ = self.asked.send(request.clone());
        match (self.fate)(&request) {
            Fate::Asked => self.line.fetch(request).await,
            Fate::Unanswered => std::future::pending().await,
        }
    }
}

/// A node that pulls every second, until this is dropped.
struct Pulling {
    _tasks: Tasks,
    asked: mpsc::UnboundedReceiver<Request>,
}

impl Pulling {
    fn begin(label: &Label, node: &TestNode, fate: fn(&Request) -> Fate) -> Self {
        let sample = include_str!("../../../deploy/escale.sample.toml");
        let mut config = Config::parse(Path::new("/node"), sample).unwrap();
        config.coordinator = label.coordinator.entity().clone();
        config.network.pull_every_seconds = 1;
        let (send, asked) = mpsc::unbounded_channel();
        let fetch = Watched {
            line: label.network.line_of(node.entity()),
            fate,
            asked: send,
        };
        let mut tasks = Tasks::new();
        let (heard, _) = sender::signs();
        let run = crate::puller::run(
            node.app(),
            Arc::new(fetch),
            config,
            heard,
            tasks.stop_signal(),
        );
        tasks.spawn("asking partners", run);
        let _tasks = tasks;
        Self { _tasks, asked }
    }

    /// The next question of this kind.
    async fn asks(&mut self, is_it: impl Fn(&Request) -> bool) -> Request {
        let next = async {
            loop {
                let request = self.asked.recv().await.expect("it goes on");
                if is_it(&request) {
                    return request;
                }
            }
        };
        timeout(SOON, next).await.expect("it asks")
    }
}

fn is_join(request: &Request) -> bool {
    request.path == "/federation/v1/join"
}

#[tokio::test]
async fn a_coordinator_that_is_slow_to_admit_keeps_no_pull_waiting() {
    let label = Label::invited(1).await;
    let mut node = Pulling::begin(&label, label.space(0), |request| {
        if is_join(request) {
            Fate::Unanswered
        } else {
            Fate::Asked
        }
    });
    node.asks(is_join).await;
    // It goes on reading, and does not ask again before it has an answer.
    for _ in 0..3 {
        let asked = node.asks(|_| true).await;
        assert!(!is_join(&asked), "asked twice at once");
    }
}
