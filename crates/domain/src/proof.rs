//! The proof of a finished picture: what was measured on it, what its place allows, and whether that holds.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A picture's proof: what stands on it, and one entry for each check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// What stands where.
    pub boxes: Vec<ProofBox>,
    /// What was checked.
    pub entries: Vec<ProofEntry>,
}

/// Something on a picture, as a dashboard draws it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProofBox {
    /// What it is: `headline`, `product`, `logo`.
    pub name: String,
    /// Left, top, width, height, in shares of the picture's width and height.
    pub rect: [f64; 4],
    /// Its lines, where it is a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

/// What one check measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProofEntry {
    /// What was checked.
    pub check: Check,
    /// Whether it holds.
    pub outcome: Outcome,
    /// What was measured.
    pub measured: Measured,
    /// What the place allows; absent where it states nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Measured>,
    /// What both are measured in: `px`, `bytes`, `:1`.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub unit: String,
    /// Why it does not hold, in the picture's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to do about it, in the picture's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// The boxes that it is about, by their number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<usize>,
}

/// A number, or words such as `1080×1350`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Measured {
    /// A number.
    Number(f64),
    /// Words.
    Words(String),
}

impl fmt::Display for Measured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => write!(out, "{n}"),
            Self::Words(words) => out.write_str(words),
        }
    }
}

/// What is checked on a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Width and height.
    Size,
    /// Width beside height.
    Ratio,
    /// Bytes of the file.
    FileSize,
    /// Format of the file.
    Format,
    /// Nothing stands where the platform's controls are.
    SafeZone,
    /// Words can be read at the size in which a phone shows them.
    TextSize,
    /// Words stand out from what is under them.
    Contrast,
    /// Every character has a glyph.
    Tofu,
    /// Lines end where the rules of the language allow it.
    LineBreaks,
    /// Nothing leaves the canvas or its room.
    Overflow,
    /// No words lie on others.
    Overlap,
    /// The logo has room around it.
    LogoSpace,
    /// The label that a model made it is as high as the market demands.
    LabelHeight,
    /// The product's pixels are those of its photo.
    ProductPixels,
}

impl Check {
    /// Its name in data: `safe_zone`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Ratio => "ratio",
            Self::FileSize => "file_size",
            Self::Format => "format",
            Self::SafeZone => "safe_zone",
            Self::TextSize => "text_size",
            Self::Contrast => "contrast",
            Self::Tofu => "tofu",
            Self::LineBreaks => "line_breaks",
            Self::Overflow => "overflow",
            Self::Overlap => "overlap",
            Self::LogoSpace => "logo_space",
            Self::LabelHeight => "label_height",
            Self::ProductPixels => "product_pixels",
        }
    }
}

/// Whether a check holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There is nothing to measure, and nothing is demanded.
    NotNeeded,
    /// It holds.
    Passed,
    /// To look at before publishing.
    Warned,
    /// It must not be published so.
    Failed,
}

impl Proof {
    /// The checks that do not hold.
    pub fn failed(&self) -> impl Iterator<Item = &ProofEntry> {
        self.entries.iter().filter(|entry| entry.outcome == Outcome::Failed)
    }

    /// May it be published?
    pub fn holds(&self) -> bool {
        self.failed().next().is_none()
    }
}
