//! What a layout is made of.

use handbill_domain::problem::{Problem, Problems};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paint::Paint;
use crate::text::Family;

/// One thing on the canvas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Layer {
    /// The campaign's background picture over the whole canvas; without one, the colour.
    Background {
        /// Under the picture, and instead of it.
        color: Paint,
        /// How much the picture is drawn towards the colour, 0 to 1.
        #[serde(default)]
        veil: f32,
    },
    /// The photo of the product's world over the whole canvas; without one, the background picture.
    Photo {
        /// Where, over the whole canvas if not said.
        #[serde(default)]
        area: Option<Area>,
        /// Rounded corners, in % of the short side.
        #[serde(default)]
        radius: f32,
    },
    /// Darkness or light under text, strengthened until the text can be read.
    Scrim {
        /// From which side it comes.
        side: Side,
        /// How far it reaches, 0 to 1 of the canvas.
        reach: f32,
        /// Its colour.
        color: Paint,
        /// Opacity at its side, 0 to 1.
        strength: f32,
    },
    /// A plain area.
    Panel {
        /// Where.
        area: Area,
        /// Its colour.
        color: Paint,
        /// Rounded corners, in % of the short side.
        #[serde(default)]
        radius: f32,
        /// Reaches to the canvas's edges, over the safe zone.
        #[serde(default)]
        bleed: bool,
    },
    /// A soft round light, behind a product.
    Halo {
        /// Where; it fades out towards the edges of this area.
        area: Area,
        /// Its colour.
        color: Paint,
    },
    /// A disc behind a product.
    Disc {
        /// Where; as large as fits.
        area: Area,
        /// Its colour.
        color: Paint,
    },
    /// The product, cut out, standing on the lower edge of its area with a soft shadow. A picture that cannot be cut
    /// out is shown in a frame.
    Product {
        /// Where.
        area: Area,
        /// Does it cast a shadow?
        #[serde(default = "yes")]
        shadow: bool,
        /// Where in the area.
        #[serde(default)]
        align: Halign,
        /// On the ground, or in the middle of the area.
        #[serde(default = "bottom")]
        valign: Valign,
    },
    /// Texts and buttons below each other. They shrink together until they fit.
    Stack {
        /// Name in proofs.
        name: String,
        /// Where.
        area: Area,
        /// Left, middle or right.
        #[serde(default)]
        align: Halign,
        /// Top, middle or bottom.
        #[serde(default)]
        valign: Valign,
        /// From the top.
        items: Vec<Item>,
    },
    /// The logo, or the brand's name.
    Logo {
        /// Where.
        area: Area,
        /// Where in the area.
        #[serde(default)]
        align: Halign,
        /// Where in the area.
        #[serde(default)]
        valign: Valign,
    },
}

/// A rectangle in shares of the frame (the canvas without its safe zone): 0 is its left or top edge, 1 its right or bottom.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
#[schemars(with = "[f32; 4]")]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl From<[f32; 4]> for Area {
    fn from([x, y, w, h]: [f32; 4]) -> Self {
        Self { x, y, w, h }
    }
}

impl From<Area> for [f32; 4] {
    fn from(area: Area) -> Self {
        [area.x, area.y, area.w, area.h]
    }
}

/// Left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Halign {
    /// Left; right in right-to-left languages.
    #[default]
    Start,
    /// In the middle.
    Center,
    /// Right; left in right-to-left languages.
    End,
}

/// Top to bottom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Valign {
    /// At the top.
    #[default]
    Top,
    /// In the middle.
    Middle,
    /// At the bottom.
    Bottom,
}

/// A side of the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The left edge; the right one in right-to-left languages.
    Start,
    /// The top edge.
    Top,
    /// The bottom edge.
    Bottom,
}

