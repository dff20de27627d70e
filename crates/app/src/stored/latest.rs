//! How the pointer to the latest record of a kind and id rests.
//!
//! Its form number 2 is bytes: 2; 1 where the record says that there is none any more, else
//! 0; kind and id, each after its length; epoch, position and revision; numbers as in
//! `bytes`. The form number 1 is JSON, and is read as ever.

use serde::{Deserialize, Serialize};
use store::{Key, Versioned};
use wire::receipt::RecordReference;

use super::bytes::{put_counted, put_number, take, take_number, take_text};
use crate::Fault;

/// Where the latest record of a kind and id stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Latest {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
    pub(crate) rev: u64,
    pub(crate) is_removed: bool,
}

/// The form number 1. A pointer itself cannot be read as JSON alone: who tried would not
/// read what is packed.
#[derive(Deserialize)]
struct Written {
    kind: String,
    id: String,
    epoch: u64,
    seq: u64,
    rev: u64,
    is_removed: bool,
}

impl Written {
    fn into_latest(self) -> Latest {
        let Self {
            kind,
            id,
            epoch,
            seq,
            rev,
            is_removed,
        } = self;
        Latest {
            kind,
            id,
            epoch,
            seq,
            rev,
            is_removed,
        }
    }
}

/// The number of the packed form; JSON begins otherwise.
const PACKED: u8 = 2;

impl Latest {
    /// The pointer to `record`.
    pub(crate) fn of(record: &wire::feed::Record) -> Self {
        Self {
            kind: record.kind.clone(),
            id: record.id.clone(),
            epoch: record.epoch,
            seq: record.seq,
            rev: record.rev,
            is_removed: record.removed.is_some(),
        }
    }

    /// Where it stands.
    pub(crate) const fn reference(&self) -> RecordReference {
        RecordReference {
            epoch: self.epoch,
            seq: self.seq,
        }
    }

    /// What is stored.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut packed = vec![PACKED, u8::from(self.is_removed)];
        put_counted(&mut packed, self.kind.as_bytes());
        put_counted(&mut packed, self.id.as_bytes());
        for number in [self.epoch, self.seq, self.rev] {
            put_number(&mut packed, number);
        }
        packed
    }

    /// What was stored, in either form.
    pub(crate) fn decode(key: &Key, found: &Versioned) -> Result<Self, Fault> {
        if found.value.first() != Some(&PACKED) {
            return super::decode(key, found).map(Written::into_latest);
        }
        Self::unpack(&found.value).ok_or_else(|| Fault::Form {
            key: key.to_string(),
        })
    }

    fn unpack(packed: &[u8]) -> Option<Self> {
        let ([PACKED, is_removed @ (0 | 1)], mut rest) = packed.split_first_chunk()? else {
            return None;
        };
        let latest = Self {
            kind: take_text(&mut rest)?.to_owned(),
            id: take_text(&mut rest)?.to_owned(),
            epoch: take_number(&mut rest)?,
            seq: take_number(&mut rest)?,
            rev: take_number(&mut rest)?,
            is_removed: *is_removed == 1,
        };
        // Nothing follows.
        take::<1>(&mut rest).is_none().then_some(latest)
    }
}

#[cfg(test)]
mod tests {
    use wire::EntityId;

    use super::*;

    fn key() -> Key {
        let entity = EntityId::parse("https://le-mug.example").unwrap();
        crate::keys::latest(&entity, "formula", "jour")
    }

    fn decoded(value: &[u8]) -> Result<Latest, Fault> {
        let found = Versioned {
            value: value.to_vec(),
            version: store::Position(1),
        };
        Latest::decode(&key(), &found)
    }

    fn latest(is_removed: bool) -> Latest {
        Latest {
            kind: "formula".to_owned(),
            id: "journée".to_owned(),
            epoch: 1,
            seq: 300,
            rev: 3,
            is_removed,
        }
    }

    #[test]
    fn a_pointer_is_read_back_from_either_form() {
        for is_removed in [true, false] {
            let latest = latest(is_removed);
            assert_eq!(decoded(&latest.encode()).unwrap(), latest);
            let older = format!(
                r#"{{"form":1,"kind":"formula","id":"journée","epoch":1,"seq":300,"rev":3,"is_removed":{is_removed}}}"#
            );
            assert_eq!(decoded(older.as_bytes()).unwrap(), latest);
        }
    }

    #[test]
    fn the_packed_form_has_these_bytes() {
        let expected = b"\x02\x01\x07formula\x08journ\xc3\xa9e\x01\xac\x02\x03";
        assert_eq!(latest(true).encode(), expected);
    }

    #[test]
    fn bytes_of_no_known_form_are_refused() {
        let packed = latest(false).encode();
        let with = |at: usize, byte: u8| {
            let mut changed = packed.clone();
            changed[at] = byte;
            changed
        };
        let longer = [packed.clone(), vec![0]].concat();
        let mut refused = vec![with(0, 3), with(1, 2), with(3, 0xff), longer];
        refused.extend((0..packed.len()).map(|length| packed[..length].to_vec()));
        for bytes in refused {
            let read = decoded(&bytes);
            assert!(matches!(read, Err(Fault::Form { .. })), "{bytes:?}");
        }
    }
}
