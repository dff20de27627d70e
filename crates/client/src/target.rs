//! The URL of a request: what the caller asked for and nothing else.
//!
//! **Invariant:** the URL that is asked is, byte for byte, the entity and the path;
//! a path that a URL parser would read differently is refused, never repaired.

use url::{Host, Url};
use wire::EntityId;

use crate::FetchError;
use crate::address::Reach;

/// The most bytes of path and query: room for an entity identifier (267 bytes,
/// thrice that when encoded) and a few numbers, and half of what a node accepts.
pub const PATH_BYTES_MAX: usize = 2_048;

/// Ports below this one belong to other protocols, except the one of HTTPS.
const UNPRIVILEGED_PORT_MIN: u16 = 1_024;

/// The port of HTTPS.
const HTTPS_PORT: u16 = 443;

/// The URL of `path` at `entity`, or why it is not asked.
pub(crate) fn url_of(entity: &EntityId, path: &str, reach: Reach) -> Result<Url, FetchError> {
    let bad_request = || FetchError::BadRequest(entity.to_string());
    let is_plain = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= PATH_BYTES_MAX
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
    if !is_plain {
        return Err(bad_request());
    }
    let text = entity.url_of(path);
    let url = Url::parse(&text).map_err(|_| bad_request())?;
    if url.as_str() != text || !is_at(&url, entity) || !is_port_fit(&url, reach) {
        return Err(bad_request());
    }
    let is_within_reach = match url.host() {
        Some(Host::Ipv4(address)) => reach.covers(address.into()),
        Some(Host::Ipv6(address)) => reach.covers(address.into()),
        Some(Host::Domain(_)) => true,
        None => false,
    };
    if !is_within_reach {
        return Err(no_address(entity));
    }
    Ok(url)
}

/// Whether a URL is one of the entity's.
pub(crate) fn is_at(url: &Url, entity: &EntityId) -> bool {
    url.origin().ascii_serialization() == entity.as_str()
        && url.username().is_empty()
        && url.password().is_none()
}

/// The refusal of an entity that has no address within reach.
pub(crate) fn no_address(entity: &EntityId) -> FetchError {
    FetchError::NoAddress {
        host: entity.authority().to_owned(),
    }
}

/// Whether the port is one at which a node may be. Peers of the configuration and
/// of this machine may be anywhere.
fn is_port_fit(url: &Url, reach: Reach) -> bool {
    let port = url.port_or_known_default().unwrap_or(0);
    reach != Reach::Public || port == HTTPS_PORT || port >= UNPRIVILEGED_PORT_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(text: &str) -> EntityId {
        EntityId::parse(text).unwrap()
    }

    #[track_caller]
    fn check(path: &str, is_asked: bool) {
        let le_mug = entity("https://le-mug.example");
        let url = url_of(&le_mug, path, Reach::Public);
        assert_eq!(url.is_ok(), is_asked, "{path:?}");
        if let Ok(url) = url {
            assert_eq!(url.as_str(), format!("https://le-mug.example{path}"));
        }
    }

    #[test]
    fn a_path_is_asked_as_it_is_written() {
        check("/", true);
        check("/.well-known/openid-federation", true);
        check(
            "/federation/v1/feed?entity=https%3A%2F%2Fa.example&after=3",
            true,
        );
        check("/user@host", true);
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_refused() {
        for path in [
            "",
            "feed",
            "//evil.example/",
            "@evil.example/",
            ":8443/",
            ".evil.example/",
            "/\\evil.example",
            "/feed#part",
            "/../feed",
            "/a/./b",
            "/a/%2e%2e/b",
            "/feed\r\nHost: evil.example",
            "/feed\t",
            "/a b",
            "/caf\u{e9}",
            "/\u{200b}",
            "/\0",
        ] {
            check(path, false);
        }
        check(&format!("/{}", "a".repeat(PATH_BYTES_MAX - 1)), true);
        check(&format!("/{}", "a".repeat(PATH_BYTES_MAX)), false);
    }

    #[test]
    fn ports_of_other_protocols_are_for_named_peers() {
        for (port, is_asked) in [
            (22, false),
            (25, false),
            (80, false),
            (1023, false),
            (8443, true),
        ] {
            let at_port = entity(&format!("https://le-mug.example:{port}"));
            assert_eq!(
                url_of(&at_port, "/", Reach::Public).is_ok(),
                is_asked,
                "{port}"
            );
            assert!(url_of(&at_port, "/", Reach::Named).is_ok(), "{port}");
        }
    }

    #[test]
    fn an_address_in_the_url_is_checked_without_a_resolver() {
        let here = entity("http://127.0.0.1:7801");
        assert!(url_of(&here, "/", Reach::Loopback).is_ok());
        let refused = Err(FetchError::NoAddress {
            host: "127.0.0.1:7801".to_owned(),
        });
        assert_eq!(url_of(&here, "/", Reach::Public), refused);
        let here = entity("http://[::1]:7801");
        assert!(url_of(&here, "/", Reach::Loopback).is_ok());
        assert!(url_of(&here, "/", Reach::Public).is_err());
    }

    #[test]
    fn a_url_of_another_host_is_not_at_the_entity() {
        let le_mug = entity("https://le-mug.example");
        let is_at = |text: &str| is_at(&Url::parse(text).unwrap(), &le_mug);
        assert!(is_at("https://le-mug.example/x"));
        for other in [
            "https://le-mug.example.evil.example/",
            "https://le-mug.example:8443/",
            "http://le-mug.example/",
            "https://user@le-mug.example/",
            "https://:pw@le-mug.example/",
        ] {
            assert!(!is_at(other), "{other}");
        }
    }
}
