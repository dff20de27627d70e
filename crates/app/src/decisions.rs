//! The history of a label: each act about a space, for good and for everybody to read.
//!
//! **Invariant:** an act and its place in the history are one commit.

use std::collections::BTreeMap;

use rules::trust::Standing;
use wire::label::{Act, Decision, Warning};
use wire::space::{Profile, THE_ONE};
use wire::{BodyKind as _, EntityId, Timestamp};

use crate::append::Entry;
use crate::{App, Fault, Register};

/// What a label has done about one space.
#[derive(Debug, Clone)]
pub struct Story {
    /// The space.
    pub entity: EntityId,
    /// The name on its door, where it was heard.
    pub name: Option<String>,
    /// Where it stands now.
    pub standing: Standing,
    /// That it is warned.
    pub warning: Option<Warning>,
    /// Every act, the first first.
    pub decisions: Vec<Decision>,
}

/// An act that is about to be done.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) space: EntityId,
    pub(crate) act: Act,
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
}

impl App {
    /// The acts about a space, the first first, as far as the coordinator was heard.
    pub async fn label_history(&self, space: &EntityId) -> Result<Vec<Decision>, Fault> {
        let mut about = self.decisions().await?;
        about.retain(|decision| decision.sub == *space);
        about.sort_by_key(|decision| decision.number);
        Ok(about)
    }

    /// What a label has done: each space that belongs or belonged, by its name on the
    /// network, where it stands and every act about it. Of `only` alone where it is given.
    pub async fn label_stories(&self, only: Option<&EntityId>) -> Result<Vec<Story>, Fault> {
        let (register, now) = (self.register().await?, self.now());
        let mut acts: BTreeMap<EntityId, Vec<Decision>> = BTreeMap::new();
        for (space, _) in register.members() {
            acts.entry(space.clone()).or_default();
        }
        for decision in self.decisions().await? {
            acts.entry(decision.sub.clone()).or_default().push(decision);
        }
        acts.retain(|space, _| only.is_none_or(|only| space == only));
        let mut stories = Vec::new();
        for (entity, mut decisions) in acts {
            decisions.sort_by_key(|decision| decision.number);
            let profile = self.latest_text(&entity, Profile::KIND, THE_ONE).await?;
            let profile = profile.and_then(|text| Profile::read(&text).ok());
            stories.push(Story {
                name: profile.map(|profile| profile.name),
                standing: register.standing(&entity, now),
                warning: register.warning(&entity, now).cloned(),
                decisions,
                entity,
            });
        }
        Ok(stories)
    }

    /// All acts, in no particular order.
    async fn decisions(&self) -> Result<Vec<Decision>, Fault> {
        let coordinator = &self.identity().coordinator;
        let texts = self.latest_texts(coordinator, Decision::KIND).await?;
        let decisions = texts.into_iter().filter_map(|(id, text)| {
            let decision = Decision::read(&text).ok();
            decision.filter(|it| it.id() == id)
        });
        Ok(decisions.collect())
    }

    /// The records of acts, each after those that there are about its space.
    pub(crate) async fn decision_entries(
        &self,
        register: &Register,
        done: Vec<Done>,
    ) -> Result<Vec<Entry>, Fault> {
        if done.is_empty() {
            return Ok(Vec::new());
        }
        let mut numbers: BTreeMap<EntityId, u64> = BTreeMap::new();
        for decision in self.decisions().await? {
            let number = numbers.entry(decision.sub).or_default();
            *number = decision.number.max(*number);
        }
        let mut entries = Vec::new();
        for Done {
            space,
            act,
            reason,
            at,
        } in done
        {
            let number = numbers.entry(space.clone()).or_default();
            *number += 1;
            let decision = Decision {
                sub: space,
                number: *number,
                act,
                reason,
                at,
                charter_version: register.charter_version(),
            };
            let text = decision.write();
            entries.push(Entry {
                kind: Decision::KIND,
                id: decision.id(),
                text: Some(text.map_err(|why| Fault::Seal(seal::SealRefusal::Malformed(why)))?),
            });
        }
        Ok(entries)
    }

    /// The record of one act without more words.
    pub(crate) async fn decision_entry(
        &self,
        register: &Register,
        space: &EntityId,
        act: Act,
        at: Timestamp,
    ) -> Result<Vec<Entry>, Fault> {
        let done = Done {
            space: space.clone(),
            act,
            reason: String::new(),
            at,
        };
        self.decision_entries(register, vec![done]).await
    }
}
