//! Whose turn it is: how many requests are under way, in all and to one peer.
//!
//! **Invariant:** a peer that answers slowly holds at most
//! [`REQUESTS_PER_PEER_MAX`] turns, so the others' requests go on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wire::EntityId;

/// The most requests under way at once: each holds a socket and at most one body.
/// Eight slow peers are needed to fill it.
pub const REQUESTS_MAX: usize = 32;

/// The most requests under way to one peer.
pub const REQUESTS_PER_PEER_MAX: usize = 4;

#[derive(Clone)]
pub(crate) struct Turns {
    all: Arc<Semaphore>,
    peers: Arc<Mutex<HashMap<EntityId, Peer>>>,
}

/// The turns of one peer, forgotten when nobody holds or awaits one.
struct Peer {
    semaphore: Arc<Semaphore>,
    interested: usize,
}

/// A turn; dropping it lets the next request begin.
pub(crate) struct Turn {
    _all: Option<OwnedSemaphorePermit>,
    _of_peer: Option<OwnedSemaphorePermit>,
    _interest: Interest,
}

/// Keeps a peer's entry in the table while somebody holds or awaits one of its turns.
struct Interest {
    turns: Turns,
    entity: EntityId,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(REQUESTS_MAX)),
            peers: Arc::default(),
        }
    }

    /// Waits for a turn: first among the requests to the same peer, so that those
    /// which wait there hold nothing of what is shared.
    pub(crate) async fn take(&self, entity: &EntityId) -> Turn {
        let (semaphore, interest) = self.enter(entity);
        // Neither semaphore is ever closed.
        let of_peer = semaphore.acquire_owned().await.ok();
        let all = Arc::clone(&self.all).acquire_owned().await.ok();
        Turn {
            _all: all,
            _of_peer: of_peer,
            _interest: interest,
        }
    }

    fn enter(&self, entity: &EntityId) -> (Arc<Semaphore>, Interest) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = peers.entry(entity.clone()).or_insert_with(|| Peer {
            semaphore: Arc::new(Semaphore::new(REQUESTS_PER_PEER_MAX)),
            interested: 0,
        });
        peer.interested += 1;
        let interest = Interest {
            turns: self.clone(),
            entity: entity.clone(),
        };
        (Arc::clone(&peer.semaphore), interest)
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        let mut peers = self
            .turns
            .peers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peers.get_mut(&self.entity) {
            peer.interested -= 1;
            if peer.interested == 0 {
                peers.remove(&self.entity);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn entity(index: usize) -> EntityId {
        EntityId::parse(&format!("https://node-{index}.example")).unwrap()
    }

    async fn is_free(turns: &Turns, entity: &EntityId) -> bool {
        tokio::time::timeout(Duration::from_millis(20), turns.take(entity))
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn a_slow_peer_holds_few_turns() {
        let turns = Turns::new();
        let mut held = Vec::new();
        for _ in 0..REQUESTS_PER_PEER_MAX {
            held.push(turns.take(&entity(0)).await);
        }
        assert!(
            !is_free(&turns, &entity(0)).await,
            "a fifth request to one peer"
        );
        assert!(is_free(&turns, &entity(1)).await, "another peer");
        held.pop();
        assert!(is_free(&turns, &entity(0)).await, "after an answer");
    }

    #[tokio::test]
    async fn all_turns_together_are_bounded() {
        let turns = Turns::new();
        let mut held = Vec::new();
        for index in 0..REQUESTS_MAX {
            held.push(turns.take(&entity(index)).await);
        }
        assert!(!is_free(&turns, &entity(REQUESTS_MAX)).await);
        held.pop();
        assert!(is_free(&turns, &entity(REQUESTS_MAX)).await);
    }

    #[tokio::test]
    async fn a_peer_without_requests_is_forgotten() {
        let turns = Turns::new();
        let held = turns.take(&entity(0)).await;
        assert!(is_free(&turns, &entity(0)).await);
        assert_eq!(turns.peers.lock().unwrap().len(), 1);
        drop(held);
        assert_eq!(turns.peers.lock().unwrap().len(), 0);
    }
}
