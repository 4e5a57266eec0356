//! What lies over the pictures: words, plates, pictures, and how they come in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Color, Direction, Easing};

/// Something over the clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// Name for people and messages.
    pub id: String,
    /// From.
    pub start_ms: u64,
    /// To.
    pub end_ms: u64,
    /// What.
    pub content: Content,
    /// The box that it is set into.
    pub area: Area,
    /// Where it stands in the box.
    #[serde(default)]
    pub align: Align,
    /// How it comes.
    #[serde(default)]
    pub enter: Option<Entrance>,
    /// How it goes: the same movement backwards.
    #[serde(default)]
    pub exit: Option<Entrance>,
    /// Opacity, 0 to 1.
    #[serde(default = "one")]
    pub opacity: f64,
}

pub(super) fn one() -> f64 {
    1.0
}

/// A box in shares of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// Where something stands in its box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Align {
    /// Across.
    pub x: Along,
    /// Down.
    pub y: Along,
}

impl Default for Align {
    fn default() -> Self {
        Self { x: Along::Middle, y: Along::Middle }
    }
}

/// A place along a line. `Start` is left (right in right-to-left text) or top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// At its start.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

/// What an overlay shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Content {
    /// Words.
    Text(Words),
    /// A picture with transparency, fitted into the box.
    Picture {
        /// Its name.
        picture: String,
    },
    /// A rectangle that fills the box.
    Panel {
        /// Colour.
        color: Color,
        /// Corner radius, as a share of the shorter side of the frame.
        #[serde(default)]
        radius: f64,
    },
    /// A colour that fades out over the box, from one edge to the opposite: makes words on pictures readable.
    Scrim {
        /// Colour.
        color: Color,
        /// Where it fades out to.
        towards: Direction,
    },
}

/// Words with their style. They are broken into lines and made smaller until they fit their box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The words; `\n` breaks a line.
    pub text: String,
    /// Largest size, as a share of the shorter side of the frame.
    pub size: f64,
    /// Smallest size; words that do not fit then are an error.
    pub min_size: f64,
    /// `heading` or `body`: which of the brand's fonts.
    #[serde(default)]
    pub font: FontUse,
    /// 100 to 900.
    pub weight: u16,
    /// Colour.
    pub color: Color,
    /// Distance of base lines, in sizes.
    #[serde(default = "line_height")]
    pub line_height: f64,
    /// Space between letters, in sizes.
    #[serde(default)]
    pub letter_spacing: f64,
    /// Most lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<u32>,
    /// A line through the words: an old price.
    #[serde(default)]
    pub strike: bool,
    /// A plate behind the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<Plate>,
    /// A soft dark halo that keeps light words readable on pictures, 0 to 1.
    #[serde(default)]
    pub halo: f64,
}

impl Words {
    /// Words in the body font, white, of ordinary size.
    pub fn of(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            size: 0.05,
            min_size: 0.025,
            font: FontUse::Body,
            weight: 500,
            color: Color::WHITE,
            line_height: line_height(),
            letter_spacing: 0.0,
            max_lines: None,
            strike: false,
            plate: None,
            halo: 0.0,
        }
    }
}

fn line_height() -> f64 {
    1.2
}

/// Which of the brand's fonts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FontUse {
    /// For headlines.
    Heading,
    /// For quiet, literary headlines.
    Serif,
    /// For everything else.
    #[default]
    Body,
}

/// A plate behind words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plate {
    /// Colour.
    pub color: Color,
    /// 0 to 1.
    pub opacity: f64,
    /// Space around the words, in sizes of the text: across, down.
    pub padding: [f64; 2],
    /// Corner radius in sizes of the text.
    pub radius: f64,
}

/// How something comes (and, backwards, goes).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entrance {
    /// Which.
    pub kind: EntranceKind,
    /// How long for one piece.
    pub duration_ms: u64,
    /// How much later than its overlay's start it begins.
    #[serde(default)]
    pub delay_ms: u64,
    /// How much later each further line of a text begins.
    #[serde(default)]
    pub stagger_ms: u64,
    /// Course.
    #[serde(default = "settle")]
    pub easing: Easing,
}

fn settle() -> Easing {
    Easing::Settle
}

/// A way to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntranceKind {
    /// Fades.
    Fade,
    /// Fades while rising a little.
    Rise,
    /// Fades while falling a little.
    Fall,
    /// Each line rises out of its own base line, as behind a window.
    Reveal,
    /// Grows from a little smaller.
    Pop,
}
