//! Whether this node knows where its own feed stands.
//!
//! A folder can be restored from a backup, and a machine can be copied; what then was
//! written into the own feed since is known to others alone. Whoever writes on after an old
//! end signs two records at one position. So a partner is asked first: always at the start,
//! and where the folder is not the one that the node left, nothing is written into the feed
//! before one has answered. Visits, pages and desks go on all the while.
//!
//! **Invariant:** a place of a status list that may have been given before a restart is not
//! given again where that is not known.
//!
//! Specified in `specs/feed.md`, section 9.

use std::future::poll_fn;
use std::sync::{MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use rules::feed::Accepted;
use store::{Batch, Expected, Versioned};
use wire::{EntityId, Timestamp};

use crate::fault::{Attempt, until_settled};
use crate::stored::{self, OwnFeed};
use crate::{App, Fault};

/// How many partners are asked at once how far they know the own feed, beside the
/// coordinators: enough that one is there whom the last word had reached.
pub const PARTNERS_ASKED_MAX: usize = 7;

/// How sure this node is where its own feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnFeedState {
    /// It stands as it is stored here.
    Confirmed,
    /// As far as the folder says, and partners are being asked: what is to be written waits
    /// for a moment.
    Asked,
    /// The folder is not the one that this node left: nothing is written before a partner
    /// has said how far it knows the feed.
    Unconfirmed,
    /// Another machine writes under this name: nothing is written before a person has said
    /// which one goes on.
    Divided,
}

impl OwnFeedState {
    /// Its name in words that stay.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Asked => "asked",
            Self::Unconfirmed => "unconfirmed",
            Self::Divided => "divided",
        }
    }
}

/// What this process knows of it.
#[derive(Debug)]
pub(crate) struct Standing {
    state: OwnFeedState,
    /// When this process started: what was signed later and is not known here, another
    /// machine has signed.
    started_at: Timestamp,
    /// Whether partners shall be asked soon.
    is_wanted: bool,
    wakers: Vec<Waker>,
}

impl Standing {
    pub(crate) fn at(started_at: Timestamp) -> Self {
        Self {
            state: OwnFeedState::Confirmed,
            started_at,
            is_wanted: false,
            wakers: Vec::new(),
        }
    }
}

impl App {
    /// How sure this node is where its own feed stands.
    pub fn own_feed_state(&self) -> OwnFeedState {
        self.standing().state
    }

