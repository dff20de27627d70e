//! Commands about members and staff.

use app::{AccessRow, App, MemberRow, MemberState, Operator, PaperPassport, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
    /// Take back a member's passports.
    Revoke { member: String },
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
            let member = app
                .add_member(&operator, &name, &formula, half_days)
                .await?;
            Ok(json!({ "member": member }))
        }
        PeopleCommand::Members => Ok(Value::Array(
            app.members(&operator)
                .await?
                .iter()
                .map(member_json)
                .collect(),
        )),
        PeopleCommand::Code { member } => {
            let code = app.enrolment_code(&operator, &member).await?;
            Ok(json!({ "code": code, "link": app.enrolment_link(&code) }))
        }
        PeopleCommand::SetMember { member, state } => {
            app.set_member(&operator, &member, state).await?;
            Ok(json!({ "member": member, "state": state }))
        }
        PeopleCommand::Revoke { member } => {
            Ok(json!({ "revoked": app.revoke_passports(&operator, &member).await? }))
        }
        PeopleCommand::Paper { member, name } => {
            let paper = app.paper_passport(&operator, &member, name.as_deref());
            let PaperPassport {
                name, until, code, ..
            } = paper.await?;
            Ok(json!({ "name": name, "until": until, "code": code }))
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

fn member_json(row: &MemberRow) -> Value {
    let MemberRow {
        id,
        name,
        formula,
        half_days,
        state,
        since,
        passports,
    } = row;
    json!({ "member": id, "name": name, "formula": formula, "half_days": half_days,
        "state": state, "since": since, "passports": passports })
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
