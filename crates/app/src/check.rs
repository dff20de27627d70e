//! Looking through the store for what does not fit.
//!
//! **Invariant:** beside a node at work, what does not fit is reported only where two looks
//! that nothing moved meanwhile show the same: a check raises no false alarm.

use rules::feed::{FeedRefusal, HeadSays, Tip};
use store::ReadError;
use wire::EntityId;

use crate::keys::{FEEDS, HOLDINGS, LATEST, RECORDS};
use crate::stored::{self, Feed, StoredHead};
use crate::walk::Walked;
use crate::{App, Fault, JoinState, Label, PullError};

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Who the node is, and how far each feed is known.
    Quick,
    /// Every entry, hash, signature and fingerprint.
    Deep,
}

/// What was looked at, and what does not fit.
#[derive(Debug, Clone, Default)]
pub struct CheckReport {
    /// Feeds that were walked.
    pub feeds: u64,
    /// Records whose place, hash and signature were checked.
    pub records: u64,
    /// Entries whose frame was checked and counted against the fingerprints.
    pub entries: u64,
    /// What does not fit, in words for the operator.
    pub problems: Vec<String>,
}

impl CheckReport {
    fn say(&mut self, problem: String) {
        self.problems.push(problem);
    }
}

/// What is wrong with one entry, in words; every other fault stays one.
fn problem_of(fault: Fault) -> Result<String, Fault> {
    if let Fault::Read(error @ ReadError::Damaged { .. }) = &fault {
        return Ok(error.to_string());
    }
    if let Fault::Form { .. } = fault {
        return Ok(fault.to_string());
    }
    Err(fault)
}

const PAGE: usize = 100;

/// How often a store that moves is looked through again.
const LOOKS_MAX: usize = 8;

impl App {
    /// Looks through the store. Nothing is changed; problems are collected, so that
    /// one does not hide another. Only a store that cannot be read at all is a fault.
    pub async fn check(&self, depth: Depth) -> Result<CheckReport, Fault> {
        if depth == Depth::Quick {
            return self.look_through(depth).await;
        }
        let mut seen = None;
        let mut before = self.store().fingerprints().await?;
        for _ in 0..LOOKS_MAX {
            let report = self.look_through(depth).await?;
            let after = self.store().fingerprints().await?;
            // What was written and taken back during a look leaves no trace in the
            // fingerprints: only what a second look shows again is wrong.
            let is_at_rest = before == after;
            if report.problems.is_empty() || (is_at_rest && seen == Some(report.problems.clone())) {
                return Ok(report);
            }
            seen = is_at_rest.then_some(report.problems);
            before = after;
        }
        let mut report = self.look_through(depth).await?;
        if !report.problems.is_empty() {
            report.say("the node was at work during every look: check it at rest".to_owned());
        }
        Ok(report)
    }

    async fn look_through(&self, depth: Depth) -> Result<CheckReport, Fault> {
        let mut report = CheckReport::default();
        self.check_joining(&mut report).await?;
        if depth == Depth::Deep {
            self.check_fingerprints(&mut report).await?;
        }
        let mut pointers = 0;
        let mut after = None;
        loop {
            let page = self.store().scan(FEEDS, &[], after.as_ref(), PAGE).await;
            let page = match page.map_err(Fault::from) {
                Ok(page) => page,
                Err(fault) => {
                    report.say(problem_of(fault)?);
                    return Ok(report);
                }
            };
            for (key, found) in &page.entries {
                let checked = match stored::decode::<Feed>(key, found) {
                    Ok(feed) if crate::keys::feed(&feed.entity) == *key => {
                        self.check_feed(&feed, depth, &mut report).await
                    }
                    Ok(feed) => {
                        report.say(format!(
                            "{}: the cursor lies under another key",
                            feed.entity
                        ));
                        continue;
                    }
                    Err(fault) => Err(fault),
                };
                match checked {
                    Ok(count) => pointers += count,
                    Err(fault) => report.say(problem_of(fault)?),
                }
            }
            after = page.entries.last().map(|(key, _)| key.clone());
            if !page.is_cut {
                break;
            }
        }
        if depth == Depth::Deep
            && let Err(fault) = self.check_visits(&mut report).await
        {
            report.say(problem_of(fault)?);
        }
        if depth == Depth::Deep
            && let Err(fault) = self.check_decoys(&mut report).await
        {
            report.say(problem_of(fault)?);
        }
        if depth == Depth::Deep
            && let Err(fault) = self.check_seats(&mut report).await
        {
            report.say(problem_of(fault)?);
        }
        if depth == Depth::Deep && report.problems.is_empty() {
            self.check_accounted(pointers, &mut report).await?;
        }
        Ok(report)
    }

