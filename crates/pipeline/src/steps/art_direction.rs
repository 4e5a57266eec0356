//! Art direction: how the campaign looks and sounds. One per campaign.

use handbill_domain::{
    asset::{CheckResult, Severity},
    words::{ArtDirection, Strategy},
};
use handbill_providers::rehearsal::inputs::{ArtInputs, Told};
use serde::Deserialize;

use super::write::{Task, schema_of, write};
use crate::{Context, Error, graph::StepOutput};

/// Kinds of background that an illustrator knows.
const STYLES: &[&str] = &["gradient", "paper", "bokeh", "botanical", "geometric", "sweep"];
/// Moods that the music beds have.
const MUSIC: &[&str] = &["calm", "bright", "driving", "warm", "elegant", "playful"];

#[derive(Deserialize)]
struct Params {
    strategies: Vec<String>,
}

/// Settles the look, by the strategy of the first locale that has one.
pub(super) async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let Params { strategies } = ctx.params()?;
    let there = ctx.brief.locales.iter().zip(&strategies).find(|(_, key)| ctx.outputs.contains_key(*key));
    let missing = || Error::Missing {
        step: ctx.step.key.clone(),
        needs: strategies.first().cloned().unwrap_or_default(),
    };
    let (locale, key) = there.ok_or_else(missing)?;
    let strategy: Strategy = ctx.output(key)?;
    let owned = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    let colors = &ctx.brief.brand.colors;
    let others = [&colors.secondary, &colors.accent, &colors.background];
    let inputs = ArtInputs {
        brief: Told::lasting(ctx.brief, locale),
        strategy,
        variants: ctx.brief.deliverables.variants,
        palette: std::iter::once(colors.primary.clone())
            .chain(others.into_iter().flatten().cloned())
            .collect(),
        styles: owned(STYLES),
        music: owned(MUSIC),
    };
    let task = Task {
        name: "art_direction",
        locale,
        inputs: &inputs,
        schema: schema_of::<ArtDirection>(),
        tokens: 2000,
    };
    let written =
        write(ctx, &task, |art: &mut ArtDirection| objections(art, inputs.variants as usize)).await?;
    written.output()
}

fn objections(art: &ArtDirection, variants: usize) -> Vec<CheckResult> {
    let block = |place: String, message: String| CheckResult {
        rule: "art_direction".into(),
        severity: Severity::Block,
        message,
        suggestion: None,
        place: Some(place),
    };
    let mut found = Vec::new();
    if art.backgrounds.len() < variants {
        found.push(block("backgrounds".into(), format!("{variants} backgrounds are needed")));
    }
    for (n, background) in
        art.backgrounds.iter().enumerate().filter(|(_, b)| !STYLES.contains(&b.style.as_str()))
    {
        found.push(block(
            format!("backgrounds[{n}].style"),
            format!("there is no style `{}`: choose one of {}", background.style, STYLES.join(", ")),
        ));
    }
    if !MUSIC.contains(&art.music.as_str()) {
        found.push(block(
            "music".into(),
            format!("there is no mood `{}`: choose one of {}", art.music, MUSIC.join(", ")),
        ));
    }
    found
}
