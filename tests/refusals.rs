//! `escale run` on a folder that is not whole: a clear line, and nothing is made up.

use std::path::Path;
use std::process::Command;

use scenarios::command::escale_in;
use scenarios::folder::{Snapshot, copy, set_mode};
use scenarios::network::{Network, temporary_folder};
use scenarios::node::Node;
use scenarios::{binaries, command, http, wait};

/// `run`, and every command that opens the folder, refuse with these words, and the
/// folder stays as it was.
#[track_caller]
fn all_refuse(dir: &Path, saying: &[&str]) {
    let before = Snapshot::of(dir);
    for words in [
        &["run"][..],
        &["check", "--deep"],
        &["label", "list"],
        &["publish"],
    ] {
        let done = escale_in(dir, words);
        let is_about_its_file = words == ["publish"] && done.err.contains("space.toml");
        if !is_about_its_file {
            done.refused(saying);
        }
        before.is_unchanged(dir);
    }
}

/// A copy of a space that is then spoilt.
fn spoilt(space: &Node, name: &str, spoil: impl FnOnce(&Node)) -> Node {
    let mut node = Node::planned(space.dir.with_file_name(name));
    copy(&space.dir, &node.dir);
    node.entity.clone_from(&space.entity);
    node.port = space.port;
    spoil(&node);
    node
}

#[test]
fn a_folder_that_is_not_a_nodes() {
    let folder = temporary_folder();
    all_refuse(
        folder.path(),
        &["escale.toml cannot be used", "No such file"],
    );
    let missing = folder.path().join("missing");
    all_refuse(&missing, &["escale.toml cannot be used"]);
    assert!(!missing.exists());
    std::fs::write(folder.path().join("escale.toml"), "not = [toml").expect("a file");
    all_refuse(folder.path(), &["escale.toml cannot be used", "not TOML"]);
}

#[test]
fn keys_that_are_missing_open_or_no_keys() {
    let network = Network::made();
    let space = network.invited("le-mug");
    let no_key = spoilt(&space, "no-key", |node| {
        std::fs::remove_file(node.dir.join("keys/ops.jwk")).expect("a key");
    });
    all_refuse(
        &no_key.dir,
        &["the ops key cannot be used", "keys/ops.jwk", "No such file"],
    );
    let open = spoilt(&space, "open", |node| {
        set_mode(&node.dir.join("keys/fed.jwk"), 0o644);
    });
    all_refuse(
        &open.dir,
        &["the fed key cannot be used", "can be read by others", "600"],
    );
    let no_jwk = spoilt(&space, "no-jwk", |node| {
        std::fs::write(node.dir.join("keys/fed.jwk"), "{}").expect("a key");
    });
    all_refuse(&no_jwk.dir, &["does not hold a private Ed25519 key"]);
    let swapped = spoilt(&space, "swapped", |node| {
        std::fs::copy(node.dir.join("keys/fed.jwk"), node.dir.join("keys/ops.jwk")).expect("a key");
    });
    let done = escale_in(&swapped.dir, &["run"]);
    done.refused(&["the keys are not those of the node"]);
}

#[test]
fn a_store_that_is_missing_or_in_part() {
    let network = Network::made();
    let space = network.invited("le-mug");
    for part in [
        "store",
        "store/sled",
        "store/sled/db",
        "store/high-water",
        "store/lock",
    ] {
        let node = spoilt(&space, "part", |node| {
            let path = node.dir.join(part);
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(path)
            } else {
                std::fs::remove_file(path)
            };
            removed.expect("a part of the store");
        });
        all_refuse(&node.dir, &["the store cannot be opened", "is missing"]);
        std::fs::remove_dir_all(&node.dir).expect("a folder can be removed");
    }
}

#[test]
fn a_configuration_of_another_node_than_the_stores() {
    let network = Network::made();
    let space = network.invited("le-mug");
    let renamed = spoilt(&space, "renamed", |node| {
        node.reconfigure(|text| text.replace(&space.entity, "http://127.0.0.1:9"));
    });
    let words = ["the store belongs to", &space.entity, "http://127.0.0.1:9"];
    escale_in(&renamed.dir, &["run"]).refused(&words);
    // Given back its name, it is the node that it was.
    renamed
        .reconfigure(|text| text.replace("\"http://127.0.0.1:9\"", &format!("{:?}", space.entity)));
    renamed.is_sound();

    let other = Network::made();
    let root_of = |network: &Network| {
        let path = network.coordinator.dir.join("escale.toml");
        let text = std::fs::read_to_string(path).expect("a configuration");
        let line = text.lines().find(|line| line.starts_with("root_key = "));
        line.expect("a root key").to_owned()
    };
    let other_root = spoilt(&space, "other-root", |node| {
        node.reconfigure(|text| text.replace(&root_of(&network), &root_of(&other)));
    });
    escale_in(&other_root.dir, &["run"]).refused(&["the store belongs to", "root key"]);
}

