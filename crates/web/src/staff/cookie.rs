//! The cookie that carries a credential.
//!
//! Browsers give a cookie to every port of a host, so on this machine, where several
//! nodes may run, the port is in its name. Elsewhere the name begins with `__Host-`
//! (draft-ietf-httpbis-rfc6265bis §4.1.3.2): it is for this host alone, over TLS.

use std::net::IpAddr;

use http::header::{COOKIE, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue};

/// As long as browsers keep a cookie: 400 days. It is set anew whenever the desk is
/// opened; the credential itself is good until it is revoked.
const COOKIE_SECONDS: i64 = 400 * 24 * 60 * 60;

/// A cookie, by where the browser says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cookie {
    name: String,
    is_secure: bool,
}

impl Cookie {
    /// The cookie to be set for the page that sent a form. A proxy may ask under a name
    /// of this machine, so the host that was asked does not tell: the origin does.
    pub(super) fn to_set(headers: &HeaderMap) -> Self {
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        let plain = origin.and_then(|origin| origin.strip_prefix("http://"));
        let host: Option<Authority> = plain.and_then(|host| host.parse().ok());
        match host {
            Some(host) if is_this_machine(host.host()) => Self::of_this_machine(&host),
            Some(_) | None => Self::of_the_network(),
        }
    }

    /// The cookie that came, and what is in it: the network's before this machine's.
    pub(super) fn sent(headers: &HeaderMap) -> Option<(Self, &str)> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host: Option<Authority> = host.and_then(|host| host.parse().ok());
        let here = host.filter(|host| is_this_machine(host.host()));
        let here = here.map(|host| Self::of_this_machine(&host));
        let mut cookies = std::iter::once(Self::of_the_network()).chain(here);
        cookies.find_map(|cookie| cookie.read(headers).map(|token| (cookie, token)))
    }

    fn of_the_network() -> Self {
        Self {
            name: "__Host-escale".to_owned(),
            is_secure: true,
        }
    }

    fn of_this_machine(host: &Authority) -> Self {
        Self {
            name: format!("escale-{}", host.port_u16().unwrap_or(80)),
            is_secure: false,
        }
    }

    /// What a browser sent in it.
    fn read<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
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
    fn check(host: &str, origin: &str, set: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        headers.insert(ORIGIN, origin.parse().unwrap());
        let cookie = Cookie::to_set(&headers);
        assert_eq!(cookie.set(Some("T")).unwrap(), set, "{host} {origin}");
    }

    #[test]
    fn a_cookie_is_for_one_node_alone() {
        let rest = "Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax";
        for (host, port) in [
            ("127.0.0.1:7800", 7800),
            ("[::1]:7801", 7801),
            ("localhost", 80),
        ] {
            let set = format!("escale-{port}=T; {rest}");
            check(host, &format!("http://{host}"), &set);
        }
        let secure = format!("__Host-escale=T; {rest}; Secure");
        for host in [
            "le-mug.example",
            "192.168.1.10:7800",
            "localhost.evil.example",
        ] {
            check(host, &format!("http://{host}"), &secure);
        }
        // Behind a proxy that asks under a name of this machine.
        check("127.0.0.1:7800", "https://le-mug.example", &secure);
        check("127.0.0.1:7800", "null", &secure);
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "127.0.0.1:7800".parse().unwrap());
        let token = |headers: &HeaderMap| Cookie::sent(headers).map(|(_, it)| it.to_owned());
        assert_eq!(token(&headers), None);
        headers.append(COOKIE, "escale-7801=other; a=b".parse().unwrap());
        assert_eq!(token(&headers), None);
        headers.append(COOKIE, "x=y; escale-7800=mine".parse().unwrap());
        assert_eq!(token(&headers).as_deref(), Some("mine"));
        headers.append(COOKIE, "__Host-escale=by tls".parse().unwrap());
        assert_eq!(token(&headers).as_deref(), Some("by tls"));
        // Elsewhere this machine's is nobody's.
        headers.remove(COOKIE);
        headers.insert(COOKIE, "escale-7800=mine".parse().unwrap());
        headers.insert(HOST, "le-mug.example:7800".parse().unwrap());
        assert_eq!(token(&headers), None);
    }
}
