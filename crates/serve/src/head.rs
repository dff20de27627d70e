//! Judging a request head: pure, from bytes to a verdict.
//!
//! httparse reads the head here exactly as it does in hyper afterwards, so that
//! what is judged is what is served.

use http::Uri;
use http::uri::Authority;

use crate::{Limits, Refusal};

/// Where the body of a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After this many bytes; 0 where there is none.
    Length(u64),
    /// Where its last chunk says.
    Chunked,
}

/// Judges a whole head, its closing empty line included.
pub(crate) fn judge(bytes: &[u8], limits: &Limits) -> Result<Framing, Refusal> {
    let mut headers = vec![httparse::EMPTY_HEADER; limits.headers_max];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::HeadTooLarge),
        Ok(_) | Err(_) => return Err(Refusal::BadHead),
    }
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version)
    else {
        return Err(Refusal::BadHead);
    };
    if matches!(method, "CONNECT" | "TRACE" | "TRACK") {
        return Err(Refusal::MethodRefused);
    }
    if target.len() > limits.target_bytes_max {
        return Err(Refusal::TargetTooLong);
    }
    let host = host_of(request.headers)?;
    judge_target(target, &host)?;
    let framing = framing_of(request.headers, minor)?;
    let length_max = u64::try_from(limits.body_bytes_max).unwrap_or(u64::MAX);
    match framing {
        Framing::Length(length) if length > length_max => Err(Refusal::BodyTooLarge),
        Framing::Length(_) | Framing::Chunked => Ok(framing),
    }
}

/// The values of all lines of one header.
fn values<'h>(headers: &'h [httparse::Header<'h>], name: &str) -> impl Iterator<Item = &'h [u8]> {
    headers
        .iter()
        .filter(move |line| line.name.eq_ignore_ascii_case(name))
        .map(|line| line.value)
}

/// The one `Host`.
fn host_of(headers: &[httparse::Header<'_>]) -> Result<Authority, Refusal> {
    let mut hosts = values(headers, "host");
    let host = hosts.next().ok_or(Refusal::HostMissing)?;
    if hosts.next().is_some() {
        return Err(Refusal::HostRepeated);
    }
    let authority = Authority::try_from(host).map_err(|_| Refusal::HostInvalid)?;
    let text = authority.as_str();
    let port = text.get(authority.host().len()..).unwrap_or_default();
    let is_port_fit = port.is_empty() || authority.port_u16().is_some_and(|port| port != 0);
    if text.contains('@') || authority.host().is_empty() || !is_port_fit {
        return Err(Refusal::HostInvalid);
    }
    Ok(authority)
}

/// A path, or an absolute URL of the same host.
fn judge_target(target: &str, host: &Authority) -> Result<(), Refusal> {
    let is_plain = target
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
    let uri = Uri::try_from(target).map_err(|_| Refusal::TargetAmbiguous)?;
    if !is_plain {
        return Err(Refusal::TargetAmbiguous);
    }
    if !target.starts_with('/') {
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(Refusal::TargetAmbiguous);
        }
        // Compared without regard to case.
        if uri.authority() != Some(host) {
            return Err(Refusal::HostDiffers);
        }
    }
    if is_path_plain(uri.path()) {
        Ok(())
    } else {
        Err(Refusal::TargetAmbiguous)
    }
}

/// Whether every reader finds the same segments in a path, decoded or not.
fn is_path_plain(path: &str) -> bool {
    let Some(decoded) = path.strip_prefix('/').and_then(decoded) else {
        return false;
    };
    let mut segments = decoded.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        // Only the last one may be empty.
        let is_doubled = segment.is_empty() && segments.peek().is_some();
        if is_doubled || segment == b"." || segment == b".." {
            return false;
        }
    }
    true
}

/// A path with its percent signs resolved; `None` where one of them is not followed by
/// two digits, or stands for a slash, a backslash or a control character.
fn decoded(path: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let (digits, after) = rest.split_first_chunk::<2>()?;
        let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
        let byte = u8::try_from(high? * 16 + low?).ok()?;
        if byte.is_ascii_control() || matches!(byte, b'/' | b'\\') {
            return None;
        }
        decoded.push(byte);
        rest = after;
    }
    Some(decoded)
}

/// The one way in which the body's end is told.
fn framing_of(headers: &[httparse::Header<'_>], minor: u8) -> Result<Framing, Refusal> {
    let mut lengths = values(headers, "content-length");
    let mut codings = values(headers, "transfer-encoding");
    let both = (lengths.next(), codings.next());
    if lengths.next().is_some() || codings.next().is_some() {
        return Err(Refusal::BodyAmbiguous);
    }
    match both {
        (None, None) => Ok(Framing::Length(0)),
        (Some(length), None) => length_of(length).map(Framing::Length),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") && minor == 1 => {
            Ok(Framing::Chunked)
        }
        (None | Some(_), Some(_)) => Err(Refusal::BodyAmbiguous),
    }
}

/// Digits and nothing else; a number too large for 64 bits is too large a body.
fn length_of(value: &[u8]) -> Result<u64, Refusal> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::BodyAmbiguous);
    }
    let text = std::str::from_utf8(value).map_err(|_| Refusal::BodyAmbiguous)?;
    text.parse().map_err(|_| Refusal::BodyTooLarge)
}
