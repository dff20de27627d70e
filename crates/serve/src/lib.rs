//! Answering HTTP: connections, their time-outs and their limits.
//!
//! hyper reads and writes the messages; this room decides which connections there
//! are, how long they may take, and which request heads are plain enough to be
//! passed on. hyper repairs some heads silently (it drops `Content-Length` where
//! there is `Transfer-Encoding`), so every head is judged before hyper sees it.
//!
//! **Invariant:** a request that reaches the router has exactly one `Host`, one way
//! to tell where its body ends, and a path that can be read in one way only.
//!
//! **Invariant:** whatever a peer does or leaves undone, its connection ends, and
//! what it holds until then is bounded by [`Limits`].
//!
//! **Invariant:** no task outlives [`serve`].
//!
//! Specified in `specs/fetching.md`; why there is an accept loop of our own:
//! `specs/decisions/0002-own-accept-loop.md`.

#![forbid(unsafe_code)]

mod accept;
mod body;
mod connection;
mod gate;
mod head;
mod limits;
mod progress;
mod refusal;
mod service;
mod slots;
#[cfg(test)]
mod tests;

pub use accept::{Ended, Listen, serve};
pub use limits::Limits;
pub use refusal::Refusal;

use std::net::{IpAddr, SocketAddr};

/// Who is at the other end of a connection: an extension of every request.
///
/// Behind a reverse proxy this is the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address of the network; an IPv4 address is never written as an IPv6 one.
    Tcp(SocketAddr),
    /// A process of this machine, over a Unix socket.
    Unix,
}

impl Peer {
    /// The address, where there is one.
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) => Some(address.ip()),
            Self::Unix => None,
        }
    }

    /// Whether the peer is on this machine, as a reverse proxy is.
    pub fn is_local(self) -> bool {
        self.ip().is_none_or(|address| address.is_loopback())
    }
}
