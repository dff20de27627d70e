//! Founding: once, for one node, one role and one label.

use std::sync::Arc;

use app::{App, FoundError, FoundingPapers};
use store::MemoryStore;
use testkit::{Label, ManualClock, Plan, START, SeededEntropy, TestNode};
use testkit::{charter, coordinator_name, space_name};
use wire::trust::NodeRole;
use wire::{EntityId, Invitation};

use crate::look::{assert_sound, deep, entries};

fn plan() -> Plan {
    Plan::coordinator(&coordinator_name())
}

fn over(store: &MemoryStore, plan: &Plan) -> App {
    App::unfounded(
        Arc::new(store.clone()),
        plan.identity(),
        Arc::new(ManualClock::at(START)),
        Arc::new(SeededEntropy::new("founding")),
    )
}

async fn open(store: &MemoryStore, plan: &Plan) -> Result<App, FoundError> {
    let clock = Arc::new(ManualClock::at(START));
    let entropy = Arc::new(SeededEntropy::new("founding"));
    App::open(Arc::new(store.clone()), plan.identity(), clock, entropy).await
}

async fn invitation(space: &EntityId) -> Invitation {
    let label = Label::of_nobody().await;
    label.coordinator.app().invite(space).await.unwrap()
}

#[tokio::test]
async fn a_coordinator_begins_with_its_papers() {
    let label = Label::of_nobody().await;
    let own = label.coordinator.entity();
    let kinds: Vec<_> = entries(&label.coordinator, own).await;
    let expected = [
        ("anchor", "self"),
        ("entity-configuration", "self"),
        ("charter", "https://coordination.example/charter"),
    ];
    assert_eq!(
        kinds,
        expected.map(|(kind, id)| (kind.to_owned(), id.to_owned(), 1))
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_node_is_founded_once() {
    let store = MemoryStore::new();
    let papers = || plan().coordinator_papers(START);
    over(&store, &plan()).found(papers()).await.unwrap();
    let position = store.position();
    let again = over(&store, &plan()).found(papers()).await;
    assert!(
        matches!(again, Err(FoundError::AlreadyFounded)),
        "{again:?}"
    );
    let other = Plan::coordinator(&space_name(0));
    let again = over(&store, &other)
        .found(other.coordinator_papers(START))
        .await;
    assert!(
        matches!(again, Err(FoundError::AlreadyFounded)),
        "{again:?}"
    );
    assert_eq!(store.position(), position, "nothing was written");
}

#[tokio::test]
async fn a_store_that_nobody_was_founded_in_is_not_opened() {
    let opened = open(&MemoryStore::new(), &plan()).await;
    assert!(matches!(opened, Err(FoundError::NotFounded)), "{opened:?}");
}

#[tokio::test]
async fn a_store_of_another_node_label_or_role_is_refused() {
    async fn check(what: &str, change: impl FnOnce(&mut Plan), is_same: bool) {
        let label = Label::invited(1).await;
        let space = label.space(0);
        let mut plan = space.plan().clone();
        change(&mut plan);
        let opened = open(&space.store(), &plan).await;
        match opened {
            Ok(_) => assert!(is_same, "{what}: opened"),
            Err(FoundError::OtherNode { stored, .. }) => {
                assert!(!is_same, "{what}: refused");
                assert!(stored.contains("https://le-mug.example"), "{stored}");
            }
            Err(error) => panic!("{what}: {error}"),
        }
    }
    check("itself", |_| {}, true).await;
    check("name", |it| it.entity = space_name(1), false).await;
    check("label", |it| it.coordinator = space_name(1), false).await;
    check("role", |it| it.role = NodeRole::Coordinator, false).await;
    let other_root = Plan::coordinator(&space_name(3)).root;
    check("root key", |it| it.root = other_root, false).await;
}

#[tokio::test]
async fn a_store_is_not_opened_with_other_keys_than_its_own() {
    let label = Label::invited(1).await;
    for node in label.nodes() {
        let anew = node.plan().clone().with_keys("made anew");
        for (is_fed_lost, is_ops_lost) in [(true, false), (false, true), (true, true)] {
            let mut identity = node.plan().identity();
            if is_fed_lost {
                identity.fed = app::Keys::only(anew.fed());
            }
            if is_ops_lost {
                identity.ops = app::Keys::only(anew.ops());
            }
            let clock = Arc::new(ManualClock::at(START));
            let entropy = Arc::new(SeededEntropy::new("founding"));
            let opened = App::open(Arc::new(node.store()), identity, clock, entropy).await;
            assert!(matches!(opened, Err(FoundError::OtherKeys)), "{opened:?}");
        }
    }
}

#[tokio::test]
async fn what_others_would_refuse_is_not_written() {
    // A process that did not ask whether the store is its own.
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let stray = over(&space.store(), &space.plan().clone().with_keys("made anew"));
    let position = space.store().position();
    let published = stray.publish_space(&testkit::space_text("Le Mug")).await;
    let refused = matches!(published, Err(app::PublishError::Fault(app::Fault::NoKey)));
    assert!(refused, "{published:?}");
    assert_eq!(space.store().position(), position);
}

#[track_caller]
fn check_refused(founded: &Result<App, FoundError>, store: &MemoryStore) {
    assert!(matches!(founded, Err(FoundError::Papers(_))), "{founded:?}");
    assert_eq!(store.position().0, 0, "nothing was written");
}

#[tokio::test]
async fn papers_that_do_not_fit_found_nobody() {
    let space = space_name(0);
    let plan = Plan::space(&space, &coordinator_name());
    let store = MemoryStore::new();
    let other = invitation(&space_name(1)).await;
    let founded = over(&store, &plan).found(Plan::space_papers(other)).await;
    check_refused(&founded, &store);

    // The invitation of another label, for this very name.
    let elsewhere = Label::of(&space_name(3)).await;
    let other = elsewhere.coordinator.app().invite(&space).await.unwrap();
    let founded = over(&store, &plan).found(Plan::space_papers(other)).await;
    check_refused(&founded, &store);

    // The papers of the other role.
    let papers = plan.coordinator_papers(START);
    check_refused(&over(&store, &plan).found(papers).await, &store);
    let coordinator = self::plan();
    let papers = Plan::space_papers(invitation(&space).await);
    check_refused(&over(&store, &coordinator).found(papers).await, &store);

    // An anchor statement for another coordinator, or for keys that are not ours.
    let other = Plan::coordinator(&space_name(3)).coordinator_papers(START);
    check_refused(&over(&store, &coordinator).found(other).await, &store);
    let other = coordinator
        .clone()
        .with_keys("lost")
        .coordinator_papers(START);
    check_refused(&over(&store, &coordinator).found(other).await, &store);

    let mut nameless = charter(&coordinator.entity);
    nameless.name.fr = None;
    nameless.name.en = None;
    let papers = coordinator.coordinator_papers_with(START, nameless);
    check_refused(&over(&store, &coordinator).found(papers).await, &store);
}

#[tokio::test]
async fn what_founding_wrote_is_there_after_a_new_start() {
    let label = Label::invited(1).await;
    for node in label.nodes() {
        node.restart().await;
        assert!(deep(node).await.records > 0);
    }
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_coordinator_has_no_root_key() {
    // What the root key signed can be read; that it signed once is all there is.
    let node = TestNode::found(plan(), plan().coordinator_papers(START), START)
        .await
        .unwrap();
    let FoundingPapers::Coordinator { anchor, .. } = plan().coordinator_papers(START) else {
        panic!("a coordinator's papers");
    };
    assert_eq!(anchor.key(), plan().root.thumbprint());
    let seed = seal::base64url::encode(plan().root_key().public().as_bytes());
    let own = [node.plan().fed(), node.plan().ops()];
    assert!(
        own.iter()
            .all(|key| seal::base64url::encode(key.public().as_bytes()) != seed)
    );
}
