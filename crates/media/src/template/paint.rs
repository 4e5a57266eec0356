//! Colours of a design: roles of the brand, and what is made of them.

use handbill_domain::brief;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Color;

/// A brand's colours, all present and in their roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The colour that people know the brand by.
    pub primary: Color,
    /// Its partner.
    pub secondary: Color,
    /// For what must be seen.
    pub accent: Color,
    /// Light background.
    pub background: Color,
    /// Dark text.
    pub text: Color,
}

impl Palette {
    /// From a brief; colours that it does not name are made from the primary one.
    pub fn of(colors: &brief::Colors) -> Self {
        let named = |text: &Option<String>| text.as_ref().and_then(|t| t.parse::<Color>().ok());
        let primary = colors.primary.parse().unwrap_or(Color::rgb(40, 48, 60));
        let [l, ..] = primary.oklab();
        let secondary = named(&colors.secondary)
            .unwrap_or_else(|| primary.lightness(if l > 0.6 { l - 0.22 } else { l + 0.22 }));
        Self {
            primary,
            secondary,
            accent: named(&colors.accent)
                .unwrap_or_else(|| if primary.chroma() > 0.06 { primary } else { secondary }),
            background: named(&colors.background).unwrap_or_else(|| primary.lightness(0.965)),
            text: named(&colors.text).unwrap_or_else(|| primary.lightness(0.22)),
        }
    }
}

/// A colour in a template: a role, or a role with changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paint {
    /// A role alone.
    Role(Tint),
    /// A role with changes.
    Mixed {
        /// The role.
        role: Tint,
        /// Opacity, 0 to 1.
        #[serde(default)]
        alpha: Option<f32>,
        /// Oklab lightness, 0 to 1: the same hue, darker or lighter.
        #[serde(default)]
        lightness: Option<f32>,
    },
}

/// A role of colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tint {
    /// The brand's primary colour.
    Primary,
    /// The brand's secondary colour.
    Secondary,
    /// The brand's accent colour.
    Accent,
    /// The brand's light background.
    Background,
    /// The brand's dark text.
    Text,
    /// White.
    White,
    /// Black.
    Black,
    /// The dark text or a near white, whichever can be read better where it stands.
    Ink,
    /// What the platform demands, else white.
    Required,
}

impl Paint {
    /// The colour. `Ink` is the dark text; whoever draws text chooses.
    pub(super) fn color(self, palette: &Palette, required: Option<Color>) -> Color {
        let (role, alpha, lightness) = match self {
            Self::Role(role) => (role, None, None),
            Self::Mixed { role, alpha, lightness } => (role, alpha, lightness),
        };
        let color = match role {
            Tint::Primary => palette.primary,
            Tint::Secondary => palette.secondary,
            Tint::Accent => palette.accent,
            Tint::Background => palette.background,
            Tint::Text | Tint::Ink => palette.text,
            Tint::White => Color::WHITE,
            Tint::Black => Color::BLACK,
            Tint::Required => required.unwrap_or(Color::WHITE),
        };
        let color = match lightness {
            // What the brand's colour is for, a brown cannot do.
            Some(l) if role == Tint::Accent && color.browns_at(l) => {
                palette.primary.lightness(palette.primary.oklab()[0].min(l))
            }
            Some(l) => color.lightness(l),
            None => color,
        };
        alpha.map_or(color, |a| color.alpha(a))
    }

    /// Is the choice left to what can be read?
    pub(super) fn is_ink(self) -> bool {
        matches!(self, Self::Role(Tint::Ink) | Self::Mixed { role: Tint::Ink, .. })
    }
}
