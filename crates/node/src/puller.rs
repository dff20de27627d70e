//! The driver of `sync`: asks partners for their feeds, and joins the label.

use std::sync::Arc;
use std::time::Duration;

use app::{App, PullError, PullStep};
use client::{Fetch, FetchError, Request};
use sync::{Effect, Event, Limits, Mark, Schedule};
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
    #[error("the pull took longer than {} s", PULL.as_secs())]
    Slow,
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
            for Effect::Pull(peer) in plan.step(stopwatch.millis(), event) {
                let (app, fetch) = (app.clone(), Arc::clone(&fetch));
                running.spawn(async move {
                    let pulled = timeout(PULL, pull(&app, fetch.as_ref(), &peer)).await;
                    let outcome = pulled.unwrap_or(Err(Failure::Slow));
                    (peer, outcome)
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
                let (peer, outcome) = ended?;
                if outcome.is_ok() {
                    heard.from(&peer);
                }
                let is_coordinator = app.labels().iter().any(|it| it.coordinator == peer);
                if is_coordinator && outcome.is_ok() {
                    joins.begin(&app, &fetch, &peer);
                }
                vec![settled(&peer, outcome)?]
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
fn settled(peer: &EntityId, outcome: Result<Read, Failure>) -> anyhow::Result<Event> {
    match outcome {
        Ok(Read { records, known }) => {
            if records > 0 {
                tracing::info!(entity = %peer, records, "read {records} records of {peer}");
            }
            let peer = peer.clone();
            Ok(Event::Pulled { peer, known })
        }
        Err(Failure::Pull(PullError::Fault(fault))) if fault.ends_the_node() => Err(fault.into()),
        Err(failure) => {
            let code = match &failure {
                Failure::Pull(refusal) => refusal.code(),
                Failure::Fetch(_) => "unreachable",
                Failure::Endless => "feed_endless",
                Failure::Slow => "feed_slow",
            };
            tracing::warn!(entity = %peer, code, error = %failure, "{peer} was not read: {failure}");
            Ok(Event::Failed {
                peer: peer.clone(),
                noise: SystemEntropy::noise(),
            })
        }
    }
}

/// What a pull has brought.
struct Read {
    /// How many records were new.
    records: usize,
    /// How long the feed is, as far as it is known now.
    known: Mark,
}

/// Reads a feed to its end, if that is not too far.
async fn pull(app: &App, fetch: &dyn Fetch, peer: &EntityId) -> Result<Read, Failure> {
    let records = pull_pages(app, fetch, peer).await?;
    let known = app.known(peer).await.map_err(PullError::from)?;
    Ok(Read { records, known })
}

async fn pull_pages(app: &App, fetch: &dyn Fetch, peer: &EntityId) -> Result<usize, Failure> {
    let mut records = 0;
    for _ in 0..PAGES_MAX {
        let request = Request {
            entity: peer.clone(),
            path: app.next_page_path(peer).await.map_err(PullError::from)?,
            body: None,
            authorization: None,
            media_type: PAGE_MEDIA_TYPE,
            body_bytes_max: PAGE_BYTES_MAX,
        };
        let bytes = fetch.fetch(request).await?;
        match app.take_page(peer, &bytes).await? {
            PullStep::Complete(new) => return Ok(records + new),
            PullStep::More(0) => return Err(Failure::Endless),
            PullStep::More(new) => records += new,
        }
    }
    Ok(records)
}
