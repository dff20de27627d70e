//! `escale keys`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::Value;
use wire::trust::NodeRole;

use crate::cli::{KeyPurpose, Keys, KeysRotate};
use crate::config::Config;
use crate::control::{Command, KeysCommand, ask};
use crate::{key_files, output};

pub(crate) async fn keys(keys: Keys) -> anyhow::Result<ExitCode> {
    match keys {
        Keys::List(args) => {
            let config = Config::load(&args.folder.dir)?;
            let rows = ask(&config, Command::Keys(KeysCommand::List)).await?;
            output::result(&rows, args.json);
        }
        Keys::Rotate(args) => rotate(args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The key is in its file, durably, before anybody is told of it. What ended between is
/// found by the next call: a key that nobody was told of is used before another is made.
async fn rotate(args: KeysRotate) -> anyhow::Result<()> {
    let config = Config::load(&args.folder.dir)?;
    if args.stolen && args.purpose == KeyPurpose::Fed {
        bail!(
            "a stolen fed key is not replaced like this, because the thief can ask too: a space \
             is admitted anew (the coordinator: escale label admit --anew), a coordinator makes \
             a key (escale keys rotate fed) and confirms it alone (escale label anchor \
             --newest-alone --revoke compromised)"
        );
    }
    let rows = ask(&config, Command::Keys(KeysCommand::List)).await?;
    // Whoever has read the folder has what was made and not used, too.
    let waiting = if args.stolen {
        None
    } else {
        unused(&config, args.purpose, &rows)?
    };
    let file = match waiting {
        Some(file) => file,
        None => key_files::create_next(first(&config, args.purpose))?,
    };
    let file = std::path::absolute(&file).context("the key's file")?;
    let command = match args.purpose {
        KeyPurpose::Ops => KeysCommand::RotateOps {
            file,
            stolen: args.stolen,
        },
        KeyPurpose::Fed => KeysCommand::FollowFed { file },
    };
    let done = ask(&config, Command::Keys(command)).await?;
    output::result(&done, args.json);
    if !args.json {
        note(&config, &args);
    }
    Ok(())
}

fn note(config: &Config, args: &KeysRotate) {
    let told: &[&str] = match (args.purpose, args.stolen, config.role) {
        (KeyPurpose::Ops, false, _) => {
            &["The old key is named beside it for 31 days, until its passports have run out."]
        }
        (KeyPurpose::Ops, true, NodeRole::Space) => &[
            "All passports are void: members open their page once, with the line up, and are",
            "given others. Passports on paper are printed again. The coordinator is told.",
        ],
        (KeyPurpose::Ops, true, NodeRole::Coordinator) => {
            &["What the old key signs from now on is believed by nobody who reads this feed."]
        }
        (KeyPurpose::Fed, _, NodeRole::Space) => {
            &["The coordinator is asked. The key signs as soon as it has said so."]
        }
        (KeyPurpose::Fed, _, NodeRole::Coordinator) => {
            &["The root key must name it: escale label anchor --root-key FILE"]
        }
    };
    told.iter().for_each(output::note);
}

fn first(config: &Config, purpose: KeyPurpose) -> &PathBuf {
    match purpose {
        KeyPurpose::Fed => &config.fed_key,
        KeyPurpose::Ops => &config.ops_key,
    }
}

/// The file of a key that was made and that no paper has named.
fn unused(config: &Config, purpose: KeyPurpose, rows: &Value) -> anyhow::Result<Option<PathBuf>> {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    let state_of = |name: &str| {
        let is_it = |row: &&Value| row.get("key").and_then(Value::as_str) == Some(name);
        let row = rows.iter().find(is_it);
        row.and_then(|row| row.get("state").and_then(Value::as_str))
    };
    let files = key_files::read(first(config, purpose))?;
    let is_unused = |file: &key_files::KeyFile| {
        // The running node has not read what was put there since it started.
        let name = file.key.public().thumbprint().to_string();
        matches!(state_of(&name), None | Some("waits"))
    };
    Ok(files.into_iter().skip(1).find(is_unused).map(|it| it.path))
}
