//! The scripts, in the binary, in one folder that names what is in all of them.
//!
//! A module names the others relative to itself, so they share one folder: whoever
//! has one of them has all of them as they belong together.
//!
//! **Invariant:** a path never changes what it answers, so it may be kept for ever.
//!
//! Specified in `specs/pages.md`.

use std::sync::LazyLock;

use axum::response::Response;
use http::HeaderMap;

use crate::assets::{FOLDER, content_hash, kept_for_ever};

/// One script: its name and its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    name: &'static str,
    pub(crate) text: &'static str,
}

/// The media type of a script (RFC 9239).
pub(crate) const CONTENT_TYPE: &str = "text/javascript; charset=utf-8";

macro_rules! script {
    ($name:literal) => {
        Script {
            name: $name,
            text: include_str!(concat!("../assets/scripts/", $name)),
        }
    };
}

/// The script that the passport's page starts with.
pub(crate) const PASSPORT: Script = script!("passport.js");

/// The script that the page of an event starts with.
pub(crate) const SEAT: Script = script!("seat.js");

/// Every script that a page loads.
pub(crate) const SCRIPTS: [Script; 12] = [
    PASSPORT,
    SEAT,
    script!("code.js"),
    script!("correction.js"),
    script!("home.js"),
    script!("keeping.js"),
    script!("page.js"),
    script!("qr.js"),
    script!("registered.js"),
    script!("roaming.js"),
    script!("showing.js"),
    script!("wallet.js"),
];

/// The text of the service worker, which is served at an address of its own.
pub(crate) const WORKER: &str = include_str!("../assets/scripts/worker.js");

static HASH: LazyLock<String> = LazyLock::new(|| {
    let parts: Vec<&[u8]> = SCRIPTS
        .iter()
        .flat_map(|script| [script.name, "\n", script.text, "\0"])
        .map(str::as_bytes)
        .collect();
    content_hash(&parts)
});

/// The path at which a script is served.
pub(crate) fn path(script: Script) -> String {
    format!("{FOLDER}scripts-{}/{}", *HASH, script.name)
}

/// The answer to a request for `path`; `None` where there is no such script.
pub(crate) fn answer(asked_path: &str, asked: &HeaderMap) -> Option<Response> {
    let found = SCRIPTS.into_iter().find(|it| path(*it) == asked_path)?;
    Some(kept_for_ever(asked, CONTENT_TYPE, &HASH, found.text))
}
