//! Taking another node's feed, page by page.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use rules::feed::{FeedRefusal, HeadSays};
use seal::Malformed;
use store::{Batch, Expected};
use sync::Mark;
use wire::feed::{PAGE_RECORDS_MAX, Page};
use wire::{EntityId, Timestamp};

use crate::append::put_record;
use crate::fault::{Attempt, until_settled};
use crate::relayed::{Source, mark_of};
use crate::stored::{self, StoredHead};
use crate::{App, Fault};

/// Why a page was not taken whole. What came before the fault was kept.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// Not a feed that this node follows: only the coordinators', and those of
    /// spaces that their registers list.
    #[error("{0} is not of this label")]
    Stranger(EntityId),
    /// The page is not a page.
    #[error("not a page of a feed")]
    Page(#[source] Malformed),
    /// A record or the head does not hold.
    #[error(transparent)]
    Refused(#[from] FeedRefusal),
    /// It failed here.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl PullError {
    /// The stable code of `specs/feed.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stranger(_) => "feed_stranger",
            Self::Page(_) => "feed_page",
            Self::Refused(refusal) => refusal.code(),
            Self::Fault(_) => "fault",
        }
    }
}

/// How a pull goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullStep {
    /// We have everything; this many records were new.
    Complete(usize),
    /// This many records were new, and there are more.
    More(usize),
    /// The feed has gone on since this page was asked for: nothing was taken of it.
    Overtaken,
}

/// What a page is, beside its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// Who gave it.
    pub(crate) source: Source,
    /// After which position it was asked for, where others may take pages meanwhile.
    pub(crate) after: Option<Mark>,
}

impl App {
    /// Whether this node follows that feed.
    pub(crate) async fn follows(&self, entity: &EntityId) -> Result<bool, Fault> {
        if *entity == self.identity().entity {
            return Ok(false);
        }
        if self.label_of(entity).is_some() {
            return Ok(true);
        }
        let registers = self.registers().await?;
        Ok(registers.deciding(entity).is_some())
    }

    /// Path and query of the next page of `entity`'s feed.
    pub async fn next_page_path(&self, entity: &EntityId) -> Result<String, Fault> {
        let (_, path) = self.next_page(entity).await?;
        Ok(path)
    }

    /// The same, with the position up to which the feed is held while it is asked for.
    pub async fn next_page(&self, entity: &EntityId) -> Result<(Mark, String), Fault> {
        let (feed, _) = self.feed_state(entity).await?;
        let cursor = self.cursor(&feed).await?;
        Ok((mark_of(&feed), page_path(entity, cursor)))
    }

    /// Takes a page of `entity`'s feed, from whomever it came.
    ///
    /// Records, pointers, keys and cursor move in one commit. A refusal is kept
    /// beside the cursor, so that people see it; the cursor stays at the last good
    /// record.
    pub async fn take_page(&self, entity: &EntityId, bytes: &[u8]) -> Result<PullStep, PullError> {
        let (source, after) = (Source::Author, None);
        self.take_asked(entity, Asked { source, after }, bytes)
            .await
    }

    pub(crate) async fn take_asked(
        &self,
        entity: &EntityId,
        asked: Asked,
        bytes: &[u8],
    ) -> Result<PullStep, PullError> {
        match Page::parse(bytes) {
            Ok(page) => until_settled!(self.try_take_page(entity, asked, &page).await),
            Err(malformed) => {
                self.authority_of(entity).await?;
                if asked.source == Source::Author {
                    self.note_refusal(entity, "feed_page").await?;
                }
                Err(PullError::Page(malformed))
            }
        }
    }

