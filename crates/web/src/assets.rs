//! Style and pictures, in the binary, each at a path that names its content.
//!
//! **Invariant:** a path never changes what it answers, so it may be kept for ever.
//!
//! Specified in `specs/pages.md`.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use wire::Sha256Hash;

use crate::page::{Policy, protections};

/// Where assets are.
pub(crate) const FOLDER: &str = "/assets/";

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asset {
    /// The style sheet.
    Style,
    /// The mark, also the tab's icon.
    Mark,
    /// The view above every page, by day.
    Day,
    /// The same by night.
    Night,
}

/// Every asset.
pub(crate) const ASSETS: [Asset; 4] = [Asset::Style, Asset::Mark, Asset::Day, Asset::Night];

impl Asset {
    /// Name, ending and content.
    const fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Style => ("escale", "css", include_str!("../assets/escale.css")),
            Self::Mark => ("mark", "svg", include_str!("../assets/mark.svg")),
            Self::Day => ("day", "svg", include_str!("../assets/day.svg")),
            Self::Night => ("night", "svg", include_str!("../assets/night.svg")),
        }
    }

    /// What it is made of.
    pub(crate) const fn content(self) -> &'static str {
        self.parts().2
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Mark | Self::Day | Self::Night => "image/svg+xml",
        }
    }
}

/// An asset that is served: its path and the hash in it.
struct Served {
    asset: Asset,
    path: String,
    hash: String,
}

static SERVED: LazyLock<Vec<Served>> = LazyLock::new(|| ASSETS.into_iter().map(served).collect());

fn served(asset: Asset) -> Served {
    let (name, ending, content) = asset.parts();
    let hash = content_hash(&[content.as_bytes()]);
    Served {
        asset,
        path: format!("{FOLDER}{name}-{hash}.{ending}"),
        hash,
    }
}

/// The first sixteen hexadecimal digits of a content's SHA-256.
pub(crate) fn content_hash(parts: &[&[u8]]) -> String {
    let mut hash = String::new();
    for byte in Sha256Hash::of(parts).0.iter().take(8) {
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

/// The path at which an asset is served.
pub(crate) fn path(asset: Asset) -> &'static str {
    let found = SERVED.iter().find(|served| served.asset == asset);
    found.map_or("", |served| &served.path)
}

/// The answer to a request for `path`; `None` where there is no such asset.
pub(crate) fn answer(path: &str, asked: &HeaderMap) -> Option<Response> {
    let served = SERVED.iter().find(|served| served.path == path)?;
    let Served { asset, hash, .. } = served;
    let content_type = asset.content_type();
    Some(kept_for_ever(asked, content_type, hash, asset.content()))
}

/// The answer with what stands at a path that names its hash.
pub(crate) fn kept_for_ever(
    asked: &HeaderMap,
    content_type: &'static str,
    hash: &str,
    content: &'static str,
) -> Response {
    let etag = HeaderValue::try_from(format!("\"{hash}\""));
    let etag = etag.unwrap_or(HeaderValue::from_static("\"\""));
    let is_held = is_held(asked, &etag);
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (
            CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
        (ETAG, etag),
    ];
    let protections = protections(Policy::WithoutScript);
    if is_held {
        (StatusCode::NOT_MODIFIED, protections, headers).into_response()
    } else {
        (protections, headers, content).into_response()
    }
}

/// Whether the asker holds this content (RFC 9110 §13.1.2: compared weakly).
fn is_held(asked: &HeaderMap, etag: &HeaderValue) -> bool {
    let lines = asked.get_all(IF_NONE_MATCH).into_iter();
    let tags = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim);
    let same = |tag: &str| tag == "*" || tag.trim_start_matches("W/").as_bytes() == etag.as_bytes();
    tags.into_iter().any(same)
}
