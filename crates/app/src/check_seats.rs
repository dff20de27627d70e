//! Whether seats, registrations and what waits about them fit each other.

use std::collections::{BTreeMap, BTreeSet};

use store::Key;
use wire::event::LocalTime;
use wire::registration::Registration;

use crate::exchange::{About, Op, Outgoing, OutgoingState, RegistrationId};
use crate::keys::{OUTBOX, REGISTRATION_PLACES, REGISTRATIONS, SEAT_GUARDS, SEAT_PLACES, SEATS};
use crate::registered::{
    Registered, RegistrationPlace, RegistrationState, Seat, SeatGuard, SeatPlace, SeatState,
};
use crate::{App, CheckReport, Fault};

/// How often all is read anew because something moved while it was read.
const TRIES: usize = 5;

/// What a node has, read at one position.
struct All {
    guards: BTreeMap<Key, SeatGuard>,
    seats: BTreeMap<Key, Seat>,
    places: BTreeMap<Key, SeatPlace>,
    registered: BTreeMap<Key, Registered>,
    owners: BTreeMap<RegistrationId, RegistrationPlace>,
    outgoing: BTreeMap<Op, Outgoing>,
}

impl App {
    /// Looks through the seats of this node's events, and its members' registrations.
    pub(crate) async fn check_seats(&self, report: &mut CheckReport) -> Result<(), Fault> {
        let mut all = self.read_seats().await?;
        for _ in 0..TRIES {
            let before = self.store().fingerprints().await?;
            all = self.read_seats().await?;
            if before == self.store().fingerprints().await? {
                break;
            }
        }
        let mut say = |what: String| report.problems.push(what);
        all.check_places(&mut say);
        all.check_guards(&mut say);
        all.check_registered(&mut say);
        all.check_waiting(&mut say);
        for (key, seat) in &all.seats {
            if !self.is_as_signed(seat).await? {
                say(format!("{key}: a seat is not what its home has signed"));
            }
        }
        Ok(())
    }

    async fn read_seats(&self) -> Result<All, Fault> {
        let same = |key: &Key| Some(key.clone());
        Ok(All {
            guards: self.read_all(SEAT_GUARDS, same).await?,
            seats: self.read_all(SEATS, same).await?,
            places: self.read_all(SEAT_PLACES, same).await?,
            registered: self.read_all(REGISTRATIONS, same).await?,
            owners: self
                .read_all(REGISTRATION_PLACES, RegistrationId::of_key)
                .await?,
            outgoing: self.read_all(OUTBOX, Op::of_key).await?,
        })
    }

    /// Whether a registration of another home says what its row says.
    async fn is_as_signed(&self, seat: &Seat) -> Result<bool, Fault> {
        let Some(document) = &seat.document else {
            return Ok(seat.home == self.identity().entity);
        };
        let keys = self.kept_keys_of(&seat.home).await?;
        if keys.is_empty() {
            // A home that is not followed any more cannot be asked.
            return Ok(true);
        }
        let opened = keys.open::<Registration>(document);
        Ok(opened.is_ok_and(|it| {
            it.iss == seat.home
                && it.id == seat.id.to_string()
                && it.event == seat.event
                && it.occurrence == seat.due
                && it.name == seat.name
        }))
    }
}

impl All {
    /// Each seat has the place that leads to it, and each place a seat.
    fn check_places(&self, say: &mut dyn FnMut(String)) {
        let mut reached = BTreeSet::new();
        for (key, place) in &self.places {
            let at = crate::keys::seat(&place.event, place.due.as_ref(), place.order);
            let leads_to = self.seats.get(&at);
            let is_its = |seat: &&Seat| crate::keys::seat_place(&seat.home, seat.id) == *key;
            if leads_to.as_ref().is_none_or(|seat| !is_its(seat)) {
                say(format!("{key}: a place leads to no seat"));
            }
            reached.insert(at);
        }
        for key in self.seats.keys().filter(|key| !reached.contains(key)) {
            say(format!("{key}: no place leads to a seat"));
        }
    }

    /// Whoever came has a place before that of whoever comes next, and nobody waits behind
    /// whoever waits less long.
    fn check_guards(&self, say: &mut dyn FnMut(String)) {
        let mut waits: BTreeSet<(&str, Option<&LocalTime>)> = BTreeSet::new();
        for (key, seat) in &self.seats {
            let guard = self.guards.get(&crate::keys::seat_guard(&seat.event));
            let order = crate::keys::order_of(key);
            if order >= guard.map(|guard| guard.next) {
                say(format!("{key}: a seat was not counted by its guard"));
            }
            let line = (seat.event.as_str(), seat.due.as_ref());
            if seat.state == SeatState::Waiting {
                waits.insert(line);
            } else if matches!(seat.state, SeatState::Taken { .. }) && waits.contains(&line) {
                say(format!("{key}: whoever waited longer has no seat"));
            }
        }
    }

    /// Each registration has an owner, and what is asked waits in the outbox.
    fn check_registered(&self, say: &mut dyn FnMut(String)) {
        for (key, registered) in &self.registered {
            let id = crate::keys::registration_of(key);
            let owner = id.and_then(|id| self.owners.get(&id));
            let leads_here = id
                .zip(owner)
                .is_some_and(|(id, owner)| crate::keys::registration(&owner.member, id) == *key);
            if !leads_here {
                say(format!("{key}: a registration is nobody's"));
            }
            let asked = |op: &Op, about: fn(RegistrationId) -> About| {
                let found = self.outgoing.get(op);
                found.is_some_and(|it| Some(it.about) == id.map(about))
            };
            let is_asked = match &registered.state {
                RegistrationState::Asked { op } => asked(op, About::Registration),
                RegistrationState::Cancelling { op } => asked(op, About::Cancellation),
                RegistrationState::Accepted { .. }
                | RegistrationState::Waiting { .. }
                | RegistrationState::Refused { .. }
                | RegistrationState::Unknown { .. }
                | RegistrationState::Cancelled { .. }
                | RegistrationState::GivenUp { .. } => true,
            };
            if !is_asked {
                say(format!("{key}: what a member waits for is not asked"));
            }
        }
        for (id, owner) in &self.owners {
            let key = crate::keys::registration(&owner.member, *id);
            if !self.registered.contains_key(&key) {
                say(format!("registration {id}: its member has no such"));
            }
        }
    }

    /// What is asked for a member belongs to a registration.
    fn check_waiting(&self, say: &mut dyn FnMut(String)) {
        for (op, outgoing) in &self.outgoing {
            let (About::Registration(id) | About::Cancellation(id)) = outgoing.about else {
                continue;
            };
            if outgoing.state != OutgoingState::Waiting || !self.owners.contains_key(&id) {
                say(format!("request {op}: it waits for no registration"));
            }
        }
    }
}
