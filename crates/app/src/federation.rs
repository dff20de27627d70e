//! What other federations' software asks a coordinator (OpenID Federation 1.0 §8).
//!
//! Resolved spaces, the status of a mark and the keys of former times are signed when they
//! are asked for, by the coordinator's `fed` key: the standard wants a key that the Entity
//! Configuration names, and the coordinator's key is the only one that a stranger can have
//! pinned.
//!
//! **Invariant:** who asks the same within a minute is given the same bytes, unless the feeds
//! moved: a stranger makes this node sign once a minute for each question.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use rules::chain::{self, Chain, ChainRefusal, Issuer, NoStatus, Pinned};
use rules::feed::{CONFIGURATION_KIND, MARK_KIND, STATEMENT_KIND};
use rules::trust::Standing;
use seal::{PublicKey, Sealed, Verified};
use serde_json::{Map, Value};
use wire::federation::{
    HISTORICAL_KEYS_MAX, HistoricalKey, HistoricalKeys, MarkStatus, MarkStatusResponse,
    ResolveResponse,
};
use wire::space::THE_ONE;
use wire::trust::{EntityStatement, ShownMark};
use wire::{BodyKind as _, EntityId, Sha256Hash, Timestamp};

use crate::{App, Fault, Register};

/// Why a stranger is not answered.
#[derive(Debug, thiserror::Error)]
pub enum FederationError {
    /// This node coordinates no label.
    #[error("this node has no such endpoint")]
    NotTheCoordinator,
    /// Nothing is known of whom the question is about.
    #[error("nothing is known here of {0}")]
    UnknownEntity(EntityId),
    /// The coordinator does not speak about itself so.
    #[error("this is about the coordinator itself, which has an Entity Configuration")]
    Itself,
    /// The coordinator is the end of every chain, and of none the beginning.
    #[error("the coordinator is the trust anchor itself")]
    ItselfResolved,
    /// None of the anchors that were named is this coordinator.
    #[error("this coordinator is the only trust anchor that is known here")]
    OtherAnchor,
    /// The chain of a space does not hold.
    #[error("the chain does not hold")]
    Chain(#[source] ChainRefusal),
    /// What the space says of itself was not heard yet.
    #[error("what the space says of itself was not heard yet")]
    NeverHeard,
    /// Not a trust mark.
    #[error("not a trust mark")]
    NotAMark,
    /// No such trust mark was issued.
    #[error("no such trust mark was issued here")]
    UnknownMark,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Which spaces are listed (OpenID Federation 1.0 §8.2.1).
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Those that have metadata of all these types.
    pub entity_types: Vec<String>,
    /// Those that bear the label.
    pub is_trust_marked: bool,
    /// Those that bear this label.
    pub trust_mark_type: Option<String>,
    /// Those that have subordinates: none.
    pub is_intermediate: bool,
}

/// How many signed answers are kept: some 10 KB each.
const ANSWERS_KEPT_MAX: usize = 256;

/// For how long an answer is given again.
const ANSWER_SECONDS: i64 = 60;

/// Answers that were signed within a minute, by the question and the positions of the feeds
/// that they rest on.
#[derive(Debug, Default)]
pub(crate) struct SignedAnswers(BTreeMap<String, (Timestamp, String)>);

impl App {
    /// The coordinator's statement about `sub`, compact (OpenID Federation 1.0 §8.1).
    pub async fn statement_about(&self, sub: &EntityId) -> Result<String, FederationError> {
        self.is_asked_as_coordinator()?;
        let own = &self.identity().entity;
        if sub == own {
            return Err(FederationError::Itself);
        }
        let text = self.latest_text(own, STATEMENT_KIND, sub.as_str()).await?;
        text.ok_or_else(|| FederationError::UnknownEntity(sub.clone()))
    }

    /// The spaces that belong, as the filter says.
    pub async fn subordinates(&self, which: &ListFilter) -> Result<Vec<EntityId>, FederationError> {
        self.is_asked_as_coordinator()?;
        let (register, now) = (self.register().await?, self.now());
        let label = register
            .charter
            .as_ref()
            .map(|charter| charter.url.as_str());
        let of_label = which.trust_mark_type.as_deref();
        if which.is_intermediate || of_label.is_some_and(|url| Some(url) != label) {
            return Ok(Vec::new());
        }
        let needs_mark = which.is_trust_marked || of_label.is_some();
        let mut listed = Vec::new();
        for (space, _) in register.members() {
            let is_marked = matches!(register.standing(space, now), Standing::Labelled { .. });
            if needs_mark && !is_marked {
                continue;
            }
            if self
                .has_types(&register, space, &which.entity_types)
                .await?
            {
                listed.push(space.clone());
            }
        }
        Ok(listed)
    }

