//! Granting and withdrawing the label: what a coordinator does.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rules::feed::{MARK_KIND, STATEMENT_KIND};
use rules::trust::{INVITATION_SECONDS, MARK_SECONDS, STATEMENT_SECONDS, Standing, TrustRefusal};
use seal::{Jwk, SecretKey, Verified};
use store::{Batch, Expected, Key};
use wire::label::{Act, Application, REASON_CHARS_MAX, Warning, Withdrawal, WithdrawalState};
use wire::trust::{Constraints, EntityStatement, TrustMark};
use wire::{BodyKind, EntityId, Invitation, Jwks, Timestamp};

use crate::append::Entry;
use crate::decisions::Done;
use crate::fault::{Attempt, until_settled};
use crate::stored;
use crate::view::FeedView;
use crate::{App, Fault, Register};

/// Why the label is not changed.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// This node is not the coordinator.
    #[error("this node does not coordinate a label")]
    NotTheCoordinator,
    /// A coordinator does not invite itself.
    #[error("{0} is this coordinator itself")]
    Itself(EntityId),
    /// The space belongs already.
    #[error("{0} belongs to the label already")]
    AlreadyAdmitted(EntityId),
    /// The space does not belong: it was never invited, or has not joined yet.
    #[error("{0} has not joined: invite it with `escale label admit`")]
    NotAdmitted(EntityId),
    /// An anchor statement that the pinned root key did not sign, or not for us.
    #[error("the anchor statement cannot be used")]
    Anchor(#[from] TrustRefusal),
    /// An anchor statement that names a key that nobody shall believe any more.
    #[error("the anchor statement names a key that was revoked")]
    RevokedKey,
    /// An anchor statement that names other keys than this node's.
    #[error("the anchor statement names other keys than this node's")]
    OtherKeys,
    /// The reason is empty or too long.
    #[error("a reason of 1 to {REASON_CHARS_MAX} characters is needed")]
    Reason,
    /// A warning that gives no time.
    #[error("a warning ends in the future")]
    Until,
    /// Nobody could read what the space says.
    #[error("nothing was heard of {0} yet: grant it all the same with --anyway")]
    NeverHeard(EntityId),
    /// Nobody can read what the space says.
    #[error("the feed of {0} is refused ({1}): grant it all the same with --anyway")]
    FeedRefused(EntityId, String),
    /// There is no warning and no suspension.
    #[error("{0} is neither warned nor suspended; what was withdrawn is granted anew")]
    NothingToLift(EntityId),
    /// The label comes before the membership.
    #[error("{0} bears the label: withdraw it first, so that what is owed can be settled")]
    StillLabelled(EntityId),
    /// There is no invitation that could be taken back.
    #[error("no invitation of {0} waits to be used")]
    NotInvited(EntityId),
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Whether a space is invited that belongs already.
#[derive(Clone, Copy)]
enum Invited {
    /// It does not.
    ForTheFirstTime,
    /// It does, and begins anew.
    Anew,
    /// It does not, and comes from another label with a feed of this epoch.
    WithAFeed(u64),
}

/// A line of the coordinator's list.
#[derive(Debug, Clone)]
pub struct LabelRow {
    /// The space.
    pub entity: EntityId,
    /// Where it stands.
    pub state: LabelState,
    /// How much of its feed was heard.
    pub feed: FeedView,
    /// That it asks for the label.
    pub application: Option<Application>,
    /// That it is warned.
    pub warning: Option<Warning>,
}

/// Where a space stands, seen by its coordinator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelState {
    /// Invited, and not joined yet.
    Invited {
        /// Until when the code may be used.
        until: Timestamp,
    },
    /// Joined.
    Member(Standing),
}

impl App {
    /// Invites a space under this one name; the code works once, for 30 days.
    pub async fn invite(&self, space: &EntityId) -> Result<Invitation, LabelError> {
        until_settled!(self.try_invite(space, Invited::ForTheFirstTime).await)
    }

    /// Invites a space that belongs already, under its name: it lost its keys, or somebody
    /// else has them. Who comes with the code takes its place, with a feed that begins anew;
    /// what the old one says then is read by nobody. Its label stays as it is.
    pub async fn invite_anew(&self, space: &EntityId) -> Result<Invitation, LabelError> {
        until_settled!(self.try_invite(space, Invited::Anew).await)
    }

