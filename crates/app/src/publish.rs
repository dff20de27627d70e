//! What people write about their space, or about their label, becomes records.

use std::collections::{BTreeMap, BTreeSet};

use rules::opening;
use seal::Malformed;
use store::Batch;
use wire::label::Charter;
use wire::space::{FORMULAS_MAX, Formula, OpeningHours, Profile, THE_ONE};
use wire::{BodyKind, EntityId};

use crate::append::Entry;
use crate::fault::{Attempt, until_settled};
use crate::label::LabelError;
use crate::{App, Fault};

/// All that a space says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceText {
    /// Who it is.
    pub profile: Profile,
    /// When it is open, if it says so.
    pub opening_hours: Option<OpeningHours>,
    /// What one can buy, by the formula's id.
    pub formulas: BTreeMap<String, Formula>,
}

/// All that a coordinator says of its label's rules, as in [`Charter`]; the version is
/// counted by the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharterText {
    /// The label's name.
    pub name: wire::LocalText,
    /// What roaming costs and how far it goes.
    pub roaming: wire::label::Roaming,
    /// What a space must be like to bear the label.
    pub criteria: Vec<wire::label::Criterion>,
}

/// What publishing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The records that were added: kind and id, and whether it is a removal.
    pub records: Vec<(String, String, bool)>,
    /// The position of the feed's last record.
    pub seq: u64,
}

/// Why it is not published. Nothing was.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A part is over a limit, or cannot be understood by others.
    #[error("{part}: {refusal}")]
    Refused {
        /// Which part.
        part: String,
        /// What does not fit.
        refusal: Malformed,
    },
    /// A space publishes a space, a coordinator a charter.
    #[error("this is not what a node of this role publishes")]
    OtherRole,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<LabelError> for PublishError {
    fn from(_: LabelError) -> Self {
        Self::OtherRole
    }
}

impl App {
    /// Publishes what changed of a space's own description, in one commit; what is
    /// the same makes no record, and what is gone is removed.
    pub async fn publish_space(&self, space: &SpaceText) -> Result<Published, PublishError> {
        if self.is_coordinator() {
            return Err(PublishError::OtherRole);
        }
        let wanted = wanted_records(space)?;
        until_settled!(self.try_publish(&wanted, &SPACE_KINDS, None).await)
    }

    /// Publishes the label's rules, if they changed, as the charter's next version.
    pub async fn publish_charter(&self, charter: &CharterText) -> Result<Published, PublishError> {
        self.coordinates()?;
        until_settled!(self.try_publish_charter(charter).await)
    }

    async fn try_publish_charter(
        &self,
        charter: &CharterText,
    ) -> Result<Published, Attempt<PublishError>> {
        let register = self.register().await?;
        let held = register.charter.as_ref().ok_or(Fault::NothingHeard)?;
        let CharterText {
            name,
            roaming,
            criteria,
        } = charter.clone();
        let is_same = held.name == name && held.roaming == roaming && held.criteria == criteria;
        let version = if is_same {
            held.version
        } else {
            held.version + 1
        };
        let next = Charter {
            url: held.url.clone(),
            name,
            version,
            roaming,
            criteria,
        };
        let text = write("charter", &next).map_err(Attempt::Failed)?;
        let wanted = BTreeMap::from([((Charter::KIND, next.url), text)]);
        let after = Some(register.position());
        self.try_publish(&wanted, &[Charter::KIND], after).await
    }

    async fn try_publish(
        &self,
        wanted: &BTreeMap<(&'static str, String), String>,
        kinds: &[&'static str],
        decided_after: Option<(u64, u64)>,
    ) -> Result<Published, Attempt<PublishError>> {
        let entity: &EntityId = &self.identity().entity;
        let (before, _) = self.feed_state(entity).await?;
        if decided_after.is_some_and(|after| after != (before.epoch, before.seq)) {
            return Err(Attempt::Again);
        }
        let mut entries = Vec::new();
        for kind in kinds {
            let held: BTreeMap<_, _> = self.latest_texts(entity, kind).await?.into_iter().collect();
            let ids: BTreeSet<&String> = held
                .keys()
                .chain(
                    wanted
                        .keys()
                        .filter(|(wanted, _)| wanted == kind)
                        .map(|(_, id)| id),
                )
                .collect();
            for id in ids {
                let text = wanted.get(&(*kind, id.clone()));
                if held.get(id) != text {
                    entries.push(Entry {
                        kind: *kind,
                        id: id.clone(),
                        text: text.cloned(),
                    });
                }
            }
        }
        let records: Vec<_> = entries
            .iter()
            .map(|entry| {
                (
                    entry.kind.to_owned(),
                    entry.id.clone(),
                    entry.text.is_none(),
                )
            })
            .collect();
        let seq = before.seq + entries.len() as u64;
        if entries.is_empty() {
            return Ok(Published { records, seq });
        }
        let mut batch = Batch::new();
        let after = self.append(&mut batch, entries).await?;
        if after != (before.epoch, before.seq) {
            return Err(Attempt::Again);
        }
        self.store().commit(batch).await?;
        Ok(Published { records, seq })
    }
}

const SPACE_KINDS: [&str; 3] = [Profile::KIND, OpeningHours::KIND, Formula::KIND];

fn wanted_records(
    space: &SpaceText,
) -> Result<BTreeMap<(&'static str, String), String>, PublishError> {
    let refused = |part: &str, what: &str| PublishError::Refused {
        part: part.to_owned(),
        refusal: Malformed(what.to_owned()),
    };
    let mut wanted = BTreeMap::new();
    let one = || THE_ONE.to_owned();
    wanted.insert((Profile::KIND, one()), write("profile", &space.profile)?);
    if let Some(hours) = &space.opening_hours {
        if !opening::is_time_zone(&hours.time_zone) {
            return Err(refused("opening_hours", "time_zone is not one that exists"));
        }
        wanted.insert((OpeningHours::KIND, one()), write("opening_hours", hours)?);
    }
    if space.formulas.len() > FORMULAS_MAX {
        return Err(refused("formula", "more than 50 formulas"));
    }
    for (id, formula) in &space.formulas {
        let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || id.len() > 40 || !id.bytes().all(is_id) {
            return Err(refused(id, "an id is 1 to 40 of a-z, 0-9 and -"));
        }
        wanted.insert(
            (Formula::KIND, id.clone()),
            write(&format!("formula {id}"), formula)?,
        );
    }
    Ok(wanted)
}

fn write<T: BodyKind>(part: &str, body: &T) -> Result<String, PublishError> {
    body.write().map_err(|refusal| PublishError::Refused {
        part: part.to_owned(),
        refusal,
    })
}
