//! What this node asks others, until it is answered.
//!
//! A request is durable before it is sent, and is sent until it is answered. Each attempt
//! is signed anew; what is asked stays the same, by its [`Op`]. What was refused, and what
//! nobody answered in three months, is kept for a person to see and to send again.
//!
//! **Invariant:** nothing is sent inside an operation: a sender reads what was committed.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use rules::visit::{CORRECTION_SECONDS, RECEIPT_SECONDS_MAX};
use seal::{Sealed, SecretKey};
use serde_json::Value;
use store::{Batch, Expected, Position};
use sync::outbox::{WAITING_MAX, Waiting};
use wire::receipt::{CREDIT_KIND, CreditBody, RECEIPT_KIND, ReceiptBody};
use wire::registration::{CANCELLATION_KIND, CancellationBody, NOTICE_KIND, NoticeBody};
use wire::request::{Answer, REQUEST_SECONDS_MAX, Request};
use wire::{EntityId, Timestamp};

use crate::access::Operator;
use crate::exchange::{
    About, Fate, IssuedReceipt, Op, Outgoing, OutgoingState, ReceiptId, Visit, VisitId, VisitState,
};
use crate::fault::{Attempt, until_settled};
use crate::inbox::Outcome;
use crate::receipts::put_issued;
use crate::stored;
use crate::{App, Fault};

/// Why an answer is not taken, or nothing is sent again.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// No such request waits, or it waits already.
    #[error("no request of that name was refused or given up; what waits is sent by itself")]
    Unknown,
    /// The answer is not an answer to what was asked, by whom was asked.
    #[error("the answer is not genuine")]
    NotGenuine,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A request as it is sent once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Whom it is for.
    pub to: EntityId,
    /// The request, compact.
    pub request: String,
    /// This attempt, which the answer names.
    pub jti: String,
}

/// A request in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// What is asked.
    pub op: Op,
    /// Whom.
    pub to: EntityId,
    /// What it hands over.
    pub about: About,
    /// Since when it waits.
    pub since: Timestamp,
    /// What must be answered first.
    pub after: Option<Op>,
    /// When it was given up or refused, and why; none while it waits.
    pub dead: Option<(Timestamp, String)>,
    /// Why it was not answered when it was last sent, since the node started.
    pub last_failure: Option<SendFailure>,
}

/// Why a request was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendFailure {
    /// When it was last sent.
    pub at: Timestamp,
    /// How often it was sent in vain, since the node started.
    pub times: u32,
    /// Whether the other node was reached: then it cannot answer yet.
    pub is_heard: bool,
    /// What happened, in words.
    pub why: String,
    /// When it is sent next, if nothing wakes it before.
    pub next_at: Timestamp,
}

/// Why a request that nobody answered is not sent any more.
pub const UNANSWERED: &str = "unanswered";

