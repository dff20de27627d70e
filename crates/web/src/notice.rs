//! The pages for what went wrong: what happened, what was kept, what to do next.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use crate::frame::Frame;
use crate::language::Language;
use crate::page::{Page, Policy};
use crate::words::{Message, Message as M, Words};

/// After how many seconds asking again makes sense.
const RETRY_AFTER_SECONDS: &str = "30";

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// There is no such page.
    Missing,
    /// No calendar has that event.
    NoEvent,
    /// The page cannot be asked for in this way.
    MethodNotAllowed,
    /// The page could not be made.
    Unavailable,
    /// Whoever has signed in may not do that.
    RoleNeeded,
    /// A form that stands on a page of somebody else.
    OtherOrigin,
    /// What was sent is no form, or too long.
    FormNotRead,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    frame: Frame,
    heading: String,
    happened: String,
    kept: String,
    next: String,
}

impl Notice {
    /// The page for it.
    pub(crate) fn page(self, language: Language) -> Page {
        let words = Words::of(language);
        let (heading, happened, kept, next) = self.messages();
        let heading = words.say(heading);
        let page = NoticePage {
            frame: Frame::new(words, heading.clone()),
            happened: words.say(happened),
            kept: words.say(kept),
            next: words.say(next),
            heading,
        };
        // A failing template leaves the words without their frame.
        let html = page.render().unwrap_or_else(|_| {
            let NoticePage {
                happened,
                kept,
                next,
                ..
            } = &page;
            format!("<!DOCTYPE html><p>{happened} {kept} {next}</p>")
        });
        Page {
            status: self.status(),
            policy: self.policy(),
            language,
            html,
        }
    }

    /// Heading, what happened, what was kept, what to do next.
    const fn messages(self) -> (Message, Message, Message, Message) {
        match self {
            Self::Missing => (
                Message::MissingTitle,
                Message::MissingHappened,
                Message::NothingChanged,
                Message::MissingNext,
            ),
            Self::NoEvent => (
                Message::NoEventTitle,
                Message::NoEventHappened,
                Message::NothingChanged,
                Message::NoEventNext,
            ),
            Self::MethodNotAllowed => (
                Message::MethodTitle,
                Message::MethodHappened,
                Message::NothingChanged,
                Message::MissingNext,
            ),
            Self::Unavailable => (
                Message::UnavailableTitle,
                Message::UnavailableHappened,
                Message::UnavailableKept,
                Message::UnavailableNext,
            ),
            Self::RoleNeeded => (
                Message::RoleNeededTitle,
                Message::RoleNeededHappened,
                Message::NothingChanged,
                Message::RoleNeededNext,
            ),
            Self::OtherOrigin => (
                Message::OtherOriginTitle,
                Message::OtherOriginHappened,
                Message::NothingChanged,
                Message::OtherOriginNext,
            ),
            Self::FormNotRead => (
                Message::FormNotReadTitle,
                Message::FormNotReadHappened,
                Message::NothingChanged,
                Message::FormNotReadNext,
            ),
        }
    }

    /// What concerns the staff is for nobody else to keep.
    const fn policy(self) -> Policy {
        match self {
            Self::RoleNeeded | Self::OtherOrigin | Self::FormNotRead => Policy::WithForms,
            Self::Missing | Self::NoEvent | Self::MethodNotAllowed | Self::Unavailable => {
                Policy::WithoutScript
            }
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Missing | Self::NoEvent => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::RoleNeeded | Self::OtherOrigin => StatusCode::FORBIDDEN,
            Self::FormNotRead => StatusCode::BAD_REQUEST,
        }
    }

    /// The answer.
    pub(crate) fn answer(self, language: Language) -> Response {
        let mut response = self.page(language).into_response();
        if self == Self::Unavailable {
            let seconds = HeaderValue::from_static(RETRY_AFTER_SECONDS);
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}
