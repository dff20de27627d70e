//! Signing in with a one-time code, and out again.

use app::{AccessError, App, Role, Staff};
use askama::Template;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;

use super::cookie::Cookie;
use super::form::Filled;
use super::menu::{Menu, menu};
use super::signed_in::BySomebody;
use super::{DESK, EVENTS, MEMBERS, SIGN_IN, failed, role, see, shown};
use crate::frame::Frame;
use crate::language::{Language, Reader};
use crate::words::{Message, Message as M, Words};
use wire::trust::NodeRole;

#[derive(Template)]
#[template(path = "sign-in.html")]
struct SignInPage {
    frame: Frame,
    /// What the page is called, and for whom it is.
    title: String,
    text: String,
    /// The pages for whoever has signed in.
    menu: Option<Menu>,
    /// Who that is: name and role.
    who: Option<(String, String)>,
    refusal: Option<String>,
    /// What was typed, where it is refused.
    typed: String,
}

fn page(
    app: &App,
    language: Language,
    staff: Option<(Staff, Menu)>,
    refused: Option<(Message, &str)>,
) -> Response {
    let words = Words::of(language);
    let (staff, menu) = staff.unzip();
    let (title, text) = match app.identity().role {
        NodeRole::Space => (M::SignInTitle, M::SignInText),
        NodeRole::Coordinator => (M::SignInTitleCoordinator, M::SignInTextCoordinator),
    };
    let page = SignInPage {
        frame: Frame::new(words, words.say(title)),
        title: words.say(title),
        text: words.say(text),
        menu,
        who: staff.map(|staff| (staff.name().to_owned(), role(words, staff.role()))),
        refusal: refused.map(|(refusal, _)| words.say(refusal)),
        typed: refused.map_or("", |(_, typed)| typed).to_owned(),
    };
    shown(&page, language)
}

/// `GET /sign-in`: where a one-time code is typed, or who has signed in.
pub(crate) async fn sign_in(
    State(app): State<App>,
    Reader(language): Reader,
    BySomebody(staff): BySomebody,
) -> Response {
    let Some(staff) = staff else {
        return page(&app, language, None, None);
    };
    match menu(&app, Words::of(language), &staff, SIGN_IN).await {
        Ok(menu) => page(&app, language, Some((staff, menu)), None),
        Err(error) => failed(&error, language),
    }
}

/// `POST /sign-in`: whoever has a one-time code gets a credential, in a cookie.
pub(crate) async fn signing_in(
    State(app): State<App>,
    Reader(language): Reader,
    headers: HeaderMap,
    form: Filled,
) -> Response {
    let (token, staff) = match app.sign_in(form.text("code")).await {
        Ok(signed_in) => signed_in,
        Err(AccessError::Fault(fault)) => return failed(&fault, language),
        Err(
            AccessError::Code
            | AccessError::NotASpace
            | AccessError::Name
            | AccessError::Unknown(_),
        ) => {
            return page(
                &app,
                language,
                None,
                Some((Message::SignInRefused, form.text("code"))),
            );
        }
    };
    // The coordinator has neither a desk nor members.
    let next = match (app.identity().role, staff.role()) {
        (NodeRole::Coordinator, _) => EVENTS,
        (NodeRole::Space, Role::Desk) => DESK,
        (NodeRole::Space, Role::Steward | Role::Operator) => MEMBERS,
    };
    // Nobody holds the credential that was in the cookie before.
    if let Some((_, before)) = Cookie::sent(&headers)
        && let Err(error) = app.sign_out(before).await
    {
        return failed(&error, language);
    }
    with_cookie(&Cookie::to_set(&headers), Some(&token), see(next, language))
}

/// `POST /sign-out`: ends the credential that is in the cookie.
pub(crate) async fn sign_out(
    State(app): State<App>,
    Reader(language): Reader,
    headers: HeaderMap,
    _: Filled,
) -> Response {
    let Some((cookie, token)) = Cookie::sent(&headers) else {
        return see(SIGN_IN, language);
    };
    match app.sign_out(token).await {
        Ok(()) => with_cookie(&cookie, None, see(SIGN_IN, language)),
        Err(error) => failed(&error, language),
    }
}

/// An answer that sets the cookie, or takes it away.
fn with_cookie(cookie: &Cookie, token: Option<&str>, answer: Response) -> Response {
    let set = AppendHeaders(cookie.set(token).map(|set| (SET_COOKIE, set)));
    (set, answer).into_response()
}

/// The cookie again, with another 400 days.
pub(super) fn kept_longer(headers: &HeaderMap, answer: Response) -> Response {
    match Cookie::sent(headers) {
        Some((cookie, token)) => with_cookie(&cookie, Some(token), answer),
        None => answer,
    }
}
