//! Strategy: whom to tell what, and why they should believe it. One per locale.

use std::collections::BTreeSet;

use handbill_domain::{
    asset::{CheckResult, Severity},
    locale::Locale,
    words::Strategy,
};
use handbill_providers::rehearsal::inputs::{StrategyInputs, Told};
use serde::Deserialize;

use super::write::{Task, schema_of, write};
use crate::{Context, Error, graph::StepOutput};

#[derive(Deserialize)]
struct Params {
    locale: Locale,
}

/// Writes the strategy of a locale.
pub(super) async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let Params { locale } = ctx.params()?;
    let variants = ctx.brief.deliverables.variants;
    let inputs = StrategyInputs { brief: Told::lasting(ctx.brief, &locale), variants };
    let task = Task {
        name: "strategy",
        locale: &locale,
        inputs: &inputs,
        schema: schema_of::<Strategy>(),
        tokens: 2000,
    };
    let written = write(ctx, &task, |strategy: &mut Strategy| objections(strategy, &inputs)).await?;
    written.output()
}

/// Proofs rest on facts that exist, and each variant has an angle of its own.
fn objections(strategy: &Strategy, inputs: &StrategyInputs) -> Vec<CheckResult> {
    let block = |rule: &str, place: String, message: String| CheckResult {
        rule: rule.into(),
        severity: Severity::Block,
        message,
        suggestion: None,
        place: Some(place),
    };
    let known: BTreeSet<&str> = inputs.brief.facts.iter().map(|f| f.id.as_str()).collect();
    let mut found: Vec<CheckResult> = Vec::new();
    for (n, proof) in strategy.proofs.iter().enumerate().filter(|(_, p)| !known.contains(p.fact.as_str())) {
        found.push(block(
            "fact",
            format!("proofs[{n}].fact"),
            format!("`{}` is not the id of a fact", proof.fact),
        ));
    }
    let ids: BTreeSet<&str> = strategy.angles.iter().map(|a| a.id.as_str()).collect();
    // With more variants than angles that a brief allows, an angle may serve twice, told from other facts.
    let wanted = inputs.variants as usize;
    if strategy.angles.len() < wanted || (ids.len() < wanted && ids.len() < 3) {
        found.push(block("count", "angles".into(), format!("{wanted} different angles are needed")));
    }
    found
}
