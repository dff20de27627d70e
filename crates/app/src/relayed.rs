//! Pages of a feed that come from another node than its author.
//!
//! A relay is not trusted: it can withhold, it cannot forge. What it gives that does not
//! hold is thrown away and says nothing of the author, and what it gives is judged like the
//! author's own page.
//!
//! Specified in `specs/feed.md`, section 10.

use std::collections::BTreeSet;

use rules::feed::{Accepted, FeedRefusal};
use sync::{Known, Mark};
use wire::EntityId;
use wire::feed::{Page, PageRecord};

use crate::parting::Followed;
use crate::pull::Asked;
use crate::signing::Authority;
use crate::stored::Feed;
use crate::{App, Fault, PullError, PullStep};

/// Who gave a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The author of the feed: what is wrong with the page is shown beside the feed.
    Author,
    /// Anybody else.
    Relay,
}

/// Where the last record of a feed stands.
pub(crate) fn mark_of(feed: &Feed) -> Mark {
    let (epoch, seq) = (feed.epoch, feed.seq);
    Mark { epoch, seq }
}

impl App {
    /// Takes a page of `entity`'s feed that was asked for after that position. Where the feed
    /// was read on meanwhile, because author and relay were both asked, it is not looked at.
    pub async fn take_page_after(
        &self,
        entity: &EntityId,
        (source, after): (Source, Mark),
        bytes: &[u8],
    ) -> Result<PullStep, PullError> {
        let after = Some(after);
        self.take_asked(entity, Asked { source, after }, bytes)
            .await
    }

    /// What of a page follows on what is held; of a relay's page, as far as it withholds
    /// nothing.
    pub(crate) async fn follow_page_of(
        &self,
        source: Source,
        feed: &Feed,
        authority: &Authority,
        page: &Page,
    ) -> Result<Followed, Fault> {
        let followed = self.follow_page(feed, authority, page).await?;
        let withheld = match source {
            Source::Author => None,
            Source::Relay => first_withheld(&followed.accepted),
        };
        let Some(withheld) = withheld else {
            return Ok(followed);
        };
        let seq = withheld.record.seq;
        let is_before = |it: &&PageRecord| it.record != withheld.record.as_str();
        let whole = Page {
            head: page.head.clone(),
            records: page.records.iter().take_while(is_before).cloned().collect(),
        };
        let followed = self.follow_page(feed, authority, &whole).await?;
        let refusal = Some(FeedRefusal::NoBody { seq });
        Ok(Followed {
            refusal,
            ..followed
        })
    }

    /// How long a feed is, as far as this node knows, and when its author signed that last.
    pub async fn known_as_of(&self, entity: &EntityId) -> Result<Known, Fault> {
        let (feed, _) = self.feed_state(entity).await?;
        let mark = mark_of(&feed);
        let as_of_seconds = feed.head.map_or(0, |head| head.iat.0);
        Ok(Known {
            mark,
            as_of_seconds,
        })
    }
}

/// The first record of a relay's page without its body that nothing of the page supersedes,
/// as far as the page is taken. A body that is not taken with its record is never asked for
/// again, so a relay could hide a price for good; the author, or another relay, gives it.
fn first_withheld(accepted: &[Accepted]) -> Option<&Accepted> {
    let mut taken = accepted;
    let mut first = None;
    // What supersedes another may itself be withheld: then neither is taken.
    while let Some(at) = withheld_among(taken) {
        first = taken.get(at);
        taken = taken.get(..at).unwrap_or_default();
    }
    first
}

fn withheld_among(taken: &[Accepted]) -> Option<usize> {
    let mut superseded = BTreeSet::new();
    let mut first = None;
    for (number, next) in taken.iter().enumerate().rev() {
        let is_latest = superseded.insert((&next.record.kind, &next.record.id));
        if is_latest && next.body.is_none() && next.record.body_sha256.is_some() {
            first = Some(number);
        }
    }
    first
}
