//! How many connections there are, and how they end.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{UnixListener, UnixStream};

use super::*;

#[tokio::test]
async fn an_open_connection_is_served_while_others_are_turned_away() {
    let server = Server::start(Limits {
        connections_max: 1,
        ..Limits::default()
    })
    .await;
    let mut first = server.connect().await;
    first.hello().await;
    let said = server.answers(LAST_GET).await;
    assert!(said.starts_with("HTTP/1.1 503 "), "{said}");
    assert!(
        said.contains("retry-after: 5\r\n") && said.contains(r#""code":"busy""#),
        "{said}"
    );
    let mut flood = Vec::new();
    for _ in 0..200 {
        flood.push(server.connect().await);
    }
    first.hello().await;
    for raw in &mut flood {
        let said = raw.rest().await;
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 503 "),
            "{said}"
        );
    }
    first.hello().await;
}

#[tokio::test]
async fn a_place_is_free_again_when_its_connection_ends() {
    let server = Server::start(Limits {
        connections_max: 1,
        ..Limits::default()
    })
    .await;
    for _ in 0..5 {
        let mut answer = server.answers(LAST_GET).await;
        // The place is given back a moment after the peer sees the end.
        for _ in 0..100 {
            if answer.ends_with("hello") {
                break;
            }
            sleep(ms(10)).await;
            answer = server.answers(LAST_GET).await;
        }
        assert!(answer.ends_with("hello"), "{answer}");
    }
}

/// Fails as often as it is told, then is a real listener.
struct Failing {
    failures: VecDeque<io::Error>,
    calls: Arc<AtomicUsize>,
    inner: TcpListener,
}

impl Listen for Failing {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Peer)> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match self.failures.pop_front() {
            Some(error) => Err(error),
            None => Listen::accept(&mut self.inner).await,
        }
    }
}

/// Out of descriptors.
const EMFILE: i32 = 24;

/// The peer was gone.
const ECONNABORTED: i32 = 103;

async fn failing(errno: i32, failures: usize) -> (Server, Arc<AtomicUsize>) {
    let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = inner.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let failures = (0..failures)
        .map(|_| io::Error::from_raw_os_error(errno))
        .collect();
    let listener = Failing {
        failures,
        calls: Arc::clone(&calls),
        inner,
    };
    (Server::with(listener, address, Limits::default()), calls)
}

#[tokio::test]
async fn a_failing_accept_does_not_end_the_loop() {
    let (server, _) = failing(EMFILE, 2).await;
    assert!(server.answers(LAST_GET).await.ends_with("hello"));
}

#[tokio::test]
async fn a_failing_accept_does_not_spin_and_the_loop_still_stops() {
    let (mut server, calls) = failing(EMFILE, 1_000_000).await;
    sleep(ms(350)).await;
    assert!(calls.load(Ordering::Relaxed) <= 5, "{calls:?}");
    server.stop();
    assert_eq!(server.ended().await, Ended { dropped: 0 });
}

#[tokio::test]
async fn peers_that_go_at_once_do_not_make_others_wait() {
    let (server, _) = failing(ECONNABORTED, 1_000).await;
    assert!(server.answers(LAST_GET).await.ends_with("hello"));
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_connection_goes_on() {
    let server = Server::start(Limits::default()).await;
    let answers = server
        .answers(format!(
            "GET /panic HTTP/1.1\r\nHost: a.example\r\n\r\n{LAST_GET}"
        ))
        .await;
    assert_eq!(statuses(&answers), ["500", "200"], "{answers}");
    assert!(answers.contains("application/problem+json") && answers.contains("internal"));
    assert!(!answers.contains("on purpose"), "{answers}");
}

#[tokio::test]
async fn handlers_know_who_asks() {
    let server = Server::start(Limits::default()).await;
    let ask = "GET /peer HTTP/1.0\r\nHost: a.example\r\n\r\n";
    let said = server.answers(ask).await;
    assert!(said.contains("Tcp(127.0.0.1:"), "{said}");
    let listener = TcpListener::bind("[::]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server::with(
        listener,
        SocketAddr::from(([127, 0, 0, 1], port)),
        Limits::default(),
    );
    let said = server.answers(ask).await;
    assert!(
        said.contains("Tcp(127.0.0.1:"),
        "an IPv4 peer of an IPv6 socket: {said}"
    );
}

#[tokio::test]
async fn a_unix_socket_is_served_too() {
    let folder = std::env::temp_dir().join(format!("escale-serve-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let _server = Server::with(
        listener,
        SocketAddr::from(([127, 0, 0, 1], 0)),
        Limits::default(),
    );
    let mut stream = UnixStream::connect(&path).await.unwrap();
    stream
        .write_all(b"GET /peer HTTP/1.0\r\nHost: a.example\r\n\r\n")
        .await
        .unwrap();
    let mut said = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut said))
        .await
        .unwrap()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(said.ends_with("Unix"), "{said}");
}

#[tokio::test]
async fn a_stop_lets_requests_finish_and_closes_the_others() {
    let mut server = Server::start(Limits::default()).await;
    let mut idle = server.connect().await;
    idle.hello().await;
    let mut partial = server.connect().await;
    partial.send("GET / HTTP/1.1\r\nHost: a.ex").await;
    let mut slow = server.connect().await;
    slow.send("GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await;
    sleep(ms(100)).await;
    server.stop();
    assert_eq!(idle.rest().await, "");
    assert_eq!(partial.rest().await, "");
    let said = slow.rest().await;
    assert!(
        said.ends_with("slow hello") && said.contains("connection: close"),
        "{said}"
    );
    drop((idle, partial, slow));
    assert_eq!(server.ended().await, Ended { dropped: 0 });
    assert!(
        TcpStream::connect(server.address).await.is_err(),
        "still listening"
    );
}

#[tokio::test]
async fn a_stop_drops_what_does_not_finish() {
    let mut server = Server::start(Limits {
        stop_time: ms(200),
        ..Limits::default()
    })
    .await;
    let mut stuck = server.connect().await;
    stuck
        .send("GET /never HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await;
    sleep(ms(50)).await;
    server.stop();
    assert_eq!(server.ended().await, Ended { dropped: 1 });
    assert_eq!(stuck.rest().await, "");
}
