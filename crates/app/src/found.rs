//! Founding a node: what `init` writes once, and `run` never writes.

use rules::feed::{ANCHOR_KIND, CONFIGURATION_KIND};
use rules::trust::{self, ANCHOR_SECONDS, CONFIGURATION_SECONDS, Standing};
use seal::{Jwk, KeySet, PublicKey, SecretKey, Verified};
use store::{Batch, CommitError, Expected};
use wire::label::Charter;
use wire::space::{NAME_CHARS_MAX, Profile, THE_ONE};
use wire::trust::{
    Anchor, EntityStatement, FederationEntity, Metadata, NodeMetadata, NodeRole, ShownMark,
    TrustMark,
};
use wire::{BodyKind, EntityId, Invitation, Jwks, Timestamp};

use crate::append::Entry;
use crate::stored::{self, Founding, Joining};
use crate::{App, Fault};

/// Why a node is not founded, or not the one that was founded.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// The store already belongs to a node.
    #[error("the store already belongs to a node")]
    AlreadyFounded,
    /// The store was never founded.
    #[error("the store does not belong to a node yet")]
    NotFounded,
    /// The store belongs to another node, or to another label.
    #[error("the store belongs to {stored}, and the configuration is that of {configured}")]
    OtherNode {
        /// Whom the store belongs to, and under which label.
        stored: String,
        /// Whom the configuration names, and under which label.
        configured: String,
    },
    /// The node runs with other keys than those that its feed names.
    #[error("the keys are not those of the node that the store belongs to")]
    OtherKeys,
    /// The papers are not those of this node.
    #[error("the papers do not fit: {0}")]
    Papers(&'static str),
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// With what a node begins.
#[derive(Debug)]
pub enum FoundingPapers {
    /// A coordinator: its anchor statement, signed by the root key, and its charter.
    Coordinator {
        /// Made by [`App::make_anchor`].
        anchor: Box<Verified<Anchor>>,
        /// The label's first charter.
        charter: Box<Charter>,
    },
    /// A space: the invitation by which it joins.
    Space {
        /// As the coordinator handed it over.
        invitation: Box<Invitation>,
    },
}

impl App {
    /// The anchor statement that lets these `fed` keys speak for the coordinator for a
    /// year; the first of them signs. The only document that the root key ever signs.
    pub fn make_anchor(
        coordinator: &EntityId,
        fed: &[PublicKey],
        root: &SecretKey,
        now: Timestamp,
    ) -> Result<Verified<Anchor>, Fault> {
        let anchor = Anchor {
            iss: coordinator.clone(),
            iat: now,
            exp: now.plus_seconds(ANCHOR_SECONDS),
            jwks: Jwks {
                keys: fed.iter().map(Jwk::from).collect(),
            },
        };
        Ok(seal::sign(anchor, root)?)
    }

    /// Writes the first things a node needs, in one commit: who it is, the papers
    /// with which its feed opens, and how it joins.
    pub async fn found(self, papers: FoundingPapers) -> Result<Self, FoundError> {
        let key = crate::keys::identity();
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        let founding = self.founding();
        batch.put(key.clone(), stored::encode(&key, &founding)?);
        let said = match &papers {
            FoundingPapers::Coordinator { charter, .. } => SaidOfItself::of_label(charter),
            FoundingPapers::Space { .. } => SaidOfItself::default(),
        };
        let ops = KeySet::only(self.ops_among(None)?.public().clone());
        let fed = self.fed().await?;
        let configuration = self.sign_configuration(said, founding.founded_at, (&fed, &ops))?;
        let configuration = Entry {
            kind: CONFIGURATION_KIND,
            id: THE_ONE.to_owned(),
            text: Some(configuration.as_str().to_owned()),
        };
        let mut first_epoch = 1;
        let entries = match (papers, founding.role) {
            (FoundingPapers::Coordinator { anchor, charter }, NodeRole::Coordinator) => {
                let own =
                    trust::open_anchor(anchor.as_str(), &self.identity().root, &founding.entity);
                let is_ours =
                    own.is_ok_and(|own| own.jwks == Jwks::of(self.identity().fed.public()));
                if !is_ours {
                    return Err(FoundError::Papers("the anchor is for another node"));
                }
                let text = charter.write().map_err(|_| FoundError::Papers("charter"))?;
                let anchor = anchor.as_str().to_owned();
                vec![
                    Entry {
                        kind: ANCHOR_KIND,
                        id: THE_ONE.to_owned(),
                        text: Some(anchor),
                    },
                    configuration,
                    Entry {
                        kind: Charter::KIND,
                        id: charter.url,
                        text: Some(text),
                    },
                ]
            }
            (FoundingPapers::Space { invitation }, NodeRole::Space) => {
                if invitation.entity != founding.entity {
                    return Err(FoundError::Papers("the invitation is for another name"));
                }
                if (&invitation.coordinator, &invitation.root_key)
                    != (&founding.coordinator, &founding.root)
                {
                    return Err(FoundError::Papers("the invitation is to another label"));
                }
                first_epoch = invitation.epoch.unwrap_or(1);
                let key = crate::keys::joining();
                batch.put(key.clone(), stored::encode(&key, &joining(&invitation))?);
                vec![configuration]
            }
            _ => return Err(FoundError::Papers("role")),
        };
        self.append_from(&mut batch, entries, first_epoch).await?;
        match self.store().commit(batch).await {
            Ok(_) => Ok(self),
            Err(CommitError::Conflict { .. }) => Err(FoundError::AlreadyFounded),
            Err(error) => Err(Fault::from(error).into()),
        }
    }

    /// An app over a store that nobody was founded in yet, for [`App::found`].
    pub fn unfounded(
        store: std::sync::Arc<dyn store::Store>,
        identity: crate::Identity,
        clock: std::sync::Arc<dyn crate::Clock>,
        entropy: std::sync::Arc<dyn crate::Entropy>,
    ) -> Self {
        Self::over(store, identity, clock, entropy)
    }

    pub(crate) async fn check_founded(&self) -> Result<(), FoundError> {
        let key = crate::keys::identity();
        let found = self.store().get(&key).await.map_err(Fault::from)?;
        let found = found.ok_or(FoundError::NotFounded)?;
        let stored: Founding = stored::decode(&key, &found)?;
        let configured = Founding {
            founded_at: stored.founded_at,
            ..self.founding()
        };
        if stored == configured {
            self.read_labels().await?;
            return self
                .has_own_keys()
                .await
                .then_some(())
                .ok_or(FoundError::OtherKeys);
        }
        let name = |it: &Founding| {
            let kid = it.root.kid.as_deref().unwrap_or_default();
            format!("{} under {} (root key {kid})", it.entity, it.coordinator)
        };
        Err(FoundError::OtherNode {
            stored: name(&stored),
            configured: name(&configured),
        })
    }

    /// Whether the node's last Entity Configuration is signed by a `fed` key of its folder
    /// and names an `ops` key of it. What cannot be read is for [`App::check`] to say.
    async fn has_own_keys(&self) -> bool {
        let identity = self.identity();
        let held = self.latest_text(&identity.entity, CONFIGURATION_KIND, THE_ONE);
        let Ok(Some(text)) = held.await else {
            return true;
        };
        let Ok(own) = self.own_fed() else {
            return false;
        };
        trust::open_configuration(&text, &own, &identity.entity)
            .and_then(|configuration| trust::ops_keys(&configuration))
            .is_ok_and(|keys| self.ops_among(Some(&keys)).is_ok())
    }

    fn founding(&self) -> Founding {
        let identity = self.identity();
        Founding {
            entity: identity.entity.clone(),
            role: identity.role,
            coordinator: identity.coordinator.clone(),
            root: Jwk::from(&identity.root),
            founded_at: self.now(),
        }
    }

    /// The node's Entity Configuration (OpenID Federation 1.0 §3.1), signed anew: by the
    /// `fed` key of now, for the `ops` keys that are in force.
    pub(crate) async fn make_configuration(
        &self,
        now: Timestamp,
    ) -> Result<Verified<EntityStatement>, Fault> {
        let ops = match self.due_ops(now).await? {
            Some(in_force) => in_force,
            None => KeySet::only(self.ops_among(None)?.public().clone()),
        };
        let fed = self.fed().await?;
        self.make_configuration_of(now, &fed, &ops).await
    }

    /// The same, by a `fed` key and for `ops` keys that are chosen: the first of them signs.
    pub(crate) async fn make_configuration_of(
        &self,
        now: Timestamp,
        fed: &SecretKey,
        ops: &KeySet,
    ) -> Result<Verified<EntityStatement>, Fault> {
        let said = self.said_of_itself(now).await?;
        self.sign_configuration(said, now, (fed, ops))
    }

    /// The name that a node has published, and the marks that it bears.
    async fn said_of_itself(&self, now: Timestamp) -> Result<SaidOfItself, Fault> {
        let own = &self.identity().entity;
        let registers = self.registers().await?;
        if self.is_coordinator() {
            let charter = registers.of(own).and_then(|it| it.charter.as_ref());
            return Ok(charter.map(SaidOfItself::of_label).unwrap_or_default());
        }
        let profile = self.latest_text(own, Profile::KIND, THE_ONE).await?;
        let profile = profile.and_then(|text| Profile::read(&text).ok());
        let marks = registers.each().filter_map(|register| {
            let standing = self.own_standing_in(register, now);
            let is_labelled = matches!(standing, Standing::Labelled { .. });
            let mark = register.member(own)?.mark.as_ref();
            mark.filter(|_| is_labelled).map(shown)
        });
        Ok(SaidOfItself {
            name: profile.map(|profile| profile.name),
            marks: marks.collect(),
            label: None,
        })
    }

    fn sign_configuration(
        &self,
        said: SaidOfItself,
        now: Timestamp,
        (fed, ops): (&SecretKey, &KeySet),
    ) -> Result<Verified<EntityStatement>, Fault> {
        let identity = self.identity();
        let is_coordinator = self.is_coordinator();
        let endpoint = |path: &str| is_coordinator.then(|| identity.entity.url_of(path));
        let issuers = |url: String| [(url, vec![identity.entity.clone()])].into();
        let statement = EntityStatement {
            iss: identity.entity.clone(),
            sub: identity.entity.clone(),
            iat: now,
            exp: now.plus_seconds(CONFIGURATION_SECONDS),
            jwks: Jwks::of(fed.public()),
            authority_hints: if is_coordinator {
                Vec::new()
            } else {
                let labels = self.labels().into_iter();
                labels.map(|it| it.coordinator.to_string()).collect()
            },
            metadata: Some(Metadata {
                federation_entity: Some(FederationEntity {
                    organization_name: said.name,
                    federation_fetch_endpoint: endpoint("/federation/fetch"),
                    federation_list_endpoint: endpoint("/federation/list"),
                    federation_resolve_endpoint: endpoint("/federation/resolve"),
                    federation_trust_mark_endpoint: endpoint("/federation/trust-mark"),
                    federation_trust_mark_status_endpoint: endpoint(
                        "/federation/trust-mark-status",
                    ),
                    federation_trust_mark_list_endpoint: endpoint("/federation/trust-mark-list"),
                    federation_historical_keys_endpoint: endpoint("/federation/historical-keys"),
                }),
                escale_node: Some(NodeMetadata {
                    jwks: Jwks {
                        keys: ops.iter().map(Jwk::from).collect(),
                    },
                    role: identity.role,
                }),
            }),
            constraints: None,
            trust_marks: said.marks,
            trust_mark_issuers: said.label.map(issuers),
            escale_epoch: None,
        };
        Ok(seal::sign(statement, fed)?)
    }
}

/// What a node says of itself beside its keys and its place.
#[derive(Debug, Default)]
struct SaidOfItself {
    name: Option<String>,
    marks: Vec<ShownMark>,
    /// The charter's URL; a coordinator's alone.
    label: Option<String>,
}

impl SaidOfItself {
    fn of_label(charter: &Charter) -> Self {
        let name = wire::printable(charter.name.in_language(true), NAME_CHARS_MAX);
        Self {
            name: Some(name),
            marks: Vec::new(),
            label: Some(charter.url.clone()),
        }
    }
}

fn shown(mark: &Verified<TrustMark>) -> ShownMark {
    ShownMark {
        trust_mark_type: mark.trust_mark_type.clone(),
        trust_mark: mark.as_str().to_owned(),
    }
}

/// The request is named after its secret, so that asking again is asking the same.
pub(crate) fn joining(invitation: &Invitation) -> Joining {
    let name = wire::Sha256Hash::of(&[invitation.secret.as_bytes()]);
    let name: String = name.to_string().chars().take(22).collect();
    Joining::Asking {
        secret: invitation.secret.clone(),
        op: format!("join-{name}"),
    }
}
