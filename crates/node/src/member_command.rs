//! `escale member` and `escale desk`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use crate::cli::{Desk, Member, MemberOne};
use crate::config::Config;
use crate::control::{Command, ask};
use crate::output;

pub(crate) async fn member(member: Member) -> anyhow::Result<ExitCode> {
    let change = |of: MemberOne, state: app::MemberState| {
        (
            of.folder.dir,
            of.json,
            Command::SetMember {
                member: of.member,
                state,
            },
        )
    };
    let (dir, json, command) = match member {
        Member::Add(args) => {
            let command = Command::AddMember {
                name: args.name,
                formula: args.formula,
                half_days: args.half_days,
            };
            (args.folder.dir, args.json, command)
        }
        Member::List(args) => (args.folder.dir, args.json, Command::Members),
        Member::Code(of) => (of.folder.dir, of.json, Command::Code { member: of.member }),
        Member::Pause(of) => change(of, app::MemberState::Paused),
        Member::Resume(of) => change(of, app::MemberState::Active),
        Member::End(of) => change(of, app::MemberState::Ended),
        Member::Revoke(of) => (
            of.folder.dir,
            of.json,
            Command::Revoke { member: of.member },
        ),
    };
    say(&dir, json, command).await
}

pub(crate) async fn desk(desk: Desk) -> anyhow::Result<ExitCode> {
    let Desk::Add(args) = desk;
    say(
        &args.folder.dir,
        args.json,
        Command::AddDevice { name: args.name },
    )
    .await
}

async fn say(dir: &Path, json: bool, command: Command) -> anyhow::Result<ExitCode> {
    let config = Config::load(dir)?;
    let done = ask(&config, command).await?;
    match &done {
        _ if json => output::line(&done),
        Value::Array(rows) if rows.is_empty() => output::line("No member yet."),
        Value::Array(rows) => {
            for row in rows {
                output::line(words(row));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            output::line(words(&done));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The values of a result, in their order.
fn words(value: &Value) -> String {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let Value::Object(members) = value else {
        return text(value);
    };
    let parts: Vec<_> = members
        .iter()
        .map(|(name, it)| format!("{name} {}", text(it)))
        .collect();
    parts.join("  ")
}
