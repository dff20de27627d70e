//! The keys of this node, as its operator sees them.

use rules::revocation::Revoked;
use seal::{KeySet, PublicKey, Thumbprint};
use wire::Timestamp;

use crate::exchange::KeyId;
use crate::signing::Purpose;
use crate::stored::KeyTurn;
use crate::{App, Fault};

/// A key of this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// What it is for.
    pub purpose: Purpose,
    /// Its name.
    pub name: Thumbprint,
    /// Where it stands.
    pub state: KeyState,
}

/// Where a key of this node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It signs.
    Signs,
    /// Another signs; what it signed holds until then.
    Ends {
        /// When.
        until: Option<Timestamp>,
    },
    /// It was held back: the coordinator is asked for it, or the root key has not named it.
    Waits,
    /// It ended.
    Ended,
    /// It ended because somebody else may have it, and the coordinator does not know yet.
    EndedUntold,
    /// It ended because somebody else may have it, and everybody can know.
    Revoked,
}

impl App {
    /// The keys of this node, and where each stands.
    pub async fn key_rows(&self) -> Result<Vec<KeyRow>, Fault> {
        let entity = &self.identity().entity;
        let (feed, _) = self.feed_state(entity).await?;
        let tip = feed.tip()?;
        let turns = self.key_turns().await?;
        let revoked = self.revoked_of(entity).await?;
        let signs = self.ops().await?;
        let mut rows = Vec::new();
        for key in tip.ever().flat_map(KeySet::iter) {
            let name = key.thumbprint().clone();
            let is_named = tip.ops.iter().any(|keys| keys.find(&name).is_some());
            let turn = turns.get(&KeyId::of(&name)).map(|(turn, _)| turn);
            let state = if name == *signs.public().thumbprint() {
                KeyState::Signs
            } else if is_named {
                KeyState::Ends {
                    until: match turn {
                        Some(KeyTurn::Ending { until }) => Some(*until),
                        Some(_) | None => None,
                    },
                }
            } else {
                ended(turn, &revoked, &name)
            };
            let purpose = Purpose::Ops;
            rows.push(KeyRow {
                purpose,
                name,
                state,
            });
        }
        let named: Vec<_> = rows.iter().map(|row| row.name.clone()).collect();
        rows.extend(self.unnamed_ops(&named));
        rows.extend(self.fed_rows(&revoked).await?);
        Ok(rows)
    }

    fn unnamed_ops(&self, named: &[Thumbprint]) -> Vec<KeyRow> {
        let held = self.held();
        let unnamed = held.ops_names().filter(|name| !named.contains(name));
        let row = |name: &Thumbprint| KeyRow {
            purpose: Purpose::Ops,
            name: name.clone(),
            state: KeyState::Waits,
        };
        unnamed.map(row).collect()
    }

    async fn fed_rows(&self, revoked: &Revoked) -> Result<Vec<KeyRow>, Fault> {
        let signs = self.fed().await?;
        let by_configuration = self.fed_of_configuration().await?;
        let own = self.own_fed()?;
        // Keys for which a coordinator's root key does not speak any more.
        let former = if self.is_coordinator() {
            self.former_keys().await?
        } else {
            Vec::new()
        };
        let order = |name: &Thumbprint| own.iter().position(|key| key.thumbprint() == name);
        let now_at = order(signs.public().thumbprint());
        let row = |key: &PublicKey| {
            let name = key.thumbprint().clone();
            let state = if name == *signs.public().thumbprint() {
                KeyState::Signs
            } else if revoked.names(&name) || former.iter().any(|it| it.kid == name.as_str()) {
                KeyState::Ended
            } else if order(&name) < now_at || by_configuration.as_ref() == Some(&name) {
                KeyState::Ends { until: None }
            } else {
                KeyState::Waits
            };
            let purpose = Purpose::Fed;
            KeyRow {
                purpose,
                name,
                state,
            }
        };
        Ok(own.iter().map(row).collect())
    }
}

fn ended(turn: Option<&KeyTurn>, revoked: &Revoked, name: &Thumbprint) -> KeyState {
    match turn {
        _ if revoked.names(name) => KeyState::Revoked,
        Some(KeyTurn::Stolen { .. } | KeyTurn::Revoked { .. }) => KeyState::EndedUntold,
        Some(KeyTurn::Ending { .. } | KeyTurn::Following { .. }) | None => KeyState::Ended,
    }
}
