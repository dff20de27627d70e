//! A member of one village at the door of another.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value that is indexed by a name gives null, not a panic"
)]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use seal::base64url;
use serde_json::{Value, json};
use wire::{EntityId, qr};

use super::setup::answers;
use crate::config::CONFIG_FILE;
use crate::demo::facts::{HOME, HOST, OTHER_HOST};
use crate::demo::judge::{post, refuses, until};
use crate::demo::network::Network;
use crate::demo::processes::{Node, arg, escale, escale_json};
use crate::environment::Stopwatch;

/// How long a desk may take to answer: within a second of showing a phone.
const ANSWER_MILLIS_MAX: u64 = 1_000;

/// The largest QR code that a telephone's screen shows well enough, by level.
const QR_VERSION_MAX_AT_L: i16 = 20;
const QR_VERSION_MAX_AT_M: i16 = 23;

const HOUR_SECONDS: i64 = 60 * 60;
const DAY_SECONDS: i64 = 24 * HOUR_SECONDS;

/// What a visitor is called; nobody else is.
const NAME: &str = "Camille-Zéphyrine";

/// A member with a wallet, and the desks that they visit.
pub(crate) struct Visit {
    member: String,
    wallet: PathBuf,
    host: Desk,
    other: Desk,
    code: String,
}

pub(super) struct Desk {
    pub(super) entity: EntityId,
    pub(super) token: String,
}

impl Desk {
    pub(super) async fn open(network: &Network, at: usize) -> anyhow::Result<Self> {
        let (node, _) = network.space(at)?;
        let dir = arg(&node.dir)?;
        let mut args = vec!["access", "add", "--role", "desk", "--name", "demo"];
        args.extend(["--token", "--dir", dir, "--json"]);
        let added = escale_json(&args).await?;
        let token = added["token"].as_str().context("no token")?.to_owned();
        Ok(Self {
            entity: node.entity.clone(),
            token,
        })
    }

    /// What the desk answers to a code.
    pub(super) async fn judge(&self, code: &str) -> anyhow::Result<Value> {
        let body = json!({ "code": code });
        post(&self.entity, "/api/v1/desk/judge", &self.token, &body).await
    }

    /// Shows a passport, again and again, until the answer is this.
    async fn comes_to(&self, wallet: &Path, answer: &str, reason: Value) -> anyhow::Result<()> {
        until(|| async {
            let code = present(wallet, &self.entity).await?;
            self.must_say(&code, answer, reason.clone()).await
        })
        .await
    }

    async fn must_say(&self, code: &str, answer: &str, reason: Value) -> anyhow::Result<()> {
        let said = self.judge(code).await?;
        let is_so = said["answer"] == json!(answer) && said["reason"] == reason;
        ensure!(is_so, "{} says {said}, not {answer} {reason}", self.entity);
        Ok(())
    }
}

/// A member of the home, with a wallet.
pub(super) struct Enrolled {
    pub(super) member: String,
    pub(super) wallet: PathBuf,
}

/// Adds a member with an allowance to the home, and puts a passport into a wallet.
pub(super) async fn enrol(
    network: &Network,
    name: &str,
    half_days: Option<&str>,
) -> anyhow::Result<Enrolled> {
    let (home, _) = network.space(HOME)?;
    let dir = arg(&home.dir)?;
    let mut args = vec!["member", "add", "--name", name, "--formula", "month"];
    args.extend(["--dir", dir, "--json"]);
    if let Some(half_days) = half_days {
        args.extend(["--half-days", half_days]);
    }
    let added = escale_json(&args).await?;
    let member = added["member"].as_str().context("no member")?.to_owned();
    let wallet = home.dir.with_extension(format!("wallet-{member}"));
    let given = escale_json(&["member", "code", &member, "--dir", dir, "--json"]).await?;
    let code = given["code"].as_str().context("no code")?;
    let mut args = vec!["wallet", "enrol", "--home", home.entity.as_str()];
    args.extend(["--code", code, "--dir", arg(&wallet)?]);
    escale(&args).await?;
    Ok(Enrolled { member, wallet })
}

pub(super) async fn present(wallet: &Path, host: &EntityId) -> anyhow::Result<String> {
    present_at(wallet, host, 0).await
}

