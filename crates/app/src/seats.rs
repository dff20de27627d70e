//! Seats at the node that owns an event: who has one, who waits, who gave it back.
//!
//! **Invariant:** seats are counted here and nowhere else, and every decision about those
//! of one event moves its guard: whoever decides at the same moment reads again. What is
//! counted are the registrations themselves; there is no counter that could drift.
//!
//! **Invariant:** a seat that becomes free goes to the first who waits in the same commit
//! in which it became free, and so does the notice that tells their home.
//!
//! Specified in `specs/registration.md`.

use rules::seats::{REGISTRATION_SECONDS, SeatJudgement, SeatRefusal, SeatsHeld, judge, promoted};
use seal::Verified;
use store::{Batch, Expected, Key, Position};
use wire::event::{Event, LocalTime};
use wire::registration::{CancellationBody, NoticeState, Registration, RegistrationBody};
use wire::request::Request;
use wire::{EntityId, Timestamp};

use crate::access::Steward;
use crate::exchange::{About, RegistrationId};
use crate::fault::{Attempt, until_settled};
use crate::inbox::{Decision, Outcome};
use crate::registered::{CancelledBy, Seat, SeatGuard, SeatPlace, SeatState};
use crate::registrations::Notice;
use crate::stored;
use crate::{App, Fault};

/// The most registrations of one home for one occurrence, those that were given back among
/// them: more members than any space has, and an end for a home that asks without one.
pub const REGISTRATIONS_OF_A_HOME_MAX: usize = 2_000;

/// A registration, as whoever organises the event sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRow {
    /// The member's home.
    pub home: EntityId,
    /// The registration among those of its home.
    pub id: RegistrationId,
    /// Which occurrence; none for an event that does not come again.
    pub due: Option<LocalTime>,
    /// The name to call at the door.
    pub name: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub state: SeatState,
    /// The place in the waiting list, from 1, of whoever waits.
    pub rank: Option<u64>,
}

/// Why a registration is not taken back.
#[derive(Debug, thiserror::Error)]
pub enum SeatError {
    /// There is no such registration for an event of this node.
    #[error("there is no such registration for an event of this node")]
    Unknown,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Who asks for a seat in what.
pub(crate) struct Asking<'a> {
    pub(crate) home: &'a EntityId,
    pub(crate) id: RegistrationId,
    pub(crate) event: &'a str,
    pub(crate) due: Option<&'a LocalTime>,
    pub(crate) name: &'a str,
    pub(crate) document: Option<&'a str>,
    /// Whether the home's members are welcome.
    pub(crate) is_welcome: bool,
}

/// The seats of an occurrence, in the order in which they were asked for.
type Line = Vec<(Key, Seat, Position)>;

impl App {
    /// Decides about a registration of another home's member.
    pub(crate) async fn decide_registration(
        &self,
        batch: &mut Batch,
        request: &Verified<Request>,
        now: Timestamp,
    ) -> Result<Decision, Fault> {
        let malformed = || Ok(Decision::Answer(Outcome::refused("malformed")));
        let keys = self.evidence_keys_of(&request.iss).await?;
        let Ok(body) = RegistrationBody::of(request) else {
            return malformed();
        };
        let Ok(registration) = keys.open::<Registration>(&body.registration) else {
            return malformed();
        };
        let is_theirs =
            registration.iss == request.iss && registration.aud == self.identity().entity;
        let id = RegistrationId::parse(&registration.id);
        let Some(id) = id.filter(|_| is_theirs) else {
            return malformed();
        };
        let is_welcome = self.is_welcome(&request.iss, now).await?;
        if !is_welcome {
            // What says that it was signed in the future makes nobody ask anybody.
            let signed = registration.iat.min(self.now());
            if let Some(of) = self.unheard_since(signed).await? {
                return Ok(Decision::NotYet { of });
            }
        }
        let asking = Asking {
            home: &request.iss,
            id,
            event: &registration.event,
            due: registration.occurrence.as_ref(),
            name: &registration.name,
            document: Some(&body.registration),
            is_welcome,
        };
        let outcome = self.take_seat(batch, &asking, now).await?;
        Ok(Decision::Answer(outcome))
    }

