//! A node over a store in memory, asked through the real router.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use app::{App, FoundError, FoundingPapers, Identity, KeyError, Keys, Overlap, Purpose};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use seal::SecretKey;
use store::{MemoryStore, Store};
use tower::ServiceExt as _;
use wire::fork::Fork;
use wire::{EntityId, Timestamp};

use crate::{Answer, ManualClock, Plan, SeededEntropy, space_text};

/// A node; clones are the same node.
#[derive(Debug, Clone)]
pub struct TestNode {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    plan: Plan,
    clock: ManualClock,
    entropy: SeededEntropy,
    dress: Dress,
    /// The names of the keys that were put into its folder since it was founded.
    turned: Mutex<Turned>,
    running: Mutex<Running>,
}

#[derive(Debug, Clone, Default)]
struct Turned {
    fed: Vec<String>,
    ops: Vec<String>,
}

fn put(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|it| it == name) {
        names.push(name.to_owned());
    }
}

/// What stands between a node and its store in memory, put there at each start.
#[derive(Clone)]
pub(crate) struct Dress(Arc<dyn Fn(MemoryStore) -> Arc<dyn Store> + Send + Sync>);

impl Dress {
    /// This, around each store.
    pub(crate) fn of<S: Store>(dress: impl Fn(MemoryStore) -> S + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |store| Arc::new(dress(store))))
    }

    /// Nothing.
    fn plain() -> Self {
        Self::of(|store| store)
    }

    fn on(&self, store: &MemoryStore) -> Arc<dyn Store> {
        (self.0)(store.clone())
    }
}

impl fmt::Debug for Dress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dress")
    }
}

/// What a new start replaces.
#[derive(Debug, Clone)]
struct Running {
    store: MemoryStore,
    app: App,
    /// Built when somebody asks for the first time: it has dozens of routes.
    router: Arc<OnceLock<Router>>,
}

impl Running {
    fn new(store: MemoryStore, app: App) -> Self {
        let router = Arc::default();
        Self { store, app, router }
    }
}

