//! `escale init`: what it makes, what it does not overwrite, what it does not believe.

use std::path::Path;

use scenarios::command::escale;
use scenarios::folder::{Snapshot, mode, set_mode};
use scenarios::network::{
    LABEL, Network, init_coordinator, init_space, look_often, temporary_folder, word,
};
use scenarios::node::{Node, standing};
use scenarios::wait;

#[test]
fn keys_and_folders_are_their_owners_alone() {
    let network = Network::made();
    let space = network.invited("le-mug");
    for dir in [&network.coordinator.dir, &space.dir] {
        assert_eq!(mode(dir), 0o700, "{}", dir.display());
        assert_eq!(mode(&dir.join("keys")), 0o700);
        assert_eq!(mode(&dir.join("store")), 0o700);
        for key in ["keys/fed.jwk", "keys/ops.jwk"] {
            assert_eq!(mode(&dir.join(key)), 0o600, "{key}");
        }
    }
    assert_eq!(mode(&network.root_key), 0o600);
    let mut running = network.coordinator;
    running.start();
    assert_eq!(mode(&running.dir.join("control.sock")), 0o600);
}

#[test]
fn an_empty_folder_that_everybody_reads_becomes_its_owners() {
    let folder = temporary_folder();
    let node = Node::planned(folder.path().join("coordinator"));
    std::fs::create_dir(&node.dir).expect("a folder can be made");
    set_mode(&node.dir, 0o755);
    init_coordinator(&node, &folder.path().join("root.jwk")).ok();
    assert_eq!(mode(&node.dir), 0o700);
}

#[test]
fn a_folder_with_anything_in_it_is_left_as_it_is() {
    let network = Network::made();
    let code = network.invite("http://127.0.0.1:9");
    for name in ["escale.toml", ".hidden", "keys/fed.jwk"] {
        let folder = temporary_folder();
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, "mine").expect("a file can be written");
        let node = Node::planned(folder.path().to_owned());
        let before = Snapshot::of(folder.path());
        let root_key = network.path("another-root.jwk");
        init_space(&node, "Le Mug", &code).refused(&["is not empty", word(folder.path())]);
        init_coordinator(&node, &root_key).refused(&["is not empty"]);
        before.is_unchanged(folder.path());
        assert!(!root_key.exists(), "no key is made for a node that is not");
    }
    // A node that is there already is such a folder too.
    let before = Snapshot::of(&network.coordinator.dir);
    init_coordinator(&network.coordinator, &network.path("third.jwk")).refused(&["is not empty"]);
    before.is_unchanged(&network.coordinator.dir);
}

#[test]
fn an_existing_root_key_is_never_overwritten() {
    let network = Network::made();
    let before = std::fs::read(&network.root_key).expect("the root key");
    let other = Node::planned(network.path("other"));
    init_coordinator(&other, &network.root_key).refused(&[word(&network.root_key)]);
    let after = std::fs::read(&network.root_key).expect("the root key");
    assert_eq!(before, after);
    assert!(
        !other.dir.exists(),
        "nothing half-made is in the way of the next try"
    );
    init_coordinator(&other, &network.path("other-root.jwk")).ok();
}

/// Each is refused, and nothing is made.
#[track_caller]
fn is_no_invitation(folder: &Path, code: &str) {
    let node = Node::planned(folder.join("refused"));
    let done = init_space(&node, "Le Mug", code);
    done.refused(&["the invitation cannot be used", "because"]);
    assert!(!node.dir.exists(), "{code}");
}

#[test]
fn a_broken_invitation_makes_nothing() {
    let network = Network::made();
    let code = network.invite("https://le-mug.example");
    let folder = temporary_folder();
    let cut = |bytes: usize| code.get(..bytes).expect("a code is ASCII");
    for broken in [
        "",
        " ",
        "escale-invitation.",
        "escale-invitation.e30",
        "hello",
    ] {
        is_no_invitation(folder.path(), broken);
    }
    for bytes in [
        1,
        18,
        19,
        40,
        code.len() / 2,
        code.len() - 2,
        code.len() - 1,
    ] {
        is_no_invitation(folder.path(), cut(bytes));
    }
    is_no_invitation(folder.path(), &format!("{code}{code}"));
    is_no_invitation(folder.path(), &code.replacen("escale-", "", 1));
    is_no_invitation(folder.path(), &format!("{code}{}", "A".repeat(4000)));
    // A mail program broke its lines: that is still the code.
    let node = Node::planned(folder.path().join("good"));
    let (first, second) = code.split_at(60);
    init_space(&node, "Le Mug", &format!(" {first}\n  {second}\n")).ok();
}

