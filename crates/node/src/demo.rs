//! `escale demo`: a coordinator and five spaces on this machine, doing the main job.
//!
//! The nodes are child processes of this very binary, each with its own store. What
//! they do is judged by asking them over HTTP and by typing commands, as a stranger
//! would.

mod facts;
mod guide;
mod judge;
mod network;
mod processes;
mod proxy;
mod report;
mod steps;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Demo;
use crate::output;
use guide::Guide;
use network::Network;
use report::Report;

pub(crate) async fn demo(args: &Demo) -> anyhow::Result<ExitCode> {
    let (dir, is_kept) = match &args.dir {
        Some(dir) => (std::path::absolute(dir)?, true),
        None => (temporary_folder()?, false),
    };
    std::fs::create_dir_all(&dir).with_context(|| format!("{}", dir.display()))?;
    let outcome = if args.once {
        once(args, &dir).await
    } else {
        stay(args, &dir).await
    };
    if !is_kept {
        let removed = std::fs::remove_dir_all(&dir);
        removed.with_context(|| format!("{} cannot be removed", dir.display()))?;
    }
    outcome
}

/// Every step, then the end.
async fn once(args: &Demo, dir: &std::path::Path) -> anyhow::Result<ExitCode> {
    if Network::exists(dir) {
        bail!(
            "{} holds a demonstration already; --once begins a new one",
            dir.display()
        );
    }
    let mut network = Network::plan(dir).await?;
    network.misbehave(sabotage(args));
    let mut report = Report::new();
    let ended = tokio::select! {
        ended = steps::all(&mut network, &mut report) => ended,
        () = interrupted() => Err(anyhow::anyhow!("interrupted")),
    };
    network.stop().await?;
    ended?;
    if args.json {
        output::line(report.to_json());
    } else {
        output::line(report.summary());
    }
    Ok(if report.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The first steps, then whatever a person does, until Ctrl-C.
async fn stay(args: &Demo, dir: &std::path::Path) -> anyhow::Result<ExitCode> {
    let is_new = !Network::exists(dir);
    let mut network = if is_new {
        Network::plan(dir).await?
    } else {
        Network::resume(dir).await?
    };
    network.misbehave(sabotage(args));
    let mut report = Report::new();
    let mut ended = tokio::select! {
        ended = steps::begin(&mut network, &mut report, is_new) => ended.map(|()| report.is_ok()),
        () = interrupted() => Ok(false),
    };
    if let Ok(true) = &ended {
        let shown = tokio::select! {
            shown = show(&network) => shown,
            () = interrupted() => Ok(()),
        };
        output::note("stopping");
        ended = shown.map(|()| true);
    }
    network.stop().await?;
    ended.map(|is_ok| {
        if is_ok {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    })
}

/// Shows a person what there is, and stays.
async fn show(network: &Network) -> anyhow::Result<()> {
    let listener = guide::listen(network.guide_port).await?;
    let guide = Guide::of(network).await?;
    let first = format!("http://127.0.0.1:{}", network.guide_port);
    output::line(network.guide(&first));
    guide.serve(listener).await;
    Ok(())
}

async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn temporary_folder() -> anyhow::Result<PathBuf> {
    let name = format!("escale-demo-{}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    if dir.exists() {
        bail!("{} is in the way", dir.display());
    }
    Ok(dir)
}

#[cfg(feature = "sabotage")]
fn sabotage(args: &Demo) -> Option<&str> {
    args.sabotage.as_deref()
}

#[cfg(not(feature = "sabotage"))]
fn sabotage(_: &Demo) -> Option<&str> {
    None
}
