//! Where things lie in the one tree of sled.
//!
//! A raw key is one byte for the space and what follows:
//!
//! | space | key | value |
//! | --- | --- | --- |
//! | 1 meta | `format`, `position`, `self-test` | see below |
//! | 2 fingerprints | prefix | frame of count and sum |
//! | 3 entries | key | head, and the value where it fits |
//! | 4 chunks | key, number (2 bytes) | a part of a value that does not fit |
//!
//! **Invariant:** no raw value is longer than [`RAW_VALUE_BYTES_MAX`]. sled puts
//! what is much longer into files of its own that it never syncs.
//!
//! **Invariant:** whether a value is in chunks, and in how many, follows from the
//! length in its head alone.
//!
//! Specified in `specs/storage.md`.

use store::frame::{self, HEAD_BYTES, Hash, Head};
use store::{Fingerprint, Key, Position, Prefix, ReadError, Versioned};

/// The most bytes that one value of sled has. A leaf of sled holds up to 16 before
/// it splits, and becomes a file that is not synced from 128 KiB on:
/// 17 * (6,000 + 163) = 104,771.
pub(crate) const RAW_VALUE_BYTES_MAX: usize = 6_000;

/// The longest value that lies with its head.
const INLINE_BYTES_MAX: usize = RAW_VALUE_BYTES_MAX - HEAD_BYTES;

/// The format of stores that this program writes, and the newest it opens.
pub(crate) const FORMAT: u32 = 1;

/// What stands before the number of the format.
const FORMAT_MAGIC: &[u8] = b"escale store ";

pub(crate) const META_FORMAT: &[u8] = b"\x01format";
pub(crate) const META_POSITION: &[u8] = b"\x01position";
pub(crate) const META_SELF_TEST: &[u8] = b"\x01self-test";
pub(crate) const FINGERPRINTS: u8 = 2;
pub(crate) const ENTRIES: u8 = 3;
const CHUNKS: u8 = 4;

/// The raw key of an entry's head.
pub(crate) fn entry(key: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(1 + key.len());
    raw.push(ENTRIES);
    raw.extend_from_slice(key);
    raw
}

/// The raw key of a prefix's fingerprint.
pub(crate) fn fingerprint(prefix: Prefix) -> Vec<u8> {
    let [first, second] = prefix.letters();
    vec![FINGERPRINTS, first, second]
}

/// The raw keys of the chunks of a value of `length` bytes under `key`. The number
/// has a fixed length, so no two keys share one.
pub(crate) fn chunks(key: &Key, length: u32) -> impl Iterator<Item = Vec<u8>> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let count = if length > INLINE_BYTES_MAX {
        length.div_ceil(RAW_VALUE_BYTES_MAX)
    } else {
        0
    };
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    let key = key.as_bytes();
    (0..count).map(move |number| {
        let mut raw = Vec::with_capacity(3 + key.len());
        raw.push(CHUNKS);
        raw.extend_from_slice(key);
        raw.extend_from_slice(&number.to_be_bytes());
        raw
    })
}

/// A raw key and its raw value.
pub(crate) type RawEntry = (Vec<u8>, Vec<u8>);

/// What `value` is stored as, and its hash.
pub(crate) fn pack(key: &Key, version: Position, value: &[u8]) -> (Hash, Vec<RawEntry>) {
    let head = Head::new(key.as_bytes(), version, value);
    let mut first = head.to_bytes().to_vec();
    if value.len() <= INLINE_BYTES_MAX {
        first.extend_from_slice(value);
    }
    let parts = chunks(key, head.length).zip(value.chunks(RAW_VALUE_BYTES_MAX));
    let parts = parts.map(|(raw, part)| (raw, part.to_vec()));
    (
        head.hash,
        std::iter::once((entry(key.as_bytes()), first))
            .chain(parts)
            .collect(),
    )
}

/// A value that was read and proven whole.
pub(crate) struct Found {
    pub(crate) versioned: Versioned,
    pub(crate) hash: Hash,
}

impl Found {
    /// The raw keys under which it lies, its head included.
    pub(crate) fn raw_keys(&self, key: &Key) -> impl Iterator<Item = Vec<u8>> {
        let length = u32::try_from(self.versioned.value.len()).unwrap_or(u32::MAX);
        std::iter::once(entry(key.as_bytes())).chain(chunks(key, length))
    }
}

/// The value whose head and inline part are `first`; `lookup` gives its chunks.
pub(crate) fn unpack<Raw: AsRef<[u8]>>(
    key: &Key,
    first: &[u8],
    lookup: impl Fn(&[u8]) -> Result<Option<Raw>, ReadError>,
) -> Result<Found, ReadError> {
    let damaged = |what| ReadError::Damaged {
        key: key.to_string(),
        what,
    };
    let (head, inline) = Head::split(first).map_err(|error| error.of(key))?;
    let mut value = inline.to_vec();
    // A length that was damaged must not make this read on: no more than is allowed.
    if usize::try_from(head.length).is_ok_and(|length| length <= store::VALUE_BYTES_MAX) {
        for raw in chunks(key, head.length) {
            let part = lookup(&raw)?.ok_or_else(|| damaged("a part of it is missing"))?;
            value.extend_from_slice(part.as_ref());
        }
    }
    let versioned = head
        .open(key.as_bytes(), value)
        .map_err(|error| error.of(key))?;
    Ok(Found {
        versioned,
        hash: head.hash,
    })
}

