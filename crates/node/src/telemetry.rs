//! The log: one documented line per request, and what the workers do.
//!
//! Fields are listed in `specs/logging.md`.

use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};
use crate::environment::Stopwatch;
use crate::metrics::Metrics;

/// Writes the log to standard error from here on.
pub(crate) fn start(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Text => builder.with_ansi(false).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // Somebody else has set up a log already: that one is used.
    drop(started);
}

/// Gives every request its line, and counts it.
pub(crate) fn with_request_log(router: Router, metrics: Metrics) -> Router {
    router.layer(from_fn_with_state(metrics, log_request))
}

async fn log_request(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let stopwatch = Stopwatch::start();
    let method = request.method().clone();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let millis = stopwatch.millis().0;
    metrics.answered(&method, path.as_deref(), status, stopwatch.seconds());
    let path = path.as_deref().unwrap_or("-");
    if status >= 500 {
        tracing::warn!(%method, path, status, millis, "{method} {path} answered {status}");
    } else {
        tracing::info!(%method, path, status, millis, "{method} {path} answered {status}");
    }
    response
}

/// How long the pause between two looks of a worker is.
pub(crate) async fn pause(duration: Duration, stop: &crate::tasks::Stop) -> bool {
    tokio::select! {
        () = tokio::time::sleep(duration) => true,
        () = stop.clone().wait() => false,
    }
}
