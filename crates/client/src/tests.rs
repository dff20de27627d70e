//! Peers on loopback that do what they should not.

mod answers;
mod reach;
mod times;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;
use wire::EntityId;

use crate::{Fetch as _, FetchError, HttpFetch, Request, Rules, Times};

/// One thing that a peer does after it has read a request.
#[derive(Clone, Debug)]
enum Act {
    Send(Vec<u8>),
    /// Sends this piece until nobody listens any more, with this pause between two.
    Repeat(Vec<u8>, Duration),
    Pause(Duration),
    /// Closes without having read everything, which resets the connection.
    Reset,
    /// Reads the next request on the same connection.
    NextRequest,
}

/// A peer that follows a script on every connection, and remembers what it was asked.
struct Peer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    open_most: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Peer {
    async fn start(script: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let open_most = Arc::new(AtomicUsize::new(0));
        let (seen, count, most) = (
            Arc::clone(&asked),
            Arc::clone(&connections),
            Arc::clone(&open_most),
        );
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let (script, seen) = (script.clone(), Arc::clone(&seen));
                open.spawn(async move { follow(stream, script, &seen).await });
                while open.try_join_next().is_some() {}
                most.fetch_max(open.len(), Ordering::SeqCst);
            }
        });
        Self {
            address,
            asked,
            connections,
            open_most,
            _task: task,
        }
    }

    /// Sends these bytes and closes.
    async fn saying(answer: impl AsRef<[u8]>) -> Self {
        Self::start(vec![Act::Send(answer.as_ref().to_vec())]).await
    }

    fn entity(&self) -> EntityId {
        EntityId::parse(&format!("http://{}", self.address)).unwrap()
    }

    /// What `HttpFetch` makes of this peer, for a JSON answer of at most 100 bytes.
    async fn fetched(&self) -> Result<Vec<u8>, FetchError> {
        fetch_of(Duration::from_millis(2_500))
            .fetch(question(self.entity()))
            .await
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Reads a request, then does as the script says; returns when nobody listens.
async fn follow<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    script: Vec<Act>,
    seen: &Mutex<Vec<String>>,
) {
    read_request(&mut stream, seen).await;
    for act in script {
        let is_heard = match act {
            Act::Send(bytes) => stream.write_all(&bytes).await.is_ok(),
            Act::Repeat(bytes, pause) => {
                while stream.write_all(&bytes).await.is_ok() {
                    sleep(pause).await;
                }
                false
            }
            Act::Pause(pause) => {
                sleep(pause).await;
                true
            }
            Act::Reset => false,
            Act::NextRequest => read_request(&mut stream, seen).await,
        };
        if !is_heard {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

/// Reads a head, and the body that its length announces. `false` at the end.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, seen: &Mutex<Vec<String>>) -> bool {
    let mut bytes = Vec::new();
    loop {
        let mut space = [0; 4_096];
        match stream.read(&mut space).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&space[..count]),
            Ok(_) | Err(_) => return false,
        }
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            seen.lock().unwrap().push(text);
            return true;
        }
    }
}

/// The way out, for loopback, with this time for everything and a fifth of it to connect.
fn fetch_of(total: Duration) -> HttpFetch {
    let times = Times {
        connect: total / 5,
        total,
    };
    HttpFetch::new(Rules {
        allow_loopback: true,
        times,
        ..Rules::default()
    })
    .unwrap()
}

fn question(entity: EntityId) -> Request {
    Request {
        entity,
        path: "/feed?after=3".to_owned(),
        body: None,
        authorization: None,
        media_type: "application/json",
        body_bytes_max: 100,
    }
}

/// An answer of 200 with this body.
fn ok(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}
