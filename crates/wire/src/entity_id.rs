//! The name of a node: the origin at which it answers.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use seal::checks::holds;
use url::{Host, Url};

/// An entity identifier (OpenID Federation 1.0 §1.2): `https://host[:port]`, or
/// `http://` on a loopback address for nodes of one machine.
///
/// It is kept exactly as it is written, so that two names are one node only if
/// they are the same bytes: lower case, no default port, no path, no user, no
/// trailing dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(Arc<str>);

/// The most bytes an entity identifier may have: a DNS name, a scheme and a port.
pub const ENTITY_ID_BYTES_MAX: usize = 8 + HOST_BYTES_MAX + 6;

/// The most bytes of a DNS name as text, without its last dot (RFC 1035 §2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// The most bytes of one of its labels.
const LABEL_BYTES_MAX: usize = 63;

/// Why a text is not an entity identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntityIdRefusal {
    /// It does not parse as a URL, or it is too long.
    #[error("not a URL")]
    NotAUrl,
    /// The scheme is neither `https` nor, on loopback, `http`.
    #[error("the scheme must be https (http only on a loopback address)")]
    Scheme,
    /// An `https` entity is named by an address instead of a name.
    #[error("the host must be a name")]
    HostIsAddress,
    /// It is a URL, but not written the one way that names a node.
    #[error("not written as scheme://host[:port] in its shortest form")]
    NotCanonical,
}

impl EntityId {
    /// Reads an entity identifier.
    pub fn parse(text: &str) -> Result<Self, EntityIdRefusal> {
        if !holds("entity_length", text.len() <= ENTITY_ID_BYTES_MAX) {
            return Err(EntityIdRefusal::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| EntityIdRefusal::NotAUrl)?;
        let is_loopback = is_loopback_host(&url);
        match (url.scheme(), url.host()) {
            ("http", Some(_)) if holds("entity_loopback", is_loopback) => {}
            ("https", Some(Host::Domain(name))) => {
                if !holds("entity_host_name", is_host_name(name)) {
                    return Err(EntityIdRefusal::NotCanonical);
                }
            }
            ("https", Some(_)) if holds("entity_is_name", false) => {}
            ("https", Some(_)) => return Err(EntityIdRefusal::HostIsAddress),
            _ => return Err(EntityIdRefusal::Scheme),
        }
        let is_shortest = url.port() != Some(0) && url.origin().ascii_serialization() == text;
        if !holds("entity_spelling", is_shortest) {
            return Err(EntityIdRefusal::NotCanonical);
        }
        Ok(Self(text.into()))
    }

    /// The identifier as text, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of `path` (which begins with `/`) at this node.
    pub fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Host and port as a `Host` header carries them.
    pub fn authority(&self) -> &str {
        self.0
            .split_once("://")
            .map_or("", |(_, authority)| authority)
    }

    /// Whether the node is on this machine: `http` is for these alone.
    pub fn is_loopback(&self) -> bool {
        self.0.starts_with("http://")
    }
}

/// Whether it is a DNS host name (RFC 1123 §2.1) of two labels or more. The URL standard
/// lets pass empty labels, `*`, `_` and more, which no host of ours is called.
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let is_in = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let has_length = (1..=LABEL_BYTES_MAX).contains(&label.len());
        let has_hyphen_at_an_end = label.starts_with('-') || label.ends_with('-');
        has_length && label.bytes().all(is_in) && !has_hyphen_at_an_end
    };
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let has_suffix = name
        .rsplit_once('.')
        .is_some_and(|(_, last)| !is_number(last));
    has_suffix && name.len() <= HOST_BYTES_MAX && name.split('.').all(is_label)
}

fn is_loopback_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl FromStr for EntityId {
    type Err = EntityIdRefusal;

    fn from_str(text: &str) -> Result<Self, EntityIdRefusal> {
        Self::parse(text)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for EntityId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for EntityId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), EntityIdRefusal>) {
        assert_eq!(EntityId::parse(text).map(|_| ()), expected, "{text}");
    }

    #[test]
    fn one_node_has_one_spelling() {
        check("https://le-mug.example", Ok(()));
        check("https://le-mug.example:8443", Ok(()));
        check("https://xn--caf-dma.example", Ok(()));
        for other in [
            "https://le-mug.example/",
            "https://le-mug.example:443",
            "https://Le-Mug.example",
            "https://le-mug.example.",
            "https://le-mug.example/feed",
            "https://le-mug.example?x",
            "https://le-mug.example#x",
            "https://user@le-mug.example",
            "https://café.example",
            "https://localhost",
            "https://le-mug.example:0",
            " https://le-mug.example",
        ] {
            check(other, Err(EntityIdRefusal::NotCanonical));
        }
    }

    #[test]
    fn a_host_is_called_as_dns_calls_hosts() {
        let label = |bytes: usize| "a".repeat(bytes);
        let of = |labels: &[String]| format!("https://{}", labels.join("."));
        let long = |last: usize| of(&[label(63), label(63), label(63), label(last)]);
        for good in [
            "https://a.b",
            "https://1.2.c3",
            "https://a--b.example",
            "https://xn--caf-dma.xn--p1ai",
            &of(&[label(63), "example".to_owned()]),
            &long(61),
        ] {
            check(good, Ok(()));
        }
        for other in [
            "https://a..example",
            "https://.example",
            "https://*.example",
            "https://a_b.example",
            "https://(x).example",
            "https://a!b.example",
            "https://a'b.example",
            "https://a~b.example",
            "https://-a.example",
            "https://a-.example",
            "https://a.-example",
            "https://a.example-",
            "https://-.example",
            &of(&[label(64), "example".to_owned()]),
            &long(62),
        ] {
            // The control: to the URL standard it is a host, written in the shortest form.
            let url = Url::parse(other).unwrap();
            assert_eq!(url.origin().ascii_serialization(), other);
            check(other, Err(EntityIdRefusal::NotCanonical));
        }
        // A number at the end makes an address of it, or no URL at all.
        check("https://a.1", Err(EntityIdRefusal::NotAUrl));
        check("https://a.0x1", Err(EntityIdRefusal::NotAUrl));
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        check("http://127.0.0.1:7801", Ok(()));
        check("http://[::1]:7801", Ok(()));
        check("http://localhost:7801", Ok(()));
        check("http://le-mug.example", Err(EntityIdRefusal::Scheme));
        check("http://192.168.1.4:7801", Err(EntityIdRefusal::Scheme));
        check("ftp://le-mug.example", Err(EntityIdRefusal::Scheme));
        check("file:///etc/passwd", Err(EntityIdRefusal::Scheme));
    }

    #[test]
    fn disguised_addresses_are_refused() {
        check("https://127.0.0.1", Err(EntityIdRefusal::HostIsAddress));
        check("https://[::1]", Err(EntityIdRefusal::HostIsAddress));
        check("https://2130706433", Err(EntityIdRefusal::HostIsAddress));
        check("https://0x7f.1", Err(EntityIdRefusal::HostIsAddress));
        check("http://127.1", Err(EntityIdRefusal::NotCanonical));
        check("http://2130706433:7801", Err(EntityIdRefusal::NotCanonical));
        check("", Err(EntityIdRefusal::NotAUrl));
        check(
            &format!("https://{}.example", "a".repeat(300)),
            Err(EntityIdRefusal::NotAUrl),
        );
    }
}
