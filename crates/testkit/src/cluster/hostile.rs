//! A space that does what it should not: its keys are good, and it lies.
//!
//! What it sends is sent at once, so that a check that looks before it writes is met by
//! another that looks at the same moment.

use seal::{Sealed, sign};
use wire::Sha256Hash;
use wire::receipt::{CREDIT_KIND, Credit, CreditReason, HalfDay, RECEIPT_KIND, Receipt};
use wire::request::{REQUEST_SECONDS_MAX, Request};

use super::actions::Action;
use super::network::{Content, Packet, Question};
use super::world::{World, question};
use crate::HOUR_SECONDS;

/// A receipt that the hostile space has signed for a visit that was, and its proof.
struct Material {
    home: usize,
    receipt: Receipt,
    text: String,
    proof: String,
}

impl World {
    pub(crate) fn draw_hostile(&mut self) -> Vec<Action> {
        self.trace.count("hostile");
        let which = self.dice.below(7);
        if which == 0 {
            return self.replay();
        }
        let Some(material) = self.material() else {
            return self.replay();
        };
        match which {
            1 => self.two_receipts_of_one_proof(&material),
            2 => self.two_bodies_of_one_op(&material),
            3 => self.no_proof(&material),
            4 => self.credit_of_another(&material),
            5 => self.in_the_name_of_another(&material),
            _ => self.credit_behind_ones_own_back(&material),
        }
    }

    /// Any of the last receipts of the hostile space.
    fn material(&self) -> Option<Material> {
        let machine = self.machine(self.hostile);
        let facts = &machine.facts;
        let known = facts.issued.values().filter_map(|issued| {
            let proof = facts.visitors.get(&issued.visit)?;
            Some((issued, proof))
        });
        let known: Vec<_> = known.collect();
        let latest = known.get(known.len().saturating_sub(4)..)?;
        let (issued, proof) = self.dice.pick(latest)?;
        let receipt = Sealed::<Receipt>::parse(&issued.text).ok()?;
        Some(Material {
            home: self.number_of(&issued.home)?,
            receipt: receipt.open(&machine.keys()).ok()?.into_inner(),
            text: issued.text.clone(),
            proof: (*proof).clone(),
        })
    }

    /// Another receipt of the same visit: another id, and perhaps another half of the day.
    fn forged(&self, it: &Material, half: Option<HalfDay>) -> String {
        let receipt = &it.receipt;
        let mut forged = receipt.clone();
        forged.id = self.dice.token();
        if let Some(half) = half {
            forged.half_days = vec![half];
            forged.value = None;
        }
        if half == Some(HalfDay::Afternoon) && !receipt.half_days.contains(&HalfDay::Afternoon) {
            // They stayed longer, says the host now, as long as the home's clock lets it.
            let longer = receipt.arrived.plus_seconds(6 * HOUR_SECONDS);
            let now = self.machine(it.home).node.app().now();
            forged.left = longer.min(now).max(receipt.left);
            forged.iat = forged.iat.max(forged.left);
        }
        self.signed(forged)
    }

    pub(crate) fn signed<T: seal::Document>(&self, document: T) -> String {
        let ops = self.machine(self.hostile).node.plan().ops();
        let signed = sign(document, &ops).expect("what is forged is well made");
        signed.as_str().to_owned()
    }

    /// A request of the hostile space, as a packet that arrives now.
    pub(crate) fn ask(
        &self,
        to: usize,
        op: &str,
        (kind, body): (&str, serde_json::Value),
    ) -> Action {
        self.ask_as(self.hostile, to, (op, kind, body))
    }

    pub(crate) fn ask_as(
        &self,
        by: usize,
        to: usize,
        (op, kind, body): (&str, &str, serde_json::Value),
    ) -> Action {
        let home = &self.machine(to).node;
        let iat = home.app().now();
        let request = Request {
            iss: self.machine(by).name().clone(),
            aud: home.entity().clone(),
            jti: self.dice.token(),
            iat,
            exp: iat.plus_seconds(REQUEST_SECONDS_MAX),
            op: op.to_owned(),
            kind: kind.to_owned(),
            body,
        };
        let text = self.signed(request);
        arriving(to, question(self.hostile, &text, true))
    }

    fn receipt(&self, to: usize, op: &str, (receipt, proof): (&str, &str)) -> Action {
        let body = serde_json::json!({ "receipt": receipt, "proof": proof });
        self.ask(to, op, (RECEIPT_KIND, body))
    }

