//! Pages from another node than the author: what they can bring, and what they cannot.

use app::{PullStep, Source};
use sync::Mark;
use testkit::{DAY_SECONDS, Label, TestNode, pull, pull_from, space_text};
use wire::Cents;
use wire::feed::Page;

use crate::look::{assert_sound, bytes, feed, page, partner};

/// The author has published prices that the relay has read, and the reader has not.
struct Story {
    label: Label,
}

impl Story {
    async fn begin() -> Self {
        let label = Label::labelled(3).await;
        let it = Self { label };
        it.publish(4).await;
        it
    }

    async fn publish(&self, cents: i64) {
        let mut text = space_text("Le Mug");
        text.formulas.get_mut("day").unwrap().price_cents = Cents(cents);
        self.author().app().publish_space(&text).await.unwrap();
        let read = pull(&self.label.network, self.relay(), self.author().entity()).await;
        read.unwrap();
    }

    fn author(&self) -> &TestNode {
        self.label.space(0)
    }

    fn relay(&self) -> &TestNode {
        self.label.space(1)
    }

    fn reader(&self) -> &TestNode {
        self.label.space(2)
    }

    async fn known(&self) -> Mark {
        let author = self.author().entity();
        self.reader().app().known(author).await.unwrap()
    }

    /// What the relay holds for the reader.
    async fn page(&self) -> Page {
        let after = self.known().await.seq;
        page(self.relay(), self.author().entity(), after).await
    }

    /// The reader is given a page by a relay.
    async fn given(&self, page: &[u8]) -> Result<PullStep, &'static str> {
        let asked = (Source::Relay, self.known().await);
        let author = self.author().entity();
        let app = self.reader().app();
        let taken = app.take_page_after(author, asked, page).await;
        taken.map_err(|refusal| refusal.code())
    }

    async fn refusal(&self) -> Option<String> {
        partner(self.reader(), self.author().entity())
            .await
            .feed
            .refusal
    }

    async fn price(&self) -> Option<Cents> {
        let seen = partner(self.reader(), self.author().entity()).await;
        let day = seen.formulas.iter().find(|(id, _)| id == "day");
        day.map(|(_, formula)| formula.price_cents)
    }
}

#[tokio::test]
async fn a_relay_that_forges_is_no_word_about_the_author() {
    let story = Story::begin().await;
    let given = story.page().await;
    let held = story.known().await;
    let mut forged = Vec::new();
    // A price that the author did not sign.
    let mut other = given.clone();
    let body = other.records.iter_mut().find_map(|it| it.body.as_mut());
    body.unwrap().push(' ');
    forged.push((bytes(&other), "feed_other_body"));
    // A signature that is not theirs.
    let mut other = given.clone();
    other.records[0].record = page(story.relay(), story.relay().entity(), 0).await.records[0]
        .record
        .clone();
    forged.push((bytes(&other), "seal_unknown_key"));
    // One left out in the middle.
    let mut other = given.clone();
    other.records.remove(0);
    forged.push((bytes(&other), "feed_gap"));
    forged.push((b"<html>".to_vec(), "feed_page"));
    for (page, code) in forged {
        assert_eq!(story.given(&page).await, Err(code));
        assert_eq!(story.refusal().await, None, "{code}");
        assert_eq!(story.known().await, held, "{code}");
    }
    assert_eq!(story.price().await, None);
    // The author says it, and a relay that does not lie.
    let count = given.records.len();
    assert_eq!(
        story.given(&bytes(&given)).await,
        Ok(PullStep::Complete(count))
    );
    assert_eq!(story.price().await, Some(Cents(4)));
    assert_sound(&story.label.nodes()).await;
}

#[tokio::test]
async fn what_the_author_was_refused_for_stays_until_the_author_mends_it() {
    let story = Story::begin().await;
    let (reader, author) = (story.reader(), story.author().entity());
    let refused = reader.app().take_page(author, b"<html>").await;
    assert_eq!(refused.unwrap_err().code(), "feed_page");
    let given = bytes(&story.page().await);
    assert!(story.given(&given).await.is_ok());
    assert_eq!(story.price().await, Some(Cents(4)), "it was read");
    assert_eq!(story.refusal().await.as_deref(), Some("feed_page"));
    pull(&story.label.network, reader, author).await.unwrap();
    assert_eq!(story.refusal().await, None);
}

