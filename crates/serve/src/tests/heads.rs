//! Which requests reach the router.

use super::*;

/// Asks with these lines, an empty one and a body.
async fn answer(server: &Server, head: &str, body: &str) -> String {
    server
        .answers(format!("{}\r\n\r\n{body}", head.replace('\n', "\r\n")))
        .await
}

#[tokio::test]
async fn a_plain_request_is_answered() {
    let server = Server::start(Limits::default()).await;
    for (head, body, expected) in [
        (
            "GET / HTTP/1.1\nHost: a.example\nConnection: close",
            "",
            "hello",
        ),
        ("GET / HTTP/1.0\nHost: a.example", "", "hello"),
        ("GET / HTTP/1.0\nhOsT:a.example:7801", "", "hello"),
        (
            "GET / HTTP/1.1\nHost: [::1]:7801\nConnection: close",
            "",
            "hello",
        ),
        (
            "GET http://a.example/ HTTP/1.0\nHost: A.example",
            "",
            "hello",
        ),
        (
            "GET http://a.example HTTP/1.0\nHost: a.example",
            "",
            "hello",
        ),
        ("\nGET / HTTP/1.0\nHost: a.example", "", "hello"),
        (
            "GET /a/?next=//x/../%2e HTTP/1.0\nHost: a.example",
            "",
            "path /a/",
        ),
        (
            "GET /caf%C3%A9;v=1/a..b/.c/%2525 HTTP/1.0\nHost: a.example",
            "",
            "path /caf%C3%A9;",
        ),
        (
            "POST /echo HTTP/1.0\nHost: a.example\nContent-Length: 4",
            "bodyrest",
            "\r\n\r\nbody",
        ),
        (
            "POST /echo HTTP/1.1\nHost: a.example\nTransfer-Encoding: Chunked",
            "4\r\nbody\r\n0\r\n\r\n",
            "\r\n\r\nbody",
        ),
        (
            "POST /deaf HTTP/1.0\nHost: a.example\nContent-Length: 4",
            "body",
            "not read",
        ),
        (
            "PROPFIND /calendar HTTP/1.0\nHost: a.example\nDepth: 1",
            "",
            "path /calendar",
        ),
    ] {
        let answer = answer(&server, head, body).await;
        assert!(answer.contains(" 200 OK"), "{head}: {answer}");
        assert!(answer.contains(expected), "{head}: {answer}");
    }
}

#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_refused() {
    let server = Server::start(Limits::default()).await;
    let host = "Host: a.example";
    let cases = [
        ("host_missing", "GET / HTTP/1.1".to_owned()),
        ("host_missing", "GET / HTTP/1.0".to_owned()),
        (
            "host_repeated",
            format!("GET / HTTP/1.1\n{host}\nHost: b.example"),
        ),
        ("host_repeated", format!("GET / HTTP/1.1\n{host}\n{host}")),
        (
            "host_repeated",
            format!("GET / HTTP/1.0\n{host}\nAccept: */*\nhost: a.example"),
        ),
        ("host_invalid", "GET / HTTP/1.1\nHost:".to_owned()),
        (
            "host_invalid",
            "GET / HTTP/1.1\nHost: a.example, b.example".to_owned(),
        ),
        (
            "host_invalid",
            "GET / HTTP/1.1\nHost: me@a.example".to_owned(),
        ),
        (
            "host_invalid",
            "GET / HTTP/1.1\nHost: me@a.example:80".to_owned(),
        ),
        (
            "host_invalid",
            "GET / HTTP/1.1\nHost: a.example/path".to_owned(),
        ),
        (
            "host_invalid",
            "GET / HTTP/1.1\nHost: a.example:".to_owned(),
        ),
        (
            "host_invalid",
            "GET / HTTP/1.1\nHost: a.example:0".to_owned(),
        ),
        (
            "host_invalid",
            "GET / HTTP/1.1\nHost: a.example:70000".to_owned(),
        ),
        ("host_invalid", "GET / HTTP/1.1\nHost: :80".to_owned()),
        (
            "host_differs",
            format!("GET http://b.example/ HTTP/1.1\n{host}"),
        ),
        (
            "host_differs",
            format!("GET http://a.example:81/ HTTP/1.1\n{host}"),
        ),
        (
            "host_differs",
            format!("GET http://me@a.example/ HTTP/1.1\n{host}"),
        ),
        (
            "body_ambiguous",
            post(host, "Content-Length: 5\nTransfer-Encoding: chunked"),
        ),
        (
            "body_ambiguous",
            post(host, "Transfer-Encoding: chunked\nContent-Length: 5"),
        ),
        (
            "body_ambiguous",
            post(host, "Content-Length: 5\nContent-Length: 5"),
        ),
        (
            "body_ambiguous",
            post(host, "Content-Length: 5\nContent-Length: 6"),
        ),
        ("body_ambiguous", post(host, "Content-Length: 5, 5")),
        ("body_ambiguous", post(host, "Content-Length: +5")),
        ("body_ambiguous", post(host, "Content-Length: 0x5")),
        ("body_ambiguous", post(host, "Content-Length:")),
        (
            "body_ambiguous",
            post(host, "Transfer-Encoding: gzip, chunked"),
        ),
        ("body_ambiguous", post(host, "Transfer-Encoding: xchunked")),
        (
            "body_ambiguous",
            post(
                host,
                "Transfer-Encoding: chunked\nTransfer-Encoding: chunked",
            ),
        ),
        (
            "body_ambiguous",
            format!("POST /echo HTTP/1.0\n{host}\nTransfer-Encoding: chunked"),
        ),
        ("bad_head", post(host, "Transfer-Encoding : chunked")),
        ("bad_head", post(host, "Content-Length: 5\n folded: yes")),
        ("bad_head", post(host, "X: a\0b")),
        ("bad_head", format!("GET / HTTP/2.0\n{host}")),
        ("bad_head", format!("GET /\n{host}")),
        ("bad_head", format!("GET  / HTTP/1.1\n{host}")),
        ("bad_head", format!("\n\nGET / HTTP/1.1\n{host}")),
        ("bad_head", "PRI * HTTP/2.0".to_owned()),
    ];
    for (code, head) in cases {
        check_refused(&server, &head, 400, code).await;
    }
}

