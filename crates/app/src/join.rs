//! Joining the label: what a space asks, and what a coordinator answers.

use rules::feed::CONFIGURATION_KIND;
use rules::trust;
use seal::checks::{holds, is_on};
use seal::{Jwk, KeySet, Malformed, PublicKey, Sealed, SecretKey};
use store::{Batch, Expected};
use wire::label::Act;
use wire::request::{Answer, AnswerResult, JOIN_KIND, Join, JoinBody, Request};
use wire::space::THE_ONE;
use wire::trust::NodeRole;
use wire::{EntityId, Jwks, Timestamp};

use crate::fault::{Attempt, until_settled};
use crate::inbox::Outcome;
use crate::inbox::is_in_time;
use crate::label::statement_entry;
use crate::stored::{self, InvitationUse, Joining};
use crate::{App, Fault};

/// Why a join has no signed answer, or why the answer is not taken.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// This node does not coordinate a label.
    #[error("this node does not coordinate a label")]
    NotTheCoordinator,
    /// The request is not a request of whom it names.
    #[error("the request is not genuine")]
    NotGenuine,
    /// The request is for somebody else.
    #[error("the request is for {0}")]
    OtherAudience(EntityId),
    /// The request was signed too long ago, or in the future.
    #[error("the request is out of its time: one of the two clocks is wrong")]
    OutOfTime,
    /// The form is wrong.
    #[error("not a join")]
    Malformed(#[source] Malformed),
    /// The answer is not an answer to what was asked, by whom was asked.
    #[error("the answer is not genuine")]
    AnswerNotGenuine,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// How a space's joining stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinState {
    /// It asks, until it is answered.
    Asking,
    /// It was admitted.
    Accepted {
        /// When.
        at: Timestamp,
    },
    /// It was refused.
    Refused {
        /// When.
        at: Timestamp,
        /// Why, as a stable code.
        code: String,
    },
    /// Nothing to join: a coordinator.
    Nothing,
}

impl App {
    /// How this space's joining of the label in which it was founded stands.
    pub async fn join_state(&self) -> Result<JoinState, Fault> {
        self.join_state_of(&self.identity().coordinator).await
    }

    /// How this space's joining of one of its labels stands.
    pub async fn join_state_of(&self, coordinator: &EntityId) -> Result<JoinState, Fault> {
        let joining = self.joining(coordinator).await?;
        Ok(match joining.map(|(joining, _)| joining) {
            None => JoinState::Nothing,
            Some(Joining::Asking { .. }) => JoinState::Asking,
            Some(Joining::Accepted { at }) => JoinState::Accepted { at },
            Some(Joining::Refused { at, code }) => JoinState::Refused { at, code },
        })
    }

    /// The join to send now to the coordinator of the label in which this space was
    /// founded, with the attempt's `jti`; `None` when there is nothing to ask any more.
    pub async fn make_join(&self) -> Result<Option<(Join, String)>, JoinError> {
        self.make_join_to(&self.identity().coordinator).await
    }

    /// The same, to the coordinator of one of its labels.
    pub async fn make_join_to(
        &self,
        coordinator: &EntityId,
    ) -> Result<Option<(Join, String)>, JoinError> {
        let Some((Joining::Asking { secret, op }, _)) = self.joining(coordinator).await? else {
            return Ok(None);
        };
        let now = self.signing_time().await?;
        let configuration = self.make_configuration(now).await?;
        let fed = self.fed().await?;
        let body = JoinBody {
            secret,
            entity_configuration: configuration.as_str().to_owned(),
            former_fed_keys: self.former_fed_keys(&fed).await?,
        };
        let body = serde_json::to_value(body)
            .map_err(|error| JoinError::Malformed(Malformed(error.to_string())))?;
        let (request, jti) = self
            .sign_request(coordinator, op, (JOIN_KIND, body), &fed)
            .await?;
        let fed_key = Jwk::from(fed.public());
        Ok(Some((Join { fed_key, request }, jti)))
    }

