//! `check --deep`: clean on what is good, and every planted damage found.

use app::Depth;
use app::keys::{FEEDS, HOLDINGS, IDENTITY, INVITATIONS, JOINING, LATEST, RECORDS};
use serde_json::{Value, json};
use store::{Batch, Key, Prefix, Store as _};
use testkit::{Label, TestNode, charter_text, space_name, space_text};

use crate::look::{assert_sound, claims, deep, home, stored, stored_one};

/// A label in which everything has happened once.
async fn story() -> Label {
    let mut label = Label::labelled(3).await;
    for space in &label.spaces {
        let text = space_text(space.entity().authority());
        space.app().publish_space(&text).await.unwrap();
        let mut less = text.clone();
        less.formulas.remove("day");
        space.app().publish_space(&less).await.unwrap();
    }
    let app = label.coordinator.app();
    app.publish_charter(&charter_text(8)).await.unwrap();
    app.suspend(label.space(1).entity(), "for a while").await.unwrap();
    app.withdraw(label.space(2).entity(), "closed").await.unwrap();
    app.grant(label.space(1).entity()).await.unwrap();
    label.invite(&space_name(3)).await;
    label.settle().await;
    label
}

#[tokio::test]
async fn everything_that_is_stored_is_listed_and_everything_listed_is_stored() {
    let label = story().await;
    let mut used = Vec::new();
    for node in label.nodes() {
        for (prefix, kept) in node.store().fingerprints().await.unwrap() {
            assert!(HOLDINGS.iter().any(|it| it.prefix == prefix), "{prefix:?} is not listed");
            if kept.count > 0 && !used.contains(&prefix) {
                used.push(prefix);
            }
        }
    }
    for holding in HOLDINGS {
        assert!(used.contains(&holding.prefix), "nothing is stored of: {}", holding.holds);
        assert!(!holding.kept.is_empty() && !holding.is_personal);
    }
    let all = [IDENTITY, FEEDS, RECORDS, LATEST, INVITATIONS, JOINING];
    assert_eq!(HOLDINGS.iter().map(|it| it.prefix).collect::<Vec<_>>(), all);
}

#[tokio::test]
async fn a_secret_is_not_kept_longer_than_it_is_needed() {
    let label = Label::invited(1).await;
    let space = label.space(0);
    let (_, asking) = stored_one(space, JOINING, |_| true).await;
    let secret = asking["secret"].as_str().unwrap().to_owned();
    let everything = async |node: &TestNode| {
        let mut text = String::new();
        for holding in HOLDINGS {
            for (key, found) in stored(node, holding.prefix).await {
                text.push_str(&String::from_utf8_lossy(key.rest()));
                text.push_str(&String::from_utf8_lossy(&found.value));
            }
        }
        text
    };
    assert!(everything(space).await.contains(&secret));
    assert!(!everything(&label.coordinator).await.contains(&secret), "only its hash");
    testkit::join(&label.network, space).await.unwrap();
    assert!(!everything(space).await.contains(&secret), "answered, and forgotten");
}

#[tokio::test]
async fn what_is_good_is_clean_and_counted() {
    let label = story().await;
    for node in label.nodes() {
        let report = deep(node).await;
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        let entries = all_keys(node).await.len() as u64;
        let records = stored(node, RECORDS).await.len() as u64;
        let feeds = stored(node, FEEDS).await.len() as u64;
        assert_eq!((report.entries, report.records, report.feeds), (entries, records, feeds));
        let quick = node.app().check(Depth::Quick).await.unwrap();
        assert_eq!((quick.feeds, quick.records, quick.problems.len()), (feeds, 0, 0));
    }
}

async fn all_keys(node: &TestNode) -> Vec<Key> {
    let mut keys = Vec::new();
    for holding in HOLDINGS {
        let entries = stored(node, holding.prefix).await;
        keys.extend(entries.into_iter().map(|(key, _)| key));
    }
    keys
}

#[tokio::test]
async fn one_flipped_bit_in_any_entry_is_found() {
    let label = story().await;
    for node in [&label.coordinator, label.space(0)] {
        for key in all_keys(node).await {
            assert!(node.store().damage(&key));
            let problems = deep(node).await.problems;
            let named = problems.iter().any(|it| it.contains(&key.to_string()));
            assert!(named, "{key}: {problems:?}");
            node.store().damage(&key);
        }
        assert_sound(&[node]).await;
    }
}

#[tokio::test]
async fn an_entry_that_vanished_is_found() {
    let label = story().await;
    let keys = all_keys(&label.coordinator).await;
    drop(label);
    for at in 0..keys.len() {
        // The story is the same at each run, and so are its keys.
        let label = story().await;
        let key = &keys[at];
        assert!(label.coordinator.store().vanish(key));
        let problems = deep(&label.coordinator).await.problems;
        assert!(!problems.is_empty(), "{key}");
    }
}

