//! From the outputs of a run to what its pack shows.

use std::collections::BTreeMap;

use handbill_domain::{
    asset::{Asset, Cost, FailedStep, Manifest},
    brief::Brief,
    locale::Locale,
    step::RunState,
    words::{Outline, PlacementCopy, Strategy},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Lead, Leads, Pack};
use crate::{
    Error,
    graph::{StepOutput, StepSpec},
};

/// A run that ended, as the worker tells it.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Id of the run.
    pub run: String,
    /// How it ended.
    pub state: RunState,
    /// The brief.
    pub brief: Brief,
    /// The seed.
    pub seed: u64,
    /// Role → catalogue id.
    pub models: BTreeMap<String, String>,
    /// The steps of its graph.
    pub steps: Vec<StepSpec>,
    /// Key → output of the steps that succeeded.
    pub outputs: BTreeMap<String, StepOutput>,
    /// The steps that failed.
    pub failures: Vec<FailedStep>,
    /// What it cost.
    pub cost: Cost,
}

impl Pack {
    /// Gathers what the steps of a run made.
    pub fn of(ended: Ended) -> Result<Self, Error> {
        let mut assets: Vec<Asset> =
            ended.outputs.values().flat_map(|output| output.assets.clone()).collect();
        assets.sort_by(|a, b| a.id.cmp(&b.id));
        let mut copies: Vec<PlacementCopy> =
            ended.values("copy")?.into_iter().map(|(_, copy)| copy).collect();
        let place = |copy: &PlacementCopy| {
            let locale = ended.brief.locales.iter().position(|l| *l == copy.locale);
            (ended.brief.placements.iter().position(|p| *p == copy.placement), locale, copy.variant)
        };
        copies.sort_by_key(place);
        let articles = ended.values("article")?.into_iter();
        let articles = articles
            .map(|(step, article)| Ok((param(step, "locale")?, article)))
            .collect::<Result<_, Error>>()?;
        let storyboards = ended.values("storyboard")?.into_iter();
        let storyboards = storyboards
            .map(|(step, storyboard)| Ok((param(step, "locale")?, param(step, "tier")?, storyboard)))
            .collect::<Result<_, Error>>()?;
        let leads = ended.leads()?;
        let Ended { run, state, brief, seed, models, failures, cost, .. } = ended;
        let manifest = Manifest { handbill: 1, run, state, brief, seed, models, assets, failures, cost };
        Ok(Self { manifest, copies, articles, storyboards, leads })
    }
}

impl Ended {
    /// What each variant leads with: its outline's headline, and the name that the strategy gives its angle.
    fn leads(&self) -> Result<Leads, Error> {
        let strategies = self.values::<Strategy>("strategy")?.into_iter();
        let strategies: BTreeMap<Locale, Strategy> = strategies
            .map(|(step, strategy)| Ok((param(step, "locale")?, strategy)))
            .collect::<Result<_, Error>>()?;
        let outlines = self.values::<Outline>("outline")?.into_iter();
        outlines
            .map(|(step, outline)| {
                let locale: Locale = param(step, "locale")?;
                let angles = strategies.get(&locale).map(|s| s.angles.as_slice()).unwrap_or_default();
                let name =
                    angles.iter().find(|angle| angle.id == outline.angle).map(|angle| angle.name.clone());
                let lead = Lead { angle: name.unwrap_or(outline.angle), headline: outline.design.headline };
                Ok(((locale, param(step, "variant")?), lead))
            })
            .collect()
    }

    /// The values of all steps of a kind that succeeded.
    fn values<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<(&StepSpec, T)>, Error> {
        let steps = self.steps.iter().filter(|step| step.kind == kind);
        let done = steps.filter_map(|step| Some((step, self.outputs.get(&step.key)?)));
        done.map(|(step, output)| Ok((step, read(&step.key, &output.value)?))).collect()
    }
}

fn param<T: DeserializeOwned>(step: &StepSpec, name: &str) -> Result<T, Error> {
    read(&step.key, step.params.get(name).unwrap_or(&Value::Null))
}

fn read<T: DeserializeOwned>(key: &str, value: &Value) -> Result<T, Error> {
    T::deserialize(value).map_err(|e| Error::Broken(format!("{key}: {e}")))
}
