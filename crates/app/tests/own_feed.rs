//! A node whose folder was restored, whose machine was set back or copied: its feed goes on,
//! once, and nothing that others have read of it is lost.

use app::{Branch, BranchSays, Fault, MemberState, OwnFeedState, OwnSays, PublishError, SpaceText};
use rules::passport::{Block, Verdict};
use store::MemoryStore;
use testkit::{DAY_SECONDS, Label, TestNode, Wallet, confirm, operator, pull, space_text};
use wire::EntityId;

use crate::desk::{home, host, says, visit};
use crate::look::{assert_sound, bytes, claims, page};

const ALLOWED: Verdict = Verdict::Allowed { left: 4 };

fn named(name: &str, price: i64) -> SpaceText {
    let mut text = space_text(name);
    let formula = text.formulas.values_mut().next().unwrap();
    formula.price_cents = wire::Cents(price);
    text
}

async fn publish(node: &TestNode, text: &SpaceText) {
    node.app().publish_space(text).await.unwrap();
}

/// Epoch, position and hash of the end of a feed, as a node knows it.
async fn end(reader: &TestNode, author: &EntityId) -> (u64, u64, String) {
    let page = reader.app().feed_page(author, 9, 0, 1).await.unwrap();
    let head = claims(&page.head);
    (
        head["epoch"].as_u64().unwrap(),
        head["seq"].as_u64().unwrap(),
        head["hash"].as_str().unwrap().to_owned(),
    )
}

/// Every node of the label knows the feed of `author` as it knows it itself, and no store has
/// anything to be said against it.
async fn agrees(label: &Label, author: &TestNode) {
    label.settle().await;
    let own = end(author, author.entity()).await;
    for node in label.nodes() {
        assert_eq!(end(node, author.entity()).await, own, "{}", node.entity());
        assert_sound(&[node]).await;
    }
}

/// What `reader` is told of the name and the first price of a space.
async fn told(reader: &TestNode, space: &EntityId) -> (String, i64) {
    let home = reader.app().home().await.unwrap();
    let all = home.partners.iter().chain(home.us.iter());
    let view = all.into_iter().find(|it| it.entity == *space).unwrap();
    let name = view.profile.as_ref().unwrap().name.clone();
    (name, view.formulas[0].1.price_cents.0)
}

/// A label with two spaces; the first has published, was backed up, and has published since.
async fn published_since() -> (Label, MemoryStore) {
    let label = Label::labelled(2).await;
    let node = host(&label);
    publish(node, &named("Le Mug", 100)).await;
    label.settle().await;
    let backup = node.backup();
    publish(node, &named("Le Mug", 200)).await;
    publish(node, &named("Le Mug, Chambéry", 300)).await;
    label.settle().await;
    (label, backup)
}

#[tokio::test]
async fn what_was_written_since_a_backup_comes_back_from_a_partner() {
    let (label, backup) = published_since().await;
    let node = host(&label);
    let before = end(node, node.entity()).await;
    node.restore(&backup).await;
    assert_eq!(node.app().own_feed_state(), OwnFeedState::Unconfirmed);
    let refused = node.app().publish_space(&named("Le Mug", 400)).await;
    let is_unconfirmed = matches!(refused, Err(PublishError::Fault(Fault::Unconfirmed)));
    assert!(is_unconfirmed, "{refused:?}");
    assert!(node.app().renew().await.is_err(), "nothing is signed");
    node.restart().await;
    let stands = node
        .app()
        .stand_in("a copied folder", None, true)
        .await
        .unwrap();
    assert_eq!(
        stands,
        OwnFeedState::Unconfirmed,
        "a restart changes nothing"
    );

    let partner = home(&label).entity();
    let state = confirm(&label.network, node, partner).await.unwrap();
    assert_eq!(state, OwnFeedState::Confirmed);
    assert_eq!(
        end(node, node.entity()).await,
        before,
        "as if nothing had happened"
    );
    node.app().renew().await.unwrap();
    publish(node, &named("Le Mug", 400)).await;
    agrees(&label, node).await;
    assert_eq!(
        told(home(&label), node.entity()).await,
        ("Le Mug".to_owned(), 400)
    );
    assert!(home(&label).app().partings().await.unwrap().is_empty());
}

/// A machine that was set back whole knows nothing of it, and writes on.
async fn parted() -> (Label, EntityId) {
    let (label, backup) = published_since().await;
    let node = host(&label);
    let entity = node.entity().clone();
    node.set_back(&backup).await;
    node.clock().advance(60);
    publish(node, &named("Le Mug, set back", 100)).await;
    (label, entity)
}

