//! From a request that hyper read to the router's answer.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use axum::Router;
use axum::body::Body;
use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use tower::Service as _;

use crate::body::{RequestBody, ResponseBody};
use crate::head::Framing;
use crate::progress::Progress;
use crate::{Peer, Refusal};

/// Answers one request.
pub(crate) async fn answer(
    request: Request<Incoming>,
    peer: Peer,
    router: Router,
    progress: Progress,
) -> Result<Response<ResponseBody>, Infallible> {
    let (mut response, is_last) = match progress.next_verdict() {
        Some(Ok(framing)) => {
            let response = routed(request, peer, router, &progress).await;
            // What comes after a chunked body is not followed by the gate.
            (response, framing == Framing::Chunked || progress.is_old())
        }
        // The stand-in that hyper read asks for the end of the connection.
        Some(Err(refusal)) => {
            let (code, status) = (refusal.code(), refusal.status().as_u16());
            tracing::info!(
                code,
                status,
                "a request was refused before its route: {code}"
            );
            (refusal.response(), false)
        }
        None => (Refusal::Internal.response(), true),
    };
    if is_last {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| ResponseBody::new(body, progress)))
}

async fn routed(
    request: Request<Incoming>,
    peer: Peer,
    mut router: Router,
    progress: &Progress,
) -> Response<Body> {
    let mut request = request.map(|body| RequestBody::new(body, progress.clone()));
    request.extensions_mut().insert(peer);
    let answer = caught(async move { router.call(request).await });
    match answer.await {
        Some(Ok(response)) => response,
        Some(Err(never)) => match never {},
        None => {
            tracing::error!("a handler panicked");
            Refusal::Internal.response()
        }
    }
}

/// What the future comes to; `None` where it panics, which the panic hook reports.
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Some),
            Err(_) => std::task::Poll::Ready(None),
        },
    )
    .await
}
