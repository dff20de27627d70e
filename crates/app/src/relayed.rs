//! Pages of a feed that come from another node than its author.
//!
//! A relay is not trusted: it can withhold, it cannot forge. What it gives that does not
//! hold is thrown away and says nothing of the author, and what it gives is judged like the
//! author's own page.
//!
//! Specified in `specs/feed.md`, section 9.

use std::collections::BTreeSet;

use rules::feed::Accepted;
use sync::{Known, Mark};
use wire::EntityId;

use crate::pull::Asked;
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

/// How many records of a relay's page are taken, where it is not all of them: those before
/// the first without its body that none of the page supersedes. A body that is not taken
/// with its record is never asked for again, so a relay could hide a price for good; the
/// author, or another relay, gives it.
pub(crate) fn whole_records(source: Source, accepted: &[Accepted]) -> Option<usize> {
    if source == Source::Author {
        return None;
    }
    let mut superseded = BTreeSet::new();
    let mut first = None;
    for (number, next) in accepted.iter().enumerate().rev() {
        let is_latest = superseded.insert((&next.record.kind, &next.record.id));
        if is_latest && next.body.is_none() && next.record.body_sha256.is_some() {
            first = Some(number);
        }
    }
    first
}
