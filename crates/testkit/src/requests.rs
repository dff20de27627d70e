//! Requests between test nodes: what a node's sender does, one step at a time.

use app::{Fault, Letter, OutboxError};
use client::{Fetch as _, FetchError, Request};
use wire::request::{ANSWER_MEDIA_TYPE, REQUEST_MEDIA_TYPE};

use crate::{TestNetwork, TestNode};

/// Why a request that waits was not answered.
#[derive(Debug)]
pub enum SendFailure {
    /// It did not arrive, or no answer came back.
    Fetch(FetchError),
    /// The answer was not taken.
    Answer(OutboxError),
    /// It could not be signed.
    Fault(Fault),
}

/// The longest answer to a request.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// Sends a letter, and gives the answer as it came.
pub async fn post_letter(
    network: &TestNetwork,
    from: &TestNode,
    letter: &Letter,
) -> Result<String, FetchError> {
    let request = Request {
        entity: letter.to.clone(),
        path: "/federation/v1/request".to_owned(),
        body: Some((letter.request.clone().into_bytes(), REQUEST_MEDIA_TYPE)),
        authorization: None,
        media_type: ANSWER_MEDIA_TYPE,
        body_bytes_max: ANSWER_BYTES_MAX,
    };
    let answer = network.line_of(from.entity()).fetch(request).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Sends a request that waits once, and takes the answer.
pub async fn send(network: &TestNetwork, node: &TestNode, op: &str) -> Result<(), SendFailure> {
    let letter = node.app().make_letter(op).await;
    let Some(letter) = letter.map_err(SendFailure::Fault)? else {
        return Ok(());
    };
    let answer = post_letter(network, node, &letter).await;
    let answer = answer.map_err(SendFailure::Fetch)?;
    let taken = node.app().take_answer(op, &letter.jti, &answer).await;
    taken.map_err(SendFailure::Answer)
}

/// Sends all that waits once, the oldest first, and what waits for it after it; gives
/// what failed.
pub async fn send_all(network: &TestNetwork, node: &TestNode) -> Vec<SendFailure> {
    let mut failures = Vec::new();
    let waiting = node.app().waiting().await;
    for request in waiting.expect("the outbox can be read") {
        let still = node.app().waiting().await.expect("the outbox can be read");
        if still.iter().any(|it| request.after.contains(&it.op)) {
            continue;
        }
        failures.extend(send(network, node, &request.op).await.err());
    }
    failures
}
