//! What is asked, and what is taken for an answer.

use super::*;

#[tokio::test]
async fn a_question_says_no_more_than_it_must() {
    let peer = Peer::saying(ok("{}")).await;
    assert_eq!(peer.fetched().await, Ok(b"{}".to_vec()));
    let [asked] = &peer.asked()[..] else {
        panic!("{:?}", peer.asked())
    };
    let mut lines: Vec<_> = asked.trim_end().lines().collect();
    lines[1..].sort_unstable();
    let address = peer.address;
    assert_eq!(
        lines,
        [
            "get /feed?after=3 http/1.1",
            "accept-encoding: identity",
            "accept: application/json",
            &format!("host: {address}"),
            &format!("user-agent: escale/{}", env!("CARGO_PKG_VERSION")),
        ]
    );
}

#[tokio::test]
async fn a_body_is_sent_with_its_type_and_length() {
    let peer = Peer::saying(ok("{}")).await;
    let mut question = question(peer.entity());
    question.body = Some((b"signed".to_vec(), "application/jose"));
    assert_eq!(
        fetch_of(ms(2_500)).fetch(question).await,
        Ok(b"{}".to_vec())
    );
    let [asked] = &peer.asked()[..] else {
        panic!("{:?}", peer.asked())
    };
    assert!(
        asked.starts_with("post /feed?after=3 http/1.1\r\n"),
        "{asked}"
    );
    assert!(
        asked.contains("\r\ncontent-type: application/jose\r\n"),
        "{asked}"
    );
    assert!(asked.ends_with("\r\n\r\nsigned"), "{asked}");
}

