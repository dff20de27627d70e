//! What whoever watches a node reads of it, by a program that nobody here wrote.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use scenarios::command::run_reading;
use scenarios::counts::count;
use scenarios::http;
use scenarios::network::{Network, word};
use scenarios::node::free_port;
use serde_json::Value;

use crate::peers::{JUDGE, by_python, python};

/// What a node gives, as the judge reads it: a list of name, labels and value.
#[track_caller]
fn read(python: &Path, port: u16, place: &Path) -> Vec<Value> {
    let answer = http::get(port, "/metrics");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let media_type = answer.header("content-type");
    assert_eq!(media_type, "text/plain; version=0.0.4; charset=utf-8");
    std::fs::write(place, &answer.body).expect("a file can be written");
    let given = File::open(place).expect("it was written");
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/metrics.md");
    let mut command = by_python(python, "read_metrics.py");
    let done = run_reading(command.arg(word(&document)), Stdio::from(given), JUDGE);
    done.ok().json().as_array().expect("a list").clone()
}

/// The sum of the samples of a name that have all these labels.
fn sum(samples: &[Value], name: &str, labels: &[(&str, &str)]) -> f64 {
    let is_meant =
        |it: &&Value| it[0] == name && labels.iter().all(|(label, value)| it[1][*label] == *value);
    let values = samples.iter().filter(is_meant);
    values.map(|it| it[2].as_f64().expect("a number")).sum()
}

#[test]
fn who_watches_reads_numbers_that_rise_and_no_names() {
    let Some(python) = python() else { return };
    let network = Network::running();
    let mut space = network.invited("le-mug");
    let port = free_port();
    space.reconfigure(|text| format!("{text}\n[metrics]\nlisten = \"127.0.0.1:{port}\"\n"));
    space.start();
    network.grant(&space);

    let place = network.path("metrics.txt");
    let before = read(&python, port, &place);
    for _ in 0..3 {
        http::get(space.port, "/api/v1/home");
        http::get(space.port, "/somebody-elses-name");
    }
    space.json(&["publish"]);
    let after = read(&python, port, &place);
    let rise = |name: &str, labels: &[(&str, &str)]| {
        sum(&after, name, labels) - sum(&before, name, labels)
    };
    let home = [
        ("path", "/api/v1/home"),
        ("method", "GET"),
        ("status", "2xx"),
    ];
    assert!(
        rise("escale_http_requests_total", &home) >= 3.0,
        "{after:?}"
    );
    let missing = [("path", "-"), ("status", "4xx")];
    assert!(
        rise("escale_http_requests_total", &missing) >= 3.0,
        "{after:?}"
    );
    assert!(
        rise("escale_http_request_seconds_count", &home[..1]) >= 3.0,
        "{after:?}"
    );
    assert!(sum(&after, "escale_store_commits_total", &[("outcome", "done")]) > 0.0);
    assert!(sum(&after, "escale_records", &[]) > 0.0, "{after:?}");
    assert!(sum(&after, "process_resident_memory_bytes", &[]) > 1_000_000.0);
    assert!(sum(&after, "escale_store_problems", &[]) < 1.0);

    let text = std::fs::read_to_string(&place).expect("it was written");
    for name in ["somebody-elses-name", "le-mug", "127.0.0.1", "Chambéry"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    count(
        "metrics_by_prometheus",
        u64::try_from(after.len()).expect("few"),
    );

    // Nobody else is given them, and there is nothing else to be asked.
    assert_eq!(http::get(space.port, "/metrics").status, 404);
    assert_eq!(http::get(port, "/").status, 404);
    assert_eq!(http::get(port, "/api/v1/home").status, 404);
    space.stop();
    assert!(http::connect(port).is_err(), "both listeners have stopped");
}

#[test]
fn each_request_has_its_line_in_the_log() {
    let network = Network::running();
    let node = &network.coordinator;
    let counted = |line: &str| node.log().matches(line).count();
    for (line, request) in [
        (
            "INFO GET /federation/list answered 200 ",
            "GET /federation/list?by=secret HTTP/1.1\r\nHost: secret\r\n\r\n",
        ),
        (
            "INFO POST /healthz answered 405 ",
            "POST /healthz HTTP/1.1\r\nHost: secret\r\nContent-Length: 0\r\n\r\n",
        ),
        (
            "INFO GET - answered 404 ",
            "GET /secret HTTP/1.1\r\nHost: secret\r\n\r\n",
        ),
        (
            "INFO a request was refused before its route: host_missing ",
            "GET /secret HTTP/1.1\r\n\r\n",
        ),
        (
            "INFO a request was refused before its route: bad_head ",
            "secret\r\n\r\n",
        ),
    ] {
        let before = counted(line);
        for times in 1..=2 {
            http::send(node.port, request.as_bytes()).expect("an answer");
            assert_eq!(counted(line), before + times, "{line}: {}", node.log());
        }
    }
    assert!(!node.log().contains("secret"), "{}", node.log());
}
