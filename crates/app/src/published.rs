//! What a host had published when a visitor came, as its home finds it in the host's feed.
//!
//! **Invariant:** of two records of one kind and id, the one that stood when the visitor
//! came counts. Whoever publishes again afterwards does not bring an older one back.

use rules::receipt::Published;
use rules::trust::CLOCK_LEEWAY_SECONDS;
use seal::Malformed;
use wire::feed::Record;
use wire::receipt::{Receipt, RecordReference};
use wire::space::{Formula, OpeningHours, THE_ONE};
use wire::{BodyKind, EntityId, Timestamp};

use crate::keys::RECORDS;
use crate::stored;
use crate::{App, Fault};

/// The most records of a host's feed that are looked through for one receipt: some years
/// of an honest host's. Looked through is what came after the record that the receipt
/// names, until the next of its kind and id.
const LOOKED_THROUGH_MAX: usize = 4_000;

/// What was found in a host's feed.
pub(crate) enum Found<T> {
    Current(T),
    Nothing,
    NotYet,
    Other,
}

impl<T> Found<T> {
    pub(crate) const fn as_published(&self) -> Published<'_, T> {
        match self {
            Self::Current(value) => Published::Current(value),
            Self::Nothing => Published::Nothing,
            Self::NotYet => Published::NotYet,
            Self::Other => Published::Other,
        }
    }
}

/// Of what a host publishes: a kind, and an id.
#[derive(Clone, Copy)]
struct Subject<'a> {
    host: &'a EntityId,
    kind: &'a str,
    id: &'a str,
}

impl Subject<'_> {
    fn is_of(&self, record: &Record) -> bool {
        record.kind == self.kind && record.id == self.id
    }
}

/// A record of a moment that may be after an arrival says nothing of that visit.
fn is_after(record: &Record, arrived: Timestamp) -> bool {
    record.iat.plus_seconds(CLOCK_LEEWAY_SECONDS) >= arrived
}

/// A record of a moment that may be before an arrival.
fn is_before(record: &Record, arrived: Timestamp) -> bool {
    record.iat.seconds_since(arrived) <= CLOCK_LEEWAY_SECONDS
}

impl App {
    pub(crate) async fn published_hours(
        &self,
        receipt: &Receipt,
    ) -> Result<Found<OpeningHours>, Fault> {
        let about = Subject {
            host: &receipt.iss,
            kind: OpeningHours::KIND,
            id: THE_ONE,
        };
        match receipt.hours.record {
            Some(named) => {
                let read = OpeningHours::read;
                self.published(about, named, receipt.arrived, read).await
            }
            None if self.was_nothing(about, receipt.arrived).await? => Ok(Found::Nothing),
            None => Ok(Found::Other),
        }
    }

    pub(crate) async fn published_formula(
        &self,
        receipt: &Receipt,
    ) -> Result<Found<Formula>, Fault> {
        let Some(value) = &receipt.value else {
            return Ok(Found::Nothing);
        };
        let about = Subject {
            host: &receipt.iss,
            kind: Formula::KIND,
            id: &value.formula,
        };
        self.published(about, value.record, receipt.arrived, Formula::read)
            .await
    }

    /// What stands in a host's feed at the place that its receipt names, if that was the
    /// latest of its kind and id when the visitor came: the latest now, or followed by
    /// one that is younger than the arrival.
    async fn published<T>(
        &self,
        about: Subject<'_>,
        named: RecordReference,
        arrived: Timestamp,
        read: impl Fn(&str) -> Result<T, Malformed>,
    ) -> Result<Found<T>, Fault> {
        let (feed, _) = self.feed_state(about.host).await?;
        if (named.epoch, named.seq) > (feed.epoch, feed.seq) {
            return Ok(Found::NotYet);
        }
        let Some((record, text)) = self.record_at(about.host, named).await? else {
            return Ok(Found::Other);
        };
        if !about.is_of(&record) || !is_before(&record, arrived) {
            return Ok(Found::Other);
        }
        let latest = self.latest_at(about.host, about.kind, about.id).await?;
        let is_latest = latest.is_some_and(|latest| latest.reference() == named);
        if !is_latest {
            let next = self.next_of(about, Some(named)).await?;
            if !next.is_some_and(|(_, next)| is_after(&next, arrived)) {
                return Ok(Found::Other);
            }
        }
        let value = text.and_then(|text| read(&text).ok());
        Ok(value.map_or(Found::Other, Found::Current))
    }

    /// Whether nothing of that kind and id stood in a host's feed when a visitor came:
    /// never, not yet, or not any more.
    async fn was_nothing(&self, about: Subject<'_>, arrived: Timestamp) -> Result<bool, Fault> {
        let Some(latest) = self.latest_at(about.host, about.kind, about.id).await? else {
            return Ok(true);
        };
        let Some((latest, _)) = self.record_at(about.host, latest.reference()).await? else {
            return Ok(false);
        };
        if !is_after(&latest, arrived) {
            return Ok(latest.removed.is_some());
        }
        let mut before = None;
        let mut at = None;
        while let Some((place, record)) = self.next_of(about, at).await? {
            if is_after(&record, arrived) {
                break;
            }
            before = Some(record);
            at = Some(place);
        }
        Ok(before.is_none_or(|record| record.removed.is_some()))
    }

    /// The first record of a kind and id after a place of a feed, or of all of it, and
    /// where it stands. `None` also where too many are between.
    async fn next_of(
        &self,
        about: Subject<'_>,
        after: Option<RecordReference>,
    ) -> Result<Option<(RecordReference, Record)>, Fault> {
        let keys = self.kept_keys_of(about.host).await?;
        let stem = crate::keys::records_of(about.host);
        let mut after = after.map(|at| crate::keys::record(about.host, at.epoch, at.seq));
        let mut left = LOOKED_THROUGH_MAX;
        while left > 0 {
            let most = left.min(store::SCAN_LIMIT_MAX);
            let page = self.store().scan(RECORDS, &stem, after.as_ref(), most);
            let page = page.await?;
            for (key, found) in &page.entries {
                let stored = stored::Record::decode(key, found)?;
                if let Ok(record) = keys.open::<Record>(&stored.record)
                    && about.is_of(&record)
                {
                    let (epoch, seq) = (record.epoch, record.seq);
                    let place = RecordReference { epoch, seq };
                    return Ok(Some((place, record.into_inner())));
                }
            }
            left -= page.entries.len().min(left);
            after = page.entries.last().map(|(key, _)| key.clone());
            if !page.is_cut {
                break;
            }
        }
        Ok(None)
    }
}
