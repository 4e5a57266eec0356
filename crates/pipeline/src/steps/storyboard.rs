//! Storyboard: what is said and seen in a short video. One per locale and length.

use std::collections::BTreeMap;

use handbill_checks::storyboard::{self, LargeWords};
use handbill_domain::{
    brief::PhotoRole,
    locale::Locale,
    words::{Outline, Storyboard, Strategy},
};
use handbill_providers::rehearsal::inputs::{StoryboardInputs, Told, ToldSection};
use serde::Deserialize;
use serde_json::{Value, json};

use super::write::{Task, schema_of, write};
use crate::{Context, Error, graph::StepOutput};

#[derive(Deserialize)]
struct Params {
    locale: Locale,
    tier: u32,
    strategy: String,
    outlines: Vec<String>,
}

/// `storyboard/tiers.yaml`: how a video of each length is divided.
#[derive(Deserialize)]
struct Tiers {
    headline: Bound,
    statement: Bound,
    word: u32,
    tiers: BTreeMap<u32, Vec<Slot>>,
}

/// How long large words may be, in characters.
#[derive(Clone, Copy, Deserialize)]
struct Bound {
    zh: u32,
    en: u32,
}

#[derive(Deserialize)]
struct Slot {
    section: String,
    seconds: f32,
    max_chars_zh: u32,
    max_words_en: u32,
}

/// Writes the storyboard of a length.
pub(super) async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let Params { locale, tier, strategy, outlines } = ctx.params()?;
    let strategy: Strategy = ctx.output(&strategy)?;
    // The first variant that has an outline leads.
    let missing = || Error::Missing {
        step: ctx.step.key.clone(),
        needs: outlines.first().cloned().unwrap_or_default(),
    };
    let outline: Outline =
        ctx.output(outlines.iter().find(|key| ctx.outputs.contains_key(*key)).ok_or_else(missing)?)?;
    let tiers = tiers()?;
    let sections = sections(&tiers, tier, &locale)?;
    let bounds = tiers.large_words(&locale);
    let has_lifestyle = ctx.brief.product.photos.iter().any(|p| p.role == PhotoRole::Lifestyle);
    let inputs = StoryboardInputs {
        brief: Told::of(ctx.brief, &locale),
        strategy,
        outline,
        tier,
        sections,
        has_lifestyle,
        headline_most: bounds.headline,
        statement_most: bounds.statement,
    };
    let task =
        Task { name: "storyboard", locale: &locale, inputs: &inputs, schema: schema(&bounds), tokens: 3000 };
    let written = write(ctx, &task, |board: &mut Storyboard| {
        let mut found = storyboard::large_words(board, &bounds, &locale);
        found.extend(storyboard::objections(board, tier, &locale, ctx.brief));
        found
    })
    .await?;
    written.output()
}

/// The schema of an answer, with what is bounded said where it stands. It is said and not enforced: a headline that is
/// too long goes back with the objection, as every other text does.
fn schema(bounds: &LargeWords) -> Value {
    let mut schema = schema_of::<Storyboard>();
    if let Some(headline) = schema.pointer_mut("/$defs/Scene/properties/headline") {
        let LargeWords { headline: most, statement, .. } = bounds;
        headline["description"] = json!(format!(
            "What stands large on the picture; may be empty. At most {most} characters; {statement} where `picture` is `background`."
        ));
    }
    schema
}

fn tiers() -> Result<Tiers, Error> {
    serde_saphyr::from_str(include_str!("../../storyboard/tiers.yaml"))
        .map_err(|e| Error::Broken(format!("tiers.yaml: {e}")))
}

impl Tiers {
    fn large_words(&self, locale: &Locale) -> LargeWords {
        let of = |bound: &Bound| if locale.is_chinese() { bound.zh } else { bound.en };
        LargeWords { headline: of(&self.headline), statement: of(&self.statement), word: self.word }
    }
}

/// The scenes of a length, each with an id of its own.
fn sections(tiers: &Tiers, tier: u32, locale: &Locale) -> Result<Vec<ToldSection>, Error> {
    let slots = tiers
        .tiers
        .get(&tier)
        .ok_or_else(|| Error::Broken(format!("tiers.yaml does not say how {tier} s are divided")))?;
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let told = |slot| {
        let Slot { section, seconds, max_chars_zh, max_words_en }: &Slot = slot;
        let count = seen.entry(section.as_str()).or_default();
        *count += 1;
        ToldSection {
            id: if *count == 1 { section.clone() } else { format!("{section}_{count}") },
            section: section.clone(),
            seconds: *seconds,
            most: if locale.is_chinese() { *max_chars_zh } else { *max_words_en },
        }
    };
    Ok(slots.iter().map(told).collect())
}
