//! The own feed, as partners know it: adopted where this node was restored from a backup,
//! and gone on with in a later epoch where it has parted.
//!
//! Specified in `specs/feed.md`, section 9.

use std::collections::BTreeMap;

use rules::feed::{Accepted, CONFIGURATION_KIND, FeedRefusal, HeadSays, Tip};
use rules::passport::status::{INVALID, SUSPENDED};
use seal::{Jwk, KeySet, Verified};
use store::{Batch, Expected, Key, Versioned};
use wire::epoch::{EPOCH_KIND, Epoch};
use wire::feed::{Head, Page, PageRecord, Record};
use wire::receipt::RecordReference;
use wire::revocation::LastGood;
use wire::space::THE_ONE;
use wire::status_list::{STATUS_LIST_KIND, StatusListToken, Statuses};
use wire::{Jwks, Timestamp};

use crate::append::{Entry, put_record};
use crate::fault::{Attempt, until_settled};
use crate::own_feed::OwnFeedState;
use crate::parting::OVERLAP_RECORDS;
use crate::pull::page_path;
use crate::signing::{Authority, OpsKeys};
use crate::stored::{self, Feed};
use crate::turning::configuration_entry;
use crate::walk::Walked;
use crate::{App, Fault};

/// How many records of a branch of the own feed are brought together with another: so many
/// go and are written again in one commit. More is no restored backup that wrote a little:
/// it is a node that ran for months beside itself.
pub const BRANCH_RECORDS_MAX: usize = 400;

/// What a partner's page says of this node's own feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnSays {
    /// The partner knows nothing that is not known here.
    Agrees,
    /// It knew more, which was taken, and there may be more still.
    More,
    /// It knows another feed under this name: both are to be brought together.
    Parted,
    /// Another machine writes under this name.
    Divided,
    /// Nothing can be made of it.
    Nothing,
}

/// The own feed as a partner knows it, from the last record that stands here too.
#[derive(Debug)]
pub struct Branch {
    /// How many records before the end of the own feed they are looked for.
    back: u64,
    /// The last record that both share, and how far the partner's was read.
    found: Option<(LastGood, Tip)>,
    records: Vec<Accepted>,
}

impl Default for Branch {
    fn default() -> Self {
        Self {
            back: OVERLAP_RECORDS,
            found: None,
            records: Vec::new(),
        }
    }
}

/// Whether there is more of a branch to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BranchSays {
    /// There is.
    More,
    /// It is whole, as far as it is taken.
    Whole,
    /// Another machine writes it.
    Divided,
    /// Nothing can be made of it.
    Nothing,
}

/// The last word of a branch about one thing.
struct Word {
    kind: String,
    id: String,
    iat: Timestamp,
    /// `None` where it says that there is no such thing any more.
    text: Option<String>,
}

type Words = BTreeMap<Key, Word>;

impl App {
    /// Path and query by which a partner is asked for this node's own feed, so many records
    /// before its end.
    pub async fn own_page_path(&self, back: u64) -> Result<String, Fault> {
        let entity = &self.identity().entity;
        let (feed, _) = self.feed_state(entity).await?;
        Ok(page_path(entity, self.position_before(&feed, back).await?))
    }

    /// Takes a partner's page of this node's own feed, asked for after its end. Nobody is
    /// believed: what counts is what this node has signed.
    pub async fn take_own_page(&self, bytes: &[u8]) -> Result<OwnSays, Fault> {
        if self.own_feed_state() == OwnFeedState::Divided {
            return Ok(OwnSays::Divided);
        }
        let Ok(page) = Page::parse(bytes) else {
            return Ok(OwnSays::Nothing);
        };
        until_settled!(self.try_take_own_page(&page).await)
    }

