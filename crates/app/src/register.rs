//! The label's register, read from the coordinator's feed.
//!
//! Each paper is opened again, by the keys that hang from the pinned root, each
//! time that the register is built. What does not open is left out: a record that
//! says nothing is as good as none.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use rules::feed::{ANCHOR_KIND, MARK_KIND, STATEMENT_KIND};
use rules::revocation::{Revoked, open_revocation};
use rules::trust::{self, Entry, Standing};
use seal::{KeySet, PublicKey, Thumbprint, Verified};
use wire::label::{Application, Charter, Warning, Withdrawal};
use wire::revocation::{KEY_REVOCATION_KIND, id_of};
use wire::space::THE_ONE;
use wire::trust::{Anchor, EntityStatement, TrustMark};
use wire::{BodyKind, EntityId, Timestamp};

use crate::stored::Feed;
use crate::{App, CONFLICT_TRIES, Fault, Label};

/// The label as the coordinator's feed has it at one position.
#[derive(Debug)]
pub struct Register {
    /// Whose feed it is.
    pub coordinator: EntityId,
    epoch: u64,
    seq: u64,
    anchor: Verified<Anchor>,
    coordinator_keys: KeySet,
    /// The label's rules.
    pub charter: Option<Charter>,
    members: BTreeMap<EntityId, Member>,
    revoked: BTreeMap<EntityId, Revoked>,
}

/// What the register has about one space.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// That it belongs.
    pub statement: Option<Verified<EntityStatement>>,
    /// That it bears the label.
    pub mark: Option<Verified<TrustMark>>,
    /// That it is suspended or withdrawn.
    pub withdrawal: Option<Withdrawal>,
    /// That it asks for the label.
    pub application: Option<Application>,
    /// That it is warned.
    pub warning: Option<Warning>,
}

impl Member {
    /// The `fed` keys that its statement names.
    pub(crate) fn fed_keys(&self) -> Option<KeySet> {
        self.statement.as_ref()?.jwks.key_set().ok()
    }
}

impl Register {
    /// What the label says of `space` at `now`.
    pub fn standing(&self, space: &EntityId, now: Timestamp) -> Standing {
        let nobody = Member::default();
        let member = self.members.get(space).unwrap_or(&nobody);
        let withdrawal = member.withdrawal.as_ref();
        #[cfg(feature = "sabotage")]
        let withdrawal = withdrawal.filter(|_| !crate::sabotage::ignores_withdrawals());
        let entry = Entry {
            anchor: &self.anchor,
            statement: member.statement.as_ref(),
            mark: member.mark.as_ref(),
            withdrawal,
        };
        trust::standing(entry, now)
    }

    /// Epoch and position of the feed at which this is the register.
    pub(crate) fn position(&self) -> (u64, u64) {
        (self.epoch, self.seq)
    }

    /// The coordinator's `fed` keys, as the anchor names them.
    pub(crate) fn coordinator_keys(&self) -> &KeySet {
        &self.coordinator_keys
    }

    /// Until when the root key's word holds.
    pub fn anchor_until(&self) -> Timestamp {
        self.anchor.exp
    }

    /// Whether another space than this one speaks by this `fed` key. Only the first key of a
    /// statement was proven to be its space's: the others are what it says that it had.
    pub(crate) fn is_fed_key_of_another(&self, key: &Thumbprint, than: &EntityId) -> bool {
        self.members().any(|(space, member)| {
            let speaks_by =
                |keys: KeySet| keys.iter().next().map(PublicKey::thumbprint) == Some(key);
            space != than && member.fed_keys().is_some_and(speaks_by)
        })
    }

    /// Which keys of a space were revoked.
    pub fn revoked(&self, space: &EntityId) -> Revoked {
        self.revoked.get(space).cloned().unwrap_or_default()
    }

    /// That a space is warned at `now`: no longer than it was given time.
    pub fn warning(&self, space: &EntityId, now: Timestamp) -> Option<&Warning> {
        let warning = self.members.get(space)?.warning.as_ref()?;
        (now < warning.until).then_some(warning)
    }

    /// The version of the charter, by which decisions are made.
    pub(crate) fn charter_version(&self) -> u64 {
        self.charter.as_ref().map_or(1, |charter| charter.version)
    }

    /// Whether a space belongs, whatever its standing.
    pub fn belongs(&self, space: &EntityId) -> bool {
        self.members
            .get(space)
            .is_some_and(|member| member.statement.is_some())
    }

    /// The `fed` keys of a space that belongs.
    pub(crate) fn fed_keys_of(&self, space: &EntityId) -> Option<KeySet> {
        self.members.get(space)?.fed_keys()
    }

    /// The epoch of the feed of a space; the first where it does not belong.
    pub(crate) fn feed_epoch_of(&self, space: &EntityId) -> u64 {
        let member = self.members.get(space);
        let statement = member.and_then(|member| member.statement.as_ref());
        statement.map_or(1, |it| it.feed_epoch())
    }

    /// What there is about a space.
    pub fn member(&self, space: &EntityId) -> Option<&Member> {
        self.members.get(space)
    }

    /// All spaces that belong, whatever their standing: a withdrawn label does not
    /// cut a node off.
    pub fn members(&self) -> impl Iterator<Item = (&EntityId, &Member)> {
        self.members
            .iter()
            .filter(|(_, member)| member.statement.is_some())
    }
}

impl App {
    /// The register of the label in which this node was founded, as far as it was heard.
    pub async fn register(&self) -> Result<Arc<Register>, Fault> {
        self.register_of(&self.first_label()).await
    }

