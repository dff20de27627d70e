//! Visits at their host: a member of another space comes, works, and leaves.
//!
//! A visit begins in the commit that lets the visitor in, and ends in the commit that
//! signs its receipt and puts it into the outbox. Members of this space come and go
//! uncounted, and nothing is kept of them.
//!
//! **Invariant:** a passport is at this host once at a time, and no half-day of a day is
//! counted twice for it: [`Guest`] is expected unmoved by every commit that counts.

use std::sync::Arc;

use rules::visit::{
    self, ACCOUNTS_SECONDS, CORRECTION_SECONDS, HalfDays, HostDay, PublishedFormula,
};
use store::{Batch, Expected, Position};
use wire::passport::{Shown, ShownBy};
use wire::receipt::{
    CreditReason, Ending, ProofBy, RecordReference, VISIT_SECONDS_MAX, VisitValue,
};
use wire::space::{ClockTime, Formula, OpeningHours, THE_ONE};
use wire::{BodyKind, EntityId, Timestamp};

use crate::access::{Staff, Steward};
use crate::exchange::{Counted, Fate, Guest, ReceiptId, Visit, VisitId, VisitState, Visitor};
use crate::fault::{Attempt, until_settled};
use crate::stored;
use crate::{App, Fault};

/// Why a visit does not end, or is not corrected.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// No such visit.
    #[error("there is no such visit")]
    Unknown,
    /// The visit has ended, or never was.
    #[error("the visit has ended already")]
    Ended,
    /// Before the arrival, in the future, or on another day.
    #[error("a visit ends when it begins or later, on the same day, and not in the future")]
    Time,
    /// The week in which it could be corrected is over.
    #[error("a visit can be corrected for {} days", CORRECTION_SECONDS / 86_400)]
    TooLate,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What a steward says about a visit afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// The visitor left then.
    Left(Timestamp),
    /// There was no visit.
    NotHere,
}

/// A visit as the desk sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// The visit.
    pub id: VisitId,
    /// The name to call the visitor by; none once it was forgotten.
    pub name: Option<String>,
    /// Their home.
    pub home: EntityId,
    /// When they came.
    pub arrived: Timestamp,
    /// How they showed their passport.
    pub by: ProofBy,
    /// The day here, with its hours when the visitor came.
    pub day: HostDay,
    /// Where it stands.
    pub stay: Stay,
}

impl VisitRow {
    /// The moment at which the visitor left, as a clock without seconds shows it on the
    /// day of the visit: who came at 9:05:37 can leave at 9:05. `None` where the day has no
    /// such moment.
    pub fn left_at(&self, time: ClockTime) -> Option<Timestamp> {
        let at = visit::time_on(&self.day, time).ok()?;
        let is_same_minute = self.arrived.seconds_since(at) < 60;
        Some(if is_same_minute {
            at.max(self.arrived)
        } else {
            at
        })
    }
}

/// Where a visit stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stay {
    /// The visitor is here; if nobody sees them leave, the visit ends then.
    Here {
        /// When the space closes.
        until: Timestamp,
    },
    /// They left.
    Ended {
        /// When.
        left: Timestamp,
        /// How that is known.
        ending: Ending,
        /// What is counted.
        half_days: HalfDays,
        /// What became of its receipt; none where nothing is counted.
        receipt: Option<Fate>,
        /// Until when it can be corrected.
        correctable_until: Timestamp,
    },
    /// There was no visit.
    NotHere,
}

/// On what terms a visitor is received: hours and prices as they are published, at one
/// position of the own feed.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) position: (u64, u64),
    hours: Option<(OpeningHours, RecordReference)>,
    values: [Option<VisitValue>; 2],
}

impl Terms {
    pub(crate) fn day(&self, at: Timestamp) -> Result<HostDay, Fault> {
        let published = self.hours.as_ref().map(|(hours, record)| (hours, *record));
        visit::day_at(published, at).map_err(|_| Fault::Calendar)
    }
}

