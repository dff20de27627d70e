//! The keys by which this node speaks: those that its folder holds, and which of them now.
//!
//! Which key signs follows from what was committed: an `ops` key that the node's own feed
//! has in force, the `fed` key that the label names first. Nothing else is remembered, so
//! that a turn of keys that ended half-way goes on at the next start as if nothing had
//! happened.
//!
//! **Invariant:** a record is signed by a key that is in force at its position, and a
//! document outside of the feed by a key that the feed names by then.
//!
//! Specified in `specs/keys.md`.

use std::sync::{Arc, PoisonError, RwLockReadGuard};

use rules::feed::{ANCHOR_KIND, Author, CONFIGURATION_KIND, Tip};
use rules::revocation::Revoked;
use rules::trust;
use seal::{Document, KeySet, PublicKey, SealRefusal, Sealed, SecretKey, Thumbprint, Verified};
use wire::EntityId;
use wire::revocation::LastGood;
use wire::space::THE_ONE;

use crate::stored::Feed;
use crate::{App, Fault, PullError};

/// The most private keys of one purpose that a folder holds: as many as a document names.
pub const HELD_KEYS_MAX: usize = 8;

/// Private keys of one purpose: one, and those that shall follow it or that it followed.
#[derive(Debug, Clone)]
pub struct Keys(Vec<Arc<SecretKey>>);

impl Keys {
    /// One key.
    pub fn only(key: SecretKey) -> Self {
        Self(vec![Arc::new(key)])
    }

    /// These keys; `None` where there is none, or more than [`HELD_KEYS_MAX`].
    pub fn new(keys: Vec<SecretKey>) -> Option<Self> {
        let keys: Vec<_> = keys.into_iter().map(Arc::new).collect();
        (1..=HELD_KEYS_MAX)
            .contains(&keys.len())
            .then_some(Self(keys))
    }

    /// The public part of the first.
    pub fn public(&self) -> &PublicKey {
        self.first().public()
    }

    /// Whether there is a key of that name.
    pub fn holds(&self, name: &Thumbprint) -> bool {
        self.find(name).is_some()
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &Thumbprint> {
        self.0.iter().map(|key| key.public().thumbprint())
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "no constructor makes a set of none"
    )]
    fn first(&self) -> &Arc<SecretKey> {
        &self.0[0]
    }

    fn find(&self, name: &Thumbprint) -> Option<&Arc<SecretKey>> {
        self.0.iter().find(|key| key.public().thumbprint() == name)
    }

    /// The first of `named` that is held.
    fn first_of<'a>(
        &self,
        named: impl IntoIterator<Item = &'a PublicKey>,
    ) -> Option<&Arc<SecretKey>> {
        named
            .into_iter()
            .find_map(|key| self.find(key.thumbprint()))
    }

    /// Whether there is room for it, or it is there already.
    fn add(&mut self, key: SecretKey) -> bool {
        if self.holds(key.public().thumbprint()) {
            return true;
        }
        let has_room = self.0.len() < HELD_KEYS_MAX;
        if has_room {
            self.0.push(Arc::new(key));
        }
        has_room
    }

    fn public_keys(&self) -> impl Iterator<Item = PublicKey> {
        self.0.iter().map(|key| key.public().clone())
    }
}

/// What a node holds of private keys.
#[derive(Debug)]
pub(crate) struct Held {
    fed: Keys,
    ops: Keys,
}

impl Held {
    pub(crate) fn new(fed: Keys, ops: Keys) -> Self {
        Self { fed, ops }
    }

    pub(crate) fn ops_names(&self) -> impl Iterator<Item = &Thumbprint> {
        self.ops.names()
    }
}

/// By which keys a feed is judged.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    speaks: Speaks,
    /// Which coordinator says so, where it is not that of the label in which this node was
    /// founded.
    pub(crate) by: Option<EntityId>,
    /// The epoch of the feed, as far as its coordinator says.
    pub(crate) epoch: u64,
    pub(crate) revoked: Revoked,
}

