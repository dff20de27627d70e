//! What other nodes ask this one, and the one answer in which each question ends.
//!
//! What a question changes, that it was answered, and that this attempt was answered are
//! one commit. Asked again, a question gets the stored answer; under the same name with
//! another body it gets `conflict`, and both are kept as evidence.
//!
//! Specified in `specs/requests.md`.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use rules::trust::CLOCK_LEEWAY_SECONDS;
use rules::visit::{CORRECTION_SECONDS, RECEIPT_SECONDS_MAX};
use seal::checks::{holds, is_on};
use seal::{Malformed, SealRefusal, Sealed, SecretKey, Verified};
use store::{Batch, Expected, Position};
use wire::label::APPLICATION_REQUEST_KIND;
use wire::receipt::{CREDIT_KIND, RECEIPT_KIND};
use wire::registration::{CANCELLATION_KIND, NOTICE_KIND, REGISTRATION_KIND};
use wire::request::{Answer, AnswerResult, Request};
use wire::revocation::{KEY_REVOCATION_KIND, KEY_UPDATE_KIND};
use wire::{EntityId, Sha256Hash, Timestamp};

use crate::access::Operator;
use crate::exchange::{Answered, Attempted, Conflict};
use crate::fault::{Attempt, until_settled};
use crate::keys::INBOX;
use crate::stored;
use crate::{App, Fault};

/// Why a request has no signed answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The form is wrong.
    #[error("not a request")]
    Malformed(#[source] Malformed),
    /// No node of this label signed it.
    #[error("no node of this label signed the request")]
    NotGenuine,
    /// The request is for somebody else.
    #[error("the request is for {0}")]
    OtherAudience(EntityId),
    /// The request was signed too long ago, or in the future.
    #[error("the request is out of its time: one of the two clocks is wrong")]
    OutOfTime,
    /// This attempt was answered before.
    #[error("this attempt was answered before: sign another")]
    Replayed,
    /// This node has not read the feed of whoever asks, or the coordinator's, so far.
    #[error("what the request refers to was not heard yet")]
    NotYet,
    /// Whoever asks was refused too often.
    #[error("{REFUSALS_KEPT_MAX} refusals of this node's requests are kept already")]
    TooMany,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// How long an answered question is remembered: longer than a receipt may be late.
const ANSWERED_SECONDS: i64 = RECEIPT_SECONDS_MAX + CORRECTION_SECONDS + 24 * 60 * 60;

/// How long an attempt is remembered after its end: no clock that is relied on takes it
/// for good by then.
const ATTEMPT_SECONDS: i64 = 2 * CLOCK_LEEWAY_SECONDS;

/// The most refusals that are kept for one node, and with them whatever else changed
/// nothing: what was accepted before under another name. A home refuses next to nothing
/// of an honest host; of another, whatever it sends costs no more disk than this.
pub const REFUSALS_KEPT_MAX: usize = 1_000;

/// What an answer to a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done.
    Accepted,
    /// It waits, at this place in line.
    Waiting { rank: u64 },
    /// It will not be done, for this reason.
    Refused(String),
    /// What it is about does not exist.
    Unknown,
}

impl Outcome {
    /// Refused, by a code of this software.
    pub(crate) fn refused(code: &str) -> Self {
        Self::Refused(code.to_owned())
    }

    const fn result(&self) -> AnswerResult {
        match self {
            Self::Accepted => AnswerResult::Accepted,
            Self::Waiting { .. } => AnswerResult::Waiting,
            Self::Refused(_) => AnswerResult::Refused,
            Self::Unknown => AnswerResult::Unknown,
        }
    }

    const fn rank(&self) -> Option<u64> {
        match self {
            Self::Waiting { rank } => Some(*rank),
            Self::Accepted | Self::Refused(_) | Self::Unknown => None,
        }
    }

    fn code(&self) -> Option<String> {
        match self {
            Self::Refused(code) => Some(code.clone()),
            Self::Accepted | Self::Waiting { .. } | Self::Unknown => None,
        }
    }