impl App {
    /// Puts a request into `batch`, and what must be answered before it is sent.
    pub(crate) fn put_outgoing(
        &self,
        batch: &mut Batch,
        to: &EntityId,
        about: About,
        after: &[Op],
    ) -> Result<Op, Fault> {
        let made_at = self.now();
        let op = Op::new(made_at, self.random()?);
        let (after, also_after) = match after.split_first() {
            Some((first, others)) => (Some(*first), others.to_vec()),
            None => (None, Vec::new()),
        };
        let outgoing = Outgoing {
            to: to.clone(),
            about,
            made_at,
            after,
            also_after,
            state: OutgoingState::Waiting,
        };
        let key = crate::keys::outgoing(op);
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &outgoing)?);
        Ok(op)
    }

    /// All requests, the oldest first, and each after the one that it comes after.
    pub(crate) async fn outgoing(&self) -> Result<Vec<(Op, Outgoing, Position)>, Fault> {
        let mut all = Vec::new();
        for (key, found) in self.all(crate::keys::OUTBOX).await? {
            let op = Op::of_key(&key).ok_or_else(|| Fault::Form {
                key: key.to_string(),
            })?;
            all.push((op, stored::decode(&key, &found)?, found.version));
        }
        // Those of one operation have one moment, and their ids no order.
        let afters: BTreeMap<Op, Option<Op>> = all
            .iter()
            .map(|(op, it, _): &(Op, Outgoing, Position)| (*op, it.after))
            .collect();
        let before = |op: Op| {
            let next = |op: &Op| afters.get(op).copied().flatten();
            std::iter::successors(next(&op), next)
                .take(afters.len())
                .count()
        };
        all.sort_by_cached_key(|(op, it, _)| (it.made_at, before(*op), *op));
        Ok(all)
    }

    async fn outgoing_of(&self, op: Op) -> Result<Option<(Outgoing, Position)>, Fault> {
        let key = crate::keys::outgoing(op);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        Ok(Some((stored::decode(&key, &found)?, found.version)))
    }

    /// All requests that wait, the oldest first: whoever plans takes no more of a peer
    /// than leaves room for the others.
    pub async fn waiting(&self) -> Result<Vec<Waiting>, Fault> {
        let mut waiting = Vec::new();
        for (op, outgoing, _) in self.outgoing().await? {
            if outgoing.state == OutgoingState::Waiting {
                let after = outgoing.afters().map(|op| op.to_string()).collect();
                waiting.push(Waiting {
                    op: op.to_string(),
                    peer: outgoing.to,
                    after,
                });
            }
        }
        Ok(waiting)
    }

    /// With which code a request was refused or given up; none where it waits or is over.
    pub async fn refusal_of(&self, op: &str) -> Result<Option<String>, Fault> {
        let Some(id) = Op::parse(op) else {
            return Ok(None);
        };
        let found = self.outgoing_of(id).await?;
        Ok(found.and_then(|(outgoing, _)| match outgoing.state {
            OutgoingState::Waiting => None,
            OutgoingState::Dead { why, .. } => Some(why),
        }))
    }

    /// A request as it is sent now, with a name of its own for this attempt. `None` where
    /// it does not wait any more.
    pub async fn make_letter(&self, op: &str) -> Result<Option<Letter>, Fault> {
        let Some(id) = Op::parse(op) else {
            return Ok(None);
        };
        let Some((outgoing, _)) = self.outgoing_of(id).await? else {
            return Ok(None);
        };
        if outgoing.state != OutgoingState::Waiting {
            return Ok(None);
        }
        let Some((kind, body)) = self.body_of(outgoing.about, &outgoing.to).await? else {
            return Ok(None);
        };
        let (to, op) = (outgoing.to, id.to_string());
        let ops = self.ops().await?;
        let (request, jti) = self.sign_request(&to, op, (kind, body), &ops).await?;
        Ok(Some(Letter { to, request, jti }))
    }

    /// An attempt to ask, signed now, and its name: 16 random bytes.
    pub(crate) async fn sign_request(
        &self,
        to: &EntityId,
        op: String,
        (kind, body): (&str, Value),
        key: &SecretKey,
    ) -> Result<(String, String), Fault> {
        let now = self.signing_time().await?;
        let jti = seal::base64url::encode(&self.random::<16>()?);
        let request = Request {
            iss: self.identity().entity.clone(),
            aud: to.clone(),
            jti: jti.clone(),
            iat: now,
            exp: now.plus_seconds(REQUEST_SECONDS_MAX),
            op,
            kind: kind.to_owned(),
            body,
        };
        let request = seal::sign(request, key)?;
        Ok((request.as_str().to_owned(), jti))
    }

    /// Kind and body of a request, the same whenever they are put together.
    async fn body_of(
        &self,
        about: About,
        to: &EntityId,
    ) -> Result<Option<(&'static str, Value)>, Fault> {
        match about {
            About::Receipt(_) | About::Credit(_) => self.receipt_or_credit_body(about).await,
            About::Registration(id) => self.registration_body(id).await,
            About::KeyUpdate(id) | About::KeyRevocation(id) => self.key_body(id, to).await,
            About::Cancellation(id) => body(
                CANCELLATION_KIND,
                &CancellationBody {
                    registration: id.to_string(),
                },
            ),
            About::Notice {
                registration,
                revision,
                state,
            } => body(
                NOTICE_KIND,
                &NoticeBody {
                    registration: registration.to_string(),
                    revision,
                    state,
                },
            ),
            About::Application => self.application_body(to).await,
        }
    }

    async fn receipt_or_credit_body(
        &self,
        about: About,
    ) -> Result<Option<(&'static str, Value)>, Fault> {
        match about {
            About::Receipt(id) => self.receipt_body(id).await,
            About::Credit(id) => self.credit_body(id).await,
            About::Registration(_)
            | About::Cancellation(_)
            | About::KeyUpdate(_)
            | About::KeyRevocation(_)
            | About::Notice { .. }
            | About::Application => Ok(None),
        }
    }

    async fn receipt_body(&self, id: ReceiptId) -> Result<Option<(&'static str, Value)>, Fault> {
        let Some((issued, _)) = self.receipt_issued(id).await? else {
            return Ok(None);
        };
        let Some(visitor) = self.visitor(issued.visit).await? else {
            return Ok(None);
        };
        let (receipt, proof) = (issued.text, visitor.presentation);
        body(RECEIPT_KIND, &ReceiptBody { receipt, proof })
    }

    async fn credit_body(&self, id: ReceiptId) -> Result<Option<(&'static str, Value)>, Fault> {
        let issued = self.receipt_issued(id).await?;
        let Some(credit) = issued.and_then(|(issued, _)| issued.credit) else {
            return Ok(None);
        };
        let credit = credit.text;
        body(CREDIT_KIND, &CreditBody { credit })
    }

    /// Takes the answer to an attempt. Whoever comes second finds that it was taken.
    pub async fn take_answer(&self, op: &str, jti: &str, answer: &str) -> Result<(), OutboxError> {
        let id = Op::parse(op).ok_or(OutboxError::Unknown)?;
        let Some((outgoing, _)) = self.outgoing_of(id).await? else {
            return Ok(());
        };
        let ops = self.ops_of(&outgoing.to).await?;
        let ops = ops.ok_or(OutboxError::NotGenuine)?;
        let answer = Sealed::<Answer>::parse(answer).and_then(|answer| answer.open(&ops));
        let answer = answer.map_err(|_| OutboxError::NotGenuine)?;
        let is_ours = answer.iss == outgoing.to
            && answer.aud == self.identity().entity
            && answer.jti == jti
            && answer.op == op;
        if !is_ours {
            return Err(OutboxError::NotGenuine);
        }
        let at = self.now();
        let code = match answer.code.as_deref().unwrap_or_default() {
            // What this node says of silence is nobody else's word.
            UNANSWERED => "refused",
            code => code,
        };
        let code = wire::printable(code, CODE_CHARS_MAX);
        let outcome = Outcome::of(answer.result, Some(&code), answer.rank);
        let settled = Settled {
            at,
            answer: Some((outcome, answer.as_str().to_owned())),
        };
        until_settled!(self.try_settle(id, &settled).await)
    }

    /// The request, what it handed over, and what depended on it settle in one commit,
    /// and the signed answer is kept with them.
    async fn try_settle(&self, op: Op, settled: &Settled) -> Result<(), Attempt<OutboxError>> {
        let Some((mut outgoing, version)) = self.outgoing_of(op).await? else {
            return Ok(());
        };
        if outgoing.state != OutgoingState::Waiting {
            return Ok(());
        }
        let mut batch = Batch::new();
        let key = crate::keys::outgoing(op);
        batch.expect(key.clone(), Expected::At(version));
        let about = outgoing.about;
        if let Some((at, why)) = dead(about, settled) {
            outgoing.state = OutgoingState::Dead { at, why };
            batch.put(key.clone(), stored::encode(&key, &outgoing)?);
        } else {
            batch.remove(key);
        }
        match about {
            About::Receipt(id) | About::Credit(id) => {
                self.settle_receipt(&mut batch, id, about, settled).await?;
            }
            About::Registration(id) | About::Cancellation(id) => {
                self.settle_registration(&mut batch, id, about, settled)
                    .await?;
            }
            About::KeyUpdate(id) | About::KeyRevocation(id) => {
                let of = (id, &outgoing.to);
                self.settle_key(&mut batch, of, settled).await?;
            }
            About::Notice { .. } | About::Application => {}
        }
        self.commit_at("settle", batch).await?;
        Ok(())
    }

    async fn settle_receipt(
        &self,
        batch: &mut Batch,
        receipt: ReceiptId,
        about: About,
        settled: &Settled,
    ) -> Result<(), Fault> {
        let Some((mut issued, version)) = self.receipt_issued(receipt).await? else {
            return Ok(());
        };
        let fate = settled.fate();
        let answer = settled.answer.as_ref().map(|(_, text)| text.clone());
        if let About::Credit(_) = about {
            if let Some(credit) = &mut issued.credit {
                credit.fate = fate;
                credit.answer = answer;
            }
        } else {
            issued.fate = fate;
            issued.answer = answer;
            if let Fate::Refused { at, .. } = issued.fate {
                drop_credit(batch, &mut issued, at);
            }
        }
        put_issued(batch, receipt, &issued, version)
    }

    /// What waits, and what was refused, the oldest first.
    pub async fn outbox(&self, _: &Operator) -> Result<Vec<OutboxRow>, OutboxError> {
        let rows = self.outgoing().await?.into_iter();
        let failures = self.send_failures();
        let row = |(op, outgoing, _): (Op, Outgoing, Position)| {
            let Outgoing {
                to,
                about,
                made_at,
                after,
                also_after: _,
                state,
            } = outgoing;
            OutboxRow {
                op,
                to,
                about,
                since: made_at,
                after,
                dead: match state {
                    OutgoingState::Waiting => None,
                    OutgoingState::Dead { at, why } => Some((at, why)),
                },
                last_failure: failures.get(&op.to_string()).cloned(),
            }
        };
        Ok(rows.map(row).collect())
    }

    /// Keeps in mind why a request was not answered, for its operator to see; nothing of
    /// it outlives the process, which tries again at its start.
    pub fn note_send_failure(&self, op: &str, failure: SendFailure) {
        let failures = self.inner.send_failures.lock();
        let mut failures = failures.unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= WAITING_MAX {
            failures.clear();
        }
        failures.insert(op.to_owned(), failure);
    }

    fn send_failures(&self) -> BTreeMap<String, SendFailure> {
        let failures = self.inner.send_failures.lock();
        failures.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks again what was refused or given up: the same document, as a new question.
    pub async fn send_again(&self, _: &Operator, op: Op) -> Result<Op, OutboxError> {
        until_settled!(self.try_send_again(op).await)
    }

    async fn try_send_again(&self, op: Op) -> Result<Op, Attempt<OutboxError>> {
        let unknown = || Attempt::Failed(OutboxError::Unknown);
        let (outgoing, version) = self.outgoing_of(op).await?.ok_or_else(unknown)?;
        if outgoing.state == OutgoingState::Waiting {
            return Err(unknown());
        }
        if self.body_of(outgoing.about, &outgoing.to).await?.is_none()
            || self.is_outdated(outgoing.about).await?
        {
            return Err(unknown());
        }
        let mut batch = Batch::new();
        let after = match outgoing.about {
            About::Receipt(receipt) => self.credits_before(receipt).await?,
            About::Credit(_)
            | About::Registration(_)
            | About::Cancellation(_)
            | About::KeyUpdate(_)
            | About::KeyRevocation(_)
            | About::Notice { .. }
            | About::Application => Vec::new(),
        };
        let again = self.put_outgoing(&mut batch, &outgoing.to, outgoing.about, &after)?;
        let key = crate::keys::outgoing(op);
        batch.expect(key.clone(), Expected::At(version));
        batch.remove(key);
        if let About::Receipt(receipt) | About::Credit(receipt) = outgoing.about {
            let found = self.receipt_issued(receipt).await?;
            let (mut issued, issued_version) = found.ok_or_else(unknown)?;
            let fate = Fate::Waiting { op: again };
            match (outgoing.about, &mut issued.credit) {
                (About::Credit(_), Some(credit)) => credit.fate = fate,
                (_, _) => issued.fate = fate,
            }
            put_issued(&mut batch, receipt, &issued, issued_version)?;
        }
        self.commit_at("ask_again", batch).await?;
        Ok(again)
    }

    /// Whether a receipt says no more what its visit says: another has taken its place,
    /// or it was taken back. What takes a receipt back is never over.
    async fn is_outdated(&self, about: About) -> Result<bool, Fault> {
        let About::Receipt(receipt) = about else {
            return Ok(false);
        };
        let Some((issued, _)) = self.receipt_issued(receipt).await? else {
            return Ok(true);
        };
        let Some((visit, _)) = self.visit_of(issued.visit).await? else {
            return Ok(true);
        };
        let counts = matches!(
            &visit.state,
            VisitState::Ended { half_days, .. } if !half_days.is_empty()
        );
        let is_last = visit.receipts.last() == Some(&receipt);
        Ok(!counts || !is_last || issued.credit.is_some())
    }

    /// The credits that wait for a home and give back half-days of a day, the youngest
    /// first.
    pub(crate) async fn waiting_credits(
        &self,
        home: &EntityId,
        date: &str,
    ) -> Result<Vec<Op>, Fault> {
        let mut credits = Vec::new();
        for (op, outgoing, _) in self.outgoing().await?.into_iter().rev() {
            let About::Credit(receipt) = outgoing.about else {
                continue;
            };
            if outgoing.state != OutgoingState::Waiting || outgoing.to != *home {
                continue;
            }
            let visit = self.visit_of_receipt(receipt).await?;
            if visit.is_none_or(|visit| visit.date == date) {
                credits.push(op);
            }
        }
        Ok(credits)
    }

    /// The credits that must be answered before a receipt is sent again.
    async fn credits_before(&self, receipt: ReceiptId) -> Result<Vec<Op>, Fault> {
        match self.visit_of_receipt(receipt).await? {
            Some(visit) => self.waiting_credits(&visit.home, &visit.date).await,
            None => Ok(Vec::new()),
        }
    }

    /// The visit that a receipt of this host is of, if both are still kept.
    async fn visit_of_receipt(&self, receipt: ReceiptId) -> Result<Option<Visit>, Fault> {
        let Some((issued, _)) = self.receipt_issued(receipt).await? else {
            return Ok(None);
        };
        let visit = self.visit_of(issued.visit).await?;
        Ok(visit.map(|(visit, _)| visit))
    }

    /// Puts into `batch` that the refused request of a receipt is forgotten: nobody will
    /// send it again.
    pub(crate) async fn drop_dead(&self, batch: &mut Batch, id: ReceiptId) -> Result<(), Fault> {
        for (op, outgoing, version) in self.outgoing().await? {
            let is_dead = matches!(outgoing.state, OutgoingState::Dead { .. });
            if is_dead && outgoing.about == About::Receipt(id) {
                let key = crate::keys::outgoing(op);
                batch.expect(key.clone(), Expected::At(version));
                batch.remove(key);
            }
        }
        Ok(())
    }

    /// Gives up what nobody answered for as long as a receipt may take, and forgets what
    /// was dead for as long.
    pub(crate) async fn give_up(&self, now: Timestamp) -> Result<(), Fault> {
        for (op, outgoing, version) in self.outgoing().await? {
            match outgoing.state {
                OutgoingState::Waiting => {
                    let is_old = now.seconds_since(outgoing.made_at) > RECEIPT_SECONDS_MAX;
                    let is_over = is_old || self.is_pointless(outgoing.about, now).await?;
                    // What nobody can prove any more is not sent.
                    if is_over || self.body_of(outgoing.about, &outgoing.to).await?.is_none() {
                        let given_up = Settled {
                            at: now,
                            answer: None,
                        };
                        let settled: Result<(), OutboxError> =
                            until_settled!(self.try_settle(op, &given_up).await);
                        settled.map_err(fault_of)?;
                    }
                }
                OutgoingState::Dead { at, .. } => {
                    let kept = RECEIPT_SECONDS_MAX + CORRECTION_SECONDS;
                    if now.seconds_since(at) > kept {
                        let mut batch = Batch::new();
                        let key = crate::keys::outgoing(op);
                        batch.expect(key.clone(), Expected::At(version));
                        batch.remove(key);
                        self.commit_or_leave(batch).await?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// How a request ended.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    pub(crate) at: Timestamp,
    /// What was answered, and the signed answer; none where it was given up.
    pub(crate) answer: Option<(Outcome, String)>,
}

impl Settled {
    /// What that means for a receipt or a credit, which is accepted or not.
    fn fate(&self) -> Fate {
        let at = self.at;
        match &self.answer {
            None => Fate::GivenUp { at },
            Some((Outcome::Accepted, _)) => Fate::Accepted { at },
            Some((outcome, _)) => Fate::Refused {
                at,
                code: why_not(outcome),
            },
        }
    }
}

/// Why what was asked for did not happen, in one word.
fn why_not(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(code) => code.clone(),
        Outcome::Waiting { .. } => "waiting".to_owned(),
        Outcome::Accepted | Outcome::Unknown => "unknown".to_owned(),
    }
}

/// When and why a person should look at a request that has ended. Who is refused a seat is
/// told so, and that is all.
fn dead(about: About, settled: &Settled) -> Option<(Timestamp, String)> {
    if let About::Registration(_) | About::Cancellation(_) = about {
        return None;
    }
    match &settled.answer {
        None => Some((settled.at, UNANSWERED.to_owned())),
        Some((Outcome::Accepted, _)) => None,
        Some((outcome, _)) => Some((settled.at, why_not(outcome))),
    }
}

/// A kind and what it hands over, as it is sent.
pub(crate) fn body<T: serde::Serialize>(
    kind: &'static str,
    body: &T,
) -> Result<Option<(&'static str, Value)>, Fault> {
    let value = serde_json::to_value(body).map_err(|_| Fault::Form {
        key: kind.to_owned(),
    })?;
    Ok(Some((kind, value)))
}

/// The credit of a receipt that was refused has nothing to take back.
fn drop_credit(batch: &mut Batch, issued: &mut IssuedReceipt, at: Timestamp) {
    if let Some(credit) = &mut issued.credit
        && let Fate::Waiting { op } = credit.fate
    {
        batch.remove(crate::keys::outgoing(op));
        credit.fate = Fate::Moot { at };
    }
}

/// The most characters of a code, as another node sends it.
const CODE_CHARS_MAX: usize = 40;

fn fault_of(error: OutboxError) -> Fault {
    match error {
        OutboxError::Fault(fault) => fault,
        OutboxError::Unknown | OutboxError::NotGenuine => Fault::Busy,
    }
}

impl App {
    /// The visit that a request is about, and whether it can be asked again: not where
    /// another receipt has taken the place of the one that it is about.
    pub async fn visit_of_request(
        &self,
        _: &Operator,
        about: About,
    ) -> Result<Option<(VisitId, bool)>, Fault> {
        let (About::Receipt(id) | About::Credit(id)) = about else {
            return Ok(None);
        };
        let Some((issued, _)) = self.receipt_issued(id).await? else {
            return Ok(None);
        };
        let body = self.receipt_or_credit_body(about).await?;
        let is_sent = body.is_some() && !self.is_outdated(about).await?;
        Ok(Some((issued.visit, is_sent)))
    }
}