    /// Invites a space that belongs to another label, where its feed has begun anew in this
    /// epoch.
    pub async fn invite_with_feed(
        &self,
        space: &EntityId,
        epoch: u64,
    ) -> Result<Invitation, LabelError> {
        until_settled!(self.try_invite(space, Invited::WithAFeed(epoch)).await)
    }

    async fn try_invite(
        &self,
        space: &EntityId,
        invited: Invited,
    ) -> Result<Invitation, Attempt<LabelError>> {
        self.coordinates()?;
        let now = self.signing_time().await?;
        if *space == self.identity().entity {
            return Err(Attempt::Failed(LabelError::Itself(space.clone())));
        }
        let register = self.register().await?;
        let statement = register
            .member(space)
            .and_then(|member| member.statement.as_ref());
        match (statement, invited) {
            (Some(_), Invited::ForTheFirstTime | Invited::WithAFeed(_)) => {
                return Err(Attempt::Failed(LabelError::AlreadyAdmitted(space.clone())));
            }
            (None, Invited::Anew) => {
                return Err(Attempt::Failed(LabelError::NotAdmitted(space.clone())));
            }
            (Some(_), Invited::Anew) | (None, Invited::ForTheFirstTime | Invited::WithAFeed(_)) => {
            }
        }
        // A name that was here before begins anew, so that nobody takes one for the other.
        let (feed, _) = self.feed_state(space).await?;
        let heard = if feed.seq > 0 {
            feed.epoch + 1
        } else {
            feed.epoch
        };
        let epoch = heard.max(statement.map_or(1, |it| it.feed_epoch() + 1));
        let epoch = match invited {
            Invited::WithAFeed(its) => its.max(epoch),
            Invited::ForTheFirstTime | Invited::Anew => epoch,
        };
        let anew = (epoch > 1).then_some(epoch);
        let secret = seal::base64url::encode(&self.random::<16>()?);
        let key = crate::keys::invitation(secret.as_bytes());
        let stored = stored::Invitation {
            entity: space.clone(),
            invited_at: now,
            expires_at: now.plus_seconds(INVITATION_SECONDS),
            anew,
            replaces: statement.is_some(),
            used: None,
        };
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &stored)?);
        self.store().commit(batch).await?;
        Ok(Invitation {
            coordinator: self.identity().entity.clone(),
            root_key: Jwk::from(&self.identity().root),
            entity: space.clone(),
            secret,
            epoch: anew,
        })
    }

    /// Takes an invitation back, if nobody has used it.
    pub async fn uninvite(&self, space: &EntityId) -> Result<(), LabelError> {
        until_settled!(self.try_uninvite(space).await)
    }

    async fn try_uninvite(&self, space: &EntityId) -> Result<(), Attempt<LabelError>> {
        self.coordinates()?;
        let mut batch = Batch::new();
        self.drop_invitations(&mut batch, space, None).await?;
        if batch.writes.is_empty() {
            return Err(Attempt::Failed(LabelError::NotInvited(space.clone())));
        }
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Takes back all codes for a space that nobody has used, but one.
    pub(crate) async fn drop_invitations(
        &self,
        batch: &mut Batch,
        space: &EntityId,
        but: Option<&Key>,
    ) -> Result<(), Fault> {
        for (key, found) in self.all(crate::keys::INVITATIONS).await? {
            let invitation: stored::Invitation = stored::decode(&key, &found)?;
            let is_open = invitation.entity == *space && invitation.used.is_none();
            if is_open && but != Some(&key) {
                batch.expect(key.clone(), Expected::At(found.version));
                batch.remove(key);
            }
        }
        Ok(())
    }

    /// Grants the label to a space that belongs, or grants it again: a warning, a
    /// suspension or a withdrawal is lifted. Refused where its feed was never heard, or is
    /// refused: nobody could read what it says.
    pub async fn grant(&self, space: &EntityId) -> Result<(), LabelError> {
        self.coordinates()?;
        let feed = self.feed_view(space).await?;
        if let Some(code) = feed.refusal {
            return Err(LabelError::FeedRefused(space.clone(), code));
        }
        if feed.seq == 0 {
            // Who does not belong is told that first.
            self.register_with(space).await.map_err(failed)?;
            return Err(LabelError::NeverHeard(space.clone()));
        }
        self.grant_anyway(space).await
    }

    /// The same, whatever is known of its feed.
    pub async fn grant_anyway(&self, space: &EntityId) -> Result<(), LabelError> {
        until_settled!(self.try_grant(space).await)
    }

    async fn try_grant(&self, space: &EntityId) -> Result<(), Attempt<LabelError>> {
        let (register, charter_url) = self.register_with(space).await?;
        let now = self.signing_time().await?;
        let mut entries = vec![mark_entry(&self.make_mark(space, &charter_url, now).await?)];
        let held = Held::of(&register, space);
        entries.extend(held.removals(space, &[Kept::Withdrawal, Kept::Warning, Kept::Asked]));
        let granted = self.decision_entry(&register, space, Act::Granted, now);
        entries.extend(granted.await?);
        self.commit_entries(&register, entries).await
    }

    /// Warns a space: it goes on bearing the label, and has time until then.
    pub async fn warn(
        &self,
        space: &EntityId,
        reason: &str,
        until: Timestamp,
    ) -> Result<(), LabelError> {
        until_settled!(self.try_warn(space, reason, until).await)
    }

    async fn try_warn(
        &self,
        space: &EntityId,
        reason: &str,
        until: Timestamp,
    ) -> Result<(), Attempt<LabelError>> {
        let reason = checked_reason(reason)?;
        let (register, _) = self.register_with(space).await?;
        let since = self.signing_time().await?;
        if until <= since {
            return Err(Attempt::Failed(LabelError::Until));
        }
        let warning = Warning {
            sub: space.clone(),
            reason: reason.clone(),
            since,
            until,
        };
        let text = written(&warning)?;
        let mut entries = vec![entry(Warning::KIND, space, Some(text))];
        entries.extend(
            self.act(&register, space, Act::Warned, reason, since)
                .await?,
        );
        self.commit_entries(&register, entries).await
    }

    /// Takes a warning or a suspension back. What was withdrawn is granted anew.
    pub async fn lift(&self, space: &EntityId, reason: &str) -> Result<(), LabelError> {
        until_settled!(self.try_lift(space, reason).await)
    }

    async fn try_lift(&self, space: &EntityId, reason: &str) -> Result<(), Attempt<LabelError>> {
        let reason = checked_reason(reason)?;
        let (register, _) = self.register_with(space).await?;
        let now = self.signing_time().await?;
        let held = Held::of(&register, space);
        let is_withdrawn = held.state == Some(WithdrawalState::Withdrawn);
        let is_held = held.state.is_some() || held.is_warned;
        if is_withdrawn || !is_held {
            return Err(Attempt::Failed(LabelError::NothingToLift(space.clone())));
        }
        let mut entries = held.removals(space, &[Kept::Withdrawal, Kept::Warning]);
        entries.extend(self.act(&register, space, Act::Lifted, reason, now).await?);
        self.commit_entries(&register, entries).await
    }

    /// Suspends the label of a space for a while.
    pub async fn suspend(&self, space: &EntityId, reason: &str) -> Result<(), LabelError> {
        until_settled!(
            self.try_end(space, reason, WithdrawalState::Suspended)
                .await
        )
    }

    /// Withdraws the label of a space. It goes on belonging to the network.
    pub async fn withdraw(&self, space: &EntityId, reason: &str) -> Result<(), LabelError> {
        until_settled!(
            self.try_end(space, reason, WithdrawalState::Withdrawn)
                .await
        )
    }

    async fn try_end(
        &self,
        space: &EntityId,
        reason: &str,
        state: WithdrawalState,
    ) -> Result<(), Attempt<LabelError>> {
        let reason = checked_reason(reason)?;
        let (register, _) = self.register_with(space).await?;
        let since = self.signing_time().await?;
        let withdrawal = Withdrawal {
            sub: space.clone(),
            state,
            reason: reason.clone(),
            since,
        };
        let text = written(&withdrawal)?;
        let mut entries = vec![entry(Withdrawal::KIND, space, Some(text))];
        let act = match state {
            WithdrawalState::Suspended => Act::Suspended,
            WithdrawalState::Withdrawn => {
                entries.push(entry(MARK_KIND, space, None));
                let held = Held::of(&register, space);
                entries.extend(held.removals(space, &[Kept::Warning]));
                Act::Withdrawn
            }
        };
        entries.extend(self.act(&register, space, act, reason, since).await?);
        self.commit_entries(&register, entries).await
    }

    /// Ends a membership: the space does not belong any more, and its feed is not read. A
    /// space that bears the label loses it before, so that what is owed can be settled.
    pub async fn end_membership(&self, space: &EntityId, reason: &str) -> Result<(), LabelError> {
        until_settled!(self.try_end_membership(space, reason).await)?;
        // Whoever asked for this node's ear was known by the register.
        self.inner.feeds_moved.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn try_end_membership(
        &self,
        space: &EntityId,
        reason: &str,
    ) -> Result<(), Attempt<LabelError>> {
        let reason = checked_reason(reason)?;
        let (register, _) = self.register_with(space).await?;
        let now = self.signing_time().await?;
        if matches!(register.standing(space, now), Standing::Labelled { .. }) {
            return Err(Attempt::Failed(LabelError::StillLabelled(space.clone())));
        }
        let all = [Kept::Mark, Kept::Withdrawal, Kept::Warning, Kept::Asked];
        let mut entries = vec![entry(STATEMENT_KIND, space, None)];
        entries.extend(Held::of(&register, space).removals(space, &all));
        entries.extend(self.act(&register, space, Act::Ended, reason, now).await?);
        let mut batch = Batch::new();
        // Nobody comes back by a code of before.
        self.drop_invitations(&mut batch, space, None).await?;
        self.append_to_register(&mut batch, &register, entries)
            .await?;
        self.store().commit(batch).await?;
        Ok(())
    }

    /// The record of an act with its reason.
    async fn act(
        &self,
        register: &Register,
        space: &EntityId,
        act: Act,
        reason: String,
        at: Timestamp,
    ) -> Result<Vec<Entry>, Fault> {
        let done = Done {
            space: space.clone(),
            act,
            reason,
            at,
        };
        self.decision_entries(register, vec![done]).await
    }

    /// All spaces that were invited or belong, by name.
    pub async fn label_rows(&self) -> Result<Vec<LabelRow>, LabelError> {
        self.coordinates()?;
        let now = self.now();
        let register = self.register().await?;
        let mut rows = Vec::new();
        for (space, member) in register.members() {
            let state = LabelState::Member(register.standing(space, now));
            let feed = self.feed_view(space).await?;
            rows.push(LabelRow {
                entity: space.clone(),
                state,
                feed,
                application: member.application.clone(),
                warning: register.warning(space, now).cloned(),
            });
        }
        let prefix = crate::keys::INVITATIONS;
        let invitations = self
            .store()
            .scan(prefix, &[], None, store::SCAN_LIMIT_MAX)
            .await;
        for (key, found) in &invitations.map_err(Fault::from)?.entries {
            let invitation: stored::Invitation = stored::decode(key, found)?;
            let until = invitation.expires_at;
            if invitation.used.is_none() && until > now {
                let state = LabelState::Invited { until };
                let feed = FeedView::default();
                rows.push(LabelRow {
                    entity: invitation.entity,
                    state,
                    feed,
                    application: None,
                    warning: None,
                });
            }
        }
        rows.sort_by(|a, b| a.entity.cmp(&b.entity));
        Ok(rows)
    }

    /// The register in which `space` belongs, and the label's charter URL.
    async fn register_with(
        &self,
        space: &EntityId,
    ) -> Result<(Arc<Register>, String), Attempt<LabelError>> {
        self.coordinates()?;
        let register = self.register().await?;
        match (&register.charter, register.belongs(space)) {
            (Some(charter), true) => {
                let charter_url = charter.url.clone();
                Ok((register, charter_url))
            }
            _ => Err(Attempt::Failed(LabelError::NotAdmitted(space.clone()))),
        }
    }

    pub(crate) async fn commit_entries(
        &self,
        register: &Register,
        entries: Vec<Entry>,
    ) -> Result<(), Attempt<LabelError>> {
        let mut batch = Batch::new();
        self.append_to_register(&mut batch, register, entries)
            .await?;
        self.store().commit(batch).await?;
        Ok(())
    }

    pub(crate) fn coordinates(&self) -> Result<(), LabelError> {
        if self.is_coordinator() {
            Ok(())
        } else {
            Err(LabelError::NotTheCoordinator)
        }
    }

    pub(crate) async fn make_statement(
        &self,
        space: &EntityId,
        of: (Jwks, Option<u64>),
        now: Timestamp,
    ) -> Result<Verified<EntityStatement>, Fault> {
        let fed = self.fed().await?;
        self.make_statement_by(&fed, space, of, now)
    }

    pub(crate) fn make_statement_by(
        &self,
        fed: &SecretKey,
        space: &EntityId,
        (jwks, escale_epoch): (Jwks, Option<u64>),
        now: Timestamp,
    ) -> Result<Verified<EntityStatement>, Fault> {
        let statement = EntityStatement {
            iss: self.identity().entity.clone(),
            sub: space.clone(),
            iat: now,
            exp: now.plus_seconds(STATEMENT_SECONDS),
            jwks,
            authority_hints: Vec::new(),
            metadata: None,
            constraints: Some(Constraints { max_path_length: 0 }),
            trust_marks: Vec::new(),
            trust_mark_issuers: None,
            escale_epoch,
        };
        Ok(seal::sign(statement, fed)?)
    }

    pub(crate) async fn make_mark(
        &self,
        space: &EntityId,
        charter_url: &str,
        now: Timestamp,
    ) -> Result<Verified<TrustMark>, Fault> {
        let fed = self.fed().await?;
        self.make_mark_by(&fed, space, charter_url, now)
    }

    pub(crate) fn make_mark_by(
        &self,
        fed: &SecretKey,
        space: &EntityId,
        charter_url: &str,
        now: Timestamp,
    ) -> Result<Verified<TrustMark>, Fault> {
        let mark = TrustMark {
            iss: self.identity().entity.clone(),
            sub: space.clone(),
            trust_mark_type: charter_url.to_owned(),
            iat: now,
            exp: now.plus_seconds(MARK_SECONDS),
        };
        Ok(seal::sign(mark, fed)?)
    }
}

/// What the register has of a space that an act may take away.
#[derive(Debug, Clone, Copy)]
struct Held {
    state: Option<WithdrawalState>,
    is_marked: bool,
    is_warned: bool,
    is_asking: bool,
}

/// One of those things.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Mark,
    Withdrawal,
    Warning,
    Asked,
}