    /// The `fed` keys by which the feed of this space opens beside the one that signs: those
    /// that it has replaced, as the label says that decides about its keys.
    async fn former_fed_keys(&self, fed: &SecretKey) -> Result<Vec<Jwk>, Fault> {
        let own = &self.identity().entity;
        let registers = self.registers().await?;
        let deciding = self.deciding_of(&registers, own);
        let named = deciding.and_then(|it| it.fed_keys_of(own));
        let named = named.filter(|named| named.find(fed.public().thumbprint()).is_some());
        let is_former = |key: &&PublicKey| key.thumbprint() != fed.public().thumbprint();
        let former = named.iter().flat_map(KeySet::iter).filter(is_former);
        Ok(former.map(Jwk::from).collect())
    }

    /// Takes the answer to the attempt `jti` of the coordinator of the label in which this
    /// space was founded.
    pub async fn take_join_answer(&self, jti: &str, answer: &str) -> Result<JoinState, JoinError> {
        self.take_join_answer_of(&self.identity().coordinator, jti, answer)
            .await
    }

    /// The same, of the coordinator of one of its labels.
    pub async fn take_join_answer_of(
        &self,
        coordinator: &EntityId,
        jti: &str,
        answer: &str,
    ) -> Result<JoinState, JoinError> {
        let (feed, _) = self.feed_state(coordinator).await?;
        let ops = feed.tip()?.ops.ok_or(Fault::NothingHeard)?;
        let answer = Sealed::<Answer>::parse(answer).and_then(|answer| answer.open(&ops));
        let answer = answer.map_err(|_| JoinError::AnswerNotGenuine)?;
        let Some((Joining::Asking { op, .. }, found)) = self.joining(coordinator).await? else {
            return Ok(self.join_state_of(coordinator).await?);
        };
        let is_ours = answer.iss == *coordinator
            && answer.aud == self.identity().entity
            && answer.jti == jti
            && answer.op == op;
        if !is_ours {
            return Err(JoinError::AnswerNotGenuine);
        }
        let at = self.now();
        let joining = match (answer.result, &answer.code) {
            (AnswerResult::Refused, Some(code)) => Joining::Refused {
                at,
                code: code.clone(),
            },
            (AnswerResult::Refused | AnswerResult::Accepted, _) => Joining::Accepted { at },
            (AnswerResult::Waiting | AnswerResult::Unknown, _) => {
                return Err(JoinError::AnswerNotGenuine);
            }
        };
        let mut batch = Batch::new();
        self.put_joining(&mut batch, coordinator, joining, &found)?;
        // Whoever came first has taken an answer to the same question.
        match self.store().commit(batch).await {
            Ok(_) | Err(store::CommitError::Conflict { .. }) => {
                Ok(self.join_state_of(coordinator).await?)
            }
            Err(error) => Err(Fault::from(error).into()),
        }
    }

    /// Answers a join: the invitation, the key and the name must fit together.
    ///
    /// The same question gets the same answer, however often it is asked, so that
    /// a lost answer harms nobody. A refusal is signed too, unless the request
    /// cannot be believed at all.
    pub async fn answer_join(&self, bytes: &[u8]) -> Result<String, JoinError> {
        if !self.is_coordinator() {
            return Err(JoinError::NotTheCoordinator);
        }
        let join = Join::parse(bytes).map_err(JoinError::Malformed)?;
        let fed = PublicKey::try_from(&join.fed_key).map_err(|_| JoinError::NotGenuine)?;
        let request = Sealed::<Request>::parse(&join.request)
            .and_then(|request| request.open(&KeySet::only(fed.clone())))
            .map_err(|_| JoinError::NotGenuine)?;
        if !holds("join_audience", request.aud == self.identity().entity) {
            return Err(JoinError::OtherAudience(request.aud.clone()));
        }
        let now = self.signing_time().await?;
        if !holds("join_time", is_in_time(&request, now)) {
            return Err(JoinError::OutOfTime);
        }
        let body = JoinBody::of(&request).map_err(JoinError::Malformed)?;
        let ops = self.ops().await?;
        let refusal = until_settled!(self.try_admit(&request, &body, &fed, now).await)?;
        let outcome = refusal.map_or(Outcome::Accepted, Outcome::refused);
        Ok(self.sign_answer(&request, &outcome, (&ops, now))?)
    }

