//! The JSON and federation routes, and what a refusal looks like.
//!
//! **Invariant:** all routes stand in one table, [`ROUTES`], which says who may
//! ask; the router is built from it, and the coverage test walks it.
//!
//! **Invariant:** every answer that is not a success is an
//! `application/problem+json` (RFC 9457) with a stable `code`, listed in
//! `specs/problems.md`.
//!
//! Specified in `specs/http.md`.

#![forbid(unsafe_code)]

mod federation;
mod home;
mod people;
mod problem;

use app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{MethodRouter, any, get, post};

pub use problem::{CODES, Problem};

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody: what is given is public, or proves itself.
    Anybody,
    /// A device of this space's desk, by its token.
    Desk,
}

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, in the router's notation.
    pub path: &'static str,
    /// Who may ask.
    pub who: Who,
    handler: fn() -> MethodRouter<App>,
}

/// Every route of this crate.
pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/.well-known/openid-federation",
        who: Who::Anybody,
        handler: || get(federation::configuration),
    },
    Route {
        method: "GET",
        path: "/federation/fetch",
        who: Who::Anybody,
        handler: || get(federation::fetch),
    },
    Route {
        method: "GET",
        path: "/federation/list",
        who: Who::Anybody,
        handler: || get(federation::list),
    },
    Route {
        method: "GET",
        path: "/federation/v1/anchor",
        who: Who::Anybody,
        handler: || get(federation::anchor),
    },
    Route {
        method: "GET",
        path: "/federation/v1/feed",
        who: Who::Anybody,
        handler: || get(federation::feed),
    },
    Route {
        method: "POST",
        path: "/federation/v1/join",
        who: Who::Anybody,
        handler: || {
            post(federation::join).layer(DefaultBodyLimit::max(wire::request::JOIN_BYTES_MAX))
        },
    },
    Route {
        method: "GET",
        path: "/api/v1/home",
        who: Who::Anybody,
        handler: || get(home::home),
    },
    Route {
        method: "POST",
        path: "/api/v1/enrol",
        who: Who::Anybody,
        handler: || post(people::enrol).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "POST",
        path: "/api/v1/desk/judge",
        who: Who::Desk,
        handler: || post(people::judge).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "GET",
        path: "/healthz",
        who: Who::Anybody,
        handler: || get(home::health),
    },
];

/// The router of all routes, and refusals for what is beside them.
pub fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let handler = (route.handler)().fallback(problem::wrong_method);
        router = router.route(route.path, handler);
    }
    router
        .route("/api/{*rest}", any(problem::no_such_route))
        .route("/federation/{*rest}", any(problem::no_such_route))
        .layer(map_response(asked_again))
        .with_state(app)
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