/// Shows a passport so many seconds later than now.
async fn present_at(wallet: &Path, host: &EntityId, seconds: i64) -> anyhow::Result<String> {
    let seconds = seconds.to_string();
    let mut args = vec!["wallet", "present", "--host", host.as_str()];
    args.extend(["--clock-ahead", &seconds, "--dir", arg(wallet)?]);
    Ok(escale(&args).await?.trim().to_owned())
}

/// Enrols a member, and waits until both hosts have the home's status list.
pub(crate) async fn prepare(network: &Network) -> anyhow::Result<Visit> {
    let Enrolled { member, wallet } = enrol(network, NAME, None).await?;
    let host = Desk::open(network, HOST).await?;
    let other = Desk::open(network, OTHER_HOST).await?;
    for desk in [&host, &other] {
        desk.comes_to(&wallet, "allowed", Value::Null).await?;
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
    only_the_host_knows(network, &code)?;
    let versions = web::qr_versions(&code).context("no QR code holds it")?;
    let [low, medium] = versions;
    let fits = low <= QR_VERSION_MAX_AT_L && medium <= QR_VERSION_MAX_AT_M;
    ensure!(fits, "QR version {low} at level L, {medium} at M");
    visit.code = code;
    Ok(format!(
        "allowed in {millis} ms, once; at another host with its own code (QR version {low} at \
         level L, {medium} at M); \
         nobody but host and home has a byte about the visitor, nor any log"
    ))
}

/// No file of the coordinator and of other spaces holds the visitor's name or any part of
/// what was shown, nor does any log. The host's folder and the home's hold the name: the
/// host's as long as the visit can be corrected.
fn only_the_host_knows(network: &Network, code: &str) -> anyhow::Result<()> {
    let shown = qr::decode(code)?;
    let part = |at: usize| shown.split(['.', '~']).nth(at).unwrap_or_default();
    let holder: Value = serde_json::from_slice(&base64url::decode(part(1))?)?;
    let key = holder["cnf"]["jwk"]["x"].as_str().context("no key")?;
    let binding: Value = serde_json::from_slice(&base64url::decode(part(4))?)?;
    let nonce = binding["nonce"].as_str().context("no nonce")?;
    let knows = |at: usize| [HOST, HOME, OTHER_HOST].contains(&at);
    let others = network.spaces.iter().enumerate();
    let others = others.filter(|(at, _)| !knows(*at)).map(|(_, node)| node);
    let mut silent: Vec<_> = others.map(|node| node.dir.clone()).collect();
    silent.push(network.coordinator.dir.clone());
    silent.extend(
        network
            .spaces
            .iter()
            .map(|node| node.dir.with_extension("log")),
    );
    for of_the_visitor in [NAME, part(1), part(2), part(4), part(5), key, nonce, code] {
        for path in &silent {
            let found = file_with(path, of_the_visitor)?;
            ensure!(found.is_none(), "{found:?} holds {of_the_visitor}");
        }
    }
    for knows in [HOST, HOME] {
        let (node, _) = network.space(knows)?;
        let found = file_with(&node.dir, NAME)?;
        ensure!(found.is_some(), "{} does not know who visits", node.name);
    }
    Ok(())
}

/// A file at or under `path` that holds `text`.
fn file_with(path: &Path, text: &str) -> anyhow::Result<Option<PathBuf>> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            if let Some(found) = file_with(&entry?.path(), text)? {
                return Ok(Some(found));
            }
        }
        return Ok(None);
    }
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path)?;
    let holds = bytes.windows(text.len()).any(|it| it == text.as_bytes());
    Ok(holds.then(|| path.to_owned()))
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

