//! Being away, and coming back: pages, cursors, relays.

use app::{PullError, PullStep, SpaceText};
use testkit::{HOUR_SECONDS, Label, TestNode, pull, pull_from, space_name, space_text};
use wire::Cents;

use crate::look::{assert_sound, bytes, claims, feed, home, page, partner, standings, stored};

/// Publishes a new price so many times: one record each.
async fn publish_prices(space: &TestNode, count: i64) -> SpaceText {
    let mut text = space_text("Le Mug");
    for cents in 1..=count {
        text.formulas.get_mut("day").unwrap().price_cents = Cents(cents);
        space.app().publish_space(&text).await.unwrap();
    }
    text
}

#[tokio::test]
async fn a_node_that_missed_250_records_catches_up_in_three_pages() {
    let label = Label::labelled(2).await;
    let (author, reader) = (label.space(0), label.space(1));
    label.network.cut(reader.entity());
    publish_prices(author, 247).await;
    let missed = feed(author, author.entity()).await.len() - 1;
    assert_eq!(missed, 250, "profile, hours, month, 247 prices");
    label.network.heal();

    let before = label.network.asked(author.entity());
    let taken = pull(&label.network, reader, author.entity()).await.unwrap();
    assert_eq!(
        (taken, label.network.asked(author.entity()) - before),
        (250, 3)
    );
    assert_eq!(
        feed(reader, author.entity()).await,
        feed(author, author.entity()).await
    );
    let day = partner(reader, author.entity()).await.formulas[0].1.clone();
    assert_eq!(day.price_cents, Cents(247));
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn the_cursor_survives_a_new_start_between_two_pages() {
    let label = Label::labelled(2).await;
    let (author, reader) = (label.space(0), label.space(1));
    publish_prices(author, 130).await;
    let first = bytes(&page(author, author.entity(), 1).await);
    assert_eq!(
        reader
            .app()
            .take_page(author.entity(), &first)
            .await
            .unwrap(),
        PullStep::More(100)
    );
    let path = reader.app().next_page_path(author.entity()).await.unwrap();
    assert!(path.ends_with("&epoch=1&after=101&limit=100"), "{path}");
    reader.restart().await;
    assert_eq!(
        reader.app().next_page_path(author.entity()).await.unwrap(),
        path
    );
    assert_sound(&[reader]).await;
    assert_eq!(
        pull(&label.network, reader, author.entity()).await.unwrap(),
        33
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_page_that_was_taken_before_is_not_taken_twice() {
    let label = Label::labelled(2).await;
    let (author, reader) = (label.space(0), label.space(1));
    publish_prices(author, 3).await;
    let same = bytes(&page(author, author.entity(), 1).await);
    assert_eq!(
        reader
            .app()
            .take_page(author.entity(), &same)
            .await
            .unwrap(),
        PullStep::Complete(6)
    );
    let held = stored(reader, app::keys::RECORDS).await;
    let again = reader
        .app()
        .take_page(author.entity(), &same)
        .await
        .unwrap_err();
    assert_eq!(again.code(), "feed_gap", "not what was asked for");
    assert_eq!(stored(reader, app::keys::RECORDS).await, held);
}

#[tokio::test]
async fn a_partner_relays_what_an_unreachable_author_wrote() {
    let label = Label::labelled(3).await;
    let (author, relay, reader) = (label.space(0), &label.coordinator, label.space(2));
    publish_prices(author, 3).await;
    pull(&label.network, relay, author.entity()).await.unwrap();
    label.network.cut(author.entity());
    assert_eq!(
        pull(&label.network, reader, author.entity())
            .await
            .unwrap_err()
            .code(),
        "fetch"
    );
    let taken = pull_from(&label.network, reader, author.entity(), relay.entity()).await;
    assert_eq!(taken.unwrap(), 6);
    assert_eq!(
        feed(reader, author.entity()).await,
        feed(author, author.entity()).await
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_withdrawal_travels_through_a_space_when_the_coordinator_is_out_of_reach() {
    let label = Label::labelled(3).await;
    let (coordinator, relay, reader) = (&label.coordinator, label.space(1), label.space(2));
    let space = label.space(0).entity();
    coordinator.app().withdraw(space, "closed").await.unwrap();
    pull(&label.network, relay, coordinator.entity())
        .await
        .unwrap();
    label.network.cut(coordinator.entity());
    pull_from(&label.network, reader, coordinator.entity(), relay.entity())
        .await
        .unwrap();
    assert_eq!(
        standings(&label, space).await,
        ["withdrawn", "labelled", "withdrawn", "withdrawn"]
    );
}

#[tokio::test]
async fn a_stale_head_of_a_relay_does_not_replace_a_newer_one() {
    let label = Label::labelled(3).await;
    let (author, reader) = (label.space(0), label.space(2));
    author.app().renew().await.unwrap();
    label.settle().await;
    // After its opening, its list of statuses, and the mark that it shows.
    let stale = bytes(&page(author, author.entity(), 3).await);
    label.advance(HOUR_SECONDS);
    author.app().renew().await.unwrap();
    pull(&label.network, reader, author.entity()).await.unwrap();
    let held = partner(reader, author.entity()).await.freshness;
    label.advance(60);
    let step = reader
        .app()
        .take_page(author.entity(), &stale)
        .await
        .unwrap();
    assert_eq!(step, PullStep::Complete(0));
    let seen = partner(reader, author.entity()).await;
    assert_eq!(seen.freshness, held);
    assert_eq!(seen.feed.pulled_at, Some(reader.app().now()));
}

#[tokio::test]
async fn a_head_of_a_later_position_replaces_an_earlier_one_whatever_its_clock_said() {
    let label = Label::labelled(2).await;
    let (author, reader) = (label.space(0), label.space(1));
    // The author's clock was a day ahead when it signed, and was then put right.
    author.clock().advance(24 * HOUR_SECONDS);
    publish_prices(author, 1).await;
    pull(&label.network, reader, author.entity()).await.unwrap();
    author.clock().advance(-24 * HOUR_SECONDS);
    publish_prices(author, 2).await;
    pull(&label.network, reader, author.entity()).await.unwrap();
    let head = |page: wire::feed::Page| claims(&page.head)["seq"].clone();
    let own = head(page(author, author.entity(), 0).await);
    assert_eq!(head(page(reader, author.entity(), 0).await), own);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_relay_that_is_half_way_gives_what_its_head_covers() {
    let label = Label::labelled(3).await;
    let (author, relay, reader) = (label.space(0), label.space(1), label.space(2));
    publish_prices(author, 130).await;
    let first = bytes(&page(author, author.entity(), 1).await);
    assert_eq!(
        relay
            .app()
            .take_page(author.entity(), &first)
            .await
            .unwrap(),
        PullStep::More(100)
    );
    // Its head is of the day before: nothing is new there, and nothing is wrong.
    let taken = pull_from(&label.network, reader, author.entity(), relay.entity()).await;
    assert_eq!(taken.unwrap(), 0);
    assert_eq!(partner(reader, author.entity()).await.feed.refusal, None);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_relay_that_never_heard_the_end_gives_nothing() {
    let label = Label::joined(2).await;
    let (author, relay) = (label.space(0), label.space(1));
    let newcomer = label.coordinator.clone();
    let unheard = space_name(3);
    for node in [author, relay, &newcomer] {
        let given = node.app().feed_page(&unheard, 1, 0, 100).await;
        assert!(matches!(given, Err(app::ServeError::Absent)), "{given:?}");
    }
}

#[tokio::test]
async fn the_feed_of_a_stranger_is_not_taken() {
    let mut label = Label::labelled(1).await;
    let stranger = label.invite(&space_name(1)).await;
    let reader = label.space(0);
    let position = reader.store().position();
    let theirs = bytes(&page(&stranger, stranger.entity(), 0).await);
    for sent in [theirs.as_slice(), b"<html></html>"] {
        let refusal = reader
            .app()
            .take_page(stranger.entity(), sent)
            .await
            .unwrap_err();
        assert!(matches!(refusal, PullError::Stranger(_)), "{refusal}");
        assert_eq!(refusal.code(), "feed_stranger");
    }
    assert_eq!(
        reader.store().position(),
        position,
        "nothing is kept of a stranger"
    );
    assert!(
        !reader
            .app()
            .followed()
            .await
            .unwrap()
            .contains(stranger.entity())
    );
}

#[tokio::test]
async fn a_newcomer_reads_the_whole_history() {
    let mut label = Label::labelled(1).await;
    publish_prices(label.space(0), 120).await;
    for _ in 0..60 {
        label
            .coordinator
            .app()
            .grant(label.space(0).entity())
            .await
            .unwrap();
    }
    let newcomer = label.invite(&space_name(1)).await;
    testkit::join(&label.network, &newcomer).await.unwrap();
    label.settle().await;
    let author = label.space(0).entity();
    assert_eq!(
        feed(&newcomer, author).await,
        feed(label.space(0), author).await
    );
    let seen = home(&newcomer).await.partners;
    assert_eq!(seen.len(), 1);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn pages_that_bring_nothing_and_promise_more_are_noticed() {
    let label = Label::labelled(2).await;
    let (author, reader) = (label.space(0), label.space(1));
    publish_prices(author, 2).await;
    label.network.tamper(|_, answer| {
        let mut page: wire::feed::Page = serde_json::from_slice(&answer.body).unwrap();
        page.records.clear();
        answer.body = bytes(&page);
    });
    let before = label.network.asked(author.entity());
    let pulled = pull(&label.network, reader, author.entity()).await;
    assert_eq!(pulled.unwrap_err().code(), "endless");
    assert_eq!(label.network.asked(author.entity()), before + 1);
}
