//! Receipts at the home: which are accepted, and what they leave of an allowance.
//!
//! **Invariant:** what a member has used is the sum of the receipts that were accepted
//! and not credited. There is no counter that could drift from it.

use std::collections::BTreeMap;

use rules::receipt::{HeldForReceipt, Judgement, Published, ReceiptRefusal, judge};
use rules::trust::CLOCK_LEEWAY_SECONDS;
use rules::visit::{ACCOUNTS_SECONDS, Allowance, HalfDays};
use seal::Verified;
use store::{Batch, Expected};
use wire::label::Overdraw;
use wire::passport::{Presentation, Shown};
use wire::receipt::{Credit, CreditBody, CreditReason, ProofBy, Receipt, ReceiptBody};
use wire::request::Request;
use wire::{EntityId, Sha256Hash, Timestamp};

use crate::exchange::{ProofUse, Taken, TakenCredit, TakenPlace};
use crate::inbox::{Decision, Outcome};
use crate::keys::RECEIPTS_TAKEN;
use crate::members::touch_member;
use crate::passports::is_ours_for_sure;
use crate::people::Member;
use crate::stored;
use crate::{App, Fault};

/// A visit of a member elsewhere, as the home has it from the host's receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roamed {
    /// The host.
    pub host: EntityId,
    /// The receipt's id.
    pub id: String,
    /// The day at the host.
    pub date: String,
    /// When they came.
    pub arrived: Timestamp,
    /// When they left, as far as the host knows.
    pub left: Timestamp,
    /// What is counted.
    pub half_days: HalfDays,
    /// How it is proven.
    pub by: ProofBy,
    /// When the receipt was accepted.
    pub taken_at: Timestamp,
    /// Why it was taken back, and when; none while it counts.
    pub credited: Option<(CreditReason, Timestamp)>,
    /// The receipt, compact.
    pub receipt: String,
}

/// The most receipts of a member, host and day, those that were taken back among them: a
/// steward corrects a visit a few times, and nobody without end.
const RECEIPTS_A_DAY_MAX: usize = 16;

fn refused(code: &str) -> Decision {
    Decision::Answer(Outcome::refused(code))
}

impl App {
    /// Judges a receipt, and puts into `batch` what accepting it changes.
    pub(crate) async fn decide_receipt(
        &self,
        batch: &mut Batch,
        request: &Verified<Request>,
        now: Timestamp,
    ) -> Result<Decision, Fault> {
        let Ok(body) = ReceiptBody::of(request) else {
            return Ok(refused("malformed"));
        };
        let keys = self.evidence_keys_of(&request.iss).await?;
        let Ok(receipt) = keys.open::<Receipt>(&body.receipt) else {
            return Ok(refused("malformed"));
        };
        if receipt.iss != request.iss || receipt.aud != self.identity().entity {
            return Ok(refused("malformed"));
        }
        if let Some(taken) = self.taken(&receipt.iss, &receipt.id).await? {
            return Ok(Decision::Answer(same_or_not(&taken, &body.receipt)));
        }
        let shown = self.proof_of(&receipt, &body.proof).await?;
        let member = match &shown {
            Some(shown) => self.member_shown(shown).await?,
            None => None,
        };
        let id = member.as_ref().map_or("", |(id, ..)| id.as_str());
        let standing = self.registers().await?.standing(&receipt.iss, now);
        let held = HeldForReceipt {
            now,
            home: &self.identity().entity,
            host: &standing,
            shown: shown.as_ref(),
            is_known: member.is_some(),
            hours: Published::NotYet,
            formula: Published::NotYet,
            counted: HalfDays::NONE,
            is_proof_used: false,
        };
        // Before anything is looked up: whoever proves nothing costs next to nothing.
        if let Judgement::Refused(refusal) = judge(&receipt, held) {
            return self.refuse(refusal, &receipt).await;
        }
        let (counted, receipts) = self.counted(id, &receipt).await?;
        if receipts >= RECEIPTS_A_DAY_MAX {
            return Ok(refused("too_many"));
        }
        let is_proof_used = self.take_proof(batch, &receipt, &body.proof).await?;
        let hours = self.published_hours(&receipt).await?;
        let formula = self.published_formula(&receipt).await?;
        let held = HeldForReceipt {
            hours: hours.as_published(),
            formula: formula.as_published(),
            counted,
            is_proof_used,
            ..held
        };
        let of = receipt.iss.clone();
        match (judge(&receipt, held), member) {
            (Judgement::NotYet, _) => return Ok(Decision::NotYet { of }),
            (Judgement::Refused(refusal), _) => return Ok(refused(refusal.code())),
            (Judgement::Accepted, None) => return Ok(refused("not_ours")),
            (Judgement::Accepted, Some((id, member, version))) => {
                // Every receipt of a member moves the member: two at once are decided
                // one after the other.
                touch_member(batch, &id, &member, version)?;
                put_taken(batch, &id, &receipt, &body.proof, now)?;
            }
        }
        Ok(Decision::Answer(Outcome::Accepted))
    }

