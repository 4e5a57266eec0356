//! Outline: what is said in which order, and the words on the pictures. One per locale and variant.

use handbill_checks::design;
use handbill_domain::{
    locale::Locale,
    words::{Angle, Outline, Strategy},
};
use handbill_providers::rehearsal::inputs::{OutlineInputs, Told};
use serde::Deserialize;

use super::write::{Task, schema_of, write};
use crate::{Context, Error, graph::StepOutput};

#[derive(Deserialize)]
struct Params {
    locale: Locale,
    variant: u32,
    strategy: String,
}

/// Writes the outline of a variant.
pub(super) async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let Params { locale, variant, strategy } = ctx.params()?;
    let strategy: Strategy = ctx.output(&strategy)?;
    let angle = angle(&strategy, variant)?;
    let inputs =
        OutlineInputs { brief: Told::of(ctx.brief, &locale), angle: angle.clone(), strategy, variant };
    let task = Task {
        name: "outline",
        locale: &locale,
        inputs: &inputs,
        schema: schema_of::<Outline>(),
        tokens: 2000,
    };
    let written = write(ctx, &task, |outline: &mut Outline| {
        outline.angle.clone_from(&angle.id);
        design::objections(&outline.design, &locale, ctx.brief)
    })
    .await?;
    written.output()
}

/// The angle of a variant.
pub(super) fn angle(strategy: &Strategy, variant: u32) -> Result<Angle, Error> {
    let nth = variant.saturating_sub(1) as usize;
    strategy
        .angles
        .get(nth)
        .cloned()
        .ok_or_else(|| Error::Broken(format!("the strategy has no angle for variant {variant}")))
}
