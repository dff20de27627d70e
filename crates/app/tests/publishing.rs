//! Publishing: what changed becomes records, and nothing else does.

use app::keys::LATEST;
use app::{PublishError, Published, SpaceText};
use serde_json::{Value, json};
use store::{Batch, Key, Store as _};
use testkit::{Label, charter_text, space_text};
use wire::Cents;
use wire::space::THE_ONE;

use crate::look::{assert_sound, entries, home, partner, stored_one};

fn named(published: &Published) -> Vec<(&str, &str, bool)> {
    let named = published.records.iter();
    named
        .map(|(kind, id, is_removal)| (kind.as_str(), id.as_str(), *is_removal))
        .collect()
}

#[tokio::test]
async fn what_did_not_change_makes_no_record() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let first = space
        .app()
        .publish_space(&space_text("Le Mug"))
        .await
        .unwrap();
    let all = [
        ("profile", THE_ONE, false),
        ("opening-hours", THE_ONE, false),
        ("formula", "day", false),
        ("formula", "month", false),
    ];
    assert_eq!((named(&first), first.seq), (all.to_vec(), 5));
    let position = space.store().position();
    for _ in 0..2 {
        let again = space
            .app()
            .publish_space(&space_text("Le Mug"))
            .await
            .unwrap();
        assert_eq!((named(&again), again.seq), (Vec::new(), 5));
        space.restart().await;
    }
    assert_eq!(space.store().position(), position, "nothing was written");
}

#[tokio::test]
async fn a_changed_price_is_one_record_with_the_next_rev() {
    let label = Label::labelled(2).await;
    let space = label.space(0);
    let mut text = space_text("Le Mug");
    space.app().publish_space(&text).await.unwrap();
    text.formulas.get_mut("day").unwrap().price_cents = Cents(1_600);
    let published = space.app().publish_space(&text).await.unwrap();
    assert_eq!(
        (named(&published), published.seq),
        (vec![("formula", "day", false)], 6)
    );
    let last = entries(space, space.entity()).await.pop().unwrap();
    assert_eq!(last, ("formula".to_owned(), "day".to_owned(), 2));
    label.settle().await;
    let seen = partner(label.space(1), space.entity()).await;
    assert_eq!(seen.formulas[0].1.price_cents, Cents(1_600));
}

#[tokio::test]
async fn what_is_gone_is_removed_and_may_come_back() {
    let label = Label::labelled(2).await;
    let (space, other) = (label.space(0), label.space(1));
    let whole = space_text("Le Mug");
    space.app().publish_space(&whole).await.unwrap();
    let mut less = whole.clone();
    less.formulas.remove("day");
    less.opening_hours = None;
    let published = space.app().publish_space(&less).await.unwrap();
    let gone = [("opening-hours", THE_ONE, true), ("formula", "day", true)];
    assert_eq!(named(&published), gone);
    assert!(
        space
            .app()
            .publish_space(&less)
            .await
            .unwrap()
            .records
            .is_empty()
    );
    label.settle().await;
    let seen = partner(other, space.entity()).await;
    assert_eq!(seen.formulas.len(), 1);
    assert!(seen.hours.is_none() && seen.open.is_none());

    space.app().publish_space(&whole).await.unwrap();
    let last = entries(space, space.entity()).await.pop().unwrap();
    assert_eq!(
        last,
        ("formula".to_owned(), "day".to_owned(), 3),
        "the rev goes on"
    );
    label.settle().await;
    assert_eq!(partner(other, space.entity()).await.formulas.len(), 2);
    assert_sound(&label.nodes()).await;
}

async fn check_refused(what: &str, change: impl FnOnce(&mut SpaceText)) {
    let label = Label::invited(1).await;
    let space = label.space(0);
    let position = space.store().position();
    let mut text = space_text("Le Mug");
    change(&mut text);
    let published = space.app().publish_space(&text).await;
    assert!(
        matches!(published, Err(PublishError::Refused { .. })),
        "{what}: {published:?}"
    );
    assert_eq!(
        space.store().position(),
        position,
        "{what}: something was written"
    );
}

