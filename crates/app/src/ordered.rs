//! From a brief to an order, whoever asks: the command line and the API make the same run of the same.

use std::collections::BTreeMap;

use handbill_domain::{
    asset::Digest,
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
use serde_json::{Value, json};

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
        made_with: voices.chain(own).chain([(PLACES.to_owned(), places(catalog))]).collect(),
    }
}

/// Under which name an order keeps the digest of where its models are asked.
pub const PLACES: &str = "models";

/// Digest of where each model is asked: provider, protocol, address, and the name that it has there.
pub fn places(catalog: &Catalog) -> String {
    let place = |role: Role| {
        let entry = catalog.serving(role);
        let provider = catalog.provider(&entry.provider);
        let at = provider.map(|p| (&p.protocol, &p.dialect, &p.base_url));
        json!([role.as_str(), entry.provider, entry.model, at])
    };
    let all: Vec<Value> = Role::ALL.into_iter().map(place).collect();
    Digest::of(Value::from(all).to_string().as_bytes()).as_str().to_owned()
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
