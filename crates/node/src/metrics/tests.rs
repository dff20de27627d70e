//! What is given to whoever watches: bounded labels, and nobody's name.

use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use testkit::Label;

use super::*;
use crate::telemetry::with_request_log;

/// The lines of a metric that has labels.
fn lines<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let begin = format!("{name}{{");
    text.lines().filter(|it| it.starts_with(&begin)).collect()
}

async fn text(metrics: &Metrics, label: &Label) -> String {
    let figures = label.space(0).app().figures().await.unwrap();
    metrics.text(&figures).unwrap()
}

async fn ask(router: &Router, method: &str, path: &str) {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::empty()).unwrap();
    let answered = tower::ServiceExt::oneshot(router.clone(), request).await;
    drop(answered.unwrap());
}

#[tokio::test]
async fn what_a_stranger_invents_is_no_label() {
    let label = Label::labelled(1).await;
    let metrics = Metrics::new(0.0);
    let plain = Router::new().route("/visits/{visit}", get(|| async { "here" }));
    let router = with_request_log(plain, metrics.clone());
    for path in [
        "/visits/zoe",
        "/visits/max",
        "/secret-1",
        "/secret-2",
        "/?code=secret",
    ] {
        ask(&router, "GET", path).await;
        ask(&router, "BREW", path).await;
    }
    let text = text(&metrics, &label).await;
    let mut counted = lines(&text, "escale_http_requests_total");
    counted.sort_unstable();
    let expected = [
        r#"escale_http_requests_total{path="-",method="GET",status="4xx"} 3"#,
        r#"escale_http_requests_total{path="-",method="other",status="4xx"} 3"#,
        r#"escale_http_requests_total{path="/visits/{visit}",method="GET",status="2xx"} 2"#,
        r#"escale_http_requests_total{path="/visits/{visit}",method="other",status="4xx"} 2"#,
    ];
    assert_eq!(counted, expected);
    for secret in ["zoe", "secret", "BREW"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[test]
fn a_status_of_no_hundred_is_a_failure() {
    for (status, hundred) in [
        (101, "1xx"),
        (200, "2xx"),
        (304, "3xx"),
        (404, "4xx"),
        (503, "5xx"),
        (999, "5xx"),
        (0, "5xx"),
    ] {
        assert_eq!(super::hundred(status), hundred, "{status}");
    }
}

#[tokio::test]
async fn partners_are_counted_and_never_named() {
    let label = Label::labelled(3).await;
    label.settle().await;
    let text = text(&Metrics::new(12.0), &label).await;
    for line in [
        "escale_partners 2",
        "escale_partners_fresh 2",
        "escale_outbox_waiting 0",
        "escale_clock_behind 0",
        "process_start_time_seconds 12.0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    assert_eq!(lines(&text, "escale_head_age_seconds").len(), 2, "{text}");
    for node in label.nodes() {
        assert!(!text.contains(node.entity().authority()), "{text}");
    }
}

#[tokio::test]
async fn who_has_heard_nothing_says_no_age() {
    let label = Label::invited(1).await;
    let metrics = Metrics::new(0.0);
    assert_eq!(
        lines(&text(&metrics, &label).await, "escale_head_age_seconds").len(),
        0
    );
}

#[tokio::test]
async fn a_commit_is_counted_by_how_it_ended() {
    let label = Label::labelled(1).await;
    let metrics = Metrics::new(0.0);
    let store = TimedStore::new(Arc::new(label.space(0).store()), metrics.clone());
    let done = ::store::Store::commit(&store, ::store::Batch::new()).await;
    label
        .space(0)
        .store()
        .fail_next_commit(::store::Fault::Busy);
    let busy = ::store::Store::commit(&store, ::store::Batch::new()).await;
    assert!(done.is_ok() && busy.is_err());
    let text = text(&metrics, &label).await;
    let mut counted = lines(&text, "escale_store_commits_total");
    counted.sort_unstable();
    let expected = [
        r#"escale_store_commits_total{outcome="busy"} 1"#,
        r#"escale_store_commits_total{outcome="done"} 1"#,
    ];
    assert_eq!(counted, expected);
}

/// The document has a row for each, and each row is one.
#[tokio::test]
async fn each_is_documented() {
    let label = Label::labelled(2).await;
    let metrics = Metrics::new(0.0);
    metrics.answered(&Method::GET, None, 200, 0.1);
    metrics.committed("done", 0.1);
    let text = text(&metrics, &label).await;
    let given: std::collections::BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let document = include_str!("../../../../specs/metrics.md");
    let rows = document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.collect::<std::collections::BTreeSet<_>>(), given);
}
