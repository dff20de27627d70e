//! The way from one page of the staff to another, for whoever has signed in.

use app::{App, OutboxError, Role, Staff};
use wire::trust::NodeRole;

use super::{DESK, EVENTS, MEMBERS, OUTBOX, SIGN_IN, VISITS};
use crate::words::{Message as M, Words};

/// What the coordinator has no use for: it receives nobody, and has no members.
const OF_A_SPACE: [&str; 3] = [DESK, VISITS, MEMBERS];

/// The pages that somebody may open.
pub(super) struct Menu {
    pub(super) doors: Vec<Door>,
}

/// One of them.
pub(super) struct Door {
    pub(super) path: &'static str,
    pub(super) text: String,
    /// Whether it is the page that is shown.
    pub(super) is_here: bool,
    /// How much needs a person there.
    pub(super) count: Option<usize>,
}

/// The pages that `staff` may open, from the page at `here`.
pub(super) async fn menu(
    app: &App,
    words: &Words,
    staff: &Staff,
    here: &'static str,
) -> Result<Menu, OutboxError> {
    let count = needs_somebody(app, staff).await?;
    let is_space = app.identity().role == NodeRole::Space;
    let doors = [
        (DESK, M::DeskTitle, Role::Desk, 0),
        (VISITS, M::VisitsTitle, Role::Steward, 0),
        (MEMBERS, M::MembersTitle, Role::Steward, 0),
        (EVENTS, M::ManageTitle, Role::Steward, 0),
        (OUTBOX, M::OutboxTitle, Role::Operator, count),
        (SIGN_IN, M::DeskAccount, Role::Desk, 0),
    ];
    let doors = doors
        .into_iter()
        .filter(|(_, _, role, _)| staff.role() >= *role)
        .filter(|(path, _, _, _)| is_space || !OF_A_SPACE.contains(path))
        .map(|(path, text, _, count)| Door {
            path,
            text: words.say(text),
            is_here: path == here,
            count: (count > 0).then_some(count),
        });
    Ok(Menu {
        doors: doors.collect(),
    })
}

/// How many requests were refused or given up, for whoever may send them again.
async fn needs_somebody(app: &App, staff: &Staff) -> Result<usize, OutboxError> {
    let Some(operator) = staff.clone().operator() else {
        return Ok(0);
    };
    let rows = app.outbox(&operator).await?;
    Ok(rows.iter().filter(|row| row.dead.is_some()).count())
}
