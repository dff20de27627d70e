//! A folder that is restored from a copy: the node finds out by itself, asks its partners,
//! and goes on as if nothing had happened; and what becomes of it when nobody answers.

use std::path::Path;

use scenarios::network::{Network, space_file};
use scenarios::node::{Node, price, space_of};
use scenarios::{folder, wait};
use serde_json::Value;

/// What a node publishes of itself, with this price of a day.
fn publish(node: &Node, cents: i64) {
    let file = node.dir.join("space.toml");
    std::fs::write(file, space_file("Le Mug", cents)).expect("a file can be written");
    node.escale(&["publish"]).ok();
}

/// How a copy is put back.
type PutBack = fn(&Node, &Path);

/// Puts a copy over the folder; what is there and not in the copy stays.
fn put_over(node: &Node, copy: &Path) {
    std::fs::remove_dir_all(node.dir.join("store")).expect("a store can be removed");
    folder::copy(&copy.join("store"), &node.dir.join("store"));
}

/// Puts a copy of the folder in its place: made by whom it may be, its files are others.
fn put_back(node: &Node, copy: &Path) {
    std::fs::remove_dir_all(&node.dir).expect("a folder can be removed");
    folder::copy(copy, &node.dir);
}

fn state(node: &Node) -> Value {
    node.json(&["feed", "state"])
}

/// Waits until the node says that it knows where its own feed stands.
#[track_caller]
fn is_confirmed(node: &Node) -> Value {
    wait::until("the own feed is confirmed", || {
        let said = state(node);
        if said["state"] == "confirmed" {
            Ok(said)
        } else {
            Err(said.to_string())
        }
    })
}

/// The other reads this price of a day, at this position of the feed.
#[track_caller]
fn reads(reader: &Node, author: &Node, cents: i64, seq: &Value) {
    reader.until("the price is read", |home| {
        let feed = &space_of(home, &author.entity)["feed"];
        price(home, &author.entity, "day") == Some(cents)
            && feed["seq"] == *seq
            && feed["refusal"].is_null()
    });
}

#[test]
fn a_folder_that_was_restored_goes_on_where_partners_have_read_to() {
    let network = Network::running();
    let mut mug = network.labelled("mug");
    let aix = network.labelled("aix");
    publish(&mug, 1_500);
    is_confirmed(&mug);
    mug.stop();
    let copy = network.path("copy");
    folder::copy(&mug.dir, &copy);
    // A start in the folder that was left is no reason to ask anybody.
    mug.start();
    is_confirmed(&mug);
    publish(&mug, 1_800);
    reads(&aix, &mug, 1_800, &state(&mug)["seq"]);
    let before = state(&mug);

    for (times, put_back) in [(1, put_back as PutBack), (2, put_over)] {
        mug.stop();
        put_back(&mug, &copy);
        mug.start();
        let after = is_confirmed(&mug);
        assert_eq!(before, after, "the same feed, in the same epoch");
        assert_eq!(mug.log().matches("this folder is a copy").count(), times);
    }
    publish(&mug, 2_100);
    reads(&aix, &mug, 2_100, &state(&mug)["seq"]);
    for node in [&mug, &aix, &network.coordinator] {
        node.is_sound();
        assert_eq!(state(node)["parted"], Value::Array(Vec::new()));
    }
}

#[test]
fn a_copy_that_reaches_nobody_publishes_nothing_until_it_does() {
    let mut network = Network::running();
    let mut mug = network.labelled("mug");
    publish(&mug, 1_500);
    mug.stop();
    let copy = network.path("copy");
    folder::copy(&mug.dir, &copy);
    mug.start();
    publish(&mug, 1_800);
    let seq = state(&mug)["seq"].clone();
    network.coordinator.until("it has read the price", |home| {
        price(home, &mug.entity, "day") == Some(1_800)
    });
    mug.stop();
    network.coordinator.stop();
    put_back(&mug, &copy);
    mug.start();
    assert_eq!(state(&mug)["state"], "unconfirmed");
    let file = mug.dir.join("space.toml");
    std::fs::write(file, space_file("Le Mug", 2_100)).expect("a file can be written");
    let saying = &["no partner has said yet"];
    mug.escale(&["publish"]).refused(saying);
    // So does a command that opens the store itself, and a start changes nothing.
    mug.stop();
    mug.escale(&["publish"]).refused(saying);
    mug.start();
    assert_eq!(state(&mug)["state"], "unconfirmed");

    network.coordinator.start();
    let after = is_confirmed(&mug);
    assert!(after["seq"].as_u64() >= seq.as_u64(), "{after}");
    publish(&mug, 2_100);
    reads(&network.coordinator, &mug, 2_100, &state(&mug)["seq"]);
    mug.is_sound();
}
