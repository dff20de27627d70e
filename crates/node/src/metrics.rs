//! What whoever watches a node reads: counters and measures, as Prometheus text.
//!
//! They are given on a listener of their own, if the configuration names one, and never
//! where the node answers others.
//!
//! **Invariant:** labels are bounded and name nobody: a route by its pattern, a method
//! that is known, the hundred of a status. A partner is counted, never named.
//!
//! Each is documented in `specs/metrics.md`.

mod process;
mod store;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use app::{App, Figures};
use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub(crate) use self::store::TimedStore;

/// The upper ends of what is measured, in seconds: from what is answered from memory to
/// what a person does not wait for.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// A request, as it is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    path: String,
    method: &'static str,
    status: &'static str,
}

/// Where a request went.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct At {
    path: String,
}

/// How a commit ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

/// Whose head: the coordinator's, or the oldest of the partners'.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Head {
    of: &'static str,
}

/// All that is counted and measured.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    inner: Arc<Inner>,
}

type Measures<L> = Family<L, Histogram, fn() -> Histogram>;

#[derive(Debug)]
struct Inner {
    registry: Registry,
    requests: Family<Asked, Counter>,
    request_seconds: Measures<At>,
    commits: Family<Ended, Counter>,
    commit_seconds: Histogram,
    looked_at: LookedAt,
}

/// What is looked up when somebody asks.
#[derive(Debug, Default)]
struct LookedAt {
    waiting: Gauge,
    dead: Gauge,
    partners: Gauge,
    partners_fresh: Gauge,
    head_age_seconds: Family<Head, Gauge>,
    records: Gauge,
    store_problems: Gauge,
    is_clock_behind: Gauge,
    memory_bytes: Gauge,
}

fn measure() -> Histogram {
    Histogram::new(SECONDS)
}

impl Metrics {
    /// Nothing is counted so far; the process began at `started`, in seconds since 1970.
    pub(crate) fn new(started: f64) -> Self {
        let mut registry = Registry::default();
        let ours = registry.sub_registry_with_prefix("escale");
        let requests = Family::default();
        let request_seconds: Measures<At> = Family::new_with_constructor(measure);
        let commits = Family::default();
        let commit_seconds = measure();
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        ours.register("build", "The version that runs", version);
        ours.register(
            "http_requests",
            "Requests that were answered",
            requests.clone(),
        );
        ours.register(
            "http_request_seconds",
            "How long answers took, in seconds",
            request_seconds.clone(),
        );
        ours.register("store_commits", "Commits by their outcome", commits.clone());
        ours.register(
            "store_commit_seconds",
            "How long commits took, in seconds",
            commit_seconds.clone(),
        );
        let looked_at = LookedAt::default();
        looked_at.register(ours);
        let began = Gauge::<f64, AtomicU64>::default();
        began.set(started);
        let process = registry.sub_registry_with_prefix("process");
        process.register(
            "start_time_seconds",
            "When the process began, in seconds since 1970",
            began,
        );
        process.register(
            "resident_memory_bytes",
            "Memory that the process holds, in bytes",
            looked_at.memory_bytes.clone(),
        );
        let inner = Inner {
            registry,
            requests,
            request_seconds,
            commits,
            commit_seconds,
            looked_at,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A request was answered. `path` is the pattern of a route; none where none matched.
    pub(crate) fn answered(&self, method: &Method, path: Option<&str>, status: u16, seconds: f64) {
        let path = path.unwrap_or("-").to_owned();
        let (method, status) = (known(method), hundred(status));
        let at = At { path: path.clone() };
        let asked = Asked {
            path,
            method,
            status,
        };
        self.inner.requests.get_or_create(&asked).inc();
        self.inner
            .request_seconds
            .get_or_create(&at)
            .observe(seconds);
    }

    /// A commit ended.
    fn committed(&self, outcome: &'static str, seconds: f64) {
        self.inner.commits.get_or_create(&Ended { outcome }).inc();
        self.inner.commit_seconds.observe(seconds);
    }

    /// All of it as text, with what was looked up just now.
    fn text(&self, figures: &Figures) -> Result<String, std::fmt::Error> {
        self.inner.looked_at.set(figures);
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.inner.registry)?;
        Ok(text)
    }
}

impl LookedAt {
    fn register(&self, ours: &mut Registry) {
        for (name, help, gauge) in [
            (
                "outbox_waiting",
                "Requests that wait for another node's answer",
                &self.waiting,
            ),
            (
                "outbox_dead",
                "Requests that were refused or given up",
                &self.dead,
            ),
            (
                "partners",
                "Other spaces that the label lists",
                &self.partners,
            ),
            (
                "partners_fresh",
                "Those that were heard within a day",
                &self.partners_fresh,
            ),
            ("records", "Records of feeds that are held", &self.records),
            (
                "store_problems",
                "What the last look through the store found",
                &self.store_problems,
            ),
            (
                "clock_behind",
                "1 where the clock cannot be right",
                &self.is_clock_behind,
            ),
        ] {
            ours.register(name, help, gauge.clone());
        }
        ours.register(
            "head_age_seconds",
            "How long ago a head was signed, in seconds",
            self.head_age_seconds.clone(),
        );
    }

    fn set(&self, figures: &Figures) {
        let Figures {
            is_clock_behind,
            feeds,
            waiting,
            dead,
            store_problems,
        } = figures;
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.waiting.set(number(*waiting));
        self.dead.set(number(*dead));
        self.partners.set(number(feeds.partners));
        self.partners_fresh.set(number(feeds.partners_fresh));
        self.records
            .set(i64::try_from(feeds.records).unwrap_or(i64::MAX));
        self.store_problems.set(number(*store_problems));
        self.is_clock_behind.set(i64::from(*is_clock_behind));
        self.memory_bytes
            .set(process::resident_bytes().unwrap_or_default());
        for (of, seconds) in [
            ("coordinator", feeds.label_head_seconds),
            ("oldest_partner", feeds.oldest_head_seconds),
        ] {
            match seconds {
                Some(seconds) => drop(
                    self.head_age_seconds
                        .get_or_create(&Head { of })
                        .set(seconds),
                ),
                None => drop(self.head_age_seconds.remove(&Head { of })),
            }
        }
    }
}

/// A method that is known; whoever asks may invent others.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PROPFIND" => "PROPFIND",
        "REPORT" => "REPORT",
        _ => "other",
    }
}

/// The hundred that a status belongs to.
fn hundred(status: u16) -> &'static str {
    match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// What is asked on the listener for whoever watches.
pub(crate) fn router(app: App, metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(given))
        .with_state((app, metrics))
}

/// `GET /metrics`: all of it.
async fn given(State((app, metrics)): State<(App, Metrics)>) -> Response {
    let text = match app.figures().await {
        Ok(figures) => metrics.text(&figures).map_err(anyhow::Error::from),
        Err(fault) => Err(fault.into()),
    };
    match text {
        Ok(text) => (
            [(header::CONTENT_TYPE, prometheus_text::CONTENT_TYPE)],
            text,
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "a request failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
