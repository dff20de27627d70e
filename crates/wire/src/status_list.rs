//! Token Status Lists: one bit a passport, replicated by feed.
//!
//! Specified in `specs/status-list.md`; draft-ietf-oauth-status-list §4 and §5.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use seal::Malformed;
use seal::checks::holds;
use serde::{Deserialize, Serialize};

use crate::document::{Claims, require, sealed_kind};
use crate::{EntityId, Timestamp};

/// The kind of a feed's record whose body is a status list.
pub const STATUS_LIST_KIND: &str = "status-list";

/// What stands between a home's identifier and a list's id in the name of the list.
const NAME_PATH: &str = "/status/";

/// The name of a home's list, from the id of the record that holds it.
pub fn status_list_uri(home: &EntityId, id: &str) -> String {
    home.url_of(&format!("{NAME_PATH}{id}"))
}

/// The id of the record that holds the list of that name; `None` where no list of
/// `home` is called so.
pub fn status_list_id<'a>(home: &EntityId, uri: &'a str) -> Option<&'a str> {
    let id = uri.strip_prefix(home.as_str())?.strip_prefix(NAME_PATH)?;
    (!id.is_empty()).then_some(id)
}

/// The most bytes of a list, inflated.
pub const INFLATED_BYTES_MAX: usize = 1024 * 1024;

/// A list of statuses (`statuslist+jwt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusListToken {
    /// The home.
    pub iss: EntityId,
    /// The list's own name, which passports refer to.
    pub sub: String,
    /// When it was signed.
    pub iat: Timestamp,
    /// Until when it holds.
    pub exp: Timestamp,
    /// How long a copy should be used before it is asked for again, in seconds.
    pub ttl: i64,
    /// The statuses.
    pub status_list: StatusList,
}

sealed_kind!(StatusListToken, "statuslist+jwt", 12 * 1024);

/// The statuses, packed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusList {
    /// Bits a status: 1, 2, 4 or 8.
    pub bits: u8,
    /// The bytes, zlib, base64url.
    pub lst: String,
}

impl Claims for StatusListToken {
    fn check(&self) -> Result<(), Malformed> {
        require(
            holds("list_ends_later", self.exp > self.iat),
            "exp is not after iat",
        )?;
        require(holds("list_ttl", self.ttl > 0), "ttl")?;
        require(
            holds("list_name", (1..=300).contains(&self.sub.len())),
            "sub",
        )?;
        require(
            holds("list_bits", matches!(self.status_list.bits, 1 | 2 | 4 | 8)),
            "bits",
        )
    }
}

/// A list, unpacked: the lowest bits of a byte come first (§4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses {
    bits: u8,
    bytes: Vec<u8>,
}

impl Statuses {
    /// A list of `count` statuses of two bits, all valid: enough for the statuses
    /// that have a meaning.
    pub fn new(count: usize) -> Self {
        Self {
            bits: 2,
            bytes: vec![0; count.div_ceil(4)],
        }
    }

    /// Unpacks, without inflating more than [`INFLATED_BYTES_MAX`].
    pub fn unpack(list: &StatusList) -> Result<Self, Malformed> {
        require(
            holds("list_bits", matches!(list.bits, 1 | 2 | 4 | 8)),
            "bits",
        )?;
        let packed =
            seal::base64url::decode(&list.lst).map_err(|refusal| Malformed(refusal.to_string()))?;
        let mut bytes = Vec::new();
        let limit = INFLATED_BYTES_MAX as u64 + 1;
        ZlibDecoder::new(packed.as_slice())
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(|_| Malformed("not zlib".to_owned()))?;
        require(
            holds("list_inflated", bytes.len() <= INFLATED_BYTES_MAX),
            "inflates to more than a list may have",
        )?;
        Ok(Self {
            bits: list.bits,
            bytes,
        })
    }

