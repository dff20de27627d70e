//! Registrations at the home of whoever asks: what was asked, and what it came to.
//!
//! A member asks their home, and the home asks the node that owns the event, until it is
//! answered. For an event of this space itself the seat is decided on in the same commit.
//!
//! Specified in `specs/registration.md`.

use rules::event::Occurrence;
use rules::seats::REGISTRATION_SECONDS;
use seal::Verified;
use serde_json::Value;
use store::{Batch, Expected, Position};
use wire::event::LocalTime;
use wire::passport::SHOWN_NAME_CHARS_MAX;
use wire::registration::{
    NoticeBody, NoticeState, REGISTRATION_KIND, Registration, RegistrationBody,
};
use wire::request::Request;
use wire::{EntityId, Timestamp};

use crate::access::Steward;
use crate::calendar::Listed;
use crate::exchange::{About, RegistrationId};
use crate::fault::{Attempt, until_settled};
use crate::inbox::{Decision, Outcome};
use crate::members::MemberError;
use crate::outbox::{Settled, body};
use crate::passports::Holder;
use crate::people::MemberState;
use crate::registered::{CancelledBy, Registered, RegistrationPlace, RegistrationState};
use crate::seats::Asking;
use crate::stored;
use crate::{App, Fault};

/// The most registrations of a member that are under way: more trainings than anybody
/// follows at once.
pub const REGISTRATIONS_ACTIVE_MAX: usize = 50;

/// The most registrations of a member that are kept, those that ended among them: whoever
/// asks without end fills neither their home nor what owners keep of refusals.
pub const REGISTRATIONS_KEPT_MAX: usize = 300;

/// How often a member registers for one occurrence, and gives it back, at most: nobody uses
/// up what their home may ask of an owner for all its members.
pub const REGISTRATIONS_REPEATED_MAX: usize = 20;

/// A member's registration.
#[derive(Debug, Clone)]
pub struct RegistrationRow {
    /// Its name among those of this home.
    pub id: RegistrationId,
    /// The node that owns the event.
    pub owner: EntityId,
    /// The event's `uid`.
    pub uid: String,
    /// Which occurrence; none for an event that does not come again.
    pub due: Option<LocalTime>,
    /// The name to call at the door.
    pub name: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub state: RegistrationState,
    /// The event and the occurrence as they are published now; none where they are gone,
    /// or not read.
    pub event: Option<(Listed, Occurrence)>,
    /// When the occurrence ends, as far as it is known.
    pub ends: Timestamp,
}

/// Why nobody is registered, or nothing is given back.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// No calendar that this node reads has that event, or it does not take place then.
    #[error(
        "there is no such event, or it does not take place then: of one that comes again, a \
         date is named by the time at which it was due"
    )]
    NoEvent,
    /// There is no such member here.
    #[error("there is no member {0}")]
    NoMember(String),
    /// The membership is paused or has ended.
    #[error("the membership is not active")]
    NotActive,
    /// The member has as many registrations as they may.
    #[error(
        "{REGISTRATIONS_ACTIVE_MAX} registrations are under way already, {REGISTRATIONS_KEPT_MAX} \
         are kept, or {REGISTRATIONS_REPEATED_MAX} were made for this date"
    )]
    TooMany,
    /// The member has no such registration.
    #[error("there is no such registration")]
    Unknown,
    /// It was refused, or given back, or is over: nothing is left to give back.
    #[error("the registration is over: there is nothing to give back")]
    Over,
    /// The name is empty or too long.
    #[error("a name of 1 to {SHOWN_NAME_CHARS_MAX} characters is needed")]
    Name,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<MemberError> for RegistrationError {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::Fault(fault) => Self::Fault(fault),
            MemberError::Unknown(id) => Self::NoMember(id),
            MemberError::TooMany => Self::TooMany,
            MemberError::NotASpace => Self::NoMember(String::new()),
            MemberError::Name => Self::Name,
            MemberError::Particulars
            | MemberError::NoCarrier
            | MemberError::Formula(_)
            | MemberError::HalfDays
            | MemberError::NotActive(_)
            | MemberError::Ended(_) => Self::NotActive,
        }
    }
}