#[test]
fn a_file_with_the_code_is_read_and_a_wrong_file_is_not() {
    let network = Network::made();
    let folder = temporary_folder();
    let with_file = |name: &str, dir: &str| {
        escale([
            "init",
            "space",
            "--invitation-file",
            word(&folder.path().join(name)),
            "--name",
            "Le Mug",
            "--village",
            "Chambéry",
            "--dir",
            word(&folder.path().join(dir)),
        ])
    };
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    };
    write("long", &"x".repeat(100_000));
    write("good", &network.invite("https://le-mug.example"));
    with_file("none", "a").refused(&["none cannot be read", "because"]);
    with_file("long", "a").refused(&["is too long for an invitation"]);
    assert!(!folder.path().join("a").exists());
    let made = with_file("good", "a").ok();
    assert!(
        made.out.contains("https://le-mug.example is made"),
        "{made:?}"
    );
    assert!(made.out.contains("escale run --dir"), "{made:?}");
}

#[test]
fn a_text_that_nobody_may_publish_makes_nothing() {
    let network = Network::made();
    let node = Node::planned(network.path("le-mug"));
    let code = network.invite(&node.entity);
    for name in ["", &"x".repeat(2000)] {
        init_space(&node, name, &code).refused(&["name"]);
        assert!(!node.dir.exists(), "{name}");
    }
    // What TOML must quote is quoted.
    init_space(&node, "Le \"Mug\" \\ l’autre", &code).ok();
    let published = node.json(&["publish"]);
    assert_eq!(
        published["records"],
        serde_json::json!([]),
        "the file says the same"
    );
}

#[test]
fn a_code_of_another_label_or_used_twice_lets_nobody_in() {
    let mut other_label = Network::made();
    let network = Network::running();
    // Another label's code, brought to this coordinator: a thief's or a mistake.
    let mut foreign = Node::planned(network.path("foreign"));
    let code = other_label.invite(&foreign.entity);
    init_space(&foreign, "Foreign", &code).ok();
    look_often(&foreign);
    foreign.edit("escale.toml", |text| {
        text.replace(&other_label.coordinator.entity, &network.coordinator.entity)
    });
    foreign.launch(|_| {});
    foreign
        .fails()
        .refused(&["this folder is not that of this node"]);

    // Two machines with one code: the first to come is let in, the other is told.
    let mut first = Node::planned(network.path("first"));
    let code = network.invite(&first.entity);
    let mut second = Node::planned(network.path("second"));
    second.entity.clone_from(&first.entity);
    for node in [&mut first, &mut second] {
        init_space(node, "Le Mug", &code).ok();
        look_often(node);
    }
    first.start();
    network.grant(&first);
    second.start();
    wait::until("the second is told", || {
        let log = second.log();
        wait::ensure(log.contains("ask for a new invitation"), || log.clone())
    });
    let home = first.home();
    assert_eq!(standing(&home, &first.entity), "labelled", "{home}");
    assert_eq!(network.state_of(&first.entity), "labelled");
    other_label.coordinator.start();
    assert_eq!(other_label.state_of(&foreign.entity), "invited");
}

#[test]
fn a_coordinator_says_what_to_do_next_and_knows_its_label() {
    let mut network = Network::running();
    let home = network.coordinator.home();
    assert_eq!(home["role"], "coordinator");
    assert_eq!(home["label"]["charter"]["name"]["fr"], LABEL);
    assert_eq!(home["label"]["charter"]["version"], 1);
    network.coordinator.stop();
    network.coordinator.is_sound();
}
