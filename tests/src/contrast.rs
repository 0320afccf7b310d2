//! Contrast of text against what lies behind it (WCAG 2.2, success criterion 1.4.3).

use serde::Deserialize;

/// The least contrast of body text at level AA.
pub const LEAST_FOR_TEXT: f64 = 4.5;

/// An sRGB colour, 0 to 255 per channel.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Colour(pub f64, pub f64, pub f64);

impl Colour {
    /// Relative luminance, 0 to 1.
    pub fn luminance(self) -> f64 {
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast ratio with `other`, 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

fn linear(channel: f64) -> f64 {
    let share = channel / 255.0;
    if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_contrasts_are_met() {
        let (black, white) = (Colour(0.0, 0.0, 0.0), Colour(255.0, 255.0, 255.0));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        let grey = Colour(118.0, 118.0, 118.0);
        assert!((grey.contrast(white) - 4.54).abs() < 0.01);
    }
}
