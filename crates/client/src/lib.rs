//! Asking another node.
//!
//! The one way out of this node. Whom to ask is decided by the caller, from the
//! label's register; this room decides how, and refuses addresses that only look
//! like a partner.
//!
//! **Invariant:** no redirect is followed, no proxy is used, nothing compressed is
//! inflated, and no body is read beyond the cap that the caller names.
//!
//! **Invariant:** a private, loopback or otherwise special address is never
//! connected to, unless the configuration names that peer.
//!
//! Specified in `specs/fetching.md`.

#![forbid(unsafe_code)]

mod address;
mod answer;
mod http_fetch;
mod names;
mod roots;
mod target;
#[cfg(test)]
mod tests;
mod turns;

pub use answer::RETRY_AFTER_SECONDS_MAX;
pub use http_fetch::{CONNECT_SECONDS, HttpFetch, Rules, TOTAL_SECONDS, Times};
pub use roots::SetupError;
pub use target::PATH_BYTES_MAX;
pub use turns::{REQUESTS_MAX, REQUESTS_PER_PEER_MAX};
use wire::EntityId;

/// One question to one node.
#[derive(Clone, Debug)]
pub struct Request {
    /// The node that is asked.
    pub entity: EntityId,
    /// Path and query, beginning with `/`.
    pub path: String,
    /// What is sent, and its media type; `None` is a GET, otherwise a POST.
    pub body: Option<(Vec<u8>, &'static str)>,
    /// What proves who asks, as `Authorization` has it, where the answer is not for all.
    pub authorization: Option<String>,
    /// The media type that an answer of 200 must have, exactly, without parameters.
    pub media_type: &'static str,
    /// The most bytes of body that are read.
    pub body_bytes_max: usize,
}

/// Why there is no answer. `Display` is printable whatever the peer sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The request does not fit the rules (path, header, entity).
    #[error("the request to {0} is not well formed")]
    BadRequest(String),
    /// The name does not resolve, or only to addresses that are not connected to.
    #[error("{host} has no address that may be asked")]
    NoAddress {
        /// The host, printable.
        host: String,
    },
    /// No connection, or it broke; includes TLS failures.
    #[error("no connection: {0}")]
    Connection(String),
    /// No whole answer within the time.
    #[error("no answer within {seconds} s")]
    TooSlow {
        /// The limit.
        seconds: u64,
    },
    /// An answer other than 200. `code` is the problem document's `code`, if it had one.
    #[error("answered {status}{}", code.as_deref().map(|c| format!(" ({c})")).unwrap_or_default())]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code of an `application/problem+json` body, printable.
        code: Option<String>,
        /// `Retry-After` in seconds, where it was sent as a number.
        retry_after_seconds: Option<u64>,
    },
    /// The answer has another media type, or a coding such as gzip.
    #[error("answered with the media type {0}")]
    MediaType(String),
    /// The body is over the cap.
    #[error("answered with more than {limit} bytes")]
    TooLarge {
        /// The cap in bytes.
        limit: usize,
    },
}

/// The way out, behind a trait so that a simulation can stand in for the network.
#[async_trait::async_trait]
pub trait Fetch: std::fmt::Debug + Send + Sync + 'static {
    /// Asks, and returns the body of an answer of 200.
    async fn fetch(&self, request: Request) -> Result<Vec<u8>, FetchError>;
}