    /// What an answer said, as it was given or kept.
    pub(crate) fn of(result: AnswerResult, code: Option<&str>, rank: Option<u64>) -> Self {
        match result {
            AnswerResult::Accepted => Self::Accepted,
            AnswerResult::Waiting => Self::Waiting {
                rank: rank.unwrap_or(1),
            },
            AnswerResult::Refused => Self::refused(code.unwrap_or_default()),
            AnswerResult::Unknown => Self::Unknown,
        }
    }
}

/// What deciding a request gives.
pub(crate) enum Decision {
    /// It is answered.
    Answer(Outcome),
    /// It cannot be decided before more of a feed was read.
    NotYet {
        /// The asker's, or the coordinator's.
        of: EntityId,
    },
}

/// A question under whose name another was asked before, as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRow {
    /// Who asked.
    pub by: EntityId,
    /// Under which name.
    pub op: String,
    /// When the second question came.
    pub at: Timestamp,
    /// The request that was answered, as it was signed.
    pub answered: String,
    /// The first request with another body, as it was signed.
    pub other: String,
}

impl App {
    /// Answers a request.
    pub async fn answer_request(&self, text: &str) -> Result<String, RequestError> {
        let request = Sealed::<Request>::parse(text)
            .map_err(|refusal| RequestError::Malformed(Malformed(refusal.to_string())))?;
        let request = self.open_request(&request).await?;
        if !holds("request_audience", request.aud == self.identity().entity) {
            return Err(RequestError::OtherAudience(request.aud.clone()));
        }
        let now = self.signing_time().await?;
        if !holds("request_time", is_in_time(&request, now)) {
            return Err(RequestError::OutOfTime);
        }
        self.note_call(&request.iss);
        let ops = self.ops().await?;
        let outcome = until_settled!(self.try_answer(&request, now).await)?;
        Ok(self.sign_answer(&request, &outcome, (&ops, now))?)
    }

    /// The signed answer to an attempt, by the key and at the moment at which it was decided.
    pub(crate) fn sign_answer(
        &self,
        request: &Request,
        outcome: &Outcome,
        (ops, now): (&SecretKey, Timestamp),
    ) -> Result<String, Fault> {
        let answer = Answer {
            iss: self.identity().entity.clone(),
            aud: request.iss.clone(),
            jti: request.jti.clone(),
            iat: now,
            op: request.op.clone(),
            result: outcome.result(),
            code: outcome.code(),
            rank: outcome.rank(),
        };
        let answer = seal::sign(answer, ops)?;
        Ok(answer.as_str().to_owned())
    }

    /// The request, by the key of the node that it names as its author, which must belong
    /// to the label.
    async fn open_request(
        &self,
        request: &Sealed<Request>,
    ) -> Result<Verified<Request>, RequestError> {
        for entity in self.callers_with(request.kid()).await? {
            let Some(keys) = self.ops_of(&entity).await? else {
                continue;
            };
            match request.open(&keys) {
                Ok(request) if holds("request_author", request.iss == entity) => {
                    return Ok(request);
                }
                // The signature holds, and what is signed is no request.
                Err(SealRefusal::Malformed(why)) => return Err(RequestError::Malformed(why)),
                Err(SealRefusal::Json(why)) => {
                    return Err(RequestError::Malformed(Malformed(why.to_string())));
                }
                Ok(_) | Err(_) => {}
            }
        }
        Err(RequestError::NotGenuine)
    }