#[test]
fn every_problem_of_a_configuration_is_said_at_once() {
    let network = Network::made();
    let space = network.invited("le-mug");
    space.reconfigure(|text| {
        text.replace("role = \"space\"", "role = \"king\"\ncolour = 1")
            .replace("cache_mib = 32", "cache_mib = 0")
            .replace("pull_every_seconds = 1", "pull_every_seconds = \"often\"")
            .replace("level = \"info\"", "level = 3")
            .replace(
                &format!("listen = \"{}\"", space.listen()),
                "listen = \"here\"",
            )
    });
    let said = [
        "role: one of space, coordinator",
        "colour: no such key",
        "store.cache_mib: a number from 1 to 4096",
        "network.pull_every_seconds: a number",
        "log.level: a text",
        "listen: an address and a port",
    ];
    all_refuse(&space.dir, &said);
    let done = space.escale(&["run"]);
    assert_eq!(done.err.lines().count(), 1 + said.len(), "{}", done.err);
}

#[test]
fn a_port_that_is_taken() {
    let mut network = Network::made();
    let space = network.invited("le-mug");
    network.coordinator.start();
    let taken = network.coordinator.listen();
    space.reconfigure(|text| {
        text.replace(&space.listen(), &taken).replace(
            &format!("entity = \"http://{taken}\""),
            &format!("entity = \"{}\"", space.entity),
        )
    });
    space.escale(&["run"]).refused(&[
        &format!("{taken} cannot be listened on"),
        "Address already in use",
    ]);
    space.is_sound();
}

#[test]
fn two_processes_never_have_one_folder() {
    let mut network = Network::running();
    let entity = network.coordinator.entity.clone();
    let second = network.coordinator.escale(&["run"]);
    second.refused(&["the store cannot be opened", "is open in another process"]);
    let home = network.coordinator.home();
    assert_eq!(home["entity"], entity.as_str(), "the first goes on");
    // The second has not taken the socket away either.
    network.invite("https://le-mug.example");
    network.coordinator.stop();
    network.coordinator.is_sound();
}

#[test]
fn a_socket_that_a_killed_node_left_is_no_obstacle() {
    let mut network = Network::running();
    network.coordinator.kill();
    let socket = network.coordinator.dir.join("control.sock");
    assert!(socket.exists(), "a killed node cannot clean up");
    // Commands do without the node, and the next start takes the place.
    network.invite("https://le-mug.example");
    assert_eq!(network.state_of("https://le-mug.example"), "invited");
    network.coordinator.start();
    network.invite("https://le-mug-aix.example");
    network.coordinator.stop();
    assert!(!socket.exists());
}

#[test]
fn a_node_says_what_it_cannot_reach_and_stops_when_its_parent_does() {
    let mut network = Network::made();
    network
        .coordinator
        .reconfigure(|text| text.replace("[network]", "[network]\nextra_roots = \"no.pem\""));
    network
        .coordinator
        .escale(&["run"])
        .refused(&["no.pem", "No such file"]);
    network
        .coordinator
        .reconfigure(|text| text.replace("extra_roots = \"no.pem\"\n", ""));
    network.coordinator.launch(|command: &mut Command| {
        command
            .arg("--until-stdin-ends")
            .stdin(std::process::Stdio::piped());
    });
    network.coordinator.answers();
    drop(network.coordinator.process().child().stdin.take());
    network.coordinator.ends();
}

#[test]
fn the_log_is_lines_of_json_where_that_is_asked_for() {
    let mut network = Network::made();
    network.coordinator.reconfigure(|text| {
        text.replace("format = \"text\"", "format = \"json\"")
            .replace("level = \"info\"", "level = \"debug\"")
    });
    network.coordinator.start();
    let secret = "planted-in-a-query";
    http::get(
        network.coordinator.port,
        &format!("/?lang=en&token={secret}"),
    );
    wait::until("the request has its line", || {
        let log = network.coordinator.log();
        wait::ensure(log.contains("GET / answered 200"), || log.clone())
    });
    network.coordinator.stop();
    let log = network.coordinator.log();
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("a line is JSON");
    }
    assert!(!log.contains(secret), "a query is not logged");
    let help = command::run(
        Command::new(binaries::escale()).args(["run", "--help"]),
        wait::PATIENCE,
    );
    assert!(
        !help.out.contains("until-stdin-ends"),
        "it is not for people"
    );
}