/// One piece of a stack. Sizes are in % of the canvas's short side. A piece that has nothing to say is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Item {
    /// Words.
    Text {
        /// Which words.
        say: Say,
        /// Fonts.
        family: Family,
        /// 400 to 700.
        weight: u16,
        /// Largest size.
        max: f32,
        /// Smallest size.
        min: f32,
        /// Most lines.
        #[serde(default = "one")]
        lines: usize,
        /// Distance of baselines in em.
        #[serde(default = "line_height")]
        line_height: f32,
        /// Extra space between Latin letters, in em.
        #[serde(default)]
        spacing: f32,
        /// In capitals, where the language has them.
        #[serde(default)]
        caps: bool,
        /// Colour; `ink` is whatever can be read.
        color: Paint,
        /// Space above.
        #[serde(default)]
        gap: f32,
        /// May be left out when there is no room: 1 goes first. None: it must be there.
        #[serde(default)]
        drop: Option<u8>,
    },
    /// The price, with the list price struck through beside it.
    Price {
        /// Largest size of the figures.
        max: f32,
        /// Smallest size of the figures.
        min: f32,
        /// Colour of the figures.
        color: Paint,
        /// Space above.
        #[serde(default)]
        gap: f32,
    },
    /// The call to action on a pill.
    Button {
        /// Largest size of its letters.
        max: f32,
        /// Smallest size of its letters.
        min: f32,
        /// Colour of the pill.
        color: Paint,
        /// Space above.
        #[serde(default)]
        gap: f32,
        /// May be left out when there is no room.
        #[serde(default)]
        drop: Option<u8>,
    },
    /// A short line.
    Rule {
        /// Its length.
        length: f32,
        /// Its thickness.
        thick: f32,
        /// Its colour.
        color: Paint,
        /// Space above.
        #[serde(default)]
        gap: f32,
    },
}

/// The words of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Say {
    /// The headline; the short one if the long one does not fit.
    Headline,
    /// The short headline.
    HeadlineShort,
    /// The line below it.
    Subline,
    /// The words above it.
    Kicker,
    /// The quoted fact.
    Quote,
    /// Where it is from.
    QuoteSource,
    /// The facts, one line each.
    Bullets,
    /// The offer.
    Offer,
    /// The brand's name.
    Brand,
    /// A quotation mark, as an ornament.
    QuoteMark,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

fn line_height() -> f32 {
    1.2
}

fn bottom() -> Valign {
    Valign::Bottom
}

impl Layer {
    /// Notes what cannot be right.
    pub(super) fn check(&self, at: &str, problems: &mut Problems) {
        let area = match self {
            Self::Panel { area, .. }
            | Self::Halo { area, .. }
            | Self::Disc { area, .. }
            | Self::Product { area, .. }
            | Self::Stack { area, .. }
            | Self::Logo { area, .. } => Some(area),
            Self::Photo { area, .. } => area.as_ref(),
            Self::Background { .. } | Self::Scrim { .. } => None,
        };
        if area.is_some_and(|a| a.w <= 0.0 || a.h <= 0.0) {
            problems.push(
                Problem::at(format!("{at}/area"), "the area has no size")
                    .hint("[left, top, width, height] in shares of the frame"),
            );
        }
        let words = matches!(self, Self::Stack { .. } | Self::Logo { .. });
        if words && area.is_some_and(|a| a.x < 0.0 || a.y < 0.0 || a.x + a.w > 1.001 || a.y + a.h > 1.001) {
            problems.push(
                Problem::at(format!("{at}/area"), "words and logos must stay inside the frame")
                    .hint("0 ≤ left, top and left + width, top + height ≤ 1"),
            );
        }
        let Self::Stack { items, .. } = self else { return };
        if items.is_empty() {
            problems.push(Problem::at(format!("{at}/items"), "the stack is empty"));
        }
        for (n, item) in items.iter().enumerate() {
            if let Item::Text { max, min, .. } | Item::Price { max, min, .. } | Item::Button { max, min, .. } =
                item
                && (*min <= 0.0 || max < min)
            {
                problems.push(Problem::at(
                    format!("{at}/items/{n}/min"),
                    format!("sizes from {min} to {max} make no range"),
                ));
            }
        }
    }
}
