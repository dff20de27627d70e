//! The driver of `sync`: asks partners for their feeds, and joins the label.

use std::sync::Arc;
use std::time::Duration;

use app::{App, PullError, PullStep, Source};
use client::{Fetch, FetchError, Request};
use sync::relayed::RELAYED_MILLIS_MAX;
use sync::{Effect, Event, Known, Limits, Mark, Schedule};
use tokio::task::JoinSet;
use tokio::time::timeout;
use wire::EntityId;
use wire::feed::{PAGE_BYTES_MAX, PAGE_MEDIA_TYPE};

use crate::config::Config;
use crate::environment::{Stopwatch, SystemEntropy};
use crate::joiner::Joins;
use crate::sender::Heard;
use crate::tasks::Stop;

/// The most pages of one pull: a partner with more has its next turn soon, and the
/// others have theirs in between.
const PAGES_MAX: usize = 50;

/// How long one pull may take in all: a slow partner has its next turn later.
const PULL: Duration = Duration::from_secs(60);

/// The longest sleep between two looks at the plan.
const LOOK_MILLIS_MAX: u64 = 1_000;

/// Why a pull ended early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Pull(#[from] PullError),
    #[error("the feed goes on without giving anything")]
    Endless,
    #[error("the pull took longer than {seconds} s")]
    Slow { seconds: u64 },
}

impl Failure {
    fn code(&self) -> &'static str {
        match self {
            Self::Pull(refusal) => refusal.code(),
            Self::Fetch(_) => "unreachable",
            Self::Endless => "feed_endless",
            Self::Slow { .. } => "feed_slow",
        }
    }
}

/// Pulls feeds as planned until the node stops.
pub(crate) async fn run(
    app: App,
    fetch: Arc<dyn Fetch>,
    config: Config,
    heard: Heard,
    stop: Stop,
) -> anyhow::Result<()> {
    let stopwatch = Stopwatch::start();
    let pull_every_millis = config.network.pull_every_seconds * 1_000;
    let mut plan = Schedule::new(Limits {
        pull_every_millis,
        ..Limits::default()
    })
    .with_first(config.coordinator.clone());
    let mut running = JoinSet::new();
    let mut joins = Joins::default();
    let mut news = Vec::new();
    loop {
        // Who there is comes first: what was heard may be of somebody who is new.
        let mut events = Vec::new();
        match app.followed_by_label().await {
            Ok(lanes) => events.push(Event::Peers(lanes)),
            Err(fault) if fault.ends_the_node() => return Err(fault.into()),
            Err(fault) => tracing::error!(error = %fault, "the register was not read: {fault}"),
        }
        events.extend(app.wanted_pulls().into_iter().map(Event::SignOfLife));
        events.append(&mut news);
        for event in events {
            for effect in plan.step(stopwatch.millis(), event) {
                let (app, fetch) = (app.clone(), Arc::clone(&fetch));
                let pull = Pull::of(effect);
                running.spawn(async move {
                    let within = pull.within();
                    let read = timeout(within, pull.read(&app, fetch.as_ref())).await;
                    let seconds = within.as_secs();
                    let outcome = read.unwrap_or(Err(Failure::Slow { seconds }));
                    (pull, outcome)
                });
            }
        }
        let now = stopwatch.millis().0;
        let due = plan
            .next_due()
            .map_or(LOOK_MILLIS_MAX, |due| due.0.saturating_sub(now));
        let sleep = Duration::from_millis(due.clamp(1, LOOK_MILLIS_MAX));
        news = tokio::select! {
            () = stop.clone().wait() => return Ok(()),
            Some(ended) = running.join_next() => {
                let (pull, outcome) = ended?;
                if outcome.is_ok() {
                    heard.from(pull.asked());
                }
                let is_coordinator = app.labels().iter().any(|it| it.coordinator == pull.peer);
                if is_coordinator && pull.relay.is_none() && outcome.is_ok() {
                    joins.begin(&app, &fetch, &pull.peer);
                }
                vec![settled(pull, outcome)?]
            }
            Some(joined) = joins.ended() => {
                joined?;
                Vec::new()
            }
            hinted = app.hinted(), if config.network.hints => hinted.into_iter().map(as_event).collect(),
            () = tokio::time::sleep(sleep) => vec![Event::Tick],
        };
    }
}

fn as_event((peer, mark): (EntityId, Mark)) -> Event {
    Event::Hinted { peer, mark }
}

