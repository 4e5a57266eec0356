//! What a template shows when it shows itself: a brand, its words in both languages, and a product drawn in its colours.

use std::collections::BTreeMap;

use handbill_domain::{
    channel::Size,
    locale::Locale,
    problem::{Problem, Problems},
    words::DesignWords,
};
use serde::{Deserialize, Serialize};

use super::{BUILT_IN, Composed, FactLine, Palette, PriceTag, Scene, Template, compose};
use crate::{
    Canvas, Color, Error, draw,
    image::{Cutout, contain, cut_out, ground_shadow},
    shape,
    text::Fonts,
};

/// Shapes of canvas that a template is shown and checked in: every ratio that placements ask for, thin banners too.
pub const SIZES: [Size; 12] = [
    Size { width: 1080, height: 1080 },
    Size { width: 1080, height: 1350 },
    Size { width: 1000, height: 1500 },
    Size { width: 1080, height: 1920 },
    Size { width: 1200, height: 628 },
    Size { width: 1280, height: 720 },
    Size { width: 1440, height: 1080 },
    Size { width: 900, height: 383 },
    Size { width: 970, height: 250 },
    Size { width: 728, height: 90 },
    Size { width: 160, height: 600 },
    Size { width: 300, height: 600 },
];

/// A brand as `sample.json` tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Short name: `tea`.
    pub name: String,
    /// Colours, `#RRGGBB`: primary, secondary, accent, background, text.
    pub colors: [String; 5],
    /// What the product looks like.
    pub product: Package,
    /// Words by locale.
    pub locales: BTreeMap<Locale, SampleWords>,
}

/// A product that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Package {
    /// A tin with a lid.
    Tin,
    /// A tall bottle.
    Bottle,
    /// A low jar.
    Jar,
}

/// Words of a sample in one locale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleWords {
    /// The brand's name.
    pub brand: String,
    /// The words of the design.
    pub words: DesignWords,
    /// The call to action.
    pub button: String,
    /// The offer.
    pub offer: String,
    /// The price's sign, amount, and the old price.
    pub price: (String, String, Option<String>),
    /// Facts: label and value.
    pub facts: Vec<(String, String)>,
    /// What is usual instead, by a fact's label.
    #[serde(default)]
    pub usual: BTreeMap<String, String>,
    /// Where a code leads.
    #[serde(default)]
    pub url: Option<String>,
    /// Lines of the law.
    #[serde(default)]
    pub legal: Vec<String>,
}

/// The samples of the built-in templates, one of each brand.
pub fn brands() -> Vec<Sample> {
    let mut all: Vec<Sample> = Vec::new();
    for sample in BUILT_IN.iter().filter_map(|(_, text)| read(text).ok()) {
        if !all.iter().any(|s| s.name == sample.name) {
            all.push(sample);
        }
    }
    all
}

/// The sample of a built-in template.
pub fn of(template: &str) -> Option<Sample> {
    let n = super::built_in().iter().position(|t| t.name == template)?;
    BUILT_IN.get(n).and_then(|(_, text)| read(text).ok())
}

/// Reads a `sample.json`.
pub fn read(json: &str) -> Result<Sample, Problems> {
    serde_json::from_str(json).map_err(|e| Problems(vec![Problem::at("", e.to_string())]))
}

impl Sample {
    /// Composes a template with this sample.
    pub fn compose(
        &self,
        template: &Template,
        locale: &Locale,
        size: Size,
        fonts: &Fonts,
    ) -> Result<Composed, Error> {
        let pictures = Pictures::of(self);
        let said = self.locales.get(locale).or_else(|| self.locales.values().next());
        let Some(said) = said else {
            return Err(Error::Template {
                template: template.name.clone(),
                reason: "its sample says nothing".into(),
            });
        };
        let facts: Vec<FactLine> = said.facts.iter().map(|f| fact(f, &said.usual)).collect();
        let (sign, amount, list) = said.price.clone();
        let price = PriceTag { sign, amount, list };
        let turn = (size.width + size.height) as usize % draw::Style::ALL.len();
        let art =
            draw::Art { style: draw::Style::ALL[turn], palette: pictures.palette, dark: false, seed: 20 };
        let background = draw::background(&art, size.width, size.height);
        let scene = Scene {
            size,
            safe_zone: None,
            locale,
            words: &said.words,
            call_to_action: &said.button,
            offer: Some(&said.offer),
            price: Some(&price),
            facts: &facts,
            url: said.url.as_deref(),
            brand: &said.brand,
            palette: pictures.palette,
            background: Some(&background),
            product: pictures.product.as_ref(),
            product_photo: None,
            photo: Some(&pictures.photo),
            logo: None,
            logo_wide: None,
            legal: if template.suits.plain { &[] } else { &said.legal },
            ai_label: None,
            required_background: template.suits.plain.then_some(Color::WHITE),
            min_fill: None,
        };
        compose(template, &scene, fonts)
    }
}

