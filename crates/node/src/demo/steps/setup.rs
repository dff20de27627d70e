//! From nothing to six nodes that know and trust each other.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value that is indexed by a name gives null, not a panic"
)]

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::demo::facts::PLACES;
use crate::demo::judge::{sells, stands, until};
use crate::demo::network::Network;
use crate::demo::processes::{Node, arg, escale_json};

pub(crate) async fn coordinator(network: &mut Network) -> anyhow::Result<String> {
    network.make_coordinator().await?;
    let id = network.coordinator.start()?;
    answers(network, &network.coordinator).await?;
    Ok(format!(
        "process {id} answers at {}",
        network.coordinator.entity
    ))
}

pub(crate) async fn spaces(network: &mut Network) -> anyhow::Result<String> {
    let mut told = Vec::new();
    for at in 0..PLACES.len() {
        network.make_space(at).await?;
        let id = network.space_mut(at)?.start()?;
        let (node, place) = network.space(at)?;
        answers(network, node).await?;
        let published = escale_json(&["publish", "--dir", arg(&node.dir)?, "--json"]).await?;
        let records = published
            .get("records")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        // The profile was published by `init`; it has changed, and the rest is new.
        ensure!(
            records == place.formulas.len() + 2,
            "{} published {published}",
            place.name
        );
        told.push(format!("{} {id}", place.name));
    }
    Ok(format!("processes: {}", told.join(", ")))
}

pub(crate) async fn labels(network: &mut Network) -> anyhow::Result<String> {
    let dir = arg(&network.coordinator.dir)?;
    for space in &network.spaces {
        // The space asks by itself; the coordinator's list says when it has.
        until(|| async {
            let rows = escale_json(&["label", "list", "--dir", dir, "--json"]).await?;
            let is_it = |row: &&Value| row["space"] == json!(space.entity.as_str());
            let row = rows.as_array().into_iter().flatten().find(is_it);
            let state = row.and_then(|row| row["state"].as_str());
            ensure!(state == Some("admitted"), "{} is {state:?}", space.entity);
            let heard = row.and_then(|row| row.pointer("/feed/seq")?.as_u64());
            ensure!(heard > Some(0), "{} was not heard yet", space.entity);
            Ok(())
        })
        .await
        .context("a space was not admitted")?;
        let granted = escale_json(&[
            "label",
            "grant",
            space.entity.as_str(),
            "--dir",
            dir,
            "--json",
        ])
        .await?;
        ensure!(granted["state"] == json!("labelled"), "{granted}");
    }
    for node in network.nodes() {
        network
            .judge
            .until(&node.entity, |home| {
                network
                    .spaces
                    .iter()
                    .try_for_each(|space| stands(home, &space.entity, "labelled"))
            })
            .await?;
    }
    Ok("every node says that all five bear the label".to_owned())
}

pub(crate) async fn prices(network: &mut Network) -> anyhow::Result<String> {
    for node in network.nodes() {
        network
            .judge
            .until(&node.entity, |home| {
                for (space, place) in network.spaces.iter().zip(&PLACES) {
                    sells(home, &space.entity, &place.expected_formulas(None))?;
                }
                Ok(())
            })
            .await?;
    }
    let count: usize = PLACES.iter().map(|place| place.formulas.len()).sum();
    Ok(format!(
        "{count} prices of 5 spaces, the same at all 6 nodes"
    ))
}

/// Starts what was kept.
pub(crate) async fn again(network: &mut Network) -> anyhow::Result<String> {
    let mut ids = vec![network.coordinator.start()?];
    for space in &mut network.spaces {
        ids.push(space.start()?);
    }
    for node in network.nodes() {
        answers(network, node).await?;
    }
    Ok(format!("processes {ids:?} answer"))
}

/// Waits until a node answers that it is well.
pub(crate) async fn answers(network: &Network, node: &Node) -> anyhow::Result<()> {
    until(|| async {
        let health = network.judge.get(&node.entity, "/healthz").await?;
        ensure!(health["ok"] == json!(true), "{health}");
        Ok(())
    })
    .await
    .with_context(|| format!("{} does not answer; see its log", node.name))
}
