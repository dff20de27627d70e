//! Commands about members and staff.

use anyhow::Context as _;
use app::{AccessRow, App, CarrierRow, MemberRow, MemberState, Operator, PaperPassport, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::Sha256Hash;
use wire::disclosure::Disclosed;

/// A command about members or staff.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "people", rename_all = "snake_case")]
pub(crate) enum PeopleCommand {
    /// Add a member.
    AddMember {
        name: String,
        formula: String,
        half_days: Option<u64>,
    },
    /// List the members.
    Members,
    /// A code that puts a passport on a member's phone.
    Code { member: String },
    /// Pause, resume or end a membership.
    SetMember { member: String, state: MemberState },
    /// What a member may disclose.
    Particulars {
        member: String,
        full_name: Option<String>,
        organisation: Option<String>,
        portrait: Option<String>,
    },
    /// What carries a member's passports.
    Passports { member: String },
    /// Take back a member's passports, or those of one phone or card alone.
    Revoke {
        member: String,
        only: Option<String>,
    },
    /// A passport on paper.
    Paper {
        member: String,
        name: Option<String>,
    },
    /// A credential's token.
    AccessToken { role: Role, name: String },
    /// A one-time code for a credential.
    AccessCode { role: Role, name: String },
    /// List the credentials.
    Accesses,
    /// Revoke a credential.
    RevokeAccess { id: String },
}

/// Does a command: whoever gives it may open the node's folder.
pub(super) async fn execute(app: &App, command: PeopleCommand) -> anyhow::Result<Value> {
    let operator = Operator::of_this_machine();
    match command {
        PeopleCommand::AddMember {
            name,
            formula,
            half_days,
        } => {
            let added = app.add_member(&operator, &name, &formula, half_days);
            Ok(json!({ "member": added.await? }))
        }
        PeopleCommand::Members => {
            let rows = app.members(&operator).await?;
            Ok(rows.iter().map(member_json).collect())
        }
        PeopleCommand::Code { member } => {
            let code = app.enrolment_code(&operator, &member).await?;
            Ok(json!({ "code": code, "link": app.enrolment_link(&code) }))
        }
        PeopleCommand::SetMember { member, state } => {
            app.set_member(&operator, &member, state).await?;
            Ok(json!({ "member": member, "state": state }))
        }
        PeopleCommand::Particulars {
            member,
            full_name,
            organisation,
            portrait,
        } => {
            let portrait = portrait.as_deref().map(digest).transpose()?;
            let particulars = Disclosed {
                full_name,
                organisation,
                portrait,
            };
            app.set_particulars(&operator, &member, &particulars)
                .await?;
            Ok(member_json(&app.member_row(&operator, &member).await?))
        }
        PeopleCommand::Passports { member } => {
            let rows = app.carriers(&operator, &member).await?;
            Ok(Value::Array(rows.iter().map(carrier_json).collect()))
        }
        PeopleCommand::Revoke { member, only } => {
            let revoked = revoke(app, &operator, &member, only.as_deref()).await?;
            Ok(json!({ "revoked": revoked }))
        }
        PeopleCommand::Paper { member, name } => {
            let paper = app.paper_passport(&operator, &member, name.as_deref());
            Ok(paper_json(&paper.await?))
        }
        PeopleCommand::AccessToken { role, name } => {
            Ok(json!({ "token": app.access_token(&operator, role, &name).await? }))
        }
        PeopleCommand::AccessCode { role, name } => {
            let code = app.access_code(&operator, role, &name).await?;
            Ok(json!({ "code": code, "link": app.identity().entity.url_of("/sign-in") }))
        }
        PeopleCommand::Accesses => {
            let rows = app.accesses(&operator).await?;
            Ok(Value::Array(rows.iter().map(access_json).collect()))
        }
        PeopleCommand::RevokeAccess { id } => {
            app.revoke_access(&operator, &id).await?;
            Ok(json!({ "revoked": id }))
        }
    }
}

fn digest(text: &str) -> anyhow::Result<Sha256Hash> {
    Sha256Hash::parse(text).context("the portrait's digest")
}

/// Takes back what a member's phones and cards carry, or one of them alone.
async fn revoke(
    app: &App,
    operator: &Operator,
    member: &str,
    only: Option<&str>,
) -> anyhow::Result<usize> {
    let Some(only) = only else {
        return Ok(app.revoke_passports(operator, member).await?);
    };
    let rows = app.carriers(operator, member).await?;
    let found = rows.iter().find(|row| row.id.to_string() == only);
    let found = found.with_context(|| format!("{member} has no phone or card {only}"))?;
    Ok(app.revoke_carrier(operator, found.id).await?)
}

fn carrier_json(row: &CarrierRow) -> Value {
    let CarrierRow {
        id,
        by,
        since,
        renewed,
        until,
        passports,
        state,
    } = row;
    let mut row = json!({ "id": id, "by": by, "since": since, "until": until,
        "passports": passports, "state": state.as_str() });
    if let (Value::Object(row), Some(renewed)) = (&mut row, renewed) {
        row.insert("renewed".to_owned(), json!(renewed));
    }
    row
}

fn paper_json(paper: &PaperPassport) -> Value {
    let PaperPassport {
        name, until, code, ..
    } = paper;
    json!({ "name": name, "until": until, "code": code })
}

fn member_json(row: &MemberRow) -> Value {
    let MemberRow {
        id,
        name,
        formula,
        half_days,
        state,
        since,
        passports,
        may_disclose,
    } = row;
    let mut row = json!({ "member": id, "name": name, "formula": formula,
        "half_days": half_days, "state": state, "since": since, "passports": passports });
    let portrait = may_disclose.portrait.map(|it| it.to_string());
    let shown = [
        ("full_name", may_disclose.full_name.clone()),
        ("organisation", may_disclose.organisation.clone()),
        ("portrait", portrait),
    ];
    if let Value::Object(row) = &mut row {
        let there = shown.into_iter().filter_map(|(name, it)| Some((name, it?)));
        row.extend(there.map(|(name, it)| (name.to_owned(), json!(it))));
    }
    row
}

fn access_json(row: &AccessRow) -> Value {
    let AccessRow {
        id,
        role,
        name,
        since,
        is_revoked,
    } = row;
    json!({ "id": id, "role": role, "name": name, "since": since, "is_revoked": is_revoked })
}