    async fn try_answer(
        &self,
        request: &Verified<Request>,
        now: Timestamp,
    ) -> Result<Outcome, Attempt<RequestError>> {
        let mut batch = Batch::new();
        self.put_attempt(&mut batch, request).await?;
        let body = Sha256Hash::of(&[request.kind.as_bytes(), b" ", body_text(request).as_bytes()]);
        if let Some((answered, version)) = self.answered(&request.iss, &request.op).await? {
            let is_same = holds("question_once", answered.body == body);
            let outcome = if is_same {
                Outcome::of(answered.result, answered.code.as_deref(), answered.rank)
            } else {
                Outcome::refused("conflict")
            };
            let is_new = !is_same && answered.conflict.is_none();
            if is_new {
                put_conflict(&mut batch, answered, version, request, now)?;
            }
            self.commit_at("answer_again", batch).await?;
            if is_new {
                let (entity, op) = (&request.iss, &request.op);
                tracing::warn!(%entity, op, "{entity} has asked two things as {op}");
            }
            return Ok(outcome);
        }
        let writes = batch.writes.len();
        let outcome = match self.decide(&mut batch, request, now).await? {
            Decision::Answer(outcome) => outcome,
            Decision::NotYet { of } => {
                self.want_pull(&of);
                return Err(Attempt::Failed(RequestError::NotYet));
            }
        };
        // What changes nothing is refused, or was accepted before under another name.
        let has_changed = batch.writes.len() > writes;
        if !has_changed {
            self.check_room(&request.iss).await?;
        }
        let answered = Answered {
            by: request.iss.clone(),
            op: request.op.clone(),
            kind: request.kind.clone(),
            body,
            result: outcome.result(),
            code: outcome.code(),
            rank: outcome.rank(),
            at: now,
            has_changed,
            request: request.as_str().to_owned(),
            conflict: None,
        };
        let key = crate::keys::answered(&request.iss, &request.op);
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &answered)?);
        self.commit_at("answer", batch).await?;
        if !has_changed && let Some(refused) = self.refusals().get_mut(&request.iss) {
            *refused += 1;
        }
        Ok(outcome)
    }

    /// What a request changes goes into `batch`; a refusal changes nothing.
    async fn decide(
        &self,
        batch: &mut Batch,
        request: &Verified<Request>,
        now: Timestamp,
    ) -> Result<Decision, Fault> {
        let mut changes = Batch::new();
        let decision = match request.kind.as_str() {
            RECEIPT_KIND => self.decide_receipt(&mut changes, request, now).await?,
            CREDIT_KIND => self.decide_credit(&mut changes, request, now).await?,
            REGISTRATION_KIND => self.decide_registration(&mut changes, request, now).await?,
            CANCELLATION_KIND => self.decide_cancellation(&mut changes, request, now).await?,
            NOTICE_KIND => self.decide_notice(&mut changes, request, now).await?,
            KEY_UPDATE_KIND => self.decide_key_update(&mut changes, request, now).await?,
            KEY_REVOCATION_KIND => self.decide_key_revocation(&mut changes, request).await?,
            APPLICATION_REQUEST_KIND => self.decide_application(&mut changes, request, now).await?,
            _ => Decision::Answer(Outcome::refused("unknown_kind")),
        };
        batch.expected.extend(changes.expected);
        if let Decision::Answer(Outcome::Accepted | Outcome::Waiting { .. }) = decision {
            batch.writes.extend(changes.writes);
        }
        Ok(decision)
    }

    /// An attempt is answered once.
    async fn put_attempt(
        &self,
        batch: &mut Batch,
        request: &Request,
    ) -> Result<(), Attempt<RequestError>> {
        let key = crate::keys::attempt(&request.iss, &request.jti);
        let found = self.store().get(&key).await.map_err(Fault::from)?;
        #[cfg(feature = "sabotage")]
        let found = found.filter(|_| !crate::sabotage::forgets_attempts());
        if !holds("attempt_once", found.is_none()) {
            return Err(Attempt::Failed(RequestError::Replayed));
        }
        let attempted = Attempted {
            until: request.exp.plus_seconds(ATTEMPT_SECONDS),
        };
        #[cfg(feature = "sabotage")]
        if crate::sabotage::forgets_attempts() {
            return Ok(());
        }
        if is_on("attempt_once") {
            batch.expect(key.clone(), Expected::Absent);
        }
        batch.put(key.clone(), stored::encode(&key, &attempted)?);
        Ok(())
    }

    async fn answered(
        &self,
        by: &EntityId,
        op: &str,
    ) -> Result<Option<(Answered, Position)>, Fault> {
        #[cfg(feature = "sabotage")]
        if crate::sabotage::forgets_answers() {
            return Ok(None);
        }
        let key = crate::keys::answered(by, op);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        Ok(Some((stored::decode(&key, &found)?, found.version)))
    }

    /// Whether there is room for another refusal of this node's requests. They are
    /// counted once; whoever sends many does not make this node read them each time.
    async fn check_room(&self, by: &EntityId) -> Result<(), Attempt<RequestError>> {
        let counted = self.refusals().get(by).copied();
        let refused = if let Some(counted) = counted {
            counted
        } else {
            let counted = self.count_refusals(by).await?;
            self.refusals().insert(by.clone(), counted);
            counted
        };
        if refused < REFUSALS_KEPT_MAX {
            Ok(())
        } else {
            Err(Attempt::Failed(RequestError::TooMany))
        }
    }

    async fn count_refusals(&self, by: &EntityId) -> Result<usize, Fault> {
        let stem = crate::keys::answered_to(by);
        let mut refused = 0;
        for (key, found) in self.all_under(INBOX, &stem).await? {
            let answered: Answered = stored::decode(&key, &found)?;
            refused += usize::from(!answered.has_changed);
        }
        Ok(refused)
    }

    fn refusals(&self) -> MutexGuard<'_, BTreeMap<EntityId, usize>> {
        let refusals = self.inner.refusals.lock();
        refusals.unwrap_or_else(PoisonError::into_inner)
    }

    /// Questions that came under a name that was used, with the evidence.
    pub async fn conflicts(&self, _: &Operator) -> Result<Vec<ConflictRow>, Fault> {
        let mut rows = Vec::new();
        for (key, found) in self.all(INBOX).await? {
            let answered: Answered = stored::decode(&key, &found)?;
            if let Some(Conflict { at, request }) = answered.conflict {
                rows.push(ConflictRow {
                    by: answered.by,
                    op: answered.op,
                    at,
                    answered: answered.request,
                    other: request,
                });
            }
        }
        Ok(rows)
    }

    /// Forgets attempts that nobody takes for good any more, and answers to questions
    /// that would be refused by their age.
    pub(crate) async fn forget_requests(&self, now: Timestamp) -> Result<(), Fault> {
        let mut batch = Batch::new();
        for (key, found) in self.all(crate::keys::ATTEMPTS).await? {
            if stored::decode::<Attempted>(&key, &found)?.until <= now {
                batch.remove(key);
                self.commit_if_full(&mut batch).await?;
            }
        }
        self.commit_or_leave(batch).await?;
        self.forget_answers(now).await
    }

    async fn forget_answers(&self, now: Timestamp) -> Result<(), Fault> {
        if !self.is_time_to_look(INBOX) {
            return Ok(());
        }
        let mut next = None;
        let mut batch = Batch::new();
        for (key, found) in self.all(INBOX).await? {
            let answered: Answered = stored::decode(&key, &found)?;
            let until = answered.at.plus_seconds(ANSWERED_SECONDS);
            if until < now {
                batch.expect(key.clone(), Expected::At(found.version));
                batch.remove(key);
                self.commit_if_full(&mut batch).await?;
            } else {
                next = next.min(Some(until)).or(Some(until));
            }
        }
        self.commit_or_leave(batch).await?;
        self.refusals().clear();
        self.look_again(INBOX, next);
        Ok(())
    }
}

/// Whether an attempt was signed at a time that two clocks can agree on.
pub(crate) fn is_in_time(request: &Request, now: Timestamp) -> bool {
    request.iat <= now.plus_seconds(CLOCK_LEEWAY_SECONDS)
        && now < request.exp.plus_seconds(CLOCK_LEEWAY_SECONDS)
}

/// The body as this software writes it, to be compared with itself.
fn body_text(request: &Request) -> String {
    request.body.to_string()
}

fn put_conflict(
    batch: &mut Batch,
    mut answered: Answered,
    version: Position,
    request: &Verified<Request>,
    now: Timestamp,
) -> Result<(), Fault> {
    answered.conflict = Some(Conflict {
        at: now,
        request: request.as_str().to_owned(),
    });
    let key = crate::keys::answered(&answered.by, &answered.op);
    batch.expect(key.clone(), Expected::At(version));
    batch.put(key.clone(), stored::encode(&key, &answered)?);
    Ok(())
}
