//! A brief: what a marketer asks for, before any model has seen it.

mod node;
mod read;
mod rules;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{locale::Locale, money::Currency, text::Localized};

pub use read::{MAX_BYTES, RATIOS, TIERS};

/// A request for a campaign about one product. The only way to get one is to read and check a whole file
/// (`Brief::read`), so a `Brief` that exists has texts for every locale that it asks for, known placements, and
/// colours and amounts that parse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Brief {
    /// Version of this schema: 1.
    #[schemars(range(min = 1, max = 1))]
    pub handbill: u32,
    /// Short name of the campaign in lower case: `spring-tea`. Names the output folder.
    #[schemars(regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub campaign: String,
    /// What is advertised.
    pub product: Product,
    /// Who advertises it.
    pub brand: Brand,
    /// What the campaign is for.
    pub objective: Objective,
    /// Whom it speaks to.
    pub audience: Localized,
    /// The one thing that they shall remember.
    pub key_message: Localized,
    /// What they get if they act now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// What they shall do: `Shop now`, `立即选购`.
    pub call_to_action: Localized,
    /// Where a click leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Languages and regions, the most important first.
    #[schemars(length(min = 1))]
    pub locales: Vec<Locale>,
    /// Placement ids from the channel data: `xiaohongshu.note_image`.
    #[schemars(length(min = 1))]
    pub placements: Vec<String>,
    /// What is made.
    #[serde(default)]
    pub deliverables: Deliverables,
    /// The most that a run may cost: `{amount: "2.50", currency: USD}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Price>,
}

/// The thing that is advertised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its name, per locale.
    pub name: Localized,
    /// Your article number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Kind of product, such as `food`, `cosmetics`, `health_food`: some claim rules apply to some kinds only.
    pub category: String,
    /// What is true about it. Copy may say nothing else.
    #[schemars(length(min = 1))]
    pub facts: Vec<Fact>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Its price before the offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Price>,
    /// Pictures of it, the best first.
    #[schemars(length(min = 1))]
    pub photos: Vec<Photo>,
}

/// One true thing about the product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Short name, such as `weight`; copy refers to it by this.
    pub id: String,
    /// What it is about: `Net weight`, `净含量`.
    pub label: Localized,
    /// What is true: `100`, `hand-picked before Qingming`.
    pub value: FactValue,
    /// Unit of a number: `g`, `ml`, `h`, `°C`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Localized>,
    /// What the buyer has of it: `keeps ice overnight`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Localized>,
    /// What is usual instead, for a comparison: `about 12 h`. It needs a source as much as the fact does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Localized>,
    /// Where it is known from: a test report, a label, a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A number, or words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FactValue {
    /// A number; its unit stands beside it.
    Number(serde_json::Number),
    /// Words.
    Words(Localized),
}

impl Fact {
    /// The value with its unit, as it is written in a locale: `24 h`, `24 小时`.
    pub fn stated(&self, locale: &Locale) -> Option<String> {
        let value = match &self.value {
            FactValue::Number(number) => number.to_string(),
            FactValue::Words(words) => words.get(locale)?.to_owned(),
        };
        match self.unit.as_ref().and_then(|unit| unit.get(locale)) {
            Some(unit @ ("%" | "°C" | "°F" | "℃")) => Some(format!("{value}{unit}")),
            Some(unit) => Some(format!("{value} {unit}")),
            None => Some(value),
        }
    }
}

/// An amount with its currency, as people write it: `{amount: "268.00", currency: CNY}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// A decimal in quotes or a number, such as `"268.00"`.
    #[serde(deserialize_with = "wire::amount")]
    #[schemars(with = "wire::Amount")]
    pub amount: String,
    /// ISO 4217 code: `CNY`, `USD`.
    pub currency: Currency,
}

impl Price {
    /// The amount as a price tag writes it, whatever the brief wrote: `268`, `34.50`.
    pub fn written(&self) -> String {
        let (whole, part) = self.amount.split_once('.').unwrap_or((&self.amount, ""));
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        match part.trim_end_matches('0') {
            "" => whole.to_owned(),
            part => format!("{whole}.{part:0<2}"),
        }
    }
}

/// One picture of the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Photo {
    /// Path, relative to the brief's own folder.
    pub file: String,
    /// What the picture is.
    #[serde(default)]
    pub role: PhotoRole,
    /// What is seen, for readers who do not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<Localized>,
}

/// What a photo is good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhotoRole {
    /// The product alone, on a plain or transparent background.
    #[default]
    Product,
    /// The product in use, or its world.
    Lifestyle,
    /// A close-up.
    Detail,
}

/// Who advertises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// Its name, per locale.
    pub name: Localized,
    /// Its colours.
    pub colors: Colors,
    /// Path of the logo (PNG with transparency), relative to the brief.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Path of the wide logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_wide: Option<String>,
    /// Font files of the brand, relative to the brief.
    #[serde(default)]
    pub fonts: Fonts,
    /// How it speaks.
    #[serde(default)]
    pub voice: Voice,
    /// Lines that the law or the company wants on the material.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal_lines: Vec<Localized>,
}

/// Colours by role, each `#RRGGBB`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Colors {
    /// The colour that people know the brand by.
    #[schemars(regex(pattern = r"^#[0-9A-Fa-f]{6}$"))]
    pub primary: String,
    /// Its partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<String>,
    /// For what must be seen: buttons, prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// Light background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<String>,
    /// Dark text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Font files by use; without them the bundled families serve.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fonts {
    /// For headlines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// For everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// How the brand speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    /// A few words: `calm, precise, warm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<Localized>,
    /// Words to prefer.
    #[serde(default, rename = "do", skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<String>,
    /// Words that must not appear.
    #[serde(default, rename = "dont", skip_serializing_if = "Vec::is_empty")]
    pub unwanted: Vec<String>,
}

/// What the campaign is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// That people know it.
    Awareness,
    /// That people want to know more.
    Consideration,
    /// That people buy.
    Conversion,
    /// That buyers come back.
    Loyalty,
    /// That something new is known.
    Launch,
}

/// What people get if they act now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// `20 % off the first order`, `首单立减 30 元`.
    pub text: Localized,
    /// Code to type in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Last day, `2026-04-05`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What is made. By default copy, images and an article; videos when tiers are named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deliverables {
    /// Texts of the placements.
    pub copy: bool,
    /// Pictures of the placements.
    pub images: bool,
    /// An article per locale.
    pub article: bool,
    /// Lengths in seconds of the videos: 15, 30, 60.
    pub videos: Vec<u32>,
    /// Ratios of the videos; empty: those that the placements ask for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub video_ratios: Vec<String>,
    /// How many variants of copy and images, 1 to 5, each with its own angle.
    #[schemars(range(min = 1, max = 5))]
    pub variants: u32,
}

impl Default for Deliverables {
    fn default() -> Self {
        Self {
            copy: true,
            images: true,
            article: true,
            videos: Vec::new(),
            video_ratios: Vec::new(),
            variants: 1,
        }
    }
}

/// Files that a brief names, as blobs: path in the brief → digest of its bytes.
pub type BriefFiles = BTreeMap<String, crate::asset::Digest>;

mod wire {
    use schemars::JsonSchema;
    use serde::{Deserialize, Deserializer};

    /// People write `268`, `268.00` and `"268.00"`.
    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged)]
    pub(super) enum Amount {
        Text(String),
        Number(serde_json::Number),
    }

    pub(super) fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        Ok(match Amount::deserialize(from)? {
            Amount::Text(text) => text,
            Amount::Number(number) => number.to_string(),
        })
    }
}
