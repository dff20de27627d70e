//! Whether visits, receipts and what waits between nodes fit each other.
//!
//! **Invariant:** every document is opened again: what a row says that its document does
//! not say is a problem.

use std::collections::{BTreeMap, BTreeSet};

use rules::visit::{ACCOUNTS_SECONDS, HalfDays};
use serde::de::DeserializeOwned;
use store::{Key, Prefix};
use wire::receipt::{Credit, ProofBy, Receipt};
use wire::{Sha256Hash, Timestamp};

use crate::exchange::{
    About, Fate, Guest, IssuedReceipt, Op, Outgoing, OutgoingState, ProofUse, ReceiptId, Taken,
    TakenPlace, Visit, VisitId, VisitState, Visitor,
};
use crate::keys::{
    GUESTS, OUTBOX, PROOFS, RECEIPTS_ISSUED, RECEIPTS_TAKEN, TAKEN_PLACES, VISITORS, VISITS,
};
use crate::signing::OpsKeys;
use crate::stored;
use crate::{App, CheckReport, Fault};

/// How often all is read anew because something moved while it was read.
const TRIES: usize = 5;

/// What a host has, read at one position.
struct HostSide {
    visits: BTreeMap<VisitId, Visit>,
    visitors: BTreeMap<VisitId, Visitor>,
    guests: BTreeMap<Key, Guest>,
    issued: BTreeMap<ReceiptId, IssuedReceipt>,
    outgoing: BTreeMap<Op, Outgoing>,
    /// By which this node's own documents open.
    own: OpsKeys,
}

/// What a home has, read at one position.
struct HomeSide {
    taken: BTreeMap<Key, Taken>,
    places: BTreeMap<Key, TakenPlace>,
    proofs: BTreeMap<Key, ProofUse>,
}

impl App {
    /// Looks through what is kept of visits here and of members elsewhere.
    pub(crate) async fn check_visits(&self, report: &mut CheckReport) -> Result<(), Fault> {
        let mut sides = self.read_sides().await?;
        for _ in 0..TRIES {
            let before = self.store().fingerprints().await?;
            sides = self.read_sides().await?;
            if before == self.store().fingerprints().await? {
                break;
            }
        }
        let (host, home) = sides;
        let mut say = |what: String| report.problems.push(what);
        for (id, issued) in &host.issued {
            for what in self.check_issued(&host, *id, issued) {
                say(format!("receipt {id}: {what}"));
            }
        }
        host.check_outbox(&mut say);
        host.check_guests(&mut say);
        for (key, taken) in &home.taken {
            for what in self.check_taken(&home, key, taken).await? {
                say(format!("receipt {} of {}: {what}", taken.id, taken.host));
            }
        }
        home.check_counted(&mut say);
        home.check_pointers(&mut say);
        Ok(())
    }

    async fn read_sides(&self) -> Result<(HostSide, HomeSide), Fault> {
        let host = HostSide {
            visits: self.read_all(VISITS, VisitId::of_key).await?,
            visitors: self.read_all(VISITORS, VisitId::of_key).await?,
            guests: self.read_all(GUESTS, |key| Some(key.clone())).await?,
            issued: self.read_all(RECEIPTS_ISSUED, ReceiptId::of_key).await?,
            outgoing: self.read_all(OUTBOX, Op::of_key).await?,
            own: self.kept_keys_of(&self.identity().entity).await?,
        };
        let itself = |key: &Key| Some(key.clone());
        let home = HomeSide {
            taken: self.read_all(RECEIPTS_TAKEN, itself).await?,
            places: self.read_all(TAKEN_PLACES, itself).await?,
            proofs: self.read_all(PROOFS, itself).await?,
        };
        Ok((host, home))
    }

