//! The binary `escale`: configuration, commands, wiring, life and death.
//!
//! **Invariant:** `run` never creates what `init` should have: keys, store, identity.
//!
//! **Invariant:** when something that must go on ends, the node ends, and says why;
//! whatever restarts it begins with the ordinary start.

#![forbid(unsafe_code)]

mod check_command;
mod cli;
mod config;
mod confirmer;
mod control;
mod demo;
mod environment;
mod event_command;
mod exchange_command;
mod feed_command;
mod hinter;
mod init;
mod joiner;
mod key_files;
mod keys_command;
mod label_command;
mod member_command;
mod metrics;
mod output;
mod publish_command;
mod puller;
#[cfg(test)]
mod puller_tests;
mod run;
mod sender;
mod space_file;
mod start;
mod tasks;
mod telemetry;
mod wallet_command;
mod watched_store;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Init(init) => init::init(init).await,
            Command::Run(run) => run::run(&run).await,
            Command::Check(check) => check_command::check(&check).await,
            Command::Publish(publish) => publish_command::publish(&publish).await,
            Command::Label(label) => label_command::label(label).await,
            Command::Feed(feed) => feed_command::feed(feed).await,
            Command::Keys(keys) => keys_command::keys(keys).await,
            Command::Member(member) => member_command::member(member).await,
            Command::Access(access) => member_command::access(access).await,
            Command::Visit(visit) => exchange_command::visit(visit).await,
            Command::Event(event) => event_command::event(event).await,
            Command::Registration(it) => event_command::registration(it).await,
            Command::Calendar(args) => event_command::calendar(args).await,
            Command::Outbox(outbox) => exchange_command::outbox(outbox).await,
            Command::Wallet(wallet) => wallet_command::wallet(wallet).await,
            Command::Demo(demo) => demo::demo(&demo).await,
        }
    })
}
