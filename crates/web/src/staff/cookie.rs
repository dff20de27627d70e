//! The cookie that carries a credential.
//!
//! Browsers give a cookie to every port of a host, so on this machine, where several
//! nodes may run, the port is in its name. Elsewhere the name begins with `__Host-`
//! (draft-ietf-httpbis-rfc6265bis §4.1.3.2): it is for this host alone, over TLS.

use std::net::IpAddr;

use http::header::{COOKIE, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue};

/// As long as browsers keep a cookie: 400 days. It is set anew whenever the desk is
/// opened; the credential itself is good until it is revoked.
const COOKIE_SECONDS: i64 = 400 * 24 * 60 * 60;

/// A cookie, by how the node was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cookie {
    name: String,
    is_secure: bool,
}

impl Cookie {
    /// The cookie of the host that was asked.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host: Option<Authority> = host.and_then(|host| host.parse().ok());
        match host {
            Some(host) if is_this_machine(host.host()) => Self {
                name: format!("escale-{}", host.port_u16().unwrap_or(80)),
                is_secure: false,
            },
            Some(_) | None => Self {
                name: "__Host-escale".to_owned(),
                is_secure: true,
            },
        }
    }

    /// What a browser sent in it.
    pub(super) fn read<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let lines = headers.get_all(COOKIE).into_iter();
        let pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'));
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == self.name).then_some(value))
    }

    /// `Set-Cookie` with a token; with none, it is taken away.
    pub(super) fn set(&self, token: Option<&str>) -> Option<HeaderValue> {
        let seconds = if token.is_some() { COOKIE_SECONDS } else { 0 };
        let secure = if self.is_secure { "; Secure" } else { "" };
        let (name, token) = (&self.name, token.unwrap_or_default());
        let text =
            format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::try_from(text).ok()
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = address.parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, set: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        let cookie = Cookie::of(&headers);
        assert_eq!(cookie.set(Some("T")).unwrap(), set, "{host}");
    }

    #[test]
    fn a_cookie_is_for_one_node_alone() {
        let rest = "Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax";
        check("127.0.0.1:7800", &format!("escale-7800=T; {rest}"));
        check("[::1]:7801", &format!("escale-7801=T; {rest}"));
        check("localhost", &format!("escale-80=T; {rest}"));
        let secure = format!("__Host-escale=T; {rest}; Secure");
        for host in [
            "le-mug.example",
            "192.168.1.10:7800",
            "localhost.evil.example",
        ] {
            check(host, &secure);
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "127.0.0.1:7800".parse().unwrap());
        let cookie = Cookie::of(&headers);
        assert_eq!(cookie.read(&headers), None);
        headers.append(COOKIE, "escale-7801=other; a=b".parse().unwrap());
        assert_eq!(cookie.read(&headers), None);
        headers.append(COOKIE, "x=y; escale-7800=mine".parse().unwrap());
        assert_eq!(cookie.read(&headers), Some("mine"));
    }
}