/// What the owner of an event says of a registration since it was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notice<'a> {
    pub(crate) id: RegistrationId,
    pub(crate) revision: u64,
    pub(crate) state: NoticeState,
    /// What was signed; none where the owner is this node.
    pub(crate) said: Option<&'a str>,
}

/// What a member asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The event's `uid`.
    pub uid: String,
    /// Which occurrence; none for an event that does not come again.
    pub due: Option<LocalTime>,
    /// The name to call at the door; the member's short name where none is given.
    pub name: Option<String>,
}

impl App {
    /// Asks for a seat for a member who asks for it. Asked twice, it is one registration.
    pub async fn register_holder(
        &self,
        holder: &Holder,
        wish: &Wish,
    ) -> Result<RegistrationRow, RegistrationError> {
        self.register_one(holder.member(), wish).await
    }

    /// Asks for a seat for a member who has no phone at hand.
    pub async fn register_member(
        &self,
        _: &Steward,
        member: &str,
        wish: &Wish,
    ) -> Result<RegistrationRow, RegistrationError> {
        self.register_one(member, wish).await
    }

    async fn register_one(
        &self,
        member: &str,
        wish: &Wish,
    ) -> Result<RegistrationRow, RegistrationError> {
        let id = until_settled!(self.try_register(member, wish).await)?;
        self.registration(member, id).await
    }

