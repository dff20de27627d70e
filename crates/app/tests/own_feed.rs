//! A node whose folder was restored, whose machine was set back or copied: its feed goes on,
//! once, and nothing that others have read of it is lost.

use app::{Fault, MemberState, OwnFeedState, PublishError, SpaceText};
use rules::passport::{Block, Verdict};
use store::MemoryStore;
use testkit::{DAY_SECONDS, Label, TestNode, Wallet, confirm, operator, pull, space_text};
use wire::EntityId;

use crate::desk::{home, host, says, visit};
use crate::look::{assert_sound, claims};

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
    let stands = node.app().stand_in("a copied folder", true).await.unwrap();
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
    let stands = node.app().stand_in("the folder", true).await.unwrap();
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
    assert_eq!(says, app::OwnSays::Nothing);
    let says = node.app().take_own_page(b"{}").await.unwrap();
    assert_eq!(says, app::OwnSays::Nothing);
    assert_eq!(end(node, node.entity()).await, before);
    assert_eq!(node.app().own_feed_state(), OwnFeedState::Confirmed);
}