    /// Whether a space says that it is of all these types. One that was not heard yet says
    /// nothing.
    async fn has_types(
        &self,
        register: &Register,
        space: &EntityId,
        types: &[String],
    ) -> Result<bool, Fault> {
        if types.is_empty() {
            return Ok(true);
        }
        let said = self.latest_text(space, CONFIGURATION_KIND, THE_ONE).await?;
        let statement = register
            .member(space)
            .and_then(|member| member.statement.as_ref());
        let keys = statement.and_then(|statement| statement.jwks.key_set().ok());
        let revoked = register.revoked(space);
        let is_good = |key: &PublicKey| !revoked.names(key.thumbprint());
        let keys = keys.and_then(|keys| keys.filtered(is_good));
        let (Some(said), Some(keys)) = (said, keys) else {
            return Ok(false);
        };
        let said = rules::trust::open_configuration(&said, &keys, space).ok();
        let metadata = said.map(|said| EntityStatement::signed_metadata(&said));
        let metadata = metadata.unwrap_or_default();
        Ok(types.iter().all(|it| metadata.contains_key(it)))
    }

    /// The spaces that bear the label of this type; `sub` alone where it is given.
    pub async fn trust_marked(
        &self,
        trust_mark_type: &str,
        sub: Option<&EntityId>,
    ) -> Result<Vec<EntityId>, FederationError> {
        let which = ListFilter {
            trust_mark_type: Some(trust_mark_type.to_owned()),
            ..ListFilter::default()
        };
        let mut listed = self.subordinates(&which).await?;
        listed.retain(|space| sub.is_none_or(|sub| space == sub));
        Ok(listed)
    }

    /// The trust mark of a space, compact.
    pub async fn trust_mark_of(
        &self,
        trust_mark_type: &str,
        sub: &EntityId,
    ) -> Result<String, FederationError> {
        let marked = self.trust_marked(trust_mark_type, Some(sub)).await?;
        if marked.is_empty() {
            return Err(FederationError::UnknownMark);
        }
        let text = self
            .latest_text(&self.identity().entity, MARK_KIND, sub.as_str())
            .await?;
        text.ok_or(FederationError::UnknownMark)
    }

    /// How a trust mark of this coordinator stands, signed.
    pub async fn trust_mark_status(&self, mark: &str) -> Result<String, FederationError> {
        self.is_asked_as_coordinator()?;
        let register = self.register().await?;
        let asked = format!(
            "status {:?} {}",
            register.position(),
            Sha256Hash::of(&[mark.as_bytes()])
        );
        let now = self.signing_time().await?;
        if let Some(signed) = self.signed_before(&asked, now) {
            return Ok(signed);
        }
        let status = self.status_of(&register, mark, now).await?;
        let response = MarkStatusResponse {
            iss: self.identity().entity.clone(),
            iat: now,
            trust_mark: mark.to_owned(),
            status,
        };
        let signed = seal::sign(response, &*self.fed().await?).map_err(Fault::from)?;
        Ok(self.keep_signed(asked, now, signed.as_str()))
    }

    async fn status_of(
        &self,
        register: &Register,
        mark: &str,
        now: Timestamp,
    ) -> Result<MarkStatus, FederationError> {
        let former = self.former_keys().await?;
        let former = former.iter().map(|key| PublicKey::try_from(&key.jwk()));
        let former: Vec<_> = former.filter_map(Result::ok).collect();
        let charter = register.charter.as_ref();
        let issuer = Issuer {
            pinned: Pinned {
                entity: &self.identity().entity,
                keys: register.coordinator_keys(),
            },
            former: &former,
            charter_url: charter.map_or("", |charter| charter.url.as_str()),
        };
        let standing = |space: &EntityId| register.standing(space, now);
        chain::mark_status(mark, issuer, standing, now).map_err(|none| match none {
            NoStatus::NotAMark => FederationError::NotAMark,
            NoStatus::NotIssued => FederationError::UnknownMark,
        })
    }

    /// A space resolved (OpenID Federation 1.0 §8.3), signed: its chain, what it says of
    /// itself as far as `types` ask for it, and the marks that it shows and that are active.
    pub async fn resolve(
        &self,
        sub: &EntityId,
        anchors: &[EntityId],
        types: &[String],
    ) -> Result<String, FederationError> {
        self.is_asked_as_coordinator()?;
        if !anchors.contains(&self.identity().entity) {
            return Err(FederationError::OtherAnchor);
        }
        if *sub == self.identity().entity {
            return Err(FederationError::ItselfResolved);
        }
        let register = self.register().await?;
        let (feed, _) = self.feed_state(sub).await?;
        let asked = format!(
            "resolve {:?} {:?} {sub} {}",
            register.position(),
            (feed.epoch, feed.seq),
            Sha256Hash::of(&[format!("{types:?}").as_bytes()])
        );
        let now = self.signing_time().await?;
        if let Some(signed) = self.signed_before(&asked, now) {
            return Ok(signed);
        }
        let response = self.resolved(&register, sub, types, now).await?;
        let signed = seal::sign(response, &*self.fed().await?).map_err(Fault::from)?;
        Ok(self.keep_signed(asked, now, signed.as_str()))
    }