    async fn try_take_page(
        &self,
        entity: &EntityId,
        asked: Asked,
        page: &Page,
    ) -> Result<PullStep, Attempt<PullError>> {
        let authority = self.authority_of(entity).await.map_err(Attempt::Failed)?;
        self.drop_void(entity, &authority).await?;
        let (mut feed, found) = self.feed_state(entity).await?;
        if asked.after.is_some_and(|after| after != mark_of(&feed)) {
            return Ok(PullStep::Overtaken);
        }
        if feed.seq == 0 {
            feed.epoch = authority.epoch;
            // What is read from the start is judged by them record by record.
            feed.revoked = authority.revoked_names();
            feed.by.clone_from(&authority.by);
        }
        let before = feed.clone();
        let followed = self.follow_page_of(asked.source, &feed, &authority, page);
        let followed = followed.await?;
        let (tip, accepted) = (followed.tip, followed.accepted);
        let said = match followed.refusal {
            Some(refusal) => Err(refusal),
            None => rules::feed::judge_head(entity, &tip, &page.head, accepted.len()),
        };
        if is_parting(&said) {
            self.note_parting(&feed, page).await?;
        }
        let mut batch = Batch::new();
        if let (Some(from), Some(found)) = (&followed.from, &found) {
            batch
                .writes
                .extend(self.cut_back(&feed, found, from).await?);
            feed.head = None;
            let epoch = tip.epoch;
            tracing::warn!(%entity, epoch, "{entity} goes on in epoch {epoch}");
        }
        for next in &accepted {
            put_record(&mut batch, entity, &next.record, next.body.as_ref())?;
        }
        feed.move_to(&tip);
        // A fork is over, whoever brings its author's word for that.
        if asked.source == Source::Author || followed.from.is_some() {
            let refusal = said.as_ref().err().map(FeedRefusal::code);
            let is_shown = |_: &&str| asked.source == Source::Author;
            feed.refusal = refusal.filter(is_shown).map(str::to_owned);
        }
        if let Ok(HeadSays::Complete(head)) = &said {
            // A relay may bring an older head of the same position: the newer stays.
            let head = StoredHead::new(head);
            if feed.head.as_ref().is_none_or(|held| head.is_after(held)) {
                feed.head = Some(head);
            }
        }
        // That there was nothing new is not worth a commit: most pulls bring nothing.
        if feed != before {
            feed.pulled_at = said.is_ok().then(|| self.now()).or(before.pulled_at);
            let key = crate::keys::feed(entity);
            batch.expect(key.clone(), Expected::unchanged(found.as_ref()));
            batch.put(key.clone(), stored::encode(&key, &feed)?);
            self.store().commit(batch).await?;
        }
        if followed.from.is_some() {
            self.forget_opened();
        }
        if !accepted.is_empty() {
            self.inner.feeds_moved.fetch_add(1, Ordering::SeqCst);
        }
        if said.is_ok() {
            self.note_pulled(entity);
        }
        match said {
            Ok(HeadSays::Complete(_)) => Ok(PullStep::Complete(accepted.len())),
            Ok(HeadSays::More) => Ok(PullStep::More(accepted.len())),
            Err(refusal) => Err(Attempt::Failed(refusal.into())),
        }
    }

    /// Remembers, until the node ends, that a pull went well just now.
    fn note_pulled(&self, entity: &EntityId) {
        let mut pulled = self
            .inner
            .pulled
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        pulled.insert(entity.clone(), self.now());
    }

    /// When `entity`'s feed was last pulled with success, as far as is known.
    pub(crate) fn pulled_at(&self, feed: &stored::Feed) -> Option<Timestamp> {
        let pulled = self
            .inner
            .pulled
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        pulled.get(&feed.entity).copied().max(feed.pulled_at)
    }

    /// Keeps beside the cursor why a pull failed.
    pub async fn note_refusal(&self, entity: &EntityId, code: &str) -> Result<(), PullError> {
        until_settled!(self.try_note_refusal(entity, code).await)
    }

    async fn try_note_refusal(
        &self,
        entity: &EntityId,
        code: &str,
    ) -> Result<(), Attempt<PullError>> {
        let (mut feed, found) = self.feed_state(entity).await?;
        if feed.refusal.as_deref() == Some(code) {
            return Ok(());
        }
        feed.refusal = Some(code.to_owned());
        let key = crate::keys::feed(entity);
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::unchanged(found.as_ref()));
        batch.put(key.clone(), stored::encode(&key, &feed)?);
        self.store().commit(batch).await?;
        Ok(())
    }
}

/// Whether that may show that a feed has parted.
fn is_parting(said: &Result<HeadSays, FeedRefusal>) -> bool {
    let Err(refusal) = said else { return false };
    ["feed_fork", "feed_gap", "feed_behind"].contains(&refusal.code())
}

/// Path and query of a page of `entity`'s feed after a position.
pub fn page_path(entity: &EntityId, (epoch, after): (u64, u64)) -> String {
    let name: String = url_query_escape(entity.as_str());
    format!(
        "/federation/v1/feed?entity={name}&epoch={epoch}&after={after}&limit={PAGE_RECORDS_MAX}"
    )
}

/// Escapes a text as a query value (RFC 3986 §2.1).
fn url_query_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            let hex = |digit| char::from_digit(u32::from(digit), 16).unwrap_or_default();
            escaped.push('%');
            escaped.push(hex(byte >> 4).to_ascii_uppercase());
            escaped.push(hex(byte & 15).to_ascii_uppercase());
        }
    }
    escaped
}
