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

mod access;
mod asker;
mod federation;
mod holder;
mod home;
mod members;
mod people;
mod problem;
mod requests;
mod visits;

use std::collections::BTreeMap;

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
    /// A credential of this space: a device of its desk, a steward, an operator.
    Desk,
    /// A credential of a steward or an operator.
    Steward,
    /// A credential of an operator.
    Operator,
    /// A member of this space, by a passport shown to it.
    Member,
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

impl Route {
    /// Whether what is answered is for whoever asks and nobody else: also what a one-time
    /// code gives.
    pub fn is_private(&self) -> bool {
        self.who != Who::Anybody || ["/api/v1/enrol", "/api/v1/sign-in"].contains(&self.path)
    }
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
        method: "POST",
        path: "/federation/v1/request",
        who: Who::Anybody,
        handler: || {
            post(requests::request).layer(DefaultBodyLimit::max(wire::request::REQUEST_BYTES_MAX))
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
        method: "POST",
        path: "/api/v1/desk/receive",
        who: Who::Desk,
        handler: || post(visits::receive).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "GET",
        path: "/api/v1/visits/here",
        who: Who::Desk,
        handler: || get(visits::here),
    },
    Route {
        method: "GET",
        path: "/api/v1/visits",
        who: Who::Steward,
        handler: || get(visits::list),
    },
    Route {
        method: "POST",
        path: "/api/v1/visits/{visit}/leave",
        who: Who::Desk,
        handler: || post(visits::leave).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "POST",
        path: "/api/v1/visits/{visit}/correct",
        who: Who::Steward,
        handler: || post(visits::correct).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "GET",
        path: "/api/v1/outbox",
        who: Who::Operator,
        handler: || get(requests::outbox),
    },
    Route {
        method: "POST",
        path: "/api/v1/outbox/{op}/again",
        who: Who::Operator,
        handler: || post(requests::again).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "GET",
        path: "/api/v1/conflicts",
        who: Who::Operator,
        handler: || get(requests::conflicts),
    },
    Route {
        method: "POST",
        path: "/api/v1/sign-in",
        who: Who::Anybody,
        handler: || post(access::sign_in).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "GET",
        path: "/api/v1/access",
        who: Who::Operator,
        handler: || get(access::list),
    },
    Route {
        method: "POST",
        path: "/api/v1/access",
        who: Who::Operator,
        handler: || post(access::add).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "POST",
        path: "/api/v1/access/{id}/revoke",
        who: Who::Operator,
        handler: || post(access::revoke).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "GET",
        path: "/api/v1/members",
        who: Who::Steward,
        handler: || get(members::list),
    },
    Route {
        method: "POST",
        path: "/api/v1/members",
        who: Who::Operator,
        handler: || post(members::add).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "POST",
        path: "/api/v1/members/{member}/code",
        who: Who::Steward,
        handler: || post(members::code).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "POST",
        path: "/api/v1/members/{member}/state",
        who: Who::Operator,
        handler: || post(members::set_state).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "POST",
        path: "/api/v1/members/{member}/revoke",
        who: Who::Steward,
        handler: || post(members::revoke).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "POST",
        path: "/api/v1/members/{member}/paper",
        who: Who::Steward,
        handler: || post(members::paper).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
    },
    Route {
        method: "GET",
        path: "/api/v1/member",
        who: Who::Member,
        handler: || get(holder::membership),
    },
    Route {
        method: "POST",
        path: "/api/v1/member/renew",
        who: Who::Member,
        handler: || post(holder::renew).layer(DefaultBodyLimit::max(people::BODY_BYTES_MAX)),
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
    let mut paths: BTreeMap<&str, MethodRouter<App>> = BTreeMap::new();
    for route in ROUTES {
        let methods = paths.remove(route.path).unwrap_or_default();
        let handler = if route.is_private() {
            (route.handler)().layer(map_response(never_kept))
        } else {
            (route.handler)()
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