impl Authority {
    /// The names of the keys that were revoked.
    pub(crate) fn revoked_names(&self) -> Vec<String> {
        self.revoked
            .iter()
            .map(|(kid, _)| kid.to_string())
            .collect()
    }

    /// The same, with this key ended there.
    pub(crate) fn revoking(mut self, kid: &Thumbprint, last: LastGood) -> Self {
        self.revoked = Revoked::default();
        self.revoked.add(kid.clone(), last);
        self
    }

    pub(crate) fn author(&self) -> Author<'_> {
        match &self.speaks {
            Speaks::ForALabel(root) => Author::Coordinator(root),
            Speaks::AsASpace(fed) => Author::Space(fed, &self.revoked),
        }
    }
}

/// What the label that decides who a node is says of it.
#[derive(Debug)]
pub(crate) struct Word {
    /// Whether there is such a label.
    is_given: bool,
    /// Whose it is, where it is not the one in which this node was founded.
    by: Option<EntityId>,
    /// The `fed` keys of a space that belongs.
    fed: Option<KeySet>,
    /// The epoch of its feed.
    epoch: u64,
    /// Which of its keys were revoked.
    pub(crate) revoked: Revoked,
}

impl Default for Word {
    fn default() -> Self {
        Self {
            is_given: false,
            by: None,
            fed: None,
            epoch: 1,
            revoked: Revoked::default(),
        }
    }
}

impl Word {
    /// Whether what is held of a feed was read by this word. Where it was not, it may be
    /// somebody else's, and is read again soon. Who belongs nowhere is nobody's to say: what
    /// was read of it stays as it was.
    pub(crate) fn is_about(&self, feed: &Feed) -> bool {
        !self.is_given || feed.by == self.by
    }
}

/// From what the keys of a feed hang.
#[derive(Debug, Clone)]
enum Speaks {
    /// From the root key of a label.
    ForALabel(PublicKey),
    /// From these `fed` keys.
    AsASpace(KeySet),
}

/// The keys by which something can be opened: each set on its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpsKeys(Vec<KeySet>);

impl OpsKeys {
    /// All that were ever in force up to there.
    pub(crate) fn of(tip: &Tip) -> Self {
        Self(tip.ever().cloned().collect())
    }

    /// Opens a document by the key that it names, if that is among these.
    pub(crate) fn open<T: Document>(&self, text: &str) -> Result<Verified<T>, SealRefusal> {
        let sealed = Sealed::<T>::parse(text)?;
        let keys = self.0.iter().find(|keys| keys.find(sealed.kid()).is_some());
        sealed.open(keys.ok_or(SealRefusal::UnknownKey)?)
    }

    /// Whether there are none: the feed was not heard yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each set.
    pub(crate) fn sets(&self) -> impl Iterator<Item = &KeySet> {
        self.0.iter()
    }
}

