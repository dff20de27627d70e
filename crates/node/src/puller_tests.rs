//! The driver over nodes in memory, with a network that does as told.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use client::{Fetch, FetchError, Request};
use rules::trust::Standing;
use testkit::{Label, Line, TestNode, pull, space_text};
use tokio::sync::mpsc;
use tokio::time::timeout;
use wire::EntityId;

use crate::config::Config;
use crate::sender;
use crate::tasks::Tasks;

/// How long anything may take that shall happen, by a clock that stands still while
/// anything is being done.
const SOON: Duration = Duration::from_secs(2 * 60 * 60);

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
        Self {
            _tasks: tasks,
            asked,
        }
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

/// A label of which the first space has published something that the third has not read,
/// and does not reach it.
async fn cut_off() -> Label {
    let label = Label::labelled(3).await;
    let (author, reader) = (label.space(0), label.space(2));
    let published = author.app().publish_space(&space_text("Le Mug")).await;
    published.unwrap();
    label.network.cut_way(author.entity(), reader.entity());
    label.network.cut_way(reader.entity(), author.entity());
    label
}

async fn hears(label: &Label, reader: &TestNode) {
    let heard = pull(&label.network, reader, label.space(0).entity()).await;
    heard.unwrap();
}

/// Reads on until the third space knows of the first what that has written. Gives whom it
/// has asked for that.
async fn read_by_relays(label: &Label) -> Vec<EntityId> {
    let (author, reader) = (label.space(0).entity(), label.space(2));
    let mut node = Pulling::begin(label, reader, |_| Fate::Asked);
    let mut asked = Vec::new();
    let written = label.space(0).app().known(author).await.unwrap();
    let feed = app::page_path(author, (0, 0));
    let feed = feed.split('&').next().unwrap().to_owned();
    while reader.app().known(author).await.unwrap() < written {
        let is_it = |it: &Request| it.path.starts_with(&feed) && it.entity != *author;
        asked.push(node.asks(is_it).await.entity);
        // What is asked now is answered before anything else is asked for.
        node.asks(|_| true).await;
    }
    let seen = reader.app().home().await.unwrap();
    let seen = seen.partners.into_iter().find(|it| it.entity == *author);
    assert_eq!(seen.unwrap().feed.refusal, None);
    asked
}

#[tokio::test(start_paused = true)]
async fn who_cannot_reach_an_author_reads_the_feed_from_the_coordinator() {
    let label = cut_off().await;
    hears(&label, &label.coordinator).await;
    hears(&label, label.space(1)).await;
    let asked = read_by_relays(&label).await;
    assert_eq!(asked[0], *label.coordinator.entity());
    assert!(asked.len() <= 2, "at the first time: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_coordinator_withholds_a_partner_brings() {
    let label = cut_off().await;
    hears(&label, label.space(1)).await;
    let asked = read_by_relays(&label).await;
    assert_eq!(asked[0], *label.coordinator.entity());
    assert!(asked.contains(label.space(1).entity()), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_coordinator_forges_a_partner_brings() {
    let label = cut_off().await;
    hears(&label, &label.coordinator).await;
    hears(&label, label.space(1)).await;
    let hostile = label.coordinator.entity().clone();
    let feed = app::page_path(&hostile, (0, 0));
    let own = feed.split('&').next().unwrap().to_owned();
    label.network.tamper(move |request, answer| {
        if request.entity == hostile && !request.path.starts_with(&own) {
            answer.body = answer.text().replace("Le Mug", "Le Rhum").into_bytes();
        }
    });
    let asked = read_by_relays(&label).await;
    assert_eq!(asked[0], *label.coordinator.entity());
    assert!(asked.contains(label.space(1).entity()), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_coordinator_says_comes_through_a_space_while_it_is_out_of_reach() {
    let label = Label::labelled(2).await;
    let (coordinator, reader) = (&label.coordinator, label.space(1));
    let app = coordinator.app();
    let withdrawn = app.withdraw(label.space(0).entity(), "closed").await;
    withdrawn.unwrap();
    let heard = pull(&label.network, label.space(0), coordinator.entity()).await;
    heard.unwrap();
    label.network.cut_way(reader.entity(), coordinator.entity());
    let mut node = Pulling::begin(&label, reader, |_| Fate::Asked);
    let written = coordinator.app().known(coordinator.entity()).await.unwrap();
    while reader.app().known(coordinator.entity()).await.unwrap() < written {
        node.asks(|_| true).await;
    }
    let register = reader.app().register().await.unwrap();
    let standing = register.standing(label.space(0).entity(), reader.app().now());
    assert!(
        matches!(standing, Standing::Withdrawn { .. }),
        "{standing:?}"
    );
}

fn is_join(request: &Request) -> bool {
    request.path == "/federation/v1/join"
}

#[tokio::test(start_paused = true)]
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