#[tokio::test]
async fn a_damaged_entry_is_an_error_for_who_asks_and_never_an_absence() {
    let label = story().await;
    let node = label.space(0);
    let author = label.space(1).entity();
    let good = format!("{:?}", home(node).await);
    let good_page = node.app().feed_page(author, 1, 0, 100).await.unwrap();
    let mut errors = 0;
    for key in all_keys(node).await {
        node.store().damage(&key);
        // Started anew, so that no register is remembered.
        if key.prefix() != IDENTITY {
            node.restart().await;
        }
        match node.app().home().await {
            Ok(home) => assert_eq!(format!("{home:?}"), good, "{key}"),
            Err(app::Fault::Read(_)) => errors += 1,
            Err(fault) => panic!("{key}: {fault}"),
        }
        match node.app().feed_page(author, 1, 0, 100).await {
            Ok(page) => assert_eq!(page, good_page, "{key}"),
            Err(app::ServeError::Fault(app::Fault::Read(_))) => errors += 1,
            Err(error) => panic!("{key}: {error}"),
        }
        node.store().damage(&key);
    }
    assert!(errors > 20, "{errors}");
}

/// Where damage is planted, by a commit whose fingerprints are right: nothing but
/// the walk can find it.
async fn plant(node: &TestNode, writes: Vec<(Key, Option<Value>)>) {
    let mut batch = Batch::new();
    for (key, value) in writes {
        batch.writes.insert(key, value.map(|it| it.to_string().into_bytes()));
    }
    node.store().commit(batch).await.unwrap();
}

async fn check_found(
    what: &str,
    prefix: Prefix,
    pick: impl Fn(&Value) -> bool,
    change: impl FnOnce(&mut Value),
    words: &str,
) {
    let label = story().await;
    let node = label.space(0);
    let (key, mut value) = stored_one(node, prefix, pick).await;
    let before = value.clone();
    change(&mut value);
    assert_ne!(value, before, "{what}: nothing was planted");
    let gone = value.is_null();
    plant(node, vec![(key.clone(), (!gone).then_some(value))]).await;
    node.restart().await;
    check_words(what, node, words).await;
    plant(node, vec![(key, Some(before))]).await;
    assert_sound(&[node]).await;
}

async fn check_words(what: &str, node: &TestNode, words: &str) {
    let problems = deep(node).await.problems;
    assert!(problems.iter().any(|it| it.contains(words)), "{what}: {problems:?}");
}

fn of(entity: usize) -> impl Fn(&Value) -> bool {
    let name = space_name(entity).to_string();
    move |it| it["entity"] == name.as_str()
}

const POINTERS: &str = "pointers to the latest records";

#[tokio::test]
async fn a_pointer_that_is_not_to_the_latest_record_is_found() {
    // The one profile of a partner has the largest version among those pointers.
    let pick = |it: &Value| it["kind"] == "charter";
    let cases: [(&str, fn(&mut Value)); 6] = [
        ("to an older record", |it| it["seq"] = json!(3)),
        ("with another rev", |it| it["rev"] = json!(9)),
        ("to a removed one", |it| it["is_removed"] = json!(true)),
        ("of another id", |it| it["id"] = json!("other")),
        ("of another epoch", |it| it["epoch"] = json!(2)),
        ("gone", |it| *it = Value::Null),
    ];
    for (what, change) in cases {
        check_found(what, LATEST, pick, change, POINTERS).await;
    }
}

#[tokio::test]
async fn a_cursor_that_is_not_at_the_end_is_found() {
    let end = "do not end where the cursor stands";
    let cases: [(&str, fn(&mut Value), &str); 7] = [
        ("back", |it| it["seq"] = json!(1), end),
        ("ahead", |it| it["seq"] = json!(99), end),
        ("another epoch", |it| it["epoch"] = json!(2), end),
        ("another hash", |it| it["hash"] = json!("A".repeat(43)), end),
        ("before the first", |it| it["seq"] = json!(0), "belong to a feed"),
        ("gone", |it| *it = Value::Null, "belong to a feed"),
        ("another's", |it| it["entity"] = json!("https://other.example"), "under another key"),
    ];
    for (what, change, words) in cases {
        check_found(what, FEEDS, of(1), change, words).await;
    }
}

