//! Keys, signatures, and the proof that a document was verified.
//!
//! A document travels as [`Sealed`]: bytes and a signature, all of it a peer's
//! claim. The only way to what is inside is [`Sealed::open`], and what it
//! returns, [`Verified`], cannot be built in any other way.
//!
//! **Invariant:** the signature covers the bytes as they were received. Nothing
//! is parsed before its signature holds, and nothing is serialized again in
//! order to be checked.
//!
//! **Invariant:** a document of one kind is never taken for one of another: the
//! `typ` of its header is part of what is signed, and is compared exactly.
//!
//! Specified in `specs/seal.md`.

#![forbid(unsafe_code)]

pub mod base64url;
pub mod checks;
pub mod holder;
pub mod json;
mod jwk;
mod jws;
mod key;
pub mod keyfile;
#[cfg(feature = "sabotage")]
pub mod sabotage;

pub use jwk::Jwk;
pub use jws::{Document, Malformed, SealRefusal, Sealed, Verified, sign};
pub use key::{KeyRefusal, KeySet, PublicKey, SecretKey, SignatureRefusal, Thumbprint};
