//! One connection, from its opening to its end.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{Sleep, sleep, timeout};

use crate::gate::Gate;
use crate::progress::{Expiry, Progress};
use crate::{Limits, Peer, service};

/// The most bytes that hyper holds in either direction: a whole head fits, as it must.
const BUFFER_BYTES_MIN: usize = 64 * 1_024;

/// The most bytes that are thrown away after the last answer.
const LINGER_BYTES_MAX: u64 = 256 * 1_024;

/// Serves a connection until it ends. `stop` turns true when the node stops.
pub(crate) async fn run<S>(
    stream: S,
    peer: Peer,
    router: Router,
    limits: Arc<Limits>,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let linger_time = limits.linger_time;
    let progress = Progress::new(Arc::clone(&limits), peer.is_local());
    let seen = progress.clone();
    let service = service_fn(move |request| {
        Box::pin(service::answer(request, peer, router.clone(), seen.clone()))
    });
    let mut http = http1::Builder::new();
    // Time-outs are `progress`'s. A peer that has closed its sending side is answered.
    http.header_read_timeout(None)
        .half_close(true)
        .max_headers(limits.headers_max)
        .max_buf_size(BUFFER_BYTES_MIN.max(limits.head_bytes_max * 2));
    let gate = Gate::new(stream, progress.clone());
    let mut connection = http.serve_connection(TokioIo::new(gate), service);
    let mut timer = pin!(sleep(linger_time));
    let mut is_stopping = false;
    let is_ended = loop {
        let driven = poll_fn(|cx| {
            poll_step(cx, &progress, timer.as_mut(), |cx| {
                connection.poll_without_shutdown(cx)
            })
        });
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop), if !is_stopping => {
                is_stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            is_ended = driven => break is_ended,
        }
    };
    if is_ended {
        let stream = connection.into_parts().io.into_inner().into_stream();
        // Whether the peer listens any more is its own affair.
        let _ = timeout(linger_time, linger(stream)).await;
    }
}

/// Drives hyper, then looks at the clock. Ready with whether the connection ended by
/// itself (and not because its time was up).
fn poll_step(
    cx: &mut Context<'_>,
    progress: &Progress,
    mut timer: Pin<&mut Sleep>,
    mut poll_connection: impl FnMut(&mut Context<'_>) -> Poll<hyper::Result<()>>,
) -> Poll<bool> {
    loop {
        match poll_connection(cx) {
            Poll::Ready(Ok(())) => return Poll::Ready(true),
            Poll::Ready(Err(error)) => {
                tracing::debug!(%error, "a connection broke");
                return Poll::Ready(true);
            }
            Poll::Pending => {}
        }
        let (at, expiry) = progress.deadline();
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        match expiry {
            Expiry::RefuseHead => progress.head_expired(),
            Expiry::Close => return Poll::Ready(true),
            Expiry::Drop => {
                tracing::debug!("a connection took too long");
                return Poll::Ready(false);
            }
        }
    }
}

/// Closes our side first and waits for the peer to close its own. A socket that is
/// closed with bytes unread is reset, and the peer may lose the answer.
pub(crate) async fn linger<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut rest = stream.take(LINGER_BYTES_MAX);
    let mut thrown_away = [0; 4 * 1_024];
    while rest.read(&mut thrown_away).await? > 0 {}
    Ok(())
}
