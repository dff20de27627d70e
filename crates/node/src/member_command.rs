//! `escale member` and `escale access`.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::{Access, AccessRole, Member, MemberOne};
use crate::config::Config;
use crate::control::{Command, PeopleCommand, ask};
use crate::output;

pub(crate) async fn member(member: Member) -> anyhow::Result<ExitCode> {
    let change = |of: MemberOne, state: app::MemberState| {
        (
            of.folder.dir,
            of.json,
            PeopleCommand::SetMember {
                member: of.member,
                state,
            },
        )
    };
    let (dir, json, command) = match member {
        Member::Add(args) => {
            let command = PeopleCommand::AddMember {
                name: args.name,
                formula: args.formula,
                half_days: args.half_days,
            };
            (args.folder.dir, args.json, command)
        }
        Member::List(args) => (args.folder.dir, args.json, PeopleCommand::Members),
        Member::Code(of) => (
            of.folder.dir,
            of.json,
            PeopleCommand::Code { member: of.member },
        ),
        Member::Pause(of) => change(of, app::MemberState::Paused),
        Member::Resume(of) => change(of, app::MemberState::Active),
        Member::End(of) => change(of, app::MemberState::Ended),
        Member::Particulars(args) => {
            let of = args.of;
            let command = PeopleCommand::Particulars {
                member: of.member,
                full_name: args.full_name,
                organisation: args.organisation,
                portrait: args.portrait,
            };
            (of.folder.dir, of.json, command)
        }
        Member::Passports(of) => (
            of.folder.dir,
            of.json,
            PeopleCommand::Passports { member: of.member },
        ),
        Member::Revoke(args) => {
            let (of, only) = (args.of, args.only);
            let member = of.member;
            (
                of.folder.dir,
                of.json,
                PeopleCommand::Revoke { member, only },
            )
        }
        Member::Paper(paper) => {
            let (of, name) = (paper.of, paper.name);
            let member = of.member;
            (
                of.folder.dir,
                of.json,
                PeopleCommand::Paper { member, name },
            )
        }
    };
    say(&dir, json, command).await
}

pub(crate) async fn access(access: Access) -> anyhow::Result<ExitCode> {
    let (dir, json, command) = match access {
        Access::Add(args) => {
            let (role, name) = (role(args.role), args.name);
            let command = if args.token {
                PeopleCommand::AccessToken { role, name }
            } else {
                PeopleCommand::AccessCode { role, name }
            };
            (args.folder.dir, args.json, command)
        }
        Access::List(args) => (args.folder.dir, args.json, PeopleCommand::Accesses),
        Access::Revoke(of) => (
            of.folder.dir,
            of.json,
            PeopleCommand::RevokeAccess { id: of.id },
        ),
    };
    say(&dir, json, command).await
}

const fn role(role: AccessRole) -> app::Role {
    match role {
        AccessRole::Desk => app::Role::Desk,
        AccessRole::Steward => app::Role::Steward,
        AccessRole::Operator => app::Role::Operator,
    }
}

async fn say(dir: &Path, json: bool, command: PeopleCommand) -> anyhow::Result<ExitCode> {
    let config = Config::load(dir)?;
    let done = ask(&config, Command::People(command)).await?;
    output::result(&done, json);
    Ok(ExitCode::SUCCESS)
}
