//! How many connections there are, in all and per address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Limits, Peer};

/// What counts as one address: an IPv6 user has a whole /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    V4(Ipv4Addr),
    V6([u16; 4]),
}

/// The table of open connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    per_origin: HashMap<Origin, usize>,
}

/// The place of one open connection; dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    origin: Option<Origin>,
}

impl Slots {
    /// A place for a connection of this peer, if there is one.
    pub(crate) fn take(&self, peer: Peer, limits: &Limits) -> Option<Slot> {
        let origin = origin_of(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= limits.connections_max {
            return None;
        }
        if let Some(origin) = origin {
            let count = open.per_origin.entry(origin).or_default();
            if *count >= limits.connections_per_address_max {
                return None;
            }
            *count += 1;
        }
        open.all += 1;
        Some(Slot {
            slots: self.clone(),
            origin,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self
            .slots
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let Some(origin) = self.origin else { return };
        if let Some(count) = open.per_origin.get_mut(&origin) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.per_origin.remove(&origin);
            }
        }
    }
}

/// What is counted; nothing for peers on this machine.
fn origin_of(peer: Peer) -> Option<Origin> {
    if peer.is_local() {
        return None;
    }
    peer.ip().map(|address| match address {
        IpAddr::V4(address) => Origin::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Origin::V6([a, b, c, d])
        }
    })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::Tcp(SocketAddr::new(address.parse().unwrap(), 9))
    }

    fn limits() -> Limits {
        Limits {
            connections_max: 4,
            connections_per_address_max: 2,
            ..Limits::default()
        }
    }

    #[test]
    fn one_address_has_few_connections() {
        let slots = Slots::default();
        let held = [0, 1].map(|_| slots.take(peer("192.0.2.1"), &limits()).unwrap());
        assert!(slots.take(peer("192.0.2.1"), &limits()).is_none());
        assert!(slots.take(peer("192.0.2.2"), &limits()).is_some());
        drop(held);
        assert!(slots.take(peer("192.0.2.1"), &limits()).is_some());
        assert!(
            slots.open.lock().unwrap().per_origin.is_empty(),
            "nothing is kept of the past"
        );
    }

    #[test]
    fn a_whole_ipv6_network_is_one_address() {
        let slots = Slots::default();
        let _held = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2"]
            .map(|address| slots.take(peer(address), &limits()).unwrap());
        assert!(slots.take(peer("2001:db8:0:1::3"), &limits()).is_none());
        assert!(slots.take(peer("2001:db8:0:2::1"), &limits()).is_some());
    }

    #[test]
    fn peers_on_this_machine_are_bounded_by_the_total_alone() {
        let slots = Slots::default();
        let held = [
            peer("127.0.0.1"),
            peer("127.0.0.1"),
            peer("127.0.0.1"),
            Peer::Unix,
        ]
        .map(|peer| slots.take(peer, &limits()).unwrap());
        assert!(slots.take(peer("127.0.0.1"), &limits()).is_none());
        assert!(slots.take(peer("192.0.2.1"), &limits()).is_none());
        drop(held);
        assert!(slots.take(peer("192.0.2.1"), &limits()).is_some());
    }
}
