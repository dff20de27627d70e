//! The driver of `sync::outbox`: sends what waits in the outbox until it is answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app::{App, Fault, OutboxError, SendFailure};
use client::{Fetch, FetchError, Request};
use sync::Millis;
use sync::outbox::{Effect, Event, Limits, Outbox};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::EntityId;
use wire::request::{ANSWER_MEDIA_TYPE, REQUEST_MEDIA_TYPE};

use crate::environment::{Stopwatch, SystemEntropy};
use crate::tasks::Stop;

/// From one look at what waits to the next: a receipt is on its way a second after the
/// visitor left.
const LOOK_MILLIS: u64 = 1_000;

/// The most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// How many signs of life may wait to be looked at; more say nothing new.
const SIGNS_MAX: usize = 64;

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Answer(#[from] OutboxError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Failure {
    /// The fault of this node's own store, if it is one.
    fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Fault(fault) | Self::Answer(OutboxError::Fault(fault)) => Some(fault),
            Self::Fetch(_) | Self::Answer(_) => None,
        }
    }

    /// Whether the other node was reached.
    fn is_heard(&self) -> bool {
        match self {
            Self::Fetch(FetchError::Refused { .. }) | Self::Answer(_) => true,
            Self::Fetch(_) | Self::Fault(_) => false,
        }
    }
}

/// A request that was not answered, and why.
struct Failed {
    op: String,
    is_heard: bool,
    why: String,
}

/// Tells the sender who was heard.
#[derive(Debug, Clone)]
pub(crate) struct Heard(mpsc::Sender<EntityId>);

impl Heard {
    /// This node was heard just now. Where many were, one more changes nothing.
    pub(crate) fn from(&self, node: &EntityId) {
        let _ = self.0.try_send(node.clone());
    }
}

/// Who was heard, for the sender.
pub(crate) type Signs = mpsc::Receiver<EntityId>;

/// The way from whoever hears to the sender.
pub(crate) fn signs() -> (Heard, Signs) {
    let (send, receive) = mpsc::channel(SIGNS_MAX);
    (Heard(send), receive)
}

/// Sends as planned until the node stops.
pub(crate) async fn run(
    app: App,
    fetch: Arc<dyn Fetch>,
    mut signs: Signs,
    stop: Stop,
) -> anyhow::Result<()> {
    let stopwatch = Stopwatch::start();
    let mut plan = Outbox::new(Limits::default());
    let mut calls = app.calls();
    let mut running = JoinSet::new();
    let mut event = Event::Tick;
    let mut failed = None;
    loop {
        let mut events = vec![event];
        match app.waiting().await {
            Ok(waiting) => events.push(Event::Waiting(waiting)),
            Err(fault) if fault.ends_the_node() => return Err(fault.into()),
            Err(fault) => tracing::error!(error = %fault, "the outbox was not read: {fault}"),
        }
        events.extend(called(&app, &mut calls).map(Event::SignOfLife));
        for event in events {
            for Effect::Send { op, peer } in plan.step(stopwatch.millis(), event) {
                let (app, fetch) = (app.clone(), Arc::clone(&fetch));
                running.spawn(async move {
                    let sent = send(&app, fetch.as_ref(), &op).await;
                    (op, peer, sent)
                });
            }
        }
        let now = stopwatch.millis();
        if let Some(failed) = failed.take() {
            note(&app, &plan, now, failed);
        }
        let due = plan
            .next_due()
            .map_or(LOOK_MILLIS, |due| due.0.saturating_sub(now.0));
        let sleep = Duration::from_millis(due.clamp(1, LOOK_MILLIS));
        event = tokio::select! {
            () = stop.clone().wait() => return Ok(()),
            Some(ended) = running.join_next() => {
                let (op, peer, sent) = ended?;
                let (event, why) = settled(op, &peer, sent)?;
                failed = why;
                event
            }
            Some(node) = signs.recv() => Event::SignOfLife(node),
            () = tokio::time::sleep(sleep) => Event::Tick,
        };
    }
}

/// Who has called this node since the last look.
fn called(app: &App, before: &mut BTreeMap<EntityId, u64>) -> impl Iterator<Item = EntityId> {
    let now = app.calls();
    let is_new = |(node, count): &(&EntityId, &u64)| before.get(*node) != Some(*count);
    let callers: Vec<_> = now
        .iter()
        .filter(is_new)
        .map(|(node, _)| node.clone())
        .collect();
    *before = now;
    callers.into_iter()
}

/// Sends a request once, and takes the answer; gives with which code it was refused.
async fn send(app: &App, fetch: &dyn Fetch, op: &str) -> Result<Option<String>, Failure> {
    let Some(letter) = app.make_letter(op).await? else {
        return Ok(None);
    };
    let request = Request {
        entity: letter.to,
        path: "/federation/v1/request".to_owned(),
        body: Some((letter.request.into_bytes(), REQUEST_MEDIA_TYPE)),
        authorization: None,
        media_type: ANSWER_MEDIA_TYPE,
        body_bytes_max: ANSWER_BYTES_MAX,
    };
    let answer = String::from_utf8(fetch.fetch(request).await?).unwrap_or_default();
    app.take_answer(op, &letter.jti, &answer).await?;
    Ok(app.refusal_of(op).await?)
}

/// What the plan is told, and why a request was not answered. A fault of this node's own
/// store ends the node.
fn settled(
    op: String,
    peer: &EntityId,
    sent: Result<Option<String>, Failure>,
) -> anyhow::Result<(Event, Option<Failed>)> {
    let failure = match sent {
        Ok(None) => {
            tracing::info!(entity = %peer, op, "{peer} has answered {op}");
            return Ok((Event::Answered { op }, None));
        }
        Ok(Some(code)) => {
            tracing::warn!(entity = %peer, op, code, "{peer} has refused {op}: {code}");
            return Ok((Event::Answered { op }, None));
        }
        Err(failure) => failure,
    };
    if failure.fault().is_some_and(Fault::ends_the_node) {
        return Err(failure.into());
    }
    tracing::warn!(entity = %peer, op, error = %failure, "{peer} has not answered {op}: {failure}");
    let failed = Failed {
        op: op.clone(),
        is_heard: failure.is_heard(),
        why: app::chain(&failure),
    };
    let noise = SystemEntropy::noise();
    let event = if failure.is_heard() {
        Event::NotYet { op, noise }
    } else {
        Event::Failed { op, noise }
    };
    Ok((event, Some(failed)))
}

/// Keeps in mind why a request was not answered, and when the plan has it sent next.
fn note(app: &App, plan: &Outbox, now: Millis, failed: Failed) {
    let Failed { op, is_heard, why } = failed;
    let at = app.now();
    let wait = plan
        .due_at(&op)
        .map_or(0, |due| due.0.saturating_sub(now.0));
    let next_at = at.plus_seconds(i64::try_from(wait / 1_000).unwrap_or_default());
    let times = plan.failures(&op);
    app.note_send_failure(
        &op,
        SendFailure {
            at,
            times,
            is_heard,
            why,
            next_at,
        },
    );
}
