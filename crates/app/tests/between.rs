//! Something else happens between any two reads of an operation: what it decides is
//! decided on one state, or decided again.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use app::{App, Correction, VisitError};
use rules::visit::HalfDays;
use serde_json::{Value, json};
use store::{
    Batch, CommitError, Fingerprint, Key, MemoryStore, Page, Position, Prefix, ReadError, Store,
    Versioned,
};
use testkit::{DAY_SECONDS, Label, Plan, START, TestNode};
use testkit::{charter_text, operator, space_name, space_text};
use wire::Cents;

use crate::asking_again::{refuse, waiting};
use crate::desk::host;
use crate::exchange::outbox;
use crate::look::{assert_sound, bytes, count, entries, home, name, page, standing};

pub(crate) type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The node's own store, and something that happens beside one of its reads.
pub(crate) struct Interrupted {
    store: MemoryStore,
    /// How many reads come before, and what happens then.
    meanwhile: Mutex<Option<(usize, Meanwhile)>>,
    /// Whether it happens before the reader is answered, after the store was read.
    is_afterwards: bool,
}

impl fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.store, f)
    }
}

impl Interrupted {
    /// After a read of this store something happens, and only then the reader goes on.
    pub(crate) fn after_reads(store: MemoryStore) -> Self {
        Self {
            store,
            meanwhile: Mutex::default(),
            is_afterwards: true,
        }
    }

    /// What happens at the next read but so many.
    pub(crate) fn interrupt(&self, reads: usize, due: Meanwhile) {
        let meanwhile = self.meanwhile.lock();
        *meanwhile.unwrap_or_else(PoisonError::into_inner) = Some((reads, due));
    }

    pub(crate) fn is_still_to_come(&self) -> bool {
        let meanwhile = self.meanwhile.lock();
        meanwhile.unwrap_or_else(PoisonError::into_inner).is_some()
    }

    async fn before_a_read(&self) {
        if !self.is_afterwards {
            self.beside_a_read().await;
        }
    }

    async fn after_a_read(&self) {
        if self.is_afterwards {
            self.beside_a_read().await;
        }
    }

    async fn beside_a_read(&self) {
        let due = {
            let mut meanwhile = self
                .meanwhile
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            match meanwhile.take() {
                Some((0, due)) => Some(due),
                Some((left, due)) => {
                    *meanwhile = Some((left - 1, due));
                    None
                }
                None => None,
            }
        };
        if let Some(due) = due {
            due.await;
        }
    }
}

#[async_trait::async_trait]
impl Store for Interrupted {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, ReadError> {
        self.before_a_read().await;
        let found = self.store.get(key).await;
        self.after_a_read().await;
        found
    }

    async fn scan(
        &self,
        prefix: Prefix,
        stem: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        self.before_a_read().await;
        let page = self.store.scan(prefix, stem, after, limit).await;
        self.after_a_read().await;
        page
    }

    async fn commit(&self, batch: Batch) -> Result<Position, CommitError> {
        self.store.commit(batch).await
    }

    async fn fingerprints(&self) -> Result<Vec<(Prefix, Fingerprint)>, ReadError> {
        self.store.fingerprints().await
    }

    async fn recount(&self, prefix: Prefix) -> Result<Fingerprint, ReadError> {
        self.store.recount(prefix).await
    }
}

/// For each read of `operate`: `meanwhile` happens before it, and afterwards `check`
/// holds. `node` is the one whose store it is.
async fn between<T>(
    prepare: impl AsyncFn() -> Label,
    node: fn(&Label) -> &TestNode,
    operate: impl AsyncFn(&App, &Label) -> T,
    meanwhile: impl Fn(&Label) -> Meanwhile,
    check: impl AsyncFn(&Label, T),
) {
    for reads in 0..100 {
        let label = prepare().await;
        let node = node(&label);
        let store = Arc::new(Interrupted {
            store: node.store(),
            meanwhile: Mutex::default(),
            is_afterwards: false,
        });
        let clock = Arc::new(node.clock().clone());
        let entropy = Arc::new(node.entropy().clone());
        let app = App::open(store.clone(), node.plan().identity(), clock, entropy);
        let app = app.await.unwrap();
        store.interrupt(reads, meanwhile(&label));
        let outcome = operate(&app, &label).await;
        if store.is_still_to_come() {
            assert!(reads > 0, "it reads nothing");
            return;
        }
        check(&label, outcome).await;
        assert_sound(&[node]).await;
    }
    panic!("there is no end of reads");
}

