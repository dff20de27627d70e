//! What is answered instead of the router's answer.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};

/// Why a request does not reach the router. The code is what a client may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The head is not HTTP/1.1 or 1.0, or has a bare line feed.
    BadHead,
    /// There is no `Host`.
    HostMissing,
    /// There is more than one `Host`.
    HostRepeated,
    /// `Host` is not a name or address with an optional port.
    HostInvalid,
    /// The target names another host than `Host` does.
    HostDiffers,
    /// More than one way to tell where the body ends, or an unknown one.
    BodyAmbiguous,
    /// The target is neither a path nor an absolute URL, or the path can be read in
    /// several ways (`//`, `\`, `.` and `..`, encoded slashes, control characters).
    TargetAmbiguous,
    /// `CONNECT` or `TRACE`.
    MethodRefused,
    /// The head did not come in time.
    HeadTooSlow,
    /// The body is longer than any that is read.
    BodyTooLarge,
    /// The target is too long.
    TargetTooLong,
    /// The head has too many bytes or lines.
    HeadTooLarge,
    /// The node failed to answer.
    Internal,
    /// There are too many connections.
    Busy,
}

/// When a refused peer may come again: longer than a burst, shorter than patience.
const RETRY_AFTER_SECONDS: &str = "5";

impl Refusal {
    /// Every refusal, for the list of documented codes.
    pub const ALL: [Self; 14] = [
        Self::BadHead,
        Self::HostMissing,
        Self::HostRepeated,
        Self::HostInvalid,
        Self::HostDiffers,
        Self::BodyAmbiguous,
        Self::TargetAmbiguous,
        Self::MethodRefused,
        Self::HeadTooSlow,
        Self::BodyTooLarge,
        Self::TargetTooLong,
        Self::HeadTooLarge,
        Self::Internal,
        Self::Busy,
    ];

    /// The stable code of the problem document.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadHead => "bad_head",
            Self::HostMissing => "host_missing",
            Self::HostRepeated => "host_repeated",
            Self::HostInvalid => "host_invalid",
            Self::HostDiffers => "host_differs",
            Self::BodyAmbiguous => "body_ambiguous",
            Self::TargetAmbiguous => "target_ambiguous",
            Self::MethodRefused => "method_refused",
            Self::HeadTooSlow => "head_too_slow",
            Self::BodyTooLarge => "body_too_large",
            Self::TargetTooLong => "target_too_long",
            Self::HeadTooLarge => "head_too_large",
            Self::Internal => "internal",
            Self::Busy => "busy",
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BadHead
            | Self::HostMissing
            | Self::HostRepeated
            | Self::HostInvalid
            | Self::HostDiffers
            | Self::BodyAmbiguous
            | Self::TargetAmbiguous => StatusCode::BAD_REQUEST,
            Self::MethodRefused => StatusCode::NOT_IMPLEMENTED,
            Self::HeadTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        self.status().canonical_reason().unwrap_or_default()
    }

    /// The problem document (RFC 9457).
    fn problem(self) -> String {
        let (title, status, code) = (self.title(), self.status().as_u16(), self.code());
        format!(r#"{{"type":"about:blank","title":"{title}","status":{status},"code":"{code}"}}"#)
    }

    /// The answer of a request.
    pub(crate) fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.problem()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// The answer of a connection that is not taken, written without hyper.
    pub(crate) fn bytes(self) -> Vec<u8> {
        let (status, title, problem) = (self.status().as_u16(), self.title(), self.problem());
        let length = problem.len();
        format!(
            "HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\n\
             cache-control: no-store\r\nretry-after: {RETRY_AFTER_SECONDS}\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{problem}"
        )
        .into_bytes()
    }
}