    pub(crate) async fn read_all<K: Ord, T: DeserializeOwned>(
        &self,
        prefix: Prefix,
        id_of: impl Fn(&Key) -> Option<K>,
    ) -> Result<BTreeMap<K, T>, Fault> {
        let mut all = BTreeMap::new();
        for (key, found) in self.all(prefix).await? {
            let id = id_of(&key).ok_or_else(|| Fault::Form {
                key: key.to_string(),
            })?;
            all.insert(id, stored::decode(&key, &found)?);
        }
        Ok(all)
    }

    /// A receipt that this host signed says what its visit says, and so does its credit.
    fn check_issued(
        &self,
        host: &HostSide,
        id: ReceiptId,
        issued: &IssuedReceipt,
    ) -> Vec<&'static str> {
        let entity = &self.identity().entity;
        let mut problems = Vec::new();
        let Ok(receipt) = host.own.open::<Receipt>(&issued.text) else {
            return vec!["it does not open by this node's key"];
        };
        let is_ours = receipt.iss == *entity && receipt.aud == issued.home;
        if !is_ours || receipt.id != id.to_string() {
            problems.push("it lies under another name");
        }
        match host.visits.get(&issued.visit) {
            Some(visit) => problems.extend(host.compare(id, issued, &receipt, visit)),
            None if is_forgotten(receipt.arrived, self.now()) => {}
            None => problems.push("its visit is missing"),
        }
        if let Some(credit) = &issued.credit {
            let credit = host.own.open::<Credit>(&credit.text);
            let is_of_this = credit.is_ok_and(|credit| {
                credit.iss == *entity
                    && credit.aud == issued.home
                    && credit.receipt == receipt.id
                    && credit.receipt_sha256 == Sha256Hash::of(&[issued.text.as_bytes()])
            });
            if !is_of_this {
                problems.push("its credit is not of it");
            }
        }
        if !host.waits_rightly(issued, id) {
            problems.push("nothing waits in the outbox for it, or something else");
        }
        problems
    }

    /// A receipt that this home accepted is the host's, and says what its row says.
    async fn check_taken(
        &self,
        home: &HomeSide,
        key: &Key,
        taken: &Taken,
    ) -> Result<Vec<&'static str>, Fault> {
        let mut problems = Vec::new();
        let Some(member) = home.member_of(key, taken) else {
            return Ok(vec!["nothing says under which member it lies"]);
        };
        if self
            .store()
            .get(&crate::keys::member(member))
            .await?
            .is_none()
        {
            problems.push("its member is missing");
        }
        let proof = home
            .proofs
            .get(&crate::keys::proof(&taken.host, &taken.proof));
        let stands_for = proof.and_then(|it| it.receipt.as_ref());
        let counts_by_key = taken.credit.is_none() && taken.by == ProofBy::Holder;
        if counts_by_key && stands_for != Some(&taken.id) {
            problems.push("its proof stands for another, or for nothing");
        }
        let keys = self.kept_keys_of(&taken.host).await?;
        if keys.is_empty() {
            // A host that is not followed any more cannot be asked.
            return Ok(problems);
        }
        let Ok(receipt) = keys.open::<Receipt>(&taken.text) else {
            problems.push("it does not open by the host's keys");
            return Ok(problems);
        };
        if !says_so(&receipt, taken) || receipt.aud != self.identity().entity {
            problems.push("it says something else than what is counted");
        }
        if let Some(credit) = &taken.credit {
            let credit = keys.open::<Credit>(&credit.text);
            let is_of_this = credit.is_ok_and(|credit| {
                credit.iss == taken.host
                    && credit.receipt == taken.id
                    && credit.receipt_sha256 == Sha256Hash::of(&[taken.text.as_bytes()])
            });
            if !is_of_this {
                problems.push("its credit is not of it");
            }
        }
        Ok(problems)
    }
}

/// Whether what belongs to a visit may be forgotten: visits and their receipts go one
/// after the other.
fn is_forgotten(arrived: Timestamp, now: Timestamp) -> bool {
    now.seconds_since(arrived) >= ACCOUNTS_SECONDS
}