fn coordinator(label: &Label) -> &TestNode {
    &label.coordinator
}

fn first(label: &Label) -> &TestNode {
    label.space(0)
}

/// Withdrawn, or granted again, by the same node at the same time.
fn decided(label: &Label, is_granted: bool) -> Meanwhile {
    let (app, space) = (label.coordinator.app(), space_name(0));
    Box::pin(async move {
        let decided = if is_granted {
            app.grant(&space).await
        } else {
            app.withdraw(&space, "closed").await
        };
        decided.unwrap();
    })
}

async fn withdrawn() -> Label {
    let label = Label::labelled(1).await;
    decided(&label, false).await;
    label
}

/// The space is labelled, or withdrawn, and nothing is left of the other.
async fn check_whole(label: &Label, expected: &str) {
    let space = label.space(0).entity();
    let register = label.coordinator.app().register().await.unwrap();
    let member = register.member(space).unwrap();
    assert_eq!(name(&register.standing(space, START)), expected);
    assert_eq!(member.mark.is_some(), expected == "labelled");
    assert_eq!(member.withdrawal.is_some(), expected == "withdrawn");
}

#[tokio::test]
async fn a_grant_lifts_a_withdrawal_that_came_in_between() {
    between(
        async || Label::labelled(1).await,
        coordinator,
        async |app, label: &Label| app.grant(label.space(0).entity()).await.unwrap(),
        |label| decided(label, false),
        async |label: &Label, ()| check_whole(label, "labelled").await,
    )
    .await;
}

#[tokio::test]
async fn a_withdrawal_ends_a_grant_that_came_in_between() {
    between(
        withdrawn,
        coordinator,
        async |app, label: &Label| {
            app.withdraw(label.space(0).entity(), "closed")
                .await
                .unwrap();
        },
        |label| decided(label, true),
        async |label: &Label, ()| check_whole(label, "withdrawn").await,
    )
    .await;
}

#[tokio::test]
async fn no_mark_is_renewed_for_a_space_that_was_withdrawn_in_between() {
    between(
        async || {
            let label = Label::labelled(1).await;
            label.advance(31 * DAY_SECONDS);
            label
        },
        coordinator,
        async |app, _: &Label| app.renew().await.unwrap(),
        |label| decided(label, false),
        async |label: &Label, _| check_whole(label, "withdrawn").await,
    )
    .await;
}

#[tokio::test]
async fn a_reader_sees_a_label_as_it_was_or_as_it_is() {
    between(
        withdrawn,
        coordinator,
        async |app, label: &Label| {
            let register = app.register().await.unwrap();
            name(&register.standing(label.space(0).entity(), START))
        },
        |label| decided(label, true),
        async |label: &Label, seen| {
            assert!(["withdrawn", "labelled"].contains(&seen), "{seen}");
            let now = standing(&label.coordinator, label.space(0).entity()).await;
            assert_eq!(name(&now), "labelled");
        },
    )
    .await;
}