    /// Packs.
    pub fn pack(&self) -> Result<StatusList, Malformed> {
        let failed = |_| Malformed("zlib".to_owned());
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&self.bytes).map_err(failed)?;
        let packed = encoder.finish().map_err(failed)?;
        Ok(StatusList {
            bits: self.bits,
            lst: seal::base64url::encode(&packed),
        })
    }

    /// How many statuses there are.
    pub fn count(&self) -> u64 {
        self.bytes.len() as u64 * 8 / u64::from(self.bits)
    }

    /// The status at `idx`: 0 is valid, 1 invalid, 2 suspended (§7.1). `None` is past
    /// the end.
    pub fn get(&self, idx: u64) -> Option<u8> {
        let (byte, shift) = self.place(idx)?;
        let mask = u8::MAX >> (8 - self.bits);
        self.bytes.get(byte).map(|byte| (byte >> shift) & mask)
    }

    /// Sets the status at `idx`; `false` past the end, or where it has no room.
    pub fn set(&mut self, idx: u64, status: u8) -> bool {
        let mask = u8::MAX >> (8 - self.bits);
        let place = self.place(idx);
        let Some((byte, shift)) = place.filter(|_| status <= mask) else {
            return false;
        };
        let Some(byte) = self.bytes.get_mut(byte) else {
            return false;
        };
        *byte = (*byte & !(mask << shift)) | (status << shift);
        true
    }

    fn place(&self, idx: u64) -> Option<(usize, u64)> {
        let bit = idx.checked_mul(u64::from(self.bits))?;
        Some((usize::try_from(bit / 8).ok()?, bit % 8))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// draft-ietf-oauth-status-list §4.1: the list of 16 statuses of one bit.
    #[test]
    fn the_drafts_example_has_the_drafts_bytes() {
        let mut statuses = Statuses {
            bits: 1,
            bytes: vec![0; 2],
        };
        for (idx, status) in [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
            .iter()
            .enumerate()
        {
            assert!(statuses.set(idx as u64, *status));
        }
        assert_eq!(statuses.bytes, [0xb9, 0xa3]);
        assert_eq!(statuses.pack().unwrap().lst, "eNrbuRgAAhcBXQ");
    }

    #[test]
    fn a_bomb_is_not_inflated() {
        let bomb = Statuses {
            bits: 1,
            bytes: vec![0; 64 * 1024 * 1024],
        };
        let packed = bomb.pack().unwrap();
        assert!(packed.lst.len() < 100_000);
        assert!(Statuses::unpack(&packed).is_err());
    }

    #[test]
    fn past_the_end_there_is_no_status() {
        let mut statuses = Statuses::new(8);
        assert_eq!(statuses.get(7), Some(0));
        assert_eq!(statuses.get(8), None);
        assert_eq!(statuses.get(u64::MAX), None);
        assert!(!statuses.set(8, 1));
        assert!(!statuses.set(0, 4));
        for lst in ["", "AQI", "eNrbuRgAAhcBX", "not base64!"] {
            let list = StatusList {
                bits: 1,
                lst: lst.to_owned(),
            };
            assert!(Statuses::unpack(&list).is_err(), "{lst}");
        }
        let list = StatusList {
            bits: 3,
            lst: "eNrbuRgAAhcBXQ".to_owned(),
        };
        assert!(Statuses::unpack(&list).is_err());
    }

    proptest! {
        #[test]
        fn what_is_set_is_read_back(
            bits in prop_oneof![Just(1_u8), Just(2), Just(4), Just(8)],
            sets in proptest::collection::vec((0_u64..64, any::<u8>()), 0..80),
        ) {
            let mut statuses = Statuses { bits, bytes: vec![0; 8 * usize::from(bits)] };
            let mut model = [0_u8; 64];
            for (idx, status) in sets {
                let status = status & (u8::MAX >> (8 - bits));
                prop_assert!(statuses.set(idx, status));
                model[usize::try_from(idx).unwrap()] = status;
            }
            let again = Statuses::unpack(&statuses.pack().unwrap()).unwrap();
            for (idx, status) in model.iter().enumerate() {
                prop_assert_eq!(again.get(idx as u64), Some(*status));
            }
        }
    }
}