    async fn try_take_own_page(&self, page: &Page) -> Result<OwnSays, Attempt<Fault>> {
        let authority = self.own_authority().await?;
        let (feed, found) = self.feed_state(&self.identity().entity).await?;
        let followed = self.follow_page(&feed, &authority, page).await?;
        if followed.from.is_some() {
            // In a later epoch, which this node has not opened.
            return self.parted(&feed, page).await;
        }
        if !all_said(&followed.accepted) {
            return Ok(OwnSays::Nothing);
        }
        match (&followed.refusal, followed.accepted.is_empty()) {
            (Some(_), true) if self.is_of_void_epoch(&feed, page).await? => Ok(OwnSays::Agrees),
            (Some(refusal), true) => match refusal.code() {
                "feed_fork" | "feed_gap" => self.parted(&feed, page).await,
                _ => Ok(OwnSays::Nothing),
            },
            (_, false) if self.are_from_elsewhere(&followed.accepted) => {
                self.divide().await?;
                Ok(OwnSays::Divided)
            }
            (_, false) => {
                let (tip, accepted) = (followed.tip, followed.accepted);
                self.adopt(feed, found.as_ref(), &tip, &accepted).await?;
                Ok(OwnSays::More)
            }
            (None, true) => {
                let (entity, tip) = (&self.identity().entity, &followed.tip);
                match rules::feed::judge_head(entity, tip, &page.head, 0) {
                    Ok(HeadSays::Complete(_)) => Ok(OwnSays::Agrees),
                    Err(FeedRefusal::Behind { .. }) if !self.contradicts(&feed, page).await? => {
                        Ok(OwnSays::Agrees)
                    }
                    Err(FeedRefusal::Behind { .. } | FeedRefusal::Fork { .. }) => {
                        self.parted(&feed, page).await
                    }
                    Ok(HeadSays::More) | Err(_) => Ok(OwnSays::Nothing),
                }
            }
        }
    }

    /// The head of a page, if it opens by a key that the own feed has or had in force.
    async fn head_of(&self, feed: &Feed, page: &Page) -> Result<Option<Head>, Fault> {
        let keys = self.kept_keys_of(&feed.entity).await?;
        let head = keys.open::<Head>(&page.head);
        Ok(head.ok().map(Verified::into_inner))
    }

    /// Whether a page is of an epoch after which this node has gone on: what its head names
    /// and does not stand here is void.
    async fn is_of_void_epoch(&self, feed: &Feed, page: &Page) -> Result<bool, Fault> {
        let head = self.head_of(feed, page).await?;
        Ok(head.is_some_and(|head| head.epoch < feed.epoch))
    }

    /// Whether the head of a page, unless that is of a void epoch, names another record than
    /// the one that stands here.
    async fn contradicts(&self, feed: &Feed, page: &Page) -> Result<bool, Fault> {
        let head = self.head_of(feed, page).await?;
        let Some(head) = head.filter(|head| head.epoch >= feed.epoch) else {
            return Ok(false);
        };
        let (epoch, seq) = (head.epoch, head.seq);
        let at = RecordReference { epoch, seq };
        Ok(self.record_hash(&feed.entity, at).await? != Some(head.hash))
    }

    async fn parted(&self, feed: &Feed, page: &Page) -> Result<OwnSays, Attempt<Fault>> {
        self.note_parting(feed, page).await?;
        Ok(OwnSays::Parted)
    }

    /// Takes over what this node wrote itself and does not remember, with what follows from
    /// it, in one commit.
    async fn adopt(
        &self,
        mut feed: Feed,
        found: Option<&Versioned>,
        tip: &Tip,
        accepted: &[Accepted],
    ) -> Result<(), Attempt<Fault>> {
        let entity = &self.identity().entity;
        let mut batch = Batch::new();
        for next in accepted {
            put_record(&mut batch, entity, &next.record, next.body.as_ref())?;
        }
        let keys = OpsKeys::of(tip);
        let lists = accepted.iter().filter_map(|it| status_list_of(&keys, it));
        let lists: BTreeMap<_, _> = lists.collect();
        let newest = self.adopt_lists(&mut batch, &lists).await?;
        feed.move_to(tip);
        feed.head = None;
        let now = self.now();
        feed.pulled_at = Some(now);
        let key = crate::keys::feed(entity);
        batch.expect(key.clone(), Expected::unchanged(found));
        batch.put(key.clone(), stored::encode(&key, &feed)?);
        self.put_own_feed(&mut batch, &|row| {
            row.is_unconfirmed = true;
            row.close_lists(newest, now);
        })
        .await?;
        // Before the commit: whoever stops waiting for it must not take this for sure.
        self.stand(OwnFeedState::Unconfirmed);
        self.commit_at("adopt", batch).await?;
        self.forget_opened();
        let records = accepted.len();
        tracing::warn!(
            records,
            "this node was restored from a backup: {records} records of its feed are taken \
             from a partner"
        );
        Ok(())
    }

    /// Takes over what these status lists say; gives the number of the newest of all.
    async fn adopt_lists(
        &self,
        batch: &mut Batch,
        lists: &BTreeMap<u32, Statuses>,
    ) -> Result<u32, Fault> {
        for (list, statuses) in lists {
            self.adopt_statuses(batch, *list, statuses).await?;
        }
        let newest = lists.keys().next_back().copied();
        Ok(self.newest_status_list().await?.max(newest.unwrap_or(0)))
    }

