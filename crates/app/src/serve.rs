//! What other nodes are given: feeds and papers.

use rules::feed::{ANCHOR_KIND, CONFIGURATION_KIND};
use wire::EntityId;
use wire::feed::{PAGE_BYTES_AIM, PAGE_RECORDS_MAX, Page};
use wire::space::THE_ONE;

use crate::stored;
use crate::{App, Fault};

/// Why something is not given.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// There is no such thing here.
    #[error("there is none here")]
    Absent,
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl App {
    /// The records of `entity`'s feed after a position, and its head. Any node may
    /// give anybody's feed: what is in it is signed.
    pub async fn feed_page(
        &self,
        entity: &EntityId,
        epoch: u64,
        after: u64,
        limit: usize,
    ) -> Result<Page, ServeError> {
        let (feed, found) = self.feed_state(entity).await?;
        let (Some(_), Some(head)) = (found, feed.head) else {
            return Err(ServeError::Absent);
        };
        let stem = crate::keys::records_of(entity);
        let after = crate::keys::record(entity, epoch, after);
        let limit = limit.clamp(1, PAGE_RECORDS_MAX);
        let scanned = self
            .store()
            .scan(crate::keys::RECORDS, &stem, Some(&after), limit)
            .await
            .map_err(Fault::from)?;
        // While this node catches up it holds more than the head covers; whoever
        // asks is given a head and no record that lies after it.
        let last = crate::keys::record(entity, head.epoch, head.seq);
        let mut page = Page {
            head: head.text,
            records: Vec::new(),
        };
        let mut bytes = 0;
        for (key, found) in scanned.entries.iter().take_while(|(key, _)| *key <= last) {
            let record = stored::Record::decode(key, found)?.to_page();
            bytes += record.bytes();
            page.records.push(record);
            if bytes >= PAGE_BYTES_AIM {
                break;
            }
        }
        #[cfg(feature = "sabotage")]
        crate::sabotage::forge(&self.identity().entity, entity, &mut page);
        Ok(page)
    }

    /// The node's own Entity Configuration, compact.
    pub async fn configuration(&self) -> Result<String, ServeError> {
        let entity = &self.identity().entity;
        let text = self
            .latest_text(entity, CONFIGURATION_KIND, THE_ONE)
            .await?;
        text.ok_or(ServeError::Absent)
    }

    /// The label's anchor statement, compact.
    pub async fn anchor(&self) -> Result<String, ServeError> {
        let text = self
            .latest_text(&self.identity().coordinator, ANCHOR_KIND, THE_ONE)
            .await?;
        text.ok_or(ServeError::Absent)
    }
}
