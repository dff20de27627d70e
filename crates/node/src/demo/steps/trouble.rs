//! What goes wrong in a village, and what must hold all the same.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value that is indexed by a name gives null, not a panic"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::setup::answers;
use crate::demo::facts::{ABSENT, BUSY, FORGED, PLACES, WITHDRAWN};
use crate::demo::judge::{is_refused, keeps_selling, refuses, sells, stands};
use crate::demo::network::Network;
use crate::demo::processes::{arg, escale, escale_json};

/// How many records the absent node misses.
const MISSED: i64 = 10;

/// How often the busy node is killed.
const KILLS: u64 = 3;

/// Somebody on the line adds a price that its author never signed.
pub(crate) async fn forgery(network: &mut Network) -> anyhow::Result<String> {
    let (victim, place) = network.space(FORGED)?;
    let prices = place.expected_formulas(None);
    network.proxy.forge(true);
    for reader in network.nodes().filter(|node| node.entity != victim.entity) {
        network
            .judge
            .until(&reader.entity, |home| {
                is_refused(home, &victim.entity, "seal_signature")?;
                keeps_selling(home, &victim.entity, &prices)
            })
            .await?;
    }
    network.proxy.forge(false);
    for reader in network.nodes() {
        network
            .judge
            .until(&reader.entity, |home| sells(home, &victim.entity, &prices))
            .await?;
    }
    Ok(format!(
        "5 nodes refused it, kept the true prices of {}, and went on",
        place.name
    ))
}

/// The coordinator's process is gone.
pub(crate) async fn alone(network: &mut Network) -> anyhow::Result<String> {
    let port = network.coordinator.listen_port;
    network.coordinator.stop().await?;
    ensure!(
        !network.coordinator.is_running(),
        "the coordinator's process is still there"
    );
    refuses(port).await?;
    for node in &network.spaces {
        let home = network.judge.home(&node.entity).await?;
        for (space, place) in network.spaces.iter().zip(&PLACES) {
            stands(&home, &space.entity, "labelled")?;
            sells(&home, &space.entity, &place.expected_formulas(None))?;
        }
    }
    let id = network.coordinator.start()?;
    answers(network, &network.coordinator).await?;
    Ok(format!(
        "its port {port} refused, and 5 nodes read all; it is back as process {id}"
    ))
}

/// A label is withdrawn.
pub(crate) async fn withdrawal(network: &mut Network) -> anyhow::Result<String> {
    let (space, place) = network.space(WITHDRAWN)?;
    // The coordinator was away: all must have heard it again, or the rounds would
    // count its absence.
    for node in &network.spaces {
        let before = network.judge.home(&node.entity).await?["label"]["feed"]["pulled_at"].clone();
        let is_heard = |home: &Value| {
            ensure!(
                home["label"]["feed"]["pulled_at"] != before,
                "the coordinator is not heard"
            );
            Ok(())
        };
        network.judge.until(&node.entity, is_heard).await?;
    }
    let dir = arg(&network.coordinator.dir)?;
    let began = crate::environment::Stopwatch::start();
    let reason = "fermeture du lieu (exemple)";
    let withdrawn = escale_json(&[
        "label",
        "withdraw",
        space.entity.as_str(),
        "--reason",
        reason,
        "--dir",
        dir,
        "--json",
    ])
    .await?;
    ensure!(withdrawn["state"] == json!("withdrawn"), "{withdrawn}");
    let mut rounds = Vec::new();
    for node in network.nodes() {
        let says_so = |home: &Value| stands(home, &space.entity, "withdrawn");
        if node.entity == network.coordinator.entity {
            network.judge.until(&node.entity, says_so).await?;
        } else {
            rounds.push(network.judge.rounds_until(&node.entity, says_so).await?);
        }
    }
    let most = rounds.iter().max().copied().unwrap_or_default();
    ensure!(most <= 3, "it took {most} pull rounds");
    let millis = began.millis().0;
    Ok(format!(
        "{}: 6 nodes say so, after {most} pull rounds at most, in {millis} ms",
        place.name
    ))
}

/// A node is away while another publishes.
pub(crate) async fn absence(network: &mut Network) -> anyhow::Result<String> {
    network.space_mut(ABSENT)?.stop().await?;
    let (absent, absent_place) = network.space(ABSENT)?;
    refuses(absent.listen_port).await?;
    let (busy, busy_place) = network.space(BUSY)?;
    for more in 1..=MISSED {
        let file = busy.dir.join("space.toml");
        std::fs::write(&file, busy_place.file(Some(2000 + more)))?;
        let published = escale_json(&["publish", "--dir", arg(&busy.dir)?, "--json"]).await?;
        ensure!(
            published["records"]
                .as_array()
                .is_some_and(|it| it.len() == 1),
            "{published}"
        );
    }
    let entity = busy.entity.clone();
    let prices = busy_place.expected_formulas(Some(2000 + MISSED));
    network.space_mut(ABSENT)?.start()?;
    let (absent, _) = network.space(ABSENT)?;
    answers(network, absent).await?;
    network
        .judge
        .until(&absent.entity, |home| sells(home, &entity, &prices))
        .await?;
    Ok(format!(
        "{} missed {MISSED} records of {}, and has them",
        absent_place.name, busy_place.name
    ))
}