    /// Partners have said how far they know the own feed, and nothing of it is missing here:
    /// from now on it is written again.
    pub async fn confirm_own_feed(&self) -> Result<(), Fault> {
        if self.own_feed_state() == OwnFeedState::Divided {
            return Ok(());
        }
        until_settled!(self.try_confirm().await)?;
        self.stand(OwnFeedState::Confirmed);
        let (feed, _) = self.feed_state(&self.identity().entity).await?;
        if feed.seq > 0 && feed.head.is_none() {
            until_settled!(self.sign_head().await)?;
        }
        Ok(())
    }

    async fn try_confirm(&self) -> Result<(), Attempt<Fault>> {
        let (row, _) = self.own_feed_row().await?;
        let (feed, found) = self.feed_state(&self.identity().entity).await?;
        let tip = feed.tip()?;
        // The keys of the feed were turned since the backup, and the folder has old ones.
        let has_key = self.ops_among(tip.ops.as_ref()).is_ok();
        let mut batch = Batch::new();
        if feed.seq > 0 && (row.takes_over || !has_key) {
            let epoch = feed.epoch;
            self.go_on(&mut batch, (feed, found.as_ref()), epoch, Vec::new())
                .await?;
        }
        self.put_own_feed(&mut batch, &|row| {
            row.is_unconfirmed = false;
            row.takes_over = false;
        })
        .await?;
        self.commit_unless_empty(batch).await?;
        Ok(())
    }

    /// Where the own feed, as a partner knows it, is asked for next, to be brought together
    /// with what is held here.
    pub async fn branch_path(&self, branch: &Branch) -> Result<String, Fault> {
        match &branch.found {
            None => self.own_page_path(branch.back).await,
            Some((_, tip)) => {
                let entity = &self.identity().entity;
                Ok(page_path(entity, (tip.epoch, tip.seq)))
            }
        }
    }

    /// Takes a page of it; whether there is more to ask for.
    pub async fn take_branch_page(
        &self,
        branch: &mut Branch,
        bytes: &[u8],
    ) -> Result<BranchSays, Fault> {
        let entity = &self.identity().entity;
        let authority = self.own_authority().await?;
        let Ok(page) = Page::parse(bytes) else {
            return Ok(BranchSays::Nothing);
        };
        let mut rest = page.records.as_slice();
        if branch.found.is_none() {
            let (feed, _) = self.feed_state(entity).await?;
            let Some((shared, after)) = self.shared(&page.records).await? else {
                // They part further back than where this page begins.
                let is_start = branch.back >= feed.seq;
                branch.back = branch.back.saturating_mul(4);
                return Ok(if is_start {
                    BranchSays::Nothing
                } else {
                    BranchSays::More
                });
            };
            let Some(walked) = self.walk_to(entity, &authority, shared).await? else {
                return Ok(BranchSays::Nothing);
            };
            branch.found = Some((shared, walked.tip));
            rest = after;
        }
        let Some((_, tip)) = &mut branch.found else {
            return Ok(BranchSays::Nothing);
        };
        let (accepted, refusal) = rules::feed::extend(entity, authority.author(), tip, rest);
        if self.are_from_elsewhere(&accepted) {
            self.divide().await?;
            return Ok(BranchSays::Divided);
        }
        if !all_said(&accepted) {
            return Ok(BranchSays::Nothing);
        }
        let brought = accepted.len();
        branch.records.extend(accepted);
        let said = rules::feed::judge_head(entity, tip, &page.head, brought);
        let is_more = matches!(said, Ok(HeadSays::More)) && brought > 0;
        if branch.records.len() > BRANCH_RECORDS_MAX {
            tracing::error!("this node's feed has parted too long ago to be brought together");
            return Ok(BranchSays::Nothing);
        }
        if is_more && refusal.is_none() {
            return Ok(BranchSays::More);
        }
        // What this node has gone on after is void, and what ends with a fault is not whole.
        let ends_in = tip.epoch;
        let (feed, _) = self.feed_state(entity).await?;
        let is_complete = refusal.is_none() && matches!(said, Ok(HeadSays::Complete(_)));
        let is_whole = is_complete && ends_in >= feed.epoch && !branch.records.is_empty();
        Ok(if is_whole {
            BranchSays::Whole
        } else {
            BranchSays::Nothing
        })
    }