/// Renewed, on paper, paused, resumed, revoked, ended, nothing left.
pub(crate) async fn taken_back(network: &mut Network, visit: &Visit) -> anyhow::Result<String> {
    let (home, _) = network.space(HOME)?;
    let dir = arg(&home.dir)?;
    let desk = &visit.host;
    let change =
        async |what: &str, member: &str| escale(&["member", what, member, "--dir", dir]).await;
    let old = present(&visit.wallet, &desk.entity).await?;
    escale(&["wallet", "renew", "--dir", arg(&visit.wallet)?]).await?;
    desk.comes_to(&visit.wallet, "allowed", Value::Null).await?;
    desk.must_say(&old, "allowed", Value::Null).await?;
    let args = ["member", "paper", &visit.member, "--dir", dir, "--json"];
    let paper = escale_json(&args).await?;
    let paper = paper["code"].as_str().context("no code")?;
    desk.must_say(paper, "to_verify", json!("paper")).await?;
    change("pause", &visit.member).await?;
    desk.comes_to(&visit.wallet, "blocked", json!("paused"))
        .await?;
    change("resume", &visit.member).await?;
    desk.comes_to(&visit.wallet, "allowed", Value::Null).await?;
    change("revoke", &visit.member).await?;
    desk.comes_to(&visit.wallet, "blocked", json!("revoked"))
        .await?;
    desk.must_say(paper, "blocked", json!("revoked")).await?;
    let ended = enrol(network, "Dominique", None).await?;
    desk.comes_to(&ended.wallet, "allowed", Value::Null).await?;
    change("end", &ended.member).await?;
    desk.comes_to(&ended.wallet, "blocked", json!("revoked"))
        .await?;
    let spent = enrol(network, "Alix", Some("0")).await?;
    desk.comes_to(&spent.wallet, "no_allowance", Value::Null)
        .await?;
    Ok("renewed, on paper, paused, revoked, ended, nothing left: each its answer".to_owned())
}

/// The home's label is suspended, then withdrawn, and granted again each time.
pub(crate) async fn without_label(network: &Network, visit: &Visit) -> anyhow::Result<String> {
    let (home, _) = network.space(HOME)?;
    let label = arg(&network.coordinator.dir)?;
    let desk = &visit.host;
    let member = enrol(network, "Claude", None).await?;
    desk.comes_to(&member.wallet, "allowed", Value::Null)
        .await?;
    for (what, reason) in [
        ("suspend", "home_suspended"),
        ("withdraw", "home_withdrawn"),
    ] {
        let mut args = vec!["label", what, home.entity.as_str(), "--dir", label];
        args.extend(["--reason", "travaux (exemple)"]);
        escale(&args).await?;
        desk.comes_to(&member.wallet, "blocked", json!(reason))
            .await?;
        escale(&["label", "grant", home.entity.as_str(), "--dir", label]).await?;
        desk.comes_to(&member.wallet, "allowed", Value::Null)
            .await?;
    }
    Ok("suspended, withdrawn, granted again: each its answer".to_owned())
}

/// A copy of the host's folder at other times: its clock is an hour behind; or fifteen
/// days, or thirty-one, have gone by in which nobody was heard.
pub(crate) async fn other_times(network: &mut Network, visit: &Visit) -> anyhow::Result<String> {
    let member = enrol(network, "Andrée", None).await?;
    let desk = &visit.host;
    desk.comes_to(&member.wallet, "allowed", Value::Null)
        .await?;
    let host = network.space_mut(HOST)?;
    host.stop().await?;
    let dir = host.dir.with_extension("later");
    copy(&host.dir, &dir)?;
    host.start()?;
    let (host, _) = network.space(HOST)?;
    answers(network, host).await?;
    // The copy answers at another address of this machine, where nobody looks for it.
    let port = host.listen_port;
    let config = dir.join(CONFIG_FILE);
    let text = std::fs::read_to_string(&config)?;
    let (here, there) = (format!("127.0.0.1:{port}"), format!("127.0.0.2:{port}"));
    let listens = |address: &str| format!("listen = \"{address}\"");
    ensure!(text.contains(&listens(&here)), "the host listens elsewhere");
    std::fs::write(&config, text.replace(&listens(&here), &listens(&there)))?;
    let copied = Desk {
        entity: EntityId::parse(&format!("http://{there}"))?,
        token: desk.token.clone(),
    };
    let mut node = Node::new(copied.entity.clone(), port, dir, "the host's copy");
    node.sabotage.clone_from(&host.sabotage);
    for (seconds, reason) in [
        (-HOUR_SECONDS, "clock_wrong"),
        (15 * DAY_SECONDS, "list_too_old"),
        (31 * DAY_SECONDS, "register_too_old"),
    ] {
        node.clock_ahead = seconds;
        node.start()?;
        // One whose clock is behind answers too, and says so.
        let judge = &network.judge;
        until(|| async { judge.get(&node.entity, "/api/v1/home").await.map(drop) }).await?;
        let code = present_at(&member.wallet, &desk.entity, seconds).await?;
        copied
            .must_say(&code, "not_allowed_here", json!(reason))
            .await?;
        node.stop().await?;
    }
    Ok("an hour behind, 15 and 31 days without a word: each its answer".to_owned())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to)?;
        } else if from.is_file() {
            std::fs::copy(&from, &to)?;
        }
    }
    Ok(())
}
