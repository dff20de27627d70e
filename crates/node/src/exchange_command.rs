//! `escale visit` and `escale outbox`.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::{Outbox, Visit};
use crate::config::Config;
use crate::control::{Command, ExchangeCommand, ask};
use crate::output;

pub(crate) async fn visit(visit: Visit) -> anyhow::Result<ExitCode> {
    match visit {
        Visit::Here(args) => say(&args.folder.dir, args.json, ExchangeCommand::Here).await,
        Visit::List(args) => say(&args.folder.dir, args.json, ExchangeCommand::Visits).await,
        Visit::Leave(of) => {
            let command = ExchangeCommand::Leave { visit: of.visit };
            say(&of.folder.dir, of.json, command).await
        }
        Visit::Receipt(of) => {
            let command = ExchangeCommand::Receipts { visit: of.visit };
            say(&of.folder.dir, of.json, command).await
        }
        Visit::Correct(args) => {
            let of = args.of;
            let command = ExchangeCommand::Correct {
                visit: of.visit,
                // Without a time there was no visit.
                left: args.left,
            };
            say(&of.folder.dir, of.json, command).await
        }
    }
}

pub(crate) async fn outbox(outbox: Outbox) -> anyhow::Result<ExitCode> {
    match outbox {
        Outbox::List(args) => say(&args.folder.dir, args.json, ExchangeCommand::Outbox).await,
        Outbox::Again(of) => {
            let command = ExchangeCommand::Again { op: of.op };
            say(&of.folder.dir, of.json, command).await
        }
        Outbox::Conflicts(args) => {
            say(&args.folder.dir, args.json, ExchangeCommand::Conflicts).await
        }
    }
}

async fn say(dir: &Path, json: bool, command: ExchangeCommand) -> anyhow::Result<ExitCode> {
    let config = Config::load(dir)?;
    let done = ask(&config, Command::Exchange(command)).await?;
    output::result(&done, json);
    Ok(ExitCode::SUCCESS)
}