impl Held {
    fn of(register: &Register, space: &EntityId) -> Self {
        let member = register.member(space);
        let withdrawal = member.and_then(|it| it.withdrawal.as_ref());
        Self {
            state: withdrawal.map(|it| it.state),
            is_marked: member.is_some_and(|it| it.mark.is_some()),
            is_warned: member.is_some_and(|it| it.warning.is_some()),
            is_asking: member.is_some_and(|it| it.application.is_some()),
        }
    }

    /// The records that take away what there is of these things.
    fn removals(self, space: &EntityId, things: &[Kept]) -> Vec<Entry> {
        let of = |thing: &Kept| match thing {
            Kept::Mark => (self.is_marked, MARK_KIND),
            Kept::Withdrawal => (self.state.is_some(), Withdrawal::KIND),
            Kept::Warning => (self.is_warned, Warning::KIND),
            Kept::Asked => (self.is_asking, Application::KIND),
        };
        let there = things.iter().map(of).filter(|(is_there, _)| *is_there);
        there.map(|(_, kind)| entry(kind, space, None)).collect()
    }
}

fn checked_reason(reason: &str) -> Result<String, LabelError> {
    let reason = reason.trim();
    let has_length = (1..=REASON_CHARS_MAX).contains(&reason.chars().count());
    has_length
        .then(|| reason.to_owned())
        .ok_or(LabelError::Reason)
}

fn written<T: BodyKind>(body: &T) -> Result<String, LabelError> {
    body.write().map_err(|_| LabelError::Reason)
}

fn failed(attempt: Attempt<LabelError>) -> LabelError {
    match attempt {
        Attempt::Failed(error) => error,
        Attempt::Again => Fault::Busy.into(),
    }
}

impl From<LabelError> for Attempt<LabelError> {
    fn from(error: LabelError) -> Self {
        Self::Failed(error)
    }
}

pub(crate) fn statement_entry(statement: &Verified<EntityStatement>) -> Entry {
    entry(
        STATEMENT_KIND,
        &statement.sub,
        Some(statement.as_str().to_owned()),
    )
}

pub(crate) fn mark_entry(mark: &Verified<TrustMark>) -> Entry {
    entry(MARK_KIND, &mark.sub, Some(mark.as_str().to_owned()))
}

fn entry(kind: &'static str, space: &EntityId, text: Option<String>) -> Entry {
    Entry {
        kind,
        id: space.to_string(),
        text,
    }
}
