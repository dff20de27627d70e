//! What kind of place an address is, and which kinds are connected to.
//!
//! **Invariant:** an IPv6 address is refused unless it is known to be fit, so that
//! a form which nobody thought of is not a way in.
//!
//! Ranges: the IANA special-purpose registries (RFC 6890), read in July 2026.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anywhere on the internet.
    Public,
    /// This machine.
    Loopback,
    /// A network of one's own: RFC 1918, unique local, shared (RFC 6598).
    Private,
    /// Everything else: link-local (with the clouds' metadata services), multicast,
    /// unspecified, reserved, documentation, benchmarks, and every form that hides
    /// an IPv4 address in an IPv6 one. No configuration makes these reachable.
    Special,
}

/// Which kinds of address a request may be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Any labelled node.
    Public,
    /// A node that the configuration names: also private networks and this machine.
    Named,
    /// A node of this machine, asked over plain HTTP.
    Loopback,
}

impl Reach {
    /// Whether an address is within reach.
    pub(crate) fn covers(self, address: IpAddr) -> bool {
        match (self, kind_of(address)) {
            (Self::Public | Self::Named, Kind::Public)
            | (Self::Named, Kind::Private)
            | (Self::Named | Self::Loopback, Kind::Loopback) => true,
            (_, Kind::Public | Kind::Private | Kind::Loopback | Kind::Special) => false,
        }
    }
}

/// The kind of an address.
pub(crate) fn kind_of(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => kind_of_v6(address),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Kind {
    match address.octets() {
        [127, ..] => Kind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Kind::Private,
        // This network, and multicast, reserved and broadcast; link-local; protocol
        // assignments and documentation; 6to4 relays; benchmarks; documentation.
        [0 | 224..=255, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18..=19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Kind::Special,
        _ => Kind::Public,
    }
}

fn kind_of_v6(address: Ipv6Addr) -> Kind {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Kind::Loopback,
        [0xfc00..=0xfdff, ..] => Kind::Private,
        // Protocol assignments, with Teredo, benchmarks and ORCHID; documentation; 6to4.
        [0x2001, 0x0000..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0x0000..=0x0fff, ..] => {
            Kind::Special
        }
        [0x2000..=0x3fff, ..] => Kind::Public,
        // Outside global unicast: mapped, compatible, NAT64, link-local, site-local, multicast.
        _ => Kind::Special,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: Kind, addresses: &[&str]) {
        for text in addresses {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(kind_of(address), expected, "{text}");
        }
    }

    #[test]
    fn the_internet_is_public() {
        let edges = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
        ];
        check(Kind::Public, &edges);
        let edges = [
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
        ];
        check(Kind::Public, &edges);
        let edges = [
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
        ];
        check(Kind::Public, &edges);
        check(
            Kind::Public,
            &["198.17.255.255", "198.20.0.0", "223.255.255.255"],
        );
        check(
            Kind::Public,
            &["2000::1", "2001:200::1", "2606:4700::1111", "2a01:e0a::1"],
        );
        check(
            Kind::Public,
            &["2001:db7::1", "2001:db9::1", "2003::1", "3fff:1000::1"],
        );
    }

    #[test]
    fn this_machine_is_loopback() {
        check(Kind::Loopback, &["127.0.0.1", "127.255.255.254", "::1"]);
    }

    #[test]
    fn a_network_of_ones_own_is_private() {
        check(
            Kind::Private,
            &["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.4"],
        );
        check(
            Kind::Private,
            &["100.64.0.1", "100.127.255.255", "fc00::1", "fd00:ec2::254"],
        );
    }

    #[test]
    fn every_other_form_is_special() {
        check(
            Kind::Special,
            &["0.0.0.0", "0.1.2.3", "169.254.169.254", "192.0.0.192"],
        );
        check(
            Kind::Special,
            &["192.0.2.1", "198.51.100.1", "203.0.113.9", "192.88.99.1"],
        );
        check(
            Kind::Special,
            &[
                "198.18.0.1",
                "198.19.255.255",
                "224.0.0.1",
                "239.255.255.255",
            ],
        );
        check(
            Kind::Special,
            &["240.0.0.1", "255.255.255.255", "::", "fe80::1", "fec0::1"],
        );
        check(
            Kind::Special,
            &[
                "::ffff:127.0.0.1",
                "::ffff:1.1.1.1",
                "::127.0.0.1",
                "::1.1.1.1",
            ],
        );
        check(
            Kind::Special,
            &["64:ff9b::7f00:1", "64:ff9b::101:101", "64:ff9b:1::1"],
        );
        check(
            Kind::Special,
            &["2002:7f00:1::", "2001::1", "2001:2::1", "2001:10::1"],
        );
        check(
            Kind::Special,
            &["2001:1ff::1", "2001:db8::1", "3fff::1", "3fff:fff::1"],
        );
        check(
            Kind::Special,
            &[
                "100::1", "5f00::1", "ff02::1", "ff0e::1", "200::1", "4000::1",
            ],
        );
    }

    #[test]
    fn reach_decides_which_kinds_are_connected_to() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let reached = |reach: Reach| {
            ["1.1.1.1", "10.0.0.1", "127.0.0.1", "169.254.169.254"]
                .map(|text| reach.covers(address(text)))
        };
        assert_eq!(reached(Reach::Public), [true, false, false, false]);
        assert_eq!(reached(Reach::Named), [true, true, true, false]);
        assert_eq!(reached(Reach::Loopback), [false, false, true, false]);
    }
}
