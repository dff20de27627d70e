//! The frame around every stored value, by which a reading proves it whole.
//!
//! A frame is a head of [`HEAD_BYTES`] and the value. The head is: form (1 byte),
//! length of the value (4 bytes, big-endian), version (8 bytes, big-endian), and
//! hash (16 bytes). A backend may keep head and value apart; [`Head::open`] puts
//! them together again.
//!
//! The hash is the first 16 bytes of SHA-256. It notices accidents: the chance of
//! missing one is 2^-128. It is no signature: who can write to the disk can write
//! a frame.
//!
//! **Invariant:** the hash covers form, key, length, version and value, so a value
//! under another key, an older value with a newer head, and a cut value all fail.
//!
//! **Invariant:** this layout never changes under form 1. Another layout is
//! another form, and a form that is not known is refused, not guessed.
//!
//! Specified in `specs/storage.md`.

use sha2::{Digest, Sha256};

use crate::{Position, ReadError, Versioned};

/// The form of frames that this program writes, and the newest it reads.
pub const FORM: u8 = 1;

/// How many bytes a head has: form, length, version, hash.
pub const HEAD_BYTES: usize = 1 + 4 + 8 + HASH_BYTES;

/// How many bytes of SHA-256 are kept.
pub const HASH_BYTES: usize = 16;

/// Sets these hashes apart from every other use of SHA-256.
const DOMAIN: &[u8] = b"escale/store/frame";

/// The hash in a head: what fingerprints add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash(pub [u8; HASH_BYTES]);

/// What stands before a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    form: u8,
    /// How many bytes the value has.
    pub length: u32,
    /// The commit that wrote the value.
    pub version: Position,
    /// The hash over key, form, length, version and value.
    pub hash: Hash,
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// They are not the bytes that were written.
    #[error("the frame is damaged: {0}")]
    Damaged(&'static str),
    /// They have a form that a newer program wrote.
    #[error("the frame has form {found}, and this program knows form {FORM}: it is too old")]
    NewerForm {
        /// The form that was found.
        found: u8,
    },
}

impl FrameError {
    /// As the error of a read of `key`, which is given printable.
    ///
    /// A newer form is an engine error: a newer program must read this store, and
    /// a repair that takes it for damage would throw good data away.
    pub fn of(self, key: &(impl ToString + ?Sized)) -> ReadError {
        match self {
            Self::Damaged(what) => ReadError::Damaged {
                key: key.to_string(),
                what,
            },
            Self::NewerForm { .. } => ReadError::Engine(format!("at {}: {self}", key.to_string())),
        }
    }
}

impl Head {
    /// The head of `value` under `key`, as commit `version` writes it.
    ///
    /// A value of over 4 GiB saturates the length and will not read back; the
    /// limit on values is far below.
    pub fn new(key: &[u8], version: Position, value: &[u8]) -> Self {
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        let hash = hash(key, version, length, value);
        Self {
            form: FORM,
            length,
            version,
            hash,
        }
    }

    /// The head as bytes.
    pub fn to_bytes(self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        let parts = [self.form]
            .into_iter()
            .chain(self.length.to_be_bytes())
            .chain(self.version.0.to_be_bytes())
            .chain(self.hash.0);
        for (byte, part) in bytes.iter_mut().zip(parts) {
            *byte = part;
        }
        bytes
    }

