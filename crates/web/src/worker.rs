//! The service worker of the passport's page, with the list of what it keeps.
//!
//! **Invariant:** its text changes whenever something that it keeps does, so a browser
//! never goes on with pages of one version and scripts of another.
//!
//! Specified in `specs/pages.md`.

use std::fmt::Write as _;

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::assets::{self, Asset, content_hash};
use crate::frame::RenderError;
use crate::language::LANGUAGES;
use crate::page::{Policy, protections};
use crate::passport::passport_page;
use crate::scripts::{self, SCRIPTS};

/// Where it is: beside the page, because a worker serves what lies under its own path.
pub(crate) const PATH: &str = "/passport-worker.js";

/// Its text.
pub(crate) fn script() -> Result<String, RenderError> {
    let mut pages = Vec::new();
    for language in LANGUAGES {
        let path = format!("/passport?lang={}", language.tag());
        pages.push((path, passport_page(language)?));
    }
    let paths: Vec<String> = [Asset::Style, Asset::Mark]
        .into_iter()
        .map(|asset| assets::path(asset).to_owned())
        .chain(SCRIPTS.into_iter().map(scripts::path))
        .collect();
    let version = content_hash(
        &pages
            .iter()
            .map(|(_, html)| html)
            .chain(&paths)
            .map(String::as_bytes)
            .collect::<Vec<_>>(),
    );
    let mut text = format!("const KEPT = {{\n  version: \"{version}\",\n");
    let _ = writeln!(text, "  pages: [{}],", quoted(pages.iter().map(|it| &it.0)));
    let _ = writeln!(text, "  paths: [{}],\n}};\n", quoted(paths.iter()));
    text.push_str(scripts::WORKER);
    Ok(text)
}

/// Paths of ours have nothing in them that a script's text would read otherwise.
fn quoted<'a>(paths: impl Iterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = paths.map(|path| format!("\"{path}\"")).collect();
    quoted.join(", ")
}

/// The answer with it. A browser asks anew each time the page is opened.
pub(crate) fn answer() -> Result<Response, RenderError> {
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static(scripts::CONTENT_TYPE),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    let protections = protections(Policy::WithOurScripts);
    Ok((protections, headers, script()?).into_response())
}
