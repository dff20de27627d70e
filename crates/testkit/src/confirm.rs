//! Asking partners how far they know the own feed: the smallest driver of it.
//!
//! The one that is installed lives in `node`, with time-outs and several partners at once.

use app::{Branch, BranchSays, Fault, OwnFeedState, OwnSays};
use client::{Fetch as _, FetchError};
use wire::EntityId;

use crate::pull::page_request;
use crate::{TestNetwork, TestNode};

/// How often a partner is asked before that is endless.
const ROUNDS_MAX: usize = 100;

/// Why a partner could not be asked to the end.
#[derive(Debug)]
pub enum ConfirmFailure {
    /// No answer that a client takes.
    Fetch(FetchError),
    /// It failed here.
    Fault(Fault),
}

impl From<FetchError> for ConfirmFailure {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

impl From<Fault> for ConfirmFailure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Asks one partner until nothing of its own feed is missing at the node, and heals it where
/// it has parted. Gives what came of it.
pub async fn confirm(
    network: &TestNetwork,
    node: &TestNode,
    partner: &EntityId,
) -> Result<OwnFeedState, ConfirmFailure> {
    if ask(network, node, partner).await? {
        node.app().confirm_own_feed().await?;
    }
    Ok(node.app().own_feed_state())
}

/// Asks all of these, and confirms what all that answer agree on.
pub async fn confirm_with(
    network: &TestNetwork,
    node: &TestNode,
    partners: &[&EntityId],
) -> Result<OwnFeedState, ConfirmFailure> {
    let mut agrees = false;
    for partner in partners {
        match ask(network, node, partner).await {
            Ok(said) => agrees |= said,
            Err(ConfirmFailure::Fetch(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    if agrees {
        node.app().confirm_own_feed().await?;
    }
    Ok(node.app().own_feed_state())
}

/// Whether the partner agrees in the end.
async fn ask(
    network: &TestNetwork,
    node: &TestNode,
    partner: &EntityId,
) -> Result<bool, ConfirmFailure> {
    let app = node.app();
    for _ in 0..ROUNDS_MAX {
        let path = app.own_page_path(0).await?;
        let page = page(network, node, partner, path).await?;
        match app.take_own_page(&page).await? {
            OwnSays::More => {}
            OwnSays::Agrees => return Ok(true),
            OwnSays::Divided | OwnSays::Nothing => return Ok(false),
            OwnSays::Parted => {
                let Some(branch) = branch(network, node, partner).await? else {
                    return Ok(false);
                };
                return Ok(app.heal(&branch).await?);
            }
        }
    }
    panic!("a partner that always has more");
}

async fn branch(
    network: &TestNetwork,
    node: &TestNode,
    partner: &EntityId,
) -> Result<Option<Branch>, ConfirmFailure> {
    let (app, mut branch) = (node.app(), Branch::default());
    for _ in 0..ROUNDS_MAX {
        let path = app.branch_path(&branch).await?;
        let page = page(network, node, partner, path).await?;
        match app.take_branch_page(&mut branch, &page).await? {
            BranchSays::More => {}
            BranchSays::Whole => return Ok(Some(branch)),
            BranchSays::Divided | BranchSays::Nothing => return Ok(None),
        }
    }
    panic!("a branch without end");
}

async fn page(
    network: &TestNetwork,
    node: &TestNode,
    partner: &EntityId,
    path: String,
) -> Result<Vec<u8>, FetchError> {
    let line = network.line_of(node.entity());
    line.fetch(page_request(partner, path)).await
}