    /// Refuses, unless it is for a label that the host may bear by what a coordinator has
    /// said since this home last heard it.
    async fn refuse(&self, refusal: ReceiptRefusal, receipt: &Receipt) -> Result<Decision, Fault> {
        if refusal == ReceiptRefusal::NotLabelled
            && let Some(of) = self.unheard_since(receipt.left).await?
        {
            return Ok(Decision::NotYet { of });
        }
        Ok(refused(refusal.code()))
    }

    /// Puts into `batch` that a proof stands for this receipt; says whether it stands for
    /// another already. A passport on paper proves the same each time: it is the host's
    /// word, and counts once a half-day.
    async fn take_proof(
        &self,
        batch: &mut Batch,
        receipt: &Receipt,
        proof: &str,
    ) -> Result<bool, Fault> {
        if receipt.proof.by == ProofBy::Paper {
            return Ok(false);
        }
        let key = crate::keys::proof(&receipt.iss, proof);
        let found = self.store().get(&key).await?;
        batch.expect(key.clone(), Expected::unchanged(found.as_ref()));
        let before: Option<ProofUse> = found
            .map(|found| stored::decode(&key, &found))
            .transpose()?;
        let used = ProofUse {
            receipt: Some(receipt.id.clone()),
        };
        batch.put(key.clone(), stored::encode(&key, &used)?);
        Ok(before.is_some_and(|it| it.receipt.is_some()))
    }

    /// What proves that the visitor was there, if it opens and is what the receipt names.
    /// The host kept it without what was disclosed; what could be, this home knows.
    async fn proof_of(&self, receipt: &Receipt, proof: &str) -> Result<Option<Shown>, Fault> {
        let own = self.kept_keys_of(&self.identity().entity).await?;
        let is_named = Sha256Hash::of(&[proof.as_bytes()]) == receipt.proof.sha256;
        let Some(proof) = Presentation::parse(proof).ok().filter(|_| is_named) else {
            return Ok(None);
        };
        let Some((keys, passport)) = own
            .sets()
            .find_map(|keys| Some((keys, proof.open_passport(keys).ok()?)))
        else {
            return Ok(None);
        };
        let issued = match self.place_named(&passport.status.status_list) {
            Some(place) => self.issued(place).await?,
            None => None,
        };
        let Some((issued, _)) = issued else {
            return Ok(proof.open_kept(keys, &[]).ok());
        };
        let is_void = self.is_void(&passport).await?;
        if !is_ours_for_sure(&passport, is_void, &issued) {
            return Ok(None);
        }
        Ok(proof.open_kept(keys, &issued.disclosures).ok())
    }

    /// The member to whom this home gave the passport that is shown.
    async fn member_shown(
        &self,
        shown: &Shown,
    ) -> Result<Option<(String, Member, store::Position)>, Fault> {
        let Some(place) = self.place_named(&shown.passport.status.status_list) else {
            return Ok(None);
        };
        let issued = self.issued(place).await?;
        let Some((issued, _)) = issued.filter(|(it, _)| !it.member.is_empty()) else {
            return Ok(None);
        };
        let key = crate::keys::member(&issued.member);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        let member = stored::decode(&key, &found)?;
        Ok(Some((issued.member, member, found.version)))
    }

    /// What other receipts of the same host and day count for a member, and how many there
    /// are, those that were taken back among them.
    async fn counted(&self, member: &str, receipt: &Receipt) -> Result<(HalfDays, usize), Fault> {
        let mut all = self.taken_of(member).await?;
        all.retain(|taken| taken.host == receipt.iss && taken.date == receipt.day);
        let counting = all.iter().filter(|taken| taken.credit.is_none());
        let counted = counting.fold(HalfDays::NONE, |sum, taken| {
            sum.and(HalfDays::of(&taken.half_days))
        });
        Ok((counted, all.len()))
    }