    /// Admits, or says the code of the refusal.
    async fn try_admit(
        &self,
        request: &Request,
        body: &JoinBody,
        fed: &PublicKey,
        now: Timestamp,
    ) -> Result<Option<&'static str>, Attempt<JoinError>> {
        // Before the invitation: who was admitted by it in between is found by its use,
        // and given the same answer again.
        let register = self.register().await?;
        let key = crate::keys::invitation(body.secret.as_bytes());
        let found = self.store().get(&key).await.map_err(Fault::from)?;
        let Some(found) = found else {
            return Ok(Some("invitation_unknown"));
        };
        let mut invitation: stored::Invitation = stored::decode(&key, &found)?;
        if !holds("invitation_name", invitation.entity == request.iss) {
            return Ok(Some("invitation_for_another"));
        }
        if let Some(used) = invitation
            .used
            .as_ref()
            .filter(|_| is_on("invitation_once"))
        {
            // Read after the invitation: what it was used for stands there by now, unless
            // the membership has ended since.
            let is_there = self.register().await?.belongs(&request.iss);
            let is_same = used.op == request.op && used.fed == Jwk::from(fed) && is_there;
            return Ok((!is_same).then_some("invitation_used"));
        }
        if !holds("invitation_time", now < invitation.expires_at) {
            return Ok(Some("invitation_expired"));
        }
        let own = KeySet::only(fed.clone());
        let configuration =
            trust::open_configuration(&body.entity_configuration, &own, &request.iss);
        let is_space = configuration.is_ok_and(|configuration| {
            configuration
                .node()
                .is_some_and(|node| node.role == NodeRole::Space)
        });
        if !holds("invitation_papers", is_space) {
            return Ok(Some("configuration_refused"));
        }
        let belongs = register.belongs(&request.iss);
        if is_on("admitted_once") && belongs && !invitation.replaces {
            return Ok(Some("already_admitted"));
        }
        let Some(keys) = body.fed_keys(fed).filter(|keys| {
            let mut keys = keys.iter();
            !keys.any(|key| register.is_fed_key_of_another(key.thumbprint(), &request.iss))
        }) else {
            return Ok(Some("configuration_refused"));
        };
        invitation.used = Some(InvitationUse {
            op: request.op.clone(),
            fed: Jwk::from(fed),
            at: now,
        });
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::At(found.version));
        batch.put(key.clone(), stored::encode(&key, &invitation)?);
        // Whoever holds another code for this name comes too late.
        self.drop_invitations(&mut batch, &request.iss, Some(&key))
            .await?;
        let of = self.keys_and_epoch(&invitation, fed, &keys).await?;
        let statement = self.make_statement(&request.iss, of, now).await?;
        let mut entries = vec![statement_entry(&statement)];
        let admitted = self.decision_entry(&register, &request.iss, Act::Admitted, now);
        entries.extend(admitted.await?);
        self.append_to_register(&mut batch, &register, entries)
            .await?;
        self.store().commit(batch).await?;
        Ok(None)
    }

    /// The keys that whoever joins by `fed` is admitted with, and the epoch of its feed where
    /// that is not the first. Whoever comes with the key that has signed what was heard under
    /// this name goes on with that feed; with another it begins anew, with that key alone.
    async fn keys_and_epoch(
        &self,
        invitation: &stored::Invitation,
        fed: &PublicKey,
        all: &KeySet,
    ) -> Result<(Jwks, Option<u64>), Fault> {
        let named = Jwks {
            keys: all.iter().map(Jwk::from).collect(),
        };
        let entity = &invitation.entity;
        let heard = self
            .latest_text(entity, CONFIGURATION_KIND, THE_ONE)
            .await?;
        let Some(heard) = heard else {
            return Ok((named, invitation.anew));
        };
        if trust::open_configuration(&heard, all, entity).is_err() {
            return Ok((Jwks::of(fed), invitation.anew));
        }
        let (known, _) = self.feed_state(entity).await?;
        Ok((named, (known.epoch > 1).then_some(known.epoch)))
    }
}
