//! The description of the routes, judged by a program that nobody here wrote: it asks
//! running nodes whatever `specs/openapi.json` lets ask, and holds the answers against it.

use std::path::{Path, PathBuf};

use scenarios::command::{Done, run};
use scenarios::counts::count;
use scenarios::http;
use scenarios::network::{Network, word};
use serde_json::{Value, json};

use crate::peers::{JUDGE, by_python, counted, found, python};

/// How many requests are drawn for each route, beside those that its limits suggest.
const CASES: &str = "40";

/// The same where most answers are the same refusal.
const FEW: &str = "4";

/// The description that is published.
fn published() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/openapi.json")
}

/// Asks a node by the judge, with these words.
#[track_caller]
fn asked(python: &Path, words: &[&str]) -> Done {
    run(by_python(python, "ask_as_described.py").args(words), JUDGE)
}

#[test]
fn an_operator_is_answered_as_described_for_schemathesis() {
    let Some(python) = python() else { return };
    let network = Network::running();
    let space = network.labelled("le-mug");
    let words = [
        "access", "add", "--role", "operator", "--name", "x", "--token",
    ];
    let added = space.json(&words);
    let token = added["token"].as_str().expect("a token");
    // Something is there to be asked about.
    space.json(&["member", "add", "--name", "Zoé", "--formula", "month"]);

    let description = published();
    let words = [&space.entity, word(&description), CASES, token];
    let done = asked(&python, &words);
    count("asked_as_described", counted(&done, "asked_as_described"));
    space.is_sound();
}

#[test]
fn nobody_is_answered_as_described_for_schemathesis() {
    let Some(python) = python() else { return };
    let network = Network::running();
    let coordinator = &network.coordinator;
    let served = http::get(coordinator.port, "/api/v1/openapi.json").json();
    let description = network.path("openapi.json");
    write(&description, &served);
    let done = asked(&python, &[&coordinator.entity, word(&description), FEW]);
    count("asked_by_nobody", counted(&done, "asked_by_nobody"));

    // The judge finds what a description leaves out, or says otherwise.
    let altered = network.path("altered.json");
    write(&altered, &less(&served));
    let done = asked(&python, &[&coordinator.entity, word(&altered), FEW]);
    for what in [
        "Undocumented status code: GET /federation/fetch",
        "Undocumented Content-Type: GET /federation/v1/anchor",
        "Response violates schema: GET /api/v1/home, POST /api/v1/enrol",
    ] {
        found(&done, what);
    }
}

#[track_caller]
fn write(path: &Path, description: &Value) {
    std::fs::write(path, description.to_string()).expect("a file can be written");
}

/// A few routes, of which it is said: no status 400, another media type, a member that is
/// not there, no code of a body that is not understood.
fn less(whole: &Value) -> Value {
    let mut less = whole.clone();
    let mut paths = serde_json::Map::new();
    for path in [
        "/federation/fetch",
        "/federation/v1/anchor",
        "/api/v1/home",
        "/api/v1/enrol",
    ] {
        paths.insert(path.to_owned(), whole["paths"][path].clone());
    }
    less["paths"] = paths.into();
    let fetch = &mut less["paths"]["/federation/fetch"]["get"]["responses"];
    fetch.as_object_mut().expect("statuses").remove("400");
    let anchor = &mut less["paths"]["/federation/v1/anchor"]["get"]["responses"]["200"];
    anchor["content"] = json!({ "text/plain": {} });
    less["components"]["schemas"]["HomeBody"]["required"] = json!(["weather"]);
    let enrol = &mut less["paths"]["/api/v1/enrol"]["post"]["responses"];
    enrol["400"] = whole["paths"]["/healthz"]["get"]["responses"]["400"].clone();
    less
}
