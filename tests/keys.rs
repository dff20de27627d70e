//! Keys that take the place of others, at nodes that run, stop, and are killed.

use scenarios::command::escale_in;
use scenarios::network::{Network, space_file, word};
use scenarios::node::{Node, price, standing};
use scenarios::wait;
use serde_json::Value;

/// The keys of a node for a purpose that stand like this.
fn names(node: &Node, purpose: &str, state: &str) -> Vec<String> {
    let rows = node.json(&["keys", "list"]);
    let rows = rows.as_array().cloned().unwrap_or_default().into_iter();
    let is_it = |row: &Value| row["purpose"] == purpose && row["state"] == state;
    let name = |row: Value| row["key"].as_str().unwrap_or_default().to_owned();
    rows.filter(is_it).map(name).collect()
}

/// Waits until one key of this purpose stands like this, and gives its name.
#[track_caller]
fn until_one(node: &Node, purpose: &str, state: &str, expected: &str) {
    wait::until("the key stands as it shall", || {
        let found = names(node, purpose, state);
        wait::ensure(found == [expected], || format!("{state}: {found:?}"))
    });
}

/// Has a key take the place of one; gives the name of the new one.
#[track_caller]
fn rotated(node: &Node, words: &[&str]) -> String {
    let words = [&["keys", "rotate"], words].concat();
    let row = node.json(&words);
    row["key"].as_str().unwrap_or_default().to_owned()
}

/// What a node publishes is read by another.
#[track_caller]
fn is_heard(author: &Node, reader: &Node, cents: i64) {
    author.edit("space.toml", |_| space_file("Le Mug", cents));
    author.json(&["publish"]);
    reader.until("the price is read", |home| {
        price(home, &author.entity, "day") == Some(cents)
    });
}

#[test]
fn keys_turn_while_nodes_run_and_everybody_follows() {
    let network = Network::running();
    let (mut space, reader) = (network.labelled("mug"), network.labelled("aix"));
    let first = names(&space, "ops", "signs");
    let second = rotated(&space, &["ops"]);
    assert_eq!(names(&space, "ops", "signs"), [second.as_str()]);
    assert_eq!(names(&space, "ops", "ends"), first);
    is_heard(&space, &reader, 1_600);
    space.stop();
    // A command on the store of a node that does not run.
    let third = rotated(&space, &["ops"]);
    space.start();
    assert_eq!(names(&space, "ops", "signs"), [third.as_str()]);
    is_heard(&space, &reader, 1_700);
    // With the coordinator's word.
    let fed = rotated(&space, &["fed"]);
    until_one(&space, "fed", "signs", &fed);
    is_heard(&space, &reader, 1_800);
    // Stolen: the coordinator is told, and everybody by it.
    let fourth = rotated(&space, &["ops", "--stolen"]);
    assert_eq!(names(&space, "ops", "signs"), [fourth.as_str()]);
    wait::until("the coordinator says so", || {
        let revoked = names(&space, "ops", "revoked");
        wait::ensure(revoked.contains(&third), || format!("{revoked:?}"))
    });
    is_heard(&space, &reader, 1_900);
    space.stop();
    space.start();
    is_heard(&space, &reader, 2_000);
    for node in [&space, &reader, &network.coordinator] {
        node.is_sound();
    }
}

#[test]
fn the_coordinators_keys_turn_and_nobody_loses_the_label() {
    let mut network = Network::running();
    let (space, reader) = (network.labelled("mug"), network.labelled("aix"));
    let old = names(&network.coordinator, "fed", "signs");
    let next = rotated(&network.coordinator, &["fed"]);
    assert_eq!(names(&network.coordinator, "fed", "signs"), old);
    let root_key = word(&network.root_key).to_owned();
    let anchor = ["label", "anchor", "--root-key", &root_key];
    network.coordinator.json(&anchor);
    assert_eq!(names(&network.coordinator, "fed", "signs"), [next.as_str()]);
    let alone = [&anchor[..], &["--newest-alone"]].concat();
    network.coordinator.json(&alone);
    let ops = rotated(&network.coordinator, &["ops", "--stolen"]);
    network.coordinator.stop();
    network.coordinator.start();
    assert_eq!(names(&network.coordinator, "ops", "signs"), [ops.as_str()]);
    network.grant_again(&space);
    reader.until("the label stays", |home| {
        standing(home, &space.entity) == "labelled" && standing(home, &reader.entity) == "labelled"
    });
    // Whoever comes now reads the label from its beginning.
    let late = network.labelled("late");
    is_heard(&space, &late, 1_600);
    for node in [&space, &reader, &late, &network.coordinator] {
        node.is_sound();
    }
}

#[test]
fn a_node_that_is_killed_while_a_key_turns_has_turned_it_or_not() {
    let network = Network::running();
    let (mut space, reader) = (network.labelled("mug"), network.labelled("aix"));
    for (at, place) in ["turn.before", "turn.after"].into_iter().enumerate() {
        let before = names(&space, "ops", "signs");
        space.stop();
        space.start_sabotaged(place);
        let dir = space.dir.clone();
        let asked = std::thread::spawn(move || escale_in(&dir, &["keys", "rotate", "ops"]));
        space.is_paused_at(place);
        space.is_killed_and_starts();
        let done = asked.join().expect("the command ends");
        assert_ne!(done.code, Some(0), "{place}: the command was answered");
        let has_turned = names(&space, "ops", "signs") != before;
        assert_eq!(has_turned, place == "turn.after");
        is_heard(&space, &reader, 1_600 + i64::from(at == 1));
        // Asked again: the key that was made is used before another is made.
        if !has_turned {
            rotated(&space, &["ops"]);
            assert_ne!(names(&space, "ops", "signs"), before);
            is_heard(&space, &reader, 1_650);
        }
        let files = std::fs::read_dir(space.dir.join("keys")).expect("a folder of keys");
        let ops = files.filter(|file| {
            let name = file.as_ref().map(std::fs::DirEntry::file_name);
            name.is_ok_and(|name| name.to_string_lossy().starts_with("ops"))
        });
        assert_eq!(ops.count(), 2 + at, "{place}");
    }
    for node in [&space, &reader, &network.coordinator] {
        node.is_sound();
    }
}
