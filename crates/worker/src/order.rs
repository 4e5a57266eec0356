//! What a run is given: everything that decides its outcome.

use std::collections::BTreeMap;

use handbill_domain::{
    brief::{Brief, BriefFiles},
    ids::RunId,
    money::Money,
};
use handbill_pipeline::graph::StepSpec;
use handbill_store::{runs::NewRun, steps::NewStep};
use serde::{Deserialize, Serialize};

use crate::{Error, identity};

/// An order for a run.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is asked for.
    pub inputs: Inputs,
    /// The graph that the plan made of it.
    pub steps: Vec<StepSpec>,
    /// What the plan says that it costs; its currency is the run's.
    pub planned: Money,
    /// Most that may really be spent, in micros of the same currency; none: no limit.
    pub ceiling_micros: Option<i64>,
    /// The API key that orders it.
    pub key: Option<String>,
    /// Is it one of thousands that nobody waits for?
    pub bulk: bool,
}

/// What decides the outcome of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The brief.
    pub brief: Brief,
    /// The blobs of the files that it names.
    pub brief_files: BriefFiles,
    /// The seed.
    pub seed: u64,
    /// Role → catalogue id of the model that serves it.
    pub models: BTreeMap<String, String>,
    /// Name and version of the recipe.
    pub recipe: String,
    /// What else the outcome follows from, by name: voices, and the digests of prompts, templates and a recipe of the
    /// user's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub made_with: BTreeMap<String, String>,
}

/// The inputs as the run keeps them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Frozen {
    pub(crate) inputs: Inputs,
    pub(crate) planned: Money,
}

impl Inputs {
    /// The run that these inputs make: the same inputs, the same run.
    pub fn run_id(&self) -> Result<RunId, Error> {
        Ok(RunId::new(&identity::digest(self)?.as_str()[..32]))
    }
}

impl Order {
    pub(crate) fn as_run(&self) -> Result<NewRun, Error> {
        let frozen = Frozen { inputs: self.inputs.clone(), planned: self.planned.clone() };
        let steps = self.steps.iter().map(|spec| {
            Ok(NewStep {
                key: spec.key.clone(),
                kind: spec.kind.clone(),
                lane: spec.lane,
                needs: spec.needs.clone(),
                spec: serde_json::to_value(spec)?,
                makes: !spec.makes.is_empty(),
            })
        });
        Ok(NewRun {
            id: self.inputs.run_id()?,
            inputs: serde_json::to_value(frozen)?,
            steps: steps.collect::<Result<_, Error>>()?,
            currency: self.planned.currency,
            ceiling_micros: self.ceiling_micros,
            campaign: Some(self.inputs.brief.campaign.to_string()),
            key: self.key.clone(),
            bulk: self.bulk,
        })
    }
}