#[tokio::test]
async fn a_relay_cannot_hide_a_price_by_leaving_it_out() {
    let story = Story::begin().await;
    let mut given = story.page().await;
    let held = story.known().await;
    for record in &mut given.records {
        (record.salt, record.body) = (None, None);
    }
    assert_eq!(story.given(&bytes(&given)).await, Err("feed_no_body"));
    let taken = story.known().await.seq - held.seq;
    let all = given.records.len() as u64;
    assert!(taken < all, "{taken} of {all}");
    assert_eq!(story.refusal().await, None);
    // Another gives it whole.
    let (reader, author) = (story.reader(), story.author().entity());
    pull_from(&story.label.network, reader, author, story.relay().entity())
        .await
        .unwrap();
    assert_eq!(story.price().await, Some(Cents(4)));
    let whole = feed(story.author(), author).await;
    assert_eq!(feed(reader, author).await, whole, "every body is there");
    assert_sound(&story.label.nodes()).await;
}

#[tokio::test]
async fn a_relay_may_leave_out_what_it_supersedes() {
    let story = Story::begin().await;
    let (reader, author) = (story.reader(), story.author().entity());
    pull(&story.label.network, reader, author).await.unwrap();
    story.publish(5).await;
    story.publish(6).await;
    let mut given = story.page().await;
    assert_eq!(given.records.len(), 2);
    (given.records[0].salt, given.records[0].body) = (None, None);
    let step = story.given(&bytes(&given)).await;
    assert_eq!(step, Ok(PullStep::Complete(2)));
    assert_eq!(story.price().await, Some(Cents(6)));
}

#[tokio::test]
async fn what_is_withheld_supersedes_nothing() {
    let story = Story::begin().await;
    let (reader, author) = (story.reader(), story.author().entity());
    pull(&story.label.network, reader, author).await.unwrap();
    story.publish(5).await;
    story.publish(6).await;
    let held = story.known().await;
    let mut given = story.page().await;
    for record in &mut given.records {
        (record.salt, record.body) = (None, None);
    }
    assert_eq!(story.given(&bytes(&given)).await, Err("feed_no_body"));
    assert_eq!(story.known().await, held, "neither was taken");
    assert_eq!(story.price().await, Some(Cents(4)));
}

#[tokio::test]
async fn a_page_that_comes_late_is_not_looked_at() {
    let story = Story::begin().await;
    let (reader, author) = (story.reader(), story.author().entity());
    let asked = story.known().await;
    let late = bytes(&story.page().await);
    pull(&story.label.network, reader, author).await.unwrap();
    for source in [Source::Relay, Source::Author] {
        let app = reader.app();
        let step = app.take_page_after(author, (source, asked), &late).await;
        assert_eq!(step.unwrap(), PullStep::Overtaken);
        assert_eq!(story.refusal().await, None);
    }
    // One that comes while another is being taken neither.
    story.publish(5).await;
    let (asked, page) = (story.known().await, bytes(&story.page().await));
    let take = |source| {
        let (app, page) = (reader.app(), page.clone());
        async move { app.take_page_after(author, (source, asked), &page).await }
    };
    let (one, other) = tokio::join!(take(Source::Relay), take(Source::Author));
    let steps = [one.unwrap(), other.unwrap()];
    assert!(steps.contains(&PullStep::Complete(1)), "{steps:?}");
    assert!(steps.contains(&PullStep::Overtaken), "{steps:?}");
    assert_eq!(story.refusal().await, None);
    assert_sound(&story.label.nodes()).await;
}

#[tokio::test]
async fn a_relay_that_withholds_leaves_a_feed_stale_until_another_brings_the_head() {
    let story = Story::begin().await;
    let (reader, author) = (story.reader(), story.author().entity());
    let network = &story.label.network;
    pull(network, reader, author).await.unwrap();
    let old = bytes(&story.page().await);
    story.label.advance(DAY_SECONDS);
    story.author().app().renew().await.unwrap();
    pull(network, story.relay(), author).await.unwrap();
    let is_fresh = async || {
        let seen = partner(reader, author).await.freshness;
        matches!(seen, rules::freshness::Freshness::Fresh { .. })
    };
    let before = reader.app().known_as_of(author).await.unwrap();
    assert_eq!(story.given(&old).await, Ok(PullStep::Complete(0)));
    let known = reader.app().known_as_of(author).await.unwrap();
    assert_eq!(known, before, "it brought nothing");
    assert!(!is_fresh().await);
    pull_from(network, reader, author, story.relay().entity())
        .await
        .unwrap();
    assert!(reader.app().known_as_of(author).await.unwrap() > before);
    assert!(is_fresh().await);
}
