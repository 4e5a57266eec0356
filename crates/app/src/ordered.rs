//! From a brief to an order, whoever asks: the command line and the API make the same run of the same.

use std::collections::BTreeMap;

use handbill_domain::{
    brief::{Brief, BriefFiles},
    model::Role,
    money::{Currency, Money, micros},
};
use handbill_pipeline::{
    casting::voice_of,
    graph::{Graph, StepSpec},
    pack::Ended,
    plan::Plan,
};
use handbill_providers::Catalog;
use handbill_worker::{Inputs, RunOutcome};

/// What decides the outcome, and so the run's id. `own` are the digests of what the user has instead of ours.
pub fn inputs(
    brief: Brief,
    brief_files: BriefFiles,
    seed: u64,
    catalog: &Catalog,
    graph: &Graph,
    own: impl Iterator<Item = (String, String)>,
) -> Inputs {
    let voices = graph.steps.iter().filter_map(|step| {
        let locale = step.params["locale"].as_str()?;
        Some((format!("voice.{locale}"), voice_of(step)?.to_owned()))
    });
    Inputs {
        brief,
        brief_files,
        seed,
        models: models(catalog),
        recipe: graph.recipe.clone(),
        made_with: voices.chain(own).collect(),
    }
}

/// Role → catalogue id of the model that serves it.
pub fn models(catalog: &Catalog) -> BTreeMap<String, String> {
    catalog.roles().iter().map(|(role, id)| (role.as_str().to_owned(), id.clone())).collect()
}

/// Who is asked in a graph.
pub fn roles(graph: &Graph) -> Vec<Role> {
    graph.steps.iter().flat_map(|step| &step.calls).map(|call| call.role).collect()
}

/// The ceiling that the brief itself names.
pub fn ceiling_of(brief: &Brief) -> Option<Money> {
    let price = brief.ceiling.as_ref()?;
    Some(Money { amount_micros: micros(&price.amount)?, currency: price.currency })
}

/// What the run reserves: the plan's upper price. Nothing is asked of a model where there is none.
pub fn reserved(plan: &Plan) -> Money {
    let none = || Money::zero(plan.ceiling.as_ref().map_or(Currency::default(), |ceiling| ceiling.currency));
    plan.total.first().map_or_else(none, |total| total.high.clone())
}

/// What a run gave, as its pack takes it.
pub fn ended(inputs: Inputs, steps: Vec<StepSpec>, outcome: RunOutcome) -> Ended {
    Ended {
        run: outcome.run.as_str().to_owned(),
        state: outcome.state,
        brief: inputs.brief,
        seed: inputs.seed,
        models: inputs.models,
        steps,
        outputs: outcome.outputs,
        failures: outcome.failures,
        cost: outcome.cost,
    }
}