    /// Whether one of these records of the own feed was written by another machine, as none
    /// that is not known here and that was signed since this process started was written by
    /// this one.
    pub(crate) fn are_from_elsewhere(&self, records: &[Accepted]) -> bool {
        let started_at = self.standing().started_at;
        records.iter().any(|next| next.record.iat > started_at)
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        let standing = self.inner.own_feed.lock();
        standing.unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stand(&self, state: OwnFeedState) {
        let mut standing = self.standing();
        standing.state = state;
        let wakers = std::mem::take(&mut standing.wakers);
        drop(standing);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Says by what the folder is known in which this node stands, before anything is
    /// written. `asks` is whether partners will be asked soon.
    ///
    /// Where that is not what it was when the node stood in it last, the folder was copied:
    /// from then on the node is unsure, through restarts, until [`App::confirm_own_feed`].
    ///
    /// `next` is by what it will be known from now on, if that changes: until it does, either
    /// is this folder.
    pub async fn stand_in(
        &self,
        here: &str,
        next: Option<&str>,
        asks: bool,
    ) -> Result<OwnFeedState, Fault> {
        let (before, _) = self.own_feed_row().await?;
        let known = [before.here.as_deref(), before.next.as_deref()];
        let is_copied = before.here.is_some() && !known.contains(&Some(here));
        // Reading the lists is not for every start.
        let newest = if is_copied {
            self.newest_status_list().await?
        } else {
            0
        };
        let now = self.now();
        let row = self.change_own_feed(|row| {
            row.here = Some(here.to_owned());
            row.next = next.map(str::to_owned);
            if is_copied {
                row.is_unconfirmed = true;
                row.close_lists(newest, now);
            }
        });
        let row = row.await?;
        let state = match row {
            _ if row.is_divided => OwnFeedState::Divided,
            _ if row.is_unconfirmed => OwnFeedState::Unconfirmed,
            _ if asks => OwnFeedState::Asked,
            _ => OwnFeedState::Confirmed,
        };
        self.stand(state);
        Ok(state)
    }

    /// Whom to ask how far they know this node's feed: its coordinators, and a few partners,
    /// others each time.
    pub async fn partners_to_ask(&self, noise: u64) -> Result<Vec<EntityId>, Fault> {
        let coordinators: Vec<_> = self.labels().into_iter().map(|it| it.coordinator).collect();
        let mut others = self.followed().await?;
        others.retain(|it| !coordinators.contains(it));
        if !others.is_empty() {
            let first = usize::try_from(noise % others.len() as u64).unwrap_or(0);
            others.rotate_left(first);
        }
        others.truncate(PARTNERS_ASKED_MAX);
        let own = &self.identity().entity;
        let all = coordinators.into_iter().filter(|it| it != own);
        Ok(all.chain(others).collect())
    }

    /// Somebody has shown that this node's own feed has parted: it is looked at soon. Told
    /// once.
    pub fn wants_own_feed(&self) -> bool {
        std::mem::take(&mut self.standing().is_wanted)
    }

    pub(crate) fn want_own_feed(&self) {
        self.standing().is_wanted = true;
    }

    /// Nobody could be asked: what the folder says counts, if it is the one that was left.
    pub fn rely_on_folder(&self) {
        if self.own_feed_state() == OwnFeedState::Asked {
            self.stand(OwnFeedState::Confirmed);
        }
    }

    /// Waits as long as partners are being asked; then whether something may be written.
    pub(crate) async fn may_append(&self) -> Result<(), Fault> {
        match self.own_feed_settled().await {
            OwnFeedState::Confirmed | OwnFeedState::Asked => Ok(()),
            OwnFeedState::Unconfirmed => Err(Fault::Unconfirmed),
            OwnFeedState::Divided => Err(Fault::Divided),
        }
    }

    /// Waits as long as partners are being asked; gives what came of it.
    pub async fn own_feed_settled(&self) -> OwnFeedState {
        poll_fn(|context| self.poll_settled(context)).await
    }

    fn poll_settled(&self, context: &Context<'_>) -> Poll<OwnFeedState> {
        let mut standing = self.standing();
        if standing.state == OwnFeedState::Asked {
            standing.wakers.push(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(standing.state)
    }

    /// A person's word that this machine goes on under this name, whatever another has
    /// written: as soon as a partner has said how far it knows the feed, a new epoch opens,
    /// and what the other writes from then on counts nowhere.
    pub async fn take_over(&self) -> Result<(), Fault> {
        let (newest, now) = (self.newest_status_list().await?, self.now());
        self.change_own_feed(|row| {
            row.is_divided = false;
            row.is_unconfirmed = true;
            row.takes_over = true;
            row.close_lists(newest, now);
        })
        .await?;
        let mut standing = self.standing();
        standing.started_at = now;
        standing.is_wanted = true;
        drop(standing);
        self.stand(OwnFeedState::Unconfirmed);
        Ok(())
    }

    /// Another machine writes under this name.
    pub(crate) async fn divide(&self) -> Result<(), Fault> {
        self.change_own_feed(|row| row.is_divided = true).await?;
        self.stand(OwnFeedState::Divided);
        tracing::error!(
            "another machine writes under this node's name: escale feed take-over, at the one \
             that goes on"
        );
        Ok(())
    }

    pub(crate) async fn own_feed_row(&self) -> Result<(OwnFeed, Option<Versioned>), Fault> {
        let key = crate::keys::own_feed();
        let found = self.store().get(&key).await?;
        let row = match &found {
            Some(found) => stored::decode(&key, found)?,
            None => OwnFeed::default(),
        };
        Ok((row, found))
    }

    pub(crate) async fn change_own_feed(
        &self,
        change: impl Fn(&mut OwnFeed) + Sync,
    ) -> Result<OwnFeed, Fault> {
        until_settled!(self.try_change_own_feed(&change).await)
    }

    async fn try_change_own_feed(
        &self,
        change: &(impl Fn(&mut OwnFeed) + Sync),
    ) -> Result<OwnFeed, Attempt<Fault>> {
        let mut batch = Batch::new();
        let row = self.put_own_feed(&mut batch, change).await?;
        self.commit_unless_empty(batch).await?;
        Ok(row)
    }

    /// Puts the changed row into a batch, if it changes.
    pub(crate) async fn put_own_feed(
        &self,
        batch: &mut Batch,
        change: &(impl Fn(&mut OwnFeed) + Sync),
    ) -> Result<OwnFeed, Fault> {
        let (before, found) = self.own_feed_row().await?;
        let mut row = before.clone();
        change(&mut row);
        if row != before {
            let key = crate::keys::own_feed();
            batch.expect(key.clone(), Expected::unchanged(found.as_ref()));
            batch.put(key.clone(), stored::encode(&key, &row)?);
        }
        Ok(row)
    }
}

impl OwnFeed {
    /// No place of these lists is given any more.
    pub(crate) fn close_lists(&mut self, newest: u32, now: wire::Timestamp) {
        self.lists_closed = self.lists_closed.max(newest);
        self.closed_at = Some(now);
    }
}
