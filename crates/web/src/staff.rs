//! Pages for who works at this space: its desk, its stewards, its operators.
//!
//! They are complete without script. A form is sent, and answered by a page or by the
//! address of one.
//!
//! **Invariant:** whatever changes something is a form that came from a page of this
//! node, sent by somebody whose credential lets do that.
//!
//! Specified in `specs/pages.md`.

mod attendance;
mod carriers;
mod cookie;
mod correction;
mod desk;
mod event_edit;
mod event_form;
mod events;
mod form;
mod here;
mod member;
mod members;
mod menu;
mod outbox;
mod registering;
mod sign_in;
mod signed_in;
mod visits;

use std::error::Error;

use app::Role;
use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, StatusCode};

use crate::language::Language;
use crate::notice::Notice;
use crate::page::{Page, Policy, protections};
use crate::words::{Message, Words};

pub(crate) use attendance::{attendance, cancel_event, take_back};
pub(crate) use carriers::{revoke as revoke_carrier, set_particulars};
pub(crate) use desk::{challenge, desk, judge, leave, receive};
pub(crate) use event_edit::{add_event, change_event, edit_event, new_event};
pub(crate) use events::own_events;
pub(crate) use form::BODY_BYTES_MAX;
pub(crate) use member::{code, end, member, paper, pause, resume, revoke};
pub(crate) use members::{add, members};
pub(crate) use outbox::{again, outbox};
pub(crate) use registering::{give_back, register, register_form};
pub(crate) use sign_in::{sign_in, sign_out, signing_in};
pub(crate) use visits::{correct, not_here, visits};

/// Where to sign in.
pub(crate) const SIGN_IN: &str = "/sign-in";
/// The desk.
pub(crate) const DESK: &str = "/desk";
/// The members.
pub(crate) const MEMBERS: &str = "/members";

/// Who is here, and who was.
pub(crate) const VISITS: &str = "/visits";
/// This node's own events.
pub(crate) const EVENTS: &str = "/manage/events";
/// The form of a new one.
pub(crate) const NEW_EVENT: &str = "/manage/new-event";
/// What waits for others.
pub(crate) const OUTBOX: &str = "/outbox";

/// A page of this room.
fn shown(page: &impl Template, language: Language) -> Response {
    match page.render() {
        Ok(html) => Page {
            status: StatusCode::OK,
            policy: Policy::WithForms,
            language,
            html,
        }
        .into_response(),
        Err(error) => failed(&error, language),
    }
}

/// What could not be read or written; the cause is for the log.
fn failed(error: &(dyn Error + 'static), language: Language) -> Response {
    let cause = app::chain(error);
    tracing::error!(cause, "a page of the staff could not be shown: {cause}");
    Notice::Unavailable.answer(language)
}

/// To another page of this node, in the same language.
fn see(path: &str, language: Language) -> Response {
    let target = format!("{path}?lang={}", language.tag());
    match HeaderValue::try_from(target) {
        Ok(target) => {
            let headers = [
                (LOCATION, target),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            let protections = protections(Policy::WithForms);
            (StatusCode::SEE_OTHER, protections, headers).into_response()
        }
        Err(_) => Notice::Missing.answer(language),
    }
}

/// What somebody may do, in words.
fn role(words: &Words, role: Role) -> String {
    words.say(match role {
        Role::Desk => Message::RoleDesk,
        Role::Steward => Message::RoleSteward,
        Role::Operator => Message::RoleOperator,
    })
}
