//! The answers of a desk with the line and without: the table of `specs/passport.md`, row by
//! row, on whole nodes, in the words of the API.

use app::Role;
use axum::http::{HeaderValue, header};
use serde_json::{Value, json};
use testkit::{DAY_SECONDS, HOUR_SECONDS, Label, TestNode, Wallet, join, operator, post};
use wire::EntityId;

use super::ask;

/// The space that is visited.
fn host(label: &Label) -> &TestNode {
    label.space(0)
}

/// The space to which the visitor subscribes.
fn home(label: &Label) -> &TestNode {
    label.space(1)
}

/// For how long nobody is reached in the half of the table that is offline.
const SILENCE_SECONDS: i64 = 2 * DAY_SECONDS;

/// The moments of one row, in days after the beginning of every story, 6 April: a passport
/// lasts for thirty days, and it is the month at the desk that decides what is known of the
/// allowance.
struct Days {
    enrolled: i64,
    judged: i64,
}

fn days(passport: &str, allowance: &str) -> Days {
    let (enrolled, judged) = match (allowance == "unknown", passport == "expired") {
        (false, false) => (0, 3),
        // From 1 May to 31 May.
        (false, true) => (25, 55),
        // Signed in April, shown on 2 May; it expires on 6 May.
        (true, false) => (0, 26),
        (true, true) => (0, 31),
    };
    Days { enrolled, judged }
}

/// Another network's space, of which nobody here has heard.
async fn stranger() -> Label {
    let coordinator = EntityId::parse("https://another-network.example").unwrap();
    let mut label = Label::of(&coordinator).await;
    let name = EntityId::parse("https://a-stranger.example").unwrap();
    let space = label.invite(&name).await;
    join(&label.network, &space).await.unwrap();
    label.settle().await;
    label.coordinator.app().grant(&name).await.unwrap();
    label
}

/// Days go by, in steps that are shorter than what is signed holds.
async fn pass(label: &Label, mut days: i64) {
    while days > 0 {
        let step = days.min(12);
        label.advance(step * DAY_SECONDS);
        renewed(label).await;
        days -= step;
    }
}

/// Everybody signs again what is due, and everybody hears it.
async fn renewed(label: &Label) {
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    label.settle().await;
}

async fn revoke(label: &Label, wallet: &Wallet) {
    let app = home(label).app();
    app.revoke_passports(&operator(), &wallet.member)
        .await
        .unwrap();
}

async fn suspend(label: &Label) {
    let app = label.coordinator.app();
    app.suspend(home(label).entity(), "a test").await.unwrap();
}

/// What the desk says, as a cell of the table says it.
async fn cell(passport: &str, allowance: &str, is_online: bool) -> String {
    let label = Label::labelled(2).await;
    let days = days(passport, allowance);
    pass(&label, days.enrolled).await;
    let half_days = if allowance == "none" { 0 } else { 4 };
    let wallet = if passport == "unknown_issuer" {
        let other = stranger().await;
        other.advance(days.enrolled * DAY_SECONDS);
        Wallet::enrol(other.space(0), "Camille", Some(half_days)).await
    } else {
        Wallet::enrol(home(&label), "Camille", Some(half_days)).await
    };
    let silent = SILENCE_SECONDS / DAY_SECONDS;
    pass(&label, days.judged - days.enrolled - silent).await;
    match passport {
        "revoked" => revoke(&label, &wallet).await,
        "label_suspended" => suspend(&label).await,
        _ => {}
    }
    renewed(&label).await;
    // The line is cut, or not, and something may happen that only the connected hear.
    label.advance(SILENCE_SECONDS + HOUR_SECONDS);
    match passport {
        "revoked_unheard" => revoke(&label, &wallet).await,
        "suspended_unheard" => suspend(&label).await,
        _ => {}
    }
    if is_online {
        renewed(&label).await;
    } else {
        label.network.cut(home(&label).entity());
        label.network.cut(label.coordinator.entity());
        assert!(!label.pull_all().await.is_empty());
    }
    let said = said(host(&label), &wallet).await;
    words(&said)
}

/// The answer of the API.
async fn said(host: &TestNode, wallet: &Wallet) -> Value {
    let token = host
        .app()
        .access_token(&operator(), Role::Desk, "tablet")
        .await;
    let bearer = HeaderValue::from_str(&format!("Bearer {}", token.unwrap())).unwrap();
    let code = wallet.show(host.entity(), host.app().now(), "one showing");
    let body = json!({ "code": code }).to_string();
    let mut request = post("/api/v1/desk/judge", "application/json", body);
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    let answer = ask(host, request).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    answer.json()
}

fn words(said: &Value) -> String {
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let freshness = |name: &str| text(&said[name]["state"]);
    let reason = match text(&said["reason"]) {
        none if none.is_empty() => none,
        some => format!(" `{some}`"),
    };
    let (label, home) = (freshness("label_freshness"), freshness("home_freshness"));
    format!("`{}`{reason}, {label}, {home}", text(&said["answer"]))
}

/// The rows of the table: passport, allowance, and what is said online and offline.
fn table() -> Vec<[String; 4]> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/passport.md");
    let text = std::fs::read_to_string(path).unwrap();
    let heading = "### 7.3 The answers, with the line and without\n";
    let (_, after) = text.split_once(heading).unwrap();
    let (section, _) = after.split_once("\n### ").unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split('|').collect();
        let cells: [&str; 4] = cells.try_into().unwrap();
        let [passport, allowance, online, offline] = cells.map(str::trim);
        let name = |cell: &str| cell.trim_matches('`').to_owned();
        let (online, offline) = (online.to_owned(), offline.to_owned());
        [name(passport), name(allowance), online, offline]
    };
    lines.map(row).collect()
}

const PASSPORTS: [&str; 7] = [
    "valid",
    "expired",
    "revoked",
    "unknown_issuer",
    "label_suspended",
    "revoked_unheard",
    "suspended_unheard",
];
const ALLOWANCES: [&str; 3] = ["left", "none", "unknown"];

#[test]
fn the_table_has_each_row_once() {
    let rows = table();
    let names: Vec<_> = rows
        .iter()
        .map(|[a, b, ..]| (a.as_str(), b.as_str()))
        .collect();
    let every = PASSPORTS.iter().flat_map(|a| ALLOWANCES.map(|b| (*a, b)));
    assert_eq!(names, every.collect::<Vec<_>>());
}

async fn check_column(is_online: bool) {
    let mut wrong = Vec::new();
    for [passport, allowance, online, offline] in table() {
        let expected = if is_online { online } else { offline };
        let found = cell(&passport, &allowance, is_online).await;
        if found != expected {
            wrong.push(format!("{passport}, {allowance}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn with_the_line_every_cell_is_what_a_desk_says() {
    check_column(true).await;
}

#[tokio::test]
async fn without_the_line_every_cell_is_what_a_desk_says() {
    check_column(false).await;
}
