//! `escale label`: who may, what is said, and what the spaces hear of it.

use scenarios::folder::{Snapshot, set_mode};
use scenarios::network::{Network, word};
use scenarios::node::{space_of, standing};
use serde_json::json;

#[test]
fn only_a_coordinator_labels() {
    let network = Network::made();
    let mut space = network.invited("le-mug");
    let other = "https://le-mug-aix.example";
    let each_is_refused = |space: &scenarios::node::Node| {
        let before = space.json(&["check", "--deep"]);
        for words in [
            &["label", "admit", other][..],
            &["label", "grant", other],
            &["label", "suspend", other, "--reason", "roof"],
            &["label", "withdraw", other, "--reason", "roof"],
            &["label", "warn", other, "--reason", "roof"],
            &["label", "lift", other, "--reason", "roof"],
            &["label", "end", other, "--reason", "roof"],
            &["label", "uninvite", other],
            &["label", "anchor", "--root-key", word(&network.root_key)],
        ] {
            let done = space.escale(words);
            done.refused(&["this node does not coordinate a label"]);
        }
        assert_eq!(space.json(&["check", "--deep"]), before);
    };
    each_is_refused(&space);
    space.start();
    each_is_refused(&space);
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let network = Network::running();
    let space = network.labelled("le-mug");
    let coordinator = &network.coordinator;
    let stranger = "https://stranger.example";
    let before = coordinator.json(&["check", "--deep"]);
    let long = "x".repeat(5000);
    for reason in ["", "   ", "\n", &long] {
        for act in ["warn", "lift", "suspend", "withdraw", "end"] {
            let words = ["label", act, &space.entity, "--reason", reason];
            coordinator
                .escale(&words)
                .refused(&["a reason of 1 to", "characters is needed"]);
        }
    }
    for act in [
        &["grant"][..],
        &["suspend", "--reason", "roof"],
        &["withdraw", "--reason", "roof"],
    ] {
        let words = [&["label"][..], act, &[stranger]].concat();
        coordinator
            .escale(&words)
            .refused(&[stranger, "has not joined", "label admit"]);
    }
    coordinator
        .escale(&["label", "admit", &space.entity])
        .refused(&["belongs to the label already"]);
    coordinator
        .escale(&["label", "admit", &coordinator.entity])
        .refused(&["is this coordinator itself"]);
    for entity in [
        "",
        "le-mug",
        "https://",
        "http://le-mug.example",
        "https://127.0.0.1",
        "https://a.example/b",
    ] {
        coordinator
            .escale(&["label", "admit", entity])
            .not_understood(&["<URL>"]);
    }
    let no_reason = coordinator.escale(&["label", "suspend", &space.entity]);
    no_reason.not_understood(&["--reason"]);
    assert_eq!(coordinator.json(&["check", "--deep"]), before);
    assert_eq!(standing(&space.home(), &space.entity), "labelled");
}

#[test]
fn the_list_says_where_each_space_stands() {
    let mut network = Network::running();
    let list = |network: &Network| network.coordinator.escale(&["label", "list"]).ok().out;
    assert_eq!(network.coordinator.json(&["label", "list"]), json!([]));
    assert!(list(&network).starts_with("No space yet. Invite one: escale label admit"));

    let mut space = network.invited("le-mug");
    let entity = space.entity.clone();
    assert_eq!(network.state_of(&entity), "invited");
    assert!(list(&network).starts_with(&format!("{entity}  invited, until 2")));
    space.start();
    network.joined(&space);
    assert!(list(&network).contains("admitted; grant the label with: escale label grant"));
    network.grant(&space);
    assert!(list(&network).contains(&format!("{entity}  labelled until 2")));

    let reason = "le toit, « fuite » <b>";
    let words = ["label", "suspend", &entity, "--reason", reason];
    let suspended = network.coordinator.json(&words);
    assert_eq!(
        (&suspended["state"], &suspended["reason"]),
        (&json!("suspended"), &json!(reason))
    );
    let is = |state: &'static str| {
        let entity = entity.clone();
        move |home: &serde_json::Value| standing(home, &entity) == state
    };
    let home = space.until("the space hears of it", is("suspended"));
    assert_eq!(space_of(&home, &entity)["standing"]["reason"], reason);
    let line = network
        .coordinator
        .escale(&["label", "grant", &entity])
        .ok()
        .out;
    assert!(line.contains("labelled until"), "{line}");
    space.until("the space hears of it", is("labelled"));
    network
        .coordinator
        .json(&["label", "withdraw", &entity, "--reason", "parti"]);
    space.until("the space hears of it", is("withdrawn"));
    assert!(
        list(&network).contains("withdrawn since 2"),
        "{}",
        list(&network)
    );
    assert!(list(&network).contains(": parti"));

    // Stopped or running, the list is the same.
    let running = network.coordinator.json(&["label", "list"]);
    space.stop();
    network.coordinator.stop();
    let states = |rows: &serde_json::Value| {
        let rows = rows.as_array().cloned().unwrap_or_default();
        rows.iter()
            .map(|row| {
                [
                    row["space"].clone(),
                    row["state"].clone(),
                    row["reason"].clone(),
                ]
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        states(&network.coordinator.json(&["label", "list"])),
        states(&running)
    );
    network.coordinator.is_sound();
}

#[test]
fn an_anchor_is_signed_by_the_pinned_root_key_or_not_at_all() {
    let network = Network::running();
    let other = Network::made();
    let coordinator = &network.coordinator;
    let with =
        |path: &std::path::Path| coordinator.escale(&["label", "anchor", "--root-key", word(path)]);
    let before = coordinator.json(&["check", "--deep"]);
    with(&other.root_key).refused(&["the anchor statement cannot be used", "because"]);
    with(&coordinator.dir.join("keys/fed.jwk")).refused(&["the anchor statement cannot be used"]);
    with(&network.path("none.jwk")).refused(&["the root key cannot be used", "No such file"]);
    let copied = network.path("open.jwk");
    std::fs::copy(&network.root_key, &copied).expect("a key can be copied");
    set_mode(&copied, 0o640);
    with(&copied).refused(&["the root key cannot be used", "can be read by others"]);
    assert_eq!(coordinator.json(&["check", "--deep"]), before);

    let key_before = Snapshot::of(&network.root_key);
    let done = with(&network.root_key).ok();
    assert!(
        done.out
            .starts_with("The coordinator's keys are confirmed until 2"),
        "{done:?}"
    );
    key_before.is_unchanged(&network.root_key);
    let report = coordinator.is_sound();
    assert_eq!(
        report["records"].as_u64(),
        before["records"].as_u64().map(|it| it + 1)
    );
    // A space that follows goes on following.
    let space = network.labelled("le-mug");
    assert_eq!(standing(&space.home(), &space.entity), "labelled");
}
