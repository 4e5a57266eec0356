//! How colours of a layer and of what lies under it make one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Canvas;

/// How a layer's colour and the one under it are mixed, as CSS and the tools of designers name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blend {
    /// The layer covers.
    #[default]
    Normal,
    /// Darker: white is nothing, black stays black.
    Multiply,
    /// Lighter: black is nothing, white stays white.
    Screen,
    /// More contrast: dark gets darker, light lighter.
    Overlay,
    /// As overlay, gently.
    SoftLight,
    /// The darker of the two.
    Darken,
    /// The lighter of the two.
    Lighten,
}

impl Blend {
    /// One part of a colour, 0 to 1, of what is under and of what is above.
    fn mix(self, under: f32, above: f32) -> f32 {
        match self {
            Self::Normal => above,
            Self::Multiply => under * above,
            Self::Screen => under + above - under * above,
            Self::Overlay if under <= 0.5 => 2.0 * under * above,
            Self::Overlay => 1.0 - 2.0 * (1.0 - under) * (1.0 - above),
            Self::SoftLight if above <= 0.5 => under - (1.0 - 2.0 * above) * under * (1.0 - under),
            Self::SoftLight => {
                let lifted =
                    if under <= 0.25 { ((16.0 * under - 12.0) * under + 4.0) * under } else { under.sqrt() };
                under + (2.0 * above - 1.0) * (lifted - under)
            }
            Self::Darken => under.min(above),
            Self::Lighten => under.max(above),
        }
    }
}

impl Canvas {
    /// Blends a canvas of the same size over this one.
    pub fn blend(&mut self, top: &Self, blend: Blend, opacity: f32) {
        if blend == Blend::Normal {
            return self.over(top, 0, 0, opacity);
        }
        let opacity = opacity.clamp(0.0, 1.0);
        let pixels = self.data.as_chunks_mut::<4>().0.iter_mut().zip(top.data.as_chunks::<4>().0);
        for (under, above) in pixels.filter(|(_, above)| above[3] > 0) {
            let part = |p: &[u8; 4], n: usize| f32::from(p[n]) / 255.0;
            let (below, cover) = (part(under, 3), part(above, 3) * opacity);
            let plain =
                |p: &[u8; 4], n: usize| if p[3] == 0 { 0.0 } else { f32::from(p[n]) / f32::from(p[3]) };
            let mixed: [f32; 3] = std::array::from_fn(|n| {
                let mix = blend.mix(plain(under, n).min(1.0), plain(above, n).min(1.0));
                part(above, n) * opacity * (1.0 - below)
                    + part(under, n) * (1.0 - cover)
                    + mix * cover * below
            });
            let byte = |v: f32| (v * 255.0 + 0.5) as u8;
            *under = [byte(mixed[0]), byte(mixed[1]), byte(mixed[2]), byte(cover + below * (1.0 - cover))];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Color;

    /// What a colour over another makes.
    fn over(under: Color, above: Color, blend: Blend, opacity: f32) -> [u8; 4] {
        let mut canvas = Canvas::new(2, 2, under);
        canvas.blend(&Canvas::new(2, 2, above), blend, opacity);
        canvas.pixel(1, 1)
    }

    #[test]
    fn each_mode_mixes_as_css_says() {
        let (under, above) = (Color::rgb(51, 128, 204), Color::rgb(204, 102, 51));
        for (blend, wanted) in [
            (Blend::Normal, [204, 102, 51]),
            (Blend::Multiply, [41, 51, 41]),
            (Blend::Screen, [214, 179, 214]),
            (Blend::Overlay, [82, 103, 173]),
            (Blend::SoftLight, [89, 115, 180]),
            (Blend::Darken, [51, 102, 51]),
            (Blend::Lighten, [204, 128, 204]),
        ] {
            let is = over(under, above, blend, 1.0);
            assert!(is.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{blend:?}: {is:?}");
        }
    }

    #[test]
    fn what_is_nothing_to_a_mode_changes_nothing() {
        let under = Color::rgb(40, 130, 210);
        let same = [40, 130, 210, 255];
        assert_eq!(over(under, Color::WHITE, Blend::Multiply, 1.0), same);
        assert_eq!(over(under, Color::BLACK, Blend::Screen, 1.0), same);
        for blend in [Blend::Normal, Blend::Multiply, Blend::Overlay, Blend::SoftLight] {
            assert_eq!(over(under, Color::BLACK, blend, 0.0), same, "{blend:?}");
            assert_eq!(over(under, Color::CLEAR, blend, 1.0), same, "{blend:?}");
        }
    }

    #[test]
    fn opacity_and_clear_grounds_are_kept() {
        assert_eq!(over(Color::WHITE, Color::BLACK, Blend::Multiply, 0.5), [128, 128, 128, 255]);
        let alone = over(Color::CLEAR, Color::rgb(200, 100, 0), Blend::Multiply, 1.0);
        assert_eq!(alone, [200, 100, 0, 255], "over nothing a colour is itself");
    }
}