    /// The register of a label as far as it was heard.
    pub(crate) async fn register_of(&self, label: &Label) -> Result<Arc<Register>, Fault> {
        let (feed, _) = self.feed_state(&label.coordinator).await?;
        self.register_at(label, feed).await
    }

    /// The same, of the coordinator's feed as it was just read.
    pub(crate) async fn register_at(
        &self,
        label: &Label,
        feed: Feed,
    ) -> Result<Arc<Register>, Fault> {
        let cached = self
            .inner
            .registers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&label.coordinator)
            .cloned();
        if let Some(cached) = cached.filter(|it| it.position() == (feed.epoch, feed.seq)) {
            return Ok(cached);
        }
        let register = Arc::new(self.read_register(label, feed).await?);
        let mut registers = self
            .inner
            .registers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        registers.insert(label.coordinator.clone(), Arc::clone(&register));
        Ok(register)
    }

    /// Reads until no commit came between two reads: a register is of one position,
    /// never half of one and half of the next.
    async fn read_register(&self, label: &Label, mut feed: Feed) -> Result<Register, Fault> {
        for _ in 0..CONFLICT_TRIES {
            let register = self.build_register(label, &feed).await?;
            let (after, _) = self.feed_state(&label.coordinator).await?;
            if register.position() == (after.epoch, after.seq) {
                return Ok(register);
            }
            feed = after;
        }
        Err(Fault::Busy)
    }

    async fn build_register(&self, label: &Label, feed: &Feed) -> Result<Register, Fault> {
        let Label { coordinator, root } = label;
        let anchor = self
            .latest_text(coordinator, ANCHOR_KIND, THE_ONE)
            .await?
            .and_then(|text| trust::open_anchor(&text, root, coordinator).ok())
            .ok_or(Fault::NothingHeard)?;
        let fed_keys = anchor.jwks.key_set().map_err(|_| Fault::NothingHeard)?;
        let charter = self.latest_texts(coordinator, Charter::KIND).await?;
        let charter = charter
            .iter()
            .filter_map(|(id, text)| Charter::read(text).ok().filter(|it| it.url == *id))
            .max_by(|a, b| (a.version, &a.url).cmp(&(b.version, &b.url)));
        let mut members: BTreeMap<EntityId, Member> = BTreeMap::new();
        for (id, text) in self.latest_texts(coordinator, STATEMENT_KIND).await? {
            let Ok(space) = EntityId::parse(&id) else {
                continue;
            };
            let statement = trust::open_statement(&text, &fed_keys, coordinator, &space).ok();
            members.entry(space).or_default().statement = statement;
        }
        for (id, text) in self.latest_texts(coordinator, MARK_KIND).await? {
            let (Ok(space), Some(charter)) = (EntityId::parse(&id), &charter) else {
                continue;
            };
            let mark = trust::open_mark(&text, &fed_keys, coordinator, &space, &charter.url).ok();
            members.entry(space).or_default().mark = mark;
        }
        for (id, text) in self.latest_texts(coordinator, Withdrawal::KIND).await? {
            let Ok(space) = EntityId::parse(&id) else {
                continue;
            };
            let withdrawal = Withdrawal::read(&text).ok().filter(|it| it.sub == space);
            members.entry(space).or_default().withdrawal = withdrawal;
        }
        let revoked = self.read_revoked(label, &fed_keys, &members).await?;
        self.read_notes(label, &mut members).await?;
        Ok(Register {
            coordinator: coordinator.clone(),
            epoch: feed.epoch,
            seq: feed.seq,
            anchor,
            coordinator_keys: fed_keys,
            charter,
            members,
            revoked,
        })
    }

    /// The ends of keys, as the coordinator says them.
    async fn read_revoked(
        &self,
        Label { coordinator, .. }: &Label,
        coordinator_fed: &KeySet,
        members: &BTreeMap<EntityId, Member>,
    ) -> Result<BTreeMap<EntityId, Revoked>, Fault> {
        let texts = self.latest_texts(coordinator, KEY_REVOCATION_KIND).await?;
        let mut revoked: BTreeMap<EntityId, Revoked> = BTreeMap::new();
        for (id, text) in texts {
            // Each is opened once, for the space that its id names.
            let named = id.split_once('#').map(|(space, _)| EntityId::parse(space));
            let Some(Ok(space)) = named else { continue };
            let Some(fed) = members.get(&space).and_then(Member::fed_keys) else {
                continue;
            };
            let by = (coordinator, coordinator_fed);
            let opened = open_revocation(&text, by, (&space, &fed), Revoked::none());
            let Some(revocation) = opened.ok().filter(|it| it.iss == *coordinator) else {
                continue;
            };
            let ended = revocation.ended();
            if let Some(key) = ended.filter(|key| id == id_of(&space, key)) {
                let of = revoked.entry(space).or_default();
                of.add(key, revocation.last);
            }
        }
        Ok(revoked)
    }

    /// What changes no standing: who asks, and who is warned.
    async fn read_notes(
        &self,
        Label { coordinator, .. }: &Label,
        members: &mut BTreeMap<EntityId, Member>,
    ) -> Result<(), Fault> {
        for (id, text) in self.latest_texts(coordinator, Application::KIND).await? {
            let read = Application::read(&text).ok();
            if let Some(application) = read.filter(|it| it.sub.as_str() == id) {
                let space = application.sub.clone();
                members.entry(space).or_default().application = Some(application);
            }
        }
        for (id, text) in self.latest_texts(coordinator, Warning::KIND).await? {
            let read = Warning::read(&text).ok();
            if let Some(warning) = read.filter(|it| it.sub.as_str() == id) {
                let space = warning.sub.clone();
                members.entry(space).or_default().warning = Some(warning);
            }
        }
        Ok(())
    }
}
