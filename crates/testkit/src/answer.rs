//! What a router answered, with its body read to the end.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::Value;

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads a response to its end.
    pub async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body in memory has an end");
        Self {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes().to_vec(),
        }
    }

    /// The one value of a header; `None` where there is none, or several.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let only = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(only)
    }

    /// The body as JSON; `Null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The stable code of a problem document, or of an error object of OpenID Federation.
    pub fn code(&self) -> Option<String> {
        if let Some(error) = self.json().get("error") {
            let is_json = self.header("content-type") == Some("application/json");
            return error.as_str().filter(|_| is_json).map(str::to_owned);
        }
        let is_problem = self.header("content-type") == Some("application/problem+json");
        let code = self.json().get("code")?.as_str()?.to_owned();
        is_problem.then_some(code)
    }
}
