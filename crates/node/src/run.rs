//! `escale run`: the life of a node.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use app::view::Home;
use app::{App, JoinState, OwnFeedState};
use client::{Fetch, HttpFetch, Rules};
use serve::Limits;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use web::{PageError, Pages};

use crate::cli::Run;
use crate::config::Config;
use crate::environment::{SystemClock, machine_seconds};
use crate::metrics::{Metrics, TimedStore};
use crate::tasks::{Stop, Tasks};
use crate::telemetry::{pause, with_request_log};
use crate::watched_store::{Commits, WatchedStore};
use crate::{confirmer, control, hinter, metrics, puller, sender, start, telemetry};

/// From one look at what must be signed again to the next.
const RENEWAL_PAUSE: Duration = Duration::from_secs(20);

/// From one look through the store to the next: a rotten entry waits for an hour at
/// most, and the reading is not felt.
const SCRUB_PAUSE: Duration = Duration::from_secs(60 * 60);

/// How long before its end the root key's word is asked for again: two months, so
/// that whoever keeps the key can be found.
const ANCHOR_WARNING_SECONDS: i64 = 60 * 24 * 60 * 60;

pub(crate) async fn run(args: &Run) -> anyhow::Result<ExitCode> {
    let config = Config::load(&args.folder.dir)?;
    telemetry::start(&config.log);
    #[cfg(feature = "sabotage")]
    misbehave(args.sabotage.as_deref())?;
    let metrics = Metrics::new(machine_seconds());
    let (app, commits) = open(args, &config, &metrics).await?;
    let fetch = outbound(&config)?;
    let listener = listen(config.listen).await?;
    let watched = match config.metrics_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let socket = control::Socket::make(&config)?;
    // Heard from before the first answer on: whoever sees the node answer may stop it.
    let signals = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let router = web::router(HomePages(app.clone()), app.clone()).merge(api::router(app.clone()));
    let router = with_request_log(router, metrics.clone());
    let mut tasks = Tasks::new();
    let stop = tasks.stop_signal();
    let serving = stop.clone().wait();
    tasks.spawn("answering HTTP", async move {
        let ended = serve::serve(listener, router, Limits::default(), serving).await;
        tracing::debug!(dropped = ended.dropped, "the last connections are closed");
        Ok(())
    });
    if let Some(listener) = watched {
        let (serving, router) = (stop.clone().wait(), metrics::router(app.clone(), metrics));
        tasks.spawn("answering who watches", async move {
            serve::serve(listener, router, Limits::default(), serving).await;
            Ok(())
        });
    }
    ask_others(&mut tasks, (&app, &config), &fetch, commits);
    tasks.spawn("signing again", renew(app.clone(), stop.clone()));
    tasks.spawn(
        "looking through the store",
        scrub(app.clone(), stop.clone()),
    );
    tasks.spawn(
        "the control socket",
        control::listen(app, socket, stop.clone()),
    );
    tasks.spawn(
        "waiting for the end",
        end(signals, args.until_stdin_ends, stop),
    );
    tracing::info!(entity = %config.entity, listen = %config.listen, "{} answers", config.entity);
    tasks.wait().await?;
    tracing::info!(entity = %config.entity, "{} has stopped", config.entity);
    Ok(ExitCode::SUCCESS)
}

/// Starts what asks other nodes, and tells them.
fn ask_others(
    tasks: &mut Tasks,
    (app, config): (&App, &Config),
    fetch: &Arc<dyn Fetch>,
    commits: Commits,
) {
    let stop = tasks.stop_signal();
    if config.network.hints {
        tasks.spawn(
            "telling partners",
            hinter::run(app.clone(), Arc::clone(fetch), commits, stop.clone()),
        );
    }
    let (heard, signs) = sender::signs();
    tasks.spawn(
        "sending what waits",
        sender::run(app.clone(), Arc::clone(fetch), signs, stop.clone()),
    );
    tasks.spawn(
        "confirming the own feed",
        confirmer::run(app.clone(), Arc::clone(fetch), stop.clone()),
    );
    tasks.spawn(
        "asking partners",
        puller::run(app.clone(), Arc::clone(fetch), config.clone(), heard, stop),
    );
}

/// Opens the node, and says whether its folder is the one that it left.
async fn open(args: &Run, config: &Config, metrics: &Metrics) -> anyhow::Result<(App, Commits)> {
    // First: a node whose keys cannot be used leaves its store as it is.
    let identity = start::identity(config)?;
    let store = start::open_store(config).await?;
    let store = Arc::new(TimedStore::new(store, metrics.clone()));
    let (store, commits) = WatchedStore::new(store);
    let store = Arc::new(store);
    let clock = SystemClock::ahead_by(args.clock_ahead);
    let app = start::open_over(store, identity, clock).await?;
    if args.clock_ahead != 0 {
        let seconds = args.clock_ahead;
        tracing::warn!(
            seconds,
            "this node believes that it is {seconds} s later than it is"
        );
    }
    if args.clock_is_right {
        app.accept_clock().await?;
    }
    match app.stand_in(&start::here(config)?, true).await? {
        OwnFeedState::Confirmed | OwnFeedState::Asked => {}
        OwnFeedState::Unconfirmed => tracing::warn!(
            "this folder is a copy: nothing is published until a partner has said how far \
             this node's feed goes"
        ),
        OwnFeedState::Divided => tracing::error!(
            "another machine writes under this node's name: escale feed take-over, at the one \
             that goes on"
        ),
    }
    warn_of_anchor(&app).await;
    Ok((app, commits))
}

