//! Every document that two nodes exchange, one module each, with its limits.
//!
//! A module parses and refuses; it never decides. What a document means is a
//! question for `rules`.
//!
//! **Invariant:** readers ignore fields they do not know, and the bytes that were
//! signed are kept and passed on, never a second serialization of them.
//!
//! **Invariant:** what has members by name is an object, and what is one of several
//! words is a text: `shape` is the only way from JSON to a document.
//!
//! **Invariant:** every text, list and number that a peer sends has a limit that
//! is checked where it is read, and again before this node signs it.
//!
//! Specified in `specs/trust.md` and `specs/feed.md`.

#![forbid(unsafe_code)]

mod body;
pub mod disclosure;
mod document;
mod entity_id;
pub mod epoch;
pub mod event;
pub mod federation;
pub mod feed;
pub mod fork;
pub mod hint;
mod invitation;
pub mod label;
pub mod passport;
pub mod qr;
pub mod receipt;
pub mod registration;
pub mod request;
pub mod revocation;
mod shape;
pub mod space;
pub mod status_list;
pub mod trust;
mod values;

pub use body::{BodyKind, LocalText, TEXT_CHARS_MAX};
pub use document::Jwks;
pub use entity_id::{ENTITY_ID_BYTES_MAX, EntityId, EntityIdRefusal};
pub use invitation::{INVITATION_BYTES_MAX, Invitation};
pub use values::{CENTS_MAX, Cents, Sha256Hash, Timestamp, printable};

#[cfg(test)]
mod tests;
