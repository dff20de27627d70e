//! The accept loop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use crate::slots::Slots;
use crate::{Limits, Peer, Refusal, connection};

/// The pause after a failed accept: out of descriptors, a loop without it would take
/// a whole core from those who could give some back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The most connections that are being told that there is no room; beyond these
/// they are closed without a word.
const TURNED_AWAY_MAX: usize = 32;

/// A source of connections.
pub trait Listen: Send {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection and who is at its other end. Dropping the future loses none.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

impl Listen for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Peer)> {
        let (stream, address) = Self::accept(self).await?;
        // An answer is written in one go; waiting for more to send only delays it.
        // Where that fails the connection is broken, which its reader finds out.
        let _ = stream.set_nodelay(true);
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        Ok((stream, Peer::Tcp(address)))
    }
}

impl Listen for UnixListener {
    type Stream = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = Self::accept(self).await?;
        Ok((stream, Peer::Unix))
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Connections that were dropped because they took longer than
    /// [`Limits::stop_time`] to finish.
    pub dropped: usize,
}

/// Answers the connections of `listener` with `router` until `shutdown` comes true;
/// then takes no more, lets the requests under way finish for
/// [`Limits::stop_time`], and drops the rest.
///
/// Every request has a [`Peer`] among its extensions. A failing accept is logged
/// and tried again.
///
/// Dropping the future drops every connection.
pub async fn serve<L: Listen>(
    mut listener: L,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Ended {
    let limits = Arc::new(limits);
    let slots = Slots::default();
    let (stop, stopped) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    let mut connections = JoinSet::new();
    let mut turned_away = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = connections.join_next() => {
                report(ended);
                continue;
            }
            Some(_) = turned_away.join_next() => continue,
            accepted = accept_or_pause(&mut listener) => match accepted {
                Some(accepted) => accepted,
                None => continue,
            },
        };
        if let Some(slot) = slots.take(peer, &limits) {
            let (router, limits, stop) = (router.clone(), Arc::clone(&limits), stopped.clone());
            connections.spawn(async move {
                connection::run(stream, peer, router, limits, stop).await;
                drop(slot);
            });
            continue;
        }
        tracing::debug!("a connection was turned away: there are too many");
        if turned_away.len() < TURNED_AWAY_MAX {
            turned_away.spawn(timeout(limits.linger_time, turn_away(stream)));
        }
    }
    drop(listener);
    stop.send_replace(true);
    let finished = timeout(limits.stop_time, async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    });
    let _ = finished.await;
    let dropped = connections.len();
    connections.shutdown().await;
    turned_away.shutdown().await;
    Ended { dropped }
}

/// The next connection; `None` after a failure, and a pause unless the failure was
/// that of one peer, who must not be able to make others wait.
async fn accept_or_pause<L: Listen>(listener: &mut L) -> Option<(L::Stream, Peer)> {
    match listener.accept().await {
        Ok(accepted) => Some(accepted),
        Err(error) if is_of_one_peer(&error) => None,
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Whether an accept failed because the peer was gone before it.
fn is_of_one_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset};
    [ConnectionAborted, ConnectionReset].contains(&error.kind())
}

/// Tells a peer that there is no room.
async fn turn_away<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<()> {
    stream.write_all(&Refusal::Busy.bytes()).await?;
    connection::linger(stream).await
}

/// A panic outside of a handler (a body that is streamed, say) ends one connection.
fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection panicked");
    }
}
