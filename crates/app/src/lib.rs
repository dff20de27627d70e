//! What the node can be asked to do: read, decide, commit.
//!
//! An operation reads what it needs, lets `rules` decide, and makes the decision
//! true in one commit: the view, the feed entry, the index. Nothing is sent inside
//! an operation; senders read what was committed.
//!
//! **Invariant:** nothing here knows HTTP, files or sockets.
//!
//! **Invariant:** what is read from the store is checked again before it is
//! believed: signatures of papers, forms of everything else.
//!
//! **Invariant:** a node signs only documents that it built itself.

#![forbid(unsafe_code)]

mod access;
mod allowance;
mod anchors;
mod append;
mod applying;
mod calendar;
mod callers;
mod carriers;
mod challenges;
mod check;
mod check_seats;
mod check_visits;
mod codes;
mod decisions;
mod decoys;
mod desk;
mod env;
mod events;
mod exchange;
mod fault;
mod federation;
mod figures;
mod followed;
mod found;
mod healing;
mod hints;
mod home;
mod icalendar;
mod import;
mod inbox;
mod issuing;
mod join;
mod key_decisions;
mod key_rows;
pub mod keys;
mod label;
mod labels;
mod members;
mod outbox;
mod own_feed;
mod parting;
mod passports;
mod people;
mod publish;
mod published;
mod pull;
mod receipts;
mod register;
mod registered;
mod registrations;
mod relayed;
mod renew;
#[cfg(feature = "sabotage")]
pub mod sabotage;
mod scrub;
mod seats;
mod serve;
mod signing;
mod statuses;
mod stored;
mod turning;
pub mod view;
mod visits;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use seal::PublicKey;
use store::{Batch, CommitError, Key, Position, Prefix, Store, Versioned};
use wire::trust::NodeRole;
use wire::{EntityId, Timestamp};

pub use access::{AccessError, AccessRow, Operator, ROLES, Role, Staff, Steward};
pub use allowance::Roamed;
pub use applying::ApplyError;
pub use calendar::{
    CALENDAR_DAYS_DEFAULT, CALENDAR_DAYS_MAX, CALENDAR_ROWS_MAX, Calendar, CalendarFilter,
    CalendarRow, EVENTS_MAX, EventView, Listed, Publisher, SUBSCRIBED_SECONDS, SeatsView, due_of,
};
pub use carriers::{CarrierRow, CarrierState};
pub use challenges::DeskChallenge;
pub use check::{CheckReport, Depth};
pub use decisions::Story;
pub use desk::{Judged, Visitor};
pub use env::{Clock, Entropy, EntropyError};
pub use events::{EventError, EventText, PublishedEvent};
pub use exchange::{About, CarrierId, Fate, KeyId, Op, ReceiptId, RegistrationId, VisitId};
pub use fault::{Fault, chain};
pub use federation::{FederationError, ListFilter};
pub use figures::{FeedFigures, Figures};
pub use found::{FoundError, FoundingPapers};
pub use healing::{BRANCH_RECORDS_MAX, Branch, BranchSays, OwnSays};
pub use hints::HintError;
pub use import::{ImportError, NotTaken, Proposed};
pub use inbox::{ConflictRow, REFUSALS_KEPT_MAX, RequestError};
pub use join::{JoinError, JoinState};
pub use key_rows::{KeyRow, KeyState};
pub use label::{LabelError, LabelRow, LabelState};
pub use labels::{Label, Registers};
pub use members::{MemberError, MemberRow};
pub use outbox::{Letter, OutboxError, OutboxRow, SendFailure, UNANSWERED};
pub use own_feed::{OwnFeedState, PARTNERS_ASKED_MAX};
pub use parting::{ForkError, OVERLAP_RECORDS, PARTINGS_KEPT_MAX, PartingRow};
pub use passports::{BATCH_MAX, EnrolError, Holder, Membership, PaperPassport};
pub use people::MemberState;
pub use publish::{CharterText, PublishError, Published, SpaceText};
pub use pull::{PullError, PullStep, page_path};
pub use receipts::SignedReceipt;
pub use register::{Member, Register};
pub use registered::{CancelledBy, RegistrationState, SeatState};
pub use registrations::{
    REGISTRATIONS_ACTIVE_MAX, REGISTRATIONS_KEPT_MAX, REGISTRATIONS_REPEATED_MAX,
    RegistrationError, RegistrationRow, Wish,
};
pub use relayed::Source;
pub use seats::{REGISTRATIONS_OF_A_HOME_MAX, SeatError, SeatRow, registration_codes};
pub use serve::ServeError;
pub use signing::{HELD_KEYS_MAX, Keys, Purpose};
pub use stored::legible;
pub use turning::{KeyError, Overlap};
pub use visits::{Correction, Stay, VisitError, VisitRow};

