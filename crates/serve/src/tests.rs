//! A server on loopback, asked over raw sockets.

mod connections;
mod heads;
mod times;

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::routing::{get, post};
use axum::{Extension, Router};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::{Ended, Limits, Listen, Peer, serve};

/// The most that any step of a test takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of `/big`: more than the buffers of two sockets.
const BIG_BYTES: usize = 16 * 1_024 * 1_024;

struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinSet<Ended>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self::with(listener, address, limits)
    }

    fn with<L: Listen + 'static>(listener: L, address: SocketAddr, limits: Limits) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let mut task = JoinSet::new();
        task.spawn(serve(listener, router(), limits, async move {
            stopped.await.ok();
        }));
        Self {
            address,
            stop: Some(stop),
            task,
        }
    }

    async fn connect(&self) -> Raw {
        Raw(TcpStream::connect(self.address).await.unwrap())
    }

    /// Everything that is answered to `bytes` until the server closes.
    async fn answers(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut raw = self.connect().await;
        raw.send(bytes).await;
        raw.rest().await
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    async fn ended(&mut self) -> Ended {
        timeout(PATIENCE, self.task.join_next())
            .await
            .unwrap()
            .unwrap()
            .unwrap()
    }
}

/// A connection on which nothing is sent but what a test sends.
struct Raw(TcpStream);

impl Raw {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The server may have closed already: what it said is still to be read.
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Everything until the server closes.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let closed = timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await;
        let said = String::from_utf8_lossy(&bytes).into_owned();
        assert!(closed.is_ok(), "not closed after {said}");
        said
    }

    /// One answer with `hello` in it.
    async fn hello(&mut self) {
        self.send(GET).await;
        let mut seen = Vec::new();
        while !seen.ends_with(b"hello") {
            let mut space = [0; 1_024];
            let count = timeout(PATIENCE, self.0.read(&mut space))
                .await
                .unwrap()
                .unwrap();
            assert_ne!(
                count,
                0,
                "closed after {:?}",
                String::from_utf8_lossy(&seen)
            );
            seen.extend_from_slice(&space[..count]);
        }
        assert!(seen.starts_with(b"HTTP/1.1 200"));
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: le-mug.example\r\n\r\n";
const LAST_GET: &str = "GET / HTTP/1.1\r\nHost: le-mug.example\r\nConnection: close\r\n\r\n";

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/echo", post(|body: Bytes| async { body }))
        .route("/deaf", post(|| async { "not read" }))
        .route("/big", get(|| async { vec![b'x'; BIG_BYTES] }))
        .route("/panic", get(panics))
        .route("/slow", get(slow))
        .route("/never", get(std::future::pending::<()>))
        .route(
            "/peer",
            get(|Extension(peer): Extension<Peer>| async move { format!("{peer:?}") }),
        )
        .fallback(|uri: http::Uri| async move { format!("path {}", uri.path()) })
}

async fn slow() -> &'static str {
    sleep(Duration::from_millis(600)).await;
    "slow hello"
}

async fn panics() -> &'static str {
    tokio::task::yield_now().await;
    panic!("on purpose");
}

/// How many answers there are, by their status lines.
fn statuses(answers: &str) -> Vec<&str> {
    answers
        .split("HTTP/1.1 ")
        .skip(1)
        .filter_map(|answer| answer.split(' ').next())
        .collect()
}

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}
