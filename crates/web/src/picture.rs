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
    use super::*;

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