/// Whether a row says what its receipt says.
fn says_so(receipt: &Receipt, taken: &Taken) -> bool {
    receipt.iss == taken.host
        && receipt.id == taken.id
        && receipt.day == taken.date
        && receipt.arrived == taken.arrived
        && receipt.left == taken.left
        && receipt.half_days == taken.half_days
        && receipt.proof.by == taken.by
        && receipt.proof.sha256 == Sha256Hash::of(&[taken.proof.as_bytes()])
}

impl HostSide {
    /// What a receipt says otherwise than its visit.
    fn compare(
        &self,
        id: ReceiptId,
        issued: &IssuedReceipt,
        receipt: &Receipt,
        visit: &Visit,
    ) -> Vec<&'static str> {
        let mut problems = Vec::new();
        let is_of_visit = receipt.aud == visit.home
            && receipt.arrived == visit.arrived
            && receipt.day == visit.date
            && receipt.hours == visit.hours
            && receipt.proof.by == visit.by;
        if !is_of_visit || !visit.receipts.contains(&id) {
            problems.push("it is of another visit than its own");
        }
        let visitor = self.visitors.get(&issued.visit);
        let is_proof =
            |it: &Visitor| receipt.proof.sha256 == Sha256Hash::of(&[it.presentation.as_bytes()]);
        if !visitor.is_none_or(is_proof) {
            problems.push("it names another proof than the visitor's");
        }
        let is_refused = matches!(issued.fate, Fate::Refused { .. });
        if issued.credit.is_some() || is_refused {
            return problems;
        }
        let is_last = visit.receipts.last() == Some(&id);
        let says_the_end = match &visit.state {
            VisitState::Ended {
                left,
                ending,
                half_days,
            } => (receipt.left, receipt.ended, &receipt.half_days) == (*left, *ending, half_days),
            VisitState::Here | VisitState::NotHere { .. } => false,
        };
        if !is_last || !says_the_end {
            problems.push("it counts, and its visit ended otherwise");
        }
        problems
    }

    /// Whether what waits for its answer waits in the outbox.
    fn waits_rightly(&self, issued: &IssuedReceipt, id: ReceiptId) -> bool {
        let waits = |fate: &Fate, about: About| match fate {
            Fate::Waiting { op } => self.outgoing.get(op).is_some_and(|outgoing| {
                outgoing.state == OutgoingState::Waiting
                    && outgoing.about == about
                    && outgoing.to == issued.home
            }),
            Fate::Accepted { .. }
            | Fate::Refused { .. }
            | Fate::GivenUp { .. }
            | Fate::Moot { .. } => true,
        };
        let credit = issued.credit.as_ref();
        waits(&issued.fate, About::Receipt(id))
            && credit.is_none_or(|credit| waits(&credit.fate, About::Credit(id)))
    }

    /// What waits in the outbox has something to hand over, which waits as that.
    fn check_outbox(&self, say: &mut dyn FnMut(String)) {
        for (op, outgoing) in &self.outgoing {
            if outgoing.state != OutgoingState::Waiting {
                continue;
            }
            let fate = match outgoing.about {
                About::Receipt(id) => self.issued.get(&id).map(|it| &it.fate),
                About::Credit(id) => {
                    let credit = self.issued.get(&id).and_then(|it| it.credit.as_ref());
                    credit.map(|it| &it.fate)
                }
                About::Registration(_)
                | About::Cancellation(_)
                | About::KeyUpdate(_)
                | About::KeyRevocation(_)
                | About::Notice { .. }
                | About::Application => continue,
            };
            if fate != Some(&Fate::Waiting { op: *op }) {
                say(format!(
                    "request {op}: it waits, and what it hands over does not"
                ));
            }
        }
    }

    /// What a passport has used is what its visits count, and who is here is here.
    fn check_guests(&self, say: &mut dyn FnMut(String)) {
        for (key, guest) in &self.guests {
            let of = |id: &VisitId| {
                let visit = self.visits.get(id);
                visit.filter(|visit| crate::keys::guest(visit.guest) == *key)
            };
            let is_here = |id: VisitId| of(&id).is_some_and(|it| it.state == VisitState::Here);
            if !guest.here.is_none_or(is_here) {
                say(format!(
                    "{key}: a guest is here on a visit that is not under way"
                ));
            }
            for counted in &guest.counted {
                let counts_so = of(&counted.visit).is_some_and(|visit| {
                    visit.date == counted.date && counted_by(visit) == counted.half_days
                });
                if !counts_so {
                    let id = counted.visit;
                    say(format!("{key}: visit {id} counts otherwise than its guest"));
                }
            }
        }
        for (id, visit) in &self.visits {
            let guest = self.guests.get(&crate::keys::guest(visit.guest));
            let is_known = match &visit.state {
                VisitState::Here => guest.is_some_and(|it| it.here == Some(*id)),
                VisitState::Ended { half_days, .. } => {
                    half_days.is_empty()
                        || guest.is_none_or(|it| it.counted.iter().any(|it| it.visit == *id))
                }
                VisitState::NotHere { .. } => true,
            };
            if !is_known {
                say(format!("visit {id}: its guest does not know of it"));
            }
            if visit.state == VisitState::Here && !self.visitors.contains_key(id) {
                say(format!("visit {id}: nobody knows who is here"));
            }
        }
    }
}

