//! Colours: sRGB with alpha, contrast as WCAG measures it, and mixing that eyes agree with (Oklab).

use std::{fmt, str::FromStr, sync::LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An sRGB colour, not premultiplied. Written `#RRGGBB` or `#RRGGBBAA`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Color {
    /// Red, 0 to 255.
    pub r: u8,
    /// Green, 0 to 255.
    pub g: u8,
    /// Blue, 0 to 255.
    pub b: u8,
    /// Opacity, 0 to 255.
    pub a: u8,
}

impl Color {
    /// White.
    pub const WHITE: Self = Self::rgb(255, 255, 255);
    /// Black.
    pub const BLACK: Self = Self::rgb(0, 0, 0);
    /// Nothing.
    pub const CLEAR: Self = Self { r: 0, g: 0, b: 0, a: 0 };

    /// An opaque colour.
    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, a: 255 }
    }

    /// The same colour with this opacity, 0 to 1.
    #[must_use]
    pub fn alpha(self, opacity: f32) -> Self {
        Self { a: (opacity.clamp(0.0, 1.0) * 255.0).round() as u8, ..self }
    }

    /// Relative luminance, 0 to 1 (WCAG 2).
    pub fn luminance(self) -> f32 {
        let [r, g, b] = [self.r, self.g, self.b].map(to_linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast ratio with another colour, 1 to 21 (WCAG 2). Both count as opaque.
    pub fn contrast(self, other: Self) -> f32 {
        ratio(self.luminance(), other.luminance())
    }

    /// A share `t` of the other colour mixed in, through Oklab: no grey or dark band between two hues.
    #[must_use]
    pub fn mix(self, other: Self, t: f32) -> Self {
        let (from, to) = (self.oklab(), other.oklab());
        let at = |n: usize| from[n] + (to[n] - from[n]) * t;
        let alpha = f32::from(self.a) + (f32::from(other.a) - f32::from(self.a)) * t;
        Self { a: alpha.round() as u8, ..Self::from_oklab([at(0), at(1), at(2)]) }
    }

    /// The same hue with this Oklab lightness, 0 to 1.
    #[must_use]
    pub fn lightness(self, l: f32) -> Self {
        let [from, a, b] = self.oklab();
        // Very light and very dark colours cannot be as saturated as the middle ones.
        let room = (1.0 - (l - 0.5).abs() * 2.0).max(0.08) / (1.0 - (from - 0.5).abs() * 2.0).max(0.2);
        let k = room.clamp(0.0, 1.0);
        Self { a: self.a, ..Self::from_oklab([l, a * k, b * k]) }
    }

    /// Oklab: lightness 0 to 1, then the two colour axes.
    pub fn oklab(self) -> [f32; 3] {
        let [r, g, b] = [self.r, self.g, self.b].map(to_linear);
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        [
            0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ]
    }

    /// From Oklab; colours outside sRGB are clipped.
    pub fn from_oklab([lightness, a, b]: [f32; 3]) -> Self {
        let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
        let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
        let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
        Self::rgb(
            to_srgb(4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s),
            to_srgb(-1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s),
            to_srgb(-0.004_196_086 * l - 0.703_418_6 * m + 1.707_614_7 * s),
        )
    }

    /// How colourful it is: the distance from grey in Oklab, 0 to about 0.32.
    pub fn chroma(self) -> f32 {
        let [_, a, b] = self.oklab();
        a.hypot(b)
    }

    /// Would this amber, yellow or orange be a brown at this Oklab lightness? No other hue changes its name when it is
    /// darkened.
    pub fn browns_at(self, l: f32) -> bool {
        let [from, a, b] = self.oklab();
        let amber = (AMBER.0..AMBER.1).contains(&b.atan2(a).to_degrees());
        amber && self.chroma() > 0.07 && from > 0.6 && l < from - 0.1
    }

    /// Premultiplied bytes.
    pub fn premultiplied(self) -> [u8; 4] {
        let by = |c: u8| ((u16::from(c) * u16::from(self.a) + 127) / 255) as u8;
        [by(self.r), by(self.g), by(self.b), self.a]
    }
}

/// Hues that darken to brown, in degrees around Oklab's grey axis.
const AMBER: (f32, f32) = (48.0, 115.0);

/// Contrast ratio of two relative luminances.
pub fn ratio(a: f32, b: f32) -> f32 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// An sRGB byte as linear light, 0 to 1.
pub fn to_linear(c: u8) -> f32 {
    static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
        std::array::from_fn(|n| {
            let c = n as f32 / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    });
    LINEAR[usize::from(c)]
}

fn to_srgb(c: f32) -> u8 {
    let c = c.clamp(0.0, 1.0);
    let c = if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
    (c * 255.0).round() as u8
}

impl FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a colour: write #RRGGBB or #RRGGBBAA");
        let hex =
            text.strip_prefix('#').filter(|h| matches!(h.len(), 6 | 8) && h.is_ascii()).ok_or_else(wrong)?;
        let n = u32::from_str_radix(hex, 16).map_err(|_| wrong())?;
        let [r, g, b, a] = if hex.len() == 6 { (n << 8 | 255).to_be_bytes() } else { n.to_be_bytes() };
        Ok(Self { r, g, b, a })
    }
}

impl TryFrom<String> for Color {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.to_string()
    }
}

impl fmt::Display for Color {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "#{:02X}{:02X}{:02X}", self.r, self.g, self.b)?;
        if self.a < 255 { write!(out, "{:02X}", self.a) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dark_amber_is_a_brown_and_a_dark_rose_is_a_rose() {
        assert!(Color::rgb(217, 138, 31).browns_at(0.52));
        assert!(!Color::rgb(217, 138, 31).browns_at(0.68));
        assert!(!Color::rgb(176, 40, 90).browns_at(0.4));
        assert!(!Color::rgb(31, 77, 58).browns_at(0.2));
    }

    #[test]
    fn contrast_is_as_the_web_guidelines_measure_it() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 0.01);
        assert!((Color::rgb(0x76, 0x76, 0x76).contrast(Color::WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn oklab_there_and_back_is_the_same_colour() {
        for text in ["#2F6B4F", "#F4E9D8", "#C8102E", "#101820", "#FFFFFF", "#000000"] {
            let color: Color = text.parse().unwrap();
            let back = Color::from_oklab(color.oklab());
            assert!(
                [(color.r, back.r), (color.g, back.g), (color.b, back.b)]
                    .iter()
                    .all(|(a, b)| a.abs_diff(*b) <= 1),
                "{text} {back}"
            );
        }
    }

    #[test]
    fn a_colour_is_read_and_shown_as_people_write_it() {
        assert_eq!("#2f6b4f80".parse::<Color>().unwrap().to_string(), "#2F6B4F80");
        for bad in ["2f6b4f", "#2f6b4", "#ggg000", "", "#é1234"] {
            assert!(bad.parse::<Color>().is_err(), "{bad}");
        }
    }
}
