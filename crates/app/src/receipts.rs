//! Receipts and credits at the host that signs them.

use rules::visit::{ACCOUNTS_SECONDS, HalfDays};
use seal::Verified;
use store::{Batch, Expected, Position};
use wire::receipt::{Credit, CreditReason, Proof, Receipt};
use wire::{Sha256Hash, Timestamp};

use crate::access::Operator;
use crate::exchange::{
    About, Fate, IssuedCredit, IssuedReceipt, Op, ReceiptId, Visit, VisitId, VisitState, Visitor,
};
use crate::stored;
use crate::visits::VisitError;
use crate::{App, Fault};

/// A receipt, and what was signed about it, each in compact form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// The receipt.
    pub receipt: String,
    /// The home's answer to it: the proof that it was accepted, or refused.
    pub answer: Option<String>,
    /// What takes it back.
    pub credit: Option<String>,
    /// The home's answer to that.
    pub credit_answer: Option<String>,
}

impl App {
    /// Puts into `batch` the receipt of a visit that has ended, and the request that
    /// hands it over, after what must be answered first. Nothing where nothing counts.
    pub(crate) async fn put_receipt(
        &self,
        batch: &mut Batch,
        id: VisitId,
        visit: &Visit,
        after: Option<Op>,
    ) -> Result<Option<ReceiptId>, Fault> {
        let VisitState::Ended {
            left,
            ending,
            half_days,
        } = &visit.state
        else {
            return Ok(None);
        };
        if half_days.is_empty() {
            return Ok(None);
        }
        let Some(visitor) = self.visitor(id).await? else {
            // Nobody can prove any more who it was.
            return Ok(None);
        };
        let now = self.signing_time().await?;
        let receipt_id = ReceiptId::new(now, self.random()?);
        let [one, two] = &visit.values;
        let is_both = HalfDays::of(half_days).count() == 2;
        let receipt = Receipt {
            iss: self.identity().entity.clone(),
            aud: visit.home.clone(),
            // A clock that was set back does not sign before the end of what it signs.
            iat: now.max(*left),
            id: receipt_id.to_string(),
            day: visit.date.clone(),
            arrived: visit.arrived,
            left: *left,
            ended: *ending,
            hours: visit.hours.clone(),
            half_days: half_days.clone(),
            value: if is_both { two } else { one }.clone(),
            proof: Proof {
                by: visit.by,
                sha256: Sha256Hash::of(&[visitor.presentation.as_bytes()]),
            },
        };
        let receipt: Verified<Receipt> = seal::sign(receipt, &*self.ops().await?)?;
        let about = About::Receipt(receipt_id);
        // What visits of the day give back must be there before it is claimed.
        let mut afters: Vec<Op> = after.into_iter().collect();
        let credits = self.waiting_credits(&visit.home, &visit.date).await?;
        afters.extend(credits.into_iter().filter(|op| Some(*op) != after));
        let op = self.put_outgoing(batch, &visit.home, about, &afters)?;
        let issued = IssuedReceipt {
            home: visit.home.clone(),
            visit: id,
            text: receipt.as_str().to_owned(),
            fate: Fate::Waiting { op },
            answer: None,
            credit: None,
        };
        let key = crate::keys::receipt_issued(receipt_id);
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &issued)?);
        Ok(Some(receipt_id))
    }

    /// Puts into `batch` the credit of a receipt, unless it was refused or credited
    /// already. Gives what must be answered before another receipt takes its place.
    pub(crate) async fn put_credit(
        &self,
        batch: &mut Batch,
        id: ReceiptId,
        reason: CreditReason,
    ) -> Result<Option<Op>, Fault> {
        let Some((mut issued, version)) = self.receipt_issued(id).await? else {
            return Ok(None);
        };
        let waits = |fate: &Fate| match fate {
            Fate::Waiting { op } => Some(*op),
            Fate::Accepted { .. }
            | Fate::Refused { .. }
            | Fate::GivenUp { .. }
            | Fate::Moot { .. } => None,
        };
        if let Some(credit) = &issued.credit {
            return Ok(waits(&credit.fate));
        }
        if matches!(issued.fate, Fate::Refused { .. }) {
            // What takes its place is sent instead of it, unless it was asked again
            // meanwhile: then there is something to take back.
            batch.expect(crate::keys::receipt_issued(id), Expected::At(version));
            self.drop_dead(batch, id).await?;
            return Ok(None);
        }
        let now = self.signing_time().await?;
        let credit = Credit {
            iss: self.identity().entity.clone(),
            aud: issued.home.clone(),
            iat: now,
            id: ReceiptId::new(now, self.random()?).to_string(),
            receipt: id.to_string(),
            receipt_sha256: Sha256Hash::of(&[issued.text.as_bytes()]),
            reason,
        };
        let credit = seal::sign(credit, &*self.ops().await?)?;
        let after = waits(&issued.fate);
        let op = self.put_outgoing(batch, &issued.home, About::Credit(id), after.as_slice())?;
        issued.credit = Some(IssuedCredit {
            text: credit.as_str().to_owned(),
            fate: Fate::Waiting { op },
            answer: None,
        });
        put_issued(batch, id, &issued, version)?;
        Ok(Some(op))
    }

    pub(crate) async fn visitor(&self, id: VisitId) -> Result<Option<Visitor>, Fault> {
        let key = crate::keys::visitor(id);
        let found = self.store().get(&key).await?;
        found.map(|found| stored::decode(&key, &found)).transpose()
    }

    pub(crate) async fn receipt_issued(
        &self,
        id: ReceiptId,
    ) -> Result<Option<(IssuedReceipt, Position)>, Fault> {
        let key = crate::keys::receipt_issued(id);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        Ok(Some((stored::decode(&key, &found)?, found.version)))
    }

    /// The receipts of a visit, the oldest first, with what was signed about each.
    pub async fn receipts_of(
        &self,
        _: &Operator,
        id: VisitId,
    ) -> Result<Vec<SignedReceipt>, VisitError> {
        let (visit, _) = self.visit(id).await?;
        let mut receipts = Vec::new();
        for receipt in visit.receipts {
            if let Some((issued, _)) = self.receipt_issued(receipt).await? {
                let (credit, credit_answer) = match issued.credit {
                    Some(credit) => (Some(credit.text), credit.answer),
                    None => (None, None),
                };
                receipts.push(SignedReceipt {
                    receipt: issued.text,
                    answer: issued.answer,
                    credit,
                    credit_answer,
                });
            }
        }
        Ok(receipts)
    }

    /// Forgets receipts whose time in the accounts is over.
    pub(crate) async fn forget_receipts(&self, now: Timestamp) -> Result<(), Fault> {
        let mut batch = Batch::new();
        let oldest = now.plus_seconds(-ACCOUNTS_SECONDS);
        let oldest = ReceiptId::new(oldest, [0; 8]);
        let prefix = crate::keys::RECEIPTS_ISSUED;
        for (key, _) in self.all_before(prefix, oldest.bytes()).await? {
            batch.remove(key);
            self.commit_if_full(&mut batch).await?;
        }
        self.commit_or_leave(batch).await
    }
}

pub(crate) fn put_issued(
    batch: &mut Batch,
    id: ReceiptId,
    issued: &IssuedReceipt,
    version: Position,
) -> Result<(), Fault> {
    let key = crate::keys::receipt_issued(id);
    batch.expect(key.clone(), Expected::At(version));
    batch.put(key.clone(), stored::encode(&key, issued)?);
    Ok(())
}
