//! What pictures and videos are made of. Made of the same they are the same, byte for byte; so a run takes over what an
//! earlier one of its campaign made, and a changed brief makes again only what shows the change.

use std::collections::BTreeSet;

use handbill_domain::{asset::Digest, brief::PhotoRole, locale::Locale};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::material::{Words, in_role};
use crate::{Context, Error};

/// Another version of ours may draw the same things differently.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A part of the brief that a picture or a video shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The brand's colours.
    Colors,
    /// The brand's fonts.
    Fonts,
    /// The photo of the product alone.
    ProductPhoto,
    /// The first photo of the product's world.
    WorldPhoto,
    /// All photos.
    Photos,
    /// The logo, in both forms.
    Logo,
    /// The brand's name.
    BrandName,
    /// The product's name.
    ProductName,
    /// The key message.
    Message,
    /// The call to action.
    CallToAction,
    /// The offer with its code.
    Offer,
    /// The price, and the one before.
    Price,
    /// What is true about the product.
    Facts,
    /// Where a click leads.
    Url,
    /// The lines of the law.
    Legal,
}

/// What the assets of a step were made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeOf {
    /// What of the brief.
    pub parts: BTreeSet<Part>,
    /// Digest of these parts in the step's language, of the outputs that the step reads, and of how it is made.
    pub digest: Digest,
}

impl MadeOf {
    pub(super) fn of(ctx: &Context<'_>, parts: BTreeSet<Part>) -> Result<Self, Error> {
        Ok(Self { digest: digest(ctx, &parts)?, parts })
    }

    /// Would the step make the same again?
    pub fn is_still_so(&self, ctx: &Context<'_>) -> Result<bool, Error> {
        Ok(digest(ctx, &self.parts)? == self.digest)
    }
}

/// What every step of this kind is told.
#[derive(Deserialize)]
struct Params {
    locale: Locale,
    #[serde(default)]
    placement: Option<String>,
}

fn digest(ctx: &Context<'_>, parts: &BTreeSet<Part>) -> Result<Digest, Error> {
    let params: Params = ctx.params()?;
    let words = Words::of(ctx.brief, &params.locale);
    let parts: Vec<(Part, Value)> = parts.iter().map(|part| (*part, part.value(ctx, &words))).collect();
    let step = ctx.step;
    let how = (VERSION, &step.kind, &step.params, &step.makes, ctx.seed, ctx.producer, ctx.templates.own());
    let needs = step.needs.iter().map(|key| (key, ctx.outputs.get(key).map(|o| (&o.value, &o.models))));
    let needs: Vec<_> = needs.collect();
    Ok(Digest::of_json(&(how, surroundings(ctx, &words, params.placement.as_deref()), needs, parts)))
}

/// What else of the brief decides about it. A picture: whose turn it is among the placements, and what there is to choose
/// a design by. A video: the placements that it must suit.
fn surroundings(ctx: &Context<'_>, words: &Words, placement: Option<&str>) -> Value {
    let Some(placement) = placement else { return json!(ctx.brief.placements) };
    let turn = ctx.brief.placements.iter().position(|id| id == placement);
    let world = ctx.brief.product.photos.iter().any(|photo| photo.role == PhotoRole::Lifestyle);
    let there: Vec<bool> = words.there().into_iter().map(|(_, there)| there).chain([world]).collect();
    json!([turn, there])
}

impl Part {
    /// What it says now: words in the step's language, files by their bytes.
    fn value(self, ctx: &Context<'_>, words: &Words) -> Value {
        let (brand, photos) = (&ctx.brief.brand, &ctx.brief.product.photos);
        let file = |path: &str| ctx.brief_files.get(path).map(Digest::as_str);
        let first = |role| in_role(photos, role, 1).pop();
        match self {
            Self::Colors => json!(brand.colors),
            Self::Fonts => {
                json!([brand.fonts.heading.as_deref().map(file), brand.fonts.body.as_deref().map(file)])
            }
            Self::ProductPhoto => {
                json!(first(PhotoRole::Product).or_else(|| Some(&photos.first()?.file)).map(file))
            }
            Self::WorldPhoto => json!(first(PhotoRole::Lifestyle).map(file)),
            Self::Photos => {
                json!(photos.iter().map(|photo| (photo.role, file(&photo.file))).collect::<Vec<_>>())
            }
            Self::Logo => json!([brand.logo.as_deref().map(file), brand.logo_wide.as_deref().map(file)]),
            Self::BrandName => json!(words.brand),
            Self::ProductName => json!(words.product),
            Self::Message => json!(words.message),
            Self::CallToAction => json!(words.call_to_action),
            Self::Offer => json!([words.offer, words.code]),
            Self::Price => {
                json!(words.price.as_ref().map(|tag| (&tag.sign, &tag.amount, &tag.list)))
            }
            Self::Facts => json!(words.facts),
            Self::Url => json!(words.url),
            Self::Legal => json!(words.legal),
        }
    }
}