    /// The receipts of a member, credited ones among them, in no particular order.
    pub(crate) async fn taken_of(&self, member: &str) -> Result<Vec<Taken>, Fault> {
        if member.is_empty() {
            return Ok(Vec::new());
        }
        let stem = crate::keys::member_stem(member);
        let all = self.all_under(RECEIPTS_TAKEN, &stem).await?;
        all.iter()
            .map(|(key, found)| stored::decode(key, found))
            .collect()
    }

    /// A receipt that was accepted before.
    async fn taken(&self, host: &EntityId, id: &str) -> Result<Option<Taken>, Fault> {
        Ok(self.taken_at(host, id).await?.map(|(_, taken, _)| taken))
    }

    async fn taken_at(
        &self,
        host: &EntityId,
        id: &str,
    ) -> Result<Option<(String, Taken, store::Position)>, Fault> {
        let key = crate::keys::taken_place(host, id);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        let TakenPlace { member } = stored::decode(&key, &found)?;
        let key = crate::keys::receipt_taken(&member, host, id);
        let form = || Fault::Form {
            key: key.to_string(),
        };
        let found = self.store().get(&key).await?.ok_or_else(form)?;
        Ok(Some((member, stored::decode(&key, &found)?, found.version)))
    }

    /// Judges a credit, and puts into `batch` that it takes the receipt back.
    pub(crate) async fn decide_credit(
        &self,
        batch: &mut Batch,
        request: &Verified<Request>,
        now: Timestamp,
    ) -> Result<Decision, Fault> {
        let Ok(body) = CreditBody::of(request) else {
            return Ok(refused("malformed"));
        };
        let keys = self.evidence_keys_of(&request.iss).await?;
        let Ok(credit) = keys.open::<Credit>(&body.credit) else {
            return Ok(refused("malformed"));
        };
        if credit.iss != request.iss || credit.aud != self.identity().entity {
            return Ok(refused("malformed"));
        }
        if credit.iat.seconds_since(now) > CLOCK_LEEWAY_SECONDS {
            return Ok(refused("out_of_time"));
        }
        let found = self.taken_at(&credit.iss, &credit.receipt).await?;
        let Some((member, mut taken, version)) = found else {
            return Ok(refused("receipt_unknown"));
        };
        if Sha256Hash::of(&[taken.text.as_bytes()]) != credit.receipt_sha256 {
            return Ok(refused("differs"));
        }
        if let Some(before) = &taken.credit {
            let is_same = before.text == body.credit;
            return Ok(Decision::Answer(if is_same {
                Outcome::Accepted
            } else {
                Outcome::refused("credited")
            }));
        }
        taken.credit = Some(TakenCredit {
            reason: credit.reason,
            text: body.credit,
            at: now,
        });
        let key = crate::keys::receipt_taken(&member, &credit.iss, &credit.receipt);
        batch.expect(key.clone(), Expected::At(version));
        batch.put(key.clone(), stored::encode(&key, &taken)?);
        if taken.by == ProofBy::Holder {
            let key = crate::keys::proof(&credit.iss, &taken.proof);
            let free = ProofUse { receipt: None };
            batch.put(key.clone(), stored::encode(&key, &free)?);
        }
        let key = crate::keys::member(&member);
        if let Some(found) = self.store().get(&key).await? {
            touch_member(
                batch,
                &member,
                &stored::decode(&key, &found)?,
                found.version,
            )?;
        }
        Ok(Decision::Answer(Outcome::Accepted))
    }

    /// What a member has used and has left in the month, `YYYY-MM`.
    pub(crate) async fn allowance_of(
        &self,
        id: &str,
        member: &Member,
        month: &str,
    ) -> Result<Allowance, Fault> {
        let mut used: BTreeMap<String, u64> = BTreeMap::new();
        for taken in self.taken_of(id).await? {
            if let (None, Some(month)) = (&taken.credit, taken.date.get(..7)) {
                let count = HalfDays::of(&taken.half_days).count();
                *used.entry(month.to_owned()).or_default() += count;
            }
        }
        let overdraw = match self.register().await {
            Ok(register) => register.charter.as_ref().map(|it| it.roaming.overdraw),
            Err(Fault::NothingHeard) => None,
            Err(fault) => return Err(fault),
        };
        let overdraw = overdraw.unwrap_or(Overdraw::Carried);
        Ok(rules::visit::allowance(
            member.half_days,
            &used,
            month,
            overdraw,
        ))
    }