    /// Splits bytes into a head and what follows it. Nothing is proven yet.
    pub fn split(frame: &[u8]) -> Result<(Self, &[u8]), FrameError> {
        const SHORT: FrameError = FrameError::Damaged("it is shorter than a head");
        let ([form], rest) = frame.split_first_chunk().ok_or(SHORT)?;
        let (length, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (version, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (hash, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let head = Self {
            form: *form,
            length: u32::from_be_bytes(*length),
            version: Position(u64::from_be_bytes(*version)),
            hash: Hash(*hash),
        };
        Ok((head, rest))
    }

    /// The value, proven to be the one that this head was made for under `key`.
    ///
    /// A newer form is told from a damaged form byte: where all else is whole as
    /// the known form, it is the byte that is wrong.
    pub fn open(self, key: &[u8], value: Vec<u8>) -> Result<Versioned, FrameError> {
        let is_whole = usize::try_from(self.length) == Ok(value.len())
            && hash(key, self.version, self.length, &value) == self.hash;
        match (is_whole, self.form) {
            (true, FORM) => Ok(Versioned {
                value,
                version: self.version,
            }),
            (false, form) if form > FORM => Err(FrameError::NewerForm { found: form }),
            (true, _) => Err(FrameError::Damaged(
                "its form is not the one it was written in",
            )),
            (false, _) => Err(FrameError::Damaged("it does not match its hash")),
        }
    }
}

/// Head and value in one piece.
pub fn encode(key: &[u8], version: Position, value: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEAD_BYTES + value.len());
    frame.extend_from_slice(&Head::new(key, version, value).to_bytes());
    frame.extend_from_slice(value);
    frame
}

/// The value in a frame that [`encode`] made for `key`, and its hash.
pub fn decode(key: &[u8], frame: &[u8]) -> Result<(Versioned, Hash), FrameError> {
    let (head, value) = Head::split(frame)?;
    Ok((head.open(key, value.to_vec())?, head.hash))
}

fn hash(key: &[u8], version: Position, length: u32, value: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN);
    hasher.update([FORM]);
    hasher.update(u32::try_from(key.len()).unwrap_or(u32::MAX).to_be_bytes());
    hasher.update(key);
    hasher.update(version.0.to_be_bytes());
    hasher.update(length.to_be_bytes());
    hasher.update(value);
    let mut hash = [0; HASH_BYTES];
    for (byte, full) in hash.iter_mut().zip(hasher.finalize()) {
        *byte = full;
    }
    Hash(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"mb\x00\x01";

    #[test]
    fn a_frame_has_these_bytes() {
        let frame = encode(KEY, Position(7), b"value");
        let hex: Vec<_> = frame.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex.concat(),
            "0100000005000000000000000752e1312e4010706ad650aa208001f7ee76616c7565"
        );
    }

    #[test]
    fn a_frame_reads_back() {
        let frame = encode(KEY, Position(7), b"value");
        let (found, hash) = decode(KEY, &frame).unwrap();
        assert_eq!(
            found,
            Versioned {
                value: b"value".to_vec(),
                version: Position(7)
            }
        );
        assert_eq!(hash, Head::new(KEY, Position(7), b"value").hash);
    }

    #[test]
    fn any_one_bit_change_is_damage() {
        let frame = encode(KEY, Position(7), b"value");
        for bit in 0..frame.len() * 8 {
            let mut changed = frame.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let refused = decode(KEY, &changed).unwrap_err();
            assert!(
                matches!(refused, FrameError::Damaged(_)),
                "bit {bit}: {refused:?}"
            );
        }
    }

    #[test]
    fn any_cut_or_added_byte_is_damage() {
        let frame = encode(KEY, Position(7), b"value");
        for length in 0..frame.len() {
            let refused = decode(KEY, &frame[..length]).unwrap_err();
            assert!(
                matches!(refused, FrameError::Damaged(_)),
                "{length} bytes: {refused:?}"
            );
        }
        let longer = [frame.as_slice(), b"\0"].concat();
        assert!(decode(KEY, &longer).is_err());
    }

    #[test]
    fn a_frame_under_another_key_is_damage() {
        let frame = encode(KEY, Position(7), b"value");
        assert!(decode(b"mb\x00\x02", &frame).is_err());
        // The border between key and what follows is part of what is hashed.
        assert!(decode(b"mb\x00", &frame).is_err());
    }

    #[test]
    fn a_newer_form_is_not_taken_for_damage() {
        let mut frame = encode(KEY, Position(7), b"value");
        frame[0] = 2;
        frame[20] ^= 1;
        let refused = decode(KEY, &frame).unwrap_err();
        assert_eq!(refused, FrameError::NewerForm { found: 2 });
        assert!(
            matches!(refused.of("mb/0001"), ReadError::Engine(said) if said.contains("form 2"))
        );
    }
}
