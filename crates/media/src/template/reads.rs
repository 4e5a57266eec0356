//! What of a scene a design reads: whatever else changes, it stays as it is.

use std::collections::BTreeSet;

use super::{Item, Layer, Say, Scene, Side, Template, compose::visible};

/// Something of a scene that a design may show, or be laid out by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// The product, cut out or as its photo is.
    Product,
    /// The photo of the product's world.
    Photo,
    /// The logo, in both forms.
    Logo,
    /// The brand's name.
    Brand,
    /// The price.
    Price,
    /// The offer.
    Offer,
    /// The call to action.
    CallToAction,
    /// What is true about the product.
    Facts,
    /// Where a code to scan leads.
    Url,
    /// The lines of the law.
    Legal,
}

/// What a design of this template reads of a scene: by its layout, so also what it leaves out for want of room. That
/// something is there at all (`Scene::has`) may decide its layers and is not among it.
pub fn reads(template: &Template, scene: &Scene<'_>) -> BTreeSet<Read> {
    let mut read = BTreeSet::new();
    let Some(layout) = template.layout(scene.size) else { return read };
    for layer in visible(&layout.layers, scene) {
        read.extend(of_layer(layer, scene));
    }
    if scene.required_background.is_none() {
        read.insert(Read::Legal);
    }
    read
}

fn of_layer(layer: &Layer, scene: &Scene<'_>) -> Vec<Read> {
    match layer {
        // The words make room for what stands in the photo, and where that is depends on the product too.
        Layer::Photo { .. } | Layer::Scrim { side: Side::Start, .. } => vec![Read::Photo, Read::Product],
        Layer::Product { .. } if scene.product.is_some() || scene.product_photo.is_some() => {
            vec![Read::Product]
        }
        Layer::Product { .. } => vec![Read::Product, Read::Photo],
        Layer::Blend { layers, .. } => {
            visible(layers, scene).into_iter().flat_map(|layer| of_layer(layer, scene)).collect()
        }
        Layer::Logo { .. } => vec![Read::Logo, Read::Brand],
        Layer::Table { .. } => vec![Read::Facts],
        Layer::Compare { .. } => vec![Read::Facts, Read::Brand],
        Layer::Qr { .. } => vec![Read::Url],
        Layer::Stack { items, .. } => items.iter().filter_map(|item| of_item(item, scene)).collect(),
        // What an ordinary layer is made of is the brand's colours and the background, which every design reads.
        Layer::Background { .. }
        | Layer::Fade { .. }
        | Layer::Ornament { .. }
        | Layer::When { .. }
        | Layer::Scrim { .. }
        | Layer::Panel { .. }
        | Layer::Halo { .. }
        | Layer::Disc { .. } => vec![],
    }
}

fn of_item(item: &Item, scene: &Scene<'_>) -> Option<Read> {
    match item {
        Item::Price { .. } => Some(Read::Price),
        Item::Button { .. } => Some(Read::CallToAction),
        Item::List { .. } => scene.words.bullets.is_empty().then_some(Read::Facts),
        Item::Rule { .. } => None,
        Item::Text { say, .. } | Item::Tag { say, .. } => match say {
            Say::Offer => Some(Read::Offer),
            Say::Brand => Some(Read::Brand),
            Say::Figure | Say::FigureLabel => Some(Read::Facts),
            // The design's own words.
            Say::Headline
            | Say::HeadlineShort
            | Say::Subline
            | Say::Kicker
            | Say::Quote
            | Say::QuoteSource
            | Say::Bullets
            | Say::QuoteMark => None,
        },
    }
}
