//! Asks partners how far they know this node's own feed: at the start, as long as that is
//! not known, and now and then; and shows whom it concerns which feeds have parted.
//!
//! Nothing is decided here: what a partner says is judged by `app`, by what this node has
//! signed itself.

use std::sync::Arc;
use std::time::Duration;

use app::{App, Branch, BranchSays, Fault, JoinState, OwnFeedState, OwnSays};
use client::{Fetch, FetchError, Request};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use wire::EntityId;
use wire::fork::FORK_MEDIA_TYPE;

use crate::environment::SystemEntropy;
use crate::puller::page_request;
use crate::tasks::Stop;
use crate::telemetry::pause;

/// From one look at what is to be done to the next.
const LOOK: Duration = Duration::from_secs(1);

/// How long all partners together have at the start: then the folder is relied on, if it is
/// the one that the node left.
const ROUND: Duration = Duration::from_secs(10);

/// From one round to the next, as long as no partner has answered.
const ASK_AGAIN: Duration = Duration::from_secs(15);

/// From one round to the next where all is well: another machine that writes under this
/// name is noticed within an hour, and sooner where a partner shows it.
const ASK_EVERY: Duration = Duration::from_secs(60 * 60);

/// From one attempt to show a fork to the next.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// The most pages that are read of one partner in a round: 40,000 records of a node that
/// was restored.
const PAGES_MAX: usize = 400;

/// The most bytes of an answer that says nothing.
const ANSWER_BYTES_MAX: usize = 1_024;

/// What one partner said in a round.
enum Said {
    /// It knows nothing that is missing here.
    Agrees,
    /// It knows no feed of this node, or nothing can be made of what it says.
    Nothing,
    /// It knows another feed under this name.
    Parted(EntityId),
    /// Another machine writes under this name.
    Divided,
}

/// Asks until the node stops.
pub(crate) async fn run(app: App, fetch: Arc<dyn Fetch>, stop: Stop) -> anyhow::Result<()> {
    let mut ask_at = Instant::now();
    let mut tell_at = ask_at;
    loop {
        if ask_at <= Instant::now() || app.wants_own_feed() {
            let is_answered = round(&app, &fetch).await?;
            // Whatever came of it: nobody waits any longer.
            app.rely_on_folder();
            let is_sure = app.own_feed_state() == OwnFeedState::Confirmed;
            let next = if is_sure && is_answered {
                ASK_EVERY
            } else {
                ASK_AGAIN
            };
            ask_at = Instant::now() + next;
        }
        if tell_at <= Instant::now() {
            tell(&app, fetch.as_ref()).await?;
            tell_at = Instant::now() + TELL_EVERY;
        }
        if !pause(LOOK, &stop).await {
            return Ok(());
        }
    }
}

/// Asks a few partners at once; whether anybody has answered to the purpose.
async fn round(app: &App, fetch: &Arc<dyn Fetch>) -> anyhow::Result<bool> {
    if app.own_feed_state() == OwnFeedState::Divided {
        return Ok(false);
    }
    let Some(partners) = sound(app.partners_to_ask(SystemEntropy::noise()).await)? else {
        return Ok(false);
    };
    let is_alone = partners.is_empty();
    let mut asked = JoinSet::new();
    for partner in partners {
        let (app, fetch) = (app.clone(), Arc::clone(fetch));
        asked.spawn(async move { timeout(ROUND, ask(&app, fetch.as_ref(), &partner)).await });
    }
    let mut agrees = false;
    let mut parted = None;
    while let Some(ended) = asked.join_next().await {
        let Some(said) = ended?.map_or(Ok(None), sound)? else {
            continue;
        };
        match said {
            Said::Agrees => agrees = true,
            Said::Nothing => {}
            Said::Parted(partner) => parted = Some(partner),
            Said::Divided => return Ok(false),
        }
    }
    if let Some(partner) = parted {
        let healed = timeout(ROUND, heal(app, fetch.as_ref(), &partner)).await;
        agrees |= healed.map_or(Ok(None), sound)?.unwrap_or(false);
    }
    if agrees || is_alone {
        sound(app.confirm_own_feed().await)?;
    }
    Ok(agrees)
}

/// Asks one partner until nothing that it knows is missing here.
async fn ask(app: &App, fetch: &dyn Fetch, partner: &EntityId) -> Result<Said, Fault> {
    for _ in 0..PAGES_MAX {
        let path = app.own_page_path(0).await?;
        let page = match fetch.fetch(page_request(partner, path)).await {
            Ok(page) => page,
            // Who was not admitted yet was heard by nobody.
            Err(FetchError::Refused { code, .. }) if code.as_deref() == Some("not_here") => {
                let state = app.join_state_of(partner).await?;
                let is_new = matches!(state, JoinState::Asking | JoinState::Refused { .. });
                return Ok(if is_new { Said::Agrees } else { Said::Nothing });
            }
            Err(_) => return Ok(Said::Nothing),
        };
        match app.take_own_page(&page).await? {
            OwnSays::More => {}
            OwnSays::Agrees => return Ok(Said::Agrees),
            OwnSays::Parted => return Ok(Said::Parted(partner.clone())),
            OwnSays::Divided => return Ok(Said::Divided),
            OwnSays::Nothing => return Ok(Said::Nothing),
        }
    }
    Ok(Said::Nothing)
}

/// Brings the own feed together with the one that a partner knows; whether that was done.
async fn heal(app: &App, fetch: &dyn Fetch, partner: &EntityId) -> Result<bool, Fault> {
    let mut branch = Branch::default();
    for _ in 0..PAGES_MAX {
        let path = app.branch_path(&branch).await?;
        let Ok(page) = fetch.fetch(page_request(partner, path)).await else {
            return Ok(false);
        };
        match app.take_branch_page(&mut branch, &page).await? {
            BranchSays::More => {}
            BranchSays::Whole => return app.heal(&branch).await,
            BranchSays::Divided | BranchSays::Nothing => return Ok(false),
        }
    }
    Ok(false)
}

/// Shows coordinators and authors the feeds that have parted, once each.
async fn tell(app: &App, fetch: &dyn Fetch) -> anyhow::Result<()> {
    for (whom, fork) in sound(app.untold_forks().await)?.unwrap_or_default() {
        let Ok(body) = fork.write() else {
            continue;
        };
        let request = Request {
            entity: whom.clone(),
            path: "/federation/v1/fork".to_owned(),
            body: Some((body, FORK_MEDIA_TYPE)),
            authorization: None,
            media_type: "application/json",
            body_bytes_max: ANSWER_BYTES_MAX,
        };
        match fetch.fetch(request).await {
            Ok(_) | Err(FetchError::Refused { .. }) => {
                sound(app.note_told(&whom, &fork).await)?;
            }
            Err(error) => {
                tracing::debug!(entity = %whom, %error, "{whom} was not shown a fork: {error}");
            }
        }
    }
    Ok(())
}

/// What was read of this node's own store; a fault of it ends the node, another is told.
fn sound<T>(read: Result<T, Fault>) -> anyhow::Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(fault) if fault.ends_the_node() => Err(fault.into()),
        Err(fault) => {
            tracing::warn!(error = %fault, "the own feed could not be confirmed: {fault}");
            Ok(None)
        }
    }
}