/// What the plan is told of a pull. A fault of this node's own store ends the node.
fn settled(pull: Pull, outcome: Result<Read, Failure>) -> anyhow::Result<Event> {
    match outcome {
        Err(Failure::Pull(PullError::Fault(fault))) if fault.ends_the_node() => Err(fault.into()),
        outcome => Ok(told(pull, outcome)),
    }
}

fn told(pull: Pull, outcome: Result<Read, Failure>) -> Event {
    let noise = SystemEntropy::noise();
    let known = match outcome {
        Ok(read) => {
            pull.say_what_was_read(read.records);
            Some(read.known)
        }
        Err(failure) => {
            pull.say_what_failed(&failure);
            None
        }
    };
    let Pull { peer, relay } = pull;
    match (relay, known) {
        (Some(from), known) => Event::Relayed {
            peer,
            from,
            known,
            noise,
        },
        (None, Some(known)) => Event::Pulled { peer, known },
        (None, None) => Event::Failed { peer, noise },
    }
}

/// A feed that is read now, and from whom.
#[derive(Debug)]
struct Pull {
    /// Whose feed.
    peer: EntityId,
    /// Who is asked, where that is not the author.
    relay: Option<EntityId>,
}

impl Pull {
    fn of(effect: Effect) -> Self {
        match effect {
            Effect::Pull(peer) => Self { peer, relay: None },
            Effect::PullFrom { peer, relay } => Self {
                peer,
                relay: Some(relay),
            },
        }
    }

    /// Who is asked.
    fn asked(&self) -> &EntityId {
        self.relay.as_ref().unwrap_or(&self.peer)
    }

    fn source(&self) -> Source {
        match self.relay {
            Some(_) => Source::Relay,
            None => Source::Author,
        }
    }

    /// How long it may take.
    fn within(&self) -> Duration {
        match self.relay {
            Some(_) => Duration::from_millis(RELAYED_MILLIS_MAX),
            None => PULL,
        }
    }

    fn say_what_was_read(&self, records: usize) {
        let peer = &self.peer;
        match &self.relay {
            _ if records == 0 => {}
            None => {
                tracing::info!(entity = %peer, records, "read {records} records of {peer}");
            }
            Some(relay) => tracing::info!(
                entity = %peer, %relay, records, "read {records} records of {peer} from {relay}"
            ),
        }
    }

    /// What a relay gives wrong is no word about the author.
    fn say_what_failed(&self, failure: &Failure) {
        let (peer, code) = (&self.peer, failure.code());
        match &self.relay {
            None => tracing::warn!(
                entity = %peer, code, error = %failure, "{peer} was not read: {failure}"
            ),
            Some(relay) => tracing::info!(
                entity = %peer, %relay, code, error = %failure,
                "{peer} was not read from {relay}: {failure}"
            ),
        }
    }

    /// Reads a feed to its end, if that is not too far.
    async fn read(&self, app: &App, fetch: &dyn Fetch) -> Result<Read, Failure> {
        let records = self.read_pages(app, fetch).await?;
        let known = app.known_as_of(&self.peer).await;
        let known = known.map_err(PullError::from)?;
        Ok(Read { records, known })
    }

    async fn read_pages(&self, app: &App, fetch: &dyn Fetch) -> Result<usize, Failure> {
        let mut records = 0;
        for _ in 0..PAGES_MAX {
            let next = app.next_page(&self.peer).await;
            let (after, path) = next.map_err(PullError::from)?;
            let bytes = fetch.fetch(page_request(self.asked(), path)).await?;
            let asked = (self.source(), after);
            match app.take_page_after(&self.peer, asked, &bytes).await? {
                PullStep::Complete(new) => return Ok(records + new),
                PullStep::More(0) => return Err(Failure::Endless),
                PullStep::More(new) => records += new,
                PullStep::Overtaken => {}
            }
        }
        Ok(records)
    }
}

/// The question for a page of a feed.
pub(crate) fn page_request(asked: &EntityId, path: String) -> Request {
    Request {
        entity: asked.clone(),
        path,
        body: None,
        authorization: None,
        media_type: PAGE_MEDIA_TYPE,
        body_bytes_max: PAGE_BYTES_MAX,
    }
}

/// What a pull has brought.
struct Read {
    /// How many records were new.
    records: usize,
    /// How much of the feed is known now.
    known: Known,
}
