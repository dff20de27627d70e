//! The demonstration judges: a node that misbehaves on purpose makes it fail, at the
//! step that is about just that.

use std::process::Command;
use std::time::Duration;

use scenarios::command::{Done, escale, run};
use scenarios::{binaries, network::temporary_folder};

/// A step that waits in vain takes half a minute by itself.
const DEMO: Duration = Duration::from_secs(150);

fn demo(sabotage: &[&str]) -> Done {
    let folder = temporary_folder();
    let mut command = Command::new(binaries::sabotaged());
    command
        .args(["demo", "--once", "--json"])
        .args(sabotage)
        .env("TMPDIR", folder.path());
    run(&mut command, DEMO)
}

/// The demonstration fails at this step, says so last, and says why.
#[track_caller]
fn fails_at(sabotage: &str, step: &str, because: &str) {
    let done = demo(&["--sabotage", sabotage]);
    assert_eq!(done.code, Some(1), "{done:#?}");
    done.is_orderly();
    let report = done.last_json();
    assert_eq!(report["ok"], false, "{report}");
    let steps = report["steps"].as_array().expect("a list of steps");
    let (last, before) = steps.split_last().expect("a step");
    assert!(before.iter().all(|step| step["ok"] == true), "{report}");
    assert_eq!(last["ok"], false, "{report}");
    assert_eq!(last["name"], step, "{report}");
    let detail = last["detail"].as_str().unwrap_or_default();
    assert!(detail.contains(because), "{detail}");
}

#[test]
fn nodes_that_skip_signatures_are_noticed() {
    fails_at(
        "skip-signatures",
        "a forged price on the line is refused",
        "not refused as seal_signature",
    );
}

#[test]
fn a_node_that_forges_its_records_is_noticed() {
    fails_at(
        "forge-records",
        "each space joins and is labelled",
        "is refused (seal_signature)",
    );
}

#[test]
fn desks_that_ignore_status_lists_are_noticed() {
    fails_at(
        "ignore-statuses",
        "what the home takes back is refused",
        "not blocked \"paused\"",
    );
}

#[test]
fn desks_that_forget_showings_are_noticed() {
    fails_at(
        "forget-showings",
        "a member is let in with home and coordinator gone",
        "not already_used",
    );
}

#[test]
fn nodes_that_forget_their_answers_are_noticed() {
    fails_at(
        "forget-answers",
        "a host that lies gains nothing",
        // What it forgets when it looks, its store still expects to be absent.
        "503 (busy)",
    );
}

#[test]
fn nodes_that_forget_attempts_are_noticed() {
    fails_at(
        "forget-attempts",
        "a host that lies gains nothing",
        "answered twice",
    );
}

#[test]
fn nodes_that_ignore_withdrawals_are_noticed() {
    fails_at(
        "ignore-withdrawals",
        "without the home's label nobody of it is let in",
        "not blocked \"home_suspended\"",
    );
}

#[test]
fn without_being_told_to_the_same_binary_behaves() {
    let done = demo(&[]).ok();
    let report = done.last_json();
    assert_eq!(report["ok"], true, "{report}");
    let steps = report["steps"].as_array().expect("a list of steps");
    assert!(steps.len() >= 18, "{report}");
    for step in steps {
        assert_eq!(step["ok"], true, "{step}");
        assert!(
            step["millis"].is_u64() && step["name"].is_string(),
            "{step}"
        );
        assert!(!step["detail"].as_str().unwrap_or_default().is_empty());
    }
}

#[test]
fn the_honest_binary_cannot_be_told_to_misbehave() {
    for words in [
        ["run", "--sabotage", "skip-signatures"],
        ["demo", "--sabotage", "skip-signatures"],
    ] {
        escale(words).not_understood(&["unexpected argument '--sabotage'"]);
    }
    let unknown = run(
        Command::new(binaries::sabotaged()).args(["run", "--sabotage", "no-such", "--dir", "none"]),
        DEMO,
    );
    assert_eq!(unknown.code, Some(1), "the sabotaged one can: {unknown:?}");
}