#[tokio::test]
async fn a_path_that_can_be_read_in_two_ways_is_refused() {
    let server = Server::start(Limits::default()).await;
    for target in [
        "//",
        "//evil.example/",
        "/a//b",
        "/a/..",
        "/../a",
        "/a/./b",
        "/a/%2e%2e/b",
        "/a/.%2E/b",
        "/%2e",
        "/a%2fb",
        "/a%5Cb",
        "/a\\b",
        "/a%00b",
        "/a%0d%0ab",
        "/a%7f",
        "/a%",
        "/a%4",
        "/a%zz",
        "/a#b",
        "*",
        "a",
        "ftp://a.example/",
        "http://a.example/../x",
        "a.example:80",
    ] {
        let head = format!("GET {target} HTTP/1.1\nHost: a.example");
        check_refused(&server, &head, 400, "target_ambiguous").await;
    }
}

#[tokio::test]
async fn tunnels_and_echoes_are_refused() {
    let server = Server::start(Limits::default()).await;
    let connect = "CONNECT a.example:443 HTTP/1.1\nHost: a.example:443";
    check_refused(&server, connect, 501, "method_refused").await;
    check_refused(
        &server,
        "TRACE / HTTP/1.1\nHost: a.example",
        501,
        "method_refused",
    )
    .await;
}

#[tokio::test]
async fn a_bare_line_feed_is_refused_at_once() {
    let server = Server::start(Limits::default()).await;
    for bytes in [
        "GET / HTTP/1.1\nHost: a.example\n\n",
        "GET / HTTP/1.1\r\nHost: a.example\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example\r\nX: y\nContent-Length: 3\r\n\r\n",
        "\n",
    ] {
        let answer = server.answers(bytes).await;
        assert!(
            answer.contains(r#""code":"bad_head""#),
            "{bytes:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_head_is_bounded() {
    let server = Server::start(Limits::default()).await;
    let many = "\nX-Forwarded-For: 192.0.2.1".repeat(10_000);
    let head = format!("GET / HTTP/1.1\nHost: a.example{many}");
    check_refused(&server, &head, 431, "head_too_large").await;
    let lines = "\nX: y".repeat(64);
    check_refused(
        &server,
        &format!("GET / HTTP/1.1\nHost: a{lines}"),
        431,
        "head_too_large",
    )
    .await;
    let lines = "\nX: y".repeat(62);
    let fits = format!("GET / HTTP/1.1\nHost: a{lines}\nConnection: close");
    assert!(answer(&server, &fits, "").await.contains(" 200 OK"));
    let long = format!(
        "GET / HTTP/1.1\nHost: a.example\nX: {}",
        "y".repeat(16 * 1_024)
    );
    check_refused(&server, &long, 431, "head_too_large").await;
    let target = "a".repeat(4_096);
    let long = format!("GET /{target} HTTP/1.1\nHost: a.example");
    check_refused(&server, &long, 414, "target_too_long").await;
}

#[tokio::test]
async fn a_head_is_bounded_however_it_comes() {
    let server = Server::start(Limits::default()).await;
    let mut endless = server.connect().await;
    endless
        .send(format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(20_000)))
        .await;
    assert!(
        endless.rest().await.contains("head_too_large"),
        "it has no end"
    );
    let mut pieces = server.connect().await;
    pieces
        .send(format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}",
            "y".repeat(9_000)
        ))
        .await;
    sleep(ms(100)).await;
    pieces.send(format!("{}\r\n\r\n", "y".repeat(8_000))).await;
    assert!(
        pieces.rest().await.contains("head_too_large"),
        "its end comes with too much"
    );
}