/// The most visits that are listed at once: some weeks of a busy village.
const LISTED_MAX: usize = 1_000;

impl App {
    /// The terms of this space now.
    pub(crate) async fn own_terms(&self) -> Result<Arc<Terms>, Fault> {
        let entity = &self.identity().entity;
        let (feed, _) = self.feed_state(entity).await?;
        let position = (feed.epoch, feed.seq);
        let seen = self.opened().terms.clone();
        if let Some(terms) = seen.filter(|terms| terms.position == position) {
            return Ok(terms);
        }
        let hours = self.hours_of(entity).await?;
        let formulas = self.formulas_of(entity).await?;
        let both = HalfDays {
            morning: true,
            afternoon: true,
        };
        let one = HalfDays {
            afternoon: false,
            ..both
        };
        let values = [one, both].map(|it| visit::value(it, &formulas));
        let terms = Arc::new(Terms {
            position,
            hours,
            values,
        });
        self.opened().terms = Some(Arc::clone(&terms));
        Ok(terms)
    }

    /// The opening hours that a space publishes, and where.
    pub(crate) async fn hours_of(
        &self,
        space: &EntityId,
    ) -> Result<Option<(OpeningHours, RecordReference)>, Fault> {
        let found = self
            .latest_record(space, OpeningHours::KIND, THE_ONE)
            .await?;
        Ok(found.and_then(|(at, text)| Some((OpeningHours::read(&text).ok()?, at))))
    }

    /// The formulas that a space publishes, and where.
    pub(crate) async fn formulas_of(
        &self,
        space: &EntityId,
    ) -> Result<Vec<PublishedFormula>, Fault> {
        self.some_formulas_of(space, wire::space::FORMULAS_MAX)
            .await
    }

    pub(crate) async fn some_formulas_of(
        &self,
        space: &EntityId,
        most: usize,
    ) -> Result<Vec<PublishedFormula>, Fault> {
        let records = self.some_latest_records(space, Formula::KIND, most).await?;
        let read = |(id, record, text): (String, _, String)| {
            let formula = Formula::read(&text).ok()?;
            Some(PublishedFormula {
                id,
                record,
                formula,
            })
        };
        Ok(records.into_iter().filter_map(read).collect())
    }

    /// What a passport has used here, with what the store held for it.
    pub(crate) async fn guest(
        &self,
        shown: &Shown,
    ) -> Result<(Option<Guest>, Option<Position>), Fault> {
        let guest = crate::keys::guest_of(&shown.passport.status.status_list);
        let key = crate::keys::guest(guest);
        let Some(found) = self.store().get(&key).await? else {
            return Ok((None, None));
        };
        Ok((Some(stored::decode(&key, &found)?), Some(found.version)))
    }