#[tokio::test]
async fn a_feed_that_parted_goes_on_in_a_later_epoch_with_the_last_word_of_both() {
    let (label, entity) = parted().await;
    let (node, reader) = (host(&label), home(&label));
    // One formula more, which nobody else has a word about.
    let mut text = named("Le Mug, set back", 100);
    let formula = text.formulas.values().next().unwrap().clone();
    text.formulas.insert("evening".to_owned(), formula);
    publish(node, &text).await;
    let refused = pull(&label.network, reader, &entity).await;
    assert!(refused.is_err(), "what it writes is not what was read");
    let seen = reader.app().partings().await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0].entity, seen[0].is_over), (&entity, false));

    let state = confirm(&label.network, node, reader.entity())
        .await
        .unwrap();
    assert_eq!(state, OwnFeedState::Confirmed);
    agrees(&label, node).await;
    let (epoch, ..) = end(node, &entity).await;
    assert_eq!(epoch, 2);
    // The name was said last by the machine that was set back, the price by the other.
    assert_eq!(
        told(reader, &entity).await,
        ("Le Mug, set back".to_owned(), 300)
    );
    let home = reader.app().home().await.unwrap();
    let view = home.partners.iter().find(|it| it.entity == entity).unwrap();
    assert!(view.formulas.iter().any(|(id, _)| id == "evening"));
    assert!(reader.app().partings().await.unwrap()[0].is_over);
    publish(node, &named("Le Mug", 500)).await;
    agrees(&label, node).await;
}

#[tokio::test]
async fn whoever_took_what_is_void_comes_back_by_itself() {
    let (label, entity) = parted().await;
    let node = host(&label);
    // The coordinator was cut off, and has read the feed of the machine that was set back.
    let label_backup = label.coordinator.backup();
    confirm(&label.network, node, home(&label).entity())
        .await
        .unwrap();
    label.coordinator.set_back(&label_backup).await;
    agrees(&label, node).await;
    assert_eq!(end(&label.coordinator, &entity).await.0, 2);
}

#[tokio::test]
async fn a_coordinator_that_was_restored_goes_on_too() {
    let label = Label::labelled(3).await;
    let coordinator = &label.coordinator;
    let backup = coordinator.backup();
    let withdrawn = label.space(2).entity();
    coordinator
        .app()
        .suspend(withdrawn, "for a test")
        .await
        .unwrap();
    label.settle().await;
    coordinator.set_back(&backup).await;
    coordinator.clock().advance(60);
    let other = label.space(1).entity();
    coordinator
        .app()
        .suspend(other, "for another")
        .await
        .unwrap();

    let state = confirm(&label.network, coordinator, host(&label).entity());
    assert_eq!(state.await.unwrap(), OwnFeedState::Confirmed);
    agrees(&label, coordinator).await;
    for space in [withdrawn, other] {
        let standings = crate::look::standings(&label, space).await;
        assert!(
            standings.iter().all(|it| *it == "suspended"),
            "{standings:?}"
        );
    }
}

#[tokio::test]
async fn what_was_taken_back_since_a_backup_stays_so() {
    for is_known_to_be_a_copy in [true, false] {
        let (label, wallet) = visit().await;
        let node = home(&label);
        let backup = node.backup();
        let since = Wallet::enrol(node, "Since", None).await;
        node.app()
            .revoke_passports(&operator(), &wallet.member)
            .await
            .unwrap();
        node.app()
            .revoke_passports(&operator(), &since.member)
            .await
            .unwrap();
        label.settle().await;
        if is_known_to_be_a_copy {
            node.restore(&backup).await;
        } else {
            node.set_back(&backup).await;
        }
        confirm(&label.network, node, host(&label).entity())
            .await
            .unwrap();
        // Whatever is signed next says so too.
        let third = Wallet::enrol(node, "Third", None).await;
        node.app()
            .set_member(&operator(), &third.member, MemberState::Paused)
            .await
            .unwrap();
        agrees(&label, node).await;
        // The old list is signed again after a day, from what the node holds by now.
        label.advance(2 * DAY_SECONDS);
        node.app().renew().await.unwrap();
        label.hear().await;
        agrees(&label, node).await;
        for wallet in [&wallet, &since] {
            says(host(&label), wallet, Verdict::Blocked(Block::Revoked)).await;
        }
        let list = |wallet: &Wallet| {
            let claims = claims(&wallet.passport);
            claims["status"]["status_list"]["uri"].clone()
        };
        assert_ne!(list(&third), list(&since), "no place is given twice");
    }
}

#[tokio::test]
async fn a_passport_that_was_given_since_a_backup_still_holds() {
    let (label, _) = visit().await;
    let node = home(&label);
    let backup = node.backup();
    let since = Wallet::enrol(node, "Since", None).await;
    node.restore(&backup).await;
    confirm(&label.network, node, host(&label).entity())
        .await
        .unwrap();
    node.app().renew().await.unwrap();
    label.advance(2 * DAY_SECONDS);
    node.app().renew().await.unwrap();
    label.hear().await;
    says(host(&label), &since, ALLOWED).await;
}

