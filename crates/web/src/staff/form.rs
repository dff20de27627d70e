//! A form that was filled in on a page of this node.
//!
//! **Invariant:** a form from another origin changes nothing. A browser says where a
//! form comes from (`Sec-Fetch-Site`, else `Origin`); whoever says neither is refused.

use app::App;
use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, Request};
use axum::response::Response;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use wire::EntityId;

use crate::language::Language;
use crate::notice::Notice;

/// The most bytes of a form: the code of a passport, percent-encoded.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1024;

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// What was filled in.
#[derive(Debug)]
pub(crate) struct Filled(Vec<(String, String)>);

impl Filled {
    /// What stands in a field; nothing where there is no such field.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, text)| text.trim())
    }
}

impl<S: Send + Sync> FromRequest<S> for Filled
where
    App: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let language = Language::of_request(request.uri(), request.headers());
        let app = App::from_ref(state);
        if !is_from_here(request.headers(), &app.identity().entity) {
            return Err(Notice::OtherOrigin.answer(language));
        }
        let is_form = request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|it| it == FORM);
        let bytes = Bytes::from_request(request, state).await;
        match bytes {
            Ok(bytes) if is_form => Ok(Self(
                url::form_urlencoded::parse(&bytes).into_owned().collect(),
            )),
            Ok(_) | Err(_) => Err(Notice::FormNotRead.answer(language)),
        }
    }
}

/// Whether a browser says that the form stands on a page of this node.
fn is_from_here(headers: &HeaderMap, entity: &EntityId) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let (Some(origin), Some(host)) = (text(ORIGIN.as_str()), text(HOST.as_str())) else {
        return false;
    };
    let is_asked = ["http://", "https://"]
        .iter()
        .any(|scheme| origin.strip_prefix(scheme) == Some(host));
    is_asked || origin == entity.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], expected: bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let entity = EntityId::parse("https://le-mug.example").unwrap();
        assert_eq!(is_from_here(&map, &entity), expected, "{headers:?}");
    }

    #[test]
    fn a_form_is_from_a_page_of_this_node_or_not_taken() {
        let host = ("host", "le-mug.example");
        check(&[host, ("sec-fetch-site", "same-origin")], true);
        for site in ["same-site", "cross-site", "none", ""] {
            let origin = ("origin", "https://le-mug.example");
            check(&[host, origin, ("sec-fetch-site", site)], false);
        }
        check(&[host, ("origin", "https://le-mug.example")], true);
        check(&[host, ("origin", "http://le-mug.example")], true);
        check(
            &[
                ("host", "10.0.0.2:7800"),
                ("origin", "http://10.0.0.2:7800"),
            ],
            true,
        );
        // Behind a proxy that asks under a name of its own.
        check(
            &[
                ("host", "127.0.0.1:7800"),
                ("origin", "https://le-mug.example"),
            ],
            true,
        );
        for origin in [
            "null",
            "https://evil.example",
            "https://le-mug.example.evil.example",
            "https://le-mug.example:444",
            "le-mug.example",
        ] {
            check(&[host, ("origin", origin)], false);
        }
        check(&[host], false);
        check(&[("origin", "https://le-mug.example")], false);
    }
}
