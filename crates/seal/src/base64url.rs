//! Unpadded base64url in its one canonical spelling (RFC 4648 §5, RFC 7515 §2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Why a text is not canonical base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not canonical unpadded base64url")]
pub struct NotBase64url;

/// Encodes without padding.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes; padding, white space, other alphabets and unused bits are refused, so
/// that no two texts stand for the same bytes.
pub fn decode(text: &str) -> Result<Vec<u8>, NotBase64url> {
    #[cfg(feature = "sabotage")]
    if !crate::checks::is_on("base64url_canonical") {
        return crate::sabotage::decode_somehow(text).ok_or(NotBase64url);
    }
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_text_stands_for_some_bytes() {
        assert_eq!(decode("AQI"), Ok(vec![1, 2]));
        for other in ["AQI=", "AQJ", "AQ I", "AQI\n", "A+I_", "A/I", "A"] {
            assert_eq!(decode(other), Err(NotBase64url), "{other}");
        }
    }
}
