//! Asking partners how far they know the own feed: the smallest driver of it.
//!
//! The one that is installed lives in `node`, with time-outs and several partners at once.

use app::{Branch, BranchSays, OwnFeedState, OwnSays};
use client::{Fetch as _, FetchError, Request};
use wire::EntityId;
use wire::feed::{PAGE_BYTES_MAX, PAGE_MEDIA_TYPE};

use crate::{TestNetwork, TestNode};

/// How often a partner is asked before that is endless.
const ROUNDS_MAX: usize = 100;

/// Asks one partner until nothing of its own feed is missing at the node, and heals it where
/// it has parted. Gives what came of it.
pub async fn confirm(
    network: &TestNetwork,
    node: &TestNode,
    partner: &EntityId,
) -> Result<OwnFeedState, FetchError> {
    let app = node.app();
    for _ in 0..ROUNDS_MAX {
        let path = app.own_page_path(0).await.expect("the store is read");
        let page = page(network, node, partner, path).await?;
        match app.take_own_page(&page).await.expect("a page is judged") {
            OwnSays::More => {}
            OwnSays::Agrees => {
                app.confirm_own_feed().await.expect("a node confirms");
                return Ok(app.own_feed_state());
            }
            OwnSays::Divided | OwnSays::Nothing => return Ok(app.own_feed_state()),
            OwnSays::Parted => {
                let branch = branch(network, node, partner).await?;
                let healed = app.heal(&branch).await.expect("a node heals");
                assert!(healed, "there is something to bring together");
                app.confirm_own_feed().await.expect("a node confirms");
                return Ok(app.own_feed_state());
            }
        }
    }
    panic!("a partner that always has more");
}

async fn branch(
    network: &TestNetwork,
    node: &TestNode,
    partner: &EntityId,
) -> Result<Branch, FetchError> {
    let (app, mut branch) = (node.app(), Branch::default());
    for _ in 0..ROUNDS_MAX {
        let path = app.branch_path(&branch).await.expect("the store is read");
        let page = page(network, node, partner, path).await?;
        let says = app.take_branch_page(&mut branch, &page).await;
        if says.expect("a page is judged") != BranchSays::More {
            return Ok(branch);
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
    let request = Request {
        entity: partner.clone(),
        path,
        body: None,
        authorization: None,
        media_type: PAGE_MEDIA_TYPE,
        body_bytes_max: PAGE_BYTES_MAX,
    };
    network.line_of(node.entity()).fetch(request).await
}
