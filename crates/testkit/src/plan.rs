//! What is decided of a node before it is founded: its name, its role, its keys.

use app::{App, FoundingPapers, Identity, Keys};
use seal::{PublicKey, SecretKey};
use wire::label::Charter;
use wire::trust::NodeRole;
use wire::{EntityId, Invitation, Sha256Hash, Timestamp};

use crate::samples;

/// A node's identity, as often as it is needed. Its keys follow from its name, or
/// from another text where a test wants the same name with other keys.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The node.
    pub entity: EntityId,
    /// Space or coordinator.
    pub role: NodeRole,
    /// Its label's coordinator.
    pub coordinator: EntityId,
    /// The label's root key.
    pub root: PublicKey,
    keys: String,
}

fn key_of(text: &str, purpose: &str) -> SecretKey {
    SecretKey::from_seed(&Sha256Hash::of(&[purpose.as_bytes(), b" ", text.as_bytes()]).0)
}

impl Plan {
    /// A coordinator.
    pub fn coordinator(entity: &EntityId) -> Self {
        Self {
            entity: entity.clone(),
            role: NodeRole::Coordinator,
            coordinator: entity.clone(),
            root: key_of(entity.as_str(), "root").public().clone(),
            keys: entity.to_string(),
        }
    }

    /// A space of the label of `coordinator`.
    pub fn space(entity: &EntityId, coordinator: &EntityId) -> Self {
        Self {
            entity: entity.clone(),
            role: NodeRole::Space,
            coordinator: coordinator.clone(),
            root: key_of(coordinator.as_str(), "root").public().clone(),
            keys: entity.to_string(),
        }
    }

    /// The same node with other keys.
    pub fn with_keys(mut self, keys: &str) -> Self {
        keys.clone_into(&mut self.keys);
        self
    }

    /// The node's `fed` key.
    pub fn fed(&self) -> SecretKey {
        key_of(&self.keys, "fed")
    }

    /// A `fed` key that shall follow, by a name of its own.
    pub fn next_fed(&self, name: &str) -> SecretKey {
        key_of(&format!("{} {name}", self.keys), "fed")
    }

    /// An `ops` key that shall follow, by a name of its own.
    pub fn next_ops(&self, name: &str) -> SecretKey {
        key_of(&format!("{} {name}", self.keys), "ops")
    }

    /// The node's `ops` key.
    pub fn ops(&self) -> SecretKey {
        key_of(&self.keys, "ops")
    }

    /// The root key of the label, which no node has.
    pub fn root_key(&self) -> SecretKey {
        key_of(self.coordinator.as_str(), "root")
    }

    /// The identity with which the node runs.
    pub fn identity(&self) -> Identity {
        Identity {
            entity: self.entity.clone(),
            role: self.role,
            coordinator: self.coordinator.clone(),
            root: self.root.clone(),
            fed: Keys::only(self.fed()),
            ops: Keys::only(self.ops()),
        }
    }

    /// The papers with which a coordinator begins.
    pub fn coordinator_papers(&self, now: Timestamp) -> FoundingPapers {
        self.coordinator_papers_with(now, samples::charter(&self.entity))
    }

    /// The papers with which a coordinator of this charter begins.
    pub fn coordinator_papers_with(&self, now: Timestamp, charter: Charter) -> FoundingPapers {
        let anchor = App::make_anchor(
            &self.entity,
            &[self.fed().public().clone()],
            &self.root_key(),
            now,
        );
        FoundingPapers::Coordinator {
            anchor: Box::new(anchor.expect("an anchor statement fits its limits")),
            charter: Box::new(charter),
        }
    }

    /// The papers with which a space begins.
    pub fn space_papers(invitation: Invitation) -> FoundingPapers {
        FoundingPapers::Space {
            invitation: Box::new(invitation),
        }
    }
}
