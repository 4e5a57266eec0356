//! Designs as data: what stands where on a picture, for each shape of canvas. A layout is chosen by the shape, not scaled.

mod check;
mod compare;
mod compose;
mod contrast;
mod layers;
mod ornament;
mod paint;
mod pieces;
mod placed;
mod reads;
pub mod sample;
mod say;
mod scene;
mod set;
mod stack;
mod table;
mod veil;

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use handbill_domain::{
    channel::{Names, Size},
    problem::{Problem, Problems},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    compose::{compose, lay_out},
    layers::{Area, Halign, Item, Layer, Mark, Say, Side, Valign},
    ornament::Ornament,
    paint::{Paint, Palette, Tint},
    placed::Placed,
    reads::{Read, reads},
    scene::{Composed, FactLine, PriceTag, Scene},
};
pub use crate::{canvas::Blend, image::Extend};

/// A design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Short name in lower case: `product-hero`. Also the name of its folder.
    pub name: String,
    /// Its name for people.
    pub title: Names,
    /// What it is for: its family.
    #[serde(default)]
    pub purpose: Purpose,
    /// When it is a good choice.
    pub suits: Suits,
    /// A layout for each shape of canvas that it can fill.
    pub layouts: BTreeMap<Shape, Layout>,
}

/// When a template is a good choice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Suits {
    /// Kinds of placement (`story`, `product`, …); empty: any.
    pub kinds: Vec<String>,
    /// Beginnings of picture roles (`logo`, `main`); empty: any.
    pub roles: Vec<String>,
    /// What the brief must have.
    pub needs: Vec<Need>,
    /// Beginnings of placement ids that it was made for: there it leads.
    pub made_for: Vec<String>,
    /// Beginnings of placement ids where alone it may be used; empty: any.
    pub only: Vec<String>,
    /// For pictures with a background that the platform demands, or where no text may be.
    pub plain: bool,
    /// Place in its family: 1 first.
    pub turn: u32,
}

/// What a template cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A price.
    Price,
    /// An offer.
    Offer,
    /// A fact set as a quotation.
    Quote,
    /// A photo of the product in use, or of its world.
    Photo,
    /// Short facts for a list.
    Bullets,
    /// At least three facts for a table.
    Facts,
    /// At least two facts that say what is usual instead.
    Comparison,
    /// A fact that is a number.
    Figure,
    /// An address that a code can lead to.
    Url,
    /// The product cut out.
    Cutout,
}

/// What a template is for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The product, large.
    #[default]
    Product,
    /// What it costs, and what is offered.
    Offer,
    /// A fact, or what somebody says.
    Fact,
    /// Facts in a table.
    Table,
    /// The product's world.
    Lifestyle,
    /// Something new.
    Announcement,
    /// The logo alone, or the product alone.
    Plain,
}

/// The layers of one shape, from the back to the front.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// From the back to the front.
    pub layers: Vec<Layer>,
}

/// Shapes of canvas, each with its own way to be laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// About 1:1.
    Square,
    /// 4:5, 3:4, 2:3.
    Portrait,
    /// 9:16 and about.
    Tall,
    /// 5:4, 4:3, 16:9, 1.91:1, 2.35:1.
    Landscape,
    /// 3:1 and wider: 728 × 90.
    Banner,
    /// Narrower than 2:5: 160 × 600.
    Skyscraper,
}

impl Shape {
    /// The shape of a canvas.
    pub fn of(size: Size) -> Self {
        let ratio = size.width as f32 / size.height.max(1) as f32;
        match ratio {
            r if r >= 2.8 => Self::Banner,
            r if r >= 1.2 => Self::Landscape,
            r if r >= 0.87 => Self::Square,
            r if r >= 0.62 => Self::Portrait,
            r if r >= 0.4 => Self::Tall,
            _ => Self::Skyscraper,
        }
    }

    /// Its name in data: `square`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Square => "square",
            Self::Portrait => "portrait",
            Self::Tall => "tall",
            Self::Landscape => "landscape",
            Self::Banner => "banner",
            Self::Skyscraper => "skyscraper",
        }
    }
}

