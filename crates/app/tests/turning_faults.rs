//! Each step at which one key takes the place of another ends half-way, and goes on at the
//! next start: nothing that was said before is lost, and nobody is fooled in between.

use app::{App, KeyState, Overlap, Purpose};
use testkit::{Label, TestNode, send_all};

use crate::either_way::{Case, Outcome, said};
use crate::turning::state;

fn first(label: &Label) -> &TestNode {
    label.space(0)
}

fn coordinator(label: &Label) -> &TestNode {
    &label.coordinator
}

/// Two spaces that have published all that they publish by themselves.
async fn settled() -> Label {
    let label = Label::labelled(2).await;
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    label.settle().await;
    label
}

async fn rotated(label: &Label, overlap: Overlap) -> Outcome {
    said(first(label).rotate_ops("second", overlap).await)
}

async fn signs(label: &Label) -> bool {
    let node = first(label);
    let next = node.plan().next_ops("second");
    state(node, Purpose::Ops, &next).await == Some(KeyState::Signs)
}

#[tokio::test]
async fn an_ops_key_has_turned_or_it_has_not() {
    for overlap in [Overlap::UntilPassportsHaveRunOut, Overlap::NoneItWasStolen] {
        let case = Case {
            what: "turn the ops key",
            prepare: settled,
            node: first,
            operate: async |it: &Label| {
                rotated(it, overlap).await?;
                said(first(it).app().renew().await)
            },
            is_done: async |it: &Label| {
                let node = first(it);
                let lists = crate::look::count(node, node.entity(), "status-list", "1").await;
                // The list of the passports is signed again by the key that goes on.
                let is_again = overlap == Overlap::UntilPassportsHaveRunOut || lists == 2;
                let waits = node.app().waiting().await.unwrap().len();
                let is_told = overlap == Overlap::UntilPassportsHaveRunOut || waits == 1;
                signs(it).await && is_again && is_told
            },
        };
        case.check().await;
    }
}

#[tokio::test]
async fn a_space_has_asked_for_another_fed_key_or_it_has_not() {
    let case = Case {
        what: "ask for another fed key",
        prepare: async || Label::labelled(1).await,
        node: first,
        operate: async |it: &Label| said(first(it).follow_fed("second").await),
        is_done: async |it: &Label| first(it).app().waiting().await.unwrap().len() == 1,
    };
    case.check().await;
}

/// A space that has asked for another `fed` key, and whose request did not arrive yet.
async fn asking() -> Label {
    let label = Label::labelled(1).await;
    first(&label).follow_fed("second").await.unwrap();
    label
}

async fn is_named(label: &Label) -> bool {
    let space = first(label);
    let register = label.coordinator.app().register().await.unwrap();
    let statement = register.member(space.entity()).unwrap().statement.as_ref();
    let keys = statement.unwrap().jwks.key_set().unwrap();
    let next = space.plan().next_fed("second");
    keys.iter().next() == Some(next.public())
}

fn failed<T: std::fmt::Debug>(failures: &[T]) -> Outcome {
    if failures.is_empty() {
        Ok(())
    } else {
        Err(format!("{failures:?}"))
    }
}

#[tokio::test]
async fn a_coordinator_names_the_next_fed_key_once_wherever_it_fails() {
    let case = Case {
        what: "answer for another fed key",
        prepare: asking,
        node: coordinator,
        operate: async |it: &Label| failed(&send_all(&it.network, first(it)).await),
        is_done: async |it: &Label| is_named(it).await,
    };
    case.check().await;
}

#[tokio::test]
async fn a_space_goes_on_by_the_next_fed_key_once_it_has_heard_of_it() {
    let case = Case {
        what: "sign the papers by the next fed key",
        prepare: async || {
            let label = settled().await;
            first(&label).follow_fed("second").await.unwrap();
            failed(&send_all(&label.network, first(&label)).await).unwrap();
            label.settle().await;
            label
        },
        node: first,
        operate: async |it: &Label| said(first(it).app().renew().await),
        is_done: async |it: &Label| {
            let next = first(it).plan().next_fed("second");
            let papers = first(it).app().configuration().await.unwrap();
            let own = seal::KeySet::only(next.public().clone());
            let signs = rules::trust::open_configuration(&papers, &own, first(it).entity()).is_ok();
            // And nothing is left to be asked about it.
            signs
                && crate::look::stored(first(it), app::keys::KEY_TURNS)
                    .await
                    .is_empty()
        },
    };
    case.check().await;
}

#[tokio::test]
async fn an_anchor_for_another_key_is_published_with_all_that_hangs_from_it_or_not_at_all() {
    let anchor = |label: &Label| {
        let coordinator = &label.coordinator;
        let plan = coordinator.plan();
        let keys = [plan.next_fed("second").public().clone()];
        let now = coordinator.app().now();
        let anchor = App::make_anchor(coordinator.entity(), &keys, &plan.root_key(), now);
        anchor.unwrap().as_str().to_owned()
    };
    let case = Case {
        what: "publish an anchor for another key",
        prepare: async || {
            let label = Label::labelled(2).await;
            label.coordinator.follow_fed("second").await.unwrap();
            label
        },
        node: coordinator,
        operate: async |it: &Label| said(it.coordinator.app().publish_anchor(&anchor(it)).await),
        is_done: async |it: &Label| {
            let next = it.coordinator.plan().next_fed("second");
            let register = it.coordinator.app().register().await.unwrap();
            let members: Vec<_> = register.members().collect();
            assert_eq!(members.len(), 2, "no reader sees a label without spaces");
            let by_next = members.iter().filter(|(_, member)| {
                let mark = member.mark.as_ref().unwrap();
                mark.key() == next.public().thumbprint()
            });
            by_next.count() == 2
        },
    };
    case.check().await;
}

/// A partner that was fooled by a thief, and has heard that the key was stolen.
async fn fooled() -> Label {
    let label = Label::labelled(2).await;
    let (owner, reader) = (label.space(1), label.space(0));
    crate::turning::fool(reader, owner).await;
    owner
        .rotate_ops("second", Overlap::NoneItWasStolen)
        .await
        .unwrap();
    owner.app().renew().await.unwrap();
    testkit::pull(&label.network, &label.coordinator, owner.entity())
        .await
        .unwrap();
    failed(&send_all(&label.network, owner).await).unwrap();
    testkit::pull(&label.network, reader, label.coordinator.entity())
        .await
        .unwrap();
    label
}

#[tokio::test]
async fn what_a_thief_wrote_is_dropped_whole_wherever_the_reader_fails() {
    let case = Case {
        what: "drop what is void",
        prepare: fooled,
        node: first,
        operate: async |it: &Label| {
            said(first(it).app().renew().await)?;
            let owner = it.space(1).entity();
            said(testkit::pull(&it.network, first(it), owner).await)
        },
        is_done: async |it: &Label| {
            let owner = it.space(1);
            let reader = first(it);
            let app = reader.app();
            if app.feed_page(owner.entity(), 1, 0, 1).await.is_err() {
                return false;
            }
            let held = crate::look::feed(reader, owner.entity()).await;
            held == crate::look::feed(owner, owner.entity()).await
        },
    };
    case.check().await;
}