#[tokio::test]
async fn a_charter_is_the_next_version_of_the_one_that_came_in_between() {
    between(
        async || Label::labelled(1).await,
        coordinator,
        async |app, _: &Label| app.publish_charter(&charter_text(5)).await.unwrap(),
        |label| {
            let app = label.coordinator.app();
            Box::pin(async move { _ = app.publish_charter(&charter_text(6)).await.unwrap() })
        },
        async |label: &Label, _| {
            let charter = home(&label.coordinator).await.label.charter.unwrap();
            assert_eq!(
                (charter.version, charter.roaming.half_days_per_month),
                (3, 5)
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_price_follows_the_one_that_came_in_between() {
    let priced = |cents| {
        let mut text = space_text("Le Mug");
        text.formulas.get_mut("day").unwrap().price_cents = Cents(cents);
        text
    };
    between(
        async || {
            let label = Label::invited(1).await;
            label
                .space(0)
                .app()
                .publish_space(&priced(1))
                .await
                .unwrap();
            label
        },
        first,
        async |app, _: &Label| app.publish_space(&priced(2)).await.unwrap(),
        |label| {
            let (app, text) = (label.space(0).app(), priced(3));
            Box::pin(async move { _ = app.publish_space(&text).await.unwrap() })
        },
        async |label: &Label, _| {
            let space = label.space(0);
            let day = |rev| ("formula".to_owned(), "day".to_owned(), rev);
            let last = entries(space, space.entity()).await.split_off(5);
            assert_eq!(last, [day(2), day(3)]);
            let formulas = home(space).await.us.unwrap().formulas;
            assert_eq!(formulas[0].1.price_cents, Cents(2));
        },
    )
    .await;
}

async fn join_by(label: &Label, keys: &str) -> Vec<u8> {
    let plan = label.space(0).plan().clone().with_keys(keys);
    let (asking, _) = label.space(0).app().make_join().await.unwrap().unwrap();
    let claims = crate::look::claims(&asking.request);
    let secret = claims["body"]["secret"].as_str().unwrap().to_owned();
    let invitation = wire::Invitation {
        coordinator: plan.coordinator.clone(),
        root_key: seal::Jwk::from(&plan.root),
        entity: plan.entity.clone(),
        secret,
        epoch: None,
    };
    let space = TestNode::found(plan, Plan::space_papers(invitation), START)
        .await
        .unwrap();
    let (join, _) = space.app().make_join().await.unwrap().unwrap();
    serde_json::to_vec(&join).unwrap()
}

#[tokio::test]
async fn an_invitation_admits_one_key_whoever_comes_in_between() {
    let sample = Label::invited(1).await;
    let own = join_by(&sample, "own").await;
    for (other, code) in [("thief", json!("invitation_used")), ("own", Value::Null)] {
        check_one_admitted(&own, &join_by(&sample, other).await, &code).await;
    }
}

/// Asked by `own`, while `other` is answered: this is the code that `own` is told.
async fn check_one_admitted(own: &[u8], other: &[u8], code: &Value) {
    between(
        // The same story, so that the secret is the same.
        async || Label::invited(1).await,
        coordinator,
        async |app, _: &Label| app.answer_join(own).await.unwrap(),
        |label| {
            let (app, other) = (label.coordinator.app(), other.to_vec());
            Box::pin(async move { _ = app.answer_join(&other).await.unwrap() })
        },
        async |label: &Label, answer: String| {
            assert_eq!(crate::look::claims(&answer)["code"], *code);
            let (node, space) = (&label.coordinator, label.space(0).entity());
            let statements = count(node, node.entity(), "subordinate-statement", space.as_str());
            assert_eq!(statements.await, 1);
        },
    )
    .await;
}

#[tokio::test]
async fn a_page_is_kept_once_though_it_came_twice() {
    let sample = Label::labelled(1).await;
    sample
        .coordinator
        .app()
        .publish_charter(&charter_text(9))
        .await
        .unwrap();
    let coordinator = sample.coordinator.entity().clone();
    let sent = bytes(&page(&sample.coordinator, &coordinator, 7).await);
    between(
        async || Label::labelled(1).await,
        first,
        async |app, _: &Label| app.take_page(&coordinator, &sent).await,
        |label| {
            let (app, of, sent) = (label.space(0).app(), coordinator.clone(), sent.clone());
            Box::pin(async move { _ = app.take_page(&of, &sent).await.unwrap() })
        },
        async |label: &Label, taken| {
            assert_eq!(
                taken.unwrap_err().code(),
                "feed_gap",
                "it is not what comes next"
            );
            assert_eq!(home(label.space(0)).await.label.feed.seq, 8);
        },
    )
    .await;
}

/// A correction of a visit whose receipt the home has refused, while its operator asks
/// again: whichever comes first, nothing waits that the visit does not say.
#[tokio::test]
async fn a_visit_is_corrected_whole_though_its_receipt_was_sent_again_in_between() {
    let kept = Mutex::new(None);
    between(
        async || {
            let (label, _, visit) = waiting().await;
            refuse(&label).await;
            *kept.lock().unwrap() = Some(visit);
            label
        },
        host,
        async |app, _| -> Result<HalfDays, VisitError> {
            let visit = kept.lock().unwrap().unwrap();
            let correction = Correction::NotHere;
            app.correct_visit(&operator(), visit, correction).await
        },
        |label| {
            let app = host(label).app();
            Box::pin(async move {
                let dead = app.outbox(&operator()).await.unwrap();
                app.send_again(&operator(), dead[0].op).await.unwrap();
            })
        },
        async |label, corrected| {
            assert_eq!(corrected.unwrap(), HalfDays::NONE);
            let waiting = [("receipt", None), ("credit", None)];
            assert_eq!(outbox(host(label)).await, waiting);
        },
    )
    .await;
}
