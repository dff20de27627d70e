//! Every reader of what a stranger sends, fed with anything.
//!
//! A reader is a function of bytes that ends, without a panic, and whose result keeps what
//! is promised of it: what was read and written again is read as the same, and is no larger
//! than its limits. The tests feed each with mutations of good documents from one seed;
//! `libfuzzer` beside them feeds it with what reaches new code.
//!
//! **Invariant:** a reader here decides nothing itself: it calls what the node calls.

#![forbid(unsafe_code)]

mod calendars;
mod codes;
mod documents;
mod feeds;
mod keys;
pub mod mutate;
mod texts;

use std::fmt::Debug;

/// One reader.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// Its name, and that of its folder in `corpus`.
    pub name: &'static str,
    /// Reads; whether it took what it was given.
    ///
    /// # Panics
    ///
    /// Where the reader does not keep what is promised of it.
    pub read: fn(&[u8]) -> bool,
}

const fn reader(name: &'static str, read: fn(&[u8]) -> bool) -> Reader {
    Reader { name, read }
}

/// All readers.
pub const READERS: &[Reader] = &[
    reader("json", texts::json),
    reader("base64url", texts::base64url),
    reader("entity-id", texts::entity_id),
    reader("shown-text", texts::shown),
    reader("seals", documents::seals),
    reader("claims", documents::claims),
    reader("requests", documents::requests),
    reader("join", documents::join),
    reader("fork", documents::fork),
    reader("hint", documents::hint),
    reader("invitation", documents::invitation),
    reader("jwk", keys::jwk),
    reader("key-binding", keys::key_binding),
    reader("presentation", codes::presentation),
    reader("code", codes::code),
    reader("packed-code", codes::packed),
    reader("parts-of-a-code", codes::parts),
    reader("status-list", codes::status_list),
    reader("statuses", codes::statuses),
    reader("page", feeds::page),
    reader("feed", feeds::feed),
    reader("bodies", feeds::bodies),
    reader("calendar", calendars::calendar),
    reader("event", calendars::event),
    reader("times", calendars::times),
];

/// What must be there by what is promised.
fn kept<T, E: Debug>(result: Result<T, E>, promise: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{promise}: {error:?}"),
    }
}