    /// Puts into `batch` that the visitor came, unless they are here already. Gives the
    /// visit.
    pub(crate) async fn put_arrival(
        &self,
        batch: &mut Batch,
        shown: &Shown,
        presentation: &str,
        (guest, version): (Option<Guest>, Option<Position>),
    ) -> Result<VisitId, Fault> {
        let (now, passport) = (self.now(), &shown.passport);
        let id = crate::keys::guest_of(&passport.status.status_list);
        let key = crate::keys::guest(id);
        batch.expect(key.clone(), version.map_or(Expected::Absent, Expected::At));
        let mut guest = guest.unwrap_or(Guest {
            here: None,
            counted: Vec::new(),
            until: passport.exp,
        });
        if let Some(visit) = guest.here {
            return Ok(visit);
        }
        let terms = self.own_terms().await?;
        let HostDay { date, hours } = terms.day(now)?;
        let visit_id = VisitId::new(now, self.random()?);
        let visit = Visit {
            home: passport.iss.clone(),
            guest: id,
            arrived: now,
            by: match shown.by {
                ShownBy::Holder(_) => ProofBy::Holder,
                ShownBy::Paper => ProofBy::Paper,
            },
            date,
            hours,
            values: terms.values.clone(),
            state: VisitState::Here,
            receipts: Vec::new(),
        };
        let visitor = Visitor {
            name: wire::printable(&passport.name, wire::passport::SHOWN_NAME_CHARS_MAX),
            formula: wire::printable(&passport.formula, crate::desk::FORMULA_CHARS_MAX),
            presentation: presentation.to_owned(),
        };
        guest.here = Some(visit_id);
        batch.put(key.clone(), stored::encode(&key, &guest)?);
        let key = crate::keys::visit(visit_id);
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &visit)?);
        let key = crate::keys::visitor(visit_id);
        batch.put(key.clone(), stored::encode(&key, &visitor)?);
        Ok(visit_id)
    }

    /// Somebody saw the visitor leave. Gives what is counted.
    pub async fn leave(&self, _: &Staff, id: VisitId) -> Result<HalfDays, VisitError> {
        until_settled!(self.try_leave(id).await)
    }

    async fn try_leave(&self, id: VisitId) -> Result<HalfDays, Attempt<VisitError>> {
        let (visit, version) = self.visit(id).await.map_err(Attempt::Failed)?;
        let closing = closing_of(&visit)?;
        let now = self.now().max(visit.arrived);
        // Whoever is seen leaving after closing time leaves when the space closed.
        let (left, ending) = if now < closing {
            (now, Ending::Left)
        } else {
            (closing, Ending::Forgotten)
        };
        self.end(id, visit, version, left, ending).await
    }

    /// Ends what nobody ended, at closing time. Gives how many visits.
    pub async fn end_forgotten(&self) -> Result<usize, Fault> {
        let mut ended = 0;
        for (id, _) in self.visitors().await? {
            let settled: Result<usize, Fault> = until_settled!(self.try_end_forgotten(id).await);
            match settled {
                Err(fault) if fault.ends_the_node() => return Err(fault),
                // One that cannot be ended does not keep the others.
                Err(fault) => {
                    tracing::error!(error = %crate::chain(&fault), "visit {id} does not end");
                }
                Ok(count) => ended += count,
            }
        }
        Ok(ended)
    }

    /// Ends a visit if nobody did and the space has closed; says whether.
    pub(crate) async fn end_if_forgotten(&self, id: VisitId) -> Result<bool, Fault> {
        let ended: usize = until_settled!(self.try_end_forgotten(id).await)?;
        Ok(ended > 0)
    }

    async fn try_end_forgotten(&self, id: VisitId) -> Result<usize, Attempt<Fault>> {
        let fault = |error| {
            Attempt::Failed(match error {
                VisitError::Fault(fault) => fault,
                VisitError::Unknown
                | VisitError::Ended
                | VisitError::Time
                | VisitError::TooLate => Fault::Calendar,
            })
        };
        let Some((visit, version)) = self.visit_of(id).await? else {
            return Ok(0);
        };
        let closing = closing_of::<Fault>(&visit)?;
        if visit.state != VisitState::Here || self.now() < closing {
            return Ok(0);
        }
        let ended = self.end(id, visit, version, closing, Ending::Forgotten);
        match ended.await {
            Ok(_) => Ok(1),
            Err(Attempt::Again) => Err(Attempt::Again),
            Err(Attempt::Failed(error)) => Err(fault(error)),
        }
    }

    /// Ends a visit: what it counts, its receipt and the request that hands it over are
    /// one commit. From here on a crash loses nothing: the request waits.
    async fn end(
        &self,
        id: VisitId,
        mut visit: Visit,
        version: Position,
        left: Timestamp,
        ending: Ending,
    ) -> Result<HalfDays, Attempt<VisitError>> {
        if visit.state != VisitState::Here {
            return Err(Attempt::Failed(VisitError::Ended));
        }
        let mut batch = Batch::new();
        let counted = self.count_visit(&mut batch, id, &visit, Some(left)).await?;
        visit.state = VisitState::Ended {
            left,
            ending,
            half_days: counted.list(),
        };
        let receipt = self.put_receipt(&mut batch, id, &visit, None).await?;
        visit.receipts.extend(receipt);
        put_visit(&mut batch, id, &visit, version)?;
        self.commit_at("end", batch).await?;
        Ok(counted)
    }

    /// Puts into `batch` what a visit counts that ended then; nothing if it never was.
    async fn count_visit(
        &self,
        batch: &mut Batch,
        id: VisitId,
        visit: &Visit,
        left: Option<Timestamp>,
    ) -> Result<HalfDays, Attempt<VisitError>> {
        let key = crate::keys::guest(visit.guest);
        let found = self.store().get(&key).await.map_err(Fault::from)?;
        batch.expect(key.clone(), Expected::unchanged(found.as_ref()));
        let mut guest: Guest = match &found {
            Some(found) => stored::decode(&key, found)?,
            // The passport has run out since, and with it what it used.
            None => Guest {
                here: None,
                counted: Vec::new(),
                until: visit.arrived,
            },
        };
        guest.counted.retain(|counted| counted.visit != id);
        guest.here = guest.here.filter(|here| *here != id);
        let half_days = match left {
            None => HalfDays::NONE,
            Some(left) => {
                let all = visit::half_days(&day_of(visit), visit.arrived, left);
                let all = all.map_err(|_| Fault::Calendar)?;
                all.without(counted_on(&guest, &visit.date))
            }
        };
        guest.until = guest.until.max(left.unwrap_or(guest.until));
        if !half_days.is_none() {
            guest.counted.push(Counted {
                visit: id,
                date: visit.date.clone(),
                half_days: half_days.list(),
            });
        }
        batch.put(key.clone(), stored::encode(&key, &guest)?);
        Ok(half_days)
    }

    /// A steward says how it was. What was sent is taken back by a credit, and said
    /// again rightly: nothing is edited.
    pub async fn correct_visit(
        &self,
        _: &Steward,
        id: VisitId,
        correction: Correction,
    ) -> Result<HalfDays, VisitError> {
        until_settled!(self.try_correct(id, correction).await)
    }

    async fn try_correct(
        &self,
        id: VisitId,
        correction: Correction,
    ) -> Result<HalfDays, Attempt<VisitError>> {
        let (mut visit, version) = self.visit(id).await.map_err(Attempt::Failed)?;
        let now = self.now();
        match &visit.state {
            VisitState::NotHere { .. } => return Err(Attempt::Failed(VisitError::Ended)),
            VisitState::Ended { left, .. } => {
                if now.seconds_since(*left) > CORRECTION_SECONDS {
                    return Err(Attempt::Failed(VisitError::TooLate));
                }
            }
            VisitState::Here => {}
        }
        let left = match correction {
            Correction::NotHere => None,
            Correction::Left(at) => {
                let end = visit::end_of_day(&day_of(&visit)).map_err(|_| Fault::Calendar)?;
                if at < visit.arrived || at > now || at > end {
                    return Err(Attempt::Failed(VisitError::Time));
                }
                Some(at)
            }
        };
        let mut batch = Batch::new();
        let counted = self.count_visit(&mut batch, id, &visit, left).await?;
        let (state, reason) = match left {
            None => (VisitState::NotHere { at: now }, CreditReason::NotHere),
            Some(left) => {
                let half_days = counted.list();
                let ending = Ending::Corrected;
                let state = VisitState::Ended {
                    left,
                    ending,
                    half_days,
                };
                (state, CreditReason::Corrected)
            }
        };
        visit.state = state;
        let credited = match visit.receipts.last() {
            Some(receipt) => self.put_credit(&mut batch, *receipt, reason).await?,
            None => None,
        };
        let receipt = self.put_receipt(&mut batch, id, &visit, credited).await?;
        visit.receipts.extend(receipt);
        put_visit(&mut batch, id, &visit, version)?;
        self.commit_at("correct", batch).await?;
        Ok(counted)
    }

    pub(crate) async fn visit(&self, id: VisitId) -> Result<(Visit, Position), VisitError> {
        self.visit_of(id).await?.ok_or(VisitError::Unknown)
    }

    /// The visit, if it is still kept.
    pub(crate) async fn visit_of(&self, id: VisitId) -> Result<Option<(Visit, Position)>, Fault> {
        let key = crate::keys::visit(id);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        Ok(Some((stored::decode(&key, &found)?, found.version)))
    }

    /// Who visits or visited, as long as it is known, the oldest first.
    pub(crate) async fn visitors(&self) -> Result<Vec<(VisitId, Visitor)>, Fault> {
        let mut visitors = Vec::new();
        for (key, found) in self.all(crate::keys::VISITORS).await? {
            let id = VisitId::of_key(&key).ok_or_else(|| Fault::Form {
                key: key.to_string(),
            })?;
            visitors.push((id, stored::decode(&key, &found)?));
        }
        Ok(visitors)
    }

    /// Who is here.
    pub async fn visitors_here(&self, _: &Staff) -> Result<Vec<VisitRow>, VisitError> {
        let mut rows = self.rows().await?;
        rows.retain(|row| matches!(row.stay, Stay::Here { .. }));
        Ok(rows)
    }

    /// The visits whose visitors are still known, the newest first: those that a steward
    /// can correct, and those that wait for their answer.
    pub async fn recent_visits(&self, _: &Steward) -> Result<Vec<VisitRow>, VisitError> {
        let mut rows = self.rows().await?;
        rows.reverse();
        rows.truncate(LISTED_MAX);
        Ok(rows)
    }

    /// One visit.
    pub async fn visit_row(&self, _: &Staff, id: VisitId) -> Result<VisitRow, VisitError> {
        let (visit, _) = self.visit(id).await?;
        let visitor = self.visitor(id).await?;
        self.row_of(id, visit, visitor).await
    }

    async fn rows(&self) -> Result<Vec<VisitRow>, VisitError> {
        let mut rows = Vec::new();
        for (id, visitor) in self.visitors().await? {
            let (visit, _) = self.visit(id).await?;
            rows.push(self.row_of(id, visit, Some(visitor)).await?);
        }
        Ok(rows)
    }

    async fn row_of(
        &self,
        id: VisitId,
        visit: Visit,
        visitor: Option<Visitor>,
    ) -> Result<VisitRow, VisitError> {
        let stay = match &visit.state {
            VisitState::Here => Stay::Here {
                // Where the calendar has lost the day, within a day.
                until: visit::closing(&day_of(&visit), visit.arrived)
                    .unwrap_or(visit.arrived.plus_seconds(VISIT_SECONDS_MAX)),
            },
            VisitState::NotHere { .. } => Stay::NotHere,
            VisitState::Ended {
                left,
                ending,
                half_days,
            } => Stay::Ended {
                left: *left,
                ending: *ending,
                half_days: HalfDays::of(half_days),
                receipt: self.fate_of(visit.receipts.last().copied()).await?,
                correctable_until: left.plus_seconds(CORRECTION_SECONDS),
            },
        };
        let day = day_of(&visit);
        Ok(VisitRow {
            id,
            name: visitor.map(|visitor| visitor.name),
            home: visit.home,
            arrived: visit.arrived,
            by: visit.by,
            day,
            stay,
        })
    }

    async fn fate_of(&self, receipt: Option<ReceiptId>) -> Result<Option<Fate>, Fault> {
        let Some(receipt) = receipt else {
            return Ok(None);
        };
        let issued = self.receipt_issued(receipt).await?;
        Ok(issued.and_then(|(issued, _)| issued.credit.is_none().then_some(issued.fate)))
    }

    /// Forgets who visited, what passports used, and visits, when their time is over.
    pub(crate) async fn forget_visits(&self, now: Timestamp) -> Result<(), Fault> {
        let mut batch = Batch::new();
        for (id, _) in self.visitors().await? {
            if let Some((visit, version)) = self.visit_of(id).await? {
                if !self.is_over(&visit, now).await? {
                    continue;
                }
                // A correction that comes meanwhile needs to know who it was.
                batch.expect(crate::keys::visit(id), Expected::At(version));
            }
            batch.remove(crate::keys::visitor(id));
            self.commit_if_full(&mut batch).await?;
        }
        for (key, found) in self.all(crate::keys::GUESTS).await? {
            let guest: Guest = stored::decode(&key, &found)?;
            let until = guest.until.plus_seconds(CORRECTION_SECONDS);
            if guest.here.is_none() && until < now {
                batch.expect(key.clone(), Expected::At(found.version));
                batch.remove(key);
                self.commit_if_full(&mut batch).await?;
            }
        }
        // Ids begin with the moment, so the oldest come first.
        let oldest = VisitId::new(now.plus_seconds(-ACCOUNTS_SECONDS), [0; 8]);
        for (key, _) in self.all_before(crate::keys::VISITS, oldest.bytes()).await? {
            batch.remove(key);
            self.commit_if_full(&mut batch).await?;
        }
        self.commit_or_leave(batch).await
    }

    /// Whether nobody needs to know any more who it was.
    async fn is_over(&self, visit: &Visit, now: Timestamp) -> Result<bool, Fault> {
        let ended_at = match &visit.state {
            VisitState::Here => return Ok(false),
            VisitState::NotHere { at } => *at,
            VisitState::Ended { left, .. } => *left,
        };
        let age = now.seconds_since(ended_at);
        let is_waited_for = self.is_waited_for(visit).await?;
        let most = rules::visit::RECEIPT_SECONDS_MAX + CORRECTION_SECONDS;
        Ok(age > CORRECTION_SECONDS && (!is_waited_for || age > most))
    }

    /// Whether something of a visit waits for its answer, or for a person: of what was
    /// refused, the receipt that says what the visit says.
    async fn is_waited_for(&self, visit: &Visit) -> Result<bool, Fault> {
        let is_waiting = |fate: &Fate| matches!(fate, Fate::Waiting { .. });
        let is_dead = |fate: &Fate| matches!(fate, Fate::Refused { .. } | Fate::GivenUp { .. });
        let counts = matches!(visit.state, VisitState::Ended { .. });
        for receipt in &visit.receipts {
            let Some((issued, _)) = self.receipt_issued(*receipt).await? else {
                continue;
            };
            let is_last = visit.receipts.last() == Some(receipt);
            let credit = issued.credit.as_ref().map(|credit| &credit.fate);
            if is_waiting(&issued.fate)
                || credit.is_some_and(is_waiting)
                || (counts && is_last && credit.is_none() && is_dead(&issued.fate))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The day of a visit, with its hours as they were.
pub(crate) fn day_of(visit: &Visit) -> HostDay {
    HostDay {
        date: visit.date.clone(),
        hours: visit.hours.clone(),
    }
}

fn closing_of<E: From<Fault>>(visit: &Visit) -> Result<Timestamp, Attempt<E>> {
    let closing = visit::closing(&day_of(visit), visit.arrived);
    closing.map_err(|_| Attempt::Failed(Fault::Calendar.into()))
}

/// What a passport's visits of a day count together.
pub(crate) fn counted_on(guest: &Guest, date: &str) -> HalfDays {
    let of_day = guest.counted.iter().filter(|it| it.date == date);
    of_day.fold(HalfDays::NONE, |sum, it| {
        sum.and(HalfDays::of(&it.half_days))
    })
}

/// How many half-days a passport has used here in a month, `YYYY-MM`.
pub(crate) fn used_in(guest: &Guest, month: &str) -> u64 {
    let of_month = guest.counted.iter().filter(|it| it.date.starts_with(month));
    of_month.map(|it| HalfDays::of(&it.half_days).count()).sum()
}

fn put_visit(
    batch: &mut Batch,
    id: VisitId,
    visit: &Visit,
    version: Position,
) -> Result<(), Fault> {
    let key = crate::keys::visit(id);
    batch.expect(key.clone(), Expected::At(version));
    batch.put(key.clone(), stored::encode(&key, visit)?);
    Ok(())
}