#[tokio::test]
async fn a_question_that_is_not_well_formed_is_not_asked() {
    let peer = Peer::saying(ok("{}")).await;
    let refused = Err(FetchError::BadRequest(peer.entity().to_string()));
    let fetch = fetch_of(ms(2_500));
    for path in ["//evil.example", "@evil.example/", "/a\r\nX: y", "/../a"] {
        let question = Request {
            path: path.to_owned(),
            ..question(peer.entity())
        };
        assert_eq!(fetch.fetch(question).await, refused, "{path}");
    }
    let body = Some((vec![], "text/plain\r\nX: y"));
    assert_eq!(
        fetch
            .fetch(Request {
                body,
                ..question(peer.entity())
            })
            .await,
        refused
    );
    assert_eq!(peer.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = Peer::saying(ok("{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let other = format!("http://{}/", elsewhere.address);
        for to in ["http://169.254.169.254/latest/meta-data/", "/again", &other] {
            let peer =
                Peer::saying(format!("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\n\r\n")).await;
            let refused = FetchError::Refused {
                status,
                code: None,
                retry_after_seconds: None,
            };
            assert_eq!(peer.fetched().await, Err(refused), "{to}");
            assert_eq!(peer.asked().len(), 1, "{to}");
        }
    }
    assert_eq!(elsewhere.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn only_a_200_is_an_answer() {
    for status in [201, 202, 203, 204, 205, 206, 304, 404, 410, 500, 503, 999] {
        let answer = ok("{}").replace("200 OK", &format!("{status} Other"));
        let refused = FetchError::Refused {
            status,
            code: None,
            retry_after_seconds: None,
        };
        assert_eq!(Peer::saying(answer).await.fetched().await, Err(refused));
    }
}

#[tokio::test]
async fn the_media_type_is_exact() {
    let with = |line: &str| ok("{}").replace("Content-Type: application/json", line);
    let check = async |line: &str, expected: Result<&str, &str>| {
        let expected = expected
            .map(|body| body.as_bytes().to_vec())
            .map_err(|shown| FetchError::MediaType(shown.to_owned()));
        assert_eq!(
            Peer::saying(with(line)).await.fetched().await,
            expected,
            "{line}"
        );
    };
    check("Content-Type: application/json", Ok("{}")).await;
    check("content-type:  APPLICATION/Json ", Ok("{}")).await;
    check("Content-Type: text/html", Err("text/html")).await;
    check(
        "Content-Type: application/json; charset=utf-8",
        Err("application/json; charset=utf-8"),
    )
    .await;
    check(
        "Content-Type: application/json,text/html",
        Err("application/json,text/html"),
    )
    .await;
    check("Content-Type: application/jsonx", Err("application/jsonx")).await;
    check("Content-Type:", Err("")).await;
    check("X: y", Err("(none)")).await;
    check(
        "Content-Type: application/json\r\nContent-Type: application/json",
        Err("(several)"),
    )
    .await;
    check("Content-Type: a\u{202e}\u{200b}b\tc", Err("ab c")).await;
    let long = Err(FetchError::MediaType(format!("{}…", "y".repeat(100))));
    let line = format!("Content-Type: {}", "y".repeat(5_000));
    assert_eq!(Peer::saying(with(&line)).await.fetched().await, long);
}

#[tokio::test]
async fn nothing_coded_is_read() {
    for coding in ["gzip", "br", "identity", "x\u{202e}y"] {
        let bomb = ok("\u{1f}\u{8b}").replace(
            "\r\n\r\n",
            &format!("\r\nContent-Encoding: {coding}\r\n\r\n"),
        );
        let refused = Peer::saying(bomb).await.fetched().await;
        let shown = format!("(coded) {}", coding.replace('\u{202e}', ""));
        assert_eq!(refused, Err(FetchError::MediaType(shown)));
    }
}

#[tokio::test]
async fn a_body_up_to_the_cap_is_read() {
    let body = "x".repeat(100);
    let chunked = format!("64\r\n{body}\r\n0\r\n\r\n");
    let until_close = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{body}");
    for answer in [ok(&body), chunked_answer(&chunked), until_close] {
        assert_eq!(
            Peer::saying(answer).await.fetched().await,
            Ok(body.clone().into_bytes())
        );
    }
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused() {
    let too_large = Err(FetchError::TooLarge { limit: 100 });
    let body = "x".repeat(101);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    for answer in [
        ok(&body),
        chunked_answer(&format!("65\r\n{body}\r\n0\r\n\r\n")),
        format!("{head}\r\n{body}"),
        format!("{head}Content-Length: 99999999999999999\r\n\r\n"),
    ] {
        assert_eq!(Peer::saying(answer).await.fetched().await, too_large);
    }
    let endless = vec![
        Act::Send(chunked_answer("").into_bytes()),
        Act::Repeat(b"1\r\nx\r\n".to_vec(), Duration::ZERO),
    ];
    assert_eq!(Peer::start(endless).await.fetched().await, too_large);
}

#[tokio::test]
async fn a_length_that_lies_is_no_answer() {
    let long = ok("{}").replace("Content-Length: 2", "Content-Length: 50");
    assert!(matches!(
        Peer::saying(long).await.fetched().await,
        Err(FetchError::Connection(_))
    ));
    let short = ok("{}  ").replace("Content-Length: 4", "Content-Length: 2");
    assert_eq!(
        Peer::saying(short).await.fetched().await,
        Ok(b"{}".to_vec())
    );
    let two = ok("{}").replace("\r\n\r\n", "\r\nContent-Length: 50\r\n\r\n");
    assert!(matches!(
        Peer::saying(two).await.fetched().await,
        Err(FetchError::Connection(_))
    ));
}

#[tokio::test]
async fn an_answer_to_a_question_not_asked_is_not_taken() {
    let surplus = format!("{}{}", ok("1"), ok("poisoned"));
    let peer = Peer::start(vec![
        Act::Send(surplus.into_bytes()),
        Act::NextRequest,
        Act::Send(ok("2").into_bytes()),
    ])
    .await;
    let fetch = fetch_of(ms(2_500));
    assert_eq!(
        fetch.fetch(question(peer.entity())).await,
        Ok(b"1".to_vec())
    );
    sleep(ms(50)).await;
    assert_ne!(
        fetch.fetch(question(peer.entity())).await,
        Ok(b"poisoned".to_vec())
    );
}

#[tokio::test]
async fn a_broken_answer_is_a_broken_connection() {
    let half = ok(&"x".repeat(90)).split_at(100).0.to_owned();
    let head = "x: y\r\n".repeat(100_000);
    for script in [
        vec![Act::Reset],
        vec![Act::Send(half.clone().into_bytes()), Act::Reset],
        vec![Act::Send(half.into_bytes())],
        vec![Act::Send(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())],
        vec![Act::Send(b"\x1b[2J\x07 HTTP/1.1 200 OK\r\n\r\n".to_vec())],
        vec![Act::Send(
            format!("HTTP/1.1 200 OK\r\n{head}\r\n").into_bytes(),
        )],
        vec![Act::Send(chunked_answer("zz\r\n").into_bytes())],
    ] {
        let shown = format!("{script:?}").chars().take(80).collect::<String>();
        let answer = Peer::start(script).await.fetched().await;
        let Err(FetchError::Connection(text)) = answer else {
            panic!("{shown}: {answer:?}")
        };
        assert!(
            !text.contains("127.0.0.1") && !text.contains('\u{1b}'),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_refusal_has_a_code_and_a_time_to_come_again() {
    let refusal = |media_type: &str, body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 429 Slow Down\r\nRetry-After: 30\r\nContent-Type: {media_type}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
    };
    let check = async |answer: String, code: Option<&str>| {
        let expected = FetchError::Refused {
            status: 429,
            code: code.map(str::to_owned),
            retry_after_seconds: Some(30),
        };
        assert_eq!(Peer::saying(answer).await.fetched().await, Err(expected));
    };
    let problem = "application/problem+json";
    check(refusal(problem, r#"{"code":"too_many"}"#), Some("too_many")).await;
    check(refusal(problem, r#"{"code":"\u001b[2J"}"#), None).await;
    check(refusal("text/html", r#"{"code":"too_many"}"#), None).await;
    let padding = " ".repeat(5_000);
    check(
        refusal(problem, &format!(r#"{{"code":"too_many"}}{padding}"#)),
        None,
    )
    .await;
}

#[tokio::test]
async fn no_cookie_is_kept() {
    let answer = ok("{}").replace("\r\n\r\n", "\r\nSet-Cookie: a=b; Path=/\r\n\r\n");
    let peer = Peer::start(vec![
        Act::Send(answer.clone().into_bytes()),
        Act::NextRequest,
        Act::Send(answer.into_bytes()),
    ])
    .await;
    let fetch = fetch_of(ms(2_500));
    for _ in 0..2 {
        assert_eq!(
            fetch.fetch(question(peer.entity())).await,
            Ok(b"{}".to_vec())
        );
    }
    assert_eq!(peer.asked().len(), 2);
    assert_eq!(
        peer.connections.load(Ordering::SeqCst),
        1,
        "the connection is used again"
    );
    assert!(!peer.asked()[1].contains("cookie") && !peer.asked()[1].contains("referer"));
}

fn chunked_answer(chunks: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
    )
}
