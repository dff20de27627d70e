//! Every number of this room.

use std::time::Duration;

/// How much and how long. Each default is also in the table of `specs/fetching.md`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the first byte of a request head (from the opening, for the first one)
    /// to its last: 10 s. Heads have one or two packets; 10 s is three lost ones.
    pub head_time: Duration,
    /// Between two pieces of a request body: 10 s.
    pub body_idle_time: Duration,
    /// For a whole request body: 60 s, which 1 MiB takes at 140 kbit/s.
    pub body_time: Duration,
    /// Between two requests: 30 s. Twice what `client` keeps an unused connection,
    /// so that the asking side is the one that closes.
    pub idle_time: Duration,
    /// Between two requests of a peer on this machine: 150 s. A reverse proxy that
    /// sends into a connection which we are closing shows an error to somebody, so
    /// the proxy must be the one that closes (nginx: 60 s, Go and Caddy: 90–120 s).
    pub local_idle_time: Duration,
    /// Without a sign that the answer is being taken: 30 s. Linux tells of room in a
    /// socket when a third of its buffer is free, which a slow line takes a while for.
    pub write_stall_time: Duration,
    /// For the peer to take all that was ready for it: 120 s.
    pub write_time: Duration,
    /// The life of a connection: 10 minutes; the answer under way then is its last,
    /// and after another [`Self::write_time`] the connection is dropped. So no limit
    /// that was overlooked is without end.
    pub life_time: Duration,
    /// For the peer to close after us, so that it can read the last answer: 1 s.
    pub linger_time: Duration,
    /// For the requests under way when the node stops: 10 s. systemd kills after 90.
    pub stop_time: Duration,
    /// Connections at once: 512, half of the 1,024 descriptors that a process has
    /// where nobody raised the limit; the store and the way out need the others.
    pub connections_max: usize,
    /// Connections of one IPv4 address or IPv6 /64: 64. A browser opens 6, and a
    /// whole space may be behind one address. Peers on this machine are exempt: a
    /// reverse proxy is everybody.
    pub connections_per_address_max: usize,
    /// Bytes of a request head: 16 KiB, of which 4 for cookies and 4 for the target.
    pub head_bytes_max: usize,
    /// Header lines: 64. Browsers behind two proxies send under 40.
    pub headers_max: usize,
    /// Bytes of the request target: 4,096, twice what `client` sends.
    pub target_bytes_max: usize,
    /// Bytes of a request body: 1 MiB. Routes lower it.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(10),
            body_idle_time: Duration::from_secs(10),
            body_time: Duration::from_secs(60),
            idle_time: Duration::from_secs(30),
            local_idle_time: Duration::from_secs(150),
            write_stall_time: Duration::from_secs(30),
            write_time: Duration::from_secs(120),
            life_time: Duration::from_secs(600),
            linger_time: Duration::from_secs(1),
            stop_time: Duration::from_secs(10),
            connections_max: 512,
            connections_per_address_max: 64,
            head_bytes_max: 16 * 1_024,
            headers_max: 64,
            target_bytes_max: 4_096,
            body_bytes_max: 1_024 * 1_024,
        }
    }
}
