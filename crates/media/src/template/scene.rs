//! What a design is made from, and what comes out.

use handbill_domain::{
    channel::{SafeZone, Size},
    locale::Locale,
    words::DesignWords,
};
use serde::Serialize;

use super::{Need, Palette, placed::Placed};
use crate::{Canvas, Color, image::Cutout};

/// Everything that a design shows. What is `None` or empty is left out.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Size of the canvas.
    pub size: Size,
    /// What the platform's own controls will cover.
    pub safe_zone: Option<&'a SafeZone>,
    /// Language of the words.
    pub locale: &'a Locale,
    /// The words.
    pub words: &'a DesignWords,
    /// The call to action.
    pub call_to_action: &'a str,
    /// The offer.
    pub offer: Option<&'a str>,
    /// The price.
    pub price: Option<&'a PriceTag>,
    /// What is true about the product, the most important first.
    pub facts: &'a [FactLine],
    /// Where a code to scan leads.
    pub url: Option<&'a str>,
    /// The brand's name.
    pub brand: &'a str,
    /// The brand's colours.
    pub palette: Palette,
    /// The campaign's background picture.
    pub background: Option<&'a Canvas>,
    /// The product, cut out.
    pub product: Option<&'a Cutout>,
    /// The product's photo as it is: shown in a frame where there is no cut-out.
    pub product_photo: Option<&'a Canvas>,
    /// The product in use, or its world.
    pub photo: Option<&'a Canvas>,
    /// The logo, about square.
    pub logo: Option<&'a Canvas>,
    /// The wide logo.
    pub logo_wide: Option<&'a Canvas>,
    /// Lines that must be on the material.
    pub legal: &'a [String],
    /// The words of the label that says that a model made it.
    pub ai_label: Option<&'a str>,
    /// The background that the platform demands; clear for transparent.
    pub required_background: Option<Color>,
    /// Share of the frame that the product must fill, 0 to 1.
    pub min_fill: Option<f32>,
}

/// A price as it is written on a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceTag {
    /// The currency's sign: `¥`.
    pub sign: String,
    /// The amount: `268` or `34.50`.
    pub amount: String,
    /// The price before the offer, with its sign: `¥328`.
    pub list: Option<String>,
}

/// A fact as a design shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct FactLine {
    /// What it is about: `Net weight`.
    pub label: String,
    /// What is true, with its unit: `100 g`.
    pub value: String,
    /// Is it a number?
    #[serde(default)]
    pub is_number: bool,
    /// What is usual instead, from the brief.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<String>,
}

impl Scene<'_> {
    /// Everything that it says.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let words = self.words;
        let own = [
            &words.headline,
            &words.headline_short,
            &words.subline,
            &words.kicker,
            &words.quote,
            &words.quote_source,
        ];
        let price =
            self.price.iter().flat_map(|p| [Some(&p.sign), Some(&p.amount), p.list.as_ref()]).flatten();
        let facts =
            self.facts.iter().flat_map(|f| [Some(&f.label), Some(&f.value), f.usual.as_ref()]).flatten();
        let many = own.into_iter().chain(&words.bullets).chain(price).chain(facts).chain(self.legal);
        let single = [Some(self.call_to_action), self.offer, Some(self.brand), self.ai_label];
        many.map(String::as_str).chain(single.into_iter().flatten())
    }

    /// Is it there to be shown?
    pub fn has(&self, need: Need) -> bool {
        match need {
            Need::Price => self.price.is_some(),
            Need::Offer => self.offer.is_some_and(|o| !o.trim().is_empty()),
            Need::Quote => !self.words.quote.trim().is_empty(),
            Need::Photo => self.photo.is_some(),
            Need::Bullets => self.words.bullets.len() >= 2,
            Need::Facts => self.facts.len() >= 3,
            Need::Comparison => self.facts.iter().filter(|f| f.usual.is_some()).count() >= 2,
            Need::Figure => self.facts.iter().any(|f| f.is_number),
            Need::Url => self.url.is_some_and(|u| !u.trim().is_empty()),
            Need::Cutout => self.product.is_some(),
        }
    }
}

/// A finished design.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The picture.
    pub canvas: Canvas,
    /// What stands where.
    pub boxes: Vec<Placed>,
    /// What the brief has and this layout has no place for.
    pub omitted: Vec<String>,
}