#[tokio::test]
async fn of_two_machines_one_goes_on_when_a_person_has_said_which() {
    let label = Label::labelled(2).await;
    let (node, partner) = (host(&label), home(&label));
    publish(node, &named("Le Mug", 100)).await;
    label.settle().await;
    confirm(&label.network, node, partner.entity())
        .await
        .unwrap();
    // The same disk in another machine, which the partner reaches for a while.
    let copy = node.clone_machine().await;
    label.advance(60);
    copy.clock().advance(60);
    label.network.connect(&copy);
    publish(&copy, &named("Le Mug, copied", 200)).await;
    label.settle().await;

    let state = confirm(&label.network, node, partner.entity())
        .await
        .unwrap();
    assert_eq!(state, OwnFeedState::Divided);
    let refused = node.app().publish_space(&named("Le Mug", 300)).await;
    assert!(
        matches!(refused, Err(PublishError::Fault(Fault::Divided))),
        "{refused:?}"
    );
    node.restart().await;
    let stands = node.app().stand_in("the folder", None, true).await.unwrap();
    assert_eq!(
        stands,
        OwnFeedState::Divided,
        "a restart answers no question"
    );
    let state = confirm(&label.network, node, partner.entity())
        .await
        .unwrap();
    assert_eq!(state, OwnFeedState::Divided, "nor does a partner");

    label.network.connect(node);
    node.app().take_over().await.unwrap();
    let state = confirm(&label.network, node, partner.entity())
        .await
        .unwrap();
    assert_eq!(state, OwnFeedState::Confirmed);
    publish(node, &named("Le Mug", 300)).await;
    agrees(&label, node).await;
    assert_eq!(end(partner, node.entity()).await.0, 2);
    // What the other machine goes on to write counts nowhere.
    label.network.connect(&copy);
    publish(&copy, &named("Le Mug, still there", 400)).await;
    assert!(pull(&label.network, partner, node.entity()).await.is_err());
    assert_eq!(
        told(partner, node.entity()).await,
        ("Le Mug".to_owned(), 300)
    );
}

#[tokio::test]
async fn a_partner_that_lies_changes_nothing() {
    let (label, _) = published_since().await;
    let node = host(&label);
    let before = end(node, node.entity()).await;
    let other = home(&label);
    let theirs = other
        .app()
        .feed_page(other.entity(), 1, 0, 100)
        .await
        .unwrap();
    let bytes = serde_json::to_vec(&theirs).unwrap();
    let says = node.app().take_own_page(&bytes).await.unwrap();
    assert_eq!(says, OwnSays::Nothing);
    let says = node.app().take_own_page(b"{}").await.unwrap();
    assert_eq!(says, OwnSays::Nothing);
    assert_eq!(end(node, node.entity()).await, before);
    assert_eq!(node.app().own_feed_state(), OwnFeedState::Confirmed);
}

#[tokio::test]
async fn a_partner_that_leaves_out_what_stands_between_rewinds_nothing() {
    let (label, backup) = published_since().await;
    let (node, partner) = (host(&label), home(&label));
    node.restore(&backup).await;
    let app = node.app();
    let before = app.known(node.entity()).await.unwrap();
    let all = page(partner, node.entity(), 0).await;
    let mut last = all.clone();
    last.records = all.records[all.records.len() - 1..].to_vec();
    assert_eq!(
        app.take_own_page(&bytes(&last)).await.unwrap(),
        OwnSays::Parted
    );
    for records in [&all.records[..1], &all.records[..2]] {
        let mut branch = Branch::default();
        let mut page = all.clone();
        page.records = records.to_vec();
        let says = app
            .take_branch_page(&mut branch, &bytes(&page))
            .await
            .unwrap();
        assert_eq!(says, BranchSays::Nothing);
        assert!(!app.heal(&branch).await.unwrap());
    }
    // The partner's whole feed is no other side either: it is what is missing.
    let mut branch = Branch::default();
    let says = app
        .take_branch_page(&mut branch, &bytes(&all))
        .await
        .unwrap();
    assert_eq!(says, BranchSays::Whole);
    assert!(!app.heal(&branch).await.unwrap());
    assert_eq!(app.known(node.entity()).await.unwrap(), before);
    assert_eq!(app.own_feed_state(), OwnFeedState::Unconfirmed);
}