fn fact((label, value): &(String, String), usual: &BTreeMap<String, String>) -> FactLine {
    let is_number = value.starts_with(|c: char| c.is_ascii_digit());
    FactLine { label: label.clone(), value: value.clone(), is_number, usual: usual.get(label).cloned() }
}

/// A sample's pictures, all drawn.
struct Pictures {
    palette: Palette,
    product: Option<Cutout>,
    photo: Canvas,
}

impl Pictures {
    fn of(sample: &Sample) -> Self {
        let [primary, secondary, accent, background, text] =
            sample.colors.each_ref().map(|c| c.parse().unwrap_or(Color::BLACK));
        let palette = Palette { primary, secondary, accent, background, text };
        let product = package(sample.product, &palette);
        let photo = world(&palette, product.as_ref());
        Self { palette, product, photo }
    }
}

/// A package in the brand's colours, lit from the left.
fn package(kind: Package, palette: &Palette) -> Option<Cutout> {
    // Body and lid: left, top, width, height, radius.
    let (body, lid) = match kind {
        Package::Tin => ((70.0, 120.0, 420.0, 560.0, 26.0), (58.0, 40.0, 444.0, 130.0, 22.0)),
        Package::Bottle => ((150.0, 190.0, 260.0, 600.0, 60.0), (205.0, 40.0, 150.0, 180.0, 22.0)),
        Package::Jar => ((40.0, 170.0, 480.0, 330.0, 54.0), (60.0, 60.0, 440.0, 130.0, 24.0)),
    };
    let mut canvas = Canvas::new(560, 840, Color::CLEAR);
    for ((x, y, w, h, r), color) in [(body, palette.primary), (lid, palette.primary.lightness(0.38))] {
        shape::rect(&mut canvas, x, y, w, h, r, color);
        let mut light = Canvas::new(560, 840, Color::CLEAR);
        let stops = [
            (0.0, Color::BLACK.alpha(0.28)),
            (0.2, Color::WHITE.alpha(0.2)),
            (0.42, Color::WHITE.alpha(0.02)),
            (0.75, Color::BLACK.alpha(0.08)),
            (1.0, Color::BLACK.alpha(0.34)),
        ];
        shape::gradient(&mut light, (x, y, w, h), (0.0, 0.0), (1.0, 0.0), &stops);
        within(&mut light, &canvas);
        canvas.over(&light, 0, 0, 1.0);
    }
    let (x, y, w, h, _) = body;
    let (top, tall) = (y + h * 0.24, h * 0.52);
    shape::rect(&mut canvas, x + w * 0.13, top, w * 0.74, tall, 8.0, palette.background);
    shape::ellipse(&mut canvas, (x + w * 0.38, top + tall * 0.16, w * 0.24, w * 0.24), palette.accent);
    for (n, wide) in [0.4, 0.52, 0.3].into_iter().enumerate() {
        let line = top + tall * (0.66 + n as f32 * 0.1);
        shape::rect(&mut canvas, x + w * (0.5 - wide / 2.0), line, w * wide, tall * 0.03, 3.0, palette.text);
    }
    cut_out(&canvas)
}

/// Keeps a drawing where another is opaque.
fn within(top: &mut Canvas, mask: &Canvas) {
    for (p, m) in top.data_mut().as_chunks_mut::<4>().0.iter_mut().zip(mask.data().as_chunks::<4>().0) {
        for c in p {
            *c = crate::canvas::div255(u32::from(*c) * u32::from(m[3])) as u8;
        }
    }
}

/// The product's world: a set with the product left of the middle.
fn world(palette: &Palette, product: Option<&Cutout>) -> Canvas {
    let art = draw::Art { style: draw::Style::Geometric, palette: *palette, dark: false, seed: 11 };
    let mut set = draw::background(&art, 1600, 1200);
    if let Some(product) = product {
        let small = contain(&product.canvas, 640, 800);
        let (x, y, w, h) =
            (380.0, 1060.0 - small.height() as f32, small.width() as f32, small.height() as f32);
        ground_shadow(&mut set, product, (x, y, w, h), palette.text, 0.8);
        set.over(&small, x as i32, y as i32, 1.0);
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_has_a_sample_in_both_languages_and_there_are_three_brands() {
        for (_, text) in BUILT_IN {
            let sample = read(text).unwrap();
            assert!(
                sample.locales.len() >= 2 && sample.locales.keys().any(Locale::is_chinese),
                "{}",
                sample.name
            );
        }
        assert_eq!(brands().len(), 3);
    }
}