    /// Every label of this node has admitted it, or has not answered yet.
    async fn check_joining(&self, report: &mut CheckReport) -> Result<(), Fault> {
        for Label { coordinator, .. } in self.labels() {
            match self.join_state_of(&coordinator).await {
                Ok(JoinState::Refused { code, .. }) => {
                    let of = if self.is_first_coordinator(&coordinator) {
                        String::new()
                    } else {
                        format!(" of {coordinator}")
                    };
                    report.say(format!("the label{of} refused this node: {code}"));
                }
                Ok(JoinState::Asking | JoinState::Accepted { .. } | JoinState::Nothing) => {}
                Err(Fault::Read(error @ ReadError::Engine(_))) => return Err(error.into()),
                Err(fault) => report.say(fault.to_string()),
            }
        }
        Ok(())
    }

    async fn check_fingerprints(&self, report: &mut CheckReport) -> Result<(), Fault> {
        for (prefix, kept) in self.store().fingerprints().await? {
            if !HOLDINGS.iter().any(|holding| holding.prefix == prefix) {
                report.say(format!(
                    "the store has entries of an unknown kind, {prefix:?}"
                ));
            }
            match self.store().recount(prefix).await.map_err(Fault::from) {
                Ok(counted) if counted == kept => report.entries += counted.count,
                Ok(counted) => report.say(format!(
                    "{prefix:?}: {} entries are there, and {} were written",
                    counted.count, kept.count
                )),
                Err(fault) => report.say(format!("{prefix:?}: {}", problem_of(fault)?)),
            }
        }
        Ok(())
    }

    /// Every record and every pointer belongs to a feed that was walked.
    async fn check_accounted(&self, pointers: u64, report: &mut CheckReport) -> Result<(), Fault> {
        for (prefix, kept) in self.store().fingerprints().await? {
            let walked = match prefix {
                RECORDS => report.records,
                LATEST => pointers,
                _ => continue,
            };
            if walked != kept.count {
                report.say(format!(
                    "{prefix:?}: {} entries are there, and {walked} belong to a feed",
                    kept.count
                ));
            }
        }
        Ok(())
    }

    /// Gives the number of pointers to the latest records.
    async fn check_feed(
        &self,
        feed: &Feed,
        depth: Depth,
        report: &mut CheckReport,
    ) -> Result<u64, Fault> {
        report.feeds += 1;
        if depth == Depth::Quick || feed.seq == 0 {
            return Ok(0);
        }
        let entity = &feed.entity;
        let walked = match self.walk_whole(entity).await {
            Ok(walked) => walked,
            Err(PullError::Fault(fault)) => {
                report.say(format!("{entity}: {}", problem_of(fault)?));
                return Ok(0);
            }
            // It belongs no more, and nobody says by which keys it spoke: what was read
            // when it did is kept as it is.
            Err(PullError::Stranger(_)) => {
                report.records += feed.seq;
                return Ok(self.stored_latest(entity).await?.len() as u64);
            }
            Err(refusal) => {
                report.say(format!("{entity}: {refusal}"));
                return Ok(0);
            }
        };
        report.records += walked.tip.seq;
        let mut say = |what: &str| report.say(format!("{entity}: {what}"));
        if (walked.tip.epoch, walked.tip.seq, walked.tip.hash) != (feed.epoch, feed.seq, feed.hash)
        {
            say("the records do not end where the cursor stands");
        }
        let tip = feed.tip()?;
        if (&tip.ops, &tip.coordinator_fed) != (&walked.tip.ops, &walked.tip.coordinator_fed) {
            say("the keys beside the cursor are not those of the records");
        }
        if !self.does_head_hold(feed, &walked.tip) {
            say("the stored head does not hold");
        }
        if walked.latest != self.stored_latest(entity).await? {
            say("the pointers to the latest records are not those of the records");
        }
        Ok(walked.latest.len() as u64)
    }

    /// A node's own head is at its end. Of another's feed the last head that was
    /// verified may lie behind, or be missing, while the node catches up.
    fn does_head_hold(&self, feed: &Feed, tip: &Tip) -> bool {
        let is_own = feed.entity == self.identity().entity;
        let Some(head) = &feed.head else {
            return !is_own;
        };
        match rules::feed::judge_head(&feed.entity, tip, &head.text, 0) {
            Ok(HeadSays::Complete(said)) => StoredHead::new(&said) == *head,
            Err(FeedRefusal::Behind { seq }) => !is_own && seq == head.seq,
            Ok(HeadSays::More) | Err(_) => false,
        }
    }

    /// Reads a feed from its start; refused where it does not hold to its end.
    async fn walk_whole(&self, entity: &EntityId) -> Result<Walked, PullError> {
        let (feed, _) = self.feed_state(entity).await?;
        let mut authority = self.authority_of(entity).await?;
        // What was heard since is compared with the feed at the next look.
        authority.revoked = authority.revoked.only(&feed.revoked);
        let walked = self.walk(entity, &authority).await?;
        match walked.refusal {
            Some(refusal) => Err(refusal.into()),
            None => Ok(walked),
        }
    }
}