/// Says what only a person can mend: an invitation that was refused, and in good
/// time, that the root key is needed.
async fn warn_of_anchor(app: &App) {
    if let Ok(JoinState::Refused { code, .. }) = app.join_state().await {
        tracing::error!(
            code,
            "the label refused this node: {code}; ask for a new invitation, and make the node \
             anew in another folder with it"
        );
    }
    let Ok(register) = app.register().await else {
        return;
    };
    let until = register.anchor_until();
    if until.seconds_since(app.now()) < ANCHOR_WARNING_SECONDS {
        tracing::warn!(
            until = until.0,
            "the root key's word ends within two months: escale label anchor, at the coordinator"
        );
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("{address} cannot be listened on"))
}

fn outbound(config: &Config) -> anyhow::Result<Arc<dyn Fetch>> {
    let extra_roots_pem = match &config.network.extra_roots {
        None => None,
        Some(path) => Some(std::fs::read(path).with_context(|| format!("{}", path.display()))?),
    };
    let rules = Rules {
        allow_loopback: config.network.allow_loopback,
        allow_private: config.network.allow_private.clone(),
        extra_roots_pem,
        ..Rules::default()
    };
    Ok(Arc::new(HttpFetch::new(rules)?))
}

/// Signs again what is due, at once when it is known where the own feed stands, and stops
/// the node when its store does.
async fn renew(app: App, stop: Stop) -> anyhow::Result<()> {
    tokio::select! {
        _ = app.own_feed_settled() => {}
        () = stop.clone().wait() => return Ok(()),
    }
    loop {
        match app.renew().await {
            Ok(0) => {}
            Ok(records) => tracing::info!(records, "signed {records} records again"),
            Err(fault) if fault.ends_the_node() => return Err(fault.into()),
            Err(fault) => tracing::warn!(error = %fault, "nothing could be signed: {fault}"),
        }
        if !pause(RENEWAL_PAUSE, &stop).await {
            return Ok(());
        }
    }
}

/// Looks through the store now and again: entries that vanished or rotted are told
/// of before somebody needs them.
async fn scrub(app: App, stop: Stop) -> anyhow::Result<()> {
    loop {
        match app.scrub().await {
            Ok(problems) => {
                for problem in problems {
                    tracing::error!(
                        problem,
                        "the store does not hold what was written: {problem}"
                    );
                }
            }
            Err(fault) if fault.ends_the_node() => return Err(fault.into()),
            Err(fault) => tracing::warn!(error = %fault, "the store was not looked through"),
        }
        if !pause(SCRUB_PAUSE, &stop).await {
            return Ok(());
        }
    }
}

/// Comes true when the node shall stop.
async fn end(
    (mut terminate, mut interrupt): (Signal, Signal),
    until_stdin_ends: bool,
    stop: Stop,
) -> anyhow::Result<()> {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = stop.wait() => {}
        () = stdin_ends(), if until_stdin_ends => {}
    }
    Ok(())
}

/// Comes true when standard input ends. A thread of its own reads, because a read
/// in the runtime would keep the node from ending.
async fn stdin_ends() {
    let (ended, wait) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = ended.send(());
    });
    let _ = wait.await;
}

/// The pages' way to what the node knows.
#[derive(Debug, Clone)]
struct HomePages(App);

impl Pages for HomePages {
    async fn home(&self) -> Result<Home, PageError> {
        self.0
            .home()
            .await
            .map_err(|fault| PageError::Unreadable(Box::new(fault)))
    }
}

#[cfg(feature = "sabotage")]
fn misbehave(what: Option<&str>) -> anyhow::Result<()> {
    match what {
        None => {}
        Some("skip-signatures") => seal::sabotage::skip_signatures(),
        Some("forge-records") => app::sabotage::forge_records(),
        Some("ignore-statuses") => app::sabotage::ignore_statuses(),
        Some("forget-showings") => app::sabotage::forget_showings(),
        Some("forget-attempts") => app::sabotage::forget_attempts(),
        Some("forget-answers") => app::sabotage::forget_answers(),
        Some(place) if app::sabotage::PAUSES_AT.contains(&place) => app::sabotage::pause(place),
        Some("ignore-withdrawals") => app::sabotage::ignore_withdrawals(),
        Some(other) => anyhow::bail!("no such sabotage: {other}"),
    }
    Ok(())
}