/// Who this node is, with the keys by which it speaks.
#[derive(Debug)]
pub struct Identity {
    /// This node.
    pub entity: EntityId,
    /// Space or coordinator.
    pub role: NodeRole,
    /// The coordinator of its label: itself, for a coordinator.
    pub coordinator: EntityId,
    /// The label's root key, pinned when the node was founded.
    pub root: PublicKey,
    /// One of them signs the Entity Configuration, and a coordinator's statements and marks.
    pub fed: Keys,
    /// One of them signs the feed, requests and answers.
    pub ops: Keys,
}

/// A node's operations.
#[derive(Debug, Clone)]
pub struct App {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    identity: Identity,
    /// The private keys, of which there are more after a turn.
    held: RwLock<signing::Held>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// The registers, each of one position of its coordinator's feed, so that they are not
    /// built anew at each question.
    registers: RwLock<BTreeMap<EntityId, Arc<Register>>>,
    /// The labels beside the first.
    further_labels: RwLock<labels::Further>,
    /// How often the labels beside the first were looked up.
    looks_at_labels: AtomicU64,
    /// When each feed was last pulled with success, since the node started.
    pulled: RwLock<BTreeMap<EntityId, Timestamp>>,
    /// How far feeds are known, as it was last read, with the commit that wrote it.
    feeds_read: Mutex<BTreeMap<Key, (Position, stored::Feed)>>,
    /// What the desk has opened of other feeds.
    opened: Mutex<desk::Opened>,
    /// The numbers that desks show, the oldest first.
    challenges: Mutex<Vec<challenges::Given>>,
    /// Which nodes name which keys.
    callers: Mutex<callers::Callers>,
    /// How many pages have brought records, since the node started.
    feeds_moved: AtomicU64,
    /// How often each node has called this one, since the node started.
    calls: Mutex<BTreeMap<EntityId, u64>>,
    /// Why requests were not answered, since the node started.
    send_failures: Mutex<BTreeMap<String, SendFailure>>,
    /// Whose feed shall be read soon, because they referred to what was not heard yet.
    wanted: Mutex<BTreeSet<EntityId>>,
    /// Which feeds are longer than they are known, as anybody says.
    hints: Mutex<hints::Hints>,
    /// How many refusals are kept for each node, where it was counted.
    refusals: Mutex<BTreeMap<EntityId, usize>>,
    /// The events of each feed, as they were last read.
    events: Mutex<BTreeMap<EntityId, Arc<calendar::FeedEvents>>>,
    /// When the next entry of a family of keys is over, where there are many that last.
    next_looks: Mutex<BTreeMap<Prefix, Timestamp>>,
    /// What the last look through the store found.
    store_problems: RwLock<Vec<String>>,
    /// Whether the clock was declared right by a person, whatever was signed before.
    is_clock_accepted: AtomicBool,
    /// How sure this node is where its own feed stands.
    own_feed: Mutex<own_feed::Standing>,
    /// What was signed for strangers within a minute.
    signed_answers: Mutex<federation::SignedAnswers>,
}

/// How often an operation starts over when other commits came first. A node has a
/// handful of writers of its own feed; more than this is a fault.
const CONFLICT_TRIES: usize = 32;

/// About how many entries are forgotten in one commit, which has room for far more.
const FORGOTTEN_AT_ONCE_MAX: usize = 1_000;

/// The longest between two looks at what lasts for months: a day.
const LOOKS_SECONDS_MAX: i64 = 24 * 60 * 60;

impl App {
    /// The operations of the node that was founded in `store`.
    ///
    /// Refused if the store was founded for another node, another label or another
    /// form of this software.
    pub async fn open(
        store: Arc<dyn Store>,
        identity: Identity,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, FoundError> {
        let app = Self::over(store, identity, clock, entropy);
        app.check_founded().await?;
        Ok(app)
    }

    fn over(
        store: Arc<dyn Store>,
        identity: Identity,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let started_at = clock.now();
        let held = signing::Held::new(identity.fed.clone(), identity.ops.clone());
        Self {
            inner: Arc::new(Inner {
                store,
                identity,
                held: RwLock::new(held),
                clock,
                entropy,
                registers: RwLock::default(),
                further_labels: RwLock::default(),
                looks_at_labels: AtomicU64::new(0),
                pulled: RwLock::new(BTreeMap::new()),
                feeds_read: Mutex::default(),
                opened: Mutex::default(),
                challenges: Mutex::default(),
                callers: Mutex::default(),
                feeds_moved: AtomicU64::new(0),
                calls: Mutex::default(),
                wanted: Mutex::default(),
                hints: Mutex::default(),
                send_failures: Mutex::default(),
                refusals: Mutex::default(),
                events: Mutex::default(),
                next_looks: Mutex::default(),
                store_problems: RwLock::new(Vec::new()),
                is_clock_accepted: AtomicBool::new(false),
                own_feed: Mutex::new(own_feed::Standing::at(started_at)),
                signed_answers: Mutex::default(),
            }),
        }
    }

    /// Who this node is.
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// The moment, as the node's clock has it.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn store(&self) -> &dyn Store {
        self.inner.store.as_ref()
    }

