//! A text as a QR code, drawn as one path.

use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};

/// The light modules around a code (ISO/IEC 18004 §5.3.8).
const QUIET_ZONE: usize = 4;

/// A QR code to be drawn: a square of `side` units, one for each module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Modules of a side, the quiet zone included.
    pub(crate) side: usize,
    /// The dark modules, as the path of an SVG element.
    pub(crate) path: String,
}

/// Draws a text at level L: what is on paper or a screen is not soiled.
pub(crate) fn picture(text: &str) -> Result<Picture, QrError> {
    use std::fmt::Write as _;
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let (left, top, long) = (x + QUIET_ZONE, y + QUIET_ZONE, run.len());
                let _ = write!(path, "M{left} {top}h{long}v1h-{long}z");
            }
            x += run.len();
        }
    }
    Ok(Picture {
        side: width + 2 * QUIET_ZONE,
        path,
    })
}

/// The version of the smallest QR code that holds a text: 1 to 40, at levels L and M.
/// `None` where none does.
pub fn qr_versions(text: &str) -> Option<[i16; 2]> {
    let version = |level| {
        let code = QrCode::with_error_correction_level(text, level).ok()?;
        match code.version() {
            qrcode::Version::Normal(version) | qrcode::Version::Micro(version) => Some(version),
        }
    };
    Some([version(EcLevel::L)?, version(EcLevel::M)?])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wire::Sha256Hash;
    use wire::disclosure::DIGESTS_WRITTEN;
    use wire::passport::PASSPORT_VCT;

    use super::*;

    /// Chance that is the same each time.
    fn chance(of: &str, bytes: usize) -> Vec<u8> {
        let blocks =
            (0..bytes.div_ceil(32)).map(|at| Sha256Hash::of(&[format!("{of} {at}").as_bytes()]));
        blocks.flat_map(|it| it.0).take(bytes).collect()
    }

    fn text(of: &str, bytes: usize) -> String {
        seal::base64url::encode(&chance(of, bytes))
    }

    /// The code of a passport of which nothing is shown, as a phone makes it: with so many
    /// digests, by a key of that curve, with the longest names that are ordinary.
    fn code_of(curve: &str, digests: usize) -> String {
        let (home, host) = (
            "https://coworking-bourgoin-jallieu.example",
            "https://tiers-lieu-de-la-maurienne.example",
        );
        let x = text("x", 32);
        let (jwk, algorithm) = match curve {
            "P-256" => (
                json!({ "kty": "EC", "crv": curve, "x": x, "y": text("y", 32) }),
                "ES256",
            ),
            _ => (json!({ "kty": "OKP", "crv": curve, "x": x }), "EdDSA"),
        };
        let hidden: Vec<_> = (0..digests)
            .map(|at| text(&format!("digest {at}"), 32))
            .collect();
        let claims = json!({
            "iss": home, "vct": PASSPORT_VCT, "iat": 1_800_000_000, "exp": 1_802_592_000,
            "cnf": { "jwk": jwk },
            "status": { "status_list": { "idx": 4_711, "uri": format!("{home}/status/1") } },
            "name": "Marie-Antoinette", "formula": "demi-journee",
            "roaming": { "period": "2027-01", "granted": 4, "left": 4 }, "_sd": hidden,
        });
        let bound = json!({ "aud": host, "iat": 1_800_000_600, "nonce": text("nonce", 16),
            "sd_hash": text("hash", 32) });
        let part = |value: &Value| seal::base64url::encode(value.to_string().as_bytes());
        let header = part(&json!({ "alg": "EdDSA", "kid": text("kid", 32), "typ": "dc+sd-jwt" }));
        let bound_header = part(&json!({ "alg": algorithm, "typ": "kb+jwt" }));
        let (signed, by_holder) = (text("signature", 64), text("holder", 64));
        let (claims, bound) = (part(&claims), part(&bound));
        let shown = format!("{header}.{claims}.{signed}~{bound_header}.{bound}.{by_holder}");
        wire::qr::encode(&shown).unwrap()
    }

    /// `specs/passport.md`, section 4: what every phone can show and every scanner reads.
    #[test]
    fn a_passport_that_hides_as_much_as_it_may_fits_a_code_of_version_20() {
        for curve in ["Ed25519", "P-256"] {
            let code = code_of(curve, DIGESTS_WRITTEN);
            let [low, medium] = qr_versions(&code).unwrap();
            println!(
                "{curve}: {} characters, version {low}-L, {medium}-M",
                code.len()
            );
            assert!(low <= 20 && medium <= 23, "{curve}: {low}-L, {medium}-M");
        }
        // One more, and it would not: that is why there are not eight.
        let [low, medium] = qr_versions(&code_of("P-256", DIGESTS_WRITTEN + 1)).unwrap();
        assert!(low > 20 && medium > 23, "{low}-L, {medium}-M");
    }

    #[test]
    fn a_finder_stands_in_the_corner_within_the_quiet_zone() {
        let drawn = picture("https://le-mug.example/passport#abcd").unwrap();
        assert_eq!(drawn.side, 29 + 8, "version 3");
        // The finder's first row is seven modules, its second one, then one.
        assert!(drawn.path.starts_with("M4 4h7v1h-7z"), "{}", drawn.path);
        assert!(drawn.path.contains("M4 5h1v1h-1zM10 5h1v1h-1z"));
    }

    #[test]
    fn versions_are_those_of_the_standard() {
        // ISO/IEC 18004, table 7: letters that a version holds.
        assert_eq!(qr_versions(&"A".repeat(25)), Some([1, 2]));
        assert_eq!(qr_versions(&"A".repeat(1_248)), Some([20, 23]));
        assert_eq!(qr_versions(&"A".repeat(1_249)), Some([20, 24]));
        assert_eq!(qr_versions(&"A".repeat(1_250)), Some([21, 24]));
        assert_eq!(qr_versions(&"A".repeat(4_297)), None);
    }
}