    async fn try_register(
        &self,
        member: &str,
        wish: &Wish,
    ) -> Result<RegistrationId, Attempt<RegistrationError>> {
        let failed = |error| Attempt::Failed(error);
        let (held, version) = self.member(member).await.map_err(|it| failed(it.into()))?;
        if held.state != MemberState::Active {
            return Err(failed(RegistrationError::NotActive));
        }
        let now = self.signing_time().await?;
        let listed = self.listed(&wish.uid).await?;
        let listed = listed.ok_or(failed(RegistrationError::NoEvent))?;
        let occurrence = rules::event::occurrence(&listed.event, wish.due.as_ref());
        let occurrence = occurrence.ok_or(failed(RegistrationError::NoEvent))?;
        let (mut active, mut repeated) = (0, 0);
        let kept = self.registered(member).await?;
        if kept.len() >= REGISTRATIONS_KEPT_MAX {
            return Err(failed(RegistrationError::TooMany));
        }
        for (id, registered, _) in kept {
            let is_same = registered.owner == listed.owner
                && registered.event == listed.id
                && registered.due == wish.due;
            repeated += usize::from(is_same);
            if !registered.state.is_active() || self.ends_of(&registered).await? <= now {
                continue;
            }
            active += 1;
            if is_same {
                return Ok(id);
            }
        }
        if active >= REGISTRATIONS_ACTIVE_MAX || repeated >= REGISTRATIONS_REPEATED_MAX {
            return Err(failed(RegistrationError::TooMany));
        }
        let name = wish.name.as_deref().unwrap_or(&held.name);
        let name = wire::printable(name, SHOWN_NAME_CHARS_MAX);
        if name.is_empty() || name.chars().count() > SHOWN_NAME_CHARS_MAX {
            return Err(failed(RegistrationError::Name));
        }
        let mut batch = Batch::new();
        let id = RegistrationId::new(now, self.random()?);
        let mut registered = Registered {
            owner: listed.owner.clone(),
            event: listed.id.clone(),
            due: wish.due.clone(),
            name,
            asked_at: now,
            ends: occurrence.ends,
            state: RegistrationState::Unknown { at: now },
            revision: 0,
            document: None,
            answer: None,
        };
        self.ask(&mut batch, id, &mut registered, now).await?;
        // Two questions of a member at once are asked one after the other.
        crate::members::touch_member(&mut batch, member, &held, version)?;
        let key = crate::keys::registration(member, id);
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &registered)?);
        let key = crate::keys::registration_place(id);
        let place = RegistrationPlace {
            member: member.to_owned(),
        };
        batch.put(key.clone(), stored::encode(&key, &place)?);
        self.commit_at("register", batch).await?;
        Ok(id)
    }

    /// Decides here about an event of this node, and asks its owner about any other.
    async fn ask(
        &self,
        batch: &mut Batch,
        id: RegistrationId,
        registered: &mut Registered,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let us = &self.identity().entity;
        if registered.owner == *us {
            let asking = Asking {
                home: us,
                id,
                event: &registered.event,
                due: registered.due.as_ref(),
                name: &registered.name,
                document: None,
                is_welcome: true,
            };
            let outcome = self.take_seat(batch, &asking, now).await?;
            registered.state = answered(&outcome, now);
            registered.revision = 1;
            return Ok(());
        }
        let registration = Registration {
            iss: us.clone(),
            aud: registered.owner.clone(),
            iat: now,
            id: id.to_string(),
            event: registered.event.clone(),
            occurrence: registered.due.clone(),
            name: registered.name.clone(),
        };
        let registration = seal::sign(registration, &*self.ops().await?)?;
        registered.document = Some(registration.as_str().to_owned());
        let op = self.put_outgoing(batch, &registered.owner, About::Registration(id), &[])?;
        registered.state = RegistrationState::Asked { op };
        Ok(())
    }

    /// Gives back what a member who asks for it has, or waits for.
    pub async fn cancel_of_holder(
        &self,
        holder: &Holder,
        id: RegistrationId,
    ) -> Result<RegistrationRow, RegistrationError> {
        self.cancel_one(holder.member(), id).await
    }

    /// Gives back what a member has, or waits for.
    pub async fn cancel_of_member(
        &self,
        _: &Steward,
        id: RegistrationId,
    ) -> Result<RegistrationRow, RegistrationError> {
        let place = self.registration_place(id).await?;
        let place = place.ok_or(RegistrationError::Unknown)?;
        self.cancel_one(&place.member, id).await
    }

    async fn cancel_one(
        &self,
        member: &str,
        id: RegistrationId,
    ) -> Result<RegistrationRow, RegistrationError> {
        until_settled!(self.try_cancel(member, id).await)?;
        self.registration(member, id).await
    }

    async fn try_cancel(
        &self,
        member: &str,
        id: RegistrationId,
    ) -> Result<(), Attempt<RegistrationError>> {
        let found = self.registered_at(member, id).await?;
        let unknown = || Attempt::Failed(RegistrationError::Unknown);
        let (mut registered, version) = found.ok_or_else(unknown)?;
        let after = match &registered.state {
            RegistrationState::Asked { op } => Some(*op),
            RegistrationState::Accepted { .. } | RegistrationState::Waiting { .. } => None,
            RegistrationState::Cancelling { .. } | RegistrationState::Cancelled { .. } => {
                return Ok(());
            }
            RegistrationState::Refused { .. }
            | RegistrationState::Unknown { .. }
            | RegistrationState::GivenUp { .. } => {
                return Err(Attempt::Failed(RegistrationError::Over));
            }
        };
        let now = self.signing_time().await?;
        if self.ends_of(&registered).await? <= now {
            return Err(Attempt::Failed(RegistrationError::Over));
        }
        let mut batch = Batch::new();
        let us = &self.identity().entity;
        if registered.owner == *us {
            let by = CancelledBy::Member;
            self.release_seat(&mut batch, us, id, by, now).await?;
            registered.state = RegistrationState::Cancelled { at: now, by };
        } else {
            let about = About::Cancellation(id);
            let op = self.put_outgoing(&mut batch, &registered.owner, about, after.as_slice())?;
            registered.state = RegistrationState::Cancelling { op };
        }
        put_registered(&mut batch, member, id, &registered, version)?;
        self.commit_at("give_back", batch).await?;
        Ok(())
    }

    /// Puts into `batch` what the owner's answer to a registration, or to its end, means.
    pub(crate) async fn settle_registration(
        &self,
        batch: &mut Batch,
        id: RegistrationId,
        about: About,
        settled: &Settled,
    ) -> Result<(), Fault> {
        let Some(place) = self.registration_place(id).await? else {
            return Ok(());
        };
        let found = self.registered_at(&place.member, id).await?;
        let Some((mut registered, version)) = found else {
            return Ok(());
        };
        let at = settled.at;
        let outcome = settled.answer.as_ref().map(|(outcome, _)| outcome);
        let is_asked = matches!(about, About::Registration(_));
        let state = match (is_asked, outcome, &registered.state) {
            (true, Some(outcome), RegistrationState::Asked { .. }) => Some(answered(outcome, at)),
            (true, None, RegistrationState::Asked { .. }) => {
                Some(RegistrationState::GivenUp { at })
            }
            // It was given back before it was answered: what was refused needs no end.
            (true, outcome, RegistrationState::Cancelling { op }) => match outcome {
                Some(Outcome::Accepted | Outcome::Waiting { .. }) => None,
                Some(outcome) => {
                    batch.remove(crate::keys::outgoing(*op));
                    Some(answered(outcome, at))
                }
                None => {
                    batch.remove(crate::keys::outgoing(*op));
                    Some(RegistrationState::GivenUp { at })
                }
            },
            // Whatever the owner says of it, the member does not come.
            (false, _, RegistrationState::Cancelling { .. }) => {
                let by = CancelledBy::Member;
                Some(RegistrationState::Cancelled { at, by })
            }
            // A notice was quicker, and is newer.
            (_, _, _) => None,
        };
        // What came before a notice that was heard does not take its place.
        let is_newest = if is_asked {
            registered.revision == 0
        } else {
            state.is_some()
        };
        registered.revision = registered.revision.max(1);
        if let Some(state) = state {
            registered.state = state;
        }
        if let Some((_, text)) = settled.answer.as_ref().filter(|_| is_newest) {
            registered.answer = Some(text.clone());
        }
        put_registered(batch, &place.member, id, &registered, version)
    }

    /// Decides about a notice of the node that owns an event.
    pub(crate) async fn decide_notice(
        &self,
        batch: &mut Batch,
        request: &Verified<Request>,
        now: Timestamp,
    ) -> Result<Decision, Fault> {
        let body = NoticeBody::of(request);
        let id = body
            .as_ref()
            .ok()
            .and_then(|body| RegistrationId::parse(&body.registration));
        let (Ok(body), Some(id)) = (body, id) else {
            return Ok(Decision::Answer(Outcome::refused("malformed")));
        };
        let Some(place) = self.registration_place(id).await? else {
            return Ok(Decision::Answer(Outcome::Unknown));
        };
        let found = self.registered_at(&place.member, id).await?;
        let is_theirs = found.is_some_and(|(registered, _)| registered.owner == request.iss);
        if !is_theirs {
            return Ok(Decision::Answer(Outcome::Unknown));
        }
        let said = Some(request.as_str());
        let notice = Notice {
            id,
            revision: body.revision,
            state: body.state,
            said,
        };
        self.take_notice(batch, notice, now).await?;
        Ok(Decision::Answer(Outcome::Accepted))
    }

    /// Puts into `batch` what a notice says, unless a newer one was heard.
    pub(crate) async fn take_notice(
        &self,
        batch: &mut Batch,
        notice: Notice<'_>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let Notice {
            id,
            revision,
            state,
            said,
        } = notice;
        let Some(place) = self.registration_place(id).await? else {
            return Ok(());
        };
        let found = self.registered_at(&place.member, id).await?;
        let Some((mut registered, version)) = found else {
            return Ok(());
        };
        if registered.revision >= revision {
            return Ok(());
        }
        registered.revision = revision;
        let is_over = !registered.state.is_active();
        match state {
            // Whoever gives it back does not want it: the cancellation is on its way.
            NoticeState::Accepted if is_over => {}
            NoticeState::Accepted => {
                registered.state = RegistrationState::Accepted {
                    at: now,
                    was_waiting: true,
                };
            }
            NoticeState::Cancelled => {
                registered.state = RegistrationState::Cancelled {
                    at: now,
                    by: CancelledBy::Organiser,
                };
            }
        }
        if let Some(said) = said {
            registered.answer = Some(said.to_owned());
        }
        put_registered(batch, &place.member, id, &registered, version)
    }

    /// What hands a registration over; nothing once it is forgotten.
    pub(crate) async fn registration_body(
        &self,
        id: RegistrationId,
    ) -> Result<Option<(&'static str, Value)>, Fault> {
        let Some(place) = self.registration_place(id).await? else {
            return Ok(None);
        };
        let found = self.registered_at(&place.member, id).await?;
        let Some(registration) = found.and_then(|(registered, _)| registered.document) else {
            return Ok(None);
        };
        body(REGISTRATION_KIND, &RegistrationBody { registration })
    }

    /// Whether nobody needs a request's answer any more: the event is over.
    pub(crate) async fn is_pointless(&self, about: About, now: Timestamp) -> Result<bool, Fault> {
        let (About::Registration(id) | About::Cancellation(id)) = about else {
            return Ok(false);
        };
        let Some(place) = self.registration_place(id).await? else {
            return Ok(true);
        };
        let Some((registered, _)) = self.registered_at(&place.member, id).await? else {
            return Ok(true);
        };
        Ok(self.ends_of(&registered).await? <= now)
    }

    /// When the occurrence ends: as it is published now, for it may have been moved; else
    /// as it was when it was asked for.
    async fn ends_of(&self, registered: &Registered) -> Result<Timestamp, Fault> {
        let uid = wire::event::event_uid(&registered.owner, &registered.event);
        let due = registered.due.as_ref();
        let listed = self.listed(&uid).await?;
        let occurrence = listed.and_then(|it| rules::event::occurrence(&it.event, due));
        Ok(occurrence.map_or(registered.ends, |it| it.ends))
    }

    /// The registrations of a member who asks for them, what is next first.
    pub async fn registrations_of_holder(
        &self,
        holder: &Holder,
    ) -> Result<Vec<RegistrationRow>, Fault> {
        self.registrations(holder.member()).await
    }

    /// The registrations of a member, what is next first.
    pub async fn registrations_of_member(
        &self,
        _: &Steward,
        member: &str,
    ) -> Result<Vec<RegistrationRow>, RegistrationError> {
        self.member(member).await?;
        Ok(self.registrations(member).await?)
    }

    async fn registrations(&self, member: &str) -> Result<Vec<RegistrationRow>, Fault> {
        let mut rows = Vec::new();
        for (id, registered, _) in self.registered(member).await? {
            rows.push(self.row(id, registered).await?);
        }
        let begins = |row: &RegistrationRow| {
            let occurrence = row.event.as_ref().map(|(_, it)| it.begins);
            occurrence.unwrap_or(row.ends)
        };
        rows.sort_by_cached_key(|row| (begins(row), row.id));
        Ok(rows)
    }

    async fn registration(
        &self,
        member: &str,
        id: RegistrationId,
    ) -> Result<RegistrationRow, RegistrationError> {
        let found = self.registered_at(member, id).await?;
        let (registered, _) = found.ok_or(RegistrationError::Unknown)?;
        Ok(self.row(id, registered).await?)
    }

    async fn row(
        &self,
        id: RegistrationId,
        registered: Registered,
    ) -> Result<RegistrationRow, Fault> {
        let uid = wire::event::event_uid(&registered.owner, &registered.event);
        let listed = self.listed(&uid).await?;
        let event = listed.and_then(|listed| {
            let occurrence = rules::event::occurrence(&listed.event, registered.due.as_ref())?;
            Some((listed, occurrence))
        });
        let ends = event.as_ref().map_or(registered.ends, |(_, it)| it.ends);
        Ok(RegistrationRow {
            id,
            owner: registered.owner,
            uid,
            due: registered.due,
            name: registered.name,
            asked_at: registered.asked_at,
            state: registered.state,
            event,
            ends,
        })
    }

    /// Forgets registrations whose event ended a month ago.
    pub(crate) async fn forget_registrations(&self, now: Timestamp) -> Result<(), Fault> {
        let prefix = crate::keys::REGISTRATIONS;
        if !self.is_time_to_look(prefix) {
            return Ok(());
        }
        let mut next = None;
        let mut batch = Batch::new();
        for (key, found) in self.all(prefix).await? {
            let registered: Registered = stored::decode(&key, &found)?;
            let mut until = registered.ends.plus_seconds(REGISTRATION_SECONDS);
            if until < now {
                let ends = self.ends_of(&registered).await?;
                until = until.max(ends.plus_seconds(REGISTRATION_SECONDS));
            }
            if until < now {
                batch.expect(key.clone(), Expected::At(found.version));
                if let Some(id) = crate::keys::registration_of(&key) {
                    batch.remove(crate::keys::registration_place(id));
                }
                batch.remove(key);
                self.commit_if_full(&mut batch).await?;
            } else {
                next = next.min(Some(until)).or(Some(until));
            }
        }
        self.commit_or_leave(batch).await?;
        self.look_again(prefix, next);
        Ok(())
    }

    async fn registered(
        &self,
        member: &str,
    ) -> Result<Vec<(RegistrationId, Registered, Position)>, Fault> {
        let stem = crate::keys::member_stem(member);
        let mut all = Vec::new();
        for (key, found) in self.all_under(crate::keys::REGISTRATIONS, &stem).await? {
            let id = crate::keys::registration_of(&key).ok_or_else(|| Fault::Form {
                key: key.to_string(),
            })?;
            all.push((id, stored::decode(&key, &found)?, found.version));
        }
        Ok(all)
    }

    async fn registered_at(
        &self,
        member: &str,
        id: RegistrationId,
    ) -> Result<Option<(Registered, Position)>, Fault> {
        let key = crate::keys::registration(member, id);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        Ok(Some((stored::decode(&key, &found)?, found.version)))
    }

    async fn registration_place(
        &self,
        id: RegistrationId,
    ) -> Result<Option<RegistrationPlace>, Fault> {
        let key = crate::keys::registration_place(id);
        let found = self.store().get(&key).await?;
        found.map(|found| stored::decode(&key, &found)).transpose()
    }
}

/// What an answer makes of a registration.
fn answered(outcome: &Outcome, at: Timestamp) -> RegistrationState {
    match outcome {
        Outcome::Accepted => RegistrationState::Accepted {
            at,
            was_waiting: false,
        },
        Outcome::Waiting { rank } => RegistrationState::Waiting { at, rank: *rank },
        Outcome::Refused(code) => RegistrationState::Refused {
            at,
            code: code.clone(),
        },
        Outcome::Unknown => RegistrationState::Unknown { at },
    }
}

fn put_registered(
    batch: &mut Batch,
    member: &str,
    id: RegistrationId,
    registered: &Registered,
    version: Position,
) -> Result<(), Fault> {
    let key = crate::keys::registration(member, id);
    batch.expect(key.clone(), Expected::At(version));
    batch.put(key.clone(), stored::encode(&key, registered)?);
    Ok(())
}