    async fn resolved(
        &self,
        register: &Register,
        sub: &EntityId,
        types: &[String],
        now: Timestamp,
    ) -> Result<ResolveResponse, FederationError> {
        let chain = self.chain_of(register, sub, now).await?;
        let mut marks: Vec<(ShownMark, Timestamp)> = Vec::new();
        for shown in &chain.configuration.trust_marks {
            let charter = register.charter.as_ref();
            let mark =
                charter.and_then(|it| chain::open_shown_mark(&chain, shown, &it.url, now).ok());
            let status = self.status_of(register, &shown.trust_mark, now).await;
            if let (Some(mark), Ok(MarkStatus::Active)) = (mark, status) {
                marks.push((shown.clone(), mark.exp));
            }
        }
        let ends = marks.iter().map(|(_, exp)| *exp);
        Ok(ResolveResponse {
            iss: self.identity().entity.clone(),
            sub: sub.clone(),
            iat: now,
            exp: ends.fold(chain.until(), Timestamp::min),
            metadata: metadata_of(&chain.configuration, types),
            trust_chain: [&chain.configuration, &chain.statement, &chain.anchor]
                .map(|it| it.as_str().to_owned())
                .to_vec(),
            trust_marks: marks.into_iter().map(|(shown, _)| shown).collect(),
        })
    }

    async fn chain_of(
        &self,
        register: &Register,
        sub: &EntityId,
        now: Timestamp,
    ) -> Result<Chain, FederationError> {
        let identity = self.identity();
        let statement = register
            .member(sub)
            .and_then(|member| member.statement.as_ref());
        let unknown = || FederationError::UnknownEntity(sub.clone());
        let statement = statement.ok_or_else(unknown)?;
        let said = async |of: &EntityId| self.latest_text(of, CONFIGURATION_KIND, THE_ONE).await;
        let configuration = said(sub).await?.ok_or(FederationError::NeverHeard)?;
        let by = Sealed::<EntityStatement>::parse(&configuration).ok();
        if by.is_none_or(|it| register.revoked(sub).names(it.kid())) {
            return Err(FederationError::NeverHeard);
        }
        let anchor = said(&identity.entity).await?.ok_or(Fault::NothingHeard)?;
        let statements = [configuration.as_str(), statement.as_str(), anchor.as_str()];
        let pinned = Pinned {
            entity: &identity.entity,
            keys: register.coordinator_keys(),
        };
        chain::open_chain(&statements, pinned, sub, now).map_err(FederationError::Chain)
    }

    /// The keys of this coordinator that sign no more, signed.
    pub async fn historical_keys(&self) -> Result<String, FederationError> {
        self.is_asked_as_coordinator()?;
        let now = self.signing_time().await?;
        let asked = format!("keys {:?}", self.register().await?.position());
        if let Some(signed) = self.signed_before(&asked, now) {
            return Ok(signed);
        }
        let mut keys = self.former_keys().await?;
        keys.sort_by(|a, b| (a.exp, &a.kid).cmp(&(b.exp, &b.kid)));
        keys.drain(..keys.len().saturating_sub(HISTORICAL_KEYS_MAX));
        let iss = self.identity().entity.clone();
        let list = HistoricalKeys {
            iss,
            iat: now,
            keys,
        };
        let signed = seal::sign(list, &*self.fed().await?).map_err(Fault::from)?;
        Ok(self.keep_signed(asked, now, signed.as_str()))
    }

    /// The keys of this coordinator that sign no more.
    pub(crate) async fn former_keys(&self) -> Result<Vec<HistoricalKey>, Fault> {
        let own = &self.identity().entity;
        let texts = self.latest_texts(own, HistoricalKey::KIND).await?;
        let keys = texts.iter().filter_map(|(id, text)| {
            let key = HistoricalKey::read(text).ok();
            key.filter(|key| key.kid == *id)
        });
        Ok(keys.collect())
    }

    fn is_asked_as_coordinator(&self) -> Result<(), FederationError> {
        if self.is_coordinator() {
            Ok(())
        } else {
            Err(FederationError::NotTheCoordinator)
        }
    }

    /// What was signed for the same question less than a minute ago.
    fn signed_before(&self, asked: &str, now: Timestamp) -> Option<String> {
        let answers = self.inner.signed_answers.lock();
        let answers = answers.unwrap_or_else(PoisonError::into_inner);
        let (at, signed) = answers.0.get(asked)?;
        let age = now.seconds_since(*at);
        (0..ANSWER_SECONDS).contains(&age).then(|| signed.clone())
    }

    fn keep_signed(&self, asked: String, now: Timestamp, signed: &str) -> String {
        let answers = self.inner.signed_answers.lock();
        let mut answers = answers.unwrap_or_else(PoisonError::into_inner);
        if answers.0.len() >= ANSWERS_KEPT_MAX {
            answers.0.clear();
        }
        answers.0.insert(asked, (now, signed.to_owned()));
        signed.to_owned()
    }
}

/// What a space says of itself, of these types; of all where none is named.
fn metadata_of(said: &Verified<EntityStatement>, types: &[String]) -> Map<String, Value> {
    let mut metadata = EntityStatement::signed_metadata(said);
    metadata.retain(|name, _| types.is_empty() || types.contains(name));
    metadata
}
