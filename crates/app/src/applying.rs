//! A space asks for the label: what it asks, and what the coordinator answers.

use rules::trust::{LABELS_MAX, Standing};
use seal::Verified;
use store::{Batch, Expected, Key};
use wire::label::{APPLICATION_REQUEST_KIND, Act, Application, ApplicationBody, REASON_CHARS_MAX};
use wire::request::Request;
use wire::{BodyKind as _, EntityId, Timestamp};

use crate::append::Entry;
use crate::decisions::Done;
use crate::exchange::{About, Op, OutgoingState};
use crate::fault::{Attempt, until_settled};
use crate::inbox::{Decision, Outcome};
use crate::stored::{self, OwnApplication};
use crate::{App, Fault};

/// Why a space does not ask for the label.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The invitation is for another node, or to another label.
    #[error("the invitation is for another node, or to another label")]
    OtherInvitation,
    /// The space belongs.
    #[error("this space belongs to the label already, or is asking to")]
    Belongs,
    /// There are as many labels as a space may have.
    #[error("this space has {LABELS_MAX} labels already: leave one before it joins another")]
    TooManyLabels,
    /// The coordinator that is named is a partner.
    #[error("{0} is a space of this label, and coordinates none")]
    APartner(EntityId),
    /// The feed has begun anew since the node was founded.
    #[error("the feed of this space is in epoch {0}: ask for an invitation with --epoch {0}")]
    OtherEpoch(u64),
    /// The label is the first.
    #[error("a space does not leave the label in which it was founded")]
    FirstLabel,
    /// No such label.
    #[error("this space has not joined that label")]
    NotOurs,
    /// A coordinator grants the label.
    #[error("this node coordinates the label: it asks nobody for it")]
    Coordinator,
    /// The space does not belong yet: nobody would know who asks.
    #[error("this space has not joined the label yet")]
    NotAdmitted,
    /// The space bears the label.
    #[error("this space bears the label already")]
    AlreadyLabelled,
    /// It asked, and was not answered yet.
    #[error("the question waits already: see `escale outbox list`")]
    Waiting,
    /// The note is too long.
    #[error("a note has at most {REASON_CHARS_MAX} characters")]
    Note,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl App {
    /// Asks the coordinator of the label in which this space was founded for the label,
    /// with a note that everybody may read.
    pub async fn ask_for_label(&self, note: &str) -> Result<Op, ApplyError> {
        self.ask_for_label_of(&self.identity().coordinator, note)
            .await
    }

    /// The same, of the coordinator of one of its labels.
    pub async fn ask_for_label_of(&self, of: &EntityId, note: &str) -> Result<Op, ApplyError> {
        until_settled!(self.try_ask_for_label(of, note.trim()).await)
    }

    async fn try_ask_for_label(
        &self,
        of: &EntityId,
        note: &str,
    ) -> Result<Op, Attempt<ApplyError>> {
        let refused = |why| Err(Attempt::Failed(why));
        if self.is_coordinator() {
            return refused(ApplyError::Coordinator);
        }
        if note.chars().count() > REASON_CHARS_MAX {
            return refused(ApplyError::Note);
        }
        if self.label_of(of).is_none() {
            return refused(ApplyError::NotOurs);
        }
        let registers = self.registers().await?;
        let own = &self.identity().entity;
        let Some(register) = registers.of(of).filter(|it| it.belongs(own)) else {
            return refused(ApplyError::NotAdmitted);
        };
        if matches!(
            register.standing(own, self.now()),
            Standing::Labelled { .. }
        ) {
            return refused(ApplyError::AlreadyLabelled);
        }
        let mut all = self.outgoing().await?.into_iter();
        let waits = all.any(|(_, it, _)| {
            it.about == About::Application && it.to == *of && it.state == OutgoingState::Waiting
        });
        if waits {
            return refused(ApplyError::Waiting);
        }
        let key = self.own_application(of);
        let found = self.store().get(&key).await.map_err(Fault::from)?;
        let asked = OwnApplication {
            note: note.to_owned(),
            since: self.signing_time().await?,
        };
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::unchanged(found.as_ref()));
        batch.put(key.clone(), stored::encode(&key, &asked)?);
        let op = self.put_outgoing(&mut batch, of, About::Application, &[])?;
        self.store().commit(batch).await?;
        Ok(op)
    }

    fn own_application(&self, of: &EntityId) -> Key {
        crate::keys::own_application((!self.is_first_coordinator(of)).then_some(of))
    }

    /// What is asked of a coordinator.
    pub(crate) async fn application_body(
        &self,
        of: &EntityId,
    ) -> Result<Option<(&'static str, serde_json::Value)>, Fault> {
        let key = self.own_application(of);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        let OwnApplication { note, .. } = stored::decode(&key, &found)?;
        crate::outbox::body(APPLICATION_REQUEST_KIND, &ApplicationBody { note })
    }

    /// Decides what a space asks of this coordinator: that it asks is public, whatever
    /// becomes of it.
    pub(crate) async fn decide_application(
        &self,
        batch: &mut Batch,
        request: &Verified<Request>,
        now: Timestamp,
    ) -> Result<Decision, Fault> {
        let refused = |code| Ok(Decision::Answer(Outcome::refused(code)));
        if !self.is_coordinator() {
            return refused("not_the_coordinator");
        }
        let Ok(ApplicationBody { note }) = ApplicationBody::of(request) else {
            return refused("malformed");
        };
        let register = self.register().await?;
        let space = &request.iss;
        if matches!(register.standing(space, now), Standing::Labelled { .. }) {
            return refused("already_labelled");
        }
        let accepted = Decision::Answer(Outcome::Accepted);
        let asked = register.member(space).map(|it| &it.application);
        if asked.is_some_and(Option::is_some) {
            return Ok(accepted);
        }
        let mut entries = vec![application_entry(space, &note, now)?];
        let done = Done {
            space: space.clone(),
            act: Act::Asked,
            reason: note,
            at: now,
        };
        entries.extend(self.decision_entries(&register, vec![done]).await?);
        let after = self.append(batch, entries).await?;
        if after == register.position() {
            Ok(accepted)
        } else {
            Err(Fault::Busy)
        }
    }
}

fn application_entry(space: &EntityId, note: &str, now: Timestamp) -> Result<Entry, Fault> {
    let application = Application {
        sub: space.clone(),
        note: note.to_owned(),
        since: now,
    };
    let text = application.write();
    Ok(Entry {
        kind: Application::KIND,
        id: space.to_string(),
        text: Some(text.map_err(|why| Fault::Seal(seal::SealRefusal::Malformed(why)))?),
    })
}
