//! Asking as a node asks: the smallest driver of pulls and of the join.
//!
//! The one that is installed lives in `node`, with time-outs and retries.

use app::{JoinError, JoinState, PullError, PullStep, Source};
use client::{Fetch as _, FetchError, Request};
use wire::EntityId;
use wire::feed::{PAGE_BYTES_MAX, PAGE_MEDIA_TYPE};
use wire::request::{ANSWER_MEDIA_TYPE, JOIN_MEDIA_TYPE};

use crate::{TestNetwork, TestNode};

/// Why a feed was not pulled whole.
#[derive(Debug)]
pub enum PullFailure {
    /// No answer that a client takes.
    Fetch(FetchError),
    /// An answer that the node does not take.
    Refused(PullError),
    /// Pages that bring nothing and promise more.
    Endless,
}

impl PullFailure {
    /// The stable code by which the pull was refused.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fetch(_) => "fetch",
            Self::Refused(refusal) => refusal.code(),
            Self::Endless => "endless",
        }
    }
}

/// A pull that failed: who asked, whose feed, and why.
#[derive(Debug)]
pub struct Failure {
    /// Who asked.
    pub reader: EntityId,
    /// Whose feed it was.
    pub author: EntityId,
    /// What went wrong.
    pub why: PullFailure,
}

/// Pulls the feed of `author` from `author`. Gives the number of new records.
pub async fn pull(
    network: &TestNetwork,
    reader: &TestNode,
    author: &EntityId,
) -> Result<usize, PullFailure> {
    pull_from(network, reader, author, author).await
}

/// Pulls the feed of `author` from a node that may hold it.
pub async fn pull_from(
    network: &TestNetwork,
    reader: &TestNode,
    author: &EntityId,
    relay: &EntityId,
) -> Result<usize, PullFailure> {
    let source = if relay == author {
        Source::Author
    } else {
        Source::Relay
    };
    pull_as(network, reader, author, (relay, source)).await
}

/// The same, taken as the word of the author or of a relay, whoever it is.
pub(crate) async fn pull_as(
    network: &TestNetwork,
    reader: &TestNode,
    author: &EntityId,
    (relay, source): (&EntityId, Source),
) -> Result<usize, PullFailure> {
    let (app, line) = (reader.app(), network.line_of(reader.entity()));
    let mut taken = 0;
    loop {
        let next = app.next_page(author).await;
        let (after, path) = next.map_err(|fault| PullFailure::Refused(fault.into()))?;
        let page = line.fetch(page_request(relay, path)).await;
        let page = page.map_err(PullFailure::Fetch)?;
        let step = app.take_page_after(author, (source, after), &page).await;
        match step.map_err(PullFailure::Refused)? {
            PullStep::Overtaken => {}
            PullStep::Complete(records) => return Ok(taken + records),
            PullStep::More(0) => return Err(PullFailure::Endless),
            PullStep::More(records) => taken += records,
        }
    }
}

pub(crate) fn page_request(relay: &EntityId, path: String) -> Request {
    Request {
        entity: relay.clone(),
        path,
        body: None,
        authorization: None,
        media_type: PAGE_MEDIA_TYPE,
        body_bytes_max: PAGE_BYTES_MAX,
    }
}

/// Every node pulls every feed that it follows, once. Gives what failed.
pub async fn pull_all(network: &TestNetwork, nodes: &[&TestNode]) -> Vec<Failure> {
    let mut failures = Vec::new();
    for reader in nodes {
        let followed = reader.app().followed().await;
        for author in followed.expect("a node knows whom it follows") {
            if let Err(why) = pull(network, reader, &author).await {
                let reader = reader.entity().clone();
                failures.push(Failure {
                    reader,
                    author,
                    why,
                });
            }
        }
    }
    failures
}

/// Why a join was not answered.
#[derive(Debug)]
pub enum JoinFailure {
    /// The coordinator's keys are not known yet.
    Pull(PullFailure),
    /// No answer that a client takes.
    Fetch(FetchError),
    /// Not asked, or not taken.
    Join(JoinError),
}

/// Hears the coordinator of the label in which a space was founded, asks to be admitted, and
/// takes the answer.
pub async fn join(network: &TestNetwork, space: &TestNode) -> Result<JoinState, JoinFailure> {
    let app = space.app();
    join_label(network, space, &app.identity().coordinator).await
}

/// The same with the coordinator of one of its labels.
pub async fn join_label(
    network: &TestNetwork,
    space: &TestNode,
    coordinator: &EntityId,
) -> Result<JoinState, JoinFailure> {
    let app = space.app();
    let heard = pull(network, space, coordinator).await;
    heard.map_err(JoinFailure::Pull)?;
    let join = app.make_join_to(coordinator).await;
    let Some((join, jti)) = join.map_err(JoinFailure::Join)? else {
        let state = app.join_state_of(coordinator).await;
        return state.map_err(|fault| JoinFailure::Join(fault.into()));
    };
    let body = serde_json::to_vec(&join).expect("a join is JSON");
    let request = Request {
        entity: coordinator.clone(),
        path: "/federation/v1/join".to_owned(),
        body: Some((body, JOIN_MEDIA_TYPE)),
        authorization: None,
        media_type: ANSWER_MEDIA_TYPE,
        body_bytes_max: 16 * 1024,
    };
    let answer = network.line_of(space.entity()).fetch(request).await;
    let answer = answer.map_err(JoinFailure::Fetch)?;
    let answer = String::from_utf8_lossy(&answer);
    let state = app.take_join_answer_of(coordinator, &jti, &answer).await;
    state.map_err(JoinFailure::Join)
}