/// The entry that says which format a store has.
pub(crate) fn format_entry() -> Vec<u8> {
    [FORMAT_MAGIC, &FORMAT.to_be_bytes()].concat()
}

/// The format that such an entry names, or `None` if it is no such entry.
pub(crate) fn format_of(entry: &[u8]) -> Option<u32> {
    let number = entry.strip_prefix(FORMAT_MAGIC)?;
    number.try_into().ok().map(u32::from_be_bytes)
}

/// A fingerprint as its entry keeps it.
pub(crate) fn pack_fingerprint(raw: &[u8], version: Position, kept: Fingerprint) -> Vec<u8> {
    let mut value = kept.count.to_be_bytes().to_vec();
    value.extend_from_slice(&kept.sum.to_be_bytes());
    frame::encode(raw, version, &value)
}

/// The prefix and fingerprint of such an entry.
pub(crate) fn unpack_fingerprint(
    raw: &[u8],
    entry: &[u8],
) -> Result<(Prefix, Fingerprint), ReadError> {
    let name = || format!("fingerprint {}", raw.escape_ascii());
    let damaged = |what| ReadError::Damaged { key: name(), what };
    let [_, first, second] = raw else {
        return Err(damaged("its key is not a prefix"));
    };
    let (found, _) = frame::decode(raw, entry).map_err(|error| error.of(&name()))?;
    let (count, sum) = number_and(&found.value).ok_or_else(|| damaged("it is not 24 bytes"))?;
    Ok((
        Prefix::new([*first, *second]),
        Fingerprint {
            count,
            sum: u128::from_be_bytes(sum),
        },
    ))
}

/// The last commit and the root over all fingerprints, as their entry keeps them.
pub(crate) fn pack_position(position: Position, root: Hash) -> Vec<u8> {
    let value = [position.0.to_be_bytes().as_slice(), &root.0].concat();
    frame::encode(META_POSITION, position, &value)
}

/// The last commit and the root of such an entry.
pub(crate) fn unpack_position(entry: &[u8]) -> Result<(Position, Hash), ReadError> {
    let name = "the position of the last commit";
    let (found, _) = frame::decode(META_POSITION, entry).map_err(|error| error.of(name))?;
    let damaged = || ReadError::Damaged {
        key: name.to_owned(),
        what: "it is not 24 bytes",
    };
    let (position, root) = number_and(&found.value).ok_or_else(damaged)?;
    Ok((Position(position), Hash(root)))
}

fn number_and(value: &[u8]) -> Option<(u64, [u8; 16])> {
    let (number, rest) = value.split_first_chunk()?;
    Some((u64::from_be_bytes(*number), rest.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn key() -> Key {
        Key::new(Prefix::new(*b"vi"), b"key")
    }

    fn packed(length: usize) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let value: Vec<u8> = (0..length)
            .map(|n| u8::try_from(n % 251).unwrap())
            .collect();
        pack(&key(), Position(3), &value).1.into_iter().collect()
    }

    fn read(parts: &BTreeMap<Vec<u8>, Vec<u8>>) -> Result<Found, ReadError> {
        let first = parts.get(&entry(key().as_bytes())).unwrap();
        unpack(&key(), first, |raw| Ok(parts.get(raw)))
    }

    #[test]
    fn values_around_every_border_read_back_and_fit() {
        let borders = [
            0, 1, 5_970, 5_971, 5_972, 5_999, 6_000, 6_001, 12_000, 12_001,
        ];
        for length in borders.into_iter().chain([store::VALUE_BYTES_MAX]) {
            let parts = packed(length);
            assert!(
                parts.values().all(|part| part.len() <= RAW_VALUE_BYTES_MAX),
                "{length}"
            );
            let found = read(&parts).unwrap();
            assert_eq!(found.versioned.value.len(), length);
            assert_eq!(
                found.raw_keys(&key()).collect::<Vec<_>>(),
                parts.into_keys().collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn a_missing_swapped_or_older_chunk_is_damage() {
        let raw: Vec<_> = chunks(&key(), 20_000).collect();
        assert_eq!(raw.len(), 4);
        let mut missing = packed(20_000);
        missing.remove(&raw[2]);
        let mut swapped = packed(20_000);
        let (one, two) = (swapped[&raw[1]].clone(), swapped[&raw[2]].clone());
        swapped.insert(raw[1].clone(), two);
        swapped.insert(raw[2].clone(), one);
        let mut older = packed(20_000);
        older.insert(raw[3].clone(), packed(19_990)[&raw[3]].clone());
        for parts in [missing, swapped, older] {
            assert!(matches!(read(&parts), Err(ReadError::Damaged { .. })));
        }
    }

    #[test]
    fn a_damaged_head_of_a_chunked_value_is_damage() {
        let whole = packed(20_000);
        for bit in 0..HEAD_BYTES * 8 {
            let mut parts = whole.clone();
            parts.get_mut(&entry(key().as_bytes())).unwrap()[bit / 8] ^= 1 << (bit % 8);
            assert!(
                matches!(read(&parts), Err(ReadError::Damaged { .. })),
                "bit {bit}"
            );
        }
    }
}
