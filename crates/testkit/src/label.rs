//! A coordinator and its spaces: the story that most tests begin with.

use app::JoinState;
use wire::EntityId;

use crate::{Failure, Plan, START, TestNetwork, TestNode};
use crate::{coordinator_name, join, pull_all, space_name};

/// A label, and the network between its nodes.
#[derive(Debug, Clone)]
pub struct Label {
    /// The network.
    pub network: TestNetwork,
    /// The coordinator.
    pub coordinator: TestNode,
    /// The spaces, by number.
    pub spaces: Vec<TestNode>,
}

impl Label {
    /// A coordinator alone.
    pub async fn of_nobody() -> Self {
        Self::of(&coordinator_name()).await
    }

    /// A coordinator of this name alone.
    pub async fn of(coordinator: &EntityId) -> Self {
        let plan = Plan::coordinator(coordinator);
        let papers = plan.coordinator_papers(START);
        let coordinator = TestNode::found(plan, papers, START).await;
        let label = Self {
            network: TestNetwork::default(),
            coordinator: coordinator.expect("the store is empty"),
            spaces: Vec::new(),
        };
        label.network.connect(&label.coordinator);
        label
    }

    /// A coordinator and so many spaces that were invited and founded.
    pub async fn invited(spaces: usize) -> Self {
        let mut label = Self::of_nobody().await;
        for number in 0..spaces {
            label.invite(&space_name(number)).await;
        }
        label
    }

    /// A coordinator and so many spaces that belong, and know of each other.
    pub async fn joined(spaces: usize) -> Self {
        let label = Self::invited(spaces).await;
        for space in &label.spaces {
            let state = join(&label.network, space).await;
            assert!(matches!(state, Ok(JoinState::Accepted { .. })), "{state:?}");
        }
        label.settle().await;
        label
    }

    /// A coordinator and so many spaces that bear the label, and know it.
    pub async fn labelled(spaces: usize) -> Self {
        let label = Self::joined(spaces).await;
        for space in &label.spaces {
            let granted = label.coordinator.app().grant(space.entity()).await;
            granted.expect("a space that belongs is granted the label");
        }
        label.settle().await;
        label
    }

    /// Invites a space and founds it; it has not joined yet.
    pub async fn invite(&mut self, entity: &EntityId) -> TestNode {
        let invitation = self.coordinator.app().invite(entity).await;
        let invitation = invitation.expect("a stranger is invited");
        let plan = Plan::space(entity, self.coordinator.entity());
        let now = self.coordinator.app().now();
        let space = TestNode::found(plan, Plan::space_papers(invitation), now).await;
        let space = space.expect("the store is empty");
        self.network.connect(&space);
        self.spaces.push(space.clone());
        space
    }

    /// The space with this number.
    pub fn space(&self, number: usize) -> &TestNode {
        self.spaces.get(number).expect("there are as many spaces")
    }

    /// All nodes, the coordinator first.
    pub fn nodes(&self) -> Vec<&TestNode> {
        std::iter::once(&self.coordinator)
            .chain(&self.spaces)
            .collect()
    }

    /// Moves the clocks of all nodes.
    pub fn advance(&self, seconds: i64) {
        for node in self.nodes() {
            node.clock().advance(seconds);
        }
    }

    /// The coordinator signs again what is due, and whoever reaches it hears it.
    pub async fn hear(&self) {
        let signed = self.coordinator.app().renew().await;
        signed.expect("a coordinator signs again");
        let _ = self.pull_all().await;
    }

    /// Every node pulls every feed that it follows, once. Gives what failed.
    pub async fn pull_all(&self) -> Vec<Failure> {
        pull_all(&self.network, &self.nodes()).await
    }

    /// Pulls twice, so that whoever was named in the first round is heard in the
    /// second. Nothing may fail.
    pub async fn settle(&self) {
        for _ in 0..2 {
            let failures = self.pull_all().await;
            assert!(failures.is_empty(), "{failures:?}");
        }
    }
}