    /// The same proof under two receipts, each of a half of the day where it can be.
    fn two_receipts_of_one_proof(&self, it: &Material) -> Vec<Action> {
        let halves = match it.receipt.half_days.as_slice() {
            [HalfDay::Afternoon] | [] => [None, None],
            _ => [Some(HalfDay::Morning), Some(HalfDay::Afternoon)],
        };
        let forge = |half| {
            let forged = self.forged(it, half);
            self.receipt(it.home, &self.dice.token(), (&forged, &it.proof))
        };
        let mut both: Vec<_> = halves.into_iter().map(forge).collect();
        if self.dice.is(50) {
            both.push(self.receipt(it.home, &self.dice.token(), (&it.text, &it.proof)));
        }
        both
    }

    fn two_bodies_of_one_op(&self, it: &Material) -> Vec<Action> {
        let op = self.dice.token();
        let forged = self.forged(it, None);
        let first = self.receipt(it.home, &op, (&it.text, &it.proof));
        let second = self.receipt(it.home, &op, (&forged, &it.proof));
        let again = self.receipt(it.home, &op, (&it.text, &it.proof));
        vec![first, second, again]
    }

    /// Without a proof, or with that of another visit.
    fn no_proof(&self, it: &Material) -> Vec<Action> {
        let visitors = &self.machine(self.hostile).facts.visitors;
        let others: Vec<_> = visitors
            .values()
            .filter(|other| **other != it.proof)
            .collect();
        let proof = self.dice.pick(&others).map_or("", |other| other.as_str());
        let mut receipt = it.receipt.clone();
        receipt.id = self.dice.token();
        if self.dice.is(70) {
            receipt.proof.sha256 = Sha256Hash::of(&[proof.as_bytes()]);
        }
        let receipt = self.signed(receipt);
        vec![self.receipt(it.home, &self.dice.token(), (&receipt, proof))]
    }

    /// A credit for the receipt of another host.
    fn credit_of_another(&self, it: &Material) -> Vec<Action> {
        let own = self.machine(self.hostile).name();
        let taken = self.machine(it.home).facts.taken.iter();
        let others: Vec<_> = taken.filter(|taken| taken.host != own.as_str()).collect();
        let Some(other) = self.dice.pick(&others) else {
            return self.credit_behind_ones_own_back(it);
        };
        let mut credit = self.credit(it, &other.id, &other.text);
        if self.dice.is(50)
            && let Some(host) = self.number_of(&other.host)
        {
            credit.iss = self.machine(host).name().clone();
        }
        let body = serde_json::json!({ "credit": self.signed(credit) });
        vec![self.ask(it.home, &self.dice.token(), (CREDIT_KIND, body))]
    }

    fn credit(&self, it: &Material, receipt: &str, text: &str) -> Credit {
        Credit {
            iss: self.machine(self.hostile).name().clone(),
            aud: self.machine(it.home).name().clone(),
            iat: it.receipt.iat,
            id: self.dice.token(),
            receipt: receipt.to_owned(),
            receipt_sha256: Sha256Hash::of(&[text.as_bytes()]),
            reason: CreditReason::NotHere,
        }
    }

    /// A credit of which its own books know nothing, and at once the receipt again.
    fn credit_behind_ones_own_back(&self, it: &Material) -> Vec<Action> {
        let credit = self.credit(it, &it.receipt.id, &it.text);
        let body = serde_json::json!({ "credit": self.signed(credit) });
        let credit = self.ask(it.home, &self.dice.token(), (CREDIT_KIND, body));
        let forged = self.forged(it, None);
        let again = self.receipt(it.home, &self.dice.token(), (&forged, &it.proof));
        vec![credit, again]
    }

    /// A request that names another space as whoever asks.
    fn in_the_name_of_another(&self, it: &Material) -> Vec<Action> {
        let other = self.any_space();
        let body = serde_json::json!({ "receipt": it.text, "proof": it.proof });
        let op = self.dice.token();
        vec![self.ask_as(other, it.home, (&op, RECEIPT_KIND, body))]
    }

    /// A request that somebody recorded, to whom it was sent or to somebody else, twice.
    pub(crate) fn replay(&self) -> Vec<Action> {
        let Some((to, question)) = self.dice.pick(&self.network.recorded) else {
            return Vec::new();
        };
        let to = if self.dice.is(85) {
            *to
        } else {
            self.any_space()
        };
        let mut question = question.clone();
        question.is_hostile = true;
        let packet = arriving(to, question);
        vec![packet.clone(), packet]
    }
}

fn arriving(to: usize, question: Question) -> Action {
    Action::Deliver(Packet {
        number: 0,
        from: question.by,
        to,
        content: Content::Question(question),
    })
}