#[tokio::test]
async fn what_others_could_not_read_is_refused_and_nothing_is_written() {
    check_refused("a time zone that does not exist", |it| {
        "Europe/Chambery".clone_into(&mut it.opening_hours.as_mut().unwrap().time_zone);
    })
    .await;
    check_refused("a span that ends before it begins", |it| {
        let span = &mut it.opening_hours.as_mut().unwrap().weekly[0];
        std::mem::swap(&mut span.from, &mut span.to);
    })
    .await;
    check_refused("no name", |it| it.profile.name.clear()).await;
    check_refused("half a place on the map", |it| {
        it.profile.latitude_e6 = Some(45);
    })
    .await;
    for cents in [-1, i64::MAX] {
        check_refused("a price that is none", |it| {
            it.formulas.get_mut("day").unwrap().price_cents = Cents(cents);
        })
        .await;
    }
    for id in ["", "Day", "half day", "jour-é", "../day", &"a".repeat(41)] {
        check_refused(id, |it| {
            let day = it.formulas["day"].clone();
            it.formulas.insert(id.to_owned(), day);
        })
        .await;
    }
}

fn with_formulas(count: usize) -> SpaceText {
    let mut text = space_text("Le Mug");
    let day = text.formulas["day"].clone();
    text.formulas = (0..count)
        .map(|it| (format!("day-{it}"), day.clone()))
        .collect();
    text
}

#[tokio::test]
async fn a_space_has_fifty_formulas_at_most() {
    check_refused("too many", |it| *it = with_formulas(51)).await;
    let label = Label::labelled(2).await;
    label
        .space(0)
        .app()
        .publish_space(&with_formulas(50))
        .await
        .unwrap();
    label.settle().await;
    let seen = partner(label.space(1), label.space(0).entity()).await;
    assert_eq!(seen.formulas.len(), 50);
}

#[tokio::test]
async fn a_charter_counts_its_versions_up() {
    let label = Label::labelled(1).await;
    let app = label.coordinator.app();
    let unchanged = app.publish_charter(&charter_text(4)).await.unwrap();
    assert!(unchanged.records.is_empty());
    for (half_days, version) in [(5, 2), (5, 2), (4, 3), (62, 4)] {
        app.publish_charter(&charter_text(half_days)).await.unwrap();
        label.settle().await;
        for node in label.nodes() {
            let charter = home(node).await.label.charter.unwrap();
            assert_eq!(charter.version, version, "{half_days}");
            assert_eq!(charter.roaming.half_days_per_month, half_days);
        }
    }
    let position = label.coordinator.store().position();
    let refused = app.publish_charter(&charter_text(63)).await;
    assert!(
        matches!(refused, Err(PublishError::Refused { .. })),
        "{refused:?}"
    );
    assert_eq!(label.coordinator.store().position(), position);
}

#[tokio::test]
async fn a_charter_that_changes_leaves_the_labels_as_they_are() {
    let label = Label::labelled(1).await;
    label
        .coordinator
        .app()
        .publish_charter(&charter_text(8))
        .await
        .unwrap();
    label.settle().await;
    let space = label.space(0).entity();
    assert_eq!(crate::look::standings(&label, space).await, ["labelled"; 2]);
}

#[tokio::test]
async fn a_space_publishes_a_space_and_a_coordinator_a_charter() {
    let label = Label::labelled(1).await;
    let refused = label
        .coordinator
        .app()
        .publish_space(&space_text("Le Mug"))
        .await;
    assert!(
        matches!(refused, Err(PublishError::OtherRole)),
        "{refused:?}"
    );
    let refused = label.space(0).app().publish_charter(&charter_text(4)).await;
    assert!(
        matches!(refused, Err(PublishError::OtherRole)),
        "{refused:?}"
    );
}

/// Whoever publishes and removes without end makes nobody read through it.
#[tokio::test]
async fn what_a_space_removed_is_looked_at_to_a_limit() {
    let label = Label::labelled(2).await;
    let (author, reader) = (label.space(0), label.space(1));
    author
        .app()
        .publish_space(&space_text("Le Mug"))
        .await
        .unwrap();
    label.settle().await;
    let is_day = |it: &Value| it["kind"] == "formula" && it["id"] == "day";
    let (key, mut pointer) = stored_one(reader, LATEST, is_day).await;
    let prices = async || partner(reader, author.entity()).await.formulas.len();
    assert_eq!(prices().await, 2);
    // Before what is there, in the order of keys.
    pointer["is_removed"] = json!(true);
    let stem = &key.rest()[..24];
    let mut batch = Batch::new();
    for number in 0..1_000_u64 {
        let rest = [stem, &number.to_be_bytes(), &[0; 8]].concat();
        batch.put(Key::new(LATEST, &rest), pointer.to_string().into_bytes());
    }
    reader.store().commit(batch).await.unwrap();
    assert_eq!(prices().await, 0, "1,000 are looked at for 50 prices");
}
