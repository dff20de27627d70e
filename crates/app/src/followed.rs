//! Whose feeds this node follows, label by label.
//!
//! Specified in `specs/trust.md`, section 10.

use std::collections::BTreeSet;

use rules::trust::FURTHER_SPACES_MAX;
use sync::Lane;
use wire::EntityId;

use crate::{App, Fault};

impl App {
    /// Whose feeds this node follows: the coordinators' of its labels, and those of the
    /// spaces that belong to one of them, without its own.
    pub async fn followed(&self) -> Result<Vec<EntityId>, Fault> {
        let lanes = self.followed_by_label().await?;
        let followed = lanes.iter().flat_map(Lane::peers);
        Ok(followed.cloned().collect())
    }

    /// The same label by label, the first label first, each node where it is named first.
    pub async fn followed_by_label(&self) -> Result<Vec<Lane>, Fault> {
        let registers = self.registers().await?;
        let mut labels = Vec::new();
        for label in self.labels() {
            let register = registers.of(&label.coordinator);
            let members = register.into_iter().flat_map(|it| it.members());
            let members = members.map(|(space, _)| space).collect();
            labels.push((label.coordinator, members));
        }
        Ok(lanes(&self.identity().entity, labels))
    }
}

/// Each label by its coordinator and the spaces that belong. A coordinator is followed as
/// that, whatever another label says of its name.
fn lanes(own: &EntityId, labels: Vec<(EntityId, BTreeSet<&EntityId>)>) -> Vec<Lane> {
    let coordinators = labels.iter().map(|(coordinator, _)| coordinator.clone());
    let mut named: BTreeSet<EntityId> = coordinators.collect();
    named.insert(own.clone());
    let mut lanes = Vec::new();
    for (number, (coordinator, members)) in labels.into_iter().enumerate() {
        let most = match number {
            0 => usize::MAX,
            _ => FURTHER_SPACES_MAX,
        };
        let new = members.into_iter().filter(|it| !named.contains(*it));
        let spaces: Vec<_> = new.take(most).cloned().collect();
        named.extend(spaces.iter().cloned());
        let coordinator = Some(coordinator).filter(|it| it != own);
        lanes.push(Lane {
            coordinator,
            spaces,
        });
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(numbers: std::ops::Range<usize>) -> Vec<EntityId> {
        let name = |number| EntityId::parse(&format!("https://s{number:05}.example"));
        numbers.map(name).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_further_label_adds_no_more_than_a_whole_label() {
        let all = names(0..20_000);
        let (own, first, second) = (&all[0], &all[19_000], &all[19_001]);
        let labels = vec![
            (first.clone(), all[..5_000].iter().collect()),
            (second.clone(), all[4_000..].iter().collect()),
        ];
        let lanes = lanes(own, labels);
        assert_eq!(lanes[0].coordinator.as_ref(), Some(first));
        assert_eq!(
            lanes[0].spaces,
            all[1..5_000],
            "all of the first but itself"
        );
        assert_eq!(lanes[1].coordinator.as_ref(), Some(second));
        assert_eq!(lanes[1].spaces, all[5_000..5_000 + FURTHER_SPACES_MAX]);
    }

    #[test]
    fn a_coordinator_is_followed_once_and_not_by_itself() {
        let all = names(0..4);
        let (own, other) = (&all[0], &all[1]);
        let labels = vec![
            (own.clone(), all.iter().collect()),
            (other.clone(), all.iter().collect()),
        ];
        let lanes = lanes(own, labels);
        assert_eq!(lanes[0].coordinator, None);
        assert_eq!(lanes[0].spaces, all[2..]);
        assert_eq!(lanes[1].coordinator.as_ref(), Some(other));
        assert!(lanes[1].spaces.is_empty());
    }
}
