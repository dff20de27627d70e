//! A member of one village at the door of another.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value that is indexed by a name gives null, not a panic"
)]

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use seal::base64url;
use serde_json::{Value, json};
use wire::{EntityId, qr};

use super::setup::answers;
use crate::demo::facts::{HOME, HOST, OTHER_HOST};
use crate::demo::judge::{post, refuses, until};
use crate::demo::network::Network;
use crate::demo::processes::{arg, escale, escale_json};
use crate::environment::Stopwatch;

/// How long a desk may take to answer: within a second of showing a phone.
const ANSWER_MILLIS_MAX: u64 = 1_000;

/// A member with a wallet, and the desks that they visit.
pub(crate) struct Visit {
    member: String,
    wallet: PathBuf,
    host: Desk,
    other: Desk,
    code: String,
}

struct Desk {
    entity: EntityId,
    token: String,
}

impl Desk {
    async fn open(network: &Network, at: usize) -> anyhow::Result<Self> {
        let (node, _) = network.space(at)?;
        let dir = arg(&node.dir)?;
        let added = escale_json(&["desk", "add", "--name", "demo", "--dir", dir, "--json"]).await?;
        let token = added["token"].as_str().context("no token")?.to_owned();
        Ok(Self {
            entity: node.entity.clone(),
            token,
        })
    }

    /// What the desk answers to a code.
    async fn judge(&self, code: &str) -> anyhow::Result<Value> {
        let body = json!({ "code": code });
        post(&self.entity, "/api/v1/desk/judge", &self.token, &body).await
    }

    async fn must_say(&self, code: &str, answer: &str, reason: Value) -> anyhow::Result<()> {
        let said = self.judge(code).await?;
        let is_so = said["answer"] == json!(answer) && said["reason"] == reason;
        ensure!(is_so, "{} says {said}, not {answer} {reason}", self.entity);
        Ok(())
    }
}

/// Adds a member with an allowance to the home, and puts a passport into a wallet.
async fn enrol(
    network: &Network,
    name: &str,
    half_days: Option<&str>,
) -> anyhow::Result<(String, PathBuf)> {
    let (home, _) = network.space(HOME)?;
    let dir = arg(&home.dir)?;
    let mut args = vec![
        "member",
        "add",
        "--name",
        name,
        "--formula",
        "month",
        "--dir",
        dir,
        "--json",
    ];
    if let Some(half_days) = half_days {
        args.extend(["--half-days", half_days]);
    }
    let added = escale_json(&args).await?;
    let member = added["member"].as_str().context("no member")?.to_owned();
    let wallet = home.dir.with_extension(format!("wallet-{member}"));
    let given = escale_json(&["member", "code", &member, "--dir", dir, "--json"]).await?;
    let code = given["code"].as_str().context("no code")?;
    let home = home.entity.as_str();
    escale(&[
        "wallet",
        "enrol",
        "--home",
        home,
        "--code",
        code,
        "--dir",
        arg(&wallet)?,
    ])
    .await?;
    Ok((member, wallet))
}

async fn present(wallet: &std::path::Path, host: &EntityId) -> anyhow::Result<String> {
    let code = escale(&[
        "wallet",
        "present",
        "--host",
        host.as_str(),
        "--dir",
        arg(wallet)?,
    ])
    .await?;
    Ok(code.trim().to_owned())
}

/// Enrols a member, and waits until both hosts have the home's status list.
pub(crate) async fn prepare(network: &Network) -> anyhow::Result<Visit> {
    let (member, wallet) = enrol(network, "Camille", None).await?;
    let host = Desk::open(network, HOST).await?;
    let other = Desk::open(network, OTHER_HOST).await?;
    for desk in [&host, &other] {
        until(|| async {
            let code = present(&wallet, &desk.entity).await?;
            desk.must_say(&code, "allowed", Value::Null).await
        })
        .await?;
    }
    Ok(Visit {
        member,
        wallet,
        host,
        other,
        code: String::new(),
    })
}