    /// Whether a home bears a label of this node's, or is this space itself.
    pub(crate) async fn is_welcome(&self, home: &EntityId, now: Timestamp) -> Result<bool, Fault> {
        if *home == self.identity().entity {
            return Ok(true);
        }
        Ok(self.registers().await?.is_labelled(home, now))
    }

    /// Puts into `batch` that a registration has a seat, or waits; a refusal puts nothing.
    pub(crate) async fn take_seat(
        &self,
        batch: &mut Batch,
        asking: &Asking<'_>,
        now: Timestamp,
    ) -> Result<Outcome, Fault> {
        if let Some((_, held, _)) = self.seat_of(asking.home, asking.id).await? {
            return self.same_or_not(asking, &held).await;
        }
        let (mut guard, guarded) = self.seat_guard(asking.event).await?;
        let event = self.own_event(asking.event).await?;
        let line = self.line(asking.event, asking.due).await?;
        let of_this_home = line.iter().filter(|(_, seat, _)| seat.home == *asking.home);
        if of_this_home.count() >= REGISTRATIONS_OF_A_HOME_MAX {
            return Ok(Outcome::refused("too_many"));
        }
        let held = held(&line);
        let (state, outcome) = match judge(event.as_ref(), asking.due, asking.is_welcome, held, now)
        {
            SeatJudgement::Accepted => (SeatState::Taken { at: now }, Outcome::Accepted),
            SeatJudgement::Waiting { rank } => (SeatState::Waiting, Outcome::Waiting { rank }),
            SeatJudgement::Refused(refusal) => return Ok(Outcome::refused(refusal.code())),
            SeatJudgement::Unknown => return Ok(Outcome::Unknown),
        };
        let occurrence = event.and_then(|event| rules::event::occurrence(&event, asking.due));
        let seat = Seat {
            home: asking.home.clone(),
            id: asking.id,
            event: asking.event.to_owned(),
            due: asking.due.cloned(),
            name: asking.name.to_owned(),
            asked_at: now,
            ends: occurrence.map_or(now, |it| it.ends),
            state,
            revision: 1,
            document: asking.document.map(str::to_owned),
        };
        let place = SeatPlace {
            event: seat.event.clone(),
            due: seat.due.clone(),
            order: guard.next,
        };
        guard.next += 1;
        put_guard(batch, asking.event, &guard, guarded)?;
        let key = crate::keys::seat(asking.event, asking.due, place.order);
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &seat)?);
        let key = crate::keys::seat_place(asking.home, asking.id);
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &place)?);
        Ok(outcome)
    }

    /// What is so of a registration that was decided on before.
    async fn same_or_not(&self, asking: &Asking<'_>, held: &Seat) -> Result<Outcome, Fault> {
        if held.document.as_deref() != asking.document {
            return Ok(Outcome::refused("id_used"));
        }
        match held.state {
            SeatState::Taken { .. } => Ok(Outcome::Accepted),
            SeatState::Cancelled { .. } => Ok(Outcome::refused("registration_cancelled")),
            SeatState::Waiting => {
                let line = self.line(&held.event, held.due.as_ref()).await?;
                let rank = rank_of(&line, &held.home, held.id).unwrap_or(1);
                Ok(Outcome::Waiting { rank })
            }
        }
    }

    /// Decides about a registration that is given back.
    pub(crate) async fn decide_cancellation(
        &self,
        batch: &mut Batch,
        request: &Verified<Request>,
        now: Timestamp,
    ) -> Result<Decision, Fault> {
        let Ok(body) = CancellationBody::of(request) else {
            return Ok(Decision::Answer(Outcome::refused("malformed")));
        };
        let Some(id) = RegistrationId::parse(&body.registration) else {
            return Ok(Decision::Answer(Outcome::refused("malformed")));
        };
        let by = CancelledBy::Member;
        let is_there = self.release_seat(batch, &request.iss, id, by, now).await?;
        Ok(Decision::Answer(if is_there {
            Outcome::Accepted
        } else {
            Outcome::Unknown
        }))
    }

    /// Puts into `batch` that a registration is given back, and that whoever is first in
    /// line has its seat. Says whether there is such a registration.
    pub(crate) async fn release_seat(
        &self,
        batch: &mut Batch,
        home: &EntityId,
        id: RegistrationId,
        by: CancelledBy,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let Some((key, mut seat, version)) = self.seat_of(home, id).await? else {
            return Ok(false);
        };
        if matches!(seat.state, SeatState::Cancelled { .. }) {
            return Ok(true);
        }
        let (guard, guarded) = self.seat_guard(&seat.event).await?;
        put_guard(batch, &seat.event, &guard, guarded)?;
        seat.state = SeatState::Cancelled { at: now, by };
        seat.revision += 1;
        batch.expect(key.clone(), Expected::At(version));
        batch.put(key.clone(), stored::encode(&key, &seat)?);
        if by == CancelledBy::Organiser {
            self.tell(batch, &seat, NoticeState::Cancelled, now).await?;
        }
        let mut line = self.line(&seat.event, seat.due.as_ref()).await?;
        line.retain(|(other, ..)| *other != key);
        if let Some(event) = self.own_event(&seat.event).await? {
            self.promote(batch, &event, line, now).await?;
        }
        Ok(true)
    }

    /// Puts into `batch` that those who wait first have the seats that are free, and that
    /// their homes are told.
    async fn promote(
        &self,
        batch: &mut Batch,
        event: &Event,
        line: Line,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let due = due_of(&line);
        let count = promoted(event, due.as_ref(), held(&line), now);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let waiting = line
            .into_iter()
            .filter(|(_, seat, _)| seat.state == SeatState::Waiting);
        for (key, mut seat, version) in waiting.take(count) {
            seat.state = SeatState::Taken { at: now };
            seat.revision += 1;
            batch.expect(key.clone(), Expected::At(version));
            batch.put(key.clone(), stored::encode(&key, &seat)?);
            self.tell(batch, &seat, NoticeState::Accepted, now).await?;
        }
        Ok(())
    }

    /// Puts into `batch` that a home is told what changed: by a request, or at once where
    /// the member is of this space.
    async fn tell(
        &self,
        batch: &mut Batch,
        seat: &Seat,
        state: NoticeState,
        now: Timestamp,
    ) -> Result<(), Fault> {
        if seat.home == self.identity().entity {
            let notice = Notice {
                id: seat.id,
                revision: seat.revision,
                state,
                said: None,
            };
            return self.take_notice(batch, notice, now).await;
        }
        let notice = About::Notice {
            registration: seat.id,
            revision: seat.revision,
            state,
        };
        self.put_outgoing(batch, &seat.home, notice, &[])?;
        Ok(())
    }

    /// Puts into `batch` what a change of one of this node's events means for those who
    /// registered: whoever waits first has a seat that is there now. Gives the occurrences
    /// that are still to come, that somebody registered for, and that are gone.
    pub(crate) async fn reseat(
        &self,
        batch: &mut Batch,
        id: &str,
        event: &Event,
        now: Timestamp,
    ) -> Result<Vec<Option<LocalTime>>, Fault> {
        let (guard, guarded) = self.seat_guard(id).await?;
        put_guard(batch, id, &guard, guarded)?;
        let before = self.own_event(id).await?;
        let mut gone = Vec::new();
        for line in self.lines(id).await? {
            let due = due_of(&line);
            let is_registered = line.iter().any(|(_, seat, _)| {
                !matches!(seat.state, SeatState::Cancelled { .. })
                    && ends_of(before.as_ref(), seat) > now
            });
            let is_there = rules::event::occurrence(event, due.as_ref()).is_some();
            if is_registered && !is_there {
                gone.push(due);
            } else if is_there {
                self.promote(batch, event, line, now).await?;
            }
        }
        Ok(gone)
    }

    /// How many seats of an occurrence are taken and waited for.
    pub(crate) async fn seats_held(
        &self,
        event: &str,
        due: Option<&LocalTime>,
    ) -> Result<SeatsHeld, Fault> {
        Ok(held(&self.line(event, due).await?))
    }

    /// The same, of every occurrence that anybody has registered for.
    pub(crate) async fn all_seats_held(
        &self,
        event: &str,
    ) -> Result<Vec<(Option<LocalTime>, SeatsHeld)>, Fault> {
        let lines = self.lines(event).await?;
        let of = |line: &Line| (due_of(line), held(line));
        let mut all: Vec<_> = lines.iter().map(of).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(all)
    }

    /// Who has registered for an event of this node, the occurrences in order, and of each
    /// whoever came first.
    pub async fn seats(&self, _: &Steward, event: &str) -> Result<Vec<SeatRow>, Fault> {
        let mut lines = self.lines(event).await?;
        lines.sort_by_cached_key(due_of);
        let mut rows = Vec::new();
        for line in &lines {
            for (_, seat, _) in line {
                rows.push(SeatRow {
                    home: seat.home.clone(),
                    id: seat.id,
                    due: seat.due.clone(),
                    name: seat.name.clone(),
                    asked_at: seat.asked_at,
                    state: seat.state,
                    rank: rank_of(line, &seat.home, seat.id),
                });
            }
        }
        Ok(rows)
    }

    /// Takes a registration back, as whoever organises the event.
    pub async fn cancel_seat(
        &self,
        _: &Steward,
        home: &EntityId,
        id: RegistrationId,
    ) -> Result<(), SeatError> {
        until_settled!(self.try_cancel_seat(home, id).await)
    }

    async fn try_cancel_seat(
        &self,
        home: &EntityId,
        id: RegistrationId,
    ) -> Result<(), Attempt<SeatError>> {
        let now = self.signing_time().await?;
        let mut batch = Batch::new();
        let by = CancelledBy::Organiser;
        if !self.release_seat(&mut batch, home, id, by, now).await? {
            return Err(Attempt::Failed(SeatError::Unknown));
        }
        if !batch.writes.is_empty() {
            self.commit_at("cancel_seat", batch).await?;
        }
        Ok(())
    }

    /// Forgets the registrations of occurrences that ended a month ago.
    pub(crate) async fn forget_seats(&self, now: Timestamp) -> Result<(), Fault> {
        if !self.is_time_to_look(crate::keys::SEATS) {
            return Ok(());
        }
        let mut next = None;
        let mut batch = Batch::new();
        for (key, found) in self.all(crate::keys::SEATS).await? {
            let seat: Seat = stored::decode(&key, &found)?;
            let mut until = seat.ends.plus_seconds(REGISTRATION_SECONDS);
            if until < now {
                let event = self.own_event(&seat.event).await?;
                let ends = ends_of(event.as_ref(), &seat).max(seat.ends);
                until = ends.plus_seconds(REGISTRATION_SECONDS);
            }
            if until < now {
                batch.expect(key.clone(), Expected::At(found.version));
                batch.remove(key);
                batch.remove(crate::keys::seat_place(&seat.home, seat.id));
                self.commit_if_full(&mut batch).await?;
            } else {
                next = next.min(Some(until)).or(Some(until));
            }
        }
        self.commit_or_leave(batch).await?;
        self.look_again(crate::keys::SEATS, next);
        Ok(())
    }

    async fn seat_guard(&self, event: &str) -> Result<(SeatGuard, Expected), Fault> {
        let key = crate::keys::seat_guard(event);
        let found = self.store().get(&key).await?;
        let expected = Expected::unchanged(found.as_ref());
        let guard = found
            .map(|found| stored::decode(&key, &found))
            .transpose()?;
        Ok((guard.unwrap_or_default(), expected))
    }

    /// The registration of a home, with where it lies.
    async fn seat_of(
        &self,
        home: &EntityId,
        id: RegistrationId,
    ) -> Result<Option<(Key, Seat, Position)>, Fault> {
        let key = crate::keys::seat_place(home, id);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        let place: SeatPlace = stored::decode(&key, &found)?;
        let key = crate::keys::seat(&place.event, place.due.as_ref(), place.order);
        let found = self.store().get(&key).await?;
        let found = found.ok_or_else(|| Fault::Form {
            key: key.to_string(),
        })?;
        let seat = stored::decode(&key, &found)?;
        Ok(Some((key, seat, found.version)))
    }

    async fn line(&self, event: &str, due: Option<&LocalTime>) -> Result<Line, Fault> {
        let stem = crate::keys::seats_at(event, due);
        let found = self.all_under(crate::keys::SEATS, &stem).await?;
        let read = |(key, found)| {
            let seat = stored::decode(&key, &found)?;
            Ok((key, seat, found.version))
        };
        found.into_iter().map(read).collect()
    }

    /// The lines of every occurrence that anybody has registered for.
    async fn lines(&self, event: &str) -> Result<Vec<Line>, Fault> {
        let stem = crate::keys::seats_of(event);
        let mut lines: Vec<Line> = Vec::new();
        for (key, found) in self.all_under(crate::keys::SEATS, &stem).await? {
            let seat: Seat = stored::decode(&key, &found)?;
            match lines.last_mut() {
                Some(line) if line.last().is_some_and(|(_, it, _)| it.due == seat.due) => {
                    line.push((key, seat, found.version));
                }
                _ => lines.push(vec![(key, seat, found.version)]),
            }
        }
        Ok(lines)
    }
}