#[tokio::test]
async fn a_body_is_bounded_whatever_its_framing() {
    let server = Server::start(Limits {
        body_bytes_max: 8,
        ..Limits::default()
    })
    .await;
    let host = "Host: a.example";
    let fits = post(host, "Content-Length: 8\nConnection: close");
    assert!(
        answer(&server, &fits, "12345678")
            .await
            .ends_with("12345678")
    );
    check_refused(
        &server,
        &post(host, "Content-Length: 9"),
        413,
        "body_too_large",
    )
    .await;
    let huge = "Content-Length: 99999999999999999999999";
    check_refused(&server, &post(host, huge), 413, "body_too_large").await;
    let chunked = post(host, "Transfer-Encoding: chunked");
    let fits = answer(&server, &chunked, "4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n").await;
    assert!(fits.ends_with("12345678"), "{fits}");
    let over = answer(&server, &chunked, "4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n").await;
    assert_eq!(statuses(&over), ["413"], "{over}");
}

#[tokio::test]
async fn requests_in_a_row_are_answered_in_their_order() {
    let server = Server::start(Limits::default()).await;
    let echo = "POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nGET /";
    let all = format!("{GET}{echo}{GET}{echo}{LAST_GET}");
    let answers = server.answers(&all).await;
    assert_eq!(statuses(&answers), ["200"; 5], "{answers}");
    let order: Vec<_> = answers.match_indices("hello").map(|(at, _)| at).collect();
    let echoes: Vec<_> = answers.match_indices("GET /").map(|(at, _)| at).collect();
    assert!(order[0] < echoes[0] && echoes[0] < order[1] && order[1] < echoes[1]);
    let mut raw = server.connect().await;
    for byte in all.as_bytes() {
        raw.send([*byte]).await;
        raw.0.set_nodelay(true).unwrap();
    }
    assert_eq!(
        statuses(&raw.rest().await),
        ["200"; 5],
        "one byte at a time"
    );
}

#[tokio::test]
async fn a_refusal_is_answered_in_its_turn_and_is_the_last() {
    let server = Server::start(Limits::default()).await;
    let slow = "GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n";
    let bad = "GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n";
    let answers = server.answers(format!("{slow}{bad}{GET}{GET}")).await;
    assert_eq!(statuses(&answers), ["200", "400"], "{answers}");
    assert!(answers.contains("slow hello") && answers.contains("host_repeated"));
    assert!(answers.contains("connection: close"));
}

#[tokio::test]
async fn nothing_hides_behind_a_body() {
    let server = Server::start(Limits::default()).await;
    let chunked = "POST /echo HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answers = server
        .answers(format!("{chunked}0\r\n\r\n{GET}{GET}"))
        .await;
    assert_eq!(
        statuses(&answers),
        ["200"],
        "a chunked request is the last: {answers}"
    );
    assert!(answers.contains("connection: close"), "{answers}");
    let both = "POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    let answers = server.answers(format!("{both}0\r\n\r\n{GET}")).await;
    assert_eq!(statuses(&answers), ["400"], "{answers}");
    let unread = "POST /deaf HTTP/1.1\r\nHost: a.example\r\nContent-Length: 41\r\n\r\n";
    let answers = server.answers(format!("{unread}{GET}{LAST_GET}")).await;
    assert!(
        statuses(&answers).len() <= 2,
        "the body is no request: {answers}"
    );
}

fn post(host: &str, lines: &str) -> String {
    format!("POST /echo HTTP/1.1\n{host}\n{lines}")
}

async fn check_refused(server: &Server, head: &str, status: u16, code: &str) {
    let answer = answer(server, head, "").await;
    let shown: String = head.chars().take(200).collect();
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{shown}: {answer}"
    );
    assert!(
        answer.contains("content-type: application/problem+json"),
        "{shown}: {answer}"
    );
    assert!(
        answer.contains(&format!(r#""code":"{code}""#)),
        "{shown}: {answer}"
    );
    assert!(answer.contains("connection: close"), "{shown}: {answer}");
    assert_eq!(statuses(&answer).len(), 1, "{shown}: {answer}");
}
