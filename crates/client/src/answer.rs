//! What is read of an answer.
//!
//! **Invariant:** bytes are counted as they arrive; what an answer says of its own
//! length can only make it refused sooner.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use wire::printable;

use crate::FetchError;
use crate::http_fetch::connection_error;

/// The most bytes of a problem document that are read: ours have under 300.
const PROBLEM_BYTES_MAX: usize = 4_096;

/// The most characters of a problem's `code`.
const CODE_CHARS_MAX: usize = 64;

/// The most characters of a peer's text in an error.
const SHOWN_CHARS_MAX: usize = 100;

/// The longest `Retry-After` that is believed: our own back-off ends at an hour too.
pub const RETRY_AFTER_SECONDS_MAX: u64 = 3_600;

/// The body of an answer of 200 with this media type, or what it is instead.
pub(crate) async fn read(
    response: Response,
    media_type: &str,
    body_bytes_max: usize,
) -> Result<Vec<u8>, FetchError> {
    if response.status() != StatusCode::OK {
        return Err(refusal(response).await);
    }
    check_media_type(response.headers(), media_type)?;
    read_body(response, body_bytes_max).await
}

/// Exactly one `Content-Type`, exactly this one, and no coding.
fn check_media_type(headers: &HeaderMap, expected: &str) -> Result<(), FetchError> {
    if let Some(coding) = headers.get(CONTENT_ENCODING) {
        return Err(FetchError::MediaType(format!(
            "(coded) {}",
            shown(coding.as_bytes())
        )));
    }
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    match (values.next(), values.next()) {
        (Some(value), None) if value.as_bytes().eq_ignore_ascii_case(expected.as_bytes()) => Ok(()),
        (Some(value), None) => Err(FetchError::MediaType(shown(value.as_bytes()))),
        (Some(_), Some(_)) => Err(FetchError::MediaType("(several)".to_owned())),
        (None, _) => Err(FetchError::MediaType("(none)".to_owned())),
    }
}

/// The whole body, if it is no longer than the cap.
async fn read_body(mut response: Response, limit: usize) -> Result<Vec<u8>, FetchError> {
    let is_announced_over = response
        .content_length()
        .is_some_and(|length| length > u64::try_from(limit).unwrap_or(0));
    if is_announced_over {
        return Err(FetchError::TooLarge { limit });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(connection_error)? {
        if chunk.len() > limit.saturating_sub(body.len()) {
            return Err(FetchError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The refusal that an answer other than 200 is.
async fn refusal(response: Response) -> FetchError {
    let status = response.status().as_u16();
    let retry_after_seconds = retry_after_seconds(response.headers());
    let code = match check_media_type(response.headers(), "application/problem+json") {
        Ok(()) => read_body(response, PROBLEM_BYTES_MAX)
            .await
            .ok()
            .and_then(|body| code_of(&body)),
        Err(_) => None,
    };
    FetchError::Refused {
        status,
        code,
        retry_after_seconds,
    }
}

/// `Retry-After` as a number of seconds; a date is not read.
fn retry_after_seconds(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| {
        text.parse()
            .unwrap_or(u64::MAX)
            .min(RETRY_AFTER_SECONDS_MAX)
    })
}

/// The stable code of a problem document; everything else in it is left unread.
fn code_of(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Problem {
        code: String,
    }
    let code = serde_json::from_slice::<Problem>(body).ok()?.code;
    let is_code = (1..=CODE_CHARS_MAX).contains(&code.len())
        && code
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    is_code.then_some(code)
}

fn shown(bytes: &[u8]) -> String {
    printable(&String::from_utf8_lossy(bytes), SHOWN_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_code_is_kept_of_a_problem() {
        #[track_caller]
        fn check(body: &str, expected: Option<&str>) {
            assert_eq!(code_of(body.as_bytes()).as_deref(), expected, "{body}");
        }
        check(
            r#"{"code":"not_a_member","detail":"\u202e"}"#,
            Some("not_a_member"),
        );
        check(r#"{"code":"v2"}"#, Some("v2"));
        check(
            &format!(r#"{{"code":"{}"}}"#, "a".repeat(64)),
            Some(&"a".repeat(64)),
        );
        check(&format!(r#"{{"code":"{}"}}"#, "a".repeat(65)), None);
        for other in [
            r#"{"code":"Not"}"#,
            r#"{"code":"a b"}"#,
            r#"{"code":"a\u0000"}"#,
            r#"{"code":""}"#,
            r#"{"code":7}"#,
            r#"{"code":"a","code":"b"}"#,
            r#"{"status":400}"#,
            "[]",
            "<html>",
            "",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn retry_after_is_a_number_of_at_most_an_hour() {
        #[track_caller]
        fn check(value: &'static str, expected: Option<u64>) {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after_seconds(&headers), expected, "{value}");
        }
        check("30", Some(30));
        check("0", Some(0));
        check("3601", Some(3_600));
        check("99999999999999999999999", Some(3_600));
        check("-1", None);
        check("+5", None);
        check("", None);
        check("Fri, 31 Dec 1999 23:59:59 GMT", None);
    }
}