    /// Brings the own feed together with the one that a partner knows: from the last record
    /// that both share it goes on in a later epoch, with the last word of either side about
    /// each thing. Whether there was anything to bring together.
    pub async fn heal(&self, branch: &Branch) -> Result<bool, Fault> {
        until_settled!(self.try_heal(branch).await)
    }

    async fn try_heal(&self, branch: &Branch) -> Result<bool, Attempt<Fault>> {
        let entity = &self.identity().entity;
        let authority = self.own_authority().await?;
        let (feed, found) = self.feed_state(entity).await?;
        let (Some(found), Some((shared, tip))) = (found, &branch.found) else {
            return Ok(false);
        };
        let Some(walked) = self.walk_to(entity, &authority, *shared).await? else {
            return Ok(false);
        };
        let accepted = branch.records.as_slice();
        let ours = self.own_branch(&feed, &authority, &walked).await?;
        let are_both = !accepted.is_empty() && !ours.is_empty();
        if !are_both || ours.len() > BRANCH_RECORDS_MAX {
            return Ok(false);
        }
        let mut batch = Batch::new();
        let mut entries = Vec::new();
        for (key, word) in merged(words(accepted), words(&ours)) {
            if word.kind == STATUS_LIST_KIND {
                continue;
            }
            if word.text.is_some() || walked.latest.contains_key(&key) {
                let Word { kind, id, text, .. } = word;
                entries.push(Entry { kind, id, text });
            }
        }
        let (by_them, by_us) = (OpsKeys::of(tip), OpsKeys::of(&feed.tip()?));
        let lists = merged_lists([(&by_them, accepted), (&by_us, &ours)]);
        let newest = self.adopt_lists(&mut batch, &lists).await?;
        for (list, statuses) in lists {
            entries.push(self.status_list(list, &statuses).await?.owned());
        }
        let cut = self.cut_back(&feed, &found, &walked).await?;
        batch.writes.extend(cut);
        let epoch = feed.epoch.max(tip.epoch);
        let mut moved = feed;
        moved.move_to(&walked.tip);
        let records = entries.len();
        self.go_on(&mut batch, (moved, Some(&found)), epoch, entries)
            .await?;
        let now = self.now();
        self.put_own_feed(&mut batch, &|row| row.close_lists(newest, now))
            .await?;
        self.commit_at("heal", batch).await?;
        self.forget_opened();
        tracing::warn!(
            records,
            seq = shared.seq,
            "this node's feed had parted after position {}: it goes on in a later epoch",
            shared.seq
        );
        Ok(true)
    }

    /// Opens an epoch later than `epoch` after where `feed` stands, with the papers of now
    /// and these entries.
    async fn go_on(
        &self,
        batch: &mut Batch,
        (feed, found): (Feed, Option<&Versioned>),
        epoch: u64,
        entries: Vec<Entry<String>>,
    ) -> Result<(), Fault> {
        let now = self.signing_time().await?;
        let tip = feed.tip()?;
        let after = tip.last().ok_or(Fault::NoKey)?;
        let in_force = tip.ops.as_ref();
        let signer = match self.ops_among(in_force) {
            Err(Fault::NoKey) => self.ops_among(None)?,
            signer => signer?,
        };
        let is_in_force = |keys: &&KeySet| keys.find(signer.public().thumbprint()).is_some();
        let ops = in_force.filter(is_in_force).cloned();
        let ops = ops.unwrap_or_else(|| KeySet::only(signer.public().clone()));
        let by = self.fed().await?;
        let opening = Epoch {
            iss: feed.entity.clone(),
            iat: now,
            epoch: epoch.saturating_add(1),
            after,
            jwks: Jwks {
                keys: ops.iter().map(Jwk::from).collect(),
            },
        };
        let epoch = opening.epoch;
        let opening = seal::sign(opening, &by)?;
        let configuration = self.make_configuration_of(now, &by, &ops).await?;
        let opening = Entry {
            kind: EPOCH_KIND.to_owned(),
            id: THE_ONE.to_owned(),
            text: Some(opening.as_str().to_owned()),
        };
        let configuration = configuration_entry(configuration.as_str()).owned();
        let all = [opening, configuration]
            .into_iter()
            .chain(entries)
            .collect();
        self.grow(batch, (feed, found), (&signer, epoch), all).await
    }

