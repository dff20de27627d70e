//! Who belongs: a profile of OpenID Federation 1.0, and the anchor above it.

use std::collections::BTreeMap;

use seal::Malformed;
use seal::checks::holds;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::document::{Claims, Jwks, require, sealed_kind};
use crate::{EntityId, Timestamp};

/// What the label's offline root key says, once a year: which online keys speak
/// for the coordinator (`escale-anchor+jwt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The coordinator.
    pub iss: EntityId,
    /// When it was signed.
    pub iat: Timestamp,
    /// Until when it holds; a year later at most.
    pub exp: Timestamp,
    /// The coordinator's `fed` keys: they sign its Entity Configuration, the
    /// subordinate statements and the trust marks.
    pub jwks: Jwks,
}

sealed_kind!(Anchor, "escale-anchor+jwt", 4 * 1024);

impl Claims for Anchor {
    fn check(&self) -> Result<(), Malformed> {
        self.jwks.check()?;
        require(
            holds("paper_ends_later", self.exp > self.iat),
            "exp is not after iat",
        )
    }
}

/// An Entity Statement (OpenID Federation 1.0 §3): an Entity Configuration where
/// `iss` is `sub`, a Subordinate Statement otherwise.
///
/// A statement with a metadata policy or with any `crit` is refused: this profile
/// has chains of exactly three statements, in which neither has a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntityStatement {
    /// Who says so.
    pub iss: EntityId,
    /// Of whom.
    pub sub: EntityId,
    /// When it was signed.
    pub iat: Timestamp,
    /// Until when it holds.
    pub exp: Timestamp,
    /// The subject's `fed` keys.
    pub jwks: Jwks,
    /// The coordinators that the subject names as its superiors; at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authority_hints: Vec<String>,
    /// What the subject says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// The limits of chains through this statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Constraints>,
    /// Who may issue which trust mark; the coordinator's configuration alone has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_mark_issuers: Option<BTreeMap<String, Vec<EntityId>>>,
    /// The epoch of the subject's feed, where it is not the first: the subject lost its
    /// keys and was admitted anew. A coordinator's statement alone has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escale_epoch: Option<u64>,
    /// Always refused, `null` included.
    #[serde(default, skip_serializing, deserialize_with = "whatever_it_is")]
    pub crit: Option<Value>,
    /// Always refused, `null` included.
    #[serde(default, skip_serializing, deserialize_with = "whatever_it_is")]
    pub metadata_policy: Option<Value>,
}

/// A member that is there, `null` included, as `Some`.
fn whatever_it_is<'de, D: Deserializer<'de>>(member: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(member).map(Some)
}

sealed_kind!(EntityStatement, "entity-statement+jwt", 16 * 1024);

/// The media type of an entity statement over HTTP.
pub const ENTITY_STATEMENT_MEDIA_TYPE: &str = "application/entity-statement+jwt";

/// The most `authority_hints`: a node belongs to a few labels at most.
pub const AUTHORITY_HINTS_MAX: usize = 8;

impl Claims for EntityStatement {
    fn check(&self) -> Result<(), Malformed> {
        self.jwks.check()?;
        if let Some(node) = self.node() {
            node.jwks.check()?;
        }
        require(
            holds("statement_epoch", self.escale_epoch != Some(0)),
            "escale_epoch",
        )?;
        require(
            holds("paper_ends_later", self.exp > self.iat),
            "exp is not after iat",
        )?;
        require(holds("statement_crit", self.crit.is_none()), "crit")?;
        require(
            holds("statement_policy", self.metadata_policy.is_none()),
            "metadata_policy",
        )?;
        require(
            holds(
                "statement_hints",
                self.authority_hints.len() <= AUTHORITY_HINTS_MAX,
            ),
            "too many authority_hints",
        )
    }
}

impl EntityStatement {
    /// The epoch of the subject's feed.
    pub fn feed_epoch(&self) -> u64 {
        self.escale_epoch.unwrap_or(1)
    }

    /// The metadata of an Escale node, where the statement has it.
    pub fn node(&self) -> Option<&NodeMetadata> {
        self.metadata
            .as_ref()
            .and_then(|metadata| metadata.escale_node.as_ref())
    }
}

/// `constraints` (OpenID Federation 1.0 §6.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraints {
    /// Always 0 here: nobody stands between the coordinator and a space.
    pub max_path_length: u64,
}

/// `metadata` (OpenID Federation 1.0 §5), for the entity types that matter here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// What any federation software reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_entity: Option<FederationEntity>,
    /// What a node reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escale_node: Option<NodeMetadata>,
}

/// `federation_entity` metadata (OpenID Federation 1.0 §5.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederationEntity {
    /// The name of the association, firm or network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_name: Option<String>,
    /// Where subordinate statements are fetched; a coordinator's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_fetch_endpoint: Option<String>,
    /// Where subordinates are listed; a coordinator's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_list_endpoint: Option<String>,
}

/// `escale_node` metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeMetadata {
    /// The node's `ops` keys: they sign its feed, its requests and its answers.
    pub jwks: Jwks,
    /// Space or coordinator.
    pub role: NodeRole,
}

/// What a node is in its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeRole {
    /// A coworking space.
    Space,
    /// The node that grants the label.
    Coordinator,
}

/// A Trust Mark (OpenID Federation 1.0 §7): the label itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustMark {
    /// The coordinator.
    pub iss: EntityId,
    /// The labelled space.
    pub sub: EntityId,
    /// The charter's URL: which label it is.
    pub trust_mark_type: String,
    /// When it was signed.
    pub iat: Timestamp,
    /// Until when it holds; required here.
    pub exp: Timestamp,
}

sealed_kind!(TrustMark, "trust-mark+jwt", 4 * 1024);

/// The most bytes of a charter's URL.
pub const CHARTER_URL_BYTES_MAX: usize = 300;

impl Claims for TrustMark {
    fn check(&self) -> Result<(), Malformed> {
        require(
            holds("paper_ends_later", self.exp > self.iat),
            "exp is not after iat",
        )?;
        let length = self.trust_mark_type.len();
        require(
            holds("mark_type", length > 0 && length <= CHARTER_URL_BYTES_MAX),
            "trust_mark_type",
        )
    }
}
