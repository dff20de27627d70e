//! Who belongs: a profile of OpenID Federation 1.0, and the anchor above it.

use std::collections::BTreeMap;

use seal::checks::holds;
use seal::{Document, Malformed, Verified};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::document::{self, Claims, Jwks, require, sealed_kind};
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
/// A statement with `crit`, a policy or a delegated mark is refused: this profile has chains of
/// exactly three statements, in which none of them has a place.
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
    /// The trust marks that the subject shows of itself; at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trust_marks: Vec<ShownMark>,
    /// Who may issue which trust mark; the coordinator's configuration alone has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_mark_issuers: Option<BTreeMap<String, Vec<EntityId>>>,
    /// The epoch of the subject's feed, where it is not the first: the subject lost its
    /// keys and was admitted anew. A coordinator's statement alone has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escale_epoch: Option<u64>,
}

/// A trust mark as an Entity Configuration and a resolved entity show it (OpenID
/// Federation 1.0 §3.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMark {
    /// What the mark says of itself.
    pub trust_mark_type: String,
    /// The mark, compact.
    pub trust_mark: String,
}

/// Members with which a statement is refused, `null` included, beside `crit` and policies:
/// delegated marks, and those of explicit registration alone.
const NOT_PLACED: [&str; 3] = ["trust_mark_owners", "aud", "trust_anchor"];

/// Constraints that nobody here applies: a statement with one of them is refused.
const NOT_APPLIED: [&str; 2] = ["naming_constraints", "allowed_entity_types"];

impl Document for EntityStatement {
    const TYP: &'static str = "entity-statement+jwt";
    const BYTES_MAX: usize = 16 * 1024;

    fn from_claims(claims: Value) -> Result<Self, Malformed> {
        let has = |name: &str| claims.get(name).is_some();
        require(holds("statement_crit", !has("crit")), "crit")?;
        let has_policy = has("metadata_policy") || has("metadata_policy_crit");
        require(holds("statement_policy", !has_policy), "metadata_policy")?;
        let is_placed = !NOT_PLACED.iter().any(|name| has(name));
        require(holds("statement_placed", is_placed), "not of this profile")?;
        let is_empty = |name: &str| {
            let hints = claims.get(name).and_then(Value::as_array);
            hints.is_some_and(Vec::is_empty)
        };
        let has_hints = !is_empty("authority_hints") && !is_empty("trust_anchor_hints");
        require(holds("statement_hints_there", has_hints), "no hints")?;
        let is_metadata = claims.get("metadata").is_none_or(is_metadata);
        require(holds("statement_metadata", is_metadata), "metadata")?;
        let constraints = claims.get("constraints");
        let applies = |name: &str| constraints.is_none_or(|it| it.get(name).is_none());
        let is_applied = NOT_APPLIED.into_iter().all(applies);
        require(holds("statement_constraints", is_applied), "constraints")?;
        document::from_claims(claims)
    }

    fn to_claims(&self) -> Result<Vec<u8>, Malformed> {
        document::to_claims(self)
    }
}

/// Objects of values by entity type, none of which is `null` (OpenID Federation 1.0 §5).
fn is_metadata(metadata: &Value) -> bool {
    let is_type = |of_type: &Value| {
        let members = of_type.as_object();
        members.is_some_and(|members| !members.values().any(Value::is_null))
    };
    let types = metadata.as_object();
    types.is_some_and(|types| types.values().all(is_type))
}

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
        let is_label =
            |it: &ShownMark| (1..=CHARTER_URL_BYTES_MAX).contains(&it.trust_mark_type.len());
        let are_labels = self.trust_marks.iter().all(is_label);
        require(holds("statement_marks", are_labels), "trust_mark_type")?;
        let are_few = self.trust_marks.len() <= TRUST_MARKS_MAX;
        require(
            holds("statement_few_marks", are_few),
            "too many trust_marks",
        )?;
        require(
            holds("statement_epoch", self.escale_epoch != Some(0)),
            "escale_epoch",
        )?;
        require(
            holds("paper_ends_later", self.exp > self.iat),
            "exp is not after iat",
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

/// The most trust marks that one Entity Configuration shows: one of each label.
pub const TRUST_MARKS_MAX: usize = 8;

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

    /// The metadata as it was signed, entity types that nobody here knows included.
    pub fn signed_metadata(statement: &Verified<Self>) -> Map<String, Value> {
        let claims = statement.as_str().split('.').nth(1);
        let claims = claims.and_then(|claims| seal::base64url::decode(claims).ok());
        let claims = claims.and_then(|claims| seal::json::parse(&claims).ok());
        match claims.and_then(|mut claims| claims.get_mut("metadata").map(Value::take)) {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        }
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
    /// Where a space is resolved; a coordinator's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_resolve_endpoint: Option<String>,
    /// Where trust marks are fetched; a coordinator's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_trust_mark_endpoint: Option<String>,
    /// Where one asks whether a trust mark is active; a coordinator's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_trust_mark_status_endpoint: Option<String>,
    /// Where those who bear a trust mark are listed; a coordinator's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_trust_mark_list_endpoint: Option<String>,
    /// Where the keys of former times are; a coordinator's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_historical_keys_endpoint: Option<String>,
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

impl Document for TrustMark {
    const TYP: &'static str = "trust-mark+jwt";
    const BYTES_MAX: usize = 4 * 1024;

    fn from_claims(claims: Value) -> Result<Self, Malformed> {
        // Nobody issues a label in the name of another.
        let is_own = claims.get("delegation").is_none();
        require(holds("mark_delegation", is_own), "delegation")?;
        document::from_claims(claims)
    }

    fn to_claims(&self) -> Result<Vec<u8>, Malformed> {
        document::to_claims(self)
    }
}

/// The media type of a trust mark over HTTP.
pub const TRUST_MARK_MEDIA_TYPE: &str = "application/trust-mark+jwt";

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
