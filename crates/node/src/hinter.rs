//! The driver of `sync::hinting`: tells partners that the own feed has grown.
//!
//! It looks at the feed after each commit of this node, so that what it tells is durable,
//! whoever wrote it. Why a hint did not arrive is of no interest: whoever did not hear it
//! reads the feed a little later.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use client::{Fetch, Request};
use sync::Mark;
use sync::hinting::{self, Effect, Event, Hinting};
use tokio::task::JoinSet;
use tokio::time::timeout;
use wire::EntityId;
use wire::hint::{HINT_MEDIA_TYPE, Hint};
use wire::trust::NodeRole;

use crate::environment::Stopwatch;
use crate::tasks::Stop;
use crate::watched_store::Commits;

/// The longest sleep between two looks at the plan.
const LOOK_MILLIS_MAX: u64 = 60_000;

/// The most bytes of an answer: it says nothing.
const ANSWER_BYTES_MAX: usize = 1_024;

/// Tells of each growth of the own feed until the node stops. At the start that is all of
/// it: others may have missed what was written before.
pub(crate) async fn run(
    app: App,
    fetch: Arc<dyn Fetch>,
    mut commits: Commits,
    stop: Stop,
) -> anyhow::Result<()> {
    let stopwatch = Stopwatch::start();
    let mut plan = plan_of(&app);
    let mut running = JoinSet::new();
    let mut event = Event::Tick;
    loop {
        let mut events = news(&app).await?;
        events.push(event);
        for event in events {
            for Effect::Tell { peer, mark } in plan.step(stopwatch.millis(), event) {
                running.spawn(tell(
                    app.identity().entity.clone(),
                    Arc::clone(&fetch),
                    peer,
                    mark,
                ));
            }
        }
        let now = stopwatch.millis().0;
        let due = plan
            .next_due()
            .map_or(LOOK_MILLIS_MAX, |due| due.0.saturating_sub(now));
        let sleep = Duration::from_millis(due.clamp(1, LOOK_MILLIS_MAX));
        event = tokio::select! {
            () = stop.clone().wait() => return Ok(()),
            Some(ended) = running.join_next() => ended?,
            Ok(()) = commits.changed() => Event::Tick,
            () = tokio::time::sleep(sleep) => Event::Tick,
        };
    }
}

fn plan_of(app: &App) -> Hinting {
    let identity = app.identity();
    match identity.role {
        NodeRole::Coordinator => Hinting::new().with_peers_max(hinting::PEERS_OF_A_COORDINATOR_MAX),
        NodeRole::Space => Hinting::new().with_first(identity.coordinator.clone()),
    }
}

/// Whom there is to tell, and how long the own feed is. A fault of this node's own store
/// ends the node.
async fn news(app: &App) -> anyhow::Result<Vec<Event>> {
    let read = async {
        let peers = app.followed().await?;
        let mark = app.known(&app.identity().entity).await?;
        Ok(vec![Event::Peers(peers), Event::Grown(mark)])
    };
    match read.await {
        Ok(events) => Ok(events),
        Err(fault) => {
            let fault: app::Fault = fault;
            if fault.ends_the_node() {
                return Err(fault.into());
            }
            tracing::error!(error = %fault, "the register was not read: {fault}");
            Ok(Vec::new())
        }
    }
}

/// Sends one hint, once.
async fn tell(own: EntityId, fetch: Arc<dyn Fetch>, peer: EntityId, mark: Mark) -> Event {
    let Mark { epoch, seq } = mark;
    let hint = Hint {
        entity: own,
        epoch,
        seq,
    };
    let Ok(body) = hint.write() else {
        return Event::Failed(peer);
    };
    let request = Request {
        entity: peer.clone(),
        path: "/federation/v1/hint".to_owned(),
        body: Some((body, HINT_MEDIA_TYPE)),
        authorization: None,
        media_type: "application/json",
        body_bytes_max: ANSWER_BYTES_MAX,
    };
    let limit = Duration::from_millis(hinting::HINT_MILLIS_MAX);
    match timeout(limit, fetch.fetch(request)).await {
        Ok(Ok(_)) => Event::Told(peer),
        Ok(Err(error)) => {
            tracing::debug!(entity = %peer, %error, "{peer} was not told: {error}");
            Event::Failed(peer)
        }
        Err(_) => Event::Failed(peer),
    }
}