    /// The last of a partner's records that stands here too, and those after it; `None`
    /// where not even the first does.
    async fn shared<'a>(
        &self,
        theirs: &'a [PageRecord],
    ) -> Result<Option<(LastGood, &'a [PageRecord])>, Fault> {
        let entity = &self.identity().entity;
        let keys = self.kept_keys_of(entity).await?;
        let known = self.held_of(entity, &keys, theirs).await?;
        let rest = theirs.get(known.len()..).unwrap_or_default();
        Ok(known.last().map(|last| (*last, rest)))
    }

    /// What this node wrote itself after the last record that is shared.
    async fn own_branch(
        &self,
        feed: &Feed,
        authority: &Authority,
        walked: &Walked,
    ) -> Result<Vec<Accepted>, Fault> {
        let entity = &feed.entity;
        let stem = crate::keys::records_of(entity);
        let mut after = crate::keys::record(entity, walked.tip.epoch, walked.tip.seq);
        let mut sent = Vec::new();
        while sent.len() <= BRANCH_RECORDS_MAX {
            let page = self
                .store()
                .scan(
                    crate::keys::RECORDS,
                    &stem,
                    Some(&after),
                    store::SCAN_LIMIT_MAX,
                )
                .await?;
            for (key, found) in &page.entries {
                sent.push(stored::Record::decode(key, found)?.to_page());
                after = key.clone();
            }
            if !page.is_cut {
                break;
            }
        }
        let mut tip = walked.tip.clone();
        Ok(rules::feed::extend(entity, authority.author(), &mut tip, &sent).0)
    }
}

/// Whether each record came with what it says: of the own feed nobody else has it.
fn all_said(records: &[Accepted]) -> bool {
    let is_said = |next: &Accepted| next.body.is_some() || next.record.removed.is_some();
    records.iter().all(is_said)
}

/// The last word of a branch about each thing. What opens an epoch and names keys is of the
/// branch alone.
fn words(branch: &[Accepted]) -> Words {
    let mut words = Words::new();
    for Accepted { record, body } in branch {
        let Record { kind, id, .. } = &**record;
        if kind == EPOCH_KIND || kind == CONFIGURATION_KIND {
            continue;
        }
        // Of what says nothing any more, nothing is said again.
        if body.is_none() && record.removed.is_none() {
            continue;
        }
        let word = Word {
            kind: kind.clone(),
            id: id.clone(),
            iat: record.iat,
            text: body.as_ref().map(|body| body.text.clone()),
        };
        words.insert(crate::keys::latest(&record.iss, kind, id), word);
    }
    words
}

/// Of two branches the later word about each thing, by the author's own clock: nobody else
/// has written either.
fn merged(theirs: Words, ours: Words) -> Words {
    let mut merged = theirs;
    for (key, word) in ours {
        let is_later = merged.get(&key).is_none_or(|held| held.iat < word.iat);
        if is_later {
            merged.insert(key, word);
        }
    }
    merged
}

/// The status lists of two branches: at each place the graver status, so that nothing that
/// was taken back on either side holds again.
fn merged_lists(branches: [(&OpsKeys, &[Accepted]); 2]) -> BTreeMap<u32, Statuses> {
    let mut lists: BTreeMap<u32, Statuses> = BTreeMap::new();
    for (keys, branch) in branches {
        let of_branch: BTreeMap<_, _> = branch
            .iter()
            .filter_map(|next| status_list_of(keys, next))
            .collect();
        for (list, statuses) in of_branch {
            lists
                .entry(list)
                .and_modify(|held| graver(held, &statuses))
                .or_insert(statuses);
        }
    }
    lists
}

/// Brings `held` to the graver of both at each place.
fn graver(held: &mut Statuses, other: &Statuses) {
    for at in 0..held.count() {
        let both = [held.get(at), other.get(at)];
        let is_said = |status: &u8| both.contains(&Some(*status));
        if let Some(status) = [INVALID, SUSPENDED].into_iter().find(is_said) {
            held.set(at, status);
        }
    }
}

/// A status list that stands in a record of the own feed: its number, and what it says.
fn status_list_of(keys: &OpsKeys, next: &Accepted) -> Option<(u32, Statuses)> {
    let (record, body) = (&next.record, next.body.as_ref()?);
    if record.kind != STATUS_LIST_KIND {
        return None;
    }
    let token = keys.open::<StatusListToken>(&body.text).ok()?;
    let id = &record.id;
    Some((id.parse().ok()?, Statuses::unpack(&token.status_list).ok()?))
}
