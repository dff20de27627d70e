//! `escale member` and `escale access`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use wire::Sha256Hash;

use crate::cli::{Access, AccessRole, Member, MemberOne};
use crate::config::Config;
use crate::control::{Command, PeopleCommand, ask};
use crate::output;

/// The largest picture that is read: larger than a camera makes.
const PORTRAIT_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The digest of a picture, byte for byte as the member has it.
fn portrait_of(file: &Path) -> anyhow::Result<String> {
    let name = file.display();
    let picture = File::open(file).with_context(|| format!("{name}"))?;
    let mut bytes = Vec::new();
    let mut picture = picture.take(PORTRAIT_BYTES_MAX + 1);
    picture
        .read_to_end(&mut bytes)
        .with_context(|| format!("{name}"))?;
    if bytes.is_empty() {
        bail!("{name} is empty");
    }
    if bytes.len() as u64 > PORTRAIT_BYTES_MAX {
        bail!("{name} has more than {PORTRAIT_BYTES_MAX} bytes");
    }
    Ok(Sha256Hash::of(&[&bytes]).to_string())
}

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
            let by_file = args.portrait_file.as_deref().map(portrait_of).transpose()?;
            let command = PeopleCommand::Particulars {
                member: of.member,
                full_name: args.full_name,
                organisation: args.organisation,
                portrait: args.portrait.or(by_file),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portrait_is_the_sha_256_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portrait.jpg");
        // FIPS 180-2, appendix B.1.
        std::fs::write(&file, "abc").unwrap();
        let digest = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
        assert_eq!(portrait_of(&file).unwrap(), digest);
        std::fs::write(&file, "").unwrap();
        assert!(portrait_of(&file).is_err(), "empty");
        let most = File::create(&file).unwrap();
        most.set_len(PORTRAIT_BYTES_MAX).unwrap();
        assert!(portrait_of(&file).is_ok());
        most.set_len(PORTRAIT_BYTES_MAX + 1).unwrap();
        assert!(portrait_of(&file).is_err(), "too large");
        assert!(portrait_of(&folder.path().join("none")).is_err());
        assert!(portrait_of(folder.path()).is_err(), "a folder");
    }
}