#[tokio::test]
async fn a_partner_that_leaves_out_bodies_is_not_believed() {
    let (label, backup) = published_since().await;
    let (node, partner) = (host(&label), home(&label));
    node.restore(&backup).await;
    let before = node.app().known(node.entity()).await.unwrap();
    let mut page = page(partner, node.entity(), 0).await;
    for record in &mut page.records {
        if claims(&record.record)["kind"] == "profile" {
            (record.salt, record.body) = (None, None);
        }
    }
    let says = node.app().take_own_page(&bytes(&page)).await.unwrap();
    assert_eq!(says, OwnSays::Nothing);
    assert_eq!(node.app().known(node.entity()).await.unwrap(), before);
}

#[tokio::test]
async fn what_is_void_is_no_other_side() {
    let (label, entity) = parted().await;
    let (node, partner) = (host(&label), home(&label));
    let void = page(partner, &entity, 0).await;
    confirm(&label.network, node, partner.entity())
        .await
        .unwrap();
    let healed = node.app().known(&entity).await.unwrap();
    assert_eq!(healed.epoch, 2);
    let mut head_alone = void.clone();
    head_alone.records.clear();
    let app = node.app();
    for page in [&void, &head_alone] {
        let says = app.take_own_page(&bytes(page)).await.unwrap();
        assert_eq!(says, OwnSays::Agrees, "it is known, and over");
    }
    let mut branch = Branch::default();
    let says = app
        .take_branch_page(&mut branch, &bytes(&void))
        .await
        .unwrap();
    assert_eq!(says, BranchSays::Nothing);
    assert_eq!(app.known(&entity).await.unwrap(), healed);
    assert_eq!(app.own_feed_state(), OwnFeedState::Confirmed);
}

#[tokio::test]
async fn a_fork_that_is_shown_again_is_no_reason_to_ask_again() {
    let (label, entity) = parted().await;
    let (node, partner) = (host(&label), home(&label));
    let _ = pull(&label.network, partner, &entity).await;
    let untold = partner.app().untold_forks().await.unwrap();
    let (_, fork) = untold.iter().find(|(whom, _)| *whom == entity).unwrap();
    let fork = fork.write().unwrap();
    node.app().take_fork(&fork).await.unwrap();
    assert!(node.app().wants_own_feed());
    node.app().take_fork(&fork).await.unwrap();
    assert!(!node.app().wants_own_feed());
    // Who was shown it is not shown it again; the coordinator is still to be.
    for (whom, fork) in untold {
        partner.app().note_told(&whom, &fork).await.unwrap();
    }
    assert_eq!(partner.app().untold_forks().await.unwrap(), []);
}

#[tokio::test]
async fn a_second_fork_is_healed_like_the_first() {
    let (label, entity) = parted().await;
    let (node, partner) = (host(&label), home(&label));
    confirm(&label.network, node, partner.entity())
        .await
        .unwrap();
    agrees(&label, node).await;
    for round in 0..3 {
        let backup = node.backup();
        label.advance(60);
        publish(node, &named("Le Mug, before", 600 + round)).await;
        label.settle().await;
        node.set_back(&backup).await;
        label.advance(60);
        publish(node, &named(&format!("Le Mug, again {round}"), 700 + round)).await;
        confirm(&label.network, node, partner.entity())
            .await
            .unwrap();
        agrees(&label, node).await;
        let name = (format!("Le Mug, again {round}"), 700 + round);
        assert_eq!(told(partner, &entity).await, name);
    }
    assert_eq!(end(partner, &entity).await.0, 5);
}

/// Readers of the side that is void, who never held the record after which the author goes on.
#[tokio::test]
async fn a_reader_of_the_other_side_finds_the_way_back_by_asking_from_before() {
    let label = Label::labelled(2).await;
    let (node, partner) = (host(&label), home(&label));
    publish(node, &named("Le Mug", 100)).await;
    label.settle().await;
    // The partner reads what a copy writes; the coordinator what the node itself writes.
    let copy = node.clone_machine().await;
    label.advance(60);
    copy.clock().advance(60);
    label.network.connect(&copy);
    publish(&copy, &named("Le Mug, copied", 200)).await;
    pull(&label.network, partner, node.entity()).await.unwrap();
    label.network.connect(node);
    publish(node, &named("Le Mug", 300)).await;
    publish(node, &named("Le Mug", 400)).await;
    let coordinator = label.coordinator.entity();
    pull(&label.network, &label.coordinator, node.entity())
        .await
        .unwrap();
    // It goes on after its own end, of which the partner has nothing.
    node.app().take_over().await.unwrap();
    confirm(&label.network, node, coordinator).await.unwrap();
    assert!(pull(&label.network, partner, node.entity()).await.is_err());
    assert_eq!(
        told(partner, node.entity()).await.1,
        200,
        "it reads no further"
    );
    pull(&label.network, partner, node.entity()).await.unwrap();
    assert_eq!(
        told(partner, node.entity()).await,
        ("Le Mug".to_owned(), 400)
    );
    agrees(&label, node).await;
}
