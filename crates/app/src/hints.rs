//! Hints that a feed has grown: heard from anybody, believed by nobody.
//!
//! A hint makes this node read a feed sooner that it reads anyway. It is forgotten when
//! the node stops: at the next start every feed is read.
//!
//! Specified in `specs/feed.md`, section 8.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use seal::Malformed;
use sync::Mark;
use wire::EntityId;
use wire::hint::Hint;

use crate::relayed::mark_of;
use crate::{App, Fault};

/// Why a hint is not heard.
#[derive(Debug, thiserror::Error)]
pub enum HintError {
    /// The form is wrong.
    #[error("not a hint")]
    Malformed(#[source] Malformed),
    /// It failed here.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What was hinted of each feed and not looked at yet: feeds that are followed alone, so
/// that strangers cannot fill it.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    marks: BTreeMap<EntityId, Mark>,
    /// Who waits for the next.
    waker: Option<Waker>,
}

impl App {
    /// Hears a hint. What this node does not follow, or knows already, is nothing; who
    /// hints cannot tell.
    pub async fn take_hint(&self, bytes: &[u8]) -> Result<(), HintError> {
        let hint = Hint::parse(bytes).map_err(HintError::Malformed)?;
        let Hint { entity, epoch, seq } = hint;
        let mark = Mark { epoch, seq };
        if self.follows(&entity).await? && mark > self.known(&entity).await? {
            self.keep_hint(entity, mark);
        }
        Ok(())
    }

    fn keep_hint(&self, entity: EntityId, mark: Mark) {
        let mut hints = self.hints();
        let heard = hints.marks.entry(entity).or_default();
        *heard = mark.max(*heard);
        let waker = hints.waker.take();
        drop(hints);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until something was hinted; told once. One task waits at a time.
    pub async fn hinted(&self) -> BTreeMap<EntityId, Mark> {
        poll_fn(|context| self.poll_hinted(context)).await
    }

    fn poll_hinted(&self, context: &Context<'_>) -> Poll<BTreeMap<EntityId, Mark>> {
        let mut hints = self.hints();
        if hints.marks.is_empty() {
            hints.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(std::mem::take(&mut hints.marks))
    }

    fn hints(&self) -> MutexGuard<'_, Hints> {
        let hints = self.inner.hints.lock();
        hints.unwrap_or_else(PoisonError::into_inner)
    }

    /// How long a feed is, as far as this node knows; its own, as it has committed it.
    pub async fn known(&self, entity: &EntityId) -> Result<Mark, Fault> {
        let (feed, _) = self.feed_state(entity).await?;
        Ok(mark_of(&feed))
    }
}
