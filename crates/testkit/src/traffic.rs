//! Requests as they arrive at a router.

use axum::body::Body;
use axum::http::{Request, header};

/// A GET of `path`, which has its query with it.
pub fn get(path: &str) -> Request<Body> {
    Request::get(path)
        .body(Body::empty())
        .expect("the path of a test is one")
}

/// A POST of `body` to `path`.
pub fn post(path: &str, media_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, media_type)
        .body(body.into())
        .expect("the path of a test is one")
}
