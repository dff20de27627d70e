//! Damage that a commit wrote, so that the fingerprints are right: pointers, cursors,
//! heads and records that do not fit each other.

use app::keys::{FEEDS, LATEST, RECORDS};
use serde_json::{Value, json};
use store::{Batch, Key, Prefix, Store as _};
use testkit::{TestNode, space_name};

use crate::checking::{check_words, story};
use crate::look::{assert_sound, claims, deep, stored_one};

/// What is done to a stored value; `Null` takes it away.
type Change = fn(&mut Value);

async fn plant(node: &TestNode, writes: Vec<(Key, Option<Value>)>) {
    let mut batch = Batch::new();
    for (key, value) in writes {
        batch
            .writes
            .insert(key, value.map(|it| it.to_string().into_bytes()));
    }
    node.store().commit(batch).await.unwrap();
}

pub(crate) async fn check_found(
    node: &TestNode,
    what: &str,
    prefix: Prefix,
    pick: impl Fn(&Value) -> bool,
    change: impl FnOnce(&mut Value),
    words: &str,
) {
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

fn of(entity: usize) -> impl Fn(&Value) -> bool {
    let name = space_name(entity).to_string();
    move |it| it["entity"] == name.as_str()
}

const POINTERS: &str = "pointers to the latest records";

#[tokio::test]
async fn a_pointer_that_is_not_to_the_latest_record_is_found() {
    let node = story().await.space(0).clone();
    let pick = |it: &Value| it["kind"] == "charter";
    let cases: [(&str, Change); 6] = [
        ("to an older record", |it| it["seq"] = json!(3)),
        ("with another rev", |it| it["rev"] = json!(9)),
        ("to a removed one", |it| it["is_removed"] = json!(true)),
        ("of another id", |it| it["id"] = json!("other")),
        ("of another epoch", |it| it["epoch"] = json!(2)),
        ("gone", |it| *it = Value::Null),
    ];
    for (what, change) in cases {
        check_found(&node, what, LATEST, pick, change, POINTERS).await;
    }
}

#[tokio::test]
async fn a_cursor_that_is_not_at_the_end_is_found() {
    let node = story().await.space(0).clone();
    let end = "do not end where the cursor stands";
    let cases: [(&str, Change, &str); 7] = [
        ("back", |it| it["seq"] = json!(1), end),
        ("ahead", |it| it["seq"] = json!(99), end),
        ("another epoch", |it| it["epoch"] = json!(2), end),
        ("another hash", |it| it["hash"] = json!("A".repeat(43)), end),
        (
            "before the first",
            |it| it["seq"] = json!(0),
            "belong to a feed",
        ),
        ("gone", |it| *it = Value::Null, "belong to a feed"),
        (
            "another's",
            |it| it["entity"] = json!("https://other.example"),
            "under another key",
        ),
    ];
    for (what, change, words) in cases {
        check_found(&node, what, FEEDS, of(1), change, words).await;
    }
}

#[tokio::test]
async fn keys_and_heads_that_the_records_do_not_bear_out_are_found() {
    let node = story().await.space(0).clone();
    let keys = "keys beside the cursor";
    let other = |it: &mut Value| {
        let plan = testkit::Plan::coordinator(&space_name(3));
        let jwk = seal::Jwk::from(plan.ops().public());
        it["ops"] = serde_json::to_value([jwk]).unwrap();
    };
    check_found(&node, "another's keys", FEEDS, of(1), other, keys).await;
    check_found(
        &node,
        "no keys",
        FEEDS,
        of(0),
        |it| it["ops"] = json!([]),
        keys,
    )
    .await;
    let extra = |it: &mut Value| it["coordinator_fed"] = it["ops"].clone();
    check_found(&node, "keys of a coordinator", FEEDS, of(1), extra, keys).await;

    let head = "stored head does not hold";
    let cases: [(&str, Change); 5] = [
        ("signed later", |it| {
            it["head"]["iat"] = json!(1_775_466_001);
        }),
        ("lasting longer", |it| {
            it["head"]["exp"] = json!(1_999_999_999);
        }),
        ("at another position", |it| it["head"]["seq"] = json!(1)),
        ("cut", |it| it["head"]["text"] = json!("a.b.c")),
        ("bent", |it| {
            let text = it["head"]["text"].as_str().unwrap();
            let cut = text.get(..text.len() - 4).unwrap();
            it["head"]["text"] = json!(format!("{cut}AAAA"));
        }),
    ];
    for (what, change) in cases {
        check_found(&node, what, FEEDS, of(1), change, head).await;
        check_found(&node, what, FEEDS, of(0), change, head).await;
    }
    check_found(
        &node,
        "no head of one's own",
        FEEDS,
        of(0),
        |it| it["head"] = Value::Null,
        head,
    )
    .await;
}

fn says(kind: &'static str, seq: u64) -> impl Fn(&Value) -> bool {
    move |it| {
        let it = claims(it["record"].as_str().unwrap());
        it["iss"] == "https://aix.example" && it["kind"] == kind && it["seq"] == seq
    }
}

#[tokio::test]
async fn a_record_that_the_author_did_not_write_is_found() {
    let node = story().await.space(0).clone();
    let profile = || says("profile", 2);
    let cases: [(&str, Change, &str); 6] = [
        (
            "another body",
            |it| it["body"] = json!("{}"),
            "another body than the one",
        ),
        (
            "another salt",
            |it| it["salt"] = json!(vec![0; 16]),
            "another body than the one",
        ),
        (
            "no salt",
            |it| it["salt"] = Value::Null,
            "another body than the one",
        ),
        (
            "cut",
            |it| it["record"] = json!("a.b.c"),
            "not a compact JWS",
        ),
        ("gone", |it| *it = Value::Null, "it does not follow"),
        (
            "of a later form",
            |it| it["form"] = json!(2),
            "unknown form",
        ),
    ];
    for (what, change, words) in cases {
        check_found(&node, what, RECORDS, profile(), change, words).await;
    }
    let last = says("status-list", 7);
    check_found(
        &node,
        "the last one gone",
        RECORDS,
        last,
        |it| *it = Value::Null,
        "do not end",
    )
    .await;
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
        it["iss"] == "https://le-mug.example" && it["kind"] == "profile" && it["rev"] == 1
    })
    .await;
    plant(node, vec![(cursor, Some(value))]).await;
    node.store().damage(&record);
    let problems = deep(node).await.problems;
    assert!(
        problems.iter().any(|it| it.contains("https://aix.example")),
        "{problems:?}"
    );
    assert!(
        problems
            .iter()
            .any(|it| it.contains("https://le-mug.example")),
        "{problems:?}"
    );
}
