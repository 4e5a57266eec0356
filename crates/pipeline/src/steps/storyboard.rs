//! Storyboard: what is said and seen in a short video. One per locale and length.

use std::collections::BTreeMap;

use handbill_checks::storyboard;
use handbill_domain::{
    brief::PhotoRole,
    locale::Locale,
    words::{Outline, Storyboard, Strategy},
};
use handbill_providers::rehearsal::inputs::{StoryboardInputs, Told, ToldSection};
use serde::Deserialize;

use super::write::{Task, schema_of, value, write};
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
    tiers: BTreeMap<u32, Vec<Slot>>,
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
    let sections = sections(tier, &locale)?;
    let has_lifestyle = ctx.brief.product.photos.iter().any(|p| p.role == PhotoRole::Lifestyle);
    let inputs = StoryboardInputs {
        brief: Told::of(ctx.brief, &locale),
        strategy,
        outline,
        tier,
        sections,
        has_lifestyle,
    };
    let task = Task {
        name: "storyboard",
        locale: &locale,
        inputs: &inputs,
        schema: schema_of::<Storyboard>(),
        tokens: 3000,
    };
    let written =
        write(ctx, &task, |board: &mut Storyboard| storyboard::objections(board, tier, &locale, ctx.brief))
            .await?;
    Ok(StepOutput { value: value(&written.value)?, assets: Vec::new() })
}

/// The scenes of a length, each with an id of its own.
fn sections(tier: u32, locale: &Locale) -> Result<Vec<ToldSection>, Error> {
    let tiers: Tiers = serde_saphyr::from_str(include_str!("../../storyboard/tiers.yaml"))
        .map_err(|e| Error::Broken(format!("tiers.yaml: {e}")))?;
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
