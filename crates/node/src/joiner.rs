//! Asking coordinators to be admitted, beside the pulls: a coordinator that is slow to
//! answer delays nothing but its own answer.
//!
//! **Invariant:** a coordinator is asked once at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::{App, JoinState};
use client::{Fetch, Request};
use tokio::task::JoinSet;
use wire::EntityId;
use wire::request::{ANSWER_MEDIA_TYPE, JOIN_MEDIA_TYPE};

/// The most bytes of an answer to a join.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// The joins that are under way.
#[derive(Debug, Default)]
pub(crate) struct Joins {
    asking: BTreeSet<EntityId>,
    running: JoinSet<(EntityId, anyhow::Result<()>)>,
}

impl Joins {
    /// Asks a coordinator to be admitted, as long as there is no answer, and unless it is
    /// being asked.
    pub(crate) fn begin(&mut self, app: &App, fetch: &Arc<dyn Fetch>, coordinator: &EntityId) {
        if !self.asking.insert(coordinator.clone()) {
            return;
        }
        let (app, fetch, coordinator) = (app.clone(), Arc::clone(fetch), coordinator.clone());
        self.running.spawn(async move {
            let joined = try_join(&app, fetch.as_ref(), &coordinator).await;
            (coordinator, joined)
        });
    }

    /// The next that ends; nothing where none is under way.
    pub(crate) async fn ended(&mut self) -> Option<anyhow::Result<()>> {
        let ended = self.running.join_next().await?;
        Some(ended.map_err(anyhow::Error::from).and_then(|it| {
            let (coordinator, joined) = it;
            self.asking.remove(&coordinator);
            joined
        }))
    }
}

async fn try_join(app: &App, fetch: &dyn Fetch, coordinator: &EntityId) -> anyhow::Result<()> {
    let Some((join, jti)) = (match app.make_join_to(coordinator).await {
        Ok(join) => join,
        Err(error) => {
            tracing::warn!(%error, "the node cannot ask to be admitted: {error}");
            return Ok(());
        }
    }) else {
        return Ok(());
    };
    let request = Request {
        entity: coordinator.clone(),
        path: "/federation/v1/join".to_owned(),
        body: Some((serde_json::to_vec(&join)?, JOIN_MEDIA_TYPE)),
        authorization: None,
        media_type: ANSWER_MEDIA_TYPE,
        body_bytes_max: ANSWER_BYTES_MAX,
    };
    let answer = match fetch.fetch(request).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(%error, "the coordinator did not answer the join: {error}");
            return Ok(());
        }
    };
    let answer = String::from_utf8(answer).unwrap_or_default();
    match app.take_join_answer_of(coordinator, &jti, &answer).await {
        Ok(JoinState::Accepted { .. }) => tracing::info!("admitted to the label"),
        Ok(JoinState::Refused { code, .. }) => {
            tracing::error!(
                code,
                "not admitted to the label: {code}; ask for a new invitation"
            );
        }
        Ok(JoinState::Asking | JoinState::Nothing) => {}
        Err(error) => tracing::warn!(%error, "the answer to the join is not taken: {error}"),
    }
    Ok(())
}