impl TestNode {
    /// Founds a node in an empty store. Its clock stands at `now`, and is its own.
    pub async fn found(
        plan: Plan,
        papers: FoundingPapers,
        now: Timestamp,
    ) -> Result<Self, FoundError> {
        let (clock, store) = (ManualClock::at(now), MemoryStore::new());
        let entropy = SeededEntropy::new(plan.entity.as_str());
        let app = App::unfounded(
            Arc::new(store.clone()),
            plan.identity(),
            Arc::new(clock.clone()),
            Arc::new(entropy.clone()),
        );
        let app = app.found(papers).await?;
        let inner = Inner {
            plan,
            clock,
            entropy,
            dress: Dress::plain(),
            turned: Mutex::default(),
            running: Mutex::new(Running::new(store, app)),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Starts a node over a store in which it was founded.
    pub(crate) async fn start(
        plan: Plan,
        store: MemoryStore,
        (clock, entropy): (ManualClock, SeededEntropy),
        dress: Dress,
    ) -> Result<Self, FoundError> {
        let app = App::open(
            dress.on(&store),
            plan.identity(),
            Arc::new(clock.clone()),
            Arc::new(entropy.clone()),
        );
        let running = Running::new(store, app.await?);
        let inner = Inner {
            plan,
            clock,
            entropy,
            dress,
            turned: Mutex::default(),
            running: Mutex::new(running),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Its name.
    pub fn entity(&self) -> &EntityId {
        &self.inner.plan.entity
    }

    /// Its identity, with the keys, for tests that sign in its name.
    pub fn plan(&self) -> &Plan {
        &self.inner.plan
    }

    /// Its identity, with the keys that its folder holds by now.
    pub fn identity(&self) -> Identity {
        let Turned { fed, ops } = self.turned().clone();
        let plan = self.plan();
        let all = |first: SecretKey, next: &dyn Fn(&String) -> SecretKey, names: &[String]| {
            let keys = std::iter::once(first).chain(names.iter().map(next));
            Keys::new(keys.collect()).expect("a folder holds a few keys")
        };
        Identity {
            fed: all(plan.fed(), &|name| plan.next_fed(name), &fed),
            ops: all(plan.ops(), &|name| plan.next_ops(name), &ops),
            ..plan.identity()
        }
    }

    fn turned(&self) -> MutexGuard<'_, Turned> {
        let turned = self.inner.turned.lock();
        turned.unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts another `ops` key into its folder, and replaces the one that signs.
    pub async fn rotate_ops(&self, name: &str, overlap: Overlap) -> Result<(), KeyError> {
        put(&mut self.turned().ops, name);
        let next = self.plan().next_ops(name);
        let next = self.app().hold_key(Purpose::Ops, next)?;
        self.app().rotate_ops(&next, overlap).await
    }

    /// Puts another `fed` key into its folder, which shall follow the one that signs.
    pub async fn follow_fed(&self, name: &str) -> Result<(), KeyError> {
        put(&mut self.turned().fed, name);
        let next = self.plan().next_fed(name);
        let next = self.app().hold_key(Purpose::Fed, next)?;
        self.app().follow_fed(&next).await
    }

    /// Its own clock.
    pub fn clock(&self) -> &ManualClock {
        &self.inner.clock
    }

    /// Where its random numbers come from.
    pub fn entropy(&self) -> &SeededEntropy {
        &self.inner.entropy
    }

    /// Its operations, since the last start.
    pub fn app(&self) -> App {
        self.running().app.clone()
    }

    /// Its store, since the last start.
    pub fn store(&self) -> MemoryStore {
        self.running().store.clone()
    }

    /// A copy of its store as it is now: a backup, or the disk of a cloned machine.
    pub fn backup(&self) -> MemoryStore {
        self.store().fork()
    }

    /// Ends the process and starts it over a copy of its store, which no folder knows again.
    pub async fn restore(&self, backup: &MemoryStore) {
        self.start_over(backup.fork()).await;
        for here in ["the folder", "a copied folder"] {
            let stands = self.app().stand_in(here, None, true).await;
            stands.expect("a node says where it stands");
        }
    }

    /// The same, where nothing shows that it is a copy: a machine that was set back whole.
    pub async fn set_back(&self, backup: &MemoryStore) {
        self.start_over(backup.fork()).await;
    }

    /// Another machine over a copy of its store, under the same name.
    pub async fn clone_machine(&self) -> Self {
        let (clock, entropy) = (ManualClock::at(self.app().now()), self.entropy().clone());
        let dress = self.inner.dress.clone();
        let started = Self::start(self.plan().clone(), self.backup(), (clock, entropy), dress);
        started
            .await
            .expect("a node starts over what it has written")
    }

    /// Two words of a space that contradict each other: another machine has published under
    /// its name, and so has this one.
    pub async fn fork(&self) -> Fork {
        let copy = self.clone_machine().await;
        let mut heads = Vec::new();
        for (of, name) in [(self, "at home"), (&copy, "copied")] {
            let published = of.app().publish_space(&space_text(name)).await;
            published.expect("a space says what it is");
            let page = of.app().feed_page(self.entity(), 1, 0, 1).await;
            heads.push(page.expect("a node gives its own feed").head);
        }
        let [one, other] = heads.try_into().expect("there are two");
        let entity = self.entity().clone();
        Fork { entity, one, other }
    }

    /// Ends the process and starts it over what is durable.
    pub async fn restart(&self) {
        self.start_over(self.store().restart()).await;
    }

    async fn start_over(&self, store: MemoryStore) {
        let app = App::open(
            self.inner.dress.on(&store),
            self.identity(),
            Arc::new(self.clock().clone()),
            Arc::new(self.entropy().clone()),
        );
        let app = app.await.expect("a node starts over what it has written");
        *self.running() = Running::new(store, app);
    }

    /// Asks the node over HTTP.
    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let Running { app, router, .. } = self.running().clone();
        let router = router.get_or_init(|| api::router(app));
        let asked = router.clone().oneshot(request).await;
        let response = asked.expect("a router has no error of its own");
        Answer::read(response).await
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        let running = self.inner.running.lock();
        running.unwrap_or_else(PoisonError::into_inner)
    }
}
