//! A space of two labels among real nodes: joined, labelled and left by command, and each
//! label's visitors at its desk.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use scenarios::network::Network;
use scenarios::node::{Node, standing};
use scenarios::{desk, http, wait};
use serde_json::Value;

/// A member of a space, with a wallet.
fn member(network: &Network, home: &Node, name: &str) -> PathBuf {
    let added = home.json(&["member", "add", "--name", name, "--formula", "month"]);
    let member = added["member"].as_str().expect("a member").to_owned();
    let wallet = network.path(name);
    desk::enrol(home, &member, &wallet);
    wallet
}

#[track_caller]
fn says(host: &Node, token: &str, wallet: &Path, expected: &str) {
    wait::until("the desk knows both", || {
        let said = desk::judged(host, token, wallet);
        wait::ensure(said["answer"] == expected, || said.to_string())
    });
}

/// The states of a space's labels, in their order.
fn states(space: &Node) -> Vec<String> {
    let rows = space.json(&["label", "list"]);
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    let state = |row: &Value| row["state"].as_str().unwrap_or_default().to_owned();
    rows.iter().map(state).collect()
}

fn until_states(space: &Node, expected: &[&str]) {
    wait::until("the space knows where it stands", || {
        let states = states(space);
        wait::ensure(states == expected, || states.join(", "))
    });
}

/// Software of other federations finds a space under each coordinator, with its mark.
fn is_resolved_under(networks: &[&Network], space: &Node) {
    for Network { coordinator, .. } in networks {
        let path = format!(
            "/federation/resolve?sub={}&trust_anchor={}",
            space.entity, coordinator.entity
        );
        wait::until("the coordinator resolves it with its mark", || {
            let answer = http::get(coordinator.port, &path).text();
            let claims = answer.split('.').nth(1).unwrap_or_default();
            let claims = URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
            let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
            let marks = claims["trust_marks"].as_array().map_or(0, Vec::len);
            wait::ensure(marks == 1, || format!("{marks} marks: {claims}"))
        });
    }
}

#[test]
fn a_space_joins_a_second_label_and_receives_the_visitors_of_both() {
    let (alps, rhone) = (Network::running(), Network::running());
    let mut both = alps.labelled("both");
    let (aix, valence) = (alps.labelled("aix"), rhone.labelled("valence"));
    until_states(&both, &["labelled"]);
    let code = rhone.invite(&both.entity);
    both.json(&["label", "join", "--invitation", &code]);
    until_states(&both, &["labelled", "admitted"]);
    both.json(&[
        "label",
        "ask",
        "--of",
        &rhone.coordinator.entity,
        "--note",
        "us too",
    ]);
    wait::until("the second coordinator hears that it is asked", || {
        let row = rhone.row_of(&both.entity);
        wait::ensure(row["application"]["note"] == "us too", || row.to_string())
    });
    rhone.grant(&both);
    until_states(&both, &["labelled", "labelled"]);
    let of_aix = member(&alps, &aix, "alix");
    let of_valence = member(&rhone, &valence, "vasco");
    let (here, at_aix) = (desk::token(&both), desk::token(&aix));
    says(&both, &here, &of_aix, "allowed");
    says(&both, &here, &of_valence, "allowed");
    assert_eq!(
        desk::judged(&aix, &at_aix, &of_valence)["answer"],
        "not_genuine"
    );
    // Both go on after a new start, and with both coordinators gone.
    both.stop();
    both.start();
    until_states(&both, &["labelled", "labelled"]);
    let home = both.home();
    assert_eq!(home["further_labels"][0]["standing"]["state"], "labelled");
    assert_eq!(standing(&home, &valence.entity), "labelled");
    // Its key turns with the word of both labels.
    both.json(&["keys", "rotate", "fed"]);
    wait::until("the next key signs", || {
        let rows = both.json(&["keys", "list"]);
        let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
        let fed = rows.iter().filter(|row| row["purpose"] == "fed");
        let states: Vec<_> = fed.map(|row| row["state"].to_string()).collect();
        let signs = states.last().is_some_and(|it| it == "\"signs\"");
        wait::ensure(states.len() == 2 && signs, || states.join(", "))
    });
    says(&both, &here, &of_valence, "allowed");
    is_resolved_under(&[&alps, &rhone], &both);
    both.json(&["label", "leave", &rhone.coordinator.entity]);
    until_states(&both, &["labelled"]);
    says(&both, &here, &of_aix, "allowed");
    assert_eq!(
        desk::judged(&both, &here, &of_valence)["answer"],
        "not_genuine"
    );
    for mut node in [both, aix, valence] {
        node.stop();
        node.is_sound();
    }
}
