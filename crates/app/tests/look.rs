//! How tests look at a node: through what anybody may ask of it.

use app::view::{Home, SpaceView};
use app::{CheckReport, Depth};
use rules::trust::Standing;
use serde_json::Value;
use store::{Key, Prefix, Store as _, Versioned};
use testkit::{Label, TestNode};
use wire::EntityId;
use wire::feed::{Page, PageRecord};

/// What `reader` holds of the feed of `author`, record by record.
pub(crate) async fn feed(reader: &TestNode, author: &EntityId) -> Vec<PageRecord> {
    let mut records: Vec<PageRecord> = Vec::new();
    loop {
        let after = records.len() as u64;
        let page = reader.app().feed_page(author, 1, after, 100).await.unwrap();
        if page.records.is_empty() {
            return records;
        }
        records.extend(page.records);
    }
}

/// The claims of a sealed document, without asking who signed it.
pub(crate) fn claims(compact: &str) -> Value {
    let claims = compact.split('.').nth(1).unwrap();
    serde_json::from_slice(&seal::base64url::decode(claims).unwrap()).unwrap()
}

/// Kind, id and rev of each record of a feed, as `reader` holds it.
pub(crate) async fn entries(reader: &TestNode, author: &EntityId) -> Vec<(String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let records = feed(reader, author).await;
    records
        .iter()
        .map(|record| claims(&record.record))
        .map(|it| {
            (
                text(&it["kind"]),
                text(&it["id"]),
                it["rev"].as_u64().unwrap(),
            )
        })
        .collect()
}

/// How many records of a kind there are in a feed, about one id.
pub(crate) async fn count(reader: &TestNode, author: &EntityId, kind: &str, id: &str) -> usize {
    let entries = entries(reader, author).await;
    entries
        .iter()
        .filter(|it| it.0 == kind && it.1 == id)
        .count()
}

/// The page that a node gives of its own feed, or of one that it relays.
pub(crate) async fn page(node: &TestNode, author: &EntityId, after: u64) -> Page {
    node.app().feed_page(author, 1, after, 100).await.unwrap()
}

pub(crate) fn bytes(page: &Page) -> Vec<u8> {
    serde_json::to_vec(page).unwrap()
}

/// What `reader` says of the standing of `space` now.
pub(crate) async fn standing(reader: &TestNode, space: &EntityId) -> Standing {
    let app = reader.app();
    app.register().await.unwrap().standing(space, app.now())
}

/// What every node of the label says of a space, the coordinator first.
pub(crate) async fn standings(label: &Label, space: &EntityId) -> Vec<&'static str> {
    let mut seen = Vec::new();
    for node in label.nodes() {
        seen.push(name(&standing(node, space).await));
    }
    seen
}

pub(crate) fn name(standing: &Standing) -> &'static str {
    match standing {
        Standing::Labelled { .. } => "labelled",
        Standing::Admitted => "admitted",
        Standing::Suspended { .. } => "suspended",
        Standing::Withdrawn { .. } => "withdrawn",
        Standing::Expired { .. } => "expired",
        Standing::Unknown => "unknown",
    }
}

pub(crate) async fn home(node: &TestNode) -> Home {
    node.app().home().await.unwrap()
}

/// `space` as `reader` shows it among its partners.
pub(crate) async fn partner(reader: &TestNode, space: &EntityId) -> SpaceView {
    let mut partners = home(reader).await.partners.into_iter();
    partners.find(|it| it.entity == *space).unwrap()
}

/// All entries of a prefix of a node's store.
pub(crate) async fn stored(node: &TestNode, prefix: Prefix) -> Vec<(Key, Versioned)> {
    let mut entries: Vec<(Key, Versioned)> = Vec::new();
    loop {
        let after = entries.last().map(|(key, _)| key);
        let page = node.store().scan(prefix, &[], after, 1_000).await.unwrap();
        entries.extend(page.entries);
        if !page.is_cut {
            return entries;
        }
    }
}

/// Every byte that a node stores, keys and values.
pub(crate) async fn everything(node: &TestNode) -> Vec<u8> {
    let mut all = Vec::new();
    for prefix in app::keys::HOLDINGS.iter().map(|it| it.prefix) {
        for (key, found) in stored(node, prefix).await {
            all.extend_from_slice(key.as_bytes());
            all.push(b'\n');
            all.extend_from_slice(&found.value);
            all.push(b'\n');
        }
    }
    all
}

/// The values under a prefix, as text.
pub(crate) async fn stored_text(node: &TestNode, prefix: Prefix) -> String {
    let entries = stored(node, prefix).await.into_iter();
    let texts = entries.map(|(_, it)| String::from_utf8(it.value).unwrap());
    texts.collect::<Vec<_>>().join("\n")
}

/// The stored entry of which `is_it` is true of the JSON; there is exactly one.
pub(crate) async fn stored_one(
    node: &TestNode,
    prefix: Prefix,
    is_it: impl Fn(&Value) -> bool,
) -> (Key, Value) {
    let entries = stored(node, prefix).await.into_iter();
    let entries = entries.map(|(key, it)| {
        let value = app::legible(&key, &it.value).unwrap();
        (key, value)
    });
    let found: Vec<_> = entries.filter(|(_, value)| is_it(value)).collect();
    let [found] = <[_; 1]>::try_from(found).unwrap();
    found
}

pub(crate) async fn deep(node: &TestNode) -> CheckReport {
    node.app().check(Depth::Deep).await.unwrap()
}

/// Nothing in the stores of these nodes is wrong.
pub(crate) async fn assert_sound(nodes: &[&TestNode]) {
    for node in nodes {
        let problems = deep(node).await.problems;
        assert!(problems.is_empty(), "{}: {problems:?}", node.entity());
    }
}
