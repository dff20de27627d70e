//! How long a peer may take.

use std::io::{self, ErrorKind::WouldBlock};
use std::time::Instant;

use super::*;

const POST_OF_8: &str = "POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 8\r\n\r\n";

/// Asserts that the server closes no earlier than `at_least`, and gives what it said.
async fn closed_after(at_least: Duration, raw: &mut Raw) -> String {
    let begun = Instant::now();
    let said = raw.rest().await;
    let took = begun.elapsed();
    assert!(
        took >= at_least.mul_f32(0.8),
        "closed after {took:?}, not {at_least:?}"
    );
    assert!(
        took < at_least + ms(3_000),
        "closed after {took:?}, not {at_least:?}"
    );
    said
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = Server::start(Limits {
        head_time: ms(200),
        ..Limits::default()
    })
    .await;
    assert_eq!(closed_after(ms(200), &mut server.connect().await).await, "");
}

#[tokio::test]
async fn a_half_sent_head_is_refused_in_time() {
    let server = Server::start(Limits {
        head_time: ms(400),
        ..Limits::default()
    })
    .await;
    for begun in [
        "G",
        "GET / HTTP/1.1\r\nHost: a.example\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r",
    ] {
        let mut raw = server.connect().await;
        raw.send(begun).await;
        let said = closed_after(ms(400), &mut raw).await;
        assert!(
            said.starts_with("HTTP/1.1 408 ") && said.contains("head_too_slow"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_head_that_drips_is_refused_all_the_same() {
    let server = Server::start(Limits {
        head_time: ms(300),
        ..Limits::default()
    })
    .await;
    let mut raw = server.connect().await;
    let begun = Instant::now();
    for byte in GET.as_bytes().iter().take(30) {
        raw.send([*byte]).await;
        sleep(ms(20)).await;
    }
    let said = raw.rest().await;
    assert!(said.contains(" 408 "), "{said:?}");
    assert!(begun.elapsed() < ms(1_500));
}

#[tokio::test]
async fn the_second_head_has_its_own_time() {
    let server = Server::start(Limits {
        head_time: ms(400),
        ..Limits::default()
    })
    .await;
    let mut raw = server.connect().await;
    raw.hello().await;
    sleep(ms(500)).await;
    raw.hello().await;
    raw.send("GET / HT").await;
    assert!(closed_after(ms(400), &mut raw).await.contains(" 408 "));
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let limits = Limits {
        local_idle_time: ms(200),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut raw = server.connect().await;
    raw.hello().await;
    assert_eq!(closed_after(ms(200), &mut raw).await, "");
}

#[tokio::test]
async fn a_handler_may_take_longer_than_a_peer() {
    let limits = Limits {
        head_time: ms(300),
        local_idle_time: ms(300),
        body_idle_time: ms(300),
        body_time: ms(300),
        write_time: ms(300),
        write_stall_time: ms(300),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut raw = server.connect().await;
    raw.send("GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await;
    assert!(raw.rest().await.ends_with("slow hello"));
}

#[tokio::test]
async fn a_half_sent_body_is_dropped_in_time() {
    let server = Server::start(Limits {
        body_idle_time: ms(200),
        ..Limits::default()
    })
    .await;
    let chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab";
    for begun in [
        POST_OF_8.to_owned(),
        format!("{POST_OF_8}1234567"),
        chunked.to_owned(),
    ] {
        let mut raw = server.connect().await;
        raw.send(&begun).await;
        assert!(
            !closed_after(ms(200), &mut raw).await.contains(" 200 "),
            "{begun}"
        );
    }
}

#[tokio::test]
async fn a_body_that_drips_is_dropped_all_the_same() {
    let limits = Limits {
        body_idle_time: ms(5_000),
        body_time: ms(400),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut raw = server.connect().await;
    raw.send(POST_OF_8.replace('8', "999")).await;
    let begun = Instant::now();
    // Nothing to be read means that the server is still there.
    while matches!(raw.0.try_read(&mut [0]), Err(error) if error.kind() == WouldBlock) {
        assert!(begun.elapsed() < ms(3_000), "still there");
        raw.send("x").await;
        sleep(ms(50)).await;
    }
    assert!(begun.elapsed() > ms(350), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_body_that_is_slow_but_in_time_is_read() {
    let server = Server::start(Limits {
        body_idle_time: ms(1_000),
        ..Limits::default()
    })
    .await;
    let mut raw = server.connect().await;
    raw.send(POST_OF_8.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))
        .await;
    for _ in 0..8 {
        sleep(ms(150)).await;
        raw.send("x").await;
    }
    assert!(raw.rest().await.ends_with("xxxxxxxx"));
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_dropped() {
    let server = Server::start(Limits {
        write_stall_time: ms(200),
        ..Limits::default()
    })
    .await;
    let mut raw = server.connect().await;
    raw.send("GET /big HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
        .await;
    sleep(ms(600)).await;
    assert!(
        raw.rest().await.len() < BIG_BYTES,
        "the whole body was kept for it"
    );
}

#[tokio::test]
async fn a_peer_that_reads_slowly_is_dropped_all_the_same() {
    let limits = Limits {
        write_stall_time: ms(5_000),
        write_time: ms(600),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut raw = server.connect().await;
    raw.send("GET /big HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await;
    let mut space = vec![0; 64 * 1_024];
    let begun = Instant::now();
    let mut read = 0;
    while begun.elapsed() < ms(1_000) {
        read += raw.0.read(&mut space).await.unwrap_or(0);
        sleep(ms(20)).await;
    }
    assert!(
        read + raw.rest().await.len() < BIG_BYTES,
        "read slowly, and all of it"
    );
}

#[tokio::test]
async fn a_peer_that_reads_gets_everything() {
    let server = Server::start(Limits::default()).await;
    let answer = server
        .answers("GET /big HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
        .await;
    assert!(answer.len() > BIG_BYTES);
}

#[tokio::test]
async fn an_old_connection_gets_one_last_answer() {
    let server = Server::start(Limits {
        life_time: ms(500),
        ..Limits::default()
    })
    .await;
    let mut raw = server.connect().await;
    raw.hello().await;
    sleep(ms(550)).await;
    raw.send(format!("{GET}{GET}")).await;
    let said = raw.rest().await;
    assert_eq!(statuses(&said), ["200"], "{said}");
    assert!(said.contains("connection: close"), "{said}");
}

#[tokio::test]
async fn a_handler_that_never_ends_is_dropped_at_the_end_of_life() {
    let limits = Limits {
        life_time: ms(100),
        write_time: ms(100),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut raw = server.connect().await;
    raw.send("GET /never HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await;
    assert_eq!(closed_after(ms(200), &mut raw).await, "");
}

#[tokio::test]
async fn a_peer_that_has_said_everything_is_answered() {
    let server = Server::start(Limits::default()).await;
    let mut raw = server.connect().await;
    raw.send("GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await;
    raw.0.shutdown().await.unwrap();
    assert!(raw.rest().await.ends_with("slow hello"));
}

#[tokio::test]
async fn a_peer_that_asks_first_is_told_to_go_on() {
    let server = Server::start(Limits::default()).await;
    let mut raw = server.connect().await;
    let expecting = "\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
    raw.send(POST_OF_8.replace("\r\n\r\n", expecting)).await;
    let mut space = [0; 25];
    timeout(PATIENCE, raw.0.read_exact(&mut space))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&space, b"HTTP/1.1 100 Continue\r\n\r\n");
    raw.send("12345678").await;
    assert!(raw.rest().await.ends_with("12345678"));
}

#[tokio::test]
async fn waiting_before_the_first_byte_gives_no_more_time() {
    let server = Server::start(Limits {
        head_time: ms(1_000),
        ..Limits::default()
    })
    .await;
    let mut raw = server.connect().await;
    sleep(ms(700)).await;
    let begun = Instant::now();
    raw.send("GET / HT").await;
    assert!(raw.rest().await.contains(" 408 "));
    assert!(begun.elapsed() < ms(900), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_last_answer_is_not_lost_to_a_reset() {
    let server = Server::start(Limits {
        connections_max: 1,
        ..Limits::default()
    })
    .await;
    let body = "x".repeat(64 * 1_024);
    let refused = format!("POST / HTTP/1.1\r\nContent-Length: 65536\r\n\r\n{body}");
    // Without giving way to the server: all is there before it accepts.
    let mut asking = ["400", "503"].map(|status| {
        let mut stream = std::net::TcpStream::connect(server.address).unwrap();
        io::Write::write_all(&mut stream, refused.as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        (TcpStream::from_std(stream).unwrap(), status)
    });
    sleep(ms(100)).await;
    for (stream, status) in &mut asking {
        let mut said = String::new();
        let closed = timeout(PATIENCE, stream.read_to_string(&mut said))
            .await
            .unwrap();
        assert!(closed.is_ok(), "{status}: {closed:?}");
        assert_eq!(statuses(&said), [*status]);
    }
}