/// Home and coordinator are gone; the desk knows enough.
pub(crate) async fn let_in(network: &mut Network, visit: &mut Visit) -> anyhow::Result<String> {
    network.space_mut(HOME)?.stop().await?;
    network.coordinator.stop().await?;
    let (home, _) = network.space(HOME)?;
    refuses(home.listen_port).await?;
    refuses(network.coordinator.listen_port).await?;
    let Visit {
        wallet,
        host,
        other,
        ..
    } = visit;
    let code = present(wallet, &host.entity).await?;
    let began = Stopwatch::start();
    let said = host.judge(&code).await?;
    let millis = began.millis().0;
    ensure!(said["answer"] == json!("allowed"), "{said}");
    ensure!(said["half_days_left"] == json!(4), "{said}");
    ensure!(millis <= ANSWER_MILLIS_MAX, "it took {millis} ms");
    host.must_say(&code, "already_used", Value::Null).await?;
    other
        .must_say(&code, "not_allowed_here", json!("other_host"))
        .await?;
    let elsewhere = present(wallet, &other.entity).await?;
    other.must_say(&elsewhere, "allowed", Value::Null).await?;
    let letters = code.chars().count();
    visit.code = code;
    Ok(format!(
        "allowed in {millis} ms, once; at another host with its own code ({letters} letters)"
    ))
}

/// Every byte of what was shown, changed one at a time and packed again.
pub(crate) async fn altered(network: &mut Network, visit: &Visit) -> anyhow::Result<String> {
    let shown = qr::decode(&visit.code)?;
    let mut count = 0;
    for (from, to) in parts(&shown) {
        let bytes = base64url::decode(shown.get(from..to).context("no part")?)?;
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= 1;
            }
            let mut text = shown.clone();
            text.replace_range(from..to, &base64url::encode(&changed));
            let said = visit.host.judge(&qr::encode(&text)?).await?;
            ensure!(
                said["answer"] == json!("not_genuine"),
                "byte {at} of {from}: {said}"
            );
            count += 1;
        }
    }
    network.coordinator.start()?;
    network.space_mut(HOME)?.start()?;
    answers(network, &network.coordinator).await?;
    let (home, _) = network.space(HOME)?;
    answers(network, home).await?;
    Ok(format!("{count} changed bytes, none let in"))
}

/// Where the parts of a presentation begin and end.
fn parts(shown: &str) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in shown.match_indices(['.', '~']) {
        parts.push((from, at));
        from = at + 1;
    }
    parts.push((from, shown.len()));
    parts
}

/// Paused, resumed, revoked, ended, nothing left, and a home without its label.
pub(crate) async fn taken_back(network: &mut Network, visit: &Visit) -> anyhow::Result<String> {
    let (home, _) = network.space(HOME)?;
    let (dir, home_entity) = (arg(&home.dir)?, home.entity.as_str());
    let desk = &visit.host;
    let comes_to = async |wallet: &std::path::Path, answer: &str, reason: Value| {
        until(|| async {
            let code = present(wallet, &desk.entity).await?;
            desk.must_say(&code, answer, reason.clone()).await
        })
        .await
    };
    let change =
        async |what: &str, member: &str| escale(&["member", what, member, "--dir", dir]).await;
    change("pause", &visit.member).await?;
    comes_to(&visit.wallet, "blocked", json!("paused")).await?;
    change("resume", &visit.member).await?;
    comes_to(&visit.wallet, "allowed", Value::Null).await?;
    change("revoke", &visit.member).await?;
    comes_to(&visit.wallet, "blocked", json!("revoked")).await?;
    let (ended, wallet) = enrol(network, "Dominique", None).await?;
    comes_to(&wallet, "allowed", Value::Null).await?;
    change("end", &ended).await?;
    comes_to(&wallet, "blocked", json!("revoked")).await?;
    let (_, wallet) = enrol(network, "Alix", Some("0")).await?;
    comes_to(&wallet, "no_allowance", Value::Null).await?;
    let (_, wallet) = enrol(network, "Claude", None).await?;
    comes_to(&wallet, "allowed", Value::Null).await?;
    let label = arg(&network.coordinator.dir)?;
    let reason = "travaux (exemple)";
    escale(&[
        "label",
        "suspend",
        home_entity,
        "--reason",
        reason,
        "--dir",
        label,
    ])
    .await?;
    comes_to(&wallet, "blocked", json!("home_suspended")).await?;
    escale(&["label", "grant", home_entity, "--dir", label]).await?;
    comes_to(&wallet, "allowed", Value::Null).await?;
    Ok("paused, revoked, ended, nothing left, home suspended: each its answer".to_owned())
}