/// A node is killed in the middle of commits, several times.
pub(crate) async fn kill(network: &mut Network) -> anyhow::Result<String> {
    let mut acknowledged_in_all = 0;
    for turn in 1..=KILLS {
        let (busy, place) = network.space(BUSY)?;
        let (dir, entity) = (busy.dir.clone(), busy.entity.clone());
        let is_ending = Arc::new(AtomicBool::new(false));
        let mut publishing = JoinSet::new();
        let first = 10_000 * i64::try_from(turn)?;
        publishing.spawn(publish_on(
            dir.clone(),
            place,
            first,
            Arc::clone(&is_ending),
        ));
        sleep(Duration::from_millis(300 + 170 * turn)).await;
        is_ending.store(true, Ordering::SeqCst);
        network.space_mut(BUSY)?.kill().await?;
        let publishing = publishing.join_next().await.context("nobody published")??;
        let Publishing {
            acknowledged,
            attempted,
            seq,
        } = publishing?;
        ensure!(
            acknowledged >= first,
            "nothing was published before the kill"
        );
        network.space_mut(BUSY)?.start()?;
        let (busy, _) = network.space(BUSY)?;
        answers(network, busy).await?;
        let home = network.judge.home(&entity).await?;
        let found = home["us"]["formulas"]["day"]["price_cents"]
            .as_i64()
            .unwrap_or_default();
        let is_kept = found == acknowledged || found == attempted;
        ensure!(
            is_kept,
            "{acknowledged} was acknowledged, {attempted} asked; {found} is there"
        );
        let found_seq = home["us"]["feed"]["seq"].as_u64().unwrap_or_default();
        ensure!(
            found_seq >= seq,
            "position {seq} was acknowledged, and {found_seq} is there"
        );
        check(&dir).await?;
        acknowledged_in_all += acknowledged - first + 1;
    }
    // The partners go on from there: nothing that they had heard was taken back.
    let (busy, _) = network.space(BUSY)?;
    let home = network.judge.home(&busy.entity).await?;
    let formulas = home["us"]["formulas"].clone();
    for node in network.nodes() {
        network
            .judge
            .until(&node.entity, |home| sells(home, &busy.entity, &formulas))
            .await?;
    }
    Ok(format!(
        "{KILLS} kills, {acknowledged_in_all} acknowledged records, all there"
    ))
}

struct Publishing {
    acknowledged: i64,
    attempted: i64,
    seq: u64,
}

/// Changes a price again and again until told to end, or until the node breaks off.
async fn publish_on(
    dir: PathBuf,
    place: &'static crate::demo::facts::Place,
    first: i64,
    is_ending: Arc<AtomicBool>,
) -> anyhow::Result<Publishing> {
    let file = dir.join("kill.toml");
    let mut state = Publishing {
        acknowledged: 0,
        attempted: 0,
        seq: 0,
    };
    for cents in first.. {
        if is_ending.load(Ordering::SeqCst) {
            break;
        }
        std::fs::write(&file, place.file(Some(cents)))?;
        state.attempted = cents;
        let args = [
            "publish",
            "--dir",
            arg(&dir)?,
            "--file",
            arg(&file)?,
            "--json",
        ];
        let Ok(published) = escale_json(&args).await else {
            break;
        };
        state.acknowledged = cents;
        state.seq = published["seq"].as_u64().context("no position")?;
    }
    Ok(state)
}

/// Every node looks through its store, running; then each once more, stopped.
pub(crate) async fn check_all(network: &mut Network) -> anyhow::Result<String> {
    let mut records = 0;
    for node in network.nodes() {
        records += check(&node.dir).await?;
    }
    network.stop().await?;
    for node in network.nodes() {
        check(&node.dir).await?;
    }
    Ok(format!(
        "6 stores, {records} records: places, hashes, signatures and fingerprints fit"
    ))
}

async fn check(dir: &Path) -> anyhow::Result<u64> {
    let text = escale(&["check", "--deep", "--json", "--dir", arg(dir)?]).await?;
    let report: Value = serde_json::from_str(&text)?;
    if report["ok"] != json!(true) {
        bail!("{}: {report}", dir.display());
    }
    report["records"].as_u64().context("no count")
}