#[tokio::test]
async fn keys_and_heads_that_the_records_do_not_bear_out_are_found() {
    let keys = "keys beside the cursor";
    let other = |it: &mut Value| {
        let plan = testkit::Plan::coordinator(&space_name(3));
        let jwk = seal::Jwk::from(plan.ops().public());
        it["ops"] = serde_json::to_value([jwk]).unwrap();
    };
    check_found("another's keys", FEEDS, of(1), other, keys).await;
    check_found("no keys", FEEDS, of(0), |it| it["ops"] = json!([]), keys).await;
    let extra = |it: &mut Value| it["coordinator_fed"] = it["ops"].clone();
    check_found("keys of a coordinator", FEEDS, of(1), extra, keys).await;

    let head = "stored head does not hold";
    let cases: [(&str, fn(&mut Value)); 5] = [
        ("signed later", |it| it["head"]["iat"] = json!(1_775_466_001)),
        ("lasting longer", |it| it["head"]["exp"] = json!(1_999_999_999)),
        ("at another position", |it| it["head"]["seq"] = json!(1)),
        ("cut", |it| it["head"]["text"] = json!("a.b.c")),
        ("bent", |it| {
            let text = it["head"]["text"].as_str().unwrap();
            it["head"]["text"] = json!(format!("{}AAAA", &text[..text.len() - 4]));
        }),
    ];
    for (what, change) in cases {
        check_found(what, FEEDS, of(1), change, head).await;
        check_found(what, FEEDS, of(0), change, head).await;
    }
    check_found("no head of one's own", FEEDS, of(0), |it| it["head"] = Value::Null, head).await;
}

fn says(kind: &'static str, seq: u64) -> impl Fn(&Value) -> bool {
    move |it| {
        let it = claims(it["record"].as_str().unwrap());
        it["iss"] == "https://aix.example" && it["kind"] == kind && it["seq"] == seq
    }
}

#[tokio::test]
async fn a_record_that_the_author_did_not_write_is_found() {
    let profile = || says("profile", 2);
    let cases: [(&str, fn(&mut Value), &str); 6] = [
        ("another body", |it| it["body"] = json!("{}"), "another body than the one"),
        ("another salt", |it| it["salt"] = json!(vec![0; 16]), "another body than the one"),
        ("no salt", |it| it["salt"] = Value::Null, "another body than the one"),
        ("cut", |it| it["record"] = json!("a.b.c"), "not a compact JWS"),
        ("gone", |it| *it = Value::Null, "it does not follow"),
        ("of a later form", |it| it["form"] = json!(2), "unknown form"),
    ];
    for (what, change, words) in cases {
        check_found(what, RECORDS, profile(), change, words).await;
    }
    let last = says("formula", 6);
    check_found("the last one gone", RECORDS, last, |it| *it = Value::Null, "do not end").await;
}

#[tokio::test]
async fn what_nothing_accounts_for_is_found() {
    let label = story().await;
    let node = label.space(0);
    let (_, record) = stored_one(node, RECORDS, says("profile", 2)).await;
    let (_, pointer) = stored_one(node, LATEST, |it| it["kind"] == "charter").await;
    for (prefix, value, words) in [
        (RECORDS, record, "belong to a feed"),
        (LATEST, pointer, "belong to a feed"),
        (Prefix::new(*b"zz"), json!({"form": 1}), "an unknown kind"),
        (FEEDS, json!({"form": 2}), "unknown form"),
        (FEEDS, json!("nothing"), "unknown form"),
    ] {
        let key = Key::new(prefix, &[0; 32]);
        plant(node, vec![(key.clone(), Some(value))]).await;
        check_words("a stray entry", node, words).await;
        plant(node, vec![(key, None)]).await;
    }
}

#[tokio::test]
async fn one_problem_does_not_hide_another() {
    let label = story().await;
    let node = label.space(0);
    let (cursor, mut value) = stored_one(node, FEEDS, of(1)).await;
    value["hash"] = json!("A".repeat(43));
    let (record, _) = stored_one(node, RECORDS, |it| {
        let it = claims(it["record"].as_str().unwrap());
        it["iss"] == "https://le-mug.example" && it["kind"] == "profile"
    })
    .await;
    plant(node, vec![(cursor, Some(value))]).await;
    node.store().damage(&record);
    let problems = deep(node).await.problems;
    assert!(problems.iter().any(|it| it.contains("https://aix.example")), "{problems:?}");
    assert!(problems.iter().any(|it| it.contains("https://le-mug.example")), "{problems:?}");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_a_fault_and_no_problem() {
    let label = Label::labelled(1).await;
    let node = label.space(0);
    for nth in 1..6 {
        node.store().fail_read(nth);
        let checked = node.app().check(Depth::Deep).await;
        assert!(matches!(checked, Err(app::Fault::Read(_))), "{nth}: {checked:?}");
    }
    assert_sound(&[node]).await;
}
