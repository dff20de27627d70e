//! The JSON and federation routes, and what a refusal looks like.
//!
//! **Invariant:** all routes stand in one table, [`ROUTES`], which says who may
//! ask; the router and the description in `specs/openapi.json` are built from it, and
//! the coverage test walks it.
//!
//! **Invariant:** every answer that is not a success is an
//! `application/problem+json` (RFC 9457) with a stable `code`, or at the endpoints of OpenID
//! Federation the error object of that standard; the codes are listed in
//! `specs/problems.md`.
//!
//! Specified in `specs/http.md`.

#![forbid(unsafe_code)]

mod access;
mod asker;
mod calendar;
mod describe;
mod events;
mod federation;
mod health;
mod holder;
mod home;
mod label;
mod members;
mod path;
mod people;
mod problem;
mod refuses;
mod registrations;
mod requests;
mod route;
mod routes;
mod schemas;
mod standard;
mod visits;

use std::collections::BTreeMap;

use app::App;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{MethodRouter, any};

pub use describe::description;
pub use problem::{CODES, Problem};
pub use route::{Route, Who};
pub use routes::ROUTES;
pub use standard::STANDARD_CODES;

/// The router of all routes, and refusals for what is beside them.
pub fn router(app: App) -> Router {
    let mut paths: BTreeMap<&str, MethodRouter<App>> = BTreeMap::new();
    for route in ROUTES {
        let methods = paths.remove(route.path).unwrap_or_default();
        let handler = if route.is_private() {
            route.answered_by().layer(map_response(never_kept))
        } else {
            route.answered_by()
        };
        paths.insert(route.path, methods.merge(handler));
    }
    let mut router = Router::new();
    for (path, methods) in paths {
        router = router.route(path, methods.fallback(problem::wrong_method));
    }
    router
        .route("/api/{*rest}", any(problem::no_such_route))
        .route("/federation/{*rest}", any(problem::no_such_route))
        .layer(map_response(asked_again))
        .with_state(app)
}

/// What is for one alone stays in no cache.
async fn never_kept(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, no_store);
    response
}

/// What a node says is true now: whoever keeps a copy asks again before using it.
async fn asked_again(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let no_cache = HeaderValue::from_static("no-cache");
    headers.entry(header::CACHE_CONTROL).or_insert(no_cache);
    response
}

#[cfg(test)]
mod tests;