impl App {
    pub(crate) fn held(&self) -> RwLockReadGuard<'_, Held> {
        let held = self.inner.held.read();
        held.unwrap_or_else(PoisonError::into_inner)
    }

    /// The `ops` key that signs now: the first that the own feed has in force and that is
    /// held.
    pub(crate) async fn ops(&self) -> Result<Arc<SecretKey>, Fault> {
        let (feed, _) = self.feed_state(&self.identity().entity).await?;
        self.ops_among(feed.tip()?.ops.as_ref())
    }

    /// The same, of the keys in force at one position.
    pub(crate) fn ops_among(&self, in_force: Option<&KeySet>) -> Result<Arc<SecretKey>, Fault> {
        let held = self.held();
        let Some(in_force) = in_force else {
            return Ok(Arc::clone(held.ops.first()));
        };
        let found = held.ops.first_of(in_force.iter());
        found.cloned().ok_or(Fault::NoKey)
    }

    /// The `fed` key that signs now: the first that its labels name, all of them, and that
    /// is held. A node that is not named, or not yet, goes on with the one that it began with.
    pub(crate) async fn fed(&self) -> Result<Arc<SecretKey>, Fault> {
        let named = self.fed_named().await?;
        let before = self.fed_of_configuration().await?;
        let held = self.held();
        let by_label = named.and_then(|named| held.fed.first_of(named.iter()).cloned());
        let as_before = before.and_then(|name| held.fed.find(&name).cloned());
        Ok(by_label
            .or(as_before)
            .unwrap_or_else(|| Arc::clone(held.fed.first())))
    }

    /// The first of these keys that is held.
    pub(crate) fn fed_among(&self, named: &KeySet) -> Result<Arc<SecretKey>, Fault> {
        let held = self.held();
        let found = held.fed.first_of(named.iter());
        found.cloned().ok_or(Fault::NoKey)
    }

    /// What its labels say are this node's `fed` keys: those that each of them names. A
    /// label that names none of them means somebody else.
    async fn fed_named(&self) -> Result<Option<KeySet>, Fault> {
        let identity = self.identity();
        if !self.is_coordinator() {
            let own = &identity.entity;
            let registers = self.registers().await?;
            let deciding = self.deciding_of(&registers, own);
            let revoked = deciding.map(|it| it.revoked(own)).unwrap_or_default();
            // What another has, or the label has ended that decides, no label brings back.
            let is_good = |key: &PublicKey| {
                self.holds_fed(key.thumbprint()) && !revoked.names(key.thumbprint())
            };
            let named = registers.each().filter_map(|it| it.fed_keys_of(own));
            let all = named.filter_map(|keys| keys.filtered(is_good));
            return Ok(all.fold(None, |named: Option<KeySet>, keys| {
                let Some(named) = named else {
                    return Some(keys);
                };
                let by_both = named.filtered(|key| keys.find(key.thumbprint()).is_some());
                Some(by_both.unwrap_or(named))
            }));
        }
        let text = self
            .latest_text(&identity.entity, ANCHOR_KIND, THE_ONE)
            .await?;
        let open = |text: String| trust::open_anchor(&text, &identity.root, &identity.entity);
        let anchor = text.and_then(|text| open(text).ok());
        Ok(anchor.and_then(|anchor| anchor.jwks.key_set().ok()))
    }

    /// The key that signed this node's last Entity Configuration.
    pub(crate) async fn fed_of_configuration(&self) -> Result<Option<Thumbprint>, Fault> {
        let entity = &self.identity().entity;
        let text = self
            .latest_text(entity, CONFIGURATION_KIND, THE_ONE)
            .await?;
        let sealed =
            text.and_then(|text| Sealed::<wire::trust::EntityStatement>::parse(&text).ok());
        Ok(sealed.map(|sealed| sealed.kid().clone()))
    }

    /// The public parts of all `fed` keys that are held.
    pub(crate) fn own_fed(&self) -> Result<KeySet, Fault> {
        let keys = self.held().fed.public_keys().collect();
        KeySet::new(keys).map_err(|_| Fault::NoKey)
    }

    /// Whether the folder holds this `fed` key.
    pub(crate) fn holds_fed(&self, name: &Thumbprint) -> bool {
        self.held().fed.holds(name)
    }

    /// The public part of this `ops` key, if it is held.
    pub(crate) fn held_ops(&self, name: &Thumbprint) -> Option<PublicKey> {
        let held = self.held();
        held.ops.find(name).map(|key| key.public().clone())
    }

    /// This `fed` key, if it is held.
    pub(crate) fn held_fed(&self, name: &Thumbprint) -> Option<Arc<SecretKey>> {
        self.held().fed.find(name).cloned()
    }

    /// Takes a key that the folder holds since now, if there is room.
    pub(crate) fn hold(&self, purpose: Purpose, key: SecretKey) -> bool {
        let held = self.inner.held.write();
        let mut held = held.unwrap_or_else(PoisonError::into_inner);
        match purpose {
            Purpose::Fed => held.fed.add(key),
            Purpose::Ops => held.ops.add(key),
        }
    }

    /// By which keys the feed of `entity` is judged; refused where this node does not
    /// follow it.
    pub(crate) async fn authority_of(&self, entity: &EntityId) -> Result<Authority, PullError> {
        let word = self.word_about(entity).await?;
        let speaks = if let Some(label) = self.label_of(entity) {
            Speaks::ForALabel(label.root)
        } else if *entity == self.identity().entity {
            Speaks::AsASpace(self.own_and(word.fed.as_ref())?)
        } else {
            let stranger = || PullError::Stranger(entity.clone());
            Speaks::AsASpace(word.fed.ok_or_else(stranger)?)
        };
        Ok(Authority {
            speaks,
            by: word.by,
            epoch: word.epoch,
            revoked: word.revoked,
        })
    }

    /// What the label says of a node that decides who it is. Of a coordinator no label says
    /// anything: its root key speaks for it.
    pub(crate) async fn word_about(&self, entity: &EntityId) -> Result<Word, Fault> {
        let not_first = |coordinator: &EntityId| {
            (!self.is_first_coordinator(coordinator)).then(|| coordinator.clone())
        };
        if self.label_of(entity).is_some() {
            return Ok(Word {
                is_given: true,
                by: not_first(entity),
                ..Word::default()
            });
        }
        let registers = self.registers().await?;
        let Some(register) = self.deciding_of(&registers, entity) else {
            return Ok(Word::default());
        };
        Ok(Word {
            is_given: true,
            by: not_first(&register.coordinator),
            fed: register.fed_keys_of(entity),
            epoch: register.feed_epoch_of(entity),
            revoked: register.revoked(entity),
        })
    }

    /// The node's own `fed` keys, those of which the folder has no file any more among them.
    fn own_and(&self, named: Option<&KeySet>) -> Result<KeySet, Fault> {
        let mut keys: Vec<PublicKey> = self.held().fed.public_keys().collect();
        for key in named.into_iter().flat_map(KeySet::iter) {
            if !keys.contains(key) && keys.len() < HELD_KEYS_MAX {
                keys.push(key.clone());
            }
        }
        KeySet::new(keys).map_err(|_| Fault::NoKey)
    }

    /// The `ops` keys of a node that are good now: in force at the end of its feed, and
    /// not revoked. By these is opened what it says now: a request, an answer, a passport.
    pub(crate) async fn ops_of(&self, entity: &EntityId) -> Result<Option<KeySet>, Fault> {
        let (feed, _) = self.feed_state(entity).await?;
        let word = self.word_about(entity).await?;
        // Another has taken its place, and was not heard yet.
        let is_another = feed.epoch < word.epoch || !word.is_about(&feed);
        let in_force = if is_another && *entity != self.identity().entity {
            None
        } else {
            feed.tip()?.ops
        };
        let is_good = |key: &PublicKey| !word.revoked.names(key.thumbprint());
        Ok(in_force.and_then(|keys| keys.filtered(is_good)))
    }

    /// These, and those that were in force once and were not revoked. By these is opened
    /// what it said once and sends now: a receipt may be three months old.
    pub(crate) async fn evidence_keys_of(&self, entity: &EntityId) -> Result<OpsKeys, Fault> {
        let (feed, _) = self.feed_state(entity).await?;
        let word = self.word_about(entity).await?;
        if *entity != self.identity().entity && !word.is_about(&feed) {
            return Ok(OpsKeys::default());
        }
        let tip = feed.tip()?;
        let good = |keys: &KeySet| keys.filtered(|key| !word.revoked.names(key.thumbprint()));
        Ok(OpsKeys(tip.ever().filter_map(good).collect()))
    }

    /// All that were ever in force. By these is opened again what was kept before a key was
    /// revoked, and what stands in its feed.
    pub(crate) async fn kept_keys_of(&self, entity: &EntityId) -> Result<OpsKeys, Fault> {
        let (feed, _) = self.feed_state(entity).await?;
        Ok(OpsKeys::of(&feed.tip()?))
    }

    /// Which keys of a node were revoked, as far as the coordinator was heard that says so.
    pub(crate) async fn revoked_of(&self, entity: &EntityId) -> Result<Revoked, Fault> {
        Ok(self.word_about(entity).await?.revoked)
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It names the node's other keys.
    Fed,
    /// It signs the feed, requests and answers.
    Ops,
}