/// A template and what it shows when it shows itself.
macro_rules! templates {
    ($($name:literal)*) => { &[$((
        include_str!(concat!("../../templates/", $name, "/template.yaml")),
        include_str!(concat!("../../templates/", $name, "/sample.json")),
    )),*] };
}

/// One line a template, by family.
const BUILT_IN: &[(&str, &str)] = templates! {
    "product-hero"
    "main-image"
    "hero-arch"
    "hero-disc"
    "hero-label"
    "hero-spotlight"
    "offer"
    "offer-seal"
    "offer-band"
    "price-poster"
    "coupon"
    "fact-quote"
    "fact-figure"
    "fact-list"
    "quote-block"
    "spec-table"
    "spec-card"
    "spec-sheet"
    "spec-compare"
    "lifestyle"
    "lifestyle-split"
    "note-cover"
    "moments"
    "announce-type"
    "announce-launch"
    "announce-invite"
    "announce-note"
    "announce-code"
    "plain-product"
    "logo"
};

static TEMPLATES: LazyLock<Result<Vec<Template>, Problems>> =
    LazyLock::new(|| BUILT_IN.iter().map(|(text, _)| read(text)).collect());

/// The templates that ship with Handbill.
pub fn built_in() -> &'static [Template] {
    // A test reads every file, so a template that does not parse never leaves this repository.
    TEMPLATES.as_deref().unwrap_or_default()
}

/// Those that ship, with those of a folder (`<folder>/<name>/template.yaml`) over them.
pub fn with_folder(folder: &Path) -> Result<Vec<Template>, Problems> {
    let mut all = built_in().to_vec();
    let mut problems = Problems::default();
    let entries = std::fs::read_dir(folder).map(|e| {
        e.flatten().map(|e| e.path().join("template.yaml")).filter(|p| p.is_file()).collect::<Vec<_>>()
    });
    let mut files =
        entries.map_err(|e| Problems(vec![Problem::at(folder.display().to_string(), e.to_string())]))?;
    files.sort();
    for file in files {
        let place = |p: Problem| Problem { pointer: format!("{}{}", file.display(), p.pointer), ..p };
        match std::fs::read_to_string(&file)
            .map_err(|e| Problems(vec![Problem::at("", e.to_string())]))
            .and_then(|text| read(&text))
        {
            Ok(template) => {
                all.retain(|t| t.name != template.name);
                all.push(template);
            }
            Err(Problems(found)) => found.into_iter().for_each(|p| problems.push(place(p))),
        }
    }
    problems.or(all)
}

/// Reads a template and checks it; all problems at once, each with its JSON pointer.
pub fn read(yaml: &str) -> Result<Template, Problems> {
    let template: Template =
        serde_saphyr::from_str(yaml).map_err(|e| Problems(vec![Problem::at("", e.to_string())]))?;
    let mut problems = Problems::default();
    let ok = !template.name.is_empty()
        && template.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !ok {
        problems.push(
            Problem::at("/name", format!("`{}` is not a name", template.name))
                .hint("lower-case letters, digits and hyphens"),
        );
    }
    if template.layouts.is_empty() {
        problems.push(Problem::at("/layouts", "it has no layout").hint("add one for `square`"));
    }
    for (shape, layout) in &template.layouts {
        for (n, layer) in layout.layers.iter().enumerate() {
            layer.check(&format!("/layouts/{}/layers/{n}", shape.as_str()), &mut problems);
        }
    }
    problems.or(template)
}

/// JSON Schema of `template.yaml`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Template).to_value()
}

impl Template {
    /// The layout for a canvas: its own shape's, else the nearest that the template has.
    pub fn layout(&self, size: Size) -> Option<&Layout> {
        use Shape::{Banner, Landscape, Portrait, Skyscraper, Square, Tall};
        let order: &[Shape] = match Shape::of(size) {
            Square => &[Square, Portrait, Landscape],
            Portrait => &[Portrait, Square, Tall],
            Tall => &[Tall, Portrait, Square],
            Landscape => &[Landscape, Square],
            Banner => &[Banner, Landscape],
            Skyscraper => &[Skyscraper, Tall, Portrait],
        };
        order.iter().find_map(|shape| self.layouts.get(shape)).or_else(|| self.layouts.values().next())
    }
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
