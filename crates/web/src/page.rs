//! A page on its way out: its status, its language, and the headers of every page.
//!
//! **Invariant:** nothing leaves this room without [`PROTECTIONS`].
//!
//! Specified in `specs/pages.md`.

use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::language::Language;

/// What a page may load and do: its own style and pictures. There is no script.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// The headers that keep a browser from doing more than the page asks for.
pub(crate) const PROTECTIONS: [(HeaderName, HeaderValue); 3] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// A page on its way out.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
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
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        (self.status, PROTECTIONS, headers, self.html).into_response()
    }
}