    /// Where a member was, the newest first.
    pub(crate) async fn roamed(&self, member: &str) -> Result<Vec<Roamed>, Fault> {
        let mut visits: Vec<_> = self
            .taken_of(member)
            .await?
            .into_iter()
            .map(Roamed::from)
            .collect();
        visits.sort_by(|a, b| (b.arrived, &b.id).cmp(&(a.arrived, &a.id)));
        Ok(visits)
    }

    /// Forgets receipts whose time in the accounts is over, with what points to them.
    pub(crate) async fn forget_taken(&self, now: Timestamp) -> Result<(), Fault> {
        if !self.is_time_to_look(RECEIPTS_TAKEN) {
            return Ok(());
        }
        let mut next = None;
        let mut batch = Batch::new();
        for (key, found) in self.all(RECEIPTS_TAKEN).await? {
            let taken: Taken = stored::decode(&key, &found)?;
            let until = taken.left.plus_seconds(ACCOUNTS_SECONDS);
            if until < now {
                batch.remove(crate::keys::taken_place(&taken.host, &taken.id));
                self.remove_proof(&mut batch, &taken).await?;
                batch.remove(key);
                self.commit_if_full(&mut batch).await?;
            } else {
                next = next.min(Some(until)).or(Some(until));
            }
        }
        self.commit_or_leave(batch).await?;
        self.look_again(RECEIPTS_TAKEN, next);
        Ok(())
    }

    /// A proof goes with the receipt that it stands for, or with the last that it stood
    /// for.
    async fn remove_proof(&self, batch: &mut Batch, taken: &Taken) -> Result<(), Fault> {
        let key = crate::keys::proof(&taken.host, &taken.proof);
        if let Some(found) = self.store().get(&key).await? {
            let used: ProofUse = stored::decode(&key, &found)?;
            if used.receipt.is_none_or(|receipt| receipt == taken.id) {
                batch.remove(key);
            }
        }
        Ok(())
    }
}

/// A receipt that is known: the same one is accepted, as before; another of the same
/// name is refused.
fn same_or_not(taken: &Taken, receipt: &str) -> Outcome {
    if taken.text != receipt {
        return Outcome::refused("id_used");
    }
    if taken.credit.is_some() {
        Outcome::refused("credited")
    } else {
        Outcome::Accepted
    }
}

fn put_taken(
    batch: &mut Batch,
    member: &str,
    receipt: &Verified<Receipt>,
    proof: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let taken = Taken {
        host: receipt.iss.clone(),
        id: receipt.id.clone(),
        date: receipt.day.clone(),
        arrived: receipt.arrived,
        left: receipt.left,
        half_days: receipt.half_days.clone(),
        by: receipt.proof.by,
        text: receipt.as_str().to_owned(),
        proof: proof.to_owned(),
        accepted_at: now,
        credit: None,
    };
    let key = crate::keys::receipt_taken(member, &receipt.iss, &receipt.id);
    batch.expect(key.clone(), Expected::Absent);
    batch.put(key.clone(), stored::encode(&key, &taken)?);
    let place = TakenPlace {
        member: member.to_owned(),
    };
    let key = crate::keys::taken_place(&receipt.iss, &receipt.id);
    batch.expect(key.clone(), Expected::Absent);
    batch.put(key.clone(), stored::encode(&key, &place)?);
    Ok(())
}

impl From<Taken> for Roamed {
    fn from(taken: Taken) -> Self {
        let Taken {
            host,
            id,
            date,
            arrived,
            left,
            half_days,
            by,
            text,
            proof: _,
            accepted_at,
            credit,
        } = taken;
        Self {
            host,
            id,
            date,
            arrived,
            left,
            half_days: HalfDays::of(&half_days),
            by,
            taken_at: accepted_at,
            credited: credit.map(|credit| (credit.reason, credit.at)),
            receipt: text,
        }
    }
}
