//! A page on its way out: its status, its language, and the headers of every page.
//!
//! **Invariant:** nothing leaves this room without [`protections`].
//!
//! Specified in `specs/pages.md`.

use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::language::Language;

/// What an answer may load and do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Its own style and pictures. There is no script.
    WithoutScript,
    /// Our scripts and our service worker besides, and what they ask of this node.
    WithOurScripts,
    /// A form that asks this node for a part of the same page, and changes nothing.
    WithAQuestion,
    /// Forms that are sent to this node. Nobody but who asked keeps the page.
    WithForms,
}

impl Policy {
    const fn text(self) -> &'static str {
        match self {
            Self::WithoutScript => {
                "default-src 'none'; style-src 'self'; img-src 'self'; \
                 form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
            }
            Self::WithOurScripts => {
                "default-src 'none'; style-src 'self'; img-src 'self'; \
                 form-action 'none'; frame-ancestors 'none'; base-uri 'none'; \
                 script-src 'self'; connect-src 'self'; worker-src 'self'"
            }
            Self::WithAQuestion | Self::WithForms => {
                "default-src 'none'; style-src 'self'; img-src 'self'; \
                 form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
            }
        }
    }

    /// A form that is sent says where it stands, which a browser otherwise keeps back.
    const fn referrer(self) -> &'static str {
        match self {
            Self::WithoutScript | Self::WithOurScripts | Self::WithAQuestion => "no-referrer",
            Self::WithForms => "same-origin",
        }
    }

    const fn caching(self) -> &'static str {
        match self {
            Self::WithoutScript | Self::WithOurScripts | Self::WithAQuestion => "no-cache",
            Self::WithForms => "no-store",
        }
    }
}

/// The headers that keep a browser from doing more than the answer asks for.
pub(crate) const fn protections(policy: Policy) -> [(HeaderName, HeaderValue); 3] {
    [
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(policy.text()),
        ),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static(policy.referrer())),
    ]
}

/// A page on its way out.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) policy: Policy,
    pub(crate) language: Language,
    pub(crate) html: String,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
            (
                CONTENT_LANGUAGE,
                HeaderValue::from_static(self.language.tag()),
            ),
            (VARY, HeaderValue::from_static("Accept-Language")),
            (
                CACHE_CONTROL,
                HeaderValue::from_static(self.policy.caching()),
            ),
        ];
        (self.status, protections(self.policy), headers, self.html).into_response()
    }
}