    /// Every entry of a family of keys.
    async fn all(&self, prefix: Prefix) -> Result<Vec<(Key, Versioned)>, Fault> {
        self.all_under(prefix, &[]).await
    }

    /// Every entry of a family of keys whose rest begins with `stem`.
    async fn all_under(&self, prefix: Prefix, stem: &[u8]) -> Result<Vec<(Key, Versioned)>, Fault> {
        let mut entries = Vec::new();
        loop {
            let after = entries.last().map(|(key, _): &(Key, _)| key);
            let page = self
                .store()
                .scan(prefix, stem, after, store::SCAN_LIMIT_MAX)
                .await?;
            entries.extend(page.entries);
            if !page.is_cut {
                return Ok(entries);
            }
        }
    }

    /// The entries of a family of keys whose rest comes before `bound`.
    async fn all_before(
        &self,
        prefix: Prefix,
        bound: &[u8],
    ) -> Result<Vec<(Key, Versioned)>, Fault> {
        let mut entries: Vec<(Key, Versioned)> = Vec::new();
        loop {
            let after = entries.last().map(|(key, _)| key);
            let page = self
                .store()
                .scan(prefix, &[], after, store::SCAN_LIMIT_MAX)
                .await?;
            let is_before = |(key, _): &(Key, Versioned)| key.rest() < bound;
            let is_over = !page.is_cut || !page.entries.iter().all(is_before);
            entries.extend(page.entries.into_iter().filter(is_before));
            if is_over {
                return Ok(entries);
            }
        }
    }

    /// Commits at a place of the exchange between nodes where a test can stop the node,
    /// before and after.
    async fn commit_at(&self, place: &'static str, batch: Batch) -> Result<Position, CommitError> {
        #[cfg(feature = "sabotage")]
        sabotage::pause_at(place, "before").await;
        let position = self.store().commit(batch).await?;
        #[cfg(feature = "sabotage")]
        sabotage::pause_at(place, "after").await;
        #[cfg(not(feature = "sabotage"))]
        let _ = place;
        Ok(position)
    }

    /// How often each node has called this one, since it started: a call is a sign of
    /// life.
    pub fn calls(&self) -> BTreeMap<EntityId, u64> {
        let calls = self.inner.calls.lock();
        calls.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_call(&self, by: &EntityId) {
        let calls = self.inner.calls.lock();
        let mut calls = calls.unwrap_or_else(PoisonError::into_inner);
        *calls.entry(by.clone()).or_default() += 1;
    }

    /// Whose feeds shall be read now, because they referred to what was not heard yet;
    /// told once.
    pub fn wanted_pulls(&self) -> BTreeSet<EntityId> {
        let wanted = self.inner.wanted.lock();
        std::mem::take(&mut *wanted.unwrap_or_else(PoisonError::into_inner))
    }

    fn want_pull(&self, of: &EntityId) {
        let wanted = self.inner.wanted.lock();
        let mut wanted = wanted.unwrap_or_else(PoisonError::into_inner);
        wanted.insert(of.clone());
    }

    /// Whether an entry of a family of keys, of which each lasts for months, can be over.
    fn is_time_to_look(&self, prefix: Prefix) -> bool {
        let next = self.inner.next_looks.lock();
        let next = next.unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        // What a clock planned that was ahead is no plan.
        next.get(&prefix)
            .is_none_or(|next| *next < now || *next > now.plus_seconds(LOOKS_SECONDS_MAX))
    }

    /// Looks again when the next one is over, within a day: what comes until then lasts
    /// longer than that.
    fn look_again(&self, prefix: Prefix, next: Option<Timestamp>) {
        let tomorrow = self.now().plus_seconds(LOOKS_SECONDS_MAX);
        let next = next.map_or(tomorrow, |next| next.min(tomorrow));
        let looks = self.inner.next_looks.lock();
        let mut looks = looks.unwrap_or_else(PoisonError::into_inner);
        looks.insert(prefix, next);
    }

    /// Commits what there is, if that is as much as one commit shall have.
    async fn commit_if_full(&self, batch: &mut Batch) -> Result<(), Fault> {
        if batch.writes.len() >= FORGOTTEN_AT_ONCE_MAX {
            self.commit_or_leave(std::mem::take(batch)).await?;
        }
        Ok(())
    }

    /// Commits what there is; where somebody came first, the next look is soon.
    async fn commit_or_leave(&self, batch: Batch) -> Result<(), Fault> {
        match self.commit_unless_empty(batch).await {
            Ok(()) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Commits what there is to commit.
    async fn commit_unless_empty(&self, batch: Batch) -> Result<(), CommitError> {
        if !batch.writes.is_empty() {
            self.store().commit(batch).await?;
        }
        Ok(())
    }

    fn is_coordinator(&self) -> bool {
        self.identity().role == NodeRole::Coordinator
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.inner.entropy.fill(&mut bytes)?;
        Ok(bytes)
    }
}
