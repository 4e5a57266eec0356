//! What a layout is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Need, ornament::Ornament, paint::Paint};
use crate::{canvas::Blend, image::Extend, text::Family};

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
        /// Reaches to the canvas's edges, over the safe zone.
        #[serde(default)]
        bleed: bool,
        /// What fills the rest of the area where the crop that fills it would cut the photo's subject.
        #[serde(default)]
        extend: Extend,
    },
    /// A colour that fades out across its area: joins a photo to a field of colour.
    Fade {
        /// Where.
        area: Area,
        /// The side on which it is strongest.
        side: Side,
        /// Its colour.
        color: Paint,
        /// Opacity at its side, 0 to 1.
        #[serde(default = "whole")]
        strength: f32,
        /// Reaches to the canvas's edges, over the safe zone.
        #[serde(default)]
        bleed: bool,
    },
    /// An ornament: an arch, a ring, a ticket, …
    Ornament {
        /// Which.
        shape: Ornament,
        /// Where.
        area: Area,
        /// Its colour.
        color: Paint,
        /// Thickness of its lines, in % of the short side.
        #[serde(default = "thin")]
        thick: f32,
        /// Reaches to the canvas's edges, over the safe zone.
        #[serde(default)]
        bleed: bool,
    },
    /// The facts as a table: what each is about, and what is true.
    Table {
        /// Where.
        area: Area,
        /// Largest size of its letters.
        max: f32,
        /// Smallest size of its letters.
        min: f32,
        /// Most rows.
        #[serde(default = "five")]
        rows: usize,
        /// Colour of the lines between rows.
        color: Paint,
        /// Top, middle or bottom.
        #[serde(default)]
        valign: Valign,
    },
    /// The product beside what is usual: the facts that say so, in three columns.
    Compare {
        /// Where.
        area: Area,
        /// Largest size of its letters.
        max: f32,
        /// Smallest size of its letters.
        min: f32,
        /// Most rows.
        #[serde(default = "five")]
        rows: usize,
        /// Colour behind the product's own column.
        color: Paint,
        /// Top, middle or bottom.
        #[serde(default)]
        valign: Valign,
    },
    /// A code to scan that leads to the brief's address, with its quiet zone.
    Qr {
        /// Where; as large as fits.
        area: Area,
        /// Where in the area.
        #[serde(default)]
        align: Halign,
    },
    /// Layers that are there only when there is something to show.
    When {
        /// All of these must be there.
        has: Vec<Need>,
        /// What is drawn then.
        layers: Vec<Layer>,
        /// What is drawn otherwise.
        #[serde(default)]
        otherwise: Vec<Layer>,
    },
    /// Layers that are drawn together and blended with what lies under them. Words, logos, codes and the product, whose
    /// pixels are their own, are not among them.
    Blend {
        /// How their colours mix with those under them.
        #[serde(default)]
        mode: Blend,
        /// Opacity of all of them, 0 to 1.
        #[serde(default = "whole")]
        opacity: f32,
        /// From the back to the front.
        layers: Vec<Layer>,
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
    /// The right edge; the left one in right-to-left languages.
    End,
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
        /// A marker's stroke behind each line.
        #[serde(default)]
        marker: Option<Paint>,
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
    /// Words on a small pill: what kind of thing this is, or what is offered.
    Tag {
        /// Which words.
        say: Say,
        /// Largest size.
        max: f32,
        /// Smallest size.
        min: f32,
        /// Colour of the pill.
        color: Paint,
        /// Rounded corners, in % of the short side; large for a pill.
        #[serde(default = "round")]
        radius: f32,
        /// Space above.
        #[serde(default)]
        gap: f32,
        /// May be left out when there is no room.
        #[serde(default)]
        drop: Option<u8>,
    },
    /// Short facts below each other, each with a mark.
    List {
        /// Before each.
        #[serde(default)]
        mark: Mark,
        /// Largest size.
        max: f32,
        /// Smallest size.
        min: f32,
        /// Most of them.
        #[serde(default = "three")]
        most: usize,
        /// Colour of the marks.
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

/// The mark before a line of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// A tick in a disc.
    #[default]
    Tick,
    /// A dot.
    Dot,
    /// 1, 2, 3 in discs.
    Number,
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
    /// The first fact that is a number, with its unit.
    Figure,
    /// What that number is about.
    FigureLabel,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

fn three() -> usize {
    3
}

fn five() -> usize {
    5
}

fn whole() -> f32 {
    1.0
}

fn thin() -> f32 {
    0.3
}

fn round() -> f32 {
    50.0
}

fn line_height() -> f32 {
    1.2
}

fn bottom() -> Valign {
    Valign::Bottom
}

impl Layer {
    /// Where it stands, if it does not fill the canvas.
    pub(super) fn area(&self) -> Option<Area> {
        match self {
            Self::Panel { area, .. }
            | Self::Halo { area, .. }
            | Self::Disc { area, .. }
            | Self::Fade { area, .. }
            | Self::Ornament { area, .. }
            | Self::Table { area, .. }
            | Self::Compare { area, .. }
            | Self::Qr { area, .. }
            | Self::Product { area, .. }
            | Self::Stack { area, .. }
            | Self::Logo { area, .. } => Some(*area),
            Self::Photo { area, .. } => *area,
            Self::Background { .. } | Self::Scrim { .. } | Self::When { .. } | Self::Blend { .. } => None,
        }
    }
}