fn counted_by(visit: &Visit) -> &[wire::receipt::HalfDay] {
    match &visit.state {
        VisitState::Ended { half_days, .. } => half_days,
        VisitState::Here | VisitState::NotHere { .. } => &[],
    }
}

impl HomeSide {
    /// The member under whom a receipt lies, if the key and what points to it agree.
    fn member_of(&self, key: &Key, taken: &Taken) -> Option<&str> {
        let place = crate::keys::taken_place(&taken.host, &taken.id);
        let member = &self.places.get(&place)?.member;
        let lies_at = crate::keys::receipt_taken(member, &taken.host, &taken.id);
        (lies_at == *key).then_some(member)
    }

    /// No half-day counts twice for a member at a host.
    fn check_counted(&self, say: &mut dyn FnMut(String)) {
        let mut counted: BTreeMap<_, HalfDays> = BTreeMap::new();
        for (key, taken) in self.taken.iter().filter(|(_, it)| it.credit.is_none()) {
            let stem = key.rest().get(..MEMBER_BYTES).unwrap_or_default();
            let before = counted.entry((stem, &taken.host, &taken.date)).or_default();
            let half_days = HalfDays::of(&taken.half_days);
            if half_days.overlaps(*before) {
                let (id, host) = (&taken.id, &taken.host);
                say(format!("receipt {id} of {host}: a half-day counts twice"));
            }
            *before = before.and(half_days);
        }
    }

    /// What points to receipts points to one.
    fn check_pointers(&self, say: &mut dyn FnMut(String)) {
        let taken = self.taken.values();
        let places: BTreeSet<Key> = taken
            .clone()
            .map(|it| crate::keys::taken_place(&it.host, &it.id))
            .collect();
        for key in self.places.keys().filter(|key| !places.contains(key)) {
            say(format!("{key}: it points to a receipt that is missing"));
        }
        let proofs: BTreeMap<Key, BTreeSet<&String>> = taken
            .filter(|it| it.by == ProofBy::Holder)
            .map(|it| (crate::keys::proof(&it.host, &it.proof), &it.id))
            .fold(BTreeMap::new(), |mut all, (key, id)| {
                all.entry(key).or_insert_with(BTreeSet::new).insert(id);
                all
            });
        for (key, used) in &self.proofs {
            let ids = proofs.get(key);
            let is_one = |id: &String| ids.is_some_and(|ids| ids.contains(id));
            if ids.is_none() || !used.receipt.as_ref().is_none_or(is_one) {
                say(format!(
                    "{key}: a proof stands for a receipt that is missing"
                ));
            }
        }
    }
}

/// The bytes of a key of a receipt that name its member.
const MEMBER_BYTES: usize = 16;
