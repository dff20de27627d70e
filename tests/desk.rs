//! A space's desk, and the wallet that somebody shows there.

use std::path::Path;

use serde_json::{Value, json};

use crate::command::{Done, escale};
use crate::http;
use crate::network::word;
use crate::node::Node;

/// The token of a new device at a space's desk.
#[track_caller]
pub fn token(host: &Node) -> String {
    let words = [
        "access", "add", "--role", "desk", "--name", "desk", "--token",
    ];
    let token = host.json(&words)["token"].as_str().map(str::to_owned);
    token.expect("a token")
}

/// Puts passports of a member of a space into a new wallet.
#[track_caller]
pub fn enrol(home: &Node, member: &str, wallet: &Path) {
    let given = home.json(&["member", "code", member]);
    let code = given["code"].as_str().expect("a code");
    let words = ["wallet", "enrol", "--home", &home.entity, "--code", code];
    escale([&words[..], &["--dir", word(wallet)]].concat()).ok();
}

/// What a wallet shows to a space now.
#[track_caller]
pub fn present(host: &Node, wallet: &Path) -> String {
    presenting(&host.entity, wallet).ok().out.trim().to_owned()
}

/// The same to a space of this name, whatever comes of it.
#[track_caller]
pub fn presenting(host: &str, wallet: &Path) -> Done {
    let words = ["wallet", "present", "--host", host, "--dir"];
    escale([&words[..], &[word(wallet)]].concat())
}

/// What a space's desk says of a wallet now.
#[track_caller]
pub fn judged(host: &Node, token: &str, wallet: &Path) -> Value {
    let code = json!({ "code": present(host, wallet) });
    let stream = http::post(host.port, "/api/v1/desk/judge", token, &code);
    let answer = http::answer(&mut stream.expect("the host listens")).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}
