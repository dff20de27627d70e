//! A node asked by strangers, byte by byte: pages, refusals, and what it never does.

use std::io::Write as _;
use std::time::{Duration, Instant};

use scenarios::http::{self, Answer, ask, get, get_with, send};
use scenarios::network::Network;

/// A node with a partner's worth of content.
fn node() -> (Network, u16) {
    let network = Network::running();
    let port = network.coordinator.port;
    (network, port)
}

#[track_caller]
fn raw(port: u16, text: &str) -> Answer {
    send(port, text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// What every page has, whatever it says.
#[track_caller]
fn is_a_page(page: &Answer, status: u16, language: &str) {
    assert_eq!(page.status, status);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-language", language),
        ("vary", "Accept-Language"),
        ("cache-control", "no-cache"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("set-cookie"), "");
    let text = page.text();
    assert!(
        text.contains(&format!("<html lang=\"{language}\">")),
        "{text}"
    );
    assert!(
        !text.contains("<script") && !text.contains("style=\""),
        "{text}"
    );
}

#[test]
fn pages_are_in_the_readers_language() {
    let (_network, port) = node();
    is_a_page(&get(port, "/"), 200, "fr");
    for (path, accepted, language) in [
        ("/", "fr-FR, en;q=0.5", "fr"),
        ("/", "en-GB, fr;q=0.5", "en"),
        ("/", "de", "fr"),
        ("/?lang=en", "fr", "en"),
        ("/?lang=fr", "en", "fr"),
    ] {
        let page = get_with(port, path, &[&format!("Accept-Language: {accepted}")]);
        is_a_page(&page, 200, language);
    }
    for (language, words) in [("fr", "aucune page"), ("en", "There is no such page")] {
        let page = get_with(
            port,
            "/no/such/page",
            &[&format!("Accept-Language: {language}")],
        );
        is_a_page(&page, 404, language);
        let is_said = page.text().to_lowercase().contains(&words.to_lowercase());
        assert!(is_said || language == "fr", "{}", page.text());
        is_a_page(
            &get(port, &format!("/assets/none.css?lang={language}")),
            404,
            language,
        );
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let page = ask(method, port, "/?lang=en", &["Content-Length: 0"]).expect("an answer");
        is_a_page(&page, 405, "en");
        assert!(page.header("allow").contains("GET"), "{page:?}");
    }
}

#[test]
fn a_page_names_only_what_is_here_and_other_nodes() {
    let network = Network::running();
    let space = network.labelled("le-mug");
    let page = get(network.coordinator.port, "/").text();
    let links = page
        .split(" href=\"")
        .skip(1)
        .chain(page.split(" src=\"").skip(1));
    let mut assets = 0;
    for link in links.filter_map(|rest| rest.split('"').next()) {
        let is_own = link.starts_with(['?', '#', '/']) && !link.starts_with("//");
        assert!(is_own || link.starts_with(&space.entity), "{link}");
        if link.starts_with("/assets/") {
            assets += 1;
            let asset = get(network.coordinator.port, link);
            assert_eq!(asset.status, 200, "{link}");
            assert_eq!(
                asset.header("cache-control"),
                "public, max-age=31536000, immutable"
            );
            assert_eq!(asset.header("x-content-type-options"), "nosniff");
            let tag = format!("If-None-Match: {}", asset.header("etag"));
            assert_eq!(
                get_with(network.coordinator.port, link, &[&tag]).status,
                304,
                "{link}"
            );
        }
    }
    assert!(assets >= 4, "{page}");
}

#[test]
fn a_question_without_words_has_the_same_head() {
    let (_network, port) = node();
    for path in ["/", "/none", "/api/v1/home", "/api/none", "/healthz"] {
        let whole = get(port, path);
        let head = ask("HEAD", port, path, &[]).expect("an answer");
        assert_eq!(head.body, b"", "{path}");
        assert_eq!(head.status, whole.status, "{path}");
        for name in ["content-type", "content-length", "content-security-policy"] {
            assert_eq!(head.header(name), whole.header(name), "{name} of {path}");
        }
    }
}

#[test]
fn programs_are_refused_in_a_form_for_programs() {
    let (network, port) = node();
    for path in [
        "/api/unknown",
        "/api/v1/unknown",
        "/federation/unknown",
        "/api/v1/home/more",
    ] {
        get(port, path).is_problem(404, "no_such_route");
        let posted = ask("POST", port, path, &["Content-Length: 0"]).expect("an answer");
        posted.is_problem(404, "no_such_route");
    }
    for path in [
        "/api/v1/home",
        "/healthz",
        "/federation/v1/feed",
        "/federation/list",
    ] {
        let answer = ask("DELETE", port, path, &[]).expect("an answer");
        answer.is_problem(405, "wrong_method");
        assert!(answer.header("allow").contains("GET"), "{answer:?}");
    }
    ask("GET", port, "/federation/v1/join", &[])
        .expect("an answer")
        .is_problem(405, "wrong_method");
    let feed = |query: &str| get(port, &format!("/federation/v1/feed{query}"));
    feed("").is_problem(400, "bad_query");
    feed("?entity=nobody").is_problem(400, "bad_query");
    feed("?entity=https%3A%2F%2Fle-mug.example").is_problem(404, "not_here");
    let own = network
        .coordinator
        .entity
        .replace(':', "%3A")
        .replace('/', "%2F");
    feed(&format!("?entity={own}&after=-1")).is_problem(400, "bad_query");
    feed(&format!("?entity={own}&after=99999999999999999999999")).is_problem(400, "bad_query");
    assert_eq!(feed(&format!("?entity={own}")).status, 200, "the control");
    // What the standard names has the standard's errors (OpenID Federation 1.0 §8.9).
    let fetched = get(port, "/federation/fetch?sub=https%3A%2F%2Fle-mug.example");
    assert_eq!(fetched.status, 404);
    assert_eq!(fetched.json()["error"], "not_found");
    assert_eq!(get(port, "/federation/list").json(), serde_json::json!([]));
    let join = |media_type: &str, body: &str| {
        let request = format!(
            "POST /federation/v1/join HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{media_type}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        raw(port, &request)
    };
    join("", "{}").is_problem(415, "wrong_media_type");
    join("Content-Type: application/json\r\n", "{}").is_problem(415, "wrong_media_type");
    let media_type = "Content-Type: application/escale-join+json\r\n";
    for body in ["", "{}", "null", "[]", "{\"request\":\"a.b.c\"}", "\u{0}"] {
        let answer = join(media_type, body);
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[test]
fn a_request_with_two_readings_is_refused() {
    let (_network, port) = node();
    let get = |lines: &str| raw(port, &format!("GET / HTTP/1.1\r\n{lines}\r\n\r\n"));
    get("Host: a\r\nHost: b").is_problem(400, "host_repeated");
    get("Host: a\r\nHost: a").is_problem(400, "host_repeated");
    get("Accept: */*").is_problem(400, "host_missing");
    get("Host: a b").is_problem(400, "host_invalid");
    get("Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked")
        .is_problem(400, "body_ambiguous");
    get("Host: a\r\nContent-Length: 0\r\nContent-Length: 0").is_problem(400, "body_ambiguous");
    get("Host: a\r\n Folded: b").is_problem(400, "bad_head");
    raw(port, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n").is_problem(400, "host_differs");
    raw(port, "hello\r\n\r\n").is_problem(400, "bad_head");
    for target in [
        "/../etc/passwd",
        "/assets/%2e%2e/x",
        "//evil.example/",
        "/a%2fb",
        "/a%00",
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        raw(port, &request).is_problem(400, "target_ambiguous");
    }
    for method in ["TRACE", "CONNECT"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
        raw(port, &request).is_problem(501, "method_refused");
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(5000));
    raw(port, &long).is_problem(414, "target_too_long");
    let wide = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "a".repeat(20_000)
    );
    raw(port, &wide).is_problem(431, "head_too_large");
    // The control: one reading, and it is answered.
    assert_eq!(get("Host: a\r\nConnection: close").status, 200);
}

#[test]
fn the_host_that_is_asked_for_is_never_repeated() {
    let (_network, port) = node();
    let request = "GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n\
        X-Forwarded-Proto: https\r\nConnection: close\r\n\r\n";
    let page = raw(port, request);
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("evil.example"), "{}", page.text());
    let headers = format!("{:?}", page.headers);
    assert!(!headers.contains("evil.example"), "{headers}");
    let missing = get(port, "/%3Cscript%3Ealert(1)%3C/script%3E?lang=en");
    assert!(!missing.text().contains("alert(1)"), "{}", missing.text());
}

#[test]
fn ten_megabytes_are_not_taken_in() {
    let (_network, port) = node();
    let began = Instant::now();
    for path in ["/federation/v1/join", "/", "/api/v1/home"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/escale-join+json\r\n\
             Content-Length: 10485760\r\n\r\n"
        );
        // Nothing of it needs to be sent for it to be refused.
        raw(port, &head).is_problem(413, "body_too_large");
        let mut bytes = head.into_bytes();
        bytes.resize(bytes.len() + 10 * 1024 * 1024, b'x');
        if let Ok(answer) = send(port, &bytes) {
            answer.is_problem(413, "body_too_large");
        }
    }
    // In pieces of unknown number, it is cut off where the limit is.
    let mut stream = http::connect(port).expect("a connection");
    let head = "POST /federation/v1/join HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
        Content-Type: application/escale-join+json\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream
        .write_all(head.as_bytes())
        .expect("the head is taken");
    let chunk = [b"10000\r\n".to_vec(), vec![b'x'; 0x10000], b"\r\n".to_vec()].concat();
    let taken = (0..160)
        .take_while(|_| stream.write_all(&chunk).is_ok())
        .count();
    if let Ok(answer) = http::answer(&mut stream) {
        assert_eq!(answer.status, 413, "{answer:?}");
    }
    assert!(taken < 160, "all 10 MB were taken");
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(get(port, "/healthz").status, 200, "and the node is well");
}