/// Which occurrence a line is for.
fn due_of(line: &Line) -> Option<LocalTime> {
    line.first().and_then(|(_, seat, _)| seat.due.clone())
}

fn held(line: &Line) -> SeatsHeld {
    let count = |is: fn(&SeatState) -> bool| {
        let of = line.iter().filter(|(_, seat, _)| is(&seat.state)).count();
        u64::try_from(of).unwrap_or(u64::MAX)
    };
    SeatsHeld {
        taken: count(|state| matches!(state, SeatState::Taken { .. })),
        waiting: count(|state| matches!(state, SeatState::Waiting)),
    }
}

/// When a seat's occurrence ends: as it is published now, for it may have been moved; else
/// as it was when somebody registered.
fn ends_of(event: Option<&Event>, seat: &Seat) -> Timestamp {
    let of = |event| rules::event::occurrence(event, seat.due.as_ref());
    event.and_then(of).map_or(seat.ends, |it| it.ends)
}

/// The place in the waiting list of whoever waits, from 1.
fn rank_of(line: &Line, home: &EntityId, id: RegistrationId) -> Option<u64> {
    let mut waiting = line
        .iter()
        .filter(|(_, seat, _)| seat.state == SeatState::Waiting);
    let at = waiting.position(|(_, seat, _)| seat.home == *home && seat.id == id)?;
    u64::try_from(at + 1).ok()
}

fn put_guard(
    batch: &mut Batch,
    event: &str,
    guard: &SeatGuard,
    expected: Expected,
) -> Result<(), Fault> {
    let key = crate::keys::seat_guard(event);
    batch.expect(key.clone(), expected);
    batch.put(key.clone(), stored::encode(&key, guard)?);
    Ok(())
}

/// The codes of refusals that are not a rule's.
pub(crate) const OTHER_REFUSALS: [&str; 4] =
    ["malformed", "id_used", "registration_cancelled", "too_many"];

/// Every code by which a registration can be refused.
pub fn registration_codes() -> impl Iterator<Item = &'static str> {
    let rules = rules::seats::SEAT_REFUSALS.into_iter();
    rules.map(SeatRefusal::code).chain(OTHER_REFUSALS)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_code_is_documented() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/problems.md");
        let text = std::fs::read_to_string(path).unwrap();
        let (_, section) = text.split_once("Refusals of a registration\n").unwrap();
        for code in super::registration_codes() {
            assert!(section.contains(&format!("| `{code}` |")), "{code}");
        }
    }
}
